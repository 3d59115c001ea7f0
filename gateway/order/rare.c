/*
 * Terms that few orders have: pegs and trailing stops, amounts instead of
 * quantities, MinQty, MaxFloor, most of ExecInst, EffectiveTime, PositionEffect,
 * extended hours.
 *
 * Comes from a NewOrderSingle or an OrderCancelReplaceRequest, goes to risk, to
 * venues and into reports. A field that would change how the order trades, and
 * that we can't carry to its venue, refuses the order: to leave it out in silence
 * would be another order than the client wanted. An order with none of them
 * pays for one look.
 */
#include "gateway/order/desk.h"

#include <stdio.h>

#define PEGS "aRPM" /* as in ExecInst(18) */

static const struct {
	const char *price_type; /* PegPriceType(1094) */
	char peg;
} pegs[] = { { "8", 'a' }, { "5", 'R' }, { "4", 'P' }, { "2", 'M' } };

#define HAS                                                                    \
	(FIX_OH_MIN_QTY | FIX_OH_MAX_FLOOR | FIX_OH_CASH_ORDER_QTY |           \
	    FIX_OH_DISPLAY_QTY | FIX_OH_PEG_OFFSET | FIX_OH_EFFECTIVE_TIME)

static bool
has_none(const struct fix_order *o)
{
	return (o->has & HAS) == 0 && o->exec_inst.len == 0 &&
	       o->peg_price_type.len == 0 && o->position_effect == '\0' &&
	       o->peg_offset_type == '\0' && o->ord_type != 'P' &&
	       o->trading_session.len == 0;
}

/* Not held, work and held say nothing that a venue must know. */
static const char *
read_inst(struct fix_span inst, struct venue_rare *r)
{
	size_t n = 0;

	for (size_t i = 0; i < inst.len; i++) {
		char c = (char)inst.p[i];

		if (c != '\0' && strchr("125 ", c) != NULL)
			continue;
		if (c != '\0' && strchr(PEGS, c) != NULL && r->peg == '\0')
			r->peg = c;
		else if ((c == '6' || c == 'G') &&
			 memchr(r->inst, c, n) == NULL)
			r->inst[n++] = c;
		else
			return "UNSUPPORTED ExecInst(18)";
	}
	return NULL;
}

static const char *
read_peg(const struct fix_order *o, struct venue_rare *r)
{
	size_t i = 0, n = sizeof(pegs) / sizeof(pegs[0]);

	if (o->peg_price_type.len > 0) {
		while (i < n && !fix_span_is(o->peg_price_type,
				    pegs[i].price_type))
			i++;
		if (i == n || (r->peg != '\0' && r->peg != pegs[i].peg))
			return "UNSUPPORTED PegPriceType(1094)";
		r->peg = pegs[i].peg;
	}
	if ((r->peg != '\0') != (o->ord_type == 'P'))
		return o->ord_type == 'P' ?
		    "MISSING ExecInst(18)=a, R, P or M, or PegPriceType(1094)" :
		    "UNSUPPORTED a peg without OrdType(40)=P";
	return NULL;
}

/* Of a trailing stop it is how far behind the market; other pegs may be so many
 * price levels off. */
static const char *
read_offset(const struct fix_order *o, struct venue_rare *r)
{
	char type = o->peg_offset_type == '\0' ? '0' : o->peg_offset_type;

	if (o->ord_type != 'P')
		return o->has & FIX_OH_PEG_OFFSET ?
		    "UNSUPPORTED PegOffsetValue(211) without OrdType(40)=P" :
		    NULL;
	if (fix_dec_to_e8(o->peg_offset, &r->offset_e8) != 0)
		return "PRECISION PegOffsetValue(211)";
	if (r->peg == 'a' && r->offset_e8 <= 0)
		return "MISSING PegOffsetValue(211), above 0";
	if (r->peg == 'a' ? type != '0' && type != '1'
			  : type != '3' && r->offset_e8 != 0)
		return "UNSUPPORTED PegOffsetType(836)";
	if (r->offset_e8 != 0)
		r->offset_type = type;
	return NULL;
}

/* The regular session is what an order is for that says nothing. */
static const char *
read_session(const struct fix_order *o, struct venue_rare *r)
{
	if (o->trading_session.len == 0 ||
	    fix_span_is(o->trading_session, "1"))
		return NULL;
	if (!fix_span_is(o->trading_session, "EXTENDED"))
		return "UNSUPPORTED TradingSessionID(336): it is 1, the "
		       "regular session, or EXTENDED, all hours of the day";
	r->session = 'X';
	return NULL;
}

static const char *
read_amounts(const struct fix_order *o, struct venue_rare *r)
{
	bool shown = (o->has & FIX_OH_DISPLAY_QTY) != 0;

	if (fix_dec_to_e8(o->min_qty, &r->min_qty_e8) != 0 ||
	    r->min_qty_e8 < 0)
		return "PRECISION MinQty(110)";
	if (fix_dec_to_e8(shown ? o->display_qty : o->max_floor,
		&r->max_floor_e8) != 0)
		return "PRECISION MaxFloor(111)";
	if ((o->has & (FIX_OH_DISPLAY_QTY | FIX_OH_MAX_FLOOR)) != 0 &&
	    r->max_floor_e8 <= 0)
		return "UNSUPPORTED MaxFloor(111) of 0: a hidden order";
	if (shown && (o->has & FIX_OH_MAX_FLOOR) != 0 &&
	    fix_dec_cmp(o->display_qty, o->max_floor) != 0)
		return "UNSUPPORTED MaxFloor(111) beside another "
		       "DisplayQty(1138)";
	if ((o->has & FIX_OH_ORDER_QTY) != 0)
		return (o->has & FIX_OH_CASH_ORDER_QTY) == 0 ? NULL :
		    "UNSUPPORTED CashOrderQty(152) beside OrderQty(38)";
	if (fix_dec_to_e8(o->cash_order_qty, &r->cash_e8) != 0 ||
	    r->cash_e8 < 0)
		return "PRECISION CashOrderQty(152)";
	return NULL;
}

static const char *
disagree(const struct fix_order *o, const struct terms *t)
{
	const struct venue_rare *r = &t->rare;

	if (r->cash_e8 != 0 && o->ord_type != '1')
		return "UNSUPPORTED CashOrderQty(152) with OrdType(40) other "
		       "than 1";
	if (r->cash_e8 != 0 && (r->min_qty_e8 | r->max_floor_e8) != 0)
		return "UNSUPPORTED MinQty(110), MaxFloor(111) of an order by "
		       "amount";
	if (memchr(r->inst, '6', sizeof(r->inst)) != NULL &&
	    (!type_has_price(o->ord_type) || t->time_in_force == '3' ||
		t->time_in_force == '4'))
		return "UNSUPPORTED ExecInst(18)=6 of an order that can't rest";
	if (r->position != '\0' && r->position != 'O' && r->position != 'C')
		return "UNSUPPORTED PositionEffect(77)";
	return NULL;
}

int
rare_read(const struct fix_order *o, struct terms *t, const char **why)
{
	struct venue_rare *r = &t->rare;

	*why = NULL;
	if (has_none(o))
		return 0;
	r->position = o->position_effect;
	if ((o->has & FIX_OH_EFFECTIVE_TIME) != 0)
		r->effective_ns = o->effective_time.utc.ns;
	if ((*why = read_inst(o->exec_inst, r)) != NULL ||
	    (*why = read_peg(o, r)) != NULL ||
	    (*why = read_offset(o, r)) != NULL ||
	    (*why = read_session(o, r)) != NULL ||
	    (*why = read_amounts(o, r)) != NULL ||
	    (*why = disagree(o, t)) != NULL)
		return 11;
	*why = "QUANTITY MinQty(110) or MaxFloor(111) is more than "
	       "OrderQty(38)";
	if (r->cash_e8 == 0 && (r->min_qty_e8 > t->qty_e8 ||
				   r->max_floor_e8 > t->qty_e8))
		return 13;
	*why = NULL;
	return 0;
}

static int
say(const struct order *o, int rc, const char *what,
    char why[RISK_TEXT_MAX + 1])
{
	snprintf(why, RISK_TEXT_MAX + 1,
	    rc == -FIX_E_NOTFOUND ? "REF_MISSING %s needs a fresh reference "
				    "price of %s"
				  : "RANGE %s can't be valued at the reference "
				    "price of %s",
	    what, o->symbol);
	return 99;
}

static int
trailing_stop(const struct desk *d, const struct order *o, struct terms *t,
    struct fix_now now)
{
	const struct risk *r = d->cfg.risk;
	struct fix_span symbol = fix_span_of(o->symbol);
	bool buy = o->side == '1' || o->side == '3';
	int64_t off = t->rare.offset_e8;
	int rc = 0;

	if (t->rare.offset_type == '1')
		rc = risk_part_of_ref(r, symbol, t->rare.offset_e8, now, &off);
	return rc != 0 ? rc : risk_price_off(r, symbol, buy ? off : -off, now,
				  &t->rare.at_e8);
}

int
rare_value(const struct desk *d, const struct order *o, struct terms *t,
    struct fix_now now, char why[RISK_TEXT_MAX + 1])
{
	int rc = 0;

	if (t->rare.cash_e8 != 0) {
		rc = risk_qty_for(d->cfg.risk, fix_span_of(o->symbol),
		    t->rare.cash_e8, now, &t->qty_e8);
		if (rc != 0)
			return say(o, rc, "CashOrderQty(152)", why);
	} else if (t->rare.peg == 'a') {
		rc = trailing_stop(d, o, t, now);
		if (rc != 0)
			return say(o, rc, "a trailing stop", why);
	}
	return 0;
}

const char *
rare_fixed(const struct order *o, const struct terms *t)
{
	const struct venue_rare *is = &o->rare, *w = &t->rare;

	if (is->cash_e8 != 0 || w->cash_e8 != 0)
		return "FIELD CashOrderQty(152): an order by amount can't be "
		       "replaced";
	if (is->peg != w->peg && o->ord_type == t->ord_type)
		return "FIELD ExecInst(18), PegPriceType(1094): the peg can't "
		       "be changed";
	if (is->position != w->position)
		return "FIELD PositionEffect(77) can't be changed";
	if (is->effective_ns != w->effective_ns)
		return "FIELD EffectiveTime(168) can't be changed";
	if (is->session != w->session)
		return "FIELD TradingSessionID(336) can't be changed";
	return NULL;
}

void
rare_size(struct order *o, const struct venue_event *e)
{
	int64_t cum;

	if (o->rare.cash_e8 == 0 ||
	    __builtin_add_overflow(o->cum_e8, e->last_qty_e8, &cum))
		return;
	if (e->qty_e8 > 0) {
		o->qty_e8 = e->qty_e8;
		o->rare.sized = 1;
	}
	if (o->qty_e8 < cum)
		o->qty_e8 = cum;
}

/* ----- reports ----- */

enum { /* what else an ExecutionReport(8) may have */
	P_OFFSET = 1, P_QTYS = 2, P_OFFSET_TYPE = 4, P_PEG = 8
};

static const unsigned parts[FIX_N_VERSION] = {
	[FIX_V_41] = P_OFFSET,
	[FIX_V_42] = P_OFFSET | P_QTYS,
	[FIX_V_43] = P_OFFSET | P_QTYS,
	[FIX_V_44] = P_OFFSET | P_QTYS | P_OFFSET_TYPE,
	[FIX_V_50] = P_OFFSET | P_QTYS | P_OFFSET_TYPE | P_PEG,
	[FIX_V_50SP1] = P_OFFSET | P_QTYS | P_OFFSET_TYPE | P_PEG,
	[FIX_V_50SP2] = P_OFFSET | P_QTYS | P_OFFSET_TYPE | P_PEG,
	[FIX_V_LATEST] = P_OFFSET | P_QTYS | P_OFFSET_TYPE | P_PEG,
};

static void
put_qtys(const struct venue_rare *r, struct fix_exec *e)
{
	e->min_qty_e8 = r->min_qty_e8;
	e->max_floor_e8 = r->max_floor_e8;
	e->cash_order_qty_e8 = r->cash_e8;
	e->effective_time.ns = r->effective_ns;
	e->position_effect = r->position;
	if (r->min_qty_e8 != 0)
		e->has |= FIX_EH_MIN_QTY;
	if (r->max_floor_e8 != 0)
		e->has |= FIX_EH_MAX_FLOOR;
	if (r->effective_ns != 0)
		e->has |= FIX_EH_EFFECTIVE_TIME;
	if (r->cash_e8 == 0)
		return;
	e->has |= FIX_EH_CASH_ORDER_QTY;
	if (!r->sized)
		e->order_qty_e8 = -1; /* an estimate: nobody asked for that */
}

/* The letters as one word, in the order of the table. */
static struct fix_span
inst_of(const struct venue_rare *r, bool peg)
{
	static const char *const words[] = { "6", "G", "6 G", "a", "R", "P",
		"M", "a 6", "R 6", "P 6", "M 6", "a G", "R G", "P G", "M G" };
	char want[8] = "";
	size_t n = 0;

	if (peg && r->peg != '\0')
		want[n++] = r->peg;
	for (const char *c = "6G"; *c != '\0'; c++) {
		if (memchr(r->inst, *c, sizeof(r->inst)) == NULL)
			continue;
		if (n > 0)
			want[n++] = ' ';
		want[n++] = *c;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i], want) == 0)
			return fix_span_of(words[i]);
	return fix_span_of(NULL);
}

void
rare_report(const struct order *o, enum fix_version v, struct fix_exec *e)
{
	const struct venue_rare *r = &o->rare;
	unsigned has = parts[v];

	if (o->expire_ns != 0) {
		e->expire_time.ns = o->expire_ns;
		e->has |= FIX_EH_EXPIRE_TIME;
	}
	if (!venue_is_rare(r))
		return;
	e->exec_inst = inst_of(r, (has & P_PEG) == 0);
	if ((has & P_QTYS) != 0)
		put_qtys(r, e);
	if (r->offset_e8 != 0 && (has & P_OFFSET) != 0) {
		e->peg_offset_e8 = r->offset_e8;
		e->has |= FIX_EH_PEG_OFFSET;
		if ((has & P_OFFSET_TYPE) != 0)
			e->peg_offset_type = r->offset_type;
	}
	if ((has & P_PEG) == 0)
		return;
	for (size_t i = 0; i < sizeof(pegs) / sizeof(pegs[0]); i++)
		if (pegs[i].peg == r->peg)
			e->peg_price_type = fix_span_of(pegs[i].price_type);
}

int
rare_refused(const struct venue *v, const struct order *o,
    const struct terms *t, char why[RISK_TEXT_MAX + 1])
{
	struct venue_order vo = { .ord_type = t->ord_type,
		.time_in_force = t->time_in_force,
		.currency = o->currency,
		.rare = t->rare };

	return venue_refuses(v, &vo, why, RISK_TEXT_MAX + 1) ? 11 : 0;
}
