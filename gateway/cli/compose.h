/* Requests as messages: what a person writes in a line, in the form of a FIX
 * version. */
#ifndef FIXGATE_GATEWAY_CLI_COMPOSE_H
#define FIXGATE_GATEWAY_CLI_COMPOSE_H

#include "dictionaries/dict.h"
#include "fix/order.h"
#include "fix/version.h"
#include "gateway/cli/ledger.h"

#define COMPOSE_MAX 65536 /* bytes of a body */

/* A message without header and trailer, ready for client_send(). */
struct composed {
	char type[8];
	uint8_t body[COMPOSE_MAX];
	size_t len;
};

struct composer {
	enum fix_version version;
	const struct fix_dict *dict; /* what a message may hold; NULL: all */
	const char *account;   /* Account(1) unless an order names one; may be
	                          NULL */
	char prefix[16];       /* of the ClOrdIDs made here */
	uint64_t next;         /* number of the next one */
	const struct ledger *ledger; /* orders that cancel and replace mean */
	char why[256];         /* what was wrong, after an error */
};

/** @param prefix  of ClOrdIDs; NULL: one that no other run has */
void composer_init(struct composer *c, enum fix_version version,
    const char *account, const struct ledger *ledger, const char *prefix);

/**
 * Read one line:
 *
 *   new SYMBOL SIDE QTY [@ PRICE] [WORD...]
 *   cancel ID
 *   replace ID QTY [PRICE]
 *   status ID
 *   FIX text with '|' or SOH: 35=D|11=a|55=AAPL|...
 *
 * WORD: day gtc ioc fok opg gtd, stop PRICE, type market|limit|stop|stoplimit,
 * account A, id ID, to EXCHANGE, TAG=VALUE. A limit when a price is named,
 * else market.
 * @return 0; -FIX_E_FORMAT with c->why
 */
int compose(struct composer *c, const char *line, struct composed *out)
    FIX_MUST_CHECK;

#endif
