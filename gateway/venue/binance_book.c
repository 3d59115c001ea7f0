/*
 * The orders that this process knows, by what all ids of an order have in
 * common, and what the trader is told about them.
 */
#include <stdio.h>
#include <stdlib.h>

#include "gateway/venue/binance_int.h"

#define DIGITS_MAX 12u /* of base 36 in a name: they fit in 63 bits */

/* ----- who is who ----- */

static bool
same_family(const struct node *n, const void *key)
{
	return strcmp(((const struct border *)(const void *)n)->family, key) ==
	       0;
}

bool
orders_name(char out[BINANCE_NAME_MAX + 1], const struct binance_name *n)
{
	char tmp[16];
	size_t at = sizeof(tmp), len = strlen(n->id);
	int64_t v = n->before;

	tmp[--at] = '\0';
	do {
		tmp[--at] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[v % 36];
		v /= 36;
	} while (v > 0);
	tmp[--at] = n->room ? 'c' : 'x';
	if (n->before == 0 && !n->room)
		tmp[at] = '\0';
	if (len + strlen(tmp + at) > BINANCE_NAME_MAX ||
	    strlen(tmp + at) > 1 + DIGITS_MAX)
		return false;
	memcpy(out, n->id, len);
	memcpy(out + len, tmp + at, strlen(tmp + at) + 1);
	return true;
}

/* Base 36, to the end. */
static bool
read36(const char *p, int64_t *out)
{
	*out = 0;
	if (*p == '\0' || strlen(p) > DIGITS_MAX)
		return false;
	for (; *p != '\0'; p++) {
		if (*p >= '0' && *p <= '9')
			*out = *out * 36 + (*p - '0');
		else if (*p >= 'A' && *p <= 'Z')
			*out = *out * 36 + (*p - 'A') + 10;
		else
			return false;
	}
	return true;
}

struct binance_name
orders_named(const char *name)
{
	const char *dash = strrchr(name, '-');
	const char *mark = dash == NULL ? NULL : strpbrk(dash, "cx");
	struct binance_name n = { .before = 0 };
	size_t len = strlen(name);

	if (mark != NULL && read36(mark + 1, &n.before)) {
		n.room = *mark == 'c';
		len = (size_t)(mark - name);
	} else {
		n.before = 0;
	}
	if (len >= sizeof(n.id))
		len = sizeof(n.id) - 1;
	memcpy(n.id, name, len);
	return n;
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
	memcpy(o->id, orders_named(id).id, sizeof(o->id));
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
orders_filled(struct binance *b, struct border *o)
{
	struct change was[2] = { o->at, o->held };

	orders_ended(b, o);
	for (int i = 0; i < 2; i++)
		if (was[i].kind != '\0')
			outside_refuse(b->peer, "cancel-reject", was[i].id, 0,
			    "TOO LATE the order is filled");
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
	o->known = true;
	o->before = o->at.before;
	o->order_id = order_id;
	o->acked = true;
	o->at.kind = '\0';
	o->wait &= ~(unsigned)(B_CHANGE | B_REDOUBT);
}

/* Of a stream's event (l, L, T, n, N, t) or of myTrades. */
void
orders_fill(struct binance *b, const struct border *o, const char *id,
    const struct symbol *s, int64_t order_id, const json_t *t, bool stream,
    int64_t before)
{
	struct record_out *out = peer_begin(b->peer, "fill");
	int64_t trade = 0, ms = 0, cum = 0;
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
	if (stream && before >= 0 && json_e8(t, "z", &cum) == 0)
		record_put_e8(out, "cum", before + cum);
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
