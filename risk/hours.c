/*
 * orders come while their symbol's market is open, and their class's.
 *
 * Time zones and calendars are the caller's: it tells the interval that holds
 * the moment, or else the next one, and again when that is over. What is not
 * told anew in time counts as closed.
 */
#include "risk/inside.h"

int
risk_set_hours(struct risk *r, enum risk_scope kind, const char *id,
    const struct risk_hours *h)
{
	struct scope *s;
	int rc;

	if (kind != RISK_SCOPE_SYMBOL && kind != RISK_SCOPE_CLASS)
		return -FIX_E_FORMAT;
	rc = scope_named(r, kind, id, &s);
	if (rc != 0)
		return rc;
	s->hours = *h;
	s->timed = h->from.ns != INT64_MIN || h->until.ns != INT64_MAX;
	tape_scope(r, RISK_CALL_HOURS, kind, id, h, sizeof(*h));
	return 0;
}

/* Does the venue take it now, if only to wait for the opening? */
static bool
is_taken(const struct scope *s, const struct check *c)
{
	char tif = c->o->time_in_force == '\0' ? '0' : c->o->time_in_force;
	int64_t now = c->now.utc.ns;

	if (now >= s->hours.from.ns && now < s->hours.until.ns)
		return true;
	return tif >= '0' && tif <= '7' &&
	       (s->hours.queued >> (tif - '0') & 1) != 0;
}

enum risk_code
check_hours(struct check *c)
{
	unsigned k;

	for (k = RISK_SCOPE_SYMBOL; k <= RISK_SCOPE_CLASS; k++)
		if (c->scope[k] != NULL && c->scope[k]->timed &&
		    !is_taken(c->scope[k], c))
			return refuse(c, RISK_HOURS, (enum risk_scope)k, 0, 0);
	return RISK_OK;
}
