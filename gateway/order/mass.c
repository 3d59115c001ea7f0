/*
 * Requests on many orders: OrderMassCancelRequest(q) and
 * OrderMassStatusRequest(AF), from FIX 4.3 on.
 *
 * q is answered by one OrderMassCancelReport(r) with the number of orders that
 * it is for, and cancels go out for all of them; what becomes of each is told by
 * the order's own reports, under the order's own ClOrdID. Orders that come later
 * are not touched, those that the venue has not acknowledged yet are. The
 * request's ClOrdID is used up as that of an order is, over restarts too, and
 * with PossResend(97) the same r is given again. Scopes are one symbol and
 * everything, each narrowed by side and account: an order here has no
 * underlying, product, CFI code, security type or trading session, so that a
 * request which names those is refused rather than taken for less or for more.
 *
 * AF is answered by a status report for each live order: 584 echoed, 911 their
 * number, 912=Y on the last. All of them are made at once, so that no event
 * falls between two. With no order there is one report with 911=0 and
 * OrderID(37) NONE, or a refusal if the session has it so.
 */
#include "gateway/order/desk.h"

#include <assert.h>
#include <stdio.h>

#define LISTED_MAX 100 /* orders that an r names */
#define BODY_MAX 16384u

static struct fix_span
of(const char *text)
{
	return fix_span_of(text);
}

static bool
wanted(const struct desk_session *s, const struct order_mass *m,
    const struct order *o)
{
	return o->session == s->number &&
	    (m->scope != '1' || fix_span_is(m->symbol, o->symbol)) &&
	    (m->side == '\0' || m->side == o->side) &&
	    (m->account.len == 0 || fix_span_is(m->account, o->account));
}

static void
say(struct desk *d, uint32_t session, const char *type, struct fix_build *b,
    size_t at)
{
	struct fix_span body = { b->buf + at, b->len - at };

	assert(b->err == 0); /* BODY_MAX holds the longest */
	d->ops.say(d->ops.arg, session, of(type), body);
}

/* ----- q ----- */

void
mass_link(struct desk *d, struct use *u)
{
	u->sibling = d->masses;
	d->masses = u;
	d->n_masses++;
}

void
mass_forget(struct desk *d, int64_t before_ns)
{
	struct use **at = &d->masses, *u;

	while ((u = *at) != NULL) {
		if (u->kept.turn >= (uint64_t)before_ns) {
			at = &u->sibling;
			continue;
		}
		*at = u->sibling;
		d->n_masses--;
		desk_forget_use(d, u);
	}
}

void
mass_duplicate(struct desk *d, const struct desk_session *s,
    const struct fix_order *o, struct fix_now now)
{
	report_unknown(d, s, o, 6,
	    "DUP_CLORDID ClOrdID(11) was used for a mass cancel", now);
}

struct answer { /* what r says */
	struct fix_span id;
	char order_id[ORDER_ID_MAX + 1];
	char scope;
	int reason;       /* 532, -1: accepted */
	const char *text;
	int64_t count;
};

/* Orders that it is for, behind their number; the first of many only. */
static void
list_orders(struct desk *d, const struct desk_session *s,
    const struct order_mass *m, const struct answer *a, struct fix_build *b)
{
	/* OrigClOrdID until 5.0SP1, then AffectedOrigClOrdID */
	uint32_t id = s->version < FIX_V_50SP2 ? 41 : 1824;
	struct entry *en;
	int64_t left = a->count < LISTED_MAX ? a->count : LISTED_MAX;

	if (left == 0)
		return;
	fix_build_int(b, 534, left);
	TAILQ_FOREACH(en, &d->live, live) {
		if (left == 0)
			break;
		if (!wanted(s, m, &en->o))
			continue;
		fix_build_str(b, id, en->o.cl_ord_id);
		fix_build_str(b, 535, en->o.order_id);
		left--;
	}
}

/* m NULL: no list of orders. */
static void
tell_r(struct desk *d, const struct desk_session *s, const struct answer *a,
    const struct order_mass *m, struct fix_now now)
{
	uint8_t buf[BODY_MAX];
	struct fix_build b;
	size_t at;

	fix_build_start(&b, buf, sizeof(buf), of("r"));
	at = b.len;
	fix_build_span(&b, 11, a->id);
	fix_build_str(&b, 37, a->order_id);
	if (report_face(s->version) == FIX_V_50SP2)
		fix_build_str(&b, 1369, a->order_id);
	fix_build_char(&b, 530, a->scope);
	fix_build_char(&b, 531, a->reason >= 0 ? '0' : a->scope);
	if (a->reason >= 0)
		fix_build_int(&b, 532, a->reason);
	else
		fix_build_int(&b, 533, a->count);
	if (a->reason < 0 && m != NULL)
		list_orders(d, s, m, a, &b);
	fix_build_utc(&b, 60, now.utc, 3);
	if (a->text != NULL)
		fix_build_str(&b, 58, a->text);
	say(d, s->number, "r", &b, at);
}

/* MassCancelRejectReason(532) with *why, or -1. */
static int
refused(const struct desk *d, const struct desk_session *s,
    const struct order_mass *m, const char **why)
{
	if (m->account.len > 0 &&
	    !risk_permitted(d->cfg.risk, s->number, m->account)) {
		*why = "ACCOUNT is not known";
		return 99;
	}
	if (m->scope != '1' && m->scope != '7') {
		*why = "SCOPE MassCancelRequestType(530) 1 (symbol) and 7 (all) "
		    "are served";
		return 0;
	}
	if (m->scope == '1' && !risk_trades(d->cfg.risk, m->symbol)) {
		*why = "SYMBOL is not known";
		return 1;
	}
	return -1;
}

static int64_t
count(const struct desk *d, const struct desk_session *s,
    const struct order_mass *m)
{
	const struct entry *en;
	int64_t n = 0;

	TAILQ_FOREACH(en, &d->live, live)
	n += wanted(s, m, &en->o);
	return n;
}

static void
cancel(struct desk *d, const struct desk_session *s,
    const struct order_mass *m, struct fix_now now)
{
	struct entry *en, *next;

	for (en = TAILQ_FIRST(&d->live); en != NULL; en = next) {
		next = TAILQ_NEXT(en, live);
		if (wanted(s, m, &en->o))
			(void)chain_cancel(d, en, now);
	}
}

static void
repeat(struct desk *d, const struct desk_session *s, const struct use *u,
    struct fix_now now)
{
	struct answer a = { .id = of(u->id), .scope = u->kept.scope,
		.reason = u->kept.reason < 0 ? -1 - u->kept.reason : -1,
		.count = u->kept.reason, .text = "REPEATED" };

	ids_order(d, u->kept.order, a.order_id);
	tell_r(d, s, &a, NULL, now);
}

static void
mass_cancel(struct desk *d, const struct desk_session *s,
    const struct order_mass *m, struct fix_now now)
{
	struct use *u = use_find(d, s->number, m->id);
	struct answer a = { .id = m->id, .scope = m->scope, .reason = 99 };
	uint64_t number = ids_next_order(d);

	if (u != NULL && m->poss_resend && u->kept.kind == 'q') {
		repeat(d, s, u, now);
		return;
	}
	ids_order(d, number, a.order_id);
	if (u != NULL || !ids_client_ok(m->id) ||
	    d->n_masses >= DESK_MASSES_MAX) {
		a.text = u != NULL ?
		    "DUP_CLORDID ClOrdID(11) was used before" :
		    ids_client_ok(m->id) ? "INTERNAL too many mass cancels" :
		    "FORMAT ClOrdID(11)";
		tell_r(d, s, &a, NULL, now);
		return;
	}
	a.reason = refused(d, s, m, &a.text);
	a.count = a.reason >= 0 ? 0 : count(d, s, m);
	u = use_new(d, s->number, m->id);
	assert(u != NULL); /* desk_mass() has reserved it */
	u->kept.order = number;
	u->kept.kind = 'q';
	u->kept.scope = m->scope;
	u->kept.turn = (uint64_t)now.utc.ns;
	u->kept.reason = a.reason >= 0 ? -1 - a.reason : (int32_t)a.count;
	u->kept.state = a.reason >= 0 ? ORDER_USE_REJECTED :
	    ORDER_USE_ACCEPTED;
	mass_link(d, u);
	desk_save_use(d, u);
	tell_r(d, s, &a, m, now);
	if (a.reason < 0)
		cancel(d, s, m, now);
}

/* ----- AF ----- */

static void
tell_one(struct desk *d, const struct desk_session *s,
    const struct fix_exec *e, const struct order_mass *m, int64_t n, bool last)
{
	uint8_t buf[BODY_MAX];
	struct fix_build b;
	size_t at;

	fix_build_start(&b, buf, sizeof(buf), of("8"));
	at = b.len;
	fix_exec_write(&b, e);
	fix_build_span(&b, 584, m->id);
	fix_build_int(&b, 911, n);
	fix_build_bool(&b, 912, last);
	say(d, s->number, "8", &b, at);
}

static void
tell_none(struct desk *d, const struct desk_session *s,
    const struct order_mass *m, struct fix_now now)
{
	struct fix_exec e = { .kind = '8',
		.has = FIX_EH_QTYS | FIX_EH_TRANSACT_TIME,
		.order_id = of("NONE"),
		.exec_id = of("0"),
		.account = m->account,
		.symbol = m->symbol.len > 0 ? m->symbol : of("[N/A]"),
		.text = of("STATUS no order is live"),
		.side = m->side != '\0' ? m->side : '7', /* undisclosed */
		.exec_type = 'I',
		.ord_status = '8',
		.avg_px = fix_dec_of_e8(0),
		.transact_time = now.utc };

	tell_one(d, s, &e, m, 0, true);
}

static void
tell_all(struct desk *d, const struct desk_session *s,
    const struct order_mass *m, int64_t n, struct fix_now now)
{
	struct report r = REPORT_INIT('I');
	char none[ORDER_ID_MAX + 1];
	struct fix_exec e;
	struct entry *en;
	int64_t i = 0;

	r.exec_id = "0";
	r.text = "STATUS";
	TAILQ_FOREACH(en, &d->live, live) {
		if (!wanted(s, m, &en->o))
			continue;
		report_make(d, en, &r, now, &e, none);
		tell_one(d, s, &e, m, n, ++i == n);
	}
}

static const char *
mass_status(struct desk *d, const struct desk_session *s,
    const struct order_mass *m, struct fix_now now)
{
	int64_t n;

	if (m->scope != '1' && m->scope != '7' &&
	    (m->scope != '8' || m->account.len == 0))
		return "MassStatusReqType(585) 1 (symbol), 7 (all) and, with "
		    "Account(1), 8 are served";
	if (m->scope == '1' && m->symbol.len == 0)
		return "MassStatusReqType(585) 1 needs a Symbol(55)";
	if (m->account.len > 0 &&
	    !risk_permitted(d->cfg.risk, s->number, m->account))
		return "Account(1) is not known";
	n = count(d, s, m);
	if (n > DESK_STATUS_MAX)
		return "more orders are live than one answer may have: ask by "
		    "Symbol(55) or Account(1)";
	if (n == 0 && s->refuse_empty)
		return "no order is live";
	if (n == 0)
		tell_none(d, s, m, now);
	else
		tell_all(d, s, m, n, now);
	return NULL;
}

int
desk_mass(struct desk *d, uint32_t session, const struct order_mass *m,
    struct fix_now now, const char **why)
{
	const struct desk_session *s = desk_session_of(d, session);

	*why = NULL;
	if (s == NULL || !d->started)
		*why = "the order desk does not serve this session";
	else if (s->version < FIX_V_43)
		*why = "the message type came with FIX.4.3";
	else if (m->kind == 'q' && (m->scope <= ' ' || m->scope > '~'))
		*why = "MassCancelRequestType(530) is one letter";
	else if (!pool_reserve(&d->uses, 1) || !hmap_reserve(&d->by_use, 1))
		*why = "no memory for another request";
	else if (m->kind == 'A')
		*why = mass_status(d, s, m, now);
	else
		mass_cancel(d, s, m, now);
	return *why == NULL ? 0 : 1;
}
