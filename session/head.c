/*
 * The standard header of what we send, and which of its fields come from where.
 *
 * Fields are collected in ascending order of tag, whatever the order in which
 * they are found: ours, those at the front of an application's body, those of
 * a message that is sent again, and a route turned round. FIX volume 2,
 * "Standard Message Header". Length and data pairs are not moved: a header ends
 * for us where one begins.
 */
#include "session/head.h"

/* Header fields that we move about; length and data pairs stay where they
 * are. */
bool
fs_is_head_tag(uint32_t tag)
{
	static const bool is[] = { [34] = 1,
		[43] = 1,
		[49] = 1,
		[50] = 1,
		[52] = 1,
		[56] = 1,
		[57] = 1,
		[97] = 1,
		[115] = 1,
		[116] = 1,
		[122] = 1,
		[128] = 1,
		[129] = 1,
		[142] = 1,
		[143] = 1,
		[144] = 1,
		[145] = 1,
		[347] = 1,
		[369] = 1,
		[370] = 1,
		[1128] = 1,
		[1129] = 1,
		[1156] = 1 };

	return tag < sizeof(is) / sizeof(is[0]) && is[tag];
}

/* What stands already wins, an empty value is none. */
void
fs_head_add(struct head *h, uint32_t tag, struct fix_span v)
{
	unsigned i = h->n;

	if (v.len == 0 || h->n == HEAD_MAX)
		return;
	for (unsigned k = 0; k < h->n; k++)
		if (h->f[k].tag == tag)
			return;
	for (; i > 0 && h->f[i - 1].tag > tag; i--)
		h->f[i] = h->f[i - 1];
	h->f[i].tag = tag;
	h->f[i].v = v;
	h->n++;
}

unsigned
fs_time_digits(const struct fix_session *s)
{
	if (s->version < FIX_V_42 || s->cfg.time_digits == FIX_WHOLE_SECONDS)
		return 0;
	return s->cfg.time_digits == 0 ? 3 : s->cfg.time_digits;
}

struct fix_span
fs_num(uint8_t *buf, uint64_t v)
{
	struct fix_span r = { buf, fix_int_format(buf, (int64_t)v) };

	return r;
}

/* Number, time and identity. */
void
fs_head_ours(struct head *h, const struct fix_session *s, uint64_t seq)
{
	const struct fix_session_cfg *c = &s->cfg;
	struct fix_span t = { h->time,
		fix_utc_format(h->time, s->now.utc, fs_time_digits(s)) };

	fs_head_add(h, 34, fs_num(h->seq, wire_seq(s, seq)));
	fs_head_add(h, 49, fix_span_of(c->sender_comp_id));
	fs_head_add(h, 50, fix_span_of(c->sender_sub_id));
	fs_head_add(h, 52, t);
	fs_head_add(h, 56, fix_span_of(c->target_comp_id));
	fs_head_add(h, 57, fix_span_of(c->target_sub_id));
	fs_head_add(h, 142, fix_span_of(c->sender_location_id));
	fs_head_add(h, 143, fix_span_of(c->target_location_id));
	if (c->last_processed && s->version >= FIX_V_42)
		fs_head_add(h, 369, fs_num(h->last, wire_seq(s, s->next_in - 1)));
}

/* A message that goes out once more: marked, with the time it first had. */
void
fs_head_dup(struct head *h, struct fix_span orig_time)
{
	fs_head_add(h, 43, fix_span_of("Y"));
	fs_head_add(h, 122, orig_time);
}

/* Is the first field of a body one of the header? */
bool
fs_head_in_front(struct fix_span body, uint32_t *tag, struct fix_span *v)
{
	const uint8_t *p = body.p, *end = p + body.len, *soh;
	uint32_t t = 0;

	for (; p < end && *p >= '0' && *p <= '9' && t <= UINT16_MAX; p++)
		t = t * 10 + (*p - (uint32_t)'0');
	if (p == end || *p != '=' || !fs_is_head_tag(t))
		return false;
	p++;
	soh = memchr(p, '\001', (size_t)(end - p));
	if (soh == NULL)
		return false;
	*tag = t;
	v->p = p;
	v->len = (size_t)(soh - p);
	return true;
}

/* Take header fields from the front of a body: they belong among ours. */
struct fix_span
fs_head_from_body(struct head *h, struct fix_span body)
{
	struct fix_span v;
	uint32_t tag;

	while (h->n < HEAD_MAX && fs_head_in_front(body, &tag, &v)) {
		fs_head_add(h, tag, v);
		body.len -= (size_t)(v.p + v.len + 1 - body.p);
		body.p = v.p + v.len + 1;
	}
	return body;
}

struct fix_span
fs_value_of(const struct fix_msg *m, uint32_t tag)
{
	struct fix_span v = { NULL, 0 };

	(void)fix_msg_get(m, tag, &v);
	return v;
}

/* A value of the peer's that we repeat: not at any length. */
struct fix_span
fs_quoted(struct fix_span v)
{
	if (v.len > QUOTE_MAX)
		v.len = 0;
	return v;
}

/* Back the way it came: OnBehalfOf becomes DeliverTo and the reverse. */
void
fs_head_reverse_route(
    struct head *h, const struct fix_session *s, const struct fix_msg *m)
{
	static const struct {
		uint32_t from, to;
		enum fix_version since;
	} route[] = {
		{ 115, 128, FIX_V_40 },
		{ 116, 129, FIX_V_40 },
		{ 128, 115, FIX_V_40 },
		{ 129, 116, FIX_V_40 },
		{ 144, 145, FIX_V_41 },
		{ 145, 144, FIX_V_41 },
	};

	for (size_t i = 0; i < sizeof(route) / sizeof(route[0]); i++)
		if (s->version >= route[i].since)
			fs_head_add(h, route[i].to,
			    fs_quoted(fs_value_of(m, route[i].from)));
}
