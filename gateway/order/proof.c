/*
 * A venue that comes up, at a start or after its connection was lost, may have
 * done what we do not know of. Until it has answered for each order that was
 * live then, it takes only what reduces; cancels always pass (section 12 of the
 * pre-trade controls, point 8).
 *
 * It is risk's kill switch that does it, so a decision made meanwhile comes out
 * again in a replay. The switch is not kept: the next start sets its own. An
 * order that comes in doubt later, because its answer is late, does not count:
 * it is one of many, and of the others we know.
 *
 * A venue may never answer, or know fewer executions than we do: then a person
 * looks, and takes it as reconciled (fixgate risk release venue NAME).
 */
#include "gateway/order/desk.h"

#include <stdio.h>

static unsigned *
count_of(const struct desk *d, uint32_t venue)
{
	unsigned i;

	for (i = 0; i < d->n_venues; i++) {
		if (d->venues[i]->number == venue)
			return &d->unproven[i];
	}
	return NULL;
}

static void
reduce(struct desk *d, uint32_t venue)
{
	const struct venue *v = desk_venue_of(d, venue);
	struct risk_where w = { 0 };
	char id[16], text[RISK_KILL_TEXT + 1];

	if (BROKEN("proof"))
		return;
	snprintf(id, sizeof(id), "%u", venue);
	snprintf(text, sizeof(text), "VENUE:%s by=SYSTEM not reconciled yet",
	    v->name);
	if (!risk_where_add(&w, RISK_SCOPE_VENUE, id) ||
	    risk_kill(d->cfg.risk, ORDER_PROOF_SWITCH(venue), &w,
		RISK_REDUCING, text) != 0)
		desk_alert(d, "venue %s: no memory to hold back new orders "
		    "until it is reconciled", v->name);
}

void
proof_want(struct desk *d, struct entry *en)
{
	unsigned *n = count_of(d, en->o.venue);
	const struct venue *v = desk_venue_of(d, en->o.venue);

	if (en->unproven || n == NULL || v->open_in_doubt)
		return;
	en->unproven = true;
	if ((*n)++ == 0)
		reduce(d, en->o.venue);
}

static void
seen(struct desk *d, struct entry *en)
{
	unsigned *n = count_of(d, en->o.venue);

	en->unproven = false;
	if (--*n == 0)
		(void)risk_unkill(
		    d->cfg.risk, ORDER_PROOF_SWITCH(en->o.venue));
}

void
proof_seen(struct desk *d, struct entry *en)
{
	if (en->unproven && (!en->is_live || en->o.status != 'U'))
		seen(d, en);
}

unsigned
desk_unproven(const struct desk *d, uint32_t venue)
{
	const unsigned *n = count_of(d, venue);

	return n == NULL ? 0 : *n;
}

unsigned
desk_believe(struct desk *d, uint32_t venue)
{
	unsigned n = desk_unproven(d, venue);
	struct entry *en;

	TAILQ_FOREACH(en, &d->live, live)
	{
		if (en->unproven && en->o.venue == venue)
			seen(d, en);
	}
	return n;
}
