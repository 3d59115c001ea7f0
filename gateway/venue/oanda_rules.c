/*
 * Kinds of orders, precisions and sizes: what breaks one is refused here with
 * its name and its value. What is not known here (margin, halts, how many
 * orders there are) the venue checks alone.
 */
#include "gateway/venue/oanda_rules.h"

#include <stdio.h>
#include <string.h>

#include "fix/decimal.h"
#include "gateway/venue/json.h"

/* 10^-8 units of the last digit. @return 0: it can't be said exactly */
static int64_t
step_of(int64_t digits)
{
	int64_t v = FIX_E8;

	if (digits < 0 || digits > 8)
		return 0;
	for (; digits > 0; digits--)
		v /= 10;
	return v;
}

int
oanda_rules_read(struct oanda_rules *r, const json_t *j)
{
	int64_t price = -1, units = -1;

	memset(r, 0, sizeof(*r));
	if (json_whole(j, "displayPrecision", &price) != 0 ||
	    json_whole(j, "tradeUnitsPrecision", &units) != 0 ||
	    json_e8(j, "minimumTradeSize", &r->min_units) != 0 ||
	    json_e8(j, "maximumOrderUnits", &r->max_units) != 0)
		return -FIX_E_FORMAT;
	r->price_step = step_of(price);
	r->units_step = step_of(units);
	if (r->price_step == 0 || r->units_step == 0 || r->min_units < 0 ||
	    r->max_units < 0)
		return -FIX_E_FORMAT;
	return 0;
}

static const char *
kind_fault(const struct oanda_wish *w, int64_t now_ns)
{
	if (w->side != '1' && w->side != '2')
		return "Side not supported on OANDA";
	if (w->type == '4')
		return "Stop-limit not supported: STOP with priceBound cancels "
		       "instead of resting";
	if (strchr("123J", w->type) == NULL)
		return "OrdType not supported on OANDA";
	if (w->type == '1' && strchr("034", w->tif) == NULL)
		return "TimeInForce of a market order must be FOK or IOC";
	if (strchr("01346", w->tif) == NULL)
		return "TimeInForce not supported; use Day, GTC, GTD, IOC or "
		       "FOK";
	if (w->type == 'J' && strchr("016", w->tif) == NULL)
		return "TimeInForce of market-if-touched must be Day, GTC or "
		       "GTD";
	if (w->tif == '6' && w->expire_ns <= now_ns)
		return "TIME_IN_FORCE_GTD_TIMESTAMP_IN_PAST: see ExpireTime";
	if (w->type == '2' && w->price <= 0)
		return "PRICE_MISSING";
	if ((w->type == '3' && w->stop <= 0) ||
	    (w->type == 'J' && w->stop <= 0 && w->price <= 0))
		return "PRICE_MISSING: see StopPx";
	return NULL;
}

static void
say(char *text, size_t cap, const char *what, int64_t is, int64_t bound)
{
	char a[FIX_DEC_MAX + 1], b[FIX_DEC_MAX + 1];

	a[fix_e8_format((uint8_t *)a, is)] = '\0';
	b[fix_e8_format((uint8_t *)b, bound)] = '\0';
	snprintf(text, cap, "%s: %s, of %s", what, a, b);
}

int
oanda_rules_check(const struct oanda_rules *r, const struct oanda_wish *w,
    int64_t units, int64_t now_ns, char *text, size_t cap)
{
	const char *fault = kind_fault(w, now_ns);
	int64_t prices[] = { w->price, w->stop };

	if (fault != NULL) {
		snprintf(text, cap, "%s", fault);
		return strncmp(fault, "TIME_IN_FORCE_GTD", 17) == 0 ||
			       strncmp(fault, "PRICE", 5) == 0 ? 99 : 11;
	}
	if (units <= 0 || units % r->units_step != 0)
		say(text, cap, "UNITS_PRECISION_EXCEEDED, tradeUnitsPrecision",
		    units, r->units_step);
	else if (units < r->min_units)
		say(text, cap, "UNITS_MIMIMUM_NOT_MET, minimumTradeSize", units,
		    r->min_units);
	else if (r->max_units > 0 && units > r->max_units)
		say(text, cap, "UNITS_LIMIT_EXCEEDED, maximumOrderUnits", units,
		    r->max_units);
	else
		text[0] = '\0';
	if (text[0] != '\0')
		return 13;
	for (int i = 0; i < 2; i++) {
		if (prices[i] % r->price_step == 0)
			continue;
		say(text, cap, "PRICE_PRECISION_EXCEEDED, displayPrecision",
		    prices[i], r->price_step);
		return 99;
	}
	return 0;
}
