/* Leave for one order, as people give it. */
#ifndef FIXGATE_GATEWAY_TRADER_TOKEN_H
#define FIXGATE_GATEWAY_TRADER_TOKEN_H

#include "gateway/trader/command.h"

/** "risk token account A symbol S side SIDE qty N price P [for SECONDS]
 * reason=TEXT" */
void tokens_issue(struct trader *t, struct answer *a, const struct words *w);
/** "risk tokens": those that are open. */
void tokens_list(struct trader *t, struct answer *a, const struct words *w);
/** "risk revoke TOKEN" */
void tokens_revoke(struct trader *t, struct answer *a, const struct words *w);

#endif
