/* Streams given to fix_scan() in pieces, and what came out of them. */
#ifndef FIXGATE_TESTS_FIX_FEED_H
#define FIXGATE_TESTS_FIX_FEED_H

#include "tests/fix/text.h"

#define CAP 64
#define MAX 4096
#define HB "35=0|49=TW|56=ISLD|34=2|52=20250314-14:30:15|"

static struct fix_field fields[CAP];

/* One message or stretch of garbage that came out; why it began. */
struct event {
	enum fix_garbled why;
	size_t bytes;
	char seq[16]; /* MsgSeqNum(34) of a message */
};

struct log {
	struct event ev[64];
	size_t n;
	size_t left; /* bytes not eaten at the end */
	ssize_t rc;  /* of the last call */
};

static inline struct fix_scan
limits(void)
{
	return (struct fix_scan){ .max_bytes = MAX };
}

static inline struct fix_msg
empty(void)
{
	return (struct fix_msg){ .fields = fields, .cap = CAP };
}

static inline void
note(struct log *l, const struct fix_scan *s, const struct fix_msg *m,
    size_t bytes)
{
	struct event *e = &l->ev[l->n];
	struct fix_span v;

	if (s->why != FIX_G_NONE && l->n > 0 && e[-1].why != FIX_G_NONE) {
		e[-1].bytes += bytes; /* garbage goes on */
		return;
	}
	assert_true(l->n < 64);
	e->why = s->why;
	e->bytes = bytes;
	e->seq[0] = '\0';
	if (s->why == FIX_G_NONE) {
		assert_true(m->len == bytes);
		if (fix_msg_get(m, 34, &v))
			assert_true(fix_span_copy(v, e->seq, sizeof(e->seq)));
	}
	l->n++;
}

/* Give the bytes in pieces, each laid against a page that can't be read. */
static inline struct log
feed(const uint8_t *in, size_t len, size_t piece)
{
	struct guarded g = guarded_new(len);
	struct log l = { .n = 0 };
	struct fix_scan s = limits();
	struct fix_msg m = empty();
	size_t eaten = 0, seen = 0;

	while (seen < len) {
		seen = len - seen < piece ? len : seen + piece;
		do {
			l.rc =
			    fix_scan(&s, lay_last(&g, in + eaten, seen - eaten),
				seen - eaten, &m);
			if (l.rc <= 0)
				break;
			assert_true((size_t)l.rc <= seen - eaten);
			note(&l, &s, &m, (size_t)l.rc);
			eaten += (size_t)l.rc;
		} while (eaten < seen);
	}
	l.left = len - eaten;
	guarded_free(&g);
	return l;
}

/* Messages of a stream, as "2,3": however it comes in, they are the same. */
static inline void
messages_are(const uint8_t *in, size_t len, const char *want)
{
	static const size_t pieces[] = { SIZE_MAX / 2, 1, 2, 7, 33 };
	char got[256];
	struct log l;
	size_t i, j;

	for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		l = feed(in, len, pieces[i]);
		got[0] = '\0';
		for (j = 0; j < l.n; j++) {
			if (l.ev[j].why != FIX_G_NONE)
				continue;
			if (got[0] != '\0')
				strcat(got, ",");
			strcat(got, l.ev[j].seq);
		}
		assert_string_equal(got, want);
	}
}

/* A stream of messages: each body gets its length and sum. */
static inline size_t
add(uint8_t *buf, size_t n, const char *body)
{
	return n + whole(buf + n, "FIX.4.4", body);
}

/* The first call's reason. */
static inline enum fix_garbled
why_of(const uint8_t *in, size_t len, ssize_t *rc)
{
	struct fix_scan s = limits();
	struct fix_msg m = empty();

	*rc = fix_scan(&s, in, len, &m);
	return s.why;
}

/* One body, enclosed rightly, is garbage as a whole, for this reason. */
static inline void
body_is_garbage(const char *body, enum fix_garbled why)
{
	uint8_t buf[1024];
	size_t n = whole(buf, "FIX.4.4", body);
	ssize_t rc;

	assert_int_equal(why_of(buf, n, &rc), why);
	assert_int_equal(rc, n);
	n = add(buf, n, "35=0|34=9|");
	messages_are(buf, n, "9");
}

/* A text, taken as it is, is garbage of so many bytes. */
static inline void
text_is_garbage(const char *text, enum fix_garbled why, size_t bytes)
{
	uint8_t buf[1024];
	size_t n = wire(buf, text);
	ssize_t rc;

	assert_int_equal(why_of(buf, n, &rc), why);
	assert_int_equal(rc, bytes);
}

#endif
