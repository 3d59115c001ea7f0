/*
 * Making a backup. In: DataDir. Out: one file, sealed and signed, read back
 * before it gets its name. Until then it is called NAME.partial, which is one
 * backup's alone: nothing that was left half written can be taken for whole.
 */
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

int
bk_sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash == NULL ? strdup(".")
				  : strndup(path, (size_t)(slash - path) + 1);
	int fd = dir == NULL ? -1 : open(dir, O_RDONLY | O_DIRECTORY), rc;

	free(dir);
	if (fd < 0)
		return -1;
	rc = fsync(fd);
	close(fd);
	return rc;
}

static void
put_list(struct bk_out *o)
{
	struct audit_note note = { .size = o->bytes,
		.when = { o->list.when_ns } };
	char text[AUDIT_NOTE_MAX];
	uint8_t len[4];
	char *list = NULL;
	size_t n = 0;
	ssize_t k = 0;

	o->list.sealed = o->bytes;
	if (o->rc == 0 &&
	    EVP_DigestFinal_ex(o->sum, o->list.sealed_sum, NULL) == 1 &&
	    EVP_DigestInit_ex(o->sum, EVP_sha256(), NULL) == 1)
		list = backup_list_text(&o->list);
	n = list == NULL ? 0 : strlen(list);
	if (list == NULL || n > BK_LIST_MAX ||
	    EVP_Digest(list, n, note.root, NULL, EVP_sha256(), NULL) != 1 ||
	    (k = audit_note_write(text, &note, o->j->sign)) < 0)
		bk_bad(o, -FIX_E_NOMEM, "the list can't be made");
	for (int i = 0; i < 4; i++)
		len[i] = (uint8_t)(n >> 8 * i);
	bk_write(o, len, o->rc == 0 ? sizeof(len) : 0);
	bk_write(o, list, o->rc == 0 ? n : 0);
	bk_write(o, text, o->rc == 0 ? (size_t)k : 0);
	free(list);
}

/* The base must be one that we signed: its sums decide what is left out. */
static void
load_base(struct bk_out *o)
{
	const char *slash, *name;
	int rc;

	if (o->j->since == NULL)
		return;
	rc = backup_list_load(&o->base, o->j->since, o->j->sign, o->e);
	if (rc != 0) {
		o->rc = rc;
		return;
	}
	slash = strrchr(o->j->since, '/');
	name = slash == NULL ? o->j->since : slash + 1;
	if (strlen(name) >= sizeof(o->list.base_file))
		bk_bad(o, -FIX_E_TOOBIG, "the name %s is too long", name);
	snprintf(o->list.base_file, sizeof(o->list.base_file), "%s", name);
	memcpy(o->list.base, o->base.id, BK_ID);
}

static void
put_everything(struct bk_out *o)
{
	struct timespec now;

	memcpy(o->head, BK_MAGIC, 8);
	if (getentropy(o->head + 8, 16) != 0 ||
	    EVP_DigestInit_ex(o->sum, EVP_sha256(), NULL) != 1) {
		bk_bad(o, -FIX_E_IO, "no random numbers");
		return;
	}
	backup_hex(o->list.id, o->head + 8, 16);
	clock_gettime(CLOCK_REALTIME, &now);
	o->list.when_ns = now.tv_sec * FIX_SEC + now.tv_nsec;
	clock_gettime(CLOCK_MONOTONIC, &o->began);
	load_base(o);
	if (o->rc != 0)
		return;
	bk_write(o, o->head, BK_HEAD);
	bk_put_data(o);
	FAILPOINT("B1_data_written");
	if (o->base.id[0] != '\0' && o->list.last < o->base.last)
		bk_bad(o, -FIX_E_CORRUPT,
		    "%s has records that the journal has not: it is older, or "
		    "another one",
		    o->j->since);
	bk_end(o);
	put_list(o);
	FAILPOINT("B2_list_written");
	if (o->rc == 0 && fsync(o->fd) != 0)
		bk_bad(o, -FIX_E_IO, "%s: %s", o->j->file, strerror(errno));
}

static int
write_file(const struct backup_job *j, int fd, struct fix_store_error *e)
{
	struct bk_out *o = calloc(1, sizeof(*o));
	int rc = -FIX_E_NOMEM;

	if (o == NULL)
		return fix_store_fail(e, rc, "out of memory");
	o->j = j;
	o->e = e;
	o->fd = fd;
	o->sum = EVP_MD_CTX_new();
	o->file_sum = EVP_MD_CTX_new();
	if (o->sum == NULL || o->file_sum == NULL)
		bk_bad(o, rc, "out of memory");
	else
		put_everything(o);
	rc = o->rc;
	if (rc == 0)
		fix_store_fail(e, 0, "%s", o->notice);
	EVP_MD_CTX_free(o->sum);
	EVP_MD_CTX_free(o->file_sum);
	backup_list_free(&o->list);
	backup_list_free(&o->base);
	crypt_wipe(o->plain, sizeof(o->plain));
	free(o);
	return rc;
}

/* The file on the way is one backup's: who finds it locked, or gone once it has
 * the lock, was not alone. @return its descriptor, or an error */
static int
own_part(const char *part, struct fix_store_error *e)
{
	int fd = open(part, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct stat mine, there;

	if (fd < 0)
		return fix_store_fail(
		    e, -FIX_E_IO, "%s: %s", part, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &mine) == 0 &&
	    stat(part, &there) == 0 && mine.st_ino == there.st_ino &&
	    ftruncate(fd, 0) == 0)
		return fd;
	close(fd);
	return fix_store_fail(
	    e, -FIX_E_EXISTS, "%s: another backup writes it", part);
}

static int
nowhere(void *arg, const struct backup_file *f, struct fix_store_error *e)
{
	(void)arg;
	(void)f;
	(void)e;
	return -1;
}

static int
read_back(const struct backup_job *j, const char *part,
    struct fix_store_error *e)
{
	struct backup_list l = { 0 };
	FILE *f = fopen(part, "re");
	int rc;

	if (f == NULL)
		return fix_store_fail(
		    e, -FIX_E_IO, "%s: %s", part, strerror(errno));
	rc = bk_read_list(&l, f, j->sign, e);
	if (rc == 0)
		rc = bk_read(f, &l, j->key, nowhere, NULL, e);
	backup_list_free(&l);
	fclose(f);
	return rc;
}

int
backup_make(const struct backup_job *j, struct fix_store_error *e)
{
	char part[4096];
	int rc, own;

	if (access(j->file, F_OK) == 0)
		return fix_store_fail(e, -FIX_E_EXISTS,
		    "%s is there; no backup is overwritten", j->file);
	if (snprintf(part, sizeof(part), "%s.partial", j->file) >=
	    (int)sizeof(part))
		return fix_store_fail(
		    e, -FIX_E_TOOBIG, "the name is too long");
	own = own_part(part, e);
	if (own < 0)
		return own;
	rc = write_file(j, own, e);
	if (rc == 0)
		rc = read_back(j, part, e);
	/* link() replaces nothing. */
	if (rc == 0 && link(part, j->file) != 0)
		rc = fix_store_fail(
		    e, -FIX_E_IO, "%s: %s", j->file, strerror(errno));
	FAILPOINT("B3_named");
	unlink(part);
	close(own);
	if (rc == 0 && bk_sync_folder(j->file) != 0)
		rc = fix_store_fail(
		    e, -FIX_E_IO, "%s: %s", j->file, strerror(errno));
	return rc;
}
