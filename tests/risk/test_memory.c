/*
 * What outlives a restart: counters and latches by their keys, and the tape that
 * makes each decision once more.
 */
#include <stdio.h>
#include <stdlib.h>

#include "risk/tape.h"
#include "tests/risk/rows.h"

static const char a32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

static bool
remembers(struct risk *r, const void *key, size_t len,
    const struct risk_memory *m)
{
	struct fix_span k = { key, len }, v = { (const uint8_t *)m, sizeof(*m) };
	int rc = risk_remember(r, k, v);

	assert_true(rc == 0 || rc == -FIX_E_CORRUPT);
	return rc == 0;
}

/* The next key is this one, and this is what it is for. */
static struct risk_memory
changed(struct risk *r, const char *key, size_t len)
{
	uint8_t is[RISK_MEMORY_KEY];
	const struct risk_memory *m;
	size_t n;

	assert_true(risk_changed(r, is, &n, &m));
	assert_int_equal(n, len);
	assert_memory_equal(is, key, len);
	return *m;
}

static bool
nothing_changed(struct risk *r)
{
	uint8_t key[RISK_MEMORY_KEY];
	const struct risk_memory *m;
	size_t n;

	return !risk_changed(r, key, &n, &m);
}

/* R-28 counts an account in a symbol: the key names both. */
static struct risk *
counts_orders(const char *account, const char *symbol)
{
	struct risk_rules rules = no_rules();
	struct risk *r = wide_firm();

	assert_int_equal(risk_add_account(r, account, ""), 0);
	add_symbol(r, symbol, "", 0, 0, E8);
	rules.max_otr_e8 = 1 * E8;
	rules.otr_min = 3;
	rule(r, RISK_SCOPE_FIRM, "", rules);
	return r;
}

static void
what_was_counted_is_given_back_by_its_key(void **state)
{
	static const char *const names[][2] = { { "A", "X" }, { a32, a32 } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const char *a = names[i][0], *s = names[i][1];
		char key[2 * RISK_ID_MAX + 4];
		int n = snprintf(key, sizeof(key), "2%s%c0%s", a, '\0', s);
		struct risk *r = counts_orders(a, s);
		struct risk_memory m;

		assert_int_equal(buy(r, a, s, 1), RISK_OK);
		(void)changed(r, key, (size_t)n);
		assert_true(nothing_changed(r));
		assert_int_equal(buy(r, a, s, 1), RISK_OK);
		m = changed(r, key, (size_t)n);
		assert_int_equal(m.orders, 2);
		assert_int_equal(buy(r, a, s, 1), RISK_OTR);
		risk_free(r);
		r = counts_orders(a, s);
		assert_true(remembers(r, key, (size_t)n, &m));
		assert_int_equal(buy(r, a, s, 1), RISK_OTR);
		assert_int_equal(buy(r, "B", "Y", 1), RISK_OK);
		risk_free(r);
	}
}

static void
a_key_names_one_scope_or_two(void **state)
{
	struct risk *r = wide_firm();
	struct risk_memory m = { 0 };
	char key[2 * RISK_ID_MAX + 4];

	(void)state;
	assert_true(remembers(r, "0X", 2, &m));
	assert_true(remembers(r, "2A\0" "0X", 5, &m));
	assert_true(remembers(r, "2A\0" "1EQ", 6, &m));
	assert_true(remembers(r, "7" "12", 3, &m)); /* a venue */
	assert_false(remembers(r, "8A", 2, &m));
	assert_false(remembers(r, "/A", 2, &m));
	assert_false(remembers(r, "2A\0", 3, &m));
	assert_false(remembers(r, "2A\0" "8X", 5, &m));
	assert_false(remembers(r, "", 0, &m));
	snprintf(key, sizeof(key), "2%s%s", a32, "6");
	assert_true(remembers(r, key, 33, &m));
	assert_false(remembers(r, key, 34, &m));
	assert_true(nothing_changed(r));
	risk_free(r);
}

/* R-17, at the end of what an integer counts. */
static void
orders_beyond_counting_stay_at_the_end(void **state)
{
	struct risk_memory m = { .executed = INT64_MAX };
	struct risk_rules rules = no_rules();
	struct risk *r = wide_firm();

	(void)state;
	rules.max_executed = 10;
	rule(r, RISK_SCOPE_ACCOUNT, "A", rules);
	assert_true(remembers(r, "2A", 2, &m));
	risk_executed(r, 1, fix_span_of("A"), fix_span_of("X"));
	m = changed(r, "2A", 2);
	assert_true(m.executed == INT64_MAX);
	assert_int_equal(m.repeat_latch, 1);
	assert_int_equal(buy(r, "A", "X", 1), RISK_REPEAT_EXEC);
	assert_int_equal(risk_rearm(r, RISK_SCOPE_ACCOUNT, "A"), 0);
	assert_int_equal(buy(r, "A", "X", 1), RISK_OK);
	risk_free(r);
}

static void
only_what_has_counted_is_re_armed(void **state)
{
	struct risk *r = wide_firm();

	(void)state;
	for (int k = RISK_SCOPE_SYMBOL; k < RISK_N_SCOPE; k++)
		assert_int_equal(risk_rearm(r, (enum risk_scope)k, "NONE"),
		    -FIX_E_NOTFOUND);
	assert_int_equal(risk_rearm(r, RISK_SCOPE_SYMBOL, "X"),
	    -FIX_E_NOTFOUND);
	assert_int_equal(risk_rearm(r, RISK_SCOPE_CLASS, "EQ"),
	    -FIX_E_NOTFOUND);
	assert_int_equal(risk_rearm(r, RISK_SCOPE_ACCOUNT, "A"),
	    -FIX_E_NOTFOUND);
	risk_free(r);
}

/* ----- the tape ----- */

static struct risk *
taped_firm(void)
{
	struct risk *r = risk_new(5 * FIX_SEC);
	static const char *const symbols[] = { "X", "Y" };

	assert_non_null(r);
	assert_int_equal(risk_tape_begin(r), 0);
	assert_int_equal(risk_add_account(r, "A", ""), 0);
	for (size_t i = 0; i < 2; i++) {
		struct fix_mono when = { 0 };

		add_symbol(r, symbols[i], "", 0, 0, E8);
		assert_int_equal(risk_set_ref(r, fix_span_of(symbols[i]),
		    PX(10000), when), 0);
	}
	limit(r, RISK_SCOPE_FIRM, "", unlimited());
	return r;
}

/* Each check comes out as it did, and there were so many. */
static void
plays_the_same(const struct risk *r, int n)
{
	struct fix_span tape = risk_tape(r);
	struct risk_player *p = risk_player_new();
	struct risk_played one;
	int rc;

	assert_non_null(p);
	assert_false(risk_tape_torn(r));
	while ((rc = risk_play(p, &tape, &one)) == 1) {
		if (one.call != RISK_CALL_CHECK && one.call != RISK_CALL_REPLACE)
			continue;
		assert_true(risk_verdict_same(&one.was, &one.is));
		n--;
	}
	assert_int_equal(rc, 0);
	assert_int_equal(n, 0);
	risk_player_free(p);
}

/* As the entry of the first check says it, read and not played. */
static struct risk_played
first_check(struct fix_span tape)
{
	struct risk_played one;

	do {
		assert_int_equal(risk_tape_read(&tape, &one), 1);
	} while (one.call != RISK_CALL_CHECK);
	return one;
}

static void
who_passed_has_its_reference_on_tape(void **state)
{
	struct risk *r = taped_firm();
	struct risk_played one;

	(void)state;
	assert_int_equal(buy(r, "A", "X", 5), RISK_OK);
	one = first_check(risk_tape(r));
	assert_int_equal(one.was.code, RISK_OK);
	assert_int_equal(one.was.ref, PX(10000));
	assert_int_equal(one.o.qty_e8, 5 * E8);
	plays_the_same(r, 1);
	risk_free(r);
}

/* It was not written then: a tape of today that says to be of then differs. */
static void
a_tape_of_version_1_has_no_reference_of_who_passed(void **state)
{
	struct risk *r = taped_firm();
	struct risk_player *p = risk_player_new();
	struct fix_span tape;
	struct risk_played one;
	uint8_t *old;

	(void)state;
	assert_non_null(p);
	assert_int_equal(buy(r, "A", "X", 5), RISK_OK);
	tape = risk_tape(r);
	old = malloc(tape.len);
	assert_non_null(old);
	memcpy(old, tape.p, tape.len);
	assert_int_equal(old[3], RISK_TAPE_VERSION);
	old[3] = 1;
	tape.p = old;
	do {
		assert_int_equal(risk_play(p, &tape, &one), 1);
	} while (one.call != RISK_CALL_CHECK);
	assert_int_equal(one.is.ref, 0);
	old[3] = RISK_TAPE_VERSION + 1;
	tape = (struct fix_span){ old, risk_tape(r).len };
	assert_int_equal(risk_play(p, &tape, &one), -FIX_E_FOREIGN);
	risk_player_free(p);
	free(old);
	risk_free(r);
}

static void
references_are_on_tape_when_values_first_count(void **state)
{
	struct risk_rules rules = no_rules();
	struct risk *r = taped_firm();

	(void)state;
	position(r, "A", "Y", 5);
	rules.max_gross_e8 = 1000 * E8;
	rule(r, RISK_SCOPE_ACCOUNT, "A", rules);
	assert_int_equal(buy(r, "A", "X", 5), RISK_OK);
	assert_int_equal(buy(r, "A", "X", 1), RISK_GROSS);
	plays_the_same(r, 2);
	risk_free(r);
}

static void
resting_orders_are_on_tape_as_they_move_and_go(void **state)
{
	struct risk_order o = limit_order("A", "X", '2', 1, PX(10000));
	struct risk_rest rest = { 0 }, none = { 0 };
	struct risk_rules rules = no_rules();
	struct risk *r = taped_firm();

	(void)state;
	rules.self_trade = true;
	rule(r, RISK_SCOPE_ACCOUNT, "A", rules);
	risk_rest_drop(&none); /* was never in */
	risk_rest_set(r, &rest, &o);
	assert_int_equal(buy(r, "A", "X", 1), RISK_SELF_TRADE);
	o.price_e8 = PX(10100);
	risk_rest_set(r, &rest, &o);
	assert_int_equal(buy(r, "A", "X", 1), RISK_OK);
	o.price_e8 = PX(9900);
	risk_rest_set(r, &rest, &o);
	assert_int_equal(buy(r, "A", "X", 1), RISK_SELF_TRADE);
	risk_rest_drop(&rest);
	assert_int_equal(buy(r, "A", "X", 1), RISK_OK);
	plays_the_same(r, 4);
	risk_free(r);
}

static void
each_of_many_resting_orders_goes_from_the_tape(void **state)
{
	struct risk_rest rest[8] = { 0 };
	struct risk_rules rules = no_rules();
	struct risk *r = taped_firm();

	(void)state;
	rules.self_trade = true;
	rule(r, RISK_SCOPE_ACCOUNT, "A", rules);
	for (int i = 0; i < 8; i++) {
		struct risk_order o = limit_order("A", "X", '2', 1, PX(10000));

		risk_rest_set(r, &rest[i], &o);
	}
	for (int i = 0; i < 8; i++) {
		assert_int_equal(buy(r, "A", "X", 1), RISK_SELF_TRADE);
		risk_rest_drop(&rest[(i * 3 + 2) % 8]);
	}
	assert_int_equal(buy(r, "A", "X", 1), RISK_OK);
	plays_the_same(r, 9);
	risk_free(r);
}

/* ----- sums, as they are kept ----- */

static bool
moved(struct risk *r, const char *account, const char *symbol, int64_t buys)
{
	const char *a, *s;
	struct risk_sums sums;

	if (!risk_moved(r, &a, &s, &sums))
		return false;
	assert_string_equal(a, account);
	assert_string_equal(s, symbol);
	assert_int_equal(sums.buys_e8, buys * E8);
	return true;
}

static int64_t
open_of(struct risk *r, const char *account, const char *symbol)
{
	return risk_get_sums(r, fix_span_of(account), fix_span_of(symbol)).open;
}

static void
sums_that_moved_are_told_once_in_their_order(void **state)
{
	struct risk *r = wide_firm();

	(void)state;
	assert_false(moved(r, "", "", 0));
	assert_int_equal(buy(r, "A", "X", 1), RISK_OK);
	assert_true(moved(r, "A", "X", 1));
	assert_int_equal(buy(r, "A", "X", 2), RISK_OK);
	assert_int_equal(buy(r, "B", "Y", 2), RISK_OK);
	assert_int_equal(buy(r, "A", "X", 1), RISK_OK);
	assert_true(moved(r, "A", "X", 4));
	assert_true(moved(r, "B", "Y", 2));
	assert_false(moved(r, "", "", 0));
	assert_int_equal(buy(r, "B", "Y", 1), RISK_OK);
	assert_true(moved(r, "B", "Y", 3));
	assert_false(moved(r, "", "", 0));
	assert_int_equal(open_of(r, "A", "X"), 3);
	assert_int_equal(open_of(r, "NONE", "X"), 0);
	assert_int_equal(open_of(r, "A", "NONE"), 0);
	risk_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_counted_is_given_back_by_its_key),
		cmocka_unit_test(a_key_names_one_scope_or_two),
		cmocka_unit_test(orders_beyond_counting_stay_at_the_end),
		cmocka_unit_test(only_what_has_counted_is_re_armed),
		cmocka_unit_test(who_passed_has_its_reference_on_tape),
		cmocka_unit_test(
		    a_tape_of_version_1_has_no_reference_of_who_passed),
		cmocka_unit_test(references_are_on_tape_when_values_first_count),
		cmocka_unit_test(resting_orders_are_on_tape_as_they_move_and_go),
		cmocka_unit_test(
		    each_of_many_resting_orders_goes_from_the_tape),
		cmocka_unit_test(sums_that_moved_are_told_once_in_their_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
