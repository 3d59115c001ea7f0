/* Limits that nobody sets or uses: limits_stale.c. */
#ifndef FIXGATE_GATEWAY_TRADER_LIMITS_STALE_H
#define FIXGATE_GATEWAY_TRADER_LIMITS_STALE_H

#include "risk/risk.h"

struct trader;

/** Limits may have been set, by a start or a reload: since when are they? */
void stale_look(struct trader *t);
/** Somebody has set those of the scope, the firm's or another owner's. */
void stale_set(struct trader *t, enum risk_scope kind, const char *id);
/** Another day: tell what is stale. */
void stale_tick(struct trader *t);
int64_t stale_due(const struct trader *t); /* UTC */
/** What was used in this turn. */
void stale_keep(struct trader *t);

#endif
