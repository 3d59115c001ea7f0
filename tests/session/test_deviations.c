/*
 * Deviations that a peer may ask for, one by one; those of QuickFIX's suites
 * are beside the rule they leave, in the other files. Each test fails with the
 * bit taken away.
 */
#include <string.h>

#include "tests/session/world.h"

#define DUP "43=Y|122=20260101-00:00:00.000"

/* Interactive Brokers: Reject on tag 34, then close. */
static void
a_low_number_may_be_rejected(void **state)
{
	struct world *w = *state;

	w->cfg.deviations = FIX_DEV(LOW_REJECT);
	up(w);
	say(w, "35=0|34=1");
	expect(w,
	    "> 35=3|34=2|45=1|58=MsgSeqNum too low, expecting 2 but received "
	    "1|371=34|372=0|373=5",
	    "down", "close MsgSeqNum too low", NULL);
	assert_numbers(w, 2, 3);
}

static void
a_low_logon_may_be_rejected(void **state)
{
	struct world *w = *state;

	w->cfg.deviations = FIX_DEV(LOW_REJECT);
	w->start.next_in = 9;
	connected(w);
	say(w, "35=A|34=1|98=0|108=30");
	expect(w,
	    "> 35=3|34=1|45=1|58=MsgSeqNum too low, expecting 9 but received "
	    "1|371=34|372=A|373=5",
	    "close MsgSeqNum too low", NULL);
}

/* CQG: Text in a form of its own. */
static void
the_text_for_a_low_number_may_be_set(void **state)
{
	struct world *w = *state;

	w->cfg.low_seq_text = "got {received}, expected={expected}.";
	up(w);
	say(w, "35=0|34=1");
	expect(w, "> 35=5|34=2|58=got 1, expected=2.", "down", NULL);
}

static void
a_text_without_numbers_stands_as_it_is(void **state)
{
	struct world *w = *state;

	w->cfg.low_seq_text = "{expect} no";
	up(w);
	say(w, "35=0|34=1");
	expect(w, "> 35=5|34=2|58={expect} no", "down", NULL);
}

/* 2g: all but SequenceReset must have 122, unless the peer is let off. */
static void
without_a_deviation_122_is_asked_for(void **state)
{
	struct world *w = *state;

	up(w);
	say(w, "35=0|34=2|43=Y");
	expect(w,
	    "> 35=3|34=2|45=2|58=Required tag missing|371=122|372=0|373=1",
	    NULL);
	say(w, "35=4|34=3|43=Y|123=Y|36=5");
	expect_nothing(w);
	assert_numbers(w, 5, 3);
}

static void
session_messages_may_lack_122(void **state)
{
	struct world *w = *state;

	w->cfg.deviations = FIX_DEV(ORIG_ADMIN);
	up(w);
	say(w, "35=0|34=2|43=Y");
	say(w, "35=0|34=1|43=Y");
	expect_nothing(w);
	say(w, "35=D|34=3|43=Y|11=a");
	expect(w,
	    "> 35=3|34=2|45=3|58=Required tag missing|371=122|372=D|373=1",
	    NULL);
}

static void
every_message_may_lack_122(void **state)
{
	struct world *w = *state;

	w->cfg.deviations = FIX_DEV(ORIG_OPTIONAL);
	up(w);
	say(w, "35=D|34=2|43=Y|11=a");
	expect(w, "app D 2 dup", NULL);
	say(w, "35=D|34=2|43=Y|11=a");
	expect_nothing(w);
	/* One that is there is looked at all the same. */
	say(w, "35=D|34=3|43=Y|122=%s|11=a", stamp(w, 10000));
	expect(w,
	    "> 35=3|34=2|45=3|58=SendingTime accuracy problem|371=122|372=D|"
	    "373=10",
	    NULL);
}

/* A peer that sends nothing again: end, and begin anew. */
static void
a_gap_may_end_the_session(void **state)
{
	struct world *w = *state;

	w->cfg.deviations = FIX_DEV(GAP_LOGOUT);
	up(w);
	say(w, "35=D|34=4|11=a");
	expect(w,
	    "> 35=5|34=2|58=MsgSeqNum too high, expecting 2 but received 4",
	    "down", NULL);
	assert_numbers(w, 2, 3);
	pass(w, 2000);
	expect(w, "close MsgSeqNum too high", NULL);
}

static void
a_resend_request_across_a_gap_ends_it_too(void **state)
{
	struct world *w = *state;

	w->cfg.deviations = FIX_DEV(GAP_LOGOUT);
	up(w);
	say(w, "35=2|34=4|7=1|16=0");
	expect(w,
	    "> 35=5|34=2|58=MsgSeqNum too high, expecting 2 but received 4",
	    "down", NULL);
}

static void
a_logout_across_a_gap_is_answered(void **state)
{
	struct world *w = *state;

	w->cfg.deviations = FIX_DEV(GAP_LOGOUT) | FIX_DEV(BYE_CLOSE);
	up(w);
	say(w, "35=5|34=4");
	expect(w, "> 35=5|34=2", "down", "close Logout", NULL);
}

static void
a_high_logon_ends_it_too(void **state)
{
	struct world *w = *state;

	w->cfg.role = FIX_INITIATOR;
	w->cfg.deviations = FIX_DEV(GAP_LOGOUT);
	connected(w);
	forget(w);
	say(w, "35=A|34=9|98=0|108=30");
	expect(w,
	    "> 35=5|34=2|58=MsgSeqNum too high, expecting 1 but received 9",
	    NULL);
}

/* A venue that counts from its answer on: quickfix issue 562. */
static void
an_answer_to_141_may_reset_again(void **state)
{
	struct world *w = *state;

	w->cfg.role = FIX_INITIATOR;
	w->cfg.reset_on_logon = true;
	w->cfg.deviations = FIX_DEV(RESET_REPLY);
	connected(w);
	expect(w, "> 35=A|34=1|98=0|108=30|141=Y", NULL);
	say(w, "35=A|34=1|98=0|108=30|141=Y");
	expect(w, "up", NULL);
	assert_numbers(w, 2, 1);
	pass(w, 30000);
	expect(w, "> 35=0|34=1", NULL);
}

static void
an_answer_without_141_does_not(void **state)
{
	struct world *w = *state;

	w->cfg.role = FIX_INITIATOR;
	w->cfg.reset_on_logon = true;
	w->cfg.deviations = FIX_DEV(RESET_REPLY);
	connected(w);
	forget(w);
	say(w, "35=A|34=1|98=0|108=30");
	assert_numbers(w, 2, 2);
}

/* QuickFIX/J's texts. */
static void
texts_may_name_the_field(void **state)
{
	struct world *w = *state;

	w->cfg.begin_string = "FIX.4.1";
	w->cfg.deviations = FIX_DEV(TEXTS_QFJ);
	up(w);
	say(w, "35=0|34=2|52=%s", stamp(w, -121000));
	expect(w,
	    "> 35=3|34=2|45=2|58=SendingTime accuracy problem, field=52",
	    "> 35=5|34=3|58=SendingTime accuracy problem, field=52", "down",
	    NULL);
}

static void
so_may_the_answer_to_a_bad_logon(void **state)
{
	struct world *w = *state;

	w->cfg.deviations = FIX_DEV(TEXTS_QFJ);
	connected(w);
	say(w, "35=A|34=1|52=%s|98=0|108=30", stamp(w, -121000));
	expect(w,
	    "> 35=5|34=1|58=Invalid Logon message: SendingTime accuracy "
	    "problem, field=52",
	    "close Logon refused", NULL);
}

/* QuickFIX/J's chunks: a fill to the end of one asks for the next, and the
 * last is open. */
static void
chunks_may_be_open_at_the_end(void **state)
{
	struct world *w = *state;

	w->cfg.resend_chunk = 5;
	w->cfg.deviations = FIX_DEV(CHUNKS_OPEN);
	up(w);
	say(w, "35=0|34=15");
	expect(w, "> 35=2|34=2|7=2|16=6", NULL);
	say(w, "35=4|34=2|123=Y|36=6");
	expect(w, "> 35=2|34=3|7=6|16=10", NULL);
	say(w, "35=4|34=6|123=Y|36=10");
	expect(w, "> 35=2|34=4|7=10|16=0", NULL);
	say(w, "35=4|34=10|123=Y|36=15");
	assert_numbers(w, 16, 5);
}

/* QuickFIX/J's RejectGarbledMessage. */
static void
garbage_with_the_next_number_may_be_rejected(void **state)
{
	struct world *w = *state;

	w->cfg.deviations = FIX_DEV(GARBLED_REJECT);
	up(w);
	say_raw(w, "8=FIX.4.4|9=29|35=D|34=2|49=PEER|56=US|11=a|10=256|");
	expect(w,
	    "> 35=3|34=2|45=2|58=Message failed basic validity check|372=D",
	    NULL);
	assert_numbers(w, 3, 3);
	/* Not its turn, or no number: as ever. */
	say_raw(w, "8=FIX.4.4|9=29|35=D|34=9|49=PEER|56=US|11=a|10=256|");
	say_raw(w, "8=FIX.4.4|9=24|35=D|49=PEER|56=US|11=a|10=256|");
	expect_nothing(w);
	assert_numbers(w, 3, 3);
}

static void
any_checksum_may_be_taken(void **state)
{
	struct world *w = *state;

	w->cfg.deviations = FIX_DEV(ANY_CHECKSUM);
	up(w);
	say_raw(w, "8=FIX.4.4|9=62|35=1|34=2|49=PEER|56=US|"
		   "52=20260101-00:00:00.000|112=abcdefgh|10=256|");
	expect(w, "> 35=0|34=2|112=abcdefgh", NULL);
}

/* Binance: MsgSeqNum is of 32 bits and goes on at 0; here sooner. */
#define TOP UINT64_C(999)

static void
rolls_over(struct world *w)
{
	w->cfg.max_seq = TOP;
	w->start.next_in = TOP - 1;
	w->start.next_out = TOP;
}

static void
numbers_may_roll_over_to_0(void **state)
{
	struct world *w = *state;

	rolls_over(w);
	connected(w);
	say(w, "35=A|34=998|98=0|108=30");
	expect(w, "> 35=A|34=999|98=0|108=30", "up", NULL);
	say(w, "35=1|34=999|112=x");
	expect(w, "> 35=0|34=0|112=x", NULL);
	say(w, "35=1|34=0|112=y");
	expect(w, "> 35=0|34=1|112=y", NULL);
	say(w, "35=1|34=1|112=z");
	expect(w, "> 35=0|34=2|112=z", NULL);
	assert_numbers(w, TOP + 3, TOP + 4);
	/* An old one is too low, not a round ahead. */
	say(w, "35=0|34=999");
	expect(w,
	    "> 35=5|34=3|58=MsgSeqNum too low, expecting 2 but received "
	    "999",
	    "down", NULL);
}

static void
a_gap_over_the_end_is_asked_for(void **state)
{
	struct world *w = *state;

	rolls_over(w);
	w->cfg.closed_resend = true;
	connected(w);
	say(w, "35=A|34=998|98=0|108=30");
	forget(w);
	say(w, "35=0|34=2");
	expect(w, "> 35=2|34=0|7=999|16=1", NULL);
	say(w, "35=4|34=999|43=Y|123=Y|36=2");
	assert_numbers(w, TOP + 4, TOP + 2);
}

static void
what_lies_before_the_end_is_sent_again(void **state)
{
	struct world *w = *state;

	rolls_over(w);
	w->start.next_out = TOP - 1;
	connected(w);
	say(w, "35=A|34=998|98=0|108=30");
	assert_int_equal(app_send(w, "8", "11=a|"), 0);
	assert_int_equal(app_send(w, "8", "11=b|"), 0);
	forget(w);
	say(w, "35=2|34=999|7=998|16=0");
	expect(w, "> 35=4|34=998|" DUP "|36=999|123=Y",
	    "> 35=8|34=999|" DUP "|11=a", "> 35=8|34=0|" DUP "|11=b",
	    NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		THRICE(a_low_number_may_be_rejected),
		THRICE(a_low_logon_may_be_rejected),
		THRICE(the_text_for_a_low_number_may_be_set),
		THRICE(a_text_without_numbers_stands_as_it_is),
		THRICE(without_a_deviation_122_is_asked_for),
		THRICE(session_messages_may_lack_122),
		THRICE(every_message_may_lack_122),
		THRICE(a_gap_may_end_the_session),
		THRICE(a_resend_request_across_a_gap_ends_it_too),
		THRICE(a_logout_across_a_gap_is_answered),
		THRICE(a_high_logon_ends_it_too),
		THRICE(an_answer_to_141_may_reset_again),
		THRICE(an_answer_without_141_does_not),
		THRICE(texts_may_name_the_field),
		THRICE(so_may_the_answer_to_a_bad_logon),
		THRICE(chunks_may_be_open_at_the_end),
		THRICE(garbage_with_the_next_number_may_be_rejected),
		THRICE(any_checksum_may_be_taken),
		THRICE(numbers_may_roll_over_to_0),
		THRICE(a_gap_over_the_end_is_asked_for),
		THRICE(what_lies_before_the_end_is_sent_again),
	};

	return cmocka_run_group_tests_name("deviations", tests, NULL, NULL);
}
