/* The player's way to an engine over TCP, in real time. */
#ifndef FIXGATE_GATEWAY_CLI_CONFORM_TCP_H
#define FIXGATE_GATEWAY_CLI_CONFORM_TCP_H

#include "gateway/cli/conform/play.h"
#include "gateway/cli/wire.h"

struct cc_tcp;

struct cc_tcp_cfg { /* borrowed */
	bool listen;       /* the engine dials; else we do */
	const char *host, *port;
	struct wire_tls tls; /* only where we dial */
	bool bytes;        /* send byte by byte */
	bool slow;         /* a small receive buffer, read late */
	const char *hook;  /* command of the operator; NULL: none */
	const char *us, *them, *version; /* for the hook's environment */
};

/** Listens, where that is asked for, and says where on stdout.
 * @return 0; with a complaint: -FIX_E_IO, -FIX_E_NOMEM */
int cc_tcp_new(struct cc_tcp **out, const struct cc_tcp_cfg *cfg)
    FIX_MUST_CHECK;
void cc_tcp_free(struct cc_tcp *t); /* NULL is fine */
const struct cc_peer *cc_tcp_peer(struct cc_tcp *t);
/** SIGINT, SIGTERM and SIGHUP end what is under way: turns are -FIX_E_IO. */
void cc_tcp_catch_signals(void);
bool cc_tcp_stopped(void);

#endif
