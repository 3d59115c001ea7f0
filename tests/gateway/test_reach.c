/*
 * Who may come: address lists, and the PROXY header that names a peer behind a
 * balancer. Every header is read whole, and cut at every length, where it must
 * ask for more and never answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/addr.h"
#include "gateway/proxy.h"

static bool
has(const char *list, const char *address)
{
	struct addr_list l = { NULL, 0 };
	struct in6_addr a;
	char why[160];
	bool is;

	if (addr_list_read(&l, list, why, sizeof(why)) != 0)
		fail_msg("%s: %s", list, why);
	if (!addr_read(address, &a))
		fail_msg("no address: %s", address);
	is = addr_list_has(&l, &a);
	addr_list_free(&l);
	return is;
}

static void
an_address_is_in_a_list_of_addresses_and_networks(void **state)
{
	(void)state;
	assert_true(has("192.0.2.7", "192.0.2.7"));
	assert_false(has("192.0.2.7", "192.0.2.8"));
	assert_true(has("10.0.0.1,192.0.2.7", "192.0.2.7"));
	assert_true(has(" 10.0.0.1 ,\t192.0.2.7 ", "10.0.0.1"));
	assert_true(has("10.1.0.0/16", "10.1.255.9"));
	assert_false(has("10.1.0.0/16", "10.2.0.1"));
	assert_true(has("10.1.2.128/25", "10.1.2.200"));
	assert_false(has("10.1.2.128/25", "10.1.2.127"));
	assert_true(has("0.0.0.0/0", "203.0.113.9"));
	assert_false(has("0.0.0.0/0", "2001:db8::1"));
	assert_true(has("2001:db8::/32", "2001:db8:ffff::1"));
	assert_false(has("2001:db8::/32", "2001:db9::1"));
	assert_true(has("::/0", "10.1.2.3"));
	assert_true(has("2001:db8::1/128", "2001:db8::1"));
}

static void
a_mapped_address_is_the_same_one(void **state)
{
	(void)state;
	assert_true(has("192.0.2.7", "::ffff:192.0.2.7"));
	assert_true(has("::ffff:192.0.2.0/120", "192.0.2.7"));
	assert_false(has("::ffff:192.0.2.0/120", "192.0.3.7"));
}

static void
a_list_with_a_fault_is_refused_and_says_which(void **state)
{
	static const char long_one[] = "11111111112222222222333333333344"
				       "44444444555555555566666666667777";
	static const char *const bad[][2] = {
		{ "", "names no address" }, { " , ", "names no address" },
		{ "localhost", "'localhost' is no address" },
		{ "10.0.0.1,300.1.1.1", "'300.1.1.1' is no address" },
		{ "10.0.0.5/24", "'10.0.0.5/24' has bits behind its prefix" },
		{ "10.0.0.0/33", "no prefix length" },
		{ "2001:db8::/129", "no prefix length" },
		{ "10.0.0.0/", "no prefix length" },
		{ "10.0.0.0/08", "no prefix length" },
		{ "10.0.0.0/-1", "no prefix length" },
		{ "10.0.0.0/8/8", "no prefix length" },
		{ "10.0.0.0/99999999999", "no prefix length" },
		{ long_one, "too long" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct addr_list l = { NULL, 0 };
		char why[160] = "";

		assert_int_equal(addr_list_read(&l, bad[i][0], why,
		    sizeof(why)), -FIX_E_CONFIG);
		if (strstr(why, bad[i][1]) == NULL)
			fail_msg("%s: %s", bad[i][0], why);
		addr_list_free(&l);
	}
}

static void
lists_add_up(void **state)
{
	struct addr_list a = { NULL, 0 }, b = { NULL, 0 };
	struct in6_addr x;
	char why[160];

	(void)state;
	assert_int_equal(addr_list_read(&a, "10.0.0.1", why, 160), 0);
	assert_int_equal(addr_list_read(&b, "10.0.0.2,10.0.0.3,::1", why, 160),
	    0);
	assert_int_equal(addr_list_add(&a, &b), 0);
	assert_int_equal(a.n, 4);
	assert_true(addr_read("::1", &x) && addr_list_has(&a, &x));
	addr_list_free(&a);
	addr_list_free(&b);
}

/* The header whole, with bytes behind it, and cut everywhere. */
static void
reads(const void *bytes, size_t len, const char *address, unsigned port)
{
	struct proxy_head h;
	const char *why = "";
	uint8_t *p = malloc(len + 4);
	struct in6_addr want;

	assert_non_null(p);
	memcpy(p, bytes, len);
	memcpy(p + len, "8=FI", 4);
	for (size_t n = 1; n < len; n++) {
		/* of just this size, so that a sanitizer sees a read behind */
		uint8_t *cut = malloc(n);

		assert_non_null(cut);
		memcpy(cut, p, n);
		assert_int_equal(proxy_read(cut, n, &h, &why), 0);
		free(cut);
	}
	assert_int_equal(proxy_read(p, len + 4, &h, &why), len);
	assert_int_equal(h.named, address != NULL);
	if (address != NULL) {
		assert_true(addr_read(address, &want));
		assert_memory_equal(&h.addr, &want, sizeof(want));
		assert_int_equal(h.port, port);
	}
	assert_true(proxy_is(p, len));
	free(p);
}

static void
refuses(const void *bytes, size_t len, const char *says)
{
	struct proxy_head h;
	const char *why = "";
	uint8_t *p = malloc(len);

	assert_non_null(p);
	memcpy(p, bytes, len);
	assert_int_equal(proxy_read(p, len, &h, &why), -1);
	if (strstr(why, says) == NULL)
		fail_msg("%s: %s", says, why);
	free(p);
}

#define READS(s, address, port) reads(s, sizeof(s) - 1, address, port)
#define REFUSES(s, says) refuses(s, sizeof(s) - 1, says)

static void
a_line_names_the_peer(void **state)
{
	(void)state;
	READS("PROXY TCP4 192.0.2.7 10.0.0.1 56324 443\r\n", "192.0.2.7",
	    56324);
	READS("PROXY TCP6 2001:db8::7 2001:db8::1 1 65535\r\n", "2001:db8::7",
	    1);
	READS("PROXY TCP6 ffff:f:f:f:f:f:f:ffff ffff:ffff:ffff:ffff:ffff:ffff:"
	      "ffff:ffff 65535 65535\r\n", "ffff:f:f:f:f:f:f:ffff", 65535);
	READS("PROXY UNKNOWN\r\n", NULL, 0);
	READS("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:"
	      "ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n", NULL, 0);
}

static void
a_line_that_is_wrong_is_refused(void **state)
{
	(void)state;
	REFUSES("8=FIX.4.4\x01", "no PROXY header");
	REFUSES("PROXX TCP4", "no PROXY header");
	REFUSES("PROXY TCP5 192.0.2.7 10.0.0.1 1 2\r\n", "does not read");
	REFUSES("PROXY TCP4 192.0.2.7 10.0.0.1 1\r\n", "does not read");
	REFUSES("PROXY TCP4 192.0.2.7 10.0.0.1 1 2 3\r\n", "does not read");
	REFUSES("PROXY TCP4 192.0.2.7 10.0.0.1 1 2 \r\n", "does not read");
	REFUSES("PROXY TCP4  192.0.2.7 10.0.0.1 1 2\r\n", "does not read");
	REFUSES("PROXY TCP4 192.0.2.7 10.0.0.1 1 65536\r\n", "does not read");
	REFUSES("PROXY TCP4 192.0.2.7 10.0.0.1 01 2\r\n", "does not read");
	REFUSES("PROXY TCP4 2001:db8::1 10.0.0.1 1 2\r\n", "does not read");
	REFUSES("PROXY TCP6 192.0.2.7 10.0.0.1 1 2\r\n", "does not read");
	REFUSES("PROXY \r\n", "does not read");
	REFUSES("PROXY TCP4 192.0.2.7 10.0.0.1 1 2\rx", "control characters");
	REFUSES("PROXY TCP4 192.0.2.7\0 10.0.0.1 1 2\r\n", "control char");
	REFUSES("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:"
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535 x\r\n",
	    "without end");
}

#define SIGN "\r\n\r\n\0\r\nQUIT\n"
#define V4 "\xc0\x00\x02\x07\x0a\x00\x00\x01\xdc\x04\x01\xbb"
#define V6                                                                     \
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07"                           \
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\xdc\x04\x01\xbb"

static void
a_binary_header_names_the_peer(void **state)
{
	(void)state;
	READS(SIGN "\x21\x11\0\x0c" V4, "192.0.2.7", 56324);
	READS(SIGN "\x21\x21\0\x24" V6, "2001:db8::7", 56324);
	/* TLVs: a NOOP of two bytes, an ALPN, an empty one */
	READS(SIGN "\x21\x11\0\x19" V4 "\x04\0\2xx" "\x01\0\2h2" "\xe0\0\0",
	    "192.0.2.7", 56324);
	/* LOCAL: whatever it carries, the connection is the proxy's own */
	READS(SIGN "\x20\0\0\0", NULL, 0);
	READS(SIGN "\x20\x11\0\x0c" V4, NULL, 0);
	READS(SIGN "\x20\x55\0\3abc", NULL, 0);
	/* PROXY of an unspecified family */
	READS(SIGN "\x21\0\0\3abc", NULL, 0);
}

static void
a_binary_header_that_is_wrong_is_refused(void **state)
{
	(void)state;
	REFUSES(SIGN "\x11\x11\0\x0c" V4, "version or command");
	REFUSES(SIGN "\x22\x11\0\x0c" V4, "version or command");
	REFUSES(SIGN "\x21\x12\0\x0c" V4, "another family");
	REFUSES(SIGN "\x21\x31\0\x0c" V4, "another family");
	REFUSES(SIGN "\x21\x11\0\x0b" V4, "too short");
	REFUSES(SIGN "\x21\x21\0\x0c" V4, "too short");
	REFUSES(SIGN "\x21\x11\0\x0e" V4 "\4\0", "half a TLV");
	REFUSES(SIGN "\x21\x11\0\x10" V4 "\4\0\2x", "over its end");
	REFUSES(SIGN "\x21\x11\0\x13" V4 "\3\0\4abcd", "checksum");
	REFUSES(SIGN "\x21\x11\0\x10" V4 "\3\0\1x", "checksum");
	REFUSES(SIGN "\x21\x11\xff\xff", "4096");
	REFUSES("\r\n\r\n\0\r\nQUIT\r", "no PROXY header");
}

/* CRC-32C of the header with zeros in its place; figure from an independent
 * implementation. */
static void
a_checksum_that_is_right_is_taken(void **state)
{
	(void)state;
	READS(SIGN "\x21\x11\0\x13" V4 "\3\0\4" "\x83\xa4\xc7\xb0", "192.0.2.7", 56324);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    an_address_is_in_a_list_of_addresses_and_networks),
		cmocka_unit_test(a_mapped_address_is_the_same_one),
		cmocka_unit_test(a_list_with_a_fault_is_refused_and_says_which),
		cmocka_unit_test(lists_add_up),
		cmocka_unit_test(a_line_names_the_peer),
		cmocka_unit_test(a_line_that_is_wrong_is_refused),
		cmocka_unit_test(a_binary_header_names_the_peer),
		cmocka_unit_test(a_binary_header_that_is_wrong_is_refused),
		cmocka_unit_test(a_checksum_that_is_right_is_taken),
	};

	return cmocka_run_group_tests_name("reach", tests, NULL, NULL);
}
