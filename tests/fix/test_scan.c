/*
 * Framing: what is a message, what is garbage, and where reading goes on.
 *
 * In: streams, whole, in pieces, and against pages that can't be read. Cases
 * are those of QuickFIX's acceptance suite (1d, 2d, 2m, 2t, 3b, 3c) and of the
 * session test cases 2 and 3 (FIX 4.4 volume 2), and what a peer may get wrong
 * beyond them.
 */
#include "tests/fix/feed.h"

static void
a_whole_message_is_taken_with_all_its_fields(void **state)
{
	uint8_t buf[256];
	size_t n = whole(buf, "FIX.4.4", HB);
	struct fix_scan s = limits();
	struct fix_msg m = empty();

	(void)state;
	assert_int_equal(fix_scan(&s, buf, n, &m), n);
	assert_int_equal(s.why, FIX_G_NONE);
	assert_ptr_equal(m.bytes, buf);
	assert_int_equal(m.len, n);
	assert_int_equal(m.n, 8);
	assert_int_equal(m.fields[0].tag, 8);
	assert_string_equal(value(&m, 0), "FIX.4.4");
	assert_int_equal(m.fields[0].at, 0);
	assert_int_equal(m.fields[1].tag, 9);
	assert_string_equal(value(&m, 1), "45");
	assert_int_equal(m.fields[1].at, 10);
	assert_string_equal(value(&m, 2), "0");
	assert_true(fix_span_is(fix_msg_type(&m), "0"));
	assert_string_equal(value(&m, 4), "ISLD");
	assert_int_equal(m.fields[4].at, m.fields[4].off - 3);
	assert_int_equal(m.fields[7].tag, 10);
	assert_int_equal(m.fields[7].len, 3);
	assert_int_equal(m.fields[7].off + 4, n);
}

static void
messages_come_out_one_a_call(void **state)
{
	uint8_t buf[512];
	size_t n = add(buf, 0, "35=0|34=1|"), first = n;
	struct log l;

	(void)state;
	n = add(buf, n, "35=A|34=2|98=0|");
	l = feed(buf, n, n);
	assert_int_equal(l.n, 2);
	assert_int_equal(l.ev[0].bytes, first);
	assert_int_equal(l.left, 0);
	messages_are(buf, n, "1,2");
}

static void
nothing_is_decided_before_the_last_byte(void **state)
{
	uint8_t buf[256];
	size_t n = whole(buf, "FIXT.1.1", HB), i;
	struct guarded g = guarded_new(n);
	struct fix_scan s = limits();
	struct fix_msg m = empty();

	(void)state;
	for (i = 0; i < n; i++) {
		assert_int_equal(fix_scan(&s, lay_last(&g, buf, i), i, &m), 0);
		assert_int_equal(s.why, FIX_G_NONE);
	}
	assert_int_equal(fix_scan(&s, lay_last(&g, buf, n), n, &m), n);
	guarded_free(&g);
}

static void
bodylength_may_have_leading_zeros(void **state)
{
	uint8_t buf[256];
	size_t n = wire(buf, "8=FIX.4.4|9=0000010|35=0|34=7|");
	char tail[16];

	(void)state;
	snprintf(tail, sizeof(tail), "10=%03u|", sum_up(buf, n));
	n += wire(buf + n, tail);
	messages_are(buf, n, "7");
}

static void
every_begin_string_of_the_form_is_taken(void **state)
{
	static const char *const good[] = { "FIX.4.0", "FIX.4.4", "FIXT.1.1",
		"FIX.3.9", "FIX.5.10", "FIX.100.100" };
	uint8_t buf[256];
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		n = whole(buf, good[i], "35=0|34=1|");
		messages_are(buf, n, "1");
	}
}

static void
another_begin_string_is_garbage(void **state)
{
	static const char *const bad[] = { "FIX", "FIX4.4", "FIX.4", "FIX.4.",
		"FIX..4", "FIX.a.4", "FIX.4.4a", "FIX.1234.1", "FIXT1.1",
		"FIXTT.1.1", "FIX.4.4.1", "FIX.-4.4" };
	uint8_t buf[256];
	size_t i, n;
	ssize_t rc;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		n = whole(buf, bad[i], "35=0|34=1|");
		n = add(buf, n, "35=0|34=2|");
		assert_int_equal(why_of(buf, n, &rc), FIX_G_BEGIN);
		messages_are(buf, n, "2");
	}
}

/* 2t, its first message: sent as 35, 8, 9. */
static void
bytes_before_beginstring_are_skipped(void **state)
{
	uint8_t buf[512];
	size_t n = wire(buf, "35=0|8=FIX.4.4|9=29|34=2|49=TW44|"
			     "52=20250314-14:30:15|56=ISLD|10=121|");
	ssize_t rc;

	(void)state;
	assert_int_equal(why_of(buf, n, &rc), FIX_G_NO_BEGIN);
	assert_int_equal(rc, 5);
	n = add(buf, n, "35=1|34=2|");
	messages_are(buf, n, "2");
}

/* 2t, its second: 8, 9, 34, 35, all else right. */
static void
msgtype_that_is_not_third_is_garbage_to_its_end(void **state)
{
	(void)state;
	body_is_garbage("34=3|35=0|49=TW44|", FIX_G_TYPE);
	body_is_garbage("", FIX_G_TYPE);
	body_is_garbage("34=3|", FIX_G_TYPE);
}

static void
bodylength_that_is_not_second_is_garbage(void **state)
{
	uint8_t buf[256];
	size_t n = wire(buf, "8=FIX.4.4|35=0|9=5|34=2|10=000|");
	ssize_t rc;

	(void)state;
	assert_int_equal(why_of(buf, n, &rc), FIX_G_LENGTH);
	n = add(buf, n, "35=0|34=2|");
	messages_are(buf, n, "2");
	n = wire(buf, "8=FIX.4.4|8=FIX.4.4|9=10|35=0|34=5|10=");
	messages_are(buf, n, "");
	n = wire(buf, "8=FIX.4.4|");
	n = add(buf, n, "35=0|34=5|");
	messages_are(buf, n, "5"); /* even where the next begins at once */
}

static void
bodylength_that_is_no_number_is_garbage(void **state)
{
	static const char *const bad[] = { "9=|", "9=-5|", "9=+5|", "9=5.|",
		"9=0x5|", "9= 5|", "9=000000000000000000005|" };
	uint8_t buf[256];
	size_t i, n;
	ssize_t rc;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		n = wire(buf, "8=FIX.4.4|");
		n += wire(buf + n, bad[i]);
		n += wire(buf + n, "35=0|10=000|");
		n = add(buf, n, "35=0|34=2|");
		assert_int_equal(why_of(buf, n, &rc), FIX_G_LENGTH);
		messages_are(buf, n, "2");
	}
}

/* 2m: the length of message 2 is set to what the case says. */
static size_t
with_length(uint8_t *buf, size_t n, const char *length, const char *body)
{
	size_t begin = n;
	char text[64];

	snprintf(text, sizeof(text), "8=FIX.4.4|9=%s|", length);
	n += wire(buf + n, text);
	n += wire(buf + n, body);
	snprintf(
	    text, sizeof(text), "10=%03u|", sum_up(buf + begin, n - begin));
	return n + wire(buf + n, text);
}

#define ORDER(seq)                                                             \
	"35=D|34=" seq "|49=TW44|52=20250314-14:30:15|56=ISLD|11=ID|21=3|"     \
	"40=1|54=1|55=INTC|60=20250314-14:30:15|"

static void
bodylength_too_short_costs_that_message_only(void **state)
{
	uint8_t buf[1024];
	size_t n = with_length(buf, 0, "30", ORDER("2")), bad = n;
	ssize_t rc;

	(void)state;
	n = add(buf, n, ORDER("3"));
	assert_int_equal(why_of(buf, n, &rc), FIX_G_LENGTH);
	assert_int_equal(rc, bad);
	messages_are(buf, n, "3");
}

static void
bodylength_too_long_costs_the_message_behind_as_well(void **state)
{
	uint8_t buf[2048];
	size_t n = with_length(buf, 0, "111", ORDER("4"));

	(void)state;
	messages_are(buf, n, "");
	n = add(buf, n, ORDER("5"));
	n = add(buf, n, ORDER("6"));
	messages_are(buf, n, "6");
}

static void
bodylength_to_where_the_next_begins_costs_one_message(void **state)
{
	uint8_t buf[1024];
	size_t n = with_length(buf, 0, "17", "35=0|34=1|");

	(void)state;
	n = add(buf, n, "35=0|34=2|");
	messages_are(buf, n, "2");
	/* one byte short of it, and one behind: the next is lost */
	n = with_length(buf, 0, "16", "35=0|34=1|");
	n = add(buf, n, "35=0|34=2|");
	messages_are(buf, n, "2");
	n = with_length(buf, 0, "18", "35=0|34=1|");
	n = add(buf, n, "35=0|34=2|");
	n = add(buf, n, "35=0|34=3|");
	messages_are(buf, n, "3");
}

/* 1d_InvalidLogonLengthInvalid: the acceptor must not wait for more. */
static void
bodylength_too_short_is_known_when_its_end_has_come(void **state)
{
	uint8_t buf[256];
	size_t n;
	ssize_t rc;

	(void)state;
	n = with_length(buf, 0, "40",
	    "35=A|34=1|49=TW44|52=20250314-14:30:15|56=ISLD|98=0|108=30|");
	assert_int_equal(why_of(buf, n, &rc), FIX_G_LENGTH);
	assert_int_equal(rc, n);
	/* as soon as the first byte behind the declared end is there */
	n = wire(buf, "8=FIX.4.4|9=5|35=0|3");
	assert_int_equal(why_of(buf, n, &rc), FIX_G_LENGTH);
	n = wire(buf, "8=FIX.4.4|9=5|35=0|1");
	assert_int_equal(why_of(buf, n, &rc), FIX_G_NONE);
	assert_int_equal(rc, 0);
	n = wire(buf, "8=FIX.4.4|9=4|35=00");
	assert_int_equal(why_of(buf, n, &rc), FIX_G_LENGTH);
}

static void
bodylength_is_followed_and_no_trailer_is_looked_for(void **state)
{
	uint8_t buf[512];
	size_t n;

	(void)state;
	n = whole(buf, "FIX.4.4",
	    "35=B|34=1|95=26|96=|10=123|8=FIX.4.4|9=5|35=0|||58=x|");
	messages_are(buf, n, "");
	n = whole(buf, "FIX.4.4",
	    "35=B|34=1|95=29|96=|10=123|8=FIX.4.4|9=5|35=0||x|58=x|");
	messages_are(buf, n, "1");
}

/* 3b */
static void
checksum_that_is_wrong_is_garbage(void **state)
{
	uint8_t buf[256];
	size_t n = whole(buf, "FIX.4.4", "35=0|34=2|"), m;
	ssize_t rc;

	(void)state;
	buf[n - 2] = buf[n - 2] == '9' ? '0' : (uint8_t)(buf[n - 2] + 1);
	assert_int_equal(why_of(buf, n, &rc), FIX_G_CHECKSUM);
	assert_int_equal(rc, n);
	m = add(buf, n, "35=0|34=3|");
	messages_are(buf, m, "3");
	memcpy(buf + n - 4, "256", 3);
	assert_int_equal(why_of(buf, n, &rc), FIX_G_CHECKSUM);
	messages_are(buf, m, "3");
}

/* 2d and 3c send 10=0; 3e wants the others. */
static void
trailer_of_another_length_is_garbage_to_its_end(void **state)
{
	static const struct {
		const char *trailer;
		size_t eaten;
	} bad[] = { { "10=0|", 5 }, { "10=12|", 6 }, { "10=|", 4 },
		{ "10=1234|", 6 }, { "10=12a|", 5 }, { "10=a|", 3 },
		{ "10= 12|", 3 }, { "10=-12|", 3 } };
	uint8_t buf[256];
	size_t i, n, frame;
	ssize_t rc;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		frame = n = wire(buf, "8=FIX.4.4|9=10|35=0|34=2|");
		n += wire(buf + n, bad[i].trailer);
		n = add(buf, n, "35=0|34=3|");
		assert_int_equal(why_of(buf, n, &rc), FIX_G_CHECKSUM);
		assert_int_equal(rc, frame + bad[i].eaten);
		messages_are(buf, n, "3");
	}
}

static void
trailer_without_soh_does_not_cost_the_next_message(void **state)
{
	uint8_t buf[256];
	size_t n = whole(buf, "FIX.4.4", "35=0|34=2|") - 1;

	(void)state;
	n = add(buf, n, "35=0|34=3|");
	messages_are(buf, n, "3");
}

static void
field_behind_the_trailer_is_skipped(void **state)
{
	uint8_t buf[256];
	size_t n = add(buf, 0, "35=0|34=2|");

	(void)state;
	n += wire(buf + n, "58=late|");
	n = add(buf, n, "35=0|34=3|");
	messages_are(buf, n, "2,3");
}

static void
message_of_exactly_the_cap_is_taken_and_one_byte_more_is_not(void **state)
{
	uint8_t buf[256];
	size_t n = whole(buf, "FIX.4.4", HB), i;
	struct fix_scan s = limits();
	struct fix_msg m = empty();

	(void)state;
	s.max_bytes = n;
	assert_int_equal(fix_scan(&s, buf, n, &m), n);
	s.max_bytes = n - 1;
	assert_int_equal(fix_scan(&s, buf, n, &m), -FIX_E_TOOBIG);
	/* as soon as BodyLength is there, not when the cap is full */
	for (i = 0; i < 15; i++)
		assert_int_equal(fix_scan(&s, buf, i, &m), 0);
	assert_int_equal(fix_scan(&s, buf, 15, &m), -FIX_E_TOOBIG);
	s.max_bytes = 0;
	assert_int_equal(fix_scan(&s, buf, n, &m), -FIX_E_TOOBIG);
}

static void
bodylength_beyond_every_integer_is_too_big(void **state)
{
	static const char *const lengths[] = { "4294967301", "2147483648",
		"18446744073709551621", "99999999999999999999" };
	uint8_t buf[256];
	struct fix_scan s = { .max_bytes = SIZE_MAX };
	struct fix_msg m = empty();
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		n = with_length(buf, 0, lengths[i], "35=0|");
		assert_int_equal(fix_scan(&s, buf, n, &m), -FIX_E_TOOBIG);
	}
}

static void
beginning_counts_only_where_a_field_may_begin(void **state)
{
	uint8_t buf[512];
	size_t n = wire(buf, "x");

	(void)state;
	n = add(buf, n, "35=0|34=1|"); /* x8=FIX: no beginning */
	n = add(buf, n, "35=0|34=2|");
	messages_are(buf, n, "2");
	n = wire(buf, "1=a|38=FIX.4.4|9=5|38=8=FIX|");
	n = add(buf, n, "35=0|34=3|");
	messages_are(buf, n, "3");
	n = wire(buf, "8");
	n = add(buf, n, "35=0|34=4|");
	n = add(buf, n, "35=0|34=5|");
	messages_are(buf, n, "5");
	n = wire(buf, "||8=F|8=FI|8=FOX|8=|");
	n = add(buf, n, "35=0|34=6|");
	messages_are(buf, n, "6");
}

static void
garbage_is_reported_at_once_and_never_piles_up(void **state)
{
	static const char http[] = "GET / HTTP/1.1\r\nHost: 8=FIX.4.4\r\n\r\n";
	uint8_t buf[512];
	ssize_t rc;
	size_t n = wire(buf, http);
	struct log l;

	(void)state;
	assert_int_equal(why_of(buf, n, &rc), FIX_G_NO_BEGIN);
	assert_true(rc > 0);
	memset(buf, '8', sizeof(buf));
	l = feed(buf, sizeof(buf), 16);
	assert_true(l.left <= 2);
	memset(buf, 1, sizeof(buf));
	l = feed(buf, sizeof(buf), 16);
	assert_int_equal(l.left, 0);
}

static void
any_sum_is_taken_where_sums_are_not_checked(void **state)
{
	static const char *const taken[] = { "10=000|", "10=256|", "10=0|",
		"10=|", "10=abcdefghijklmnop|" };
	uint8_t buf[256];
	struct fix_scan s = { .max_bytes = MAX, .sum_unchecked = true };
	struct fix_msg m = empty();
	size_t i, n, frame;

	(void)state;
	for (i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		frame = wire(buf, "8=FIX.4.4|9=10|35=0|34=2|");
		n = frame + wire(buf + frame, taken[i]);
		assert_int_equal(fix_scan(&s, buf, n - 1, &m), 0);
		assert_int_equal(fix_scan(&s, buf, n, &m), n);
		assert_int_equal(s.why, FIX_G_NONE);
		assert_int_equal(m.fields[4].len, strlen(taken[i]) - 4);
	}
	n = frame + wire(buf + frame, "10=abcdefghijklmnopq|");
	assert_int_equal(fix_scan(&s, buf, n, &m), frame + 3);
	assert_int_equal(s.why, FIX_G_CHECKSUM);
	n = with_length(buf, 0, "9", "35=0|34=2|");
	assert_true(fix_scan(&s, buf, n, &m) > 0);
	assert_int_equal(s.why, FIX_G_LENGTH);
	n = whole(buf, "FIX.4.4", "35=0|x|");
	assert_int_equal(fix_scan(&s, buf, n, &m), n);
	assert_int_equal(s.why, FIX_G_TAG);
}

static void
nothing_in_gives_nothing_out(void **state)
{
	struct fix_scan s = limits();
	struct fix_msg m = empty();

	(void)state;
	s.why = FIX_G_TAG;
	assert_int_equal(fix_scan(&s, NULL, 0, &m), 0);
	assert_int_equal(s.why, FIX_G_NONE);
}

static void
every_reason_has_a_name(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < FIX_N_GARBLED; i++)
		assert_true(strlen(fix_garbled_name((enum fix_garbled)i)) > 0);
	assert_string_equal(
	    fix_garbled_name((enum fix_garbled)FIX_N_GARBLED), "unknown");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_message_is_taken_with_all_its_fields),
		cmocka_unit_test(messages_come_out_one_a_call),
		cmocka_unit_test(nothing_is_decided_before_the_last_byte),
		cmocka_unit_test(bodylength_may_have_leading_zeros),
		cmocka_unit_test(every_begin_string_of_the_form_is_taken),
		cmocka_unit_test(another_begin_string_is_garbage),
		cmocka_unit_test(bytes_before_beginstring_are_skipped),
		cmocka_unit_test(
		    msgtype_that_is_not_third_is_garbage_to_its_end),
		cmocka_unit_test(bodylength_that_is_not_second_is_garbage),
		cmocka_unit_test(bodylength_that_is_no_number_is_garbage),
		cmocka_unit_test(bodylength_too_short_costs_that_message_only),
		cmocka_unit_test(
		    bodylength_too_long_costs_the_message_behind_as_well),
		cmocka_unit_test(
		    bodylength_to_where_the_next_begins_costs_one_message),
		cmocka_unit_test(
		    bodylength_too_short_is_known_when_its_end_has_come),
		cmocka_unit_test(
		    bodylength_is_followed_and_no_trailer_is_looked_for),
		cmocka_unit_test(checksum_that_is_wrong_is_garbage),
		cmocka_unit_test(
		    trailer_of_another_length_is_garbage_to_its_end),
		cmocka_unit_test(
		    trailer_without_soh_does_not_cost_the_next_message),
		cmocka_unit_test(field_behind_the_trailer_is_skipped),
		cmocka_unit_test(
		    message_of_exactly_the_cap_is_taken_and_one_byte_more_is_not),
		cmocka_unit_test(bodylength_beyond_every_integer_is_too_big),
		cmocka_unit_test(beginning_counts_only_where_a_field_may_begin),
		cmocka_unit_test(
		    garbage_is_reported_at_once_and_never_piles_up),
		cmocka_unit_test(any_sum_is_taken_where_sums_are_not_checked),
		cmocka_unit_test(nothing_in_gives_nothing_out),
		cmocka_unit_test(every_reason_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
