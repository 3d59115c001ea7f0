/*
 * Controls that are off unless they are set.
 * Every test takes the vectors of the pre-trade controls in order; a row that
 * is accepted leaves its reservation behind.
 */
#include "tests/risk/rows.h"

static void
r04_allowed_types_and_times_in_force(void **state)
{
	struct risk *r = wide_firm();
	struct risk_rules rules = no_rules();
	struct risk_order o = limit_order("A", "X", '1', 1, PX(10000));

	(void)state;
	rules.ord_types = 1u << 2;
	rules.times_in_force = 1u << 0 | 1u << 3;
	rule(r, RISK_SCOPE_ACCOUNT, "A", rules);
	assert_int_equal(check(r, o, NULL), RISK_OK);
	o.time_in_force = '3';
	assert_int_equal(check(r, o, NULL), RISK_OK);
	o.time_in_force = '1';
	assert_int_equal(check(r, o, NULL), RISK_CHARACTERISTIC);
	assert_int_equal(check(r, market_order("A", "X", '1', 1), NULL),
	    RISK_CHARACTERISTIC);
	assert_int_equal(
	    check(r, market_order("B", "X", '1', 1), NULL), RISK_OK);
	/* A limit at the close is no limit, nor the other way round */
	o.time_in_force = '0';
	o.kind = RISK_KIND_LIMIT_CLOSE;
	assert_int_equal(check(r, o, NULL), RISK_CHARACTERISTIC);
	rules.ord_types = 1u << RISK_KIND_LIMIT_CLOSE;
	rule(r, RISK_SCOPE_ACCOUNT, "A", rules);
	assert_int_equal(check(r, o, NULL), RISK_OK);
	o.kind = RISK_KIND_PLAIN;
	assert_int_equal(check(r, o, NULL), RISK_CHARACTERISTIC);
	risk_free(r);
}

static void
r07_the_band_of_the_price_has_the_tick(void **state)
{
	struct risk *r = wide_firm();
	struct risk_detail d = { .n_bands = 2,
		.band = { { 0, E8 / 10000 }, { E8, E8 / 100 } } };
	struct risk_order o = limit_order("A", "X", '1', 1, 0);
	static const struct {
		int64_t px;
		enum risk_code code;
	} v[] = { { 99990000, RISK_OK }, { 100010000, RISK_TICK },
		{ E8, RISK_OK }, { 99995000, RISK_TICK },
		{ -99990000, RISK_OK }, { -100010000, RISK_TICK } };

	(void)state;
	describe(r, "X", d);
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		o.price_e8 = v[i].px;
		assert_int_equal(check(r, o, NULL), v[i].code);
	}
	o.ord_type = '4';
	o.has_stop = true;
	o.price_e8 = E8;
	o.stop_e8 = 100010000; /* StopPx too */
	assert_int_equal(check(r, o, NULL), RISK_TICK);
	d.band[1].from_e8 = 0; /* must rise */
	assert_int_equal(risk_describe(r, "X", &d), -FIX_E_FORMAT);
	assert_int_equal(risk_describe(r, "NONE", &d), -FIX_E_NOTFOUND);
	risk_free(r);
}

static void
r12_two_sided(void **state)
{
	struct risk *r = wide_firm();
	struct risk_rules rules = no_rules();
	static const struct row rows[] = {
		{ "R-12 buy 10.00", "A", '1', '2', 1, 1000, 0, RISK_OK },
		{ "R-12 buy 9.99", "A", '1', '2', 1, 999, 0, RISK_COLLAR },
		{ "R-12 buy 1.00", "A", '1', '2', 1, 100, 0, RISK_COLLAR },
		{ "R-12 sell 190.00", "A", '2', '2', 1, 19000, 0, RISK_OK },
		{ "R-12 sell 190.01", "A", '2', '2', 1, 19001, 0, RISK_COLLAR },
		{ "R-12 sell 500", "A", '2', '2', 1, 50000, 0, RISK_COLLAR },
		{ "R-12 other account", "C", '1', '2', 1, 100, 0, RISK_OK },
	};

	(void)state;
	rules.far_bp = 9000;
	rule(r, RISK_SCOPE_ACCOUNT, "A", rules);
	RUN(r, rows);
	ref(r, 0);
	assert_int_equal(buy(r, "A", "X", 1), RISK_REF_MISSING);
	risk_free(r);
}

static void
r12_absolute_ticks_hold_below_nothing(void **state)
{
	struct risk *r = wide_firm();
	struct risk_rules rules = no_rules();
	struct risk_verdict v;
	static const struct row rows[] = {
		{ "R-12 buy -1.50", "A", '1', '2', 1, -150, 0, RISK_OK },
		{ "R-12 buy -1.49", "A", '1', '2', 1, -149, 0, RISK_COLLAR },
		{ "R-12 sell -2.50", "A", '2', '2', 1, -250, 0, RISK_OK },
		{ "R-12 sell -2.51", "A", '2', '2', 1, -251, 0, RISK_COLLAR },
		{ "R-12 too old", "A", '1', '2', 1, -150, 5001,
		    RISK_REF_MISSING },
	};

	(void)state;
	rules.collar_ticks = 50;
	rule(r, RISK_SCOPE_FIRM, "", rules);
	ref(r, -200);
	/* without a tick there is nothing to count in */
	assert_int_equal(buy(r, "A", "X", 1), RISK_COLLAR);
	add_symbol(r, "X", "EQ", PX(1), 0, E8);
	RUN(r, rows);
	ref(r, 10000); /* a market buy counts at the edge */
	assert_int_equal(
	    check(r, market_order("A", "X", '1', 10), &v), RISK_OK);
	assert_int_equal(v.hold.notional_e8, 1005 * E8);
	risk_free(r);
}

static void
r12_over_a_period(void **state)
{
	struct risk *r = wide_firm();
	struct risk_detail d = { .range_window_ns = 16 * FIX_SEC,
		.range_ticks = 10 };
	static const struct row rows[] = {
		{ "first", "A", '1', '2', 1, 10000, 0, RISK_OK },
		{ "up to the range", "A", '1', '2', 1, 10010, 1000, RISK_OK },
		{ "over it", "A", '2', '2', 1, 10011, 1000, RISK_COLLAR },
		{ "below it", "C", '1', '2', 1, 9999, 1000, RISK_COLLAR },
		{ "still in the window", "A", '1', '2', 1, 9999, 16000,
		    RISK_COLLAR },
		{ "100.00 has left it", "A", '1', '2', 1, 10015, 17000,
		    RISK_OK },
		{ "100.10 has not", "A", '1', '2', 1, 10004, 17500,
		    RISK_COLLAR },
		{ "all have", "A", '1', '2', 1, 5000, 60000, RISK_OK },
	};

	(void)state;
	risk_free(r);
	r = risk_new(0);
	assert_int_equal(risk_add_account(r, "A", ""), 0);
	assert_int_equal(risk_add_account(r, "C", ""), 0);
	add_symbol(r, "X", "", PX(1), 0, E8);
	limit(r, RISK_SCOPE_FIRM, "", unlimited());
	ref(r, 10000);
	describe(r, "X", d);
	RUN(r, rows);
	risk_free(r);
}

static void
r13_share_of_the_average_volume(void **state)
{
	struct risk *r = wide_firm();
	struct risk_rules rules = no_rules();
	struct risk_detail d = { .adv_e8 = 1000000 * E8 };
	static const struct row rows[] = {
		{ "R-13 50,000", "A", '1', '2', 50000, 10000, 0, RISK_OK },
		{ "R-13 50,001", "A", '1', '2', 50001, 10000, 0,
		    RISK_FAT_FINGER },
	};

	(void)state;
	rules.max_adv_bp = 500;
	rule(r, RISK_SCOPE_GROUP, "G", rules);
	describe(r, "X", d);
	RUN(r, rows);
	assert_int_equal(buy(r, "A", "Y", 1), RISK_FAT_FINGER); /* no ADV */
	rules.adv_optional = true;
	rule(r, RISK_SCOPE_GROUP, "G", rules);
	assert_int_equal(buy(r, "A", "Y", 1), RISK_OK);
	RUN(r, rows);
	risk_free(r);
}

/* ----- R-14 ----- */

static struct risk *
self_trade_firm(enum risk_scope kind, const char *id)
{
	struct risk *r = wide_firm();
	struct risk_rules rules = no_rules();

	rules.self_trade = true;
	rule(r, kind, id, rules);
	return r;
}

static enum risk_code
enter(struct risk *r, struct risk_rest *rest, struct risk_order o)
{
	o.rest = rest;
	return check(r, o, NULL);
}

static void
r14_no_order_meets_one_of_its_group(void **state)
{
	struct risk *r = self_trade_firm(RISK_SCOPE_GROUP, "G");
	struct risk_rest s = { 0 }, b = { 0 };
	struct risk_order o = limit_order("B", "X", '1', 1, PX(10000));

	(void)state;
	assert_int_equal(
	    enter(r, &s, limit_order("A", "X", '2', 1, PX(10000))), RISK_OK);
	assert_int_equal(check(r, o, NULL), RISK_SELF_TRADE);
	o.price_e8 = PX(9999);
	assert_int_equal(enter(r, &b, o), RISK_OK);
	assert_int_equal(
	    check(r, market_order("B", "X", '1', 1), NULL), RISK_SELF_TRADE);
	assert_int_equal(buy(r, "C", "X", 1), RISK_OK); /* other group */
	assert_int_equal(buy(r, "A", "Y", 1), RISK_OK); /* other symbol */
	o.price_e8 = PX(10000);
	o.venue = 2; /* other venue */
	assert_int_equal(check(r, o, NULL), RISK_OK);
	o.venue = 0;
	assert_int_equal( /* the other side, against the bid */
	    check(r, limit_order("A", "X", '2', 1, PX(9999)), NULL),
	    RISK_SELF_TRADE);
	risk_rest_drop(&s);
	risk_rest_drop(&s); /* twice does no harm */
	assert_int_equal(check(r, o, NULL), RISK_OK);
	risk_free(r);
}

static void
r14_a_live_market_order_meets_every_price(void **state)
{
	struct risk *r = self_trade_firm(RISK_SCOPE_ACCOUNT, "A");
	struct risk_rest s = { 0 };

	(void)state;
	assert_int_equal(enter(r, &s, market_order("A", "X", '2', 1)), RISK_OK);
	assert_int_equal(
	    check(r, limit_order("A", "X", '1', 1, 1), NULL), RISK_SELF_TRADE);
	assert_int_equal(buy(r, "B", "X", 1), RISK_OK);
	risk_free(r);
}

static void
r14_a_replace_is_checked_and_moves_the_price(void **state)
{
	struct risk *r = self_trade_firm(RISK_SCOPE_FIRM, "");
	struct risk_rest s = { 0 }, b = { 0 };
	struct risk_order o = limit_order("A", "X", '2', 1, PX(10100));
	struct risk_hold held = { E8, 101 * E8 };
	struct risk_verdict v;

	(void)state;
	assert_int_equal(enter(r, &s, o), RISK_OK);
	assert_int_equal(
	    enter(r, &b, limit_order("C", "X", '1', 1, PX(9900))), RISK_OK);
	o.rest = &s;
	o.price_e8 = PX(9900);
	assert_int_equal(risk_check_replace(r, &o, held, at_ns(0), &v), 1);
	assert_int_equal(v.code, RISK_SELF_TRADE);
	o.price_e8 = PX(10000); /* while it is pending, both count */
	assert_int_equal(risk_check_replace(r, &o, held, at_ns(0), &v), 0);
	assert_int_equal(buy(r, "B", "X", 1), RISK_SELF_TRADE);
	o.price_e8 = PX(10200); /* the venue has moved it */
	risk_rest_set(r, &s, &o);
	assert_int_equal(buy(r, "B", "X", 1), RISK_OK);
	risk_free(r);
}

#define RESTING 10000

/* Against a plain search, with orders coming, moving and going. */
static void
r14_the_best_of_ten_thousand_is_found(void **state)
{
	static struct risk_rest rest[RESTING];
	static int64_t px[RESTING];
	struct risk *r = self_trade_firm(RISK_SCOPE_FIRM, "");
	uint64_t seed = 42;
	int64_t low;

	(void)state;
	for (int i = 0; i < 3 * RESTING; i++) {
		struct risk_order o = limit_order("A", "X", '2', 1, 0);
		int at;

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		at = (int)(seed >> 33) % RESTING;
		if (px[at] != 0 && i % 3 == 0) {
			risk_rest_drop(&rest[at]);
			px[at] = 0;
		} else {
			px[at] = PX(100 + (int64_t)(seed >> 40) % 100000);
			o.price_e8 = px[at];
			risk_rest_set(r, &rest[at], &o);
		}
		if (i % 97 != 0)
			continue;
		low = INT64_MAX;
		for (int k = 0; k < RESTING; k++)
			if (px[k] != 0 && px[k] < low)
				low = px[k];
		if (low == INT64_MAX)
			continue;
		assert_int_equal(
		    check(r, limit_order("C", "X", '1', 1, low), NULL),
		    RISK_SELF_TRADE);
		assert_int_equal(
		    check(r, limit_order("C", "X", '1', 1, low - 1), NULL),
		    RISK_OK);
	}
	risk_free(r);
}

static void
r16_orders_alike_within_the_window(void **state)
{
	struct risk *r = wide_firm();
	struct risk_rules rules = no_rules();
	static const struct row rows[] = {
		{ "R-16 t=0", "A", '1', '2', 5, 10000, 0, RISK_OK },
		{ "R-16 t=0.1", "A", '1', '2', 5, 10000, 100, RISK_OK },
		{ "R-16 t=0.2", "A", '1', '2', 5, 10000, 200,
		    RISK_DUP_CONTENT },
		{ "R-16 price", "A", '1', '2', 5, 9999, 200, RISK_OK },
		{ "R-16 quantity", "A", '1', '2', 6, 10000, 200, RISK_OK },
		{ "R-16 side", "A", '2', '2', 5, 10000, 200, RISK_OK },
		{ "R-16 account", "C", '1', '2', 5, 10000, 200, RISK_OK },
		{ "R-16 t=0.999", "A", '1', '2', 5, 10000, 999,
		    RISK_DUP_CONTENT },
		{ "R-16 t=1.1", "A", '1', '2', 5, 10000, 1100, RISK_OK },
		{ "R-16 t=1.1 again", "A", '1', '2', 5, 10000, 1100, RISK_OK },
		{ "R-16 t=1.2", "A", '1', '2', 5, 10000, 1200,
		    RISK_DUP_CONTENT },
	};

	(void)state;
	rules.dup_max = 2;
	rules.dup_window_ns = FIX_SEC;
	rule(r, RISK_SCOPE_FIRM, "", rules);
	RUN(r, rows);
	rules.dup_window_ns = 0;
	assert_int_equal(
	    risk_set_rules(r, RISK_SCOPE_FIRM, "", &rules), -FIX_E_FORMAT);
	risk_free(r);
}

/* More accepted orders in the window than can be remembered: refused, since
 * nobody could tell; and right again when they have left it. */
static void
r16_what_is_forgotten_is_never_taken_for_new(void **state)
{
	struct risk *r = wide_firm();
	struct risk_rules rules = no_rules();
	int64_t i;

	(void)state;
	rules.dup_max = 1;
	rules.dup_window_ns = FIX_SEC;
	rule(r, RISK_SCOPE_FIRM, "", rules);
	for (i = 1; i <= 65536; i++)
		assert_int_equal(check_at(r,
		    limit_order("A", "X", '1', i, PX(10000)), 1), RISK_OK);
	assert_int_equal(check_at(r, limit_order("A", "X", '1', 70000,
	    PX(10000)), 2), RISK_INTERNAL);
	for (i = 1; i <= 1000; i++) {
		assert_int_equal(check_at(r, limit_order("A", "X", '1', i,
		    PX(10000)), FIX_SEC + 1), RISK_OK);
		assert_int_equal(check_at(r, limit_order("A", "X", '1', i,
		    PX(10000)), FIX_SEC + 1), RISK_DUP_CONTENT);
	}
	risk_free(r);
}

static void
r14_each_venue_has_its_own_best(void **state)
{
	struct risk *r = self_trade_firm(RISK_SCOPE_GROUP, "G");
	struct risk_rest rest[5] = { 0 };
	struct risk_order o;

	(void)state;
	for (uint32_t i = 0; i < 5; i++) {
		o = limit_order("A", "X", '2', 1, PX(10000 + (int64_t)i));
		o.venue = (i * 3 + 1) % 5 + 1;
		assert_int_equal(enter(r, &rest[i], o), RISK_OK);
	}
	for (uint32_t i = 0; i < 5; i++) {
		o = limit_order("B", "X", '1', 1, PX(10000 + (int64_t)i) - 1);
		o.venue = (i * 3 + 1) % 5 + 1;
		assert_int_equal(check(r, o, NULL), RISK_OK);
		o.price_e8++;
		assert_int_equal(check(r, o, NULL), RISK_SELF_TRADE);
		o.venue = 6;
		assert_int_equal(check(r, o, NULL), RISK_OK);
	}
	risk_free(r);
}

static void
r14_the_scope_that_asks_is_named(void **state)
{
	static const struct {
		enum risk_scope kind;
		const char *id;
	} all[] = { { RISK_SCOPE_ACCOUNT, "A" }, { RISK_SCOPE_GROUP, "G" },
		{ RISK_SCOPE_FIRM, "" } };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct risk *r = self_trade_firm(all[i].kind, all[i].id);
		struct risk_rest s = { 0 }, c = { 0 };
		struct risk_verdict v;
		struct risk_order o = limit_order("A", "X", '2', 1, PX(10000));

		assert_int_equal(enter(r, &s, o), RISK_OK);
		o.side = '1';
		assert_int_equal(check(r, o, &v), RISK_SELF_TRADE);
		assert_int_equal(v.scope, all[i].kind);
		/* Nobody asks for it where these are, unless it is the firm */
		assert_int_equal(enter(r, &c,
		    limit_order("C", "Y", '2', 1, PX(10000))), RISK_OK);
		assert_int_equal(buy(r, "C", "Y", 1),
		    all[i].kind == RISK_SCOPE_FIRM ? RISK_SELF_TRADE : RISK_OK);
		risk_free(r);
	}
}

/* While it is pending, the old price counts that is better than the new. */
static void
r14_a_replace_away_keeps_its_price_till_the_venue_has_moved_it(void **state)
{
	struct risk *r = self_trade_firm(RISK_SCOPE_FIRM, "");
	struct risk_rest s = { 0 };
	struct risk_order o = limit_order("A", "X", '2', 1, PX(10000));
	struct risk_hold held = { E8, 100 * E8 };
	struct risk_verdict v;

	(void)state;
	assert_int_equal(enter(r, &s, o), RISK_OK);
	o.rest = &s;
	o.price_e8 = PX(10500);
	assert_int_equal(risk_check_replace(r, &o, held, at_ns(0), &v), 0);
	assert_int_equal(buy(r, "B", "X", 1), RISK_SELF_TRADE);
	risk_rest_set(r, &s, &o);
	assert_int_equal(buy(r, "B", "X", 1), RISK_OK);
	risk_free(r);
}

static void
r14_prices_may_be_nothing_and_stops_rest_in_no_book(void **state)
{
	struct risk *r = self_trade_firm(RISK_SCOPE_ACCOUNT, "A");
	struct risk_rest s = { 0 };
	struct risk_order o = limit_order("A", "X", '2', 1, 0);

	(void)state;
	assert_int_equal(enter(r, &s, o), RISK_OK);
	o.side = '1';
	assert_int_equal(check(r, o, NULL), RISK_SELF_TRADE);
	o.ord_type = '4';
	o.has_stop = true;
	o.stop_e8 = PX(10000);
	assert_int_equal(check(r, o, NULL), RISK_OK);
	o.side = '2';
	assert_int_equal(enter(r, &(struct risk_rest){ 0 }, o), RISK_OK);
	risk_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(r04_allowed_types_and_times_in_force),
		cmocka_unit_test(r07_the_band_of_the_price_has_the_tick),
		cmocka_unit_test(r12_two_sided),
		cmocka_unit_test(r12_absolute_ticks_hold_below_nothing),
		cmocka_unit_test(r12_over_a_period),
		cmocka_unit_test(r13_share_of_the_average_volume),
		cmocka_unit_test(r14_no_order_meets_one_of_its_group),
		cmocka_unit_test(r14_a_live_market_order_meets_every_price),
		cmocka_unit_test(r14_a_replace_is_checked_and_moves_the_price),
		cmocka_unit_test(r14_the_best_of_ten_thousand_is_found),
		cmocka_unit_test(r16_orders_alike_within_the_window),
		cmocka_unit_test(r16_what_is_forgotten_is_never_taken_for_new),
		cmocka_unit_test(r14_each_venue_has_its_own_best),
		cmocka_unit_test(r14_the_scope_that_asks_is_named),
		cmocka_unit_test(
		    r14_a_replace_away_keeps_its_price_till_the_venue_has_moved_it),
		cmocka_unit_test(
		    r14_prices_may_be_nothing_and_stops_rest_in_no_book),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
