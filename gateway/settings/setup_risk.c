/*
 * Limits from the settings file.
 *
 * Fail closed: [RISK firm], [RISK group] and [RISK account] must state every
 * limit, "unlimited" where that is meant, because what nobody stated must not
 * pass and what silently blocks gets repaired in a hurry. [RISK symbol],
 * [RISK class] and [RISK session] only narrow the others, so what they leave
 * out is unlimited there. So do [RISK exchange SCOPE], [RISK clearing SCOPE] and
 * [RISK client SCOPE], the limits of others than the firm. A section without any
 * limit sets none; an account without any limit in its chain is blocked by risk
 * itself.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway/settings/conf_keys.h"
#include "gateway/settings/setup.h"
#include "gateway/venue/sim.h"

static const char *const limit_keys[] = { "MaxOrderQty", "MaxOrderNotional",
	"MaxLong", "MaxShort", "MaxOpenOrders", "MaxOpenNotional",
	"CollarPercent", "OrdersPerSecond" };

#define N_LIMIT_KEYS (sizeof(limit_keys) / sizeof(limit_keys[0]))

struct scope {
	enum risk_scope kind;
	const char *name; /* "firm", "account", ... */
	bool all;         /* every limit must be stated */
	bool has_id;
};

static const struct scope scopes[] = {
	{ RISK_SCOPE_FIRM, "firm", true, false },
	{ RISK_SCOPE_GROUP, "group", true, true },
	{ RISK_SCOPE_ACCOUNT, "account", true, true },
	{ RISK_SCOPE_SYMBOL, "symbol", false, true },
	{ RISK_SCOPE_CLASS, "class", false, true },
	{ RISK_SCOPE_SESSION, "session", false, true },
	{ RISK_SCOPE_TRADER, "trader", false, true },
};

/* Whose limits, by the first word; the firm's without one. */
static enum risk_owner
owner_of(const struct conf_section *sec, const char **rest)
{
	const char *name = conf_name(sec);

	for (int i = RISK_OWNER_FIRM + 1; i < RISK_N_OWNER; i++) {
		const char *word = risk_owner_name((enum risk_owner)i);
		size_t len = strlen(word);

		if (strncasecmp(name, word, len) == 0 && name[len] == ' ') {
			*rest = name + len + 1;
			return (enum risk_owner)i;
		}
	}
	*rest = name;
	return RISK_OWNER_FIRM;
}

/* Scope and id of "account DEMO"; NULL, and told, if it is none. */
static const struct scope *
scope_of(const struct conf_section *sec, const char **id)
{
	const char *name;
	enum risk_owner owner = owner_of(sec, &name);
	size_t len = strcspn(name, " ");

	*id = name[len] == '\0' ? "" : name + len + 1;
	for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
		if (strlen(scopes[i].name) != len ||
		    strncasecmp(scopes[i].name, name, len) != 0)
			continue;
		if (scopes[i].has_id != (**id != '\0')) {
			conf_fault(sec, NULL,
			    scopes[i].has_id
				? "[RISK %s] needs a name behind it"
				: "[RISK %s] takes no name",
			    scopes[i].name);
			return NULL;
		}
		if (owner != RISK_OWNER_FIRM &&
		    scopes[i].kind >= RISK_SCOPE_SESSION) {
			conf_fault(sec, NULL, "[RISK %s]: only the firm limits "
			    "a %s", conf_name(sec), scopes[i].name);
			return NULL;
		}
		return &scopes[i];
	}
	conf_fault(sec, NULL,
	    "[RISK %s]: must be firm, account NAME, group "
	    "NAME, symbol NAME, class NAME, session NAME or trader NAME, or "
	    "exchange, clearing or client and one of these",
	    conf_name(sec));
	return NULL;
}

/* A whole number of things, out of a decimal. */
static int64_t
whole(const struct conf_section *sec, const char *key, int64_t def)
{
	int64_t v = conf_e8(sec, key, 0);

	if (!conf_has(sec, key, NULL))
		return def;
	if (v == INT64_MAX)
		return RISK_UNLIMITED;
	if (v % FIX_E8 != 0)
		conf_fault(sec, key, "%s must be a whole number", key);
	return v / FIX_E8;
}

static int64_t
collar(const struct conf_section *sec)
{
	int64_t v = conf_e8(sec, "CollarPercent", RISK_UNLIMITED);

	if (v == RISK_UNLIMITED)
		return v;
	if (v % (FIX_E8 / 100) != 0 || v / FIX_E8 > 1000000)
		conf_fault(sec, "CollarPercent",
		    "CollarPercent must have at "
		    "most 2 places");
	return v / (FIX_E8 / 100);
}

static void
no_negative(const struct conf_section *sec, const char *key)
{
	if (conf_e8(sec, key, 0) < 0)
		conf_fault(sec, key, "%s must not be negative", key);
}

static void
check_stated(const struct conf_section *sec)
{
	for (size_t i = 0; i < N_LIMIT_KEYS; i++)
		if (!conf_has(sec, limit_keys[i], NULL))
			conf_fault(sec, NULL,
			    "[RISK %s] does not state %s: "
			    "say unlimited where that is meant",
			    conf_name(sec), limit_keys[i]);
}

static void
read_limits(const struct conf_section *sec, struct risk_limits *l)
{
	for (size_t i = 0; i < N_LIMIT_KEYS; i++)
		no_negative(sec, limit_keys[i]);
	l->max_order_qty_e8 = conf_e8(sec, "MaxOrderQty", RISK_UNLIMITED);
	l->max_order_notional_e8 =
	    conf_e8(sec, "MaxOrderNotional", RISK_UNLIMITED);
	l->max_long_e8 = conf_e8(sec, "MaxLong", RISK_UNLIMITED);
	l->max_short_e8 = conf_e8(sec, "MaxShort", RISK_UNLIMITED);
	l->max_open_orders = whole(sec, "MaxOpenOrders", RISK_UNLIMITED);
	l->max_open_notional_e8 =
	    conf_e8(sec, "MaxOpenNotional", RISK_UNLIMITED);
	l->collar_bp = collar(sec);
	l->orders_per_s = whole(sec, "OrdersPerSecond", RISK_UNLIMITED);
	l->order_burst = whole(sec, "OrderBurst", l->orders_per_s);
	l->cancels_per_s = whole(sec, "CancelsPerSecond", RISK_UNLIMITED);
}

static bool
has_limits(const struct conf_section *sec)
{
	for (size_t i = 0; i < N_LIMIT_KEYS; i++)
		if (conf_has(sec, limit_keys[i], NULL))
			return true;
	return false;
}

/* A key that has a meaning in one kind of scope only. */
static void
only_in(const struct conf_section *sec, const char *key, bool allowed,
    const char *where)
{
	if (!allowed && conf_has(sec, key, NULL))
		conf_fault(sec, key, "%s belongs in [RISK %s]", key, where);
}

static int64_t
positive(const struct conf_section *sec, const char *key, int64_t def)
{
	int64_t v = conf_e8(sec, key, def);

	if (conf_has(sec, key, NULL) && (v <= 0 || v == INT64_MAX))
		conf_fault(sec, key, "%s must be more than 0", key);
	return v;
}

static int
add_symbol(const struct conf_section *sec, struct risk *r, const char *id)
{
	struct risk_symbol s = { .symbol = id };

	s.class_ = conf_str(sec, "Class", "");
	s.tick_e8 = positive(sec, "TickSize", 0);
	s.lot_e8 = positive(sec, "LotSize", 0);
	s.multiplier_e8 = positive(sec, "Multiplier", FIX_E8);
	return risk_add_symbol(r, &s);
}

static void
check_keys(const struct conf_section *sec, enum risk_scope kind)
{
	bool symbol = kind == RISK_SCOPE_SYMBOL;

	only_in(sec, "Group", kind == RISK_SCOPE_ACCOUNT, "account");
	only_in(sec, "Class", symbol, "symbol");
	only_in(sec, "TickSize", symbol, "symbol");
	only_in(sec, "LotSize", symbol, "symbol");
	only_in(sec, "Multiplier", symbol, "symbol");
	only_in(sec, "ExchangeLimits", kind == RISK_SCOPE_FIRM, "firm");
	only_in(sec, "ClearingLimits", kind == RISK_SCOPE_FIRM, "firm");
	only_in(sec, "ReferenceMaxAge", kind == RISK_SCOPE_FIRM, "firm");
}

static int
set_limits(const struct conf_section *sec, const struct scope *sc,
    const char *id, struct risk *r)
{
	struct risk_limits l;

	if (!has_limits(sec))
		return 0;
	if (sc->all)
		check_stated(sec);
	read_limits(sec, &l);
	return risk_set_limits(r, sc->kind, id, &l);
}

/* Of others than the firm: limits, nothing else. */
static int
read_owned(const struct conf_section *sec, enum risk_owner owner,
    const struct scope *sc, const char *id, struct risk *r)
{
	struct risk_limits l;

	for (const struct conf_key *k = conf_risk; k->name != NULL; k++) {
		bool is_limit = strcasecmp(k->name, "OrderBurst") == 0 ||
				strcasecmp(k->name, "CancelsPerSecond") == 0;

		for (size_t i = 0; i < N_LIMIT_KEYS; i++)
			is_limit = is_limit ||
				   strcasecmp(k->name, limit_keys[i]) == 0;
		if (!is_limit && conf_has(sec, k->name, NULL))
			conf_fault(sec, k->name, "%s is the firm's to set, in "
			    "[RISK %s%s%s]", k->name, sc->name,
			    *id != '\0' ? " " : "", id);
	}
	if (!has_limits(sec))
		return 0;
	read_limits(sec, &l);
	return risk_set_owned(r, owner, sc->kind, id, &l);
}

static void
read_stated(const struct conf_section *sec, struct risk *r)
{
	risk_must_state(r, RISK_OWNER_EXCHANGE,
	    conf_word(sec, "ExchangeLimits", "external|stated", 0) == 1);
	risk_must_state(r, RISK_OWNER_CLEARING,
	    conf_word(sec, "ClearingLimits", "external|stated", 0) == 1);
}

static int
read_scope(const struct conf_section *sec, const struct scope *sc,
    const char *id, struct risk *r)
{
	const char *rest;
	enum risk_owner owner = owner_of(sec, &rest);
	int rc = 0;

	if (owner != RISK_OWNER_FIRM)
		return read_owned(sec, owner, sc, id, r);
	check_keys(sec, sc->kind);
	setup_rules_check(sec, sc->kind);
	if (sc->kind == RISK_SCOPE_FIRM)
		read_stated(sec, r);
	if (sc->kind == RISK_SCOPE_SYMBOL)
		rc = add_symbol(sec, r, id);
	else if (sc->kind == RISK_SCOPE_ACCOUNT)
		rc = risk_add_account(r, id, conf_str(sec, "Group", ""));
	if (rc == 0)
		rc = set_limits(sec, sc, id, r);
	return rc != 0 ? rc : setup_rules(sec, sc->kind, id, r);
}

/* What a call on risk said; faults are told, no memory goes up. */
static int
told(const struct conf_section *sec, int rc)
{
	if (rc == -FIX_E_TOOBIG)
		conf_fault(sec, NULL,
		    "names of accounts, groups, symbols and "
		    "classes are at most %d bytes long",
		    RISK_ID_MAX);
	else if (rc != 0 && rc != -FIX_E_NOMEM)
		conf_fault(
		    sec, NULL, "risk refuses this: %s", fix_strerror(rc));
	return rc == -FIX_E_NOMEM ? rc : 0;
}

/* A venue's symbols are known, in any tick and lot, until a [RISK symbol]
 * says more. A venue that does not read is told by setup_venues(). */
static int
add_venue_symbols(const struct conf *c, struct risk *r)
{
	const struct conf_section *sec = NULL;
	struct sim_symbol *symbols;
	int rc = 0;

	while (rc == 0 && (sec = conf_next(c, "VENUE", sec)) != NULL) {
		int n = setup_venue_symbols(sec, &symbols);

		for (int i = 0; i < n && rc == 0; i++) {
			struct risk_symbol s = {
				.symbol = symbols[i].symbol,
				.class_ = "",
				.multiplier_e8 = FIX_E8,
			};

			rc = told(sec, risk_add_symbol(r, &s));
		}
		if (n >= 0)
			free(symbols);
	}
	return rc;
}

int
setup_risk(const struct setup *s, struct risk *r)
{
	const struct conf_section *sec = NULL;
	unsigned before = conf_faults(s->conf);
	const struct scope *sc;
	const char *id;
	int rc = add_venue_symbols(s->conf, r);

	risk_unset_owned(r);
	while (rc == 0 && (sec = conf_next(s->conf, "RISK", sec)) != NULL) {
		sc = scope_of(sec, &id);
		if (sc != NULL && sc->kind < RISK_SCOPE_SESSION)
			rc = told(sec, read_scope(sec, sc, id, r));
	}
	if (rc == 0 && conf_faults(s->conf) > before)
		rc = -FIX_E_CONFIG;
	return rc;
}

/* [RISK session NAME]: the trader's number of it is risk's id. */
static int
limit_session(const struct setup *s, const struct conf_section *sec,
    const struct scope *sc, const char *name, struct risk *r,
    const struct trader *t)
{
	uint32_t at = setup_session_named(s, name);
	char id[16];

	check_keys(sec, sc->kind);
	setup_rules_check(sec, sc->kind);
	if (at == 0) {
		conf_fault(sec, NULL,
		    "[RISK session %s]: no session, or more "
		    "than one, has this TargetCompID",
		    name);
		return 0;
	}
	if (t == NULL) {
		struct risk_limits l;

		read_limits(sec, &l);
		return setup_rules(sec, sc->kind, NULL, NULL);
	}
	snprintf(id, sizeof(id), "%u", trader_session_number(t, at - 1));
	if (set_limits(sec, sc, id, r) != 0)
		return -FIX_E_NOMEM;
	return setup_rules(sec, sc->kind, id, r);
}

/* Accounts=A,B: the session may use these and no other. */
static int
permit(const struct conf_section *sec, uint32_t number, struct risk *r)
{
	return trader_permit(r, number, conf_str(sec, "Accounts", ""));
}

int
setup_risk_sessions(
    const struct setup *s, struct risk *r, const struct trader *t)
{
	const struct conf_section *sec = NULL;
	unsigned before = conf_faults(s->conf);
	const struct scope *sc;
	const char *id;
	int rc = 0;

	while (rc == 0 && (sec = conf_next(s->conf, "RISK", sec)) != NULL) {
		sc = scope_of(sec, &id);
		if (sc != NULL && sc->kind == RISK_SCOPE_SESSION)
			rc = told(sec, limit_session(s, sec, sc, id, r, t));
	}
	for (uint32_t i = 0; rc == 0 && i < s->n_sessions; i++)
		rc = told(s->links[i].section,
		    permit(s->links[i].section,
			t == NULL ? 0 : trader_session_number(t, i),
			t == NULL ? NULL : r));
	for (uint32_t i = s->n_sessions; rc == 0 && i < setup_all(s); i++)
		rc = told(s->links[i].section,
		    permit(s->links[i].section, 0, NULL));
	if (rc == 0 && conf_faults(s->conf) > before)
		rc = -FIX_E_CONFIG;
	return rc;
}

int64_t
setup_ref_max_age(const struct setup *s)
{
	const struct conf_section *sec = NULL;

	while ((sec = conf_next(s->conf, "RISK", sec)) != NULL)
		if (strcasecmp(conf_name(sec), "firm") == 0)
			return FIX_SEC * conf_int(sec, "ReferenceMaxAge", 0,
					     86400L * 366, 0);
	return 0;
}

unsigned
setup_limit_days(const struct setup *s, bool max_age)
{
	const struct conf_section *sec = NULL;

	while ((sec = conf_next(s->conf, "RISK", sec)) != NULL)
		if (strcasecmp(conf_name(sec), "firm") == 0)
			break;
	if (sec == NULL)
		return max_age ? 365 : 30;
	return (unsigned)(max_age ?
	    conf_int(sec, "LimitMaxAge", 0, 36500, 365) :
	    conf_int(sec, "LimitIdleDays", 0, 36500, 30));
}

void
setup_limited(const struct setup *s, const struct trader *t,
    void (*fn)(void *arg, const struct trader_scope *at), void *arg)
{
	const struct conf_section *sec = NULL;
	const struct scope *sc;
	struct trader_scope at;
	const char *name;
	char number[16], where[160];
	uint32_t i;

	while ((sec = conf_next(s->conf, "RISK", sec)) != NULL) {
		sc = scope_of(sec, &at.id);
		if (sc == NULL || sc->kind > RISK_SCOPE_SESSION)
			continue;
		i = sc->kind != RISK_SCOPE_SESSION ? 0 :
		    setup_session_named(s, at.id);
		if (i != 0) {
			snprintf(number, sizeof(number), "%u",
			    trader_session_number(t, i - 1));
			at.id = number;
		}
		at.owner = owner_of(sec, &name);
		at.kind = sc->kind;
		snprintf(where, sizeof(where), "%.140s:%u", conf_file(sec),
		    conf_line(sec));
		at.where = where;
		fn(arg, &at);
	}
}
