/*
 * Kill switches, R-30 and the vectors of section 10 that are risk's part.
 */
#include <string.h>

#include "tests/risk/help.h"

static void
kill(struct risk *r, enum risk_scope kind, const char *id, enum risk_state s)
{
	assert_int_equal(risk_kill(r, kind, id, s), 0);
}

static void
k10_a_symbol_s_kill_leaves_other_symbols(void **state)
{
	struct risk *r = wide_firm();
	struct risk_verdict v;

	(void)state;
	kill(r, RISK_SCOPE_SYMBOL, "X", RISK_HALTED);
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
	};
	struct risk *r = wide_firm();
	struct risk_verdict v;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		kill(r, all[i].kind, all[i].id, RISK_HALTED);
		assert_int_equal(
		    risk_state_of(r, all[i].kind, all[i].id), RISK_HALTED);
		assert_int_equal(
		    check(r, limit_order("A", "X", '1', 1, E8), &v), RISK_KILL);
		assert_int_equal(v.scope, all[i].kind);
		kill(r, all[i].kind, all[i].id, RISK_ACTIVE);
		assert_int_equal(buy(r, "A", "X", 1), RISK_OK);
	}
	risk_free(r);
}

static void
the_firm_s_kill_spares_nobody(void **state)
{
	struct risk *r = wide_firm();

	(void)state;
	kill(r, RISK_SCOPE_FIRM, "any text", RISK_HALTED);
	assert_int_equal(risk_state_of(r, RISK_SCOPE_FIRM, ""), RISK_HALTED);
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
	kill(r, RISK_SCOPE_ACCOUNT, "A", RISK_HALTED);
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
	kill(r, RISK_SCOPE_ACCOUNT, "A", RISK_REDUCING);
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
	kill(r, RISK_SCOPE_FIRM, "", RISK_REDUCING);
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
	kill(r, RISK_SCOPE_ACCOUNT, "A", RISK_REDUCING);
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
	kill(r, RISK_SCOPE_ACCOUNT, "A", RISK_HALTED);
	kill(r, RISK_SCOPE_SYMBOL, "X", RISK_HALTED);
	kill(r, RISK_SCOPE_SYMBOL, "X", RISK_ACTIVE);
	assert_int_equal(buy(r, "A", "X", 1), RISK_KILL);
	kill(r, RISK_SCOPE_ACCOUNT, "A", RISK_ACTIVE);
	assert_int_equal(buy(r, "A", "X", 1), RISK_OK);
	risk_free(r);
}

static int
list(void *arg, enum risk_scope kind, const char *id, enum risk_state state)
{
	char *s = arg;

	strcat(s, risk_scope_name(kind));
	strcat(s, ":");
	strcat(s, id);
	strcat(s, state == RISK_HALTED ? " halted;" : " reducing;");
	return 0;
}

static int
stop_at_once(
    void *arg, enum risk_scope kind, const char *id, enum risk_state state)
{
	(void)kind;
	(void)id;
	(void)state;
	++*(int *)arg;
	return 7;
}

static void
kills_can_be_listed_and_a_name_may_be_unknown_yet(void **state)
{
	struct risk *r = wide_firm();
	char s[200] = "";
	int n = 0;

	(void)state;
	kill(r, RISK_SCOPE_FIRM, "", RISK_REDUCING);
	kill(r, RISK_SCOPE_ACCOUNT, "FUTURE", RISK_HALTED);
	kill(r, RISK_SCOPE_SESSION, "12", RISK_HALTED);
	assert_int_equal(risk_each_kill(r, list, s), 0);
	assert_string_equal(
	    s, "firm: reducing;account:FUTURE halted;session:12 halted;");
	assert_int_equal(risk_each_kill(r, stop_at_once, &n), 7);
	assert_int_equal(n, 1);
	kill(r, RISK_SCOPE_FIRM, "", RISK_ACTIVE);
	assert_int_equal(risk_add_account(r, "FUTURE", ""), 0);
	assert_int_equal(buy(r, "FUTURE", "X", 1), RISK_KILL);
	assert_int_equal(
	    risk_state_of(r, RISK_SCOPE_ACCOUNT, "NOBODY"), RISK_ACTIVE);
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
		cmocka_unit_test(
		    kills_can_be_listed_and_a_name_may_be_unknown_yet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
