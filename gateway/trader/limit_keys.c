/*
 * The table of limits; see limit_keys.h. A row says where a value stands in a
 * set, how it is written, and which way it is looser.
 */
#include "gateway/trader/limit_keys.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum form {
	F_E8,
	F_CASH,
	F_WHOLE,
	F_PERCENT,
	F_MS,
	F_SECONDS,
	F_WORDS,
	F_MASK
};
enum loose { MORE, LESS, ANY };
enum part { LIMITS, RULES };

#define S(k) (1u << RISK_SCOPE_##k)
#define ALL_SIX                                                                \
	(S(SYMBOL) | S(CLASS) | S(ACCOUNT) | S(GROUP) | S(FIRM) | S(SESSION))
#define USED (ALL_SIX & ~S(SESSION))
#define HOUSE (S(ACCOUNT) | S(GROUP) | S(FIRM))

static const char *const missing[] = { "refuse", "pass", NULL };
static const char *const marking[] = { "any", "checked", "strict", NULL };
static const char *const who[] = { "any", "known", "required", NULL };
static const char *const mode[] = { "net", "conservative", NULL };
static const char *const types[] = LIMIT_KINDS;
static const char *const tifs[] = { "day", "gtc", "opening", "ioc", "fok",
	"gtd", NULL };

static const struct key {
	const char *name;
	enum part part;
	uint16_t at, size; /* in its part */
	enum form form;
	enum loose loose;
	uint32_t scopes;
	const char *const *words;
	const char *values; /* F_MASK: a word's bit, as a digit */
} keys[] = {
#define L(n, f, form)                                                          \
	{                                                                      \
		n, LIMITS, offsetof(struct risk_limits, f), 8, form, MORE,     \
		    ALL_SIX, NULL, NULL                                        \
	}
#define R(n, f, form, loose, scopes)                                           \
	{                                                                      \
		n, RULES, offsetof(struct risk_rules, f),                      \
		    sizeof(((struct risk_rules *)0)->f), form, loose, scopes,  \
		    NULL, NULL                                                 \
	}
#define W(n, f, form, loose, scopes, words, values)                            \
	{                                                                      \
		n, RULES, offsetof(struct risk_rules, f),                      \
		    sizeof(((struct risk_rules *)0)->f), form, loose, scopes,  \
		    words, values                                              \
	}
	L("MaxOrderQty", max_order_qty_e8, F_E8),
	L("MaxOrderNotional", max_order_notional_e8, F_E8),
	L("MaxLong", max_long_e8, F_E8),
	L("MaxShort", max_short_e8, F_E8),
	L("MaxOpenOrders", max_open_orders, F_WHOLE),
	L("MaxOpenNotional", max_open_notional_e8, F_E8),
	L("CollarPercent", collar_bp, F_PERCENT),
	L("OrdersPerSecond", orders_per_s, F_WHOLE),
	L("OrderBurst", order_burst, F_WHOLE),
	L("CancelsPerSecond", cancels_per_s, F_WHOLE),
	W("OrdTypes", ord_types, F_MASK, MORE, ALL_SIX, types,
	    LIMIT_KIND_BITS),
	W("TimesInForce", times_in_force, F_MASK, MORE, ALL_SIX, tifs,
	    "012346"),
	R("FarPercent", far_bp, F_PERCENT, MORE, ALL_SIX),
	R("CollarTicks", collar_ticks, F_WHOLE, MORE, ALL_SIX),
	R("MaxVolumePercent", max_adv_bp, F_PERCENT, MORE, ALL_SIX),
	W("VolumeMissing", adv_optional, F_WORDS, MORE, ALL_SIX, missing, NULL),
	R("DuplicateMax", dup_max, F_WHOLE, MORE, ALL_SIX),
	R("DuplicateWindow", dup_window_ns, F_MS, LESS, ALL_SIX),
	R("MaxExecutedOrders", max_executed, F_WHOLE, MORE,
	    S(ACCOUNT) | S(SESSION)),
	W("ShortSales", short_sale, F_WORDS, LESS, ALL_SIX, marking, NULL),
	W("Traders", traders, F_WORDS, LESS, ALL_SIX, who, NULL),
	W("PositionMode", conservative, F_WORDS, LESS, USED, mode, NULL),
	R("MaxNet", max_net_e8, F_E8, MORE, USED),
	R("MaxGross", max_gross_e8, F_E8, MORE, USED),
	R("MaxTurnover", max_turnover_e8, F_E8, MORE, USED),
	R("MaxBought", max_bought_e8, F_E8, MORE, USED),
	R("MaxSold", max_sold_e8, F_E8, MORE, USED),
	R("MaxTradedQty", max_traded_qty_e8, F_E8, MORE, USED),
	R("MaxOrderToTrade", max_otr_e8, F_E8, MORE, USED),
	R("MaxVolumeToTrade", max_otr_volume_e8, F_E8, MORE, USED),
	R("OrderToTradeMin", otr_min, F_WHOLE, MORE, USED),
	R("MaxCancelPercent", max_cancel_bp, F_PERCENT, MORE, S(SESSION)),
	R("CancelMin", cancel_min, F_WHOLE, MORE, S(SESSION)),
	R("CancelWindow", cancel_window_ns, F_SECONDS, ANY, S(SESSION)),
	R("Cash", cash_e8, F_CASH, MORE, S(ACCOUNT)),
	R("Credit", credit_e8, F_E8, MORE, S(ACCOUNT)),
	R("FeePercent", fee_bp, F_PERCENT, LESS, S(ACCOUNT)),
	R("MaxLoss", max_loss_e8, F_E8, MORE, HOUSE),
	R("MaxDrawdown", max_drawdown_e8, F_E8, MORE, HOUSE),
	R("ReducingLoss", reducing_loss_e8, F_E8, MORE, HOUSE),
#undef L
#undef R
#undef W
};

#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

struct limit_set
limit_set_none(void)
{
	struct limit_set s = { .rules = RISK_RULES_INIT };

	for (size_t i = 0; i < N_KEYS && keys[i].part == LIMITS; i++)
		memcpy((char *)&s.limits + keys[i].at,
		    &(int64_t){ RISK_UNLIMITED }, sizeof(int64_t));
	/* As the settings have them when they are left out */
	s.rules.dup_window_ns = FIX_SEC;
	s.rules.cancel_min = 100;
	s.rules.cancel_window_ns = 60 * FIX_SEC;
	return s;
}

struct limit_set
limit_set_of(const struct risk *r, enum risk_scope kind, const char *id)
{
	struct limit_set s = limit_set_none();

	s.limited = risk_get_limits(r, kind, id, &s.limits);
	s.ruled = risk_get_rules(r, kind, id, &s.rules);
	return s;
}

int
limit_set_use(const struct limit_set *s, struct risk *r, enum risk_scope kind,
    const char *id)
{
	struct risk_rules rules = s->rules, now = RISK_RULES_INIT;
	int rc = 0;

	/* What only settings can say stays */
	(void)risk_get_rules(r, kind, id, &now);
	rules.self_trade = now.self_trade;
	rules.soft = now.soft;
	if (s->limited)
		rc = risk_set_limits(r, kind, id, &s->limits);
	else
		risk_unset_limits(r, RISK_OWNER_FIRM, kind, id);
	if (rc == 0 && s->ruled)
		rc = risk_set_rules(r, kind, id, &rules);
	else if (rc == 0)
		risk_unset_rules(r, kind, id);
	return rc;
}

struct limit_set
limit_set_owned(const struct risk *r, enum risk_owner owner,
    enum risk_scope kind, const char *id)
{
	struct limit_set s = limit_set_none();

	if (owner == RISK_OWNER_FIRM)
		return limit_set_of(r, kind, id);
	s.limited = risk_get_owned(r, owner, kind, id, &s.limits);
	return s;
}

int
limit_set_use_owned(const struct limit_set *s, struct risk *r,
    enum risk_owner owner, enum risk_scope kind, const char *id)
{
	if (owner == RISK_OWNER_FIRM)
		return limit_set_use(s, r, kind, id);
	if (s->limited)
		return risk_set_owned(r, owner, kind, id, &s->limits);
	risk_unset_limits(r, owner, kind, id);
	return 0;
}

unsigned
limit_keys(void)
{
	return N_KEYS;
}

const char *
limit_key_name(unsigned key)
{
	return keys[key].name;
}

unsigned
limit_key_named(const char *name)
{
	unsigned i = 0;

	while (i < N_KEYS && strcasecmp(keys[i].name, name) != 0)
		i++;
	return i;
}

bool
limit_key_fits(unsigned key, enum risk_scope kind)
{
	return (keys[key].scopes >> kind & 1) != 0;
}

bool
limit_key_owned(unsigned key)
{
	return keys[key].part == LIMITS;
}

bool
limit_key_is_set(const struct limit_set *s, unsigned key)
{
	return keys[key].part == LIMITS ? s->limited : s->ruled;
}

static void *
place(struct limit_set *s, const struct key *k)
{
	return (k->part == LIMITS ? (char *)&s->limits : (char *)&s->rules) +
	       k->at;
}

/* Whatever it is made of, as a number: the raw one. */
static int64_t
raw(const struct limit_set *s, const struct key *k)
{
	const char *p = (k->part == LIMITS ? (const char *)&s->limits
					   : (const char *)&s->rules) +
			k->at;
	int64_t v = 0;
	uint32_t w = 0;

	if (k->form == F_CASH && !s->rules.has_credit)
		return RISK_UNLIMITED;
	if (k->size == sizeof(v))
		memcpy(&v, p, sizeof(v));
	else if (k->size == sizeof(w))
		memcpy(&w, p, sizeof(w));
	else
		w = *(const uint8_t *)p;
	return k->size == sizeof(v) ? v : (int64_t)w;
}

static void
set_raw(struct limit_set *s, const struct key *k, int64_t v)
{
	uint32_t w = (uint32_t)v;
	void *p = place(s, k);

	if (k->form == F_CASH) {
		s->rules.has_credit = v != RISK_UNLIMITED;
		v = s->rules.has_credit ? v : 0;
	}
	if (k->size == sizeof(v))
		memcpy(p, &v, sizeof(v));
	else if (k->size == sizeof(w))
		memcpy(p, &w, sizeof(w));
	else
		*(bool *)p = v != 0;
	s->limited = s->limited || k->part == LIMITS;
	s->ruled = s->ruled || k->part == RULES;
}

static void
mask_text(const struct key *k, int64_t v, char out[LIMIT_TEXT_MAX])
{
	size_t n = 0;

	out[0] = '\0';
	for (unsigned i = 0; k->words[i] != NULL; i++)
		if ((v >> (k->values[i] - '0') & 1) != 0)
			n += (size_t)snprintf(out + n, LIMIT_TEXT_MAX - n,
			    "%s%s", n > 0 ? "," : "", k->words[i]);
	if (v == 0)
		snprintf(out, LIMIT_TEXT_MAX, "all");
}

void
limit_key_text(
    const struct limit_set *s, unsigned key, char out[LIMIT_TEXT_MAX])
{
	const struct key *k = &keys[key];
	int64_t v = raw(s, k);
	struct fix_dec d = { v, 0 };

	if (k->form == F_MASK) {
		mask_text(k, v, out);
		return;
	}
	if (k->form == F_WORDS || v == RISK_UNLIMITED) {
		snprintf(out, LIMIT_TEXT_MAX, "%s",
		    k->form == F_WORDS ? k->words[v] : "unlimited");
		return;
	}
	if (k->form == F_E8 || k->form == F_CASH)
		d = fix_dec_of_e8(v);
	else if (k->form == F_PERCENT)
		d.exp = -2;
	else if (k->form == F_MS)
		d.mant = v / FIX_MSEC;
	else if (k->form == F_SECONDS)
		d.mant = v / FIX_SEC;
	while (d.exp < 0 && d.mant % 10 == 0) {
		d.mant /= 10;
		d.exp++;
	}
	out[fix_dec_format((uint8_t *)out, d)] = '\0';
}

static bool
read_mask(const struct key *k, const char *text, int64_t *out)
{
	*out = 0;
	if (strcasecmp(text, "all") == 0)
		return true;
	while (*text != '\0') {
		size_t len = strcspn(text, ",");
		unsigned i = 0;

		while (k->words[i] != NULL &&
		       (strlen(k->words[i]) != len ||
			   strncasecmp(k->words[i], text, len) != 0))
			i++;
		if (k->words[i] == NULL)
			return false;
		*out |= INT64_C(1) << (k->values[i] - '0');
		text += len;
		text += *text == ',';
	}
	return *out != 0;
}

static bool
read_word(const struct key *k, const char *text, int64_t *out)
{
	unsigned i = 0;

	while (k->words[i] != NULL && strcasecmp(k->words[i], text) != 0)
		i++;
	*out = (int64_t)i;
	return k->words[i] != NULL;
}

/* Numbers but "unlimited". unit: of the raw number, in 10^-8 */
static bool
read_number(const struct key *k, const char *text, int64_t *out)
{
	int64_t unit = k->form == F_E8 || k->form == F_CASH ? 1
		       : k->form == F_PERCENT               ? FIX_E8 / 100
							    : FIX_E8;
	int64_t v, most = k->form == F_MS ? RISK_DUP_WINDOW_MAX_NS / FIX_MSEC
			  : k->form == F_SECONDS ? 86400
						 : INT64_MAX - 1;
	struct fix_dec d;

	if (fix_dec_parse(fix_span_of(text), &d) != 0 ||
	    fix_dec_to_e8(d, &v) != 0 || (v < 0 && k->form != F_CASH) ||
	    v % unit != 0 || v == RISK_UNLIMITED)
		return false;
	v /= unit;
	if (v > most || (v == 0 && most < INT64_MAX - 1))
		return false;
	*out = v * (k->form == F_MS           ? FIX_MSEC
		       : k->form == F_SECONDS ? FIX_SEC
					      : 1);
	return true;
}

static bool
may_be_unlimited(const struct key *k)
{
	return k->form == F_CASH ||
	       ((k->form == F_E8 || k->form == F_WHOLE ||
		    k->form == F_PERCENT) &&
		   strcmp(k->name, "Credit") != 0 &&
		   strcmp(k->name, "FeePercent") != 0 &&
		   strcmp(k->name, "OrderToTradeMin") != 0 &&
		   strcmp(k->name, "CancelMin") != 0);
}

static const char *
expected(const struct key *k)
{
	switch (k->form) {
	case F_E8:
		return "a decimal of at most 8 places that is not negative, or "
		       "unlimited";
	case F_CASH:
		return "a decimal of at most 8 places, or unlimited";
	case F_WHOLE:
		return "a whole number that is not negative, or unlimited";
	case F_PERCENT:
		return "a percentage of at most 2 places that is not negative, "
		       "or unlimited";
	case F_MS:
		return "milliseconds, 1 to 60000";
	case F_SECONDS:
		return "seconds, 1 to 86400";
	case F_WORDS:
	case F_MASK:
		break;
	}
	return k->words == types     ? "all, or of " LIMIT_KIND_NAMES
	       : k->words == tifs    ? "all, or of day,gtc,opening,ioc,fok,gtd"
	       : k->words == marking ? "any, checked or strict"
	       : k->words == who     ? "any, known or required"
	       : k->words == mode    ? "net or conservative"
				     : "refuse or pass";
}

const char *
limit_key_set(struct limit_set *s, unsigned key, const char *text)
{
	const struct key *k = &keys[key];
	int64_t v = RISK_UNLIMITED;
	bool ok;

	if (k->form == F_MASK)
		ok = read_mask(k, text, &v);
	else if (k->form == F_WORDS)
		ok = read_word(k, text, &v);
	else if (strcmp(text, "unlimited") == 0)
		ok = may_be_unlimited(k);
	else
		ok = read_number(k, text, &v);
	if (!ok)
		return expected(k);
	set_raw(s, k, v);
	return NULL;
}

bool
limit_key_differs(
    unsigned key, const struct limit_set *a, const struct limit_set *b)
{
	return raw(a, &keys[key]) != raw(b, &keys[key]);
}

bool
limit_key_looser(
    unsigned key, const struct limit_set *is, const struct limit_set *was)
{
	const struct key *k = &keys[key];
	int64_t a = raw(is, k), b = raw(was, k);

	if (k->form == F_MASK)
		return b != 0 && (a == 0 || (a & ~b) != 0);
	/* Nothing was checked before there was cash to check */
	if (strcmp(k->name, "Credit") == 0 && !was->rules.has_credit)
		return false;
	return k->loose == MORE ? a > b : k->loose == LESS ? a < b : a != b;
}

size_t
limit_set_text(const struct limit_set *s, char out[LIMIT_SET_TEXT])
{
	char value[LIMIT_TEXT_MAX];
	size_t n = 0;

	out[0] = '\0';
	for (unsigned i = 0; i < N_KEYS; i++) {
		if (!limit_key_is_set(s, i))
			continue;
		limit_key_text(s, i, value);
		n += (size_t)snprintf(out + n, LIMIT_SET_TEXT - n, "%s=%s\n",
		    keys[i].name, value);
	}
	return n;
}

bool
limit_set_read(struct limit_set *s, const char *text)
{
	char line[2 * LIMIT_TEXT_MAX], *value;
	size_t len;
	unsigned key;

	*s = limit_set_none();
	for (; *text != '\0'; text += len + 1) {
		len = strcspn(text, "\n");
		if (text[len] == '\0' || len >= sizeof(line))
			return false;
		memcpy(line, text, len);
		line[len] = '\0';
		value = strchr(line, '=');
		if (value == NULL)
			return false;
		*value++ = '\0';
		key = limit_key_named(line);
		if (key == N_KEYS || limit_key_set(s, key, value) != NULL)
			return false;
	}
	return true;
}
