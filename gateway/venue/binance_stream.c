/*
 * The user data stream: what happens to orders, as it happens; and the market
 * stream: what symbols trade at.
 *
 * The stream repeats nothing and promises no order, so an event is believed
 * when it goes on from what was told: an execution whose sum fits is told at
 * once, anything else is a reason to ask. The answer of a call and the event of
 * the same thing race each other; whichever comes first counts.
 */
#include <stdio.h>
#include <stdlib.h>

#include "gateway/venue/binance_int.h"

#define MARK_EVERY_NS (200 * FIX_MSEC)

static void
say_end(struct binance *b, struct border *o, const char *type, const json_t *e)
{
	struct record_out *out = peer_begin(b->peer, type);
	bool asked = o->at.kind == 'F' && strcmp(type, "canceled") == 0;

	record_put(out, "id", asked ? o->at.id : o->id);
	if (asked)
		record_put(out, "orig", o->id);
	record_put_e8(out, "cum", o->cum);
	record_put(out, "text", json_text(e, "eR"));
	peer_send(b->peer);
	orders_ended(b, o);
}

static void
on_end(struct binance *b, struct border *o, const char *type, const json_t *e)
{
	int64_t cum = -1;

	if (json_e8(e, "z", &cum) == 0)
		cum += o->before;
	if (o->at.kind == 'G') { /* the old half of a replace */
		if (cum >= 0)
			(void)replace_canceled(b, o, json_text(e, "c"), cum);
		return; /* its answer says more */
	}
	if (o->ended)
		return;
	if (cum < 0 || cum != o->cum || o->sent_ns == 0)
		ask_soon(b, o, 0);
	else
		say_end(b, o, type, e);
}

static void
on_trade(struct binance *b, struct border *o, const json_t *e)
{
	int64_t cum = 0, qty = 0;

	orders_fill(b, o, o->id, o->symbol, o->order_id, e, true, o->before);
	if (json_e8(e, "z", &cum) == 0)
		cum += o->before;
	if (cum == 0 || json_e8(e, "l", &qty) != 0) {
		ask_soon(b, o, 0);
	} else if (cum == o->cum + qty) {
		o->cum = cum;
		if (strcmp(json_text(e, "X"), "FILLED") == 0)
			orders_filled(b, o);
		else
			replace_filled(b, o);
	} else if (cum > o->cum) {
		ask_soon(b, o, 0); /* one is missing */
	}
}

/* It is there: whatever was in doubt about its POST is not any more. */
static void
is_there(struct binance *b, struct border *o)
{
	o->wait &= ~(unsigned)B_DOUBT;
	orders_ack(b, o);
}

/* Of an order that was replaced: only an execution still means something. */
static void
on_older(struct binance *b, struct border *o, const json_t *e)
{
	if (strcmp(json_text(e, "x"), "TRADE") == 0)
		orders_fill(b, o, o->id, o->symbol, 0, e, true, -1);
}

static void
on_ours(struct binance *b, struct border *o, const json_t *e,
    const struct binance_name *n, int64_t order_id)
{
	const char *x = json_text(e, "x");
	bool next = o->at.kind == 'G' && strcmp(n->id, o->at.id) == 0;

	if (o->order_id == 0 && !next) {
		o->order_id = order_id;
		o->ended = false; /* it was refused as never received */
	}
	if (next && order_id > o->order_id)
		orders_replaced(
		    b, o, order_id, o->at.wish.qty, o->at.wish.price);
	if (order_id == o->order_id)
		o->before = n->before;
	if (order_id < o->order_id)
		on_older(b, o, e);
	else if (strcmp(x, "NEW") == 0)
		is_there(b, o);
	else if (strcmp(x, "TRADE") == 0) {
		is_there(b, o);
		on_trade(b, o, e);
	} else if (strcmp(x, "CANCELED") == 0)
		on_end(b, o, "canceled", e);
	else if (strcmp(x, "EXPIRED") == 0 ||
		 strcmp(json_text(e, "X"), "EXPIRED_IN_MATCH") == 0)
		on_end(b, o, "expired", e);
	else if (strcmp(x, "REJECTED") != 0 && strcmp(x, "REPLACED") != 0)
		ask_soon(b, o, 0);
}

/* Somebody trades by hand on our account: an execution is never left out. */
static void
on_foreign(struct binance *b, struct symbol *s, const json_t *e, const char *c,
    int64_t order_id)
{
	if (strcmp(json_text(e, "x"), "TRADE") == 0)
		orders_fill(b, NULL, c, s, order_id, e, true,
		    orders_named(c).before);
}

static void
on_report(struct binance *b, const json_t *e)
{
	struct symbol *s = binance_symbol(b, json_text(e, "s"));
	const char *c = json_text(e, "c"), *orig = json_text(e, "C");
	struct binance_name n = orders_named(*orig != '\0' ? orig : c);
	struct border *o = orders_find(b, n.id);
	int64_t order_id = 0;

	if (s == NULL || json_whole(e, "i", &order_id) != 0)
		return;
	if (o != NULL && o->symbol == s)
		on_ours(b, o, e, &n, order_id);
	else
		on_foreign(b, s, e, c, order_id);
}

static void
on_balances(struct binance *b, const json_t *e)
{
	static const char *const names[] = { "a", "f", "l" };
	const json_t *list = json_object_get(e, "B"), *v;
	size_t i;

	json_array_foreach(list, i, v)
		account_held(b, v, names);
}

static void
on_event(struct binance *b, const json_t *e)
{
	const char *kind = json_text(e, "e");

	if (strcmp(kind, "executionReport") == 0)
		on_report(b, e);
	else if (strcmp(kind, "outboundAccountPosition") == 0)
		on_balances(b, e);
	else if (strcmp(kind, "serverShutdown") == 0 ||
		 strcmp(kind, "eventStreamTerminated") == 0)
		ws_again(b->user, "the venue ends the stream");
}

/* The answer to our subscription. */
static void
on_answer(struct binance *b, const json_t *m)
{
	const json_t *error = json_object_get(m, "error");
	int64_t code = json_whole_or(error, "code", 0);
	char why[160];

	if (json_whole_or(m, "status", 0) == 200) {
		binance_stream_up(b);
		return;
	}
	/* In the words of a REST answer, which may come before or behind it. */
	snprintf(why, sizeof(why), "%" PRId64 " %.80s%s", code,
	    json_text(error, "msg"), code == -2014 || code == -2015 ||
	    code == -1022 ? ": see ApiKey and its permissions" : "");
	binance_fail(b, why);
	ws_again(b->user, "the venue refuses the stream");
}

void
stream_message(void *arg, struct fix_span text)
{
	struct binance *b = arg;
	json_t *m = json_read(text);
	const json_t *e = json_object_get(m, "event");

	if (m == NULL)
		ws_again(b->user, "what came is no JSON");
	else if (e != NULL || json_object_get(m, "e") != NULL)
		on_event(b, e != NULL ? e : m);
	else
		on_answer(b, m);
	json_decref(m);
}

void
stream_opened(void *arg)
{
	struct binance *b = arg;
	char text[512], sig[BINANCE_SIGNATURE_MAX];
	int64_t ms = outside_utc() / FIX_MSEC + b->offset_ms;
	json_t *m;
	char *out;

	snprintf(text, sizeof(text), "apiKey=%s&recvWindow=%u&timestamp=%" PRId64,
	    b->key.api_key, b->recv_window_ms, ms);
	if (binance_sign(&b->key, fix_span_of(text), false, sig) != 0) {
		binance_fail(b, "its key can't sign");
		return;
	}
	m = json_pack("{s:s,s:s,s:{s:s,s:I,s:I,s:s}}", "id", "user", "method",
	    "userDataStream.subscribe.signature", "params", "apiKey",
	    b->key.api_key, "recvWindow", (json_int_t)b->recv_window_ms,
	    "timestamp", (json_int_t)ms, "signature", sig);
	out = m == NULL ? NULL : json_dumps(m, JSON_COMPACT);
	if (out == NULL || ws_send(b->user, fix_span_of(out)) != 0)
		ws_again(b->user, "it can't be subscribed to");
	free(out);
	json_decref(m);
}

/* ----- prices ----- */

void
market_message(void *arg, struct fix_span text)
{
	struct binance *b = arg;
	json_t *m = json_read(text);
	const json_t *e = json_object_get(m, "data");
	struct symbol *s;
	struct record_out *out;
	int64_t bid = 0, ask = 0, now = outside_mono();

	if (e == NULL)
		e = m;
	s = binance_symbol(b, json_text(e, "s"));
	if (s != NULL && json_e8(e, "b", &bid) == 0 &&
	    json_e8(e, "a", &ask) == 0 && bid > 0 && ask >= bid) {
		s->mark = bid + (ask - bid) / 2;
		if (now - s->mark_told_ns >= MARK_EVERY_NS) {
			s->mark_told_ns = now;
			out = peer_begin(b->peer, "mark");
			record_put(out, "symbol", s->rules.symbol);
			record_put_e8(out, "bid", bid);
			record_put_e8(out, "ask", ask);
			record_put_int(out, "time", outside_utc());
			peer_send(b->peer);
		}
	}
	json_decref(m);
}
