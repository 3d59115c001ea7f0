/*
 * A session, its peer's pen, a clock and a store: what the tests of session/
 * stand on. Messages are written as "35=D|34=2|11=x"; 8, 9, 10 and, where they
 * are not given, 49, 52 and 56 are added. What the session wants done becomes
 * lines of text that expect() compares:
 *
 *     > 35=0|34=2|112=id   sent, without 8 9 10 49 52 56
 *     app D 2              delivered, "dup" behind it if so marked
 *     up   down   close Logout   replay 1-4
 *     not resent 2 35=D ClOrdID a: too old
 *
 * On the way every promise of session.h is checked: durable before the wire,
 * and the fold of all actions is what fix_session_numbers() says.
 */
#ifndef FIXGATE_TESTS_SESSION_WORLD_H
#define FIXGATE_TESTS_SESSION_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "session/session.h"

enum feed {
	FEED_WHOLE, /* a message a call */
	FEED_BYTES, /* a byte a call */
	FEED_LATE,  /* actions are taken out after the next tick only */
};

#define KEPT 4096

struct world {
	enum feed feed;
	struct fix_session_cfg cfg;
	struct fix_session_numbers start, fold;
	struct fix_acts *acts;
	struct fix_session *s;
	struct fix_now now;
	bool hold_replay; /* don't answer REPLAY by yourself */
	uint64_t replay_from, replay_to;
	uint8_t *kept[KEPT];
	size_t kept_len[KEPT];
	char log[1 << 16]; /* lines since the last expect() */
	size_t log_len;
	bool noted[FIX_N_WHY]; /* since start() */
	uint64_t times;        /* seq_end of the last REPORT */
	char note[FIX_N_WHY][256];
	uint8_t in[1 << 17];
	size_t in_len;
	unsigned sends;
};

int world_setup(void **state);
int world_teardown(void **state);

/* Every scenario runs thrice. */
#define THRICE(f)                                                              \
	{ #f ", fed whole", f, world_setup, world_teardown,                    \
		(void *)(intptr_t)FEED_WHOLE },                                \
	    { #f ", byte by byte", f, world_setup, world_teardown,             \
		    (void *)(intptr_t)FEED_BYTES },                            \
	{ #f ", actions taken late", f, world_setup, world_teardown,           \
		(void *)(intptr_t)FEED_LATE }

/** Make the session from w->cfg and w->start. */
void start(struct world *w);
/** The same, then connect. */
void connected(struct world *w);
/** The same, and log on: HeartBtInt 30, numbers at 2. Nothing left to
 * expect. */
void up(struct world *w);
/** The peer sends a message. */
void say(struct world *w, const char *fmt, ...) FIX_PRINTF(2, 3);
/** Bytes as they stand, '|' for SOH. */
void say_raw(struct world *w, const char *text);
void say_bytes(struct world *w, const uint8_t *p, size_t n);
/** Whole message of a text: 8, 9, 10 added. @return bytes */
size_t frame(struct world *w, const char *text, uint8_t *out, size_t cap);
void lost(struct world *w);
/** Time passes; timers run when they are due. */
void pass(struct world *w, int64_t ms);
/** The application sends; type "D", body "11=x|". @return the call's */
int app_send(struct world *w, const char *type, const char *body);
/** Take out all actions. */
void drain(struct world *w);
/** These lines and no others, ended by NULL. */
void expect(struct world *w, ...);
#define expect_nothing(w) expect(w, NULL)
void forget(struct world *w);
void assert_numbers(struct world *w, uint64_t in, uint64_t out);
void assert_noted(struct world *w, enum fix_why why);
/** Timestamp of now and some ms, 21 bytes and NUL; in a rotating buffer. */
const char *stamp(struct world *w, int64_t plus_ms);

#endif
