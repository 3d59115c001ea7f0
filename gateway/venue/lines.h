/*
 * A stream of lines: the answer to one GET that never ends, in chunks of any
 * size. It is dropped when no line comes for too long, and asked for again
 * after a pause that grows.
 */
#ifndef FIXGATE_GATEWAY_VENUE_LINES_H
#define FIXGATE_GATEWAY_VENUE_LINES_H

#include <event2/event.h>

#include "fix/err.h"
#include "fix/span.h"
#include "fix/time.h"

#define LINES_MAX (1u << 20)               /* bytes of a line, at most */
#define LINES_PAUSE_FIRST_NS (500 * FIX_MSEC) /* twice as long each time, */
#define LINES_PAUSE_MAX_NS (30 * FIX_SEC)     /* up to this */

struct lines_buf { /* a line that is not whole yet */
	uint8_t *p;
	size_t len, cap;
};

/** Take bytes; each line of them that is whole, without its end and not empty,
 * goes to line(). @return 0; -FIX_E_TOOBIG: a line over LINES_MAX;
 * -FIX_E_NOMEM */
int lines_take(struct lines_buf *b, struct fix_span in,
    void (*line)(void *arg, struct fix_span text), void *arg) FIX_MUST_CHECK;
void lines_wipe(struct lines_buf *b);

struct lines;

struct lines_cfg {
	struct event_base *base;
	const char *url;     /* whole; copied */
	const char *ca_file; /* NULL: the system's */
	const char *header;  /* with LF between several; a secret, copied */
	int64_t silent_ns;   /* without a line for so long it is dead */
	void *arg;
	void (*opened)(void *arg); /* 200 has come */
	void (*line)(void *arg, struct fix_span text); /* borrowed */
	/* It has ended or could not be opened; another attempt comes. */
	void (*closed)(void *arg, long status, const char *why);
};

/** Connects from the loop. @return NULL: no memory, or a bad URL */
struct lines *lines_new(const struct lines_cfg *cfg);
void lines_free(struct lines *l);
/** Close, soon, and connect again after the pause; why is static. */
void lines_again(struct lines *l, const char *why);
/** All is well: the next pause is the shortest again. */
void lines_well(struct lines *l);

#endif
