/*
 * Orders at TWS: what is sent, what the trader is told of every answer in any
 * order, and what is refused before it is sent. Reference tws-protocol 8 to 13,
 * 18, order-state N1 to N12.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/gateway/venue/tws_rig.h"

static void
an_order_is_acknowledged_once(void **state)
{
	(void)state;
	rig_working();
	rig_status(5, "PreSubmitted", 0, "");
	rig_open_order(5, "A-1", "100", "185.5", "Submitted");
	for (int i = 0; i < 3; i++)
		rig_status(5, "Submitted", 0, "");
	rig_told("");
	rig_status(5, "Inactive", 0, "");
	rig_status(5, "Submitted", 0, "");
	rig_wait_ms(9000);
	rig_told(""); /* it was held for a moment: nothing new */
	rig_forget();
	rig_send_order("A-1", 100, 18550); /* told again: it is not sent again */
	rig_sent_are("");
	rig_told("");
}

static void
a_fill_before_its_ack(void **state)
{
	(void)state;
	rig_up();
	rig_send_order("A-1", 100, 18550);
	rig_execution(5, "A-1", "0000e0d5.69dd7401.01.01", 40, "185.5", 40);
	rig_status(5, "Submitted", 40, "");
	rig_execution(5, "A-1", "0000e0d5.69dd7401.01.01", 40, "185.5", 40);
	rig_status(5, "Filled", 100, "");
	rig_execution(5, "A-1", "0000e0d5.69dd7402.01.01", 60, "185.49", 100);
	rig_status(5, "Filled", 100, "");
	rig_told("fill A-1 40@18550 0000e0d5.69dd7401.01 -\n"
	     "fill A-1 60@18549 0000e0d5.69dd7402.01 -\n");
	rig_tws_says("59|1|0000e0d5.69dd7401.01.01|0.4|USD|0|0||");
	rig_tws_says("59|1|0000e0d5.69dd7401.01.01|0.4|USD|0|0||");
	rig_told("fee A-1 0000e0d5.69dd7401.01 40 USD\n");
	rig_ask("A-1");
	rig_told("status A-1 2 100\n");
}

/* Once for each execution, whichever comes first, and for its correction. */
static void
a_commission_is_told_once(void **state)
{
	static const char none[] = "59|1|e0.d9.01.01|1.7976931348623157E308|"
				   "USD|0|0||";

	(void)state;
	rig_working();
	rig_tws_says("59|1|e0.d7.01.01|0.5|USD|0|0||");
	rig_told("");
	rig_execution(5, "A-1", "e0.d7.01.01", 40, "185.5", 40);
	rig_tws_says("59|1|e0.d7.01.01|0.5|USD|0|0||");
	rig_told("fill A-1 40@18550 e0.d7.01 -\nfee A-1 e0.d7.01 50 USD\n");
	rig_execution(5, "A-1", "e0.d7.01.02", 30, "185.4", 30);
	rig_tws_says("59|1|e0.d7.01.02|0.4|USD|0|0||");
	rig_told("correct A-1 30@18540 e0.d7.01.02 e0.d7.01\n"
		 "fee A-1 e0.d7.01.02 40 USD\n");
	rig_execution(5, "A-1", "e0.d9.01.01", 10, "185.4", 40);
	rig_tws_says(none);
	rig_told("fill A-1 10@18540 e0.d9.01 -\n"); /* not said yet */
	rig_tws_says("59|1|e0.d9.01.01|0.1|USD|0|0||");
	rig_told("fee A-1 e0.d9.01 10 USD\n");
}

static void
a_correction_replaces(void **state)
{
	(void)state;
	rig_working();
	rig_execution(5, "A-1", "e0.d7.01.01", 40, "185.5", 40);
	rig_execution(5, "A-1", "e0.d7.01.02", 30, "185.4", 30);
	rig_execution(5, "A-1", "e0.d7.01.01", 40, "185.5", 40);
	rig_execution(5, "A-1", "e0.d7.01.02", 30, "185.4", 30);
	rig_execution(5, "A-1", "e0.d7.01.03", 35, "185.4", 35);
	rig_told("fill A-1 40@18550 e0.d7.01 -\n"
	     "correct A-1 30@18540 e0.d7.01.02 e0.d7.01\n"
	     "correct A-1 35@18540 e0.d7.01.03 e0.d7.01.02\n");
	rig_ask("A-1");
	rig_told("status A-1 1 35\n");
	/* A process that never saw the first of it. */
	rig_working();
	rig_execution(5, "A-1", "e0.d7.01.02", 30, "185.4", 30);
	rig_told("fill A-1 30@18540 e0.d7.01 -\n"
	     "correct A-1 30@18540 e0.d7.01.02 e0.d7.01\n");
}

static void
a_cancel_and_its_answers(void **state)
{
	(void)state;
	rig_working();
	assert_int_equal(rig_change('F', "A-2", "A-1", 100, 18550), 0);
	rig_sent_are("4|5|||2147483647|\n");
	rig_status(5, "PendingCancel", 0, "");
	rig_told("");
	rig_status(5, "Cancelled", 0, "");
	rig_error(5, 202, "Order Canceled - reason:");
	rig_status(5, "Cancelled", 0, "");
	rig_told("canceled A-2 A-1\n");
	rig_ask("A-1");
	rig_told("status A-1 4 0\n");
	/* 202 in front, and a fill that the status has counted behind it. */
	rig_working();
	rig_change('F', "A-2", "A-1", 100, 18550);
	rig_error(5, 202, "Order Canceled - reason:");
	rig_status(5, "Cancelled", 40, "");
	rig_told("");
	rig_execution(5, "A-1", "e0.d7.01.01", 40, "185.5", 40);
	rig_told("fill A-1 40@18550 e0.d7.01 -\ncanceled A-2 A-1\n");
	/* Nobody asked. */
	rig_working();
	rig_status(5, "Cancelled", 0, "");
	rig_told("");
	rig_error(5, 202, "Order Canceled - reason: expired");
	rig_told("canceled A-1 -\n");
	rig_working();
	rig_status(5, "Cancelled", 0, "");
	rig_wait_ms(1100);
	rig_told("canceled A-1 -\n");
}

static void
a_cancel_that_is_refused(void **state)
{
	(void)state;
	rig_working();
	rig_change('F', "A-2", "A-1", 100, 18550);
	rig_error(5, 10148, "OrderId 5 cannot be cancelled, state: Filled.");
	rig_told("cancel reject A-2 0\n");
	rig_change('F', "A-3", "A-1", 100, 18550);
	rig_error(5, 10147, "OrderId 5 that needs to be cancelled is not found.");
	rig_told("cancel reject A-3 1\n");
	rig_change('F', "B-2", "B-1", 100, 18550);
	rig_told("cancel reject B-2 1\n");
	rig_change('F', "A-4", "A-1", 100, 18550);
	rig_execution(5, "A-1", "e0.d7.01.01", 100, "185.5", 100);
	rig_told("fill A-1 100@18550 e0.d7.01 -\ncancel reject A-4 0\n");
}

static void
a_replace_is_done_when_its_values_show(void **state)
{
	(void)state;
	rig_working();
	assert_int_equal(rig_change('G', "A-2", "A-1", 150, 18600), 0);
	assert_true(strncmp(rig.sent, "3|5|265598|", 11) == 0);
	assert_true(strstr(rig.sent, "|BUY|150|LMT|186||DAY||DU1||0|A-1|1|"));
	rig_open_order(5, "A-1", "100", "185.5", "Submitted"); /* an echo */
	rig_told("");
	rig_change('G', "A-3", "A-1", 150, 18700);
	rig_told("cancel reject A-3 3\n");
	rig_open_order(5, "A-1", "150", "186.0", "Submitted");
	rig_open_order(5, "A-1", "150", "186.0", "Submitted");
	rig_status(5, "Submitted", 0, "");
	rig_told("replaced A-2 A-1\n");
	rig_change('F', "A-4", "A-2", 150, 18600);
	rig_status(5, "Cancelled", 0, "");
	rig_told("canceled A-4 A-2\n");
}

static void
a_replace_that_is_refused_leaves_the_order(void **state)
{
	(void)state;
	rig_working();
	rig_change('G', "A-2", "A-1", 150, 18600);
	rig_error(5, 110, "The price does not conform to the minimum variation");
	rig_told("cancel reject A-2 2\n");
	rig_ask("A-1");
	rig_told("status A-1 0 0\n");
	rig_change('G', "A-3", "A-1", 150, 18600);
	rig_execution(5, "A-1", "e0.d7.01.01", 100, "185.5", 100);
	rig_told("fill A-1 100@18550 e0.d7.01 -\n");
	rig_error(5, 104, "Cannot modify a filled order.");
	rig_told("cancel reject A-3 0\n");
	rig_ask("A-1");
	rig_told("status A-1 2 100\n");
}

static void
a_new(const char *id)
{
	rig_up();
	rig_send_order(id, 100, 18550);
	rig_forget();
}

static void
rejects_in_every_order(void **state)
{
	const char *why = "Order rejected - reason:NO";

	(void)state;
	a_new("A-1");
	rig_error(5, 201, why);
	rig_told("reject A-1 0\n");
	rig_status(5, "Inactive", 0, "");
	rig_told("");
	a_new("A-1");
	rig_status(5, "Inactive", 0, "");
	rig_told("");
	rig_error(5, 201, why);
	rig_told("reject A-1 0\n");
	a_new("A-1");
	rig_status(5, "Inactive", 0, "");
	rig_wait_ms(5100);
	rig_told("reject A-1 99\n");
	rig_working();
	rig_status(5, "Inactive", 0, "");
	rig_error(5, 201, "Order rejected - reason: MINIMUM OF 1 USD REQUIRED");
	rig_told("reject A-1 3\n");
	a_new("A-1");
	rig_error(5, 103, "Duplicate order id");
	rig_told("reject A-1 6\n");
	rig_open_order(5, "A-1", "100", "185.5", "Submitted"); /* N7 */
	rig_told("ack A-1\n");
	assert_true(strstr(rig.said, "! order A-1 was refused but lives"));
}

static void
warnings_change_nothing(void **state)
{
	static const int codes[] = { 399, 404, 10349, 2109, 2137, 10311 };

	(void)state;
	a_new("A-1");
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		rig_error(5, codes[i], "Order Message: it stands");
	rig_told("");
	rig_status(5, "Inactive", 0, "locate");
	rig_wait_ms(9000);
	rig_told("");
	rig_status(5, "Submitted", 0, "");
	rig_told("ack A-1\n");
}

static void
a_stop_waits_and_triggers(void **state)
{
	(void)state;
	rig_working();
	rig_status(5, "PreSubmitted", 0, "trigger");
	rig_told("");
	rig_status(5, "Submitted", 0, "");
	rig_told("triggered A-1\n");
}

static void
an_attempt_that_finds_nobody_is_canceled(void **state)
{
	struct venue_order o = rig_an_order("A-1", 100, 18550);

	(void)state;
	rig_up();
	o.time_in_force = '4';
	assert_int_equal(tws_send_new(rig.t, &o, rig.now), 0);
	assert_true(strstr(rig.sent, "|LMT|185.5||FOK|") != NULL);
	rig_status(5, "Inactive", 0, "");
	rig_wait_ms(1100);
	rig_told("canceled A-1 -\n");
}

/* It is sent, or without anything to send refused for its kind. */
static bool
goes(const struct venue_order *o, const char *sent)
{
	char word[40];

	assert_int_equal(tws_send_new(rig.t, o, rig.now), 0);
	if (sent != NULL)
		return true;
	snprintf(word, sizeof(word), "reject %s 11\n", o->cl_ord_id);
	rig_told(word);
	rig_sent_are("");
	return false;
}

static void
what_tws_cannot_do_is_refused_here(void **state)
{
	static const struct {
		char type, tif;
		const char *sent; /* type and tif; NULL: refused */
	} cases[] = { { '1', '0', "MKT|||DAY" }, { '2', '0', "LMT|2||DAY" },
		{ '2', '1', "LMT|2||GTC" }, { '1', '2', "MKT|||OPG" },
		{ '2', '2', "LMT|2||OPG" }, { '2', '3', "LMT|2||IOC" },
		{ '2', '4', "LMT|2||FOK" }, { '3', '0', "STP||3|DAY" },
		{ '3', '1', "STP||3|GTC" }, { '4', '0', "STP LMT|2|3|DAY" },
		{ '1', '7', "MOC|||DAY" }, { '5', '0', "MOC|||DAY" },
		{ '5', '1', NULL }, { '3', '2', NULL }, { '3', '7', NULL },
		{ '2', '7', NULL }, /* the contract has no LOC */
		{ 'J', '0', NULL }, { 'P', '0', NULL }, { '2', '5', NULL },
		{ '2', '9', NULL }, { '2', '6', NULL }, /* no ExpireTime */ };
	struct venue_order o;
	char word[40], id[8];

	(void)state;
	rig_up();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(id, sizeof(id), "C%zu-1", i);
		o = rig_an_order(id, 1, 200);
		o.stop_e8 = 3 * E8;
		o.ord_type = cases[i].type;
		o.time_in_force = cases[i].tif;
		if (!goes(&o, cases[i].sent))
			continue;
		snprintf(word, sizeof(word), "|BUY|1|%s|", cases[i].sent);
		assert_true(strstr(rig.sent, word) != NULL);
		rig_forget();
		rig_wait_ms(100);
	}
	o = rig_an_order("D-1", 1, 200);
	o.time_in_force = '6';
	o.expire.ns = 1797624000 * FIX_SEC;
	assert_int_equal(tws_send_new(rig.t, &o, rig.now), 0);
	assert_true(strstr(rig.sent, "|GTD|") && strstr(rig.sent,
	    "|20261218-20:00:00|"));
}

/* The mapping table's rows that few orders have; fields by their places in
 * placeOrder, see tws_orders.h. */
static void
rare_terms_are_where_tws_looks_for_them(void **state)
{
	static const struct {
		struct venue_rare rare;
		char type;
		int64_t stop_e8;
		const char *sent; /* NULL: refused */
	} cases[] = {
		{ { .min_qty_e8 = 5 * E8 }, '2', 0, "|-1|0|||0|5||0|" },
		{ { .max_floor_e8 = 7 * E8 }, '2', 0,
		    "|1|0|0|0|7|0|0|0|" },
		{ { .inst = "G" }, '2', 0, "|-1|0|||1||" },
		{ { .effective_ns = 1797624000 * FIX_SEC }, '2', 0,
		    "|0|20261218-20:00:00||" },
		{ { .peg = 'a', .offset_type = '0', .offset_e8 = 2 * E8 }, 'P',
		    0, "|BUY|10|TRAIL||2|DAY|" },
		{ { .peg = 'a', .offset_type = '0', .offset_e8 = 2 * E8 }, 'P',
		    9 * E8, "|9||||" },
		{ { .peg = 'a', .offset_type = '1', .offset_e8 = 150 * E8 },
		    'P', 0, "||1.5|||" },
		{ { .session = 'X' }, '2', 0, "|1|0|0|0|0|0|1|0|" },
		{ { .peg = 'R' }, 'P', 0, NULL },
		{ { .min_qty_e8 = E8 / 2 }, '2', 0, NULL },
	};
	struct venue_order o;
	char id[8];

	(void)state;
	rig_up();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(id, sizeof(id), "R%zu-1", i);
		o = rig_an_order(id, 10, 200);
		o.ord_type = cases[i].type;
		o.price_e8 = o.ord_type == 'P' ? 0 : 2 * E8;
		o.stop_e8 = cases[i].stop_e8;
		o.rare = cases[i].rare;
		if (!goes(&o, cases[i].sent))
			continue;
		if (strstr(rig.sent, cases[i].sent) == NULL)
			fail_msg("%zu: %s", i, rig.sent);
		rig_forget();
		rig_wait_ms(100);
	}
}

static void
refused_with(struct venue_order o, const char *event)
{
	rig_forget();
	assert_int_equal(tws_send_new(rig.t, &o, rig.now), 0);
	rig_told(event);
	rig_sent_are("");
}

static void
values_that_tws_would_refuse(void **state)
{
	struct venue_order o = rig_an_order("A-1", 100, 18550);

	(void)state;
	rig_up();
	o.price_e8 += E8 / 1000;
	refused_with(o, "reject A-1 99\n");
	o = rig_an_order("A-1", 100, 18550);
	o.qty_e8 += E8 / 2;
	refused_with(o, "reject A-1 13\n");
	o = rig_an_order("A-1", 100, 18550);
	o.symbol = "NONE";
	refused_with(o, "reject A-1 1\n");
	o = rig_an_order("A-1", 100, 18550);
	o.side = '7';
	refused_with(o, "reject A-1 11\n");
	o = rig_an_order("A-1", 100, 18550);
	o.currency = "EUR";
	refused_with(o, "reject A-1 11\n");
	o = rig_an_order("A-1", 100, 18550);
	rig_tws_says("15|1|DU1,DU2|");
	refused_with(o, "reject A-1 15\n");
	o.account = "DU2";
	o.currency = "USD";
	assert_int_equal(tws_send_new(rig.t, &o, rig.now), 0);
	assert_true(strstr(rig.sent, "|DU2||0|A-1|") != NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_order_is_acknowledged_once),
		cmocka_unit_test(a_fill_before_its_ack),
		cmocka_unit_test(a_commission_is_told_once),
		cmocka_unit_test(a_correction_replaces),
		cmocka_unit_test(a_cancel_and_its_answers),
		cmocka_unit_test(a_cancel_that_is_refused),
		cmocka_unit_test(a_replace_is_done_when_its_values_show),
		cmocka_unit_test(a_replace_that_is_refused_leaves_the_order),
		cmocka_unit_test(rejects_in_every_order),
		cmocka_unit_test(warnings_change_nothing),
		cmocka_unit_test(a_stop_waits_and_triggers),
		cmocka_unit_test(an_attempt_that_finds_nobody_is_canceled),
		cmocka_unit_test(what_tws_cannot_do_is_refused_here),
		cmocka_unit_test(rare_terms_are_where_tws_looks_for_them),
		cmocka_unit_test(values_that_tws_would_refuse),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	tws_free(rig.t);
	return rc;
}
