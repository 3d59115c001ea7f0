/*
 * What the files of the Binance venue share: binance.c connects, binance_orders
 * takes requests, binance_replace changes orders, binance_ask finds out what is
 * not known, binance_stream reads what the venue tells, binance_call writes and
 * reads calls, binance_book knows the orders, binance_since finds executions,
 * binance_limits counts orders, binance_account balances.
 */
#ifndef FIXGATE_GATEWAY_VENUE_BINANCE_INT_H
#define FIXGATE_GATEWAY_VENUE_BINANCE_INT_H

#include <inttypes.h>
#include <sys/queue.h>

#include "fix/decimal.h"
#include "gateway/log.h"
#include "gateway/memory.h"
#include "gateway/venue/binance.h"
#include "gateway/venue/binance_rules.h"
#include "gateway/venue/binance_sign.h"
#include "gateway/venue/json.h"
#include "gateway/venue/outside.h"
#include "gateway/venue/peer.h"
#include "gateway/venue/rest.h"
#include "gateway/venue/ws.h"

#define BINANCE_ORDERS 50000u  /* remembered; ended ones are forgotten */
#define BINANCE_SYMBOLS 200u
#define BINANCE_LIMITS 4u

enum { /* what an order waits for */
	B_SENT = 1,    /* the answer to its POST */
	B_CHANGE = 2,  /* the answer to its cancel or replace */
	B_DOUBT = 4,   /* its POST may or may not have been taken */
	B_ASKING = 8,  /* a question about it is under way */
	B_REDOUBT = 16, /* a replace may or may not have been taken */
};

struct symbol {
	struct binance_rules rules;
	bool known;     /* exchangeInfo has it, and it can be read */
	bool listing;   /* its open orders are asked for */
	int64_t mark, mark_told_ns;
	int64_t trade;  /* all trades up to this one are told; 0: none known */
	int64_t kept;   /* the one that the trader keeps */
};

enum replace_step { /* how far a replace is */
	R_WHOLE, /* one call does all of it */
	R_ROOM,  /* first the order is canceled */
	R_FILLS, /* it is: what it has executed is being read */
	R_REST,  /* what is left is sent as an order of its own */
};

struct change { /* a request on an order */
	char kind; /* NUL: none; 'F', 'G' */
	char id[OUTSIDE_ID];
	struct binance_wish wish;
	unsigned turn;      /* counts them: an answer is to one of them */
	enum replace_step step;
	int64_t before;     /* border.before, when it is done */
	int64_t gone;       /* R_FILLS: what was executed in all */
};

struct border { /* an order, by the part of its ids that all have in common */
	struct node node;
	TAILQ_ENTRY(border) all, doubtful;
	char family[OUTSIDE_ID]; /* "0-1-7" of "0-1-7-0" */
	char id[OUTSIDE_ID];     /* in force at the venue */
	struct symbol *symbol;
	int64_t order_id;        /* the venue's, 0: not known */
	struct binance_wish wish; /* the whole order, as it is in force */
	bool known;              /* that is what the venue has */
	int64_t before;          /* of cum, executed by orders that this one
	                            at the venue has replaced */
	int64_t whole;           /* OrderQty as the trader has it, 0: not said */
	int64_t cum;             /* told to the trader, 10^-8 */
	char asked[OUTSIDE_ID];  /* the trader's question is open, or "" */
	struct change at, held;  /* at the venue; until the POST is answered */
	unsigned wait;           /* B_* */
	bool acked, ended, listed;
	int64_t sent_ns;         /* monotonic, of the last POST */
	int64_t ask_ns;          /* when to ask next */
	unsigned asks;
	unsigned seen;           /* the last list of open orders with it */
};

TAILQ_HEAD(borders, border);

struct order_limit { /* so many orders in a window, aligned to the venue's clock */
	char name[8];    /* "10s" */
	char header[32]; /* which counts them, lower case */
	int64_t window_ns, at;
	unsigned limit, used;
	bool told;       /* that they are spent, in this window */
};

enum step { /* what start-up has reached */
	STEP_WAIT,    /* for the trader's start */
	STEP_TIME,
	STEP_INFO,
	STEP_ACCOUNT,
	STEP_STREAM,
	STEP_UP,
};

struct binance {
	struct event_base *base;
	struct evdns_base *dns;
	struct event *tick;
	struct peer *peer;
	struct rest *rest;
	struct ws *user, *market;
	struct binance_key key;
	const char *rest_url, *stream_url, *market_url, *ca_file, *account;
	unsigned recv_window_ms;
	int64_t unknown_after_ns, reconcile_ns, order_wait_ns;
	enum step step;
	bool failing;        /* this step has failed: try_ns is when again */
	int64_t try_ns, pause_ns, start_ns;
	int64_t offset_ms;   /* the venue's clock less ours */
	int64_t time_due_ns, info_due_ns, reconcile_due_ns;
	int64_t since_ns;    /* of the trader's reconcile */
	unsigned open;       /* questions of a reconcile under way */
	unsigned round;      /* of lists of open orders */
	bool reconciling, told_trader, clock_told;
	char down[160];      /* the reason that was told last */
	char market_told[160];
	unsigned n_limits, flying; /* orders whose answer is out */
	bool counted;        /* a header of this answer did */
	struct order_limit limits[BINANCE_LIMITS];
	unsigned n_symbols;
	struct symbol symbols[BINANCE_SYMBOLS];
	struct hmap by_family;
	struct borders all, doubtful;
	unsigned n_orders, turn;
	int status;
};

/* binance.c */
/** A venue as its settings say, which have been checked, linked to the trader
 * over fd, not started. @return NULL: no memory */
struct binance *binance_new(const struct conf_section *s, int fd);
void binance_free(struct binance *b);
struct symbol *binance_symbol(struct binance *b, const char *name);
/** The venue can't be used: say why, once, and begin again after a pause. */
void binance_fail(struct binance *b, const char *why);
/** An answer that tells of the connection, not of the order: a wrong key, a ban
 * or a clock. */
void binance_judge(struct binance *b, const struct rest_answer *a, int64_t code,
    const char *msg);
void binance_stream_up(struct binance *b);

void binance_next(struct binance *b); /* go on with its step */
void binance_get(struct binance *b, const char *path, unsigned weight,
    bool (*make)(const struct rest_request *, char *, char *),
    void (*done)(const struct rest_request *, const struct rest_answer *));
/** The body of an answer that a step waits for; NULL: it has failed, told. */
json_t *binance_good(
    struct binance *b, const struct rest_answer *a, const char *what);

/* binance_settings.c */
void settings_read(struct binance *b, const struct conf_section *s);

/* binance_account.c */
void account_ask(struct binance *b);
/** Tell what v says, under the names of asset, free and locked there. */
void account_held(
    struct binance *b, const json_t *v, const char *const names[3]);

/* binance_call.c */
struct binance_call {
	char *p;
	size_t len;
};
/** Begin parameters at p, of REST_BODY_MAX bytes. */
void call_begin(struct binance_call *c, char *p);
void call_put(struct binance_call *c, const char *name, const char *value);
void call_put_e8(struct binance_call *c, const char *name, int64_t v);
void call_put_int(struct binance_call *c, const char *name, int64_t v);
/** A new order. */
void call_put_wish(struct binance_call *c, const struct symbol *s,
    const struct binance_wish *w, const char *name);
/** Which order: by its number under by_id, or by its name under by_name. */
void call_put_target(struct binance_call *c, const struct border *o,
    const char *by_id, const char *by_name);
/** recvWindow, timestamp, signature. @return false: it can't be signed */
bool call_sign(struct binance *b, struct binance_call *c) FIX_MUST_CHECK;
enum call_fate { CALL_DONE, CALL_REFUSED, CALL_LATER, CALL_UNKNOWN };
/** Judge an answer by the venue's table of codes. *body, if there is JSON, is
 * to be given back; text says what went wrong. */
enum call_fate call_fate(const struct rest_answer *a, json_t **body,
    int64_t *code, char *text, size_t cap);
/** The same for an error within an answer; 0 is none. */
enum call_fate call_fate_of(int64_t code);
/** OrdRejReason(103) for an error of the venue. */
int call_reason(int64_t code, const char *msg);

/* binance_orders.c */
void orders_take(struct binance *b, const struct record *r, char kind);
/** Send what waited for the answer to its POST. */
void orders_go_on(struct binance *b, struct border *o);
/** The venue is lost: what waits is not sent any more, for the trader will take
 * orders as they stand when it is back. */
void orders_forsake(struct binance *b);
/** A call about it; arg1 of the request is the turn of what is at the venue. */
void orders_call(struct binance *b, const struct border *o, enum rest_rank rank,
    const char *method,
    bool (*make)(const struct rest_request *, char *, char *),
    void (*done)(const struct rest_request *, const struct rest_answer *));
/** The fate of what was sent for it is not known: ask. what: B_DOUBT,
 * B_REDOUBT */
void orders_doubt(struct binance *b, struct border *o, unsigned what);

/* binance_replace.c */
/** Begin the replace o->at. */
void replace_begin(struct binance *b, struct border *o);
/** It is refused, the order goes on. */
void replace_refuse(
    struct binance *b, struct border *o, int reason, const char *text);
/** The order is so at the venue, its executions are told. @return true: the
 * replace goes on from there, and its state is not to be told */
bool replace_found(struct binance *b, struct border *o, const json_t *j);
/** It was canceled, with cum executed of it and before, by c. @return is that
 * what the replace wants? */
bool replace_canceled(
    struct binance *b, struct border *o, const char *c, int64_t cum);
/** o->cum has grown. */
void replace_filled(struct binance *b, struct border *o);
/** What it sent in doubt never got there. */
void replace_lost(struct binance *b, struct border *o);

/* binance_limits.c */
void limits_read(struct binance *b, const json_t *list); /* rateLimits */
void limits_heard(void *arg, const char *p, size_t n);
/** Would another order be one too many? @return true: text says of what */
bool limits_spent(struct binance *b, char *text, size_t cap);
/** An order, or a replace by cancelReplace, is given away; its answer is here. */
void limits_sent(struct binance *b);
void limits_answered(struct binance *b, const struct rest_answer *a);

/* binance_book.c */
/* An order's name at the venue is our id; with an 'x' and, in base 36, what was
 * executed before it (10^-8) if it goes on from another, with a 'c' for the
 * cancel that makes room for one. So whoever finds it knows its CumQty. */
struct binance_name {
	char id[OUTSIDE_ID];
	int64_t before;
	bool room;
};
#define BINANCE_NAME_MAX 36
/** @return false: it does not fit, n would be another order's */
bool orders_name(char out[BINANCE_NAME_MAX + 1], const struct binance_name *n)
    FIX_MUST_CHECK;
/** Another's name is an id without anything behind it, cut if it is too long. */
struct binance_name orders_named(const char *name);
void orders_free(struct binance *b);
struct border *orders_find(struct binance *b, const char *id);
/** Find it, or make it. @return NULL: no id of ours, or no memory */
struct border *orders_get(
    struct binance *b, const char *id, struct symbol *s);
struct border *orders_of_venue(
    struct binance *b, const struct symbol *s, int64_t order_id);
void orders_ack(struct binance *b, struct border *o);
void orders_ended(struct binance *b, struct border *o);
/** It is filled: what was wanted of it comes too late. */
void orders_filled(struct binance *b, struct border *o);
/** A replace was done: o is known by its id from here on. */
void orders_replaced(struct binance *b, struct border *o, int64_t order_id,
    int64_t qty, int64_t price);
/** before: as of its order; -1: not known, or no matter any more. */
void orders_fill(struct binance *b, const struct border *o, const char *id,
    const struct symbol *s, int64_t order_id, const json_t *t, bool stream,
    int64_t before);

/* binance_ask.c */
/** Ask the venue for the order, in so many ns. */
void ask_soon(struct binance *b, struct border *o, int64_t wait_ns);
/** ... once more, ever more patiently. */
void ask_later(struct binance *b, struct border *o);
/** Can nothing that was sent for it arrive any more? */
bool ask_is_over(const struct binance *b, const struct border *o);
/** OrdStatus(39) of an order of the venue. */
char ask_state(const json_t *j);
void ask_tick(struct binance *b);
void ask_status(struct binance *b, const struct record *r);
/** The venue says so of the order now; j is borrowed. */
void ask_found(struct binance *b, struct border *o, json_t *j);

/* binance_since.c */
void ask_reconcile(struct binance *b);
/** Has every question of a reconcile been answered? Then say so, once. */
void ask_reconciled(struct binance *b);

/* binance_stream.c */
void stream_message(void *arg, struct fix_span text);
void stream_opened(void *arg);
void market_message(void *arg, struct fix_span text);

#endif
