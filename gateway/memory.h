/*
 * Pools and hash maps of the trader: what an order needs is taken from slabs
 * and found by hash, without a malloc for each order and without a long pause
 * when a map grows. Neither is safe for two threads.
 */
#ifndef FIXGATE_GATEWAY_MEMORY_H
#define FIXGATE_GATEWAY_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slab;

/* Objects of one size. A pool of zeros but for its size is an empty one. */
struct pool {
	size_t size; /* bytes of an object, a multiple of 16 */
	size_t n_free, n_fresh;
	size_t slab_bytes; /* of the last slab; the next one is twice that */
	struct slab *slabs;
	void *free;           /* given back, chained */
	unsigned char *fresh; /* never used yet, in the last slab */
};

void pool_init(struct pool *p, size_t size);
/** Give all memory back, that of objects still in use too. */
void pool_fini(struct pool *p);
/** Are n objects at hand, without more memory? Gets it if not.
 * @param n  at most POOL_RESERVE_MAX @return false: out of memory */
bool pool_reserve(struct pool *p, size_t n);
#define POOL_RESERVE_MAX 64
/** Touch the memory of n objects more, so that taking them meets no page fault.
 * @return false: out of memory */
bool pool_prepare(struct pool *p, size_t n);
/** A zeroed object, the pool's until pool_put(); NULL: out of memory. */
void *pool_get(struct pool *p);
void pool_put(struct pool *p, void *obj);

/* Embedded in an object that stands in a map. */
struct node {
	uint64_t hash;
};

struct slot {
	uint64_t hash;
	struct node *node; /* NULL: never used */
};

struct hmap {
	struct slot *slots, *old; /* old: being moved over to slots */
	size_t mask, old_mask, moved;
	size_t count; /* nodes in it */
	size_t used;  /* of slots: with those whose node is gone */
};

typedef bool hmap_eq(const struct node *n, const void *key);

/** @return false: out of memory */
bool hmap_init(struct hmap *m);
void hmap_fini(struct hmap *m);
/** Is there room for n more, without more memory? Gets it if not.
 * @param n  at most POOL_RESERVE_MAX @return false: out of memory */
bool hmap_reserve(struct hmap *m, size_t n);
/** The same, and touch its memory, for any n. Of an empty map only; else nothing
 * is done. @return false: out of memory */
bool hmap_prepare(struct hmap *m, size_t n);
/**
 * Put a node in; the map borrows it until hmap_del() or hmap_fini().
 *
 * Of two with equal keys either may be found: look before. Out of memory the
 * map fills up, with half as much again as it holds; then the process ends.
 * Where input decides, ask hmap_reserve() before.
 */
void hmap_put(struct hmap *m, struct node *n, uint64_t hash);
/** Take a node out. One that is not in it changes nothing. */
void hmap_del(struct hmap *m, struct node *n);
/** @return a node of that hash which eq() says is it; NULL: none */
struct node *hmap_find(
    const struct hmap *m, uint64_t hash, hmap_eq *eq, const void *key);
/** Each node, in no order; fn may not change the map. */
void hmap_each(
    struct hmap *m, void (*fn)(void *arg, struct node *n), void *arg);

uint64_t hash_bytes(uint64_t seed, const void *p, size_t len);

#endif
