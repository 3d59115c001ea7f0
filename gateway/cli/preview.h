/*
 * What comes of a session's hours: an interval with all that happens in it, to
 * be shown to people or programs.
 */
#ifndef FIXGATE_GATEWAY_CLI_PREVIEW_H
#define FIXGATE_GATEWAY_CLI_PREVIEW_H

#include <jansson.h>

#include "session/schedule.h"

#define PREVIEW_MAX 64u /* of each kind in an interval; the rest is left out */

struct preview {
	const struct fix_schedule *s;
	bool always;           /* no intervals: what follows is what is next */
	bool now;              /* it has begun */
	struct fix_interval v;
	struct fix_interval logons[PREVIEW_MAX]; /* none: as v */
	struct fix_utc resets[PREVIEW_MAX];
	struct fix_utc clocks[PREVIEW_MAX]; /* of the zone of the start: set */
	/* Dates of the calendar: n_before of them before v starts. */
	const struct fix_calendar_day *dates[PREVIEW_MAX];
	unsigned n_logons, n_resets, n_clocks, n_dates, n_before;
};

/**
 * The next interval, or (always open) the next `count` things of each kind.
 *
 * @param from  what was shown ends here; its dates and clocks are not told again
 * @param now   for preview.now
 * @return false: there is none
 */
bool preview_next(struct preview *p, const struct fix_schedule *s,
    struct fix_utc from, struct fix_utc now, unsigned count);

void preview_print(const struct preview *p);
/** @return a new reference, NULL when out of memory */
json_t *preview_json(const struct preview *p);

#endif
