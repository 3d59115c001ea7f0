/* Logging on: FIX session test cases 1B, 1S, 2S, 17, rules R1 to R16. */
#include "tests/session/world.h"

/* 1Sa */
static void
a_valid_logon_is_answered(void **state)
{
	struct world *w = *state;

	connected(w);
	expect_nothing(w);
	say(w, "35=A|34=1|98=0|108=17");
	expect(w, "> 35=A|34=1|98=0|108=17", "up", NULL);
	assert_numbers(w, 2, 2);
	assert_true(fix_session_up(w->s));
	assert_string_equal(fix_session_state_name(w->s), "active");
}

/* 1Sa: the reply comes first, the ResendRequest starts at what is expected. */
static void
a_high_logon_is_answered_before_the_gap_is_asked_for(void **state)
{
	struct world *w = *state;

	connected(w);
	say(w, "35=A|34=5|98=0|108=30");
	expect(
	    w, "> 35=A|34=1|98=0|108=30", "> 35=2|34=2|7=1|16=0", "up", NULL);
	assert_numbers(w, 1, 3);
	/* Its own number is counted when its turn comes, once. */
	say(w, "35=4|34=1|43=Y|122=%s|36=5|123=Y", stamp(w, 0));
	assert_numbers(w, 6, 3);
	say(w, "35=0|34=6");
	expect_nothing(w);
	assert_numbers(w, 7, 3);
}

/* R4 */
static void
a_low_logon_gets_logout_and_close(void **state)
{
	struct world *w = *state;

	w->start.next_in = 7;
	connected(w);
	say(w, "35=A|34=3|98=0|108=30");
	expect(w,
	    "> 35=5|34=1|58=MsgSeqNum too low, expecting 7 but received 3",
	    "close MsgSeqNum too low", NULL);
	assert_numbers(w, 7, 2);
}

/* 1Sc: a message would take a number and tell a stranger something. */
static void
a_stranger_is_closed_without_a_word(void **state)
{
	struct world *w = *state;

	connected(w);
	say(w, "35=A|34=1|49=NOBODY|98=0|108=30");
	expect(w, "close wrong identity", NULL);
	assert_numbers(w, 1, 1);
	lost(w);
	connected(w);
	say(w, "35=A|34=1|56=NOBODY|98=0|108=30");
	expect(w, "close wrong identity", NULL);
	assert_numbers(w, 1, 1);
	lost(w);
	/* Nor does he learn what else is wrong with his Logon. */
	connected(w);
	say(w, "35=A|34=1|49=NOBODY|52=20010101-00:00:00|98=0|108=30");
	expect(w, "close wrong identity", NULL);
	lost(w);
	connected(w);
	say(w, "35=A|49=NOBODY|98=0|108=30");
	expect(w, "close wrong identity", NULL);
	assert_numbers(w, 1, 1);
}

/* 2S */
static void
a_first_message_that_is_no_logon_is_closed_without_a_word(void **state)
{
	struct world *w = *state;

	connected(w);
	say(w, "35=0|34=1");
	expect(w, "close first message is no Logon", NULL);
	assert_numbers(w, 1, 1);
}

/* R24 */
static void
a_garbled_first_message_is_closed_without_a_word(void **state)
{
	struct world *w = *state;

	connected(w);
	say_raw(w, "8=FIX.4.4|9=5|35=A|10=000|8=FIX.4.4|");
	expect(w, "close garbled", NULL);
}

/* 1Sd: told why. */
static void
a_logon_with_bad_time_is_told_why(void **state)
{
	struct world *w = *state;

	connected(w);
	say(w, "35=A|34=1|52=%s|98=0|108=30", stamp(w, -121000));
	assert_noted(w, FIX_WHY_LOGON_REFUSED);
	assert_non_null(strstr(w->log, "> 35=5|34=1|58="));
	assert_non_null(strstr(w->log, "close Logon refused"));
	assert_numbers(w, 1, 2);
}

static void
quickfix_closes_such_a_logon_silently(void **state)
{
	struct world *w = *state;

	w->cfg.deviations = FIX_DEV(LOGON_SILENT);
	connected(w);
	say(w, "35=A|34=1|52=%s|98=0|108=30", stamp(w, -121000));
	expect(w, "close Logon refused", NULL);
}

/* 17b */
static void
encryption_is_rejected_and_logged_out(void **state)
{
	struct world *w = *state;

	connected(w);
	say(w, "35=A|34=1|98=5|108=30");
	expect(w,
	    "> 35=3|34=1|45=1|58=EncryptMethod is not supported|371=98|"
	    "372=A|373=7",
	    "> 35=5|34=2|58=EncryptMethod (98) is not supported",
	    "close Logon refused", NULL);
	assert_numbers(w, 2, 3);
}

/* QuickFIX/J 648 */
static void
a_negative_or_absurd_heartbeat_is_refused(void **state)
{
	struct world *w = *state;

	connected(w);
	say(w, "35=A|34=1|98=0|108=-10");
	expect(w, "> 35=5|34=1|58=HeartBtInt must not be negative",
	    "close Logon refused", NULL);
	lost(w);
	connected(w);
	say(w, "35=A|34=1|98=0|108=86401");
	expect(w, "> 35=5|34=2|58=HeartBtInt is out of range",
	    "close Logon refused", NULL);
	assert_numbers(w, 1, 3);
}

/* R8, R9, burn 16 */
static void
reset_flag_begins_both_rows_at_one(void **state)
{
	struct world *w = *state;

	w->start.next_in = 40;
	w->start.next_out = 50;
	connected(w);
	say(w, "35=A|34=1|98=0|108=30|141=Y");
	expect(w, "> 35=A|34=1|98=0|108=30|141=Y", "up", NULL);
	assert_numbers(w, 2, 2);
}

static void
reset_flag_with_another_number_is_refused(void **state)
{
	struct world *w = *state;

	w->start.next_in = 40;
	w->start.next_out = 50;
	connected(w);
	say(w, "35=A|34=40|98=0|108=30|141=Y");
	expect(w,
	    "> 35=5|34=50|58=ResetSeqNumFlag (141) needs MsgSeqNum (34) 1",
	    "close Logon refused", NULL);
	assert_numbers(w, 40, 51);
}

static void
reset_flag_can_be_refused_by_setting(void **state)
{
	struct world *w = *state;

	w->cfg.refuse_reset_flag = true;
	w->start.next_in = 40;
	connected(w);
	say(w, "35=A|34=1|98=0|108=30|141=Y");
	expect(w, "> 35=5|34=1|58=ResetSeqNumFlag (141) is not accepted",
	    "close Logon refused", NULL);
	assert_numbers(w, 40, 2);
}

/* Burn 13: nothing changes before everything about the Logon is judged. */
static void
a_stranger_with_reset_flag_resets_nothing(void **state)
{
	struct world *w = *state;

	w->start.next_in = 40;
	w->start.next_out = 50;
	connected(w);
	say(w, "35=A|34=1|49=THIEF|98=0|108=30|141=Y");
	expect(w, "close wrong identity", NULL);
	assert_numbers(w, 40, 50);
	lost(w);
	connected(w);
	say(w, "35=A|34=1|98=0|108=-1|141=Y");
	forget(w);
	assert_numbers(w, 40, 51);
}

/* ResetOnLogon: burn 15, the reply says so. */
static void
reset_on_logon_says_so_if_numbers_moved(void **state)
{
	struct world *w = *state;

	w->cfg.reset_on_logon = true;
	w->start.next_in = 40;
	w->start.next_out = 50;
	connected(w);
	say(w, "35=A|34=1|98=0|108=30");
	expect(w, "> 35=A|34=1|98=0|108=30|141=Y", "up", NULL);
	assert_numbers(w, 2, 2);
	/* The peer may answer in kind; that is not answered again. */
	say(w, "35=A|34=1|98=0|108=30|141=Y");
	expect_nothing(w);
	assert_numbers(w, 2, 2);
}

static void
quickfix_resets_on_logon_without_saying_so(void **state)
{
	struct world *w = *state;

	w->cfg.reset_on_logon = true;
	w->cfg.deviations = FIX_DEV(RESET_UNTOLD);
	w->start.next_in = 40;
	w->start.next_out = 50;
	connected(w);
	say(w, "35=A|34=1|98=0|108=30");
	expect(w, "> 35=A|34=1|98=0|108=30", "up", NULL);
}

/* 1Bb, 1Bc */
static void
an_initiator_sends_logon_and_takes_the_reply(void **state)
{
	struct world *w = *state;

	w->cfg.role = FIX_INITIATOR;
	w->cfg.heart_bt_int_s = 20;
	connected(w);
	expect(w, "> 35=A|34=1|98=0|108=20", NULL);
	assert_string_equal(fix_session_state_name(w->s), "Logon sent");
	say(w, "35=A|34=1|98=0|108=20");
	expect(w, "up", NULL);
	assert_numbers(w, 2, 2);
}

/* 1Bc */
static void
an_initiator_asks_for_what_a_high_reply_shows(void **state)
{
	struct world *w = *state;

	w->cfg.role = FIX_INITIATOR;
	connected(w);
	forget(w);
	say(w, "35=A|34=9|98=0|108=30");
	expect(w, "> 35=2|34=2|7=1|16=0", "up", NULL);
}

/* 1Bd: R4 holds for the initiator too. */
static void
an_initiator_leaves_at_a_low_reply(void **state)
{
	struct world *w = *state;

	w->cfg.role = FIX_INITIATOR;
	w->start.next_in = 10;
	connected(w);
	forget(w);
	say(w, "35=A|34=1|98=0|108=30");
	expect(w,
	    "> 35=5|34=2|58=MsgSeqNum too low, expecting 10 but received 1",
	    "close MsgSeqNum too low", NULL);
}

/* 1Be */
static void
an_initiator_leaves_when_the_first_message_is_no_logon(void **state)
{
	struct world *w = *state;

	w->cfg.role = FIX_INITIATOR;
	connected(w);
	forget(w);
	say(w, "35=0|34=1");
	expect(w, "> 35=5|34=2|58=first message is not a Logon",
	    "close first message is no Logon", NULL);
}

static void
an_initiator_that_is_refused_reports_the_text(void **state)
{
	struct world *w = *state;

	w->cfg.role = FIX_INITIATOR;
	connected(w);
	forget(w);
	say(w, "35=5|34=1|58=bad password");
	expect(w, "close Logon refused", NULL);
	assert_noted(w, FIX_WHY_PEER_REJECTED);
	assert_string_equal(w->note[FIX_WHY_PEER_REJECTED], "bad password");
	assert_numbers(w, 2, 2);
}

static void
credentials_go_into_the_logon(void **state)
{
	struct world *w = *state;

	w->cfg.role = FIX_INITIATOR;
	w->cfg.username = "me";
	w->cfg.password = "secret";
	w->cfg.sender_sub_id = "desk";
	w->cfg.target_sub_id = "match";
	connected(w);
	expect(w, "> 35=A|34=1|50=desk|57=match|98=0|108=30|553=me|554=secret",
	    NULL);
}

/* Burn 14: who began it takes the answer and does not answer it. */
static void
an_initiator_that_resets_takes_the_answer_quietly(void **state)
{
	struct world *w = *state;

	w->cfg.role = FIX_INITIATOR;
	w->cfg.reset_on_logon = true;
	w->start.next_in = 5;
	w->start.next_out = 9;
	connected(w);
	expect(w, "> 35=A|34=1|98=0|108=30|141=Y", NULL);
	say(w, "35=A|34=1|98=0|108=30|141=Y");
	expect(w, "up", NULL);
	assert_numbers(w, 2, 2);
}

/* R8: the other must obey. */
static void
an_initiator_obeys_a_reset_it_did_not_ask_for(void **state)
{
	struct world *w = *state;

	w->cfg.role = FIX_INITIATOR;
	w->start.next_in = 5;
	w->start.next_out = 9;
	connected(w);
	forget(w);
	say(w, "35=A|34=1|98=0|108=30|141=Y");
	expect(w, "> 35=A|34=1|98=0|108=30|141=Y", "up", NULL);
	assert_numbers(w, 2, 2);
}

static void
no_logon_in_time_closes_both_roles(void **state)
{
	struct world *w = *state;

	connected(w);
	pass(w, 9999);
	expect_nothing(w);
	pass(w, 1);
	expect(w, "close no Logon in time", NULL);
	lost(w);
	fix_session_free(w->s);
	fix_acts_free(w->acts);
	w->s = NULL;
	w->cfg.role = FIX_INITIATOR;
	connected(w);
	forget(w);
	pass(w, 10000);
	expect(w, "close no Logon in time", NULL);
}

/* R16 */
static void
fixt_says_and_wants_a_default_version(void **state)
{
	struct world *w = *state;

	w->cfg.begin_string = "FIXT.1.1";
	w->cfg.default_appl = FIX_V_50SP2;
	connected(w);
	say(w, "35=A|34=1|98=0|108=30|1137=7");
	expect(w, "> 35=A|34=1|98=0|108=30|1137=9", "up", NULL);
	lost(w);
	forget(w);
	connected(w);
	say(w, "35=A|34=2|98=0|108=30|1137=33");
	expect(w, "> 35=5|34=2|58=Invalid DefaultApplVerID=33",
	    "close Logon refused", NULL);
	lost(w);
	connected(w);
	say(w, "35=A|34=2|98=0|108=30");
	expect(w, "> 35=5|34=3|58=DefaultApplVerID (1137) is missing",
	    "close Logon refused", NULL);
}

static void
versions_of_messages_under_fixt(void **state)
{
	struct world *w = *state;
	struct fix_field f[16];
	struct fix_msg m = { .fields = f, .cap = 16 };

	w->cfg.begin_string = "FIXT.1.1";
	w->cfg.default_appl = FIX_V_50SP2;
	connected(w);
	say(w, "35=A|34=1|98=0|108=30|1137=7");
	m.n = 0;
	assert_int_equal(fix_session_msg_version(w->s, &m), FIX_V_50);
}

static void
fix40_and_fix41_stamp_whole_seconds(void **state)
{
	struct world *w = *state;
	const char *b[] = { "FIX.4.0", "FIX.4.1" };

	for (int i = 0; i < 2; i++) {
		w->cfg.begin_string = b[i];
		connected(w);
		say(w, "35=A|34=1|98=0|108=30");
		forget(w);
		assert_non_null(memmem(w->kept[1], w->kept_len[1],
		    "\00152=20260101-00:00:00\001", 22));
		fix_session_free(w->s);
		fix_acts_free(w->acts);
		w->s = NULL;
	}
	w->cfg.begin_string = "FIX.4.2";
	connected(w);
	say(w, "35=A|34=1|98=0|108=30");
	assert_non_null(memmem(w->kept[1], w->kept_len[1],
	    "\00152=20260101-00:00:00.000\001", 26));
	forget(w);
	lost(w);
	fix_session_free(w->s);
	fix_acts_free(w->acts);
	w->s = NULL;
	w->cfg.time_digits = FIX_WHOLE_SECONDS;
	connected(w);
	say(w, "35=A|34=1|98=0|108=30");
	assert_non_null(memmem(
	    w->kept[1], w->kept_len[1], "\00152=20260101-00:00:00\001", 22));
}

/* R6: two sides that reset each other are stopped. */
static void
a_storm_of_reset_logons_is_stopped(void **state)
{
	struct world *w = *state;

	up(w);
	for (int i = 0; i < 3; i++) {
		say(w, "35=A|34=1|98=0|108=30|141=Y");
		expect(w, "> 35=A|34=1|98=0|108=30|141=Y", NULL);
	}
	say(w, "35=A|34=1|98=0|108=30|141=Y");
	expect(w, "> 35=5|34=2|58=too many Logons", "down",
	    "close Logon refused", NULL);
}

static void
outside_of_the_schedule_nobody_logs_on(void **state)
{
	struct world *w = *state;

	start(w);
	fix_session_schedule(w->s, false, false, w->now);
	connected(w);
	say(w, "35=A|34=1|98=0|108=30");
	expect(w, "close out of schedule", NULL);
	assert_numbers(w, 1, 1);
	lost(w);
	fix_session_schedule(w->s, true, false, w->now);
	connected(w);
	say(w, "35=A|34=1|98=0|108=30");
	expect(w, "> 35=A|34=1|98=0|108=30", "up", NULL);
}

static void
settings_that_cannot_work_make_no_session(void **state)
{
	struct world *w = *state;
	struct fix_session_cfg c = w->cfg;
	struct fix_acts *q = fix_acts_new(0, 0);

	c.sender_comp_id = "";
	assert_null(fix_session_new(&c, w->start, q));
	c = w->cfg;
	c.begin_string = "FIX.9.9";
	assert_null(fix_session_new(&c, w->start, q));
	c.begin_string = "FIXT.1.1";
	assert_null(fix_session_new(&c, w->start, q));
	assert_null(fix_session_new(&w->cfg, w->start, NULL));
	fix_acts_free(q);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		THRICE(a_valid_logon_is_answered),
		THRICE(a_high_logon_is_answered_before_the_gap_is_asked_for),
		THRICE(a_low_logon_gets_logout_and_close),
		THRICE(a_stranger_is_closed_without_a_word),
		THRICE(
		    a_first_message_that_is_no_logon_is_closed_without_a_word),
		THRICE(a_garbled_first_message_is_closed_without_a_word),
		THRICE(a_logon_with_bad_time_is_told_why),
		THRICE(quickfix_closes_such_a_logon_silently),
		THRICE(encryption_is_rejected_and_logged_out),
		THRICE(a_negative_or_absurd_heartbeat_is_refused),
		THRICE(reset_flag_begins_both_rows_at_one),
		THRICE(reset_flag_with_another_number_is_refused),
		THRICE(reset_flag_can_be_refused_by_setting),
		THRICE(a_stranger_with_reset_flag_resets_nothing),
		THRICE(reset_on_logon_says_so_if_numbers_moved),
		THRICE(quickfix_resets_on_logon_without_saying_so),
		THRICE(an_initiator_sends_logon_and_takes_the_reply),
		THRICE(an_initiator_asks_for_what_a_high_reply_shows),
		THRICE(an_initiator_leaves_at_a_low_reply),
		THRICE(an_initiator_leaves_when_the_first_message_is_no_logon),
		THRICE(an_initiator_that_is_refused_reports_the_text),
		THRICE(credentials_go_into_the_logon),
		THRICE(an_initiator_that_resets_takes_the_answer_quietly),
		THRICE(an_initiator_obeys_a_reset_it_did_not_ask_for),
		THRICE(no_logon_in_time_closes_both_roles),
		THRICE(fixt_says_and_wants_a_default_version),
		THRICE(versions_of_messages_under_fixt),
		THRICE(fix40_and_fix41_stamp_whole_seconds),
		THRICE(a_storm_of_reset_logons_is_stopped),
		THRICE(outside_of_the_schedule_nobody_logs_on),
		THRICE(settings_that_cannot_work_make_no_session),
	};

	return cmocka_run_group_tests_name("logon", tests, NULL, NULL);
}
