/*
 * on which day a hundredth of a limit was last used, and which scopes
 * somebody has limited.
 */
#include <stdio.h>

#include "risk/stale.h"
#include "tests/risk/rows.h"

#define DAY_0 20000

static struct fix_now
on_day(int64_t day)
{
	struct fix_now now = { .utc = { day * FIX_DAY } };

	return now;
}

static void
pass(struct risk *r, int64_t day, const char *account, char side, int64_t qty)
{
	struct risk_order o = limit_order(account, "X", side, qty, PX(10000));
	struct risk_verdict v;

	assert_int_equal(risk_check_new(r, &o, on_day(day), &v), 0);
}

static int64_t
day_of(struct risk *r, enum risk_scope kind, const char *id, unsigned use)
{
	struct risk_alert a;
	struct risk_stale *s;

	(void)risk_alert_next(r, &a); /* the event is over */
	s = risk_stale_of(r, kind, id);
	assert_non_null(s);
	return s->used_day[use];
}
#define USED(use) day_of(r, RISK_SCOPE_ACCOUNT, "A", use)

static struct risk *
limited(void)
{
	struct risk_limits l = unlimited();
	struct risk *r = wide_firm();

	l.max_order_qty_e8 = 1000 * E8;
	l.max_order_notional_e8 = 100000 * E8;
	l.max_long_e8 = l.max_short_e8 = 2000 * E8;
	l.max_open_orders = 100;
	l.max_open_notional_e8 = 300000 * E8;
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	return r;
}

static void
r33_a_hundredth_is_a_use(void **state)
{
	struct risk *r = limited();

	(void)state;
	pass(r, DAY_0, "A", '1', 9);
	assert_int_equal(USED(RISK_USE_QTY), 0);
	assert_int_equal(USED(RISK_USE_ORDER_NOTIONAL), 0);
	assert_int_equal(USED(RISK_M_LONG), 0);
	assert_int_equal(USED(RISK_M_NOTIONAL), 0);
	assert_int_equal(USED(RISK_M_SHORT), 0);
	assert_int_equal(USED(RISK_M_OPEN), DAY_0); /* one of a hundred */
	pass(r, DAY_0 + 1, "A", '1', 10);
	assert_int_equal(USED(RISK_USE_QTY), DAY_0 + 1);
	assert_int_equal(USED(RISK_USE_ORDER_NOTIONAL), DAY_0 + 1);
	assert_int_equal(USED(RISK_M_LONG), 0); /* 19 of 2000 */
	pass(r, DAY_0 + 2, "A", '1', 1);
	assert_int_equal(USED(RISK_M_LONG), DAY_0 + 2); /* 20 */
	assert_int_equal(USED(RISK_M_NOTIONAL), 0); /* 2000 of 300000 */
	assert_int_equal(USED(RISK_USE_QTY), DAY_0 + 1);
	pass(r, DAY_0 + 3, "A", '2', 30);
	assert_int_equal(USED(RISK_M_SHORT), DAY_0 + 3);
	assert_int_equal(USED(RISK_M_NOTIONAL), DAY_0 + 3); /* by sales */
	/* Of what is unlimited, nothing is ever a hundredth */
	assert_int_equal(
	    day_of(r, RISK_SCOPE_FIRM, "any", RISK_USE_QTY), 0);
	assert_int_equal(day_of(r, RISK_SCOPE_FIRM, "", RISK_M_LONG), 0);
	/* What rests is used each day, an order on its own */
	risk_stale_day(r, on_day(DAY_0 + 9).utc);
	assert_int_equal(USED(RISK_M_LONG), DAY_0 + 9);
	assert_int_equal(USED(RISK_USE_QTY), DAY_0 + 3);
	assert_null(risk_stale_of(r, RISK_SCOPE_ACCOUNT, "NONE"));
	assert_null(risk_stale_of(r, RISK_SCOPE_GROUP, "A"));
	risk_free(r);
}

/* Of a limit of nothing nothing is used; a refused order uses nothing. */
static void
r33_what_is_not_there_is_not_used(void **state)
{
	struct risk_limits l = unlimited();
	struct risk *r = wide_firm();

	(void)state;
	l.max_short_e8 = 0;
	l.max_order_qty_e8 = 10 * E8;
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	limit(r, RISK_SCOPE_SESSION, "1", l);
	risk_set_day(r, on_day(DAY_0).utc);
	assert_int_equal(sell(r, "A", "X", 1), RISK_POS_SHORT);
	assert_int_equal(USED(RISK_USE_QTY), 0);
	pass(r, DAY_0, "A", '1', 1);
	assert_int_equal(USED(RISK_M_SHORT), 0);
	assert_int_equal(USED(RISK_USE_QTY), DAY_0);
	/* A session has limits of one order */
	assert_int_equal(
	    day_of(r, RISK_SCOPE_SESSION, "1", RISK_USE_QTY), DAY_0);
	risk_free(r);
}

static void
r33_each_scope_with_news_is_told_once(void **state)
{
	struct risk *r = limited();
	const struct risk_stale *s;
	enum risk_scope kind;
	struct risk_alert a;
	const char *id;

	(void)state;
	limit(r, RISK_SCOPE_SYMBOL, "X", (struct risk_limits){
	    100 * E8, 10000000 * E8, 90000 * E8, 90000 * E8, 9000, 90000000 * E8,
	    RISK_UNLIMITED, RISK_UNLIMITED, 0, RISK_UNLIMITED });
	assert_false(risk_stale_next(r, &kind, &id, &s));
	pass(r, DAY_0, "A", '1', 50);
	(void)risk_alert_next(r, &a);
	assert_true(risk_stale_next(r, &kind, &id, &s));
	assert_int_equal(kind, RISK_SCOPE_SYMBOL);
	assert_string_equal(id, "X");
	assert_int_equal(s->used_day[RISK_USE_QTY], DAY_0);
	assert_true(risk_stale_next(r, &kind, &id, &s));
	assert_int_equal(kind, RISK_SCOPE_ACCOUNT);
	assert_string_equal(id, "A");
	assert_false(risk_stale_next(r, &kind, &id, &s));
	pass(r, DAY_0, "A", '1', 50); /* noted today */
	(void)risk_alert_next(r, &a);
	assert_false(risk_stale_next(r, &kind, &id, &s));
	pass(r, DAY_0 + 1, "A", '1', 50);
	(void)risk_alert_next(r, &a);
	assert_true(risk_stale_next(r, &kind, &id, &s));
	assert_true(risk_stale_next(r, &kind, &id, &s));
	for (int64_t day = DAY_0 + 2; day < DAY_0 + 4; day++) {
		pass(r, day, "B", '1', 50); /* of one scope alone */
		(void)risk_alert_next(r, &a);
		assert_true(risk_stale_next(r, &kind, &id, &s));
		assert_int_equal(kind, RISK_SCOPE_SYMBOL);
		assert_false(risk_stale_next(r, &kind, &id, &s));
	}
	risk_free(r);
}

struct names {
	char text[200];
};

static void
name(void *arg, enum risk_scope kind, const char *id, struct risk_stale *s)
{
	struct names *n = arg;
	size_t len = strlen(n->text);

	assert_int_equal(s->since_day, 0);
	snprintf(n->text + len, sizeof(n->text) - len, "%s:%s ",
	    risk_scope_name(kind), id);
}

static void
r33_the_firms_limits_and_rules_are_looked_at(void **state)
{
	struct risk_limits l = unlimited();
	struct names n = { "" };
	struct risk *r = limited();

	(void)state;
	rule(r, RISK_SCOPE_CLASS, "EQ", no_rules());
	assert_int_equal(risk_set_owned(r, RISK_OWNER_CLIENT,
	    RISK_SCOPE_ACCOUNT, "B", &l), 0);
	assert_int_equal(risk_set_owned(r, RISK_OWNER_CLIENT,
	    RISK_SCOPE_ACCOUNT, "A", &l), 0);
	risk_each_limited(r, name, &n);
	assert_string_equal(n.text, "firm: account:A class:EQ ");
	risk_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(r33_a_hundredth_is_a_use),
		cmocka_unit_test(r33_what_is_not_there_is_not_used),
		cmocka_unit_test(r33_each_scope_with_news_is_told_once),
		cmocka_unit_test(r33_the_firms_limits_and_rules_are_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
