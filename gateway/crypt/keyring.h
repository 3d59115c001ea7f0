/*
 * Keys of subjects: one for each subject and year, wrapped by the master key,
 * in one small file. Destroying a key makes all that was written under it
 * unreadable, wherever copies of that are; what is hashed, the ciphertext,
 * stays as it is.
 *
 * Several processes use the file: whoever changes it holds a lock, reads it
 * anew and replaces it as a whole, synced, before anything is written under a
 * new key. A subject is whose personal data it is: a peer's CompID, or
 * "strangers".
 */
#ifndef FIXGATE_GATEWAY_CRYPT_KEYRING_H
#define FIXGATE_GATEWAY_CRYPT_KEYRING_H

#include "gateway/crypt/crypt.h"

#define KEYRING_SUBJECT 64 /* with NUL */
#define KEYRING_WHY 256
#define KEYRING_KEYS_MAX 100000

struct keyring;

struct keyring_key {
	uint64_t id; /* 1, 2, 3 ... */
	char subject[KEYRING_SUBJECT];
	unsigned year;
	int64_t made_s, destroyed_s; /* since 1970; 0: not destroyed */
	bool held;                   /* a legal hold: not to be destroyed */
	uint8_t sealed[CRYPT_KEY + CRYPT_OVERHEAD]; /* zeros if destroyed */
};

/**
 * Open the ring of a folder, or make an empty one.
 *
 * @param why  a sentence when it fails
 * @return 0; -FIX_E_IO, -FIX_E_CORRUPT (another master key, or no ring),
 *         -FIX_E_NOMEM
 */
int keyring_open(struct keyring **out, const char *dir,
    const uint8_t master[CRYPT_KEY], char why[KEYRING_WHY]) FIX_MUST_CHECK;
void keyring_close(struct keyring *r); /* wipes */
/** Salt of this folder for crypt_derive(), made if it is missing.
 * @return 0, -FIX_E_IO */
int keyring_salt(uint8_t salt[CRYPT_SALT_MIN], const char *dir) FIX_MUST_CHECK;

/** The newest key of a subject in a year, made if there is none. What no name
 * of a subject has (blanks, controls) is '_'.
 * @return 0, -FIX_E_IO, -FIX_E_CORRUPT, -FIX_E_FULL, -FIX_E_NOMEM */
int keyring_for(struct keyring *r, struct fix_span subject, unsigned year,
    int64_t now_s, uint8_t key[CRYPT_KEY], uint64_t *id) FIX_MUST_CHECK;
/** A key by its id. @return 0, -FIX_E_NOTFOUND, -FIX_E_STATE (destroyed),
 * -FIX_E_CORRUPT */
int keyring_get(const struct keyring *r, uint64_t id,
    uint8_t key[CRYPT_KEY]) FIX_MUST_CHECK;
/** The i-th key, oldest first. @return NULL: there are no more */
const struct keyring_key *keyring_nth(const struct keyring *r, unsigned i);

/* The rest is an operator's. subject NULL: all of them; year 0: any.
 * @return keys changed, -FIX_E_IO, -FIX_E_CORRUPT, -FIX_E_NOMEM, -FIX_E_FULL */

/** New keys for what is written from now on; old ones still open. */
int keyring_rotate(struct keyring *r, const char *subject, unsigned year,
    int64_t now_s) FIX_MUST_CHECK;
/** Wrap all by another master key. A death in the middle leaves all of the old
 * or all of the new. */
int keyring_rewrap(
    struct keyring *r, const uint8_t master[CRYPT_KEY]) FIX_MUST_CHECK;
int keyring_hold(
    struct keyring *r, const char *subject, bool held) FIX_MUST_CHECK;
/** Destroy; one subject or none. A key that is held, or whose year ended less
 * than keep_days ago, refuses all of it: -FIX_E_STATE, said in why. */
int keyring_may_destroy(struct keyring *r, const char *subject, unsigned year,
    unsigned keep_days, int64_t now_s, char why[KEYRING_WHY]) FIX_MUST_CHECK;
int keyring_destroy(struct keyring *r, const char *subject, unsigned year,
    unsigned keep_days, int64_t now_s, char why[KEYRING_WHY]) FIX_MUST_CHECK;

#endif
