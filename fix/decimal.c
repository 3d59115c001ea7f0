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

static const uint64_t pow10[20] = { 1, 10, 100, 1000, 10000, 100000, 1000000,
	10000000, 100000000, 1000000000, 10000000000, 100000000000,
	1000000000000, 10000000000000, 100000000000000, 1000000000000000,
	10000000000000000, 100000000000000000, 1000000000000000000,
	UINT64_C(10000000000000000000) };

int
fix_dec_parse(struct fix_span text, struct fix_dec *out)
{
	size_t i = text.len > 0 && text.p[0] == '-' ? 1 : 0;
	bool neg = i == 1, behind = false, any = false, over = false;
	unsigned d, n = 0, frac = 0;
	uint64_t v = 0;

	for (; i < text.len; i++) {
		d = text.p[i] - (unsigned)'0';
		if (d > 9) {
			if (text.p[i] != '.' || behind)
				return -FIX_E_FORMAT;
			behind = true;
			continue;
		}
		any = true;
		if (n == MAX_DIGITS || frac == -MIN_EXP) {
			/* zeros at the end need no room */
			over = over || d != 0 || !behind;
			continue;
		}
		v = v * 10 + d;
		n += v != 0;
		frac += behind;
	}
	if (!any)
		return -FIX_E_FORMAT;
	if (over)
		return -FIX_E_RANGE;
	out->mant = neg ? -(int64_t)v : (int64_t)v;
	out->exp = -(int32_t)frac;
	return 0;
}

static uint64_t
magnitude(int64_t v)
{
	return v < 0 ? -(uint64_t)v : (uint64_t)v;
}

/* Writes v in at least width digits. */
static size_t
put_digits(uint8_t *out, uint64_t v, size_t width)
{
	uint8_t text[LOW_EXP * -1 + 1];
	size_t i = sizeof(text);

	do {
		text[--i] = (uint8_t)('0' + v % 10);
		v /= 10;
	} while (v != 0);
	while (sizeof(text) - i < width)
		text[--i] = '0';
	memcpy(out, text + i, sizeof(text) - i);
	return sizeof(text) - i;
}

size_t
fix_dec_format(uint8_t *out, struct fix_dec v)
{
	size_t n = 0, frac = v.exp < 0 ? (size_t) - (int64_t)v.exp : 0;

	if (v.exp < LOW_EXP || v.exp > HIGH_EXP)
		return 0;
	if (v.mant < 0)
		out[n++] = '-';
	n += put_digits(out + n, magnitude(v.mant), frac + 1);
	if (frac > 0) {
		memmove(out + n - frac + 1, out + n - frac, frac);
		out[n - frac] = '.';
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
	struct fix_dec d = { v, -8 };

	if (v % 100000000 == 0)
		return (struct fix_dec){ v / 100000000, 0 };
	while (d.mant % 10 == 0) {
		d.mant /= 10;
		d.exp++;
	}
	return d;
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
