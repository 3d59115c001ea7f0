/*
 * Kept things come back: sim_keep.c says what they look like.
 *
 * They come in any order, so they only pile up until start(), which sorts them
 * by age and gives each its place: orders in the book, by their rank, so that
 * price-time priority is as it was; ended ones in their queue; requests and
 * events that waited, due at once. A value that does not read to its very end
 * is left out and counted; UP tells how many. Orders of a symbol that is no
 * longer configured are canceled.
 */
#include <assert.h>
#include <stdlib.h>

#include "gateway/venue/sim_inside.h"

struct in {
	const uint8_t *p, *end;
	bool bad;
};

struct aged {
	uint64_t age;
	void *thing;
};

static const uint8_t *
get_bytes(struct in *i, size_t n)
{
	const uint8_t *p = i->p;

	if (i->bad || n > (size_t)(i->end - p)) {
		i->bad = true;
		return NULL;
	}
	i->p += n;
	return p;
}

static char
get_char(struct in *i)
{
	const uint8_t *p = get_bytes(i, 1);

	return p == NULL ? '\0' : (char)*p;
}

static int64_t
get_int(struct in *i)
{
	const uint8_t *p = get_bytes(i, sizeof(int64_t));
	int64_t v = 0;

	if (p != NULL)
		memcpy(&v, p, sizeof(v));
	return v;
}

static void
get_text(struct in *i, char *to, size_t cap)
{
	size_t n = (uint8_t)get_char(i);
	const uint8_t *p = get_bytes(i, n);

	if (p == NULL)
		return;
	if (n >= cap || memchr(p, '\0', n) != NULL)
		i->bad = true;
	else
		fix_span_copy((struct fix_span){ p, n }, to, cap);
}

static bool
done(const struct in *i)
{
	return !i->bad && i->p == i->end;
}

/* Until start() all loaded orders hang on s->loaded, by their next. */
static bool
load_order(struct sim *s, uint64_t number, struct in *i)
{
	struct sim_order *o = pool_get(&s->orders);
	char symbol[SIM_SYMBOL_MAX + 1] = "", id[SIM_N_ID][SIM_ID_MAX] = { "" };
	unsigned n;
	int rc = sim_reserve_id(s);

	assert(o != NULL && rc == 0); /* memory at the start */
	o->number = number;
	o->side = get_char(i);
	o->ord_type = get_char(i);
	o->time_in_force = get_char(i);
	o->status = get_char(i);
	o->triggered = get_char(i) == 'T';
	o->rank = (uint64_t)get_int(i);
	o->qty_e8 = get_int(i);
	o->price_e8 = get_int(i);
	o->stop_e8 = get_int(i);
	o->cum_e8 = get_int(i);
	o->expire_ns = get_int(i);
	get_text(i, symbol, sizeof(symbol));
	for (n = 0; n < SIM_N_ID; n++)
		get_text(i, id[n], sizeof(id[n]));
	if (!done(i)) {
		o->floor_e8 = get_int(i);
		o->shown_e8 = get_int(i);
	}
	if (!done(i) || id[0][0] == '\0' || sim_find(s, id[0]) != NULL ||
	    o->cum_e8 < 0 || o->cum_e8 > o->qty_e8) {
		pool_put(&s->orders, o);
		return false;
	}
	o->book = sim_book_of(s, symbol);
	for (n = 0; n < SIM_N_ID; n++)
		if (sim_find(s, id[n]) == NULL)
			sim_set_id(s, o, n, id[n]);
	o->next = s->loaded;
	s->loaded = o;
	return true;
}

static bool
load_request(struct sim *s, uint64_t number, char kind, struct in *i)
{
	struct sim_request *q = pool_get(&s->requests);

	assert(q != NULL);
	q->number = number;
	q->kind = kind;
	q->side = get_char(i);
	q->ord_type = get_char(i);
	q->time_in_force = get_char(i);
	q->qty_e8 = get_int(i);
	q->price_e8 = get_int(i);
	q->stop_e8 = get_int(i);
	q->expire_ns = get_int(i);
	get_text(i, q->symbol, sizeof(q->symbol));
	get_text(i, q->cl_ord_id, sizeof(q->cl_ord_id));
	get_text(i, q->orig_cl_ord_id, sizeof(q->orig_cl_ord_id));
	if (!done(i)) {
		q->min_qty_e8 = get_int(i);
		q->floor_e8 = get_int(i);
		q->cash_e8 = get_int(i);
		q->post = get_char(i) == '6';
	}
	if (!done(i)) {
		pool_put(&s->requests, q);
		return false;
	}
	q->next = s->first_request;
	s->first_request = q;
	s->n_requests++;
	return true;
}

static void
text_back(struct in *i, char *to, size_t cap, const char **text)
{
	get_text(i, to, cap);
	*text = *to == '\0' ? NULL : to;
}

static bool
load_late(struct sim *s, uint64_t number, struct in *i)
{
	struct sim_late *l = pool_get(&s->lates);
	struct venue_event *e;

	assert(l != NULL);
	e = &l->e;
	l->number = number;
	e->kind = (enum venue_event_kind)(uint8_t)get_char(i);
	e->side = get_char(i);
	e->status = get_char(i);
	e->reason = (int)get_int(i);
	e->last_qty_e8 = get_int(i);
	e->last_px_e8 = get_int(i);
	e->qty_e8 = get_int(i);
	e->price_e8 = get_int(i);
	e->stop_e8 = get_int(i);
	e->cum_qty_e8 = get_int(i);
	e->when.ns = get_int(i);
	text_back(i, l->cl_ord_id, sizeof(l->cl_ord_id), &e->cl_ord_id);
	text_back(i, l->orig_cl_ord_id, sizeof(l->orig_cl_ord_id),
	    &e->orig_cl_ord_id);
	text_back(i, l->venue_order_id, sizeof(l->venue_order_id),
	    &e->venue_order_id);
	text_back(i, l->exec_id, sizeof(l->exec_id), &e->exec_id);
	text_back(i, l->ref_exec_id, sizeof(l->ref_exec_id), &e->ref_exec_id);
	text_back(i, l->symbol, sizeof(l->symbol), &e->symbol);
	text_back(i, l->text, sizeof(l->text), &e->text);
	if (!done(i) || e->kind >= VENUE_N_EVENT) {
		pool_put(&s->lates, l);
		return false;
	}
	l->next = s->first_late;
	s->first_late = l;
	return true;
}

static bool
load_number(struct sim *s, struct fix_span key, struct in *i)
{
	uint64_t number = 0;
	size_t n;
	char kind = get_char(i);

	if (key.len != 9)
		return false;
	for (n = 1; n < 9; n++)
		number = number << 8 | key.p[n];
	if (number >> 40 > s->incarnation)
		s->incarnation = number >> 40;
	if (kind == 'O')
		return load_order(s, number, i);
	if (kind == 'E')
		return load_late(s, number, i);
	if (kind == 'D' || kind == 'F' || kind == 'G' || kind == 'H')
		return load_request(s, number, kind, i);
	return false;
}

static bool
load_last(struct sim *s, struct fix_span key, struct in *i)
{
	char symbol[SIM_SYMBOL_MAX + 1];
	struct sim_book *b;
	int64_t last = get_int(i);

	key.p++;
	key.len--;
	if (!done(i) || !fix_span_copy(key, symbol, sizeof(symbol)))
		return false;
	b = sim_book_of(s, symbol);
	if (b != NULL)
		b->last_e8 = last;
	return true;
}

static bool
load_incarnation(struct sim *s, struct in *i)
{
	uint64_t n = (uint64_t)get_int(i);

	if (!done(i) || n >= UINT64_C(1) << 24)
		return false;
	if (n > s->incarnation)
		s->incarnation = n;
	return true;
}

void
sim_load(struct venue *v, struct fix_span key, struct fix_span value)
{
	struct sim *s = (struct sim *)v;
	struct in i = { value.p, value.p + value.len, false };
	bool good = false;

	if (key.len > 1 && key.p[0] == 'k') {
		good = load_number(s, key, &i);
	} else if (key.len > 1 && key.p[0] == 'l') {
		good = load_last(s, key, &i);
	} else if (fix_span_is(key, "i")) {
		good = load_incarnation(s, &i);
	}
	if (!good)
		s->n_bad++;
}

static int
by_age(const void *a, const void *b)
{
	const struct aged *x = a, *y = b;

	return x->age < y->age ? -1 : x->age > y->age;
}

/* An array for n things; NULL also when n is 0. */
static struct aged *
ages(size_t n)
{
	return n == 0 ? NULL : calloc(n, sizeof(struct aged));
}

static void
settle_order(struct sim *s, struct sim_order *o)
{
	bool placed;

	o->prev = o->next = NULL;
	if (!sim_live(o) || o->cum_e8 >= o->qty_e8) {
		sim_add_ended(s, o);
	} else if (o->book == NULL) {
		o->next = s->orphans;
		s->orphans = o;
	} else {
		placed = sim_expires(s, o) == 0 && sim_place(s, o);
		assert(placed); /* out of memory at the start */
	}
}

static void
settle_orders(struct sim *s)
{
	struct sim_order *o;
	struct aged *a;
	size_t i, n = 0;

	for (o = s->loaded; o != NULL; o = o->next)
		n++;
	a = ages(n);
	assert(n == 0 || a != NULL);
	for (i = 0, o = s->loaded; o != NULL; o = o->next)
		a[i++] = (struct aged){ o->rank, o };
	if (n > 0)
		qsort(a, n, sizeof(a[0]), by_age);
	for (i = 0; i < n; i++)
		settle_order(s, a[i].thing);
	s->loaded = NULL;
	free(a);
}

static void
settle_requests(struct sim *s)
{
	struct sim_request *q, **at = &s->first_request;
	struct aged *a = ages(s->n_requests);
	size_t i = 0, n = s->n_requests;

	assert(n == 0 || a != NULL);
	for (q = s->first_request; q != NULL; q = q->next)
		a[i++] = (struct aged){ q->number, q };
	if (n > 0)
		qsort(a, n, sizeof(a[0]), by_age);
	for (i = 0; i < n; i++, at = &q->next) {
		q = a[i].thing;
		*at = s->last_request = q;
	}
	*at = NULL;
	free(a);
}

static void
settle_lates(struct sim *s)
{
	struct sim_late *l, **at = &s->first_late;
	struct aged *a;
	size_t i = 0, n = 0;

	for (l = s->first_late; l != NULL; l = l->next)
		n++;
	a = ages(n);
	assert(n == 0 || a != NULL);
	for (l = s->first_late; l != NULL; l = l->next)
		a[i++] = (struct aged){ l->number, l };
	if (n > 0)
		qsort(a, n, sizeof(a[0]), by_age);
	for (i = 0; i < n; i++, at = &l->next) {
		l = a[i].thing;
		*at = s->last_late = l;
	}
	*at = NULL;
	free(a);
}

void
sim_settle_loaded(struct sim *s)
{
	settle_orders(s);
	settle_requests(s);
	settle_lates(s);
}
