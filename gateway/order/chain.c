/*
 * The chain of requests on an order: one at the venue, up to eight behind it.
 *
 * A cancel (F) or replace (G) that is well-formed either goes to the venue at
 * once or waits, unreported, until the one before it is answered ("serialize",
 * FIX volume 4, D.2.a). Its OrigClOrdID may name any id of the chain; one that
 * names a request which was refused is worked against the order as it stands
 * ("rebase", D.2.c), or refused where the session is strict. A refused id is
 * remembered and can't be used again. Cancels are never held back by risk or
 * kill switch; with the venue away they wait, and leave first when it is back.
 *
 * Cancels of our own (kill switch) have no ClOrdID: the client is told nothing
 * before they are done.
 */
#include "gateway/order/desk.h"

#include <stdio.h>

static void
set_id(char *dst, size_t cap, const char *src)
{
	size_t n = strlen(src);

	memset(dst, 0, cap);
	memcpy(dst, src, n < cap ? n : cap - 1);
}

#define SET_ID(dst, src) set_id(dst, sizeof(dst), src)

static void
drop_wish(struct desk *d, struct use *u)
{
	if (u->wish != NULL)
		pool_put(&d->wishes, u->wish);
	u->wish = NULL;
}

/* A flood of refused requests on one order is answered, not remembered. */
static void
remember_refused(struct desk *d, struct use *u)
{
	struct entry *en = u->en;
	bool kept = u->kept.state != '\0';

	u->kept.state = ORDER_USE_REJECTED;
	if (kept || en->refused < DESK_USES_MAX) {
		en->refused++;
		desk_save_use(d, u);
	} else if (en->uses == u) {
		en->uses = u->sibling;
		hmap_del(&d->by_use, &u->node);
		pool_put(&d->uses, u);
	}
}

void
change_refuse(struct desk *d, struct use *u, const char *orig_sent, int reason,
    const char *text, struct fix_now now)
{
	const struct desk_session *s = desk_session_of(d, u->session);
	char id[ORDER_CLORDID_MAX + 1];
	struct nay n = { .o = &u->en->o,
		.orig_id = fix_span_of(orig_sent),
		.kind = u->kept.kind,
		.reason = reason,
		.text = text };

	SET_ID(id, u->id);
	n.cl_ord_id = fix_span_of(id);
	drop_wish(d, u);
	u->kept.reason = reason;
	remember_refused(d, u);
	if (s != NULL)
		report_nay(d, s, &n, now);
}

static void
set_pending(struct desk *d, struct entry *en, char kind, struct use *u,
    const char *orig_sent)
{
	struct order *o = &en->o;

	o->pending = kind;
	SET_ID(o->request_id, u == NULL ? "" : u->id);
	SET_ID(o->request_orig_id, u == NULL ? "" : orig_sent);
	en->disowned = false;
	en->dirty = true;
	if (u != NULL) {
		u->kept.state = ORDER_USE_VENUE;
		desk_save_use(d, u);
	}
}

/* "Pending" is told before the result, unless the session wants none. */
static void
tell_pending(struct desk *d, struct entry *en, struct fix_now now)
{
	const struct desk_session *s = desk_session_of(d, en->o.session);
	struct report r = REPORT_INIT(en->o.pending == 'F' ? '6' : 'E');

	if (s == NULL || s->no_pending_reports)
		return;
	r.cl_ord_id = en->o.request_id;
	r.orig_id = en->o.cl_ord_id;
	report_exec(d, en, &r, now);
}

void
chain_send_cancel(struct desk *d, struct entry *en, struct fix_now now)
{
	struct order *o = &en->o;
	struct venue *v = desk_venue_of(d, o->venue);
	struct terms t = terms_now(o);
	struct venue_order vo;

	SET_ID(o->venue_request_id, "");
	ids_venue(o, o->venue_request_id);
	o->unsent = v == NULL || !v->up;
	en->fresh = !o->unsent;
	desk_settle(d, en, now);
	desk_save(d, en, now);
	if (o->unsent)
		return;
	vo = terms_venue(o, &t);
	vo.cl_ord_id = o->venue_request_id;
	vo.orig_cl_ord_id = o->venue_cl_ord_id;
	if (v->ops->send_cancel(v, &vo, now) != 0) {
		o->unsent = 1;
		desk_settle(d, en, now);
		desk_save(d, en, now);
		return;
	}
	wait_from(d, en, now);
}

static void
begin_cancel(struct desk *d, struct entry *en, struct use *u,
    const char *orig_sent, struct fix_now now)
{
	set_pending(d, en, 'F', u, orig_sent);
	risk_count_cancel(d->cfg.risk, en->o.session, now);
	chain_send_cancel(d, en, now);
	if (u != NULL)
		tell_pending(d, en, now);
}

/* If not: with the reason, which may be 0, and the text of the refusal. */
static bool
replace_allowed(struct desk *d, struct entry *en, struct terms *t,
    int *reason, char text[RISK_TEXT_MAX + 1], struct fix_now now)
{
	const struct desk_session *s = desk_session_of(d, en->o.session);
	struct venue *v = desk_venue_of(d, en->o.venue);
	struct risk_order r;
	struct risk_verdict verdict;

	if (v == NULL || !v->up) {
		snprintf(text, RISK_TEXT_MAX, "VENUE %s is not connected",
		    v == NULL ? "of the order" : v->name);
		*reason = 99;
		return false;
	}
	*reason = 99;
	if (rare_refused(v, &en->o, t, text) != 0 ||
	    rare_value(d, &en->o, t, now, text) != 0)
		return false;
	r = terms_risk(&en->o, t);
	r.rest = &en->rest;
	if (risk_check_replace(d->cfg.risk, &r, en->o.hold, now, &verdict) ==
	    0) {
		desk_tell_token(d, &en->o, verdict.token);
		en->o.hold = verdict.hold;
		return true;
	}
	risk_text(&verdict, text);
	*reason = risk_cxl_rej_reason(
	    verdict.code, (int)report_face(s == NULL ? FIX_V_44 : s->version));
	return false;
}

static int
send_replace(
    struct desk *d, struct entry *en, const struct terms *t, struct fix_now now)
{
	struct order *o = &en->o;
	struct venue *v = desk_venue_of(d, o->venue);
	struct venue_order vo = terms_venue(o, t);

	vo.cl_ord_id = o->venue_request_id;
	vo.orig_cl_ord_id = o->venue_cl_ord_id;
	if (!guard_replace(d, en, vo.qty_e8))
		return -FIX_E_TOOBIG;
	return v->ops->send_replace(v, &vo, now);
}

static void
refuse_unsent(struct desk *d, struct entry *en, int rc, struct fix_now now)
{
	const struct venue *v = desk_venue_of(d, en->o.venue);
	char text[DESK_TEXT_MAX + 1];

	if (rc == -FIX_E_TOOBIG)
		snprintf(text, sizeof(text), GUARD_TEXT);
	else if (rc == -FIX_E_RANGE)
		snprintf(text, sizeof(text), "VENUE %s can't take it: %s",
		    v->name, v->refused);
	else
		snprintf(text, sizeof(text), "VENUE can't take it now");
	chain_refuse(d, en, 99, text, now);
}

static void
begin_replace(struct desk *d, struct use *u, const struct order_wish *w,
    struct fix_now now)
{
	struct entry *en = u->en;
	struct order *o = &en->o;
	struct terms t = { w->qty_e8, w->price_e8, w->stop_e8, w->expire_ns,
		w->ord_type, w->time_in_force, w->skip, 0, w->rare };
	char text[RISK_TEXT_MAX + 1];
	int reason, rc;

	memcpy(&t.token, w->token, sizeof(t.token));
	if (!replace_allowed(d, en, &t, &reason, text, now)) {
		change_refuse(d, u, w->orig_id, reason, text, now);
		return;
	}
	set_pending(d, en, 'G', u, w->orig_id);
	terms_set_request(o, &t);
	SET_ID(o->venue_request_id, "");
	ids_venue(o, o->venue_request_id);
	en->fresh = true;
	desk_settle(d, en, now);
	desk_save(d, en, now);
	rc = send_replace(d, en, &t, now);
	if (rc != 0) {
		refuse_unsent(d, en, rc, now);
		return;
	}
	wait_from(d, en, now);
	tell_pending(d, en, now);
}

static bool
names_refused(const struct desk *d, uint32_t session, const char *orig)
{
	struct use *u = use_find(d, session, fix_span_of(orig));

	return u != NULL && u->kept.state == ORDER_USE_REJECTED;
}

/* C.1.c: some counterparties let a filled order grow. */
static bool
opens_again(const struct desk_session *s, const struct use *u,
    const struct order_wish *w)
{
	const struct order *o = &u->en->o;

	return s != NULL && s->replace_filled && u->kept.kind == 'G' &&
	       state_of(o) == '2' && w->qty_e8 > o->cum_e8;
}

static void
begin(struct desk *d, struct use *u, const struct order_wish *w,
    struct fix_now now)
{
	const struct desk_session *s = desk_session_of(d, u->session);

	drop_wish(d, u);
	if (state_ended(&u->en->o) && !opens_again(s, u, w))
		change_refuse(
		    d, u, w->orig_id, 0, "TOO LATE the order has ended", now);
	else if (s != NULL && s->strict &&
		 names_refused(d, u->session, w->orig_id))
		change_refuse(d, u, w->orig_id, 99,
		    "CHAIN OrigClOrdID(41) names a refused request", now);
	else if (u->kept.kind == 'F')
		begin_cancel(d, u->en, u, w->orig_id, now);
	else
		begin_replace(d, u, w, now);
}

static bool
cancel_in_chain(const struct entry *en)
{
	const struct use *u;

	if (en->o.pending == 'F' && en->o.request_id[0] != '\0')
		return true;
	for (u = en->queue; u != NULL; u = u->behind) {
		if (u->kept.kind == 'F')
			return true;
	}
	return false;
}

static void
enqueue(struct desk *d, struct use *u, const struct order_wish *w,
    struct fix_now now)
{
	if (u->en->queued >= ORDER_QUEUE_MAX) {
		change_refuse(d, u, w->orig_id, 3,
		    "PENDING too many requests wait for this order", now);
		return;
	}
	u->wish = pool_get(&d->wishes);
	if (u->wish == NULL) {
		change_refuse(d, u, w->orig_id, 99, "INTERNAL no memory", now);
		return;
	}
	memcpy(u->wish, w, sizeof(*w));
	u->kept.turn = ++d->turn;
	u->kept.state = ORDER_USE_QUEUED;
	queue_put(u->en, u);
	desk_save_use(d, u);
}

void
chain_take(struct desk *d, struct use *u, const struct order_wish *w,
    struct fix_now now)
{
	struct entry *en = u->en;

	if (u->kept.kind == 'F' && cancel_in_chain(en))
		change_refuse(
		    d, u, w->orig_id, 3, "PENDING a cancel is under way", now);
	else if (en->o.pending != '\0' || en->queue != NULL)
		enqueue(d, u, w, now);
	else
		begin(d, u, w, now);
}

void
chain_next(struct desk *d, struct entry *en, struct fix_now now)
{
	struct order *o = &en->o;
	struct order_wish w;
	struct use *u;

	while (o->pending == '\0') {
		if (o->cancel_wanted) {
			o->cancel_wanted = 0;
			en->dirty = true;
			if (!state_ended(o))
				begin_cancel(d, en, NULL, "", now);
			continue;
		}
		u = queue_take(en);
		if (u == NULL)
			break;
		memcpy(&w, u->wish, sizeof(w));
		begin(d, u, &w, now);
	}
}

struct pending
chain_drop(struct entry *en, const struct desk *d)
{
	struct order *o = &en->o;
	struct pending p = { .kind = o->pending };
	struct terms none = { 0 };

	if (p.kind == '\0')
		return p;
	p.u = use_find(d, o->session, fix_span_of(o->request_id));
	SET_ID(p.orig_sent, o->request_orig_id);
	o->pending = '\0';
	o->unsent = 0;
	en->disowned = false;
	SET_ID(o->request_id, "");
	SET_ID(o->request_orig_id, "");
	SET_ID(o->venue_request_id, "");
	terms_set_request(o, &none);
	en->dirty = true;
	return p;
}

void
chain_accept(struct desk *d, struct entry *en)
{
	struct order *o = &en->o;
	struct pending p;

	if (o->pending == 'G') {
		SET_ID(o->cl_ord_id, o->request_id);
		SET_ID(o->venue_cl_ord_id, o->venue_request_id);
		o->replaced = 1;
	} else if (o->request_id[0] != '\0') {
		SET_ID(o->cancel_id, o->request_id);
	}
	p = chain_drop(en, d);
	if (p.u != NULL) {
		p.u->kept.state = ORDER_USE_ACCEPTED;
		desk_save_use(d, p.u);
	}
}

void
chain_refuse(struct desk *d, struct entry *en, int reason, const char *text,
    struct fix_now now)
{
	struct pending p = chain_drop(en, d);

	if (!en->o.cancel_wanted)
		en->o.cancel_why = '\0';
	desk_settle(d, en, now);
	desk_save(d, en, now);
	if (text == NULL)
		text = "VENUE refused it";
	if (p.u != NULL)
		change_refuse(d, p.u, p.orig_sent, reason, text, now);
	else if (en->spurned++ < DESK_SPURNED_MAX)
		desk_alert(d, "order %s: our cancel was refused: %s",
		    en->o.order_id, text);
}

bool
chain_cancel(struct desk *d, struct entry *en, struct fix_now now)
{
	struct order *o = &en->o;
	bool out = o->pending == '\0';

	if (o->pending == 'F' && o->request_id[0] == '\0')
		return false; /* ours is under way */
	o->cancel_wanted = 1;
	en->dirty = true;
	chain_next(d, en, now);
	if (en->dirty)
		desk_save(d, en, now);
	return out && o->pending == 'F' && !o->unsent;
}

static bool
in_scope(const struct desk *d, const struct order *o, enum risk_scope kind,
    const char *id)
{
	char number[16];

	if (kind != RISK_SCOPE_SESSION)
		return risk_in_scope(d->cfg.risk, kind, id,
		    fix_span_of(o->account), fix_span_of(o->symbol));
	snprintf(number, sizeof(number), "%u", (unsigned)o->session);
	return strcmp(number, id) == 0;
}

unsigned
desk_cancel_all(
    struct desk *d, enum risk_scope kind, const char *id, struct fix_now now)
{
	struct entry *en, *next;
	unsigned n = 0;

	for (en = TAILQ_FIRST(&d->live); en != NULL; en = next) {
		next = TAILQ_NEXT(en, live);
		if (in_scope(d, &en->o, kind, id) && chain_cancel(d, en, now))
			n++;
	}
	return n;
}

unsigned
desk_cancel_dropped(struct desk *d, const struct desk_drop *what, unsigned most,
    struct fix_now now)
{
	struct entry *en, *next;
	unsigned n = 0;

	for (en = TAILQ_FIRST(&d->live); en != NULL && n < most; en = next) {
		struct order *o = &en->o;

		next = TAILQ_NEXT(en, live);
		if (o->session != what->session || o->number > what->up_to ||
		    (state_is_gt(o) && !what->gt) || o->cancel_wanted ||
		    (o->pending == 'F' && o->request_id[0] == '\0'))
			continue;
		o->cancel_why = what->why;
		(void)chain_cancel(d, en, now);
		n++;
	}
	return n;
}
