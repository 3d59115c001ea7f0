/*
 * Kill switches at work: vectors K1 to K11 of section 10 of the pre-trade
 * controls, as far as they need no real socket; that every order of their scope
 * is followed to its end. Who may set and release them: test_operators.c.
 */
#include "tests/gateway/trader/switches.h"

static void
k1_live_orders_and_those_not_acknowledged_are_canceled(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = logged_on(r, 1);

	rig_say(r, c, rig_order(2, "A1", 10, "90"));
	rig_say(r, c, rig_order(3, "A2", 10, "91"));
	rig_say(r, c, rig_order(4, "A3", 10, "92"));
	deaf(r);
	rig_feed(r, c, rig_order(5, "A4", 10, "93")); /* on its way */
	does(r, "ann", "risk kill account DEMO reason=fat finger",
	    "ok: kill 1: account DEMO is halted, 4 orders to cancel");
	assert_int_equal(n_canceled, 4);
	does(r, "eve", "risk report 1",
	    "targeted 4 cancelled 0 filled 0 "
	    "rejected 0 pending 4 uncancellable 0\n");
	assert_non_null(strstr(answer,
	    "kill 1 halted account DEMO by ann (RISK) since 20260302-"));
	assert_non_null(strstr(answer, ": fat finger\n"));
	assert_non_null(strstr(answer, "pending: its venue has not answered"));
	for (int i = 1; i <= 4; i++) {
		char id[3] = { 'A', (char)('0' + i), '\0' };

		venue_says(r, VENUE_CANCELED, id);
	}
	does(r, "eve", "risk report 1",
	    "targeted 4 cancelled 4 filled 0 "
	    "rejected 0 pending 0 uncancellable 0\n");
	assert_non_null(strstr(r->log,
	    "kill 1 is complete: targeted 4 "
	    "cancelled 4 filled 0 rejected 0 pending 0 uncancellable 0"));
}

static void
k2_an_order_after_the_block_is_refused_one_before_is_canceled(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = logged_on(r, 1);

	rig_feed(r, c, rig_order(2, "A1", 10, "90"));
	does(r, "ann", "risk kill session CLIENTA", "1 orders to cancel");
	rig_clear(c);
	rig_say(r, c, rig_order(3, "A2", 10, "90"));
	assert_true(rig_sent(c, "|11=A1|"));
	assert_true(rig_sent(c, "|150=4|"));
	assert_true(
	    rig_sent(c, "RISK KILL scope=SESSION:CLIENTA by=RISK dec="));
	does(r, "ann", "risk report 1", "targeted 1 cancelled 1 ");
}

static void
k3_an_order_that_is_filled_meanwhile_is_reported_so(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = logged_on(r, 1);

	rig_feed(r, c, rig_order(2, "A1", 10, "101"));
	does(r, "ann", "risk kill firm", "1 orders to cancel");
	assert_int_equal(rig_turn(r), 0);
	assert_true(rig_sent(c, "|150=F|"));
	does(r, "ann", "risk report 1",
	    "targeted 1 cancelled 0 filled 1 rejected 0 pending 0");
}

static void
k4_cancels_and_mass_cancels_are_taken_while_killed(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = logged_on(r, 1);

	rig_say(r, c, rig_order(2, "A1", 10, "90"));
	rig_say(r, c, rig_order(3, "A2", 10, "90"));
	deaf(r);
	does(r, "ann", "risk kill firm", "2 orders to cancel");
	rig_clear(c);
	rig_say(r, c, "35=q|34=4|11=Q1|530=7|60=20260302-12:00:00");
	assert_true(rig_sent(c, "|35=r|"));
	assert_true(rig_sent(c, "|531=7|"));
	rig_say(r, c,
	    "35=F|34=5|11=C1|41=A1|1=DEMO|55=AAPL|54=1|38=10|"
	    "60=20260302-12:00:00");
	assert_false(rig_sent(c, "|35=9|"));
	venue_says(r, VENUE_CANCELED, "A1");
	assert_true(rig_sent(c, "|150=4|"));
}

static void
k5_after_a_restart_it_is_still_killed_and_cancels_go_on(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = logged_on(r, 1);

	rig_say(r, c, rig_order(2, "A1", 10, "90"));
	rig_say(r, c, rig_order(3, "A2", 10, "91"));
	deaf(r);
	does(r, "ann", "risk kill account DEMO symbol AAPL", "2 orders");
	venue_says(r, VENUE_CANCELED, "A1");
	rig_kill(r, true);
	start(r);
	c = logged_on(r, 4);
	rig_say(r, c, rig_order(5, "A3", 10, "90"));
	assert_true(rig_sent(c, "scope=SYMBOL:AAPL+ACCOUNT:DEMO by=RISK") ||
		    rig_sent(c, "scope=ACCOUNT:DEMO+SYMBOL:AAPL by=RISK"));
	rig_pass(r, 2);
	does(r, "ann", "risk report 1",
	    "targeted 2 cancelled 2 filled 0 rejected 0 pending 0");
	rig_kill(r, true);
	start(r);
	does(r, "ann", "risk report 1",
	    "targeted 2 cancelled 2 filled 0 rejected 0 pending 0");
	does(r, "ann", "risk status", "kill 1 halted");
}

/* The turn was not committed: its answer never left. */
static void
a_crash_before_the_journal_leaves_no_kill(void **state)
{
	struct rig *r = *state;

	does(r, "ann", "risk kill firm", "ok: kill 1");
	rig_kill(r, true);
	start(r);
	does(r, "ann", "risk status", "no kill switch stands");
	does(r, "ann", "risk kill firm", "ok: kill 1");
	assert_int_equal(rig_turn(r), 0);
	rig_kill(r, true);
	start(r);
	does(r, "ann", "risk status", "kill 1 halted firm by ann");
}

static void
k8_with_its_venue_away_an_order_is_pending_and_goes_first(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = logged_on(r, 1);

	rig_say(r, c, rig_order(2, "A1", 10, "90"));
	deaf(r);
	venue_goes(r, false);
	does(r, "ann", "risk kill venue SIM", "1 orders to cancel");
	assert_int_equal(n_canceled, 0);
	does(r, "ann", "risk report 1", "pending 1 uncancellable 0");
	assert_non_null(strstr(answer, "it waits for its venue's connection"));
	rig_pass(r, 100);
	assert_null(strstr(r->log, "is complete"));
	venue_goes(r, true);
	assert_int_equal(n_canceled, 1);
	venue_says(r, VENUE_CANCELED, "A1");
	does(r, "ann", "risk report 1", "cancelled 1 ");
}

static void
k10_other_symbols_traders_and_combinations_go_on(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = logged_on(r, 1);

	does(r, "ann", "risk kill symbol IBM", "warning: no symbol is called");
	does(r, "ann", "risk kill trader T1 account DEMO", "ok: kill 2");
	does(r, "ann", "risk kill session CLIENTB symbol AAPL", "ok: kill 3");
	rig_say(r, c, rig_order(2, "A1", 10, "90"));
	assert_true(rig_sent(c, "|150=0|"));
	rig_say(r, c,
	    "35=D|34=3|50=T2|11=A2|1=DEMO|21=1|55=AAPL|54=1|"
	    "60=20260302-12:00:00|38=10|40=2|44=90|59=0");
	assert_false(rig_sent(c, "RISK KILL"));
	rig_say(r, c,
	    "35=D|34=4|50=T1|11=A3|1=DEMO|21=1|55=AAPL|54=1|"
	    "60=20260302-12:00:00|38=10|40=2|44=90|59=0");
	assert_true(rig_sent(c, "TRADER:T1+ACCOUNT:DEMO by=RISK"));
	rig_clear(c); /* a party says it better than 50 */
	rig_say(r, c,
	    "35=D|34=5|50=T1|11=A4|453=2|448=X|447=D|452=1|448=T3|"
	    "447=D|452=11|1=DEMO|21=1|55=AAPL|54=1|"
	    "60=20260302-12:00:00|38=10|40=2|44=90|59=0");
	assert_false(rig_sent(c, "RISK KILL"));
	does(r, "ann", "risk kill trader T2", "1 orders to cancel");
	does(r, "ann", "risk kill firm account DEMO firm", "can be named once");
}

static void
k11_reducing_lets_pass_what_reduces_and_cancels_nothing(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = logged_on(r, 1);

	rig_say(r, c, rig_order(2, "A1", 100, "101"));
	rig_pass(r, 2);
	rig_say(r, c, rig_order(3, "A2", 10, "90"));
	does(r, "ann", "risk reduce account DEMO",
	    "ok: kill 1: account DEMO is reducing, 0 orders");
	rig_clear(c);
	rig_say(r, c,
	    "35=D|34=4|11=S1|1=DEMO|21=1|55=AAPL|54=2|"
	    "60=20260302-12:00:00|38=60|40=2|44=150|59=0");
	assert_true(rig_sent(c, "|150=0|"));
	rig_say(r, c,
	    "35=D|34=5|11=S2|1=DEMO|21=1|55=AAPL|54=2|"
	    "60=20260302-12:00:00|38=60|40=2|44=150|59=0");
	assert_true(rig_sent(c, "RISK KILL scope=ACCOUNT:DEMO by=RISK"));
	rig_clear(c);
	rig_say(r, c, rig_order(6, "A3", 1, "90"));
	assert_true(rig_sent(c, "RISK KILL"));
	rig_clear(c);
	rig_say(r, c,
	    "35=G|34=7|11=S3|41=S1|1=DEMO|21=1|55=AAPL|54=2|"
	    "60=20260302-12:00:00|38=61|40=2|44=150|59=0");
	assert_true(rig_sent(c, "|35=9|"));
	assert_true(rig_sent(c, "RISK KILL"));
	/* the same word, stricter: the same switch, and now it cancels */
	does(r, "ann", "risk kill account DEMO",
	    "ok: kill 1: account DEMO is halted, 2 orders to cancel");
}

/* A venue that refuses is asked again and again, then listed; and again. */
static void
what_can_t_be_canceled_is_listed_and_tried_on(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = logged_on(r, 1);

	rig_say(r, c, rig_order(2, "A1", 10, "90"));
	deaf(r);
	does(r, "ann", "risk kill account DEMO", "1 orders to cancel");
	for (unsigned i = 1; i <= 3; i++) {
		assert_int_equal(n_canceled, i);
		assert_null(strstr(r->log, "is complete"));
		venue_says(r, VENUE_CXL_REJECT, "A1");
		rig_pass(r, 1 << i);
	}
	assert_int_equal(n_canceled, 4);
	does(r, "ann", "risk report 1", "pending 0 uncancellable 1");
	assert_non_null(strstr(answer, "its venue refuses to cancel it"));
	assert_non_null(strstr(r->log, "pending 0 uncancellable 1"));
	venue_says(r, VENUE_CANCELED, "A1");
	assert_non_null(strstr(r->log,
	    "kill 1 is complete: targeted 1 "
	    "cancelled 1 filled 0 rejected 0 pending 0 uncancellable 0"));
	rig_pass(r, 1000);
	assert_int_equal(n_canceled, 4);
}

static void
a_gt_order_at_rest_is_listed_and_canceled_when_it_wakes(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = logged_on(r, 1);

	rig_say(r, c,
	    "35=D|34=2|11=A1|1=DEMO|21=1|55=AAPL|54=1|"
	    "60=20260302-12:00:00|38=10|40=2|44=90|59=1");
	deaf(r);
	venue_says(r, VENUE_DONE_FOR_DAY, "A1");
	does(r, "ann", "risk kill account DEMO", "1 orders to cancel");
	venue_says(r, VENUE_CXL_REJECT, "A1");
	does(r, "ann", "risk report 1", "uncancellable 1");
	assert_non_null(strstr(answer, "it rests until its market opens"));
	rig_pass(r, 2);
	assert_non_null(strstr(r->log, "uncancellable 1"));
	venue_says(r, VENUE_CXL_REJECT, "A1");
	n_canceled = 0;
	venue_says(r, VENUE_RESTATED, "A1");
	rig_pass(r, 64);
	assert_true(n_canceled > 0);
}

static void
more_orders_than_a_turn_takes_are_canceled_in_pieces(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = logged_on(r, 1);
	char id[16];

	r->deaf = true;
	for (unsigned i = 0; i < 1200; i++) {
		snprintf(id, sizeof(id), "A%u", i);
		rig_feed(r, c, rig_order(2 + i, id, 1, "90"));
		if (i % 100 == 99)
			assert_int_equal(rig_turn(r), 0);
	}
	deaf(r);
	does(r, "ann", "risk kill firm", "1200 orders to cancel");
	assert_true(n_canceled >= 500 && n_canceled < 1200);
	assert_true(trader_deadline(r->trader).ns <= r->now.mono.ns);
	assert_int_equal(trader_commit(r->trader, r->now), 0);
	rig_kill(r, false); /* in the middle of it */
	start(r);
	rig_pass(r, 1);
	rig_pass(r, 1);
	rig_pass(r, 1);
	does(r, "ann", "risk report 1", "targeted 1200 cancelled 1200 ");
}

/* One that its venue refuses at once is not asked again in the same sweep. */
static void
in_a_sweep_each_order_is_tried_once(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = logged_on(r, 1);
	char id[16];

	r->deaf = true;
	for (unsigned i = 0; i < 600; i++) {
		snprintf(id, sizeof(id), "A%u", i);
		rig_feed(r, c, rig_order(2 + i, id, 1, "90"));
	}
	assert_int_equal(rig_turn(r), 0);
	deaf(r);
	does(r, "ann", "risk kill firm", "600 orders to cancel");
	assert_int_equal(n_canceled, 500);
	venue_says(r, VENUE_CXL_REJECT, "A0");
	assert_int_equal(rig_turn(r), 0);
	assert_int_equal(n_canceled, 600);
	rig_pass(r, 1);
	assert_int_equal(n_canceled, 601);
}

/* What comes after a release is none of its business. */
static void
later_orders_are_not_counted(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = logged_on(r, 1);

	rig_say(r, c, rig_order(2, "A1", 10, "90"));
	deaf(r);
	does(r, "ann", "risk kill account DEMO", "1 orders to cancel");
	venue_says(r, VENUE_CXL_REJECT, "A1");
	does(r, "ann", "risk release 1", "ok");
	rig_say(r, c, rig_order(3, "A2", 10, "90"));
	venue_says(r, VENUE_CANCELED, "A2");
	does(r, "ann", "risk report 1", "targeted 1 cancelled 0 filled 0");
	n_canceled = 0;
	rig_pass(r, 100);
	assert_int_equal(n_canceled, 0); /* nor tried any more */
	venue_says(r, VENUE_CANCELED, "A1");
	does(r, "ann", "risk report 1", "targeted 1 cancelled 1 filled 0");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(k1_live_orders_and_those_not_acknowledged_are_canceled),
		T(k2_an_order_after_the_block_is_refused_one_before_is_canceled),
		T(k3_an_order_that_is_filled_meanwhile_is_reported_so),
		T(k4_cancels_and_mass_cancels_are_taken_while_killed),
		T(k5_after_a_restart_it_is_still_killed_and_cancels_go_on),
		T(a_crash_before_the_journal_leaves_no_kill),
		T(k8_with_its_venue_away_an_order_is_pending_and_goes_first),
		T(k10_other_symbols_traders_and_combinations_go_on),
		T(k11_reducing_lets_pass_what_reduces_and_cancels_nothing),
		T(what_can_t_be_canceled_is_listed_and_tried_on),
		T(a_gt_order_at_rest_is_listed_and_canceled_when_it_wakes),
		T(more_orders_than_a_turn_takes_are_canceled_in_pieces),
		T(in_a_sweep_each_order_is_tried_once),
		T(later_orders_are_not_counted),
	};

	return cmocka_run_group_tests_name("switches", tests, NULL, NULL);
}
