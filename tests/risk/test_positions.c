/*
 * Positions and holds as callers see them, executions of any kind, and what is
 * left standing when memory runs out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "risk/inside.h"
#include "tests/risk/help.h"
#include "tests/risk/wrap.h"

static void
a_position_keeps_account_of_quantity_and_cash(void **state)
{
	struct risk *r = wide_firm();
	struct fix_span a = fix_span_of("A"), x = fix_span_of("X");
	const struct risk_position *p;

	(void)state;
	add_symbol(r, "X", "EQ", 0, 0, 50 * E8);
	risk_fill(r, a, x, '1', 3 * E8, PX(10010));
	p = risk_fill(r, a, x, '5', 5 * E8, PX(10020));
	assert_ptr_equal(p, risk_get_position(r, a, x));
	assert_int_equal(p->qty_e8, -2 * E8);
	assert_int_equal(p->bought_e8, 3 * E8);
	assert_int_equal(p->sold_e8, 5 * E8);
	assert_int_equal(p->cash_e8, 50 * (5 * PX(10020) - 3 * PX(10010)));
	assert_int_equal(p->fills, 2);
	assert_null(risk_get_position(r, fix_span_of("?"), x));
	assert_null(risk_get_position(r, a, fix_span_of("?")));
	risk_free(r);
}

static void
executions_of_any_size_stop_at_the_end_of_numbers(void **state)
{
	struct risk *r = wide_firm();
	struct fix_span a = fix_span_of("A"), x = fix_span_of("X");
	const struct risk_position *p;

	(void)state;
	risk_fill(r, a, x, '1', INT64_MAX, INT64_MAX);
	p = risk_fill(r, a, x, '1', INT64_MAX, INT64_MAX);
	assert_int_equal(p->qty_e8, INT64_MAX);
	assert_int_equal(p->cash_e8, INT64_MIN);
	p = risk_fill(r, a, x, '2', INT64_MAX, INT64_MAX);
	p = risk_fill(r, a, x, '2', INT64_MIN, INT64_MIN);
	assert_true(p->sold_e8 <= 0);
	risk_free(r);
}

static void
executions_of_unknown_names_are_taken_and_bounded(void **state)
{
	struct risk *r = wide_firm();
	struct fix_span x = fix_span_of("X");
	const char *longest = "a name of more than 32 bytes, that no one set";
	const struct risk_position *p = NULL;
	char name[12];
	unsigned i;

	(void)state;
	p = risk_fill(r, fix_span_of("WHO"), fix_span_of("WHAT"), '1', E8, E8);
	assert_int_equal(p->qty_e8, E8);
	p = risk_fill(r, fix_span_of(longest), x, '1', E8, E8);
	assert_int_equal(p->qty_e8, E8);
	for (i = 0; i < RISK_SUSPENSE_MAX + 100; i++) {
		snprintf(name, sizeof(name), "N%u", i);
		p = risk_fill(r, fix_span_of(name), x, '1', E8, E8);
	}
	assert_true(p->qty_e8 > E8); /* they share a nameless one by now */
	risk_free(r);
}

static void
positions_can_be_put_back(void **state)
{
	struct risk *r = bare_firm();
	struct risk_limits l = unlimited();
	struct risk_position p = { .qty_e8 = 900 * E8, .fills = 4 };

	(void)state;
	l.max_long_e8 = 1000 * E8;
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	assert_int_equal(
	    risk_set_position(r, fix_span_of("A"), fix_span_of("X"), &p), 0);
	assert_int_equal(buy(r, "A", "X", 101), RISK_POS_LONG);
	assert_int_equal(risk_set_position(r,
			     fix_span_of("more than thirty-two bytes of name"),
			     fix_span_of("X"), &p),
	    -FIX_E_TOOBIG);
	risk_free(r);
}

static void
a_hold_without_a_reference_goes_by_the_order_s_prices(void **state)
{
	struct risk *r = wide_firm();
	struct risk_order o = limit_order("A", "NEW", '2', 10, PX(5000));

	(void)state;
	add_symbol(r, "NEW", "", 0, 0, E8);
	assert_int_equal(risk_hold_of(r, &o, 4 * E8).qty_e8, 4 * E8);
	assert_int_equal(risk_hold_of(r, &o, 4 * E8).notional_e8, 200 * E8);
	o.symbol = fix_span_of("X"); /* a sell, at least at the reference */
	assert_int_equal(risk_hold_of(r, &o, 4 * E8).notional_e8, 400 * E8);
	assert_int_equal(risk_hold_of(r, &o, -E8).qty_e8, 0);
	o.symbol = fix_span_of("NONE");
	o.price_e8 = INT64_MAX;
	assert_int_equal(risk_hold_of(r, &o, INT64_MAX).notional_e8, INT64_MAX);
	risk_free(r);
}

static int
draw(void *arg, const char *account, const char *symbol,
    const struct risk_position *p, int64_t open_buy_e8, int64_t open_sell_e8)
{
	char *s = arg;

	sprintf(s + strlen(s), "%s %s %lld +%lld -%lld;", account, symbol,
	    (long long)(p->qty_e8 / E8), (long long)(open_buy_e8 / E8),
	    (long long)(open_sell_e8 / E8));
	return strstr(s, "STOP") == NULL ? 0 : 7;
}

static void
what_is_held_or_open_is_listed(void **state)
{
	struct risk *r = wide_firm();
	char s[300] = "";

	(void)state;
	position(r, "A", "X", 5);
	assert_int_equal(buy(r, "B", "Y", 3), RISK_OK);
	assert_int_equal(sell(r, "C", "Z", 4), RISK_OK);
	assert_int_equal(risk_each_position(r, draw, s), 0);
	assert_string_equal(s, "A X 5 +0 -0;B Y 0 +3 -0;C Z 0 +0 -4;");
	release(r, "B", "Y", '1', 3);
	s[0] = '\0';
	risk_each_position(r, draw, s);
	assert_string_equal(s, "A X 5 +0 -0;C Z 0 +0 -4;");
	risk_fill(r, fix_span_of("STOP"), fix_span_of("X"), '1', E8, E8);
	position(r, "AFTER", "X", 1);
	s[0] = '\0';
	assert_int_equal(risk_each_position(r, draw, s), 7);
	assert_null(strstr(s, "AFTER"));
	risk_free(r);
}

/* Whatever a caller says was reserved. */
static void
a_reservation_never_falls_below_nothing(void **state)
{
	struct risk *r = wide_firm();
	struct risk_limits l = unlimited();

	(void)state;
	release(r, "A", "X", '1', 100);
	release(r, "A", "X", '6', 100);
	l.max_long_e8 = l.max_short_e8 = 10 * E8;
	l.max_open_orders = 1;
	l.max_open_notional_e8 = 1000 * E8;
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	assert_int_equal(buy(r, "A", "X", 11), RISK_POS_LONG);
	assert_int_equal(buy(r, "A", "X", 10), RISK_OK);
	assert_int_equal(sell(r, "A", "X", 1), RISK_OPEN_ORDERS);
	risk_free(r);
}

/* Set-up with the n-th allocation failing, for every n. */
static int
set_up(struct risk **out)
{
	struct risk_limits l = unlimited();
	struct risk_symbol s = { "X", "EQ", 0, 0, E8 };
	struct risk_where nine = { 0 };
	struct risk *r = risk_new(0);

	*out = r;
	if (r == NULL || risk_add_account(r, "A", "G") != 0 ||
	    risk_add_symbol(r, &s) != 0 || risk_permit(r, 1, "A") != 0 ||
	    risk_set_limits(r, RISK_SCOPE_FIRM, "", &l) != 0 ||
	    !risk_where_add(&nine, RISK_SCOPE_SESSION, "9") ||
	    risk_kill(r, 1, &nine, RISK_HALTED, NULL) != 0 ||
	    risk_add_account(r, "A", "H") != 0)
		return -1;
	return 0;
}

static void
set_up_survives_any_failed_allocation(void **state)
{
	unsigned long n;
	struct risk *r;
	bool failed;

	(void)state;
	for (n = 0, failed = true; failed; n++) {
		fail_after = n;
		failed = set_up(&r) != 0;
		fail_after = ~0ul;
		if (r != NULL && failed) /* what failed can be done again */
			assert_int_equal(risk_add_account(r, "A", "G"), 0);
		if (!failed)
			assert_int_equal(buy(r, "A", "X", 1), RISK_OK);
		risk_free(r);
	}
	assert_true(n > 10);
}

static void
executions_survive_any_failed_allocation(void **state)
{
	struct risk *r = wide_firm();
	unsigned long n;
	char name[12];

	(void)state;
	for (n = 0; n < 20; n++) {
		snprintf(name, sizeof(name), "W%lu", n);
		fail_after = n % 10;
		assert_non_null(risk_fill(
		    r, fix_span_of(name), fix_span_of(name), '1', E8, E8));
		fail_after = ~0ul;
	}
	risk_free(r);
}

/* More pairs than are made at set-up: the first order of one makes it. As many
 * symbols as accounts, since each of either looks at all that are there. */
static void
pairs_beyond_those_of_set_up_are_made_by_their_first_order(void **state)
{
	struct risk *r = wide_firm();
	char name[12];
	unsigned i;

	(void)state;
	for (i = 0; i < 256; i++) {
		snprintf(name, sizeof(name), "S%u", i);
		add_symbol(r, name, "", 0, 0, E8);
	}
	for (i = 0; i < RISK_PAIRS_MAX / 256 + 10; i++) {
		snprintf(name, sizeof(name), "M%u", i);
		assert_int_equal(risk_add_account(r, name, ""), 0);
	}
	fail_after = 0;
	assert_int_equal(buy(r, name, "X", 1), RISK_INTERNAL);
	fail_after = ~0ul;
	assert_int_equal(buy(r, name, "X", 1), RISK_OK);
	assert_int_equal(buy(r, "M0", "X", 1), RISK_OK);
	risk_free(r);
}

static void
a_position_without_memory_is_refused(void **state)
{
	struct risk *r = wide_firm();
	struct risk_position p = { .qty_e8 = E8 };

	(void)state;
	fail_after = 0;
	assert_int_equal(
	    risk_set_position(r, fix_span_of("NEW"), fix_span_of("NEW"), &p),
	    -FIX_E_NOMEM);
	fail_after = ~0ul;
	assert_int_equal(
	    risk_set_position(r, fix_span_of("NEW"), fix_span_of("NEW"), &p),
	    0);
	risk_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_position_keeps_account_of_quantity_and_cash),
		cmocka_unit_test(
		    executions_of_any_size_stop_at_the_end_of_numbers),
		cmocka_unit_test(
		    executions_of_unknown_names_are_taken_and_bounded),
		cmocka_unit_test(positions_can_be_put_back),
		cmocka_unit_test(
		    a_hold_without_a_reference_goes_by_the_order_s_prices),
		cmocka_unit_test(what_is_held_or_open_is_listed),
		cmocka_unit_test(a_reservation_never_falls_below_nothing),
		cmocka_unit_test(set_up_survives_any_failed_allocation),
		cmocka_unit_test(executions_survive_any_failed_allocation),
		cmocka_unit_test(
		    pairs_beyond_those_of_set_up_are_made_by_their_first_order),
		cmocka_unit_test(a_position_without_memory_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
