/* Base64 as logons and keys carry it: RFC 4648 section 4, padded, and read
 * strictly, so that every value has one spelling (rule L06). */
#ifndef FIXGATE_GATEWAY_AUTH_B64_H
#define FIXGATE_GATEWAY_AUTH_B64_H

#include <sys/types.h>

#include "fix/err.h"
#include "fix/span.h"

#define B64_CHARS(bytes) (((bytes) + 2) / 3 * 4) /* without a NUL */

/** Write in as text with a NUL. @return characters, 0 if cap is too small */
size_t b64_encode(char *out, size_t cap, struct fix_span in);
/** Read text: no white space, no missing or needless padding, no bits that are
 * lost. @return bytes; -FIX_E_FORMAT, -FIX_E_SPACE */
ssize_t b64_decode(uint8_t *out, size_t cap, struct fix_span text)
    FIX_MUST_CHECK;

#endif
