/*
 * The gateway's end of the venue's connection, as struct venue: it hands over
 * what the venue told, in its order, and remembers how far it came with what
 * the trader keeps. So a death makes the venue tell again what was not
 * committed, and often a little of what was.
 *
 * Requests leave when the turn is committed; a death in the middle of it lets
 * some of them go.
 */
#include "tests/sim/world.h"

#include <stdlib.h>

struct wire {
	struct venue venue;
	struct world *w;
	unsigned conn;
	uint64_t next; /* event */
	int64_t dial_at;
	struct vrequest out[MAX_REQUESTS];
	unsigned n_out;
};

static struct wire *
wire_of(struct venue *v)
{
	return (struct wire *)v;
}

static void
copy(char *to, size_t cap, const char *from)
{
	if (from != NULL && !fix_span_copy(fix_span_of(from), to, cap))
		abort();
}

static int
take(struct venue *v, const struct venue_order *o, char kind)
{
	struct wire *a = wire_of(v);
	struct vrequest *q = &a->out[a->n_out];

	if (!v->up)
		return -FIX_E_STATE;
	if (a->n_out == MAX_REQUESTS)
		abort();
	memset(q, 0, sizeof(*q));
	q->kind = kind;
	copy(q->cl, sizeof(q->cl), o->cl_ord_id);
	copy(q->orig, sizeof(q->orig), o->orig_cl_ord_id);
	copy(q->symbol, sizeof(q->symbol), o->symbol);
	q->side = o->side;
	q->type = o->ord_type;
	q->tif = o->time_in_force;
	q->qty = o->qty_e8;
	q->price = o->price_e8;
	a->n_out++;
	return 0;
}

static int
send_new(struct venue *v, const struct venue_order *o, struct fix_now now)
{
	(void)now;
	return take(v, o, 'D');
}

static int
send_cancel(struct venue *v, const struct venue_order *o, struct fix_now now)
{
	(void)now;
	return take(v, o, 'F');
}

static int
send_replace(struct venue *v, const struct venue_order *o, struct fix_now now)
{
	(void)now;
	return take(v, o, 'G');
}

static int
send_status(struct venue *v, const struct venue_order *o, struct fix_now now)
{
	(void)now;
	return take(v, o, 'H');
}

static void
load(struct venue *v, struct fix_span key, struct fix_span value)
{
	if (key.len == 1 && value.len == sizeof(uint64_t))
		memcpy(&wire_of(v)->next, value.p, sizeof(uint64_t));
}

static void
start(struct venue *v, struct fix_now now)
{
	struct wire *a = wire_of(v);

	(void)now;
	a->dial_at =
	    a->w->now + (int64_t)chance_below(&a->w->chance, 100 * FIX_MSEC);
}

static void
hand_over(struct wire *a, enum venue_event_kind k)
{
	struct venue_event e = { .kind = k };

	a->venue.sink.event(a->venue.sink.arg, &a->venue, &e);
}

static void
mark(struct wire *a, const char *symbol, int64_t px_e8)
{
	struct venue_event e = {
		.kind = VENUE_MARK, .symbol = symbol, .last_px_e8 = px_e8
	};

	a->venue.sink.event(a->venue.sink.arg, &a->venue, &e);
}

static const char *
text_or_null(const char *s)
{
	return s[0] == '\0' ? NULL : s;
}

static void
deliver(struct wire *a)
{
	const struct vevent *from = &a->w->venue.events[a->next++];
	struct fix_span value = { (const uint8_t *)&a->next, sizeof(a->next) };
	struct venue_event e = from->e;

	a->venue.sink.keep(
	    a->venue.sink.arg, &a->venue, fix_span_of("n"), value);
	if (from->conn != 0 && from->conn != a->conn)
		return;
	e.cl_ord_id = text_or_null(from->cl);
	e.orig_cl_ord_id = text_or_null(from->orig);
	e.venue_order_id = text_or_null(from->vid);
	e.exec_id = text_or_null(from->exec);
	e.ref_exec_id = text_or_null(from->ref);
	e.symbol = text_or_null(from->symbol);
	world_trace(a->w, "wire: %lu %s %s", (unsigned long)a->next,
	    venue_event_name(e.kind), from->cl);
	a->venue.sink.event(a->venue.sink.arg, &a->venue, &e);
}

static void
dial(struct wire *a)
{
	struct world *w = a->w;
	uint64_t again = w->rules.calm ? 0 : chance_below(&w->chance, 4);

	a->conn = w->venue.conn = ++w->venue.last_conn;
	a->next -= again < a->next ? again : a->next;
	w->seen.retold += again;
	a->venue.up = true;
	hand_over(a, VENUE_UP);
	mark(a, "AAPL", 18725 * (FIX_E8 / 100));
	mark(a, "MSFT", 41000 * (FIX_E8 / 100));
}

static void
tick(struct venue *v, struct fix_now now)
{
	struct wire *a = wire_of(v);
	const struct outside *o = &a->w->venue;

	(void)now;
	if (v->up && a->conn != o->conn) {
		v->up = false;
		a->n_out = 0;
		a->dial_at = a->w->now + 20 * FIX_MSEC;
		hand_over(a, VENUE_DOWN);
	}
	if (!v->up && a->dial_at <= a->w->now && o->up_at <= a->w->now)
		dial(a);
	while (v->up && a->next < o->n_events &&
	       o->events[a->next].due <= a->w->now)
		deliver(a);
}

static struct fix_mono
deadline(const struct venue *v)
{
	const struct wire *a = (const struct wire *)v;
	const struct outside *o = &a->w->venue;
	struct fix_mono at = { INT64_MAX };

	if (!v->up)
		at.ns = a->dial_at > o->up_at ? a->dial_at : o->up_at;
	else if (a->conn != o->conn)
		at.ns = 0;
	else if (a->next < o->n_events)
		at.ns = o->events[a->next].due;
	return at;
}

static void
flush(struct venue *v)
{
	struct wire *a = wire_of(v);
	struct gateway_node *g = &a->w->gateway;
	unsigned n = a->n_out;
	bool dies = n > 0 && g->dies_in_send && chance_one_in(&a->w->chance, 2);

	a->n_out = 0;
	if (g->restart_at != 0 || a->conn != a->w->venue.conn)
		return;
	if (dies)
		n = (unsigned)chance_below(&a->w->chance, n + 1);
	for (unsigned i = 0; i < n; i++)
		venue_request(a->w, &a->out[i]);
	if (dies) {
		g->dies_in_send = false;
		gateway_crash(a->w);
	}
}

static void
wire_free(struct venue *v)
{
	free(wire_of(v));
}

static const struct venue_ops ops = {
	.send_new = send_new,
	.send_cancel = send_cancel,
	.send_replace = send_replace,
	.send_status = send_status,
	.load = load,
	.start = start,
	.tick = tick,
	.flush = flush,
	.deadline = deadline,
	.free = wire_free,
};

struct venue *
wire_new(struct world *w, struct venue_sink sink)
{
	struct wire *a = calloc(1, sizeof(*a));

	if (a == NULL)
		abort();
	a->w = w;
	a->venue.ops = &ops;
	a->venue.sink = sink;
	copy(a->venue.name, sizeof(a->venue.name), "OUT");
	return &a->venue;
}

/* How far the gateway has come with what the venue told. */
uint64_t
wire_next(const struct venue *v)
{
	return ((const struct wire *)v)->next;
}
