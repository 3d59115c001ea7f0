/*
 * fixgate orders trace: which orders an id stands for.
 *
 * An id may be the client's (ClOrdID, of the order or of a request on it), ours
 * (OrderID, ExecID, the id under which the venue has the order) or the venue's
 * (its OrderID and ExecIDs). What is kept now is looked up in the tables as they
 * stand with the journal's tail; what was forgotten since, in the journal's KEEP
 * records. Reports that are no executions have an ExecID that nothing keeps:
 * they are found by the message itself.
 */
#include "gateway/cli/trace.h"

#include <stdlib.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/record.h"

static struct fix_field fields[FIX_FIELDS_MAX];

int
trace_walk(const struct trace *t, int (*fn)(void *arg,
    const struct fix_rec *r), void *arg)
{
	struct fix_journal_reader *reader;
	struct fix_store_error e = { "it can't be read" };
	struct fix_rec r;
	int rc, stop = 0;

	rc = fix_journal_reader_open(&reader, t->disk, 0, &e);
	if (rc != 0) {
		cli_fail("the journal: %s", e.text);
		return rc;
	}
	while (stop == 0 && (rc = fix_journal_next(reader, &r, &e)) == 1)
		stop = fn(arg, &r);
	fix_journal_reader_close(reader);
	if (rc < 0)
		cli_fail("the journal: %s", e.text);
	return rc < 0 ? rc : stop;
}

bool
trace_pair(const struct fix_rec *r, enum fix_table *table,
    struct fix_span *key, struct fix_span *value)
{
	struct rec_keep k;

	if (r->type != REC_KEEP || r->len < sizeof(k))
		return false;
	memcpy(&k, r->data, sizeof(k));
	if (k.key_len > r->len - sizeof(k) || k.table >= FIX_N_TABLE)
		return false;
	*table = (enum fix_table)k.table;
	key->p = r->data + sizeof(k);
	key->len = k.key_len;
	value->p = key->p + key->len;
	value->len = r->len - sizeof(k) - k.key_len;
	return true;
}

static void
found(struct trace *t, uint64_t number)
{
	unsigned i;

	for (i = 0; i < t->n_orders; i++)
		if (t->orders[i].number == number)
			return;
	if (number == 0)
		return;
	t->more = t->n_orders == TRACE_ORDERS_MAX;
	if (!t->more)
		t->orders[t->n_orders++].number = number;
}

static bool
is(const struct trace *t, const char *text)
{
	return text[0] != '\0' && (strcmp(text, t->id) == 0 ||
	    strcmp(text, t->order_id) == 0);
}

/* The part of a key behind its leading number. */
static struct fix_span
name_of(struct fix_span key)
{
	struct fix_span v = { key.p, key.len };

	if (v.len >= 4) {
		v.p += 4;
		v.len -= 4;
	}
	return v;
}

static void
look_order(struct trace *t, struct fix_span value)
{
	struct order o;

	if (order_of_kept(&o, value) && (is(t, o.order_id) ||
	    is(t, o.cl_ord_id) || is(t, o.request_id) || is(t, o.cancel_id) ||
	    is(t, o.venue_cl_ord_id) || is(t, o.venue_request_id) ||
	    is(t, o.venue_order_id)))
		found(t, o.number);
}

static void
look(struct trace *t, enum fix_table table, struct fix_span key,
    struct fix_span value)
{
	struct order_exec x;
	struct order_use u;

	if (table == FIX_TAB_ORDERS) {
		look_order(t, value);
	} else if (table == FIX_TAB_IDS && value.len >= sizeof(u) &&
	    fix_span_is(name_of(key), t->id)) {
		memcpy(&u, value.p, sizeof(u));
		found(t, u.order);
	} else if (table == FIX_TAB_EXECS && value.len == sizeof(x)) {
		memcpy(&x, value.p, sizeof(x));
		if (is(t, x.exec_id) || fix_span_is(name_of(key), t->id))
			found(t, x.order);
	}
}

/* A report with this ExecID: its OrderID says the rest. */
static void
look_report(struct trace *t, const struct fix_rec *r)
{
	struct fix_msg m = { 0 };
	struct fix_span v;
	uint64_t seq;

	if (r->type != REC_OUT || !record_message(r, fields, &seq, &m) ||
	    !fix_msg_get(&m, 17, &v) || !fix_span_is(v, t->id) ||
	    !fix_msg_get(&m, 37, &v) || v.len > ORDER_ID_MAX)
		return;
	memcpy(t->order_id, v.p, v.len);
	t->order_id[v.len] = '\0';
}

static int
look_record(void *arg, const struct fix_rec *r)
{
	struct trace *t = arg;
	struct fix_span key, value;
	enum fix_table table;

	if (t->first == 0)
		t->first = r->number;
	if (trace_pair(r, &table, &key, &value))
		look(t, table, key, value);
	else
		look_report(t, r);
	return 0;
}

struct look {
	struct trace *t;
	enum fix_table table;
	int (*fn)(struct trace *t, enum fix_table table, struct fix_span key,
	    struct fix_span value);
};

static int
look_pair(void *arg, struct fix_span key, struct fix_span value)
{
	struct look *l = arg;

	return l->fn(l->t, l->table, key, value);
}

/* Every pair of the tables that tell of orders. */
static int
each_pair(struct trace *t, int (*fn)(struct trace *t, enum fix_table table,
    struct fix_span key, struct fix_span value))
{
	static const enum fix_table tables[] = { FIX_TAB_ORDERS, FIX_TAB_IDS,
		FIX_TAB_EXECS };
	const struct fix_span all = { NULL, 0 };
	struct look l = { t, FIX_TAB_ORDERS, fn };
	int rc = 0;

	for (unsigned i = 0; i < 3 && rc == 0; i++) {
		l.table = tables[i];
		rc = fix_store_each(t->view->store, l.table, all, all,
		    look_pair, &l);
	}
	return rc;
}

static int
look_kept(struct trace *t, enum fix_table table, struct fix_span key,
    struct fix_span value)
{
	look(t, table, key, value);
	return 0;
}

bool
trace_has_id(const struct trace_order *o, struct fix_span id)
{
	for (size_t i = 0; i < o->n_ids; i++)
		if (fix_span_is(id, o->ids[i].text))
			return true;
	return false;
}

static int
add_id(struct trace_order *o, struct fix_span id)
{
	size_t cap = o->cap_ids == 0 ? 4 : o->cap_ids * 2;
	struct trace_id *more;

	if (id.len == 0 || id.len > ORDER_CLORDID_MAX || trace_has_id(o, id))
		return 0;
	if (o->n_ids == o->cap_ids) {
		more = realloc(o->ids, cap * sizeof(*more));
		if (more == NULL)
			return -FIX_E_NOMEM;
		o->ids = more;
		o->cap_ids = cap;
	}
	memcpy(o->ids[o->n_ids].text, id.p, id.len);
	o->ids[o->n_ids++].text[id.len] = '\0';
	return 0;
}

/* Whose order it is, and its ClOrdIDs. */
static int
learn(struct trace *t, enum fix_table table, struct fix_span key,
    struct fix_span value)
{
	struct order_use u;
	struct order o;
	unsigned i;

	if (table == FIX_TAB_ORDERS && order_of_kept(&o, value)) {
		for (i = 0; i < t->n_orders; i++)
			if (t->orders[i].number == o.number) {
				t->orders[i].session = o.session;
				memcpy(t->orders[i].order_id, o.order_id,
				    sizeof(o.order_id));
				return add_id(&t->orders[i],
				    fix_span_of(o.cl_ord_id));
			}
	} else if (table == FIX_TAB_IDS && value.len >= sizeof(u)) {
		memcpy(&u, value.p, sizeof(u));
		for (i = 0; i < t->n_orders; i++)
			if (t->orders[i].number == u.order)
				return add_id(&t->orders[i], name_of(key));
	}
	return 0;
}

static int
learn_record(void *arg, const struct fix_rec *r)
{
	struct fix_span key, value;
	enum fix_table table;

	return trace_pair(r, &table, &key, &value) ?
	    learn(arg, table, key, value) : 0;
}

int
trace_find(struct trace *t)
{
	int rc = each_pair(t, look_kept);

	if (rc == 0)
		rc = trace_walk(t, look_record, t);
	if (rc == 0 && t->n_orders == 0 && t->order_id[0] != '\0') {
		rc = each_pair(t, look_kept);
		if (rc == 0)
			rc = trace_walk(t, look_record, t);
	}
	if (rc == 0)
		rc = each_pair(t, learn);
	if (rc == 0)
		rc = trace_walk(t, learn_record, t);
	return rc;
}

void
trace_done(struct trace *t)
{
	for (unsigned i = 0; i < t->n_orders; i++)
		free(t->orders[i].ids);
	t->n_orders = 0;
}
