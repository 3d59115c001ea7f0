/*
 * Edge values of every type: rules R60 to R66 of FIX's data types, each value
 * put into a message of a small dictionary and checked.
 */
#include "tests/dictionaries/faces.h"

/* One field per type, named after it; numbers from 1001. */
static const char *const types[] = { "STRING", "CHAR", "BOOLEAN", "INT",
	"LENGTH", "SEQNUM", "NUMINGROUP", "TAGNUM", "DAYOFMONTH", "FLOAT",
	"QTY", "PRICE", "PRICEOFFSET", "AMT", "PERCENTAGE", "MULTIPLECHARVALUE",
	"MULTIPLESTRINGVALUE", "COUNTRY", "CURRENCY", "EXCHANGE", "LANGUAGE",
	"MONTHYEAR", "UTCTIMESTAMP", "UTCTIMEONLY", "UTCDATEONLY",
	"LOCALMKTDATE", "TZTIMEONLY", "TZTIMESTAMP" };

#define N_TYPES (sizeof(types) / sizeof(types[0]))

static char xml[16384];

static struct fix_dict *
small(unsigned minor)
{
	struct fix_dict_error e;
	struct fix_dict *d;
	size_t i, n = 0;

	n += (size_t)snprintf(xml, sizeof(xml),
	    "<fix type='FIX' major='4' minor='%u' servicepack='0'>"
	    "<messages><message name='Test' msgtype='T' msgcat='app'>",
	    minor);
	for (i = 0; i < N_TYPES; i++)
		n += (size_t)snprintf(xml + n, sizeof(xml) - n,
		    "<field name='%s' required='N'/>", types[i]);
	n += (size_t)snprintf(
	    xml + n, sizeof(xml) - n, "</message></messages><fields>");
	for (i = 0; i < N_TYPES; i++)
		n += (size_t)snprintf(xml + n, sizeof(xml) - n,
		    "<field number='%zu' name='%s' type='%s'/>", 1001 + i,
		    types[i], types[i]);
	n += (size_t)snprintf(xml + n, sizeof(xml) - n, "</fields></fix>");
	assert_true(n < sizeof(xml));
	if (fix_dict_load_mem(&d, "small", xml, n, &e) != 0)
		fail_msg("%s", e.text);
	return d;
}

static bool
fits(const struct fix_dict *d, const char *type, const char *value)
{
	struct fix_check c = fix_check_all;
	struct fix_fault fault;
	char text[512];
	struct said s;

	c.unknown_fields = false; /* there is no header in it */
	snprintf(text, sizeof(text), "35=T|%u=%s|",
	    fix_dict_field_named(d, type)->tag, value);
	if (fix_dict_check(d, d, say(&s, "FIX.4.4", text), &c, &fault) == 0)
		return true;
	if (fault.reason != 6)
		fail_msg("%s: reason %d", text, fault.reason);
	return false;
}

/* Values up to the first NULL fit, those after it do not. */
static void
check_row(const struct fix_dict *d, const char *const *row)
{
	bool want = true;
	int i;

	for (i = 1; want || row[i] != NULL; i++) {
		if (row[i] == NULL)
			want = false;
		else if (fits(d, row[0], row[i]) != want)
			fail_msg("%s %s: %s", row[0], row[i],
			    want ? "refused" : "taken");
	}
}

#define CHECK_ROWS(rows)                                                       \
	do {                                                                   \
		struct fix_dict *d_ = small(4);                                \
		size_t i_;                                                     \
		(void)state;                                                   \
		for (i_ = 0; i_ < sizeof(rows) / sizeof(rows[0]); i_++)        \
			check_row(d_, rows[i_]);                               \
		fix_dict_free(d_);                                             \
	} while (0)

/* R61. */
static void
integers_have_digits_and_perhaps_a_minus(void **state)
{
	static const char *const rows[][40] = {
		{ "INT", "0", "-0", "00023", "-23", "999999999999999999",
		    "000000000000000000000000001", NULL, "+1", "-", "--1", "1-",
		    "1.0", "1e3", " 1", "1 ", "0x10", "1000000000000000000",
		    NULL },
		{ "LENGTH", "0", "7", "007", NULL, "-1", "+1", "7.", NULL },
		{ "SEQNUM", "0", "1", "00069", NULL, "-1", "1 ", NULL },
		{ "NUMINGROUP", "0", "2", NULL, "-1", "x", NULL },
		{ "TAGNUM", "0", "1", "35", NULL, "035", "-1", "00", NULL },
		{ "DAYOFMONTH", "1", "31", "01", NULL, "0", "32", "-1",
		    "4294967297", NULL },
	};

	CHECK_ROWS(rows);
}

/* R62. */
static void
decimals_have_a_point_and_no_exponent(void **state)
{
	static const char *const rows[][40] = {
		{ "FLOAT", "0", "23", "23.", ".05", "-.05", "-23.0000",
		    "00023.23", "0.000000000000000001", "123456789012345678",
		    "00000000000000000000000000000.5", NULL, "+1", ".", "-.",
		    "-", "1..2", "1.2.3", "1,000", "1e3", "1E-3", "NaN", "inf",
		    "1234567890123456789", " 1", NULL },
		{ "QTY", "002000.00", "-5", NULL, "+200.00", "1e5", NULL },
		{ "PRICE", "187.25", "0.0", NULL, "1.2e3", NULL },
		{ "PRICEOFFSET", "-0.25", NULL, "0.25-", NULL },
		{ "AMT", "1000000.01", NULL, "$1", NULL },
		{ "PERCENTAGE", ".05", "5", NULL, "5%", NULL },
	};

	CHECK_ROWS(rows);
}

/* R63. */
static void
texts_chars_and_lists(void **state)
{
	static const char *const rows[][40] = {
		{ "STRING", "x", " ", "=8", "a b", "\xe2\x82\xac", NULL, NULL },
		{ "CHAR", "x", " ", "=", NULL, "xx", "  ", NULL },
		{ "BOOLEAN", "Y", "N", NULL, "y", "n", "1", "YN", "true",
		    NULL },
		{ "MULTIPLECHARVALUE", "1", "1 2 M", NULL, "12", "1  2", " 1",
		    "1 ", "1 23", NULL },
		{ "MULTIPLESTRINGVALUE", "AV", "AV AN A", NULL, "AV  AN", " AV",
		    "AV ", NULL },
		{ "COUNTRY", "US", NULL, NULL },
		{ "CURRENCY", "USD", "USDT", "XBT", NULL, NULL },
		{ "EXCHANGE", "XNAS", "N", NULL, NULL },
		{ "LANGUAGE", "en", NULL, NULL },
	};

	CHECK_ROWS(rows);
}

/* R60: a leap second at the end of a day only; fractions of 1 to 12 digits. */
static void
timestamps_are_utc_to_the_letter(void **state)
{
	static const char *const rows[][40] = {
		{ "UTCTIMESTAMP", "20250314-14:30:15", "20250314-14:30:15.123",
		    "20250314-14:30:15.1", "20250314-14:30:15.123456",
		    "20250314-14:30:15.123456789",
		    "20250314-14:30:15.123456789012", "19981231-23:59:60",
		    "20240229-00:00:00", "20250131-23:59:59", NULL, "20250314",
		    "20250314-14:30", "20250314 14:30:15", "2025031414:30:15",
		    "20250314-24:00:00", "20250314-14:60:15",
		    "20250314-14:30:60", "20250314-14:30:61",
		    "20251314-14:30:15", "20250014-14:30:15",
		    "20250300-14:30:15", "20250332-14:30:15",
		    "20250229-14:30:15", "20250431-14:30:15",
		    "20250314-14:30:15.", "20250314-14:30:15.12x",
		    "20250314-14:30:15,123", "20250314-1x:30:15",
		    "00000000-00:00:00", NULL },
		{ "UTCTIMESTAMP", NULL, "20250314-14:30:15Z",
		    "20250314-14:30:15.1234567890123", "2025031/-14:30:15",
		    "20250314-14:30:1:", "20250314-14-30-15",
		    " 0250314-14:30:15", NULL },
		{ "UTCTIMEONLY", "00:00:00", "23:59:59", "14:30:15.123", NULL,
		    "24:00:00", "14:30", "143015", "14:30:15.", NULL },
		{ "UTCDATEONLY", "20250314", "20240229", NULL, "20250229",
		    "2025-03-14", "20250014", "250314", NULL },
		{ "LOCALMKTDATE", "20250314", NULL, "20251301", "2025031",
		    NULL },
		{ "MONTHYEAR", "202503", "20250314", "202503w1", "202503w5",
		    NULL, "202513", "202503w6", "202503w0", "2025", "202503W1",
		    "20250332", NULL },
		{ "TZTIMEONLY", "07:39Z", "02:39-05", "15:39+08", "13:09+05:30",
		    "15:39", NULL, "25:39Z", "15:39+8", "15.39", NULL },
		{ "TZTIMESTAMP", "20060901-07:39:00Z", "20060901-02:39:00-05",
		    "20060901-13:09:00.123+05:30", NULL, "20060901-15:39:00+8",
		    "20061301-07:39:00Z", NULL },
	};

	CHECK_ROWS(rows);
}

/* Before 4.2 "char" is a text of any length. */
static void
char_is_a_text_before_fix_4_2(void **state)
{
	struct fix_dict *d;
	unsigned minor;

	(void)state;
	for (minor = 0; minor <= 4; minor++) {
		d = small(minor);
		assert_true(fits(d, "CHAR", "x"));
		assert_int_equal(fits(d, "CHAR", "long"), minor < 2);
		assert_int_equal(fix_dict_field_named(d, "CHAR")->type,
		    minor < 2 ? FIX_T_STRING : FIX_T_CHAR);
		fix_dict_free(d);
	}
}

/* Digits at i and i + 1 as a number, or -1. */
static int
pair(const char *t, size_t i)
{
	if (t[i] < '0' || t[i] > '9' || t[i + 1] < '0' || t[i + 1] > '9')
		return -1;
	return (t[i] - '0') * 10 + t[i + 1] - '0';
}

static bool
in(int v, int min, int max)
{
	return v >= min && v <= max;
}

/* The rule spelled out, for days that its month has; of 17 or 21 bytes. */
static bool
is_stamp(const char *t)
{
	size_t n = strlen(t);

	if (n == 21 && (t[17] != '.' || pair(t, 18) < 0 || pair(t, 19) < 0))
		return false;
	return pair(t, 0) >= 0 && pair(t, 2) >= 0 &&
	    in(pair(t, 4), 1, 12) && in(pair(t, 6), 1, 31) && t[8] == '-' &&
	    in(pair(t, 9), 0, 23) && t[11] == ':' && in(pair(t, 12), 0, 59) &&
	    t[14] == ':' && in(pair(t, 15), 0, 60);
}

static void
every_byte_of_a_timestamp_counts(void **state)
{
	static const char *const good[] = { "20260301-00:00:00",
		"20261228-23:59:59", "20260314-14:30:15.124" };
	struct fix_dict *d = small(4);
	char t[24];

	(void)state;
	for (size_t k = 0; k < 3; k++) {
		for (size_t i = 4; i < strlen(good[k]); i++) {
			for (int c = 33; c < 127; c++) {
				strcpy(t, good[k]);
				t[i] = (char)c;
				if (c == '|' || in(pair(t, 15), 60, 60))
					continue;
				if (fits(d, "UTCTIMESTAMP", t) != is_stamp(t))
					fail_msg("%s", t);
			}
		}
	}
	fix_dict_free(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_have_digits_and_perhaps_a_minus),
		cmocka_unit_test(decimals_have_a_point_and_no_exponent),
		cmocka_unit_test(texts_chars_and_lists),
		cmocka_unit_test(timestamps_are_utc_to_the_letter),
		cmocka_unit_test(every_byte_of_a_timestamp_counts),
		cmocka_unit_test(char_is_a_text_before_fix_4_2),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
