/*
 * Which segments of the journal go: none that a subscriber, the auditor or a
 * resend needs, at start as well as while orders flow, and what is left still
 * gives the same state.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gateway/trader/dropcopy.h"
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
logged_on(struct rig *r, int i, const char *who, unsigned seq)
{
	struct rig_conn *c = rig_accept(r, i);
	char text[80];

	snprintf(text, sizeof(text), "35=A|49=%s|34=%u|98=0|108=30", who, seq);
	rig_say(r, c, text);
	assert_true(rig_sent(c, "|35=A|"));
	if (i != 2) /* copies come with the answer */
		rig_clear(c);
	return c;
}

static void
settle(struct rig *r)
{
	for (int i = 0; i < 40; i++)
		assert_int_equal(rig_turn(r), 0);
}

/* n orders from P<from> on that are filled at once. */
static void
fills(struct rig *r, struct rig_conn *c, unsigned seq, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		char id[16];

		snprintf(id, sizeof(id), "P%u", seq + i);
		rig_say(r, c, rig_order(seq + i, id, 1, "101"));
		(void)rig_turn(r);
		rig_clear(c);
		(void)trader_idle(r->trader);
	}
}

/* Several segments of fills that no subscriber has got, and a reset behind
 * them, so that nothing of them may have to be resent. */
static void
some_segments(struct rig *r)
{
	struct rig_conn *c = logged_on(r, 0, "CLIENTA", 1);

	fills(r, c, 2, 300);
	rig_hangup(r, c);
	c = rig_accept(r, 0);
	rig_say(r, c, "35=A|34=1|98=0|108=30|141=Y");
	rig_hangup(r, c);
	rig_kill(r, false);
	r->keep_days = 1;
}

static void
what_a_subscriber_has_not_got_is_kept_for_it_but_not_for_ever(void **state)
{
	struct rig *r = *state;

	some_segments(r);
	r->sessions[2].copy.keep_days = 5;
	r->now.utc.ns += 3 * FIX_DAY;
	assert_int_equal(rig_start(r), 0);
	assert_int_equal(fix_journal_first(r->journal), 1);
	assert_non_null(strstr(r->log, "the journal is kept from record 1"));
	assert_null(strstr(r->log, "before they were copied"));
	rig_kill(r, false);
	r->now.utc.ns += 3 * FIX_DAY;
	assert_int_equal(rig_start(r), 0);
	assert_true(fix_journal_first(r->journal) > 1);
	assert_non_null(
	    strstr(r->log, "alert: FIX.4.4:FIXGATE->CLIENTC: records"
			   " 1 to"));
}

/* Days are not over, but the disk is not its alone. */
static void
a_subscriber_that_is_gone_keeps_only_so_many_bytes(void **state)
{
	struct rig *r = *state;
	uint64_t first;

	some_segments(r);
	r->sessions[2].copy.keep_days = 30;
	r->sessions[2].copy.keep_bytes = 3 * 64 * 1024;
	r->now.utc.ns += 3 * FIX_DAY;
	assert_int_equal(rig_start(r), 0);
	first = fix_journal_first(r->journal);
	assert_true(first > 1);
	assert_true(fix_journal_last(r->journal) - first > 100);
	assert_non_null(strstr(r->log, "CopyKeepBytes"));
}

static void
idle(struct rig *r)
{
	r->now.mono.ns += 3600 * FIX_SEC;
	assert_int_equal(rig_turn(r), 0);
	for (int i = 0; i < 40; i++)
		(void)trader_idle(r->trader);
}

/* Of the journal alone, replayed from its first record. */
static uint64_t
replayed(struct rig *r)
{
	struct fix_store_error e;
	struct fix_store *s;
	struct tables *t;
	uint64_t hash;

	assert_int_equal(fix_store_open_mem(&s), 0);
	t = tables_new(s);
	assert_non_null(t);
	while (tables_follow(t, r->handle, 100000, &e) > 0)
		;
	hash = fix_store_hash(s);
	tables_free(t);
	fix_store_close(s);
	return hash;
}

/* While it runs, too; and with orders between the pieces of the snapshot. */
static void
a_running_gateway_prunes_up_to_what_a_subscriber_has(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c, *s;
	unsigned live;
	uint64_t last, hash;

	some_segments(r);
	r->sessions[2].copy.keep_days = 30;
	assert_int_equal(rig_start(r), 0);
	r->now.utc.ns += 3 * FIX_DAY;
	idle(r);
	assert_int_equal(fix_journal_first(r->journal), 1);
	s = logged_on(r, 2, "CLIENTC", 1);
	settle(r);
	rig_hangup(r, s);
	s = rig_accept(r, 2);
	rig_say(r, s, "35=A|49=CLIENTC|34=1|98=0|108=30|141=Y");
	rig_hangup(r, s);
	last = fix_journal_last(r->journal);

	c = logged_on(r, 0, "CLIENTA", 2);
	rig_say(r, c, rig_order(3, "LONG", 1, "90"));
	r->now.mono.ns += 3600 * FIX_SEC;
	assert_int_equal(rig_turn(r), 0);
	for (unsigned i = 0; i < 40; i++) {
		(void)trader_idle(r->trader);
		rig_say(r, c, rig_order(4 + i, i % 2 == 0 ? "X" : "Y", 1, "90"));
	}
	assert_true(fix_journal_first(r->journal) > 1);
	assert_true(fix_journal_first(r->journal) < last);
	assert_null(strstr(r->log, "before they were copied"));
	live = desk_live(r->trader->desk);
	assert_int_equal(live, 3);
	assert_int_equal(trader_hash(r->trader, &hash), 0);
	assert_int_equal(replayed(r), hash);
	rig_kill(r, true); /* and from what is left alone: */
	assert_int_equal(rig_start(r), 0);
	assert_int_equal(desk_live(r->trader->desk), live);
}

static void
what_the_auditor_has_not_read_stays_while_it_runs(void **state)
{
	struct rig *r = *state;
	struct rig_conn *s;

	some_segments(r);
	r->unread = 2;
	r->unread_days = 30;
	assert_int_equal(rig_start(r), 0);
	s = logged_on(r, 2, "CLIENTC", 1);
	settle(r);
	rig_hangup(r, s);
	s = rig_accept(r, 2);
	rig_say(r, s, "35=A|49=CLIENTC|34=1|98=0|108=30|141=Y");
	rig_hangup(r, s);
	r->now.utc.ns += 3 * FIX_DAY;
	idle(r);
	assert_int_equal(fix_journal_first(r->journal), 1);
	r->unread = fix_journal_last(r->journal);
	idle(r);
	assert_true(fix_journal_first(r->journal) > 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_a_subscriber_has_not_got_is_kept_for_it_but_not_for_ever),
		T(a_subscriber_that_is_gone_keeps_only_so_many_bytes),
		T(a_running_gateway_prunes_up_to_what_a_subscriber_has),
		T(what_the_auditor_has_not_read_stays_while_it_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
