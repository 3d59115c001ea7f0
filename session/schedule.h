/*
 * When a session is open: intervals by QuickFIX's settings.
 *
 * A rule becomes concrete moments, and only these decide: which interval is
 * this moment in? Two moments in one interval share its MsgSeqNums; a new
 * interval begins at 1. An interval holds its start and not its end.
 *
 * Pure: no clock, no I/O. Zones are read by session/tz.h, which also says what
 * a skipped or repeated hour does: an opening or closing time that is skipped
 * comes when the clocks jump, one that is shown twice counts the first time.
 * An interval whose start and end are both skipped by one jump does not
 * happen that day.
 */
#ifndef FIXGATE_SESSION_SCHEDULE_H
#define FIXGATE_SESSION_SCHEDULE_H

#include "fix/time.h"
#include "session/tz.h"

enum fix_schedule_kind {
	FIX_SCHED_ALWAYS, /* one interval without start and end; all zero */
	FIX_SCHED_DAILY,  /* start_s to end_s, or past midnight; equal: to the
	                     next day's start_s, so open always, and numbers
	                     begin anew each day */
	FIX_SCHED_WEEKLY, /* start_day start_s to end_day end_s; equal: a week,
	                     open always */
};

#define FIX_WEEKDAYS_ALL 0x7fu

struct fix_schedule {
	enum fix_schedule_kind kind;
	uint8_t weekdays; /* daily: bit 0 Sunday, days on which an interval may
	                     start; 0: all */
	int start_day, end_day;   /* weekly: 0 Sunday to 6 */
	int32_t start_s, end_s;   /* of that day's clocks, 0 to 86399 */
	const struct fix_tz *start_tz, *end_tz; /* borrowed; NULL: UTC */
	const char *start_zone, *end_zone; /* borrowed names, NULL: UTC */
};

struct fix_interval {
	struct fix_utc start, end; /* ALWAYS: INT64_MIN, INT64_MAX */
};

/** The interval that holds a moment, or else the next one.
 * @return false: there is none within five weeks; out is not touched */
FIX_API bool fix_schedule_at(const struct fix_schedule *s, struct fix_utc t,
    struct fix_interval *out);
FIX_API bool fix_schedule_inside(const struct fix_schedule *s,
    struct fix_utc t);
/** Are both moments in one and the same interval? */
FIX_API bool fix_schedule_same(const struct fix_schedule *s, struct fix_utc a,
    struct fix_utc b);

#endif
