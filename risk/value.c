/*
 * What positions are worth: net and gross, buying
 * power, losses.
 *
 * A holding is worth its worst side at the symbol's reference, times the
 * multiplier; a use adds up its holdings, suspense and error accounts too.
 * What has no reference can't be valued, and then a control that looks at
 * values refuses. Values no int64 holds stand at its end. Losses are looked at
 * before and after each execution and each price, so that the day begins with
 * what was before its first; an order that only reduces is let through while
 * reducing, and a halt stays until a person clears it.
 */
#include "risk/inside.h"

#define BP 10000

static wide
magnitude(wide v)
{
	return v < 0 ? -v : v;
}

static wide
worth(const struct holding *h, wide qty)
{
	int64_t px = h->symbol->ref_e8, n;

	if (!notional_of(h->symbol, clamp(qty), px, &n))
		n = INT64_MAX;
	return (qty < 0) == (px < 0) ? n : -wide_of(n);
}

struct value
value_of(const struct holding *h)
{
	wide longs = wide_of(h->pos.qty_e8) + h->buys_e8;
	wide shorts = h->sells_e8 - h->pos.qty_e8, side;
	struct value v = { .cash_e8 = h->pos.cash_e8 };

	side = magnitude(longs) >= magnitude(shorts) ? longs : -shorts;
	v.equity_e8 = v.cash_e8;
	if (side == 0 && h->pos.qty_e8 == 0)
		return v;
	if (!h->symbol->has_ref || h->symbol->multiplier_e8 == 0) {
		v.unknown = 1;
		return v;
	}
	v.net_e8 = worth(h, side);
	v.gross_e8 = magnitude(v.net_e8);
	v.equity_e8 += worth(h, h->pos.qty_e8);
	return v;
}

/* The holding as it will be with this order. */
static struct value
value_after(const struct check *c)
{
	struct holding h = *c->h;
	wide more = wide_of(c->hold.qty_e8) - c->held.qty_e8;

	if (side_is_buy(c->o->side))
		h.buys_e8 += more;
	else
		h.sells_e8 += more;
	return value_of(&h);
}

static enum risk_code
check_scope_value(struct check *c, enum risk_scope k,
    const struct risk_rules *l, const struct value *was,
    const struct value *is)
{
	const struct value *v = &c->h->orders[k]->value;
	wide gross = v->gross_e8 + is->gross_e8 - was->gross_e8;
	wide net = magnitude(v->net_e8 + is->net_e8 - was->net_e8);

	if (v->unknown > 0 || is->unknown > 0)
		return refuse(c, RISK_REF_MISSING, RISK_SCOPE_SYMBOL, 0, 0);
	if (l->max_gross_e8 != RISK_UNLIMITED && gross > v->gross_e8 &&
	    gross > l->max_gross_e8)
		return refuse(c, RISK_GROSS, k, l->max_gross_e8, gross);
	if (l->max_net_e8 != RISK_UNLIMITED && net > magnitude(v->net_e8) &&
	    net > l->max_net_e8)
		return refuse(c, RISK_NET, k, l->max_net_e8, net);
	return RISK_OK;
}

enum risk_code
check_value(struct check *c)
{
	struct value was, is;
	const struct risk_rules *l;
	enum risk_code code = RISK_OK;
	unsigned k;

	if (!c->r->valued)
		return RISK_OK;
	was = value_of(c->h);
	is = value_after(c);
	for (k = 0; code == RISK_OK && (l = next_rules(c, &k)) != NULL &&
	     k < RISK_N_USED; k++)
		if (l->max_net_e8 != RISK_UNLIMITED ||
		    l->max_gross_e8 != RISK_UNLIMITED)
			code = check_scope_value(
			    c, (enum risk_scope)k, l, &was, &is);
	return code;
}

/* what is there, less what live buys may cost with their fees. */
enum risk_code
check_credit(struct check *c)
{
	const struct scope *a = c->scope[RISK_SCOPE_ACCOUNT];
	const struct use *u = c->h->orders[RISK_SCOPE_ACCOUNT];
	wide more = wide_of(c->hold.notional_e8) - c->held.notional_e8;
	wide have, need;

	if (!a->ruled || !a->rules.has_credit || more <= 0 ||
	    !side_is_buy(c->o->side))
		return RISK_OK;
	have = wide_of(a->rules.cash_e8) + a->rules.credit_e8 +
	       u->value.cash_e8 - u->tally.m.fees_e8;
	need = u->buy_e8 + more;
	need += (need * a->rules.fee_bp + BP - 1) / BP;
	if (need <= have)
		return RISK_OK;
	return refuse(c, RISK_CREDIT, RISK_SCOPE_ACCOUNT, have, need);
}

/* ----- R-31 ----- */

static bool
watches_loss(const struct scope *s)
{
	return s != NULL && s->ruled &&
	       (s->rules.max_loss_e8 != RISK_UNLIMITED ||
		   s->rules.max_drawdown_e8 != RISK_UNLIMITED ||
		   s->rules.reducing_loss_e8 != RISK_UNLIMITED);
}

static bool
beyond(int64_t limit, wide loss)
{
	return limit != RISK_UNLIMITED && loss > limit;
}

static void
latch(struct risk *r, struct scope *s, struct tally *t, enum risk_state state)
{
	if (state <= t->m.loss_state)
		return;
	t->m.loss_state = (uint8_t)state;
	tally_changed(r, t);
	if (state == RISK_HALTED && !s->tripped) {
		s->tripped = true;
		r->n_tripped++;
	}
}

static void
look(struct risk *r, struct scope *s, struct use *u)
{
	struct risk_memory *m = &u->tally.m;
	int64_t equity;

	if (!watches_loss(s) || u->value.unknown > 0)
		return;
	equity = clamp(u->value.equity_e8 - m->fees_e8);
	if (m->loss_day != r->day) {
		m->loss_day = r->day;
		m->start_e8 = m->peak_e8 = equity;
		tally_changed(r, &u->tally);
	}
	if (equity > m->peak_e8) {
		m->peak_e8 = equity;
		tally_changed(r, &u->tally);
	}
	if (beyond(s->rules.max_loss_e8, wide_of(m->start_e8) - equity) ||
	    beyond(s->rules.max_drawdown_e8, wide_of(m->peak_e8) - equity))
		latch(r, s, &u->tally, RISK_HALTED);
	else if (beyond(s->rules.reducing_loss_e8,
		     wide_of(m->start_e8) - equity))
		latch(r, s, &u->tally, RISK_REDUCING);
}

void
loss_look(struct risk *r, struct holding *h)
{
	look(r, h->account, h->orders[RISK_SCOPE_ACCOUNT]);
	if (h->account->parent != NULL)
		look(r, h->account->parent, h->orders[RISK_SCOPE_GROUP]);
	look(r, r->firm, h->orders[RISK_SCOPE_FIRM]);
}

enum risk_code
check_loss(struct check *c)
{
	static const enum risk_scope kinds[] = { RISK_SCOPE_ACCOUNT,
		RISK_SCOPE_GROUP, RISK_SCOPE_FIRM };
	const struct use *u;
	unsigned i;

	for (i = 0; i < 3; i++) {
		u = c->h->orders[kinds[i]];
		if (u == NULL)
			continue;
		if (u->tally.m.loss_state == RISK_HALTED ||
		    (u->tally.m.loss_state == RISK_REDUCING && !reduces(c)))
			return refuse(c, RISK_LOSS_HALT, kinds[i], 0, 0);
		if (watches_loss(c->scope[kinds[i]]) && u->value.unknown > 0)
			return refuse(
			    c, RISK_REF_MISSING, RISK_SCOPE_SYMBOL, 0, 0);
	}
	return RISK_OK;
}

bool
risk_tripped(struct risk *r, enum risk_scope *kind, const char **id)
{
	struct scope *s;

	if (r->n_tripped == 0)
		return false;
	for (s = r->first_scope; s != NULL; s = s->next) {
		if (!s->tripped)
			continue;
		s->tripped = false;
		r->n_tripped--;
		*kind = s->kind;
		*id = s->id;
		return true;
	}
	return false;
}
