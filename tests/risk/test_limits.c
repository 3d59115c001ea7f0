/*
 * Limits by scope, and which of them speaks.
 * Vectors are those of the pre-trade controls.
 */
#include "tests/risk/help.h"

static struct risk *
account_with(struct risk_limits l)
{
	struct risk *r = bare_firm();

	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	return r;
}

static enum risk_code
replace(struct risk *r, struct risk_order o, int64_t held_qty,
    struct risk_verdict *v)
{
	struct risk_hold held = { held_qty * E8, held_qty * 100 * E8 };
	struct risk_verdict mine;

	if (v == NULL)
		v = &mine;
	(void)!risk_check_replace(r, &o, held, at_ns(0), v);
	return v->code;
}

static void
a_limit_that_was_left_at_nothing_blocks(void **state)
{
	struct risk_limits none = { 0 }, l;
	struct risk *r = account_with(none);

	(void)state;
	assert_int_equal(buy(r, "A", "X", 1), RISK_RATE);
	l = unlimited();
	l.collar_bp = 0;
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	assert_int_equal(buy(r, "A", "X", 1), RISK_COLLAR);
	assert_int_equal(
	    check(r, market_order("A", "X", '1', 1), NULL), RISK_COLLAR);
	l = unlimited();
	l.max_short_e8 = 0;
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	assert_int_equal(sell(r, "A", "X", 1), RISK_POS_SHORT);
	risk_free(r);
}

static void
r10_quantity_up_to_its_limit(void **state)
{
	struct risk_limits l = unlimited();
	struct risk *r;
	struct risk_order o;

	(void)state;
	l.max_order_qty_e8 = 1000 * E8;
	r = account_with(l);
	assert_int_equal(buy(r, "A", "X", 1000), RISK_OK);
	assert_int_equal(buy(r, "A", "X", 1001), RISK_QTY_MAX);
	o = limit_order("A", "X", '1', 1001, PX(10000));
	assert_int_equal(replace(r, o, 900, NULL), RISK_QTY_MAX);
	o.qty_e8 = 1000 * E8;
	o.cum_e8 = 500 * E8; /* the whole counts, not what is left */
	assert_int_equal(replace(r, o, 400, NULL), RISK_OK);
	risk_free(r);
}

static void
r11_notional_up_to_its_limit(void **state)
{
	struct risk_limits l = unlimited();
	struct risk *r;

	(void)state;
	l.max_order_notional_e8 = 100000 * E8;
	r = account_with(l);
	assert_int_equal(
	    check(r, limit_order("A", "X", '1', 1000, PX(10000)), NULL),
	    RISK_OK);
	assert_int_equal(
	    check(r, limit_order("A", "X", '1', 1000, PX(10001)), NULL),
	    RISK_NOTIONAL_MAX);
	risk_free(r);
}

static void
r11_a_market_buy_counts_at_the_edge_of_its_collar(void **state)
{
	struct risk_limits l = unlimited();
	struct risk_verdict v;
	struct risk *r;

	(void)state;
	l.max_order_notional_e8 = 100000 * E8;
	l.collar_bp = 500;
	r = account_with(l);
	assert_int_equal(
	    check(r, market_order("A", "X", '1', 1000), &v), RISK_NOTIONAL_MAX);
	assert_int_equal(v.value, 105000 * E8);
	assert_int_equal(check(r, market_order("A", "X", '2', 1000), &v),
	    RISK_OK); /* a sell at the reference */
	assert_int_equal(v.hold.notional_e8, 100000 * E8);
	l.collar_bp = 100; /* the tightest of the chain counts */
	limit(r, RISK_SCOPE_FIRM, "", l);
	assert_int_equal(
	    check(r, market_order("A", "X", '1', 1000), &v), RISK_NOTIONAL_MAX);
	assert_int_equal(v.value, 101000 * E8);
	risk_free(r);
}

static void
r11_a_low_sell_limit_does_not_hide_its_size(void **state)
{
	struct risk_limits l = unlimited();
	struct risk_verdict v;
	struct risk *r;

	(void)state;
	l.max_order_notional_e8 = 100000 * E8;
	r = account_with(l);
	assert_int_equal(check(r, limit_order("A", "X", '2', 2000, E8), &v),
	    RISK_NOTIONAL_MAX);
	assert_int_equal(v.value, 200000 * E8);
	risk_free(r);
}

static void
r11_a_stop_counts_at_its_stop_or_the_reference(void **state)
{
	struct risk_limits l = unlimited();
	struct risk_verdict v;
	struct risk_order o = market_order("A", "X", '1', 10);
	struct risk *r = account_with(l);

	(void)state;
	o.ord_type = '3';
	o.has_stop = true;
	o.stop_e8 = PX(12000);
	assert_int_equal(check(r, o, &v), RISK_OK);
	assert_int_equal(v.hold.notional_e8, 1200 * E8);
	o.stop_e8 = PX(8000); /* through the market already */
	assert_int_equal(check(r, o, &v), RISK_OK);
	assert_int_equal(v.hold.notional_e8, 1000 * E8);
	risk_free(r);
}

static void
r11_a_multiplier_multiplies(void **state)
{
	struct risk_limits l = unlimited();
	struct risk_verdict v;
	struct risk *r;

	(void)state;
	l.max_order_notional_e8 = 100000 * E8;
	r = account_with(l);
	add_symbol(r, "X", "EQ", 0, 0, 50 * E8);
	assert_int_equal(
	    check(r, limit_order("A", "X", '1', 20, PX(10000)), NULL), RISK_OK);
	assert_int_equal(
	    check(r, limit_order("A", "X", '1', 21, PX(10000)), &v),
	    RISK_NOTIONAL_MAX);
	assert_int_equal(v.value, 105000 * E8);
	risk_free(r);
}

static void
r11_what_no_integer_holds_is_refused(void **state)
{
	struct risk *r = wide_firm();
	struct risk_order o = limit_order("A", "X", '1', 1, 0);

	(void)state;
	o.qty_e8 = o.price_e8 = INT64_C(9000000000000000000);
	assert_int_equal(check(r, o, NULL), RISK_INTERNAL);
	add_symbol(r, "X", "EQ", 0, 0, INT64_MAX);
	assert_int_equal(check(r, o, NULL), RISK_INTERNAL);
	o.qty_e8 = E8;
	o.price_e8 = INT64_MIN;
	assert_int_equal(check(r, o, NULL), RISK_INTERNAL);
	risk_free(r);
}

static void
r11_notional_is_rounded_up(void **state)
{
	struct risk *r = wide_firm();
	struct risk_order o = limit_order("A", "X", '1', 1, 1);
	struct risk_verdict v;

	(void)state;
	o.qty_e8 = 1; /* 10^-8 at 10^-8 */
	assert_int_equal(check(r, o, &v), RISK_OK);
	assert_int_equal(v.hold.notional_e8, 1);
	risk_free(r);
}

static void
r11_without_a_reference_a_market_order_is_refused(void **state)
{
	struct risk *r = wide_firm();
	struct risk_limits l = unlimited();
	struct risk_order stop = market_order("A", "NEW", '1', 1);

	(void)state;
	add_symbol(r, "NEW", "", 0, 0, E8);
	assert_int_equal(
	    check(r, market_order("A", "NEW", '1', 1), NULL), RISK_REF_MISSING);
	stop.ord_type = '3';
	stop.has_stop = true;
	stop.stop_e8 = E8;
	assert_int_equal(check(r, stop, NULL), RISK_REF_MISSING);
	assert_int_equal(sell(r, "A", "NEW", 1), RISK_OK); /* no limit asks */
	l.max_order_notional_e8 = 1000000 * E8;
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	assert_int_equal(sell(r, "A", "NEW", 1), RISK_REF_MISSING);
	assert_int_equal(buy(r, "A", "NEW", 1), RISK_OK);
	risk_free(r);
}

static struct risk *
r20_firm(void)
{
	struct risk_limits l = unlimited();

	l.max_long_e8 = l.max_short_e8 = 1000 * E8;
	return account_with(l);
}

static void
r20_buys_fill_up_to_the_long_limit(void **state)
{
	struct risk *r = r20_firm();

	(void)state;
	position(r, "A", "X", 300);
	assert_int_equal(buy(r, "A", "X", 200), RISK_OK);
	assert_int_equal(buy(r, "A", "X", 501), RISK_POS_LONG);
	assert_int_equal(buy(r, "A", "X", 500), RISK_OK);
	assert_int_equal(buy(r, "A", "X", 1), RISK_POS_LONG);
	risk_free(r);
}

static void
r20_a_short_position_is_room_for_buys(void **state)
{
	struct risk *r = r20_firm();

	(void)state;
	position(r, "A", "X", -400);
	assert_int_equal(buy(r, "A", "X", 1401), RISK_POS_LONG);
	assert_int_equal(buy(r, "A", "X", 1400), RISK_OK);
	risk_free(r);
}

static void
r20_over_a_cut_limit_only_sells_pass(void **state)
{
	struct risk *r = r20_firm();

	(void)state;
	position(r, "A", "X", 1200);
	assert_int_equal(buy(r, "A", "X", 1), RISK_POS_LONG);
	assert_int_equal(sell(r, "A", "X", 2201), RISK_POS_SHORT);
	assert_int_equal(sell(r, "A", "X", 2200), RISK_OK);
	risk_free(r);
}

static void
r20_open_buys_do_not_block_sells(void **state)
{
	struct risk *r = r20_firm();

	(void)state;
	assert_int_equal(buy(r, "A", "X", 1000), RISK_OK);
	assert_int_equal(sell(r, "A", "X", 1000), RISK_OK);
	assert_int_equal(sell(r, "A", "X", 1), RISK_POS_SHORT);
	risk_free(r);
}

static void
r20_a_limit_counts_each_symbol_by_itself(void **state)
{
	struct risk *r = r20_firm();

	(void)state;
	assert_int_equal(buy(r, "A", "X", 1000), RISK_OK);
	assert_int_equal(buy(r, "A", "Y", 1000), RISK_OK);
	risk_free(r);
}

static void
r20_reducing_passes_where_the_sum_is_over_its_limit(void **state)
{
	struct risk_limits l = unlimited();
	struct risk *r = bare_firm();

	(void)state;
	position(r, "A", "X", -50);
	position(r, "C", "X", 100);
	l.max_long_e8 = 80 * E8; /* of the firm; C is over it */
	limit(r, RISK_SCOPE_FIRM, "", l);
	assert_int_equal(buy(r, "A", "X", 50), RISK_OK);
	assert_int_equal(buy(r, "A", "X", 1), RISK_POS_LONG);
	risk_free(r);
}

static void
one_account_s_short_is_no_room_for_another_s_long(void **state)
{
	struct risk_limits l = unlimited();
	struct risk_verdict v;
	struct risk *r = bare_firm();

	(void)state;
	l.max_long_e8 = 1000 * E8;
	limit(r, RISK_SCOPE_FIRM, "", l);
	position(r, "A", "X", -500);
	position(r, "B", "X", 600);
	assert_int_equal(
	    check(r, limit_order("C", "X", '1', 401, E8), &v), RISK_POS_LONG);
	assert_int_equal(v.scope, RISK_SCOPE_FIRM);
	assert_int_equal(v.value, 1001 * E8);
	assert_int_equal(buy(r, "C", "X", 400), RISK_OK);
	risk_free(r);
}

static void
r23_a_class_adds_up_its_symbols(void **state)
{
	struct risk_limits l = unlimited();
	struct risk_verdict v;
	struct risk *r = wide_firm();

	(void)state;
	l.max_long_e8 = 5000 * E8;
	limit(r, RISK_SCOPE_CLASS, "EQ", l);
	limit(r, RISK_SCOPE_SYMBOL, "X", l);
	assert_int_equal(buy(r, "A", "X", 3000), RISK_OK);
	assert_int_equal(buy(r, "A", "Y", 2000), RISK_OK);
	assert_int_equal(
	    check(r, limit_order("A", "X", '1', 1, E8), &v), RISK_POS_LONG);
	assert_int_equal(v.scope, RISK_SCOPE_CLASS);
	assert_string_equal(v.scope_id, "EQ");
	assert_int_equal(buy(r, "A", "Z", 9000), RISK_OK); /* of no class */
	assert_int_equal(buy(r, "B", "X", 5000), RISK_OK); /* account's own */
	risk_free(r);
}

static void
r24_open_orders_are_counted_until_they_end(void **state)
{
	struct risk_limits l = unlimited();
	struct risk *r;

	(void)state;
	l.max_open_orders = 2;
	r = account_with(l);
	assert_int_equal(buy(r, "A", "X", 1), RISK_OK);
	assert_int_equal(sell(r, "A", "Y", 1), RISK_OK);
	assert_int_equal(buy(r, "A", "Z", 1), RISK_OPEN_ORDERS);
	/* a pending cancel still counts: nothing is told to risk */
	risk_count_cancel(r, 1, at_ns(0));
	assert_int_equal(buy(r, "A", "Z", 1), RISK_OPEN_ORDERS);
	release(r, "A", "X", '1', 1);
	assert_int_equal(buy(r, "A", "Z", 1), RISK_OK);
	risk_free(r);
}

static void
r24_a_symbol_s_limit_counts_the_account_s_orders_in_it(void **state)
{
	struct risk_limits l = unlimited();
	struct risk *r = wide_firm();

	(void)state;
	l.max_open_orders = 1;
	limit(r, RISK_SCOPE_SYMBOL, "X", l);
	assert_int_equal(buy(r, "A", "X", 1), RISK_OK);
	assert_int_equal(buy(r, "A", "X", 1), RISK_OPEN_ORDERS);
	assert_int_equal(buy(r, "A", "Y", 1), RISK_OK);
	assert_int_equal(buy(r, "B", "X", 1), RISK_OK);
	risk_free(r);
}

static void
r24_a_replace_opens_nothing(void **state)
{
	struct risk_limits l = unlimited();
	struct risk *r;

	(void)state;
	l.max_open_orders = 1;
	r = account_with(l);
	assert_int_equal(buy(r, "A", "X", 10), RISK_OK);
	assert_int_equal(
	    replace(r, limit_order("A", "X", '1', 20, PX(10000)), 10, NULL),
	    RISK_OK);
	assert_int_equal(buy(r, "A", "X", 1), RISK_OPEN_ORDERS);
	risk_free(r);
}

static void
r25_open_notional_by_side(void **state)
{
	struct risk_limits l = unlimited();
	struct risk *r;

	(void)state;
	l.max_open_notional_e8 = 10000 * E8;
	r = account_with(l);
	assert_int_equal(buy(r, "A", "X", 60), RISK_OK);
	assert_int_equal(buy(r, "A", "X", 41), RISK_OPEN_NOTIONAL);
	assert_int_equal(buy(r, "A", "Y", 40), RISK_OK);
	assert_int_equal(sell(r, "A", "X", 100), RISK_OK); /* its own side */
	assert_int_equal(sell(r, "A", "X", 1), RISK_OPEN_NOTIONAL);
	risk_free(r);
}

/* Limits change between any two orders: each is judged by the one set or by the
 * other, never by a part of both. */
static void
l4_each_decision_is_of_one_version(void **state)
{
	struct risk *r = bare_firm();
	struct risk_limits one = unlimited(), two = unlimited();
	struct risk_order o = limit_order("A", "X", '1', 20, PX(10000));
	struct risk_verdict v;

	(void)state;
	one.max_order_qty_e8 = 10 * E8; /* refuses by quantity alone */
	two.max_order_notional_e8 = 100 * E8; /* by notional alone */
	for (int i = 0; i < 1000; i++) {
		limit(r, RISK_SCOPE_ACCOUNT, "A", i % 2 == 0 ? one : two);
		for (int k = 0; k < 100; k++) {
			assert_int_equal(risk_check_new(r, &o, at_ns(0), &v), 1);
			assert_int_equal(v.code, i % 2 == 0 ?
			    RISK_QTY_MAX : RISK_NOTIONAL_MAX);
			assert_int_equal(v.limit, (i % 2 == 0 ? 10 : 100) * E8);
		}
	}
	risk_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_limit_that_was_left_at_nothing_blocks),
		cmocka_unit_test(r10_quantity_up_to_its_limit),
		cmocka_unit_test(r11_notional_up_to_its_limit),
		cmocka_unit_test(
		    r11_a_market_buy_counts_at_the_edge_of_its_collar),
		cmocka_unit_test(r11_a_low_sell_limit_does_not_hide_its_size),
		cmocka_unit_test(
		    r11_a_stop_counts_at_its_stop_or_the_reference),
		cmocka_unit_test(r11_a_multiplier_multiplies),
		cmocka_unit_test(r11_what_no_integer_holds_is_refused),
		cmocka_unit_test(r11_notional_is_rounded_up),
		cmocka_unit_test(
		    r11_without_a_reference_a_market_order_is_refused),
		cmocka_unit_test(r20_buys_fill_up_to_the_long_limit),
		cmocka_unit_test(r20_a_short_position_is_room_for_buys),
		cmocka_unit_test(r20_over_a_cut_limit_only_sells_pass),
		cmocka_unit_test(r20_open_buys_do_not_block_sells),
		cmocka_unit_test(r20_a_limit_counts_each_symbol_by_itself),
		cmocka_unit_test(
		    r20_reducing_passes_where_the_sum_is_over_its_limit),
		cmocka_unit_test(
		    one_account_s_short_is_no_room_for_another_s_long),
		cmocka_unit_test(r23_a_class_adds_up_its_symbols),
		cmocka_unit_test(r24_open_orders_are_counted_until_they_end),
		cmocka_unit_test(
		    r24_a_symbol_s_limit_counts_the_account_s_orders_in_it),
		cmocka_unit_test(r24_a_replace_opens_nothing),
		cmocka_unit_test(r25_open_notional_by_side),
		cmocka_unit_test(l4_each_decision_is_of_one_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
