/*
 * Kill switches as operations: who stopped what and why, which orders that was
 * for, and what became of them.
 */
#ifndef FIXGATE_GATEWAY_TRADER_KILL_H
#define FIXGATE_GATEWAY_TRADER_KILL_H

#include "gateway/trader/command.h"

#define KILLS_MAX 256   /* that stand at once */
#define KILLS_KEPT 1000 /* known, with those that were released */

/* kill.c */
/** Of its targets, those that live. */
uint64_t kill_left(const struct kill_op *k);
/** Of those, how many can't be canceled now. */
uint64_t kill_stuck(const struct trader *t, const struct kill_op *k);
/** Room for another, zeroed. @return NULL: out of memory */
struct kill_op *kill_new(struct trader *t);
void kill_keep(struct trader *t, struct kill_op *k, bool gone);
/** Put it into force. @return risk_kill()'s */
int kill_set(struct trader *t, const struct kill_op *k) FIX_MUST_CHECK;

/** Name a scope for people and for refusals. */
void kill_name(struct kill_op *k, enum risk_scope kind, const char *shown);
/** Journaled, in force, its cancels begun, in this order. */
void kill_begin(struct trader *t, struct kill_op *k);
/** The switch that the gateway has set itself, and that stands. @return NULL:
 * none */
struct kill_op *kill_of_system(struct trader *t, enum risk_scope kind,
    const char *id);

/* kill_command.c */
/** Release one, or ask for it: by two people if it takes two.
 * @return true: it is released */
bool kill_release(struct trader *t, struct answer *a, struct kill_op *k,
    const char *reason);
/** "risk kill|reduce SCOPE [ID]... [reason=TEXT]" */
void kills_kill(struct trader *t, struct answer *a, const struct words *w);
/** "risk release NUMBER [reason=TEXT]" */
void kills_release(struct trader *t, struct answer *a, const struct words *w);
/** "risk report [NUMBER]": counts, and the orders that are left. */
void kills_report(struct trader *t, struct answer *a, const struct words *w);
/** "risk status": what stands. */
void kills_status(struct trader *t, struct answer *a, const struct words *w);
/** The same as lines of "status". */
void kills_list(struct trader *t, struct answer *a);

#endif
