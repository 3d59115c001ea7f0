/*
 * Untrusted bytes on a terminal.
 *
 * A counterparty's text may hold anything: escape sequences that repaint the
 * screen, direction marks that turn a price round, bytes that are no UTF-8.
 * What reads as plain UTF-8 passes; the rest stands as \xNN. Secrets are masked
 * here too, also in bytes that are no message, where only a tag and a SOH can
 * be made out: after a secret data field nothing more is shown, since its
 * length can't be trusted.
 */
#include "gateway/cli/show.h"

#include <ctype.h>
#include <stdlib.h>

#define SOH 0x01

/* Length of the sequence that a first byte announces, 0: none. */
static unsigned
utf8_len(uint8_t c, uint32_t *code)
{
	if (c < 0x80) {
		*code = c;
		return 1;
	}
	if (c >= 0xc2 && c <= 0xdf) {
		*code = c & 0x1fu;
		return 2;
	}
	if (c >= 0xe0 && c <= 0xef) {
		*code = c & 0x0fu;
		return 3;
	}
	*code = c & 0x07u;
	return c >= 0xf0 && c <= 0xf4 ? 4 : 0;
}

static bool
harmless(uint32_t code, unsigned len)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

	if (code < least[len] || code > 0x10ffff)
		return false;
	if (code < 0x20 || (code >= 0x7f && code <= 0x9f))
		return false; /* control characters */
	if (code >= 0xd800 && code <= 0xdfff)
		return false; /* surrogates */
	if ((code >= 0x200e && code <= 0x200f) ||
	    (code >= 0x2028 && code <= 0x202e) ||
	    (code >= 0x2066 && code <= 0x2069))
		return false; /* line ends and directions */
	return true;
}

/* @return bytes of a character that may be shown, 0: escape one byte */
static unsigned
plain_char(const uint8_t *p, size_t len)
{
	uint32_t code = 0;
	unsigned n = utf8_len(*p, &code), i;

	if (n == 0 || n > len)
		return 0;
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3fu);
	}
	return harmless(code, n) ? n : 0;
}

static bool
is_data(uint32_t tag)
{
	return tag == 96 || tag == 1402 || tag == 1404;
}

bool
show_secret(struct fix_span type, uint32_t tag)
{
	if (tag == 554 || tag == 925 || tag == 1402 || tag == 1404)
		return true;
	return tag == 96 && (type.len == 0 || fix_span_is(type, "A"));
}

/* Tag at the beginning of a field, 0 if none; leading zeros don't hide one. */
static uint32_t
loose_tag(const uint8_t *p, const uint8_t *end, const uint8_t **value)
{
	uint32_t tag = 0;

	while (p < end && isdigit(*p) && tag < FIX_TAG_MAX)
		tag = tag * 10 + (uint32_t)(*p++ - '0');
	*value = p + 1;
	return p < end && *p == '=' ? tag : 0;
}

/* A secret within bytes: its value is [from, to). */
struct secret {
	const uint8_t *from, *to;
};

/* Where a value of bytes that are no message may end at the latest: at a SOH, a
 * line's end, or something before what looks like the next tag. */
static const uint8_t *
value_end(const uint8_t *p, const uint8_t *end)
{
	const uint8_t *value;

	for (; p < end && *p != SOH && *p != '\n'; p++)
		if (!isalnum(*p) && p + 1 < end && isdigit(p[1]) &&
		    loose_tag(p + 1, end, &value) != 0)
			break;
	return p;
}

/* The first secret in [p, end), whatever stands between the fields. */
static bool
find_secret(const uint8_t *p, const uint8_t *end, struct secret *s)
{
	const struct fix_span none = { NULL, 0 };
	const uint8_t *q;
	uint32_t tag;

	for (q = p; q < end; q++) {
		if (!isdigit(*q) || (q > p && isalnum(q[-1])))
			continue;
		tag = loose_tag(q, end, &s->from);
		if (tag == 0 || !show_secret(none, tag))
			continue;
		s->to = is_data(tag) ? end : value_end(s->from, end);
		return true;
	}
	return false;
}

bool
show_has_secret(struct fix_span text)
{
	struct secret s;

	return find_secret(text.p, text.p + text.len, &s);
}

static void
put_plain(FILE *out, const uint8_t *p, const uint8_t *end, bool raw)
{
	unsigned n;

	while (p < end) {
		n = plain_char(p, (size_t)(end - p));
		if (raw && *p == SOH)
			fputc('|', out);
		else if (n > 0)
			fwrite(p, 1, n, out);
		else
			fprintf(out, "\\x%02x", *p);
		p += n > 0 ? n : 1;
	}
}

static void
put(FILE *out, struct fix_span text, size_t max, bool raw)
{
	const uint8_t *p = text.p, *end = p + text.len, *stop = end;
	struct secret s;

	if (max != 0 && text.len > max)
		stop = p + max;
	while (p < stop && find_secret(p, end, &s) && s.from <= stop) {
		put_plain(out, p, s.from, raw);
		fputs("***", out);
		p = s.to;
	}
	if (p < stop)
		put_plain(out, p, stop, raw);
	if (stop < end)
		fprintf(out, "... (%zu bytes)", text.len);
}

void
show_text(FILE *out, struct fix_span text, size_t max)
{
	put(out, text, max, false);
}

void
show_raw(FILE *out, struct fix_span bytes, size_t max)
{
	put(out, bytes, max, true);
}

char *
show_text_dup(struct fix_span text)
{
	char *s = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&s, &len);

	if (f == NULL)
		return NULL;
	show_text(f, text, 0);
	if (fclose(f) != 0) {
		free(s);
		return NULL;
	}
	return s;
}
