/* A connection to a counterparty: TCP, or TLS over it; never blocks once it is
 * there. */
#ifndef FIXGATE_GATEWAY_CLI_WIRE_H
#define FIXGATE_GATEWAY_CLI_WIRE_H

#include <poll.h>
#include <sys/types.h>

#include "fix/err.h"
#include "fix/span.h"

struct wire;

struct wire_tls { /* borrowed; NULL: not said */
	bool use;
	const char *ca;   /* whom to believe; NULL: the system's authorities */
	const char *pin;  /* the peer's own certificate: that one and no other,
	                     whoever issued it; then ca and name don't count */
	const char *name; /* the peer's name in its certificate; NULL: host */
	const char *cert, *key; /* ours */
};

/** Connect, with the handshake. why: 256 bytes for a phrase.
 * @return 0, -FIX_E_IO, -FIX_E_CONFIG (a file of tls), -FIX_E_NOMEM */
int wire_open(struct wire **out, const char *host, const char *port,
    const struct wire_tls *tls, int timeout_ms, char *why) FIX_MUST_CHECK;
/** A plain connection that was accepted; fd is the wire's from here on, and
 * non-blocking. @return 0, -FIX_E_NOMEM (fd is closed) */
int wire_adopt(struct wire **out, int fd) FIX_MUST_CHECK;
/** Say that no more comes from us; what the peer says can still be read. */
void wire_half_close(struct wire *w);
void wire_close(struct wire *w); /* NULL is fine */
/** What to poll for. @return fd */
int wire_poll(const struct wire *w, bool want_write, short *events);
/** @return bytes, 0: nothing now, -FIX_E_IO: it is over */
ssize_t wire_read(struct wire *w, void *buf, size_t len) FIX_MUST_CHECK;
ssize_t wire_write(struct wire *w, const void *buf, size_t len) FIX_MUST_CHECK;
/** Bytes that were read from the socket and wait to be taken: poll() does not
 * know of them. */
bool wire_pending(const struct wire *w);

#endif
