/*
 * Which scope speaks, and what each adds up, reloads.
 */
#include "tests/risk/help.h"

static void
an_account_without_any_limits_is_blocked(void **state)
{
	struct risk *r = bare_firm();
	struct risk_verdict v;

	(void)state;
	limit(r, RISK_SCOPE_SYMBOL, "X", unlimited());
	limit(r, RISK_SCOPE_CLASS, "EQ", unlimited());
	limit(r, RISK_SCOPE_SESSION, "1", unlimited());
	assert_int_equal(
	    check(r, limit_order("C", "X", '1', 1, E8), &v), RISK_QTY_MAX);
	assert_int_equal(v.scope, RISK_SCOPE_ACCOUNT);
	assert_int_equal(v.limit, 0);
	assert_int_equal(buy(r, "A", "X", 1), RISK_QTY_MAX);
	limit(r, RISK_SCOPE_GROUP, "G", unlimited());
	assert_int_equal(buy(r, "A", "X", 1), RISK_OK);
	assert_int_equal(buy(r, "C", "X", 1), RISK_QTY_MAX);
	limit(r, RISK_SCOPE_ACCOUNT, "C", unlimited());
	assert_int_equal(buy(r, "C", "X", 1), RISK_OK);
	risk_free(r);
}

/* every level is checked, and the first that fails is named. */
static void
r09_the_first_failing_scope_is_named(void **state)
{
	static const struct {
		enum risk_scope kind;
		const char *id;
	} chain[] = {
		{ RISK_SCOPE_SESSION, "1" },
		{ RISK_SCOPE_FIRM, "" },
		{ RISK_SCOPE_GROUP, "G" },
		{ RISK_SCOPE_ACCOUNT, "A" },
		{ RISK_SCOPE_CLASS, "EQ" },
		{ RISK_SCOPE_SYMBOL, "X" },
	};
	struct risk *r = wide_firm();
	struct risk_limits l = unlimited();
	struct risk_verdict v;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(chain) / sizeof(chain[0]); i++) {
		l.max_order_qty_e8 = (int64_t)(500 + i) * E8;
		limit(r, chain[i].kind, chain[i].id, l);
		assert_int_equal(
		    check(r, limit_order("A", "X", '1', 600, E8), &v),
		    RISK_QTY_MAX);
		assert_int_equal(v.scope, chain[i].kind);
		assert_string_equal(v.scope_id, chain[i].id);
		assert_int_equal(v.limit, l.max_order_qty_e8);
		assert_int_equal(v.value, 600 * E8);
	}
	assert_int_equal(buy(r, "A", "X", 501), RISK_QTY_MAX); /* session's */
	assert_int_equal(buy(r, "A", "X", 500), RISK_OK);
	risk_free(r);
}

static void
every_aggregate_is_checked_at_every_scope(void **state)
{
	static const struct {
		enum risk_scope kind;
		const char *id;
	} chain[] = {
		{ RISK_SCOPE_FIRM, "" },
		{ RISK_SCOPE_GROUP, "G" },
		{ RISK_SCOPE_ACCOUNT, "A" },
		{ RISK_SCOPE_CLASS, "EQ" },
		{ RISK_SCOPE_SYMBOL, "X" },
	};
	enum risk_code want;
	size_t i, m;

	(void)state;
	for (i = 0; i < sizeof(chain) / sizeof(chain[0]); i++)
		for (m = 0; m < 4; m++) {
			struct risk *r = wide_firm();
			struct risk_limits l = unlimited();

			if (m == 0)
				l.max_long_e8 = 10 * E8;
			else if (m == 1)
				l.max_short_e8 = 10 * E8;
			else if (m == 2)
				l.max_open_orders = 1;
			else
				l.max_open_notional_e8 = 1000 * E8;
			want = m == 0   ? RISK_POS_LONG
			       : m == 1 ? RISK_POS_SHORT
			       : m == 2 ? RISK_OPEN_ORDERS
					: RISK_OPEN_NOTIONAL;
			limit(r, chain[i].kind, chain[i].id, l);
			if (m == 1) {
				assert_int_equal(sell(r, "A", "X", 10), 0);
				assert_int_equal(sell(r, "A", "X", 1), want);
			} else {
				assert_int_equal(buy(r, "A", "X", 10), 0);
				assert_int_equal(buy(r, "A", "X", 1), want);
			}
			risk_free(r);
		}
}

/* what lands on an account that nobody knows is the firm's too. */
static void
r32_suspense_counts_against_the_firm(void **state)
{
	struct risk_limits l = unlimited();
	struct risk *r = bare_firm();

	(void)state;
	l.max_long_e8 = 1000 * E8;
	limit(r, RISK_SCOPE_FIRM, "", l);
	risk_fill(r, fix_span_of("ERROR"), fix_span_of("X"), '1', 999 * E8, E8);
	assert_int_equal(buy(r, "A", "X", 2), RISK_POS_LONG);
	assert_int_equal(buy(r, "A", "X", 1), RISK_OK);
	risk_free(r);
}

static void
a_reload_may_move_an_account_to_another_group(void **state)
{
	struct risk_limits l = unlimited();
	struct risk *r = wide_firm();

	(void)state;
	l.max_long_e8 = 100 * E8;
	limit(r, RISK_SCOPE_GROUP, "H", l);
	position(r, "A", "X", 60);
	position(r, "C", "X", 50);
	assert_int_equal(risk_add_account(r, "A", "H"), 0);
	assert_int_equal(buy(r, "A", "X", 41), RISK_POS_LONG);
	assert_int_equal(buy(r, "A", "X", 40), RISK_OK);
	assert_int_equal(risk_add_account(r, "C", "H"), 0);
	assert_int_equal(sell(r, "C", "X", 10), RISK_OK);
	assert_int_equal(buy(r, "C", "X", 1), RISK_POS_LONG);
	add_symbol(r, "X", "FUT", 0, 0, E8);
	limit(r, RISK_SCOPE_CLASS, "FUT", l);
	assert_int_equal(risk_add_account(r, "A", ""), 0);
	assert_int_equal(buy(r, "A", "X", 1), RISK_POS_LONG); /* class: 101 */
	risk_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_account_without_any_limits_is_blocked),
		cmocka_unit_test(r09_the_first_failing_scope_is_named),
		cmocka_unit_test(every_aggregate_is_checked_at_every_scope),
		cmocka_unit_test(r32_suspense_counts_against_the_firm),
		cmocka_unit_test(a_reload_may_move_an_account_to_another_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
