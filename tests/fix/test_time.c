/*
 * Timestamps: read, written, and refused.
 *
 * In: texts by FIX volume 1, "Data Types" (rules for UTCTimestamp, UTCTimeOnly,
 * dates, month-year, times with a zone), and the system's own calendar as a
 * second opinion.
 */
#include "tests/fix/text.h"

#include <time.h>

static struct fix_stamp
stamp(const char *text)
{
	struct fix_stamp t;

	assert_int_equal(fix_stamp_parse(fix_span_of(text), &t), 0);
	return t;
}

static const char *
str(const struct fix_stamp *t)
{
	static char text[FIX_STAMP_MAX + 1];
	size_t n = fix_stamp_format((uint8_t *)text, t);

	assert_true(n <= FIX_STAMP_MAX);
	text[n] = '\0';
	return text;
}

static const char *
utc(int64_t ns, unsigned digits)
{
	static char text[FIX_STAMP_MAX + 1];
	size_t n =
	    fix_utc_format((uint8_t *)text, (struct fix_utc){ ns }, digits);

	assert_true(n <= FIX_STAMP_MAX);
	text[n] = '\0';
	return text;
}

static void
timestamp_comes_back_as_it_was(void **state)
{
	static const char *const same[] = { "20250314-14:30:15",
		"20250314-14:30:15.1", "20250314-14:30:15.12",
		"20250314-14:30:15.123", "20250314-14:30:15.123456",
		"20250314-14:30:15.123456789", "20250314-14:30:15.1234567891",
		"20250314-14:30:15.123456789012", "20250314-14:30:15.000",
		"19700101-00:00:00.000", "19691231-23:59:59.999999999999",
		"16780101-00:00:00", "22611231-23:59:59.999999999999",
		"20240229-12:00:00", "20000229-00:00:00", "19991231-23:59:59.9",
		"20161231-23:59:60", "20161231-23:59:60.500",
		"19981231-23:59:60.999999999999" };
	struct fix_stamp t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		t = stamp(same[i]);
		assert_string_equal(str(&t), same[i]);
	}
}

static void
timestamp_is_nanoseconds_since_1970(void **state)
{
	struct fix_stamp t;

	(void)state;
	assert_true(stamp("19700101-00:00:00").utc.ns == 0);
	assert_true(stamp("19700102-00:00:01").utc.ns == FIX_DAY + FIX_SEC);
	assert_true(stamp("19691231-23:59:59.9").utc.ns == -100000000);
	t = stamp("20250314-14:30:15.123456789012");
	assert_true(t.utc.ns == 1741962615123456789);
	assert_int_equal(t.ps, 12);
	assert_int_equal(t.digits, 12);
	assert_false(t.leap);
	t = stamp("20250314-14:30:15.5");
	assert_true(t.utc.ns == 1741962615500000000);
	assert_int_equal(t.ps, 0);
	assert_int_equal(t.digits, 1);
}

static void
leap_second_is_the_second_behind_midnight(void **state)
{
	struct fix_stamp t = stamp("20161231-23:59:60.250");

	(void)state;
	assert_true(t.leap);
	assert_true(t.utc.ns == stamp("20170101-00:00:00.250").utc.ns);
	assert_false(stamp("20170101-00:00:00.250").leap);
}

static void
timestamp_of_another_shape_is_refused(void **state)
{
	static const char *const bad[] = { "", "2", "20250314",
		"20250314-14:30:1", "20250314 14:30:15", "20250314T14:30:15",
		"2025031a-14:30:15", "20250314-14.30:15", "20250314-14:30.15",
		"20250314-1a:30:15", "20250314-14:3a:15", "20250314-14:30:a5",
		"20250314-14:30:15.", "20250314-14:30:15,123",
		"20250314-14:30:15.12a", "20250314-14:30:15Z",
		"20250314-14:30:15.123Z", "20250314-14:30:15.1234567890123",
		"20250314-14:30:15 ", "/0250314-14:30:15", ":0250314-14:30:15",
		"2025031:-14:30:15", "2025-03-14-14:30", "20251399-99:99:9a" };
	struct fix_stamp t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    fix_stamp_parse(fix_span_of(bad[i]), &t), -FIX_E_FORMAT);
}

static void
timestamp_that_can_not_be_is_refused(void **state)
{
	static const char *const bad[] = { "20250014-14:30:15",
		"20251314-14:30:15", "20250300-14:30:15", "20250332-14:30:15",
		"20250431-14:30:15", "20250229-14:30:15", "19000229-14:30:15",
		"20250314-24:00:00", "20250314-14:60:15", "20250314-14:30:60",
		"20250314-23:58:60", "20250314-22:59:60", "20250314-23:59:61",
		"16771231-23:59:59", "22620101-00:00:00", "00000101-00:00:00",
		"00000000-00:00:00", "99991231-23:59:59" };
	struct fix_stamp t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    fix_stamp_parse(fix_span_of(bad[i]), &t), -FIX_E_RANGE);
	assert_int_equal(
	    fix_stamp_parse((struct fix_span){ NULL, 0 }, &t), -FIX_E_FORMAT);
}

static void
utc_is_cut_to_its_digits_and_never_rounded(void **state)
{
	const int64_t ns = 1741962615999999999;

	(void)state;
	assert_string_equal(utc(ns, 0), "20250314-14:30:15");
	assert_string_equal(utc(ns, 1), "20250314-14:30:15.9");
	assert_string_equal(utc(ns, 3), "20250314-14:30:15.999");
	assert_string_equal(utc(ns, 6), "20250314-14:30:15.999999");
	assert_string_equal(utc(ns, 9), "20250314-14:30:15.999999999");
	assert_string_equal(utc(ns, 12), "20250314-14:30:15.999999999000");
	assert_string_equal(utc(ns, 99), "20250314-14:30:15.999999999000");
	assert_string_equal(utc(-1, 3), "19691231-23:59:59.999");
	assert_string_equal(utc(0, 3), "19700101-00:00:00.000");
	assert_string_equal(utc(5 * FIX_MSEC, 3), "19700101-00:00:00.005");
}

static void
utc_is_written_to_the_ends_of_its_range(void **state)
{
	(void)state;
	assert_string_equal(utc(INT64_MAX, 9), "22620411-23:47:16.854775807");
	assert_string_equal(utc(INT64_MIN, 9), "16770921-00:12:43.145224192");
}

/* Days that follow each other, and days far apart, so that the day kept from
 * the last call is the right one and the wrong one. */
static void
every_day_agrees_with_the_systems_calendar(void **state)
{
	char want[32];
	struct fix_stamp t;
	struct tm tm;
	time_t s;
	int64_t day;
	int y, m, d;

	(void)state;
	for (day = -106600; day < 106700; day++) {
		s = (time_t)day * 86400;
		assert_non_null(gmtime_r(&s, &tm));
		fix_civil_of(day, &y, &m, &d);
		assert_int_equal(y, tm.tm_year + 1900);
		assert_int_equal(m, tm.tm_mon + 1);
		assert_int_equal(d, tm.tm_mday);
		assert_true(fix_days_of(y, m, d) == day);
		if (y < 1678 || y > 2261 || (day % 7 != 0 && day % 400 != 0))
			continue;
		assert_true(
		    strftime(want, sizeof(want), "%Y%m%d-%H:%M:%S", &tm) > 0);
		assert_string_equal(utc(day * FIX_DAY, 0), want);
		t = stamp(want);
		assert_true(t.utc.ns == day * FIX_DAY);
		assert_true(stamp("19700101-00:00:00").utc.ns == 0);
	}
}

static void
last_day_is_remembered_rightly(void **state)
{
	struct fix_stamp t;

	(void)state;
	assert_true(stamp("20250314-00:00:00").utc.ns == 1741910400 * FIX_SEC);
	assert_true(stamp("20250314-00:00:01").utc.ns == 1741910401 * FIX_SEC);
	assert_true(stamp("20250315-00:00:00").utc.ns == 1741996800 * FIX_SEC);
	assert_string_equal(utc(1741910400 * FIX_SEC, 0), "20250314-00:00:00");
	assert_true(stamp("20250315-00:00:01").utc.ns == 1741996801 * FIX_SEC);
	/* written, but outside of what is read */
	assert_string_equal(utc(INT64_MIN, 0), "16770921-00:12:43");
	assert_int_equal(fix_stamp_parse(fix_span_of("16770921-00:12:43"), &t),
	    -FIX_E_RANGE);
}

static void
accepts(bool (*ok)(struct fix_span), const char *const *texts, bool want)
{
	for (; *texts != NULL; texts++)
		if (ok(fix_span_of(*texts)) != want)
			fail_msg("%s", *texts);
	assert_false(ok((struct fix_span){ NULL, 0 }));
}

static void
time_only_is_checked(void **state)
{
	static const char *const good[] = { "00:00:00", "23:59:59", "23:59:60",
		"12:30:45.1", "12:30:45.123", "12:30:45.123456789012", NULL };
	static const char *const bad[] = { "24:00:00", "12:60:00", "12:30:60",
		"12:30:61", "12:30", "12:30:45.", "12:30:45.1234567890123",
		"12:30:45.x", "1:30:45", "12-30-45", "12:30:45Z", NULL };

	(void)state;
	accepts(fix_timeonly_ok, good, true);
	accepts(fix_timeonly_ok, bad, false);
}

static void
date_is_checked(void **state)
{
	static const char *const good[] = { "20250314", "00010101", "99991231",
		"20240229", "00000229", NULL };
	static const char *const bad[] = { "20250229", "20251301", "20250100",
		"20250132", "2025031", "202503140", "2025-3-1", "2025031a",
		NULL };

	(void)state;
	accepts(fix_date_ok, good, true);
	accepts(fix_date_ok, bad, false);
}

static void
month_and_year_are_checked(void **state)
{
	static const char *const good[] = { "202503", "20250331", "202503w1",
		"202503w5", "202512", NULL };
	static const char *const bad[] = { "202513", "202500", "202503w0",
		"202503w6", "202503w", "2025w103", "20250332", "2025", "20250x",
		"202503w11", NULL };

	(void)state;
	accepts(fix_monthyear_ok, good, true);
	accepts(fix_monthyear_ok, bad, false);
}

static void
time_with_a_zone_is_checked(void **state)
{
	static const char *const good[] = { "07:39", "07:39Z", "07:39:00",
		"02:39-05", "15:39+08", "13:09+05:30", "13:09:00+05:30",
		"13:09:00.123Z", "13:09:00.123-03:30", "23:59:60Z", "09:00+14",
		NULL };
	static const char *const bad[] = { "7:39", "07:39z", "07:39+5",
		"07:39+15", "07:39+05:60", "07:39+0530", "24:00", "12:60",
		"07:39:61Z", "07:39 Z", "07-39", "07:39Z+05", "07:39.5Z",
		"13:09:00.Z", "07:39+aa", "07:39+05:a0", "0a:39", "07:a9",
		"07:39*05", NULL };

	(void)state;
	accepts(fix_tztime_ok, good, true);
	accepts(fix_tztime_ok, bad, false);
}

static void
timestamp_with_a_zone_is_checked(void **state)
{
	static const char *const good[] = { "20060901-07:39:00Z",
		"20060901-02:39:00-05", "20060901-15:39:00+08",
		"20060901-13:09:00+05:30", "20060901-13:09:00.123+05:30",
		"20060901-13:09:00", NULL };
	static const char *const bad[] = { "20060901-07:39Z",
		"20060931-07:39:00Z", "20060901 07:39:00Z", "20060901-",
		"20060901", "20060901-07:39:00+5", "2006090a-07:39:00Z", NULL };

	(void)state;
	accepts(fix_tzstamp_ok, good, true);
	accepts(fix_tzstamp_ok, bad, false);
}

/* The text of a second is remembered. */
static void
a_leap_second_leaves_the_second_before_as_it_is(void **state)
{
	static const char *const text[] = { "20161231-23:59:59.500",
		"20161231-23:59:60.500", "20161231-23:59:59.250",
		"20161231-23:59:60.250", "20170101-00:00:00.000" };
	uint8_t out[FIX_STAMP_MAX];
	struct fix_stamp t;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		assert_int_equal(fix_stamp_parse(fix_span_of(text[i]), &t), 0);
		n = fix_stamp_format(out, &t);
		assert_int_equal(n, strlen(text[i]));
		assert_memory_equal(out, text[i], n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(timestamp_comes_back_as_it_was),
		cmocka_unit_test(timestamp_is_nanoseconds_since_1970),
		cmocka_unit_test(leap_second_is_the_second_behind_midnight),
		cmocka_unit_test(timestamp_of_another_shape_is_refused),
		cmocka_unit_test(timestamp_that_can_not_be_is_refused),
		cmocka_unit_test(utc_is_cut_to_its_digits_and_never_rounded),
		cmocka_unit_test(utc_is_written_to_the_ends_of_its_range),
		cmocka_unit_test(every_day_agrees_with_the_systems_calendar),
		cmocka_unit_test(last_day_is_remembered_rightly),
		cmocka_unit_test(time_only_is_checked),
		cmocka_unit_test(date_is_checked),
		cmocka_unit_test(month_and_year_are_checked),
		cmocka_unit_test(time_with_a_zone_is_checked),
		cmocka_unit_test(timestamp_with_a_zone_is_checked),
		cmocka_unit_test(
		    a_leap_second_leaves_the_second_before_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
