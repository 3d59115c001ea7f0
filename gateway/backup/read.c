/*
 * Reading a backup: first its list, whose signature is checked, then every
 * piece opened in its place and every entry compared with the list, file by
 * file and sum by sum. Nothing of a file counts before all of it has.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/backup/stream.h"
#include "store/fail.h"

struct in {
	FILE *f;
	struct fix_store_error *e;
	int rc;
	const struct backup_list *l;
	const uint8_t *key;
	uint8_t head[BK_HEAD];
	uint64_t place, bytes;
	EVP_MD_CTX *sum, *file_sum;
	uint8_t plain[BK_PIECE], sealed[BK_PIECE + CRYPT_OVERHEAD];
	size_t at, len;
	bool last;
};

static void
bad(struct in *i, const char *what)
{
	if (i->rc == 0)
		i->rc = fix_store_fail(i->e, -FIX_E_CORRUPT, "%s", what);
}

static void
take(struct in *i, void *at, size_t len)
{
	if (i->rc != 0)
		return;
	if (fread(at, 1, len, i->f) != len)
		bad(i, "it ends before its end: cut, or still being written");
	else if (EVP_DigestUpdate(i->sum, at, len) != 1)
		bad(i, "no memory");
	i->bytes += len;
}

static size_t
length(const uint8_t l[4])
{
	return (size_t)l[0] | (size_t)l[1] << 8 | (size_t)l[2] << 16 |
	       (size_t)l[3] << 24;
}

static ssize_t
open_as(struct in *i, size_t len, bool last)
{
	uint8_t aad[BK_AAD];

	bk_aad(aad, i->head, i->place, last);
	return crypt_open(i->plain, sizeof(i->plain), i->key,
	    (struct fix_span){ aad, sizeof(aad) },
	    (struct fix_span){ i->sealed, len });
}

static void
next_piece(struct in *i)
{
	uint8_t l[4] = { 0 };
	size_t len;
	ssize_t n;

	take(i, l, sizeof(l));
	len = length(l);
	if (len < CRYPT_OVERHEAD || len > sizeof(i->sealed))
		bad(i, "a piece has an impossible length: damaged");
	take(i, i->sealed, i->rc == 0 ? len : 0);
	if (i->rc != 0)
		return;
	n = open_as(i, len, false);
	if (n < 0) {
		n = open_as(i, len, true);
		i->last = true;
	}
	if (n < 0)
		bad(i, "a piece does not open: another key, or changed, moved "
		       "or missing bytes");
	i->place++;
	i->at = 0;
	i->len = n < 0 ? 0 : (size_t)n;
}

static void
get(struct in *i, void *at, size_t len)
{
	uint8_t *p = at;
	size_t n;

	for (; len > 0 && i->rc == 0; p += n, len -= n) {
		n = i->len - i->at < len ? i->len - i->at : len;
		memcpy(p, i->plain + i->at, n);
		i->at += n;
		if (n == 0 && i->last)
			bad(i, "an entry goes on behind the last piece");
		else if (n == 0)
			next_piece(i);
	}
}

static bool
write_all(int fd, const uint8_t *p, size_t n)
{
	ssize_t k;

	for (; n > 0; p += k, n -= (size_t)k) {
		k = write(fd, p, n);
		if (k < 0 && errno == EINTR)
			k = 0;
		else if (k < 0)
			return false;
	}
	return true;
}

static void
get_bytes(struct in *i, const struct backup_file *file, int fd)
{
	uint8_t buf[16384], sum[BK_SUM];
	uint64_t left = file->bytes;
	size_t n;

	if (EVP_DigestInit_ex(i->file_sum, EVP_sha256(), NULL) != 1)
		bad(i, "no memory");
	for (; left > 0 && i->rc == 0; left -= n) {
		n = left < sizeof(buf) ? (size_t)left : sizeof(buf);
		get(i, buf, n);
		if (EVP_DigestUpdate(i->file_sum, buf, n) != 1)
			bad(i, "no memory");
		if (i->rc == 0 && fd >= 0 && !write_all(fd, buf, n))
			i->rc = fix_store_fail(i->e, -FIX_E_IO,
			    "%s can't be written: %s", file->name,
			    strerror(errno));
	}
	if (i->rc == 0 &&
	    (EVP_DigestFinal_ex(i->file_sum, sum, NULL) != 1 ||
		memcmp(sum, file->sum, sizeof(sum)) != 0))
		bad(i, "a file has another sum than the signed list says");
}

/* Zeros up to its size, and on the medium. */
static void
finish(struct in *i, const struct backup_file *file, int fd)
{
	int rc = 0;

	if (file->size > file->bytes)
		rc = posix_fallocate(fd, 0, (off_t)file->size);
	if (rc == 0 && fsync(fd) != 0)
		rc = errno;
	if (rc != 0 && i->rc == 0)
		i->rc = fix_store_fail(i->e, -FIX_E_IO,
		    "%s can't be written: %s", file->name, strerror(rc));
}

static void
get_file(struct in *i, const struct backup_file *file,
    int (*each)(void *, const struct backup_file *, struct fix_store_error *),
    void *arg)
{
	char name[BK_NAME_MAX] = "";
	struct bk_entry e = { 0 };
	int fd;

	get(i, &e, sizeof(e));
	if (i->rc == 0 &&
	    (e.name != strlen(file->name) || e.zero != 0 ||
		e.bytes != file->bytes || e.size != file->size))
		bad(i, "an entry is not the one that its list has");
	get(i, name, i->rc == 0 ? e.name : 0);
	if (i->rc == 0 && strcmp(name, file->name) != 0)
		bad(i, "an entry is not the one that its list has");
	if (i->rc != 0)
		return;
	fd = each(arg, file, i->e);
	if (fd == -2) {
		i->rc = -FIX_E_IO;
		return;
	}
	get_bytes(i, file, fd);
	if (fd >= 0) {
		finish(i, file, fd);
		close(fd);
	}
}

static void
get_end(struct in *i)
{
	uint8_t l[4] = { 1 }, sum[BK_SUM];
	struct bk_entry e = { .name = 1 };

	get(i, &e, sizeof(e));
	if (i->rc == 0 && (e.name != 0 || !i->last || i->at != i->len))
		bad(i, "it holds more than its list has");
	take(i, l, sizeof(l));
	if (i->rc == 0 && length(l) != 0)
		bad(i, "something stands behind its last piece");
	if (i->rc == 0 && EVP_DigestFinal_ex(i->sum, sum, NULL) != 1)
		bad(i, "no memory");
	if (i->rc == 0 && (i->bytes != i->l->sealed ||
			      memcmp(sum, i->l->sealed_sum, BK_SUM) != 0))
		bad(i, "its list is that of another backup");
}

int
bk_read(FILE *f, const struct backup_list *l, const uint8_t *key,
    int (*each)(void *arg, const struct backup_file *file,
	struct fix_store_error *e),
    void *arg, struct fix_store_error *e)
{
	struct in *i = calloc(1, sizeof(*i));
	char id[BK_ID];
	int rc;

	if (i == NULL)
		return fix_store_fail(e, -FIX_E_NOMEM, "out of memory");
	i->f = f;
	i->e = e;
	i->l = l;
	i->key = key;
	i->sum = EVP_MD_CTX_new();
	i->file_sum = EVP_MD_CTX_new();
	rewind(f);
	if (i->sum == NULL || i->file_sum == NULL ||
	    EVP_DigestInit_ex(i->sum, EVP_sha256(), NULL) != 1)
		bad(i, "no memory");
	take(i, i->head, BK_HEAD);
	backup_hex(id, i->head + 8, 16);
	if (i->rc == 0 && strcmp(id, l->id) != 0)
		bad(i, "its list is that of another backup");
	for (size_t n = 0; n < l->n && i->rc == 0; n++)
		if (strcmp(l->v[n].holder, l->id) == 0)
			get_file(i, &l->v[n], each, arg);
	get_end(i);
	rc = i->rc;
	EVP_MD_CTX_free(i->sum);
	EVP_MD_CTX_free(i->file_sum);
	crypt_wipe(i->plain, sizeof(i->plain));
	free(i);
	return rc;
}

/* To the list, over the lengths of pieces. @return bytes of the list, 0 with a
 * complaint */
static size_t
find_list(FILE *f, struct fix_store_error *e)
{
	uint8_t head[BK_HEAD], l[4];
	size_t n = 0;

	rewind(f);
	if (fread(head, 1, sizeof(head), f) != sizeof(head) ||
	    memcmp(head, BK_MAGIC, 8) != 0) {
		fix_store_fail(e, 0, "no backup of fixgate");
		return 0;
	}
	while (fread(l, 1, sizeof(l), f) == sizeof(l) &&
	       (n = length(l)) != 0 && n <= BK_PIECE + CRYPT_OVERHEAD)
		if (fseeko(f, (off_t)n, SEEK_CUR) != 0)
			break;
	if (n != 0 || feof(f) || fread(l, 1, sizeof(l), f) != sizeof(l)) {
		fix_store_fail(e, 0,
		    "it ends before its end: cut, damaged, or still being "
		    "written");
		return 0;
	}
	n = length(l);
	if (n == 0 || n > BK_LIST_MAX) {
		fix_store_fail(e, 0, "its list has an impossible length");
		return 0;
	}
	return n;
}

static int
check_note(FILE *f, struct fix_span list, uint64_t sealed,
    const struct audit_key *signer, struct fix_store_error *e)
{
	char text[AUDIT_NOTE_MAX + 1];
	uint8_t root[AUDIT_HASH];
	struct audit_note note;
	size_t n = fread(text, 1, sizeof(text), f);

	if (audit_note_read(&note,
		(struct fix_span){ (const uint8_t *)text, n }, signer) != 0)
		return fix_store_fail(e, -FIX_E_CORRUPT,
		    "its signature is missing, or of another signer");
	if (EVP_Digest(list.p, list.len, root, NULL, EVP_sha256(), NULL) != 1)
		return fix_store_fail(e, -FIX_E_NOMEM, "out of memory");
	if (note.size != sealed || memcmp(note.root, root, sizeof(root)) != 0)
		return fix_store_fail(e, -FIX_E_CORRUPT,
		    "its signature is that of another backup, or its list was "
		    "changed");
	return 0;
}

int
bk_read_list(struct backup_list *out, FILE *f, const struct audit_key *signer,
    struct fix_store_error *e)
{
	size_t n = find_list(f, e);
	uint8_t *text = n == 0 ? NULL : malloc(n);
	int rc = -FIX_E_FORMAT;

	*out = (struct backup_list){ 0 };
	if (n == 0)
		return -FIX_E_CORRUPT;
	if (text == NULL)
		return fix_store_fail(e, -FIX_E_NOMEM, "out of memory");
	if (fread(text, 1, n, f) == n)
		rc = backup_list_parse(out, (struct fix_span){ text, n });
	if (rc != 0)
		fix_store_fail(e, rc, "its list is none of ours, or cut");
	else if (signer != NULL)
		rc = check_note(f, (struct fix_span){ text, n }, out->sealed,
		    signer, e);
	free(text);
	if (rc != 0)
		backup_list_free(out);
	return rc == -FIX_E_FORMAT ? -FIX_E_CORRUPT : rc;
}

int
backup_list_load(struct backup_list *out, const char *file,
    const struct audit_key *signer, struct fix_store_error *e)
{
	struct fix_store_error why = { "" };
	FILE *f = fopen(file, "re");
	int rc;

	*out = (struct backup_list){ 0 };
	if (f == NULL)
		return fix_store_fail(e,
		    errno == ENOENT ? -FIX_E_NOTFOUND : -FIX_E_IO, "%s: %s",
		    file, strerror(errno));
	rc = bk_read_list(out, f, signer, &why);
	fclose(f);
	return rc == 0 ? 0
		       : fix_store_fail(e, rc, "%s: %.400s", file, why.text);
}
