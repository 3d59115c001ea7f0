/*
 * The chain's writer.
 *
 * In: events in the order of the source. Out: records of the audit journal,
 * whose format and recovery are those of every journal. What it adds is the
 * hash: SHA-256 over the canonical JSON, which holds the hash of the event
 * before. An event's id comes from the chain's name and the event's number, so
 * that an event made a second time, after a crash, is the same event.
 */
#include "store/audit.h"

#include <stdio.h>
#include <stdlib.h>

#define CHECKPOINT_EVENTS 1000u
#define SNAPSHOT_EVERY 50000u /* records of the audit journal */

struct audit {
	struct audit_cfg cfg;
	struct fix_journal *journal;
	struct audit_state state, was; /* was: at the last commit */
	struct audit_tree tree, tree_was;
	uint64_t records; /* of this turn */
	const struct audit_key *next; /* signs beside cfg.key, then alone */
	unsigned events;  /* of this turn */
	struct fix_now now;
	char note[AUDIT_NOTE_MAX];
	char json[AUDIT_EVENT_MAX];
};

void
audit_id(char out[AUDIT_ID_MAX], const char *name, uint64_t number)
{
	static const unsigned parts[] = { 8, 4, 4, 4, 12 };
	char text[AUDIT_NAME_MAX + 40], hex[AUDIT_HEX + 1];
	const char *from = hex;
	uint8_t h[AUDIT_HASH];
	int n = snprintf(text, sizeof(text), "fixgate audit %s %llu", name,
	    (unsigned long long)number);

	audit_sha256(h, text, (size_t)n);
	h[6] = (uint8_t)((h[6] & 0x0f) | 0x80); /* RFC 9562: version 8 */
	h[8] = (uint8_t)((h[8] & 0x3f) | 0x80);
	audit_hex(hex, h);
	for (unsigned i = 0; i < 5; i++) {
		memcpy(out, from, parts[i]);
		out += parts[i];
		from += parts[i];
		*out++ = i < 4 ? '-' : '\0';
	}
}

bool
audit_event_of(const struct fix_rec *r, uint8_t hash[AUDIT_HASH],
    struct fix_span *json)
{
	if (r->type != AUDIT_REC_EVENT || r->len < AUDIT_HASH)
		return false;
	memcpy(hash, r->data, AUDIT_HASH);
	*json = (struct fix_span){ r->data + AUDIT_HASH, r->len - AUDIT_HASH };
	return true;
}

/* STATE record. @return false: it does not read as one */
static bool
read_state(const struct fix_rec *r, struct audit_state *s,
    struct audit_tree *tree)
{
	const uint8_t *p = r->data + sizeof(*s);
	unsigned n = 0;

	if (r->type != AUDIT_REC_STATE || r->len < sizeof(*s))
		return false;
	memcpy(s, r->data, sizeof(*s));
	if (s->version != AUDIT_VERSION ||
	    r->len != sizeof(*s) + (size_t)s->n_parts * AUDIT_HASH)
		return false;
	memset(tree, 0, sizeof(*tree));
	tree->size = s->events;
	for (unsigned i = 0; i < AUDIT_TREE_DEPTH; i++) {
		if ((s->events >> i & 1) == 0)
			continue;
		if (n++ == s->n_parts)
			return false;
		memcpy(tree->part[i], p, AUDIT_HASH);
		p += AUDIT_HASH;
	}
	return n == s->n_parts;
}

static int
last_state(struct fix_disk *disk, uint64_t last, struct audit_state *s,
    struct audit_tree *tree, struct fix_store_error *e)
{
	struct fix_journal_reader *r;
	struct fix_rec rec;
	int rc = fix_journal_reader_open(&r, disk, last, e), found = 0;

	if (rc != 0)
		return rc;
	while ((rc = fix_journal_next(r, &rec, e)) == 1)
		if ((rec.flags & FIX_REC_END) != 0)
			found = read_state(&rec, s, tree) ? 1 : -1;
	fix_journal_reader_close(r);
	if (rc != 0)
		return rc;
	if (found == 1)
		return 0;
	snprintf(e->text, sizeof(e->text), "the audit journal does not end "
	    "with the state of a chain");
	return -FIX_E_CORRUPT;
}

static int
give_kept(struct audit *a, struct fix_store_error *e)
{
	struct fix_journal_reader *r;
	struct fix_span key, value;
	struct fix_rec rec;
	uint16_t n;
	int rc = fix_journal_reader_open(
	    &r, a->cfg.disk, a->state.snapshot, e);

	if (rc != 0)
		return rc;
	while ((rc = fix_journal_next(r, &rec, e)) == 1) {
		if (rec.type != AUDIT_REC_KEEP || rec.len < sizeof(n))
			continue;
		memcpy(&n, rec.data, sizeof(n));
		if (n > rec.len - sizeof(n))
			continue;
		key = (struct fix_span){ rec.data + sizeof(n), n };
		value = (struct fix_span){ key.p + n, rec.len - sizeof(n) - n };
		rc = a->cfg.kept(a->cfg.arg, key, value);
		if (rc != 0)
			break;
	}
	fix_journal_reader_close(r);
	return rc;
}

int
audit_open(struct audit **out, const struct audit_cfg *cfg,
    struct fix_store_error *e)
{
	struct fix_journal_cfg j = { cfg->disk, cfg->segment_bytes,
		FIX_DURABLE_PROCESS };
	struct audit *a = calloc(1, sizeof(*a));
	int rc;

	if (a == NULL)
		return -FIX_E_NOMEM;
	a->cfg = *cfg;
	a->state.version = AUDIT_VERSION;
	rc = fix_journal_open(&a->journal, &j, e);
	if (rc == 0 && fix_journal_last(a->journal) > 0) {
		rc = last_state(cfg->disk, fix_journal_last(a->journal),
		    &a->state, &a->tree, e);
		if (rc == 0)
			rc = give_kept(a, e);
	}
	if (rc != 0) {
		audit_close(a);
		return rc;
	}
	a->was = a->state;
	a->tree_was = a->tree;
	*out = a;
	return 0;
}

void
audit_close(struct audit *a)
{
	if (a == NULL)
		return;
	if (a->journal != NULL)
		fix_journal_close(a->journal);
	free(a);
}

const struct audit_state *
audit_at(const struct audit *a)
{
	return &a->was;
}

unsigned
audit_turn_events(const struct audit *a)
{
	return a->events;
}

static int
append(struct audit *a, uint16_t type, uint64_t order,
    const struct fix_span *parts, unsigned n)
{
	int rc = fix_journal_append(a->journal, type, 0, order, a->now, parts,
	    n, NULL);

	a->records += rc == 0;
	return rc;
}

static int
add(struct audit *a, struct audit_event *e)
{
	char id[AUDIT_ID_MAX], prev[AUDIT_HEX + 1];
	uint8_t hash[AUDIT_HASH];
	struct fix_span parts[2];
	ssize_t n;
	int rc;

	audit_id(id, audit_key_name(a->cfg.key), a->state.events + 1);
	audit_hex(prev, a->state.head);
	audit_number(e, "seq", (int64_t)(a->state.events + 1));
	n = audit_event_write(a->json, sizeof(a->json), e, id, prev);
	if (n < 0)
		return (int)n;
	audit_sha256(hash, a->json, (size_t)n);
	parts[0] = (struct fix_span){ hash, AUDIT_HASH };
	parts[1] = (struct fix_span){ (const uint8_t *)a->json, (size_t)n };
	a->now.utc = e->when;
	rc = append(a, AUDIT_REC_EVENT, a->state.events + 1, parts, 2);
	if (rc != 0)
		return rc;
	a->state.events++;
	memcpy(a->state.head, hash, AUDIT_HASH);
	audit_tree_add(&a->tree, hash);
	a->events++;
	return 0;
}

/* The day's size and root, in the chain itself: the next day begins behind it,
 * so that no day can be exchanged without the one after it. */
static int
close_day(struct audit *a, struct fix_utc when)
{
	char stamp[AUDIT_STAMP_MAX], root[AUDIT_HEX + 1];
	uint8_t hash[AUDIT_HASH];
	struct audit_event e = { .type = "AUDIT_SEGMENT_CLOSED",
		.action = "close_day", .resource_type = "audit_segment",
		.actor = fix_span_of("fixgate"), .when = when };

	audit_stamp(stamp, (struct fix_utc){ a->state.day * FIX_DAY });
	stamp[10] = '\0'; /* the date alone */
	e.resource_id = fix_span_of(stamp);
	audit_tree_root(&a->tree, hash);
	audit_hex(root, hash);
	audit_number(&e, "first_seq", (int64_t)a->state.day_first);
	audit_number(&e, "last_seq", (int64_t)a->state.events);
	audit_text(&e, "merkle_root", fix_span_of(root));
	return add(a, &e);
}

/* A clock that was set back does not open a day again. */
int
audit_add(struct audit *a, struct audit_event *e)
{
	int64_t day = e->when.ns / FIX_DAY;
	int rc;

	if (a->state.events == 0 || day > a->state.day) {
		rc = a->state.events == 0 ? 0 : close_day(a, e->when);
		if (rc != 0)
			return rc;
		a->state.day = day;
		a->state.day_first = a->state.events + 1;
	}
	return add(a, e);
}

int
audit_raw(struct audit *a, struct fix_span bytes)
{
	return append(a, AUDIT_REC_RAW, a->state.events, &bytes, 1);
}

int
audit_keep(struct audit *a, struct fix_span key, struct fix_span value)
{
	uint16_t n = (uint16_t)key.len;
	struct fix_span parts[3] = { { (const uint8_t *)&n, sizeof(n) }, key,
		value };

	if (key.len > UINT16_MAX)
		return -FIX_E_TOOBIG;
	return append(a, AUDIT_REC_KEEP, 0, parts, 3);
}

void
audit_rotate(struct audit *a, const struct audit_key *next, bool both)
{
	if (both)
		a->next = next;
	else
		a->cfg.key = next;
}

static bool
checkpoint_due(const struct audit *a, struct fix_utc now, bool seal)
{
	uint64_t n = a->state.events - a->state.checkpoint;
	int64_t age = now.ns - a->state.checkpoint_ns;

	return n > 0 && (seal || n >= CHECKPOINT_EVENTS || age >= FIX_SEC ||
	    age < 0);
}

static int
checkpoint(struct audit *a, struct fix_utc now)
{
	struct audit_note n = { .size = a->state.events, .when = now };
	struct fix_span text;
	ssize_t len;

	audit_tree_root(&a->tree, n.root);
	memcpy(n.head, a->state.head, AUDIT_HASH);
	len = audit_note_write(a->note, &n, a->cfg.key);
	if (len > 0 && a->next != NULL)
		len = audit_note_sign_too(a->note, (size_t)len, a->next);
	if (len < 0)
		return (int)len;
	text = (struct fix_span){ (const uint8_t *)a->note, (size_t)len };
	a->state.checkpoint = a->state.events;
	a->state.checkpoint_ns = now.ns;
	return append(a, AUDIT_REC_CHECKPOINT, 0, &text, 1);
}

static int
write_state(struct audit *a)
{
	uint8_t parts[AUDIT_TREE_DEPTH][AUDIT_HASH];
	struct fix_span out[2];
	unsigned n = 0;

	for (unsigned i = 0; i < AUDIT_TREE_DEPTH; i++)
		if ((a->tree.size >> i & 1) != 0)
			memcpy(parts[n++], a->tree.part[i], AUDIT_HASH);
	a->state.n_parts = n;
	out[0] = (struct fix_span){ (const uint8_t *)&a->state,
		sizeof(a->state) };
	out[1] = (struct fix_span){ parts[0], (size_t)n * AUDIT_HASH };
	return append(a, AUDIT_REC_STATE, 0, out, 2);
}

static int
snapshot(struct audit *a)
{
	uint64_t next = fix_journal_last(a->journal) + a->records + 1;

	if (a->state.snapshot != 0 && next - a->state.snapshot < SNAPSHOT_EVERY)
		return 0;
	a->state.snapshot = next;
	return a->cfg.keep_all(a->cfg.arg, a);
}

static void
undo(struct audit *a)
{
	fix_journal_abort(a->journal);
	a->state = a->was;
	a->tree = a->tree_was;
	a->records = a->events = 0;
}

int
audit_commit(struct audit *a, uint64_t cursor, const uint8_t source[8],
    struct fix_utc now, bool seal, const char **note)
{
	bool due = checkpoint_due(a, now, seal);
	int rc;

	a->now.utc = now;
	a->state.cursor = cursor;
	memcpy(a->state.source, source, sizeof(a->state.source));
	rc = snapshot(a);
	if (rc == 0 && due)
		rc = checkpoint(a, now);
	if (rc == 0)
		rc = write_state(a);
	if (rc == 0 && fix_journal_commit(a->journal) < 0)
		rc = -FIX_E_IO;
	if (rc == 0 && due)
		rc = fix_journal_sync(a->journal);
	if (rc != 0) {
		undo(a);
		return rc;
	}
	if (due && a->next != NULL) {
		a->cfg.key = a->next;
		a->next = NULL;
	}
	a->was = a->state;
	a->tree_was = a->tree;
	a->records = a->events = 0;
	*note = a->note;
	return due ? 1 : 0;
}
