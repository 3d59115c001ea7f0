/*
 * The orders and executions that a TWS session knows.
 *
 * Live orders are found by their order id at TWS and by the gateway's id, of
 * which all behind the last '-' counts requests. Ended ones stay for a while,
 * since executions, commissions and repeated statuses of them still come; the
 * oldest go when there are as many as live ones may be.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "gateway/venue/tws_int.h"

#define FILLS_EACH 8u /* executions remembered for each order */

/* The object that a node is embedded in. */
#define OF(n, type, member) \
	((type *)((uintptr_t)(n) - offsetof(type, member)))

bool
tws_book_init(struct tws *t)
{
	TAILQ_INIT(&t->orders);
	TAILQ_INIT(&t->ended);
	TAILQ_INIT(&t->fill_list);
	pool_init(&t->order_pool, (sizeof(struct tws_order) + 15) & ~15ul);
	pool_init(&t->fill_pool, (sizeof(struct tws_fill) + 15) & ~15ul);
	return hmap_init(&t->by_id) && hmap_init(&t->by_ref) &&
	       hmap_init(&t->fills);
}

void
tws_book_fini(struct tws *t)
{
	hmap_fini(&t->by_id);
	hmap_fini(&t->by_ref);
	hmap_fini(&t->fills);
	pool_fini(&t->order_pool);
	pool_fini(&t->fill_pool);
}

static uint64_t
id_hash(int64_t order_id)
{
	return hash_bytes(1, &order_id, sizeof(order_id));
}

static struct fix_span
stem_of(struct fix_span ref)
{
	size_t n = ref.len;

	while (n > 0 && ref.p[n - 1] != '-')
		n--;
	if (n > 1)
		ref.len = n - 1;
	return ref;
}

bool
tws_same_order(struct fix_span a, struct fix_span b)
{
	return fix_span_eq(stem_of(a), stem_of(b));
}

static bool
id_is(const struct node *n, const void *key)
{
	return OF(n, struct tws_order, by_id)->order_id ==
	       *(const int64_t *)key;
}

static bool
ref_is(const struct node *n, const void *key)
{
	return fix_span_eq(
	    stem_of(fix_span_of(OF(n, struct tws_order, by_ref)->ref)),
	    *(const struct fix_span *)key);
}

struct tws_order *
tws_order_by_id(const struct tws *t, int64_t order_id)
{
	struct node *n = hmap_find(&t->by_id, id_hash(order_id), id_is,
	    &order_id);

	return n == NULL ? NULL : OF(n, struct tws_order, by_id);
}

struct tws_order *
tws_order_by_ref(const struct tws *t, struct fix_span ref)
{
	struct fix_span stem = stem_of(ref);
	struct node *n;

	if (ref.len == 0)
		return NULL;
	n = hmap_find(&t->by_ref, hash_bytes(2, stem.p, stem.len), ref_is,
	    &stem);
	return n == NULL ? NULL : OF(n, struct tws_order, by_ref);
}

struct tws_order *
tws_order_of(const struct tws *t, const char *id, const char *venue_order_id)
{
	struct tws_order *o = tws_order_by_ref(t, fix_span_of(id));
	int client, used = 0;
	long long number;

	if (o != NULL || venue_order_id == NULL ||
	    sscanf(venue_order_id, "%d-%lld%n", &client, &number, &used) != 2 ||
	    venue_order_id[used] != '\0' || client != t->cfg.client_id)
		return o;
	return tws_order_by_id(t, number);
}

void
tws_order_gone(struct tws *t, struct tws_order *o)
{
	if (o->state == TWS_S_ENDED) {
		TAILQ_REMOVE(&t->ended, o, all);
		t->n_ended--;
	} else {
		TAILQ_REMOVE(&t->orders, o, all);
		t->n_orders--;
	}
	hmap_del(&t->by_id, &o->by_id);
	if (o->ref[0] != '\0')
		hmap_del(&t->by_ref, &o->by_ref);
	pool_put(&t->order_pool, o);
}

struct tws_order *
tws_order_new(struct tws *t, int64_t order_id, struct fix_span ref)
{
	struct tws_order *o;
	struct fix_span stem;

	if (!pool_reserve(&t->order_pool, 1) || !hmap_reserve(&t->by_id, 1) ||
	    !hmap_reserve(&t->by_ref, 1))
		return NULL;
	o = pool_get(&t->order_pool);
	o->order_id = order_id;
	o->due_ns = INT64_MAX;
	o->symbol = t->cfg.n_symbols;
	fix_span_copy(ref, o->ref, sizeof(o->ref));
	memcpy(o->id, o->ref, sizeof(o->id));
	hmap_put(&t->by_id, &o->by_id, id_hash(order_id));
	stem = stem_of(fix_span_of(o->ref));
	if (ref.len > 0)
		hmap_put(&t->by_ref, &o->by_ref,
		    hash_bytes(2, stem.p, stem.len));
	TAILQ_INSERT_TAIL(&t->orders, o, all);
	t->n_orders++;
	return o;
}

void
tws_order_ended(struct tws *t, struct tws_order *o, char as)
{
	if (o->state != TWS_S_ENDED) {
		TAILQ_REMOVE(&t->orders, o, all);
		TAILQ_INSERT_TAIL(&t->ended, o, all);
		t->n_orders--;
		t->n_ended++;
	}
	o->state = TWS_S_ENDED;
	o->ended_as = as;
	o->due_ns = INT64_MAX;
	while (t->n_ended > t->cfg.max_orders)
		tws_order_gone(t, TAILQ_FIRST(&t->ended));
}

void
tws_order_again(struct tws *t, struct tws_order *o)
{
	TAILQ_REMOVE(&t->ended, o, all);
	TAILQ_INSERT_TAIL(&t->orders, o, all);
	t->n_ended--;
	t->n_orders++;
	o->state = TWS_S_NEW;
}

/* ----- executions ----- */

/* Bytes in front of the last point: what a correction keeps. */
size_t
tws_exec_stem(struct fix_span exec_id)
{
	size_t n = exec_id.len;

	while (n > 0 && exec_id.p[n - 1] != '.')
		n--;
	return n > 1 ? n - 1 : exec_id.len;
}

static bool
fill_is(const struct node *n, const void *key)
{
	const struct tws_fill *f = OF(n, struct tws_fill, node);
	struct fix_span stem = { (const uint8_t *)f->exec_id, f->stem };

	return fix_span_eq(stem, *(const struct fix_span *)key);
}

struct tws_fill *
tws_fill_find(const struct tws *t, struct fix_span exec_id)
{
	struct fix_span stem = { exec_id.p, tws_exec_stem(exec_id) };
	struct node *n = hmap_find(&t->fills,
	    hash_bytes(3, stem.p, stem.len), fill_is, &stem);

	return n == NULL ? NULL : OF(n, struct tws_fill, node);
}

struct tws_fill *
tws_fill_new(struct tws *t, struct fix_span exec_id)
{
	struct tws_fill *f;

	if (t->n_fills >= FILLS_EACH * t->cfg.max_orders) {
		f = TAILQ_FIRST(&t->fill_list);
		TAILQ_REMOVE(&t->fill_list, f, all);
		hmap_del(&t->fills, &f->node);
		pool_put(&t->fill_pool, f);
		t->n_fills--;
	}
	if (!pool_reserve(&t->fill_pool, 1) || !hmap_reserve(&t->fills, 1))
		return NULL;
	f = pool_get(&t->fill_pool);
	fix_span_copy(exec_id, f->exec_id, sizeof(f->exec_id));
	f->stem = tws_exec_stem(exec_id);
	hmap_put(&t->fills, &f->node, hash_bytes(3, exec_id.p, f->stem));
	TAILQ_INSERT_TAIL(&t->fill_list, f, all);
	t->n_fills++;
	return f;
}
