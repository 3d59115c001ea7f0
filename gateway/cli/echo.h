/*
 * fixgate echo: sessions of one settings file that send application messages
 * back. What its three files share.
 */
#ifndef FIXGATE_GATEWAY_CLI_ECHO_H
#define FIXGATE_GATEWAY_CLI_ECHO_H

#include <event2/bufferevent.h>
#include <event2/event.h>

#include "gateway/settings/setup.h"
#include "gateway/tls/tls.h"
#include "session/drive.h"

struct echo;
struct echo_conn; /* opaque: laid out in echo_conn.c */

/* ClOrdIDs of one session since its Logon, each once. */
struct echo_ids {
	uint64_t *hash; /* 0: free */
	size_t n, cap;  /* cap is a power of two */
};

struct echo_kept { /* a message we sent, for the peer to ask for again */
	uint8_t *p;
	size_t len;
};

struct echo_session {
	struct echo *echo;
	const struct fix_session_cfg *cfg;
	const struct setup_link *link;
	struct fix_session *s;
	struct fix_drive *drive;
	struct echo_conn *conn; /* NULL: none */
	SSL_CTX *tls;           /* initiator; NULL: plain */
	struct event *timer, *dial;
	struct echo_kept *kept; /* by MsgSeqNum - 1 */
	size_t n_kept, cap_kept;
	struct echo_ids ids;
	bool away; /* the application is not available */
};

struct echo_listen {
	struct echo *echo;
	struct evconnlistener *at;
	SSL_CTX *tls; /* NULL: plain */
	uint32_t index;
};

struct echo {
	struct event_base *base;
	struct fix_acts *acts;
	struct echo_session *sessions;
	uint32_t n_sessions;
	struct echo_listen *listens;
	uint32_t n_listens;
	unsigned n_conns;
	struct echo_conn *conns;
	bool stopping;
	struct fix_msg first; /* of a connection without a session yet */
	struct fix_field fields[FIX_FIELDS_MAX];
};

/** The command: see fixgate-echo(1). @return enum cli_status */
int cmd_echo(int argc, char **argv);

struct fix_now echo_now(void);
/** Carry out what the session wants done. */
void echo_run(struct echo_session *es);
/** Answer an application message: the same back, or a refusal. */
void echo_answer(struct echo_session *es, const struct fix_msg *m);
/** Body of the answer to m; cap bytes at out. @return bytes, -FIX_E_SPACE */
ssize_t echo_body(const struct echo_session *es, const struct fix_msg *m,
    uint8_t *out, size_t cap) FIX_MUST_CHECK;
void echo_ids_clear(struct echo_ids *ids);

/* echo_conn.c */
/** The end: connections that are still open go. */
void echo_drop_all(struct echo *e);
void echo_accepted(const struct echo_listen *at, evutil_socket_t fd);
void echo_dial(struct echo_session *es);
void echo_conn_write(struct echo_conn *c, struct fix_span bytes);
/** Flush, then close; the session has it no longer. */
void echo_conn_close(struct echo_conn *c);

#endif
