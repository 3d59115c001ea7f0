/*
 * Tables in memory, for tests and the simulated world: one skip list a table.
 *
 * A batch is a list of changes, made ready when they are put, so that commit
 * cannot fail: it links nodes and frees others. Levels come from a fixed
 * sequence, so that a run repeats exactly.
 */
#include <stdlib.h>

#include "store/store_ops.h"

#define LEVELS 16 /* good for 4^16 keys */

struct pair {
	size_t key_len, value_len;
	uint8_t *bytes; /* key, value: behind the links */
	unsigned levels;
	struct pair *next[]; /* one a level */
};

enum change_kind { PUT, DEL, DEL_PREFIX };

struct change {
	struct change *next;
	enum change_kind kind;
	enum fix_table table;
	struct pair *pair; /* PUT */
	size_t key_len;    /* the others */
	uint8_t key[];
};

struct mem {
	struct fix_store base;
	struct pair *heads[FIX_N_TABLE][LEVELS];
	struct change *batch, **batch_end;
	uint64_t rand;
};

static struct mem *
mem_of(struct fix_store *s)
{
	return (struct mem *)s;
}

static struct fix_span
key_of(const struct pair *p)
{
	return (struct fix_span){ p->bytes, p->key_len };
}

static struct fix_span
value_of(const struct pair *p)
{
	return (struct fix_span){ p->bytes + p->key_len, p->value_len };
}

/* One more level for one node in four. */
static unsigned
draw_levels(struct mem *m)
{
	unsigned n = 1;
	uint64_t x;

	m->rand = m->rand * UINT64_C(6364136223846793005) +
		  UINT64_C(1442695040888963407);
	for (x = m->rand >> 32; (x & 3) == 0 && n < LEVELS; x >>= 2)
		n++;
	return n;
}

static struct pair *
pair_new(struct mem *m, struct fix_span key, struct fix_span value)
{
	unsigned levels = draw_levels(m);
	size_t links = sizeof(struct pair) + levels * sizeof(struct pair *);
	struct pair *p = malloc(links + key.len + value.len);

	if (p == NULL)
		return NULL;
	p->key_len = key.len;
	p->value_len = value.len;
	p->levels = levels;
	p->bytes = (uint8_t *)p + links;
	memcpy(p->bytes, key.p, key.len);
	if (value.len > 0)
		memcpy(p->bytes + key.len, value.p, value.len);
	return p;
}

/* The first pair not before key; before[l] are the links of what stands before
 * it on level l. */
static struct pair *
seek(struct mem *m, enum fix_table t, struct fix_span key,
    struct pair **before[LEVELS])
{
	struct pair **links = m->heads[t];
	unsigned l = LEVELS;

	while (l-- > 0) {
		while (
		    links[l] != NULL && fix_span_cmp(key_of(links[l]), key) < 0)
			links = links[l]->next;
		if (before != NULL)
			before[l] = links;
	}
	return links[0];
}

static void
unlink_pair(struct pair **before[LEVELS], struct pair *p)
{
	unsigned l;

	for (l = 0; l < p->levels; l++)
		before[l][l] = p->next[l];
	free(p);
}

static void
apply_put(struct mem *m, struct change *c)
{
	struct pair **before[LEVELS], *at, *p = c->pair;
	unsigned l;

	at = seek(m, c->table, key_of(p), before);
	if (at != NULL && fix_span_eq(key_of(at), key_of(p)))
		unlink_pair(before, at);
	for (l = 0; l < p->levels; l++) {
		p->next[l] = before[l][l];
		before[l][l] = p;
	}
	c->pair = NULL;
}

static void
apply_del(struct mem *m, enum fix_table t, struct fix_span key, bool prefix)
{
	struct pair **before[LEVELS], *at;

	at = seek(m, t, key, before);
	while (at != NULL && fix_span_begins(key_of(at), key)) {
		if (!prefix && at->key_len != key.len)
			return;
		unlink_pair(before, at);
		at = before[0][0];
	}
}

static void
drop_batch(struct mem *m)
{
	struct change *c;

	while ((c = m->batch) != NULL) {
		m->batch = c->next;
		free(c->pair);
		free(c);
	}
	m->batch_end = &m->batch;
}

static struct change *
add(struct mem *m, enum change_kind kind, enum fix_table t, struct fix_span key)
{
	struct change *c = calloc(1, sizeof(*c) + key.len);

	if (c == NULL)
		return NULL;
	c->kind = kind;
	c->table = t;
	c->key_len = key.len;
	if (key.len > 0)
		memcpy(c->key, key.p, key.len);
	*m->batch_end = c;
	m->batch_end = &c->next;
	return c;
}

static int
mem_begin(struct fix_store *s)
{
	drop_batch(mem_of(s));
	return 0;
}

static int
mem_put(struct fix_store *s, enum fix_table t, struct fix_span key,
    struct fix_span value)
{
	struct mem *m = mem_of(s);
	struct pair *p = pair_new(m, key, value);
	struct change *c;

	if (p == NULL)
		return -FIX_E_NOMEM;
	c = add(m, PUT, t, (struct fix_span){ NULL, 0 });
	if (c == NULL) {
		free(p);
		return -FIX_E_NOMEM;
	}
	c->pair = p;
	return 0;
}

static int
mem_del(struct fix_store *s, enum fix_table t, struct fix_span key)
{
	return add(mem_of(s), DEL, t, key) != NULL ? 0 : -FIX_E_NOMEM;
}

static int
mem_del_prefix(struct fix_store *s, enum fix_table t, struct fix_span prefix)
{
	return add(mem_of(s), DEL_PREFIX, t, prefix) != NULL ? 0 : -FIX_E_NOMEM;
}

static int
mem_commit(struct fix_store *s)
{
	struct mem *m = mem_of(s);
	struct change *c;

	for (c = m->batch; c != NULL; c = c->next) {
		if (c->kind == PUT)
			apply_put(m, c);
		else
			apply_del(m, c->table,
			    (struct fix_span){ c->key, c->key_len },
			    c->kind == DEL_PREFIX);
	}
	drop_batch(m);
	return 0;
}

static void
mem_abort(struct fix_store *s)
{
	drop_batch(mem_of(s));
}

static int
mem_clear(struct fix_store *s)
{
	struct mem *m = mem_of(s);
	int t;

	for (t = 0; t < FIX_N_TABLE; t++)
		apply_del(
		    m, (enum fix_table)t, (struct fix_span){ NULL, 0 }, true);
	return 0;
}

static int
mem_sync(struct fix_store *s)
{
	(void)s;
	return 0;
}

static ssize_t
mem_get(struct fix_store *s, enum fix_table t, struct fix_span key, void *buf,
    size_t cap)
{
	struct pair *at = seek(mem_of(s), t, key, NULL);
	struct fix_span v;

	if (at == NULL || !fix_span_eq(key_of(at), key))
		return -FIX_E_NOTFOUND;
	v = value_of(at);
	if (v.len > 0 && cap > 0)
		memcpy(buf, v.p, v.len < cap ? v.len : cap);
	return (ssize_t)v.len;
}

static size_t
mem_count(struct fix_store *s, enum fix_table t)
{
	size_t n = 0;

	for (const struct pair *p = mem_of(s)->heads[t][0]; p != NULL;
	     p = p->next[0])
		n++;
	return n;
}

static int
mem_each(struct fix_store *s, enum fix_table t, struct fix_span prefix,
    struct fix_span from, fix_store_fn *fn, void *arg)
{
	struct pair *at = seek(mem_of(s), t, from, NULL);
	int rc = 0;

	for (; at != NULL && rc == 0; at = at->next[0]) {
		if (!fix_span_begins(key_of(at), prefix))
			break;
		rc = fn(arg, key_of(at), value_of(at));
	}
	return rc;
}

static void
mem_close(struct fix_store *s)
{
	(void)mem_clear(s);
	drop_batch(mem_of(s));
	free(s);
}

static const struct store_ops mem_ops = {
	.begin = mem_begin,
	.put = mem_put,
	.del = mem_del,
	.del_prefix = mem_del_prefix,
	.commit = mem_commit,
	.abort = mem_abort,
	.clear = mem_clear,
	.sync = mem_sync,
	.get = mem_get,
	.count = mem_count,
	.each = mem_each,
	.close = mem_close,
};

int
fix_store_open_mem(struct fix_store **out)
{
	struct mem *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return -FIX_E_NOMEM;
	m->base.ops = &mem_ops;
	m->base.self = &m->base;
	m->base.write = true;
	m->batch_end = &m->batch;
	*out = &m->base;
	return 0;
}
