/*
 * Acting on what the venue shows of an order, whether it was asked for it or
 * lists it: executions first, then its state, then what it means for the
 * request that is under way.
 */
#include <stdio.h>

#include "gateway/venue/alpaca_int.h"

#define AGAIN_NS (3 * FIX_SEC) /* before a cancel is sent once more */

void
alpaca_set_state(struct aorder *o, const char *state)
{
	if (strcmp(state, "new") == 0 && alpaca_cum(o) > 0)
		return; /* an old piece of news */
	snprintf(o->state, sizeof(o->state), "%s", state);
}

void
alpaca_check_excess(struct alpaca *v, struct aorder *o)
{
	int64_t before = alpaca_cum(o) - (o->leg == NULL ? 0 : o->leg->cum);

	if (o->ended || o->leg == NULL || o->at.kind != '\0' ||
	    o->wish.qty == 0 || o->leg->qty == 0 || before == 0 ||
	    o->leg->qty <= o->wish.qty - before)
		return;
	log_warn("order %s was executed while it was replaced: the rest is "
		 "canceled", o->id);
	o->at.kind = 'X';
	snprintf(o->at.id, sizeof(o->at.id), "%s", o->id);
	o->at.taken = false;
	alpaca_cancel(v, o);
}

/* ----- telling its state ----- */

/* With a request under way an open order is pending. */
static char
shown(const struct aorder *o, char state)
{
	if (strchr("248C", state) != NULL)
		return state;
	if (o->at.kind == 'G' || o->held.kind == 'G')
		return 'E';
	if (o->at.kind == 'F' || o->held.kind == 'F')
		return '6';
	return strchr("0136E", state) != NULL ?
	    (state == '6' || state == 'E' ? '0' : state) : 'A';
}

static void
say_state(struct alpaca *v, struct aorder *o, const json_t *j, char state)
{
	bool over = strchr("248C", state) != NULL;
	struct record_out *out;

	if (!over && state != 'A')
		alpaca_ack(v, o);
	out = peer_begin(v->peer, "status");
	record_put(out, "id", o->id);
	record_put(out, "order", json_text(j, "id"));
	record_put_char(out, "status", shown(o, state));
	record_put_e8(out, "cum", alpaca_cum(o));
	if (o->wish.qty != 0)
		record_put_e8(out, "qty", o->wish.qty);
	else
		record_put(out, "qty", json_text(j, "qty"));
	record_put(out, "price", json_text(j, "limit_price"));
	record_put(out, "text", json_text(j, "reject_reason"));
	peer_send(v->peer);
	o->asked = false;
	if (over)
		alpaca_ended(v, o);
}

/* ----- replaces ----- */

void
alpaca_new_refused(struct alpaca *v, struct aorder *o, const json_t *j)
{
	const char *why = json_text(j, "reject_reason");
	bool second = o->at.way == WAY_NEW;

	alpaca_refuse_change(v, o,
	    alpaca_state(o->state) == '2' ? 0 : 2,
	    why[0] != '\0' ? why : "the venue did not replace it");
	if (second)
		alpaca_tell_end(v, o, "canceled", why);
	else
		alpaca_ask_soon(v, o, 0);
}

void
alpaca_found_new(struct alpaca *v, struct aorder *o, const json_t *j)
{
	char state = alpaca_state(json_text(j, "status"));
	struct leg *l;

	if (state == '8') {
		alpaca_new_refused(v, o, j);
		return;
	}
	if (o->at.way == WAY_PATCH && (state == 'A' || state == 'E')) {
		o->wait |= A_REDOUBT;
		alpaca_ask_later(v, o);
		return;
	}
	l = alpaca_get_leg(v, o, json_text(j, "id"));
	if (l == NULL) {
		alpaca_ask_later(v, o);
		return;
	}
	l->qty = json_e8_or(j, "qty", 0);
	snprintf(o->state, sizeof(o->state), "%s", json_text(j, "status"));
	alpaca_replaced(v, o, o->at.wish.qty, o->at.wish.price,
	    o->at.wish.stop);
	alpaca_check_excess(v, o);
	if (state != '0')
		alpaca_ask_soon(v, o, 0);
}

/* A successor that this process has not sent. */
static void
adopt(struct alpaca *v, struct aorder *o, json_t *j)
{
	const char *id = json_text(j, "client_order_id");
	int64_t qty = json_e8_or(j, "qty", 0) + alpaca_cum(o);
	int64_t price = json_e8_or(j, "limit_price", 0);
	struct leg *l = alpaca_get_leg(v, o, json_text(j, "id"));
	struct record_out *out;

	if (l == NULL)
		return;
	l->qty = qty;
	snprintf(o->state, sizeof(o->state), "%s", json_text(j, "status"));
	o->wish.price = price;
	if (outside_is_later(o->family, id, o->id)) {
		o->at.kind = 'G';
		snprintf(o->at.id, sizeof(o->at.id), "%s", id);
		o->at.wish = o->wish;
		alpaca_replaced(v, o, qty, price, 0);
	} else {
		o->wish.qty = qty;
		out = peer_begin(v->peer, "restated");
		record_put(out, "id", o->id);
		record_put(out, "order", l->venue);
		record_put_e8(out, "qty", qty);
		if (price > 0)
			record_put_e8(out, "price", price);
		record_put(out, "text", "replaced at the venue");
		peer_send(v->peer);
	}
	alpaca_ask_soon(v, o, 0);
}

/* text is our order's id; the path is to the one that replaced it. */
static void
take_follow(const struct rest_request *q, const struct rest_answer *a)
{
	struct alpaca *v = q->arg;
	struct aorder *o = alpaca_find(v, q->text);
	struct said s;

	alpaca_hear(v, a, &s);
	if (o != NULL) {
		o->wait &= ~(unsigned)A_ASKING;
		if (s.fate == ALPACA_DONE && o->at.kind == '\0' && !o->ended)
			adopt(v, o, s.body);
		else
			alpaca_ask_later(v, o);
	}
	json_decref(s.body);
}

static bool
make_follow(const struct rest_request *q, char *url, char *body)
{
	struct aorder *o = alpaca_find(q->arg, q->text);

	body[0] = '\0';
	if (o == NULL || o->found == NULL)
		return false;
	snprintf(url, 16, "/v2/orders/");
	alpaca_put(url, json_text(o->found, "replaced_by"));
	return true;
}

static void
follow(struct alpaca *v, struct aorder *o, const json_t *j)
{
	if (o->at.kind == 'G') {
		o->wait |= A_REDOUBT;
		alpaca_ask_soon(v, o, FIX_SEC / 4);
		return;
	}
	json_decref(o->found);
	o->found = json_deep_copy(j);
	if (alpaca_call(v, REST_ASK, "GET", o->id, 0, make_follow, take_follow))
		o->wait |= A_ASKING;
	else
		alpaca_ask_later(v, o);
}

/* ----- what it means ----- */

static void
settle_canceled(struct alpaca *v, struct aorder *o, const json_t *j)
{
	if (o->at.kind == 'G' && o->at.way == WAY_CANCEL)
		alpaca_second_half(v, o);
	else if (o->sent_ns == 0 && !o->looked && o->at.kind == '\0')
		alpaca_ask_successor(v, o);
	else
		say_state(v, o, j, '4');
}

/* It is open: a cancel of ours that was lost goes again. */
static void
settle_open(struct alpaca *v, struct aorder *o, const json_t *j, char state)
{
	bool canceling = o->at.kind == 'F' || o->at.kind == 'X' ||
			 (o->at.kind == 'G' && o->at.way == WAY_CANCEL);

	say_state(v, o, j, state);
	if (canceling && (o->wait & A_CHANGE) == 0 && state != '6' &&
	    (!o->at.taken || outside_mono() - o->at.at_ns > AGAIN_NS))
		alpaca_cancel(v, o);
	else if (canceling || o->at.kind != '\0' || state == 'A')
		alpaca_ask_later(v, o);
	else
		o->asks = 0;
	alpaca_check_excess(v, o);
}

void
alpaca_settle(struct alpaca *v, struct aorder *o, const json_t *j)
{
	char state = alpaca_state(json_text(j, "status"));

	alpaca_unlist(v, o);
	o->wait &= ~(unsigned)A_DOUBT;
	switch (state) {
	case '5':
		follow(v, o, j);
		break;
	case '4':
		settle_canceled(v, o, j);
		break;
	case '2':
	case '8':
	case 'C':
		if (o->at.kind == 'G')
			alpaca_refuse_change(
			    v, o, 0, "TOO LATE the order has ended");
		say_state(v, o, j, state);
		break;
	default:
		settle_open(v, o, j, state);
		break;
	}
	alpaca_go_on(v, o);
}

void
alpaca_found(struct alpaca *v, struct aorder *o, json_t *j)
{
	struct leg *l = alpaca_get_leg(v, o, json_text(j, "id"));
	int64_t cum = -1;

	if (l == NULL || json_e8(j, "filled_qty", &cum) != 0 || cum < 0) {
		alpaca_ask_later(v, o);
		return;
	}
	if (l == o->leg) {
		l->qty = json_e8_or(j, "qty", l->qty);
		snprintf(o->state, sizeof(o->state), "%s",
		    json_text(j, "status"));
	}
	if (cum > l->cum)
		alpaca_want_fills(v, o, j);
	else if (l == o->leg)
		alpaca_settle(v, o, j);
	else /* it was replaced meanwhile */
		alpaca_ask_soon(v, o, FIX_SEC / 4);
}
