/*
 * Values in messages of the TWS API: whole numbers, decimals, times.
 *
 * In: a field's bytes. Out: the exact value, or that there is none. Java writes
 * doubles with up to 17 digits and, below 0.001 and from 10^7 on, with an
 * exponent; the largest double, int and long stand for "unset". Where 10^-8 is
 * asked for, digits behind that are rounded: 189.96200000000002 is what
 * arithmetic in doubles has made of 189.962. Reference tws-protocol.md 3.3, 3.4.
 */
#include "config.h"

#include "gateway/venue/tws_codec.h"

#include "session/tz.h"

#define TEXT_MAX 64 /* bytes of a number */

static bool
one_of(struct fix_span s, const char *const *words)
{
	for (; *words != NULL; words++)
		if (fix_span_is(s, *words))
			return true;
	return false;
}

static const char *const no_int[] = { "", "2147483647", NULL };
static const char *const no_i64[] = { "", "9223372036854775807", NULL };
static const char *const no_dbl[] = { "", "1.7976931348623157E308",
	"1.7976931348623157e+308", "1.7976931348623157E+308",
	"1.7976931348623157e308", NULL };
static const char *const no_dec[] = { "2147483647", "9223372036854775807",
	"-9223372036854775808", NULL };

static int
read_whole(struct fix_span s, int64_t *out)
{
	int rc = fix_int_parse(s, out);

	if (rc != 0)
		*out = 0;
	return rc == 0 ? 1 : rc;
}

int
tws_read_int(struct fix_span s, int64_t *out)
{
	int rc;

	*out = 0;
	if (one_of(s, no_int))
		return 0;
	rc = read_whole(s, out);
	if (rc == 1 && (*out > INT32_MAX || *out < INT32_MIN)) {
		*out = 0;
		rc = -FIX_E_RANGE;
	}
	return rc;
}

int
tws_read_i64(struct fix_span s, int64_t *out)
{
	*out = 0;
	return one_of(s, no_i64) ? 0 : read_whole(s, out);
}

/* mant * 10^(exp + by), as a decimal with an exponent of -18 to 0 */
static int
shift(struct fix_dec *d, int64_t by)
{
	int64_t exp = d->exp + by;

	for (; exp > 0 && d->mant != 0; exp--)
		if (__builtin_mul_overflow(d->mant, 10, &d->mant) || exp > 40)
			return -FIX_E_RANGE;
	for (; exp < -18 && d->mant % 10 == 0 && d->mant != 0; exp++)
		d->mant /= 10;
	if (d->mant == 0)
		exp = 0;
	d->exp = (int32_t)exp;
	return exp < -18 ? -FIX_E_RANGE : 0;
}

static int
read_number(struct fix_span s, struct fix_dec *out)
{
	struct fix_span power;
	int64_t by = 0;
	size_t i;
	int rc;

	for (i = 0; i < s.len && s.p[i] != 'E' && s.p[i] != 'e'; i++)
		;
	power.p = s.p + i + 1;
	power.len = i < s.len ? s.len - i - 1 : 0;
	if (power.len > 0 && *power.p == '+') {
		power.p++;
		power.len--;
	}
	if (i < s.len && (power.len > 4 || fix_int_parse(power, &by) != 0))
		return -FIX_E_FORMAT;
	s.len = i;
	rc = fix_dec_parse(s, out);
	return rc == 0 ? shift(out, by) : rc;
}

static int
finish(int rc, struct fix_dec *out)
{
	if (rc != 0)
		*out = (struct fix_dec){ 0, 0 };
	return rc == 0 ? 1 : rc;
}

int
tws_read_dbl(struct fix_span s, struct fix_dec *out)
{
	*out = (struct fix_dec){ 0, 0 };
	if (one_of(s, no_dbl))
		return 0;
	if (s.len > TEXT_MAX)
		return -FIX_E_FORMAT;
	return finish(fix_span_is(s, "Infinity") ? -FIX_E_RANGE
						 : read_number(s, out), out);
}

int
tws_read_dec(struct fix_span s, struct fix_dec *out)
{
	uint8_t text[TEXT_MAX];
	struct fix_span plain = { text, 0 };

	*out = (struct fix_dec){ 0, 0 };
	if (one_of(s, no_dec))
		return 0;
	if (s.len > TEXT_MAX)
		return -FIX_E_FORMAT;
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] != ',')
			text[plain.len++] = s.p[i];
	return tws_read_dbl(plain, out);
}

static int
round_e8(int rc, struct fix_dec d, int64_t *out)
{
	int64_t rest;

	*out = 0;
	if (rc != 1)
		return rc;
	for (rest = 0; d.exp < -8; d.exp++) {
		rest = d.mant % 10;
		d.mant /= 10;
	}
	if (rest >= 5)
		d.mant++;
	if (rest <= -5)
		d.mant--;
	rc = fix_dec_to_e8(d, out);
	if (rc != 0)
		*out = 0;
	return rc == 0 ? 1 : rc;
}

int
tws_price_e8(struct fix_span s, int64_t *out)
{
	struct fix_dec d;

	return round_e8(tws_read_dbl(s, &d), d, out);
}

int
tws_qty_e8(struct fix_span s, int64_t *out)
{
	struct fix_dec d;

	return round_e8(tws_read_dec(s, &d), d, out);
}

int
tws_read_time(struct fix_span s, const struct fix_tz *zone, const char *name,
    struct fix_utc *out)
{
	struct fix_span rest = { NULL, 0 };
	struct fix_stamp t;
	uint8_t text[17];

	out->ns = 0;
	if (s.len == 0)
		return 0;
	if (s.len < 17 || (s.p[8] != '-' && s.p[8] != ' '))
		return -FIX_E_FORMAT;
	memcpy(text, s.p, 17);
	text[8] = '-';
	if (fix_stamp_parse((struct fix_span){ text, 17 }, &t) != 0)
		return -FIX_E_FORMAT;
	if (s.len > 18)
		rest = (struct fix_span){ s.p + 18, s.len - 18 };
	if (s.p[8] == ' ') {
		if (rest.len == 0 || !fix_span_is(rest, name))
			return 0;
		t.utc.ns = fix_tz_moment(zone, t.utc.ns / FIX_SEC) * FIX_SEC;
	}
	*out = t.utc;
	return 1;
}

void
tws_write_time(char out[TWS_TIME_BYTES], struct fix_utc t)
{
	size_t n = fix_utc_format((uint8_t *)out, t, 0);

	out[n] = '\0';
}
