/*
 * How much of what rules limit is used: net and gross, turnover
 * buying power, losses; for those who tell it (alert.c)
 * and who say that it is too much (breach.c). The controls themselves compare
 * with the order that is asked about, in value.c and day.c.
 */
#include "risk/inside.h"

#define BP 10000

static int64_t
limit_of(const struct risk_rules *l, enum risk_measure m)
{
	switch (m) {
	case RISK_M_GROSS:
		return l->max_gross_e8;
	case RISK_M_TURNOVER:
		return l->max_turnover_e8;
	case RISK_M_BOUGHT:
		return l->max_bought_e8;
	case RISK_M_SOLD:
		return l->max_sold_e8;
	case RISK_M_TRADED:
		return l->max_traded_qty_e8;
	case RISK_M_CREDIT:
		return !l->has_credit ? RISK_UNLIMITED :
		    clamp(wide_of(l->cash_e8) + l->credit_e8);
	case RISK_M_NET:
		return l->max_net_e8;
	case RISK_M_LOSS:
		return l->max_loss_e8;
	case RISK_M_REDUCING:
		return l->reducing_loss_e8;
	case RISK_M_DRAWDOWN:
		return l->max_drawdown_e8;
	case RISK_M_LONG:
	case RISK_M_SHORT:
	case RISK_M_OPEN:
	case RISK_M_NOTIONAL:
	case RISK_N_MEASURE:
		break;
	}
	return RISK_UNLIMITED;
}

uint32_t
rules_measured(const struct risk_rules *l)
{
	uint32_t which = 0;
	unsigned m;

	for (m = RISK_M_GROSS; m < RISK_N_MEASURE; m++)
		if (limit_of(l, (enum risk_measure)m) != RISK_UNLIMITED)
			which |= UINT32_C(1) << m;
	return which;
}

/* What live buys may cost with their fees, and what executions have cost. */
static wide
spent(const struct use *u, const struct risk_rules *l)
{
	wide fees = (u->buy_e8 * l->fee_bp + BP - 1) / BP;

	return u->buy_e8 + fees - u->value.cash_e8 + u->tally.m.fees_e8;
}

/* It is looked at once a day has begun: before that there is no loss of it. */
static wide
loss(const struct risk *r, const struct use *u, bool of_peak)
{
	const struct risk_memory *m = &u->tally.m;

	if (m->loss_day != r->day)
		return 0;
	return wide_of(of_peak ? m->peak_e8 : m->start_e8) -
	    clamp(u->value.equity_e8 - m->fees_e8);
}

/* Who only looks changes nothing: what is of another day is none of this. */
static wide
used_of(const struct risk *r, const struct use *u, const struct risk_rules *l,
    enum risk_measure m)
{
	static const struct risk_memory nothing = { 0 };
	const struct risk_memory *t =
	    u->tally.m.day == r->day ? &u->tally.m : &nothing;

	switch (m) {
	case RISK_M_GROSS:
		return u->value.gross_e8;
	case RISK_M_TURNOVER:
		return wide_of(t->bought_e8) + t->sold_e8 + u->buy_e8 +
		    u->sell_e8;
	case RISK_M_BOUGHT:
		return t->bought_e8 + u->buy_e8;
	case RISK_M_SOLD:
		return t->sold_e8 + u->sell_e8;
	case RISK_M_TRADED:
		return t->traded_qty_e8 + u->open_qty_e8;
	case RISK_M_CREDIT:
		return spent(u, l);
	case RISK_M_NET:
		return u->value.net_e8 < 0 ? -u->value.net_e8 :
		    u->value.net_e8;
	case RISK_M_LOSS:
	case RISK_M_REDUCING:
		return loss(r, u, false);
	case RISK_M_DRAWDOWN:
		return loss(r, u, true);
	case RISK_M_LONG:
	case RISK_M_SHORT:
	case RISK_M_OPEN:
	case RISK_M_NOTIONAL:
	case RISK_N_MEASURE:
		break;
	}
	return 0;
}

/* What has no reference can't be valued; cash and turnover need none. */
static bool
needs_values(enum risk_measure m)
{
	return m == RISK_M_GROSS || m == RISK_M_NET || m >= RISK_M_LOSS;
}

static bool
counts_for(enum risk_scope kind, enum risk_measure m)
{
	bool house = kind == RISK_SCOPE_ACCOUNT || kind == RISK_SCOPE_GROUP ||
	    kind == RISK_SCOPE_FIRM;

	return m == RISK_M_CREDIT ? kind == RISK_SCOPE_ACCOUNT :
	    m < RISK_M_LOSS || house;
}

bool
used_get(struct holding *h, const struct scope *s, enum risk_measure m,
    wide *used, int64_t *limit)
{
	const struct use *u = h->orders[s->kind];

	*used = 0;
	*limit = RISK_UNLIMITED;
	if (!counts_for(s->kind, m))
		return false;
	if (s->ruled)
		*limit = limit_of(&s->rules, m);
	if (*limit == RISK_UNLIMITED)
		return true;
	if (needs_values(m) && u->value.unknown > 0)
		return false;
	*used = used_of(h->r, u, &s->rules, m);
	return true;
}
