/*
 * Executions that the stream may not have brought: the trades of each symbol
 * since the last that is known, order by order. The list names orders by the
 * venue's number alone, so whose it is is asked first; then the order itself
 * tells its executions under the id that the trader knows. One list of open
 * orders answers for all that are at rest as we know them.
 */
#include <stdio.h>

#include "gateway/venue/binance_int.h"

static bool
make_since(const struct rest_request *q, char *url, char *body)
{
	struct binance *b = q->arg;
	struct symbol *s = &b->symbols[q->arg1];
	int64_t from = b->since_ns / FIX_MSEC - 1000;
	int64_t day = (outside_utc() - FIX_DAY) / FIX_MSEC + b->offset_ms;
	struct binance_call c;
	size_t n;

	body[0] = '\0';
	n = (size_t)snprintf(url, 64, "/api/v3/myTrades?");
	call_begin(&c, url + n);
	call_put(&c, "symbol", s->rules.symbol);
	if (s->trade != 0)
		call_put_int(&c, "fromId", s->trade + 1);
	else
		call_put_int(&c, "startTime", from > day ? from : day);
	call_put_int(&c, "limit", 1000);
	return call_sign(b, &c);
}

static bool
make_by_order(const struct rest_request *q, char *url, char *body)
{
	struct binance *b = q->arg;
	struct binance_call c;
	size_t n;

	body[0] = '\0';
	n = (size_t)snprintf(url, 64, "/api/v3/order?");
	call_begin(&c, url + n);
	call_put(&c, "symbol", q->text);
	call_put_int(&c, "orderId", q->arg1);
	return call_sign(b, &c);
}

/* Its symbol and its id at the trader, with a blank between. */
static struct symbol *
whose_text(struct binance *b, const char *text, const char **id)
{
	char name[BINANCE_SYMBOL_MAX + 1] = "";
	size_t n = strcspn(text, " ");

	*id = text + n + (text[n] == ' ');
	if (n < sizeof(name))
		memcpy(name, text, n);
	return binance_symbol(b, name);
}

static bool
make_other(const struct rest_request *q, char *url, char *body)
{
	struct binance *b = q->arg;
	const char *id;
	struct symbol *s = whose_text(b, q->text, &id);
	struct binance_call c;
	size_t n;

	body[0] = '\0';
	if (s == NULL)
		return false;
	n = (size_t)snprintf(url, 64, "/api/v3/myTrades?");
	call_begin(&c, url + n);
	call_put(&c, "symbol", s->rules.symbol);
	call_put_int(&c, "orderId", q->arg1);
	call_put_int(&c, "limit", 1000);
	return call_sign(b, &c);
}

static void
done_other(const struct rest_request *q, const struct rest_answer *a)
{
	struct binance *b = q->arg;
	const char *id;
	const struct symbol *s = whose_text(b, q->text, &id);
	int64_t code;
	char text[200] = "";
	const json_t *t;
	json_t *j;
	size_t i;
	enum call_fate fate = call_fate(a, &j, &code, text, sizeof(text));

	binance_judge(b, a, code, text);
	if (s != NULL && fate == CALL_DONE)
		json_array_foreach(j, i, t)
			orders_fill(b, NULL, id, s, 0, t, false, -1);
	if (b->open > 0)
		b->open--;
	json_decref(j);
}

/* What an order has executed that is not at the venue any more under its id, or
 * that the trader has not asked for. */
static void
read_other(
    struct binance *b, const struct symbol *s, const char *id, int64_t order_id)
{
	struct rest_request q = { .rank = REST_ASK, .method = "GET",
		.weight = 5, .arg = b, .arg1 = order_id, .make = make_other,
		.done = done_other };

	snprintf(q.text, sizeof(q.text), "%s %s", s->rules.symbol, id);
	if (rest_do(b->rest, &q) == 0)
		b->open++;
}

/* Trades of an order that this process has not seen: whose is it? */
static void
done_by_order(const struct rest_request *q, const struct rest_answer *a)
{
	struct binance *b = q->arg;
	struct symbol *s = binance_symbol(b, q->text);
	struct binance_name n;
	int64_t code;
	char text[200] = "", family[OUTSIDE_ID];
	struct border *o;
	json_t *j;
	enum call_fate fate = call_fate(a, &j, &code, text, sizeof(text));

	binance_judge(b, a, code, text);
	n = orders_named(json_text(j, "clientOrderId"));
	o = orders_find(b, n.id);
	if (o != NULL && o->order_id == 0)
		o->order_id = q->arg1;
	if (fate == CALL_DONE && s != NULL && outside_family(n.id, family) &&
	    (o == NULL || o->order_id != q->arg1))
		read_other(b, s, n.id, q->arg1);
	if (o != NULL && !o->ended)
		ask_soon(b, o, 0);
	if (b->open > 0)
		b->open--;
	json_decref(j);
}

static void
whose(struct binance *b, const struct symbol *s, int64_t order_id)
{
	struct rest_request q = { .rank = REST_ASK, .method = "GET",
		.weight = 4, .arg = b, .arg1 = order_id, .make = make_by_order,
		.done = done_by_order };

	snprintf(q.text, sizeof(q.text), "%s", s->rules.symbol);
	if (rest_do(b->rest, &q) == 0)
		b->open++;
}

static void begin_since(struct binance *b, struct symbol *s);

static void
take_since(struct binance *b, struct symbol *s, const json_t *list)
{
	int64_t order, trade, last = 0;
	const json_t *t;
	size_t i;

	json_array_foreach(list, i, t)
	{
		struct border *o;

		if (json_whole(t, "orderId", &order) != 0 ||
		    json_whole(t, "id", &trade) != 0)
			continue;
		if (trade > s->trade)
			s->trade = trade;
		o = orders_of_venue(b, s, order);
		if (o != NULL && !o->ended)
			ask_soon(b, o, 0);
		else if (order != last && o == NULL)
			whose(b, s, order);
		last = order;
	}
	if (json_array_size(list) == 1000)
		begin_since(b, s);
}

static void
done_since(const struct rest_request *q, const struct rest_answer *a)
{
	struct binance *b = q->arg;
	int64_t code;
	char text[200] = "";
	json_t *j;
	enum call_fate fate = call_fate(a, &j, &code, text, sizeof(text));

	binance_judge(b, a, code, text);
	if (fate == CALL_DONE && json_is_array(j))
		take_since(b, &b->symbols[q->arg1], j);
	if (b->open > 0)
		b->open--;
	json_decref(j);
}

static void
begin_since(struct binance *b, struct symbol *s)
{
	struct rest_request q = { .rank = REST_ASK, .method = "GET",
		.weight = 20, .arg = b, .arg1 = s - b->symbols,
		.make = make_since, .done = done_since };

	if (rest_do(b->rest, &q) == 0)
		b->open++;
}

/* Only when all of them are told may the next process leave them out. */
static void
keep_trades(struct binance *b)
{
	struct record_out *out;

	for (unsigned i = 0; i < b->n_symbols; i++) {
		struct symbol *s = &b->symbols[i];

		if (s->trade == s->kept)
			continue;
		s->kept = s->trade;
		out = peer_begin(b->peer, "keep");
		record_put(out, "key", s->rules.symbol);
		record_put_int(out, "value", s->trade);
		peer_send(b->peer);
	}
}

void
ask_reconciled(struct binance *b)
{
	if (!b->reconciling || b->open > 0)
		return;
	b->reconciling = false;
	keep_trades(b);
	peer_begin(b->peer, "reconciled");
	peer_send(b->peer);
}

/* ----- open orders ----- */

static bool
make_open(const struct rest_request *q, char *url, char *body)
{
	struct binance *b = q->arg;
	struct binance_call c;
	size_t n;

	body[0] = '\0';
	n = (size_t)snprintf(url, 64, "/api/v3/openOrders?");
	call_begin(&c, url + n);
	call_put(&c, "symbol", b->symbols[q->arg1].rules.symbol);
	return call_sign(b, &c);
}

static bool
is_busy(const struct border *o)
{
	return o->ended || o->at.kind == 'G' ||
	       (o->wait & (B_SENT | B_CHANGE | B_ASKING | B_REDOUBT)) != 0;
}

static void
see(struct binance *b, const struct symbol *s, json_t *t)
{
	struct border *o = orders_find(b, json_text(t, "clientOrderId"));
	int64_t id = json_whole_or(t, "orderId", 0);

	if (o == NULL || o->symbol != s)
		return;
	if (o->order_id == 0)
		o->ended = false; /* it was refused as never received */
	if (is_busy(o) || (o->order_id != 0 && o->order_id != id))
		return;
	o->seen = b->round;
	if (o->asked[0] != '\0' || (o->wait & B_DOUBT) != 0 || !o->acked ||
	    json_e8_or(t, "executedQty", -1) != o->cum)
		ask_found(b, o, t);
}

static void
done_open(const struct rest_request *q, const struct rest_answer *a)
{
	struct binance *b = q->arg;
	struct symbol *s = &b->symbols[q->arg1];
	int64_t code, old = outside_mono() - 2 * FIX_SEC;
	char text[200] = "";
	struct border *o;
	json_t *j, *t;
	size_t i;
	enum call_fate fate = call_fate(a, &j, &code, text, sizeof(text));

	binance_judge(b, a, code, text);
	s->listing = false;
	if (b->open > 0)
		b->open--;
	if (fate == CALL_DONE)
		json_array_foreach(j, i, t)
			see(b, s, t);
	TAILQ_FOREACH(o, &b->all, all)
	{
		if (o->symbol == s && !is_busy(o) && o->seen != b->round &&
		    o->sent_ns < old)
			ask_soon(b, o, 0);
	}
	json_decref(j);
}

static void
begin_open(struct binance *b, struct symbol *s)
{
	struct rest_request q = { .rank = REST_ASK, .method = "GET",
		.weight = 6, .arg = b, .arg1 = s - b->symbols,
		.make = make_open, .done = done_open };

	if (rest_do(b->rest, &q) != 0)
		return;
	s->listing = true;
	b->open++;
}

void
ask_reconcile(struct binance *b)
{
	b->round++;
	for (unsigned i = 0; i < b->n_symbols; i++) {
		if (!b->symbols[i].known)
			continue;
		begin_since(b, &b->symbols[i]);
		begin_open(b, &b->symbols[i]);
	}
	b->reconciling = true;
}
