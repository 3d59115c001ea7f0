/*
 * A gateway's data out of a backup and the bases that it stands on.
 *
 * All is written beside DataDir, checked against the signed list, cut if asked,
 * and only then given DataDir's name by one rename: a death on the way leaves
 * no DataDir.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/backup/stream.h"
#include "gateway/failpoint.h"
#include "store/fail.h"

#define BASES_MAX 10000

struct job {
	struct backup_restore *r;
	char dir[4096];           /* that is filled */
	struct backup_list want;  /* of the newest backup */
	const struct backup_list *now; /* of the one that is read */
	size_t found;
};

static int
remove_all(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	int rc = 0;

	while (d != NULL && rc == 0 && (e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
		    unlinkat(fd, e->d_name, 0) != 0)
			rc = remove_all(fd, e->d_name);
	if (d != NULL)
		closedir(d);
	else if (fd >= 0)
		close(fd);
	return rc == 0 ? unlinkat(at, name, AT_REMOVEDIR) : rc;
}

/* The folders of a name, and the file. @return its fd, -2 with *e */
static int
make_file(struct job *j, const char *name, struct fix_store_error *e)
{
	char path[4096 + BK_NAME_MAX];
	size_t base = (size_t)snprintf(path, sizeof(path), "%s/", j->dir);
	int fd = -1;

	memcpy(path + base, name, strlen(name) + 1);
	for (char *s = strchr(path + base, '/'); s != NULL;
	     s = strchr(s + 1, '/')) {
		*s = '\0';
		if (mkdir(path, 0700) == 0) {
			if (chown(path, j->r->uid, j->r->gid) != 0)
				goto fail;
		} else if (errno != EEXIST) {
			goto fail;
		}
		*s = '/';
	}
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0 && fchown(fd, j->r->uid, j->r->gid) == 0)
		return fd;
fail:
	fix_store_fail(e, 0, "%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -2;
}

/* An entry of the backup that is read: is it the one that is wanted? */
static int
place_for(void *arg, const struct backup_file *f, struct fix_store_error *e)
{
	struct job *j = arg;
	const struct backup_file *want = backup_list_find(&j->want, f->name);
	int fd;

	if (want == NULL || strcmp(want->holder, j->now->id) != 0 ||
	    want->bytes != f->bytes || want->size != f->size ||
	    memcmp(want->sum, f->sum, BK_SUM) != 0)
		return -1;
	fd = make_file(j, f->name, e);
	j->found += fd >= 0;
	return fd;
}

static int
read_one(struct job *j, const char *path, const struct backup_list *l,
    struct fix_store_error *e)
{
	struct fix_store_error why = { "" };
	FILE *f = fopen(path, "re");
	int rc;

	if (f == NULL)
		return fix_store_fail(
		    e, -FIX_E_IO, "%s: %s", path, strerror(errno));
	j->now = l;
	rc = bk_read(f, l, j->r->key, place_for, j, &why);
	fclose(f);
	return rc == 0 ? 0
		       : fix_store_fail(e, rc, "%s: %.400s", path, why.text);
}

/* Beside the newest one. */
static void
path_of(const struct job *j, const char *name, char out[4096])
{
	const char *slash = strrchr(j->r->file, '/');
	int n = slash == NULL ? 0 : (int)(slash - j->r->file) + 1;

	snprintf(out, 4096, "%.*s%s", n > 3800 ? 3800 : n, j->r->file, name);
}

static int
next_base(struct job *j, struct backup_list *l, char path[4096],
    struct fix_store_error *e)
{
	char id[BK_ID], file[256];
	int rc;

	memcpy(id, l->base, sizeof(id));
	memcpy(file, l->base_file, sizeof(file));
	backup_list_free(l);
	path_of(j, file, path);
	rc = backup_list_load(l, path, j->r->signer, e);
	if (rc == 0 && strcmp(l->id, id) != 0)
		rc = fix_store_fail(e, -FIX_E_CORRUPT,
		    "%s is another backup than the one that %s stands on",
		    path, j->r->file);
	return rc;
}

/* The newest, then what it stands on, until every file is there. */
static int
read_all(struct job *j, struct fix_store_error *e)
{
	struct backup_list l = { 0 };
	char path[4096];
	int rc = backup_list_load(&j->want, j->r->file, j->r->signer, e);

	if (rc == 0)
		rc = backup_list_load(&l, j->r->file, j->r->signer, e);
	snprintf(path, sizeof(path), "%s", j->r->file);
	if (rc == 0)
		rc = read_one(j, path, &l, e);
	for (int n = 0; rc == 0 && j->found < j->want.n; n++) {
		if (l.base[0] == '\0' || n == BASES_MAX) {
			rc = fix_store_fail(e, -FIX_E_CORRUPT,
			    "%s: files are in none of the backups that it "
			    "stands on",
			    j->r->file);
			break;
		}
		rc = next_base(j, &l, path, e);
		if (rc == 0)
			rc = read_one(j, path, &l, e);
	}
	backup_list_free(&l);
	return rc;
}

static int
fill(struct job *j, struct fix_store_error *e)
{
	int rc = read_all(j, e);

	FAILPOINT("B4_files_written");
	if (rc == 0)
		rc = bk_cut(j->r, j->dir, e);
	if (rc == 0)
		rc = bk_settle_tables(j->r, j->dir, &j->want, e);
	sync();
	FAILPOINT("B5_cut");
	/* Takes the place of an empty folder only. */
	if (rc == 0 && rename(j->dir, j->r->data) != 0)
		rc = fix_store_fail(e, -FIX_E_IO, "%s: %s: it must be empty",
		    j->r->data, strerror(errno));
	if (rc == 0 && bk_sync_folder(j->r->data) != 0)
		rc = fix_store_fail(
		    e, -FIX_E_IO, "%s: %s", j->r->data, strerror(errno));
	return rc;
}

/* The folder on the way is one restore's; what one that died has left goes.
 * @return its descriptor, or an error */
static int
own_dir(struct job *j, struct fix_store_error *e)
{
	int fd = open(j->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
		close(fd);
		return fix_store_fail(e, -FIX_E_EXISTS,
		    "%s: another restore writes it", j->dir);
	}
	if (fd >= 0) {
		(void)remove_all(AT_FDCWD, j->dir);
		close(fd);
	}
	if (mkdir(j->dir, 0700) == 0 &&
	    chown(j->dir, j->r->uid, j->r->gid) == 0) {
		fd = open(j->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
			return fd;
		if (fd >= 0)
			close(fd);
	}
	return fix_store_fail(
	    e, -FIX_E_IO, "%s: %s", j->dir, strerror(errno));
}

int
backup_restore(struct backup_restore *r, struct fix_store_error *e)
{
	struct job *j = calloc(1, sizeof(*j));
	int rc, own;

	if (j == NULL)
		return fix_store_fail(e, -FIX_E_NOMEM, "out of memory");
	j->r = r;
	r->last = r->newest = 0;
	snprintf(j->dir, sizeof(j->dir), "%.3900s.restoring", r->data);
	own = own_dir(j, e);
	rc = own < 0 ? own : fill(j, e);
	if (own >= 0) {
		if (rc != 0)
			(void)remove_all(AT_FDCWD, j->dir);
		close(own);
	}
	backup_list_free(&j->want);
	free(j);
	return rc;
}
