/*
 * Prices and quantities that an order leaves to the market, as far as the
 * controls need them: the first stop of a trailing stop, the quantity that an
 * amount buys. Both come from the fresh reference price, and never to the
 * order's favour. The order then goes through the controls like any other.
 */
#include "risk/inside.h"

#define BP 10000

static const struct scope *
symbol_of(const struct risk *r, struct fix_span symbol, struct fix_now now)
{
	const struct scope *s = scope_find(r, RISK_SCOPE_SYMBOL, symbol);

	return s != NULL && s->known && ref_is_fresh(r, s, now) ? s : NULL;
}

static int
positive(wide v, int64_t *out)
{
	if (v <= 0 || v > INT64_MAX)
		return -FIX_E_RANGE;
	*out = (int64_t)v;
	return 0;
}

int
risk_price_off(const struct risk *r, struct fix_span symbol, int64_t off_e8,
    struct fix_now now, int64_t *px_e8)
{
	const struct scope *s = symbol_of(r, symbol, now);
	int64_t px, tick;

	if (s == NULL)
		return -FIX_E_NOTFOUND;
	if (positive(wide_of(s->ref_e8) + off_e8, &px) != 0)
		return -FIX_E_RANGE;
	tick = tick_at(s, px);
	if (tick == 0 || px % tick == 0)
		return positive(px, px_e8);
	return positive(wide_of(px) - px % tick + (off_e8 < 0 ? 0 : tick),
	    px_e8);
}

int
risk_part_of_ref(const struct risk *r, struct fix_span symbol, int64_t bp_e8,
    struct fix_now now, int64_t *off_e8)
{
	const struct scope *s = symbol_of(r, symbol, now);
	const wide unit = wide_of(FIX_E8) * BP;

	if (s == NULL)
		return -FIX_E_NOTFOUND;
	return positive(
	    (wide_of(s->ref_e8) * bp_e8 + unit - 1) / unit, off_e8);
}

int
risk_qty_for(const struct risk *r, struct fix_span symbol, int64_t cash_e8,
    struct fix_now now, int64_t *qty_e8)
{
	const struct scope *s = symbol_of(r, symbol, now);
	wide one, qty, lot;

	if (s == NULL)
		return -FIX_E_NOTFOUND;
	/* what one costs, a twentieth less, in 10^-8 and rounded down */
	one = wide_of(s->ref_e8) * s->multiplier_e8 / FIX_E8 * 19 / 20;
	if (one <= 0)
		return -FIX_E_RANGE;
	qty = (wide_of(cash_e8) * FIX_E8 + one - 1) / one;
	lot = s->lot_e8 > 0 ? s->lot_e8 : 1;
	return positive((qty + lot - 1) / lot * lot, qty_e8);
}
