/*
 * Exact decimals: text, comparison, arithmetic, and where they end.
 *
 * In: texts as FIX volume 1 allows and forbids them ("int", "float"; session
 * test case 14f sends +200.00). Exact means: the same value or an error.
 */
#include "tests/fix/text.h"

static int
parse(const char *text, struct fix_dec *d)
{
	return fix_dec_parse(fix_span_of(text), d);
}

static struct fix_dec
dec(const char *text)
{
	struct fix_dec d;

	assert_int_equal(parse(text, &d), 0);
	return d;
}

static const char *
str(struct fix_dec d)
{
	static char text[FIX_DEC_MAX + 1];
	size_t n = fix_dec_format((uint8_t *)text, d);

	assert_true(n <= FIX_DEC_MAX);
	text[n] = '\0';
	return text;
}

static void
text_comes_back_as_it_was(void **state)
{
	static const char *const same[] = { "0", "1", "23.50", "23.5", "-1",
		"-0.01", "0.00", "1000000", "187.25", "0.00000001",
		"999999999999999999", "-999999999999999999",
		"0.999999999999999999", "123456789.123456789",
		"0.000000000000000001", "10.10" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		assert_string_equal(str(dec(same[i])), same[i]);
}

static void
other_ways_to_write_a_value_are_read(void **state)
{
	static const char *const ways[][2] = { { "23.", "23" },
		{ ".05", "0.05" }, { "-.5", "-0.5" }, { "00023.50", "23.50" },
		{ "002000.00", "2000.00" }, { "-0", "0" }, { "-0.0", "0.0" },
		{ "000000000000000000000000000001", "1" },
		{ "1.000000000000000000000000000", "1.00000000000000000" },
		{ "0.0000000000000000000000", "0.000000000000000000" },
		{ "999999999999999999.0000", "999999999999999999" },
		{ "99999999999999999.90", "99999999999999999.9" } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		assert_string_equal(str(dec(ways[i][0])), ways[i][1]);
}

static void
text_that_is_no_decimal_is_refused(void **state)
{
	static const char *const bad[] = { "", "-", ".", "-.", "+200.00", "1e3",
		"1E3", "1,000", " 1", "1 ", "1.2.3", "..", "--1", "1-", "0x1f",
		"NaN", "inf", "1/2", "1:2", "99999999999999999999x",
		"\xd9\xa1" };
	struct fix_dec d = { 7, 7 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse(bad[i], &d), -FIX_E_FORMAT);
	assert_int_equal(
	    fix_dec_parse((struct fix_span){ NULL, 0 }, &d), -FIX_E_FORMAT);
	assert_int_equal(d.mant, 7); /* untouched */
}

static void
more_digits_than_can_be_held_are_refused(void **state)
{
	static const char *const bad[] = { "1000000000000000000",
		"-1000000000000000000", "9999999999999999999",
		"0.0000000000000000001", "1.000000000000000000000001",
		"99999999999999999999999999999999999999999",
		"999999999999999999.1" };
	struct fix_dec d;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse(bad[i], &d), -FIX_E_RANGE);
}

static void
exponents_of_arithmetic_are_written_too(void **state)
{
	(void)state;
	assert_string_equal(str((struct fix_dec){ 12, 3 }), "12000");
	assert_string_equal(
	    str((struct fix_dec){ -5, 18 }), "-5000000000000000000");
	assert_string_equal(str((struct fix_dec){ 0, 5 }), "0");
	assert_string_equal(str((struct fix_dec){ 1, -36 }),
	    "0.000000000000000000000000000000000001");
	assert_string_equal(
	    str((struct fix_dec){ INT64_MIN, 0 }), "-9223372036854775808");
	assert_string_equal(str((struct fix_dec){ INT64_MIN, -36 }),
	    "-0.000000000000000009223372036854775808");
	assert_string_equal(str((struct fix_dec){ INT64_MIN, 18 }),
	    "-9223372036854775808000000000000000000");
	/* what none of our functions makes is not written at all */
	assert_int_equal(fix_dec_format(NULL, (struct fix_dec){ 1, 19 }), 0);
	assert_int_equal(fix_dec_format(NULL, (struct fix_dec){ 1, -37 }), 0);
	assert_int_equal(
	    fix_dec_format(NULL, (struct fix_dec){ 1, INT32_MIN }), 0);
}

static void
comparison_is_by_value(void **state)
{
	static const char *const rising[] = { "-1000000", "-23.6", "-23.5",
		"-0.000000000000000001", "0", "0.000000000000000001", "0.5",
		"23.05", "23.5", "23.51", "999999999999999999" };
	const size_t n = sizeof(rising) / sizeof(rising[0]);
	size_t i, j;

	(void)state;
	for (i = 0; i < n; i++)
		for (j = 0; j < n; j++)
			assert_int_equal(
			    fix_dec_cmp(dec(rising[i]), dec(rising[j])),
			    (i > j) - (i < j));
	assert_int_equal(fix_dec_cmp(dec("23.50"), dec("23.5")), 0);
	assert_int_equal(fix_dec_cmp(dec("0.00"), dec("-0")), 0);
}

static void
comparison_stands_exponents_far_apart(void **state)
{
	const struct fix_dec big = { 1, 18 }, small = { INT64_MAX, -36 };
	const struct fix_dec neg = { -1, 18 }, less = { INT64_MIN, -36 };
	const struct fix_dec none = { 0, 18 }, wild = { 1, INT32_MAX };
	const struct fix_dec tiny = { 1, INT32_MIN };

	(void)state;
	assert_int_equal(fix_dec_cmp(big, small), 1);
	assert_int_equal(fix_dec_cmp(small, big), -1);
	assert_int_equal(fix_dec_cmp(neg, less), -1);
	assert_int_equal(fix_dec_cmp(less, neg), 1);
	assert_int_equal(fix_dec_cmp(none, small), -1);
	assert_int_equal(fix_dec_cmp(none, less), 1);
	assert_int_equal(fix_dec_cmp(wild, tiny), 1);
	assert_int_equal(fix_dec_cmp(tiny, wild), -1);
	assert_int_equal(
	    fix_dec_cmp((struct fix_dec){ 10, 18 }, (struct fix_dec){ 1, 19 }),
	    0);
}

static const char *
sum(const char *a, const char *b)
{
	struct fix_dec d;

	assert_int_equal(fix_dec_add(dec(a), dec(b), &d), 0);
	return str(d);
}

static void
sums_are_exact(void **state)
{
	(void)state;
	assert_string_equal(sum("0.1", "0.2"), "0.3");
	assert_string_equal(sum("1", "0.01"), "1.01");
	assert_string_equal(sum("23.50", "-23.5"), "0.00");
	assert_string_equal(sum("0", "23.50"), "23.50");
	assert_string_equal(
	    sum("999999999999999999", "1"), "1000000000000000000");
	assert_string_equal(sum("100", "0.000000000000000000"), /* fits cut */
	    "100.0000000000000000");
	assert_string_equal(
	    sum("-999999999999999999", "-1"), "-1000000000000000000");
}

static void
sums_that_can_not_be_held_are_refused(void **state)
{
	const struct fix_dec max = { INT64_MAX, 0 }, min = { INT64_MIN, 0 };
	struct fix_dec d = { 7, 7 };

	(void)state;
	assert_int_equal(fix_dec_add(max, dec("1"), &d), -FIX_E_RANGE);
	assert_int_equal(fix_dec_add(min, dec("-1"), &d), -FIX_E_RANGE);
	assert_int_equal(fix_dec_add(dec("999999999999999999"),
			     dec("0.000000000000000001"), &d),
	    -FIX_E_RANGE);
	assert_int_equal(fix_dec_add((struct fix_dec){ 1, 18 },
			     (struct fix_dec){ 1, -36 }, &d),
	    -FIX_E_RANGE);
	assert_int_equal(d.mant, 7);
	assert_int_equal(fix_dec_add(max, dec("-1"), &d), 0);
	assert_true(d.mant == INT64_MAX - 1);
}

static const char *
product(const char *a, const char *b)
{
	struct fix_dec d;

	assert_int_equal(fix_dec_mul(dec(a), dec(b), &d), 0);
	return str(d);
}

static void
products_are_exact(void **state)
{
	(void)state;
	assert_string_equal(product("0.1", "0.1"), "0.01");
	assert_string_equal(product("-1.5", "2"), "-3.0");
	assert_string_equal(product("187.25", "300"), "56175.00");
	assert_string_equal(product("0", "187.25"), "0.00");
	assert_string_equal(
	    product("3000000000", "3000000000"), "9000000000000000000");
	assert_string_equal(/* 28 digits, of which 10 are zeros behind */
	    product("100000.00000000", "100000000.00000000"),
	    "10000000000000.00000");
	assert_string_equal(
	    product("0.000000000000000000", "0.0"), "0.000000000000000000");
}

static void
products_that_can_not_be_held_are_refused(void **state)
{
	struct fix_dec d = { 7, 7 };

	(void)state;
	assert_int_equal(fix_dec_mul(dec("9999999999"), dec("9999999999"), &d),
	    -FIX_E_RANGE);
	assert_int_equal(fix_dec_mul(dec("-9999999999"), dec("9999999999"), &d),
	    -FIX_E_RANGE);
	assert_int_equal(
	    fix_dec_mul(dec("0.0000000001"), dec("0.0000000001"), &d),
	    -FIX_E_RANGE);
	assert_int_equal(fix_dec_mul((struct fix_dec){ INT64_MIN, 0 },
			     (struct fix_dec){ INT64_MIN, 0 }, &d),
	    -FIX_E_RANGE);
	assert_int_equal(fix_dec_mul((struct fix_dec){ 1, 18 },
			     (struct fix_dec){ 1, 18 }, &d),
	    -FIX_E_RANGE);
	assert_int_equal(d.mant, 7);
}

static void
units_of_e8_are_exact_or_refused(void **state)
{
	static const struct {
		const char *text;
		int64_t e8;
	} good[] = { { "0", 0 }, { "1", FIX_E8 }, { "-1", -FIX_E8 },
		{ "187.25", 18725000000 }, { "0.00000001", 1 },
		{ "0.000000010000000000", 1 }, { "0.000000000000000000", 0 },
		{ "9999999999.99999999", 999999999999999999 },
		{ "-9999999999.99999999", -999999999999999999 } };
	static const char *const bad[] = { "0.000000001", "92233720369",
		"-92233720369", "999999999999999999", "-999999999999999999",
		"1.123456789" };
	int64_t v = 7;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(fix_dec_to_e8(dec(good[i].text), &v), 0);
		assert_true(v == good[i].e8);
	}
	v = 7;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(fix_dec_to_e8(dec(bad[i]), &v), -FIX_E_RANGE);
	assert_int_equal(
	    fix_dec_to_e8((struct fix_dec){ 1, 18 }, &v), -FIX_E_RANGE);
	assert_int_equal(
	    fix_dec_to_e8((struct fix_dec){ 1, -36 }, &v), -FIX_E_RANGE);
	assert_int_equal(v, 7);
	assert_int_equal(
	    fix_dec_to_e8((struct fix_dec){ INT64_MIN, -8 }, &v), 0);
	assert_true(v == INT64_MIN);
	assert_int_equal(fix_dec_to_e8((struct fix_dec){ 0, 99 }, &v), 0);
	assert_int_equal(v, 0);
}

static void
units_of_e8_are_written_without_zeros_behind(void **state)
{
	(void)state;
	assert_string_equal(str(fix_dec_of_e8(18725000000)), "187.25");
	assert_string_equal(str(fix_dec_of_e8(100 * FIX_E8)), "100");
	assert_string_equal(str(fix_dec_of_e8(0)), "0");
	assert_string_equal(str(fix_dec_of_e8(1)), "0.00000001");
	assert_string_equal(str(fix_dec_of_e8(-150000000)), "-1.5");
	assert_string_equal(
	    str(fix_dec_of_e8(INT64_MIN)), "-92233720368.54775808");
	assert_string_equal(
	    str(fix_dec_of_e8(INT64_MAX)), "92233720368.54775807");
}

static void
units_of_e8_are_written_the_same_in_one_step(void **state)
{
	static const int64_t some[] = { 0, 1, -1, 10, 99999999, FIX_E8, -FIX_E8,
		150000000, 18725000000, 18725000001, 10000000010, INT64_MAX,
		INT64_MIN };
	char text[FIX_DEC_MAX + 1];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
		text[fix_e8_format((uint8_t *)text, some[i])] = '\0';
		assert_string_equal(text, str(fix_dec_of_e8(some[i])));
	}
}

static void
whole_numbers_are_read_to_the_last_one(void **state)
{
	static const struct {
		const char *text;
		int64_t v;
	} good[] = { { "0", 0 }, { "-0", 0 }, { "00023", 23 }, { "-5", -5 },
		{ "007", 7 }, { "9223372036854775807", INT64_MAX },
		{ "-9223372036854775808", INT64_MIN },
		{ "0000000000000000000000000000000000001", 1 } };
	static const char *const bad[] = { "", "-", "+1", "1.0", " 1", "1 ",
		"--1", "a", "1a", "9999999999999999999999a", "/", ":" };
	static const char *const wide[] = { "9223372036854775808",
		"-9223372036854775809", "99999999999999999999",
		"18446744073709551616", "92233720368547758070" };
	int64_t v = 7;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(
		    fix_int_parse(fix_span_of(good[i].text), &v), 0);
		assert_true(v == good[i].v);
	}
	v = 7;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    fix_int_parse(fix_span_of(bad[i]), &v), -FIX_E_FORMAT);
	for (i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
		assert_int_equal(
		    fix_int_parse(fix_span_of(wide[i]), &v), -FIX_E_RANGE);
	assert_int_equal(v, 7);
}

static void
whole_numbers_come_back(void **state)
{
	static const int64_t all[] = { 0, 1, -1, 9, 10, 99, 100, 101, 12345678,
		-999999999, INT64_MAX, INT64_MIN };
	uint8_t text[32];
	char want[32];
	int64_t v, p;
	size_t i, n;

	(void)state;
	for (p = 1; p < INT64_MAX / 10; p *= 10) {
		for (v = p - 1; v <= p + 1; v++) {
			n = fix_int_format(text, v);
			assert_int_equal(
			    snprintf(want, sizeof(want), "%lld", (long long)v),
			    n);
			assert_memory_equal(text, want, n);
		}
	}
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		n = fix_int_format(text, all[i]);
		assert_true(n > 0 && n <= 20);
		assert_int_equal(
		    fix_int_parse((struct fix_span){ text, n }, &v), 0);
		assert_true(v == all[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_comes_back_as_it_was),
		cmocka_unit_test(other_ways_to_write_a_value_are_read),
		cmocka_unit_test(text_that_is_no_decimal_is_refused),
		cmocka_unit_test(more_digits_than_can_be_held_are_refused),
		cmocka_unit_test(exponents_of_arithmetic_are_written_too),
		cmocka_unit_test(comparison_is_by_value),
		cmocka_unit_test(comparison_stands_exponents_far_apart),
		cmocka_unit_test(sums_are_exact),
		cmocka_unit_test(sums_that_can_not_be_held_are_refused),
		cmocka_unit_test(products_are_exact),
		cmocka_unit_test(products_that_can_not_be_held_are_refused),
		cmocka_unit_test(units_of_e8_are_exact_or_refused),
		cmocka_unit_test(units_of_e8_are_written_without_zeros_behind),
		cmocka_unit_test(units_of_e8_are_written_the_same_in_one_step),
		cmocka_unit_test(whole_numbers_are_read_to_the_last_one),
		cmocka_unit_test(whole_numbers_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
