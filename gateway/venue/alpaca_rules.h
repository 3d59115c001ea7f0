/*
 * What Alpaca takes of a symbol: its asset, and the venue's rules by kind of
 * order; and what an answer of it means.
 */
#ifndef FIXGATE_GATEWAY_VENUE_ALPACA_RULES_H
#define FIXGATE_GATEWAY_VENUE_ALPACA_RULES_H

#include <jansson.h>

#include "fix/err.h"
#include "fix/span.h"

#define ALPACA_SYMBOL_MAX 32

struct alpaca_rules {
	char symbol[ALPACA_SYMBOL_MAX + 1];
	char status[16]; /* "active" */
	bool crypto, tradable, shortable, fractionable;
	int64_t min_qty, qty_step, price_step; /* of crypto, 10^-8; 0: none */
};

struct alpaca_wish { /* what an order wants; FIX codes, and 10^-8 */
	char side, type, tif;
	int64_t qty, price, stop;
	int64_t trail;   /* of type P: behind the market, */
	char trail_type; /* '0' in dollars, '1' in hundredths of a percent */
	bool extended;   /* in the extended hours, too */
};

/* Beyond plain orders: see venue_refuses(). */
#define ALPACA_TAKES "1:27 2:27 Pa:01 15:1234P 336:2"

/** Read an asset. @return 0; -FIX_E_FORMAT: it can't be read, and must not be
 * traded */
int alpaca_rules_read(struct alpaca_rules *r, const json_t *asset)
    FIX_MUST_CHECK;
/** Would the venue refuse it? @return -1: no; OrdRejReason(103) with the text */
int alpaca_rules_check(const struct alpaca_rules *r,
    const struct alpaca_wish *w, char *text, size_t cap);

/** What it trades in: dollars, or what stands behind the '/' of a pair. */
const char *alpaca_currency(const struct alpaca_rules *r);

enum alpaca_fate { /* of what a request was to do */
	ALPACA_DONE,    /* accepted */
	ALPACA_REFUSED, /* certainly not done */
	ALPACA_LATER,   /* not done, and would be at another time */
	ALPACA_TWICE,   /* an order of this id is there */
	ALPACA_UNKNOWN, /* perhaps done */
};

/** By HTTP status, then code; only a doubled id has no code of its own. */
enum alpaca_fate alpaca_fate_of(long status, int64_t code, const char *msg);
/** OrdRejReason(103) for a refusal. */
int alpaca_reason(long status, int64_t code, const char *msg);
/** ExecID of an execution, the same from whichever source: an order has one
 * execution that ends at a given sum. order is a UUID.
 * @return false: it is none, or too large a sum for an id */
bool alpaca_exec_id(const char *order, int64_t cum, char out[40]);
/** OrdStatus(39) for a state; 'A' to 'Z' and digits, '0' for what is not
 * known. */
char alpaca_state(const char *status);
/** What executions that are not listed must have been traded at.
 * @param cum, avg  executed in all, and its average price, 10^-8
 * @param told, cost  of it the part that is known, and price x quantity of that
 * @return 10^-8; 0: it can't be said */
int64_t alpaca_price_of_rest(
    int64_t cum, int64_t avg, int64_t told, __int128 cost);

#endif
