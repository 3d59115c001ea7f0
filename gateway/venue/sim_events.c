/*
 * What the venue says, when, and the faults in how it says it.
 *
 * An event goes out at once, unless its order's ack is late (then it waits
 * behind the ack) or the venue is down (then it waits until it is up). Waiting
 * events are kept like orders, so that a restart loses no fill; they form one
 * queue, and nothing of an order overtakes what waits of the same order.
 */
#include <stdio.h>

#include "fix/decimal.h"
#include "gateway/venue/sim_inside.h"

uint64_t
sim_random(struct sim *s)
{
	uint64_t x = s->random += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

bool
sim_strikes(struct sim *s, enum sim_fault f, unsigned n)
{
	if (n == 0)
		return false;
	if (s->faults.by_seed)
		return sim_random(s) % n == 0;
	return ++s->struck[f] % n == 0;
}

static void
emit(struct sim *s, const struct venue_event *e)
{
	s->venue.sink.event(s->venue.sink.arg, &s->venue, e);
}

static void
copy(char *to, size_t cap, const char **text)
{
	if (*text == NULL)
		return;
	fix_span_copy(fix_span_of(*text), to, cap);
	*text = to;
}

static void
enqueue(struct sim *s, struct sim_late *l)
{
	l->next = NULL;
	if (s->last_late == NULL)
		s->first_late = l;
	else
		s->last_late->next = l;
	s->last_late = l;
}

/* Say it, not before due. @return when it is said: 0 for now */
static int64_t
say(struct sim *s, const struct venue_event *e, int64_t due)
{
	struct sim_late *l = NULL;

	if (!s->venue.up && due < s->up_ns)
		due = s->up_ns;
	if (!s->venue.up || due > s->at.mono.ns)
		l = pool_get(&s->lates);
	if (l == NULL) {
		emit(s, e);
		return 0;
	}
	if (s->last_late != NULL && due < s->last_late->due_ns)
		due = s->last_late->due_ns;
	l->number = sim_next_number(s);
	l->due_ns = due;
	l->e = *e;
	copy(l->cl_ord_id, sizeof(l->cl_ord_id), &l->e.cl_ord_id);
	copy(
	    l->orig_cl_ord_id, sizeof(l->orig_cl_ord_id), &l->e.orig_cl_ord_id);
	copy(
	    l->venue_order_id, sizeof(l->venue_order_id), &l->e.venue_order_id);
	copy(l->exec_id, sizeof(l->exec_id), &l->e.exec_id);
	copy(l->ref_exec_id, sizeof(l->ref_exec_id), &l->e.ref_exec_id);
	copy(l->symbol, sizeof(l->symbol), &l->e.symbol);
	copy(l->text, sizeof(l->text), &l->e.text);
	enqueue(s, l);
	sim_keep_late(s, l);
	return due;
}

/* The oldest waiting event is due. */
void
sim_tell_late(struct sim *s)
{
	struct sim_late *l = s->first_late;

	s->first_late = l->next;
	if (l->next == NULL)
		s->last_late = NULL;
	sim_unkeep(s, l->number);
	emit(s, &l->e);
	pool_put(&s->lates, l);
}

struct venue_event
sim_event(struct sim *s, const struct sim_order *o, enum venue_event_kind k)
{
	struct venue_event e = { .kind = k,
		.cl_ord_id = o->id[0].text,
		.symbol = o->book == NULL ? NULL : o->book->cfg.symbol,
		.side = o->side,
		.status = o->status,
		.qty_e8 = o->qty_e8,
		.price_e8 = o->price_e8,
		.stop_e8 = o->stop_e8,
		.cum_qty_e8 = o->cum_e8,
		.when = s->at.utc };

	return e;
}

/* An incarnation is at most 2^24 (sim_load.c). By hand and not by snprintf(),
 * since every event has two of them. */
_Static_assert(SIM_ID_MAX > 1 + 8 + 1 + 19, "an id has room");

static void
write_id(char out[SIM_ID_MAX], char kind, uint64_t incarnation, uint64_t n)
{
	uint8_t *at = (uint8_t *)out;

	*at++ = (uint8_t)kind;
	at += fix_int_format(at, (int64_t)incarnation);
	*at++ = '.';
	at += fix_int_format(at, (int64_t)n);
	*at = '\0';
}

void
sim_last_exec_id(const struct sim *s, char out[SIM_ID_MAX])
{
	write_id(out, 'E', s->incarnation, s->last_exec);
}

/* Say something of an order, behind what waits of it. */
static void
say_of(struct sim *s, struct sim_order *o, struct venue_event *e, int64_t due,
    unsigned times)
{
	char order_id[SIM_ID_MAX];
	int64_t told;

	write_id(order_id, 'O', o->number >> 40,
	    o->number & ((UINT64_C(1) << 40) - 1));
	e->venue_order_id = order_id;
	if (due < o->told_ns)
		due = o->told_ns;
	while (times-- > 0) {
		told = say(s, e, due);
		if (told > o->told_ns)
			o->told_ns = told;
	}
}

void
sim_tell(struct sim *s, struct sim_order *o, struct venue_event *e,
    bool with_exec_id)
{
	char exec_id[SIM_ID_MAX];

	if (with_exec_id) {
		s->last_exec++;
		sim_last_exec_id(s, exec_id);
		e->exec_id = exec_id;
	}
	say_of(s, o, e, 0, 1);
}

static int64_t
ack_due(const struct sim *s)
{
	return s->at.mono.ns + (int64_t)s->faults.late_ack_ms * FIX_MSEC;
}

void
sim_tell_ack(struct sim *s, struct sim_order *o)
{
	struct venue_event e = sim_event(s, o, VENUE_ACK);
	char exec_id[SIM_ID_MAX];

	s->last_exec++;
	if (sim_strikes(s, SIM_F_NO_ACK, s->faults.no_ack))
		return;
	sim_last_exec_id(s, exec_id);
	e.exec_id = exec_id;
	say_of(s, o, &e, ack_due(s), 1);
}

void
sim_tell_fill(struct sim *s, struct sim_order *o, int64_t qty_e8, int64_t px_e8)
{
	struct venue_event e = sim_event(s, o, VENUE_FILL);
	char exec_id[SIM_ID_MAX];

	s->last_exec++;
	sim_last_exec_id(s, exec_id);
	e.exec_id = exec_id;
	e.last_qty_e8 = qty_e8;
	e.last_px_e8 = px_e8;
	say_of(s, o, &e, 0,
	    sim_strikes(s, SIM_F_DUP_EXEC, s->faults.dup_exec) ? 2 : 1);
}

/* An answer to a request that no order answers. */
void
sim_tell_request(struct sim *s, const struct sim_request *q,
    enum venue_event_kind k, int reason, const char *text)
{
	struct venue_event e = { .kind = k,
		.cl_ord_id = q->cl_ord_id,
		.orig_cl_ord_id = *q->orig_cl_ord_id ? q->orig_cl_ord_id : NULL,
		.symbol = q->symbol,
		.text = text,
		.side = q->side,
		.reason = reason,
		.cum_qty_e8 = -1,
		.when = s->at.utc };
	char exec_id[SIM_ID_MAX];
	bool reject = k == VENUE_REJECT;

	if (reject && sim_strikes(s, SIM_F_NO_ACK, s->faults.no_ack))
		return;
	s->last_exec++;
	sim_last_exec_id(s, exec_id);
	if (reject)
		e.exec_id = exec_id;
	say(s, &e, reject ? ack_due(s) : 0);
}

void
sim_tell_mark(struct sim *s, const struct sim_book *b)
{
	struct venue_event e = { .kind = VENUE_MARK,
		.symbol = b->cfg.symbol,
		.last_px_e8 = b->last_e8,
		.cum_qty_e8 = -1,
		.when = s->at.utc };

	emit(s, &e);
}

static void
tell_state(struct sim *s, enum venue_event_kind k, const char *text)
{
	struct venue_event e = {
		.kind = k, .text = text, .cum_qty_e8 = -1, .when = s->at.utc
	};

	emit(s, &e);
}

/* The line is cut: what is on its way may or may not arrive. */
void
sim_go_down(struct sim *s)
{
	struct sim_request **at = &s->first_request;

	s->venue.up = false;
	s->up_ns = s->at.mono.ns + (int64_t)s->faults.down_ms * FIX_MSEC;
	while (*at != NULL)
		if (sim_random(s) & 1)
			sim_drop_request(s, at);
		else
			at = &(*at)->next;
	tell_state(s, VENUE_DOWN, "the line was cut");
}

void
sim_go_up(struct sim *s)
{
	char text[64];

	s->venue.up = true;
	snprintf(
	    text, sizeof(text), "%u kept things could not be read", s->n_bad);
	tell_state(s, VENUE_UP, s->n_bad > 0 ? text : NULL);
	s->n_bad = 0;
}
