/*
 * Losses: what halts, what only reduces, and who lets a scope trade again.
 * Vectors of the pre-trade controls, in order.
 */
#include "tests/risk/rows.h"

static struct risk *
loss_firm(int64_t loss, int64_t drawdown, enum risk_scope kind, const char *id)
{
	struct risk *r = wide_firm();
	struct risk_rules rules = no_rules();
	struct fix_utc day = { 0 };

	risk_set_day(r, day);
	rules.max_loss_e8 = loss;
	rules.max_drawdown_e8 = drawdown;
	rule(r, kind, id, rules);
	fill(r, "A", "X", '1', 100, 10000);
	return r;
}

static bool
tripped(struct risk *r, enum risk_scope kind, const char *id)
{
	enum risk_scope k;
	const char *name;

	if (!risk_tripped(r, &k, &name))
		return false;
	assert_int_equal(k, kind);
	assert_string_equal(name, id);
	return true;
}

/* What was told of a loss: +90, -90; 0: nothing. */
static int
alerted(struct risk *r, enum risk_measure m)
{
	struct risk_alert a;

	if (!risk_alert_next(r, &a))
		return 0;
	assert_int_equal(a.measure, m);
	return a.raised ? (int)a.percent : -(int)a.percent;
}

static void
r31_a_loss_halts_until_a_person_rearms(void **state)
{
	static const struct {
		enum risk_scope kind;
		const char *id;
	} at[] = { { RISK_SCOPE_ACCOUNT, "A" }, { RISK_SCOPE_GROUP, "G" },
		{ RISK_SCOPE_FIRM, "" } };
	struct fix_utc later = { 90000 * FIX_SEC };

	(void)state;
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		struct risk *r = loss_firm(
		    1000 * E8, RISK_UNLIMITED, at[i].kind, at[i].id);

		risk_watch(r);
		mark(r, "X", PX(9101));
		assert_int_equal(alerted(r, RISK_M_LOSS), 70);
		mark(r, "X", PX(9100)); /* -900 */
		assert_int_equal(alerted(r, RISK_M_LOSS), 90);
		assert_int_equal(alerted(r, RISK_M_LOSS), 0);
		assert_int_equal(buy(r, "A", "X", 1), RISK_OK);
		mark(r, "X", PX(9000)); /* -1000 */
		assert_int_equal(alerted(r, RISK_M_LOSS), 100);
		assert_int_equal(buy(r, "A", "X", 1), RISK_OK);
		assert_false(tripped(r, at[i].kind, at[i].id));
		mark(r, "X", PX(9000) - E8 / 10000); /* -1000.01 */
		assert_int_equal(buy(r, "A", "X", 1), RISK_LOSS_HALT);
		assert_true(tripped(r, at[i].kind, at[i].id));
		assert_false(tripped(r, at[i].kind, at[i].id));
		mark(r, "X", PX(9900));
		assert_int_equal(sell(r, "A", "X", 1), RISK_LOSS_HALT);
		risk_fill(r, fix_span_of("A"), fix_span_of("X"), '1',
		    -100 * E8, PX(10000)); /* a bust restores it */
		assert_int_equal(sell(r, "A", "X", 1), RISK_LOSS_HALT);
		risk_set_day(r, later);
		mark(r, "X", PX(9900));
		assert_int_equal(sell(r, "A", "X", 1), RISK_LOSS_HALT);
		assert_int_equal(risk_rearm(r, at[i].kind, at[i].id), 0);
		mark(r, "X", PX(9900));
		assert_int_equal(sell(r, "A", "X", 1), RISK_OK);
		risk_free(r);
	}
}

static void
r31_drawdown_from_the_best_of_the_day(void **state)
{
	struct risk *r =
	    loss_firm(RISK_UNLIMITED, 1000 * E8, RISK_SCOPE_ACCOUNT, "A");

	(void)state;
	mark(r, "X", PX(10500)); /* 500 */
	risk_watch(r);
	mark(r, "X", PX(9500));  /* -500 */
	assert_int_equal(alerted(r, RISK_M_DRAWDOWN), 100);
	assert_int_equal(buy(r, "A", "X", 1), RISK_OK);
	mark(r, "X", PX(9499)); /* -501 */
	assert_int_equal(buy(r, "A", "X", 1), RISK_LOSS_HALT);
	assert_int_equal(buy(r, "C", "X", 1), RISK_OK);
	risk_free(r);
}

static void
r31_a_day_begins_with_what_was_before(void **state)
{
	struct risk *r =
	    loss_firm(1000 * E8, RISK_UNLIMITED, RISK_SCOPE_ACCOUNT, "A");
	struct fix_utc later = { 90000 * FIX_SEC };
	struct fix_now now = { later, { 0 } };
	struct risk_order o = limit_order("A", "X", '1', 1, PX(9000));
	struct risk_verdict v;

	(void)state;
	mark(r, "X", PX(9100)); /* -900 */
	risk_set_day(r, later);
	mark(r, "X", PX(8200)); /* -900 of this day */
	assert_int_equal(risk_check_new(r, &o, now, &v), 0);
	mark(r, "X", PX(8099));
	assert_int_equal(risk_check_new(r, &o, now, &v), 1);
	risk_free(r);
}

static void
r31_reducing_lets_out_and_not_in(void **state)
{
	struct risk *r = wide_firm();
	struct risk_rules rules = no_rules();

	(void)state;
	rules.reducing_loss_e8 = 500 * E8;
	rule(r, RISK_SCOPE_ACCOUNT, "A", rules);
	fill(r, "A", "X", '1', 100, 10000);
	risk_watch(r);
	mark(r, "X", PX(9499));
	assert_int_equal(alerted(r, RISK_M_REDUCING), 100);
	assert_int_equal(buy(r, "A", "X", 1), RISK_LOSS_HALT);
	assert_int_equal(sell(r, "A", "X", 60), RISK_OK);
	assert_int_equal(sell(r, "A", "X", 60), RISK_LOSS_HALT);
	assert_int_equal(sell(r, "A", "X", 40), RISK_OK);
	assert_false(tripped(r, RISK_SCOPE_ACCOUNT, "A"));
	risk_free(r);
}

static void
r31_latch_and_day_outlive_a_restart(void **state)
{
	struct risk *r =
	    loss_firm(1000 * E8, RISK_UNLIMITED, RISK_SCOPE_ACCOUNT, "A");
	struct risk *next = wide_firm();
	uint8_t key[RISK_MEMORY_KEY];
	const struct risk_memory *m;
	struct fix_span k = { key, 0 }, v;
	struct risk_rules rules = no_rules();

	(void)state;
	mark(r, "X", PX(8900));
	assert_int_equal(buy(r, "A", "X", 1), RISK_LOSS_HALT);
	while (risk_changed(r, key, &k.len, &m)) {
		v = (struct fix_span){ (const uint8_t *)m, sizeof(*m) };
		assert_int_equal(risk_remember(next, k, v), 0);
	}
	rules.max_loss_e8 = 5000 * E8;
	rule(next, RISK_SCOPE_ACCOUNT, "A", rules);
	assert_int_equal(buy(next, "A", "X", 1), RISK_LOSS_HALT);
	risk_free(next);
	risk_free(r);
}

/* what nobody owns is the firm's all the same. */
static void
r32_suspense_takes_the_firm_s_room(void **state)
{
	struct risk_rules rules = no_rules();
	struct risk *r = wide_firm();

	(void)state;
	rules.max_gross_e8 = 1000 * E8;
	rule(r, RISK_SCOPE_FIRM, "", rules);
	fill(r, "SUSPENSE", "X", '1', 6, 10000);
	assert_int_equal(try_order(r, "A", "X", '1', 5, 10000), RISK_GROSS);
	assert_int_equal(try_order(r, "A", "X", '1', 4, 10000), RISK_OK);
	risk_free(r);
}

static void
r31_a_rearmed_day_begins_anew_and_a_trip_is_told_once(void **state)
{
	struct risk *r = loss_firm(1000 * E8, RISK_UNLIMITED,
	    RISK_SCOPE_ACCOUNT, "A");

	(void)state;
	mark(r, "X", PX(8999));
	assert_true(tripped(r, RISK_SCOPE_ACCOUNT, "A"));
	mark(r, "X", PX(8998));
	assert_false(tripped(r, RISK_SCOPE_ACCOUNT, "A"));
	assert_int_equal(buy(r, "A", "X", 1), RISK_LOSS_HALT);
	assert_int_equal(risk_rearm(r, RISK_SCOPE_ACCOUNT, "A"), 0);
	assert_int_equal(buy(r, "A", "X", 1), RISK_OK);
	mark(r, "X", PX(8000)); /* 998 less than when it was re-armed */
	assert_int_equal(buy(r, "A", "X", 1), RISK_OK);
	mark(r, "X", PX(7997));
	assert_true(tripped(r, RISK_SCOPE_ACCOUNT, "A"));
	risk_free(r);
}

static void
r31_a_peak_that_is_reached_again_is_no_news(void **state)
{
	struct risk *r = loss_firm(1000 * E8, RISK_UNLIMITED,
	    RISK_SCOPE_ACCOUNT, "A");
	uint8_t key[RISK_MEMORY_KEY];
	const struct risk_memory *m;
	size_t n;

	(void)state;
	mark(r, "X", PX(10100));
	assert_true(risk_changed(r, key, &n, &m));
	assert_int_equal(m->peak_e8, 100 * E8);
	assert_false(risk_changed(r, key, &n, &m));
	mark(r, "X", PX(10000));
	mark(r, "X", PX(10100));
	assert_false(risk_changed(r, key, &n, &m));
	mark(r, "X", PX(10101));
	assert_true(risk_changed(r, key, &n, &m));
	risk_free(r);
}

static void
r31_fees_are_losses(void **state)
{
	struct risk_rules rules = no_rules();
	struct risk *r = wide_firm();

	(void)state;
	rules.max_loss_e8 = 9 * E8;
	rules.fee_bp = 100;
	rule(r, RISK_SCOPE_ACCOUNT, "A", rules);
	fill(r, "A", "X", '1', 9, 10000);
	assert_false(tripped(r, RISK_SCOPE_ACCOUNT, "A"));
	fill(r, "A", "X", '1', 1, 10000);
	assert_true(tripped(r, RISK_SCOPE_ACCOUNT, "A"));
	risk_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(r31_a_loss_halts_until_a_person_rearms),
		cmocka_unit_test(r31_drawdown_from_the_best_of_the_day),
		cmocka_unit_test(r31_a_day_begins_with_what_was_before),
		cmocka_unit_test(r31_reducing_lets_out_and_not_in),
		cmocka_unit_test(r31_latch_and_day_outlive_a_restart),
		cmocka_unit_test(r32_suspense_takes_the_firm_s_room),
		cmocka_unit_test(
		    r31_a_rearmed_day_begins_anew_and_a_trip_is_told_once),
		cmocka_unit_test(r31_a_peak_that_is_reached_again_is_no_news),
		cmocka_unit_test(r31_fees_are_losses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
