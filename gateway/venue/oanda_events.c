/*
 * What each transaction means for our orders.
 *
 * They come here in their order and once each. Transactions of one batch belong
 * together, so three things are said only when the batch is whole: that an
 * order is there (a cancel of the same batch may make it a refusal), that what
 * is left of a fill goes on under another number, or that it does not.
 */
#include <stdio.h>

#include "gateway/venue/oanda_int.h"

static void
touch(struct oanda *b, struct oorder *o)
{
	if (!o->in_batch)
		TAILQ_INSERT_TAIL(&b->touched, o, touched);
	o->in_batch = true;
}

void
oanda_events_settle(struct oanda *b)
{
	struct oorder *o;

	while ((o = TAILQ_FIRST(&b->touched)) != NULL) {
		TAILQ_REMOVE(&b->touched, o, touched);
		o->in_batch = false;
		if (o->fresh)
			oanda_book_ack(b, o);
		if (o->part && !o->ended) {
			oanda_book_say(b, o, "canceled", o->id, NULL,
			    "remainder canceled");
			oanda_book_ended(o, '4');
		}
		o->part = false;
		oanda_orders_go_on(b, o);
	}
	b->batch_ns = 0;
}

static const char *
client_id(const json_t *t)
{
	return json_text(json_object_get(t, "clientExtensions"), "id");
}

static int64_t
units_of(const json_t *t)
{
	int64_t v = 0;

	if (json_e8(t, "units", &v) != 0 || v == INT64_MIN)
		return 0;
	return v < 0 ? -v : v;
}

/* As an earlier process has sent it. */
static void
read_wish(struct oorder *o, const json_t *t)
{
	const char *type = json_text(t, "type"), *tif = json_text(t,
	    "timeInForce");
	int64_t units = 0;
	struct oanda_wish *w = &o->wish;

	w->side = json_e8(t, "units", &units) == 0 && units < 0 ? '2' : '1';
	w->type = strncmp(type, "MARKET_IF", 9) == 0 ? 'J' :
	    strncmp(type, "MARKET", 6) == 0 ? '1' :
	    strncmp(type, "LIMIT", 5) == 0 ? '2' : '3';
	w->tif = strcmp(tif, "IOC") == 0 ? '3' : strcmp(tif, "FOK") == 0 ? '4' :
	    strcmp(tif, "GTC") == 0 ? '1' : strcmp(tif, "GTD") == 0 ? '6' : '0';
	w->qty = units_of(t) + o->cum;
	if (w->type == '2')
		w->price = json_e8_or(t, "price", 0);
	else
		w->stop = json_e8_or(t, "price", 0);
}

static void
on_created(struct oanda *b, struct oorder *o, const json_t *t, int64_t id)
{
	if (o->order_id != 0 && o->ended) {
		oanda_alert(b, "a second order has the id of one that ended");
		return;
	}
	if (o->order_id != 0) { /* what was left, under another number */
		o->order_id = id;
		o->part = false;
		return;
	}
	o->order_id = o->first_id = id;
	o->wait &= ~(unsigned)O_DOUBT;
	o->fresh = true;
	if (o->wish.qty == 0)
		read_wish(o, t);
	/* Refused as never received? The trader cancels it when it is told. */
	o->ended = false;
}

static void
on_replacement(struct oanda *b, struct oorder *o, const json_t *t, int64_t id)
{
	struct record_out *out;
	int64_t qty = units_of(t) + o->cum;
	char orig[OUTSIDE_ID];

	if (o->first_id == 0)
		o->first_id = id;
	memcpy(orig, o->id, sizeof(orig));
	snprintf(o->id, sizeof(o->id), "%s", client_id(t));
	o->order_id = id;
	read_wish(o, t);
	o->fresh = false;
	o->wait &= ~(unsigned)O_REDO;
	if (o->at.kind == 'G')
		o->at.kind = '\0';
	if (b->replaying)
		return;
	out = peer_begin(b->peer, "replaced");
	record_put(out, "id", o->id);
	record_put(out, "orig", orig);
	record_put_int(out, "order", id);
	record_put_e8(out, "qty", qty);
	record_put_e8(out, "cum", o->cum);
	if (o->wish.price > 0)
		record_put_e8(out, "price", o->wish.price);
	if (o->wish.stop > 0)
		record_put_e8(out, "stop", o->wish.stop);
	peer_send(b->peer);
}

static void
on_order(struct oanda *b, const json_t *t, int64_t id)
{
	const char *cid = client_id(t);
	struct osymbol *s = oanda_instrument(b, json_text(t, "instrument"));
	struct oorder *o = oanda_book_get(b, cid, s);

	if (o == NULL || o->seen >= id)
		return; /* somebody else's */
	o->seen = id;
	touch(b, o);
	if (oanda_id(t, "replacesOrderID") != 0)
		on_replacement(b, o, t, id);
	else
		on_created(b, o, t, id);
}

static void
on_reject(struct oanda *b, const json_t *t)
{
	const char *cid = client_id(t), *why = json_text(t, "rejectReason");
	struct oorder *o = oanda_book_find(b, cid);

	if (o == NULL || o->ended)
		return;
	if (oanda_id(t, "intendedReplacesOrderID") != 0) {
		if (o->at.kind != 'G' || strcmp(o->at.id, cid) != 0)
			return;
		if (!b->replaying)
			outside_refuse(b->peer, "cancel-reject", cid, 2, why);
		o->at.kind = '\0';
		o->wait &= ~(unsigned)O_REDO;
		oanda_orders_go_on(b, o);
	} else if (o->order_id == 0 && strcmp(cid, o->id) == 0) {
		if (!b->replaying)
			outside_refuse(b->peer, "reject", cid,
			    oanda_reason(why), why);
		oanda_book_ended(o, '8');
	}
}

/* ----- fills ----- */

struct parts { /* of a fill */
	__int128 value;
	int64_t units, px;
	bool same;
};

static void
add_part(struct parts *p, const json_t *t)
{
	int64_t px = 0, units = units_of(t);

	if (json_e8(t, "price", &px) != 0 || px <= 0)
		return;
	if (units > INT64_MAX - p->units)
		return;
	p->same = p->units == 0 || (p->same && px == p->px);
	p->px = px;
	p->value += (__int128)px * units;
	p->units += units;
}

static int64_t
fill_price(const json_t *t)
{
	const json_t *list = json_object_get(t, "tradesClosed"), *v;
	struct parts p = { 0 };
	size_t i;

	add_part(&p, json_object_get(t, "tradeOpened"));
	add_part(&p, json_object_get(t, "tradeReduced"));
	json_array_foreach(list, i, v)
		add_part(&p, v);
	if (p.units > 0)
		return p.same ? p.px : (int64_t)(p.value / p.units);
	return json_e8_or(t, "fullVWAP", json_e8_or(t, "price", 0));
}

static void
say_fill(struct oanda *b, const struct oorder *o, const json_t *t, int64_t id)
{
	struct osymbol *s = oanda_instrument(b, json_text(t, "instrument"));
	struct record_out *out;
	char exec[64];
	int64_t fee = 0, time = 0, units = 0;

	if (id <= b->told)
		return; /* by an earlier process */
	snprintf(exec, sizeof(exec), "%.20s-%" PRId64, b->account, id);
	out = peer_begin(b->peer, "fill");
	record_put(out, "exec", exec);
	record_put(out, "id", o != NULL ? o->id : json_text(t,
	    "clientOrderID"));
	record_put(out, "order", json_text(t, "orderID"));
	record_put_e8(out, "last_qty", units_of(t));
	record_put_e8(out, "last_px", fill_price(t));
	if (o != NULL)
		record_put_e8(out, "cum", o->cum);
	record_put(out, "symbol",
	    s != NULL ? s->name : json_text(t, "instrument"));
	record_put_char(out, "side",
	    json_e8(t, "units", &units) == 0 && units < 0 ? '2' : '1');
	if (json_e8(t, "commission", &fee) == 0 && fee != 0) {
		record_put(out, "fee", json_text(t, "commission"));
		record_put(out, "fee_currency", b->currency);
	}
	if (outside_time(json_text(t, "time"), &time) == 0)
		record_put_int(out, "time", time);
	peer_send(b->peer);
}

static void
on_fill(struct oanda *b, const json_t *t, int64_t id)
{
	struct oorder *o = oanda_book_find(b, json_text(t, "clientOrderID"));
	int64_t units = units_of(t);

	if (o == NULL || o->order_id != oanda_id(t, "orderID")) {
		if (o == NULL || o->seen < id)
			say_fill(b, NULL, t, id); /* it is never left out */
		return;
	}
	if (o->seen >= id)
		return;
	o->seen = id;
	touch(b, o);
	if (o->fresh)
		oanda_book_ack(b, o);
	o->cum = units < INT64_MAX - o->cum ? o->cum + units : INT64_MAX;
	say_fill(b, o, t, id);
	if (o->cum >= o->wish.qty)
		oanda_book_ended(o, '2');
	else
		o->part = true;
}

/* ----- ends ----- */

/* What an order that is sent may end by at once, rather than be refused. */
static bool
is_end(const char *why)
{
	return strcmp(why, "INSUFFICIENT_LIQUIDITY") == 0 ||
	       strcmp(why, "BOUNDS_VIOLATION") == 0 ||
	       strcmp(why, "TIME_IN_FORCE_EXPIRED") == 0 ||
	       strncmp(why, "CLIENT_REQUEST", 14) == 0;
}

static void
say_end(struct oanda *b, struct oorder *o, const char *why)
{
	bool asked = o->at.kind == 'F' && strcmp(why, "CLIENT_REQUEST") == 0;
	bool expired = strcmp(why, "TIME_IN_FORCE_EXPIRED") == 0 &&
		       strchr("34", o->wish.tif) == NULL;

	if (o->fresh && !is_end(why)) {
		if (!b->replaying)
			outside_refuse(b->peer, "reject", o->id,
			    oanda_reason(why), why);
		o->fresh = false;
		oanda_book_ended(o, '8');
		return;
	}
	if (o->fresh)
		oanda_book_ack(b, o);
	oanda_book_say(b, o, expired ? "expired" : "canceled",
	    asked ? o->at.id : o->id, asked ? o->id : NULL,
	    asked ? NULL : why);
	oanda_book_ended(o, expired ? 'C' : '4');
}

static void
on_cancel(struct oanda *b, const json_t *t)
{
	struct oorder *o = oanda_book_find(b, json_text(t, "clientOrderID"));
	const char *why = json_text(t, "reason");

	if (o == NULL || o->order_id != oanda_id(t, "orderID") || o->ended)
		return;
	if (strcmp(why, "CLIENT_REQUEST_REPLACED") != 0)
		say_end(b, o, why);
}

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n >= k && strcmp(s + n - k, end) == 0;
}

void
oanda_events_apply(struct oanda *b, const json_t *t, int64_t id)
{
	const char *type = json_text(t, "type");
	int64_t batch = oanda_id(t, "batchID");

	if (batch != b->batch)
		oanda_events_settle(b);
	b->batch = batch;
	b->batch_ns = outside_mono();
	if (json_text(t, "accountBalance")[0] != '\0')
		snprintf(b->balance, sizeof(b->balance), "%s",
		    json_text(t, "accountBalance"));
	if (strcmp(type, "ORDER_FILL") == 0)
		on_fill(b, t, id);
	else if (strcmp(type, "ORDER_CANCEL") == 0)
		on_cancel(b, t);
	else if (strcmp(type, "ORDER_CANCEL_REJECT") == 0)
		return; /* the answer to the cancel says it */
	else if (ends_with(type, "_ORDER_REJECT"))
		on_reject(b, t);
	else if (ends_with(type, "_ORDER"))
		on_order(b, t, id);
	else if (strncmp(type, "MARGIN_CALL", 11) == 0)
		oanda_alert(b, type);
	else
		log_info("transaction %" PRId64 ": %.40s", id, type);
}
