/*
 * The tree's edge: one hash for each bit of the size. A new leaf is joined with
 * its left neighbours as a carry runs through a binary number; the root is the
 * fold of the edge from the smallest subtree up.
 */
#include "store/audit_tree.h"

#include <assert.h>
#include <openssl/evp.h>

/* Looking SHA-256 up again for each hash, as SHA256() does, takes longer than
 * hashing an event. */
void
audit_sha256(uint8_t out[AUDIT_HASH], const void *p, size_t len)
{
	static _Thread_local EVP_MD_CTX *kept;
	static _Thread_local EVP_MD *md;
	int good;

	if (kept == NULL) {
		md = EVP_MD_fetch(NULL, "SHA256", NULL);
		kept = EVP_MD_CTX_new();
	}
	good = kept != NULL && EVP_DigestInit_ex2(kept, md, NULL) == 1 &&
	       EVP_DigestUpdate(kept, p, len) == 1 &&
	       EVP_DigestFinal_ex(kept, out, NULL) == 1;
	assert(good);
}

void
audit_tree_node(uint8_t out[AUDIT_HASH], const uint8_t left[AUDIT_HASH],
    const uint8_t right[AUDIT_HASH])
{
	uint8_t in[1 + 2 * AUDIT_HASH] = { 1 };

	memcpy(in + 1, left, AUDIT_HASH);
	memcpy(in + 1 + AUDIT_HASH, right, AUDIT_HASH);
	audit_sha256(out, in, sizeof(in));
}

void
audit_tree_leaf(uint8_t out[AUDIT_HASH], const uint8_t data[AUDIT_HASH])
{
	uint8_t in[1 + AUDIT_HASH] = { 0 };

	memcpy(in + 1, data, AUDIT_HASH);
	audit_sha256(out, in, sizeof(in));
}

void
audit_tree_add(struct audit_tree *t, const uint8_t data[AUDIT_HASH])
{
	uint8_t hash[AUDIT_HASH];
	unsigned i = 0;

	audit_tree_leaf(hash, data);
	for (; (t->size >> i & 1) != 0; i++)
		audit_tree_node(hash, t->part[i], hash);
	memcpy(t->part[i], hash, AUDIT_HASH);
	t->size++;
}

void
audit_tree_root(const struct audit_tree *t, uint8_t out[AUDIT_HASH])
{
	bool any = false;

	audit_sha256(out, "", 0);
	for (unsigned i = 0; i < AUDIT_TREE_DEPTH; i++) {
		if ((t->size >> i & 1) == 0)
			continue;
		if (any)
			audit_tree_node(out, t->part[i], out);
		else
			memcpy(out, t->part[i], AUDIT_HASH);
		any = true;
	}
}

void
audit_hex(char out[AUDIT_HEX + 1], const uint8_t hash[AUDIT_HASH])
{
	static const char digits[] = "0123456789abcdef";

	for (unsigned i = 0; i < AUDIT_HASH; i++) {
		out[2 * i] = digits[hash[i] >> 4];
		out[2 * i + 1] = digits[hash[i] & 15];
	}
	out[AUDIT_HEX] = '\0';
}

static int
digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
audit_of_hex(uint8_t out[AUDIT_HASH], struct fix_span hex)
{
	if (hex.len != AUDIT_HEX)
		return false;
	for (unsigned i = 0; i < AUDIT_HASH; i++) {
		int hi = digit(hex.p[2 * i]), lo = digit(hex.p[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		out[i] = (uint8_t)(hi << 4 | lo);
	}
	return true;
}
