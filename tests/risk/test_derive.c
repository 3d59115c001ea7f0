/*
 * What an order leaves to the market, as risk values it: the first stop of a
 * trailing stop, offsets in parts of the price, the quantity of an amount.
 * Each rounds away from the order's favour, and none is made up without a
 * fresh reference price.
 */
#include "risk/inside.h"
#include "tests/risk/help.h"

#define NOW at_ns(FIX_SEC)

static const struct fix_mono fresh = { FIX_SEC };

/* Symbol T: a tick of 0.05, lots of 10, two of the currency a point. */
static struct risk *
firm_at(int64_t px_e8)
{
	struct risk *r = bare_firm();

	add_symbol(r, "T", "EQ", 5 * E8 / 100, 10 * E8, 2 * E8);
	assert_int_equal(
	    risk_set_ref(r, fix_span_of("T"), px_e8, fresh), 0);
	return r;
}

static int64_t
price_off(struct risk *r, int64_t off_e8)
{
	int64_t px;
	int rc = risk_price_off(r, fix_span_of("T"), off_e8, NOW, &px);

	return rc == 0 ? px : rc;
}

static int64_t
qty_for(struct risk *r, int64_t cash_e8)
{
	int64_t qty;
	int rc = risk_qty_for(r, fix_span_of("T"), cash_e8, NOW, &qty);

	return rc == 0 ? qty : rc;
}

static int64_t
part(struct risk *r, int64_t bp_e8)
{
	int64_t off;
	int rc = risk_part_of_ref(r, fix_span_of("T"), bp_e8, NOW, &off);

	return rc == 0 ? off : rc;
}

static void
a_stop_lies_on_the_tick_away_from_the_reference(void **state)
{
	struct risk *r = firm_at(PX(10000));

	(void)state;
	assert_int_equal(price_off(r, PX(25)), PX(10025)); /* on a tick */
	assert_int_equal(price_off(r, -PX(25)), PX(9975));
	assert_int_equal(price_off(r, PX(23)), PX(10025));
	assert_int_equal(price_off(r, -PX(23)), PX(9975));
	assert_int_equal(price_off(r, 1), PX(10005));
	assert_int_equal(price_off(r, -1), PX(9995));
	assert_int_equal(price_off(r, 0), PX(10000));
	risk_free(r);
	r = firm_at(PX(10003)); /* a mark between two ticks */
	assert_int_equal(price_off(r, 0), PX(10005));
	risk_free(r);
}

static void
a_stop_is_above_nothing_and_below_the_end(void **state)
{
	struct risk *r = firm_at(PX(10000));

	(void)state;
	assert_int_equal(price_off(r, PX(5) - PX(10000)), PX(5));
	assert_int_equal(price_off(r, PX(4) - PX(10000)), -FIX_E_RANGE);
	assert_int_equal(price_off(r, -PX(10000)), -FIX_E_RANGE);
	assert_int_equal(price_off(r, -PX(10001)), -FIX_E_RANGE);
	assert_int_equal(price_off(r, INT64_MAX), -FIX_E_RANGE);
	assert_int_equal(price_off(r, INT64_MAX - PX(10000)), -FIX_E_RANGE);
	risk_free(r);
	r = bare_firm(); /* no tick: nothing to round to */
	assert_int_equal(
	    risk_set_ref(r, fix_span_of("X"), PX(10000), fresh), 0);
	int64_t px = 0;
	assert_int_equal(risk_price_off(r, fix_span_of("X"),
	    INT64_MAX - PX(10000), NOW, &px), 0);
	assert_true(px == INT64_MAX);
	assert_int_equal(
	    risk_price_off(r, fix_span_of("X"), 1 - PX(10000), NOW, &px), 0);
	assert_int_equal(px, 1);
	risk_free(r);
}

static void
a_part_of_the_price_is_rounded_up(void **state)
{
	struct risk *r = firm_at(PX(10000));

	(void)state;
	assert_int_equal(part(r, 100 * E8), PX(100)); /* 1 % */
	assert_int_equal(part(r, 10000 * E8), PX(10000));
	assert_int_equal(part(r, 1), 1); /* 100 of 10^-12 */
	assert_int_equal(part(r, 100), 1);
	assert_int_equal(part(r, 101), 2);
	assert_int_equal(part(r, 0), -FIX_E_RANGE);
	assert_int_equal(part(r, -E8), -FIX_E_RANGE);
	risk_free(r);
}

static void
an_amount_buys_what_it_may_at_a_twentieth_less(void **state)
{
	struct risk *r = firm_at(PX(10000)); /* 200 a piece, 190 at worst */

	(void)state;
	assert_int_equal(qty_for(r, 1900 * E8), 10 * E8);
	assert_int_equal(qty_for(r, 1900 * E8 + 1), 20 * E8);
	assert_int_equal(qty_for(r, 1), 10 * E8);
	assert_int_equal(qty_for(r, 3800 * E8), 20 * E8);
	assert_int_equal(qty_for(r, 0), -FIX_E_RANGE);
	assert_int_equal(qty_for(r, -E8), -FIX_E_RANGE);
	risk_free(r);
	r = firm_at(1); /* two of 10^-8 a piece: 1 at worst */
	assert_int_equal(qty_for(r, 10), 10 * E8);
	assert_int_equal(qty_for(r, INT64_MAX), -FIX_E_RANGE);
	risk_free(r);
}

static void
without_lots_an_amount_buys_to_the_last_digit(void **state)
{
	struct risk *r = bare_firm();
	int64_t qty = 0;

	(void)state;
	assert_int_equal(
	    risk_set_ref(r, fix_span_of("X"), PX(10000), fresh), 0);
	assert_int_equal(
	    risk_qty_for(r, fix_span_of("X"), 95 * E8, NOW, &qty), 0);
	assert_int_equal(qty, E8);
	assert_int_equal(
	    risk_qty_for(r, fix_span_of("X"), 95 * E8 + 1, NOW, &qty), 0);
	assert_int_equal(qty, E8 + 1);
	assert_int_equal(risk_set_ref(r, fix_span_of("X"), 1, fresh), 0);
	assert_int_equal(risk_qty_for(r, fix_span_of("X"), E8, NOW, &qty),
	    -FIX_E_RANGE); /* a twentieth less than the last digit is none */
	risk_free(r);
}

/* What of an order by amount a part of its quantity is worth, rounded up. */
static void
a_part_of_an_amount_is_worth_its_share(void **state)
{
	struct scope symbol = { .multiplier_e8 = E8 };
	struct risk_order o = { .cash_e8 = 100, .qty_e8 = 3 };
	int64_t v = 0;

	(void)state;
	assert_true(worth_of(&symbol, &o, 3, E8, &v) && v == 100);
	assert_true(worth_of(&symbol, &o, 2, E8, &v) && v == 67);
	assert_true(worth_of(&symbol, &o, 1, E8, &v) && v == 34);
	o.cash_e8 = INT64_MAX;
	assert_true(worth_of(&symbol, &o, 3, E8, &v) && v == INT64_MAX);
	assert_false(worth_of(&symbol, &o, 4, E8, &v));
	o = (struct risk_order){ .cash_e8 = 99, .qty_e8 = 1 };
	assert_true(worth_of(&symbol, &o, 2, E8, &v) && v == 198);
	o.qty_e8 = 0; /* no share of nothing: by its price */
	assert_true(worth_of(&symbol, &o, 2 * E8, 3 * E8, &v) && v == 6 * E8);
	o = (struct risk_order){ .qty_e8 = 10 * E8 };
	assert_true(worth_of(&symbol, &o, 2 * E8, 3 * E8, &v) && v == 6 * E8);
}

static void
nothing_is_derived_from_an_old_price_or_none(void **state)
{
	struct fix_now late = at_ns(FIX_SEC + 5 * FIX_SEC + 1);
	struct risk *r = firm_at(PX(10000));
	struct fix_span t = fix_span_of("T"), no = fix_span_of("NONE");
	int64_t v;

	(void)state;
	assert_int_equal(risk_price_off(r, t, 0, late, &v), -FIX_E_NOTFOUND);
	assert_int_equal(
	    risk_part_of_ref(r, t, E8, late, &v), -FIX_E_NOTFOUND);
	assert_int_equal(risk_qty_for(r, t, E8, late, &v), -FIX_E_NOTFOUND);
	assert_int_equal(risk_price_off(r, no, 0, NOW, &v), -FIX_E_NOTFOUND);
	limit(r, RISK_SCOPE_SYMBOL, "NONE", unlimited()); /* limits, no symbol */
	assert_int_equal(risk_price_off(r, no, 0, NOW, &v), -FIX_E_NOTFOUND);
	risk_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stop_lies_on_the_tick_away_from_the_reference),
		cmocka_unit_test(a_stop_is_above_nothing_and_below_the_end),
		cmocka_unit_test(a_part_of_the_price_is_rounded_up),
		cmocka_unit_test(an_amount_buys_what_it_may_at_a_twentieth_less),
		cmocka_unit_test(without_lots_an_amount_buys_to_the_last_digit),
		cmocka_unit_test(a_part_of_an_amount_is_worth_its_share),
		cmocka_unit_test(nothing_is_derived_from_an_old_price_or_none),
	};

	return cmocka_run_group_tests_name("derive", tests, NULL, NULL);
}
