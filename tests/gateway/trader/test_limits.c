/*
 * Limits as versions (L1 to L8 of the pre-trade controls, as far as they are
 * not about HTTP): who may change what, and that a crash leaves the old or the
 * new.
 */
#include "tests/gateway/trader/limits.h"

static void
l1_l2_a_change_names_the_version_it_was_made_for(void **state)
{
	struct rig *r = started();

	(void)state;
	DOES("ann", "risk get account DEMO", "version=1\nMaxOrderQty=unl");
	DOES("ann", "risk put account DEMO MaxOrderQty=10", "if=VERSION is");
	DOES("ann", "risk put account DEMO if=1 MaxOrderQty=10", "ok: version 2");
	DOES("bob", "risk put account DEMO if=1 MaxOrderQty=9", "is stale");
	DOES("bob", "risk get account DEMO", "version=2\nMaxOrderQty=10\n");
	rig_free(r);
}

static void
tightening_counts_from_the_next_order_on(void **state)
{
	struct rig *r = started();
	struct rig_conn *c = rig_accept(r, 0);

	(void)state;
	rig_say(r, c, "35=A|34=1|98=0|108=30");
	rig_say(r, c, rig_order(2, "A1", 10, "90"));
	assert_false(rig_sent(c, "RISK QTY_MAX"));
	DOES("ann", "risk put account DEMO if=1 MaxOrderQty=9", "ok");
	rig_say(r, c, rig_order(3, "A2", 10, "90"));
	assert_true(rig_sent(c, "RISK QTY_MAX scope=ACCOUNT:DEMO lim=9 val=10"));
	rig_free(r);
}

static void
l3_loosening_needs_two_people(void **state)
{
	struct rig *r = started();

	(void)state;
	DOES("ann", "risk put account DEMO if=1 MaxOrderQty=10", "ok");
	DOES("ann", "risk put account DEMO if=2 MaxOrderQty=11",
	    "error: this loosens MaxOrderQty");
	DOES("ann", "risk put account DEMO if=2 MaxLong=unlimited "
		    "MaxOrderQty=unlimited", "error: this loosens");
	DOES("ann", "risk propose account DEMO if=2 MaxOrderQty=11",
	    "ok: proposal 1");
	DOES("ann", "risk approve 1", "error: ann has proposed it");
	DOES("", "risk approve 1", "error: ann has proposed it");
	DOES("bob", "risk approve 2", "error: there is no such proposal");
	DOES("bob", "risk get account DEMO", "MaxOrderQty=10\n");
	assert_int_equal(rig_turn(r), 0);
	restart(r); /* a proposal waits over it */
	DOES("bob", "risk history", "proposal 1 of ann for account DEMO waits"
				    "\nMaxOrderQty=11\n");
	DOES("bob", "risk approve 1", "ok: version 3");
	DOES("bob", "risk get account DEMO", "MaxOrderQty=11\n");
	DOES("bob", "risk approve 1", "error: there is no such proposal");
	assert_int_equal(rig_turn(r), 0);
	restart(r);
	DOES("bob", "risk history",
	    "3 set account DEMO by ann, approved by bob\n");
	DOES("ann", "risk propose firm if=3 MaxOrderQty=5", "ok: proposal 2");
	DOES("ann", "risk reject 2", "ok: rejected");
	DOES("bob", "risk approve 2", "error: there is no such proposal");
	DOES("ann", "risk propose firm if=3 MaxOrderQty=5", "ok: proposal 3");
	rig_pass(r, 3601);
	DOES("bob", "risk approve 3", "error: there is no such proposal");
	rig_free(r);
}

static void
a_scope_without_limits_that_counts_for_others_needs_two(void **state)
{
	struct rig *r = started();

	(void)state;
	assert_int_equal(risk_add_account(r->trader->risk, "NEW", "G"), 0);
	DOES("ann", "risk put account NEW if=1 MaxOrderQty=5", "error: this");
	DOES("ann", "risk put group G if=1 MaxOrderQty=5", "error: this");
	DOES("ann", "risk put symbol AAPL if=1 MaxOrderQty=5", "ok");
	rig_free(r);
}

/* L5: behind the journal it is new, before it it is old. */
static void
l5_a_crash_leaves_the_old_or_the_new(void **state)
{
	struct rig *r = started();

	(void)state;
	DOES("ann", "risk put account DEMO if=1 MaxOrderQty=10", "ok");
	restart(r); /* the turn was not committed, the answer never left */
	DOES("ann", "risk get account DEMO", "version=1\nMaxOrderQty=unl");
	DOES("ann", "risk put account DEMO if=1 MaxOrderQty=10", "ok");
	assert_int_equal(rig_turn(r), 0);
	restart(r);
	DOES("ann", "risk get account DEMO", "version=2\nMaxOrderQty=10\n");
	rig_free(r);
}

static void
l6_a_temporary_limit_reverts_by_itself(void **state)
{
	struct rig *r = started();

	(void)state;
	DOES("ann", "risk put account DEMO if=1 MaxOrderQty=10 for=60", "ok");
	DOES("ann", "risk put account DEMO if=2 MaxOrderQty=5 for=600", "ok");
	DOES("ann", "risk put symbol AAPL if=3 MaxOrderQty=7 for=30", "ok");
	rig_pass(r, 29);
	DOES("ann", "risk get symbol AAPL", "MaxOrderQty=7\n");
	assert_true(trader_deadline(r->trader).ns <= r->now.mono.ns + FIX_SEC);
	rig_pass(r, 1);
	DOES("ann", "risk get symbol AAPL", "version=5\nno limits");
	restart(r);
	DOES("ann", "risk get account DEMO", "version=5\nMaxOrderQty=5\n");
	rig_kill(r, true); /* it is over while nobody runs */
	r->now.utc.ns += 600 * FIX_SEC;
	r->now.mono.ns += 600 * FIX_SEC;
	assert_int_equal(rig_start(r), 0);
	DOES("ann", "risk get account DEMO", "version=6\nMaxOrderQty=unlim");
	rig_free(r);
}

static void
l7_l8_what_is_no_limit_is_refused(void **state)
{
	static const struct {
		const char *words, *expected;
	} bad[] = {
		{ "MaxOpenOrders=1000.5", "whole number" },
		{ "MaxOpenOrders=1e3", "whole number" },
		{ "MaxOrderQty=1e3", "decimal" },
		{ "MaxOrderQty=-1", "not negative" },
		{ "MaxOrderQty=", "decimal" },
		{ "MaxOrderQty=0.000000001", "decimal" },
		{ "CollarPercent=1.234", "percentage" },
		{ "MaxSpeed=1", "there is no limit MaxSpeed" },
		{ "MaxOrderQty", "expected KEY=VALUE" },
		{ "for=0", "for=SECONDS" },
		{ "if=x", "must be a number" },
	};
	struct rig *r = started();
	char line[128];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(line, sizeof(line), "risk put account DEMO if=1 %s",
		    bad[i].words);
		DOES("ann", line, bad[i].expected);
		assert_int_equal(strncmp(answer, "error:", 6), 0);
	}
	DOES("ann", "risk put account DEMO if=1 MaxOrderQty=0", "ok");
	DOES("ann", "risk put planet", "expected firm");
	DOES("ann", "risk", "get, history, stale, put");
	rig_free(r);
}

/* Every key of [RISK]: its value, one that is tighter, one that is looser. */
static void
each_limit_is_tightened_at_once_and_loosened_by_two(void **state)
{
	static const struct {
		const char *scope, *key, *start, *tight, *loose;
	} all[] = {
		{ "account DEMO", "MaxOrderQty", "10", "9.5", "10.5" },
		{ "account DEMO", "MaxOrderNotional", "10", "9", "11" },
		{ "account DEMO", "MaxLong", "10", "0", "unlimited" },
		{ "account DEMO", "MaxShort", "10", "9", "11" },
		{ "account DEMO", "MaxOpenOrders", "10", "9", "11" },
		{ "account DEMO", "MaxOpenNotional", "10", "9", "11" },
		{ "account DEMO", "CollarPercent", "5", "4.99", "5.01" },
		{ "account DEMO", "OrdersPerSecond", "10", "9", "11" },
		{ "account DEMO", "CancelsPerSecond", "10", "9", "11" },
		{ "account DEMO", "OrdTypes", "market,limit", "limit",
		    "limit,stop" },
		{ "symbol AAPL", "OrdTypes", "market-on-close,limit-on-close,"
		    "market-if-touched,market-to-limit,pegged,trailing-stop",
		    "pegged,trailing-stop", "pegged,stop" },
		{ "firm", "TimesInForce", "day,ioc", "day", "all" },
		{ "firm", "FarPercent", "50", "49", "unlimited" },
		{ "firm", "CollarTicks", "50", "49", "51" },
		{ "firm", "MaxVolumePercent", "5", "4", "6" },
		{ "firm", "VolumeMissing", "refuse", NULL, "pass" },
		{ "symbol AAPL", "DuplicateMax", "2", "1", "3" },
		{ "symbol AAPL", "DuplicateWindow", "500", "600", "400" },
		{ "account DEMO", "MaxExecutedOrders", "5", "4", "6" },
		{ "account DEMO", "ShortSales", "checked", "strict", "any" },
		{ "account DEMO", "PositionMode", "conservative", NULL,
		    "net" },
		{ "firm", "MaxNet", "10", "9", "11" },
		{ "firm", "MaxGross", "10", "9", "11" },
		{ "firm", "MaxTurnover", "10", "9", "11" },
		{ "firm", "MaxBought", "10", "9", "11" },
		{ "firm", "MaxSold", "10", "9", "11" },
		{ "firm", "MaxTradedQty", "10", "9", "11" },
		{ "account DEMO", "MaxOrderToTrade", "10", "9", "11" },
		{ "account DEMO", "MaxVolumeToTrade", "10", "9", "11" },
		{ "session CLIENTA", "MaxCancelPercent", "95", "90", "96" },
		{ "session CLIENTA", "CancelWindow", "60", NULL, "61" },
		{ "account DEMO", "Cash", "-5", "-6", "unlimited" },
		{ "account DEMO", "Credit", "10", "9", "11" },
		{ "account DEMO", "MaxLoss", "10", "9", "11" },
		{ "account DEMO", "MaxDrawdown", "10", "9", "11" },
		{ "account DEMO", "ReducingLoss", "10", "9", "11" },
	};
	struct rig *r = started();
	unsigned version = 1, proposal = 0;
	char line[200], expected[80];

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		snprintf(line, sizeof(line), "risk propose %s if=%u %s=%s",
		    all[i].scope, version, all[i].key, all[i].start);
		DOES("ann", line, "ok: proposal");
		snprintf(line, sizeof(line), "risk approve %u", ++proposal);
		snprintf(expected, sizeof(expected), "ok: version %u",
		    ++version);
		DOES("bob", line, expected);
		snprintf(line, sizeof(line), "risk put %s if=%u %s=%s",
		    all[i].scope, version, all[i].key, all[i].loose);
		snprintf(expected, sizeof(expected), "error: this loosens %s",
		    all[i].key);
		DOES("ann", line, expected);
		if (all[i].tight == NULL)
			continue;
		snprintf(line, sizeof(line), "risk put %s if=%u %s=%s",
		    all[i].scope, version++, all[i].key, all[i].tight);
		DOES("ann", line, "ok: version");
	}
	assert_int_equal(rig_turn(r), 0);
	restart(r);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		snprintf(line, sizeof(line), "risk get %s", all[i].scope);
		snprintf(expected, sizeof(expected), "\n%s=%s\n", all[i].key,
		    all[i].tight != NULL ? all[i].tight : all[i].start);
		DOES("ann", line, expected);
	}
	rig_free(r);
}

static void
a_limit_is_for_the_scopes_that_it_means_something_for(void **state)
{
	struct rig *r = started();

	(void)state;
	DOES("ann", "risk put symbol AAPL if=1 MaxLoss=1",
	    "error: there is no limit MaxLoss of a symbol");
	DOES("ann", "risk put session CLIENTA if=1 MaxNet=1",
	    "error: there is no limit MaxNet of a session");
	DOES("ann", "risk put account DEMO if=1 SelfTrade=refuse",
	    "error: there is no limit SelfTrade");
	DOES("ann", "risk put trader T1 if=1 MaxLong=1",
	    "error: there is no trader T1");
	DOES("ann", "risk put account DEMO if=1 OrdTypes=odd",
	    "expected all, or of market, limit, stop, stop-limit, market-on");
	DOES("ann", "risk put account DEMO if=1 OrdTypes=",
	    "expected all, or of");
	DOES("ann", "risk put account DEMO if=1 DuplicateWindow=0",
	    "expected milliseconds, 1 to 60000");
	DOES("ann", "risk put account DEMO if=1 ShortSales=often",
	    "expected any, checked or strict");
	DOES("ann", "risk put account DEMO if=1 FeePercent=unlimited",
	    "expected a percentage");
	rig_free(r);
}

/* A reload reads the settings again; what people have changed stays. */
static void
settings_that_are_read_again_don_t_undo_a_change(void **state)
{
	struct rig *r = started();
	struct risk_limits l;

	(void)state;
	DOES("ann", "risk put account DEMO if=1 MaxOrderQty=10", "ok");
	assert_true(
	    risk_get_limits(r->trader->risk, RISK_SCOPE_FIRM, "", &l));
	assert_int_equal(risk_set_limits(r->trader->risk, RISK_SCOPE_ACCOUNT,
			     "DEMO", &l), 0);
	assert_int_equal(trader_limits_again(r->trader), 0);
	DOES("ann", "risk get account DEMO", "MaxOrderQty=10\n");
	rig_free(r);
}

/* Between proposal and approval others may tighten: that stays. */
static void
an_approved_proposal_changes_what_it_named_and_no_more(void **state)
{
	struct rig *r = started();

	(void)state;
	DOES("ann", "risk put account DEMO if=1 MaxOrderQty=10 MaxLong=10",
	    "ok: version 2");
	DOES("ann", "risk propose account DEMO if=2 MaxOrderQty=11", "ok");
	DOES("eve", "risk put account DEMO if=2 MaxLong=5", "ok: version 3");
	DOES("bob", "risk approve 1", "ok: version 4");
	DOES("bob", "risk get account DEMO", "MaxOrderQty=11\n");
	DOES("bob", "risk get account DEMO", "MaxLong=5\n");
	rig_free(r);
}

static void
sell(struct rig *r, struct rig_conn *c, unsigned seq, const char *id, int qty)
{
	char text[200];

	snprintf(text, sizeof(text), "35=D|34=%u|11=%s|1=DEMO|21=1|55=AAPL|"
	    "54=2|60=20260302-12:00:00|38=%d|40=2|44=150|59=0", seq, id, qty);
	rig_clear(c);
	rig_say(r, c, text);
}

/* Rule 5: cut below what is used, only what reduces passes, until it fits. */
static void
a_scope_cut_below_its_use_is_breached_until_it_fits(void **state)
{
	struct rig *r = started();
	struct rig_conn *c = trading(r, 1);

	(void)state;
	rig_say(r, c, rig_order(2, "A1", 100, "101"));
	rig_pass(r, 2);
	rig_say(r, c, rig_order(3, "A2", 10, "90"));
	DOES("ann", "risk put account DEMO if=1 MaxLong=60",
	    "ok: version 2\nbreached: MaxLong is used to 110: only what");
	assert_int_equal(rig_turn(r), 0);
	assert_non_null(strstr(r->log, "breached: account DEMO: the long "));
	rig_kill(r, true);
	assert_int_equal(rig_start(r), 0);
	DOES("ann", "risk get account DEMO", "breached: MaxLong is used to 110");
	c = trading(r, 4);
	rig_say(r, c, rig_order(5, "A3", 1, "90"));
	assert_true(rig_sent(c, "RISK POS_LONG scope=ACCOUNT:DEMO lim=60"));
	sell(r, c, 6, "S1", 101); /* it raises no worst side */
	assert_true(rig_sent(c, "|150=0|"));
	sell(r, c, 7, "S2", 110); /* that one does: 111 short */
	assert_true(rig_sent(c, "RISK POS_LONG scope=ACCOUNT:DEMO lim=60"));
	rig_say(r, c, "35=F|34=8|11=F1|41=A2|1=DEMO|55=AAPL|54=1|38=10|"
		      "60=20260302-12:00:00");
	DOES("ann", "risk get account DEMO", "is used to 100");
	DOES("ann", "risk propose account DEMO if=2 MaxLong=200", "ok");
	DOES("bob", "risk approve 1", "ok");
	rig_clear(c);
	rig_say(r, c, rig_order(9, "A4", 1, "90"));
	assert_true(rig_sent(c, "|150=0|"));
	rig_free(r);
}

/* By orders alone: they are there only once the desk has started. */
static void
a_breach_by_live_orders_stands_after_a_restart(void **state)
{
	struct rig *r = started();
	struct rig_conn *c = trading(r, 1);

	(void)state;
	rig_say(r, c, rig_order(2, "A1", 10, "90"));
	DOES("ann", "risk put account DEMO if=1 MaxOpenOrders=0",
	    "breached: MaxOpenOrders is used to 1: only what");
	assert_int_equal(rig_turn(r), 0);
	restart(r);
	c = trading(r, 3);
	rig_say(r, c, "35=G|34=4|11=G1|41=A1|1=DEMO|21=1|55=AAPL|54=1|"
		      "60=20260302-12:00:00|38=11|40=2|44=90|59=0");
	assert_true(rig_sent(c, "RISK OPEN_ORDERS scope=ACCOUNT:DEMO lim=0"));
	rig_say(r, c, "35=G|34=5|11=G2|41=A1|1=DEMO|21=1|55=AAPL|54=1|"
		      "60=20260302-12:00:00|38=9|40=2|44=90|59=0");
	assert_true(rig_sent(c, "|150=5|"));
	rig_free(r);
}

static void
with_excess_cancel_the_newest_orders_go_until_it_fits(void **state)
{
	struct rig *r = started();
	struct rig_conn *c = trading(r, 1);

	(void)state;
	rig_say(r, c, rig_order(2, "A1", 10, "90"));
	rig_say(r, c, rig_order(3, "A2", 10, "90"));
	rig_say(r, c, rig_order(4, "A3", 10, "90"));
	rig_clear(c);
	DOES("ann", "risk put account DEMO if=1 MaxLong=25 excess=maybe",
	    "error: excess= must be keep or cancel");
	DOES("ann", "risk put account DEMO if=1 MaxLong=25 excess=keep",
	    "breached: MaxLong is used to 30");
	assert_int_equal(rig_turn(r), 0);
	assert_false(rig_sent(c, "|150=4|"));
	DOES("ann", "risk put account DEMO if=2 MaxLong=15 excess=cancel",
	    "2 orders are canceled");
	assert_int_equal(rig_turn(r), 0);
	assert_true(rig_sent(c, "|11=A3|"));
	assert_true(rig_sent(c, "|11=A2|"));
	assert_false(rig_sent(c, "|11=A1|"));
	DOES("ann", "risk put firm if=3 MaxOpenOrders=0 excess=cancel",
	    "1 orders are canceled");
	assert_int_equal(rig_turn(r), 0);
	assert_true(rig_sent(c, "|11=A1|"));
	rig_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    l1_l2_a_change_names_the_version_it_was_made_for),
		cmocka_unit_test(tightening_counts_from_the_next_order_on),
		cmocka_unit_test(l3_loosening_needs_two_people),
		cmocka_unit_test(
		    a_scope_without_limits_that_counts_for_others_needs_two),
		cmocka_unit_test(l5_a_crash_leaves_the_old_or_the_new),
		cmocka_unit_test(l6_a_temporary_limit_reverts_by_itself),
		cmocka_unit_test(l7_l8_what_is_no_limit_is_refused),
		cmocka_unit_test(
		    each_limit_is_tightened_at_once_and_loosened_by_two),
		cmocka_unit_test(
		    a_limit_is_for_the_scopes_that_it_means_something_for),
		cmocka_unit_test(
		    settings_that_are_read_again_don_t_undo_a_change),
		cmocka_unit_test(
		    an_approved_proposal_changes_what_it_named_and_no_more),
		cmocka_unit_test(
		    a_scope_cut_below_its_use_is_breached_until_it_fits),
		cmocka_unit_test(
		    a_breach_by_live_orders_stands_after_a_restart),
		cmocka_unit_test(
		    with_excess_cancel_the_newest_orders_go_until_it_fits),
	};

	return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
