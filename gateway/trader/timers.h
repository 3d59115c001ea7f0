/*
 * Deadlines of many sessions: a binary heap over lower bounds.
 *
 * A session's deadline mostly moves later, with every message; then nothing is
 * done here. What comes out of the heap is asked for its true deadline and put
 * back if that is later. So a message costs no heap work.
 */
#ifndef FIXGATE_GATEWAY_TRADER_TIMERS_H
#define FIXGATE_GATEWAY_TRADER_TIMERS_H

#include "fix/time.h"

struct timer {
	int64_t at;     /* lower bound, monotonic ns */
	uint32_t place; /* in the heap, from 1; 0: not in it */
};

struct timers {
	struct timer **heap; /* [1 .. n] */
	uint32_t n, cap;
};

/** Room for n timers. @return 0, -FIX_E_NOMEM */
int timers_init(struct timers *h, uint32_t n) FIX_MUST_CHECK;
void timers_fini(struct timers *h);
/** The timer is due at `at` or later; earlier than noted is noted. */
void timers_set(struct timers *h, struct timer *t, int64_t at);
/** Earliest, NULL if none; stays in. */
struct timer *timers_top(const struct timers *h);
/** The top is truly due at `at` (FIX_MONO_NEVER: take it out). */
void timers_reset_top(struct timers *h, int64_t at);

#endif
