/*
 * Time zones from TZif bytes: RFC 8536.
 *
 * In comes a file as zic writes it, out come offsets and moments. The header
 * and the 32-bit part of old are skipped, the 64-bit part is a list of moments
 * at which the offset changes, and behind it stands a POSIX TZ rule
 * ("EST5EDT,M3.2.0,M11.1.0") for all later time; new zic writes short lists
 * and leaves nearly everything to the rule.
 *
 * Local time to a moment: walk the stretches of even offset around it, and
 * take the first moment at which the zone's clocks show that time or more. In
 * a skipped hour that is the jump, in a repeated one its first run.
 *
 * No names of zones and no "is it daylight saving": nobody here asks.
 */
#include "session/tz.h"

#include <stdlib.h>
#include <string.h>

#include "fix/time.h"

#define HEADER 44u
#define MAX_BYTES (1u << 20)
#define MAX_CHANGES 10000u
#define MAX_TYPES 256u
#define DAY_S INT64_C(86400)
#define MAX_OFFSET (26 * 3600) /* RFC 8536: -24:59:59 to 25:59:59 */
#define NEVER INT64_MAX

/* When in a year the clocks change. */
struct change {
	enum { EVERY_DAY_N, NO_LEAP_DAY_N, MONTH_WEEK_DAY } form;
	int month, week, day;
	int32_t at_s; /* of that day's clocks */
};

struct rule {
	bool there, has_dst;
	int32_t std, dst; /* offsets */
	struct change to_dst, to_std;
};

struct fix_tz {
	unsigned refs;
	uint32_t n;
	int64_t *at;     /* ascending */
	int32_t *offset; /* from at[i] on */
	int32_t before;  /* until at[0] */
	struct rule rule;
};

/* Counts of a TZif header. */
struct counts {
	uint32_t isut, isstd, leap, time, type, chars;
};

static uint32_t
be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static int64_t
be64(const uint8_t *p)
{
	return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

static int
read_header(const uint8_t *p, size_t len, struct counts *c)
{
	if (len < HEADER || memcmp(p, "TZif", 4) != 0)
		return -FIX_E_FORMAT;
	if (p[4] < '2')
		return -FIX_E_FOREIGN;
	c->isut = be32(p + 20);
	c->isstd = be32(p + 24);
	c->leap = be32(p + 28);
	c->time = be32(p + 32);
	c->type = be32(p + 36);
	c->chars = be32(p + 40);
	if (c->time > MAX_CHANGES || c->type > MAX_TYPES || c->type == 0 ||
	    c->chars > MAX_BYTES || c->leap > MAX_CHANGES ||
	    c->isut > MAX_TYPES || c->isstd > MAX_TYPES)
		return -FIX_E_FORMAT;
	return 0;
}

/* Bytes behind a header. */
static size_t
body_bytes(const struct counts *c, size_t time_bytes)
{
	return c->time * (time_bytes + 1) + c->type * 6u + c->chars +
	       c->leap * (time_bytes + 4) + c->isstd + c->isut;
}

/* --- the rule: a POSIX TZ string ---------------------------------------- */

struct text {
	const char *p, *end;
};

static bool
eat(struct text *t, char c)
{
	if (t->p == t->end || *t->p != c)
		return false;
	t->p++;
	return true;
}

static bool
eat_int(struct text *t, int max, int *out)
{
	const char *from = t->p;

	*out = 0;
	while (t->p < t->end && *t->p >= '0' && *t->p <= '9') {
		*out = *out * 10 + (*t->p++ - '0');
		if (*out > max)
			return false;
	}
	return t->p > from;
}

/* "EST" or "<+1245>" */
static bool
eat_name(struct text *t)
{
	const char *from = t->p;

	if (eat(t, '<')) {
		while (t->p < t->end && *t->p != '>')
			t->p++;
		return eat(t, '>');
	}
	while (t->p < t->end && (*t->p | 0x20) >= 'a' && (*t->p | 0x20) <= 'z')
		t->p++;
	return t->p > from;
}

/* [+-]h[h[h]][:mm[:ss]] */
static bool
eat_time(struct text *t, int32_t *out)
{
	int sign = eat(t, '-') ? -1 : 1, h, m = 0, s = 0;

	if (sign > 0)
		(void)eat(t, '+');
	if (!eat_int(t, 167, &h))
		return false;
	if (eat(t, ':')) {
		if (!eat_int(t, 59, &m))
			return false;
		if (eat(t, ':') && !eat_int(t, 59, &s))
			return false;
	}
	*out = sign * (h * 3600 + m * 60 + s);
	return true;
}

static bool
eat_change(struct text *t, struct change *c)
{
	bool ok;

	c->at_s = 2 * 3600;
	if (eat(t, 'M')) {
		c->form = MONTH_WEEK_DAY;
		ok = eat_int(t, 12, &c->month) && c->month > 0 && eat(t, '.') &&
		     eat_int(t, 5, &c->week) && c->week > 0 && eat(t, '.') &&
		     eat_int(t, 6, &c->day);
	} else if (eat(t, 'J')) {
		c->form = NO_LEAP_DAY_N;
		ok = eat_int(t, 365, &c->day) && c->day > 0;
	} else {
		c->form = EVERY_DAY_N;
		ok = eat_int(t, 365, &c->day);
	}
	return ok && (!eat(t, '/') || eat_time(t, &c->at_s));
}

static bool
offset_ok(int64_t s)
{
	return s > -MAX_OFFSET && s < MAX_OFFSET;
}

/* POSIX counts west, TZif and we east. */
static bool
read_rule(struct text t, struct rule *r)
{
	if (t.p == t.end)
		return true;
	if (!eat_name(&t) || !eat_time(&t, &r->std))
		return false;
	r->std = -r->std;
	r->there = offset_ok(r->std);
	if (t.p == t.end)
		return r->there;
	r->has_dst = true;
	r->dst = r->std + 3600;
	if (!eat_name(&t))
		return false;
	if (t.p < t.end && *t.p != ',') {
		if (!eat_time(&t, &r->dst))
			return false;
		r->dst = -r->dst;
	}
	return r->there && offset_ok(r->dst) && eat(&t, ',') &&
	       eat_change(&t, &r->to_dst) && eat(&t, ',') &&
	       eat_change(&t, &r->to_std) && t.p == t.end;
}

static bool
is_leap(int y)
{
	return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

static int64_t
week_day(const struct change *c, int year)
{
	int64_t first = fix_days_of(year, c->month, 1), next, d;
	int weekday = (int)(((first + 4) % 7 + 7) % 7); /* 1970-01-01: 4 */

	next = c->month == 12 ? fix_days_of(year + 1, 1, 1)
			      : fix_days_of(year, c->month + 1, 1);
	d = first + (c->day - weekday + 7) % 7 + (c->week - 1) * 7;
	return d < next ? d : d - 7; /* week 5: the last one */
}

/* Moment of a change in a year, on clocks with an offset. */
static int64_t
moment(const struct change *c, int year, int32_t offset)
{
	int64_t d = 0;

	switch (c->form) {
	case EVERY_DAY_N:
		d = fix_days_of(year, 1, 1) + c->day;
		break;
	case NO_LEAP_DAY_N:
		d = fix_days_of(year, 1, 1) + c->day - 1 +
		    (is_leap(year) && c->day >= 60);
		break;
	case MONTH_WEEK_DAY:
		d = week_day(c, year);
		break;
	}
	return d * DAY_S + c->at_s - offset;
}

static int
year_of(int64_t s)
{
	int y, m, d;

	fix_civil_of((s - (s % DAY_S + DAY_S) % DAY_S) / DAY_S, &y, &m, &d);
	return y;
}

static int32_t
rule_offset(const struct rule *r, int64_t t)
{
	int y = year_of(t + r->std);
	int64_t on, off;

	if (!r->has_dst)
		return r->std;
	on = moment(&r->to_dst, y, r->std);
	off = moment(&r->to_std, y, r->dst);
	if (on < off)
		return t >= on && t < off ? r->dst : r->std;
	return t >= off && t < on ? r->std : r->dst;
}

static int64_t
rule_next(const struct rule *r, int64_t t)
{
	int64_t first = NEVER, at;
	int year = year_of(t);

	for (int y = year - 1; r->has_dst && y <= year + 1; y++) {
		at = moment(&r->to_dst, y, r->std);
		if (at > t && at < first)
			first = at;
		at = moment(&r->to_std, y, r->dst);
		if (at > t && at < first)
			first = at;
	}
	return first;
}

/* --- the file ------------------------------------------------------------ */

static int
read_changes(struct fix_tz *z, const uint8_t *p, const struct counts *c)
{
	const uint8_t *index = p + c->time * 8u, *types = index + c->time;
	int64_t offset;

	for (uint32_t i = 0; i < c->type; i++)
		if (!offset_ok((int32_t)be32(types + i * 6u)))
			return -FIX_E_FORMAT;
	z->before = (int32_t)be32(types);
	for (uint32_t i = 0; i < c->time; i++) {
		if (index[i] >= c->type)
			return -FIX_E_FORMAT;
		offset = (int32_t)be32(types + index[i] * 6u);
		z->at[i] = be64(p + i * 8u);
		z->offset[i] = (int32_t)offset;
		if (i > 0 && z->at[i] <= z->at[i - 1])
			return -FIX_E_FORMAT;
	}
	z->n = c->time;
	return 0;
}

static int
read_footer(struct fix_tz *z, const uint8_t *p, size_t len)
{
	const uint8_t *end;

	if (len < 2 || p[0] != '\n')
		return -FIX_E_FORMAT;
	end = memchr(p + 1, '\n', len - 1);
	if (end == NULL ||
	    !read_rule((struct text){ (const char *)p + 1, (const char *)end },
		&z->rule))
		return -FIX_E_FORMAT;
	return 0;
}

static int
read_body(
    struct fix_tz *z, const uint8_t *p, size_t len, const struct counts *c)
{
	size_t bytes = body_bytes(c, 8);
	int rc;

	if (bytes > len)
		return -FIX_E_FORMAT;
	z->at = calloc(c->time + 1u, sizeof(*z->at));
	z->offset = calloc(c->time + 1u, sizeof(*z->offset));
	if (z->at == NULL || z->offset == NULL)
		return -FIX_E_NOMEM;
	rc = read_changes(z, p, c);
	return rc != 0 ? rc : read_footer(z, p + bytes, len - bytes);
}

int
fix_tz_read(struct fix_tz **out, const uint8_t *p, size_t len)
{
	struct counts c;
	struct fix_tz *z;
	size_t skip;
	int rc;

	if (len > MAX_BYTES)
		return -FIX_E_TOOBIG;
	rc = read_header(p, len, &c);
	if (rc != 0)
		return rc;
	skip = HEADER + body_bytes(&c, 4);
	if (skip > len)
		return -FIX_E_FORMAT;
	rc = read_header(p + skip, len - skip, &c);
	if (rc != 0)
		return rc;
	if (c.leap > 0)
		return -FIX_E_FOREIGN;
	z = calloc(1, sizeof(*z));
	if (z == NULL)
		return -FIX_E_NOMEM;
	z->refs = 1;
	rc = read_body(z, p + skip + HEADER, len - skip - HEADER, &c);
	if (rc != 0)
		fix_tz_free(z);
	else
		*out = z;
	return rc;
}

struct fix_tz *
fix_tz_hold(struct fix_tz *z)
{
	if (z != NULL)
		z->refs++;
	return z;
}

void
fix_tz_free(struct fix_tz *z)
{
	if (z == NULL || --z->refs > 0)
		return;
	free(z->at);
	free(z->offset);
	free(z);
}

/* Changes at or before t. */
static uint32_t
changes_until(const struct fix_tz *z, int64_t t)
{
	uint32_t lo = 0, hi = z->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (z->at[mid] <= t)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

int32_t
fix_tz_offset(const struct fix_tz *z, int64_t t)
{
	uint32_t n;

	if (z == NULL)
		return 0;
	n = changes_until(z, t);
	if (n == z->n && z->rule.there)
		return rule_offset(&z->rule, t);
	return n == 0 ? z->before : z->offset[n - 1];
}

/* First change after t. */
static int64_t
next_change(const struct fix_tz *z, int64_t t)
{
	uint32_t n = changes_until(z, t);

	if (n < z->n)
		return z->at[n];
	return z->rule.there ? rule_next(&z->rule, t) : NEVER;
}

/* A change of the zone's name alone is none. */
int64_t
fix_tz_next_change(const struct fix_tz *z, int64_t t)
{
	int32_t was = fix_tz_offset(z, t);

	for (uint32_t i = 0; z != NULL && i < z->n + 4; i++) {
		t = next_change(z, t);
		if (t == NEVER || fix_tz_offset(z, t) != was)
			return t;
	}
	return NEVER;
}

int64_t
fix_tz_moment(const struct fix_tz *z, int64_t local)
{
	int64_t t = local - MAX_OFFSET, next, at;

	if (z == NULL)
		return local;
	for (;;) {
		at = local - fix_tz_offset(z, t);
		if (at <= t)
			return t; /* skipped: the jump is now */
		next = next_change(z, t);
		if (at < next)
			return at;
		t = next;
	}
}
