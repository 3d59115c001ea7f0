/*
 * What the files of the Alpaca venue share: alpaca.c connects, alpaca_orders
 * takes requests, alpaca_ask finds out what is not known, alpaca_found acts on
 * it, alpaca_fills reads executions, alpaca_stream what the venue tells,
 * alpaca_market what it quotes,
 * alpaca_call says and hears, alpaca_book knows the orders, alpaca_account
 * account, assets and positions, alpaca_fees what is charged later.
 */
#ifndef FIXGATE_GATEWAY_VENUE_ALPACA_INT_H
#define FIXGATE_GATEWAY_VENUE_ALPACA_INT_H

#include <inttypes.h>
#include <string.h>
#include <sys/queue.h>

#include "fix/decimal.h"
#include "gateway/log.h"
#include "gateway/memory.h"
#include "gateway/venue/alpaca.h"
#include "gateway/venue/alpaca_rules.h"
#include "gateway/venue/amount.h"
#include "gateway/venue/json.h"
#include "gateway/venue/outside.h"
#include "gateway/venue/peer.h"
#include "gateway/venue/rest.h"
#include "gateway/venue/ws.h"

#define ALPACA_ORDERS 50000u /* remembered; ended ones are forgotten */
#define ALPACA_SYMBOLS 100u
#define ALPACA_PAGE 500u     /* orders of a list */
#define ALPACA_FILLS 100u    /* executions of a list */

enum { /* what an order waits for */
	A_SENT = 1,     /* the answer to its POST */
	A_CHANGE = 2,   /* the answer to its cancel or replace */
	A_DOUBT = 4,    /* its POST may or may not have been taken */
	A_ASKING = 8,   /* a question about it is under way */
	A_REDOUBT = 16, /* the order that replaces it may or may not be there */
	A_FILLS = 32,   /* its executions are being read */
};

struct asset {
	struct alpaca_rules rules;
	bool seen;  /* the venue has told it */
	bool known; /* and it can be read */
	int64_t marked_ns; /* when its price was told last */
};

struct aorder;

struct leg { /* one order of the venue; a replace makes another */
	struct node node;
	struct leg *before;
	struct aorder *order; /* NULL: not of the gateway */
	char venue[OUTSIDE_ID];
	int64_t cum;      /* told to the trader, 10^-8 */
	int64_t qty;      /* the venue's, 10^-8; 0: not known */
	__int128 cost;    /* price x quantity of what was told */
};

enum way { /* how a replace is done */
	WAY_PATCH,
	WAY_CANCEL, /* an order that has executions is canceled first ... */
	WAY_NEW,    /* ... then there is another for the rest */
};

struct change { /* a request on an order */
	char kind; /* NUL: none; 'F', 'G'; 'X': we cancel it by ourselves */
	char id[OUTSIDE_ID];
	struct alpaca_wish wish;
	enum way way;
	bool taken;     /* the venue has said that it will */
	int64_t at_ns;  /* when it was sent last */
};

struct aorder { /* an order, by the part of its ids that all have in common */
	struct node node;
	TAILQ_ENTRY(aorder) all, doubtful;
	char family[OUTSIDE_ID];
	char id[OUTSIDE_ID];   /* by which the trader knows it */
	struct asset *asset;
	struct leg *leg;       /* at work; NULL: the venue's id isn't known */
	struct alpaca_wish wish;
	struct change at, held; /* at the venue; until it may go */
	unsigned wait;         /* A_* */
	bool acked, ended, listed;
	bool asked;            /* the trader's question is open */
	bool looked;           /* for successors of an earlier process */
	unsigned round;        /* of the last list that showed it */
	char state[20];        /* the venue's word, "": none yet */
	int64_t sent_ns;       /* monotonic, of the last POST; 0: not by us */
	int64_t ask_ns;        /* when to ask next */
	unsigned asks;
	int64_t lost_ns;       /* since when it is not found; 0: it is */
	json_t *found;         /* A_FILLS: what is told when they are read */
	int64_t fills_ns;      /* since when they are missed */
};

TAILQ_HEAD(aorders, aorder);

enum astep { /* what start-up has reached */
	ASTEP_WAIT, /* for the trader's start */
	ASTEP_CLOCK,
	ASTEP_ACCOUNT,
	ASTEP_ASSETS,
	ASTEP_STREAM,
	ASTEP_UP,
};

struct scan { /* through the executions of the account */
	bool busy;
	int64_t due_ns;       /* monotonic: not before */
	int64_t from_ns;      /* this one begins here */
	int64_t next_ns;      /* the next one would, 0: none is wanted */
	int64_t newest_ns;    /* seen so far */
	int64_t done_ns, kept_ns; /* all up to here are told; kept */
	char page[80];        /* the last one's id, "": the first page */
};

#define ALPACA_FEES 60u /* assets: what can be kept */
#define ALPACA_DAY 10u  /* bytes of "2026-03-16" */

struct fee { /* of an asset */
	char asset[ALPACA_SYMBOL_MAX + 8];
	char day[ALPACA_DAY + 1]; /* what is older is in .before; "": none */
	amount before, since;
	amount older, reading; /* older than the next .day, and not; so far */
	bool kept;
};

struct fees {
	bool known, full_told, busy;
	unsigned pages;      /* of the last look, less counts since */
	char first[ALPACA_DAY + 1]; /* the next .day of all */
	char page[80];       /* the last one's id, "": the first page */
	unsigned n;
	struct fee of[ALPACA_FEES];
};

struct alpaca {
	struct event_base *base;
	struct evdns_base *dns;
	struct event *tick;
	struct peer *peer;
	struct rest *rest;
	struct ws *stream, *market;
	bool stream_over;    /* to be freed by the tick */
	const char *rest_url, *stream_url, *market_url, *ca_file, *api_key, *secret;
	const char *account;
	int64_t unknown_after_ns, reconcile_ns, order_wait_ns;
	enum astep step;
	bool failing;        /* this step has failed: try_ns is when again */
	int64_t try_ns, pause_ns, start_ns;
	int64_t info_due_ns, reconcile_due_ns;
	bool clock_told;
	bool reconciling, listing;
	char page[OUTSIDE_ID]; /* the last order of a list */
	unsigned round;      /* of lists */
	int64_t list_ns;     /* when it began */
	unsigned n_foreign;
	struct scan scan;
	struct fees fees;
	char down[160];      /* the reason that was told last */
	char market_told[160];
	unsigned n_assets, assets_due;
	struct asset assets[ALPACA_SYMBOLS];
	struct hmap by_family, by_venue;
	struct aorders all, doubtful;
	unsigned n_orders;
	char cash[48];       /* of the account, in dollars */
	int status;
};

/* What an answer says. body, if any, is the hearer's. */
struct said {
	enum alpaca_fate fate;
	long status;
	int64_t code;
	json_t *body;
	char text[200];
};

typedef bool alpaca_make(const struct rest_request *q, char *url, char *body);
typedef void alpaca_take(
    const struct rest_request *q, const struct rest_answer *a);

/* alpaca.c */
/** A venue as its settings say, which have been checked, linked to the trader
 * over fd, not started. @return NULL: no memory */
struct alpaca *alpaca_new(const struct conf_section *s, int fd);
void alpaca_free(struct alpaca *v);
struct asset *alpaca_asset(struct alpaca *v, const char *name);
/** The venue can't be used: say why, once, and begin again after a pause. */
void alpaca_fail(struct alpaca *v, const char *why);
void alpaca_next(struct alpaca *v); /* go on with its step */
void alpaca_stream_up(struct alpaca *v);

/* alpaca_call.c */
/** Hear an answer: what it means, and whether the venue can be used at all. */
void alpaca_hear(
    struct alpaca *v, const struct rest_answer *a, struct said *s);
/** Queue a request of weight 1 about text. @return false: it can't be queued,
 * and take() is not called */
bool alpaca_call(struct alpaca *v, enum rest_rank rank, const char *method,
    const char *text, int64_t arg1, alpaca_make *make, alpaca_take *take)
    FIX_MUST_CHECK;
/** A GET of q->text. */
bool alpaca_make_get(const struct rest_request *q, char *url, char *body);
/** Append to a path, percent-encoded. */
void alpaca_put(char *url, const char *text);
/** A body, at most REST_BODY_MAX; j is given back. @return false: no memory */
bool alpaca_put_body(char *body, json_t *j) FIX_MUST_CHECK;
void alpaca_set_e8(json_t *o, const char *key, int64_t v);
/** "after" for the venue. */
void alpaca_put_time(char *url, int64_t ns);

/* alpaca_account.c */
/** May it trade; and, once it is up, what does it hold? */
void alpaca_ask_account(struct alpaca *v);
void alpaca_ask_assets(struct alpaca *v);
/** What symbols trade, before the first execution of them is told. */
void alpaca_tell_pairs(struct alpaca *v);
/** Tell it: the account, or an execution, says so. */
void alpaca_position(struct alpaca *v, const char *symbol, const char *qty);

/** As the settings write it: positions and fees have no '/'. */
const char *alpaca_name_of(struct alpaca *v, const char *symbol);

/* alpaca_fees.c */
/** Tell what the account holds, after a look at its fees. */
void alpaca_count(struct alpaca *v);
/** All that it was charged in an asset, but for executions. @return in buf;
 * NULL: nothing, or it is not known */
const char *alpaca_charged(
    const struct alpaca *v, const char *asset, char buf[AMOUNT_BYTES]);
void alpaca_fees_kept(
    struct alpaca *v, struct fix_span key, struct fix_span value);

/* alpaca_orders.c */
void alpaca_request(struct alpaca *v, const struct record *r, char kind);
/** Send what waited, if nothing is in doubt and nothing is under way. */
void alpaca_go_on(struct alpaca *v, struct aorder *o);
/** The first half of a replace is done: the other one. */
void alpaca_second_half(struct alpaca *v, struct aorder *o);
void alpaca_cancel(struct alpaca *v, struct aorder *o);

/* alpaca_book.c */
void alpaca_forget_all(struct alpaca *v);
struct aorder *alpaca_find(struct alpaca *v, const char *id);
/** Find it, or make it. @return NULL: no id of ours, or no memory */
struct aorder *alpaca_get_order(
    struct alpaca *v, const char *id, struct asset *a);
struct leg *alpaca_leg(struct alpaca *v, const char *venue);
/** Find it, or make it the one at work. @return NULL: no id, no memory */
struct leg *alpaca_get_leg(
    struct alpaca *v, struct aorder *o, const char *venue);
/** The same, of one that the one at work has replaced; there is one. */
struct leg *alpaca_get_older(
    struct alpaca *v, struct aorder *o, const char *venue);
/** Of the request that is at the venue; never 0. */
int64_t alpaca_tag(const struct aorder *o);
int64_t alpaca_cum(const struct aorder *o);
void alpaca_ack(struct alpaca *v, struct aorder *o);
void alpaca_ended(struct alpaca *v, struct aorder *o);
/** A replace was done: o is known by its id from here on. */
void alpaca_replaced(struct alpaca *v, struct aorder *o, int64_t qty,
    int64_t price, int64_t stop);
/** The request that is at the venue is refused, the order goes on. */
void alpaca_refuse_change(
    struct alpaca *v, struct aorder *o, int reason, const char *text);
/** Tell an end: "canceled", "expired", "done-for-day". */
void alpaca_tell_end(struct alpaca *v, struct aorder *o, const char *type,
    const char *text);

/* alpaca_fills.c */
struct fill { /* an execution, as a stream's event or an activity has it */
	const char *venue, *symbol, *side, *qty, *price, *time;
	int64_t cum; /* of that order, with it; 10^-8 */
};
/** Tell it if it is the next one of its leg, or of somebody else.
 * @return false: one before it is missing, nothing was told */
bool alpaca_tell_fill(struct alpaca *v, struct leg *l, const struct fill *f);
/** A leg of an order that is not ours; NULL: too many. */
struct leg *alpaca_foreign(struct alpaca *v, const char *venue);
/** Read all executions since. */
void alpaca_scan(struct alpaca *v, int64_t from_ns);
/** Its executions are not all told: read them, then act on j. */
void alpaca_want_fills(struct alpaca *v, struct aorder *o, json_t *j);
void alpaca_scan_tick(struct alpaca *v);

/* alpaca_found.c */
/** The venue has shown an order of ours. */
void alpaca_found(struct alpaca *v, struct aorder *o, json_t *j);
/** All its executions are told: act on it. */
void alpaca_settle(struct alpaca *v, struct aorder *o, const json_t *j);
/** The order that replaces it is there, at work. */
void alpaca_found_new(struct alpaca *v, struct aorder *o, const json_t *j);
/** The order that was to replace it was refused. */
void alpaca_new_refused(struct alpaca *v, struct aorder *o, const json_t *j);
void alpaca_set_state(struct aorder *o, const char *state);
/** Is more open at the venue than the order is for? Then it is canceled. */
void alpaca_check_excess(struct alpaca *v, struct aorder *o);

/* alpaca_ask.c */
/** Ask the venue for the order, in so many ns. */
void alpaca_ask_soon(struct alpaca *v, struct aorder *o, int64_t wait_ns);
void alpaca_ask_later(struct alpaca *v, struct aorder *o);
void alpaca_unlist(struct alpaca *v, struct aorder *o);
void alpaca_ask_tick(struct alpaca *v);
void alpaca_ask_status(struct alpaca *v, const struct record *r);
void alpaca_reconcile(struct alpaca *v, int64_t since_ns);
/** Has every question of a reconcile been answered? Then say so, once. */
void alpaca_reconciled(struct alpaca *v);
/** Has it a successor that an earlier process has sent? */
void alpaca_ask_successor(struct alpaca *v, struct aorder *o);

/* alpaca_market.c */
void alpaca_open_market(struct alpaca *v);

/* alpaca_stream.c */
void alpaca_stream_message(void *arg, struct fix_span text);
void alpaca_stream_opened(void *arg);

#endif
