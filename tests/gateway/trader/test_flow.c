/* How fast a client may be, and how old its orders: flow.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/gateway/trader/rig.h"

#define LOGON "35=A|34=1|98=0|108=30"
#define REST "|1=DEMO|55=AAPL|54=1|60=20260302-12:00:00|38=10"

static int
setup(void **state)
{
	*state = rig_new();
	return 0;
}

static int
teardown(void **state)
{
	rig_free(*state);
	return 0;
}

static struct trader_flow_cfg *
flow_of(struct rig *r)
{
	return &r->sessions[0].flow;
}

static void
limit(struct fix_pace_cfg *cfg, const char *text)
{
	assert_int_equal(fix_pace_read(cfg, text), 0);
}

static struct rig_conn *
logged_on(struct rig *r)
{
	struct rig_conn *c;

	assert_int_equal(rig_start(r), 0);
	c = rig_accept(r, 0);
	rig_say(r, c, LOGON);
	assert_true(rig_sent(c, "|35=A|"));
	rig_clear(c);
	return c;
}

static void
orders(struct rig *r, struct rig_conn *c, unsigned from, unsigned to)
{
	char id[16];

	for (unsigned i = from; i <= to; i++) {
		snprintf(id, sizeof(id), "A%u", i);
		rig_feed(r, c, rig_order(i, id, 10, "90"));
	}
}

static const char *
cancel(unsigned seq, const char *id, const char *orig)
{
	static char text[256];

	snprintf(text, sizeof(text), "35=F|34=%u|11=%s|41=%s" REST, seq, id,
	    orig);
	return text;
}

static unsigned
count(const char *in, const char *what)
{
	unsigned n = 0;

	for (in = strstr(in, what); in != NULL; in = strstr(in + 1, what))
		n++;
	return n;
}

/* The vectors of R-15: the burst, one more, the moment when there is room. */
static void
what_is_too_many_is_refused_until_there_is_room(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c;

	limit(&flow_of(r)->in, "3/2");
	c = logged_on(r);
	orders(r, c, 2, 5);
	assert_int_equal(rig_turn(r), 0);
	assert_int_equal(desk_live(r->trader->desk), 3);
	assert_int_equal(count(c->out, "|35=j|"), 1);
	assert_true(rig_sent(c, "|58=too many messages: at most 3 in 2 s|"));
	assert_true(rig_sent(c, "|372=D|379=A5|380=0|"));
	rig_pass(r, 1);
	orders(r, c, 6, 6);
	assert_int_equal(desk_live(r->trader->desk), 3);
	r->now.utc.ns -= 3600 * FIX_SEC; /* says nothing */
	orders(r, c, 7, 7);
	assert_int_equal(desk_live(r->trader->desk), 3);
	r->now.utc.ns += 3600 * FIX_SEC;
	rig_pass(r, 1);
	rig_clear(c);
	orders(r, c, 8, 10);
	assert_int_equal(rig_turn(r), 0);
	assert_int_equal(desk_live(r->trader->desk), 6);
	assert_false(rig_sent(c, "|35=j|"));
	assert_int_equal(r->trader->clients[0].flow.over, 3);
	assert_int_equal(count(r->log, "over InboundLimit"), 1);
}

static void
cancels_and_session_messages_always_pass(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c;
	char id[16], text[64];

	limit(&flow_of(r)->in, "2/10");
	limit(&flow_of(r)->in_cancels, "1/10");
	c = logged_on(r);
	orders(r, c, 2, 3);
	for (unsigned i = 4; i < 40; i++) {
		snprintf(text, sizeof(text), "35=1|34=%u|112=T%u", i, i);
		rig_say(r, c, text);
	}
	assert_int_equal(count(c->out, "|35=0|"), 36);
	rig_clear(c);
	for (unsigned i = 2; i <= 3; i++) {
		snprintf(id, sizeof(id), "A%u", i);
		snprintf(text, sizeof(text), "C%u", i);
		rig_say(r, c, cancel(38 + i, text, id));
	}
	assert_int_equal(desk_live(r->trader->desk), 0);
	assert_int_equal(count(c->out, "|150=4|"), 2);
	assert_false(rig_sent(c, "|35=j|"));
	assert_int_equal(r->trader->clients[0].flow.cancels_over, 1);
	assert_int_equal(count(r->log, "over InboundCancelLimit"), 1);
}

static void
with_delay_nothing_is_refused_and_nothing_read_meanwhile(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c;

	limit(&flow_of(r)->in, "2/3");
	flow_of(r)->over = TRADER_DELAY;
	c = logged_on(r);
	orders(r, c, 2, 3);
	assert_false(rig_offer(r, c, rig_order(4, "A4", 10, "90")));
	assert_int_equal(c->conn.later.ns, r->now.mono.ns + 3 * FIX_SEC);
	assert_int_equal(rig_turn(r), 0);
	assert_int_equal(
	    trader_deadline(r->trader).ns, r->now.mono.ns + 3 * FIX_SEC);
	rig_pass(r, 2);
	assert_false(rig_offer(r, c, rig_order(4, "A4", 10, "90")));
	rig_pass(r, 1);
	assert_true(rig_offer(r, c, rig_order(4, "A4", 10, "90")));
	assert_int_equal(c->conn.later.ns, 0);
	assert_int_equal(rig_turn(r), 0);
	assert_int_equal(desk_live(r->trader->desk), 3);
	assert_false(rig_sent(c, "|35=j|"));
	/* A cancel, and what keeps the session alive, do not wait themselves. */
	orders(r, c, 5, 5);
	assert_false(rig_offer(r, c, rig_order(6, "A6", 10, "90")));
	assert_true(rig_offer(r, c, cancel(6, "C6", "A2")));
	assert_true(rig_offer(r, c, "35=1|34=7|112=T"));
	assert_int_equal(rig_turn(r), 0);
	assert_int_equal(desk_live(r->trader->desk), 3);
}

/* We don't read, so its heartbeats say nothing by not being there. */
static void
a_peer_that_waits_is_not_silent(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c;

	limit(&flow_of(r)->in, "1/120");
	flow_of(r)->over = TRADER_DELAY;
	c = logged_on(r);
	orders(r, c, 2, 2);
	assert_false(rig_offer(r, c, rig_order(3, "A3", 10, "90")));
	for (int i = 0; i < 119; i++)
		rig_pass(r, 1);
	assert_false(rig_sent(c, "|35=1|"));
	assert_false(c->closed);
	rig_pass(r, 1);
	assert_true(rig_offer(r, c, rig_order(3, "A3", 10, "90")));
	assert_int_equal(desk_live(r->trader->desk), 2);
}

static void
over_the_limit_may_mean_logout(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c;

	limit(&flow_of(r)->in, "2/1");
	flow_of(r)->over = TRADER_LOGOUT;
	c = logged_on(r);
	orders(r, c, 2, 6);
	assert_int_equal(rig_turn(r), 0);
	assert_int_equal(desk_live(r->trader->desk), 2);
	assert_int_equal(count(c->out, "|35=5|"), 1);
	assert_true(rig_sent(c, "|58=too many messages: over InboundLimit|"));
	rig_say(r, c, cancel(7, "C7", "A2"));
	assert_int_equal(desk_live(r->trader->desk), 1);
	rig_say(r, c, "35=5|34=8");
	assert_true(c->closed);
	c = rig_accept(r, 1);
	rig_say(r, c, "35=A|34=9|98=0|108=30");
	rig_pass(r, 1);
	orders(r, c, 10, 10);
	assert_int_equal(desk_live(r->trader->desk), 2);
}

static void
messages_of_every_type_count_for_the_higher_limit(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c;
	char text[64];

	limit(&flow_of(r)->in_all, "10/1");
	c = logged_on(r);
	orders(r, c, 2, 2);
	for (unsigned i = 3; i < 12; i++) {
		snprintf(text, sizeof(text), "35=0|34=%u", i);
		rig_say(r, c, text);
	}
	assert_false(rig_sent(c, "|35=5|"));
	/* What goes beyond is a cancel: done, and then the end. */
	rig_say(r, c, cancel(12, "C12", "A2"));
	assert_int_equal(desk_live(r->trader->desk), 0);
	assert_true(
	    rig_sent(c, "|58=too many messages: over InboundLogoutLimit|"));
}

/* What we asked for again is not too many, however fast it comes. */
static void
what_was_asked_for_again_does_not_count(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c;
	char text[512], id[16];
	const char *order;

	limit(&flow_of(r)->in, "2/10");
	c = logged_on(r);
	rig_say(r, c, "35=0|34=12");
	assert_true(rig_sent(c, "|35=2|"));
	for (unsigned i = 2; i < 12; i++) {
		snprintf(id, sizeof(id), "A%u", i);
		order = rig_order(i, id, 10, "90");
		snprintf(text, sizeof(text), "35=D|34=%u|43=Y|122="
		    "20260302-12:00:00|%s", i, strstr(order, "11="));
		rig_say(r, c, text);
	}
	assert_int_equal(desk_live(r->trader->desk), 10);
	assert_false(rig_sent(c, "|35=j|"));
}

/* ----- age ----- */

static void
say_again(struct rig *r, struct rig_conn *c, unsigned seq, char type,
    const char *marks, const char *rest)
{
	char text[512];

	snprintf(text, sizeof(text), "35=%c|34=%u|%s|%s" REST
	    "|21=1|40=2|44=90|59=0", type, seq, marks, rest);
	rig_say(r, c, text);
}

/* The clock of the rig stands at 12:00:00; each is of a gap. */
static void
an_old_order_sent_again_is_stale(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c;

	flow_of(r)->again_age_s = 60;
	c = logged_on(r);
	rig_say(r, c, "35=0|34=9");
	rig_clear(c);
	say_again(r, c, 2, 'D', "43=Y|122=20260302-11:58:59", "11=A2");
	assert_int_equal(desk_live(r->trader->desk), 0);
	assert_true(rig_sent(c, "|39=8|"));
	assert_true(rig_sent(c, "|103=8|"));
	assert_true(rig_sent(c, "|11=A2|"));
	rig_clear(c);
	say_again(r, c, 3, 'D', "43=Y|122=20260302-11:59:00", "11=A3");
	assert_int_equal(desk_live(r->trader->desk), 1);
	/* Known: not again, and no word of its age. */
	rig_clear(c);
	say_again(r, c, 4, 'D', "43=Y|122=20260302-11:00:00", "11=A3");
	assert_int_equal(desk_live(r->trader->desk), 1);
	assert_int_equal(c->out_len, 0);
	say_again(
	    r, c, 5, 'G', "43=Y|122=20260302-11:00:00", "11=A5|41=A3");
	assert_true(rig_sent(c, "|35=9|"));
	assert_true(rig_sent(c, "|434=2|"));
	assert_true(rig_sent(c, "|102=99|"));
	/* A cancel is never too old. */
	rig_say(r, c, "35=F|34=6|43=Y|122=20260302-11:00:00|11=A6|41=A3" REST);
	assert_int_equal(desk_live(r->trader->desk), 0);
	assert_true(rig_sent(c, "|150=4|"));
}

static void
a_possible_resend_is_as_old_as_its_transact_time(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c;

	flow_of(r)->again_age_s = 60;
	c = logged_on(r);
	say_again(r, c, 2, 'D', "97=Y", "11=A2");
	assert_int_equal(desk_live(r->trader->desk), 1);
	r->now.utc.ns += 61 * FIX_SEC;
	r->now.mono.ns += FIX_SEC;
	rig_clear(c);
	say_again(r, c, 3, 'D', "97=Y", "11=A3");
	assert_true(rig_sent(c, "|103=8|"));
	/* Its id was not used up; an original is taken. */
	orders(r, c, 4, 4);
	say_again(r, c, 5, 'D', "115=X", "11=A3");
	assert_int_equal(desk_live(r->trader->desk), 3);
}

static void
originals_have_an_age_of_their_own(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c;

	flow_of(r)->first_age_s = 5;
	flow_of(r)->age_by_transact = true;
	c = logged_on(r);
	orders(r, c, 2, 2);
	assert_int_equal(desk_live(r->trader->desk), 1);
	rig_pass(r, 6);
	orders(r, c, 3, 3);
	assert_int_equal(rig_turn(r), 0);
	assert_true(rig_sent(c, "|103=8|"));
	assert_int_equal(desk_live(r->trader->desk), 1);
}

/* ----- what we send ----- */

static void
reports_wait_for_the_pace_and_outlive_a_crash(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c;

	limit(&r->sessions[0].fix.out_pace, "2/10");
	c = logged_on(r);
	orders(r, c, 2, 4); /* each is reported once: New */
	assert_int_equal(rig_turn(r), 0);
	assert_int_equal(count(c->out, "|35=8|"), 2);
	assert_int_equal(trader_deadline(r->trader).ns,
	    r->now.mono.ns + 10 * FIX_SEC);
	rig_pass(r, 9);
	assert_int_equal(count(c->out, "|35=8|"), 2);
	rig_pass(r, 1);
	assert_int_equal(count(c->out, "|35=8|"), 3);
	orders(r, c, 5, 7);
	assert_int_equal(rig_turn(r), 0);
	assert_int_equal(count(c->out, "|35=8|"), 4);
	rig_kill(r, true);
	assert_int_equal(rig_start(r), 0);
	c = rig_accept(r, 1);
	rig_say(r, c, "35=A|34=8|98=0|108=30");
	rig_say(r, c, "35=2|34=9|7=6|16=0");
	rig_pass(r, 0);
	assert_true(rig_sent(c, "|34=6|43=Y|"));
	assert_true(rig_sent(c, "|11=A6|"));
	assert_true(rig_sent(c, "|34=7|43=Y|"));
	assert_true(rig_sent(c, "|11=A7|"));
	rig_kill(r, true);
	assert_int_equal(rig_start(r), 0); /* they are not numbered again */
	assert_int_equal(
	    fix_session_numbers(r->trader->clients[0].fix).next_out, 9);
}

static void
a_client_for_whom_too_much_waits_is_logged_out_and_loses_nothing(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c;

	limit(&r->sessions[0].fix.out_pace, "1/60");
	r->sessions[0].fix.max_paced_bytes = 3000;
	c = logged_on(r);
	orders(r, c, 2, 40);
	assert_int_equal(rig_turn(r), 0);
	assert_int_equal(r->trader->failed, 0);
	assert_true(rig_sent(c, "|35=5|"));
	assert_int_equal(count(r->log, "more than OutboundQueueBytes"), 1);
	/* Logon, 39 reports, one Logout. */
	assert_int_equal(
	    fix_session_numbers(r->trader->clients[0].fix).next_out, 42);
}

/* Executions of another's orders: read from the journal as there is room. */
static void
a_drop_copy_waits_for_its_pace(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c, *copy;

	limit(&r->sessions[2].fix.out_pace, "2/10");
	r->sessions[2].fix.max_paced_bytes = 2000;
	c = logged_on(r);
	copy = rig_accept(r, 2);
	rig_say(r, copy, "35=A|49=CLIENTC|34=1|98=0|108=30");
	orders(r, c, 2, 21);
	assert_int_equal(rig_turn(r), 0);
	for (int i = 0; i < 3; i++)
		rig_pass(r, 0);
	assert_int_equal(count(copy->out, "|35=8|"), 2);
	for (int i = 0; i < 2; i++) {
		rig_pass(r, 10);
		rig_pass(r, 0); /* copies may be left to the next turn */
	}
	assert_int_equal(count(copy->out, "|35=8|"), 6);
	assert_false(rig_sent(copy, "|35=5|"));
}

static void
resends_of_reports_keep_the_pace(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c;

	r->sessions[0].fix.pace_resends = true;
	limit(&r->sessions[0].fix.out_pace, "5/10");
	c = logged_on(r);
	for (unsigned i = 0; i < 3; i++) {
		orders(r, c, 2 + 4 * i, 5 + 4 * i);
		rig_pass(r, 0);
		rig_pass(r, 10);
	}
	rig_clear(c);
	rig_say(r, c, "35=2|34=14|7=1|16=0");
	rig_pass(r, 0);
	assert_int_equal(count(c->out, "|43=Y|"), 6); /* a gap fill, 5 */
	assert_true(trader_deadline(r->trader).ns > r->now.mono.ns);
	rig_pass(r, 10);
	assert_int_equal(count(c->out, "|35=8|"), 10);
	rig_pass(r, 10);
	assert_int_equal(count(c->out, "|35=8|"), 12);
}

/* Gone in the middle of a resend that waits, and back at once with the same
 * wish: one resend, and an end to it. */
static void
a_resend_that_was_cut_short_begins_anew(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c;

	r->sessions[0].fix.pace_resends = true;
	limit(&r->sessions[0].fix.out_pace, "2/10");
	c = logged_on(r);
	orders(r, c, 2, 3);
	rig_pass(r, 0);
	rig_pass(r, 10);
	orders(r, c, 4, 5);
	rig_pass(r, 0);
	rig_say(r, c, "35=2|34=6|7=1|16=0");
	rig_pass(r, 0);
	trader_closed(r->trader, &c->conn, r->now);
	c = rig_accept(r, 1);
	rig_feed(r, c, "35=A|34=7|98=0|108=30");
	rig_feed(r, c, "35=2|34=8|7=1|16=0");
	assert_true(trader_deadline(r->trader).ns <= r->now.mono.ns +
	    10 * FIX_SEC);
	for (int i = 0; i < 4; i++)
		rig_pass(r, 10);
	assert_int_equal(count(c->out, "|35=8|"), 4);
	assert_false(replays_due(r->trader));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    what_is_too_many_is_refused_until_there_is_room, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    cancels_and_session_messages_always_pass, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    with_delay_nothing_is_refused_and_nothing_read_meanwhile,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_peer_that_waits_is_not_silent, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    over_the_limit_may_mean_logout, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    messages_of_every_type_count_for_the_higher_limit, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    what_was_asked_for_again_does_not_count, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    an_old_order_sent_again_is_stale, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_possible_resend_is_as_old_as_its_transact_time, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    originals_have_an_age_of_their_own, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    reports_wait_for_the_pace_and_outlive_a_crash,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_client_for_whom_too_much_waits_is_logged_out_and_loses_nothing,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_drop_copy_waits_for_its_pace,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(
		    resends_of_reports_keep_the_pace,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_resend_that_was_cut_short_begins_anew,
		    setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
