/*
 * A venue's FIX as events, and orders as FIX: FIX volume 4, order state changes,
 * in the values of 4.2 and of 4.4. Messages are written with '|'.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fix/build.h"
#include "fix/scan.h"
#include "gateway/venue/fix.h"

#define CAP 64u
#define NOW 1764000000

static struct fix_field fields[CAP];
static uint8_t bytes[4096];
static const char *says_names[] = { "event", "nothing", "notice", "ask" };

/* "11=X|150=0" as a message. */
static struct fix_msg
message(const char *type, const char *text)
{
	struct fix_msg m = { .fields = fields, .cap = CAP };
	struct fix_build b;
	char body[1024];
	size_t n = strlen(text);
	ssize_t len;

	memcpy(body, text, n + 1);
	for (size_t i = 0; i < n; i++)
		if (body[i] == '|')
			body[i] = 1;
	body[n++] = 1;
	fix_build_start(&b, bytes, sizeof(bytes), fix_span_of(type));
	fix_build_raw(&b, (struct fix_span){ (uint8_t *)body, n });
	len = fix_build_end(&b, fix_span_of("FIX.4.4"));
	assert_true(len > 0);
	assert_int_equal(fix_split(bytes + b.begin, (size_t)len, &m), 0);
	return m;
}

static struct venue_fix_said
read_as(const char *type, const char *text, int64_t cum_e8, const char *want)
{
	static char got[128];
	struct venue_fix_said s;
	struct fix_msg m = message(type, text);
	enum venue_fix_says says = venue_fix_read(&m, cum_e8, &s);

	snprintf(got, sizeof(got), "%s",
	    says == VENUE_FIX_EVENT ? venue_event_name(s.e.kind)
				    : says_names[says]);
	if (strcmp(got, want) != 0)
		fail_msg("%s is '%s', not '%s'", text, got, want);
	return s;
}

static const struct {
	const char *text, *want;
	int cum; /* ours so far, -1: not known */
} rows[] = {
	/* 4.2: ExecTransType(20) says what for, fills are 1 or 2 */
	{ "20=0|150=0|39=0", "ack", 0 },
	{ "20=0|150=1|39=1|32=10|31=5|14=10", "fill", 0 },
	{ "20=0|150=2|39=2|32=90|31=5|14=100", "fill", 10 },
	{ "20=0|150=1|39=6|32=10|31=5|14=60", "fill", 50 },
	{ "20=0|150=1|39=4|32=40|31=5|14=40", "fill", 0 },
	{ "20=0|150=1|39=7|32=10|31=5|14=0", "stopped", 0 },
	{ "20=0|150=1|39=7|32=10|31=5|14=20", "stopped", 20 },
	{ "20=0|150=1|39=7|32=10|31=5|14=10", "fill", 0 },
	{ "20=1|150=1|39=1|32=0|31=0|14=90|19=C", "bust", 100 },
	{ "20=2|150=2|39=2|32=90|31=5|14=100|19=D", "correct", 100 },
	{ "20=3|150=0|39=0|14=0", "status", 0 },
	{ "20=3|150=8|39=8|103=5|37=NONE|38=0|14=0", "unknown", 0 },
	{ "20=3|150=8|39=8|103=0|37=V1|14=0", "status", 0 },
	{ "20=0|150=5|39=5|38=110", "replaced", 0 },
	/* 4.3 and later: ExecType(150) alone */
	{ "150=F|39=1|32=10|31=5|14=10", "fill", 0 },
	{ "150=F|39=4|32=10|31=5|14=10", "fill", 0 },
	{ "150=H|39=1|19=C|14=90", "bust", 100 },
	{ "150=G|39=1|19=C|32=5|31=6|14=95", "correct", 100 },
	{ "150=I|39=1|14=10", "status", 10 },
	{ "150=I|39=8|37=NONE|14=0", "unknown", 0 },
	{ "150=I|39=8|37=V1|103=1|14=0", "status", 0 },
	{ "150=L|39=0", "triggered", 0 },
	/* both */
	{ "150=3|39=3", "done for day", 0 },
	{ "150=4|39=4", "canceled", 0 },
	{ "150=5|39=0|38=110", "replaced", 0 },
	{ "150=6|39=6", "nothing", 0 },
	{ "150=E|39=E", "nothing", 0 },
	{ "150=A|39=A", "nothing", 0 },
	{ "150=B|39=B", "nothing", 0 },
	{ "150=7|39=7|32=10|31=5", "stopped", 0 },
	{ "150=8|39=8|103=3", "reject", 0 },
	{ "150=9|39=9", "notice", 0 },
	{ "150=C|39=C", "expired", 0 },
	{ "150=D|39=0|38=110|378=2", "restated", 0 },
	{ "150=~|39=0", "notice", 0 },
	{ "39=0", "notice", 0 },
	/* An execution with a fault is one all the same, or is asked for. */
	{ "150=F|39=1|32=10|31=x|14=10", "fill", 0 },
	{ "150=F|39=1|32=10|14=x", "fill", 0 },
	{ "150=F|39=1|32=x|31=5|14=10", "ask", 0 },
	{ "150=F|39=1|14=10", "ask", 0 },
};

static void
each_report_is_the_event_that_it_says(void **state)
{
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text), "11=0-1-1-0|17=E1|%s",
		    rows[i].text);
		(void)read_as(
		    "8", text, rows[i].cum * FIX_E8, rows[i].want);
	}
}

/* F1 and F5: the reject of a second order with the same id does not end the
 * first, whatever its own status by then. */
static void
f5_a_duplicate_notice_is_no_reject_of_the_live_order(void **state)
{
	struct venue_fix_said s;

	(void)state;
	s = read_as("8", "11=0-1-1-0|20=0|150=8|39=1|38=100|14=10|151=90|"
	    "103=6", 0, "notice");
	assert_string_not_equal(s.note, "");
	(void)read_as("8", "11=0-1-1-0|150=8|39=4|103=6|14=0", 0, "notice");
	(void)read_as("8", "11=0-1-1-0|150=8|39=1|103=6|14=10", 0, "notice");
	/* Refused as a duplicate without a word on the first: ask. */
	(void)read_as("8", "11=0-1-1-0|150=8|39=8|103=6|14=0", 0, "ask");
}

static void
an_event_has_what_the_report_says(void **state)
{
	struct venue_fix_said s;

	(void)state;
	s = read_as("8", "37=V7|11=0-1-1-1|41=0-1-1-0|17=E9|150=5|39=1|55=AAPL|"
	    "54=2|38=120|44=10.25|99=9.5|14=11|60=20251124-16:00:00.5|58=ok",
	    11 * FIX_E8, "replaced");
	assert_string_equal(s.e.cl_ord_id, "0-1-1-1");
	assert_string_equal(s.e.orig_cl_ord_id, "0-1-1-0");
	assert_string_equal(s.e.venue_order_id, "V7");
	assert_string_equal(s.e.exec_id, "E9");
	assert_string_equal(s.e.symbol, "AAPL");
	assert_string_equal(s.e.text, "ok");
	assert_int_equal(s.e.side, '2');
	assert_int_equal(s.e.qty_e8, 120 * FIX_E8);
	assert_int_equal(s.e.price_e8, 1025 * FIX_E8 / 100);
	assert_int_equal(s.e.stop_e8, 95 * FIX_E8 / 10);
	assert_int_equal(s.e.cum_qty_e8, 11 * FIX_E8);
	assert_int_equal(s.e.when.ns, 1764000000 * FIX_SEC + FIX_SEC / 2);
	s = read_as("8", "11=0-1-1-0|150=0|39=0", 0, "ack");
	assert_null(s.e.venue_order_id);
	assert_int_equal(s.e.cum_qty_e8, -1);
	s = read_as("9", "37=NONE|11=0-1-1-1|41=0-1-1-0|39=8|102=1|434=1|"
	    "14=7", 0, "cancel reject");
	assert_int_equal(s.e.reason, 1);
	assert_int_equal(s.e.cum_qty_e8, -1);
	assert_null(s.e.venue_order_id);
}

static void
long_ids_stay_apart(void **state)
{
	char a[VENUE_ID_MAX + 1], b[VENUE_ID_MAX + 1];
	const char *text = "0123456789012345678901234567890123456789X";

	(void)state;
	assert_true(venue_fix_id(fix_span_of("E1"), a));
	assert_string_equal(a, "E1");
	assert_false(venue_fix_id(fix_span_of(text), a));
	assert_false(venue_fix_id(
	    fix_span_of("0123456789012345678901234567890123456789Y"), b));
	assert_string_not_equal(a, b);
	assert_int_equal(strlen(a), VENUE_ID_MAX);
}

static const char *
written(const struct venue_fix_cfg *cfg, char kind, const struct venue_order *o)
{
	static char text[1024];
	struct fix_now now = { { NOW * FIX_SEC }, { 1 } };
	struct fix_span type = { (const uint8_t *)&kind, 1 }, body;
	struct fix_build b;

	fix_build_start(&b, bytes, sizeof(bytes), type);
	if (venue_fix_write(cfg, kind, o, now, &b) != 0)
		return "refused";
	body = fix_build_body(&b);
	assert_true(fix_span_copy(body, text, sizeof(text)));
	for (char *p = text; *p != '\0'; p++)
		if (*p == 1)
			*p = '|';
	return text;
}

static void
orders_leave_with_the_settings_of_their_venue(void **state)
{
	struct venue_fix_cfg cfg = { .version = FIX_V_42, .handl_inst = '1' };
	struct venue_order o = { .cl_ord_id = "0-1-1-0", .orig_cl_ord_id = "",
		.venue_order_id = "", .account = "DEMO", .symbol = "AAPL",
		.side = '1', .ord_type = '2', .time_in_force = '0',
		.qty_e8 = 100 * FIX_E8, .price_e8 = 105 * FIX_E8 / 10 };

	(void)state;
	assert_string_equal(written(&cfg, 'D', &o),
	    "11=0-1-1-0|1=DEMO|21=1|55=AAPL|54=1|60=20251124-16:00:00.000|"
	    "38=100|40=2|44=10.5|59=0|");
	cfg.handl_inst = '\0';
	cfg.accounts = "OTHER:X, DEMO:HOUSE";
	cfg.exchange = "XNAS";
	cfg.destination = "N";
	cfg.fields = fix_span_of("47=A\001");
	o.orig_cl_ord_id = "0-1-1-0";
	o.cl_ord_id = "0-1-1-1";
	o.venue_order_id = "V7";
	assert_string_equal(written(&cfg, 'G', &o),
	    "37=V7|41=0-1-1-0|11=0-1-1-1|1=HOUSE|100=N|55=AAPL|207=XNAS|54=1|"
	    "60=20251124-16:00:00.000|38=100|40=2|44=10.5|59=0|47=A|");
	assert_string_equal(written(&cfg, 'F', &o),
	    "37=V7|41=0-1-1-0|11=0-1-1-1|1=HOUSE|55=AAPL|207=XNAS|54=1|"
	    "60=20251124-16:00:00.000|38=100|");
	assert_string_equal(written(&cfg, 'H', &o),
	    "37=V7|11=0-1-1-1|1=HOUSE|55=AAPL|207=XNAS|54=1|");
	o.currency = "USD";
	o.ord_type = '4';
	o.stop_e8 = 11 * FIX_E8;
	o.time_in_force = '6';
	o.expire.ns = NOW * FIX_SEC;
	cfg.accounts = "*:-";
	cfg.exchange = cfg.destination = NULL;
	cfg.fields.len = 0;
	assert_string_equal(written(&cfg, 'D', &o),
	    "11=0-1-1-1|55=AAPL|54=1|60=20251124-16:00:00.000|38=100|40=4|"
	    "44=10.5|99=11|15=USD|59=6|126=20251124-16:00:00.000|");
	cfg.accounts = "OTHER:X";
	assert_string_equal(written(&cfg, 'D', &o), "refused");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_report_is_the_event_that_it_says),
		cmocka_unit_test(
		    f5_a_duplicate_notice_is_no_reject_of_the_live_order),
		cmocka_unit_test(an_event_has_what_the_report_says),
		cmocka_unit_test(long_ids_stay_apart),
		cmocka_unit_test(orders_leave_with_the_settings_of_their_venue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
