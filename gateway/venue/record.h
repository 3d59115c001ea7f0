/*
 * Records of the link between the trader and a venue's process; their meaning
 * is in fixgate-venue-link(7).
 *
 * A record is four bytes, big-endian, that count what follows, and so many
 * bytes of text: the type, then "\nNAME=VALUE" for each field. A value holds
 * any byte but NUL and line feed. Nothing here does I/O or allocates.
 */
#ifndef FIXGATE_GATEWAY_VENUE_RECORD_H
#define FIXGATE_GATEWAY_VENUE_RECORD_H

#include <sys/types.h>

#include "fix/err.h"
#include "fix/span.h"
#include "gateway/venue/venue.h"

#define RECORD_HEAD 4u
#define RECORD_MAX 4096u /* bytes of text, at most */
#define RECORD_FIELDS 32u
#define RECORD_VERSION 1 /* of the link, in hello */

struct record_field {
	struct fix_span name, value;
};

struct record { /* spans into the bytes that it was read from */
	struct fix_span type;
	unsigned n;
	struct record_field fields[RECORD_FIELDS];
};

/**
 * Read one record from the front of untrusted bytes.
 *
 * @param r  filled when the result is positive; borrows from p
 * @return   bytes used; 0: it is not whole yet;
 *           -FIX_E_TOOBIG  its length is 0 or over RECORD_MAX
 *           -FIX_E_FORMAT  NUL, no type, a field without name or '=', or more
 *                          than RECORD_FIELDS fields
 */
ssize_t record_read(struct record *r, const uint8_t *p, size_t len)
    FIX_MUST_CHECK;
/** Does a whole record stand in front, or a length that no record has? */
bool record_whole(const uint8_t *p, size_t len);
/** Value of the first field of that name; without it p is NULL. */
struct fix_span record_get(const struct record *r, const char *name);
/** Decimal in units of 10^-8. @return 0; -FIX_E_NOTFOUND, -FIX_E_FORMAT,
 * -FIX_E_RANGE (not exact, or too big): *out is not touched */
int record_e8(const struct record *r, const char *name, int64_t *out)
    FIX_MUST_CHECK;
/** Whole number. @return as above */
int record_int(const struct record *r, const char *name, int64_t *out)
    FIX_MUST_CHECK;
/** Copy a value, cut at cap; "" without one. @return did it fit? */
bool record_copy(
    const struct record *r, const char *name, char *dst, size_t cap);

/** The terms that few orders have. @return false: one can't be read */
bool record_rare(const struct record *r, struct venue_rare *out);

struct record_out { /* a record that is being written */
	uint8_t *buf;
	size_t cap, len;
	bool failed;
};

/** Write into buf, the caller's, of cap bytes: RECORD_HEAD + RECORD_MAX is
 * always enough for a record that record_read() takes. */
void record_begin(
    struct record_out *o, uint8_t *buf, size_t cap, const char *type);
/** A field; an empty or NULL value is left out. Control bytes of the value
 * become spaces. */
void record_put(struct record_out *o, const char *name, const char *value);
void record_put_span(
    struct record_out *o, const char *name, struct fix_span value);
void record_put_char(struct record_out *o, const char *name, char value);
void record_put_int(struct record_out *o, const char *name, int64_t value);
void record_put_e8(struct record_out *o, const char *name, int64_t value);
/** @return bytes of the record; -FIX_E_SPACE, nothing may be sent then */
ssize_t record_end(struct record_out *o) FIX_MUST_CHECK;

#endif
