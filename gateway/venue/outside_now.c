/*
 * The clocks, alone in their file: a test has its own.
 */
#include <time.h>

#include "fix/time.h"
#include "gateway/venue/outside.h"

static int64_t
clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * FIX_SEC + t.tv_nsec;
}

int64_t
outside_mono(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

int64_t
outside_utc(void)
{
	return clock_ns(CLOCK_REALTIME);
}
