/*
 * What OANDA takes of an instrument, checked before an order is sent.
 */
#ifndef FIXGATE_GATEWAY_VENUE_OANDA_RULES_H
#define FIXGATE_GATEWAY_VENUE_OANDA_RULES_H

#include <jansson.h>

#include "fix/err.h"
#include "fix/span.h"

/* Beyond plain orders: see venue_refuses(). */
#define OANDA_TAKES "J:016 77:123J"

struct oanda_rules { /* in 10^-8; max 0: no bound */
	int64_t price_step, units_step, min_units, max_units;
};

struct oanda_wish { /* what an order wants; 10^-8 */
	char side, type, tif;
	int64_t qty, price, stop;
	int64_t expire_ns; /* of tif 6, else 0 */
	char position;     /* PositionEffect(77), or NUL */
};

/** Read one of A/instruments. @return 0; -FIX_E_FORMAT: it can't be read: it
 * must not be traded */
int oanda_rules_read(struct oanda_rules *r, const json_t *instrument)
    FIX_MUST_CHECK;
/** Would the venue refuse it? units: what is still to be executed of it.
 * @return 0; OrdRejReason(103) with the text */
int oanda_rules_check(const struct oanda_rules *r, const struct oanda_wish *w,
    int64_t units, int64_t now_ns, char *text, size_t cap);

#endif
