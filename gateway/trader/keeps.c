/*
 * Rows of a turn in a flat hash map: a list in the order in which keys came,
 * slots that point into it, and one stretch of bytes for keys and values. A
 * value that grows moves to the end. Nothing is freed between turns.
 */
#include "gateway/trader/keeps.h"

#include <stdlib.h>
#include <string.h>

#define LIST_FIRST 256u
#define BYTES_FIRST (64u * 1024)

static uint64_t
mix(uint64_t a, uint64_t b)
{
	unsigned __int128 p = (unsigned __int128)a * b;

	return (uint64_t)p ^ (uint64_t)(p >> 64);
}

static uint64_t
hash_of(enum fix_table table, struct fix_span key)
{
	uint64_t h = mix((uint64_t)table << 32 | key.len,
	    UINT64_C(0x9e3779b97f4a7c15)), w;
	const uint8_t *p = key.p;
	size_t n = key.len;

	for (; n >= 8; p += 8, n -= 8) {
		memcpy(&w, p, 8);
		h = mix(h ^ w, UINT64_C(0xd6e8feb86659fd93));
	}
	w = 0;
	if (n > 0)
		memcpy(&w, p, n);
	return mix(h ^ w, UINT64_C(0xa0761d6478bd642f));
}

static uint32_t *
slot_of(const struct keeps *k, uint64_t hash, enum fix_table table,
    struct fix_span key)
{
	uint32_t i = (uint32_t)hash & k->mask;
	const struct keep *e;

	for (; k->slots[i] != 0; i = (i + 1) & k->mask) {
		e = &k->list[k->slots[i] - 1];
		if (e->hash == hash && e->table == table &&
		    fix_span_eq(keeps_key(k, e), key))
			break;
	}
	return &k->slots[i];
}

/* Twice as many slots as entries, so that a search stays short. */
static int
more_entries(struct keeps *k)
{
	uint32_t cap = k->cap == 0 ? LIST_FIRST : k->cap * 2;
	struct keep *list = realloc(k->list, cap * sizeof(*list));
	uint32_t *slots;

	if (list == NULL)
		return -FIX_E_NOMEM;
	k->list = list;
	slots = calloc((size_t)cap * 2, sizeof(*slots));
	if (slots == NULL)
		return -FIX_E_NOMEM;
	free(k->slots);
	k->slots = slots;
	k->cap = cap;
	k->mask = cap * 2 - 1;
	for (uint32_t i = 0; i < k->n; i++) {
		const struct keep *e = &k->list[i];

		*slot_of(k, e->hash, (enum fix_table)e->table,
		    keeps_key(k, e)) = i + 1;
	}
	return 0;
}

/* @return 0: room for n more bytes */
static int
more_bytes(struct keeps *k, size_t n)
{
	size_t cap = k->bytes_cap == 0 ? BYTES_FIRST : k->bytes_cap;
	uint8_t *bytes;

	if (k->len + n <= k->bytes_cap)
		return 0;
	if (k->len + n > UINT32_MAX)
		return -FIX_E_TOOBIG;
	while (cap < k->len + n)
		cap *= 2;
	bytes = realloc(k->bytes, cap);
	if (bytes == NULL)
		return -FIX_E_NOMEM;
	k->bytes = bytes;
	k->bytes_cap = cap;
	return 0;
}

static uint32_t
add_bytes(struct keeps *k, struct fix_span v)
{
	uint32_t at = (uint32_t)k->len;

	if (v.len > 0)
		memcpy(k->bytes + at, v.p, v.len);
	k->len += v.len;
	return at;
}

static int
set_value(struct keeps *k, struct keep *e, struct fix_span value)
{
	int rc;

	if (value.len > e->value_cap) {
		rc = more_bytes(k, value.len);
		if (rc != 0)
			return rc;
		e->value = add_bytes(k, value);
		e->value_cap = (uint32_t)value.len;
	} else if (value.len > 0) {
		memcpy(k->bytes + e->value, value.p, value.len);
	}
	e->value_len = (uint32_t)value.len;
	return 0;
}

int
keeps_put(struct keeps *k, enum fix_table table, uint32_t session,
    struct fix_span key, struct fix_span value)
{
	uint64_t hash = hash_of(table, key);
	uint32_t *slot;
	struct keep *e;
	int rc = k->n == k->cap ? more_entries(k) : 0;

	if (rc == 0)
		rc = more_bytes(k, key.len + value.len);
	if (rc != 0)
		return rc;
	slot = slot_of(k, hash, table, key);
	if (*slot != 0)
		return set_value(k, &k->list[*slot - 1], value);
	e = &k->list[k->n];
	*e = (struct keep){ .hash = hash, .session = session,
		.table = (uint16_t)table, .key_len = (uint16_t)key.len };
	e->off = add_bytes(k, key);
	rc = set_value(k, e, value);
	if (rc == 0)
		*slot = ++k->n;
	return rc;
}

struct fix_span
keeps_key(const struct keeps *k, const struct keep *e)
{
	return (struct fix_span){ k->bytes + e->off, e->key_len };
}

struct fix_span
keeps_value(const struct keeps *k, const struct keep *e)
{
	return (struct fix_span){ k->bytes + e->value, e->value_len };
}

void
keeps_clear(struct keeps *k)
{
	for (uint32_t i = 0; i < k->n; i++) {
		uint32_t at = (uint32_t)k->list[i].hash & k->mask;

		for (; k->slots[at] != 0; at = (at + 1) & k->mask)
			k->slots[at] = 0;
	}
	k->n = 0;
	k->len = 0;
}

void
keeps_fini(struct keeps *k)
{
	free(k->list);
	free(k->slots);
	free(k->bytes);
	memset(k, 0, sizeof(*k));
}
