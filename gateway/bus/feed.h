/*
 * What a publisher reads: events of the audit journal behind a cursor that is
 * kept in a small file, batch by batch, in memory that is bounded.
 */
#ifndef FIXGATE_GATEWAY_BUS_FEED_H
#define FIXGATE_GATEWAY_BUS_FEED_H

#include "gateway/bus/bus.h"

struct feed;

struct feed_batch { /* borrowed until the next feed_read() */
	const struct bus_message *messages;
	unsigned n; /* 0 with events > 0: no stream wants them */
	unsigned events;
	uint64_t last;         /* number of the last event */
	struct fix_utc oldest; /* when the first of them was audited */
};

/** @param audit  folder of the audit trail; @param folder  for the cursor,
 * made if it is missing. @return 0, or an error told in *e */
int feed_open(struct feed **out, const char *audit, const char *folder,
    const char *name, const struct bus_cfg *cfg,
    struct fix_store_error *e) FIX_MUST_CHECK;
void feed_close(struct feed *f);
/** The events behind the cursor, or the same again if they were not kept.
 * @return 1, 0: there are none, or an error told in *e */
int feed_read(struct feed *f, struct feed_batch *out,
    struct fix_store_error *e) FIX_MUST_CHECK;
/** The batch that was read is confirmed: the cursor goes behind it.
 * @return 0, -FIX_E_IO: it may come again after a start */
int feed_keep(struct feed *f) FIX_MUST_CHECK;
/** Number of the last event that was confirmed. */
uint64_t feed_at(const struct feed *f);
/** Events in the trail by its last checkpoint, which is up to a second old. */
uint64_t feed_there(const struct feed *f);
/** For monitoring: NAME.status beside the cursor, one JSON object. */
void feed_status(
    const struct feed *f, struct fix_utc now, int64_t lag_ns, bool up);

#endif
