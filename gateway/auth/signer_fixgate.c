/*
 * Our own scheme, by HMAC-SHA256 or Ed25519: what claim.c reads on the other
 * side. FIXGW1, A, 49, 56, 34, 52, and with a 141 also 108 and 141, a SOH
 * between each two.
 */
#include "gateway/auth/signer.h"

static void
put_text(struct signer_text *t, const struct fix_logon_draft *d)
{
	const struct fix_span parts[] = { d->sender, d->target, d->seq,
		d->sending_time, d->heart_bt_int, d->reset };
	unsigned n = d->reset.len > 0 ? 6 : 4;

	signer_put_str(t, "FIXGW1\001A");
	for (unsigned i = 0; i < n; i++) {
		signer_put_soh(t);
		signer_put(t, parts[i]);
	}
}

static int
sign_hmac(const struct signer *s, const struct fix_logon_draft *d,
    struct fix_build *b)
{
	struct signer_text t = { .len = 0 };
	uint8_t out[32];
	int rc;

	put_text(&t, d);
	rc = signer_hmac(s, &t, out);
	if (rc != 0)
		return rc;
	fix_build_str(b, 553, s->user);
	signer_put_raw(b, out, sizeof(out));
	return 0;
}

static int
sign_ed25519(const struct signer *s, const struct fix_logon_draft *d,
    struct fix_build *b)
{
	struct fix_span pem = { s->secret, s->secret_len };
	struct signer_text t = { .len = 0 };
	uint8_t out[64];
	int rc;

	put_text(&t, d);
	rc = t.full ? -FIX_E_SPACE
		    : proof_ed25519_sign(
			  pem, (struct fix_span){ t.p, t.len }, out);
	if (rc != 0)
		return rc;
	fix_build_str(b, 553, s->user);
	signer_put_raw(b, out, sizeof(out));
	return 0;
}

const struct signer_type signer_fixgate_hmac = { "fixgate-hmac", true, false,
	SIGNER_BASE64, sign_hmac };
const struct signer_type signer_fixgate_ed25519 = { "fixgate-ed25519", true,
	false, SIGNER_PEM, sign_ed25519 };
