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
/** The public half from its text, NAME+HEX+BASE64, as C2SP signed-note writes
 * verifier keys. @return 0, -FIX_E_FORMAT, -FIX_E_NOMEM */
int audit_key_read(struct audit_key **out, struct fix_span text) FIX_MUST_CHECK;
/** Its text. @return bytes, NUL-terminated */
size_t audit_key_text(const struct audit_key *k, char out[AUDIT_VKEY_MAX]);
const char *audit_key_name(const struct audit_key *k);
void audit_key_free(struct audit_key *k);

/** Sign. @return bytes written, NUL-terminated; -FIX_E_STATE (no secret half),
 * -FIX_E_NOMEM */
ssize_t audit_note_write(char out[AUDIT_NOTE_MAX], const struct audit_note *n,
    const struct audit_key *k) FIX_MUST_CHECK;
/** Read and check. @return 0; -FIX_E_FORMAT (no such note, or of another name),
 * -FIX_E_CORRUPT (the key has not signed it) */
int audit_note_read(struct audit_note *out, struct fix_span text,
    const struct audit_key *k) FIX_MUST_CHECK;

#endif
