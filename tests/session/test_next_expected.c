/* NextExpectedMsgSeqNum(789) of a Logon: rule R10. */
#include "tests/session/world.h"

/* R10: 789, acceptor behind, level, and a peer that expects too much. */
static void
next_expected_resends_without_a_request(void **state)
{
	struct world *w = *state;

	w->cfg.next_expected = true;
	start(w);
	assert_int_equal(app_send(w, "D", "11=a|"), 0);
	assert_int_equal(app_send(w, "D", "11=b|"), 0);
	connected(w);
	expect_nothing(w);
	say(w, "35=A|34=1|98=0|108=30|789=2");
	expect(w, "> 35=A|34=3|98=0|108=30|789=2", "up",
	    "> 35=D|34=2|43=Y|122=20260101-00:00:00.000|11=b",
	    "> 35=4|34=3|43=Y|122=20260101-00:00:00.000|36=4|123=Y", NULL);
	assert_numbers(w, 2, 4);
}

static void
next_expected_of_a_level_peer_resends_nothing(void **state)
{
	struct world *w = *state;

	w->cfg.next_expected = true;
	connected(w);
	say(w, "35=A|34=1|98=0|108=30|789=1");
	expect(w, "> 35=A|34=1|98=0|108=30|789=2", "up", NULL);
}

static void
next_expected_beyond_what_was_sent_is_refused(void **state)
{
	struct world *w = *state;

	w->cfg.next_expected = true;
	connected(w);
	say(w, "35=A|34=1|98=0|108=30|789=7");
	assert_non_null(strstr(w->log, "789 (NextExpectedMsgSeqNum)"));
	assert_non_null(strstr(w->log, "close Logon refused"));
	assert_numbers(w, 1, 2);
}

/* No ResendRequest because of a Logon's 34: the peer knows from our 789. */
static void
next_expected_waits_for_the_peer_to_send_what_is_missing(void **state)
{
	struct world *w = *state;

	w->cfg.next_expected = true;
	connected(w);
	say(w, "35=A|34=3|98=0|108=30|789=1");
	expect(w, "> 35=A|34=1|98=0|108=30|789=1", "up", NULL);
	say(w, "35=D|34=1|43=Y|122=%s|11=a", stamp(w, 0));
	say(w, "35=4|34=2|43=Y|122=%s|36=4|123=Y", stamp(w, 0));
	expect(w, "app D 1 dup", NULL);
	assert_numbers(w, 4, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		THRICE(next_expected_resends_without_a_request),
		THRICE(next_expected_of_a_level_peer_resends_nothing),
		THRICE(next_expected_beyond_what_was_sent_is_refused),
		THRICE(
		    next_expected_waits_for_the_peer_to_send_what_is_missing),
	};

	return cmocka_run_group_tests_name("next expected", tests, NULL, NULL);
}
