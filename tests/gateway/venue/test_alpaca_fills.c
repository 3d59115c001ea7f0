/*
 * Executions at Alpaca: none is left out, none told twice (alpaca.md 8, 9).
 */
#include "tests/gateway/venue/alpaca_rig.h"

/* ----- executions ----- */

static void
an_execution_is_told_once(void **state)
{
	(void)state;
	alpaca_resting();
	alpaca_event(TRADE(V1, ID, "partially_filled", "40", "40"));
	alpaca_event(TRADE(V1, ID, "partially_filled", "40", "40"));
	assert_non_null(strstr(rig_told(), "fill id=" ID " order=" V1));
	assert_non_null(strstr(rig.told, "last_qty=40 "));
	assert_null(strstr(strstr(rig.told, "fill ") + 1, "fill "));
	alpaca_event(TRADE(V1, ID, "partially_filled", "10", "20")); /* an old one */
	assert_string_equal(rig_told(), "");
}

/* One is missing: it is read from the account, with what follows. */
static void
a_missing_execution_is_read(void **state)
{
	struct alpaca *v = *state;

	alpaca_resting();
	alpaca_event(TRADE(V1, ID, "filled", "60", "100"));
	assert_string_equal(rig_told(), "");
	rig_wait_ms(50);
	assert_string_equal(rig_asked(), "GET /v2/orders/" V1);
	alpaca_event(TRADE(V1, ID, "filled", "60", "100"));
	rig_wait_ms(50);
	assert_string_equal(rig_asked(), ""); /* one question at a time */
	rig_answer("GET", 200, ORDER(V1, ID, "filled", "100"));
	assert_string_equal(rig_told(), ""); /* executions first */
	rig_wait_ms(1000);
	assert_int_equal(strncmp(rig_asked(), FILLS, strlen(FILLS)), 0);
	rig_no_answer(FILLS, REST_UNKNOWN); /* again, then */
	rig_wait_ms(1050);
	assert_int_equal(strncmp(rig_asked(), FILLS, strlen(FILLS)), 0);
	rig_answer(FILLS, 200, "[" ACTIVITY("a", V1, "40", "40") ","
	    ACTIVITY("b", V1, "40", "40") "," ACTIVITY("c", V1, "60", "100")
	    "]");
	assert_non_null(strstr(rig_told(), "last_qty=40 "));
	assert_non_null(strstr(rig.told, "last_qty=60 "));
	assert_non_null(strstr(rig.told, "status id=" ID " order=" V1
	    " status=2 cum=100"));
	assert_true(alpaca_find(v, ID)->ended);
}

/* What the venue says it has executed and never lists is told all the same. */
static void
what_is_never_listed_is_made_up_for(void **state)
{
	(void)state;
	alpaca_resting();
	alpaca_event(TRADE(V1, ID, "filled", "60", "100"));
	rig_wait_ms(50);
	(void)rig_asked();
	rig_answer("GET", 200, ORDER(V1, ID, "filled", "100"));
	assert_string_equal(rig_told(), "");
	for (unsigned i = 0; i < 50 && rig.told[0] == '\0'; i++) {
		rig_wait_ms(1050);
		if (strstr(rig_asked(), "activities") != NULL)
			rig_answer(FILLS, 200, "[]");
		(void)rig_told();
		assert_true(rig.told[0] == '\0' || i > 35);
	}
	assert_non_null(strstr(rig.told, "alert text=order " ID));
	assert_non_null(strstr(rig.told, "last_qty=100 "));
}

/* By hand, or by another program: it is never left out. */
static void
an_execution_of_others_is_told(void **state)
{
	(void)state;
	alpaca_event(TRADE(V2, "by-hand", "filled", "10", "10"));
	assert_non_null(strstr(rig_told(), "fill order=" V2));
	assert_null(strstr(rig.told, " id="));
	alpaca_event(TRADE(V2, "by-hand", "filled", "10", "10"));
	assert_string_equal(rig_told(), "");
}

/* An end does not go before an execution that it counts. */
static void
an_end_waits_for_its_executions(void **state)
{
	(void)state;
	alpaca_resting();
	alpaca_event(EVENT("canceled", ORDER(V1, ID, "canceled", "40"), ""));
	assert_string_equal(rig_told(), "");
	rig_wait_ms(50);
	assert_string_equal(rig_asked(), "GET /v2/orders/" V1);
	alpaca_event(TRADE(V1, ID, "canceled", "40", "40"));
	rig_answer("GET", 200, ORDER(V1, ID, "canceled", "40"));
	assert_non_null(strstr(rig_told(), "fill id=" ID));
	assert_non_null(strstr(rig.told, "; status id=" ID " order=" V1
	    " status=4 cum=40"));
}

static void
a_page_of_executions_is_not_the_last_one(void **state)
{
	struct alpaca *v = *state;
	json_t *page = json_array();
	char id[16], *text;

	for (unsigned i = 0; i < ALPACA_FILLS; i++) {
		snprintf(id, sizeof(id), "f%u", i);
		json_array_append_new(page, json_pack("{s:s}", "id", id));
	}
	text = json_dumps(page, JSON_COMPACT);
	rig_trader("reconcile", NULL);
	(void)rig_asked();
	rig_answer("GET /v2/orders?status=open", 200, "[]");
	rig_wait_ms(50);
	assert_int_equal(strncmp(rig_asked(), FILLS, strlen(FILLS)), 0);
	rig_answer(FILLS, 200, text);
	assert_non_null(strstr(rig_asked(), "&page_token=f99"));
	rig_wait_ms(50);
	assert_null(strstr(rig_told(), "reconciled"));
	rig_answer(FILLS, 200, "[" ACTIVITY("x", V2, "1", "1") "]");
	assert_string_equal(rig_asked(), "GET /v2/orders/" V2); /* whose? */
	rig_wait_ms(50);
	assert_string_equal(rig_told(), "keep key=fills "
	    "value=1773686281000000000; reconciled");
	assert_int_equal(v->scan.done_ns, RIG_UTC);
	free(text);
	json_decref(page);
}

/* Where the next process goes on. */
static void
a_process_goes_on_where_the_last_one_was(void **state)
{
	(void)state;
	rig_trader("kept", "key", "fills", "value", "1773600000000000000",
	    NULL);
	rig_trader("reconcile", "since", "1773680000000000000", NULL);
	rig_trader("start", NULL);
	((struct alpaca *)*state)->step = ASTEP_UP;
	((struct alpaca *)*state)->reconcile_due_ns = INT64_MAX;
	rig_wait_ms(50);
	/* The earlier of the two, and a minute before. */
	assert_non_null(strstr(rig_asked(), "after=2026-03-15T18%3A39%3A00."));
	rig_answer(FILLS, 503, ""); /* from there until it is read */
	rig_wait_ms(1050);
	assert_non_null(strstr(rig_asked(), "after=2026-03-15T18%3A39%3A00."));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, alpaca_warm, alpaca_end)
#define COLD(f) cmocka_unit_test_setup_teardown(f, alpaca_cold, alpaca_end)
	const struct CMUnitTest tests[] = {
		T(an_execution_is_told_once),
		T(a_missing_execution_is_read),
		T(what_is_never_listed_is_made_up_for),
		T(an_execution_of_others_is_told),
		T(an_end_waits_for_its_executions),
		T(a_page_of_executions_is_not_the_last_one),
		COLD(a_process_goes_on_where_the_last_one_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
