/*
 * Reading and writing records of the venue link: a length and lines of text,
 * which every language reads without a library. Input is untrusted on both
 * sides: each loop ends at the record's end, each count has a cap. A writer
 * that runs out of room fails for good and says so at the end.
 */
#include "gateway/venue/record.h"

#include <string.h>

#include "fix/decimal.h"

static size_t
length_of(const uint8_t *p)
{
	return (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 |
	       p[3];
}

static bool
length_ok(size_t n)
{
	return n > 0 && n <= RECORD_MAX;
}

bool
record_whole(const uint8_t *p, size_t len)
{
	size_t n;

	if (len < RECORD_HEAD)
		return false;
	n = length_of(p);
	return !length_ok(n) || len - RECORD_HEAD >= n;
}

/* One line up to LF or the end; *at moves behind it. */
static struct fix_span
line(const uint8_t *p, size_t len, size_t *at)
{
	const uint8_t *lf = memchr(p + *at, '\n', len - *at);
	size_t end = lf == NULL ? len : (size_t)(lf - p);
	struct fix_span s = { p + *at, end - *at };

	*at = lf == NULL ? len + 1 : end + 1;
	return s;
}

static int
add_field(struct record *r, struct fix_span s)
{
	const uint8_t *eq = s.len == 0 ? NULL : memchr(s.p, '=', s.len);
	struct record_field *f = &r->fields[r->n];

	if (r->n == RECORD_FIELDS || eq == NULL || eq == s.p)
		return -FIX_E_FORMAT;
	f->name = (struct fix_span){ s.p, (size_t)(eq - s.p) };
	f->value = (struct fix_span){ eq + 1,
		s.len - f->name.len - 1 };
	r->n++;
	return 0;
}

ssize_t
record_read(struct record *r, const uint8_t *p, size_t len)
{
	size_t n, at = 0;

	if (len < RECORD_HEAD)
		return 0;
	n = length_of(p);
	if (!length_ok(n))
		return -FIX_E_TOOBIG;
	if (len - RECORD_HEAD < n)
		return 0;
	p += RECORD_HEAD;
	if (memchr(p, '\0', n) != NULL)
		return -FIX_E_FORMAT;
	r->n = 0;
	r->type = line(p, n, &at);
	if (r->type.len == 0 || memchr(r->type.p, '=', r->type.len) != NULL)
		return -FIX_E_FORMAT;
	while (at <= n) {
		int rc = add_field(r, line(p, n, &at));

		if (rc != 0)
			return rc;
	}
	return (ssize_t)(RECORD_HEAD + n);
}

struct fix_span
record_get(const struct record *r, const char *name)
{
	for (unsigned i = 0; i < r->n; i++)
		if (fix_span_is(r->fields[i].name, name))
			return r->fields[i].value;
	return (struct fix_span){ NULL, 0 };
}

int
record_e8(const struct record *r, const char *name, int64_t *out)
{
	struct fix_span v = record_get(r, name);
	struct fix_dec d;
	int rc;

	if (v.p == NULL)
		return -FIX_E_NOTFOUND;
	rc = fix_dec_parse(v, &d);
	return rc != 0 ? rc : fix_dec_to_e8(d, out);
}

int
record_int(const struct record *r, const char *name, int64_t *out)
{
	struct fix_span v = record_get(r, name);

	return v.p == NULL ? -FIX_E_NOTFOUND : fix_int_parse(v, out);
}

bool
record_copy(const struct record *r, const char *name, char *dst, size_t cap)
{
	return fix_span_copy(record_get(r, name), dst, cap);
}

static bool
may_e8(const struct record *r, const char *name, int64_t *out)
{
	int rc = record_e8(r, name, out);

	return rc == -FIX_E_NOTFOUND || (rc == 0 && *out >= 0);
}

static bool
may_letter(const struct record *r, const char *name, char *out)
{
	struct fix_span s = record_get(r, name);

	*out = s.len == 1 ? (char)s.p[0] : '\0';
	return s.len <= 1;
}

bool
record_rare(const struct record *r, struct venue_rare *out)
{
	struct fix_span inst = record_get(r, "inst");
	int rc;

	memset(out, 0, sizeof(*out));
	if (inst.len > sizeof(out->inst))
		return false;
	if (inst.len > 0)
		memcpy(out->inst, inst.p, inst.len);
	rc = record_int(r, "effective", &out->effective_ns);
	return (rc == 0 || rc == -FIX_E_NOTFOUND) &&
	       may_e8(r, "min_qty", &out->min_qty_e8) &&
	       may_e8(r, "max_floor", &out->max_floor_e8) &&
	       may_e8(r, "cash", &out->cash_e8) &&
	       may_e8(r, "offset", &out->offset_e8) &&
	       may_letter(r, "peg", &out->peg) &&
	       may_letter(r, "offset_type", &out->offset_type) &&
	       may_letter(r, "position", &out->position) &&
	       may_letter(r, "session", &out->session);
}

/* ----- writing ----- */

static void
put(struct record_out *o, const void *p, size_t n)
{
	if (o->failed || n > o->cap - o->len) {
		o->failed = true;
		return;
	}
	memcpy(o->buf + o->len, p, n);
	o->len += n;
}

void
record_begin(struct record_out *o, uint8_t *buf, size_t cap, const char *type)
{
	*o = (struct record_out){ buf, cap, 0, false };
	put(o, "\0\0\0", RECORD_HEAD);
	put(o, type, strlen(type));
}

void
record_put_span(struct record_out *o, const char *name, struct fix_span value)
{
	size_t at;

	if (value.len == 0)
		return;
	put(o, "\n", 1);
	put(o, name, strlen(name));
	put(o, "=", 1);
	at = o->len;
	put(o, value.p, value.len);
	for (; !o->failed && at < o->len; at++)
		if (o->buf[at] < 0x20 || o->buf[at] == 0x7f)
			o->buf[at] = ' ';
}

void
record_put(struct record_out *o, const char *name, const char *value)
{
	record_put_span(o, name, fix_span_of(value));
}

void
record_put_char(struct record_out *o, const char *name, char value)
{
	char text[2] = { value, '\0' };

	record_put(o, name, text);
}

void
record_put_int(struct record_out *o, const char *name, int64_t value)
{
	uint8_t text[20];
	struct fix_span s = { text, fix_int_format(text, value) };

	record_put_span(o, name, s);
}

void
record_put_e8(struct record_out *o, const char *name, int64_t value)
{
	uint8_t text[FIX_DEC_MAX];
	struct fix_span s = { text, fix_e8_format(text, value) };

	record_put_span(o, name, s);
}

ssize_t
record_end(struct record_out *o)
{
	size_t n = o->len - RECORD_HEAD;

	if (o->failed || n > RECORD_MAX)
		return -FIX_E_SPACE;
	o->buf[0] = (uint8_t)(n >> 24);
	o->buf[1] = (uint8_t)(n >> 16);
	o->buf[2] = (uint8_t)(n >> 8);
	o->buf[3] = (uint8_t)n;
	return (ssize_t)o->len;
}
