/*
 * Edges of the sums and of what they are compared with: what mutants of risk/
 * (mutation.py) have shown to be untested otherwise.
 */
#include <stdio.h>

#include "tests/risk/rows.h"

static void
filled(struct risk *r, const char *account, const char *symbol, char side,
    int64_t qty_e8, int64_t px_e8)
{
	(void)risk_fill(r, fix_span_of(account), fix_span_of(symbol), side,
	    qty_e8, px_e8);
}

static const struct risk_position *
held(struct risk *r, const char *account, const char *symbol)
{
	return risk_get_position(r, fix_span_of(account), fix_span_of(symbol));
}

static void
conservative_limits_add_up_open_orders(void **state)
{
	struct risk_limits l = unlimited(), narrow = unlimited();
	struct risk_rules rules = no_rules();
	struct risk *r = bare_firm();

	(void)state;
	l.max_long_e8 = l.max_short_e8 = 1000 * E8;
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	rules.conservative = true;
	rule(r, RISK_SCOPE_ACCOUNT, "A", rules);
	/* A session counts no positions */
	narrow.max_long_e8 = narrow.max_short_e8 = E8;
	limit(r, RISK_SCOPE_SESSION, "1", narrow);
	assert_int_equal(buy(r, "A", "X", 600), RISK_OK);
	assert_int_equal(buy(r, "A", "X", 401), RISK_POS_LONG);
	assert_int_equal(buy(r, "A", "X", 400), RISK_OK);
	assert_int_equal(sell(r, "A", "X", 600), RISK_OK);
	assert_int_equal(sell(r, "A", "X", 401), RISK_POS_SHORT);
	assert_int_equal(sell(r, "A", "X", 400), RISK_OK);
	release(r, "A", "X", '1', 400);
	assert_int_equal(buy(r, "A", "X", 401), RISK_POS_LONG);
	assert_int_equal(buy(r, "A", "X", 400), RISK_OK);
	release(r, "A", "X", '2', 600);
	assert_int_equal(sell(r, "A", "X", 601), RISK_POS_SHORT);
	assert_int_equal(sell(r, "A", "X", 600), RISK_OK);
	risk_free(r);
}

/* Beyond the limit passes what leaves no position on that side, open buys
 * counted. */
static void
conservative_limits_let_out_and_no_further(void **state)
{
	struct risk_limits l = unlimited();
	struct risk_rules rules = no_rules();
	struct risk *r = bare_firm();

	(void)state;
	l.max_long_e8 = l.max_short_e8 = 1000 * E8;
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	rules.conservative = true;
	rule(r, RISK_SCOPE_ACCOUNT, "A", rules);
	position(r, "A", "X", -1200);
	assert_int_equal(buy(r, "A", "X", 900), RISK_OK);
	assert_int_equal(buy(r, "A", "X", 301), RISK_POS_LONG);
	assert_int_equal(buy(r, "A", "X", 300), RISK_OK);
	/* and so sales, out of what is held long */
	l.max_short_e8 = 10 * E8;
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	position(r, "A", "Y", 100);
	assert_int_equal(sell(r, "A", "Y", 50), RISK_OK);
	assert_int_equal(sell(r, "A", "Y", 50), RISK_OK);
	assert_int_equal(sell(r, "A", "Y", 1), RISK_POS_SHORT);
	risk_free(r);
}

static void
traded_quantity_counts_open_orders_of_both_sides(void **state)
{
	struct risk_rules rules = no_rules();
	struct risk *r = wide_firm();

	(void)state;
	rules.max_traded_qty_e8 = 10 * E8;
	rule(r, RISK_SCOPE_ACCOUNT, "A", rules);
	assert_int_equal(buy(r, "A", "X", 4), RISK_OK);
	assert_int_equal(sell(r, "A", "X", 3), RISK_OK);
	assert_int_equal(buy(r, "A", "X", 4), RISK_TURNOVER);
	assert_int_equal(buy(r, "A", "X", 3), RISK_OK);
	release(r, "A", "X", '2', 3);
	assert_int_equal(sell(r, "A", "X", 4), RISK_TURNOVER);
	assert_int_equal(sell(r, "A", "X", 3), RISK_OK);
	risk_free(r);
}

static void
net_goes_up_and_down_with_orders(void **state)
{
	struct risk_rules rules = no_rules();
	struct risk *r = wide_firm();

	(void)state;
	rules.max_net_e8 = 10000 * E8;
	rule(r, RISK_SCOPE_ACCOUNT, "A", rules);
	assert_int_equal(buy(r, "A", "X", 60), RISK_OK);
	assert_int_equal(buy(r, "A", "X", 41), RISK_NET);
	assert_int_equal(buy(r, "A", "X", 40), RISK_OK);
	release(r, "A", "X", '1', 40);
	release(r, "A", "X", '1', 60);
	assert_int_equal(buy(r, "A", "X", 101), RISK_NET);
	assert_int_equal(buy(r, "A", "X", 100), RISK_OK);
	risk_free(r);
}

static void
cash_comes_back_with_a_sale(void **state)
{
	struct risk_rules rules = no_rules();
	struct risk *r = wide_firm();

	(void)state;
	rules.has_credit = true;
	rules.cash_e8 = 10000 * E8;
	rule(r, RISK_SCOPE_ACCOUNT, "A", rules);
	filled(r, "A", "X", '1', 10 * E8, PX(10000));
	assert_int_equal(buy(r, "A", "X", 91), RISK_CREDIT);
	filled(r, "A", "X", '2', 10 * E8, PX(10000));
	assert_int_equal(buy(r, "A", "X", 101), RISK_CREDIT);
	assert_int_equal(buy(r, "A", "X", 100), RISK_OK);
	risk_free(r);
}

static void
without_a_reference_of_what_is_held_its_worth_is_not_known(void **state)
{
	struct risk_rules rules = no_rules();
	struct risk *r = wide_firm();

	(void)state;
	add_symbol(r, "W", "", 0, 0, E8);
	rules.max_gross_e8 = 1000000 * E8;
	rule(r, RISK_SCOPE_ACCOUNT, "A", rules);
	position(r, "A", "W", 5);
	assert_int_equal(buy(r, "A", "X", 1), RISK_REF_MISSING);
	assert_int_equal(risk_set_ref(r, fix_span_of("W"), PX(100),
	    (struct fix_mono){ 0 }), 0);
	assert_int_equal(buy(r, "A", "X", 1), RISK_OK);
	risk_free(r);
}

/* A session counts no open notional: it asks for no reference. */
static void
a_sale_needs_a_reference_where_notional_is_limited(void **state)
{
	struct risk_limits l = unlimited();
	struct risk *r = wide_firm();

	(void)state;
	add_symbol(r, "W", "", 0, 0, E8);
	l.max_open_notional_e8 = 100000 * E8;
	limit(r, RISK_SCOPE_SESSION, "1", l);
	assert_int_equal(sell(r, "A", "W", 1), RISK_OK);
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	assert_int_equal(sell(r, "A", "W", 1), RISK_REF_MISSING);
	risk_free(r);
}

static void
what_must_be_reserved_has_the_multiplier(void **state)
{
	struct risk_order o = limit_order("A", "W", '1', 2, PX(10000));
	struct risk *r = wide_firm();

	(void)state;
	add_symbol(r, "W", "", 0, 0, 50 * E8);
	/* An execution of nobody's account leaves it as it is */
	filled(r, "NOBODY", "W", '1', E8, PX(100));
	assert_int_equal(risk_hold_of(r, &o, 2 * E8).notional_e8, 10000 * E8);
	o.symbol = fix_span_of("NONE");
	assert_int_equal(risk_hold_of(r, &o, 2 * E8).notional_e8, 200 * E8);
	filled(r, "A", "ODD", '1', E8, PX(100));
	o.symbol = fix_span_of("ODD");
	assert_int_equal(risk_hold_of(r, &o, 2 * E8).notional_e8, 200 * E8);
	risk_free(r);
}

static void
limits_are_given_back_by_their_scope(void **state)
{
	struct risk_limits l = unlimited(), got;
	struct risk *r = wide_firm();

	(void)state;
	l.max_open_orders = 5;
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	assert_false(risk_get_limits(r, RISK_SCOPE_ACCOUNT, "B", &got));
	l.max_open_orders = 7;
	limit(r, RISK_SCOPE_ACCOUNT, "B", l);
	assert_true(risk_get_limits(r, RISK_SCOPE_ACCOUNT, "B", &got));
	assert_int_equal(got.max_open_orders, 7);
	assert_false(risk_get_limits(r, RISK_SCOPE_GROUP, "A", &got));
	risk_free(r);
}

static void
unknown_names_get_their_own_holding_up_to_a_number(void **state)
{
	struct risk_position p = { .qty_e8 = E8 };
	struct risk *r = wide_firm();
	char name[16];

	(void)state;
	for (int i = 1; i <= 4096; i++) {
		snprintf(name, sizeof(name), "S%d", i);
		filled(r, "A", name, '1', i, E8);
	}
	assert_non_null(held(r, "A", "S4096"));
	assert_int_equal(held(r, "A", "S4096")->qty_e8, 4096);
	assert_int_equal(held(r, "A", "S1")->qty_e8, 1);
	filled(r, "A", "S4097", '1', 1, E8);
	assert_null(held(r, "A", "S4097"));
	assert_null(held(r, "NEW", "X"));
	assert_int_equal(risk_set_position(r, fix_span_of("A"),
	    fix_span_of("S4097"), &p), -FIX_E_NOMEM);
	risk_free(r);
}

static void
names_of_positions_have_32_bytes_at_most(void **state)
{
	static const char a32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345",
			  a33[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456";
	struct risk_position p = { .qty_e8 = E8 };
	struct risk *r = wide_firm();

	(void)state;
	assert_int_equal(risk_set_position(r, fix_span_of(a32),
	    fix_span_of(a32), &p), 0);
	assert_int_equal(risk_set_position(r, fix_span_of(a33),
	    fix_span_of("X"), &p), -FIX_E_TOOBIG);
	assert_int_equal(risk_set_position(r, fix_span_of("A"),
	    fix_span_of(a33), &p), -FIX_E_TOOBIG);
	assert_null(held(r, a32, "X"));
	risk_free(r);
}

static void
cash_that_no_integer_holds_is_the_greatest(void **state)
{
	struct risk *r = wide_firm();

	(void)state;
	filled(r, "A", "X", '2', INT64_MAX, INT64_MAX);
	assert_int_equal(held(r, "A", "X")->cash_e8, INT64_MAX);
	filled(r, "A", "Y", '1', INT64_MAX, INT64_MAX);
	assert_int_equal(held(r, "A", "Y")->cash_e8, INT64_MIN);
	filled(r, "A", "Z", '2', -INT64_MAX, INT64_MAX);
	assert_int_equal(held(r, "A", "Z")->cash_e8, INT64_MIN);
	risk_free(r);
}

static void
short_sales_alone_use_up_locates(void **state)
{
	struct risk_detail d = { .shortable = RISK_SHORT_LOCATED };
	struct risk_rules rules = no_rules();
	struct risk *r = wide_firm();

	(void)state;
	describe(r, "X", d);
	rules.short_sale = RISK_MARK_CHECKED;
	rule(r, RISK_SCOPE_FIRM, "", rules);
	assert_int_equal(risk_set_locate(r, "A", "X", 50 * E8), 0);
	assert_int_equal(risk_allow_exempt(r, "A"), 0);
	filled(r, "A", "X", '2', 30 * E8, E8);
	assert_int_equal(check(r, limit_order("A", "X", '5', 51, PX(10000)),
	    NULL), RISK_SHORT_LOCATE);
	filled(r, "A", "X", '6', 20 * E8, E8);
	assert_int_equal(check(r, limit_order("A", "X", '5', 31, PX(10000)),
	    NULL), RISK_SHORT_LOCATE);
	assert_int_equal(check(r, limit_order("A", "X", '5', 30, PX(10000)),
	    NULL), RISK_OK);
	risk_free(r);
}

/* The table of struct risk_limits: a session has none of these. */
static void
a_session_counts_no_positions_and_no_open_orders(void **state)
{
	struct risk_limits l = unlimited();
	struct risk *r = wide_firm();

	(void)state;
	l.max_long_e8 = l.max_short_e8 = l.max_open_notional_e8 = 1;
	l.max_open_orders = 1;
	limit(r, RISK_SCOPE_SESSION, "1", l);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(buy(r, "A", "X", 5), RISK_OK);
		assert_int_equal(sell(r, "A", "X", 5), RISK_OK);
	}
	risk_free(r);
}

static void
a_replace_counts_by_what_it_adds(void **state)
{
	struct risk_limits l = unlimited();
	struct risk_rules rules = no_rules();
	struct risk *r = bare_firm();

	(void)state;
	l.max_open_notional_e8 = 10000 * E8;
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	assert_int_equal(buy(r, "A", "X", 60), RISK_OK);
	assert_int_equal(replaced(r, '1', 60, 101, PX(10000)), RISK_OPEN_NOTIONAL);
	assert_int_equal(replaced(r, '1', 60, 90, PX(10000)), RISK_OK);
	/* What adds nothing passes also over limits that were cut */
	l.max_open_notional_e8 = 1000 * E8;
	l.max_long_e8 = 10 * E8;
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	rules.conservative = true;
	rule(r, RISK_SCOPE_ACCOUNT, "A", rules);
	assert_int_equal(replaced(r, '1', 90, 90, PX(10000)), RISK_OK);
	l.max_open_notional_e8 = RISK_UNLIMITED;
	l.max_long_e8 = RISK_UNLIMITED;
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	release(r, "A", "X", '1', 90);
	position(r, "A", "X", -50);
	assert_int_equal(sell(r, "A", "X", 90), RISK_OK);
	l.max_short_e8 = 10 * E8;
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	assert_int_equal(replaced(r, '2', 90, 90, PX(10000)), RISK_OK);
	risk_free(r);
}

static void
a_good_stop_does_not_mend_a_bad_price(void **state)
{
	struct risk *r = wide_firm();
	struct risk_order o = limit_order("A", "W", '1', 1, PX(1007));

	(void)state;
	add_symbol(r, "W", "", 5 * E8 / 100, 0, E8);
	o.ord_type = '4';
	o.has_stop = true;
	o.stop_e8 = PX(1005);
	assert_int_equal(check(r, o, NULL), RISK_TICK);
	o.price_e8 = PX(1005);
	assert_int_equal(check(r, o, NULL), RISK_OK);
	o.stop_e8 = PX(1007);
	assert_int_equal(check(r, o, NULL), RISK_TICK);
	risk_free(r);
}

/* What a market buy of one share may cost. */
static int64_t
edge(struct risk *r, int64_t bp, int64_t ticks)
{
	struct risk_limits l = unlimited();
	struct risk_rules rules = no_rules();
	struct risk_verdict v;

	l.collar_bp = bp;
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	rules.collar_ticks = ticks;
	rule(r, RISK_SCOPE_ACCOUNT, "A", rules);
	assert_int_equal(check(r, market_order("A", "W", '1', 1), &v), RISK_OK);
	return v.hold.notional_e8;
}

static void
a_market_buy_may_cost_what_the_tighter_collar_lets_it(void **state)
{
	struct risk *r = wide_firm();

	(void)state;
	add_symbol(r, "W", "", E8 / 100, 0, E8);
	assert_int_equal(risk_set_ref(r, fix_span_of("W"), PX(10000),
	    (struct fix_mono){ 0 }), 0);
	assert_int_equal(edge(r, 500, 10), PX(10010));
	assert_int_equal(edge(r, 5, 10), PX(10005));
	assert_int_equal(edge(r, 500, RISK_UNLIMITED), PX(10500));
	assert_int_equal(edge(r, RISK_UNLIMITED, 10), PX(10010));
	risk_free(r);
}

static void
ticks_off_a_reference_need_a_tick_and_name_the_edge(void **state)
{
	struct risk_rules rules = no_rules();
	struct risk *r = wide_firm();
	struct risk_verdict v;

	(void)state;
	rules.collar_ticks = 10;
	rule(r, RISK_SCOPE_FIRM, "", rules);
	assert_int_equal(buy(r, "A", "X", 1), RISK_COLLAR); /* it has none */
	add_symbol(r, "X", "EQ", E8 / 100, 0, E8);
	assert_int_equal(buy(r, "A", "X", 1), RISK_OK);
	assert_int_equal(check(r, limit_order("A", "X", '1', 1, PX(10011)),
	    &v), RISK_COLLAR);
	assert_int_equal(v.limit, PX(10010));
	assert_int_equal(check(r, limit_order("A", "X", '2', 1, PX(9989)),
	    &v), RISK_COLLAR);
	assert_int_equal(v.limit, PX(9990));
	risk_free(r);
}

static enum risk_code
day_order_at(struct risk *r, int64_t ns)
{
	struct risk_order o = limit_order("A", "X", '1', 1, PX(10000));

	o.time_in_force = '0';
	return check_at(r, o, ns);
}

static void
hours_may_have_one_end(void **state)
{
	int64_t t0 = at_ns(0).utc.ns;
	struct risk_hours h = { { INT64_MIN }, { t0 + 20 }, 0 };
	struct risk *r = wide_firm();

	(void)state;
	assert_int_equal(risk_set_hours(r, RISK_SCOPE_SYMBOL, "X", &h), 0);
	assert_int_equal(day_order_at(r, 19), RISK_OK);
	assert_int_equal(day_order_at(r, 20), RISK_HOURS);
	h = (struct risk_hours){ { t0 + 10 }, { INT64_MAX }, 0 };
	assert_int_equal(risk_set_hours(r, RISK_SCOPE_SYMBOL, "X", &h), 0);
	assert_int_equal(day_order_at(r, 9), RISK_HOURS);
	assert_int_equal(day_order_at(r, 10), RISK_OK);
	h.queued = 1;
	assert_int_equal(risk_set_hours(r, RISK_SCOPE_SYMBOL, "X", &h), 0);
	assert_int_equal(day_order_at(r, 9), RISK_OK);
	risk_free(r);
}

static int
count_position(void *arg, const char *account, const char *symbol,
    const struct risk_position *p, int64_t open_buy_e8, int64_t open_sell_e8)
{
	int *left = arg;

	(void)account;
	(void)symbol;
	(void)p;
	(void)open_buy_e8;
	(void)open_sell_e8;
	return --*left == 0 ? 7 : 0;
}

static void
positions_are_those_with_something_in_them(void **state)
{
	struct risk *r = wide_firm();
	int left = 100;

	(void)state;
	assert_int_equal(buy(r, "A", "X", 1), RISK_OK);
	assert_int_equal(sell(r, "B", "X", 1), RISK_OK);
	position(r, "C", "Z", 1);
	assert_int_equal(risk_each_position(r, count_position, &left), 0);
	assert_int_equal(left, 97);
	left = 2;
	assert_int_equal(risk_each_position(r, count_position, &left), 7);
	assert_int_equal(left, 0);
	risk_free(r);
}

static void
a_bust_without_a_fill_counts_none(void **state)
{
	struct risk *r = wide_firm();

	(void)state;
	filled(r, "A", "X", '1', -E8, E8);
	assert_int_equal(held(r, "A", "X")->fills, 0);
	risk_free(r);
}

static void
is_breached(struct risk *r, enum risk_scope kind, const char *id,
    struct risk_limits l, enum risk_measure m, const char *where, int64_t used)
{
	struct risk_breach b;

	limit(r, kind, id, l);
	assert_true(risk_breached(r, kind, id, &b));
	assert_int_equal(b.measure, m);
	assert_int_equal(b.account[0], where[0]);
	assert_int_equal(b.symbol[0], where[1]);
	assert_int_equal(b.used, used);
	assert_true(b.limit < used);
}

static struct risk_limits
just(int64_t lng, int64_t shrt, int64_t open, int64_t notional)
{
	struct risk_limits l = unlimited();

	l.max_long_e8 = lng * E8;
	l.max_short_e8 = shrt * E8;
	l.max_open_orders = open;
	l.max_open_notional_e8 = notional * E8;
	return l;
}

static void
what_is_breached_is_named(void **state)
{
	const enum risk_scope of = RISK_SCOPE_ACCOUNT;
	struct risk *r = wide_firm();
	struct risk_breach b;

	(void)state;
	limit(r, of, "A", unlimited());
	position(r, "A", "X", 5);
	assert_int_equal(buy(r, "A", "X", 10), RISK_OK);
	assert_int_equal(sell(r, "A", "X", 20), RISK_OK);
	assert_false(risk_breached(r, of, "A", &b));
	limit(r, of, "A", just(15, 15, 2, 2000));
	assert_false(risk_breached(r, of, "A", &b));
	is_breached(r, of, "A", just(14, 15, 2, 2000), RISK_M_LONG, "AX",
	    15 * E8);
	is_breached(r, of, "A", just(15, 14, 2, 2000), RISK_M_SHORT, "AX",
	    15 * E8);
	is_breached(r, of, "A", just(15, 15, 1, 2000), RISK_M_OPEN, "AX", 2);
	is_breached(r, of, "A", just(15, 15, 2, 1999), RISK_M_NOTIONAL, "AX",
	    2000 * E8);
	is_breached(r, of, "A", just(14, 14, 1, 1999), RISK_M_LONG, "AX",
	    15 * E8);
	release(r, "A", "X", '2', 20);
	is_breached(r, of, "A", just(15, 15, 2, 999), RISK_M_NOTIONAL, "AX",
	    1000 * E8);
	/* The most of a measure, and then by name */
	position(r, "A", "Y", 30);
	is_breached(r, of, "A", just(14, 14, 9, 9999), RISK_M_LONG, "AY",
	    30 * E8);
	position(r, "A", "Y", 15);
	is_breached(r, of, "A", just(14, 14, 9, 9999), RISK_M_LONG, "AX",
	    15 * E8);
	position(r, "A", "Y", -40);
	is_breached(r, of, "A", just(14, 14, 9, 9999), RISK_M_LONG, "AX",
	    15 * E8);
	position(r, "B", "X", 1);
	is_breached(r, RISK_SCOPE_GROUP, "G", just(15, 99, 9, 9999),
	    RISK_M_LONG, "AX", 16 * E8);
	risk_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conservative_limits_add_up_open_orders),
		cmocka_unit_test(conservative_limits_let_out_and_no_further),
		cmocka_unit_test(
		    traded_quantity_counts_open_orders_of_both_sides),
		cmocka_unit_test(net_goes_up_and_down_with_orders),
		cmocka_unit_test(cash_comes_back_with_a_sale),
		cmocka_unit_test(
		    without_a_reference_of_what_is_held_its_worth_is_not_known),
		cmocka_unit_test(
		    a_sale_needs_a_reference_where_notional_is_limited),
		cmocka_unit_test(what_must_be_reserved_has_the_multiplier),
		cmocka_unit_test(limits_are_given_back_by_their_scope),
		cmocka_unit_test(
		    unknown_names_get_their_own_holding_up_to_a_number),
		cmocka_unit_test(names_of_positions_have_32_bytes_at_most),
		cmocka_unit_test(cash_that_no_integer_holds_is_the_greatest),
		cmocka_unit_test(short_sales_alone_use_up_locates),
		cmocka_unit_test(
		    a_session_counts_no_positions_and_no_open_orders),
		cmocka_unit_test(a_replace_counts_by_what_it_adds),
		cmocka_unit_test(a_good_stop_does_not_mend_a_bad_price),
		cmocka_unit_test(
		    a_market_buy_may_cost_what_the_tighter_collar_lets_it),
		cmocka_unit_test(
		    ticks_off_a_reference_need_a_tick_and_name_the_edge),
		cmocka_unit_test(hours_may_have_one_end),
		cmocka_unit_test(positions_are_those_with_something_in_them),
		cmocka_unit_test(a_bust_without_a_fill_counts_none),
		cmocka_unit_test(what_is_breached_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
