/*
 * What the two files of a schedule share: spans in seconds of UTC, and the
 * arithmetic of days. Nothing here is for other folders.
 */
#ifndef FIXGATE_SESSION_HOURS_H
#define FIXGATE_SESSION_HOURS_H

#include "session/schedule.h"

#define HOURS_DAY_S INT64_C(86400)

/* From its start until before its end. */
struct hours_span {
	int64_t start, end;
};

static inline int64_t
hours_floor(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Day of a zone's calendar, from 1970-01-01. */
static inline int64_t
hours_day_of(const struct fix_tz *z, int64_t t)
{
	return hours_floor(t + fix_tz_offset(z, t), HOURS_DAY_S);
}

static inline int64_t
hours_opening(const struct fix_tz *z, const struct fix_calendar_day *d)
{
	return fix_tz_moment(z, d->day * HOURS_DAY_S + d->open_s);
}

static inline int64_t
hours_closing(const struct fix_tz *z, const struct fix_calendar_day *d)
{
	return fix_tz_moment(z, d->day * HOURS_DAY_S + d->close_s);
}

static inline struct fix_interval
hours_interval(const struct hours_span *v)
{
	struct fix_interval i = { { INT64_MIN }, { INT64_MAX } };

	if (v->start != INT64_MIN)
		i.start.ns = v->start * FIX_SEC;
	if (v->end != INT64_MAX)
		i.end.ns = v->end * FIX_SEC;
	return i;
}

/* As fix_schedule_at(), of hours alone; c may be NULL. */
bool hours_at(const struct fix_calendar *c, const struct fix_hours *h,
    int64_t t, struct hours_span *out);

#endif
