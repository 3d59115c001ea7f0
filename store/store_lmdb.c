/*
 * Tables on LMDB: one environment, one named database a table.
 *
 * Opened without sync and without a writable map: pages and then the meta page
 * go to the page cache by write(2), so a killed process leaves the last whole
 * commit. A machine that went down may leave anything, which LMDB would not
 * notice, and even opening it could fault; hence `tables.state` beside it, a
 * line that says which boot wrote last and whether it closed. The environment
 * is touched only if that line allows it; otherwise its files are removed and
 * the journal fills new ones.
 *
 * LMDB 0.9 has no checksums on its pages, so each value carries one over key
 * and value. A reader of another process needs no lock of ours; dead ones are
 * cleared away, since the pages they hold are never used again.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/fail.h"
#include "store/host.h"
#include "store/store_lmdb.h"
#include "store/store_ops.h"
#include "store/store_state.h"

#define LOCK_NAME "tables.lock"
#define CHECK_EVERY 256 /* batches between two looks for dead readers */

struct lmdb {
	struct fix_store base;
	MDB_env *env;
	MDB_txn *batch;
	MDB_txn *read;    /* kept between reads, reset */
	unsigned reading; /* reads that are open */
	unsigned batches;
	int dir, lock; /* descriptors */
	size_t map_bytes;
	MDB_dbi tables[FIX_N_TABLE];
	char path[];
};

static struct lmdb *
lmdb_of(struct fix_store *s)
{
	return (struct lmdb *)s;
}

static MDB_val
val_of(struct fix_span v)
{
	/* LMDB does not write to it. */
	return (MDB_val){ v.len, (void *)(uintptr_t)v.p };
}

/* Reads: one read transaction, renewed for each outermost call. */

static int
begin_read(struct lmdb *l)
{
	int rc;

	if (l->reading++ > 0)
		return 0;
	rc = l->read == NULL ? mdb_txn_begin(l->env, NULL, MDB_RDONLY, &l->read)
			     : mdb_txn_renew(l->read);
	if (rc == MDB_MAP_RESIZED) {
		/* The owner came back with a larger map. */
		rc = mdb_env_set_mapsize(l->env, 0);
		if (rc == 0)
			rc = l->read == NULL ? mdb_txn_begin(l->env, NULL,
						   MDB_RDONLY, &l->read)
					     : mdb_txn_renew(l->read);
	}
	if (rc != 0)
		l->reading--;
	return rc;
}

static void
end_read(struct lmdb *l)
{
	if (--l->reading == 0)
		mdb_txn_reset(l->read);
}

static void
stop_reading(struct lmdb *l)
{
	if (l->read != NULL)
		mdb_txn_abort(l->read);
	l->read = NULL;
}

static ssize_t
lmdb_get(struct fix_store *s, enum fix_table t, struct fix_span key, void *buf,
    size_t cap)
{
	struct lmdb *l = lmdb_of(s);
	MDB_val k = val_of(key), v;
	struct fix_span value;
	int rc = begin_read(l);

	if (rc != 0)
		return fix_lmdb_error(rc);
	rc = fix_lmdb_error(mdb_get(l->read, l->tables[t], &k, &v));
	if (rc == 0) {
		value = fix_lmdb_span(v);
		rc = fix_lmdb_unseal(key, &value);
	}
	if (rc == 0 && cap > 0 && value.len > 0)
		memcpy(buf, value.p, value.len < cap ? value.len : cap);
	end_read(l);
	return rc == 0 ? (ssize_t)value.len : rc;
}

static size_t
lmdb_count(struct fix_store *s, enum fix_table t)
{
	struct lmdb *l = lmdb_of(s);
	MDB_stat st = { .ms_entries = 0 };

	if (begin_read(l) != 0)
		return 0;
	(void)mdb_stat(l->read, l->tables[t], &st);
	end_read(l);
	return st.ms_entries;
}

static int
walk(MDB_cursor *c, struct fix_span prefix, struct fix_span from,
    fix_store_fn *fn, void *arg)
{
	MDB_val k = val_of(from), v;
	struct fix_span value;
	int got, rc = 0;

	got = mdb_cursor_get(
	    c, &k, &v, from.len == 0 ? MDB_FIRST : MDB_SET_RANGE);
	while (got == 0 && fix_span_begins(fix_lmdb_span(k), prefix)) {
		value = fix_lmdb_span(v);
		rc = fix_lmdb_unseal(fix_lmdb_span(k), &value);
		if (rc == 0)
			rc = fn(arg, fix_lmdb_span(k), value);
		if (rc != 0)
			return rc;
		got = mdb_cursor_get(c, &k, &v, MDB_NEXT);
	}
	return got == 0 || got == MDB_NOTFOUND ? 0 : fix_lmdb_error(got);
}

static int
lmdb_each(struct fix_store *s, enum fix_table t, struct fix_span prefix,
    struct fix_span from, fix_store_fn *fn, void *arg)
{
	struct lmdb *l = lmdb_of(s);
	MDB_cursor *c;
	int rc = begin_read(l);

	if (rc != 0)
		return fix_lmdb_error(rc);
	rc = mdb_cursor_open(l->read, l->tables[t], &c);
	if (rc == 0) {
		rc = walk(c, prefix, from, fn, arg);
		mdb_cursor_close(c);
	} else {
		rc = fix_lmdb_error(rc);
	}
	end_read(l);
	return rc;
}

/* A batch: one write transaction. */

static int
lmdb_begin(struct fix_store *s)
{
	struct lmdb *l = lmdb_of(s);
	int dead;

	if (l->batches++ % CHECK_EVERY == 0)
		(void)mdb_reader_check(l->env, &dead);
	return fix_lmdb_error(mdb_txn_begin(l->env, NULL, 0, &l->batch));
}

static int
lmdb_put(struct fix_store *s, enum fix_table t, struct fix_span key,
    struct fix_span value)
{
	struct lmdb *l = lmdb_of(s);
	MDB_val k = val_of(key), v = { value.len + FIX_LMDB_SUM, NULL };
	uint32_t sum = fix_lmdb_sum(key, value);
	int rc, dead;

	rc = mdb_put(l->batch, l->tables[t], &k, &v, MDB_RESERVE);
	if (rc == MDB_MAP_FULL)
		(void)mdb_reader_check(l->env, &dead);
	if (rc != 0)
		return fix_lmdb_error(rc);
	if (value.len > 0)
		memcpy(v.mv_data, value.p, value.len);
	memcpy((uint8_t *)v.mv_data + value.len, &sum, sizeof(sum));
	return 0;
}

static int
lmdb_del(struct fix_store *s, enum fix_table t, struct fix_span key)
{
	struct lmdb *l = lmdb_of(s);
	MDB_val k = val_of(key);
	int rc = mdb_del(l->batch, l->tables[t], &k, NULL);

	return rc == MDB_NOTFOUND ? 0 : fix_lmdb_error(rc);
}

static int
del_all(MDB_cursor *c, struct fix_span prefix)
{
	MDB_val k, v;
	int rc;

	for (;;) {
		k = val_of(prefix);
		rc = mdb_cursor_get(c, &k, &v, MDB_SET_RANGE);
		if (rc == MDB_NOTFOUND)
			return 0;
		if (rc != 0)
			return fix_lmdb_error(rc);
		if (!fix_span_begins(fix_lmdb_span(k), prefix))
			return 0;
		rc = mdb_cursor_del(c, 0);
		if (rc != 0)
			return fix_lmdb_error(rc);
	}
}

static int
lmdb_del_prefix(struct fix_store *s, enum fix_table t, struct fix_span prefix)
{
	struct lmdb *l = lmdb_of(s);
	MDB_cursor *c;
	int rc;

	if (prefix.len == 0)
		return fix_lmdb_error(mdb_drop(l->batch, l->tables[t], 0));
	rc = mdb_cursor_open(l->batch, l->tables[t], &c);
	if (rc != 0)
		return fix_lmdb_error(rc);
	rc = del_all(c, prefix);
	mdb_cursor_close(c);
	return rc;
}

static int
lmdb_commit(struct fix_store *s)
{
	struct lmdb *l = lmdb_of(s);
	int rc = mdb_txn_commit(l->batch);

	l->batch = NULL;
	return fix_lmdb_error(rc);
}

static void
lmdb_abort(struct fix_store *s)
{
	struct lmdb *l = lmdb_of(s);

	mdb_txn_abort(l->batch);
	l->batch = NULL;
}

static int
lmdb_sync(struct fix_store *s)
{
	return fix_lmdb_error(mdb_env_sync(lmdb_of(s)->env, 1));
}

/* The environment. */

static void
close_env(struct lmdb *l)
{
	stop_reading(l);
	if (l->env != NULL)
		mdb_env_close(l->env);
	l->env = NULL;
}

static int
open_tables(struct lmdb *l)
{
	MDB_txn *txn;
	int t, rc;

	rc = mdb_txn_begin(l->env, NULL, l->base.write ? 0 : MDB_RDONLY, &txn);
	if (rc != 0)
		return rc;
	for (t = 0; t < FIX_N_TABLE && rc == 0; t++)
		rc = mdb_dbi_open(txn, fix_lmdb_tables[t],
		    l->base.write ? MDB_CREATE : 0, &l->tables[t]);
	if (rc == 0)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return rc;
}

/* The whole map as a sparse file, so that no size changes later. */
static int
stretch(struct lmdb *l)
{
	struct stat st;
	int fd, rc = mdb_env_get_fd(l->env, &fd);

	if (rc != 0)
		return rc;
	if (fstat(fd, &st) != 0)
		return errno;
	if ((uint64_t)st.st_size < l->map_bytes &&
	    ftruncate(fd, (off_t)l->map_bytes) != 0)
		return errno;
	return 0;
}

static int
open_env(struct lmdb *l)
{
	unsigned flags = MDB_NOTLS | (l->base.write ? MDB_NOSYNC : MDB_RDONLY);
	int rc = mdb_env_create(&l->env);

	if (rc == 0)
		rc = mdb_env_set_maxdbs(l->env, FIX_N_TABLE);
	if (rc == 0 && l->base.write)
		rc = mdb_env_set_mapsize(l->env, l->map_bytes);
	if (rc == 0)
		rc = mdb_env_open(l->env, l->path, flags, 0600);
	if (rc == 0)
		rc = open_tables(l);
	if (rc == 0 && l->base.write)
		rc = stretch(l);
	if (rc != 0)
		close_env(l);
	return fix_lmdb_error(rc);
}

/* New, empty files. Readers of the old ones keep what they have. */
static int
remake(struct lmdb *l)
{
	int rc;

	close_env(l);
	rc = fix_tables_remove(l->dir);
	return rc != 0 ? rc : open_env(l);
}

static int
drop_tables(struct lmdb *l)
{
	int t, rc;

	rc = mdb_txn_begin(l->env, NULL, 0, &l->batch);
	if (rc != 0)
		return rc;
	for (t = 0; t < FIX_N_TABLE && rc == 0; t++)
		rc = mdb_drop(l->batch, l->tables[t], 0);
	if (rc != 0)
		mdb_txn_abort(l->batch);
	else
		rc = mdb_txn_commit(l->batch);
	l->batch = NULL;
	return rc;
}

static int
lmdb_clear(struct fix_store *s)
{
	struct lmdb *l = lmdb_of(s);

	return drop_tables(l) == 0 ? 0 : remake(l);
}

static void
free_lmdb(struct lmdb *l)
{
	close_env(l);
	if (l->lock >= 0)
		close(l->lock);
	if (l->dir >= 0)
		close(l->dir);
	free(l);
}

/* Bytes of the file that LMDB has ever used. */
static uint64_t
used_bytes(struct lmdb *l)
{
	MDB_envinfo info;
	MDB_stat st;

	if (mdb_env_info(l->env, &info) != 0 || mdb_env_stat(l->env, &st) != 0)
		return 0;
	return ((uint64_t)info.me_last_pgno + 1) * st.ms_psize;
}

static void
lmdb_close(struct fix_store *s)
{
	struct lmdb *l = lmdb_of(s);
	uint64_t used = 0;

	if (s->write && l->env != NULL && lmdb_sync(s) == 0)
		used = used_bytes(l);
	close_env(l);
	/* Not noted, for whatever reason, they count as open. */
	if (used > 0)
		(void)fix_tables_note_clean(l->dir, used);
	free_lmdb(l);
}

static const struct store_ops lmdb_ops = {
	.begin = lmdb_begin,
	.put = lmdb_put,
	.del = lmdb_del,
	.del_prefix = lmdb_del_prefix,
	.commit = lmdb_commit,
	.abort = lmdb_abort,
	.clear = lmdb_clear,
	.sync = lmdb_sync,
	.get = lmdb_get,
	.count = lmdb_count,
	.each = lmdb_each,
	.close = lmdb_close,
};

static int
take_lock(struct lmdb *l, struct fix_store_error *e)
{
	l->lock = fix_host_lock(l->dir, LOCK_NAME);
	if (l->lock >= 0)
		return 0;
	if (l->lock != -FIX_E_LOCKED)
		return fix_store_fail(e, l->lock, "%s: can't take the lock: %s",
		    l->path, strerror(errno));
	return fix_store_fail(e, -FIX_E_LOCKED,
	    "%s: another gateway owns the tables, process %ld. Stop that one "
	    "first, or give this one a folder of its own",
	    l->path, fix_host_owner(l->dir, LOCK_NAME));
}

static int
say_cannot(const struct lmdb *l, int rc, struct fix_store_error *e)
{
	return fix_store_fail(e, rc, "%s: the tables can't be opened: %s",
	    l->path, rc == -FIX_E_IO ? strerror(errno) : fix_strerror(rc));
}

static int
load_applied(struct lmdb *l)
{
	uint8_t v[8];
	ssize_t n = lmdb_get(
	    &l->base, FIX_TAB_META, fix_span_of(META_APPLIED), v, sizeof(v));
	unsigned i;

	if (n == -FIX_E_NOTFOUND)
		return 0;
	if (n != (ssize_t)sizeof(v))
		return n < 0 ? (int)n : -FIX_E_CORRUPT;
	for (i = 0; i < sizeof(v); i++)
		l->base.applied = l->base.applied << 8 | v[i];
	return 0;
}

static int
open_writer(struct lmdb *l, struct fix_store_error *e)
{
	bool drop = false;
	int rc = take_lock(l, e);

	if (rc == 0)
		rc = fix_tables_judge(l->dir, l->path, &drop, e);
	if (rc != 0)
		return rc;
	if (drop)
		rc = fix_tables_remove(l->dir);
	if (rc == 0)
		rc = fix_tables_note_open(l->dir);
	if (rc == 0)
		rc = open_env(l);
	if (rc == 0)
		rc = load_applied(l);
	if (rc == -FIX_E_CORRUPT) {
		fix_store_fail(e, 0,
		    "%s: damaged tables are dropped and made again from the "
		    "journal",
		    l->path);
		rc = remake(l);
	}
	return rc == 0 ? 0 : say_cannot(l, rc, e);
}

static int
open_reader(struct lmdb *l, struct fix_store_error *e)
{
	int rc = fix_tables_may_read(l->dir, l->path, e);

	if (rc != 0)
		return rc;
	rc = open_env(l);
	return rc == 0 ? 0 : say_cannot(l, rc, e);
}

int
fix_store_open(struct fix_store **out, const char *path, size_t map_bytes,
    bool write, struct fix_store_error *e)
{
	size_t n = strlen(path) + 1;
	struct lmdb *l = calloc(1, sizeof(*l) + n);
	int rc;

	fix_store_fine(e);
	if (l == NULL)
		return fix_store_fail(e, -FIX_E_NOMEM, "out of memory");
	l->base.ops = &lmdb_ops;
	l->base.self = &l->base;
	l->base.write = write;
	l->map_bytes = map_bytes & ~(size_t)4095;
	l->lock = -1;
	memcpy(l->path, path, n);
	l->base.place = l->path;
	l->base.most = l->map_bytes;
	l->dir = fix_host_folder(path, write);
	if (l->dir < 0)
		rc = fix_store_fail(e, l->dir, "%s: can't open the folder: %s",
		    path, strerror(errno));
	else
		rc = write ? open_writer(l, e) : open_reader(l, e);
	if (rc != 0) {
		free_lmdb(l);
		return rc;
	}
	*out = &l->base;
	return 0;
}
