/*
 * The intervals of a session.
 *
 * Days of the starting zone's calendar are walked from some before the moment
 * asked about; each that the rule names gives a start and an end, in seconds
 * of UTC, and the first interval that ends after the moment is the answer.
 * Start and end may be told in two zones (QuickFIX/J writes "17:00:00
 * US/Eastern"): the end is then the first of its kind after the start, and an
 * interval is cut where the next one begins. What a calendar does to an
 * interval is done here, too; what it does within one is in window.c.
 *
 * QuickFIX's isInSameRange() is the model of fix_schedule_same(): a session
 * made in another interval than now begins at 1.
 */
#include "session/schedule.h"

#include <string.h>

#include "session/hours.h"

#define BACK_DAILY 4  /* days: a day past midnight, two zones' days */
#define BACK_WEEKLY 9 /* and a week */
#define AHEAD 100

static int
weekday_of(int64_t day)
{
	return (int)((day + 4 - hours_floor(day + 4, 7) * 7));
}

static bool
is_closed(const struct fix_calendar *c, int64_t day)
{
	const struct fix_calendar_day *d = fix_calendar_on(c, day);

	return d != NULL && d->closed;
}

/* Does the rule name the day? */
static bool
names(const struct fix_hours *h, int64_t day)
{
	int w = weekday_of(day);

	if (h->kind == FIX_SCHED_WEEKLY)
		return w == h->start_day;
	return h->weekdays == 0 || (h->weekdays >> w & 1) != 0;
}

/* In one zone the calendar says which day the end is on. */
static int64_t
end_in_zone(const struct fix_hours *h, int64_t day)
{
	bool later = h->end_s > h->start_s;
	int days = later ? 0 : 1;

	if (h->kind == FIX_SCHED_WEEKLY) {
		days = (h->end_day - h->start_day + 7) % 7;
		if (days == 0 && !later)
			days = 7;
	}
	return day + days;
}

static int64_t
end_moment(const struct fix_hours *h, int64_t day)
{
	return fix_tz_moment(h->end_tz, day * HOURS_DAY_S + h->end_s);
}

/* In another zone only moments can be compared. */
static int64_t
end_elsewhere(const struct fix_hours *h, int64_t start)
{
	int64_t day = hours_day_of(h->end_tz, start), end = day;

	for (int i = 0; i <= 8; i++) {
		if (h->kind == FIX_SCHED_WEEKLY &&
		    weekday_of(day + i) != h->end_day)
			continue;
		end = day + i;
		if (end_moment(h, end) > start)
			break;
	}
	return end;
}

static int64_t
start_on(const struct fix_hours *h, int64_t day)
{
	return fix_tz_moment(h->start_tz, day * HOURS_DAY_S + h->start_s);
}

/* Where the next one begins, this one has ended. */
static int64_t
next_start(const struct fix_hours *h, int64_t day)
{
	for (day++; !names(h, day); day++)
		;
	return start_on(h, day);
}

/* A week's first and last day may be closed: others take their places. The
 * last date is the one that the last second is on. */
static int64_t
first_open(const struct fix_calendar *c, int64_t day)
{
	for (int i = 0; i < 7 && is_closed(c, day); i++)
		day++;
	return day;
}

static int64_t
last_open(const struct fix_calendar *c, const struct fix_hours *h, int64_t day)
{
	for (int i = 0; i < 7 && is_closed(c, day - (h->end_s == 0)); i++)
		day--;
	return day;
}

/* Not before a date opens, and out when it closes early. */
static void
keep_to_dates(const struct fix_calendar *c, const struct fix_hours *h,
    int64_t day, struct hours_span *v)
{
	const struct fix_calendar_day *d = fix_calendar_on(c, day);
	int64_t last = hours_day_of(h->start_tz, v->end - 1);

	if (d != NULL && !d->closed &&
	    v->start < hours_closing(h->start_tz, d) &&
	    v->start < hours_opening(h->start_tz, d))
		v->start = hours_opening(h->start_tz, d);
	if (h->kind == FIX_SCHED_WEEKLY)
		day = last;
	for (; day <= last; day++) {
		int64_t end;

		d = fix_calendar_on(c, day);
		if (d == NULL || d->closed)
			continue;
		end = hours_closing(h->start_tz, d);
		if (v->start < end && end < v->end)
			v->end = end;
	}
}

/* @return false: none starts, for that is a closed date */
static bool
interval_on(const struct fix_calendar *c, const struct fix_hours *h,
    int64_t day, struct hours_span *v)
{
	int64_t nominal = start_on(h, day), first = day, end_day;

	if (h->kind == FIX_SCHED_WEEKLY)
		first = first_open(c, day);
	else if (is_closed(c, day))
		return false;
	end_day = h->start_tz == h->end_tz ? end_in_zone(h, day)
					   : end_elsewhere(h, nominal);
	if (h->kind == FIX_SCHED_WEEKLY)
		end_day = last_open(c, h, end_day);
	v->start = first == day ? nominal : start_on(h, first);
	v->end = end_moment(h, end_day);
	if (h->start_tz != h->end_tz && next_start(h, day) < v->end)
		v->end = next_start(h, day);
	if (c != NULL && v->start < v->end)
		keep_to_dates(c, h, first, v);
	return v->start < v->end;
}

bool
hours_at(const struct fix_calendar *c, const struct fix_hours *h, int64_t t,
    struct hours_span *out)
{
	int back = h->kind == FIX_SCHED_DAILY ? BACK_DAILY : BACK_WEEKLY;
	int64_t day;
	struct hours_span v;

	if (h->kind == FIX_SCHED_ALWAYS) {
		*out = (struct hours_span){ INT64_MIN, INT64_MAX };
		return true;
	}
	day = hours_day_of(h->start_tz, t) - back;
	for (int i = 0; i < back + AHEAD; i++, day++) {
		if (!names(h, day) || !interval_on(c, h, day, &v) || v.end <= t)
			continue;
		*out = v;
		return true;
	}
	return false;
}

void
fix_schedule_hold(struct fix_schedule *to, const struct fix_schedule *from)
{
	struct fix_schedule s = *from;

	s.hours.start_zone = s.hours.end_zone = s.reset_zone = NULL;
	s.logon.start_zone = s.logon.end_zone = NULL;
	(void)fix_tz_hold(s.hours.start_tz);
	(void)fix_tz_hold(s.hours.end_tz);
	(void)fix_tz_hold(s.logon.start_tz);
	(void)fix_tz_hold(s.logon.end_tz);
	(void)fix_tz_hold(s.reset_tz);
	(void)fix_calendar_hold(s.calendar);
	*to = s;
}

void
fix_schedule_drop(struct fix_schedule *s)
{
	fix_tz_free(s->hours.start_tz);
	fix_tz_free(s->hours.end_tz);
	fix_tz_free(s->logon.start_tz);
	fix_tz_free(s->logon.end_tz);
	fix_tz_free(s->reset_tz);
	fix_calendar_free(s->calendar);
	memset(s, 0, sizeof(*s));
}

bool
fix_schedule_is_plain(const struct fix_schedule *s)
{
	return s->hours.kind == FIX_SCHED_ALWAYS &&
	       s->logon.kind == FIX_SCHED_ALWAYS && s->calendar == NULL &&
	       !s->resets;
}

bool
fix_schedule_at(
    const struct fix_schedule *s, struct fix_utc t, struct fix_interval *out)
{
	struct hours_span v;

	if (!hours_at(s->calendar, &s->hours, hours_floor(t.ns, FIX_SEC), &v))
		return false;
	*out = hours_interval(&v);
	return true;
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
