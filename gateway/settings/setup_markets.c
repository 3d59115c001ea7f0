/*
 * When symbols trade: [RISK symbol] and [RISK class] with the schedule keys of
 * a session.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway/settings/setup.h"

static const char *const keys[] = { "StartTime", "EndTime", "StartDay",
	"EndDay", "Weekdays", "TimeZone", "Calendar", "ClosedTimesInForce" };

static const char *
first_key(const struct conf_section *sec)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (conf_has(sec, keys[i], NULL))
			return keys[i];
	return NULL;
}

/* "symbol X" and "class X"; of other names setup_risk() tells what is wrong. */
static bool
is_market(const char *name, struct trader_market *m)
{
	bool symbol = strncasecmp(name, "symbol ", 7) == 0;
	const char *id = symbol ? name + 7 : name + 6;

	if (!symbol && strncasecmp(name, "class ", 6) != 0)
		return false;
	m->kind = symbol ? RISK_SCOPE_SYMBOL : RISK_SCOPE_CLASS;
	return fix_span_copy(fix_span_of(id), m->id, sizeof(m->id));
}

static void
read_market(
    struct setup *s, const struct conf_section *sec, struct trader_market *m)
{
	setup_schedule(s, sec, &m->schedule);
	m->queued = setup_tifs(sec, "ClosedTimesInForce");
	if (fix_schedule_is_plain(&m->schedule))
		conf_fault(sec, first_key(sec),
		    "%s needs StartTime and EndTime: when is it open?",
		    first_key(sec));
}

static unsigned
read_all(struct setup *s, struct trader_market *of)
{
	const struct conf_section *sec = NULL;
	struct trader_market m;
	unsigned n = 0;

	while ((sec = conf_next(s->conf, "RISK", sec)) != NULL) {
		m = (struct trader_market){ 0 };
		if (first_key(sec) == NULL || !is_market(conf_name(sec), &m))
			continue;
		if (of != NULL) {
			read_market(s, sec, &m);
			of[n] = m;
		}
		n++;
	}
	return n;
}

int
setup_markets(struct setup *s, struct trader *t)
{
	unsigned before = conf_faults(s->conf), n = read_all(s, NULL);
	struct trader_market *of = calloc(n + 1, sizeof(*of));
	int rc = of == NULL ? -FIX_E_NOMEM : 0;

	if (rc == 0) {
		n = read_all(s, of);
		if (conf_faults(s->conf) > before)
			rc = -FIX_E_CONFIG;
		else if (t != NULL)
			rc = trader_set_markets(t, of, n);
	}
	free(of);
	return rc;
}
