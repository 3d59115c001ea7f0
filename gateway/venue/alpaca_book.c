/*
 * The orders that this process knows, by what all ids of an order have in
 * common, the venue's orders that they are made of, and what the trader is
 * told about them.
 */
#include <stdio.h>
#include <stdlib.h>

#include "gateway/venue/alpaca_int.h"

static bool
same_family(const struct node *n, const void *key)
{
	return strcmp(((const struct aorder *)(const void *)n)->family, key) ==
	       0;
}

static bool
same_venue(const struct node *n, const void *key)
{
	return strcmp(((const struct leg *)(const void *)n)->venue, key) == 0;
}

static uint64_t
hash(const char *text)
{
	return hash_bytes(1, text, strlen(text));
}

struct aorder *
alpaca_find(struct alpaca *v, const char *id)
{
	char f[OUTSIDE_ID];

	if (!outside_family(id, f))
		return NULL;
	return (struct aorder *)(void *)hmap_find(
	    &v->by_family, hash(f), same_family, f);
}

static void
forget(struct alpaca *v, struct aorder *o)
{
	struct leg *l;

	while ((l = o->leg) != NULL) {
		o->leg = l->before;
		hmap_del(&v->by_venue, &l->node);
		free(l);
	}
	TAILQ_REMOVE(&v->all, o, all);
	hmap_del(&v->by_family, &o->node);
	json_decref(o->found);
	free(o);
	v->n_orders--;
}

/* Orders of others, too. */
static void
free_leg(void *arg, struct node *n)
{
	(void)arg;
	free(n);
}

void
alpaca_forget_all(struct alpaca *v)
{
	struct aorder *o;

	while ((o = TAILQ_FIRST(&v->all)) != NULL)
		forget(v, o);
	hmap_each(&v->by_venue, free_leg, NULL);
	hmap_fini(&v->by_venue);
	hmap_fini(&v->by_family);
}

/* One of the oldest makes room if it has ended; others are looked at later. */
static void
make_room(struct alpaca *v)
{
	struct aorder *o;

	for (unsigned tries = 0; v->n_orders >= ALPACA_ORDERS && tries < 100;
	     tries++) {
		o = TAILQ_FIRST(&v->all);
		if (o->ended && o->wait == 0 && !o->listed) {
			forget(v, o);
			continue;
		}
		TAILQ_REMOVE(&v->all, o, all);
		TAILQ_INSERT_TAIL(&v->all, o, all);
	}
}

struct aorder *
alpaca_get_order(struct alpaca *v, const char *id, struct asset *a)
{
	struct aorder *o = alpaca_find(v, id);

	if (o != NULL)
		return o;
	make_room(v);
	o = calloc(1, sizeof(*o));
	if (o == NULL || a == NULL || !outside_family(id, o->family) ||
	    !hmap_reserve(&v->by_family, 1)) {
		free(o);
		return NULL;
	}
	snprintf(o->id, sizeof(o->id), "%s", id);
	o->asset = a;
	hmap_put(&v->by_family, &o->node, hash(o->family));
	TAILQ_INSERT_TAIL(&v->all, o, all);
	v->n_orders++;
	return o;
}

struct leg *
alpaca_leg(struct alpaca *v, const char *venue)
{
	return (struct leg *)(void *)hmap_find(
	    &v->by_venue, hash(venue), same_venue, venue);
}

static struct leg *
get_leg(
    struct alpaca *v, struct aorder *o, const char *venue, struct leg **at)
{
	struct leg *l = alpaca_leg(v, venue);

	if (l != NULL)
		return l->order == o ? l : NULL;
	if (venue[0] == '\0' || strlen(venue) >= sizeof(l->venue) ||
	    !hmap_reserve(&v->by_venue, 1))
		return NULL;
	l = calloc(1, sizeof(*l));
	if (l == NULL)
		return NULL;
	snprintf(l->venue, sizeof(l->venue), "%s", venue);
	if (o->leg == NULL && !o->acked)
		o->ended = false; /* it was refused as never received */
	l->order = o;
	l->before = *at;
	*at = l;
	hmap_put(&v->by_venue, &l->node, hash(venue));
	return l;
}

struct leg *
alpaca_get_leg(struct alpaca *v, struct aorder *o, const char *venue)
{
	return get_leg(v, o, venue, &o->leg);
}

struct leg *
alpaca_get_older(struct alpaca *v, struct aorder *o, const char *venue)
{
	return get_leg(v, o, venue, &o->leg->before);
}

int64_t
alpaca_tag(const struct aorder *o)
{
	return (int64_t)(hash(o->at.id) | 1);
}

/* A gateway's ids stay in their family; another trader's need not. */
static void
rename_order(struct alpaca *v, struct aorder *o)
{
	char f[OUTSIDE_ID];

	memcpy(o->id, o->at.id, sizeof(o->id));
	if (!outside_family(o->id, f) || strcmp(f, o->family) == 0)
		return;
	hmap_del(&v->by_family, &o->node);
	memcpy(o->family, f, sizeof(o->family));
	hmap_put(&v->by_family, &o->node, hash(f));
}

int64_t
alpaca_cum(const struct aorder *o)
{
	int64_t sum = 0;

	for (const struct leg *l = o->leg; l != NULL; l = l->before)
		if (l->cum <= INT64_MAX - sum)
			sum += l->cum;
	return sum;
}

/* ----- what the trader is told ----- */

static void
put_order(struct record_out *out, const struct aorder *o)
{
	if (o->leg != NULL)
		record_put(out, "order", o->leg->venue);
}

void
alpaca_ack(struct alpaca *v, struct aorder *o)
{
	struct record_out *out;

	if (o->acked)
		return;
	o->acked = true;
	out = peer_begin(v->peer, "ack");
	record_put(out, "id", o->id);
	put_order(out, o);
	peer_send(v->peer);
}

void
alpaca_ended(struct alpaca *v, struct aorder *o)
{
	(void)v;
	o->ended = true;
	o->at.kind = o->held.kind = '\0';
	o->wait &= ~(unsigned)(A_DOUBT | A_REDOUBT | A_CHANGE);
}

void
alpaca_replaced(struct alpaca *v, struct aorder *o, int64_t qty, int64_t price,
    int64_t stop)
{
	struct record_out *out = peer_begin(v->peer, "replaced");

	record_put(out, "id", o->at.id);
	record_put(out, "orig", o->id);
	put_order(out, o);
	record_put_e8(out, "qty", qty);
	if (price > 0)
		record_put_e8(out, "price", price);
	if (stop > 0)
		record_put_e8(out, "stop", stop);
	peer_send(v->peer);
	rename_order(v, o);
	o->wish = o->at.wish;
	o->wish.qty = qty;
	o->acked = true;
	o->at.kind = '\0';
	o->wait &= ~(unsigned)(A_CHANGE | A_REDOUBT);
}

void
alpaca_refuse_change(
    struct alpaca *v, struct aorder *o, int reason, const char *text)
{
	outside_refuse(v->peer, "cancel-reject", o->at.id, reason, text);
	o->at.kind = '\0';
	o->wait &= ~(unsigned)(A_CHANGE | A_REDOUBT);
}

void
alpaca_tell_end(struct alpaca *v, struct aorder *o, const char *type,
    const char *text)
{
	bool asked = o->at.kind == 'F' && strcmp(type, "canceled") == 0;
	struct record_out *out;

	if (o->at.kind == 'G')
		alpaca_refuse_change(v, o, 0, "TOO LATE the order has ended");
	out = peer_begin(v->peer, type);
	record_put(out, "id", asked ? o->at.id : o->id);
	if (asked)
		record_put(out, "orig", o->id);
	record_put_e8(out, "cum", alpaca_cum(o));
	record_put(out, "text", text);
	peer_send(v->peer);
	alpaca_ended(v, o);
}
