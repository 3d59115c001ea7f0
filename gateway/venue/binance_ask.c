/*
 * Finding out what is not known: orders in doubt, questions of the trader,
 * executions that the stream did not bring.
 *
 * One question leads to all of it: the order, then, if it has executions that
 * were not told, its trades, then its state. "No such order" is believed only
 * when nothing that was sent for it can reach the matching engine any more. A
 * replace in doubt is looked for under its own id first; an order that was
 * canceled by somebody may have a successor that an earlier process has sent,
 * and is looked for, too.
 */
#include <stdio.h>
#include <stdlib.h>

#include "gateway/venue/binance_int.h"

#define ASK_PAUSE_MAX_NS (8 * FIX_SEC)

static void question(struct binance *b, struct border *o);
static void look_for_successor(struct binance *b, struct border *o);

void
ask_soon(struct binance *b, struct border *o, int64_t wait_ns)
{
	int64_t at = outside_mono() + wait_ns;

	if (o->listed && o->ask_ns <= at)
		return;
	o->ask_ns = at;
	if (!o->listed)
		TAILQ_INSERT_TAIL(&b->doubtful, o, doubtful);
	o->listed = true;
	if (wait_ns == 0 && (o->wait & B_ASKING) == 0)
		question(b, o);
}

void
ask_later(struct binance *b, struct border *o)
{
	int64_t wait = FIX_SEC << (o->asks < 3 ? o->asks : 3);

	o->asks++;
	ask_soon(b, o, wait < ASK_PAUSE_MAX_NS ? wait : ASK_PAUSE_MAX_NS);
}

void
ask_tick(struct binance *b)
{
	int64_t now = outside_mono();
	struct border *o, *next;

	for (o = TAILQ_FIRST(&b->doubtful); o != NULL; o = next) {
		next = TAILQ_NEXT(o, doubtful);
		if (o->ask_ns <= now && (o->wait & B_ASKING) == 0)
			question(b, o);
	}
}

static void
unlist(struct binance *b, struct border *o)
{
	if (o->listed)
		TAILQ_REMOVE(&b->doubtful, o, doubtful);
	o->listed = false;
}

bool
ask_is_over(const struct binance *b, const struct border *o)
{
	int64_t from = o->sent_ns > b->start_ns ? o->sent_ns : b->start_ns;

	return outside_mono() - from > b->unknown_after_ns;
}

/* ----- what was found ----- */

char
ask_state(const json_t *j)
{
	const char *s = json_text(j, "status");

	if (strcmp(s, "FILLED") == 0)
		return '2';
	if (strcmp(s, "CANCELED") == 0)
		return '4';
	if (strncmp(s, "EXPIRED", 7) == 0)
		return 'C';
	if (strcmp(s, "REJECTED") == 0)
		return '8';
	return strcmp(s, "PARTIALLY_FILLED") == 0 ? '1' : '0';
}

/* By the id that the trader asked for, or that is in force. */
static void
say_state(struct binance *b, struct border *o, const json_t *j)
{
	struct record_out *out;
	char state = ask_state(j);
	char order[64];

	if (strchr("248C", state) == NULL)
		orders_ack(b, o);
	out = peer_begin(b->peer, "status");
	record_put(out, "id", o->id);
	snprintf(order, sizeof(order), "%s-%" PRId64, o->symbol->rules.symbol,
	    o->order_id);
	record_put(out, "order", order);
	record_put_char(out, "status", state);
	record_put_e8(out, "cum", o->before + json_e8_or(j, "executedQty", 0));
	record_put_e8(out, "qty", o->before + json_e8_or(j, "origQty", 0));
	record_put(out, "price", json_text(j, "price"));
	if (state == 'C')
		record_put(out, "text", json_text(j, "expiryReason"));
	peer_send(b->peer);
	o->asked[0] = '\0';
	if (strchr("248C", state) != NULL)
		orders_ended(b, o);
	o->wait &= ~(unsigned)B_DOUBT;
	orders_go_on(b, o);
}

static void
settled(struct binance *b, struct border *o, const json_t *j)
{
	if (replace_found(b, o, j))
		return;
	o->asks = 0;
	unlist(b, o);
	say_state(b, o, j);
}

/* All its executions are told. */
static void
executed(struct binance *b, struct border *o, const json_t *j)
{
	if (ask_state(j) == '4' && o->sent_ns == 0)
		look_for_successor(b, o);
	else
		settled(b, o, j);
}

/* ----- trades of an order ----- */

struct found { /* an order's state, while its trades are read */
	struct binance *b;
	json_t *order;
};

static bool
make_trades(const struct rest_request *q, char *url, char *body)
{
	struct found *f = q->arg;
	struct border *o = orders_find(f->b, q->text);
	struct binance_call c;
	size_t n;

	body[0] = '\0';
	if (o == NULL)
		return false;
	n = (size_t)snprintf(url, 64, "/api/v3/myTrades?");
	call_begin(&c, url + n);
	call_put(&c, "symbol", o->symbol->rules.symbol);
	call_put_int(&c, "orderId", q->arg1);
	call_put_int(&c, "limit", 1000);
	return call_sign(f->b, &c);
}

static int64_t
tell_trades(struct binance *b, struct border *o, const json_t *list)
{
	int64_t sum = 0, qty;
	const json_t *t;
	size_t i;

	json_array_foreach(list, i, t)
	{
		orders_fill(b, o, o->id, o->symbol, o->order_id, t, false, -1);
		if (json_e8(t, "qty", &qty) == 0 && qty > 0 &&
		    qty < INT64_MAX - sum)
			sum += qty;
	}
	return sum;
}

static void
done_trades(const struct rest_request *q, const struct rest_answer *a)
{
	struct found *f = q->arg;
	struct binance *b = f->b;
	struct border *o = orders_find(b, q->text);
	int64_t code, cum = -1;
	char text[200] = "";
	json_t *j;
	enum call_fate fate = call_fate(a, &j, &code, text, sizeof(text));

	binance_judge(b, a, code, text);
	if (o != NULL) {
		o->wait &= ~(unsigned)B_ASKING;
		if (fate == CALL_DONE && json_is_array(j))
			o->cum = o->before + tell_trades(b, o, j);
		if (fate == CALL_DONE &&
		    json_e8(f->order, "executedQty", &cum) == 0 &&
		    o->before + cum <= o->cum)
			executed(b, o, f->order);
		else
			ask_later(b, o); /* the venue's own lists lag */
	}
	json_decref(j);
	json_decref(f->order);
	free(f);
	if (b->open > 0)
		b->open--;
}

static void
read_trades(struct binance *b, struct border *o, json_t *order)
{
	struct rest_request q = { .rank = REST_ASK, .method = "GET",
		.weight = 5, .arg1 = o->order_id, .make = make_trades,
		.done = done_trades };
	struct found *f = calloc(1, sizeof(*f));

	snprintf(q.text, sizeof(q.text), "%s", o->id);
	q.arg = f;
	if (f != NULL)
		*f = (struct found){ b, json_incref(order) };
	if (f == NULL || rest_do(b->rest, &q) != 0) {
		if (f != NULL)
			json_decref(order);
		free(f);
		ask_later(b, o);
		return;
	}
	b->open++;
	o->wait |= B_ASKING;
}

/* ----- successors ----- */

static bool
make_family(const struct rest_request *q, char *url, char *body)
{
	struct binance *b = q->arg;
	struct border *o = orders_find(b, q->text);
	struct binance_call c;
	size_t n;

	body[0] = '\0';
	if (o == NULL)
		return false;
	n = (size_t)snprintf(url, 64, "/api/v3/allOrders?");
	call_begin(&c, url + n);
	call_put(&c, "symbol", o->symbol->rules.symbol);
	call_put_int(&c, "orderId", o->order_id);
	call_put_int(&c, "limit", 1000);
	return call_sign(b, &c);
}

/* A successor has an order of its own. */
static const json_t *
successor(const struct border *o, const json_t *list)
{
	struct binance_name n;
	const json_t *t, *best = NULL;
	int64_t id;
	size_t i;

	json_array_foreach(list, i, t)
	{
		n = orders_named(json_text(t, "clientOrderId"));
		if (json_whole(t, "orderId", &id) == 0 && id > o->order_id &&
		    (strcmp(n.id, o->id) == 0 ||
			outside_is_later(o->family, n.id, o->id)))
			best = t;
	}
	return best;
}

static void
adopt(struct binance *b, struct border *o, const json_t *t)
{
	struct binance_name n = orders_named(json_text(t, "clientOrderId"));
	int64_t id = json_whole_or(t, "orderId", 0);

	memcpy(o->at.id, n.id, sizeof(o->at.id));
	o->at.kind = 'G';
	o->at.before = n.before;
	o->at.wish = binance_wish_of(t);
	o->at.wish.qty += n.before;
	orders_replaced(b, o, id, o->at.wish.qty, o->at.wish.price);
	ask_soon(b, o, 0);
}

/* Was it canceled to make room for another, which may be under way? */
static bool
may_come(const struct binance *b, const struct border *o, const json_t *t)
{
	return orders_named(json_text(t, "clientOrderId")).room &&
	       !ask_is_over(b, o);
}

static void
done_family(const struct rest_request *q, const struct rest_answer *a)
{
	struct binance *b = q->arg;
	struct border *o = orders_find(b, q->text);
	int64_t code, id;
	char text[200] = "";
	const json_t *next = NULL, *t;
	json_t *j;
	enum call_fate fate = call_fate(a, &j, &code, text, sizeof(text));
	size_t i;

	binance_judge(b, a, code, text);
	if (o != NULL)
		o->wait &= ~(unsigned)B_ASKING;
	if (o != NULL && fate == CALL_DONE && json_is_array(j)) {
		next = successor(o, j);
		if (next != NULL)
			adopt(b, o, next);
		else
			json_array_foreach(j, i, t)
			{
				if (json_whole(t, "orderId", &id) != 0 ||
				    id != o->order_id)
					continue;
				if (may_come(b, o, t))
					ask_later(b, o);
				else
					settled(b, o, t);
			}
	} else if (o != NULL) {
		ask_later(b, o);
	}
	json_decref(j);
}

static void
look_for_successor(struct binance *b, struct border *o)
{
	struct rest_request q = { .rank = REST_ASK, .method = "GET",
		.weight = 20, .arg = b, .make = make_family,
		.done = done_family };

	snprintf(q.text, sizeof(q.text), "%s", o->id);
	if (rest_do(b->rest, &q) != 0)
		ask_later(b, o);
	else
		o->wait |= B_ASKING;
}

/* ----- the order ----- */

static bool
asks_for_new(const struct border *o)
{
	return (o->wait & B_REDOUBT) != 0 && o->at.kind == 'G';
}

static bool
make_question(const struct rest_request *q, char *url, char *body)
{
	struct binance *b = q->arg;
	struct border *o = orders_find(b, q->text);
	struct binance_name name = { .before = 0 };
	char text[BINANCE_NAME_MAX + 1];
	struct binance_call c;
	size_t n;

	body[0] = '\0';
	if (o == NULL)
		return false;
	memcpy(name.id, o->at.id, sizeof(name.id));
	name.before = o->at.before;
	n = (size_t)snprintf(url, 64, "/api/v3/order?");
	call_begin(&c, url + n);
	call_put(&c, "symbol", o->symbol->rules.symbol);
	if (q->arg1 == 1 && orders_name(text, &name))
		call_put(&c, "origClientOrderId", text);
	else if (o->order_id != 0)
		call_put_int(&c, "orderId", o->order_id);
	else
		call_put(&c, "origClientOrderId", o->id);
	return call_sign(b, &c);
}

/* What an earlier process has sent. By a name that is not ours it was canceled
 * by somebody else; then the trader's OrderQty tells what was before it. */
static void
learn(struct border *o, const json_t *j)
{
	struct binance_name n = orders_named(json_text(j, "clientOrderId"));
	size_t len = strlen(o->family);

	o->wish = binance_wish_of(j);
	if (strncmp(n.id, o->family, len) == 0 && n.id[len] == '-')
		o->before = n.before;
	else if (o->wish.qty > 0 && o->wish.qty < o->whole &&
		 o->wish.rare.cash_e8 == 0)
		o->before = o->whole - o->wish.qty;
	o->wish.qty += o->before;
	o->known = true;
}

void
ask_found(struct binance *b, struct border *o, json_t *j)
{
	int64_t cum = -1;

	if (!o->known)
		learn(o, j);
	if (json_whole(j, "orderId", &o->order_id) != 0 ||
	    json_e8(j, "executedQty", &cum) != 0 ||
	    (cum += o->before) < o->cum) {
		ask_later(b, o); /* it can't be read, or is older than the stream */
		return;
	}
	if (cum != o->cum)
		read_trades(b, o, j);
	else
		executed(b, o, j);
}

static void
not_found(struct binance *b, struct border *o)
{
	struct record_out *out;

	if (!ask_is_over(b, o)) {
		ask_later(b, o);
		return;
	}
	o->wait &= ~(unsigned)B_DOUBT;
	unlist(b, o);
	out = peer_begin(b->peer, "unknown");
	record_put(out, "id", o->id);
	peer_send(b->peer);
	if (!o->acked) {
		outside_refuse(b->peer, "reject", o->id, 99,
		    "the venue never got it");
		orders_ended(b, o);
	}
}

/* A replace in doubt: its own id first, then the order that it was to replace.
 */
static void
found_new(struct binance *b, struct border *o, const json_t *j)
{
	int64_t id = 0, qty = 0;

	if (json_whole(j, "orderId", &id) != 0 ||
	    json_e8(j, "origQty", &qty) != 0) {
		ask_later(b, o);
		return;
	}
	orders_replaced(b, o, id, o->at.before + qty, o->at.wish.price);
	ask_soon(b, o, 0);
}

static void
no_new(struct binance *b, struct border *o)
{
	if (!ask_is_over(b, o))
		ask_later(b, o);
	else
		replace_lost(b, o);
}

static void
done_question(const struct rest_request *q, const struct rest_answer *a)
{
	struct binance *b = q->arg;
	struct border *o = orders_find(b, q->text);
	char text[200] = "";
	json_t *j;
	int64_t code;
	enum call_fate fate = call_fate(a, &j, &code, text, sizeof(text));
	bool new = q->arg1 == 1;

	binance_judge(b, a, code, text);
	if (b->open > 0)
		b->open--;
	if (o == NULL) {
		json_decref(j);
		return;
	}
	o->wait &= ~(unsigned)B_ASKING;
	if (fate == CALL_DONE && new && o->at.kind == 'G')
		found_new(b, o, j);
	else if (fate == CALL_DONE && !new)
		ask_found(b, o, j);
	else if (code == -2013 && new && o->at.kind == 'G')
		no_new(b, o);
	else if (code == -2013 && !new)
		not_found(b, o);
	else
		ask_later(b, o);
	json_decref(j);
}

static void
question(struct binance *b, struct border *o)
{
	struct rest_request q = { .rank = REST_ASK, .method = "GET",
		.weight = 4, .arg = b, .make = make_question,
		.done = done_question };

	if ((o->wait & (B_SENT | B_CHANGE)) != 0 || b->step < STEP_ACCOUNT ||
	    o->symbol->listing) {
		o->ask_ns = outside_mono() + FIX_SEC / 2;
		return; /* the answer that is out may say it */
	}
	q.arg1 = asks_for_new(o);
	snprintf(q.text, sizeof(q.text), "%s", o->id);
	if (rest_do(b->rest, &q) != 0) {
		o->ask_ns = outside_mono() + FIX_SEC;
		return;
	}
	b->open++;
	o->ask_ns = INT64_MAX;
	o->wait |= B_ASKING;
}

void
ask_status(struct binance *b, const struct record *r)
{
	char id[OUTSIDE_ID], symbol[BINANCE_SYMBOL_MAX + 1], order[64];
	struct symbol *s;
	const char *dash;
	struct border *o;
	int64_t cum;

	record_copy(r, "id", id, sizeof(id));
	record_copy(r, "symbol", symbol, sizeof(symbol));
	record_copy(r, "order", order, sizeof(order));
	s = binance_symbol(b, symbol);
	o = orders_get(b, id, s);
	if (o == NULL)
		return; /* not of ours: it can't be said that it is not there */
	dash = strrchr(order, '-');
	if (o->order_id == 0 && dash != NULL)
		o->order_id = strtoll(dash + 1, NULL, 10);
	if (record_e8(r, "cum", &cum) == 0 && cum >= 0 && cum < o->cum)
		o->cum = cum < o->before ? o->before : cum; /* tell again */
	if (record_e8(r, "qty", &o->whole) != 0)
		o->whole = 0;
	snprintf(o->asked, sizeof(o->asked), "%s", id);
	ask_soon(b, o, 0);
}
