/*
 * Sliding windows over the moments of the last messages; see pace.h.
 *
 * With the moments in a ring, the question of a window of n messages is about
 * the n-th last of them alone: one more may pass when that one is as old as the
 * window is long. So a ring as long as the largest n serves every window.
 */
#include "session/pace.h"

#include <stdlib.h>
#include <string.h>

static bool
in_bounds(const struct fix_pace_window *w)
{
	return w->most >= 1 && w->most <= FIX_PACE_MOST && w->ns >= 1 &&
	       w->ns <= FIX_PACE_LONGEST_S * FIX_SEC;
}

int
fix_pace_init(struct fix_pace *p, const struct fix_pace_cfg *cfg)
{
	uint32_t cap = 0;

	memset(p, 0, sizeof(*p));
	if (cfg->n > FIX_PACE_WINDOWS)
		return -FIX_E_RANGE;
	for (unsigned i = 0; i < cfg->n; i++) {
		if (!in_bounds(&cfg->window[i]))
			return -FIX_E_RANGE;
		if (cfg->window[i].most > cap)
			cap = cfg->window[i].most;
	}
	if (cap == 0)
		return 0;
	p->at = calloc(cap, sizeof(*p->at));
	if (p->at == NULL)
		return -FIX_E_NOMEM;
	p->cap = cap;
	p->cfg = *cfg;
	return 0;
}

void
fix_pace_fini(struct fix_pace *p)
{
	free(p->at);
	memset(p, 0, sizeof(*p));
}

/* The moment of the i-th last message, i from 1 to p->n. */
static int64_t
last(const struct fix_pace *p, uint32_t i)
{
	return p->at[(p->next + p->cap - i) % p->cap];
}

struct fix_mono
fix_pace_when(const struct fix_pace *p, struct fix_mono now)
{
	struct fix_mono when = now;

	for (unsigned i = 0; i < p->cfg.n; i++) {
		const struct fix_pace_window *w = &p->cfg.window[i];

		if (p->n >= w->most && last(p, w->most) + w->ns > when.ns)
			when.ns = last(p, w->most) + w->ns;
	}
	return when;
}

void
fix_pace_take(struct fix_pace *p, struct fix_mono now)
{
	if (p->cap == 0)
		return;
	p->at[p->next] = now.ns;
	p->next = (p->next + 1) % p->cap;
	if (p->n < p->cap)
		p->n++;
}

/* How many of the last ones are younger than that: they ascend, so by halves. */
static uint32_t
younger(const struct fix_pace *p, int64_t ns, struct fix_mono now)
{
	uint32_t low = 0, high = p->n;

	while (low < high) {
		uint32_t mid = low + (high - low + 1) / 2;

		if (last(p, mid) + ns > now.ns)
			low = mid;
		else
			high = mid - 1;
	}
	return low;
}

unsigned
fix_pace_use(const struct fix_pace *p, struct fix_mono now)
{
	unsigned most = 0, percent;

	for (unsigned i = 0; i < p->cfg.n; i++) {
		const struct fix_pace_window *w = &p->cfg.window[i];

		percent = younger(p, w->ns, now) * 100 / w->most;
		if (percent > most)
			most = percent;
	}
	return most > 100 ? 100 : most;
}

int64_t
fix_pace_longest(const struct fix_pace *p)
{
	int64_t ns = 0;

	for (unsigned i = 0; i < p->cfg.n; i++) {
		if (p->cfg.window[i].ns > ns)
			ns = p->cfg.window[i].ns;
	}
	return ns;
}

/* @return the text behind the number, NULL: none or over max */
static const char *
read_number(const char *p, uint32_t max, uint32_t *out)
{
	uint32_t v = 0;

	if (*p < '0' || *p > '9')
		return NULL;
	for (; *p >= '0' && *p <= '9'; p++) {
		v = v * 10 + (uint32_t)(*p - '0');
		if (v > max)
			return NULL;
	}
	*out = v;
	return v == 0 ? NULL : p;
}

int
fix_pace_read(struct fix_pace_cfg *cfg, const char *text)
{
	struct fix_pace_cfg c = { .n = 0 };
	uint32_t most, seconds;

	for (const char *p = text; *p != '\0'; c.n++) {
		p += strspn(p, " ");
		if (c.n == FIX_PACE_WINDOWS)
			return -FIX_E_RANGE;
		p = read_number(p, FIX_PACE_MOST, &most);
		if (p == NULL || *p++ != '/')
			return -FIX_E_FORMAT;
		p = read_number(p, FIX_PACE_LONGEST_S, &seconds);
		if (p == NULL)
			return -FIX_E_FORMAT;
		p += strspn(p, " ");
		c.window[c.n].most = most;
		c.window[c.n].ns = seconds * FIX_SEC;
		if (*p == '\0')
			continue;
		if (*p++ != ',' || *p == '\0')
			return -FIX_E_FORMAT;
	}
	if (c.n == 0)
		return -FIX_E_FORMAT;
	*cfg = c;
	return 0;
}
