/*
 * Orders in doubt: after a restart, a lost connection or an answer that does
 * not come, an order is neither dead nor alive until its venue says so.
 *
 * Its hold stays and the client goes on seeing what it was told last. Once the
 * venue is there, cancels that could not leave go first, then each order is
 * asked for, or all of them at once where the venue takes such a question, and
 * then those that its answer leaves out; a question that is not answered is
 * asked again, ever more patiently. "No such order" is proof: one that the venue never acknowledged
 * is rejected, another is canceled, with a Text that says why. Meanwhile the
 * venue takes only what reduces: proof.c.
 */
#include "gateway/order/desk.h"

#include <stdio.h>

static void
set_doubt(struct entry *en)
{
	struct order *o = &en->o;

	if (o->status == 'U')
		return;
	o->told = o->status;
	o->status = 'U';
}

/* Never so: a test proves that its hold must stay. */
static void
let_go(struct desk *d, struct entry *en)
{
	struct risk_hold none = { 0, 0 };

	risk_rehold(d->cfg.risk, fix_span_of(en->o.account),
	    fix_span_of(en->o.symbol), en->o.side, en->o.hold, none, 0);
	en->o.hold = none;
}

void
doubt_down(struct desk *d, struct venue *v)
{
	struct entry *en;

	TAILQ_FOREACH(en, &d->live, live)
	{
		if (en->o.venue != v->number)
			continue;
		set_doubt(en);
		en->asked = false;
		en->fresh = false;
		en->disowned = false;
		if (BROKEN("hold_in_doubt"))
			let_go(d, en);
	}
}

void
doubt_ask(struct desk *d, struct entry *en, struct fix_now now)
{
	struct venue *v = desk_venue_of(d, en->o.venue);
	struct terms t = terms_now(&en->o);
	struct venue_order vo = terms_venue(&en->o, &t);

	en->among_all = false;
	if (v == NULL || !v->up || v->ops->send_status(v, &vo, now) != 0)
		return;
	en->asked = true;
	if (en->round == 0)
		wait_from(d, en, now);
}

/* Due at once, and before those that wait already. */
static void
ask_soon(struct desk *d, struct entry *en, struct fix_now now)
{
	wait_from(d, en, now);
	TAILQ_REMOVE(&d->wait[0], en, wait);
	en->due_ns = now.mono.ns;
	TAILQ_INSERT_HEAD(&d->wait[0], en, wait);
}

/* @return false: one by one */
static bool
ask_for_all(struct desk *d, struct venue *v, struct fix_now now)
{
	struct entry *en;

	if (v->ops->send_status_all == NULL ||
	    v->ops->send_status_all(v, now) != 0)
		return false;
	TAILQ_FOREACH(en, &d->live, live)
	{
		if (en->o.venue != v->number)
			continue;
		en->asked = en->among_all = true;
		if (en->round == 0)
			wait_from(d, en, now);
	}
	return true;
}

/* A few at once, the rest at its turn. */
static void
ask_each(struct desk *d, struct entry *en, unsigned *n, struct fix_now now)
{
	if ((*n)++ < DESK_ASK_MAX)
		doubt_ask(d, en, now);
	else
		ask_soon(d, en, now);
}

void
doubt_all_told(struct desk *d, struct venue *v, struct fix_now now)
{
	struct entry *en;
	unsigned n = 0;

	TAILQ_FOREACH(en, &d->live, live)
	{
		if (en->o.venue != v->number || !en->among_all)
			continue;
		en->among_all = false;
		if (en->asked)
			ask_each(d, en, &n, now);
	}
}

void
doubt_up(struct desk *d, struct venue *v, struct fix_now now)
{
	struct entry *en;
	unsigned n = 0, live = 0;

	if (!d->started)
		return;
	TAILQ_FOREACH(en, &d->live, live)
	{
		if (en->o.venue == v->number && en->o.unsent)
			chain_send_cancel(d, en, now);
	}
	TAILQ_FOREACH(en, &d->live, live)
	{
		if (en->o.venue == v->number) {
			set_doubt(en);
			proof_want(d, en);
			live++;
		}
	}
	if (live > 1 && ask_for_all(d, v, now))
		return;
	TAILQ_FOREACH(en, &d->live, live)
	{
		if (en->o.venue == v->number)
			ask_each(d, en, &n, now);
	}
}

/* A request that was out when the connection broke, and that the venue's
 * state does not show: cancel again, but never replace again unasked. */
static void
resolve_pending(struct desk *d, struct entry *en, const struct venue_event *e,
    struct fix_now now)
{
	struct order *o = &en->o;

	if (en->disowned) {
		chain_refuse(d, en, 99, "VENUE refused it", now);
		chain_next(d, en, now);
	} else if (e->status == '6' || e->status == 'E') {
		wait_from(d, en, now);
	} else if (o->pending == 'F') {
		if (!en->fresh || en->round > 1)
			chain_send_cancel(d, en, now);
	} else if (!en->fresh) {
		chain_refuse(d, en, 99, "VENUE did not get it", now);
		chain_next(d, en, now);
	}
}

/* Do the values in force at the venue tell that our replace was done? */
static bool
shows_replaced(const struct order *o, const struct venue_event *e)
{
	if (o->pending != 'G')
		return false;
	if (e->cl_ord_id != NULL &&
	    strcmp(e->cl_ord_id, o->venue_request_id) == 0)
		return true;
	if (e->qty_e8 == 0 || e->qty_e8 != o->request_qty_e8)
		return false;
	if (type_has_price(o->request_ord_type) &&
	    e->price_e8 != o->request_price_e8)
		return false;
	return e->qty_e8 != o->qty_e8 || e->price_e8 != o->price_e8;
}

static void
status_live(struct desk *d, struct entry *en, const struct venue_event *e,
    struct fix_now now)
{
	struct order *o = &en->o;

	if (!o->acked && e->status != 'A')
		order_ack(d, en, e->when, now);
	state_known(o);
	if (shows_replaced(o, e))
		order_replaced(d, en, e, now);
	else if (o->pending != '\0')
		resolve_pending(d, en, e, now);
	desk_settle(d, en, now);
}

static void
status_ended(struct desk *d, struct entry *en, const struct venue_event *e,
    struct fix_now now)
{
	struct report r = REPORT_INIT(e->status);
	char text[DESK_TEXT_MAX + 1];

	if (state_of(&en->o) == e->status && e->status != '2') {
		state_known(&en->o); /* told before: a GT order at rest */
		desk_settle(d, en, now);
		return;
	}
	if (state_of(&en->o) == '2') {
		state_known(&en->o);
		if (en->o.pending != '\0')
			chain_refuse(
			    d, en, 0, "TOO LATE the order is filled", now);
		desk_settle(d, en, now);
		chain_next(d, en, now);
		return;
	}
	if (e->status == '8')
		r.reason = 99;
	r.text = report_clean(e->text, text);
	r.when = e->when;
	order_end(d, en, e->status, r, now);
}

/* "Filled" when our quantities agree. */
static void
status_filled(struct desk *d, struct entry *en, const struct venue_event *e,
    struct fix_now now)
{
	if (en->o.leaves_e8 > 0) { /* N12 */
		desk_alert(d,
		    "order %s: filled, says its venue, but not by "
		    "its executions",
		    en->o.order_id);
		return;
	}
	status_ended(d, en, e, now);
}

static void
missing(struct desk *d, struct entry *en, const struct venue_event *e,
    struct fix_now now)
{
	desk_alert(d,
	    "order %s: executions are missing, CumQty of the venue "
	    "is %lld, ours is %lld (10^-8)",
	    en->o.order_id, (long long)e->cum_qty_e8, (long long)en->o.cum_e8);
	en->asked = true; /* ask again later */
	if (en->round == 0)
		wait_from(d, en, now);
}

/* The venue says how much an amount has bought, or is to. */
static void
size_by_amount(struct order *o, const struct venue_event *e)
{
	if (o->rare.cash_e8 == 0 || e->qty_e8 <= 0 || e->qty_e8 < o->cum_e8)
		return;
	o->qty_e8 = e->qty_e8;
	o->leaves_e8 = o->qty_e8 - o->cum_e8;
	o->rare.sized = 1;
}

void
doubt_status(struct desk *d, struct entry *en, const struct venue_event *e,
    struct fix_now now)
{
	struct order *o = &en->o;

	if (!en->is_live)
		return;
	en->among_all = false;
	size_by_amount(o, e);
	if (e->cum_qty_e8 > o->cum_e8) {
		missing(d, en, e, now);
		return;
	}
	if (e->cum_qty_e8 >= 0 && e->cum_qty_e8 < o->cum_e8)
		desk_alert(d,
		    "order %s: its venue knows fewer executions "
		    "than we do",
		    o->order_id);
	en->asked = false;
	switch (e->status) {
	case '2':
		if (shows_replaced(o, e))
			order_replaced(d, en, e, now);
		status_filled(d, en, e, now);
		break;
	case '4':
	case 'C':
	case '3':
		if (shows_replaced(o, e))
			order_replaced(d, en, e, now);
		status_ended(d, en, e, now);
		break;
	case '8':
		status_ended(d, en, e, now);
		break;
	default:
		status_live(d, en, e, now);
		break;
	}
}

/* Its venue says that it has never got it, and may get it late: then once more,
 * as the same order. */
static bool
send_again(
    struct desk *d, struct entry *en, struct venue *v, struct fix_now now)
{
	struct order *o = &en->o;
	struct terms t = terms_now(o);
	struct venue_order vo = terms_venue(o, &t);

	if (v == NULL || !v->resends || en->resent || o->acked ||
	    o->cum_e8 > 0 || o->pending != '\0' || o->cancel_wanted ||
	    (o->expire_ns != 0 && o->expire_ns <= now.utc.ns))
		return false;
	vo.again = true;
	en->resent = true;
	if (v->ops->send_new(v, &vo, now) != 0)
		return false;
	wait_from(d, en, now);
	return true;
}

void
doubt_unknown(struct desk *d, struct entry *en, const struct venue_event *e,
    struct fix_now now)
{
	struct order *o = &en->o;
	struct venue *v = desk_venue_of(d, o->venue);
	struct report r = REPORT_INIT('8');
	char text[DESK_TEXT_MAX + 1];

	if (!en->is_live)
		return;
	if (!en->asked) { /* not by our question: ask, then believe */
		doubt_ask(d, en, now);
		return;
	}
	en->asked = false;
	if (send_again(d, en, v, now))
		return;
	snprintf(text, sizeof(text), "VENUE %s does not know the order",
	    v == NULL ? "" : v->name);
	r.text = text;
	r.when = e->when;
	if (state_of(o) == '2') {
		if (o->pending != '\0')
			chain_refuse(d, en, 0, text, now);
		state_known(o);
		desk_settle(d, en, now);
	} else if (!o->acked && o->cum_e8 == 0) {
		r.reason = 99;
		order_end(d, en, '8', r, now);
	} else {
		order_end(d, en, '4', r, now);
	}
}

static void
time_out(struct desk *d, struct entry *en, struct fix_now now)
{
	set_doubt(en); /* N6 */
	wait_later(d, en, now);
	doubt_ask(d, en, now);
}

void
doubt_about(struct desk *d, struct entry *en, struct fix_now now)
{
	if (!en->is_live || en->asked)
		return;
	set_doubt(en);
	doubt_ask(d, en, now);
}

/* A venue ends orders at their ExpireTime; if it is silent about one, ask. */
static void
ask_expired(struct desk *d, struct fix_now now)
{
	struct entry *en;
	bool overdue = false;

	d->expiry_due_ns = INT64_MAX;
	TAILQ_FOREACH(en, &d->live, live)
	{
		if (en->o.expire_ns == 0)
			continue;
		if (en->o.expire_ns > now.utc.ns) {
			expiry_note(d, &en->o, now);
			continue;
		}
		overdue = true;
		if (!en->asked)
			doubt_ask(d, en, now);
	}
	if (overdue && d->expiry_due_ns > now.mono.ns + 60 * FIX_SEC)
		d->expiry_due_ns = now.mono.ns + 60 * FIX_SEC;
}

void
desk_tick(struct desk *d, struct fix_now now)
{
	struct entry *en;
	unsigned i, n = 0;

	for (i = 0; i < DESK_ROUNDS; i++) {
		while ((en = TAILQ_FIRST(&d->wait[i])) != NULL &&
		       en->due_ns <= now.mono.ns && n++ < DESK_ASK_MAX)
			time_out(d, en, now);
	}
	if (d->expiry_due_ns <= now.mono.ns)
		ask_expired(d, now);
}

struct fix_mono
desk_deadline(const struct desk *d)
{
	struct fix_mono at = { d->expiry_due_ns };
	unsigned i;

	for (i = 0; i < DESK_ROUNDS; i++) {
		const struct entry *en = TAILQ_FIRST(&d->wait[i]);

		if (en != NULL && en->due_ns < at.ns)
			at.ns = en->due_ns;
	}
	return at;
}
