/*
 * The order desk: what an order is and may become, as pure logic.
 *
 * Requests of clients and events of venues come in; reports for clients, sends
 * to venues and things to keep go out through the caller's functions, in the
 * order in which they must become durable and leave. Everything the desk knows
 * is in what it keeps: giving all kept pairs back to desk_load() makes the same
 * desk. States, chains and precedence: FIX volume 4, order state changes.
 */
#ifndef FIXGATE_GATEWAY_ORDER_ORDER_H
#define FIXGATE_GATEWAY_ORDER_ORDER_H

#include "fix/order.h"
#include "fix/parties.h"
#include "fix/version.h"
#include "gateway/venue/venue.h"
#include "risk/risk.h"
#include "store/store.h"

#define ORDER_CLORDID_MAX 64
#define ORDER_ID_MAX 23 /* OrderID and ExecID of ours */
#define DESK_ASK_MAX 200 /* questions to venues in one call of desk_tick() */
#define ORDER_QUEUE_MAX 8 /* requests waiting behind the one at the venue */

/* An order: plain bytes without pointers or padding left unset, kept by
 * order_keep() under its number (u64, big-endian) in FIX_TAB_ORDERS. */
struct order {
	uint64_t number;
	int64_t qty_e8, price_e8, stop_e8;
	int64_t cum_e8, leaves_e8;
	int64_t paid_hi, paid_lo; /* sum of LastQty * LastPx, 128 bits, 10^-16 */
	int64_t request_qty_e8, request_price_e8, request_stop_e8;
	int64_t request_expire_ns;
	struct risk_hold hold;
	int64_t entered_ns, changed_ns, expire_ns;
	uint32_t session;     /* client's session number */
	uint32_t venue;       /* venue number, 0: none yet */
	uint32_t requests;    /* venue ids made for it so far */
	char side, ord_type, time_in_force;
	char request_ord_type, request_time_in_force;
	char status;          /* OrdStatus without pending overlap: 0 1 2 3 4 7 8
	                         C A(not acknowledged), U unknown (in doubt) */
	char told;            /* in doubt: the status before */
	char pending;         /* 'F', 'G' or NUL */
	uint8_t acked;        /* the client has been told New */
	uint8_t replaced;     /* 4.2: 39=5 while nothing is filled */
	uint8_t unsent;       /* a cancel waits for the venue's connection */
	uint8_t cancel_wanted; /* we shall cancel it once nothing is pending */
	char order_id[ORDER_ID_MAX + 1];          /* OrderID(37) */
	char venue_cl_ord_id[ORDER_ID_MAX + 1];   /* ours, in force there */
	char venue_order_id[VENUE_ID_MAX + 1];
	char account[RISK_ID_MAX + 1];
	char symbol[RISK_ID_MAX + 1];
	char cl_ord_id[ORDER_CLORDID_MAX + 1];    /* last accepted */

	/* Empty on most orders. */
	char venue_request_id[ORDER_ID_MAX + 1];  /* ours, of the F or G */
	char cancel_id[ORDER_CLORDID_MAX + 1];    /* F that canceled it, or "" */
	char request_id[ORDER_CLORDID_MAX + 1];   /* F or G at the venue; "":
	                                             the cancel is ours */
	char request_orig_id[ORDER_CLORDID_MAX + 1]; /* its 41, as sent */
	char cancel_why; /* of a cancel of ours: ORDER_WHY_*, NUL: another */
	char stopped;    /* 1: a quantity is guaranteed, 39=7 until filled */

	/* Of a GT order, from the day after its first fill on. */
	uint64_t day;         /* counts its days, 0: the first */
	int64_t day_cum_e8;   /* executed today */
	int64_t day_paid_hi, day_paid_lo;

	char trader[RISK_ID_MAX + 8]; /* person or algorithm behind it, or "" */
	int64_t modified_ns; /* TransactTime of the report that it is new, replaced
	                        or restated; 0: none yet */
	struct venue_rare rare, request_rare;
	char currency[VENUE_CURRENCY_MAX + 1]; /* 15 as it was given, or "" */
};

enum { /* its client is gone: by ExecRestatementReason(378) of 5.0SP2 */
	ORDER_WHY_DROP = 12,   /* cancel on connection loss */
	ORDER_WHY_LOGOUT = 13, /* cancel on Logout */
};

/*
 * An order as it is kept: the number of its 8-byte words up to the last that is
 * not zero, a bit for each of them (lowest first), and those that are not zero.
 * Most of an order is ids, and most of an id's room is empty. What a later
 * version adds at its end is zero in what an earlier one kept. Behind that stand
 * the parties of the order, if it has any: see fix_parties_read().
 */
#define ORDER_WORDS (sizeof(struct order) / 8)
#define ORDER_KEPT_MAX                                                         \
	(1 + (ORDER_WORDS + 7) / 8 + sizeof(struct order) + FIX_PARTIES_MAX)

/** @param out  of ORDER_KEPT_MAX bytes
 * @return bytes written; its parties may follow */
size_t order_keep(const struct order *o, uint8_t *out);
/** An order as it was kept. @return false if it is none; o is undefined then */
bool order_of_kept(struct order *o, struct fix_span value);
/** The parties of an order that order_of_kept() has found to be one.
 * @return borrowed from value; empty: it has none */
struct fix_span order_parties_of_kept(struct fix_span value);

/* What a client's ClOrdID stands for, kept under (session u32 big-endian, its
 * bytes) in FIX_TAB_IDS. */
struct order_use {
	uint64_t order;   /* number */
	uint64_t turn;    /* place in the queue, lowest first */
	int32_t reason;   /* CxlRejReason of a rejected F or G */
	char kind;        /* 'D', 'F', 'G', or 'q' of a mass cancel: then order
	                     is a number that no order has, turn the time in
	                     ns, reason the orders it was for, or -1 minus its
	                     MassCancelRejectReason */
	char state;       /* enum order_use_state */
	char scope;       /* 'q': MassCancelRequestType */
	char unused[1];
};

enum order_use_state {
	ORDER_USE_WORKING = 'w',  /* a D: its order says the rest */
	ORDER_USE_QUEUED = 'q',   /* struct order_wish follows it */
	ORDER_USE_VENUE = 'v',
	ORDER_USE_ACCEPTED = 'a',
	ORDER_USE_REJECTED = 'r',
};

/* A queued request's values, behind its struct order_use. */
struct order_wish {
	int64_t qty_e8, price_e8, stop_e8, expire_ns;
	char ord_type, time_in_force;
	char orig_id[ORDER_CLORDID_MAX + 1]; /* 41 as sent */
	uint8_t skip;     /* as in struct fix_order */
	uint8_t token[4]; /* a uint32_t */
	struct venue_rare rare; /* a wish kept by an earlier version has none */
};
#define ORDER_WISH_PLAIN offsetof(struct order_wish, rare)

/* An execution, kept under (venue u32 big-endian, the venue's ExecID) in
 * FIX_TAB_EXECS: to know a second telling, and for bust and correct. */
struct order_exec {
	uint64_t order; /* number; 0: of an order that we do not know */
	int64_t qty_e8, px_e8;
	char exec_id[ORDER_ID_MAX + 1]; /* ours */
	char ref[VENUE_ID_MAX + 1]; /* corrected: ExecID of the correct */
	char symbol[RISK_ID_MAX + 1]; /* of an unknown order */
	char side;      /* of an unknown order */
	char live;      /* 0 once busted or corrected */
	uint8_t day;    /* of its order, low bits */
	uint8_t charged; /* its fee was told behind it */
	char unused[3];
};

struct desk;

struct desk_executed { /* strings are borrowed for the call */
	uint32_t venue;
	const char *symbol;
	char side;
	int64_t qty_e8, px_e8, fee_e8;
	const char *fee_currency;
};

struct desk_ops {
	void *arg;
	/* Keep a pair, borrowed for the call; an empty value forgets it. */
	void (*keep)(void *arg, enum fix_table t, struct fix_span key,
	    struct fix_span value);
	/* Send a report; e is in the session's face and borrowed. Session 0: an
	 * execution that is no client's, in the face of FIX.4.4, to be shown to
	 * whoever gets drop copies. venue: where the order is, 0: nowhere. */
	void (*report)(void *arg, uint32_t session, uint32_t venue,
	    const struct fix_exec *e);
	/* Send a message that is no report of one event: an answer to a request
	 * on many orders. Type and body are borrowed for the call. */
	void (*say)(void *arg, uint32_t session, struct fix_span type,
	    struct fix_span body);
	/* Something that an operator must see. */
	void (*alert)(void *arg, const char *text);
	/* An order has begun to live, or has ended; not while loading. NULL:
	 * nobody asks. */
	void (*lives)(void *arg, const struct order *o, bool live);
	/* Losses have halted a scope: its orders are the caller's to cancel.
	 * NULL: the desk does it, once. */
	void (*tripped)(void *arg, enum risk_scope kind, const char *id);
	/* A scope is used beyond its limits, or is not any more. NULL: it is told
	 * as an alert. */
	void (*breached)(void *arg, bool over, const char *text);
	/* A token was spent by this order. NULL: nobody asks. */
	void (*token)(void *arg, uint32_t token, const struct order *o);
	/* An execution at that venue counts, once; qty below 0: not any more.
	 * fee: in fee_currency, NULL: none. NULL: nobody asks. */
	void (*executed)(void *arg, const struct desk_executed *x);
};

struct desk_cfg {
	unsigned node;         /* in every OrderID and ExecID, 0 to 255 */
	uint64_t incarnation;  /* one more at each start: ids never repeat */
	struct risk *risk;     /* not owned */
	int64_t ack_timeout_ns; /* then status is asked; 0: 5 s */
};

/* A client session as the desk needs it. */
struct desk_session {
	uint32_t number;
	enum fix_version version;  /* face of its reports */
	bool no_pending_reports;   /* PendingReports=never */
	bool refuse_empty;         /* MassStatusEmpty=reject */
	bool strict;               /* a request that names a rejected one is
	                              refused, instead of rebased */
	bool replace_filled;       /* ReplaceFilled=allow: a replace to more
	                              opens a filled order again */
};

/* Which venue takes an order: first match counts, empty matches all. */
struct desk_route {
	const char *symbol, *exchange, *destination, *account; /* "" any */
	const char *venue; /* name */
};

struct desk *desk_new(const struct desk_cfg *cfg, const struct desk_ops *ops);
void desk_free(struct desk *d);
/** Make memory for so many orders, ids of clients and executions ready, off
 * their path; before desk_load(). @return 0, -FIX_E_NOMEM */
int desk_prepare(struct desk *d, size_t orders, size_t ids, size_t execs)
    FIX_MUST_CHECK;
/** @return 0, -FIX_E_NOMEM; route: -FIX_E_NOTFOUND (no such venue) */
int desk_add_session(struct desk *d, const struct desk_session *s)
    FIX_MUST_CHECK;
int desk_add_venue(struct desk *d, struct venue *v) FIX_MUST_CHECK;
int desk_add_route(struct desk *d, const struct desk_route *r) FIX_MUST_CHECK;

/** Give back one kept pair, before desk_start(), any order.
 * @return 0, -FIX_E_CORRUPT (not ours), -FIX_E_NOMEM */
int desk_load(struct desk *d, enum fix_table t, struct fix_span key,
    struct fix_span value) FIX_MUST_CHECK;
/** All is loaded: holds are rebuilt; venues are asked for the state of every
 * live order once they are up. */
void desk_start(struct desk *d, struct fix_now now);
/** Forget orders that ended and did not change since before_ns (UTC), with
 * their ids and executions: the trading day is over. Once all is loaded,
 * before desk_start() or after it.
 * @return orders forgotten */
unsigned desk_forget(struct desk *d, int64_t before_ns);

/**
 * A D, F, G or H of a client, read and valid by its dictionary.
 *
 * Answers through ops, refusals too: ExecutionReport or OrderCancelReject.
 * @param poss_dup  43=Y: a D whose ClOrdID is known is then ignored
 * @return 0; 1 not taken, *why says why: answer a BusinessMessageReject
 */
int desk_request(struct desk *d, uint32_t session, const struct fix_order *o,
    bool poss_dup, struct fix_now now, const char **why) FIX_MUST_CHECK;
/* An OrderMassCancelRequest(q) or OrderMassStatusRequest(AF). */
struct order_mass {
	char kind;              /* 'q'; 'A': AF */
	char scope;             /* 530 or 585; NUL: absent, or not one letter */
	char side;              /* 54: only these orders; NUL: of both sides */
	bool poss_resend;       /* 97=Y */
	struct fix_span id;     /* 11 or 584 */
	struct fix_span symbol; /* 55 */
	struct fix_span account; /* 1: only of this one; empty: of all */
};

/**
 * A q or AF of a client: OrderMassCancelReport(r) and cancels; or one status
 * answer for each live order.
 *
 * Orders are the session's own. Each order then says by its own reports what
 * became of it. An answer to AF is a snapshot: all of it comes before anything
 * that happens later.
 * @return as desk_request()
 */
int desk_mass(struct desk *d, uint32_t session, const struct order_mass *m,
    struct fix_now now, const char **why) FIX_MUST_CHECK;
/** An event of a venue. */
void desk_venue_event(struct desk *d, struct venue *v,
    const struct venue_event *e, struct fix_now now);
/** What became of the order, or the request on it, that a venue knows under an
 * id of ours can't be told: its venue is asked. Ended orders are left alone. */
void desk_doubt(struct desk *d, struct venue *v, const char *venue_id,
    struct fix_now now);
/** The order that an event's ids name. @return NULL: none of ours */
const struct order *desk_find_event(const struct desk *d,
    const struct venue *v, const struct venue_event *e);
/** The order that a venue knows under an id of ours. @return NULL: none */
const struct order *desk_find_at(
    const struct desk *d, const struct venue *v, const char *venue_id);
/** Orders that a venue has yet to answer for since it came up. While there are
 * any, it takes only what reduces: risk's kill switch ORDER_PROOF_SWITCH. */
unsigned desk_unproven(const struct desk *d, uint32_t venue);
/** A person takes them as answered. @return how many there were */
unsigned desk_believe(struct desk *d, uint32_t venue);
#define ORDER_PROOF_SWITCH(venue) (UINT64_MAX - (venue))
/** Ack time-outs, expiry. */
void desk_tick(struct desk *d, struct fix_now now);
struct fix_mono desk_deadline(const struct desk *d);

/** Give desk_ops.keep the images of the orders that changed since the last call.
 * Call it at the end of each turn, before anything of the turn leaves. */
void desk_keep(struct desk *d);
/** Keep what changed of risk's counters and latches; the desk does it itself
 * for what it is told. */
void desk_keep_risk(struct desk *d);
/** Alerts on what limits are used to, and limits that use is beyond: told after
 * each event; for the caller after what only it knows of. */
void desk_tell_risk(struct desk *d);

/** Say risk again which orders of today have passed, once it has its grants
 * (R-04). */
void desk_reach(struct desk *d, struct fix_now now);

/** Every live order; fn returns non-zero to stop. */
int desk_each_live(const struct desk *d, int (*fn)(void *arg,
    const struct order *o), void *arg);
/** Cancel every live order of a scope (kill switch, operator).
 * @return orders for which a cancel went out */
unsigned desk_cancel_all(struct desk *d, enum risk_scope kind, const char *id,
    struct fix_now now);

/*
 * Cancel live orders that the caller chooses, at most so many in a call. Within
 * a sweep an order is tried once, whatever its venue answers; one for which a
 * cancel of ours is under way is left alone.
 */
struct desk_sweep {
	uint64_t number; /* rising, never 0 */
	bool (*wanted)(void *arg, const struct order *o);
	void *arg;
};
/** @return orders tried: fewer than most, and the sweep is over */
unsigned desk_sweep(struct desk *d, const struct desk_sweep *s, unsigned most,
    struct fix_now now);
/** Cancel live orders that the caller chooses, asked from the newest on.
 * @return how many */
unsigned desk_cancel_newest(struct desk *d,
    bool (*wanted)(void *arg, const struct order *o), void *arg,
    struct fix_now now);
/** Why a live order can't be canceled now; NULL: it can, or it may be. */
const char *desk_stuck(const struct desk *d, const struct order *o);
/** What risk's kill switches see of an order. */
struct risk_order order_risk(const struct order *o);

/* Orders of a client that is gone. */
struct desk_drop {
	uint32_t session;
	uint64_t up_to; /* number of the last one that counts: desk_last() */
	char why;       /* ORDER_WHY_* */
	bool gt;        /* also those good beyond the day, GTC and GTD */
};
/** Cancel its live orders, at most so many in this call. The client's report
 * is an unsolicited cancel: 150=4, 378 and Text COD. An order for which a
 * cancel is under way or was begun is left alone.
 * @return orders whose cancel was begun: fewer than most, and all are done */
unsigned desk_cancel_dropped(struct desk *d, const struct desk_drop *what,
    unsigned most, struct fix_now now);
/** Number of the newest order; numbers ascend, over restarts, too. */
uint64_t desk_last(const struct desk *d);

/**
 * A D or G is too old to be obeyed: refuse it, unless its ClOrdID is known (then
 * it was obeyed or refused in its time, and desk_request() answers).
 * 103=8, in FIX.4.2 and later; 102=99 (4.2: 2). The ClOrdID stays free.
 * @return was it refused?
 */
bool desk_refuse_stale(struct desk *d, uint32_t session,
    const struct fix_order *o, struct fix_now now) FIX_MUST_CHECK;

/** Was the session told this execution (a fill, a bust, a correct) of this order,
 * by OrderID and ExecID? Of orders that are forgotten: false. */
bool desk_executed(const struct desk *d, uint32_t session,
    struct fix_span order_id, struct fix_span exec_id);
const struct order *desk_find(const struct desk *d, uint64_t number);
/** Parties that an order came with, as of fix_parties_read(). @return the desk's,
 * until the order is forgotten; empty: none */
struct fix_span desk_parties(const struct desk *d, uint64_t number);
/** Number in an OrderID of ours; 0: it is none. */
uint64_t order_number(struct fix_span order_id);
/** The OrderID of a number, at a node. */
void order_make_id(unsigned node, uint64_t number, char out[ORDER_ID_MAX + 1]);
/** Order of a client's ClOrdID (any of its chain), NULL if unknown. */
const struct order *desk_find_client(const struct desk *d, uint32_t session,
    struct fix_span cl_ord_id);
/** Every order known; fn returns non-zero to stop. */
int desk_each(const struct desk *d, int (*fn)(void *arg,
    const struct order *o), void *arg);
unsigned desk_live(const struct desk *d); /* live orders */

/** OrdStatus(39) of an order by precedence, for a FIX version. Never U: in
 * doubt it is what the client was told last. */
char order_status(const struct order *o, enum fix_version v);
bool order_is_live(const struct order *o);
/** The nearest CxlRejReason(102) that a version has. */
int report_cxl_reason(enum fix_version v, int reason);

#endif
