/*
 * A hash map of things that carry their own link.
 *
 * Buckets are chained lists, so a look-up needs no memory and an entry never
 * moves. The map grows in map_reserve(), called before an entry is added; names
 * that are hashed come from the settings and from venues, never from a client:
 * a client can only look up.
 */
#include <stdlib.h>

#include "risk/inside.h"

static void
put(struct link **bucket, size_t n_bucket, struct link *l)
{
	struct link **at = &bucket[l->hash & (n_bucket - 1)];

	l->next = *at;
	*at = l;
}

/* Room for n more entries. */
int
map_reserve(struct map *m, size_t n)
{
	struct link **bigger;
	struct link *l, *next;
	size_t i, want = 64;

	while (want < m->n + n)
		want *= 2;
	if (want <= m->n_bucket)
		return 0;
	bigger = calloc(want, sizeof(struct link *));
	if (bigger == NULL)
		return -FIX_E_NOMEM;
	for (i = 0; i < m->n_bucket; i++)
		for (l = m->bucket[i]; l != NULL; l = next) {
			next = l->next;
			put(bigger, want, l);
		}
	free(m->bucket);
	m->bucket = bigger;
	m->n_bucket = want;
	return 0;
}

void
map_add(struct map *m, struct link *l, uint64_t hash)
{
	l->hash = hash;
	put(m->bucket, m->n_bucket, l);
	m->n++;
}

void
map_del(struct map *m, struct link *l)
{
	struct link **at = &m->bucket[l->hash & (m->n_bucket - 1)];

	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	m->n--;
}

static struct link *
same(struct link *l, uint64_t hash)
{
	while (l != NULL && l->hash != hash)
		l = l->next;
	return l;
}

struct link *
map_first(const struct map *m, uint64_t hash)
{
	if (m->n_bucket == 0)
		return NULL;
	return same(m->bucket[hash & (m->n_bucket - 1)], hash);
}

/* The next entry of the same hash. */
struct link *
map_after(const struct link *l)
{
	return same(l->next, l->hash);
}

/* The entries belong to others. */
void
map_free(struct map *m)
{
	free(m->bucket);
	*m = (struct map){ 0 };
}

uint64_t
risk_hash_bytes(uint64_t seed, const void *p, size_t len)
{
	const uint8_t *b = p;
	uint64_t h = UINT64_C(0xcbf29ce484222325) ^ seed;

	while (len-- > 0)
		h = (h ^ *b++) * UINT64_C(0x100000001b3);
	return h ^ (h >> 32);
}

uint64_t
hash_two(uint32_t a, uint32_t b)
{
	uint64_t h = ((uint64_t)a << 32 | b) * UINT64_C(0x9e3779b97f4a7c15);

	return h ^ (h >> 29);
}
