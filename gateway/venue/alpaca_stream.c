/*
 * The stream of trade_updates: what happens to orders, as it happens.
 *
 * The stream repeats nothing and promises no order, so an event is believed
 * when it goes on from what was told: an execution whose sum fits is told at
 * once, anything else is a reason to ask. The answer of a call and the event of
 * the same thing race each other; whichever comes first counts.
 */
#include <stdio.h>
#include <stdlib.h>

#include "gateway/venue/alpaca_int.h"

struct update {
	const char *event;
	const json_t *data, *order;
	const char *venue, *client; /* ids of the order */
	struct leg *leg;            /* NULL: not known */
	struct aorder *o;           /* NULL: not ours */
	bool next;                  /* it is of the order that replaces o */
};

static void
on_filled(struct alpaca *v, struct aorder *o)
{
	if (o->at.kind == 'F' || o->at.kind == 'G')
		alpaca_refuse_change(v, o, 0, "TOO LATE the order is filled");
	alpaca_ended(v, o);
}

static void
on_fill(struct alpaca *v, const struct update *u)
{
	struct fill f = { u->venue, json_text(u->order, "symbol"),
		json_text(u->order, "side"), json_text(u->data, "qty"),
		json_text(u->data, "price"), json_text(u->data, "timestamp"),
		0 };
	struct leg *l = u->leg;
	struct aorder *o = u->o;

	alpaca_position(v, f.symbol, json_text(u->data, "position_qty"));
	if (l == NULL && o == NULL)
		l = alpaca_foreign(v, u->venue);
	if (l == NULL || json_e8(u->order, "filled_qty", &f.cum) != 0 ||
	    !alpaca_tell_fill(v, l, &f)) {
		if (o != NULL)
			alpaca_ask_soon(v, o, 0);
		else
			alpaca_scan(v, v->scan.done_ns);
	} else if (o != NULL && l == o->leg) {
		snprintf(o->state, sizeof(o->state), "%s",
		    json_text(u->order, "status"));
		if (alpaca_state(o->state) == '2')
			on_filled(v, o);
	}
}

/* It is there: whatever was in doubt about its POST is not any more. */
static void
is_there(struct alpaca *v, const struct update *u)
{
	struct aorder *o = u->o;

	if (u->leg->qty == 0)
		u->leg->qty = json_e8_or(u->order, "qty", 0);
	o->wait &= ~(unsigned)A_DOUBT;
	alpaca_set_state(o, json_text(u->order, "status"));
	if (alpaca_state(json_text(u->order, "status")) != 'A')
		alpaca_ack(v, o);
	alpaca_go_on(v, o);
}

static void
on_end(struct alpaca *v, const struct update *u, const char *type)
{
	struct aorder *o = u->o;
	int64_t cum = -1;

	if (o->ended)
		return;
	if (json_e8(u->order, "filled_qty", &cum) != 0 ||
	    cum != o->leg->cum || o->sent_ns == 0 ||
	    (o->at.kind == 'G' && o->at.way == WAY_PATCH))
		alpaca_ask_soon(v, o, 0);
	else if (o->at.kind == 'G' && o->at.way == WAY_CANCEL)
		alpaca_second_half(v, o);
	else
		alpaca_tell_end(v, o, type, "");
}

/* The old order says so, and by what it is replaced. */
static void
on_replaced(struct alpaca *v, const struct update *u)
{
	struct aorder *o = u->o;
	const char *by = json_text(u->order, "replaced_by");
	int64_t cum = json_e8_or(u->order, "filled_qty", 0);
	struct leg *old = u->leg, *l;

	if (o->at.kind != 'G' || o->at.way != WAY_PATCH ||
	    (l = alpaca_get_leg(v, o, by)) == NULL) {
		alpaca_ask_soon(v, o, 0);
		return;
	}
	l->qty = o->at.wish.qty;
	snprintf(o->state, sizeof(o->state), "new");
	alpaca_replaced(v, o, o->at.wish.qty, o->at.wish.price,
	    o->at.wish.stop);
	if (cum > old->cum)
		alpaca_scan(v, v->scan.done_ns);
	alpaca_check_excess(v, o);
	alpaca_go_on(v, o);
}

static void
on_change_refused(struct alpaca *v, const struct update *u)
{
	struct aorder *o = u->o;
	bool filled = alpaca_state(json_text(u->order, "status")) == '2';

	if (o->at.kind == 'X')
		o->at.kind = '\0';
	else if (o->at.kind != '\0')
		alpaca_refuse_change(v, o,
		    o->at.kind == 'F' || filled ? 0 : 2,
		    "the venue refused it");
	alpaca_ask_soon(v, o, 0);
	alpaca_go_on(v, o);
}

static void
on_rejected(struct alpaca *v, const struct update *u)
{
	const char *why = json_text(u->order, "reject_reason");
	struct aorder *o = u->o;

	if (o->ended)
		return;
	outside_refuse(v->peer, "reject", o->id, 99,
	    why[0] == '\0' ? "the venue rejected it" : why);
	alpaca_ended(v, o);
}

static void
on_restated(struct alpaca *v, const struct update *u)
{
	struct record_out *out = peer_begin(v->peer, "restated");

	record_put(out, "id", u->o->id);
	record_put(out, "order", u->venue);
	record_put(out, "qty", json_text(u->order, "qty"));
	record_put(out, "price", json_text(u->order, "limit_price"));
	record_put_int(out, "reason", 0);
	peer_send(v->peer);
}

static void
on_done_for_day(struct alpaca *v, const struct update *u)
{
	struct record_out *out = peer_begin(v->peer, "done-for-day");

	record_put(out, "id", u->o->id);
	peer_send(v->peer);
}

static bool
is(const struct update *u, const char *event)
{
	return strcmp(u->event, event) == 0;
}

/* Of the order that is to replace ours. */
static void
on_next(struct alpaca *v, const struct update *u)
{
	if (is(u, "rejected") || is(u, "new") ||
	    (u->o->at.way == WAY_NEW && is(u, "accepted")))
		alpaca_found_new(v, u->o, u->order);
	else if (is(u, "fill") || is(u, "partial_fill"))
		alpaca_ask_soon(v, u->o, 0);
	alpaca_go_on(v, u->o);
}

static void
on_ours(struct alpaca *v, const struct update *u)
{
	if (is(u, "new") || is(u, "accepted") || is(u, "pending_new") ||
	    is(u, "held") || is(u, "pending_review"))
		is_there(v, u);
	else if (is(u, "canceled"))
		on_end(v, u, "canceled");
	else if (is(u, "expired"))
		on_end(v, u, "expired");
	else if (is(u, "replaced"))
		on_replaced(v, u);
	else if (is(u, "rejected"))
		on_rejected(v, u);
	else if (is(u, "order_cancel_rejected") ||
		 is(u, "order_replace_rejected"))
		on_change_refused(v, u);
	else if (is(u, "done_for_day"))
		on_done_for_day(v, u);
	else if (is(u, "restated"))
		on_restated(v, u);
	else if (is(u, "pending_cancel") || is(u, "pending_replace"))
		alpaca_set_state(u->o, u->event);
	else
		log_info("event %.30s of order %s", u->event, u->o->id);
}

/* Ours, but an order of the venue that is not known yet: is it the one that was
 * sent, or what replaces it? */
static void
place(struct alpaca *v, struct update *u)
{
	struct aorder *o = u->o;

	u->next = o->at.kind == 'G' && strcmp(u->client, o->at.id) == 0;
	if (!u->next && strcmp(u->client, o->id) == 0)
		u->leg = alpaca_get_leg(v, o, u->venue);
}

static void
on_update(struct alpaca *v, const json_t *data)
{
	const json_t *order = json_object_get(data, "order");
	struct update u = { json_text(data, "event"), data, order,
		json_text(order, "id"), json_text(order, "client_order_id"),
		NULL, NULL, false };

	u.leg = alpaca_leg(v, u.venue);
	u.o = u.leg != NULL ? u.leg->order : alpaca_find(v, u.client);
	if (u.o != NULL && u.leg == NULL)
		place(v, &u);
	if (u.next)
		on_next(v, &u);
	else if (u.o != NULL && u.leg == NULL)
		alpaca_ask_soon(v, u.o, 0); /* of an earlier process */
	else if (is(&u, "fill") || is(&u, "partial_fill"))
		on_fill(v, &u);
	else if (u.o != NULL && u.leg == u.o->leg)
		on_ours(v, &u);
}

/* ----- the stream itself ----- */

static void
say(struct alpaca *v, json_t *m)
{
	char *out = m == NULL ? NULL : json_dumps(m, JSON_COMPACT);

	if (out == NULL || ws_send(v->stream, fix_span_of(out)) != 0)
		ws_again(v->stream, "it can't be written to");
	free(out);
	json_decref(m);
}

static void
on_authorization(struct alpaca *v, const json_t *data)
{
	if (strcmp(json_text(data, "status"), "authorized") == 0) {
		say(v, json_pack("{s:s,s:{s:[s]}}", "action", "listen", "data",
		    "streams", "trade_updates"));
		return;
	}
	alpaca_fail(v, "stream: unauthorized, see ApiKey, and whether StreamUrl "
		       "is of the same environment");
	v->stream_over = true; /* not soon again with the same key */
}

static void
on_listening(struct alpaca *v, const json_t *data)
{
	const json_t *t, *list = json_object_get(data, "streams");
	size_t i;

	json_array_foreach(list, i, t)
	{
		if (json_is_string(t) &&
		    strcmp(json_string_value(t), "trade_updates") == 0) {
			alpaca_stream_up(v);
			return;
		}
	}
	ws_again(v->stream, "it does not listen to trade_updates");
}

void
alpaca_stream_message(void *arg, struct fix_span text)
{
	struct alpaca *v = arg;
	json_t *m = json_read(text);
	const char *stream = json_text(m, "stream");
	const json_t *data = json_object_get(m, "data");

	if (m == NULL)
		ws_again(v->stream, "what came is no JSON");
	else if (strcmp(stream, "trade_updates") == 0)
		on_update(v, data);
	else if (strcmp(stream, "authorization") == 0)
		on_authorization(v, data);
	else if (strcmp(stream, "listening") == 0)
		on_listening(v, data);
	else if (strcmp(json_text(m, "action"), "error") == 0)
		ws_again(v->stream, "the venue reports an error");
	json_decref(m);
}

void
alpaca_stream_opened(void *arg)
{
	struct alpaca *v = arg;

	say(v, json_pack("{s:s,s:s,s:s}", "action", "auth", "key", v->api_key,
	    "secret", v->secret));
}
