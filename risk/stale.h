/*
 * Limits that nobody has looked at for long, or that nobody comes near: how
 * old a scope's limits are, and when a hundredth of each was last used. For a
 * report; no order is refused by it, so nothing of it is on tape.
 */
#ifndef FIXGATE_RISK_STALE_H
#define FIXGATE_RISK_STALE_H

#include "risk/alert.h"

/* Limits whose use is noted: the first measures of alerts, and those of one
 * order. */
enum { RISK_USE_QTY = RISK_M_NOTIONAL + 1, RISK_USE_ORDER_NOTIONAL, RISK_N_USE };

/* Days are whole ones UTC since 1970. A row of whoever keeps it. */
struct risk_stale {
	int64_t since_day; /* when they were set */
	uint64_t mark;     /* the caller's: of what was set */
	int64_t limit[RISK_N_USE];    /* the caller's: as they were set */
	int64_t used_day[RISK_N_USE]; /* a hundredth or more; 0: never */
};

/** What is known of a scope; it may be written. Lives as long as r.
 * @return NULL: there is no such scope */
struct risk_stale *risk_stale_of(struct risk *r, enum risk_scope kind,
    const char *id);
/** What is held counts as used on each day, whether it moves or not. */
void risk_stale_day(struct risk *r, struct fix_utc now);
/** The next scope whose used_day has changed since this was last asked.
 * @return false: none */
bool risk_stale_next(struct risk *r, enum risk_scope *kind, const char **id,
    const struct risk_stale **s);
/** Each scope for which the firm has set limits or rules. */
void risk_each_limited(struct risk *r, void (*fn)(void *arg,
    enum risk_scope kind, const char *id, struct risk_stale *s), void *arg);

#endif
