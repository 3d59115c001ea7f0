/* Limits as versions, see limits.c; and against a settings file, limits_file.c. */
#ifndef FIXGATE_GATEWAY_TRADER_LIMITS_H
#define FIXGATE_GATEWAY_TRADER_LIMITS_H

#include <stddef.h>

#include "gateway/trader/limit_keys.h"

struct trader;

#define LIMITS_PENDING 16 /* proposals, and temporary limits, at once */

/* A change of limits, kept as it stands. */
struct limit_change {
	uint64_t number;      /* of a proposal */
	int64_t until_ns;     /* UTC, when it reverts; 0: it stays */
	int64_t made_ns;
	int32_t kind;         /* enum risk_scope */
	int32_t owner;        /* enum risk_owner */
	bool take_excess;     /* orders that are too much are canceled */
	struct limit_set is, was;
	char id[RISK_ID_MAX + 8];
	char who[40];
};

/* What was changed, above the settings. */
struct limit_row {
	struct limit_row *next;
	int32_t kind, owner;
	char id[RISK_ID_MAX + 8];
	struct limit_set set;
};

struct limits {
	struct limit_row *rows;
	uint64_t version, last_proposal, runs;
	struct limit_change proposed[LIMITS_PENDING];
	struct limit_change temporary[LIMITS_PENDING];
	unsigned n_proposed, n_temporary;
	struct limit_held *held; /* while a file is compared: limits_file.c */
	bool any_kept;           /* at a start: this is not the first */
	int64_t stale_day;       /* UTC: stale limits were told */
	bool looked; /* limits are as they are to be: limits_stale.c */
};

/** What has been changed while it ran, on top of the settings. */
int limits_load(struct trader *t) FIX_MUST_CHECK;
/** Temporary limits that are over revert, proposals lapse. */
void limits_tick(struct trader *t);
/** When the next does; FIX_MONO_NEVER. */
int64_t limits_due(const struct trader *t);
void limits_free(struct trader *t);
/** Into force; kept first. The swap is between two orders. */
void limits_use(struct trader *t, struct limit_change *c, const char *by);
/** Let it wait for another person, with a number. @return false: too many do */
bool limits_propose(struct trader *t, struct limit_change *c);
/** Its temporary limits. @return NULL: none */
struct limit_change *limits_temporary(struct trader *t,
    const struct limit_change *c);
/** Keep a row "limit", "limitt" or "limitp" of it, or forget it. */
void limits_keep(struct trader *t, const char *row,
    const struct limit_change *c, bool gone);
void limits_keep_version(struct trader *t);
#define LIMITS_WHOSE 80
/** "account A", "client account A". @return out */
const char *limits_whose(const struct limit_change *c, char out[LIMITS_WHOSE]);
void limits_new_version(struct trader *t, const struct limit_change *c,
    const char *what, const char *by);
/** What is in force for a scope, for the next start. */
void limits_keep_force(struct trader *t, const struct limit_change *c);
/** A proposal is over. */
void limits_forget(struct trader *t, struct limit_change *p);

#endif
