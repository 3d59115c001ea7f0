/* May whoever gives the command do that? */
#ifndef FIXGATE_GATEWAY_TRADER_OPERATOR_H
#define FIXGATE_GATEWAY_TRADER_OPERATOR_H

#include "gateway/access.h"
#include "gateway/trader/command.h"

/** Who gives the command: a name, "" for nobody known. */
const char *access_who(const struct trader *t);
bool access_may(const struct trader *t, enum access what);
/** Are all orders of `where` within the scopes that are this person's own? */
bool access_owns(const struct trader *t, const struct risk_where *where);
/** Tell the person, the journal and the audit trail. */
void access_deny(struct trader *t, struct answer *a, enum access what);

#endif
