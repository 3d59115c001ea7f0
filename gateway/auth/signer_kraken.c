/*
 * Kraken's FIX API: SHA-256 over 35, 34, 49, 56 and 553, each as "tag=value
 * SOH", and a nonce, which is the time in milliseconds; that hash under
 * HMAC-SHA512 is Password(554) in base64, the nonce is 5025. There is no
 * published Logon to compare with.
 */
#include <inttypes.h>
#include <stdio.h>

#include "gateway/auth/b64.h"
#include "gateway/auth/signer.h"

static void
put_field(struct signer_text *t, const char *tag, struct fix_span v)
{
	signer_put_str(t, tag);
	signer_put(t, v);
	signer_put_soh(t);
}

static int
sign(const struct signer *s, const struct fix_logon_draft *d,
    struct fix_build *b)
{
	struct fix_span key = { s->secret, s->secret_len };
	struct signer_text t = { .len = 0 };
	char nonce[24], text[B64_CHARS(64) + 1];
	uint8_t hash[32], out[64];

	(void)snprintf(
	    nonce, sizeof(nonce), "%" PRId64, d->time.ns / FIX_MSEC);
	put_field(&t, "35=", fix_span_of("A"));
	put_field(&t, "34=", d->seq);
	put_field(&t, "49=", d->sender);
	put_field(&t, "56=", d->target);
	put_field(&t, "553=", fix_span_of(s->user));
	signer_put_str(&t, nonce);
	if (t.full)
		return -FIX_E_SPACE;
	if (!proof_sha256((struct fix_span){ t.p, t.len }, hash) ||
	    !proof_hmac(
		512, key, (struct fix_span){ hash, sizeof(hash) }, out))
		return -FIX_E_IO;
	(void)b64_encode(
	    text, sizeof(text), (struct fix_span){ out, sizeof(out) });
	fix_build_str(b, 553, s->user);
	fix_build_str(b, 554, text);
	fix_build_str(b, 5025, nonce);
	return 0;
}

const struct signer_type signer_kraken = { "kraken", true, false, SIGNER_BASE64,
	sign };
