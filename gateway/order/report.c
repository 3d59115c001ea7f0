/*
 * The three faces: how one event of an order is told in FIX 4.2, 4.4 and 5.0
 * SP2. Older and newer versions get the nearest of them.
 *
 * Where they differ: 4.2 has ExecTransType(20), tells fills, busts and
 * corrects as ExecType 1 or 2 by quantity, a status answer as 20=3 with the
 * state in 150, LastShares and LastPx on everything but status, 39=5 for a
 * replaced order of which nothing is filled, and after a cancel the cancel's
 * ClOrdID. Reasons that a version does not have become the nearest that it has.
 */
#include "gateway/order/desk.h"

enum fix_version
report_face(enum fix_version v)
{
	if (v <= FIX_V_42)
		return FIX_V_42;
	return v <= FIX_V_44 ? FIX_V_44 : FIX_V_50SP2;
}

static bool
is_42(const struct desk_session *s)
{
	return report_face(s->version) == FIX_V_42;
}

/* Reasons that a version knows: all from 0 to one, and some above it. */
struct known {
	int up_to;
	uint32_t more; /* bits */
	int other;     /* what stands for a reason that it does not know */
};

#define BIT(n) (UINT32_C(1) << (n))
#define BITS(from, to) ((BIT((to) - (from)) * 2 - 1) << (from))

static int
as_known(const struct known *k, int r)
{
	bool known = (r >= 0 && r <= k->up_to) ||
	    (r > 0 && r < 32 && (k->more & BIT(r)) != 0);

	return known ? r : k->other;
}

/* OrdRejReason(103), CxlRejReason(102), ExecRestatementReason(378). */
static const struct known ord_reasons[FIX_N_VERSION] = {
	[FIX_V_40] = { 4, 0, 0 },
	[FIX_V_41] = { 6, 0, 0 },
	[FIX_V_42] = { 8, 0, 0 },
	[FIX_V_43] = { 12, 0, 0 },
	[FIX_V_44] = { 15, 0, 99 },
	[FIX_V_50] = { 15, BIT(18), 99 },
	[FIX_V_50SP1] = { 16, BIT(18), 99 },
	[FIX_V_50SP2] = { 16, BITS(18, 29), 99 },
	[FIX_V_LATEST] = { 16, BITS(18, 29), 99 },
};
static const struct known cxl_reasons[FIX_N_VERSION] = {
	[FIX_V_40] = { 1, 0, 0 },
	[FIX_V_41] = { 1, 0, 0 },
	[FIX_V_42] = { 3, 0, 2 },
	[FIX_V_43] = { 6, 0, 2 },
	[FIX_V_44] = { 6, 0, 99 },
	[FIX_V_50] = { 6, BIT(18), 99 },
	[FIX_V_50SP1] = { 8, BIT(18), 99 },
	[FIX_V_50SP2] = { 8, BIT(18), 99 },
	[FIX_V_LATEST] = { 8, BIT(18), 99 },
};
static const struct known restatements[FIX_N_VERSION] = {
	[FIX_V_40] = { 5, 0, 4 },
	[FIX_V_41] = { 5, 0, 4 },
	[FIX_V_42] = { 5, 0, 4 },
	[FIX_V_43] = { 8, 0, 5 },
	[FIX_V_44] = { 10, 0, 99 },
	[FIX_V_50] = { 11, 0, 99 },
	[FIX_V_50SP1] = { 11, 0, 99 },
	[FIX_V_50SP2] = { 20, 0, 99 },
	[FIX_V_LATEST] = { 20, 0, 99 },
};

int
report_cxl_reason(enum fix_version v, int r)
{
	return as_known(&cxl_reasons[v], r);
}

const char *
report_clean(const char *text, char out[DESK_TEXT_MAX + 1])
{
	size_t i;

	if (text == NULL || text[0] == '\0')
		return NULL;
	for (i = 0; i < DESK_TEXT_MAX && text[i] != '\0'; i++)
		out[i] = text[i] < 0x20 || text[i] > 0x7e ? '?' : text[i];
	out[i] = '\0';
	return out;
}

/* ExecTransType and ExecType of 4.2; fills go by quantity, whatever 39 says. */
static void
type_42(struct fix_exec *e, const struct order *o)
{
	char fill = o->cum_e8 >= o->qty_e8 ? '2' : '1';

	e->exec_trans_type = '0';
	switch (e->exec_type) {
	case 'H':
		e->exec_trans_type = '1';
		e->exec_type = fill;
		break;
	case 'G':
		e->exec_trans_type = '2';
		e->exec_type = fill;
		break;
	case 'F':
		e->exec_type = fill;
		break;
	case 'I':
		e->exec_trans_type = '3';
		e->exec_type = e->ord_status;
		break;
	default:
		break;
	}
}

/* 0 is a price, but of an order that names none, or was refused for what it
 * names. */
static bool
is_said(const struct order *o, int64_t px_e8)
{
	return px_e8 != 0 || (o->ord_type != 'P' && o->status != '8');
}

static void
put_order(struct fix_exec *e, const struct order *o)
{
	e->order_id = fix_span_of(o->order_id);
	e->account = fix_span_of(o->account);
	e->symbol = fix_span_of(o->symbol);
	e->side = o->side;
	e->ord_type = o->ord_type;
	e->time_in_force = o->time_in_force;
	e->order_qty_e8 = o->qty_e8;
	e->cum_qty_e8 = o->cum_e8;
	e->leaves_qty_e8 = o->leaves_e8;
	e->avg_px = paid_avg(o);
	e->price_e8 = o->price_e8;
	e->stop_px_e8 = o->stop_e8;
	e->has |= FIX_EH_QTYS;
	if (type_has_price(o->ord_type) && is_said(o, o->price_e8))
		e->has |= FIX_EH_PRICE;
	if (type_has_stop(o->ord_type) && is_said(o, o->stop_e8))
		e->has |= FIX_EH_STOP_PX;
}

/* Of a GT order, from the day after its first fill on: today's part. */
static void
put_day(struct fix_exec *e, const struct order *o)
{
	if (o->day == 0)
		return;
	e->day_order_qty_e8 = o->qty_e8 - (o->cum_e8 - o->day_cum_e8);
	e->day_cum_qty_e8 = o->day_cum_e8;
	e->day_avg_px = paid_day_avg(o);
	e->has |= FIX_EH_DAY;
}

/* Absolute; in which currency has a field from 4.3 on. */
static void
put_fee(struct fix_exec *e, const struct report *r, enum fix_version v)
{
	e->commission_e8 = r->fee_e8;
	e->comm_type = '3';
	e->has |= FIX_EH_COMMISSION;
	if (v >= FIX_V_43)
		e->comm_currency = fix_span_of(r->fee_currency);
}

static void
put_event(struct fix_exec *e, const struct report *r, enum fix_version v)
{
	bool v42 = report_face(v) == FIX_V_42;

	e->text = fix_span_of(r->text);
	e->exec_ref_id = fix_span_of(r->ref_id);
	e->last_qty_e8 = r->last_qty_e8;
	e->last_px_e8 = r->last_px_e8;
	if (r->fee_e8 != 0)
		put_fee(e, r, v);
	if (r->has_last || (v42 && r->type != 'I'))
		e->has |= FIX_EH_LAST;
	if (r->reason >= 0) {
		e->ord_rej_reason = as_known(&ord_reasons[v], r->reason);
		e->has |= FIX_EH_ORD_REJ_REASON;
	}
	if (r->restated >= 0) {
		e->exec_restatement_reason =
		    as_known(&restatements[v], r->restated);
		e->has |= FIX_EH_RESTATEMENT;
	}
	if (!v42)
		e->ord_status_req_id = r->req_id;
}

/* As they came; not at all if the session speaks another version now. */
static void
put_parties(struct fix_exec *e, struct fix_span parties, enum fix_version v)
{
	if (fix_parties_fit(parties, v))
		e->parties = parties;
}

static const char *
id_of(const struct order *o, enum fix_version face)
{
	if (face == FIX_V_42 && o->cancel_id[0] != '\0')
		return o->cancel_id;
	return o->cl_ord_id;
}

void
report_make(struct desk *d, struct entry *en, const struct report *r,
    struct fix_now now, struct fix_exec *e, char exec_id[ORDER_ID_MAX + 1])
{
	static const struct desk_session gone = { .version = FIX_V_44 };
	const struct order *o = &en->o;
	const struct desk_session *s = desk_session_of(d, o->session);
	enum fix_version face;

	memset(e, 0, sizeof(*e));
	e->kind = '8';
	e->exec_type = r->type;
	if (s == NULL)
		s = &gone;
	face = report_face(s->version);
	put_order(e, o);
	rare_report(o, s->version, e);
	put_day(e, o);
	put_event(e, r, s->version);
	if (en->parties != NULL)
		put_parties(e, entry_parties(en), s->version);
	e->ord_status = order_status(o, s->version);
	e->cl_ord_id =
	    fix_span_of(r->cl_ord_id != NULL ? r->cl_ord_id : id_of(o, face));
	e->orig_cl_ord_id = fix_span_of(r->orig_id);
	if (r->exec_id == NULL)
		ids_exec(d, exec_id);
	e->exec_id = fix_span_of(r->exec_id != NULL ? r->exec_id : exec_id);
	e->transact_time = r->when.ns != 0 ? r->when : now.utc;
	e->has |= FIX_EH_TRANSACT_TIME;
	if (is_42(s))
		type_42(e, o);
}

void
report_exec(struct desk *d, struct entry *en, const struct report *r,
    struct fix_now now)
{
	const struct desk_session *s = desk_session_of(d, en->o.session);
	struct fix_exec e;
	char exec_id[ORDER_ID_MAX + 1];

	if (r->type == '0' || r->type == '5' || r->type == 'D') {
		en->o.modified_ns = r->when.ns != 0 ? r->when.ns : now.utc.ns;
		en->dirty = true;
	}
	if (en->dirty)
		desk_save(d, en, now);
	if (r->type == 'L' && report_face(s == NULL ? FIX_V_44 : s->version) !=
	    FIX_V_50SP2)
		return; /* no such ExecType there */
	report_make(d, en, r, now, &e, exec_id);
	d->ops.report(d->ops.arg, en->o.session, en->o.venue, &e);
}

/* 41 of an OrderCancelReject: 4.2 as sent, later the last accepted id, or the
 * one of two that the request named after a cancel. */
static struct fix_span
nay_orig(const struct desk_session *s, const struct nay *n)
{
	const struct order *o = n->o;

	if (o == NULL || (is_42(s) && n->orig_id.len > 0))
		return n->orig_id;
	if (o->cancel_id[0] != '\0' && fix_span_is(n->orig_id, o->cancel_id))
		return n->orig_id;
	return fix_span_of(o->cl_ord_id);
}

void
report_nay(struct desk *d, const struct desk_session *s, const struct nay *n,
    struct fix_now now)
{
	struct fix_exec e = { .kind = '9',
		.has = FIX_EH_CXL_REJ_REASON | FIX_EH_TRANSACT_TIME,
		.ord_status = '8',
		.cl_ord_id = n->cl_ord_id,
		.orig_cl_ord_id = nay_orig(s, n),
		.order_id = fix_span_of("NONE"),
		.text = fix_span_of(n->text),
		.cxl_rej_response_to = n->kind == 'F' ? '1' : '2',
		.transact_time = now.utc };

	if (n->o != NULL) {
		e.order_id = fix_span_of(n->o->order_id);
		e.account = fix_span_of(n->o->account);
		e.ord_status = order_status(n->o, s->version);
	}
	e.cxl_rej_reason = report_cxl_reason(s->version, n->reason);
	d->ops.report(
	    d->ops.arg, s->number, n->o == NULL ? 0 : n->o->venue, &e);
}

void
report_unknown(struct desk *d, const struct desk_session *s,
    const struct fix_order *o, int reason, const char *text, struct fix_now now)
{
	bool status = o->kind == 'H';
	struct fix_exec e = { .kind = '8',
		.has =
		    FIX_EH_QTYS | FIX_EH_ORD_REJ_REASON | FIX_EH_TRANSACT_TIME,
		.order_id = fix_span_of("NONE"),
		.cl_ord_id = o->cl_ord_id,
		.account = o->account,
		.symbol = o->symbol,
		.text = fix_span_of(text),
		.parties = o->parties,
		.side = o->side,
		.exec_type = status ? 'I' : '8',
		.ord_status = '8',
		.avg_px = fix_dec_of_e8(0),
		.transact_time = now.utc };
	char exec_id[ORDER_ID_MAX + 1] = "0";

	if (!status) {
		ids_exec(d, exec_id);
		if (fix_dec_to_e8(o->order_qty, &e.order_qty_e8) != 0)
			e.order_qty_e8 = 0;
	}
	e.exec_id = fix_span_of(exec_id);
	e.ord_rej_reason = as_known(&ord_reasons[s->version], reason);
	if (is_42(s)) {
		e.exec_trans_type = status ? '3' : '0';
		e.exec_type = '8';
		if (!status)
			e.has |= FIX_EH_LAST;
	} else {
		e.ord_status_req_id = o->ord_status_req_id;
	}
	d->ops.report(d->ops.arg, s->number, 0, &e);
}
