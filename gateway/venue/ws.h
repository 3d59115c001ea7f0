/*
 * A WebSocket (RFC 6455) to a venue, plain or over TLS, that comes back by
 * itself: frames by wslay, the connection by libevent and OpenSSL.
 */
#ifndef FIXGATE_GATEWAY_VENUE_WS_H
#define FIXGATE_GATEWAY_VENUE_WS_H

#include <event2/dns.h>
#include <event2/event.h>

#include "fix/err.h"
#include "fix/span.h"
#include "fix/time.h"

#define WS_MESSAGE_MAX (4u << 20)       /* bytes of a message, at most */
#define WS_SILENT_NS (20 * FIX_SEC)     /* not even a ping: it is asked ... */
#define WS_PONG_NS (10 * FIX_SEC)       /* ... and is dead without an answer */
#define WS_CONNECT_NS (10 * FIX_SEC)
#define WS_PAUSE_FIRST_NS (250 * FIX_MSEC) /* before another attempt; twice */
#define WS_PAUSE_MAX_NS (30 * FIX_SEC)     /* as long each time, up to this */

struct ws;

struct ws_cfg {
	struct event_base *base;
	struct evdns_base *dns;
	const char *url;     /* ws:// or wss://, borrowed */
	const char *ca_file; /* NULL: the system's */
	void *arg;
	void (*opened)(void *arg);
	/* A text or binary message, borrowed. */
	void (*message)(void *arg, struct fix_span text);
	/* It was open, or could not be opened; another attempt comes. */
	void (*closed)(void *arg, const char *why);
};

/** Connects from the loop. @return NULL: no memory, or a bad URL */
struct ws *ws_new(const struct ws_cfg *cfg);
void ws_free(struct ws *w);
/** Queue a text message. @return 0, -FIX_E_STATE: not open */
int ws_send(struct ws *w, struct fix_span text) FIX_MUST_CHECK;
/** Close, soon, and connect again after the pause; why is static. */
void ws_again(struct ws *w, const char *why);
/** All is well: the next pause is the shortest again. */
void ws_well(struct ws *w);

/** For tests: be open over this socket, frames come next. @return 0,
 * -FIX_E_NOMEM */
int ws_adopt(struct ws *w, int fd) FIX_MUST_CHECK;
/** Pure parts, for tests. The answer to an upgrade, as far as it has come.
 * @return bytes of the header; 0 not whole; -FIX_E_FORMAT not a good one */
ssize_t ws_answer(struct fix_span in, const char *accept);
/** Sec-WebSocket-Accept for a key. out: 29 bytes with NUL. */
void ws_accept_of(const char *key, char out[29]);

#endif
