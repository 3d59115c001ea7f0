/*
 * What every venue has: names of what it says, and why it is not up.
 */
#include "gateway/venue/venue.h"

static const char *const names[] = {
	[VENUE_ACK] = "ack",
	[VENUE_REJECT] = "reject",
	[VENUE_FILL] = "fill",
	[VENUE_CANCELED] = "canceled",
	[VENUE_REPLACED] = "replaced",
	[VENUE_CXL_REJECT] = "cancel reject",
	[VENUE_EXPIRED] = "expired",
	[VENUE_DONE_FOR_DAY] = "done for day",
	[VENUE_RESTATED] = "restated",
	[VENUE_TRIGGERED] = "triggered",
	[VENUE_STOPPED] = "stopped",
	[VENUE_BUST] = "bust",
	[VENUE_CORRECT] = "correct",
	[VENUE_STATUS] = "status",
	[VENUE_UNKNOWN] = "unknown",
	[VENUE_UP] = "up",
	[VENUE_DOWN] = "down",
	[VENUE_MARK] = "mark",
};
_Static_assert(sizeof(names) / sizeof(names[0]) == VENUE_N_EVENT,
    "every event has a name");

const char *
venue_event_name(enum venue_event_kind k)
{
	return k < VENUE_N_EVENT ? names[k] : "?";
}

void
venue_why(struct venue *v, const char *why)
{
	fix_span_copy(fix_span_of(why), v->why, sizeof(v->why));
}
