/*
 * The orders that this process knows, by what all ids of an order have in
 * common, and what the trader is told about them.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/venue/oanda_int.h"

static bool
same_family(const struct node *n, const void *key)
{
	return strcmp(((const struct oorder *)(const void *)n)->family, key) ==
	       0;
}

struct oorder *
oanda_book_find(struct oanda *b, const char *id)
{
	char f[OUTSIDE_ID];

	if (!outside_family(id, f))
		return NULL;
	return (struct oorder *)(void *)hmap_find(
	    &b->by_family, hash_bytes(1, f, strlen(f)), same_family, f);
}

struct oorder *
oanda_book_of(const struct rest_request *q)
{
	struct oorder *o = oanda_book_find(q->arg, q->text);

	assert(o != NULL);
	return o;
}

/* One of the oldest makes room if it has ended; others are looked at later. */
static void
make_room(struct oanda *b)
{
	struct oorder *o;

	for (unsigned tries = 0; b->n_orders >= OANDA_ORDERS && tries < 100;
	     tries++) {
		o = TAILQ_FIRST(&b->all);
		TAILQ_REMOVE(&b->all, o, all);
		if (!o->ended || o->wait != 0 || o->listed || o->in_batch) {
			TAILQ_INSERT_TAIL(&b->all, o, all);
			continue;
		}
		hmap_del(&b->by_family, &o->node);
		free(o);
		b->n_orders--;
	}
}

struct oorder *
oanda_book_get(struct oanda *b, const char *id, struct osymbol *s)
{
	struct oorder *o = oanda_book_find(b, id);

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

void
oanda_book_free(struct oanda *b)
{
	struct oorder *o;

	while ((o = TAILQ_FIRST(&b->all)) != NULL) {
		TAILQ_REMOVE(&b->all, o, all);
		hmap_del(&b->by_family, &o->node);
		free(o);
	}
	hmap_fini(&b->by_family);
}

void
oanda_book_ended(struct oorder *o, char state)
{
	o->ended = true;
	o->state = state;
	o->at.kind = o->held.kind = '\0';
	o->wait &= ~(unsigned)(O_DOUBT | O_REDO);
}

void
oanda_book_say(struct oanda *b, const struct oorder *o, const char *type,
    const char *id, const char *orig, const char *text)
{
	struct record_out *out;

	if (b->replaying)
		return;
	out = peer_begin(b->peer, type);
	record_put(out, "id", id);
	record_put(out, "orig", orig);
	if (o->order_id != 0)
		record_put_int(out, "order", o->order_id);
	record_put_e8(out, "cum", o->cum);
	record_put(out, "text", text);
	peer_send(b->peer);
}

void
oanda_book_ack(struct oanda *b, struct oorder *o)
{
	o->fresh = false;
	oanda_book_say(b, o, "ack", o->id, NULL, NULL);
}
