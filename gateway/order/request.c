/*
 * Requests of clients: NewOrderSingle(D), OrderCancelRequest(F),
 * OrderCancelReplaceRequest(G), OrderStatusRequest(H).
 *
 * A ClOrdID is used once, over D, F and G and over restarts. A repeated one is
 * refused with the state of the first (8) or of the order (9); with
 * PossResend(97) the last answer is given again, and a PossDup(43) is dropped.
 * An F or G for an order that we do not know leaves its ClOrdID free. H names
 * an order, changes nothing and uses nothing up.
 */
#include "gateway/order/desk.h"

#include <assert.h>
#include <stdio.h>

/* 8 of a D whose ClOrdID was used before: a notice with the first's state. */
static void
tell_duplicate(struct desk *d, struct use *u, struct fix_now now)
{
	struct report r = REPORT_INIT('8');

	r.reason = 6;
	r.cl_ord_id = u->id;
	r.text = "DUP_CLORDID ClOrdID(11) was used before";
	report_exec(d, u->en, &r, now);
}

void
tell_status(struct desk *d, struct entry *en, struct fix_span asked,
    struct fix_span req_id, struct fix_now now)
{
	const struct order *o = &en->o;
	const struct desk_session *s = desk_session_of(d, o->session);
	bool v42 = s != NULL && report_face(s->version) == FIX_V_42;
	struct report r = REPORT_INIT('I');
	char id[ORDER_CLORDID_MAX + 1];
	const char *is = o->cl_ord_id;

	fix_span_copy(asked, id, sizeof(id));
	if (o->cancel_id[0] != '\0' && (v42 || strcmp(id, is) != 0))
		is = o->cancel_id;
	if (o->request_id[0] != '\0' && strcmp(id, o->request_id) == 0)
		is = o->request_id;
	r.cl_ord_id = is;
	if (id[0] != '\0' && strcmp(id, is) != 0)
		r.orig_id = id;
	else if (is == o->request_id || is == o->cancel_id)
		r.orig_id = is == o->request_id ? o->cl_ord_id : NULL;
	r.exec_id = "0";
	r.req_id = req_id;
	r.text = "STATUS";
	report_exec(d, en, &r, now);
}

/* ----- D ----- */

/* A NUL within would make another name of it. */
static bool
name_ok(struct fix_span name, char *dst, size_t cap)
{
	return fix_span_copy(name, dst, cap) &&
	       (name.len == 0 || memchr(name.p, '\0', name.len) == NULL);
}

/* @return 0, or OrdRejReason in 5.0SP2's numbers with *why */
static int
who(struct desk *d, struct order *o, const struct fix_order *req,
    const char **why)
{
	struct fix_span account = req->account;

	if (account.len == 0)
		account = risk_default_account(d->cfg.risk, o->session);
	o->side = req->side;
	fix_span_copy((struct fix_span){ req->trader.p,
			  req->trader.len < RISK_ID_MAX ? req->trader.len
							: RISK_ID_MAX },
	    o->trader, sizeof(o->trader));
	*why = "UNSUPPORTED Currency(15)";
	if (!name_ok(req->currency, o->currency, sizeof(o->currency)))
		return 11;
	*why = "SYMBOL is not known";
	if (!name_ok(req->symbol, o->symbol, sizeof(o->symbol)))
		return 1;
	*why = "ACCOUNT is not known";
	return name_ok(account, o->account, sizeof(o->account)) ? 0 : 15;
}

/* What risk and the venue must know of an order that is not plain. */
static int
make_sure(struct desk *d, struct entry *en, struct terms *t,
    const struct venue *v, char text[RISK_TEXT_MAX + 1], struct fix_now now)
{
	int reason = rare_refused(v, &en->o, t, text);

	if (reason != 0 || !venue_is_rare(&t->rare))
		return reason;
	reason = rare_value(d, &en->o, t, now, text);
	terms_set(&en->o, t);
	return reason;
}

/* @return 0 with *v its venue, or 103 in the face's numbers with *why */
static int
admit(struct desk *d, struct entry *en, const struct fix_order *req,
    enum fix_version face, struct venue **v, char text[RISK_TEXT_MAX + 1],
    struct fix_now now)
{
	struct risk_verdict verdict;
	struct risk_order r;
	struct terms t;
	const char *why, *wrong;
	int bad = terms_read(req, now, &t, &wrong);
	int reason = who(d, &en->o, req, &why);

	terms_set(&en->o, &t);
	if (reason == 0) {
		reason = bad;
		why = wrong;
	}
	if (reason == 0 && (*v = route_find(d, req, en->o.account)) == NULL) {
		why = d->n_venues == 0 ? "VENUE there is none" :
		    "VENUE no route takes its ExDestination(100)";
		reason = d->n_venues == 0 ? 99 : 11;
	}
	if (reason != 0) {
		snprintf(text, RISK_TEXT_MAX + 1, "%s", why);
		return reason;
	}
	en->o.venue = (*v)->number;
	reason = make_sure(d, en, &t, *v, text, now);
	if (reason != 0)
		return reason;
	r = terms_risk(&en->o, &t);
	r.rest = &en->rest;
	if (risk_check_new(d->cfg.risk, &r, now, &verdict) == 0) {
		desk_tell_token(d, &en->o, verdict.token);
		live_begin(d, en, verdict.hold, now);
		return 0;
	}
	risk_text(&verdict, text);
	return risk_ord_rej_reason(verdict.code, (int)face);
}

static struct entry *
enter(struct desk *d, const struct desk_session *s, const struct fix_order *o,
    struct fix_now now)
{
	struct entry *en = entry_new(d, ids_next_order(d));
	struct use *u = en == NULL ? NULL : use_new(d, s->number, o->cl_ord_id);

	bool kept = en != NULL && entry_set_parties(d, en, o->parties);

	assert(kept && u != NULL); /* desk_request() has reserved them */
	use_link(u, en);
	u->kept.kind = 'D';
	u->kept.state = ORDER_USE_WORKING;
	en->o.session = s->number;
	en->o.status = 'A';
	en->o.entered_ns = now.utc.ns;
	fix_span_copy(o->cl_ord_id, en->o.cl_ord_id, sizeof(en->o.cl_ord_id));
	ids_order(d, en->o.number, en->o.order_id);
	en->dirty = true;
	return en;
}

static void
send_new(struct desk *d, struct entry *en, struct venue *v, struct fix_now now)
{
	struct terms t = terms_now(&en->o);
	struct venue_order vo;
	char text[DESK_TEXT_MAX + 1];
	int rc = -FIX_E_STATE;

	ids_venue(&en->o, en->o.venue_cl_ord_id);
	desk_save(d, en, now);
	desk_save_use(d, en->uses);
	vo = terms_venue(&en->o, &t);
	if (!guard_new(d, en, vo.qty_e8))
		rc = -FIX_E_TOOBIG;
	else if (v->up)
		rc = v->ops->send_new(v, &vo, now);
	if (rc == 0)
		return;
	if (rc == -FIX_E_TOOBIG)
		snprintf(text, sizeof(text), GUARD_TEXT);
	else if (rc == -FIX_E_FULL)
		snprintf(text, sizeof(text), "VENUE %s is too slow: its queue "
		    "is full", v->name);
	else if (rc == -FIX_E_RANGE)
		snprintf(text, sizeof(text), "VENUE %s can't take it: %s",
		    v->name, v->refused);
	else
		snprintf(text, sizeof(text), "VENUE %s is not connected%s%s",
		    v->name, v->why[0] == '\0' ? "" : ": ", v->why);
	order_refuse(d, en, 99, text, now);
}

static void
new_order(struct desk *d, const struct desk_session *s,
    const struct fix_order *o, struct fix_now now)
{
	struct entry *en = enter(d, s, o, now);
	struct venue *v = NULL;
	char text[RISK_TEXT_MAX + 1];
	int reason;

	reason = admit(d, en, o, report_face(s->version), &v, text, now);
	if (reason != 0 || !en->is_live) {
		desk_save_use(d, en->uses);
		order_refuse(d, en, reason, text, now);
		return;
	}
	en->o.leaves_e8 = en->o.qty_e8;
	send_new(d, en, v, now);
}

static void
take_new(struct desk *d, const struct desk_session *s,
    const struct fix_order *o, bool poss_dup, struct fix_now now)
{
	struct use *u = use_find(d, s->number, o->cl_ord_id);

	if (!ids_client_ok(o->cl_ord_id)) {
		report_unknown(d, s, o, 99, "FORMAT ClOrdID(11)", now);
	} else if (u != NULL && poss_dup) {
		return;
	} else if (u != NULL && o->poss_resend && u->kept.kind == 'D') {
		tell_status(d, u->en, o->cl_ord_id, o->ord_status_req_id, now);
	} else if (u != NULL && u->en == NULL) {
		mass_duplicate(d, s, o, now);
	} else if (u != NULL) {
		tell_duplicate(d, u, now);
	} else if (d->n_orders >= DESK_ORDERS_MAX) {
		report_unknown(d, s, o, 99, "INTERNAL too many orders", now);
	} else {
		new_order(d, s, o, now);
	}
}

/* ----- F and G ----- */

/* The order that 41, or without it 37, names; NULL if they disagree. */
static struct entry *
target(struct desk *d, const struct desk_session *s, const struct fix_order *o)
{
	struct use *u = use_find(d, s->number, o->orig_cl_ord_id);
	struct entry *en = u == NULL ? NULL : u->en;

	if (u != NULL && en == NULL)
		return NULL; /* a mass cancel's */
	if (o->orig_cl_ord_id.len == 0 && o->order_id.len > 0)
		en = entry_find(d, ids_number(o->order_id));
	if (en == NULL || en->o.session != s->number)
		return NULL;
	if (o->order_id.len > 0 && !fix_span_is(o->order_id, en->o.order_id))
		return NULL;
	return en;
}

static void
nay(struct desk *d, const struct desk_session *s, const struct fix_order *o,
    const struct entry *en, int reason, const char *text, struct fix_now now)
{
	struct nay n = { .o = en == NULL ? NULL : &en->o,
		.cl_ord_id = o->cl_ord_id,
		.orig_id = o->orig_cl_ord_id,
		.kind = o->kind,
		.reason = reason,
		.text = text };

	report_nay(d, s, &n, now);
}

/* A G may change quantity, prices, type and time in force; nothing else. */
static const char *
fixed_changed(const struct order *is, const struct fix_order *o)
{
	if (o->symbol.len > 0 && !fix_span_is(o->symbol, is->symbol))
		return "FIELD Symbol(55) can't be changed";
	if (o->side != '\0' && o->side != is->side)
		return "FIELD Side(54) can't be changed";
	if (o->account.len > 0 && !fix_span_is(o->account, is->account))
		return "FIELD Account(1) can't be changed";
	if (o->currency.len > 0 && !fix_span_is(o->currency, is->currency))
		return "FIELD Currency(15) can't be changed";
	return NULL;
}

static void
use_terms(struct order_wish *w, const struct terms *t)
{
	w->qty_e8 = t->qty_e8;
	w->price_e8 = t->price_e8;
	w->stop_e8 = t->stop_e8;
	w->expire_ns = t->expire_ns;
	w->ord_type = t->ord_type;
	w->time_in_force = t->time_in_force;
	w->skip = t->skip;
	memcpy(w->token, &t->token, sizeof(w->token));
	w->rare = t->rare;
}

static void
change_order(struct desk *d, const struct desk_session *s, struct entry *en,
    const struct fix_order *o, struct fix_now now)
{
	struct use *u = use_new(d, s->number, o->cl_ord_id);
	struct order_wish w;
	struct terms t;
	const char *why = NULL;
	int reason = 0;

	assert(u != NULL);
	use_link(u, en);
	u->kept.kind = o->kind;
	memset(&w, 0, sizeof(w));
	fix_span_copy(o->orig_cl_ord_id, w.orig_id, sizeof(w.orig_id));
	if (w.orig_id[0] == '\0')
		memcpy(w.orig_id, en->o.cl_ord_id, sizeof(w.orig_id));
	if (o->kind == 'G') {
		why = fixed_changed(&en->o, o);
		reason = why != NULL ? 2 : 0;
		if (reason == 0 && terms_read(o, now, &t, &why) != 0)
			reason = 99;
		if (reason == 0 && (why = rare_fixed(&en->o, &t)) != NULL)
			reason = 2;
	}
	if (reason != 0) {
		change_refuse(d, u, w.orig_id, reason, why, now);
		return;
	}
	if (o->kind == 'G')
		use_terms(&w, &t);
	chain_take(d, u, &w, now);
}

static void
repeat(struct desk *d, const struct desk_session *s, struct use *u,
    const struct fix_order *o, struct fix_now now)
{
	if (u->kept.state == ORDER_USE_REJECTED)
		nay(d, s, o, u->en, u->kept.reason, "REFUSED before", now);
	else
		tell_status(d, u->en, o->cl_ord_id, o->ord_status_req_id, now);
}

/* Is OrigOrdModTime(586), as far as it goes, another time than that at which the
 * order was told to be new, replaced or restated? */
static bool
modified_since(const struct order *is, const struct fix_order *o)
{
	int64_t unit = 1;

	if ((o->has & FIX_OH_ORIG_ORD_MOD_TIME) == 0)
		return false;
	for (unsigned i = o->orig_ord_mod_time.digits; i < 9; i++)
		unit *= 10;
	return is->modified_ns / unit != o->orig_ord_mod_time.utc.ns / unit;
}

static void
take_change(struct desk *d, const struct desk_session *s,
    const struct fix_order *o, bool poss_dup, struct fix_now now)
{
	struct use *u = use_find(d, s->number, o->cl_ord_id);
	struct entry *en = target(d, s, o);

	if (u != NULL && poss_dup)
		return;
	if (u != NULL && o->poss_resend && u->kept.kind == o->kind)
		repeat(d, s, u, o, now);
	else if (en == NULL)
		nay(d, s, o, NULL, 1, "UNKNOWN order", now);
	else if (!ids_client_ok(o->cl_ord_id))
		nay(d, s, o, en, 99, "FORMAT ClOrdID(11)", now);
	else if (u != NULL)
		nay(d, s, o, en, 6, "DUP_CLORDID ClOrdID(11) was used before",
		    now);
	else if (s->version >= FIX_V_43 && modified_since(&en->o, o))
		nay(d, s, o, en, 5, "MODIFIED the order since "
		    "OrigOrdModTime(586)", now);
	else
		change_order(d, s, en, o, now);
}

bool
desk_refuse_stale(struct desk *d, uint32_t session, const struct fix_order *o,
    struct fix_now now)
{
	static const char text[] = "STALE order, given too long ago";
	const struct desk_session *s = desk_session_of(d, session);

	if (s == NULL || use_find(d, session, o->cl_ord_id) != NULL)
		return false;
	if (o->kind == 'D')
		report_unknown(d, s, o, s->version < FIX_V_42 ? 0 : 8, text,
		    now);
	else
		nay(d, s, o, target(d, s, o), 99, text, now);
	return true;
}

/* ----- H ----- */

static void
take_status(struct desk *d, const struct desk_session *s,
    const struct fix_order *o, struct fix_now now)
{
	struct use *u = use_find(d, s->number, o->cl_ord_id);
	struct entry *en = u == NULL ? NULL : u->en;

	if (o->cl_ord_id.len == 0 && o->order_id.len > 0)
		en = entry_find(d, ids_number(o->order_id));
	if (en != NULL && (en->o.session != s->number ||
			      (o->order_id.len > 0 &&
				  !fix_span_is(o->order_id, en->o.order_id))))
		en = NULL;
	if (en == NULL)
		report_unknown(d, s, o, 5, "UNKNOWN order", now);
	else
		tell_status(d, en, o->cl_ord_id, o->ord_status_req_id, now);
}

int
desk_request(struct desk *d, uint32_t session, const struct fix_order *o,
    bool poss_dup, struct fix_now now, const char **why)
{
	const struct desk_session *s = desk_session_of(d, session);

	*why = NULL;
	if (s == NULL || !d->started)
		*why = "the order desk does not serve this session";
	else if (!pool_reserve(&d->entries, 1) ||
		 !pool_reserve(&d->uses, 1) ||
		 !pool_reserve(&d->wishes, 1) ||
		 (o->parties.len > 0 && !pool_reserve(&d->parties, 1)) ||
		 !pool_reserve(&d->execs, POOL_RESERVE_MAX) ||
		 !hmap_reserve(&d->by_use, 1) || !hmap_reserve(&d->by_number, 1))
		*why = "no memory for another request";
	if (*why != NULL)
		return 1;
	if (o->kind == 'D')
		take_new(d, s, o, poss_dup, now);
	else if (o->kind == 'F' || o->kind == 'G')
		take_change(d, s, o, poss_dup, now);
	else if (o->kind == 'H')
		take_status(d, s, o, now);
	else
		*why = "not a request on orders";
	desk_follow_risk(d, now);
	return *why == NULL ? 0 : 1;
}
