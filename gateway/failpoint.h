/*
 * Named places where a test kills the process, and named protections that it
 * takes away to see its own alarm. Both exist only in programs that tests build
 * with FIXGATE_FAILPOINTS; elsewhere they are nothing.
 *
 * tests/faults/failpoint.c reads both from the environment:
 * FAILPOINT=FILE: if FILE says "NAME N TAG", the N-th pass of NAME since then
 * ends the process with SIGKILL, once: FILE is removed first.
 * BROKEN=NAME[,NAME]: that protection is off. tests/sim has its own.
 * FAILPOINT_CLOCK=FILE: the wall clock is as many nanoseconds off as the file's
 * eight bytes say.
 */
#ifndef FIXGATE_GATEWAY_FAILPOINT_H
#define FIXGATE_GATEWAY_FAILPOINT_H

#include <stdbool.h>

#ifdef FIXGATE_FAILPOINTS
/** Is this the pass? Then FILE is gone, and the caller is to die. */
bool failpoint_hit(const char *name);
/** Die if this is the pass. */
void failpoint(const char *name);
/** Is this protection off? */
bool failpoint_broken(const char *name);
#define FAILPOINT(name) failpoint(name)
#define FAILPOINT_HIT(name) failpoint_hit(name)
/** Nanoseconds to add to the wall clock. */
long long failpoint_clock(void);
#define BROKEN(name) failpoint_broken(name)
#define CLOCK_ASIDE() failpoint_clock()
#else
#define FAILPOINT(name) ((void)0)
#define FAILPOINT_HIT(name) false
#define BROKEN(name) false
#define CLOCK_ASIDE() 0
#endif

#endif
