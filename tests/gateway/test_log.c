/* The log: nothing that a peer sends can forge a line, and repeats are counted.
 * Lines are caught by putting a pipe in the place of stderr. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gateway/curl_why.h"
#include "gateway/log.h"

static char got[65536];
static int saved_err, ends[2];

static void catch (void)
{
	fflush(stderr);
	assert_int_equal(pipe(ends), 0);
	saved_err = dup(STDERR_FILENO);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
}

static const char *
caught(void)
{
	size_t n = 0;
	ssize_t k;

	dup2(saved_err, STDERR_FILENO);
	close(saved_err);
	while ((k = read(ends[0], got + n, sizeof(got) - 1 - n)) > 0)
		n += (size_t)k;
	close(ends[0]);
	got[n] = '\0';
	return got;
}

static unsigned
lines(const char *text)
{
	unsigned n = 0;

	for (; *text != '\0'; text++)
		n += *text == '\n';
	return n;
}

static void
a_line_has_time_level_role_and_text(void **state)
{
	const char *text;

	(void)state;
	log_open("tester", "stderr", LOG_L_INFO);
	catch ();
	log_info("the text %d", 7);
	text = caught();
	assert_int_equal(text[4], '-');
	assert_int_equal(text[10], 'T');
	assert_non_null(strstr(text, "Z info tester: the text 7\n"));
}

static void
control_characters_are_written_as_hex(void **state)
{
	const char *text;

	(void)state;
	catch ();
	log_warn("%s", "a\nfake error line\x1b[31m\x7f\xff\\x");
	text = caught();
	assert_int_equal(lines(text), 1);
	assert_non_null(
	    strstr(text, "a\\x0afake error line\\x1b[31m\\x7f\\xff\\x5cx\n"));
}

static void
soh_is_written_as_a_bar(void **state)
{
	char out[64];

	(void)state;
	assert_int_equal(
	    log_escape(out, sizeof(out), "8=FIX.4.4\0019=5\001"), 14);
	assert_string_equal(out, "8=FIX.4.4|9=5|");
}

static void
escaping_never_writes_beyond_its_buffer(void **state)
{
	char out[8];

	(void)state;
	for (size_t cap = 1; cap < sizeof(out); cap++) {
		memset(out, 'z', sizeof(out));
		assert_true(log_escape(out, cap, "ab\n\n\001c") < cap);
		for (size_t i = cap; i < sizeof(out); i++)
			assert_int_equal(out[i], 'z');
	}
}

static void
lines_over_the_level_are_not_written(void **state)
{
	(void)state;
	catch ();
	log_debug("hidden");
	assert_false(log_wants(LOG_L_DEBUG));
	assert_true(log_wants(LOG_L_INFO));
	assert_string_equal(caught(), "");
}

static void
a_repeated_line_is_told_once_with_a_count(void **state)
{
	const char *text;

	(void)state;
	catch ();
	for (int i = 0; i < 1000; i++)
		log_error("the same");
	log_error("another");
	text = caught();
	assert_int_equal(lines(text), 3);
	assert_non_null(strstr(text, "the last line came 999 more times"));
}

static void
flush_tells_of_what_is_held_back(void **state)
{
	const char *text;

	(void)state;
	catch ();
	log_info("twice");
	log_info("twice");
	log_flush();
	log_flush();
	text = caught();
	assert_int_equal(lines(text), 2);
	assert_non_null(strstr(text, "came 1 more times"));
}

static void
a_line_of_any_length_ends_with_one_line_end(void **state)
{
	static char big[10000];
	const char *text;

	(void)state;
	memset(big, '\n', sizeof(big) - 1);
	catch ();
	log_info("%s", big);
	text = caught();
	assert_int_equal(lines(text), 1);
	assert_int_equal(text[strlen(text) - 1], '\n');
}

/* What libcurl says of a connection has its milliseconds in it. */
static void
a_fault_of_libcurl_has_the_same_words_each_time(void **state)
{
	const char *none = "Failed to connect to 127.0.0.1 port 1 after 0 ms";
	const char *three = "Failed to connect to 127.0.0.1 port 1 after 3 ms";
	const char *name = "Could not resolve host: example.org";

	(void)state;
	assert_string_equal(curl_why(CURLE_COULDNT_CONNECT, none),
	    curl_why(CURLE_COULDNT_CONNECT, three));
	assert_string_equal(curl_why(CURLE_OPERATION_TIMEDOUT, none),
	    curl_why(CURLE_OPERATION_TIMEDOUT, three));
	assert_string_equal(curl_why(CURLE_COULDNT_RESOLVE_HOST, name), name);
	assert_string_not_equal(curl_why(CURLE_COULDNT_RESOLVE_HOST, ""), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_has_time_level_role_and_text),
		cmocka_unit_test(control_characters_are_written_as_hex),
		cmocka_unit_test(soh_is_written_as_a_bar),
		cmocka_unit_test(escaping_never_writes_beyond_its_buffer),
		cmocka_unit_test(lines_over_the_level_are_not_written),
		cmocka_unit_test(a_repeated_line_is_told_once_with_a_count),
		cmocka_unit_test(flush_tells_of_what_is_held_back),
		cmocka_unit_test(a_line_of_any_length_ends_with_one_line_end),
		cmocka_unit_test(a_fault_of_libcurl_has_the_same_words_each_time),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
