/*
 * When within its intervals a session is logged on, and when its numbers begin
 * anew in the midst of one.
 *
 * A window is what an interval, the hours of logging on, and (where intervals
 * are longer than a day) the calendar's dates have in common. Resets are
 * moments of a day, each day's own; whether one still counts is for who
 * knows when the numbers began.
 */
#include "session/hours.h"

#define TRIES 256 /* windows and intervals passed over in search of one */

/* Dates that reach into a span cut it: what is left that ends after t? */
struct cut {
	const struct fix_tz *tz;
	int64_t t;
	struct hours_span v; /* still open */
};

/* [from, to) is shut. @return true: what lies before it is the answer */
static bool
cut_out(struct cut *k, int64_t from, int64_t to)
{
	if (from >= k->v.end || to <= k->v.start)
		return false;
	if (from > k->v.start && from > k->t) {
		k->v.end = from;
		return true;
	}
	k->v.start = to;
	return false;
}

/* Who starts when a date has closed already starts with the evening. */
static bool
begins_after(
    const struct cut *k, int64_t start, const struct fix_calendar_day *d)
{
	return start != INT64_MIN && hours_day_of(k->tz, start) == d->day &&
	       start >= hours_closing(k->tz, d);
}

static bool
cut_date(struct cut *k, int64_t start, const struct fix_calendar_day *d)
{
	int64_t from = fix_tz_moment(k->tz, d->day * HOURS_DAY_S);
	int64_t to = fix_tz_moment(k->tz, (d->day + 1) * HOURS_DAY_S);

	if (d->closed)
		return cut_out(k, from, to);
	if (begins_after(k, start, d))
		return false;
	return cut_out(k, from, hours_opening(k->tz, d)) ||
	       cut_out(k, hours_closing(k->tz, d), to);
}

/* The part of v that holds t or is the next one. @return false: none */
static bool
part_of(const struct fix_schedule *s, int64_t t, struct hours_span *v)
{
	struct cut k = { s->hours.start_tz, t, *v };
	int64_t from = t > v->start ? t : v->start;
	const struct fix_calendar_day *d;
	size_t i = fix_calendar_from(s->calendar, hours_day_of(k.tz, from));

	/* The date before it says where the part began. */
	for (i -= i > 0; (d = fix_calendar_at(s->calendar, i)) != NULL; i++)
		if (cut_date(&k, v->start, d) || k.v.start >= k.v.end)
			break;
	*v = k.v;
	return v->start < v->end && v->end > t;
}

static struct hours_span
overlap(const struct hours_span *a, const struct hours_span *b)
{
	struct hours_span v = *a;

	if (b->start > v.start)
		v.start = b->start;
	if (b->end < v.end)
		v.end = b->end;
	return v;
}

bool
fix_schedule_window(
    const struct fix_schedule *s, struct fix_utc when, struct fix_interval *out)
{
	int64_t t = hours_floor(when.ns, FIX_SEC);
	struct hours_span life, logon, v;

	for (int i = 0; i < TRIES; i++) {
		if (!hours_at(s->calendar, &s->hours, t, &life) ||
		    !hours_at(NULL, &s->logon, life.start > t ? life.start : t,
			&logon))
			return false;
		v = overlap(&life, &logon);
		if (v.start < v.end &&
		    (s->hours.kind == FIX_SCHED_DAILY || s->calendar == NULL ||
			part_of(s, t, &v))) {
			*out = hours_interval(&v);
			return true;
		}
		t = life.end < logon.end ? life.end : logon.end;
		if (t == INT64_MAX)
			return false;
	}
	return false;
}

bool
fix_schedule_open(const struct fix_schedule *s, struct fix_utc t)
{
	struct fix_interval v;

	return fix_schedule_window(s, t, &v) && v.start.ns <= t.ns;
}

/* Resets around a moment: the last one at or before it, the first after it. */
static void
resets_around(
    const struct fix_schedule *s, int64_t t, int64_t *last, int64_t *next)
{
	int64_t day = hours_day_of(s->reset_tz, t) - 2, at;

	for (*last = INT64_MIN;; day++) {
		at = fix_tz_moment(s->reset_tz, day * HOURS_DAY_S + s->reset_s);
		if (at > t)
			break;
		*last = at;
	}
	*next = at;
}

bool
fix_schedule_next_reset(
    const struct fix_schedule *s, struct fix_utc t, struct fix_utc *out)
{
	int64_t last, next;

	if (!s->resets)
		return false;
	resets_around(s, hours_floor(t.ns, FIX_SEC), &last, &next);
	out->ns = next * FIX_SEC;
	return true;
}

bool
fix_schedule_last_reset(
    const struct fix_schedule *s, struct fix_utc t, struct fix_utc *out)
{
	int64_t last, next;

	if (!s->resets)
		return false;
	resets_around(s, hours_floor(t.ns, FIX_SEC), &last, &next);
	out->ns = last * FIX_SEC;
	return true;
}
