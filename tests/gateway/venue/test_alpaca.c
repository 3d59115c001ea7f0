/*
 * Alpaca's pure parts: assets and rules, what answers mean by the venue's own
 * table, ids of executions, and times.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fix/decimal.h"
#include "fix/time.h"
#include "gateway/venue/alpaca_rules.h"
#include "gateway/venue/json.h"
#include "gateway/venue/outside.h"

static struct alpaca_rules
rules(const char *text)
{
	json_t *j = json_read(fix_span_of(text));
	struct alpaca_rules r;

	assert_int_equal(alpaca_rules_read(&r, j), 0);
	json_decref(j);
	return r;
}

static struct alpaca_rules
share(void)
{
	return rules("{\"class\":\"us_equity\",\"symbol\":\"AAPL\",\"status\":"
		     "\"active\",\"tradable\":true,\"shortable\":true,"
		     "\"fractionable\":true}");
}

static struct alpaca_rules
coin(void)
{
	return rules("{\"class\":\"crypto\",\"symbol\":\"BTC/USD\",\"status\":"
		     "\"active\",\"tradable\":true,\"shortable\":false,"
		     "\"fractionable\":true,\"min_order_size\":\"0.0001\","
		     "\"min_trade_increment\":\"0.000000001\","
		     "\"price_increment\":\"0.01\"}");
}

static int
check(struct alpaca_rules r, char side, char type, char tif, int64_t qty,
    int64_t price, int64_t stop)
{
	struct alpaca_wish w = { side, type, tif, qty, price, stop,
		type == 'P' ? FIX_E8 : 0, '0', false };
	char text[200] = "";
	int reason = alpaca_rules_check(&r, &w, text, sizeof(text));

	assert_int_equal(reason >= 0, text[0] != '\0');
	return reason;
}

/* alpaca.md 5: types down, times in force across. */
static void
types_and_times_in_force_are_those_of_the_table(void **state)
{
	static const char tifs[] = "01234567";
	static const char *const coins[] = { " y y", " y y", "", " y" };
	const int64_t px = 100 * FIX_E8, one = FIX_E8;

	(void)state;
	for (int type = 1; type <= 4; type++) {
		for (int i = 0; tifs[i] != '\0'; i++) {
			bool limit = type == 2 || type == 4, stop = type > 2;
			const char *c = coins[type - 1];
			bool s_ok = strchr("01", tifs[i]) != NULL ||
				    (type < 3 && strchr("2347", tifs[i]) != NULL);
			bool c_ok = (size_t)i < strlen(c) && c[i] == 'y';

			assert_int_equal(check(share(), '1', (char)('0' + type),
			    tifs[i], one, limit ? px : 0, stop ? px : 0),
			    s_ok ? -1 : 11);
			assert_int_equal(check(coin(), '1', (char)('0' + type),
			    tifs[i], one, limit ? px : 0, stop ? px : 0),
			    c_ok ? -1 : 11);
		}
	}
	assert_int_equal(check(share(), '1', '5', '0', one, 0, 0), 11);
	assert_int_equal(check(share(), '1', '2', '0', one, 0, 0), 11);
}

static void
prices_and_quantities_have_their_steps(void **state)
{
	struct alpaca_rules r = share();
	const int64_t e8 = FIX_E8;

	(void)state;
	assert_int_equal(check(r, '1', '2', '0', e8, e8, 0), -1);
	assert_int_equal(check(r, '1', '2', '0', e8, e8 + e8 / 1000, 0), 99);
	assert_int_equal(check(r, '1', '2', '0', e8, e8 - e8 / 10000, 0), -1);
	assert_int_equal(check(r, '1', '2', '0', e8, e8 - 1, 0), 99);
	assert_int_equal(check(r, '1', '3', '0', e8, 0, e8 + 1), 99);
	assert_int_equal(check(r, '1', '1', '0', 0, 0, 0), 13);
	assert_int_equal(check(r, '1', '1', '0', 1, 0, 0), -1);
	assert_int_equal(check(r, '1', '1', '1', 1, 0, 0), 13);
	assert_int_equal(check(r, '5', '1', '0', 1, 0, 0), 13);
	assert_int_equal(check(r, '5', '1', '0', e8, 0, 0), -1);
	assert_int_equal(check(r, '6', '1', '0', e8, 0, 0), 11);
	r.fractionable = false;
	assert_int_equal(check(r, '1', '1', '0', 1, 0, 0), 13);
	r.shortable = false;
	assert_int_equal(check(r, '5', '1', '0', e8, 0, 0), 11);
	r.tradable = false;
	assert_int_equal(check(r, '1', '1', '0', e8, 0, 0), 1);
	r = coin();
	assert_int_equal(check(r, '1', '2', '1', e8, 60000 * e8, 0), -1);
	assert_int_equal(check(r, '1', '2', '1', 9999, 60000 * e8, 0), 13);
	assert_int_equal(check(r, '1', '2', '1', e8, 60000 * e8 + 1, 0), 99);
	assert_int_equal(check(r, '1', '2', '1', 10000, 6000 * e8, 0), 13);
	assert_int_equal(check(r, '1', '2', '1', 4 * e8, 60000 * e8, 0), 3);
	assert_int_equal(check(r, '5', '2', '1', e8, 60000 * e8, 0), 11);
}

/* alpaca.md 2, as it stands. */
static const struct {
	long status;
	int64_t code;
	const char *msg;
	enum alpaca_fate fate;
	int reason;
} answers[] = {
	{ 200, 0, "", ALPACA_DONE, -1 },
	{ 204, 0, "", ALPACA_DONE, -1 },
	{ 207, 0, "", ALPACA_DONE, -1 },
	{ 400, 40010000, "malformed request", ALPACA_REFUSED, 99 },
	{ 401, 40110000, "request is not authorized", ALPACA_REFUSED, 0 },
	{ 403, 40310000, "insufficient buying power", ALPACA_REFUSED, 3 },
	{ 403, 40310000,
	    "insufficient qty available for order (requested: 10, available: 0)",
	    ALPACA_REFUSED, 3 },
	{ 403, 40310000,
	    "insufficient balance for USDT (requested: 221.63, available: 0)",
	    ALPACA_REFUSED, 3 },
	{ 403, 40310000, "new orders are rejected by user request",
	    ALPACA_REFUSED, 0 },
	{ 403, 40310000, "potential wash trade detected. use complex orders",
	    ALPACA_REFUSED, 0 },
	{ 403, 40310000, "order parameters are not changed", ALPACA_REFUSED,
	    99 },
	{ 403, 40310100, "pattern day trader", ALPACA_REFUSED, 0 },
	{ 404, 40410000, "order is not found.", ALPACA_REFUSED, 1 },
	{ 422, 40010001, "client_order_id must be unique", ALPACA_TWICE, 6 },
	{ 422, 40010001,
	    "only type=\"limit\" is allowed for extended hours orders",
	    ALPACA_REFUSED, 11 },
	{ 422, 40010001, "market orders require no stop or limit price",
	    ALPACA_REFUSED, 11 },
	{ 422, 40010001, "us_equity orders not allowed for account",
	    ALPACA_REFUSED, 11 },
	{ 422, 40010001, "invalid order type for crypto order", ALPACA_REFUSED,
	    11 },
	{ 422, 42210000, "invalid crypto time_in_force", ALPACA_REFUSED, 11 },
	{ 422, 42210000,
	    "invalid limit_price 290.123. sub-penny increment does not fulfill "
	    "minimum pricing criteria", ALPACA_REFUSED, 99 },
	{ 422, 42210000, "requested asset is not fractionable", ALPACA_REFUSED,
	    13 },
	{ 429, 42910000, "too many requests.", ALPACA_LATER, 0 },
	{ 408, 0, "", ALPACA_UNKNOWN, -1 },
	{ 500, 50010000, "internal server error occurred", ALPACA_UNKNOWN, -1 },
	{ 502, 0, "", ALPACA_UNKNOWN, -1 },
	{ 503, 0, "", ALPACA_UNKNOWN, -1 },
	{ 504, 0, "", ALPACA_UNKNOWN, -1 },
	{ 302, 0, "", ALPACA_UNKNOWN, -1 },
};

static void
answers_mean_what_the_table_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		assert_int_equal(alpaca_fate_of(answers[i].status,
				     answers[i].code, answers[i].msg),
		    answers[i].fate);
		if (answers[i].reason >= 0)
			assert_int_equal(alpaca_reason(answers[i].status,
					     answers[i].code, answers[i].msg),
			    answers[i].reason);
	}
}

static void
an_execution_has_one_id(void **state)
{
	static const char order[] = "61e69015-8549-4bfd-b9c3-01e75843f47d";
	char a[40], b[40];

	(void)state;
	assert_true(alpaca_exec_id(order, 4 * FIX_E8, a));
	assert_string_equal(a, "YeaQFYVJS.25wwHnWEP0fQ-4");
	assert_true(alpaca_exec_id(order, 10 * FIX_E8, b));
	assert_string_not_equal(a, b);
	assert_true(alpaca_exec_id(order, 123456712345678, a));
	assert_string_equal(a, "YeaQFYVJS.25wwHnWEP0fQ-1234567.12345678");
	assert_false(alpaca_exec_id(order, INT64_MAX, a));
	assert_false(alpaca_exec_id("61e69015", FIX_E8, a));
	assert_false(alpaca_exec_id("61e69015-8549-4bfd-b9c3-01e75843f47g",
	    FIX_E8, a));
	assert_false(alpaca_exec_id(order, 0, a));
}

static void
states_and_the_price_of_a_rest(void **state)
{
	(void)state;
	assert_int_equal(alpaca_state("partially_filled"), '1');
	assert_int_equal(alpaca_state("filled"), '2');
	assert_int_equal(alpaca_state("replaced"), '5');
	assert_int_equal(alpaca_state("held"), '0');
	assert_int_equal(alpaca_state("of_tomorrow"), '0');
	/* 4 at 10 of 10 at 13: 6 at 15 */
	assert_int_equal(alpaca_price_of_rest(10 * FIX_E8, 13 * FIX_E8,
			     4 * FIX_E8, (__int128)4 * FIX_E8 * 10 * FIX_E8),
	    15 * FIX_E8);
	assert_int_equal(alpaca_price_of_rest(FIX_E8, FIX_E8, FIX_E8, 0), 0);
	assert_int_equal(alpaca_price_of_rest(2 * FIX_E8, 0, FIX_E8, 0), 0);
}

static void
times_are_exact(void **state)
{
	int64_t t = 7;

	(void)state;
	assert_int_equal(outside_time("2026-03-16T18:38:01.942282Z", &t), 0);
	assert_true(t == 1773686281942282000);
	assert_int_equal(outside_time("2026-03-16T14:38:01-04:00", &t), 0);
	assert_true(t == 1773686281000000000);
	assert_int_equal(outside_time("1970-01-01T00:00:00.0000000019Z", &t),
	    0);
	assert_int_equal(t, 1);
	assert_int_equal(outside_time("", &t), -FIX_E_FORMAT);
	assert_int_equal(outside_time("2026-03-16", &t), -FIX_E_FORMAT);
	assert_int_equal(outside_time("2026-03-16T18:38:01", &t),
	    -FIX_E_FORMAT);
	assert_int_equal(outside_time("2026-13-16T18:38:01Z", &t),
	    -FIX_E_FORMAT);
	assert_int_equal(outside_time("2026-03-16T18:38:01.Z", &t),
	    -FIX_E_FORMAT);
	assert_int_equal(outside_time("1969-12-31T18:38:01Z", &t),
	    -FIX_E_RANGE);
	assert_int_equal(outside_time("9999-12-31T18:38:01Z", &t),
	    -FIX_E_RANGE);
	assert_int_equal(t, 1);
}

static void
fractions_are_read_as_they_are_written(void **state)
{
	json_t *j = json_read_exact(fix_span_of(
	    "{\"a\":87.66,\"b\":-0.5,\"c\":5,\"d\":1e3,\"e\":\"1.5 \\\" 2.5\","
	    "\"f\":[0.1]}"));
	int64_t v = 0;

	(void)state;
	assert_non_null(j);
	assert_int_equal(json_e8(j, "a", &v), 0);
	assert_true(v == 8766000000);
	assert_int_equal(json_e8(j, "b", &v), 0);
	assert_int_equal(v, -50000000);
	assert_int_equal(json_e8(j, "c", &v), 0);
	assert_int_equal(v, 5 * FIX_E8);
	assert_int_equal(json_e8(j, "d", &v), -FIX_E_FORMAT);
	assert_string_equal(json_text(j, "e"), "1.5 \" 2.5");
	json_decref(j);
	assert_null(json_read_exact(fix_span_of("{\"a\":1.5")));
	assert_null(json_read_exact(fix_span_of("")));
}

static void
ids_have_their_order_in_front(void **state)
{
	char f[OUTSIDE_ID];

	(void)state;
	assert_true(outside_family("0-1-7-12", f));
	assert_string_equal(f, "0-1-7");
	assert_false(outside_family("by-hand", f));
	assert_false(outside_family("", f));
	assert_true(outside_is_later("0-1-7", "0-1-7-10", "0-1-7-9"));
	assert_false(outside_is_later("0-1-7", "0-1-7-9", "0-1-7-10"));
	assert_false(outside_is_later("0-1-7", "0-1-8-10", "0-1-7-9"));
	assert_false(outside_is_later("0-1-7", "0-1-7-9", "0-1-7-9"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_and_times_in_force_are_those_of_the_table),
		cmocka_unit_test(prices_and_quantities_have_their_steps),
		cmocka_unit_test(answers_mean_what_the_table_says),
		cmocka_unit_test(an_execution_has_one_id),
		cmocka_unit_test(states_and_the_price_of_a_rest),
		cmocka_unit_test(times_are_exact),
		cmocka_unit_test(fractions_are_read_as_they_are_written),
		cmocka_unit_test(ids_have_their_order_in_front),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
