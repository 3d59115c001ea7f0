/* What an account holds, in units of 10^-16, so that the product of two numbers
 * of 10^-8 is exact. */
#ifndef FIXGATE_GATEWAY_VENUE_AMOUNT_H
#define FIXGATE_GATEWAY_VENUE_AMOUNT_H

#include <stdbool.h>

#include "fix/err.h"

#define AMOUNT_BYTES 48u
#define AMOUNT_ONE ((amount)10000000000000000)
#define AMOUNT_MAX (AMOUNT_ONE * 1000000000000000000) /* none is as large */

typedef __int128 amount;

/** Read a venue's text, with up to 18 digits before the point, and nothing
 * but zeros behind the 16th after it. @return false: *out is not touched */
bool amount_read(const char *text, amount *out) FIX_MUST_CHECK;
/** Plain digits, no more than are needed. @return a place in buf */
const char *amount_show(amount v, char buf[AMOUNT_BYTES]);

#endif
