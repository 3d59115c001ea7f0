/*
 * Load on an acceptor of orders: how many, how fast, and how long each waits for
 * its report. One session over one connection, and one thread.
 */
#ifndef FIXGATE_GATEWAY_CLI_BENCH_H
#define FIXGATE_GATEWAY_CLI_BENCH_H

#include "fix/version.h"
#include "gateway/cli/wire.h"
#include "gateway/hist.h"

struct bench_cfg { /* strings are borrowed */
	const char *sender, *target;
	const char *username, *password; /* NULL: none */
	enum fix_version version;
	const char *symbol, *side, *qty, *price, *tif;
	const char *account;   /* NULL: none */
	char until;            /* ExecType that ends an order: '0', 'F'; NUL: the
	                          first report, whatever it says */
	uint64_t rate;         /* orders a second; 0: as many as window allows */
	uint64_t window;       /* orders without their report, at most */
	uint64_t count, warm;  /* orders that are measured, and before them */
	bool progress;         /* say on stderr how far it is */
};

struct bench_result {
	struct hist latency;
	uint64_t answered, refused;
	int64_t took_ns;       /* first measured order to last report */
	char first_refusal[200]; /* "": none */
};

/**
 * Log on, send, wait, log out.
 *
 * An open loop (rate > 0) measures from the moment at which an order was due, so
 * that one which a slow acceptor has held up counts with its wait; a closed loop
 * from just before the order is written.
 * @param w    connected, not closed here
 * @param why  of 256 bytes, for a sentence
 * @return 0, -FIX_E_IO the connection ended or nothing came for 10 s,
 *         -FIX_E_STATE the peer logged us out or speaks another version,
 *         -FIX_E_NOMEM, -FIX_E_FORMAT an order that can't be written
 */
int bench_run(const struct bench_cfg *cfg, struct wire *w,
    struct bench_result *out, char *why) FIX_MUST_CHECK;

#endif
