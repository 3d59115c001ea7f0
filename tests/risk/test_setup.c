/*
 * What is said at set-up: what is no symbol, rule or detail, what is given back,
 * and by which names it is found again.
 */
#include <stdio.h>

#include "risk/known.h"
#include "tests/risk/rows.h"

static bool
no_symbol(struct risk *r, const char *symbol, int64_t tick, int64_t lot,
    int64_t mult)
{
	struct risk_symbol s = { symbol, "EQ", tick, lot, mult };
	int rc = risk_add_symbol(r, &s);

	assert_true(rc == 0 || rc == -FIX_E_FORMAT);
	return rc != 0;
}

static void
what_is_no_symbol(void **state)
{
	struct risk *r = wide_firm();

	(void)state;
	assert_true(no_symbol(r, "", 0, 0, E8));
	assert_true(no_symbol(r, "W", -1, 0, E8));
	assert_true(no_symbol(r, "W", 0, -1, E8));
	assert_true(no_symbol(r, "W", 0, 0, 0));
	assert_false(risk_trades(r, fix_span_of("W")));
	assert_false(no_symbol(r, "W", 0, 0, 1));
	assert_true(risk_trades(r, fix_span_of("W")));
	risk_fill(r, fix_span_of("A"), fix_span_of("SUSPENSE"), '1', 1, 1);
	assert_false(risk_trades(r, fix_span_of("SUSPENSE")));
	risk_free(r);
}

static bool
no_detail(struct risk *r, struct risk_detail d)
{
	int rc = risk_describe(r, "X", &d);

	assert_true(rc == 0 || rc == -FIX_E_FORMAT);
	return rc != 0;
}

static void
what_is_no_detail(void **state)
{
	struct risk *r = wide_firm();
	struct risk_detail d = { .n_bands = 17 };

	(void)state;
	assert_true(no_detail(r, (struct risk_detail){ .adv_e8 = -1 }));
	assert_true(no_detail(r, (struct risk_detail){ .range_window_ns = -1 }));
	assert_true(no_detail(r, (struct risk_detail){ .range_ticks = -1 }));
	assert_true(no_detail(r, (struct risk_detail){ .range_window_ns = 15 }));
	assert_false(no_detail(r, (struct risk_detail){ .range_window_ns = 16 }));
	for (int i = 0; i < 16; i++) {
		d.band[i].from_e8 = i;
		d.band[i].tick_e8 = 1;
	}
	assert_true(no_detail(r, d));
	d.n_bands = 16;
	assert_false(no_detail(r, d));
	d.n_bands = 2;
	d.band[1].from_e8 = 0;
	assert_true(no_detail(r, d));
	d.n_bands = 1;
	d.band[0].tick_e8 = 0;
	assert_true(no_detail(r, d));
	d.band[0].tick_e8 = 1;
	d.band[0].from_e8 = -1;
	assert_true(no_detail(r, d));
	risk_free(r);
}

/* a band begins with its first price. */
static void
a_band_s_tick_holds_from_its_price_on(void **state)
{
	struct risk_detail d = { .n_bands = 2,
		.band = { { 0, 1 }, { E8, 3 * E8 / 10 } } };
	struct risk_order o = limit_order("A", "X", '1', 1, E8);
	struct risk *r = wide_firm();

	(void)state;
	describe(r, "X", d);
	assert_int_equal(check(r, o, NULL), RISK_TICK);
	o.price_e8 = E8 - 1;
	assert_int_equal(check(r, o, NULL), RISK_OK);
	risk_free(r);
}

static void
a_window_for_orders_alike_has_60_s_at_most(void **state)
{
	struct risk_rules rules = no_rules();
	struct risk *r = wide_firm();

	(void)state;
	rules.dup_max = 1;
	rules.dup_window_ns = 60 * FIX_SEC;
	rule(r, RISK_SCOPE_FIRM, "", rules);
	rules.dup_window_ns++;
	assert_int_equal(risk_set_rules(r, RISK_SCOPE_FIRM, "", &rules),
	    -FIX_E_FORMAT);
	assert_int_equal(risk_set_locate(r, "A", "X", -1), -FIX_E_FORMAT);
	assert_int_equal(risk_set_locate(r, "A", "X", 0), 0);
	risk_free(r);
}

/* The rules of a scope allow these types alone; 0: it has none. */
static uint32_t
types_of(struct risk *r, enum risk_scope kind, const char *id)
{
	struct risk_rules rules;

	return risk_get_rules(r, kind, id, &rules) ? rules.ord_types : 0;
}

static void
rules_are_given_back_and_taken_back_by_their_scope(void **state)
{
	struct risk_rules rules = no_rules();
	struct risk *r = wide_firm();

	(void)state;
	rules.ord_types = 1u << 1;
	rule(r, RISK_SCOPE_ACCOUNT, "B", rules);
	rules.ord_types = 1u << 3;
	rule(r, RISK_SCOPE_FIRM, "", rules);
	assert_int_equal(types_of(r, RISK_SCOPE_ACCOUNT, "B"), 1u << 1);
	assert_int_equal(types_of(r, RISK_SCOPE_FIRM, "whatever"), 1u << 3);
	assert_int_equal(types_of(r, RISK_SCOPE_ACCOUNT, "A"), 0);
	assert_int_equal(types_of(r, RISK_SCOPE_GROUP, "B"), 0);
	assert_int_equal(buy(r, "A", "X", 1), RISK_CHARACTERISTIC);
	risk_unset_rules(r, RISK_SCOPE_ACCOUNT, "A"); /* it has none */
	risk_unset_rules(r, RISK_SCOPE_FIRM, "");
	assert_int_equal(types_of(r, RISK_SCOPE_FIRM, ""), 0);
	assert_int_equal(types_of(r, RISK_SCOPE_ACCOUNT, "B"), 1u << 1);
	assert_int_equal(buy(r, "A", "X", 1), RISK_OK);
	assert_int_equal(buy(r, "B", "X", 1), RISK_CHARACTERISTIC);
	risk_free(r);
}

/* What people may name. */
static void
what_is_set_up_is_known(void **state)
{
	struct risk *r = bare_firm();
	struct risk_rules rules = no_rules();
	const struct risk_grant none = RISK_GRANT_INIT;

	(void)state;
	assert_true(risk_knows(r, RISK_SCOPE_FIRM, "any"));
	assert_true(risk_knows(r, RISK_SCOPE_ACCOUNT, "A"));
	assert_true(risk_knows(r, RISK_SCOPE_SYMBOL, "X"));
	assert_true(risk_knows(r, RISK_SCOPE_GROUP, "G"));
	assert_true(risk_knows(r, RISK_SCOPE_CLASS, "EQ"));
	assert_false(risk_knows(r, RISK_SCOPE_ACCOUNT, "X"));
	assert_false(risk_knows(r, RISK_SCOPE_SYMBOL, "A"));
	assert_false(risk_knows(r, RISK_SCOPE_GROUP, "EQ"));
	assert_false(risk_knows(r, RISK_SCOPE_CLASS, "G"));
	assert_false(risk_knows(r, RISK_SCOPE_GROUP, "A"));
	/* An execution names it, and limits or rules */
	risk_fill(r, fix_span_of("NEW"), fix_span_of("X"), '1', E8, E8);
	assert_false(risk_knows(r, RISK_SCOPE_ACCOUNT, "NEW"));
	limit(r, RISK_SCOPE_ACCOUNT, "NEW", unlimited());
	assert_true(risk_knows(r, RISK_SCOPE_ACCOUNT, "NEW"));
	rule(r, RISK_SCOPE_CLASS, "FUT", rules);
	assert_true(risk_knows(r, RISK_SCOPE_CLASS, "FUT"));
	assert_false(risk_knows(r, RISK_SCOPE_TRADER, "T"));
	assert_int_equal(risk_grant(r, "T", &none), 0);
	assert_true(risk_knows(r, RISK_SCOPE_TRADER, "T"));
	risk_free(r);
}

static void
a_grant_is_given_back(void **state)
{
	struct risk *r = bare_firm();
	struct risk_grant g = RISK_GRANT_INIT;

	(void)state;
	g.max_symbols = 7;
	assert_false(risk_get_grant(r, "T", &g));
	assert_null(risk_granted(r, "T", RISK_SCOPE_SYMBOL, 0));
	assert_int_equal(risk_grant(r, "T", &g), 0);
	g.max_symbols = 0;
	assert_true(risk_get_grant(r, "T", &g));
	assert_int_equal(g.max_symbols, 7);
	assert_null(risk_granted(r, "T", RISK_SCOPE_SYMBOL, 0));
	assert_int_equal(risk_grant_to(r, "T", RISK_SCOPE_SYMBOL, "X"), 0);
	assert_int_equal(risk_grant_to(r, "T", RISK_SCOPE_VENUE, "3"), 0);
	assert_string_equal(risk_granted(r, "T", RISK_SCOPE_SYMBOL, 0), "X");
	assert_string_equal(risk_granted(r, "T", RISK_SCOPE_VENUE, 0), "3");
	assert_null(risk_granted(r, "T", RISK_SCOPE_SYMBOL, 1));
	assert_null(risk_granted(r, "T", RISK_SCOPE_CLASS, 0));
	assert_null(risk_granted(r, "T", RISK_SCOPE_ACCOUNT, 0));
	assert_null(risk_granted(r, "NONE", RISK_SCOPE_SYMBOL, 0));
	assert_false(risk_states(r, RISK_OWNER_EXCHANGE));
	risk_must_state(r, RISK_OWNER_EXCHANGE, true);
	assert_true(risk_states(r, RISK_OWNER_EXCHANGE));
	assert_false(risk_states(r, RISK_OWNER_CLEARING));
	risk_free(r);
}

static void
traders_with_a_grant_are_counted(void **state)
{
	const struct risk_grant none = RISK_GRANT_INIT;
	struct risk *r = bare_firm();
	struct risk_where w = { 0 };

	(void)state;
	assert_null(risk_granted_trader(r, 0));
	assert_true(risk_where_add(&w, RISK_SCOPE_TRADER, "KILLED"));
	assert_int_equal(risk_kill(r, 1, &w, RISK_HALTED, NULL), 0);
	assert_int_equal(risk_grant(r, "T", &none), 0);
	assert_int_equal(risk_grant(r, "U", &none), 0);
	assert_string_equal(risk_granted_trader(r, 0), "T");
	assert_string_equal(risk_granted_trader(r, 1), "U");
	assert_null(risk_granted_trader(r, 2));
	risk_free(r);
}

static void
scopes_that_want_traders_are_found(void **state)
{
	struct risk *r = bare_firm();
	struct risk_rules rules = no_rules();

	(void)state;
	assert_false(risk_wants_traders(r, false));
	rule(r, RISK_SCOPE_FIRM, "", rules); /* of something else */
	assert_false(risk_wants_traders(r, false));
	rules.traders = RISK_TRADERS_KNOWN;
	rule(r, RISK_SCOPE_GROUP, "G", rules);
	assert_true(risk_wants_traders(r, false));
	assert_false(risk_wants_traders(r, true));
	rule(r, RISK_SCOPE_FIRM, "", rules);
	assert_true(risk_wants_traders(r, true));
	risk_unset_rules(r, RISK_SCOPE_GROUP, "G");
	assert_true(risk_wants_traders(r, false));
	risk_unset_rules(r, RISK_SCOPE_FIRM, "");
	assert_false(risk_wants_traders(r, false));
	assert_false(risk_wants_traders(r, true));
	risk_free(r);
}

static void
limits_are_taken_back(void **state)
{
	struct risk_limits l;
	struct risk *r = wide_firm();

	(void)state;
	assert_int_equal(buy(r, "A", "X", 1), RISK_OK);
	risk_unset_limits(r, RISK_OWNER_FIRM, RISK_SCOPE_ACCOUNT, "A"); /* it has none */
	assert_true(risk_get_limits(r, RISK_SCOPE_FIRM, "", &l));
	risk_unset_limits(r, RISK_OWNER_FIRM, RISK_SCOPE_FIRM, "");
	assert_false(risk_get_limits(r, RISK_SCOPE_FIRM, "", &l));
	assert_int_equal(buy(r, "A", "X", 1), RISK_QTY_MAX);
	limit(r, RISK_SCOPE_SESSION, "10", unlimited());
	assert_true(risk_get_limits(r, RISK_SCOPE_SESSION, "10", &l));
	assert_int_equal(risk_set_limits(r, RISK_SCOPE_SESSION, "1x", &l),
	    -FIX_E_FORMAT);
	risk_free(r);
}

static bool
in(const struct risk *r, enum risk_scope kind, const char *id,
    const char *account, const char *symbol)
{
	return risk_in_scope(r, kind, id, fix_span_of(account),
	    fix_span_of(symbol));
}

static void
an_order_is_in_the_scopes_of_its_names(void **state)
{
	struct risk *r = wide_firm();

	(void)state;
	assert_true(in(r, RISK_SCOPE_FIRM, "", "GONE", "GONE"));
	assert_true(in(r, RISK_SCOPE_ACCOUNT, "GONE", "GONE", "X"));
	assert_false(in(r, RISK_SCOPE_ACCOUNT, "X", "A", "X"));
	assert_true(in(r, RISK_SCOPE_SYMBOL, "GONE", "A", "GONE"));
	assert_false(in(r, RISK_SCOPE_SYMBOL, "A", "A", "X"));
	assert_true(in(r, RISK_SCOPE_GROUP, "G", "B", "Z"));
	assert_false(in(r, RISK_SCOPE_GROUP, "H", "B", "Z"));
	assert_false(in(r, RISK_SCOPE_GROUP, "G", "C", "X"));
	assert_false(in(r, RISK_SCOPE_GROUP, "G", "GONE", "X"));
	assert_true(in(r, RISK_SCOPE_CLASS, "EQ", "C", "Y"));
	assert_false(in(r, RISK_SCOPE_CLASS, "FX", "C", "Y"));
	assert_false(in(r, RISK_SCOPE_CLASS, "EQ", "A", "Z"));
	assert_false(in(r, RISK_SCOPE_CLASS, "EQ", "A", "GONE"));
	assert_false(in(r, RISK_SCOPE_SESSION, "1", "A", "X"));
	risk_free(r);
}

static bool
may(const struct risk *r, uint32_t session, const char *account)
{
	return risk_permitted(r, session, fix_span_of(account));
}

/* R-01, as it is asked before there is an order. */
static void
a_session_may_use_its_accounts(void **state)
{
	struct risk *r = wide_firm();

	(void)state;
	assert_int_equal(risk_permit(r, 1, "A"), 0);
	assert_int_equal(risk_permit(r, 1, "B"), 0);
	limit(r, RISK_SCOPE_SESSION, "2", unlimited());
	assert_true(may(r, 1, "A"));
	assert_true(may(r, 1, "B"));
	assert_false(may(r, 1, "C"));
	assert_true(may(r, 2, "C")); /* is told none */
	assert_true(may(r, 3, "C")); /* is not known */
	assert_false(may(r, 3, "GONE"));
	limit(r, RISK_SCOPE_ACCOUNT, "LATER", unlimited());
	assert_false(may(r, 3, "LATER"));
	risk_free(r);
}

/* 257 accounts in 255 symbols and the nameless pair: then the first order of a
 * pair makes it. */
static void
pairs_are_made_up_to_65536(void **state)
{
	struct risk *r = risk_new(0);
	char name[8];

	(void)state;
	assert_non_null(r);
	for (int i = 1; i <= 257; i++) {
		snprintf(name, sizeof(name), "A%d", i);
		assert_int_equal(risk_add_account(r, name, ""), 0);
	}
	for (int i = 1; i <= 256; i++) {
		snprintf(name, sizeof(name), "S%d", i);
		add_symbol(r, name, "", 0, 0, E8);
	}
	assert_non_null(risk_get_position(r, fix_span_of("A257"),
	    fix_span_of("S255")));
	assert_null(risk_get_position(r, fix_span_of("A1"),
	    fix_span_of("S256")));
	limit(r, RISK_SCOPE_FIRM, "", unlimited());
	assert_int_equal(buy(r, "A1", "S256", 1), RISK_OK);
	assert_non_null(risk_get_position(r, fix_span_of("A1"),
	    fix_span_of("S256")));
	risk_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_symbol),
		cmocka_unit_test(what_is_no_detail),
		cmocka_unit_test(a_band_s_tick_holds_from_its_price_on),
		cmocka_unit_test(a_window_for_orders_alike_has_60_s_at_most),
		cmocka_unit_test(
		    rules_are_given_back_and_taken_back_by_their_scope),
		cmocka_unit_test(what_is_set_up_is_known),
		cmocka_unit_test(a_grant_is_given_back),
		cmocka_unit_test(traders_with_a_grant_are_counted),
		cmocka_unit_test(scopes_that_want_traders_are_found),
		cmocka_unit_test(limits_are_taken_back),
		cmocka_unit_test(an_order_is_in_the_scopes_of_its_names),
		cmocka_unit_test(a_session_may_use_its_accounts),
		cmocka_unit_test(pairs_are_made_up_to_65536),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
