/*
 * A table by open addressing. Keys stay once they came, with an empty value
 * when they are forgotten: there are as many as sessions and positions.
 */
#include "gateway/auditor/pairs.h"

#include <stdlib.h>

static uint32_t
hash(struct fix_span key)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < key.len; i++)
		h = (h ^ key.p[i]) * 16777619u;
	return h;
}

static uint32_t *
slot_of(const struct pairs *p, struct fix_span key)
{
	uint32_t i = hash(key) & p->mask;

	for (; p->slots[i] != 0; i = (i + 1) & p->mask) {
		const struct pair *q = p->list[p->slots[i] - 1];
		struct fix_span its = { q->key, q->key_len };

		if (fix_span_eq(its, key))
			break;
	}
	return &p->slots[i];
}

static int
grow(struct pairs *p)
{
	uint32_t cap = p->cap == 0 ? 64 : p->cap * 2;
	uint32_t *slots = calloc((size_t)cap * 2, sizeof(*slots));
	struct pair **list =
	    slots == NULL ? NULL : realloc(p->list, cap * sizeof(*list));

	if (list == NULL) {
		free(slots);
		return -FIX_E_NOMEM;
	}
	free(p->slots);
	p->list = list;
	p->slots = slots;
	p->cap = cap;
	p->mask = cap * 2 - 1;
	for (uint32_t i = 0; i < p->n; i++) {
		struct fix_span key = { list[i]->key, list[i]->key_len };

		*slot_of(p, key) = i + 1;
	}
	return 0;
}

struct fix_span
pairs_get(const struct pairs *p, struct fix_span key)
{
	struct fix_span none = { NULL, 0 };
	const struct pair *q;
	uint32_t at = p->n == 0 ? 0 : *slot_of(p, key);

	if (at == 0)
		return none;
	q = p->list[at - 1];
	return (struct fix_span){ q->value, q->value_len };
}

int
pairs_put(struct pairs *p, struct fix_span key, struct fix_span value)
{
	struct pair *q;
	uint32_t *slot;
	int rc = p->n == p->cap ? grow(p) : 0;

	if (key.len > PAIR_KEY_MAX || value.len > PAIR_VALUE_MAX)
		return -FIX_E_TOOBIG;
	if (rc != 0)
		return rc;
	slot = slot_of(p, key);
	if (*slot == 0) {
		q = calloc(1, sizeof(*q));
		if (q == NULL)
			return -FIX_E_NOMEM;
		q->key_len = (uint16_t)key.len;
		memcpy(q->key, key.p, key.len);
		p->list[p->n++] = q;
		*slot = p->n;
	}
	q = p->list[*slot - 1];
	if (fix_span_eq((struct fix_span){ q->value, q->value_len }, value))
		return 0;
	q->value_len = (uint16_t)value.len;
	if (value.len > 0)
		memcpy(q->value, value.p, value.len);
	return 1;
}

void
pairs_fini(struct pairs *p)
{
	for (uint32_t i = 0; i < p->n; i++)
		free(p->list[i]);
	free(p->list);
	free(p->slots);
	memset(p, 0, sizeof(*p));
}
