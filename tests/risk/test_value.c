/*
 * What positions are worth and what a day adds up to: to
 * Vectors of the pre-trade controls, in order.
 */
#include "tests/risk/rows.h"

static void
r20_conservative_and_netting(void **state)
{
	struct risk_limits l = unlimited();
	struct risk_rules rules = no_rules();
	struct risk *r = bare_firm();

	(void)state;
	l.max_long_e8 = l.max_short_e8 = 1000 * E8;
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	position(r, "A", "X", -400);
	assert_int_equal(buy(r, "A", "X", 1401), RISK_POS_LONG);
	assert_int_equal(buy(r, "A", "X", 1400), RISK_OK);
	release(r, "A", "X", '1', 1400);
	rules.conservative = true;
	rule(r, RISK_SCOPE_ACCOUNT, "A", rules);
	assert_int_equal(buy(r, "A", "X", 1001), RISK_POS_LONG);
	assert_int_equal(buy(r, "A", "X", 1000), RISK_OK);
	release(r, "A", "X", '1', 1000);
	position(r, "A", "X", 400);
	assert_int_equal(sell(r, "A", "X", 1001), RISK_POS_SHORT);
	assert_int_equal(sell(r, "A", "X", 1000), RISK_OK);
	release(r, "A", "X", '2', 1000);
	position(r, "A", "X", -1600); /* over a limit that was cut: reduce */
	assert_int_equal(buy(r, "A", "X", 1500), RISK_OK);
	assert_int_equal(sell(r, "A", "X", 1), RISK_POS_SHORT);
	risk_free(r);
}

static struct risk *
two_symbols(struct risk_rules rules, enum risk_scope kind, const char *id)
{
	struct risk *r = wide_firm();

	mark(r, "X", PX(1000));
	mark(r, "Y", PX(2000));
	position(r, "A", "X", 100);
	position(r, "A", "Y", -50);
	rule(r, kind, id, rules); /* also what is held already counts */
	return r;
}

static void
r21_r22_net_and_gross(void **state)
{
	static const struct {
		enum risk_scope kind;
		const char *id;
	} at[] = { { RISK_SCOPE_ACCOUNT, "A" }, { RISK_SCOPE_CLASS, "EQ" },
		{ RISK_SCOPE_GROUP, "G" }, { RISK_SCOPE_FIRM, "" } };

	(void)state;
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		struct risk_rules rules = no_rules();
		struct risk *r;

		rules.max_gross_e8 = 3000 * E8;
		r = two_symbols(rules, at[i].kind, at[i].id);
		assert_int_equal(
		    try_order(r, "A", "X", '1', 101, 1000), RISK_GROSS);
		assert_int_equal(
		    try_order(r, "A", "X", '1', 100, 1000), RISK_OK);
		assert_int_equal(
		    try_order(r, "A", "X", '1', 1, 1000), RISK_GROSS);
		assert_int_equal( /* does not raise the worst side */
		    try_order(r, "A", "X", '2', 100, 1000), RISK_OK);
		risk_free(r);
		rules = no_rules();
		rules.max_net_e8 = 500 * E8;
		r = two_symbols(rules, at[i].kind, at[i].id);
		assert_int_equal(
		    try_order(r, "A", "X", '1', 51, 1000), RISK_NET);
		assert_int_equal(
		    try_order(r, "A", "X", '1', 50, 1000), RISK_OK);
		assert_int_equal( /* the other sign makes room */
		    try_order(r, "A", "Y", '2', 25, 2000), RISK_OK);
		assert_int_equal(
		    try_order(r, "A", "X", '1', 50, 1000), RISK_OK);
		risk_free(r);
	}
}

static void
r22_a_price_moves_what_is_held(void **state)
{
	struct risk_rules rules = no_rules();
	struct risk *r;

	(void)state;
	rules.max_gross_e8 = 3000 * E8;
	r = two_symbols(rules, RISK_SCOPE_FIRM, "");
	position(r, "B", "X", 1); /* a second holding of the symbol */
	mark(r, "X", PX(1990)); /* 2010 - 20 + 1000 */
	assert_int_equal(try_order(r, "A", "X", '1', 1, 1990), RISK_GROSS);
	mark(r, "X", PX(1000));
	assert_int_equal(try_order(r, "A", "X", '1', 99, 1000), RISK_OK);
	assert_int_equal(try_order(r, "A", "X", '1', 1, 1000), RISK_GROSS);
	add_symbol(r, "NEW", "EQ", 0, 0, E8); /* no reference */
	assert_int_equal(
	    try_order(r, "A", "NEW", '1', 1, 1000), RISK_REF_MISSING);
	risk_free(r);
}

static void
r23_a_class_over_its_symbols(void **state)
{
	struct risk_rules rules = no_rules();
	struct risk *r = wide_firm();

	(void)state;
	rules.max_gross_e8 = 5000 * E8;
	rule(r, RISK_SCOPE_CLASS, "EQ", rules);
	assert_int_equal(try_order(r, "A", "X", '1', 30, 10000), RISK_OK);
	assert_int_equal(try_order(r, "A", "Y", '1', 20, 10000), RISK_OK);
	assert_int_equal(try_order(r, "A", "X", '1', 1, 10000), RISK_GROSS);
	assert_int_equal(try_order(r, "A", "Z", '1', 100, 10000), RISK_OK);
	risk_free(r);
}

static void
r26_buying_power_with_fees(void **state)
{
	struct risk_rules rules = no_rules();
	struct risk *r = wide_firm();
	struct risk_hold was = { 99 * E8, 9900 * E8 };
	struct risk_hold is = { 49 * E8, 4900 * E8 };
	struct risk_verdict v;

	(void)state;
	rules.has_credit = true;
	rules.cash_e8 = 9000 * E8;
	rules.credit_e8 = 1000 * E8;
	rules.fee_bp = 10;
	rule(r, RISK_SCOPE_ACCOUNT, "A", rules);
	assert_int_equal(
	    check(r, limit_order("A", "X", '1', 100, PX(10000)), &v),
	    RISK_CREDIT);
	assert_int_equal(v.value, 10010 * E8);
	assert_int_equal(v.limit, 10000 * E8);
	assert_int_equal(try_order(r, "A", "X", '1', 99, 10000), RISK_OK);
	assert_int_equal(try_order(r, "A", "X", '1', 1, 10000), RISK_CREDIT);
	/* 50 of them at 99.00: 10000 - 4950 - 4.95 - 4904.90 = 140.15 */
	risk_rehold(
	    r, fix_span_of("A"), fix_span_of("X"), '1', was, is, 0);
	fill(r, "A", "X", '1', 50, 9900);
	assert_int_equal(try_order(r, "A", "X", '1', 1, 14001), RISK_CREDIT);
	assert_int_equal(try_order(r, "A", "X", '1', 1, 14000), RISK_OK);
	assert_int_equal(try_order(r, "A", "X", '2', 1000, 10000), RISK_OK);
	assert_int_equal(try_order(r, "B", "X", '1', 1000, 10000), RISK_OK);
	risk_free(r);
}

static void
r27_turnover_of_a_day(void **state)
{
	struct risk_rules rules = no_rules();
	struct risk *r = wide_firm();
	struct fix_utc later = { 90000 * FIX_SEC };

	(void)state;
	rules.max_turnover_e8 = 1000 * E8;
	rule(r, RISK_SCOPE_FIRM, "", rules);
	fill(r, "A", "X", '1', 6, 10000);
	assert_int_equal(try_order(r, "B", "Y", '2', 3, 10000), RISK_OK);
	assert_int_equal(try_order(r, "A", "X", '1', 1, 10100), RISK_TURNOVER);
	assert_int_equal(try_order(r, "A", "X", '1', 1, 10000), RISK_OK);
	release(r, "A", "X", '1', 1);
	release(r, "B", "Y", '2', 3);
	assert_int_equal(try_order(r, "A", "X", '1', 4, 10000), RISK_OK);
	release(r, "A", "X", '1', 4);
	risk_fill(r, fix_span_of("A"), fix_span_of("X"), '1', -6 * E8,
	    PX(10000)); /* a bust gives nothing back */
	assert_int_equal(try_order(r, "A", "X", '1', 5, 10000), RISK_TURNOVER);
	risk_set_day(r, later);
	{
		struct risk_order o = limit_order("A", "X", '1', 10, PX(10000));
		struct fix_now now = { later, { 0 } };
		struct risk_verdict v;

		assert_int_equal(risk_check_new(r, &o, now, &v), 0);
	}
	risk_free(r);
}

static void
r27_each_side_and_the_quantity(void **state)
{
	struct risk_rules rules = no_rules();
	struct risk *r = wide_firm();

	(void)state;
	rules.max_bought_e8 = 500 * E8;
	rules.max_sold_e8 = 300 * E8;
	rule(r, RISK_SCOPE_ACCOUNT, "A", rules);
	rules = no_rules();
	rules.max_traded_qty_e8 = 4 * E8;
	rule(r, RISK_SCOPE_ACCOUNT, "B", rules);
	assert_int_equal(try_order(r, "A", "X", '1', 6, 10000), RISK_TURNOVER);
	assert_int_equal(try_order(r, "A", "X", '1', 5, 10000), RISK_OK);
	assert_int_equal(try_order(r, "A", "X", '2', 4, 10000), RISK_TURNOVER);
	assert_int_equal(try_order(r, "A", "X", '2', 3, 10000), RISK_OK);
	fill(r, "B", "Y", '1', 2, 100);
	assert_int_equal(try_order(r, "B", "X", '1', 3, 100), RISK_TURNOVER);
	assert_int_equal(try_order(r, "B", "X", '1', 2, 100), RISK_OK);
	risk_free(r);
}

static void
r28_orders_to_trades(void **state)
{
	struct risk_rules rules = no_rules();
	struct risk *r = wide_firm();
	int i;

	(void)state;
	rules.max_otr_e8 = 10 * E8;
	rules.otr_min = 20;
	rule(r, RISK_SCOPE_ACCOUNT, "A", rules);
	for (i = 0; i < 19; i++)
		assert_int_equal(buy(r, "A", "X", 1), RISK_OK);
	assert_int_equal(buy(r, "A", "X", 1), RISK_OTR); /* 20 / 1 - 1 */
	assert_int_equal(buy(r, "A", "Y", 1), RISK_OK);
	fill(r, "A", "X", '1', 1, 10000);
	fill(r, "A", "X", '1', 1, 10000);
	for (i = 0; i < 3; i++) /* up to 22 / 2 - 1 = 10 */
		assert_int_equal(buy(r, "A", "X", 1), RISK_OK);
	assert_int_equal(buy(r, "A", "X", 1), RISK_OTR); /* 10.5 */
	risk_free(r);
	r = wide_firm();
	rules = no_rules();
	rules.max_otr_volume_e8 = 4 * E8;
	rule(r, RISK_SCOPE_SYMBOL, "X", rules);
	fill(r, "A", "X", '1', 2, 10000);
	assert_int_equal(buy(r, "A", "X", 11), RISK_OTR);
	assert_int_equal(buy(r, "A", "X", 10), RISK_OK);
	risk_free(r);
}

static void
r29_cancels_of_new_orders(void **state)
{
	struct risk_rules rules = no_rules();
	struct risk *r = wide_firm();
	int i;

	(void)state;
	rules.max_cancel_bp = 9500;
	rules.cancel_min = 100;
	rules.cancel_window_ns = 60 * FIX_SEC;
	rule(r, RISK_SCOPE_SESSION, "1", rules);
	for (i = 0; i < 99; i++)
		assert_int_equal(buy(r, "A", "X", 1), RISK_OK);
	for (i = 0; i < 96; i++)
		risk_count_cancel(r, 1, at_ns(0));
	assert_int_equal(buy(r, "A", "X", 1), RISK_OK); /* 99: too few */
	assert_int_equal(buy(r, "A", "X", 1), RISK_CANCEL_RATE);
	risk_count_cancel(r, 1, at_ns(0)); /* a cancel always goes */
	risk_free(r);
	r = wide_firm();
	rule(r, RISK_SCOPE_SESSION, "1", rules);
	for (i = 0; i < 100; i++)
		assert_int_equal(buy(r, "A", "X", 1), RISK_OK);
	for (i = 0; i < 95; i++)
		risk_count_cancel(r, 1, at_ns(0));
	assert_int_equal(buy(r, "A", "X", 1), RISK_OK);
	risk_count_cancel(r, 1, at_ns(0));
	risk_count_cancel(r, 1, at_ns(0)); /* 97 of 101 */
	assert_int_equal(buy(r, "A", "X", 1), RISK_CANCEL_RATE);
	mark(r, "X", PX(10000));
	limit(r, RISK_SCOPE_FIRM, "", unlimited());
	assert_int_equal( /* who waits gets on */
	    check_at(r, limit_order("A", "X", '1', 1, PX(10000)),
		61 * FIX_SEC), RISK_OK);
	risk_free(r);
}

static void
r22_a_replace_counts_by_what_it_adds(void **state)
{
	struct risk_rules rules = no_rules();
	struct risk *r = wide_firm();

	(void)state;
	rules.max_gross_e8 = rules.max_net_e8 = 10000 * E8;
	rule(r, RISK_SCOPE_ACCOUNT, "A", rules);
	assert_int_equal(buy(r, "A", "X", 60), RISK_OK);
	assert_int_equal(replaced(r, '1', 60, 101, PX(10000)), RISK_GROSS);
	assert_int_equal(replaced(r, '1', 60, 100, PX(10000)), RISK_OK);
	/* What adds nothing passes also where limits were cut */
	rules.max_net_e8 = 5000 * E8;
	rule(r, RISK_SCOPE_ACCOUNT, "A", rules);
	assert_int_equal(replaced(r, '1', 100, 100, PX(10000)), RISK_OK);
	rules.max_gross_e8 = 5000 * E8;
	rule(r, RISK_SCOPE_ACCOUNT, "A", rules);
	assert_int_equal(replaced(r, '1', 100, 100, PX(10000)), RISK_OK);
	assert_int_equal(sell(r, "A", "X", 100), RISK_OK);
	risk_free(r);
}

static void
r22_a_sale_adds_to_a_short_position(void **state)
{
	struct risk_rules rules = no_rules();
	struct risk *r = wide_firm();

	(void)state;
	rules.max_gross_e8 = 10000 * E8;
	rule(r, RISK_SCOPE_ACCOUNT, "A", rules);
	position(r, "A", "X", -50);
	assert_int_equal(sell(r, "A", "X", 51), RISK_GROSS);
	assert_int_equal(sell(r, "A", "X", 50), RISK_OK);
	risk_free(r);
}

/* As much to buy as to sell: it counts as long. */
static void
r21_of_two_equal_sides_the_long_one_counts(void **state)
{
	struct risk_rules rules = no_rules();
	struct risk *r = wide_firm();

	(void)state;
	rules.max_net_e8 = 10000 * E8;
	rule(r, RISK_SCOPE_ACCOUNT, "A", rules);
	assert_int_equal(buy(r, "A", "X", 50), RISK_OK);
	assert_int_equal(sell(r, "A", "X", 50), RISK_OK);
	assert_int_equal(buy(r, "A", "Y", 51), RISK_NET);
	assert_int_equal(buy(r, "A", "Y", 50), RISK_OK);
	risk_free(r);
}

static void
r21_values_beyond_an_integer_stand_at_its_end(void **state)
{
	struct risk_rules rules = no_rules();
	struct risk *r = wide_firm();
	struct risk_verdict v;

	(void)state;
	rules.max_gross_e8 = rules.max_net_e8 = INT64_MAX - 1;
	rule(r, RISK_SCOPE_ACCOUNT, "A", rules);
	add_symbol(r, "W", "", 0, 0, INT64_MAX);
	mark(r, "W", INT64_MAX);
	assert_int_equal(risk_set_position(r, fix_span_of("A"),
	    fix_span_of("W"), &(struct risk_position){ .qty_e8 = INT64_MAX }),
	    0);
	assert_int_equal(check(r, limit_order("A", "X", '1', 1, E8), &v),
	    RISK_GROSS);
	assert_true(v.value == INT64_MAX);
	assert_int_equal(risk_set_position(r, fix_span_of("A"),
	    fix_span_of("W"), &(struct risk_position){ .qty_e8 = -INT64_MAX }),
	    0);
	rules.max_gross_e8 = RISK_UNLIMITED; /* short: a buy takes from it */
	rule(r, RISK_SCOPE_ACCOUNT, "A", rules);
	assert_int_equal(buy(r, "A", "X", 1), RISK_OK);
	assert_int_equal(sell(r, "A", "Y", 5), RISK_NET);
	risk_free(r);
}

static void
r26_a_replace_needs_what_it_adds(void **state)
{
	struct risk_rules rules = no_rules();
	struct risk *r = wide_firm();

	(void)state;
	rules.has_credit = true;
	rules.cash_e8 = 10000 * E8;
	rule(r, RISK_SCOPE_ACCOUNT, "A", rules);
	assert_int_equal(buy(r, "A", "X", 60), RISK_OK);
	assert_int_equal(replaced(r, '1', 60, 101, PX(10000)), RISK_CREDIT);
	assert_int_equal(replaced(r, '1', 60, 100, PX(10000)), RISK_OK);
	rules.cash_e8 = 1000 * E8;
	rule(r, RISK_SCOPE_ACCOUNT, "A", rules);
	assert_int_equal(replaced(r, '1', 100, 100, PX(10000)), RISK_OK);
	risk_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(r20_conservative_and_netting),
		cmocka_unit_test(r21_r22_net_and_gross),
		cmocka_unit_test(r22_a_price_moves_what_is_held),
		cmocka_unit_test(r23_a_class_over_its_symbols),
		cmocka_unit_test(r26_buying_power_with_fees),
		cmocka_unit_test(r27_turnover_of_a_day),
		cmocka_unit_test(r27_each_side_and_the_quantity),
		cmocka_unit_test(r28_orders_to_trades),
		cmocka_unit_test(r29_cancels_of_new_orders),
		cmocka_unit_test(r22_a_replace_counts_by_what_it_adds),
		cmocka_unit_test(r22_a_sale_adds_to_a_short_position),
		cmocka_unit_test(r21_of_two_equal_sides_the_long_one_counts),
		cmocka_unit_test(r21_values_beyond_an_integer_stand_at_its_end),
		cmocka_unit_test(r26_a_replace_needs_what_it_adds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
