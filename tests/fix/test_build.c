/*
 * Writing: what is built is what fix_scan() reads, or an error.
 *
 * In: every kind of value, values that must be refused, and every buffer size
 * from none to enough.
 */
#include "tests/fix/text.h"

#include "fix/build.h"

#define S fix_span_of

/* The message that was built, with '|' for SOH, or the error as text. */
static const char *
built(struct fix_build *b, const char *begin)
{
	static char text[1024];
	ssize_t n = fix_build_end(b, S(begin)), i;

	if (n < 0)
		return fix_strerror(n);
	assert_true((size_t)n < sizeof(text));
	assert_true(b->begin <= FIX_BUILD_ROOM);
	assert_int_equal(b->begin + (size_t)n, b->len);
	for (i = 0; i < n; i++) {
		text[i] = (char)b->buf[b->begin + (size_t)i];
		text[i] = text[i] == 1 ? '|' : text[i];
	}
	text[n] = '\0';
	return text;
}

static void
every_kind_of_value_is_written(void **state)
{
	static const char want[] =
	    "8=FIX.4.4|9=148|35=D|11=ID=1|1=ACC|54=1|43=Y|123=N|34=-42|"
	    "999999999=0|44=296.38|38=500|52=19700101-00:00:00.000|"
	    "60=20161231-23:59:60.123456|58=a|1128=9|95=3|96=\0|=|10=238|";
	uint8_t buf[512];
	struct fix_build b;
	struct fix_stamp t;

	(void)state;
	assert_int_equal(fix_stamp_parse(S("20161231-23:59:60.123456"), &t), 0);
	fix_build_start(&b, buf, sizeof(buf), S("D"));
	fix_build_str(&b, 11, "ID=1");
	fix_build_span(&b, 1, S("ACC"));
	fix_build_char(&b, 54, '1');
	fix_build_bool(&b, 43, true);
	fix_build_bool(&b, 123, false);
	fix_build_int(&b, 34, -42);
	fix_build_int(&b, FIX_TAG_MAX, 0);
	fix_build_dec(&b, 44, (struct fix_dec){ 29638, -2 });
	fix_build_e8(&b, 38, 500 * FIX_E8);
	fix_build_utc(&b, 52, (struct fix_utc){ 0 }, 3);
	fix_build_stamp(&b, 60, &t);
	fix_build_raw(&b, (struct fix_span){ (const uint8_t *)"58=a\1"
							      "1128=9\1",
			      12 });
	fix_build_raw(&b, (struct fix_span){ NULL, 0 });
	fix_build_data(
	    &b, 95, 96, (struct fix_span){ (const uint8_t *)"\0\1=", 3 });
	memset(buf, 'x', FIX_BUILD_ROOM); /* all of it is written anew */
	assert_memory_equal(built(&b, "FIX.4.4"), want, sizeof(want) - 1);
}

static void
what_is_built_is_read_back(void **state)
{
	uint8_t buf[4096];
	struct fix_field fields[64];
	struct fix_msg m = { .fields = fields, .cap = 64 };
	struct fix_scan s = { .max_bytes = sizeof(buf) };
	struct fix_build b;
	ssize_t n;
	int len;

	(void)state;
	/* lengths of one, two, three and four digits */
	for (len = 1; len < 1200; len += 7) {
		char text[1200];

		memset(text, 'a', sizeof(text));
		text[len] = '\0';
		fix_build_start(&b, buf, sizeof(buf), S("B"));
		fix_build_str(&b, 58, text);
		n = fix_build_end(&b, S("FIXT.1.1"));
		assert_true(n > 0);
		assert_int_equal(fix_scan(&s, buf + b.begin, (size_t)n, &m), n);
		assert_int_equal(s.why, FIX_G_NONE);
		assert_int_equal(m.n, 5);
		assert_int_equal(m.fields[3].len, len);
	}
}

static void
tags_of_every_length_are_written(void **state)
{
	static const uint32_t tags[] = { 1, 9, 10, 99, 100, 999, 1000, 12345 };
	uint8_t buf[256];
	struct fix_build b;
	char want[32];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		fix_build_start(&b, buf, sizeof(buf), S("0"));
		fix_build_int(&b, tags[i], 7);
		snprintf(want, sizeof(want), "|%u=7|10=", tags[i]);
		assert_non_null(strstr(built(&b, "FIX.4.4"), want));
	}
}

static void
value_that_may_not_stand_is_refused(void **state)
{
	uint8_t buf[256];
	struct fix_build b;
	int i;

	(void)state;
	for (i = 0; i < 12; i++) {
		fix_build_start(&b, buf, sizeof(buf), S(i == 0 ? "" : "0"));
		switch (i) {
		case 1:
			fix_build_str(&b, 58, "");
			break;
		case 2:
			fix_build_str(&b, 58, "a\1b");
			break;
		case 3:
			fix_build_str(&b, 0, "a");
			break;
		case 4:
			fix_build_int(&b, FIX_TAG_MAX + 1, 1);
			break;
		case 5:
			fix_build_char(&b, 54, 1);
			break;
		case 6:
			fix_build_char(&b, 54, '\0');
			break;
		case 7:
			fix_build_data(
			    &b, 95, 96, (struct fix_span){ NULL, 0 });
			break;
		case 8:
			fix_build_raw(&b, S("58=a"));
			break;
		case 9:
			fix_build_dec(&b, 44, (struct fix_dec){ 1, 99 });
			break;
		case 10:
			fix_build_str(&b, 58, NULL);
			break;
		case 11:
			fix_build_span(&b, 0, S("x"));
			break;
		default:
			break;
		}
		fix_build_str(&b, 1, "good"); /* does not heal it */
		assert_string_equal(
		    built(&b, "FIX.4.4"), fix_strerror(-FIX_E_FORMAT));
	}
}

static void
begin_string_that_may_not_stand_is_refused(void **state)
{
	static const struct {
		const char *begin;
		enum fix_err why;
	} bad[] = { { "", FIX_E_FORMAT }, { "FIX\1", FIX_E_FORMAT },
		{ "a-begin-string-that-is-far-too-long", FIX_E_FORMAT },
		{ "a-begin-string-of-thirty-byte", FIX_E_SPACE } };
	uint8_t buf[256];
	struct fix_build b;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		fix_build_start(&b, buf, sizeof(buf), S("0"));
		assert_string_equal(
		    built(&b, bad[i].begin), fix_strerror(-(int)bad[i].why));
	}
}

static void
first_error_is_the_one_that_is_told(void **state)
{
	uint8_t buf[64];
	struct fix_build b;

	(void)state;
	fix_build_start(&b, buf, sizeof(buf), S("0"));
	fix_build_str(&b, 58, "");
	fix_build_str(&b, 58, "a text that is longer than the buffer has room");
	assert_int_equal(fix_build_end(&b, S("FIX.4.4")), -FIX_E_FORMAT);
	fix_build_start(&b, buf, sizeof(buf), S("0"));
	fix_build_str(&b, 58, "a text that is longer than the buffer has room");
	fix_build_str(&b, 58, "");
	assert_int_equal(fix_build_end(&b, S("FIX.4.4")), -FIX_E_SPACE);
}

static void
write_all(struct fix_build *b)
{
	const struct fix_stamp t = { .digits = 12 };

	fix_build_str(b, 1, "ACC");
	fix_build_int(b, 34, INT64_MIN);
	fix_build_dec(b, 44, (struct fix_dec){ INT64_MIN, -36 });
	fix_build_e8(b, 38, INT64_MIN);
	fix_build_stamp(b, 60, &t);
	fix_build_utc(b, 52, (struct fix_utc){ 0 }, 12);
	fix_build_data(b, 95, 96, S("abc"));
	fix_build_raw(b, (struct fix_span){ (const uint8_t *)"58=a\1", 5 });
	fix_build_char(b, 54, '1');
}

/* Every size: an error and no byte behind the end, or the message. */
static void
buffer_that_is_too_small_is_an_error_and_not_an_overflow(void **state)
{
	struct guarded g = guarded_new(4096);
	struct fix_build b;
	uint8_t big[1024];
	size_t cap;
	ssize_t n, want;

	(void)state;
	fix_build_start(&b, big, sizeof(big), S("D"));
	write_all(&b);
	want = fix_build_end(&b, S("FIX.4.4"));
	assert_true(want > 0);
	for (cap = 0; cap < (size_t)want + 100; cap++) {
		fix_build_start(&b, lay_last(&g, big, cap), cap, S("D"));
		write_all(&b);
		n = fix_build_end(&b, S("FIX.4.4"));
		if (cap < (size_t)want)
			assert_int_equal(n, -FIX_E_SPACE);
		else
			assert_true(n == want || n == -FIX_E_SPACE);
	}
	assert_true(n == want);
	guarded_free(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_value_is_written),
		cmocka_unit_test(what_is_built_is_read_back),
		cmocka_unit_test(tags_of_every_length_are_written),
		cmocka_unit_test(value_that_may_not_stand_is_refused),
		cmocka_unit_test(begin_string_that_may_not_stand_is_refused),
		cmocka_unit_test(first_error_is_the_one_that_is_told),
		cmocka_unit_test(
		    buffer_that_is_too_small_is_an_error_and_not_an_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
