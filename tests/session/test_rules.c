/* Rules that engines get wrong, one by one: burns 7, 10, 14, 19 and
 * 27, rules R4, R8, R36, R37; resets in both roles. */
#include "tests/session/world.h"

#include <string.h>

#define T0 "20260101-00:00:00.000"

/* --- a long resend --------------------------------------------------------- */

static int
hand_in(struct world *w, unsigned seq)
{
	struct fix_span v = { w->kept[seq], w->kept_len[seq] };
	int rc = fix_session_replay(w->s, seq, v, w->now);

	drain(w);
	return rc;
}

static void
three_asked_for(struct world *w)
{
	w->hold_replay = true;
	up(w);
	for (int i = 0; i < 3; i++)
		assert_int_equal(app_send(w, "8", "11=a|"), 0);
	forget(w);
	say(w, "35=2|34=2|7=2|16=0");
	expect(w, "replay 2-4", NULL);
}

/* Burn 7: what the session says of itself does not wait behind it. */
static void
heartbeats_come_between_a_long_resend(void **state)
{
	struct world *w = *state;

	three_asked_for(w);
	assert_int_equal(hand_in(w, 2), 0);
	forget(w);
	pass(w, 30000);
	expect(w, "> 35=0|34=5", NULL);
	say(w, "35=1|34=3|112=x");
	expect(w, "> 35=0|34=6|112=x", NULL);
	assert_int_equal(hand_in(w, 3), 0);
	expect(w, "> 35=8|34=3|43=Y|122=" T0 "|11=a", NULL);
	pass(w, 30000);
	expect(w, "> 35=0|34=7", NULL);
	assert_int_equal(hand_in(w, 4), 0);
	expect(w, "> 35=8|34=4|43=Y|122=" T0 "|11=a", NULL);
	assert_int_equal(fix_session_replay_done(w->s, w->now), 0);
	expect_nothing(w);
}

/* Burn 7: nothing is sent to a peer that has gone, nor to its next
 * connection. */
static void
a_resend_ends_with_its_connection(void **state)
{
	struct world *w = *state;

	three_asked_for(w);
	assert_int_equal(hand_in(w, 2), 0);
	lost(w);
	forget(w);
	assert_int_equal(hand_in(w, 3), -FIX_E_STATE);
	connected(w);
	say(w, "35=A|34=3|98=0|108=30");
	forget(w);
	assert_int_equal(hand_in(w, 3), -FIX_E_STATE);
	assert_int_equal(
	    fix_session_replay_done(w->s, w->now), -FIX_E_STATE);
	expect_nothing(w);
}

/* --- what waits in a gap ---------------------------------------------------- */

/* Burn 10: it was acted on when it came, and is counted when its turn comes. */
static void
a_logon_that_came_early_is_counted_once(void **state)
{
	struct world *w = *state;

	w->start.next_in = 3;
	connected(w);
	say(w, "35=A|34=5|98=0|108=30");
	say(w, "35=D|34=6|11=b");
	forget(w);
	say(w, "35=4|34=3|43=Y|122=%s|36=5|123=Y", stamp(w, 0));
	expect(w, "app D 6", NULL);
	assert_numbers(w, 7, 3);
	say(w, "35=D|34=7|11=c");
	expect(w, "app D 7", NULL);
}

/* --- duplicates -------------------------------------------------------------- */

/* 2f, 2g where it is the message's turn: Reject, and its number is used. */
static void
faults_of_122_in_turn_use_the_number(void **state)
{
	struct world *w = *state;

	up(w);
	say(w, "35=D|34=2|43=Y|122=%s|11=a", stamp(w, 1));
	expect(w,
	    "> 35=3|34=2|45=2|58=SendingTime accuracy problem|371=122|372=D|"
	    "373=10",
	    NULL);
	say(w, "35=D|34=3|43=Y|11=a");
	expect(w,
	    "> 35=3|34=3|45=3|58=Required tag missing|371=122|372=D|373=1",
	    NULL);
	/* 122 = 52 is legal: within one unit of time. */
	say(w, "35=D|34=4|43=Y|122=%s|11=a", stamp(w, 0));
	expect(w, "app D 4 dup", NULL);
	assert_numbers(w, 5, 4);
	assert_true(fix_session_up(w->s));
}

/* A gap fill need not say when it was first sent; it never was. */
static void
a_gap_fill_may_lack_122(void **state)
{
	struct world *w = *state;

	up(w);
	say(w, "35=4|34=2|43=Y|36=5|123=Y");
	expect_nothing(w);
	assert_numbers(w, 5, 2);
}

static void
who_never_writes_122_may_be_taken_as_he_is(void **state)
{
	struct world *w = *state;

	w->cfg.deviations = FIX_DEV(ORIG_OPTIONAL);
	up(w);
	say(w, "35=D|34=2|43=Y|11=a");
	say(w, "35=D|34=2|43=Y|11=a"); /* seen before: ignored */
	expect(w, "app D 2 dup", NULL);
	assert_numbers(w, 3, 2);
	/* One that is there is still read. */
	say(w, "35=D|34=3|43=Y|122=%s|11=a", stamp(w, 1));
	assert_non_null(strstr(w->log, "373=10"));
}

/* Burn 27: what is sent again may be old; what is not, may not. */
static void
latency_is_not_asked_of_duplicates(void **state)
{
	struct world *w = *state;

	up(w);
	say(w, "35=D|34=2|43=Y|52=%s|122=%s|11=a", stamp(w, -600000),
	    stamp(w, -900000));
	expect(w, "app D 2 dup", NULL);
	say(w, "35=D|34=3|52=%s|11=a", stamp(w, -600000));
	assert_non_null(strstr(w->log, "> 35=3|"));
	assert_non_null(strstr(w->log, "> 35=5|"));
}

/* Burn 27: one Reject and one Logout, however many come; and the next
 * connection begins with a clean sheet. */
static void
a_burst_of_old_messages_ends_once(void **state)
{
	struct world *w = *state;

	up(w);
	for (unsigned i = 2; i < 12; i++)
		say(w, "35=D|34=%u|52=%s|11=a", i, stamp(w, -600000));
	expect(w,
	    "> 35=3|34=2|45=2|58=SendingTime accuracy problem|371=52|372=D|"
	    "373=10",
	    "> 35=5|34=3|58=SendingTime accuracy problem", "down", NULL);
	lost(w);
	forget(w);
	connected(w);
	say(w, "35=A|34=3|98=0|108=30");
	expect(w, "> 35=A|34=4|98=0|108=30", "up", NULL);
	assert_numbers(w, 4, 5);
}

/* --- beginning anew ----------------------------------------------------------- */

/* R8: it was asked to begin at 1. Its old row must not come as a new one. */
static void
an_acceptor_that_does_not_obey_a_reset_is_left(void **state)
{
	struct world *w = *state;

	w->cfg.role = FIX_INITIATOR;
	w->cfg.reset_on_logon = true;
	connected(w);
	forget(w);
	say(w, "35=A|34=57|98=0|108=30");
	expect(w, "> 35=5|34=2|58=ResetSeqNumFlag (141) was not obeyed",
	    "close Logon refused", NULL);
}

/* It did, and does not say so. */
static void
an_acceptor_that_obeys_silently_is_taken(void **state)
{
	struct world *w = *state;

	w->cfg.role = FIX_INITIATOR;
	w->cfg.reset_on_logon = true;
	w->start.next_out = 8;
	connected(w);
	forget(w);
	say(w, "35=A|34=1|98=0|108=30");
	expect(w, "up", NULL);
	assert_numbers(w, 2, 2);
}

static void
up_as(struct world *w, enum fix_role role)
{
	w->cfg.role = role;
	up(w);
	assert_numbers(w, 2, 2);
}

static void
resets_on_logout(struct world *w, enum fix_role role, bool ours)
{
	w->cfg.reset_on_logout = true;
	up_as(w, role);
	if (ours)
		fix_session_logout(w->s, NULL, w->now);
	drain(w);
	say(w, "35=5|34=2");
	lost(w);
	assert_numbers(w, 1, 1);
}

static void
a_logout_of_either_side_resets_an_acceptor(void **state)
{
	resets_on_logout(*state, FIX_ACCEPTOR, false);
}

static void
a_logout_of_ours_resets_an_acceptor(void **state)
{
	resets_on_logout(*state, FIX_ACCEPTOR, true);
}

static void
a_logout_of_the_peer_resets_an_initiator(void **state)
{
	resets_on_logout(*state, FIX_INITIATOR, false);
}

static void
a_logout_of_ours_resets_an_initiator(void **state)
{
	struct world *w = *state;

	resets_on_logout(w, FIX_INITIATOR, true);
	forget(w);
	connected(w); /* and the next Logon says so */
	expect(w, "> 35=A|34=1|98=0|108=30|141=Y", NULL);
}

/* A lost line is no Logout, and a Logout no lost line. */
static void
a_lost_line_resets_by_its_own_setting(void **state)
{
	struct world *w = *state;

	w->cfg.reset_on_logout = true;
	up_as(w, FIX_ACCEPTOR);
	lost(w);
	assert_numbers(w, 2, 2);
	w->cfg.reset_on_logout = false;
	w->cfg.reset_on_disconnect = true;
	w->cfg.role = FIX_INITIATOR;
	fix_session_free(w->s);
	fix_acts_free(w->acts);
	w->s = NULL;
	w->start.next_in = w->start.next_out = 1;
	up(w);
	lost(w);
	assert_numbers(w, 1, 1);
	forget(w);
	connected(w);
	expect(w, "> 35=A|34=1|98=0|108=30|141=Y", NULL);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		THRICE(heartbeats_come_between_a_long_resend),
		THRICE(a_resend_ends_with_its_connection),
		THRICE(a_logon_that_came_early_is_counted_once),
		THRICE(faults_of_122_in_turn_use_the_number),
		THRICE(a_gap_fill_may_lack_122),
		THRICE(who_never_writes_122_may_be_taken_as_he_is),
		THRICE(latency_is_not_asked_of_duplicates),
		THRICE(a_burst_of_old_messages_ends_once),
		THRICE(an_acceptor_that_does_not_obey_a_reset_is_left),
		THRICE(an_acceptor_that_obeys_silently_is_taken),
		THRICE(a_logout_of_either_side_resets_an_acceptor),
		THRICE(a_logout_of_ours_resets_an_acceptor),
		THRICE(a_logout_of_the_peer_resets_an_initiator),
		THRICE(a_logout_of_ours_resets_an_initiator),
		THRICE(a_lost_line_resets_by_its_own_setting),
	};

	return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
