/*
 * Executions: told as the stream brings them if each goes on from the one
 * before, otherwise read from the account's activities, in the order of time.
 * An execution is one by its order and by the sum that it ends at, which both
 * sources have, so it has the same id whichever told it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "gateway/venue/alpaca_int.h"

#define OVERLAP_NS (60 * FIX_SEC)
#define FOREIGN_MAX 20000u /* orders of others that are remembered */

static int64_t
e8_of(const char *text)
{
	struct fix_dec d;
	int64_t v;

	return fix_dec_parse(fix_span_of(text), &d) == 0 &&
	       fix_dec_to_e8(d, &v) == 0 ? v : 0;
}

static void
tell(struct alpaca *v, const struct leg *l, const struct fill *f)
{
	struct record_out *out = peer_begin(v->peer, "fill");
	struct asset *a = alpaca_asset(v, f->symbol);
	char exec[OUTSIDE_ID];
	int64_t ns;

	if (l->order != NULL)
		record_put(out, "id", l->order->id);
	record_put(out, "order", f->venue);
	if (alpaca_exec_id(f->venue, f->cum, exec))
		record_put(out, "exec", exec);
	record_put(out, "last_qty", f->qty);
	record_put(out, "last_px", f->price);
	if (l->order != NULL)
		record_put_e8(out, "cum", alpaca_cum(l->order));
	record_put(out, "symbol", a == NULL ? f->symbol : a->rules.symbol);
	record_put_char(out, "side", f->side[0] == 'b' ? '1' : '2');
	if (outside_time(f->time, &ns) == 0)
		record_put_int(out, "time", ns);
	peer_send(v->peer);
}

bool
alpaca_tell_fill(struct alpaca *v, struct leg *l, const struct fill *f)
{
	int64_t qty = e8_of(f->qty);

	if (f->cum <= l->cum)
		return true; /* told */
	if (l->order != NULL && f->cum - qty != l->cum)
		return false;
	l->cum = f->cum;
	l->cost += (__int128)qty * e8_of(f->price);
	tell(v, l, f);
	if (l->order != NULL)
		alpaca_check_excess(v, l->order);
	return true;
}

struct leg *
alpaca_foreign(struct alpaca *v, const char *venue)
{
	struct leg *l = alpaca_leg(v, venue);

	if (l != NULL)
		return l;
	if (v->n_foreign >= FOREIGN_MAX || venue[0] == '\0' ||
	    strlen(venue) >= sizeof(l->venue) || !hmap_reserve(&v->by_venue, 1))
		return NULL;
	l = calloc(1, sizeof(*l));
	if (l == NULL)
		return NULL;
	snprintf(l->venue, sizeof(l->venue), "%s", venue);
	hmap_put(&v->by_venue, &l->node, hash_bytes(1, venue, strlen(venue)));
	v->n_foreign++;
	return l;
}

/* ----- whose is it? ----- */

static bool
make_whose(const struct rest_request *q, char *url, char *body)
{
	body[0] = '\0';
	snprintf(url, 16, "/v2/orders/");
	alpaca_put(url, q->text);
	return true;
}

/* Ids of a family count up, in digits and capital letters. */
static bool
is_before(const char *id, const char *other)
{
	const char *a = strrchr(id, '-'), *b = strrchr(other, '-');

	if (a == NULL || b == NULL)
		return false;
	return strlen(a) != strlen(b) ? strlen(a) < strlen(b) :
					strcmp(a, b) < 0;
}

/* An earlier process has replaced it by the one that we know: its executions
 * are told from the first, since the trader knows which it has. */
static void
read_older(struct alpaca *v, struct aorder *o, const json_t *j)
{
	int64_t at, from = v->scan.from_ns;

	if (alpaca_get_older(v, o, json_text(j, "id")) == NULL)
		return;
	if (outside_time(json_text(j, "created_at"), &at) == 0)
		from = at - FIX_SEC;
	alpaca_scan(v, from);
}

/* Of an order that this process has not seen. */
static void
take_whose(const struct rest_request *q, const struct rest_answer *a)
{
	struct alpaca *v = q->arg;
	struct aorder *o = NULL;
	struct said s;

	alpaca_hear(v, a, &s);
	if (s.fate == ALPACA_DONE && alpaca_leg(v, q->text) == NULL)
		o = alpaca_get_order(v, json_text(s.body, "client_order_id"),
		    alpaca_asset(v, json_text(s.body, "symbol")));
	if (o != NULL && o->leg == NULL &&
	    alpaca_get_leg(v, o, q->text) != NULL)
		alpaca_found(v, o, s.body);
	else if (o != NULL && o->leg != NULL &&
		 is_before(json_text(s.body, "client_order_id"), o->id))
		read_older(v, o, s.body);
	else if (o != NULL)
		alpaca_ask_soon(v, o, 0);
	else if (s.fate != ALPACA_DONE && s.fate != ALPACA_REFUSED)
		alpaca_scan(v, v->scan.from_ns);
	else if (s.fate == ALPACA_DONE && alpaca_leg(v, q->text) == NULL &&
		 alpaca_foreign(v, q->text) != NULL)
		alpaca_scan(v, v->scan.from_ns); /* by hand: now it is told */
	json_decref(s.body);
}

/* ----- the account's executions ----- */

static bool
make_scan(const struct rest_request *q, char *url, char *body)
{
	struct alpaca *v = q->arg;
	struct scan *c = &v->scan;

	body[0] = '\0';
	snprintf(url, 128, "/v2/account/activities/FILL?direction=asc&"
	    "page_size=%u&after=", ALPACA_FILLS);
	alpaca_put_time(url, c->from_ns);
	if (c->page[0] != '\0') {
		strcat(url, "&page_token=");
		alpaca_put(url, c->page);
	}
	return true;
}

static void
take_one(struct alpaca *v, const json_t *t, char last[OUTSIDE_ID])
{
	struct fill f = { json_text(t, "order_id"), json_text(t, "symbol"),
		json_text(t, "side"), json_text(t, "qty"),
		json_text(t, "price"), json_text(t, "transaction_time"), 0 };
	struct leg *l = alpaca_leg(v, f.venue);
	int64_t ns;

	if (outside_time(f.time, &ns) == 0 && ns > v->scan.newest_ns)
		v->scan.newest_ns = ns;
	if (json_e8(t, "cum_qty", &f.cum) != 0 || f.venue[0] == '\0')
		return;
	if (l != NULL) {
		if (!alpaca_tell_fill(v, l, &f))
			alpaca_ask_soon(v, l->order, 0);
	} else if (strcmp(last, f.venue) != 0 && strlen(f.venue) < OUTSIDE_ID) {
		memcpy(last, f.venue, strlen(f.venue) + 1);
		(void)!alpaca_call(v, REST_ASK, "GET", f.venue, 0, make_whose,
		    take_whose);
	}
}

/* What the list does not have, after so long, is told as one. */
static void
make_up(struct alpaca *v, struct aorder *o, struct leg *l)
{
	int64_t cum = json_e8_or(o->found, "filled_qty", 0);
	int64_t avg = json_e8_or(o->found, "filled_avg_price", 0);
	char qty[FIX_DEC_MAX + 1], px[FIX_DEC_MAX + 1], text[200];
	struct fill f = { l->venue, o->asset->rules.symbol,
		json_text(o->found, "side"), qty, px,
		json_text(o->found, "updated_at"), cum };
	struct record_out *out = peer_begin(v->peer, "alert");

	snprintf(text, sizeof(text), "order %s: %s executed says the venue, "
	    "which does not list all of it: the rest is one execution at the "
	    "average price", o->id, json_text(o->found, "filled_qty"));
	record_put(out, "text", text);
	peer_send(v->peer);
	qty[fix_e8_format((uint8_t *)qty, cum - l->cum)] = '\0';
	px[fix_e8_format((uint8_t *)px,
	    alpaca_price_of_rest(cum, avg, l->cum, l->cost))] = '\0';
	(void)alpaca_tell_fill(v, l, &f);
}

static void
after_scan(struct alpaca *v, struct aorder *o)
{
	struct leg *l = alpaca_leg(v, json_text(o->found, "id"));
	int64_t cum = json_e8_or(o->found, "filled_qty", 0);
	json_t *j = o->found;

	if (l == NULL || l->order != o)
		return;
	if (cum > l->cum &&
	    outside_mono() - o->fills_ns > 2 * v->unknown_after_ns)
		make_up(v, o, l);
	if (cum > l->cum)
		return; /* the venue's own lists lag */
	o->found = NULL;
	o->fills_ns = 0;
	o->wait &= ~(unsigned)A_FILLS;
	if (l != o->leg)
		alpaca_ask_soon(v, o, 0);
	else
		alpaca_settle(v, o, j);
	json_decref(j);
}

static void
keep(struct alpaca *v)
{
	struct scan *c = &v->scan;
	struct record_out *out;

	c->done_ns = c->newest_ns;
	if (c->done_ns == c->kept_ns)
		return;
	c->kept_ns = c->done_ns;
	out = peer_begin(v->peer, "keep");
	record_put(out, "key", "fills");
	record_put_int(out, "value", c->done_ns);
	peer_send(v->peer);
}

static void
scan_done(struct alpaca *v)
{
	struct aorder *o, *next;

	v->scan.busy = false;
	keep(v);
	for (o = TAILQ_FIRST(&v->doubtful); o != NULL; o = next) {
		next = TAILQ_NEXT(o, doubtful);
		if ((o->wait & A_FILLS) != 0)
			after_scan(v, o);
	}
}

static void take_scan(
    const struct rest_request *q, const struct rest_answer *a);

static void
next_page(struct alpaca *v)
{
	v->scan.busy = alpaca_call(
	    v, REST_ASK, "GET", "", 0, make_scan, take_scan);
	if (!v->scan.busy)
		alpaca_scan(v, v->scan.from_ns);
}

static void
take_scan(const struct rest_request *q, const struct rest_answer *a)
{
	struct alpaca *v = q->arg;
	char last[OUTSIDE_ID] = "";
	struct said s;
	const json_t *t;
	size_t i, n;

	alpaca_hear(v, a, &s);
	if (s.fate != ALPACA_DONE || !json_is_array(s.body)) {
		v->scan.busy = false;
		alpaca_scan(v, v->scan.from_ns);
		json_decref(s.body);
		return;
	}
	json_array_foreach(s.body, i, t)
	{
		take_one(v, t, last);
		snprintf(v->scan.page, sizeof(v->scan.page), "%s",
		    json_text(t, "id"));
	}
	n = json_array_size(s.body);
	json_decref(s.body);
	if (n >= ALPACA_FILLS)
		next_page(v);
	else
		scan_done(v);
}

void
alpaca_scan(struct alpaca *v, int64_t from_ns)
{
	struct scan *c = &v->scan;
	int64_t day = outside_utc() - FIX_DAY;

	if (from_ns < 1)
		from_ns = day;
	if (c->next_ns == 0 || from_ns < c->next_ns)
		c->next_ns = from_ns;
}

/* One at a time, and when it is over the next, not more than one a second. */
void
alpaca_scan_tick(struct alpaca *v)
{
	struct scan *c = &v->scan;
	struct aorder *o;

	if (c->busy || v->step < ASTEP_STREAM)
		return;
	if (c->next_ns == 0) {
		TAILQ_FOREACH(o, &v->doubtful, doubtful)
		{
			if ((o->wait & A_FILLS) != 0)
				alpaca_want_fills(v, o, o->found);
		}
	}
	if (c->next_ns == 0 || outside_mono() < c->due_ns)
		return;
	c->from_ns = c->next_ns;
	c->next_ns = 0;
	c->due_ns = outside_mono() + FIX_SEC;
	c->page[0] = '\0';
	next_page(v);
}

void
alpaca_want_fills(struct alpaca *v, struct aorder *o, json_t *j)
{
	int64_t from = v->scan.done_ns - OVERLAP_NS, at;

	if (outside_time(json_text(j, "created_at"), &at) == 0 &&
	    (o->sent_ns == 0 || from < at))
		from = at - FIX_SEC;
	if (j != o->found) {
		json_decref(o->found);
		o->found = json_incref(j);
	}
	o->wait |= A_FILLS;
	if (o->fills_ns == 0)
		o->fills_ns = outside_mono();
	if (!o->listed)
		alpaca_ask_soon(v, o, FIX_SEC);
	o->ask_ns = INT64_MAX;
	alpaca_scan(v, from);
}
