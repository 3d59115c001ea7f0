/*
 * Cancels and replaces at OANDA: one at a time, of an order that is known, with
 * what is left of it, and again when nothing says what became of them
 * (oanda-v20: 10, 11.2, 11.3).
 */
#include "tests/gateway/venue/oanda_rig.h"

/* ----- changes ----- */

static void
a_change_waits_until_it_is_known_that_the_order_is_there(void **state)
{
	(void)state;
	oanda_rig_new(ID);
	(void)rig_asked();
	oanda_rig_cancel(NEXT, ID);
	rig_wait_ms(50);
	assert_string_equal(rig_asked(), "");
	rig_no_answer("POST /orders", REST_UNKNOWN);
	assert_string_equal(rig_asked(), "");
	rig_line(LOG, LIMIT("CLIENT_ORDER"));
	assert_string_equal(rig_asked(), ""); /* more may belong to it */
	rig_line(LOG, BEAT("6367"));
	assert_string_equal(rig_asked(), "PUT /orders/6367/cancel");
	oanda_rig_cancel(NEXT, ID); /* again */
	assert_string_equal(rig_asked(), "");
	rig_answer("PUT", 200, "{\"orderCancelTransaction\":"
	    CANCEL("6368", "6368", "6367", "CLIENT_REQUEST")
	    ",\"lastTransactionID\":\"6368\"}");
	assert_string_equal(rig_told(), "ack id=" ID " order=6367 cum=0; "
	    "canceled id=" NEXT " orig=" ID " order=6367 cum=0");
	oanda_rig_cancel(NEXT, ID);
	assert_string_equal(rig_told(), "cancel-reject id=" NEXT " reason=0 "
	    "text=too late");
	assert_string_equal(rig_asked(), "");
}

/* ... also when the log is quicker than the answer. */
static void
a_change_waits_for_the_answer_to_the_one_before(void **state)
{
	(void)state;
	oanda_rig_resting();
	oanda_rig_replace(NEXT, "20000", "1.125");
	(void)rig_asked();
	rig_line(LOG, "{\"id\":\"6368\",\"type\":\"LIMIT_ORDER\"," COMMON
	    "\"batchID\":\"6368\",\"instrument\":\"EUR_USD\",\"units\":"
	    "\"-20000\",\"price\":\"1.12500\",\"replacesOrderID\":\"6367\","
	    "\"clientExtensions\":{\"id\":\"" NEXT "\"}}");
	rig_line(LOG, BEAT("6368"));
	assert_non_null(strstr(rig_told(), "replaced id=" NEXT));
	oanda_rig_cancel("1-7-1-2", NEXT);
	assert_string_equal(rig_asked(), "");
	rig_answer("PUT", 400, "{}");
	assert_string_equal(rig_asked(), "PUT /orders/6368/cancel");
	assert_string_equal(rig_told(), "");
	rig_answer("PUT", 400, "{}");
	(void)rig_told();
	assert_string_equal(rig_asked(), SINCE "6368");
	oanda_rig_cancel("1-7-1-2", NEXT); /* it was answered */
	assert_string_equal(rig_asked(), "");
	assert_string_equal(rig_told(), "");
	oanda_rig_nothing_new("6368");
	oanda_rig_replace("1-7-1-3", "20000", "1.13");
	assert_string_equal(rig_asked(), "PUT /orders/6368");
	rig_no_answer("PUT", REST_UNKNOWN);
	oanda_rig_cancel("1-7-1-4", NEXT); /* what it is about is not known */
	rig_wait_ms(50);
	assert_null(strstr(rig_asked(), "PUT"));
}

/* What is left goes on under another number when the batch is whole. */
static void
a_change_waits_for_the_end_of_a_batch(void **state)
{
	(void)state;
	oanda_rig_resting();
	rig_line(LOG, FILL("6368", "6368", "6367", "-4000", ""));
	oanda_rig_cancel(NEXT, ID);
	assert_string_equal(rig_asked(), "");
	rig_line(LOG, "{\"id\":\"6369\",\"type\":\"LIMIT_ORDER\"," COMMON
	    "\"batchID\":\"6368\",\"instrument\":\"EUR_USD\",\"units\":"
	    "\"-6000\",\"price\":\"1.20000\",\"reason\":\"CLIENT_ORDER\","
	    "\"clientExtensions\":{\"id\":\"" ID "\"}}");
	assert_string_equal(rig_asked(), "");
	rig_line(LOG, BEAT("6369"));
	assert_string_equal(rig_asked(), "PUT /orders/6369/cancel");
}

/* ... and of the log, by a process that has just begun. */
static void
a_change_waits_for_the_end_of_the_log(void **state)
{
	(void)state;
	rig_trader("kept", "key", "told", "value", LAST, NULL);
	rig_trader("kept", "key", "from", "value", LAST, NULL);
	oanda_rig_to_stream();
	oanda_rig_cancel(NEXT, ID);
	rig_open(LOG);
	assert_string_equal(rig_asked(), SINCE LAST);
	rig_answer(SINCE LAST, 200, LIST(LIMIT("CLIENT_ORDER")
	    ",{\"id\":\"6368\",\"type\":\"TRANSFER_FUNDS\",\"batchID\":"
	    "\"6368\"}", "6369"));
	assert_string_equal(rig_asked(), SINCE "6368");
	oanda_rig_nothing_new("6368");
	assert_string_equal(rig_asked(), "GET /summary; GET /openPositions; "
	    "PUT /orders/6367/cancel");
}

static void
a_second_change_waits_for_the_first(void **state)
{
	(void)state;
	oanda_rig_resting();
	oanda_rig_replace(NEXT, "20000", "1.21");
	assert_string_equal(rig_asked(), "PUT /orders/6367");
	assert_non_null(strstr(rig.body, "\"units\":\"-20000\""));
	oanda_rig_cancel("1-7-1-2", ID);
	assert_string_equal(rig_asked(), "");
	rig_answer("PUT", 400, "{\"errorCode\":\"PRICE_INVALID\","
	    "\"errorMessage\":\"no\"}");
	assert_string_equal(rig_told(), "cancel-reject id=" NEXT " reason=2 "
	    "text=PRICE_INVALID: no");
	(void)rig_asked();
	oanda_rig_nothing_new("6367");
	(void)rig_asked();
	rig_answer("PUT /orders/6367/cancel", 200, "{"
	    "\"orderCancelTransaction\":"
	    CANCEL("6368", "6368", "6367", "CLIENT_REQUEST")
	    ",\"lastTransactionID\":\"6368\"}");
	assert_non_null(strstr(rig_told(), "canceled id=1-7-1-2 orig=" ID));
}

/* 10: unknown, so it goes again when the log does not say what became of it. */
static void
a_change_without_an_answer_goes_again(void **state)
{
	(void)state;
	oanda_rig_resting();
	oanda_rig_cancel(NEXT, ID);
	assert_string_equal(rig_asked(), "PUT /orders/6367/cancel");
	for (int i = 0; i < 6; i++) {
		int64_t pause = i < 4 ? 500 << i : 8000;

		if (i == 2)
			rig_answer("PUT", 404, NO_SUCH_ORDER("6367"));
		else
			rig_no_answer("PUT", REST_UNKNOWN);
		assert_string_equal(rig_asked(), SINCE "6367");
		rig_wait_ms(10000);
		assert_string_equal(rig_asked(), ""); /* the log comes first */
		oanda_rig_nothing_new("6367");
		if (i > 4) /* as long as it has waited already */
			rig_wait_ms(pause - 10000);
		rig_wait_ms(50);
		assert_string_equal(rig_asked(), "PUT /orders/6367/cancel");
		rig_wait_ms(50);
		assert_string_equal(rig_asked(), "");
	}
	rig_no_answer("PUT", REST_UNKNOWN);
	assert_string_equal(rig_asked(), SINCE "6367");
	oanda_rig_nothing_new("6367");
	rig_wait_ms(7950); /* the longest pause */
	assert_string_equal(rig_asked(), "");
	rig_wait_ms(50);
	assert_string_equal(rig_asked(), "PUT /orders/6367/cancel");
	rig_no_answer("PUT", REST_UNKNOWN);
	(void)rig_asked();
	rig_answer(SINCE "6367", 200, LIST(CANCEL("6368", "6368", "6367",
	    "CLIENT_REQUEST"), "6368"));
	assert_string_equal(rig_told(), "canceled id=" NEXT " orig=" ID
	    " order=6367 cum=0");
	rig_wait_ms(10000);
	assert_string_equal(rig_asked(), "");
}

static void
a_replace_that_was_done_does_not_go_again(void **state)
{
	(void)state;
	oanda_rig_resting();
	oanda_rig_replace(NEXT, "20000", "1.125");
	(void)rig_asked();
	rig_no_answer("PUT", REST_UNKNOWN);
	(void)rig_asked();
	rig_answer(SINCE "6367", 200, LIST("{\"id\":\"6368\",\"type\":"
	    "\"ORDER_CANCEL\"," COMMON "\"batchID\":\"6368\",\"orderID\":"
	    "\"6367\",\"clientOrderID\":\"" ID "\",\"reason\":"
	    "\"CLIENT_REQUEST_REPLACED\"},{\"id\":\"6369\",\"type\":"
	    "\"LIMIT_ORDER\"," COMMON "\"batchID\":\"6368\",\"instrument\":"
	    "\"EUR_USD\",\"units\":\"-20000\",\"price\":\"1.12500\","
	    "\"timeInForce\":\"GTC\",\"reason\":\"REPLACEMENT\","
	    "\"replacesOrderID\":\"6367\",\"clientExtensions\":{\"id\":\""
	    NEXT "\"}}", "6369"));
	assert_string_equal(rig_told(), "replaced id=" NEXT " orig=" ID
	    " order=6369 qty=20000 cum=0 price=1.125");
	rig_wait_ms(10000);
	assert_string_equal(rig_asked(), "");
	oanda_rig_cancel("1-7-1-2", NEXT);
	assert_string_equal(rig_asked(), "PUT /orders/6369/cancel");
}

/* ... nor one whose refusal the log brings. */
static void
a_replace_that_was_refused_does_not_go_again(void **state)
{
	(void)state;
	oanda_rig_resting();
	oanda_rig_replace(NEXT, "20000", "1.125");
	(void)rig_asked();
	rig_no_answer("PUT", REST_UNKNOWN);
	(void)rig_asked();
	rig_answer(SINCE "6367", 200, LIST("{\"id\":\"6368\",\"type\":"
	    "\"LIMIT_ORDER_REJECT\"," COMMON "\"batchID\":\"6368\","
	    "\"instrument\":\"EUR_USD\",\"units\":\"-20000\","
	    "\"intendedReplacesOrderID\":\"6367\",\"rejectReason\":"
	    "\"INSUFFICIENT_MARGIN\",\"clientExtensions\":{\"id\":\""
	    NEXT "\"}}", "6368"));
	assert_string_equal(rig_told(), "cancel-reject id=" NEXT " reason=2 "
	    "text=INSUFFICIENT_MARGIN");
	rig_wait_ms(10000);
	assert_string_equal(rig_asked(), "");
}

/* The order goes on under another number when a batch is whole. */
static void
a_change_does_not_go_again_into_a_batch(void **state)
{
	(void)state;
	oanda_rig_resting();
	oanda_rig_cancel(NEXT, ID);
	(void)rig_asked();
	rig_no_answer("PUT", REST_UNKNOWN);
	(void)rig_asked();
	oanda_rig_nothing_new("6367");
	rig_wait_ms(400);
	rig_line(LOG, FILL("6368", "6368", "6367", "-4000", ""));
	rig_wait_ms(100);
	assert_string_equal(rig_asked(), "");
	rig_line(LOG, "{\"id\":\"6369\",\"type\":\"LIMIT_ORDER\"," COMMON
	    "\"batchID\":\"6368\",\"instrument\":\"EUR_USD\",\"units\":"
	    "\"-6000\",\"price\":\"1.20000\",\"reason\":\"CLIENT_ORDER\","
	    "\"clientExtensions\":{\"id\":\"" ID "\"}}");
	rig_line(LOG, BEAT("6369"));
	rig_wait_ms(50);
	assert_string_equal(rig_asked(), "PUT /orders/6369/cancel");
}

/* 11.3: units are what is left; what came before it is sent counts. */
static void
a_replace_counts_what_is_executed(void **state)
{
	(void)state;
	oanda_rig_resting();
	rig_line(LOG, FILL("6368", "6368", "6367", "-4000", ""));
	rig_line(LOG, "{\"id\":\"6369\",\"type\":\"LIMIT_ORDER\"," COMMON
	    "\"batchID\":\"6368\",\"instrument\":\"EUR_USD\",\"units\":"
	    "\"-6000\",\"price\":\"1.20000\",\"reason\":\"CLIENT_ORDER\","
	    "\"clientExtensions\":{\"id\":\"" ID "\"}}");
	rig_line(LOG, BEAT("6369"));
	(void)rig_told();
	oanda_rig_replace(NEXT, "4000", "1.2");
	assert_string_equal(rig_told(), "cancel-reject id=" NEXT " reason=2 "
	    "text=OrderQty is not more than what is executed");
	oanda_rig_replace("1-7-1-2", "5000", "1.2");
	rig_line(LOG, FILL("6370", "6370", "6369", "-1000", ""));
	(void)rig_told();
	/* It waited. */
	assert_string_equal(rig_asked(), "PUT given up; " SINCE "6370");
	assert_string_equal(rig_told(), "cancel-reject id=1-7-1-2 reason=99 "
	    "text=OrderQty is not more than what is executed");
}

static void
what_can_not_be_replaced_is_refused(void **state)
{
	struct oanda *b = *state;

	oanda_rig_resting();
	rig_trader("replace", "id", NEXT, "orig", ID, "symbol", "EUR/USD",
	    "side", "1", "type", "2", "tif", "1", "qty", "10000", "price",
	    "1.2", NULL);
	assert_non_null(strstr(rig_told(), "text=OrdType and Side"));
	rig_trader("replace", "id", "1-7-1-2", "orig", ID, "symbol", "EUR/USD",
	    "side", "2", "type", "3", "tif", "1", "qty", "10000", "stop",
	    "1.2", NULL);
	assert_non_null(strstr(rig_told(), "text=OrdType and Side"));
	oanda_rig_replace("1-7-1-3", "10000", "1.2000001");
	assert_non_null(strstr(rig_told(), "text=PRICE_PRECISION"));
	oanda_book_find(b, ID)->wish.type = '1';
	rig_trader("replace", "id", "1-7-1-4", "orig", ID, "symbol", "EUR/USD",
	    "side", "2", "type", "1", "tif", "0", "qty", "10000", NULL);
	assert_non_null(strstr(rig_told(), "nor a market order"));
	assert_string_equal(rig_asked(), "");
}

/* It ends while its change waits to be sent. */
static void
a_change_of_an_order_that_has_ended_is_not_sent(void **state)
{
	(void)state;
	oanda_rig_resting();
	oanda_rig_cancel(NEXT, ID);
	rig_line(LOG, FILL("6368", "6368", "6367", "-10000", ""));
	(void)rig_told();
	assert_string_equal(rig_asked(), "PUT given up");
	assert_string_equal(rig_told(), ""); /* its end says it */
}

static void
a_change_that_is_certainly_not_done_is_refused(void **state)
{
	(void)state;
	oanda_rig_resting();
	oanda_rig_cancel(NEXT, ID);
	(void)rig_asked();
	rig_no_answer("PUT", REST_NOT_SENT);
	assert_string_equal(rig_told(), "cancel-reject id=" NEXT " reason=99 "
	    "text=the connection broke");
	(void)rig_asked();
	oanda_rig_nothing_new("6367");
	oanda_rig_cancel("1-7-1-2", ID);
	(void)rig_asked();
	rig_answer("PUT", 404, "{\"errorCode\":\"ACCOUNT_ORDER_CANCEL_LOCKED\","
	    "\"lastTransactionID\":\"6367\"}");
	assert_string_equal(rig_told(), "cancel-reject id=1-7-1-2 reason=2 "
	    "text=ACCOUNT_ORDER_CANCEL_LOCKED");
	(void)rig_asked();
	oanda_rig_nothing_new("6367");
	rig_wait_ms(10000);
	assert_string_equal(rig_asked(), "");
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, oanda_warm, oanda_end)
#define COLD(f) cmocka_unit_test_setup_teardown(f, oanda_cold, oanda_end)
	const struct CMUnitTest tests[] = {
		T(a_change_waits_until_it_is_known_that_the_order_is_there),
		T(a_change_waits_for_the_answer_to_the_one_before),
		T(a_change_waits_for_the_end_of_a_batch),
		COLD(a_change_waits_for_the_end_of_the_log),
		T(a_second_change_waits_for_the_first),
		T(a_change_without_an_answer_goes_again),
		T(a_replace_that_was_done_does_not_go_again),
		T(a_replace_that_was_refused_does_not_go_again),
		T(a_change_does_not_go_again_into_a_batch),
		T(a_replace_counts_what_is_executed),
		T(what_can_not_be_replaced_is_refused),
		T(a_change_of_an_order_that_has_ended_is_not_sent),
		T(a_change_that_is_certainly_not_done_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
