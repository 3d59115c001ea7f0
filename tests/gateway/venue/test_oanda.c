/*
 * OANDA's adapter against shapes of the venue's specification and of recorded
 * answers (oanda-v20: 2 errors, 5.1 to 5.3 orders, 6 transactions, 11 what they
 * are in FIX): what it writes, and what it tells the trader of what it reads.
 */
#include "tests/gateway/venue/oanda_rig.h"

static struct oorder *
sent(struct oanda *b, char side, char type, char tif, int64_t qty)
{
	struct oorder *o = oanda_book_get(b, ID, &b->symbols[0]);

	assert_non_null(o);
	o->wish = (struct oanda_wish){ .side = side, .type = type, .tif = tif,
		.qty = qty };
	o->sent_ns = outside_mono();
	o->wait |= O_SENT;
	return o;
}

static void
answer(struct oanda *b, const char *text)
{
	json_t *j = json_read(fix_span_of(text));

	assert_non_null(j);
	oanda_log_answer(b, j);
	json_decref(j);
}

static struct oorder *
resting(struct oanda *b)
{
	struct oorder *o = sent(b, '2', '2', '1', E8(10000));

	answer(b, RESTING);
	assert_string_equal(rig_told(), "ack id=" ID " order=6367 cum=0");
	return o;
}

/* ----- 5.1 what is written ----- */

static void
same_order(struct oanda *b, struct oanda_wish w, const char *want)
{
	char body[REST_BODY_MAX];
	json_t *is, *should;

	oanda_body(body, sizeof(body), &b->symbols[0], &w, w.qty, ID);
	is = json_read(fix_span_of(body));
	should = json_read(fix_span_of(want));
	if (is == NULL || should == NULL || !json_equal(is, should))
		fail_msg("%s is not %s", body, want);
	json_decref(is);
	json_decref(should);
}

static void
orders_are_written_as_the_venue_reads_them(void **state)
{
	struct oanda *b = *state;

	same_order(b, (struct oanda_wish){ '1', '1', '0', E8(10000),
		110500000, 0, 0, '\0' },
	    "{\"order\":{\"type\":\"MARKET\",\"instrument\":\"EUR_USD\","
	    "\"units\":\"10000\",\"timeInForce\":\"FOK\",\"positionFill\":"
	    "\"DEFAULT\",\"priceBound\":\"1.105\",\"clientExtensions\":"
	    "{\"id\":\"" ID "\"},\"tradeClientExtensions\":{\"id\":\"" ID
	    "\"}}}");
	same_order(b, (struct oanda_wish){ '2', '2', '1', E8(10000),
		112000000, 0, 0, '\0' },
	    "{\"order\":{\"type\":\"LIMIT\",\"instrument\":\"EUR_USD\","
	    "\"units\":\"-10000\",\"price\":\"1.12\",\"timeInForce\":\"GTC\","
	    "\"positionFill\":\"DEFAULT\",\"clientExtensions\":{\"id\":\"" ID
	    "\"}}}");
	same_order(b, (struct oanda_wish){ '1', '2', '6', E8(10000),
		109000000, 0, 1773781200 * FIX_SEC, '\0' },
	    "{\"order\":{\"type\":\"LIMIT\",\"instrument\":\"EUR_USD\","
	    "\"units\":\"10000\",\"price\":\"1.09\",\"timeInForce\":\"GTD\","
	    "\"positionFill\":\"DEFAULT\",\"gtdTime\":"
	    "\"2026-03-17T21:00:00.000000000Z\",\"clientExtensions\":{\"id\":"
	    "\"" ID "\"}}}");
	same_order(b, (struct oanda_wish){ '1', '3', '0', E8(10000), 0,
		112500000, 0, '\0' },
	    "{\"order\":{\"type\":\"STOP\",\"instrument\":\"EUR_USD\","
	    "\"units\":\"10000\",\"price\":\"1.125\",\"timeInForce\":\"GFD\","
	    "\"positionFill\":\"DEFAULT\",\"clientExtensions\":{\"id\":\"" ID
	    "\"}}}");
	same_order(b, (struct oanda_wish){ '1', 'J', '1', E8(10000), 0,
		108000000, 0, '\0' },
	    "{\"order\":{\"type\":\"MARKET_IF_TOUCHED\",\"instrument\":"
	    "\"EUR_USD\",\"units\":\"10000\",\"price\":\"1.08\","
	    "\"timeInForce\":\"GTC\",\"positionFill\":\"DEFAULT\","
	    "\"clientExtensions\":{\"id\":\"" ID "\"}}}");
}

/* ----- 5.1 to 5.3 answers ----- */

static void
a_market_order_is_there_and_filled(void **state)
{
	struct oanda *b = *state;

	sent(b, '1', '1', '0', E8(10000));
	answer(b, CREATED MARKET ",\"orderFillTransaction\":"
	    FILL("6368", "6367", "6367", "10000", OPENED("10000", "1.10004"))
	    ",\"relatedTransactionIDs\":[\"6367\",\"6368\"],"
	    "\"lastTransactionID\":\"6368\"}");
	assert_string_equal(rig_told(), "ack id=" ID " order=6367 cum=0; "
	    "fill exec=101-001-1234567-001-6368 id=" ID " order=6367 "
	    "last_qty=10000 last_px=1.10004 cum=10000 symbol=EUR/USD side=1 "
	    "time=1773686281942282123");
	assert_int_equal(b->last, 6368);
	assert_string_equal(b->balance, "100000.0000");
}

/* 201, and canceled at once: a refusal, with no "ack" before. */
static void
a_halted_market_refuses(void **state)
{
	struct oanda *b = *state;

	sent(b, '1', '1', '0', E8(10000));
	answer(b, CREATED MARKET ",\"orderCancelTransaction\":"
	    CANCEL("6368", "6367", "6367", "MARKET_HALTED")
	    ",\"relatedTransactionIDs\":[\"6367\",\"6368\"],"
	    "\"lastTransactionID\":\"6368\"}");
	assert_string_equal(rig_told(), "reject id=" ID " reason=2 "
	    "text=MARKET_HALTED");
}

static void
without_liquidity_it_was_there_and_is_canceled(void **state)
{
	struct oanda *b = *state;

	sent(b, '1', '1', '0', E8(10000));
	answer(b, CREATED MARKET ",\"orderCancelTransaction\":"
	    CANCEL("6368", "6367", "6367", "INSUFFICIENT_LIQUIDITY")
	    ",\"lastTransactionID\":\"6368\"}");
	assert_string_equal(rig_told(), "ack id=" ID " order=6367 cum=0; "
	    "canceled id=" ID " order=6367 cum=0 text=INSUFFICIENT_LIQUIDITY");
}

static void
a_replace_has_another_number(void **state)
{
	struct oanda *b = *state;
	struct oorder *o = resting(b);

	o->wait = 0;
	o->at.kind = 'G';
	snprintf(o->at.id, sizeof(o->at.id), NEXT);
	answer(b, "{\"orderCancelTransaction\":{\"id\":\"6368\",\"type\":"
	    "\"ORDER_CANCEL\"," COMMON "\"batchID\":\"6368\",\"orderID\":"
	    "\"6367\",\"clientOrderID\":\"" ID "\",\"reason\":"
	    "\"CLIENT_REQUEST_REPLACED\",\"replacedByOrderID\":\"6369\"},"
	    "\"orderCreateTransaction\":{\"id\":\"6369\",\"type\":"
	    "\"LIMIT_ORDER\"," COMMON "\"batchID\":\"6368\",\"instrument\":"
	    "\"EUR_USD\",\"units\":\"-20000\",\"price\":\"1.12500\","
	    "\"timeInForce\":\"GTC\",\"positionFill\":\"DEFAULT\","
	    "\"triggerCondition\":\"DEFAULT\",\"reason\":\"REPLACEMENT\","
	    "\"replacesOrderID\":\"6367\",\"clientExtensions\":{\"id\":\""
	    NEXT "\"}},\"relatedTransactionIDs\":[\"6368\",\"6369\"],"
	    "\"lastTransactionID\":\"6369\"}");
	assert_string_equal(rig_told(), "replaced id=" NEXT " orig=" ID
	    " order=6369 qty=20000 cum=0 price=1.125");
}

static void
a_replace_that_is_refused_leaves_the_order(void **state)
{
	struct oanda *b = *state;
	struct oorder *o = resting(b);

	o->at.kind = 'G';
	snprintf(o->at.id, sizeof(o->at.id), NEXT);
	answer(b, "{\"orderRejectTransaction\":{\"id\":\"6368\",\"type\":"
	    "\"LIMIT_ORDER_REJECT\"," COMMON "\"batchID\":\"6368\","
	    "\"instrument\":\"EUR_USD\",\"units\":\"-20000\",\"price\":"
	    "\"1.12500\",\"intendedReplacesOrderID\":\"6367\","
	    "\"rejectReason\":\"INSUFFICIENT_MARGIN\",\"clientExtensions\":"
	    "{\"id\":\"" NEXT "\"}},\"lastTransactionID\":\"6368\"}");
	assert_string_equal(rig_told(), "cancel-reject id=" NEXT " reason=2 "
	    "text=INSUFFICIENT_MARGIN");
	assert_false(o->ended);
	assert_int_equal(o->order_id, 6367);
}

static void
a_cancel_is_told_by_the_id_that_asked(void **state)
{
	struct oanda *b = *state;
	struct oorder *o = resting(b);

	o->at.kind = 'F';
	snprintf(o->at.id, sizeof(o->at.id), NEXT);
	answer(b, "{\"orderCancelTransaction\":"
	    CANCEL("6368", "6368", "6367", "CLIENT_REQUEST")
	    ",\"relatedTransactionIDs\":[\"6368\"],"
	    "\"lastTransactionID\":\"6368\"}");
	assert_string_equal(rig_told(), "canceled id=" NEXT " orig=" ID
	    " order=6367 cum=0");
	answer(b, "{\"orderCancelRejectTransaction\":{\"id\":\"6369\",\"type\":"
	    "\"ORDER_CANCEL_REJECT\"," COMMON "\"batchID\":\"6369\","
	    "\"orderID\":\"6367\",\"rejectReason\":\"ORDER_DOESNT_EXIST\"},"
	    "\"lastTransactionID\":\"6369\"}");
	assert_string_equal(rig_told(), "");
	assert_int_equal(b->last, 6369);
}

/* 3: what is left goes on under another number, or ends. */
static void
a_partial_fill_goes_on_or_not(void **state)
{
	struct oanda *b = *state;
	struct oorder *o = resting(b);

	rig_line(LOG, FILL("6368", "6368", "6367", "-4000", ""));
	rig_line(LOG, "{\"id\":\"6369\",\"type\":\"LIMIT_ORDER\"," COMMON
	    "\"batchID\":\"6368\",\"instrument\":\"EUR_USD\",\"units\":"
	    "\"-6000\",\"price\":\"1.20000\",\"timeInForce\":\"GTC\","
	    "\"reason\":\"CLIENT_ORDER\",\"clientExtensions\":{\"id\":\"" ID
	    "\"}}");
	rig_line(LOG, "{\"type\":\"HEARTBEAT\",\"lastTransactionID\":\"6369\","
	    "\"time\":\"2026-03-16T18:38:05.000000000Z\"}");
	assert_string_equal(rig_told(), "fill exec=101-001-1234567-001-6368 id="
	    ID " order=6367 last_qty=4000 last_px=1.10004 cum=4000 "
	    "symbol=EUR/USD side=2 time=1773686281942282123");
	assert_false(o->ended);
	assert_int_equal(o->order_id, 6369);
	rig_line(LOG, FILL("6370", "6370", "6369", "-1000", ""));
	(void)rig_told();
	rig_line(LOG, "{\"type\":\"HEARTBEAT\",\"lastTransactionID\":\"6370\"}");
	assert_string_equal(rig_told(), "canceled id=" ID " order=6369 cum=5000 "
	    "text=remainder canceled");
}

/* 6: the price of a fill is that of its parts. */
static void
a_fill_is_priced_by_its_parts(void **state)
{
	struct oanda *b = *state;

	sent(b, '1', '1', '0', E8(10000));
	answer(b, CREATED MARKET ",\"orderFillTransaction\":"
	    FILL("6368", "6367", "6367", "10000", OPENED("4000", "1.10000")
		",\"tradesClosed\":[{\"tradeID\":\"1\",\"units\":\"6000\","
		"\"price\":\"1.10010\",\"realizedPL\":\"0.0\"}]")
	    ",\"lastTransactionID\":\"6368\"}");
	assert_non_null(strstr(rig_told(), "last_px=1.10006 "));
}

/* ----- the log ----- */

static void
each_transaction_counts_once_and_in_order(void **state)
{
	struct oanda *b = *state;

	sent(b, '1', '1', '0', E8(10000));
	rig_line(LOG, MARKET);
	rig_line(LOG, MARKET);
	rig_line(LOG, FILL("6368", "6367", "6367", "10000", ""));
	rig_line(LOG, FILL("6368", "6367", "6367", "10000", ""));
	assert_non_null(strstr(rig_told(), "last_qty=10000"));
	assert_null(strstr(strstr(rig.told, "fill ") + 1, "fill "));
	assert_string_equal(rig_asked(), "");
	rig_line(LOG, CANCEL("6370", "6370", "6367", "CLIENT_REQUEST"));
	assert_string_equal(rig_told(), "");
	/* 6369 is missing: the list is read, once. */
	assert_string_equal(rig_asked(), "GET /transactions/sinceid?id=6368");
	rig_line(LOG, CANCEL("6370", "6370", "6367", "CLIENT_REQUEST"));
	assert_string_equal(rig_asked(), "");
	assert_int_equal(b->last, 6368);
}

static void
what_is_not_ours_is_told_or_noted(void **state)
{
	struct oanda *b = *state;

	rig_line(LOG, "{\"id\":\"6367\",\"type\":\"DAILY_FINANCING\"," COMMON
	    "\"batchID\":\"6367\",\"financing\":\"-0.3\",\"accountBalance\":"
	    "\"99999.7000\"}");
	assert_string_equal(rig_told(), "");
	assert_string_equal(b->balance, "99999.7000");
	rig_line(LOG, "{\"id\":\"6368\",\"type\":\"MARGIN_CALL_ENTER\"," COMMON
	    "\"batchID\":\"6368\"}");
	assert_string_equal(rig_told(), "alert text=MARGIN_CALL_ENTER");
	rig_line(LOG, "{\"id\":\"6369\",\"type\":\"ORDER_FILL\"," COMMON
	    "\"batchID\":\"6369\",\"orderID\":\"12\",\"instrument\":"
	    "\"USD_JPY\",\"units\":\"-5\",\"fullVWAP\":\"150.000\","
	    "\"commission\":\"0.5000\"}");
	assert_string_equal(rig_told(), "fill exec=101-001-1234567-001-6369 "
	    "order=12 last_qty=5 last_px=150 symbol=USD_JPY side=2 fee=0.5000 "
	    "fee_currency=EUR time=1773686281942282123");
	/* Nor is an order that somebody has sent by hand. */
	rig_line(LOG, "{\"id\":\"6370\",\"type\":\"LIMIT_ORDER\"," COMMON
	    "\"batchID\":\"6370\",\"instrument\":\"EUR_USD\",\"units\":\"5\","
	    "\"price\":\"1.2\"}");
	rig_line(LOG, "{\"id\":\"6371\",\"type\":"
	    "\"LIMIT_ORDER_REJECT\"," COMMON "\"batchID\":\"6371\"}");
	rig_line(LOG, "{\"id\":\"6372\",\"type\":\"ORDER_CANCEL\"," COMMON
	    "\"batchID\":\"6372\",\"orderID\":\"6370\"}");
	assert_string_equal(rig_told(), "");
	assert_int_equal(b->last, 6372);
	assert_int_equal(b->n_orders, 0);
}

/* ----- 2 errors ----- */

static void
answers_mean_what_the_table_says(void **state)
{
	static const struct {
		long status;
		const char *body;
		enum ofate fate;
		const char *code, *text;
	} of[] = {
		{ 200, "{\"lastTransactionID\":\"1\"}", OFATE_DONE, "", "" },
		{ 201, "{\"lastTransactionID\":\"1\"}", OFATE_DONE, "", "" },
		{ 200, "{\"lastTr", OFATE_UNKNOWN, "", "no JSON" },
		{ 400, "{\"errorMessage\":\"Invalid value specified for "
		       "'order.instrument'\"}", OFATE_REFUSED, "",
		    "order.instrument" },
		{ 400, "{\"errorMessage\":\"The request was missing required "
		       "data\"}", OFATE_REFUSED, "", "missing required" },
		{ 400, "{\"orderRejectTransaction\":{\"id\":\"6372\",\"type\":"
		       "\"MARKET_ORDER_REJECT\",\"rejectReason\":"
		       "\"UNITS_LIMIT_EXCEEDED\"},\"errorMessage\":\"The units "
		       "specified exceeds the maximum number of units "
		       "allowed\",\"errorCode\":\"UNITS_LIMIT_EXCEEDED\"}",
		    OFATE_REFUSED, "UNITS_LIMIT_EXCEEDED", "maximum number" },
		{ 404, "{\"lastTransactionID\":\"1168\",\"errorMessage\":"
		       "\"The order ID specified does not exist\","
		       "\"errorCode\":\"NO_SUCH_ORDER\"}", OFATE_REFUSED,
		    "NO_SUCH_ORDER", "does not exist" },
		{ 401, "{\"errorMessage\":\"Insufficient authorization to "
		       "perform request.\"}", OFATE_LATER, "", "Insufficient" },
		{ 403, "{\"errorMessage\":\"The provided request was "
		       "forbidden.\"}", OFATE_LATER, "", "forbidden" },
		{ 429, "{}", OFATE_LATER, "", "429" },
		{ 500, "{}", OFATE_UNKNOWN, "", "500" },
		{ 503, "", OFATE_UNKNOWN, "", "maintained" },
		{ 504, "", OFATE_UNKNOWN, "", "504" },
	};
	struct oanda *b = *state;
	char code[64], text[200];
	json_t *j;

	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		struct rest_answer a = { .status = of[i].status,
			.body = fix_span_of(of[i].body), .retry_after_s = 1 };

		text[0] = '\0';
		assert_int_equal(oanda_fate(b, &a, &j, code, text,
		    sizeof(text)), of[i].fate);
		assert_string_equal(code, of[i].code);
		assert_non_null(strstr(text, of[i].text));
		json_decref(j);
	}
	assert_non_null(strstr(rig_told(), "down text=HTTP status 401"));
	assert_non_null(strstr(rig.told, "see ApiKey"));
}

/* 11.1, 11.5: OrdRejReason(103). */
static void
reasons_are_those_of_the_table(void **state)
{
	static const struct {
		const char *code;
		int reason;
	} of[] = { { "INSTRUMENT_UNKNOWN", 1 }, { "INSTRUMENT_MISSING", 1 },
		{ "INSTRUMENT_NOT_TRADEABLE", 2 },
		{ "INSTRUMENT_PRICE_UNKNOWN", 2 }, { "MARKET_HALTED", 2 },
		{ "INSTRUMENT_BID_HALTED", 2 }, { "INSUFFICIENT_MARGIN", 3 },
		{ "INSUFFICIENT_FUNDS", 3 }, { "UNITS_LIMIT_EXCEEDED", 3 },
		{ "PENDING_ORDERS_ALLOWED_EXCEEDED", 3 },
		{ "POSITION_SIZE_EXCEEDED", 3 },
		{ "CLIENT_ORDER_ID_ALREADY_EXISTS", 6 },
		{ "CLIENT_TRADE_ID_ALREADY_EXISTS", 6 },
		{ "ORDERS_ON_FILL_DUPLICATE_CLIENT_ORDER_IDS", 6 },
		{ "UNITS_MISSING", 13 }, { "UNITS_INVALID", 13 },
		{ "UNITS_PRECISION_EXCEEDED", 13 },
		{ "UNITS_MIMIMUM_NOT_MET", 13 },
		{ "TIME_IN_FORCE_INVALID", 11 },
		{ "TRIGGER_CONDITION_INVALID", 11 },
		{ "ORDER_FILL_POSITION_ACTION_INVALID", 11 },
		{ "ORDER_PARTIAL_FILL_OPTION_INVALID", 11 },
		{ "TRADE_ON_FILL_CLIENT_EXTENSIONS_NOT_SUPPORTED", 11 },
		{ "STOP_LOSS_ON_FILL_REQUIRED_FOR_PENDING_ORDER", 11 },
		{ "ACCOUNT_LOCKED", 0 }, { "INTERNAL_SERVER_ERROR", 0 },
		{ "MIGRATION", 0 }, { "FIFO_VIOLATION", 0 },
		{ "INSTRUMENT_BID_REDUCE_ONLY", 0 },
		{ "POSITION_CLOSEOUT_FAILED", 0 },
		{ "ORDER_DOESNT_EXIST", 5 }, { "TRADE_DOESNT_EXIST", 5 },
		{ "PRICE_PRECISION_EXCEEDED", 99 },
		{ "LOSING_TAKE_PROFIT", 99 }, { "OF_TOMORROW", 99 } };

	(void)state;
	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++)
		if (oanda_reason(of[i].code) != of[i].reason)
			fail_msg("%s: %d", of[i].code,
			    oanda_reason(of[i].code));
}

/* ----- 9 precision ----- */

static void
an_instrument_has_its_rules(void **state)
{
	static const char text[] = "{\"name\":\"EUR_USD\",\"type\":"
	    "\"CURRENCY\",\"displayName\":\"EUR/USD\",\"pipLocation\":-4,"
	    "\"displayPrecision\":5,\"tradeUnitsPrecision\":0,"
	    "\"minimumTradeSize\":\"1\",\"maximumTrailingStopDistance\":"
	    "\"1.00000\",\"minimumTrailingStopDistance\":\"0.00050\","
	    "\"maximumPositionSize\":\"0\",\"maximumOrderUnits\":"
	    "\"100000000\",\"marginRate\":\"0.02\"}";
	static const char *const needed[] = { "displayPrecision",
		"tradeUnitsPrecision", "minimumTradeSize",
		"maximumOrderUnits" };
	json_t *j = json_read(fix_span_of(text));
	struct oanda_rules r;

	(void)state;
	assert_int_equal(oanda_rules_read(&r, j), 0);
	assert_int_equal(r.price_step, 1000);
	assert_int_equal(r.units_step, FIX_E8);
	assert_int_equal(r.min_units, FIX_E8);
	assert_int_equal(r.max_units, E8(100000000));
	for (size_t i = 0; i < 4; i++) {
		json_t *less = json_copy(j);

		(void)json_object_del(less, needed[i]);
		assert_int_equal(oanda_rules_read(&r, less), -FIX_E_FORMAT);
		json_decref(less);
	}
	json_decref(j);
}

/* 11.1: what the venue has, and what it needs for it. */
static void
an_order_is_checked_before_it_is_sent(void **state)
{
	enum { NOW = 1000, LATER = 1001 };
	static const struct {
		char side, type, tif;
		int64_t qty, price, stop, expire;
		int reason;
	} of[] = {
		{ '1', '1', '0', 100, 0, 0, 0, 0 },
		{ '2', '1', '3', 100, 0, 0, 0, 0 },
		{ '1', '1', '4', 100, 110, 0, 0, 0 },
		{ '1', '1', '1', 100, 0, 0, 0, 11 },
		{ '1', '1', '6', 100, 0, 0, LATER, 11 },
		{ '5', '1', '0', 100, 0, 0, 0, 11 },
		{ '?', '1', '0', 100, 0, 0, 0, 11 },
		{ '1', '2', '0', 100, 110, 0, 0, 0 },
		{ '1', '2', '1', 100, 110, 0, 0, 0 },
		{ '1', '2', '3', 100, 110, 0, 0, 0 },
		{ '1', '2', '4', 100, 110, 0, 0, 0 },
		{ '1', '2', '6', 100, 110, 0, LATER, 0 },
		{ '1', '2', '6', 100, 110, 0, NOW, 99 },
		{ '1', '2', '2', 100, 110, 0, 0, 11 },
		{ '1', '2', '5', 100, 110, 0, 0, 11 },
		{ '1', '2', '7', 100, 110, 0, 0, 11 },
		{ '1', '2', '1', 100, 0, 110, 0, 99 },
		{ '1', '3', '1', 100, 0, 110, 0, 0 },
		{ '1', '3', '1', 100, 110, 0, 0, 99 },
		{ '1', '4', '1', 100, 110, 110, 0, 11 },
		{ '1', 'J', '1', 100, 0, 110, 0, 0 },
		{ '1', 'J', '0', 100, 110, 0, 0, 0 },
		{ '1', 'J', '6', 100, 110, 0, LATER, 0 },
		{ '1', 'J', '1', 100, 0, 0, 0, 99 },
		{ '1', 'J', '3', 100, 0, 110, 0, 11 },
		{ '1', 'J', '4', 100, 0, 110, 0, 11 },
		{ '1', 'P', '1', 100, 110, 110, 0, 11 },
		{ '1', '2', '1', 10, 110, 0, 0, 0 },
		{ '1', '2', '1', 5, 110, 0, 0, 13 },
		{ '1', '2', '1', 103, 110, 0, 0, 13 },
		{ '1', '2', '1', 1000, 110, 0, 0, 0 },
		{ '1', '2', '1', 1010, 110, 0, 0, 13 },
		{ '1', '2', '1', 0, 110, 0, 0, 13 },
		{ '1', '2', '1', -10, 110, 0, 0, 13 },
		{ '1', '2', '1', 100, 111, 0, 0, 99 },
		{ '1', '3', '1', 100, 0, 111, 0, 99 },
	};
	struct oanda_rules r = { .price_step = 10, .units_step = 5,
		.min_units = 10, .max_units = 1000 };
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		struct oanda_wish w = { of[i].side, of[i].type, of[i].tif,
			of[i].qty, of[i].price, of[i].stop, of[i].expire,
			'\0' };
		int rc = oanda_rules_check(&r, &w, w.qty, NOW, text,
		    sizeof(text));

		if (rc != of[i].reason)
			fail_msg("row %zu: %d, %s", i, rc, text);
		assert_int_equal(rc == 0, text[0] == '\0');
		if (of[i].type == '4')
			assert_non_null(strstr(text, "Stop-limit"));
	}
}

/* What it says of itself beyond what can be meant: it must not be traded. */
static void
an_instrument_with_odd_rules_is_not_traded(void **state)
{
	static const struct {
		int price, units, rc;
		const char *min, *max;
	} of[] = {
		{ 5, 0, 0, "1", "0" }, /* no maximum */
		{ 8, 8, 0, "0.00000001", "1" },
		{ 9, 0, -FIX_E_FORMAT, "1", "1" },
		{ -1, 0, -FIX_E_FORMAT, "1", "1" },
		{ 5, 9, -FIX_E_FORMAT, "1", "1" },
		{ 5, -1, -FIX_E_FORMAT, "1", "1" },
		{ 5, 0, -FIX_E_FORMAT, "-1", "1" },
		{ 5, 0, -FIX_E_FORMAT, "1", "-1" },
		{ 5, 0, -FIX_E_FORMAT, "1e1", "1" },
	};
	struct oanda_wish w = { '1', '1', '0', E8(1000000), 0, 0, 0, '\0' };
	struct oanda_rules r;
	char text[300];
	json_t *j;

	(void)state;
	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		snprintf(text, sizeof(text), "{\"displayPrecision\":%d,"
		    "\"tradeUnitsPrecision\":%d,\"minimumTradeSize\":\"%s\","
		    "\"maximumOrderUnits\":\"%s\"}", of[i].price,
		    of[i].units, of[i].min, of[i].max);
		j = json_read(fix_span_of(text));
		assert_int_equal(oanda_rules_read(&r, j), of[i].rc);
		json_decref(j);
		if (i == 0)
			assert_int_equal(oanda_rules_check(&r, &w, w.qty, 0,
			    text, sizeof(text)), 0);
	}
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, oanda_warm, oanda_end)
	const struct CMUnitTest tests[] = {
		T(orders_are_written_as_the_venue_reads_them),
		T(a_market_order_is_there_and_filled),
		T(a_halted_market_refuses),
		T(without_liquidity_it_was_there_and_is_canceled),
		T(a_replace_has_another_number),
		T(a_replace_that_is_refused_leaves_the_order),
		T(a_cancel_is_told_by_the_id_that_asked),
		T(a_partial_fill_goes_on_or_not),
		T(a_fill_is_priced_by_its_parts),
		T(each_transaction_counts_once_and_in_order),
		T(what_is_not_ours_is_told_or_noted),
		T(answers_mean_what_the_table_says),
		T(reasons_are_those_of_the_table),
		T(an_instrument_has_its_rules),
		T(an_order_is_checked_before_it_is_sent),
		T(an_instrument_with_odd_rules_is_not_traded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
