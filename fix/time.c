/*
 * FIX's ways of writing time, read and written.
 *
 * In: text from a peer, or nanoseconds of ours. Out: the other one. FIX 4.2 to
 * 5.0SP2 volume 1, "Data Types": UTCTimestamp and its relatives. Fractions of
 * 1 to 12 digits are read, though the older texts know three only; second 60
 * is read where a leap second can be, at 23:59.
 *
 * Which day a date is costs more than the rest of a timestamp, and a day lasts
 * long: the last one seen is kept, number and date packed in one word, so that
 * any thread may read it without a lock. The proleptic Gregorian calendar is
 * reckoned in years that begin on 1 March, where the leap day comes last.
 */
#include "fix/time.h"

#include <assert.h>
#include <stdatomic.h>

#include "fix/bytes.h"

#define MIN_YEAR 1678
#define MAX_YEAR 2261
#define DATE_BYTES 8
#define CLOCK_BYTES 8 /* HH:MM:SS */
#define WHOLE_BYTES (DATE_BYTES + 1 + CLOCK_BYTES)

/* Low half: the date as yyyymmdd; high half: its days since 1970. */
static _Atomic uint64_t last_day;

int64_t
fix_days_of(int year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

	return era * 146097 + doe - 719468;
}

void
fix_civil_of(int64_t days, int *year, int *month, int *day)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	*day = (int)(doy - (153 * mp + 2) / 5 + 1);
	*month = (int)(mp < 10 ? mp + 3 : mp - 9);
	*year = (int)(yoe + era * 400 + (*month <= 2 ? 1 : 0));
}

static int
days_in(int year, int month)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
		30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* Are all eight bytes of a little-endian word digits? */
static bool
eight_digits(uint64_t w)
{
	uint64_t high = w & UINT64_C(0xf0f0f0f0f0f0f0f0);
	uint64_t over =
	    (w + UINT64_C(0x0606060606060606)) & UINT64_C(0xf0f0f0f0f0f0f0f0);

	return high == UINT64_C(0x3030303030303030) && over == high;
}

/* Eight digits as a number: pairs, then fours, then all. */
static uint32_t
eight_value(uint64_t w)
{
	w = (w & UINT64_C(0x0f0f0f0f0f0f0f0f)) * 2561 >> 8;
	w = (w & UINT64_C(0x00ff00ff00ff00ff)) * 6553601 >> 16;
	return (uint32_t)((w & UINT64_C(0x0000ffff0000ffff)) *
			      UINT64_C(42949672960001) >>
			  32);
}

static bool
civil_ok(uint32_t ymd)
{
	int year = (int)(ymd / 10000), month = (int)(ymd / 100 % 100);
	int day = (int)(ymd % 100);

	return month >= 1 && month <= 12 && day >= 1 &&
	       day <= days_in(year, month);
}

/* Days of a date that is text; the day seen last comes from the cache. */
static int
date_parse(const uint8_t *p, int64_t *days)
{
	uint64_t w = fix_load64(p);
	uint64_t last = atomic_load_explicit(&last_day, memory_order_relaxed);
	uint32_t ymd;

	if (!eight_digits(w))
		return -FIX_E_FORMAT;
	ymd = eight_value(w);
	if (ymd == (uint32_t)last && ymd != 0) {
		*days = (int32_t)(last >> 32);
		return 0;
	}
	if (ymd / 10000 < MIN_YEAR || ymd / 10000 > MAX_YEAR || !civil_ok(ymd))
		return -FIX_E_RANGE;
	*days = fix_days_of(
	    (int)(ymd / 10000), (int)(ymd / 100 % 100), (int)(ymd % 100));
	last = (uint64_t)(uint32_t)*days << 32 | ymd;
	atomic_store_explicit(&last_day, last, memory_order_relaxed);
	return 0;
}

/* A date as yyyymmdd. */
static uint32_t
date_of(int64_t days)
{
	uint64_t last = atomic_load_explicit(&last_day, memory_order_relaxed);
	int year, month, day;
	uint32_t ymd = (uint32_t)last;

	if ((int32_t)(last >> 32) == days && ymd != 0)
		return ymd;
	fix_civil_of(days, &year, &month, &day);
	ymd = (uint32_t)(year * 10000 + month * 100 + day);
	if (year < MIN_YEAR || year > MAX_YEAR)
		return ymd; /* is not read, so must not be remembered */
	last = (uint64_t)(uint32_t)days << 32 | ymd;
	atomic_store_explicit(&last_day, last, memory_order_relaxed);
	return ymd;
}

static bool
two(const uint8_t *p, unsigned *out)
{
	unsigned a = p[0] - (unsigned)'0', b = p[1] - (unsigned)'0';

	*out = a * 10 + b;
	return a < 10 && b < 10;
}

/* HH:MM:SS to seconds of the day; second 60 is told by *leap. */
static int
clock_parse(const uint8_t *p, int64_t *seconds, bool *leap)
{
	unsigned h, m, s;

	if (!two(p, &h) || !two(p + 3, &m) || !two(p + 6, &s) || p[2] != ':' ||
	    p[5] != ':')
		return -FIX_E_FORMAT;
	*leap = s == 60;
	if (h > 23 || m > 59 || s > 60 || (*leap && (h != 23 || m != 59)))
		return -FIX_E_RANGE;
	*seconds = (int64_t)h * 3600 + m * 60 + s;
	return 0;
}

/* Up to 12 fraction digits as picoseconds. */
static int
fraction_parse(const uint8_t *p, size_t n, int64_t *ps)
{
	static const int64_t scale[] = { 1000000000000, 100000000000,
		10000000000, 1000000000, 100000000, 10000000, 1000000, 100000,
		10000, 1000, 100, 10, 1 };
	int64_t v = 0;
	size_t i;

	if (n == 0 || n > 12)
		return -FIX_E_FORMAT;
	for (i = 0; i < n; i++) {
		if (!fix_is_digit(p[i]))
			return -FIX_E_FORMAT;
		v = v * 10 + (p[i] - '0');
	}
	*ps = v * scale[n];
	return 0;
}

int
fix_stamp_parse(struct fix_span text, struct fix_stamp *out)
{
	const size_t whole = DATE_BYTES + 1 + CLOCK_BYTES;
	int64_t days, seconds, ps = 0;
	bool leap;
	int rc = -FIX_E_FORMAT, rc2;

	if (text.len < whole || text.p[DATE_BYTES] != '-')
		return rc;
	if (text.len > whole) {
		if (text.p[whole] != '.')
			return rc;
		rc = fraction_parse(
		    text.p + whole + 1, text.len - whole - 1, &ps);
		if (rc != 0)
			return rc;
	}
	rc = date_parse(text.p, &days);
	rc2 = clock_parse(text.p + DATE_BYTES + 1, &seconds, &leap);
	if (rc != 0 || rc2 != 0) /* a fault of format is told first */
		return rc == -FIX_E_FORMAT || rc2 == 0 ? rc : rc2;
	out->utc.ns = (days * 86400 + seconds) * FIX_SEC + ps / 1000;
	out->ps = (uint16_t)(ps % 1000);
	out->digits = (uint8_t)(text.len > whole ? text.len - whole - 1 : 0);
	out->leap = leap;
	return 0;
}

static void
put2(uint8_t *out, unsigned v)
{
	memcpy(out, fix_two_digits + v * 2, 2);
}

/* YYYYMMDD-HH:MM:SS; second 60 is given as such. */
static void
whole_format(uint8_t *out, uint32_t ymd, uint32_t seconds)
{
	uint32_t h = seconds / 3600, m = seconds / 60 % 60, s = seconds % 60;

	put2(out, ymd / 1000000);
	put2(out + 2, ymd / 10000 % 100);
	put2(out + 4, ymd / 100 % 100);
	put2(out + 6, ymd % 100);
	out[8] = '-';
	put2(out + 9, h);
	out[11] = ':';
	put2(out + 12, m);
	out[14] = ':';
	put2(out + 15, s);
}

/* ".fff": the first n digits of 12. */
static size_t
fraction_format(uint8_t *out, uint32_t ns, uint32_t ps, unsigned n)
{
	uint8_t text[12];
	unsigned i;
	uint32_t v = ns;

	if (n == 0)
		return 0;
	out[0] = '.';
	if (n == 3) { /* what is written nearly always */
		v = ns / 1000000;
		out[1] = (uint8_t)('0' + v / 100);
		put2(out + 2, v % 100);
		return 4;
	}
	for (i = 9; i-- > 0; v /= 10)
		text[i] = (uint8_t)('0' + v % 10);
	text[9] = (uint8_t)('0' + ps / 100);
	put2(text + 10, ps % 100);
	memcpy(out + 1, text, n);
	return n + 1;
}

/* Date and time of a second since 1970 as this thread wrote it last; text[0] is
 * NUL before the first. Most messages tell the second of the one before. */
static _Thread_local struct {
	int64_t second;
	uint8_t text[WHOLE_BYTES];
} last_whole;

static void
second_format(uint8_t *out, int64_t second)
{
	int64_t days = second / 86400, rest = second % 86400;

	if (last_whole.second == second && last_whole.text[0] != 0) {
		memcpy(out, last_whole.text, WHOLE_BYTES);
		return;
	}
	if (rest < 0) {
		rest += 86400;
		days--;
	}
	whole_format(out, date_of(days), (uint32_t)rest);
	last_whole.second = second;
	memcpy(last_whole.text, out, WHOLE_BYTES);
}

static size_t
format(uint8_t *out, int64_t ns, bool leap, uint32_t ps, unsigned digits)
{
	int64_t seconds = ns / FIX_SEC, rest = ns % FIX_SEC;

	if (rest < 0) {
		rest += FIX_SEC;
		seconds--;
	}
	/* The last second of the day before, told as 60 */
	second_format(out, leap ? seconds - 1 : seconds);
	if (leap)
		put2(out + 15, 60);
	if (digits > 12)
		digits = 12;
	return WHOLE_BYTES +
	       fraction_format(out + WHOLE_BYTES, (uint32_t)rest, ps, digits);
}

size_t
fix_stamp_format(uint8_t *out, const struct fix_stamp *t)
{
	assert(t->ps < 1000);
	return format(out, t->utc.ns, t->leap, t->ps, t->digits);
}

size_t
fix_utc_format(uint8_t *out, struct fix_utc t, unsigned digits)
{
	return format(out, t.ns, false, 0, digits);
}

/* The rest of a text after n bytes; n is no more than its length. */
static struct fix_span
after(struct fix_span s, size_t n)
{
	return (struct fix_span){ s.p + n, s.len - n };
}

/* "", "Z", "+hh", "-hh", "+hh:mm" */
static bool
zone_ok(struct fix_span s)
{
	unsigned h, m = 0;

	if (s.len == 0 || (s.len == 1 && s.p[0] == 'Z'))
		return true;
	if ((s.len != 3 && s.len != 6) || (s.p[0] != '+' && s.p[0] != '-'))
		return false;
	if (!two(s.p + 1, &h))
		return false;
	if (s.len == 6 && (s.p[3] != ':' || !two(s.p + 4, &m)))
		return false;
	return h <= 14 && m <= 59; /* UTC-12 to UTC+14 are in use */
}

/* Takes ".fff" away where it stands; false if it is wrong. */
static bool
skip_fraction(struct fix_span *s)
{
	size_t n = 1;

	if (s->len == 0 || s->p[0] != '.')
		return true;
	while (n < s->len && fix_is_digit(s->p[n]))
		n++;
	*s = after(*s, n);
	return n >= 2 && n <= 13;
}

/* HH:MM:SS[.s+], and whatever stands behind it is left in *rest. */
static bool
seconds_ok(struct fix_span s, struct fix_span *rest)
{
	int64_t seconds;
	bool leap;

	if (s.len < CLOCK_BYTES || clock_parse(s.p, &seconds, &leap) != 0)
		return false;
	*rest = after(s, CLOCK_BYTES);
	return skip_fraction(rest);
}

bool
fix_timeonly_ok(struct fix_span text)
{
	struct fix_span rest;

	return seconds_ok(text, &rest) && rest.len == 0;
}

bool
fix_date_ok(struct fix_span text)
{
	uint64_t w;

	if (text.len != DATE_BYTES)
		return false;
	w = fix_load64(text.p);
	return eight_digits(w) && civil_ok(eight_value(w));
}

bool
fix_monthyear_ok(struct fix_span text)
{
	uint8_t date[DATE_BYTES];

	if (text.len != 6 && text.len != DATE_BYTES)
		return false;
	memcpy(date, text.p, text.len);
	if (text.len == 6 ||
	    (date[6] == 'w' && date[7] >= '1' && date[7] <= '5'))
		memcpy(date + 6, "01", 2);
	return fix_date_ok((struct fix_span){ date, DATE_BYTES });
}

bool
fix_tztime_ok(struct fix_span text)
{
	struct fix_span rest;
	unsigned h, m;

	if (text.len > 5 && text.p[5] == ':')
		return seconds_ok(text, &rest) && zone_ok(rest);
	if (text.len < 5 || text.p[2] != ':' || !two(text.p, &h) ||
	    !two(text.p + 3, &m))
		return false;
	return h <= 23 && m <= 59 && zone_ok(after(text, 5));
}

bool
fix_tzstamp_ok(struct fix_span text)
{
	struct fix_span rest;

	if (text.len < DATE_BYTES + 1 || text.p[DATE_BYTES] != '-')
		return false;
	if (!fix_date_ok((struct fix_span){ text.p, DATE_BYTES }))
		return false;
	return seconds_ok(after(text, DATE_BYTES + 1), &rest) && zone_ok(rest);
}
