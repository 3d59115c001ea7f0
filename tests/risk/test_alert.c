/* Alerts on the use of limits: vectors of section 13 of the pre-trade controls. */
#include "tests/risk/rows.h"

/* What was told since: +90, -90; 0: nothing; 1: more than one thing. */
static int
told(struct risk *r)
{
	struct risk_alert a;
	int what = 0;

	while (risk_alert_next(r, &a)) {
		if (what != 0)
			return 1;
		assert_int_equal(a.kind, RISK_SCOPE_ACCOUNT);
		assert_string_equal(a.id, "A");
		assert_string_equal(a.symbol, "X");
		assert_int_equal(a.measure, RISK_M_LONG);
		what = a.raised ? (int)a.percent : -(int)a.percent;
	}
	return what;
}

/* The account is long so much. */
static int
use(struct risk *r, int64_t *is, int64_t qty)
{
	char side = qty > *is ? '1' : '2';
	int64_t by = qty > *is ? qty - *is : *is - qty;

	risk_fill(r, fix_span_of("A"), fix_span_of("X"), side, by * E8,
	    PX(10000));
	*is = qty;
	return told(r);
}

static struct risk *
limited(int64_t max)
{
	struct risk_limits l = unlimited();
	struct risk *r = bare_firm();

	l.max_long_e8 = max * E8;
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	return r;
}

static struct risk *
watched(int64_t max)
{
	struct risk *r = limited(max);

	risk_watch(r);
	return r;
}

static void
nothing_is_told_unless_that_is_asked_for(void **state)
{
	struct risk *r = limited(1000);
	int64_t is = 0;

	(void)state;
	assert_int_equal(use(r, &is, 1000), 0);
	limit(r, RISK_SCOPE_ACCOUNT, "A", unlimited());
	assert_int_equal(told(r), 0);
	risk_free(r);
}

static void
a_level_is_told_once_and_taken_back_lower(void **state)
{
	static const struct {
		int64_t used;
		int told;
	} v[] = { { 699, 0 }, { 700, 70 }, { 899, 0 }, { 900, 90 }, { 950, 0 },
		{ 860, 0 }, { 850, 0 }, { 849, -90 }, { 900, 90 }, { 999, 0 },
		{ 1000, 100 }, { 1100, 0 }, { 950, 0 }, { 949, -100 },
		{ 10, -70 }, { 1000, 100 } };
	struct risk *r = watched(1000);
	int64_t is = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		assert_int_equal(use(r, &is, v[i].used), v[i].told);
	risk_free(r);
}

static void
a_limit_that_is_cut_tells(void **state)
{
	struct risk_limits l = unlimited();
	struct risk *r = watched(1000);
	int64_t is = 0;

	(void)state;
	assert_int_equal(use(r, &is, 560), 0);
	l.max_long_e8 = 600 * E8;
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	assert_int_equal(told(r), 90);
	risk_free(r);
}

static void
a_limit_of_nothing_divides_nothing(void **state)
{
	struct risk *r = watched(0);
	int64_t is = 0;

	(void)state;
	assert_int_equal(use(r, &is, 0), 0);
	assert_int_equal(use(r, &is, 1), 100);
	risk_free(r);
}

static void
orders_and_their_notional_are_told_too(void **state)
{
	struct risk_limits l = unlimited();
	struct risk *r = bare_firm();
	struct risk_alert a;

	(void)state;
	l.max_open_orders = 1;
	l.max_open_notional_e8 = 130 * E8;
	limit(r, RISK_SCOPE_FIRM, "", l);
	risk_watch(r);
	assert_int_equal(buy(r, "A", "X", 1), RISK_OK);
	assert_true(risk_alert_next(r, &a));
	assert_int_equal(a.measure, RISK_M_OPEN);
	assert_int_equal(a.percent, 100);
	assert_true(risk_alert_next(r, &a));
	assert_int_equal(a.measure, RISK_M_NOTIONAL);
	assert_int_equal(a.percent, 70);
	assert_false(risk_alert_next(r, &a));
	risk_free(r);
}

static void
tells(struct risk *r, enum risk_measure m, int percent)
{
	struct risk_alert a;

	assert_true(risk_alert_next(r, &a));
	assert_int_equal(a.kind, RISK_SCOPE_ACCOUNT);
	assert_int_equal(a.measure, m);
	assert_int_equal(a.raised ? (int)a.percent : -(int)a.percent, percent);
}

/* a hundred at 100.00 each. */
static void
what_rules_limit_is_told_too(void **state)
{
	static const struct {
		enum risk_measure m;
		size_t at;
	} rules[] = { { RISK_M_GROSS, offsetof(struct risk_rules, max_gross_e8) },
		{ RISK_M_TURNOVER, offsetof(struct risk_rules, max_turnover_e8) },
		{ RISK_M_BOUGHT, offsetof(struct risk_rules, max_bought_e8) },
		{ RISK_M_CREDIT, offsetof(struct risk_rules, credit_e8) },
		{ RISK_M_NET, offsetof(struct risk_rules, max_net_e8) } };
	struct risk_alert a;

	(void)state;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		struct risk *r = wide_firm();
		struct risk_rules l = no_rules();

		*(int64_t *)((char *)&l + rules[i].at) = 10000 * E8;
		l.has_credit = rules[i].m == RISK_M_CREDIT;
		rule(r, RISK_SCOPE_ACCOUNT, "A", l);
		risk_watch(r);
		assert_int_equal(buy(r, "B", "X", 90), RISK_OK);
		assert_int_equal(buy(r, "A", "X", 69), RISK_OK);
		assert_false(risk_alert_next(r, &a));
		assert_int_equal(buy(r, "A", "X", 1), RISK_OK);
		tells(r, rules[i].m, 70);
		fill(r, "A", "X", '1', 70, 10000);
		release(r, "A", "X", '1', 70);
		assert_false(risk_alert_next(r, &a)); /* still used */
		assert_int_equal(buy(r, "A", "Y", 20), RISK_OK);
		tells(r, rules[i].m, 90);
		assert_false(risk_alert_next(r, &a));
		release(r, "A", "Y", '1', 20);
		tells(r, rules[i].m, -90);
		risk_unset_rules(r, RISK_SCOPE_ACCOUNT, "A");
		tells(r, rules[i].m, -70);
		assert_false(risk_alert_next(r, &a));
		risk_free(r);
	}
}

/* A price alone moves the use of a value. */
static void
a_price_tells(void **state)
{
	struct risk *r = wide_firm();
	struct risk_rules l = no_rules();
	struct risk_alert a;

	(void)state;
	l.max_gross_e8 = 10000 * E8;
	rule(r, RISK_SCOPE_ACCOUNT, "A", l);
	risk_watch(r);
	position(r, "A", "X", -50);
	assert_false(risk_alert_next(r, &a));
	mark(r, "X", PX(14000));
	tells(r, RISK_M_GROSS, 70);
	mark(r, "X", PX(12900));
	tells(r, RISK_M_GROSS, -70);
	assert_false(risk_alert_next(r, &a));
	risk_free(r);
}

/* 65 of them, and room for 64: the first is gone. */
static void
of_too_many_the_oldest_are_lost(void **state)
{
	struct risk *r = watched(1000);
	struct risk_alert a;

	(void)state;
	for (int i = 0; i < 65; i++) {
		risk_fill(r, fix_span_of("A"), fix_span_of("X"),
		    i % 2 == 0 ? '1' : '2', (800 + i / 2) * E8, PX(10000));
		(void)buy(r, "A", "X", 0); /* refused, but looks */
	}
	for (int i = 1; i < 65; i++) {
		assert_true(risk_alert_next(r, &a));
		assert_int_equal(a.raised, i % 2 == 0);
		assert_int_equal(a.used, a.raised ? (800 + i / 2) * E8 : 0);
	}
	assert_false(risk_alert_next(r, &a));
	risk_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_told_unless_that_is_asked_for),
		cmocka_unit_test(a_level_is_told_once_and_taken_back_lower),
		cmocka_unit_test(a_limit_that_is_cut_tells),
		cmocka_unit_test(a_limit_of_nothing_divides_nothing),
		cmocka_unit_test(orders_and_their_notional_are_told_too),
		cmocka_unit_test(what_rules_limit_is_told_too),
		cmocka_unit_test(a_price_tells),
		cmocka_unit_test(of_too_many_the_oldest_are_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
