/*
 * [RISK trader NAME]: what a trader, a desk or an algorithm may trade. Symbols
 * and venues must exist, so that a slip of the pen grants nothing by accident.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "gateway/settings/conf_keys.h"
#include "gateway/settings/setup.h"

static const char *const own[] = { "Symbols", "Classes", "Sides", "Venues",
	"MaxSymbols", "MaxVenues" };

#define N_OWN (sizeof(own) / sizeof(own[0]))

static bool
is_own(const char *key)
{
	for (size_t i = 0; i < N_OWN; i++)
		if (strcasecmp(own[i], key) == 0)
			return true;
	return false;
}

static void
check_keys(const struct conf_section *sec, bool trader)
{
	for (const struct conf_key *k = conf_risk; k->name != NULL; k++)
		if (is_own(k->name) != trader && conf_has(sec, k->name, NULL))
			conf_fault(sec, k->name, trader ?
			    "%s means nothing in [RISK trader]" :
			    "%s belongs in [RISK trader]", k->name);
}

static uint32_t
sides(const struct conf_section *sec)
{
	static const char *const names[] = { "buy", "sell", "short", "exempt" };
	static const char values[] = "1256";
	char text[256], *save = NULL, *p;
	uint32_t bits = 0;
	unsigned i;

	snprintf(text, sizeof(text), "%s", conf_str(sec, "Sides", ""));
	for (p = strtok_r(text, ", \t", &save); p != NULL;
	     p = strtok_r(NULL, ", \t", &save)) {
		for (i = 0; i < 4 && strcasecmp(names[i], p) != 0; i++)
			;
		if (i == 4) {
			conf_fault(sec, "Sides", "Sides: %s is none of buy, "
			    "sell, short, exempt", p);
			return 0;
		}
		bits |= 1u << (values[i] - '0');
	}
	if (bits == 0 && conf_has(sec, "Sides", NULL))
		conf_fault(sec, "Sides", "Sides needs at least one of buy, "
		    "sell, short, exempt");
	return bits;
}

static int64_t
reach(const struct conf_section *sec, const char *key)
{
	int64_t v = conf_e8(sec, key, RISK_UNLIMITED);

	if (v == RISK_UNLIMITED)
		return v;
	if (v < 0 || v % FIX_E8 != 0 || v / FIX_E8 > RISK_REACH_MAX)
		conf_fault(sec, key, "%s must be a whole number up to %d, or "
		    "unlimited", key, RISK_REACH_MAX);
	return v / FIX_E8;
}

/* Its number, any one while only checked; 0: there is none. */
static uint32_t
venue_number(const struct setup *s, const struct trader *t, const char *name)
{
	const struct conf_section *sec = NULL;

	if (t != NULL)
		return trader_venue_number(t, name);
	while ((sec = conf_next(s->conf, "VENUE", sec)) != NULL)
		if (strcmp(conf_name(sec), name) == 0)
			return 1;
	return 0;
}

static bool
class_is_named(const struct setup *s, const char *name)
{
	const struct conf_section *sec = NULL;

	while ((sec = conf_next(s->conf, "RISK", sec)) != NULL)
		if (strcmp(conf_str(sec, "Class", ""), name) == 0)
			return true;
	return false;
}

struct to {
	const struct setup *s;
	const struct trader *t;
	struct risk *r;
	const char *key, *trader;
	enum risk_scope kind;
};

static int
grant_one(const struct conf_section *sec, const struct to *to, const char *name)
{
	uint32_t n = 0;
	char id[16];
	bool known;

	if (to->kind == RISK_SCOPE_SYMBOL)
		known = risk_trades(to->r, fix_span_of(name));
	else if (to->kind == RISK_SCOPE_CLASS)
		known = class_is_named(to->s, name);
	else
		known = (n = venue_number(to->s, to->t, name)) != 0;
	if (!known) {
		conf_fault(sec, to->key, "%s: there is no %s %s", to->key,
		    risk_scope_name(to->kind), name);
		return 0;
	}
	snprintf(id, sizeof(id), "%u", n);
	return risk_grant_to(
	    to->r, to->trader, to->kind, n != 0 ? id : name);
}

static int
grant_all(const struct conf_section *sec, const struct to *to)
{
	char text[4096], *save = NULL, *p;
	int rc = 0;

	if (strlen(conf_str(sec, to->key, "")) >= sizeof(text))
		conf_fault(sec, to->key, "%s is too long", to->key);
	snprintf(text, sizeof(text), "%s", conf_str(sec, to->key, ""));
	for (p = strtok_r(text, ", \t", &save); p != NULL && rc == 0;
	     p = strtok_r(NULL, ", \t", &save))
		rc = grant_one(sec, to, p);
	return rc;
}

static int
read_trader(const struct setup *s, const struct trader *t,
    const struct conf_section *sec, const char *name, struct risk *r)
{
	struct risk_grant g = { .sides = sides(sec),
		.max_symbols = reach(sec, "MaxSymbols"),
		.max_venues = reach(sec, "MaxVenues") };
	struct to to[] = { { s, t, r, "Symbols", name, RISK_SCOPE_SYMBOL },
		{ s, t, r, "Classes", name, RISK_SCOPE_CLASS },
		{ s, t, r, "Venues", name, RISK_SCOPE_VENUE } };
	int rc = risk_grant(r, name, &g);

	for (size_t i = 0; i < sizeof(to) / sizeof(to[0]) && rc == 0; i++)
		rc = grant_all(sec, &to[i]);
	if (rc == 0 || rc == -FIX_E_NOMEM)
		return rc;
	conf_fault(sec, NULL, "[RISK trader %s]: names are at most %d bytes "
	    "long", name, RISK_ID_MAX);
	return 0;
}

int
setup_traders(const struct setup *s, const struct trader *t, struct risk *r)
{
	const struct conf_section *sec = NULL;
	unsigned before = conf_faults(s->conf);
	const char *name;
	int rc = 0;

	risk_grants_clear(r);
	while (rc == 0 && (sec = conf_next(s->conf, "RISK", sec)) != NULL) {
		name = conf_name(sec);
		if (strncasecmp(name, "trader ", 7) != 0) {
			check_keys(sec, false);
			continue;
		}
		check_keys(sec, true);
		rc = read_trader(s, t, sec, name + 7, r);
	}
	return rc == 0 && conf_faults(s->conf) > before ? -FIX_E_CONFIG : rc;
}
