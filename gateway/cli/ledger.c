/*
 * The client's own books.
 *
 * An order is found by any ClOrdID of its chain. A report moves it to the
 * status that it states; executions are counted by ExecID, once each, whatever
 * is told again. Nothing here is asked of the gateway: that both come to the
 * same sums is what the demo shows.
 */
#include "gateway/cli/ledger.h"

#include <search.h>
#include <stdlib.h>

struct id_node { /* first member: the key that nodes are compared by */
	char id[LEDGER_ID_MAX + 1];
	uint32_t order;
};

struct ledger {
	struct ledger_counts counts;
	struct ledger_order *orders;
	size_t n_orders, cap_orders;
	void *ids;   /* tree of id_node, ClOrdID */
	void *execs; /* tree of id_node, ExecID */
	struct ledger_position positions[LEDGER_SYMBOLS_MAX];
	size_t n_positions;
};

static int
compare(const void *a, const void *b)
{
	const struct id_node *x = a, *y = b;

	return strcmp(x->id, y->id);
}

struct ledger *
ledger_new(void)
{
	return calloc(1, sizeof(struct ledger));
}

void
ledger_free(struct ledger *l)
{
	if (l == NULL)
		return;
	tdestroy(l->ids, free);
	tdestroy(l->execs, free);
	free(l->orders);
	free(l);
}

/* @return the node of an id; *fresh: it was made now. NULL: out of memory */
static struct id_node *
node_of(void **tree, struct fix_span id, bool *fresh)
{
	struct id_node *n = calloc(1, sizeof(*n)), **at;

	*fresh = false;
	if (n == NULL)
		return NULL;
	(void)fix_span_copy(id, n->id, sizeof(n->id));
	at = tsearch(n, tree, compare);
	if (at == NULL || *at != n)
		free(n);
	else
		*fresh = true;
	return at == NULL ? NULL : *at;
}

static struct ledger_order *
find(const struct ledger *l, struct fix_span id)
{
	struct id_node want, *const *at;

	if (id.len == 0)
		return NULL;
	(void)fix_span_copy(id, want.id, sizeof(want.id));
	at = tfind(&want, &l->ids, compare);
	return at == NULL ? NULL : &l->orders[(*at)->order];
}

const struct ledger_order *
ledger_find(const struct ledger *l, const char *id)
{
	return find(l, fix_span_of(id));
}

static struct ledger_order *
add_order(struct ledger *l)
{
	size_t cap = l->cap_orders == 0 ? 64 : 2 * l->cap_orders;
	struct ledger_order *p;

	if (l->n_orders == l->cap_orders) {
		p = realloc(l->orders, cap * sizeof(*p));
		if (p == NULL)
			return NULL;
		l->orders = p;
		l->cap_orders = cap;
	}
	p = &l->orders[l->n_orders++];
	memset(p, 0, sizeof(*p));
	return p;
}

static int64_t
e8_of(const struct fix_order *o, uint32_t has, struct fix_dec v)
{
	int64_t n;

	return (o->has & has) != 0 && fix_dec_to_e8(v, &n) == 0 ? n : 0;
}

static void
copy(struct fix_span from, char to[LEDGER_ID_MAX + 1])
{
	(void)fix_span_copy(from, to, LEDGER_ID_MAX + 1);
}

static void
new_order(struct ledger *l, const struct fix_order *o)
{
	struct ledger_order *order;
	struct id_node *n;
	bool fresh;

	n = node_of(&l->ids, o->cl_ord_id, &fresh);
	l->counts.orders++;
	l->counts.repeated += !fresh;
	if (!fresh || n == NULL)
		return;
	n->order = (uint32_t)l->n_orders;
	order = add_order(l);
	if (order == NULL)
		return;
	copy(o->cl_ord_id, order->id);
	copy(o->cl_ord_id, order->first);
	copy(o->symbol, order->symbol);
	copy(o->account, order->account);
	order->side = o->side;
	order->ord_type = o->ord_type;
	order->time_in_force = o->time_in_force;
	order->qty_e8 = e8_of(o, FIX_OH_ORDER_QTY, o->order_qty);
	order->price_e8 = e8_of(o, FIX_OH_PRICE, o->price);
	order->stop_e8 = e8_of(o, FIX_OH_STOP_PX, o->stop_px);
}

/* The id of a cancel or replace leads to the order that it is about. */
static void
change_order(struct ledger *l, const struct fix_order *o)
{
	struct ledger_order *order = find(l, o->orig_cl_ord_id);
	struct id_node *n;
	bool fresh;

	if (order == NULL)
		return;
	n = node_of(&l->ids, o->cl_ord_id, &fresh);
	l->counts.repeated += !fresh;
	if (fresh && n != NULL) {
		n->order = (uint32_t)(order - l->orders);
		order->open_request = true;
	}
}

void
ledger_request(struct ledger *l, const struct fix_msg *m)
{
	struct fix_order o;
	uint32_t bad;

	if (fix_order_read(&o, m, &bad) != 0)
		return;
	if (o.kind == 'D') {
		new_order(l, &o);
	} else if (o.kind == 'F' || o.kind == 'G') {
		l->counts.cancels += o.kind == 'F';
		l->counts.replaces += o.kind == 'G';
		change_order(l, &o);
	}
}

static struct ledger_position *
position_of(struct ledger *l, const char *symbol)
{
	size_t i;

	for (i = 0; i < l->n_positions; i++)
		if (strcmp(l->positions[i].symbol, symbol) == 0)
			return &l->positions[i];
	if (l->n_positions == LEDGER_SYMBOLS_MAX)
		return NULL;
	memcpy(l->positions[i].symbol, symbol, strlen(symbol) + 1);
	l->n_positions++;
	return &l->positions[i];
}

/* Exact, as both have at most eight decimals and prices have few. */
static int64_t
notional(int64_t qty_e8, int64_t px_e8)
{
	return (int64_t)((__int128)qty_e8 * px_e8 / FIX_E8);
}

static void
execution(struct ledger *l, struct ledger_order *o, const struct fix_exec *e)
{
	int64_t sign = o->side == '1' ? 1 : -1;
	struct ledger_position *p = position_of(l, o->symbol);

	l->counts.fills++;
	l->counts.filled_qty_e8 += e->last_qty_e8;
	if (p == NULL)
		return;
	p->qty_e8 += sign * e->last_qty_e8;
	p->cash_e8 -= sign * notional(e->last_qty_e8, e->last_px_e8);
}

static bool
is_fill(const struct fix_exec *e)
{
	return (e->exec_type == 'F' || e->exec_type == '1' ||
		   e->exec_type == '2') &&
	       (e->has & FIX_EH_LAST) != 0 && e->last_qty_e8 > 0;
}

static bool
is_end(char status)
{
	return status != '\0' && strchr("2348C", status) != NULL;
}

bool
ledger_ended(const struct ledger_order *o)
{
	return is_end(o->status);
}

static void
count_end(struct ledger *l, char status)
{
	l->counts.filled += status == '2';
	l->counts.canceled += status == '4';
	l->counts.refused += status == '8';
	l->counts.expired += status == 'C' || status == '3';
}

static void
apply(struct ledger *l, struct ledger_order *o, const struct fix_exec *e)
{
	bool pending =
	    e->exec_type == '6' || e->exec_type == 'E' || e->exec_type == 'A';

	if (!is_end(o->status) && is_end(e->ord_status))
		count_end(l, e->ord_status);
	if (!is_end(o->status))
		o->status = e->ord_status;
	o->reports++;
	o->acked |= e->exec_type == '0';
	copy(e->order_id, o->order_id);
	l->counts.acked += e->exec_type == '0';
	if (!pending && e->orig_cl_ord_id.len > 0)
		o->open_request = false;
	if (e->exec_type == '5') {
		l->counts.replaced++;
		copy(e->cl_ord_id, o->id);
		if ((e->has & FIX_EH_QTYS) != 0)
			o->qty_e8 = e->order_qty_e8;
		if ((e->has & FIX_EH_PRICE) != 0)
			o->price_e8 = e->price_e8;
	}
	if ((e->has & FIX_EH_QTYS) != 0)
		o->cum_e8 = e->cum_qty_e8;
	if (is_fill(e))
		execution(l, o, e);
}

static struct ledger_order *
find_reported(const struct ledger *l, const struct fix_exec *e)
{
	struct ledger_order *o = find(l, e->cl_ord_id);

	return o != NULL ? o : find(l, e->orig_cl_ord_id);
}

/* Answers to a status request say nothing new. */
static bool
is_status(const struct fix_exec *e)
{
	return e->exec_type == 'I' || e->exec_trans_type == '3';
}

void
ledger_report(struct ledger *l, const struct fix_msg *m)
{
	struct fix_span type = fix_msg_type(m);
	struct ledger_order *o;
	struct fix_exec e;
	uint32_t bad;
	bool fresh = true;

	l->counts.rejects += fix_span_is(type, "3") || fix_span_is(type, "j");
	if (fix_exec_read(&e, m, &bad) != 0)
		return;
	l->counts.reports++;
	o = find_reported(l, &e);
	l->counts.strays += o == NULL;
	if (e.kind == '9') {
		l->counts.cancel_rejects++;
		if (o != NULL)
			o->open_request = false;
		return;
	}
	if (is_status(&e))
		return;
	(void)node_of(&l->execs, e.exec_id, &fresh);
	l->counts.exec_ids += fresh;
	l->counts.exec_ids_twice += !fresh;
	if (fresh && o != NULL)
		apply(l, o, &e);
}

void
ledger_close_run(struct ledger *l)
{
	size_t i;

	for (i = 0; i < l->n_orders; i++) {
		l->orders[i].old = true;
		l->orders[i].open_request = false;
	}
	memset(&l->counts, 0, sizeof(l->counts));
}

void
ledger_counts(const struct ledger *l, struct ledger_counts *out)
{
	*out = l->counts;
}

size_t
ledger_n_orders(const struct ledger *l)
{
	return l->n_orders;
}

const struct ledger_order *
ledger_order_at(const struct ledger *l, size_t i)
{
	return i < l->n_orders ? &l->orders[i] : NULL;
}

size_t
ledger_positions(const struct ledger *l, const struct ledger_position **out)
{
	*out = l->positions;
	return l->n_positions;
}
