/*
 * Exact decimals: mant * 10^exp. No floating point anywhere.
 *
 * A value keeps the exponent that its text had, so 23.50 writes back as 23.50;
 * comparison is by value. Text: FIX volume 1, "float": digits, optional '-'
 * and one point, leading and trailing zeros legal, no exponent, no '+'.
 */
#ifndef FIXGATE_FIX_DECIMAL_H
#define FIXGATE_FIX_DECIMAL_H

#include "fix/err.h"
#include "fix/span.h"

struct fix_dec {
	int64_t mant;
	int32_t exp; /* -18 to 0 after a parse */
};

#define FIX_DEC_MAX 40 /* bytes of the longest text */
#define FIX_E8 INT64_C(100000000) /* one, in units of 10^-8 */

/** @return 0, -FIX_E_FORMAT, -FIX_E_RANGE (over 18 digits that count) */
FIX_API int fix_dec_parse(struct fix_span text, struct fix_dec *out)
    FIX_MUST_CHECK;
/** Plain digits, no exponent. @return bytes, at most FIX_DEC_MAX; no NUL */
FIX_API size_t fix_dec_format(uint8_t *out, struct fix_dec v);
/** @return -1, 0, 1 by value */
FIX_API int fix_dec_cmp(struct fix_dec a, struct fix_dec b);
/** Exact. @return 0, -FIX_E_RANGE when it can't be held */
FIX_API int fix_dec_add(struct fix_dec a, struct fix_dec b,
    struct fix_dec *out) FIX_MUST_CHECK;
FIX_API int fix_dec_mul(struct fix_dec a, struct fix_dec b,
    struct fix_dec *out) FIX_MUST_CHECK;
/** Value in units of 10^-8. @return 0, -FIX_E_RANGE if not exact or too big */
FIX_API int fix_dec_to_e8(struct fix_dec v, int64_t *out) FIX_MUST_CHECK;
/** From units of 10^-8. @return it, without trailing zeros (187.25, 100) */
FIX_API struct fix_dec fix_dec_of_e8(int64_t v);
/** Writes what fix_dec_of_e8() gives, in fewer steps. @return as above */
FIX_API size_t fix_e8_format(uint8_t *out, int64_t v);
/** Read an int64: digits, optional '-', leading zeros legal.
 * @return 0; -FIX_E_FORMAT, -FIX_E_RANGE: *out is not touched */
FIX_API int fix_int_parse(struct fix_span text, int64_t *out) FIX_MUST_CHECK;
/** Write it. @return bytes, at most 20; no NUL */
FIX_API size_t fix_int_format(uint8_t *out, int64_t v);

#endif
