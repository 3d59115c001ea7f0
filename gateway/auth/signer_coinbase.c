/*
 * Coinbase's three FIX APIs, each with a text of its own under HMAC-SHA256; the
 * passphrase goes along as Password(554) and is part of the text. Exchange
 * parts the values with SOH and has its secret in base64, as International;
 * Prime uses the secret's text. There are no published Logons to compare with.
 */
#include "gateway/auth/b64.h"
#include "gateway/auth/signer.h"

static int
sign_exchange(const struct signer *s, const struct fix_logon_draft *d,
    struct fix_build *b)
{
	const struct fix_span parts[] = { fix_span_of("A"), d->seq, d->sender,
		d->target, fix_span_of(s->password) };
	struct signer_text t = { .len = 0 };
	uint8_t out[32];
	int rc;

	signer_put(&t, d->sending_time);
	for (unsigned i = 0; i < 5; i++) {
		signer_put_soh(&t);
		signer_put(&t, parts[i]);
	}
	rc = signer_hmac(s, &t, out);
	if (rc != 0)
		return rc;
	signer_put_raw(b, out, sizeof(out));
	fix_build_str(b, 553, s->user);
	fix_build_str(b, 554, s->password);
	return 0;
}

static int
sign_prime(const struct signer *s, const struct fix_logon_draft *d,
    struct fix_build *b)
{
	struct signer_text t = { .len = 0 };
	uint8_t out[32];
	int rc;

	signer_put(&t, d->sending_time);
	signer_put_str(&t, "A");
	signer_put(&t, d->seq);
	signer_put_str(&t, s->user);
	signer_put(&t, d->target);
	signer_put_str(&t, s->password);
	rc = signer_hmac(s, &t, out);
	if (rc != 0)
		return rc;
	signer_put_raw(b, out, sizeof(out));
	fix_build_str(b, 554, s->password);
	fix_build_str(b, 9407, s->user);
	return 0;
}

static int
sign_international(const struct signer *s, const struct fix_logon_draft *d,
    struct fix_build *b)
{
	struct signer_text t = { .len = 0 };
	char text[B64_CHARS(32) + 1];
	uint8_t out[32];
	int rc;

	signer_put(&t, d->sending_time);
	signer_put_str(&t, s->user);
	signer_put(&t, d->target);
	signer_put_str(&t, s->password);
	rc = signer_hmac(s, &t, out);
	if (rc != 0)
		return rc;
	(void)b64_encode(
	    text, sizeof(text), (struct fix_span){ out, sizeof(out) });
	fix_build_str(b, 58, text);
	fix_build_str(b, 553, s->user);
	fix_build_str(b, 554, s->password);
	return 0;
}

const struct signer_type signer_coinbase_exchange = { "coinbase-exchange",
	true, true, SIGNER_BASE64, sign_exchange };
const struct signer_type signer_coinbase_prime = { "coinbase-prime", true, true,
	SIGNER_TEXT, sign_prime };
const struct signer_type signer_coinbase_international = {
	"coinbase-international", true, true, SIGNER_BASE64, sign_international
};
