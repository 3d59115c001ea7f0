/*
 * The loop that drives a trader: sockets, clocks, signals and the operator's
 * socket round the turns of trader.h.
 */
#ifndef FIXGATE_GATEWAY_TRADER_LOOP_H
#define FIXGATE_GATEWAY_TRADER_LOOP_H

#include "gateway/plan.h"

struct loop;

struct loop_cfg {
	const struct setup *setup; /* borrowed */
	const int *listen_fds;     /* one for each of setup->listens */
	const struct plan *plan;   /* setup's, with TLS contexts; borrowed */
	struct credentials *credentials; /* for LogonAuth; NULL: none */
	const struct tuning *tuning; /* borrowed */
	int courier_fd;            /* brings links to venues; -1: none */
	const char *counters_path; /* file to make; NULL: nothing is counted */
	const char *control_path;  /* operator's socket; NULL: none */
	const char *control_group; /* that may open it, too; NULL: none */
	unsigned max_conns;        /* accepted connections */
	unsigned max_per_addr;     /* from one address; 0: max_conns */
	unsigned shake_s;          /* seconds for a TLS handshake */
	unsigned max_shakes;       /* of one address at once; 0: any number */
	unsigned max_strangers;    /* of them not logged on; 0: max_conns */
	unsigned max_rate_per_addr; /* new ones in a second; 0: any number */
	int64_t stranger_ns;       /* from accept() to a whole Logon */
	size_t stranger_bytes;     /* of it at most */
	size_t max_queued_bytes;   /* for a peer that reads too slowly */
	unsigned drain_s;          /* seconds for Logouts at the end */
	int64_t max_clock_error_ns; /* alert over this; 0: never */
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
/** TLS of another plan: certificates, keys, authorities, revocation lists, names
 * and pins. Connections stay, except those whose certificate passes no more.
 * session() gives the index in fresh of a session of the start, or
 * setup_all(fresh->setup). fresh must last until the next call.
 * @return false, with a log line: nothing has changed */
bool loop_certs(struct loop *l, const struct plan *fresh,
    uint32_t (*session)(const void *arg, uint32_t i), const void *arg);
/** Other credentials, borrowed until the next; NULL: nobody has any. Who has
 * lost his is logged out. */
void loop_credentials(struct loop *l, struct credentials *c);
/** Turn until SIGTERM or SIGINT has drained the trader.
 * @return 0; or trader_commit()'s error */
int loop_run(struct loop *l);

#endif
