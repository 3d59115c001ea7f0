/*
 * Framing: where a message begins and ends in a stream of bytes.
 *
 * In: what a peer sent, in any pieces. Out: one message, or one stretch of
 * garbage with the reason. FIX 4.2 to 4.4 volume 2, "Garbled message", and
 * QuickFIX's acceptance cases 1d, 2d, 2m, 2t, 3b and 3c; the FIX texts do not
 * say how the next message is found, the cases do:
 *
 * - A message whose frame is whole (BodyLength leads to a 10=) but that is
 *   wrong inside is dropped to the end of its trailer, a short one too.
 * - Where BodyLength does not lead to a 10=, nothing before the declared end
 *   is trusted; the next message is the next "8=FIX" behind it that opens a
 *   field. So a BodyLength that is too long costs the message behind as well.
 * - Until the byte at the declared end has come, nothing is decided.
 *
 * What is decided never depends on the pieces in which the bytes came; so a
 * byte of context is kept where a "8=FIX" must not be taken for a beginning.
 */
#include "fix/scan.h"

#include <assert.h>

#include "fix/bytes.h"

#define MAX_NUMBER 20   /* digits of BodyLength, leading zeros included */
#define MAX_PART 3      /* digits of a version number */
#define TRAILER 7u      /* 10=ddd SOH */
#define MAX_ANY_SUM 16u /* value of 10= where it is not checked */

static const char *const names[] = {
	[FIX_G_NONE] = "no fault",
	[FIX_G_NO_BEGIN] = "bytes before BeginString(8)",
	[FIX_G_BEGIN] = "BeginString(8) is no FIX version",
	[FIX_G_LENGTH] = "BodyLength(9) not second or wrong",
	[FIX_G_TYPE] = "MsgType(35) not third",
	[FIX_G_CHECKSUM] = "CheckSum(10) wrong",
	[FIX_G_TAG] = "field without a tag number",
	[FIX_G_DATA] = "data field does not end where its length says",
	[FIX_G_FIELDS] = "too many fields",
};

_Static_assert(sizeof(names) / sizeof(names[0]) == FIX_N_GARBLED,
    "every reason has a name");

const char *
fix_garbled_name(enum fix_garbled why)
{
	if ((unsigned)why >= FIX_N_GARBLED)
		return "unknown";
	return names[why];
}

/* Reading a header: every step says whether to go on. */
enum step { S_OK, S_MORE, S_BAD };

struct head {
	const uint8_t *in;
	size_t len;
	uint32_t at;   /* read so far */
	uint32_t nine; /* where the value of 9= is */
	uint64_t body; /* BodyLength */
};

/* The next bytes are text, as far as they have come. */
static enum step
expect(struct head *h, const char *text)
{
	for (; *text != '\0'; text++, h->at++) {
		if (h->at == h->len)
			return S_MORE;
		if (h->in[h->at] != (uint8_t)*text)
			return S_BAD;
	}
	return S_OK;
}

/* 1 to max digits, then the byte stop. */
static enum step
digits(struct head *h, uint32_t max, uint8_t stop, uint64_t *out)
{
	uint64_t v = 0;
	uint32_t n;
	uint8_t c;

	for (n = 0; h->at < h->len; n++) {
		c = h->in[h->at++];
		if (c == stop && n > 0) {
			*out = v;
			return S_OK;
		}
		if (!fix_is_digit(c) || n == max)
			return S_BAD;
		if (v < UINT64_MAX / 100)
			v = v * 10 + (c - (uint64_t)'0');
	}
	return S_MORE;
}

/* 8=FIX.n.m or 8=FIXT.n.m */
static enum step
begin_string(struct head *h)
{
	uint64_t v;
	enum step s = expect(h, "8=FIX");

	if (s == S_OK && h->at < h->len && h->in[h->at] == 'T')
		h->at++;
	if (s == S_OK)
		s = expect(h, ".");
	if (s == S_OK)
		s = digits(h, MAX_PART, '.', &v);
	if (s == S_OK)
		s = digits(h, MAX_PART, FIX_SOH, &v);
	return s;
}

static enum step
body_length(struct head *h)
{
	enum step s = expect(h, "9=");

	h->nine = h->at;
	if (s == S_OK)
		s = digits(h, MAX_NUMBER, FIX_SOH, &h->body);
	return s;
}

/* "8=FIX.4.", "8=FIXT.1" and "\0019=" as fix_load64() and fix_load32() see
 * them, the latter without its highest byte. */
#define FIX_4 UINT64_C(0x2e342e5849463d38)
#define FIXT_1 UINT64_C(0x312e545849463d38)
#define SOH_9 0x3d3901u

/*
 * The header that nearly all messages have, read in few steps: FIX.4.m or
 * FIXT.1.1 and a BodyLength of up to six digits. False says nothing: the long
 * way must look.
 */
static bool
usual_head(struct head *h)
{
	const uint8_t *p = h->in;
	uint64_t w;
	uint32_t at = 9, i;

	if (h->len < 32)
		return false;
	w = fix_load64(p);
	if (w == FIXT_1 && p[8] == '.' && p[9] == '1')
		at = 10;
	else if (w != FIX_4 || !fix_is_digit(p[8]))
		return false;
	if ((fix_load32(p + at) & 0xffffff) != SOH_9)
		return false;
	h->nine = at + 3;
	for (i = 0, w = 0; i < 6 && fix_is_digit(p[h->nine + i]); i++)
		w = w * 10 + (p[h->nine + i] - (uint64_t)'0');
	h->body = w;
	h->at = h->nine + i + 1;
	return i > 0 && p[h->nine + i] == FIX_SOH;
}

/* The whole header. On S_BAD *why says which field was wrong. */
static enum step
header(struct head *h, enum fix_garbled *why)
{
	enum step s;

	if (usual_head(h))
		return S_OK;
	h->at = 0;
	*why = FIX_G_BEGIN;
	s = begin_string(h);
	if (s != S_OK)
		return s;
	*why = FIX_G_LENGTH;
	return body_length(h);
}

/* Could a message begin here, by the bytes that have come? */
static bool
may_begin(const uint8_t *p, size_t n)
{
	if (n >= 5) /* a size that is known needs no call */
		return memcmp(p, "8=FIX", 5) == 0;
	return memcmp(p, "8=FIX", n) == 0;
}

/*
 * Where to go on behind garbage: the first beginning at or behind from, or the
 * end, less a byte or two without which a later "8=FIX" would look like one.
 */
static size_t
resync(const uint8_t *in, size_t from, size_t len)
{
	const uint8_t *p = in + from - 1, *soh;

	assert(from > 0 && from <= len);
	for (;;) {
		soh = memchr(p, FIX_SOH, (size_t)(in + len - p));
		if (soh == NULL)
			break;
		p = soh + 1;
		if (may_begin(p, (size_t)(in + len - p)))
			return (size_t)(p - in);
	}
	if (in[len - 1] != '8' || len == 1)
		return len - 1;
	return len - 2;
}

static ssize_t
garbage(struct fix_scan *s, enum fix_garbled why, size_t bytes)
{
	s->why = bytes > 0 ? why : FIX_G_NONE;
	return (ssize_t)bytes;
}

/* How far a trailer that begins at p goes, whatever is wrong with it. */
static size_t
trailer_bytes(const uint8_t *p, size_t len)
{
	size_t n = 3;

	while (n < len && n < TRAILER - 1 && fix_is_digit(p[n]))
		n++;
	if (n < len && p[n] == FIX_SOH)
		n++;
	return n;
}

/* 10=ddd SOH, seven bytes at p. */
static bool
right_trailer(const uint8_t *p)
{
	return memcmp(p, "10=", 3) == 0 && fix_is_digit(p[3]) &&
	       fix_is_digit(p[4]) && fix_is_digit(p[5]) && p[6] == FIX_SOH;
}

/*
 * The trailer at p: S_OK and *n its bytes if it is 10=ddd SOH (10=anything SOH
 * where sums are not checked), S_BAD and *n 0 if there is no 10= at all.
 */
static enum step
trailer(const uint8_t *p, size_t len, bool any, size_t *n)
{
	struct head h = { .in = p, .len = len };
	size_t max = any ? MAX_ANY_SUM + 4 : TRAILER, i;
	enum step s;

	*n = TRAILER;
	if (len >= TRAILER && right_trailer(p))
		return S_OK;
	*n = 0;
	s = expect(&h, "10=");
	if (s != S_OK)
		return s;
	for (i = 3; i < max; i++) {
		if (i == len)
			return S_MORE;
		if (p[i] == FIX_SOH && (any || i == TRAILER - 1)) {
			*n = i + 1;
			return S_OK;
		}
		if (!any && !fix_is_digit(p[i]))
			break;
	}
	*n = trailer_bytes(p, len);
	return S_BAD;
}

static unsigned
number3(const uint8_t *p)
{
	return (p[0] - (unsigned)'0') * 100 + (p[1] - (unsigned)'0') * 10 +
	       (p[2] - (unsigned)'0');
}

static void
put_field(
    struct fix_msg *m, uint32_t tag, uint32_t at, uint32_t off, uint32_t end)
{
	m->fields[m->n++] = (struct fix_field){ tag, off, end - off, at };
}

/* Fields of the frame [0, end) and its trailer of n bytes. */
static enum fix_garbled
fields(struct fix_msg *m, const struct head *h, uint32_t end, size_t n,
    bool unchecked)
{
	enum fix_garbled why;
	uint8_t sum;

	m->n = 0;
	if (m->cap < 4)
		return FIX_G_FIELDS;
	put_field(m, 8, 0, 2, h->nine - 3);
	put_field(m, 9, h->nine - 2, h->nine, h->at - 1);
	why = fix_split_fields(m, h->at, end, &sum);
	if (why != FIX_G_NONE && !unchecked)
		sum = fix_sum8(h->in, end);
	if (!unchecked && number3(h->in + end + 3) != sum)
		return FIX_G_CHECKSUM;
	if (why != FIX_G_NONE)
		return why;
	if (m->n < 3 || m->fields[2].tag != 35)
		return FIX_G_TYPE;
	if (m->n == m->cap)
		return FIX_G_FIELDS;
	put_field(m, 10, end, end + 3, (uint32_t)(end + n - 1));
	return FIX_G_NONE;
}

/* The header was read: the rest of the frame. */
static ssize_t
frame(struct fix_scan *s, const struct head *h, struct fix_msg *m)
{
	size_t end = h->at + (size_t)h->body, n;

	if (h->len <= end)
		return 0;
	if (h->in[end - 1] != FIX_SOH)
		return garbage(s, FIX_G_LENGTH, resync(h->in, end, h->len));
	switch (trailer(h->in + end, h->len - end, s->sum_unchecked, &n)) {
	case S_MORE:
		return 0;
	case S_BAD:
		if (n > 0)
			return garbage(s, FIX_G_CHECKSUM, end + n);
		return garbage(s, FIX_G_LENGTH, resync(h->in, end, h->len));
	case S_OK:
		break;
	}
	m->bytes = h->in;
	m->len = end + n;
	s->why = fields(m, h, (uint32_t)end, n, s->sum_unchecked);
	return (ssize_t)(end + n);
}

ssize_t
fix_scan(struct fix_scan *s, const uint8_t *in, size_t len, struct fix_msg *m)
{
	struct head h = { .in = in, .len = len };
	size_t max = s->max_bytes < INT32_MAX ? s->max_bytes : INT32_MAX;
	enum fix_garbled why = FIX_G_NO_BEGIN;
	enum step st;

	s->why = FIX_G_NONE;
	if (len == 0)
		return 0;
	st = may_begin(in, len) ? header(&h, &why) : S_BAD;
	if (st == S_BAD)
		return garbage(s, why, resync(in, 1, len));
	if (st == S_MORE)
		return 0;
	if (h.body > max || h.at + h.body + TRAILER > max)
		return -FIX_E_TOOBIG;
	return frame(s, &h, m);
}

int
fix_split(const uint8_t *bytes, size_t len, struct fix_msg *m)
{
	struct head h = { .in = bytes, .len = len };
	size_t end = len;
	enum fix_garbled why;

	if (len == 0 || len > INT32_MAX || bytes[len - 1] != FIX_SOH)
		return -FIX_E_GARBLED;
	if (header(&h, &why) != S_OK)
		return -FIX_E_GARBLED;
	for (end = len - 1; end > h.at && bytes[end - 1] != FIX_SOH; end--)
		;
	if (len - end < 4 || memcmp(bytes + end, "10=", 3) != 0)
		return -FIX_E_GARBLED;
	m->bytes = bytes;
	m->len = len;
	why = fields(m, &h, (uint32_t)end, len - end, true);
	if (why == FIX_G_FIELDS)
		return -FIX_E_SPACE;
	return why == FIX_G_NONE ? 0 : -FIX_E_GARBLED;
}
