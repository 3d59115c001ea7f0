/*
 * From checkpoints to cosignatures.
 *
 * Held are the tree as the witness has seen it (base) and the complete subtrees of
 * what came since (more): with both the proof is made without reading the chain
 * again. With each checkpoint they are set aside as what is offered, and behind it
 * begins what will be "more" once it is cosigned (after).
 *
 * What the witness has seen is its own to say. If it is not what we took it to
 * be, the chain is read again up to there; if the chain is shorter, it was cut.
 */
#include "gateway/auditor/pusher.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "fix/decimal.h"
#include "gateway/auditor/file.h"
#include "gateway/vault/http.h"

#define TIMEOUT_S 3

struct pusher {
	const char *folder, *name, *ca_file;
	char url[1024], file[128];
	struct audit_key *key;
	uint64_t sought; /* what the witness has seen, as far as we know */
	bool based;      /* base is that tree */
	struct audit_tree base, offered_tree;
	struct audit_range more, offered, after;
	char note[AUDIT_NOTE_MAX + 1]; /* of offered_tree; empty: nothing new */
};

/* The size in a note of ours, for a first guess. */
static uint64_t
cosigned_before(const struct pusher *p)
{
	char *path = audit_path(p->folder, p->file);
	FILE *f = path == NULL ? NULL : fopen(path, "re");
	uint64_t size = 0;

	if (f != NULL) {
		if (fscanf(f, "%*100[^\n]\n%" SCNu64 "\n", &size) != 1)
			size = 0;
		fclose(f);
	}
	free(path);
	return size;
}

struct pusher *
pusher_new(const char *folder, const char *name, const char *url,
    const char *ca_file, const char *key)
{
	struct pusher *p = calloc(1, sizeof(*p));
	size_t n = strlen(url);

	if (p == NULL || audit_key_read(&p->key, fix_span_of(key)) != 0 ||
	    !audit_key_cosigns(p->key)) {
		pusher_free(p);
		return NULL;
	}
	while (n > 0 && url[n - 1] == '/')
		n--;
	snprintf(p->url, sizeof(p->url), "%.*s/add-checkpoint", (int)n, url);
	snprintf(p->file, sizeof(p->file), "witnessed-%s", name);
	p->folder = folder;
	p->name = name;
	p->ca_file = ca_file;
	p->sought = cosigned_before(p);
	return p;
}

void
pusher_free(struct pusher *p)
{
	if (p == NULL)
		return;
	audit_key_free(p->key);
	free(p);
}

const char *
pusher_name(const struct pusher *p)
{
	return p->name;
}

uint64_t
pusher_at(const struct pusher *p)
{
	return p->based ? p->base.size : 0;
}

static void
begin_at(struct pusher *p, const struct audit_tree *walk)
{
	if (p->based || walk->size != p->sought)
		return;
	p->base = *walk;
	p->based = true;
	p->note[0] = '\0';
	audit_range_begin(&p->more, walk->size);
}

void
pusher_event(struct pusher *p, const struct audit_tree *walk,
    const uint8_t hash[AUDIT_HASH])
{
	begin_at(p, walk);
	if (!p->based)
		return;
	if (p->more.next == walk->size)
		audit_range_add(&p->more, hash);
	if (p->note[0] != '\0' && p->after.next == walk->size)
		audit_range_add(&p->after, hash);
}

void
pusher_checkpoint(struct pusher *p, const struct audit_tree *walk,
    struct fix_span note)
{
	begin_at(p, walk);
	if (!p->based || p->more.next != walk->size ||
	    walk->size == p->base.size || note.len > AUDIT_NOTE_MAX)
		return;
	memcpy(p->note, note.p, note.len);
	p->note[note.len] = '\0';
	p->offered_tree = *walk;
	p->offered = p->more;
	audit_range_begin(&p->after, walk->size);
}

static void
write_request(const struct pusher *p, FILE *f)
{
	uint8_t proof[AUDIT_PROOF_MAX][AUDIT_HASH];
	unsigned n = audit_proof_make(proof, &p->base, &p->offered);
	char text[AUDIT_HASH_TEXT];

	fprintf(f, "old %" PRIu64 "\n", p->base.size);
	for (unsigned i = 0; i < n; i++) {
		audit_hash_write(text, proof[i]);
		fprintf(f, "%s\n", text);
	}
	fprintf(f, "\n%s", p->note);
}

/* The note with the cosignature behind it, for whoever wants to see it. */
static bool
keep(const struct pusher *p, struct fix_span line)
{
	char text[AUDIT_NOTE_MAX + AUDIT_COSIGNATURE_MAX + 1];

	if (line.len >= AUDIT_COSIGNATURE_MAX)
		return false;
	snprintf(text, sizeof(text), "%s%.*s", p->note, (int)line.len,
	    (const char *)line.p);
	return audit_put_synced(p->folder, p->file, text) == 0;
}

static enum pusher_said
cosigned(struct pusher *p, struct fix_span body, char *why, size_t cap)
{
	struct fix_utc when;

	if (audit_cosigned(fix_span_of(p->note), body, p->key, &when) != 0) {
		snprintf(why, cap, "its answer is no cosignature by its key");
		return PUSHER_AWAY;
	}
	if (!keep(p, body)) {
		snprintf(why, cap, "can't write %s/%s", p->folder, p->file);
		return PUSHER_AWAY;
	}
	p->base = p->offered_tree;
	p->sought = p->base.size;
	p->more = p->after;
	p->note[0] = '\0';
	return PUSHER_COSIGNED;
}

static enum pusher_said
was_cut(uint64_t seen, uint64_t here, char *why, size_t cap)
{
	snprintf(why, cap, "it has seen %" PRIu64 " events of the trail, which "
	    "has %" PRIu64 ": the trail was cut", seen, here);
	return PUSHER_REFUSED;
}

/* It has seen another size, or another tree of the same. */
static enum pusher_said
conflict(struct pusher *p, struct fix_span body, char *why, size_t cap)
{
	uint64_t here = p->offered_tree.size;
	int64_t seen;

	while (body.len > 0 && body.p[body.len - 1] == '\n')
		body.len--;
	if (fix_int_parse(body, &seen) != 0 || seen < 0) {
		snprintf(why, cap, "its answer names no size");
		return PUSHER_AWAY;
	}
	if ((uint64_t)seen == p->base.size) {
		snprintf(why, cap, "FORK: it has seen another history of the "
		    "first %" PRId64 " events", seen);
		return PUSHER_REFUSED;
	}
	if ((uint64_t)seen > here)
		return was_cut((uint64_t)seen, here, why, cap);
	snprintf(why, cap, "it has seen %" PRId64 " events, not %" PRIu64, seen,
	    p->base.size);
	p->sought = (uint64_t)seen;
	p->based = false;
	return PUSHER_REWIND;
}

static enum pusher_said
judge(struct pusher *p, long status, struct fix_span body, char *why, size_t cap)
{
	if (status == 200)
		return cosigned(p, body, why, cap);
	if (status == 409)
		return conflict(p, body, why, cap);
	if (status < 0)
		return PUSHER_AWAY;
	snprintf(why, cap, "it answered %ld: %.*s", status,
	    (int)(body.len > 200 ? 200 : body.len), (const char *)body.p);
	why[strcspn(why, "\n")] = '\0';
	return status == 422 ? PUSHER_REFUSED : PUSHER_AWAY;
}

enum pusher_said
pusher_push(struct pusher *p, const struct audit_tree *walk, struct http *http,
    char *why, size_t cap)
{
	struct http_request r = { .url = p->url, .ca_file = p->ca_file,
		.type = "text/plain", .timeout_s = TIMEOUT_S };
	enum pusher_said said = PUSHER_AWAY;
	struct fix_span body;
	char *text = NULL;
	size_t len;
	FILE *f;

	if (!p->based && p->sought > walk->size)
		return was_cut(p->sought, walk->size, why, cap);
	if (!p->based || p->note[0] == '\0')
		return PUSHER_NOTHING;
	f = open_memstream(&text, &len);
	if (f != NULL) {
		write_request(p, f);
		if (fclose(f) == 0) {
			r.body = text;
			said = judge(p, http_do(http, &r, &body, why, cap),
			    body, why, cap);
		}
	}
	free(text);
	return said;
}
