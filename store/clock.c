/*
 * The clocks of this machine. Sessions and the store are told the time; this
 * is for the programs round them.
 */
#include "store/clock.h"

#include <time.h>

static int64_t
read_ns(clockid_t which)
{
	struct timespec ts;

	(void)clock_gettime(which, &ts);
	return ts.tv_sec * FIX_SEC + ts.tv_nsec;
}

struct fix_now
fix_clock_now(void)
{
	struct fix_now now = { { read_ns(CLOCK_REALTIME) },
		{ read_ns(CLOCK_MONOTONIC) } };

	return now;
}
