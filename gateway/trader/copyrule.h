/* What a drop copy session is entitled to: by kind of message, and by whom, in
 * what and where it is. Nothing is copied that is not listed. */
#ifndef FIXGATE_GATEWAY_TRADER_COPYRULE_H
#define FIXGATE_GATEWAY_TRADER_COPYRULE_H

#include "gateway/order/order.h"

enum copy_class { /* bits of copy_rule.classes */
	COPY_TRADES = 1,   /* 8: fills, busts, corrects */
	COPY_STATUS = 2,   /* 8: every other event of an order */
	COPY_REQUESTS = 4, /* what the client asked for, as it sent it */
	COPY_REJECTS = 8,  /* 9, 8 that refuses an order, r that refuses, j */
};
#define COPY_ALL 15u

struct copy_rule { /* lists have commas between; "" or NULL: any */
	unsigned classes;     /* 0: nothing is copied */
	bool enveloped;       /* 35=n with the message itself in 213 */
	bool hops;            /* the original's number and time in a hop */
	const char *sessions; /* TargetCompIDs of the clients */
	const char *accounts, *symbols;
	const char *parties; /* ids of parties, any of which must be in it */
	const char *venues;  /* names; an order that was never sent has none */
	unsigned keep_days;  /* the journal is kept for it so long; 0: not */
	uint64_t keep_bytes; /* and so much of it at most; 0: any */
	unsigned counts_s;   /* seconds between counts; 0: none are told */
	uint64_t alarm_records; /* an alarm beyond so many that wait; 0: none */
	unsigned alarm_s;    /* or beyond so many seconds; 0: none */
	bool from_now;       /* a new one gets nothing of the past */
};

/* Whose, where and in what a message is, as far as it does not say itself. */
struct copy_about {
	struct fix_span client;       /* its CompID; empty: no client's */
	const char *account, *symbol; /* of its order, NULL: not known */
	struct fix_span parties;      /* of its order, empty: none known */
	const char *venue;            /* where that order is, NULL: nowhere */
	bool sent;                    /* by us, else by the client */
};

/** Is name one of a list's? An empty list has every name. */
bool copy_listed(const char *list, struct fix_span name);
/** Class of a message; sent: by us, else by the client. 0: never copied, as
 * answers to status requests are. */
unsigned copy_class_of(const struct fix_msg *m, bool sent);
/** Must the order that the message is about be known to decide?
 * @param venue  number that the record names, 0: none */
bool copy_asks_order(
    const struct copy_rule *r, const struct fix_msg *m, uint32_t venue);
/** Is the message to be copied? */
bool copy_wanted(const struct copy_rule *r, const struct fix_msg *m,
    const struct copy_about *a);
/** "trades, rejects; native; sessions A,B". @return bytes, at most cap - 1,
 * with a NUL behind */
size_t copy_rule_text(const struct copy_rule *r, char *out, size_t cap);

#endif
