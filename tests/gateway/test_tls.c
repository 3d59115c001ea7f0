/* Dates of certificates: what is warned of, and when (F07 of FIXS). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/tls/tls.h"

#define NOW INT64_C(1795651200) /* 20261126-00:00:00 */
#define DAY INT64_C(86400)

static int
level(enum tls_dated what, int64_t until)
{
	struct tls_date d = { .what = what, .until_s = until };

	return tls_date_level(&d, NOW);
}

static void
a_certificate_is_warned_of_30_7_and_1_days_before(void **state)
{
	(void)state;
	assert_int_equal(level(TLS_D_OWN, NOW + 30 * DAY + 1), 0);
	assert_int_equal(level(TLS_D_OWN, NOW + 30 * DAY), 1);
	assert_int_equal(level(TLS_D_CHAIN, NOW + 7 * DAY + 1), 1);
	assert_int_equal(level(TLS_D_AUTHORITY, NOW + 7 * DAY), 2);
	assert_int_equal(level(TLS_D_OWN, NOW + DAY + 1), 2);
	assert_int_equal(level(TLS_D_OWN, NOW + DAY), 3);
	assert_int_equal(level(TLS_D_OWN, NOW + 1), 3);
	assert_int_equal(level(TLS_D_OWN, NOW), 4);
	assert_int_equal(level(TLS_D_OWN, 0), 4);
	assert_int_equal(level(TLS_D_OWN, INT64_MAX), 0);
}

static void
a_list_is_only_over_or_not(void **state)
{
	(void)state;
	assert_int_equal(level(TLS_D_CRL, NOW + 1), 0);
	assert_int_equal(level(TLS_D_CRL, NOW), 4);
	assert_int_equal(level(TLS_D_CRL, INT64_MAX), 0);
}

static void
says(int64_t until, const char *want)
{
	struct tls_date d = { .what = TLS_D_OWN, .until_s = until };
	char text[64];

	tls_date_say(&d, NOW, text, sizeof(text));
	assert_string_equal(text, want);
}

static void
dates_are_said_in_days(void **state)
{
	(void)state;
	says(NOW + 31 * DAY, "31 days, 20261227");
	says(NOW + DAY - 1, "0 days, 20261126");
	says(NOW - 1, "expired 20261125");
	says(INT64_MAX, "without end");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_certificate_is_warned_of_30_7_and_1_days_before),
		cmocka_unit_test(a_list_is_only_over_or_not),
		cmocka_unit_test(dates_are_said_in_days),
	};

	return cmocka_run_group_tests_name("tls", tests, NULL, NULL);
}
