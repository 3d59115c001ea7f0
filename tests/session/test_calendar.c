/*
 * Calendars: what a file may say, and what its dates do to intervals and to the
 * windows in them. 2026-03-02 is a Monday.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "session/schedule.h"

#define HOUR 3600
#define MON 1
#define FRI 5
#define SUN 0

static int
add(struct fix_calendar *c, const char *text, struct fix_calendar_error *e)
{
	return fix_calendar_add(
	    c, "a.cal", (const uint8_t *)text, strlen(text), e);
}

static struct fix_calendar *
calendar(const char *text)
{
	struct fix_calendar *c = fix_calendar_new();
	struct fix_calendar_error e;

	assert_non_null(c);
	assert_int_equal(add(c, text, &e), 0);
	return c;
}

static struct fix_utc
at(const char *text)
{
	struct fix_stamp s;

	assert_int_equal(fix_stamp_parse(fix_span_of(text), &s), 0);
	return s.utc;
}

static const char *
words(const struct fix_interval *v)
{
	static char out[2 * FIX_STAMP_MAX + 8];
	size_t n = fix_utc_format((uint8_t *)out, v->start, 0);

	out[n++] = ' ';
	n += fix_utc_format((uint8_t *)out + n, v->end, 0);
	out[n] = '\0';
	return out;
}

static const char *
interval(const struct fix_schedule *s, const char *when)
{
	struct fix_interval v;

	assert_true(fix_schedule_at(s, at(when), &v));
	return words(&v);
}

static const char *
window(const struct fix_schedule *s, const char *when)
{
	struct fix_interval v;

	assert_true(fix_schedule_window(s, at(when), &v));
	return words(&v);
}

static struct fix_schedule
daily(int from_h, int to_h, const char *dates)
{
	return (struct fix_schedule){ .hours.kind = FIX_SCHED_DAILY,
		.hours.start_s = from_h * HOUR,
		.hours.end_s = to_h * HOUR,
		.calendar = dates == NULL ? NULL : calendar(dates) };
}

static struct fix_schedule
weekly(int from_day, int from_h, int to_day, int to_h, const char *dates)
{
	struct fix_schedule s = daily(from_h, to_h, dates);

	s.hours.kind = FIX_SCHED_WEEKLY;
	s.hours.start_day = from_day;
	s.hours.end_day = to_day;
	return s;
}

/* --- files --------------------------------------------------------------- */

static void
dates_are_read_in_any_order(void **state)
{
	struct fix_calendar *c =
	    calendar("# of ours\n\n"
		     "2026-12-25\tclosed Christmas Day # all of it\r\n"
		     "  2026-12-24 open 08:00-13:00:30   Christmas Eve  \n"
		     "2027-01-01 closed");
	const struct fix_calendar_day *d = fix_calendar_at(c, 0);
	int32_t last;

	(void)state;
	assert_int_equal(d->day, fix_days_of(2026, 12, 24));
	assert_false(d->closed);
	assert_int_equal(d->open_s, 8 * HOUR);
	assert_int_equal(d->close_s, 13 * HOUR + 30);
	assert_string_equal(d->name, "Christmas Eve");
	d = fix_calendar_on(c, fix_days_of(2026, 12, 25));
	assert_true(d->closed);
	assert_string_equal(d->name, "Christmas Day");
	assert_string_equal(fix_calendar_at(c, 2)->name, "");
	assert_null(fix_calendar_at(c, 3));
	assert_null(fix_calendar_on(c, fix_days_of(2026, 12, 26)));
	assert_int_equal(fix_calendar_from(c, fix_days_of(2026, 12, 26)), 2);
	assert_string_equal(fix_calendar_file(c, 0, &last), "a.cal");
	assert_int_equal(last, fix_days_of(2027, 1, 1));
	assert_null(fix_calendar_file(c, 1, &last));
	fix_calendar_free(c);
}

static void
a_line_that_does_not_read_is_named(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
	} bad[] = {
		{ "2026-12-25 closed\nXmas closed\n", 2 },
		{ "\n#\n2026-02-29 closed\n", 3 },
		{ "2026-13-01 closed", 1 },
		{ "2026-1-01 closed", 1 },
		{ "20261225 closed", 1 },
		{ "1969-12-31 closed", 1 },
		{ "2200-01-01 closed", 1 },
		{ "2026-12-25", 1 },
		{ "2026-12-25 close", 1 },
		{ "2026-12-25 closedd", 1 },
		{ "2026-12-25closed", 1 },
		{ "2026-12-24 open", 1 },
		{ "2026-12-24 open 08:00", 1 },
		{ "2026-12-24 open 8:00-13:00", 1 },
		{ "2026-12-24 open 13:00-08:00", 1 },
		{ "2026-12-24 open 08:00-08:00", 1 },
		{ "2026-12-24 open 08:00-24:01", 1 },
		{ "2026-12-24 open 08:60-13:00", 1 },
		{ "2026-12-24 open 08:00-13:00x", 1 },
		{ "2026-12-24 closed \033[2J", 1 },
		{ "2026-12-25 closed\n2026-12-24 closed\n"
		  "2026-12-25 open 08:00-12:00\n",
		    3 },
		{ "# nothing\n\n", 0 },
		{ "", 0 },
	};
	struct fix_calendar_error e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct fix_calendar *c = calendar("2026-01-01 closed");

		assert_int_equal(add(c, bad[i].text, &e), -FIX_E_FORMAT);
		assert_int_equal(e.line, bad[i].line);
		assert_true(strlen(e.text) > 10);
		/* And nothing of it was taken. */
		assert_non_null(fix_calendar_at(c, 0));
		assert_null(fix_calendar_at(c, 1));
		fix_calendar_free(c);
	}
}

static void
a_name_is_cut_and_not_within_a_character(void **state)
{
	char text[256] = "2026-12-25 closed ";
	const char *name;
	struct fix_calendar *c;

	(void)state;
	for (int i = 0; i < 40; i++)
		strcat(text, "\xc3\xa9");
	c = calendar(text);
	name = fix_calendar_at(c, 0)->name;
	assert_int_equal(strlen(name), FIX_CALENDAR_NAME_MAX - 1);
	assert_int_equal((uint8_t)name[strlen(name) - 1], 0xa9);
	fix_calendar_free(c);
}

static void
files_of_one_calendar_are_open_only_together(void **state)
{
	struct fix_calendar *c = calendar("2026-12-24 open 08:00-13:00 a\n"
					  "2026-12-25 closed b\n"
					  "2026-12-28 open 08:00-10:00\n");
	struct fix_calendar_error e;
	const struct fix_calendar_day *d;

	(void)state;
	assert_int_equal(add(c,
			     "2026-12-23 closed\n"
			     "2026-12-24 open 09:00-14:00 c\n"
			     "2026-12-25 open 08:00-12:00 d\n"
			     "2026-12-28 open 12:00-14:00\n",
			     &e),
	    0);
	d = fix_calendar_at(c, 1);
	assert_int_equal(d->open_s, 9 * HOUR);
	assert_int_equal(d->close_s, 13 * HOUR);
	assert_true(fix_calendar_at(c, 2)->closed);
	assert_true(fix_calendar_at(c, 3)->closed);
	assert_null(fix_calendar_at(c, 4));
	fix_calendar_free(c);
}

static void
who_holds_a_calendar_keeps_it(void **state)
{
	struct fix_schedule s = daily(8, 17, "2026-03-03 closed"), held;

	(void)state;
	fix_schedule_hold(&held, &s);
	fix_calendar_free(s.calendar);
	assert_string_equal(interval(&held, "20260303-12:00:00"),
	    "20260304-08:00:00 20260304-17:00:00");
	fix_schedule_drop(&held);
	assert_true(fix_schedule_is_plain(&held));
}

/* --- what dates do ------------------------------------------------------- */

static void
no_interval_starts_on_a_closed_date(void **state)
{
	struct fix_schedule s =
	    daily(8, 17, "2026-03-03 closed\n2026-03-04 closed\n");

	(void)state;
	assert_string_equal(interval(&s, "20260302-17:00:00"),
	    "20260305-08:00:00 20260305-17:00:00");
	assert_false(fix_schedule_inside(&s, at("20260303-12:00:00")));
	assert_false(fix_schedule_open(&s, at("20260303-12:00:00")));
	assert_false(fix_schedule_same(
	    &s, at("20260303-12:00:00"), at("20260303-12:00:01")));
	fix_calendar_free(s.calendar);
	/* Over midnight: it is the date of the start that counts. */
	s = daily(18, 17, "2026-03-03 closed");
	assert_string_equal(interval(&s, "20260303-10:00:00"),
	    "20260302-18:00:00 20260303-17:00:00");
	assert_string_equal(interval(&s, "20260303-17:00:00"),
	    "20260304-18:00:00 20260305-17:00:00");
	fix_calendar_free(s.calendar);
}

static void
a_part_of_a_day_ends_early(void **state)
{
	struct fix_schedule s = daily(8, 17,
	    "2026-03-03 open 09:30-13:00\n"
	    "2026-03-04 open 00:00-24:00\n");

	(void)state;
	assert_string_equal(interval(&s, "20260303-00:00:00"),
	    "20260303-09:30:00 20260303-13:00:00");
	assert_string_equal(interval(&s, "20260303-13:00:00"),
	    "20260304-08:00:00 20260304-17:00:00");
	fix_calendar_free(s.calendar);
	/* What began the evening before ends early; the evening of the same
	 * date is the next day's. */
	s = daily(18, 17, "2026-03-03 open 09:30-13:00");
	assert_string_equal(interval(&s, "20260303-10:00:00"),
	    "20260302-18:00:00 20260303-13:00:00");
	assert_string_equal(interval(&s, "20260303-13:00:00"),
	    "20260303-18:00:00 20260304-17:00:00");
	fix_calendar_free(s.calendar);
}

static void
a_week_leaves_closed_days_at_its_ends_out(void **state)
{
	struct fix_schedule s = weekly(MON, 8, FRI, 17,
	    "2026-03-02 closed\n2026-03-05 closed\n2026-03-06 closed\n"
	    "2026-03-13 open 08:00-12:00\n");

	(void)state;
	assert_string_equal(interval(&s, "20260302-12:00:00"),
	    "20260303-08:00:00 20260304-17:00:00");
	assert_string_equal(interval(&s, "20260304-17:00:00"),
	    "20260309-08:00:00 20260313-12:00:00");
	fix_calendar_free(s.calendar);
	/* Until midnight: the last date is the one before it. */
	s = weekly(SUN, 17, 6, 0, "2026-03-06 closed");
	assert_string_equal(interval(&s, "20260302-12:00:00"),
	    "20260301-17:00:00 20260306-00:00:00");
	fix_calendar_free(s.calendar);
	s = weekly(MON, 8, FRI, 17,
	    "2026-03-02 closed\n2026-03-03 closed\n2026-03-04 closed\n"
	    "2026-03-05 closed\n2026-03-06 closed\n");
	assert_string_equal(interval(&s, "20260302-12:00:00"),
	    "20260309-08:00:00 20260313-17:00:00");
	fix_calendar_free(s.calendar);
}

/* MsgSeqNums go on over them, so the interval is one. */
static void
a_date_within_a_week_shuts_the_window_only(void **state)
{
	struct fix_schedule s = weekly(SUN, 17, FRI, 17,
	    "2026-03-03 closed\n2026-03-05 open 08:00-13:00\n");

	(void)state;
	assert_string_equal(interval(&s, "20260303-12:00:00"),
	    "20260301-17:00:00 20260306-17:00:00");
	assert_string_equal(window(&s, "20260301-17:00:00"),
	    "20260301-17:00:00 20260303-00:00:00");
	assert_string_equal(window(&s, "20260303-00:00:00"),
	    "20260304-00:00:00 20260305-00:00:00");
	assert_string_equal(window(&s, "20260304-12:00:00"),
	    "20260304-00:00:00 20260305-00:00:00");
	assert_string_equal(window(&s, "20260305-01:00:00"),
	    "20260305-08:00:00 20260305-13:00:00");
	assert_string_equal(window(&s, "20260305-13:00:00"),
	    "20260306-00:00:00 20260306-17:00:00");
	assert_string_equal(window(&s, "20260306-17:00:00"),
	    "20260308-17:00:00 20260313-17:00:00");
	fix_calendar_free(s.calendar);
}

/* A Sunday that closes at 13:00 has its evening. */
static void
a_week_that_starts_behind_a_half_day_starts(void **state)
{
	struct fix_schedule s =
	    weekly(SUN, 17, FRI, 17, "2026-03-01 open 08:00-13:00");

	(void)state;
	assert_string_equal(window(&s, "20260301-00:00:00"),
	    "20260301-17:00:00 20260306-17:00:00");
	fix_calendar_free(s.calendar);
}

static void
a_session_that_is_always_open_has_holidays_too(void **state)
{
	struct fix_schedule s = { .calendar = calendar(
				      "2026-03-03 closed\n"
				      "2026-03-04 closed\n"
				      "2026-03-06 open 08:00-13:00\n") };

	(void)state;
	assert_false(fix_schedule_is_plain(&s));
	assert_true(fix_schedule_inside(&s, at("20260303-12:00:00")));
	assert_true(fix_schedule_open(&s, at("20260302-23:59:59")));
	assert_false(fix_schedule_open(&s, at("20260303-00:00:00")));
	assert_string_equal(window(&s, "20260303-00:00:00"),
	    "20260305-00:00:00 20260306-00:00:00");
	assert_string_equal(window(&s, "20260306-08:00:00"),
	    "20260306-08:00:00 20260306-13:00:00");
	assert_true(fix_schedule_open(&s, at("20260307-00:00:00")));
	fix_calendar_free(s.calendar);
}

/* --- windows and resets -------------------------------------------------- */

static void
a_window_lies_within_its_interval(void **state)
{
	struct fix_schedule s = daily(18, 17, NULL);

	(void)state;
	assert_string_equal(window(&s, "20260303-10:00:00"),
	    "20260302-18:00:00 20260303-17:00:00");
	s.logon = daily(19, 16, NULL).hours;
	assert_string_equal(window(&s, "20260303-10:00:00"),
	    "20260302-19:00:00 20260303-16:00:00");
	assert_string_equal(window(&s, "20260303-16:00:00"),
	    "20260303-19:00:00 20260304-16:00:00");
	assert_true(fix_schedule_inside(&s, at("20260303-16:30:00")));
	assert_false(fix_schedule_open(&s, at("20260303-16:30:00")));
	/* What is left of it where it reaches out. */
	s.hours.weekdays = 1 << MON;
	assert_string_equal(window(&s, "20260303-16:00:00"),
	    "20260309-19:00:00 20260310-16:00:00");
	s = weekly(SUN, 17, FRI, 17, NULL);
	s.logon = weekly(MON, 8, FRI, 16, NULL).hours;
	assert_string_equal(window(&s, "20260301-17:00:00"),
	    "20260302-08:00:00 20260306-16:00:00");
	/* A session without an end, logged on by day. */
	memset(&s.hours, 0, sizeof(s.hours));
	s.logon = daily(8, 17, NULL).hours;
	assert_string_equal(window(&s, "20260302-17:00:00"),
	    "20260303-08:00:00 20260303-17:00:00");
	assert_true(fix_schedule_inside(&s, at("20260303-00:00:00")));
}

static void
windows_without_a_meeting_are_none(void **state)
{
	struct fix_schedule s = daily(8, 12, NULL);
	struct fix_interval v;

	(void)state;
	s.logon = daily(13, 14, NULL).hours;
	assert_false(fix_schedule_window(&s, at("20260302-00:00:00"), &v));
}

static void
a_reset_comes_once_each_day(void **state)
{
	struct fix_schedule s = { .resets = true, .reset_s = 17 * HOUR };
	struct fix_utc u;

	(void)state;
	assert_true(fix_schedule_next_reset(&s, at("20260302-16:59:59"), &u));
	assert_int_equal(u.ns, at("20260302-17:00:00").ns);
	assert_true(fix_schedule_next_reset(&s, u, &u));
	assert_int_equal(u.ns, at("20260303-17:00:00").ns);
	assert_true(fix_schedule_last_reset(&s, u, &u));
	assert_int_equal(u.ns, at("20260303-17:00:00").ns);
	u.ns--;
	assert_true(fix_schedule_last_reset(&s, u, &u));
	assert_int_equal(u.ns, at("20260302-17:00:00").ns);
	s.resets = false;
	assert_false(fix_schedule_next_reset(&s, u, &u));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_are_read_in_any_order),
		cmocka_unit_test(a_line_that_does_not_read_is_named),
		cmocka_unit_test(a_name_is_cut_and_not_within_a_character),
		cmocka_unit_test(files_of_one_calendar_are_open_only_together),
		cmocka_unit_test(who_holds_a_calendar_keeps_it),
		cmocka_unit_test(no_interval_starts_on_a_closed_date),
		cmocka_unit_test(a_part_of_a_day_ends_early),
		cmocka_unit_test(a_week_leaves_closed_days_at_its_ends_out),
		cmocka_unit_test(a_date_within_a_week_shuts_the_window_only),
		cmocka_unit_test(a_week_that_starts_behind_a_half_day_starts),
		cmocka_unit_test(
		    a_session_that_is_always_open_has_holidays_too),
		cmocka_unit_test(a_window_lies_within_its_interval),
		cmocka_unit_test(windows_without_a_meeting_are_none),
		cmocka_unit_test(a_reset_comes_once_each_day),
	};

	return cmocka_run_group_tests_name("calendar", tests, NULL, NULL);
}
