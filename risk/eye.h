/* What an entry of a tape says: for play.c. */
#ifndef FIXGATE_RISK_EYE_H
#define FIXGATE_RISK_EYE_H

#include "risk/inside.h"

struct eye {
	const uint8_t *p, *end;
	bool bad;
};

/* Each takes the next field. Past the end, or where it is no such field, the eye
 * is bad, and what comes back is nothing. */
unsigned eye_byte(struct eye *e);
unsigned eye_below(struct eye *e, unsigned n);
uint64_t eye_count(struct eye *e);
uint32_t eye_number(struct eye *e);
int64_t eye_int(struct eye *e);
struct fix_span eye_name(struct eye *e);
/** A name that set-up gives: without NUL, with one behind. */
void eye_text(struct eye *e, char *out, size_t cap);
struct risk_hold eye_hold(struct eye *e);
/** @return 0, -FIX_E_CORRUPT, -FIX_E_FOREIGN: of another size than here */
int eye_whole(struct eye *e, void *out, size_t len) FIX_MUST_CHECK;
/** Everything was there, and nothing is left. */
bool eye_done(const struct eye *e);

#define EYE_SOFT 0x10u  /* in the byte of a verdict's owner */
#define EYE_CASH 0x4u /* an order's first byte: it is by amount */
#define EYE_KIND 0x8u /* and it has a kind */
#define EYE_SPENT 0x20u /* a token: the order's */

/** @param rest  its number in a book, 0: none */
struct risk_order eye_order(struct eye *e, uint64_t *rest);
/** A check as it was written down. @return 0, -FIX_E_CORRUPT */
int eye_check(struct eye *e, struct risk_played *out, uint64_t *rest)
    FIX_MUST_CHECK;
/** The next entry of a tape. @return as risk_play() */
int eye_entry(struct fix_span *tape, struct eye *e, struct risk_played *out)
    FIX_MUST_CHECK;

#endif
