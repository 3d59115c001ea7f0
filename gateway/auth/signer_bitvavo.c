/*
 * Bitvavo's FIX API: HMAC-SHA256 over key id, SenderCompID, MsgSeqNum and the
 * milliseconds of SendingTime, with nothing between them, in hex as
 * Password(554). There is no published Logon to compare with.
 */
#include <inttypes.h>
#include <stdio.h>

#include "gateway/auth/signer.h"

static int
sign(const struct signer *s, const struct fix_logon_draft *d,
    struct fix_build *b)
{
	struct signer_text t = { .len = 0 };
	char ms[24], text[65];
	uint8_t out[32];
	int rc;

	(void)snprintf(ms, sizeof(ms), "%" PRId64, d->time.ns / FIX_MSEC);
	signer_put_str(&t, s->user);
	signer_put(&t, d->sender);
	signer_put(&t, d->seq);
	signer_put_str(&t, ms);
	rc = signer_hmac(s, &t, out);
	if (rc != 0)
		return rc;
	for (unsigned i = 0; i < sizeof(out); i++)
		(void)snprintf(text + 2 * i, 3, "%02x", out[i]);
	fix_build_str(b, 553, s->user);
	fix_build_str(b, 554, text);
	return 0;
}

const struct signer_type signer_bitvavo = { "bitvavo", true, false, SIGNER_TEXT,
	sign };
