/*
 * Replaces at Binance in two steps, and every way that they can break: never
 * more is executed than was wanted, and what is at the venue is what the trader
 * was told (binance-spot.md 12.3; order-state C2 to C7).
 */
#include "tests/gateway/venue/binance_rig.h"

#define ROOM_0 NEXT "c0"
#define REST NEXT "x6M5DZ4" /* 4 in units of 10^-8, base 36 */
#define LEG(n, name, qty, cum, status, px) \
	"{\"symbol\":\"BTCUSDT\",\"orderId\":" n ",\"clientOrderId\":\"" name \
	"\",\"side\":\"SELL\",\"type\":\"LIMIT\",\"timeInForce\":\"GTC\"," \
	"\"price\":\"" px "\",\"origQty\":\"" qty "\",\"executedQty\":\"" cum \
	"\",\"status\":\"" status "\"}"
#define GONE(cum) LEG("28", ROOM_0, "10", cum, "CANCELED", "60000")

/* At rest, 4 of 10 are executed. */
static void
partly_filled(void)
{
	resting();
	event(REPORT("TRADE", "PARTIALLY_FILLED", "28", ID, "4", "4", "1"));
	assert_non_null(strstr(rig_told(), "cum=4"));
}

/* ... and its price is to be another: the order is being canceled. */
static void
moving(void)
{
	partly_filled();
	change("replace", NEXT, ID, "61000");
	assert_true(asks("DELETE /api/v3/order?symbol=BTCUSDT&orderId=28&"
			 "newClientOrderId=" ROOM_0));
	assert_string_equal(rig_told(), "");
}

static void
sends_rest(const char *qty)
{
	char want[64];

	assert_string_equal(rig_asked(), "POST /api/v3/order");
	snprintf(want, sizeof(want), "&quantity=%s&price=61000&", qty);
	assert_non_null(strstr(rig.body, want));
}

static void
a_price_of_a_part_is_changed_by_cancel_and_rest(void **state)
{
	(void)state;
	moving();
	rig_answer("DELETE", 200, GONE("4"));
	sends_rest("6");
	assert_non_null(strstr(rig.body, "newClientOrderId=" REST "&"));
	event(REPORT("CANCELED", "CANCELED", "28", ROOM_0, "0", "4", "-1"));
	assert_string_equal(rig_told(), "");
	rig_answer("POST", 200, LEG("30", REST, "6", "0", "NEW", "61000"));
	assert_string_equal(rig_told(), "replaced id=" NEXT " orig=" ID
	    " order=BTCUSDT-30 qty=10 price=61000");
	/* CumQty goes on from there, and so does another change. */
	event(REPORT("TRADE", "PARTIALLY_FILLED", "30", REST, "1", "1", "2"));
	assert_non_null(strstr(rig_told(), "id=" NEXT " order=BTCUSDT-30 "
	    "last_qty=1 last_px=60000 cum=5"));
	change("cancel", "1-7-1-2", NEXT, "61000");
	assert_true(asks("DELETE /api/v3/order?symbol=BTCUSDT&orderId=30&"
			 "newClientOrderId=1-7-1-2x6M5DZ4&"));
	rig_answer("DELETE", 200, LEG("30", "1-7-1-2x6M5DZ4", "6", "1",
	    "CANCELED", "61000"));
	assert_string_equal(rig_told(), "canceled id=1-7-1-2 orig=" NEXT
	    " cum=5");
}

static void
what_is_executed_meanwhile_is_not_sent_again(void **state)
{
	(void)state;
	moving();
	rig_answer("DELETE", 200, GONE("7"));
	assert_true(asks(QUESTION "orderId=28")); /* which executions? */
	event(REPORT("TRADE", "PARTIALLY_FILLED", "28", ID, "3", "7", "2"));
	assert_non_null(strstr(rig_told(), "last_qty=3"));
	sends_rest("3");
	rig_answer(QUESTION, 200, GONE("7")); /* late: it tells nothing */
	assert_string_equal(rig_told(), "");
	assert_string_equal(rig_asked(), "");
	rig_answer("POST", 200, LEG("30", NEXT "xBKRFGG", "3", "0", "NEW",
	    "61000"));
	assert_non_null(strstr(rig_told(), "replaced id=" NEXT));
	assert_non_null(strstr(rig.told, " qty=10 "));
}

static void
executions_that_no_event_brings_are_read_before_the_rest_goes(void **state)
{
	(void)state;
	moving();
	rig_answer("DELETE", 200, GONE("7"));
	assert_true(asks(QUESTION "orderId=28"));
	rig_answer(QUESTION, 200, GONE("7"));
	assert_true(asks("GET /api/v3/myTrades"));
	rig_answer("GET", 200, "[" TRADE("1", "4") "]"); /* it lags */
	rig_wait_ms(1050);
	assert_true(asks(QUESTION "orderId=28"));
	rig_answer(QUESTION, 200, GONE("7"));
	assert_true(asks("GET /api/v3/myTrades"));
	rig_answer("GET", 200, "[" TRADE("1", "4") "," TRADE("2", "3") "]");
	assert_null(strstr(rig_told(), "status"));
	sends_rest("3");
}

/* C.3.b: nothing is left to send. */
static void
a_replace_down_to_what_was_executed_meanwhile_is_done(void **state)
{
	(void)state;
	partly_filled();
	rig_trader("replace", "id", NEXT, "orig", ID, "symbol", "BTCUSDT",
	    "side", "2", "type", "2", "tif", "1", "qty", "6", "price", "61000",
	    NULL);
	(void)rig_asked();
	event(REPORT("TRADE", "PARTIALLY_FILLED", "28", ID, "3", "7", "2"));
	(void)rig_told();
	rig_answer("DELETE", 200, GONE("7"));
	assert_string_equal(rig_asked(), "");
	assert_string_equal(rig_told(), "replaced id=" NEXT " orig=" ID
	    " order=BTCUSDT-28 qty=7 price=61000");
}

static void
what_is_filled_while_it_is_changed_is_too_late_to_change(void **state)
{
	(void)state;
	moving();
	event(REPORT("TRADE", "FILLED", "28", ID, "6", "10", "2"));
	assert_non_null(strstr(rig_told(), "cancel-reject id=" NEXT
	    " reason=0 text=TOO LATE"));
	rig_answer("DELETE", 400,
	    "{\"code\":-2011,\"msg\":\"Unknown order sent.\"}");
	assert_string_equal(rig_asked(), "");
	assert_string_equal(rig_told(), "");
}

/* Its fill is known by the refusal of the cancel alone. */
static void
a_cancel_that_finds_nothing_is_asked_about(void **state)
{
	(void)state;
	moving();
	rig_answer("DELETE", 400,
	    "{\"code\":-2011,\"msg\":\"Unknown order sent.\"}");
	assert_true(asks(QUESTION "orderId=28"));
	rig_answer(QUESTION, 200, ORDER("28", ID, "FILLED", "10"));
	(void)rig_asked();
	rig_answer("GET /api/v3/myTrades", 200, "[" TRADE("1", "4") ","
	    TRADE("2", "6") "]");
	assert_non_null(strstr(rig_told(), "cancel-reject id=" NEXT
	    " reason=0"));
	assert_non_null(strstr(rig.told, "status=2 cum=10"));
	assert_string_equal(rig_asked(), "");
}

static void
a_rest_that_is_refused_leaves_a_canceled_order(void **state)
{
	(void)state;
	moving();
	rig_answer("DELETE", 200, GONE("4"));
	(void)rig_asked();
	rig_answer("POST", 400, "{\"code\":-2010,\"msg\":\"Account has "
	    "insufficient balance for requested action.\"}");
	assert_non_null(strstr(rig_told(), "cancel-reject id=" NEXT
	    " reason=99 text=-2010 Account"));
	assert_non_null(strstr(rig.told, "; canceled id=" ID " cum=4 "
	    "text=-2010 Account"));
}

/* ----- in doubt ----- */

static void
a_cancel_in_doubt_that_was_done_goes_on(void **state)
{
	(void)state;
	moving();
	rig_no_answer("DELETE", REST_UNKNOWN);
	rig_wait_ms(500);
	assert_true(asks(QUESTION "orderId=28"));
	rig_answer(QUESTION, 200, ORDER("28", ID, "PARTIALLY_FILLED", "4"));
	assert_string_equal(rig_told(), ""); /* it may arrive yet */
	assert_string_equal(rig_asked(), "");
	rig_wait_ms(1050);
	assert_true(asks(QUESTION "orderId=28"));
	rig_answer(QUESTION, 200, GONE("4"));
	sends_rest("6");
}

static void
a_cancel_in_doubt_that_an_event_shows_goes_on(void **state)
{
	(void)state;
	moving();
	rig_no_answer("DELETE", REST_UNKNOWN);
	event("{\"e\":\"executionReport\",\"s\":\"BTCUSDT\",\"c\":\"" ROOM_0
	      "\",\"C\":\"" ID "\",\"S\":\"SELL\",\"q\":\"10\",\"x\":"
	      "\"CANCELED\",\"X\":\"CANCELED\",\"i\":28,\"z\":\"4\",\"t\":-1}");
	sends_rest("6");
}

static void
a_cancel_that_never_got_there_leaves_the_order_as_it_is(void **state)
{
	(void)state;
	moving();
	rig_no_answer("DELETE", REST_UNKNOWN);
	rig_wait_ms(21000);
	assert_true(asks(QUESTION "orderId=28"));
	rig_answer(QUESTION, 200, ORDER("28", ID, "PARTIALLY_FILLED", "4"));
	assert_non_null(strstr(rig_told(), "cancel-reject id=" NEXT
	    " reason=99 text=the venue did not replace it; status id=" ID));
	change("cancel", "1-7-1-2", ID, "60000");
	assert_true(asks("DELETE"));
}

/* Somebody else has canceled it: then nothing is sent in its place. */
static void
a_cancel_by_somebody_else_is_no_room(void **state)
{
	(void)state;
	moving();
	rig_no_answer("DELETE", REST_UNKNOWN);
	rig_wait_ms(500);
	(void)rig_asked();
	rig_answer(QUESTION, 200, ORDER("28", "web_1", "CANCELED", "4"));
	assert_non_null(strstr(rig_told(), "cancel-reject id=" NEXT
	    " reason=0"));
	assert_non_null(strstr(rig.told, "status=4 cum=4"));
	assert_string_equal(rig_asked(), "");
}

static void
a_rest_in_doubt_is_asked_about_by_its_own_name(void **state)
{
	(void)state;
	for (int there = 0; there < 2; there++) {
		struct binance *b = *state;
		struct border *o = orders_find(b, ID);

		if (o != NULL) { /* once more, from the beginning */
			o->ended = true;
			memcpy(o->family, "1-7-0", 6);
			hmap_del(&b->by_family, &o->node);
			hmap_put(&b->by_family, &o->node,
			    hash_bytes(1, o->family, strlen(o->family)));
		}
		moving();
		rig_answer("DELETE", 200, GONE("4"));
		(void)rig_asked();
		rig_no_answer("POST", REST_UNKNOWN);
		rig_wait_ms(500);
		assert_true(asks(BY_ID REST "&"));
		rig_answer(QUESTION, 400, NOT_THERE);
		assert_string_equal(rig_told(), "");
		rig_wait_ms(there == 1 ? 1050 : 21000);
		assert_true(asks(BY_ID REST "&"));
		if (there == 1) {
			rig_answer(QUESTION, 200, LEG("30", REST, "6", "0",
			    "NEW", "61000"));
			assert_string_equal(rig_told(), "replaced id=" NEXT
			    " orig=" ID " order=BTCUSDT-30 qty=10 "
			    "price=61000");
			continue;
		}
		rig_answer(QUESTION, 400, NOT_THERE);
		assert_non_null(strstr(rig_told(), "cancel-reject id=" NEXT
		    " reason=99"));
		assert_non_null(strstr(rig.told, "; canceled id=" ID
		    " cum=4"));
		assert_string_equal(rig_asked(), "");
	}
}

/* ----- by another process than the one that began ----- */

static void
ask_status_of(const char *id, const char *order)
{
	rig_trader("status", "id", id, "order", order, "symbol", "BTCUSDT",
	    "qty", "10", "price", "60000", "cum", "4", NULL);
	(void)rig_asked();
}

static void
another_process_finds_the_rest(void **state)
{
	(void)state;
	ask_status_of(ID, "BTCUSDT-28");
	rig_answer(QUESTION, 200, GONE("4"));
	(void)rig_asked();
	rig_answer("GET /api/v3/myTrades", 200, "[" TRADE("1", "4") "]");
	assert_true(asks("GET /api/v3/allOrders?symbol=BTCUSDT&orderId=28"));
	(void)rig_told();
	rig_answer("GET", 200, "[" GONE("4") "]");
	assert_string_equal(rig_told(), ""); /* it may be under way */
	rig_wait_ms(2100);
	assert_true(asks(QUESTION "orderId=28"));
	rig_answer(QUESTION, 200, GONE("4"));
	(void)rig_asked();
	rig_answer("GET /api/v3/allOrders", 200, "[" GONE("4") ","
	    LEG("30", REST, "6", "1", "PARTIALLY_FILLED", "61000") "]");
	assert_string_equal(rig_told(), "replaced id=" NEXT " orig=" ID
	    " order=BTCUSDT-30 qty=10 price=61000");
	assert_true(asks(QUESTION "orderId=30"));
	rig_answer(QUESTION, 200, LEG("30", REST, "6", "1",
	    "PARTIALLY_FILLED", "61000"));
	assert_true(asks("GET /api/v3/myTrades?symbol=BTCUSDT&orderId=30"));
	rig_answer("GET", 200, "[" TRADE("2", "1") "]");
	assert_non_null(strstr(rig_told(), "status id=" NEXT
	    " order=BTCUSDT-30 status=1 cum=5 qty=10 price=61000"));
}

static void
another_process_does_not_send_the_rest(void **state)
{
	(void)state;
	ask_status_of(ID, "BTCUSDT-28");
	rig_answer(QUESTION, 200, GONE("4"));
	(void)rig_asked();
	rig_answer("GET /api/v3/myTrades", 200, "[" TRADE("1", "4") "]");
	(void)rig_asked();
	rig_answer("GET", 200, "[" GONE("4") "]");
	rig_wait_ms(21000);
	(void)rig_asked();
	rig_answer(QUESTION, 200, GONE("4"));
	(void)rig_asked();
	(void)rig_told();
	rig_answer("GET /api/v3/allOrders", 200, "[" GONE("4") "]");
	assert_non_null(strstr(rig_told(), "status id=" ID
	    " order=BTCUSDT-28 status=4 cum=4"));
	assert_string_equal(rig_asked(), "");
}

/* Canceled by hand, its name does not tell what was before it. */
static void
another_process_knows_what_was_before(void **state)
{
	(void)state;
	ask_status_of(NEXT, "BTCUSDT-30");
	rig_answer(QUESTION, 200, LEG("30", "web_7", "6", "0", "CANCELED",
	    "61000"));
	assert_true(asks("GET /api/v3/myTrades?symbol=BTCUSDT&orderId=30"));
	rig_answer("GET", 200, "[]");
	assert_true(asks("GET /api/v3/allOrders?symbol=BTCUSDT&orderId=30"));
	rig_answer("GET /api/v3/allOrders", 200, "[" LEG("30", "web_7", "6",
	    "0", "CANCELED", "61000") "]");
	assert_non_null(strstr(rig_told(), "status id=" NEXT
	    " order=BTCUSDT-30 status=4 cum=4 qty=10"));
}

/* Its own name would hide what was before it. */
static void
another_process_cancels_what_it_does_not_know(void **state)
{
	(void)state;
	for (int answered = 0; answered < 2; answered++) {
		const char *id = answered == 0 ? "1-7-3-1" : "1-7-4-1";

		rig_trader("cancel", "id", answered == 0 ? "1-7-3-2" :
		    "1-7-4-2", "orig", id, "order", "BTCUSDT-30", "symbol",
		    "BTCUSDT", "side", "2", "type", "2", "tif", "1", "qty",
		    "10", "price", "61000", "cum", "4", NULL);
		assert_true(asks("DELETE"));
		assert_null(strstr(rig.asked, "newClientOrderId"));
		if (answered == 1) {
			rig_answer("DELETE", 200, "{\"orderId\":30,"
			    "\"executedQty\":\"0\",\"origClientOrderId\":"
			    "\"1-7-4-1x6M5DZ4\"}");
			assert_string_equal(rig_told(), "canceled id=1-7-4-2 "
			    "orig=1-7-4-1 cum=4");
			continue;
		}
		rig_no_answer("DELETE", REST_UNKNOWN);
		assert_true(asks(QUESTION "orderId=30"));
		rig_answer(QUESTION, 200, LEG("30", "random", "6", "0",
		    "CANCELED", "61000"));
		assert_true(asks("GET /api/v3/allOrders"));
		rig_answer("GET", 200, "[" LEG("30", "random", "6", "0",
		    "CANCELED", "61000") "]");
		assert_non_null(strstr(rig_told(), "status=4 cum=4 qty=10"));
	}
}

/* What is to be changed is asked for first: a price that is another must not
 * look like a smaller quantity alone. */
static void
another_process_asks_before_it_changes(void **state)
{
	(void)state;
	rig_trader("replace", "id", NEXT, "orig", ID, "order", "BTCUSDT-28",
	    "symbol", "BTCUSDT", "side", "2", "type", "2", "tif", "1", "qty",
	    "9", "price", "61000", "cum", "0", NULL);
	assert_true(asks(QUESTION "orderId=28"));
	rig_answer(QUESTION, 200, LEG("28", ID, "10", "0", "NEW", "60000"));
	assert_string_equal(rig_asked(), "POST /api/v3/order/cancelReplace");
	assert_non_null(strstr(rig.body, "&quantity=9&price=61000&"));
}

/* Its trades come in a list that names orders by number alone. */
static void
executions_of_a_leg_that_is_gone_are_told(void **state)
{
	struct binance *b = *state;

	moving();
	rig_answer("DELETE", 200, GONE("4"));
	(void)rig_asked();
	rig_answer("POST", 200, LEG("30", REST, "6", "0", "NEW", "61000"));
	(void)rig_told();
	b->symbols[0].trade = 1;
	rig_trader("reconcile", NULL);
	(void)rig_asked();
	rig_answer("GET /api/v3/openOrders", 200, "[" LEG("30", REST, "6", "0",
	    "NEW", "61000") "]");
	rig_answer("GET /api/v3/myTrades", 200, "[" TRADE("5", "1") "]");
	assert_true(asks(QUESTION "orderId=28"));
	rig_answer(QUESTION "orderId=28", 200, GONE("4"));
	assert_non_null(strstr(rig_asked(),
	    "GET /api/v3/myTrades?symbol=BTCUSDT&orderId=28"));
	rig_answer("GET /api/v3/myTrades", 200, "[" TRADE("5", "1") "]");
	assert_non_null(strstr(rig_told(), "fill exec=BTCUSDT-t5 id=" NEXT));
	assert_null(strstr(rig.told, "status=4")); /* the other one lives */
	assert_int_equal(orders_find(b, ID)->order_id, 30);
}

/* ----- cancelReplace ----- */

static void
a_fill_that_sneaks_in_makes_it_two_steps(void **state)
{
	(void)state;
	resting();
	change("replace", NEXT, ID, "61000");
	assert_string_equal(rig_asked(), "POST /api/v3/order/cancelReplace");
	event(REPORT("TRADE", "PARTIALLY_FILLED", "28", ID, "4", "4", "1"));
	(void)rig_told();
	rig_answer("POST", 400, "{\"code\":-2022,\"msg\":\"Order "
	    "cancel-replace failed.\",\"data\":{\"cancelResult\":\"FAILURE\","
	    "\"newOrderResult\":\"NOT_ATTEMPTED\",\"cancelResponse\":{\"code\":"
	    "-2011,\"msg\":\"Order was not canceled due to cancel "
	    "restrictions.\"},\"newOrderResponse\":null}}");
	assert_true(asks("DELETE"));
	rig_answer("DELETE", 200, GONE("4"));
	sends_rest("6");
	assert_string_equal(rig_told(), "");
}

#define PARTLY(code, msg) \
	"{\"code\":-2021,\"msg\":\"Order cancel-replace partially failed.\"," \
	"\"data\":{\"cancelResult\":\"SUCCESS\",\"newOrderResult\":" \
	"\"FAILURE\",\"cancelResponse\":" ORDER("28", "r", "CANCELED", "0") \
	",\"newOrderResponse\":{\"code\":" code ",\"msg\":\"" msg "\"}}}"

static void
half_of_a_replace_is_told_with_the_venues_reason(void **state)
{
	(void)state;
	resting();
	change("replace", NEXT, ID, "61000");
	(void)rig_asked();
	rig_answer("POST", 409, PARTLY("-2010", "Order would immediately match "
	    "and take."));
	assert_string_equal(rig_told(), "cancel-reject id=" NEXT " reason=99 "
	    "text=Order would immediately match and take.; canceled id=" ID
	    " cum=0 text=Order would immediately match and take.");
}

static void
half_of_a_replace_may_be_in_doubt(void **state)
{
	(void)state;
	resting();
	change("replace", NEXT, ID, "61000");
	(void)rig_asked();
	rig_answer("POST", 409, PARTLY("-1007", "Timeout"));
	assert_string_equal(rig_told(), "");
	rig_wait_ms(500);
	assert_true(asks(BY_ID NEXT));
}

/* The stream is faster than the answer, and the trader, too. */
static void
an_answer_is_to_one_replace_alone(void **state)
{
	struct binance *b = *state;

	resting();
	change("replace", NEXT, ID, "61000");
	(void)rig_asked();
	event(REPORT("NEW", "NEW", "30", NEXT, "0", "0", "-1"));
	assert_non_null(strstr(rig_told(), "replaced id=" NEXT));
	change("replace", "1-7-1-2", NEXT, "62000");
	assert_string_equal(rig_asked(), "POST /api/v3/order/cancelReplace");
	rig_answer("POST", 200, "{\"newOrderResponse\":" LEG("30", NEXT, "10",
	    "0", "NEW", "61000") "}");
	assert_string_equal(rig_told(), "");
	rig_answer("POST", 200, "{\"newOrderResponse\":" LEG("31", "1-7-1-2",
	    "10", "0", "NEW", "62000") "}");
	assert_string_equal(rig_told(), "replaced id=1-7-1-2 orig=" NEXT
	    " order=BTCUSDT-31 qty=10 price=62000");
	assert_int_equal(orders_find(b, ID)->order_id, 31);
}

static void
what_can_not_be_replaced_is_refused_before_it_is_sent(void **state)
{
	(void)state;
	partly_filled();
	rig_trader("replace", "id", NEXT, "orig", ID, "symbol", "BTCUSDT",
	    "side", "2", "type", "2", "tif", "1", "qty", "4", "price", "61000",
	    NULL);
	assert_string_equal(rig_told(), "cancel-reject id=" NEXT " reason=2 "
	    "text=OrderQty(38) is not above CumQty(14)");
	rig_trader("replace", "id", "1-7-1-2", "orig", ID, "symbol", "BTCUSDT",
	    "side", "2", "type", "2", "tif", "0", "qty", "9", "price", "61000",
	    NULL);
	assert_non_null(strstr(rig_told(), "TimeInForce Day"));
	rig_trader("replace", "id", "1-7-1-3", "orig", ID, "symbol", "BTCUSDT",
	    "side", "2", "type", "1", "tif", "1", "qty", "9", NULL);
	assert_non_null(strstr(rig_told(), "has triggered"));
	assert_string_equal(rig_asked(), "");
}

/* A request that was not sent is refused when the stream is lost: the trader
 * takes the order as it stands when there is another. */
static void
what_waits_is_refused_when_the_stream_is_lost(void **state)
{
	(void)state;
	send_new(ID);
	(void)rig_asked();
	change("replace", NEXT, ID, "61000");
	rig_ws_close(rig.n_sockets - 1, "gone");
	assert_string_equal(rig_told(), "down text=user stream: gone; "
	    "cancel-reject id=" NEXT " reason=99 text=the venue was lost "
	    "before it was sent");
	rig_answer("POST", 200, ORDER("28", ID, "NEW", "0"));
	assert_string_equal(rig_asked(), "");
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, warm, end)
	const struct CMUnitTest tests[] = {
		T(a_price_of_a_part_is_changed_by_cancel_and_rest),
		T(what_is_executed_meanwhile_is_not_sent_again),
		T(executions_that_no_event_brings_are_read_before_the_rest_goes),
		T(a_replace_down_to_what_was_executed_meanwhile_is_done),
		T(what_is_filled_while_it_is_changed_is_too_late_to_change),
		T(a_cancel_that_finds_nothing_is_asked_about),
		T(a_rest_that_is_refused_leaves_a_canceled_order),
		T(a_cancel_in_doubt_that_was_done_goes_on),
		T(a_cancel_in_doubt_that_an_event_shows_goes_on),
		T(a_cancel_that_never_got_there_leaves_the_order_as_it_is),
		T(a_cancel_by_somebody_else_is_no_room),
		T(a_rest_in_doubt_is_asked_about_by_its_own_name),
		T(another_process_finds_the_rest),
		T(another_process_does_not_send_the_rest),
		T(another_process_knows_what_was_before),
		T(another_process_cancels_what_it_does_not_know),
		T(another_process_asks_before_it_changes),
		T(executions_of_a_leg_that_is_gone_are_told),
		T(a_fill_that_sneaks_in_makes_it_two_steps),
		T(half_of_a_replace_is_told_with_the_venues_reason),
		T(half_of_a_replace_may_be_in_doubt),
		T(an_answer_is_to_one_replace_alone),
		T(what_can_not_be_replaced_is_refused_before_it_is_sent),
		T(what_waits_is_refused_when_the_stream_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
