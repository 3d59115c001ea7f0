/*
 * Sending while down, where the next Logon begins at 1: what is given then
 * would be void before the peer could ask for it. A session refuses it, or
 * numbers it for a caller that sends it anew; it never loses it unseen.
 */
#include "tests/session/world.h"

/* One that has been up and was lost, numbers at 3 and 4. */
static void
was_up(struct world *w)
{
	w->cfg.role = FIX_INITIATOR;
	w->start.next_in = 3;
	w->start.next_out = 4;
	start(w);
}

static void
refused(struct world *w)
{
	struct fix_session_numbers n = fix_session_numbers(w->s);

	assert_int_equal(app_send(w, "D", "11=x|"), -FIX_E_STATE);
	expect_nothing(w);
	assert_numbers(w, n.next_in, n.next_out);
}

static void
log_on(struct world *w)
{
	connected(w);
	expect(w, "> 35=A|34=1|98=0|108=30|141=Y", NULL);
	refused(w);
	say(w, "35=A|34=1|98=0|108=30|141=Y");
	expect(w, "up", NULL);
	assert_int_equal(app_send(w, "D", "11=x|"), 0);
	expect(w, "> 35=D|34=2|11=x", NULL);
}

static void
with_reset_on_logon_nothing_is_taken_while_down(void **state)
{
	struct world *w = *state;

	w->cfg.reset_on_logon = true;
	was_up(w);
	refused(w);
	log_on(w);
	lost(w);
	forget(w);
	refused(w);
	log_on(w);
}

static void
with_reset_on_disconnect_nothing_is_taken_while_down(void **state)
{
	struct world *w = *state;

	w->cfg.reset_on_disconnect = true;
	w->cfg.role = FIX_INITIATOR;
	start(w);
	refused(w);
	log_on(w);
	lost(w);
	forget(w);
	refused(w);
	log_on(w);
}

/* Lost without a Logout its numbers go on, and what was given with them. */
static void
with_reset_on_logout_it_depends_on_how_it_ended(void **state)
{
	struct world *w = *state;

	w->cfg.reset_on_logout = true;
	w->cfg.role = FIX_INITIATOR;
	start(w);
	refused(w);
	log_on(w);
	lost(w);
	forget(w);
	assert_int_equal(app_send(w, "D", "11=y|"), 0);
	assert_numbers(w, 2, 4);
	connected(w);
	expect(w, "> 35=A|34=4|98=0|108=30", NULL);
	say(w, "35=A|34=2|98=0|108=30");
	say(w, "35=2|34=3|7=3|16=0");
	assert_non_null(strstr(w->log, "> 35=D|34=3|43=Y|"));
	fix_session_logout(w->s, NULL, w->now);
	drain(w);
	forget(w);
	refused(w); /* it ends in order: its numbers with it */
	say(w, "35=5|34=4");
	forget(w);
	refused(w);
	lost(w);
	forget(w);
	refused(w);
	log_on(w);
}

static void
a_reset_of_ours_on_its_way_takes_nothing_while_down(void **state)
{
	struct world *w = *state;

	was_up(w);
	assert_int_equal(app_send(w, "D", "11=x|"), 0);
	fix_session_reset(w->s, w->now);
	refused(w);
	log_on(w);
	lost(w);
	forget(w);
	assert_int_equal(app_send(w, "D", "11=x|"), 0);
}

/* Of a reset that was cut short it is not known what the peer has seen. */
static void
a_reset_that_was_cut_short_takes_nothing_while_down(void **state)
{
	struct world *w = *state;

	w->cfg.role = FIX_INITIATOR;
	start(w);
	connected(w);
	say(w, "35=A|34=1|98=0|108=30");
	fix_session_schedule(w->s, true, true, w->now);
	pass(w, 0);
	say(w, "35=0|34=2|112=RESET");
	lost(w);
	forget(w);
	assert_numbers(w, 1, 1);
	refused(w);
	log_on(w);
}

/* Numbered and kept, then void, and said to be: the caller's from there on. */
static void
void_is_told(struct world *w)
{
	w->cfg.sends_void_anew = true;
	w->cfg.role = FIX_INITIATOR;
	start(w);
	assert_int_equal(app_send(w, "8", "37=x|"), 0);
	assert_numbers(w, 1, 2);
	connected(w);
	/* A Logon 2 without 141=Y might just fit the peer's count. */
	expect(w, "> 35=A|34=1|98=0|108=30|141=Y", NULL);
	assert_noted(w, FIX_WHY_RESET);
	say(w, "35=A|34=1|98=0|108=30|141=Y");
	expect(w, "up", NULL);
	assert_numbers(w, 2, 2);
}

static void
a_caller_that_sends_anew_is_told_with_reset_on_logon(void **state)
{
	struct world *w = *state;

	w->cfg.reset_on_logon = true;
	void_is_told(w);
}

static void
a_caller_that_sends_anew_is_told_with_reset_on_logout(void **state)
{
	struct world *w = *state;

	w->cfg.reset_on_logout = true;
	void_is_told(w);
}

static void
a_caller_that_sends_anew_is_told_with_reset_on_disconnect(void **state)
{
	struct world *w = *state;

	w->cfg.reset_on_disconnect = true;
	void_is_told(w);
}

/* Nobody saw the connection end: it has ended all the same. */
static void
reset_on_disconnect_holds_for_a_start_with_old_numbers(void **state)
{
	struct world *w = *state;

	w->cfg.reset_on_disconnect = true;
	was_up(w);
	log_on(w);
}

static void
an_acceptor_begins_anew_after_a_kill_too(void **state)
{
	struct world *w = *state;

	w->cfg.reset_on_disconnect = true;
	w->start.next_in = 3;
	w->start.next_out = 4;
	connected(w);
	say(w, "35=A|34=1|98=0|108=30");
	expect(w, "> 35=A|34=1|98=0|108=30", "up", NULL);
	assert_numbers(w, 2, 2);
}

/* An operator's numbers are not old ones. */
static void
numbers_that_were_set_stand(void **state)
{
	struct world *w = *state;

	w->cfg.reset_on_disconnect = true;
	was_up(w);
	assert_int_equal(fix_session_set_numbers(w->s, 5, 6), 0);
	drain(w);
	assert_int_equal(fix_session_connected(w->s, w->now), 0);
	drain(w);
	expect(w, "> 35=A|34=6|98=0|108=30", NULL);
}

/* The acceptor's peer decides: its reports wait for it. */
static void
an_acceptor_takes_all_while_down(void **state)
{
	struct world *w = *state;

	w->cfg.reset_on_logout = true;
	start(w);
	assert_int_equal(app_send(w, "8", "37=x|"), 0);
	connected(w);
	say(w, "35=A|34=1|98=0|108=30");
	expect(w, "> 35=A|34=2|98=0|108=30", "up", NULL);
	say(w, "35=2|34=2|7=1|16=0");
	assert_non_null(strstr(w->log, "> 35=8|34=1|43=Y|"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		THRICE(with_reset_on_logon_nothing_is_taken_while_down),
		THRICE(with_reset_on_disconnect_nothing_is_taken_while_down),
		THRICE(with_reset_on_logout_it_depends_on_how_it_ended),
		THRICE(a_reset_of_ours_on_its_way_takes_nothing_while_down),
		THRICE(a_reset_that_was_cut_short_takes_nothing_while_down),
		THRICE(a_caller_that_sends_anew_is_told_with_reset_on_logon),
		THRICE(a_caller_that_sends_anew_is_told_with_reset_on_logout),
		THRICE(a_caller_that_sends_anew_is_told_with_reset_on_disconnect),
		THRICE(reset_on_disconnect_holds_for_a_start_with_old_numbers),
		THRICE(an_acceptor_begins_anew_after_a_kill_too),
		THRICE(numbers_that_were_set_stand),
		THRICE(an_acceptor_takes_all_while_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
