/* CRC32C by processor and by table, against known values and each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/crc32c.h"

/* RFC 3720, appendix B.4, and the usual check value. */
static void
known_values(void **state)
{
	uint8_t bytes[32];
	unsigned i;

	(void)state;
	assert_int_equal(fix_crc32c(0, "123456789", 9), 0xe3069283);
	assert_int_equal(fix_crc32c_plain(0, "123456789", 9), 0xe3069283);
	memset(bytes, 0, sizeof(bytes));
	assert_int_equal(fix_crc32c(0, bytes, 32), 0x8a9136aa);
	memset(bytes, 0xff, sizeof(bytes));
	assert_int_equal(fix_crc32c(0, bytes, 32), 0x62a8ab43);
	for (i = 0; i < 32; i++)
		bytes[i] = (uint8_t)i;
	assert_int_equal(fix_crc32c(0, bytes, 32), 0x46dd794e);
	assert_int_equal(fix_crc32c_plain(0, bytes, 32), 0x46dd794e);
}

static void
both_ways_agree_at_every_length_and_alignment(void **state)
{
	uint8_t bytes[256];
	size_t at, n;

	(void)state;
	for (n = 0; n < sizeof(bytes); n++)
		bytes[n] = (uint8_t)(n * 131 + 7);
	for (at = 0; at < 9; at++)
		for (n = 0; n < 200; n++)
			assert_int_equal(fix_crc32c(5, bytes + at, n),
			    fix_crc32c_plain(5, bytes + at, n));
}

static void
parts_give_the_same_as_the_whole(void **state)
{
	const char text[] = "8=FIX.4.4|9=5|35=0|10=161|";
	uint32_t whole = fix_crc32c(0, text, sizeof(text));
	size_t n;

	(void)state;
	for (n = 0; n <= sizeof(text); n++)
		assert_int_equal(fix_crc32c(fix_crc32c(0, text, n), text + n,
				     sizeof(text) - n),
		    whole);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_values),
		cmocka_unit_test(both_ways_agree_at_every_length_and_alignment),
		cmocka_unit_test(parts_give_the_same_as_the_whole),
	};

	return cmocka_run_group_tests_name("crc32c", tests, NULL, NULL);
}
