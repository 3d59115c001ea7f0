/* Time: FIX session test cases 4, 5, 6, rules R50 to R52. */
#include "tests/session/world.h"

/* 4a */
static void
silence_for_heartbtint_sends_one_heartbeat(void **state)
{
	struct world *w = *state;

	up(w);
	pass(w, 29999);
	expect_nothing(w);
	assert_int_equal(
	    fix_session_deadline(w->s).ns, w->now.mono.ns + FIX_MSEC);
	pass(w, 1);
	expect(w, "> 35=0|34=2", NULL);
	say(w, "35=0|34=2");
	pass(w, 30000);
	expect(w, "> 35=0|34=3", NULL);
}

/* R50: whatever is sent counts. */
static void
anything_sent_puts_the_heartbeat_off(void **state)
{
	struct world *w = *state;

	up(w);
	pass(w, 20000);
	assert_int_equal(app_send(w, "8", "11=a|"), 0);
	say(w, "35=0|34=2");
	forget(w);
	pass(w, 29999);
	expect_nothing(w);
	pass(w, 1);
	expect(w, "> 35=0|34=3", NULL);
}

/* 4b */
static void
a_test_request_is_answered_with_its_id(void **state)
{
	struct world *w = *state;

	up(w);
	say(w, "35=1|34=2|112=are you there");
	expect(w, "> 35=0|34=2|112=are you there", NULL);
	say(w, "35=1|34=3|112=");
	expect(w, "> 35=0|34=3|112=", NULL);
	say(w, "35=1|34=4");
	expect(w, "> 35=0|34=4", NULL);
	assert_numbers(w, 5, 5);
}

/* R5: 108=0 */
static void
without_interval_there_are_no_timers_but_answers(void **state)
{
	struct world *w = *state;

	connected(w);
	say(w, "35=A|34=1|98=0|108=0");
	forget(w);
	assert_int_equal(fix_session_deadline(w->s).ns, FIX_MONO_NEVER);
	pass(w, 10000000);
	expect_nothing(w);
	say(w, "35=1|34=2|112=x");
	expect(w, "> 35=0|34=2|112=x", NULL);
}

/* 6, R51, state 16: TestRequest, then Logout with a reason. */
static void
a_silent_peer_is_tested_and_then_logged_out(void **state)
{
	struct world *w = *state;

	up(w);
	pass(w, 35999);
	expect(w, "> 35=0|34=2", NULL);
	pass(w, 1);
	expect(w, "> 35=1|34=3|112=20260101-00:00:36.000", NULL);
	/* R50: an open TestRequest does not stop our heartbeats. */
	pass(w, 30000);
	expect(w, "> 35=0|34=4", NULL);
	pass(w, 5999);
	expect_nothing(w);
	pass(w, 1);
	expect(w, "> 35=5|34=5|58=no answer to TestRequest in time", "down",
	    "close no answer to TestRequest", NULL);
}

/* Burn 9: any message that is not garbled is a sign of life. */
static void
any_good_message_is_life_even_out_of_turn(void **state)
{
	struct world *w = *state;

	up(w);
	pass(w, 40000);
	forget(w);
	say(w, "35=0|34=9|112=x");
	expect(w, "> 35=2|34=4|7=2|16=0", NULL);
	pass(w, 35999); /* beyond the 72 s that its silence would have had */
	assert_true(fix_session_up(w->s));
	/* But not the Heartbeat that was asked for. */
	assert_non_null(strstr(w->log, "> 35=1|"));
}

/* 6: its Heartbeat is wanted, which need not be the next message, nor in turn. */
static void
the_heartbeat_with_our_id_answers_the_test(void **state)
{
	struct world *w = *state;

	up(w);
	pass(w, 36000);
	expect(w, "> 35=0|34=2", "> 35=1|34=3|112=20260101-00:00:36.000", NULL);
	say(w, "35=0|34=2");
	say(w, "35=0|34=3|112=20260101-00:00:35.000");
	pass(w, 20000);
	say(w, "35=0|34=9|112=20260101-00:00:36.000");
	expect(w, "> 35=2|34=4|7=4|16=0", NULL);
	pass(w, 35999);
	assert_null(strstr(w->log, "> 35=1|"));
	pass(w, 1);
	assert_non_null(strstr(w->log, "|112=20260101-00:01:32.000"));
	assert_true(fix_session_up(w->s));
}

/* 6, state 16: a peer that talks is asked again, but not for ever. */
static void
a_peer_that_talks_and_does_not_answer_is_asked_thrice(void **state)
{
	struct world *w = *state;
	unsigned seq = 2;

	up(w);
	pass(w, 36000);
	expect(w, "> 35=0|34=2", "> 35=1|34=3|112=20260101-00:00:36.000", NULL);
	for (int i = 0; i < 10; i++) {
		pass(w, 10000);
		say(w, "35=0|34=%u", seq++);
	}
	assert_non_null(strstr(w->log, "> 35=1|34=5|112=20260101-00:01:12.000"));
	assert_non_null(strstr(w->log, "> 35=1|34=7|112=20260101-00:01:48.000"));
	assert_noted(w, FIX_WHY_TEST_TIMEOUT);
	assert_true(fix_session_up(w->s));
	forget(w);
	pass(w, 7999);
	expect(w, "> 35=0|34=8", NULL);
	pass(w, 1);
	expect(w, "> 35=5|34=9|58=no answer to TestRequest in time", "down",
	    "close no answer to TestRequest", NULL);
}

/* An answer to the last of them clears all. */
static void
a_late_answer_is_one(void **state)
{
	struct world *w = *state;
	unsigned seq = 2;

	up(w);
	for (int round = 0; round < 3; round++) {
		pass(w, 37000);
		say(w, "35=0|34=%u", seq++);
		forget(w);
		pass(w, 35000);
		assert_non_null(strstr(w->log, "> 35=1|"));
		say(w, "35=0|34=%u|112=%.21s", seq++,
		    strstr(strstr(w->log, "> 35=1|"), "112=") + 4);
		forget(w);
	}
	assert_true(fix_session_up(w->s));
}

/* As QuickFIX has it. */
static void
any_message_answers_the_test_where_that_is_set(void **state)
{
	struct world *w = *state;

	w->cfg.deviations = FIX_DEV(TEST_ANY);
	up(w);
	for (unsigned seq = 2; seq < 12; seq++) {
		pass(w, 36000);
		assert_non_null(strstr(w->log, "> 35=1|"));
		forget(w);
		say(w, "35=0|34=%u", seq);
	}
	assert_true(fix_session_up(w->s));
}

/* State 13, 14: garbled input is none. */
static void
garbage_is_no_life(void **state)
{
	struct world *w = *state;

	up(w);
	for (int i = 0; i < 36; i++) {
		say_raw(w, "8=FIX.4.4|9=5|35=0|10=000|");
		pass(w, 1000);
	}
	assert_non_null(strstr(w->log, "> 35=1|34=3|"));
}

/* QuickFIX's case 6: its TestReqID, no heartbeat meanwhile, silent close. */
static void
quickfix_tests_and_closes_in_its_way(void **state)
{
	struct world *w = *state;

	w->cfg.deviations = FIX_DEV(TEST_NO_BEATS) | FIX_DEV(TEST_ID) |
			    FIX_DEV(SILENCE_SILENT);
	up(w);
	pass(w, 36000);
	expect(w, "> 35=0|34=2", "> 35=1|34=3|112=TEST", NULL);
	pass(w, 35999);
	expect_nothing(w);
	pass(w, 1);
	expect(w, "down", "close no answer to TestRequest", NULL);
}

static void
timers_survive_a_late_call(void **state)
{
	struct world *w = *state;

	up(w);
	w->now.mono.ns += 40 * FIX_SEC;
	w->now.utc.ns += 40 * FIX_SEC;
	fix_session_tick(w->s, w->now);
	drain(w);
	/* Both were due; one TestRequest is enough of a sign. */
	assert_non_null(strstr(w->log, "> 35=1|"));
	assert_true(fix_session_up(w->s));
	assert_true(fix_session_deadline(w->s).ns > w->now.mono.ns);
}

static void
a_session_that_is_down_has_no_deadline(void **state)
{
	struct world *w = *state;

	start(w);
	assert_int_equal(fix_session_deadline(w->s).ns, FIX_MONO_NEVER);
	fix_session_tick(w->s, w->now);
	drain(w);
	expect_nothing(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		THRICE(silence_for_heartbtint_sends_one_heartbeat),
		THRICE(anything_sent_puts_the_heartbeat_off),
		THRICE(a_test_request_is_answered_with_its_id),
		THRICE(without_interval_there_are_no_timers_but_answers),
		THRICE(a_silent_peer_is_tested_and_then_logged_out),
		THRICE(any_good_message_is_life_even_out_of_turn),
		THRICE(the_heartbeat_with_our_id_answers_the_test),
		THRICE(a_peer_that_talks_and_does_not_answer_is_asked_thrice),
		THRICE(a_late_answer_is_one),
		THRICE(any_message_answers_the_test_where_that_is_set),
		THRICE(garbage_is_no_life),
		THRICE(quickfix_tests_and_closes_in_its_way),
		THRICE(timers_survive_a_late_call),
		THRICE(a_session_that_is_down_has_no_deadline),
	};

	return cmocka_run_group_tests_name("timers", tests, NULL, NULL);
}
