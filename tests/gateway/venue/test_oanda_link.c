/*
 * How the connection to OANDA comes up again, what is done from time to time,
 * and what it says that can't be read or is not ours (oanda-v20: 7 streams, 8
 * rate limits).
 */
#include "tests/gateway/venue/oanda_rig.h"

static struct oorder *
the_order(struct oanda *b)
{
	struct oorder *o = oanda_book_find(b, ID);

	assert_non_null(o);
	return o;
}

/* ----- the connection ----- */

/* 7: heartbeats come every 5 s, so that 10 to 15 s of silence are an end. */
static void
streams_are_watched_for_silence(void **state)
{
	(void)state;
	assert_int_equal(rig.n_streams, 2);
	for (unsigned i = 0; i < 2; i++)
		assert_in_range(rig.streams[i].cfg.silent_ns, 10 * FIX_SEC,
		    15 * FIX_SEC);
	assert_string_equal(rig.streams[LOG].url, "http://127.0.0.1:1"
	    "/v3/accounts/101-001-1234567-001/transactions/stream");
	assert_string_equal(rig.streams[PRICES].url, "http://127.0.0.1:1"
	    "/v3/accounts/101-001-1234567-001/pricing/stream?instruments="
	    "EUR_USD");
}

static void
a_stream_that_is_lost_is_made_up_for(void **state)
{
	struct oanda *b = *state;

	oanda_rig_resting();
	rig.streams[LOG].well = false;
	rig_close(LOG, 200, "it is silent");
	assert_string_equal(rig_told(), "down text=transaction stream: it is "
	    "silent");
	rig_wait_ms(20000);
	assert_string_equal(rig_asked(), "");
	oanda_rig_new("1-7-2-0");
	assert_string_equal(rig_told(), "reject id=1-7-2-0 reason=99 "
	    "text=transaction stream: it is silent");
	rig_trader("cancel", "id", NEXT, "orig", ID, "symbol", "EUR/USD",
	    "side", "2", "type", "2", "tif", "1", "qty", "10000", NULL);
	assert_string_equal(rig_asked(), "PUT /orders/6367/cancel");
	rig_answer("PUT", 200, "{\"orderCancelTransaction\":"
	    CANCEL("6368", "6368", "6367", "CLIENT_REQUEST")
	    ",\"lastTransactionID\":\"6369\"}"); /* and one that is missing */
	assert_non_null(strstr(rig_told(), "canceled id=" NEXT));
	assert_string_equal(rig_asked(), "");
	rig_open(LOG);
	assert_string_equal(rig_asked(), SINCE "6368");
	assert_string_equal(rig_told(), ""); /* not before it is read */
	/* Lost again, while a list is under way that may be too old. */
	rig_close(LOG, 200, "the venue has ended it");
	assert_string_equal(rig_told(), "down text=transaction stream: the "
	    "venue has ended it");
	rig_open(LOG);
	rig_answer(SINCE, 200, LIST(FUNDS("6369"), "6369"));
	assert_string_equal(rig_told(), "");
	assert_false(rig.streams[LOG].well);
	assert_string_equal(rig_asked(), SINCE "6369");
	rig_answer(SINCE, 200, LIST("", "6369"));
	assert_non_null(strstr(rig_told(), "up"));
	assert_true(rig.streams[LOG].well);
	assert_int_equal(rig.n_streams, 2);
	assert_int_equal(b->step, OSTEP_UP);
	(void)rig_asked(); /* to go up is told once */
	rig_line(LOG, BEAT("6370"));
	(void)rig_asked();
	rig_answer(SINCE, 200, LIST(FUNDS("6370"), "6370"));
	assert_string_equal(rig_told(), "");
}

/* Each attempt begins with the account, after a pause that grows. */
static void
what_can_not_be_used_is_tried_again_slower(void **state)
{
	static const int64_t pauses[] = { 500, 1000, 2000, 4000, 8000, 16000,
		32000, 60000, 60000 };

	(void)state;
	rig_trader("start", NULL);
	rig_trader("start", NULL);
	for (unsigned i = 0; i < 9; i++) {
		assert_string_equal(rig_asked(), "GET /summary");
		if (i % 3 == 0)
			rig_answer("GET", 401, "{\"errorMessage\":\"No\"}");
		else if (i % 3 == 1)
			rig_answer("GET", 503, "");
		else
			rig_no_answer("GET", REST_NOT_SENT);
		if (i == 0)
			assert_string_equal(rig_told(), "down text=HTTP status "
			    "401, No: see ApiKey, and whether it is of RestUrl "
			    "and AccountId");
		rig_wait_ms(pauses[i] - 50);
		assert_string_equal(rig_asked(), "");
		rig_wait_ms(50);
	}
	assert_string_equal(rig_asked(), "GET /summary");
	oanda_rig_account(LAST);
	rig_asked();
	rig_answer("GET /instruments", 200, INSTRUMENTS);
	rig_open(LOG);
	rig_asked();
	rig_answer("GET /transactions", 200,
	    "{\"pages\":[],\"lastTransactionID\":\"" LAST "\"}");
	rig_asked();
	rig_answer(SINCE, 200, LIST("", LAST));
	assert_non_null(strstr(rig_told(), "; up"));
	rig_trader("start", NULL);
	assert_string_equal(rig_asked(), "GET /summary; GET /openPositions");
	rig_answer("GET /summary", 401, "{}"); /* the first pause again */
	rig_wait_ms(500);
	assert_string_equal(rig_asked(), "GET /summary");
}

static void
a_token_that_the_stream_refuses_begins_again(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		rig_close(LOG, i == 0 ? 401 : 403, "HTTP status 40x");
		assert_string_equal(rig_told(),
		    "down text=transaction stream: HTTP status 40x");
		rig_wait_ms(450);
		rig_open(LOG); /* no step is left out for that */
		assert_string_equal(rig_asked(), "");
		rig_close(LOG, 200, "it is silent");
		assert_string_equal(rig_told(), "");
		rig_open(LOG);
		rig_wait_ms(50);
		assert_string_equal(rig_asked(), "GET /summary");
		rig_close(LOG, 200, "it is silent");
		rig_open(LOG);
		assert_string_equal(rig_asked(), "");
		oanda_rig_account(LAST);
		(void)rig_asked();
		rig_answer("GET /instruments", 200, INSTRUMENTS);
		assert_string_equal(rig_asked(), SINCE LAST); /* it is open */
		assert_int_equal(rig.n_streams, 2);
		rig_answer(SINCE, 200, LIST("", LAST));
		assert_non_null(strstr(rig_told(), "up"));
		(void)rig_asked();
		oanda_rig_account(LAST);
		rig_answer("GET /openPositions", 503, "");
		(void)rig_told();
	}
}

/* An answer that was under way when the venue failed is one of the steps. */
static void
a_late_answer_goes_one_step_not_two(void **state)
{
	struct oanda *b = *state;

	b->reconcile_due_ns = 0;
	rig_wait_ms(50);
	assert_string_equal(rig_asked(), SINCE LAST "; GET /summary; "
	    "GET /openPositions");
	rig_answer("GET /openPositions", 401, "{}");
	assert_non_null(strstr(rig_told(), "down"));
	oanda_rig_account(LAST);
	assert_string_equal(rig_asked(), "GET /instruments");
	rig_wait_ms(1000);
	assert_string_equal(rig_asked(), "");
	rig_answer("GET /instruments", 200, INSTRUMENTS);
	rig_wait_ms(1000);
	rig_answer(SINCE, 200, LIST("", LAST));
	assert_string_equal(rig_asked(), SINCE LAST);
}

static void
from_time_to_time_it_is_compared(void **state)
{
	struct oanda *b = *state;

	b->reconcile_due_ns = rig.mono + 30 * FIX_SEC;
	b->instruments_due_ns = rig.mono + 31 * FIX_SEC;
	rig_wait_ms(29950);
	assert_string_equal(rig_asked(), "");
	rig_wait_ms(50);
	assert_string_equal(rig_asked(), SINCE LAST "; GET /summary; "
	    "GET /openPositions");
	rig_wait_ms(1000);
	assert_string_equal(rig_asked(), "GET /instruments");
	rig_wait_ms(28950);
	assert_string_equal(rig_asked(), "");
	rig_wait_ms(50); /* a list is under way: none beside it */
	assert_string_equal(rig_asked(), "GET /summary; GET /openPositions");
	/* The trader asks for it: it is said when it is done. */
	rig_trader("reconcile", NULL);
	rig_answer(SINCE, 200, LIST("", LAST));
	assert_null(strstr(rig_told(), "reconciled"));
	(void)rig_asked();
	rig_answer(SINCE, 200, LIST(FUNDS("6367"), "6367"));
	assert_string_equal(rig_told(), "keep key=from value=6367; "
	    "keep key=told value=6367; reconciled");
	rig_trader("ping", NULL);
	assert_string_equal(rig_told(), "pong");
}

/* ----- what can't be read ----- */

static void
instruments_that_can_not_be_read_are_not_traded(void **state)
{
	struct oanda *b = *state;

	b->instruments_due_ns = 0;
	rig_wait_ms(50);
	assert_string_equal(rig_asked(), "GET /instruments");
	rig_answer("GET", 200, "{\"instruments\":[]}"); /* it is gone */
	assert_non_null(strstr(rig_told(), "down text=this account has no "
	    "instrument EUR_USD that can be read: see Symbols"));
	rig_wait_ms(500);
	(void)rig_asked();
	oanda_rig_account(LAST);
	(void)rig_asked();
	rig_answer("GET", 200, INSTRUMENTS);
	(void)rig_asked();
	rig_answer(SINCE, 200, LIST("", LAST));
	assert_non_null(strstr(rig_told(), "; up"));
	(void)rig_asked();
	oanda_rig_account(LAST);
	rig_answer("GET /openPositions", 503, "");
	b->instruments_due_ns = 0;
	rig_wait_ms(50);
	assert_string_equal(rig_asked(), "GET /instruments");
	rig_answer("GET", 200, "{\"instruments\":[{\"name\":\"EUR_USD\","
	    "\"displayPrecision\":5,\"tradeUnitsPrecision\":0,"
	    "\"minimumTradeSize\":\"1\"}],\"lastTransactionID\":\"6366\"}");
	assert_non_null(strstr(rig_told(), "down text=this account has no "
	    "instrument EUR_USD that can be read: see Symbols"));
	oanda_rig_new(ID);
	assert_non_null(strstr(rig_told(), "reject id=" ID));
	rig_wait_ms(500);
	assert_string_equal(rig_asked(), "GET /summary");
	rig_answer("GET", 200, "{\"account\":{\"balance\":\"0.0000\"}}");
	assert_non_null(strstr(rig_told(), "down text=this account has no "
	    "funds"));
}

/* An execution is never left out; numbers that none holds are cut. */
static void
fills_are_told_whatever_they_hold(void **state)
{
	struct oanda *b = *state;

	oanda_rig_resting();
	the_order(b)->wish.qty = INT64_MAX;
	rig_line(LOG, FILL("6368", "6368", "6367", "-90000000000", ""));
	rig_line(LOG, FILL("6369", "6368", "6367", "-90000000000", ""));
	assert_non_null(strstr(rig_told(), " cum=90000000000 "));
	assert_non_null(strstr(rig.told, " cum=92233720368.54775807 "));
	rig_line(LOG, FILL("6370", "6368", "1", "9", ""));
	assert_non_null(strstr(rig_told(), "fill exec=101-001-1234567-001-6370 "
	    "id=" ID " order=1 last_qty=9 "));
	rig_line(LOG, FILL("6371", "6368", "1", "2", ",\"tradeOpened\":"
	    "{\"units\":\"1\",\"price\":\"-5\"},\"tradeReduced\":{\"units\":"
	    "\"0\",\"price\":\"7\"},\"tradesClosed\":[{\"units\":\"2\"}]"));
	assert_non_null(strstr(rig_told(), " last_px=1.10004 "));
	rig_line(LOG, FILL("6372", "6368", "1", "2", ",\"tradeOpened\":"
	    "{\"units\":\"90000000000\",\"price\":\"90000000000\"},"
	    "\"tradeReduced\":{\"units\":\"90000000000\",\"price\":"
	    "\"90000000001\"}"));
	assert_non_null(strstr(rig_told(), " last_px=90000000000 "));
}

static void
a_second_order_of_an_id_is_an_alert(void **state)
{
	struct oanda *b = *state;

	oanda_rig_resting();
	rig_line(LOG, FILL("6368", "6368", "6367", "-10000", ""));
	(void)rig_told();
	rig_line(LOG, "{\"id\":\"6369\",\"type\":\"LIMIT_ORDER\"," COMMON
	    "\"batchID\":\"6369\",\"instrument\":\"EUR_USD\",\"units\":"
	    "\"-6000\",\"price\":\"1.2\",\"clientExtensions\":{\"id\":\"" ID
	    "\"}}");
	assert_string_equal(rig_told(), "alert text=a second order has the id "
	    "of one that ended");
	assert_int_equal(the_order(b)->order_id, 6367);
	rig_line(LOG, FILL("6370", "6370", "6369", "-6000", ""));
	assert_non_null(strstr(rig_told(), "fill exec=101-001-1234567-001-6370 "
	    "id=" ID " order=6369 last_qty=6000 last_px=1.10004 symbol"));
	rig_line(LOG, BEAT("6370"));
	assert_string_equal(rig_told(), "");
	assert_true(the_order(b)->ended);
}

/* The venue says it itself behind our own refusal: once is enough. */
static void
a_refusal_is_told_once(void **state)
{
	(void)state;
	oanda_rig_new(ID);
	(void)rig_asked();
	rig_limited("POST", 429, 1);
	(void)rig_told();
	rig_line(LOG, "{\"id\":\"6367\",\"type\":\"LIMIT_ORDER_REJECT\","
	    COMMON "\"batchID\":\"6367\",\"rejectReason\":\"PRICE_INVALID\","
	    "\"clientExtensions\":{\"id\":\"" ID "\"}}");
	assert_string_equal(rig_told(), "");
}

/* ... and that of another request is not the order's. */
static void
a_refusal_is_of_the_request_that_it_names(void **state)
{
	struct oanda *b = *state;

	oanda_rig_resting();
	rig_line(LOG, "{\"id\":\"6368\",\"type\":\"LIMIT_ORDER_REJECT\","
	    COMMON "\"batchID\":\"6368\",\"rejectReason\":\"PRICE_INVALID\","
	    "\"clientExtensions\":{\"id\":\"" ID "\"}}");
	assert_false(the_order(b)->ended); /* a second of its id: the first is */
	rig_trader("cancel", "id", NEXT, "orig", ID, "symbol", "EUR/USD",
	    "side", "2", "type", "2", "tif", "1", "qty", "10000", NULL);
	rig_line(LOG, "{\"id\":\"6369\",\"type\":\"LIMIT_ORDER_REJECT\","
	    COMMON "\"batchID\":\"6369\",\"rejectReason\":\"PRICE_INVALID\","
	    "\"intendedReplacesOrderID\":\"6367\","
	    "\"clientExtensions\":{\"id\":\"" NEXT "\"}}");
	assert_string_equal(rig_told(), "");
	assert_int_equal(the_order(b)->at.kind, 'F');
	the_order(b)->at.kind = 'G';
	rig_line(LOG, "{\"id\":\"6370\",\"type\":\"LIMIT_ORDER_REJECT\","
	    COMMON "\"batchID\":\"6370\",\"rejectReason\":\"PRICE_INVALID\","
	    "\"intendedReplacesOrderID\":\"6367\","
	    "\"clientExtensions\":{\"id\":\"1-7-1-9\"}}");
	assert_string_equal(rig_told(), "");
	oanda_rig_new("1-7-2-0");
	rig_line(LOG, "{\"id\":\"6371\",\"type\":\"LIMIT_ORDER_REJECT\","
	    COMMON "\"batchID\":\"6371\",\"rejectReason\":\"PRICE_INVALID\","
	    "\"clientExtensions\":{\"id\":\"1-7-2-5\"}}");
	assert_string_equal(rig_told(), "");
	rig_line(LOG, CANCEL("6372", "6372", "6300", "CLIENT_REQUEST"));
	assert_string_equal(rig_told(), ""); /* of another number */
	assert_false(the_order(b)->ended);
}

/* ----- prices ----- */

static void
prices_are_told_when_they_can_be_read(void **state)
{
	static const char *const of[] = {
		"{\"type\":\"PRICE\",\"instrument\":\"XX_YYY\",\"time\":"
		"\"2026-03-16T18:38:05Z\",\"bids\":[{\"price\":\"1\"}],"
		"\"asks\":[{\"price\":\"2\"}]}",
		"{\"type\":\"PRICE\",\"instrument\":\"EUR_USD\",\"time\":"
		"\"2026-03-16T18:38:05Z\",\"bids\":[],"
		"\"asks\":[{\"price\":\"2\"}]}",
		"{\"type\":\"PRICE\",\"instrument\":\"EUR_USD\",\"time\":"
		"\"2026-03-16T18:38:05Z\",\"bids\":[{\"price\":\"1\"}]}",
		"{\"type\":\"PRICE\",\"instrument\":\"EUR_USD\",\"time\":"
		"\"now\",\"bids\":[{\"price\":\"1\"}],"
		"\"asks\":[{\"price\":\"2\"}]}",
		"{\"type\":\"HEARTBEAT\"}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		rig_line(PRICES, of[i]);
		assert_string_equal(rig_told(), "");
	}
	assert_null(rig.streams[PRICES].again);
	rig_line(PRICES, "{\"type\":\"PRICE\",\"instrument\":\"EUR_USD\","
	    "\"time\":\"2026-03-16T18:38:05Z\",\"tradeable\":true,\"bids\":"
	    "[{\"price\":\"1.09990\"}],\"asks\":[{\"price\":\"1.10004\"}]}");
	assert_string_equal(rig_told(), "mark symbol=EUR/USD bid=1.09990 "
	    "ask=1.10004 time=1773686285000000000");
	rig_line(PRICES, "{\"type\":\"PR");
	assert_non_null(rig.streams[PRICES].again);
	assert_null(rig.streams[LOG].again);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, oanda_warm, oanda_end)
#define COLD(f) cmocka_unit_test_setup_teardown(f, oanda_cold, oanda_end)
	const struct CMUnitTest tests[] = {
		T(streams_are_watched_for_silence),
		T(a_stream_that_is_lost_is_made_up_for),
		COLD(what_can_not_be_used_is_tried_again_slower),
		T(a_token_that_the_stream_refuses_begins_again),
		T(a_late_answer_goes_one_step_not_two),
		T(from_time_to_time_it_is_compared),
		T(instruments_that_can_not_be_read_are_not_traded),
		T(fills_are_told_whatever_they_hold),
		T(a_second_order_of_an_id_is_an_alert),
		T(a_refusal_is_told_once),
		T(a_refusal_is_of_the_request_that_it_names),
		T(prices_are_told_when_they_can_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
