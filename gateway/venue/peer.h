/*
 * The venue's end of its link, on libevent: for venues written in C.
 */
#ifndef FIXGATE_GATEWAY_VENUE_PEER_H
#define FIXGATE_GATEWAY_VENUE_PEER_H

#include <event2/event.h>

#include "gateway/venue/record.h"

struct peer;

struct peer_ops {
	void *arg;
	/* A record of the trader, borrowed for the call. */
	void (*record)(void *arg, const struct record *r);
	/* The link has ended: why NULL, or it says nonsense. Leave the loop. */
	void (*ended)(void *arg, const char *why);
};

/** Takes fd over. @return NULL: no memory */
struct peer *peer_new(
    struct event_base *base, int fd, const struct peer_ops *ops);
void peer_free(struct peer *p);
/** Begin a record; put fields with record_put() and its like, then send. One
 * at a time. */
struct record_out *peer_begin(struct peer *p, const char *type);
/** Queue what peer_begin() gave. It leaves in the order of the calls; if the
 * trader has not read for PEER_QUEUE bytes the process ends: what was not told
 * is told by the next one. */
void peer_send(struct peer *p);
#define PEER_QUEUE (64u << 20)

#endif
