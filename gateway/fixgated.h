/* The supervisor, which main.c starts. */
#ifndef FIXGATE_GATEWAY_FIXGATED_H
#define FIXGATE_GATEWAY_FIXGATED_H

#include "gateway/plan.h"

/** Run the gateway until SIGTERM; p is freed. @return an exit status */
int fixgated_serve(struct plan *p);
/** Whether the kernel may write out our memory, which holds secrets. */
void fixgated_allow_dumps(bool yes);

#endif
