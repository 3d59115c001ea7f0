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

void
sim_drop_request(struct sim *s, struct sim_request **at)
{
	struct sim_request *q = *at, *r;

	*at = q->next;
	s->n_requests--;
	if (s->last_request == q) {
		s->last_request = NULL;
		for (r = s->first_request; r != NULL; r = r->next)
			s->last_request = r;
	}
	sim_unkeep(s, q->number);
	sim_pool_put(&s->requests, q);
}

static bool
fits(const struct venue_order *o)
{
	return strlen(o->cl_ord_id) < SIM_ID_MAX &&
	       (o->orig_cl_ord_id == NULL ||
		   strlen(o->orig_cl_ord_id) < SIM_ID_MAX) &&
	       strlen(o->symbol) <= SIM_SYMBOL_MAX;
}

static int
take(
    struct venue *v, const struct venue_order *o, struct fix_now now, char kind)
{
	struct sim *s = (struct sim *)v;
	struct sim_request *q;

	if (!v->up)
		return -FIX_E_STATE;
	if (!fits(o))
		return -FIX_E_TOOBIG;
	q = sim_pool_get(&s->requests);
	if (q == NULL)
		return -FIX_E_NOMEM;
	q->number = sim_next_number(s);
	q->due_ns = now.mono.ns + s->latency_ns;
	q->kind = kind;
	fix_span_copy(fix_span_of(o->cl_ord_id), q->cl_ord_id, SIM_ID_MAX);
	fix_span_copy(
	    fix_span_of(o->orig_cl_ord_id), q->orig_cl_ord_id, SIM_ID_MAX);
	fix_span_copy(fix_span_of(o->symbol), q->symbol, sizeof(q->symbol));
	q->side = o->side;
	q->ord_type = o->ord_type;
	q->time_in_force = o->time_in_force == '\0' ? '0' : o->time_in_force;
	q->qty_e8 = o->qty_e8;
	q->price_e8 = o->price_e8;
	q->stop_e8 = o->stop_e8;
	q->expire_ns = o->expire.ns;
	if (s->last_request == NULL)
		s->first_request = q;
	else
		s->last_request->next = q;
	s->last_request = q;
	s->n_requests++;
	sim_keep_request(s, q);
	return 0;
}

static int
sim_send_new(struct venue *v, const struct venue_order *o, struct fix_now now)
{
	return take(v, o, now, 'D');
}

static int
sim_send_cancel(
    struct venue *v, const struct venue_order *o, struct fix_now now)
{
	return take(v, o, now, 'F');
}

static int
sim_send_replace(
    struct venue *v, const struct venue_order *o, struct fix_now now)
{
	return take(v, o, now, 'G');
}

static int
sim_send_status(
    struct venue *v, const struct venue_order *o, struct fix_now now)
{
	return take(v, o, now, 'H');
}

/* Do the terms make an order that this venue takes? NULL: yes. */
static const char *
unfit(const struct sim *s, const struct sim_request *q)
{
	bool limit = q->ord_type == '2' || q->ord_type == '4';
	bool stop = q->ord_type == '3' || q->ord_type == '4';

	if (q->side != '1' && q->side != '2' && q->side != '5' &&
	    q->side != '6')
		return "side not taken here";
	if (q->ord_type < '1' || q->ord_type > '4')
		return "order type not taken here";
	if (strchr("01346", q->time_in_force) == NULL)
		return "time in force not taken here";
	if (q->qty_e8 <= 0 || (limit && q->price_e8 <= 0) ||
	    (stop && q->stop_e8 <= 0))
		return "quantity or price missing";
	if (q->time_in_force == '6' && q->expire_ns <= s->at.utc.ns)
		return "expire time missing or past";
	return NULL;
}

static int64_t
expiry_of(const struct sim *s, const struct sim_request *q)
{
	int64_t start = s->at.utc.ns - s->at.utc.ns % FIX_DAY;

	if (q->time_in_force == '6')
		return q->expire_ns;
	if (q->time_in_force != '0' || s->day_end_ns == 0)
		return 0;
	if (start + s->day_end_ns > s->at.utc.ns)
		return start + s->day_end_ns;
	return start + FIX_DAY + s->day_end_ns;
}

static void
set_terms(const struct sim *s, struct sim_order *o, const struct sim_request *q)
{
	o->side = q->side == '1' ? '1' : '2';
	o->ord_type = q->ord_type;
	o->time_in_force = q->time_in_force;
	o->qty_e8 = q->qty_e8;
	o->price_e8 = q->price_e8;
	o->stop_e8 = q->stop_e8;
	o->expire_ns = expiry_of(s, q);
}

static struct sim_order *
make_order(struct sim *s, const struct sim_request *q, struct sim_book *b)
{
	struct sim_order *o;

	if (sim_reserve_id(s) != 0)
		return NULL;
	o = sim_pool_get(&s->orders);
	if (o == NULL)
		return NULL;
	o->number = o->rank = q->number;
	o->book = b;
	o->status = '0';
	set_terms(s, o, q);
	sim_set_id(s, o, 0, q->cl_ord_id);
	if (sim_expires(s, o) == 0)
		return o;
	sim_set_id(s, o, 0, "");
	sim_pool_put(&s->orders, o);
	return NULL;
}

static void
refuse(struct sim *s, const struct sim_request *q, int reason, const char *text)
{
	sim_unkeep(s, q->number);
	sim_tell_request(s, q, VENUE_REJECT, reason, text);
}

static void
work_new(struct sim *s, const struct sim_request *q)
{
	struct sim_book *b = sim_book_of(s, q->symbol);
	const char *why = unfit(s, q);
	struct sim_order *o;

	if (sim_strikes(s, SIM_F_DISCONNECT, s->faults.disconnect)) {
		sim_go_down(s);
		if (sim_random(s) & 1) {
			sim_unkeep(s, q->number);
			return;
		}
	}
	if (b == NULL)
		refuse(s, q, 1, "unknown symbol");
	else if (sim_find(s, q->cl_ord_id) != NULL)
		refuse(s, q, 6, "ClOrdID used before");
	else if (why != NULL)
		refuse(s, q, 11, why);
	else if (sim_strikes(s, SIM_F_REJECT, s->faults.reject))
		refuse(s, q, 0, "refused as told to");
	else if ((o = make_order(s, q, b)) == NULL)
		refuse(s, q, 0, "out of memory");
	else
		sim_enter(s, o, true);
}

/* The order that a cancel or replace names; or tell why not. */
static struct sim_order *
named(struct sim *s, const struct sim_request *q)
{
	struct sim_order *o = sim_find(s, q->orig_cl_ord_id);

	if (o == NULL)
		sim_tell_request(s, q, VENUE_CXL_REJECT, 1, "unknown order");
	else if (!sim_live(o))
		sim_tell_request(s, q, VENUE_CXL_REJECT, 0, "too late");
	else
		return o;
	return NULL;
}

static void
work_cancel(struct sim *s, const struct sim_request *q)
{
	struct sim_order *o = named(s, q);
	struct venue_event e;

	if (o == NULL)
		return;
	e = sim_event(s, o, VENUE_CANCELED);
	e.cl_ord_id = q->cl_ord_id;
	e.orig_cl_ord_id = o->id[0].text;
	sim_tell(s, o, &e, true);
	sim_end(s, o, '4');
}

static bool
keeps_place(const struct sim_order *o, const struct sim_request *q)
{
	return q->ord_type == o->ord_type && q->price_e8 == o->price_e8 &&
	       q->stop_e8 == o->stop_e8 && q->qty_e8 <= o->qty_e8 &&
	       q->time_in_force == o->time_in_force;
}

static void
replace(struct sim *s, struct sim_order *o, struct sim_request *q)
{
	bool stays = keeps_place(o, q);
	struct venue_event e;
	char old[SIM_ID_MAX];

	memcpy(old, o->id[0].text, sizeof(old));
	if (stays)
		sim_shrink(o, o->qty_e8 - q->qty_e8);
	else
		sim_unrest(s, o);
	if (q->ord_type != o->ord_type)
		o->triggered = false;
	sim_expires_not(s, o);
	set_terms(s, o, q);
	if (sim_expires(s, o) != 0)
		o->expire_ns = 0; /* no memory to watch it: it stays */
	sim_push_id(s, o, q->cl_ord_id);
	e = sim_event(s, o, VENUE_REPLACED);
	e.orig_cl_ord_id = old;
	sim_tell(s, o, &e, true);
	if (o->qty_e8 == o->cum_e8) {
		sim_end(s, o, '2');
	} else if (stays) {
		sim_keep_order(s, o);
	} else {
		o->rank = q->number;
		sim_enter(s, o, false);
	}
}

static void
work_replace(struct sim *s, struct sim_request *q)
{
	struct sim_order *o = named(s, q);
	const char *why;

	if (o == NULL)
		return;
	q->side = o->side;
	if (q->ord_type == '\0')
		q->ord_type = o->ord_type;
	why = unfit(s, q);
	if (sim_find(s, q->cl_ord_id) != NULL)
		sim_tell_request(
		    s, q, VENUE_CXL_REJECT, 6, "ClOrdID used before");
	else if (why != NULL)
		sim_tell_request(s, q, VENUE_CXL_REJECT, 2, why);
	else if (q->qty_e8 < o->cum_e8)
		sim_tell_request(
		    s, q, VENUE_CXL_REJECT, 2, "more is filled already");
	else if (sim_reserve_id(s) != 0)
		sim_tell_request(s, q, VENUE_CXL_REJECT, 2, "out of memory");
	else
		replace(s, o, q);
}

static void
work_status(struct sim *s, const struct sim_request *q)
{
	struct sim_order *o = sim_find(s, q->cl_ord_id);
	struct venue_event e;

	if (o == NULL)
		o = sim_find(s, q->orig_cl_ord_id);
	if (o == NULL) {
		sim_tell_request(s, q, VENUE_UNKNOWN, 0, NULL);
		return;
	}
	e = sim_event(s, o, VENUE_STATUS);
	e.cl_ord_id = q->cl_ord_id;
	sim_tell(s, o, &e, false);
}

static void
work_request(struct sim *s)
{
	struct sim_request *q = s->first_request;

	s->touched = NULL;
	s->first_request = q->next;
	if (q->next == NULL)
		s->last_request = NULL;
	s->n_requests--;
	switch (q->kind) {
	case 'D':
		work_new(s, q);
		break;
	case 'F':
		work_cancel(s, q);
		break;
	case 'G':
		work_replace(s, q);
		break;
	default:
		work_status(s, q);
	}
	if (q->kind != 'D')
		sim_unkeep(s, q->number);
	sim_pool_put(&s->requests, q);
	if (s->touched != NULL)
		sim_fire_stops(s, s->touched);
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
		work_request(s);
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
	free(s->ids);
	free(s->heap);
	sim_pool_free(&s->orders);
	sim_pool_free(&s->levels);
	sim_pool_free(&s->requests);
	sim_pool_free(&s->lates);
	free(s);
}

static const struct venue_ops ops = {
	.send_new = sim_send_new,
	.send_cancel = sim_send_cancel,
	.send_replace = sim_send_replace,
	.send_status = sim_send_status,
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
		b->bids.down = b->sell_stops.down = true;
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
	fix_span_copy(
	    fix_span_of(cfg->name), s->venue.name, sizeof(s->venue.name));
	s->orders.bytes = sizeof(struct sim_order);
	s->levels.bytes = sizeof(struct sim_level);
	s->requests.bytes = sizeof(struct sim_request);
	s->lates.bytes = sizeof(struct sim_late);
	s->latency_ns = (int64_t)cfg->latency_us * FIX_USEC;
	s->refill_after_ns = (int64_t)cfg->refill_ms * FIX_MSEC;
	if (s->refill_after_ns == 0)
		s->refill_after_ns = FIX_MSEC;
	s->day_end_ns = (int64_t)cfg->day_end_s * FIX_SEC;
	s->faults = cfg->faults;
	s->random = cfg->seed;
	if (!make_books(s, cfg)) {
		sim_free(&s->venue);
		return NULL;
	}
	return &s->venue;
}
