/*
 * Order rates, R-15: bucket of 10, refilled at 5 a second.
 */
#include "tests/risk/help.h"

static struct risk_limits
rate(int64_t per_s, int64_t burst)
{
	struct risk_limits l = unlimited();

	l.orders_per_s = per_s;
	l.order_burst = burst;
	return l;
}

static struct risk *
rated_firm(enum risk_scope kind, const char *id)
{
	struct risk *r = wide_firm();

	limit(r, kind, id, rate(5, 10));
	return r;
}

static struct risk_order
one(const char *account, uint32_t session)
{
	struct risk_order o = limit_order(account, "X", '1', 1, PX(10000));

	o.session = session;
	return o;
}

static void
pass(struct risk *r, const char *account, unsigned n, int64_t ns)
{
	while (n-- > 0)
		assert_int_equal(check_at(r, one(account, 1), ns), RISK_OK);
}

static void
r15_ten_at_once_then_one_each_fifth_of_a_second(void **state)
{
	struct risk *r = rated_firm(RISK_SCOPE_SESSION, "1");

	(void)state;
	pass(r, "A", 10, 0);
	assert_int_equal(check_at(r, one("A", 1), 0), RISK_RATE);
	assert_int_equal(check_at(r, one("A", 1), 199999999), RISK_RATE);
	assert_int_equal(check_at(r, one("A", 1), 200000000), RISK_OK);
	assert_int_equal(check_at(r, one("A", 1), 200000000), RISK_RATE);
	pass(r, "A", 10, 2200000000);
	assert_int_equal(check_at(r, one("A", 1), 2200000000), RISK_RATE);
	risk_free(r);
}

static void
r15_the_same_for_every_scope(void **state)
{
	static const struct {
		enum risk_scope kind;
		const char *id;
	} all[] = {
		{ RISK_SCOPE_SYMBOL, "X" },
		{ RISK_SCOPE_CLASS, "EQ" },
		{ RISK_SCOPE_ACCOUNT, "A" },
		{ RISK_SCOPE_GROUP, "G" },
		{ RISK_SCOPE_FIRM, "" },
	};
	struct risk_verdict v;
	struct risk_order o = one("A", 1);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct risk *r = rated_firm(all[i].kind, all[i].id);

		pass(r, "A", 10, 0);
		assert_int_equal(risk_check_new(r, &o, at_ns(0), &v), 1);
		assert_int_equal(v.code, RISK_RATE);
		assert_int_equal(v.scope, all[i].kind);
		assert_int_equal(v.limit, 5);
		assert_int_equal(check_at(r, o, 200000000), RISK_OK);
		risk_free(r);
	}
}

static void
r15_only_the_monotonic_clock_counts(void **state)
{
	struct risk *r = rated_firm(RISK_SCOPE_SESSION, "1");
	struct risk_order o = one("A", 1);
	struct risk_verdict v;
	struct fix_now now = at_ns(0);

	(void)state;
	pass(r, "A", 10, 0);
	now.utc.ns += 3600 * FIX_SEC;
	assert_int_equal(risk_check_new(r, &o, now, &v), 1);
	now.utc.ns -= 7200 * FIX_SEC;
	assert_int_equal(risk_check_new(r, &o, now, &v), 1);
	now.mono.ns = -FIX_SEC; /* nothing is gained by stepping back */
	assert_int_equal(risk_check_new(r, &o, now, &v), 1);
	now.mono.ns = 0;
	assert_int_equal(risk_check_new(r, &o, now, &v), 1);
	risk_free(r);
}

static void
r15_a_refused_order_used_up_its_session_s_token(void **state)
{
	struct risk *r = rated_firm(RISK_SCOPE_SESSION, "1");
	unsigned i;

	(void)state;
	for (i = 0; i < 10; i++)
		assert_int_equal(
		    check_at(r, one("NOBODY", 1), 0), RISK_ACCOUNT);
	assert_int_equal(check_at(r, one("A", 1), 0), RISK_RATE);
	risk_free(r);
}

static void
r15_two_accounts_of_one_session_share_its_bucket(void **state)
{
	struct risk *r = rated_firm(RISK_SCOPE_SESSION, "1");

	(void)state;
	pass(r, "A", 5, 0);
	pass(r, "B", 5, 0);
	assert_int_equal(check_at(r, one("A", 1), 0), RISK_RATE);
	assert_int_equal(check_at(r, one("B", 1), 0), RISK_RATE);
	assert_int_equal(check_at(r, one("A", 2), 0), RISK_OK);
	risk_free(r);
}

static void
r15_what_one_session_is_refused_does_not_slow_the_others(void **state)
{
	struct risk *r = rated_firm(RISK_SCOPE_FIRM, "");
	unsigned i;

	(void)state;
	limit(r, RISK_SCOPE_SESSION, "1", rate(1, 1));
	for (i = 0; i < 100; i++)
		(void)check_at(r, one("A", 1), 0);
	for (i = 0; i < 9; i++) /* the firm's ten less session 1's one */
		assert_int_equal(check_at(r, one("B", 2), 0), RISK_OK);
	assert_int_equal(check_at(r, one("B", 2), 0), RISK_RATE);
	risk_free(r);
}

static void
r15_a_replace_takes_a_token(void **state)
{
	struct risk *r = wide_firm();
	struct risk_order o = one("A", 1);
	struct risk_hold held = { E8, 100 * E8 };
	struct risk_verdict v;

	(void)state;
	limit(r, RISK_SCOPE_ACCOUNT, "A", rate(1, 0)); /* burst as the rate */
	assert_int_equal(risk_check_new(r, &o, at_ns(0), &v), 0);
	assert_int_equal(risk_check_replace(r, &o, held, at_ns(0), &v), 1);
	assert_int_equal(v.code, RISK_RATE);
	assert_int_equal(
	    risk_check_replace(r, &o, held, at_ns(FIX_SEC), &v), 0);
	risk_free(r);
}

static void
r15_cancels_are_counted_and_take_no_order_token(void **state)
{
	struct risk *r = wide_firm();
	struct risk_limits l = rate(1, 1);
	unsigned i;

	(void)state;
	l.cancels_per_s = 3;
	limit(r, RISK_SCOPE_SESSION, "1", l);
	for (i = 0; i < 5; i++)
		risk_count_cancel(r, 1, at_ns(0));
	assert_int_equal(risk_cancels_over(r, 1), 2);
	assert_int_equal(check_at(r, one("A", 1), 0), RISK_OK);
	risk_count_cancel(r, 1, at_ns(FIX_SEC));
	assert_int_equal(risk_cancels_over(r, 1), 2);
	risk_count_cancel(r, 7, at_ns(0)); /* nobody's */
	assert_int_equal(risk_cancels_over(r, 7), 0);
	risk_free(r);
}

static void
r15_a_lower_limit_holds_at_once(void **state)
{
	struct risk *r = rated_firm(RISK_SCOPE_FIRM, "");

	(void)state;
	pass(r, "A", 1, 0);
	limit(r, RISK_SCOPE_FIRM, "", rate(5, 2));
	pass(r, "A", 2, 0);
	assert_int_equal(check_at(r, one("A", 1), 0), RISK_RATE);
	risk_free(r);
}

static void
r15_rates_of_any_size_do_not_overflow(void **state)
{
	struct risk *r = wide_firm();

	(void)state;
	limit(r, RISK_SCOPE_FIRM, "", rate(INT64_MAX - 1, INT64_MAX));
	assert_int_equal(check_at(r, one("A", 1), 0), RISK_OK);
	assert_int_equal(check_at(r, one("A", 1), 5 * FIX_SEC), RISK_OK);
	limit(r, RISK_SCOPE_FIRM, "", rate(-1, 10));
	assert_int_equal(check_at(r, one("A", 1), 5 * FIX_SEC), RISK_RATE);
	risk_free(r);
}

/* Section 12, 6: a restart is no way to a full bucket. */
static void
after_a_restart_nothing_is_saved_up(void **state)
{
	struct risk *r = rated_firm(RISK_SCOPE_SESSION, "1");
	struct risk_order o = limit_order("A", "X", '1', 1, PX(10000));

	(void)state;
	risk_restarted(r, at_ns(0));
	assert_int_equal(check_at(r, o, 0), RISK_RATE);
	assert_int_equal(check_at(r, o, 199999999), RISK_RATE);
	assert_int_equal(check_at(r, o, 200000000), RISK_OK);
	assert_int_equal(check_at(r, o, 200000000), RISK_RATE);
	risk_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    r15_ten_at_once_then_one_each_fifth_of_a_second),
		cmocka_unit_test(r15_the_same_for_every_scope),
		cmocka_unit_test(r15_only_the_monotonic_clock_counts),
		cmocka_unit_test(
		    r15_a_refused_order_used_up_its_session_s_token),
		cmocka_unit_test(
		    r15_two_accounts_of_one_session_share_its_bucket),
		cmocka_unit_test(
		    r15_what_one_session_is_refused_does_not_slow_the_others),
		cmocka_unit_test(r15_a_replace_takes_a_token),
		cmocka_unit_test(
		    r15_cancels_are_counted_and_take_no_order_token),
		cmocka_unit_test(r15_a_lower_limit_holds_at_once),
		cmocka_unit_test(r15_rates_of_any_size_do_not_overflow),
		cmocka_unit_test(after_a_restart_nothing_is_saved_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
