/*
 * Finding out what is not known: orders in doubt, questions of the trader, and
 * all open orders at once, as one list, for requests are few.
 *
 * "No such order" is believed only when nothing that was sent for it can reach
 * the venue any more. A replace in doubt is looked for under its own id first.
 */
#include <stdio.h>

#include "gateway/venue/alpaca_int.h"

static void question(struct alpaca *v, struct aorder *o);

void
alpaca_ask_soon(struct alpaca *v, struct aorder *o, int64_t wait_ns)
{
	int64_t at = outside_mono() + wait_ns;

	if (o->listed && o->ask_ns <= at)
		return;
	o->ask_ns = at;
	if (!o->listed)
		TAILQ_INSERT_TAIL(&v->doubtful, o, doubtful);
	o->listed = true;
}

void
alpaca_ask_later(struct alpaca *v, struct aorder *o)
{
	int64_t wait = FIX_SEC << (o->asks < 3 ? o->asks : 3);

	o->asks++;
	if (o->listed)
		o->ask_ns = INT64_MAX;
	alpaca_ask_soon(v, o, wait);
}

void
alpaca_ask_tick(struct alpaca *v)
{
	int64_t now = outside_mono();
	struct aorder *o, *next;

	for (o = TAILQ_FIRST(&v->doubtful); o != NULL; o = next) {
		next = TAILQ_NEXT(o, doubtful);
		if (o->ask_ns <= now && (o->wait & A_ASKING) == 0)
			question(v, o);
	}
}

void
alpaca_unlist(struct alpaca *v, struct aorder *o)
{
	if (o->listed)
		TAILQ_REMOVE(&v->doubtful, o, doubtful);
	o->listed = false;
}

/* Can nothing that was sent for it arrive any more? */
static bool
is_over(const struct alpaca *v, const struct aorder *o)
{
	int64_t from = o->sent_ns > v->start_ns ? o->sent_ns : v->start_ns;

	return outside_mono() - from > v->unknown_after_ns;
}

/* ----- one order ----- */

static bool
asks_for_new(const struct aorder *o)
{
	return (o->wait & A_REDOUBT) != 0 && o->at.kind == 'G';
}

/* With arg1 by the id of a replace. */
static bool
make_question(const struct rest_request *q, char *url, char *body)
{
	struct aorder *o = alpaca_find(q->arg, q->text);

	body[0] = '\0';
	if (o == NULL)
		return false;
	if (q->arg1 == 0 && o->leg != NULL) {
		snprintf(url, 16, "/v2/orders/");
		alpaca_put(url, o->leg->venue);
		return true;
	}
	snprintf(url, 64, "/v2/orders:by_client_order_id?client_order_id=");
	alpaca_put(url, q->arg1 != 0 ? o->at.id : o->id);
	return true;
}

/* One that was there is not gone because it was not found once. */
static bool
is_missed(const struct alpaca *v, struct aorder *o)
{
	if (o->lost_ns == 0)
		o->lost_ns = outside_mono();
	return (o->acked || o->leg != NULL) &&
	       outside_mono() - o->lost_ns < v->unknown_after_ns;
}

static void
not_found(struct alpaca *v, struct aorder *o)
{
	struct record_out *out;

	if (!is_over(v, o) || is_missed(v, o)) {
		alpaca_ask_later(v, o);
		return;
	}
	o->wait &= ~(unsigned)A_DOUBT;
	alpaca_unlist(v, o);
	if (o->held.kind != '\0')
		outside_refuse(v->peer, "cancel-reject", o->held.id, 1,
		    "Unknown order");
	o->held.kind = '\0';
	out = peer_begin(v->peer, "unknown");
	record_put(out, "id", o->id);
	peer_send(v->peer);
	o->asked = false;
	if (o->acked)
		return;
	outside_refuse(
	    v->peer, "reject", o->id, 99, "the venue never got it");
	alpaca_ended(v, o);
}

/* The order that it was to replace is what there is; or it was canceled for the
 * one that did not come. */
static void
no_new(struct alpaca *v, struct aorder *o)
{
	bool second = o->at.way == WAY_NEW;

	if (!is_over(v, o)) {
		alpaca_ask_later(v, o);
		return;
	}
	alpaca_refuse_change(v, o, 99, "the venue did not replace it");
	o->asks = 0;
	if (second)
		alpaca_tell_end(v, o, "canceled", "the venue never got what "
		    "was to replace it");
	else
		alpaca_ask_soon(v, o, 0);
}

static void
answer_new(
    struct alpaca *v, struct aorder *o, const struct said *s, int64_t tag)
{
	if (o->at.kind != 'G' || alpaca_tag(o) != tag)
		alpaca_ask_soon(v, o, 0); /* it is done, meanwhile */
	else if (s->fate == ALPACA_DONE)
		alpaca_found_new(v, o, s->body);
	else if (s->status == 404)
		no_new(v, o);
	else
		alpaca_ask_later(v, o);
}

static void
take_question(const struct rest_request *q, const struct rest_answer *a)
{
	struct alpaca *v = q->arg;
	struct aorder *o = alpaca_find(v, q->text);
	struct said s;

	alpaca_hear(v, a, &s);
	if (o != NULL) {
		o->wait &= ~(unsigned)A_ASKING;
		o->ask_ns = INT64_MAX;
		if (q->arg1 == 0 && s.fate == ALPACA_DONE)
			o->lost_ns = 0;
		if (q->arg1 != 0)
			answer_new(v, o, &s, q->arg1);
		else if (s.fate == ALPACA_DONE)
			alpaca_found(v, o, s.body);
		else if (s.status == 404)
			not_found(v, o);
		else
			alpaca_ask_later(v, o);
		alpaca_go_on(v, o);
	}
	json_decref(s.body);
}

static void
question(struct alpaca *v, struct aorder *o)
{
	bool new = asks_for_new(o);

	if ((o->wait & (A_SENT | A_CHANGE | A_FILLS)) != 0 ||
	    v->step <= ASTEP_ACCOUNT) {
		o->ask_ns = outside_mono() + FIX_SEC / 2;
		return; /* the answer that is out says more */
	}
	if (!alpaca_call(v, REST_ASK, "GET", o->id, new ? alpaca_tag(o) : 0,
		make_question, take_question)) {
		o->ask_ns = outside_mono() + FIX_SEC;
		return;
	}
	o->ask_ns = INT64_MAX;
	o->wait |= A_ASKING;
}

void
alpaca_ask_status(struct alpaca *v, const struct record *r)
{
	char id[OUTSIDE_ID], symbol[ALPACA_SYMBOL_MAX + 1], order[OUTSIDE_ID];
	struct aorder *o;

	record_copy(r, "id", id, sizeof(id));
	record_copy(r, "symbol", symbol, sizeof(symbol));
	record_copy(r, "order", order, sizeof(order));
	o = alpaca_get_order(v, id, alpaca_asset(v, symbol));
	if (o == NULL)
		return; /* not of ours: it can't be said that it is not there */
	if (o->leg == NULL && (o->wait & A_SENT) == 0 && order[0] != '\0')
		(void)alpaca_get_leg(v, o, order);
	o->asked = true;
	alpaca_ask_soon(v, o, v->listing ? 2 * FIX_SEC : 0);
}

/* ----- successors ----- */

static bool
make_family(const struct rest_request *q, char *url, char *body)
{
	struct aorder *o = alpaca_find(q->arg, q->text);

	body[0] = '\0';
	if (o == NULL || o->leg == NULL)
		return false;
	snprintf(url, 128, "/v2/orders?status=all&limit=%u&direction=asc&"
	    "after_order_id=", ALPACA_PAGE);
	alpaca_put(url, o->leg->venue);
	strcat(url, "&symbols=");
	alpaca_put(url, o->asset->rules.symbol);
	return true;
}

static void
take_family(const struct rest_request *q, const struct rest_answer *a)
{
	struct alpaca *v = q->arg;
	struct aorder *o = alpaca_find(v, q->text);
	const json_t *t, *best = NULL;
	struct said s;
	size_t i;

	alpaca_hear(v, a, &s);
	if (o != NULL) {
		o->wait &= ~(unsigned)A_ASKING;
		json_array_foreach(s.body, i, t)
		{
			if (outside_is_later(o->family,
				json_text(t, "client_order_id"), o->id))
				best = t;
		}
		o->looked = s.fate == ALPACA_DONE && best == NULL;
		if (best != NULL) {
			o->at.kind = 'G';
			o->at.way = WAY_NEW;
			snprintf(o->at.id, sizeof(o->at.id), "%s",
			    json_text(best, "client_order_id"));
			o->at.wish = o->wish;
			o->at.wish.qty = json_e8_or(best, "qty", 0) +
					 alpaca_cum(o);
			o->at.wish.price = json_e8_or(best, "limit_price", 0);
			alpaca_found_new(v, o, best);
		}
		alpaca_ask_later(v, o);
	}
	json_decref(s.body);
}

void
alpaca_ask_successor(struct alpaca *v, struct aorder *o)
{
	if (alpaca_call(v, REST_ASK, "GET", o->id, 0, make_family, take_family))
		o->wait |= A_ASKING;
	else
		alpaca_ask_later(v, o);
}

/* ----- all open orders ----- */

static bool
make_list(const struct rest_request *q, char *url, char *body)
{
	struct alpaca *v = q->arg;

	body[0] = '\0';
	snprintf(url, 128, "/v2/orders?status=open&limit=%u&direction=asc&"
	    "nested=false", ALPACA_PAGE);
	if (v->page[0] != '\0') {
		strcat(url, "&after_order_id=");
		alpaca_put(url, v->page);
	}
	return true;
}

/* As far as we know nothing has happened to it. */
static bool
is_same(const struct aorder *o, const json_t *j)
{
	return o->acked && o->leg != NULL && !o->asked && o->wait == 0 &&
	       o->at.kind == '\0' && o->held.kind == '\0' &&
	       strcmp(o->leg->venue, json_text(j, "id")) == 0 &&
	       json_e8_or(j, "filled_qty", -1) == o->leg->cum;
}

static void
listed(struct alpaca *v, json_t *j)
{
	struct aorder *o = alpaca_find(v, json_text(j, "client_order_id"));
	const struct leg *l = alpaca_leg(v, json_text(j, "id"));

	if (o == NULL || (o->ended && o->leg != NULL))
		return;
	o->round = v->round;
	if (is_same(o, j) || (o->wait & (A_SENT | A_CHANGE | A_FILLS)) != 0)
		return;
	if ((l != NULL && l == o->leg && !asks_for_new(o)) || o->leg == NULL)
		alpaca_found(v, o, j);
	else
		alpaca_ask_soon(v, o, 0);
}

static void
ask_those_that_are_not_listed(struct alpaca *v)
{
	struct aorder *o;

	TAILQ_FOREACH(o, &v->all, all)
	{
		if (!o->ended && o->round != v->round &&
		    o->sent_ns < v->list_ns && (o->wait & A_SENT) == 0)
			alpaca_ask_soon(v, o, 0);
	}
}

static void take_list(
    const struct rest_request *q, const struct rest_answer *a);

static void
ask_list(struct alpaca *v)
{
	v->listing = alpaca_call(
	    v, REST_ASK, "GET", "", 0, make_list, take_list);
}

static void
take_list(const struct rest_request *q, const struct rest_answer *a)
{
	struct alpaca *v = q->arg;
	struct said s;
	json_t *j;
	size_t i;

	alpaca_hear(v, a, &s);
	if (s.fate != ALPACA_DONE || !json_is_array(s.body)) {
		json_decref(s.body);
		v->listing = false;
		ask_those_that_are_not_listed(v);
		return;
	}
	json_array_foreach(s.body, i, j)
	{
		listed(v, j);
		snprintf(v->page, sizeof(v->page), "%s", json_text(j, "id"));
	}
	i = json_array_size(s.body);
	json_decref(s.body);
	v->listing = false;
	if (i >= ALPACA_PAGE)
		ask_list(v);
	else
		ask_those_that_are_not_listed(v);
}

void
alpaca_reconcile(struct alpaca *v, int64_t since_ns)
{
	if (!v->listing) {
		v->round++;
		v->page[0] = '\0';
		v->list_ns = outside_mono();
		ask_list(v);
	}
	alpaca_scan(v, since_ns);
}

void
alpaca_reconciled(struct alpaca *v)
{
	if (!v->reconciling || v->listing || v->scan.busy ||
	    v->scan.next_ns != 0)
		return;
	v->reconciling = false;
	peer_begin(v->peer, "reconciled");
	peer_send(v->peer);
}
