/*
 * Writing a message. The first error sticks and is told at the end, so calls
 * need no checks between.
 *
 * BeginString and BodyLength go in front when the message is finished, so the
 * message begins at b->begin, somewhere in the buffer's first FIX_BUILD_ROOM
 * bytes.
 */
#ifndef FIXGATE_FIX_BUILD_H
#define FIXGATE_FIX_BUILD_H

#include <sys/types.h>

#include "fix/msg.h"

#define FIX_BUILD_ROOM 32 /* kept free in front for 8= and 9= */

struct fix_build {
	uint8_t *buf;  /* caller's, cap bytes */
	size_t cap;
	size_t len;    /* written so far, from buf */
	size_t begin;  /* after fix_build_end(): where the message begins */
	size_t body;   /* where the fields behind MsgType begin */
	int err;       /* 0, or the first error, negated */
};

/** Start a message with 35=type. buf is borrowed until the message is sent. */
FIX_API void fix_build_start(struct fix_build *b, uint8_t *buf, size_t cap,
    struct fix_span type);
/** Add a field. An empty value, a SOH in a text or tag 0 is -FIX_E_FORMAT. */
FIX_API void fix_build_span(struct fix_build *b, uint32_t tag,
    struct fix_span v);
FIX_API void fix_build_str(struct fix_build *b, uint32_t tag, const char *v);
FIX_API void fix_build_char(struct fix_build *b, uint32_t tag, char v);
FIX_API void fix_build_bool(struct fix_build *b, uint32_t tag, bool v);
FIX_API void fix_build_int(struct fix_build *b, uint32_t tag, int64_t v);
FIX_API void fix_build_dec(struct fix_build *b, uint32_t tag, struct fix_dec v);
/** A quantity or price in units of 10^-8. */
FIX_API void fix_build_e8(struct fix_build *b, uint32_t tag, int64_t v);
FIX_API void fix_build_utc(struct fix_build *b, uint32_t tag, struct fix_utc v,
    unsigned digits);
FIX_API void fix_build_stamp(struct fix_build *b, uint32_t tag,
    const struct fix_stamp *v);
/** Length field and data field together; any byte may stand in v. */
FIX_API void fix_build_data(struct fix_build *b, uint32_t length_tag,
    uint32_t data_tag, struct fix_span v);
/** Fields copied as they stand: "tag=value SOH" any number of times. */
FIX_API void fix_build_raw(struct fix_build *b, struct fix_span fields);
/** The fields written behind MsgType, before fix_build_end(): what
 * fix_session_send() takes. @return borrowed from the buffer; empty after an
 * error */
static inline struct fix_span
fix_build_body(const struct fix_build *b)
{
	struct fix_span v = { b->buf + b->body, b->len - b->body };

	if (b->err != 0)
		v.len = 0;
	return v;
}

/**
 * Put BeginString, BodyLength and CheckSum round it.
 *
 * @return bytes of the message at buf + begin, or the first error:
 *         -FIX_E_SPACE, -FIX_E_FORMAT
 */
FIX_API ssize_t fix_build_end(struct fix_build *b, struct fix_span begin_string)
    FIX_MUST_CHECK;

#endif
