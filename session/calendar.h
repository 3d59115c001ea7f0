/*
 * A calendar: the dates on which the hours are not the usual ones.
 *
 * Plain text, one date a line, in any order; '#' begins a remark:
 *
 *	2026-12-25 closed Christmas Day
 *	2026-12-24 open 08:00-13:00 Christmas Eve
 *
 * Times are HH:MM or HH:MM:SS of that date's clocks, the second one up to
 * 24:00; what follows is the date's name. Whose clocks: the schedule says.
 */
#ifndef FIXGATE_SESSION_CALENDAR_H
#define FIXGATE_SESSION_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fix/err.h"

#define FIX_CALENDAR_NAME_MAX 59u    /* bytes of a date's name, cut there */
#define FIX_CALENDAR_DATES_MAX 20000u /* of all files of a calendar */

struct fix_calendar;

struct fix_calendar_day {
	int32_t day;  /* from 1970-01-01 */
	bool closed;  /* else open from open_s to close_s, and early at that */
	int32_t open_s, close_s; /* 0 to 86400; open_s is less */
	char name[FIX_CALENDAR_NAME_MAX + 1];
};

struct fix_calendar_error {
	unsigned line; /* from 1; 0: the file as a whole */
	char text[160]; /* what was expected */
};

/** An empty calendar, held once. @return NULL when out of memory */
FIX_API struct fix_calendar *fix_calendar_new(void);
/** Hold it once more. @param c  may be NULL @return c */
FIX_API struct fix_calendar *fix_calendar_hold(struct fix_calendar *c);
/** Let go of it; the last one frees it. NULL is nothing. */
FIX_API void fix_calendar_free(struct fix_calendar *c);

/**
 * Add the dates of a file. A date that stands in several files is closed if
 * one of them says so, else it is open while all of them are.
 *
 * @param file  its name, for fix_calendar_file(); copied
 * @param p     untrusted bytes, borrowed for this call
 * @param e     set on -FIX_E_FORMAT and -FIX_E_TOOBIG
 * @return 0; -FIX_E_FORMAT: a line that does not read, a date twice, or no
 *         date at all; -FIX_E_TOOBIG: too many dates; -FIX_E_NOMEM. After an
 *         error the calendar is as it was.
 */
FIX_API int fix_calendar_add(struct fix_calendar *c, const char *file,
    const uint8_t *p, size_t len, struct fix_calendar_error *e) FIX_MUST_CHECK;

/** Dates in it, ascending. @return NULL: index is past the last */
FIX_API const struct fix_calendar_day *fix_calendar_at(
    const struct fix_calendar *c, size_t index);
/** Index of the first date that is not before day; c may be NULL: 0. */
FIX_API size_t fix_calendar_from(const struct fix_calendar *c, int64_t day);
/** @return the date, or NULL: it is like any other */
FIX_API const struct fix_calendar_day *fix_calendar_on(
    const struct fix_calendar *c, int64_t day);

/** Files that were added. @param last_day  the last date in it
 * @return its name, NULL: index is past the last */
FIX_API const char *fix_calendar_file(const struct fix_calendar *c,
    size_t index, int32_t *last_day);

#endif
