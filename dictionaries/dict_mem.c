/*
 * Memory and text tables for dictionaries.
 *
 * A dictionary is built once and read by everybody afterwards, so its parts
 * are cut from large chunks that are freed together. The text table maps names
 * to numbers: fields, message types, components. Keys are owned by whoever
 * adds them; in practice by the dictionary's own arena.
 *
 * Nothing here knows FIX.
 */
#include "dictionaries/dict_impl.h"

#include <stdlib.h>

#define CHUNK_BYTES (128u << 10)

struct dict_chunk {
	struct dict_chunk *before;
	max_align_t bytes[];
};

void *
dict_alloc(struct dict_arena *a, size_t n)
{
	struct dict_chunk *c;
	size_t room;
	uint8_t *p;

	n = (n + 15) & ~(size_t)15;
	if (n > a->cap - a->used) {
		room = n > CHUNK_BYTES ? n : CHUNK_BYTES;
		c = calloc(1, sizeof(*c) + room);
		if (c == NULL)
			return NULL;
		c->before = a->last;
		a->last = c;
		a->cap = room;
		a->used = 0;
	}
	p = (uint8_t *)a->last->bytes + a->used;
	a->used += n;
	return p;
}

char *
dict_strdup(struct dict_arena *a, const char *s, size_t n)
{
	char *p = dict_alloc(a, n + 1);

	if (p != NULL) {
		memcpy(p, s, n);
		p[n] = '\0';
	}
	return p;
}

void
dict_arena_free(struct dict_arena *a)
{
	struct dict_chunk *c, *before;

	for (c = a->last; c != NULL; c = before) {
		before = c->before;
		free(c);
	}
	memset(a, 0, sizeof(*a));
}

uint32_t
dict_hash(const void *p, size_t n)
{
	const uint8_t *b = p;
	uint32_t h = 2166136261u;
	size_t i;

	for (i = 0; i < n; i++)
		h = (h ^ b[i]) * 16777619u;
	return h ^ (h >> 15);
}

/* Where a key stands, or the free place where it would. */
static uint32_t
place_of(const struct dict_names *t, const char *key, size_t len)
{
	uint32_t i = dict_hash(key, len) & (t->cap - 1);

	while (t->keys[i] != NULL) {
		if (strncmp(t->keys[i], key, len) == 0 &&
		    t->keys[i][len] == '\0')
			break;
		i = (i + 1) & (t->cap - 1);
	}
	return i;
}

static int
grow(struct dict_names *t)
{
	struct dict_names bigger = { 0 };
	uint32_t i, at;

	bigger.cap = t->cap == 0 ? 64 : t->cap * 2;
	bigger.n = t->n;
	bigger.keys = calloc(bigger.cap, sizeof(*bigger.keys));
	bigger.values = calloc(bigger.cap, sizeof(*bigger.values));
	if (bigger.keys == NULL || bigger.values == NULL) {
		dict_names_free(&bigger);
		return -FIX_E_NOMEM;
	}
	for (i = 0; i < t->cap; i++) {
		if (t->keys[i] == NULL)
			continue;
		at = place_of(&bigger, t->keys[i], strlen(t->keys[i]));
		bigger.keys[at] = t->keys[i];
		bigger.values[at] = t->values[i];
	}
	dict_names_free(t);
	*t = bigger;
	return 0;
}

int
dict_names_add(struct dict_names *t, const char *key, uint32_t *value)
{
	uint32_t at;

	if (t->n >= t->cap / 2 && grow(t) != 0)
		return -FIX_E_NOMEM;
	at = place_of(t, key, strlen(key));
	if (t->keys[at] != NULL) {
		*value = t->values[at];
		return -FIX_E_EXISTS;
	}
	t->keys[at] = key;
	t->values[at] = *value;
	t->n++;
	return 0;
}

bool
dict_names_find(
    const struct dict_names *t, const char *key, size_t len, uint32_t *value)
{
	uint32_t at;

	if (t->n == 0)
		return false;
	at = place_of(t, key, len);
	if (t->keys[at] == NULL)
		return false;
	*value = t->values[at];
	return true;
}

void
dict_names_free(struct dict_names *t)
{
	free(t->keys);
	free(t->values);
	memset(t, 0, sizeof(*t));
}
