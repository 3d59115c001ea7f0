/*
 * What is set up: for whoever shows it, or takes names from people. Asking
 * changes nothing.
 */
#ifndef FIXGATE_RISK_KNOWN_H
#define FIXGATE_RISK_KNOWN_H

#include "risk/risk.h"

/** Is there one of that name: an account or a symbol that orders may name, a group
 * or a class that one of these is in, a trader that has a grant; or something
 * that limits were set for? The firm always is; sessions and venues are the
 * caller's to know. */
bool risk_knows(const struct risk *r, enum risk_scope kind, const char *id);
/** Must this owner have limits, or an order is blocked? */
bool risk_states(const struct risk *r, enum risk_owner owner);
/** Must orders name a trader that has a grant? @param everywhere  or else in any
 * scope that has a rule of its own */
bool risk_wants_traders(const struct risk *r, bool everywhere);
/** Trader number i that has a grant. Lives as long as r. @return NULL: there are
 * no more */
const char *risk_granted_trader(const struct risk *r, size_t i);
/** What a trader was granted. @return false: nothing */
bool risk_get_grant(const struct risk *r, const char *trader,
    struct risk_grant *g);
/** Symbol, class or venue number i that it may trade, by risk_grant_to(). Lives as
 * long as r. @return NULL: there are no more of that kind */
const char *risk_granted(const struct risk *r, const char *trader,
    enum risk_scope kind, size_t i);

#endif
