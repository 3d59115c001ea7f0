/*
 * Consistency proofs of every pair of sizes up to 64, each against RFC 6962's own
 * words over the leaves; and each refused when anything in it is changed. Audit
 * paths of every leaf of every size up to 64, in the same way. SHA-256 itself
 * against FIPS 180-4's examples.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/audit_proof.h"

#define N 64

typedef uint8_t hash[AUDIT_HASH];

static hash leaf[N];

static size_t
half(size_t n)
{
	size_t k = 1;

	while (k * 2 < n)
		k *= 2;
	return k;
}

/* MTH() and SUBPROOF() as RFC 6962 section 2.1 writes them. */
static void
root_of(hash out, hash *d, size_t n)
{
	hash left, right;

	if (n == 0) {
		audit_sha256(out, "", 0);
	} else if (n == 1) {
		audit_tree_leaf(out, d[0]);
	} else {
		root_of(left, d, half(n));
		root_of(right, d + half(n), n - half(n));
		audit_tree_node(out, left, right);
	}
}

static unsigned
by_the_book(hash *out, size_t m, hash *d, size_t n, bool whole)
{
	size_t k = half(n);
	unsigned i;

	if (m == n) {
		if (!whole)
			root_of(out[0], d, n);
		return !whole;
	}
	if (m <= k) {
		i = by_the_book(out, m, d, k, whole);
		root_of(out[i], d + k, n - k);
	} else {
		i = by_the_book(out, m - k, d + k, n - k, false);
		root_of(out[i], d, k);
	}
	return i + 1;
}

static unsigned
made(hash *out, size_t m, size_t n)
{
	struct audit_tree old = { 0 };
	struct audit_range more;

	for (size_t i = 0; i < m; i++)
		audit_tree_add(&old, leaf[i]);
	audit_range_begin(&more, m);
	for (size_t i = m; i < n; i++)
		audit_range_add(&more, leaf[i]);
	return audit_proof_make(out, &old, &more);
}

static void
every_proof_is_that_of_the_book(void **state)
{
	hash want[AUDIT_PROOF_MAX], got[AUDIT_PROOF_MAX], old, new;
	unsigned pairs = 0, k;

	(void)state;
	for (size_t n = 1; n <= N; n++) {
		for (size_t m = 1; m <= n; m++) {
			k = made(got, m, n);
			assert_int_equal(
			    k, m == n ? 0 : by_the_book(want, m, leaf, n, true));
			assert_memory_equal(got, want, k * sizeof(hash));
			root_of(old, leaf, m);
			root_of(new, leaf, n);
			assert_true(audit_proof_holds(m, old, n, new, got, k));
			pairs++;
		}
	}
	assert_int_equal(pairs, N * (N + 1) / 2);
}

static void
a_changed_proof_does_not_hold(void **state)
{
	hash p[AUDIT_PROOF_MAX], old, new;
	unsigned k;

	(void)state;
	for (size_t n = 2; n <= N; n++) {
		for (size_t m = 1; m < n; m++) {
			k = made(p, m, n);
			root_of(old, leaf, m);
			root_of(new, leaf, n);
			assert_false(audit_proof_holds(m, old, n, new, p, k - 1));
			memset(p[k], 0, sizeof(hash));
			assert_false(audit_proof_holds(m, old, n, new, p, k + 1));
			for (unsigned i = 0; i < k; i++) {
				p[i][31] ^= 1;
				assert_false(
				    audit_proof_holds(m, old, n, new, p, k));
				p[i][31] ^= 1;
			}
			old[0] ^= 1;
			assert_false(audit_proof_holds(m, old, n, new, p, k));
			old[0] ^= 1;
			new[0] ^= 1;
			assert_false(audit_proof_holds(m, old, n, new, p, k));
			new[0] ^= 1;
			assert_true(audit_proof_holds(m, old, n, new, p, k));
		}
	}
}

/* PATH() as RFC 6962 section 2.1.1 writes it. */
static unsigned
path_by_the_book(hash *out, size_t m, hash *d, size_t n)
{
	size_t k = half(n);
	unsigned i;

	if (n == 1)
		return 0;
	if (m < k) {
		i = path_by_the_book(out, m, d, k);
		root_of(out[i], d + k, n - k);
	} else {
		i = path_by_the_book(out, m - k, d + k, n - k);
		root_of(out[i], d, k);
	}
	return i + 1;
}

static void
every_path_is_that_of_the_book(void **state)
{
	hash want[AUDIT_TREE_DEPTH], got[AUDIT_TREE_DEPTH];
	unsigned pairs = 0, k;

	(void)state;
	for (size_t n = 1; n <= N; n++) {
		struct audit_levels l = { .cap = 0 };

		/* Leaves behind those that count change nothing. */
		for (size_t i = 0; i < N; i++)
			assert_int_equal(audit_levels_add(&l, leaf[i]), 0);
		assert_int_equal(audit_levels_build(&l, n), 0);
		for (size_t m = 0; m < n; m++, pairs++) {
			k = path_by_the_book(want, m, leaf, n);
			assert_int_equal(audit_levels_path(&l, m, got), k);
			assert_memory_equal(got, want, k * sizeof(hash));
		}
		audit_levels_free(&l);
	}
	assert_int_equal(pairs, N * (N + 1) / 2);
}

/* A witness that has seen nothing takes any; one that has seen more, none. */
static void
the_ends(void **state)
{
	hash a = { 1 }, b = { 2 };

	(void)state;
	assert_true(audit_proof_holds(0, a, 5, b, NULL, 0));
	assert_false(audit_proof_holds(0, a, 5, b, &a, 1));
	assert_true(audit_proof_holds(5, a, 5, a, NULL, 0));
	assert_false(audit_proof_holds(5, a, 5, b, NULL, 0));
	assert_false(audit_proof_holds(6, a, 5, a, NULL, 0));
	assert_false(audit_proof_holds(3, a, 5, b, NULL, 0));
	assert_int_equal(made(&a, 0, 9), 0);
}

static void
sha256_known_answers(void **state)
{
	static const char *const in[] = { "", "abc",
		"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq" };
	static const char *const want[] = {
		"e3b0c44298fc1c149afbf4c8996fb924"
		"27ae41e4649b934ca495991b7852b855",
		"ba7816bf8f01cfea414140de5dae2223"
		"b00361a396177a9cb410ff61f20015ad",
		"248d6a61d20638b8e5c026930c3e6039"
		"a33ce45964ff2167f6ecedd419db06c1",
	};
	char hex[AUDIT_HEX + 1];
	hash h;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		audit_sha256(h, in[i], strlen(in[i]));
		audit_hex(hex, h);
		assert_string_equal(hex, want[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_proof_is_that_of_the_book),
		cmocka_unit_test(a_changed_proof_does_not_hold),
		cmocka_unit_test(every_path_is_that_of_the_book),
		cmocka_unit_test(the_ends),
		cmocka_unit_test(sha256_known_answers),
	};

	for (size_t i = 0; i < N; i++)
		audit_sha256(leaf[i], &i, sizeof(i));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
