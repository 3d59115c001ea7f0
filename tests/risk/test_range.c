/*
 * What is remembered of accepted orders: the range of prices (R-12 over a period)
 * and orders alike, to the ends of their windows.
 */
#include "tests/risk/rows.h"

#define TICKS 10

/* X moves in ticks of 0.01, no further than 10 in 16 s. */
static struct risk *
ranged(void)
{
	struct risk_detail d = { .range_window_ns = 16 * FIX_SEC,
		.range_ticks = TICKS };
	struct risk *r = wide_firm();

	add_symbol(r, "X", "EQ", PX(1), 0, E8);
	describe(r, "X", d);
	return r;
}

static enum risk_code
at_s(struct risk *r, int64_t s, int64_t cents, struct risk_verdict *v)
{
	struct risk_order o = limit_order("A", "X", '1', 1, PX(cents));
	struct risk_verdict mine;

	v = v == NULL ? &mine : v;
	(void)!risk_check_new(r, &o, at_ns(s * FIX_SEC), v);
	return v->code;
}

static void
r12_a_price_counts_for_the_window_and_no_sixteenth_more(void **state)
{
	(void)state;
	for (int64_t t = 0; t < 17; t++) {
		struct risk *r = ranged();

		assert_int_equal(at_s(r, t, 10000, NULL), RISK_OK);
		assert_int_equal(at_s(r, t + 15, 10005, NULL), RISK_OK);
		assert_int_equal(at_s(r, t + 16, 10011, NULL), RISK_COLLAR);
		assert_int_equal(at_s(r, t + 16, 10010, NULL), RISK_OK);
		assert_int_equal(at_s(r, t + 17, 10015, NULL), RISK_OK);
		assert_int_equal(at_s(r, t + 17, 10016, NULL), RISK_COLLAR);
		risk_free(r);
	}
}

static void
r12_a_moment_has_a_lowest_and_a_highest_price(void **state)
{
	struct risk *r = ranged();
	struct risk_verdict v;

	(void)state;
	assert_int_equal(at_s(r, 0, 10005, NULL), RISK_OK);
	assert_int_equal(at_s(r, 0, 10000, NULL), RISK_OK);
	assert_int_equal(at_s(r, 0, 10003, NULL), RISK_OK);
	assert_int_equal(at_s(r, 0, 10011, &v), RISK_COLLAR);
	assert_int_equal(v.limit, PX(10010));
	risk_free(r);
	r = ranged();
	assert_int_equal(at_s(r, 0, 10005, NULL), RISK_OK);
	assert_int_equal(at_s(r, 0, 10010, NULL), RISK_OK);
	assert_int_equal(at_s(r, 0, 10007, NULL), RISK_OK);
	assert_int_equal(at_s(r, 0, 9999, &v), RISK_COLLAR);
	assert_int_equal(v.limit, PX(10000));
	risk_free(r);
}

static void
r12_a_range_is_of_prices_and_in_ticks(void **state)
{
	struct risk_detail d = { .range_window_ns = 16 * FIX_SEC,
		.range_ticks = TICKS };
	struct risk *r = ranged();

	(void)state;
	assert_int_equal(at_s(r, 0, 10000, NULL), RISK_OK);
	assert_int_equal(check(r, market_order("A", "X", '2', 1), NULL),
	    RISK_OK);
	describe(r, "X", d); /* again: what it has seen stays */
	assert_int_equal(at_s(r, 0, 10011, NULL), RISK_COLLAR);
	add_symbol(r, "X", "EQ", 0, 0, E8);
	assert_int_equal(at_s(r, 0, 10000, NULL), RISK_COLLAR);
	d.range_window_ns = 0;
	describe(r, "X", d);
	assert_int_equal(at_s(r, 0, 10011, NULL), RISK_OK);
	risk_free(r);
}

static struct risk *
alike(int64_t most)
{
	struct risk_rules rules = no_rules();
	struct risk *r = wide_firm();

	rules.dup_max = most;
	rules.dup_window_ns = 1000 * MS;
	rule(r, RISK_SCOPE_ACCOUNT, "A", rules);
	return r;
}

static void
r16_type_and_time_in_force_are_part_of_what_it_is(void **state)
{
	struct risk_order o = limit_order("A", "X", '1', 1, PX(10000));
	struct risk_order other = o;
	struct risk_verdict v;
	struct risk *r = alike(1);

	(void)state;
	o.time_in_force = other.time_in_force = '0';
	assert_int_equal(check(r, o, NULL), RISK_OK);
	other.time_in_force = '3';
	assert_int_equal(check(r, other, NULL), RISK_OK);
	assert_int_equal(check(r, other, NULL), RISK_DUP_CONTENT);
	other = o;
	other.ord_type = '1'; /* at the market, whatever price it names */
	assert_int_equal(check(r, other, NULL), RISK_OK);
	assert_int_equal(check(r, other, NULL), RISK_DUP_CONTENT);
	assert_int_equal(check(r, o, &v), RISK_DUP_CONTENT);
	assert_int_equal(v.limit, 1);
	assert_int_equal(v.value, 2);
	risk_free(r);
}

/* More orders in a window than are remembered: it can't be known, so no. */
static void
r16_a_window_that_is_full_refuses(void **state)
{
	struct risk_order o = limit_order("A", "X", '1', 1, PX(10000));
	struct risk *r = alike(100000);

	(void)state;
	for (o.qty_e8 = 1; o.qty_e8 <= 65536; o.qty_e8++)
		assert_int_equal(check_at(r, o, 10000 * MS), RISK_OK);
	assert_int_equal(check_at(r, o, 10999 * MS), RISK_INTERNAL);
	assert_int_equal(check_at(r, o, 11000 * MS), RISK_OK);
	risk_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    r12_a_price_counts_for_the_window_and_no_sixteenth_more),
		cmocka_unit_test(r12_a_moment_has_a_lowest_and_a_highest_price),
		cmocka_unit_test(r12_a_range_is_of_prices_and_in_ticks),
		cmocka_unit_test(
		    r16_type_and_time_in_force_are_part_of_what_it_is),
		cmocka_unit_test(r16_a_window_that_is_full_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
