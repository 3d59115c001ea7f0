/* What a drop copy session is entitled to: by kind of message, and by whom, in
 * what and where it is. Nothing is copied that is not listed. */
#ifndef FIXGATE_GATEWAY_TRADER_COPYRULE_H
#define FIXGATE_GATEWAY_TRADER_COPYRULE_H

#include "gateway/order/order.h"

enum copy_class { /* bits of copy_rule.classes */
	COPY_TRADES = 1,   /* 8: fills, busts, corrects */
	COPY_STATUS = 2,   /* 8: every other event of an order */
	COPY_REQUESTS = 4, /* D, F, G and q as the client sent them */
	COPY_REJECTS = 8,  /* 9, 8 that refuses an order, j */
};
#define COPY_ALL 15u

struct copy_rule { /* lists have commas between; "" or NULL: any */
	unsigned classes;     /* 0: nothing is copied */
	bool enveloped;       /* 35=n with the message itself in 213 */
	const char *sessions; /* TargetCompIDs of the clients */
	const char *accounts, *symbols;
	const char *venues;   /* names; an order that was never sent has none */
	unsigned keep_days;   /* the journal is kept for it so long; 0: not */
};

/** Is name one of a list's? An empty list has every name. */
bool copy_listed(const char *list, struct fix_span name);
/** Class of a message; sent: by us, else by the client. 0: never copied, as
 * answers to status requests are. */
unsigned copy_class_of(const struct fix_msg *m, bool sent);
/** Is the message of a client to be copied?
 * @param client  its CompID
 * @param o       the order that it is about, NULL: not known
 * @param venue   where that order is, NULL: nowhere */
bool copy_wanted(const struct copy_rule *r, const struct fix_msg *m, bool sent,
    const char *client, const struct order *o, const char *venue);

#endif
