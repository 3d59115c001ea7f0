/*
 * Promises of a schedule, whatever it is: random hours, zones, windows and
 * calendars, each asked along two months with a change of the clocks in them.
 *
 * Intervals and windows never overlap and go forward; which of them holds a
 * moment is what the list of them says, from wherever it is asked; a window
 * lies in one interval; no daily interval starts on a closed date.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/session/zone.h"

#define ROUNDS 3000
#define LIST_MAX 200u
#define ASKED 40
#define DAY_S INT64_C(86400)
#define SPAN_DAYS 60

static uint64_t seed = 20260302;
static struct fix_tz *zones[4]; /* the first is NULL: UTC */

static uint32_t
any(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32) % below;
}

/* Quarters of an hour, and often equal ones. */
static int32_t
any_time(void)
{
	return (int32_t)(any(3) == 0 ? any(4) * 6 * 3600 : any(96) * 900);
}

static struct fix_hours
any_hours(void)
{
	struct fix_hours h = { .kind = (enum fix_schedule_kind)any(3) };

	if (h.kind == FIX_SCHED_ALWAYS)
		return h;
	if (h.kind == FIX_SCHED_DAILY && any(2) == 0)
		h.weekdays = (uint8_t)(1 + any(127));
	if (h.kind == FIX_SCHED_WEEKLY) {
		h.start_day = (int)any(7);
		h.end_day = (int)any(7);
	}
	h.start_s = any_time();
	h.end_s = any(4) == 0 ? h.start_s : any_time();
	h.start_tz = zones[any(4)];
	h.end_tz = any(3) == 0 ? zones[any(4)] : h.start_tz;
	return h;
}

static struct fix_calendar *
any_calendar(int64_t first)
{
	struct fix_calendar *c = fix_calendar_new();
	struct fix_calendar_error e;
	char text[4096];
	size_t n = 0;
	int y, m, d;

	assert_non_null(c);
	for (int64_t day = first; day < first + SPAN_DAYS + 20; day++) {
		uint32_t kind = any(12);

		if (kind > 2 && n > 0)
			continue;
		fix_civil_of(day, &y, &m, &d);
		if (kind > 0)
			n += (size_t)snprintf(text + n, sizeof(text) - n,
			    "%04d-%02d-%02d closed\n", y, m, d);
		else
			n += (size_t)snprintf(text + n, sizeof(text) - n,
			    "%04d-%02d-%02d open %02u:00-%02u:30\n", y, m, d,
			    any(10), 10 + any(14));
	}
	assert_int_equal(
	    fix_calendar_add(c, "any", (const uint8_t *)text, n, &e), 0);
	return c;
}

typedef bool next_fn(
    const struct fix_schedule *s, struct fix_utc t, struct fix_interval *out);

struct list {
	struct fix_interval v[LIST_MAX];
	unsigned n;
	bool ends; /* nothing comes behind it */
};

static void
fill(struct list *l, next_fn *next, const struct fix_schedule *s,
    struct fix_utc from, struct fix_utc until)
{
	struct fix_utc t = from;

	l->n = 0;
	l->ends = false;
	while (l->n < LIST_MAX && t.ns < until.ns) {
		struct fix_interval *v = &l->v[l->n];

		l->ends = !next(s, t, v);
		if (l->ends)
			return;
		assert_true(v->start.ns < v->end.ns);
		assert_true(v->end.ns > t.ns);
		assert_true(l->n == 0 || v->start.ns >= v[-1].end.ns);
		l->n++;
		t = v->end;
		if (t.ns == INT64_MAX)
			return;
	}
}

/* @return the one that holds t or comes next, NULL: none in the list */
static const struct fix_interval *
look_up(const struct list *l, struct fix_utc t)
{
	for (unsigned i = 0; i < l->n; i++)
		if (l->v[i].end.ns > t.ns)
			return &l->v[i];
	return NULL;
}

static void
assert_as_listed(const struct list *l, next_fn *next,
    const struct fix_schedule *s, struct fix_utc t)
{
	const struct fix_interval *want = look_up(l, t);
	struct fix_interval got;

	if (want == NULL)
		return; /* behind the list's end */
	assert_true(next(s, t, &got));
	assert_int_equal(got.start.ns, want->start.ns);
	assert_int_equal(got.end.ns, want->end.ns);
}

static bool
holds(const struct fix_interval *v, struct fix_utc t)
{
	return v != NULL && v->start.ns <= t.ns && t.ns < v->end.ns;
}

static void
ask(const struct list *intervals, const struct list *windows,
    const struct fix_schedule *s, struct fix_utc t, struct fix_utc u)
{
	const struct fix_interval *v = look_up(intervals, t);
	const struct fix_interval *w = look_up(windows, t);

	assert_as_listed(intervals, fix_schedule_at, s, t);
	assert_as_listed(windows, fix_schedule_window, s, t);
	if (v != NULL)
		assert_int_equal(fix_schedule_inside(s, t), holds(v, t));
	if (w != NULL)
		assert_int_equal(fix_schedule_open(s, t), holds(w, t));
	if (holds(w, t))
		assert_true(
		    v->start.ns <= w->start.ns && w->end.ns <= v->end.ns);
	if (v != NULL)
		assert_int_equal(
		    fix_schedule_same(s, t, u), holds(v, t) && holds(v, u));
}

static void
assert_no_start_on_a_closed_date(
    const struct list *l, const struct fix_schedule *s)
{
	if (s->hours.kind != FIX_SCHED_DAILY)
		return;
	for (unsigned i = 0; i < l->n; i++) {
		int64_t at = l->v[i].start.ns / FIX_SEC;
		const struct fix_calendar_day *d;

		at += fix_tz_offset(s->hours.start_tz, at);
		d = fix_calendar_on(s->calendar, at / DAY_S);
		assert_false(d != NULL && d->closed);
	}
}

static struct fix_utc
any_moment(int64_t first, const struct list *l)
{
	const struct fix_interval *v;
	struct fix_utc t = { (first * DAY_S + any(SPAN_DAYS * 86400)) *
			     FIX_SEC };

	if (l->n == 0 || any(3) != 0)
		return t;
	v = &l->v[any(l->n)]; /* at an edge */
	if (v->start.ns == INT64_MIN || v->end.ns == INT64_MAX)
		return t;
	t = any(2) == 0 ? v->start : v->end;
	t.ns -= any(2);
	return t;
}

static void
round_of(int64_t first)
{
	static struct list intervals, windows;
	struct fix_schedule s = { .hours = any_hours() };
	struct fix_utc from = { first * DAY_S * FIX_SEC };
	struct fix_utc until = { (first + SPAN_DAYS) * DAY_S * FIX_SEC };

	if (any(2) == 0)
		s.logon = any_hours();
	if (any(3) != 0)
		s.calendar = any_calendar(first);
	fill(&intervals, fix_schedule_at, &s, from, until);
	fill(&windows, fix_schedule_window, &s, from, until);
	assert_no_start_on_a_closed_date(&intervals, &s);
	for (int i = 0; i < ASKED; i++) {
		struct fix_utc t = any_moment(first, &intervals);

		if (t.ns >= from.ns)
			ask(&intervals, &windows, &s, t,
			    any_moment(first, &windows));
	}
	fix_calendar_free(s.calendar);
}

static void
any_schedule_keeps_its_promises(void **state)
{
	(void)state;
	zones[1] = zone(YORK);
	zones[2] = zone(LONDON);
	zones[3] = zone(CHATHAM);
	for (int i = 0; i < ROUNDS; i++)
		round_of(fix_days_of(2026, any(2) == 0 ? 2 : 9, 20));
	for (int i = 1; i < 4; i++)
		fix_tz_free(zones[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_schedule_keeps_its_promises),
	};

	return cmocka_run_group_tests_name("hours_random", tests, NULL, NULL);
}
