/*
 * Tables as a file that is taken elsewhere, and back. In: the folder of tables
 * that may be open and written. Out: a file with what they held at one moment,
 * LMDB's own copy of a read transaction without the pages that are free; each
 * of its values is looked at before it counts.
 *
 * Coming back they are closed tables: the owner's start checks the sum over the
 * file, as it does after each clean close.
 */
#include "store/store_lmdb.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/crc32c.h"
#include "store/fail.h"
#include "store/host.h"
#include "store/store_ops.h"
#include "store/store_state.h"

const char *const fix_lmdb_tables[] = {
	[FIX_TAB_META] = "meta",
	[FIX_TAB_SESSIONS] = "sessions",
	[FIX_TAB_SENT] = "sent",
	[FIX_TAB_ORDERS] = "orders",
	[FIX_TAB_IDS] = "ids",
	[FIX_TAB_EXECS] = "execs",
	[FIX_TAB_POSITIONS] = "positions",
	[FIX_TAB_VENUES] = "venues",
	[FIX_TAB_CONTROL] = "control",
	[FIX_TAB_CURSORS] = "cursors",
	[FIX_TAB_SUMS] = "sums",
};

_Static_assert(sizeof(fix_lmdb_tables) / sizeof(fix_lmdb_tables[0]) ==
		   FIX_N_TABLE,
    "every table has a name");

int
fix_lmdb_error(int rc)
{
	switch (rc) {
	case 0:
		return 0;
	case MDB_NOTFOUND:
		return -FIX_E_NOTFOUND;
	case MDB_MAP_FULL:
	case MDB_TXN_FULL:
		return -FIX_E_FULL;
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
	case MDB_INVALID:
	case MDB_VERSION_MISMATCH:
	case MDB_INCOMPATIBLE:
	case MDB_PANIC:
		return -FIX_E_CORRUPT;
	default:
		if (rc > 0)
			errno = rc;
		return rc > 0 ? fix_host_errno() : -FIX_E_IO;
	}
}

struct fix_span
fix_lmdb_span(MDB_val v)
{
	return (struct fix_span){ v.mv_data, v.mv_size };
}

uint32_t
fix_lmdb_sum(struct fix_span key, struct fix_span value)
{
	uint32_t crc = fix_crc32c(0, key.p, key.len);

	return fix_crc32c(crc, value.p, value.len);
}

int
fix_lmdb_unseal(struct fix_span key, struct fix_span *v)
{
	uint32_t sum;

	if (v->len < FIX_LMDB_SUM)
		return -FIX_E_CORRUPT;
	v->len -= FIX_LMDB_SUM;
	memcpy(&sum, v->p + v->len, sizeof(sum));
	return sum == fix_lmdb_sum(key, *v) ? 0 : -FIX_E_CORRUPT;
}

/* An environment to read. @return LMDB's */
static int
open_to_read(MDB_env **env, const char *path, unsigned flags)
{
	int rc = mdb_env_create(env);

	if (rc == 0)
		rc = mdb_env_set_maxdbs(*env, FIX_N_TABLE);
	if (rc == 0)
		rc = mdb_env_open(*env, path, flags | MDB_RDONLY | MDB_NOTLS, 0);
	return rc;
}

/* @return 0, -FIX_E_CORRUPT, LMDB's */
static int
check_table(MDB_txn *txn, MDB_dbi table)
{
	struct fix_span value;
	MDB_cursor *c;
	MDB_val k, v;
	int rc = mdb_cursor_open(txn, table, &c);

	if (rc != 0)
		return rc;
	while ((rc = mdb_cursor_get(c, &k, &v, MDB_NEXT)) == 0) {
		value = fix_lmdb_span(v);
		if (fix_lmdb_unseal(fix_lmdb_span(k), &value) != 0) {
			rc = MDB_CORRUPTED;
			break;
		}
	}
	mdb_cursor_close(c);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static int
read_applied(MDB_txn *txn, MDB_dbi meta, uint64_t *applied)
{
	MDB_val k = { sizeof(META_APPLIED) - 1,
		(void *)(uintptr_t)META_APPLIED };
	MDB_val v;
	int rc = mdb_get(txn, meta, &k, &v);
	const uint8_t *p = v.mv_data;

	*applied = 0;
	if (rc == 0 && v.mv_size != 8 + FIX_LMDB_SUM)
		rc = MDB_CORRUPTED;
	for (unsigned i = 0; rc == 0 && i < 8; i++)
		*applied = *applied << 8 | p[i];
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static int
check_all(MDB_env *env, uint64_t *applied)
{
	MDB_txn *txn;
	MDB_dbi table;
	int rc = mdb_txn_begin(env, NULL, MDB_RDONLY, &txn);

	if (rc != 0)
		return rc;
	for (int t = 0; t < FIX_N_TABLE && rc == 0; t++) {
		rc = mdb_dbi_open(txn, fix_lmdb_tables[t], 0, &table);
		if (rc == MDB_NOTFOUND)
			rc = MDB_CORRUPTED;
		if (rc == 0)
			rc = check_table(txn, table);
		if (rc == 0 && t == FIX_TAB_META)
			rc = read_applied(txn, table, applied);
	}
	mdb_txn_abort(txn);
	return rc;
}

/* A file without a name can be opened by its descriptor's. */
static int
check_copy(int fd, uint64_t *applied)
{
	MDB_env *env = NULL;
	char path[40];
	int rc;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	rc = open_to_read(&env, path, MDB_NOSUBDIR | MDB_NOLOCK);
	if (rc == 0)
		rc = check_all(env, applied);
	if (env != NULL)
		mdb_env_close(env);
	return rc;
}

int
fix_store_copy(
    const char *path, int fd, uint64_t *applied, struct fix_store_error *e)
{
	int dir = fix_host_folder(path, false), rc;
	MDB_env *env = NULL;

	fix_store_fine(e);
	if (dir < 0)
		return fix_store_fail(
		    e, dir, "%s: there are no tables yet", path);
	rc = fix_tables_may_read(dir, path, e);
	close(dir);
	if (rc != 0)
		return rc;
	rc = open_to_read(&env, path, 0);
	if (rc == 0)
		rc = mdb_env_copyfd2(env, fd, MDB_CP_COMPACT);
	if (env != NULL)
		mdb_env_close(env);
	if (rc == 0)
		rc = check_copy(fd, applied);
	rc = fix_lmdb_error(rc);
	if (rc == 0)
		return 0;
	return fix_store_fail(e, rc, "%s: the tables can't be copied: %s", path,
	    rc == -FIX_E_CORRUPT
		? "they are damaged; a start without them makes new ones"
	    : rc == -FIX_E_IO ? strerror(errno)
			      : fix_strerror(rc));
}

int
fix_store_adopt(const char *path, struct fix_store_error *e)
{
	int dir = fix_host_folder(path, false);
	struct stat st;
	int rc = dir < 0 ? dir : 0;

	fix_store_fine(e);
	if (rc == 0 && fstatat(dir, "data.mdb", &st, AT_SYMLINK_NOFOLLOW) != 0)
		rc = -FIX_E_NOTFOUND;
	if (rc == 0)
		rc = fix_tables_note_clean(dir, (uint64_t)st.st_size);
	if (dir >= 0)
		close(dir);
	return rc == 0 ? 0
		       : fix_store_fail(e, rc, "%s: %s", path,
			     rc == -FIX_E_IO ? strerror(errno)
					     : fix_strerror(rc));
}
