/*
 * Accounts, symbols, characteristics, tick and lot, and the order in which
 * controls speak: and section 4 of the pre-trade
 * controls.
 */
#include "tests/risk/help.h"

static void
r01_a_session_uses_only_its_accounts(void **state)
{
	struct risk *r = wide_firm();
	struct risk_verdict v;

	(void)state;
	assert_int_equal(risk_permit(r, 1, "A"), 0);
	assert_int_equal(risk_permit(r, 1, "B"), 0);
	assert_int_equal(buy(r, "A", "X", 1), RISK_OK);
	assert_int_equal(
	    check(r, limit_order("C", "X", '1', 1, E8), &v), RISK_ACCOUNT);
	assert_int_equal(v.scope, RISK_SCOPE_ACCOUNT);
	assert_string_equal(v.scope_id, ""); /* does not say that C exists */
	risk_free(r);
}

static void
r01_an_unknown_account_is_refused(void **state)
{
	struct risk *r = wide_firm();

	(void)state;
	assert_int_equal(buy(r, "NOBODY", "X", 1), RISK_ACCOUNT);
	assert_int_equal(buy(r, "a", "X", 1), RISK_ACCOUNT);
	assert_int_equal(buy(r, "", "X", 1), RISK_ACCOUNT);
	risk_free(r);
}

static void
r01_one_account_is_the_default_and_two_are_none(void **state)
{
	struct risk *r = wide_firm();

	(void)state;
	assert_int_equal(risk_default_account(r, 1).len, 0);
	assert_int_equal(risk_permit(r, 1, "A"), 0);
	assert_true(fix_span_is(risk_default_account(r, 1), "A"));
	assert_int_equal(risk_permit(r, 1, "A"), 0); /* the same one */
	assert_true(fix_span_is(risk_default_account(r, 1), "A"));
	assert_int_equal(risk_permit(r, 1, "B"), 0);
	assert_int_equal(risk_default_account(r, 1).len, 0);
	assert_int_equal(risk_default_account(r, 2).len, 0);
	risk_free(r);
}

static void
r01_an_account_that_only_an_execution_named_may_not_trade(void **state)
{
	struct risk *r = wide_firm();

	(void)state;
	risk_fill(r, fix_span_of("LATE"), fix_span_of("X"), '1', E8, E8);
	assert_int_equal(buy(r, "LATE", "X", 1), RISK_ACCOUNT);
	risk_free(r);
}

static void
r03_a_symbol_must_be_known_to_the_letter(void **state)
{
	struct risk *r = wide_firm();
	struct risk_verdict v;

	(void)state;
	assert_int_equal(buy(r, "A", "NONE", 1), RISK_SYMBOL);
	assert_int_equal(buy(r, "A", "x", 1), RISK_SYMBOL);
	assert_int_equal(
	    check(r, limit_order("A", "NO\nNE", '1', 1, E8), &v), RISK_SYMBOL);
	assert_string_equal(v.scope_id, "");
	risk_fill(r, fix_span_of("A"), fix_span_of("ODD"), '1', E8, E8);
	assert_int_equal(buy(r, "A", "ODD", 1), RISK_SYMBOL);
	risk_free(r);
}

static void
r03_an_inactive_or_expired_symbol(void **state)
{
	struct risk *r = wide_firm();
	struct risk_detail d = { .inactive = true };
	struct risk_order o = limit_order("A", "X", '1', 1, PX(10000));

	(void)state;
	assert_int_equal(risk_describe(r, "X", &d), 0);
	assert_int_equal(buy(r, "A", "X", 1), RISK_SYMBOL);
	assert_int_equal(buy(r, "A", "Y", 1), RISK_OK);
	d.inactive = false;
	d.expires.ns = 1000 * FIX_SEC + 5;
	assert_int_equal(risk_describe(r, "X", &d), 0);
	assert_int_equal(check_at(r, o, 4), RISK_OK);
	assert_int_equal(check_at(r, o, 5), RISK_SYMBOL);
	risk_free(r);
}

static enum risk_code
at_tif(struct risk *r, const char *symbol, int64_t ns, char tif)
{
	struct risk_order o = limit_order("A", symbol, '1', 1, PX(10000));

	o.time_in_force = tif;
	return check_at(r, o, ns);
}

static void
r06_a_symbol_and_its_class_must_both_be_open(void **state)
{
	struct risk *r = wide_firm();
	struct risk_symbol s = { "Z", "EQ", 0, 0, E8 };
	int64_t t0 = at_ns(0).utc.ns;
	struct risk_hours h = { { t0 + 10 }, { t0 + 20 }, 0 };
	struct risk_verdict v;

	(void)state;
	assert_int_equal(risk_add_symbol(r, &s), 0);
	assert_int_equal(risk_set_hours(r, RISK_SCOPE_SYMBOL, "Z", &h), 0);
	assert_int_equal(at_tif(r, "Z", 9, '0'), RISK_HOURS);
	assert_int_equal(at_tif(r, "Z", 10, '0'), RISK_OK);
	assert_int_equal(at_tif(r, "Z", 19, '0'), RISK_OK);
	assert_int_equal(at_tif(r, "Z", 20, '0'), RISK_HOURS);
	assert_int_equal(at_tif(r, "X", 20, '0'), RISK_OK);
	h.until.ns = t0 + 15;
	h.queued = 1u << 1 | 1u << 7;
	assert_int_equal(risk_set_hours(r, RISK_SCOPE_CLASS, "EQ", &h), 0);
	assert_int_equal(at_tif(r, "Z", 14, '\0'), RISK_OK);
	assert_int_equal(at_tif(r, "Z", 15, '\0'), RISK_HOURS);
	assert_int_equal(risk_check_new(r, &(struct risk_order){
	    .account = fix_span_of("A"), .symbol = fix_span_of("Z"),
	    .side = '1', .ord_type = '1', .qty_e8 = E8 }, at_ns(15), &v), 1);
	assert_int_equal(v.scope, RISK_SCOPE_CLASS);
	assert_string_equal(v.scope_id, "EQ");
	assert_int_equal(at_tif(r, "Z", 15, '1'), RISK_OK);
	assert_int_equal(at_tif(r, "Z", 15, '7'), RISK_OK);
	assert_int_equal(at_tif(r, "Z", 15, '8'), RISK_HOURS);
	assert_int_equal(at_tif(r, "Z", 15, '/'), RISK_HOURS);
	assert_int_equal(at_tif(r, "Z", 20, '1'), RISK_HOURS);
	h = (struct risk_hours){ { INT64_MIN }, { INT64_MAX }, 0 };
	assert_int_equal(risk_set_hours(r, RISK_SCOPE_CLASS, "EQ", &h), 0);
	assert_int_equal(risk_set_hours(r, RISK_SCOPE_SYMBOL, "Z", &h), 0);
	assert_int_equal(at_tif(r, "Z", 20, '0'), RISK_OK);
	assert_int_equal(
	    risk_set_hours(r, RISK_SCOPE_ACCOUNT, "A", &h), -FIX_E_FORMAT);
	risk_free(r);
}

static void
r04_what_can_not_be_judged_is_refused(void **state)
{
	struct risk *r = wide_firm();
	struct risk_order o = limit_order("A", "X", '1', 1, PX(10000));

	(void)state;
	o.ord_type = 'P';
	assert_int_equal(check(r, o, NULL), RISK_CHARACTERISTIC);
	o.ord_type = '2';
	o.side = '8';
	assert_int_equal(check(r, o, NULL), RISK_CHARACTERISTIC);
	o.side = '1';
	o.time_in_force = '9';
	assert_int_equal(check(r, o, NULL), RISK_CHARACTERISTIC);
	o.time_in_force = '\0';
	o.cum_e8 = -1;
	assert_int_equal(check(r, o, NULL), RISK_CHARACTERISTIC);
	o.cum_e8 = 0;
	o.side = '6';
	assert_int_equal(check(r, o, NULL), RISK_OK);
	o.has_price = false; /* a limit order without a limit */
	assert_int_equal(check(r, o, NULL), RISK_CHARACTERISTIC);
	o.ord_type = '3'; /* a stop without one */
	assert_int_equal(check(r, o, NULL), RISK_CHARACTERISTIC);
	o.ord_type = '4';
	o.has_stop = true;
	assert_int_equal(check(r, o, NULL), RISK_CHARACTERISTIC);
	o.has_price = true;
	o.stop_e8 = PX(10000);
	assert_int_equal(check(r, o, NULL), RISK_OK);
	risk_free(r);
}

static void
r07_prices_and_stops_stand_on_ticks(void **state)
{
	struct risk *r = wide_firm();
	struct risk_order o;

	(void)state;
	add_symbol(r, "X", "EQ", PX(5), 0, E8);
	assert_int_equal(
	    check(r, limit_order("A", "X", '1', 1, PX(1005)), NULL), RISK_OK);
	assert_int_equal(
	    check(r, limit_order("A", "X", '1', 1, PX(1007)), NULL), RISK_TICK);
	assert_int_equal(
	    check(r, limit_order("A", "X", '1', 1, PX(-1007)), NULL),
	    RISK_TICK);
	o = limit_order("A", "X", '1', 1, 0);
	o.ord_type = '3';
	o.has_stop = true;
	o.stop_e8 = PX(1007);
	assert_int_equal(check(r, o, NULL), RISK_TICK);
	o.stop_e8 = PX(1010);
	assert_int_equal(check(r, o, NULL), RISK_OK);
	risk_free(r);
}

static void
r08_quantities_are_whole_lots_over_nothing(void **state)
{
	struct risk *r = wide_firm();

	(void)state;
	add_symbol(r, "X", "EQ", 0, 100 * E8, E8);
	assert_int_equal(buy(r, "A", "X", 100), RISK_OK);
	assert_int_equal(buy(r, "A", "X", 150), RISK_LOT);
	assert_int_equal(buy(r, "A", "X", 0), RISK_LOT);
	assert_int_equal(buy(r, "A", "X", -100), RISK_LOT);
	assert_int_equal(buy(r, "A", "Y", 0), RISK_LOT); /* any lot */
	risk_free(r);
}

/* One order that breaks everything; mend it piece by piece. */
static void
controls_speak_in_the_order_of_section_4(void **state)
{
	struct risk *r = wide_firm();
	struct risk_order o = limit_order("NOBODY", "NONE", '1', 50, PX(20001));
	struct risk_limits l = unlimited();

	(void)state;
	add_symbol(r, "X", "EQ", PX(5), 100 * E8, E8);
	l.max_order_qty_e8 = l.max_order_notional_e8 = 1;
	l.collar_bp = 1;
	l.max_long_e8 = l.max_open_orders = l.max_open_notional_e8 = 0;
	l.orders_per_s = 0;
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	set_kill(r, RISK_SCOPE_FIRM, "", RISK_HALTED);
	assert_int_equal(check(r, o, NULL), RISK_ACCOUNT);
	o.account = fix_span_of("A");
	assert_int_equal(check(r, o, NULL), RISK_KILL);
	set_kill(r, RISK_SCOPE_FIRM, "", RISK_ACTIVE);
	assert_int_equal(check(r, o, NULL), RISK_RATE);
	l.orders_per_s = RISK_UNLIMITED;
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	assert_int_equal(check(r, o, NULL), RISK_SYMBOL);
	o.symbol = fix_span_of("X");
	o.ord_type = 'P';
	assert_int_equal(check(r, o, NULL), RISK_CHARACTERISTIC);
	o.ord_type = '2';
	assert_int_equal(check(r, o, NULL), RISK_TICK);
	o.price_e8 = PX(20000);
	assert_int_equal(check(r, o, NULL), RISK_LOT);
	o.qty_e8 = 100 * E8;
	assert_int_equal(check(r, o, NULL), RISK_QTY_MAX);
	l.max_order_qty_e8 = RISK_UNLIMITED;
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	assert_int_equal(check(r, o, NULL), RISK_NOTIONAL_MAX);
	l.max_order_notional_e8 = RISK_UNLIMITED;
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	assert_int_equal(check(r, o, NULL), RISK_COLLAR);
	l.collar_bp = RISK_UNLIMITED;
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	assert_int_equal(check(r, o, NULL), RISK_POS_LONG);
	l.max_long_e8 = RISK_UNLIMITED;
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	assert_int_equal(check(r, o, NULL), RISK_OPEN_ORDERS);
	l.max_open_orders = RISK_UNLIMITED;
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	assert_int_equal(check(r, o, NULL), RISK_OPEN_NOTIONAL);
	l.max_open_notional_e8 = RISK_UNLIMITED;
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	assert_int_equal(check(r, o, NULL), RISK_OK);
	risk_free(r);
}

static void
decisions_are_numbered_on_from_where_they_were(void **state)
{
	struct risk *r = wide_firm();
	struct risk_verdict v;

	(void)state;
	risk_set_decision(r, 41);
	check(r, limit_order("A", "X", '1', 1, E8), &v);
	assert_int_equal(v.decision, 42);
	check(r, limit_order("A", "NONE", '1', 1, E8), &v);
	assert_int_equal(v.decision, 43);
	risk_free(r);
}

static int
count_position(void *arg, const char *account, const char *symbol,
    const struct risk_position *p, int64_t open_buy_e8, int64_t open_sell_e8)
{
	(void)account;
	(void)symbol;
	(void)p;
	(void)open_buy_e8;
	(void)open_sell_e8;
	++*(int *)arg;
	return 0;
}

/* P10. */
static void
a_refused_order_leaves_nothing_behind(void **state)
{
	struct risk *r = wide_firm();
	struct risk_limits l = unlimited();
	int n = 0;

	(void)state;
	l.max_open_notional_e8 = 0; /* the last control of all */
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	assert_int_equal(buy(r, "A", "X", 1), RISK_OPEN_NOTIONAL);
	assert_int_equal(risk_each_position(r, count_position, &n), 0);
	assert_int_equal(n, 0);
	risk_free(r);
}

static void
names_that_are_too_long_are_refused_at_set_up(void **state)
{
	struct risk *r = risk_new(0);
	const char *name = "123456789012345678901234567890123"; /* 33 */
	struct risk_limits l = unlimited();
	struct risk_symbol s = { name, "", 0, 0, E8 };

	(void)state;
	assert_int_equal(risk_add_account(r, name, ""), -FIX_E_TOOBIG);
	assert_int_equal(risk_add_account(r, "A", name), -FIX_E_TOOBIG);
	assert_int_equal(risk_add_symbol(r, &s), -FIX_E_TOOBIG);
	assert_int_equal(
	    risk_set_limits(r, RISK_SCOPE_CLASS, name, &l), -FIX_E_TOOBIG);
	assert_int_equal(
	    risk_set_limits(r, RISK_SCOPE_SESSION, "x", &l), -FIX_E_FORMAT);
	assert_int_equal(
	    risk_set_limits(r, RISK_SCOPE_SESSION, "4294967296", &l),
	    -FIX_E_FORMAT);
	assert_int_equal(
	    risk_set_limits(r, RISK_SCOPE_SESSION, "4294967295", &l), 0);
	s.symbol = "OK";
	s.multiplier_e8 = 0;
	assert_int_equal(risk_add_symbol(r, &s), -FIX_E_FORMAT);
	risk_free(r);
}

static void
references_belong_to_known_symbols_only(void **state)
{
	struct risk *r = bare_firm();
	struct fix_mono now = { 0 };

	(void)state;
	assert_int_equal(
	    risk_set_ref(r, fix_span_of("NONE"), E8, now), -FIX_E_NOTFOUND);
	risk_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(r01_a_session_uses_only_its_accounts),
		cmocka_unit_test(r01_an_unknown_account_is_refused),
		cmocka_unit_test(
		    r01_one_account_is_the_default_and_two_are_none),
		cmocka_unit_test(
		    r01_an_account_that_only_an_execution_named_may_not_trade),
		cmocka_unit_test(r03_a_symbol_must_be_known_to_the_letter),
		cmocka_unit_test(r03_an_inactive_or_expired_symbol),
		cmocka_unit_test(r06_a_symbol_and_its_class_must_both_be_open),
		cmocka_unit_test(r04_what_can_not_be_judged_is_refused),
		cmocka_unit_test(r07_prices_and_stops_stand_on_ticks),
		cmocka_unit_test(r08_quantities_are_whole_lots_over_nothing),
		cmocka_unit_test(controls_speak_in_the_order_of_section_4),
		cmocka_unit_test(
		    decisions_are_numbered_on_from_where_they_were),
		cmocka_unit_test(a_refused_order_leaves_nothing_behind),
		cmocka_unit_test(names_that_are_too_long_are_refused_at_set_up),
		cmocka_unit_test(references_belong_to_known_symbols_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
