/*
 * Does to a chain what somebody with the rights might: copies an audit journal
 * record by record through the journal's own writer, so that every checksum of
 * the file is right, and changes it on the way.
 *
 *     forge FROM TO CASE [EVENT]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/audit.h"

#define BYTES (1024 * 1024)

struct forge {
	const char *what;
	uint64_t event;
	struct fix_journal *out;
	struct audit_key *key; /* of a forger */
	struct audit_tree tree;
	uint8_t head[AUDIT_HASH];
	uint64_t shift; /* events that were left out or put in, signed */
	struct fix_rec held;
	uint8_t *held_data;
	char changed[AUDIT_EVENT_MAX + AUDIT_HASH];
	char note[AUDIT_NOTE_MAX];
};

static bool
is(const struct forge *f, const char *what)
{
	return strcmp(f->what, what) == 0;
}

static void
put(struct forge *f, const struct fix_rec *r, const void *data, size_t len)
{
	struct fix_span part = { data, len };
	struct fix_now now = { r->wall, r->mono };

	if (fix_journal_append(f->out, r->type, r->session, r->order, now,
		&part, 1, NULL) != 0)
		abort();
}

/* A letter of the event's JSON, and with `whole` its hash made to fit. */
static void
change_letter(struct forge *f, const struct fix_rec *r, bool whole)
{
	char *json = f->changed + AUDIT_HASH;
	char *at;

	memcpy(f->changed, r->data, r->len);
	f->changed[r->len] = '\0';
	at = strstr(json, "\"actor\": \"");
	if (at == NULL)
		abort();
	at[10] ^= 1;
	if (whole)
		audit_sha256((uint8_t *)f->changed, json, r->len - AUDIT_HASH);
	put(f, r, f->changed, r->len);
}

/* All hashes from this event on made anew, as one would who has all rights but
 * the key. */
static void
chain_again(struct forge *f, const struct fix_rec *r)
{
	char *json = f->changed + AUDIT_HASH, *at, hex[AUDIT_HEX + 1];

	memcpy(f->changed, r->data, r->len);
	f->changed[r->len] = '\0';
	at = strstr(json, "\"previous_hash\": \"");
	audit_hex(hex, f->head);
	memcpy(at + 18, hex, AUDIT_HEX);
	at = strstr(json, "\"actor\": \"");
	if (r->order == f->event)
		at[10] ^= 1;
	audit_sha256(f->head, json, r->len - AUDIT_HASH);
	memcpy(f->changed, f->head, AUDIT_HASH);
	audit_tree_add(&f->tree, f->head);
	put(f, r, f->changed, r->len);
}

static void
sign_again(struct forge *f, const struct fix_rec *r)
{
	struct audit_note n = { .size = f->tree.size, .when = r->wall };
	ssize_t len;

	audit_tree_root(&f->tree, n.root);
	memcpy(n.head, f->head, AUDIT_HASH);
	len = audit_note_write(f->note, &n, f->key);
	if (len < 0)
		abort();
	put(f, r, f->note, (size_t)len);
}

static void
state_again(struct forge *f, const struct fix_rec *r)
{
	struct audit_state s;

	memcpy(&s, r->data, sizeof(s));
	memcpy(s.head, f->head, AUDIT_HASH);
	memcpy(f->changed, r->data, r->len);
	memcpy(f->changed, &s, sizeof(s));
	put(f, r, f->changed, r->len);
}

static void
chain_record(struct forge *f, const struct fix_rec *r)
{
	if (r->type == AUDIT_REC_EVENT)
		chain_again(f, r);
	else if (r->type == AUDIT_REC_CHECKPOINT && is(f, "replace"))
		sign_again(f, r);
	else if (r->type == AUDIT_REC_STATE)
		state_again(f, r);
	else
		put(f, r, r->data, r->len);
}

/* The first event of two that change places; its message stays behind. */
static bool
swap(struct forge *f, const struct fix_rec *r)
{
	if (r->type != AUDIT_REC_EVENT || !is(f, "swap"))
		return false;
	if (r->order == f->event) {
		f->held = *r;
		f->held_data = malloc(r->len);
		memcpy(f->held_data, r->data, r->len);
		return true;
	}
	if (r->order == f->event + 1) {
		put(f, r, r->data, r->len);
		put(f, &f->held, f->held_data, f->held.len);
		return true;
	}
	return false;
}

static void
copy(struct forge *f, const struct fix_rec *r)
{
	bool at = r->order == f->event;
	uint8_t *data;

	if (is(f, "rehash") || is(f, "replace")) {
		chain_record(f, r);
	} else if (at && r->type == AUDIT_REC_EVENT && is(f, "letter")) {
		change_letter(f, r, false);
	} else if (at && r->type == AUDIT_REC_EVENT && is(f, "hash")) {
		change_letter(f, r, true);
	} else if (at && is(f, "remove")) {
		return;
	} else if (at && r->type == AUDIT_REC_RAW && is(f, "unmessage")) {
		return;
	} else if (at && r->type == AUDIT_REC_RAW && is(f, "message")) {
		data = malloc(r->len);
		memcpy(data, r->data, r->len);
		data[20] ^= 1;
		put(f, r, data, r->len);
		free(data);
	} else if (at && r->type == AUDIT_REC_EVENT && is(f, "insert")) {
		put(f, r, r->data, r->len);
		put(f, r, r->data, r->len);
	} else if (r->type == AUDIT_REC_CHECKPOINT && is(f, "checkpoint")) {
		audit_event_of(r, f->head, &(struct fix_span){ NULL, 0 });
		sign_again(f, r);
	} else if (!swap(f, r)) {
		put(f, r, r->data, r->len);
	}
}

static int
run(struct forge *f, struct fix_disk *from)
{
	struct fix_journal_reader *in;
	struct fix_store_error e;
	struct fix_rec r;
	uint64_t last = 0;
	int rc = fix_journal_reader_open(&in, from, 0, &e);

	while (rc == 0 && (rc = fix_journal_next(in, &r, &e)) == 1) {
		rc = 0;
		if (r.type == AUDIT_REC_EVENT)
			last = r.order;
		/* cut: whole turns from the one of this event on. */
		if (is(f, "cut") && last >= f->event)
			break;
		copy(f, &r);
		if ((r.flags & FIX_REC_END) != 0 &&
		    fix_journal_commit(f->out) < 0)
			return 1;
	}
	fix_journal_reader_close(in);
	return rc < 0;
}

int
main(int argc, char **argv)
{
	static struct forge f;
	struct fix_journal_cfg cfg = { NULL, BYTES, FIX_DURABLE_PROCESS };
	struct fix_disk *from, *to;
	struct fix_store_error e;
	char path[4096];

	if (argc < 4)
		return 2;
	f.what = argv[3];
	f.event = argc > 4 ? strtoull(argv[4], NULL, 10) : 0;
	snprintf(path, sizeof(path), "%s/../forger.pem", argv[2]);
	if (fix_disk_dir(&from, argv[1], false) != 0 ||
	    fix_disk_dir(&to, argv[2], true) != 0 ||
	    audit_key_open(&f.key, path, "audit.example/demo", &e) != 0)
		return 1;
	cfg.disk = to;
	if (fix_journal_open(&f.out, &cfg, &e) != 0 || run(&f, from) != 0)
		return 1;
	fix_journal_close(f.out);
	to->ops->close(to);
	from->ops->close(from);
	audit_key_free(f.key);
	return 0;
}
