/*
 * Looking things up in a message.
 *
 * In: fields that scan.c found. Out: values, as bytes or as their types. A
 * message has some twenty fields, so lookup walks them; who wants many values
 * walks once (see order.c). The first field with a tag counts: repetition is
 * for group.c and for the dictionary's checks.
 */
#include "fix/msg.h"

uint32_t
fix_msg_find(const struct fix_msg *m, uint32_t tag, uint32_t from)
{
	uint32_t i;

	for (i = from; i < m->n; i++)
		if (m->fields[i].tag == tag)
			return i;
	return FIX_MSG_NONE;
}

bool
fix_msg_get(const struct fix_msg *m, uint32_t tag, struct fix_span *out)
{
	uint32_t i = fix_msg_find(m, tag, 0);

	if (i == FIX_MSG_NONE)
		return false;
	*out = fix_msg_at(m, i);
	return true;
}

int
fix_msg_int(const struct fix_msg *m, uint32_t tag, int64_t *out)
{
	struct fix_span v;

	if (!fix_msg_get(m, tag, &v))
		return -FIX_E_NOTFOUND;
	return fix_int_parse(v, out);
}

int
fix_msg_dec(const struct fix_msg *m, uint32_t tag, struct fix_dec *out)
{
	struct fix_span v;

	if (!fix_msg_get(m, tag, &v))
		return -FIX_E_NOTFOUND;
	return fix_dec_parse(v, out);
}

int
fix_msg_char(const struct fix_msg *m, uint32_t tag, char *out)
{
	struct fix_span v;

	if (!fix_msg_get(m, tag, &v))
		return -FIX_E_NOTFOUND;
	if (v.len != 1)
		return -FIX_E_FORMAT;
	*out = (char)v.p[0];
	return 0;
}

int
fix_msg_bool(const struct fix_msg *m, uint32_t tag, bool *out)
{
	char c;
	int rc = fix_msg_char(m, tag, &c);

	if (rc != 0)
		return rc;
	if (c != 'Y' && c != 'N')
		return -FIX_E_FORMAT;
	*out = c == 'Y';
	return 0;
}

int
fix_msg_stamp(const struct fix_msg *m, uint32_t tag, struct fix_stamp *out)
{
	struct fix_span v;

	if (!fix_msg_get(m, tag, &v))
		return -FIX_E_NOTFOUND;
	return fix_stamp_parse(v, out);
}
