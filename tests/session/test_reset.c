/* SequenceReset, Logout and starting again: FIX session test cases 9 to 13. */
#include "tests/session/world.h"

/* 10a */
static void
a_high_gap_fill_is_a_gap(void **state)
{
	struct world *w = *state;

	up(w);
	say(w, "35=4|34=10|36=20|123=Y");
	say(w, "35=1|34=20|112=x");
	expect(w, "> 35=2|34=2|7=2|16=0", NULL);
	/* Both were kept and take effect in their turn. */
	say(w, "35=4|34=2|43=Y|122=%s|36=10|123=Y", stamp(w, 0));
	expect(w, "> 35=0|34=3|112=x", NULL);
	assert_numbers(w, 21, 4);
}

/* 10b */
static void
a_gap_fill_in_turn_moves_on(void **state)
{
	struct world *w = *state;

	up(w);
	say(w, "35=4|34=2|36=20|123=Y");
	expect_nothing(w);
	assert_numbers(w, 20, 2);
	say(w, "35=4|34=20|36=21|123=Y");
	assert_numbers(w, 21, 2);
}

/* 10c, 10d */
static void
a_low_gap_fill_is_ignored_if_it_is_a_duplicate(void **state)
{
	struct world *w = *state;

	up(w);
	say(w, "35=4|34=1|43=Y|36=20|123=Y");
	expect_nothing(w);
	assert_numbers(w, 2, 2);
	say(w, "35=4|34=1|36=20|123=Y");
	expect(w,
	    "> 35=5|34=2|58=MsgSeqNum too low, expecting 2 but received 1",
	    "down", NULL);
}

/* 10e: used up, except where the sender's next number is this one. */
static void
a_gap_fill_that_lowers_is_rejected(void **state)
{
	struct world *w = *state;

	up(w);
	say(w, "35=0|34=2");
	say(w, "35=4|34=3|36=2|123=Y");
	expect(w,
	    "> 35=3|34=2|45=3|58=attempt to lower sequence number, invalid "
	    "value NewSeqNo=2|371=36|372=4|373=5",
	    NULL);
	assert_numbers(w, 4, 3);
	say(w, "35=4|34=4|36=4|123=Y");
	assert_non_null(strstr(w->log, "NewSeqNo=4"));
	assert_numbers(w, 4, 4);
	assert_true(fix_session_up(w->s));
}

/* 11a to 11c: 34 means nothing, 0 neither. */
static void
a_reset_ignores_its_own_number_and_never_lowers(void **state)
{
	struct world *w = *state;

	up(w);
	say(w, "35=4|34=0|36=15");
	expect_nothing(w);
	assert_numbers(w, 15, 2);
	say(w, "35=4|34=99|36=15|123=N");
	expect_nothing(w);
	assert_numbers(w, 15, 2);
	say(w, "35=4|34=0|36=14");
	expect(w,
	    "> 35=3|34=2|45=0|58=Value is incorrect (out of range) for this "
	    "tag|371=36|372=4|373=5",
	    NULL);
	assert_numbers(w, 15, 3);
}

static void
a_reset_or_gap_fill_without_a_number_is_rejected(void **state)
{
	struct world *w = *state;

	up(w);
	say(w, "35=4|34=0");
	say(w, "35=4|34=2|123=Y|36=x");
	say(w, "35=4|34=3|123=Y|36=-1");
	assert_non_null(strstr(w->log, "> 35=3|34=2|45=0|"));
	assert_non_null(strstr(w->log, "> 35=3|34=3|45=2|"));
	assert_non_null(strstr(w->log, "> 35=3|34=4|45=3|"));
	assert_numbers(w, 4, 5);
}

static void
a_reset_far_ahead_does_not_overflow(void **state)
{
	struct world *w = *state;

	up(w);
	say(w, "35=4|34=0|36=9223372036854775807");
	assert_numbers(w, (uint64_t)INT64_MAX, 2);
	say(w, "35=4|34=0|36=9223372036854775808");
	assert_non_null(strstr(w->log, "> 35=3|"));
	assert_numbers(w, (uint64_t)INT64_MAX, 3);
}

/* A reset over an open gap closes it. */
static void
a_reset_closes_the_gap(void **state)
{
	struct world *w = *state;

	up(w);
	say(w, "35=D|34=6|11=f");
	forget(w);
	say(w, "35=4|34=0|36=6");
	expect(w, "app D 6", NULL);
	assert_numbers(w, 7, 3);
	assert_string_equal(fix_session_state_name(w->s), "active");
}

/* 12, 13a */
static void
our_logout_waits_for_the_reply_and_closes(void **state)
{
	struct world *w = *state;

	up(w);
	fix_session_logout(w->s, "good night", w->now);
	drain(w);
	expect(w, "> 35=5|34=2|58=good night", NULL);
	assert_false(fix_session_up(w->s));
	/* Executions still under way count. */
	say(w, "35=8|34=2|11=a");
	expect(w, "app 8 2", NULL);
	say(w, "35=1|34=3|112=x");
	expect_nothing(w);
	say(w, "35=5|34=4");
	expect(w, "down", "close Logout", NULL);
	assert_numbers(w, 5, 3);
}

static void
a_logout_without_reply_closes_in_time(void **state)
{
	struct world *w = *state;

	up(w);
	fix_session_logout(w->s, NULL, w->now);
	drain(w);
	expect(w, "> 35=5|34=2", NULL);
	pass(w, 2000);
	expect(w, "down", "close no Logout in time", NULL);
}

/* R53: only what the peer asks for is still sent. */
static void
after_our_logout_resend_requests_are_answered(void **state)
{
	struct world *w = *state;

	up(w);
	assert_int_equal(app_send(w, "8", "11=a|"), 0);
	fix_session_logout(w->s, NULL, w->now);
	drain(w);
	assert_int_equal(app_send(w, "8", "11=b|"), 0);
	expect(w, "> 35=8|34=2|11=a", "> 35=5|34=3", NULL);
	say(w, "35=2|34=2|7=2|16=3");
	expect(w, "> 35=8|34=2|43=Y|122=20260101-00:00:00.000|11=a",
	    "> 35=4|34=3|43=Y|122=20260101-00:00:00.000|36=4|123=Y", NULL);
}

/* 13b */
static void
a_logout_is_answered_and_the_peer_may_close(void **state)
{
	struct world *w = *state;

	up(w);
	say(w, "35=5|34=2");
	expect(w, "> 35=5|34=2", "down", NULL);
	lost(w);
	expect_nothing(w);
	assert_false(w->noted[FIX_WHY_TRANSPORT]);
	assert_numbers(w, 3, 3);
}

static void
a_peer_that_does_not_close_is_closed(void **state)
{
	struct world *w = *state;

	up(w);
	say(w, "35=5|34=2");
	forget(w);
	pass(w, 2000);
	expect(w, "close Logout", NULL);
}

static void
quickfix_closes_after_its_reply(void **state)
{
	struct world *w = *state;

	w->cfg.deviations = FIX_DEV(BYE_CLOSE) | FIX_DEV(HIGH_LOGOUT);
	up(w);
	say(w, "35=5|34=9");
	expect(w, "> 35=5|34=2", "down", "close Logout", NULL);
	assert_numbers(w, 2, 3);
}

/* State 15: what is missing first, then the reply. */
static void
a_high_logout_is_answered_after_the_gap(void **state)
{
	struct world *w = *state;

	up(w);
	say(w, "35=5|34=5");
	expect(w, "> 35=2|34=2|7=2|16=0", NULL);
	say(w, "35=D|34=2|11=b");
	say(w, "35=4|34=3|36=5|123=Y");
	expect(w, "app D 2", "> 35=5|34=3", "down", NULL);
	assert_numbers(w, 6, 4);
}

static void
a_high_logout_does_not_wait_for_ever(void **state)
{
	struct world *w = *state;

	up(w);
	say(w, "35=5|34=5");
	forget(w);
	pass(w, 2000);
	expect(w, "> 35=5|34=3", "down", NULL);
	pass(w, 2000);
	expect(w, "close Logout", NULL);
}

static void
reset_on_logout_begins_at_one_after_it(void **state)
{
	struct world *w = *state;

	w->cfg.reset_on_logout = true;
	up(w);
	lost(w);
	assert_numbers(w, 2, 2);
	up(w);
	say(w, "35=5|34=3");
	lost(w);
	assert_numbers(w, 1, 1);
}

static void
reset_on_disconnect_begins_at_one_after_it(void **state)
{
	struct world *w = *state;

	w->cfg.reset_on_disconnect = true;
	up(w);
	lost(w);
	assert_numbers(w, 1, 1);
	assert_noted(w, FIX_WHY_TRANSPORT);
}

/* R8: we begin a reset inside the session. */
static void
a_scheduled_reset_asks_first_and_then_begins_at_one(void **state)
{
	struct world *w = *state;

	up(w);
	say(w, "35=0|34=2");
	fix_session_schedule(w->s, true, true, w->now);
	pass(w, 0);
	expect(w, "> 35=1|34=2|112=RESET", NULL);
	say(w, "35=0|34=3|112=RESET");
	expect(w, "> 35=A|34=1|98=0|108=30|141=Y", NULL);
	/* Of the old row, still under way. */
	say(w, "35=8|34=4|11=a");
	expect(w, "app 8 4", NULL);
	say(w, "35=A|34=1|98=0|108=30|141=Y");
	expect_nothing(w);
	assert_numbers(w, 2, 2);
}

/* Cut short: the other side learns of it at the next Logon. */
static void
a_reset_that_was_cut_short_is_said_again(void **state)
{
	struct world *w = *state;

	up(w);
	fix_session_schedule(w->s, true, true, w->now);
	pass(w, 0);
	say(w, "35=0|34=2|112=RESET");
	lost(w);
	forget(w);
	assert_numbers(w, 1, 1);
	connected(w);
	say(w, "35=A|34=3|98=0|108=30");
	expect(w, "> 35=A|34=1|98=0|108=30|141=Y", "up", NULL);
	say(w, "35=A|34=1|98=0|108=30|141=Y");
	expect_nothing(w);
	assert_numbers(w, 2, 2);
}

/* R8 at a time agreed on, ours to start: numbers stand until it is agreed. */
static void
a_reset_of_ours_is_done_when_the_peer_has_answered(void **state)
{
	struct world *w = *state;

	up(w);
	fix_session_reset(w->s, w->now);
	assert_true(fix_session_resetting(w->s));
	pass(w, 0);
	expect(w, "> 35=1|34=2|112=RESET", NULL);
	say(w, "35=0|34=2|112=RESET");
	expect(w, "> 35=A|34=1|98=0|108=30|141=Y", NULL);
	assert_true(fix_session_resetting(w->s));
	say(w, "35=A|34=1|98=0|108=30|141=Y");
	expect_nothing(w);
	assert_false(fix_session_resetting(w->s));
	assert_numbers(w, 2, 2);
	pass(w, 20000);
	expect_nothing(w);
}

/* Its connection is lost before the answer to the TestRequest: nothing has
 * happened to any number, and the next Logon does it. */
static void
a_reset_of_ours_that_was_not_begun_comes_with_the_next_logon(void **state)
{
	struct world *w = *state;

	up(w);
	fix_session_reset(w->s, w->now);
	pass(w, 0);
	lost(w);
	assert_numbers(w, 2, 3);
	forget(w);
	connected(w);
	say(w, "35=A|34=2|98=0|108=30");
	expect(w, "> 35=A|34=1|98=0|108=30|141=Y", "up", NULL);
	assert_true(fix_session_resetting(w->s));
	say(w, "35=A|34=1|98=0|108=30|141=Y");
	expect_nothing(w);
	assert_false(fix_session_resetting(w->s));
	assert_numbers(w, 2, 2);
	lost(w);
	forget(w);
	connected(w);
	say(w, "35=A|34=2|98=0|108=30");
	expect(w, "> 35=A|34=2|98=0|108=30", "up", NULL);
}

/* A gap comes first; its answer may lie in it. */
static void
a_reset_of_ours_waits_for_the_end_of_a_gap(void **state)
{
	struct world *w = *state;

	up(w);
	fix_session_reset(w->s, w->now);
	pass(w, 0);
	forget(w);
	say(w, "35=0|34=3|112=RESET");
	expect(w, "> 35=2|34=3|7=2|16=0", NULL);
	pass(w, 11000);
	expect_nothing(w);
	say(w, "35=4|34=2|43=Y|123=Y|36=4");
	pass(w, 0);
	expect(w, "> 35=1|34=4|112=RESET", NULL);
	say(w, "35=0|34=4|112=RESET");
	expect(w, "> 35=A|34=1|98=0|108=30|141=Y", NULL);
}

/* It was quicker: ours is not begun behind it. */
static void
a_peer_that_resets_while_we_ask_is_obeyed(void **state)
{
	struct world *w = *state;

	up(w);
	fix_session_reset(w->s, w->now);
	pass(w, 0);
	forget(w);
	say(w, "35=A|34=1|98=0|108=30|141=Y");
	expect(w, "> 35=A|34=1|98=0|108=30|141=Y", NULL);
	assert_false(fix_session_resetting(w->s));
	say(w, "35=0|34=2|112=RESET");
	pass(w, 11000);
	expect_nothing(w);
	assert_numbers(w, 3, 2);
}

/* A peer that had begun anew by itself says so: then it is done. */
static void
a_peer_that_resets_first_has_done_it_for_both(void **state)
{
	struct world *w = *state;

	w->start.next_in = 7;
	w->start.next_out = 9;
	start(w);
	fix_session_reset(w->s, w->now);
	connected(w);
	say(w, "35=A|34=1|98=0|108=30|141=Y");
	expect(w, "> 35=A|34=1|98=0|108=30|141=Y", "up", NULL);
	assert_false(fix_session_resetting(w->s));
	assert_numbers(w, 2, 2);
}

static void
an_initiators_logon_carries_the_reset(void **state)
{
	struct world *w = *state;

	w->cfg.role = FIX_INITIATOR;
	w->start.next_in = 7;
	w->start.next_out = 9;
	start(w);
	fix_session_reset(w->s, w->now);
	drain(w);
	assert_numbers(w, 7, 9); /* until there is somebody to agree */
	connected(w);
	expect(w, "> 35=A|34=1|98=0|108=30|141=Y", NULL);
	lost(w);
	forget(w);
	connected(w);
	expect(w, "> 35=A|34=1|98=0|108=30|141=Y", NULL);
	say(w, "35=A|34=1|98=0|108=30|141=Y");
	expect(w, "up", NULL);
	assert_false(fix_session_resetting(w->s));
	assert_numbers(w, 2, 2);
}

/* R8: what deviates ends the connection. */
static void
a_peer_that_does_not_answer_a_reset_is_logged_out(void **state)
{
	struct world *w = *state;

	up(w);
	fix_session_reset(w->s, w->now);
	pass(w, 0);
	say(w, "35=0|34=2|112=RESET");
	forget(w);
	pass(w, 9000);
	expect_nothing(w);
	pass(w, 1000);
	expect(w,
	    "> 35=5|34=2|58=no answer to Logon with ResetSeqNumFlag in time",
	    "down", "close no Logon in time", NULL);
	lost(w);
	assert_true(fix_session_resetting(w->s));
}

static void
a_reset_while_down_is_at_once(void **state)
{
	struct world *w = *state;

	w->start.next_in = 5;
	w->start.next_out = 6;
	start(w);
	fix_session_schedule(w->s, true, true, w->now);
	drain(w);
	assert_numbers(w, 1, 1);
}

static void
the_schedule_closes_with_logout(void **state)
{
	struct world *w = *state;

	up(w);
	fix_session_schedule(w->s, false, true, w->now);
	drain(w);
	expect(w, "> 35=5|34=2|58=session is out of its hours", NULL);
	say(w, "35=5|34=2");
	lost(w);
	assert_numbers(w, 1, 1);
}

static void
an_operator_sets_numbers_while_down_only(void **state)
{
	struct world *w = *state;

	up(w);
	assert_int_equal(fix_session_set_numbers(w->s, 9, 9), -FIX_E_STATE);
	lost(w);
	assert_int_equal(fix_session_set_numbers(w->s, 9, 0), 0);
	drain(w);
	assert_numbers(w, 9, 2);
	assert_int_equal(fix_session_set_numbers(w->s, 0, 12), 0);
	drain(w);
	assert_numbers(w, 9, 12);
}

/* One transport at a time; lost twice is lost once. */
static void
one_transport_at_a_time(void **state)
{
	struct world *w = *state;

	up(w);
	assert_int_equal(fix_session_connected(w->s, w->now), -FIX_E_STATE);
	lost(w);
	lost(w);
	expect(w, "down", NULL);
	connected(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		THRICE(a_high_gap_fill_is_a_gap),
		THRICE(a_gap_fill_in_turn_moves_on),
		THRICE(a_low_gap_fill_is_ignored_if_it_is_a_duplicate),
		THRICE(a_gap_fill_that_lowers_is_rejected),
		THRICE(a_reset_ignores_its_own_number_and_never_lowers),
		THRICE(a_reset_or_gap_fill_without_a_number_is_rejected),
		THRICE(a_reset_far_ahead_does_not_overflow),
		THRICE(a_reset_closes_the_gap),
		THRICE(our_logout_waits_for_the_reply_and_closes),
		THRICE(a_logout_without_reply_closes_in_time),
		THRICE(after_our_logout_resend_requests_are_answered),
		THRICE(a_logout_is_answered_and_the_peer_may_close),
		THRICE(a_peer_that_does_not_close_is_closed),
		THRICE(quickfix_closes_after_its_reply),
		THRICE(a_high_logout_is_answered_after_the_gap),
		THRICE(a_high_logout_does_not_wait_for_ever),
		THRICE(reset_on_logout_begins_at_one_after_it),
		THRICE(reset_on_disconnect_begins_at_one_after_it),
		THRICE(a_scheduled_reset_asks_first_and_then_begins_at_one),
		THRICE(a_reset_that_was_cut_short_is_said_again),
		THRICE(a_reset_of_ours_is_done_when_the_peer_has_answered),
		THRICE(a_reset_of_ours_that_was_not_begun_comes_with_the_next_logon),
		THRICE(a_reset_of_ours_waits_for_the_end_of_a_gap),
		THRICE(a_peer_that_resets_while_we_ask_is_obeyed),
		THRICE(a_peer_that_resets_first_has_done_it_for_both),
		THRICE(an_initiators_logon_carries_the_reset),
		THRICE(a_peer_that_does_not_answer_a_reset_is_logged_out),
		THRICE(a_reset_while_down_is_at_once),
		THRICE(the_schedule_closes_with_logout),
		THRICE(an_operator_sets_numbers_while_down_only),
		THRICE(one_transport_at_a_time),
	};

	return cmocka_run_group_tests_name("reset", tests, NULL, NULL);
}
