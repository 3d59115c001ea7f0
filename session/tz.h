/*
 * A time zone: what its clocks show at a moment, and when they show a time.
 *
 * Made from the bytes of a TZif file (RFC 8536), which somebody else reads.
 * Times are seconds since 1970-01-01, of UTC or, where it says so, of the
 * zone's own clocks. NULL is a zone, too: UTC.
 */
#ifndef FIXGATE_SESSION_TZ_H
#define FIXGATE_SESSION_TZ_H

#include <stddef.h>
#include <stdint.h>

#include "fix/err.h"

struct fix_tz;

/**
 * Read a zone. Version 2 or later: the 64-bit part and the rule behind it.
 *
 * @param p  untrusted bytes, borrowed for this call
 * @return 0; -FIX_E_FORMAT: no TZif, cut short or not sound;
 *         -FIX_E_FOREIGN: version 1, or it counts leap seconds;
 *         -FIX_E_TOOBIG, -FIX_E_NOMEM
 */
FIX_API int fix_tz_read(struct fix_tz **out, const uint8_t *p, size_t len)
    FIX_MUST_CHECK;
/** Hold a zone once more. @return z, which may be NULL */
FIX_API struct fix_tz *fix_tz_hold(struct fix_tz *z);
/** Let go of it; the last one frees it. NULL is nothing. */
FIX_API void fix_tz_free(struct fix_tz *z);

/** Seconds that the zone's clocks are ahead of UTC. */
FIX_API int32_t fix_tz_offset(const struct fix_tz *z, int64_t utc_s);

/** The first moment after utc_s at which the zone's clocks are set.
 * @return INT64_MAX: never again */
FIX_API int64_t fix_tz_next_change(const struct fix_tz *z, int64_t utc_s);

/**
 * The moment at which the zone's clocks show a time or have just passed it.
 *
 * A time that is skipped comes when the clocks jump over it; one that is
 * shown twice comes when it is shown first. So a later time never comes
 * earlier.
 */
FIX_API int64_t fix_tz_moment(const struct fix_tz *z, int64_t local_s);

#endif
