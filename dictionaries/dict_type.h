/*
 * Does a value read as its type: the types that most fields have, inline for
 * the check of a message. The rules are told in dict_type.c. No value here is
 * empty.
 */
#ifndef FIXGATE_DICTIONARIES_DICT_TYPE_H
#define FIXGATE_DICTIONARIES_DICT_TYPE_H

#include "dictionaries/dict_impl.h"

#define DICT_DIGITS_MAX 18u /* that count: without leading zeros */

static inline bool
dict_is_digit(uint8_t c)
{
	return (uint8_t)(c - '0') < 10;
}

/* Digits only, at least one, not more that count than may be. */
static inline bool
dict_digits_ok(const uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (!dict_is_digit(p[i]))
			return false;
	}
	if (len <= DICT_DIGITS_MAX)
		return len > 0;
	for (i = 0; i < len && p[i] == '0'; i++)
		;
	return len - i <= DICT_DIGITS_MAX;
}

static inline bool
dict_natural_ok(struct fix_span v)
{
	return dict_digits_ok(v.p, v.len);
}

static inline bool
dict_int_ok(struct fix_span v)
{
	bool minus = v.p[0] == '-';

	return dict_digits_ok(v.p + minus, v.len - minus);
}

static inline bool
dict_float_ok(struct fix_span v)
{
	size_t minus = v.p[0] == '-', i, points = 0, zeros = 0;

	for (i = minus; i < v.len; i++) {
		if (dict_is_digit(v.p[i]))
			continue;
		if (v.p[i] != '.' || points++ > 0)
			return false;
	}
	if (v.len <= DICT_DIGITS_MAX)
		return v.len > minus + points;
	for (i = minus; i < v.len && (v.p[i] == '0' || v.p[i] == '.'); i++)
		zeros += v.p[i] == '0';
	return v.len - minus - points - zeros <= DICT_DIGITS_MAX;
}

static inline bool
dict_boolean_ok(struct fix_span v)
{
	return v.len == 1 && (v.p[0] == 'Y' || v.p[0] == 'N');
}

/* Eight bytes, the first one lowest. */
static inline uint64_t
dict_eight(const uint8_t *p)
{
	uint64_t x;

	memcpy(&x, p, sizeof(x));
	return x;
}

/* Do the digits that the mask picks read as digits? */
static inline bool
dict_eight_digits(uint64_t x, uint64_t mask)
{
	const uint64_t zero = UINT64_C(0x3030303030303030);
	const uint64_t six = UINT64_C(0x0606060606060606);
	const uint64_t high = UINT64_C(0xf0f0f0f0f0f0f0f0);
	uint64_t d = (x ^ zero) & mask;

	return ((d | (d + (six & mask))) & high) == 0;
}


/* Pairs of digits as numbers: in each byte its own and the next one's. */
static inline uint64_t
dict_pairs(uint64_t x, uint64_t mask)
{
	uint64_t d = (x ^ UINT64_C(0x3030303030303030)) & mask;

	return d * 10 + (d >> 8);
}

/* Is each byte of v within the bytes of min and max? All are below 0x80. */
static inline bool
dict_within(uint64_t v, uint64_t min, uint64_t max)
{
	const uint64_t high = UINT64_C(0x8080808080808080);
	const uint64_t over = (high - UINT64_C(0x0101010101010101)) - max;

	return (((v + over) | ~(v + (high - min))) & high) == 0;
}

/* A timestamp of the usual kind, in seconds or milliseconds, on a day that
 * every month has. What is not may be good all the same: ask dict_type_ok(). */
static inline bool
dict_stamp_usual(struct fix_span v)
{
	const uint64_t places = UINT64_C(0xffff00ffff00ffff);
	const uint64_t firsts = UINT64_C(0x00ff0000ff0000ff);
	uint64_t date, time;

	if (v.len != 17 && (v.len != 21 || v.p[17] != '.' ||
	    !dict_eight_digits(dict_eight(v.p + 13), UINT64_MAX << 40)))
		return false;
	date = dict_eight(v.p);
	time = dict_eight(v.p + 9);
	if (!dict_eight_digits(date, UINT64_MAX) || v.p[8] != '-' ||
	    !dict_eight_digits(time, places) ||
	    (time & ~places) != UINT64_C(0x00003a00003a0000))
		return false;
	date = dict_pairs(date, UINT64_MAX) & UINT64_C(0x00ff00ff00ff00ff);
	time = dict_pairs(time, places) & firsts;
	/* Day, month, year, century; the first bytes are the lowest. */
	return dict_within(date, UINT64_C(0x0001000100000012),
		   UINT64_C(0x001c000c00630015)) &&
	    dict_within(time, 0, UINT64_C(0x003b00003b000017));
}

/* Those of 8 bytes that belong to a value of len, 1 to 8; the first lowest. */
static inline uint64_t
dict_mask(size_t len)
{
	return UINT64_MAX >> (64 - 8 * len);
}

/* Digits only, of at most 8 bytes. */
static inline bool
dict_short_digits(struct fix_span v)
{
	return v.len <= 8 && dict_eight_digits(dict_eight(v.p),
	    dict_mask(v.len));
}

/* Digits with at most one point among them, of 2 to 8 bytes: any byte that is a
 * point is taken for a 0. */
static inline bool
dict_short_float(struct fix_span v)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t mask, x, not_point, point;

	if (v.len > 8)
		return false;
	mask = dict_mask(v.len);
	x = dict_eight(v.p) & mask;
	not_point = x ^ (UINT64_C(0x2e) * ones);
	/* The high bit of each byte that is a point; bytes of 0x80 and more are
	 * no digits, whatever this makes of them. */
	point = (not_point - ones) & ~not_point & (UINT64_C(0x80) * ones) & mask;
	if ((point & (point - 1)) != 0 || v.len < 2)
		return point == 0 && dict_eight_digits(x, mask);
	return dict_eight_digits(x ^ (point >> 7) * (0x2e ^ 0x30), mask);
}

/* The types that are quickly said to fit; the others are told false. v has a
 * byte at least, and 8 bytes can be read at it. */
static inline bool
dict_surely_type(uint8_t type, struct fix_span v)
{
	if (type == FIX_T_STRING)
		return true;
	if (type == FIX_T_CHAR)
		return v.len == 1;
	if (type >= FIX_T_FLOAT && type <= FIX_T_PERCENTAGE)
		return dict_short_float(v);
	if (type == FIX_T_UTCTIMESTAMP)
		return dict_stamp_usual(v);
	if (type == FIX_T_INT ||
	    (type >= FIX_T_LENGTH && type <= FIX_T_NUMINGROUP))
		return dict_short_digits(v);
	return false;
}

#define DICT_KEY_BYTES 7u

/* A text of 1 to 7 bytes as a number, which is not 0. */
static inline uint64_t
dict_key_of(const uint8_t *p, size_t len)
{
	uint64_t key = len;
	size_t i;

	for (i = 0; i < len; i++)
		key = key << 8 | p[i];
	return key;
}

static inline uint32_t
dict_key_hash(uint64_t key, uint32_t shift)
{
	return (uint32_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> shift);
}

/* The same of an enumeration's values: not lists, not long ones. */
static inline bool
dict_surely_listed(const struct dict_enum *e, struct fix_span v)
{
	uint64_t key;
	uint32_t i;

	if (v.len == 1)
		return e->bytes[v.p[0] >> 6] >> (v.p[0] & 63) & 1;
	if (v.len > DICT_KEY_BYTES)
		return false;
	key = dict_key_of(v.p, v.len);
	i = dict_key_hash(key, e->key_shift);
	while (e->keys[i] != key) {
		if (e->keys[i] == 0)
			return false;
		i = (i + 1) & e->mask;
	}
	return true;
}

#endif
