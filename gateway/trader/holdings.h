/* What venues' accounts hold, beside what executions make of it. */
#ifndef FIXGATE_GATEWAY_TRADER_HOLDINGS_H
#define FIXGATE_GATEWAY_TRADER_HOLDINGS_H

#include "gateway/trader/inside.h"

#define HOLDINGS_KEY '=' /* of rows among a venue's, which has none with it */
/** What a venue's process says of its account. */
void holdings_account(
    void *arg, struct venue *v, const struct venue_account *a);
void holdings_executed(void *arg, const struct desk_executed *x);
/** A kept row. @return 0, -FIX_E_NOMEM, -FIX_E_CORRUPT */
int holdings_load(struct trader *t, const struct venue *v, struct fix_span key,
    struct fix_span value) FIX_MUST_CHECK;
void holdings_free(struct trader *t);

#endif
