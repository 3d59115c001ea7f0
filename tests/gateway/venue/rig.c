/*
 * The rig of the simulated venue's tests; see rig.h. Time is the rig's own and
 * begins at an arbitrary moment; sends and ticks happen at its now.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/gateway/venue/rig.h"

static const struct sim_symbol usual[] = {
	{ "X", 100 * FIX_E8, FIX_E8 / 100, 100 * FIX_E8, 3 },
	{ "Y", 100 * FIX_E8, FIX_E8 / 100, 100 * FIX_E8, 0 },
};

static uint64_t
mix(uint64_t h, const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n-- > 0)
		h = (h ^ *b++) * UINT64_C(0x100000001b3);
	return h;
}

static void
hash_event(struct rig *g, const struct venue_event *e)
{
	const char *s[] = { e->cl_ord_id, e->orig_cl_ord_id, e->venue_order_id,
		e->exec_id, e->ref_exec_id, e->symbol, e->text };
	int64_t n[] = { (int64_t)e->kind, e->side, e->status, e->reason,
		e->last_qty_e8, e->last_px_e8, e->qty_e8, e->price_e8,
		e->stop_e8, e->cum_qty_e8, e->when.ns };
	size_t i;

	for (i = 0; i < 7; i++)
		if (s[i] != NULL)
			g->hash = mix(g->hash, s[i], strlen(s[i]) + 1);
	g->hash = mix(g->hash, n, sizeof(n));
}

static void
copy(char *to, const char **text)
{
	if (*text == NULL)
		return;
	snprintf(to, 64, "%s", *text);
	*text = to;
}

static void
on_event(void *arg, struct venue *v, const struct venue_event *e)
{
	struct rig *g = arg;
	struct told *t;

	assert_ptr_equal(v, g->v);
	assert_false(g->no_event);
	hash_event(g, e);
	if (g->hook != NULL)
		g->hook(g, e);
	if (g->deaf) {
		g->n++;
		return;
	}
	if (g->n == g->cap) {
		g->cap = g->cap == 0 ? 64 : 2 * g->cap;
		g->told = realloc(g->told, g->cap * sizeof(*g->told));
		assert_non_null(g->told);
	}
	t = &g->told[g->n++];
	t->e = *e;
	copy(t->text[0], &t->e.cl_ord_id);
	copy(t->text[1], &t->e.orig_cl_ord_id);
	copy(t->text[2], &t->e.venue_order_id);
	copy(t->text[3], &t->e.exec_id);
	copy(t->text[4], &t->e.ref_exec_id);
	copy(t->text[5], &t->e.symbol);
	copy(t->text[6], &t->e.text);
}

/* realloc() moves the copies; their strings move along. */
static const struct venue_event *
event(struct rig *g, size_t i)
{
	struct told *t = &g->told[i];
	const char **s[] = { &t->e.cl_ord_id, &t->e.orig_cl_ord_id,
		&t->e.venue_order_id, &t->e.exec_id, &t->e.ref_exec_id,
		&t->e.symbol, &t->e.text };
	size_t k;

	for (k = 0; k < 7; k++)
		if (*s[k] != NULL)
			*s[k] = t->text[k];
	return &t->e;
}

static void
on_keep(void *arg, struct venue *v, struct fix_span key, struct fix_span value)
{
	struct rig *g = arg;
	struct kept **at = &g->store[mix(7, key.p, key.len) % RIG_BUCKETS], *k;

	(void)v;
	g->keeps++;
	assert_true(key.len <= sizeof(k->key));
	assert_true(value.len <= sizeof(k->value));
	while (*at != NULL && ((*at)->key_len != key.len ||
				  memcmp((*at)->key, key.p, key.len) != 0))
		at = &(*at)->next;
	k = *at;
	if (value.len == 0) {
		if (k != NULL) {
			*at = k->next;
			free(k);
			g->n_kept--;
		}
		return;
	}
	if (k == NULL) {
		k = *at = calloc(1, sizeof(*k));
		assert_non_null(k);
		memcpy(k->key, key.p, key.len);
		k->key_len = key.len;
		g->n_kept++;
	}
	memcpy(k->value, value.p, value.len);
	k->len = value.len;
}

static void
make_venue(struct rig *g)
{
	struct venue_sink sink = { g, on_event, on_keep, NULL, NULL };

	g->v = venue_sim_new(&g->cfg, sink);
	assert_non_null(g->v);
}

struct rig *
rig_unstarted(struct sim_cfg cfg)
{
	struct rig *g = calloc(1, sizeof(*g));

	assert_non_null(g);
	g->cfg = cfg;
	g->cfg.name = "SIM";
	if (g->cfg.symbols == NULL) {
		g->cfg.symbols = usual;
		g->cfg.n_symbols = 2;
	}
	if (g->cfg.refill_ms == 0)
		g->cfg.refill_ms = 3600 * 1000;
	g->now.mono.ns = 5 * FIX_SEC;
	g->now.utc.ns = 1700000000 * FIX_SEC; /* 22:13:20 */
	make_venue(g);
	return g;
}

void
rig_start(struct rig *g)
{
	g->v->ops->start(g->v, g->now);
	rig_tick(g, 0);
}

struct rig *
rig_with(struct sim_cfg cfg)
{
	struct rig *g = rig_unstarted(cfg);

	rig_start(g);
	rig_forget(g);
	return g;
}

struct rig *
rig_new(void)
{
	struct sim_cfg cfg = { .seed = 1 };

	return rig_with(cfg);
}

void
rig_free(struct rig *g)
{
	struct kept *k, *next;
	size_t i;

	g->v->ops->free(g->v);
	for (i = 0; i < RIG_BUCKETS; i++)
		for (k = g->store[i]; k != NULL; k = next) {
			next = k->next;
			free(k);
		}
	free(g->told);
	free(g);
}

void
rig_crash(struct rig *g)
{
	struct kept *k;
	size_t i;

	g->v->ops->free(g->v);
	make_venue(g);
	for (i = 0; i < RIG_BUCKETS; i++)
		for (k = g->store[i]; k != NULL; k = k->next)
			g->v->ops->load(g->v,
			    (struct fix_span){ k->key, k->key_len },
			    (struct fix_span){ k->value, k->len });
	rig_start(g);
}

void
rig_tick(struct rig *g, int64_t ns)
{
	g->now.mono.ns += ns;
	g->now.utc.ns += ns;
	g->v->ops->tick(g->v, g->now);
}

size_t
rig_kept(const struct rig *g, char kind)
{
	const struct kept *k;
	size_t i, n = 0;

	for (i = 0; i < RIG_BUCKETS; i++)
		for (k = g->store[i]; k != NULL; k = k->next)
			if (k->key[0] == 'k' && k->value[0] == kind)
				n++;
	return n;
}

struct venue_order
rig_order(const char *id, char side, int64_t qty, int64_t px_e8)
{
	struct venue_order o = { .cl_ord_id = id,
		.orig_cl_ord_id = "",
		.venue_order_id = "",
		.account = "A",
		.symbol = "X",
		.side = side,
		.ord_type = px_e8 == 0 ? '1' : '2',
		.time_in_force = '0',
		.qty_e8 = qty * FIX_E8,
		.price_e8 = px_e8 };

	return o;
}

int
rig_send(struct rig *g, char kind, const struct venue_order *o)
{
	const struct venue_ops *ops = g->v->ops;
	int rc;

	g->no_event = g->hook == NULL;
	if (kind == 'D')
		rc = ops->send_new(g->v, o, g->now);
	else if (kind == 'F')
		rc = ops->send_cancel(g->v, o, g->now);
	else if (kind == 'G')
		rc = ops->send_replace(g->v, o, g->now);
	else
		rc = ops->send_status(g->v, o, g->now);
	g->no_event = false;
	return rc;
}

void
rig_new_order(struct rig *g, const char *id, char side, int64_t qty,
    int64_t px_e8, char tif)
{
	struct venue_order o = rig_order(id, side, qty, px_e8);

	o.time_in_force = tif;
	assert_int_equal(rig_send(g, 'D', &o), 0);
	rig_tick(g, 0);
}

void
rig_cancel(struct rig *g, const char *id, const char *orig)
{
	struct venue_order o = rig_order(id, '1', 0, 0);

	o.orig_cl_ord_id = orig;
	assert_int_equal(rig_send(g, 'F', &o), 0);
	rig_tick(g, 0);
}

void
rig_replace(struct rig *g, const char *id, const char *orig, char side,
    int64_t qty, int64_t px_e8)
{
	struct venue_order o = rig_order(id, side, qty, px_e8);

	o.orig_cl_ord_id = orig;
	assert_int_equal(rig_send(g, 'G', &o), 0);
	rig_tick(g, 0);
}

void
rig_status(struct rig *g, const char *id)
{
	struct venue_order o = rig_order(id, '1', 0, 0);

	assert_int_equal(rig_send(g, 'H', &o), 0);
	rig_tick(g, 0);
}

static void
skip_marks(struct rig *g)
{
	while (g->seen < g->n && g->told[g->seen].e.kind == VENUE_MARK)
		g->seen++;
}

const struct venue_event *
rig_next(struct rig *g, enum venue_event_kind k, const char *cl_ord_id)
{
	const struct venue_event *e;

	skip_marks(g);
	assert_true(g->seen < g->n);
	e = event(g, g->seen++);
	assert_string_equal(venue_event_name(e->kind), venue_event_name(k));
	if (cl_ord_id != NULL)
		assert_string_equal(e->cl_ord_id, cl_ord_id);
	return e;
}

void
rig_fill(struct rig *g, const char *cl_ord_id, int64_t qty, int64_t px_e8,
    int64_t cum)
{
	const struct venue_event *e = rig_next(g, VENUE_FILL, cl_ord_id);

	assert_int_equal(e->last_qty_e8, qty * FIX_E8);
	assert_int_equal(e->last_px_e8, px_e8);
	assert_int_equal(e->cum_qty_e8, cum * FIX_E8);
	assert_non_null(e->exec_id);
	assert_non_null(e->venue_order_id);
}

void
rig_silent(struct rig *g)
{
	skip_marks(g);
	if (g->seen < g->n)
		print_error(
		    "said: %s\n", venue_event_name(g->told[g->seen].e.kind));
	assert_int_equal(g->seen, g->n);
}

void
rig_forget(struct rig *g)
{
	g->n = g->seen = 0;
}

const struct venue_event *
rig_last_mark(const struct rig *g, const char *symbol)
{
	size_t i = g->n;

	while (i-- > 0)
		if (g->told[i].e.kind == VENUE_MARK &&
		    strcmp(g->told[i].text[5], symbol) == 0)
			return &g->told[i].e;
	return NULL;
}

struct picture {
	char (*line)[200];
	size_t n, cap;
};

static int
draw(void *arg, const struct sim_view *o)
{
	struct picture *p = arg;

	if (p->n == p->cap) {
		p->cap = p->cap == 0 ? 64 : 2 * p->cap;
		p->line = realloc(p->line, p->cap * sizeof(*p->line));
		assert_non_null(p->line);
	}
	snprintf(p->line[p->n++], sizeof(*p->line),
	    "%020llu %s %s %c %c %lld %lld %lld %lld\n",
	    (unsigned long long)o->number, o->cl_ord_id, o->symbol, o->side,
	    o->status, (long long)o->qty_e8, (long long)o->cum_e8,
	    (long long)o->price_e8, (long long)o->stop_e8);
	return 0;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

char *
rig_picture(struct rig *g)
{
	struct picture p = { 0 };
	char *all, *at;
	size_t i;

	assert_int_equal(venue_sim_each(g->v, draw, &p), 0);
	if (p.n > 0)
		qsort(p.line, p.n, sizeof(*p.line), by_text);
	at = all = malloc(p.n * sizeof(*p.line) + 1);
	assert_non_null(all);
	*at = '\0';
	for (i = 0; i < p.n; i++)
		at = stpcpy(at, p.line[i]);
	free(p.line);
	return all;
}
