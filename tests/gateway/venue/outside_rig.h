/*
 * A venue's process without a process: its HTTP, its streams, its trader and
 * its clock are the test's. rest.c, lines.c, ws.c and outside_now.c are not
 * linked; what stands in for them here keeps their promises.
 */
#ifndef FIXGATE_TESTS_GATEWAY_VENUE_OUTSIDE_RIG_H
#define FIXGATE_TESTS_GATEWAY_VENUE_OUTSIDE_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gateway/settings/conf.h"
#include "gateway/venue/lines.h"
#include "gateway/venue/rest.h"
#include "gateway/venue/ws.h"

#define RIG_CALLS 64
#define RIG_UTC (1773686281 * FIX_SEC) /* when a test begins */

struct rig_call {
	struct rest_request q;
	bool sent;
	char url[512], body[REST_BODY_MAX];
};

struct rig_stream {
	struct lines_cfg cfg;
	char url[512];
	const char *again; /* why the adapter wants another, or NULL */
	bool well;
};

struct rig_socket {
	struct ws_cfg cfg;
	const char *again;
	bool well, open, freed;
	char sent[1024]; /* the last message */
};

struct rig {
	struct event_base *base;
	struct event *tick;  /* of the adapter, for rig_wait_ms() */
	const char *prefix;  /* of addresses: cut from what rig_asked() says */
	int64_t mono, utc;   /* the clocks */
	int64_t paused;      /* by rest_pause() */
	bool full;           /* no request is taken */
	bool spent;          /* what is left is for cancels */
	struct rig_call calls[RIG_CALLS];
	unsigned n_calls;
	struct rig_stream streams[2];
	unsigned n_streams;
	struct rig_socket sockets[8]; /* the last one is the newest */
	unsigned n_sockets;
	struct conf *conf;
	int fd;
	char asked[4096], told[16384], body[REST_BODY_MAX];
};

extern struct rig rig;

/** Begin. *s: of that [VENUE V]. @return the venue's end of the link */
int rig_begin(const char *settings, const struct conf_section **s);
void rig_end(void);
/** The trader says so: rig_trader("new", "id", "1-7-1-0", ..., NULL). */
void rig_trader(const char *type, ...);
/** What was told since: "ack id=1-7-1-0 order=6367; ...". */
const char *rig_told(void);
/** Send what waits. @return it: "POST /orders; GET /summary"; rig.body is the
 * last one's */
const char *rig_asked(void);
/** The oldest call that begins so and is under way is answered. */
void rig_answer(const char *call, long status, const char *body);
/** ... or it is not: REST_NOT_SENT, REST_UNKNOWN. */
void rig_no_answer(const char *call, enum rest_fate fate);
/** ... with Retry-After. */
void rig_limited(const char *call, long status, int64_t retry_after_s);
/** A stream opens, brings a line, ends. */
void rig_open(unsigned n);
void rig_line(unsigned n, const char *text);
void rig_close(unsigned n, long status, const char *why);
/** The same for a WebSocket. */
void rig_ws_open(unsigned n);
void rig_ws_say(unsigned n, const char *text);
void rig_ws_close(unsigned n, const char *why);
/** Time passes, and the adapter's timer with it. */
void rig_wait_ms(int64_t ms);

#endif
