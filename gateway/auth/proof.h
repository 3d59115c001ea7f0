/*
 * What proves who a peer is, and what it is checked against: passwords by
 * scrypt, HMAC-SHA256 and Ed25519 signatures.
 *
 * A check takes 0.1 ms for a signature and about 0.1 s for a password, so it
 * is the worker's work, never the loop's.
 */
#ifndef FIXGATE_GATEWAY_AUTH_PROOF_H
#define FIXGATE_GATEWAY_AUTH_PROOF_H

#include <sys/types.h>

#include "fix/err.h"
#include "fix/span.h"

enum proof_method {
	PROOF_PASSWORD, /* 554; the proof is the password */
	PROOF_HMAC,     /* 96: HMAC-SHA256, 32 bytes */
	PROOF_ED25519,  /* 96: Ed25519, 64 bytes */
	PROOF_N
};

#define PROOF_KEY_MAX 64u       /* bytes of a verifier's key */
#define PROOF_SALT_BYTES 16u
#define PROOF_HASH_BYTES 32u    /* of a password */
#define PROOF_SECRET_MIN 32u    /* bytes of an HMAC secret: 256 bits */
#define PROOF_PASSWORD_MAX 256u /* bytes */
#define PROOF_PASSWORD_MIN 15u  /* bytes of a new one (L11) */
#define PROOF_LOG_N 15u         /* scrypt of new verifiers: N = 2^15, */
#define PROOF_R 8u              /* 32 MiB, */
#define PROOF_P 3u              /* three times: OWASP's floor */
#define PROOF_TEXT_MAX 200u     /* of a verifier as text, with its NUL */

/* A plain value: what a credential holds and the worker is sent. */
struct verifier {
	uint8_t method;          /* enum proof_method */
	uint8_t log_n, p;        /* scrypt; r is 8 */
	uint8_t key_len;
	uint8_t salt[PROOF_SALT_BYTES];
	uint8_t key[PROOF_KEY_MAX];
};

const char *proof_method_name(enum proof_method m);
/** @return false: no method has this name */
bool proof_method_named(struct fix_span name, enum proof_method *out);

/** Read a verifier: "$scrypt$ln=15,r=8,p=3$SALT$HASH", or base64 of an HMAC
 * secret of 32 to 64 bytes, or of a raw Ed25519 public key.
 * @return 0, -FIX_E_FORMAT, -FIX_E_RANGE */
int verifier_parse(struct verifier *v, enum proof_method m,
    struct fix_span text) FIX_MUST_CHECK;
/** Write it, with a NUL. @return characters, 0 if cap is too small */
size_t verifier_format(const struct verifier *v, char *out, size_t cap);
/** Of a password, with a new salt, by log_n and p (0: ours).
 * @return 0, -FIX_E_RANGE, -FIX_E_IO (no chance, no memory) */
int verifier_of_password(struct verifier *v, struct fix_span password,
    unsigned log_n, unsigned p) FIX_MUST_CHECK;
/** One that nothing fits, and that costs as much to check: for users that
 * there are not (L07). */
void verifier_dummy(struct verifier *v, enum proof_method m);

/** Does the proof fit? In constant time over what is secret.
 * @param text   what was signed; empty for a password
 * @param proof  password or raw signature */
bool verifier_check(const struct verifier *v, struct fix_span text,
    struct fix_span proof);

/** HMAC. sha is 256 or 512; out holds 32 or 64 bytes. @return false: OpenSSL
 * refused */
bool proof_hmac(unsigned sha, struct fix_span key, struct fix_span text,
    uint8_t *out);
bool proof_sha256(struct fix_span text, uint8_t out[32]);
/** Ed25519 by a PEM private key (PKCS#8). @return 0, -FIX_E_FORMAT */
int proof_ed25519_sign(struct fix_span pem, struct fix_span text,
    uint8_t out[64]) FIX_MUST_CHECK;
/** Raw public key of a PEM public or private key. @return 0, -FIX_E_FORMAT */
int proof_ed25519_public(struct fix_span pem, uint8_t out[32]) FIX_MUST_CHECK;
/** Overwrite what was secret. */
void proof_wipe(void *p, size_t len);
/** Bytes that nobody can guess. @return false: there are none */
bool proof_random(void *out, size_t len);

#endif
