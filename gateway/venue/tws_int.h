/* Inside of the TWS session; for tws_*.c alone. */
#ifndef FIXGATE_GATEWAY_VENUE_TWS_INT_H
#define FIXGATE_GATEWAY_VENUE_TWS_INT_H

#include <sys/queue.h>

#include "gateway/memory.h"
#include "gateway/venue/tws_session.h"

#define TWS_EXEC_MAX 63  /* bytes of an execId */
#define TWS_TEXT_MAX 255 /* of an event */
#define TWS_ANSWER_WAIT (10 * FIX_SEC)
#define TWS_REQ_FIRST 1000000000 /* request ids: above all order ids */

enum tws_phase {
	TWS_OFF,   /* no connection */
	TWS_HELLO, /* the server's version is awaited */
	TWS_LOGON, /* its accounts and its next order id are */
	TWS_SYNC,  /* contracts and the state of orders are */
	TWS_READY,
	TWS_CUT,   /* TWS has lost IB (1100): connected, but not up */
};

/* A round of questions about all orders. */
enum tws_round { TWS_NONE, TWS_OPENS, TWS_EXECS, TWS_DONES };

/* A count of what the account holds: what is awaited. */
enum tws_counting { TWS_COUNT_NONE, TWS_COUNT_POSITIONS, TWS_COUNT_CASH };

enum tws_state {
	TWS_S_NEW,  /* sent or about to be, no word of it yet */
	TWS_S_LIVE, /* acknowledged */
	TWS_S_HELD, /* Inactive: refused, or held until shares are found */
	TWS_S_ENDING, /* Cancelled, its executions or its reason outstanding */
	TWS_S_ENDED,
};

struct tws_terms {
	int64_t qty_e8, price_e8, stop_e8;
	struct fix_utc expire;
	char type, tif; /* as FIX has them */
	struct venue_rare rare;
};

struct tws_order {
	struct node by_id;  /* our order id at TWS */
	struct node by_ref; /* ref without what is behind its last '-' */
	TAILQ_ENTRY(tws_order) all;
	char ref[VENUE_ID_MAX + 1]; /* orderRef: the gateway's first id of it */
	char id[VENUE_ID_MAX + 1];  /* the gateway's id of it now */
	char request[VENUE_ID_MAX + 1]; /* of the cancel or replace under way */
	char pending;               /* F, G or NUL */
	bool acked;
	bool queued;    /* no byte of it has left */
	bool this_link; /* what was sent last went over this connection */
	bool trigger;   /* a stop that waits */
	bool seen;      /* in the list of a resync */
	bool adopted;   /* learnt from TWS, not placed by this process */
	bool alerted;   /* it lives although it was refused */
	bool suspect;   /* an error that may have ended it: look */
	unsigned misses; /* rounds that did not find it */
	enum tws_state state;
	char ended_as;  /* OrdStatus of ENDED */
	int64_t order_id, perm_id;
	char account[32];
	char side;
	unsigned symbol; /* index; n_symbols: none of ours */
	struct tws_terms is, want;
	int64_t cum_e8;  /* by executions */
	int64_t told_e8; /* by statuses: not less than this */
	char status[16], held[16]; /* the last orderStatus */
	int code;        /* of the last error, 0: none */
	char text[TWS_TEXT_MAX + 1];
	int64_t due_ns;  /* HELD, ENDING: decide then; INT64_MAX: nothing is */
	int64_t sent_ns; /* mono, of the last request */
	bool asked;      /* the trader waits for its state */
	char asked_id[VENUE_ID_MAX + 1];
};

struct tws_fill {
	struct node node;
	TAILQ_ENTRY(tws_fill) all;
	char exec_id[TWS_EXEC_MAX + 1]; /* the last told, with its .NN */
	size_t stem;                    /* bytes in front of .NN */
	int64_t order_id;
	int64_t qty_e8, px_e8;
	bool corrected; /* told with its .NN */
	bool charged;   /* its commission is known */
};

struct tws_contract {
	struct tws_symbol s;
	int64_t tick_e8, step_e8, least_e8; /* 0: not known */
	char order_types[512]; /* with commas on both ends; "": not known */
	int64_t day;           /* of the look-up, since 1970; -1: never */
	int64_t con_id;        /* 0: not known */
	bool asked, ambiguous;
	char of[8], currency[8]; /* what it is of, if short; "": not known */
	bool share;
};

/* Asked by the trader about an order that we do not know. */
struct tws_question {
	char id[VENUE_ID_MAX + 1];
	unsigned looks; /* resyncs since */
};

TAILQ_HEAD(tws_orders, tws_order);
TAILQ_HEAD(tws_fills, tws_fill);

struct tws_queue { /* frames that wait for their turn */
	uint8_t *buf;
	size_t cap, head, len;
};

#define TWS_QUESTIONS 256u

struct tws_fee { /* of an execution that is still to come */
	char exec_id[TWS_EXEC_MAX + 1]; /* "": none */
	int64_t fee_e8;
	char currency[8];
};
#define TWS_FEES 64u

struct tws {
	struct tws_cfg cfg;
	struct tws_out out;
	char account[32], zone_name[64];
	struct tws_contract *contracts;
	enum tws_phase phase;
	enum tws_round round;
	unsigned version;
	bool have_accounts, have_id, was_up;
	bool dropped; /* tws_closed() is to come */
	bool marks_asked;
	bool orders_known;   /* by a round over this connection */
	enum tws_counting counting;
	bool cash_told;      /* of any currency, in this count */
	int64_t count_ns;    /* when to count again; INT64_MAX: never */
	char accounts[1024]; /* ",DU1,DU2," */
	int64_t next_id, reserved_id;
	int64_t phase_due_ns; /* the answer must be there by then */
	int64_t heard_ns;     /* mono, of the last byte */
	int64_t round_ns;     /* when the round began */
	bool pinged;
	char order_text[32];  /* venue_order_id of an event */
	char why[VENUE_WHY_MAX + 1]; /* of tws_refusal() */
	/* orders */
	struct pool order_pool, fill_pool;
	struct hmap by_id, by_ref, fills;
	struct tws_orders orders, ended; /* live ones; the oldest in front */
	struct tws_fills fill_list;
	unsigned n_orders, n_ended, n_fills;
	int64_t due_ns; /* the first of the orders' */
	struct tws_question questions[TWS_QUESTIONS];
	unsigned n_questions;
	struct tws_fee fees[TWS_FEES];
	unsigned fee_at; /* the oldest */
	int64_t look_ns; /* when to look again; INT64_MAX: no need */
	/* pacing */
	struct tws_queue urgent, normal;
	int64_t window_ns[TWS_RATE_MAX]; /* when the last ones left */
	unsigned window_at;
	struct fix_now now; /* of this call */
};

/* tws_session.c */
void tws_say(struct tws *t, bool alert, const char *fmt, ...) FIX_PRINTF(3, 4);
void tws_drop(struct tws *t, const char *fmt, ...) FIX_PRINTF(2, 3);
/* Something that being ready waits for is there. */
void tws_try_ready(struct tws *t);
void tws_look_soon(struct tws *t, int64_t in_ns);

/* tws_pace.c: @return false: the queue is full */
bool tws_queue_put(struct tws *t, bool urgent, const struct tws_msg *m,
    struct tws_order *o);
void tws_queue_run(struct tws *t);
void tws_queue_clear(struct tws *t);
bool tws_queue_init(struct tws *t);
int64_t tws_queue_due(const struct tws *t);
size_t tws_queue_room(const struct tws *t);

/* tws_map.c: FIX's words and TWS's */
struct tws_kind_of_order {
	char type, tif; /* tif NUL: any of the table's */
	const char *tws_type, *code; /* code: in a contract's orderTypes */
	bool price, stop;
};
const struct tws_kind_of_order *tws_map_type(char type, char tif);
const char *tws_map_tif(char type, char tif);
/* From what TWS tells. @return false: none of ours */
bool tws_unmap(struct fix_span type, struct fix_span tif, char *fix_type,
    char *fix_tif);
/* What keeps TWS from doing it, with its reason for tag 103; NULL: nothing */
const char *tws_refusal(struct tws *t, const struct venue_order *o,
    int *reason);
unsigned tws_symbol_of(const struct tws *t, const char *name);
bool tws_account_of(const struct tws *t, const char *account, char out[32]);

/* tws_error.c */
enum tws_class {
	TWS_E_ORDER,  /* refuses the order, or the request on it */
	TWS_E_CANCEL, /* refuses a cancel */
	TWS_E_CHANGE, /* refuses a change */
	TWS_E_WARN,
	TWS_E_LINK,   /* of the connection, not of an order */
	TWS_E_DONE,   /* 202: canceled */
};
enum tws_class tws_class_of(int64_t code);
int tws_rej_reason(int64_t code, struct fix_span text);
int tws_cxl_reason(int64_t code, struct fix_span text);

/* tws_book.c: orders and executions that we know */
/* Known by order_id and ref; NULL: out of memory */
struct tws_order *tws_order_new(
    struct tws *t, int64_t order_id, struct fix_span ref);
/* It was taken for dead. */
void tws_order_again(struct tws *t, struct tws_order *o);
void tws_order_gone(struct tws *t, struct tws_order *o);
void tws_order_ended(struct tws *t, struct tws_order *o, char as);
struct tws_order *tws_order_by_id(const struct tws *t, int64_t order_id);
struct tws_order *tws_order_by_ref(const struct tws *t, struct fix_span ref);
struct tws_order *tws_order_of(
    const struct tws *t, const char *id, const char *venue_order_id);
/* Are they ids of one order? */
bool tws_same_order(struct fix_span a, struct fix_span b);
struct tws_fill *tws_fill_find(const struct tws *t, struct fix_span exec_id);
struct tws_fill *tws_fill_new(struct tws *t, struct fix_span exec_id);
size_t tws_exec_stem(struct fix_span exec_id);
bool tws_book_init(struct tws *t);
void tws_book_fini(struct tws *t);

/* tws_contract.c */
void tws_lookup(struct tws *t);
bool tws_lookup_done(const struct tws *t);
void tws_on_contract(struct tws *t, const struct tws_msg *m);
void tws_on_contract_end(struct tws *t, int64_t req);
bool tws_contract_error(struct tws *t, int64_t req, int64_t code,
    struct fix_span text);
void tws_set_contract(const struct tws *t, struct tws_msg *m, unsigned symbol);

/* tws_account.c */
/* What executions move. */
void tws_tell_pairs(struct tws *t);
void tws_count_due(struct tws *t);
void tws_on_position(struct tws *t, const struct tws_msg *m);
void tws_on_position_end(struct tws *t);
void tws_on_cash(struct tws *t, const struct tws_msg *m);
void tws_on_cash_end(struct tws *t, int64_t req);
/* @return is it about that? */
bool tws_cash_error(struct tws *t, int64_t req, int64_t code,
    struct fix_span text);

/* tws_events.c: what the trader is told of an order */
struct venue_event tws_event(struct tws *t, enum venue_event_kind kind,
    const struct tws_order *o);
void tws_tell_ack(struct tws *t, struct tws_order *o);
void tws_tell_end(struct tws *t, struct tws_order *o);
void tws_tell_request_refused(struct tws *t, struct tws_order *o, int reason,
    const char *text);
void tws_tell_state(struct tws *t, struct tws_order *o, const char *id);
void tws_set_due(struct tws *t, struct tws_order *o, int64_t in_ns);
void tws_orders_due(struct tws *t);

/* tws_answer.c: messages about orders */
void tws_on_open_order(struct tws *t, const struct tws_msg *m);
void tws_on_status(struct tws *t, const struct tws_msg *m);
/* Of our client id? Notes the number as used. */
bool tws_is_ours(struct tws *t, int64_t client, int64_t order_id);
/* Is it, by its executions? Then it has ended. */
void tws_filled(struct tws *t, struct tws_order *o);
/* tws_fills.c */
void tws_on_execution(struct tws *t, const struct tws_msg *m);
void tws_on_commission(struct tws *t, const struct tws_msg *m);
/* tws_answer.c */
void tws_on_completed(struct tws *t, const struct tws_msg *m);
void tws_on_order_error(struct tws *t, struct tws_order *o, int64_t code,
    struct fix_span text);

/* tws_round.c */
void tws_round_begin(struct tws *t);
void tws_on_open_end(struct tws *t);
void tws_on_executions_end(struct tws *t, int64_t req);
void tws_on_completed_end(struct tws *t);
void tws_ask(struct tws *t, const char *id);
bool tws_is_asked(const struct tws *t, struct fix_span ref);

#endif
