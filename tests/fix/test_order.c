/*
 * Requests and reports: read from a message, written, and the same again.
 *
 * In: every kind with every field; each typed field with a value that is not of
 * its type, which must be named.
 */
#include "tests/fix/text.h"

#include "fix/order.h"

static uint8_t in_buf[2048];
static struct fix_field fields[128];

static struct fix_msg
message(const uint8_t *p, size_t n)
{
	struct fix_msg m = { .fields = fields, .cap = 128 };
	struct fix_scan s = { .max_bytes = sizeof(in_buf) };

	assert_int_equal(fix_scan(&s, p, n, &m), n);
	assert_int_equal(s.why, FIX_G_NONE);
	return m;
}

static struct fix_msg
text_message(const char *body)
{
	return message(in_buf, whole(in_buf, "FIX.4.4", body));
}

/* A body written by fn, as text without 35= and with '|' for SOH. */
static const char *
body_text(struct fix_build *b)
{
	static char text[2048];
	size_t i, n = 0;

	assert_true(fix_build_end(b, fix_span_of("FIX.4.4")) > 0);
	for (i = FIX_BUILD_ROOM; i < b->len - 7; i++)
		text[n++] = b->buf[i] == 1 ? '|' : (char)b->buf[i];
	text[n] = '\0';
	return text;
}

/* Read a request and write it: the same bytes must come out. */
static void
order_returns(const char *body)
{
	static uint8_t out[2048];
	struct fix_msg m = text_message(body);
	struct fix_build b;
	struct fix_order o;
	uint32_t bad;

	assert_int_equal(fix_order_read(&o, &m, &bad), 0);
	assert_int_equal(bad, 0);
	assert_int_equal(o.kind, body[3]);
	fix_build_start(&b, out, sizeof(out), fix_msg_type(&m));
	fix_order_write(&b, &o);
	assert_string_equal(body_text(&b), body);
}

static void
exec_returns(const char *body)
{
	static uint8_t out[2048];
	struct fix_msg m = text_message(body);
	struct fix_build b;
	struct fix_exec e;
	uint32_t bad;

	assert_int_equal(fix_exec_read(&e, &m, &bad), 0);
	assert_int_equal(e.kind, body[3]);
	if (strstr(body, "|38=") == NULL)
		e.order_qty_e8 = -1;
	fix_build_start(&b, out, sizeof(out), fix_msg_type(&m));
	fix_exec_write(&b, &e);
	assert_string_equal(body_text(&b), body);
}

static void
every_request_comes_back_as_it_was(void **state)
{
	(void)state;
	order_returns("35=D|11=ID|1=ACC|21=3|18=G|110=10|111=100|100=XNAS|"
		      "55=CSCO|207=N|54=1|60=20250314-14:30:15.123456|"
		      "38=500.00|152=1000.5|40=2|44=296.380|99=-0.5|15=USD|"
		      "59=6|432=20250401|126=20250401-00:00:00|58=hello|");
	order_returns("35=F|37=V1|41=ID|11=ID2|55=CSCO|54=1|"
		      "60=20250314-14:30:15|38=500|");
	order_returns("35=G|37=V1|41=ID|11=ID3|21=1|55=CSCO|54=2|"
		      "60=20161231-23:59:60.000|38=100|40=1|");
	order_returns("35=D|11=ID|77=C|18=a|1138=10|55=CSCO|54=1|40=P|59=6|"
		      "168=20250314-14:30:15.123|126=20250401-00:00:00|211=-0.5|"
		      "836=1|1094=10|");
	order_returns("35=H|37=V1|11=ID|790=q1|55=CSCO|54=1|");
	order_returns("35=D|");
}

static void
every_report_comes_back_as_it_was(void **state)
{
	(void)state;
	exec_returns(
	    "35=8|37=V1|11=ID2|41=ID|790=q1|17=E1|20=0|19=E0|150=F|"
	    "39=1|103=0|378=8|1=ACC|55=CSCO|54=1|38=500|40=2|44=187.25|"
	    "99=190|59=0|32=100|31=187.24999999|30=XNAS|151=400|14=100|"
	    "6=187.250|424=500|425=100|426=187.25|"
	    "60=20250314-14:30:15.123|58=fill|");
	exec_returns("35=8|37=V1|17=E1|150=0|39=0|55=CSCO|54=1|38=5|151=5|14=0|"
		     "6=0|");
	exec_returns("35=8|37=V1|17=E1|150=0|39=0|55=CSCO|54=1|151=5|14=0|6=0|"
		     "18=a|77=O|152=1000|211=-0.5|836=1|1094=8|"
		     "168=20250314-14:30:15.123|126=20250401-00:00:00.000|"
		     "110=1|111=2|12=0.25|13=3|479=USD|");
	exec_returns("35=9|37=NONE|11=ID2|41=ID|39=8|434=1|102=1|"
		     "60=20250314-14:30:15.123|58=unknown|");
}

static void
fields_are_read_as_their_types(void **state)
{
	struct fix_msg m = text_message(
	    "35=D|97=Y|11=ID|55=CSCO|54=1|60=20250314-14:30:15.5|38=500.50|"
	    "40=2|44=296.38|59=1|");
	struct fix_order o;
	uint32_t bad;

	(void)state;
	assert_int_equal(fix_order_read(&o, &m, &bad), 0);
	assert_true(o.poss_resend);
	assert_true(fix_span_is(o.cl_ord_id, "ID"));
	assert_ptr_equal(o.cl_ord_id.p, m.bytes + m.fields[4].off);
	assert_int_equal(o.side, '1');
	assert_int_equal(o.ord_type, '2');
	assert_int_equal(o.time_in_force, '1');
	assert_int_equal(o.handl_inst, '\0');
	assert_int_equal(
	    o.has, FIX_OH_ORDER_QTY | FIX_OH_PRICE | FIX_OH_TRANSACT_TIME);
	assert_int_equal(o.order_qty.mant, 50050);
	assert_int_equal(o.order_qty.exp, -2);
	assert_int_equal(o.transact_time.digits, 1);
	assert_int_equal(o.account.len, 0);
}

static void
of_a_tag_that_comes_twice_the_first_counts(void **state)
{
	struct fix_msg m = text_message("35=D|11=A|54=1|11=B|54=x2|1000=3|");
	struct fix_order o;
	uint32_t bad;

	(void)state;
	assert_int_equal(fix_order_read(&o, &m, &bad), 0);
	assert_true(fix_span_is(o.cl_ord_id, "A"));
	assert_int_equal(o.side, '1');
}

static void
value_of_another_type_is_named(void **state)
{
	static const struct {
		const char *body;
		uint32_t tag;
		enum fix_err why;
	} bad[] = { { "35=D|11=|", 11, FIX_E_FORMAT },
		{ "35=D|54=12|", 54, FIX_E_FORMAT },
		{ "35=D|54=|", 54, FIX_E_FORMAT },
		{ "35=D|38=+200.00|", 38, FIX_E_FORMAT },
		{ "35=D|38=1234567890123456789|", 38, FIX_E_RANGE },
		{ "35=D|44=1e5|", 44, FIX_E_FORMAT },
		{ "35=D|99=|", 99, FIX_E_FORMAT },
		{ "35=D|110=x|", 110, FIX_E_FORMAT },
		{ "35=D|111=x|", 111, FIX_E_FORMAT },
		{ "35=D|152=x|", 152, FIX_E_FORMAT },
		{ "35=D|60=20250314|", 60, FIX_E_FORMAT },
		{ "35=D|60=20250332-00:00:00|", 60, FIX_E_RANGE },
		{ "35=D|126=x|", 126, FIX_E_FORMAT },
		{ "35=D|97=X|", 97, FIX_E_FORMAT },
		{ "35=D|97=|", 97, FIX_E_FORMAT } };
	struct fix_order o;
	struct fix_msg m;
	uint32_t tag;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		m = text_message(bad[i].body);
		assert_int_equal(
		    fix_order_read(&o, &m, &tag), -(int)bad[i].why);
		assert_int_equal(tag, bad[i].tag);
	}
}

static void
value_of_a_report_of_another_type_is_named(void **state)
{
	static const struct {
		const char *body;
		uint32_t tag;
		enum fix_err why;
	} bad[] = { { "35=8|17=|", 17, FIX_E_FORMAT },
		{ "35=8|150=FF|", 150, FIX_E_FORMAT },
		{ "35=8|103=1.5|", 103, FIX_E_FORMAT },
		{ "35=8|38=x|", 38, FIX_E_FORMAT },
		{ "35=8|32=0.000000001|", 32, FIX_E_RANGE },
		{ "35=8|14=99999999999999999|", 14, FIX_E_RANGE },
		{ "35=8|6=x|", 6, FIX_E_FORMAT },
		{ "35=8|60=x|", 60, FIX_E_FORMAT },
		{ "35=9|102=x|", 102, FIX_E_FORMAT } };
	struct fix_exec e;
	struct fix_msg m;
	uint32_t tag;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		m = text_message(bad[i].body);
		assert_int_equal(fix_exec_read(&e, &m, &tag), -(int)bad[i].why);
		assert_int_equal(tag, bad[i].tag);
	}
}

static void
message_of_another_kind_is_not_read(void **state)
{
	static const char *const other[] = { "35=0|", "35=AE|", "35=DD|",
		"35=|", "35=d|" };
	struct fix_order o;
	struct fix_exec e;
	struct fix_msg m;
	uint32_t tag = 7;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		m = text_message(other[i]);
		assert_int_equal(fix_order_read(&o, &m, &tag), -FIX_E_NOTFOUND);
		assert_int_equal(fix_exec_read(&e, &m, &tag), -FIX_E_NOTFOUND);
		assert_int_equal(tag, 0);
	}
	m = text_message("35=8|");
	assert_int_equal(fix_order_read(&o, &m, &tag), -FIX_E_NOTFOUND);
	m = text_message("35=D|");
	assert_int_equal(fix_exec_read(&e, &m, &tag), -FIX_E_NOTFOUND);
	in_buf[m.fields[2].off] = 0; /* a NUL ends no list of kinds */
	assert_int_equal(fix_order_read(&o, &m, &tag), -FIX_E_NOTFOUND);
}

/* What stands for several fields is there only if all are. */
static void
figures_that_are_half_there_are_not_there(void **state)
{
	static const struct {
		const char *body;
		uint32_t has;
	} some[] = { { "35=8|32=1|", 0 }, { "35=8|31=1|", 0 },
		{ "35=8|32=1|31=2|", FIX_EH_LAST },
		{ "35=8|38=1|151=1|14=1|", 0 }, { "35=8|38=1|", 0 },
		{ "35=8|151=1|14=1|6=1|", FIX_EH_QTYS },
		{ "35=8|151=1|14=1|6=1|38=2|", FIX_EH_QTYS },
		{ "35=8|424=1|425=1|", 0 },
		{ "35=8|424=1|425=1|426=1|", FIX_EH_DAY },
		{ "35=8|44=1|", FIX_EH_PRICE },
		{ "35=8|99=1|", FIX_EH_STOP_PX },
		{ "35=8|103=1|", FIX_EH_ORD_REJ_REASON },
		{ "35=9|102=1|", FIX_EH_CXL_REJ_REASON },
		{ "35=8|378=1|", FIX_EH_RESTATEMENT },
		{ "35=8|60=20250101-00:00:00|", FIX_EH_TRANSACT_TIME },
		{ "35=8|12=0.1|", FIX_EH_COMMISSION },
		/* no execution is lost for one of these */
		{ "35=8|12=0.123456789|110=x|126=x|32=1|31=2|", FIX_EH_LAST } };
	struct fix_exec e;
	struct fix_msg m;
	uint32_t tag;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
		m = text_message(some[i].body);
		assert_int_equal(fix_exec_read(&e, &m, &tag), 0);
		assert_int_equal(e.has, some[i].has);
	}
}

/* A report that surely fits is written another way than one that may not. */
static void
report_is_the_same_whatever_room_there_is(void **state)
{
	static uint8_t out[2048];
	static char want[2048];
	struct fix_msg m = text_message(
	    "35=8|37=V1|11=ID2|17=E1|150=F|39=1|103=0|1=ACC|55=CSCO|54=1|"
	    "38=500|40=2|44=187.25|32=100|31=187.24999999|151=400|14=100|"
	    "6=187.250|60=20250314-14:30:15.123|58=a longer text|"
	    "18=6|77=C|152=1000|211=0.5|836=0|1094=8|168=20250314-14:30:15.123|"
	    "126=20250315-14:30:15.123|110=5|111=10|12=0.1|13=3|479=USD|");
	size_t cap, fitted = 0;
	struct fix_build b;
	struct fix_exec e;
	uint32_t bad;

	(void)state;
	assert_int_equal(fix_exec_read(&e, &m, &bad), 0);
	fix_build_start(&b, out, sizeof(out), fix_msg_type(&m));
	fix_exec_write(&b, &e);
	strcpy(want, body_text(&b));
	for (cap = 64; cap < sizeof(out); cap++) {
		memset(out, 'x', sizeof(out));
		fix_build_start(&b, out, cap, fix_msg_type(&m));
		fix_exec_write(&b, &e);
		for (size_t i = cap; i < sizeof(out); i++)
			assert_int_equal(out[i], 'x');
		if (b.err == 0 && b.cap - b.len >= 7) {
			assert_string_equal(body_text(&b), want);
			fitted++;
		} else if (b.err != 0) {
			assert_int_equal(b.err, -FIX_E_SPACE);
		}
	}
	assert_true(fitted > 1500);
}

static void
report_with_a_value_that_may_not_stand_is_no_message(void **state)
{
	static uint8_t out[2048];
	const struct fix_exec bad[] = {
		{ .kind = '8', .text = fix_span_of("short\001") },
		{ .kind = '8', .text = fix_span_of("a longer \001 text") },
		{ .kind = '8', .side = '\001' },
		{ .kind = '8',
		    .has = FIX_EH_QTYS,
		    .avg_px = { .mant = 1, .exp = 99 } },
	};
	struct fix_build b;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		fix_build_start(&b, out, sizeof(out), fix_span_of("8"));
		fix_exec_write(&b, &bad[i]);
		assert_int_equal(
		    fix_build_end(&b, fix_span_of("FIX.4.4")), -FIX_E_FORMAT);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_request_comes_back_as_it_was),
		cmocka_unit_test(every_report_comes_back_as_it_was),
		cmocka_unit_test(fields_are_read_as_their_types),
		cmocka_unit_test(of_a_tag_that_comes_twice_the_first_counts),
		cmocka_unit_test(value_of_another_type_is_named),
		cmocka_unit_test(value_of_a_report_of_another_type_is_named),
		cmocka_unit_test(message_of_another_kind_is_not_read),
		cmocka_unit_test(figures_that_are_half_there_are_not_there),
		cmocka_unit_test(report_is_the_same_whatever_room_there_is),
		cmocka_unit_test(
		    report_with_a_value_that_may_not_stand_is_no_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
