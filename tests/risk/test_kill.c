/*
 * Kill switches, R-30 and the vectors of section 10 that are risk's part.
 */
#include <string.h>

#include "tests/risk/help.h"

static void
k10_a_symbol_s_kill_leaves_other_symbols(void **state)
{
	struct risk *r = wide_firm();
	struct risk_verdict v;

	(void)state;
	set_kill(r, RISK_SCOPE_SYMBOL, "X", RISK_HALTED);
	assert_int_equal(
	    check(r, limit_order("A", "X", '1', 1, E8), &v), RISK_KILL);
	assert_int_equal(v.scope, RISK_SCOPE_SYMBOL);
	assert_string_equal(v.scope_id, "X");
	assert_int_equal(buy(r, "A", "Y", 1), RISK_OK);
	risk_free(r);
}

static void
every_scope_can_be_halted_and_released(void **state)
{
	static const struct {
		enum risk_scope kind;
		const char *id;
	} all[] = {
		{ RISK_SCOPE_SYMBOL, "X" },
		{ RISK_SCOPE_CLASS, "EQ" },
		{ RISK_SCOPE_ACCOUNT, "A" },
		{ RISK_SCOPE_GROUP, "G" },
		{ RISK_SCOPE_FIRM, "" },
		{ RISK_SCOPE_SESSION, "1" },
		{ RISK_SCOPE_TRADER, "ann" },
		{ RISK_SCOPE_VENUE, "7" },
	};
	struct risk *r = wide_firm();
	struct risk_order o = limit_order("A", "X", '1', 1, E8);
	struct risk_verdict v;
	size_t i;

	(void)state;
	o.trader = fix_span_of("ann");
	o.venue = 7;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		set_kill(r, all[i].kind, all[i].id, RISK_HALTED);
		assert_int_equal(check(r, o, &v), RISK_KILL);
		assert_int_equal(v.scope, all[i].kind);
		set_kill(r, all[i].kind, all[i].id, RISK_ACTIVE);
		assert_int_equal(check(r, o, &v), RISK_OK);
	}
	risk_free(r);
}

static void
the_firm_s_kill_spares_nobody(void **state)
{
	struct risk *r = wide_firm();

	(void)state;
	set_kill(r, RISK_SCOPE_FIRM, "any text", RISK_HALTED);
	assert_int_equal(buy(r, "A", "X", 1), RISK_KILL);
	assert_int_equal(buy(r, "C", "Z", 1), RISK_KILL);
	risk_free(r);
}

static void
a_halt_refuses_replaces_too(void **state)
{
	struct risk *r = wide_firm();
	struct risk_order o = limit_order("A", "X", '1', 1, PX(10000));
	struct risk_hold held = { 2 * E8, 200 * E8 };
	struct risk_verdict v;

	(void)state;
	set_kill(r, RISK_SCOPE_ACCOUNT, "A", RISK_HALTED);
	assert_int_equal(risk_check_replace(r, &o, held, at_ns(0), &v), 1);
	assert_int_equal(v.code, RISK_KILL);
	risk_free(r);
}

static void
k11_reducing_lets_pass_what_closes_the_position(void **state)
{
	struct risk *r = wide_firm();
	struct risk_hold held = { 60 * E8, 6000 * E8 };
	struct risk_order o = limit_order("A", "X", '2', 61, PX(10000));
	struct risk_verdict v;

	(void)state;
	position(r, "A", "X", 100);
	set_kill(r, RISK_SCOPE_ACCOUNT, "A", RISK_REDUCING);
	assert_int_equal(sell(r, "A", "X", 60), RISK_OK);
	assert_int_equal(sell(r, "A", "X", 60), RISK_KILL); /* 40 left */
	assert_int_equal(buy(r, "A", "X", 1), RISK_KILL);
	assert_int_equal(risk_check_replace(r, &o, held, at_ns(0), &v), 1);
	assert_int_equal(v.code, RISK_KILL); /* a G that raises quantity */
	o.qty_e8 = 50 * E8;
	assert_int_equal(risk_check_replace(r, &o, held, at_ns(0), &v), 0);
	assert_int_equal(sell(r, "A", "X", 40), RISK_OK);
	assert_int_equal(sell(r, "A", "X", 1), RISK_KILL);
	assert_int_equal(sell(r, "A", "Y", 1), RISK_KILL); /* opens a short */
	risk_free(r);
}

static void
k11_reducing_lets_a_short_be_bought_back(void **state)
{
	struct risk *r = wide_firm();

	(void)state;
	position(r, "A", "X", -100);
	set_kill(r, RISK_SCOPE_FIRM, "", RISK_REDUCING);
	assert_int_equal(buy(r, "A", "X", 101), RISK_KILL);
	assert_int_equal(buy(r, "A", "X", 100), RISK_OK);
	assert_int_equal(sell(r, "A", "X", 1), RISK_KILL);
	assert_int_equal(buy(r, "A", "NONE", 1), RISK_KILL);
	risk_free(r);
}

static void
a_reducing_replace_of_an_opening_order_may_only_shrink_it(void **state)
{
	struct risk *r = wide_firm();
	struct risk_hold held = { 10 * E8, 1000 * E8 };
	struct risk_order o = limit_order("A", "X", '1', 10, PX(10100));
	struct risk_verdict v;

	(void)state;
	assert_int_equal(buy(r, "A", "X", 10), RISK_OK);
	set_kill(r, RISK_SCOPE_ACCOUNT, "A", RISK_REDUCING);
	assert_int_equal(risk_check_replace(r, &o, held, at_ns(0), &v), 1);
	o.qty_e8 = 9 * E8;
	assert_int_equal(risk_check_replace(r, &o, held, at_ns(0), &v), 0);
	risk_free(r);
}

static void
every_matching_scope_must_allow(void **state)
{
	struct risk *r = wide_firm();

	(void)state;
	set_kill(r, RISK_SCOPE_ACCOUNT, "A", RISK_HALTED);
	set_kill(r, RISK_SCOPE_SYMBOL, "X", RISK_HALTED);
	set_kill(r, RISK_SCOPE_SYMBOL, "X", RISK_ACTIVE);
	assert_int_equal(buy(r, "A", "X", 1), RISK_KILL);
	set_kill(r, RISK_SCOPE_ACCOUNT, "A", RISK_ACTIVE);
	assert_int_equal(buy(r, "A", "X", 1), RISK_OK);
	risk_free(r);
}

static struct risk_where
both(enum risk_scope a, const char *x, enum risk_scope b, const char *y)
{
	struct risk_where w = { 0 };

	assert_true(risk_where_add(&w, a, x));
	assert_true(risk_where_add(&w, b, y));
	return w;
}

static void
scopes_that_are_named_together_must_all_fit(void **state)
{
	struct risk_where w = both(
	    RISK_SCOPE_ACCOUNT, "A", RISK_SCOPE_SYMBOL, "X");
	struct risk_where v = both(RISK_SCOPE_VENUE, "7", RISK_SCOPE_SESSION,
	    "1");
	struct risk_order o = limit_order("B", "Y", '1', 1, E8);
	struct risk *r = wide_firm();

	(void)state;
	assert_int_equal(risk_kill(r, 1, &w, RISK_HALTED, NULL), 0);
	assert_int_equal(buy(r, "A", "X", 1), RISK_KILL);
	assert_int_equal(buy(r, "A", "Y", 1), RISK_OK);
	assert_int_equal(buy(r, "B", "X", 1), RISK_OK);
	assert_int_equal(risk_kill(r, 2, &v, RISK_HALTED, NULL), 0);
	o.venue = 7;
	assert_int_equal(check(r, o, NULL), RISK_KILL);
	assert_true(risk_where_has(r, &v, &o));
	o.venue = 8;
	assert_int_equal(check(r, o, NULL), RISK_OK);
	assert_false(risk_where_has(r, &v, &o));
	o.venue = 7;
	o.session = 2;
	assert_int_equal(check(r, o, NULL), RISK_OK);
	assert_false(risk_where_has(r, &v, &o));
	risk_free(r);
}

static void
two_switches_for_one_scope_need_two_releases(void **state)
{
	struct risk_where w = both(
	    RISK_SCOPE_ACCOUNT, "A", RISK_SCOPE_FIRM, "");
	struct risk *r = wide_firm();

	(void)state;
	assert_int_equal(risk_kill(r, 1, &w, RISK_HALTED, NULL), 0);
	assert_int_equal(risk_kill(r, 2, &w, RISK_REDUCING, NULL), 0);
	assert_true(risk_unkill(r, 1));
	assert_false(risk_unkill(r, 1));
	assert_int_equal(buy(r, "A", "X", 1), RISK_KILL);
	assert_true(risk_unkill(r, 2));
	assert_int_equal(buy(r, "A", "X", 1), RISK_OK);
	risk_free(r);
}

/* The text is the caller's, and the narrowest scope's comes first. */
static void
a_refusal_names_the_scopes_and_the_role(void **state)
{
	struct risk_where w = both(
	    RISK_SCOPE_SYMBOL, "X", RISK_SCOPE_ACCOUNT, "A");
	struct risk_verdict v;
	char text[RISK_TEXT_MAX + 1], longest[400];
	struct risk *r = wide_firm();

	(void)state;
	set_kill(r, RISK_SCOPE_FIRM, "", RISK_HALTED);
	assert_int_equal(risk_kill(r, 1, &w, RISK_HALTED,
			     "ACCOUNT:A+SYMBOL:X by=RISK"), 0);
	assert_int_equal(
	    check(r, limit_order("A", "X", '1', 1, E8), &v), RISK_KILL);
	assert_int_equal(v.scope, RISK_SCOPE_SYMBOL);
	(void)risk_text(&v, text);
	assert_string_equal(
	    text, "RISK KILL scope=ACCOUNT:A+SYMBOL:X by=RISK dec=1");
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(risk_kill(r, 1, &w, RISK_HALTED, longest), 0);
	check(r, limit_order("A", "X", '1', 1, E8), &v);
	v.decision = UINT64_MAX;
	assert_in_range(risk_text(&v, text), 190, RISK_TEXT_MAX);
	risk_free(r);
}

static void
a_name_may_be_unknown_yet_and_nowhere_is_no_scope(void **state)
{
	struct risk *r = wide_firm();
	struct risk_where none = { 0 }, w = { 0 };

	(void)state;
	set_kill(r, RISK_SCOPE_ACCOUNT, "FUTURE", RISK_HALTED);
	assert_int_equal(risk_add_account(r, "FUTURE", ""), 0);
	assert_int_equal(buy(r, "FUTURE", "X", 1), RISK_KILL);
	assert_int_equal(
	    risk_kill(r, 9, &none, RISK_HALTED, NULL), -FIX_E_FORMAT);
	assert_false(risk_where_add(&w, RISK_SCOPE_ACCOUNT, ""));
	assert_false(risk_where_add(&w, RISK_SCOPE_ACCOUNT,
	    "123456789012345678901234567890123"));
	assert_int_equal(w.kinds, 0);
	assert_true(risk_where_add(&w, RISK_SCOPE_SESSION, "x1"));
	assert_false(risk_where_add(&w, RISK_SCOPE_SESSION, "1"));
	assert_int_equal(risk_kill(r, 9, &w, RISK_HALTED, NULL), -FIX_E_FORMAT);
	assert_int_equal(buy(r, "A", "X", 1), RISK_OK);
	risk_free(r);
}

/* At another price, and no more of it: it still closes what is held. */
static void
a_reducing_replace_of_a_closing_order_may_move_it(void **state)
{
	struct risk *r = wide_firm();

	(void)state;
	position(r, "A", "X", 100);
	set_kill(r, RISK_SCOPE_ACCOUNT, "A", RISK_REDUCING);
	assert_int_equal(sell(r, "A", "X", 60), RISK_OK);
	assert_int_equal(replaced(r, '2', 60, 60, PX(9900)), RISK_OK);
	assert_int_equal(replaced(r, '2', 60, 61, PX(9900)), RISK_KILL);
	risk_free(r);
}

static void
of_two_for_one_scope_the_older_is_named(void **state)
{
	struct risk_where w = { 0 };
	struct risk *r = wide_firm();
	struct risk_verdict v;

	(void)state;
	assert_true(risk_where_add(&w, RISK_SCOPE_ACCOUNT, "A"));
	assert_int_equal(risk_kill(r, 1, &w, RISK_HALTED, "older"), 0);
	assert_int_equal(risk_kill(r, 2, &w, RISK_HALTED, "newer"), 0);
	assert_int_equal(
	    check(r, limit_order("A", "X", '1', 1, E8), &v), RISK_KILL);
	assert_string_equal(v.kill, "older");
	assert_true(risk_unkill(r, 1));
	assert_int_equal(
	    check(r, limit_order("A", "X", '1', 1, E8), &v), RISK_KILL);
	assert_string_equal(v.kill, "newer");
	risk_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(k10_a_symbol_s_kill_leaves_other_symbols),
		cmocka_unit_test(every_scope_can_be_halted_and_released),
		cmocka_unit_test(the_firm_s_kill_spares_nobody),
		cmocka_unit_test(a_halt_refuses_replaces_too),
		cmocka_unit_test(
		    k11_reducing_lets_pass_what_closes_the_position),
		cmocka_unit_test(k11_reducing_lets_a_short_be_bought_back),
		cmocka_unit_test(
		    a_reducing_replace_of_an_opening_order_may_only_shrink_it),
		cmocka_unit_test(every_matching_scope_must_allow),
		cmocka_unit_test(scopes_that_are_named_together_must_all_fit),
		cmocka_unit_test(two_switches_for_one_scope_need_two_releases),
		cmocka_unit_test(a_refusal_names_the_scopes_and_the_role),
		cmocka_unit_test(
		    a_name_may_be_unknown_yet_and_nowhere_is_no_scope),
		cmocka_unit_test(
		    a_reducing_replace_of_a_closing_order_may_move_it),
		cmocka_unit_test(of_two_for_one_scope_the_older_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
