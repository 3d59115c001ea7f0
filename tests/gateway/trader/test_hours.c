/*
 * A session's hours as the trader keeps them: out at the end of an interval,
 * nobody in before the next one, and then from 1 on, whatever happened to the
 * process or the clock in between. The rig's first moment is Monday,
 * 2026-03-02 12:00 UTC.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/gateway/trader/hours.h"

static void
at_the_end_of_its_hours_a_session_logs_out_and_closes(void **state)
{
	struct rig *r = with_hours(state, 8, 13);
	struct rig_conn *c = logged_on(r, 0, "35=A|34=1|98=0|108=0");

	rig_pass(r, HOUR - 1);
	assert_int_equal(c->out_len, 0);
	/* It asks for a turn at the right moment by itself. */
	assert_true(trader_deadline(r->trader).ns <= r->now.mono.ns + FIX_SEC);
	rig_pass(r, 1);
	assert_true(rig_sent(c, "|35=5|34=2|"));
	assert_true(rig_sent(c, "|58="));
	assert_false(c->closed);
	rig_say(r, c, "35=5|34=2");
	assert_true(c->closed);
	assert_true(told(r, "out of its hours until 20260303-08:00:00 UTC"));
	assert_int_equal(numbers(r).next_in, 3);
}

static void
a_peer_that_does_not_answer_the_logout_is_closed(void **state)
{
	struct rig *r = with_hours(state, 8, 13);
	struct rig_conn *c = logged_on(r, 0, "35=A|34=1|98=0|108=0");

	rig_pass(r, HOUR);
	assert_false(c->closed);
	rig_pass(r, 3);
	assert_true(c->closed);
}

static void
a_logon_out_of_hours_is_closed_without_a_word(void **state)
{
	struct rig *r = with_hours(state, 13, 14);

	refused(r, 0, "35=A|34=1|98=0|108=30");
	assert_true(told(r, "CLIENTA is out of its hours until "
			    "20260302-13:00:00 UTC"));
	assert_int_equal(numbers(r).next_in, 1);
	assert_int_equal(numbers(r).next_out, 1);
}

/* The Logon itself looks at the clock: no turn in between is needed. */
static void
the_first_logon_of_the_hours_is_taken(void **state)
{
	struct rig *r = with_hours(state, 13, 14);

	r->now.utc.ns += HOUR * FIX_SEC;
	(void)logged_on(r, 0, "35=A|34=1|98=0|108=0");
}

static void
within_an_interval_numbers_go_on_over_connections_and_kills(void **state)
{
	struct rig *r = with_hours(state, 8, 20);
	struct rig_conn *c = logged_on(r, 0, "35=A|34=1|98=0|108=0");

	rig_hangup(r, c);
	rig_pass(r, HOUR);
	c = logged_on(r, 1, "35=A|34=2|98=0|108=0");
	assert_int_equal(numbers(r).next_out, 3);
	rig_kill(r, true);
	assert_int_equal(rig_start(r), 0);
	assert_int_equal(numbers(r).next_in, 3);
	assert_int_equal(numbers(r).next_out, 3);
}

static void
a_new_interval_begins_at_one(void **state)
{
	struct rig *r = with_hours(state, 8, 13);
	struct rig_conn *c = logged_on(r, 0, "35=A|34=1|98=0|108=0");

	rig_hangup(r, c);
	rig_pass(r, 2 * HOUR);
	assert_int_equal(numbers(r).next_in, 2); /* not before it is time */
	rig_pass(r, 18 * HOUR);
	assert_int_equal(numbers(r).next_in, 1);
	assert_int_equal(numbers(r).next_out, 1);
	c = rig_accept(r, 1);
	rig_say(r, c, "35=A|34=1|98=0|108=0");
	assert_true(rig_sent(c, "|35=A|34=1|"));
}

static void
a_start_in_another_interval_begins_at_one(void **state)
{
	struct rig *r = with_hours(state, 8, 13);
	uint64_t generation;

	(void)logged_on(r, 0, "35=A|34=1|98=0|108=0");
	generation = r->trader->clients[0].generation;
	rig_kill(r, true);
	r->now.utc.ns += FIX_DAY;
	assert_int_equal(rig_start(r), 0);
	assert_int_equal(numbers(r).next_in, 1);
	assert_int_equal(numbers(r).next_out, 1);
	assert_int_equal(r->trader->clients[0].generation, generation + 1);
	/* It is done once, and the next start knows. */
	(void)logged_on(r, 0, "35=A|34=1|98=0|108=0");
	rig_kill(r, true);
	assert_int_equal(rig_start(r), 0);
	assert_int_equal(numbers(r).next_in, 2);
	assert_int_equal(r->trader->clients[0].generation, generation + 1);
}

static void
a_start_out_of_hours_resets_when_they_begin(void **state)
{
	struct rig *r = with_hours(state, 8, 13);

	(void)logged_on(r, 0, "35=A|34=1|98=0|108=0");
	rig_kill(r, true);
	r->now.utc.ns += 2 * HOUR * FIX_SEC;
	assert_int_equal(rig_start(r), 0);
	assert_int_equal(numbers(r).next_in, 2);
	refused(r, 0, "35=A|34=2|98=0|108=0");
	r->now.utc.ns += 18 * HOUR * FIX_SEC; /* the wall clock is set */
	rig_pass(r, 60);
	assert_int_equal(numbers(r).next_in, 1);
}

static void
equal_times_roll_with_a_logout_and_let_the_peer_back_at_once(void **state)
{
	struct rig *r = with_hours(state, 13, 13);
	struct rig_conn *c = logged_on(r, 0, "35=A|34=1|98=0|108=0");

	rig_pass(r, HOUR);
	assert_true(rig_sent(c, "|35=5|34=2|"));
	rig_say(r, c, "35=5|34=2");
	assert_true(c->closed);
	assert_int_equal(numbers(r).next_in, 1);
	assert_int_equal(numbers(r).next_out, 1);
	c = logged_on(r, 1, "35=A|34=1|98=0|108=0");
	rig_pass(r, 22 * HOUR);
	assert_false(rig_sent(c, "|35=5|"));
}

static void
a_clock_that_steps_back_over_the_roll_resets_nothing_twice(void **state)
{
	struct rig *r = with_hours(state, 13, 13);
	struct rig_conn *c;

	rig_pass(r, HOUR + 1);
	c = logged_on(r, 0, "35=A|34=1|98=0|108=0");
	r->now.utc.ns -= 3 * FIX_SEC;
	rig_pass(r, 1);
	r->now.mono.ns += 60 * FIX_SEC;
	assert_int_equal(rig_turn(r), 0);
	rig_pass(r, 60);
	assert_false(rig_sent(c, "|35=5|"));
	assert_int_equal(numbers(r).next_in, 2);
}

static void
a_jump_of_the_clock_is_seen_within_a_minute(void **state)
{
	struct rig *r = with_hours(state, 8, 20);
	struct rig_conn *c = logged_on(r, 0, "35=A|34=1|98=0|108=0");

	r->now.utc.ns += 9 * HOUR * FIX_SEC;
	assert_true(
	    trader_deadline(r->trader).ns <= r->now.mono.ns + 60 * FIX_SEC);
	r->now.mono.ns = trader_deadline(r->trader).ns;
	assert_int_equal(rig_turn(r), 0);
	assert_true(rig_sent(c, "|35=5|"));
}

/* It was persisted while nobody was there; the reset must not lose it. */
static void
a_report_made_out_of_hours_is_sent_in_the_next_interval(void **state)
{
	struct rig *r = with_hours(state, 8, 13);
	struct rig_conn *c = logged_on(r, 0, "35=A|34=1|98=0|108=0");

	rig_say(r, c, rig_order(2, "A1", 10, "90"));
	rig_pass(r, HOUR);
	rig_say(r, c, "35=5|34=3");
	assert_true(c->closed);
	(void)trader_command(
	    r->trader, "cancel account DEMO", (char[256]){ 0 }, 256, r->now);
	assert_int_equal(rig_turn(r), 0);
	rig_pass(r, 19 * HOUR);
	c = rig_accept(r, 1);
	rig_say(r, c, "35=A|34=1|98=0|108=0");
	assert_true(rig_sent(c, "|35=A|34=1|"));
	assert_true(rig_sent(c, "|150=4|"));
}

/* An initiator whose Logon begins anew: its report gets a number, which the
 * Logon voids, and is sent under a new one. */
static void
a_report_made_before_a_logon_that_resets_is_sent_behind_it(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = &r->conns[0];

	r->sessions[0].fix.role = FIX_INITIATOR;
	r->sessions[0].fix.reset_on_disconnect = true;
	assert_int_equal(rig_start(r), 0);
	assert_int_equal(trader_connected(r->trader, &c->conn, 1, r->now), 0);
	assert_int_equal(rig_turn(r), 0);
	assert_true(rig_sent(c, "|35=A|34=1|"));
	rig_say(r, c, "35=A|34=1|98=0|108=0|141=Y");
	rig_say(r, c, rig_order(2, "A1", 10, "90"));
	rig_hangup(r, c);
	(void)trader_command(
	    r->trader, "cancel account DEMO", (char[256]){ 0 }, 256, r->now);
	assert_int_equal(rig_turn(r), 0);
	memset(c, 0, sizeof(*c));
	assert_int_equal(trader_connected(r->trader, &c->conn, 1, r->now), 0);
	assert_int_equal(rig_turn(r), 0);
	assert_true(rig_sent(c, "|35=A|34=1|"));
	assert_true(rig_sent(c, "|141=Y|"));
	rig_say(r, c, "35=A|34=1|98=0|108=0|141=Y");
	assert_true(rig_sent(c, "|35=8|34=2|"));
	assert_true(rig_sent(c, "|97=Y|"));
	assert_true(rig_sent(c, "|150=4|"));
}

static void
an_initiator_is_to_connect_within_its_hours_only(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = &r->conns[0];

	r->sessions[0].fix.role = FIX_INITIATOR;
	(void)with_hours(state, 13, 14);
	assert_int_equal(r->connects, 0);
	assert_false(trader_may_connect(r->trader, 1));
	assert_int_equal(
	    trader_connected(r->trader, &c->conn, 1, r->now), -FIX_E_STATE);
	rig_pass(r, HOUR);
	assert_int_equal(r->connects, 1);
	assert_true(trader_may_connect(r->trader, 1));
	assert_int_equal(trader_connected(r->trader, &c->conn, 1, r->now), 0);
	assert_int_equal(rig_turn(r), 0);
	assert_true(rig_sent(c, "|35=A|34=1|"));
	rig_say(r, c, "35=A|34=1|98=0|108=30");
	rig_pass(r, 60);
	rig_hangup(r, c); /* within: once more */
	assert_int_equal(r->connects, 2);
	memset(c, 0, sizeof(*c));
	assert_int_equal(trader_connected(r->trader, &c->conn, 1, r->now), 0);
	rig_pass(r, HOUR);
	rig_pass(r, 15);
	assert_true(c->closed);
	assert_int_equal(r->connects, 2);
	assert_false(trader_may_connect(r->trader, 1));
	rig_pass(r, 23 * HOUR);
	assert_int_equal(r->connects, 3);
}

/* Who adds hours to a session in the middle of a day goes on with it. */
static void
hours_that_are_new_keep_numbers_of_the_same_interval(void **state)
{
	struct rig *r = *state;

	assert_int_equal(rig_start(r), 0);
	(void)logged_on(r, 0, "35=A|34=1|98=0|108=0");
	rig_kill(r, true);
	(void)with_hours(state, 8, 13);
	assert_int_equal(numbers(r).next_in, 2);
	rig_kill(r, true);
	r->now.utc.ns += FIX_DAY;
	assert_int_equal(rig_start(r), 0);
	assert_int_equal(numbers(r).next_in, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(at_the_end_of_its_hours_a_session_logs_out_and_closes),
		T(a_peer_that_does_not_answer_the_logout_is_closed),
		T(a_logon_out_of_hours_is_closed_without_a_word),
		T(the_first_logon_of_the_hours_is_taken),
		T(within_an_interval_numbers_go_on_over_connections_and_kills),
		T(a_new_interval_begins_at_one),
		T(a_start_in_another_interval_begins_at_one),
		T(a_start_out_of_hours_resets_when_they_begin),
		T(equal_times_roll_with_a_logout_and_let_the_peer_back_at_once),
		T(a_clock_that_steps_back_over_the_roll_resets_nothing_twice),
		T(a_jump_of_the_clock_is_seen_within_a_minute),
		T(a_report_made_out_of_hours_is_sent_in_the_next_interval),
		T(a_report_made_before_a_logon_that_resets_is_sent_behind_it),
		T(an_initiator_is_to_connect_within_its_hours_only),
		T(hours_that_are_new_keep_numbers_of_the_same_interval),
	};

	return cmocka_run_group_tests_name("hours", tests, NULL, NULL);
}
