/*
 * From a first Logon to what is checked.
 *
 * In: a message that fix_scan() has split, so 96 has the length that 95 says.
 * Out: user, proof and the signed text, which is made of the bytes as they
 * came and never of values written again: rules L03 and L06. A field that
 * stands twice is refused, since the session and we might not take the same.
 */
#include "gateway/auth/claim.h"

#include "gateway/auth/b64.h"

static const uint32_t once[] = { 34, 49, 52, 56, 95, 96, 108, 141, 553, 554,
	925 };

static const char *
twice(const struct fix_msg *m)
{
	for (size_t i = 0; i < sizeof(once) / sizeof(once[0]); i++) {
		uint32_t at = fix_msg_find(m, once[i], 0);

		if (at != FIX_MSG_NONE &&
		    fix_msg_find(m, once[i], at + 1) != FIX_MSG_NONE)
			return "a field of its Logon stands there twice";
	}
	return NULL;
}

static struct fix_span
value(const struct fix_msg *m, uint32_t tag)
{
	struct fix_span v = { NULL, 0 };

	(void)fix_msg_get(m, tag, &v);
	return v;
}

const char *
claim_read(struct claim *c, const struct fix_msg *m)
{
	const char *why = twice(m);
	struct fix_stamp t;
	int64_t len;

	memset(c, 0, sizeof(*c));
	if (why != NULL)
		return why;
	c->user = value(m, 553);
	c->password = value(m, 554);
	c->fresh = value(m, 925);
	c->raw = value(m, 96);
	c->seq = value(m, 34);
	c->reset = fix_span_is(value(m, 141), "Y");
	if (c->seq.len == 0)
		return "its Logon has no MsgSeqNum (34)";
	if (fix_msg_stamp(m, 52, &t) != 0)
		return "its Logon has no SendingTime (52)";
	c->sent = t.utc;
	if (c->raw.len > 0 && (fix_msg_int(m, 95, &len) != 0 || len < 0 ||
				  (uint64_t)len != c->raw.len))
		return "RawDataLength (95) is not the length of RawData (96)";
	return NULL;
}

static bool
put(uint8_t *out, size_t *n, struct fix_span v)
{
	if (v.len == 0 || v.len > CLAIM_TEXT_MAX - 1 - *n)
		return false;
	if (*n > 0)
		out[(*n)++] = 1;
	memcpy(out + *n, v.p, v.len);
	*n += v.len;
	return true;
}

ssize_t
claim_text(uint8_t *out, const struct fix_msg *m)
{
	static const uint32_t tags[] = { 49, 56, 34, 52, 108, 141 };
	unsigned count = value(m, 141).len > 0 ? 6 : 4;
	size_t n = 0;

	(void)put(out, &n, fix_span_of("FIXGW1"));
	(void)put(out, &n, fix_span_of("A"));
	for (unsigned i = 0; i < count; i++) {
		struct fix_span v = value(m, tags[i]);

		if (v.len == 0)
			return -FIX_E_NOTFOUND;
		if (!put(out, &n, v))
			return -FIX_E_TOOBIG;
	}
	return (ssize_t)n;
}

ssize_t
claim_signature(const struct claim *c, enum proof_method m, uint8_t *out)
{
	size_t want = m == PROOF_ED25519 ? 64 : 32;
	ssize_t n = b64_decode(out, want, c->raw);

	return n == (ssize_t)want ? n : -FIX_E_FORMAT;
}
