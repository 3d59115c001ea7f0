/*
 * Exact decimals and whole numbers, read, written, compared and reckoned with.
 *
 * In: text of a peer, or mantissa and exponent. Out: the same value, never
 * another: what can't be held is refused. FIX volume 1, "int" and "float":
 * digits, '-', a point, zeros in front and behind; no '+', no exponent. Between
 * steps a value has 128 bits. Rounding is not done here.
 */
#include "fix/decimal.h"

#include "fix/bytes.h"

#define MAX_DIGITS 18
#define MIN_EXP (-18) /* of results; format() takes what mul() may meet */
#define LOW_EXP (-36)
#define HIGH_EXP 18

typedef __int128 wide;

const char fix_two_digits[200] = "00010203040506070809"
				 "10111213141516171819"
				 "20212223242526272829"
				 "30313233343536373839"
				 "40414243444546474849"
				 "50515253545556575859"
				 "60616263646566676869"
				 "70717273747576777879"
				 "80818283848586878889"
				 "90919293949596979899";

static const uint64_t pow10[20] = { 1, 10, 100, 1000, 10000, 100000, 1000000,
	10000000, 100000000, 1000000000, 10000000000, 100000000000,
	1000000000000, 10000000000000, 100000000000000, 1000000000000000,
	10000000000000000, 100000000000000000, 1000000000000000000,
	UINT64_C(10000000000000000000) };

/* A text of more digits than can be held, unless those in front or behind are
 * zeros; that it has the right shape is known. */
static int
parse_long(struct fix_span text, struct fix_dec *out)
{
	size_t i = text.p[0] == '-' ? 1 : 0;
	bool neg = i == 1, behind = false;
	unsigned d, n = 0, frac = 0;
	uint64_t v = 0;

	for (; i < text.len; i++) {
		if (text.p[i] == '.') {
			behind = true;
			continue;
		}
		d = text.p[i] - (unsigned)'0';
		if (n == MAX_DIGITS || frac == -MIN_EXP) {
			if (d != 0 || !behind)
				return -FIX_E_RANGE;
			continue;
		}
		v = v * 10 + d;
		n += v != 0;
		frac += behind;
	}
	out->mant = neg ? -(int64_t)v : (int64_t)v;
	out->exp = -(int32_t)frac;
	return 0;
}

/* Digits at *p up to end, behind those that made v; *p moves on. */
static uint64_t
take_digits(const uint8_t **p, const uint8_t *end, uint64_t v)
{
	for (; *p < end && fix_is_digit(**p); (*p)++)
		v = v * 10 + (**p - (uint64_t)'0');
	return v;
}

int
fix_dec_parse(struct fix_span text, struct fix_dec *out)
{
	const uint8_t *p = text.p, *end, *first, *point;
	size_t digits;
	uint64_t v;
	bool neg;

	if (text.len == 0)
		return -FIX_E_FORMAT;
	end = p + text.len;
	neg = *p == '-';
	p += neg;
	first = p;
	v = take_digits(&p, end, 0);
	digits = (size_t)(p - first);
	point = p;
	if (p < end && *p == '.') {
		p++;
		point = p;
		v = take_digits(&p, end, v);
		digits += (size_t)(p - point);
	}
	if (p != end || digits == 0)
		return -FIX_E_FORMAT;
	if (digits > MAX_DIGITS)
		return parse_long(text, out); /* v may have run over */
	out->mant = neg ? -(int64_t)v : (int64_t)v;
	out->exp = (int32_t)(point - p);
	return 0;
}

static uint64_t
magnitude(int64_t v)
{
	return v < 0 ? -(uint64_t)v : (uint64_t)v;
}

/* Writes v in at least width digits, at most 37. */
static size_t
put_digits(uint8_t *out, uint64_t v, size_t width)
{
	size_t n, i;

	if (v < 10 && width == 1) { /* 0 and 1 are written most */
		*out = (uint8_t)('0' + v);
		return 1;
	}
	/* 1233 / 4096 is the logarithm of 2, near enough for 64 bits */
	n = (size_t)(64 - __builtin_clzll(v | 1)) * 1233 >> 12;
	n += (v | 1) >= pow10[n];
	if (n < width)
		n = width;
	for (i = n; v >= 10; v /= 100)
		memcpy(out + (i -= 2), fix_two_digits + v % 100 * 2, 2);
	if (i > 0)
		out[--i] = (uint8_t)('0' + v);
	while (i > 0)
		out[--i] = '0';
	return n;
}

size_t
fix_dec_format(uint8_t *out, struct fix_dec v)
{
	size_t n = 0, i, frac = v.exp < 0 ? (size_t) - (int64_t)v.exp : 0;

	if (v.exp < LOW_EXP || v.exp > HIGH_EXP)
		return 0;
	if (v.mant < 0)
		out[n++] = '-';
	n += put_digits(out + n, magnitude(v.mant), frac + 1);
	if (frac > 0) {
		for (i = n; i > n - frac; i--)
			out[i] = out[i - 1];
		out[i] = '.';
		return n + 1;
	}
	if (v.exp > 0 && v.mant != 0) {
		memset(out + n, '0', (size_t)v.exp);
		n += (size_t)v.exp;
	}
	return n;
}

/* v * 10^n; false if n digits more can't be held in 128 bits. */
static bool
raise(int64_t v, int32_t n, wide *out)
{
	if (v == 0) {
		*out = 0;
		return true;
	}
	if (n > 19)
		return false;
	*out = (wide)v * (wide)pow10[n];
	return true;
}

int
fix_dec_cmp(struct fix_dec a, struct fix_dec b)
{
	wide x = a.mant, y = b.mant;
	int64_t d = (int64_t)a.exp - b.exp;

	/* where it can't be raised it is larger than any mantissa */
	if (d > 0 && !raise(a.mant, d > 20 ? 20 : (int32_t)d, &x))
		return a.mant < 0 ? -1 : 1;
	if (d < 0 && !raise(b.mant, d < -20 ? 20 : (int32_t)-d, &y))
		return b.mant < 0 ? 1 : -1;
	return (x > y) - (x < y);
}

/* A value of 128 bits as a decimal: zeros are dropped only to make it fit. */
static int
hold(wide v, int64_t exp, struct fix_dec *out)
{
	while ((v > INT64_MAX || v < INT64_MIN || exp < MIN_EXP) &&
	       v % 10 == 0 && v != 0) {
		v /= 10;
		exp++;
	}
	if (v == 0 && exp < MIN_EXP)
		exp = MIN_EXP;
	if (v > INT64_MAX || v < INT64_MIN || exp < MIN_EXP || exp > HIGH_EXP)
		return -FIX_E_RANGE;
	out->mant = (int64_t)v;
	out->exp = (int32_t)exp;
	return 0;
}

int
fix_dec_add(struct fix_dec a, struct fix_dec b, struct fix_dec *out)
{
	struct fix_dec low = a.exp < b.exp ? a : b;
	struct fix_dec high = a.exp < b.exp ? b : a;
	int64_t d = (int64_t)high.exp - low.exp;
	wide x;

	if (!raise(high.mant, d > 20 ? 20 : (int32_t)d, &x))
		return -FIX_E_RANGE;
	return hold(x + low.mant, low.exp, out);
}

int
fix_dec_mul(struct fix_dec a, struct fix_dec b, struct fix_dec *out)
{
	return hold((wide)a.mant * b.mant, (int64_t)a.exp + b.exp, out);
}

int
fix_dec_to_e8(struct fix_dec v, int64_t *out)
{
	int64_t n = (int64_t)v.exp + 8;
	wide x = v.mant;

	if (v.mant == 0)
		n = 0;
	if (n > 0 && !raise(v.mant, n > 20 ? 20 : (int32_t)n, &x))
		return -FIX_E_RANGE;
	if (n < -19)
		return -FIX_E_RANGE;
	if (n < 0) {
		if (x % (wide)pow10[-n] != 0)
			return -FIX_E_RANGE;
		x /= (wide)pow10[-n];
	}
	if (x > INT64_MAX || x < INT64_MIN)
		return -FIX_E_RANGE;
	*out = (int64_t)x;
	return 0;
}

struct fix_dec
fix_dec_of_e8(int64_t v)
{
	int32_t exp = -8;

	if (v % 100000000 == 0)
		return (struct fix_dec){ v / 100000000, 0 };
	if (v % 10000 == 0) {
		v /= 10000;
		exp += 4;
	}
	if (v % 100 == 0) {
		v /= 100;
		exp += 2;
	}
	if (v % 10 == 0) {
		v /= 10;
		exp++;
	}
	return (struct fix_dec){ v, exp };
}

size_t
fix_e8_format(uint8_t *out, int64_t v)
{
	uint64_t m = magnitude(v), frac = m % (uint64_t)FIX_E8;
	size_t n = 0;

	if (v < 0)
		out[n++] = '-';
	n += put_digits(out + n, m / (uint64_t)FIX_E8, 1);
	if (frac == 0)
		return n;
	out[n++] = '.';
	n += put_digits(out + n, frac, 8);
	while (out[n - 1] == '0')
		n--;
	return n;
}

int
fix_int_parse(struct fix_span text, int64_t *out)
{
	size_t i = text.len > 0 && text.p[0] == '-' ? 1 : 0, first = i;
	uint64_t v = 0, max = (uint64_t)INT64_MAX + i;
	unsigned d;
	bool over = false;

	for (; i < text.len; i++) {
		d = text.p[i] - (unsigned)'0';
		if (d > 9)
			return -FIX_E_FORMAT;
		if (v > (max - d) / 10)
			over = true;
		else
			v = v * 10 + d;
	}
	if (i == first)
		return -FIX_E_FORMAT;
	if (over)
		return -FIX_E_RANGE;
	*out = first == 1 ? (int64_t)(0 - v) : (int64_t)v;
	return 0;
}

size_t
fix_int_format(uint8_t *out, int64_t v)
{
	size_t n = 0;

	if (v < 0)
		out[n++] = '-';
	return n + put_digits(out + n, magnitude(v), 1);
}
