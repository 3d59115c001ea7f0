/*
 * OANDA's adapter against shapes of the venue's specification and of recorded
 * answers (oanda-v20: 2 errors, 5.1 to 5.3 orders, 6 transactions, 11 what they
 * are in FIX): what it writes, and what it tells the trader of what it reads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "gateway/venue/oanda_int.h"

#define E8(x) ((int64_t)(x) * FIX_E8)
#define ID "1-7-1-0"
#define NEXT "1-7-1-1"

struct rig {
	struct oanda b;
	int fd;
	char told[8192];
};

static int
set_up(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));
	struct peer_ops ops = { 0 };
	struct osymbol *s;
	int fd[2];

	assert_non_null(r);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	r->fd = fd[1];
	r->b.base = event_base_new();
	r->b.peer = peer_new(r->b.base, fd[0], &ops);
	r->b.rest = rest_new(&(struct rest_cfg){ .base = r->b.base,
	    .url = "http://127.0.0.1:1", .header = "X: y", .used_header = "",
	    .timeout_ms = 1000 });
	TAILQ_INIT(&r->b.all);
	TAILQ_INIT(&r->b.waiting);
	TAILQ_INIT(&r->b.touched);
	assert_true(hmap_init(&r->b.by_family));
	assert_non_null(r->b.rest);
	assert_non_null(r->b.peer);
	r->b.account = "101-001-1234567-001";
	r->b.step = OSTEP_UP;
	r->b.last = 6366;
	r->b.syncing = true; /* a list is under way: another is only noted */
	snprintf(r->b.currency, sizeof(r->b.currency), "EUR");
	s = &r->b.symbols[r->b.n_symbols++];
	snprintf(s->name, sizeof(s->name), "EUR/USD");
	snprintf(s->instrument, sizeof(s->instrument), "EUR_USD");
	s->known = true;
	*state = r;
	return 0;
}

static int
tear_down(void **state)
{
	struct rig *r = *state;
	struct oorder *o;

	while ((o = TAILQ_FIRST(&r->b.all)) != NULL) {
		TAILQ_REMOVE(&r->b.all, o, all);
		hmap_del(&r->b.by_family, &o->node);
		free(o);
	}
	hmap_fini(&r->b.by_family);
	rest_free(r->b.rest);
	peer_free(r->b.peer);
	event_base_free(r->b.base);
	close(r->fd);
	free(r);
	return 0;
}

/* What was told since: "ack id=1-7-1-0 order=6367; ..." */
static const char *
told(struct rig *r)
{
	uint8_t buf[8192];
	struct record rec;
	size_t at = 0, n = 0;
	ssize_t got, len;

	(void)event_base_loop(r->b.base, EVLOOP_NONBLOCK);
	got = recv(r->fd, buf, sizeof(buf), MSG_DONTWAIT);
	r->told[0] = '\0';
	while (got > 0 &&
	       (len = record_read(&rec, buf + at, (size_t)got - at)) > 0) {
		at += (size_t)len;
		n += (size_t)snprintf(r->told + n, sizeof(r->told) - n,
		    "%s%.*s", n == 0 ? "" : "; ", (int)rec.type.len,
		    (const char *)rec.type.p);
		for (unsigned i = 0; i < rec.n; i++)
			n += (size_t)snprintf(r->told + n, sizeof(r->told) - n,
			    " %.*s=%.*s", (int)rec.fields[i].name.len,
			    (const char *)rec.fields[i].name.p,
			    (int)rec.fields[i].value.len,
			    (const char *)rec.fields[i].value.p);
	}
	return r->told;
}

static struct oorder *
sent(struct rig *r, char side, char type, char tif, int64_t qty)
{
	struct oorder *o = oanda_book_get(&r->b, ID, &r->b.symbols[0]);

	assert_non_null(o);
	o->wish = (struct oanda_wish){ .side = side, .type = type, .tif = tif,
		.qty = qty };
	o->sent_ns = outside_mono();
	o->wait |= O_SENT;
	return o;
}

static void
answer(struct rig *r, const char *text)
{
	json_t *j = json_read(fix_span_of(text));

	assert_non_null(j);
	oanda_log_answer(&r->b, j);
	json_decref(j);
}

static void
line(struct rig *r, const char *text)
{
	oanda_stream_line(&r->b, fix_span_of(text));
}

/* ----- shapes ----- */

#define COMMON \
	"\"time\":\"2026-03-16T18:38:01.942282123Z\",\"userID\":1234567," \
	"\"accountID\":\"101-001-1234567-001\"," \
	"\"requestID\":\"42381345678901234\","
#define MARKET \
	"{\"id\":\"6367\",\"type\":\"MARKET_ORDER\"," COMMON \
	"\"batchID\":\"6367\",\"instrument\":\"EUR_USD\",\"units\":\"10000\"," \
	"\"timeInForce\":\"FOK\",\"positionFill\":\"DEFAULT\"," \
	"\"reason\":\"CLIENT_ORDER\",\"clientExtensions\":{\"id\":\"" ID "\"}}"
#define LIMIT(reason) \
	"{\"id\":\"6367\",\"type\":\"LIMIT_ORDER\"," COMMON \
	"\"batchID\":\"6367\",\"instrument\":\"EUR_USD\",\"units\":\"-10000\"," \
	"\"price\":\"1.20000\",\"timeInForce\":\"GTC\"," \
	"\"positionFill\":\"POSITION_DEFAULT\"," \
	"\"triggerCondition\":\"TRIGGER_DEFAULT\",\"reason\":\"" reason "\"," \
	"\"clientExtensions\":{\"id\":\"" ID "\"}}"
#define FILL(id, batch, order, units, more) \
	"{\"id\":\"" id "\",\"type\":\"ORDER_FILL\"," COMMON \
	"\"batchID\":\"" batch "\",\"orderID\":\"" order "\"," \
	"\"clientOrderID\":\"" ID "\",\"instrument\":\"EUR_USD\"," \
	"\"units\":\"" units "\",\"gainQuoteHomeConversionFactor\":\"1\"," \
	"\"price\":\"1.10004\",\"fullVWAP\":\"1.10004\"," \
	"\"reason\":\"MARKET_ORDER\",\"pl\":\"0.0000\"," \
	"\"commission\":\"0.0000\",\"accountBalance\":\"100000.0000\"" more "}"
#define OPENED(units, px) \
	",\"tradeOpened\":{\"tradeID\":\"6368\",\"units\":\"" units \
	"\",\"price\":\"" px "\",\"halfSpreadCost\":\"0.7000\"}"
#define CANCEL(id, batch, order, why) \
	"{\"id\":\"" id "\",\"type\":\"ORDER_CANCEL\"," COMMON \
	"\"batchID\":\"" batch "\",\"orderID\":\"" order "\"," \
	"\"clientOrderID\":\"" ID "\",\"reason\":\"" why "\"}"
#define CREATED "{\"orderCreateTransaction\":"
#define RESTING \
	CREATED LIMIT("CLIENT_ORDER") ",\"relatedTransactionIDs\":[\"6367\"]," \
	"\"lastTransactionID\":\"6367\"}"

/* ----- 5.1 what is written ----- */

static void
same_order(struct rig *r, struct oanda_wish w, const char *want)
{
	char body[REST_BODY_MAX];
	json_t *is, *should;

	oanda_body(body, sizeof(body), &r->b.symbols[0], &w, w.qty, ID);
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
	struct rig *r = *state;

	same_order(r, (struct oanda_wish){ '1', '1', '0', E8(10000),
		110500000, 0, 0, '\0' },
	    "{\"order\":{\"type\":\"MARKET\",\"instrument\":\"EUR_USD\","
	    "\"units\":\"10000\",\"timeInForce\":\"FOK\",\"positionFill\":"
	    "\"DEFAULT\",\"priceBound\":\"1.105\",\"clientExtensions\":"
	    "{\"id\":\"" ID "\"},\"tradeClientExtensions\":{\"id\":\"" ID
	    "\"}}}");
	same_order(r, (struct oanda_wish){ '2', '2', '1', E8(10000),
		112000000, 0, 0, '\0' },
	    "{\"order\":{\"type\":\"LIMIT\",\"instrument\":\"EUR_USD\","
	    "\"units\":\"-10000\",\"price\":\"1.12\",\"timeInForce\":\"GTC\","
	    "\"positionFill\":\"DEFAULT\",\"clientExtensions\":{\"id\":\"" ID
	    "\"}}}");
	same_order(r, (struct oanda_wish){ '1', '2', '6', E8(10000),
		109000000, 0, 1773781200 * FIX_SEC, '\0' },
	    "{\"order\":{\"type\":\"LIMIT\",\"instrument\":\"EUR_USD\","
	    "\"units\":\"10000\",\"price\":\"1.09\",\"timeInForce\":\"GTD\","
	    "\"positionFill\":\"DEFAULT\",\"gtdTime\":"
	    "\"2026-03-17T21:00:00.000000000Z\",\"clientExtensions\":{\"id\":"
	    "\"" ID "\"}}}");
	same_order(r, (struct oanda_wish){ '1', '3', '0', E8(10000), 0,
		112500000, 0, '\0' },
	    "{\"order\":{\"type\":\"STOP\",\"instrument\":\"EUR_USD\","
	    "\"units\":\"10000\",\"price\":\"1.125\",\"timeInForce\":\"GFD\","
	    "\"positionFill\":\"DEFAULT\",\"clientExtensions\":{\"id\":\"" ID
	    "\"}}}");
	same_order(r, (struct oanda_wish){ '1', 'J', '1', E8(10000), 0,
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
	struct rig *r = *state;

	sent(r, '1', '1', '0', E8(10000));
	answer(r, CREATED MARKET ",\"orderFillTransaction\":"
	    FILL("6368", "6367", "6367", "10000", OPENED("10000", "1.10004"))
	    ",\"relatedTransactionIDs\":[\"6367\",\"6368\"],"
	    "\"lastTransactionID\":\"6368\"}");
	assert_string_equal(told(r), "ack id=" ID " order=6367 cum=0; "
	    "fill exec=101-001-1234567-001-6368 id=" ID " order=6367 "
	    "last_qty=10000 last_px=1.10004 cum=10000 symbol=EUR/USD side=1 "
	    "time=1773686281942282123");
	assert_int_equal(r->b.last, 6368);
	assert_string_equal(r->b.balance, "100000.0000");
}

/* 201, and canceled at once: a refusal, with no "ack" before. */
static void
a_halted_market_refuses(void **state)
{
	struct rig *r = *state;

	sent(r, '1', '1', '0', E8(10000));
	answer(r, CREATED MARKET ",\"orderCancelTransaction\":"
	    CANCEL("6368", "6367", "6367", "MARKET_HALTED")
	    ",\"relatedTransactionIDs\":[\"6367\",\"6368\"],"
	    "\"lastTransactionID\":\"6368\"}");
	assert_string_equal(told(r), "reject id=" ID " reason=2 "
	    "text=MARKET_HALTED");
}

static void
without_liquidity_it_was_there_and_is_canceled(void **state)
{
	struct rig *r = *state;

	sent(r, '1', '1', '0', E8(10000));
	answer(r, CREATED MARKET ",\"orderCancelTransaction\":"
	    CANCEL("6368", "6367", "6367", "INSUFFICIENT_LIQUIDITY")
	    ",\"lastTransactionID\":\"6368\"}");
	assert_string_equal(told(r), "ack id=" ID " order=6367 cum=0; "
	    "canceled id=" ID " order=6367 cum=0 text=INSUFFICIENT_LIQUIDITY");
}

static void
a_replace_has_another_number(void **state)
{
	struct rig *r = *state;
	struct oorder *o = sent(r, '2', '2', '1', E8(10000));

	answer(r, RESTING);
	assert_string_equal(told(r), "ack id=" ID " order=6367 cum=0");
	o->wait = 0;
	o->at.kind = 'G';
	snprintf(o->at.id, sizeof(o->at.id), NEXT);
	answer(r, "{\"orderCancelTransaction\":{\"id\":\"6368\",\"type\":"
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
	assert_string_equal(told(r), "replaced id=" NEXT " orig=" ID
	    " order=6369 qty=20000 cum=0 price=1.125");
}

static void
a_replace_that_is_refused_leaves_the_order(void **state)
{
	struct rig *r = *state;
	struct oorder *o = sent(r, '2', '2', '1', E8(10000));

	answer(r, RESTING);
	(void)told(r);
	o->at.kind = 'G';
	snprintf(o->at.id, sizeof(o->at.id), NEXT);
	answer(r, "{\"orderRejectTransaction\":{\"id\":\"6368\",\"type\":"
	    "\"LIMIT_ORDER_REJECT\"," COMMON "\"batchID\":\"6368\","
	    "\"instrument\":\"EUR_USD\",\"units\":\"-20000\",\"price\":"
	    "\"1.12500\",\"intendedReplacesOrderID\":\"6367\","
	    "\"rejectReason\":\"INSUFFICIENT_MARGIN\",\"clientExtensions\":"
	    "{\"id\":\"" NEXT "\"}},\"lastTransactionID\":\"6368\"}");
	assert_string_equal(told(r), "cancel-reject id=" NEXT " reason=2 "
	    "text=INSUFFICIENT_MARGIN");
	assert_false(o->ended);
	assert_int_equal(o->order_id, 6367);
}

static void
a_cancel_is_told_by_the_id_that_asked(void **state)
{
	struct rig *r = *state;
	struct oorder *o = sent(r, '2', '2', '1', E8(10000));

	answer(r, RESTING);
	(void)told(r);
	o->at.kind = 'F';
	snprintf(o->at.id, sizeof(o->at.id), NEXT);
	answer(r, "{\"orderCancelTransaction\":"
	    CANCEL("6368", "6368", "6367", "CLIENT_REQUEST")
	    ",\"relatedTransactionIDs\":[\"6368\"],"
	    "\"lastTransactionID\":\"6368\"}");
	assert_string_equal(told(r), "canceled id=" NEXT " orig=" ID
	    " order=6367 cum=0");
	answer(r, "{\"orderCancelRejectTransaction\":{\"id\":\"6369\",\"type\":"
	    "\"ORDER_CANCEL_REJECT\"," COMMON "\"batchID\":\"6369\","
	    "\"orderID\":\"6367\",\"rejectReason\":\"ORDER_DOESNT_EXIST\"},"
	    "\"lastTransactionID\":\"6369\"}");
	assert_string_equal(told(r), "");
	assert_int_equal(r->b.last, 6369);
}

/* 3: what is left goes on under another number, or ends. */
static void
a_partial_fill_goes_on_or_not(void **state)
{
	struct rig *r = *state;
	struct oorder *o = sent(r, '2', '2', '1', E8(10000));

	answer(r, RESTING);
	(void)told(r);
	line(r, FILL("6368", "6368", "6367", "-4000", ""));
	line(r, "{\"id\":\"6369\",\"type\":\"LIMIT_ORDER\"," COMMON
	    "\"batchID\":\"6368\",\"instrument\":\"EUR_USD\",\"units\":"
	    "\"-6000\",\"price\":\"1.20000\",\"timeInForce\":\"GTC\","
	    "\"reason\":\"CLIENT_ORDER\",\"clientExtensions\":{\"id\":\"" ID
	    "\"}}");
	line(r, "{\"type\":\"HEARTBEAT\",\"lastTransactionID\":\"6369\","
	    "\"time\":\"2026-03-16T18:38:05.000000000Z\"}");
	assert_string_equal(told(r), "fill exec=101-001-1234567-001-6368 id="
	    ID " order=6367 last_qty=4000 last_px=1.10004 cum=4000 "
	    "symbol=EUR/USD side=2 time=1773686281942282123");
	assert_false(o->ended);
	assert_int_equal(o->order_id, 6369);
	line(r, FILL("6370", "6370", "6369", "-1000", ""));
	(void)told(r);
	line(r, "{\"type\":\"HEARTBEAT\",\"lastTransactionID\":\"6370\"}");
	assert_string_equal(told(r), "canceled id=" ID " order=6369 cum=5000 "
	    "text=remainder canceled");
}

/* 6: the price of a fill is that of its parts. */
static void
a_fill_is_priced_by_its_parts(void **state)
{
	struct rig *r = *state;

	sent(r, '1', '1', '0', E8(10000));
	answer(r, CREATED MARKET ",\"orderFillTransaction\":"
	    FILL("6368", "6367", "6367", "10000", OPENED("4000", "1.10000")
		",\"tradesClosed\":[{\"tradeID\":\"1\",\"units\":\"6000\","
		"\"price\":\"1.10010\",\"realizedPL\":\"0.0\"}]")
	    ",\"lastTransactionID\":\"6368\"}");
	assert_non_null(strstr(told(r), "last_px=1.10006 "));
}

/* ----- the log ----- */

static void
each_transaction_counts_once_and_in_order(void **state)
{
	struct rig *r = *state;

	sent(r, '1', '1', '0', E8(10000));
	line(r, MARKET);
	line(r, MARKET);
	line(r, FILL("6368", "6367", "6367", "10000", ""));
	line(r, FILL("6368", "6367", "6367", "10000", ""));
	assert_non_null(strstr(told(r), "last_qty=10000"));
	assert_null(strstr(strstr(r->told, "fill ") + 1, "fill "));
	assert_false(r->b.sync_again);
	line(r, CANCEL("6370", "6370", "6367", "CLIENT_REQUEST"));
	assert_string_equal(told(r), "");
	assert_true(r->b.sync_again); /* 6369 is missing: the list is read */
	assert_int_equal(r->b.last, 6368);
	r->b.sync_again = false;
	line(r, "{\"type\":\"HEARTBEAT\",\"lastTransactionID\":\"6370\"}");
	assert_true(r->b.sync_again); /* as a heartbeat shows, too */
}

static void
what_is_not_ours_is_told_or_noted(void **state)
{
	struct rig *r = *state;

	line(r, "{\"id\":\"6367\",\"type\":\"DAILY_FINANCING\"," COMMON
	    "\"batchID\":\"6367\",\"financing\":\"-0.3\",\"accountBalance\":"
	    "\"99999.7000\"}");
	assert_string_equal(told(r), "");
	assert_string_equal(r->b.balance, "99999.7000");
	line(r, "{\"id\":\"6368\",\"type\":\"MARGIN_CALL_ENTER\"," COMMON
	    "\"batchID\":\"6368\"}");
	assert_string_equal(told(r), "alert text=MARGIN_CALL_ENTER");
	line(r, "{\"id\":\"6369\",\"type\":\"ORDER_FILL\"," COMMON
	    "\"batchID\":\"6369\",\"orderID\":\"12\",\"instrument\":"
	    "\"USD_JPY\",\"units\":\"-5\",\"fullVWAP\":\"150.000\","
	    "\"commission\":\"0.5000\"}");
	assert_string_equal(told(r), "fill exec=101-001-1234567-001-6369 "
	    "order=12 last_qty=5 last_px=150 symbol=USD_JPY side=2 fee=0.5000 "
	    "fee_currency=EUR time=1773686281942282123");
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
	struct rig *r = *state;
	char code[64], text[200];
	json_t *j;

	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		struct rest_answer a = { .status = of[i].status,
			.body = fix_span_of(of[i].body), .retry_after_s = 1 };

		text[0] = '\0';
		assert_int_equal(oanda_fate(&r->b, &a, &j, code, text,
		    sizeof(text)), of[i].fate);
		assert_string_equal(code, of[i].code);
		assert_non_null(strstr(text, of[i].text));
		json_decref(j);
	}
	assert_non_null(strstr(told(r), "down text=HTTP status 401"));
	assert_non_null(strstr(r->told, "see ApiKey"));
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

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
