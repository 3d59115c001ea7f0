/*
 * Price levels of a side of a book, and the memory of the venue.
 *
 * A side is a skip list of levels, the best price first: finding a price among
 * n takes log n steps, the best is the head, the next one a pointer away. A
 * level's height comes from its price, so the same book always has the same
 * shape. Orders of a level are a list by time that runs through the orders.
 * Pieces come from pools, which grow by chunks and never shrink.
 */
#include <stdlib.h>

#include "gateway/venue/sim_inside.h"

#define PER_CHUNK 256

/* AddressSanitizer is told which pieces are nobody's. */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define POISON 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(POISON)
#include <sanitizer/asan_interface.h>
#define HIDE(p, n) ASAN_POISON_MEMORY_REGION(p, n)
#define SHOW(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#else
#define HIDE(p, n) ((void)(p))
#define SHOW(p, n) ((void)(p))
#endif

struct chunk {
	struct chunk *next;
	_Alignas(16) unsigned char piece[];
};

static bool
grow(struct sim_pool *p)
{
	struct chunk *c = malloc(sizeof(*c) + PER_CHUNK * p->bytes);
	size_t i;

	if (c == NULL)
		return false;
	c->next = p->chunks;
	p->chunks = c;
	for (i = PER_CHUNK; i-- > 0;)
		sim_pool_put(p, c->piece + i * p->bytes);
	return true;
}

/* A piece, zeroed; NULL: no memory. */
void *
sim_pool_get(struct sim_pool *p)
{
	void *piece;

	if (p->spare == NULL && !grow(p))
		return NULL;
	piece = p->spare;
	SHOW(piece, p->bytes);
	memcpy(&p->spare, piece, sizeof(p->spare));
	memset(piece, 0, p->bytes);
	return piece;
}

void
sim_pool_put(struct sim_pool *p, void *piece)
{
	memcpy(piece, &p->spare, sizeof(p->spare));
	p->spare = piece;
	HIDE(piece, p->bytes);
}

void
sim_pool_free(struct sim_pool *p)
{
	struct chunk *c, *next;

	for (c = p->chunks; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	p->chunks = p->spare = NULL;
}

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
	l = sim_pool_get(&s->levels);
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
	sim_pool_put(&s->levels, l);
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
