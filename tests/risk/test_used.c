/*
 * How much of what rules limit is used, to the last unit: the same day told by
 * each measure.
 */
#include "tests/risk/rows.h"

#define FEE_BP 10

static int64_t *
at(struct risk_rules *l, enum risk_measure m)
{
	switch (m) {
	case RISK_M_GROSS:
		return &l->max_gross_e8;
	case RISK_M_TURNOVER:
		return &l->max_turnover_e8;
	case RISK_M_BOUGHT:
		return &l->max_bought_e8;
	case RISK_M_SOLD:
		return &l->max_sold_e8;
	case RISK_M_TRADED:
		return &l->max_traded_qty_e8;
	case RISK_M_CREDIT:
		l->has_credit = true;
		l->cash_e8 = -1;
		return &l->credit_e8;
	case RISK_M_NET:
		return &l->max_net_e8;
	case RISK_M_LOSS:
		return &l->max_loss_e8;
	case RISK_M_REDUCING:
		return &l->reducing_loss_e8;
	case RISK_M_DRAWDOWN:
		return &l->max_drawdown_e8;
	case RISK_M_LONG:
	case RISK_M_SHORT:
	case RISK_M_OPEN:
	case RISK_M_NOTIONAL:
	case RISK_N_MEASURE:
		break;
	}
	fail();
	return NULL;
}

/* 50 bought at 100.00 and 20 sold at 110.00; open are a buy of 10 at 100.00 and
 * a unit of 10^-8, and a sale of 7 at 100.00. In all of it a fee of 0.1 %. */
static void
trade(struct risk *r, const char *account)
{
	assert_int_equal(check(r, limit_order(account, "X", '1', 10,
	    PX(10000) + 1), NULL), RISK_OK);
	assert_int_equal(sell(r, account, "X", 7), RISK_OK);
	fill(r, account, "X", '1', 50, 10000);
	fill(r, account, "X", '2', 20, 11000);
}

static struct risk_rules
with_fees(void)
{
	struct risk_rules l = no_rules();

	l.fee_bp = FEE_BP;
	l.max_loss_e8 = l.max_turnover_e8 = RISK_UNLIMITED - 1;
	return l;
}

/* Now the limit is nothing. */
static void
is_used(enum risk_measure m, int64_t used)
{
	struct risk_rules l = with_fees();
	struct risk *r = wide_firm();
	struct risk_breach b;

	rule(r, RISK_SCOPE_ACCOUNT, "A", l);
	rule(r, RISK_SCOPE_ACCOUNT, "B", l);
	trade(r, "A");
	trade(r, "B");
	assert_false(risk_breached(r, RISK_SCOPE_ACCOUNT, "A", &b));
	*at(&l, m) = used - (m == RISK_M_CREDIT ? -1 : 0);
	rule(r, RISK_SCOPE_ACCOUNT, "A", l);
	assert_false(risk_breached(r, RISK_SCOPE_ACCOUNT, "A", &b));
	(*at(&l, m))--;
	rule(r, RISK_SCOPE_ACCOUNT, "A", l);
	assert_true(risk_breached(r, RISK_SCOPE_ACCOUNT, "A", &b));
	assert_int_equal(b.measure, m);
	assert_int_equal(b.used, used);
	assert_int_equal(b.limit, used - 1);
	assert_false(risk_breached(r, RISK_SCOPE_ACCOUNT, "B", &b));
	risk_free(r);
}

static void
each_measure_to_its_last_unit(void **state)
{
	(void)state;
	is_used(RISK_M_GROSS, 4000 * E8); /* 30 and a buy of 10 */
	is_used(RISK_M_TURNOVER, 8900 * E8 + 10);
	is_used(RISK_M_BOUGHT, 6000 * E8 + 10);
	is_used(RISK_M_SOLD, 2900 * E8);
	is_used(RISK_M_TRADED, 87 * E8);
	/* 2800 spent, 7.2 of fees, 1000 and 1 that a live buy may cost */
	is_used(RISK_M_CREDIT, 3808 * E8 + E8 / 5 + 11);
	is_used(RISK_M_NET, 4000 * E8);
}

/* The limit is so much that it is used to the percent. */
static void
alerts_at(enum risk_measure m, int64_t used)
{
	static const struct {
		enum risk_scope kind;
		const char *id;
	} of[] = { { RISK_SCOPE_ACCOUNT, "A" }, { RISK_SCOPE_GROUP, "G" },
		{ RISK_SCOPE_FIRM, "" } };
	struct risk_alert a;

	for (size_t i = 0; i < 3; i++) {
		struct risk_rules l = with_fees();
		struct risk *r = wide_firm();

		rule(r, of[i].kind, of[i].id, l);
		trade(r, "A");
		risk_watch(r);
		mark(r, "X", PX(8000));
		assert_false(risk_alert_next(r, &a));
		*at(&l, m) = used + 1;
		rule(r, of[i].kind, of[i].id, l);
		assert_true(risk_alert_next(r, &a));
		assert_int_equal(a.percent, 90);
		*at(&l, m) = used;
		rule(r, of[i].kind, of[i].id, l);
		assert_true(risk_alert_next(r, &a));
		assert_int_equal(a.kind, of[i].kind);
		assert_int_equal(a.measure, m);
		assert_int_equal(a.percent, 100);
		assert_int_equal(a.used, used);
		risk_free(r);
	}
}

/* At 80.00 cash is -2800, 30 are worth 2400, fees were 7.2; it was 200 less those
 * fees at best. */
static void
losses_since_the_day_began_and_since_its_best(void **state)
{
	(void)state;
	alerts_at(RISK_M_LOSS, 407 * E8 + E8 / 5);
	alerts_at(RISK_M_REDUCING, 407 * E8 + E8 / 5);
	alerts_at(RISK_M_DRAWDOWN, 600 * E8);
}

/* A day that has begun for nobody has no loss, and nothing was traded on it. */
static void
another_day_begins_with_nothing_used(void **state)
{
	struct risk_rules l = with_fees();
	struct fix_utc later = { FIX_DAY };
	struct risk *r = wide_firm();
	struct risk_alert a;

	(void)state;
	l.max_loss_e8 = 400 * E8;
	rule(r, RISK_SCOPE_ACCOUNT, "A", l);
	trade(r, "A");
	risk_watch(r);
	mark(r, "X", PX(8000));
	assert_true(risk_alert_next(r, &a));
	assert_int_equal(a.measure, RISK_M_LOSS);
	risk_set_day(r, later);
	release(r, "A", "X", '2', 7);
	assert_true(risk_alert_next(r, &a));
	assert_int_equal(a.measure, RISK_M_LOSS);
	assert_false(a.raised);
	l.max_turnover_e8 = 1000 * E8 + 10; /* what is open */
	rule(r, RISK_SCOPE_ACCOUNT, "A", l);
	assert_true(risk_alert_next(r, &a));
	assert_int_equal(a.measure, RISK_M_TURNOVER);
	assert_int_equal(a.used, 1000 * E8 + 10);
	assert_false(risk_alert_next(r, &a));
	risk_free(r);
}

/* What has no reference can't be valued; what is counted needs none. */
static void
what_has_no_reference_leaves_values_unknown(void **state)
{
	static const enum risk_measure values[] = { RISK_M_GROSS, RISK_M_NET,
		RISK_M_LOSS, RISK_M_REDUCING, RISK_M_DRAWDOWN };
	struct risk_alert a;

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct risk_rules l = with_fees();
		struct risk *r = wide_firm();

		rule(r, RISK_SCOPE_ACCOUNT, "A", l);
		trade(r, "A");
		mark(r, "X", PX(8000));
		position(r, "A", "W", 1);
		risk_watch(r);
		*at(&l, values[i]) = 1;
		rule(r, RISK_SCOPE_ACCOUNT, "A", l);
		assert_false(risk_alert_next(r, &a));
		l.max_traded_qty_e8 = 87 * E8;
		rule(r, RISK_SCOPE_ACCOUNT, "A", l);
		assert_true(risk_alert_next(r, &a));
		assert_int_equal(a.measure, RISK_M_TRADED);
		position(r, "A", "W", 0);
		assert_true(risk_alert_next(r, &a));
		assert_int_equal(a.measure, values[i]);
		risk_free(r);
	}
}

/* Buying power is an account's, losses are of accounts, groups and the firm. */
static void
measures_are_of_the_scopes_that_have_them(void **state)
{
	static const struct {
		enum risk_scope kind;
		const char *id;
		enum risk_measure m;
	} none[] = { { RISK_SCOPE_GROUP, "G", RISK_M_CREDIT },
		{ RISK_SCOPE_FIRM, "", RISK_M_CREDIT },
		{ RISK_SCOPE_SYMBOL, "X", RISK_M_CREDIT },
		{ RISK_SCOPE_SYMBOL, "X", RISK_M_LOSS },
		{ RISK_SCOPE_CLASS, "EQ", RISK_M_DRAWDOWN } };
	struct risk_breach b;
	struct risk_alert a;

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		struct risk_rules l = with_fees();
		struct risk *r = wide_firm();

		rule(r, none[i].kind, none[i].id, l);
		trade(r, "A");
		mark(r, "X", PX(8000));
		risk_watch(r);
		*at(&l, none[i].m) = 1;
		rule(r, none[i].kind, none[i].id, l);
		assert_false(risk_breached(r, none[i].kind, none[i].id, &b));
		assert_false(risk_alert_next(r, &a));
		risk_free(r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_measure_to_its_last_unit),
		cmocka_unit_test(losses_since_the_day_began_and_since_its_best),
		cmocka_unit_test(another_day_begins_with_nothing_used),
		cmocka_unit_test(what_has_no_reference_leaves_values_unknown),
		cmocka_unit_test(measures_are_of_the_scopes_that_have_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
