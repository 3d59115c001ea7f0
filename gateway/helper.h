/*
 * A process that the supervisor starts beside the trader: its death, however
 * often, never ends the gateway.
 */
#ifndef FIXGATE_GATEWAY_HELPER_H
#define FIXGATE_GATEWAY_HELPER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct helper {
	const char *name;
	pid_t pid;          /* 0: it does not run */
	int64_t started_ns; /* CLOCK_MONOTONIC */
	int64_t restart_ns; /* INT64_MAX: not to be started */
	int64_t kill_ns;    /* INT64_MAX: it was not told to stop */
	int64_t pause_ns;
	bool renew;         /* it was told to end, to be started anew */
};

void helper_init(struct helper *h, const char *name);
/** fork(2). @return true in the child, which must not come back */
bool helper_start(struct helper *h, int64_t now_ns);
/** Its end, by its wait(2) status. It is due again after a pause, unless it was
 * told to stop. */
void helper_ended(struct helper *h, int status, int64_t now_ns);
/** SIGTERM; SIGKILL follows ten seconds later. */
void helper_stop(struct helper *h, int64_t now_ns);
/** SIGTERM to one that runs, and another takes its place at once. */
void helper_renew(struct helper *h, int64_t now_ns);
/** Is it to be started now? Kills one that does not stop. */
bool helper_due(struct helper *h, int64_t now_ns);
/** When to ask that next; INT64_MAX: when it has ended. */
int64_t helper_deadline(const struct helper *h);

#endif
