/*
 * Binance's FIX API: Ed25519 over A, 49, 56, 34, 52 with a SOH between each
 * two, in RawData(96); Username(553) is the API key. Its documentation
 * publishes a key and a Logon, which tests/gateway/auth/test_signer.c repeats
 * to the byte.
 */
#include "gateway/auth/signer.h"

static int
sign(const struct signer *s, const struct fix_logon_draft *d,
    struct fix_build *b)
{
	const struct fix_span parts[] = { d->sender, d->target, d->seq,
		d->sending_time };
	struct fix_span pem = { s->secret, s->secret_len };
	struct signer_text t = { .len = 0 };
	uint8_t out[64];
	int rc;

	signer_put_str(&t, "A");
	for (unsigned i = 0; i < 4; i++) {
		signer_put_soh(&t);
		signer_put(&t, parts[i]);
	}
	rc = t.full ? -FIX_E_SPACE
		    : proof_ed25519_sign(
			  pem, (struct fix_span){ t.p, t.len }, out);
	if (rc != 0)
		return rc;
	signer_put_raw(b, out, sizeof(out));
	fix_build_str(b, 553, s->user);
	return 0;
}

const struct signer_type signer_binance = { "binance", true, false, SIGNER_PEM,
	sign };
