/*
 * Leave for one order beyond soft limits (section 9 of the pre-trade controls).
 */
#include "tests/risk/rows.h"

#define ALL_SOFT (RISK_SOFT_QTY | RISK_SOFT_NOTIONAL | RISK_SOFT_COLLAR | \
	RISK_SOFT_VOLUME | RISK_SOFT_DUPLICATE)

/* Account A may give orders of 10, and what is more is soft. */
static struct risk *
soft_firm(void)
{
	struct risk *r = wide_firm();
	struct risk_limits l = unlimited();
	struct risk_rules rules = no_rules();

	l.max_order_qty_e8 = 10 * E8;
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	rules.soft = ALL_SOFT;
	rule(r, RISK_SCOPE_ACCOUNT, "A", rules);
	return r;
}

/* Of A, to buy 100 X at 100.00 at most, for 5 minutes, issued by ann. */
static struct risk_token
leave(uint32_t number)
{
	struct risk_token t = { .number = number, .side = '1',
		.account = "A", .symbol = "X", .issuer = "ann",
		.qty_e8 = 100 * E8, .price_e8 = PX(10000),
		.until = { 1000 * FIX_SEC + 300 * FIX_SEC } };

	return t;
}

static void
issue(struct risk *r, struct risk_token t)
{
	assert_int_equal(risk_token_add(r, &t), 0);
}

static struct risk_order
with(uint32_t token, int64_t qty)
{
	struct risk_order o = limit_order("A", "X", '1', qty, PX(10000));

	o.token = token;
	o.trader = fix_span_of("tim");
	return o;
}

static void
t9_a_token_for_100_is_none_for_101(void **state)
{
	struct risk *r = soft_firm();
	struct risk_verdict v;
	char text[RISK_TEXT_MAX + 1];

	(void)state;
	issue(r, leave(7));
	assert_int_equal(check(r, with(0, 100), &v), RISK_QTY_MAX);
	risk_text(&v, text);
	assert_string_equal(text, "RISK QTY_MAX scope=ACCOUNT:A lim=10 val=100 "
	    "override=possible dec=1");
	assert_int_equal(check(r, with(7, 101), NULL), RISK_QTY_MAX);
	assert_int_equal(check(r, with(6, 100), NULL), RISK_QTY_MAX);
	assert_int_equal(check(r, with(7, 100), &v), RISK_OK);
	assert_int_equal(v.token, 7);
	risk_free(r);
}

static void
t9_a_token_is_spent_once(void **state)
{
	struct risk *r = soft_firm();
	struct risk_verdict v;

	(void)state;
	issue(r, leave(7));
	assert_int_equal(check(r, with(7, 10), &v), RISK_OK);
	assert_int_equal(v.token, 0); /* it was not needed */
	assert_int_equal(check(r, with(7, 50), NULL), RISK_OK);
	assert_int_equal(check(r, with(7, 50), NULL), RISK_QTY_MAX);
	assert_false(risk_token_drop(r, 7));
	risk_free(r);
}

static void
t9_a_token_expires(void **state)
{
	struct risk *r = soft_firm();

	(void)state;
	issue(r, leave(7));
	issue(r, leave(8));
	assert_int_equal(
	    check_at(r, with(7, 100), 300 * FIX_SEC), RISK_QTY_MAX);
	assert_int_equal(
	    check_at(r, with(8, 100), 300 * FIX_SEC - 1), RISK_OK);
	risk_free(r);
}

static void
t9_no_token_of_the_trader_himself(void **state)
{
	struct risk *r = soft_firm();
	struct risk_order o = with(7, 100);

	(void)state;
	issue(r, leave(7));
	o.trader = fix_span_of("ann");
	assert_int_equal(check(r, o, NULL), RISK_QTY_MAX);
	o.trader = fix_span_of("an");
	assert_int_equal(check(r, o, NULL), RISK_OK);
	risk_free(r);
}

static void
t9_it_is_bound_to_account_symbol_side_and_price(void **state)
{
	struct risk *r = soft_firm();
	struct risk_rules rules = no_rules();
	struct risk_limits l = unlimited();
	struct risk_token t = leave(7);
	struct risk_order o = with(7, 100), m = with(7, 100);

	(void)state;
	issue(r, t);
	o.symbol = fix_span_of("Y");
	assert_int_equal(check(r, o, NULL), RISK_QTY_MAX);
	o = with(7, 100);
	o.side = '2';
	assert_int_equal(check(r, o, NULL), RISK_QTY_MAX);
	o = with(7, 100);
	o.price_e8++;
	assert_int_equal(check(r, o, NULL), RISK_QTY_MAX);
	m.ord_type = '1';
	m.has_price = false;
	m.price_e8 = 0;
	assert_int_equal(check(r, m, NULL), RISK_QTY_MAX);
	l.max_order_qty_e8 = 10 * E8;
	rules.soft = ALL_SOFT;
	limit(r, RISK_SCOPE_ACCOUNT, "B", l);
	rule(r, RISK_SCOPE_ACCOUNT, "B", rules);
	o = with(7, 100);
	o.account = fix_span_of("B");
	assert_int_equal(check(r, o, NULL), RISK_QTY_MAX);
	t.number = 8;
	t.side = '2'; /* a sale: at least */
	issue(r, t);
	o = with(8, 100);
	o.side = '2';
	o.price_e8--;
	assert_int_equal(check(r, o, NULL), RISK_QTY_MAX);
	o.price_e8 += 2;
	assert_int_equal(check(r, o, NULL), RISK_OK);
	o = with(7, 100);
	o.price_e8--;
	assert_int_equal(check(r, o, NULL), RISK_OK);
	risk_free(r);
}

static void
t9_a_hard_limit_stands(void **state)
{
	struct risk *r = soft_firm();
	struct risk_limits l = unlimited();
	struct risk_verdict v;

	(void)state;
	issue(r, leave(7));
	l.max_order_qty_e8 = 99 * E8;
	limit(r, RISK_SCOPE_FIRM, "", l);
	assert_int_equal(check(r, with(7, 100), &v), RISK_QTY_MAX);
	assert_int_equal(v.scope, RISK_SCOPE_FIRM);
	assert_false(v.soft);
	/* refused all the same: it is not spent */
	assert_int_equal(check(r, with(7, 99), &v), RISK_OK);
	assert_int_equal(v.token, 7);
	l = unlimited();
	l.max_order_qty_e8 = 0; /* blocked */
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	issue(r, leave(8));
	assert_int_equal(check(r, with(8, 1), &v), RISK_QTY_MAX);
	assert_false(v.soft);
	risk_unset_limits(r, RISK_OWNER_FIRM, RISK_SCOPE_ACCOUNT, "A");
	risk_unset_limits(r, RISK_OWNER_FIRM, RISK_SCOPE_FIRM, "");
	assert_int_equal(check(r, with(8, 1), &v), RISK_QTY_MAX);
	assert_false(v.soft);
	risk_free(r);
}

/* Each of what can be soft: lifted where its bit is set, and only there. */
static void
t9_each_soft_limit_and_no_other(void **state)
{
	static const struct {
		enum risk_code code;
		uint32_t bit;
	} kinds[] = { { RISK_QTY_MAX, RISK_SOFT_QTY },
		{ RISK_NOTIONAL_MAX, RISK_SOFT_NOTIONAL },
		{ RISK_COLLAR, RISK_SOFT_COLLAR },
		{ RISK_FAT_FINGER, RISK_SOFT_VOLUME },
		{ RISK_DUP_CONTENT, RISK_SOFT_DUPLICATE },
		{ RISK_COLLAR, RISK_SOFT_COLLAR },
		{ RISK_COLLAR, RISK_SOFT_COLLAR } };

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		for (int lifted = 0; lifted < 2; lifted++) {
			struct risk *r = bare_firm();
			struct risk_limits l = unlimited();
			struct risk_rules rules = no_rules();
			struct risk_detail d = { .adv_e8 = 100 * E8 };
			struct risk_verdict v;

			if (i == 0)
				l.max_order_qty_e8 = 49 * E8;
			if (i == 1)
				l.max_order_notional_e8 = 4999 * E8;
			if (i == 2) { /* as much below the reference */
				ref(r, 8000);
				l.collar_bp = 100;
			}
			if (i == 3)
				rules.max_adv_bp = 1000;
			if (i == 4)
				rules.dup_max = 1;
			if (i == 5) {
				ref(r, 20000);
				rules.far_bp = 100;
			}
			if (i == 6) {
				add_symbol(r, "X", "EQ", PX(1), 0, E8);
				ref(r, 9000);
				rules.collar_ticks = 10;
			}
			rules.dup_window_ns = FIX_SEC;
			rules.soft = lifted ? kinds[i].bit :
					      ALL_SOFT & ~kinds[i].bit;
			describe(r, "X", d);
			limit(r, RISK_SCOPE_FIRM, "", l);
			rule(r, RISK_SCOPE_FIRM, "", rules);
			issue(r, leave(7));
			if (i == 4)
				assert_int_equal(
				    check(r, with(0, 50), NULL), RISK_OK);
			assert_int_equal(
			    check(r, with(0, 50), &v), kinds[i].code);
			assert_int_equal(v.soft, lifted);
			assert_int_equal(check(r, with(7, 50), &v),
			    lifted ? RISK_OK : kinds[i].code);
			assert_int_equal(v.token, lifted ? 7 : 0);
			risk_free(r);
		}
}

static void
t9_a_collar_of_nothing_is_hard(void **state)
{
	struct risk *r = bare_firm();
	struct risk_limits l = unlimited();
	struct risk_rules rules = no_rules();
	struct risk_verdict v;

	(void)state;
	l.collar_bp = 0;
	limit(r, RISK_SCOPE_FIRM, "", l);
	rules.soft = ALL_SOFT;
	rule(r, RISK_SCOPE_FIRM, "", rules);
	issue(r, leave(7));
	assert_int_equal(check(r, with(7, 1), &v), RISK_COLLAR);
	assert_false(v.soft);
	risk_free(r);
}

static void
so_many_tokens_and_no_more(void **state)
{
	struct risk *r = soft_firm();
	struct risk_token t = leave(0);

	(void)state;
	assert_int_equal(risk_token_add(r, &t), -FIX_E_FORMAT);
	t = leave(1);
	t.qty_e8 = 0;
	assert_int_equal(risk_token_add(r, &t), -FIX_E_FORMAT);
	t = leave(1);
	t.side = '0';
	assert_int_equal(risk_token_add(r, &t), -FIX_E_FORMAT);
	t.side = ':';
	assert_int_equal(risk_token_add(r, &t), -FIX_E_FORMAT);
	for (uint32_t i = 1; i <= RISK_TOKENS_MAX; i++)
		issue(r, leave(i));
	t = leave(99);
	assert_int_equal(risk_token_add(r, &t), -FIX_E_FULL);
	assert_true(risk_token_drop(r, 1));
	assert_false(risk_token_drop(r, 1));
	issue(r, t);
	for (uint32_t i = 2; i <= RISK_TOKENS_MAX; i++)
		assert_int_equal(check(r, with(i, 100), NULL), RISK_OK);
	assert_int_equal(check(r, with(99, 100), NULL), RISK_OK);
	risk_free(r);
}

static void
t9_sides_are_those_of_fix_and_a_price_may_be_the_token_s(void **state)
{
	struct risk *r = soft_firm();
	struct risk_token t = leave(7);
	struct risk_order o = with(7, 100);

	(void)state;
	t.side = '0';
	assert_int_equal(risk_token_add(r, &t), -FIX_E_FORMAT);
	t.side = ':';
	assert_int_equal(risk_token_add(r, &t), -FIX_E_FORMAT);
	t.side = '9';
	issue(r, t);
	assert_true(risk_token_drop(r, 7));
	t.side = o.side = '2';
	issue(r, t);
	assert_int_equal(check(r, o, NULL), RISK_OK);
	risk_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t9_a_token_for_100_is_none_for_101),
		cmocka_unit_test(t9_a_token_is_spent_once),
		cmocka_unit_test(t9_a_token_expires),
		cmocka_unit_test(t9_no_token_of_the_trader_himself),
		cmocka_unit_test(
		    t9_it_is_bound_to_account_symbol_side_and_price),
		cmocka_unit_test(t9_a_hard_limit_stands),
		cmocka_unit_test(t9_each_soft_limit_and_no_other),
		cmocka_unit_test(t9_a_collar_of_nothing_is_hard),
		cmocka_unit_test(so_many_tokens_and_no_more),
		cmocka_unit_test(
		    t9_sides_are_those_of_fix_and_a_price_may_be_the_token_s),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
