/* A binary heap of deadlines; see timers.h for what makes it cheap. */
#include "gateway/trader/timers.h"

#include <assert.h>
#include <stdlib.h>

int
timers_init(struct timers *h, uint32_t n)
{
	h->heap = calloc((size_t)n + 1, sizeof(struct timer *));
	h->n = 0;
	h->cap = n;
	return h->heap == NULL ? -FIX_E_NOMEM : 0;
}

void
timers_fini(struct timers *h)
{
	free(h->heap);
	h->heap = NULL;
}

static void
put(struct timers *h, uint32_t i, struct timer *t)
{
	h->heap[i] = t;
	t->place = i;
}

static void
rise(struct timers *h, uint32_t i, struct timer *t)
{
	while (i > 1 && h->heap[i / 2]->at > t->at) {
		put(h, i, h->heap[i / 2]);
		i /= 2;
	}
	put(h, i, t);
}

static void
sink(struct timers *h, uint32_t i, struct timer *t)
{
	while (i * 2 <= h->n) {
		uint32_t kid = i * 2;

		if (kid < h->n && h->heap[kid + 1]->at < h->heap[kid]->at)
			kid++;
		if (h->heap[kid]->at >= t->at)
			break;
		put(h, i, h->heap[kid]);
		i = kid;
	}
	put(h, i, t);
}

void
timers_set(struct timers *h, struct timer *t, int64_t at)
{
	if (at == FIX_MONO_NEVER)
		return;
	if (t->place == 0) {
		assert(h->n < h->cap);
		t->at = at;
		rise(h, ++h->n, t);
	} else if (at < t->at) {
		t->at = at;
		rise(h, t->place, t);
	}
}

struct timer *
timers_top(const struct timers *h)
{
	return h->n == 0 ? NULL : h->heap[1];
}

void
timers_reset_top(struct timers *h, int64_t at)
{
	struct timer *top = h->heap[1];
	struct timer *last = h->heap[h->n];

	if (at != FIX_MONO_NEVER) {
		top->at = at;
		sink(h, 1, top);
		return;
	}
	top->place = 0;
	h->n--;
	if (last != top)
		sink(h, 1, last);
}
