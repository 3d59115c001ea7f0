/*
 * An alarm for a subscriber that is too far behind, logged on or not: by records
 * of the journal that it has not read, or by how long the next of them has
 * waited. Raised once, and over when both are at half of what raises it.
 *
 * The next record is younger than the one read last, and has waited no longer
 * than since the subscriber was last seen level: the lesser of the two counts,
 * so that neither a quiet night nor a busy hour makes one late.
 */
#include "gateway/trader/dropcopy.h"

#include <inttypes.h>

#define LOOK_EVERY FIX_SEC

static uint64_t
records_of(const struct trader *t, const struct client *c)
{
	return fix_journal_last(t->cfg.journal) - c->copies->at.record;
}

static int64_t
waited_ns(const struct trader *t, const struct copies *k)
{
	int64_t since_level = t->now.mono.ns - k->level_at;
	int64_t since_read = t->now.utc.ns - k->at.wall_ns;

	return since_read < since_level ? since_read : since_level;
}

static bool
over(const struct copy_rule *r, uint64_t records, int64_t ns, unsigned part)
{
	return (r->alarm_records > 0 && records > r->alarm_records / part) ||
	       (r->alarm_s > 0 && ns > (int64_t)r->alarm_s * FIX_SEC / part);
}

static void
look(struct trader *t, struct client *c)
{
	struct copies *k = c->copies;
	uint64_t records = records_of(t, c);
	int64_t ns;

	if (records == 0)
		k->level_at = t->now.mono.ns;
	ns = waited_ns(t, k);
	if (!k->late && over(&c->cfg->copy, records, ns, 1)) {
		k->late = true;
		trader_note(t, LOG_L_ERROR, c->number, "alert: %s: its copies are "
		    "%" PRIu64 " records and %" PRId64 " s behind; it is %s",
		    c->id, records, ns / FIX_SEC,
		    c->up ? "logged on" : "not logged on");
	} else if (k->late && !over(&c->cfg->copy, records, ns, 2)) {
		k->late = false;
		trader_note(t, LOG_L_INFO, c->number, "%s: its copies are no more "
		    "late: %" PRIu64 " records behind", c->id, records);
	}
}

void
lag_watch(struct trader *t)
{
	if (t->now.mono.ns < t->copies_look_at)
		return;
	t->copies_look_at = t->now.mono.ns + LOOK_EVERY;
	for (uint32_t i = 0; i < t->n_copies; i++)
		if (t->copies[i]->cfg->copy.classes != 0)
			look(t, t->copies[i]);
}

/* While nothing waits there is nothing to look at. */
int64_t
lag_due(const struct trader *t)
{
	for (uint32_t i = 0; i < t->n_copies; i++) {
		const struct client *c = t->copies[i];

		if (c->cfg->copy.classes != 0 && c->cfg->copy.alarm_s > 0 &&
		    !c->copies->late && records_of(t, c) > 0)
			return t->copies_look_at;
	}
	return FIX_MONO_NEVER;
}
