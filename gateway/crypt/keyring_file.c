/*
 * Reading and writing the ring's file.
 *
 *     fixgate-keys 1
 *     check BASE64
 *     key ID YEAR MADE DESTROYED HELD WRAPPED SUBJECT
 *
 * WRAPPED is base64 of the sealed key, or "-" when it is destroyed. What does
 * not read whole is refused whole: a ring that lost a line would lose data.
 */
#include "gateway/crypt/keyring_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/auth/b64.h"

#define HEAD "fixgate-keys 1\n"
#define FILE_MAX (64u << 20)
#define WORDS 8

int
keyring_grow(struct keyring *r)
{
	struct keyring_key *more;

	if (r->n < r->cap)
		return 0;
	if (r->n >= KEYRING_KEYS_MAX)
		return -FIX_E_FULL;
	more = realloc(r->keys, (r->cap + 64) * sizeof(*more));
	if (more == NULL)
		return -FIX_E_NOMEM;
	r->keys = more;
	r->cap += 64;
	return 0;
}

/* Words of [p, end), one blank between. @return false: not that many */
static bool
split(struct fix_span *w, unsigned n, const uint8_t *p, const uint8_t *end)
{
	for (unsigned i = 0; i < n; i++) {
		const uint8_t *blank =
		    i + 1 == n ? NULL : memchr(p, ' ', (size_t)(end - p));

		if (i + 1 < n && blank == NULL)
			return false;
		blank = blank == NULL ? end : blank;
		w[i] = (struct fix_span){ p, (size_t)(blank - p) };
		p = blank + (blank < end);
	}
	return w[n - 1].len > 0 &&
	       memchr(w[n - 1].p, ' ', w[n - 1].len) == NULL;
}

static bool
number(struct fix_span s, uint64_t max, uint64_t *out)
{
	*out = 0;
	if (s.len == 0 || s.len > 18 || (s.len > 1 && s.p[0] == '0'))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		*out = *out * 10 + s.p[i] - '0';
	}
	return *out <= max;
}

static bool
read_key(struct keyring_key *k, struct fix_span line, uint64_t after)
{
	struct fix_span w[WORDS];
	uint64_t year, made, gone, held;

	memset(k, 0, sizeof(*k));
	if (!split(w, WORDS, line.p, line.p + line.len) ||
	    !fix_span_is(w[0], "key") || !number(w[1], UINT64_MAX, &k->id) ||
	    !number(w[2], 9999, &year) || !number(w[3], INT64_MAX, &made) ||
	    !number(w[4], INT64_MAX, &gone) || !number(w[5], 1, &held) ||
	    w[7].len >= sizeof(k->subject) || k->id <= after)
		return false;
	for (size_t i = 0; i < w[7].len; i++)
		if (w[7].p[i] < 0x21 || w[7].p[i] > 0x7e)
			return false;
	k->year = (unsigned)year;
	k->made_s = (int64_t)made;
	k->destroyed_s = (int64_t)gone;
	k->held = held == 1;
	memcpy(k->subject, w[7].p, w[7].len);
	if (gone != 0)
		return fix_span_is(w[6], "-");
	return b64_decode(k->sealed, sizeof(k->sealed), w[6]) ==
	       sizeof(k->sealed);
}

/* The next line, without its end. @return false: there is no whole one */
static bool
next_line(const uint8_t **p, const uint8_t *end, struct fix_span *line)
{
	const uint8_t *eol =
	    *p == end ? NULL : memchr(*p, '\n', (size_t)(end - *p));

	if (eol == NULL)
		return false;
	*line = (struct fix_span){ *p, (size_t)(eol - *p) };
	*p = eol + 1;
	return true;
}

static int
read_keys(struct keyring *r, const uint8_t *p, const uint8_t *end)
{
	struct fix_span line, w[2];
	uint64_t last = 0;
	int rc;

	if (!next_line(&p, end, &line) ||
	    !split(w, 2, line.p, line.p + line.len) ||
	    !fix_span_is(w[0], "check") ||
	    b64_decode(r->check, sizeof(r->check), w[1]) != sizeof(r->check))
		return -FIX_E_FORMAT;
	while (p < end) {
		rc = keyring_grow(r);
		if (rc != 0)
			return rc;
		if (!next_line(&p, end, &line) ||
		    !read_key(&r->keys[r->n], line, last))
			return -FIX_E_FORMAT;
		last = r->keys[r->n++].id;
	}
	return 0;
}

int
keyring_parse(struct keyring *r, struct fix_span text)
{
	struct keyring fresh = { 0 };
	size_t head = sizeof(HEAD) - 1;
	int rc = -FIX_E_FORMAT;

	if (text.len >= head && memcmp(text.p, HEAD, head) == 0)
		rc = read_keys(&fresh, text.p + head, text.p + text.len);
	if (rc != 0) {
		free(fresh.keys);
		return rc;
	}
	free(r->keys);
	r->keys = fresh.keys;
	r->n = fresh.n;
	r->cap = fresh.cap;
	memcpy(r->check, fresh.check, sizeof(r->check));
	return 0;
}

static int
read_file(struct keyring *r, int fd, const struct stat *st)
{
	size_t len = (size_t)st->st_size, n = 0;
	uint8_t *text;
	ssize_t got = 1;
	int rc;

	if (st->st_size > FILE_MAX)
		return -FIX_E_FORMAT;
	text = malloc(len + 1);
	if (text == NULL)
		return -FIX_E_NOMEM;
	while (n < len && (got = read(fd, text + n, len - n)) > 0)
		n += (size_t)got;
	rc = got < 0 ? -FIX_E_IO
		     : keyring_parse(r, (struct fix_span){ text, n });
	free(text);
	return rc;
}

int
keyring_load(struct keyring *r)
{
	int fd = open(r->path, O_RDONLY | O_CLOEXEC), rc;
	struct stat st;
	int64_t stamp;

	if (fd < 0)
		return errno == ENOENT ? 1 : -FIX_E_IO;
	rc = fstat(fd, &st) != 0 ? -FIX_E_IO : 0;
	if (rc == 0) {
		stamp = (int64_t)st.st_mtim.tv_sec * FIX_SEC +
			st.st_mtim.tv_nsec + (int64_t)st.st_ino;
		if (stamp != r->stamp_ns || st.st_size != r->size)
			rc = read_file(r, fd, &st);
		if (rc == 0) {
			r->stamp_ns = stamp;
			r->size = st.st_size;
		}
	}
	close(fd);
	return rc;
}

static bool
write_keys(const struct keyring *r, FILE *out)
{
	char b64[B64_CHARS(sizeof(r->keys->sealed)) + 1];

	(void)b64_encode(
	    b64, sizeof(b64), (struct fix_span){ r->check, sizeof(r->check) });
	fprintf(out, HEAD "check %s\n", b64);
	for (unsigned i = 0; i < r->n; i++) {
		const struct keyring_key *k = &r->keys[i];

		(void)b64_encode(b64, sizeof(b64),
		    (struct fix_span){ k->sealed, sizeof(k->sealed) });
		fprintf(out,
		    "key %" PRIu64 " %u %" PRId64 " %" PRId64 " %d %s %s\n",
		    k->id, k->year, k->made_s, k->destroyed_s, k->held,
		    k->destroyed_s != 0 ? "-" : b64, k->subject);
	}
	return fflush(out) == 0 && !ferror(out) && fsync(fileno(out)) == 0;
}

int
keyring_save(struct keyring *r)
{
	int fd = open(r->fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int dir = open(r->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
	bool good = out != NULL && dir >= 0 && write_keys(r, out);

	if (out != NULL)
		good = fclose(out) == 0 && good;
	else if (fd >= 0)
		close(fd);
	good = good && rename(r->fresh, r->path) == 0 && fsync(dir) == 0;
	if (dir >= 0)
		close(dir);
	r->stamp_ns = 0; /* read what is there now */
	return good ? 0 : -FIX_E_IO;
}
