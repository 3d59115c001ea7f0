/*
 * Reading a backup: every piece opened in its place, every entry walked, the
 * note checked over all bytes; with a folder, the files are written there.
 * Names are kept below the folder, though whoever wrote them had the key.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/cli/backup.h"
#include "gateway/cli/cli.h"

struct in {
	FILE *f;
	const char *path, *dir, *bad; /* bad: what is wrong, or NULL */
	const uint8_t *key;
	uint8_t head[BK_HEAD];
	uint64_t place, bytes;
	EVP_MD_CTX *sum;
	uint8_t plain[BK_PIECE], sealed[BK_PIECE + CRYPT_OVERHEAD];
	size_t at, len;
	bool last;
};

static void
bad(struct in *i, const char *what)
{
	if (i->bad == NULL)
		i->bad = what;
}

static void
take(struct in *i, void *at, size_t len)
{
	if (i->bad != NULL)
		return;
	if (fread(at, 1, len, i->f) != len)
		bad(i, "it ends before its end: cut, or still being written");
	else if (EVP_DigestUpdate(i->sum, at, len) != 1)
		bad(i, "no memory");
	i->bytes += len;
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
	len = (size_t)l[0] | (size_t)l[1] << 8 | (size_t)l[2] << 16 |
	      (size_t)l[3] << 24;
	if (i->bad == NULL && (len < CRYPT_OVERHEAD || len > sizeof(i->sealed)))
		bad(i, "a piece has an impossible length: damaged");
	take(i, i->sealed, i->bad == NULL ? len : 0);
	if (i->bad != NULL)
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

	for (; len > 0 && i->bad == NULL; p += n, len -= n) {
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
name_ok(const char *name)
{
	return name[0] != '/' && strstr(name, "..") == NULL &&
	       (strncmp(name, "audit/", 6) == 0 ||
		   strncmp(name, "keys/", 5) == 0 ||
		   strncmp(name, "trading/journal/", 16) == 0);
}

/* The folders of a name, and the file. @return its fd, -1 with errno */
static int
make_file(const struct in *i, const char *name)
{
	char path[4096];
	size_t base = (size_t)snprintf(path, sizeof(path), "%s/", i->dir);

	if (base + strlen(name) >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(path + base, name, strlen(name) + 1);
	for (char *s = strchr(path + base, '/'); s != NULL;
	     s = strchr(s + 1, '/')) {
		*s = '\0';
		if (mkdir(path, 0700) != 0 && errno != EEXIST)
			return -1;
		*s = '/';
	}
	return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

static void
get_file(struct in *i, const char *name, const struct bk_entry *e)
{
	uint8_t buf[16384];
	uint64_t left = e->bytes;
	int fd = i->dir == NULL ? -1 : make_file(i, name);
	size_t n;

	if (i->dir != NULL && fd < 0)
		bad(i, strerror(errno));
	for (; left > 0 && i->bad == NULL; left -= n) {
		n = left < sizeof(buf) ? (size_t)left : sizeof(buf);
		get(i, buf, n);
		if (i->bad == NULL && fd >= 0 &&
		    write(fd, buf, n) != (ssize_t)n)
			bad(i, "the files can't be written: is the disk full?");
	}
	if (fd < 0)
		return;
	if (e->size > e->bytes && posix_fallocate(fd, 0, (off_t)e->size) != 0)
		bad(i, "the files can't be written: is the disk full?");
	if (fsync(fd) != 0)
		bad(i, "the files can't be synced");
	close(fd);
}

static void
get_entries(struct in *i)
{
	char name[BK_NAME_MAX];
	struct bk_entry e;

	for (;;) {
		memset(&e, 0, sizeof(e));
		get(i, &e, sizeof(e));
		if (i->bad != NULL || e.name == 0)
			break;
		if (e.name >= sizeof(name) || e.size < e.bytes ||
		    e.size > INT64_MAX) {
			bad(i, "an entry that none of ours has");
			break;
		}
		get(i, name, e.name);
		name[e.name] = '\0';
		if (i->bad == NULL && !name_ok(name))
			bad(i, "a file that no backup of ours holds");
		if (i->bad == NULL)
			get_file(i, name, &e);
	}
	if (i->bad == NULL && (!i->last || i->at != i->len))
		bad(i, "something stands behind its end");
}

static void
check_note(struct in *i, const struct audit_key *signer)
{
	char text[AUDIT_NOTE_MAX + 1];
	uint8_t root[AUDIT_HASH];
	struct audit_note note;
	uint64_t bytes = i->bytes;
	size_t n = fread(text, 1, sizeof(text), i->f);

	if (i->bad != NULL)
		return;
	if (EVP_DigestFinal_ex(i->sum, root, NULL) != 1)
		bad(i, "no memory");
	else if (audit_note_read(&note,
		     (struct fix_span){ (const uint8_t *)text, n },
		     signer) != 0)
		bad(i, "its signature is missing, or of another signer");
	else if (note.size != bytes ||
		 memcmp(note.root, root, sizeof(root)) != 0)
		bad(i, "its signature is that of another backup");
}

int
bk_read(struct bk_job *j, const char *path, const struct audit_key *signer,
    const char *dir)
{
	struct in *i = calloc(1, sizeof(*i));
	int rc = CLI_OK;

	if (i == NULL || (i->sum = EVP_MD_CTX_new()) == NULL) {
		free(i);
		return cli_fail("no memory");
	}
	*i = (struct in){
		.f = fopen(path, "re"), .dir = dir, .key = j->key, .sum = i->sum
	};
	if (i->f == NULL)
		bad(i, strerror(errno));
	else if (EVP_DigestInit_ex(i->sum, EVP_sha256(), NULL) != 1)
		bad(i, "no memory");
	take(i, i->head, BK_HEAD);
	if (i->bad == NULL && memcmp(i->head, BK_MAGIC, 8) != 0)
		bad(i, "no backup of fixgate");
	if (i->bad == NULL)
		get_entries(i);
	if (i->bad == NULL)
		check_note(i, signer);
	if (i->bad != NULL)
		rc = cli_fail("%s: %s", path, i->bad);
	if (i->f != NULL)
		fclose(i->f);
	EVP_MD_CTX_free(i->sum);
	crypt_wipe(i->plain, sizeof(i->plain));
	free(i);
	return rc;
}
