/*
 * Limits that were cut below what is used: what may go while it is so, and which
 * live orders would have to.
 */
#include "tests/risk/rows.h"

static struct risk *
with_limits(struct risk_limits l)
{
	struct risk *r = wide_firm();

	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	return r;
}

static struct risk_limits
longs(int64_t n)
{
	struct risk_limits l = unlimited();

	l.max_long_e8 = n * E8;
	return l;
}

static void
only_what_does_not_raise_the_worst_side_goes(void **state)
{
	struct risk *r = with_limits(longs(100));

	(void)state;
	position(r, "A", "X", 80);
	limit(r, RISK_SCOPE_ACCOUNT, "A", longs(50));
	assert_int_equal(buy(r, "A", "X", 1), RISK_POS_LONG);
	assert_int_equal(buy(r, "A", "Y", 1), RISK_POS_LONG);
	assert_int_equal(sell(r, "A", "Y", 1), RISK_POS_LONG);
	assert_int_equal(buy(r, "B", "X", 1), RISK_OK);
	assert_int_equal(sell(r, "A", "X", 161), RISK_POS_LONG);
	assert_int_equal(sell(r, "A", "X", 160), RISK_OK);
	assert_int_equal(sell(r, "A", "X", 1), RISK_POS_LONG);
	/* Sold down to the limit, all goes again */
	risk_fill(r, fix_span_of("A"), fix_span_of("X"), '2', 30 * E8, E8);
	assert_int_equal(buy(r, "A", "Y", 1), RISK_OK);
	risk_free(r);
}

static void
open_orders_are_of_a_side(void **state)
{
	struct risk_hold held = { 100 * E8, 10000 * E8 };
	struct risk *r = with_limits(longs(200));
	struct risk_order o = limit_order("A", "X", '1', 90, PX(10000));
	struct risk_verdict v;

	(void)state;
	assert_int_equal(buy(r, "A", "X", 100), RISK_OK);
	limit(r, RISK_SCOPE_ACCOUNT, "A", longs(50));
	assert_int_equal(sell(r, "A", "X", 101), RISK_POS_LONG);
	assert_int_equal(sell(r, "A", "X", 60), RISK_OK);
	assert_int_equal(sell(r, "A", "X", 41), RISK_POS_LONG);
	assert_int_equal(sell(r, "A", "X", 40), RISK_OK);
	assert_int_equal(risk_check_replace(r, &o, held, at_ns(0), &v), 0);
	o.qty_e8 = 101 * E8;
	assert_int_equal(risk_check_replace(r, &o, held, at_ns(0), &v), 1);
	assert_int_equal(v.code, RISK_POS_LONG);
	assert_int_equal(v.scope, RISK_SCOPE_ACCOUNT);
	risk_free(r);
}

static bool
excess(struct risk *r, enum risk_scope kind, const char *account, char side,
    int64_t qty, uint64_t run)
{
	struct risk_order o = limit_order(account, "X", side, qty, PX(10000));
	struct risk_hold h = { qty * E8, qty * 100 * E8 };

	return risk_excess(r, kind, "A", &o, h, run);
}
#define EXCESS(side, qty, run) \
	excess(r, RISK_SCOPE_ACCOUNT, "A", side, qty, run)

static void
newest_first_until_it_is_enough(void **state)
{
	struct risk_limits l = unlimited();
	struct risk *r = with_limits(l);

	(void)state;
	assert_int_equal(buy(r, "A", "X", 60), RISK_OK);
	assert_int_equal(buy(r, "A", "X", 50), RISK_OK);
	assert_int_equal(buy(r, "A", "X", 40), RISK_OK);
	limit(r, RISK_SCOPE_ACCOUNT, "A", longs(100));
	assert_true(EXCESS('1', 40, 1));
	assert_true(EXCESS('1', 50, 1));
	assert_false(EXCESS('1', 60, 1));
	assert_true(EXCESS('1', 40, 2)); /* another run */
	assert_false(EXCESS('2', 40, 3)); /* a sale would not help */
	assert_false(excess(r, RISK_SCOPE_ACCOUNT, "NEW", '1', 40, 3));
	assert_false(excess(r, RISK_SCOPE_SESSION, "A", '1', 40, 3));
	limit(r, RISK_SCOPE_ACCOUNT, "A", longs(110));
	assert_true(EXCESS('1', 40, 4));
	assert_false(EXCESS('1', 50, 4));
	l.max_open_orders = 2;
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	assert_true(EXCESS('1', 40, 5));
	assert_false(EXCESS('1', 50, 5));
	l = unlimited();
	l.max_open_notional_e8 = 11000 * E8;
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	assert_true(EXCESS('1', 40, 6));
	assert_false(EXCESS('1', 50, 6));
	limit(r, RISK_SCOPE_ACCOUNT, "A", unlimited());
	assert_false(EXCESS('1', 40, 7));
	risk_free(r);
}

/* Of one measure and as much used: the first account, whichever was set up
 * first. */
static void
of_equals_the_first_account_is_named(void **state)
{
	struct risk *r = wide_firm();
	struct risk_breach b;

	(void)state;
	assert_int_equal(risk_add_account(r, "0", "G"), 0);
	position(r, "A", "X", 15);
	position(r, "0", "X", 1);
	limit(r, RISK_SCOPE_GROUP, "G", longs(10));
	assert_true(risk_breached(r, RISK_SCOPE_GROUP, "G", &b));
	assert_string_equal(b.account, "0");
	assert_int_equal(b.used, 16 * E8);
	/* A session counts no positions: it is never breached */
	limit(r, RISK_SCOPE_SESSION, "1", longs(0));
	assert_false(risk_breached(r, RISK_SCOPE_SESSION, "1", &b));
	assert_false(risk_breached(r, RISK_SCOPE_ACCOUNT, "NONE", &b));
	risk_free(r);
}

static void
excess_is_of_limits_that_were_set_for_the_scope(void **state)
{
	struct risk_order o = limit_order("A", "X", '1', 40, PX(10000));
	struct risk_hold h = { 40 * E8, 4000 * E8 }, none = { 0, 0 };
	struct risk *r = bare_firm();

	(void)state;
	limit(r, RISK_SCOPE_ACCOUNT, "A", unlimited());
	assert_int_equal(buy(r, "A", "X", 60), RISK_OK);
	assert_int_equal(buy(r, "A", "X", 40), RISK_OK);
	assert_false(risk_excess(r, RISK_SCOPE_GROUP, "G", &o, h, 1));
	assert_false(risk_excess(r, RISK_SCOPE_FIRM, "", &o, h, 2));
	limit(r, RISK_SCOPE_ACCOUNT, "A", longs(50));
	limit(r, RISK_SCOPE_GROUP, "G", longs(50));
	limit(r, RISK_SCOPE_FIRM, "", longs(50));
	assert_false(risk_excess(r, RISK_SCOPE_ACCOUNT, "B", &o, h, 3));
	assert_false(risk_excess(r, RISK_SCOPE_GROUP, "H", &o, h, 4));
	assert_true(risk_excess(r, RISK_SCOPE_ACCOUNT, "A", &o, h, 5));
	assert_true(risk_excess(r, RISK_SCOPE_GROUP, "G", &o, h, 6));
	assert_true(risk_excess(r, RISK_SCOPE_FIRM, "any", &o, h, 7));
	/* What reserves nothing helps nothing; nor does what has no group */
	assert_false(risk_excess(r, RISK_SCOPE_ACCOUNT, "A", &o, none, 8));
	o.account = fix_span_of("C");
	assert_false(risk_excess(r, RISK_SCOPE_GROUP, "G", &o, h, 9));
	risk_free(r);
}

/* From what it was to what is left; of a hundred apiece. */
static void
rehold(struct risk *r, int64_t was, int64_t is, int opened)
{
	struct risk_hold a = { was * E8, was * 100 * E8 };
	struct risk_hold b = { is * E8, is * 100 * E8 };

	risk_rehold(
	    r, fix_span_of("A"), fix_span_of("X"), '1', a, b, opened);
}

static void
told(struct risk *r, enum risk_scope kind, const char *id, bool over,
    enum risk_measure m, int64_t used)
{
	struct risk_breach b;

	assert_true(risk_breach_next(r, &b));
	assert_int_equal(b.kind, kind);
	assert_string_equal(b.id, id);
	assert_int_equal(b.over, over);
	if (!over) {
		assert_null(b.account);
		return;
	}
	assert_int_equal(b.measure, m);
	assert_int_equal(b.used, used);
	assert_string_equal(b.symbol, "X");
}

static void
nothing_told(struct risk *r)
{
	struct risk_breach b;

	assert_false(risk_breach_next(r, &b));
}

/* The venue has executed more than was ordered. */
static void
an_execution_beyond_the_limit_breaches_at_once(void **state)
{
	struct risk *r = with_limits(longs(100));

	(void)state;
	assert_int_equal(buy(r, "A", "X", 100), RISK_OK);
	fill(r, "A", "X", '1', 150, 100);
	rehold(r, 100, 0, -1);
	told(r, RISK_SCOPE_ACCOUNT, "A", true, RISK_M_LONG, 150 * E8);
	nothing_told(r);
	assert_int_equal(buy(r, "A", "Y", 1), RISK_POS_LONG);
	assert_int_equal(sell(r, "A", "Y", 1), RISK_POS_LONG);
	assert_int_equal(buy(r, "B", "Y", 1), RISK_OK);
	assert_int_equal(sell(r, "A", "X", 50), RISK_OK);
	nothing_told(r);
	fill(r, "A", "X", '2', 49, 100);
	nothing_told(r); /* 101 */
	fill(r, "A", "X", '2', 1, 100);
	told(r, RISK_SCOPE_ACCOUNT, "A", false, 0, 0);
	nothing_told(r);
	assert_int_equal(buy(r, "A", "Y", 1), RISK_OK);
	risk_free(r);
}

/* The next order finds it, whether anybody has asked or not. */
static void
a_breach_counts_from_the_next_order_on(void **state)
{
	struct risk *r = with_limits(longs(100));

	(void)state;
	fill(r, "A", "X", '1', 101, 100); /* of no order */
	assert_int_equal(buy(r, "A", "Y", 1), RISK_POS_LONG);
	told(r, RISK_SCOPE_ACCOUNT, "A", true, RISK_M_LONG, 101 * E8);
	/* over before anybody asked: nothing to tell */
	fill(r, "A", "X", '2', 1, 100);
	assert_int_equal(buy(r, "A", "Y", 1), RISK_OK);
	told(r, RISK_SCOPE_ACCOUNT, "A", false, 0, 0);
	fill(r, "A", "X", '1', 1, 100);
	assert_int_equal(buy(r, "A", "Y", 1), RISK_POS_LONG);
	fill(r, "A", "X", '2', 1, 100);
	nothing_told(r);
	risk_free(r);
}

/* Position and reservation of one execution move one after the other. */
static void
an_execution_of_what_was_reserved_breaches_nothing(void **state)
{
	struct risk *r = with_limits(longs(100));
	struct risk_alert a;

	(void)state;
	risk_watch(r);
	assert_int_equal(buy(r, "A", "X", 95), RISK_OK);
	assert_true(risk_alert_next(r, &a));
	assert_int_equal(a.percent, 90);
	assert_false(risk_alert_next(r, &a));
	fill(r, "A", "X", '1', 60, 100);
	rehold(r, 95, 35, 0);
	nothing_told(r);
	assert_false(risk_alert_next(r, &a));
	rehold(r, 35, 0, -1);
	fill(r, "A", "X", '1', 35, 100); /* the other way round */
	assert_false(risk_alert_next(r, &a));
	nothing_told(r);
	assert_int_equal(buy(r, "A", "Y", 1), RISK_OK);
	risk_free(r);
}

/* An order that the venue restates, or that is back after its end. */
static void
what_a_venue_reserves_by_itself_breaches_too(void **state)
{
	struct risk_limits l = unlimited();
	struct risk *r = with_limits(longs(100));

	(void)state;
	assert_int_equal(buy(r, "A", "X", 100), RISK_OK);
	rehold(r, 100, 120, 0);
	told(r, RISK_SCOPE_ACCOUNT, "A", true, RISK_M_LONG, 120 * E8);
	rehold(r, 120, 100, 0);
	told(r, RISK_SCOPE_ACCOUNT, "A", false, 0, 0);
	l.max_open_orders = 1;
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	rehold(r, 0, 1, 1);
	told(r, RISK_SCOPE_ACCOUNT, "A", true, RISK_M_OPEN, 2);
	rehold(r, 1, 0, -1);
	told(r, RISK_SCOPE_ACCOUNT, "A", false, 0, 0);
	l.max_open_orders = RISK_UNLIMITED;
	l.max_open_notional_e8 = 10000 * E8;
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	rehold(r, 100, 101, 0);
	told(r, RISK_SCOPE_ACCOUNT, "A", true, RISK_M_NOTIONAL, 10100 * E8);
	risk_free(r);
}

/* an execution for an account that nobody knows counts for the firm. */
static void
suspense_breaches_the_firm(void **state)
{
	struct risk *r = bare_firm();

	(void)state;
	limit(r, RISK_SCOPE_FIRM, "", longs(100));
	fill(r, "A", "X", '1', 60, 100);
	nothing_told(r);
	fill(r, "SUSPENSE", "X", '1', 41, 100);
	told(r, RISK_SCOPE_FIRM, "", true, RISK_M_LONG, 101 * E8);
	assert_int_equal(buy(r, "B", "Y", 1), RISK_POS_LONG);
	assert_int_equal(sell(r, "A", "X", 60), RISK_OK);
	fill(r, "A", "X", '2', 1, 100); /* found by another account of the same use */
	told(r, RISK_SCOPE_FIRM, "", false, 0, 0);
	risk_free(r);
}

static void
positions_that_come_back_are_looked_at(void **state)
{
	struct risk *r = with_limits(longs(100));

	(void)state;
	limit(r, RISK_SCOPE_GROUP, "H", longs(100));
	position(r, "A", "X", 101);
	assert_int_equal(buy(r, "A", "Y", 1), RISK_POS_LONG);
	told(r, RISK_SCOPE_ACCOUNT, "A", true, RISK_M_LONG, 101 * E8);
	/* It counts in another group now */
	assert_int_equal(risk_add_account(r, "A", "H"), 0);
	told(r, RISK_SCOPE_GROUP, "H", true, RISK_M_LONG, 101 * E8);
	risk_unset_limits(r, RISK_OWNER_FIRM, RISK_SCOPE_ACCOUNT, "A");
	told(r, RISK_SCOPE_ACCOUNT, "A", false, 0, 0);
	nothing_told(r);
	/* A scope that had no limits is looked at when it gets some */
	limit(r, RISK_SCOPE_SYMBOL, "X", longs(100));
	told(r, RISK_SCOPE_SYMBOL, "X", true, RISK_M_LONG, 101 * E8);
	limit(r, RISK_SCOPE_SYMBOL, "X", longs(101));
	told(r, RISK_SCOPE_SYMBOL, "X", false, 0, 0);
	risk_free(r);
}

static struct risk *
with_rules(struct risk_rules l)
{
	struct risk *r = wide_firm();

	rule(r, RISK_SCOPE_ACCOUNT, "A", l);
	return r;
}

/* What rules limit, broken by an execution of nobody's order and by a cut. */
static void
rules_that_are_broken_are_told_and_let_only_reduce(void **state)
{
	static const struct {
		enum risk_measure m;
		enum risk_code code;
		size_t at;
		bool flat_mends; /* to sell what was bought is a way out */
	} rules[] = { { RISK_M_GROSS, RISK_GROSS,
			  offsetof(struct risk_rules, max_gross_e8), true },
		{ RISK_M_TURNOVER, RISK_TURNOVER,
		    offsetof(struct risk_rules, max_turnover_e8), false },
		{ RISK_M_BOUGHT, RISK_TURNOVER,
		    offsetof(struct risk_rules, max_bought_e8), false },
		{ RISK_M_CREDIT, RISK_CREDIT,
		    offsetof(struct risk_rules, credit_e8), true } };

	(void)state;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		struct risk_rules l = no_rules();
		int64_t back = rules[i].m == RISK_M_GROSS ? 6 : 1;
		struct risk *r;

		*(int64_t *)((char *)&l + rules[i].at) = 10000 * E8;
		l.has_credit = rules[i].m == RISK_M_CREDIT;
		r = with_rules(l);
		fill(r, "A", "X", '1', 100, 10000);
		nothing_told(r);
		fill(r, "A", "X", '1', 1, 10000);
		told(r, RISK_SCOPE_ACCOUNT, "A", true, rules[i].m, 10100 * E8);
		nothing_told(r);
		assert_int_equal(sell(r, "A", "Y", 1), rules[i].code);
		assert_int_equal(buy(r, "A", "Y", 1), rules[i].code);
		assert_int_equal(buy(r, "B", "Y", 1), RISK_OK);
		assert_int_equal(sell(r, "A", "X", back),
		    rules[i].m == RISK_M_TURNOVER ? RISK_TURNOVER : RISK_OK);
		fill(r, "A", "X", '2', back, 10000);
		release(r, "A", "X", '2', back);
		if (rules[i].flat_mends)
			told(r, RISK_SCOPE_ACCOUNT, "A", false, 0, 0);
		else
			nothing_told(r);
		/* cut below what is used */
		*(int64_t *)((char *)&l + rules[i].at) = 9000 * E8;
		rule(r, RISK_SCOPE_ACCOUNT, "A", l);
		if (rules[i].flat_mends)
			told(r, RISK_SCOPE_ACCOUNT, "A", true, rules[i].m,
			    (101 - back) * 100 * E8);
		risk_unset_rules(r, RISK_SCOPE_ACCOUNT, "A");
		told(r, RISK_SCOPE_ACCOUNT, "A", false, 0, 0);
		assert_int_equal(buy(r, "A", "Y", 1), RISK_OK);
		risk_free(r);
	}
}

/* What makes the net less passes, in whatever symbol. */
static void
a_net_that_is_broken_lets_a_hedge_pass(void **state)
{
	struct risk_rules l = no_rules();
	struct risk *r;

	(void)state;
	l.max_net_e8 = 10000 * E8;
	r = with_rules(l);
	position(r, "A", "X", -101);
	told(r, RISK_SCOPE_ACCOUNT, "A", true, RISK_M_NET, 10100 * E8);
	assert_int_equal(sell(r, "A", "Y", 1), RISK_NET);
	assert_int_equal(buy(r, "A", "Y", 6), RISK_OK);
	told(r, RISK_SCOPE_ACCOUNT, "A", false, 0, 0);
	risk_free(r);
}

/* Prices move a value over its limit and back: told once, and back a twentieth
 * lower; an order is refused for what is used, not for what is told. */
static void
a_price_that_swings_is_one_breach(void **state)
{
	struct risk_rules l = no_rules();
	struct risk_breach b;
	struct risk *r;

	(void)state;
	l.max_gross_e8 = 10000 * E8;
	r = with_rules(l);
	position(r, "A", "X", 100);
	mark(r, "X", PX(10001));
	told(r, RISK_SCOPE_ACCOUNT, "A", true, RISK_M_GROSS, 10001 * E8);
	assert_int_equal(buy(r, "A", "Y", 1), RISK_GROSS);
	for (int i = 0; i < 3; i++) {
		mark(r, "X", PX(i == 0 ? 10000 : 9501));
		nothing_told(r);
		assert_false(risk_breached(r, RISK_SCOPE_ACCOUNT, "A", &b));
		mark(r, "X", PX(10001));
		nothing_told(r);
		assert_true(risk_breached(r, RISK_SCOPE_ACCOUNT, "A", &b));
	}
	mark(r, "X", PX(9501));
	assert_int_equal(buy(r, "A", "Y", 1), RISK_OK);
	release(r, "A", "Y", '1', 1);
	nothing_told(r);
	mark(r, "X", PX(9500));
	told(r, RISK_SCOPE_ACCOUNT, "A", false, 0, 0);
	risk_free(r);
}

/* Of 60, 50 and 40 bought at 100.00, for 15000, what has to go for 10000. */
static void
excess_of_rules_goes_newest_first(void **state)
{
	static const size_t at[] = {
		offsetof(struct risk_rules, max_gross_e8),
		offsetof(struct risk_rules, max_net_e8),
		offsetof(struct risk_rules, max_turnover_e8),
		offsetof(struct risk_rules, max_bought_e8),
		offsetof(struct risk_rules, credit_e8),
		offsetof(struct risk_rules, max_traded_qty_e8)
	};
	uint64_t run = 1;

	(void)state;
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		struct risk_rules l = no_rules();
		struct risk *r = with_rules(l);
		int64_t one = i == 5 ? E8 : 100 * E8;

		l.has_credit = i == 4;
		*(int64_t *)((char *)&l + at[i]) = 150 * one;
		rule(r, RISK_SCOPE_ACCOUNT, "A", l);
		assert_int_equal(buy(r, "A", "X", 60), RISK_OK);
		assert_int_equal(buy(r, "A", "X", 50), RISK_OK);
		assert_int_equal(buy(r, "A", "X", 40), RISK_OK);
		assert_false(EXCESS('1', 40, run));
		*(int64_t *)((char *)&l + at[i]) = 100 * one;
		rule(r, RISK_SCOPE_ACCOUNT, "A", l);
		run++;
		assert_int_equal(EXCESS('2', 40, run), i == 2 || i == 5);
		run++;
		assert_true(EXCESS('1', 40, run));
		assert_true(EXCESS('1', 50, run));
		assert_false(EXCESS('1', 60, run));
		assert_false(excess(r, RISK_SCOPE_ACCOUNT, "B", '1', 40, run));
		run++;
		risk_free(r);
	}
}

/* Of both sides the worse one counts, without what has gone already. */
static void
excess_of_both_sides_is_of_the_worse_one(void **state)
{
	struct risk_rules l = no_rules();
	struct risk *r;

	(void)state;
	l.max_gross_e8 = 11000 * E8;
	r = with_rules(l);
	assert_int_equal(buy(r, "A", "X", 60), RISK_OK);
	assert_int_equal(sell(r, "A", "X", 60), RISK_OK);
	assert_int_equal(sell(r, "A", "X", 40), RISK_OK);
	assert_int_equal(buy(r, "A", "X", 50), RISK_OK);
	l.max_gross_e8 = 9500 * E8;
	rule(r, RISK_SCOPE_ACCOUNT, "A", l);
	assert_true(EXCESS('1', 50, 1));
	assert_true(EXCESS('2', 40, 1));
	assert_false(EXCESS('2', 60, 1));
	assert_false(EXCESS('1', 60, 1));
	risk_free(r);
}

/* They halt, until a person re-arms. */
static void
losses_are_no_breach(void **state)
{
	struct risk_rules l = no_rules();
	struct risk_breach b;
	struct risk *r;

	(void)state;
	l.max_loss_e8 = l.max_drawdown_e8 = l.reducing_loss_e8 = 100 * E8;
	r = with_rules(l);
	fill(r, "A", "X", '1', 10, 10000);
	mark(r, "X", PX(8000));
	assert_int_equal(buy(r, "A", "X", 1), RISK_LOSS_HALT);
	assert_false(risk_breached(r, RISK_SCOPE_ACCOUNT, "A", &b));
	nothing_told(r);
	risk_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_does_not_raise_the_worst_side_goes),
		cmocka_unit_test(open_orders_are_of_a_side),
		cmocka_unit_test(newest_first_until_it_is_enough),
		cmocka_unit_test(of_equals_the_first_account_is_named),
		cmocka_unit_test(
		    excess_is_of_limits_that_were_set_for_the_scope),
		cmocka_unit_test(
		    an_execution_beyond_the_limit_breaches_at_once),
		cmocka_unit_test(a_breach_counts_from_the_next_order_on),
		cmocka_unit_test(
		    an_execution_of_what_was_reserved_breaches_nothing),
		cmocka_unit_test(what_a_venue_reserves_by_itself_breaches_too),
		cmocka_unit_test(suspense_breaches_the_firm),
		cmocka_unit_test(positions_that_come_back_are_looked_at),
		cmocka_unit_test(
		    rules_that_are_broken_are_told_and_let_only_reduce),
		cmocka_unit_test(a_net_that_is_broken_lets_a_hedge_pass),
		cmocka_unit_test(a_price_that_swings_is_one_breach),
		cmocka_unit_test(excess_of_rules_goes_newest_first),
		cmocka_unit_test(excess_of_both_sides_is_of_the_worse_one),
		cmocka_unit_test(losses_are_no_breach),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
