/*
 * A venue that lives in a process of its own, as the trader sees it: records of
 * fixgate-venue-link(7) over a socket, behind struct venue_ops.
 *
 * The caller owns the loop: it gives a socket when the supervisor has started
 * the process, calls venue_process_read() when there is something to read, and
 * makes a turn, whose end writes, when the socket takes bytes again.
 */
#ifndef FIXGATE_GATEWAY_VENUE_PROCESS_H
#define FIXGATE_GATEWAY_VENUE_PROCESS_H

#include "gateway/venue/venue.h"

#define VENUE_PROCESS_QUEUE (1u << 20)   /* bytes waiting for the process */
#define VENUE_PROCESS_RESERVE (1u << 18) /* of them for all but new orders */
#define VENUE_PROCESS_PING_NS (5 * FIX_SEC)    /* silent for so long: asked */
#define VENUE_PROCESS_SILENT_NS (20 * FIX_SEC) /* then its link is closed */

/** @return NULL: no memory. No process is linked to it yet. */
struct venue *venue_process_new(const char *name, struct venue_sink sink);
/** Is the venue one of these? */
bool venue_is_process(const struct venue *v);
/** A process has been started: talk to it over fd, a stream socket, which the
 * venue owns and closes from here on. An older link is closed first. */
void venue_process_attach(struct venue *v, int fd, struct fix_now now);
/** @return the socket, -1: no link */
int venue_process_fd(const struct venue *v);
/** Take up what has come; the next tick() hands it over. */
void venue_process_read(struct venue *v);
/** Do bytes wait for room in the socket? */
bool venue_process_waits(const struct venue *v);
/** Has the link been closed because its process hangs? Once true, then false:
 * the supervisor is to end the process. */
bool venue_process_hangs(struct venue *v);

#endif
