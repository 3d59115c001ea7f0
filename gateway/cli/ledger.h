/*
 * What requests and reports add up to: orders, executions, positions.
 *
 * Fed with messages in the order in which they were sent and received; made
 * twice by the demo, from what the client saw and from what the journal holds.
 */
#ifndef FIXGATE_GATEWAY_CLI_LEDGER_H
#define FIXGATE_GATEWAY_CLI_LEDGER_H

#include "fix/order.h"

#define LEDGER_ID_MAX 64
#define LEDGER_SYMBOLS_MAX 64

struct ledger_order {
	char id[LEDGER_ID_MAX + 1];    /* ClOrdID in force */
	char first[LEDGER_ID_MAX + 1]; /* of the D */
	char order_id[LEDGER_ID_MAX + 1]; /* OrderID(37) */
	char symbol[LEDGER_ID_MAX + 1];
	char account[LEDGER_ID_MAX + 1];
	char side, ord_type, time_in_force;
	char status;      /* last OrdStatus(39), NUL: no report yet */
	bool acked;       /* ExecType New was told */
	bool open_request; /* an F or G is unanswered */
	bool old;          /* of an earlier run: see ledger_close_run() */
	int64_t qty_e8, price_e8, stop_e8, cum_e8;
	uint32_t reports;
};

struct ledger_position {
	char symbol[LEDGER_ID_MAX + 1];
	int64_t qty_e8;  /* signed */
	int64_t cash_e8; /* - bought + sold */
};

struct ledger_counts {
	uint64_t orders, cancels, replaces;  /* D, F, G */
	uint64_t repeated;      /* of those: seen before */
	uint64_t reports;       /* 8 and 9 */
	uint64_t acked;         /* ExecType New */
	uint64_t fills;         /* executions */
	uint64_t filled, canceled, refused, expired; /* orders that ended so */
	uint64_t replaced;      /* ExecType Replaced */
	uint64_t cancel_rejects; /* OrderCancelReject */
	uint64_t exec_ids;      /* different ExecIDs */
	uint64_t exec_ids_twice; /* ExecIDs told again as if they were new */
	uint64_t rejects;       /* Reject(3), BusinessMessageReject(j) */
	uint64_t strays;        /* reports of orders that nobody sent */
	int64_t filled_qty_e8;
};

struct ledger;

struct ledger *ledger_new(void); /* NULL: out of memory */
void ledger_free(struct ledger *l);
/** A D, F or G that the client sent; others are ignored. */
void ledger_request(struct ledger *l, const struct fix_msg *m);
/** An 8, 9, 3 or j that the gateway sent, each once; others are ignored. */
void ledger_report(struct ledger *l, const struct fix_msg *m);

/** All so far was of an earlier run: no answers are to be expected. */
void ledger_close_run(struct ledger *l);

void ledger_counts(const struct ledger *l, struct ledger_counts *out);
size_t ledger_n_orders(const struct ledger *l);
const struct ledger_order *ledger_order_at(const struct ledger *l, size_t i);
/** By any ClOrdID of its chain. NULL: unknown */
const struct ledger_order *ledger_find(const struct ledger *l, const char *id);
/** Positions, one a symbol. @return how many */
size_t ledger_positions(const struct ledger *l,
    const struct ledger_position **out);
/** Has it ended, so that no more reports are to be expected? */
bool ledger_ended(const struct ledger_order *o);

#endif
