/*
 * From a stream to messages, forgivingly.
 *
 * A message begins at "8=FIX" that no digit precedes; what stands between the
 * BeginString and "9=" is what this stream puts between fields. SOH: the bytes
 * are as on the wire and fix_scan() frames them. Anything else ('|', "^A",
 * "<SOH>"): the message ends with its line at the latest, and separators become
 * SOH where a tag or nothing follows, so that a text may hold a '|' of its own.
 * What precedes a message in its line (a log's time stamp) is passed over. A
 * message that is not right is still split into fields, if that is possible,
 * because whoever looks at it wants to see why.
 */
#include "gateway/cli/input.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define SOH 0x01
#define SEPARATOR_MAX 8

struct input {
	void (*fn)(void *arg, const struct input_item *it);
	void *arg;
	uint8_t *buf;
	size_t cap;
	uint8_t *head; /* in buf: what is not looked at yet */
	size_t left;   /* bytes from head on */
	uint64_t line, idle;
	bool line_used; /* a message began in the current line */
	bool line_dark; /* something printable stands in it */
	bool ended;
	uint8_t *plain; /* a line with its separators made SOH */
	size_t plain_cap;
	struct fix_field *fields;
	struct fix_msg msg;
};

struct input *
input_new(void (*fn)(void *arg, const struct input_item *it), void *arg)
{
	struct input *in = calloc(1, sizeof(*in));

	if (in == NULL)
		return NULL;
	in->fields = calloc(FIX_FIELDS_MAX, sizeof(*in->fields));
	if (in->fields == NULL) {
		free(in);
		return NULL;
	}
	in->fn = fn;
	in->arg = arg;
	in->line = 1;
	return in;
}

void
input_free(struct input *in)
{
	if (in == NULL)
		return;
	free(in->fields);
	free(in->plain);
	free(in->buf);
	free(in);
}

static void
reset_msg(struct input *in)
{
	in->msg.fields = in->fields;
	in->msg.cap = FIX_FIELDS_MAX;
	in->msg.n = 0;
}

/* Where the field that begins at p ends: at its SOH, or where the length field
 * before it says, if a SOH is there too. NULL: it has no end. */
static const uint8_t *
field_end(const struct fix_msg *m, uint32_t tag, const uint8_t *value,
    const uint8_t *end)
{
	int64_t n;

	if (m->n > 0 && fix_data_tag_of(m->fields[m->n - 1].tag) == tag &&
	    fix_int_parse(fix_msg_at(m, m->n - 1), &n) == 0 && n >= 0 &&
	    n < end - value && value[n] == SOH)
		return value + n;
	return value >= end ? NULL : memchr(value, SOH, (size_t)(end - value));
}

/* @return bytes of the field at p, 0: it is none */
static size_t
loose_field(struct fix_msg *m, const uint8_t *p, const uint8_t *end)
{
	struct fix_field *f = &m->fields[m->n];
	const uint8_t *q = p, *stop;
	uint32_t tag = 0;

	while (q < end && isdigit(*q) && q - p < 9)
		tag = tag * 10 + (uint32_t)(*q++ - '0');
	if (q == p || q == end || *q != '=' || m->n == m->cap)
		return 0;
	stop = field_end(m, tag, q + 1, end);
	if (stop == NULL)
		return 0;
	f->tag = *p == '0' ? FIX_TAG_BAD : tag;
	f->at = (uint32_t)(p - m->bytes);
	f->off = (uint32_t)(q + 1 - m->bytes);
	f->len = (uint32_t)(stop - (q + 1));
	m->n++;
	return (size_t)(stop + 1 - p);
}

/* Fields of what is no good message, as many as can be made out. */
static bool
loose_split(struct input *in, struct fix_span v)
{
	struct fix_msg *m = &in->msg;
	size_t at = 0, n = 1;

	reset_msg(in);
	m->bytes = v.p;
	m->len = v.len;
	while (at < v.len && (n = loose_field(m, v.p + at, v.p + v.len)) > 0)
		at += n;
	return m->n >= 3 && m->fields[2].tag == 35;
}

static void
tell(struct input *in, struct fix_span bytes, enum fix_garbled why, bool cut)
{
	struct input_item it = { &in->msg, bytes, why, cut, in->line };

	if ((why != FIX_G_NONE || cut) && !loose_split(in, bytes))
		it.msg = NULL;
	if (cut && it.msg != NULL && in->msg.fields[in->msg.n - 1].tag == 10)
		it.cut = false; /* all is here: its length promises more */
	in->line_used = true;
	in->fn(in->arg, &it);
}

static void
pass_lines(struct input *in, const uint8_t *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (p[i] > ' ')
			in->line_dark = true;
		if (p[i] != '\n')
			continue;
		in->line++;
		in->idle += in->line_dark && !in->line_used;
		in->line_used = false;
		in->line_dark = false;
	}
}

static void
drop(struct input *in, size_t n)
{
	pass_lines(in, in->head, n);
	in->head += n;
	in->left -= n;
}

/* @return where "8=FIX" begins at or after from, len if nowhere */
static size_t
find_begin(const uint8_t *p, size_t len, size_t from)
{
	const uint8_t *at;

	while (from < len) {
		at = memmem(p + from, len - from, "8=FIX", 5);
		if (at == NULL)
			return len;
		if (at == p || !isdigit(at[-1]))
			return (size_t)(at - p);
		from = (size_t)(at - p) + 1;
	}
	return len;
}

/* @return 1 found, 0 more bytes are needed, -1 no message begins like that */
static int
find_separator(const uint8_t *p, size_t len, struct fix_span *sep)
{
	size_t i = 5, n;

	while (i < len && i < 32 && (isalnum(p[i]) || p[i] == '.'))
		i++;
	if (i == 32)
		return -1;
	for (n = 0; n <= SEPARATOR_MAX; n++) {
		if (i + n + 2 > len)
			return 0;
		if (p[i + n] == '\n')
			return -1;
		if (n > 0 && p[i + n] == '9' && p[i + n + 1] == '=') {
			sep->p = p + i;
			sep->len = n;
			return 1;
		}
	}
	if (p[i] != SOH && p[i] != '|')
		return -1;
	sep->p = p + i;
	sep->len = 1;
	return 1;
}

/* Do digits and '=' stand here, or the end? */
static bool
opens_field(const uint8_t *p, const uint8_t *end)
{
	const uint8_t *q = p;

	while (q < end && isdigit(*q))
		q++;
	if (q > p && q < end && *q == '=')
		return true;
	while (p < end && isspace(*p))
		p++;
	return p == end;
}

static bool
is_checksum(const uint8_t *p, const uint8_t *end)
{
	return end - p >= 6 && memcmp(p, "10=", 3) == 0 && isdigit(p[3]) &&
	       isdigit(p[4]) && isdigit(p[5]) &&
	       (end - p == 6 || !isdigit(p[6]));
}

/*
 * Copy a message out of a line with SOH for its separators.
 *
 * @return bytes of the line that it took; *len is what it became
 */
static size_t
make_plain(struct input *in, const uint8_t *p, size_t n, struct fix_span sep,
    size_t *len)
{
	const uint8_t *q = p, *end = p + n;
	uint8_t *out = in->plain;

	while (q < end) {
		if ((size_t)(end - q) >= sep.len &&
		    memcmp(q, sep.p, sep.len) == 0 &&
		    opens_field(q + sep.len, end)) {
			q += sep.len;
			*out++ = SOH;
			if (!is_checksum(q, end))
				continue;
			memcpy(out, q, 6);
			out += 6;
			q += 6;
			*out++ = SOH;
			if ((size_t)(end - q) >= sep.len &&
			    memcmp(q, sep.p, sep.len) == 0)
				q += sep.len;
			break;
		}
		*out++ = *q++;
	}
	*len = (size_t)(out - in->plain);
	return (size_t)(q - p);
}

static bool
room_for_plain(struct input *in, size_t n)
{
	uint8_t *p;

	if (n + 2 <= in->plain_cap)
		return true;
	p = realloc(in->plain, n + 2);
	if (p == NULL)
		return false;
	in->plain = p;
	in->plain_cap = n + 2;
	return true;
}

/* @return bytes eaten, 0: the line is not whole yet */
static size_t
take_line(struct input *in, struct fix_span sep)
{
	struct fix_scan s = { INPUT_MSG_MAX, FIX_G_NONE, false };
	const uint8_t *nl = memchr(in->head, '\n', in->left);
	size_t n = nl == NULL ? in->left : (size_t)(nl - in->head), used;
	struct fix_span v;
	ssize_t rc;

	if (nl == NULL && !in->ended && in->left < INPUT_MSG_MAX)
		return 0;
	if (n > 0 && in->head[n - 1] == '\r')
		n--;
	if (!room_for_plain(in, n))
		return n;
	used = make_plain(in, in->head, n, sep, &v.len);
	v.p = in->plain;
	reset_msg(in);
	rc = fix_scan(&s, v.p, v.len, &in->msg);
	if (rc > 0 && s.why == FIX_G_NONE && (size_t)rc == v.len)
		tell(in, v, FIX_G_NONE, false);
	else
		tell(
		    in, v, s.why == FIX_G_NONE ? FIX_G_LENGTH : s.why, rc == 0);
	return used;
}

/* Where a message that has no end may be taken to end. */
static size_t
give_up_at(const struct input *in)
{
	return find_begin(in->head, in->left, 1);
}

/* @return bytes eaten, 0: more are needed */
static size_t
take_raw(struct input *in)
{
	struct fix_scan s = { INPUT_MSG_MAX, FIX_G_NONE, false };
	struct fix_span v = { in->head, 0 };
	ssize_t rc;

	reset_msg(in);
	rc = fix_scan(&s, in->head, in->left, &in->msg);
	if (rc == 0 && !in->ended)
		return 0;
	if (rc > 0) {
		v.len = (size_t)rc;
		tell(in, v, s.why, false);
	} else {
		v.len = give_up_at(in);
		tell(in, v, FIX_G_LENGTH, rc == 0);
	}
	return v.len;
}

static size_t
take(struct input *in)
{
	struct fix_span sep, all = { in->head, 0 };
	int rc = find_separator(in->head, in->left, &sep);

	if (rc == 0 && !in->ended)
		return 0;
	if (rc == 1)
		return *sep.p == SOH ? take_raw(in) : take_line(in, sep);
	all.len = give_up_at(in);
	if (memchr(all.p, '\n', all.len) != NULL)
		all.len =
		    (size_t)((uint8_t *)memchr(all.p, '\n', all.len) - all.p);
	tell(in, all, FIX_G_LENGTH, rc == 0);
	return all.len;
}

static void
take_all(struct input *in)
{
	size_t at, n;

	for (;;) {
		at = find_begin(in->head, in->left, 0);
		if (at == in->left && !in->ended)
			at = in->left < 6 ? 0
					  : in->left - 6; /* half a "58=FIX" */
		if (at > 0)
			drop(in, at);
		if (in->left < 7 && !in->ended)
			return;
		if (find_begin(in->head, in->left, 0) != 0 || in->left == 0)
			return;
		n = take(in);
		if (n == 0)
			return;
		drop(in, n);
		in->line_used = true;
	}
}

int
input_feed(struct input *in, const uint8_t *bytes, size_t len)
{
	size_t cap = in->cap == 0 ? 65536 : in->cap;
	uint8_t *buf;

	if (in->left > 0 && in->head != in->buf)
		memmove(in->buf, in->head, in->left);
	in->head = in->buf;
	while (cap - in->left < len)
		cap *= 2;
	if (cap != in->cap) {
		buf = realloc(in->buf, cap);
		if (buf == NULL)
			return -FIX_E_NOMEM;
		in->buf = buf;
		in->head = buf;
		in->cap = cap;
	}
	memcpy(in->buf + in->left, bytes, len);
	in->left += len;
	take_all(in);
	return 0;
}

void
input_end(struct input *in)
{
	in->ended = true;
	if (in->left > 0)
		take_all(in);
	if (in->line_dark && !in->line_used)
		in->idle++;
	in->line_dark = false;
}

uint64_t
input_idle_lines(const struct input *in)
{
	return in->idle;
}

/* The body, from behind BodyLength to the SOH before the last 10=. */
static bool
body_of(struct fix_span b, size_t *from, size_t *to)
{
	const uint8_t *a = memchr(b.p, SOH, b.len), *c;
	size_t i;

	c = a == NULL ? NULL
		      : memchr(a + 1, SOH, b.len - (size_t)(a + 1 - b.p));
	if (c == NULL)
		return false;
	*from = (size_t)(c + 1 - b.p);
	for (i = b.len; i > *from + 3; i--)
		if (b.p[i - 4] == SOH && memcmp(b.p + i - 3, "10=", 3) == 0) {
			*to = i - 3;
			return true;
		}
	return false;
}

static void
say_length(const struct input_item *it, char *text, size_t cap)
{
	size_t from, to;
	int64_t said;

	if (it->msg == NULL || fix_msg_int(it->msg, 9, &said) != 0 ||
	    !body_of(it->bytes, &from, &to))
		snprintf(text, cap,
		    "BodyLength(9) is not second, no number, "
		    "or wrong");
	else
		snprintf(text, cap,
		    "BodyLength(9) says %lld, the body has %zu bytes",
		    (long long)said, to - from);
}

static void
say_checksum(const struct input_item *it, char *text, size_t cap)
{
	size_t from, to, i;
	unsigned sum = 0;
	struct fix_span v;
	char said[8];

	if (it->msg == NULL || !fix_msg_get(it->msg, 10, &v) ||
	    !body_of(it->bytes, &from, &to)) {
		snprintf(text, cap, "CheckSum(10) is not three digits");
		return;
	}
	for (i = 0; i < to; i++)
		sum += it->bytes.p[i];
	for (i = 0; i < v.len && i < 7; i++)
		said[i] = (char)(isprint(v.p[i]) ? v.p[i] : '?');
	said[i] = '\0';
	snprintf(text, cap, "CheckSum(10) says %s, the bytes give %03u", said,
	    sum % 256);
}

void
input_say_why(const struct input_item *it, char *text, size_t cap)
{
	if (it->cut)
		snprintf(text, cap,
		    "the message ends before its end: %zu "
		    "bytes are here",
		    it->bytes.len);
	else if (it->why == FIX_G_LENGTH)
		say_length(it, text, cap);
	else if (it->why == FIX_G_CHECKSUM)
		say_checksum(it, text, cap);
	else
		snprintf(text, cap, "%s", fix_garbled_name(it->why));
}
