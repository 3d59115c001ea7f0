/*
 * A venue that is a party of its own: its book, its executions and what it has
 * to tell outlive the gateway and every connection.
 *
 * It acknowledges late or never, fills before it acknowledges, tells fills in
 * another order, fills more than was ordered, cancels, restates, busts and
 * corrects unasked, refuses what it had taken, goes away with requests half
 * done and comes back. What it told stands in a row with numbers, as with a FIX
 * session; wire.c is the gateway's end of it.
 *
 * Promises checked here: no id comes twice, a request names an order that came
 * before it.
 */
#include "tests/sim/world.h"

#include <stdlib.h>

#define LIFE (300 * FIX_MSEC) /* about so often something happens to orders */

static int64_t
pause_of(struct world *w, int64_t most)
{
	return w->rules.calm
		   ? 100 * FIX_USEC
		   : 1 + (int64_t)chance_below(&w->chance, (uint64_t)most);
}

static bool
trouble(struct world *w, unsigned one_in)
{
	return !w->rules.calm && chance_one_in(&w->chance, one_in);
}

/* --- what it tells ------------------------------------------------------ */

static void
append(struct world *w, const struct vevent *e)
{
	struct outside *v = &w->venue;
	int64_t due = w->now + pause_of(w, 60 * FIX_MSEC);

	if (v->n_events == v->cap_events) {
		v->cap_events = v->cap_events * 2 + 64;
		v->events =
		    realloc(v->events, v->cap_events * sizeof(*v->events));
		if (v->events == NULL)
			abort();
	}
	v->events[v->n_events] = *e;
	if (due < v->last_due)
		due = v->last_due;
	v->last_due = v->events[v->n_events++].due = due;
}

static void
release(struct world *w)
{
	if (w->venue.holds)
		append(w, &w->venue.held);
	w->venue.holds = false;
}

/* What a status answer will show may get lost; an execution never. */
static bool
may_lose(enum venue_event_kind k)
{
	return k == VENUE_ACK || k == VENUE_REJECT || k == VENUE_CANCELED ||
	       k == VENUE_REPLACED || k == VENUE_CXL_REJECT ||
	       k == VENUE_DONE_FOR_DAY || k == VENUE_EXPIRED;
}

/* What may be told behind the next thing. */
static bool
may_swap(enum venue_event_kind k)
{
	return may_lose(k) || k == VENUE_FILL;
}

static void
tell(struct world *w, struct vevent *e)
{
	struct outside *v = &w->venue;

	world_trace(w, "venue: %s %s %s cum %ld", venue_event_name(e->e.kind),
	    e->cl, e->exec, (long)e->e.cum_qty_e8);
	if (may_lose(e->e.kind) && trouble(w, 15)) {
		w->seen.lost++;
		return;
	}
	if (may_swap(e->e.kind) && !v->holds && trouble(w, 8)) {
		v->held = *e;
		v->holds = true;
		v->held_until = w->now + pause_of(w, 2 * FIX_SEC);
		w->seen.swapped++;
		return;
	}
	append(w, e);
	release(w);
}

static struct vevent
event_of(const struct vorder *o, enum venue_event_kind k)
{
	struct vevent e;

	memset(&e, 0, sizeof(e));
	e.e.kind = k;
	e.e.cum_qty_e8 = -1;
	memcpy(e.cl, o->last, sizeof(e.cl));
	memcpy(e.vid, o->vid, sizeof(e.vid));
	memcpy(e.symbol, o->symbol, sizeof(e.symbol));
	e.e.side = o->side;
	e.e.cum_qty_e8 = o->cum;
	return e;
}

static void
tell_order(struct world *w, const struct vorder *o, enum venue_event_kind k,
    int reason)
{
	struct vevent e = event_of(o, k);

	e.e.reason = reason;
	tell(w, &e);
}

static void
tell_request(struct world *w, const struct vorder *o, const struct vrequest *q,
    enum venue_event_kind k, int reason)
{
	struct vevent e = event_of(o, k);

	memcpy(e.cl, q->cl, sizeof(e.cl));
	memcpy(e.orig, q->orig, sizeof(e.orig));
	e.e.reason = reason;
	if (k == VENUE_REPLACED) {
		e.e.qty_e8 = o->qty;
		e.e.price_e8 = o->price;
	}
	tell(w, &e);
}

/* --- executions --------------------------------------------------------- */

bool
venue_live(const struct vorder *o)
{
	return o->status == '0' || o->status == '1';
}

int64_t
venue_leaves(const struct vorder *o)
{
	return venue_live(o) && o->qty > o->cum ? o->qty - o->cum : 0;
}

/* Ended orders stay ended, but for a filled one whose fill is taken back. */
static void
by_quantity(struct vorder *o)
{
	if (!venue_live(o) && o->status != '2')
		return;
	o->status = o->cum >= o->qty ? '2' : o->cum > 0 ? '1' : '0';
}

static struct vexec *
new_exec(struct world *w, unsigned order, int64_t qty, int64_t px)
{
	struct outside *v = &w->venue;
	struct vexec *x = &v->execs[v->n_execs];

	if (v->n_execs == MAX_EXECS)
		abort();
	*x = (struct vexec){ order, ++v->n_execs, qty, px, true };
	return x;
}

static void
name_exec(char out[16], const struct vexec *x)
{
	snprintf(out, 16, "X%u", x->number);
}

static void
fill(struct world *w, struct vorder *o, int64_t qty)
{
	int64_t px = o->price - (o->side == '1' ? 1 : -1) * FIX_E8 / 100 *
				    (int64_t)chance_below(&w->chance, 3);
	struct vexec *x = new_exec(w, (unsigned)(o - w->venue.orders), qty, px);
	struct vevent e;

	o->cum += qty;
	if (o->cum > o->qty)
		w->seen.overfills++;
	by_quantity(o);
	e = event_of(o, VENUE_FILL);
	e.e.last_qty_e8 = qty;
	e.e.last_px_e8 = px;
	name_exec(e.exec, x);
	w->seen.fills++;
	tell(w, &e);
	if (trouble(w, 10)) {
		w->seen.doubles++;
		append(w, &e);
	}
}

static void
take_back(struct world *w, bool bust)
{
	struct outside *v = &w->venue;
	struct vexec *x = &v->execs[chance_below(&w->chance, v->n_execs)];
	struct vorder *o = &v->orders[x->order];
	int64_t qty = bust ? 0
			   : 1 + (int64_t)chance_below(
				     &w->chance, (uint64_t)(x->qty / FIX_E8));
	struct vevent e;

	if (!x->live)
		return;
	release(w); /* its own telling comes first */
	x->live = false;
	qty *= FIX_E8;
	o->cum += qty - x->qty;
	by_quantity(o);
	e = event_of(o, bust ? VENUE_BUST : VENUE_CORRECT);
	name_exec(e.ref, x);
	if (bust) {
		snprintf(e.exec, sizeof(e.exec), "B%u", x->number);
		w->seen.busts++;
	} else {
		e.e.last_px_e8 = x->px + FIX_E8 / 100;
		e.e.last_qty_e8 = qty;
		name_exec(e.exec, new_exec(w, x->order, qty, e.e.last_px_e8));
		w->seen.corrects++;
	}
	tell(w, &e);
}

static void
end(struct world *w, struct vorder *o, char status, enum venue_event_kind k,
    int reason)
{
	o->status = status;
	w->seen.unasked++;
	tell_order(w, o, k, reason);
}

static void
restate(struct world *w, struct vorder *o)
{
	struct vevent e;

	release(w); /* terms are told in their order */
	if (venue_leaves(o) > FIX_E8)
		o->qty -= FIX_E8;
	e = event_of(o, VENUE_RESTATED);
	e.e.reason = 5; /* partial decline of OrderQty */
	e.e.qty_e8 = o->qty;
	snprintf(
	    e.exec, sizeof(e.exec), "R%lu", (unsigned long)w->venue.n_events);
	w->seen.unasked++;
	tell(w, &e);
}

static int64_t
some_of(struct world *w, int64_t qty)
{
	uint64_t n = (uint64_t)(qty / FIX_E8);

	if (n < 2 || chance_one_in(&w->chance, 2))
		return qty;
	return (1 + (int64_t)chance_below(&w->chance, n)) * FIX_E8;
}

static bool
was_replaced(const struct vorder *o)
{
	return strcmp(o->last + strlen(o->last) - 2, "-0") != 0;
}

/* Such an order is never replaced: of the two that would both raise and lower
 * its quantity nobody could tell which counts. */
static void
overfill(struct world *w, struct vorder *o)
{
	o->overfilled = true;
	fill(w, o, venue_leaves(o) + 5 * FIX_E8);
}

/* Something happens to an order without being asked for. */
static void
life(struct world *w)
{
	struct outside *v = &w->venue;
	struct vorder *o;
	uint64_t kind = chance_below(&w->chance, 40);

	v->life_at = w->now + 1 + (int64_t)chance_below(&w->chance, LIFE);
	if (v->n_execs > 0 && v->n_execs < MAX_EXECS - 8 && kind < 4)
		take_back(w, kind < 2);
	if (v->n_orders == 0)
		return;
	o = &v->orders[chance_below(&w->chance, v->n_orders)];
	if (!venue_live(o) || kind < 4)
		return;
	if (kind == 4)
		end(w, o, '4', VENUE_CANCELED, 6);
	else if (kind == 5 && o->tif == '0')
		end(w, o, '3', VENUE_DONE_FOR_DAY, 0);
	else if (kind == 6)
		end(w, o, 'C', VENUE_EXPIRED, 0);
	else if (kind == 7 && o->cum == 0)
		end(w, o, '8', VENUE_REJECT, 99);
	else if (kind == 8)
		restate(w, o);
	else if (kind == 9 && !was_replaced(o))
		overfill(w, o);
	else
		fill(w, o, some_of(w, venue_leaves(o)));
}

/* --- requests ----------------------------------------------------------- */

static size_t
root_len(const char *id)
{
	const char *dash = strrchr(id, '-');

	return dash == NULL ? 0 : (size_t)(dash - id);
}

static struct vorder *
find(struct outside *v, const char *id)
{
	size_t n = root_len(id);

	for (unsigned i = 0; i < v->n_orders; i++)
		if (root_len(v->orders[i].last) == n &&
		    memcmp(v->orders[i].last, id, n) == 0)
			return &v->orders[i];
	return NULL;
}

static void
see_id(struct world *w, const char *id)
{
	struct outside *v = &w->venue;

	for (unsigned i = 0; i < v->n_ids; i++)
		if (strcmp(v->ids[i], id) == 0)
			world_fault(w, "venue: id %s came twice", id);
	if (v->n_ids == MAX_IDS)
		abort();
	memcpy(v->ids[v->n_ids++], id, sizeof(v->ids[0]));
}

static void
on_new(struct world *w, const struct vrequest *q)
{
	struct outside *v = &w->venue;
	struct vorder *o;

	if (find(v, q->cl) != NULL)
		world_fault(w, "venue: order %s came twice", q->cl);
	if (v->n_orders == MAX_VORDERS)
		abort();
	o = &v->orders[v->n_orders++];
	memset(o, 0, sizeof(*o));
	memcpy(o->last, q->cl, sizeof(o->last));
	snprintf(o->vid, sizeof(o->vid), "V%u", v->n_orders);
	memcpy(o->symbol, q->symbol, sizeof(o->symbol));
	o->side = q->side;
	o->tif = q->tif;
	o->qty = q->qty;
	o->price = q->price != 0         ? q->price
		   : q->symbol[0] == 'A' ? 18725 * (FIX_E8 / 100)
					 : 41000 * (FIX_E8 / 100);
	o->status = '0';
	if (chance_one_in(&w->chance, 12)) {
		o->status = '8';
		tell_order(w, o, VENUE_REJECT, 99);
		return;
	}
	tell_order(w, o, VENUE_ACK, 0);
	if (q->type == '1' || q->tif == '3' || q->tif == '4')
		fill(w, o, q->tif == '4' ? o->qty : some_of(w, o->qty));
	if (venue_live(o) && (q->type == '1' || q->tif == '3')) {
		o->status = '4';
		tell_order(w, o, VENUE_CANCELED, 0);
	}
}

static void
on_cancel(struct world *w, struct vorder *o, const struct vrequest *q)
{
	if (!venue_live(o) || chance_one_in(&w->chance, 6)) {
		tell_request(w, o, q, VENUE_CXL_REJECT, 0);
		return;
	}
	o->status = '4';
	tell_request(w, o, q, VENUE_CANCELED, 0);
}

static void
on_replace(struct world *w, struct vorder *o, const struct vrequest *q)
{
	if (!venue_live(o) || o->overfilled || chance_one_in(&w->chance, 6)) {
		tell_request(w, o, q, VENUE_CXL_REJECT, 0);
		return;
	}
	o->qty = q->qty > o->cum ? q->qty : o->cum;
	if (q->price != 0)
		o->price = q->price;
	memcpy(o->last, q->cl, sizeof(o->last));
	by_quantity(o);
	tell_request(w, o, q, VENUE_REPLACED, 0);
}

/* Status answers are about this connection: never told on another one. */
static void
on_status(struct world *w, const struct vorder *o, const struct vrequest *q)
{
	struct vorder none = { .cum = -1 };
	struct vevent e;

	e = event_of(
	    o != NULL ? o : &none, o != NULL ? VENUE_STATUS : VENUE_UNKNOWN);
	if (o == NULL)
		memcpy(e.cl, q->cl, sizeof(e.cl));
	if (o != NULL) {
		e.e.status = o->status;
		e.e.qty_e8 = o->qty;
		e.e.price_e8 = o->price;
	}
	e.conn = w->venue.conn;
	release(w);
	tell(w, &e);
}

static void
work(struct world *w, const struct vrequest *q)
{
	struct outside *v = &w->venue;
	struct vorder *o = q->kind == 'D' ? NULL : find(v, q->cl);

	world_trace(w, "venue: gets %c %s (%s) %ld", q->kind, q->cl, q->orig,
	    (long)q->qty);
	if (q->kind != 'H')
		see_id(w, q->cl);
	if (q->kind == 'D')
		on_new(w, q);
	else if (q->kind == 'H')
		on_status(w, o, q);
	else if (o == NULL) {
		struct vorder none = { .cum = -1 };

		tell_request(w, &none, q, VENUE_CXL_REJECT, 1);
	} else if (q->kind == 'F')
		on_cancel(w, o, q);
	else
		on_replace(w, o, q);
}

static void
first_off(struct outside *v)
{
	v->n_requests--;
	memmove(v->requests, v->requests + 1,
	    v->n_requests * sizeof(v->requests[0]));
}

void
venue_request(struct world *w, const struct vrequest *q)
{
	struct outside *v = &w->venue;
	struct vrequest *to = &v->requests[v->n_requests];
	int64_t due = w->now + pause_of(w, 30 * FIX_MSEC);

	if (v->n_requests == MAX_REQUESTS)
		abort();
	*to = *q;
	if (v->n_requests > 0 && to[-1].due > due)
		due = to[-1].due;
	to->due = due;
	v->n_requests++;
}

void
venue_cut(struct world *w)
{
	struct outside *v = &w->venue;

	/* What was on its way arrives up to some place. */
	while (v->n_requests > 0 && chance_one_in(&w->chance, 2)) {
		struct vrequest q = v->requests[0];

		first_off(v);
		work(w, &q);
	}
	w->seen.unsent += v->n_requests;
	v->n_requests = 0;
	v->conn = 0;
}

void
venue_down(struct world *w)
{
	world_trace(w, "venue goes down");
	venue_cut(w);
	w->seen.downs++;
	w->venue.up_at = w->now + pause_of(w, 4 * FIX_SEC);
}

void
venue_run(struct world *w)
{
	struct outside *v = &w->venue;

	while (v->n_requests > 0 && v->requests[0].due <= w->now) {
		struct vrequest q = v->requests[0];

		first_off(v);
		work(w, &q);
	}
	if (v->holds && (v->held_until <= w->now || w->rules.calm))
		release(w);
	if (!w->rules.calm && v->life_at <= w->now)
		life(w);
}

int64_t
venue_deadline(const struct world *w)
{
	const struct outside *v = &w->venue;
	int64_t t = INT64_MAX;

	if (v->n_requests > 0)
		t = v->requests[0].due;
	if (v->holds && v->held_until < t)
		t = v->held_until;
	if (!w->rules.calm && v->life_at < t)
		t = v->life_at;
	return t;
}

void
venue_free(struct world *w)
{
	free(w->venue.events);
}
