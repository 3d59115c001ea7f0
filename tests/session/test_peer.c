/* What is learnt of the peer: its clock, and how far it has come (R13). */
#include "tests/session/world.h"

#include <string.h>

static struct fix_session_peer
peer(struct world *w)
{
	struct fix_session_peer p;

	fix_session_peer(w->s, &p);
	return p;
}

/* A Heartbeat that was stamped by a clock so many ms ahead, and took so many. */
static void
beat(struct world *w, unsigned seq, int64_t ahead_ms, int64_t way_ms)
{
	say(w, "35=0|34=%u|52=%s", seq, stamp(w, ahead_ms - way_ms));
}

static void
assert_clock(struct world *w, int64_t ms)
{
	assert_true(peer(w).clock_known);
	assert_int_equal(peer(w).clock_ns, ms * FIX_MSEC);
}

static void
the_clock_is_that_of_the_quickest_message(void **state)
{
	struct world *w = *state;

	start(w);
	assert_false(peer(w).clock_known);
	up(w);
	assert_clock(w, 0); /* the Logon's */
	pass(w, 1000);
	for (unsigned i = 0; i < 2; i++)
		beat(w, 2 + i, 1500, 40 - i);
	assert_clock(w, 1461);
	beat(w, 4, 1500, 900);
	assert_clock(w, 1461);
	lost(w);
	connected(w);
	assert_false(peer(w).clock_known);
	say(w, "35=A|34=5|98=0|108=30|52=%s", stamp(w, -7000));
	assert_clock(w, -7000);
}

/* Duplicates carry the time of a second sending, and messages out of MaxLatency
 * end the session. */
static void
duplicates_say_nothing_of_the_clock(void **state)
{
	struct world *w = *state;

	up(w);
	say(w, "35=0|34=2|43=Y|122=%s|52=%s", stamp(w, 0), stamp(w, 9000));
	say(w, "35=0|34=2|43=Y|122=%s|52=%s", stamp(w, 0), stamp(w, 9000));
	say(w, "35=D|34=3|43=Y|122=%s|52=%s|11=a", stamp(w, 0), stamp(w, 9000));
	assert_clock(w, 0);
	/* Too early in number, in time all the same. */
	say(w, "35=D|34=6|11=a|52=%s", stamp(w, 20));
	assert_clock(w, 20);
	pass(w, 1000);
	/* Taken up later: its way was not that long. */
	say(w, "35=4|34=4|43=Y|122=%s|36=6|123=Y", stamp(w, 0));
	assert_clock(w, 20);
	say(w, "35=0|34=7|52=%s", stamp(w, 600000));
	assert_clock(w, 20);
}

/* A clock that is set, or drifts: what it was is forgotten. */
static void
what_the_clock_was_ten_minutes_ago_is_forgotten(void **state)
{
	struct world *w = *state;
	unsigned seq = 2;

	up(w);
	beat(w, seq++, 5000, 0);
	for (int i = 0; i < 22; i++) {
		pass(w, 29000);
		beat(w, seq++, 1000, 0);
		if (i < 20)
			assert_clock(w, 5000);
	}
	pass(w, 29000);
	beat(w, seq++, 1000, 0);
	assert_clock(w, 1000);
}

static void
unchecked_times_are_looked_at_too(void **state)
{
	struct world *w = *state;

	w->cfg.no_check_latency = true;
	up(w);
	beat(w, 2, 3600000, 0);
	assert_clock(w, 3600000);
	say(w, "35=0|34=3|52=noon");
	assert_clock(w, 3600000);
	assert_true(fix_session_up(w->s));
}

/* R13 */
static void
the_number_the_peer_has_processed_is_kept(void **state)
{
	struct world *w = *state;

	up(w);
	for (int i = 0; i < 5; i++)
		assert_int_equal(app_send(w, "8", "11=a|"), 0);
	assert_int_equal(peer(w).processed, 0);
	say(w, "35=0|34=2|369=4");
	assert_int_equal(peer(w).processed, 4);
	/* An old count, and one that was old when it was sent first. */
	say(w, "35=0|34=3|369=2");
	say(w, "35=D|34=4|43=Y|122=%s|369=6|11=a", stamp(w, 0));
	assert_int_equal(peer(w).processed, 4);
	say(w, "35=0|34=5|369=6");
	assert_int_equal(peer(w).processed, 6);
	assert_false(w->noted[FIX_WHY_COUNT]);
}

static void
more_than_we_sent_is_told_once(void **state)
{
	struct world *w = *state;

	up(w);
	assert_int_equal(app_send(w, "8", "11=a|"), 0);
	say(w, "35=0|34=2|369=3");
	assert_noted(w, FIX_WHY_COUNT);
	assert_string_equal(w->note[FIX_WHY_COUNT],
	    "LastMsgSeqNumProcessed (369) is 3, but our last message was 2");
	w->noted[FIX_WHY_COUNT] = false;
	say(w, "35=0|34=3|369=9223372036854775807");
	say(w, "35=0|34=4|369=-1");
	assert_false(w->noted[FIX_WHY_COUNT]);
	assert_int_equal(peer(w).processed, 0);
	assert_true(fix_session_up(w->s));
}

/* Numbers begin anew: so does the count, and the Logon that says so may still
 * carry the old one. */
static void
a_reset_forgets_the_count(void **state)
{
	struct world *w = *state;

	up(w);
	for (int i = 0; i < 5; i++)
		assert_int_equal(app_send(w, "8", "11=a|"), 0);
	say(w, "35=0|34=2|369=6");
	say(w, "35=A|34=1|98=0|108=30|141=Y|369=6");
	assert_int_equal(peer(w).processed, 0);
	assert_false(w->noted[FIX_WHY_COUNT]);
	say(w, "35=0|34=2|369=1");
	assert_int_equal(peer(w).processed, 1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		THRICE(the_clock_is_that_of_the_quickest_message),
		THRICE(duplicates_say_nothing_of_the_clock),
		THRICE(what_the_clock_was_ten_minutes_ago_is_forgotten),
		THRICE(unchecked_times_are_looked_at_too),
		THRICE(the_number_the_peer_has_processed_is_kept),
		THRICE(more_than_we_sent_is_told_once),
		THRICE(a_reset_forgets_the_count),
	};

	return cmocka_run_group_tests_name("peer", tests, NULL, NULL);
}
