/*
 * The simulated venue behind struct venue_ops: requests wait for their time,
 * and tick() works off, in the order of time, whatever is due.
 *
 * A send only queues (and keeps) a request; that is why the desk may send from
 * inside an event. tick() then takes the earliest of: the line coming back, an
 * event that waited, an order that expires, liquidity that returns, a request.
 * Only requests that were there when tick() began are worked, so a desk that
 * answers each event with a request can't hold the loop; the rest is due at the
 * next tick. Time comes from the caller alone, so one seed gives one run.
 */
#include <assert.h>
#include <stdlib.h>

#include "gateway/venue/sim_inside.h"

enum due { DUE_NOTHING, DUE_UP, DUE_LATE, DUE_EXPIRY, DUE_REFILL, DUE_REQUEST };

static int
sim_send_new(struct venue *v, const struct venue_order *o, struct fix_now now)
{
	return sim_take(v, o, now, 'D');
}

static int
sim_send_cancel(
    struct venue *v, const struct venue_order *o, struct fix_now now)
{
	return sim_take(v, o, now, 'F');
}

static int
sim_send_replace(
    struct venue *v, const struct venue_order *o, struct fix_now now)
{
	return sim_take(v, o, now, 'G');
}

static int
sim_send_status(
    struct venue *v, const struct venue_order *o, struct fix_now now)
{
	return sim_take(v, o, now, 'H');
}

static void
work_expiry(struct sim *s)
{
	struct sim_order *o = s->heap[0];
	struct venue_event e = sim_event(s, o, VENUE_EXPIRED);

	sim_tell(s, o, &e, true);
	sim_end(s, o, 'C');
}

static void
work_refill(struct sim *s)
{
	struct sim_book *b = s->first_refill;

	s->first_refill = b->next_refill;
	if (s->first_refill == NULL)
		s->last_refill = NULL;
	b->refilling = false;
	sim_refill(s, b);
}

static void
sooner(enum due what, int64_t when, enum due *first, int64_t *ns)
{
	if (when < *ns) {
		*first = what;
		*ns = when;
	}
}

/* What is next; of two at the same time the one that is named first. */
static enum due
next_due(const struct sim *s, int64_t *ns)
{
	enum due what = DUE_NOTHING;

	*ns = FIX_MONO_NEVER;
	if (!s->venue.up)
		sooner(DUE_UP, s->up_ns, &what, ns);
	else if (s->first_late != NULL)
		sooner(DUE_LATE, s->first_late->due_ns, &what, ns);
	if (s->n_heap > 0)
		sooner(DUE_EXPIRY,
		    s->now.mono.ns + (s->heap[0]->expire_ns - s->now.utc.ns),
		    &what, ns);
	if (s->first_refill != NULL)
		sooner(DUE_REFILL, s->first_refill->refill_ns, &what, ns);
	if (s->first_request != NULL)
		sooner(DUE_REQUEST, s->first_request->due_ns, &what, ns);
	return what;
}

static void
work(struct sim *s, enum due what)
{
	switch (what) {
	case DUE_UP:
		sim_go_up(s);
		break;
	case DUE_LATE:
		sim_tell_late(s);
		break;
	case DUE_EXPIRY:
		work_expiry(s);
		break;
	case DUE_REFILL:
		work_refill(s);
		break;
	case DUE_REQUEST:
		sim_work_request(s);
		break;
	case DUE_NOTHING:
		break;
	}
}

static void
cancel_orphans(struct sim *s)
{
	struct venue_event e;
	struct sim_order *o;

	while ((o = s->orphans) != NULL) {
		s->orphans = o->next;
		o->next = NULL;
		e = sim_event(s, o, VENUE_CANCELED);
		e.text = "the symbol is no longer traded";
		sim_tell(s, o, &e, true);
		sim_end(s, o, '4');
	}
}

static void
first_tick(struct sim *s)
{
	unsigned i;

	s->ticked = true;
	s->at = s->now;
	for (i = 0; i < s->n_books; i++)
		sim_tell_mark(s, &s->books[i]);
	sim_go_up(s);
	while (s->first_late != NULL)
		sim_tell_late(s);
	cancel_orphans(s);
	for (i = 0; i < s->n_books; i++)
		sim_refill(s, &s->books[i]);
}

static void
set_moment(struct sim *s, int64_t due)
{
	if (due > s->at.mono.ns)
		s->at.mono.ns = due;
	s->at.utc.ns = s->now.utc.ns - (s->now.mono.ns - s->at.mono.ns);
}

static void
sim_tick(struct venue *v, struct fix_now now)
{
	struct sim *s = (struct sim *)v;
	size_t budget;
	enum due what;
	int64_t due;

	if (!s->started)
		return;
	s->now = now;
	if (!s->ticked)
		first_tick(s);
	budget = s->n_requests;
	for (;;) {
		what = next_due(s, &due);
		if (what == DUE_NOTHING || due > now.mono.ns ||
		    (what == DUE_REQUEST && budget-- == 0))
			break;
		set_moment(s, due);
		work(s, what);
	}
}

static struct fix_mono
sim_deadline(const struct venue *v)
{
	const struct sim *s = (const struct sim *)v;
	struct fix_mono m = { FIX_MONO_NEVER };

	if (s->started && !s->ticked)
		return s->now.mono;
	if (s->started)
		next_due(s, &m.ns);
	return m;
}

static int
sim_prepare(struct venue *v, size_t n)
{
	struct sim *s = (struct sim *)v;

	return pool_prepare(&s->orders, n) && hmap_prepare(&s->ids, n) ?
	    0 : -FIX_E_NOMEM;
}

static void
sim_start(struct venue *v, struct fix_now now)
{
	struct sim *s = (struct sim *)v;

	assert(!s->started);
	s->started = true;
	s->now = s->at = now;
	s->incarnation++;
	s->random += s->incarnation;
	sim_keep_incarnation(s);
	sim_settle_loaded(s);
}

static void
sim_free(struct venue *v)
{
	struct sim *s = (struct sim *)v;
	unsigned i;

	for (i = 0; i < s->n_books; i++)
		free(s->books[i].house);
	free(s->books);
	hmap_fini(&s->ids);
	free(s->heap);
	pool_fini(&s->orders);
	pool_fini(&s->levels);
	pool_fini(&s->requests);
	pool_fini(&s->lates);
	free(s);
}

static const struct venue_ops ops = {
	.send_new = sim_send_new,
	.send_cancel = sim_send_cancel,
	.send_replace = sim_send_replace,
	.send_status = sim_send_status,
	.prepare = sim_prepare,
	.load = sim_load,
	.start = sim_start,
	.tick = sim_tick,
	.deadline = sim_deadline,
	.free = sim_free,
};

static int
by_name(const void *a, const void *b)
{
	const struct sim_book *x = a, *y = b;

	return strcmp(x->cfg.symbol, y->cfg.symbol);
}

static bool
make_books(struct sim *s, const struct sim_cfg *cfg)
{
	struct sim_book *b;
	unsigned i;

	if (cfg->n_symbols == 0)
		return true;
	s->books = calloc(cfg->n_symbols, sizeof(*s->books));
	if (s->books == NULL)
		return false;
	for (i = 0; i < cfg->n_symbols; i++) {
		b = &s->books[s->n_books++];
		b->cfg = cfg->symbols[i];
		if (b->cfg.levels > SIM_LEVELS_MAX)
			b->cfg.levels = SIM_LEVELS_MAX;
		if (b->cfg.tick_e8 <= 0 || b->cfg.size_e8 <= 0)
			b->cfg.levels = 0;
		b->last_e8 = b->cfg.ref_e8;
		b->bids.down = b->sell_stops.down = b->buy_touches.down = true;
		if (b->cfg.levels == 0)
			continue;
		b->house = calloc(2 * b->cfg.levels, sizeof(*b->house));
		if (b->house == NULL)
			return false;
	}
	qsort(s->books, s->n_books, sizeof(*s->books), by_name);
	return true;
}

struct venue *
venue_sim_new(const struct sim_cfg *cfg, struct venue_sink sink)
{
	struct sim *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->venue.ops = &ops;
	s->venue.sink = sink;
	fix_span_copy(fix_span_of("J:01346 110:12 111:2 152:1 18=6:2 15:1234J"),
	    s->venue.takes, sizeof(s->venue.takes));
	fix_span_copy(
	    fix_span_of(cfg->currency), s->currency, sizeof(s->currency));
	fix_span_copy(
	    fix_span_of(cfg->name), s->venue.name, sizeof(s->venue.name));
	pool_init(&s->orders, sizeof(struct sim_order));
	pool_init(&s->levels, sizeof(struct sim_level));
	pool_init(&s->requests, sizeof(struct sim_request));
	pool_init(&s->lates, sizeof(struct sim_late));
	s->latency_ns = (int64_t)cfg->latency_us * FIX_USEC;
	s->refill_after_ns = (int64_t)cfg->refill_ms * FIX_MSEC;
	if (s->refill_after_ns == 0)
		s->refill_after_ns = FIX_MSEC;
	s->day_end_ns = (int64_t)cfg->day_end_s * FIX_SEC;
	s->faults = cfg->faults;
	s->random = cfg->seed;
	if (!hmap_init(&s->ids) || !make_books(s, cfg)) {
		sim_free(&s->venue);
		return NULL;
	}
	return &s->venue;
}
