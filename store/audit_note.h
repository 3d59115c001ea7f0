/*
 * Checkpoints: what the chain was at a moment, signed. The text is a C2SP
 * signed note holding a tlog-checkpoint:
 *
 *     NAME                      whose chain: also the key's name
 *     1234                      events in it
 *     BASE64                    root of the Merkle tree over their hashes
 *     head HEX                  event_hash of the last one
 *     time 2026-11-25T10:15:02.123456+00:00
 *
 *     — NAME BASE64             Ed25519 over the lines above
 */
#ifndef FIXGATE_STORE_AUDIT_NOTE_H
#define FIXGATE_STORE_AUDIT_NOTE_H

#include "store/audit_tree.h"
#include "store/journal.h"

#define AUDIT_NAME_MAX 100  /* of the chain; no blank and no plus */
#define AUDIT_NOTE_MAX 1024 /* bytes of a note */
#define AUDIT_VKEY_MAX 200  /* NAME+HEX+BASE64, with NUL */
#define AUDIT_COSIGNATURE_MAX 256 /* a witness's line, with NUL */

struct audit_key; /* with its secret half, or only the public one */

struct audit_note {
	uint64_t size;
	uint8_t root[AUDIT_HASH], head[AUDIT_HASH];
	struct fix_utc when; /* written only */
};

/** A name that a note can have: printable ASCII without blank and plus. */
bool audit_name_ok(const char *name);
/**
 * The signing key of a file, PEM, which only its owner may read; it is made if
 * it is missing.
 *
 * @return 0, -FIX_E_IO, -FIX_E_FORMAT, -FIX_E_NOMEM; *e says it in a sentence
 */
int audit_key_open(struct audit_key **out, const char *path, const char *name,
    struct fix_store_error *e) FIX_MUST_CHECK;
/** The same for a witness's key, which makes cosignatures and no notes. */
int audit_witness_key_open(struct audit_key **out, const char *path,
    const char *name, struct fix_store_error *e) FIX_MUST_CHECK;
/** The public half from its text, NAME+HEX+BASE64, as C2SP signed-note writes
 * verifier keys; of either kind. @return 0, -FIX_E_FORMAT, -FIX_E_NOMEM */
int audit_key_read(struct audit_key **out, struct fix_span text) FIX_MUST_CHECK;
/** Its text. @return bytes, NUL-terminated */
size_t audit_key_text(const struct audit_key *k, char out[AUDIT_VKEY_MAX]);
const char *audit_key_name(const struct audit_key *k);
/** Is it a witness's? */
bool audit_key_cosigns(const struct audit_key *k);
/** The four bytes by which a signature names its key, as 8 hex digits. */
void audit_key_hash(const struct audit_key *k, char out[9]);
void audit_key_free(struct audit_key *k);

/** A hash in base64, as notes and proofs write it. @return false: it is none */
bool audit_hash_read(uint8_t out[AUDIT_HASH], struct fix_span text);
#define AUDIT_HASH_TEXT 45 /* with NUL */
void audit_hash_write(char out[AUDIT_HASH_TEXT], const uint8_t hash[AUDIT_HASH]);

/** Sign. @return bytes written, NUL-terminated; -FIX_E_STATE (no secret half),
 * -FIX_E_NOMEM */
ssize_t audit_note_write(char out[AUDIT_NOTE_MAX], const struct audit_note *n,
    const struct audit_key *k) FIX_MUST_CHECK;
/** Another key of the same name signs, too, what was just written: len bytes.
 * @return as audit_note_write() */
ssize_t audit_note_sign_too(char note[AUDIT_NOTE_MAX], size_t len,
    const struct audit_key *k) FIX_MUST_CHECK;
/** Read and check. @return 0; -FIX_E_FORMAT (no such note, or of another name),
 * -FIX_E_CORRUPT (the key has not signed it) */
int audit_note_read(struct audit_note *out, struct fix_span text,
    const struct audit_key *k) FIX_MUST_CHECK;

/* A chain's keys: the one that is trusted, and others that signed before or
 * after it. */
#define AUDIT_KEYS_MAX 66
struct audit_keys {
	struct audit_key *v[AUDIT_KEYS_MAX]; /* [0]: trusted */
	unsigned n;
	unsigned first; /* of v: that signs at the chain's beginning */
};

/** Is it a note that any of them has signed? @return as audit_note_read() */
int audit_note_of_any(struct audit_note *out, struct fix_span text,
    const struct audit_keys *keys) FIX_MUST_CHECK;
bool audit_key_same(const struct audit_key *a, const struct audit_key *b);

/*
 * Cosignatures, C2SP tlog-cosignature: a witness says that it has seen this
 * checkpoint, at this time, and none that contradicts it.
 */
/** The line that goes behind the note's own signature.
 * @return bytes with the newline, NUL-terminated; -FIX_E_FORMAT (no note),
 *         -FIX_E_STATE (no witness's key, or without its secret half),
 *         -FIX_E_NOMEM */
ssize_t audit_cosign(char out[AUDIT_COSIGNATURE_MAX], struct fix_span note,
    struct fix_utc when, const struct audit_key *witness) FIX_MUST_CHECK;
/** Has this witness cosigned the note? lines may be the note's own last ones, or
 * others. @return 0 with the time that it says; -FIX_E_NOTFOUND, -FIX_E_FORMAT */
int audit_cosigned(struct fix_span note, struct fix_span lines,
    const struct audit_key *witness, struct fix_utc *when) FIX_MUST_CHECK;

#endif
