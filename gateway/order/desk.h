/*
 * The desk's inside, shared by the files of this folder only.
 *
 * Rule of the folder: change an order, desk_settle() it (hold, live list),
 * desk_save() it, then tell. The functions below keep to that, so that what is kept is
 * never behind what was told.
 */
#ifndef FIXGATE_GATEWAY_ORDER_DESK_H
#define FIXGATE_GATEWAY_ORDER_DESK_H

#include <sys/queue.h>

#include "gateway/failpoint.h"
#include "gateway/order/order.h"
#include "gateway/memory.h"

#define DESK_ROUNDS 4      /* of asking, each more patient */
#define DESK_ORDERS_MAX 4000000 /* known at once; more are refused */
#define DESK_USES_MAX 1000 /* refused requests remembered for an order */
#define DESK_TEXT_MAX 200
#define DESK_SPURNED_MAX 3 /* refusals of our cancels, then it is stuck */
#define DESK_MASSES_MAX 100000 /* mass cancels remembered */
#define DESK_STATUS_MAX 10000  /* orders in an answer to AF */

struct entry;

struct use { /* a client's ClOrdID */
	struct node node;
	struct use *sibling; /* next id of the same order */
	struct use *behind;  /* next in the queue of the order */
	struct order_wish *wish; /* while queued */
	struct entry *en;
	uint32_t session;
	struct order_use kept;
	char id[ORDER_CLORDID_MAX + 1];
};

struct exec { /* an execution of a venue */
	struct node node;
	struct exec *sibling;
	uint32_t venue;
	char venue_exec_id[VENUE_ID_MAX + 1];
	struct order_exec kept;
};

struct parties { /* of an order that has any */
	uint16_t len;
	uint8_t fields[FIX_PARTIES_MAX];
};

struct entry { /* an order in memory */
	struct order o;
	struct parties *parties; /* NULL: none */
	struct node by_number, by_venue_id;
	TAILQ_ENTRY(entry) all, live, wait;
	struct use *uses, *queue;
	struct exec *execs;
	struct risk_rest rest;
	int64_t due_ns;    /* mono: when to ask */
	int64_t out_e8;    /* quantity that went to its venue: guard.c */
	unsigned queued, refused;
	uint64_t swept;    /* last sweep that tried to cancel it */
	unsigned spurned;  /* cancels of ours that its venue refused */
	uint8_t round;     /* of asking, 1.. ; 0: not waiting */
	bool is_live;      /* in the live list, counted by risk */
	bool has_venue_id; /* in the map of venue ids */
	bool asked;        /* a status request is out */
	bool among_all;    /* ... and it was one for all orders */
	bool fresh;        /* what is pending went out on this connection */
	bool resent;       /* sent again, since its venue did not know it */
	bool disowned;     /* a request was refused: "unknown order" */
	bool unproven;     /* its venue takes only what reduces until it says */
	bool dirty;        /* changed since desk_save() */
	bool unkept;       /* saved since desk_keep() */
	STAILQ_ENTRY(entry) unkept_next;
};

TAILQ_HEAD(entry_list, entry);

struct route {
	char symbol[RISK_ID_MAX + 1], exchange[RISK_ID_MAX + 1];
	char destination[RISK_ID_MAX + 1], account[RISK_ID_MAX + 1];
	struct venue *venue;
};

struct desk {
	struct desk_cfg cfg;
	struct desk_ops ops;
	struct desk_session *sessions;
	unsigned n_sessions;
	struct venue **venues;
	unsigned *unproven; /* orders of each venue */
	unsigned n_venues;
	struct route *routes;
	unsigned n_routes;
	struct pool entries, uses, wishes, execs, parties;
	struct hmap by_number, by_venue_id, by_use, by_exec;
	struct entry_list all, live, wait[DESK_ROUNDS];
	STAILQ_HEAD(, entry) unkept;
	uint64_t n_orders;
	unsigned n_live;
	uint64_t order_count, exec_count, turn; /* counters of ids */
	bool renamed; /* an execution is known by another id: exec_name() */
	uint64_t seed;
	int64_t expiry_due_ns; /* mono: no live order expires before */
	struct use *masses; /* ids of mass cancels, by sibling */
	unsigned n_masses;
	struct use *loose_uses; /* loaded before their orders, by sibling */
	struct exec *loose_execs;
	bool linked;  /* ids and executions hang at their orders */
	bool started;
};

struct terms { /* what an order wants, apart from who and what */
	int64_t qty_e8, price_e8, stop_e8, expire_ns;
	char ord_type, time_in_force;
	uint8_t skip;   /* as in struct fix_order */
	uint32_t token;
	struct venue_rare rare;
};

/* ids.c */
#define IDS_INCARNATIONS (UINT64_C(1) << 24)
uint64_t ids_next_order(struct desk *d);
void ids_order(const struct desk *d, uint64_t number,
    char out[ORDER_ID_MAX + 1]);
void ids_exec(struct desk *d, char out[ORDER_ID_MAX + 1]);
/** An id for the venue, of an order or a request on it. */
void ids_venue(struct order *o, char out[ORDER_ID_MAX + 1]);
/** Order number in an OrderID or venue id of ours; 0: none of ours */
uint64_t ids_number(struct fix_span id);
/** May the client use it? Printable, no blank, 1 to 64 bytes. */
bool ids_client_ok(struct fix_span id);

/* event.c */
/** A token was spent by this order; 0: none. */
void desk_tell_token(struct desk *d, const struct order *o, uint32_t token);

/* terms.c */
/** Has it a Price(44), a StopPx(99)? A pegged one may, others must. */
bool type_has_price(char ord_type);
bool type_has_stop(char ord_type);
/** Read what D or G wants. @return 0, or OrdRejReason in 5.0SP2's numbers
 * with *why */
int terms_read(const struct fix_order *o, struct fix_now now,
    struct terms *t, const char **why);
struct terms terms_now(const struct order *o);
struct terms terms_request(const struct order *o);
void terms_set(struct order *o, const struct terms *t);
void terms_set_request(struct order *o, const struct terms *t);
struct risk_order terms_risk(const struct order *o, const struct terms *t);
struct venue_order terms_venue(const struct order *o, const struct terms *t);

/* rare.c */
/** Terms that few orders have, of a D or G. @return as terms_read() */
int rare_read(const struct fix_order *o, struct terms *t, const char **why);
/** What the reference price makes of them: the quantity that an amount buys, a
 * trailing stop's first stop. @return as terms_read(), with why's text */
int rare_value(const struct desk *d, const struct order *o, struct terms *t,
    struct fix_now now, char why[RISK_TEXT_MAX + 1]);
/** May a G change the order so? @return NULL, or why not */
const char *rare_fixed(const struct order *o, const struct terms *t);
/** The quantity of an order by amount, as far as this fill tells it. */
void rare_size(struct order *o, const struct venue_event *e);
/** The part of a report that only they need. */
void rare_report(const struct order *o, enum fix_version v,
    struct fix_exec *e);
/** Does its venue take it? @return as terms_read(), with why's text */
int rare_refused(const struct venue *v, const struct order *o,
    const struct terms *t, char why[RISK_TEXT_MAX + 1]);

/* state.c */
/** Self-trade prevention follows the order. */
void desk_rest(struct desk *d, struct entry *en);
void state_set(struct order *o, char status);
/** Status by quantities; done for day stays until all is filled. */
void state_by_qty(struct order *o);
/** No longer in doubt. */
void state_known(struct order *o);
char state_of(const struct order *o); /* never U */
bool state_ended(const struct order *o);
/** Good till cancel or date: it lives beyond the day. */
bool state_is_gt(const struct order *o);
void paid_add(struct order *o, int64_t qty_e8, int64_t px_e8);
struct fix_dec paid_avg(const struct order *o);
struct fix_dec paid_day_avg(const struct order *o);
/** A next day of a GT order: from its first fill on, days are told. */
void day_begin(struct order *o);
/** An execution of that day counts in it, if the day goes on. */
void day_add(struct order *o, uint8_t day, int64_t qty_e8, int64_t px_e8);
/** Hold, live list and time-outs follow the order. */
void desk_settle(struct desk *d, struct entry *en, struct fix_now now);
/** Risk has accepted it and counts it: it lives from here on. */
void live_begin(struct desk *d, struct entry *en, struct risk_hold hold,
    struct fix_now now);
void expiry_note(struct desk *d, const struct order *o, struct fix_now now);
/** Wait for the venue from now on: something went out. */
void wait_from(struct desk *d, struct entry *en, struct fix_now now);
void wait_later(struct desk *d, struct entry *en, struct fix_now now);

/* desk.c */
struct desk_session *desk_session_of(const struct desk *d, uint32_t number);
struct venue *desk_venue_of(const struct desk *d, uint32_t number);
void desk_alert(struct desk *d, const char *fmt, ...) FIX_PRINTF(2, 3);
struct entry *entry_find(const struct desk *d, uint64_t number);
struct entry *entry_find_venue(const struct desk *d, uint32_t venue,
    const char *venue_order_id);
/** Nothing is done if there are none. @return false: out of memory */
bool entry_set_parties(struct desk *d, struct entry *en, struct fix_span parties);
struct fix_span entry_parties(const struct entry *en);
/** @return NULL: out of memory */
struct entry *entry_new(struct desk *d, uint64_t number);
void entry_index(struct desk *d, struct entry *en); /* after a load */
void entry_set_venue_id(struct desk *d, struct entry *en, const char *id);
struct use *use_find(const struct desk *d, uint32_t session,
    struct fix_span id);
struct use *use_new(struct desk *d, uint32_t session, struct fix_span id);
void use_link(struct use *u, struct entry *en);
struct exec *exec_find(const struct desk *d, uint32_t venue, const char *id);
struct exec *exec_new(struct desk *d, uint32_t venue, const char *id);

/* kept.c */
void desk_save(struct desk *d, struct entry *en, struct fix_now now);
void desk_save_use(struct desk *d, const struct use *u);
void desk_save_exec(struct desk *d, const struct exec *x);
/** Move a position by an execution and keep it. */
void desk_save_fill(struct desk *d, const char *account, const char *symbol,
    char side, int64_t qty_e8, int64_t px_e8);
void queue_put(struct entry *en, struct use *u); /* by turn */
struct use *queue_take(struct entry *en);

/* route.c */
/** @return NULL: there is none, or none for its ExDestination(100) */
struct venue *route_find(const struct desk *d, const struct fix_order *o,
    const char *account);

/* report.c */
struct report {
	char type;              /* ExecType as in 5.0SP2 */
	const char *cl_ord_id;  /* NULL: the order's, by the face */
	const char *orig_id;    /* 41, NULL: none */
	const char *text;       /* NULL: none */
	const char *exec_id;    /* NULL: a new one */
	const char *ref_id;     /* 19, NULL: none */
	struct fix_span req_id; /* 790 */
	int reason;             /* 103 in 5.0SP2's numbers, -1: none */
	int restated;           /* 378, -1: none */
	bool has_last;
	int64_t last_qty_e8, last_px_e8;
	int64_t fee_e8;         /* 12, 0: none */
	const char *fee_currency; /* 479, NULL: not said */
	struct fix_utc when;    /* ns 0: now */
};
#define REPORT_INIT(t) { .type = (t), .reason = -1, .restated = -1 }

/** What report_exec() would tell; exec_id: room for a new ExecID. */
void report_make(struct desk *d, struct entry *en, const struct report *r,
    struct fix_now now, struct fix_exec *e, char exec_id[ORDER_ID_MAX + 1]);

struct nay { /* an OrderCancelReject */
	const struct order *o;  /* NULL: unknown */
	struct fix_span cl_ord_id, orig_id; /* as sent */
	char kind;              /* 'F' or 'G' */
	int reason;             /* 102 in 5.0SP2's numbers */
	const char *text;
};

void report_exec(struct desk *d, struct entry *en, const struct report *r,
    struct fix_now now);
void report_nay(struct desk *d, const struct desk_session *s,
    const struct nay *n, struct fix_now now);
/** Status of an order that nobody knows, or a D that we can't even keep. */
void report_unknown(struct desk *d, const struct desk_session *s,
    const struct fix_order *o, int reason, const char *text,
    struct fix_now now);
enum fix_version report_face(enum fix_version v);
/** What a venue says, made fit for Text(58). */
const char *report_clean(const char *text, char out[DESK_TEXT_MAX + 1]);

/* request.c */
/** Answer with the state of the order; asked: the id that was asked for. */
void tell_status(struct desk *d, struct entry *en, struct fix_span asked,
    struct fix_span req_id, struct fix_now now);

/* mass.c */
/** An id of a mass cancel comes back, or is new. */
void mass_link(struct desk *d, struct use *u);
void mass_forget(struct desk *d, int64_t before_ns);
/** A D, F or G with the id of a mass cancel: there is no order to tell of. */
void mass_duplicate(struct desk *d, const struct desk_session *s,
    const struct fix_order *o, struct fix_now now);

/* kept.c */
void desk_forget_use(struct desk *d, struct use *u);

/* chain.c */
/** Refuse an F or G and remember it. */
void change_refuse(struct desk *d, struct use *u, const char *orig_sent,
    int reason, const char *text, struct fix_now now);
/** Take an F or G that is well-formed: begin it, or queue it. */
void chain_take(struct desk *d, struct use *u, const struct order_wish *w,
    struct fix_now now);
/** Nothing is pending any more: begin the next. */
void chain_next(struct desk *d, struct entry *en, struct fix_now now);

struct pending { /* a request that was at the venue */
	char kind;      /* 'F', 'G', NUL: none */
	struct use *u;  /* NULL: a cancel of our own */
	char orig_sent[ORDER_CLORDID_MAX + 1];
};
/** Nothing is pending any more; tells nobody. */
struct pending chain_drop(struct entry *en, const struct desk *d);
/** The pending request is in force: ids move on; tells nobody. */
void chain_accept(struct desk *d, struct entry *en);
/** The pending request is refused; the order goes on. */
void chain_refuse(struct desk *d, struct entry *en, int reason,
    const char *text, struct fix_now now);
/** Send the cancel that is pending, (again) under a new id. */
void chain_send_cancel(struct desk *d, struct entry *en, struct fix_now now);
/** Cancel it without a client's request, once nothing else is pending.
 * @return true if a cancel went out now */
bool chain_cancel(struct desk *d, struct entry *en, struct fix_now now);

/* event.c */
/** What risk has to tell: alerts, halts, counters to keep. */
void desk_follow_risk(struct desk *d, struct fix_now now);
/** Refuse a D: the order ends rejected. */
void order_refuse(struct desk *d, struct entry *en, int reason,
    const char *text, struct fix_now now);
/** The venue has it: tell New once. */
void order_ack(struct desk *d, struct entry *en, struct fix_utc when,
    struct fix_now now);
/** The venue ended it: canceled '4', expired 'C', done '3' or rejected '8'.
 * how: text, reasons, time */
void order_end(struct desk *d, struct entry *en, char status,
    struct report how, struct fix_now now);
/** An order that was refused lives at the venue after all. */
void order_revive(struct desk *d, struct entry *en, struct fix_now now);
void order_replaced(struct desk *d, struct entry *en,
    const struct venue_event *e, struct fix_now now);

/* exec.c */
#define DESK_SUSPENSE "SUSPENSE" /* account of what is nobody's */

/* An event of no order of ours, as far as we know it ourselves. */
struct shown {
	const char *exec_id; /* ours; NULL: a new one */
	const char *ref_id;  /* ExecRefID */
	const char *symbol;  /* NULL: the venue's */
	int64_t qty_e8, px_e8;
	char side; /* NUL: the venue's */
};

/** Show it to whoever gets drop copies; events that are none of an order's are
 * passed over. */
void shown_event(struct desk *d, const struct venue *v,
    const struct venue_event *e, const struct shown *s, struct fix_now now);
/** What an execution of an order is known by: the venue's id or, where another
 * order's has that, one made of both. @return id, or other */
const char *exec_name(struct desk *d, const struct venue *v,
    const struct entry *en, const char *id, char other[VENUE_ID_MAX + 1]);
void exec_fill(struct desk *d, struct venue *v, struct entry *en,
    const struct venue_event *e, struct fix_now now);
/** Was this event, which is no execution, told before? What changes an order
 * and may be said again (after a failover) is remembered by its ExecID. */
bool exec_again(struct desk *d, struct entry *en, const struct venue_event *e);
void exec_bust(struct desk *d, struct venue *v,
    const struct venue_event *e, struct fix_now now);
/** A fee that is told behind its execution: a report of it, once. */
void exec_fee(struct desk *d, const struct venue *v,
    const struct venue_event *e, struct fix_now now);

/* guard.c */
#define GUARD_TEXT "INTERNAL more would be sent than the order is for"
/** May so much of it go to its venue now, on top of what went? Then it counts
 * as gone. Else an operator is told. */
bool guard_new(struct desk *d, struct entry *en, int64_t qty_e8);
/** The same of the new total of a replace. */
bool guard_replace(struct desk *d, struct entry *en, int64_t qty_e8);

/* doubt.c */
void doubt_down(struct desk *d, struct venue *v);
void doubt_up(struct desk *d, struct venue *v, struct fix_now now);
/** What was asked for all orders is answered: ask for those it left out. */
void doubt_all_told(struct desk *d, struct venue *v, struct fix_now now);
void doubt_ask(struct desk *d, struct entry *en, struct fix_now now);
/** The same for one that may be well, unless its venue is asked already. */
void doubt_about(struct desk *d, struct entry *en, struct fix_now now);
void doubt_status(struct desk *d, struct entry *en,
    const struct venue_event *e, struct fix_now now);
void doubt_unknown(struct desk *d, struct entry *en,
    const struct venue_event *e, struct fix_now now);

/* proof.c */
/** This order of a venue that has come up waits for its venue's answer. */
void proof_want(struct desk *d, struct entry *en);
/** The order is settled: was it the last one, the venue takes all again. */
void proof_seen(struct desk *d, struct entry *en);

#endif
