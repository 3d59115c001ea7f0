/* Histograms of times against a sorted list of the same times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/hist.h"

#define N 20000

static int
by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* Never less than the true value, and at most a step more. */
static void
percentiles_are_within_a_step(void **state)
{
	static int64_t v[N];
	static struct hist h;
	static const uint32_t ppm[] = { 1, 500000, 990000, 999000, 1000000 };
	uint64_t r = 1;

	(void)state;
	for (int i = 0; i < N; i++) {
		r = r * UINT64_C(6364136223846793005) + 1442695040888963407u;
		v[i] = (int64_t)(r >> 33 >> (r & 31));
		hist_add(&h, v[i]);
	}
	qsort(v, N, sizeof(*v), by_value);
	for (size_t i = 0; i < sizeof(ppm) / sizeof(*ppm); i++) {
		uint64_t rank = ((uint64_t)N * ppm[i] + 999999) / 1000000;
		int64_t want = v[rank - 1], got = hist_at(&h, ppm[i]);

		assert_true(got >= want);
		assert_true(got <= want + want / 64 + 1);
	}
	assert_int_equal(hist_at(&h, 1000000), v[N - 1]);
	assert_int_equal(h.n, N);
}

static void
what_is_too_long_or_below_0_still_counts(void **state)
{
	static struct hist h;

	(void)state;
	assert_int_equal(hist_at(&h, 500000), 0);
	hist_add(&h, -5);
	hist_add(&h, INT64_MAX);
	assert_int_equal(h.n, 2);
	assert_int_equal(hist_at(&h, 500000), 0);
	assert_true(hist_at(&h, 1000000) >= (int64_t)1 << 39);
}

static void
between_two_pictures_is_what_came_meanwhile(void **state)
{
	static struct hist a, b, d;

	(void)state;
	hist_add_many(&a, 100, 1000);
	memcpy(&b, &a, sizeof(b));
	hist_add_many(&b, 5000, 3);
	hist_between(&a, &b, &d);
	assert_int_equal(d.n, 3);
	assert_in_range(hist_at(&d, 1), 5000, 5000 + 5000 / 64 + 1);
	hist_between(&b, &a, &d); /* a new writer began at 0 */
	assert_int_equal(d.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(percentiles_are_within_a_step),
		cmocka_unit_test(what_is_too_long_or_below_0_still_counts),
		cmocka_unit_test(between_two_pictures_is_what_came_meanwhile),
	};

	return cmocka_run_group_tests_name("histograms", tests, NULL, NULL);
}
