/*
 * Passwords and signatures, checked by OpenSSL.
 *
 * In: a verifier as the credentials have it, the text that was signed and the
 * proof. Out: yes or no. Passwords go through scrypt (RFC 7914); its costs are
 * part of each verifier, bounded so that no line of a file can take the
 * machine's memory. Ed25519 refuses a non-canonical S by itself. Comparisons
 * take the same time whatever they find.
 */
#include "config.h"

#include "gateway/auth/proof.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <stdio.h>

#include "gateway/auth/b64.h"

#define LOG_N_MIN 12u
#define LOG_N_MAX 17u /* 128 MiB */
#define P_MAX 16u
#define MEM_MAX (UINT64_C(160) << 20)

static const char *const names[] = {
	[PROOF_PASSWORD] = "password",
	[PROOF_HMAC] = "hmac",
	[PROOF_ED25519] = "ed25519",
};

_Static_assert(
    sizeof(names) / sizeof(names[0]) == PROOF_N, "every method has a name");

const char *
proof_method_name(enum proof_method m)
{
	return m < PROOF_N ? names[m] : "?";
}

bool
proof_method_named(struct fix_span name, enum proof_method *out)
{
	for (unsigned i = 0; i < PROOF_N; i++)
		if (fix_span_is(name, names[i])) {
			*out = (enum proof_method)i;
			return true;
		}
	return false;
}

void
proof_wipe(void *p, size_t len)
{
	OPENSSL_cleanse(p, len);
}

bool
proof_random(void *out, size_t len)
{
	return len <= INT32_MAX && RAND_bytes(out, (int)len) == 1;
}

/* What stands between two marks, and the rest behind the second. */
static bool
cut(struct fix_span *rest, char mark, struct fix_span *out)
{
	const uint8_t *end =
	    rest->len == 0 ? NULL : memchr(rest->p, mark, rest->len);

	if (end == NULL)
		return false;
	out->p = rest->p;
	out->len = (size_t)(end - rest->p);
	rest->len -= out->len + 1;
	rest->p = end + 1;
	return true;
}

/* "ln=15" */
static bool
cost(struct fix_span v, const char *name, unsigned lo, unsigned hi,
    uint8_t *out)
{
	size_t n = strlen(name);
	unsigned value = 0;

	if (v.len <= n || v.len > n + 2 || memcmp(v.p, name, n) != 0)
		return false;
	for (; n < v.len; n++) {
		if (v.p[n] < '0' || v.p[n] > '9')
			return false;
		value = value * 10 + v.p[n] - '0';
	}
	*out = (uint8_t)value;
	return value >= lo && value <= hi;
}

static int
parse_scrypt(struct verifier *v, struct fix_span text)
{
	struct fix_span f, ln, r, p, salt;
	uint8_t eight;

	if (!cut(&text, '$', &f) || f.len != 0 || !cut(&text, '$', &f) ||
	    !fix_span_is(f, "scrypt") || !cut(&text, ',', &ln) ||
	    !cut(&text, ',', &r) || !cut(&text, '$', &p) ||
	    !cut(&text, '$', &salt))
		return -FIX_E_FORMAT;
	if (!cost(ln, "ln=", LOG_N_MIN, LOG_N_MAX, &v->log_n) ||
	    !cost(r, "r=", PROOF_R, PROOF_R, &eight) ||
	    !cost(p, "p=", 1, P_MAX, &v->p))
		return -FIX_E_RANGE;
	if (b64_decode(v->salt, sizeof(v->salt), salt) !=
		(ssize_t)sizeof(v->salt) ||
	    b64_decode(v->key, PROOF_HASH_BYTES, text) !=
		(ssize_t)PROOF_HASH_BYTES)
		return -FIX_E_FORMAT;
	v->key_len = PROOF_HASH_BYTES;
	return 0;
}

int
verifier_parse(struct verifier *v, enum proof_method m, struct fix_span text)
{
	ssize_t n;

	memset(v, 0, sizeof(*v));
	v->method = (uint8_t)m;
	if (m == PROOF_PASSWORD)
		return parse_scrypt(v, text);
	n = b64_decode(v->key, sizeof(v->key), text);
	if (n < 0)
		return n == -FIX_E_SPACE ? -FIX_E_RANGE : -FIX_E_FORMAT;
	if (m == PROOF_ED25519 ? n != 32 : n < (ssize_t)PROOF_SECRET_MIN)
		return -FIX_E_RANGE;
	v->key_len = (uint8_t)n;
	return 0;
}

size_t
verifier_format(const struct verifier *v, char *out, size_t cap)
{
	struct fix_span key = { v->key, v->key_len };
	struct fix_span salt = { v->salt, sizeof(v->salt) };
	char text[B64_CHARS(PROOF_KEY_MAX) + 1];
	char grain[B64_CHARS(PROOF_SALT_BYTES) + 1];
	int n;

	(void)b64_encode(text, sizeof(text), key);
	(void)b64_encode(grain, sizeof(grain), salt);
	if (v->method == PROOF_PASSWORD)
		n = snprintf(out, cap, "$scrypt$ln=%u,r=%u,p=%u$%s$%s",
		    v->log_n, PROOF_R, v->p, grain, text);
	else
		n = snprintf(out, cap, "%s", text);
	proof_wipe(text, sizeof(text));
	return n < 0 || (size_t)n >= cap ? 0 : (size_t)n;
}

static bool
scrypt(const struct verifier *v, struct fix_span password, uint8_t *out)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "SCRYPT", NULL);
	EVP_KDF_CTX *ctx = kdf == NULL ? NULL : EVP_KDF_CTX_new(kdf);
	uint64_t n = UINT64_C(1) << v->log_n, mem = MEM_MAX;
	uint32_t r = PROOF_R, p = v->p;
	uint8_t none = 0;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD,
		    password.len == 0 ? &none : (void *)(uintptr_t)password.p,
		    password.len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT,
		    (void *)(uintptr_t)v->salt, sizeof(v->salt)),
		OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
		OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r),
		OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p),
		OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &mem),
		OSSL_PARAM_construct_end(),
	};
	bool ok = ctx != NULL &&
		  EVP_KDF_derive(ctx, out, PROOF_HASH_BYTES, params) == 1;

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	ERR_clear_error();
	return ok;
}

int
verifier_of_password(struct verifier *v, struct fix_span password,
    unsigned log_n, unsigned p)
{
	memset(v, 0, sizeof(*v));
	v->method = PROOF_PASSWORD;
	v->log_n = (uint8_t)(log_n == 0 ? PROOF_LOG_N : log_n);
	v->p = (uint8_t)(p == 0 ? PROOF_P : p);
	v->key_len = PROOF_HASH_BYTES;
	if (password.len == 0 || password.len > PROOF_PASSWORD_MAX ||
	    v->log_n < LOG_N_MIN || v->log_n > LOG_N_MAX || v->p < 1 ||
	    v->p > P_MAX)
		return -FIX_E_RANGE;
	if (!proof_random(v->salt, sizeof(v->salt)) ||
	    !scrypt(v, password, v->key))
		return -FIX_E_IO;
	return 0;
}

void
verifier_dummy(struct verifier *v, enum proof_method m)
{
	memset(v, 0, sizeof(*v));
	v->method = (uint8_t)m;
	v->log_n = PROOF_LOG_N;
	v->p = PROOF_P;
	v->key_len = 32;
	/* A point that is one, else Ed25519 would give up early. Some signature
	 * may fit it: whoever uses a dummy takes no answer but no. */
	if (m == PROOF_ED25519)
		v->key[0] = 1;
}

bool
proof_hmac(unsigned sha, struct fix_span key, struct fix_span text,
    uint8_t *out)
{
	const EVP_MD *md = sha == 512 ? EVP_sha512() : EVP_sha256();
	unsigned len = 0;

	return key.len <= INT32_MAX &&
	       HMAC(md, key.p, (int)key.len, text.p, text.len, out, &len) !=
		   NULL &&
	       len == sha / 8;
}

bool
proof_sha256(struct fix_span text, uint8_t out[32])
{
	return EVP_Digest(text.p, text.len, out, NULL, EVP_sha256(), NULL) == 1;
}

static bool
ed25519_check(const struct verifier *v, struct fix_span text,
    struct fix_span proof)
{
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(
	    EVP_PKEY_ED25519, NULL, v->key, v->key_len);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = key != NULL && ctx != NULL && proof.len == 64 &&
		  EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
		  EVP_DigestVerify(ctx, proof.p, proof.len, text.p,
		      text.len) == 1;

	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return ok;
}

bool
verifier_check(const struct verifier *v, struct fix_span text,
    struct fix_span proof)
{
	struct fix_span key = { v->key, v->key_len };
	uint8_t out[64];
	bool ok;

	if (v->method == PROOF_ED25519)
		return ed25519_check(v, text, proof);
	if (v->method == PROOF_PASSWORD)
		ok = proof.len <= PROOF_PASSWORD_MAX && scrypt(v, proof, out) &&
		     CRYPTO_memcmp(out, v->key, PROOF_HASH_BYTES) == 0;
	else
		ok = proof_hmac(256, key, text, out) && proof.len == 32 &&
		     CRYPTO_memcmp(out, proof.p, 32) == 0;
	proof_wipe(out, sizeof(out));
	return ok;
}

/* A key with a passphrase is refused: nobody is there to be asked. */
static int
no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

/* NULL also when it is not Ed25519. */
static EVP_PKEY *
read_key(struct fix_span pem, bool secret)
{
	BIO *bio = pem.len > INT32_MAX ? NULL
				       : BIO_new_mem_buf(pem.p, (int)pem.len);
	EVP_PKEY *key = NULL;

	if (bio != NULL)
		key = secret ? PEM_read_bio_PrivateKey(
			       bio, NULL, no_passphrase, NULL)
			     : PEM_read_bio_PUBKEY(
			       bio, NULL, no_passphrase, NULL);
	BIO_free(bio);
	ERR_clear_error();
	if (key != NULL && EVP_PKEY_get_id(key) != EVP_PKEY_ED25519) {
		EVP_PKEY_free(key);
		return NULL;
	}
	return key;
}

int
proof_ed25519_sign(struct fix_span pem, struct fix_span text, uint8_t out[64])
{
	EVP_PKEY *key = read_key(pem, true);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = 64;
	bool ok =
	    key != NULL && ctx != NULL &&
	    EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
	    EVP_DigestSign(ctx, out, &len, text.p, text.len) == 1 && len == 64;

	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return ok ? 0 : -FIX_E_FORMAT;
}

int
proof_ed25519_public(struct fix_span pem, uint8_t out[32])
{
	EVP_PKEY *key = read_key(pem, false);
	size_t len = 32;
	bool ok;

	if (key == NULL)
		key = read_key(pem, true);
	ok = key != NULL &&
	     EVP_PKEY_get_raw_public_key(key, out, &len) == 1 && len == 32;
	EVP_PKEY_free(key);
	ERR_clear_error();
	return ok ? 0 : -FIX_E_FORMAT;
}
