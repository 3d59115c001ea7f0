/*
 * HTTP for venues: libcurl's multi interface on libevent, with keep-alive, a
 * bound on what is under way, an order of importance for what waits, and the
 * venue's word on how long to be quiet.
 *
 * A request is made into a URL and a body at the moment when it is sent, so
 * that a signature holds the time of sending. It is sent once: libcurl's own
 * repetition on a connection that died is refused, for the venue may have
 * acted on it.
 */
#ifndef FIXGATE_GATEWAY_VENUE_REST_H
#define FIXGATE_GATEWAY_VENUE_REST_H

#include <event2/event.h>

#include "fix/err.h"
#include "fix/span.h"
#include "fix/time.h"

#define REST_URL_MAX 8192u
#define REST_BODY_MAX 4096u
#define REST_WAITING 2000u  /* requests that may wait */
#define REST_FLYING 8u      /* under way at once */
#define REST_SPARE 2u       /* of them for cancels alone */

struct rest;

enum rest_rank { /* who goes first */
	REST_CANCEL,
	REST_ASK,   /* orders in doubt */
	REST_ORDER,
	REST_REST,  /* everything else */
	REST_N_RANK
};

enum rest_fate { /* what became of a request */
	REST_ANSWERED, /* .status, .body */
	REST_NOT_SENT, /* it never left: the venue can't have acted on it */
	REST_UNKNOWN,  /* it may have been acted upon */
};

struct rest_answer { /* borrowed for the call */
	enum rest_fate fate;
	long status;
	struct fix_span body;
	int64_t retry_after_s; /* -1: not said */
	const char *why;       /* not answered: a sentence */
};

struct rest_request {
	enum rest_rank rank;
	const char *method; /* "GET", "POST", "PUT", "DELETE"; static */
	unsigned weight;    /* of the venue's budget */
	int64_t arg1;       /* the caller's, with text */
	void *arg;
	char text[128];
	/* Write what follows the base of the URL, and the body ("": none), each
	 * NUL-terminated. @return false: give it up */
	bool (*make)(const struct rest_request *r, char *url, char *body);
	void (*done)(
	    const struct rest_request *r, const struct rest_answer *a);
};

struct rest_cfg {
	struct event_base *base;
	const char *url;       /* base, without '/' at its end; borrowed */
	const char *ca_file;   /* NULL: the system's */
	const char *header;    /* "X-MBX-APIKEY: ...", with LF between several;
				* a secret, copied */
	const char *used_header; /* its number is the weight used so far in the
				  * budget's window; "": none; lower case */
	/* Or, of a budget that the venue tells: what it is, what is left of it,
	 * and when it is whole again, in seconds since 1970; NULL: none. */
	const char *limit_header, *left_header, *reset_header;
	/* Each line of a header, without NUL; NULL: nobody asks. */
	void (*heard)(void *arg, const char *p, size_t n);
	void *arg;
	int64_t window_ns;     /* of the budget, aligned to the clock */
	unsigned budget;       /* weight in a window; 0: no bound. One that no
				* header tells comes back bit by bit, not by
				* windows */
	int64_t order_wait_ns; /* REST_ORDER that waits longer to be sent is
				* not sent any more; 0: however long */
	unsigned timeout_ms;   /* for an answer */
};

/** @return NULL: no memory */
struct rest *rest_new(const struct rest_cfg *cfg);
void rest_free(struct rest *r);
/** Queue a copy. done() is called once, never from inside of this call.
 * @return 0; -FIX_E_FULL */
int rest_do(struct rest *r, const struct rest_request *q) FIX_MUST_CHECK;
/** Send nothing until then (monotonic). */
void rest_pause(struct rest *r, int64_t until_ns);
/** The number behind NAME: of a line of a header, name in lower case. */
bool rest_header(const char *p, size_t n, const char *name, int64_t *out);
/** Is the budget of that rank spent until the next window? */
bool rest_spent(struct rest *r, enum rest_rank rank);
void rest_budget(struct rest *r, unsigned weight);
/** Why an address can't be used: plain http or ws beyond loopback, a user, a
 * query. @return NULL: it can */
const char *rest_url_fault(const char *url);

#endif
