/*
 * The loop that drives a trader: sockets, clocks, signals and the operator's
 * socket round the turns of trader.h.
 */
#ifndef FIXGATE_GATEWAY_TRADER_LOOP_H
#define FIXGATE_GATEWAY_TRADER_LOOP_H

#include <openssl/types.h>

#include "gateway/setup.h"

struct loop;

struct loop_cfg {
	const struct setup *setup; /* borrowed */
	const int *listen_fds;     /* one for each of setup->listens */
	SSL_CTX *const *listen_tls; /* the same; NULL for plain */
	SSL_CTX *const *link_tls;  /* of initiators, by session; NULL: plain */
	const char *control_path;  /* operator's socket; NULL: none */
	unsigned max_conns;        /* accepted connections */
	unsigned max_per_addr;     /* from one address; 0: max_conns */
	size_t max_queued_bytes;   /* for a peer that reads too slowly */
	unsigned drain_s;          /* seconds for Logouts at the end */
	void *arg;
	void (*reload)(void *arg); /* SIGHUP; between two turns */
};

/** @return NULL, with a log line */
struct loop *loop_new(const struct loop_cfg *cfg);
void loop_free(struct loop *l);
/** For trader_new(). Nothing is called before loop_use(). */
struct trader_io loop_io(struct loop *l);
struct fix_now loop_now(struct loop *l);
/** The trader to drive, before trader_recover(). Not owned. */
void loop_use(struct loop *l, struct trader *t);
/** Turn until SIGTERM or SIGINT has drained the trader.
 * @return 0; or trader_commit()'s error */
int loop_run(struct loop *l);

#endif
