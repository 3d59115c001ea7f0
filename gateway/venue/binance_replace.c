/*
 * Replaces, so that never more than was wanted is executed (binance-spot.md
 * 12.3).
 *
 * A reduction goes as an amendment, which keeps its place in the queue. What
 * has executed nothing since it is at the venue goes as cancelReplace, which
 * the venue refuses if a fill sneaked in. Anything else takes two steps: the
 * order is canceled; when all that it has executed is known, what is left goes
 * out as an order of its own. Its name says what was executed before, so that
 * another process can go on; if there is no other order, the one that the
 * client knows has been canceled. Each step is sent once; when its fate is not
 * known, the venue is asked.
 */
#include <stdio.h>
#include <string.h>

#include "gateway/venue/binance_int.h"

#define TOO_LATE "TOO LATE the order has ended"

void
replace_refuse(
    struct binance *b, struct border *o, int reason, const char *text)
{
	outside_refuse(b->peer, "cancel-reject", o->at.id, reason, text);
	o->at.kind = '\0';
	o->wait &= ~(unsigned)(B_CHANGE | B_REDOUBT);
}

/* The old order is gone, and no other has come. */
static void
gone(struct binance *b, struct border *o, const char *text)
{
	struct record_out *out;

	replace_refuse(b, o, 99, text);
	out = peer_begin(b->peer, "canceled");
	record_put(out, "id", o->id);
	record_put_e8(out, "cum", o->cum);
	record_put(out, "text", text);
	peer_send(b->peer);
	orders_ended(b, o);
}

/* ----- what is wanted ----- */

static bool
only_less(const struct border *o)
{
	const struct binance_wish *w = &o->at.wish;

	return o->symbol->rules.amend && w->qty < o->wish.qty &&
	       w->qty > o->cum && w->price == o->wish.price &&
	       w->stop == o->wish.stop && w->type == o->wish.type &&
	       w->tif == o->wish.tif &&
	       memcmp(&w->rare, &o->wish.rare, sizeof(w->rare)) == 0;
}

/* What has executed has triggered: it goes on as the limit order it is. */
static struct binance_wish
the_rest(const struct border *o)
{
	struct binance_wish w = o->at.wish;

	w.qty -= o->at.before;
	if (o->cum > 0 && w.type == '4') {
		w.type = '2';
		w.stop = 0;
	}
	if (o->at.before > 0 && w.rare.max_floor_e8 >= w.qty)
		w.rare.max_floor_e8 = 0; /* all of it may be seen */
	return w;
}

/* @return CxlRejReason(102), 0: it can be done */
static int
fault(struct binance *b, struct border *o, bool amend, char *text, size_t cap)
{
	struct binance_wish w = the_rest(o);
	const char *why = NULL;
	int reason;

	if (o->at.wish.qty <= o->cum)
		why = "OrderQty(38) is not above CumQty(14)";
	else if (o->cum > 0 && strchr("13J", w.type) != NULL)
		why = "UNSUPPORTED replace of what has triggered";
	else if (o->cum > 0 && o->wish.type == '4' && !amend &&
	    o->at.wish.type == '4' && o->at.wish.stop != o->wish.stop)
		why = "StopPx(99) can't be changed, it has triggered";
	if (why != NULL) {
		snprintf(text, cap, "%s", why);
		return 2;
	}
	if (!amend && limits_spent(b, text, cap))
		return 99;
	w.mark = o->symbol->mark;
	why = binance_kind_fault(&w);
	if (why != NULL)
		snprintf(text, cap, "%s", why);
	reason = why != NULL ? 99 :
	    binance_rules_check(&o->symbol->rules, &w, text, cap);
	return reason == 0 ? 0 : 99;
}

/* Is the answer, or the time to send it, of what is at the venue now? */
static struct border *
mine(const struct rest_request *q, enum replace_step step)
{
	struct border *o = orders_find(q->arg, q->text);

	if (o == NULL || o->ended || o->at.kind != 'G' ||
	    o->at.turn != (unsigned)q->arg1 || o->at.step != step)
		return NULL;
	return o;
}

static bool
named(const struct border *o, int64_t before, bool room,
    char out[BINANCE_NAME_MAX + 1])
{
	struct binance_name n = { .before = before, .room = room };

	memcpy(n.id, o->at.id, sizeof(n.id));
	return orders_name(out, &n);
}

/* ----- two steps: what is left ----- */

static bool
make_rest(const struct rest_request *q, char *url, char *body)
{
	struct border *o = mine(q, R_REST);
	char name[BINANCE_NAME_MAX + 1];
	struct binance_wish w;
	struct binance_call c;

	if (o == NULL || !named(o, o->at.before, false, name))
		return false;
	w = the_rest(o);
	snprintf(url, 64, "/api/v3/order");
	call_begin(&c, body);
	call_put_wish(&c, o->symbol, &w, name);
	o->sent_ns = outside_mono();
	return call_sign(q->arg, &c);
}

static void
is_replaced(struct binance *b, struct border *o, const json_t *order)
{
	orders_replaced(b, o, json_whole_or(order, "orderId", o->order_id),
	    o->at.wish.qty, o->at.wish.price);
	ask_soon(b, o, 2 * FIX_SEC); /* IOC and the like may have ended */
	orders_go_on(b, o);
}

static void
done_rest(const struct rest_request *q, const struct rest_answer *a)
{
	struct binance *b = q->arg;
	struct border *o = mine(q, R_REST);
	char text[200] = "";
	json_t *j;
	int64_t code;
	enum call_fate fate = call_fate(a, &j, &code, text, sizeof(text));

	limits_answered(b, a);
	binance_judge(b, a, code, text);
	if (o == NULL) {
		json_decref(j);
		return;
	}
	o->wait &= ~(unsigned)B_CHANGE;
	if (fate == CALL_DONE)
		is_replaced(b, o, j);
	else if (fate == CALL_UNKNOWN ||
		 (code == -2010 && call_reason(code, text) == 6))
		orders_doubt(b, o, B_REDOUBT);
	else
		gone(b, o, text);
	json_decref(j);
}

static void
send_rest(struct binance *b, struct border *o)
{
	o->at.before = o->cum;
	if (o->at.wish.qty <= o->cum) { /* amended to what is done: C.3.c */
		orders_replaced(
		    b, o, o->order_id, o->cum, o->at.wish.price);
		orders_ended(b, o);
		return;
	}
	o->at.step = R_REST;
	o->wait |= B_CHANGE;
	orders_call(b, o, REST_ORDER, "POST", make_rest, done_rest);
}

/* ----- two steps: room ----- */

static bool
make_room(const struct rest_request *q, char *url, char *body)
{
	struct border *o = mine(q, R_ROOM);
	char name[BINANCE_NAME_MAX + 1];
	struct binance_call c;
	size_t n;

	body[0] = '\0';
	if (o == NULL || !named(o, o->before, true, name))
		return false;
	n = (size_t)snprintf(url, 64, "/api/v3/order?");
	call_begin(&c, url + n);
	call_put_target(&c, o, "orderId", "origClientOrderId");
	call_put(&c, "newClientOrderId", name);
	o->sent_ns = outside_mono();
	return call_sign(q->arg, &c);
}

static void
room_made(struct binance *b, struct border *o, int64_t cum)
{
	o->wait &= ~(unsigned)B_CHANGE;
	o->at.step = R_FILLS;
	o->at.gone = cum;
	o->asks = 0;
	if (o->cum >= cum)
		send_rest(b, o);
	else
		ask_soon(b, o, 0); /* all fills, before more is sent */
}

static void
done_room(const struct rest_request *q, const struct rest_answer *a)
{
	struct binance *b = q->arg;
	struct border *o = mine(q, R_ROOM);
	char text[200] = "";
	json_t *j;
	int64_t code, cum;
	enum call_fate fate = call_fate(a, &j, &code, text, sizeof(text));

	binance_judge(b, a, code, text);
	if (o == NULL) {
		json_decref(j);
		return;
	}
	o->wait &= ~(unsigned)B_CHANGE;
	if (fate == CALL_DONE && json_e8(j, "executedQty", &cum) == 0) {
		room_made(b, o, o->before + cum);
	} else if (fate == CALL_DONE || fate == CALL_UNKNOWN ||
		   code == -2011) {
		o->asks = 0;
		ask_soon(b, o, code == -2011 ? 0 : FIX_SEC / 2);
	} else {
		replace_refuse(b, o, 99, text);
		orders_go_on(b, o);
	}
	json_decref(j);
}

static void
two_steps(struct binance *b, struct border *o)
{
	o->at.step = R_ROOM;
	o->wait |= B_CHANGE;
	orders_call(b, o, REST_ORDER, "DELETE", make_room, done_room);
}

bool
replace_canceled(
    struct binance *b, struct border *o, const char *c, int64_t cum)
{
	struct binance_name n = orders_named(c);

	if (o->at.step != R_ROOM || strcmp(n.id, o->at.id) != 0)
		return false;
	room_made(b, o, cum);
	return true;
}

void
replace_filled(struct binance *b, struct border *o)
{
	if (o->at.kind == 'G' && o->at.step == R_FILLS && o->cum >= o->at.gone)
		send_rest(b, o);
}

/* In doubt about the cancel: is it canceled, and by us? */
static bool
found_room(struct binance *b, struct border *o, const json_t *j)
{
	char state = ask_state(j);
	bool ended = strchr("248C", state) != NULL;

	if (state == '4' &&
	    replace_canceled(b, o, json_text(j, "clientOrderId"), o->cum))
		return true;
	if (!ended && !ask_is_over(b, o)) {
		ask_later(b, o);
		return true;
	}
	replace_refuse(b, o, ended ? 0 : 99,
	    ended ? TOO_LATE : "the venue did not replace it");
	return false;
}

bool
replace_found(struct binance *b, struct border *o, const json_t *j)
{
	if (o->at.kind != 'G')
		return false;
	switch (o->at.step) {
	case R_WHOLE:
		return false;
	case R_ROOM:
		return found_room(b, o, j);
	case R_FILLS:
		if (o->cum >= o->at.gone)
			send_rest(b, o);
		else
			ask_later(b, o);
		return true;
	case R_REST:
		break; /* it is asked for by the name of the new one */
	}
	return true;
}

void
replace_lost(struct binance *b, struct border *o)
{
	if (o->at.step == R_REST) {
		gone(b, o, "the venue never got what was left");
		return;
	}
	replace_refuse(b, o, 99, "the venue did not replace it");
	o->asks = 0;
	ask_soon(b, o, 0);
}

/* ----- one call ----- */

static bool
make_replace(const struct rest_request *q, char *url, char *body)
{
	struct border *o = mine(q, R_WHOLE);
	char name[BINANCE_NAME_MAX + 1];
	struct binance_wish w;
	struct binance_call c;

	if (o == NULL || !named(o, o->at.before, false, name))
		return false;
	w = the_rest(o);
	call_begin(&c, body);
	if (strcmp(q->method, "PUT") == 0) {
		snprintf(url, 64, "/api/v3/order/amend/keepPriority");
		call_put_target(&c, o, "orderId", "origClientOrderId");
		call_put_e8(&c, "newQty", w.qty);
		call_put(&c, "newClientOrderId", name);
	} else {
		snprintf(url, 64, "/api/v3/order/cancelReplace");
		call_put_wish(&c, o->symbol, &w, name);
		call_put(&c, "cancelReplaceMode", "STOP_ON_FAILURE");
		call_put(&c, "cancelRestrictions", "ONLY_NEW");
		call_put_int(&c, "cancelOrderId", o->order_id);
	}
	o->sent_ns = outside_mono();
	return call_sign(q->arg, &c);
}

static int64_t
code_of(const json_t *data, const char *part)
{
	return json_whole_or(json_object_get(data, part), "code", 0);
}

/* Its halves, which a failed cancelReplace tells of one by one. */
static void
half_done(struct binance *b, struct border *o, const json_t *data,
    const char *text)
{
	const json_t *old = json_object_get(data, "cancelResponse");
	const json_t *new = json_object_get(data, "newOrderResponse");
	int64_t cum;

	if (call_fate_of(code_of(data, "cancelResponse")) == CALL_UNKNOWN ||
	    call_fate_of(code_of(data, "newOrderResponse")) == CALL_UNKNOWN) {
		orders_doubt(b, o, B_REDOUBT);
	} else if (strcmp(json_text(data, "cancelResult"), "SUCCESS") == 0 &&
		   json_e8(old, "executedQty", &cum) == 0 &&
		   cum + o->before == o->cum) {
		gone(b, o, json_text(new, "msg"));
	} else if (strstr(json_text(old, "msg"), "restrictions") != NULL) {
		two_steps(b, o); /* a fill sneaked in */
	} else {
		replace_refuse(b, o, 99, text);
		ask_soon(b, o, 0); /* canceled without a successor? filled? */
	}
}

static void
done_replace(const struct rest_request *q, const struct rest_answer *a)
{
	struct binance *b = q->arg;
	struct border *o = mine(q, R_WHOLE);
	char text[200] = "";
	const json_t *is;
	json_t *j;
	int64_t code;
	enum call_fate fate = call_fate(a, &j, &code, text, sizeof(text));

	if (strcmp(q->method, "POST") == 0)
		limits_answered(b, a);
	binance_judge(b, a, code, text);
	if (o == NULL) {
		json_decref(j);
		return;
	}
	o->wait &= ~(unsigned)B_CHANGE;
	is = json_object_get(j, "newOrderResponse");
	if (fate == CALL_DONE)
		is_replaced(b, o, is != NULL ? is :
		    json_object_get(j, "amendedOrder"));
	else if (fate == CALL_UNKNOWN)
		orders_doubt(b, o, B_REDOUBT);
	else
		half_done(b, o, json_object_get(j, "data"), text);
	orders_go_on(b, o);
	json_decref(j);
}

void
replace_begin(struct binance *b, struct border *o)
{
	bool amend = only_less(o);
	char text[200], name[BINANCE_NAME_MAX + 1];
	int reason;

	o->at.step = R_WHOLE;
	o->at.before = amend ? o->before : o->cum;
	reason = fault(b, o, amend, text, sizeof(text));
	if (reason == 0 && (!named(o, o->at.wish.qty, true, name))) {
		snprintf(text, sizeof(text), "OrderQty(38) is too large for it");
		reason = 2;
	}
	if (reason != 0) {
		replace_refuse(b, o, reason, text);
		orders_go_on(b, o);
		return;
	}
	if (!amend && (o->cum > o->before || !o->symbol->rules.replace)) {
		two_steps(b, o);
		return;
	}
	o->wait |= B_CHANGE;
	orders_call(b, o, REST_ORDER, amend ? "PUT" : "POST", make_replace,
	    done_replace);
}
