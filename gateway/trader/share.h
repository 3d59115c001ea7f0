/*
 * A share of the time for work that would hold up orders.
 *
 * A step of a TLS handshake takes as long as some ten orders. While orders
 * come, such steps get one part in 128 of the time, so that fewer than one
 * order in a hundred meets one; a few that come after a pause go at once. When
 * no order has come for a second, or a step has waited for as long as its
 * patience, it goes whatever the share: a storm of logons is spread, never
 * starved.
 *
 * Pure logic: times in, yes or no out.
 */
#ifndef GATEWAY_TRADER_SHARE_H
#define GATEWAY_TRADER_SHARE_H

#include "fix/time.h"

#include <stdbool.h>
#include <stdint.h>

#define SHARE_PART 128                /* of the time: one in so many */
#define SHARE_SAVED_NS (2 * FIX_MSEC) /* at most that is saved up, or owed */
#define SHARE_QUIET_NS FIX_SEC        /* so long without an order: no share */

/* Zeroed is ready to use. Times are ns of the monotonic clock. */
struct share {
	int64_t saved; /* ns of work that may be done; below 0: owed */
	int64_t at;    /* saved is as of then */
};

/**
 * When the next step may be done.
 *
 * @param ordered when the last order came; 0: none has
 * @param since   when the step that waits longest began to
 * @param patience ns after which it waits no more
 * @return a time; at or before now: at once
 */
int64_t share_next(struct share *s, int64_t now, int64_t ordered, int64_t since,
    int64_t patience);

/** A step has taken so many ns of the processor's time. */
void share_spend(struct share *s, int64_t ns);

#endif
