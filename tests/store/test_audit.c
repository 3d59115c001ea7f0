/*
 * The parts of the audit chain: the Merkle tree against RFC 6962's own words
 * and known answers, the one spelling of an event, and signed checkpoints.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/audit_check.h"

/* Hashes of a three-record chain and roots over the first two and all three,
 * computed by another program. */
static const char *const leaves[] = {
	"a571cec234b482a5501c6a0646f78052032b055cf27cbb813d47d075d5f0eeb4",
	"4bf2a59e12d224afbb05e0c9d58ef9a0f9e6a3f5bb3b93423c953e838a38cde8",
	"b0dc9720c025d35e9857199d8647506553791676171d8bb89d812464ef6e50d7",
};
static const char *const roots[] = {
	"86a10ec70692ff78e174f3f7ecc17f0ed989f186d5a88542e789b4b484524496",
	"8252e75d37f512ebd8fec36cb27a683c7c8de67f0e0ffeede57af2d241f51f3d",
};

static void
root_is(const struct audit_tree *t, const char *want)
{
	uint8_t root[AUDIT_HASH];
	char hex[AUDIT_HEX + 1];

	audit_tree_root(t, root);
	audit_hex(hex, root);
	assert_string_equal(hex, want);
}

static void
roots_are_the_known_ones(void **state)
{
	struct audit_tree t = { 0 };
	uint8_t h[AUDIT_HASH];

	(void)state;
	root_is(&t, "e3b0c44298fc1c149afbf4c8996fb924"
		    "27ae41e4649b934ca495991b7852b855");
	for (unsigned i = 0; i < 3; i++) {
		assert_true(audit_of_hex(h, fix_span_of(leaves[i])));
		audit_tree_add(&t, h);
		if (i > 0)
			root_is(&t, roots[i - 1]);
	}
}

/* RFC 6962 section 2.1: split at the largest power of two below n. */
static void
by_the_book(uint8_t out[AUDIT_HASH], uint8_t (*d)[AUDIT_HASH], size_t n)
{
	uint8_t in[1 + 2 * AUDIT_HASH] = { 0 };
	size_t k = 1;

	if (n == 1) {
		memcpy(in + 1, d[0], AUDIT_HASH);
		audit_sha256(out, in, 1 + AUDIT_HASH);
		return;
	}
	while (k * 2 < n)
		k *= 2;
	in[0] = 1;
	by_the_book(in + 1, d, k);
	by_the_book(in + 1 + AUDIT_HASH, d + k, n - k);
	audit_sha256(out, in, sizeof(in));
}

static void
every_size_has_the_root_of_the_book(void **state)
{
	uint8_t d[130][AUDIT_HASH], want[AUDIT_HASH], root[AUDIT_HASH];
	struct audit_tree t = { 0 };

	(void)state;
	for (size_t i = 0; i < 130; i++) {
		audit_sha256(d[i], &i, sizeof(i));
		audit_tree_add(&t, d[i]);
		by_the_book(want, d, i + 1);
		audit_tree_root(&t, root);
		assert_memory_equal(root, want, AUDIT_HASH);
	}
}

/* Python: json.dumps(event, sort_keys=True) */
static const char golden[] = "{\"action\": \"a\", \"actor\": "
    "\"\\\"\\\\/\\n\\r\\t\\f\\b\\u0001\\u007f\\u00e9\\u2014\\ud83d\\ude00"
    "\\ufffd\\ufffd\", \"details\": {\"a1\": \"x\", \"a_b\": -5, \"b\": "
    "\"1.50\"}, \"event_id\": \"ID\", \"event_type\": \"T\", "
    "\"ip_address\": null, \"previous_hash\": \"P\", \"resource_id\": "
    "\"\", \"resource_type\": \"r\", \"timestamp\": "
    "\"2026-11-26T05:10:39.000001+00:00\", \"user_agent\": null}";

static void
an_event_is_what_python_writes(void **state)
{
	struct audit_event e = { .type = "T", .action = "a",
		.resource_type = "r",
		.actor = fix_span_of("\"\\/\n\r\t\f\b\x01\x7f\xc3\xa9"
		    "\xe2\x80\x94\xf0\x9f\x98\x80\xff\xc3"),
		.when = { INT64_C(1795669839000001999) } };
	struct audit_seen seen;
	char out[2000];
	ssize_t n;

	(void)state;
	audit_text(&e, "b", fix_span_of("1.50"));
	audit_number(&e, "a_b", -5);
	audit_text(&e, "a1", fix_span_of("x"));
	audit_text(&e, "none", fix_span_of(""));
	audit_text(&e, "b", fix_span_of("a second one"));
	n = audit_event_write(out, sizeof(out), &e, "ID", "P");
	assert_int_equal(n, sizeof(golden) - 1);
	assert_memory_equal(out, golden, sizeof(golden) - 1);
	assert_int_equal(audit_event_read(&seen, fix_span_of(golden)), 0);
	for (size_t cap = 0; cap < (size_t)n; cap++)
		assert_int_equal(audit_event_write(out, cap, &e, "ID", "P"),
		    -FIX_E_SPACE);
}

/* As many texts as there may be, of any one byte and as long as they may be. */
static void
any_event_fits(void **state)
{
	static char out[AUDIT_EVENT_MAX], keys[AUDIT_DETAILS_MAX][32];
	static uint8_t junk[AUDIT_VALUE_MAX];
	struct fix_span text = { junk, sizeof(junk) };
	struct audit_seen seen;

	(void)state;
	for (unsigned c = 0; c < 256; c++) {
		struct audit_event e = { .type = "ORDER_MASS_CANCEL_REQUESTED",
			.action = "request_mass_cancel",
			.resource_type = "audit_segment", .actor = text,
			.resource_id = text, .ip = text, .agent = text };
		ssize_t n;

		memset(junk, (int)c, sizeof(junk));
		for (unsigned i = 0; i < AUDIT_DETAILS_MAX; i++) {
			snprintf(keys[i], sizeof(keys[i]),
			    "business_reject_reason_%u", i);
			audit_text(&e, keys[i], text);
		}
		n = audit_event_write(out, sizeof(out), &e,
		    "00000000-0000-8000-8000-000000000001", leaves[0]);
		assert_in_range(n, 1000, AUDIT_EVENT_MAX);
		assert_int_equal(audit_event_read(&seen,
		    (struct fix_span){ (uint8_t *)out, (size_t)n }), 0);
	}
}

static void
another_spelling_is_refused(void **state)
{
	static const char *const from[] = { ": -5", ": -5", ": -5", "\"a1\"",
		"\\u00e9", "\\u00e9", "\\ud83d\\ude00", "\\n", ", ", ": ",
		"null", "\"P\"", "\"x\"", "\\u0001" };
	static const char *const to[] = { ": -05", ": -0", ": 5.0", "\"z1\"",
		"\\u00E9", "\\u0041", "\\ud83d", "\\u000a", ",", ":", "NULL",
		"5", "\\/", "\\u0000" };
	struct audit_seen seen;
	char text[2000];

	(void)state;
	for (size_t i = 0; i < sizeof(from) / sizeof(from[0]); i++) {
		const char *at = strstr(golden, from[i]);

		assert_non_null(at);
		snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - golden),
		    golden, to[i], at + strlen(from[i]));
		assert_int_equal(audit_event_read(&seen, fix_span_of(text)),
		    -FIX_E_FORMAT);
	}
	for (size_t n = 0; n < sizeof(golden) - 1; n++)
		assert_int_equal(audit_event_read(&seen,
		    (struct fix_span){ (const uint8_t *)golden, n }),
		    -FIX_E_FORMAT);
}

static void
a_note_is_good_only_as_it_was_signed(void **state)
{
	char dir[] = "/tmp/fixgate-audit-XXXXXX", path[64], other[64];
	char text[AUDIT_NOTE_MAX], vkey[AUDIT_VKEY_MAX];
	struct audit_note n = { .size = 1234 }, back;
	struct audit_key *k, *pub, *foreign;
	struct fix_store_error e;
	ssize_t len;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/k", dir);
	snprintf(other, sizeof(other), "%s/o", dir);
	assert_int_equal(audit_key_open(&k, path, "a/b", &e), 0);
	assert_int_equal(audit_key_open(&foreign, other, "a/b", &e), 0);
	memset(n.root, 7, AUDIT_HASH);
	len = audit_note_write(text, &n, k);
	assert_true(len > 0);
	audit_key_text(k, vkey);
	assert_int_equal(audit_key_read(&pub, fix_span_of(vkey)), 0);
	assert_int_equal(audit_note_read(&back, fix_span_of(text), pub), 0);
	assert_int_equal(back.size, 1234);
	assert_memory_equal(back.root, n.root, AUDIT_HASH);
	assert_int_equal(audit_note_write(text, &n, pub), -FIX_E_STATE);
	assert_int_equal(audit_note_read(&back, fix_span_of(text), foreign),
	    -FIX_E_CORRUPT);
	for (ssize_t i = 0; i < len; i++) {
		text[i] ^= 1;
		assert_int_not_equal(
		    audit_note_read(&back, fix_span_of(text), pub), 0);
		text[i] ^= 1;
	}
	/* The key is its owner's alone, and is refused when it is not. */
	audit_key_free(k);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(audit_key_open(&k, path, "a/b", &e), -FIX_E_IO);
	assert_non_null(strstr(e.text, "others may read"));
	audit_key_free(pub);
	audit_key_free(foreign);
	unlink(path);
	unlink(other);
	rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roots_are_the_known_ones),
		cmocka_unit_test(every_size_has_the_root_of_the_book),
		cmocka_unit_test(an_event_is_what_python_writes),
		cmocka_unit_test(any_event_fits),
		cmocka_unit_test(another_spelling_is_refused),
		cmocka_unit_test(a_note_is_good_only_as_it_was_signed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
