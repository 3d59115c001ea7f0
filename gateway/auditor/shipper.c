/*
 * From the chain's journal to PostgreSQL.
 *
 * In: committed records of the chain. Out: batches, of which a few are under
 * way at a time, and the file shipped, "EVENT RECORD": the last event that the
 * database has, and where it stands. The file saves reading the chain from its
 * beginning; what counts is what the database says when it is asked, at each
 * connection. If it has less than it had, it was restored from an older copy,
 * and gets the rest again. If its last event is not ours there are two
 * histories: nothing is sent, since nobody but a person can say which is true.
 */
#include "gateway/auditor/shipper.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "gateway/auditor/file.h"
#include "store/fail.h"

#define CONNECT_S 5u
#define ANSWER_MS 30000
#define NEAR_DAYS 2 /* partitions ahead: with fewer a person is told */
#define SENT_MAX 64

struct sent {
	uint64_t event, record;
};

struct shipper {
	const char *folder, *name, *url;
	struct fix_disk *disk;
	struct fix_journal_reader *reader;
	struct audit_pg *pg;
	struct audit_pg_stand stand;
	bool met;         /* the event where the database is was compared */
	uint64_t shipped; /* in the database */
	uint64_t known;   /* the most that it has ever had */
	uint64_t read;    /* last event that was read */
	uint64_t read_at; /* its record */
	struct sent sent[SENT_MAX]; /* batches under way */
	unsigned n_sent;
	char note[AUDIT_NOTE_MAX];  /* to be sent behind the batch */
	size_t note_len;
	uint64_t note_size;
	const char *notice;
	char text[300];
};

uint64_t
shipper_cursor(const char *folder, uint64_t *record)
{
	char *path = audit_path(folder, "shipped"), text[64], *rest;
	FILE *f = path == NULL ? NULL : fopen(path, "re");
	uint64_t n = 0;

	*record = 0;
	if (f != NULL) {
		if (fgets(text, sizeof(text), f) != NULL) {
			n = strtoull(text, &rest, 10);
			*record = strtoull(rest, NULL, 10);
		}
		fclose(f);
	}
	free(path);
	return n;
}

struct shipper *
shipper_new(const char *folder, const char *name, const char *url)
{
	struct shipper *s = calloc(1, sizeof(*s));
	uint64_t record;

	if (s == NULL)
		return NULL;
	s->folder = folder;
	s->name = name;
	s->url = url;
	s->known = shipper_cursor(folder, &record);
	return s;
}

static void
hang_up(struct shipper *s)
{
	audit_pg_close(s->pg);
	s->pg = NULL;
	if (s->reader != NULL)
		fix_journal_reader_close(s->reader);
	if (s->disk != NULL)
		s->disk->ops->close(s->disk);
	s->reader = NULL;
	s->disk = NULL;
}

void
shipper_free(struct shipper *s)
{
	if (s == NULL)
		return;
	hang_up(s);
	free(s);
}

const char *
shipper_notice(struct shipper *s)
{
	const char *n = s->notice;

	s->notice = NULL;
	return n;
}

uint64_t
shipper_at(const struct shipper *s)
{
	return s->shipped;
}

static void FIX_PRINTF(2, 3)
tell(struct shipper *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->text, sizeof(s->text), fmt, ap);
	va_end(ap);
	s->notice = s->text;
}

/* The chain from the event on where the database is. @return 0, 1: there is no
 * chain yet, or an error */
static int
open_chain(struct shipper *s, struct fix_store_error *e)
{
	char *path = audit_path(s->folder, "chain");
	uint64_t record, event = shipper_cursor(s->folder, &record);
	int rc = path == NULL ? -FIX_E_NOMEM
			      : fix_disk_dir(&s->disk, path, false);

	free(path);
	if (rc == -FIX_E_NOTFOUND)
		return 1;
	if (rc != 0)
		return fix_store_fail(e, rc, "the audit chain can't be read: "
		    "%s", fix_strerror(rc));
	if (event != s->stand.events)
		record = 0;
	rc = fix_journal_reader_open(&s->reader, s->disk, record, e);
	if (rc != 0 && record != 0)
		rc = fix_journal_reader_open(&s->reader, s->disk, 0, e);
	return rc == -FIX_E_NOTFOUND ? 1 : rc;
}

static int
connect_to(struct shipper *s, struct fix_store_error *e)
{
	struct timespec t;
	int64_t day;
	int rc = audit_pg_open(&s->pg, s->url, s->name, CONNECT_S, &s->stand, e);

	if (rc != 0)
		return rc;
	clock_gettime(CLOCK_REALTIME, &t);
	day = t.tv_sec / 86400;
	s->shipped = s->read = s->stand.events;
	s->met = s->stand.events == 0;
	s->n_sent = 0;
	s->note_len = 0;
	if (s->stand.events < s->known)
		tell(s, "the database had %" PRIu64 " events of the chain and "
		    "has %" PRIu64 " now: it was set back to an older copy; "
		    "the rest is sent again", s->known, s->stand.events);
	else if (s->stand.last_day < day + NEAR_DAYS)
		tell(s, "the database has partitions for %" PRId64 " days to "
		    "come: run audit.prepare()", s->stand.last_day - day);
	rc = open_chain(s, e);
	if (rc == 1 && s->stand.events > 0)
		return fix_store_fail(e, -FIX_E_CORRUPT, "the database has %"
		    PRIu64 " events of chain %s, which is not here",
		    s->stand.events, s->name);
	return rc;
}

/* Where the database is, both must have the same event. */
static int
meet(struct shipper *s, const struct fix_rec *r, const uint8_t *hash,
    struct fix_store_error *e)
{
	if (r->order > s->stand.events)
		return fix_store_fail(e, -FIX_E_CORRUPT, "the chain has no "
		    "event %" PRIu64 ", where the database is",
		    s->stand.events);
	s->met = r->order == s->stand.events;
	s->read_at = r->number;
	if (s->met && memcmp(hash, s->stand.head, AUDIT_HASH) != 0)
		return fix_store_fail(e, -FIX_E_CORRUPT, "FORK: event %" PRIu64
		    " of the database is another one than that of the chain; "
		    "nothing is sent until a person has looked; after a "
		    "restore of an older copy see fixgate-restore(1)",
		    r->order);
	return 0;
}

static int
remember(struct shipper *s)
{
	s->sent[s->n_sent++ % SENT_MAX] = (struct sent){ s->read, s->read_at };
	return 0;
}

static int
send_all(struct shipper *s, struct fix_store_error *e)
{
	struct fix_span note = { (const uint8_t *)s->note, s->note_len };
	int rc = 0;

	if (audit_pg_open_events(s->pg) > 0) {
		rc = audit_pg_send(s->pg, e);
		if (rc == 0)
			rc = remember(s);
	}
	if (rc == 0 && note.len > 0)
		rc = audit_pg_note(s->pg, s->note_size, note, e);
	s->note_len = 0;
	return rc;
}

static int
take_event(struct shipper *s, const struct fix_rec *r,
    struct fix_store_error *e)
{
	uint8_t hash[AUDIT_HASH];
	struct fix_span json;
	int rc = 0;

	if (!audit_event_of(r, hash, &json))
		return fix_store_fail(e, -FIX_E_CORRUPT, "record %" PRIu64
		    " of the chain can't be read", r->number);
	if (!s->met)
		return meet(s, r, hash, e);
	if (r->order <= s->stand.events)
		return 0;
	if (audit_pg_full(s->pg))
		rc = send_all(s, e);
	if (rc == 0)
		rc = audit_pg_add(s->pg, r->order, json, hash);
	s->read = r->order;
	s->read_at = r->number;
	return rc;
}

/* The last one of a stretch is enough: it stands over all of it. */
static void
take_note(struct shipper *s, const struct fix_rec *r)
{
	if (!s->met || s->read <= s->stand.checkpoint ||
	    r->len > sizeof(s->note))
		return;
	memcpy(s->note, r->data, r->len);
	s->note_len = r->len;
	s->note_size = s->read;
}

static int
take_record(struct shipper *s, const struct fix_rec *r,
    struct fix_store_error *e)
{
	if (r->type == AUDIT_REC_EVENT)
		return take_event(s, r, e);
	if (r->type == AUDIT_REC_RAW && s->met && r->order == s->read)
		return audit_pg_raw(s->pg, (struct fix_span){ r->data, r->len });
	if (r->type == AUDIT_REC_CHECKPOINT)
		take_note(s, r);
	return 0;
}

static int
put_shipped(struct shipper *s, uint64_t record)
{
	char text[64];

	snprintf(text, sizeof(text), "%" PRIu64 " %" PRIu64 "\n", s->shipped,
	    record);
	return audit_put_file(s->folder, "shipped", text);
}

/* @return 1 an answer was taken, 0 there is none, or an error */
static int
take_answer(struct shipper *s, int wait_ms, struct fix_store_error *e)
{
	struct sent first = s->sent[0];
	uint64_t seq = 0;
	int rc = audit_pg_take(s->pg, wait_ms, &seq, e);

	if (rc != 1 || seq == 0)
		return rc;
	s->shipped = seq;
	if (seq > s->known)
		s->known = seq;
	if (s->n_sent > 0)
		memmove(s->sent, s->sent + 1,
		    --s->n_sent * sizeof(s->sent[0]));
	rc = put_shipped(s, first.event == seq ? first.record : 0);
	return rc != 0 ? rc : 1;
}

/* Read until a few batches are under way. @return 1 the end was not reached, 0
 * it was, or an error */
static int
read_on(struct shipper *s, struct fix_store_error *e)
{
	struct fix_rec r;
	int rc = 1;

	while (audit_pg_pending(s->pg) < AUDIT_PG_DEPTH && rc == 1) {
		rc = fix_journal_next(s->reader, &r, e);
		if (rc != 1)
			break;
		rc = take_record(s, &r, e);
		rc = rc == 0 ? 1 : rc;
	}
	if (rc == 0 && !s->met)
		return fix_store_fail(e, -FIX_E_CORRUPT, "the database has "
		    "%" PRIu64 " events, and the chain has not so many: it was "
		    "cut, or is another one; after a restore of an older copy "
		    "see fixgate-restore(1)", s->stand.events);
	if (rc == 0) {
		int sent = send_all(s, e);

		return sent < 0 ? sent : 0;
	}
	return rc;
}

int
shipper_work(struct shipper *s, struct fix_store_error *e)
{
	int rc = 0, got;

	e->text[0] = '\0';
	if (s->pg == NULL || s->reader == NULL) {
		hang_up(s);
		rc = connect_to(s, e);
		if (rc == 1) { /* no chain yet */
			hang_up(s);
			return 0;
		}
	}
	if (rc == 0)
		rc = read_on(s, e);
	while (rc >= 0 && audit_pg_pending(s->pg) > 0) {
		got = take_answer(s, ANSWER_MS, e);
		if (got < 0)
			rc = got;
		else if (rc == 1)
			break; /* room for more */
	}
	if (rc < 0)
		hang_up(s);
	return rc;
}
