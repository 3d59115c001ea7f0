/* Sending again and asking for it: FIX session test cases 8, 16, 20, rules R30
 * to R40, and field.md's burns 1 to 12. */
#include "tests/session/world.h"

#include <stdio.h>
#include <stdlib.h>

#define DUP "43=Y|122=20260101-00:00:00.000"

/* 8: only session messages, one gap fill. */
static void
session_messages_become_one_gap_fill(void **state)
{
	struct world *w = *state;

	up(w);
	say(w, "35=1|34=2|112=a");
	say(w, "35=1|34=3|112=b");
	forget(w);
	say(w, "35=2|34=4|7=1|16=3");
	expect(w, "> 35=4|34=1|" DUP "|36=4|123=Y", NULL);
	say(w, "35=2|34=5|7=2|16=0");
	expect(w, "> 35=4|34=2|" DUP "|36=4|123=Y", NULL);
	assert_numbers(w, 6, 4);
}

/* 8: application messages come again under their old numbers. */
static void
application_messages_are_sent_again(void **state)
{
	struct world *w = *state;

	up(w);
	assert_int_equal(app_send(w, "8", "11=a|58=one|"), 0);
	assert_int_equal(app_send(w, "8", "11=b|58=two|"), 0);
	expect(w, "> 35=8|34=2|11=a|58=one", "> 35=8|34=3|11=b|58=two", NULL);
	w->now.utc.ns += 5 * FIX_SEC;
	say(w, "35=2|34=2|7=2|16=2");
	expect(w, "> 35=8|34=2|" DUP "|11=a|58=one", NULL);
	say(w, "35=2|34=3|7=1|16=0");
	expect(w, "> 35=4|34=1|43=Y|122=20260101-00:00:05.000|36=2|123=Y",
	    "> 35=8|34=2|" DUP "|11=a|58=one",
	    "> 35=8|34=3|" DUP "|11=b|58=two", NULL);
	assert_numbers(w, 4, 4);
}

/* Burn 5: any mixture; no number is left out and none comes twice. */
static void
mixtures_are_filled_without_hole_or_overlap(void **state)
{
	struct world *w = *state;

	up(w);                                          /* 1 */
	assert_int_equal(app_send(w, "8", "11=a|"), 0); /* 2 */
	say(w, "35=1|34=2|112=x");                      /* 3 */
	say(w, "35=1|34=3|112=y");                      /* 4 */
	assert_int_equal(app_send(w, "8", "11=b|"), 0); /* 5 */
	say(w, "35=1|34=4|112=z");                      /* 6 */
	forget(w);
	say(w, "35=2|34=5|7=1|16=0");
	expect(w, "> 35=4|34=1|" DUP "|36=2|123=Y", "> 35=8|34=2|" DUP "|11=a",
	    "> 35=4|34=3|" DUP "|36=5|123=Y", "> 35=8|34=5|" DUP "|11=b",
	    "> 35=4|34=6|" DUP "|36=7|123=Y", NULL);
	say(w, "35=2|34=6|7=3|16=5");
	expect(w, "> 35=4|34=3|" DUP "|36=5|123=Y", "> 35=8|34=5|" DUP "|11=b",
	    NULL);
	say(w, "35=2|34=7|7=3|16=4");
	expect(w, "> 35=4|34=3|" DUP "|36=5|123=Y", NULL);
}

/* R33, burn 12: a Reject is the one session message that may come again. */
static void
rejects_are_sent_again(void **state)
{
	struct world *w = *state;

	up(w);
	say(w, "35=D|34=2|43=Y|11=a"); /* no 122 */
	forget(w);
	say(w, "35=2|34=3|7=2|16=2");
	expect(w,
	    "> 35=3|34=2|" DUP "|45=2|58=Required tag missing|371=122|372=D|"
	    "373=1",
	    NULL);
}

static void
quickfix_fills_over_rejects(void **state)
{
	struct world *w = *state;

	w->cfg.deviations = FIX_DEV(NO_REJECT_AGAIN);
	up(w);
	say(w, "35=D|34=1|43=Y|11=a"); /* no 122 */
	forget(w);
	say(w, "35=2|34=2|7=2|16=2");
	expect(w, "> 35=4|34=2|" DUP "|36=3|123=Y", NULL);
}

/* Burn 6 */
static void
end_beyond_the_last_means_all(void **state)
{
	struct world *w = *state;

	up(w);
	assert_int_equal(app_send(w, "8", "11=a|"), 0);
	forget(w);
	say(w, "35=2|34=2|7=2|16=999999");
	expect(w, "> 35=8|34=2|" DUP "|11=a", NULL);
}

static void
fix41_writes_and_reads_infinity_as_999999(void **state)
{
	struct world *w = *state;

	w->cfg.begin_string = "FIX.4.1";
	up(w);
	say(w, "35=0|34=5");
	expect(w, "> 35=2|34=2|7=2|16=999999", NULL);
}

/* S-23 */
static void
ranges_without_sense_are_rejected(void **state)
{
	static const struct {
		const char *range;
		const char *tag;
	} bad[] = {
		{ "7=9|16=0", "371=7" },
		{ "7=0|16=0", "371=7" },
		{ "7=-1|16=0", "371=7" },
		{ "7=x|16=0", "371=7" },
		{ "16=0", "371=7" },
		{ "7=1", "371=16" },
		{ "7=2|16=1", "371=16" },
		{ "7=1|16=-4", "371=16" },
		{ "7=9223372036854775807|16=0", "371=7" },
		{ "7=99999999999999999999|16=0", "371=7" },
	};
	struct world *w = *state;

	up(w);
	say(w, "35=1|34=2|112=x");
	forget(w);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		say(w, "35=2|34=%u|%s", i + 3, bad[i].range);
		assert_non_null(strstr(w->log, "> 35=3|"));
		assert_non_null(strstr(w->log, bad[i].tag));
		assert_null(strstr(w->log, "35=4"));
		forget(w);
	}
	assert_true(fix_session_up(w->s));
}

/* R35 */
static void
a_resent_session_message_only_counts(void **state)
{
	struct world *w = *state;

	up(w);
	say(w, "35=1|34=2|43=Y|122=%s|112=x", stamp(w, 0));
	say(w, "35=2|34=3|43=Y|122=%s|7=1|16=0", stamp(w, 0));
	say(w, "35=5|34=4|43=Y|122=%s", stamp(w, 0));
	expect_nothing(w);
	assert_numbers(w, 5, 2);
	assert_true(fix_session_up(w->s));
}

/* 20, burn 1: answered first, own request afterwards. */
static void
a_high_resend_request_is_answered_before_we_ask(void **state)
{
	struct world *w = *state;

	up(w);
	assert_int_equal(app_send(w, "8", "11=a|"), 0);
	forget(w);
	say(w, "35=2|34=4|7=2|16=0");
	expect(w, "> 35=8|34=2|" DUP "|11=a", "> 35=2|34=3|7=2|16=0", NULL);
	/* Its number counts when its turn comes; it is not answered again. */
	say(w, "35=4|34=2|43=Y|122=%s|36=4|123=Y", stamp(w, 0));
	expect_nothing(w);
	assert_numbers(w, 5, 4);
}

/* 20 */
static void
our_request_goes_out_again_after_answering(void **state)
{
	struct world *w = *state;

	up(w);
	say(w, "35=0|34=7");
	expect(w, "> 35=2|34=2|7=2|16=0", NULL);
	say(w, "35=2|34=8|7=1|16=0");
	expect(
	    w, "> 35=4|34=1|" DUP "|36=3|123=Y", "> 35=2|34=3|7=2|16=0", NULL);
}

/* 20: two sides in gaps, each answering and asking, would never end. */
static void
our_request_goes_out_again_once_a_gap(void **state)
{
	struct world *w = *state;

	w->cfg.resend_chunk = 1;
	up(w);
	say(w, "35=0|34=7");
	say(w, "35=2|34=8|7=1|16=1");
	forget(w);
	for (unsigned i = 9; i < 20; i++)
		say(w, "35=2|34=%u|7=%u|16=1", i, 1);
	assert_null(strstr(w->log, "> 35=2"));
	forget(w);
	/* The next chunk is a request of its own. */
	say(w, "35=4|34=2|43=Y|122=%s|36=3|123=Y", stamp(w, 0));
	expect(w, "> 35=2|34=4|7=3|16=3", NULL);
}

static void
quickfix_asks_only_once(void **state)
{
	struct world *w = *state;

	w->cfg.deviations = FIX_DEV(ASK_ONCE);
	up(w);
	say(w, "35=0|34=7");
	forget(w);
	say(w, "35=2|34=8|7=1|16=0");
	expect(w, "> 35=4|34=1|" DUP "|36=3|123=Y", NULL);
}

/* Burns 2, 3: one chunk at a time; NewSeqNo beyond a chunk counts. */
static void
chunks_are_asked_for_one_by_one(void **state)
{
	struct world *w = *state;

	w->cfg.resend_chunk = 3;
	up(w);
	say(w, "35=0|34=12");
	expect(w, "> 35=2|34=2|7=2|16=4", NULL);
	say(w, "35=D|34=2|11=a");
	say(w, "35=D|34=3|11=b");
	expect(w, "app D 2", "app D 3", NULL);
	say(w, "35=D|34=4|11=c");
	expect(w, "app D 4", "> 35=2|34=3|7=5|16=7", NULL);
	say(w, "35=4|34=5|43=Y|122=%s|36=10|123=Y", stamp(w, 0));
	expect(w, "> 35=2|34=4|7=10|16=11", NULL);
	say(w, "35=D|34=10|11=d");
	say(w, "35=D|34=11|11=e");
	expect(w, "app D 10", "app D 11", NULL);
	assert_numbers(w, 13, 5);
	assert_string_equal(fix_session_state_name(w->s), "active");
}

/* Burn 4: on a new connection the gap is asked for anew. */
static void
a_gap_is_forgotten_with_its_connection(void **state)
{
	struct world *w = *state;

	up(w);
	say(w, "35=0|34=5");
	expect(w, "> 35=2|34=2|7=2|16=0", NULL);
	lost(w);
	expect(w, "down", NULL);
	connected(w);
	say(w, "35=A|34=6|98=0|108=30");
	expect(
	    w, "> 35=A|34=3|98=0|108=30", "> 35=2|34=4|7=2|16=0", "up", NULL);
}

static void
redundant_requests_by_setting(void **state)
{
	struct world *w = *state;

	w->cfg.redundant_resend = true;
	up(w);
	say(w, "35=0|34=5");
	say(w, "35=0|34=6");
	expect(w, "> 35=2|34=2|7=2|16=0", "> 35=2|34=3|7=2|16=0", NULL);
}

/* Burn 8: what is held has a limit; the rest is asked for again. */
static void
held_messages_have_a_limit(void **state)
{
	struct world *w = *state;
	char pad[1001];
	unsigned i;

	memset(pad, 'x', 1000);
	pad[1000] = '\0';
	w->cfg.max_held_bytes = 20000;
	up(w);
	for (i = 3; i < 60; i++)
		say(w, "35=D|34=%u|58=%s", i, pad);
	expect(w, "> 35=2|34=2|7=2|16=0", NULL);
	assert_noted(w, FIX_WHY_QUEUE_FULL);
	say(w, "35=D|34=2|58=first");
	assert_true(fix_session_numbers(w->s).next_in < 25);
	assert_true(fix_session_numbers(w->s).next_in > 15);
	forget(w);
	/* The peer goes on with what it was asked for, or is asked again. */
	i = (unsigned)fix_session_numbers(w->s).next_in;
	say(w, "35=D|34=60|11=late");
	assert_non_null(strstr(w->log, "> 35=2|34=3|"));
	forget(w);
	for (; i < 60; i++)
		say(w, "35=D|34=%u|43=Y|122=%s|11=x", i, stamp(w, 0));
	assert_numbers(w, 61, 4);
}

/* A message that fills the gap but is invalid fills it all the same. */
static void
a_held_message_that_lies_beyond_another_gap_asks_again(void **state)
{
	struct world *w = *state;

	up(w);
	say(w, "35=D|34=4|11=d");
	say(w, "35=D|34=9|11=i");
	expect(w, "> 35=2|34=2|7=2|16=0", NULL);
	say(w, "35=4|34=2|43=Y|122=%s|36=4|123=Y", stamp(w, 0));
	expect(w, "app D 4", "> 35=2|34=3|7=5|16=0", NULL);
	say(w, "35=4|34=5|43=Y|122=%s|36=9|123=Y", stamp(w, 0));
	expect(w, "app D 9", NULL);
	assert_numbers(w, 10, 4);
}

/* A request that nobody answered is made again, at a slow pace. */
static void
a_gap_without_progress_is_asked_for_again(void **state)
{
	struct world *w = *state;
	unsigned n;

	up(w);
	say(w, "35=0|34=5");
	forget(w);
	n = w->sends;
	for (unsigned i = 0; i < 6; i++) {
		pass(w, 10000);
		say(w, "35=0|34=%u", 6 + i);
	}
	assert_non_null(strstr(w->log, "|7=2|16=0"));
	assert_true(w->sends - n <= 4);
}

/* S-22: a flood of the same request is answered so many times only. */
static void
the_same_request_without_end_ends_the_session(void **state)
{
	struct world *w = *state;
	unsigned i;

	up(w);
	for (i = 2; i < 60 && fix_session_up(w->s); i++)
		say(w, "35=2|34=%u|7=1|16=0", i);
	assert_int_equal(i, 2 + 21);
	assert_noted(w, FIX_WHY_RESEND_FLOOD);
}

/* Burn 7, S-22: while one replay is open, others are merged into one. */
static void
requests_during_a_replay_are_merged(void **state)
{
	struct world *w = *state;

	up(w);
	for (int i = 0; i < 8; i++)
		assert_int_equal(app_send(w, "8", "11=a|"), 0);
	forget(w);
	w->hold_replay = true;
	say(w, "35=2|34=2|7=2|16=8");
	expect(w, "replay 2-8", NULL);
	for (unsigned i = 0; i < 5; i++)
		say(w, "35=2|34=%u|7=%u|16=%u", 3 + i, 2 + i, 6 + i);
	expect_nothing(w);
	assert_int_equal(fix_session_replay_done(w->s, w->now), 0);
	drain(w);
	expect(w, "> 35=4|34=2|" DUP "|36=9|123=Y", "replay 5-9", NULL);
	assert_int_equal(fix_session_replay_done(w->s, w->now), 0);
	drain(w);
	expect(w, "> 35=4|34=5|" DUP "|36=10|123=Y", NULL);
	assert_int_equal(fix_session_replay_done(w->s, w->now), -FIX_E_STATE);
}

static void
replay_takes_ascending_numbers_of_an_open_range_only(void **state)
{
	struct world *w = *state;
	struct fix_span v;

	up(w);
	assert_int_equal(app_send(w, "8", "11=a|"), 0);
	assert_int_equal(app_send(w, "8", "11=b|"), 0);
	forget(w);
	v.p = w->kept[2];
	v.len = w->kept_len[2];
	assert_int_equal(fix_session_replay(w->s, 2, v, w->now), -FIX_E_STATE);
	w->hold_replay = true;
	say(w, "35=2|34=2|7=2|16=2");
	assert_int_equal(fix_session_replay(w->s, 1, v, w->now), -FIX_E_STATE);
	assert_int_equal(fix_session_replay(w->s, 3, v, w->now), -FIX_E_STATE);
	assert_int_equal(fix_session_replay(w->s, 2, v, w->now), 0);
	assert_int_equal(fix_session_replay(w->s, 2, v, w->now), -FIX_E_STATE);
	drain(w);
	lost(w);
	assert_int_equal(fix_session_replay_done(w->s, w->now), -FIX_E_STATE);
}

/* A damaged store sends no wrong bytes under a number. */
static void
a_damaged_kept_message_becomes_a_gap_fill(void **state)
{
	struct world *w = *state;
	struct fix_span v;

	up(w);
	assert_int_equal(app_send(w, "8", "11=a|"), 0);
	assert_int_equal(app_send(w, "8", "11=b|"), 0);
	forget(w);
	w->hold_replay = true;
	say(w, "35=2|34=2|7=2|16=3");
	forget(w);
	v.p = w->kept[3]; /* another number's */
	v.len = w->kept_len[3];
	assert_int_equal(fix_session_replay(w->s, 2, v, w->now), 0);
	v.len -= 9;
	assert_int_equal(fix_session_replay(w->s, 3, v, w->now), 0);
	assert_int_equal(fix_session_replay_done(w->s, w->now), 0);
	drain(w);
	expect(w, "> 35=4|34=2|" DUP "|36=4|123=Y", NULL);
	assert_noted(w, FIX_WHY_REPLAY_BAD);
}

/* A long replay stops when the queue is full, and goes on when it is not. */
static void
a_full_queue_says_drain_and_repeat(void **state)
{
	struct world *w = *state;
	char *body = malloc(30001);
	unsigned full = 0;

	assert_non_null(body);
	memset(body, 'x', 30000);
	memcpy(body, "58=", 3);
	body[29999] = '|';
	body[30000] = '\0';
	up(w);
	for (int i = 0; i < 40; i++) {
		assert_int_equal(app_send(w, "8", body), 0);
		forget(w);
	}
	w->hold_replay = true;
	say(w, "35=2|34=2|7=2|16=0");
	forget(w);
	for (uint64_t i = 2; i < 42; i++) {
		struct fix_span v = { w->kept[i], w->kept_len[i] };
		int rc = fix_session_replay(w->s, i, v, w->now);

		if (rc == -FIX_E_SPACE) {
			full++;
			drain(w);
			forget(w);
			rc = fix_session_replay(w->s, i, v, w->now);
		}
		assert_int_equal(rc, 0);
	}
	assert_int_equal(fix_session_replay_done(w->s, w->now), 0);
	drain(w);
	assert_true(full > 2);
	free(body);
}

static void
without_persist_all_is_filled(void **state)
{
	struct world *w = *state;

	w->cfg.no_persist = true;
	up(w);
	assert_int_equal(app_send(w, "8", "11=a|"), 0);
	expect(w, "> 35=8|34=2|11=a", NULL);
	say(w, "35=2|34=2|7=1|16=0");
	expect(w, "> 35=4|34=1|" DUP "|36=3|123=Y", NULL);
	lost(w);
	/* Lost while down, and its number says so. */
	assert_int_equal(app_send(w, "8", "11=b|"), 0);
	assert_numbers(w, 3, 4);
	connected(w);
	say(w, "35=A|34=3|98=0|108=30");
	say(w, "35=2|34=4|7=3|16=3");
	expect(w, "down", "> 35=A|34=4|98=0|108=30", "up",
	    "> 35=4|34=3|" DUP "|36=4|123=Y", NULL);
}

/* 16a, 16b way 2: numbered and kept while down, asked for after the Logon. */
static void
what_is_sent_while_down_is_kept_and_asked_for(void **state)
{
	struct world *w = *state;

	start(w);
	assert_int_equal(app_send(w, "8", "11=a|"), 0);
	expect_nothing(w);
	assert_numbers(w, 1, 2);
	w->now.utc.ns += 60 * FIX_SEC;
	w->now.mono.ns += 60 * FIX_SEC;
	connected(w);
	say(w, "35=A|34=1|98=0|108=30");
	expect(w, "> 35=A|34=2|98=0|108=30", "up", NULL);
	say(w, "35=2|34=2|7=1|16=0");
	expect(w, "> 35=8|34=1|" DUP "|11=a",
	    "> 35=4|34=2|43=Y|122=20260101-00:01:00.000|36=3|123=Y", NULL);
}

/* Sent between our Logon and its reply: kept, and made visible at once. */
static void
what_is_sent_before_the_reply_shows_by_a_heartbeat(void **state)
{
	struct world *w = *state;

	w->cfg.role = FIX_INITIATOR;
	connected(w);
	forget(w);
	assert_int_equal(app_send(w, "D", "11=a|"), 0);
	expect_nothing(w);
	say(w, "35=A|34=1|98=0|108=30");
	expect(w, "> 35=0|34=3", "up", NULL);
	say(w, "35=2|34=2|7=2|16=0");
	expect(w, "> 35=D|34=2|" DUP "|11=a", "> 35=4|34=3|" DUP "|36=4|123=Y",
	    NULL);
}

/* R36: header fields of the first time stay; order stays ascending. */
static void
a_resent_header_differs_in_43_52_122_only(void **state)
{
	struct world *w = *state;

	w->cfg.sender_sub_id = "S";
	w->cfg.target_sub_id = "T";
	w->cfg.sender_location_id = "L";
	w->cfg.last_processed = true;
	up(w);
	assert_int_equal(app_send(w, "8", "97=Y|115=OBO|11=a|"), 0);
	expect(w, "> 35=8|34=2|50=S|57=T|97=Y|115=OBO|142=L|369=1|11=a", NULL);
	say(w, "35=0|34=2");
	say(w, "35=2|34=3|7=2|16=2");
	expect(w,
	    "> 35=8|34=2|43=Y|50=S|57=T|97=Y|115=OBO|"
	    "122=20260101-00:00:00.000|142=L|369=1|11=a",
	    NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		THRICE(session_messages_become_one_gap_fill),
		THRICE(application_messages_are_sent_again),
		THRICE(mixtures_are_filled_without_hole_or_overlap),
		THRICE(rejects_are_sent_again),
		THRICE(quickfix_fills_over_rejects),
		THRICE(end_beyond_the_last_means_all),
		THRICE(fix41_writes_and_reads_infinity_as_999999),
		THRICE(ranges_without_sense_are_rejected),
		THRICE(a_resent_session_message_only_counts),
		THRICE(a_high_resend_request_is_answered_before_we_ask),
		THRICE(our_request_goes_out_again_after_answering),
		THRICE(our_request_goes_out_again_once_a_gap),
		THRICE(quickfix_asks_only_once),
		THRICE(chunks_are_asked_for_one_by_one),
		THRICE(a_gap_is_forgotten_with_its_connection),
		THRICE(redundant_requests_by_setting),
		THRICE(held_messages_have_a_limit),
		THRICE(a_held_message_that_lies_beyond_another_gap_asks_again),
		THRICE(a_gap_without_progress_is_asked_for_again),
		THRICE(the_same_request_without_end_ends_the_session),
		THRICE(requests_during_a_replay_are_merged),
		THRICE(replay_takes_ascending_numbers_of_an_open_range_only),
		THRICE(a_damaged_kept_message_becomes_a_gap_fill),
		THRICE(a_full_queue_says_drain_and_repeat),
		THRICE(without_persist_all_is_filled),
		THRICE(what_is_sent_while_down_is_kept_and_asked_for),
		THRICE(what_is_sent_before_the_reply_shows_by_a_heartbeat),
		THRICE(a_resent_header_differs_in_43_52_122_only),
	};

	return cmocka_run_group_tests_name("resend", tests, NULL, NULL);
}
