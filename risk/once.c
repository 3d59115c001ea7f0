/*
 * What was accepted a moment ago: orders alike and the range of prices
 * of a symbol (R-12 over a period).
 *
 * Orders that passed lie in a ring, newest last, chained by a hash of what they
 * are; ClOrdIDs do not count. A ring that is full of orders younger than the
 * longest window can't answer, and then the order is refused. Prices are kept
 * as lowest and highest of a sixteenth of the window, so the window is up to a
 * sixteenth longer than asked for, never shorter.
 */
#include "risk/inside.h"

static uint32_t
hash_of(const struct check *c)
{
	const struct risk_order *o = c->o;
	uint64_t w[4] = { (uint64_t)o->qty_e8, (uint64_t)o->price_e8,
		(uint64_t)o->stop_e8, 0 };

	w[3] = (uint64_t)c->h->account->number << 32 | c->h->symbol->number;
	return (uint32_t)risk_hash_bytes((uint8_t)o->side, w, sizeof(w));
}

static bool
same_order(const struct alike *a, const struct check *c)
{
	const struct risk_order *o = c->o;

	return a->h == c->h && a->qty_e8 == o->qty_e8 &&
	       a->price_e8 == o->price_e8 && a->stop_e8 == o->stop_e8 &&
	       a->side == o->side && a->ord_type == o->ord_type &&
	       a->time_in_force == o->time_in_force;
}

static bool
still_there(const struct alikes *all, uint32_t at, uint32_t newer)
{
	/* The chain goes back in time; where it would go forward, the ring
	 * has been overwritten. Age: distance behind the newest, modulo 2^64,
	 * of which ALIKE_MAX is a part. */
	return at != 0 && (newer == 0 ||
	    (all->n - at) % ALIKE_MAX > (all->n - newer) % ALIKE_MAX);
}

static int64_t
count_alike(const struct check *c, uint32_t hash, int64_t window_ns)
{
	const struct alikes *all = c->r->alikes;
	uint32_t at = all->newest[hash % ALIKE_BUCKETS], newer = 0;
	int64_t n = 0;

	for (; still_there(all, at, newer); newer = at, at = all->ring[at - 1].older) {
		const struct alike *a = &all->ring[at - 1];

		if (a->hash % ALIKE_BUCKETS != hash % ALIKE_BUCKETS ||
		    wide_of(c->now.mono.ns) - a->at_ns >= window_ns)
			break;
		if (a->hash == hash && same_order(a, c))
			n++;
	}
	return n;
}

static bool
ring_is_full(const struct check *c)
{
	const struct alikes *all = c->r->alikes;

	return all->n >= ALIKE_MAX &&
	       wide_of(c->now.mono.ns) - all->ring[all->n % ALIKE_MAX].at_ns <
		   c->r->alike_ns;
}

enum risk_code
check_alike(struct check *c)
{
	const struct risk_rules *l;
	uint32_t hash;
	int64_t n;
	unsigned k;

	if (c->r->alikes == NULL)
		return RISK_OK;
	if (ring_is_full(c))
		return refuse(c, RISK_INTERNAL, RISK_SCOPE_FIRM, 0, 0);
	hash = hash_of(c);
	for (k = 0; (l = next_rules(c, &k)) != NULL; k++) {
		if (l->dup_max == RISK_UNLIMITED)
			continue;
		n = count_alike(c, hash, l->dup_window_ns);
		if (n >= l->dup_max &&
		    refuse_soft(c, RISK_DUP_CONTENT, (enum risk_scope)k,
			l->dup_max, wide_of(n) + 1) != RISK_OK)
			return RISK_DUP_CONTENT;
	}
	return RISK_OK;
}

void
alike_note(struct check *c)
{
	struct alikes *all = c->r->alikes;
	uint32_t at, *newest;
	struct alike *a;

	if (all == NULL)
		return;
	at = (uint32_t)(all->n++ % ALIKE_MAX);
	a = &all->ring[at];
	*a = (struct alike){ .h = c->h,
		.qty_e8 = c->o->qty_e8,
		.price_e8 = c->o->price_e8,
		.stop_e8 = c->o->stop_e8,
		.at_ns = c->now.mono.ns,
		.hash = hash_of(c),
		.side = c->o->side,
		.ord_type = c->o->ord_type,
		.time_in_force = c->o->time_in_force };
	newest = &all->newest[a->hash % ALIKE_BUCKETS];
	a->older = *newest;
	*newest = at + 1;
}

static bool
has_range(const struct check *c)
{
	const struct scope *s = c->scope[RISK_SCOPE_SYMBOL];

	return s->range != NULL && s->detail.range_window_ns > 0 &&
	       c->o->has_price;
}

static int64_t
slice_now(const struct check *c)
{
	const struct scope *s = c->scope[RISK_SCOPE_SYMBOL];

	/* From 1 on: 0 is a slice that was never used */
	return c->now.mono.ns / (s->detail.range_window_ns / RANGE_SLICES) + 1;
}

/* R-12 over a period. */
enum risk_code
check_range(struct check *c)
{
	const struct scope *s = c->scope[RISK_SCOPE_SYMBOL];
	int64_t low = c->o->price_e8, high = low, px = low, at, tick;
	wide most;
	unsigned i;

	if (!has_range(c))
		return RISK_OK;
	at = slice_now(c);
	for (i = 0; i <= RANGE_SLICES; i++) {
		if (s->range->slice[i].at == 0 ||
		    s->range->slice[i].at + RANGE_SLICES < at)
			continue;
		if (s->range->slice[i].low_e8 < low)
			low = s->range->slice[i].low_e8;
		if (s->range->slice[i].high_e8 > high)
			high = s->range->slice[i].high_e8;
	}
	tick = tick_at(s, px);
	most = wide_of(s->detail.range_ticks) * tick;
	if (tick > 0 && wide_of(high) - low <= most)
		return RISK_OK;
	(void)refuse(c, RISK_COLLAR, RISK_SCOPE_SYMBOL,
	    px == high ? low + most : high - most, px);
	c->v->owner = RISK_OWNER_FIRM; /* whosever collars there are */
	return RISK_COLLAR;
}

void
range_note(struct check *c)
{
	struct range *g = c->scope[RISK_SCOPE_SYMBOL]->range;
	int64_t px = c->o->price_e8, at;
	unsigned i;

	if (!has_range(c))
		return;
	at = slice_now(c);
	i = (unsigned)(at % (RANGE_SLICES + 1));
	if (g->slice[i].at != at) {
		g->slice[i].at = at;
		g->slice[i].low_e8 = g->slice[i].high_e8 = px;
	}
	if (px < g->slice[i].low_e8)
		g->slice[i].low_e8 = px;
	if (px > g->slice[i].high_e8)
		g->slice[i].high_e8 = px;
}
