/*
 * When a session is open: intervals by QuickFIX's settings.
 *
 * A rule becomes concrete moments, and only these decide: which interval is
 * this moment in? Two moments in one interval share its MsgSeqNums; a new
 * interval begins at 1. An interval holds its start and not its end.
 *
 * Within an interval there may be less time in which the session is logged on:
 * its windows. Where nothing says otherwise the window is the interval.
 *
 * A calendar's dates are those of the zone that the hours start in. Daily: no
 * interval starts on a closed date; on a date that is open from O to C one
 * starts not before O, and one that has begun before C ends at C. Weekly: a
 * first day that is closed leaves the start to the next one that is not, a last
 * day the end to the one before; on the dates between nobody is logged on while
 * closed, and MsgSeqNums go on. Always open: as on such dates between.
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
#include "session/calendar.h"
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

struct fix_hours {
	enum fix_schedule_kind kind;
	uint8_t weekdays; /* daily: bit 0 Sunday, days on which an interval may
	                     start; 0: all */
	int start_day, end_day;   /* weekly: 0 Sunday to 6 */
	int32_t start_s, end_s;   /* of that day's clocks, 0 to 86399 */
	struct fix_tz *start_tz, *end_tz; /* NULL: UTC */
	const char *start_zone, *end_zone; /* names, NULL: UTC */
};

/* Zones, names and the calendar are borrowed; see fix_schedule_hold(). All
 * zero: always open. */
struct fix_schedule {
	struct fix_hours hours; /* MsgSeqNums live so long */
	struct fix_hours logon; /* logged on only within these, too; ALWAYS: as
	                           long as the hours */
	struct fix_calendar *calendar; /* NULL: none */
	bool resets;            /* MsgSeqNums begin anew each day at reset_s */
	bool peer_resets;       /* and the peer is who starts it */
	int32_t reset_s;        /* of the clocks of reset_tz */
	struct fix_tz *reset_tz;
	const char *reset_zone;
};

struct fix_interval {
	struct fix_utc start, end; /* ALWAYS: INT64_MIN, INT64_MAX */
};

/** Copy a schedule and hold its zones and its calendar; the names, which are
 * for people, become NULL. */
FIX_API void fix_schedule_hold(struct fix_schedule *to,
    const struct fix_schedule *from);
/** Let go of what fix_schedule_hold() holds; all zero after it. */
FIX_API void fix_schedule_drop(struct fix_schedule *s);

/** Does nothing ever happen to it: no hours, windows, dates, resets? */
FIX_API bool fix_schedule_is_plain(const struct fix_schedule *s);

/** The interval that holds a moment, or else the next one.
 * @return false: there is none within a hundred days; out is not touched */
FIX_API bool fix_schedule_at(const struct fix_schedule *s, struct fix_utc t,
    struct fix_interval *out);
FIX_API bool fix_schedule_inside(const struct fix_schedule *s,
    struct fix_utc t);
/** Are both moments in one and the same interval? */
FIX_API bool fix_schedule_same(const struct fix_schedule *s, struct fix_utc a,
    struct fix_utc b);

/** The window that holds a moment, or else the next one; it lies within one
 * interval. @return false: there is none within the next hundred or so days */
FIX_API bool fix_schedule_window(const struct fix_schedule *s,
    struct fix_utc t, struct fix_interval *out);
/** Is the moment in a window: may the session be logged on? */
FIX_API bool fix_schedule_open(const struct fix_schedule *s, struct fix_utc t);

/** The first reset after a moment, and the last one at or before it, whether
 * it lies in an interval or not. @return false: resets is */
FIX_API bool fix_schedule_next_reset(const struct fix_schedule *s,
    struct fix_utc t, struct fix_utc *out);
FIX_API bool fix_schedule_last_reset(const struct fix_schedule *s,
    struct fix_utc t, struct fix_utc *out);

#endif
