/*
 * How many messages may pass in how much time: sliding windows.
 *
 * A window of 30 in 3 s lets no stretch of 3 s hold more than 30, wherever it
 * begins; several windows hold together. The moments of the last messages are
 * kept, as many as the largest window counts. Only the monotonic clock matters.
 */
#ifndef FIXGATE_SESSION_PACE_H
#define FIXGATE_SESSION_PACE_H

#include <stdbool.h>

#include "fix/err.h"
#include "fix/time.h"

#define FIX_PACE_WINDOWS 4
#define FIX_PACE_MOST 10000u  /* messages in a window: 8 bytes each */
#define FIX_PACE_LONGEST_S 86400

struct fix_pace_window {
	uint32_t most; /* messages, 1 to FIX_PACE_MOST */
	int64_t ns;    /* in that time, over 0 */
};

struct fix_pace_cfg {
	struct fix_pace_window window[FIX_PACE_WINDOWS];
	unsigned n; /* windows in use; 0: no limit */
};

struct fix_pace { /* all zeros: no limit, nothing to free */
	struct fix_pace_cfg cfg;
	int64_t *at;   /* a ring of moments, cap of them; owned */
	uint32_t cap;
	uint32_t next; /* where the next one goes */
	uint32_t n;    /* known */
};

/** @return 0, -FIX_E_NOMEM, -FIX_E_RANGE (a window beyond the bounds above) */
FIX_API int fix_pace_init(struct fix_pace *p, const struct fix_pace_cfg *cfg)
    FIX_MUST_CHECK;
/** Free it. @return nothing */
FIX_API void fix_pace_fini(struct fix_pace *p);
/** @return when one more may pass: now, if it may at once */
FIX_API struct fix_mono fix_pace_when(const struct fix_pace *p,
    struct fix_mono now);
/** One passes now, allowed or not. @return nothing */
FIX_API void fix_pace_take(struct fix_pace *p, struct fix_mono now);
/** @return how full the fullest window is, in percent, 0 to 100 */
FIX_API unsigned fix_pace_use(const struct fix_pace *p, struct fix_mono now);
/** @return nanoseconds of the longest window; 0: there is none */
FIX_API int64_t fix_pace_longest(const struct fix_pace *p);
/**
 * Read "50/1,1000/60": messages and seconds of each window, commas between.
 * @return 0; -FIX_E_FORMAT, also for a number of 0 or over the bounds;
 *         -FIX_E_RANGE: too many windows
 */
FIX_API int fix_pace_read(struct fix_pace_cfg *cfg, const char *text)
    FIX_MUST_CHECK;

#endif
