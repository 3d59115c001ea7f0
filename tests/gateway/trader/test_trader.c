/*
 * The trader's own promises: nothing leaves before it is in the journal, a
 * failed append is a message that never was, numbers and books survive, and no
 * report is lost over a reset.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/gateway/trader/rig.h"

static int
setup(void **state)
{
	*state = rig_new();
	return rig_start(*state);
}

static int
teardown(void **state)
{
	rig_free(*state);
	return 0;
}

static struct rig_conn *
logged_on(struct rig *r, int i, const char *logon)
{
	struct rig_conn *c = rig_accept(r, i);

	rig_say(r, c, logon);
	assert_true(rig_sent(c, "|35=A|"));
	rig_clear(c);
	return c;
}

static void
nothing_is_sent_before_the_turn_is_committed(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = logged_on(r, 0, "35=A|34=1|98=0|108=30");

	rig_feed(r, c, rig_order(2, "A1", 10, "90"));
	trader_tick(r->trader, r->now);
	assert_int_equal(c->out_len, 0);
	assert_int_equal(trader_commit(r->trader, r->now), 0);
	assert_true(rig_sent(c, "|35=8|"));
	assert_true(rig_sent(c, "|11=A1|"));
}

static void
a_turn_that_was_not_committed_never_was(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = logged_on(r, 0, "35=A|34=1|98=0|108=30");

	rig_feed(r, c, rig_order(2, "A1", 10, "90"));
	trader_tick(r->trader, r->now);
	rig_kill(r, false);
	assert_int_equal(rig_start(r), 0);
	assert_int_equal(desk_live(r->trader->desk), 0);
	assert_int_equal(fix_session_numbers(r->trader->clients[0].fix).next_in,
	    2);
}

static void
a_committed_order_is_there_after_a_kill(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = logged_on(r, 0, "35=A|34=1|98=0|108=30");

	rig_say(r, c, rig_order(2, "A1", 10, "90"));
	rig_kill(r, true);
	assert_int_equal(rig_start(r), 0);
	assert_int_equal(desk_live(r->trader->desk), 1);
	c = logged_on(r, 0, "35=A|34=3|98=0|108=30");
	rig_say(r, c, "35=F|34=4|11=A2|41=A1|1=DEMO|55=AAPL|54=1|"
	    "60=20260302-12:00:00|38=10");
	assert_true(rig_sent(c, "|150=4|"));
}

static void
a_failed_sync_or_full_disk_sends_nothing_and_stops(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = logged_on(r, 0, "35=A|34=1|98=0|108=30");
	int rc = 0;

	memdisk_limit(r->disk, 1);
	for (unsigned i = 0; i < 50000 && rc == 0; i++) {
		trader_note(r->trader, LOG_L_INFO, 0, "%0400u", i);
		rc = rig_turn(r);
	}
	rig_clear(c);
	rig_feed(r, c, "35=1|34=2|112=T");
	assert_int_equal(rc, -FIX_E_FULL);
	assert_int_equal(c->out_len, 0);
	assert_int_equal(trader_commit(r->trader, r->now), -FIX_E_FULL);
}

static void
without_room_for_a_segment_orders_are_refused_and_cancels_go(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = logged_on(r, 0, "35=A|34=1|98=0|108=30");

	rig_say(r, c, rig_order(2, "A1", 10, "90"));
	(void)trader_idle(r->trader);
	memdisk_limit(r->disk, 1);
	/* The segment that was ready is used up, the one after can't be made. */
	for (unsigned i = 3; i < 400 && !r->trader->short_of_space; i++) {
		char id[16];

		snprintf(id, sizeof(id), "B%u", i);
		rig_say(r, c, rig_order(i, id, 10, "90"));
		rig_clear(c);
		(void)trader_idle(r->trader);
	}
	assert_true(r->trader->short_of_space);
	{
		uint64_t next = fix_session_numbers(
		    r->trader->clients[0].fix).next_in;
		char cancel[160];

		rig_say(r, c, rig_order((unsigned)next, "C1", 10, "90"));
		assert_true(rig_sent(c, "|35=j|"));
		assert_true(rig_sent(c, "disk is full"));
		snprintf(cancel, sizeof(cancel), "35=F|34=%u|11=C2|41=A1|"
		    "1=DEMO|55=AAPL|54=1|60=20260302-12:00:00|38=10",
		    (unsigned)next + 1);
		rig_say(r, c, cancel);
		assert_true(rig_sent(c, "|150=4|"));
	}
	memdisk_limit(r->disk, 0);
	(void)trader_idle(r->trader);
	assert_false(r->trader->short_of_space);
}

static void
a_stranger_is_closed_without_a_word(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = rig_accept(r, 0);

	r->sessions[0].fix.target_comp_id = "NOBODY";
	rig_say(r, c, "35=A|34=1|98=0|108=30");
	assert_true(c->closed);
	assert_int_equal(c->out_len, 0);
}

static void
strangers_do_not_fill_the_journal(void **state)
{
	struct rig *r = *state;
	uint64_t before = fix_journal_last(r->journal);

	r->sessions[0].fix.target_comp_id = "NOBODY";
	for (int i = 0; i < 1000; i++)
		rig_say(r, rig_accept(r, 0), "35=A|34=1|98=0|108=30");
	assert_in_range(fix_journal_last(r->journal) - before, 1, 30);
	r->now.mono.ns += FIX_SEC;
	rig_say(r, rig_accept(r, 0), "35=A|34=1|98=0|108=30");
	assert_non_null(strstr(r->log, "980 more connections"));
}

static void
a_second_logon_is_refused_and_the_first_lives(void **state)
{
	struct rig *r = *state;
	struct rig_conn *a = logged_on(r, 0, "35=A|34=1|98=0|108=30");
	struct rig_conn *b = rig_accept(r, 1);

	rig_feed(r, b, "35=A|34=2|98=0|108=30");
	for (int i = 0; i < 40; i++)
		assert_int_equal(rig_turn(r), 0);
	assert_true(b->closed);
	assert_int_equal(b->out_len, 0);
	rig_say(r, a, "35=1|34=2|112=there");
	assert_true(rig_sent(a, "|112=there|"));
}

static void
a_logon_waits_for_the_end_of_the_old_connection(void **state)
{
	struct rig *r = *state;
	struct rig_conn *a = logged_on(r, 0, "35=A|34=1|98=0|108=30");
	struct rig_conn *b = rig_accept(r, 1);

	rig_feed(r, b, "35=A|34=2|98=0|108=30");
	rig_hangup(r, a);
	assert_int_equal(rig_turn(r), 0);
	assert_true(rig_sent(b, "|35=A|"));
	assert_false(b->closed);
}

/* CLIENTA's order fills while it is away; CLIENTB sells into it. */
static void
fill_while_away(struct rig *r)
{
	struct rig_conn *a = logged_on(r, 0, "35=A|34=1|98=0|108=30");
	struct rig_conn *b;

	rig_say(r, a, rig_order(2, "A1", 10, "99.99"));
	rig_hangup(r, a);
	b = logged_on(r, 1, "35=A|49=CLIENTB|34=1|98=0|108=30");
	rig_say(r, b, "35=D|49=CLIENTB|34=2|11=B1|1=DEMO|21=1|55=AAPL|54=2|"
	    "60=20260302-12:00:00|38=200|40=2|44=99.99|59=3");
	rig_hangup(r, b);
}

static void
a_fill_while_away_is_resent_on_request(void **state)
{
	struct rig *r = *state;
	struct rig_conn *a;

	fill_while_away(r);
	a = rig_accept(r, 0);
	rig_say(r, a, "35=A|34=3|98=0|108=30");
	rig_say(r, a, "35=2|34=4|7=3|16=0");
	assert_int_equal(rig_turn(r), 0);
	assert_true(rig_sent(a, "|43=Y|"));
	assert_true(rig_sent(a, "|150=F|"));
}

static void
a_fill_while_away_outlives_a_reset(void **state)
{
	struct rig *r = *state;
	struct rig_conn *a;

	fill_while_away(r);
	rig_kill(r, true);
	assert_int_equal(rig_start(r), 0);
	a = rig_accept(r, 0);
	rig_say(r, a, "35=A|34=1|98=0|108=30|141=Y");
	assert_true(rig_sent(a, "|141=Y|"));
	assert_true(rig_sent(a, "|150=F|"));
	assert_true(rig_sent(a, "|34=2|"));
	assert_true(rig_sent(a, "|97=Y|"));
	assert_false(rig_sent(a, "|43=Y|"));
}

static void
a_report_is_not_sent_anew_when_it_was_resent_before_the_reset(void **state)
{
	struct rig *r = *state;
	struct rig_conn *a;

	fill_while_away(r);
	a = rig_accept(r, 0);
	rig_say(r, a, "35=A|34=3|98=0|108=30");
	rig_say(r, a, "35=2|34=4|7=3|16=0");
	assert_int_equal(rig_turn(r), 0);
	rig_hangup(r, a);
	a = rig_accept(r, 0);
	rig_say(r, a, "35=A|34=1|98=0|108=30|141=Y");
	assert_true(rig_sent(a, "|141=Y|"));
	assert_false(rig_sent(a, "|150=F|"));
}

static unsigned
count_of(const struct rig_conn *c, const char *part)
{
	unsigned n = 0;

	for (const char *p = c->out; (p = strstr(p, part)) != NULL; p++)
		n++;
	return n;
}

static void
settle(struct rig *r)
{
	for (int i = 0; i < 10; i++)
		assert_int_equal(rig_turn(r), 0);
}

static void
a_drop_copy_gets_each_execution_with_its_source(void **state)
{
	struct rig *r = *state;
	struct rig_conn *a = logged_on(r, 0, "35=A|34=1|98=0|108=30");
	struct rig_conn *c = rig_accept(r, 2);

	rig_say(r, c, "35=A|49=CLIENTC|34=1|98=0|108=30");
	rig_say(r, a, rig_order(2, "A1", 10, "101"));
	settle(r);
	assert_int_equal(count_of(c, "|35=8|"), 2); /* New, Fill */
	assert_int_equal(count_of(c, "|797=Y|"), 2);
	assert_int_equal(count_of(c, "|115=CLIENTA|"), 2);
	assert_true(rig_sent(c, "|150=F|"));
	rig_say(r, a, "35=H|34=3|11=A1|1=DEMO|55=AAPL|54=1");
	settle(r);
	assert_int_equal(count_of(c, "|35=8|"), 2); /* status is none */
	rig_say(r, c, "35=D|49=CLIENTC|34=2|11=C1|1=DEMO|21=1|55=AAPL|54=1|"
	    "60=20260302-12:00:00|38=1|40=2|44=90|59=0");
	assert_true(rig_sent(c, "|35=j|"));
}

static void
a_drop_copy_that_was_away_gets_what_it_missed_once(void **state)
{
	struct rig *r = *state;
	struct rig_conn *a = logged_on(r, 0, "35=A|34=1|98=0|108=30");
	struct rig_conn *c;

	rig_say(r, a, rig_order(2, "A1", 10, "101"));
	rig_kill(r, true);
	assert_int_equal(rig_start(r), 0);
	c = rig_accept(r, 2);
	rig_say(r, c, "35=A|49=CLIENTC|34=1|98=0|108=30");
	settle(r);
	assert_int_equal(count_of(c, "|35=8|"), 2);
	rig_kill(r, true);
	assert_int_equal(rig_start(r), 0);
	c = rig_accept(r, 2);
	rig_say(r, c, "35=A|49=CLIENTC|34=2|98=0|108=30");
	settle(r);
	assert_int_equal(count_of(c, "|35=8|"), 0);
	a = logged_on(r, 0, "35=A|34=3|98=0|108=30");
	rig_say(r, a, rig_order(4, "A2", 10, "90"));
	settle(r);
	assert_int_equal(count_of(c, "|35=8|"), 1);
	assert_true(rig_sent(c, "|11=A2|"));
}

/* 4.2 to 4.4 and back: what ExecTransType says becomes ExecType. */
static void
a_drop_copy_speaks_its_own_version(void **state)
{
	struct rig *r = *state;
	struct rig_conn *a, *c;

	r->sessions[2].desk.version = FIX_V_42;
	a = logged_on(r, 0, "35=A|34=1|98=0|108=30");
	c = rig_accept(r, 2);
	rig_say(r, c, "35=A|49=CLIENTC|34=1|98=0|108=30");
	rig_say(r, a, rig_order(2, "A1", 10, "101"));
	settle(r);
	assert_int_equal(count_of(c, "|20=0|"), 2);
	assert_true(rig_sent(c, "|150=2|"));
	assert_false(rig_sent(c, "|797="));
}

static void
a_kill_switch_holds_over_a_restart_and_lets_cancels_go(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = logged_on(r, 0, "35=A|34=1|98=0|108=30");
	char answer[512];

	rig_say(r, c, rig_order(2, "A1", 10, "90"));
	trader_operator(r->trader, "ann", true);
	(void)trader_command(r->trader, "risk reduce account DEMO", answer,
	    sizeof(answer), r->now);
	assert_int_equal(strncmp(answer, "ok", 2), 0);
	(void)trader_command(r->trader, "risk kill symbol AAPL", answer,
	    sizeof(answer), r->now);
	assert_non_null(strstr(answer, "1 orders to cancel"));
	assert_int_equal(rig_turn(r), 0);
	assert_true(rig_sent(c, "|150=4|"));
	rig_kill(r, true);
	assert_int_equal(rig_start(r), 0);
	c = logged_on(r, 0, "35=A|34=3|98=0|108=30");
	rig_say(r, c, rig_order(4, "A2", 10, "90"));
	assert_true(rig_sent(c, "|150=8|"));
	assert_true(rig_sent(c, "RISK KILL"));
	assert_true(rig_sent(c, "dec=8589934593|")); /* the second start's */
	trader_operator(r->trader, "ann", true);
	(void)trader_command(r->trader, "risk release 1", answer,
	    sizeof(answer), r->now);
	(void)trader_command(r->trader, "risk release 2", answer,
	    sizeof(answer), r->now);
	rig_clear(c);
	rig_say(r, c, rig_order(5, "A3", 10, "90"));
	assert_true(rig_sent(c, "|150=0|"));
}

static void
an_unknown_command_says_what_is_expected(void **state)
{
	struct rig *r = *state;
	char answer[512];

	trader_operator(r->trader, "ann", true);
	(void)trader_command(
	    r->trader, "kil firm", answer, sizeof(answer), r->now);
	assert_non_null(strstr(answer, "expected a command: status, sessions,"));
	(void)trader_command(r->trader, "risk", answer, sizeof(answer),
	    r->now);
	assert_non_null(strstr(answer, "expected risk kill, reduce, release"));
	(void)trader_command(r->trader, "risk kill planet", answer,
	    sizeof(answer), r->now);
	assert_non_null(strstr(answer, "expected firm, group"));
	(void)trader_command(r->trader, "risk kill session NONE", answer,
	    sizeof(answer), r->now);
	assert_non_null(strstr(answer, "no session NONE"));
}

static uint64_t
hash_of(struct rig *r)
{
	uint64_t h = 0;

	return trader_hash(r->trader, &h) == 0 ? h : 0;
}

static void
tables_made_anew_are_the_same_tables(void **state)
{
	struct rig *r = *state;
	uint64_t with, without;
	struct fix_store *fresh;
	struct tables *t;
	struct fix_store_error e;

	fill_while_away(r);
	with = hash_of(r);
	assert_int_equal(fix_store_open_mem(&fresh), 0);
	t = tables_new(fresh);
	while (tables_follow(t, r->handle, 7, &e) > 0)
		;
	without = fix_store_hash(fresh);
	tables_free(t);
	fix_store_close(fresh);
	assert_true(with == without);
}

static void
ids_never_repeat_over_a_restart(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = logged_on(r, 0, "35=A|34=1|98=0|108=30");
	char id[32] = "";
	const char *at;

	rig_say(r, c, rig_order(2, "A1", 10, "90"));
	at = strstr(c->out, "|37=");
	assert_non_null(at);
	snprintf(id, sizeof(id), "%.*s|", (int)strcspn(at + 1, "|") + 1, at);
	rig_kill(r, true);
	assert_int_equal(rig_start(r), 0);
	c = logged_on(r, 0, "35=A|34=3|98=0|108=30");
	rig_say(r, c, rig_order(4, "A2", 10, "90"));
	assert_true(rig_sent(c, "|37="));
	assert_false(rig_sent(c, id));
}

/* Orders that fill several segments of the journal; with a reset behind them
 * nothing before it may have to be resent. Then the process dies. */
static void
some_segments(struct rig *r, bool reset)
{
	struct rig_conn *c = logged_on(r, 0, "35=A|34=1|98=0|108=30");

	for (unsigned i = 2; i < 300; i++) {
		char id[16];

		snprintf(id, sizeof(id), "P%u", i);
		rig_say(r, c, rig_order(i, id, 1, "90"));
		rig_clear(c);
		(void)trader_idle(r->trader);
	}
	rig_hangup(r, c);
	if (reset) {
		c = rig_accept(r, 0);
		rig_say(r, c, "35=A|34=1|98=0|108=30|141=Y");
		rig_hangup(r, c);
	}
	rig_kill(r, false);
	r->keep_days = 1;
}

/* Old segments go, what is left still replays to the same state. */
static void
pruning_keeps_the_state_and_what_may_be_resent(void **state)
{
	struct rig *r = *state;
	uint64_t first;

	some_segments(r, true);
	r->now.utc.ns += 3 * FIX_DAY;
	if (rig_start(r) != 0)
		fail_msg("%s", r->log);
	first = fix_journal_first(r->journal);
	assert_true(first > 1);
	assert_int_equal(desk_live(r->trader->desk), 298);
	assert_int_equal(rig_turn(r), 0);
	rig_kill(r, true); /* and from what is left alone: */
	assert_int_equal(rig_start(r), 0);
	assert_int_equal(desk_live(r->trader->desk), 298);
	assert_int_equal(
	    fix_session_numbers(r->trader->clients[0].fix).next_in, 2);
}

/* What an auditor has not read stays beyond JournalKeepDays, but not beyond its
 * own limit, and then an alert says what is lost to it. */
static void
what_an_auditor_has_not_read_is_pruned_late(void **state)
{
	struct rig *r = *state;

	some_segments(r, true);
	r->unread_days = 5;
	r->unread = 2;
	r->now.utc.ns += 3 * FIX_DAY;
	assert_int_equal(rig_start(r), 0);
	assert_int_equal(fix_journal_first(r->journal), 1);
	assert_null(strstr(r->log, "before the auditor has read"));
	rig_kill(r, false);
	r->now.utc.ns += 3 * FIX_DAY;
	assert_int_equal(rig_start(r), 0);
	assert_true(fix_journal_first(r->journal) > 1);
	assert_non_null(strstr(r->log, "before the auditor has read"));
}

static void
messages_that_may_be_resent_are_not_pruned(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c;

	some_segments(r, false);
	r->now.utc.ns += 3 * FIX_DAY;
	assert_int_equal(rig_start(r), 0);
	assert_int_equal(fix_journal_first(r->journal), 1);
	c = rig_accept(r, 0);
	rig_say(r, c, "35=A|34=300|98=0|108=30");
	rig_say(r, c, "35=2|34=301|7=2|16=2");
	assert_int_equal(rig_turn(r), 0);
	assert_true(rig_sent(c, "|34=2|"));
	assert_true(rig_sent(c, "|11=P2|"));
}

/* What it has not taken yet is enough: the rest can be read again. */
static void
a_resend_waits_for_a_peer_that_does_not_read(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = logged_on(r, 0, "35=A|34=1|98=0|108=30");

	for (unsigned i = 0; i < 5; i++) {
		char id[8];

		snprintf(id, sizeof(id), "A%u", i);
		rig_say(r, c, rig_order(2 + i, id, 1, "90"));
	}
	rig_clear(c);
	c->conn.choked = true;
	rig_say(r, c, "35=2|34=7|7=2|16=0");
	for (int i = 0; i < 3; i++)
		assert_int_equal(rig_turn(r), 0);
	assert_false(rig_sent(c, "|43=Y|"));
	assert_true(trader_deadline(r->trader).ns > r->now.mono.ns);
	c->conn.choked = false;
	assert_true(trader_deadline(r->trader).ns <= r->now.mono.ns);
	for (int i = 0; i < 3; i++)
		assert_int_equal(rig_turn(r), 0);
	assert_true(rig_sent(c, "|43=Y|"));
	assert_true(rig_sent(c, "|11=A4|"));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(nothing_is_sent_before_the_turn_is_committed),
		T(a_turn_that_was_not_committed_never_was),
		T(a_committed_order_is_there_after_a_kill),
		T(a_failed_sync_or_full_disk_sends_nothing_and_stops),
		T(without_room_for_a_segment_orders_are_refused_and_cancels_go),
		T(a_stranger_is_closed_without_a_word),
		T(strangers_do_not_fill_the_journal),
		T(a_second_logon_is_refused_and_the_first_lives),
		T(a_logon_waits_for_the_end_of_the_old_connection),
		T(a_fill_while_away_is_resent_on_request),
		T(a_resend_waits_for_a_peer_that_does_not_read),
		T(a_fill_while_away_outlives_a_reset),
		T(a_report_is_not_sent_anew_when_it_was_resent_before_the_reset),
		T(a_drop_copy_gets_each_execution_with_its_source),
		T(a_drop_copy_that_was_away_gets_what_it_missed_once),
		T(a_drop_copy_speaks_its_own_version),
		T(a_kill_switch_holds_over_a_restart_and_lets_cancels_go),
		T(an_unknown_command_says_what_is_expected),
		T(tables_made_anew_are_the_same_tables),
		T(ids_never_repeat_over_a_restart),
		T(pruning_keeps_the_state_and_what_may_be_resent),
		T(what_an_auditor_has_not_read_is_pruned_late),
		T(messages_that_may_be_resent_are_not_pruned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
