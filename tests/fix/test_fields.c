/*
 * Fields of a message whose frame is right: tags, data fields, limits.
 *
 * In: bodies that are enclosed rightly, so that only what is inside counts.
 * Cases are QuickFIX's 2d, 3c, 14a and 14d, and FIX volume 1 on data fields.
 */
#include "tests/fix/feed.h"

static void
checksum_before_the_end_is_garbage(void **state)
{
	(void)state;
	body_is_garbage("35=0|34=2|10=123|58=x|", FIX_G_CHECKSUM);
	body_is_garbage("35=0|34=2|10=123|", FIX_G_CHECKSUM);
}

/* 2d, 3c */
static void
tag_that_is_no_number_is_garbage(void **state)
{
	static const char *const bad[] = { "4garbled9=TW", "49garbled=TW",
		"=TW", "-=TW", "--1=TW", "TW", "49", "+1=x", "1 =x", " 1=x",
		"-", "", "4", "1-=x", "12x=3", "123x=4" };
	char body[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(body, sizeof(body), "35=0|34=2|%s|56=ISLD|", bad[i]);
		body_is_garbage(body, FIX_G_TAG);
		snprintf(body, sizeof(body), "35=0|34=2|%s|", bad[i]);
		body_is_garbage(body, FIX_G_TAG);
	}
}

/* 14a: they are answered with a Reject that names them. */
static void
number_that_no_tag_may_be_is_a_field_with_a_bad_tag(void **state)
{
	static const char *const bad[] = { "0", "-1", "035", "00", "-0",
		"1000000000", "99999999999999999999999999" };
	uint8_t buf[256];
	struct fix_scan s = limits();
	struct fix_msg m = empty();
	char body[128];
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(body, sizeof(body), "35=0|34=2|%s=HI|58=x|", bad[i]);
		n = whole(buf, "FIX.4.4", body);
		assert_int_equal(fix_scan(&s, buf, n, &m), n);
		assert_int_equal(s.why, FIX_G_NONE);
		assert_int_equal(m.n, 7);
		assert_int_equal(m.fields[4].tag, FIX_TAG_BAD);
		assert_string_equal(value(&m, 4), "HI");
		assert_memory_equal(buf + m.fields[4].at, bad[i],
		    m.fields[4].off - 1 - m.fields[4].at);
		assert_int_equal(
		    m.fields[4].off - 1 - m.fields[4].at, strlen(bad[i]));
	}
}

static void
tag_of_any_length_is_read(void **state)
{
	static const uint32_t tags[] = { 1, 9, 11, 99, 100, 999, 1000, 5000,
		9999, 40000, 99999, 123456, 9999999, 99999999, FIX_TAG_MAX };
	uint8_t buf[256];
	struct fix_scan s = limits();
	struct fix_msg m = empty();
	char body[128];
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		snprintf(
		    body, sizeof(body), "35=0|%u==a=|%u=|", tags[i], tags[i]);
		n = whole(buf, "FIX.4.4", body);
		assert_int_equal(fix_scan(&s, buf, n, &m), n);
		assert_int_equal(s.why, FIX_G_NONE);
		assert_int_equal(m.n, 6);
		assert_int_equal(m.fields[3].tag, tags[i]);
		assert_string_equal(value(&m, 3), "=a=");
		assert_int_equal(m.fields[4].tag, tags[i]);
		assert_string_equal(value(&m, 4), ""); /* 14d */
	}
}

static void
data_field_ends_where_its_length_says(void **state)
{
	static const struct {
		const char *body;
		const char *data; /* with '|' for SOH */
	} good[] = {
		{ "35=B|95=5|96=a|b|c|58=x|", "a|b|c" },
		{ "35=B|95=005|96=a|b|c|58=x|", "a|b|c" },
		{ "35=B|95=1|96=|||58=x|", NULL },
		{ "35=B|95=1|96=||58=x|", "|" },
		{ "35=B|95=4|96=||||58=x|", NULL },
		{ "35=B|95=3|96=||||58=x|", "|||" },
		{ "35=B|93=3|89=|1=|58=x|", "|1=" },
		{ "35=B|354=6|355=10=00||58=x|", "10=00|" },
		{ "35=B|354=6|355=|10=00|58=x|", "|10=00" },
		{ "35=B|40008=3|40009=a|b|58=x|", "a|b" },
		{ "35=B|2372=3|2371=a|b|58=x|", "a|b" },
		{ "35=B|95=3|96=abc|58=x|", "abc" },
		{ "35=B|95=0|96=|58=x|", "" },
	};
	uint8_t buf[256], want[64];
	struct fix_scan s = limits();
	struct fix_msg m = empty();
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		n = whole(buf, "FIX.4.4", good[i].body);
		assert_int_equal(fix_scan(&s, buf, n, &m), n);
		if (good[i].data == NULL) {
			assert_int_not_equal(s.why, FIX_G_NONE);
			continue;
		}
		assert_int_equal(s.why, FIX_G_NONE);
		assert_int_equal(m.n, 7);
		assert_int_equal(m.fields[4].len, wire(want, good[i].data));
		assert_memory_equal(
		    buf + m.fields[4].off, want, m.fields[4].len);
		assert_int_equal(m.fields[5].tag, 58);
		messages_are(buf, n, "");
	}
}

static void
data_length_that_does_not_end_at_a_soh_is_garbage(void **state)
{
	(void)state;
	body_is_garbage("35=B|95=2|96=abc|58=x|", FIX_G_DATA);
	body_is_garbage("35=B|95=4|96=abc|58=x|", FIX_G_DATA);
	body_is_garbage("35=B|95=0|96=abc|58=x|", FIX_G_DATA);
	body_is_garbage("35=B|95=9|96=abc|58=x|", FIX_G_DATA);
	body_is_garbage("35=B|95=16|96=abc|58=x|", FIX_G_DATA);
	body_is_garbage("35=B|95=4294967295|96=abc|58=x|", FIX_G_DATA);
	body_is_garbage("35=B|95=4294967299|96=abc|58=x|", FIX_G_DATA);
	body_is_garbage(
	    "35=B|95=99999999999999999999999|96=abc|58=x|", FIX_G_DATA);
}

static void
data_length_over_another_field_takes_it_in(void **state)
{
	uint8_t buf[256];
	size_t n = whole(buf, "FIX.4.4", "35=B|95=8|96=abc|58=x|34=4|");
	struct fix_scan s = limits();
	struct fix_msg m = empty();

	(void)state;
	assert_int_equal(fix_scan(&s, buf, n, &m), n);
	assert_int_equal(s.why, FIX_G_NONE);
	assert_int_equal(m.n, 7);
	assert_int_equal(m.fields[4].len, 8);
}

static void
data_without_its_length_right_before_ends_at_the_soh(void **state)
{
	static const char *const plain[] = { "35=B|96=abc|34=4|",
		"35=B|95=2|58=x|96=abc|34=4|", "35=B|95=x|96=abc|34=4|",
		"35=B|95=|96=abc|34=4|", "35=B|95=-1|96=abc|34=4|",
		"35=B|93=1|96=abc|34=4|", "35=B|40005=abc|34=4|",
		"35=B|40003=2|40006=abc|34=4|", "35=B|39999=abc|34=4|" };
	uint8_t buf[256];
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		n = whole(buf, "FIX.4.4", plain[i]);
		messages_are(buf, n, "4");
	}
}

static void
wrong_sum_is_named_before_what_is_wrong_inside(void **state)
{
	(void)state;
	text_is_garbage(
	    "8=FIX.4.4|9=17|35=B|95=2|96=abc|10=000|", FIX_G_CHECKSUM, 39);
	text_is_garbage("8=FIX.4.4|9=9|35=B|x=1|10=000|", FIX_G_CHECKSUM, 30);
}

static void
every_standard_length_field_knows_its_data(void **state)
{
	static const uint32_t pairs[][2] = { { 93, 89 }, { 90, 91 }, { 95, 96 },
		{ 212, 213 }, { 348, 349 }, { 350, 351 }, { 352, 353 },
		{ 354, 355 }, { 356, 357 }, { 358, 359 }, { 360, 361 },
		{ 362, 363 }, { 364, 365 }, { 445, 446 }, { 618, 619 },
		{ 621, 622 }, { 1184, 1185 }, { 1277, 1278 }, { 1280, 1281 },
		{ 1282, 1283 }, { 1397, 1398 }, { 1401, 1402 }, { 1403, 1404 },
		{ 1468, 1469 }, { 1525, 1527 }, { 2111, 2112 }, { 2815, 2814 },
		{ 40004, 40005 }, { 43111, 42982 } };
	char body[128];
	uint8_t buf[256];
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		assert_int_equal(fix_data_tag_of(pairs[i][0]), pairs[i][1]);
		assert_int_equal(fix_data_tag_of(pairs[i][1]), 0);
		snprintf(body, sizeof(body), "35=B|%u=3|%u=|1a|34=4|",
		    pairs[i][0], pairs[i][1]);
		n = whole(buf, "FIX.4.4", body);
		messages_are(buf, n, "4");
	}
	assert_int_equal(fix_data_tag_of(0), 0);
	assert_int_equal(fix_data_tag_of(58), 0);
}

static void
fields_fill_the_array_to_the_last_place(void **state)
{
	uint8_t buf[256];
	size_t n = whole(buf, "FIX.4.4", "35=0|34=2|58=x|");
	struct fix_scan s = limits();
	struct fix_msg m = empty();
	uint32_t cap;

	(void)state;
	m.cap = 6;
	assert_int_equal(fix_scan(&s, buf, n, &m), n);
	assert_int_equal(s.why, FIX_G_NONE);
	assert_int_equal(m.n, 6);
	for (cap = 0; cap < 6; cap++) {
		m.cap = cap;
		memset(fields, 0xee, sizeof(fields));
		assert_int_equal(fix_scan(&s, buf, n, &m), n);
		assert_int_equal(s.why, FIX_G_FIELDS);
		assert_true(m.n <= cap);
		assert_int_equal(fields[cap].tag, 0xeeeeeeee);
	}
}

static void
stored_message_is_split_without_length_and_sum(void **state)
{
	uint8_t buf[256];
	struct fix_msg m = empty();
	size_t n = wire(buf, "8=FIX.4.4|9=7|35=B|95=3|96=a|b|58=x|10=1|");

	(void)state;
	assert_int_equal(fix_split(buf, n, &m), 0);
	assert_int_equal(m.n, 7);
	assert_int_equal(m.len, n);
	assert_int_equal(m.fields[4].len, 3);
	assert_string_equal(value(&m, 6), "1");
	m.cap = 6;
	assert_int_equal(fix_split(buf, n, &m), -FIX_E_SPACE);
}

static void
stored_bytes_that_are_no_message_are_garbled(void **state)
{
	static const char *const bad[] = { "", "|", "8=FIX.4.4|",
		"8=FIX.4.4|9=5|", "8=FIX.4.4|9=5|10=1|",
		"8=FIX.4.4|9=5|35=0|10=123", "8=FIX.4.4|9=5|35=0|",
		"8=FIX.4.4|9=5|35=0|11=123|", "8=FIX.4.4|9=5|35=0|1|",
		"8=FIX.4.4|9=5|34=0|10=123|", "9=5|35=0|10=123|",
		"8=FIX.4.4|9=x|35=0|10=123|", "8=FIX.4.4|9=5|35=0|x|10=123|",
		"8=FOX.4.4|9=5|35=0|10=123|" };
	uint8_t buf[256];
	struct fix_msg m = empty();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    fix_split(buf, wire(buf, bad[i]), &m), -FIX_E_GARBLED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checksum_before_the_end_is_garbage),
		cmocka_unit_test(tag_that_is_no_number_is_garbage),
		cmocka_unit_test(
		    number_that_no_tag_may_be_is_a_field_with_a_bad_tag),
		cmocka_unit_test(tag_of_any_length_is_read),
		cmocka_unit_test(data_field_ends_where_its_length_says),
		cmocka_unit_test(
		    data_length_that_does_not_end_at_a_soh_is_garbage),
		cmocka_unit_test(data_length_over_another_field_takes_it_in),
		cmocka_unit_test(
		    data_without_its_length_right_before_ends_at_the_soh),
		cmocka_unit_test(
		    wrong_sum_is_named_before_what_is_wrong_inside),
		cmocka_unit_test(every_standard_length_field_knows_its_data),
		cmocka_unit_test(fields_fill_the_array_to_the_last_place),
		cmocka_unit_test(
		    stored_message_is_split_without_length_and_sum),
		cmocka_unit_test(stored_bytes_that_are_no_message_are_garbled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
