/*
 * Every process that the supervisor runs beside the trader: roles, and one for
 * each venue that lives outside. Their deaths never end the gateway.
 */
#ifndef FIXGATE_GATEWAY_BESIDE_H
#define FIXGATE_GATEWAY_BESIDE_H

#include "gateway/plan.h"

struct beside;

struct beside_ops {
	void *arg;
	/* In a new process: give up what is the supervisor's, become who it is
	 * to be. @return false: end */
	bool (*begins)(void *arg, const char *name);
};

/** Nothing runs yet. @return NULL, told: no memory, no socket */
struct beside *beside_new(
    const struct plan *p, const struct beside_ops *ops) FIX_MUST_CHECK;
void beside_free(struct beside *b);
/** The trader's end of the courier, for plan.courier_fd. */
int beside_courier(const struct beside *b);
/** Our end: poll it for reading, then call beside_news(). */
int beside_fd(const struct beside *b);
/** The trader names a venue whose process hangs: it is killed. */
void beside_news(struct beside *b);
/** Start all that p wants. */
void beside_start(struct beside *b, struct plan *p, int64_t now_ns);
/** Start what is due again, stop what is to stop. */
void beside_work(struct beside *b, struct plan *p, bool stopping,
    bool trader_runs, int64_t now_ns);
/** A process has ended; it may be another's. */
void beside_ended(
    struct beside *b, pid_t pid, int status, bool stopping, int64_t now_ns);
/** Settings were read again: who has others now starts anew. */
void beside_renew(struct beside *b, const struct plan *now, int64_t now_ns);
bool beside_runs(const struct beside *b);
/** When beside_work() is next due; INT64_MAX: when something ends. */
int64_t beside_deadline(const struct beside *b);

#endif
