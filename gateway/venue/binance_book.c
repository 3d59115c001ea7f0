/*
 * The orders that this process knows, by what all ids of an order have in
 * common, and what the trader is told about them.
 */
#include <stdio.h>
#include <stdlib.h>

#include "gateway/venue/binance_int.h"

/* ----- who is who ----- */

static bool
same_family(const struct node *n, const void *key)
{
	return strcmp(((const struct border *)(const void *)n)->family, key) ==
	       0;
}

struct border *
orders_find(struct binance *b, const char *id)
{
	char f[OUTSIDE_ID];

	if (!outside_family(id, f))
		return NULL;
	return (struct border *)(void *)hmap_find(
	    &b->by_family, hash_bytes(1, f, strlen(f)), same_family, f);
}

static void
forget(struct binance *b, struct border *o)
{
	TAILQ_REMOVE(&b->all, o, all);
	hmap_del(&b->by_family, &o->node);
	free(o);
	b->n_orders--;
}

void
orders_free(struct binance *b)
{
	struct border *o;

	while ((o = TAILQ_FIRST(&b->all)) != NULL)
		forget(b, o);
	hmap_fini(&b->by_family);
}

/* One of the oldest makes room if it has ended; others are looked at later. */
static void
make_room(struct binance *b)
{
	struct border *o;

	for (unsigned tries = 0; b->n_orders >= BINANCE_ORDERS && tries < 100;
	     tries++) {
		o = TAILQ_FIRST(&b->all);
		if (o->ended && o->wait == 0 && !o->listed) {
			forget(b, o);
			continue;
		}
		TAILQ_REMOVE(&b->all, o, all);
		TAILQ_INSERT_TAIL(&b->all, o, all);
	}
}

struct border *
orders_get(struct binance *b, const char *id, struct symbol *s)
{
	struct border *o = orders_find(b, id);

	if (o != NULL)
		return o;
	make_room(b);
	o = calloc(1, sizeof(*o));
	if (o == NULL || s == NULL || !outside_family(id, o->family) ||
	    !hmap_reserve(&b->by_family, 1)) {
		free(o);
		return NULL;
	}
	snprintf(o->id, sizeof(o->id), "%s", id);
	o->symbol = s;
	hmap_put(&b->by_family, &o->node,
	    hash_bytes(1, o->family, strlen(o->family)));
	TAILQ_INSERT_TAIL(&b->all, o, all);
	b->n_orders++;
	return o;
}

struct border *
orders_of_venue(struct binance *b, const struct symbol *s, int64_t order_id)
{
	struct border *o;

	TAILQ_FOREACH_REVERSE(o, &b->all, borders, all)
	{
		if (o->symbol == s && o->order_id == order_id)
			return o;
	}
	return NULL;
}

/* ----- what the trader is told ----- */

static void
put_order_id(struct record_out *out, const struct symbol *s, int64_t order_id)
{
	char text[64];

	snprintf(text, sizeof(text), "%s-%" PRId64, s->rules.symbol, order_id);
	if (order_id != 0)
		record_put(out, "order", text);
}

void
orders_ack(struct binance *b, struct border *o)
{
	struct record_out *out;

	if (o->acked)
		return;
	o->acked = true;
	out = peer_begin(b->peer, "ack");
	record_put(out, "id", o->id);
	put_order_id(out, o->symbol, o->order_id);
	peer_send(b->peer);
}

void
orders_ended(struct binance *b, struct border *o)
{
	(void)b;
	o->ended = true;
	o->at.kind = o->held.kind = '\0';
	o->wait &= ~(unsigned)(B_DOUBT | B_REDOUBT | B_CHANGE);
}

void
orders_replaced(struct binance *b, struct border *o, int64_t order_id,
    int64_t qty, int64_t price)
{
	struct record_out *out = peer_begin(b->peer, "replaced");

	record_put(out, "id", o->at.id);
	record_put(out, "orig", o->id);
	put_order_id(out, o->symbol, order_id);
	record_put_e8(out, "qty", qty);
	if (price > 0)
		record_put_e8(out, "price", price);
	peer_send(b->peer);
	memcpy(o->id, o->at.id, sizeof(o->id));
	o->wish = o->at.wish;
	o->wish.qty = qty;
	o->order_id = order_id;
	o->acked = true;
	o->at.kind = '\0';
	o->wait &= ~(unsigned)(B_CHANGE | B_REDOUBT);
}

/* Of a stream's event (l, L, T, n, N, t) or of myTrades. */
void
orders_fill(struct binance *b, const struct border *o, const char *id,
    const struct symbol *s, int64_t order_id, const json_t *t, bool stream)
{
	struct record_out *out = peer_begin(b->peer, "fill");
	int64_t trade = 0, ms = 0;
	char exec[64];
	bool buys = stream ? strcmp(json_text(t, "S"), "BUY") == 0 :
			     json_is_true(json_object_get(t, "isBuyer"));

	if (o != NULL && o->wish.rare.cash_e8 != 0 && stream)
		record_put(out, "qty", json_text(t, "q")); /* what it is */
	if (json_whole(t, stream ? "t" : "id", &trade) == 0) {
		snprintf(exec, sizeof(exec), "%s-t%" PRId64, s->rules.symbol,
		    trade);
		record_put(out, "exec", exec);
	}
	record_put(out, "id", id);
	put_order_id(out, s, order_id);
	record_put(out, "last_qty", json_text(t, stream ? "l" : "qty"));
	record_put(out, "last_px", json_text(t, stream ? "L" : "price"));
	if (stream)
		record_put(out, "cum", json_text(t, "z"));
	record_put(out, "symbol", s->rules.symbol);
	record_put_char(out, "side", buys ? '1' : '2');
	record_put(out, "fee", json_text(t, stream ? "n" : "commission"));
	record_put(
	    out, "fee_currency", json_text(t, stream ? "N" : "commissionAsset"));
	if (json_whole(t, stream ? "T" : "time", &ms) == 0 && ms > 0 &&
	    ms < INT64_MAX / FIX_MSEC)
		record_put_int(out, "time", ms * FIX_MSEC);
	peer_send(b->peer);
}
