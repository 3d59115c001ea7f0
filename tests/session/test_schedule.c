/*
 * When a session is open. Zones are compared with the C library's, which reads
 * the same files by code of its own: every quarter of an hour around every
 * change of 2020 to 2035, both ways. Without tzdata those tests say so and
 * skip; intervals and broken files are tested with zones made here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tests/session/zone.h"

static struct fix_utc
at(const char *text)
{
	struct fix_stamp s;

	assert_int_equal(fix_stamp_parse(fix_span_of(text), &s), 0);
	return s.utc;
}

static void
assert_interval(const struct fix_schedule *s, const char *when,
    const char *start, const char *end)
{
	struct fix_interval v;
	uint8_t text[FIX_STAMP_MAX + 1] = { 0 };

	assert_true(fix_schedule_at(s, at(when), &v));
	fix_utc_format(text, v.start, 0);
	assert_string_equal((char *)text, start);
	fix_utc_format(text, v.end, 0);
	assert_string_equal((char *)text, end);
}

static void
without_a_schedule_all_time_is_one_interval(void **state)
{
	struct fix_schedule s = { 0 };
	struct fix_interval v;

	(void)state;
	assert_true(fix_schedule_inside(&s, at("20260101-00:00:00")));
	assert_true(fix_schedule_same(
	    &s, at("19800101-00:00:00"), at("20991231-23:59:59")));
	assert_true(fix_schedule_at(&s, at("20260101-00:00:00"), &v));
	assert_true(v.start.ns == INT64_MIN && v.end.ns == INT64_MAX);
}

static void
a_daily_interval_holds_its_start_and_not_its_end(void **state)
{
	struct fix_schedule s = { .hours.kind = FIX_SCHED_DAILY,
		.hours.start_s = 8 * 3600,
		.hours.end_s = 17 * 3600 };

	(void)state;
	assert_false(fix_schedule_inside(&s, at("20260302-07:59:59.999")));
	assert_true(fix_schedule_inside(&s, at("20260302-08:00:00")));
	assert_true(fix_schedule_inside(&s, at("20260302-16:59:59.999")));
	assert_false(fix_schedule_inside(&s, at("20260302-17:00:00")));
	assert_interval(
	    &s, "20260302-12:00:00", "20260302-08:00:00", "20260302-17:00:00");
	assert_interval(
	    &s, "20260302-17:00:00", "20260303-08:00:00", "20260303-17:00:00");
	assert_true(fix_schedule_same(
	    &s, at("20260302-08:00:00"), at("20260302-16:59:59")));
	assert_false(fix_schedule_same(
	    &s, at("20260302-12:00:00"), at("20260303-12:00:00")));
	assert_false(fix_schedule_same(
	    &s, at("20260302-18:00:00"), at("20260302-18:00:00")));
}

static void
an_interval_over_midnight_is_one(void **state)
{
	struct fix_schedule s = { .hours.kind = FIX_SCHED_DAILY,
		.hours.start_s = 22 * 3600,
		.hours.end_s = 6 * 3600 };

	(void)state;
	assert_interval(
	    &s, "20260303-02:00:00", "20260302-22:00:00", "20260303-06:00:00");
	assert_true(fix_schedule_same(
	    &s, at("20260302-23:59:59"), at("20260303-00:00:00")));
	assert_false(fix_schedule_inside(&s, at("20260303-12:00:00")));
}

static void
equal_times_are_open_always_and_roll_daily(void **state)
{
	struct fix_schedule s = { .hours.kind = FIX_SCHED_DAILY,
		.hours.start_s = 17 * 3600,
		.hours.end_s = 17 * 3600 };

	(void)state;
	for (int h = 0; h < 48; h++) {
		struct fix_utc t = at("20260302-00:00:00");

		t.ns += h * 3600 * FIX_SEC;
		assert_true(fix_schedule_inside(&s, t));
	}
	assert_interval(
	    &s, "20260302-16:59:59", "20260301-17:00:00", "20260302-17:00:00");
	assert_false(fix_schedule_same(
	    &s, at("20260302-16:59:59"), at("20260302-17:00:00")));
}

/* 2026-03-01 is a Sunday. */
static void
a_weekly_interval_is_one_over_all_its_midnights(void **state)
{
	struct fix_schedule s = { .hours.kind = FIX_SCHED_WEEKLY,
		.hours.start_day = 0,
		.hours.end_day = 5,
		.hours.start_s = 17 * 3600,
		.hours.end_s = 16 * 3600 };

	(void)state;
	assert_interval(
	    &s, "20260304-00:00:00", "20260301-17:00:00", "20260306-16:00:00");
	assert_interval(
	    &s, "20260306-16:00:00", "20260308-17:00:00", "20260313-16:00:00");
	assert_true(fix_schedule_same(
	    &s, at("20260301-17:00:00"), at("20260306-15:59:59")));
	assert_false(fix_schedule_inside(&s, at("20260301-16:59:59")));
}

static void
a_week_may_end_on_the_day_that_it_starts_on(void **state)
{
	struct fix_schedule s = { .hours.kind = FIX_SCHED_WEEKLY,
		.hours.start_day = 6,
		.hours.end_day = 6,
		.hours.start_s = 3600,
		.hours.end_s = 3600 };

	(void)state;
	assert_interval(
	    &s, "20260302-00:00:00", "20260228-01:00:00", "20260307-01:00:00");
	s.hours.end_s = 7200;
	assert_interval(
	    &s, "20260302-00:00:00", "20260307-01:00:00", "20260307-02:00:00");
	s.hours.end_s = 1800;
	assert_interval(
	    &s, "20260302-00:00:00", "20260228-01:00:00", "20260307-00:30:00");
}

static void
weekdays_name_the_day_that_an_interval_starts_on(void **state)
{
	struct fix_schedule s = { .hours.kind = FIX_SCHED_DAILY,
		.hours.start_s = 22 * 3600,
		.hours.end_s = 6 * 3600,
		.hours.weekdays = 1 << 1 | 1 << 5 };

	(void)state;
	/* Friday's runs into Saturday. */
	assert_interval(
	    &s, "20260307-05:59:59", "20260306-22:00:00", "20260307-06:00:00");
	assert_interval(
	    &s, "20260307-06:00:00", "20260309-22:00:00", "20260310-06:00:00");
	assert_false(fix_schedule_inside(&s, at("20260310-22:00:00")));
}

static void
hours_follow_the_clocks_of_their_zone(void **state)
{
	struct fix_tz *z = zone(YORK);
	struct fix_schedule s = { .hours.kind = FIX_SCHED_DAILY,
		.hours.start_tz = z,
		.hours.end_tz = z,
		.hours.start_s = 17 * 3600,
		.hours.end_s = 16 * 3600 };

	(void)state;
	assert_interval(
	    &s, "20260307-12:00:00", "20260306-22:00:00", "20260307-21:00:00");
	assert_interval(
	    &s, "20260308-12:00:00", "20260307-22:00:00", "20260308-20:00:00");
	assert_interval(
	    &s, "20261101-12:00:00", "20261031-21:00:00", "20261101-21:00:00");
	fix_tz_free(z);
}

/* 2026-03-08 02:00 to 03:00 does not happen in New York. */
static void
a_skipped_start_comes_with_the_jump(void **state)
{
	struct fix_tz *z = zone(YORK);
	struct fix_schedule s = { .hours.kind = FIX_SCHED_DAILY,
		.hours.start_tz = z,
		.hours.end_tz = z,
		.hours.start_s = 9000,
		.hours.end_s = 5 * 3600 };

	(void)state;
	assert_interval(
	    &s, "20260308-05:00:00", "20260308-07:00:00", "20260308-09:00:00");
	s.hours.end_s = 9900; /* 02:30 to 02:45: not on that day */
	assert_interval(
	    &s, "20260308-05:00:00", "20260309-06:30:00", "20260309-06:45:00");
	s.hours.end_s = 9000; /* the roll has no hole */
	assert_interval(
	    &s, "20260308-07:00:00", "20260308-07:00:00", "20260309-06:30:00");
	assert_interval(
	    &s, "20260308-06:59:59", "20260307-07:30:00", "20260308-07:00:00");
	fix_tz_free(z);
}

/* 2026-11-01 01:00 to 02:00 happens twice. */
static void
a_repeated_time_counts_the_first_time(void **state)
{
	struct fix_tz *z = zone(YORK);
	struct fix_schedule s = { .hours.kind = FIX_SCHED_DAILY,
		.hours.start_tz = z,
		.hours.end_tz = z,
		.hours.start_s = 20 * 3600,
		.hours.end_s = 5400 };

	(void)state;
	assert_interval(
	    &s, "20261101-04:00:00", "20261101-00:00:00", "20261101-05:30:00");
	s.hours.start_s = 5400;
	s.hours.end_s = 3 * 3600;
	assert_interval(
	    &s, "20261101-04:00:00", "20261101-05:30:00", "20261101-08:00:00");
	fix_tz_free(z);
}

/* Start and end by other clocks: in some weeks they are an hour apart. */
static void
an_end_in_another_zone_is_the_first_after_the_start(void **state)
{
	struct fix_tz *y = zone(YORK), *l = zone(LONDON);
	struct fix_schedule s = { .hours.kind = FIX_SCHED_DAILY,
		.hours.start_tz = y,
		.hours.end_tz = l,
		.hours.start_s = 17 * 3600,
		.hours.end_s = 22 * 3600 };

	(void)state;
	assert_interval(
	    &s, "20260303-00:00:00", "20260302-22:00:00", "20260303-22:00:00");
	assert_interval(
	    &s, "20260310-21:30:00", "20260310-21:00:00", "20260310-22:00:00");
	assert_interval(
	    &s, "20260310-22:00:00", "20260311-21:00:00", "20260311-22:00:00");
	/* Where the day is short the next one cuts it, and none is lost. */
	s.hours.end_s = 21 * 3600 + 1800;
	assert_interval(
	    &s, "20260308-12:00:00", "20260307-22:00:00", "20260308-21:00:00");
	assert_interval(
	    &s, "20260308-21:00:00", "20260308-21:00:00", "20260308-21:30:00");
	s.hours.end_s = 22 * 3600;
	s.hours.kind = FIX_SCHED_WEEKLY;
	s.hours.start_day = 0;
	s.hours.end_day = 5;
	assert_interval(
	    &s, "20260303-00:00:00", "20260301-22:00:00", "20260306-22:00:00");
	fix_tz_free(y);
	fix_tz_free(l);
}

static void
intervals_never_overlap_and_none_is_lost(void **state)
{
	static const char *const rules[] = { YORK, LONDON, CHATHAM };

	(void)state;
	for (int r = 0; r < 3; r++) {
		struct fix_tz *z = zone(rules[r]);

		for (int h = 0; h < 24; h++) {
			struct fix_schedule s = { .hours.kind = FIX_SCHED_DAILY,
				.hours.start_tz = z,
				.hours.end_tz = z,
				.hours.start_s = h * 3600 + 1800,
				.hours.end_s = (h + 3) % 24 * 3600 };
			struct fix_interval v, next;
			int n = 0;

			assert_true(
			    fix_schedule_at(&s, at("20260101-00:00:00"), &v));
			while (v.end.ns < at("20270101-00:00:00").ns) {
				assert_true(fix_schedule_at(&s, v.end, &next));
				assert_true(next.start.ns >= v.end.ns);
				v = next;
				n++;
			}
			assert_in_range(n, 364, 366);
		}
		fix_tz_free(z);
	}
}

static void
a_zone_file_that_is_cut_or_unsound_is_refused(void **state)
{
	static const char *const bad[] = { "EST", "5", "EST5EDT",
		"EST5EDT,M3.2.0", "EST5EDT,M13.2.0,M11.1.0",
		"EST5EDT,M3.6.0,M11.1.0", "EST5EDT,M3.2.7,M11.1.0",
		"EST5EDT,M3.2.0,M11.1.0x", "EST99999999999", "<EST5", "EST27",
		"EST5EDT,J0,J5", "EST5EDT,366,5" };
	uint8_t file[512], *cut;
	struct fix_tz *z = NULL;
	size_t n = make_file(file, YORK);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		cut = malloc(i + 1);
		assert_non_null(cut);
		memcpy(cut, file, i);
		assert_int_equal(fix_tz_read(&z, cut, i), -FIX_E_FORMAT);
		free(cut);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		n = make_file(file, bad[i]);
		assert_int_equal(fix_tz_read(&z, file, n), -FIX_E_FORMAT);
	}
	n = make_file(file, YORK);
	file[4] = 0;
	assert_int_equal(fix_tz_read(&z, file, n), -FIX_E_FOREIGN);
	n = make_file(file, YORK);
	file[32] = 0xff; /* four thousand million changes */
	assert_int_equal(fix_tz_read(&z, file, n), -FIX_E_FORMAT);
	assert_null(z);
}

/* Whatever one byte says, nothing is read that is not there. */
static void
no_single_wrong_byte_leads_out_of_the_file(void **state)
{
	uint8_t file[512];
	size_t n = make_file(file, CHATHAM);

	(void)state;
	for (size_t i = 0; i < n; i++)
		for (unsigned v = 0; v < 256; v += 5) {
			uint8_t *copy = malloc(n);
			struct fix_tz *z = NULL;

			assert_non_null(copy);
			memcpy(copy, file, n);
			copy[i] = (uint8_t)v;
			if (fix_tz_read(&z, copy, n) == 0)
				(void)fix_tz_moment(z, 1772452800);
			fix_tz_free(z);
			free(copy);
		}
}

static void
days_of_the_year_are_counted_both_ways(void **state)
{
	/* 60 is March 1 with J, and February 29 without, in 2028. */
	struct fix_tz *j = zone("A0B,J60/0,J300/0");
	struct fix_tz *n = zone("A0B,59/0,300/0");

	(void)state;
	assert_int_equal(
	    fix_tz_offset(j, at("20280229-12:00:00").ns / FIX_SEC), 0);
	assert_int_equal(
	    fix_tz_offset(j, at("20280301-00:00:00").ns / FIX_SEC), 3600);
	assert_int_equal(
	    fix_tz_offset(n, at("20280229-00:00:00").ns / FIX_SEC), 3600);
	fix_tz_free(j);
	fix_tz_free(n);
}

/* --- against the C library ----------------------------------------------- */

static struct fix_tz *
system_zone(const char *name)
{
	static uint8_t file[1 << 16];
	struct fix_tz *z = NULL;
	char path[128];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", name);
	f = fopen(path, "rb");
	if (f == NULL) {
		printf("# SKIP no %s: is tzdata installed?\n", path);
		return NULL;
	}
	n = fread(file, 1, sizeof(file), f);
	fclose(f);
	assert_int_equal(fix_tz_read(&z, file, n), 0);
	setenv("TZ", name, 1);
	tzset();
	return z;
}

static int64_t
libc_offset(int64_t t)
{
	time_t when = (time_t)t;
	struct tm tm;

	assert_non_null(localtime_r(&when, &tm));
	return tm.tm_gmtoff;
}

/* Every minute's local time around a change, found by looking at each moment
 * in turn. */
static void
check_change(const struct fix_tz *z, int64_t change)
{
	int64_t from = change - 4 * 3600, t = from;

	for (int64_t local = from + libc_offset(from) + 7200;
	     local <= change + libc_offset(change) + 7200; local += 300) {
		while (t + libc_offset(t) < local)
			t += 60;
		assert_int_equal(fix_tz_moment(z, local), t);
	}
}

static void
check_zone(const char *name, int changes)
{
	struct fix_tz *z = system_zone(name);
	int64_t t = at("20200101-00:00:00").ns / FIX_SEC;
	int64_t end = at("20360101-00:00:00").ns / FIX_SEC;
	int64_t was = z == NULL ? 0 : libc_offset(t), now;
	int seen = 0;

	for (; z != NULL && t < end; t += 900) {
		now = libc_offset(t);
		assert_int_equal(fix_tz_offset(z, t), now);
		if (now != was) {
			assert_int_equal(fix_tz_offset(z, t - 1), was);
			check_change(z, t);
			seen++;
		}
		was = now;
	}
	if (z != NULL)
		assert_int_equal(seen, changes);
	fix_tz_free(z);
}

static void
every_change_of_new_york(void **state)
{
	(void)state;
	check_zone("America/New_York", 32);
}

static void
every_change_of_london(void **state)
{
	(void)state;
	check_zone("Europe/London", 32);
}

static void
every_change_of_sydney(void **state)
{
	(void)state;
	check_zone("Australia/Sydney", 32);
}

static void
every_change_of_chatham(void **state)
{
	(void)state;
	check_zone("Pacific/Chatham", 32);
}

/* Changes of a list, and a year that no rule covers yet. */
static void
old_changes_are_read_from_the_list(void **state)
{
	struct fix_tz *z = system_zone("America/New_York");

	(void)state;
	for (int64_t t = -2600000000; z != NULL && t < 2000000000; t += 86413)
		assert_int_equal(fix_tz_offset(z, t), libc_offset(t));
	fix_tz_free(z);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_schedule_all_time_is_one_interval),
		cmocka_unit_test(
		    a_daily_interval_holds_its_start_and_not_its_end),
		cmocka_unit_test(an_interval_over_midnight_is_one),
		cmocka_unit_test(equal_times_are_open_always_and_roll_daily),
		cmocka_unit_test(
		    a_weekly_interval_is_one_over_all_its_midnights),
		cmocka_unit_test(a_week_may_end_on_the_day_that_it_starts_on),
		cmocka_unit_test(
		    weekdays_name_the_day_that_an_interval_starts_on),
		cmocka_unit_test(hours_follow_the_clocks_of_their_zone),
		cmocka_unit_test(a_skipped_start_comes_with_the_jump),
		cmocka_unit_test(a_repeated_time_counts_the_first_time),
		cmocka_unit_test(
		    an_end_in_another_zone_is_the_first_after_the_start),
		cmocka_unit_test(intervals_never_overlap_and_none_is_lost),
		cmocka_unit_test(a_zone_file_that_is_cut_or_unsound_is_refused),
		cmocka_unit_test(no_single_wrong_byte_leads_out_of_the_file),
		cmocka_unit_test(days_of_the_year_are_counted_both_ways),
		cmocka_unit_test(every_change_of_new_york),
		cmocka_unit_test(every_change_of_london),
		cmocka_unit_test(every_change_of_sydney),
		cmocka_unit_test(every_change_of_chatham),
		cmocka_unit_test(old_changes_are_read_from_the_list),
	};

	return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
