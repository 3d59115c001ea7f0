/*
 * What the trader asks for: new orders, cancels, replaces, questions.
 *
 * A new order takes the next order id; a replace is the whole order again under
 * the same id, and only one is under way at a time. A cancel of an order that
 * still waits for its turn takes it out of the queue. Reference
 * tws-protocol.md 5, 8, 10.
 */
#include "config.h"

#include <stdio.h>

#include "gateway/venue/tws_int.h"

#define RESERVE 100 /* order ids that are kept as used at once */

static void
refuse(struct tws *t, const struct venue_order *o, enum venue_event_kind kind,
    int reason, const char *text)
{
	struct venue_event e = tws_event(t, kind, NULL);

	e.cl_ord_id = o->cl_ord_id;
	if (kind == VENUE_CXL_REJECT)
		e.orig_cl_ord_id = o->orig_cl_ord_id;
	e.reason = reason;
	e.text = text;
	t->out.event(t->out.arg, &e);
}

/* Kept in front of use, in steps: gaps are allowed. */
static int64_t
take_id(struct tws *t)
{
	char text[24];

	if (t->next_id >= t->reserved_id) {
		t->reserved_id = t->next_id + RESERVE;
		snprintf(text, sizeof(text), "%lld", (long long)t->reserved_id);
		t->out.keep(t->out.arg, "next-id", text);
	}
	return t->next_id++;
}

/* @param at  holds a time for as long as m is not sent */
static void
put_rare(struct tws_msg *m, const struct tws_terms *s, char at[TWS_TIME_BYTES])
{
	const struct venue_rare *r = &s->rare;

	if (r->min_qty_e8 != 0)
		tws_set_int(m, TWS_PO_MIN_QTY, r->min_qty_e8 / FIX_E8);
	if (r->max_floor_e8 != 0)
		tws_set_int(m, TWS_PO_DISPLAY_SIZE, r->max_floor_e8 / FIX_E8);
	if (r->session != '\0')
		tws_set_int(m, TWS_PO_OUTSIDE_RTH, 1);
	if (memchr(r->inst, 'G', sizeof(r->inst)) != NULL)
		tws_set_int(m, TWS_PO_ALL_OR_NONE, 1);
	if (r->effective_ns != 0) {
		tws_write_time(at, (struct fix_utc){ r->effective_ns });
		tws_set_str(m, TWS_PO_GOOD_AFTER_TIME, at);
	}
	if (s->type != 'P')
		return;
	if (r->offset_type == '1') /* hundredths of a percent */
		tws_set_e8(m, TWS_PO_TRAILING_PERCENT, r->offset_e8 / 100);
	else
		tws_set_e8(m, TWS_PO_AUX_PRICE, r->offset_e8);
	if (s->stop_e8 != 0)
		tws_set_e8(m, TWS_PO_TRAIL_STOP_PRICE, s->stop_e8);
}

static bool
place(struct tws *t, struct tws_order *o, const struct tws_terms *s)
{
	const struct tws_kind_of_order *k = tws_map_type(s->type, s->tif);
	char expire[TWS_TIME_BYTES], after[TWS_TIME_BYTES];
	struct tws_msg m;

	tws_begin(&m, TWS_PLACE_ORDER, t->version);
	tws_set_int(&m, TWS_PO_ORDER_ID, o->order_id);
	tws_set_contract(t, &m, o->symbol);
	tws_set_str(&m, TWS_PO_ACTION, o->side == '1' ? "BUY" : "SELL");
	tws_set_e8(&m, TWS_PO_TOTAL_QUANTITY, s->qty_e8);
	tws_set_str(&m, TWS_PO_ORDER_TYPE, k->tws_type);
	if (k->price)
		tws_set_e8(&m, TWS_PO_LMT_PRICE, s->price_e8);
	if (k->stop)
		tws_set_e8(&m, TWS_PO_AUX_PRICE, s->stop_e8);
	tws_set_str(&m, TWS_PO_TIF, tws_map_tif(s->type, s->tif));
	if (s->tif == '6') {
		tws_write_time(expire, s->expire);
		tws_set_str(&m, TWS_PO_GOOD_TILL_DATE, expire);
	}
	put_rare(&m, s, after);
	tws_set_str(&m, TWS_PO_ACCOUNT, o->account);
	tws_set_str(&m, TWS_PO_ORDER_REF, o->ref);
	o->sent_ns = t->now.mono.ns;
	o->this_link = true;
	return tws_queue_put(t, false, &m, o);
}

static struct tws_terms
terms_of(const struct venue_order *o)
{
	struct tws_terms s = { o->qty_e8, o->price_e8, o->stop_e8, o->expire,
		o->ord_type, o->time_in_force, o->rare };

	return s;
}

static int
room(const struct tws *t)
{
	if (t->phase != TWS_READY)
		return -FIX_E_STATE;
	return tws_queue_room(t) < 2 * TWS_REQUEST_MAX ? -FIX_E_FULL : 0;
}

int
tws_send_new(struct tws *t, const struct venue_order *v, struct fix_now now)
{
	const char *why;
	struct tws_order *o;
	int reason, rc;

	t->now = now;
	rc = room(t);
	if (rc != 0)
		return rc;
	why = tws_refusal(t, v, &reason);
	o = tws_order_by_ref(t, fix_span_of(v->cl_ord_id));
	if (o != NULL)
		return 0; /* sent before: never again */
	if (why == NULL && t->n_orders >= t->cfg.max_orders)
		return -FIX_E_FULL;
	if (why != NULL) {
		refuse(t, v, VENUE_REJECT, reason, why);
		return 0;
	}
	o = tws_order_new(t, take_id(t), fix_span_of(v->cl_ord_id));
	if (o == NULL)
		return -FIX_E_FULL;
	o->side = v->side;
	o->symbol = tws_symbol_of(t, v->symbol);
	o->is = terms_of(v);
	o->queued = true;
	tws_account_of(t, v->account, o->account);
	if (!place(t, o, &o->is)) {
		tws_order_gone(t, o);
		return -FIX_E_FULL;
	}
	tws_queue_run(t);
	return 0;
}

static void
begin_request(struct tws_order *o, const struct venue_order *v, char kind)
{
	o->pending = kind;
	fix_span_copy(fix_span_of(v->cl_ord_id), o->request,
	    sizeof(o->request));
	if (v->orig_cl_ord_id != NULL && v->orig_cl_ord_id[0] != '\0')
		fix_span_copy(fix_span_of(v->orig_cl_ord_id), o->id,
		    sizeof(o->id));
}

/* The order that a request is about, if it can still be changed. */
static struct tws_order *
subject(struct tws *t, const struct venue_order *v)
{
	struct tws_order *o =
	    tws_order_of(t, v->orig_cl_ord_id, v->venue_order_id);

	if (o == NULL) {
		refuse(t, v, VENUE_CXL_REJECT, 1, "TWS has no such order");
		return NULL;
	}
	if (o->state == TWS_S_ENDED) {
		refuse(t, v, VENUE_CXL_REJECT, 0, "TOO LATE the order has ended");
		return NULL;
	}
	return o;
}

/* No byte of it has left. */
static void
take_back(struct tws *t, struct tws_order *o)
{
	struct venue_event e = tws_event(t, VENUE_CANCELED, o);
	char id[VENUE_ID_MAX + 1], request[VENUE_ID_MAX + 1];

	memcpy(id, o->id, sizeof(id));
	memcpy(request, o->request, sizeof(request));
	e.cl_ord_id = request;
	e.orig_cl_ord_id = id;
	e.venue_order_id = NULL;
	e.text = "taken back before it was sent";
	tws_order_gone(t, o);
	t->out.event(t->out.arg, &e);
}

int
tws_send_cancel(struct tws *t, const struct venue_order *v, struct fix_now now)
{
	struct tws_order *o;
	struct tws_msg m;

	t->now = now;
	if (t->phase != TWS_READY)
		return -FIX_E_STATE;
	o = subject(t, v);
	if (o == NULL)
		return 0;
	begin_request(o, v, 'F');
	if (o->queued && o->state == TWS_S_NEW) {
		take_back(t, o);
		return 0;
	}
	tws_begin(&m, TWS_CANCEL_ORDER, t->version);
	tws_set_int(&m, TWS_XO_ORDER_ID, o->order_id);
	o->this_link = true;
	if (!tws_queue_put(t, true, &m, NULL)) {
		o->pending = '\0';
		return -FIX_E_FULL;
	}
	if (o->state == TWS_S_ENDING)
		tws_tell_end(t, o);
	tws_queue_run(t);
	return 0;
}

static const char *
replace_refused(struct tws *t, const struct tws_order *o,
    const struct venue_order *v, int *reason)
{
	*reason = 3;
	if (o->pending != '\0')
		return "ALREADY PENDING another request";
	*reason = 2;
	if (v->side != o->side || (o->symbol < t->cfg.n_symbols &&
	    strcmp(v->symbol, t->contracts[o->symbol].s.name) != 0))
		return "Side(54) and Symbol(55) can't be replaced";
	if (v->rare.max_floor_e8 != o->is.rare.max_floor_e8 ||
	    v->rare.min_qty_e8 != o->is.rare.min_qty_e8 ||
	    memcmp(v->rare.inst, o->is.rare.inst, sizeof(v->rare.inst)) != 0)
		return "MinQty(110), MaxFloor(111) and ExecInst(18) can't be "
		       "replaced at TWS: cancel it and send another";
	if (o->symbol == t->cfg.n_symbols)
		return "UNKNOWN Symbol(55)";
	if (tws_refusal(t, v, reason) != NULL) {
		const char *why = tws_refusal(t, v, reason);

		*reason = 2;
		return why;
	}
	return NULL;
}

int
tws_send_replace(struct tws *t, const struct venue_order *v, struct fix_now now)
{
	struct tws_order *o;
	const char *why;
	int reason, rc;

	t->now = now;
	rc = room(t);
	if (rc != 0)
		return rc;
	o = subject(t, v);
	if (o == NULL)
		return 0;
	why = replace_refused(t, o, v, &reason);
	if (why != NULL) {
		refuse(t, v, VENUE_CXL_REJECT, reason, why);
		return 0;
	}
	begin_request(o, v, 'G');
	o->want = terms_of(v);
	if (!place(t, o, &o->want)) {
		o->pending = '\0';
		return -FIX_E_FULL;
	}
	tws_queue_run(t);
	return 0;
}

int
tws_send_status(struct tws *t, const struct venue_order *v, struct fix_now now)
{
	struct tws_order *o;

	t->now = now;
	if (t->phase != TWS_READY)
		return -FIX_E_STATE;
	o = tws_order_of(t, v->cl_ord_id, v->venue_order_id);
	if (o == NULL) {
		tws_ask(t, v->cl_ord_id);
	} else if (o->acked || o->state == TWS_S_ENDED) {
		if (o->pending == '\0')
			fix_span_copy(fix_span_of(v->cl_ord_id), o->id,
			    sizeof(o->id));
		tws_tell_state(t, o, v->cl_ord_id);
	} else if (!o->queued) {
		tws_look_soon(t, 0);
	}
	tws_queue_run(t);
	return 0;
}
