/*
 * How many orders the venue still takes: its ORDERS limits, per 10 seconds and
 * per day as a rule, which are not the weight of requests (rest.c).
 *
 * The limits are those of exchangeInfo, the counts those of the venue's
 * X-MBX-ORDER-COUNT headers and of what is under way; where no header came we
 * count. A new order and a cancelReplace count, whatever becomes of them; cancels
 * and amendments never do, so they always go. What would be one too many is
 * refused here: the venue bans who sends it all the same. Reference
 * binance-spot.md 3, 5.2, 5.7, 8.
 */
#include <stdio.h>

#include "gateway/venue/binance_int.h"

static const struct {
	const char *interval;
	char letter;
	int64_t ns;
} units[] = { { "SECOND", 's', FIX_SEC }, { "MINUTE", 'm', 60 * FIX_SEC },
	{ "HOUR", 'h', 3600 * FIX_SEC }, { "DAY", 'd', FIX_DAY } };

#define N_UNITS (sizeof(units) / sizeof(units[0]))

static void
read_one(struct binance *b, const json_t *v)
{
	struct order_limit *l = &b->limits[b->n_limits];
	int64_t n = 0, limit = 0;
	unsigned i = 0;

	if (strcmp(json_text(v, "rateLimitType"), "ORDERS") != 0)
		return;
	while (i < N_UNITS &&
	       strcmp(json_text(v, "interval"), units[i].interval) != 0)
		i++;
	if (i == N_UNITS || b->n_limits == BINANCE_LIMITS ||
	    json_whole(v, "intervalNum", &n) != 0 || n < 1 || n > 1000 ||
	    json_whole(v, "limit", &limit) != 0 || limit < 1 ||
	    limit > UINT32_MAX) {
		log_warn("a limit of orders can't be read: it is not kept to");
		return;
	}
	snprintf(l->name, sizeof(l->name), "%u%c", (unsigned)n, units[i].letter);
	snprintf(l->header, sizeof(l->header), "x-mbx-order-count-%u%c",
	    (unsigned)n, units[i].letter);
	if (l->window_ns != n * units[i].ns)
		l->used = 0; /* else it goes on: all is read again each hour */
	l->window_ns = n * units[i].ns;
	l->limit = (unsigned)limit;
	b->n_limits++;
}

void
limits_read(struct binance *b, const json_t *list)
{
	const json_t *v;
	size_t i;

	b->n_limits = 0;
	json_array_foreach(list, i, v)
		read_one(b, v);
}

static void
turn(struct binance *b, struct order_limit *l)
{
	int64_t at = (outside_utc() + b->offset_ms * FIX_MSEC) / l->window_ns;

	if (at == l->at)
		return;
	l->at = at;
	l->used = 0;
	l->told = false;
}

void
limits_heard(void *arg, const char *p, size_t n)
{
	struct binance *b = arg;
	int64_t v;

	for (unsigned i = 0; i < b->n_limits; i++) {
		if (!rest_header(p, n, b->limits[i].header, &v))
			continue;
		turn(b, &b->limits[i]);
		b->limits[i].used = v < b->limits[i].limit ? (unsigned)v :
		    b->limits[i].limit;
		b->counted = true;
	}
}

bool
limits_spent(struct binance *b, char *text, size_t cap)
{
	for (unsigned i = 0; i < b->n_limits; i++) {
		struct order_limit *l = &b->limits[i];

		turn(b, l);
		if (l->used + b->flying < l->limit)
			continue;
		snprintf(text, cap, "venue rate limit: %u orders in %s, all "
		    "are spent", l->limit, l->name);
		if (!l->told)
			log_warn("%s; cancels go on", text);
		l->told = true;
		return true;
	}
	return false;
}

void
limits_sent(struct binance *b)
{
	b->flying++;
}

void
limits_answered(struct binance *b, const struct rest_answer *a)
{
	if (b->flying > 0)
		b->flying--;
	for (unsigned i = 0; i < b->n_limits; i++) {
		turn(b, &b->limits[i]);
		if (!b->counted && a->fate != REST_NOT_SENT)
			b->limits[i].used++;
	}
	b->counted = false;
}
