/*
 * Leave for one order, as people give it (section 9 of the pre-trade controls):
 * who may, what is journaled, and what a restart finds.
 */
#include "tests/gateway/trader/switches.h"

#define ISSUE "risk token account DEMO symbol AAPL side buy qty 100 price 90"

static void
make_soft(struct rig *r)
{
	struct risk_rules rules = RISK_RULES_INIT;

	rules.dup_window_ns = FIX_SEC; /* as settings have them */
	rules.cancel_min = 100;
	rules.cancel_window_ns = 60 * FIX_SEC;
	rules.soft = RISK_SOFT_QTY;
	assert_int_equal(risk_set_rules(r->trader->risk, RISK_SCOPE_ACCOUNT,
	    "DEMO", &rules), 0);
}

/* Orders of more than 10 are soft. */
static struct rig_conn *
soft(struct rig *r)
{
	make_soft(r);
	does(r, "ann", "risk put account DEMO if=1 MaxOrderQty=10", "ok");
	return logged_on(r, 1);
}

static void
say_with(struct rig *r, struct rig_conn *c, unsigned seq, int qty,
    const char *more)
{
	char text[600], id[8];

	snprintf(id, sizeof(id), "A%u", seq);
	snprintf(text, sizeof(text), "%s|%s", rig_order(seq, id, qty, "90"),
	    more);
	rig_clear(c);
	rig_say(r, c, text);
}

static void
t9_a_second_person_gives_leave_once(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = soft(r);

	say_with(r, c, 2, 100, "376=RISK-1");
	assert_true(rig_sent(c, "RISK QTY_MAX scope=ACCOUNT:DEMO lim=10 val=100 "
				"override=possible"));
	does(r, "ann", ISSUE " reason=block trade", "ok: RISK-1");
	does(r, "ann", "risk tokens", "RISK-1 account DEMO symbol AAPL side buy qty "
	    "100 price 90 by ann: block trade\n");
	assert_non_null(strstr(r->log, "token RISK-1 account DEMO symbol AAPL side "
	    "buy qty 100 price 90 by ann: block trade"));
	say_with(r, c, 3, 100, "58=no token");
	assert_true(rig_sent(c, "|150=8|"));
	say_with(r, c, 4, 100, "376=RISK-2");
	assert_true(rig_sent(c, "|150=8|"));
	say_with(r, c, 5, 101, "376=RISK-1");
	assert_true(rig_sent(c, "|150=8|"));
	say_with(r, c, 6, 100, "376=RISK-1");
	assert_true(rig_sent(c, "|150=0|"));
	assert_non_null(strstr(r->log, "token RISK-1 of ann is spent by order"));
	assert_non_null(strstr(r->log, "of trader -: block trade"));
	say_with(r, c, 7, 100, "376=RISK-1");
	assert_true(rig_sent(c, "|150=8|"));
	does(r, "ann", "risk tokens", "no tokens");
}

static void
t9_never_who_holds_the_account_or_gave_the_order(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = soft(r);
	static const struct trader_user both[] = {
		{ "ann", ACCESS_ALL, NULL },
		{ "tim", ACCESS_ALL, "account DEMO, trader T1" },
	};

	does(r, "tim", ISSUE " reason=mine",
	    "error: denied: tim does not have the permission risk:override");
	r->trader->cfg.users = both;
	r->trader->cfg.n_users = 2;
	does(r, "tim", ISSUE " reason=mine", "error: account DEMO is your own");
	does(r, "ann", ISSUE " reason=x", "ok: RISK-1");
	say_with(r, c, 2, 100, "376=RISK-1|453=1|448=ann|447=D|452=12");
	assert_true(rig_sent(c, "|150=8|"));
	say_with(r, c, 3, 100, "376=RISK-1|453=1|448=tim|447=D|452=12");
	assert_true(rig_sent(c, "|150=0|"));
	assert_non_null(strstr(r->log, "of trader tim: x"));
}

static void
t9_tokens_outlive_a_restart_and_expire(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = soft(r);

	does(r, "ann", ISSUE " reason=one", "ok: RISK-1");
	does(r, "ann", ISSUE " reason=two", "ok: RISK-2");
	does(r, "ann", ISSUE " for 60 reason=three", "ok: RISK-3");
	say_with(r, c, 2, 100, "376=RISK-1");
	assert_true(rig_sent(c, "|150=0|"));
	assert_int_equal(rig_turn(r), 0);
	rig_kill(r, true);
	start(r);
	make_soft(r);
	does(r, "ann", "risk tokens", "RISK-2 account DEMO");
	assert_null(strstr(answer, "RISK-1 account DEMO"));
	c = logged_on(r, 3);
	say_with(r, c, 4, 100, "376=RISK-1"); /* spent before */
	assert_true(rig_sent(c, "|150=8|"));
	assert_true(trader_deadline(r->trader).ns <=
		    r->now.mono.ns + 60 * FIX_SEC);
	rig_pass(r, 60);
	assert_non_null(strstr(r->log, "token RISK-3 has expired"));
	does(r, "ann", "risk tokens", "RISK-2 account DEMO");
	assert_null(strstr(answer, "RISK-3 account DEMO"));
	does(r, "ann", ISSUE " reason=four", "ok: RISK-4");
	does(r, "ann", "risk revoke RISK-4", "ok: revoked");
	does(r, "ann", "risk revoke RISK-4", "error: there is no such token");
	does(r, "ann", "risk revoke", "error: there is no such token");
	rig_pass(r, 239);
	does(r, "ann", "risk tokens", "RISK-2 account DEMO");
	rig_pass(r, 1);
	does(r, "ann", "risk tokens", "no tokens");
	assert_int_equal(rig_turn(r), 0);
	rig_kill(r, true);
	start(r);
	does(r, "ann", "risk tokens", "no tokens");
}

static void
what_is_no_token_is_told(void **state)
{
	static const char *const bad[] = {
		"risk token account DEMO symbol AAPL side buy qty 100 reason=x",
		"risk token account DEMO symbol AAPL side both qty 1 price 1 "
		"reason=x",
		ISSUE,
		ISSUE " reason=",
		ISSUE " for 301 reason=x",
		ISSUE " for 0 reason=x",
		ISSUE " for reason=x",
		ISSUE " price 91 reason=x",
		ISSUE " trader T1 reason=x",
		"risk token account DEMO symbol AAPL side buy qty 0 price 90 "
		"reason=x",
		"risk token account 123456789012345678901234567890123 symbol "
		"AAPL side buy qty 1 price 90 reason=x",
	};
	struct rig *r = *state;
	char line[128];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		does(r, "ann", bad[i], "error: ");
	does(r, "ann", "risk tokens", "no tokens");
	for (int i = 1; i <= RISK_TOKENS_MAX; i++) {
		snprintf(line, sizeof(line), "ok: RISK-%d\n", i);
		does(r, "ann", ISSUE " reason=x", line);
	}
	does(r, "ann", ISSUE " reason=x", "error: too many tokens");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    t9_a_second_person_gives_leave_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    t9_never_who_holds_the_account_or_gave_the_order, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    t9_tokens_outlive_a_restart_and_expire, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    what_is_no_token_is_told, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
