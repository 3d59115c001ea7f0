/*
 * Slab pools and hash maps that grow without a pause.
 *
 * A pool hands out zeroed objects of one size from slabs that are never given
 * back before the end. Slabs double up to SLAB_MAX, and large ones ask the
 * kernel for huge pages: one page fault instead of 512. Built with a sanitizer,
 * every object is its own allocation, so that a use after free is seen.
 *
 * A map is a table of hashes and nodes with linear probing, so that a miss
 * touches no node. When it is more than five eighths full, a table is put
 * beside it, and each later insert moves a few slots over: no insert pays for
 * all. Old slots are moved in their order, so the new ones are written in
 * nearly two streams. A node taken out leaves a mark, which the next table does
 * not take over.
 */
#include "config.h"

#include "gateway/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct slab {
	struct slab *next, **prevp;
	size_t bytes;
	_Alignas(max_align_t) unsigned char objects[];
};

#define HUGE_PAGE ((size_t)2 << 20)
#define SLAB_FIRST ((size_t)32 << 10)
#define SLAB_MAX (4 * HUGE_PAGE)
#define MAP_FIRST 1024u /* slots at the start */
#define MAP_MOVE 4      /* slots moved by an insert */

/* Of huge pages where that is worth it, zeroed; to be freed with give_back().
 */
static void *
pages(size_t bytes)
{
	size_t room = bytes + HUGE_PAGE;
	unsigned char *p, *at;

	if (bytes < HUGE_PAGE)
		return calloc(1, bytes);
	p = mmap(NULL, room, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	at = p + (HUGE_PAGE - (uintptr_t)p % HUGE_PAGE) % HUGE_PAGE;
	if (at > p)
		(void)munmap(p, (size_t)(at - p));
	if (at < p + HUGE_PAGE)
		(void)munmap(at + bytes, (size_t)(p + HUGE_PAGE - at));
	(void)madvise(at, bytes, MADV_HUGEPAGE);
	return at;
}

static void
touch(void *p, size_t bytes)
{
#ifdef MADV_POPULATE_WRITE
	uintptr_t from = (uintptr_t)p & ~(uintptr_t)4095;

	(void)madvise((void *)from, (uintptr_t)p + bytes - from,
	    MADV_POPULATE_WRITE);
#else
	(void)p;
	(void)bytes;
#endif
}

static void
give_back(void *p, size_t bytes)
{
	if (bytes < HUGE_PAGE)
		free(p);
	else
		(void)munmap(p, bytes);
}

void
pool_init(struct pool *p, size_t size)
{
	size_t a = _Alignof(max_align_t);

	memset(p, 0, sizeof(*p));
	p->size = (size + a - 1) / a * a;
}

void
pool_fini(struct pool *p)
{
	struct slab *s;

	while ((s = p->slabs) != NULL) {
		p->slabs = s->next;
		give_back(s, s->bytes);
	}
	pool_init(p, p->size);
}

static struct slab *
slab_add(struct pool *p, size_t bytes)
{
	struct slab *s = pages(bytes);

	if (s == NULL)
		return NULL;
	s->bytes = bytes;
	s->next = p->slabs;
	s->prevp = &p->slabs;
	if (s->next != NULL)
		s->next->prevp = &s->next;
	p->slabs = s;
	return s;
}

#ifdef SANITIZED

bool
pool_reserve(struct pool *p, size_t n)
{
	(void)p, (void)n;
	return true;
}

bool
pool_prepare(struct pool *p, size_t n)
{
	(void)p, (void)n;
	return true;
}

void *
pool_get(struct pool *p)
{
	struct slab *s = slab_add(p, sizeof(*s) + p->size);

	return s == NULL ? NULL : s->objects;
}

void
pool_put(struct pool *p, void *obj)
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

/* Objects in a slab of so many bytes. */
static size_t
holds(const struct pool *p, size_t bytes)
{
	return (bytes - sizeof(struct slab)) / p->size;
}

static size_t
next_slab(const struct pool *p)
{
	size_t bytes = p->slab_bytes == 0 ? SLAB_FIRST : p->slab_bytes * 2;

	if (bytes > SLAB_MAX)
		bytes = SLAB_MAX;
	while (holds(p, bytes) < POOL_RESERVE_MAX)
		bytes *= 2;
	return bytes;
}

/* @return false: out of memory */
static bool
cut_from(struct pool *p, size_t bytes)
{
	struct slab *s = slab_add(p, bytes);

	if (s == NULL)
		return false;
	while (p->n_fresh > 0) /* of the slab before */
		pool_put(p, p->fresh + --p->n_fresh * p->size);
	p->fresh = s->objects;
	p->n_fresh = holds(p, bytes);
	return true;
}

bool
pool_reserve(struct pool *p, size_t n)
{
	size_t bytes = next_slab(p);

	assert(n <= POOL_RESERVE_MAX);
	if (p->n_free + p->n_fresh >= n)
		return true;
	if (!cut_from(p, bytes))
		return false;
	p->slab_bytes = bytes;
	return true;
}

bool
pool_prepare(struct pool *p, size_t n)
{
	size_t bytes = sizeof(struct slab) + n * p->size;

	if (n == 0)
		return true;
	if (bytes > HUGE_PAGE)
		bytes += HUGE_PAGE - bytes % HUGE_PAGE;
	if (!cut_from(p, bytes))
		return false;
	touch(p->slabs, bytes);
	return true;
}

/* A slab is cut from its end as it is needed, so that what is not needed is not
 * touched. */
void *
pool_get(struct pool *p)
{
	void *obj = p->free;

	if (obj != NULL) {
		memcpy(&p->free, obj, sizeof(p->free));
		p->n_free--;
	} else {
		if (!pool_reserve(p, 1))
			return NULL;
		obj = p->fresh + --p->n_fresh * p->size;
	}
	return memset(obj, 0, p->size);
}

void
pool_put(struct pool *p, void *obj)
{
	memcpy(obj, &p->free, sizeof(p->free));
	p->free = obj;
	p->n_free++;
}

#endif

/* --- maps -------------------------------------------------------------------
 */

static struct node gone; /* stands where one was taken out */

bool
hmap_init(struct hmap *m)
{
	memset(m, 0, sizeof(*m));
	m->slots = pages(MAP_FIRST * sizeof(*m->slots));
	m->mask = MAP_FIRST - 1;
	return m->slots != NULL;
}

static void
drop(struct slot **slots, size_t mask)
{
	if (*slots != NULL)
		give_back(*slots, (mask + 1) * sizeof(**slots));
	*slots = NULL;
}

void
hmap_fini(struct hmap *m)
{
	drop(&m->slots, m->mask);
	drop(&m->old, m->old_mask);
	memset(m, 0, sizeof(*m));
}

static void
put_slot(struct hmap *m, uint64_t hash, struct node *n)
{
	size_t i = hash & m->mask;

	while (m->slots[i].node != NULL)
		i = (i + 1) & m->mask;
	m->slots[i] = (struct slot){ hash, n };
	m->used++;
}

static void
move_slots(struct hmap *m, size_t count)
{
	for (; m->old != NULL && count > 0; count--) {
		struct slot *s = &m->old[m->moved];

		if (s->node != NULL && s->node != &gone) {
			put_slot(m, s->hash, s->node);
			s->node = &gone;
		}
		if (m->moved++ == m->old_mask)
			drop(&m->old, m->old_mask);
	}
}

/* Twice as large, or as large again where a third and more is gone. */
static bool
grow(struct hmap *m)
{
	size_t have = m->mask + 1;
	size_t n = m->count < have * 3 / 8 ? have : have * 2;
	struct slot *slots = pages(n * sizeof(*slots));

	if (slots == NULL)
		return false;
	m->old = m->slots;
	m->old_mask = m->mask;
	m->moved = 0;
	m->used = 0;
	m->slots = slots;
	m->mask = n - 1;
	return true;
}

bool
hmap_prepare(struct hmap *m, size_t n)
{
	size_t want = MAP_FIRST;
	struct slot *slots;

	while (want * 5 / 8 < n)
		want *= 2;
	if (m->used > 0 || m->old != NULL || want <= m->mask + 1)
		return true;
	slots = pages(want * sizeof(*slots));
	if (slots == NULL)
		return false;
	touch(slots, want * sizeof(*slots));
	drop(&m->slots, m->mask);
	m->slots = slots;
	m->mask = want - 1;
	return true;
}

bool
hmap_reserve(struct hmap *m, size_t n)
{
	assert(n <= POOL_RESERVE_MAX);
	if (m->old != NULL || m->used + n <= (m->mask + 1) * 5 / 8)
		return true;
	return grow(m) || m->used + n <= m->mask;
}

void
hmap_put(struct hmap *m, struct node *n, uint64_t hash)
{
	bool room;

	move_slots(m, MAP_MOVE);
	room = hmap_reserve(m, 1);
	assert(room);
	(void)room;
	n->hash = hash;
	put_slot(m, hash, n);
	m->count++;
}

static bool
take_out(struct slot *slots, size_t mask, const struct node *n)
{
	for (size_t i = n->hash & mask; slots[i].node != NULL;
	     i = (i + 1) & mask) {
		if (slots[i].node == n) {
			slots[i].node = &gone;
			return true;
		}
	}
	return false;
}

void
hmap_del(struct hmap *m, struct node *n)
{
	if (take_out(m->slots, m->mask, n) ||
	    (m->old != NULL && take_out(m->old, m->old_mask, n)))
		m->count--;
}

static struct node *
find_in(const struct slot *slots, size_t mask, uint64_t hash, hmap_eq *eq,
    const void *key)
{
	for (size_t i = hash & mask; slots[i].node != NULL;
	     i = (i + 1) & mask) {
		if (slots[i].hash == hash && slots[i].node != &gone &&
		    eq(slots[i].node, key))
			return slots[i].node;
	}
	return NULL;
}

struct node *
hmap_find(const struct hmap *m, uint64_t hash, hmap_eq *eq, const void *key)
{
	struct node *n = find_in(m->slots, m->mask, hash, eq, key);

	if (n == NULL && m->old != NULL)
		n = find_in(m->old, m->old_mask, hash, eq, key);
	return n;
}

void
hmap_each(struct hmap *m, void (*fn)(void *arg, struct node *n), void *arg)
{
	move_slots(m, SIZE_MAX);
	for (size_t i = 0; i <= m->mask; i++) {
		if (m->slots[i].node != NULL && m->slots[i].node != &gone)
			fn(arg, m->slots[i].node);
	}
}

static uint64_t
fold(uint64_t a, uint64_t b)
{
	unsigned __int128 p = (unsigned __int128)a * b;

	return (uint64_t)p ^ (uint64_t)(p >> 64);
}

uint64_t
hash_bytes(uint64_t seed, const void *p, size_t len)
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
