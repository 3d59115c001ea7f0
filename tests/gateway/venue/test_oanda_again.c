/*
 * OANDA's orders of an earlier process: asked for, read again from the log and
 * counted once; and what is remembered of orders (oanda-v20: 10).
 */
#include "tests/gateway/venue/oanda_rig.h"

/* ----- of an earlier process ----- */

static void
a_change_of_an_order_that_nobody_knows(void **state)
{
	(void)state;
	oanda_rig_cancel(NEXT, ID);
	rig_wait_ms(50);
	assert_string_equal(rig_asked(), ASK);
	rig_answer(ASK, 404, NO_SUCH_ORDER(LAST));
	assert_string_equal(rig_told(), "cancel-reject id=" NEXT " reason=1 "
	    "text=Unknown order");
	/* That is no refusal of an order which was never sent from here. */
	for (int i = 0; i < 4; i++) {
		rig_wait_ms(8000);
		if (rig_asked()[0] != '\0')
			rig_answer(ASK, 404, NO_SUCH_ORDER(LAST));
	}
	assert_string_equal(rig_told(), "");
	rig_trader("cancel", "id", NEXT, "orig", "x", "symbol", "EUR/USD",
	    "side", "2", "type", "2", "tif", "1", "qty", "1", NULL);
	assert_string_equal(rig_told(), "cancel-reject id=" NEXT " reason=1 "
	    "text=Unknown order");
	rig_trader("cancel", "id", NEXT, "orig", "1-7-2-0", "symbol", "NO/SUCH",
	    "side", "2", "type", "2", "tif", "1", "qty", "1", NULL);
	assert_string_equal(rig_told(), "cancel-reject id=" NEXT " reason=1 "
	    "text=Unknown order");
}

/* It is older than what was read of the log, which is read again from it. */
static void
an_old_order_is_read_again(void **state)
{
	struct oanda *b = *state;

	rig_line(LOG, FILL("6367", "6367", "6000", "-4000", ""));
	assert_non_null(strstr(rig_told(), "fill exec=101-001-1234567-001-6367 "
	    "id=" ID " order=6000 last_qty=4000"));
	rig_line(LOG, BEAT("6367"));
	oanda_log_keep(b);
	(void)rig_told();
	oanda_rig_ask(ID);
	assert_string_equal(rig_asked(), SINCE "6367");
	oanda_rig_nothing_new("6367");
	rig_wait_ms(50);
	assert_string_equal(rig_asked(), ASK);
	rig_answer(ASK, 200, FOUND("6000", "6367"));
	assert_string_equal(rig_asked(), SINCE "5999");
	rig_line(LOG, BEAT("6367"));
	rig_answer(SINCE "5999", 200, LIST("{\"id\":\"6000\",\"type\":"
	    "\"LIMIT_ORDER\"," COMMON "\"batchID\":\"6000\",\"instrument\":"
	    "\"EUR_USD\",\"units\":\"-10000\",\"price\":\"1.2\","
	    "\"timeInForce\":\"GTC\",\"clientExtensions\":{\"id\":\"" ID "\"}}",
	    "6367"));
	assert_string_equal(rig_asked(), SINCE "6000");
	assert_string_equal(rig_told(), ""); /* it will be asked for */
	rig_answer(SINCE "6000", 200, LIST(FILL("6367", "6367", "6000",
	    "-4000", "") "," FILL("6368", "6368", "6000", "-6000", ""),
	    "6368"));
	/* The one was told before, but counts. */
	assert_string_equal(rig_told(), "fill exec=101-001-1234567-001-6368 "
	    "id=" ID " order=6000 last_qty=6000 last_px=1.10004 cum=10000 "
	    "symbol=EUR/USD side=2 time=1773686281942282123; status id=" ID
	    " order=6000 status=2 cum=10000 qty=10000 price=1.2");
	assert_int_equal(b->last, 6368);
}

/* A list that was asked for before it has a gap then. */
static void
a_list_from_before_a_rewind_is_not_used(void **state)
{
	struct oanda *b = *state;

	oanda_rig_ask(ID);
	(void)rig_asked();
	oanda_rig_nothing_new(LAST);
	rig_wait_ms(50);
	assert_string_equal(rig_asked(), ASK);
	rig_line(LOG, BEAT("6367"));
	assert_string_equal(rig_asked(), SINCE LAST);
	rig_answer(ASK, 200, FOUND("6000", "6367"));
	rig_answer(SINCE LAST, 200, LIST(FILL("6367", "6367", "6000", "-4000",
	    ""), "6367"));
	assert_string_equal(rig_told(), "");
	assert_int_equal(b->last, 5999);
	assert_string_equal(rig_asked(), SINCE "5999");
}

/* Reading again tells nothing again, and counts nothing twice. */
static void
what_is_read_again_is_done_once(void **state)
{
	struct oanda *b = *state;
	static const char all[] = LIST(LIMIT("CLIENT_ORDER") ","
	    FILL("6368", "6368", "6367", "-4000", "") ",{\"id\":\"6369\","
	    "\"type\":\"LIMIT_ORDER\"," COMMON "\"batchID\":\"6368\","
	    "\"instrument\":\"EUR_USD\",\"units\":\"-6000\",\"price\":"
	    "\"1.20000\",\"reason\":\"CLIENT_ORDER\",\"clientExtensions\":"
	    "{\"id\":\"" ID "\"}},{\"id\":\"6370\",\"type\":"
	    "\"LIMIT_ORDER_REJECT\"," COMMON "\"batchID\":\"6370\","
	    "\"intendedReplacesOrderID\":\"6369\",\"rejectReason\":"
	    "\"PRICE_INVALID\",\"clientExtensions\":{\"id\":\"" NEXT "\"}},"
	    FILL("6371", "6371", "6369", "-1000", "") ","
	    CANCEL("6372", "6371", "6369", "CLIENT_REQUEST"), "6372");
	struct oorder *o;

	oanda_rig_resting();
	oanda_log_sync(b);
	(void)rig_asked();
	rig_answer(SINCE "6367", 200, all);
	assert_non_null(strstr(rig_told(), "cum=5000 "));
	o = oanda_book_find(b, ID);
	assert_true(o->ended);
	o->at = (struct ochange){ .kind = 'G', .id = NEXT };
	oanda_log_rewind(b, 6367);
	(void)rig_asked();
	rig_answer(SINCE LAST, 200, all);
	assert_int_equal(o->cum, E8(5000));
	assert_int_equal(o->order_id, 6369);
	assert_int_equal(o->at.kind, 'G');
	assert_string_equal(rig_told(), "");
}

static void
a_question_is_answered_when_it_is_known(void **state)
{
	struct oanda *b = *state;

	oanda_rig_new(ID);
	(void)rig_asked();
	oanda_rig_ask(ID);
	assert_string_equal(rig_asked(), SINCE LAST);
	oanda_rig_nothing_new(LAST);
	rig_wait_ms(50);
	assert_string_equal(rig_asked(), "");
	assert_string_equal(rig_told(), ""); /* it is being sent */
	rig_answer("POST /orders", 201, RESTING);
	(void)rig_told();
	oanda_rig_ask(ID);
	(void)rig_asked();
	oanda_rig_nothing_new("6367");
	assert_string_equal(rig_told(), "status id=" ID " order=6367 status=0 "
	    "cum=0 qty=10000 price=1.2");
	oanda_rig_replace(NEXT, "20000", "1.2");
	(void)rig_asked();
	oanda_rig_ask(ID);
	(void)rig_asked();
	oanda_rig_nothing_new("6367");
	assert_string_equal(rig_told(), ""); /* it may be another by now */
	/* Not sent from here, and not there: unknown, when it can't come. */
	oanda_rig_ask("1-7-2-0");
	(void)rig_asked();
	oanda_rig_nothing_new("6367");
	rig_wait_ms(50);
	assert_string_equal(rig_asked(), "GET /orders/@1-7-2-0");
	rig_answer("GET /orders/@", 404, NO_SUCH_ORDER("6367"));
	assert_string_equal(rig_told(), "");
	b->start_ns = rig.mono - b->unknown_after_ns;
	rig_wait_ms(1050);
	(void)rig_asked();
	rig_answer("GET /orders/@", 404, NO_SUCH_ORDER("6367"));
	assert_string_equal(rig_told(), "unknown id=1-7-2-0");
	oanda_rig_ask("1-7-2-0"); /* that was then */
	(void)rig_asked();
	oanda_rig_nothing_new("6367");
	rig_wait_ms(50);
	assert_string_equal(rig_asked(), "GET /orders/@1-7-2-0");
	assert_string_equal(rig_told(), "");
	/* Refused: that is known, too. */
	oanda_rig_new("1-7-3-0");
	(void)rig_asked();
	rig_answer("POST", 400, "{}");
	(void)rig_told();
	oanda_rig_ask("1-7-3-0");
	(void)rig_asked();
	oanda_rig_nothing_new("6367");
	assert_non_null(strstr(rig_told(), "status id=1-7-3-0 order=0 "
	    "status=8"));
	oanda_rig_ask("x"); /* not of ours */
	rig_trader("status", "id", "1-7-4-0", "symbol", "NO/SUCH", NULL);
	assert_string_equal(rig_told(), "");
}

/* ----- what is remembered ----- */

static void
what_lives_is_never_forgotten(void **state)
{
	struct oanda *b = *state;
	struct osymbol *s = &b->symbols[0];
	struct oorder *o;
	char id[OUTSIDE_ID];

	for (unsigned i = 0; i < OANDA_ORDERS; i++) {
		snprintf(id, sizeof(id), "1-8-%u-0", i);
		assert_non_null(oanda_book_get(b, id, s));
	}
	/* Of the first ones four have ended, three of which are in use. */
	for (unsigned i = 100; i < 104; i++) {
		snprintf(id, sizeof(id), "1-8-%u-0", i);
		o = oanda_book_find(b, id);
		o->ended = true;
		o->wait = i == 100 ? O_SENT : 0;
		o->listed = i == 101;
		o->in_batch = i == 102;
	}
	assert_non_null(oanda_book_get(b, "1-9-1-0", s));
	assert_int_equal(b->n_orders, OANDA_ORDERS + 1);
	assert_non_null(oanda_book_find(b, "1-8-0-0"));
	assert_non_null(oanda_book_get(b, "1-9-2-0", s));
	assert_null(oanda_book_find(b, "1-8-103-0"));
	for (unsigned i = 100; i < 103; i++) {
		snprintf(id, sizeof(id), "1-8-%u-0", i);
		assert_non_null(oanda_book_find(b, id));
	}
	assert_int_equal(b->n_orders, OANDA_ORDERS + 1);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, oanda_warm, oanda_end)
	const struct CMUnitTest tests[] = {
		T(a_change_of_an_order_that_nobody_knows),
		T(an_old_order_is_read_again),
		T(a_list_from_before_a_rewind_is_not_used),
		T(what_is_read_again_is_done_once),
		T(a_question_is_answered_when_it_is_known),
		T(what_lives_is_never_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
