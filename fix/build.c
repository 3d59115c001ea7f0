/*
 * Writing a message from front to back into the caller's buffer.
 *
 * In: tags and values, in the order in which they shall stand. Out: a whole
 * message. BodyLength is not known before the body is, so room is left in front
 * and filled at the end; CheckSum is one sum over the finished bytes. Every
 * call checks room and value; the first fault sticks, and fix_build_end() tells
 * it, so that a message that is wrong anywhere is never given out.
 *
 * What may stand in which message, and in which order, is not known here.
 */
#include "fix/build.h"

#include "fix/bytes.h"

#define MAX_TAG_BYTES 10 /* of a uint32_t */
#define TRAILER 7
#define MAX_INT_BYTES 20

static void
fail(struct fix_build *b, enum fix_err why)
{
	if (b->err == 0)
		b->err = -(int)why;
}

static bool
has_soh(struct fix_span v)
{
	return v.len > 0 && memchr(v.p, FIX_SOH, v.len) != NULL;
}

/* Tag and '='; p has room for MAX_TAG_BYTES + 1. */
static uint8_t *
put_tag(uint8_t *p, uint32_t tag)
{
	if (tag < 10) {
		*p++ = (uint8_t)('0' + tag);
	} else if (tag < 100) {
		memcpy(p, fix_two_digits + tag * 2, 2);
		p += 2;
	} else if (tag < 1000) {
		*p++ = (uint8_t)('0' + tag / 100);
		memcpy(p, fix_two_digits + tag % 100 * 2, 2);
		p += 2;
	} else {
		p += fix_int_format(p, tag);
	}
	*p++ = '=';
	return p;
}

/*
 * Begin a field whose value has at most max bytes.
 * Returns where the value goes, or NULL after a fault.
 */
static uint8_t *
open_field(struct fix_build *b, uint32_t tag, size_t max)
{
	if (b->err != 0)
		return NULL;
	if (tag == 0 || tag > FIX_TAG_MAX) {
		fail(b, FIX_E_FORMAT);
		return NULL;
	}
	if (b->cap - b->len < MAX_TAG_BYTES + 2 ||
	    b->cap - b->len - MAX_TAG_BYTES - 2 < max) {
		fail(b, FIX_E_SPACE);
		return NULL;
	}
	return put_tag(b->buf + b->len, tag);
}

/* The value, of n bytes at p, was written; 0: it may not stand. */
static void
close_field(struct fix_build *b, uint8_t *p, size_t n)
{
	if (n == 0) {
		fail(b, FIX_E_FORMAT);
		return;
	}
	p[n] = FIX_SOH;
	b->len = (size_t)(p + n + 1 - b->buf);
}

void
fix_build_start(
    struct fix_build *b, uint8_t *buf, size_t cap, struct fix_span type)
{
	*b =
	    (struct fix_build){ .buf = buf, .cap = cap, .len = FIX_BUILD_ROOM };
	if (cap < FIX_BUILD_ROOM + TRAILER)
		fail(b, FIX_E_SPACE);
	fix_build_span(b, 35, type);
	b->body = b->len;
}

void
fix_build_span(struct fix_build *b, uint32_t tag, struct fix_span v)
{
	uint8_t *p = open_field(b, tag, v.len);

	if (p == NULL)
		return;
	close_field(b, p, fix_copy_text(p, v) ? 0 : v.len);
}

void
fix_build_str(struct fix_build *b, uint32_t tag, const char *v)
{
	fix_build_span(b, tag, fix_span_of(v));
}

void
fix_build_char(struct fix_build *b, uint32_t tag, char v)
{
	uint8_t *p = open_field(b, tag, 1);

	if (p == NULL)
		return;
	*p = (uint8_t)v;
	close_field(b, p, *p == FIX_SOH || *p == 0 ? 0 : 1);
}

void
fix_build_bool(struct fix_build *b, uint32_t tag, bool v)
{
	fix_build_char(b, tag, v ? 'Y' : 'N');
}

void
fix_build_int(struct fix_build *b, uint32_t tag, int64_t v)
{
	uint8_t *p = open_field(b, tag, MAX_INT_BYTES);

	if (p != NULL)
		close_field(b, p, fix_int_format(p, v));
}

void
fix_build_dec(struct fix_build *b, uint32_t tag, struct fix_dec v)
{
	uint8_t *p = open_field(b, tag, FIX_DEC_MAX);

	if (p != NULL)
		close_field(b, p, fix_dec_format(p, v));
}

void
fix_build_e8(struct fix_build *b, uint32_t tag, int64_t v)
{
	uint8_t *p = open_field(b, tag, FIX_DEC_MAX);

	if (p != NULL)
		close_field(b, p, fix_e8_format(p, v));
}

void
fix_build_utc(
    struct fix_build *b, uint32_t tag, struct fix_utc v, unsigned digits)
{
	uint8_t *p = open_field(b, tag, FIX_STAMP_MAX);

	if (p != NULL)
		close_field(b, p, fix_utc_format(p, v, digits));
}

void
fix_build_stamp(struct fix_build *b, uint32_t tag, const struct fix_stamp *v)
{
	uint8_t *p = open_field(b, tag, FIX_STAMP_MAX);

	if (p != NULL)
		close_field(b, p, fix_stamp_format(p, v));
}

void
fix_build_data(struct fix_build *b, uint32_t length_tag, uint32_t data_tag,
    struct fix_span v)
{
	uint8_t *p;

	if (v.len > INT64_MAX)
		fail(b, FIX_E_SPACE);
	fix_build_int(b, length_tag, (int64_t)v.len);
	p = open_field(b, data_tag, v.len);
	if (p == NULL)
		return;
	if (v.len > 0)
		memcpy(p, v.p, v.len);
	close_field(b, p, v.len);
}

void
fix_build_raw(struct fix_build *b, struct fix_span fields)
{
	if (b->err != 0 || fields.len == 0)
		return;
	if (fields.p[fields.len - 1] != FIX_SOH) {
		fail(b, FIX_E_FORMAT);
		return;
	}
	if (b->cap - b->len < fields.len) {
		fail(b, FIX_E_SPACE);
		return;
	}
	memcpy(b->buf + b->len, fields.p, fields.len);
	b->len += fields.len;
}

/* BeginString and BodyLength, so that they end where the body begins. */
static void
put_front(struct fix_build *b, struct fix_span begin_string)
{
	uint8_t text[2 + FIX_BUILD_ROOM + 3 + MAX_INT_BYTES + 1];
	size_t n = 2, body = b->len - FIX_BUILD_ROOM;

	if (begin_string.len == 0 || begin_string.len > FIX_BUILD_ROOM ||
	    has_soh(begin_string)) {
		fail(b, FIX_E_FORMAT);
		return;
	}
	memcpy(text, "8=", 2);
	memcpy(text + n, begin_string.p, begin_string.len);
	n += begin_string.len;
	text[n++] = FIX_SOH;
	memcpy(text + n, "9=", 2);
	n += 2 + fix_int_format(text + n + 2, (int64_t)body);
	text[n++] = FIX_SOH;
	if (n > FIX_BUILD_ROOM) {
		fail(b, FIX_E_SPACE);
		return;
	}
	b->begin = FIX_BUILD_ROOM - n;
	memcpy(b->buf + b->begin, text, n);
}

static void
put_sum(struct fix_build *b)
{
	uint8_t *p = b->buf + b->len;
	uint8_t sum = fix_sum8(b->buf + b->begin, b->len - b->begin);

	memcpy(p, "10=", 3);
	p[3] = (uint8_t)('0' + sum / 100);
	p[4] = (uint8_t)('0' + sum / 10 % 10);
	p[5] = (uint8_t)('0' + sum % 10);
	p[6] = FIX_SOH;
	b->len += TRAILER;
}

ssize_t
fix_build_end(struct fix_build *b, struct fix_span begin_string)
{
	if (b->err == 0 && b->cap - b->len < TRAILER)
		fail(b, FIX_E_SPACE);
	if (b->err == 0)
		put_front(b, begin_string);
	if (b->err != 0)
		return b->err;
	put_sum(b);
	return (ssize_t)(b->len - b->begin);
}
