/*
 * The face of the tables: checks what comes in, keeps the state of the batch,
 * and leaves the rest to LMDB or memory.
 *
 * A batch that failed once stays failed: its commit writes nothing and says
 * what went wrong first. Values read are always committed ones, so nobody acts
 * on what is not written yet.
 */
#include <assert.h>

#include "store/store_ops.h"

static bool
key_ok(struct fix_span key)
{
	return key.len > 0 && key.len <= FIX_STORE_KEY_MAX;
}

static int
noted(struct fix_store *s, int rc)
{
	if (rc != 0 && s->failed == 0)
		s->failed = rc;
	return rc;
}

void
fix_store_close(struct fix_store *s)
{
	if (s == NULL)
		return;
	fix_store_abort(s);
	s->ops->close(s);
}

const char *
fix_store_place(const struct fix_store *s, uint64_t *most)
{
	if (s->place != NULL)
		*most = s->most;
	return s->place;
}

uint64_t
fix_store_applied(const struct fix_store *s)
{
	uint8_t v[8];
	uint64_t n = 0;
	unsigned i;

	if (s->write)
		return s->applied;
	if (s->ops->get(s->self, FIX_TAB_META, fix_span_of(META_APPLIED), v,
		sizeof(v)) != (ssize_t)sizeof(v))
		return 0;
	for (i = 0; i < sizeof(v); i++)
		n = n << 8 | v[i];
	return n;
}

int
fix_store_clear(struct fix_store *s)
{
	int rc;

	assert(s->write && s->depth == 0);
	fix_store_abort(s);
	rc = s->ops->clear(s);
	if (rc == 0)
		s->applied = 0;
	return rc;
}

int
fix_store_begin(struct fix_store *s)
{
	int rc;

	if (!s->write || s->in_batch)
		return -FIX_E_STATE;
	rc = s->ops->begin(s);
	s->in_batch = rc == 0;
	s->failed = 0;
	return rc;
}

int
fix_store_put(struct fix_store *s, enum fix_table t, struct fix_span key,
    struct fix_span value)
{
	assert(t > FIX_TAB_META && t < FIX_N_TABLE);
	if (!s->in_batch)
		return -FIX_E_STATE;
	if (!key_ok(key) || value.len > FIX_STORE_VALUE_MAX)
		return -FIX_E_TOOBIG;
	if (s->failed != 0)
		return s->failed;
	return noted(s, s->ops->put(s, t, key, value));
}

int
fix_store_del(struct fix_store *s, enum fix_table t, struct fix_span key)
{
	assert(t > FIX_TAB_META && t < FIX_N_TABLE);
	if (!s->in_batch)
		return -FIX_E_STATE;
	if (!key_ok(key))
		return 0; /* never there */
	if (s->failed != 0)
		return s->failed;
	return noted(s, s->ops->del(s, t, key));
}

int
fix_store_del_prefix(
    struct fix_store *s, enum fix_table t, struct fix_span prefix)
{
	assert(t > FIX_TAB_META && t < FIX_N_TABLE);
	if (!s->in_batch)
		return -FIX_E_STATE;
	if (prefix.len > FIX_STORE_KEY_MAX)
		return 0;
	if (s->failed != 0)
		return s->failed;
	return noted(s, s->ops->del_prefix(s, t, prefix));
}

int
fix_store_commit(struct fix_store *s, uint64_t applied)
{
	uint8_t v[8];
	int rc;

	assert(s->depth == 0);
	if (!s->in_batch)
		return -FIX_E_STATE;
	if (s->failed == 0)
		noted(s, s->ops->put(s, FIX_TAB_META, fix_span_of(META_APPLIED),
			     (struct fix_span){ v, fix_key_u64(v, applied) }));
	rc = s->failed;
	if (rc != 0) {
		fix_store_abort(s);
		return rc;
	}
	s->in_batch = false;
	rc = s->ops->commit(s);
	if (rc == 0)
		s->applied = applied;
	return rc;
}

void
fix_store_abort(struct fix_store *s)
{
	if (s->in_batch)
		s->ops->abort(s);
	s->in_batch = false;
	s->failed = 0;
}

int
fix_store_sync(struct fix_store *s)
{
	return s->write ? s->ops->sync(s) : -FIX_E_STATE;
}

ssize_t
fix_store_get(struct fix_store *s, enum fix_table t, struct fix_span key,
    void *buf, size_t cap)
{
	assert(t < FIX_N_TABLE);
	if (!key_ok(key))
		return -FIX_E_NOTFOUND;
	return s->ops->get(s, t, key, buf, cap);
}

size_t
fix_store_count(struct fix_store *s, enum fix_table t)
{
	assert(t < FIX_N_TABLE);
	return s->ops->count(s, t);
}

int
fix_store_each(struct fix_store *s, enum fix_table t, struct fix_span prefix,
    struct fix_span from, fix_store_fn *fn, void *arg)
{
	int rc;

	assert(t < FIX_N_TABLE);
	if (prefix.len > FIX_STORE_KEY_MAX || from.len > FIX_STORE_KEY_MAX)
		return 0;
	if (fix_span_cmp(from, prefix) < 0)
		from = prefix;
	s->depth++;
	rc = s->ops->each(s, t, prefix, from, fn, arg);
	s->depth--;
	return rc;
}

/* FNV-1a, with lengths, so that no two rows of pairs look alike. */
static void
mix(uint64_t *h, const uint8_t *p, size_t n)
{
	while (n-- > 0)
		*h = (*h ^ *p++) * UINT64_C(0x100000001b3);
}

static int
mix_pair(void *arg, struct fix_span key, struct fix_span value)
{
	uint8_t len[16];
	size_t n = fix_key_u64(len, key.len);

	n += fix_key_u64(len + n, value.len);
	mix(arg, len, n);
	mix(arg, key.p, key.len);
	mix(arg, value.p, value.len);
	return 0;
}

uint64_t
fix_store_hash(struct fix_store *s)
{
	struct fix_span all = { NULL, 0 };
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	uint8_t table;
	int rc = 0, t;

	for (t = FIX_TAB_META + 1; t < FIX_N_TABLE && rc == 0; t++) {
		table = (uint8_t)t;
		mix(&h, &table, 1);
		rc = fix_store_each(
		    s, (enum fix_table)t, all, all, mix_pair, &h);
	}
	return rc == 0 ? h : 0;
}

size_t
fix_key_u32(uint8_t *out, uint32_t v)
{
	unsigned i;

	for (i = 0; i < 4; i++)
		out[i] = (uint8_t)(v >> (24 - 8 * i));
	return 4;
}

size_t
fix_key_u64(uint8_t *out, uint64_t v)
{
	fix_key_u32(out, (uint32_t)(v >> 32));
	fix_key_u32(out + 4, (uint32_t)v);
	return 8;
}
