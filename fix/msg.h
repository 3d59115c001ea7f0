/*
 * A message: fields over borrowed bytes.
 *
 * fix_scan() fills it; nothing is copied, so it lives as long as the bytes and
 * the field array do. Field order is the order on the wire; tags may repeat.
 */
#ifndef FIXGATE_FIX_MSG_H
#define FIXGATE_FIX_MSG_H

#include "fix/decimal.h"
#include "fix/err.h"
#include "fix/span.h"
#include "fix/time.h"

struct fix_field {
	uint32_t tag; /* 1 to FIX_TAG_MAX, or FIX_TAG_BAD */
	uint32_t off; /* value, from the message's first byte */
	uint32_t len; /* value, bytes, without the SOH */
	uint32_t at;  /* first digit of the tag, from the message's first byte */
};

/* A tag that is a number but none that FIX allows: 0, -1, 035, too large.
 * Its text is bytes[at .. off-2]. */
#define FIX_TAG_BAD 0u
#define FIX_TAG_MAX 999999999u
#define FIX_FIELDS_MAX 2048u /* fields of one message */

struct fix_msg {
	const uint8_t *bytes;     /* "8=" ... SOH after CheckSum */
	size_t len;               /* all of them */
	struct fix_field *fields; /* caller's array: 8, 9, 35, ..., 10 */
	uint32_t n;               /* fields in it */
	uint32_t cap;             /* fields it can hold */
};

#define FIX_MSG_NONE UINT32_MAX

static inline struct fix_span
fix_msg_at(const struct fix_msg *m, uint32_t i)
{
	struct fix_span v = { m->bytes + m->fields[i].off, m->fields[i].len };

	return v;
}

/** @return index of the first field with this tag at or after from, or
 * FIX_MSG_NONE */
FIX_API uint32_t fix_msg_find(const struct fix_msg *m, uint32_t tag,
    uint32_t from);
/** First value of a tag. @return true and *out set, false if absent */
FIX_API bool fix_msg_get(const struct fix_msg *m, uint32_t tag,
    struct fix_span *out);
/**
 * First value of a tag, as its type.
 *
 * @return 0, -FIX_E_NOTFOUND, or what the type's parser returns
 */
FIX_API int fix_msg_int(const struct fix_msg *m, uint32_t tag, int64_t *out)
    FIX_MUST_CHECK;
FIX_API int fix_msg_dec(const struct fix_msg *m, uint32_t tag,
    struct fix_dec *out) FIX_MUST_CHECK;
FIX_API int fix_msg_char(const struct fix_msg *m, uint32_t tag, char *out)
    FIX_MUST_CHECK;
FIX_API int fix_msg_bool(const struct fix_msg *m, uint32_t tag, bool *out)
    FIX_MUST_CHECK;
FIX_API int fix_msg_stamp(const struct fix_msg *m, uint32_t tag,
    struct fix_stamp *out) FIX_MUST_CHECK;
/** MsgType(35): always the third field. */
static inline struct fix_span
fix_msg_type(const struct fix_msg *m)
{
	return fix_msg_at(m, 2);
}

#endif
