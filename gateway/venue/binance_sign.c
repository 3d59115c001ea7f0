/*
 * HMAC-SHA256 in hex, or Ed25519 in base64. The documentation publishes a key
 * with its signatures; tests/gateway/venue/test_binance.c repeats them to the
 * byte.
 */
#include "gateway/venue/binance_sign.h"

#include <openssl/evp.h>
#include <stdio.h>

#include "gateway/auth/proof.h"

static void
put_hex(const uint8_t *p, size_t n, char *out)
{
	for (size_t i = 0; i < n; i++)
		snprintf(out + 2 * i, 3, "%02x", p[i]);
}

/* Of base64, three characters mean something else in a URL. */
static void
put_url(const char *p, char *out)
{
	for (; *p != '\0'; p++) {
		if (strchr("+/=", *p) != NULL)
			out += snprintf(out, 4, "%%%02X", (unsigned)*p);
		else
			*out++ = *p;
	}
	*out = '\0';
}

int
binance_sign(const struct binance_key *k, struct fix_span text, bool url,
    char out[BINANCE_SIGNATURE_MAX])
{
	uint8_t raw[64];
	char b64[89];

	if (k->secret != NULL) {
		if (!proof_hmac(256, fix_span_of(k->secret), text, raw))
			return -FIX_E_FORMAT;
		put_hex(raw, 32, out);
		return 0;
	}
	if (k->pem == NULL ||
	    proof_ed25519_sign(fix_span_of(k->pem), text, raw) != 0)
		return -FIX_E_FORMAT;
	(void)EVP_EncodeBlock((unsigned char *)b64, raw, sizeof(raw));
	if (url)
		put_url(b64, out);
	else
		memcpy(out, b64, sizeof(b64));
	return 0;
}
