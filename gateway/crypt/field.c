/*
 * Fernet tokens: 0x80, time, IV, AES-128-CBC, HMAC-SHA256 over all before, as
 * base64url. The first half of the key signs, the second encrypts. The
 * signature is checked before anything is decrypted.
 */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "gateway/auth/b64.h"
#include "gateway/crypt/crypt.h"

#define VERSION 0x80
#define HEAD (1 + 8 + 16) /* version, time, IV */
#define MAC 32
#define BLOCK 16
#define RAW_MAX (HEAD + CRYPT_FIELD_MAX + BLOCK + MAC)

/* @return bytes of ciphertext, -1 */
static int
cbc(uint8_t *out, const uint8_t *key, const uint8_t *iv, struct fix_span in,
    bool encrypt)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n = 0, more = 0, rc = -1;

	if (c != NULL &&
	    EVP_CipherInit_ex(c, EVP_aes_128_cbc(), NULL, key, iv, encrypt) ==
		1 &&
	    EVP_CipherUpdate(c, out, &n, in.p, (int)in.len) == 1 &&
	    EVP_CipherFinal_ex(c, out + n, &more) == 1)
		rc = n + more;
	EVP_CIPHER_CTX_free(c);
	return rc;
}

static bool
sign(uint8_t out[MAC], const uint8_t key[CRYPT_KEY], const uint8_t *p,
    size_t len)
{
	unsigned n = MAC;

	return HMAC(EVP_sha256(), key, CRYPT_KEY / 2, p, len, out, &n) != NULL;
}

ssize_t
crypt_field_seal(char *out, size_t cap, const uint8_t key[CRYPT_KEY],
    struct fix_span value, struct fix_utc now)
{
	uint64_t seconds = now.ns < 0 ? 0 : (uint64_t)(now.ns / FIX_SEC);
	uint8_t raw[RAW_MAX];
	size_t n;
	int body;

	if (value.len > CRYPT_FIELD_MAX)
		return -FIX_E_TOOBIG;
	if (cap < CRYPT_TOKEN_MAX(value.len))
		return -FIX_E_SPACE;
	raw[0] = VERSION;
	for (int i = 0; i < 8; i++)
		raw[1 + i] = (uint8_t)(seconds >> (56 - 8 * i));
	if (RAND_bytes(raw + 9, BLOCK) != 1)
		return -FIX_E_IO;
	body = cbc(raw + HEAD, key + CRYPT_KEY / 2, raw + 9, value, true);
	n = body < 0 ? 0 : HEAD + (size_t)body;
	if (n == 0 || !sign(raw + n, key, raw, n))
		return -FIX_E_NOMEM;
	n = b64_encode(out, cap, (struct fix_span){ raw, n + MAC });
	for (char *p = out; *p != '\0'; p++)
		*p = *p == '+' ? '-' : *p == '/' ? '_' : *p;
	return (ssize_t)n;
}

/* Strict base64url into raw. @return bytes, or an error */
static ssize_t
read_token(uint8_t raw[RAW_MAX], struct fix_span token)
{
	uint8_t text[B64_CHARS(RAW_MAX)];

	if (token.len > sizeof(text))
		return -FIX_E_TOOBIG;
	for (size_t i = 0; i < token.len; i++) {
		uint8_t c = token.p[i];

		if (c == '+' || c == '/')
			return -FIX_E_FORMAT;
		text[i] = c == '-' ? '+' : c == '_' ? '/' : c;
	}
	return b64_decode(raw, RAW_MAX, (struct fix_span){ text, token.len });
}

ssize_t
crypt_field_open(uint8_t *out, size_t cap, const uint8_t key[CRYPT_KEY],
    struct fix_span token)
{
	uint8_t raw[RAW_MAX], mac[MAC], plain[RAW_MAX];
	ssize_t n = read_token(raw, token), len;
	struct fix_span body;

	if (n < 0)
		return n;
	if (n < HEAD + BLOCK + MAC || raw[0] != VERSION ||
	    (n - HEAD - MAC) % BLOCK != 0)
		return -FIX_E_FORMAT;
	if (!sign(mac, key, raw, (size_t)n - MAC))
		return -FIX_E_NOMEM;
	if (CRYPTO_memcmp(mac, raw + n - MAC, MAC) != 0)
		return -FIX_E_CORRUPT;
	body = (struct fix_span){ raw + HEAD, (size_t)n - HEAD - MAC };
	len = cbc(plain, key + CRYPT_KEY / 2, raw + 9, body, false);
	if (len < 0)
		return -FIX_E_CORRUPT;
	if ((size_t)len <= cap)
		memcpy(out, plain, (size_t)len);
	crypt_wipe(plain, sizeof(plain));
	return (size_t)len <= cap ? len : -FIX_E_SPACE;
}
