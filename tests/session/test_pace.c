/* Sliding windows, by the vectors of the rate control: a burst, the moment when
 * there is room again, several windows, and what is no list of windows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "session/pace.h"

static struct fix_mono
ms(int64_t n)
{
	return (struct fix_mono){ n * FIX_MSEC };
}

static struct fix_pace
made(const char *text)
{
	struct fix_pace_cfg cfg;
	struct fix_pace p;

	assert_int_equal(fix_pace_read(&cfg, text), 0);
	assert_int_equal(fix_pace_init(&p, &cfg), 0);
	return p;
}

static bool
pass(struct fix_pace *p, int64_t at_ms)
{
	if (fix_pace_when(p, ms(at_ms)).ns > ms(at_ms).ns)
		return false;
	fix_pace_take(p, ms(at_ms));
	return true;
}

static void
thirty_in_three_seconds_and_at_three_there_is_room(void **state)
{
	struct fix_pace p = made("30/3");

	(void)state;
	for (int i = 0; i < 30; i++)
		assert_true(pass(&p, 100 * i));
	assert_false(pass(&p, 2999));
	assert_int_equal(fix_pace_when(&p, ms(2999)).ns, ms(3000).ns);
	assert_true(pass(&p, 3000));
	assert_false(pass(&p, 3099));
	assert_true(pass(&p, 3100));
	fix_pace_fini(&p);
}

static void
every_window_holds(void **state)
{
	struct fix_pace p = made("2/1, 3/10");

	(void)state;
	assert_true(pass(&p, 0));
	assert_true(pass(&p, 0));
	assert_false(pass(&p, 999));
	assert_true(pass(&p, 1000));
	assert_false(pass(&p, 5000));
	assert_int_equal(fix_pace_when(&p, ms(5000)).ns, ms(10000).ns);
	assert_true(pass(&p, 10000));
	assert_int_equal(fix_pace_longest(&p), 10 * FIX_SEC);
	fix_pace_fini(&p);
}

/* Against the definition: no stretch of a window's length holds more. */
static void
no_stretch_of_time_holds_more(void **state)
{
	struct fix_pace p = made("7/1,40/9");
	static int64_t passed[4000];
	unsigned n = 0, seed = 1;
	int64_t t = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		seed = seed * 1103515245u + 12345u;
		t += seed >> 16 & 127;
		if (n < 4000 && pass(&p, t))
			passed[n++] = t;
	}
	assert_true(n > 1000);
	for (unsigned i = 7; i < n; i++)
		assert_true(passed[i] - passed[i - 7] >= 1000);
	for (unsigned i = 40; i < n; i++)
		assert_true(passed[i] - passed[i - 40] >= 9000);
	fix_pace_fini(&p);
}

static void
use_is_of_the_fullest_window(void **state)
{
	struct fix_pace p = made("10/1,100/60");

	(void)state;
	assert_int_equal(fix_pace_use(&p, ms(0)), 0);
	for (int i = 0; i < 5; i++)
		fix_pace_take(&p, ms(0));
	assert_int_equal(fix_pace_use(&p, ms(0)), 50);
	assert_int_equal(fix_pace_use(&p, ms(1000)), 5);
	for (int i = 0; i < 20; i++)
		fix_pace_take(&p, ms(1000));
	assert_int_equal(fix_pace_use(&p, ms(1000)), 100);
	assert_int_equal(fix_pace_use(&p, ms(60999)), 20);
	assert_int_equal(fix_pace_use(&p, ms(61000)), 0);
	fix_pace_fini(&p);
}

static void
no_window_is_no_limit(void **state)
{
	struct fix_pace_cfg none = { .n = 0 };
	struct fix_pace p;

	(void)state;
	assert_int_equal(fix_pace_init(&p, &none), 0);
	for (int i = 0; i < 1000; i++)
		assert_true(pass(&p, 0));
	assert_int_equal(fix_pace_use(&p, ms(0)), 0);
	fix_pace_fini(&p);
}

static void
what_is_no_list_of_windows(void **state)
{
	static const char *const bad[] = { "", "5", "5/", "/1", "0/1", "5/0",
		"5/1,", ",5/1", "5/1;6/2", "5/1 6/2", "-5/1", "5/1x", "10001/1",
		"5/86401", "99999999999999999999/1", " " };
	struct fix_pace_cfg cfg = { .n = 9 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(fix_pace_read(&cfg, bad[i]), -FIX_E_FORMAT);
	assert_int_equal(
	    fix_pace_read(&cfg, "1/1,2/2,3/3,4/4,5/5"), -FIX_E_RANGE);
	assert_int_equal(cfg.n, 9);
	assert_int_equal(fix_pace_read(&cfg, "10000/1, 5/86400"), 0);
	assert_int_equal(cfg.n, 2);
	assert_int_equal(cfg.window[1].ns, 86400 * FIX_SEC);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    thirty_in_three_seconds_and_at_three_there_is_room),
		cmocka_unit_test(every_window_holds),
		cmocka_unit_test(no_stretch_of_time_holds_more),
		cmocka_unit_test(use_is_of_the_fullest_window),
		cmocka_unit_test(no_window_is_no_limit),
		cmocka_unit_test(what_is_no_list_of_windows),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
