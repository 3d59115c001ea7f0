/*
 * A venue that speaks FIX from its [VENUE] section.
 *
 * Its session is an initiator of the same file, and no other venue's. What the
 * settings add to orders is read here, so that a typing error stops the start
 * and not the first order.
 */
#include <stdlib.h>

#include "gateway/settings/setup.h"
#include "gateway/venue/fix.h"

/* @return index, UINT32_MAX: a fault was told */
static uint32_t
find_session(const struct setup *s, const struct conf_section *sec)
{
	const char *name = conf_str(sec, "Session", NULL);
	const struct conf_section *other = NULL;
	uint32_t n = name == NULL ? 0 : setup_session_named(s, name);

	if (name == NULL)
		conf_fault(sec, NULL, "[VENUE %s] needs Session, the initiator "
		    "that speaks with it", conf_name(sec));
	else if (n == 0)
		conf_fault(sec, "Session", "there is no one session %s", name);
	else if (s->sessions[n - 1].fix.role != FIX_INITIATOR)
		conf_fault(sec, "Session", "%s is no initiator: it needs "
		    "ConnectionType=initiator", name);
	else if (s->sessions[n - 1].is_drop_copy)
		conf_fault(sec, "Session", "%s is a drop copy", name);
	else if (s->sessions[n - 1].desk.version < FIX_V_42)
		conf_fault(sec, "Session", "orders go out in FIX.4.2 or a "
		    "later version, and %s has an older one", name);
	else {
		while ((other = conf_next(s->conf, "VENUE", other)) != sec &&
		       other != NULL) {
			const char *its = conf_str(other, "Session", NULL);

			if (its != NULL && setup_session_named(s, its) == n)
				conf_fault(sec, "Session", "%s speaks with "
				    "[VENUE %s] already", name,
				    conf_name(other));
		}
		return n - 1;
	}
	return UINT32_MAX;
}

/* "47=A, 9001=x y" as they stand in a message, in memory of the caller's. */
static uint8_t *
read_fields(const struct conf_section *sec, struct fix_span *out)
{
	const char *at = conf_str(sec, "Fields", "");
	uint8_t *bytes = malloc(strlen(at) + 2);

	*out = (struct fix_span){ bytes, 0 };
	while (bytes != NULL && (at += strspn(at, ", \t"), *at != '\0')) {
		size_t n = strcspn(at, ","), digits = strspn(at, "0123456789");

		if (digits == 0 || at[digits] != '=' || n <= digits + 1 ||
		    at[0] == '0')
			conf_fault(sec, "Fields", "'%.*s' is no TAG=VALUE",
			    (int)n, at);
		memcpy(bytes + out->len, at, n);
		out->len += n;
		bytes[out->len++] = 1;
		at += n;
	}
	return bytes;
}

static void
check_accounts(const struct conf_section *sec)
{
	const char *at = conf_str(sec, "AccountMap", "");

	while (at += strspn(at, ", \t"), *at != '\0') {
		size_t n = strcspn(at, ", \t"), ours = strcspn(at, ":, \t");

		if (ours == 0 || ours + 1 >= n || n - ours > 63)
			conf_fault(sec, "AccountMap", "'%.*s' is no "
			    "OURS:THEIRS, as DEMO:FIRM01", (int)n, at);
		at += n;
	}
}

static char
handl_inst(const struct conf_section *sec, enum fix_version v)
{
	static const char values[] = { '1', '2', '3', '\0' };

	return values[conf_word(
	    sec, "HandlInst", "1|2|3|none", v <= FIX_V_43 ? 0 : 3)];
}

int
setup_fix_venue(
    const struct setup *s, const struct conf_section *sec, struct trader *t)
{
	struct venue_fix_cfg cfg = { .name = conf_name(sec),
		.session = find_session(s, sec),
		.exchange = conf_str(sec, "SecurityExchange", NULL),
		.destination = conf_str(sec, "ExDestination", NULL),
		.accounts = conf_str(sec, "AccountMap", NULL),
		.open_in_doubt = !conf_bool(sec, "Reconcile", true),
		.ask_all =
		    conf_word(sec, "StatusRequests", "each|all", 0) == 1,
		.resends =
		    conf_word(sec, "UnknownOrders", "reject|resend", 0) == 1,
		.dont_know =
		    conf_word(sec, "DontKnow", "never|unknown", 0) == 1 };
	struct sim_symbol *symbols;
	int n = setup_sim_symbols(sec, &symbols), rc = 0;
	uint8_t *bytes;

	if (n < 0)
		return n == -FIX_E_NOMEM ? n : 0;
	check_accounts(sec);
	bytes = read_fields(sec, &cfg.fields);
	if (cfg.session != UINT32_MAX)
		cfg.version = s->sessions[cfg.session].desk.version;
	cfg.handl_inst = handl_inst(sec, cfg.version);
	if (cfg.ask_all && cfg.session != UINT32_MAX && cfg.version < FIX_V_43)
		conf_fault(sec, "StatusRequests", "FIX.4.2 has no "
		    "OrderMassStatusRequest(AF): use each");
	cfg.symbols = symbols;
	cfg.n_symbols = (unsigned)n;
	if (bytes == NULL)
		rc = -FIX_E_NOMEM;
	else if (t != NULL && cfg.session != UINT32_MAX)
		rc = trader_add_fix_venue(t, &cfg);
	free(bytes);
	free(symbols);
	return rc;
}
