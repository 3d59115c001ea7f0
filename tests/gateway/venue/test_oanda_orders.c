/*
 * Orders at OANDA: sent once, and asked about until it is certain what became
 * of them (oanda-v20: 2 errors, 10 idempotency and recovery; order-state N5 to
 * N7).
 */
#include "tests/gateway/venue/oanda_rig.h"

/* ----- once ----- */

static void
an_id_is_sent_once_whatever_became_of_it(void **state)
{
	(void)state;
	oanda_rig_new(ID);
	oanda_rig_new(ID);
	assert_string_equal(rig_asked(), "POST /orders");
	oanda_rig_new(ID);
	assert_string_equal(rig_asked(), ""); /* under way */
	rig_answer("POST /orders", 201, RESTING);
	oanda_rig_new(ID);
	assert_string_equal(rig_asked(), ""); /* there */
	rig_line(LOG, FILL("6368", "6368", "6367", "-10000", ""));
	(void)rig_told();
	oanda_rig_new(ID);
	assert_string_equal(rig_asked(), ""); /* filled */
	assert_string_equal(rig_told(), "");
}

static void
nothing_is_sent_to_a_venue_that_is_not_up(void **state)
{
	(void)state;
	oanda_rig_new(ID);
	assert_string_equal(rig_asked(), "");
	assert_string_equal(rig_told(), "reject id=" ID " reason=99 "
	    "text=it is not connected yet");
	oanda_rig_to_stream();
	(void)rig_told();
	oanda_rig_new(NEXT);
	assert_string_equal(rig_asked(), "");
	assert_non_null(strstr(rig_told(), "reject id=" NEXT));
}

static void
what_the_venue_does_not_take_is_not_sent(void **state)
{
	static const struct {
		const char *symbol, *qty, *px, *want;
	} of[] = {
		{ "USD/JPY", "10", "1.2", "reason=1 text=INSTRUMENT_UNKNOWN" },
		{ "EUR/USD", "0.5", "1.2", "reason=13 text=UNITS_PRECISION" },
		{ "EUR/USD", "10", "1.200001", "reason=99 text=PRICE_PREC" },
		{ "EUR/USD", "0", "1.2", "reason=99 text=the request can't" },
		{ "EUR/USD", "", "1.2", "reason=99 text=the request can't" },
		{ "EUR/USD", "10", "x", "reason=99 text=the request can't" },
	};
	struct oanda *b = *state;

	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		rig_trader("new", "id", ID, "symbol", of[i].symbol, "side", "1",
		    "type", "2", "tif", "1", "qty", of[i].qty, "price",
		    of[i].px, NULL);
		assert_string_equal(rig_asked(), "");
		if (strstr(rig_told(), of[i].want) == NULL)
			fail_msg("%s is not %s", rig.told, of[i].want);
	}
	oanda_rig_new("1-7-1-\"0");
	assert_non_null(strstr(rig_told(), "can't be read"));
	oanda_rig_new("");
	assert_non_null(strstr(rig_told(), "can't be read"));
	b->symbols[0].known = false; /* its rules can't be read any more */
	oanda_rig_new(ID);
	assert_non_null(strstr(rig_told(), "INSTRUMENT_UNKNOWN"));
	assert_string_equal(rig_asked(), "");
}

/* 2: refused for certain, or not done for certain. */
static void
a_refusal_is_told_with_its_reason(void **state)
{
	(void)state;
	oanda_rig_new(ID);
	(void)rig_asked();
	rig_answer("POST /orders", 400, "{\"errorMessage\":\"Invalid value\","
	    "\"errorCode\":\"INSTRUMENT_UNKNOWN\"}");
	assert_string_equal(rig_told(), "reject id=" ID " reason=1 "
	    "text=INSTRUMENT_UNKNOWN: Invalid value");
	oanda_rig_new("1-7-2-0");
	(void)rig_asked();
	rig_no_answer("POST /orders", REST_NOT_SENT);
	assert_string_equal(rig_told(), "reject id=1-7-2-0 reason=0 "
	    "text=the connection broke");
	rig.full = true;
	oanda_rig_new("1-7-3-0");
	rig.full = false;
	assert_string_equal(rig_told(), "reject id=1-7-3-0 reason=0 "
	    "text=too many requests wait for the venue");
	oanda_rig_new("1-7-4-0"); /* with its transaction */
	(void)rig_asked();
	rig_answer("POST /orders", 400, "{\"orderRejectTransaction\":{\"id\":"
	    "\"6367\",\"type\":\"LIMIT_ORDER_REJECT\"," COMMON "\"batchID\":"
	    "\"6367\",\"rejectReason\":\"INSUFFICIENT_MARGIN\","
	    "\"clientExtensions\":{\"id\":\"1-7-4-0\"}},"
	    "\"lastTransactionID\":\"6367\"}");
	assert_string_equal(rig_told(), "reject id=1-7-4-0 reason=3 "
	    "text=INSUFFICIENT_MARGIN");
	rig_wait_ms(30000);
	assert_null(strstr(rig_asked(), "/orders/")); /* it is certain */
}

/* 8: it is quiet for as long as the venue says, a second at least. */
static void
a_limit_refuses_and_makes_it_quiet(void **state)
{
	(void)state;
	oanda_rig_new(ID);
	(void)rig_asked();
	rig_limited("POST /orders", 429, 3);
	assert_string_equal(rig_told(), "reject id=" ID " reason=0 "
	    "text=HTTP status 429");
	oanda_rig_new("1-7-2-0");
	rig_wait_ms(2950);
	assert_string_equal(rig_asked(), "");
	rig_wait_ms(50);
	assert_string_equal(rig_asked(), "POST /orders");
	rig_limited("POST /orders", 429, -1);
	oanda_rig_new("1-7-3-0");
	rig_wait_ms(950);
	assert_string_equal(rig_asked(), "");
}

/* ----- in doubt ----- */

/* What an answer may be that does not say what became of the order. */
static void
unclear(unsigned i)
{
	if (i == 0)
		rig_no_answer("POST /orders", REST_UNKNOWN);
	else if (i == 1)
		rig_answer("POST /orders", 503, "");
	else if (i == 2)
		rig_answer("POST /orders", 201, "{\"lastTr");
	else /* 201 with no transaction */
		rig_answer("POST /orders", 201,
		    "{\"lastTransactionID\":\"" LAST "\"}");
}

static void
an_order_in_doubt_is_asked_about_then_refused(void **state)
{
	int64_t since;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		char id[16], call[32], want[100];

		snprintf(id, sizeof(id), "1-7-%u-0", i);
		snprintf(call, sizeof(call), "GET /orders/@%s", id);
		snprintf(want, sizeof(want), "reject id=%s reason=99 text=the "
		    "venue never got it", id);
		oanda_rig_new(id);
		assert_string_equal(rig_asked(), "POST /orders");
		since = rig.mono;
		unclear(i);
		assert_string_equal(rig_told(), "");
		rig_wait_ms(450);
		assert_string_equal(rig_asked(), ""); /* reads lag writes */
		for (int n = 0; rig.told[0] == '\0'; n++) {
			if (n > 0) { /* 1, 2, 4 and 8 s behind an answer */
				rig_wait_ms(((n > 3 ? 8000 : 1000 << (n - 1))) -
					    50);
				assert_string_equal(rig_asked(), "");
			}
			rig_wait_ms(50);
			assert_string_equal(rig_asked(), call);
			rig_wait_ms(1500);
			assert_string_equal(rig_asked(), ""); /* one at once */
			rig_answer(call, 404, NO_SUCH_ORDER(LAST));
			(void)rig_told();
			assert_true(n < 8);
		}
		assert_string_equal(rig.told, want);
		/* UnknownAfter is 20 s. */
		assert_true(rig.mono - since > 20 * FIX_SEC);
		rig_wait_ms(30000);
		assert_string_equal(rig_asked(), "");
	}
}

/* "No such order" counts only of one who has read the log up to it. */
static void
no_such_order_is_believed_behind_the_whole_log(void **state)
{
	(void)state;
	oanda_rig_new(ID);
	(void)rig_asked();
	rig_no_answer("POST /orders", REST_UNKNOWN);
	rig_wait_ms(25000);
	assert_string_equal(rig_asked(), ASK);
	rig_answer(ASK, 404, NO_SUCH_ORDER("6368"));
	assert_string_equal(rig_told(), "");
	assert_string_equal(rig_asked(), SINCE LAST);
	rig_wait_ms(20000);
	assert_null(strstr(rig_asked(), ASK)); /* the list is under way */
	rig_answer(SINCE LAST, 200, LIST(LIMIT("CLIENT_ORDER") ","
	    FILL("6368", "6368", "6367", "-10000", ""), "6368"));
	assert_non_null(strstr(rig_told(), "ack id=" ID " order=6367 cum=0; "
	    "fill "));
	/* Nor is one that says nothing of the log. */
	oanda_rig_new("1-7-2-0");
	(void)rig_asked();
	rig_no_answer("POST /orders", REST_UNKNOWN);
	rig_wait_ms(25000);
	(void)rig_asked();
	rig_answer("GET /orders/@1-7-2-0", 404, "no such page");
	assert_null(strstr(rig_told(), "reject"));
	(void)rig_asked();
	rig_answer(SINCE "6368", 200, LIST("", "6368"));
	/* Nor another answer, or none. */
	rig_wait_ms(2000);
	(void)rig_asked();
	rig_answer("GET /orders/@1-7-2-0", 500, NO_SUCH_ORDER("6368"));
	(void)rig_asked();
	rig_answer(SINCE "6368", 200, LIST("", "6368"));
	rig_wait_ms(4000);
	(void)rig_asked();
	rig_no_answer("GET /orders/@1-7-2-0", REST_UNKNOWN);
	assert_null(strstr(rig_told(), "reject"));
}

/* What the venue shows of it is behind what was read: that is read next, not
 * left out. */
static void
an_order_that_is_found_leaves_no_gap(void **state)
{
	(void)state;
	oanda_rig_new(ID);
	(void)rig_asked();
	rig_no_answer("POST /orders", REST_UNKNOWN);
	rig_wait_ms(500);
	(void)rig_asked();
	rig_answer(ASK, 200, FOUND("6370", "6370"));
	assert_string_equal(rig_asked(), SINCE LAST);
	oanda_rig_nothing_new(LAST);
	rig_wait_ms(1000);
	assert_string_equal(rig_asked(), ASK);
	rig_answer(ASK, 200, "{\"order\":{},\"lastTransactionID\":\"6370\"}");
	assert_string_equal(rig_asked(), SINCE LAST);
}

static void
nothing_is_asked_of_a_venue_that_is_down(void **state)
{
	(void)state;
	oanda_rig_new(ID);
	(void)rig_asked();
	rig_no_answer("POST /orders", REST_UNKNOWN);
	rig_close(LOG, 200, "it is silent");
	rig_wait_ms(30000);
	assert_string_equal(rig_asked(), "");
	rig_open(LOG);
	rig_wait_ms(1000);
	assert_string_equal(rig_asked(), SINCE LAST);
	oanda_rig_nothing_new(LAST);
	rig_wait_ms(50);
	assert_non_null(strstr(rig_asked(), ASK));
}

/* The cancel of an order in doubt waits with it. */
static void
a_cancel_waits_for_what_becomes_of_the_order(void **state)
{
	(void)state;
	oanda_rig_new(ID);
	(void)rig_asked();
	rig_no_answer("POST /orders", REST_UNKNOWN);
	oanda_rig_cancel(NEXT, ID);
	rig_wait_ms(450);
	assert_string_equal(rig_asked(), "");
	rig_wait_ms(50);
	assert_string_equal(rig_asked(), ASK);
	rig_answer(ASK, 404, NO_SUCH_ORDER(LAST));
	assert_string_equal(rig_told(), "");
	oanda_rig_ask(ID);
	assert_string_equal(rig_asked(), SINCE LAST);
	oanda_rig_nothing_new(LAST);
	rig_wait_ms(950);
	assert_string_equal(rig_asked(), ""); /* a question makes it no sooner */
	rig_line(LOG, LIMIT("CLIENT_ORDER"));
	rig_line(LOG, BEAT("6367"));
	(void)rig_told();
	assert_string_equal(rig_asked(), "PUT /orders/6367/cancel");
}

static void
an_order_that_is_found_is_read_from_the_log(void **state)
{
	(void)state;
	oanda_rig_new(ID);
	(void)rig_asked();
	rig_no_answer("POST /orders", REST_UNKNOWN);
	rig_wait_ms(500);
	assert_string_equal(rig_asked(), ASK);
	rig_wait_ms(25000);
	rig_line(LOG, LIMIT("CLIENT_ORDER")); /* while it is asked */
	rig_line(LOG, BEAT("6367"));
	assert_string_equal(rig_told(), "ack id=" ID " order=6367 cum=0");
	rig_answer(ASK, 404, NO_SUCH_ORDER("6367")); /* reads lag writes */
	rig_wait_ms(25000);
	assert_null(strstr(rig_asked(), ASK));
	assert_null(strstr(rig_told(), "reject"));
}

/* It is there for certain, so that no time makes it never received. */
static void
what_the_venue_has_taken_is_waited_for(void **state)
{
	(void)state;
	oanda_rig_new(ID);
	assert_string_equal(rig_asked(), "POST /orders");
	rig_line(LOG, CANCEL("6368", "6368", "1", "CLIENT_REQUEST"));
	assert_string_equal(rig_asked(), SINCE LAST); /* one is missing */
	/* Its own transactions wait for those before it. */
	rig_answer("POST /orders", 201, CREATED
	    "{\"id\":\"6369\",\"type\":\"LIMIT_ORDER\",\"batchID\":\"6369\"},"
	    "\"lastTransactionID\":\"6369\"}");
	for (int i = 0; i < 30; i++) {
		rig_answer(SINCE LAST, 500, "{}");
		rig_wait_ms(8000);
		(void)rig_asked();
		if (strstr(rig.asked, ASK) != NULL)
			rig_answer(ASK, 404, NO_SUCH_ORDER(LAST));
		if (strstr(rig.asked, SINCE) == NULL) {
			rig_wait_ms(1000);
			(void)rig_asked();
		}
	}
	assert_null(strstr(rig_told(), "reject"));
}

/* N7: the trader cancels it when it hears that it is there. */
static void
an_order_that_comes_late_is_told_and_can_be_canceled(void **state)
{
	(void)state;
	oanda_rig_new(ID);
	(void)rig_asked();
	rig_limited("POST /orders", 429, 1);
	assert_non_null(strstr(rig_told(), "reject"));
	rig_wait_ms(1000);
	rig_line(LOG, LIMIT("CLIENT_ORDER"));
	rig_line(LOG, BEAT("6367"));
	assert_string_equal(rig_told(), "ack id=" ID " order=6367 cum=0");
	oanda_rig_cancel(NEXT, ID);
	assert_string_equal(rig_asked(), "PUT /orders/6367/cancel");
	assert_string_equal(rig_told(), "");
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, oanda_warm, oanda_end)
#define COLD(f) cmocka_unit_test_setup_teardown(f, oanda_cold, oanda_end)
	const struct CMUnitTest tests[] = {
		T(an_id_is_sent_once_whatever_became_of_it),
		COLD(nothing_is_sent_to_a_venue_that_is_not_up),
		T(what_the_venue_does_not_take_is_not_sent),
		T(a_refusal_is_told_with_its_reason),
		T(a_limit_refuses_and_makes_it_quiet),
		T(an_order_in_doubt_is_asked_about_then_refused),
		T(no_such_order_is_believed_behind_the_whole_log),
		T(an_order_that_is_found_is_read_from_the_log),
		T(an_order_that_is_found_leaves_no_gap),
		T(nothing_is_asked_of_a_venue_that_is_down),
		T(a_cancel_waits_for_what_becomes_of_the_order),
		T(what_the_venue_has_taken_is_waited_for),
		T(an_order_that_comes_late_is_told_and_can_be_canceled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
