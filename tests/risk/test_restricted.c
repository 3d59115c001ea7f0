/*
 * Who may trade what and how often: repeated execution, restricted lists
 * short sales. Vectors of the pre-trade controls in order.
 */
#include "tests/risk/rows.h"

/* ----- R-17 ----- */

static struct risk *
repeat_firm(void)
{
	struct risk *r = wide_firm();
	struct risk_rules rules = no_rules();

	rules.max_executed = 3;
	rule(r, RISK_SCOPE_SESSION, "1", rules);
	rules.max_executed = 5;
	rule(r, RISK_SCOPE_ACCOUNT, "A", rules);
	return r;
}

static void
execute(struct risk *r, uint32_t session)
{
	risk_executed(r, session, fix_span_of("A"), fix_span_of("X"));
}

static void
r17_is_stopped_until_a_person_rearms_it(void **state)
{
	struct risk *r = repeat_firm(), *next;
	struct risk_order o = limit_order("A", "X", '1', 1, PX(10000));
	uint8_t key[RISK_MEMORY_KEY];
	const struct risk_memory *m;
	struct fix_utc later = { 90000 * FIX_SEC };
	struct fix_span k = { key, 0 }, v;
	unsigned n = 0;

	(void)state;
	execute(r, 1);
	execute(r, 1);
	assert_int_equal(check(r, o, NULL), RISK_OK);
	execute(r, 1);
	assert_int_equal(check(r, o, NULL), RISK_REPEAT_EXEC);
	o.session = 2;
	assert_int_equal(check(r, o, NULL), RISK_OK);
	next = repeat_firm(); /* a restart */
	while (risk_changed(r, key, &k.len, &m)) {
		v = (struct fix_span){ (const uint8_t *)m, sizeof(*m) };
		assert_int_equal(risk_remember(next, k, v), 0);
		n++;
	}
	assert_int_equal(n, 2);
	risk_free(r);
	risk_set_day(next, later); /* and a new day */
	o.session = 1;
	assert_int_equal(check(next, o, NULL), RISK_REPEAT_EXEC);
	o.session = 2;
	execute(next, 2);
	execute(next, 2);
	assert_int_equal(check(next, o, NULL), RISK_REPEAT_EXEC); /* account */
	assert_int_equal(risk_rearm(next, RISK_SCOPE_ACCOUNT, "A"), 0);
	assert_int_equal(check(next, o, NULL), RISK_OK);
	assert_int_equal(
	    risk_rearm(next, RISK_SCOPE_ACCOUNT, "A"), -FIX_E_NOTFOUND);
	assert_int_equal(risk_rearm(next, RISK_SCOPE_SESSION, "1"), 0);
	o.session = 1;
	assert_int_equal(check(next, o, NULL), RISK_OK);
	assert_int_equal(
	    risk_rearm(next, RISK_SCOPE_SYMBOL, "X"), -FIX_E_NOTFOUND);
	risk_free(next);
}

static void
what_is_no_memory_is_not_remembered(void **state)
{
	struct risk *r = repeat_firm();
	struct risk_memory m = { 0 };
	struct fix_span v = { (const uint8_t *)&m, sizeof(m) };
	static const char *const bad[] = { "", "9X", "/X", "5x",
		"2AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_not_equal(
		    risk_remember(r, fix_span_of(bad[i]), v), 0);
	v.len--;
	assert_int_equal(
	    risk_remember(r, fix_span_of("2A"), v), -FIX_E_CORRUPT);
	risk_free(r);
}

static void
r18_restricted_lists(void **state)
{
	struct risk *r = wide_firm();
	struct risk_detail d = { .restriction = RISK_SELL_ONLY };
	struct risk_hold held = { 5 * E8, 500 * E8 };
	struct risk_order o = limit_order("B", "X", '1', 4, PX(10000));
	struct risk_verdict v;
	static const struct row sell_only[] = {
		{ "R-18 buy", "A", '1', '2', 1, 10000, 0, RISK_RESTRICTED },
		{ "R-18 sell", "A", '2', '2', 1, 10000, 0, RISK_OK },
		{ "R-18 short", "A", '5', '2', 1, 10000, 0, RISK_RESTRICTED },
	};
	static const struct row account[] = {
		{ "R-18 A", "A", '2', '2', 1, 10000, 0, RISK_RESTRICTED },
		{ "R-18 B buys", "B", '1', '2', 1, 10000, 0, RISK_RESTRICTED },
		{ "R-18 B sells", "B", '2', '2', 1, 10000, 0, RISK_OK },
		{ "R-18 C", "C", '1', '2', 1, 10000, 0, RISK_OK },
	};

	(void)state;
	describe(r, "X", d);
	RUN(r, sell_only);
	d.restriction = RISK_NO_TRADE;
	describe(r, "X", d);
	assert_int_equal(sell(r, "A", "X", 1), RISK_RESTRICTED);
	assert_int_equal(buy(r, "A", "Y", 1), RISK_OK);
	d.restriction = RISK_FREE;
	describe(r, "X", d);
	assert_int_equal(risk_restrict(r, "A", "X", RISK_NO_TRADE), 0);
	assert_int_equal(risk_restrict(r, "B", "X", RISK_SELL_ONLY), 0);
	RUN(r, account);
	/* what lives may be made smaller, not larger */
	assert_int_equal(risk_check_replace(r, &o, held, at_ns(0), &v), 0);
	o.qty_e8 = 6 * E8;
	assert_int_equal(risk_check_replace(r, &o, held, at_ns(0), &v), 1);
	assert_int_equal(v.code, RISK_RESTRICTED);
	risk_free(r);
}

static struct risk *
short_firm(enum risk_marking m, enum risk_shortable s)
{
	struct risk *r = wide_firm();
	struct risk_rules rules = no_rules();
	struct risk_detail d = { .shortable = s };

	rules.short_sale = m;
	rule(r, RISK_SCOPE_FIRM, "", rules);
	describe(r, "X", d);
	position(r, "A", "X", 100);
	return r;
}

static void
r19_a_sale_of_more_than_is_held_is_marked(void **state)
{
	struct risk *r = short_firm(RISK_MARK_CHECKED, RISK_SHORT_EASY);
	static const struct row rows[] = {
		{ "R-19 OS 60", "A", '2', '2', 60, 10000, 0, RISK_OK },
		{ "R-19 sell 41", "A", '2', '2', 41, 10000, 0,
		    RISK_SHORT_MARK },
		{ "R-19 sell 40", "A", '2', '2', 40, 10000, 0, RISK_OK },
		{ "R-19 short 41, easy", "A", '5', '2', 41, 10000, 0,
		    RISK_OK },
		{ "R-19 side 6", "A", '6', '2', 1, 10000, 0,
		    RISK_SHORT_ACCOUNT },
	};
	struct risk_order o = limit_order("A", "X", '2', 60, PX(10000));
	struct risk_hold held = { 60 * E8, 6000 * E8 };
	struct risk_verdict v;

	(void)state;
	RUN(r, rows);
	assert_int_equal(risk_allow_exempt(r, "A"), 0);
	assert_int_equal(
	    check(r, limit_order("A", "X", '6', 1, PX(10000)), NULL), RISK_OK);
	o.qty_e8 = 59 * E8; /* its own offer does not count against it */
	assert_int_equal(risk_check_replace(r, &o, held, at_ns(0), &v), 0);
	o.qty_e8 = 61 * E8;
	assert_int_equal(risk_check_replace(r, &o, held, at_ns(0), &v), 1);
	assert_int_equal(v.code, RISK_SHORT_MARK);
	risk_free(r);
}

static void
r19_strict_marking(void **state)
{
	struct risk *r = short_firm(RISK_MARK_STRICT, RISK_SHORT_EASY);
	static const struct row rows[] = {
		{ "R-19 short 50 of 100", "A", '5', '2', 50, 10000, 0,
		    RISK_SHORT_MARK },
		{ "R-19 short 100 of 100", "A", '5', '2', 100, 10000, 0,
		    RISK_SHORT_MARK },
		{ "R-19 short 101 of 100", "A", '5', '2', 101, 10000, 0,
		    RISK_OK },
	};

	(void)state;
	RUN(r, rows);
	risk_free(r);
}

static void
r19_locates_are_used_up_and_given_back(void **state)
{
	struct risk *r = short_firm(RISK_MARK_CHECKED, RISK_SHORT_LOCATED);
	struct fix_utc later = { 90000 * FIX_SEC };
	static const struct row none[] = {
		{ "R-19 no locate", "C", '5', '2', 1, 10000, 0,
		    RISK_SHORT_LOCATE },
	};
	static const struct row some[] = {
		{ "R-19 short 30", "C", '5', '2', 30, 10000, 0, RISK_OK },
		{ "R-19 short 30 more", "C", '5', '2', 30, 10000, 0,
		    RISK_SHORT_LOCATE },
		{ "R-19 short 20 more", "C", '5', '2', 20, 10000, 0, RISK_OK },
	};

	(void)state;
	RUN(r, none);
	assert_int_equal(risk_set_locate(r, "C", "X", 50 * E8), 0);
	RUN(r, some);
	release(r, "C", "X", '5', 30); /* canceled: 30 are free again */
	assert_int_equal(
	    check(r, limit_order("C", "X", '5', 30, PX(10000)), NULL),
	    RISK_OK);
	release(r, "C", "X", '5', 30); /* executed: they are not */
	risk_fill(r, fix_span_of("C"), fix_span_of("X"), '5', 30 * E8,
	    PX(10000));
	assert_int_equal(
	    check(r, limit_order("C", "X", '5', 1, PX(10000)), NULL),
	    RISK_SHORT_LOCATE);
	release(r, "C", "X", '5', 20);
	risk_set_day(r, later);
	(void)later;
	risk_free(r);
	r = short_firm(RISK_MARK_CHECKED, RISK_SHORT_NEVER);
	RUN(r, none);
	risk_free(r);
}

static void
r19_a_replace_counts_by_its_whole_quantity(void **state)
{
	struct risk *r = short_firm(RISK_MARK_CHECKED, RISK_SHORT_LOCATED);
	struct risk_verdict v;

	(void)state;
	assert_int_equal(sell(r, "A", "X", 60), RISK_OK);
	assert_int_equal(replaced(r, '2', 60, 101, PX(10000)),
	    RISK_SHORT_MARK);
	assert_int_equal(replaced(r, '2', 60, 100, PX(10000)), RISK_OK);
	assert_int_equal(check(r, limit_order("A", "X", '2', 1, PX(10000)),
	    &v), RISK_SHORT_MARK);
	assert_int_equal(v.limit, 0);
	release(r, "A", "X", '2', 40);
	assert_int_equal(check(r, limit_order("A", "X", '2', 41, PX(10000)),
	    &v), RISK_SHORT_MARK);
	assert_int_equal(v.limit, 40 * E8);
	position(r, "A", "X", -5);
	assert_int_equal(check(r, limit_order("A", "X", '2', 1, PX(10000)),
	    &v), RISK_SHORT_MARK);
	assert_int_equal(v.limit, 0);
	/* And so do locates */
	assert_int_equal(risk_set_locate(r, "A", "X", 50 * E8), 0);
	assert_int_equal(check(r, limit_order("A", "X", '5', 30, PX(10000)),
	    NULL), RISK_OK);
	assert_int_equal(replaced(r, '5', 30, 51, PX(10000)),
	    RISK_SHORT_LOCATE);
	assert_int_equal(replaced(r, '5', 30, 50, PX(10000)), RISK_OK);
	risk_free(r);
}

static void
r18_a_live_order_may_stay_as_large_as_it_is(void **state)
{
	struct risk *r = wide_firm();

	(void)state;
	assert_int_equal(buy(r, "A", "X", 5), RISK_OK);
	assert_int_equal(risk_restrict(r, "A", "X", RISK_NO_TRADE), 0);
	assert_int_equal(replaced(r, '1', 5, 5, PX(9900)), RISK_OK);
	assert_int_equal(replaced(r, '1', 5, 6, PX(9900)), RISK_RESTRICTED);
	risk_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(r17_is_stopped_until_a_person_rearms_it),
		cmocka_unit_test(what_is_no_memory_is_not_remembered),
		cmocka_unit_test(r18_restricted_lists),
		cmocka_unit_test(r19_a_sale_of_more_than_is_held_is_marked),
		cmocka_unit_test(r19_strict_marking),
		cmocka_unit_test(r19_locates_are_used_up_and_given_back),
		cmocka_unit_test(r19_a_replace_counts_by_its_whole_quantity),
		cmocka_unit_test(r18_a_live_order_may_stay_as_large_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
