/*
 * A connection of the loop: a socket, plain or TLS, bytes that are no whole
 * message yet, and bytes that the peer has not taken yet.
 */
#ifndef FIXGATE_GATEWAY_TRADER_CONN_H
#define FIXGATE_GATEWAY_TRADER_CONN_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <netinet/in.h>
#include <openssl/types.h>
#include <sys/types.h>

#include "gateway/settings/setup.h"
#include "gateway/trader/trader.h"

struct loop;
struct dialer;
struct link;
struct proxy_head;

enum { /* what reads and writes answer instead of a count */
	CONN_AGAIN = -1,  /* not now */
	CONN_BROKEN = -2, /* lost */
};

/* Plain and TLS behind one table. */
struct conn_ops {
	/* @return 1 done, CONN_AGAIN (l->want_write says for what), CONN_BROKEN */
	int (*handshake)(struct link *l);
	/* @return bytes, 0 the peer has ended, CONN_AGAIN, CONN_BROKEN */
	ssize_t (*read)(struct link *l, uint8_t *buf, size_t len);
	/* @return bytes taken, CONN_AGAIN, CONN_BROKEN */
	ssize_t (*write)(struct link *l, const uint8_t *buf, size_t len);
	/* Are there bytes that the socket no longer shows? */
	bool (*pending)(const struct link *l);
	/* We send no more. */
	void (*end)(struct link *l);
	void (*free)(struct link *l);
};

extern const struct conn_ops conn_plain, conn_tls;

enum link_state {
	LINK_CONNECTING, /* initiator: TCP is on its way */
	LINK_PROXY,      /* accepted from a proxy: its header has not come */
	LINK_SHAKING,    /* TLS handshake, or waiting to begin it */
	LINK_FIRST,      /* accepted: the Logon has not come */
	LINK_CHECKING,   /* accepted: the gate asks who it is */
	LINK_OPEN,       /* the trader's */
	LINK_LINGER,     /* finished: what was sent must arrive */
	LINK_DEAD,       /* freed at the end of the turn */
};

struct link {
	struct conn conn; /* first: the trader's handle is cast back */
	struct loop *loop;
	const struct conn_ops *ops;
	SSL *ssl;
	struct trader_who *who; /* TLS, after the handshake; else NULL */
	int fd;
	enum link_state state;
	uint32_t listen;        /* accepted: index of its listener */
	char comp_id[65];       /* of the peer, with .session */
	uint32_t session;       /* of the setup, plus 1; 0: not known yet */
	struct dialer *dialer;  /* initiator: its, else NULL */
	struct event ev_read, ev_write;
	struct link *next, *prev; /* in the list of its state or purpose */
	struct link_list *in;     /* which one, NULL: none */
	struct link *next_doomed;
	struct link *next_shake; /* in the queue of handshakes to go on with */
	int64_t shake_since;     /* monotonic clock: when its first bytes came */
	struct fix_mono deadline; /* of its list */
	struct fix_mono named_at; /* when it became OPEN */
	uint8_t *tail;          /* no whole message yet */
	size_t tail_len, tail_cap;
	uint8_t *out;           /* out_len bytes at out + out_off wait */
	size_t out_off, out_len, out_cap;
	struct pass *pass;      /* the gate's, NULL: nothing was to prove */
	const char *why;        /* it is doomed; for the log */
	bool shaking;           /* it is in that queue */
	bool known;             /* the trader has it: it must hear the end */
	bool doomed;            /* in the list of those that end */
	bool orderly;           /* end it so that all sent bytes arrive */
	bool closing;           /* orderly, once the peer has taken all */
	bool want_write;        /* TLS: ask again when writing is possible */
	bool more;              /* TLS: OpenSSL holds bytes that were not asked
	                           for yet */
	bool reading, writing;  /* its events are on */
	bool paused;            /* not read: the peer does not read either */
	bool proxied;           /* a PROXY header named it */
	bool counted, stranger; /* of its address: see addrs.c */
	size_t max_queued;      /* MaxQueuedBytes of its session, or of the
	                           gateway */
	struct in6_addr addr;
	char peer[64];          /* "127.0.0.1:40112" */
};

struct link_list { /* oldest first */
	struct link *first, *last;
	unsigned n;
};

void list_put(struct link_list *list, struct link *l); /* moves it */
void list_drop(struct link *l);

/** Queue bytes that the socket did not take. @return false: over the cap, with
 * what TLS adds, or no memory */
bool conn_queue(struct link *l, const uint8_t *p, size_t len, size_t cap);
/** Write what waits. @return 1 all is gone, 0 some waits, CONN_BROKEN */
int conn_flush(struct link *l);
/** Keep [p, p + len) until more comes. @return false: no memory */
bool conn_keep_tail(struct link *l, const uint8_t *p, size_t len);
/** Memory of a connection that is gone. The events are off. */
void conn_free(struct link *l);
/** Fill .peer and .addr from the socket's other end. */
void conn_name(struct link *l, const struct sockaddr *sa, socklen_t len);
/** The same from what a proxy said. */
void conn_named(struct link *l, const struct proxy_head *head);
/** SO_SNDBUF and SO_RCVBUF as the settings say. */
void conn_buffers(int fd, const struct setup_socket *s);
/** Bytes that wait, with what TLS will put round them. */
size_t conn_waiting(const struct link *l);
/** Bytes have come to wait, or gone: is it choked? cap: of its queue */
void conn_weigh(struct link *l, size_t cap);

/* conn_tls.c */
/** Make a connected or accepted link a TLS one. host: whom an initiator must
 * find in the peer's certificate; NULL for a server. @return false: no memory */
bool tls_start(struct link *l, SSL_CTX *ctx, const char *host);
/** After the handshake: fill .who. @return false: no memory */
bool tls_identify(struct link *l);

#endif
