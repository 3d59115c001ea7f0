/*
 * Named places where a test kills the process. They exist only in the program
 * that tests/faults builds with FIXGATE_FAILPOINTS; elsewhere they are nothing.
 *
 * FAILPOINT=NAME:N:FILE in the environment: the N-th pass of NAME ends the
 * process with SIGKILL, once: FILE is made first, and if it is there already
 * nothing happens.
 */
#ifndef FIXGATE_GATEWAY_TRADER_FAILPOINT_H
#define FIXGATE_GATEWAY_TRADER_FAILPOINT_H

#ifdef FIXGATE_FAILPOINTS
#include <stdbool.h>

/** Is this the pass? Then FILE was made, and the caller is to die. */
bool failpoint_hit(const char *name);
/** Die if this is the pass. */
void failpoint(const char *name);
#define FAILPOINT(name) failpoint(name)
#define FAILPOINT_HIT(name) failpoint_hit(name)
#else
#define FAILPOINT(name) ((void)0)
#define FAILPOINT_HIT(name) false
#endif

#endif
