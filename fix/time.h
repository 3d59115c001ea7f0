/*
 * Two clocks that do not mix, and FIX's ways of writing time.
 *
 * Wall time is int64 nanoseconds since 1970-01-01 UTC (1677 to 2262), for the
 * record; monotonic time runs timers. Formats: FIX 4.2 and later, volume 1,
 * "Data Types"; 0 to 12 fraction digits are read and written.
 */
#ifndef FIXGATE_FIX_TIME_H
#define FIXGATE_FIX_TIME_H

#include "fix/err.h"
#include "fix/span.h"

#define FIX_USEC INT64_C(1000)
#define FIX_MSEC INT64_C(1000000)
#define FIX_SEC INT64_C(1000000000)
#define FIX_DAY (86400 * FIX_SEC)

struct fix_utc {
	int64_t ns; /* since 1970-01-01 00:00:00 UTC */
};

struct fix_mono {
	int64_t ns; /* since some moment of this boot; FIX_MONO_NEVER: never */
};

#define FIX_MONO_NEVER INT64_MAX

struct fix_now {
	struct fix_utc utc;
	struct fix_mono mono;
};

/* A timestamp as it was written: round-trips to the same text. */
struct fix_stamp {
	struct fix_utc utc;
	uint16_t ps;    /* picoseconds beyond utc, 0 to 999 */
	uint8_t digits; /* fraction digits written, 0 to 12 */
	bool leap;      /* the text said second 60; utc is the next second */
};

#define FIX_STAMP_MAX 31 /* bytes of the longest timestamp, 12 digits */

/**
 * Read a UTCTimestamp: YYYYMMDD-HH:MM:SS[.s{1,12}].
 *
 * Second 60 is taken at 23:59 only, as the leap second it is.
 * @return 0, -FIX_E_FORMAT, -FIX_E_RANGE (no such day, or not 1678..2261)
 */
FIX_API int fix_stamp_parse(struct fix_span text, struct fix_stamp *out)
    FIX_MUST_CHECK;

/** Write it back. @return bytes written, at most FIX_STAMP_MAX; no NUL */
FIX_API size_t fix_stamp_format(uint8_t *out, const struct fix_stamp *t);

/** Write utc with so many fraction digits, cut and not rounded. @return bytes */
FIX_API size_t fix_utc_format(uint8_t *out, struct fix_utc t, unsigned digits);

/** Does the text read as the type? UTCTimeOnly, UTCDateOnly/LocalMktDate,
 * MonthYear, TZTimeOnly, TZTimestamp. */
FIX_API bool fix_timeonly_ok(struct fix_span text);
FIX_API bool fix_date_ok(struct fix_span text);
FIX_API bool fix_monthyear_ok(struct fix_span text);
FIX_API bool fix_tztime_ok(struct fix_span text);
FIX_API bool fix_tzstamp_ok(struct fix_span text);

/** Days since 1970-01-01 of a civil date, year 1678 to 2261, month 1 to 12, day
 * 1 to 31: not checked. @return days, negative before 1970 */
FIX_API int64_t fix_days_of(int year, int month, int day);
/** And back. @return nothing; *year, *month, *day */
FIX_API void fix_civil_of(int64_t days, int *year, int *month, int *day);

#endif
