/* Receiving: FIX session test cases 2, 3, 7, and what QuickFIX wants instead.
 */
#include "tests/session/world.h"

#include <stdio.h>

/* 2a */
static void
messages_in_order_are_delivered(void **state)
{
	struct world *w = *state;

	up(w);
	say(w, "35=D|34=2|11=a");
	say(w, "35=0|34=3");
	say(w, "35=D|34=4|97=Y|11=a");
	expect(w, "app D 2", "app D 4 dup", NULL);
	assert_numbers(w, 5, 2);
}

/* 2b, R30: kept, and asked for once. */
static void
a_high_number_is_held_and_the_gap_asked_for_once(void **state)
{
	struct world *w = *state;

	up(w);
	say(w, "35=D|34=5|11=e");
	expect(w, "> 35=2|34=2|7=2|16=0", NULL);
	assert_string_equal(fix_session_state_name(w->s), "recovering");
	say(w, "35=D|34=6|11=f");
	expect_nothing(w);
	say(w, "35=D|34=2|43=Y|122=%s|11=b", stamp(w, 0));
	say(w, "35=D|34=3|11=c"); /* taken without 43 too */
	say(w, "35=D|34=4|43=Y|122=%s|11=d", stamp(w, 0));
	expect(w, "app D 2 dup", "app D 3", "app D 4 dup", "app D 5", "app D 6",
	    NULL);
	assert_numbers(w, 7, 3);
	assert_string_equal(fix_session_state_name(w->s), "active");
	/* 16=0 means all: what was held comes again. */
	say(w, "35=D|34=5|43=Y|122=%s|11=e", stamp(w, 0));
	say(w, "35=D|34=7|11=g");
	expect(w, "app D 7", NULL);
	assert_noted(w, FIX_WHY_DUPLICATE);
}

/* 2c */
static void
a_low_number_ends_the_session(void **state)
{
	struct world *w = *state;

	up(w);
	say(w, "35=0|34=2");
	say(w, "35=0|34=1");
	expect(w,
	    "> 35=5|34=2|58=MsgSeqNum too low, expecting 3 but received 1",
	    "down", NULL);
	/* What comes now does not count. */
	say(w, "35=D|34=3|11=x");
	expect_nothing(w);
	assert_numbers(w, 3, 3);
	say(w, "35=5|34=3");
	expect(w, "close MsgSeqNum too low", NULL);
	assert_numbers(w, 4, 3);
}

static void
such_an_end_does_not_wait_for_ever(void **state)
{
	struct world *w = *state;

	up(w);
	say(w, "35=0|34=1");
	forget(w);
	pass(w, 1999);
	expect_nothing(w);
	pass(w, 1);
	expect(w, "close MsgSeqNum too low", NULL);
}

static void
quickfix_closes_at_once_when_a_number_is_low(void **state)
{
	struct world *w = *state;

	w->cfg.deviations = FIX_DEV(LOW_CLOSE);
	up(w);
	say(w, "35=0|34=1");
	expect(w,
	    "> 35=5|34=2|58=MsgSeqNum too low, expecting 2 but received 1",
	    "down", "close MsgSeqNum too low", NULL);
}

/* R39: Logout and ResendRequest too, unless QuickFIX's suite is to pass. */
static void
a_low_logout_is_too_low_by_the_text(void **state)
{
	struct world *w = *state;

	up(w);
	say(w, "35=5|34=1");
	expect(w,
	    "> 35=5|34=2|58=MsgSeqNum too low, expecting 2 but received 1",
	    "down", NULL);
}

static void
quickfix_answers_a_low_logout_and_resend_request(void **state)
{
	struct world *w = *state;

	w->cfg.deviations = FIX_DEV(LOW_LOGOUT) | FIX_DEV(LOW_RESEND) |
			    FIX_DEV(BYE_CLOSE);
	up(w);
	say(w, "35=2|34=1|7=1|16=0");
	expect(
	    w, "> 35=4|34=1|43=Y|122=20260101-00:00:00.000|36=2|123=Y", NULL);
	assert_numbers(w, 2, 2);
	say(w, "35=5|34=1");
	expect(w, "> 35=5|34=2", "down", "close Logout", NULL);
	assert_numbers(w, 2, 3);
}

/* 2d, 2m, 3b, 3c: the number is not used, the next message shows the gap. */
static void
garbled_messages_are_skipped(void **state)
{
	struct world *w = *state;
	uint8_t b[512];
	size_t n;

	up(w);
	n = frame(w, "35=D|34=2|11=a", b, sizeof(b));
	b[n - 2] = b[n - 2] == '0' ? '1' : '0';
	say_bytes(w, b, n);
	assert_numbers(w, 2, 2);
	say(w, "35=D|34=3|11=b");
	expect(w, "> 35=2|34=2|7=2|16=0", NULL);
	assert_noted(w, FIX_WHY_GARBLED);
}

static void
endless_garbage_ends_the_connection(void **state)
{
	struct world *w = *state;

	up(w);
	for (int i = 0; i < 200 && w->log_len == 0; i++)
		say_raw(w, "8=FIX.4.4|9=5|35=0|10=000|8=FIX.4.4|9=5|");
	expect(w, "down", "close garbled", NULL);
}

/* 2e */
static void
a_possible_duplicate_of_an_old_number_is_ignored(void **state)
{
	struct world *w = *state;

	up(w);
	say(w, "35=D|34=2|11=a");
	say(w, "35=D|34=2|43=Y|122=%s|11=a", stamp(w, 0));
	expect(w, "app D 2", NULL);
	assert_numbers(w, 3, 2);
	say(w, "35=D|34=3|43=Y|122=%s|11=b", stamp(w, -1000));
	expect(w, "app D 3 dup", NULL);
}

/* 2f in its turn: rejected, number used. */
static void
a_duplicate_sent_before_its_first_time_is_rejected(void **state)
{
	struct world *w = *state;

	up(w);
	say(w, "35=D|34=2|43=Y|122=%s|11=a", stamp(w, 10000));
	expect(w,
	    "> 35=3|34=2|45=2|58=SendingTime accuracy problem|371=122|372=D|"
	    "373=10",
	    NULL);
	assert_numbers(w, 3, 3);
}

/* 2g in its turn, and for an old number: the expected one stays. */
static void
a_duplicate_without_122_is_rejected(void **state)
{
	struct world *w = *state;

	up(w);
	say(w, "35=D|34=2|43=Y|11=a");
	expect(w,
	    "> 35=3|34=2|45=2|58=Required tag missing|371=122|372=D|373=1",
	    NULL);
	assert_numbers(w, 3, 3);
	say(w, "35=D|34=2|43=Y|11=a");
	expect(w,
	    "> 35=3|34=3|45=2|58=Required tag missing|371=122|372=D|373=1",
	    NULL);
	assert_numbers(w, 3, 4);
}

static void
quickfix_logs_out_after_2f_and_looks_at_old_numbers_only(void **state)
{
	struct world *w = *state;

	w->cfg.deviations = FIX_DEV(ORIG_OLD_ONLY) | FIX_DEV(ORIG_LOGOUT) |
			    FIX_DEV(NO_REF_TIME) | FIX_DEV(NO_LOGOUT_TEXT);
	up(w);
	say(w, "35=D|34=2|43=Y|11=a");
	expect(w, "app D 2 dup", NULL);
	say(w, "35=D|34=2|43=Y|122=%s|11=a", stamp(w, 10000));
	expect(w,
	    "> 35=3|34=2|45=2|58=SendingTime accuracy problem|372=D|373=10",
	    "> 35=5|34=3", "down", NULL);
	say(w, "35=5|34=3");
	expect(w, "close SendingTime out of range", NULL);
}

/* 2i */
static void
another_begin_string_is_logged_out(void **state)
{
	struct world *w = *state;

	up(w);
	w->cfg.begin_string = "FIX.4.1";
	say(w, "35=1|34=2|112=id");
	expect(w, "> 35=5|34=2|58=Incorrect BeginString", "down", NULL);
	assert_numbers(w, 2, 3);
	pass(w, 2000);
	expect(w, "close wrong identity", NULL);
}

/* 2k */
static void
wrong_comp_ids_are_rejected_and_logged_out(void **state)
{
	struct world *w = *state;

	up(w);
	say(w, "35=D|34=2|56=THEM|11=a");
	expect(w, "> 35=3|34=2|45=2|58=CompID problem|371=56|372=D|373=9",
	    "> 35=5|34=3|58=CompID problem", "down", NULL);
	assert_numbers(w, 3, 4);
}

static void
check_comp_id_can_be_turned_off(void **state)
{
	struct world *w = *state;

	w->cfg.no_check_comp_id = true;
	up(w);
	say(w, "35=D|34=2|49=OTHER|11=a");
	expect(w, "app D 2", NULL);
}

/* 2o: two minutes and no more, both ways; not for duplicates. */
static void
sending_time_may_be_off_by_max_latency(void **state)
{
	struct world *w = *state;

	up(w);
	say(w, "35=D|34=2|52=%s|11=a", stamp(w, 120000));
	say(w, "35=D|34=3|52=%s|11=b", stamp(w, -120000));
	expect(w, "app D 2", "app D 3", NULL);
	say(w, "35=D|34=4|43=Y|122=%s|52=%s|11=c", stamp(w, -500000),
	    stamp(w, -400000));
	expect(w, "app D 4 dup", NULL);
	say(w, "35=D|34=5|52=%s|11=d", stamp(w, 120001));
	expect(w,
	    "> 35=3|34=2|45=5|58=SendingTime accuracy problem|371=52|372=D|"
	    "373=10",
	    "> 35=5|34=3|58=SendingTime accuracy problem", "down", NULL);
	assert_numbers(w, 6, 4);
}

/* What had to wait for a gap is not late by its own fault. */
static void
a_held_message_is_judged_by_the_time_it_came(void **state)
{
	struct world *w = *state;

	up(w);
	say(w, "35=D|34=5|11=e");
	for (unsigned i = 6; i < 16; i++) {
		pass(w, 20000);
		say(w, "35=0|34=%u", i);
	}
	forget(w);
	say(w, "35=4|34=2|43=Y|122=%s|36=5|123=Y", stamp(w, 0));
	expect(w, "app D 5", NULL);
	assert_true(fix_session_up(w->s));
}

static void
check_latency_can_be_turned_off(void **state)
{
	struct world *w = *state;

	w->cfg.no_check_latency = true;
	up(w);
	say(w, "35=D|34=2|52=20010101-00:00:00|11=a");
	expect(w, "app D 2", NULL);
}

/* R22 */
static void
a_message_without_number_ends_the_session(void **state)
{
	static const char *const texts[] = { "35=D|11=a", "35=D|34=|11=a",
		"35=D|34=x|11=a", "35=D|34=-3|11=a", "35=D|34=0|11=a",
		"35=D|34=99999999999999999999|11=a" };

	struct world *w = *state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char want[96];
		uint64_t out;

		up(w);
		out = fix_session_numbers(w->s).next_out;
		say(w, "%s", texts[i]);
		snprintf(want, sizeof(want),
		    "> 35=5|34=%u|58=Received message without MsgSeqNum",
		    (unsigned)out);
		expect(w, want, "down", "close rejected", NULL);
		lost(w);
	}
}

/* 7 */
static void
a_reject_is_counted_and_never_answered(void **state)
{
	struct world *w = *state;

	up(w);
	say(w, "35=3|34=2|45=1|58=you are wrong");
	expect_nothing(w);
	assert_numbers(w, 3, 2);
	assert_string_equal(w->note[FIX_WHY_PEER_REJECTED], "you are wrong");
}

/* MaxMessageSize */
static void
a_message_that_is_too_long_ends_the_session(void **state)
{
	struct world *w = *state;

	w->cfg.max_msg_bytes = 4096;
	up(w);
	say_raw(w, "8=FIX.4.4|9=5000|35=D|");
	expect(w, "> 35=5|34=2|58=message is too long", "down",
	    "close message too big", NULL);
}

/* Numbers end where int64 does, and do not wrap. */
static void
the_last_numbers_there_are(void **state)
{
	struct world *w = *state;

	w->start.next_in = INT64_MAX - 1;
	up(w);
	say(w, "35=D|34=9223372036854775807|11=a");
	expect(w, "app D 9223372036854775807", NULL);
	assert_numbers(w, (uint64_t)INT64_MAX + 1, 2);
	say(w, "35=D|34=9223372036854775807|11=a");
	assert_non_null(strstr(w->log, "MsgSeqNum too low"));
}

static void
no_number_beyond_the_last_is_given_out(void **state)
{
	struct world *w = *state;

	w->start.next_out = (uint64_t)INT64_MAX;
	start(w);
	assert_int_equal(app_send(w, "D", "11=a|"), -FIX_E_SPACE);
	assert_int_equal(
	    fix_session_set_numbers(w->s, 0, (uint64_t)INT64_MAX + 1),
	    -FIX_E_STATE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		THRICE(messages_in_order_are_delivered),
		THRICE(a_high_number_is_held_and_the_gap_asked_for_once),
		THRICE(a_low_number_ends_the_session),
		THRICE(such_an_end_does_not_wait_for_ever),
		THRICE(quickfix_closes_at_once_when_a_number_is_low),
		THRICE(a_low_logout_is_too_low_by_the_text),
		THRICE(quickfix_answers_a_low_logout_and_resend_request),
		THRICE(garbled_messages_are_skipped),
		THRICE(endless_garbage_ends_the_connection),
		THRICE(a_possible_duplicate_of_an_old_number_is_ignored),
		THRICE(a_duplicate_sent_before_its_first_time_is_rejected),
		THRICE(a_duplicate_without_122_is_rejected),
		THRICE(
		    quickfix_logs_out_after_2f_and_looks_at_old_numbers_only),
		THRICE(another_begin_string_is_logged_out),
		THRICE(wrong_comp_ids_are_rejected_and_logged_out),
		THRICE(check_comp_id_can_be_turned_off),
		THRICE(sending_time_may_be_off_by_max_latency),
		THRICE(a_held_message_is_judged_by_the_time_it_came),
		THRICE(check_latency_can_be_turned_off),
		THRICE(a_message_without_number_ends_the_session),
		THRICE(a_reject_is_counted_and_never_answered),
		THRICE(a_message_that_is_too_long_ends_the_session),
		THRICE(the_last_numbers_there_are),
		THRICE(no_number_beyond_the_last_is_given_out),
	};

	return cmocka_run_group_tests_name("receive", tests, NULL, NULL);
}
