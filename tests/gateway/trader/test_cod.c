/* Cancel on disconnect, cod.c: the vectors of section 11 of the controls, and
 * what a crash on the way does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/gateway/trader/rig.h"

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

static void
configure(struct rig *r, enum trader_cod mode, unsigned grace)
{
	r->sessions[0].flow.cod = mode;
	r->sessions[0].flow.cod_grace_s = grace;
	assert_int_equal(rig_start(r), 0);
}

static struct rig_conn *
log_on(struct rig *r, int i, const char *who, unsigned seq)
{
	struct rig_conn *c = rig_accept(r, i);
	char text[80];

	snprintf(text, sizeof(text), "35=A|49=%s|34=%u|98=0|108=30", who, seq);
	rig_say(r, c, text);
	assert_true(rig_sent(c, "|35=A|"));
	rig_clear(c);
	return c;
}

static void
order(struct rig *r, struct rig_conn *c, const char *who, unsigned seq,
    char time_in_force)
{
	char text[256];

	snprintf(text, sizeof(text), "35=D|49=%s|34=%u|11=A%u|1=DEMO|21=1|"
	    "55=AAPL|54=1|60=20260302-12:00:00|38=10|40=2|44=90|59=%c", who,
	    seq, seq, time_in_force);
	rig_say(r, c, text);
}

static unsigned
live(const struct rig *r)
{
	return desk_live(r->trader->desk);
}

/* A day order and one good till cancel. */
static struct rig_conn *
with_two_orders(struct rig *r)
{
	struct rig_conn *c = log_on(r, 0, "CLIENTA", 1);

	order(r, c, "CLIENTA", 2, '0');
	order(r, c, "CLIENTA", 3, '1');
	assert_int_equal(live(r), 2);
	rig_clear(c);
	return c;
}

/* What was made while it was away, by its ResendRequest. */
static struct rig_conn *
comes_back(struct rig *r, int i, unsigned seq)
{
	struct rig_conn *c = log_on(r, i, "CLIENTA", seq);
	char text[64];

	snprintf(text, sizeof(text), "35=2|34=%u|7=1|16=0", seq + 1);
	rig_say(r, c, text);
	rig_pass(r, 0);
	return c;
}

static void
a_drop_cancels_day_orders_and_gt_stays(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c;

	configure(r, TRADER_COD_DROP, 0);
	c = with_two_orders(r);
	rig_hangup(r, c);
	assert_int_equal(live(r), 1);
	c = comes_back(r, 1, 4);
	assert_true(rig_sent(c, "|11=A2|"));
	assert_true(rig_sent(c, "|150=4|"));
	assert_true(rig_sent(c, "|58=COD|"));
	assert_true(rig_sent(c, "|378=99|"));
	assert_false(rig_sent(c, "|41="));
	rig_say(r, c, "35=H|34=6|11=A3|55=AAPL|54=1");
	assert_true(rig_sent(c, "|11=A3|"));
	assert_true(rig_sent(c, "|39=0|"));
}

static void
gt_goes_too_if_set(void **state)
{
	struct rig *r = *state;

	r->sessions[0].flow.cod_gt = true;
	configure(r, TRADER_COD_DROP, 0);
	rig_hangup(r, with_two_orders(r));
	assert_int_equal(live(r), 0);
}

static void
back_within_the_grace_nothing_is_canceled(void **state)
{
	struct rig *r = *state;

	configure(r, TRADER_COD_DROP, 10);
	rig_hangup(r, with_two_orders(r));
	rig_pass(r, 5);
	(void)log_on(r, 1, "CLIENTA", 4);
	rig_pass(r, 20);
	assert_int_equal(live(r), 2);
	assert_int_equal(r->trader->clients[0].cod.at, FIX_MONO_NEVER);
}

static void
the_grace_ends_to_the_second(void **state)
{
	struct rig *r = *state;

	configure(r, TRADER_COD_DROP, 10);
	rig_hangup(r, with_two_orders(r));
	assert_int_equal(
	    trader_deadline(r->trader).ns, r->now.mono.ns + 10 * FIX_SEC);
	rig_pass(r, 9);
	assert_int_equal(live(r), 2);
	rig_pass(r, 1);
	assert_int_equal(live(r), 1);
	rig_pass(r, 60);
	assert_int_equal(live(r), 1);
}

static void
a_logout_is_no_drop(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c;

	configure(r, TRADER_COD_DROP, 0);
	c = with_two_orders(r);
	rig_say(r, c, "35=5|34=4");
	rig_hangup(r, c);
	rig_pass(r, 60);
	assert_int_equal(live(r), 2);
}

static void
a_logout_counts_with_any(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c;

	configure(r, TRADER_COD_ANY, 0);
	c = with_two_orders(r);
	rig_say(r, c, "35=5|34=4");
	rig_hangup(r, c);
	rig_pass(r, 0);
	assert_int_equal(live(r), 1);
}

/* No FIN ever comes: TestRequest after a fifth more than HeartBtInt, the end
 * after as long again. */
static void
a_half_open_connection_fires_at_the_heartbeat_time_out(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c;

	configure(r, TRADER_COD_DROP, 0);
	c = with_two_orders(r);
	for (int i = 0; i < 71; i++)
		rig_pass(r, 1);
	assert_true(rig_sent(c, "|35=1|"));
	assert_int_equal(live(r), 2);
	for (int i = 0; i < 2; i++)
		rig_pass(r, 1);
	assert_true(c->closed);
	assert_int_equal(live(r), 1);
}

static void
off_cancels_nothing(void **state)
{
	struct rig *r = *state;

	configure(r, TRADER_COD_OFF, 0);
	rig_hangup(r, with_two_orders(r));
	rig_pass(r, 60);
	assert_int_equal(live(r), 2);
}

/* Up when the process died: dropped at the last moment that was kept. */
static void
after_a_crash_sessions_count_as_dropped(void **state)
{
	struct rig *r = *state;

	configure(r, TRADER_COD_DROP, 10);
	(void)with_two_orders(r);
	rig_pass(r, 60);
	rig_say(r, &r->conns[0], "35=0|34=4");
	r->now.utc.ns += 4 * FIX_SEC;
	rig_kill(r, true);
	assert_int_equal(rig_start(r), 0);
	rig_pass(r, 5);
	assert_int_equal(live(r), 2);
	rig_pass(r, 1); /* ten since the last word of it */
	assert_int_equal(live(r), 1);
}

static void
after_a_long_outage_it_is_done_at_once(void **state)
{
	struct rig *r = *state;

	configure(r, TRADER_COD_DROP, 10);
	(void)with_two_orders(r);
	r->now.utc.ns += 3600 * FIX_SEC;
	rig_kill(r, false);
	assert_int_equal(rig_start(r), 0);
	rig_pass(r, 0);
	assert_int_equal(live(r), 1);
}

static void
the_grace_goes_on_over_a_restart_and_a_return_ends_it(void **state)
{
	struct rig *r = *state;

	configure(r, TRADER_COD_DROP, 10);
	rig_hangup(r, with_two_orders(r));
	rig_pass(r, 3);
	rig_kill(r, true);
	assert_int_equal(rig_start(r), 0);
	rig_pass(r, 3);
	(void)log_on(r, 1, "CLIENTA", 4);
	rig_pass(r, 20); /* idle, and nothing is written */
	assert_int_equal(live(r), 2);
	rig_say(r, &r->conns[1], "35=0|34=5");
	rig_kill(r, true);
	assert_int_equal(rig_start(r), 0); /* up: a drop once more */
	rig_pass(r, 4);
	rig_kill(r, false);
	assert_int_equal(rig_start(r), 0);
	rig_pass(r, 5);
	assert_int_equal(live(r), 2);
	rig_pass(r, 1);
	assert_int_equal(live(r), 1);
}

#define MANY 1200u

/* Pieces of 500: the process dies after the first, the client is back before
 * the second, and what it enters then is another matter. */
static void
a_crash_in_the_middle_goes_on_and_new_orders_stay(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c;
	unsigned left;

	configure(r, TRADER_COD_DROP, 1);
	c = log_on(r, 0, "CLIENTA", 1);
	for (unsigned i = 0; i < MANY; i++) {
		order(r, c, "CLIENTA", 2 + i, '0');
		rig_clear(c);
	}
	rig_hangup(r, c);
	rig_pass(r, 1);
	left = live(r);
	assert_int_equal(left, MANY - 500);
	rig_kill(r, true);
	assert_int_equal(rig_start(r), 0);
	assert_int_equal(live(r), left);
	c = log_on(r, 1, "CLIENTA", 2 + MANY);
	order(r, c, "CLIENTA", 3 + MANY, '0');
	for (int i = 0; i < 5; i++) {
		rig_pass(r, 1);
		rig_clear(c);
	}
	assert_int_equal(live(r), 1);
	assert_int_equal(r->trader->clients[0].cod.at, FIX_MONO_NEVER);
}

static void
others_and_drop_copies_have_nothing_to_do_with_it(void **state)
{
	struct rig *r = *state;
	struct rig_conn *a, *b, *copy;

	configure(r, TRADER_COD_DROP, 0);
	a = with_two_orders(r);
	b = log_on(r, 1, "CLIENTB", 1);
	copy = log_on(r, 2, "CLIENTC", 1);
	order(r, b, "CLIENTB", 2, '0');
	rig_hangup(r, copy);
	rig_pass(r, 20);
	rig_hangup(r, b); /* off for this one */
	rig_pass(r, 20);
	assert_int_equal(live(r), 3);
	rig_hangup(r, a);
	assert_int_equal(live(r), 2);
}


static void
each_version_has_its_restatement_reason(void **state)
{
	static const struct {
		enum fix_version v;
		const char *says;
	} faces[] = { { FIX_V_42, "|378=4|" }, { FIX_V_44, "|378=99|" },
		{ FIX_V_50SP2, "|378=12|" } };
	struct rig *r;
	struct rig_conn *c;

	(void)state;
	for (size_t i = 0; i < sizeof(faces) / sizeof(faces[0]); i++) {
		r = rig_new();
		r->sessions[0].desk.version = faces[i].v;
		configure(r, TRADER_COD_DROP, 0);
		rig_hangup(r, with_two_orders(r));
		c = comes_back(r, 1, 4);
		assert_true(rig_sent(c, faces[i].says));
		rig_free(r);
	}
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_drop_cancels_day_orders_and_gt_stays),
		T(gt_goes_too_if_set),
		T(back_within_the_grace_nothing_is_canceled),
		T(the_grace_ends_to_the_second),
		T(a_logout_is_no_drop),
		T(a_logout_counts_with_any),
		T(a_half_open_connection_fires_at_the_heartbeat_time_out),
		T(off_cancels_nothing),
		T(after_a_crash_sessions_count_as_dropped),
		T(after_a_long_outage_it_is_done_at_once),
		T(the_grace_goes_on_over_a_restart_and_a_return_ends_it),
		T(a_crash_in_the_middle_goes_on_and_new_orders_stay),
		T(others_and_drop_copies_have_nothing_to_do_with_it),
		cmocka_unit_test(each_version_has_its_restatement_reason),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
