/*
 * Whose limit it is that is in force: the least of all owners and all
 * scopes.
 */
#include "tests/risk/rows.h"

static struct risk_limits
qty(int64_t most)
{
	struct risk_limits l = unlimited();

	l.max_order_qty_e8 = most * E8;
	return l;
}

static void
owned(struct risk *r, enum risk_owner owner, enum risk_scope kind,
    const char *id, struct risk_limits l)
{
	assert_int_equal(risk_set_owned(r, owner, kind, id, &l), 0);
}

/* An order of so many: refused with this code, by whom and where. */
static void
refused(struct risk *r, struct risk_order o, enum risk_code code,
    enum risk_owner owner, enum risk_scope scope, int64_t limit)
{
	struct risk_verdict v;

	assert_int_equal(check(r, o, &v), code);
	assert_int_equal(v.owner, owner);
	assert_int_equal(v.scope, scope);
	assert_int_equal(v.limit, limit);
}

static struct risk_order
of(int64_t n)
{
	return limit_order("A", "X", '1', n, PX(10000));
}

/* Exchange 9999, firm 500, client 400. */
static struct risk *
three(void)
{
	struct risk *r = bare_firm();

	owned(r, RISK_OWNER_EXCHANGE, RISK_SCOPE_SYMBOL, "X", qty(9999));
	limit(r, RISK_SCOPE_ACCOUNT, "A", qty(500));
	owned(r, RISK_OWNER_CLIENT, RISK_SCOPE_ACCOUNT, "A", qty(400));
	return r;
}

static void
r09_the_least_of_all_owners(void **state)
{
	struct risk *r = three();
	struct risk_verdict v;
	char text[RISK_TEXT_MAX + 1];

	(void)state;
	assert_int_equal(check(r, of(400), NULL), RISK_OK);
	refused(r, of(401), RISK_QTY_MAX, RISK_OWNER_CLIENT,
	    RISK_SCOPE_ACCOUNT, 400 * E8);
	assert_int_equal(check(r, of(401), &v), RISK_QTY_MAX);
	risk_text(&v, text);
	assert_string_equal(text, "RISK QTY_MAX scope=ACCOUNT:A owner=client "
	    "lim=400 val=401 dec=3");
	owned(r, RISK_OWNER_CLEARING, RISK_SCOPE_FIRM, "", qty(300));
	refused(r, of(401), RISK_QTY_MAX, RISK_OWNER_CLIENT,
	    RISK_SCOPE_ACCOUNT, 400 * E8);
	refused(r, of(400), RISK_QTY_MAX, RISK_OWNER_CLEARING,
	    RISK_SCOPE_FIRM, 300 * E8);
	assert_int_equal(check(r, of(300), NULL), RISK_OK);
	owned(r, RISK_OWNER_EXCHANGE, RISK_SCOPE_SYMBOL, "X", qty(299));
	refused(r, of(300), RISK_QTY_MAX, RISK_OWNER_EXCHANGE,
	    RISK_SCOPE_SYMBOL, 299 * E8);
	risk_free(r);
}

static void
r09_a_skip_removes_the_clients_term_alone(void **state)
{
	struct risk *r = three();
	struct risk_order o = of(500);

	(void)state;
	o.skip = RISK_SKIP_PRICE | RISK_SKIP_NOTIONAL; /* of others */
	refused(r, o, RISK_QTY_MAX, RISK_OWNER_CLIENT, RISK_SCOPE_ACCOUNT,
	    400 * E8);
	o.skip = RISK_SKIP_QTY;
	assert_int_equal(check(r, o, NULL), RISK_OK);
	o.qty_e8 = 501 * E8;
	refused(r, o, RISK_QTY_MAX, RISK_OWNER_FIRM, RISK_SCOPE_ACCOUNT,
	    500 * E8);
	/* equal terms: the firm's is named, and no skip helps */
	owned(r, RISK_OWNER_CLIENT, RISK_SCOPE_ACCOUNT, "A", qty(500));
	o.skip = 0;
	refused(r, o, RISK_QTY_MAX, RISK_OWNER_FIRM, RISK_SCOPE_ACCOUNT,
	    500 * E8);
	risk_free(r);
}

static void
r09_price_and_notional_can_be_skipped_too(void **state)
{
	struct risk *r = wide_firm();
	struct risk_limits l = unlimited();
	struct risk_order o = limit_order("A", "X", '1', 10, PX(10600));
	struct risk_order m = market_order("A", "X", '1', 10);
	struct risk_order s = limit_order("A", "Z", '2', 1, PX(10000));
	struct risk_verdict v;

	(void)state;
	l.collar_bp = 500;
	owned(r, RISK_OWNER_CLIENT, RISK_SCOPE_ACCOUNT, "A", l);
	refused(r, o, RISK_COLLAR, RISK_OWNER_CLIENT, RISK_SCOPE_ACCOUNT,
	    PX(10500));
	assert_int_equal(check(r, m, &v), RISK_OK);
	assert_int_equal(v.hold.notional_e8, 1050 * E8); /* at its edge */
	o.skip = m.skip = RISK_SKIP_PRICE;
	assert_int_equal(check(r, o, NULL), RISK_OK);
	assert_int_equal(check(r, m, &v), RISK_OK);
	assert_int_equal(v.hold.notional_e8, 1000 * E8);
	l = unlimited();
	l.max_order_notional_e8 = 100 * E8;
	owned(r, RISK_OWNER_CLIENT, RISK_SCOPE_ACCOUNT, "A", l);
	refused(r, o, RISK_NOTIONAL_MAX, RISK_OWNER_CLIENT,
	    RISK_SCOPE_ACCOUNT, 100 * E8);
	o.skip = RISK_SKIP_NOTIONAL;
	assert_int_equal(check(r, o, NULL), RISK_OK);
	/* a sale needs a reference only for a limit that counts */
	add_symbol(r, "NOREF", "", 0, 0, E8);
	s.symbol = fix_span_of("NOREF");
	assert_int_equal(check(r, s, NULL), RISK_REF_MISSING);
	s.skip = RISK_SKIP_NOTIONAL;
	assert_int_equal(check(r, s, NULL), RISK_OK);
	risk_free(r);
}

static void
r09_without_the_firms_term_it_is_blocked(void **state)
{
	struct risk *r = bare_firm();

	(void)state;
	owned(r, RISK_OWNER_EXCHANGE, RISK_SCOPE_SYMBOL, "X", qty(9999));
	owned(r, RISK_OWNER_CLIENT, RISK_SCOPE_ACCOUNT, "A", qty(400));
	owned(r, RISK_OWNER_CLEARING, RISK_SCOPE_FIRM, "", qty(400));
	owned(r, RISK_OWNER_CLEARING, RISK_SCOPE_GROUP, "G", qty(400));
	refused(r, of(1), RISK_QTY_MAX, RISK_OWNER_FIRM, RISK_SCOPE_ACCOUNT, 0);
	limit(r, RISK_SCOPE_GROUP, "G", unlimited());
	assert_int_equal(check(r, of(1), NULL), RISK_OK);
	risk_unset_limits(r, RISK_OWNER_FIRM, RISK_SCOPE_GROUP, "G");
	refused(r, of(1), RISK_QTY_MAX, RISK_OWNER_FIRM, RISK_SCOPE_ACCOUNT, 0);
	limit(r, RISK_SCOPE_FIRM, "", unlimited());
	assert_int_equal(check(r, of(1), NULL), RISK_OK);
	risk_unset_limits(r, RISK_OWNER_FIRM, RISK_SCOPE_FIRM, "");
	limit(r, RISK_SCOPE_ACCOUNT, "A", unlimited());
	assert_int_equal(check(r, of(1), NULL), RISK_OK);
	risk_free(r);
}

static void
r09_the_exchanges_term_may_be_external(void **state)
{
	struct risk *r = wide_firm();
	struct risk_verdict v;

	(void)state;
	assert_int_equal(check(r, of(1), NULL), RISK_OK);
	risk_must_state(r, RISK_OWNER_EXCHANGE, true);
	refused(r, of(1), RISK_QTY_MAX, RISK_OWNER_EXCHANGE, RISK_SCOPE_FIRM, 0);
	owned(r, RISK_OWNER_CLEARING, RISK_SCOPE_SYMBOL, "X", qty(5));
	refused(r, of(1), RISK_QTY_MAX, RISK_OWNER_EXCHANGE, RISK_SCOPE_FIRM, 0);
	owned(r, RISK_OWNER_EXCHANGE, RISK_SCOPE_FIRM, "", qty(5));
	assert_int_equal(check(r, of(5), NULL), RISK_OK);
	assert_int_equal(check(r, of(6), NULL), RISK_QTY_MAX);
	risk_unset_owned(r);
	assert_int_equal(check(r, of(6), &v), RISK_QTY_MAX);
	assert_int_equal(v.owner, RISK_OWNER_EXCHANGE);
	risk_must_state(r, RISK_OWNER_EXCHANGE, false);
	assert_int_equal(check(r, of(6), NULL), RISK_OK);
	risk_must_state(r, RISK_OWNER_CLEARING, true);
	refused(r, of(1), RISK_QTY_MAX, RISK_OWNER_CLEARING, RISK_SCOPE_FIRM, 0);
	risk_free(r);
}

/* Every term has an owner: the client's is 10 of everything, the firm's 20. */
static void
r09_each_measure_names_its_owner(void **state)
{
	static const struct {
		enum risk_code code;
		size_t at;
		int64_t limit;
		char side;
	} terms[] = {
		{ RISK_QTY_MAX, offsetof(struct risk_limits, max_order_qty_e8),
		    10 * E8, '1' },
		{ RISK_NOTIONAL_MAX,
		    offsetof(struct risk_limits, max_order_notional_e8),
		    1000 * E8, '1' },
		{ RISK_POS_LONG, offsetof(struct risk_limits, max_long_e8),
		    10 * E8, '1' },
		{ RISK_POS_SHORT, offsetof(struct risk_limits, max_short_e8),
		    10 * E8, '2' },
		{ RISK_OPEN_NOTIONAL,
		    offsetof(struct risk_limits, max_open_notional_e8),
		    1000 * E8, '1' },
		{ RISK_OPEN_ORDERS,
		    offsetof(struct risk_limits, max_open_orders), 0, '1' },
		{ RISK_RATE, offsetof(struct risk_limits, orders_per_s), 0,
		    '1' },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(terms) / sizeof(terms[0]); i++)
		for (int who = 1; who < RISK_N_OWNER; who++) {
			struct risk *r = bare_firm();
			struct risk_limits l = unlimited(), firm = l, back;
			struct risk_order o = limit_order(
			    "A", "X", terms[i].side, 11, PX(10000));
			int64_t more = terms[i].limit + 1;

			memcpy((char *)&firm + terms[i].at, &more, 8);
			limit(r, RISK_SCOPE_ACCOUNT, "A", firm);
			memcpy((char *)&l + terms[i].at, &terms[i].limit, 8);
			owned(r, (enum risk_owner)who, RISK_SCOPE_ACCOUNT, "A",
			    l);
			refused(r, o, terms[i].code, (enum risk_owner)who,
			    RISK_SCOPE_ACCOUNT, terms[i].limit);
			assert_true(risk_get_owned(r, (enum risk_owner)who,
			    RISK_SCOPE_ACCOUNT, "A", &back));
			assert_memory_equal(&back, &l, sizeof(l));
			assert_true(risk_get_limits(
			    r, RISK_SCOPE_ACCOUNT, "A", &back));
			assert_memory_equal(&back, &firm, sizeof(l));
			risk_unset_owned(r);
			assert_false(risk_get_owned(r, (enum risk_owner)who,
			    RISK_SCOPE_ACCOUNT, "A", &back));
			assert_true(risk_get_limits(
			    r, RISK_SCOPE_ACCOUNT, "A", &back));
			assert_memory_equal(&back, &firm, sizeof(l));
			risk_free(r);
		}
}

static void
r09_the_firms_own_rules_are_never_the_clients(void **state)
{
	struct risk *r = wide_firm();
	struct risk_limits l = unlimited();
	struct risk_rules rules = no_rules();
	struct risk_detail d = { .range_window_ns = FIX_SEC,
		.range_ticks = 1 };

	(void)state;
	l.collar_bp = 9000;
	owned(r, RISK_OWNER_CLIENT, RISK_SCOPE_ACCOUNT, "A", l);
	owned(r, RISK_OWNER_EXCHANGE, RISK_SCOPE_SYMBOL, "X", l);
	rules.far_bp = 100;
	rule(r, RISK_SCOPE_ACCOUNT, "A", rules);
	refused(r, limit_order("A", "X", '1', 1, PX(9800)), RISK_COLLAR,
	    RISK_OWNER_FIRM, RISK_SCOPE_ACCOUNT, PX(9900));
	add_symbol(r, "X", "EQ", PX(1), 0, E8);
	describe(r, "X", d);
	assert_int_equal(check(r, of(1), NULL), RISK_OK);
	refused(r, limit_order("A", "X", '1', 1, PX(10010)), RISK_COLLAR,
	    RISK_OWNER_FIRM, RISK_SCOPE_SYMBOL, PX(10001));
	risk_free(r);
}

/* A burst that nobody set is as large as the rate of its owner. */
static void
r09_the_smaller_burst(void **state)
{
	struct risk *r = bare_firm();
	struct risk_limits l = unlimited();

	(void)state;
	l.orders_per_s = 5;
	l.order_burst = 0;
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	l.orders_per_s = 10;
	l.order_burst = 3;
	owned(r, RISK_OWNER_CLIENT, RISK_SCOPE_ACCOUNT, "A", l);
	for (int i = 0; i < 3; i++)
		assert_int_equal(check(r, of(1), NULL), RISK_OK);
	refused(r, of(1), RISK_RATE, RISK_OWNER_FIRM, RISK_SCOPE_ACCOUNT, 5);
	l.order_burst = 0;
	owned(r, RISK_OWNER_CLIENT, RISK_SCOPE_ACCOUNT, "A", l);
	risk_unset_limits(r, RISK_OWNER_FIRM, RISK_SCOPE_ACCOUNT, "A");
	limit(r, RISK_SCOPE_FIRM, "", unlimited());
	for (int i = 0; i < 10; i++)
		assert_int_equal(check_at(r, of(1), FIX_SEC), RISK_OK);
	assert_int_equal(check_at(r, of(1), FIX_SEC), RISK_RATE);
	risk_free(r);
}

static void
r09_what_others_have_said_stays_with_a_skip(void **state)
{
	struct risk *r = three();
	struct risk_order o = of(450);

	(void)state;
	owned(r, RISK_OWNER_CLEARING, RISK_SCOPE_ACCOUNT, "A", qty(450));
	o.skip = RISK_SKIP_QTY;
	assert_int_equal(check(r, o, NULL), RISK_OK);
	o.qty_e8 = 451 * E8;
	refused(r, o, RISK_QTY_MAX, RISK_OWNER_CLEARING, RISK_SCOPE_ACCOUNT,
	    450 * E8);
	risk_free(r);
	r = wide_firm(); /* the exchange's and the client's alone */
	owned(r, RISK_OWNER_EXCHANGE, RISK_SCOPE_ACCOUNT, "A", qty(300));
	owned(r, RISK_OWNER_CLIENT, RISK_SCOPE_ACCOUNT, "A", qty(200));
	o.qty_e8 = 300 * E8;
	assert_int_equal(check(r, o, NULL), RISK_OK);
	o.qty_e8 = 301 * E8;
	refused(r, o, RISK_QTY_MAX, RISK_OWNER_EXCHANGE, RISK_SCOPE_ACCOUNT,
	    300 * E8);
	risk_free(r);
}

/* What the client passes over has not refused. */
static void
r09_a_skipped_term_is_not_named(void **state)
{
	struct risk *r = bare_firm();
	struct risk_limits firm = unlimited(), client = unlimited();
	struct risk_order o = limit_order("A", "X", '1', 6, PX(10000));

	(void)state;
	firm.max_order_notional_e8 = 500 * E8;
	client.max_order_notional_e8 = 400 * E8;
	firm.collar_bp = 500;
	client.collar_bp = 400;
	limit(r, RISK_SCOPE_ACCOUNT, "A", firm);
	owned(r, RISK_OWNER_CLIENT, RISK_SCOPE_ACCOUNT, "A", client);
	refused(r, o, RISK_NOTIONAL_MAX, RISK_OWNER_CLIENT,
	    RISK_SCOPE_ACCOUNT, 400 * E8);
	o.skip = RISK_SKIP_NOTIONAL;
	refused(r, o, RISK_NOTIONAL_MAX, RISK_OWNER_FIRM, RISK_SCOPE_ACCOUNT,
	    500 * E8);
	o = limit_order("A", "X", '1', 1, PX(10600));
	refused(r, o, RISK_COLLAR, RISK_OWNER_CLIENT, RISK_SCOPE_ACCOUNT,
	    PX(10400));
	o.skip = RISK_SKIP_PRICE;
	refused(r, o, RISK_COLLAR, RISK_OWNER_FIRM, RISK_SCOPE_ACCOUNT,
	    PX(10500));
	risk_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(r09_the_least_of_all_owners),
		cmocka_unit_test(r09_a_skip_removes_the_clients_term_alone),
		cmocka_unit_test(r09_price_and_notional_can_be_skipped_too),
		cmocka_unit_test(r09_without_the_firms_term_it_is_blocked),
		cmocka_unit_test(r09_the_exchanges_term_may_be_external),
		cmocka_unit_test(r09_each_measure_names_its_owner),
		cmocka_unit_test(r09_the_firms_own_rules_are_never_the_clients),
		cmocka_unit_test(r09_the_smaller_burst),
		cmocka_unit_test(r09_what_others_have_said_stays_with_a_skip),
		cmocka_unit_test(r09_a_skipped_term_is_not_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
