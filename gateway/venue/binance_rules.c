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
	if (strcmp(type, "ICEBERG_PARTS") == 0)
		return json_whole(f, "limit", &r->parts) == 0;
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

static const char *const type_names[BINANCE_N_TYPE] = {
	[BINANCE_NONE] = "",
	[BINANCE_MARKET] = "MARKET",
	[BINANCE_LIMIT] = "LIMIT",
	[BINANCE_STOP] = "STOP_LOSS",
	[BINANCE_STOP_LIMIT] = "STOP_LOSS_LIMIT",
	[BINANCE_MAKER] = "LIMIT_MAKER",
	[BINANCE_TOUCH] = "TAKE_PROFIT",
};

const char *
binance_type_name(enum binance_type t)
{
	return type_names[t];
}

enum binance_type
binance_type_of(const struct binance_wish *w)
{
	switch (w->type) {
	case '1':
		return BINANCE_MARKET;
	case '2':
		return w->rare.inst[0] == '6' ? BINANCE_MAKER : BINANCE_LIMIT;
	case '3':
		return BINANCE_STOP;
	case '4':
		return BINANCE_STOP_LIMIT;
	case 'J':
		return BINANCE_TOUCH;
	case 'P':
		return BINANCE_LIMIT;
	default:
		return BINANCE_NONE;
	}
}

struct binance_wish
binance_wish_of(const json_t *j)
{
	static const char codes[BINANCE_N_TYPE] = { '?', '1', '2', '3', '4',
		'2', 'J' };
	const char *type = json_text(j, "type"), *tif = json_text(
	    j, "timeInForce"), *peg = json_text(j, "pegPriceType");
	struct binance_wish w = { .type = '?' };

	for (unsigned i = 1; i < BINANCE_N_TYPE; i++)
		if (strcmp(type, type_names[i]) == 0)
			w.type = codes[i];
	w.side = strcmp(json_text(j, "side"), "BUY") == 0 ? '1' : '2';
	w.tif = strcmp(tif, "IOC") == 0 ? '3' :
	    strcmp(tif, "FOK") == 0 ? '4' : '1';
	w.qty = json_e8_or(j, "origQty", 0);
	w.price = json_e8_or(j, "price", 0);
	w.stop = json_e8_or(j, "stopPrice", 0);
	w.rare.max_floor_e8 = json_e8_or(j, "icebergQty", 0);
	w.rare.cash_e8 = json_e8_or(j, "origQuoteOrderQty", 0);
	if (strcmp(type, "LIMIT_MAKER") == 0)
		w.rare.inst[0] = '6';
	if (*peg == '\0')
		return w;
	w.type = 'P';
	w.price = 0;
	w.rare.peg = strcmp(peg, "PRIMARY_PEG") == 0 ? 'R' : 'P';
	w.rare.offset_e8 = json_whole_or(j, "pegOffsetValue", 0) * FIX_E8;
	w.rare.offset_type = w.rare.offset_e8 != 0 ? '3' : '\0';
	return w;
}

static unsigned
read_types(const json_t *list)
{
	unsigned types = 0;
	const json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
	{
		for (unsigned n = 1; n < BINANCE_N_TYPE; n++)
			if (json_is_string(v) &&
			    strcmp(json_string_value(v), type_names[n]) == 0)
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
	fix_span_copy(fix_span_of(json_text(symbol, "baseAsset")), r->base,
	    sizeof(r->base));
	fix_span_copy(fix_span_of(json_text(symbol, "quoteAsset")), r->quote,
	    sizeof(r->quote));
	r->types = read_types(json_object_get(symbol, "orderTypes"));
	r->amend = truth(symbol, "amendAllowed");
	r->replace = truth(symbol, "cancelReplaceAllowed");
	r->iceberg = truth(symbol, "icebergAllowed");
	r->by_amount = truth(symbol, "quoteOrderQtyMarketAllowed");
	r->pegs = truth(symbol, "pegInstructionsAllowed");
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
	bool market = w->price == 0, cash = w->rare.cash_e8 != 0;
	int64_t at = market ? w->mark : w->price;
	int64_t n = cash ? w->rare.cash_e8 : times(at, w->qty);
	char is[FIX_DEC_MAX + 1];

	if (at == 0 && !cash)
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

const char *
binance_kind_fault(const struct binance_wish *w)
{
	bool stop = w->type == '3' || w->type == 'J';

	if (w->side != '1' && w->side != '2')
		return "Side not supported on BINANCE SPOT";
	if (w->type == '1' && strchr("03", w->tif) == NULL)
		return "TimeInForce not supported for market orders";
	if (stop && w->tif != '1')
		return "TimeInForce not supported for stop orders; use GTC";
	if (w->type != '1' && w->tif == '0')
		return "TimeInForce Day not supported; use GTC, IOC or FOK";
	if (w->type != '1' && strchr("134", w->tif) == NULL)
		return "TimeInForce not supported; use GTC, IOC or FOK";
	return NULL;
}

/* Terms that few orders have, by what the symbol has of them. */
static const char *
rare_fault(const struct binance_rules *r, const struct binance_wish *w)
{
	const struct venue_rare *x = &w->rare;

	if (x->max_floor_e8 != 0 && !r->iceberg)
		return "MaxFloor not supported for this symbol";
	if (x->max_floor_e8 != 0 && w->tif != '1')
		return "MaxFloor requires TimeInForce GTC";
	if (x->max_floor_e8 != 0 && r->parts > 0 &&
	    (w->qty + x->max_floor_e8 - 1) / x->max_floor_e8 > r->parts)
		return "MaxFloor violates ICEBERG_PARTS: too small for OrderQty";
	if (x->cash_e8 != 0 && !r->by_amount)
		return "CashOrderQty not supported for this symbol";
	if (w->type == 'P' && !r->pegs)
		return "OrdType P not supported for this symbol";
	if (x->offset_e8 % FIX_E8 != 0 || x->offset_e8 > 100 * FIX_E8)
		return "PegOffsetValue of price levels must be whole, at most "
		       "100";
	if (x->inst[0] == '6' && w->tif != '1')
		return "ExecInst 6 requires TimeInForce GTC";
	return NULL;
}

int
binance_rules_check(const struct binance_rules *r, const struct binance_wish *w,
    char *text, size_t cap)
{
	const char *fault;
	int reason;

	if (strcmp(r->status, "TRADING") != 0) {
		snprintf(text, cap, "Symbol status %s", r->status);
		return 2;
	}
	if ((r->types & 1u << binance_type_of(w) & ~1u) == 0) {
		snprintf(text, cap, "OrdType not supported for %s", r->symbol);
		return 11;
	}
	fault = rare_fault(r, w);
	if (fault != NULL) {
		snprintf(text, cap, "%s", fault);
		return 11;
	}
	if (w->rare.cash_e8 != 0)
		return check_notional(r, w, text, cap);
	if (w->rare.max_floor_e8 != 0 && !in_range(&r->lot,
		w->rare.max_floor_e8, "MaxFloor", "LOT_SIZE", text, cap))
		return 13;
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
