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

void
show_text(FILE *out, struct fix_span text, size_t max)
{
	size_t i = 0, end = text.len;
	unsigned n;

	if (max != 0 && end > max)
		end = max;
	while (i < end) {
		n = plain_char(text.p + i, text.len - i);
		if (n > 0)
			fwrite(text.p + i, 1, n, out);
		else
			fprintf(out, "\\x%02x", text.p[i]);
		i += n > 0 ? n : 1;
	}
	if (end < text.len)
		fprintf(out, "... (%zu bytes)", text.len);
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

/* @return where the next field begins */
static const uint8_t *
raw_field(FILE *out, const uint8_t *p, const uint8_t *end)
{
	struct fix_span none = { NULL, 0 }, v;
	const uint8_t *value, *stop;
	uint32_t tag = loose_tag(p, end, &value);
	bool secret = tag != 0 && show_secret(none, tag);

	stop = memchr(p, SOH, (size_t)(end - p));
	if (stop == NULL || (secret && is_data(tag)))
		stop = end;
	v.p = p;
	v.len = (size_t)((secret ? value : stop) - p);
	show_text(out, v, 0);
	if (secret)
		fputs("***", out);
	if (stop == end)
		return end;
	fputc('|', out);
	return stop + 1;
}

void
show_raw(FILE *out, struct fix_span bytes, size_t max)
{
	const uint8_t *p = bytes.p, *end;

	if (max == 0 || max > bytes.len)
		max = bytes.len;
	end = bytes.p + max;
	while (p < end)
		p = raw_field(out, p, end);
	if (max < bytes.len)
		fprintf(out, "... (%zu bytes)", bytes.len);
}
