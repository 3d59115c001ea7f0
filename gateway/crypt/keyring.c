/*
 * The ring: finding, making, turning and destroying keys.
 *
 * Each change is one step under the lock: read what is there, change the copy
 * in memory, replace the file. A change that fails leaves the file, and the
 * next call reads it anew.
 */
#include "gateway/crypt/keyring.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gateway/crypt/keyring_file.h"

#define CHECK_TEXT "fixgate"
#define DAY_S 86400

static char *
join(const char *dir, const char *name)
{
	char *s = NULL;

	return asprintf(&s, "%s/%s", dir, name) < 0 ? NULL : s;
}

static struct fix_span
aad_of(char out[32], uint64_t id)
{
	int n = snprintf(out, 32, "fixgate-key %" PRIu64, id);

	return (struct fix_span){ (uint8_t *)out, (size_t)n };
}

static int
wrap(const struct keyring *r, struct keyring_key *k,
    const uint8_t key[CRYPT_KEY])
{
	char aad[32];
	ssize_t n = crypt_seal(k->sealed, sizeof(k->sealed), r->master,
	    aad_of(aad, k->id), (struct fix_span){ key, CRYPT_KEY });

	return n < 0 ? (int)n : 0;
}

static int
unwrap(const struct keyring *r, const struct keyring_key *k,
    uint8_t key[CRYPT_KEY])
{
	char aad[32];
	ssize_t n;

	if (k->destroyed_s != 0)
		return -FIX_E_STATE;
	n = crypt_open(key, CRYPT_KEY, r->master, aad_of(aad, k->id),
	    (struct fix_span){ k->sealed, sizeof(k->sealed) });
	return n < 0 ? (int)n : 0;
}

static int
make_check(struct keyring *r)
{
	ssize_t n = crypt_seal(r->check, sizeof(r->check), r->master,
	    fix_span_of("fixgate-check"), fix_span_of(CHECK_TEXT));

	return n < 0 ? (int)n : 0;
}

static bool
is_ours(const struct keyring *r)
{
	uint8_t out[KEYRING_CHECK];

	return crypt_open(out, sizeof(out), r->master,
		   fix_span_of("fixgate-check"),
		   (struct fix_span){ r->check, sizeof(r->check) }) ==
	       KEYRING_CHECK;
}

/* @return a descriptor to close, -FIX_E_IO */
static int
hold_lock(const struct keyring *r)
{
	int fd = open(r->lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd >= 0 && flock(fd, LOCK_EX) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -FIX_E_IO;
}

/* Lock and read. @return a descriptor to close, or an error */
static int
begin(struct keyring *r)
{
	int fd = hold_lock(r), rc;

	if (fd < 0)
		return fd;
	rc = keyring_load(r);
	if (rc == 1)
		rc = make_check(r);
	if (rc == 0 && !is_ours(r))
		rc = -FIX_E_CORRUPT;
	if (rc != 0)
		close(fd);
	return rc == 0 ? fd : rc == -FIX_E_FORMAT ? -FIX_E_CORRUPT : rc;
}

/* @return changed, or the error that keyring_save() had */
static int
commit(struct keyring *r, int lock, int changed)
{
	int rc = changed > 0 ? keyring_save(r) : 0;

	if (changed < 0)
		r->stamp_ns = 0; /* forget half a change */
	close(lock);
	return rc != 0 ? rc : changed;
}

static bool
make_names(struct keyring *r, const char *dir)
{
	r->dir = strdup(dir);
	r->path = join(dir, "ring");
	r->fresh = join(dir, "ring~");
	r->lock = join(dir, "lock");
	r->master = crypt_alloc(CRYPT_KEY);
	return r->dir != NULL && r->path != NULL && r->fresh != NULL &&
	       r->lock != NULL && r->master != NULL;
}

static int
open_ring(struct keyring *r, const uint8_t *master, char why[KEYRING_WHY])
{
	int fd, rc;

	memcpy(r->master, master, CRYPT_KEY);
	if (mkdir(r->dir, 0700) != 0 && errno != EEXIST) {
		snprintf(why, KEYRING_WHY, "can't make folder %.180s: %s",
		    r->dir, strerror(errno));
		return -FIX_E_IO;
	}
	fd = begin(r);
	rc = fd < 0 ? fd : 0;
	if (rc == 0) {
		rc = access(r->path, F_OK) == 0 ? 0 : keyring_save(r);
		close(fd);
	}
	if (rc == -FIX_E_CORRUPT)
		snprintf(why, KEYRING_WHY,
		    "%.150s does not open with this EncryptionKey", r->path);
	else if (rc != 0)
		snprintf(why, KEYRING_WHY, "%.150s: %s", r->path,
		    rc == -FIX_E_IO ? strerror(errno) : fix_strerror(rc));
	return rc;
}

int
keyring_open(struct keyring **out, const char *dir,
    const uint8_t master[CRYPT_KEY], char why[KEYRING_WHY])
{
	struct keyring *r = calloc(1, sizeof(*r));
	int rc = -FIX_E_NOMEM;

	snprintf(why, KEYRING_WHY, "out of memory");
	if (r != NULL && make_names(r, dir))
		rc = open_ring(r, master, why);
	if (rc == 0)
		*out = r;
	else
		keyring_close(r);
	return rc;
}

void
keyring_close(struct keyring *r)
{
	if (r == NULL)
		return;
	crypt_free(r->master, CRYPT_KEY);
	free(r->keys);
	free(r->dir);
	free(r->path);
	free(r->fresh);
	free(r->lock);
	free(r);
}

int
keyring_salt(uint8_t salt[CRYPT_SALT_MIN], const char *dir)
{
	char *path = join(dir, "salt");
	uint8_t fresh[CRYPT_KEY];
	int fd, rc = -FIX_E_IO;

	(void)mkdir(dir, 0700);
	fd = path == NULL ? -1 : open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	free(path);
	if (fd < 0)
		return -FIX_E_IO;
	if (flock(fd, LOCK_EX) == 0) {
		ssize_t n = read(fd, salt, CRYPT_SALT_MIN);

		if (n == 0 && crypt_new(fresh) == 0 &&
		    write(fd, fresh, CRYPT_SALT_MIN) == CRYPT_SALT_MIN &&
		    fsync(fd) == 0) {
			memcpy(salt, fresh, CRYPT_SALT_MIN);
			n = CRYPT_SALT_MIN;
		}
		rc = n == CRYPT_SALT_MIN ? 0 : -FIX_E_IO;
	}
	close(fd);
	return rc;
}

static void
name_subject(char out[KEYRING_SUBJECT], struct fix_span s)
{
	size_t n = s.len < KEYRING_SUBJECT - 1 ? s.len : KEYRING_SUBJECT - 1;

	for (size_t i = 0; i < n; i++)
		out[i] = s.p[i] > 0x20 && s.p[i] < 0x7f ? (char)s.p[i] : '_';
	if (n == 0)
		out[n++] = '-';
	out[n] = '\0';
}

/* The newest that lives. @return NULL: none */
static struct keyring_key *
find(struct keyring *r, const char *subject, unsigned year)
{
	for (unsigned i = r->n; i-- > 0;) {
		struct keyring_key *k = &r->keys[i];

		if (k->year == year && k->destroyed_s == 0 &&
		    strcmp(k->subject, subject) == 0)
			return k;
	}
	return NULL;
}

static int
add(struct keyring *r, const char *subject, unsigned year, int64_t now_s)
{
	uint8_t key[CRYPT_KEY];
	struct keyring_key *k;
	int rc = keyring_grow(r);

	if (rc != 0)
		return rc;
	k = &r->keys[r->n];
	memset(k, 0, sizeof(*k));
	k->id = r->n == 0 ? 1 : k[-1].id + 1;
	snprintf(k->subject, sizeof(k->subject), "%s", subject);
	k->year = year;
	k->made_s = now_s;
	rc = crypt_new(key);
	if (rc == 0)
		rc = wrap(r, k, key);
	crypt_wipe(key, sizeof(key));
	if (rc == 0)
		r->n++;
	return rc;
}

int
keyring_for(struct keyring *r, struct fix_span subject, unsigned year,
    int64_t now_s, uint8_t key[CRYPT_KEY], uint64_t *id)
{
	char name[KEYRING_SUBJECT];
	struct keyring_key *k;
	int rc = keyring_load(r), lock;

	name_subject(name, subject);
	if (rc < 0)
		return rc == -FIX_E_FORMAT ? -FIX_E_CORRUPT : rc;
	k = find(r, name, year);
	if (k == NULL) {
		lock = begin(r);
		if (lock < 0)
			return lock;
		rc =
		    find(r, name, year) != NULL ? 0 : add(r, name, year, now_s);
		rc = commit(r, lock, rc == 0 ? 1 : rc);
		if (rc < 0)
			return rc;
		k = find(r, name, year);
	}
	*id = k->id;
	return unwrap(r, k, key);
}

int
keyring_get(const struct keyring *r, uint64_t id, uint8_t key[CRYPT_KEY])
{
	for (unsigned i = 0; i < r->n; i++)
		if (r->keys[i].id == id)
			return unwrap(r, &r->keys[i], key);
	return -FIX_E_NOTFOUND;
}

const struct keyring_key *
keyring_nth(const struct keyring *r, unsigned i)
{
	return i < r->n ? &r->keys[i] : NULL;
}

static bool
is_meant(const struct keyring_key *k, const char *subject, unsigned year)
{
	return k->destroyed_s == 0 && (year == 0 || k->year == year) &&
	       (subject == NULL || strcmp(k->subject, subject) == 0);
}

int
keyring_rotate(
    struct keyring *r, const char *subject, unsigned year, int64_t now_s)
{
	int lock = begin(r), rc = 0, n = 0;
	unsigned before = r->n;
	char name[KEYRING_SUBJECT];

	if (lock < 0)
		return lock;
	for (unsigned i = 0; i < before && rc == 0; i++) {
		const struct keyring_key *k = &r->keys[i];

		if (!is_meant(k, subject, year) ||
		    find(r, k->subject, k->year) != k)
			continue;
		memcpy(name, k->subject, sizeof(name));
		rc = add(r, name, k->year, now_s); /* k may have moved */
		n += rc == 0;
	}
	return commit(r, lock, rc != 0 ? rc : n);
}

int
keyring_rewrap(struct keyring *r, const uint8_t master[CRYPT_KEY])
{
	uint8_t *old = crypt_alloc(CRYPT_KEY), key[CRYPT_KEY];
	int lock = old == NULL ? -FIX_E_NOMEM : begin(r), rc = 0, n = 1;

	if (lock < 0) {
		crypt_free(old, CRYPT_KEY);
		return lock;
	}
	memcpy(old, r->master, CRYPT_KEY);
	for (unsigned i = 0; i < r->n && rc == 0; i++) {
		struct keyring_key *k = &r->keys[i];

		if (k->destroyed_s != 0)
			continue;
		rc = unwrap(r, k, key);
		memcpy(r->master, master, CRYPT_KEY);
		if (rc == 0)
			rc = wrap(r, k, key);
		memcpy(r->master, old, CRYPT_KEY);
		n++;
	}
	crypt_wipe(key, sizeof(key));
	memcpy(r->master, master, CRYPT_KEY);
	if (rc == 0)
		rc = make_check(r);
	rc = commit(r, lock, rc != 0 ? rc : n);
	if (rc < 0)
		memcpy(r->master, old, CRYPT_KEY);
	crypt_free(old, CRYPT_KEY);
	return rc < 0 ? rc : rc - 1;
}

int
keyring_hold(struct keyring *r, const char *subject, bool held)
{
	int lock = begin(r), n = 0;

	if (lock < 0)
		return lock;
	for (unsigned i = 0; i < r->n; i++)
		if (is_meant(&r->keys[i], subject, 0)) {
			r->keys[i].held = held;
			n++;
		}
	return commit(r, lock, n);
}

static int64_t
year_end_s(unsigned year)
{
	struct tm t = { .tm_year = (int)year + 1 - 1900, .tm_mday = 1 };

	return timegm(&t);
}

/* @return false, said in why: the law wants it kept */
static bool
may_go(const struct keyring_key *k, unsigned keep_days, int64_t now_s,
    char why[KEYRING_WHY])
{
	int64_t until = year_end_s(k->year) + (int64_t)keep_days * DAY_S;

	if (k->held)
		snprintf(why, KEYRING_WHY,
		    "key %" PRIu64 " of %s, %u, is "
		    "under a legal hold",
		    k->id, k->subject, k->year);
	else if (keep_days > 0 && now_s < until)
		snprintf(why, KEYRING_WHY,
		    "key %" PRIu64 " of %s, %u, is to "
		    "be kept for %lld days more (RetentionDays=%u behind the "
		    "end of its year)",
		    k->id, k->subject, k->year,
		    (long long)((until - now_s) / DAY_S + 1), keep_days);
	else
		return true;
	return false;
}

/* @return how many, -FIX_E_STATE */
static int
may_all_go(const struct keyring *r, const char *subject, unsigned year,
    unsigned keep_days, int64_t now_s, char why[KEYRING_WHY])
{
	int n = 0;

	for (unsigned i = 0; i < r->n; i++) {
		if (!is_meant(&r->keys[i], subject, year))
			continue;
		if (!may_go(&r->keys[i], keep_days, now_s, why))
			return -FIX_E_STATE;
		n++;
	}
	return n;
}

int
keyring_may_destroy(struct keyring *r, const char *subject, unsigned year,
    unsigned keep_days, int64_t now_s, char why[KEYRING_WHY])
{
	int rc = keyring_load(r);

	return rc < 0 ? rc
		      : may_all_go(r, subject, year, keep_days, now_s, why);
}

int
keyring_destroy(struct keyring *r, const char *subject, unsigned year,
    unsigned keep_days, int64_t now_s, char why[KEYRING_WHY])
{
	int lock = begin(r), n;

	if (lock < 0)
		return lock;
	n = may_all_go(r, subject, year, keep_days, now_s, why);
	for (unsigned i = 0; i < r->n && n > 0; i++)
		if (is_meant(&r->keys[i], subject, year)) {
			crypt_wipe(
			    r->keys[i].sealed, sizeof(r->keys[i].sealed));
			r->keys[i].destroyed_s = now_s;
		}
	return commit(r, lock, n);
}
