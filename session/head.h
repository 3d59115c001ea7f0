/* The header of a message under way: see head.c. */
#ifndef FIXGATE_SESSION_HEAD_H
#define FIXGATE_SESSION_HEAD_H

#include "session/internal.h"

#define HEAD_MAX 32u

/* The header, collected in order of tag before it is written. */
struct head {
	struct {
		uint32_t tag;
		struct fix_span v;
	} f[HEAD_MAX];
	unsigned n;
	uint8_t seq[24], last[24], time[FIX_STAMP_MAX];
};

/* Is it a header field that we move about? */
bool fs_is_head_tag(uint32_t tag);
/* What stands already wins, an empty value is none. */
void fs_head_add(struct head *h, uint32_t tag, struct fix_span v);
/* Fraction digits of our timestamps. */
unsigned fs_time_digits(const struct fix_session *s);
/* v as text; buf holds 24 bytes. */
struct fix_span fs_num(uint8_t *buf, uint64_t v);
/* Number, time and identity. */
void fs_head_ours(struct head *h, const struct fix_session *s, uint64_t seq);
/* Marked as sent before, with the time it first had. */
void fs_head_dup(struct head *h, struct fix_span orig_time);
/* Is the first field of a body one of the header? */
bool fs_head_in_front(struct fix_span body, uint32_t *tag, struct fix_span *v);
/* Take header fields from the front of a body. @return the rest */
struct fix_span fs_head_from_body(struct head *h, struct fix_span body);
/* First value of a tag, or an empty one. */
struct fix_span fs_value_of(const struct fix_msg *m, uint32_t tag);
/* A value of the peer's, empty if it is too long to repeat. */
struct fix_span fs_quoted(struct fix_span v);
/* Back the way it came: OnBehalfOf becomes DeliverTo and the reverse. */
void fs_head_reverse_route(struct head *h, const struct fix_session *s,
    const struct fix_msg *m);

#endif
