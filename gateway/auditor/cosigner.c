/*
 * In: add-checkpoint requests. Out: a status and a line. A trail's file holds the
 * note with our cosignature, so that whoever copies it has evidence in hand, and a
 * folder that somebody has put an older file into is refused at the start only if
 * the file was not ours: an older file of ours looks like any.
 *
 * The order of the checks is C2SP tlog-witness's: known, signed, the size that we
 * have, the proof.
 */
#include "gateway/auditor/cosigner.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fix/decimal.h"
#include "gateway/auditor/file.h"
#include "store/fail.h"

struct trail {
	struct audit_key *key;
	char file[32]; /* in the folder */
	uint64_t size; /* 0: nothing was seen */
	uint8_t root[AUDIT_HASH];
};

struct cosigner {
	char *folder;
	int lock;
	struct audit_key *key;
	unsigned n_trails;
	struct trail trails[COSIGNER_TRAILS_MAX];
};

/* The next line, without its end. */
static bool
line(struct fix_span *rest, struct fix_span *out)
{
	const uint8_t *end =
	    rest->len == 0 ? NULL : memchr(rest->p, '\n', rest->len);

	if (end == NULL)
		return false;
	*out = (struct fix_span){ rest->p, (size_t)(end - rest->p) };
	rest->len -= out->len + 1;
	rest->p = end + 1;
	return true;
}

static bool
read_old(struct fix_span l, uint64_t *out)
{
	static const char word[] = "old ";
	size_t n = sizeof(word) - 1;
	int64_t v;

	if (l.len <= n || memcmp(l.p, word, n) != 0)
		return false;
	l = (struct fix_span){ l.p + n, l.len - n };
	if (l.p[0] < '0' || l.p[0] > '9' || (l.p[0] == '0' && l.len > 1) ||
	    fix_int_parse(l, &v) != 0 || v < 0)
		return false;
	*out = (uint64_t)v;
	return true;
}

int
cosigner_read(struct cosigner_request *out, struct fix_span bytes)
{
	struct fix_span l;

	memset(out, 0, sizeof(*out));
	if (bytes.len > COSIGNER_REQUEST_MAX || !line(&bytes, &l) ||
	    !read_old(l, &out->old))
		return -FIX_E_FORMAT;
	while (line(&bytes, &l) && l.len > 0) {
		if (out->n_proof == AUDIT_PROOF_MAX - 1 ||
		    !audit_hash_read(out->proof[out->n_proof++], l))
			return -FIX_E_FORMAT;
	}
	out->note = bytes;
	return l.len == 0 && bytes.len > 0 ? 0 : -FIX_E_FORMAT;
}

static int
lock_folder(struct cosigner *c, struct fix_store_error *e)
{
	char *path = audit_path(c->folder, "lock");

	if (path == NULL)
		return -FIX_E_NOMEM;
	if (mkdir(c->folder, 0700) != 0 && errno != EEXIST)
		return free(path), fix_store_fail(e, -FIX_E_IO, "can't make %s: "
		    "%s", c->folder, strerror(errno));
	c->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	free(path);
	if (c->lock < 0)
		return fix_store_fail(e, -FIX_E_IO, "can't write in %s: %s",
		    c->folder, strerror(errno));
	if (flock(c->lock, LOCK_EX | LOCK_NB) != 0)
		return fix_store_fail(e, -FIX_E_STATE, "another witness uses %s",
		    c->folder);
	return 0;
}

static int
open_key(struct cosigner *c, const char *name, struct fix_store_error *e)
{
	char *path = audit_path(c->folder, "key.pem");
	char text[AUDIT_VKEY_MAX + 1];
	size_t n;
	int rc;

	if (path == NULL)
		return -FIX_E_NOMEM;
	rc = audit_witness_key_open(&c->key, path, name, e);
	free(path);
	if (rc != 0)
		return rc;
	n = audit_key_text(c->key, text);
	text[n] = '\n';
	text[n + 1] = '\0';
	rc = audit_put_file(c->folder, "key.pub", text);
	return rc == 0 ? 0 : fix_store_fail(e, rc, "can't write %s/key.pub",
	    c->folder);
}

int
cosigner_open(struct cosigner **out, const char *folder, const char *name,
    struct fix_store_error *e)
{
	struct cosigner *c = calloc(1, sizeof(*c));
	int rc = -FIX_E_NOMEM;

	e->text[0] = '\0';
	if (c == NULL)
		return rc;
	c->lock = -1;
	c->folder = strdup(folder);
	if (c->folder == NULL)
		goto fail;
	rc = lock_folder(c, e);
	if (rc == 0)
		rc = open_key(c, name, e);
	if (rc != 0)
		goto fail;
	*out = c;
	return 0;
fail:
	cosigner_close(c);
	return rc;
}

void
cosigner_close(struct cosigner *c)
{
	if (c == NULL)
		return;
	for (unsigned i = 0; i < c->n_trails; i++)
		audit_key_free(c->trails[i].key);
	audit_key_free(c->key);
	if (c->lock >= 0)
		close(c->lock);
	free(c->folder);
	free(c);
}

const struct audit_key *
cosigner_key(const struct cosigner *c)
{
	return c->key;
}

/* What was seen before. @return 0: that, or nothing; or an error */
static int
load(const struct cosigner *c, struct trail *t, struct fix_store_error *e)
{
	char *path = audit_path(c->folder, t->file), text[AUDIT_NOTE_MAX];
	FILE *f = path == NULL ? NULL : fopen(path, "re");
	struct audit_note n;
	struct fix_utc when;
	struct fix_span s;
	bool none = errno == ENOENT;

	free(path);
	if (f == NULL)
		return none ? 0 : fix_store_fail(e, -FIX_E_IO, "can't read "
		    "%s/%s: %s", c->folder, t->file, strerror(errno));
	s = (struct fix_span){ (uint8_t *)text,
		fread(text, 1, sizeof(text), f) };
	fclose(f);
	if (audit_note_read(&n, s, t->key) != 0 ||
	    audit_cosigned(s, s, c->key, &when) != 0)
		return fix_store_fail(e, -FIX_E_CORRUPT, "%s/%s is not what this "
		    "witness has put there: keep it for whoever looks into it, "
		    "and put back a copy that is, with what was cosigned last",
		    c->folder, t->file);
	t->size = n.size;
	memcpy(t->root, n.root, AUDIT_HASH);
	return 0;
}

int
cosigner_trust(struct cosigner *c, struct fix_span vkey,
    struct fix_store_error *e)
{
	struct trail *t = &c->trails[c->n_trails];
	char hash[9];
	int rc;

	if (c->n_trails == COSIGNER_TRAILS_MAX)
		return fix_store_fail(e, -FIX_E_FULL, "a witness knows %d trails "
		    "at most", COSIGNER_TRAILS_MAX);
	memset(t, 0, sizeof(*t));
	rc = audit_key_read(&t->key, vkey);
	if (rc == 0 && audit_key_cosigns(t->key)) {
		audit_key_free(t->key);
		rc = -FIX_E_FORMAT;
	}
	if (rc != 0)
		return fix_store_fail(e, rc, "it holds no key of a trail: expected "
		    "NAME+HEX+BASE64, as in the trail's key.pub");
	audit_key_hash(t->key, hash);
	snprintf(t->file, sizeof(t->file), "%s.checkpoint", hash);
	c->n_trails++;
	return load(c, t, e);
}

static void FIX_PRINTF(3, 4)
refuse(struct cosigner_answer *a, unsigned status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(a->why, sizeof(a->why), fmt, ap);
	va_end(ap);
	a->status = status;
	snprintf(a->body, sizeof(a->body), "%.200s\n", a->why);
}

static bool
same_name(const struct trail *a, const struct trail *b)
{
	return strcmp(audit_key_name(a->key), audit_key_name(b->key)) == 0;
}

/* A key goes on from what the others of its trail have shown. */
static void
inherit(const struct cosigner *c, struct trail *t)
{
	for (unsigned i = 0; i < c->n_trails; i++) {
		const struct trail *o = &c->trails[i];

		if (!same_name(o, t) || o->size <= t->size)
			continue;
		t->size = o->size;
		memcpy(t->root, o->root, AUDIT_HASH);
	}
}

/* By the name, and of its keys by who has signed. The newest one is the last;
 * once it has signed, those before it are no good any more.
 * @return NULL: none of that name; *rc is audit_note_read()'s */
static struct trail *
trail_of(struct cosigner *c, struct fix_span note, struct audit_note *n,
    int *rc)
{
	struct fix_span rest = note, name;
	struct trail *t, *found = NULL;

	if (!line(&rest, &name))
		return NULL;
	for (unsigned i = c->n_trails; i-- > 0;) {
		t = &c->trails[i];
		if (!fix_span_is(name, audit_key_name(t->key)))
			continue;
		found = t;
		*rc = audit_note_read(n, note, t->key);
		if (*rc == 0)
			inherit(c, t);
		if (*rc == 0 || t->size > 0)
			break;
	}
	return found;
}

/* Another size than the witness has seen: it says which. */
static void
conflict(struct cosigner_answer *a, const struct trail *t, uint64_t old)
{
	refuse(a, 409, "%s was taken to be seen up to event %" PRIu64 ", and is "
	    "up to %" PRIu64, audit_key_name(t->key), old, t->size);
	a->type = "text/x.tlog.size";
	snprintf(a->body, sizeof(a->body), "%" PRIu64 "\n", t->size);
}

/* @return whether it may be cosigned */
static bool
check(const struct trail *t, const struct cosigner_request *r,
    const struct audit_note *n, struct cosigner_answer *a)
{
	const char *name = audit_key_name(t->key);

	if (r->old > n->size) {
		refuse(a, 400, "a checkpoint of %s of %" PRIu64 " events can't "
		    "follow one of %" PRIu64, name, n->size, r->old);
	} else if (r->old != t->size) {
		conflict(a, t, r->old);
	} else if (n->size == t->size && t->size > 0 &&
	    memcmp(n->root, t->root, AUDIT_HASH) != 0) {
		conflict(a, t, r->old);
		snprintf(a->why, sizeof(a->why), "FORK: %s shows another history "
		    "of its first %" PRIu64 " events than it has shown before",
		    name, t->size);
	} else if (!audit_proof_holds(t->size, t->root, n->size, n->root,
	    r->proof, r->n_proof)) {
		refuse(a, 422, "the trail %s of %" PRIu64 " events is not proved "
		    "to go on from the one of %" PRIu64 " that was seen", name,
		    n->size, t->size);
	}
	return a->status == 0;
}

/* Synced before anybody is told. */
static int
put(const struct cosigner *c, const struct trail *t, struct fix_span note,
    const char *cosignature)
{
	char text[AUDIT_NOTE_MAX + AUDIT_COSIGNATURE_MAX];

	snprintf(text, sizeof(text), "%.*s%s", (int)note.len,
	    (const char *)note.p, cosignature);
	return audit_put_synced(c->folder, t->file, text);
}

/* The note without the signatures of others, which may be as many as they like:
 * up to the end of the trail's own line. */
static struct fix_span
own_part(struct fix_span note, const struct audit_key *key)
{
	struct fix_span rest = note, l, part;
	struct audit_note n;

	while (line(&rest, &l)) {
		part = (struct fix_span){ note.p, note.len - rest.len };
		if (audit_note_read(&n, part, key) == 0)
			return part;
	}
	return note;
}

static void
cosign(struct cosigner *c, struct trail *t, struct fix_span note,
    const struct audit_note *n, struct fix_utc now, struct cosigner_answer *a)
{
	note = own_part(note, t->key);
	if (audit_cosign(a->body, note, now, c->key) < 0 ||
	    note.len + AUDIT_COSIGNATURE_MAX > AUDIT_NOTE_MAX)
		refuse(a, 500, "can't sign");
	else if (put(c, t, note, a->body) != 0)
		refuse(a, 500, "can't write %s/%s: %s", c->folder, t->file,
		    strerror(errno));
	if (a->status != 0)
		return;
	a->status = 200;
	t->size = n->size;
	memcpy(t->root, n->root, AUDIT_HASH);
}

void
cosigner_ask(struct cosigner *c, struct fix_span request, struct fix_utc now,
    struct cosigner_answer *a)
{
	struct cosigner_request r;
	struct audit_note n;
	struct trail *t;
	int rc = 0;

	memset(a, 0, sizeof(*a));
	a->type = "text/plain; charset=utf-8";
	if (cosigner_read(&r, request) != 0)
		refuse(a, 400, "no such request: expected \"old SIZE\", a proof, "
		    "an empty line and a checkpoint");
	else if ((t = trail_of(c, r.note, &n, &rc)) == NULL)
		refuse(a, 404, "a trail that is not known here");
	else if (rc != 0)
		refuse(a, 403, "a checkpoint that the key of %s has not signed",
		    audit_key_name(t->key));
	else if (check(t, &r, &n, a))
		cosign(c, t, r.note, &n, now, a);
}
