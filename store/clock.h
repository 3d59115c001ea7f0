/* The clocks of this machine, for who drives a session. */
#ifndef FIXGATE_STORE_CLOCK_H
#define FIXGATE_STORE_CLOCK_H

#include "fix/err.h"
#include "fix/time.h"

/** Both clocks, read now: CLOCK_REALTIME as nanoseconds since 1970 UTC,
 * CLOCK_MONOTONIC. @return them; it can't fail */
FIX_API struct fix_now fix_clock_now(void);

#endif
