/* Passwords and signatures in messages are masked before anything is written:
 * rule L12. */
#ifndef FIXGATE_GATEWAY_TRADER_SECRETS_H
#define FIXGATE_GATEWAY_TRADER_SECRETS_H

#include "fix/span.h"

/** May a message hold secrets: is it a Logon(A) or a UserRequest(BE)? */
bool secrets_may_be_in(struct fix_span message);
/**
 * Mask 554, 925, 1402, 1404 and a Logon's 96 in place, with as many stars, so
 * that BodyLength stays true, and write CheckSum anew.
 *
 * @param message  one whole message, whatever it holds
 * @return values that were masked
 */
unsigned secrets_mask(uint8_t *message, size_t len);

#endif
