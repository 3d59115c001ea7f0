/*
 * New orders and cancels, and who goes first.
 *
 * Each order is sent once, under the id that the gateway gave it. While the
 * answer to it is out, a cancel or replace waits here; while its fate is not
 * known, too. What a replace changes of an order that an earlier process has
 * sent is asked for first.
 */
#include <stdio.h>
#include <stdlib.h>

#include "gateway/venue/binance_int.h"

/* ----- calls ----- */

/* In the body, which is never sent twice; see rest.c. */
static bool
make_new(const struct rest_request *q, char *url, char *body)
{
	struct binance *b = q->arg;
	struct border *o = orders_find(b, q->text);
	struct binance_call c;

	if (o == NULL)
		return false;
	snprintf(url, 64, "/api/v3/order");
	call_begin(&c, body);
	call_put_wish(&c, o->symbol, &o->wish, o->id);
	o->sent_ns = outside_mono();
	return call_sign(b, &c);
}

void
orders_doubt(struct binance *b, struct border *o, unsigned what)
{
	o->wait |= what;
	o->asks = 0;
	ask_soon(b, o, FIX_SEC / 2);
}

static void
new_done(struct binance *b, struct border *o, const json_t *j)
{
	o->order_id = json_whole_or(j, "orderId", o->order_id);
	orders_ack(b, o);
	orders_go_on(b, o);
}

static void
done_new(const struct rest_request *q, const struct rest_answer *a)
{
	struct binance *b = q->arg;
	struct border *o = orders_find(b, q->text);
	char text[200] = "";
	json_t *j;
	int64_t code;
	enum call_fate fate = call_fate(a, &j, &code, text, sizeof(text));

	limits_answered(b, a);
	binance_judge(b, a, code, text);
	if (o == NULL || (o->wait & B_SENT) == 0) {
		json_decref(j);
		return;
	}
	o->wait &= ~(unsigned)B_SENT;
	if (fate == CALL_REFUSED && code == -2010 &&
	    call_reason(code, text) == 6)
		fate = CALL_UNKNOWN; /* its id is there: then it is, too */
	switch (fate) {
	case CALL_DONE:
		new_done(b, o, j);
		break;
	case CALL_REFUSED:
	case CALL_LATER:
		outside_refuse(b->peer, "reject", o->id, call_reason(code, text), text);
		orders_ended(b, o);
		break;
	case CALL_UNKNOWN:
		orders_doubt(b, o, B_DOUBT);
		break;
	}
	json_decref(j);
}

void
orders_call(struct binance *b, const struct border *o, enum rest_rank rank,
    const char *method,
    bool (*make)(const struct rest_request *, char *, char *),
    void (*done)(const struct rest_request *, const struct rest_answer *))
{
	struct rest_request q = { .rank = rank, .method = method, .weight = 1,
		.arg = b, .arg1 = o->at.turn, .make = make, .done = done };
	struct rest_answer full = { .fate = REST_NOT_SENT,
		.retry_after_s = -1,
		.why = "too many requests wait for the venue" };

	snprintf(q.text, sizeof(q.text), "%s", o->id);
	if (strcmp(method, "POST") == 0)
		limits_sent(b);
	if (rest_do(b->rest, &q) != 0)
		done(&q, &full);
}

/* ----- cancels ----- */

static bool
make_cancel(const struct rest_request *q, char *url, char *body)
{
	struct binance *b = q->arg;
	struct border *o = orders_find(b, q->text);
	struct binance_name name = { .before = 0 };
	char text[BINANCE_NAME_MAX + 1];
	struct binance_call c;
	size_t n;

	if (o == NULL)
		return false;
	body[0] = '\0';
	n = (size_t)snprintf(url, 64, "/api/v3/order?");
	call_begin(&c, url + n);
	call_put_target(&c, o, "orderId", "origClientOrderId");
	memcpy(name.id, o->at.id, sizeof(name.id));
	name.before = o->before;
	if (o->known && orders_name(text, &name)) /* or by a random one */
		call_put(&c, "newClientOrderId", text);
	return call_sign(b, &c);
}

static void
cancel_done(struct binance *b, struct border *o, const json_t *j)
{
	struct record_out *out;
	int64_t cum = -1;

	if (!o->known)
		o->before = orders_named(
		    json_text(j, "origClientOrderId")).before;
	if (json_e8(j, "executedQty", &cum) != 0 ||
	    cum + o->before != o->cum) {
		ask_soon(b, o, 0); /* fills first */
		return;
	}
	out = peer_begin(b->peer, "canceled");
	record_put(out, "id", o->at.id);
	record_put(out, "orig", o->id);
	record_put_e8(out, "cum", o->cum);
	peer_send(b->peer);
	orders_ended(b, o);
}

static void
done_cancel(const struct rest_request *q, const struct rest_answer *a)
{
	struct binance *b = q->arg;
	struct border *o = orders_find(b, q->text);
	char text[200] = "";
	json_t *j;
	int64_t code;
	enum call_fate fate = call_fate(a, &j, &code, text, sizeof(text));

	binance_judge(b, a, code, text);
	if (o == NULL || o->ended || o->at.kind != 'F') {
		json_decref(j);
		return;
	}
	o->wait &= ~(unsigned)B_CHANGE;
	if (fate == CALL_DONE) {
		cancel_done(b, o, j);
	} else if (fate == CALL_REFUSED && code == -2011 && o->order_id == 0 &&
		   !o->acked) {
		outside_refuse(b->peer, "cancel-reject", o->at.id, 1, text);
		o->at.kind = '\0';
	} else if (fate == CALL_UNKNOWN || code == -2011) {
		ask_soon(b, o, 0); /* its state says what became of it */
	} else {
		outside_refuse(b->peer, "cancel-reject", o->at.id, 99, text);
		o->at.kind = '\0';
	}
	orders_go_on(b, o);
	json_decref(j);
}

/* ----- requests ----- */

static void
cancel_begin(struct binance *b, struct border *o)
{
	o->wait |= B_CHANGE;
	orders_call(b, o, REST_CANCEL, "DELETE", make_cancel, done_cancel);
}

void
orders_go_on(struct binance *b, struct border *o)
{
	if (o->held.kind == '\0' || o->ended || o->at.kind == 'G' ||
	    (o->wait & (B_SENT | B_DOUBT | B_REDOUBT | B_CHANGE)) != 0)
		return;
	if (o->held.kind == 'G' && (!o->known || o->order_id == 0)) {
		ask_soon(b, o, 0); /* what is it that is to be changed? */
		return;
	}
	o->at = o->held;
	o->at.turn = ++b->turn;
	o->held.kind = '\0';
	if (o->at.kind == 'F')
		cancel_begin(b, o);
	else
		replace_begin(b, o);
}

void
orders_forsake(struct binance *b)
{
	struct border *o;

	TAILQ_FOREACH(o, &b->all, all)
	{
		if (o->held.kind == 'G')
			outside_refuse(b->peer, "cancel-reject", o->held.id,
			    99, "the venue was lost before it was sent");
		if (o->held.kind == 'G')
			o->held.kind = '\0';
	}
}

static bool
may_e8(const struct record *r, const char *name, int64_t *out)
{
	int rc = record_e8(r, name, out);

	return rc == 0 || rc == -FIX_E_NOTFOUND;
}

static bool
read_wish(const struct record *r, struct binance_wish *w)
{
	struct fix_span side = record_get(r, "side");
	struct fix_span type = record_get(r, "type");
	struct fix_span tif = record_get(r, "tif");

	memset(w, 0, sizeof(*w));
	w->side = side.len == 1 ? (char)side.p[0] : '?';
	w->type = type.len == 1 ? (char)type.p[0] : '?';
	w->tif = tif.len == 1 ? (char)tif.p[0] : '?';
	return record_e8(r, "qty", &w->qty) == 0 &&
	       may_e8(r, "price", &w->price) && may_e8(r, "stop", &w->stop) &&
	       record_rare(r, &w->rare);
}

static void
take_new(struct binance *b, const char *id, struct symbol *s,
    struct binance_wish w, struct fix_span currency)
{
	const char *fault = binance_kind_fault(&w);
	char text[200];
	struct border *o;
	int reason = 11;

	if (orders_find(b, id) != NULL)
		return; /* sent before: there is one already */
	if (b->step != STEP_UP) {
		outside_refuse(b->peer, "reject", id, 99, b->down);
		return;
	}
	if (s == NULL || !s->known) {
		outside_refuse(b->peer, "reject", id, 1, "Unknown symbol");
		return;
	}
	if (fault == NULL && venue_wrong_currency(currency, s->rules.symbol,
				 s->rules.quote, text, sizeof(text)))
		fault = text;
	if (fault == NULL) {
		w.mark = s->mark;
		reason = binance_rules_check(&s->rules, &w, text, sizeof(text));
		fault = reason != 0 ? text : NULL;
	}
	if (fault == NULL && limits_spent(b, text, sizeof(text))) {
		fault = text;
		reason = 0;
	}
	o = fault == NULL ? orders_get(b, id, s) : NULL;
	if (o == NULL) {
		outside_refuse(b->peer, "reject", id, fault == NULL ? 99 : reason,
		    fault == NULL ? "out of memory" : fault);
		return;
	}
	o->wish = w;
	o->known = true;
	o->wait |= B_SENT;
	orders_call(b, o, REST_ORDER, "POST", make_new, done_new);
}

static void
take_change(struct binance *b, const struct record *r, const char *id,
    struct symbol *s, const struct binance_wish *w, char kind)
{
	char orig[OUTSIDE_ID], order[64];
	const char *dash;
	struct border *o;

	record_copy(r, "orig", orig, sizeof(orig));
	record_copy(r, "order", order, sizeof(order));
	o = orders_get(b, orig, s);
	if (o == NULL || o->ended) {
		outside_refuse(b->peer, "cancel-reject", id, o == NULL ? 1 : 0,
		    o == NULL ? "Unknown order" : "too late");
		return;
	}
	dash = strrchr(order, '-');
	if (o->order_id == 0 && dash != NULL)
		o->order_id = strtoll(dash + 1, NULL, 10);
	if (strcmp(o->at.id, id) == 0 || strcmp(o->held.id, id) == 0)
		return;
	if (!o->known && o->cum == 0 && record_e8(r, "cum", &o->cum) != 0)
		o->cum = 0;
	if (!o->known && kind == 'F')
		o->whole = w->qty;
	o->held = (struct change){ .kind = kind };
	snprintf(o->held.id, sizeof(o->held.id), "%s", id);
	o->held.wish = *w;
	orders_go_on(b, o);
}

void
orders_take(struct binance *b, const struct record *r, char kind)
{
	char id[OUTSIDE_ID], symbol[BINANCE_SYMBOL_MAX + 1];
	struct binance_wish w;
	struct symbol *s;

	if (!record_copy(r, "id", id, sizeof(id)) || id[0] == '\0' ||
	    !read_wish(r, &w)) {
		outside_refuse(b->peer, kind == 'D' ? "reject" : "cancel-reject", id,
		    99, "the request can't be read");
		return;
	}
	record_copy(r, "symbol", symbol, sizeof(symbol));
	s = binance_symbol(b, symbol);
	if (kind == 'D')
		take_new(b, id, s, w, record_get(r, "currency"));
	else
		take_change(b, r, id, s, &w, kind);
}
