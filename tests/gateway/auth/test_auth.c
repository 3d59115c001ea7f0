/* Base64, claims, credentials, proofs, locks and masks: rules L03 to L12. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fix/scan.h"
#include "gateway/auth/b64.h"
#include "gateway/auth/credentials.h"
#include "gateway/auth/lockout.h"
#include "gateway/auth/worker.h"
#include "gateway/trader/secrets.h"

/* RFC 4648 section 10, both ways. */
static void
base64_goes_both_ways(void **state)
{
	static const char *const pairs[][2] = { { "", "" }, { "f", "Zg==" },
		{ "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" } };
	uint8_t raw[16];
	char text[32];

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		size_t len = strlen(pairs[i][0]);

		assert_int_equal(b64_encode(text, sizeof(text),
				     fix_span_of(pairs[i][0])),
		    strlen(pairs[i][1]));
		assert_string_equal(text, pairs[i][1]);
		assert_int_equal(b64_decode(raw, sizeof(raw),
				     fix_span_of(pairs[i][1])),
		    len);
		assert_memory_equal(raw, pairs[i][0], len);
	}
	assert_int_equal(b64_encode(text, 8, fix_span_of("foobar")), 0);
	assert_int_equal(
	    b64_decode(raw, 5, fix_span_of("Zm9vYmFy")), -FIX_E_SPACE);
}

static void
base64_has_one_spelling(void **state)
{
	static const char *const bad[] = { "Zg", "Zg=", "Zg===", "Zh==",
		"Zm9=", "Z===", "====", "=AAA", "Zg==Zg==", "Zm9v\n", " Zm9v",
		"Zm 9v", "Zm9-", "Zm9_", "Zm8=Zm9v" };
	uint8_t raw[16];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (b64_decode(raw, sizeof(raw), fix_span_of(bad[i])) !=
		    -FIX_E_FORMAT)
			fail_msg("%s was taken", bad[i]);
}

static struct fix_field fields[100];

static struct fix_msg
message(const char *text, char *copy)
{
	struct fix_msg m = { .fields = fields, .cap = 100 };
	size_t n = strlen(text);

	memcpy(copy, text, n + 1);
	for (size_t i = 0; i < n; i++)
		if (copy[i] == '|')
			copy[i] = 1;
	assert_int_equal(fix_split((uint8_t *)copy, n, &m), 0);
	return m;
}

#define HEAD "8=FIX.4.4|9=1|35=A|49=ACME|56=GW|34=007|52=20260302-08:00:00|"

static void
a_signed_text_is_of_the_bytes_that_came(void **state)
{
	char copy[512];
	uint8_t text[CLAIM_TEXT_MAX];
	struct fix_msg m = message(HEAD "98=0|108=030|10=000|", copy);
	static const char plain[] =
	    "FIXGW1\001A\001ACME\001GW\001007\00120260302-08:00:00";
	static const char reset[] = "FIXGW1\001A\001ACME\001GW\001007\001"
				    "20260302-08:00:00\001030\001N";

	(void)state;
	assert_int_equal(claim_text(text, &m), sizeof(plain) - 1);
	assert_memory_equal(text, plain, sizeof(plain) - 1);
	m = message(HEAD "98=0|108=030|141=N|10=000|", copy);
	assert_int_equal(claim_text(text, &m), sizeof(reset) - 1);
	assert_memory_equal(text, reset, sizeof(reset) - 1);
	m = message("8=FIX.4.4|9=1|35=A|49=ACME|34=1|52=x|10=000|", copy);
	assert_int_equal(claim_text(text, &m), -FIX_E_NOTFOUND);
	m = message(HEAD "141=Y|10=000|", copy);
	assert_int_equal(claim_text(text, &m), -FIX_E_NOTFOUND);
}

static void
a_claim_has_one_reading(void **state)
{
	static const char *const bad[] = {
		HEAD "554=a|554=b|10=000|",
		HEAD "553=a|553=a|10=000|",
		HEAD "141=N|141=Y|10=000|",
		HEAD "49=OTHER|10=000|",
		HEAD "95=3|96=abc|95=1|96=x|10=000|",
		HEAD "96=abc|10=000|",
		"8=FIX.4.4|9=1|35=A|49=A|56=B|52=20260302-08:00:00|10=000|",
		"8=FIX.4.4|9=1|35=A|49=A|56=B|34=1|10=000|",
		"8=FIX.4.4|9=1|35=A|49=A|56=B|34=1|52=yesterday|10=000|",
	};
	struct claim c;
	char copy[512];
	struct fix_msg m;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		m = message(bad[i], copy);
		if (claim_read(&c, &m) == NULL)
			fail_msg("%s was taken", bad[i]);
	}
	m = message(HEAD "95=3|96=abc|553=me|554=pw|925=new|141=Y|10=000|",
	    copy);
	assert_null(claim_read(&c, &m));
	assert_true(fix_span_is(c.user, "me") && fix_span_is(c.raw, "abc") &&
		    fix_span_is(c.password, "pw") &&
		    fix_span_is(c.fresh, "new") && c.reset);
	assert_int_equal(claim_signature(&c, PROOF_HMAC, (uint8_t[64]){ 0 }),
	    -FIX_E_FORMAT);
}

static unsigned told, told_line;
static char told_text[256];

static void
tell(void *arg, unsigned line, const char *text)
{
	(void)arg;
	told++;
	told_line = line;
	snprintf(told_text, sizeof(told_text), "%s", text);
}

#define SECRET "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define HASH                                                                   \
	"$scrypt$ln=12,r=8,p=1$AAECAwQFBgcICQoLDA0ODw==$" SECRET

static void
credentials_are_found_by_user_and_method(void **state)
{
	static const char file[] = "# comment\n\n"
				   "bob hmac " SECRET " A,FIX.4.2:US->B reset\n"
				   "  bob\tpassword " HASH " *  # why\r\n"
				   "alice ed25519 " SECRET " A";
	struct credentials *c = NULL;
	const struct credential *x;

	(void)state;
	told = 0;
	assert_int_equal(
	    credentials_parse(&c, fix_span_of(file), tell, NULL), 0);
	assert_int_equal(told, 0);
	assert_int_equal(credentials_n(c), 3);
	x = credentials_find(c, fix_span_of("bob"), PROOF_HMAC);
	assert_non_null(x);
	assert_true(x->may_reset && x->line == 3 && x->v.key_len == 32);
	assert_true(credential_allows(x, "FIX.4.4:US->A", "A"));
	assert_true(credential_allows(x, "FIX.4.2:US->B", "B"));
	assert_false(credential_allows(x, "FIX.4.4:US->B", "B"));
	assert_false(credential_allows(x, "FIX.4.4:US->AA", "AA"));
	x = credentials_find(c, fix_span_of("bob"), PROOF_PASSWORD);
	assert_true(x != NULL && x->v.log_n == 12 && x->v.p == 1);
	assert_true(credential_allows(x, "any", "thing") && !x->may_reset);
	assert_null(credentials_find(c, fix_span_of("bob"), PROOF_ED25519));
	assert_null(credentials_find(c, fix_span_of("bo"), PROOF_HMAC));
	assert_null(credentials_find(c,
	    (struct fix_span){ (const uint8_t *)"bob\0x", 5 }, PROOF_HMAC));
	credentials_free(c);
}

static void
a_file_with_a_fault_is_not_used(void **state)
{
	static const struct {
		const char *file;
		unsigned line;
		const char *why;
	} bad[] = {
		{ "x\n", 1, "expected" },
		{ "\nu hmac " SECRET "\n", 2, "expected" },
		{ "u sha1 " SECRET " *\n", 1, "method" },
		{ "u hmac c2hvcnQ= *\n", 1, "out of range" },
		{ "u hmac se*cret *\n", 1, "fixgate credential" },
		{ "u ed25519 " SECRET "AAAA *\n", 1, "verifier" },
		{ "u password " SECRET " *\n", 1, "verifier" },
		{ "u password $scrypt$ln=30,r=8,p=1$AAECAwQFBgcICQoLDA0ODw==$"
		  SECRET " *\n", 1, "out of range" },
		{ "u password $scrypt$ln=15,r=99,p=1$AAECAwQFBgcICQoLDA0ODw==$"
		  SECRET " *\n", 1, "out of range" },
		{ "u hmac " SECRET " * rest\n", 1, "reset" },
		{ "u hmac " SECRET " * reset more\n", 1, "expected" },
		{ "u hmac " SECRET " *\nv hmac " SECRET " *\nu hmac " SECRET
		  " A\n", 3, "line 1" },
	};
	struct credentials *c = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		told = 0;
		assert_int_equal(credentials_parse(&c, fix_span_of(bad[i].file),
				     tell, NULL),
		    -FIX_E_CONFIG);
		assert_int_equal(told, 1);
		assert_int_equal(told_line, bad[i].line);
		if (strstr(told_text, bad[i].why) == NULL)
			fail_msg("%s: %s", bad[i].file, told_text);
		assert_null(strstr(told_text, "se*cret"));
	}
}

static void
a_verifier_is_read_as_it_was_written(void **state)
{
	struct fix_span pw = fix_span_of("correct horse battery");
	char text[PROOF_TEXT_MAX];
	struct verifier v, w;

	(void)state;
	assert_int_equal(verifier_of_password(&v, pw, 12, 1), 0);
	assert_true(verifier_format(&v, text, sizeof(text)) > 0);
	assert_int_equal(
	    verifier_parse(&w, PROOF_PASSWORD, fix_span_of(text)), 0);
	assert_memory_equal(&v, &w, sizeof(v));
	assert_true(verifier_check(&w, (struct fix_span){ NULL, 0 }, pw));
	assert_false(verifier_check(
	    &w, (struct fix_span){ NULL, 0 }, fix_span_of("correct horse")));
	assert_false(verifier_check(
	    &w, (struct fix_span){ NULL, 0 }, (struct fix_span){ NULL, 0 }));
	w.salt[0] ^= 1;
	assert_false(verifier_check(&w, (struct fix_span){ NULL, 0 }, pw));
}

/* RFC 8032 section 7.1, test 2, and one with the order of the group added to
 * S: the same signature by arithmetic, and not the same bytes. */
static void
ed25519_takes_one_signature_only(void **state)
{
	static const uint8_t key[] = { 0x3d, 0x40, 0x17, 0xc3, 0xe8, 0x43,
		0x89, 0x5a, 0x92, 0xb7, 0x0a, 0xa7, 0x4d, 0x1b, 0x7e, 0xbc,
		0x9c, 0x98, 0x2c, 0xcf, 0x2e, 0xc4, 0x96, 0x8c, 0xc0, 0xcd,
		0x55, 0xf1, 0x2a, 0xf4, 0x66, 0x0c };
	static const uint8_t good[] = { 0x92, 0xa0, 0x09, 0xa9, 0xf0, 0xd4,
		0xca, 0xb8, 0x72, 0x0e, 0x82, 0x0b, 0x5f, 0x64, 0x25, 0x40,
		0xa2, 0xb2, 0x7b, 0x54, 0x16, 0x50, 0x3f, 0x8f, 0xb3, 0x76,
		0x22, 0x23, 0xeb, 0xdb, 0x69, 0xda, 0x08, 0x5a, 0xc1, 0xe4,
		0x3e, 0x15, 0x99, 0x6e, 0x45, 0x8f, 0x36, 0x13, 0xd0, 0xf1,
		0x1d, 0x8c, 0x38, 0x7b, 0x2e, 0xae, 0xb4, 0x30, 0x2a, 0xee,
		0xb0, 0x0d, 0x29, 0x16, 0x12, 0xbb, 0x0c, 0x00 };
	static const uint8_t order[] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63,
		0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10 };
	static const uint8_t text[] = { 0x72 };
	struct fix_span t = { text, 1 };
	struct verifier v = { .method = PROOF_ED25519, .key_len = 32 };
	uint8_t sig[64];
	unsigned carry = 0;

	(void)state;
	memcpy(v.key, key, sizeof(key));
	memcpy(sig, good, sizeof(good));
	assert_true(verifier_check(&v, t, (struct fix_span){ sig, 64 }));
	for (int i = 0; i < 32; i++) {
		carry += (unsigned)sig[32 + i] + order[i];
		sig[32 + i] = (uint8_t)carry;
		carry >>= 8;
	}
	assert_false(verifier_check(&v, t, (struct fix_span){ sig, 64 }));
	assert_false(verifier_check(&v, t, (struct fix_span){ good, 63 }));
}

/* RFC 4231, test case 2. */
static void
the_worker_says_what_fits(void **state)
{
	static struct worker_job job;
	struct worker_answer a;
	uint8_t mac[32];

	(void)state;
	memset(&job, 0, sizeof(job));
	job.id = 7;
	job.v.method = PROOF_HMAC;
	job.v.key_len = 4;
	memcpy(job.v.key, "Jefe", 4);
	job.text_len = 28;
	memcpy(job.text, "what do ya want for nothing?", 28);
	assert_true(proof_hmac(256, fix_span_of("Jefe"),
	    (struct fix_span){ job.text, 28 }, mac));
	assert_int_equal(mac[0], 0x5b);
	memcpy(job.proof, mac, 32);
	job.proof_len = 32;
	worker_do(&job, &a);
	assert_true(a.id == 7 && a.fits == 1 && a.has_fresh == 0);
	job.proof[31] ^= 1;
	worker_do(&job, &a);
	assert_true(a.fits == 0);
	job.proof_len = UINT32_MAX;
	worker_do(&job, &a);
	assert_true(a.fits == 0);
}

static void
dummies_fit_nothing_and_cost_the_same(void **state)
{
	struct verifier v;
	uint8_t zero[64] = { 0 };

	(void)state;
	verifier_dummy(&v, PROOF_PASSWORD);
	assert_int_equal(v.log_n, PROOF_LOG_N);
	assert_int_equal(v.p, PROOF_P);
	verifier_dummy(&v, PROOF_HMAC);
	assert_false(verifier_check(
	    &v, fix_span_of("x"), (struct fix_span){ zero, 32 }));
}

static struct fix_mono
at(int64_t s)
{
	return (struct fix_mono){ 1000 * FIX_SEC + s * FIX_SEC };
}

static void
locks_grow_and_are_of_address_and_user(void **state)
{
	static const uint8_t here[16] = { 1 }, there[16] = { 2 };
	struct lockout *l = lockout_new();
	struct fix_span bob = fix_span_of("bob"), al = fix_span_of("al");
	int64_t s = 0, wait = 0;

	(void)state;
	assert_non_null(l);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(lockout_wait(l, here, bob, at(0)), 0);
		lockout_failed(l, here, bob, at(0));
	}
	assert_int_equal(lockout_wait(l, here, bob, at(0)), FIX_SEC);
	assert_int_equal(lockout_wait(l, there, bob, at(0)), 0);
	assert_int_equal(lockout_wait(l, here, al, at(0)), 0);
	assert_int_equal(lockout_wait(l, here, bob, at(1)), 0);
	for (int i = 0; i < 12; i++) {
		lockout_failed(l, here, bob, at(s));
		wait = lockout_wait(l, here, bob, at(s));
		assert_true(wait >= 2 * FIX_SEC && wait <= LOCKOUT_MAX_NS);
		s += wait / FIX_SEC;
	}
	assert_int_equal(wait, LOCKOUT_MAX_NS);
	lockout_passed(l, here, bob);
	assert_int_equal(lockout_wait(l, here, bob, at(s)), 0);
	for (int i = 0; i < 3; i++)
		lockout_failed(l, here, bob, at(s));
	assert_int_equal(
	    lockout_wait(l, here, bob, at(s + 900)), 0); /* forgotten */
	free(l);
}

static void
an_address_that_guesses_over_users_is_locked(void **state)
{
	static const uint8_t here[16] = { 1 }, there[16] = { 2 };
	struct lockout *l = lockout_new();
	char name[8];

	(void)state;
	for (unsigned i = 0; i < LOCKOUT_ADDR_FREE; i++) {
		snprintf(name, sizeof(name), "u%u", i);
		assert_int_equal(
		    lockout_wait(l, here, fix_span_of(name), at(0)), 0);
		lockout_failed(l, here, fix_span_of(name), at(0));
	}
	assert_true(lockout_wait(l, here, fix_span_of("new"), at(0)) > 0);
	assert_int_equal(lockout_wait(l, there, fix_span_of("new"), at(0)), 0);
	free(l);
}

/* What is left of a Logon for the journal. */
static void
masked(const char *from, const char *want, unsigned n)
{
	char copy[512];
	size_t len = strlen(from);

	memcpy(copy, from, len + 1);
	for (size_t i = 0; i < len; i++)
		if (copy[i] == '|')
			copy[i] = 1;
	assert_int_equal(secrets_mask((uint8_t *)copy, len), n);
	for (size_t i = 0; i < len; i++)
		if (copy[i] == 1)
			copy[i] = '|';
	assert_string_equal(copy, want);
}

static void
secrets_become_stars(void **state)
{
	(void)state;
	masked("8=FIX.4.4|9=1|35=A|553=me|554=pass|925=newer|10=000|",
	    "8=FIX.4.4|9=1|35=A|553=me|554=****|925=*****|10=145|", 2);
	masked("8=FIX.4.4|9=1|35=A|95=5|96=a|b=c|108=30|10=000|",
	    "8=FIX.4.4|9=1|35=A|95=5|96=*****|108=30|10=074|", 1);
	masked("8=FIX.4.4|9=1|35=A|1401=3|1402=a|c|1403=1|1404=x|10=000|",
	    "8=FIX.4.4|9=1|35=A|1401=3|1402=***|1403=1|1404=*|10=210|", 2);
	masked("8=FIX.4.4|9=1|35=A|0554=pass|10=000|",
	    "8=FIX.4.4|9=1|35=A|0554=****|10=100|", 1);
	masked("8=FIX.4.4|9=1|35=BE|554=pass|95=1|96=x|10=000|",
	    "8=FIX.4.4|9=1|35=BE|554=****|95=1|96=x|10=124|", 1);
	masked("8=FIX.4.4|9=1|35=A|108=30|10=007|",
	    "8=FIX.4.4|9=1|35=A|108=30|10=007|", 0);
	assert_true(secrets_may_be_in(
	    fix_span_of("8=FIX.4.4\0019=1\00135=A\001")));
	assert_true(secrets_may_be_in(
	    fix_span_of("8=FIX.4.4\0019=1\00135=BE\001")));
	assert_false(secrets_may_be_in(
	    fix_span_of("8=FIX.4.4\0019=1\00135=D\001")));
	assert_false(secrets_may_be_in(fix_span_of("8=FIX.4.4\0019=1\00135=A")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64_goes_both_ways),
		cmocka_unit_test(base64_has_one_spelling),
		cmocka_unit_test(a_signed_text_is_of_the_bytes_that_came),
		cmocka_unit_test(a_claim_has_one_reading),
		cmocka_unit_test(credentials_are_found_by_user_and_method),
		cmocka_unit_test(a_file_with_a_fault_is_not_used),
		cmocka_unit_test(a_verifier_is_read_as_it_was_written),
		cmocka_unit_test(ed25519_takes_one_signature_only),
		cmocka_unit_test(the_worker_says_what_fits),
		cmocka_unit_test(dummies_fit_nothing_and_cost_the_same),
		cmocka_unit_test(locks_grow_and_are_of_address_and_user),
		cmocka_unit_test(an_address_that_guesses_over_users_is_locked),
		cmocka_unit_test(secrets_become_stars),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
