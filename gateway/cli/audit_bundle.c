/*
 * fixgate audit bundle: events that anybody can check without us.
 *
 * Out: one JSON object in canonical spelling, with the last signed checkpoint,
 * the key's public half and for each event the message behind it and its audit
 * path (RFC 6962 section 2.1.1) to the checkpoint's root. Two passes: hashes of
 * all events that the checkpoint is over, 64 bytes each in memory, then those
 * that the filters let through.
 */
#include <openssl/evp.h>
#include <stdlib.h>

#include "gateway/cli/audit.h"
#include "store/audit_proof.h"

struct bundle {
	struct audit_job *j;
	struct audit_levels tree;
	struct audit_note note;
	char text[AUDIT_NOTE_MAX + 1]; /* of the checkpoint */
	size_t text_len;
	uint64_t put, unsigned_yet;
};

/* First pass: hashes, and the last checkpoint that the key has signed. */
static int
collect(struct bundle *b, const struct audit_key *key)
{
	struct fix_store_error e;
	uint8_t hash[AUDIT_HASH];
	struct audit_note n;
	struct fix_span json, text;
	struct fix_rec r;
	int rc;

	while ((rc = fix_journal_next(b->j->reader, &r, &e)) == 1) {
		text = (struct fix_span){ r.data, r.len };
		if (audit_event_of(&r, hash, &json)) {
			if (audit_levels_add(&b->tree, hash) != 0)
				return cli_fail("out of memory");
		} else if (r.type == AUDIT_REC_CHECKPOINT &&
		    r.len < sizeof(b->text) &&
		    audit_note_read(&n, text, key) == 0) {
			b->note = n;
			memcpy(b->text, r.data, r.len);
			b->text_len = r.len;
		}
	}
	if (rc < 0)
		return cli_fail("%s", e.text);
	if (b->note.size == 0 || b->note.size > b->tree.level[0].n)
		return cli_fail("no checkpoint is signed yet: try again in a "
				"second");
	return audit_levels_build(&b->tree, b->note.size) == 0
		   ? CLI_OK
		   : cli_fail("out of memory");
}

static void
put_b64(const uint8_t *p, size_t len)
{
	unsigned char out[65];

	putchar('"');
	for (size_t n; len > 0; p += n, len -= n) {
		n = len < 48 ? len : 48;
		(void)EVP_EncodeBlock(out, p, (int)n);
		fputs((const char *)out, stdout);
	}
	putchar('"');
}

/* A note is ASCII, but for the dash in front of its signatures. */
static void
put_note(const char *p, size_t len)
{
	putchar('"');
	for (size_t i = 0; i < len; i++) {
		if (p[i] == '\n')
			fputs("\\n", stdout);
		else if (len - i > 2 && memcmp(p + i, "\xe2\x80\x94", 3) == 0)
			i += 2, fputs("\\u2014", stdout);
		else if (p[i] == '"' || p[i] == '\\')
			printf("\\%c", p[i]);
		else
			putchar(p[i]);
	}
	putchar('"');
}

static void
put_proof(const struct bundle *b, uint64_t i)
{
	uint8_t path[AUDIT_TREE_DEPTH][AUDIT_HASH];
	unsigned n = audit_levels_path(&b->tree, i, path);

	fputs(", \"proof\": [", stdout);
	for (unsigned k = 0; k < n; k++) {
		fputs(k == 0 ? "" : ", ", stdout);
		put_b64(path[k], AUDIT_HASH);
	}
	fputs("]}", stdout);
}

static void
put_event(struct bundle *b, const struct audit_seen *e, const uint8_t *hash)
{
	char hex[AUDIT_HEX + 1];

	audit_hex(hex, hash);
	fputs(b->put++ == 0 ? "{\"event\": " : ", {\"event\": ", stdout);
	fwrite(e->json.p, 1, e->hash_at, stdout);
	printf(", \"event_hash\": \"%s\"", hex);
	fwrite(e->json.p + e->hash_at, 1, e->json.len - e->hash_at, stdout);
	fputs(", \"message\": ", stdout);
}

/* Second pass. An event is out when what follows it is read: its message. */
static int
put_events(struct bundle *b)
{
	struct fix_store_error err;
	uint8_t hash[AUDIT_HASH];
	struct fix_span json;
	struct audit_seen e;
	struct fix_rec r;
	uint64_t open = 0; /* an event that waits for its message */
	int rc;

	while ((rc = fix_journal_next(b->j->reader, &r, &err)) == 1) {
		if (open != 0) {
			if (r.type == AUDIT_REC_RAW)
				put_b64(r.data, r.len);
			else
				fputs("null", stdout);
			put_proof(b, open - 1);
			open = 0;
		}
		if (!audit_event_of(&r, hash, &json) ||
		    audit_event_read(&e, json) != 0 || !audit_wanted(b->j, &e))
			continue;
		if (r.order > b->note.size) {
			b->unsigned_yet++;
			continue;
		}
		put_event(b, &e, hash);
		open = r.order;
	}
	return rc < 0 ? cli_fail("%s", err.text) : CLI_OK;
}

static int
put_all(struct bundle *b, const struct audit_key *key)
{
	char text[AUDIT_VKEY_MAX];
	int status;

	fputs("{\"checkpoint\": ", stdout);
	put_note(b->text, b->text_len);
	fputs(", \"events\": [", stdout);
	status = put_events(b);
	audit_key_text(key, text);
	printf("], \"format\": \"fixgate-audit-bundle-1\", \"key\": ");
	put_note(text, strlen(text));
	puts("}");
	if (b->unsigned_yet > 0)
		fprintf(stderr, "fixgate: %llu events are not signed yet and "
		    "left out\n", (unsigned long long)b->unsigned_yet);
	if (status == CLI_OK && b->put == 0)
		return cli_fail("the filters let no signed event through");
	return status;
}

int
audit_bundle(struct audit_job *j)
{
	struct bundle *b = calloc(1, sizeof(*b));
	struct audit_key *key = b == NULL ? NULL : audit_read_key(j);
	int status = CLI_FAILED;

	if (key != NULL) {
		b->j = j;
		status = collect(b, key);
	}
	if (status == CLI_OK)
		status = audit_reopen(j);
	if (status == CLI_OK)
		status = put_all(b, key);
	if (b != NULL)
		audit_levels_free(&b->tree);
	audit_key_free(key);
	free(b);
	return status;
}
