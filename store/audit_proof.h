/*
 * That a leaf is in a tree: audit paths of RFC 6962 section 2.1.1.
 * That a tree is the beginning of a larger one: consistency proofs of RFC 6962
 * section 2.1.2, made without the leaves of old. What is kept of the old tree is
 * its edge, and of what came since the roots of its complete subtrees.
 */
#ifndef FIXGATE_STORE_AUDIT_PROOF_H
#define FIXGATE_STORE_AUDIT_PROOF_H

#include "store/audit_tree.h"

#define AUDIT_PROOF_MAX 64 /* hashes; C2SP tlog-witness allows 63 */

struct audit_range { /* leaves from first on, up to next; zeroed: of an empty
                        tree, begun with audit_range_begin() otherwise */
	uint64_t first, next;
	unsigned n;
	struct audit_node {
		uint64_t at;    /* its first leaf */
		unsigned level; /* of 2^level leaves */
		uint8_t hash[AUDIT_HASH];
	} node[2 * AUDIT_TREE_DEPTH];
};

/** An empty range behind a tree of size leaves. */
void audit_range_begin(struct audit_range *r, uint64_t size);
/** Append a leaf, whose data is one hash. */
void audit_range_add(struct audit_range *r, const uint8_t data[AUDIT_HASH]);
/**
 * The proof that old is the beginning of old with more behind it.
 *
 * @param more  begun at old->size
 * @return hashes in out; 0 if either is empty: nothing needs proof
 */
unsigned audit_proof_make(uint8_t out[AUDIT_PROOF_MAX][AUDIT_HASH],
    const struct audit_tree *old, const struct audit_range *more);
/** Does it hold? Both sizes and roots are what the two trees are said to have.
 * A tree of nothing is the beginning of any, with no proof. RFC 9162 section
 * 2.1.4.2. */
bool audit_proof_holds(uint64_t old_size, const uint8_t old_root[AUDIT_HASH],
    uint64_t size, const uint8_t root[AUDIT_HASH],
    const uint8_t (*proof)[AUDIT_HASH], unsigned n);

/* The whole tree, for audit paths: 64 bytes a leaf. Kept by levels, where a node
 * without a right neighbour goes up as it is: the same root as by the split at
 * powers of two in the RFC. */
struct audit_levels { /* zeroed: empty */
	struct audit_level {
		uint8_t (*node)[AUDIT_HASH];
		size_t n;
	} level[AUDIT_TREE_DEPTH];
	size_t cap; /* of the leaves */
};

/** Append a leaf, whose data is one hash. @return 0, -FIX_E_NOMEM */
int audit_levels_add(struct audit_levels *l, const uint8_t data[AUDIT_HASH])
    FIX_MUST_CHECK;
/** Make what is above the first size leaves, once. @return 0, -FIX_E_NOMEM */
int audit_levels_build(struct audit_levels *l, size_t size) FIX_MUST_CHECK;
/** The path of a leaf, from it up. @return hashes in out */
unsigned audit_levels_path(const struct audit_levels *l, uint64_t leaf,
    uint8_t out[AUDIT_TREE_DEPTH][AUDIT_HASH]);
void audit_levels_free(struct audit_levels *l);

#endif
