/* The share of the time that handshakes get beside orders. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "gateway/trader/share.h"

#define STEP (150 * FIX_USEC)
#define PATIENCE FIX_SEC
#define BEGAN (1000 * FIX_SEC)

/* How many steps go in a second of turns of 20 us, in which an order comes
 * every gap ns (0: none since a second) and a step always waits, the oldest for
 * as long as waited. */
static int
steps(struct share *s, int64_t from, int64_t gap, int64_t waited)
{
	int64_t ordered = gap > 0 ? from : from - SHARE_QUIET_NS;
	int n = 0;

	for (int64_t now = from; now < from + FIX_SEC; now += 20 * FIX_USEC) {
		if (gap > 0 && now - ordered >= gap)
			ordered = now;
		if (share_next(s, now, ordered, now - waited, PATIENCE) > now)
			continue;
		share_spend(s, STEP);
		n++;
	}
	return n;
}

static void
beside_orders_steps_get_their_part_of_the_time(void **state)
{
	struct share s = { 0 };
	int few = (int)(FIX_SEC / SHARE_PART / STEP);
	int first = (int)(SHARE_SAVED_NS / STEP) + 1;
	int n;

	(void)state;
	n = steps(&s, BEGAN, 20 * FIX_USEC, 0);
	assert_in_range(n, few + first - 1, few + first + 1);
	n = steps(&s, BEGAN + FIX_SEC, 20 * FIX_USEC, 0);
	assert_in_range(n, few - 1, few + 1);
	n = steps(&s, BEGAN + 2 * FIX_SEC, 300 * FIX_MSEC, 0);
	assert_in_range(n, few - 1, few + 1);
}

static void
a_few_go_at_once_after_a_pause(void **state)
{
	struct share s = { 0 };
	int64_t now = BEGAN;

	(void)state;
	(void)steps(&s, now, 20 * FIX_USEC, 0);
	now += 2 * FIX_SEC;
	for (int i = 0; i < SHARE_SAVED_NS / STEP; i++) {
		assert_int_equal(share_next(&s, now, now, now, PATIENCE), now);
		share_spend(&s, STEP);
	}
}

static void
nobody_is_held_up_when_no_order_comes(void **state)
{
	struct share s = { 0 };
	int64_t now = BEGAN, ordered = now - 100 * FIX_MSEC;

	(void)state;
	assert_int_equal(steps(&s, now, 0, 0), FIX_SEC / (20 * FIX_USEC));
	share_spend(&s, FIX_SEC);
	assert_int_equal(share_next(&s, now, 0, now, PATIENCE), now);
	assert_true(share_next(&s, now, ordered, now, 9 * PATIENCE) > now);
	assert_true(share_next(&s, now, ordered, now, 9 * PATIENCE) <=
	    ordered + SHARE_QUIET_NS);
}

static void
a_step_waits_no_longer_than_its_patience(void **state)
{
	struct share s = { 0 };
	int64_t now = BEGAN;

	(void)state;
	(void)steps(&s, now, 20 * FIX_USEC, 0);
	now += FIX_SEC;
	share_spend(&s, FIX_SEC);
	assert_int_equal(share_next(&s, now, now, now - 10, 1000), now + 990);
	assert_true(share_next(&s, now, now, now - 1000, 1000) <= now);
	assert_int_equal(steps(&s, now, 20 * FIX_USEC, PATIENCE),
	    FIX_SEC / (20 * FIX_USEC));
}

/* What is said is true: at that time it may go, a nanosecond earlier not. */
static void
the_time_that_is_named_is_the_time(void **state)
{
	struct share s = { 0 };
	int64_t now = BEGAN, at;

	(void)state;
	(void)share_next(&s, now, now, now, PATIENCE);
	share_spend(&s, SHARE_SAVED_NS + STEP);
	at = share_next(&s, now, now, now, PATIENCE);
	assert_in_range(at - now, STEP * SHARE_PART,
	    (STEP + 2) * SHARE_PART);
	assert_true(share_next(&s, at - SHARE_PART, at - SHARE_PART,
	    at - SHARE_PART, PATIENCE) > at - SHARE_PART);
	assert_int_equal(share_next(&s, at, at, at, PATIENCE), at);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    beside_orders_steps_get_their_part_of_the_time),
		cmocka_unit_test(a_few_go_at_once_after_a_pause),
		cmocka_unit_test(nobody_is_held_up_when_no_order_comes),
		cmocka_unit_test(a_step_waits_no_longer_than_its_patience),
		cmocka_unit_test(the_time_that_is_named_is_the_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
