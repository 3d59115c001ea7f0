/*
 * Playing a case against an engine, through whatever joins the two: sockets, or
 * a session in this process with a clock of our own.
 */
#ifndef FIXGATE_GATEWAY_CLI_CONFORM_PLAY_H
#define FIXGATE_GATEWAY_CLI_CONFORM_PLAY_H

#include <sys/types.h>

#include "dictionaries/dict.h"
#include "fix/time.h"
#include "gateway/cli/conform/case.h"

#define CC_LINKS 4u /* connections of one case */

/* What joins us to the engine. Links are 0 to CC_LINKS - 1. */
struct cc_peer {
	void *arg;
	struct fix_now (*now)(void *arg);
	/* Connect, or wait for the engine to. A failure says why.
	 * @return 0, -FIX_E_NOTFOUND: not in time, -FIX_E_IO */
	int (*open)(void *arg, unsigned link, struct fix_mono until,
	    const char **why);
	/* @return 0, -FIX_E_IO: the engine has closed */
	int (*send)(void *arg, unsigned link, struct fix_span bytes);
	void (*close)(void *arg, unsigned link);
	/* Let time pass until something comes on any link, or until the given
	 * moment. *link says where. @return bytes in buf; 0: the time has come;
	 * -FIX_E_STATE: the engine has closed *link (told once);
	 * -FIX_E_IO: told to stop */
	ssize_t (*turn)(void *arg, struct fix_mono until, unsigned *link,
	    uint8_t *buf, size_t cap);
	/* What a "do" step says: verb, word ("" if none), and a message with
	 * type and body ("tag=value SOH ..."). @return 0, -FIX_E_IO with why */
	int (*operate)(void *arg, const char *verb, const char *word,
	    struct fix_span body, const char **why);
};

/* Numbers that outlive a case, of a session that does. */
struct cc_numbers {
	uint64_t in;  /* next that the engine sends */
	uint64_t out; /* next that we send */
	uint64_t ids; /* ClOrdIDs made so far */
};

struct cc_play_cfg { /* borrowed */
	struct cc_setup setup;
	const struct cc_peer *peer;
	const char *us, *them;  /* CompIDs */
	const char *username, *password; /* of our Logons, or NULL */
	const char *symbol;     /* of orders */
	const char *run;        /* begins the ClOrdIDs: letters and digits */
	unsigned heart_s;       /* our HeartBtInt(108), unless a case says */
	int64_t timeout_ns;     /* for a message that a case waits for */
	int64_t open_ns;        /* for the engine to connect */
	int64_t slack_ns;       /* how late a timed one may be; a fourth of it:
	                           how early */
	struct cc_numbers *numbers; /* kept from case to case; NULL: 1 and 1 */
	/* To check what the engine sends; NULL: only framing and header. */
	const struct fix_dict *transport, *app;
};

struct cc_said { /* a line of the transcript */
	struct fix_utc at;
	char dir;      /* '>' we said it, '<' the engine did, '-' a note */
	unsigned link; /* from 1 */
	unsigned line; /* of the case */
	size_t len;
	uint8_t *bytes;
};

struct cc_result {
	bool passed;
	unsigned line;       /* of the step that failed */
	const char *step;    /* its text: the case's */
	char why[512];       /* what was wrong */
	char came[256];      /* what came instead, in short; "": nothing */
	struct cc_said *said;
	unsigned n_said;
	int64_t took_ns;
};

/** Play a case that cc_applies(). @return 0; -FIX_E_IO: told to stop;
 * -FIX_E_NOMEM. r is to be cleared after 0. */
int cc_play(const struct cc_case *c, const struct cc_play_cfg *cfg,
    struct cc_result *r) FIX_MUST_CHECK;
void cc_result_clear(struct cc_result *r);

#endif
