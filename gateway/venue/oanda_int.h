/*
 * What the files of the OANDA venue share: oanda.c connects, oanda_log reads
 * transactions in their order, oanda_events says what each means, oanda_orders
 * takes requests, oanda_ask finds out what is not known, oanda_book knows the
 * orders, oanda_call writes and reads calls, oanda_account compares.
 */
#ifndef FIXGATE_GATEWAY_VENUE_OANDA_INT_H
#define FIXGATE_GATEWAY_VENUE_OANDA_INT_H

#include <inttypes.h>
#include <string.h>
#include <sys/queue.h>

#include "fix/decimal.h"
#include "fix/time.h"
#include "gateway/log.h"
#include "gateway/memory.h"
#include "gateway/venue/json.h"
#include "gateway/venue/lines.h"
#include "gateway/venue/oanda.h"
#include "gateway/venue/oanda_rules.h"
#include "gateway/venue/outside.h"
#include "gateway/venue/peer.h"
#include "gateway/venue/rest.h"

#define OANDA_ORDERS 50000u  /* remembered; ended ones are forgotten */
#define OANDA_SYMBOLS 100u
#define OANDA_SYMBOL_MAX 32

enum { /* what an order waits for */
	O_SENT = 1,   /* the answer to its POST */
	O_CHANGE = 2, /* the answer to its cancel or replace */
	O_DOUBT = 4,  /* is it there? */
	O_REDO = 8,   /* its cancel or replace is to be sent again */
	O_ASKING = 16,
};

struct osymbol {
	char name[OANDA_SYMBOL_MAX + 1];       /* EUR/USD, as in Symbols */
	char instrument[OANDA_SYMBOL_MAX + 1]; /* EUR_USD */
	struct oanda_rules rules;
	bool known, halted;
};

struct ochange { /* a request on an order */
	char kind; /* NUL: none; 'F', 'G' */
	char id[OUTSIDE_ID];
	struct oanda_wish wish;
};

struct oorder { /* an order, by what its ids have in common */
	struct node node;
	TAILQ_ENTRY(oorder) all, waiting, touched;
	char family[OUTSIDE_ID];
	char id[OUTSIDE_ID];     /* in force at the venue */
	struct osymbol *symbol;
	int64_t order_id;        /* the venue's now, 0: not seen in the log */
	int64_t first_id;        /* of the first of its chain */
	int64_t seen;            /* transactions up to this one are done */
	struct oanda_wish wish;
	int64_t cum;             /* 10^-8 */
	struct ochange at, held; /* at the venue; until that is answered */
	unsigned wait;           /* O_* */
	bool ended, sure, asked, listed, in_batch;
	bool fresh;              /* created in this batch: not told yet */
	bool part;               /* partly filled in this batch */
	char state;              /* OrdStatus, when ended */
	int64_t sent_ns;         /* monotonic, of its POST */
	int64_t ask_ns;          /* when to do so next */
	unsigned asks;
};

TAILQ_HEAD(oorders, oorder);

enum ostep { /* what start-up has reached */
	OSTEP_WAIT,       /* for the trader's start */
	OSTEP_ACCOUNT,
	OSTEP_INSTRUMENTS,
	OSTEP_STREAM,     /* before the log: nothing falls between them */
	OSTEP_LOG,
	OSTEP_UP,
};

struct oanda {
	struct event_base *base;
	struct event *tick;
	struct peer *peer;
	struct rest *rest;
	struct lines *stream, *prices;
	const char *rest_url, *stream_url, *ca_file, *account;
	char header[400];
	int64_t unknown_after_ns, reconcile_ns, order_wait_ns;
	enum ostep step;
	bool failing, stream_open, clock_told;
	int64_t try_ns, pause_ns, start_ns;
	int64_t reconcile_due_ns, keep_due_ns, instruments_due_ns;
	bool reconciling;
	char down[200];       /* the reason that was told last */
	char prices_told[200];
	unsigned n_symbols;
	struct osymbol symbols[OANDA_SYMBOLS];
	/* the log */
	int64_t last;         /* done up to here; -1: not known */
	int64_t from, told;   /* kept: read again from, said up to */
	int64_t batch;        /* of the last one */
	int64_t batch_ns;     /* since when it may be unfinished; 0: it is not */
	bool replaying;       /* states are not said: the trader will ask */
	bool syncing, sync_again;
	unsigned sync_fails;
	int64_t sync_ns;      /* a failed one is tried again */
	/* orders */
	struct hmap by_family;
	struct oorders all, waiting, touched;
	unsigned n_orders;
	/* the account */
	bool hedging;
	char currency[16], balance[48];
	int status;
};

/* oanda.c */
/** A venue as its settings say, which have been checked, linked to the trader
 * over fd, not started. @return NULL: no memory */
struct oanda *oanda_new(const struct conf_section *s, int fd);
void oanda_free(struct oanda *b);
struct osymbol *oanda_symbol(struct oanda *b, const char *name);
struct osymbol *oanda_instrument(struct oanda *b, const char *name);
/** The venue can't be used: say why, once, and begin again after a pause. */
void oanda_fail(struct oanda *b, const char *why);
void oanda_alert(struct oanda *b, const char *text);
void oanda_next(struct oanda *b);
/** The log has been read to its end: go up, answer what waits for that. */
void oanda_synced(struct oanda *b);

/* oanda_call.c */
enum ofate { OFATE_DONE, OFATE_REFUSED, OFATE_LATER, OFATE_UNKNOWN };
/** Judge an answer. *body, if there is JSON, is to be given back; code is the
 * venue's or ""; text says what went wrong. A wrong token or a limit is told. */
enum ofate oanda_fate(struct oanda *b, const struct rest_answer *a,
    json_t **body, char code[64], char *text, size_t cap);
/** Ask for A/PATH. @return 0; -FIX_E_FULL */
int oanda_ask(struct oanda *b, enum rest_rank rank, const char *path,
    const char *text, int64_t arg,
    void (*done)(const struct rest_request *, const struct rest_answer *))
    FIX_MUST_CHECK;
/** The body of an answer that a step waits for; NULL: it has failed, told. */
json_t *oanda_good(
    struct oanda *b, const struct rest_answer *a, const char *what);
/** OrdRejReason(103) of a TransactionRejectReason or OrderCancelReason. */
int oanda_reason(const char *code);
/** An id: a text of digits. @return 0: none */
int64_t oanda_id(const json_t *o, const char *key);
/** {"order":...} that wants so many units, under that id. */
void oanda_body(char *body, size_t cap, const struct osymbol *s,
    const struct oanda_wish *w, int64_t units, const char *id);

/* oanda_log.c */
void oanda_log_start(struct oanda *b);
/** Read on until the end, soon. */
void oanda_log_sync(struct oanda *b);
/** All transactions of an answer, and its lastTransactionID. */
void oanda_log_answer(struct oanda *b, const json_t *body);
void oanda_log_tick(struct oanda *b);
void oanda_log_keep(struct oanda *b);
/** Read again from before this one, which is done. */
void oanda_log_rewind(struct oanda *b, int64_t id);
void oanda_stream_line(void *arg, struct fix_span text);

/* oanda_events.c */
void oanda_events_apply(struct oanda *b, const json_t *t, int64_t id);
/** The last batch is whole. */
void oanda_events_settle(struct oanda *b);

/* oanda_orders.c */
void oanda_orders_take(struct oanda *b, const struct record *r, char kind);
void oanda_orders_go_on(struct oanda *b, struct oorder *o);
void oanda_orders_change(struct oanda *b, struct oorder *o);

/* oanda_ask.c */
void oanda_ask_soon(struct oanda *b, struct oorder *o, unsigned what, int64_t wait_ns);
void oanda_ask_tick(struct oanda *b);
void oanda_ask_status(struct oanda *b, const struct record *r);
void oanda_ask_synced(struct oanda *b);

/* oanda_book.c */
struct oorder *oanda_book_find(struct oanda *b, const char *id);
/** The order that a request is about: it stays while the request is under
 * way. */
struct oorder *oanda_book_of(const struct rest_request *q);
void oanda_book_free(struct oanda *b);
/** Find it, or make it. @return NULL: no id of ours, or no memory */
struct oorder *oanda_book_get(struct oanda *b, const char *id, struct osymbol *s);
void oanda_book_ack(struct oanda *b, struct oorder *o);
void oanda_book_ended(struct oorder *o, char state);
void oanda_book_say(struct oanda *b, const struct oorder *o, const char *type,
    const char *id, const char *orig, const char *text);

/* oanda_account.c */
void oanda_account_ask(struct oanda *b);
void oanda_account_instruments(struct oanda *b);
void oanda_account_compare(struct oanda *b);
void oanda_prices_open(struct oanda *b);

#endif
