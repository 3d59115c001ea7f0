/*
 * Who may set and release kill switches (vector K6 of section 10 of the
 * pre-trade controls), whose switches are whose, and how they are told.
 */
#include "tests/gateway/trader/switches.h"

static void
k6_firm_and_group_are_released_by_two(void **state)
{
	struct rig *r = *state;

	does(r, "ann", "risk kill firm", "ok: kill 1");
	does(r, "ann", "risk release 1", "waits: kill 1 is of firm");
	does(r, "ann", "risk release 1", "waits: kill 1");
	does(r, "", "risk release 1", "error: denied");
	does(r, "tim", "risk release 1",
	    "error: denied: tim does not have "
	    "the permission risk:kill_switch");
	assert_int_equal(rig_turn(r), 0);
	rig_kill(r, true);
	start(r);
	does(r, "ann", "risk status", "release asked for by ann");
	rig_pass(r, 3601);
	does(
	    r, "bob", "risk release 1", "waits: kill 1"); /* ann's has lapsed */
	does(r, "ann", "risk release 1 reason=all clear",
	    "ok: kill 1 of firm is released");
	assert_non_null(strstr(
	    r->log, "kill 1 active by ann and bob (RISK): firm: all clear"));
	does(r, "ann", "risk release 1", "released before");
	does(r, "ann", "risk kill account DEMO", "ok: kill 2");
	does(r, "ann", "risk release 2", "ok: kill 2 of account DEMO");
	does(r, "ann", "risk release 3", "error: there is no kill switch 3");
}

static void
the_same_word_is_one_switch_and_another_person_s_is_another(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = logged_on(r, 1);

	does(r, "ann", "risk kill account DEMO", "ok: kill 1");
	does(r, "ann", "risk kill account DEMO", "is halted already");
	does(r, "ann", "risk reduce account DEMO", "is halted already");
	does(r, "bob", "risk kill account DEMO", "ok: kill 2");
	does(r, "bob", "risk release 1", "ok: kill 1 of account DEMO");
	rig_say(r, c, rig_order(2, "A1", 10, "90"));
	assert_true(rig_sent(c, "RISK KILL"));
	does(r, "bob", "risk release 2", "ok: kill 2 of account DEMO");
	rig_clear(c);
	rig_say(r, c, rig_order(3, "A2", 10, "90"));
	assert_true(rig_sent(c, "|150=0|"));
}

static void
a_trader_may_stop_its_own_and_nothing_else(void **state)
{
	struct rig *r = *state;

	does(r, "tim", "risk kill firm", "error: denied: tim");
	does(r, "tim", "risk kill symbol AAPL", "error: denied: tim");
	does(r, "eve", "risk kill account DEMO", "error: denied: eve");
	does(r, "zoe", "risk status",
	    "error: denied: zoe does not have the "
	    "permission risk:view");
	does(r, "tim", "risk kill account DEMO symbol AAPL", "ok: kill 1");
	does(r, "tim", "risk kill trader T1", "ok: kill 2");
	does(r, "tim", "risk release 1", "error: denied");
	does(r, "tim", "risk put account DEMO if=1 MaxLong=1",
	    "error: denied: tim does not have the permission risk:modify");
	does(r, "eve", "logout CLIENTA", "permission trading:admin");
	does(r, "eve", "risk status", "(TRADER)");
	assert_non_null(strstr(r->log,
	    "denied: tim lacks risk:modify for: risk put account DEMO if=1"));
}

/* whose algorithm it is does not let it go on. */
static void
r17_nobody_re_arms_what_is_his_own(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = logged_on(r, 1);
	struct risk_rules rules = RISK_RULES_INIT;
	static const struct trader_user both[] = {
		{ "ann", ACCESS_ALL, NULL },
		{ "tim", ACCESS_ALL, "account DEMO" },
	};

	rules.max_executed = 1;
	assert_int_equal(risk_set_rules(r->trader->risk, RISK_SCOPE_ACCOUNT,
	    "DEMO", &rules), 0);
	rig_say(r, c, rig_order(2, "A1", 1, "101"));
	rig_pass(r, 2);
	rig_say(r, c, rig_order(3, "A2", 1, "101"));
	assert_true(rig_sent(c, "RISK REPEAT_EXEC scope=ACCOUNT:DEMO"));
	does(r, "tim", "rearm account DEMO",
	    "error: denied: tim does not have the permission risk:modify");
	r->trader->cfg.users = both;
	r->trader->cfg.n_users = 2;
	does(r, "tim", "rearm account DEMO", "is your own");
	rig_clear(c);
	rig_say(r, c, rig_order(4, "A3", 1, "90"));
	assert_true(rig_sent(c, "RISK REPEAT_EXEC scope=ACCOUNT:DEMO"));
	does(r, "ann", "rearm account DEMO", "ok: account DEMO is armed");
	rig_clear(c);
	rig_say(r, c, rig_order(5, "A4", 1, "90"));
	assert_true(rig_sent(c, "|150=0|"));
}

/* the system's own switch, that cancels until all is gone, and that is
 * not released by whose scope it is. */
static void
losses_set_a_switch_that_people_re_arm(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = logged_on(r, 1);
	struct risk_rules rules = RISK_RULES_INIT;

	rules.max_loss_e8 = 50 * FIX_E8;
	assert_int_equal(
	    risk_set_rules(r->trader->risk, RISK_SCOPE_FIRM, "", &rules), 0);
	rig_say(r, c, rig_order(2, "A1", 100, "101"));
	rig_pass(r, 2);
	rig_say(r, c, rig_order(3, "A2", 10, "90"));
	deaf(r);
	{
		struct venue_event e = { .kind = VENUE_MARK,
			.symbol = "AAPL",
			.last_px_e8 = 90 * FIX_E8 };
		struct venue_sink sink = trader_sink(r->trader);

		sink.event(sink.arg, r->trader->venues[0], &e);
		assert_int_equal(rig_turn(r), 0);
	}
	assert_int_equal(n_canceled, 1);
	venue_says(r, VENUE_CXL_REJECT, "A2");
	rig_pass(r, 1);
	assert_int_equal(n_canceled, 2); /* again */
	does(r, "ann", "risk report 1",
	    "kill 1 halted firm by fixgate (SYSTEM)");
	assert_non_null(strstr(answer, "targeted 1 cancelled 0 "));
	rig_kill(r, true);
	start(r);
	does(r, "ann", "risk status", "kill 1 halted firm by fixgate");
	does(r, "ann", "risk release 1", "error: losses have set it");
	does(r, "ann", "rearm firm", "waits: kill 1 is of firm");
	does(r, "bob", "rearm firm", "ok: firm");
	does(r, "bob", "risk status", "no kill switch stands");
}

static void
json_says_the_same(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = logged_on(r, 1);

	rig_say(r, c, rig_order(2, "A1", 10, "90"));
	deaf(r);
	does(r, "ann", "risk kill account DEMO reason=say \"when\"", "ok");
	does(r, "ann", "json risk report 1",
	    "{\"kill\":1,\"state\":\"halted\",");
	assert_non_null(strstr(answer, "\"reason\":\"say \\\"when\\\"\""));
	assert_non_null(strstr(answer, "\"complete\":false,\"targeted\":1,"));
	assert_non_null(strstr(answer, "\"orders\":[{\"order_id\":"));
	does(r, "ann", "json risk status", "{\"kills\":[{\"kill\":1,");
	does(r, "ann", "json risk get account DEMO",
	    "{\"version\":1,\"limits\":{\"MaxOrderQty\":\"unlimited\",");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(k6_firm_and_group_are_released_by_two),
		T(the_same_word_is_one_switch_and_another_person_s_is_another),
		T(a_trader_may_stop_its_own_and_nothing_else),
		T(r17_nobody_re_arms_what_is_his_own),
		T(losses_set_a_switch_that_people_re_arm),
		T(json_says_the_same),
	};

	return cmocka_run_group_tests_name("operators", tests, NULL, NULL);
}
