/*
 * fixgate backup: a copy of a gateway's data while it trades.
 *
 * In: DataDir. Out: one file, sealed and signed, read back before it gets its
 * name. The audit trail is read before the journal, so that the journal has
 * all that the trail tells of. Only what is committed is taken, by the mark in
 * each segment's header, so the writer is neither asked nor stopped. Tables
 * are not copied: they are never the truth, and a start makes them again from
 * the journal. Reading keeps to a rate.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gateway/cli/backup.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/keys.h"
#include "store/journal_format.h"

static const char help[] =
    "usage: fixgate backup -c FILE --sign KEY [--key FILE] [--rate MB] TO\n"
    "Copy a gateway's data into one file, sealed and signed, while it runs.\n"
    "\n"
    "  -c, --config FILE   the gateway's settings file\n"
    "  -s, --sign KEY      file of the signing key (PEM), made if missing;\n"
    "                      its public half goes to KEY.pub, for restore\n"
    "  -k, --key FILE      file with the encryption key, its owner's alone;\n"
    "                      else the environment's ENCRYPTION_KEY\n"
    "  -r, --rate MB       read at most so much a second; 50\n"
    "  -h, --help\n";

struct out {
	int fd, rc; /* rc: errno of the first failure */
	struct bk_job *j;
	uint8_t head[BK_HEAD];
	uint64_t place, bytes;
	EVP_MD_CTX *sum;
	uint8_t plain[BK_PIECE], sealed[BK_PIECE + CRYPT_OVERHEAD];
	size_t fill;
	struct timespec began;
};

int
bk_key(struct bk_job *j)
{
	const char *env = getenv("ENCRYPTION_KEY");

	if (j->key_file != NULL)
		return keys_read_file(j->key_file, j->key);
	if (env == NULL)
		return cli_usage(
		    "no key: give --key FILE or set "
		    "ENCRYPTION_KEY ('fixgate keys new' makes one)");
	if (crypt_key_read(j->key,
		(struct fix_span){ (const uint8_t *)env, strlen(env) }) != 0)
		return cli_usage("ENCRYPTION_KEY is no key of 32 bytes");
	return CLI_OK;
}

void
bk_aad(
    uint8_t out[BK_AAD], const uint8_t head[BK_HEAD], uint64_t place, bool last)
{
	memcpy(out, head, BK_HEAD);
	memcpy(out + BK_HEAD, &place, sizeof(place));
	out[BK_AAD - 1] = last;
}

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
write_all(struct out *o, const void *at, size_t len)
{
	const uint8_t *p = at;
	ssize_t n;

	if (o->rc == 0 && EVP_DigestUpdate(o->sum, at, len) != 1)
		o->rc = ENOMEM;
	for (; len > 0 && o->rc == 0; p += n, len -= (size_t)n) {
		n = write(o->fd, p, len);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n < 0)
			o->rc = errno;
		else
			o->bytes += (uint64_t)n;
	}
}

/* Not faster than the rate, over the whole of it. */
static void
pace(const struct out *o)
{
	uint64_t due = o->bytes * 1000 / o->j->rate; /* ns, of MB a second */
	struct timespec at = o->began;

	at.tv_sec += (time_t)(due / 1000000000);
	at.tv_nsec += (long)(due % 1000000000);
	if (at.tv_nsec >= 1000000000) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000;
	}
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static void
piece(struct out *o, bool last)
{
	uint8_t aad[BK_AAD], len[4];
	ssize_t n;

	bk_aad(aad, o->head, o->place++, last);
	n = crypt_seal(o->sealed, sizeof(o->sealed), o->j->key,
	    (struct fix_span){ aad, sizeof(aad) },
	    (struct fix_span){ o->plain, o->fill });
	if (n < 0)
		o->rc = o->rc == 0 ? ENOMEM : o->rc;
	for (int i = 0; n > 0 && i < 4; i++)
		len[i] = (uint8_t)((size_t)n >> 8 * i);
	if (n > 0) {
		write_all(o, len, sizeof(len));
		write_all(o, o->sealed, (size_t)n);
	}
	o->fill = 0;
	pace(o);
}

static void
put(struct out *o, const void *at, size_t len)
{
	const uint8_t *p = at;
	size_t n;

	for (; len > 0 && o->rc == 0; p += n, len -= n) {
		if (o->fill == BK_PIECE)
			piece(o, false);
		n = BK_PIECE - o->fill < len ? BK_PIECE - o->fill : len;
		memcpy(o->plain + o->fill, p, n);
		o->fill += n;
	}
}

static void
put_entry(struct out *o, const char *name, uint64_t bytes, uint64_t size)
{
	struct bk_entry e = { (uint32_t)strlen(name), 0, bytes, size };

	put(o, &e, sizeof(e));
	put(o, name, e.name);
}

/* Bytes [from, to) of a file; it may only have grown meanwhile. */
static void
put_file(struct out *o, int fd, uint64_t from, uint64_t to)
{
	uint8_t buf[16384];
	ssize_t n;

	while (from < to && o->rc == 0) {
		n = pread(fd, buf,
		    to - from < sizeof(buf) ? (size_t)(to - from) : sizeof(buf),
		    (off_t)from);
		if (n <= 0)
			o->rc = n < 0 ? errno : EIO;
		else
			put(o, buf, (size_t)n);
		from += n > 0 ? (uint64_t)n : 0;
	}
}

/* A segment up to its mark, as if its writer had closed and synced there.
 * @return false: not born, so there are no more */
static bool
put_segment(struct out *o, int fd, const char *name)
{
	union {
		uint8_t bytes[SEG_DATA];
		struct seg_head h;
	} u;
	ssize_t n = pread(fd, u.bytes, sizeof(u.bytes), 0);
	uint64_t end;

	if (n != sizeof(u.bytes) || u.h.magic == 0)
		return false;
	/* What the mark covers is there: its writer stored it last. */
	atomic_thread_fence(memory_order_acquire);
	end = mark_off(u.h.mark);
	if (end < SEG_DATA || end > u.h.bytes) {
		o->rc = EBADMSG;
		return false;
	}
	u.h.synced = u.h.mark;
	u.h.high = end;
	put_entry(o, name, end, u.h.bytes);
	put(o, u.bytes, sizeof(u.bytes));
	put_file(o, fd, SEG_DATA, end);
	return true;
}

/* The first and the last one that there are; 0: none. @return 0 or errno */
static int
segments(const char *dir, uint32_t *first, uint32_t *last)
{
	DIR *d = opendir(dir);
	const struct dirent *e;
	uint32_t n;
	int rc;

	*first = *last = 0;
	if (d == NULL)
		return errno == ENOENT ? 0 : errno;
	for (errno = 0; (e = readdir(d)) != NULL; errno = 0) {
		if (!seg_number(e->d_name, &n))
			continue;
		if (*first == 0 || n < *first)
			*first = n;
		if (n > *last)
			*last = n;
	}
	rc = errno;
	closedir(d);
	return rc;
}

/* A journal's segments; also those that it begins meanwhile. One that was there
 * at the beginning and is not there now was pruned: the copy would have a hole,
 * and is given up. The last one may be not born yet. */
static void
put_journal(struct out *o, const char *sub, bool needed)
{
	char path[4096], name[BK_NAME_MAX], file[SEG_NAME_MAX];
	uint32_t n, last;
	bool more = true;
	int fd;

	snprintf(path, sizeof(path), "%.3900s/%s", o->j->paths.data, sub);
	if (o->rc == 0)
		o->rc = segments(path, &n, &last);
	if (o->rc == 0 && n == 0 && needed)
		o->rc = ENOENT;
	for (; o->rc == 0 && n != 0 && more; n++) {
		seg_name(file, n);
		snprintf(name, sizeof(name), "%.90s/%s", sub, file);
		snprintf(
		    path, sizeof(path), "%.3900s/%s", o->j->paths.data, name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		more = fd >= 0 && put_segment(o, fd, name);
		if (fd < 0 && (errno != ENOENT || n <= last))
			o->rc = errno == ENOENT ? ESTALE : errno;
		else if (!more && n < last && o->rc == 0)
			o->rc = EBADMSG;
		if (fd >= 0)
			close(fd);
	}
}

static void
put_small(struct out *o, const char *sub, const char *file)
{
	char path[4096], name[BK_NAME_MAX];
	struct stat st;
	int fd;

	if (snprintf(name, sizeof(name), "%.90s/%s", sub, file) >=
	    (int)sizeof(name)) {
		o->rc = ENAMETOOLONG;
		return;
	}
	snprintf(path, sizeof(path), "%.3900s/%s", o->j->paths.data, name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		put_entry(o, name, (uint64_t)st.st_size, (uint64_t)st.st_size);
		put_file(o, fd, 0, (uint64_t)st.st_size);
	} else if (fd < 0 && errno != ENOENT && errno != ENXIO) {
		o->rc = errno;
	}
	if (fd >= 0)
		close(fd);
}

/* Plain files of a folder, those below it not. */
static void
put_folder(struct out *o, const char *sub)
{
	char path[4096];
	const struct dirent *e;
	DIR *d;

	snprintf(path, sizeof(path), "%.3900s/%s", o->j->paths.data, sub);
	d = opendir(path);
	if (d == NULL && errno != ENOENT && o->rc == 0)
		o->rc = errno;
	while (d != NULL && o->rc == 0 && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' && strcmp(e->d_name, "lock") != 0)
			put_small(o, sub, e->d_name);
	if (d != NULL)
		closedir(d);
}

static void
put_note(struct out *o, const struct audit_key *key)
{
	struct audit_note note = { .size = o->bytes };
	char text[AUDIT_NOTE_MAX];
	struct timespec ts;
	ssize_t n;

	clock_gettime(CLOCK_REALTIME, &ts);
	note.when.ns = ts.tv_sec * FIX_SEC + ts.tv_nsec;
	if (EVP_DigestFinal_ex(o->sum, note.root, NULL) != 1 ||
	    EVP_DigestInit_ex(o->sum, EVP_sha256(), NULL) != 1)
		o->rc = ENOMEM;
	n = audit_note_write(text, &note, key);
	if (n < 0)
		o->rc = ENOMEM;
	else
		write_all(o, text, (size_t)n);
}

static void
put_everything(struct out *o, const struct audit_key *key)
{
	static const struct bk_entry end;

	memcpy(o->head, BK_MAGIC, 8);
	if (getentropy(o->head + 8, 16) != 0 ||
	    EVP_DigestInit_ex(o->sum, EVP_sha256(), NULL) != 1)
		o->rc = EIO;
	clock_gettime(CLOCK_MONOTONIC, &o->began);
	write_all(o, o->head, BK_HEAD);
	put_folder(o, "audit");
	put_folder(o, "keys");
	put_journal(o, "audit/chain", false);
	put_journal(o, "trading/journal", true);
	put(o, &end, sizeof(end));
	piece(o, true);
	put_note(o, key);
	if (o->rc == 0 && fsync(o->fd) != 0)
		o->rc = errno;
}

static int
write_file(struct bk_job *j, const char *part, const struct audit_key *key)
{
	struct out *o = calloc(1, sizeof(*o));
	int rc;

	if (o == NULL || (o->sum = EVP_MD_CTX_new()) == NULL) {
		free(o);
		return cli_fail("no memory");
	}
	o->j = j;
	o->fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	o->rc = o->fd < 0 ? errno : 0;
	if (o->rc == 0)
		put_everything(o, key);
	if (o->fd >= 0 && close(o->fd) != 0 && o->rc == 0)
		o->rc = errno;
	rc = o->rc;
	EVP_MD_CTX_free(o->sum);
	crypt_wipe(o->plain, sizeof(o->plain));
	free(o);
	if (rc == ESTALE)
		return cli_fail("a journal file was pruned while it was copied: "
				"nothing is kept; try again");
	return rc == 0 ? CLI_OK : cli_fail("%s: %s", part, strerror(rc));
}

/* The file on the way is one backup's: who finds it locked, or gone once it has
 * the lock, was not alone. @return its descriptor, -1 with a complaint */
static int
own_part(const char *part)
{
	int fd = open(part, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct stat mine, there;

	if (fd < 0) {
		cli_fail("%s: %s", part, strerror(errno));
		return -1;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &mine) == 0 &&
	    stat(part, &there) == 0 && mine.st_ino == there.st_ino)
		return fd;
	cli_fail("%s: another backup writes it", part);
	close(fd);
	return -1;
}

/* Written, read back, and only then there: link() replaces nothing. */
static int
make(struct bk_job *j, const struct audit_key *key)
{
	char part[4096];
	int rc, own;

	if (snprintf(part, sizeof(part), "%s.partial", j->file) >=
	    (int)sizeof(part))
		return cli_usage("the name is too long");
	own = own_part(part);
	if (own < 0)
		return CLI_FAILED;
	rc = write_file(j, part, key);
	if (rc == CLI_OK)
		rc = bk_read(j, part, key, NULL);
	if (rc == CLI_OK && link(part, j->file) != 0)
		rc = cli_fail("%s: %s", j->file, strerror(errno));
	unlink(part);
	close(own);
	if (rc == CLI_OK && bk_sync_folder(j->file) != 0)
		rc = cli_fail("%s: %s", j->file, strerror(errno));
	if (rc == CLI_OK)
		printf("%s: written, read back and signed\n", j->file);
	return rc;
}

static int
put_public(const char *path, const struct audit_key *key)
{
	char to[4096], text[AUDIT_VKEY_MAX];
	FILE *f;

	snprintf(to, sizeof(to), "%s.pub", path);
	audit_key_text(key, text);
	f = fopen(to, "w");
	if (f == NULL)
		return cli_fail("%s: %s", to, strerror(errno));
	fprintf(f, "%s\n", text);
	return fclose(f) == 0 ? CLI_OK
			      : cli_fail("%s: %s", to, strerror(errno));
}

static int
backup(struct bk_job *j)
{
	struct audit_key *key = NULL;
	struct fix_store_error e;
	int rc = bk_key(j);

	if (rc == CLI_OK && gateway_read(&j->paths, j->conf) != 0)
		rc = CLI_USAGE;
	if (rc == CLI_OK && access(j->paths.journal, R_OK) != 0)
		rc = cli_fail("%s: %s: has this gateway ever run?",
		    j->paths.journal, strerror(errno));
	if (rc == CLI_OK && access(j->file, F_OK) == 0)
		rc = cli_fail("%s is there; no backup is overwritten", j->file);
	if (rc == CLI_OK &&
	    audit_key_open(&key, j->sign, "fixgate-backup", &e) != 0)
		rc = cli_fail("%s", e.text);
	if (rc == CLI_OK)
		rc = put_public(j->sign, key);
	if (rc == CLI_OK)
		rc = make(j, key);
	audit_key_free(key);
	crypt_wipe(j->key, sizeof(j->key));
	gateway_done(&j->paths);
	return rc;
}

int
cmd_backup(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "sign", required_argument, NULL, 's' },
		{ "key", required_argument, NULL, 'k' },
		{ "rate", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct bk_job j = { .rate = 50 };
	int c;

	opterr = 0;
	while (
	    (c = getopt_long(argc, argv, "c:s:k:r:h", options, NULL)) != -1) {
		if (c == 'c')
			j.conf = optarg;
		else if (c == 's')
			j.sign = optarg;
		else if (c == 'k')
			j.key_file = optarg;
		else if (c == 'h')
			return cli_help(help);
		else if (c != 'r')
			return opt_unknown(argc, argv, optind);
		else if (opt_number("--rate", optarg, 1, 100000, &j.rate) != 0)
			return CLI_USAGE;
	}
	if (optind + 1 != argc)
		return cli_usage(
		    "which file is to be written? One is expected");
	if (j.sign == NULL)
		return cli_usage("--sign KEY is missing: the file of the key "
				 "that signs the backup");
	j.file = argv[optind];
	return backup(&j);
}
