/*
 * The price collar, R-12: reference 100.00, 500 hundredths of a percent.
 */
#include "tests/risk/help.h"

static struct risk *
collared_firm(int64_t bp)
{
	struct risk *r = bare_firm();
	struct risk_limits l = unlimited();

	l.collar_bp = bp;
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	return r;
}

static enum risk_code
at_price(struct risk *r, char side, int64_t px_e8, struct risk_verdict *v)
{
	return check(r, limit_order("A", "X", side, 1, px_e8), v);
}

static void
set_ref(struct risk *r, int64_t px_e8, int64_t ns)
{
	struct fix_mono when = { ns };

	assert_int_equal(risk_set_ref(r, fix_span_of("X"), px_e8, when), 0);
}

static void
r12_a_buy_may_be_so_high_and_as_low_as_it_likes(void **state)
{
	struct risk *r = collared_firm(500);
	struct risk_verdict v;

	(void)state;
	assert_int_equal(at_price(r, '1', PX(10500), NULL), RISK_OK);
	assert_int_equal(at_price(r, '1', PX(10501), &v), RISK_COLLAR);
	assert_int_equal(v.limit, PX(10500));
	assert_int_equal(v.value, PX(10501));
	assert_int_equal(v.ref, PX(10000));
	assert_int_equal(at_price(r, '1', PX(100), NULL), RISK_OK);
	risk_free(r);
}

static void
r12_a_sell_may_be_so_low_and_as_high_as_it_likes(void **state)
{
	struct risk *r = collared_firm(500);
	struct risk_verdict v;

	(void)state;
	assert_int_equal(at_price(r, '2', PX(9500), NULL), RISK_OK);
	assert_int_equal(at_price(r, '2', PX(9499), &v), RISK_COLLAR);
	assert_int_equal(v.limit, PX(9500));
	assert_int_equal(at_price(r, '5', PX(9499), NULL), RISK_COLLAR);
	assert_int_equal(at_price(r, '2', PX(50000), NULL), RISK_OK);
	risk_free(r);
}

static void
r12_small_prices_are_compared_without_rounding(void **state)
{
	struct risk *r = collared_firm(500);

	(void)state;
	set_ref(r, PX(3), 0);
	assert_int_equal(at_price(r, '1', PX(3), NULL), RISK_OK);
	assert_int_equal(at_price(r, '1', PX(4), NULL), RISK_COLLAR);
	risk_free(r);
}

static void
r12_a_reference_may_be_so_old_and_no_older(void **state)
{
	struct risk *r = collared_firm(500);
	struct risk_order o = limit_order("A", "X", '1', 1, PX(10000));

	(void)state;
	assert_int_equal(check_at(r, o, 5 * FIX_SEC), RISK_OK);
	assert_int_equal(check_at(r, o, 5001 * FIX_MSEC), RISK_REF_MISSING);
	assert_int_equal(
	    check_at(r, market_order("A", "X", '1', 1), 5001 * FIX_MSEC),
	    RISK_REF_MISSING);
	set_ref(r, PX(10000), 5001 * FIX_MSEC);
	assert_int_equal(check_at(r, o, 5001 * FIX_MSEC), RISK_OK);
	risk_free(r);
}

static void
r12_a_reference_at_or_below_nothing_gives_no_band(void **state)
{
	struct risk *r = collared_firm(500);

	(void)state;
	set_ref(r, -200, 0);
	assert_int_equal(at_price(r, '1', -150, NULL), RISK_REF_MISSING);
	set_ref(r, 0, 0);
	assert_int_equal(at_price(r, '1', 1, NULL), RISK_REF_MISSING);
	risk_free(r);
}

static void
r12_stops_are_collared_too(void **state)
{
	struct risk *r = collared_firm(500);
	struct risk_order o = limit_order("A", "X", '1', 1, PX(10100));

	(void)state;
	o.ord_type = '4';
	o.has_stop = true;
	o.stop_e8 = PX(10501);
	assert_int_equal(check(r, o, NULL), RISK_COLLAR);
	o.stop_e8 = PX(10100);
	assert_int_equal(check(r, o, NULL), RISK_OK);
	o.price_e8 = PX(10501); /* both count */
	assert_int_equal(check(r, o, NULL), RISK_COLLAR);
	o.ord_type = '3';
	o.has_price = false;
	assert_int_equal(check(r, o, NULL), RISK_OK);
	o.side = '2';
	o.stop_e8 = PX(9499);
	assert_int_equal(check(r, o, NULL), RISK_COLLAR);
	risk_free(r);
}

static void
r12_market_orders_pass_with_a_reference(void **state)
{
	struct risk *r = collared_firm(500);
	struct risk_verdict v;

	(void)state;
	assert_int_equal(check(r, market_order("A", "X", '1', 1), &v), RISK_OK);
	assert_int_equal(v.hold.notional_e8, 105 * E8);
	risk_free(r);
}

static void
r12_a_collar_of_all_widths(void **state)
{
	struct risk *r = collared_firm(10000); /* a sell at any price */

	(void)state;
	assert_int_equal(at_price(r, '2', 1, NULL), RISK_OK);
	risk_free(r);
	r = collared_firm(INT64_MAX - 1); /* wider than numbers are long */
	assert_int_equal(at_price(r, '1', INT64_MAX / 2, NULL), RISK_OK);
	assert_int_equal(at_price(r, '2', 1, NULL), RISK_OK);
	set_ref(r, INT64_MAX, 0);
	assert_int_equal(
	    check(r, market_order("A", "X", '1', 1000), NULL), RISK_INTERNAL);
	risk_free(r);
}

static void
r12_a_replace_is_collared(void **state)
{
	struct risk *r = collared_firm(500);
	struct risk_order o = limit_order("A", "X", '1', 1, PX(10501));
	struct risk_hold held = { E8, 100 * E8 };
	struct risk_verdict v;

	(void)state;
	assert_int_equal(risk_check_replace(r, &o, held, at_ns(0), &v), 1);
	assert_int_equal(v.code, RISK_COLLAR);
	risk_free(r);
}

static void
a_risk_without_age_limit_takes_any_reference(void **state)
{
	struct risk *r = risk_new(0);
	struct fix_mono when = { 0 };

	(void)state;
	assert_int_equal(risk_add_account(r, "A", ""), 0);
	add_symbol(r, "X", "", 0, 0, E8);
	limit(r, RISK_SCOPE_FIRM, "", unlimited());
	assert_int_equal(risk_set_ref(r, fix_span_of("X"), E8, when), 0);
	assert_int_equal(
	    check_at(r, market_order("A", "X", '1', 1), INT64_MAX / 2),
	    RISK_OK);
	risk_free(r);
}

/* Ticks off the reference hold for StopPx as for Price. */
static void
r12_a_stop_is_ticks_off_the_reference_too(void **state)
{
	struct risk_order o = limit_order("A", "X", '1', 1, 0);
	struct risk_rules rules = RISK_RULES_INIT;
	struct risk *r = wide_firm();

	(void)state;
	add_symbol(r, "X", "EQ", PX(1), 0, E8);
	rules.collar_ticks = 10;
	assert_int_equal(risk_set_rules(r, RISK_SCOPE_FIRM, "", &rules), 0);
	o.ord_type = '3';
	o.has_price = false;
	o.has_stop = true;
	o.stop_e8 = PX(10010);
	assert_int_equal(check(r, o, NULL), RISK_OK);
	o.stop_e8 = PX(10011);
	assert_int_equal(check(r, o, NULL), RISK_COLLAR);
	risk_free(r);
}

/* A live market order whose scope was blocked since counts at the reference. */
static void
a_collar_of_nothing_is_tighter_than_ticks(void **state)
{
	struct risk_order o = market_order("A", "X", '1', 1);
	struct risk_limits l = unlimited();
	struct risk_rules rules = RISK_RULES_INIT;
	struct risk *r = bare_firm();

	(void)state;
	add_symbol(r, "X", "EQ", PX(1), 0, E8);
	l.collar_bp = 0;
	limit(r, RISK_SCOPE_FIRM, "", l);
	rules.collar_ticks = 10;
	assert_int_equal(risk_set_rules(r, RISK_SCOPE_FIRM, "", &rules), 0);
	assert_int_equal(risk_hold_of(r, &o, E8).notional_e8, 100 * E8);
	risk_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    r12_a_buy_may_be_so_high_and_as_low_as_it_likes),
		cmocka_unit_test(
		    r12_a_sell_may_be_so_low_and_as_high_as_it_likes),
		cmocka_unit_test(
		    r12_small_prices_are_compared_without_rounding),
		cmocka_unit_test(r12_a_reference_may_be_so_old_and_no_older),
		cmocka_unit_test(
		    r12_a_reference_at_or_below_nothing_gives_no_band),
		cmocka_unit_test(r12_stops_are_collared_too),
		cmocka_unit_test(r12_market_orders_pass_with_a_reference),
		cmocka_unit_test(r12_a_collar_of_all_widths),
		cmocka_unit_test(r12_a_replace_is_collared),
		cmocka_unit_test(a_risk_without_age_limit_takes_any_reference),
		cmocka_unit_test(r12_a_stop_is_ticks_off_the_reference_too),
		cmocka_unit_test(a_collar_of_nothing_is_tighter_than_ticks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
