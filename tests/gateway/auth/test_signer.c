/* Signers of our own Logons. The key and Logon of Binance are those of its
 * documentation; the other texts are written out here by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "fix/scan.h"
#include "gateway/auth/b64.h"
#include "gateway/auth/claim.h"
#include "gateway/auth/signer.h"

#define PEM                                                                    \
	"-----BEGIN PRIVATE KEY-----\n"                                        \
	"MC4CAQAwBQYDK2VwBCIEIIJEYWtGBrhACmb9Dvy+qa8WEf0lQOl1s4CLIAB9m89u\n"   \
	"-----END PRIVATE KEY-----"

static struct fix_logon_draft
draft(const char *sender, const char *target, const char *seq, const char *at)
{
	struct fix_logon_draft d = {
		.seq = fix_span_of(seq),
		.sender = fix_span_of(sender),
		.target = fix_span_of(target),
		.sending_time = fix_span_of(at),
		.heart_bt_int = fix_span_of("30"),
	};
	struct fix_stamp t;

	assert_int_equal(fix_stamp_parse(fix_span_of(at), &t), 0);
	d.time = t.utc;
	return d;
}

static uint8_t buf[4096];
static struct fix_field fields[100];

/* The signer's fields as a message. */
static struct fix_msg
made(const char *type, const char *key, const char *more,
    const struct fix_logon_draft *d)
{
	struct fix_msg m = { .fields = fields, .cap = 100 };
	static struct signer s;
	struct fix_build b;
	ssize_t n;

	assert_null(signer_init(&s, signer_type_named(type), "the-key-id",
	    signer_type_named(type)->password ? "a phrase" : NULL, key, more));
	fix_build_start(&b, buf, sizeof(buf), fix_span_of("A"));
	assert_int_equal(signer_fields(&s, d, &b), 0);
	n = fix_build_end(&b, fix_span_of("FIX.4.4"));
	assert_true(n > 0);
	assert_int_equal(fix_split(b.buf + b.begin, (size_t)n, &m), 0);
	return m;
}

static void
has(const struct fix_msg *m, uint32_t tag, const char *want)
{
	struct fix_span v = { NULL, 0 };

	assert_true(fix_msg_get(m, tag, &v));
	if (!fix_span_is(v, want))
		fail_msg("%u is %.*s, not %s", tag, (int)v.len,
		    (const char *)v.p, want);
}

/* HMAC-SHA256 by a text key, in base64. */
static const char *
mac(const char *key, const char *text)
{
	static char out[B64_CHARS(32) + 1];
	uint8_t raw[32];

	assert_true(proof_hmac(256, fix_span_of(key), fix_span_of(text), raw));
	assert_true(
	    b64_encode(out, sizeof(out), (struct fix_span){ raw, 32 }) > 0);
	return out;
}

static void
binance_signs_its_published_logon_to_the_byte(void **state)
{
	struct fix_logon_draft d =
	    draft("EXAMPLE", "SPOT", "1", "20240627-11:17:25.223");
	struct fix_msg m = made("binance", PEM, "25035=1", &d);

	(void)state;
	has(&m, 96,
	    "4MHXelVVcpkdwuLbl6n73HQUXUf1dse2PCgT1DYqW9w8AVZ1RACFGM+5UdlGPrQH"
	    "rgtS3CvsRURC1oj73j8gCA==");
	has(&m, 95, "88");
	has(&m, 553, "the-key-id");
	has(&m, 25035, "1");
}

static void
our_own_scheme_signs_what_the_gateway_reads(void **state)
{
	struct fix_logon_draft d =
	    draft("ACME", "FIXGATE", "1", "20260302-08:00:00.000");
	struct fix_msg m = made("fixgate-hmac",
	    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", NULL, &d);

	(void)state;
	/* fixgate-credentials(5) */
	has(&m, 96, "vO2F2iaeWT7Ur5EXHSghfKUG6oh7XqFh94lsEmkvbA4=");
	d.reset = fix_span_of("Y");
	m = made("fixgate-ed25519", PEM, NULL, &d);
	{
		static const uint8_t text[] =
		    "FIXGW1\001A\001ACME\001FIXGATE\0011\001"
		    "20260302-08:00:00.000\00130\001Y";
		struct verifier v = { .method = PROOF_ED25519, .key_len = 32 };
		struct claim c = { .raw = { NULL, 0 } };
		uint8_t raw[64];

		assert_true(fix_msg_get(&m, 96, &c.raw));
		assert_int_equal(claim_signature(&c, PROOF_ED25519, raw), 64);
		assert_int_equal(
		    proof_ed25519_public(fix_span_of(PEM), v.key), 0);
		assert_true(verifier_check(&v,
		    (struct fix_span){ text, sizeof(text) - 1 },
		    (struct fix_span){ raw, 64 }));
	}
}

static void
coinbase_signs_three_texts(void **state)
{
	struct fix_logon_draft d =
	    draft("svc", "COIN", "1", "20260302-08:00:00.000");
	struct fix_msg m = made("coinbase-prime", "text secret", NULL, &d);

	(void)state;
	has(&m, 96, mac("text secret", "20260302-08:00:00.000A1the-key-idCOIN"
				       "a phrase"));
	has(&m, 554, "a phrase");
	has(&m, 9407, "the-key-id");
	m = made("coinbase-exchange", "c2VjcmV0", NULL, &d);
	has(&m, 96, mac("secret", "20260302-08:00:00.000\001A\0011\001svc\001"
				  "COIN\001a phrase"));
	has(&m, 553, "the-key-id");
	m = made("coinbase-international", "c2VjcmV0", NULL, &d);
	has(&m, 58, mac("secret", "20260302-08:00:00.000the-key-idCOIN"
				  "a phrase"));
}

static void
kraken_signs_a_hash_and_a_nonce(void **state)
{
	struct fix_logon_draft d =
	    draft("ME", "KRAKEN-TRD", "7", "20260302-08:00:00.123");
	struct fix_msg m = made("kraken", "c2VjcmV0", "8674=0", &d);
	uint8_t hash[32], raw[64];
	char text[B64_CHARS(64) + 1];

	(void)state;
	assert_true(proof_sha256(
	    fix_span_of("35=A\00134=7\00149=ME\00156=KRAKEN-TRD\001"
			"553=the-key-id\0011772438400123"),
	    hash));
	assert_true(proof_hmac(512, fix_span_of("secret"),
	    (struct fix_span){ hash, 32 }, raw));
	(void)b64_encode(text, sizeof(text), (struct fix_span){ raw, 64 });
	has(&m, 554, text);
	has(&m, 5025, "1772438400123");
	has(&m, 8674, "0");
}

static void
bitvavo_signs_milliseconds_in_hex(void **state)
{
	struct fix_logon_draft d =
	    draft("ME", "BITVAVO", "1", "20231114-22:13:20.123");
	struct fix_msg m = made("bitvavo", "secret", "5001=Y", &d);
	uint8_t raw[32];
	char text[65];

	(void)state;
	assert_true(proof_hmac(256, fix_span_of("secret"),
	    fix_span_of("the-key-idME11700000000123"), raw));
	for (int i = 0; i < 32; i++)
		snprintf(text + 2 * i, 3, "%02x", raw[i]);
	has(&m, 554, text);
	has(&m, 5001, "Y");
}

static void
what_is_missing_or_wrong_is_said(void **state)
{
	static struct signer s;
	static const struct {
		const char *type, *user, *password, *key, *fields, *why;
	} bad[] = {
		{ "password", "u", NULL, NULL, NULL, "Password" },
		{ "password", NULL, "p", NULL, NULL, "Username" },
		{ "password", "u", "p", "k", NULL, "no key" },
		{ "binance", "u", NULL, NULL, NULL, "LogonKey" },
		{ "binance", "u", NULL, "no pem", NULL, "PEM" },
		{ "fixgate-hmac", "u", NULL, "not base64!", NULL, "base64" },
		{ "none", NULL, NULL, NULL, "25035", "TAG=VALUE" },
		{ "none", NULL, NULL, NULL, "25035=", "TAG=VALUE" },
		{ "none", NULL, NULL, NULL, "34=7", "itself" },
		{ "none", NULL, NULL, NULL, "1=a|554=x", "itself" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *why = signer_init(&s,
		    signer_type_named(bad[i].type), bad[i].user,
		    bad[i].password, bad[i].key, bad[i].fields);

		assert_non_null(why);
		if (strstr(why, bad[i].why) == NULL)
			fail_msg("%s: %s", bad[i].why, why);
	}
	assert_null(signer_type_named("nonesuch"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(binance_signs_its_published_logon_to_the_byte),
		cmocka_unit_test(our_own_scheme_signs_what_the_gateway_reads),
		cmocka_unit_test(coinbase_signs_three_texts),
		cmocka_unit_test(kraken_signs_a_hash_and_a_nonce),
		cmocka_unit_test(bitvavo_signs_milliseconds_in_hex),
		cmocka_unit_test(what_is_missing_or_wrong_is_said),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
