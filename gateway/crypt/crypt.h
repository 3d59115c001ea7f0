/*
 * Data at rest: AES-256-GCM for files and records, Fernet for columns that
 * people read with other tools, PBKDF2 for keys that come from a passphrase.
 *
 * Both forms are those of Python's `cryptography`: crypt_seal() is what
 * AESGCM(key).encrypt(nonce, plain, aad) writes with its nonce in front, and a
 * token of crypt_field_seal() is opened by Fernet(base64url of the key). Keys
 * are 32 bytes. Nothing here keeps a key: the caller wipes his with
 * crypt_wipe(). No I/O but the system's random numbers.
 */
#ifndef FIXGATE_GATEWAY_CRYPT_CRYPT_H
#define FIXGATE_GATEWAY_CRYPT_CRYPT_H

#include <stdbool.h>
#include <sys/types.h>

#include "fix/err.h"
#include "fix/span.h"
#include "fix/time.h"

#define CRYPT_KEY 32   /* bytes of a key */
#define CRYPT_NONCE 12 /* in front of what is sealed */
#define CRYPT_TAG 16   /* behind it */
#define CRYPT_OVERHEAD (CRYPT_NONCE + CRYPT_TAG)
#define CRYPT_PLAIN_MAX (1u << 30) /* bytes sealed in one call */
#define CRYPT_ROUNDS 600000        /* of PBKDF2-HMAC-SHA256 */
#define CRYPT_SALT_MIN 16

/* Characters of a Fernet token, with NUL, for a value of so many bytes. */
#define CRYPT_FIELD_MAX 4096 /* bytes of a value */
#define CRYPT_TOKEN_MAX(len)                                                   \
	((1 + 8 + 16 + ((len) / 16 + 1) * 16 + 32 + 2) / 3 * 4 + 1)

/**
 * Seal: nonce, ciphertext, tag; the nonce is random. One key is good for 2^32
 * calls. A large file is sealed in pieces, each with its place in the aad
 * (which file, which piece, whether it is the last), or pieces could be left
 * out, doubled or moved unnoticed.
 *
 * @param aad  bytes that must be the same at crypt_open(); they are not
 *             written. Empty: what the guide's DataEncryption does
 * @param out  at least plain.len + CRYPT_OVERHEAD bytes; not the input
 * @return     bytes written; -FIX_E_SPACE, -FIX_E_TOOBIG, -FIX_E_NOMEM,
 *             -FIX_E_IO (no random numbers)
 */
ssize_t crypt_seal(uint8_t *out, size_t cap, const uint8_t key[CRYPT_KEY],
    struct fix_span aad, struct fix_span plain) FIX_MUST_CHECK;
/**
 * Open what crypt_seal() wrote. Whatever fails, out holds nothing of it.
 *
 * @return bytes written; -FIX_E_CORRUPT (another key, other aad, or changed
 *         bytes: they can't be told apart), -FIX_E_SPACE, -FIX_E_TOOBIG,
 *         -FIX_E_NOMEM
 */
ssize_t crypt_open(uint8_t *out, size_t cap, const uint8_t key[CRYPT_KEY],
    struct fix_span aad, struct fix_span sealed) FIX_MUST_CHECK;

/**
 * A value as a Fernet token, base64url with padding and NUL.
 *
 * @param now  goes into the token as it is, in whole seconds: whoever sees the
 *             column sees when it was written
 * @return     characters; -FIX_E_SPACE, -FIX_E_TOOBIG, -FIX_E_NOMEM, -FIX_E_IO
 */
ssize_t crypt_field_seal(char *out, size_t cap, const uint8_t key[CRYPT_KEY],
    struct fix_span value, struct fix_utc now) FIX_MUST_CHECK;
/** @return bytes of the value; -FIX_E_FORMAT (no token), -FIX_E_CORRUPT
 * (another key, or changed), -FIX_E_SPACE, -FIX_E_TOOBIG, -FIX_E_NOMEM */
ssize_t crypt_field_open(uint8_t *out, size_t cap, const uint8_t key[CRYPT_KEY],
    struct fix_span token) FIX_MUST_CHECK;

/** A new key. @return 0, -FIX_E_IO */
int crypt_new(uint8_t key[CRYPT_KEY]) FIX_MUST_CHECK;
/** A key from a passphrase: CRYPT_ROUNDS rounds, about 0.2 s, never on the
 * trader's loop. @return 0, -FIX_E_RANGE (salt too short), -FIX_E_NOMEM */
int crypt_derive(uint8_t key[CRYPT_KEY], struct fix_span passphrase,
    struct fix_span salt) FIX_MUST_CHECK;
/** A key as ENCRYPTION_KEY has it: 64 hex digits, base64 or base64url of 32
 * bytes, or 32 characters as they are. @return 0, -FIX_E_FORMAT: none of it */
int crypt_key_read(uint8_t key[CRYPT_KEY], struct fix_span text) FIX_MUST_CHECK;
/** base64url, as Fernet's constructor takes it. */
#define CRYPT_KEY_TEXT 45 /* with NUL */
void crypt_key_text(char out[CRYPT_KEY_TEXT], const uint8_t key[CRYPT_KEY]);

/** Overwrite, so that no compiler leaves it out. */
void crypt_wipe(void *p, size_t len);
/** Memory of secrets: zeroed, not in core dumps, not in children's dumps, and
 * not swapped out where the system allows that. @return NULL: no memory */
void *crypt_alloc(size_t len);
void crypt_free(void *p, size_t len); /* wipes; NULL is fine */

#endif
