/* Sealing: known answers of other programs (Python's cryptography, the Fernet
 * specification's vector), and that no changed byte is let through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "gateway/crypt/crypt.h"

static const struct fix_span none = { NULL, 0 };
static uint8_t key[CRYPT_KEY];

static size_t
unhex(uint8_t *out, const char *text)
{
	size_t n = strlen(text) / 2;
	unsigned v;

	for (size_t i = 0; i < n; i++) {
		assert_int_equal(sscanf(text + 2 * i, "%2x", &v), 1);
		out[i] = (uint8_t)v;
	}
	return n;
}

static int
count_up(void **state)
{
	(void)state;
	for (unsigned i = 0; i < CRYPT_KEY; i++)
		key[i] = (uint8_t)i;
	return 0;
}

static void
opens_what_python_has_sealed(void **state)
{
	uint8_t sealed[64], out[64];
	struct fix_span s = { sealed, 0 };

	(void)state;
	s.len = unhex(sealed,
	    "000102030405060708090a0b336ab33bb589a372e361e3eec99d60e2e6c8bbac"
	    "dd7009120ca4736d7966");
	assert_int_equal(
	    crypt_open(out, sizeof(out), key, fix_span_of("where"), s), 14);
	assert_memory_equal(out, "the plain text", 14);
	s.len = unhex(
	    sealed, "000102030405060708090a0bf4c2db1dc38805a37b92171c5d0a81cc");
	assert_int_equal(crypt_open(out, sizeof(out), key, none, s), 0);
}

static void
any_changed_bit_is_refused_and_leaves_nothing(void **state)
{
	uint8_t sealed[64], out[64], zero[64] = { 0 };
	struct fix_span aad = fix_span_of("piece 1");
	ssize_t n = crypt_seal(
	    sealed, sizeof(sealed), key, aad, fix_span_of("secret text"));
	struct fix_span s = { sealed, (size_t)n };

	(void)state;
	assert_int_equal(n, 11 + CRYPT_OVERHEAD);
	for (size_t bit = 0; bit < s.len * 8; bit++) {
		memset(out, 0, sizeof(out));
		sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(
		    crypt_open(out, sizeof(out), key, aad, s), -FIX_E_CORRUPT);
		assert_memory_equal(out, zero, sizeof(out));
		sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (s.len = 0; s.len < (size_t)n; s.len++)
		assert_int_equal(
		    crypt_open(out, sizeof(out), key, aad, s), -FIX_E_CORRUPT);
	assert_int_equal(
	    crypt_open(out, sizeof(out), key, fix_span_of("piece 2"), s),
	    -FIX_E_CORRUPT);
	assert_int_equal(crypt_open(out, sizeof(out), key, aad, s), 11);
	assert_int_equal(crypt_open(out, 10, key, aad, s), -FIX_E_SPACE);
}

static void
no_two_seals_share_a_nonce(void **state)
{
	uint8_t a[64], b[64];

	(void)state;
	assert_true(crypt_seal(a, sizeof(a), key, none, none) > 0);
	assert_true(crypt_seal(b, sizeof(b), key, none, none) > 0);
	assert_memory_not_equal(a, b, CRYPT_NONCE);
	assert_int_equal(
	    crypt_seal(a, CRYPT_OVERHEAD - 1, key, none, none), -FIX_E_SPACE);
}

static void
derives_as_pbkdf2_with_600000_rounds(void **state)
{
	uint8_t got[CRYPT_KEY], want[CRYPT_KEY];

	(void)state;
	unhex(want, "91828083f760ed60bb550e24f3e89aa29bbcb27c4219d034c4c4f03c2e"
		    "6db9d9");
	assert_int_equal(crypt_derive(got, fix_span_of("correct horse"),
			     fix_span_of("0123456789abcdef")),
	    0);
	assert_memory_equal(got, want, sizeof(want));
	assert_int_equal(crypt_derive(got, fix_span_of("correct horse"),
			     fix_span_of("0123456789abcde")),
	    -FIX_E_RANGE);
	assert_int_equal(
	    crypt_derive(got, none, fix_span_of("0123456789abcdef")),
	    -FIX_E_RANGE);
}

static void
a_key_reads_in_each_of_its_forms(void **state)
{
	uint8_t got[CRYPT_KEY];
	char text[CRYPT_KEY_TEXT];

	(void)state;
	crypt_key_text(text, key);
	assert_string_equal(
	    text, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
	assert_int_equal(crypt_key_read(got, fix_span_of(text)), 0);
	assert_memory_equal(got, key, sizeof(key));
	text[43] = '\0';
	assert_int_equal(crypt_key_read(got, fix_span_of(text)), 0);
	assert_int_equal(
	    crypt_key_read(got,
		fix_span_of("000102030405060708090A0b0c0d0e0f10111213141516"
			    "1718191a1b1c1d1e1f")),
	    0);
	assert_memory_equal(got, key, sizeof(key));
	assert_int_equal(crypt_key_read(got,
			     fix_span_of("32_byte_key_for_aes256_is_this_1")),
	    0);
	assert_int_equal(
	    crypt_key_read(got, fix_span_of("32_byte_key_for_aes256")),
	    -FIX_E_FORMAT);
	assert_int_equal(crypt_key_read(got, none), -FIX_E_FORMAT);
}

/* github.com/fernet/spec: verify.json */
#define SPEC_KEY "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4="
#define SPEC_TOKEN                                                             \
	"gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmr"   \
	"huVUPgJobwOz7JcbmrR64jVmpU4IwqDA=="

static void
a_field_is_a_fernet_token(void **state)
{
	char token[CRYPT_TOKEN_MAX(100)];
	uint8_t k[CRYPT_KEY], out[200];
	ssize_t n;

	(void)state;
	assert_int_equal(crypt_key_read(k, fix_span_of(SPEC_KEY)), 0);
	assert_int_equal(
	    crypt_field_open(out, sizeof(out), k, fix_span_of(SPEC_TOKEN)), 5);
	assert_memory_equal(out, "hello", 5);
	for (size_t len = 0; len <= 100; len++) {
		uint8_t value[100];

		memset(value, (int)len, sizeof(value));
		n = crypt_field_seal(token, sizeof(token), k,
		    (struct fix_span){ value, len },
		    (struct fix_utc){ 499162800 * FIX_SEC });
		assert_int_equal((size_t)n, strlen(token));
		assert_memory_equal(token, "gAAAAAAdwJ6w", 12);
		assert_int_equal(
		    crypt_field_open(out, sizeof(out), k, fix_span_of(token)),
		    len);
		assert_memory_equal(out, value, len);
	}
}

static void
a_changed_token_is_refused(void **state)
{
	char token[] = SPEC_TOKEN;
	uint8_t k[CRYPT_KEY], out[100];

	(void)state;
	assert_int_equal(crypt_key_read(k, fix_span_of(SPEC_KEY)), 0);
	for (size_t i = 0; i < strlen(token); i++) {
		char was = token[i];

		token[i] = was == 'A' ? 'B' : 'A';
		assert_true(crypt_field_open(
				out, sizeof(out), k, fix_span_of(token)) < 0);
		token[i] = was;
	}
	for (size_t len = 0; len < strlen(token); len++)
		assert_true(
		    crypt_field_open(out, sizeof(out), k,
			(struct fix_span){ (const uint8_t *)token, len }) < 0);
	assert_int_equal(
	    crypt_field_open(out, sizeof(out), key, fix_span_of(token)),
	    -FIX_E_CORRUPT);
	assert_int_equal(
	    crypt_field_open(out, 4, k, fix_span_of(token)), -FIX_E_SPACE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_what_python_has_sealed),
		cmocka_unit_test(any_changed_bit_is_refused_and_leaves_nothing),
		cmocka_unit_test(no_two_seals_share_a_nonce),
		cmocka_unit_test(derives_as_pbkdf2_with_600000_rounds),
		cmocka_unit_test(a_key_reads_in_each_of_its_forms),
		cmocka_unit_test(a_field_is_a_fernet_token),
		cmocka_unit_test(a_changed_token_is_refused),
	};

	return cmocka_run_group_tests(tests, count_up, NULL);
}
