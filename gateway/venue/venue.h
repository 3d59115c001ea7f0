/*
 * A place where orders trade, as the gateway sees it.
 *
 * The gateway calls the venue's functions during a loop turn; bytes that a
 * venue sends outside leave only after the turn is committed. A venue never
 * calls back from inside a send: its events come from tick(), or when its
 * connection has something to say.
 */
#ifndef FIXGATE_GATEWAY_VENUE_VENUE_H
#define FIXGATE_GATEWAY_VENUE_VENUE_H

#include "fix/span.h"
#include "fix/time.h"

#define VENUE_NAME_MAX 15
#define VENUE_WHY_MAX 119
#define VENUE_ID_MAX 39 /* ids of orders and executions, ours and theirs */
#define VENUE_TAKES_MAX 255
#define VENUE_CURRENCY_MAX 7

enum venue_event_kind {
	VENUE_ACK,        /* the order is in the book */
	VENUE_REJECT,     /* the order is refused */
	VENUE_FILL,       /* last_qty at last_px */
	VENUE_CANCELED,   /* answer to a cancel, or unsolicited */
	VENUE_REPLACED,   /* qty, price, stop are in force */
	VENUE_CXL_REJECT, /* cancel or replace refused; the order goes on */
	VENUE_EXPIRED,
	VENUE_DONE_FOR_DAY,
	VENUE_RESTATED,   /* the venue changed qty or price by itself */
	VENUE_TRIGGERED,  /* a stop became live */
	VENUE_STOPPED,    /* last_qty at last_px is guaranteed, not done */
	VENUE_BUST,       /* execution ref_exec_id never was */
	VENUE_CORRECT,    /* execution ref_exec_id is last_qty at last_px */
	VENUE_STATUS,     /* answer to a status request: status, cum */
	VENUE_UNKNOWN,    /* answer to a status request: no such order here */
	VENUE_UP,         /* ready for orders */
	VENUE_DOWN,       /* lost: live orders are in doubt */
	VENUE_MARK,       /* last_px is symbol's new reference price */
	VENUE_FEE,        /* execution ref_exec_id, told before, costs fee */
	VENUE_ALL_TOLD,   /* send_status_all() is answered, or refused */
	VENUE_N_EVENT
};

/* Terms that few orders have; zero where there are none. Plain bytes, which are
 * kept with the order. */
struct venue_rare {
	int64_t min_qty_e8;    /* MinQty(110) */
	int64_t max_floor_e8;  /* MaxFloor(111), DisplayQty(1138) */
	int64_t cash_e8;       /* CashOrderQty(152): qty_e8 is an estimate */
	int64_t offset_e8;     /* PegOffsetValue(211) */
	int64_t at_e8;         /* trailing stop: what risk takes for its stop */
	int64_t effective_ns;  /* EffectiveTime(168), UTC */
	char peg;              /* of OrdType P, as in ExecInst(18): a trailing
	                          stop, R primary, P market, M middle */
	char offset_type;      /* PegOffsetType(836), of an offset */
	char inst[3];          /* ExecInst(18): 6 and G, the rest NUL */
	char position;         /* PositionEffect(77): O, C */
	char sized;            /* cash: the venue has said the quantity */
	char session;          /* TradingSessionID(336): X extended hours, too */
};

struct venue_order { /* strings are borrowed for the call */
	const char *cl_ord_id;      /* ours: unique over all clients and days */
	const char *orig_cl_ord_id; /* replace, cancel: what it changes */
	const char *venue_order_id; /* "" until known */
	const char *account, *symbol;
	char side, ord_type, time_in_force;
	int64_t qty_e8, price_e8, stop_e8; /* whole order; price, stop 0: none */
	struct fix_utc expire;      /* ns 0: none */
	int64_t cum_qty_e8;         /* executed so far, as far as we know */
	bool again;                 /* a new order that was sent before */
	const char *currency;       /* Currency(15); NULL, "": not said */
	struct venue_rare rare;
};

struct venue_event { /* strings are borrowed for the call; NULL: none */
	enum venue_event_kind kind;
	const char *cl_ord_id;      /* of the order or request it is about */
	const char *orig_cl_ord_id;
	const char *venue_order_id;
	const char *exec_id;        /* the venue's; unique there */
	const char *ref_exec_id;
	const char *symbol;
	const char *text;
	char side;                  /* fills of orders we don't know */
	char status;                /* OrdStatus, for STATUS */
	int reason;                 /* 103, 102 or 378 */
	int64_t last_qty_e8, last_px_e8;
	int64_t qty_e8, price_e8, stop_e8; /* in force; of a fill: 0, but of an
	                               order by amount its quantity if known */
	int64_t cum_qty_e8;         /* -1: not said */
	struct fix_utc when;        /* venue's time; ns 0: not said */
	const char *fee_currency;   /* of fee_e8 */
	int64_t fee_e8;             /* of a fill, or FEE; below 0: a rebate; 0:
	                               none */
};

/* What its account is said to hold, to be compared with what executions make
 * of it. Strings are borrowed for the call; amounts are decimals. */
enum venue_account_kind {
	VENUE_ACCOUNT_PAIR,    /* an execution of symbol moves base by its
	                          quantity, quote by what was paid; without one
	                          it moves the symbol alone */
	VENUE_ACCOUNT_HOLDS,   /* free and locked of asset; without free it is
	                          not compared */
	VENUE_ACCOUNT_COUNTED, /* that was all that it holds */
};

struct venue_account { /* NULL: not said */
	enum venue_account_kind kind;
	const char *symbol, *base, *quote;
	const char *asset, *free, *locked;
	const char *ours; /* the venue's own books: what it should hold */
	const char *unit; /* it may be wrong by this for each execution */
	const char *charged; /* all that no execution has told as its fee */
};

struct venue;

struct venue_sink { /* how a venue talks back */
	void *arg;
	void (*event)(void *arg, struct venue *v, const struct venue_event *e);
	/* Keep a thing over restarts; empty value: forget it. It comes back
	 * through ops->load() before anything else. */
	void (*keep)(void *arg, struct venue *v, struct fix_span key,
	    struct fix_span value);
	/* Something that an operator must see. */
	void (*alert)(void *arg, struct venue *v, const char *text);
	void (*account)(
	    void *arg, struct venue *v, const struct venue_account *a);
};

struct venue_ops {
	/* @return 0 taken, -FIX_E_STATE not connected, -FIX_E_FULL its queue
	 * is full, -FIX_E_RANGE it can't be said there (.refused): never sent */
	int (*send_new)(struct venue *v, const struct venue_order *o,
	    struct fix_now now);
	int (*send_cancel)(struct venue *v, const struct venue_order *o,
	    struct fix_now now);
	int (*send_replace)(struct venue *v, const struct venue_order *o,
	    struct fix_now now);
	int (*send_status)(struct venue *v, const struct venue_order *o,
	    struct fix_now now);
	/* What is the state of every order? One STATUS for each that the venue
	 * names, then ALL_TOLD; of others it has not said that they are not
	 * there. @return 0; below 0, as where it is NULL: ask one by one */
	int (*send_status_all)(struct venue *v, struct fix_now now);
	void (*load)(struct venue *v, struct fix_span key,
	    struct fix_span value);
	/* Before load: n orders will come, make memory ready; NULL: no use.
	 * @return 0, -FIX_E_NOMEM */
	int (*prepare)(struct venue *v, size_t n);
	/* After load: go. UP comes from the first tick(). */
	void (*start)(struct venue *v, struct fix_now now);
	/* Hand over events that are due. Called each turn. */
	void (*tick)(struct venue *v, struct fix_now now);
	/* The turn is committed: what send_*() was given may leave. NULL:
	 * nothing ever leaves the process. */
	void (*flush)(struct venue *v);
	struct fix_mono (*deadline)(const struct venue *v);
	void (*free)(struct venue *v);
};

struct venue { /* the first member of every venue's own struct */
	const struct venue_ops *ops;
	struct venue_sink sink;
	char name[VENUE_NAME_MAX + 1];
	uint32_t number; /* by the order in the config, from 1 */
	bool up;
	bool resends; /* an order that it does not know is sent once more */
	bool open_in_doubt; /* new orders go there while others are in doubt */
	char why[VENUE_WHY_MAX + 1]; /* not up: the reason; "": not said */
	char refused[VENUE_WHY_MAX + 1]; /* of the last -FIX_E_RANGE */
	char takes[VENUE_TAKES_MAX + 1]; /* beyond plain orders:
	                                    venue_refuses() */
};

/** Say why it is not up, cut at VENUE_WHY_MAX; NULL: not said. */
void venue_why(struct venue *v, const char *why);
const char *venue_event_name(enum venue_event_kind k);
/** Has it any of these? */
bool venue_is_rare(const struct venue_rare *r);
/**
 * Does the venue take an order of this kind?
 *
 * Plain ones, OrdType(40) 1 to 4 and TimeInForce(59) 0, 1, 3, 4, 6 without rare
 * terms, are the venue's own to judge. Others are taken if `takes` says so in
 * words with blanks between: an OrdType and ':' and the TimesInForce it has,
 * behind a P the peg, as in "J:01 Pa:01 2:7", for 1 to 4 those beyond the plain
 * ones; a tag, or "18=6", and ':' and the OrdTypes that it may stand with, as in
 * "111:2 18=6:2". A venue that takes 15 refuses one that is not the symbol's.
 * @param text  of cap bytes: why not
 * @return true: it does not
 */
bool venue_refuses(const struct venue *v, const struct venue_order *o,
    char *text, size_t cap);
/** Is an order's Currency(15), unless it is empty, another than the one that its
 * symbol trades in? is: that one, "" if it is not known: then every one is.
 * @param text  of cap bytes: then what it should be */
bool venue_wrong_currency(struct fix_span currency, const char *symbol,
    const char *is, char *text, size_t cap);

#endif
