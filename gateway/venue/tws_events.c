/*
 * What the trader is told of an order, and when.
 *
 * TWS says the end of an order, its reason and its executions in any order, so
 * an end waits for a moment: for executions that a status has counted, and for
 * the text of error 202 or of a refusal. Reference tws-protocol.md 18.2, 18.3.
 */
#include "config.h"

#include <stdio.h>

#include "gateway/venue/tws_int.h"

#define TEXT_WAIT (1 * FIX_SEC)
#define LOOK_AGAIN (3 * FIX_SEC)

struct venue_event
tws_event(struct tws *t, enum venue_event_kind kind, const struct tws_order *o)
{
	struct venue_event e = { .kind = kind, .cum_qty_e8 = -1,
		.when = t->now.utc };

	if (o == NULL)
		return e;
	snprintf(t->order_text, sizeof(t->order_text), "%d-%lld",
	    t->cfg.client_id, (long long)o->order_id);
	e.cl_ord_id = o->id;
	e.venue_order_id = t->order_text;
	e.side = o->side;
	if (o->symbol < t->cfg.n_symbols)
		e.symbol = t->contracts[o->symbol].s.name;
	return e;
}

void
tws_set_due(struct tws *t, struct tws_order *o, int64_t in_ns)
{
	o->due_ns = t->now.mono.ns + in_ns;
	if (o->due_ns < t->due_ns)
		t->due_ns = o->due_ns;
}

void
tws_tell_ack(struct tws *t, struct tws_order *o)
{
	struct venue_event e = tws_event(t, VENUE_ACK, o);

	if (o->state == TWS_S_NEW || o->state == TWS_S_HELD)
		o->state = TWS_S_LIVE;
	if (o->acked)
		return;
	o->acked = true;
	t->out.event(t->out.arg, &e);
}

void
tws_tell_request_refused(
    struct tws *t, struct tws_order *o, int reason, const char *text)
{
	struct venue_event e = tws_event(t, VENUE_CXL_REJECT, o);
	char request[VENUE_ID_MAX + 1];

	memcpy(request, o->request, sizeof(request));
	e.cl_ord_id = request;
	e.orig_cl_ord_id = o->id;
	e.reason = reason;
	e.text = text;
	o->pending = '\0';
	t->out.event(t->out.arg, &e);
}

static void
tell_reject(struct tws *t, struct tws_order *o)
{
	struct venue_event e = tws_event(t, VENUE_REJECT, o);

	e.reason = o->code == 0 ? 99 : tws_rej_reason(o->code,
					   fix_span_of(o->text));
	e.text = o->text[0] == '\0' ? "Inactive at TWS" : o->text;
	tws_order_ended(t, o, '8');
	t->out.event(t->out.arg, &e);
}

static void
tell_canceled(struct tws *t, struct tws_order *o)
{
	bool expired = o->is.tif == '6' && o->pending != 'F' &&
		       o->is.expire.ns <= t->now.utc.ns;
	struct venue_event e =
	    tws_event(t, expired ? VENUE_EXPIRED : VENUE_CANCELED, o);

	if (o->pending == 'F') {
		e.cl_ord_id = o->request;
		e.orig_cl_ord_id = o->id;
	}
	e.text = o->text;
	tws_order_ended(t, o, expired ? 'C' : '4');
	t->out.event(t->out.arg, &e);
}

/* Inactive: refused, unless it was a try that found nobody. */
static void
end_held(struct tws *t, struct tws_order *o)
{
	bool refused = o->code != 0 && o->code != 202;

	if (o->cum_e8 == 0 && (refused ||
	    (!o->acked && o->is.tif != '3' && o->is.tif != '4')))
		tell_reject(t, o);
	else
		tell_canceled(t, o);
}

/* Is all there that its end needs? Tells it then; else waits. */
void
tws_tell_end(struct tws *t, struct tws_order *o)
{
	bool late = o->due_ns <= t->now.mono.ns;

	if (o->cum_e8 < o->told_e8 && !o->adopted) {
		if (late)
			tws_say(t, true, "order %s: executions are missing",
			    o->id);
		tws_look_soon(t, late ? 0 : LOOK_AGAIN);
		tws_set_due(t, o, LOOK_AGAIN);
		return;
	}
	if (o->state == TWS_S_HELD && (o->code != 0 || late))
		end_held(t, o);
	else if (o->state == TWS_S_ENDING &&
	    (late || o->code == 202 || o->pending == 'F'))
		tell_canceled(t, o);
	else if (o->due_ns == INT64_MAX)
		tws_set_due(t, o, TEXT_WAIT);
}

static char
status_of(const struct tws_order *o)
{
	if (o->state == TWS_S_ENDED)
		return o->ended_as;
	if (o->pending == 'F')
		return '6';
	if (o->pending == 'G')
		return 'E';
	return o->cum_e8 > 0 ? '1' : '0';
}

void
tws_tell_state(struct tws *t, struct tws_order *o, const char *id)
{
	struct venue_event e = tws_event(t, VENUE_STATUS, o);

	e.cl_ord_id = id;
	e.status = status_of(o);
	e.cum_qty_e8 = o->cum_e8 > o->told_e8 ? o->cum_e8 : o->told_e8;
	e.qty_e8 = o->is.qty_e8;
	e.price_e8 = o->is.price_e8;
	e.stop_e8 = o->is.stop_e8;
	e.text = o->text;
	if (o->state != TWS_S_ENDED)
		o->acked = true;
	t->out.event(t->out.arg, &e);
}

static void
order_due(struct tws *t, struct tws_order *o)
{
	if (o->state == TWS_S_HELD || o->state == TWS_S_ENDING) {
		tws_tell_end(t, o);
		return;
	}
	o->due_ns = INT64_MAX;
	if (o->suspect || o->cum_e8 < o->told_e8)
		tws_look_soon(t, 0);
	o->suspect = false;
}

void
tws_orders_due(struct tws *t)
{
	struct tws_order *o, *next;

	if (t->due_ns > t->now.mono.ns)
		return;
	t->due_ns = INT64_MAX;
	for (o = TAILQ_FIRST(&t->orders); o != NULL; o = next) {
		next = TAILQ_NEXT(o, all);
		if (o->due_ns <= t->now.mono.ns)
			order_due(t, o);
		else if (o->due_ns < t->due_ns)
			t->due_ns = o->due_ns;
	}
}
