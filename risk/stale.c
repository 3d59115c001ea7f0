/*
 * Notes that limits are used: see stale.h. A note is made once a day and limit, so
 * an order costs a comparison of days where it has been made.
 */
#include "risk/inside.h"

static void
note(struct risk *r, struct scope *s, unsigned use, wide used, int64_t limit)
{
	if (s->stale.used_day[use] == r->day || used <= 0 ||
	    limit == RISK_UNLIMITED || used * 100 < limit)
		return;
	s->stale.used_day[use] = r->day;
	if (s->stale_listed)
		return;
	s->stale_listed = true;
	s->next_stale = NULL;
	*r->last_stale = s;
	r->last_stale = &s->next_stale;
}

void
stale_note_use(struct holding *h)
{
	const struct use *p, *o;
	struct scope *s;
	unsigned k;

	for (k = 0; k < RISK_N_USED; k++) {
		s = owner_of(h, (enum risk_scope)k);
		if (s == NULL || !s->limited)
			continue;
		p = h->position[k];
		o = h->orders[k];
		note(h->r, s, RISK_M_LONG, p->long_e8, s->limits.max_long_e8);
		note(
		    h->r, s, RISK_M_SHORT, p->short_e8, s->limits.max_short_e8);
		note(h->r, s, RISK_M_OPEN, o->open, s->limits.max_open_orders);
		note(h->r, s, RISK_M_NOTIONAL,
		    o->buy_e8 > o->sell_e8 ? o->buy_e8 : o->sell_e8,
		    s->limits.max_open_notional_e8);
	}
}

/* An order has passed. */
void
stale_note_order(struct check *c)
{
	struct scope *s;
	unsigned k;

	for (k = 0; k < RISK_N_SCOPE; k++) {
		s = c->scope[k];
		if (s == NULL || !s->limited)
			continue;
		note(c->r, s, RISK_USE_QTY, c->o->qty_e8,
		    s->limits.max_order_qty_e8);
		note(c->r, s, RISK_USE_ORDER_NOTIONAL, c->whole_e8,
		    s->limits.max_order_notional_e8);
	}
}

struct risk_stale *
risk_stale_of(struct risk *r, enum risk_scope kind, const char *id)
{
	struct scope *s;

	for (s = r->first_scope; s != NULL; s = s->next)
		if (s->kind == kind &&
		    (kind == RISK_SCOPE_FIRM || strcmp(s->id, id) == 0))
			return &s->stale;
	return NULL;
}

void
risk_stale_day(struct risk *r, struct fix_utc now)
{
	struct holding *h;

	risk_set_day(r, now);
	for (h = r->first_holding; h != NULL; h = h->next)
		stale_note_use(h);
}

bool
risk_stale_next(struct risk *r, enum risk_scope *kind, const char **id,
    const struct risk_stale **stale)
{
	struct scope *s = r->first_stale;

	if (s == NULL)
		return false;
	r->first_stale = s->next_stale;
	if (r->first_stale == NULL)
		r->last_stale = &r->first_stale;
	s->stale_listed = false;
	*kind = s->kind;
	*id = s->id;
	*stale = &s->stale;
	return true;
}

void
risk_each_limited(struct risk *r, void (*fn)(void *arg, enum risk_scope kind,
    const char *id, struct risk_stale *s), void *arg)
{
	struct scope *s;

	for (s = r->first_scope; s != NULL; s = s->next)
		if (owner_get(s, RISK_OWNER_FIRM) != NULL || s->ruled)
			fn(arg, s->kind, s->id, &s->stale);
}
