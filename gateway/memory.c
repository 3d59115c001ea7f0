/*
 * Slab pools and incremental hash maps.
 *
 * A pool hands out zeroed objects of one size from slabs that are never given
 * back before the end. Built with a sanitizer, every object is its own
 * allocation, so that a use after free is seen.
 *
 * A map chains nodes that live inside the objects. When it is full, a table
 * twice as large is put beside the old one and each later insert moves a few
 * slots over: no insert pays for all. If there is no memory for a larger
 * table the chains grow longer and nothing else happens.
 */
#include "config.h"

#include "gateway/order/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct slab {
	struct slab *next, **prevp;
	_Alignas(max_align_t) unsigned char objects[];
};

#define MAP_FIRST 1024u /* slots at the start */
#define MAP_MOVE 4      /* slots moved by an insert */

void
order_pool_init(struct pool *p, size_t size, size_t step)
{
	size_t a = _Alignof(max_align_t);

	memset(p, 0, sizeof(*p));
	p->size = (size + a - 1) / a * a;
	p->step = step;
}

void
order_pool_fini(struct pool *p)
{
	struct slab *s;

	while ((s = p->slabs) != NULL) {
		p->slabs = s->next;
		free(s);
	}
	memset(p, 0, sizeof(*p));
}

static struct slab *
slab_add(struct pool *p, size_t n)
{
	struct slab *s = malloc(sizeof(*s) + n * p->size);

	if (s == NULL)
		return NULL;
	s->next = p->slabs;
	s->prevp = &p->slabs;
	if (s->next != NULL)
		s->next->prevp = &s->next;
	p->slabs = s;
	return s;
}

#ifdef SANITIZED

bool
order_pool_reserve(struct pool *p, size_t n)
{
	(void)p, (void)n;
	return true;
}

void *
order_pool_get(struct pool *p)
{
	struct slab *s = slab_add(p, 1);

	return s == NULL ? NULL : memset(s->objects, 0, p->size);
}

void
order_pool_put(struct pool *p, void *obj)
{
	struct slab *s;

	(void)p;
	s = (void *)((unsigned char *)obj - offsetof(struct slab, objects));
	*s->prevp = s->next;
	if (s->next != NULL)
		s->next->prevp = s->prevp;
	free(s);
}

#else

bool
order_pool_reserve(struct pool *p, size_t n)
{
	struct slab *s;

	assert(n <= p->step);
	if (p->n_free + p->n_fresh >= n)
		return true;
	s = slab_add(p, p->step);
	if (s == NULL)
		return false;
	while (p->n_fresh > 0) /* of the slab before */
		order_pool_put(p, p->fresh + --p->n_fresh * p->size);
	p->fresh = s->objects;
	p->n_fresh = p->step;
	return true;
}

/* A slab is cut as it is needed, so its pages are touched one by one. */
void *
order_pool_get(struct pool *p)
{
	void *obj = p->free;

	if (obj != NULL) {
		memcpy(&p->free, obj, sizeof(p->free));
		p->n_free--;
	} else {
		if (!order_pool_reserve(p, 1))
			return NULL;
		obj = p->fresh + --p->n_fresh * p->size;
	}
	return memset(obj, 0, p->size);
}

void
order_pool_put(struct pool *p, void *obj)
{
	memcpy(obj, &p->free, sizeof(p->free));
	p->free = obj;
	p->n_free++;
}

#endif

bool
order_map_init(struct map *m)
{
	memset(m, 0, sizeof(*m));
	m->slots = calloc(MAP_FIRST, sizeof(struct node *));
	m->mask = MAP_FIRST - 1;
	return m->slots != NULL;
}

void
order_map_fini(struct map *m)
{
	free(m->slots);
	free(m->old);
	memset(m, 0, sizeof(*m));
}

static void
link_node(struct map *m, struct node *n)
{
	struct node **slot = &m->slots[n->hash & m->mask];

	n->next = *slot;
	*slot = n;
}

/* What the next insert moves, the cache has by then. */
static void
fetch_ahead(const struct map *m)
{
	for (size_t i = 0; i < MAP_MOVE && m->moved + i <= m->old_mask; i++)
		__builtin_prefetch(m->old[m->moved + i]);
}

static void
move_slots(struct map *m, size_t count)
{
	struct node *n;

	for (; m->old != NULL && count > 0; count--) {
		while ((n = m->old[m->moved]) != NULL) {
			m->old[m->moved] = n->next;
			link_node(m, n);
		}
		if (m->moved++ == m->old_mask) {
			free(m->old);
			m->old = NULL;
		}
	}
	if (m->old != NULL)
		fetch_ahead(m);
}

static void
grow(struct map *m)
{
	size_t n = (m->mask + 1) * 2;
	struct node **slots = calloc(n, sizeof(*slots));

	if (slots == NULL)
		return;
	m->old = m->slots;
	m->old_mask = m->mask;
	m->moved = 0;
	m->slots = slots;
	m->mask = n - 1;
}

void
order_map_put(struct map *m, struct node *n, uint64_t hash)
{
	move_slots(m, MAP_MOVE);
	if (m->old == NULL && m->count > m->mask)
		grow(m);
	n->hash = hash;
	link_node(m, n);
	m->count++;
}

static bool
unlink_node(struct node **slot, struct node *n)
{
	for (; *slot != NULL; slot = &(*slot)->next) {
		if (*slot == n) {
			*slot = n->next;
			return true;
		}
	}
	return false;
}

void
order_map_del(struct map *m, struct node *n)
{
	if (unlink_node(&m->slots[n->hash & m->mask], n) ||
	    (m->old != NULL && unlink_node(&m->old[n->hash & m->old_mask], n)))
		m->count--;
}

static struct node *
find_in(struct node *n, uint64_t hash, map_eq *eq, const void *key)
{
	for (; n != NULL; n = n->next) {
		if (n->hash == hash && eq(n, key))
			return n;
	}
	return NULL;
}

struct node *
order_map_find(const struct map *m, uint64_t hash, map_eq *eq, const void *key)
{
	struct node *n = find_in(m->slots[hash & m->mask], hash, eq, key);

	if (n == NULL && m->old != NULL)
		n = find_in(m->old[hash & m->old_mask], hash, eq, key);
	return n;
}

void
order_map_each(struct map *m, void (*fn)(void *arg, struct node *n), void *arg)
{
	struct node *n, *next;
	size_t i;

	move_slots(m, SIZE_MAX);
	for (i = 0; i <= m->mask; i++) {
		for (n = m->slots[i]; n != NULL; n = next) {
			next = n->next;
			fn(arg, n);
		}
	}
}

static uint64_t
fold(uint64_t a, uint64_t b)
{
	unsigned __int128 p = (unsigned __int128)a * b;

	return (uint64_t)p ^ (uint64_t)(p >> 64);
}

uint64_t
order_hash_bytes(uint64_t seed, const void *p, size_t len)
{
	const unsigned char *in = p;
	uint64_t h = seed ^ UINT64_C(0x9e3779b97f4a7c15), w;

	for (; len >= 8; in += 8, len -= 8) {
		memcpy(&w, in, 8);
		h = fold(h ^ w, UINT64_C(0xd6e8feb86659fd93));
	}
	w = len;
	if (len > 0)
		memcpy(&w, in, len);
	return fold(h ^ w ^ (uint64_t)len << 56, UINT64_C(0xa0761d6478bd642f));
}
