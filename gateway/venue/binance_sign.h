/* Signatures of Binance's REST and WebSocket API. */
#ifndef FIXGATE_GATEWAY_VENUE_BINANCE_SIGN_H
#define FIXGATE_GATEWAY_VENUE_BINANCE_SIGN_H

#include "fix/err.h"
#include "fix/span.h"

#define BINANCE_SIGNATURE_MAX 272 /* with NUL, percent-encoded */

struct binance_key { /* texts borrowed; one of the two is a secret */
	const char *api_key;
	const char *secret; /* HMAC-SHA256; NULL: pem */
	const char *pem;    /* Ed25519, PKCS#8 */
};

/**
 * Signature of what is sent, for the parameter "signature".
 *
 * @param text  of a REST call: query and body as they are sent, without '?' and
 *              with nothing in between; of a WebSocket call: its parameters by
 *              name, joined by '&', without the signature
 * @param url   percent-encode it, as a URL and a form want it
 * @return      0; -FIX_E_FORMAT: the key can't sign
 */
int binance_sign(const struct binance_key *k, struct fix_span text, bool url,
    char out[BINANCE_SIGNATURE_MAX]) FIX_MUST_CHECK;

#endif
