/*
 * How long orders take, and what the trader counts, into the file of counters.
 *
 * One order a turn is followed, the first: it waits longest for the end of its
 * turn, so what is measured is never better than what clients see. That costs a
 * clock for each read and four for a turn, whatever many orders it has.
 */
#include "gateway/trader/loop_int.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define COUNT_EVERY_NS (100 * FIX_MSEC)

static int64_t
clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * FIX_SEC + t.tv_nsec;
}

void
stages_open(struct loop *l, const char *path)
{
	if (path != NULL && counters_create(&l->counters, path) != 0)
		log_warn("no counters for fixgate top: %s: %s", path,
		    strerror(errno));
}

void
stages_close(struct loop *l)
{
	counters_close(l->counters);
	l->counters = NULL;
}

void
stages_read(struct loop *l)
{
	if (l->counters != NULL && l->stage == STAGE_READ)
		l->read_at = clock_now();
}

static void
finish(struct loop *l)
{
	struct hist *h = l->counters->stage;

	for (int i = STAGE_READ + 1; i < STAGE_N; i++)
		hist_add(&h[i], l->stages[i] - l->stages[i - 1]);
	hist_add(&h[0], l->stages[STAGE_N - 1] - l->stages[0]);
	l->stage = STAGE_READ;
}

void
stages_on(void *arg, enum counter_stage s)
{
	struct loop *l = arg;

	if (s == STAGE_PARSED)
		l->ordered_ns = l->now.mono.ns;
	if (l->counters == NULL || s != l->stage + 1)
		return;
	if (s == STAGE_PARSED)
		l->stages[STAGE_READ] = l->read_at;
	l->stages[s] = clock_now();
	l->stage = s;
	if (s == STAGE_WRITTEN)
		finish(l);
}

static void
show_copies(void *arg, uint32_t *row, const char *subscriber,
    const char *source, const struct copy_row *is)
{
	struct counters_copy *r =
	    counters_copy_row(arg, row, subscriber, source);

	if (r == NULL)
		return;
	r->copies = is->copies;
	r->last = is->last;
	r->lost = is->lost;
}

void
stages_count(struct loop *l)
{
	struct trader_counts c;
	uint64_t *n;

	if (l->counters == NULL ||
	    l->now.mono.ns - l->counted_ns < COUNT_EVERY_NS)
		return;
	l->counted_ns = l->now.mono.ns;
	trader_counts(l->trader, &c);
	n = l->counters->n;
	n[COUNT_MESSAGES_IN] = c.in_msgs;
	n[COUNT_MESSAGES_OUT] = c.out_msgs;
	n[COUNT_ORDERS] = c.orders;
	n[COUNT_FILLS] = c.fills;
	n[COUNT_REFUSED] = c.refused;
	n[COUNT_REPORTS] = c.reports;
	n[COUNT_RESENT] = c.resent;
	n[COUNT_TURNS] = c.turns;
	n[COUNT_RECORDS] = c.records;
	n[COUNT_SESSIONS_UP] = c.sessions_up;
	n[COUNT_ORDERS_LIVE] = c.orders_live;
	n[COUNT_HOLDINGS_DIFFER] = c.holdings_differ;
	n[COUNT_JOURNAL_RECORD] = c.journal_record;
	n[COUNT_TABLES_RECORD] = c.tables_record;
	trader_show_copies(l->trader, show_copies, l->counters);
}
