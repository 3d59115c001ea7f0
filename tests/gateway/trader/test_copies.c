/*
 * Drop copies over deaths, prunings and days: no execution is missed, none is
 * told twice, none is kept for ever, and copies never stop the trader.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fix/scan.h"
#include "gateway/trader/dropcopy.h"
#include "tests/gateway/trader/rig.h"

static int
setup(void **state)
{
	*state = rig_new();
	return rig_start(*state);
}

static int
teardown(void **state)
{
	rig_free(*state);
	return 0;
}

static struct rig_conn *
logged_on(struct rig *r, int i, const char *who, unsigned seq)
{
	struct rig_conn *c = rig_accept(r, i);
	char text[80];

	snprintf(text, sizeof(text), "35=A|49=%s|34=%u|98=0|108=30", who, seq);
	rig_say(r, c, text);
	assert_true(rig_sent(c, "|35=A|"));
	if (i != 2) /* copies come with the answer */
		rig_clear(c);
	return c;
}

static unsigned
count_of(const struct rig_conn *c, const char *part)
{
	const char *at = c->out;
	unsigned n = 0;

	while ((at = strstr(at, part)) != NULL) {
		n++;
		at += strlen(part);
	}
	return n;
}

static void
settle(struct rig *r)
{
	for (int i = 0; i < 40; i++)
		assert_int_equal(rig_turn(r), 0);
}

/* n orders from P<from> on that are filled at once. */
static void
fills(struct rig *r, struct rig_conn *c, unsigned seq, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		char id[16];

		snprintf(id, sizeof(id), "P%u", seq + i);
		rig_say(r, c, rig_order(seq + i, id, 1, "101"));
		(void)rig_turn(r);
		rig_clear(c);
		(void)trader_idle(r->trader);
	}
}

static void
tell(struct rig *r, const struct venue_event *e)
{
	struct venue_sink s = trader_sink(r->trader);

	s.event(s.arg, r->trader->venues[0], e);
	assert_int_equal(rig_turn(r), 0);
}

/* Race N4 and E.1.a: nobody's orders are shown to whoever may see SUSPENSE. */
static void
what_is_no_clients_is_shown_on_drop_copy(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = logged_on(r, 2, "CLIENTC", 1);
	struct venue_event e = { .kind = VENUE_ACK,
		.venue_order_id = "PHONE1",
		.symbol = "AAPL",
		.side = '1',
		.qty_e8 = 10 * FIX_E8,
		.cum_qty_e8 = -1 };

	tell(r, &e);
	e.kind = VENUE_FILL;
	e.exec_id = "X1";
	e.last_qty_e8 = 4 * FIX_E8;
	e.last_px_e8 = 99 * FIX_E8;
	tell(r, &e);
	tell(r, &e); /* told twice */
	e.kind = VENUE_BUST;
	e.exec_id = "X2";
	e.ref_exec_id = "X1";
	tell(r, &e);
	settle(r);
	assert_int_equal(count_of(c, "|35=8|"), 3);
	assert_int_equal(count_of(c, "|37=PHONE1|"), 3);
	assert_int_equal(count_of(c, "|1=SUSPENSE|"), 3);
	assert_int_equal(count_of(c, "|115=SIM|"), 3);
	assert_true(rig_sent(c, "|150=0|39=0|"));
	assert_true(rig_sent(c, "|150=F|39=1|"));
	assert_true(rig_sent(c, "|38=10|32=4|31=99|151=6|14=4|6=99|"));
	assert_true(rig_sent(c, "|19=E0-1-2|150=H|"));
}

static void
executions_of_a_client_that_is_no_more_are_copied(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = logged_on(r, 0, "CLIENTA", 1);

	rig_say(r, c, rig_order(2, "A1", 10, "90"));
	rig_say(r, c, rig_order(3, "A2", 10, "101"));
	rig_kill(r, false);
	r->sessions[0].fix.target_comp_id = "CLIENTX";
	assert_int_equal(rig_start(r), 0);
	assert_int_equal(
	    desk_cancel_all(r->trader->desk, RISK_SCOPE_FIRM, "", r->now), 1);
	c = logged_on(r, 2, "CLIENTC", 1);
	settle(r);
	assert_int_equal(count_of(c, "|115=CLIENTA|"), 3);
	assert_int_equal(count_of(c, "|150=F|"), 1);
	assert_int_equal(count_of(c, "|150=4|"), 1); /* told to nobody else */
}

/* The venue stands in the record: the order is forgotten the next day. */
static void
a_venues_executions_are_copied_after_their_orders_are_forgotten(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = logged_on(r, 0, "CLIENTA", 1);

	rig_say(r, c, rig_order(2, "A1", 10, "101"));
	rig_say(r, c,
	    "35=F|34=3|11=F1|41=A1|1=DEMO|55=AAPL|54=1|38=10|"
	    "60=20260302-12:00:00");
	rig_kill(r, true);
	r->sessions[2].copy.venues = "SIM";
	r->now.utc.ns += 2 * FIX_DAY;
	assert_int_equal(rig_start(r), 0);
	assert_int_equal(desk_live(r->trader->desk), 0);
	assert_null(desk_find_client(r->trader->desk, 1, fix_span_of("A1")));
	c = logged_on(r, 2, "CLIENTC", 1);
	settle(r);
	assert_int_equal(count_of(c, "|150=F|"), 1);
	assert_int_equal(count_of(c, "|35=9|"), 1);
	rig_kill(r, true);
	r->sessions[2].copy.venues = "ELSEWHERE";
	r->sessions[2].fix.target_comp_id = "CLIENTD";
	assert_int_equal(rig_start(r), 0);
	c = logged_on(r, 2, "CLIENTD", 1);
	settle(r);
	assert_int_equal(count_of(c, "|35=8|"), 0);
}

/* A reset of the client's numbers sends its fill once more; that is no second
 * fill. */
static void
what_is_sent_anew_after_a_reset_is_copied_once(void **state)
{
	struct rig *r = *state;
	struct rig_conn *a = logged_on(r, 0, "CLIENTA", 1);
	struct rig_conn *c = logged_on(r, 2, "CLIENTC", 1);
	struct venue_event e = { .kind = VENUE_FILL,
		.cum_qty_e8 = -1,
		.exec_id = "X1",
		.cl_ord_id = "0-1-1-1",
		.last_qty_e8 = FIX_E8,
		.last_px_e8 = 90 * FIX_E8 };

	rig_say(r, a, rig_order(2, "A1", 10, "90"));
	rig_hangup(r, a);
	tell(r, &e);
	settle(r);
	assert_int_equal(count_of(c, "|150=F|"), 1);
	a = rig_accept(r, 0);
	rig_say(r, a, "35=A|34=1|98=0|108=30|141=Y");
	settle(r);
	assert_true(rig_sent(a, "|97=Y|"));
	assert_int_equal(count_of(a, "|150=F|"), 1);
	assert_int_equal(count_of(c, "|150=F|"), 1);
}

static void
counts_tell_what_was_copied_of_whom(void **state)
{
	struct rig *r = *state;
	struct rig_conn *a, *c;

	rig_kill(r, true);
	r->sessions[2].copy.counts_s = 10;
	assert_int_equal(rig_start(r), 0);
	a = logged_on(r, 0, "CLIENTA", 1);
	c = logged_on(r, 2, "CLIENTC", 1);
	rig_say(r, a, rig_order(2, "A1", 10, "101"));
	settle(r);
	assert_false(rig_sent(c, "|35=B|"));
	rig_pass(r, 10);
	assert_true(rig_sent(c, "|148=DROP COPY COUNTS|33=1|"
				"58=CLIENTA copies=2 last=3 lost=0|"));
	rig_clear(c);
	rig_pass(r, 10);
	assert_false(rig_sent(c, "|35=B|")); /* nothing has changed */
	rig_kill(r, true);
	assert_int_equal(rig_start(r), 0);
	a = logged_on(r, 0, "CLIENTA", 3);
	c = logged_on(r, 2, "CLIENTC", 3);
	rig_say(r, a, rig_order(4, "A2", 10, "101"));
	settle(r);
	rig_pass(r, 10);
	assert_true(rig_sent(c, "58=CLIENTA copies=4 last="));
}

/* Each copy says which message of whom it is made of. */
static void
a_copy_names_its_original(void **state)
{
	struct rig *r = *state;
	struct rig_conn *a = logged_on(r, 0, "CLIENTA", 1);
	struct rig_conn *c = logged_on(r, 2, "CLIENTC", 1);

	rig_say(r, a, rig_order(2, "A1", 10, "101"));
	settle(r);
	assert_int_equal(count_of(c, "|115=CLIENTA|"), 2);
	assert_false(rig_sent(c, "|627="));
	rig_clear(c);
	r->sessions[2].copy.hops = true;
	rig_say(r, a, rig_order(3, "A2", 10, "101"));
	settle(r);
	assert_true(rig_sent(c, "|115=CLIENTA|627=1|628=CLIENTA|"
				"629=20260302-12:00:00.000|630=4|"));
	assert_true(rig_sent(c, "|630=5|"));
}

/* What a turn spends on a subscriber that comes back is bounded. */
static void
a_turn_makes_few_copies(void **state)
{
	struct rig *r = *state;
	struct rig_conn *a = logged_on(r, 0, "CLIENTA", 1), *c;
	unsigned turns = 0;

	fills(r, a, 2, 200);
	rig_hangup(r, a);
	c = logged_on(r, 2, "CLIENTC", 1);
	while (dropcopy_deadline(r->trader) <= r->now.mono.ns) {
		unsigned was = count_of(c, "|35=8|");

		assert_int_equal(rig_turn(r), 0);
		assert_true(count_of(c, "|35=8|") - was <= COPY_PIECE);
		turns++;
		assert_true(turns < 1000);
	}
	assert_int_equal(count_of(c, "|150=F|"), 200);
	assert_true(turns > 10);
}

/* One that does not read costs nothing but its place in the journal. */
static void
a_subscriber_that_does_not_read_gets_no_more(void **state)
{
	struct rig *r = *state;
	struct rig_conn *a = logged_on(r, 0, "CLIENTA", 1);
	struct rig_conn *c = logged_on(r, 2, "CLIENTC", 1);

	c->conn.choked = true;
	fills(r, a, 2, 20);
	settle(r);
	assert_int_equal(count_of(c, "|35=8|"), 0);
	assert_true(dropcopy_deadline(r->trader) == FIX_MONO_NEVER);
	c->conn.choked = false;
	settle(r);
	assert_int_equal(count_of(c, "|150=F|"), 20);
}

/* Copies, cursors and counts are the same after any death. */
static void
each_execution_is_copied_once_whatever_dies(void **state)
{
	struct rig *r = *state;
	struct rig_conn *a, *c;
	unsigned seen = 0, seq_a = 1, seq_c = 1;
	uint64_t hash, again;

	for (unsigned i = 0; i < 30; i++) {
		char id[16];

		a = logged_on(r, 0, "CLIENTA", seq_a++);
		c = logged_on(r, 2, "CLIENTC", seq_c++);
		snprintf(id, sizeof(id), "A%u", i);
		rig_say(r, a, rig_order(seq_a++, id, 1, "101"));
		for (unsigned k = 0; k < i % 4; k++)
			assert_int_equal(rig_turn(r), 0);
		if (i % 3 == 0) { /* a turn that is not committed */
			trader_tick(r->trader, r->now);
		}
		seen += count_of(c, "|150=F|");
		assert_int_equal(trader_hash(r->trader, &hash), 0);
		rig_kill(r, true);
		assert_int_equal(rig_start(r), 0);
	}
	c = logged_on(r, 2, "CLIENTC", seq_c++);
	settle(r);
	seen += count_of(c, "|150=F|");
	assert_int_equal(seen, 30);
	assert_int_equal(trader_hash(r->trader, &hash), 0);
	rig_kill(r, true);
	assert_int_equal(rig_start(r), 0);
	assert_int_equal(
	    r->trader->copies[0]->copies->counts[1].row.copies, 60);
	assert_int_equal(trader_hash(r->trader, &again), 0);
	rig_kill(r, true);
	assert_int_equal(rig_start(r), 0);
	assert_int_equal(
	    r->trader->copies[0]->copies->counts[1].row.copies, 60);
}

/* ----- executions again ----- */

static void
ask(struct rig *r, struct rig_conn *c, unsigned seq, const char *fields)
{
	char text[300];

	rig_clear(c);
	snprintf(text, sizeof(text), "35=AD|49=CLIENTC|34=%u|568=R%u|%s", seq,
	    seq, fields);
	rig_say(r, c, text);
	settle(r);
}

static void
a_request_that_asks_for_more_than_there_is_is_refused(void **state)
{
	static const struct {
		const char *fields, *answer;
	} cases[] = {
		{ "569=3", "|569=3|749=8|750=2|" },
		{ "569=0|263=1", "|263=1|749=99|750=2|" },
		{ "569=0|725=1|726=x", "|749=4|750=2|" },
		{ "569=0|54=1", "|749=99|750=2|" },
		{ "569=0|580=3|75=20260302|75=20260303|75=20260304",
		    "|749=99|750=2|" },
		{ "569=0|17=NONE", "|749=99|750=2|" },
	};
	struct rig *r = *state;
	struct rig_conn *c = logged_on(r, 2, "CLIENTC", 1);

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ask(r, c, 2 + i, cases[i].fields);
		if (!rig_sent(c, cases[i].answer))
			fail_msg("%s: %s", cases[i].fields, c->out);
		assert_int_equal(count_of(c, "|35=AE|"), 0);
	}
}

static void
a_request_may_narrow_by_order_symbol_and_time(void **state)
{
	struct rig *r = *state;
	struct rig_conn *a = logged_on(r, 0, "CLIENTA", 1);
	struct rig_conn *c = logged_on(r, 2, "CLIENTC", 1);

	rig_say(r, a, rig_order(2, "A1", 1, "101"));
	settle(r);
	rig_pass(r, 20);
	rig_say(r, a, rig_order(3, "A2", 1, "101"));
	settle(r);
	ask(r, c, 2, "569=1|263=0|11=A1");
	assert_int_equal(count_of(c, "|35=AE|"), 1);
	assert_true(rig_sent(c, "|748=1|749=0|750=1|"));
	ask(r, c, 3, "569=0|55=MSFT");
	assert_true(rig_sent(c, "|748=0|749=0|750=1|"));
	ask(r, c, 4, "569=0|580=1|75=20260302|60=20260302-12:00:10");
	assert_int_equal(count_of(c, "|35=AE|"), 1);
	assert_true(rig_sent(c, "|11=A2|"));
	ask(r, c, 5,
	    "569=0|580=2|75=20260302|75=20260302|"
	    "60=20260302-12:00:10");
	assert_int_equal(count_of(c, "|35=AE|"), 1);
	assert_true(rig_sent(c, "|11=A1|"));
	ask(r, c, 6, "569=0|580=1|75=20260302");
	assert_int_equal(count_of(c, "|35=AE|"), 2);
}

/* A bust says so, and of what. */
static void
a_bust_told_again_cancels_a_trade(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = logged_on(r, 2, "CLIENTC", 1);
	struct venue_event e = { .kind = VENUE_FILL,
		.exec_id = "X1",
		.symbol = "AAPL",
		.side = '1',
		.last_qty_e8 = FIX_E8,
		.last_px_e8 = FIX_E8,
		.cum_qty_e8 = -1 };

	tell(r, &e);
	e.kind = VENUE_BUST;
	e.exec_id = "X2";
	e.ref_exec_id = "X1";
	tell(r, &e);
	ask(r, c, 2, "569=0");
	assert_int_equal(count_of(c, "|35=AE|"), 2);
	assert_true(rig_sent(c, "|487=0|568=R2|150=F|17="));
	assert_true(rig_sent(c, "|487=1|568=R2|150=H|572=E0-1-1|17=E0-1-2|"));
}

/* Many records, of which the last are asked for: those before are not read. */
static void
the_journal_is_read_from_near_its_place(void **state)
{
	struct rig *r = *state;
	struct rig_conn *a = logged_on(r, 0, "CLIENTA", 1), *c;
	char since[80], *at;
	unsigned turns = 0;

	fills(r, a, 2, 300);
	r->now.utc.ns += FIX_DAY / 24;
	rig_say(r, a, rig_order(302, "L1", 1, "101"));
	at = strstr(a->out, "|150=F|") == NULL ? NULL : strstr(a->out, "17=E");
	while (at != NULL && strstr(at + 1, "|17=E") != NULL)
		at = strstr(at + 1, "|17=E") + 1;
	assert_non_null(at);
	snprintf(since, sizeof(since), "569=0|%.*s", (int)strcspn(at, "|"), at);
	rig_say(r, a, rig_order(303, "L2", 1, "101"));
	c = logged_on(r, 2, "CLIENTC", 1);
	while (dropcopy_deadline(r->trader) <= r->now.mono.ns)
		assert_int_equal(rig_turn(r), 0);
	rig_clear(c);
	rig_feed(r, c,
	    "35=AD|49=CLIENTC|34=2|568=R|569=0|580=1|"
	    "75=20260302|60=20260302-12:30:00");
	do
		assert_int_equal(rig_turn(r), 0);
	while (dropcopy_deadline(r->trader) <= r->now.mono.ns && ++turns < 99);
	assert_int_equal(count_of(c, "|35=AE|"), 2);
	assert_true(turns < 25); /* all of it would take 50 */
	ask(r, c, 3, since);
	assert_int_equal(count_of(c, "|35=AE|"), 1);
	assert_true(rig_sent(c, "|11=L2|"));
	assert_true(rig_sent(c, "|748=1|749=0|750=1|"));
}

/* Other than its FIX version has it, and one that has no such version. */
static void
faces_have_no_value_that_their_version_lacks(void **state)
{
	static const struct {
		const char *message;
		enum fix_version to;
		bool made;
		int64_t reason, restated;
	} cases[] = {
		{ "35=8|150=L|39=0", FIX_V_44, false, 0, 0 },
		{ "35=8|150=L|39=0", FIX_V_50SP2, true, 0, 0 },
		{ "35=8|150=I|39=0", FIX_V_50SP2, false, 0, 0 },
		/* the fee of an execution, behind it */
		{ "35=8|150=I|39=1|17=A|19=B|12=1|13=3", FIX_V_50SP2, true, 0,
		    0 },
		{ "35=8|150=I|39=1|17=A|19=B|12=1|13=3", FIX_V_42, true, 0, 0 },
		{ "35=8|150=8|39=8|103=18", FIX_V_44, true, 99, 0 },
		{ "35=8|150=8|39=8|103=18", FIX_V_50SP2, true, 18, 0 },
		{ "35=8|150=8|39=8|103=11", FIX_V_42, true, 0, 0 },
		{ "35=8|150=8|39=8|103=99", FIX_V_43, true, 0, 0 },
		{ "35=8|150=4|39=4|378=12", FIX_V_44, true, 0, 99 },
		{ "35=8|150=4|39=4|378=12", FIX_V_42, true, 0, 4 },
	};
	struct fix_field fields[32];

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fix_msg m = { .fields = fields, .cap = 32 };
		char text[200];
		struct fix_exec e;
		int n = snprintf(text, sizeof(text),
		    "8=FIXT.1.1|9=9|%s|10=000|", cases[i].message);

		for (char *p = text; *p != '\0'; p++)
			if (*p == '|')
				*p = 1;
		assert_int_equal(
		    fix_split((const uint8_t *)text, (size_t)n, &m), 0);
		assert_int_equal(copy_exec(&m, cases[i].to, &e), cases[i].made);
		if (!cases[i].made)
			continue;
		assert_int_equal(e.ord_rej_reason, cases[i].reason);
		assert_int_equal(e.exec_restatement_reason, cases[i].restated);
	}
}

static unsigned
alarms(const struct rig *r)
{
	const char *at = r->log;
	unsigned n = 0;

	while ((at = strstr(at, "CLIENTC: its copies are ")) != NULL) {
		n += strncmp(at + 24, "no more", 7) != 0;
		at++;
	}
	return n;
}

/* One that is away: by records, and by time. A quiet night is no lag. */
static void
one_that_is_too_far_behind_is_told_of_once(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c, *s;

	r->sessions[2].copy.alarm_records = 400;
	r->sessions[2].copy.alarm_s = 60;
	s = logged_on(r, 2, "CLIENTC", 1);
	settle(r);
	rig_hangup(r, s);
	settle(r);
	r->trader->copies[0]->copies->at.record =
	    fix_journal_last(r->journal); /* level */
	rig_pass(r, 1);
	rig_pass(r, 8 * 3600);
	(void)logged_on(r, 0, "CLIENTA", 1);
	rig_pass(r, 50);
	assert_int_equal(alarms(r), 0);
	rig_pass(r, 20);
	assert_int_equal(alarms(r), 1);
	rig_pass(r, 3600);
	assert_int_equal(alarms(r), 1);
	s = logged_on(r, 2, "CLIENTC", 2);
	settle(r);
	rig_pass(r, 1);
	assert_non_null(strstr(r->log, "CLIENTC: its copies are no more late"));
	rig_hangup(r, s);
	r->log_len = 0;
	r->log[0] = '\0';
	c = logged_on(r, 0, "CLIENTA", 2);
	fills(r, c, 3, 20);
	rig_pass(r, 1);
	assert_int_equal(alarms(r), 0);
	fills(r, c, 23, 60);
	rig_pass(r, 1);
	assert_int_equal(alarms(r), 1);
	for (unsigned i = 0; i < 4; i++) { /* to and fro is no new alarm */
		r->trader->copies[0]->copies->at = (struct copy_cursor){
			fix_journal_last(r->journal) - (i % 2 ? 450 : 300),
			r->now.utc.ns };
		rig_pass(r, 1);
	}
	assert_int_equal(alarms(r), 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_is_no_clients_is_shown_on_drop_copy),
		T(executions_of_a_client_that_is_no_more_are_copied),
		T(a_venues_executions_are_copied_after_their_orders_are_forgotten),
		T(what_is_sent_anew_after_a_reset_is_copied_once),
		T(counts_tell_what_was_copied_of_whom),
		T(one_that_is_too_far_behind_is_told_of_once),
		T(a_copy_names_its_original),
		T(a_turn_makes_few_copies),
		T(a_subscriber_that_does_not_read_gets_no_more),
		T(each_execution_is_copied_once_whatever_dies),
		T(a_request_that_asks_for_more_than_there_is_is_refused),
		T(a_request_may_narrow_by_order_symbol_and_time),
		T(a_bust_told_again_cancels_a_trade),
		T(the_journal_is_read_from_near_its_place),
		T(faces_have_no_value_that_their_version_lacks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
