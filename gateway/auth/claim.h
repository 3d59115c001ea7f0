/* What a Logon claims and with what it proves it, out of the bytes as they
 * came; nothing here says whether it is true. */
#ifndef FIXGATE_GATEWAY_AUTH_CLAIM_H
#define FIXGATE_GATEWAY_AUTH_CLAIM_H

#include "fix/msg.h"
#include "gateway/auth/proof.h"

#define CLAIM_TEXT_MAX 512u /* bytes of a signed text */

struct claim { /* spans into the message */
	struct fix_span user;     /* 553 */
	struct fix_span password; /* 554, empty: none */
	struct fix_span fresh;    /* 925 NewPassword, empty: none */
	struct fix_span raw;      /* 96, empty: none */
	struct fix_span seq;      /* 34 */
	struct fix_utc sent;      /* 52 */
	bool reset;               /* 141=Y */
};

/** Read a Logon. Each field that counts must stand there once at most: two
 * readers of a message must not see two truths.
 * @return NULL; or why not, a static phrase */
const char *claim_read(struct claim *c, const struct fix_msg *m) FIX_MUST_CHECK;

/**
 * The text that our own scheme signs (rules L03): FIXGW1, A, 49, 56, 34, 52
 * and, if the Logon has 141, also 108 and 141, with a SOH between each two.
 *
 * @param out  CLAIM_TEXT_MAX bytes
 * @return     bytes; -FIX_E_NOTFOUND: a field is missing; -FIX_E_TOOBIG
 */
ssize_t claim_text(uint8_t *out, const struct fix_msg *m) FIX_MUST_CHECK;
/** Decode 96, whose length must be what the method has (L06).
 * @param out  64 bytes
 * @return bytes, or -FIX_E_FORMAT */
ssize_t claim_signature(const struct claim *c, enum proof_method m,
    uint8_t *out) FIX_MUST_CHECK;

#endif
