/*
 * Who of a client's people, or which of its algorithms, gave an order: what
 * kill switches call its trader.
 *
 * A party that is an order origination, executing or entering trader
 * (PartyRole(452) 11, 12, 36) says it best; else OnBehalfOfSubID(116), else
 * SenderSubID(50). Replaces do not change it: an order is of whom it came from.
 */
#include "gateway/trader/inside.h"

#define TAG_ID 448
#define TAG_ROLE 452

static bool
is_trader(struct fix_span role)
{
	return fix_span_is(role, "11") || fix_span_is(role, "12") ||
	       fix_span_is(role, "36");
}

/* Within an instance of the group 448 comes first. */
static struct fix_span
party_of(const struct fix_msg *m)
{
	struct fix_span id = { NULL, 0 };

	for (uint32_t i = 0; i < m->n; i++) {
		if (m->fields[i].tag == TAG_ID)
			id = fix_msg_at(m, i);
		else if (m->fields[i].tag == TAG_ROLE &&
			 is_trader(fix_msg_at(m, i)) && id.len > 0)
			return id;
	}
	return (struct fix_span){ NULL, 0 };
}

struct fix_span
person_of(const struct fix_msg *m)
{
	struct fix_span v = { NULL, 0 };

	if (fix_msg_find(m, 453, 0) != FIX_MSG_NONE)
		v = party_of(m);
	if (v.len == 0 && !fix_msg_get(m, 116, &v) && !fix_msg_get(m, 50, &v))
		v.len = 0;
	return v;
}
