/*
 * Parties of an order: out of a message of any version, and into one of
 * another; FIX volume 6, "Use of <Parties> component block".
 */
#include "tests/fix/text.h"

#include "fix/parties.h"

static uint8_t in_buf[2048], kept[FIX_PARTIES_MAX];
static struct fix_field fields[128];

static int
read_from(const char *begin, const char *body)
{
	struct fix_msg m = { .fields = fields, .cap = 128 };
	struct fix_scan s = { .max_bytes = sizeof(in_buf) };
	size_t n = whole(in_buf, begin, body);

	assert_int_equal(fix_scan(&s, in_buf, n, &m), n);
	return fix_parties_read(&m, kept);
}

static struct fix_span
parties_of(const char *begin, const char *body)
{
	int n = read_from(begin, body);

	assert_true(n > 0);
	assert_true(fix_parties_ok((struct fix_span){ kept, (size_t)n }));
	return (struct fix_span){ kept, (size_t)n };
}

/* As a version has them, with '|' for SOH. */
static const char *
in_version(struct fix_span parties, enum fix_version v)
{
	static char text[1024];
	uint8_t buf[1024];
	struct fix_build b;
	struct fix_span body;

	fix_build_start(&b, buf, sizeof(buf), fix_span_of("8"));
	fix_parties_write(&b, parties, v);
	body = fix_build_body(&b);
	assert_int_equal(b.err, 0);
	for (size_t i = 0; i < body.len; i++)
		text[i] = body.p[i] == 1 ? '|' : (char)body.p[i];
	text[body.len] = '\0';
	return text;
}

#define GROUP                                                                  \
	"453=2|448=ACME|447=D|452=3|802=1|523=desk|803=25|448=BANK|447=B|"     \
	"452=1|"
#define PLAIN "453=2|448=ACME|447=D|452=3|448=BANK|447=B|452=1|"

static void
a_group_stays_as_it_is_where_its_version_has_it(void **state)
{
	struct fix_span p = parties_of("FIX.4.4", "35=D|11=a|" GROUP "55=A|");

	(void)state;
	assert_string_equal(in_version(p, FIX_V_44), GROUP);
	assert_string_equal(in_version(p, FIX_V_50SP2), GROUP);
	assert_string_equal(in_version(p, FIX_V_43), PLAIN);
	p = parties_of("FIX.4.3", "35=D|453=1|448=A|452=4|523=s|");
	assert_string_equal(
	    in_version(p, FIX_V_43), "453=1|448=A|452=4|523=s|");
	assert_string_equal(in_version(p, FIX_V_44), "453=1|448=A|452=4|");
	p = parties_of("FIXT.1.1", "35=D|453=1|448=A|452=4|2376=1|");
	assert_string_equal(
	    in_version(p, FIX_V_50SP2), "453=1|448=A|452=4|2376=1|");
	assert_string_equal(in_version(p, FIX_V_50), "453=1|448=A|452=4|");
}

static void
fix_4_2_has_a_field_for_each_role_that_it_knows(void **state)
{
	struct fix_span p = parties_of("FIX.4.4", "35=D|" GROUP);

	(void)state;
	assert_string_equal(in_version(p, FIX_V_42), "109=ACME|76=BANK|");
	p = parties_of("FIX.4.2", "35=D|439=C|11=a|109=ACME|76=BANK|");
	assert_string_equal(
	    in_version(p, FIX_V_42), "109=ACME|76=BANK|439=C|");
	assert_string_equal(in_version(p, FIX_V_44),
	    "453=3|448=ACME|447=D|452=3|448=BANK|447=D|452=1|448=C|447=D|"
	    "452=4|");
	p = parties_of("FIX.4.4", "35=D|453=1|448=X|447=D|452=36|");
	assert_string_equal(in_version(p, FIX_V_42), "");
}

static void
a_role_that_a_version_does_not_know_is_left_out_with_its_party(void **state)
{
	struct fix_span p = parties_of("FIXT.1.1",
	    "35=D|453=2|448=LEI|447=N|452=122|448=A|447=D|452=3|");

	(void)state;
	assert_string_equal(
	    in_version(p, FIX_V_44), "453=1|448=A|447=D|452=3|");
	p = parties_of("FIXT.1.1", "35=D|453=1|448=LEI|447=N|452=122|");
	assert_string_equal(in_version(p, FIX_V_44), "");
}

static void
what_is_no_group_is_refused(void **state)
{
	static const char *const bad[] = {
		"35=D|453=2|448=A|447=D|452=3|", /* one is missing */
		"35=D|453=1|448=A|448=B|",       /* one too many */
		"35=D|453=1|447=D|448=A|",       /* begins with another */
		"35=D|453=x|448=A|", "35=D|453=-1|448=A|",
		"35=D|453=1|55=A|448=A|",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(read_from("FIX.4.4", bad[i]), -FIX_E_FORMAT);
	assert_int_equal(read_from("FIX.4.4", "35=D|453=0|55=A|"), 0);
	assert_int_equal(read_from("FIX.4.4", "35=D|109=A|55=A|"), 0);
	assert_int_equal(read_from("FIX.4.2", "35=D|453=1|448=A|"), 0);
}

/* 453=1|448=...|: 11 bytes about the id. */
static void
there_is_a_limit(void **state)
{
	char body[600] = "35=D|453=1|448=";
	size_t n = strlen(body), most = FIX_PARTIES_MAX - 11;

	(void)state;
	memset(body + n, 'x', most);
	memcpy(body + n + most, "|", 2);
	assert_int_equal(read_from("FIX.4.4", body), FIX_PARTIES_MAX);
	memcpy(body + n + most, "x|", 3);
	assert_int_equal(read_from("FIX.4.4", body), -FIX_E_TOOBIG);
}

static void
bytes_that_are_no_parties_are_known(void **state)
{
	static const char *const bad[] = { "", "453=1", "453=1\001448=A",
		"448=A\001", "11=A\001", "453=1\00111=A\001", "109=\001",
		"453=1\001\001", "109=A\001453=1\001" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(fix_parties_ok(fix_span_of(bad[i])));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_group_stays_as_it_is_where_its_version_has_it),
		cmocka_unit_test(
		    fix_4_2_has_a_field_for_each_role_that_it_knows),
		cmocka_unit_test(
		    a_role_that_a_version_does_not_know_is_left_out_with_its_party),
		cmocka_unit_test(what_is_no_group_is_refused),
		cmocka_unit_test(there_is_a_limit),
		cmocka_unit_test(bytes_that_are_no_parties_are_known),
	};

	return cmocka_run_group_tests_name("parties", tests, NULL, NULL);
}
