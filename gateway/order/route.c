/*
 * Which venue takes an order: the first route that matches by Symbol(55),
 * SecurityExchange(207), ExDestination(100) and Account(1); if none does, the
 * first venue, unless the order names another destination.
 */
#include "gateway/order/desk.h"

#include <stdlib.h>

static struct venue *
venue_named(const struct desk *d, const char *name)
{
	unsigned i;

	for (i = 0; i < d->n_venues; i++) {
		if (strcmp(d->venues[i]->name, name) == 0)
			return d->venues[i];
	}
	return NULL;
}

int
desk_add_route(struct desk *d, const struct desk_route *r)
{
	struct route n = { .venue = venue_named(d, r->venue) };
	struct route *all;

	if (n.venue == NULL)
		return -FIX_E_NOTFOUND;
	if (!fix_span_copy(
		fix_span_of(r->symbol), n.symbol, sizeof(n.symbol)) ||
	    !fix_span_copy(
		fix_span_of(r->exchange), n.exchange, sizeof(n.exchange)) ||
	    !fix_span_copy(fix_span_of(r->destination), n.destination,
		sizeof(n.destination)) ||
	    !fix_span_copy(
		fix_span_of(r->account), n.account, sizeof(n.account)))
		return -FIX_E_TOOBIG;
	all = realloc(d->routes, (d->n_routes + 1) * sizeof(*all));
	if (all == NULL)
		return -FIX_E_NOMEM;
	d->routes = all;
	d->routes[d->n_routes++] = n;
	return 0;
}

static bool
fits(const char *want, struct fix_span is)
{
	return want[0] == '\0' || fix_span_is(is, want);
}

struct venue *
route_find(const struct desk *d, const struct fix_order *o, const char *account)
{
	unsigned i;

	for (i = 0; i < d->n_routes; i++) {
		const struct route *r = &d->routes[i];

		if (fits(r->symbol, o->symbol) &&
		    fits(r->exchange, o->security_exchange) &&
		    fits(r->destination, o->ex_destination) &&
		    fits(r->account, fix_span_of(account)))
			return r->venue;
	}
	if (d->n_venues == 0 || (o->ex_destination.len > 0 &&
	    !fix_span_is(o->ex_destination, d->venues[0]->name)))
		return NULL;
	return d->venues[0];
}
