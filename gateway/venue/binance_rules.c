/*
 * Filters, checked before an order is sent: what breaks one is refused here
 * with its name and its value, costs no weight and no round trip. What is not
 * known here (counts of open orders, balances) the venue checks alone.
 */
#include "gateway/venue/binance_rules.h"

#include <stdio.h>

#include "fix/decimal.h"
#include "gateway/venue/json.h"

static bool
get(const json_t *f, const char *key, int64_t *out)
{
	int rc = json_e8(f, key, out);

	if (rc == -FIX_E_RANGE) /* a bound that no order of ours reaches */
		*out = 0;
	return (rc == 0 || rc == -FIX_E_RANGE || rc == -FIX_E_NOTFOUND) &&
	       *out >= 0;
}

static bool
range(const json_t *f, struct binance_range *r, const char *min,
    const char *max, const char *step)
{
	return get(f, min, &r->min) && get(f, max, &r->max) &&
	       get(f, step, &r->step);
}

static bool
truth(const json_t *f, const char *key)
{
	return json_is_true(json_object_get(f, key));
}

static bool
percent(const json_t *f, struct binance_rules *r)
{
	return get(f, "bidMultiplierUp", &r->bid_up) &&
	       get(f, "bidMultiplierDown", &r->bid_down) &&
	       get(f, "askMultiplierUp", &r->ask_up) &&
	       get(f, "askMultiplierDown", &r->ask_down);
}

static bool
read_filter(struct binance_rules *r, const json_t *f)
{
	const char *type = json_text(f, "filterType");

	if (strcmp(type, "PRICE_FILTER") == 0)
		return range(f, &r->price, "minPrice", "maxPrice", "tickSize");
	if (strcmp(type, "LOT_SIZE") == 0)
		return range(f, &r->lot, "minQty", "maxQty", "stepSize");
	if (strcmp(type, "MARKET_LOT_SIZE") == 0)
		return range(f, &r->market_lot, "minQty", "maxQty", "stepSize");
	if (strcmp(type, "PERCENT_PRICE_BY_SIDE") == 0)
		return percent(f, r);
	if (strcmp(type, "PERCENT_PRICE") == 0) {
		bool ok = get(f, "multiplierUp", &r->bid_up) &&
			  get(f, "multiplierDown", &r->bid_down);

		r->ask_up = r->bid_up;
		r->ask_down = r->bid_down;
		return ok;
	}
	if (strcmp(type, "MIN_NOTIONAL") == 0) {
		r->min_market = truth(f, "applyToMarket");
		return get(f, "minNotional", &r->min_notional);
	}
	if (strcmp(type, "NOTIONAL") != 0)
		return true;
	r->min_market = truth(f, "applyMinToMarket");
	r->max_market = truth(f, "applyMaxToMarket");
	return get(f, "minNotional", &r->min_notional) &&
	       get(f, "maxNotional", &r->max_notional);
}

static unsigned
read_types(const json_t *list)
{
	static const char *const names[] = { [1] = "MARKET", [2] = "LIMIT",
		[3] = "STOP_LOSS", [4] = "STOP_LOSS_LIMIT",
		[5] = "LIMIT_MAKER" };
	unsigned types = 0;
	const json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
	{
		for (unsigned n = 1; n < 6; n++)
			if (json_is_string(v) &&
			    strcmp(json_string_value(v), names[n]) == 0)
				types |= 1u << n;
	}
	return types;
}

int
binance_rules_read(struct binance_rules *r, const json_t *symbol)
{
	const json_t *filters = json_object_get(symbol, "filters"), *f;
	size_t i;

	memset(r, 0, sizeof(*r));
	if (!fix_span_copy(fix_span_of(json_text(symbol, "symbol")), r->symbol,
		sizeof(r->symbol)) ||
	    r->symbol[0] == '\0' || !json_is_array(filters))
		return -FIX_E_FORMAT;
	fix_span_copy(fix_span_of(json_text(symbol, "status")), r->status,
	    sizeof(r->status));
	r->types = read_types(json_object_get(symbol, "orderTypes"));
	r->amend = truth(symbol, "amendAllowed");
	r->replace = truth(symbol, "cancelReplaceAllowed");
	json_array_foreach(filters, i, f)
	{
		if (!read_filter(r, f))
			return -FIX_E_FORMAT;
	}
	return 0;
}

/* ----- checks ----- */

static void
put(int64_t v, char out[FIX_DEC_MAX + 1])
{
	out[fix_e8_format((uint8_t *)out, v)] = '\0';
}

static bool
in_range(const struct binance_range *r, int64_t v, const char *what,
    const char *name, char *text, size_t cap)
{
	char is[FIX_DEC_MAX + 1];

	if (r->min > 0 && v < r->min) {
		put(r->min, is);
		snprintf(text, cap, "%s violates %s: at least %s", what, name,
		    is);
	} else if (r->max > 0 && v > r->max) {
		put(r->max, is);
		snprintf(text, cap, "%s violates %s: at most %s", what, name,
		    is);
	} else if (r->step > 0 && v % r->step != 0) {
		put(r->step, is);
		snprintf(text, cap, "%s violates %s: in steps of %s", what,
		    name, is);
	} else {
		return true;
	}
	return false;
}

/* a * b in 10^-8, INT64_MAX when it is more. */
static int64_t
times(int64_t a, int64_t b)
{
	__int128 v = (__int128)a * b / FIX_E8;

	return v > INT64_MAX ? INT64_MAX : (int64_t)v;
}

static int
check_notional(const struct binance_rules *r, const struct binance_wish *w,
    char *text, size_t cap)
{
	bool market = w->price == 0;
	int64_t at = market ? w->mark : w->price;
	int64_t n = times(at, w->qty);
	char is[FIX_DEC_MAX + 1];

	if (at == 0)
		return 0;
	if (r->min_notional > 0 && n < r->min_notional &&
	    (!market || r->min_market)) {
		put(r->min_notional, is);
		snprintf(text, cap,
		    "OrderQty violates NOTIONAL: price x quantity at least %s",
		    is);
		return 13;
	}
	if (r->max_notional > 0 && n > r->max_notional &&
	    (!market || r->max_market)) {
		put(r->max_notional, is);
		snprintf(text, cap,
		    "OrderQty violates NOTIONAL: price x quantity at most %s",
		    is);
		return 3;
	}
	return 0;
}

static int
check_percent(const struct binance_rules *r, const struct binance_wish *w,
    char *text, size_t cap)
{
	int64_t up = w->side == '1' ? r->bid_up : r->ask_up;
	int64_t down = w->side == '1' ? r->bid_down : r->ask_down;
	char is[FIX_DEC_MAX + 1];

	if (w->price == 0 || w->mark == 0)
		return 0;
	if ((up == 0 || w->price <= times(w->mark, up)) &&
	    w->price >= times(w->mark, down))
		return 0;
	put(w->mark, is);
	snprintf(text, cap, "Price violates PERCENT_PRICE: too far from %s",
	    is);
	return 99;
}

int
binance_rules_check(const struct binance_rules *r, const struct binance_wish *w,
    char *text, size_t cap)
{
	int reason;

	if (strcmp(r->status, "TRADING") != 0) {
		snprintf(text, cap, "Symbol status %s", r->status);
		return 2;
	}
	if (w->type < '1' || w->type > '4' ||
	    (r->types & 1u << (w->type - '0')) == 0) {
		snprintf(text, cap, "OrdType not supported for %s", r->symbol);
		return 11;
	}
	if (!in_range(&r->lot, w->qty, "OrderQty", "LOT_SIZE", text, cap))
		return 13;
	if (w->price == 0 && !in_range(&r->market_lot, w->qty, "OrderQty",
				 "MARKET_LOT_SIZE", text, cap))
		return 13;
	if (w->price != 0 && !in_range(&r->price, w->price, "Price",
				 "PRICE_FILTER", text, cap))
		return 99;
	if (w->stop != 0 && !in_range(&r->price, w->stop, "StopPx",
				"PRICE_FILTER", text, cap))
		return 99;
	reason = check_percent(r, w, text, cap);
	return reason != 0 ? reason : check_notional(r, w, text, cap);
}
