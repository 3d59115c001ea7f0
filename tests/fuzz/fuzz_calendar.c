/*
 * Input: a byte with the hours, then a calendar file. Whatever it holds, it is
 * read or refused with a line; what is read is ascending, and a schedule that
 * keeps it has windows within intervals.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "session/schedule.h"

static void
check_days(const struct fix_calendar *c)
{
	const struct fix_calendar_day *d, *before = NULL;

	for (size_t i = 0; (d = fix_calendar_at(c, i)) != NULL; i++) {
		assert(before == NULL || before->day < d->day);
		assert(d->closed || (d->open_s >= 0 && d->open_s < d->close_s &&
					d->close_s <= 86400));
		assert(memchr(d->name, '\0', sizeof(d->name)) != NULL);
		assert(strpbrk(d->name, "\033\n") == NULL);
		assert(fix_calendar_on(c, d->day) == d);
		before = d;
	}
	assert(before != NULL);
}

static void
check_windows(const struct fix_schedule *s, int32_t day)
{
	struct fix_utc t = { day * FIX_DAY - 3 * FIX_DAY };
	struct fix_interval v, w;

	for (int i = 0; i < 8 && fix_schedule_window(s, t, &w); i++) {
		assert(w.start.ns < w.end.ns && w.end.ns > t.ns);
		assert(fix_schedule_at(s, w.start, &v));
		assert(v.start.ns <= w.start.ns && w.end.ns <= v.end.ns);
		if (w.end.ns == INT64_MAX)
			return;
		t = w.end;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fix_schedule s = { .hours.kind = FIX_SCHED_DAILY };
	struct fix_calendar_error e;
	int rc;

	if (size < 1)
		return 0;
	s.hours.kind = (enum fix_schedule_kind)(data[0] % 3);
	s.hours.start_s = (data[0] >> 2 & 7) * 10000;
	s.hours.end_s = (data[0] >> 5) * 11000;
	s.hours.start_day = data[0] % 7;
	s.hours.end_day = data[0] % 5;
	s.calendar = fix_calendar_new();
	assert(s.calendar != NULL);
	rc = fix_calendar_add(s.calendar, "fuzz", data + 1, size - 1, &e);
	if (rc != 0) {
		assert(rc == -FIX_E_FORMAT || rc == -FIX_E_TOOBIG);
		assert(e.text[0] != '\0');
		assert(fix_calendar_at(s.calendar, 0) == NULL);
	} else {
		check_days(s.calendar);
		check_windows(&s, fix_calendar_at(s.calendar, 0)->day);
		rc = fix_calendar_add(
		    s.calendar, "again", data + 1, size - 1, &e);
		assert(rc == 0 || rc == -FIX_E_TOOBIG);
		check_days(s.calendar);
	}
	fix_calendar_free(s.calendar);
	return 0;
}
