/* A row of positions that grows at the end and is cut at the front. */
#include "gateway/trader/sent.h"

#include <stdlib.h>
#include <string.h>

#define SENT_MIN 16u
#define SENT_MAX (1u << 30)

static int
make_room(struct sent *s, uint64_t places)
{
	uint32_t cap = s->cap == 0 ? SENT_MIN : s->cap;
	uint64_t *pos;

	if (places > SENT_MAX)
		return -FIX_E_NOMEM;
	while (cap < places)
		cap *= 2;
	if (cap == s->cap)
		return 0;
	pos = realloc(s->pos, cap * sizeof(*pos));
	if (pos == NULL)
		return -FIX_E_NOMEM;
	s->pos = pos;
	s->cap = cap;
	return 0;
}

int
sent_add(struct sent *s, uint64_t seq, uint64_t pos)
{
	uint64_t at;

	if (s->n == 0 || seq < s->base || seq - s->base > SENT_MAX) {
		s->base = seq;
		s->n = 0;
	}
	at = seq - s->base;
	if (make_room(s, at + 1) != 0)
		return -FIX_E_NOMEM;
	while (s->n < at)
		s->pos[s->n++] = 0;
	s->pos[at] = pos;
	s->n = (uint32_t)at + 1;
	return 0;
}

uint64_t
sent_find(const struct sent *s, uint64_t seq)
{
	if (seq < s->base || seq - s->base >= s->n)
		return 0;
	return s->pos[seq - s->base];
}

void
sent_drop(struct sent *s, uint64_t before_seq)
{
	uint64_t cut;

	if (before_seq <= s->base)
		return;
	cut = before_seq - s->base;
	if (cut >= s->n) {
		s->n = 0;
		return;
	}
	memmove(s->pos, s->pos + cut, (s->n - cut) * sizeof(*s->pos));
	s->n -= (uint32_t)cut;
	s->base = before_seq;
}

void
sent_reset(struct sent *s)
{
	s->n = 0;
}

void
sent_fini(struct sent *s)
{
	free(s->pos);
	memset(s, 0, sizeof(*s));
}
