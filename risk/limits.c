/*
 * The limits of every scope of an order, from symbol to session: what one
 * order may be, and what all may add up to.
 *
 * A value equal to its limit passes. An account for which neither it nor its
 * group nor the firm has limits is blocked. Aggregates are compared as they
 * will be with this order; an order that does not raise one passes also where
 * the limit was cut below what is held, so positions can always be reduced.
 */
#include "risk/inside.h"

static struct scope *
limited_scope(const struct risk *r, enum risk_scope kind, const char *id)
{
	struct scope *s;

	for (s = r->first_scope; s != NULL; s = s->next)
		if (s->kind == kind && s->limited &&
		    (kind == RISK_SCOPE_FIRM || strcmp(s->id, id) == 0))
			return s;
	return NULL;
}

bool
risk_get_owned(const struct risk *r, enum risk_owner owner,
    enum risk_scope kind, const char *id, struct risk_limits *l)
{
	const struct scope *s = limited_scope(r, kind, id);
	const struct risk_limits *is = s == NULL ? NULL : owner_get(s, owner);

	if (is != NULL)
		*l = *is;
	return is != NULL;
}

bool
risk_get_limits(const struct risk *r, enum risk_scope kind, const char *id,
    struct risk_limits *l)
{
	return risk_get_owned(r, RISK_OWNER_FIRM, kind, id, l);
}

void
risk_unset_limits(struct risk *r, enum risk_owner owner, enum risk_scope kind,
    const char *id)
{
	struct scope *s = limited_scope(r, kind, id);
	struct risk_breach b;

	if (s == NULL)
		return;
	owner_unset(s, owner);
	(void)breach_look(r, s, &b);
	if (owner == RISK_OWNER_FIRM)
		tape_scope(r, RISK_CALL_NO_LIMITS, kind, id, NULL, 0);
	else
		tape_names(r, RISK_CALL_NO_OWNER, id, risk_owner_name(owner),
		    (int64_t)kind);
}

static bool
over(int64_t limit, wide value)
{
	return limit != RISK_UNLIMITED && value > limit;
}

enum risk_code
check_qty(struct check *c)
{
	const struct scope *group = c->scope[RISK_SCOPE_GROUP];
	int64_t limit;
	unsigned k;

	if (!c->scope[RISK_SCOPE_ACCOUNT]->by_firm &&
	    !c->scope[RISK_SCOPE_FIRM]->by_firm &&
	    (group == NULL || !group->by_firm)) {
		(void)refuse(
		    c, RISK_QTY_MAX, RISK_SCOPE_ACCOUNT, 0, c->o->qty_e8);
		c->v->owner = RISK_OWNER_FIRM;
		return RISK_QTY_MAX;
	}
	if (check_owners(c) != RISK_OK)
		return RISK_QTY_MAX;
	for (k = 0; next_limits(c, &k) != NULL; k++) {
		limit = limits_for(c, k, RISK_SKIP_QTY)->max_order_qty_e8;
		if (over(limit, c->o->qty_e8) &&
		    refuse_soft(c, RISK_QTY_MAX, (enum risk_scope)k, limit,
			c->o->qty_e8) != RISK_OK)
			return RISK_QTY_MAX;
	}
	return RISK_OK;
}

/* Market and stop orders always; a sell's notional is at least at the
 * reference, so it needs one where a notional is limited. */
static bool
needs_ref(const struct check *c)
{
	const struct risk_limits *l;
	unsigned k;

	if (c->o->ord_type == '1' || c->o->ord_type == '3')
		return true;
	if (side_is_buy(c->o->side))
		return false;
	for (k = 0; (l = next_limits(c, &k)) != NULL; k++)
		if (limits_for(c, k, RISK_SKIP_NOTIONAL)
			->max_order_notional_e8 != RISK_UNLIMITED ||
		    (k < RISK_N_USED &&
			l->max_open_notional_e8 != RISK_UNLIMITED))
			return true;
	return false;
}

/* What will be reserved: on a replace the greater of old and new. */
static bool
set_hold(struct check *c, int64_t px_e8, int64_t whole_e8)
{
	int64_t n = whole_e8;

	if (c->leaves_e8 != c->o->qty_e8 &&
	    !worth_of(
		c->scope[RISK_SCOPE_SYMBOL], c->o, c->leaves_e8, px_e8, &n))
		return false;
	c->hold = c->held;
	if (c->leaves_e8 > c->hold.qty_e8)
		c->hold.qty_e8 = c->leaves_e8;
	if (n > c->hold.notional_e8)
		c->hold.notional_e8 = n;
	return true;
}

enum risk_code
check_notional(struct check *c)
{
	int64_t px, whole, limit;
	unsigned k;

	if (needs_ref(c) && !c->ref_ok)
		return refuse(c, RISK_REF_MISSING, RISK_SCOPE_SYMBOL, 0, 0);
	px = reserve_price(c);
	if (!worth_of(c->scope[RISK_SCOPE_SYMBOL], c->o, c->o->qty_e8, px,
		&whole) ||
	    !set_hold(c, px, whole))
		return refuse(c, RISK_INTERNAL, RISK_SCOPE_SYMBOL, 0, 0);
	c->whole_e8 = whole;
	for (k = 0; next_limits(c, &k) != NULL; k++) {
		limit = limits_for(c, k, RISK_SKIP_NOTIONAL)
		    ->max_order_notional_e8;
		if (over(limit, whole) &&
		    refuse_soft(c, RISK_NOTIONAL_MAX, (enum risk_scope)k,
			limit, whole) != RISK_OK)
			return RISK_NOTIONAL_MAX;
	}
	return RISK_OK;
}

static wide
worst(wide v)
{
	return v > 0 ? v : 0;
}

/* A scope that asks for it has its limits without netting; the others of the
 * order then have them so, too: that is never less strict. */
static bool
is_hard(const struct check *c)
{
	const struct risk_rules *rules;
	unsigned k;

	for (k = 0; (rules = next_rules(c, &k)) != NULL; k++)
		if (rules->conservative)
			return true;
	return false;
}

static enum risk_code
check_hard(struct check *c, wide more, bool buy)
{
	const struct holding *h = c->h;
	const struct risk_limits *l;
	wide value, before, after;
	unsigned k;

	/* What can't raise the worst case may go, also over the limit */
	before = worst(buy ? wide_of(h->pos.qty_e8) + h->buys_e8
			   : h->sells_e8 - h->pos.qty_e8);
	after = worst((buy ? wide_of(h->pos.qty_e8) + h->buys_e8
			   : h->sells_e8 - h->pos.qty_e8) + more);
	for (k = 0; (l = next_limits(c, &k)) != NULL && k < RISK_N_USED; k++) {
		int64_t limit = buy ? l->max_long_e8 : l->max_short_e8;

		value = more + (buy ? h->position[k]->hard_long_e8
				    : h->position[k]->hard_short_e8);
		if (over(limit, value) && after > before)
			return refuse(c, buy ? RISK_POS_LONG : RISK_POS_SHORT,
			    (enum risk_scope)k, limit, value);
	}
	return RISK_OK;
}

enum risk_code
check_position(struct check *c)
{
	const struct holding *h = c->h;
	const struct risk_limits *l;
	bool buy = side_is_buy(c->o->side);
	wide more = wide_of(c->hold.qty_e8) - c->held.qty_e8;
	wide mine = buy ? wide_of(h->pos.qty_e8) + h->buys_e8
			: h->sells_e8 - h->pos.qty_e8;
	wide rise = worst(mine + more) - worst(mine), value;
	int64_t limit;
	unsigned k;

	if (is_hard(c))
		return check_hard(c, more, buy);
	if (rise <= 0)
		return RISK_OK;
	for (k = 0; (l = next_limits(c, &k)) != NULL && k < RISK_N_USED; k++) {
		limit = buy ? l->max_long_e8 : l->max_short_e8;
		value = rise;
		value +=
		    buy ? h->position[k]->long_e8 : h->position[k]->short_e8;
		if (over(limit, value))
			return refuse(c, buy ? RISK_POS_LONG : RISK_POS_SHORT,
			    (enum risk_scope)k, limit, value);
	}
	return RISK_OK;
}

static enum risk_code
check_open_notional(struct check *c)
{
	const struct risk_limits *l;
	const struct use *u;
	wide rise = wide_of(c->hold.notional_e8) - c->held.notional_e8, value;
	unsigned k;

	if (rise <= 0)
		return RISK_OK;
	for (k = 0; (l = next_limits(c, &k)) != NULL && k < RISK_N_USED; k++) {
		u = c->h->orders[k];
		value =
		    rise + (side_is_buy(c->o->side) ? u->buy_e8 : u->sell_e8);
		if (over(l->max_open_notional_e8, value))
			return refuse(c, RISK_OPEN_NOTIONAL, (enum risk_scope)k,
			    l->max_open_notional_e8, value);
	}
	return RISK_OK;
}

enum risk_code
check_open(struct check *c)
{
	const struct risk_limits *l;
	wide value;
	unsigned k;

	if (c->replace)
		return check_open_notional(c);
	for (k = 0; (l = next_limits(c, &k)) != NULL && k < RISK_N_USED; k++) {
		value = wide_of(c->h->orders[k]->open) + 1;
		if (over(l->max_open_orders, value))
			return refuse(c, RISK_OPEN_ORDERS, (enum risk_scope)k,
			    l->max_open_orders, value);
	}
	return check_open_notional(c);
}
