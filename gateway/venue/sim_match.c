/*
 * How orders trade.
 *
 * An order that enters meets the other side, best price first and oldest first
 * within a price, at the resting order's price. What is left of a limit order
 * rests; of a market, IOC or FOK order it is canceled. A FOK order looks first
 * whether the book can fill it. A stop waits in a side of its own until the
 * last price reaches it, then enters as market or limit order; its trades may
 * reach further stops, which is a loop and ends, because each stop goes once. An
 * order that shows only a part of itself trades that, then goes to the end of its
 * price's queue with the next part.
 *
 * The venue's own orders (the seeded liquidity) stand in the same book. When
 * they come back and cross an order, they trade with it.
 */
#include "fix/decimal.h"
#include "gateway/venue/sim_inside.h"

static bool
buys(const struct sim_order *o)
{
	return o->side == '1';
}

static bool
is_market(const struct sim_order *o)
{
	return o->ord_type == '1' || o->ord_type == '3' || o->ord_type == 'J';
}

static bool
is_stop(const struct sim_order *o)
{
	return o->ord_type == '3' || o->ord_type == '4';
}

static bool
waits(const struct sim_order *o)
{
	return (is_stop(o) || o->ord_type == 'J') && !o->triggered;
}

static bool
reached(const struct sim_order *o)
{
	/* market if touched lies on the other side of the market */
	return buys(o) == (o->ord_type != 'J')
		   ? o->book->last_e8 >= o->stop_e8
		   : o->book->last_e8 <= o->stop_e8;
}

static bool
crosses(const struct sim_order *o, const struct sim_level *l)
{
	if (l == NULL)
		return false;
	if (is_market(o))
		return true;
	return buys(o) ? l->px_e8 <= o->price_e8 : l->px_e8 >= o->price_e8;
}

static struct sim_side *
other_side(const struct sim_order *o)
{
	return buys(o) ? &o->book->offers : &o->book->bids;
}

int64_t
sim_at_once(const struct sim_order *o, int64_t cash_e8)
{
	const struct sim_level *l = other_side(o)->next[0];
	sim_wide sum = 0, left = cash_e8, most;

	for (; crosses(o, l); l = l->next[0]) {
		most = l->leaves_e8;
		if (cash_e8 != 0 && most * l->px_e8 > left * FIX_E8)
			most = left * FIX_E8 / l->px_e8;
		sum += most;
		left -= (most * l->px_e8 + FIX_E8 - 1) / FIX_E8;
		if (sum >= INT64_MAX || (cash_e8 != 0 && left <= 0))
			break;
	}
	return sum >= INT64_MAX ? INT64_MAX : (int64_t)sum;
}

static bool
can_fill(const struct sim_order *o)
{
	const struct sim_level *l = other_side(o)->next[0];
	sim_wide sum = 0;

	for (; crosses(o, l) && sum < sim_leaves(o); l = l->next[0])
		sum += l->leaves_e8;
	return sum >= sim_leaves(o);
}

static void
filled(struct sim *s, struct sim_order *o, int64_t qty, int64_t px)
{
	o->cum_e8 += qty;
	if (o->house)
		return;
	o->status = '1';
	sim_tell_fill(s, o, qty, px);
}

/* What others see of a resting order. */
static int64_t
shown(const struct sim_order *o)
{
	return o->floor_e8 == 0 || o->shown_e8 > sim_leaves(o) ? sim_leaves(o)
							       : o->shown_e8;
}

/* The next part of an order that shows only some of it, behind the others. */
static void
show_more(struct sim *s, struct sim_order *o)
{
	struct sim_side *side = o->side_of;
	struct sim_level *l = o->level;

	o->shown_e8 = o->floor_e8;
	o->rank = sim_next_number(s);
	if (l->last != o) {
		sim_unrest(s, o);
		(void)sim_rest(s, side, o, l->px_e8); /* its level is there */
	}
}

/* The resting one of a trade: does it go on? */
static void
after_fill(struct sim *s, struct sim_order *o)
{
	if (o->house)
		sim_refill_later(s, o->book, s->refill_after_ns);
	if (sim_leaves(o) > 0) {
		if (o->floor_e8 != 0 && o->shown_e8 == 0)
			show_more(s, o);
		if (!o->house)
			sim_keep_order(s, o);
	} else if (o->house) {
		sim_unrest(s, o);
		o->book->house[o->number] = NULL;
		pool_put(&s->orders, o);
	} else {
		sim_end(s, o, '2');
	}
}

static void
bust(struct sim *s, struct sim_order *o, int64_t qty)
{
	char id[SIM_ID_MAX];
	struct venue_event e;

	sim_last_exec_id(s, id);
	o->cum_e8 -= qty;
	e = sim_event(s, o, VENUE_BUST);
	e.ref_exec_id = id;
	sim_tell(s, o, &e, true);
}

static void
trade(struct sim *s, struct sim_order *taker, struct sim_order *maker)
{
	struct sim_book *b = taker->book;
	int64_t px = maker->level->px_e8, qty = sim_leaves(taker);
	int64_t there = shown(maker);
	bool house = maker->house;

	if (qty > there)
		qty = there;
	b->last_e8 = px;
	b->traded = true;
	s->touched = b;
	sim_shrink(maker, qty);
	maker->shown_e8 = there - qty;
	filled(s, maker, qty, px);
	after_fill(s, maker);
	filled(s, taker, qty, px);
	if (house && sim_strikes(s, SIM_F_BUST, s->faults.bust))
		bust(s, taker, qty);
}

static void
match(struct sim *s, struct sim_order *o)
{
	struct sim_side *other = other_side(o);

	if (o->time_in_force == '4' && !can_fill(o))
		return;
	while (sim_leaves(o) > 0 && crosses(o, other->next[0]))
		trade(s, o, other->next[0]->first);
}

static bool
may_rest(const struct sim_order *o)
{
	return !is_market(o) && o->time_in_force != '3' &&
	       o->time_in_force != '4';
}

static void
cancel_rest(struct sim *s, struct sim_order *o, const char *why)
{
	struct venue_event e = sim_event(s, o, VENUE_CANCELED);

	e.text = why;
	sim_tell(s, o, &e, true);
	sim_end(s, o, '4');
}

bool
sim_place(struct sim *s, struct sim_order *o)
{
	struct sim_book *b = o->book;

	if (waits(o) && o->ord_type == 'J')
		return sim_rest(s, buys(o) ? &b->buy_touches : &b->sell_touches,
		    o, o->stop_e8);
	if (waits(o))
		return sim_rest(
		    s, buys(o) ? &b->buy_stops : &b->sell_stops, o, o->stop_e8);
	return sim_rest(s, buys(o) ? &b->bids : &b->offers, o, o->price_e8);
}

/* It met all it could meet. */
static void
finish(struct sim *s, struct sim_order *o)
{
	if (sim_leaves(o) == 0)
		sim_end(s, o, '2');
	else if (!waits(o) && !may_rest(o))
		cancel_rest(s, o, "nothing more to trade with");
	else if (!sim_place(s, o))
		cancel_rest(s, o, "out of memory");
	else
		sim_keep_order(s, o);
}

static void
trigger(struct sim *s, struct sim_order *o)
{
	struct venue_event e;

	o->triggered = true;
	e = sim_event(s, o, VENUE_TRIGGERED);
	sim_tell(s, o, &e, true);
}

void
sim_enter(struct sim *s, struct sim_order *o, bool ack)
{
	bool after = ack && sim_strikes(s, SIM_F_FILL_BEFORE_ACK,
				s->faults.fill_before_ack);

	if (ack && !after)
		sim_tell_ack(s, o);
	if (waits(o) && reached(o))
		trigger(s, o);
	if (!waits(o))
		match(s, o);
	if (after)
		sim_tell_ack(s, o);
	finish(s, o);
}

static struct sim_order *
next_stop(const struct sim_book *b)
{
	const struct sim_side *const sides[] = { &b->buy_stops, &b->sell_stops,
		&b->buy_touches, &b->sell_touches };

	for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]); i++) {
		const struct sim_level *l = sides[i]->next[0];

		if (l != NULL && reached(l->first))
			return l->first;
	}
	return NULL;
}

/* After anything that may have traded: stops, then the new price is told. */
void
sim_fire_stops(struct sim *s, struct sim_book *b)
{
	struct sim_order *o;

	if (!b->traded)
		return;
	while ((o = next_stop(b)) != NULL) {
		sim_unrest(s, o);
		trigger(s, o);
		match(s, o);
		finish(s, o);
	}
	b->traded = false;
	sim_keep_last(s, b);
	sim_tell_mark(s, b);
}

void
sim_refill_later(struct sim *s, struct sim_book *b, int64_t after_ns)
{
	if (b->refilling)
		return;
	b->refilling = true;
	b->refill_ns = s->now.mono.ns + after_ns;
	b->next_refill = NULL;
	if (s->last_refill == NULL)
		s->first_refill = b;
	else
		s->last_refill->next_refill = b;
	s->last_refill = b;
}

/* House order i of a book: bids and offers take turns, outward. */
static bool
house_price(const struct sim_book *b, unsigned i, int64_t *px)
{
	sim_wide away = (sim_wide)(i / 2 + 1) * b->cfg.tick_e8;
	sim_wide p = i % 2 == 0 ? b->cfg.ref_e8 - away : b->cfg.ref_e8 + away;

	*px = (int64_t)p;
	return p > 0 && p <= INT64_MAX;
}

static void
refill_one(struct sim *s, struct sim_book *b, unsigned i, int64_t px)
{
	struct sim_order *o = b->house[i];

	if (o != NULL && o->cum_e8 == 0)
		return;
	if (o == NULL)
		o = pool_get(&s->orders);
	if (o == NULL)
		return;
	sim_unrest(s, o);
	b->house[i] = o;
	o->number = i;
	o->house = true;
	o->book = b;
	o->side = i % 2 == 0 ? '1' : '2';
	o->ord_type = '2';
	o->status = '0';
	o->price_e8 = px;
	o->qty_e8 = b->cfg.size_e8;
	o->cum_e8 = 0;
	match(s, o);
	if (o->cum_e8 > 0)
		sim_refill_later(s, b, s->refill_after_ns);
	if (sim_leaves(o) == 0 || !sim_place(s, o)) {
		b->house[i] = NULL;
		pool_put(&s->orders, o);
	}
}

void
sim_refill(struct sim *s, struct sim_book *b)
{
	unsigned i;
	int64_t px;

	for (i = 0; i < 2 * b->cfg.levels; i++)
		if (house_price(b, i, &px))
			refill_one(s, b, i, px);
	sim_fire_stops(s, b);
}
