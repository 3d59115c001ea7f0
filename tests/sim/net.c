/*
 * The network of the simulated world: connections that delay, split and break.
 *
 * As TCP does, it never loses or swaps bytes of a connection that lives; when
 * one breaks, what was on its way is gone and each end learns it alone. A
 * client may open a second connection while the first still seems alive.
 */
#include "tests/sim/world.h"

#include <stdlib.h>

struct link *
net_connect(struct world *w, int client)
{
	if (w->gateway.trader == NULL || w->gateway.restart_at != 0)
		return NULL; /* nobody listens */
	for (int i = 0; i < N_CLIENTS * N_PER_CLIENT; i++) {
		struct link *l = &w->links[i];

		if (l->used)
			continue;
		free(l->to[0].bytes);
		free(l->to[1].bytes);
		memset(l, 0, sizeof(*l));
		l->used = true;
		l->client = client;
		l->open[END_CLIENT] = l->open[END_GATEWAY] = true;
		l->accept_at = w->now +
		    (int64_t)chance_below(&w->chance, 1 +
		    (uint64_t)w->rules.max_delay);
		return l;
	}
	return NULL;
}

static int64_t
delay(struct world *w)
{
	if (w->rules.calm || chance_one_in(&w->chance, 2))
		return 100 * FIX_USEC;
	return 1 + (int64_t)chance_below(&w->chance,
	    (uint64_t)w->rules.max_delay);
}

void
net_write(struct world *w, struct link *l, enum end to, struct fix_span bytes)
{
	struct pipe *p = &l->to[to];

	if (!l->open[to] || !l->used || p->closing)
		return; /* nobody is there any more, or the way is broken */
	if (p->len == 0) {
		p->head = 0;
		p->due = w->now + delay(w);
	}
	if (p->cap - p->head - p->len < bytes.len && p->bytes != NULL) {
		memmove(p->bytes, p->bytes + p->head, p->len);
		p->head = 0;
	}
	if (p->cap - p->len < bytes.len) {
		p->cap = (p->cap + bytes.len) * 2;
		p->bytes = realloc(p->bytes, p->cap);
		if (p->bytes == NULL)
			abort();
	}
	memcpy(p->bytes + p->head + p->len, bytes.p, bytes.len);
	p->len += bytes.len;
}

size_t
net_read(struct world *w, struct link *l, enum end at, uint8_t *buf, size_t cap)
{
	struct pipe *p = &l->to[at];
	size_t n = p->len < cap ? p->len : cap;

	if (p->len == 0 || p->due > w->now || !l->open[at])
		return 0;
	if (n > 1 && chance_one_in(&w->chance, 3))
		n = 1 + (size_t)chance_below(&w->chance, n);
	memcpy(buf, p->bytes + p->head, n);
	p->head += n;
	p->len -= n;
	if (p->len > 0 && chance_one_in(&w->chance, 2))
		p->due = w->now + delay(w);
	return n;
}

void
net_close(struct world *w, struct link *l, enum end who)
{
	enum end other = who == END_CLIENT ? END_GATEWAY : END_CLIENT;

	l->open[who] = false;
	l->to[who].len = 0;
	if (l->to[other].len == 0)
		l->to[other].due = w->now + delay(w);
	l->to[other].closing = true;
}

void
net_break(struct world *w, struct link *l)
{
	for (int e = 0; e < 2; e++) {
		l->to[e].len = 0;
		l->to[e].closing = true;
		l->to[e].due = w->now + delay(w);
	}
}

bool
net_ended(const struct world *w, const struct link *l, enum end at)
{
	const struct pipe *p = &l->to[at];

	return l->used && l->open[at] && p->closing && p->len == 0 &&
	    p->due <= w->now;
}

int64_t
net_deadline(const struct world *w)
{
	int64_t first = INT64_MAX;

	for (int i = 0; i < N_CLIENTS * N_PER_CLIENT; i++) {
		const struct link *l = &w->links[i];

		if (!l->used)
			continue;
		if (!l->accepted && l->open[END_GATEWAY] &&
		    l->accept_at < first)
			first = l->accept_at;
		for (int e = 0; e < 2; e++) {
			const struct pipe *p = &l->to[e];

			if (!l->open[e] || (p->len == 0 && !p->closing))
				continue;
			if (e == END_GATEWAY && !l->accepted)
				continue;
			if (p->due < first)
				first = p->due;
		}
	}
	return first;
}

void
net_sweep(struct world *w)
{
	for (int i = 0; i < N_CLIENTS * N_PER_CLIENT; i++) {
		struct link *l = &w->links[i];

		if (l->used && !l->open[END_CLIENT] && !l->open[END_GATEWAY])
			l->used = false;
	}
}

void
net_free(struct world *w)
{
	for (int i = 0; i < N_CLIENTS * N_PER_CLIENT; i++) {
		free(w->links[i].to[0].bytes);
		free(w->links[i].to[1].bytes);
	}
}
