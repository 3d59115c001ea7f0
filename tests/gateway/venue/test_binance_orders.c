/*
 * Binance's adapter against a venue that does what each case says: nothing is
 * sent twice, nothing is forgotten, no execution is left out (binance-spot.md 8,
 * 9; order-state N1 to N12).
 */
#include "tests/gateway/venue/binance_rig.h"

/* ----- once ----- */

static void
an_id_is_sent_once_whatever_became_of_it(void **state)
{
	(void)state;
	send_new(ID);
	send_new(ID);
	assert_string_equal(rig_asked(), "POST /api/v3/order");
	/* In the body: rest.c never sends one twice. */
	assert_non_null(strstr(rig.body, "newClientOrderId=" ID));
	rig_answer("POST", 200, ORDER("28", ID, "NEW", "0"));
	send_new(ID);
	event(REPORT("TRADE", "FILLED", "28", ID, "10", "10", "1"));
	(void)rig_told();
	send_new(ID);
	assert_string_equal(rig_asked(), "");
	assert_string_equal(rig_told(), "");
}

static void
nothing_is_sent_to_a_venue_that_is_not_up(void **state)
{
	(void)state;
	send_new(ID);
	assert_string_equal(rig_asked(), "");
	assert_string_equal(rig_told(), "reject id=" ID " reason=99 "
	    "text=it is not connected yet");
}

static void
a_stream_that_is_lost_is_down_until_there_is_another(void **state)
{
	(void)state;
	rig_ws_close(rig.n_sockets - 1, "gone");
	assert_string_equal(rig_told(), "down text=user stream: gone");
	send_new(ID);
	assert_string_equal(rig_asked(), "");
	assert_non_null(strstr(rig_told(), "reject id=" ID));
	to_up();
	assert_string_equal(rig_told(), "up");
}

static void
a_ban_is_quiet_for_as_long_as_the_venue_says(void **state)
{
	(void)state;
	send_new(ID);
	(void)rig_asked();
	rig_limited("POST", 429, 3);
	assert_non_null(strstr(rig_told(), "reject id=" ID));
	assert_int_equal(rig.paused, rig.mono + 3 * FIX_SEC);
	rig.paused = 0;
	send_new("1-7-2-0");
	(void)rig_asked();
	rig_limited("POST", 418, 300);
	assert_int_equal(rig.paused, rig.mono + 300 * FIX_SEC);
	assert_non_null(strstr(rig_told(), "down text=the venue has banned "
	    "this address"));
	rig_wait_ms(299000); /* nor is it tried again */
	assert_string_equal(rig_asked(), "");
	rig_wait_ms(1050);
	assert_string_equal(rig_asked(), "GET /api/v3/time");
}

/* ----- in doubt ----- */

static void
an_order_in_doubt_is_asked_about_then_refused(void **state)
{
	static const char *const bodies[] = { "{\"code\":-1007}", "{\"symb",
		"{\"code\":-2010,\"msg\":\"Duplicate order sent.\"}" };

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		int64_t since = rig.mono;
		char id[16], call[200], want[200];
		unsigned n = 0;

		snprintf(id, sizeof(id), "1-7-%u-0", i);
		snprintf(call, sizeof(call), BY_ID "%s", id);
		snprintf(want, sizeof(want), "unknown id=%s; reject id=%s "
		    "reason=99 text=the venue never got it", id, id);
		send_new(id);
		(void)rig_asked();
		if (i == 3)
			rig_no_answer("POST", REST_UNKNOWN);
		else if (i == 4)
			rig_answer("POST", 503, "");
		else
			rig_answer("POST", i == 1 ? 200 : 400, bodies[i]);
		send_new(id); /* not blindly again */
		for (; rig_told()[0] == '\0'; n++) {
			assert_true(n < 20);
			rig_wait_ms(n == 0 ? 500 : 8000);
			assert_true(asks(call));
			rig_wait_ms(1000);
			assert_string_equal(rig_asked(), "");
			rig_answer("GET", n % 2 == 1 ? 500 : 400,
			    n % 2 == 1 ? "{}" : NOT_THERE);
			if (n % 2 == 1) /* that is no answer */
				assert_string_equal(rig_told(), "");
		}
		assert_string_equal(rig.told, want);
		assert_true(rig.mono - since > 20 * FIX_SEC);
	}
}

/* It waits to be sent: that it is not there is no proof of anything. */
static void
a_question_waits_for_what_is_being_sent(void **state)
{
	((struct binance *)*state)->start_ns = 0;
	send_new(ID);
	rig_trader("status", "id", ID, "symbol", "BTCUSDT", NULL);
	rig_wait_ms(1000);
	assert_string_equal(rig_asked(), "POST /api/v3/order");
	rig_wait_ms(1000);
	assert_string_equal(rig_asked(), "");
}

/* N7: refused as never received, and there after all: the trader, which is
 * told, can cancel it. */
static void
an_order_that_comes_late_can_be_canceled(void **state)
{
	struct binance *b = *state;

	for (int i = 0; i < 2; i++) {
		const char *id = i == 0 ? ID : "1-7-2-0";

		send_new(id);
		(void)rig_asked();
		rig_limited("POST", 429, 0);
		assert_non_null(strstr(rig_told(), "reject"));
		if (i == 0) {
			event(REPORT("NEW", "NEW", "28", ID, "0", "0", "-1"));
		} else { /* its event is lost: a list shows it */
			ask_reconcile(b);
			(void)rig_asked();
			rig_answer("GET /api/v3/openOrders", 200,
			    "[" ORDER("29", "1-7-2-0", "NEW", "0") "]");
		}
		assert_non_null(strstr(rig_told(), "ack id="));
		change("cancel", i == 0 ? NEXT : "1-7-2-1", id, "60000");
		assert_true(asks("DELETE /api/v3/order?"));
		assert_non_null(strstr(rig.asked, i == 0 ? "orderId=28&" :
		    "orderId=29&"));
		assert_string_equal(rig_told(), "");
	}
}

static void
an_order_that_no_list_shows_is_asked_about(void **state)
{
	struct binance *b = *state;

	resting();
	rig_wait_ms(3000);
	ask_reconcile(b);
	(void)rig_asked();
	rig_answer("GET /api/v3/openOrders", 200, "[]");
	assert_true(asks(QUESTION "orderId=28"));
	rig_answer(QUESTION, 200, ORDER("28", ID, "CANCELED", "0"));
	assert_non_null(strstr(rig_told(), "status id=" ID
	    " order=BTCUSDT-28 status=4"));
}

/* ----- executions ----- */

/* One is missing: all of the order are read; the trader knows what it has. */
static void
a_missing_execution_is_read(void **state)
{
	(void)state;
	resting();
	event(REPORT("TRADE", "FILLED", "28", ID, "6", "10", "2"));
	assert_non_null(strstr(rig_told(), "fill exec=BTCUSDT-t2 id=" ID));
	assert_true(asks(QUESTION "orderId=28"));
	event(REPORT("TRADE", "FILLED", "28", ID, "6", "10", "2"));
	(void)rig_told();
	rig_wait_ms(1000);
	assert_string_equal(rig_asked(), ""); /* one question at a time */
	rig_answer(QUESTION, 200, ORDER("28", ID, "FILLED", "10"));
	assert_true(asks("GET /api/v3/myTrades?symbol=BTCUSDT&orderId=28"));
	assert_string_equal(rig_told(), ""); /* executions first */
	rig_answer("GET /api/v3/myTrades", 200, "[" TRADE("1", "4") "]");
	assert_non_null(strstr(rig_told(), "fill exec=BTCUSDT-t1 id=" ID));
	assert_null(strstr(rig.told, "status ")); /* the venue's lists lag */
	rig_wait_ms(1050);
	assert_true(asks(QUESTION "orderId=28"));
	rig_answer(QUESTION, 200, ORDER("28", ID, "FILLED", "10"));
	(void)rig_asked();
	rig_answer("GET /api/v3/myTrades", 200, "[" TRADE("1", "4") ","
	    TRADE("2", "6") "]");
	assert_non_null(strstr(rig_told(), "status id=" ID
	    " order=BTCUSDT-28 status=2 cum=10"));
}

static void
executions_that_no_event_brought_are_read(void **state)
{
	struct binance *b = *state;

	rig_trader("kept", "key", "BTCUSDT", "value", "700", NULL);
	resting();
	rig_trader("reconcile", NULL);
	(void)rig_asked();
	assert_non_null(strstr(rig.asked, "GET /api/v3/myTrades?symbol=BTCUSDT"
	    "&fromId=701"));
	rig_answer("GET /api/v3/openOrders", 200, "[]");
	rig_answer("GET /api/v3/myTrades", 200, "[" TRADE("702", "10")
	    ",{\"id\":703,\"orderId\":9,\"qty\":\"1\"}]");
	assert_true(asks(QUESTION "orderId=28"));
	assert_non_null(strstr(rig.asked, QUESTION "orderId=9")); /* whose? */
	rig_wait_ms(50);
	assert_string_equal(rig_told(), ""); /* when all is told */
	rig_answer(QUESTION "orderId=28", 200, ORDER("28", ID, "FILLED", "10"));
	(void)rig_asked();
	rig_answer(QUESTION "orderId=9", 400, NOT_THERE);
	rig_wait_ms(50);
	assert_string_equal(rig_told(), "");
	rig_answer("GET /api/v3/myTrades", 200, "[" TRADE("702", "10") "]");
	assert_non_null(strstr(rig_told(), "fill exec=BTCUSDT-t702 id=" ID));
	rig_wait_ms(50);
	assert_string_equal(rig_told(), "keep key=BTCUSDT value=703; "
	    "reconciled");
	assert_int_equal(b->symbols[0].trade, 703);
}

static void
executions_of_others_and_of_replaced_ones_are_told(void **state)
{
	(void)state;
	event(REPORT("TRADE", "FILLED", "9", "by-hand", "1", "1", "5"));
	assert_non_null(strstr(rig_told(), "fill exec=BTCUSDT-t5 id=by-hand "
	    "order=BTCUSDT-9"));
	resting();
	event(REPORT("TRADE", "FILLED", "27", ID, "1", "1", "6"));
	assert_non_null(strstr(rig_told(), "fill exec=BTCUSDT-t6 id=" ID
	    " last_qty=1"));
}

static void
an_end_waits_for_its_executions(void **state)
{
	(void)state;
	resting();
	event(REPORT("CANCELED", "CANCELED", "28", ID, "0", "4", "-1"));
	assert_string_equal(rig_told(), "");
	assert_true(asks(QUESTION "orderId=28"));
	rig_answer(QUESTION, 200, ORDER("28", ID, "CANCELED", "0"));
	event(REPORT("CANCELED", "CANCELED", "28", ID, "0", "0", "-1"));
	assert_non_null(strstr(rig_told(), "status=4"));
}

/* ----- changes ----- */

static void
a_change_waits_until_it_is_known_that_the_order_is_there(void **state)
{
	(void)state;
	send_new(ID);
	(void)rig_asked();
	change("cancel", NEXT, ID, "60000");
	assert_string_equal(rig_asked(), "");
	rig_no_answer("POST", REST_UNKNOWN);
	assert_string_equal(rig_asked(), "");
	rig_wait_ms(500);
	(void)rig_asked();
	rig_answer(QUESTION, 200, ORDER("28", ID, "NEW", "0"));
	assert_true(asks("DELETE /api/v3/order?symbol=BTCUSDT&orderId=28"));
	change("cancel", NEXT, ID, "60000");
	assert_string_equal(rig_asked(), "");
}

static void
a_cancel_whose_executions_are_missing_is_told_behind_them(void **state)
{
	(void)state;
	resting();
	change("cancel", NEXT, ID, "60000");
	(void)rig_asked();
	rig_answer("DELETE", 200, ORDER("28", ID, "CANCELED", "4"));
	assert_string_equal(rig_told(), "");
	assert_true(asks(QUESTION "orderId=28"));
}

static void
a_replace_in_doubt_is_asked_about(void **state)
{
	(void)state;
	resting();
	change("replace", NEXT, ID, "61000");
	change("replace", NEXT, ID, "61000");
	assert_string_equal(rig_asked(), "POST /api/v3/order/cancelReplace");
	assert_non_null(strstr(rig.body, "cancelRestrictions=ONLY_NEW"));
	assert_non_null(strstr(rig.body, "cancelReplaceMode=STOP_ON_FAILURE"));
	rig_no_answer("POST", REST_UNKNOWN);
	change("replace", NEXT, ID, "61000");
	assert_string_equal(rig_asked(), "");
	rig_wait_ms(500);
	assert_true(asks(BY_ID NEXT));
	rig_answer(QUESTION, 400, NOT_THERE);
	assert_string_equal(rig_told(), "");
	rig_wait_ms(25000);
	assert_true(asks(BY_ID NEXT));
	rig_answer(QUESTION, 400, NOT_THERE);
	assert_string_equal(rig_told(), "cancel-reject id=" NEXT " reason=99 "
	    "text=the venue did not replace it");
	assert_true(asks(QUESTION "orderId=28")); /* and the old one? */
	rig_answer(QUESTION, 200, ORDER("28", ID, "NEW", "0"));
	assert_string_equal(rig_asked(), "");
}

/* ----- what is remembered ----- */

static void
what_lives_is_never_forgotten(void **state)
{
	struct binance *b = *state;
	struct border *o;
	char id[OUTSIDE_ID];

	for (unsigned i = 0; i < BINANCE_ORDERS; i++) {
		snprintf(id, sizeof(id), "1-8-%u-0", i);
		assert_non_null(orders_get(b, id, &b->symbols[0]));
	}
	for (unsigned i = 100; i < 103; i++) {
		snprintf(id, sizeof(id), "1-8-%u-0", i);
		o = orders_find(b, id);
		o->ended = true;
		o->wait = i == 100 ? B_SENT : 0;
		o->listed = i == 101;
	}
	assert_non_null(orders_get(b, "1-9-1-0", &b->symbols[0]));
	assert_non_null(orders_get(b, "1-9-2-0", &b->symbols[0]));
	assert_non_null(orders_find(b, "1-8-0-0"));
	assert_non_null(orders_find(b, "1-8-100-0"));
	assert_non_null(orders_find(b, "1-8-101-0"));
	assert_null(orders_find(b, "1-8-102-0"));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, warm, end)
	const struct CMUnitTest tests[] = {
		T(an_id_is_sent_once_whatever_became_of_it),
		cmocka_unit_test_setup_teardown(
		    nothing_is_sent_to_a_venue_that_is_not_up, cold, end),
		T(a_stream_that_is_lost_is_down_until_there_is_another),
		T(a_ban_is_quiet_for_as_long_as_the_venue_says),
		T(an_order_in_doubt_is_asked_about_then_refused),
		T(a_question_waits_for_what_is_being_sent),
		T(an_order_that_comes_late_can_be_canceled),
		T(an_order_that_no_list_shows_is_asked_about),
		T(a_missing_execution_is_read),
		T(executions_that_no_event_brought_are_read),
		T(executions_of_others_and_of_replaced_ones_are_told),
		T(an_end_waits_for_its_executions),
		T(a_change_waits_until_it_is_known_that_the_order_is_there),
		T(a_cancel_whose_executions_are_missing_is_told_behind_them),
		T(a_replace_in_doubt_is_asked_about),
		T(what_lives_is_never_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
