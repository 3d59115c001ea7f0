/* The trader's small parts: deadlines, the index of sent messages, and what a
 * turn keeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gateway/trader/keeps.h"
#include "gateway/trader/sent.h"
#include "gateway/trader/timers.h"

#define N 200
#define N_KEYS 3000

/* Random sets against a plain search for the earliest. */
static void
the_top_is_always_the_earliest(void **state)
{
	struct timer t[N] = { { 0, 0 } };
	struct timers h;
	unsigned seed = 7;

	(void)state;
	assert_int_equal(timers_init(&h, N), 0);
	for (int round = 0; round < 20000; round++) {
		struct timer *one = &t[(seed = seed * 1103515245u + 12345u) /
		    65536 % N];
		int64_t at = (seed = seed * 1103515245u + 12345u) / 65536;
		int64_t least = INT64_MAX;

		if (round % 3 != 0)
			timers_set(&h, one, at);
		else if (timers_top(&h) != NULL)
			timers_reset_top(&h, round % 2 ? FIX_MONO_NEVER :
			    timers_top(&h)->at + at);
		for (int i = 0; i < N; i++) {
			if (t[i].place != 0 && t[i].at < least)
				least = t[i].at;
		}
		if (timers_top(&h) == NULL)
			assert_true(least == INT64_MAX);
		else
			assert_true(timers_top(&h)->at == least);
	}
	timers_fini(&h);
}

static void
a_later_deadline_costs_nothing_and_an_earlier_one_counts(void **state)
{
	struct timer a = { 0, 0 };
	struct timers h;

	(void)state;
	assert_int_equal(timers_init(&h, 1), 0);
	timers_set(&h, &a, 100);
	timers_set(&h, &a, 200);
	assert_int_equal(timers_top(&h)->at, 100);
	timers_set(&h, &a, 50);
	assert_int_equal(timers_top(&h)->at, 50);
	timers_set(&h, &a, FIX_MONO_NEVER);
	assert_int_equal(timers_top(&h)->at, 50);
	timers_fini(&h);
}

static void
a_sent_message_is_found_until_the_tables_have_it(void **state)
{
	struct sent s = { 0 };

	(void)state;
	for (uint64_t i = 5; i < 1005; i++)
		assert_int_equal(sent_add(&s, i, i * 10), 0);
	assert_int_equal(sent_find(&s, 4), 0);
	assert_int_equal(sent_find(&s, 5), 50);
	assert_int_equal(sent_find(&s, 1004), 10040);
	assert_int_equal(sent_find(&s, 1005), 0);
	sent_drop(&s, 500);
	assert_int_equal(sent_find(&s, 499), 0);
	assert_int_equal(sent_find(&s, 500), 5000);
	sent_drop(&s, 5000);
	assert_int_equal(sent_find(&s, 1004), 0);
	assert_int_equal(sent_add(&s, 7, 70), 0);
	assert_int_equal(sent_find(&s, 7), 70);
	sent_fini(&s);
}

static void
numbers_that_were_left_out_are_not_kept(void **state)
{
	struct sent s = { 0 };

	(void)state;
	assert_int_equal(sent_add(&s, 1, 10), 0);
	assert_int_equal(sent_add(&s, 4, 40), 0);
	assert_int_equal(sent_find(&s, 2), 0);
	assert_int_equal(sent_find(&s, 4), 40);
	sent_reset(&s);
	assert_int_equal(sent_find(&s, 4), 0);
	sent_fini(&s);
}

static struct fix_span
text(const char *s)
{
	return fix_span_of(s);
}

static void
put(struct keeps *k, enum fix_table t, const char *key, const char *value)
{
	assert_int_equal(keeps_put(k, t, 7, text(key), text(value)), 0);
}

static void
is(const struct keeps *k, uint32_t i, const char *key, const char *value)
{
	assert_true(fix_span_is(keeps_key(k, &k->list[i]), key));
	assert_true(fix_span_is(keeps_value(k, &k->list[i]), value));
}

static void
the_last_value_counts(void **state)
{
	struct keeps k = { 0 };

	(void)state;
	put(&k, FIX_TAB_ORDERS, "a", "new");
	put(&k, FIX_TAB_IDS, "a", "of another table");
	put(&k, FIX_TAB_ORDERS, "b", "");
	put(&k, FIX_TAB_ORDERS, "a", "filled, and longer than before");
	put(&k, FIX_TAB_ORDERS, "b", "x");
	put(&k, FIX_TAB_IDS, "a", "short");
	assert_int_equal(k.n, 3);
	is(&k, 0, "a", "filled, and longer than before");
	is(&k, 1, "a", "short");
	is(&k, 2, "b", "x");
	put(&k, FIX_TAB_ORDERS, "a", "");
	is(&k, 0, "a", "");
	keeps_fini(&k);
}

static void
a_turn_leaves_nothing_to_the_next(void **state)
{
	struct keeps k = { 0 };
	char key[16], value[32];

	(void)state;
	for (int turn = 0; turn < 4; turn++) {
		for (int round = 0; round < 2; round++)
			for (int i = turn; i < N_KEYS; i++) {
				snprintf(key, sizeof(key), "%d", i);
				snprintf(value, sizeof(value), "%d of %d", i,
				    turn + round);
				put(&k, FIX_TAB_VENUES, key, value);
			}
		assert_int_equal(k.n, N_KEYS - turn);
		for (int i = turn; i < N_KEYS; i++) {
			snprintf(key, sizeof(key), "%d", i);
			snprintf(value, sizeof(value), "%d of %d", i, turn + 1);
			is(&k, (uint32_t)(i - turn), key, value);
		}
		keeps_clear(&k);
		assert_int_equal(k.n, 0);
		for (uint32_t i = 0; i <= k.mask; i++)
			assert_int_equal(k.slots[i], 0);
	}
	keeps_fini(&k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_top_is_always_the_earliest),
		cmocka_unit_test(
		    a_later_deadline_costs_nothing_and_an_earlier_one_counts),
		cmocka_unit_test(
		    a_sent_message_is_found_until_the_tables_have_it),
		cmocka_unit_test(numbers_that_were_left_out_are_not_kept),
		cmocka_unit_test(the_last_value_counts),
		cmocka_unit_test(a_turn_leaves_nothing_to_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
