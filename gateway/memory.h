/*
 * Pools and hash maps of the desk: everything an order needs is taken from
 * slabs and found by hash, without a malloc for each order and without a long
 * pause when a map grows.
 */
#ifndef FIXGATE_GATEWAY_ORDER_TABLE_H
#define FIXGATE_GATEWAY_ORDER_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slab;

struct pool {
	size_t size; /* bytes of an object */
	size_t step; /* objects of a slab */
	size_t n_free, n_fresh;
	struct slab *slabs;
	void *free;           /* given back, chained */
	unsigned char *fresh; /* never used yet, in the last slab */
};

void order_pool_init(struct pool *p, size_t size, size_t step);
void order_pool_fini(struct pool *p);
/** Are n objects at hand, without more memory? Gets it if not. */
bool order_pool_reserve(struct pool *p, size_t n);
/** A zeroed object; NULL: out of memory. */
void *order_pool_get(struct pool *p);
void order_pool_put(struct pool *p, void *obj);

/* Links of an object that is in a map; embedded in it. */
struct node {
	struct node *next;
	uint64_t hash;
};

struct map {
	struct node **slots, **old; /* old: being moved over to slots */
	size_t mask, old_mask, moved, count;
};

typedef bool map_eq(const struct node *n, const void *key);

/** @return false: out of memory */
bool order_map_init(struct map *m);
void order_map_fini(struct map *m);
void order_map_put(struct map *m, struct node *n, uint64_t hash);
void order_map_del(struct map *m, struct node *n);
struct node *order_map_find(const struct map *m, uint64_t hash, map_eq *eq,
    const void *key);
/** Each node, in no order; fn may not change the map. */
void order_map_each(struct map *m, void (*fn)(void *arg, struct node *n), void *arg);

uint64_t order_hash_bytes(uint64_t seed, const void *p, size_t len);

#endif
