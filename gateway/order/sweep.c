/*
 * Sweeps: cancels of ours for many orders, as a kill switch asks for them.
 *
 * A sweep goes through the live orders in pieces, so that no turn grows with
 * their number, and tries each one once. Whoever wants an order gone for good
 * sweeps again: a cancel may be refused, or come before its order. With the
 * venue away a cancel waits, and leaves before anything else when it is back
 * (doubt.c).
 *
 * An order is stuck when its venue won't cancel it now: a GT order at rest
 * while its market is closed, or one whose cancels were refused again and
 * again.
 */
#include "gateway/order/desk.h"

static bool
under_way(const struct desk *d, const struct order *o)
{
	const struct venue *v = desk_venue_of(d, o->venue);

	if (o->cancel_wanted)
		return true;
	if (o->pending != 'F' || o->request_id[0] != '\0')
		return false;
	return !o->unsent || v == NULL || !v->up;
}

static void
try_one(struct desk *d, struct entry *en, uint64_t sweep, struct fix_now now)
{
	struct order *o = &en->o;

	en->swept = sweep;
	if (o->pending == 'F' && o->request_id[0] == '\0')
		chain_send_cancel(d, en, now); /* it could not leave before */
	else
		(void)chain_cancel(d, en, now);
}

unsigned
desk_sweep(struct desk *d, const struct desk_sweep *s, unsigned most,
    struct fix_now now)
{
	struct entry *en, *next;
	unsigned n = 0;

	for (en = TAILQ_FIRST(&d->live); en != NULL && n < most; en = next) {
		next = TAILQ_NEXT(en, live);
		if (en->swept >= s->number || under_way(d, &en->o) ||
		    !s->wanted(s->arg, &en->o))
			continue;
		try_one(d, en, s->number, now);
		n++;
	}
	return n;
}

const char *
desk_stuck(const struct desk *d, const struct order *o)
{
	const struct entry *en = entry_find(d, o->number);

	if (o->status == '3' && o->leaves_e8 > 0)
		return "it rests until its market opens";
	if (en != NULL && en->spurned >= DESK_SPURNED_MAX)
		return "its venue refuses to cancel it";
	return NULL;
}

int
desk_each_live(const struct desk *d,
    int (*fn)(void *arg, const struct order *o), void *arg)
{
	const struct entry *en;
	int rc = 0;

	TAILQ_FOREACH(en, &d->live, live)
	{
		rc = fn(arg, &en->o);
		if (rc != 0)
			break;
	}
	return rc;
}

unsigned
desk_cancel_newest(struct desk *d,
    bool (*wanted)(void *arg, const struct order *o), void *arg,
    struct fix_now now)
{
	struct entry *en, *before;
	unsigned n = 0;

	for (en = TAILQ_LAST(&d->live, entry_list); en != NULL; en = before) {
		before = TAILQ_PREV(en, entry_list, live);
		if (!wanted(arg, &en->o))
			continue;
		(void)chain_cancel(d, en, now);
		n++;
	}
	return n;
}
