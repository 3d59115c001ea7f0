/*
 * Writing an event.
 *
 * In: fields and details in any order, text of any bytes. Out: the canonical
 * JSON. The escapes are those of Python's json module with ensure_ascii: the
 * two-character ones where there is one, \uXXXX in lower case else, a pair of
 * surrogates beyond U+FFFF. What is no UTF-8 becomes U+FFFD, as does NUL, which
 * databases refuse in text: the raw bytes stay in the trading journal. An event
 * that escapes make too large is written with each text cut to what has
 * AUDIT_VALUE_MAX bytes as written, which always fits: no peer's bytes may be
 * too much for the trail.
 */
#include "store/audit_event.h"

#include <stdio.h>

#include "fix/decimal.h"

#define ESCAPED_MAX 12u /* bytes of a character as written: two of \uXXXX */

struct out {
	char *p;
	size_t len, cap;
	size_t value_max; /* bytes of a text as written */
	bool full;
};

static void
put(struct out *o, const char *p, size_t n)
{
	if (o->full || n > o->cap - o->len) {
		o->full = true;
		return;
	}
	memcpy(o->p + o->len, p, n);
	o->len += n;
}

static void
put_str(struct out *o, const char *s)
{
	put(o, s, strlen(s));
}

static void
put_unit(struct out *o, uint32_t unit)
{
	char text[8];

	put(o, text,
	    (size_t)snprintf(text, sizeof(text), "\\u%04x", unit & 0xffffu));
}

static void
put_code(struct out *o, uint32_t c)
{
	static const char from[] = "\"\\\n\r\t\f\b", to[] = "\"\\nrtfb";
	const char *two = c != 0 && c < 0x80 ? strchr(from, (int)c) : NULL;
	char pair[2] = { '\\', '\0' }, plain = (char)c;

	if (two != NULL) {
		pair[1] = to[two - from];
		put(o, pair, 2);
	} else if (c >= 0x20 && c < 0x7f) {
		put(o, &plain, 1);
	} else if (c > 0xffff) {
		put_unit(o, 0xd800 + ((c - 0x10000) >> 10));
		put_unit(o, 0xdc00 + ((c - 0x10000) & 0x3ff));
	} else {
		put_unit(o, c);
	}
}

/* The next character. @return bytes it takes */
static unsigned
utf8(const uint8_t *p, size_t len, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned n = *p < 0x80 ? 1 : *p < 0xc2 ? 0 : *p < 0xe0 ? 2
	    : *p < 0xf0 ? 3 : *p < 0xf5 ? 4 : 0;
	uint32_t c = n < 2 ? *p : *p & (0x7fu >> n);

	*code = 0xfffd;
	if (n == 0 || n > len)
		return 1;
	for (unsigned i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 1;
		c = c << 6 | (p[i] & 0x3fu);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 1;
	if (c != 0)
		*code = c;
	return n;
}

/* Characters that stand for themselves. */
static size_t
plain_run(const uint8_t *p, const uint8_t *end)
{
	const uint8_t *at = p;

	while (at < end && *at >= 0x20 && *at < 0x7f && *at != '"' &&
	    *at != '\\')
		at++;
	return (size_t)(at - p);
}

static void
put_text(struct out *o, struct fix_span text)
{
	const uint8_t *p = text.p, *end;
	size_t most; /* o->len may come to this */
	uint32_t code;

	if (text.len > AUDIT_VALUE_MAX)
		text.len = AUDIT_VALUE_MAX;
	put_str(o, "\"");
	most = o->len + o->value_max;
	for (end = p + text.len; p < end;) {
		size_t n = plain_run(p, end);

		if (n > most - o->len)
			n = most - o->len;
		put(o, (const char *)p, n);
		p += n;
		if (p == end || most - o->len < ESCAPED_MAX)
			break;
		p += utf8(p, (size_t)(end - p), &code);
		put_code(o, code);
	}
	put_str(o, "\"");
}

static void
put_field(struct out *o, enum audit_field f, struct fix_span v, bool may_be_null)
{
	put_str(o, f == AUDIT_ACTION ? "{\"" : ", \"");
	put_str(o, audit_field_name(f));
	put_str(o, "\": ");
	if (v.len == 0 && may_be_null)
		put_str(o, "null");
	else
		put_text(o, v);
}

/* strcmp(), which is seldom needed: most keys differ at once. */
static int
order_of(const char *a, const char *b)
{
	return *a != *b ? (unsigned char)*a - (unsigned char)*b : strcmp(a, b);
}

static void
sort(struct audit_event *e)
{
	for (unsigned i = 1; i < e->n_details; i++) {
		struct audit_detail d = e->details[i];
		unsigned j = i;

		for (; j > 0 && order_of(e->details[j - 1].key, d.key) > 0; j--)
			e->details[j] = e->details[j - 1];
		e->details[j] = d;
	}
}

static void
put_details(struct out *o, struct audit_event *e)
{
	uint8_t number[20];

	sort(e);
	put_str(o, ", \"details\": {");
	for (unsigned i = 0; i < e->n_details; i++) {
		const struct audit_detail *d = &e->details[i];

		put_str(o, i == 0 ? "\"" : ", \"");
		put_str(o, d->key);
		put_str(o, "\": ");
		if (!d->is_number) {
			put_text(o, d->text);
			continue;
		}
		put(o, (const char *)number, fix_int_format(number, d->number));
	}
	put_str(o, "}");
}

static struct audit_detail *
add(struct audit_event *e, const char *key)
{
	struct audit_detail *d;

	for (unsigned i = 0; i < e->n_details; i++)
		if (order_of(e->details[i].key, key) == 0)
			return NULL; /* a key stands once */
	if (e->n_details == AUDIT_DETAILS_MAX)
		return NULL;
	d = &e->details[e->n_details++];
	memset(d, 0, sizeof(*d));
	d->key = key;
	return d;
}

void
audit_text(struct audit_event *e, const char *key, struct fix_span text)
{
	struct audit_detail *d = text.len == 0 ? NULL : add(e, key);

	if (d != NULL)
		d->text = text;
}

void
audit_number(struct audit_event *e, const char *key, int64_t number)
{
	struct audit_detail *d = add(e, key);

	if (d == NULL)
		return;
	d->number = number;
	d->is_number = true;
}

void
audit_stamp(char out[AUDIT_STAMP_MAX], struct fix_utc when)
{
	uint8_t t[FIX_STAMP_MAX];
	size_t n = fix_utc_format(t, when, 6);

	/* YYYYMMDD-HH:MM:SS.ssssss */
	snprintf(out, AUDIT_STAMP_MAX, "%.4s-%.2s-%.2sT%.*s+00:00",
	    (const char *)t, (const char *)t + 4, (const char *)t + 6,
	    (int)(n > 9 ? n - 9 : 0), (const char *)t + 9);
}

static void
put_event(struct out *o, struct audit_event *e, const char *id,
    const char *prev)
{
	char stamp[AUDIT_STAMP_MAX];

	audit_stamp(stamp, e->when);
	put_field(o, AUDIT_ACTION, fix_span_of(e->action), false);
	put_field(o, AUDIT_ACTOR, e->actor, false);
	put_details(o, e);
	put_field(o, AUDIT_EVENT_ID, fix_span_of(id), false);
	put_field(o, AUDIT_EVENT_TYPE, fix_span_of(e->type), false);
	put_field(o, AUDIT_IP, e->ip, true);
	put_field(o, AUDIT_PREVIOUS, fix_span_of(prev), false);
	put_field(o, AUDIT_RESOURCE_ID, e->resource_id, false);
	put_field(o, AUDIT_RESOURCE_TYPE, fix_span_of(e->resource_type), false);
	put_field(o, AUDIT_TIMESTAMP, fix_span_of(stamp), false);
	put_field(o, AUDIT_AGENT, e->agent, true);
	put_str(o, "}");
}

ssize_t
audit_event_write(char *out, size_t cap, struct audit_event *e, const char *id,
    const char *prev)
{
	struct out o = { out, 0, cap, AUDIT_VALUE_MAX * ESCAPED_MAX, false };

	put_event(&o, e, id, prev);
	if (o.full) {
		o = (struct out){ out, 0, cap, AUDIT_VALUE_MAX, false };
		put_event(&o, e, id, prev);
	}
	return o.full ? -FIX_E_SPACE : (ssize_t)o.len;
}
