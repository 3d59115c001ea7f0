/*
 * Looking values up in a message; versions, names of errors, spans.
 */
#include "tests/fix/text.h"

#include "fix/version.h"

static uint8_t buf[512];
static struct fix_field fields[64];

static struct fix_msg
message(const char *body)
{
	struct fix_msg m = { .fields = fields, .cap = 64 };
	struct fix_scan s = { .max_bytes = sizeof(buf) };
	size_t n = whole(buf, "FIX.4.4", body);

	assert_int_equal(fix_scan(&s, buf, n, &m), n);
	assert_int_equal(s.why, FIX_G_NONE);
	return m;
}

static void
first_field_with_a_tag_is_found(void **state)
{
	struct fix_msg m = message("35=D|58=a|11=x|58=b|");
	struct fix_span v;

	(void)state;
	assert_int_equal(fix_msg_find(&m, 58, 0), 3);
	assert_int_equal(fix_msg_find(&m, 58, 4), 5);
	assert_int_equal(fix_msg_find(&m, 58, 6), FIX_MSG_NONE);
	assert_int_equal(fix_msg_find(&m, 58, 99), FIX_MSG_NONE);
	assert_int_equal(fix_msg_find(&m, 10, 0), m.n - 1);
	assert_true(fix_msg_get(&m, 58, &v));
	assert_true(fix_span_is(v, "a"));
	assert_false(fix_msg_get(&m, 59, &v));
	assert_true(fix_span_is(v, "a"));
}

static void
values_are_read_as_their_types(void **state)
{
	struct fix_msg m = message(
	    "35=D|34=007|44=23.50|54=1|43=Y|97=N|52=20250314-14:30:15|");
	struct fix_stamp t;
	struct fix_dec d;
	int64_t i;
	char c;
	bool b;

	(void)state;
	assert_int_equal(fix_msg_int(&m, 34, &i), 0);
	assert_int_equal(i, 7);
	assert_int_equal(fix_msg_dec(&m, 44, &d), 0);
	assert_int_equal(d.mant, 2350);
	assert_int_equal(fix_msg_char(&m, 54, &c), 0);
	assert_int_equal(c, '1');
	assert_int_equal(fix_msg_bool(&m, 43, &b), 0);
	assert_true(b);
	assert_int_equal(fix_msg_bool(&m, 97, &b), 0);
	assert_false(b);
	assert_int_equal(fix_msg_stamp(&m, 52, &t), 0);
	assert_int_equal(t.digits, 0);
}

static void
values_that_are_missing_or_wrong_are_errors(void **state)
{
	struct fix_msg m = message("35=D|1=x|2=|3=XY|");
	struct fix_stamp t;
	struct fix_dec d;
	int64_t i;
	char c;
	bool b;

	(void)state;
	assert_int_equal(fix_msg_int(&m, 9999, &i), -FIX_E_NOTFOUND);
	assert_int_equal(fix_msg_dec(&m, 9999, &d), -FIX_E_NOTFOUND);
	assert_int_equal(fix_msg_char(&m, 9999, &c), -FIX_E_NOTFOUND);
	assert_int_equal(fix_msg_bool(&m, 9999, &b), -FIX_E_NOTFOUND);
	assert_int_equal(fix_msg_stamp(&m, 9999, &t), -FIX_E_NOTFOUND);
	assert_int_equal(fix_msg_int(&m, 1, &i), -FIX_E_FORMAT);
	assert_int_equal(fix_msg_dec(&m, 1, &d), -FIX_E_FORMAT);
	assert_int_equal(fix_msg_char(&m, 2, &c), -FIX_E_FORMAT);
	assert_int_equal(fix_msg_char(&m, 3, &c), -FIX_E_FORMAT);
	assert_int_equal(fix_msg_bool(&m, 1, &b), -FIX_E_FORMAT);
	assert_int_equal(fix_msg_stamp(&m, 1, &t), -FIX_E_FORMAT);
}

static void
versions_know_their_names(void **state)
{
	int v;

	(void)state;
	for (v = FIX_V_40; v <= FIX_V_LATEST; v++) {
		enum fix_version ver = (enum fix_version)v;
		bool fixt = v >= FIX_V_50;

		assert_int_equal(
		    fix_version_of_appl(fix_span_of(fix_version_appl(ver))), v);
		assert_int_equal(
		    fix_version_of_appl(fix_span_of(fix_version_name(ver))), v);
		assert_int_equal(
		    fix_version_of_begin(fix_span_of(fix_version_begin(ver))),
		    fixt ? FIX_V_NONE : v);
		if (fixt)
			assert_string_equal(fix_version_begin(ver), "FIXT.1.1");
	}
	assert_string_equal(fix_version_appl(FIX_V_40), "2");
	assert_string_equal(fix_version_appl(FIX_V_44), "6");
	assert_string_equal(fix_version_appl(FIX_V_50SP2), "9");
	assert_string_equal(fix_version_appl(FIX_V_LATEST), "10");
	assert_string_equal(fix_version_file(FIX_V_42), "FIX42");
	assert_string_equal(fix_version_file(FIX_V_50SP2), "FIX50SP2");
	assert_string_equal(fix_version_name(FIX_V_50SP2), "FIX.5.0SP2");
}

static void
what_is_no_version_has_none(void **state)
{
	static const char *const not [] = { "", "FIX.3.9", "FIX.4.5", "FIX.5.0",
		"FIXT.1.1", "fix.4.4", "FIX.4.4 ", "none" };
	static const char *const no_appl[] = { "", "0", "1", "11", "02", "9 ",
		"FIXT.1.1", "none" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(not ) / sizeof(not [0]); i++)
		assert_int_equal(
		    fix_version_of_begin(fix_span_of(not [i])), FIX_V_NONE);
	for (i = 0; i < sizeof(no_appl) / sizeof(no_appl[0]); i++)
		assert_int_equal(
		    fix_version_of_appl(fix_span_of(no_appl[i])), FIX_V_NONE);
	assert_null(fix_version_appl(FIX_V_NONE));
	assert_non_null(fix_version_name(FIX_V_NONE));
	assert_non_null(fix_version_begin(FIX_V_NONE));
	assert_non_null(fix_version_file((enum fix_version)99));
}

static void
every_error_has_a_name(void **state)
{
	long rc;

	(void)state;
	for (rc = 0; rc > -(long)FIX_N_ERR; rc--)
		assert_string_not_equal(fix_strerror(rc), "unknown error");
	assert_string_equal(fix_strerror(1), "unknown error");
	assert_string_equal(fix_strerror(-(long)FIX_N_ERR), "unknown error");
	assert_string_equal(fix_strerror(LONG_MIN), "unknown error");
}

static void
spans_compare_and_copy_without_overflow(void **state)
{
	struct fix_span none = { NULL, 0 };
	char text[4];

	(void)state;
	assert_true(fix_span_eq(none, fix_span_of("")));
	assert_true(fix_span_eq(none, fix_span_of(NULL)));
	assert_false(fix_span_is(none, "a"));
	assert_false(fix_span_is(fix_span_of("ab"), "ac"));
	assert_true(fix_span_copy(fix_span_of("abc"), text, sizeof(text)));
	assert_string_equal(text, "abc");
	assert_false(fix_span_copy(fix_span_of("abcd"), text, sizeof(text)));
	assert_string_equal(text, "abc");
	assert_true(fix_span_copy(none, text, sizeof(text)));
	assert_string_equal(text, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_field_with_a_tag_is_found),
		cmocka_unit_test(values_are_read_as_their_types),
		cmocka_unit_test(values_that_are_missing_or_wrong_are_errors),
		cmocka_unit_test(versions_know_their_names),
		cmocka_unit_test(what_is_no_version_has_none),
		cmocka_unit_test(every_error_has_a_name),
		cmocka_unit_test(spans_compare_and_copy_without_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
