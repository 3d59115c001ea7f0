/*
 * Heartbeats on a full disk: a session lives on, and they take nothing of what is
 * left for cancels.
 */
#include "tests/gateway/trader/full.h"

static void
beat(struct rig *r, struct rig_conn *c)
{
	char text[64];

	rig_clear(c);
	rig_pass(r, 30);
	if (!rig_sent(c, "|35=0|") || c->closed)
		fail_msg("no heartbeat: %s", c->out);
	snprintf(text, sizeof(text), "35=0|34=%u", next(r));
	if (!rig_offer(r, c, text))
		fail_msg("heartbeat %s is not read", text);
	assert_int_equal(rig_turn(r), 0);
	rig_clear(c);
}

/* A day of them, both ways. */
static void
heartbeats_take_no_room(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = two_orders(r);
	char text[160];
	uint64_t room;

	fill_until_tight(r);
	room = fix_journal_room(r->journal);
	for (unsigned i = 0; i < 2 * 60 * 24; i++)
		beat(r, c);
	if (room - fix_journal_room(r->journal) > 1000)
		fail_msg("%zu bytes for heartbeats",
		    (size_t)(room - fix_journal_room(r->journal)));
	snprintf(text, sizeof(text), "35=F|34=%u|11=C1|41=A1|1=DEMO|55=AAPL|"
	    "54=1|38=10|60=20260302-12:00:00", next(r));
	rig_say(r, c, text);
	assert_true(n_canceled > 0);
}

/* What is not kept of them is not needed: after a crash no number is used twice,
 * what the peer sent it fills, and so do we. */
static void
heartbeats_that_were_not_kept_are_filled(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = two_orders(r);
	struct fix_session_numbers was, is;
	char text[64];

	fill_until_tight(r);
	for (unsigned i = 0; i < 3; i++)
		beat(r, c);
	r->now.mono.ns += FIX_SEC;
	rig_say(r, c, rig_order(next(r), "N", 10, "90"));
	assert_true(rig_sent(c, "disk is full")); /* kept */
	for (unsigned i = 0; i < 2; i++)
		beat(r, c);
	was = fix_session_numbers(r->trader->clients[0].fix);
	memdisk_limit(r->disk, 0);
	for (int tables = 0; tables < 2; tables++) {
		rig_kill(r, tables != 0);
		start(r);
		is = fix_session_numbers(r->trader->clients[0].fix);
		assert_in_range(is.next_out, was.next_out,
		    was.next_out + SPACE_HEARTBEATS);
		assert_int_equal(is.next_in, was.next_in - 2);
	}
	c = logged_on(r, (unsigned)was.next_in);
	assert_true(rig_sent(c, "|35=2|"));
	rig_clear(c);
	snprintf(text, sizeof(text), "35=2|34=%u|7=%u|16=0",
	    (unsigned)was.next_in + 1, (unsigned)was.next_out - 2);
	rig_say(r, c, text);
	for (unsigned i = 0; i < SPACE_HEARTBEATS / 10; i++)
		assert_int_equal(rig_turn(r), 0); /* ten numbers each */
	if (!rig_sent(c, "|35=4|"))
		fail_msg("not filled: %s\n%s\n%s", text, c->out, r->log);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(heartbeats_take_no_room),
		T(heartbeats_that_were_not_kept_are_filled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
