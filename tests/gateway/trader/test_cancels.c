/*
 * A cancel always has a way: whatever refuses new orders, F and q are carried
 * out, and a full disk has room for them, however many orders are refused.
 */
#include "tests/gateway/trader/full.h"

struct bar { /* what refuses new orders */
	const char *name;
	const char *command; /* NULL: by hand() */
	const char *says;    /* of a refused order */
	void (*hand)(struct rig *r);
};

static void
slow(struct rig *r)
{
	struct flow *f = &r->trader->clients[0].flow;

	assert_int_equal(fix_pace_read(&r->sessions[0].flow.in, "1/3600"), 0);
	fix_pace_fini(&f->in);
	assert_int_equal(fix_pace_init(&f->in, &r->sessions[0].flow.in), 0);
	fix_pace_take(&f->in, r->now.mono);
}

static void
fast(struct rig *r)
{
	does(r, "ann", "risk put account DEMO if=1 OrdersPerSecond=1", "ok");
	rig_say(r, &r->conns[0], rig_order(next(r), "S1", 10, "90"));
}

static const struct bar bars[] = {
	{ "firm killed", "risk kill firm", "RISK KILL", NULL },
	{ "account killed", "risk kill account DEMO", "RISK KILL", NULL },
	{ "symbol killed", "risk kill symbol AAPL", "RISK KILL", NULL },
	{ "session killed", "risk kill session CLIENTA", "RISK KILL", NULL },
	{ "rate of orders", NULL, "RISK RATE", fast },
	{ "a limit reached", "risk put account DEMO if=1 MaxOpenOrders=1",
	  "RISK", NULL },
	{ "inbound limit", NULL, "too many messages", slow },
	{ "full disk", NULL, "disk is full", full_disk },
};

static void
raise_bar(struct rig *r, const struct bar *b)
{
	if (b->hand != NULL)
		b->hand(r);
	else
		does(r, "ann", b->command, "ok");
}

static void
cancels_pass(struct rig *r, struct rig_conn *c, const char *name)
{
	unsigned live = desk_live(r->trader->desk);
	char text[160];

	snprintf(text, sizeof(text), "35=F|34=%u|11=C1|41=A1|1=DEMO|55=AAPL|"
	    "54=1|38=10|60=20260302-12:00:00", next(r));
	rig_say(r, c, text);
	if (rig_sent(c, "|35=9|") || rig_sent(c, "|35=j|") || n_canceled == 0)
		fail_msg("%s: a cancel does not pass: %s", name, c->out);
	venue_says(r, VENUE_CANCELED, "A1");
	assert_true(rig_sent(c, "|150=4|"));
	rig_clear(c);
	snprintf(text, sizeof(text), "35=q|34=%u|11=Q1|530=7|"
	    "60=20260302-12:00:00", next(r));
	rig_say(r, c, text);
	if (!rig_sent(c, "|531=7|"))
		fail_msg("%s: a mass cancel does not pass: %s", name, c->out);
	venue_says(r, VENUE_CANCELED, "A2");
	assert_true(rig_sent(c, "|150=4|"));
	assert_int_equal(desk_live(r->trader->desk), live - 2);
}

static void
whatever_refuses_orders_lets_cancels_pass(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bars) / sizeof(bars[0]); i++) {
		struct rig *r = rig_new();
		struct rig_conn *c;

		start(r);
		c = two_orders(r);
		raise_bar(r, &bars[i]);
		rig_clear(c);
		rig_say(r, c, rig_order(next(r), "N1", 10, "90"));
		if (!rig_sent(c, bars[i].says))
			fail_msg("%s refuses nothing: %s", bars[i].name, c->out);
		rig_clear(c);
		cancels_pass(r, c, bars[i].name);
		rig_free(r);
	}
}

/* Orders are refused, which takes room, too: it must not be what cancels need,
 * however many come. */
static void
refusals_do_not_use_up_the_room_of_cancels(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = two_orders(r);
	unsigned refused = 0, waits = 0;

	full_disk(r);
	for (unsigned i = 0; waits <= 500 && i < 10000; i++) {
		char id[16];

		snprintf(id, sizeof(id), "N%u", next(r));
		r->now.mono.ns += 100 * FIX_USEC;
		if (!rig_offer(r, c, rig_order(next(r), id, 10, "90"))) {
			assert_true(c->conn.later.ns > r->now.mono.ns);
			waits++;
		} else {
			refused++;
		}
		assert_int_equal(rig_turn(r), 0);
		rig_clear(c);
	}
	assert_true(refused > 10);
	assert_true(waits > 500);
	cancels_pass(r, c, "full disk and a flood");
	r->now.mono.ns += FIX_SEC; /* it is slow, but goes on */
	assert_true(rig_offer(r, c, rig_order(next(r), "N", 10, "90")));
	memdisk_limit(r->disk, 0);
	(void)trader_idle(r->trader);
	assert_false(r->trader->short_of_space);
	rig_say(r, c, rig_order(next(r), "L1", 10, "90"));
	rig_say(r, c, rig_order(next(r), "L2", 10, "90"));
	assert_int_equal(desk_live(r->trader->desk), 2);
}

/* Their orders' part of the room, whatever else was written. */
static bool
cancels_have_room(struct rig *r)
{
	return fix_journal_room(r->journal) >=
	    (uint64_t)desk_live(r->trader->desk) * SPACE_CANCEL;
}

static void
many_orders(struct rig *r, struct rig_conn *c, unsigned n)
{
	char id[16];

	does(r, "ann", "risk propose firm if=1 MaxOpenOrders=100000", "ok");
	does(r, "bob", "risk approve 1", "ok");
	for (unsigned i = 0; i < n; i++) {
		snprintf(id, sizeof(id), "O%u", i);
		rig_clear(c);
		rig_say(r, c, rig_order(next(r), id, 1, "10"));
		if (!rig_sent(c, "|150=0|"))
			fail_msg("order %u: %s", i, c->out);
		(void)trader_idle(r->trader);
	}
	rig_clear(c);
}

/* As a client does that sees its own alarm: all cancels in one turn, when even
 * the last byte of what is not for them is used. */
static void
all_orders_can_be_canceled_at_once_on_a_full_disk(void **state)
{
	enum { N = 1000 };
	struct rig *r = *state;
	struct rig_conn *c = logged_on(r, 1);
	char text[160];

	many_orders(r, c, N);
	full_disk(r);
	while (fix_journal_room(r->journal) > (N + 2) * SPACE_CANCEL) {
		trader_note(r->trader, LOG_L_INFO, 0, "%0400u", 1);
		assert_int_equal(rig_turn(r), 0);
		r->log_len = 0;
	}
	for (unsigned i = 0; i < N; i++) {
		snprintf(text, sizeof(text), "35=F|34=%u|11=C%u|41=O%u|1=DEMO|"
		    "55=AAPL|54=1|38=1|60=20260302-12:00:00", next(r), i, i);
		r->deaf = true; /* half a megabyte */
		rig_feed(r, c, text);
	}
	assert_int_equal(rig_turn(r), 0);
	for (unsigned i = 0; i < 100 && desk_live(r->trader->desk) > 0; i++)
		rig_pass(r, 1);
	assert_int_equal(desk_live(r->trader->desk), 0);
	r->deaf = false;
	memdisk_limit(r->disk, 0);
	(void)trader_idle(r->trader);
	rig_say(r, c, rig_order(next(r), "L1", 10, "90"));
	assert_true(rig_sent(c, "|150=0|"));
}

/* What is no cancel of a live order, for minutes and as fast as it is read. */
static void
no_flood_uses_the_room_of_cancels(void **state)
{
	static const struct {
		char type;
		int id;
		const char *rest;
	} floods[] = {
		{ 'D', 11, "1=DEMO|21=1|55=AAPL|54=1|38=10|40=2|44=90|"
		    "60=20260302-12:00:00|59=0" },
		{ '1', 112, "58=x" },
		{ 'F', 11, "41=NOBODY|1=DEMO|55=AAPL|54=1|38=1|"
		    "60=20260302-12:00:00" },
		{ 'q', 11, "530=7|60=20260302-12:00:00" },
	};

	(void)state;
	for (size_t f = 0; f < sizeof(floods) / sizeof(floods[0]); f++) {
		struct rig *r = rig_new();
		struct rig_conn *c;
		unsigned read = 0;
		char text[256];

		start(r);
		c = two_orders(r);
		if (floods[f].type == 'q') /* there is nothing to cancel */
			cancels_pass(r, c, "before the flood");
		fill_until_tight(r);
		for (unsigned i = 0; i < 100000; i++) {
			r->now.mono.ns += 3 * FIX_MSEC;
			snprintf(text, sizeof(text), "35=%c|34=%u|%d=N%u|%s",
			    floods[f].type, next(r), floods[f].id, i,
			    floods[f].rest);
			read += rig_offer(r, c, text);
			assert_int_equal(rig_turn(r), 0);
			if (c->closed)
				fail_msg("35=%c: closed: %s",
				    floods[f].type, r->log);
			rig_clear(c);
			r->log_len = 0;
		}
		if (read < 100 || !cancels_have_room(r))
			fail_msg("35=%c: %u read, %zu bytes left",
			    floods[f].type, read,
			    (size_t)fix_journal_room(r->journal));
		r->now.mono.ns += 30 * FIX_SEC;
		if (floods[f].type != 'q')
			cancels_pass(r, c, "full disk and a flood");
		rig_free(r);
	}
}

static bool
logs_on(struct rig *r, const char *who)
{
	struct rig_conn *c = rig_accept(r, 1);
	char text[80];

	snprintf(text, sizeof(text), "35=A|49=%s|34=%u|98=0|108=30", who,
	    (unsigned)fix_session_numbers(r->trader->clients[
		strcmp(who, "CLIENTB") == 0].fix).next_in);
	rig_feed(r, c, text);
	assert_int_equal(rig_turn(r), 0);
	r->log_len = 0;
	if (c->closed)
		return false;
	rig_hangup(r, c);
	return true;
}

/* A session that logs on again and again gets no more than its part, and others
 * have theirs. */
static void
logons_do_not_use_up_the_room_of_cancels(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = two_orders(r);
	unsigned on = 0;

	r->log_len = 0;
	fill_until_tight(r);
	for (unsigned i = 0; i < 5000; i++) {
		r->now.mono.ns += 20 * FIX_MSEC;
		on += logs_on(r, "CLIENTB");
		if (i == SPACE_LOGONS)
			assert_non_null(strstr(r->log, "again and again"));
	}
	assert_int_equal(on, SPACE_LOGONS);
	assert_true(cancels_have_room(r));
	rig_hangup(r, c);
	r->now.mono.ns += 600 * FIX_SEC;
	assert_true(logs_on(r, "CLIENTB")); /* rarely, yet */
	assert_false(logs_on(r, "CLIENTB"));
	c = logged_on(r, next(r)); /* the one with orders can */
	assert_false(c->closed);
	rig_clear(c);
	cancels_pass(r, c, "full disk and Logons");
	memdisk_limit(r->disk, 0);
	(void)trader_idle(r->trader);
	for (unsigned i = 0; i < 3 * SPACE_LOGONS; i++)
		assert_true(logs_on(r, "CLIENTB"));
}

/* All that a client may say of its order, and the longest cancel. */
static void
no_cancel_takes_more_than_is_kept_for_it(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = logged_on(r, 1);
	static const int roles[] = { 1, 3, 4, 7, 13, 17 };
	char text[2000], id[3][65], party[33], pad[600];
	uint64_t used;
	size_t n;

	for (int i = 0; i < 3; i++) {
		memset(id[i], 'a' + i, 64);
		id[i][64] = '\0';
	}
	memset(party, 'p', 32);
	party[32] = '\0';
	n = (size_t)snprintf(text, sizeof(text), "35=D|34=%u|11=%s|", next(r),
	    id[0]);
	n += (size_t)snprintf(text + n, sizeof(text) - n, "453=6|");
	for (int i = 0; i < 6; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
		    "448=%s|447=D|452=%d|", party, roles[i]);
	snprintf(text + n, sizeof(text) - n, "1=DEMO|21=1|55=AAPL|54=1|"
	    "60=20260302-12:00:00.123|38=10|40=2|44=90|59=0|111=5");
	rig_say(r, c, text);
	if (!rig_sent(c, "|150=0|"))
		fail_msg("%s", c->out);
	deaf(r);
	memset(pad, 'x', sizeof(pad));
	n = (size_t)snprintf(text, sizeof(text), "35=F|34=%u|11=%s|41=%s|"
	    "1=DEMO|55=AAPL|54=1|38=10|60=20260302-12:00:00.123|58=", next(r),
	    id[1], id[0]);
	snprintf(text + n, sizeof(text) - n, "%.600s", pad);
	used = fix_journal_used(r->journal);
	rig_clear(c);
	rig_say(r, c, text);
	assert_true(rig_sent(c, "|150=6|"));
	venue_says(r, VENUE_CANCELED, id[0]);
	if (!rig_sent(c, "|150=4|"))
		fail_msg("%s", c->out);
	used = fix_journal_used(r->journal) - used;
	if (used < 3000 || used > SPACE_CANCEL)
		fail_msg("it takes %zu bytes", (size_t)used);
}

static int
empty(void **state)
{
	*state = rig_new();
	return 0;
}

static void
fill_until(struct rig *r, const char *says)
{
	for (unsigned i = 0; i < 20000 && strstr(r->log, says) == NULL; i++) {
		trader_note(r->trader, LOG_L_INFO, 0, "%0400u", i);
		assert_int_equal(rig_turn(r), 0);
		(void)trader_idle(r->trader);
		if (r->log_len > sizeof(r->log) / 2)
			r->log_len = 0; /* it is cut at what was found */
	}
	if (strstr(r->log, says) == NULL)
		fail_msg("not said: %s", says);
	r->log_len = 0;
	r->log[0] = '\0';
}

static void
next_order(struct rig *r, struct rig_conn *c, const char *id, const char *px)
{
	rig_clear(c);
	rig_say(r, c, rig_order(next(r), id, 10, px));
}

/* audit.md section 6, step 5: an alarm, then REDUCING, then HALT, never a cancel. */
static void
a_journal_that_fills_refuses_by_steps(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c;
	unsigned live;
	char sell[128];

	r->space = (struct trader_space){ 5 << 20, 70, 90, 97 };
	start(r);
	c = logged_on(r, 1);
	next_order(r, c, "F1", "110");
	assert_true(rig_sent(c, "|150=F|"));
	fill_until(r, "bytes: this is an alarm only");
	next_order(r, c, "A1", "90");
	assert_true(rig_sent(c, "|150=0|"));
	next_order(r, c, "A2", "90");
	fill_until(r, "bytes: orders must reduce positions");
	next_order(r, c, "N1", "90");
	assert_true(rig_sent(c, "RISK KILL"));
	assert_true(rig_sent(c, "by=DISK"));
	rig_clear(c);
	snprintf(sell, sizeof(sell), "35=D|34=%u|11=S1|1=DEMO|55=AAPL|54=2|"
	    "38=10|40=2|44=150|60=20260302-12:00:00", next(r));
	rig_say(r, c, sell);
	assert_true(rig_sent(c, "|150=0|"));
	fill_until(r, "bytes: only cancels are taken");
	assert_false(r->trader->short_of_space);
	next_order(r, c, "N2", "90");
	assert_true(rig_sent(c, "disk is full"));
	rig_clear(c);
	deaf(r);
	cancels_pass(r, c, "a journal at 97 percent");
	r->trader->cfg.space.max_bytes *= 2;
	fill_until(r, "bytes: all orders are taken");
	live = desk_live(r->trader->desk);
	next_order(r, c, "L1", "90");
	assert_int_equal(desk_live(r->trader->desk), live + 1);
}

/* TestRequests and their like are answered, slowly, and long ones slower. */
static void
what_keeps_a_session_up_does_not_use_up_the_room(void **state)
{
	struct rig *r = *state;
	struct rig_conn *c = two_orders(r);
	unsigned answered = 0;
	uint64_t room;
	char text[64];

	full_disk(r);
	while (!space_tight(r->trader)) {
		trader_note(r->trader, LOG_L_INFO, 0, "%0400u", 1);
		assert_int_equal(rig_turn(r), 0);
	}
	room = fix_journal_room(r->journal);
	for (unsigned i = 0; i < 10000; i++) {
		r->now.mono.ns += 100 * FIX_USEC;
		snprintf(text, sizeof(text), "35=1|34=%u|112=T", next(r));
		rig_clear(c);
		answered += rig_offer(r, c, text);
		assert_int_equal(rig_turn(r), 0);
	}
	assert_in_range(answered, 8, 10);
	assert_true(room - fix_journal_room(r->journal) < 10000);
	r->now.mono.ns += FIX_SEC;
	rig_clear(c);
	cancels_pass(r, c, "full disk and TestRequests");
}

/* Whoever knocks, and whatever the market does. Prices are marks that risk keeps
 * where a control of losses asks for them. */
static void
strangers_and_prices_take_no_room(void **state)
{
	struct rig *r = *state;
	struct venue_event e = { .kind = VENUE_MARK, .symbol = "AAPL" };
	struct rig_conn *c, *d;
	struct venue_sink sink;
	char text[80];
	uint64_t room;

	r->sessions[3] = r->sessions[0];
	r->sessions[3].fix.target_comp_id = "*";
	r->n_templates = 1;
	r->max_dynamic = 100;
	start(r);
	does(r, "ann", "risk put firm if=1 MaxLoss=1000000", "ok");
	c = logged_on(r, 1);
	rig_say(r, c, rig_order(next(r), "A1", 10, "110"));
	rig_say(r, c, rig_order(next(r), "A2", 10, "90"));
	fill_until_tight(r);
	sink = trader_sink(r->trader);
	room = fix_journal_room(r->journal);
	for (unsigned i = 0; i < 20; i++) {
		r->now.mono.ns += FIX_SEC;
		d = rig_accept(r, 1);
		snprintf(text, sizeof(text),
		    "35=A|49=STRANGER%u|34=1|98=0|108=30", i);
		rig_feed(r, d, text);
		assert_int_equal(rig_turn(r), 0);
		assert_true(d->closed);
		trader_refused(r->trader, "203.0.113.7:999", "not allowed",
		    r->now);
		e.last_px_e8 = (100 + (int64_t)i) * FIX_E8;
		sink.event(sink.arg, r->trader->venues[0], &e);
		assert_int_equal(rig_turn(r), 0);
	}
	assert_int_equal(r->trader->n_clients, r->trader->cfg.n_sessions);
	assert_int_equal(fix_journal_room(r->journal), room);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_refuses_orders_lets_cancels_pass),
		cmocka_unit_test_setup_teardown(
		    refusals_do_not_use_up_the_room_of_cancels, set_up,
		    tear_down),
		T(all_orders_can_be_canceled_at_once_on_a_full_disk),
		cmocka_unit_test(no_flood_uses_the_room_of_cancels),
		T(logons_do_not_use_up_the_room_of_cancels),
		T(no_cancel_takes_more_than_is_kept_for_it),
		cmocka_unit_test_setup_teardown(
		    what_keeps_a_session_up_does_not_use_up_the_room, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    strangers_and_prices_take_no_room, empty, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_journal_that_fills_refuses_by_steps, empty, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
