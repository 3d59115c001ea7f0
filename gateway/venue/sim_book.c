/*
 * Price levels of a side of a book.
 *
 * A side is a skip list of levels, the best price first: finding a price among
 * n takes log n steps, the best is the head, the next one a pointer away. A
 * level's height comes from its price, so the same book always has the same
 * shape. Orders of a level are a list by time that runs through the orders.
 */
#include <stdlib.h>

#include "gateway/venue/sim_inside.h"

static bool
better(const struct sim_side *side, int64_t a, int64_t b)
{
	return side->down ? a > b : a < b;
}

/* For each height, the links that a level at px stands behind. */
static void
find_links(struct sim_side *side, int64_t px, struct sim_level **at[SIM_HEIGHT])
{
	struct sim_level **links = side->next;
	int h;

	for (h = SIM_HEIGHT - 1; h >= 0; h--) {
		while (links[h] != NULL && better(side, links[h]->px_e8, px))
			links = links[h]->next;
		at[h] = &links[h];
	}
}

/* One in 4 is higher than 1, one in 16 higher than 2 ... */
static unsigned
height_of(int64_t px)
{
	uint64_t x = (uint64_t)px * UINT64_C(0x9e3779b97f4a7c15);
	unsigned h = 1;

	for (x ^= x >> 31; h < SIM_HEIGHT && (x & 3) == 0; x >>= 2)
		h++;
	return h;
}

static struct sim_level *
level_at(struct sim *s, struct sim_side *side, int64_t px)
{
	struct sim_level **at[SIM_HEIGHT], *l;
	unsigned h;

	find_links(side, px, at);
	if (*at[0] != NULL && (*at[0])->px_e8 == px)
		return *at[0];
	l = pool_get(&s->levels);
	if (l == NULL)
		return NULL;
	l->px_e8 = px;
	l->height = height_of(px);
	for (h = 0; h < l->height; h++) {
		l->next[h] = *at[h];
		*at[h] = l;
	}
	return l;
}

static void
drop_level(struct sim *s, struct sim_side *side, struct sim_level *l)
{
	struct sim_level **at[SIM_HEIGHT];
	unsigned h;

	find_links(side, l->px_e8, at);
	for (h = 0; h < l->height; h++)
		*at[h] = l->next[h];
	pool_put(&s->levels, l);
}

/* Put it at the end of its price's queue. @return false: no memory */
bool
sim_rest(
    struct sim *s, struct sim_side *side, struct sim_order *o, int64_t px_e8)
{
	struct sim_level *l = level_at(s, side, px_e8);

	if (l == NULL)
		return false;
	o->prev = l->last;
	o->next = NULL;
	if (l->last == NULL)
		l->first = o;
	else
		l->last->next = o;
	l->last = o;
	l->leaves_e8 += sim_leaves(o);
	o->level = l;
	o->side_of = side;
	return true;
}

void
sim_unrest(struct sim *s, struct sim_order *o)
{
	struct sim_level *l = o->level;

	if (l == NULL)
		return;
	if (o->prev == NULL)
		l->first = o->next;
	else
		o->prev->next = o->next;
	if (o->next == NULL)
		l->last = o->prev;
	else
		o->next->prev = o->prev;
	l->leaves_e8 -= sim_leaves(o);
	if (l->first == NULL)
		drop_level(s, o->side_of, l);
	o->level = NULL;
	o->side_of = NULL;
	o->prev = o->next = NULL;
}

void
sim_shrink(struct sim_order *o, int64_t by_e8)
{
	if (o->level != NULL)
		o->level->leaves_e8 -= by_e8;
}
