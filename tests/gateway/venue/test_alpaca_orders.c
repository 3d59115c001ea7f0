/*
 * Orders at Alpaca: nothing is sent twice, nothing is forgotten (alpaca.md 5, 9;
 * order-state N1 to N12).
 */
#include "tests/gateway/venue/alpaca_rig.h"

/* ----- once ----- */

static void
an_id_is_sent_once_whatever_became_of_it(void **state)
{
	(void)state;
	alpaca_send(ID);
	alpaca_send(ID);
	assert_string_equal(rig_asked(), "POST /v2/orders");
	rig_answer("POST", 200, ORDER(V1, ID, "new", "0"));
	alpaca_send(ID);
	alpaca_event(TRADE(V1, ID, "filled", "100", "100"));
	(void)rig_told();
	alpaca_send(ID);
	assert_string_equal(rig_asked(), "");
	assert_string_equal(rig_told(), "");
}

static void
nothing_is_sent_to_a_venue_that_is_not_up(void **state)
{
	(void)state;
	alpaca_send(ID);
	assert_string_equal(rig_asked(), "");
	assert_string_equal(rig_told(), "reject id=" ID " reason=99 "
	    "text=it is not connected yet");
}

static void
a_stream_that_is_lost_is_down_until_there_is_another(void **state)
{
	(void)state;
	alpaca_lose_stream("gone");
	assert_string_equal(rig_told(), "down text=stream: gone");
	alpaca_send(ID);
	assert_string_equal(rig_asked(), "");
	assert_non_null(strstr(rig_told(), "reject id=" ID));
	alpaca_to_up();
	alpaca_send(ID);
	assert_string_equal(rig_asked(), "POST /v2/orders");
}

/* 429: not done, and quiet for as long as the venue says, or a minute. */
static void
a_limit_refuses_and_makes_it_quiet(void **state)
{
	(void)state;
	alpaca_send(ID);
	(void)rig_asked();
	rig_limited("POST", 429, 3);
	assert_non_null(strstr(rig_told(), "reject id=" ID));
	assert_int_equal(rig.paused, rig.mono + 3 * FIX_SEC);
	rig.paused = 0;
	alpaca_send("1-7-2-0");
	(void)rig_asked();
	rig_limited("POST", 429, -1);
	assert_int_equal(rig.paused, rig.mono + 60 * FIX_SEC);
	(void)rig_told();
	rig.spent = true; /* what is left is for cancels */
	alpaca_send("1-7-3-0");
	assert_int_equal(rig.n_calls, 0);
	assert_non_null(strstr(rig_told(), "venue rate limit"));
}

/* ----- in doubt ----- */

static void
an_order_in_doubt_is_asked_about_then_refused(void **state)
{
	static const char refused[] = "unknown id=" ID "; reject id=" ID
	    " reason=99 text=the venue never got it";
	int64_t since = rig.mono;
	unsigned n;

	(void)state;
	alpaca_send(ID);
	(void)rig_asked();
	rig_no_answer("POST", REST_UNKNOWN);
	alpaca_send(ID); /* not blindly again */
	assert_string_equal(rig_asked(), "");
	for (n = 0; rig_told()[0] == '\0'; n++) {
		assert_true(n < 20);
		rig_wait_ms(8050);
		assert_string_equal(rig_asked(), BY_ID ID);
		rig_answer("GET", n == 2 ? 503 : 404,
		    "{\"message\":\"order not found\"}");
		if (n == 2) /* that is no answer */
			assert_string_equal(rig_told(), "");
	}
	assert_string_equal(rig.told, refused);
	assert_true(n > 2 && rig.mono - since > 20 * FIX_SEC);
}

/* It waits to be sent: that it is not there is no proof of anything. */
static void
a_question_waits_for_what_is_being_sent(void **state)
{
	((struct alpaca *)*state)->start_ns = 0;
	alpaca_send(ID);
	rig_trader("status", "id", ID, "symbol", "AAPL", NULL);
	rig_wait_ms(1000);
	assert_string_equal(rig_asked(), "POST /v2/orders");
	rig_wait_ms(1000);
	assert_string_equal(rig_asked(), "");
	rig_answer("POST", 200, ORDER(V1, ID, "new", "0"));
	rig_wait_ms(1000);
	assert_string_equal(rig_asked(), "GET /v2/orders/" V1);
}

static void
an_order_in_doubt_is_found(void **state)
{
	(void)state;
	alpaca_send(ID);
	(void)rig_asked();
	rig_answer("POST", 500, "{}");
	rig_wait_ms(25000);
	assert_string_equal(rig_asked(), BY_ID ID);
	rig_answer("GET", 200, ORDER(V1, ID, "new", "0"));
	assert_non_null(strstr(rig_told(), "ack id=" ID " order=" V1));
	/* "There is one of this id" is no refusal: it is ours. */
	alpaca_send("1-7-2-0");
	(void)rig_asked();
	rig_answer("POST", 422, "{\"message\":\"client_order_id must be "
	    "unique\"}");
	assert_string_equal(rig_told(), "");
	rig_wait_ms(500);
	assert_string_equal(rig_asked(), BY_ID "1-7-2-0");
}

/* N7: refused as never received, and there after all: the trader, which is
 * told, can cancel it. */
static void
an_order_that_comes_late_can_be_canceled(void **state)
{
	struct alpaca *v = *state;

	for (int i = 0; i < 2; i++) {
		const char *id = i == 0 ? ID : "1-7-2-0";

		alpaca_send(id);
		(void)rig_asked();
		rig_limited("POST", 429, 0);
		assert_non_null(strstr(rig_told(), "reject"));
		if (i == 0) {
			alpaca_event(EVENT("new", ORDER(V1, ID, "new", "0"), ""));
		} else { /* its event is lost: a list shows it */
			alpaca_reconcile(v, rig.utc);
			(void)rig_asked();
			rig_answer("GET /v2/orders?status=open", 200,
			    "[" ORDER(V2, "1-7-2-0", "new", "0") "]");
		}
		assert_non_null(strstr(rig_told(), "ack id="));
		rig_trader("cancel", "id", i == 0 ? NEXT : "1-7-2-1", "orig",
		    id, "symbol", "AAPL", "side", "2", "type", "2", "tif", "0",
		    "qty", "100", "price", "180", NULL);
		assert_string_equal(rig_asked(), i == 0 ?
		    "DELETE /v2/orders/" V1 : "DELETE /v2/orders/" V2);
		assert_string_equal(rig_told(), "");
	}
	/* Another of an id is not it. */
	alpaca_event(TRADE(V2, "1-7-2-0", "filled", "100", "100"));
	alpaca_event(EVENT("new", ORDER("y", "1-7-2-0", "new", "0"), ""));
	assert_true(alpaca_find(v, "1-7-2-0")->ended);
	/* One that the venue has rejected stays so, whatever comes behind. */
	alpaca_send("1-7-3-0");
	alpaca_event(EVENT("rejected", ORDER("x", "1-7-3-0", "rejected", "0"), ""));
	alpaca_event(EVENT("pending_new", ORDER("x", "1-7-3-0", "pending_new", "0"),
	    ""));
	assert_true(alpaca_find(v, "1-7-3-0")->ended);
}

static void
an_order_that_no_list_shows_is_asked_about(void **state)
{
	struct alpaca *v = *state;

	alpaca_reconcile(v, rig.utc);
	(void)rig_asked();
	rig_wait_ms(50);
	(void)rig_asked();
	alpaca_resting(); /* it may not be in that one */
	rig_answer("GET /v2/orders?status=open", 200, "[]");
	rig_answer(FILLS, 200, "[]");
	rig_wait_ms(50);
	assert_string_equal(rig_asked(), "");
	alpaca_reconcile(v, rig.utc);
	(void)rig_asked();
	rig_answer("GET /v2/orders?status=open", 200, "[]");
	rig_wait_ms(50);
	assert_non_null(strstr(rig_asked(), "GET /v2/orders/" V1));
	rig_answer("GET /v2/orders/" V1, 200, ORDER(V1, ID, "canceled", "0"));
	assert_non_null(strstr(rig_told(), "status id=" ID " order=" V1
	    " status=4"));
}

/* ----- changes ----- */

static void
a_change_waits_until_it_is_known_that_the_order_is_there(void **state)
{
	(void)state;
	alpaca_send(ID);
	(void)rig_asked();
	alpaca_change("cancel", NEXT, "100");
	alpaca_change("cancel", NEXT, "100");
	assert_string_equal(rig_asked(), "");
	rig_no_answer("POST", REST_UNKNOWN);
	assert_string_equal(rig_asked(), "");
	rig_wait_ms(500);
	(void)rig_asked();
	rig_answer("GET", 200, ORDER(V1, ID, "new", "0"));
	assert_string_equal(rig_asked(), "DELETE /v2/orders/" V1);
	alpaca_change("cancel", NEXT, "100");
	assert_string_equal(rig_asked(), "");
}

/* It is certain what a cancel came to, or it goes again. */
static void
a_cancel_without_an_answer_goes_again(void **state)
{
	(void)state;
	alpaca_resting();
	alpaca_change("cancel", NEXT, "100");
	(void)rig_asked();
	rig_no_answer("DELETE", REST_UNKNOWN);
	rig_wait_ms(50);
	assert_string_equal(rig_asked(), "GET /v2/orders/" V1);
	rig_answer("GET", 200, ORDER(V1, ID, "new", "0"));
	assert_string_equal(rig_asked(), "DELETE /v2/orders/" V1);
	rig_answer("DELETE", 204, "");
	rig_wait_ms(2050);
	assert_string_equal(rig_asked(), "GET /v2/orders/" V1);
	rig_answer("GET", 200, ORDER(V1, ID, "new", "0"));
	assert_string_equal(rig_asked(), ""); /* it was taken: some time */
	rig_wait_ms(8000);
	assert_string_equal(rig_asked(), "GET /v2/orders/" V1);
	rig_answer("GET", 200, ORDER(V1, ID, "new", "0"));
	assert_string_equal(rig_asked(), "DELETE /v2/orders/" V1);
}

/* An order with executions is canceled, then there is one for the rest, but
 * only when it is certain what the rest is. */
static void
a_replace_in_two_halves_executes_no_more_than_wanted(void **state)
{
	(void)state;
	alpaca_resting();
	alpaca_event(TRADE(V1, ID, "partially_filled", "40", "40"));
	(void)rig_told();
	alpaca_change("replace", NEXT, "120");
	assert_string_equal(rig_asked(), "DELETE /v2/orders/" V1);
	rig_answer("DELETE", 204, "");
	alpaca_event(EVENT("canceled", ORDER(V1, ID, "canceled", "70"), ""));
	assert_string_equal(rig_asked(), ""); /* 30 are missing */
	alpaca_event(TRADE(V1, ID, "canceled", "30", "70"));
	rig_wait_ms(50);
	assert_string_equal(rig_asked(), "GET /v2/orders/" V1);
	rig_answer("GET", 200, ORDER(V1, ID, "canceled", "70"));
	assert_string_equal(rig_asked(), "POST /v2/orders");
	assert_non_null(strstr(rig.body, "\"qty\":\"50\""));
	rig_no_answer("POST", REST_UNKNOWN);
	(void)rig_told();
	rig_wait_ms(500);
	assert_string_equal(rig_asked(), BY_ID NEXT); /* not blindly again */
	rig_answer("GET", 404, "{}");
	assert_string_equal(rig_told(), "");
	rig_wait_ms(25000);
	assert_string_equal(rig_asked(), BY_ID NEXT);
	rig_answer("GET", 404, "{}");
	assert_non_null(strstr(rig_told(), "cancel-reject id=" NEXT));
	assert_non_null(strstr(rig.told, "; canceled id=" ID " cum=70"));
}

static void
nothing_is_left_for_the_second_half(void **state)
{
	(void)state;
	alpaca_resting();
	alpaca_event(TRADE(V1, ID, "partially_filled", "40", "40"));
	alpaca_change("replace", NEXT, "70");
	(void)rig_asked();
	rig_answer("DELETE", 204, "");
	alpaca_event(TRADE(V1, ID, "partially_filled", "30", "70"));
	alpaca_event(EVENT("canceled", ORDER(V1, ID, "canceled", "70"), ""));
	assert_string_equal(rig_asked(), "");
	assert_non_null(strstr(rig_told(), "canceled id=" ID " cum=70"));
}

/* An execution sneaked into a replace: what is open beyond is canceled. */
static void
what_is_open_beyond_the_order_is_canceled(void **state)
{
	(void)state;
	alpaca_resting();
	alpaca_change("replace", NEXT, "100");
	assert_string_equal(rig_asked(), "PATCH /v2/orders/" V1);
	rig_answer("PATCH", 200, ORDER(V2, NEXT, "pending_new", "0"));
	alpaca_event("{\"stream\":\"trade_updates\",\"data\":{\"event\":\"replaced\","
	      "\"order\":{\"id\":\"" V1 "\",\"client_order_id\":\"" ID "\","
	      "\"status\":\"replaced\",\"filled_qty\":\"0\",\"replaced_by\":\""
	      V2 "\"}}}");
	assert_non_null(strstr(rig_told(), "replaced id=" NEXT " orig=" ID));
	assert_null(strstr(rig_asked(), "DELETE"));
	alpaca_event(TRADE(V1, ID, "replaced", "30", "30"));
	assert_non_null(strstr(rig_told(), "last_qty=30 "));
	assert_string_equal(rig_asked(), "DELETE /v2/orders/" V2);
}

static void
a_replace_is_done_once(void **state)
{
	(void)state;
	alpaca_resting();
	alpaca_change("replace", NEXT, "120");
	alpaca_change("replace", NEXT, "120");
	assert_string_equal(rig_asked(), "PATCH /v2/orders/" V1);
	rig_no_answer("PATCH", REST_UNKNOWN);
	alpaca_change("replace", NEXT, "120");
	rig_wait_ms(500);
	assert_string_equal(rig_asked(), BY_ID NEXT);
	rig_answer("GET", 200, ORDER(V2, NEXT, "new", "0"));
	assert_non_null(strstr(rig_told(), "replaced id=" NEXT));
	alpaca_change("replace", NEXT, "120");
	rig_wait_ms(10000);
	assert_null(strstr(rig_asked(), "PATCH"));
}

/* ----- what is remembered ----- */

static void
what_lives_is_never_forgotten(void **state)
{
	struct alpaca *v = *state;
	struct aorder *o;
	char id[OUTSIDE_ID];

	for (unsigned i = 0; i < ALPACA_ORDERS; i++) {
		snprintf(id, sizeof(id), "1-8-%u-0", i);
		assert_non_null(alpaca_get_order(v, id, &v->assets[0]));
	}
	for (unsigned i = 100; i < 103; i++) {
		snprintf(id, sizeof(id), "1-8-%u-0", i);
		o = alpaca_find(v, id);
		o->ended = true;
		o->wait = i == 100 ? A_SENT : 0;
		o->listed = i == 101;
	}
	assert_non_null(alpaca_get_order(v, "1-9-1-0", &v->assets[0]));
	assert_non_null(alpaca_get_order(v, "1-9-2-0", &v->assets[0]));
	assert_non_null(alpaca_find(v, "1-8-0-0"));
	assert_non_null(alpaca_find(v, "1-8-100-0"));
	assert_non_null(alpaca_find(v, "1-8-101-0"));
	assert_null(alpaca_find(v, "1-8-102-0"));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, alpaca_warm, alpaca_end)
#define COLD(f) cmocka_unit_test_setup_teardown(f, alpaca_cold, alpaca_end)
	const struct CMUnitTest tests[] = {
		T(an_id_is_sent_once_whatever_became_of_it),
		COLD(nothing_is_sent_to_a_venue_that_is_not_up),
		T(a_stream_that_is_lost_is_down_until_there_is_another),
		T(a_limit_refuses_and_makes_it_quiet),
		T(an_order_in_doubt_is_asked_about_then_refused),
		T(a_question_waits_for_what_is_being_sent),
		T(an_order_in_doubt_is_found),
		T(an_order_that_comes_late_can_be_canceled),
		T(an_order_that_no_list_shows_is_asked_about),
		T(a_change_waits_until_it_is_known_that_the_order_is_there),
		T(a_cancel_without_an_answer_goes_again),
		T(a_replace_in_two_halves_executes_no_more_than_wanted),
		T(nothing_is_left_for_the_second_half),
		T(what_is_open_beyond_the_order_is_canceled),
		T(a_replace_is_done_once),
		T(what_lives_is_never_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
