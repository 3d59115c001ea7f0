/*
 * What venues say, as changes of orders and reports to clients.
 *
 * An event finds its order by our id (any id that the order or a request on it
 * ever had at the venue), by the venue's order id, or by the execution it
 * refers to. What contradicts our books never changes quantities silently: the
 * executions win and an operator is alerted (races N1 to N12 of the order
 * state tests).
 */
#include "gateway/order/desk.h"

#include <assert.h>

void
order_refuse(struct desk *d, struct entry *en, int reason, const char *text,
    struct fix_now now)
{
	struct report r = REPORT_INIT('8');

	r.reason = reason;
	r.text = text;
	en->o.leaves_e8 = 0;
	state_set(&en->o, '8');
	desk_settle(d, en, now);
	report_exec(d, en, &r, now);
}

void
desk_tell_token(struct desk *d, const struct order *o, uint32_t token)
{
	if (token != 0 && d->ops.token != NULL)
		d->ops.token(d->ops.arg, token, o);
}

void
order_ack(
    struct desk *d, struct entry *en, struct fix_utc when, struct fix_now now)
{
	struct report r = REPORT_INIT('0');

	en->o.acked = 1;
	state_by_qty(&en->o);
	state_known(&en->o);
	en->asked = false;
	desk_settle(d, en, now);
	r.when = when;
	report_exec(d, en, &r, now);
}

void
order_revive(struct desk *d, struct entry *en, struct fix_now now)
{
	struct order *o = &en->o;

	desk_alert(d, "order %s was refused but lives at its venue: canceling",
	    o->order_id);
	o->acked = 1;
	o->leaves_e8 = o->qty_e8 > o->cum_e8 ? o->qty_e8 - o->cum_e8 : 0;
	state_by_qty(o);
	desk_settle(d, en, now);
}

/* Requests that the end of the order has made impossible. */
static void
refuse_pending(struct desk *d, struct entry *en, const struct pending *p,
    struct fix_now now)
{
	if (p->u != NULL)
		change_refuse(d, p->u, p->orig_sent, 0,
		    "TOO LATE the order has ended", now);
	chain_next(d, en, now);
}

/* A GT order rests until its next day; requests on it go on. */
static void
rest(struct desk *d, struct entry *en, struct report how, struct fix_now now)
{
	state_known(&en->o);
	state_set(&en->o, '3');
	desk_settle(d, en, now);
	report_exec(d, en, &how, now);
}

void
order_end(struct desk *d, struct entry *en, char status, struct report how,
    struct fix_now now)
{
	struct order *o = &en->o;
	struct pending p = { .kind = '\0' };
	char x[ORDER_CLORDID_MAX + 1], y[ORDER_CLORDID_MAX + 1];

	how.type = status;
	if (!o->acked && status != '8' && !(status == '4' && o->pending == 'F'))
		order_ack(d, en, how.when, now);
	if (status == '3' && state_is_gt(o) && o->leaves_e8 > 0) {
		rest(d, en, how, now);
		return;
	}
	memcpy(x, o->cl_ord_id, sizeof(x));
	memcpy(y, o->request_id, sizeof(y));
	if (status == '4' && o->pending == 'F') {
		chain_accept(d, en);
		if (y[0] != '\0') {
			how.cl_ord_id = y;
			how.orig_id = x;
			how.restated = -1;
		} else if (o->cancel_why != '\0') {
			how.restated = o->cancel_why;
			how.text = "COD";
		}
	} else {
		p = chain_drop(en, d);
	}
	o->leaves_e8 = 0;
	o->acked |= status == '4'; /* a late New would say less */
	state_known(o);
	state_set(o, status);
	desk_settle(d, en, now);
	report_exec(d, en, &how, now);
	refuse_pending(d, en, &p, now);
}

/* The order as the venue has it now. Values that it does not say stay. */
static void
set_terms(struct order *o, struct terms t, const struct venue_event *e)
{
	if (e->qty_e8 > 0) {
		t.qty_e8 = e->qty_e8;
		t.rare.sized = t.rare.cash_e8 != 0;
	}
	if (t.qty_e8 < o->cum_e8)
		t.qty_e8 = o->cum_e8; /* amended to what is done: C.3.c */
	if (e->price_e8 != 0 && type_has_price(t.ord_type))
		t.price_e8 = e->price_e8;
	if (e->stop_e8 != 0 && type_has_stop(t.ord_type))
		t.stop_e8 = e->stop_e8;
	terms_set(o, &t);
	o->leaves_e8 = o->qty_e8 - o->cum_e8;
	state_by_qty(o);
}

void
order_replaced(struct desk *d, struct entry *en, const struct venue_event *e,
    struct fix_now now)
{
	struct order *o = &en->o;
	struct report r = REPORT_INIT('5');
	struct terms t = terms_request(o);
	char x[ORDER_CLORDID_MAX + 1], text[DESK_TEXT_MAX + 1];

	if (!o->acked)
		order_ack(d, en, e->when, now);
	memcpy(x, o->cl_ord_id, sizeof(x));
	chain_accept(d, en);
	if (state_of(o) == '3')
		state_set(o, '0'); /* at work again */
	set_terms(o, t, e);
	desk_settle(d, en, now);
	r.orig_id = x;
	r.text = report_clean(e->text, text);
	r.when = e->when;
	report_exec(d, en, &r, now);
	chain_next(d, en, now);
}

/* ----- one function for each kind of event ----- */

static bool
is_request(const struct order *o, const struct venue_event *e)
{
	if (o->pending == '\0')
		return false;
	return e->cl_ord_id == NULL || e->cl_ord_id[0] == '\0' ||
	       strcmp(e->cl_ord_id, o->venue_request_id) == 0;
}

static void
on_ack(struct desk *d, struct entry *en, const struct venue_event *e,
    struct fix_now now)
{
	if (state_of(&en->o) == '8') { /* N7 */
		order_revive(d, en, now);
		chain_cancel(d, en, now);
	} else if (!en->o.acked && !state_ended(&en->o)) {
		order_ack(d, en, e->when, now);
	}
}

static void
on_refused_request(struct desk *d, struct entry *en,
    const struct venue_event *e, struct fix_now now)
{
	char text[DESK_TEXT_MAX + 1];

	/* N11: the venue does not know it. Proof first, then the answer. */
	if (e->reason == 1 && !state_ended(&en->o) &&
	    e->kind == VENUE_CXL_REJECT) {
		en->disowned = true;
		doubt_ask(d, en, now);
		return;
	}
	chain_refuse(d, en, e->kind == VENUE_CXL_REJECT ? e->reason : 99,
	    report_clean(e->text, text), now);
	chain_next(d, en, now);
}

static void
on_reject(struct desk *d, struct entry *en, const struct venue_event *e,
    struct fix_now now)
{
	struct report r = REPORT_INIT('8');
	char text[DESK_TEXT_MAX + 1];

	if (e->cl_ord_id != NULL && is_request(&en->o, e)) {
		on_refused_request(d, en, e, now);
		return;
	}
	if (state_ended(&en->o))
		return;
	r.text = report_clean(e->text, text);
	r.when = e->when;
	if (en->o.cum_e8 > 0) { /* N12: what was done was done */
		desk_alert(d, "order %s refused by its venue after fills",
		    en->o.order_id);
		order_end(d, en, '4', r, now);
		return;
	}
	r.reason = e->reason;
	order_end(d, en, '8', r, now);
}

static void
check_cum(struct desk *d, const struct order *o, const struct venue_event *e)
{
	if (e->cum_qty_e8 >= 0 && e->cum_qty_e8 != o->cum_e8)
		desk_alert(d,
		    "order %s: CumQty of the venue is %lld, ours is "
		    "%lld (10^-8)",
		    o->order_id, (long long)e->cum_qty_e8,
		    (long long)o->cum_e8);
}

static void
end_by(struct desk *d, struct entry *en, const struct venue_event *e,
    char status, struct fix_now now)
{
	struct report r = REPORT_INIT(status);
	char text[DESK_TEXT_MAX + 1];

	if (state_of(&en->o) == '2') { /* E8 */
		desk_alert(d, "order %s is filled, but its venue says: %s",
		    en->o.order_id, venue_event_name(e->kind));
		if (en->o.pending != '\0')
			chain_refuse(
			    d, en, 0, "TOO LATE the order is filled", now);
		chain_next(d, en, now);
		return;
	}
	if (state_ended(&en->o) || (status == '3' && exec_again(d, en, e)))
		return;
	check_cum(d, &en->o, e);
	if (status == '4' && e->reason > 0)
		r.restated = e->reason;
	r.text = report_clean(e->text, text);
	r.when = e->when;
	order_end(d, en, status, r, now);
}

static void
on_canceled(struct desk *d, struct entry *en, const struct venue_event *e,
    struct fix_now now)
{
	end_by(d, en, e, '4', now);
}

static void
on_expired(struct desk *d, struct entry *en, const struct venue_event *e,
    struct fix_now now)
{
	end_by(d, en, e, 'C', now);
}

static void
on_done(struct desk *d, struct entry *en, const struct venue_event *e,
    struct fix_now now)
{
	end_by(d, en, e, '3', now);
}

static void
on_cxl_reject(struct desk *d, struct entry *en, const struct venue_event *e,
    struct fix_now now)
{
	if (is_request(&en->o, e))
		on_refused_request(d, en, e, now);
}

static void
rescale(struct order *o, int64_t cum_e8)
{
	if (o->cum_e8 > 0)
		o->day_cum_e8 = (int64_t)((__int128)o->day_cum_e8 * cum_e8 /
		    o->cum_e8);
	o->cum_e8 = cum_e8;
}

static void
on_restated(struct desk *d, struct entry *en, const struct venue_event *e,
    struct fix_now now)
{
	struct order *o = &en->o;
	struct report r = REPORT_INIT('D');
	char text[DESK_TEXT_MAX + 1];

	if (state_ended(o)) {
		desk_alert(d, "order %s has ended, but its venue restates it",
		    o->order_id);
		return;
	}
	if (exec_again(d, en, e))
		return;
	if (!o->acked)
		order_ack(d, en, e->when, now);
	if (e->reason == 0 && e->cum_qty_e8 >= 0)
		rescale(o, e->cum_qty_e8); /* a corporate action */
	if (state_of(o) == '3') { /* the next day of a GT order */
		state_set(o, '0');
		day_begin(o);
	}
	set_terms(o, terms_now(o), e);
	desk_settle(d, en, now);
	r.restated = e->reason;
	r.text = report_clean(e->text, text);
	r.when = e->when;
	report_exec(d, en, &r, now);
}

/* An id is an order's if its OrderID and '-' stand in front. */
static bool
is_ours(const struct order *o, const char *id)
{
	size_t n = strlen(o->order_id);

	return id != NULL && strncmp(id, o->order_id, n) == 0 && id[n] == '-';
}

/* Ids that an order has at its venue count up, without zeros in front. */
static bool
is_later(const char *id, const char *than)
{
	size_t n = strlen(id), m = strlen(than);

	return n != m ? n > m : strcmp(id, than) > 0;
}

static void
on_replaced(struct desk *d, struct entry *en, const struct venue_event *e,
    struct fix_now now)
{
	struct order *o = &en->o;

	if (o->pending == 'G' && is_request(o, e)) {
		order_replaced(d, en, e, now);
		return;
	}
	if (is_ours(o, e->cl_ord_id)) {
		if (!is_later(e->cl_ord_id, o->venue_cl_ord_id))
			return; /* told again */
		memset(o->venue_cl_ord_id, 0, sizeof(o->venue_cl_ord_id));
		fix_span_copy(fix_span_of(e->cl_ord_id), o->venue_cl_ord_id,
		    sizeof(o->venue_cl_ord_id));
	}
	desk_alert(
	    d, "order %s was replaced without a request of ours", o->order_id);
	on_restated(d, en, e, now);
}

static void
on_triggered(struct desk *d, struct entry *en, const struct venue_event *e,
    struct fix_now now)
{
	struct report r = REPORT_INIT('L');

	if (state_ended(&en->o) || exec_again(d, en, e))
		return;
	if (!en->o.acked)
		order_ack(d, en, e->when, now);
	r.when = e->when;
	report_exec(d, en, &r, now);
}

/* L.1.a: a guarantee, which is no execution. */
static void
on_stopped(struct desk *d, struct entry *en, const struct venue_event *e,
    struct fix_now now)
{
	struct report r = REPORT_INIT('7');
	char text[DESK_TEXT_MAX + 1];

	if (state_ended(&en->o) || exec_again(d, en, e))
		return;
	if (!en->o.acked)
		order_ack(d, en, e->when, now);
	en->o.stopped = 1;
	state_by_qty(&en->o);
	desk_settle(d, en, now);
	r.has_last = true;
	r.last_qty_e8 = e->last_qty_e8;
	r.last_px_e8 = e->last_px_e8;
	r.text = report_clean(e->text, text);
	r.when = e->when;
	report_exec(d, en, &r, now);
}

typedef void handler(struct desk *d, struct entry *en,
    const struct venue_event *e, struct fix_now now);

/* Events of an order that is known; executions go to exec.c. */
static handler *const handlers[VENUE_N_EVENT] = {
	[VENUE_ACK] = on_ack,
	[VENUE_REJECT] = on_reject,
	[VENUE_CANCELED] = on_canceled,
	[VENUE_REPLACED] = on_replaced,
	[VENUE_CXL_REJECT] = on_cxl_reject,
	[VENUE_EXPIRED] = on_expired,
	[VENUE_DONE_FOR_DAY] = on_done,
	[VENUE_RESTATED] = on_restated,
	[VENUE_TRIGGERED] = on_triggered,
	[VENUE_STOPPED] = on_stopped,
	[VENUE_STATUS] = doubt_status,
	[VENUE_UNKNOWN] = doubt_unknown,
};

static struct entry *
find_ours(const struct desk *d, const struct venue *v, const char *id)
{
	struct entry *en;

	if (id == NULL || id[0] == '\0')
		return NULL;
	en = entry_find(d, ids_number(fix_span_of(id)));
	if (en == NULL || en->o.venue != v->number)
		return NULL;
	return is_ours(&en->o, id) ? en : NULL;
}

static struct entry *
find(const struct desk *d, const struct venue *v, const struct venue_event *e)
{
	struct entry *en = find_ours(d, v, e->cl_ord_id);

	if (en == NULL)
		en = find_ours(d, v, e->orig_cl_ord_id);
	if (en == NULL && e->venue_order_id != NULL)
		en = entry_find_venue(d, v->number, e->venue_order_id);
	return en;
}

const struct order *
desk_find_at(
    const struct desk *d, const struct venue *v, const char *venue_id)
{
	const struct entry *en = find_ours(d, v, venue_id);

	return en == NULL ? NULL : &en->o;
}

const struct order *
desk_find_event(const struct desk *d, const struct venue *v,
    const struct venue_event *e)
{
	const struct entry *en = find(d, v, e);

	return en == NULL ? NULL : &en->o;
}

void
desk_doubt(struct desk *d, struct venue *v, const char *venue_id,
    struct fix_now now)
{
	struct entry *en = find_ours(d, v, venue_id);

	if (en == NULL)
		return;
	doubt_about(d, en, now);
	if (en->dirty)
		desk_save(d, en, now);
}

/* Given by telephone, or forgotten. */
static void
unknown_order(struct desk *d, const struct venue *v,
    const struct venue_event *e, struct fix_now now)
{
	static const struct shown nothing;

	shown_event(d, v, e, &nothing, now);
	desk_alert(d, "venue %s: %s of an unknown order %s", v->name,
	    venue_event_name(e->kind),
	    e->cl_ord_id != NULL ? e->cl_ord_id : "");
}

static void
about_order(struct desk *d, struct venue *v, const struct venue_event *said,
    struct fix_now now)
{
	struct entry *en = find(d, v, said);
	char id[VENUE_ID_MAX + 1], ref[VENUE_ID_MAX + 1];
	struct venue_event own = *said, *e = &own;

	if (e->kind != VENUE_ACK) { /* whose id nobody asks for */
		own.exec_id = exec_name(d, v, en, said->exec_id, id);
		own.ref_exec_id = exec_name(d, v, en, said->ref_exec_id, ref);
	}
	if (en != NULL)
		entry_set_venue_id(d, en, e->venue_order_id);
	if (e->kind == VENUE_FILL)
		exec_fill(d, v, en, e, now);
	else if (e->kind == VENUE_BUST || e->kind == VENUE_CORRECT)
		exec_bust(d, v, e, now);
	else if (e->kind == VENUE_FEE)
		exec_fee(d, v, e, now);
	else if (en != NULL)
		handlers[e->kind](d, en, e, now);
	else
		unknown_order(d, v, e, now);
	if (en != NULL && en->dirty)
		desk_save(d, en, now);
}

/* A price is as old as its venue says. */
static struct fix_mono
mark_time(const struct venue_event *e, struct fix_now now)
{
	struct fix_mono at = now.mono;
	int64_t age = now.utc.ns - e->when.ns;

	if (e->when.ns > 0 && age > 0)
		at.ns -= age < at.ns ? age : at.ns;
	return at;
}

void
desk_venue_event(struct desk *d, struct venue *v, const struct venue_event *e,
    struct fix_now now)
{
	assert((unsigned)e->kind < VENUE_N_EVENT);
	risk_set_day(d->cfg.risk, now.utc);
	if (e->kind == VENUE_UP)
		doubt_up(d, v, now);
	else if (e->kind == VENUE_DOWN)
		doubt_down(d, v);
	else if (e->kind == VENUE_ALL_TOLD)
		doubt_all_told(d, v, now);
	else if (e->kind == VENUE_MARK)
		risk_set_ref(d->cfg.risk, fix_span_of(e->symbol), e->last_px_e8,
		    mark_time(e, now));
	else
		about_order(d, v, e, now);
	desk_follow_risk(d, now);
}
