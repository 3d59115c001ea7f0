/* The trader as a process of its own: store, trader and loop put together from
 * a plan. */
#ifndef FIXGATE_GATEWAY_TRADER_ROLE_H
#define FIXGATE_GATEWAY_TRADER_ROLE_H

#include "gateway/plan.h"

enum role_end { /* exit status of a role's process */
	ROLE_DONE = 0,     /* stopped in order */
	ROLE_AGAIN = 1,    /* start it again */
	ROLE_GIVE_UP = 78, /* it can't run until someone mends something */
};

/** Run until it is told to stop. A byte is written to ready_fd when the doors
 * are open; signals are unblocked here. */
enum role_end role_trader(struct plan *p, int ready_fd);

#endif
