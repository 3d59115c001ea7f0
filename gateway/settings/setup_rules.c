/*
 * Controls of [RISK ...] that are off unless they are set: types, collars of
 * other shapes, volume, duplicates, repeated execution, short sales, self-trade
 * and restrictions. What stands in a section where it means nothing is told.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "gateway/settings/setup.h"
#include "gateway/trader/limit_keys.h"
#include "risk/alert.h"

#define SCOPES(k) (1u << (k))
#define ACCOUNT SCOPES(RISK_SCOPE_ACCOUNT)
#define SESSION SCOPES(RISK_SCOPE_SESSION)
#define GROUP SCOPES(RISK_SCOPE_GROUP)
#define FIRM SCOPES(RISK_SCOPE_FIRM)
#define CLASS SCOPES(RISK_SCOPE_CLASS)
#define NOT_SESSION (ACCOUNT | GROUP | FIRM | SYMBOL | CLASS)
#define NOT_SESSION_TEXT "firm], group, account, symbol or class, not [RISK session"
#define SYMBOL SCOPES(RISK_SCOPE_SYMBOL)
#define MARKET (SYMBOL | CLASS)
#define MARKET_TEXT "symbol] or [RISK class"

static const struct {
	const char *key, *where;
	unsigned scopes; /* 0: all */
	bool is_rule; /* of the scope, not a detail of the thing itself */
} keys[] = {
	{ "OrdTypes", NULL, 0, true },
	{ "TimesInForce", NULL, 0, true },
	{ "FarPercent", NULL, 0, true },
	{ "CollarTicks", NULL, 0, true },
	{ "MaxVolumePercent", NULL, 0, true },
	{ "VolumeMissing", NULL, 0, true },
	{ "DuplicateMax", NULL, 0, true },
	{ "DuplicateWindow", NULL, 0, true },
	{ "MaxExecutedOrders", "account] or [RISK session",
	    ACCOUNT | SESSION, true },
	{ "ShortSales", NULL, 0, true },
	{ "SelfTrade", "account], [RISK group] or [RISK firm",
	    ACCOUNT | GROUP | FIRM, true },
	{ "PositionMode", NOT_SESSION_TEXT, NOT_SESSION, true },
	{ "MaxNet", NOT_SESSION_TEXT, NOT_SESSION, true },
	{ "MaxGross", NOT_SESSION_TEXT, NOT_SESSION, true },
	{ "MaxTurnover", NOT_SESSION_TEXT, NOT_SESSION, true },
	{ "MaxBought", NOT_SESSION_TEXT, NOT_SESSION, true },
	{ "MaxSold", NOT_SESSION_TEXT, NOT_SESSION, true },
	{ "MaxTradedQty", NOT_SESSION_TEXT, NOT_SESSION, true },
	{ "MaxOrderToTrade", NOT_SESSION_TEXT, NOT_SESSION, true },
	{ "MaxVolumeToTrade", NOT_SESSION_TEXT, NOT_SESSION, true },
	{ "OrderToTradeMin", NOT_SESSION_TEXT, NOT_SESSION, true },
	{ "MaxCancelPercent", "session", SESSION, true },
	{ "CancelMin", "session", SESSION, true },
	{ "CancelWindow", "session", SESSION, true },
	{ "Traders", NULL, 0, true },
	{ "SoftLimits", NULL, 0, true },
	{ "Cash", "account", ACCOUNT, true },
	{ "Credit", "account", ACCOUNT, true },
	{ "FeePercent", "account", ACCOUNT, true },
	{ "MaxLoss", "account], [RISK group] or [RISK firm",
	    ACCOUNT | GROUP | FIRM, true },
	{ "MaxDrawdown", "account], [RISK group] or [RISK firm",
	    ACCOUNT | GROUP | FIRM, true },
	{ "ReducingLoss", "account], [RISK group] or [RISK firm",
	    ACCOUNT | GROUP | FIRM, true },
	{ "Alerts", "firm", FIRM, false },
	{ "LimitMaxAge", "firm", FIRM, false },
	{ "LimitIdleDays", "firm", FIRM, false },
	{ "NoTrade", "account", ACCOUNT, false },
	{ "SellOnly", "account", ACCOUNT, false },
	{ "Locates", "account", ACCOUNT, false },
	{ "ShortExempt", "account", ACCOUNT, false },
	{ "TickBands", "symbol", SYMBOL, false },
	{ "AverageDailyVolume", "symbol", SYMBOL, false },
	{ "RangeWindow", "symbol", SYMBOL, false },
	{ "RangeTicks", "symbol", SYMBOL, false },
	{ "Active", "symbol", SYMBOL, false },
	{ "Expires", "symbol", SYMBOL, false },
	{ "Restriction", "symbol", SYMBOL, false },
	{ "Shortable", "symbol", SYMBOL, false },
	{ "StartTime", MARKET_TEXT, MARKET, false },
	{ "EndTime", MARKET_TEXT, MARKET, false },
	{ "StartDay", MARKET_TEXT, MARKET, false },
	{ "EndDay", MARKET_TEXT, MARKET, false },
	{ "Weekdays", MARKET_TEXT, MARKET, false },
	{ "TimeZone", MARKET_TEXT, MARKET, false },
	{ "Calendar", MARKET_TEXT, MARKET, false },
	{ "ClosedTimesInForce", MARKET_TEXT, MARKET, false },
};

#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

void
setup_rules_check(const struct conf_section *sec, enum risk_scope kind)
{
	for (size_t i = 0; i < N_KEYS; i++)
		if (keys[i].scopes != 0 &&
		    (keys[i].scopes & SCOPES(kind)) == 0 &&
		    conf_has(sec, keys[i].key, NULL))
			conf_fault(sec, keys[i].key, "%s belongs in [RISK %s]",
			    keys[i].key, keys[i].where);
}

/* Words out of a list, as bits; 0 when the key is not there. */
static uint32_t
mask(const struct conf_section *sec, const char *key,
    const char *const names[], const char values[], const char *expected)
{
	char text[256], *save = NULL, *p;
	uint32_t bits = 0;
	unsigned i;

	if (!conf_has(sec, key, NULL))
		return 0;
	snprintf(text, sizeof(text), "%s", conf_str(sec, key, ""));
	for (p = strtok_r(text, ", \t", &save); p != NULL;
	     p = strtok_r(NULL, ", \t", &save)) {
		for (i = 0; names[i] != NULL; i++)
			if (strcasecmp(names[i], p) == 0)
				break;
		if (names[i] == NULL) {
			conf_fault(sec, key, "%s: %s is none of %s", key, p,
			    expected);
			return 0;
		}
		bits |= 1u << (values[i] - '0');
	}
	if (bits == 0)
		conf_fault(sec, key, "%s needs at least one of %s", key,
		    expected);
	return bits;
}

uint32_t
setup_tifs(const struct conf_section *sec, const char *key)
{
	static const char *const tifs[] = { "day", "gtc", "opening", "ioc",
		"fok", "gtd", NULL };

	return mask(sec, key, tifs, "012346",
	    "day, gtc, opening, ioc, fok, gtd");
}

static int64_t
count(const struct conf_section *sec, const char *key)
{
	int64_t v = conf_e8(sec, key, RISK_UNLIMITED);

	if (v == RISK_UNLIMITED)
		return v;
	if (v < 0 || v % FIX_E8 != 0)
		conf_fault(sec, key, "%s must be a whole number", key);
	return v / FIX_E8;
}

static int64_t
percent(const struct conf_section *sec, const char *key)
{
	int64_t v = conf_e8(sec, key, RISK_UNLIMITED);

	if (v == RISK_UNLIMITED)
		return v;
	if (v < 0 || v % (FIX_E8 / 100) != 0 || v / FIX_E8 > 1000000)
		conf_fault(sec, key,
		    "%s must be a percentage of at most 2 places", key);
	return v / (FIX_E8 / 100);
}

static int64_t
amount(const struct conf_section *sec, const char *key)
{
	int64_t v = conf_e8(sec, key, RISK_UNLIMITED);

	if (v < 0)
		conf_fault(sec, key, "%s must not be negative", key);
	return v;
}

static void
read_values(const struct conf_section *sec, struct risk_rules *r)
{
	r->conservative =
	    conf_word(sec, "PositionMode", "net|conservative", 0) == 1;
	r->max_net_e8 = amount(sec, "MaxNet");
	r->max_gross_e8 = amount(sec, "MaxGross");
	r->max_turnover_e8 = amount(sec, "MaxTurnover");
	r->max_bought_e8 = amount(sec, "MaxBought");
	r->max_sold_e8 = amount(sec, "MaxSold");
	r->max_traded_qty_e8 = amount(sec, "MaxTradedQty");
	r->max_otr_e8 = amount(sec, "MaxOrderToTrade");
	r->max_otr_volume_e8 = amount(sec, "MaxVolumeToTrade");
	r->otr_min = conf_int(sec, "OrderToTradeMin", 0, 1000000000, 0);
	r->max_cancel_bp = percent(sec, "MaxCancelPercent");
	r->cancel_min = conf_int(sec, "CancelMin", 1, 1000000000, 100);
	r->cancel_window_ns =
	    conf_int(sec, "CancelWindow", 1, 86400, 60) * FIX_SEC;
	r->max_loss_e8 = amount(sec, "MaxLoss");
	r->max_drawdown_e8 = amount(sec, "MaxDrawdown");
	r->reducing_loss_e8 = amount(sec, "ReducingLoss");
	r->has_credit =
	    conf_has(sec, "Cash", NULL) || conf_has(sec, "Credit", NULL);
	r->cash_e8 = conf_e8(sec, "Cash", 0);
	r->credit_e8 = conf_e8(sec, "Credit", 0);
	if (conf_has(sec, "FeePercent", NULL))
		r->fee_bp = percent(sec, "FeePercent");
	if (r->cash_e8 == INT64_MAX || r->credit_e8 == INT64_MAX ||
	    r->fee_bp == INT64_MAX)
		conf_fault(sec, NULL,
		    "Cash, Credit and FeePercent can't be unlimited: leave "
		    "Cash and Credit out where nothing is to be checked");
}

static void
read_rules(const struct conf_section *sec, struct risk_rules *r)
{
	static const char *const types[] = LIMIT_KINDS;
	static const char *const softs[] = { "quantity", "notional", "collar",
		"volume", "duplicate", NULL };

	*r = (struct risk_rules)RISK_RULES_INIT;
	read_values(sec, r);
	r->ord_types = mask(
	    sec, "OrdTypes", types, LIMIT_KIND_BITS, LIMIT_KIND_NAMES);
	r->times_in_force = setup_tifs(sec, "TimesInForce");
	r->far_bp = percent(sec, "FarPercent");
	r->collar_ticks = count(sec, "CollarTicks");
	r->max_adv_bp = percent(sec, "MaxVolumePercent");
	r->adv_optional = conf_word(sec, "VolumeMissing", "refuse|pass", 0) == 1;
	r->dup_max = count(sec, "DuplicateMax");
	r->dup_window_ns =
	    conf_int(sec, "DuplicateWindow", 1, 60000, 1000) * 1000000L;
	r->max_executed = count(sec, "MaxExecutedOrders");
	r->short_sale = (enum risk_marking)conf_word(
	    sec, "ShortSales", "any|checked|strict", 0);
	r->soft = mask(sec, "SoftLimits", softs, "01234",
	    "quantity, notional, collar, volume, duplicate");
	r->traders = (enum risk_traders)conf_word(
	    sec, "Traders", "any|known|required", 0);
	r->self_trade = conf_word(sec, "SelfTrade", "allow|refuse", 0) == 1;
}

/* "SYMBOL" or "SYMBOL NUMBER", with commas between. */
static int
each_symbol(const struct conf_section *sec, const char *key, const char *id,
    struct risk *r, int (*fn)(struct risk *r, const char *account,
	const char *symbol, const char *rest))
{
	char text[4096], *save = NULL, *p, *rest;
	int rc = 0;

	if (!conf_has(sec, key, NULL))
		return 0;
	if (strlen(conf_str(sec, key, "")) >= sizeof(text))
		conf_fault(sec, key, "%s is too long", key);
	snprintf(text, sizeof(text), "%s", conf_str(sec, key, ""));
	for (p = strtok_r(text, ",", &save); p != NULL && rc == 0;
	     p = strtok_r(NULL, ",", &save)) {
		p += strspn(p, " \t");
		rest = p + strcspn(p, " \t");
		if (*rest != '\0')
			*rest++ = '\0';
		rest += strspn(rest, " \t");
		rc = fn(r, id, p, rest);
		if (rc == -FIX_E_FORMAT || rc == -FIX_E_TOOBIG) {
			conf_fault(sec, key, "%s: '%s %s' is not understood",
			    key, p, rest);
			rc = 0;
		}
	}
	return rc;
}

static bool
number(const char *text, int64_t *out)
{
	struct fix_dec d;

	return fix_dec_parse(fix_span_of(text), &d) == 0 &&
	       fix_dec_to_e8(d, out) == 0;
}

static int
no_trade(struct risk *r, const char *account, const char *symbol,
    const char *rest)
{
	return *rest != '\0' || *symbol == '\0' ?
	    -FIX_E_FORMAT : risk_restrict(r, account, symbol, RISK_NO_TRADE);
}

static int
sell_only(struct risk *r, const char *account, const char *symbol,
    const char *rest)
{
	return *rest != '\0' || *symbol == '\0' ?
	    -FIX_E_FORMAT : risk_restrict(r, account, symbol, RISK_SELL_ONLY);
}

static int
locate(struct risk *r, const char *account, const char *symbol,
    const char *rest)
{
	int64_t qty;

	if (*symbol == '\0' || !number(rest, &qty))
		return -FIX_E_FORMAT;
	return risk_set_locate(r, account, symbol, qty);
}

static int
describe_account(
    const struct conf_section *sec, const char *id, struct risk *r)
{
	int rc = each_symbol(sec, "SellOnly", id, r, sell_only);

	if (rc == 0)
		rc = each_symbol(sec, "NoTrade", id, r, no_trade);
	if (rc == 0)
		rc = each_symbol(sec, "Locates", id, r, locate);
	if (rc == 0 && conf_bool(sec, "ShortExempt", false))
		rc = risk_allow_exempt(r, id);
	return rc;
}

static void
read_bands(const struct conf_section *sec, struct risk_detail *d)
{
	char text[1024], *save = NULL, *p, *tick;

	snprintf(text, sizeof(text), "%s", conf_str(sec, "TickBands", ""));
	for (p = strtok_r(text, ",", &save); p != NULL;
	     p = strtok_r(NULL, ",", &save)) {
		p += strspn(p, " \t");
		tick = p + strcspn(p, " \t");
		if (*tick != '\0')
			*tick++ = '\0';
		tick += strspn(tick, " \t");
		if (d->n_bands == RISK_BANDS_MAX ||
		    !number(p, &d->band[d->n_bands].from_e8) ||
		    !number(tick, &d->band[d->n_bands].tick_e8)) {
			conf_fault(sec, "TickBands",
			    "TickBands must be at most %d pairs FROM-PRICE "
			    "TICK with commas between them",
			    RISK_BANDS_MAX);
			return;
		}
		d->n_bands++;
	}
}

/* A moment as FIX writes it. */
static struct fix_utc
expiry(const struct conf_section *sec)
{
	struct fix_stamp at = { .utc = { 0 } };
	const char *text = conf_str(sec, "Expires", NULL);

	if (text != NULL && (fix_stamp_parse(fix_span_of(text), &at) != 0 ||
				at.utc.ns <= 0))
		conf_fault(sec, "Expires", "Expires must be a time in UTC, as "
		    "20261218-21:00:00");
	return at.utc;
}

static int
describe_symbol(const struct conf_section *sec, const char *id, struct risk *r)
{
	struct risk_detail d = { 0 };
	bool ticks = conf_has(sec, "RangeTicks", NULL);
	int rc;

	read_bands(sec, &d);
	d.adv_e8 = conf_e8(sec, "AverageDailyVolume", 0);
	d.range_window_ns =
	    conf_int(sec, "RangeWindow", 0, 86400, 0) * FIX_SEC;
	d.range_ticks = ticks ? count(sec, "RangeTicks") : 0;
	if (ticks != (d.range_window_ns > 0))
		conf_fault(sec, ticks ? "RangeTicks" : "RangeWindow",
		    "RangeWindow and RangeTicks go together");
	d.inactive = !conf_bool(sec, "Active", true);
	d.expires = expiry(sec);
	d.restriction = (enum risk_restriction)conf_word(
	    sec, "Restriction", "none|sell-only|no-trade", 0);
	d.shortable = (enum risk_shortable)conf_word(
	    sec, "Shortable", "never|easy|located", 0);
	rc = risk_describe(r, id, &d);
	if (rc != -FIX_E_FORMAT)
		return rc;
	conf_fault(sec, "TickBands",
	    "TickBands must rise, with ticks above 0, and "
	    "AverageDailyVolume must not be negative");
	return 0;
}

int
setup_rules(const struct conf_section *sec, enum risk_scope kind,
    const char *id, struct risk *r)
{
	struct risk_rules rules;
	bool any = false;
	int rc = 0;

	if (r != NULL && kind == RISK_SCOPE_FIRM &&
	    conf_bool(sec, "Alerts", false))
		risk_watch(r);

	for (size_t i = 0; i < N_KEYS; i++)
		any = any || (keys[i].is_rule && conf_has(sec, keys[i].key, NULL));
	if (any) {
		read_rules(sec, &rules);
		if (r != NULL)
			rc = risk_set_rules(r, kind, id, &rules);
	}
	if (rc == 0 && r != NULL && kind == RISK_SCOPE_ACCOUNT)
		rc = describe_account(sec, id, r);
	if (rc == 0 && r != NULL && kind == RISK_SCOPE_SYMBOL)
		rc = describe_symbol(sec, id, r);
	return rc;
}
