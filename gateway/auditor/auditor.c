/*
 * Following the trading journal.
 *
 * In: committed records behind the cursor that the chain itself holds. Out: the
 * chain, a turn for some whole turns of the trader; and beside it two small
 * files, replaced as a whole with each checkpoint: checkpoint, for whoever
 * keeps it elsewhere, and cursor, by which the trader knows what must not be
 * pruned yet.
 *
 * Two things may have happened to the journal while nobody looked: it was
 * pruned beyond the cursor, or a power loss took records that were audited
 * already and others stand under their numbers. Both make an AUDIT_GAP event.
 */
#include "gateway/auditor/auditor.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/auditor/file.h"
#include "gateway/auditor/fold.h"
#include "store/fail.h"

#define RECORDS_MAX 20000u /* a turn, unless a turn of the trader is longer */

struct auditor {
	char *journal, *folder;
	struct fix_disk *source, *disk;
	struct fix_journal_reader *reader;
	struct audit_key *key, *next; /* next: to be changed to */
	struct audit *audit;
	struct fold fold;
	uint64_t cursor;   /* last record that went into the open turn */
	uint8_t print[8];  /* its fingerprint */
	int64_t quiet_ns;  /* last commit */
	bool checked;      /* the record of the cursor is the one we know */
};

static void
fingerprint(uint8_t out[8], const struct fix_rec *r)
{
	uint8_t head[26], hash[AUDIT_HASH];
	struct audit_tree t = { 0 };

	memcpy(head, &r->number, 8);
	memcpy(head + 8, &r->wall.ns, 8);
	memcpy(head + 16, &r->type, 2);
	memcpy(head + 18, &r->order, 8);
	audit_sha256(hash, head, sizeof(head));
	audit_tree_add(&t, hash);
	audit_sha256(hash, r->data, r->len);
	audit_tree_add(&t, hash);
	audit_tree_root(&t, hash);
	memcpy(out, hash, 8);
}

uint64_t
auditor_cursor(const char *folder)
{
	char *path = audit_path(folder, "cursor"), text[32];
	FILE *f = path == NULL ? NULL : fopen(path, "re");
	uint64_t n = 0;

	if (f != NULL) {
		if (fgets(text, sizeof(text), f) != NULL)
			n = strtoull(text, NULL, 10);
		fclose(f);
	}
	free(path);
	return n + 1;
}

static int
put_key(const struct auditor *a)
{
	char text[AUDIT_VKEY_MAX + 1];
	size_t n = audit_key_text(a->key, text);

	text[n] = '\n';
	text[n + 1] = '\0';
	return audit_put_file(a->folder, "key.pub", text);
}

/* One line more in the file of old ones, if it is not its last. */
static int
add_old(const struct auditor *a)
{
	char *path = audit_path(a->folder, AUDITOR_OLD_KEYS);
	char text[AUDIT_KEYS_MAX * AUDIT_VKEY_MAX], line[AUDIT_VKEY_MAX + 1];
	FILE *f = path == NULL ? NULL : fopen(path, "re");
	size_t len = 0, n = audit_key_text(a->key, line);
	int rc = path == NULL ? -FIX_E_NOMEM : 0;

	line[n++] = '\n';
	line[n] = '\0';
	if (f != NULL) {
		len = fread(text, 1, sizeof(text) - AUDIT_VKEY_MAX, f);
		fclose(f);
	}
	text[len] = '\0';
	if (len >= n && memcmp(text + len - n, line, n) == 0)
		n = 0;
	if (rc == 0 && len + n >= sizeof(text))
		rc = -FIX_E_FULL;
	if (rc == 0 && n > 0) {
		memcpy(text + len, line, n + 1);
		rc = audit_put_synced(a->folder, AUDITOR_OLD_KEYS, text);
	}
	free(path);
	return rc;
}

static int
open_key(struct auditor *a, const char *name, struct fix_store_error *e)
{
	char *path = audit_path(a->folder, "key.pem");
	char *next = audit_path(a->folder, AUDITOR_NEXT_KEY);
	int rc = path == NULL || next == NULL ? -FIX_E_NOMEM : 0;

	if (rc == 0)
		rc = audit_key_open(&a->key, path, name, e);
	if (rc == 0 && access(next, F_OK) == 0)
		rc = audit_key_open(&a->next, next, name, e);
	free(path);
	free(next);
	return rc != 0 ? rc : put_key(a);
}

/* Cursor and checkpoint for others; the chain has its own. */
static int
tell(struct auditor *a, const char *note)
{
	char text[32];
	int rc = audit_put_file(a->folder, "checkpoint", note);

	snprintf(text, sizeof(text), "%" PRIu64 "\n",
	    audit_at(a->audit)->cursor);
	return rc != 0 ? rc : audit_put_file(a->folder, "cursor", text);
}

/* The old key's public half is kept, its secret one is overwritten. */
static int
move_keys(struct auditor *a)
{
	char *from = audit_path(a->folder, AUDITOR_NEXT_KEY);
	char *to = audit_path(a->folder, "key.pem");
	int rc = from == NULL || to == NULL ? -FIX_E_NOMEM : add_old(a);

	if (rc == 0 && rename(from, to) != 0)
		rc = -FIX_E_IO;
	free(from);
	free(to);
	if (rc != 0)
		return rc;
	audit_key_free(a->key);
	a->key = a->next;
	a->next = NULL;
	return put_key(a);
}

/* What died behind the event and before the files goes on with the files. */
static int
rotate(struct auditor *a, struct fix_utc now)
{
	char was[AUDIT_VKEY_MAX], is[AUDIT_VKEY_MAX];
	const char *note;
	int rc;

	(void)audit_key_text(a->key, was);
	(void)audit_key_text(a->next, is);
	if (fold_key_is(&a->fold, is)) {
		audit_rotate(a->audit, a->next, false);
		return move_keys(a);
	}
	rc = fold_rotated(&a->fold, was, is, now);
	if (rc != 0)
		return rc;
	audit_rotate(a->audit, a->next, true);
	rc = audit_commit(a->audit, a->cursor, a->print, now, true, &note);
	if (rc == 1)
		rc = tell(a, note);
	return rc < 0 ? rc : move_keys(a);
}

static int
open_chain(struct auditor *a, size_t segment_bytes, struct fix_store_error *e)
{
	struct audit_cfg cfg = { .segment_bytes = segment_bytes, .key = a->key,
		.arg = &a->fold, .kept = fold_kept, .keep_all = fold_keep_all };
	char *path = audit_path(a->folder, "chain");
	int rc = path == NULL ? -FIX_E_NOMEM
			      : fix_disk_dir(&a->disk, path, true);

	free(path);
	if (rc != 0)
		return rc;
	cfg.disk = a->disk;
	rc = audit_open(&a->audit, &cfg, e);
	if (rc != 0)
		return rc;
	a->fold.audit = a->audit;
	a->cursor = audit_at(a->audit)->cursor;
	memcpy(a->print, audit_at(a->audit)->source, sizeof(a->print));
	return 0;
}

int
auditor_open(struct auditor **out, const struct auditor_cfg *cfg,
    struct fix_store_error *e)
{
	struct auditor *a = calloc(1, sizeof(*a));
	int rc;

	e->text[0] = '\0';
	if (a == NULL)
		return -FIX_E_NOMEM;
	a->journal = strdup(cfg->journal);
	a->folder = strdup(cfg->folder);
	rc = a->journal == NULL || a->folder == NULL ? -FIX_E_NOMEM
						     : fold_init(&a->fold);
	if (rc == 0 && mkdir(a->folder, 0700) != 0 && errno != EEXIST) {
		snprintf(e->text, sizeof(e->text), "can't make folder %s: %s",
		    a->folder, strerror(errno));
		rc = -FIX_E_IO;
	}
	a->fold.ring = cfg->ring;
	if (rc == 0)
		rc = open_key(a, cfg->name, e);
	if (rc == 0)
		rc = open_chain(a, cfg->segment_bytes, e);
	if (rc != 0) {
		if (e->text[0] == '\0')
			snprintf(e->text, sizeof(e->text), "audit trail in %s: "
			    "%s", cfg->folder, fix_strerror(rc));
		auditor_close(a);
		return rc;
	}
	*out = a;
	return 0;
}

static void
stop_reading(struct auditor *a)
{
	if (a->reader != NULL)
		fix_journal_reader_close(a->reader);
	if (a->source != NULL)
		a->source->ops->close(a->source);
	a->reader = NULL;
	a->source = NULL;
}

void
auditor_close(struct auditor *a)
{
	if (a == NULL)
		return;
	stop_reading(a);
	audit_close(a->audit);
	if (a->disk != NULL)
		a->disk->ops->close(a->disk);
	audit_key_free(a->key);
	audit_key_free(a->next);
	fold_fini(&a->fold);
	free(a->journal);
	free(a->folder);
	free(a);
}

const struct audit_state *
auditor_at(const struct auditor *a)
{
	return audit_at(a->audit);
}

/* @return 0, 1: there is no journal yet, or an error */
static int
start_reading(struct auditor *a, uint64_t from, struct fix_store_error *e)
{
	int rc;

	stop_reading(a);
	if (fix_disk_dir(&a->source, a->journal, false) != 0)
		return 1;
	rc = fix_journal_reader_open(&a->reader, a->source, from, e);
	return rc == -FIX_E_NOTFOUND && from == 0 ? 1 : rc;
}

/* The oldest record that is kept is behind the cursor: what is between is
 * gone. @return 0, 1: there is no journal yet, or an error */
static int
pruned(struct auditor *a, struct fix_store_error *e)
{
	uint64_t first = a->cursor + 1;
	struct fix_rec r;
	int rc = start_reading(a, 0, e);

	if (rc != 0)
		return rc; /* nothing there yet, or worse */
	rc = fix_journal_next(a->reader, &r, e);
	if (rc <= 0)
		return rc;
	if (r.number <= first)
		return start_reading(a, 0, e); /* it came meanwhile */
	rc = fold_gap(&a->fold, first, r.number - 1,
	    "pruned before the auditor had read it", r.wall);
	a->cursor = r.number - 1;
	memset(a->print, 0, sizeof(a->print));
	return rc != 0 ? rc : start_reading(a, r.number, e);
}

/* The last START at or before a record, 1 if there is none. */
static int
last_start(struct auditor *a, uint64_t before, uint64_t *out,
    struct fix_store_error *e)
{
	struct fix_rec r;
	int rc = start_reading(a, 0, e);

	*out = 0;
	while (rc == 0 && (rc = fix_journal_next(a->reader, &r, e)) == 1) {
		if (*out == 0 || (r.type == REC_START && r.number <= before))
			*out = r.number;
		rc = r.number >= before;
	}
	return rc < 0 ? rc : 0;
}

/* Other records stand where we have read: they are from the start after the
 * loss on, and are read from there. */
static int
rewound(struct auditor *a, const struct fix_rec *r, struct fix_store_error *e)
{
	struct fix_utc when = r->wall;
	uint64_t from, cursor = a->cursor;
	int rc = last_start(a, cursor, &from, e);

	if (rc == 0)
		rc = fold_gap(&a->fold, from, cursor, "records that were "
		    "audited were lost; others have their numbers", when);
	if (rc != 0)
		return rc;
	a->cursor = from - 1;
	memset(a->print, 0, sizeof(a->print));
	a->checked = true;
	return start_reading(a, from, e);
}

/* Open at the cursor itself, to see that it is still the record we know.
 * @return 0, 1: nothing to read yet, or an error */
static int
resume(struct auditor *a, struct fix_store_error *e)
{
	int rc;

	if (a->reader != NULL)
		return 0;
	a->checked = a->cursor == 0;
	rc = start_reading(a, a->checked ? 1 : a->cursor, e);
	if (rc == -FIX_E_NOTFOUND) {
		a->checked = true;
		return pruned(a, e);
	}
	return rc;
}

/* @return 1 it is a new record, 0 it is not, or an error */
static int
is_new(struct auditor *a, const struct fix_rec *r, struct fix_store_error *e)
{
	uint8_t print[8], none[8] = { 0 };

	if (r->number > a->cursor) {
		a->checked = true;
		return 1;
	}
	fingerprint(print, r);
	if (!a->checked && r->number == a->cursor &&
	    memcmp(a->print, none, 8) != 0 && memcmp(a->print, print, 8) != 0) {
		int rc = rewound(a, r, e);

		return rc < 0 ? rc : 0;
	}
	a->checked = true;
	return 0;
}

/* @return records read */
static ssize_t
read_some(struct auditor *a, struct fix_store_error *e)
{
	struct fix_rec r;
	ssize_t n = 0;
	int rc;

	while ((rc = fix_journal_next(a->reader, &r, e)) == 1) {
		rc = is_new(a, &r, e);
		if (rc < 0)
			return rc;
		if (rc == 0)
			continue;
		rc = fold_record(&a->fold, &r);
		if (rc != 0) {
			snprintf(e->text, sizeof(e->text), "record %" PRIu64
			    " can't be audited: %s", r.number,
			    fix_strerror(rc));
			return rc;
		}
		a->cursor = r.number;
		n++;
		if ((r.flags & FIX_REC_END) != 0) /* where a turn of ours ends */
			fingerprint(a->print, &r);
		if ((r.flags & FIX_REC_END) != 0 &&
		    (audit_turn_events(a->audit) >= AUDIT_TURN_EVENTS ||
			n >= RECORDS_MAX))
			break;
	}
	return rc < 0 ? rc : n;
}

static int
commit(struct auditor *a, struct fix_utc now, bool seal,
    struct fix_store_error *e)
{
	const struct audit_state *s = audit_at(a->audit);
	unsigned events = audit_turn_events(a->audit);
	bool unsigned_yet = s->events + events > s->checkpoint;
	bool late = now.ns - a->quiet_ns >= FIX_SEC || now.ns < a->quiet_ns;
	const char *note;
	int rc;

	if (events == 0 && !(unsigned_yet && (late || seal)) &&
	    !(a->cursor > s->cursor && (late || seal)))
		return 0;
	rc = audit_commit(a->audit, a->cursor, a->print, now, seal, &note);
	a->quiet_ns = now.ns;
	if (rc == 1)
		rc = tell(a, note);
	if (rc < 0)
		snprintf(e->text, sizeof(e->text), "the audit chain can't be "
		    "written: %s", fix_strerror(rc));
	return rc;
}

ssize_t
auditor_work(struct auditor *a, struct fix_utc now, bool seal,
    struct fix_store_error *e)
{
	ssize_t n;
	int rc;

	e->text[0] = '\0';
	rc = a->next == NULL ? 0 : rotate(a, now);
	if (rc != 0)
		return fix_store_fail(e, rc, "the audit key can't be changed: %s",
		    fix_strerror(rc));
	rc = resume(a, e);
	n = rc != 0 ? rc : read_some(a, e);
	if (rc == 1)
		n = 0;
	if (n == -FIX_E_NOTFOUND) { /* overtaken by a prune */
		rc = pruned(a, e);
		n = rc < 0 ? rc : 0;
	}
	if (n < 0)
		return n;
	rc = commit(a, now, seal, e);
	return rc < 0 ? rc : n;
}
