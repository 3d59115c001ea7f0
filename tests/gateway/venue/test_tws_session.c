/*
 * The session with TWS: the way up, pacing, what is lost and found again, and
 * what is never done twice. Reference tws-protocol 4, 5, 16, 17, order-state N8,
 * N13.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/gateway/venue/tws_rig.h"

static void
refused_with(struct venue_order o, const char *event)
{
	rig_forget();
	assert_int_equal(tws_send_new(rig.t, &o, rig.now), 0);
	rig_told(event);
	rig_sent_are("");
}

static void
it_is_up_when_all_is_known(void **state)
{
	(void)state;
	rig_fresh();
	rig_to_logon();
	rig_tws_says("9|1|5|");
	rig_tws_says("4|2|-1|2104|Market data farm connection is OK:usfarm||");
	rig_sent_are("");
	rig_tws_says("15|1|DU1,|");
	rig_sent_are("9|8|1000000000|0|AAPL|STK||0.0|||SMART|NASDAQ|USD|||0|"
		 "|||\n9|8|1000000001|495512563||||0.0|||CME|||||0||||\n");
	rig_contracts();
	rig_told("");
	rig_round_of_questions();
	rig_told("up\n");
	assert_true(tws_up(rig.t));
	assert_int_equal(tws_version(rig.t), 193);
}

static void
what_does_not_fit_ends_the_connection(void **state)
{
	(void)state;
	rig_fresh();
	tws_connected(rig.t, rig.now);
	rig_tws_says("201|now|");
	assert_true(strstr(rig.dropped, "server version 201") != NULL);
	rig_fresh();
	tws_connected(rig.t, rig.now);
	rig_wait_ms(16000);
	assert_string_equal(rig.dropped, "no answer in time");
	rig_fresh();
	rig_to_logon();
	rig_error(-1, 326, "Unable to connect as the client id is already in use");
	assert_true(strstr(rig.dropped, "326") != NULL);
	rig_up();
	assert_int_equal(tws_received(rig.t, (const uint8_t *)"\1\0\0\0x", 5,
	    rig.now), 0);
	assert_true(rig.dropped[0] != '\0');
}

static void
an_unknown_contract_is_refused(void **state)
{
	struct venue_order o = rig_an_order("A-1", 100, 18550);

	(void)state;
	rig_fresh();
	rig_to_logon();
	rig_tws_says("15|1|DU1|");
	rig_tws_says("9|1|5|");
	rig_error(1000000000, 200, "No security definition has been found");
	rig_tws_says(CONTRACT("1000000001", "1", "LMT"));
	rig_tws_says(CONTRACT("1000000001", "2", "LMT"));
	rig_tws_says("52|1|1000000001|");
	rig_told("");
	rig_round_of_questions();
	rig_told("up\n");
	assert_true(strstr(rig.said, "ES is more than one contract") != NULL);
	refused_with(o, "reject A-1 1\n");
	o.symbol = "ES";
	refused_with(o, "reject A-1 1\n");
}

static void
no_more_than_the_rate_leaves_in_any_second(void **state)
{
	char id[16];

	(void)state;
	rig_up();
	rig_wait_ms(1250);
	for (int i = 0; i < 100; i++) {
		snprintf(id, sizeof(id), "P%d-1", i);
		rig_send_order(id, 1, 200);
	}
	assert_int_equal(rig.n_sent, 45);
	rig_change('F', "P99-2", "P99-1", 1, 200); /* it waits: taken back */
	rig_told("canceled P99-2 P99-1\n");
	rig_change('F', "P0-2", "P0-1", 1, 200);
	rig.sent[0] = '\0';
	rig_wait_ms(1249);
	assert_int_equal(rig.n_sent, 45);
	rig_wait_ms(1);
	assert_int_equal(rig.n_sent, 90);
	assert_true(strncmp(rig.sent, "4|5|||", 6) == 0); /* cancels first */
	rig_wait_ms(1250);
	assert_int_equal(rig.n_sent, 100); /* 99 orders and a cancel */
}

static void
lost_ib_and_back(void **state)
{
	struct venue_order o = rig_an_order("B-1", 1, 200);

	(void)state;
	rig_working();
	rig_error(-1, 1100, "Connectivity between IB and TWS has been lost");
	rig_error(-1, 1100, "Connectivity between IB and TWS has been lost");
	rig_told("down\n");
	assert_int_equal(tws_send_new(rig.t, &o, rig.now), -FIX_E_STATE);
	rig_error(-1, 1102, "Connectivity restored - data maintained");
	rig_tws_says("53|1|");
	rig_execution(5, "A-1", "e0.d7.01.01", 40, "185.5", 40);
	rig_tws_says("55|1|999999999|");
	rig_told("fill A-1 40@18550 e0.d7.01 -\n");
	rig_tws_says("102|");
	rig_told("up\n");
}

static void
after_a_break_tws_says_what_there_is(void **state)
{
	(void)state;
	rig_working();
	rig_send_order("B-1", 10, 200);
	rig_forget();
	rig_again();
	assert_true(strstr(rig.sent, "5|1|\n") != NULL);
	rig.sent[0] = '\0';
	rig_open_order(5, "A-1", "100", "185.5", "Submitted");
	rig_status(5, "Submitted", 0, "");
	rig_tws_says("53|1|");
	rig_tws_says("55|1|999999999|");
	rig_tws_says("102|");
	rig_told("up\n");
	rig_ask("A-1");
	rig_told("status A-1 0 0\n");
	rig_ask("B-1");
	rig_told("");
	rig_forget();
	rig_wait_ms(2100);
	assert_false(rig_placed_any());
	rig_tws_says("53|1|");
	rig_tws_says("55|1|999999999|");
	rig_tws_says("102|");
	rig_forget();
	rig_ask("B-1");
	for (int i = 0; i < 3; i++) {
		rig_wait_ms(2100);
		assert_false(rig_placed_any());
		rig_open_order(5, "A-1", "100", "185.5", "Submitted");
		rig_tws_says("53|1|");
		rig_tws_says("55|1|999999999|");
		rig_tws_says("102|");
	}
	assert_true(strstr(rig.events, "unknown B-1\n") != NULL);
	assert_null(strstr(rig.events, "A-1"));
}

static void
an_order_that_ended_meanwhile(void **state)
{
	struct tws_msg m;
	uint8_t b[4096];
	ssize_t n;

	(void)state;
	rig_working();
	rig_again();
	rig.sent[0] = '\0';
	rig_tws_says("53|1|");
	rig_execution(5, "A-1", "e0.d7.01.01", 40, "185.5", 40);
	rig_tws_says("55|1|999999999|");
	tws_begin(&m, TWS_COMPLETED_ORDER, 193);
	tws_set_str(&m, TWS_CO_ORDER_REF, "A-1");
	tws_set_str(&m, TWS_CO_STATUS, "Cancelled");
	tws_set_str(&m, TWS_CO_FILLED_QUANTITY, "40");
	tws_set_str(&m, TWS_CO_COMPLETED_STATUS, "Cancelled by Trader");
	n = tws_encode(b, sizeof(b), &m, NULL);
	tws_received(rig.t, b, (size_t)n, rig.now);
	rig_tws_says("102|");
	rig_told("fill A-1 40@18550 e0.d7.01 -\ncanceled A-1 -\nup\n");
}

static void
a_new_process_learns_from_tws(void **state)
{
	(void)state;
	rig_fresh();
	tws_load(rig.t, fix_span_of("next-id"), fix_span_of("105"));
	rig_to_logon();
	rig_tws_says("15|1|DU1|");
	rig_tws_says("9|1|6|");
	rig_contracts();
	rig.sent[0] = '\0';
	rig_open_order(5, "A-1", "100", "185.5", "Submitted");
	rig_status(5, "Submitted", 40, "");
	rig_tws_says("53|1|");
	rig_execution(5, "A-1", "e0.d7.01.01", 40, "185.5", 40);
	rig_tws_says("55|1|999999999|");
	rig_tws_says("102|");
	rig_told("ack A-1\nfill A-1 40@18550 e0.d7.01 -\nup\n");
	rig_ask("A-3"); /* the trader had replaced it twice */
	rig_told("status A-3 1 40\n");
	rig_change('F', "A-4", "A-3", 100, 18550);
	assert_true(strstr(rig.sent, "4|5|||2147483647|\n") != NULL);
	rig_forget();
	rig_send_order("B-1", 10, 200);
	assert_true(strncmp(rig.sent, "3|105|", 6) == 0); /* 6 to 104: never */
	assert_string_equal(rig.kept, "next-id=205");
}

static void
what_waited_when_the_link_broke_was_never_sent(void **state)
{
	char id[16];

	(void)state;
	rig_up();
	rig_wait_ms(1250);
	for (int i = 0; i < 46; i++) {
		snprintf(id, sizeof(id), "P%d-1", i);
		rig_send_order(id, 1, 200);
	}
	assert_int_equal(rig.n_sent, 45);
	rig_forget();
	rig_again();
	rig_wait_ms(3000);
	assert_false(rig_placed_any());
}

static void
prices_are_asked_for_once(void **state)
{
	const char *both = "1|11|1000100000|265598|||";

	(void)state;
	rig_fresh();
	rig_to_logon();
	rig_tws_says("15|1|DU1|");
	rig_tws_says("9|1|5|");
	rig_contracts();
	rig_round_of_questions();
	rig_told("up\n");
	assert_non_null(strstr(rig.sent, both));
	rig_tws_says("1|6|1000100000|4|185.02|100|0|");
	rig_tws_says("1|6|1000100000|1|185.00|100|0|"); /* a bid is no trade */
	rig_tws_says("1|6|1000100000|4|-1|0|0|");
	rig_told("mark\n");
	rig_error(-1, 1100, "lost");
	rig_error(-1, 1102, "data maintained");
	rig_forget();
	rig_tws_says("53|1|");
	rig_tws_says("55|1|999999999|");
	rig_tws_says("102|");
	rig_told("up\n");
	assert_null(strstr(rig.sent, both));
	rig_error(-1, 1100, "lost");
	rig_error(-1, 1101, "data lost");
	rig_forget();
	rig_tws_says("53|1|");
	rig_tws_says("55|1|999999999|");
	rig_tws_says("102|");
	assert_non_null(strstr(rig.sent, both));
}

static void
an_empty_round(void)
{
	rig_wait_ms(2100);
	rig_tws_says("53|1|");
	rig_tws_says("55|1|999999999|");
	rig_tws_says("102|");
}

/* N6, N11: no proof before the second look, and none at all for what may be
 * under way. */
static void
what_is_not_found_once_may_be_found_later(void **state)
{
	(void)state;
	rig_up();
	rig_ask("Z-1");
	an_empty_round();
	rig_told("");
	an_empty_round();
	rig_told("unknown Z-1\n");
	rig_up();
	rig_send_order("A-1", 100, 18550);
	rig_ask("A-1");
	for (int i = 0; i < 8; i++) {
		an_empty_round();
		rig_ask("A-1");
	}
	rig_told("");
	rig_working();
	rig_status(5, "Submitted", 10, ""); /* its execution does not come */
	rig_wait_ms(3100);
	an_empty_round();
	rig_told("");
	an_empty_round();
	rig_told("canceled A-1 -\n");
}

static void
a_cancel_that_waited_does_not_go_over_another_link(void **state)
{
	char id[16];

	(void)state;
	rig_working();
	rig_wait_ms(1000);
	for (int i = 0; i < 45; i++) {
		snprintf(id, sizeof(id), "P%d-1", i);
		rig_send_order(id, 1, 200);
	}
	rig_change('F', "A-2", "A-1", 100, 18550);
	rig_forget();
	rig_again();
	rig_wait_ms(3000);
	assert_null(strstr(rig.sent, "4|5|"));
}

static void
an_account_of_the_other_kind_is_refused(void **state)
{
	(void)state;
	for (int live = 0; live < 2; live++) {
		rig_fresh_for(live ? TWS_LIVE : TWS_PAPER);
		rig_to_logon();
		rig_tws_says(live ? "15|1|DU1|" : "15|1|U1|");
		assert_true(strstr(rig.dropped, "the account is not") != NULL);
		rig_fresh_for(live ? TWS_LIVE : TWS_PAPER);
		rig_to_logon();
		rig_tws_says(live ? "15|1|U1|" : "15|1|DU1|");
		assert_string_equal(rig.dropped, "");
	}
}

static void
a_tws_that_hangs_is_left(void **state)
{
	(void)state;
	rig_up();
	rig_wait_ms(30000);
	rig_sent_are("49|1|\n");
	rig_tws_says("49|1|1795353352|");
	rig_wait_ms(30000);
	rig_sent_are("49|1|\n");
	rig_wait_ms(15000);
	assert_string_equal(rig.dropped, "TWS says nothing");
}

static void
others_orders_are_none_of_ours(void **state)
{
	(void)state;
	rig_working();
	rig_tws_says("3|5|Cancelled|0|0|0|1|0|0|8||0|");
	rig_tws_says("3|0|Cancelled|0|0|0|1|0|0|0||0|");
	rig_tws_says("3|77|Submitted|0|0|0|1|0|0|7||0|"); /* ours, but unknown */
	rig_tws_says("77|what|ever|");
	rig_wait_ms(1500);
	rig_told("");
	rig_send_order("B-1", 10, 200);
	assert_true(strncmp(rig.sent, "3|78|", 5) == 0);
}

#define HELD(account, id, symbol, qty) \
	"61|3|" account "|" id "|" symbol "|STK||0.0||||USD|" symbol "|NMS|" \
	qty "|1.5|"

/* A future's account: what moves its cash is not quantity times price. */
static void
a_future_is_found(void)
{
	rig_tws_says(CONTRACT("1000000000", "265598", "LMT"));
	rig_tws_says("52|1|1000000000|");
	rig_tws_says("10|1000000001|ES|FUT|||0||CME|USD|ES|ES|ES|495512563|"
		     "0.25||LMT|CME|1|0|E-MINI|CME|||||US/Central||||0|0|1|||"
		     "67|||1|1|1|0|");
	rig_tws_says("52|1|1000000001|");
}

/* TWS answers when it is asked whether it is there. */
static void
wait_long(int64_t ms)
{
	for (; ms > 20000; ms -= 20000) {
		rig_wait_ms(20000);
		rig_tws_says("49|1|1795353352|");
	}
	rig_wait_ms(ms);
}

static void
what_the_account_holds_is_told(void **state)
{
	(void)state;
	rig_up();
	wait_long(199998);
	assert_null(strstr(rig.sent, "61|1|"));
	rig_tws_says(HELD("DU1", "265598", "AAPL", "7")); /* nobody asked */
	assert_string_equal(rig.account, "");
	rig_count(HELD("DU1", "265598", "AAPL", "-3.5"));
	assert_string_equal(rig.account, "AAPL: -3.5\nUSD: 1000.25\ncounted\n");
	wait_long(199999);
	rig_count(HELD("DU2", "265598", "AAPL", "9"));
	assert_string_equal(rig.account, "USD: 1000.25\ncounted\n");
	wait_long(199999);
	rig_count(HELD("DU1", "72063691", "BRK B", "5"));
	assert_string_equal(rig.account,
	    "BRK_B#72063691: 5\nUSD: 1000.25\ncounted\n");
}

static void
what_moves_what_is_told_before_executions(void **state)
{
	(void)state;
	rig_fresh();
	rig_to_logon();
	rig_tws_says("15|1|DU1|");
	rig_tws_says("9|1|5|");
	a_future_is_found();
	assert_string_equal(rig.account, "AAPL is AAPL for USD\nES is ES for -\n");
	rig_round_of_questions();
	rig_count(HELD("DU1", "495512563", "ES", "2"));
	assert_string_equal(rig.account, "ES: 2\nUSD: -\ncounted\n");
}

static void
cash_that_is_not_said_is_not_compared(void **state)
{
	(void)state;
	rig_up();
	wait_long(200000);
	rig_tws_says("62|1|");
	rig_error(999999998, 322, "Maximum number of requests exceeded");
	assert_string_equal(rig.account, "USD: -\ncounted\n");
}

static void
nothing_is_counted_while_executions_may_be_missing(void **state)
{
	(void)state;
	rig_working();
	wait_long(199998);
	rig_status(5, "Submitted", 10, ""); /* its execution does not come */
	rig_count("");
	assert_string_equal(rig.account, "USD: 1000.25\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_up_when_all_is_known),
		cmocka_unit_test(what_does_not_fit_ends_the_connection),
		cmocka_unit_test(an_unknown_contract_is_refused),
		cmocka_unit_test(no_more_than_the_rate_leaves_in_any_second),
		cmocka_unit_test(lost_ib_and_back),
		cmocka_unit_test(after_a_break_tws_says_what_there_is),
		cmocka_unit_test(an_order_that_ended_meanwhile),
		cmocka_unit_test(a_new_process_learns_from_tws),
		cmocka_unit_test(
		    what_waited_when_the_link_broke_was_never_sent),
		cmocka_unit_test(what_is_not_found_once_may_be_found_later),
		cmocka_unit_test(
		    a_cancel_that_waited_does_not_go_over_another_link),
		cmocka_unit_test(an_account_of_the_other_kind_is_refused),
		cmocka_unit_test(prices_are_asked_for_once),
		cmocka_unit_test(a_tws_that_hangs_is_left),
		cmocka_unit_test(others_orders_are_none_of_ours),
		cmocka_unit_test(what_the_account_holds_is_told),
		cmocka_unit_test(what_moves_what_is_told_before_executions),
		cmocka_unit_test(cash_that_is_not_said_is_not_compared),
		cmocka_unit_test(
		    nothing_is_counted_while_executions_may_be_missing),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	tws_free(rig.t);
	return rc;
}
