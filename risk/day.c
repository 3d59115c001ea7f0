/*
 * Sums of a day: turnover, orders to trades; and of a moment:
 * cancels to new orders.
 *
 * Days are UTC. Executed counts for ever, what is open gives back when it ends;
 * a bust gives nothing back. Ratios are compared as products, not as quotients.
 * Cancels are counted for a session over the present and the last half of its
 * window, so that a session that waits gets on again; they are never refused.
 */
#include "risk/inside.h"

#define BP 10000

static bool
counts_day(const struct scope *s)
{
	const struct risk_rules *l = &s->rules;

	return s->ruled && (l->max_turnover_e8 != RISK_UNLIMITED ||
			       l->max_bought_e8 != RISK_UNLIMITED ||
			       l->max_sold_e8 != RISK_UNLIMITED ||
			       l->max_traded_qty_e8 != RISK_UNLIMITED ||
			       l->fee_bp != 0);
}

static bool
counts_ratio(const struct scope *s)
{
	return s != NULL && s->ruled &&
	       (s->rules.max_otr_e8 != RISK_UNLIMITED ||
		   s->rules.max_otr_volume_e8 != RISK_UNLIMITED);
}

static void
add(int64_t *to, wide v)
{
	*to = clamp(*to + v);
}

struct scope *
owner_of(const struct holding *h, enum risk_scope kind)
{
	switch (kind) {
	case RISK_SCOPE_SYMBOL:
		return h->symbol;
	case RISK_SCOPE_CLASS:
		return h->symbol->parent;
	case RISK_SCOPE_ACCOUNT:
		return h->account;
	case RISK_SCOPE_GROUP:
		return h->account->parent;
	case RISK_SCOPE_FIRM:
		return h->r->firm;
	case RISK_SCOPE_SESSION:
	case RISK_SCOPE_TRADER:
	case RISK_SCOPE_VENUE:
	case RISK_N_SCOPE:
		break;
	}
	return NULL;
}

static void
count_scope(struct holding *h, unsigned k, char side, int64_t qty_e8,
    int64_t notional_e8)
{
	struct scope *s = owner_of(h, (enum risk_scope)k);
	struct tally *t;
	struct risk_memory *m;

	if (s == NULL || !counts_day(s))
		return;
	t = &h->orders[k]->tally;
	m = tally_now(h->r, t);
	add(side_is_buy(side) ? &m->bought_e8 : &m->sold_e8, notional_e8);
	add(&m->traded_qty_e8, qty_e8);
	add(&m->fees_e8, (wide_of(notional_e8) * s->rules.fee_bp + BP - 1) /
	    BP);
	tally_changed(h->r, t);
}

void
day_count_fill(struct holding *h, char side, int64_t qty_e8,
    int64_t notional_e8)
{
	struct tally *t = &h->position[RISK_SCOPE_ACCOUNT]->tally;
	bool ratio = false;
	unsigned k;

	for (k = 0; k < RISK_N_USED; k++) {
		count_scope(h, k, side, qty_e8, notional_e8);
		ratio = ratio || counts_ratio(owner_of(h, (enum risk_scope)k));
	}
	if (!ratio)
		return;
	add(&tally_now(h->r, t)->trades, 1);
	add(&t->m.ratio_qty_e8, qty_e8);
	tally_changed(h->r, t);
}

/* One more order of this account in this symbol, new or changed. */
void
day_count_order(struct check *c)
{
	struct tally *t = &c->h->position[RISK_SCOPE_ACCOUNT]->tally;
	bool ratio = false;
	unsigned k;

	if (c->scope[RISK_SCOPE_SESSION] != NULL && !c->replace)
		cancels_note(c->scope[RISK_SCOPE_SESSION], c->now.mono.ns,
		    false);
	for (k = 0; k < RISK_N_USED; k++)
		ratio = ratio || counts_ratio(c->scope[k]);
	if (!ratio)
		return;
	add(&tally_now(c->r, t)->orders, 1);
	add(&t->m.order_qty_e8, c->o->qty_e8);
	tally_changed(c->r, t);
}

/* (orders - trades) / trades, with at least one trade. */
static bool
over_ratio(int64_t max_e8, wide orders, wide trades, wide one)
{
	if (max_e8 == RISK_UNLIMITED)
		return false;
	if (trades == 0)
		trades = one;
	return (orders - trades) * FIX_E8 > trades * max_e8;
}

static enum risk_code
check_otr(struct check *c)
{
	struct tally *t = &c->h->position[RISK_SCOPE_ACCOUNT]->tally;
	const struct risk_rules *l;
	struct risk_memory m;
	unsigned k;

	for (k = 0; (l = next_rules(c, &k)) != NULL && k < RISK_N_USED; k++) {
		if (!counts_ratio(c->scope[k]))
			continue;
		m = *tally_now(c->r, t);
		if (m.orders + 1 < l->otr_min)
			continue;
		if (over_ratio(l->max_otr_e8, wide_of(m.orders) + 1, m.trades,
			1) ||
		    over_ratio(l->max_otr_volume_e8,
			wide_of(m.order_qty_e8) + c->o->qty_e8, m.ratio_qty_e8,
			FIX_E8))
			return refuse(c, RISK_OTR, (enum risk_scope)k, 0, 0);
	}
	return RISK_OK;
}

/* The half that now is in; what is older than both is forgotten. */
static struct half *
half_now(struct scope *s, int64_t now_ns)
{
	int64_t at = now_ns / (s->rules.cancel_window_ns / 2);
	struct half *h = &s->half[at & 1];

	if (h->at != at)
		*h = (struct half){ .at = at };
	h = &s->half[~at & 1];
	if (h->at != at - 1)
		*h = (struct half){ 0 };
	return &s->half[at & 1];
}

static bool
counts_cancels(const struct scope *s)
{
	return s->ruled && s->rules.max_cancel_bp != RISK_UNLIMITED &&
	       s->rules.cancel_window_ns >= 2;
}

void
cancels_note(struct scope *s, int64_t now_ns, bool cancel)
{
	struct half *h;

	if (!counts_cancels(s))
		return;
	h = half_now(s, now_ns);
	add(cancel ? &h->cancels : &h->orders, 1);
}

enum risk_code
check_ratios(struct check *c)
{
	struct scope *s = c->scope[RISK_SCOPE_SESSION];
	wide orders, cancels;

	if (!c->replace && s != NULL && counts_cancels(s)) {
		(void)half_now(s, c->now.mono.ns);
		orders = wide_of(s->half[0].orders) + s->half[1].orders;
		cancels = wide_of(s->half[0].cancels) + s->half[1].cancels;
		if (orders >= s->rules.cancel_min &&
		    cancels * BP > orders * s->rules.max_cancel_bp)
			return refuse(
			    c, RISK_CANCEL_RATE, RISK_SCOPE_SESSION, 0, 0);
	}
	return check_otr(c);
}

static bool
over(int64_t limit, wide value)
{
	return limit != RISK_UNLIMITED && value > limit;
}

/* R-27, with what is open and this order. */
enum risk_code
check_turnover(struct check *c)
{
	wide more = wide_of(c->hold.notional_e8) - c->held.notional_e8;
	wide more_qty = wide_of(c->hold.qty_e8) - c->held.qty_e8;
	bool buy = side_is_buy(c->o->side);
	const struct risk_rules *l;
	const struct risk_memory *m;
	wide bought, sold, qty;
	struct use *u;
	unsigned k;

	for (k = 0; (l = next_rules(c, &k)) != NULL && k < RISK_N_USED; k++) {
		if (!counts_day(c->scope[k]) || (more <= 0 && more_qty <= 0))
			continue;
		u = c->h->orders[k];
		m = tally_now(c->r, &u->tally);
		bought = m->bought_e8 + u->buy_e8 + (buy ? more : 0);
		sold = m->sold_e8 + u->sell_e8 + (buy ? 0 : more);
		qty = m->traded_qty_e8 + u->open_qty_e8 + more_qty;
		if (over(l->max_turnover_e8, bought + sold))
			return refuse(c, RISK_TURNOVER, (enum risk_scope)k,
			    l->max_turnover_e8, bought + sold);
		if (buy ? over(l->max_bought_e8, bought)
			: over(l->max_sold_e8, sold))
			return refuse(c, RISK_TURNOVER, (enum risk_scope)k,
			    buy ? l->max_bought_e8 : l->max_sold_e8,
			    buy ? bought : sold);
		if (over(l->max_traded_qty_e8, qty))
			return refuse(c, RISK_TURNOVER, (enum risk_scope)k,
			    l->max_traded_qty_e8, qty);
	}
	return RISK_OK;
}
