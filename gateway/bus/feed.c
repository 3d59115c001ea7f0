/*
 * Following the audit journal for one bus.
 *
 * The cursor file holds two numbers: the audit record and the event that were
 * confirmed last. It is replaced as a whole. If it is lost the bus gets all of
 * the trail again, under the same keys; if it points beyond the trail, which
 * can only be another trail, that is an error for a person.
 */
#include "gateway/bus/feed.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/audit.h"

struct feed {
	char *audit, *chain, *cursor, *fresh, *status;
	const char *name; /* of the chain */
	const struct bus_cfg *cfg;
	struct fix_disk *disk;
	struct fix_journal_reader *reader;
	uint64_t record, event;       /* confirmed */
	uint64_t to_record, to_event; /* of the batch */
	struct bus_message *messages;
	uint8_t *bytes; /* BUS_BATCH_BYTES */
	size_t used;
	unsigned n, events;
	bool pending; /* a batch was read and is not kept */
	struct fix_utc oldest;
};

static char *
join(const char *a, const char *b, const char *c)
{
	char *s = NULL;

	return asprintf(&s, "%s%s%s", a, b, c) < 0 ? NULL : s;
}

static bool
make_names(struct feed *f, const char *audit, const char *folder)
{
	const char *kind = bus_kind_name(f->cfg->kind);
	char *base = join(folder, "/", kind);

	f->audit = strdup(audit);
	f->chain = join(audit, "/chain", "");
	if (base != NULL) {
		f->cursor = join(base, ".cursor", "");
		f->fresh = join(base, ".cursor~", "");
		f->status = join(base, ".status", "");
	}
	free(base);
	return f->audit != NULL && f->chain != NULL && f->cursor != NULL &&
	       f->fresh != NULL && f->status != NULL;
}

static int
read_cursor(struct feed *f, struct fix_store_error *e)
{
	FILE *in = fopen(f->cursor, "re");
	int n;

	if (in == NULL && errno == ENOENT)
		return 0;
	n = in == NULL
		? 0
		: fscanf(in, "%" SCNu64 " %" SCNu64, &f->record, &f->event);
	if (in != NULL)
		fclose(in);
	if (n == 2)
		return 0;
	snprintf(e->text, sizeof(e->text),
	    "%s can't be read: without it all events are published again; "
	    "remove it if that is wanted",
	    f->cursor);
	return -FIX_E_CORRUPT;
}

int
feed_open(struct feed **out, const char *audit, const char *folder,
    const char *name, const struct bus_cfg *cfg, struct fix_store_error *e)
{
	struct feed *f = calloc(1, sizeof(*f));
	int rc = -FIX_E_NOMEM;

	e->text[0] = '\0';
	if (f == NULL)
		return rc;
	f->name = name;
	f->cfg = cfg;
	f->messages =
	    calloc((size_t)cfg->batch * BUS_N_STREAM, sizeof(*f->messages));
	f->bytes = malloc(BUS_BATCH_BYTES);
	if (f->messages != NULL && f->bytes != NULL &&
	    make_names(f, audit, folder)) {
		rc = 0;
		if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
			snprintf(e->text, sizeof(e->text),
			    "can't make folder %.200s: %s", folder,
			    strerror(errno));
			rc = -FIX_E_IO;
		}
	}
	if (rc == 0)
		rc = read_cursor(f, e);
	if (rc == 0) {
		*out = f;
		return 0;
	}
	if (e->text[0] == '\0')
		snprintf(e->text, sizeof(e->text), "%s", fix_strerror(rc));
	feed_close(f);
	return rc;
}

static void
stop_reading(struct feed *f)
{
	if (f->reader != NULL)
		fix_journal_reader_close(f->reader);
	if (f->disk != NULL)
		f->disk->ops->close(f->disk);
	f->reader = NULL;
	f->disk = NULL;
}

void
feed_close(struct feed *f)
{
	if (f == NULL)
		return;
	stop_reading(f);
	free(f->messages);
	free(f->bytes);
	free(f->audit);
	free(f->chain);
	free(f->cursor);
	free(f->fresh);
	free(f->status);
	free(f);
}

/* @return 0, 1: the auditor has not made a trail yet, or an error */
static int
start_reading(struct feed *f, struct fix_store_error *e)
{
	int rc;

	if (f->reader != NULL)
		return 0;
	if (fix_disk_dir(&f->disk, f->chain, false) != 0)
		return 1;
	rc = fix_journal_reader_open(&f->reader, f->disk, f->record + 1, e);
	if (rc == 0)
		return 0;
	stop_reading(f);
	if (rc == -FIX_E_NOTFOUND && f->record == 0)
		return 1;
	if (rc == -FIX_E_NOTFOUND)
		snprintf(e->text, sizeof(e->text),
		    "%s says record %" PRIu64 ", which the audit trail does "
		    "not have: is it of another one?",
		    f->cursor, f->record);
	return rc;
}

/* A copy of bytes, which the journal may unmap. @return NULL p: no room */
static struct fix_span
copy(struct feed *f, struct fix_span s)
{
	struct fix_span out = { f->bytes + f->used, s.len };

	if (s.len > BUS_BATCH_BYTES - f->used)
		return (struct fix_span){ NULL, 0 };
	if (s.len > 0)
		memcpy(f->bytes + f->used, s.p, s.len);
	f->used += s.len;
	return out;
}

/* The twelve fields: event_hash takes its place among the others. */
static struct fix_span
with_hash(struct feed *f, const struct audit_seen *e, const uint8_t *hash)
{
	struct fix_span head = { e->json.p, e->hash_at };
	struct fix_span tail = { e->json.p + e->hash_at,
		e->json.len - e->hash_at };
	struct fix_span out = { f->bytes + f->used, 0 };
	char hex[AUDIT_HEX + 1], text[AUDIT_HEX + 24];
	int n;

	audit_hex(hex, hash);
	n = snprintf(text, sizeof(text), ", \"event_hash\": \"%s\"", hex);
	if (copy(f, head).p == NULL ||
	    copy(f, (struct fix_span){ (uint8_t *)text, (size_t)n }).p ==
		NULL ||
	    copy(f, tail).p == NULL)
		return (struct fix_span){ NULL, 0 };
	out.len = (size_t)(f->bytes + f->used - out.p);
	return out;
}

static void
address(struct feed *f, uint64_t number, struct fix_span type,
    struct fix_span about, struct fix_span json)
{
	unsigned wanted = bus_streams_of(type) & f->cfg->streams;

	for (unsigned i = 0; i < BUS_N_STREAM; i++) {
		struct bus_message *m = &f->messages[f->n];

		if ((wanted & 1u << i) == 0)
			continue;
		m->number = number;
		m->about = about;
		m->json = json;
		snprintf(m->stream, sizeof(m->stream), "%s.%s", f->cfg->prefix,
		    bus_stream_name((enum bus_stream)i));
		snprintf(
		    m->key, sizeof(m->key), "%s/%" PRIu64, f->name, number);
		snprintf(m->type, sizeof(m->type), "%.*s", (int)type.len,
		    (const char *)type.p);
		f->n++;
	}
}

/* @return 1, 0: no room for it in this batch, or an error */
static int
take(struct feed *f, const struct fix_rec *r, struct fix_span json,
    const uint8_t *hash, struct fix_store_error *e)
{
	size_t used = f->used;
	struct audit_seen seen;
	struct fix_span whole, about;

	if (audit_event_read(&seen, json) != 0) {
		snprintf(e->text, sizeof(e->text),
		    "event %" PRIu64 " can't be read: 'fixgate audit verify' "
		    "says more",
		    r->order);
		return -FIX_E_CORRUPT;
	}
	whole = with_hash(f, &seen, hash);
	about = copy(f, seen.field[AUDIT_RESOURCE_ID]);
	if (whole.p == NULL || about.p == NULL) {
		f->used = used;
		return 0;
	}
	if (f->events == 0)
		f->oldest = r->wall;
	address(f, r->order, seen.field[AUDIT_EVENT_TYPE], about, whole);
	f->events++;
	f->to_event = r->order;
	f->to_record = r->number;
	return 1;
}

/* An event that did not fit must come again: reading starts anew at it. */
static int
fill(struct feed *f, struct fix_store_error *e)
{
	uint8_t hash[AUDIT_HASH];
	struct fix_span json;
	struct fix_rec r;
	bool full = false;
	int rc = 1;

	while (!full && f->events < f->cfg->batch &&
	       (rc = fix_journal_next(f->reader, &r, e)) == 1) {
		if (!audit_event_of(&r, hash, &json))
			continue;
		rc = take(f, &r, json, hash, e);
		full = rc == 0;
		if (rc < 0)
			break;
	}
	if (rc < 0 || full)
		stop_reading(f);
	return rc < 0 ? rc : 0;
}

int
feed_read(struct feed *f, struct feed_batch *out, struct fix_store_error *e)
{
	int rc = 0;

	e->text[0] = '\0';
	if (!f->pending) {
		f->n = f->events = 0;
		f->used = 0;
		rc = start_reading(f, e);
		if (rc == 0)
			rc = fill(f, e);
		if (rc != 0 || f->events == 0)
			return rc < 0 ? rc : 0;
	}
	f->pending = true;
	*out = (struct feed_batch){ f->messages, f->n, f->events, f->to_event,
		f->oldest };
	return 1;
}

static int
put(const struct feed *f, const char *path, const char *text)
{
	int fd = open(f->fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool good =
	    fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0 && close(fd) != 0)
		good = false;
	return good && rename(f->fresh, path) == 0 ? 0 : -FIX_E_IO;
}

int
feed_keep(struct feed *f)
{
	char text[64];

	f->record = f->to_record;
	f->event = f->to_event;
	f->pending = false;
	snprintf(text, sizeof(text), "%" PRIu64 " %" PRIu64 "\n", f->record,
	    f->event);
	return put(f, f->cursor, text);
}

uint64_t
feed_at(const struct feed *f)
{
	return f->event;
}

uint64_t
feed_there(const struct feed *f)
{
	char *path = join(f->audit, "/checkpoint", ""), line[256];
	FILE *in = path == NULL ? NULL : fopen(path, "re");
	uint64_t n = 0;

	if (in != NULL) {
		if (fgets(line, sizeof(line), in) != NULL &&
		    fgets(line, sizeof(line), in) != NULL)
			n = strtoull(line, NULL, 10);
		fclose(in);
	}
	free(path);
	return n > f->event ? n : f->event;
}

void
feed_status(const struct feed *f, struct fix_utc now, int64_t lag_ns, bool up)
{
	char text[256];

	snprintf(text, sizeof(text),
	    "{\"bus\": \"%s\", \"up\": %s, \"published\": %" PRIu64
	    ", \"behind\": %" PRIu64 ", \"lag_seconds\": %lld, \"time\": "
	    "%lld}\n",
	    bus_kind_name(f->cfg->kind), up ? "true" : "false", f->event,
	    feed_there(f) - f->event, (long long)(lag_ns / FIX_SEC),
	    (long long)(now.ns / FIX_SEC));
	(void)put(f, f->status, text);
}
