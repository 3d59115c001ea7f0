/* What the trader's process asks of the system for low latency; see
 * fixgate-tuning(7). */
#ifndef FIXGATE_GATEWAY_TRADER_TUNING_H
#define FIXGATE_GATEWAY_TRADER_TUNING_H

#include <stdbool.h>

#include "gateway/settings/conf.h"

struct tuning { /* zeroed, with cpu -1: nothing is asked */
	int cpu;               /* Cpu: the one to stay on; -1: any */
	unsigned busy_poll_us; /* BusyPoll: to go on looking after an event */
	unsigned socket_us;    /* SocketBusyPoll: SO_BUSY_POLL */
	bool lock_memory;      /* LockMemory */
	bool small_pages;      /* HugePages=N */
};

/** Read the settings of [GATEWAY]; faults go to the sink of gw. */
void tuning_read(struct tuning *t, const struct conf_section *gw);
/** Ask the system. What it refuses is a warning that says what would help: orders
 * are taken all the same. */
void tuning_apply(const struct tuning *t);
/** SO_BUSY_POLL on a socket, if it is asked for; a refusal is told once. */
void tuning_socket(const struct tuning *t, int fd);

#endif
