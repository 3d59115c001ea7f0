/* The trader's small parts: deadlines, and the index of sent messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gateway/trader/sent.h"
#include "gateway/trader/timers.h"

#define N 200

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
