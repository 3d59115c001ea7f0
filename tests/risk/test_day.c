/*
 * What a day adds up to and what a moment does, with fees. Each side
 * of each sum alone, replaces, and the ends of windows.
 */
#include "tests/risk/rows.h"

static struct risk *
with(struct risk_rules rules)
{
	struct risk *r = wide_firm();

	rule(r, RISK_SCOPE_ACCOUNT, "A", rules);
	return r;
}

static void
filled(struct risk *r, char side, int64_t qty)
{
	(void)risk_fill(r, fix_span_of("A"), fix_span_of("X"), side, qty * E8,
	    PX(10000));
}

/* What changed since, one memory at most. @return NULL: nothing */
static const struct risk_memory *
changed(struct risk *r)
{
	uint8_t key[RISK_MEMORY_KEY];
	const struct risk_memory *m, *more;
	size_t n;

	if (!risk_changed(r, key, &n, &m))
		return NULL;
	assert_false(risk_changed(r, key, &n, &more));
	return m;
}

static void
r27_each_side_has_its_own_cap(void **state)
{
	struct risk_rules rules = no_rules();
	struct risk *r;

	(void)state;
	rules.max_bought_e8 = 1000 * E8;
	r = with(rules);
	filled(r, '1', 6);
	assert_int_equal(buy(r, "A", "X", 3), RISK_OK);
	assert_int_equal(buy(r, "A", "X", 2), RISK_TURNOVER);
	assert_int_equal(sell(r, "A", "X", 100), RISK_OK);
	assert_int_equal(buy(r, "A", "X", 1), RISK_OK);
	risk_free(r);
	rules = no_rules();
	rules.max_sold_e8 = 1000 * E8;
	r = with(rules);
	filled(r, '2', 6);
	assert_int_equal(sell(r, "A", "X", 3), RISK_OK);
	assert_int_equal(sell(r, "A", "X", 2), RISK_TURNOVER);
	assert_int_equal(buy(r, "A", "X", 100), RISK_OK);
	assert_int_equal(sell(r, "A", "X", 1), RISK_OK);
	risk_free(r);
}

static void
r27_a_refusal_names_both_sides_together(void **state)
{
	struct risk_rules rules = no_rules();
	struct risk_verdict v;
	struct risk *r;

	(void)state;
	rules.max_turnover_e8 = 1000 * E8;
	r = with(rules);
	filled(r, '1', 6);
	filled(r, '2', 3);
	assert_int_equal(check(r, limit_order("A", "X", '2', 2, PX(10000)),
	    &v), RISK_TURNOVER);
	assert_int_equal(v.value, 1100 * E8);
	assert_int_equal(v.limit, 1000 * E8);
	risk_free(r);
}

static void
r27_a_replace_counts_by_what_it_adds(void **state)
{
	struct risk_rules rules = no_rules();
	struct risk *r;

	(void)state;
	rules.max_turnover_e8 = 10000 * E8;
	rules.max_traded_qty_e8 = 100 * E8;
	r = with(rules);
	assert_int_equal(buy(r, "A", "X", 60), RISK_OK);
	/* Money alone, quantity alone */
	assert_int_equal(replaced(r, '1', 60, 60, PX(17000)), RISK_TURNOVER);
	assert_int_equal(replaced(r, '1', 60, 101, PX(5000)), RISK_TURNOVER);
	assert_int_equal(replaced(r, '1', 60, 100, PX(10000)), RISK_OK);
	/* What adds nothing passes also where the caps were cut */
	rules.max_turnover_e8 = 5000 * E8;
	rules.max_traded_qty_e8 = 50 * E8;
	rule(r, RISK_SCOPE_ACCOUNT, "A", rules);
	assert_int_equal(replaced(r, '1', 100, 100, PX(10000)), RISK_OK);
	assert_int_equal(replaced(r, '1', 100, 100, PX(9000)), RISK_OK);
	assert_int_equal(replaced(r, '1', 100, 90, PX(10000)), RISK_OK);
	assert_int_equal(replaced(r, '1', 100, 101, PX(10000)), RISK_TURNOVER);
	risk_free(r);
}

/* The table of struct risk_rules: these are of the scopes that count. */
static void
a_session_has_no_sums_of_a_day(void **state)
{
	struct risk_rules rules = no_rules();
	struct risk *r = wide_firm();

	(void)state;
	rules.max_turnover_e8 = rules.max_gross_e8 = rules.max_net_e8 = 0;
	rules.max_otr_e8 = rules.max_otr_volume_e8 = 0;
	rule(r, RISK_SCOPE_SESSION, "1", rules);
	for (int i = 0; i < 3; i++)
		assert_int_equal(buy(r, "A", "X", 5), RISK_OK);
	assert_null(changed(r)); /* nor are its orders counted */
	risk_free(r);
}

static void
nothing_is_counted(struct risk *r)
{
	filled(r, '1', 1);
	risk_executed(r, 1, fix_span_of("A"), fix_span_of("X"));
	assert_null(changed(r));
	assert_int_equal(buy(r, "A", "X", 1), RISK_OK);
	assert_null(changed(r));
}

static void
what_no_rule_asks_for_is_not_counted(void **state)
{
	struct risk_rules rules = no_rules();
	struct risk *r = wide_firm();

	(void)state;
	nothing_is_counted(r);
	rules.max_adv_bp = 1;
	rules.adv_optional = true;
	rule(r, RISK_SCOPE_ACCOUNT, "A", rules);
	nothing_is_counted(r);
	risk_free(r);
}

static int64_t
fee_of(int64_t qty_e8)
{
	struct risk_rules rules = no_rules();
	const struct risk_memory *m;
	int64_t fee;
	struct risk *r;

	rules.fee_bp = 1;
	r = with(rules);
	(void)risk_fill(r, fix_span_of("A"), fix_span_of("X"), '1', qty_e8, E8);
	m = changed(r);
	assert_non_null(m);
	fee = m->fees_e8;
	risk_free(r);
	return fee;
}

static void
a_fee_is_rounded_up(void **state)
{
	(void)state;
	assert_int_equal(fee_of(1), 1);
	assert_int_equal(fee_of(10000), 1);
	assert_int_equal(fee_of(10001), 2);
}

/* ----- cancels of new orders in a window ----- */

static struct risk *
canceling(int64_t most_bp, int64_t least, int64_t window_ns)
{
	struct risk_rules rules = no_rules();
	struct risk *r = wide_firm();

	rules.max_cancel_bp = most_bp;
	rules.cancel_min = least;
	rules.cancel_window_ns = window_ns;
	rule(r, RISK_SCOPE_SESSION, "1", rules);
	return r;
}

static enum risk_code
ordered(struct risk *r, int64_t ms)
{
	return check_at(r, limit_order("A", "X", '1', 1, PX(10000)), ms * MS);
}

static void
canceled(struct risk *r, int64_t ms)
{
	risk_count_cancel(r, 1, at_ns(ms * MS));
}

static void
r29_both_halves_of_the_window_count(void **state)
{
	struct risk *r = canceling(2500, 4, 1000 * MS);

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(ordered(r, 0), RISK_OK);
	canceled(r, 0);
	assert_int_equal(ordered(r, 500), RISK_OK);
	assert_int_equal(ordered(r, 500), RISK_OK); /* 1 of 4: as much as may be */
	canceled(r, 500);
	assert_int_equal(ordered(r, 999), RISK_CANCEL_RATE); /* 2 of 5 */
	/* The first half is forgotten: 2 orders are too few to be looked at */
	assert_int_equal(ordered(r, 1000), RISK_OK);
	assert_int_equal(ordered(r, 1000), RISK_OK);
	assert_int_equal(ordered(r, 1000), RISK_OK); /* 1 of 4 */
	/* And so is all, after a rest */
	for (int i = 0; i < 9; i++)
		canceled(r, 1200);
	assert_int_equal(ordered(r, 1400), RISK_CANCEL_RATE);
	assert_int_equal(ordered(r, 2000), RISK_OK);
	risk_free(r);
}

static void
r29_a_window_may_be_short(void **state)
{
	struct risk *r = canceling(0, 0, 2);

	(void)state;
	assert_int_equal(ordered(r, 0), RISK_OK);
	canceled(r, 0);
	assert_int_equal(ordered(r, 0), RISK_CANCEL_RATE);
	risk_free(r);
}

static void
r29_without_a_limit_no_cancel_counts(void **state)
{
	struct risk *r = canceling(RISK_UNLIMITED, 0, 1000 * MS);

	(void)state;
	canceled(r, 0);
	assert_int_equal(ordered(r, 0), RISK_OK);
	risk_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(r27_each_side_has_its_own_cap),
		cmocka_unit_test(r27_a_refusal_names_both_sides_together),
		cmocka_unit_test(r27_a_replace_counts_by_what_it_adds),
		cmocka_unit_test(a_session_has_no_sums_of_a_day),
		cmocka_unit_test(what_no_rule_asks_for_is_not_counted),
		cmocka_unit_test(a_fee_is_rounded_up),
		cmocka_unit_test(r29_both_halves_of_the_window_count),
		cmocka_unit_test(r29_a_window_may_be_short),
		cmocka_unit_test(r29_without_a_limit_no_cancel_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
