/*
 * The tables, in a full backup: what LMDB held at one moment, so that a gateway
 * that is restored starts from there instead of the journal's first record.
 * They are copied before the journal, which so has all that they follow from.
 * An increment names those of its base: the journal that it adds leads on.
 *
 * They are not the truth. Where they can't be copied the backup is good without
 * them, and says so; where a restore cuts the journal before them, or the
 * journal no longer begins where they end, they are left out.
 *
 * LMDB is asked in a process of its own: damage that nothing tells of may make
 * it die. Its copy goes to a file without a name beside the tables, at once,
 * since LMDB keeps old pages as long as it takes.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/backup/stream.h"
#include "store/fail.h"
#include "store/store.h"

#define FOLDER "trading/tables"

/* What the other process says; in memory that both have. */
struct told {
	struct fix_store_error e;
	uint64_t applied;
	int rc;
};

static void
without(struct bk_out *o, const char *why)
{
	(void)snprintf(o->notice, sizeof(o->notice),
	    "the tables are not in it: %.400s", why);
}

/* @return the number of its first record; 0: there is none */
static uint64_t
journal_begins(const char *data)
{
	struct fix_journal_reader *r = NULL;
	struct fix_store_error e;
	uint64_t first = 0;
	char path[4096];
	struct fix_disk *d;
	struct fix_rec rec;

	snprintf(path, sizeof(path), "%.3900s/trading/journal", data);
	if (fix_disk_dir(&d, path, false) != 0)
		return 0;
	if (fix_journal_reader_open(&r, d, 0, &e) == 0) {
		if (fix_journal_next(r, &rec, &e) == 1)
			first = rec.number;
		fix_journal_reader_close(r);
	}
	d->ops->close(d);
	return first;
}

/* Those that the base has, if the journal still leads on from them. */
static bool
name_those_of_base(struct bk_out *o)
{
	const struct backup_file *was = backup_list_find(&o->base, BK_TABLES);
	struct backup_file *f;

	if (was == NULL ||
	    o->base.tables + 1 < journal_begins(o->j->data))
		return false;
	f = backup_list_add(&o->list);
	if (f == NULL)
		bk_bad(o, -FIX_E_NOMEM, "out of memory");
	else
		*f = *was;
	o->list.tables = o->base.tables;
	return true;
}

/* The process is waited for, and taken along when the backup is told to stop.
 * @return 0, -FIX_E_CORRUPT, the store's */
static int
copy_apart(struct bk_out *o, const char *path, int fd, struct told *t)
{
	pid_t pid = fork(), got = 0;
	int status = 0;

	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		t->rc = fix_store_copy(path, fd, &t->applied, &t->e);
		_exit(0);
	}
	if (pid < 0)
		return fix_store_fail(&t->e, -FIX_E_IO,
		    "no process for it: %s", strerror(errno));
	while (got == 0 || (got < 0 && errno == EINTR)) {
		const struct timespec nap = { 0, 2 * FIX_MSEC };

		got = waitpid(pid, &status, WNOHANG);
		if (got == 0)
			nanosleep(&nap, NULL);
		bk_pace(o, 0);
		if (o->rc != 0)
			kill(pid, SIGKILL);
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return t->rc;
	return fix_store_fail(&t->e, -FIX_E_CORRUPT,
	    "%s: LMDB died reading them: they are damaged; a start without "
	    "them makes new ones",
	    path);
}

static void
put_copy(struct bk_out *o, int fd)
{
	struct bk_source s = { .name = BK_TABLES };
	struct stat st;
	void *map;

	if (fstat(fd, &st) != 0 || st.st_size <= 0) {
		without(o, "they are empty");
		return;
	}
	s.n_data = s.size = (uint64_t)st.st_size;
	map = mmap(NULL, s.n_data, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		without(o, strerror(errno));
		return;
	}
	s.data = map;
	bk_put_source(o, &s);
	munmap(map, s.n_data);
}

void
bk_put_tables(struct bk_out *o)
{
	struct told *t;
	char path[4096];
	int fd, rc;

	if (o->rc != 0 || name_those_of_base(o))
		return;
	snprintf(path, sizeof(path), "%.3900s/trading", o->j->data);
	fd = open(path, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	t = mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (fd < 0 || t == MAP_FAILED) {
		without(o, strerror(errno));
		if (fd >= 0)
			close(fd);
		return;
	}
	snprintf(path, sizeof(path), "%.3900s/" FOLDER, o->j->data);
	rc = copy_apart(o, path, fd, t);
	o->list.tables = rc == 0 ? t->applied : 0;
	if (rc == 0)
		put_copy(o, fd);
	else if (rc != -FIX_E_NOTFOUND)
		without(o, t->e.text);
	munmap(t, sizeof(*t));
	close(fd);
}

int
bk_settle_tables(struct backup_restore *r, const char *dir,
    const struct backup_list *l, struct fix_store_error *e)
{
	char path[4096 + 64];
	int rc;

	r->tables = 0;
	if (backup_list_find(l, BK_TABLES) == NULL)
		return 0;
	snprintf(path, sizeof(path), "%.4000s/" BK_TABLES, dir);
	if (l->tables > r->last || l->tables + 1 < l->first)
		return unlink(path) == 0
			   ? 0
			   : fix_store_fail(e, -FIX_E_IO, "%s: %s", path,
				 strerror(errno));
	snprintf(path, sizeof(path), "%.4000s/" FOLDER, dir);
	rc = fix_store_adopt(path, e);
	snprintf(path, sizeof(path), "%.4000s/" FOLDER "/tables.state", dir);
	if (rc == 0 && chown(path, r->uid, r->gid) != 0)
		rc = fix_store_fail(
		    e, -FIX_E_IO, "%s: %s", path, strerror(errno));
	if (rc == 0)
		r->tables = l->tables;
	return rc;
}
