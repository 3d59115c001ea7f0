/*
 * Prices: tick and lot, the collar round the reference, and the price at which
 * an order is taken into account.
 *
 * R-11 (which price counts), R-12. All in integers of 10^-8: a
 * buy passes the collar if p * 10000 <= ref * (10000 + bp), a sell if
 * p * 10000 >= ref * (10000 - bp). Products are 128 bits wide; notional is
 * rounded up. A reference at or below zero gives no band, so it counts as
 * missing where a collar needs it.
 */
#include "risk/inside.h"

#define BP 10000

static wide
magnitude(wide v)
{
	return v < 0 ? -v : v;
}

static bool
is_limit(const struct risk_order *o)
{
	return o->ord_type == '2' || o->ord_type == '4';
}

static bool
is_stop(const struct risk_order *o)
{
	return o->ord_type == '3' || o->ord_type == '4';
}

static bool
collared(int64_t collar_bp)
{
	return collar_bp != RISK_UNLIMITED;
}

static enum risk_code
check_step(struct check *c, int64_t px_e8)
{
	int64_t tick = tick_at(c->scope[RISK_SCOPE_SYMBOL], px_e8);

	if (tick == 0 || px_e8 % tick == 0)
		return RISK_OK;
	return refuse(c, RISK_TICK, RISK_SCOPE_SYMBOL, tick, px_e8);
}

enum risk_code
check_tick(struct check *c)
{
	const struct risk_order *o = c->o;
	int64_t lot = c->scope[RISK_SCOPE_SYMBOL]->lot_e8;
	enum risk_code code = RISK_OK;

	if (is_limit(o))
		code = check_step(c, o->price_e8);
	if (code == RISK_OK && is_stop(o))
		code = check_step(c, o->stop_e8);
	if (code != RISK_OK)
		return code;
	if (o->qty_e8 <= 0 || (lot != 0 && o->qty_e8 % lot != 0))
		return refuse(c, RISK_LOT, RISK_SCOPE_SYMBOL, lot, o->qty_e8);
	return RISK_OK;
}

/* |qty * price * multiplier|, up to the next 10^-8. */
bool
notional_of(
    const struct scope *symbol, int64_t qty_e8, int64_t px_e8, int64_t *out)
{
	const wide unit = wide_of(FIX_E8) * FIX_E8;
	wide p = magnitude(wide_of(qty_e8) * px_e8);

	if (p > (WIDE_MAX - unit) / symbol->multiplier_e8)
		return false;
	p = (p * symbol->multiplier_e8 + unit - 1) / unit;
	if (p > INT64_MAX)
		return false;
	*out = (int64_t)p;
	return true;
}

bool
worth_of(const struct scope *symbol, const struct risk_order *o,
    int64_t qty_e8, int64_t px_e8, int64_t *out)
{
	wide part;

	if (o->cash_e8 == 0 || o->qty_e8 <= 0)
		return notional_of(symbol, qty_e8, px_e8, out);
	part = (wide_of(o->cash_e8) * qty_e8 + o->qty_e8 - 1) / o->qty_e8;
	if (part > INT64_MAX)
		return false;
	*out = (int64_t)part;
	return true;
}

/* The outermost price that passes: up for buys, down for sells. */
static wide
edge(const struct check *c, int64_t bp, bool buy)
{
	if (buy)
		return c->ref_e8 * (wide_of(bp) + BP) / BP;
	if (bp >= BP)
		return 0;
	return (c->ref_e8 * (BP - wide_of(bp)) + BP - 1) / BP;
}

/* A market buy may cost what the tightest collar lets it. */
static wide
market_price(const struct check *c)
{
	const struct risk_limits *l;
	const struct risk_rules *rules;
	int64_t bp = RISK_UNLIMITED, ticks = RISK_UNLIMITED;
	wide by_ticks;
	unsigned k;

	for (k = 0; next_limits(c, &k) != NULL; k++) {
		l = limits_for(c, k, RISK_SKIP_PRICE);
		if (l->collar_bp < bp)
			bp = l->collar_bp;
	}
	for (k = 0; (rules = next_rules(c, &k)) != NULL; k++)
		if (rules->collar_ticks < ticks)
			ticks = rules->collar_ticks;
	if (!side_is_buy(c->o->side))
		return c->ref_e8;
	by_ticks = c->ref_e8 + wide_of(ticks) *
	    tick_at(c->scope[RISK_SCOPE_SYMBOL], c->ref_e8);
	if (!collared(bp) || bp < 0)
		return ticks == RISK_UNLIMITED ? c->ref_e8 : by_ticks;
	if (ticks != RISK_UNLIMITED &&
	    by_ticks * BP < c->ref_e8 * (wide_of(bp) + BP))
		return by_ticks;
	return (c->ref_e8 * (wide_of(bp) + BP) + BP - 1) / BP;
}

/* The price that counts for notional; the caller sees to the reference. */
int64_t
reserve_price(const struct check *c)
{
	const struct risk_order *o = c->o;
	wide ref = c->ref_ok ? magnitude(c->ref_e8) : 0;
	wide p = 0;

	if (is_limit(o))
		p = magnitude(o->price_e8);
	else if (is_stop(o))
		p = magnitude(o->stop_e8);
	else if (c->ref_ok)
		p = magnitude(market_price(c));
	if (ref > p && (!is_limit(o) || !side_is_buy(o->side)))
		p = ref; /* a low limit can't hide a sell's size */
	return clamp(p);
}

static enum risk_code
check_price(struct check *c, enum risk_scope scope, int64_t bp, int64_t px_e8)
{
	bool buy = side_is_buy(c->o->side);
	wide p = wide_of(px_e8) * BP;
	bool ok = buy ? p <= c->ref_e8 * (wide_of(bp) + BP)
		      : p >= c->ref_e8 * (BP - wide_of(bp));

	if (ok && bp > 0)
		return RISK_OK;
	if (bp <= 0) /* blocked */
		return refuse(
		    c, RISK_COLLAR, scope, edge(c, 0, buy), px_e8);
	return refuse_soft(c, RISK_COLLAR, scope, edge(c, bp, buy), px_e8);
}

static enum risk_code
check_band(struct check *c, enum risk_scope scope, int64_t bp)
{
	const struct risk_order *o = c->o;
	enum risk_code code = RISK_OK;

	if (!c->ref_ok || c->ref_e8 <= 0)
		return refuse(c, RISK_REF_MISSING, RISK_SCOPE_SYMBOL, 0, 0);
	if (bp <= 0 || is_limit(o))
		code = check_price(
		    c, scope, bp, is_limit(o) ? o->price_e8 : c->ref_e8);
	if (code == RISK_OK && is_stop(o))
		code = check_price(c, scope, bp, o->stop_e8);
	return code;
}

/* The other side of a two-sided band: far from the market, where a price is
 * harmless but seldom meant. */
static enum risk_code
check_far(struct check *c, enum risk_scope scope, int64_t bp, int64_t px_e8)
{
	bool buy = side_is_buy(c->o->side);
	wide p = wide_of(px_e8) * BP;
	bool ok = buy ? p >= c->ref_e8 * (BP - wide_of(bp))
		      : p <= c->ref_e8 * (wide_of(bp) + BP);

	if (ok)
		return RISK_OK;
	return refuse_soft(c, RISK_COLLAR, scope, edge(c, bp, !buy), px_e8);
}

/* Absolute, so that it holds for prices at or below zero too. */
static enum risk_code
check_ticks(struct check *c, enum risk_scope scope, int64_t ticks,
    int64_t px_e8)
{
	int64_t tick = tick_at(c->scope[RISK_SCOPE_SYMBOL], c->ref_e8);
	wide most = wide_of(ticks) * tick, off = wide_of(px_e8) - c->ref_e8;

	if (!side_is_buy(c->o->side))
		off = -off;
	if (tick > 0 && off <= most)
		return RISK_OK;
	if (!side_is_buy(c->o->side))
		most = -most;
	return refuse_soft(c, RISK_COLLAR, scope, c->ref_e8 + most, px_e8);
}

static enum risk_code
check_rule_price(struct check *c, enum risk_scope scope,
    const struct risk_rules *rules, int64_t px_e8, bool stop)
{
	enum risk_code code = RISK_OK;

	if (rules->collar_ticks != RISK_UNLIMITED)
		code = check_ticks(c, scope, rules->collar_ticks, px_e8);
	if (code == RISK_OK && rules->far_bp != RISK_UNLIMITED && !stop)
		code = check_far(c, scope, rules->far_bp, px_e8);
	return code;
}

static enum risk_code
check_rule_bands(struct check *c)
{
	const struct risk_order *o = c->o;
	const struct risk_rules *l;
	enum risk_code code = RISK_OK;
	unsigned k;

	for (k = 0; code == RISK_OK && (l = next_rules(c, &k)) != NULL; k++) {
		if (l->collar_ticks == RISK_UNLIMITED &&
		    l->far_bp == RISK_UNLIMITED)
			continue;
		if (!c->ref_ok ||
		    (l->far_bp != RISK_UNLIMITED && c->ref_e8 <= 0))
			return refuse(
			    c, RISK_REF_MISSING, RISK_SCOPE_SYMBOL, 0, 0);
		if (is_limit(o))
			code = check_rule_price(
			    c, (enum risk_scope)k, l, o->price_e8, false);
		if (code == RISK_OK && is_stop(o))
			code = check_rule_price(
			    c, (enum risk_scope)k, l, o->stop_e8, true);
	}
	if (code != RISK_OK)
		c->v->owner = RISK_OWNER_FIRM; /* rules are its own */
	return code;
}

enum risk_code
check_collar(struct check *c)
{
	const struct risk_limits *l;
	enum risk_code code;
	unsigned k;

	for (k = 0; next_limits(c, &k) != NULL; k++) {
		l = limits_for(c, k, RISK_SKIP_PRICE);
		if (!collared(l->collar_bp))
			continue;
		code = check_band(c, (enum risk_scope)k, l->collar_bp);
		if (code != RISK_OK)
			return code;
	}
	return check_rule_bands(c);
}
