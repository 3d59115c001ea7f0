/*
 * The Merkle tree over a growing list of hashes, of which only the roots of its
 * complete subtrees are held: RFC 6962 section 2.1, SHA-256, a leaf is hashed
 * behind a 0x00 and a node behind a 0x01.
 */
#ifndef FIXGATE_STORE_AUDIT_TREE_H
#define FIXGATE_STORE_AUDIT_TREE_H

#include "store/audit_event.h"

#define AUDIT_TREE_DEPTH 64

struct audit_tree { /* zeroed: empty */
	uint64_t size;                               /* leaves */
	uint8_t part[AUDIT_TREE_DEPTH][AUDIT_HASH];  /* [i]: of 2^i leaves, where
	                                                size has that bit */
};

void audit_sha256(uint8_t out[AUDIT_HASH], const void *p, size_t len);
/** Append a leaf, whose data is one hash. */
void audit_tree_add(struct audit_tree *t, const uint8_t data[AUDIT_HASH]);
/** Hashes of a leaf, whose data is one hash, and of a node. */
void audit_tree_leaf(uint8_t out[AUDIT_HASH], const uint8_t data[AUDIT_HASH]);
void audit_tree_node(uint8_t out[AUDIT_HASH], const uint8_t left[AUDIT_HASH],
    const uint8_t right[AUDIT_HASH]);
/** Root of what is there; of nothing: the hash of no bytes. */
void audit_tree_root(const struct audit_tree *t, uint8_t out[AUDIT_HASH]);
void audit_hex(char out[AUDIT_HEX + 1], const uint8_t hash[AUDIT_HASH]);
/** @return false: not 64 digits in lower case */
bool audit_of_hex(uint8_t out[AUDIT_HASH], struct fix_span hex);

#endif
