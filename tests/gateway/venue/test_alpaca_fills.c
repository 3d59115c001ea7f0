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

/* ----- fees that are booked later ----- */

#define FEE(id, day, amount) \
	"{\"activity_type\":\"FEE\",\"id\":\"" id "\",\"date\":\"" day \
	"\",\"net_amount\":\"" amount "\",\"status\":\"executed\"}"
#define COIN(id, day, qty) \
	"{\"activity_type\":\"CFEE\",\"id\":\"" id "\",\"date\":\"" day \
	"\",\"net_amount\":\"0\",\"symbol\":\"ETHUSD\",\"qty\":\"" qty "\"}"

static const char *
counted(struct alpaca *v, const char *fees)
{
	alpaca_count(v);
	alpaca_count(v); /* one at a time */
	alpaca_holds(fees, "9");
	return rig_told();
}

static void
fees_are_told_as_sums(void **state)
{
	struct alpaca *v = *state;

	assert_string_equal(counted(v, "[]"),
	    "balance asset=USD free=9 unit=0.01; counted");
	assert_string_equal(counted(v, "[" FEE("a", "2026-03-16", "-0.02") ","
	    COIN("b", "2026-03-16", "-0.006890872") "]"),
	    "keep key=fee USD value=2026-03-09 0; "
	    "keep key=fee ETHUSD value=2026-03-09 0; "
	    "balance asset=USD free=0 charged=0.02; "
	    "balance asset=ETHUSD free=0 charged=0.006890872; "
	    "balance asset=USD free=9 unit=0.01 charged=0.02; counted");
	/* A row that comes late, and an answer that says what is known. */
	assert_non_null(strstr(counted(v, "[" FEE("c", "2026-03-10", "-1") ","
	    FEE("a", "2026-03-16", "-0.02") ","
	    "{\"activity_type\":\"FEE\",\"id\":\"d\",\"date\":\"2026-03-16\","
	    "\"net_amount\":\"-5\",\"status\":\"canceled\"}]"),
	    "free=9 unit=0.01 charged=1.02; "));
	/* Days later what is old is kept. */
	rig.utc += 2 * FIX_DAY;
	assert_non_null(strstr(counted(v, "[" FEE("c", "2026-03-10", "-1") ","
	    FEE("a", "2026-03-16", "-0.02") "]"), "charged=1.02; "));
	assert_non_null(strstr(rig.told, "keep key=fee USD value=2026-03-11 1"));
	assert_non_null(strstr(counted(v, "[" FEE("c", "2026-03-10", "-1") ","
	    FEE("a", "2026-03-16", "-0.02") "]"), "charged=1.02; "));
	assert_null(strstr(rig.told, "keep"));
}

static void
nothing_is_counted_before_fees_are_known(void **state)
{
	struct alpaca *v = *state;

	v->fees.known = false;
	alpaca_count(v);
	(void)rig_asked();
	rig_answer("GET", 500, "{}");
	assert_string_equal(rig_asked(), "GET /v2/account");
	rig_answer("GET", 200, "{\"status\":\"ACTIVE\",\"cash\":\"9\"}");
	(void)rig_asked();
	rig_answer("GET", 200, "[]");
	assert_string_equal(rig_told(), "balance asset=USD free=9 unit=0.01");
}

static void
fees_of_before_a_restart_are_in_the_sum(void **state)
{
	struct alpaca *v = *state;

	v->fees.n = 0;
	rig_trader("kept", "key", "fee USD", "value", "2026-03-12 7.5", NULL);
	rig_trader("kept", "key", "fee ", "value", "2026-03-12 7.5", NULL);
	rig_trader("kept", "key", "fee EUR", "value", "2026-03-12", NULL);
	assert_int_equal(v->fees.n, 1);
	assert_non_null(strstr(counted(v, "[" FEE("c", "2026-03-11", "-1") ","
	    FEE("a", "2026-03-12", "-0.5") "]"), "free=9 unit=0.01 charged=8; "));
}

/* Many pages of fees are not read at each count. */
static void
many_fees_are_read_seldom(void **state)
{
	struct alpaca *v = *state;
	char page[100 * 128] = "[";
	size_t n = 1;

	for (int i = 0; i < 100; i++)
		n += (size_t)snprintf(page + n, sizeof(page) - n, "%s"
		    FEE("x%d", "2026-03-16", "-0.01"), i == 0 ? "" : ",", i);
	snprintf(page + n, sizeof(page) - n, "]");
	alpaca_count(v);
	(void)rig_asked();
	rig_answer("GET", 200, page);
	assert_non_null(strstr(rig_asked(), "&page_token=x99"));
	rig_answer("GET", 200, "[" FEE("y", "2026-03-16", "-0.01") "]");
	(void)rig_asked();
	rig_answer("GET /v2/account", 200, "{\"status\":\"ACTIVE\",\"cash\":"
	    "\"9\"}");
	(void)rig_asked();
	rig_answer("GET /v2/positions", 200, "[]");
	assert_non_null(strstr(rig_told(), "charged=1.01; counted"));
	alpaca_count(v);
	assert_string_equal(rig_asked(), "GET /v2/account");
	rig_answer("GET", 500, "");
	alpaca_count(v);
	assert_non_null(strstr(rig_asked(), "activities"));
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
		T(fees_are_told_as_sums),
		T(nothing_is_counted_before_fees_are_known),
		T(fees_of_before_a_restart_are_in_the_sum),
		T(many_fees_are_read_seldom),
		COLD(a_process_goes_on_where_the_last_one_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
