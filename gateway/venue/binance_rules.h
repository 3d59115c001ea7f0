/*
 * What Binance takes of a symbol: the filters of exchangeInfo.
 */
#ifndef FIXGATE_GATEWAY_VENUE_BINANCE_RULES_H
#define FIXGATE_GATEWAY_VENUE_BINANCE_RULES_H

#include <jansson.h>

#include "fix/err.h"
#include "fix/span.h"
#include "gateway/venue/venue.h"

#define BINANCE_SYMBOL_MAX 32

struct binance_range { /* in 10^-8; 0: that part is off */
	int64_t min, max, step;
};

struct binance_rules {
	char symbol[BINANCE_SYMBOL_MAX + 1];
	char status[16]; /* "TRADING" */
	char base[16], quote[16]; /* assets; its price is in the second */
	struct binance_range price, lot, market_lot;
	int64_t min_notional, max_notional;
	bool min_market, max_market; /* do they hold for market orders? */
	int64_t bid_up, bid_down, ask_up, ask_down; /* of the price, 10^-8 */
	unsigned types; /* 1 << enum binance_type */
	int64_t parts;  /* an iceberg may have so many, 0: any number */
	bool amend, replace, iceberg, by_amount, pegs;
};

enum binance_type {
	BINANCE_NONE, BINANCE_MARKET, BINANCE_LIMIT, BINANCE_STOP,
	BINANCE_STOP_LIMIT, BINANCE_MAKER, BINANCE_TOUCH, BINANCE_N_TYPE
};

/* As in venue_refuses(); what a symbol has of it is in its rules. */
#define BINANCE_TAKES "J:1 PR:134 PP:134 111:2 152:1 18=6:2 15:1234JP"

struct binance_wish { /* what an order wants; 10^-8 */
	char side, type, tif;
	int64_t qty, price, stop;
	int64_t mark; /* what it trades at now, 0: not known */
	struct venue_rare rare;
};

/** Read one of exchangeInfo's symbols. @return 0; -FIX_E_FORMAT: a filter that
 * can't be read: the symbol must not be traded */
int binance_rules_read(struct binance_rules *r, const json_t *symbol)
    FIX_MUST_CHECK;
/** Its type there. */
enum binance_type binance_type_of(const struct binance_wish *w);
const char *binance_type_name(enum binance_type t);
/** An order of the venue, as a wish for it. */
struct binance_wish binance_wish_of(const json_t *order);
/** A time in force or side that the venue does not have with it.
 * @return NULL: it has */
const char *binance_kind_fault(const struct binance_wish *w);
/** Would the venue refuse it? @return 0; OrdRejReason(103) with the text */
int binance_rules_check(const struct binance_rules *r,
    const struct binance_wish *w, char *text, size_t cap);

#endif
