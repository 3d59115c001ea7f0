/*
 * What happens within a session's hours: windows to log on, holidays, the time
 * at which numbers begin anew, an operator's word, and other hours by a reload.
 */
#include "tests/gateway/trader/hours.h"

/* --- windows, dates, reset times ------------------------------------------ */

static void
out_of_its_window_a_session_is_out_but_its_numbers_go_on(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c;

	for (int i = 0; i < 2; i++)
		r->sessions[i].schedule.logon =
		    (struct fix_hours){ .kind = FIX_SCHED_DAILY,
			    .start_s = 8 * HOUR,
			    .end_s = 13 * HOUR };
	(void)with_hours(state, 7, 7);
	c = logged_on(r, 0, "35=A|34=1|98=0|108=0");
	rig_pass(r, HOUR);
	assert_true(rig_sent(c, "|35=5|34=2|"));
	assert_false(c->closed);
	rig_say(r, c, "35=5|34=2");
	assert_true(c->closed);
	assert_true(told(r, "out of its hours until 20260303-08:00:00 UTC"));
	refused(r, 1, "35=A|34=3|98=0|108=0");
	/* A new interval begins at 07:00, its first event is at 08:00. */
	rig_pass(r, 18 * HOUR + 1800);
	refused(r, 2, "35=A|34=3|98=0|108=0");
	assert_int_equal(numbers(r).next_in, 3);
	rig_pass(r, 1800);
	assert_int_equal(numbers(r).next_in, 1);
}

/* The same numbers in the next window of the same interval. */
static void
the_next_window_of_an_interval_goes_on(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c;

	r->sessions[0].schedule.logon = (struct fix_hours){
		.kind = FIX_SCHED_DAILY, .start_s = 8 * HOUR, .end_s = 13 * HOUR
	};
	assert_int_equal(rig_start(r), 0);
	c = logged_on(r, 0, "35=A|34=1|98=0|108=0");
	rig_pass(r, HOUR);
	rig_say(r, c, "35=5|34=2");
	rig_kill(r, true);
	r->now.utc.ns += 20 * HOUR * FIX_SEC;
	assert_int_equal(rig_start(r), 0);
	(void)logged_on(r, 1, "35=A|34=3|98=0|108=0");
}

static struct fix_calendar *
calendar(const char *text)
{
	struct fix_calendar *k = fix_calendar_new();
	struct fix_calendar_error e;

	assert_non_null(k);
	assert_int_equal(fix_calendar_add(k, "our.cal", (const uint8_t *)text,
			     strlen(text), &e),
	    0);
	return k;
}

static void
a_holiday_is_told_with_its_name(void **state)
{
	struct rig *r = *state;
	struct fix_calendar *k = calendar("2026-03-02 closed A Feast\n"
					  "2026-03-20 closed\n");

	r->sessions[0].schedule.calendar = k;
	(void)with_hours(state, 8, 20);
	fix_calendar_free(k);
	refused(r, 0, "35=A|34=1|98=0|108=0");
	assert_true(told(r, "CLIENTA is out of its hours until "
			    "20260303-08:00:00 UTC (holiday: A Feast)"));
	assert_true(told(r, "calendar our.cal ends in 18 days"));
	rig_pass(r, 19 * 24 * HOUR);
	assert_true(told(r, "calendar our.cal has ended 1 days ago"));
}

static struct rig *
with_reset(void **state, int at_h, enum fix_role role)
{
	struct rig *r = *state;

	r->sessions[0].fix.role = role;
	r->sessions[0].schedule.resets = true;
	r->sessions[0].schedule.reset_s = at_h * HOUR;
	assert_int_equal(rig_start(r), 0);
	return r;
}

static void
at_its_reset_time_numbers_begin_anew_without_a_logout(void **state)
{
	struct rig *r = with_reset(state, 13, FIX_ACCEPTOR);
	struct rig_conn *c = logged_on(r, 0, "35=A|34=1|98=0|108=0");

	rig_pass(r, HOUR - 1);
	assert_int_equal(c->out_len, 0);
	assert_true(trader_deadline(r->trader).ns <= r->now.mono.ns + FIX_SEC);
	rig_pass(r, 1);
	assert_true(rig_sent(c, "|35=1|34=2|"));
	assert_true(rig_sent(c, "|112=RESET|"));
	rig_say(r, c, "35=0|34=2|112=RESET");
	assert_true(rig_sent(c, "|35=A|34=1|"));
	assert_true(rig_sent(c, "|141=Y|"));
	rig_say(r, c, "35=A|34=1|98=0|108=0|141=Y");
	assert_true(told(r, "numbers have begun anew"));
	assert_int_equal(numbers(r).next_in, 2);
	assert_int_equal(numbers(r).next_out, 2);
	rig_clear(c);
	rig_pass(r, 23 * HOUR);
	assert_int_equal(c->out_len, 0); /* once a day */
	rig_pass(r, HOUR);
	assert_true(rig_sent(c, "|112=RESET|"));
}

/* Whoever is not there at the time, be it the gateway, does it at the next
 * Logon: once. */
static void
a_reset_that_was_missed_comes_with_the_next_logon_once(void **state)
{
	struct rig *r = with_reset(state, 13, FIX_ACCEPTOR);
	struct rig_conn *c = logged_on(r, 0, "35=A|34=1|98=0|108=0");

	rig_kill(r, true);
	r->now.utc.ns += 2 * HOUR * FIX_SEC;
	assert_int_equal(rig_start(r), 0);
	assert_int_equal(numbers(r).next_in, 2); /* not before it is agreed */
	rig_kill(r, true); /* and it is still to be done */
	assert_int_equal(rig_start(r), 0);
	c = rig_accept(r, 1);
	rig_say(r, c, "35=A|34=2|98=0|108=0");
	assert_true(rig_sent(c, "|35=A|34=1|"));
	assert_true(rig_sent(c, "|141=Y|"));
	rig_kill(r, true); /* before the answer: said again */
	assert_int_equal(rig_start(r), 0);
	c = rig_accept(r, 2);
	rig_say(r, c, "35=A|34=3|98=0|108=0");
	assert_true(rig_sent(c, "|35=A|34=1|"));
	assert_true(rig_sent(c, "|141=Y|"));
	rig_say(r, c, "35=A|34=1|98=0|108=0|141=Y");
	rig_kill(r, true);
	assert_int_equal(rig_start(r), 0);
	c = rig_accept(r, 3);
	rig_say(r, c, "35=A|34=2|98=0|108=0");
	assert_true(rig_sent(c, "|35=A|34=2|"));
	assert_false(rig_sent(c, "|141=Y|"));
}

static void
a_reset_that_is_the_peers_is_obeyed_and_not_begun(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c;

	r->sessions[0].schedule.peer_resets = true;
	(void)with_reset(state, 13, FIX_ACCEPTOR);
	c = logged_on(r, 0, "35=A|34=1|98=0|108=0");
	rig_pass(r, HOUR + 1);
	assert_int_equal(c->out_len, 0);
	rig_say(r, c, "35=A|34=1|98=0|108=0|141=Y");
	assert_true(rig_sent(c, "|35=A|34=1|"));
	assert_true(rig_sent(c, "|141=Y|"));
	assert_int_equal(numbers(r).next_in, 2);
}

/* Who sets a reset time for a session in use does not reset it there and then,
 * and a clock set back over the time does not do it twice. */
static void
a_reset_time_that_is_new_counts_from_now_on(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c;

	assert_int_equal(rig_start(r), 0);
	(void)logged_on(r, 0, "35=A|34=1|98=0|108=0");
	rig_kill(r, true);
	(void)with_reset(state, 11, FIX_ACCEPTOR);
	c = rig_accept(r, 1);
	rig_say(r, c, "35=A|34=2|98=0|108=0");
	assert_true(rig_sent(c, "|35=A|34=2|"));
	rig_pass(r, 23 * HOUR + 2);
	rig_say(r, c, "35=0|34=3|112=RESET");
	rig_say(r, c, "35=A|34=1|98=0|108=0|141=Y");
	assert_int_equal(numbers(r).next_in, 2);
	rig_clear(c);
	r->now.utc.ns -= 10 * FIX_SEC;
	r->now.mono.ns += 60 * FIX_SEC; /* it looks at the clock */
	assert_int_equal(rig_turn(r), 0);
	rig_pass(r, 120);
	assert_int_equal(c->out_len, 0);
}

/* --- an operator's words ---------------------------------------------------
 */

static bool
command(struct rig *r, const char *line, const char *answer)
{
	char out[512];

	(void)trader_command(r->trader, line, out, sizeof(out), r->now);
	assert_int_equal(rig_turn(r), 0);
	return strstr(out, answer) != NULL;
}

static void
disabled_is_another_thing_than_out_of_hours(void **state)
{
	struct rig *r = with_hours(state, 8, 13);
	struct rig_conn *c = logged_on(r, 0, "35=A|34=1|98=0|108=0");

	assert_true(
	    command(r, "hours CLIENTA", "open until 20260302-13:00:00"));
	assert_true(command(r, "disable CLIENTA", "is disabled"));
	assert_true(rig_sent(c, "|35=5|34=2|"));
	rig_say(r, c, "35=5|34=2");
	assert_true(c->closed);
	refused(r, 1, "35=A|34=3|98=0|108=0");
	assert_true(told(r, "CLIENTA is disabled by an operator"));
	/* Neither the end of its hours nor a restart nor their start. */
	rig_pass(r, HOUR);
	rig_kill(r, true);
	r->now.utc.ns += 20 * HOUR * FIX_SEC;
	assert_int_equal(rig_start(r), 0);
	refused(r, 2, "35=A|34=1|98=0|108=0");
	rig_pass(r, 2 * HOUR);
	refused(r, 3, "35=A|34=1|98=0|108=0");
	assert_true(command(r, "enable CLIENTA", "is enabled"));
	(void)logged_on(r, 0, "35=A|34=1|98=0|108=0");
	/* And to be enabled opens nothing that is shut. */
	(void)command(r, "disable CLIENTA", "");
	rig_kill(r, true);
	r->now.utc.ns += 5 * HOUR * FIX_SEC;
	assert_int_equal(rig_start(r), 0);
	(void)command(r, "enable CLIENTA", "");
	assert_true(command(r, "hours CLIENTA", "out of its hours until"));
	refused(r, 1, "35=A|34=1|98=0|108=0");
	assert_true(command(r, "disable NOBODY", "error"));
}

static void
a_disabled_initiator_does_not_connect(void **state)
{
	struct rig *r = *state;

	r->sessions[0].fix.role = FIX_INITIATOR;
	(void)with_hours(state, 8, 13);
	assert_int_equal(r->connects, 1);
	assert_true(command(r, "disable CLIENTA", "is disabled"));
	assert_false(trader_may_connect(r->trader, 1));
	assert_true(command(r, "enable CLIENTA", "is enabled"));
	assert_int_equal(r->connects, 2);
	assert_true(trader_may_connect(r->trader, 1));
}

static void
set_hours(struct rig *r, const struct fix_schedule *s)
{
	const struct fix_schedule *all[3] = { s };

	trader_set_schedules(r->trader, all, r->now);
	assert_int_equal(rig_turn(r), 0);
}

/* A reload: who is inside stays logged on, with its numbers. */
static void
new_hours_leave_a_session_that_stays_inside_alone(void **state)
{
	struct rig *r = with_hours(state, 8, 20);
	struct rig_conn *c = logged_on(r, 0, "35=A|34=1|98=0|108=0");
	struct fix_schedule s = r->sessions[0].schedule;

	rig_pass(r, HOUR);
	s.hours.start_s = 12 * HOUR + 1800; /* after its numbers began */
	s.hours.end_s = 14 * HOUR;
	set_hours(r, &s);
	assert_int_equal(c->out_len, 0);
	rig_pass(r, 300);
	assert_int_equal(c->out_len, 0);
	assert_int_equal(numbers(r).next_in, 2);
	rig_pass(r, 3300);
	assert_true(rig_sent(c, "|35=5|")); /* the new end */
	rig_say(r, c, "35=5|34=2");
	/* Longer again: back, with the numbers of the interval. */
	s.hours.end_s = 18 * HOUR;
	set_hours(r, &s);
	(void)logged_on(r, 1, "35=A|34=3|98=0|108=0");
	/* No hours any more. */
	memset(&s, 0, sizeof(s));
	set_hours(r, &s);
	rig_pass(r, 20 * HOUR);
	assert_int_equal(numbers(r).next_in, 4);
}

static void
new_hours_log_out_who_is_outside(void **state)
{
	struct rig *r = with_hours(state, 8, 20);
	struct rig_conn *c = logged_on(r, 0, "35=A|34=1|98=0|108=0");
	struct fix_schedule s = r->sessions[0].schedule;

	s.calendar = calendar("2026-03-02 closed\n");
	set_hours(r, &s);
	fix_calendar_free(s.calendar);
	assert_true(rig_sent(c, "|35=5|"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(out_of_its_window_a_session_is_out_but_its_numbers_go_on),
		T(the_next_window_of_an_interval_goes_on),
		T(a_holiday_is_told_with_its_name),
		T(at_its_reset_time_numbers_begin_anew_without_a_logout),
		T(a_reset_that_was_missed_comes_with_the_next_logon_once),
		T(a_reset_that_is_the_peers_is_obeyed_and_not_begun),
		T(a_reset_time_that_is_new_counts_from_now_on),
		T(disabled_is_another_thing_than_out_of_hours),
		T(a_disabled_initiator_does_not_connect),
		T(new_hours_leave_a_session_that_stays_inside_alone),
		T(new_hours_log_out_who_is_outside),
	};

	return cmocka_run_group_tests_name("windows", tests, NULL, NULL);
}
