/*
 * In: the edge of an old tree, and the leaves behind it one by one. Out: the
 * hashes by which whoever has only the old root can compute both roots.
 *
 * Why the edge is enough: RFC 6962 splits at powers of two, so each subtree that
 * it names in the old tree is complete and lies at the edge, and each that it
 * names behind the old tree is made of complete ones that lie behind it wholly.
 */
#include "store/audit_proof.h"

#include <stdlib.h>

#include <assert.h>

void
audit_range_begin(struct audit_range *r, uint64_t size)
{
	r->first = r->next = size;
	r->n = 0;
}

/* Two neighbours of one level that are halves of a subtree become one. */
static bool
join(struct audit_range *r)
{
	struct audit_node *left, *right;

	if (r->n < 2)
		return false;
	left = &r->node[r->n - 2];
	right = &r->node[r->n - 1];
	if (left->level != right->level || (left->at >> left->level & 1) != 0)
		return false;
	audit_tree_node(left->hash, left->hash, right->hash);
	left->level++;
	r->n--;
	return true;
}

void
audit_range_add(struct audit_range *r, const uint8_t data[AUDIT_HASH])
{
	struct audit_node *n = &r->node[r->n++];

	n->at = r->next++;
	n->level = 0;
	audit_tree_leaf(n->hash, data);
	while (join(r))
		continue;
}

struct maker {
	const struct audit_tree *old;
	const struct audit_range *more;
	uint8_t (*out)[AUDIT_HASH];
	unsigned n;
};

/* The largest power of two that is smaller than n, which is at least 2. */
static uint64_t
half(uint64_t n)
{
	return (uint64_t)1 << (63 - __builtin_clzll(n - 1));
}

/* Root over leaves lo to hi, all behind the old tree. */
static void
root_behind(const struct maker *m, uint64_t lo, uint64_t hi,
    uint8_t out[AUDIT_HASH])
{
	uint8_t right[AUDIT_HASH];

	for (unsigned i = 0; i < m->more->n; i++) {
		const struct audit_node *n = &m->more->node[i];

		if (n->at == lo && (uint64_t)1 << n->level == hi - lo) {
			memcpy(out, n->hash, AUDIT_HASH);
			return;
		}
	}
	assert(hi - lo > 1);
	root_behind(m, lo, lo + half(hi - lo), out);
	root_behind(m, lo + half(hi - lo), hi, right);
	audit_tree_node(out, out, right);
}

static void
put(struct maker *m, uint64_t lo, uint64_t hi)
{
	assert(m->n < AUDIT_PROOF_MAX);
	if (lo >= m->old->size)
		root_behind(m, lo, hi, m->out[m->n]);
	else
		memcpy(m->out[m->n], m->old->part[__builtin_ctzll(hi - lo)],
		    AUDIT_HASH);
	m->n++;
}

/* SUBPROOF of the RFC over leaves lo to hi; whole: its old part is the old tree,
 * whose root is known. */
static void
subproof(struct maker *m, uint64_t lo, uint64_t hi, bool whole)
{
	uint64_t mid;

	if (hi == m->old->size) {
		if (!whole)
			put(m, lo, hi);
		return;
	}
	mid = lo + half(hi - lo);
	if (m->old->size <= mid) {
		subproof(m, lo, mid, whole);
		put(m, mid, hi);
	} else {
		subproof(m, mid, hi, false);
		put(m, lo, mid);
	}
}

unsigned
audit_proof_make(uint8_t out[AUDIT_PROOF_MAX][AUDIT_HASH],
    const struct audit_tree *old, const struct audit_range *more)
{
	struct maker m = { old, more, out, 0 };

	assert(more->first == old->size);
	if (old->size > 0 && more->next > old->size)
		subproof(&m, 0, more->next, true);
	return m.n;
}

struct walk { /* from a leaf of the old tree's edge up to both roots */
	uint64_t fn, sn;
	uint8_t fr[AUDIT_HASH], sr[AUDIT_HASH];
};

static bool
step(struct walk *w, const uint8_t c[AUDIT_HASH])
{
	if (w->sn == 0)
		return false;
	if ((w->fn & 1) != 0 || w->fn == w->sn) {
		audit_tree_node(w->fr, c, w->fr);
		audit_tree_node(w->sr, c, w->sr);
		while ((w->fn & 1) == 0 && w->fn != 0) {
			w->fn >>= 1;
			w->sn >>= 1;
		}
	} else {
		audit_tree_node(w->sr, w->sr, c);
	}
	w->fn >>= 1;
	w->sn >>= 1;
	return true;
}

static bool
same(const uint8_t a[AUDIT_HASH], const uint8_t b[AUDIT_HASH])
{
	return memcmp(a, b, AUDIT_HASH) == 0;
}

bool
audit_proof_holds(uint64_t old_size, const uint8_t old_root[AUDIT_HASH],
    uint64_t size, const uint8_t root[AUDIT_HASH],
    const uint8_t (*proof)[AUDIT_HASH], unsigned n)
{
	struct walk w = { old_size - 1, size - 1, { 0 }, { 0 } };
	unsigned i = 0;

	if (old_size > size)
		return false;
	if (old_size == 0 || old_size == size)
		return n == 0 && (old_size == 0 || same(old_root, root));
	while ((w.fn & 1) != 0) {
		w.fn >>= 1;
		w.sn >>= 1;
	}
	if ((old_size & (old_size - 1)) != 0) {
		if (n == 0)
			return false;
		memcpy(w.fr, proof[i++], AUDIT_HASH);
	} else {
		memcpy(w.fr, old_root, AUDIT_HASH);
	}
	memcpy(w.sr, w.fr, AUDIT_HASH);
	for (; i < n; i++)
		if (!step(&w, proof[i]))
			return false;
	return w.sn == 0 && same(w.fr, old_root) && same(w.sr, root);
}

int
audit_levels_add(struct audit_levels *l, const uint8_t data[AUDIT_HASH])
{
	struct audit_level *low = &l->level[0];
	size_t cap = l->cap == 0 ? 1024 : 2 * l->cap;
	uint8_t(*p)[AUDIT_HASH];

	if (low->n == l->cap) {
		p = realloc(low->node, cap * sizeof(*p));
		if (p == NULL)
			return -FIX_E_NOMEM;
		low->node = p;
		l->cap = cap;
	}
	audit_tree_leaf(low->node[low->n++], data);
	return 0;
}

int
audit_levels_build(struct audit_levels *l, size_t size)
{
	l->level[0].n = size;
	for (unsigned i = 0; l->level[i].n > 1; i++) {
		struct audit_level *low = &l->level[i], *up = low + 1;

		up->n = (low->n + 1) / 2;
		up->node = malloc(up->n * sizeof(*up->node));
		if (up->node == NULL)
			return -FIX_E_NOMEM;
		for (size_t k = 0; k < up->n; k++)
			if (2 * k + 1 < low->n)
				audit_tree_node(up->node[k], low->node[2 * k],
				    low->node[2 * k + 1]);
			else
				memcpy(up->node[k], low->node[2 * k],
				    AUDIT_HASH);
	}
	return 0;
}

unsigned
audit_levels_path(const struct audit_levels *l, uint64_t leaf,
    uint8_t out[AUDIT_TREE_DEPTH][AUDIT_HASH])
{
	unsigned n = 0;

	for (unsigned k = 0; l->level[k].n > 1; k++, leaf >>= 1)
		if ((leaf ^ 1) < l->level[k].n)
			memcpy(out[n++], l->level[k].node[leaf ^ 1],
			    AUDIT_HASH);
	return n;
}

void
audit_levels_free(struct audit_levels *l)
{
	for (unsigned i = 0; i < AUDIT_TREE_DEPTH; i++)
		free(l->level[i].node);
}
