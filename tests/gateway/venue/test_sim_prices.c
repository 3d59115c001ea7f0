/*
 * The file of reference prices: what is read, and that every fault names file
 * and line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/gateway/venue/rig.h"

static struct sim_symbol *list;
static char err[512];

static int
parse(const char *text)
{
	free(list);
	return venue_sim_parse_prices("prices", fix_span_of(text), &list, err);
}

static int
forget(void **state)
{
	(void)state;
	free(list);
	list = NULL;
	return 0;
}

static void
lines_comments_and_defaults_are_read(void **state)
{
	(void)state;
	assert_int_equal(parse("# reference prices\n"
			       "\n"
			       "AAPL 187.25 # last close\r\n"
			       "\tBTCUSDT\t60000 0.1 0.5 20\n"
			       "EUR_USD 1.0850 0.0001 100000 0"),
	    3);
	assert_string_equal(list[0].symbol, "AAPL");
	assert_int_equal(list[0].ref_e8, 18725 * E8 / 100);
	assert_int_equal(list[0].tick_e8, PX(1));
	assert_int_equal(list[0].size_e8, 100 * E8);
	assert_int_equal(list[0].levels, 10);
	assert_string_equal(list[1].symbol, "BTCUSDT");
	assert_int_equal(list[1].tick_e8, E8 / 10);
	assert_int_equal(list[1].size_e8, E8 / 2);
	assert_int_equal(list[1].levels, 20);
	assert_int_equal(list[2].levels, 0);
	forget(NULL);
}

static void
faults(const char *text, const char *want)
{
	assert_int_equal(parse(text), -FIX_E_CONFIG);
	assert_null(list);
	assert_string_equal(err, want);
}

static void
every_fault_names_file_and_line(void **state)
{
	(void)state;
	faults("", "prices:0: no symbol in this file");
	faults("# nothing\n", "prices:1: no symbol in this file");
	faults("A 1\nB\n", "prices:2: the price is missing after: B");
	faults(
	    "A 1\n\nB x\n", "prices:3: the price must be a number over 0: x");
	faults("A 0\n", "prices:1: the price must be a number over 0: 0");
	faults("A -1\n", "prices:1: the price must be a number over 0: -1");
	faults("A 1e5\n", "prices:1: the price must be a number over 0: 1e5");
	faults("A 0.000000001\n",
	    "prices:1: the price must be a number over 0: 0.000000001");
	faults("A 99999999999999\n",
	    "prices:1: the price must be a number over 0: 99999999999999");
	faults("A 1 0\n", "prices:1: the tick must be a number over 0: 0");
	faults("A 1 1 -5\n", "prices:1: the size must be a number over 0: -5");
	faults("A 1 1 1 1001\n",
	    "prices:1: levels must be a number from 0 to 1000: 1001");
	faults("A 1 1 1 1.5\n",
	    "prices:1: levels must be a number from 0 to 1000: 1.5");
	faults("A 1 1 1 1 more\n",
	    "prices:1: nothing may follow the levels: more");
	faults("B 1\nA 1\nB 2\nA 1\n",
	    "prices:4: this symbol stands there twice: A");
	faults("123456789012345678901234567890123 1\n",
	    "prices:1: a symbol is 1 to 32 printable characters: "
	    "123456789012345678901234567890123");
	faults("A\001 1\n",
	    "prices:1: a symbol is 1 to 32 printable characters: A?");
}

static void
a_file_is_read_and_a_missing_one_is_said(void **state)
{
	char path[] = "/tmp/fixgate-prices-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "X 100\nY 7\n", 10), 10);
	close(fd);
	assert_int_equal(venue_sim_read_prices(path, &list, err), 2);
	assert_string_equal(list[1].symbol, "Y");
	forget(NULL);
	unlink(path);
	assert_int_equal(venue_sim_read_prices(path, &list, err), -FIX_E_IO);
	assert_null(list);
	assert_non_null(strstr(err, path));
	assert_non_null(strstr(err, "No such file"));
	assert_int_equal(venue_sim_read_prices("/", &list, err), -FIX_E_IO);
}

/* Random lines of pieces that mean something: never more than it may be. */
static void
any_text_is_read_or_refused(void **state)
{
	static const char *const pieces[] = { "A", "BTC", " ", "\t", "\n", "#",
		"1", "0.01", "-", "9999999999", ".", "\r", "\377", "1000", "e",
		"\n\n", "100.25" };
	uint64_t x = 1;
	char text[400];
	int i, n, rc;

	(void)state;
	for (i = 0; i < 50000; i++) {
		text[0] = '\0';
		for (n = 0; n < 20; n++) {
			x = x * UINT64_C(6364136223846793005) + 1;
			strcat(text, pieces[(x >> 33) % 17]);
		}
		rc = parse(text);
		if (rc < 0) {
			assert_memory_equal(err, "prices:", 7);
			assert_null(list);
			continue;
		}
		for (n = 0; n < rc; n++) {
			assert_true(list[n].ref_e8 > 0);
			assert_true(list[n].tick_e8 > 0);
			assert_true(list[n].size_e8 > 0);
			assert_true(list[n].levels <= SIM_LEVELS_MAX);
			assert_in_range(strlen(list[n].symbol), 1, 32);
		}
	}
	forget(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
		    lines_comments_and_defaults_are_read, forget),
		cmocka_unit_test_teardown(
		    every_fault_names_file_and_line, forget),
		cmocka_unit_test_teardown(
		    a_file_is_read_and_a_missing_one_is_said, forget),
		cmocka_unit_test_teardown(any_text_is_read_or_refused, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
