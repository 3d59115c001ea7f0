/*
 * Sealing and opening.
 *
 * In: bytes and a key. Out: bytes that only the key opens, or a refusal that
 * does not say which part was wrong. AES-256-GCM is NIST SP 800-38D with a
 * random 96-bit nonce; PBKDF2 is RFC 8018. Keys of keys are keyring.c's.
 */
#include "gateway/crypt/crypt.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/mman.h>

#include "gateway/auth/b64.h"

void
crypt_wipe(void *p, size_t len)
{
	OPENSSL_cleanse(p, len);
}

void *
crypt_alloc(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	(void)madvise(p, len, MADV_DONTDUMP);
	(void)mlock(p, len); /* RLIMIT_MEMLOCK may say no */
	return p;
}

void
crypt_free(void *p, size_t len)
{
	if (p == NULL)
		return;
	crypt_wipe(p, len);
	(void)munmap(p, len);
}

int
crypt_new(uint8_t key[CRYPT_KEY])
{
	return RAND_priv_bytes(key, CRYPT_KEY) == 1 ? 0 : -FIX_E_IO;
}

static bool
seal_with(EVP_CIPHER_CTX *c, uint8_t *out, const uint8_t *key,
    struct fix_span aad, struct fix_span plain)
{
	uint8_t *text = out + CRYPT_NONCE;
	int n, more = 0;

	if (EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, out) != 1)
		return false;
	if (aad.len > 0 &&
	    EVP_EncryptUpdate(c, NULL, &n, aad.p, (int)aad.len) != 1)
		return false;
	n = 0;
	if (plain.len > 0 &&
	    EVP_EncryptUpdate(c, text, &n, plain.p, (int)plain.len) != 1)
		return false;
	return EVP_EncryptFinal_ex(c, text + n, &more) == 1 &&
	       EVP_CIPHER_CTX_ctrl(
		   c, EVP_CTRL_GCM_GET_TAG, CRYPT_TAG, text + plain.len) == 1;
}

ssize_t
crypt_seal(uint8_t *out, size_t cap, const uint8_t key[CRYPT_KEY],
    struct fix_span aad, struct fix_span plain)
{
	EVP_CIPHER_CTX *c;
	bool good;

	if (plain.len > CRYPT_PLAIN_MAX || aad.len > CRYPT_PLAIN_MAX)
		return -FIX_E_TOOBIG;
	if (cap < plain.len + CRYPT_OVERHEAD)
		return -FIX_E_SPACE;
	if (RAND_bytes(out, CRYPT_NONCE) != 1)
		return -FIX_E_IO;
	c = EVP_CIPHER_CTX_new();
	good = c != NULL && seal_with(c, out, key, aad, plain);
	EVP_CIPHER_CTX_free(c);
	return good ? (ssize_t)(plain.len + CRYPT_OVERHEAD) : -FIX_E_NOMEM;
}

/* @return 1, 0: the tag does not fit, -1: the library failed */
static int
open_with(EVP_CIPHER_CTX *c, uint8_t *out, const uint8_t *key,
    struct fix_span aad, struct fix_span sealed)
{
	const uint8_t *text = sealed.p + CRYPT_NONCE;
	size_t len = sealed.len - CRYPT_OVERHEAD;
	uint8_t tag[CRYPT_TAG];
	int n, more = 0;

	memcpy(tag, text + len, sizeof(tag));
	if (EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, sealed.p) != 1)
		return -1;
	if (aad.len > 0 &&
	    EVP_DecryptUpdate(c, NULL, &n, aad.p, (int)aad.len) != 1)
		return -1;
	n = 0;
	if (len > 0 && EVP_DecryptUpdate(c, out, &n, text, (int)len) != 1)
		return -1;
	if (EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, CRYPT_TAG, tag) != 1)
		return -1;
	return EVP_DecryptFinal_ex(c, out + n, &more) == 1;
}

ssize_t
crypt_open(uint8_t *out, size_t cap, const uint8_t key[CRYPT_KEY],
    struct fix_span aad, struct fix_span sealed)
{
	EVP_CIPHER_CTX *c;
	size_t len;
	int rc;

	if (sealed.len < CRYPT_OVERHEAD)
		return -FIX_E_CORRUPT;
	len = sealed.len - CRYPT_OVERHEAD;
	if (len > CRYPT_PLAIN_MAX || aad.len > CRYPT_PLAIN_MAX)
		return -FIX_E_TOOBIG;
	if (cap < len)
		return -FIX_E_SPACE;
	c = EVP_CIPHER_CTX_new();
	rc = c == NULL ? -1 : open_with(c, out, key, aad, sealed);
	EVP_CIPHER_CTX_free(c);
	if (rc == 1)
		return (ssize_t)len;
	crypt_wipe(out, len); /* nothing that was not authentic */
	return rc == 0 ? -FIX_E_CORRUPT : -FIX_E_NOMEM;
}

int
crypt_derive(
    uint8_t key[CRYPT_KEY], struct fix_span passphrase, struct fix_span salt)
{
	if (salt.len < CRYPT_SALT_MIN || salt.len > 1024 ||
	    passphrase.len == 0 || passphrase.len > 4096)
		return -FIX_E_RANGE;
	return PKCS5_PBKDF2_HMAC((const char *)passphrase.p,
		   (int)passphrase.len, salt.p, (int)salt.len, CRYPT_ROUNDS,
		   EVP_sha256(), CRYPT_KEY, key) == 1
		   ? 0
		   : -FIX_E_NOMEM;
}

static int
hex(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool
read_hex(uint8_t key[CRYPT_KEY], struct fix_span text)
{
	if (text.len != (size_t)2 * CRYPT_KEY)
		return false;
	for (size_t i = 0; i < CRYPT_KEY; i++) {
		int a = hex(text.p[2 * i]), b = hex(text.p[2 * i + 1]);

		if (a < 0 || b < 0)
			return false;
		key[i] = (uint8_t)(a * 16 + b);
	}
	return true;
}

/* 43 characters and one '=', or without it, in either alphabet. */
static bool
read_base64(uint8_t key[CRYPT_KEY], struct fix_span text)
{
	uint8_t plain[44];
	bool good;

	if (text.len != 43 && text.len != 44)
		return false;
	memcpy(plain, text.p, text.len);
	plain[43] = text.len == 43 ? '=' : plain[43];
	for (size_t i = 0; i < 43; i++)
		plain[i] = plain[i] == '-'   ? '+'
			   : plain[i] == '_' ? '/'
					     : plain[i];
	good = b64_decode(key, CRYPT_KEY, (struct fix_span){ plain, 44 }) ==
	       CRYPT_KEY;
	crypt_wipe(plain, sizeof(plain));
	return good;
}

int
crypt_key_read(uint8_t key[CRYPT_KEY], struct fix_span text)
{
	if (text.len == CRYPT_KEY) {
		memcpy(key, text.p, CRYPT_KEY);
		return 0;
	}
	return read_hex(key, text) || read_base64(key, text) ? 0
							     : -FIX_E_FORMAT;
}

void
crypt_key_text(char out[CRYPT_KEY_TEXT], const uint8_t key[CRYPT_KEY])
{
	(void)b64_encode(
	    out, CRYPT_KEY_TEXT, (struct fix_span){ key, CRYPT_KEY });
	for (char *p = out; *p != '\0'; p++)
		*p = *p == '+' ? '-' : *p == '/' ? '_' : *p;
}
