/*
 * What an account may trade at all, how it must mark its sales and what
 * it must have located, and an order's share of the usual volume.
 *
 * Lists are looked up at set-up: a restriction stands at the symbol or at the
 * holding, so the check reads two words. Available to sell is what is held less
 * what is offered already; the order's own offer does not count against it.
 */
#include "risk/inside.h"

#define BP 10000

enum risk_code
check_fat_finger(struct check *c)
{
	int64_t adv = c->scope[RISK_SCOPE_SYMBOL]->detail.adv_e8;
	const struct risk_rules *l;
	unsigned k;

	for (k = 0; (l = next_rules(c, &k)) != NULL; k++) {
		if (l->max_adv_bp == RISK_UNLIMITED ||
		    (adv == 0 && l->adv_optional))
			continue;
		if (wide_of(c->o->qty_e8) * BP > wide_of(adv) * l->max_adv_bp &&
		    refuse_soft(c, RISK_FAT_FINGER, (enum risk_scope)k,
			wide_of(adv) * l->max_adv_bp / BP, c->o->qty_e8) !=
			RISK_OK)
			return RISK_FAT_FINGER;
	}
	return RISK_OK;
}

/* A replace that asks for no more than before is not held up. */
static bool
asks_less(const struct check *c)
{
	return c->replace && c->leaves_e8 <= c->held.qty_e8;
}

static bool
forbids(enum risk_restriction what, char side)
{
	switch (what) {
	case RISK_FREE:
		return false;
	case RISK_SELL_ONLY:
		return side != '2'; /* a short sale opens a position */
	case RISK_NO_TRADE:
		break;
	}
	return true;
}

enum risk_code
check_restricted(struct check *c)
{
	const struct scope *s = c->scope[RISK_SCOPE_SYMBOL];

	if (asks_less(c))
		return RISK_OK;
	if (forbids(s->detail.restriction, c->o->side))
		return refuse(c, RISK_RESTRICTED, RISK_SCOPE_SYMBOL, 0, 0);
	if (forbids(c->h->restriction, c->o->side))
		return refuse(c, RISK_RESTRICTED, RISK_SCOPE_ACCOUNT, 0, 0);
	return RISK_OK;
}

static enum risk_code
check_borrow(struct check *c)
{
	const struct scope *s = c->scope[RISK_SCOPE_SYMBOL];
	struct tally *t = &c->h->position[RISK_SCOPE_ACCOUNT]->tally;
	wide used;

	if (c->o->side == '6' && !c->scope[RISK_SCOPE_ACCOUNT]->exempt)
		return refuse(
		    c, RISK_SHORT_ACCOUNT, RISK_SCOPE_ACCOUNT, 0, 0);
	switch (s->detail.shortable) {
	case RISK_SHORT_EASY:
		return RISK_OK;
	case RISK_SHORT_NEVER:
		return refuse(
		    c, RISK_SHORT_LOCATE, RISK_SCOPE_SYMBOL, 0, c->leaves_e8);
	case RISK_SHORT_LOCATED:
		break;
	}
	used = c->h->shorts_e8 - c->held.qty_e8 + c->leaves_e8 +
	       tally_now(c->r, t)->shorted_e8;
	if (used <= c->h->locate_e8)
		return RISK_OK;
	return refuse(c, RISK_SHORT_LOCATE, RISK_SCOPE_ACCOUNT,
	    c->h->locate_e8, used);
}

/* The strictest marking that any scope asks for. */
static enum risk_marking
marking(const struct check *c)
{
	enum risk_marking m = RISK_MARK_ANY;
	const struct risk_rules *l;
	unsigned k;

	for (k = 0; (l = next_rules(c, &k)) != NULL; k++)
		if (l->short_sale > m)
			m = l->short_sale;
	return m;
}

enum risk_code
check_short(struct check *c)
{
	enum risk_marking m = marking(c);
	wide avail;

	if (m == RISK_MARK_ANY || side_is_buy(c->o->side) || asks_less(c))
		return RISK_OK;
	avail = c->h->pos.qty_e8 - (c->h->sells_e8 - c->held.qty_e8);
	if (c->o->side == '2') {
		if (c->leaves_e8 <= avail)
			return RISK_OK;
		return refuse(c, RISK_SHORT_MARK, RISK_SCOPE_ACCOUNT,
		    avail > 0 ? avail : 0, c->leaves_e8);
	}
	if (m == RISK_MARK_STRICT && c->leaves_e8 <= avail)
		return refuse(c, RISK_SHORT_MARK, RISK_SCOPE_ACCOUNT, avail,
		    c->leaves_e8);
	return check_borrow(c);
}
