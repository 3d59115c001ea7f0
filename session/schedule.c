/*
 * The intervals of a session.
 *
 * Days of the starting zone's calendar are walked from some before the moment
 * asked about; each that the rule names gives a start and an end, in seconds
 * of UTC, and the first interval that ends after the moment is the answer.
 * Start and end may be told in two zones (QuickFIX/J writes "17:00:00
 * US/Eastern"): the end is then the first of its kind after the start, and an
 * interval is cut where the next one begins.
 *
 * QuickFIX's isInSameRange() is the model of fix_schedule_same(): a session
 * made in another interval than now begins at 1.
 */
#include "session/schedule.h"

#define DAY_S INT64_C(86400)
#define BACK 9 /* days: a week, a zone's day, a day past midnight */
#define AHEAD 36

struct span_s {
	int64_t start, end;
};

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Day of a zone's calendar, from 1970-01-01. */
static int64_t
day_of(const struct fix_tz *z, int64_t t)
{
	return floor_div(t + fix_tz_offset(z, t), DAY_S);
}

static int
weekday_of(int64_t day)
{
	return (int)((day + 4 - floor_div(day + 4, 7) * 7));
}

static bool
starts_on(const struct fix_schedule *s, int64_t day)
{
	int w = weekday_of(day);

	if (s->kind == FIX_SCHED_WEEKLY)
		return w == s->start_day;
	return s->weekdays == 0 || (s->weekdays >> w & 1) != 0;
}

/* In one zone the calendar says which day the end is on. */
static int64_t
end_in_zone(const struct fix_schedule *s, int64_t day)
{
	bool later = s->end_s > s->start_s;
	int days = later ? 0 : 1;

	if (s->kind == FIX_SCHED_WEEKLY) {
		days = (s->end_day - s->start_day + 7) % 7;
		if (days == 0 && !later)
			days = 7;
	}
	return fix_tz_moment(s->end_tz, (day + days) * DAY_S + s->end_s);
}

/* In another zone only moments can be compared. */
static int64_t
end_elsewhere(const struct fix_schedule *s, int64_t start)
{
	int64_t day = day_of(s->end_tz, start), end = start;

	for (int i = 0; i <= 8; i++) {
		if (s->kind == FIX_SCHED_WEEKLY &&
		    weekday_of(day + i) != s->end_day)
			continue;
		end = fix_tz_moment(s->end_tz, (day + i) * DAY_S + s->end_s);
		if (end > start)
			break;
	}
	return end;
}

static int64_t
start_on(const struct fix_schedule *s, int64_t day)
{
	return fix_tz_moment(s->start_tz, day * DAY_S + s->start_s);
}

static struct span_s
interval_on(const struct fix_schedule *s, int64_t day)
{
	struct span_s v = { .start = start_on(s, day) };
	int64_t next = day + 1;

	if (s->start_tz == s->end_tz) {
		v.end = end_in_zone(s, day);
		return v;
	}
	v.end = end_elsewhere(s, v.start);
	while (!starts_on(s, next))
		next++;
	next = start_on(s, next);
	if (next < v.end)
		v.end = next;
	return v;
}

bool
fix_schedule_at(
    const struct fix_schedule *s, struct fix_utc t, struct fix_interval *out)
{
	int64_t at = floor_div(t.ns, FIX_SEC), day;
	struct span_s v;

	if (s->kind == FIX_SCHED_ALWAYS) {
		out->start.ns = INT64_MIN;
		out->end.ns = INT64_MAX;
		return true;
	}
	day = day_of(s->start_tz, at) - BACK;
	for (int i = 0; i < BACK + AHEAD; i++, day++) {
		if (!starts_on(s, day))
			continue;
		v = interval_on(s, day);
		if (v.end <= at || v.end <= v.start)
			continue;
		out->start.ns = v.start * FIX_SEC;
		out->end.ns = v.end * FIX_SEC;
		return true;
	}
	return false;
}

bool
fix_schedule_inside(const struct fix_schedule *s, struct fix_utc t)
{
	struct fix_interval v;

	return fix_schedule_at(s, t, &v) && v.start.ns <= t.ns;
}

bool
fix_schedule_same(
    const struct fix_schedule *s, struct fix_utc a, struct fix_utc b)
{
	struct fix_interval v;

	return fix_schedule_at(s, a, &v) && v.start.ns <= a.ns &&
	       b.ns >= v.start.ns && b.ns < v.end.ns;
}
