/* Small helpers over bytes, for fix/ alone: not installed. */
#ifndef FIXGATE_FIX_BYTES_H
#define FIXGATE_FIX_BYTES_H

#include "fix/msg.h"
#include "fix/scan.h"

#define FIX_SOH 0x01

/* Bytes as a number whose lowest byte comes first, on any machine. */
static inline uint64_t
fix_load64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	return v;
}

static inline uint32_t
fix_load32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap32(v);
#endif
	return v;
}

static inline bool
fix_is_digit(uint8_t c)
{
	return (uint8_t)(c - '0') < 10;
}

/* "00" to "99". */
extern const char fix_two_digits[200];

/** Sum of n bytes modulo 256, as CheckSum(10) wants it. */
uint8_t fix_sum8(const uint8_t *p, size_t n);

/**
 * Split bytes [at, end) of m into fields, appended to m->fields, and sum bytes
 * [0, end). The byte before end is a SOH; three bytes behind end are readable;
 * m holds 8 and 9 already, so every field has one before it.
 */
enum fix_garbled fix_split_fields(
    struct fix_msg *m, uint32_t at, uint32_t end, uint8_t *sum);

/** Length tag that stands before data_tag (96 gives 95), 0 if none. */
uint32_t fix_length_tag_of(uint32_t data_tag);

#endif
