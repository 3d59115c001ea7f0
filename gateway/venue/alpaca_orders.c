/*
 * New orders, cancels and replaces.
 *
 * Each order is sent once, under the id that the gateway gave it. While the
 * answer to it is out, a cancel or replace waits here; while its fate is not
 * known, too. An order without executions is replaced by PATCH, which makes
 * another order of the venue; one with executions is canceled, and when that is
 * certain there is a new one for the rest, so that never more than was wanted
 * is executed.
 */
#include <stdio.h>

#include "gateway/venue/alpaca_int.h"

/* ----- calls ----- */

static json_t *
wish_json(const struct aorder *o, const struct alpaca_wish *w, const char *id,
    int64_t qty)
{
	static const char *const types[] = { "market", "limit", "stop",
		"stop_limit" };
	static const char *const tifs[] = { "day", "gtc", "opg", "ioc", "fok",
		NULL, NULL, "cls" };
	json_t *j = json_pack("{s:s,s:s,s:s,s:s,s:s}", "symbol",
	    o->asset->rules.symbol, "side", w->side == '1' ? "buy" : "sell",
	    "type", w->type == 'P' ? "trailing_stop" : types[w->type - '1'],
	    "time_in_force", tifs[w->tif - '0'],
	    "client_order_id", id);

	alpaca_set_e8(j, "qty", qty);
	if (w->price != 0)
		alpaca_set_e8(j, "limit_price", w->price);
	if (w->stop != 0)
		alpaca_set_e8(j, "stop_price", w->stop);
	if (w->type == 'P') /* a percent is a hundred of its hundredths */
		alpaca_set_e8(j, w->trail_type == '1' ? "trail_percent" :
		    "trail_price", w->trail_type == '1' ? w->trail / 100 :
		    w->trail);
	if (w->extended)
		(void)json_object_set_new(j, "extended_hours", json_true());
	if (w->side == '5')
		(void)json_object_set_new(
		    j, "position_intent", json_string("sell_to_open"));
	return j;
}

/* With arg1 the second half of a replace, for the rest. */
static bool
make_post(const struct rest_request *q, char *url, char *body)
{
	struct alpaca *v = q->arg;
	struct aorder *o = alpaca_find(v, q->text);
	const struct alpaca_wish *w;
	int64_t qty;

	if (o == NULL)
		return false;
	w = q->arg1 != 0 ? &o->at.wish : &o->wish;
	qty = q->arg1 != 0 ? w->qty - alpaca_cum(o) : w->qty;
	snprintf(url, 16, "/v2/orders");
	o->sent_ns = outside_mono();
	return alpaca_put_body(body,
	    wish_json(o, w, q->arg1 != 0 ? o->at.id : o->id, qty));
}

static void
doubt(struct alpaca *v, struct aorder *o, unsigned what)
{
	o->wait |= what;
	o->asks = 0;
	alpaca_ask_soon(v, o, FIX_SEC / 2);
}

static void
new_done(struct alpaca *v, struct aorder *o, const json_t *j)
{
	const char *status = json_text(j, "status");
	struct leg *l = alpaca_get_leg(v, o, json_text(j, "id"));

	if (l != NULL)
		l->qty = json_e8_or(j, "qty", 0);
	if (o->state[0] == '\0')
		alpaca_set_state(o, status);
	switch (alpaca_state(o->state)) {
	case '0':
	case '1':
	case '3':
		alpaca_ack(v, o);
		break;
	default: /* pending: its stream says more, or we ask */
		alpaca_ask_soon(v, o, 2 * FIX_SEC);
		break;
	}
	alpaca_go_on(v, o);
}

static void
take_new(const struct rest_request *q, const struct rest_answer *a)
{
	struct alpaca *v = q->arg;
	struct aorder *o = alpaca_find(v, q->text);
	struct said s;

	alpaca_hear(v, a, &s);
	if (o == NULL || (o->wait & A_SENT) == 0) {
		json_decref(s.body);
		return;
	}
	o->wait &= ~(unsigned)A_SENT;
	switch (s.fate) {
	case ALPACA_DONE:
		new_done(v, o, s.body);
		break;
	case ALPACA_REFUSED:
	case ALPACA_LATER:
		outside_refuse(v->peer, "reject", o->id,
		    alpaca_reason(s.status, s.code, s.text), s.text);
		alpaca_ended(v, o);
		break;
	case ALPACA_TWICE: /* its id is there: then it is, too */
	case ALPACA_UNKNOWN:
		if (o->leg == NULL) /* else the stream has shown it */
			doubt(v, o, A_DOUBT);
		alpaca_go_on(v, o);
		break;
	}
	json_decref(s.body);
}

static void
call(struct alpaca *v, enum rest_rank rank, const char *method,
    const struct aorder *o, int64_t arg1, alpaca_make *make, alpaca_take *take)
{
	struct rest_request q = { .arg = v, .arg1 = arg1 };
	struct rest_answer full = { .fate = REST_NOT_SENT,
		.retry_after_s = -1,
		.why = "too many requests wait for the venue" };

	if (alpaca_call(v, rank, method, o->id, arg1, make, take))
		return;
	snprintf(q.text, sizeof(q.text), "%s", o->id);
	take(&q, &full);
}

/* ----- cancels ----- */

static bool
make_target(const struct rest_request *q, char *url, char *body)
{
	struct aorder *o = alpaca_find(q->arg, q->text);

	body[0] = '\0';
	if (o == NULL || o->leg == NULL)
		return false;
	snprintf(url, 16, "/v2/orders/");
	alpaca_put(url, o->leg->venue);
	return true;
}

/* Is it the answer to what is under way? */
static bool
is_at(const struct aorder *o, const struct rest_request *q)
{
	return o != NULL && !o->ended && o->at.kind != '\0' &&
	       alpaca_tag(o) == q->arg1 && (o->wait & A_CHANGE) != 0;
}

static void
cancel_refused(struct alpaca *v, struct aorder *o, const struct said *s)
{
	if (o->at.kind == 'X')
		o->at.kind = '\0';
	else if (s->fate == ALPACA_LATER)
		alpaca_refuse_change(v, o, 99, s->text);
	else if (s->status == 404)
		alpaca_refuse_change(v, o, 1, s->text);
	alpaca_ask_soon(v, o, 0); /* its state says what became of it */
}

static void
take_cancel(const struct rest_request *q, const struct rest_answer *a)
{
	struct alpaca *v = q->arg;
	struct aorder *o = alpaca_find(v, q->text);
	struct said s;

	alpaca_hear(v, a, &s);
	json_decref(s.body);
	if (!is_at(o, q))
		return;
	o->wait &= ~(unsigned)A_CHANGE;
	if (s.fate == ALPACA_DONE) {
		o->at.taken = true;
		alpaca_ask_soon(v, o, 2 * FIX_SEC);
	} else if (s.fate == ALPACA_UNKNOWN) {
		alpaca_ask_soon(v, o, 0);
	} else {
		cancel_refused(v, o, &s);
	}
	alpaca_go_on(v, o);
}

void
alpaca_cancel(struct alpaca *v, struct aorder *o)
{
	o->wait |= A_CHANGE;
	o->at.at_ns = outside_mono();
	call(v, REST_CANCEL, "DELETE", o, alpaca_tag(o), make_target,
	    take_cancel);
}

/* ----- replaces ----- */

static bool
make_patch(const struct rest_request *q, char *url, char *body)
{
	struct aorder *o = alpaca_find(q->arg, q->text);
	const struct alpaca_wish *w;
	json_t *j;

	if (!make_target(q, url, body))
		return false;
	w = &o->at.wish;
	j = json_pack("{s:s}", "client_order_id", o->at.id);
	alpaca_set_e8(j, "qty", w->qty);
	if (w->price != 0)
		alpaca_set_e8(j, "limit_price", w->price);
	if (w->stop != 0)
		alpaca_set_e8(j, "stop_price", w->stop);
	if (w->type == 'P')
		alpaca_set_e8(j, "trail",
		    w->trail_type == '1' ? w->trail / 100 : w->trail);
	if (w->tif != o->wish.tif)
		(void)json_object_set_new(j, "time_in_force",
		    json_string(w->tif == '0' ? "day" : "gtc"));
	o->sent_ns = outside_mono();
	return alpaca_put_body(body, j);
}

/* Accepted is not done: the stream says when, or we ask. */
static void
take_patch(const struct rest_request *q, const struct rest_answer *a)
{
	struct alpaca *v = q->arg;
	struct aorder *o = alpaca_find(v, q->text);
	struct said s;

	alpaca_hear(v, a, &s);
	json_decref(s.body);
	if (!is_at(o, q))
		return;
	o->wait &= ~(unsigned)A_CHANGE;
	switch (s.fate) {
	case ALPACA_DONE:
		o->at.taken = true;
		o->wait |= A_REDOUBT;
		alpaca_ask_soon(v, o, FIX_SEC);
		break;
	case ALPACA_TWICE:
	case ALPACA_UNKNOWN:
		doubt(v, o, A_REDOUBT);
		break;
	case ALPACA_REFUSED:
	case ALPACA_LATER:
		alpaca_refuse_change(v, o, s.status == 404 ? 1 :
		    s.status == 422 ? 2 : 99, s.text);
		alpaca_ask_soon(v, o, 0);
		break;
	}
	alpaca_go_on(v, o);
}

static void
take_second(const struct rest_request *q, const struct rest_answer *a)
{
	struct alpaca *v = q->arg;
	struct aorder *o = alpaca_find(v, q->text);
	struct said s;

	alpaca_hear(v, a, &s);
	if (!is_at(o, q)) {
		json_decref(s.body);
		return;
	}
	o->wait &= ~(unsigned)A_CHANGE;
	switch (s.fate) {
	case ALPACA_DONE:
		alpaca_found_new(v, o, s.body);
		break;
	case ALPACA_TWICE:
	case ALPACA_UNKNOWN:
		doubt(v, o, A_REDOUBT);
		break;
	case ALPACA_REFUSED:
	case ALPACA_LATER:
		alpaca_refuse_change(v, o, 99, s.text);
		alpaca_tell_end(v, o, "canceled", s.text);
		break;
	}
	alpaca_go_on(v, o);
	json_decref(s.body);
}

void
alpaca_second_half(struct alpaca *v, struct aorder *o)
{
	if (o->at.wish.qty <= alpaca_cum(o)) {
		alpaca_tell_end(v, o, "canceled", "nothing was left of it");
		return;
	}
	o->at.way = WAY_NEW;
	o->at.taken = false;
	o->wait |= A_CHANGE;
	call(v, REST_ORDER, "POST", o, alpaca_tag(o), make_post, take_second);
}

/* ----- requests ----- */

static bool
is_whole(const struct aorder *o)
{
	return o->wish.qty % FIX_E8 == 0 && o->at.wish.qty % FIX_E8 == 0;
}

/* @return CxlRejReason(102), -1: it may go */
static int
replace_fault(struct alpaca *v, const struct aorder *o, char *text, size_t cap)
{
	char is = alpaca_state(o->state);
	const char *why = NULL;

	if (o->at.wish.type != o->wish.type ||
	    o->at.wish.side != o->wish.side ||
	    o->at.wish.trail_type != o->wish.trail_type)
		why = "Side and OrdType can't be replaced";
	else if (!is_whole(o))
		why = "UNSUPPORTED replace of a fraction";
	else if (o->at.wish.qty <= alpaca_cum(o))
		why = "OrderQty is not more than what is executed";
	if (why != NULL) {
		snprintf(text, cap, "%s", why);
		return 2;
	}
	if (is == '6' || is == 'E' || is == 'A' ||
	    strcmp(o->state, "accepted") == 0) {
		snprintf(text, cap, "not replaceable in status %s", o->state);
		return is == '6' || is == 'E' ? 3 : 2;
	}
	if (rest_spent(v->rest, REST_ORDER)) {
		snprintf(text, cap, "venue rate limit: what is left of this "
		    "minute is for cancels");
		return 99;
	}
	return alpaca_rules_check(&o->asset->rules, &o->at.wish, text, cap) < 0 ?
	    -1 : 99;
}

static void
begin_replace(struct alpaca *v, struct aorder *o)
{
	char text[200];
	int reason = replace_fault(v, o, text, sizeof(text));

	if (reason >= 0) {
		alpaca_refuse_change(v, o, reason, text);
		return;
	}
	o->at.way = alpaca_cum(o) == 0 ? WAY_PATCH : WAY_CANCEL;
	if (o->at.way == WAY_CANCEL) {
		alpaca_cancel(v, o);
		return;
	}
	o->wait |= A_CHANGE;
	o->at.at_ns = outside_mono();
	call(v, REST_ORDER, "PATCH", o, alpaca_tag(o), make_patch, take_patch);
}

void
alpaca_go_on(struct alpaca *v, struct aorder *o)
{
	if (o->held.kind == '\0' || o->ended || o->at.kind != '\0')
		return;
	if (o->leg == NULL) { /* in doubt, or of an earlier process */
		if (!o->listed && (o->wait & A_SENT) == 0)
			alpaca_ask_soon(v, o, 0);
		return;
	}
	o->at = o->held;
	o->held.kind = '\0';
	if (o->at.kind == 'F')
		alpaca_cancel(v, o);
	else
		begin_replace(v, o);
}

static bool
may_e8(const struct record *r, const char *name, int64_t *out)
{
	int rc = record_e8(r, name, out);

	return rc == 0 || rc == -FIX_E_NOTFOUND;
}

static char
letter(const struct record *r, const char *name)
{
	struct fix_span s = record_get(r, name);

	return s.len == 1 ? (char)s.p[0] : '?';
}

static bool
read_wish(const struct record *r, struct alpaca_wish *w)
{
	memset(w, 0, sizeof(*w));
	w->side = letter(r, "side");
	w->type = letter(r, "type");
	w->tif = letter(r, "tif");
	if (!may_e8(r, "offset", &w->trail))
		return false;
	w->extended = record_get(r, "session").len > 0;
	if (w->type == 'P') /* its stop is the venue's to find */
		w->trail_type = letter(r, "offset_type");
	return record_e8(r, "qty", &w->qty) == 0 &&
	       may_e8(r, "price", &w->price) && may_e8(r, "stop", &w->stop);
}

static void
request_new(struct alpaca *v, const char *id, struct asset *a,
    const struct alpaca_wish *w, struct fix_span currency)
{
	char text[200] = "out of memory";
	struct aorder *o = NULL;
	int reason = -1;

	if (alpaca_find(v, id) != NULL)
		return; /* sent before: there is one already */
	if (v->step != ASTEP_UP) {
		snprintf(text, sizeof(text), "%s", v->down);
		reason = 99;
	} else if (a == NULL || !a->known) {
		snprintf(text, sizeof(text), "Unknown symbol");
		reason = 1;
	} else if (rest_spent(v->rest, REST_ORDER)) {
		snprintf(text, sizeof(text), "venue rate limit: what is left "
		    "of this minute is for cancels");
		reason = 0;
	} else if (venue_wrong_currency(currency, a->rules.symbol,
		       alpaca_currency(&a->rules), text, sizeof(text))) {
		reason = 11;
	} else {
		reason = alpaca_rules_check(&a->rules, w, text, sizeof(text));
	}
	if (reason < 0)
		o = alpaca_get_order(v, id, a);
	if (o == NULL) {
		outside_refuse(
		    v->peer, "reject", id, reason < 0 ? 99 : reason, text);
		return;
	}
	o->wish = *w;
	o->wait |= A_SENT;
	call(v, REST_ORDER, "POST", o, 0, make_post, take_new);
}

/* A cancel that came to nothing may come again, a replace never. */
static bool
is_seen(const struct aorder *o, const char *id, char kind)
{
	if (o->held.kind != '\0' && strcmp(o->held.id, id) == 0)
		return true;
	if (strcmp(o->at.id, id) == 0)
		return o->at.kind != '\0' || kind == 'G';
	return kind == 'G' && (strcmp(o->id, id) == 0 ||
				  outside_is_later(o->family, o->id, id));
}

static void
request_change(struct alpaca *v, const struct record *r, const char *id,
    struct asset *a, const struct alpaca_wish *w, char kind)
{
	char orig[OUTSIDE_ID], order[OUTSIDE_ID];
	struct aorder *o;

	record_copy(r, "orig", orig, sizeof(orig));
	record_copy(r, "order", order, sizeof(order));
	o = alpaca_get_order(v, orig, a);
	if (o == NULL || o->ended) {
		outside_refuse(v->peer, "cancel-reject", id, o == NULL ? 1 : 0,
		    o == NULL ? "Unknown order" : "TOO LATE it has ended");
		return;
	}
	if (o->leg == NULL && (o->wait & A_SENT) == 0 && order[0] != '\0')
		(void)alpaca_get_leg(v, o, order);
	if (o->wish.qty == 0) /* of an earlier process: as the trader has it */
		o->wish = *w;
	if (is_seen(o, id, kind))
		return;
	memset(&o->held, 0, sizeof(o->held));
	o->held.kind = kind;
	snprintf(o->held.id, sizeof(o->held.id), "%s", id);
	o->held.wish = *w;
	alpaca_go_on(v, o);
}

void
alpaca_request(struct alpaca *v, const struct record *r, char kind)
{
	char id[OUTSIDE_ID], symbol[ALPACA_SYMBOL_MAX + 1];
	struct alpaca_wish w;
	struct asset *a;

	if (!record_copy(r, "id", id, sizeof(id)) || id[0] == '\0' ||
	    !read_wish(r, &w)) {
		outside_refuse(v->peer, kind == 'D' ? "reject" : "cancel-reject",
		    id, 99, "the request can't be read");
		return;
	}
	record_copy(r, "symbol", symbol, sizeof(symbol));
	a = alpaca_asset(v, symbol);
	if (kind == 'D')
		request_new(v, id, a, &w, record_get(r, "currency"));
	else
		request_change(v, r, id, a, &w, kind);
}
