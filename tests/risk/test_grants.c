/*
 * What traders, desks and algorithms may trade, and in how many symbols
 * and at how many venues a day.
 */
#include "tests/risk/rows.h"

static void
grant(struct risk *r, const char *trader, struct risk_grant g)
{
	assert_int_equal(risk_grant(r, trader, &g), 0);
}

static void
to(struct risk *r, const char *trader, enum risk_scope kind, const char *id)
{
	assert_int_equal(risk_grant_to(r, trader, kind, id), 0);
}

static struct risk_order
by(const char *trader, const char *symbol, char side, uint32_t venue)
{
	struct risk_order o = limit_order("A", symbol, side, 1, PX(10000));

	o.trader = fix_span_of(trader);
	o.venue = venue;
	return o;
}

static void
traders(struct risk *r, enum risk_scope kind, const char *id,
    enum risk_traders want)
{
	struct risk_rules rules = no_rules();

	rules.traders = want;
	rule(r, kind, id, rules);
}

static void
r02_an_algorithm_trades_its_class_alone(void **state)
{
	struct risk *r = wide_firm();
	struct risk_verdict v;
	char text[RISK_TEXT_MAX + 1];

	(void)state;
	grant(r, "7", (struct risk_grant)RISK_GRANT_INIT);
	to(r, "7", RISK_SCOPE_CLASS, "EQ");
	assert_int_equal(check(r, by("7", "X", '1', 1), NULL), RISK_OK);
	assert_int_equal(check(r, by("7", "Y", '2', 1), NULL), RISK_OK);
	assert_int_equal(check(r, by("7", "Z", '1', 1), &v), RISK_PERM);
	assert_int_equal(v.scope, RISK_SCOPE_TRADER);
	risk_text(&v, text);
	assert_string_equal(text, "RISK PERM scope=TRADER:7 dec=3");
	to(r, "7", RISK_SCOPE_SYMBOL, "Z"); /* besides its class */
	assert_int_equal(check(r, by("7", "Z", '1', 1), NULL), RISK_OK);
	assert_int_equal(check(r, by("7", "X", '1', 1), NULL), RISK_OK);
	/* nothing is asked of others */
	assert_int_equal(check(r, by("8", "Z", '1', 1), NULL), RISK_OK);
	assert_int_equal(check(r, by("", "Z", '1', 1), NULL), RISK_OK);
	risk_free(r);
}

static void
r02_one_symbol_is_no_other(void **state)
{
	struct risk *r = wide_firm();

	(void)state;
	grant(r, "7", (struct risk_grant)RISK_GRANT_INIT);
	to(r, "7", RISK_SCOPE_SYMBOL, "X");
	assert_int_equal(check(r, by("7", "X", '1', 1), NULL), RISK_OK);
	assert_int_equal(check(r, by("7", "Y", '1', 1), NULL), RISK_PERM);
	assert_int_equal(check(r, by("7", "NONE", '1', 1), NULL), RISK_PERM);
	risk_free(r);
}

static void
r02_sides_and_venues(void **state)
{
	struct risk *r = wide_firm();
	struct risk_grant g = RISK_GRANT_INIT;

	(void)state;
	g.sides = 1u << 2 | 1u << 9;
	grant(r, "7", g);
	assert_int_equal(check(r, by("7", "X", '2', 1), NULL), RISK_OK);
	assert_int_equal(check(r, by("7", "X", '1', 1), NULL), RISK_PERM);
	assert_int_equal(check(r, by("7", "X", '5', 1), NULL), RISK_PERM);
	/* what is no digit is nobody's side; 0 and 9 are digits */
	assert_int_equal(check(r, by("7", "X", '/', 1), NULL), RISK_PERM);
	assert_int_equal(check(r, by("7", "X", ':', 1), NULL), RISK_PERM);
	assert_int_equal(
	    check(r, by("7", "X", '9', 1), NULL), RISK_CHARACTERISTIC);
	g.sides = 1;
	grant(r, "7", g);
	assert_int_equal(
	    check(r, by("7", "X", '0', 1), NULL), RISK_CHARACTERISTIC);
	grant(r, "7", (struct risk_grant)RISK_GRANT_INIT);
	to(r, "7", RISK_SCOPE_VENUE, "2");
	to(r, "7", RISK_SCOPE_VENUE, "3");
	assert_int_equal(check(r, by("7", "X", '1', 2), NULL), RISK_OK);
	assert_int_equal(check(r, by("7", "X", '1', 3), NULL), RISK_OK);
	assert_int_equal(check(r, by("7", "X", '1', 1), NULL), RISK_PERM);
	risk_free(r);
}

static void
r02_an_unknown_id_where_they_must_be_known(void **state)
{
	struct risk *r = wide_firm();

	(void)state;
	grant(r, "7", (struct risk_grant)RISK_GRANT_INIT);
	traders(r, RISK_SCOPE_ACCOUNT, "A", RISK_TRADERS_KNOWN);
	assert_int_equal(check(r, by("7", "X", '1', 1), NULL), RISK_OK);
	assert_int_equal(check(r, by("8", "X", '1', 1), NULL), RISK_PERM);
	assert_int_equal(check(r, by("", "X", '1', 1), NULL), RISK_OK);
	risk_grants_clear(r);
	assert_int_equal(check(r, by("7", "X", '1', 1), NULL), RISK_PERM);
	risk_free(r);
}

static void
r02_a_missing_id_where_it_is_required(void **state)
{
	struct risk *r = wide_firm();
	struct risk_order o;

	(void)state;
	grant(r, "7", (struct risk_grant)RISK_GRANT_INIT);
	traders(r, RISK_SCOPE_ACCOUNT, "A", RISK_TRADERS_KNOWN);
	traders(r, RISK_SCOPE_FIRM, "", RISK_TRADERS_REQUIRED); /* stricter */
	assert_int_equal(check(r, by("", "X", '1', 1), NULL), RISK_PERM);
	assert_int_equal(check(r, by("7", "X", '1', 1), NULL), RISK_OK);
	assert_int_equal(check(r, by("8", "X", '1', 1), NULL), RISK_PERM);
	traders(r, RISK_SCOPE_FIRM, "", RISK_TRADERS_ANY);
	traders(r, RISK_SCOPE_SESSION, "4", RISK_TRADERS_REQUIRED);
	assert_int_equal(check(r, by("", "X", '1', 1), NULL), RISK_OK);
	o = by("", "X", '1', 1);
	o.session = 4;
	assert_int_equal(check(r, o, NULL), RISK_PERM);
	risk_free(r);
}

static void
r04_at_most_two_venues_a_day(void **state)
{
	struct risk *r = wide_firm();
	struct risk_grant g = RISK_GRANT_INIT;
	struct risk_order third = by("7", "X", '1', 3);
	struct risk_verdict v;

	(void)state;
	g.max_venues = 2;
	grant(r, "7", g);
	assert_int_equal(check(r, by("7", "X", '1', 1), NULL), RISK_OK);
	assert_int_equal(check(r, by("7", "X", '1', 2), NULL), RISK_OK);
	assert_int_equal(check(r, by("7", "Y", '1', 1), NULL), RISK_OK);
	assert_int_equal(check(r, third, &v), RISK_CHARACTERISTIC);
	assert_int_equal(v.scope, RISK_SCOPE_TRADER);
	assert_int_equal(check(r, by("7", "X", '1', 2), NULL), RISK_OK);
	assert_int_equal(check(r, by("8", "X", '1', 3), NULL), RISK_OK);
	risk_free(r);
	r = risk_new(0);
	assert_int_equal(risk_add_account(r, "A", ""), 0);
	add_symbol(r, "X", "", 0, 0, E8);
	limit(r, RISK_SCOPE_FIRM, "", unlimited());
	g.max_venues = 1;
	grant(r, "7", g);
	assert_int_equal(check_at(r, by("7", "X", '1', 1), 0), RISK_OK);
	assert_int_equal(check_at(r, third, 0), RISK_CHARACTERISTIC);
	assert_int_equal(check_at(r, third, FIX_DAY), RISK_OK); /* a new day */
	assert_int_equal(
	    check_at(r, by("7", "X", '1', 1), FIX_DAY), RISK_CHARACTERISTIC);
	risk_free(r);
}

static void
r04_symbols_that_passed_count(void **state)
{
	struct risk *r = wide_firm();
	struct risk_grant g = RISK_GRANT_INIT;
	struct risk_order x = by("7", "X", '1', 1), none = by("7", "N", '1', 1);
	struct risk_order y = by("7", "Y", '1', 1), odd = by("7", "Y", '1', 1);
	struct fix_utc today = { 1000 * FIX_SEC }, other = { 2 * FIX_DAY };

	(void)state;
	g.max_symbols = 1;
	grant(r, "7", g);
	odd.qty_e8 = 0;
	assert_int_equal(check(r, odd, NULL), RISK_LOT); /* it did not pass */
	assert_int_equal(check(r, x, NULL), RISK_OK);
	assert_int_equal(check(r, y, NULL), RISK_CHARACTERISTIC);
	grant(r, "7", g); /* anew; what was before is said again */
	risk_saw(r, &none, today);
	risk_saw(r, &x, other);
	assert_int_equal(check(r, x, NULL), RISK_OK);
	grant(r, "7", g);
	risk_saw(r, &x, today);
	assert_int_equal(check(r, y, NULL), RISK_CHARACTERISTIC);
	g.max_symbols = 0;
	grant(r, "7", g);
	assert_int_equal(check(r, x, NULL), RISK_CHARACTERISTIC);
	risk_free(r);
}

static void
what_is_no_grant_is_refused(void **state)
{
	struct risk *r = wide_firm();
	struct risk_grant g = RISK_GRANT_INIT;
	char longest[RISK_ID_MAX + 2];

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(risk_grant(r, "", &g), -FIX_E_FORMAT);
	assert_int_equal(risk_grant(r, longest, &g), -FIX_E_TOOBIG);
	assert_int_equal(risk_grant_to(r, "7", RISK_SCOPE_SYMBOL, "X"),
	    -FIX_E_NOTFOUND);
	assert_int_equal(risk_grant(r, "7", &g), 0);
	assert_int_equal(risk_grant_to(r, "7", RISK_SCOPE_ACCOUNT, "A"),
	    -FIX_E_FORMAT);
	assert_int_equal(risk_grant_to(r, "7", RISK_SCOPE_VENUE, "one"),
	    -FIX_E_FORMAT);
	g.max_venues = RISK_REACH_MAX;
	assert_int_equal(risk_grant(r, "7", &g), 0);
	g.max_venues = RISK_REACH_MAX + 1;
	assert_int_equal(risk_grant(r, "7", &g), -FIX_E_FORMAT);
	assert_int_equal(risk_grant_to(r, "7", RISK_SCOPE_SYMBOL, "X"),
	    -FIX_E_NOTFOUND);
	g.max_venues = -1;
	assert_int_equal(risk_grant(r, "7", &g), -FIX_E_FORMAT);
	g.max_venues = RISK_UNLIMITED;
	g.max_symbols = -1;
	assert_int_equal(risk_grant(r, "7", &g), -FIX_E_FORMAT);
	risk_free(r);
}

/* Seen in two on a day that now has one: only the first counts as seen. */
static void
r04_no_more_is_seen_than_a_day_has(void **state)
{
	struct risk_grant g = RISK_GRANT_INIT;
	struct risk *r = wide_firm();
	struct risk_order x = by("7", "X", '1', 1), y = by("7", "Y", '1', 1);
	struct fix_utc today = at_ns(0).utc;

	(void)state;
	risk_set_day(r, today);
	g.max_symbols = 1;
	grant(r, "7", g);
	risk_saw(r, &x, today);
	risk_saw(r, &y, today);
	assert_int_equal(check(r, y, NULL), RISK_CHARACTERISTIC);
	assert_int_equal(check(r, x, NULL), RISK_OK);
	risk_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(r02_an_algorithm_trades_its_class_alone),
		cmocka_unit_test(r02_one_symbol_is_no_other),
		cmocka_unit_test(r02_sides_and_venues),
		cmocka_unit_test(r02_an_unknown_id_where_they_must_be_known),
		cmocka_unit_test(r02_a_missing_id_where_it_is_required),
		cmocka_unit_test(r04_at_most_two_venues_a_day),
		cmocka_unit_test(r04_symbols_that_passed_count),
		cmocka_unit_test(what_is_no_grant_is_refused),
		cmocka_unit_test(r04_no_more_is_seen_than_a_day_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
