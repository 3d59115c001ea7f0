/*
 * Random traffic from a seed: clients that send anything, a venue that says
 * anything, restarts and lost connections. The judge looks at every report;
 * what risk holds must equal what the orders add up to; and a second desk made
 * from the kept pairs must go on exactly like the first.
 *
 * A seed that fails is printed; DESK_SEED=n runs that one alone, DESK_STEPS=n
 * makes the run longer.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/gateway/order/rig.h"

#define RECENT 24 /* orders that traffic is about */

struct world {
	struct rig *r;
	uint64_t random;
	char id[RECENT][16]; /* ClOrdID of the D */
	uint32_t session[RECENT];
	char last[RECENT][16]; /* last request on it */
	unsigned n, ids, execs;
	char told[RECENT][16]; /* last ExecID of the venue */
};

static uint64_t
roll(struct world *w, uint64_t n)
{
	uint64_t x = w->random += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return (x ^ x >> 31) % n;
}

static const char *
new_id(struct world *w, char out[16])
{
	snprintf(out, 16, "R%u", ++w->ids);
	return out;
}

static int64_t
some_qty(struct world *w)
{
	return (int64_t)(1 + roll(w, 200)) * (FIX_E8 / 2);
}

static int64_t
some_px(struct world *w)
{
	return (int64_t)(1 + roll(w, 30000)) * (FIX_E8 / 100);
}

static void
fill_request(struct world *w, struct fix_order *o)
{
	static const char tifs[] = "000134";

	o->ord_type = (char)('1' + roll(w, 4));
	o->has = FIX_OH_ORDER_QTY;
	if (o->ord_type == '2' || o->ord_type == '4')
		o->has |= FIX_OH_PRICE;
	if (o->ord_type >= '3')
		o->has |= FIX_OH_STOP_PX;
	o->order_qty = fix_dec_of_e8(some_qty(w));
	o->price = fix_dec_of_e8(some_px(w));
	o->stop_px = fix_dec_of_e8(some_px(w));
	o->time_in_force = tifs[roll(w, sizeof(tifs) - 1)];
}

static void
random_new(struct world *w)
{
	unsigned i = w->n < RECENT ? w->n++ : (unsigned)roll(w, RECENT);
	struct fix_order o = { .kind = 'D',
		.side = roll(w, 2) ? '1' : '2',
		.account = fix_span_of(roll(w, 4) ? "ACC" : "ACC2"),
		.symbol = fix_span_of(roll(w, 9) ? "ABC" : "DEF") };

	fill_request(w, &o);
	w->session[i] = 1 + (uint32_t)roll(w, RIG_SESSIONS);
	o.cl_ord_id = fix_span_of(new_id(w, w->id[i]));
	memcpy(w->last[i], w->id[i], sizeof(w->id[i]));
	w->told[i][0] = '\0';
	rig_request(w->r, w->session[i], &o, false);
}

static void
random_change(struct world *w, unsigned i)
{
	static const char kinds[] = "FGGGHD";
	char id[16];
	struct fix_order o = { .kind = kinds[roll(w, 6)],
		.symbol = fix_span_of("ABC"),
		.side = '1' };
	const struct order *is =
	    desk_find_client(w->r->desk, w->session[i], fix_span_of(w->id[i]));

	if (is == NULL)
		return;
	o.symbol = fix_span_of(is->symbol);
	o.side = is->side;
	o.account = fix_span_of(is->account);
	fill_request(w, &o);
	o.poss_resend = roll(w, 20) == 0;
	memcpy(id, roll(w, 8) ? w->last[i] : w->id[i], sizeof(id));
	if (o.kind == 'H' || o.kind == 'D') { /* a D of a known id */
		o.cl_ord_id = fix_span_of(id);
		rig_request(w->r, w->session[i], &o, false);
		return;
	}
	o.orig_cl_ord_id = fix_span_of(id);
	if (roll(w, 16) != 0)
		new_id(w, w->last[i]);
	o.cl_ord_id = fix_span_of(w->last[i]);
	rig_request(w->r, w->session[i], &o, roll(w, 30) == 0);
}

static enum venue_event_kind
some_kind(struct world *w)
{
	static const enum venue_event_kind kinds[] = { VENUE_ACK, VENUE_ACK,
		VENUE_ACK, VENUE_FILL, VENUE_FILL, VENUE_FILL, VENUE_FILL,
		VENUE_FILL, VENUE_REPLACED, VENUE_REPLACED, VENUE_REPLACED,
		VENUE_CXL_REJECT, VENUE_CXL_REJECT, VENUE_REJECT,
		VENUE_CANCELED, VENUE_EXPIRED, VENUE_DONE_FOR_DAY,
		VENUE_RESTATED, VENUE_TRIGGERED, VENUE_BUST, VENUE_CORRECT,
		VENUE_STATUS, VENUE_STATUS, VENUE_UNKNOWN };

	return kinds[roll(w, sizeof(kinds) / sizeof(kinds[0]))];
}

/* What it says of quantities is now the truth, now nonsense. */
static void
random_event(struct world *w, unsigned i)
{
	const struct order *o =
	    desk_find_client(w->r->desk, w->session[i], fix_span_of(w->id[i]));
	char exec[16], ref[16];
	struct venue_event e = { .kind = some_kind(w), .exec_id = exec };

	if (o == NULL)
		return;
	memcpy(ref, w->told[i], sizeof(ref));
	snprintf(
	    exec, sizeof(exec), "V%u", roll(w, 12) ? ++w->execs : w->execs);
	e.ref_exec_id = ref;
	e.cl_ord_id = o->pending != '\0' && roll(w, 3) ? o->venue_request_id
						       : o->venue_cl_ord_id;
	e.venue_order_id = roll(w, 2) ? w->id[i] : NULL;
	e.side = o->side;
	e.symbol = o->symbol;
	e.status = "0124C38A6E"[roll(w, 10)];
	e.reason = (int)roll(w, 4);
	e.last_qty_e8 = roll(w, 20) == 0 ? 0
			: o->leaves_e8 > 0 && roll(w, 8)
			    ? 1 + (int64_t)roll(w, o->leaves_e8)
			    : some_qty(w);
	e.last_px_e8 = some_px(w);
	e.qty_e8 = roll(w, 2) ? 0 : some_qty(w);
	e.price_e8 = roll(w, 2) ? 0 : some_px(w);
	e.cum_qty_e8 = roll(w, 2) ? -1 : o->cum_e8;
	if (e.kind == VENUE_FILL)
		memcpy(w->told[i], exec, sizeof(exec));
	rig_event(w->r, &e);
}

static void
connection(struct world *w, bool up)
{
	struct venue_event e = { .kind = up ? VENUE_UP : VENUE_DOWN,
		.cum_qty_e8 = -1 };

	w->r->venue.up = up;
	rig_event(w->r, &e);
}

static void
random_step(struct world *w)
{
	uint64_t what = roll(w, 1000);
	unsigned i = w->n == 0 ? 0 : (unsigned)roll(w, w->n);

	if (w->n == 0 || what < 100)
		random_new(w);
	else if (what < 350)
		random_change(w, i);
	else if (what < 960)
		random_event(w, i);
	else if (what < 985)
		rig_pass(w->r, (int64_t)roll(w, 8) * FIX_SEC);
	else if (what < 988)
		connection(w, false);
	else if (what < 994)
		connection(w, true);
	else if (what < 996)
		desk_cancel_all(
		    w->r->desk, RISK_SCOPE_SYMBOL, "DEF", w->r->now);
	else if (what < 999)
		rig_check_holds(w->r);
	else
		rig_restart(w->r);
}

/* Decisions count up from each start. */
static size_t
before_decision(const char *text)
{
	const char *dec = strstr(text, " dec=");

	return dec == NULL ? strlen(text) : (size_t)(dec - text);
}

/* Both must tell the same, but for ids that count up from each start. */
static void
same_reports(const struct rig *a, const struct rig *b)
{
	unsigned i;

	assert_int_equal(a->n_told, b->n_told);
	for (i = 0; i < a->n_told; i++) {
		const struct told *x = &a->told[i], *y = &b->told[i];

		assert_int_equal(x->session, y->session);
		assert_string_equal(x->order_id, y->order_id);
		assert_string_equal(x->id, y->id);
		assert_string_equal(x->orig, y->orig);
		assert_int_equal(
		    before_decision(x->text), before_decision(y->text));
		assert_memory_equal(
		    x->text, y->text, before_decision(x->text));
		assert_int_equal(x->e.has, y->e.has);
		assert_int_equal(x->e.exec_type, y->e.exec_type);
		assert_int_equal(x->e.ord_status, y->e.ord_status);
		assert_int_equal(x->e.order_qty_e8, y->e.order_qty_e8);
		assert_int_equal(x->e.cum_qty_e8, y->e.cum_qty_e8);
		assert_int_equal(x->e.leaves_qty_e8, y->e.leaves_qty_e8);
		assert_int_equal(fix_dec_cmp(x->e.avg_px, y->e.avg_px), 0);
		assert_int_equal(x->e.cxl_rej_reason, y->e.cxl_rej_reason);
	}
}

/* A twin lives through the same: requests on what is there, and events. */
static void
go_on_like_a_twin(struct world *w)
{
	struct world t = *w;
	unsigned i;

	connection(w, false); /* all in doubt, as after a start */
	t.r = rig_twin(w->r);
	rig_check_holds(t.r);
	rig_forget_seen(w->r);
	t.random = w->random;
	connection(w, true);
	connection(&t, true);
	for (i = 0; i < 60; i++) {
		unsigned k = (unsigned)roll(w, RECENT), ev;

		roll(&t, RECENT);
		ev = (unsigned)roll(w, 3);
		roll(&t, 3);
		if (ev == 0) {
			random_change(w, k);
			random_change(&t, k);
		} else {
			random_event(w, k);
			random_event(&t, k);
		}
	}
	same_reports(w->r, t.r);
	rig_same_orders(w->r, t.r);
	rig_check_holds(t.r);
	rig_free(t.r);
}

static unsigned
from_env(const char *name, unsigned otherwise)
{
	const char *v = getenv(name);

	return v == NULL ? otherwise : (unsigned)strtoul(v, NULL, 10);
}

static void
run(enum fix_version v, uint64_t seed, unsigned steps)
{
	struct world w = { .random = seed };
	unsigned i;

	print_message("# seed %llu\n", (unsigned long long)seed);
	w.r = rig_new(v);
	for (i = 1; i <= steps; i++) {
		random_step(&w);
		rig_forget_seen(w.r);
		if (i % 500 == 0)
			rig_check_holds(w.r);
		if (i % 2000 == 0 && w.n == RECENT)
			go_on_like_a_twin(&w);
	}
	rig_check_holds(w.r);
	rig_free(w.r);
}

static void
random_traffic_keeps_every_promise(enum fix_version v)
{
	unsigned steps = from_env("DESK_STEPS", 4000), i;

	if (getenv("DESK_SEED") != NULL) {
		run(v, from_env("DESK_SEED", 0), steps);
		return;
	}
	for (i = 1; i <= 10; i++)
		run(v, i * 1000 + (unsigned)v, steps);
}

static void
in_fix_42(void **state)
{
	(void)state;
	random_traffic_keeps_every_promise(FIX_V_42);
}

static void
in_fix_44(void **state)
{
	(void)state;
	random_traffic_keeps_every_promise(FIX_V_44);
}

static void
in_fix_50sp2(void **state)
{
	(void)state;
	random_traffic_keeps_every_promise(FIX_V_50SP2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_fix_42),
		cmocka_unit_test(in_fix_44),
		cmocka_unit_test(in_fix_50sp2),
	};

	return cmocka_run_group_tests_name(
	    "random traffic keeps every promise", tests, NULL, NULL);
}
