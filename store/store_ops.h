/* What stands behind struct fix_store. Not installed. */
#ifndef FIXGATE_STORE_STORE_OPS_H
#define FIXGATE_STORE_STORE_OPS_H

#include "store/store.h"

#define META_APPLIED "applied" /* key in FIX_TAB_META; value: u64, big-endian */

typedef int fix_store_fn(void *arg, struct fix_span key, struct fix_span value);

/* As the functions of store.h; store.c has checked lengths and states. A put or
 * del that fails makes the batch fail. */
struct store_ops {
	int (*begin)(struct fix_store *s);
	int (*put)(struct fix_store *s, enum fix_table t, struct fix_span key,
	    struct fix_span value);
	int (*del)(struct fix_store *s, enum fix_table t, struct fix_span key);
	int (*del_prefix)(struct fix_store *s, enum fix_table t,
	    struct fix_span prefix);
	int (*commit)(struct fix_store *s);
	void (*abort)(struct fix_store *s);
	int (*clear)(struct fix_store *s);
	int (*sync)(struct fix_store *s);
	ssize_t (*get)(struct fix_store *s, enum fix_table t,
	    struct fix_span key, void *buf, size_t cap);
	size_t (*count)(struct fix_store *s, enum fix_table t);
	int (*each)(struct fix_store *s, enum fix_table t,
	    struct fix_span prefix, struct fix_span from, fix_store_fn *fn,
	    void *arg);
	void (*close)(struct fix_store *s);
};

struct fix_store {
	const struct store_ops *ops;
	struct fix_store *self; /* for functions that get it const */
	uint64_t applied;       /* as committed */
	bool write;
	bool in_batch;
	int failed;     /* what the batch failed with, or 0 */
	unsigned depth; /* walks that are open */
	const char *place; /* its folder; NULL: in memory */
	uint64_t most;     /* bytes that it may have there */
};

/** Does key begin with prefix? */
static inline bool
fix_span_begins(struct fix_span key, struct fix_span prefix)
{
	return key.len >= prefix.len &&
	    (prefix.len == 0 || memcmp(key.p, prefix.p, prefix.len) == 0);
}

/** Order of keys: bytes, then length, as LMDB has it. */
static inline int
fix_span_cmp(struct fix_span a, struct fix_span b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int c = n == 0 ? 0 : memcmp(a.p, b.p, n);

	return c != 0 ? c : (a.len > b.len) - (a.len < b.len);
}

#endif
