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

/* Is a byte of a word SOH? */
static inline bool
fix_word_has_soh(uint64_t w)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);

	w ^= ones;
	return ((w - ones) & ~w & ones << 7) != 0;
}

/*
 * Copy a text and tell whether there is a SOH in it. Texts are short: words
 * that may overlap at the end, and no call.
 */
static inline bool
fix_copy_text(uint8_t *to, struct fix_span v)
{
	bool soh = false;
	uint64_t w;
	size_t i;

	if (v.len < 8) {
		for (i = 0; i < v.len; i++) {
			to[i] = v.p[i];
			soh |= v.p[i] == FIX_SOH;
		}
		return soh;
	}
	for (i = 0;; i = i + 16 <= v.len ? i + 8 : v.len - 8) {
		memcpy(&w, v.p + i, sizeof(w));
		memcpy(to + i, &w, sizeof(w));
		soh |= fix_word_has_soh(w);
		if (i + 8 == v.len)
			return soh;
	}
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
