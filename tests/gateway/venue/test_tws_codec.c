/*
 * Messages of the TWS API, to the byte: what other people's clients sent, and
 * what the reference says that a server sends, is taken apart and written
 * again; what we write from our own defaults is what they do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/venue/tws_codec.h"
#include "session/tz.h"

#define LINE_MAX_BYTES 2048

static size_t n_frames;

/* "|" for NUL, behind the length. @return bytes on the wire */
static size_t
frame_of(const char *text, uint8_t *out)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++)
		out[4 + i] = text[i] == '|' ? 0 : (uint8_t)text[i];
	out[0] = out[1] = 0;
	out[2] = (uint8_t)(n >> 8);
	out[3] = (uint8_t)n;
	return n + 4;
}

static struct tws_msg
read_frame(const uint8_t *in, size_t n, enum tws_way way, unsigned version)
{
	struct fix_span payload;
	struct tws_msg m;

	assert_int_equal(tws_frame(in, n, &payload), n);
	assert_int_equal(tws_decode(&m, way, version, payload), 0);
	return m;
}

static struct tws_msg
read_text(const char *text, enum tws_way way, unsigned version, uint8_t *in)
{
	return read_frame(in, frame_of(text, in), way, version);
}

static void
there_and_back(const char *text, size_t wire, enum tws_way way,
    unsigned version)
{
	uint8_t in[LINE_MAX_BYTES], out[LINE_MAX_BYTES];
	size_t n = frame_of(text, in);
	struct tws_msg m = read_frame(in, n, way, version);

	assert_int_equal(n, wire);
	assert_int_equal(m.missing, 0);
	assert_int_equal(m.extra, 0);
	if (tws_odd_field(&m) >= 0)
		fail_msg("%s %s does not read in %s", tws_kind_name(m.kind),
		    tws_field_name(m.kind, (unsigned)tws_odd_field(&m)), text);
	assert_int_equal(tws_encode(out, sizeof(out), &m, NULL), n);
	assert_memory_equal(in, out, n);
	n_frames++;
}

static void
each_golden_frame_is_read_and_written_again(void **state)
{
	const char *top = getenv("TOP_SRCDIR");
	char path[4096], line[LINE_MAX_BYTES], versions[64], way;
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path), "%s/tests/gateway/venue/tws_frames.txt",
	    top == NULL ? "." : top);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		size_t wire;
		int at;

		if (line[0] == '#')
			continue;
		line[strcspn(line, "\n")] = '\0';
		assert_int_equal(sscanf(line, "%63s %c %zu %n", versions, &way,
		    &wire, &at), 3);
		for (char *p = versions, *v; (v = strtok(p, ",")) != NULL;
		     p = NULL)
			there_and_back(line + at, wire,
			    way == '>' ? TWS_TO_SERVER : TWS_FROM_SERVER,
			    (unsigned)strtoul(v, NULL, 10));
	}
	fclose(f);
	assert_true(n_frames > 250);
}

static void
same_bytes(const struct tws_msg *m, const char *text)
{
	uint8_t want[LINE_MAX_BYTES], got[LINE_MAX_BYTES];
	size_t n = frame_of(text, want);

	assert_int_equal(tws_encode(got, sizeof(got), m, NULL), n);
	assert_memory_equal(want, got, n);
}

/* Reference 19.10 and 19.4: BUY 100 AAPL at 185.5. */
static void
an_order(struct tws_msg *m, unsigned version)
{
	tws_begin(m, TWS_PLACE_ORDER, version);
	tws_set_int(m, TWS_PO_ORDER_ID, 1);
	tws_set_str(m, TWS_PO_SYMBOL, "AAPL");
	tws_set_str(m, TWS_PO_SEC_TYPE, "STK");
	tws_set_str(m, TWS_PO_EXCHANGE, "SMART");
	tws_set_str(m, TWS_PO_CURRENCY, "USD");
	tws_set_str(m, TWS_PO_ACTION, "BUY");
	tws_set_e8(m, TWS_PO_TOTAL_QUANTITY, 100 * FIX_E8);
	tws_set_str(m, TWS_PO_ORDER_TYPE, "LMT");
	tws_set_e8(m, TWS_PO_LMT_PRICE, 1855 * FIX_E8 / 10);
	tws_set_str(m, TWS_PO_ACCOUNT, "DU1234567");
	tws_set_str(m, TWS_PO_ORDER_REF, "FIX-0001");
}

#define MAXD "1.7976931348623157E308|"
#define FIVE MAXD MAXD MAXD MAXD MAXD

static void
an_order_is_written_as_other_clients_do(void **state)
{
	struct tws_msg m;

	(void)state;
	an_order(&m, 193);
	tws_set_int(&m, TWS_PO_CON_ID, 265598);
	tws_set_str(&m, TWS_PO_PRIMARY_EXCH, "NASDAQ");
	same_bytes(&m, "3|1|265598|AAPL|STK||0.0|||SMART|NASDAQ|USD|||||BUY|"
		       "100|LMT|185.5||DAY||DU1234567||0|FIX-0001|1|0|0|0|0|0|"
		       "0|0||0|||||||0||-1|0|||0|||0|0||0||||||0|||||0||||||||"
		       "|||0|||0|0|||0||0|0|0|0||" FIVE
		       "0|||||||||0|0|0||2147483647|2147483647|0||||0|0|"
		       "2147483647|");
	/* The official client gives three fields the "unset" of doubles and
	 * ints in their place. */
	an_order(&m, 176);
	tws_set_str(&m, TWS_PO_DISCRETIONARY_AMT, "1.7976931348623157E308");
	tws_set_str(&m, TWS_PO_VOLATILITY_TYPE, "2147483647");
	tws_set_str(&m, TWS_PO_REFERENCE_PRICE_TYPE, "2147483647");
	same_bytes(&m, "3|1|0|AAPL|STK||0.0|||SMART||USD|||||BUY|100|LMT|"
		       "185.5||DAY||DU1234567||0|FIX-0001|1|0|0|0|0|0|0|0||"
		       MAXD "|||||||0||-1|0|||0|||0|0||0||||||0||2147483647|||"
		       "0|2147483647||||||||||0|||0|0|||0||0|0|0|0||" FIVE
		       "0|||||||||0|0|0||2147483647|2147483647|0|||");
}

static size_t
fields_of(const struct tws_msg *m)
{
	uint8_t out[LINE_MAX_BYTES];
	ssize_t n = tws_encode(out, sizeof(out), m, NULL);
	size_t fields = 0;

	assert_true(n > 4);
	for (ssize_t i = 4; i < n; i++)
		fields += out[i] == 0;
	return fields;
}

/* Reference 8.1, 11.2, appendix A: how many fields each version has. */
static void
each_version_has_its_fields(void **state)
{
	static const struct {
		unsigned version, place, open;
	} counts[] = { { 176, 115, 136 }, { 177, 114, 135 }, { 183, 115, 136 },
		{ 184, 116, 137 }, { 185, 116, 138 }, { 187, 118, 138 },
		{ 188, 118, 138 }, { 189, 119, 139 }, { 190, 117, 139 },
		{ 191, 117, 139 }, { 192, 118, 139 }, { 193, 118, 141 } };
	struct tws_msg m;

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		an_order(&m, counts[i].version);
		assert_int_equal(fields_of(&m), counts[i].place);
		tws_begin(&m, TWS_OPEN_ORDER, counts[i].version);
		tws_set_str(&m, TWS_OO_DN_ORDER_TYPE, "None");
		assert_int_equal(fields_of(&m), counts[i].open);
	}
}

/* Reference 10: a cancel of another version's layout is ignored in silence. */
static void
a_cancel_has_the_versions_layout(void **state)
{
	static const struct {
		unsigned version;
		const char *text;
	} cases[] = { { 176, "4|1|7||" }, { 187, "4|1|7||||2147483647|" },
		{ 188, "4|1|7||||2147483647|" },
		{ 189, "4|1|7||||2147483647|" }, { 190, "4|1|7||" },
		{ 191, "4|1|7||" }, { 192, "4|7|||2147483647|" },
		{ 193, "4|7|||2147483647|" } };
	struct tws_msg m;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		tws_begin(&m, TWS_CANCEL_ORDER, cases[i].version);
		tws_set_int(&m, TWS_XO_ORDER_ID, 7);
		same_bytes(&m, cases[i].text);
	}
}

static void
a_shorter_or_longer_message_says_so(void **state)
{
	uint8_t in[LINE_MAX_BYTES];
	struct tws_msg m = read_text("3|1|Submitted|0|100|", TWS_FROM_SERVER,
	    193, in);

	(void)state;
	assert_int_equal(m.missing, 7);
	assert_null(tws_get(&m, TWS_OS_PERM_ID).p);
	m = read_text("53|1|more||", TWS_FROM_SERVER, 193, in);
	assert_int_equal(m.missing, 0);
	assert_int_equal(m.extra, 6);
}

static int
refused(const char *text, enum tws_way way)
{
	uint8_t in[LINE_MAX_BYTES];
	struct fix_span payload = { in + 4, frame_of(text, in) - 4 };
	struct tws_msg m;

	return tws_decode(&m, way, 193, payload);
}

static void
bad_payloads_are_refused(void **state)
{
	(void)state;
	assert_int_equal(refused("3|1", TWS_FROM_SERVER), -FIX_E_FORMAT);
	assert_int_equal(refused("x|1|", TWS_FROM_SERVER), -FIX_E_FORMAT);
	assert_int_equal(refused("|", TWS_FROM_SERVER), -FIX_E_FORMAT);
	assert_int_equal(refused("77|1|", TWS_FROM_SERVER), -FIX_E_NOTFOUND);
	assert_int_equal(refused("93|26|2|0|0.01|", TWS_FROM_SERVER),
	    -FIX_E_FORMAT);
	assert_int_equal(refused("93|26|-1|", TWS_FROM_SERVER), -FIX_E_FORMAT);
	assert_int_equal(refused("93|26|1001|", TWS_FROM_SERVER),
	    -FIX_E_FORMAT);
	assert_int_equal(refused("93|26|1|0|0.01|", TWS_FROM_SERVER), 0);
}

static void
frames_are_whole_or_wait(void **state)
{
	uint8_t in[64];
	struct fix_span p;
	size_t n = frame_of("53|1|", in);

	(void)state;
	for (size_t i = 0; i < n; i++)
		assert_int_equal(tws_frame(in, i, &p), 0);
	assert_int_equal(tws_frame(in, n, &p), n);
	assert_int_equal(tws_frame(in, n + 9, &p), n);
	in[n - 1] = 'x';
	assert_int_equal(tws_frame(in, n, &p), -FIX_E_FORMAT);
	assert_int_equal(tws_frame((const uint8_t *)"\0\0\0\0", 4, &p),
	    -FIX_E_FORMAT);
	assert_int_equal(tws_frame((const uint8_t *)"\1\0\0\0", 4, &p),
	    -FIX_E_TOOBIG);
}

static void
what_cannot_be_sent_is_refused(void **state)
{
	uint8_t out[LINE_MAX_BYTES];
	const char *bad = NULL;
	struct tws_msg m;

	(void)state;
	an_order(&m, 193);
	for (size_t cap = 0; cap < 300; cap += 11)
		assert_int_equal(tws_encode(out, cap, &m, NULL), -FIX_E_SPACE);
	tws_set(&m, TWS_PO_ORDER_REF, (struct fix_span){
	    (const uint8_t *)"a\0b", 3 });
	assert_int_equal(tws_encode(out, sizeof(out), &m, &bad), -FIX_E_RANGE);
	assert_string_equal(bad, "ORDER_REF");
	tws_set_str(&m, TWS_PO_ORDER_REF, "caf\xc3\xa9");
	assert_int_equal(tws_encode(out, sizeof(out), &m, NULL), -FIX_E_RANGE);
	tws_set_str(&m, TWS_PO_ORDER_REF, "x");
	tws_set_str(&m, TWS_PO_CONDITIONS, "1");
	assert_int_equal(tws_encode(out, sizeof(out), &m, &bad), -FIX_E_RANGE);
	assert_string_equal(bad, "CONDITIONS");
}

static void
the_handshake(void **state)
{
	uint8_t out[32];
	struct fix_span t;
	unsigned v;

	(void)state;
	assert_int_equal(tws_write_hello(out, sizeof(out)), 17);
	assert_memory_equal(out, "API\0\0\0\0\tv176..193", 17);
	assert_int_equal(tws_write_hello(out, 16), -FIX_E_SPACE);
	assert_int_equal(tws_read_hello((struct fix_span){
	    (const uint8_t *)"188\0now", 8 }, &v, &t), 0);
	assert_int_equal(v, 188);
	assert_true(fix_span_is(t, "now"));
	assert_int_equal(tws_read_hello((struct fix_span){
	    (const uint8_t *)"201\0now", 8 }, &v, &t), -FIX_E_RANGE);
	assert_int_equal(v, 201);
	assert_int_equal(tws_read_hello((struct fix_span){
	    (const uint8_t *)"-1\0host", 8 }, &v, &t), -FIX_E_RANGE);
	assert_int_equal(tws_read_hello((struct fix_span){
	    (const uint8_t *)"188", 4 }, &v, &t), -FIX_E_FORMAT);
}

static void
numbers_are_exact(void **state)
{
	static const struct {
		const char *text;
		int rc;
		int64_t e8;
	} cases[] = { { "185.5", 1, 18550000000 }, { "", 0, 0 },
		{ "0.0", 1, 0 }, { "189.96200000000002", 1, 18996200000 },
		{ "189.96199999999999", 1, 18996200000 },
		{ "1.0E-5", 1, 1000 }, { "1.5E7", 1, 1500000000000000 },
		{ "1.25e+2", 1, 12500000000 }, { "-0.015", 1, -1500000 },
		{ "-1.5E-9", 1, 0 }, { "5E-9", 1, 1 }, { "-5E-9", 1, -1 },
		{ "1.7976931348623157E308", 0, 0 },
		{ "1.7976931348623157e+308", 0, 0 },
		{ "Infinity", -FIX_E_RANGE, 0 }, { "1E300", -FIX_E_RANGE, 0 },
		{ "1E", -FIX_E_FORMAT, 0 }, { "E5", -FIX_E_FORMAT, 0 },
		{ "1E99999", -FIX_E_FORMAT, 0 }, { "x", -FIX_E_FORMAT, 0 },
		{ "1,000", -FIX_E_FORMAT, 0 }, { "2147483647", 1,
		    214748364700000000 } };
	int64_t v;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(tws_price_e8(fix_span_of(cases[i].text), &v),
		    cases[i].rc);
		assert_int_equal(v, cases[i].e8);
	}
	assert_int_equal(tws_qty_e8(fix_span_of("1,000.5"), &v), 1);
	assert_int_equal(v, 100050000000);
	assert_int_equal(tws_qty_e8(fix_span_of("2147483647"), &v), 0);
	assert_int_equal(tws_qty_e8(fix_span_of("-9223372036854775808"), &v), 0);
	assert_int_equal(tws_read_int(fix_span_of("2147483647"), &v), 0);
	assert_int_equal(tws_read_int(fix_span_of("2147483648"), &v),
	    -FIX_E_RANGE);
	assert_int_equal(tws_read_i64(fix_span_of("2147483648"), &v), 1);
	assert_int_equal(v, 2147483648);
	assert_int_equal(tws_read_i64(fix_span_of("9223372036854775807"), &v),
	    0);
}

static void
times_are_utc_or_of_a_known_zone(void **state)
{
	struct fix_utc t;
	char text[TWS_TIME_BYTES];

	(void)state;
	assert_int_equal(tws_read_time(fix_span_of("20231116-16:47:50"), NULL,
	    "", &t), 1);
	assert_int_equal(t.ns / FIX_SEC, 1700153270);
	tws_write_time(text, t);
	assert_string_equal(text, "20231116-16:47:50");
	assert_int_equal(tws_read_time(fix_span_of("20231116 16:47:50 GMT"),
	    NULL, "GMT", &t), 1);
	assert_int_equal(t.ns / FIX_SEC, 1700153270);
	assert_int_equal(tws_read_time(fix_span_of("20231116 16:47:50 GMT"),
	    NULL, "US/Eastern", &t), 0);
	assert_int_equal(tws_read_time(fix_span_of("20231116 16:47:50"), NULL,
	    "", &t), 0);
	assert_int_equal(tws_read_time(fix_span_of("20231116"), NULL, "", &t),
	    -FIX_E_FORMAT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_golden_frame_is_read_and_written_again),
		cmocka_unit_test(an_order_is_written_as_other_clients_do),
		cmocka_unit_test(each_version_has_its_fields),
		cmocka_unit_test(a_cancel_has_the_versions_layout),
		cmocka_unit_test(a_shorter_or_longer_message_says_so),
		cmocka_unit_test(bad_payloads_are_refused),
		cmocka_unit_test(frames_are_whole_or_wait),
		cmocka_unit_test(what_cannot_be_sent_is_refused),
		cmocka_unit_test(the_handshake),
		cmocka_unit_test(numbers_are_exact),
		cmocka_unit_test(times_are_utc_or_of_a_known_zone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
