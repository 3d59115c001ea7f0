/*
 * What an account holds and has reserved in a symbol, for whoever keeps it: a
 * restart adds up the live orders again and compares (section 12 of the pre-trade
 * controls).
 */
#include "risk/inside.h"

void
sums_moved(struct holding *h)
{
	if (h->moved)
		return;
	h->moved = true;
	h->next_moved = NULL;
	*h->r->last_moved = h;
	h->r->last_moved = &h->next_moved;
}

static struct risk_sums
sums_of(const struct holding *h)
{
	return (struct risk_sums){ .position_e8 = h->pos.qty_e8,
		.buys_e8 = clamp(h->buys_e8),
		.sells_e8 = clamp(h->sells_e8),
		.shorts_e8 = clamp(h->shorts_e8),
		.buy_notional_e8 = clamp(h->buy_notional_e8),
		.sell_notional_e8 = clamp(h->sell_notional_e8),
		.open = h->open };
}

bool
risk_moved(struct risk *r, const char **account, const char **symbol,
    struct risk_sums *s)
{
	struct holding *h = r->first_moved;

	if (h == NULL)
		return false;
	r->first_moved = h->next_moved;
	if (r->first_moved == NULL)
		r->last_moved = &r->first_moved;
	h->moved = false;
	*account = h->account->id;
	*symbol = h->symbol->id;
	*s = sums_of(h);
	return true;
}

struct risk_sums
risk_get_sums(
    const struct risk *r, struct fix_span account, struct fix_span symbol)
{
	const struct scope *a = scope_find(r, RISK_SCOPE_ACCOUNT, account);
	const struct scope *s = scope_find(r, RISK_SCOPE_SYMBOL, symbol);
	const struct holding *h =
	    a == NULL || s == NULL ? NULL : holding_find(r, a, s);

	return h == NULL ? (struct risk_sums){ 0 } : sums_of(h);
}
