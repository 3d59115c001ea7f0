/*
 * Who of a client's people, or which of its algorithms, gave an order: what
 * kill switches call its trader.
 *
 * A party that is an order origination, executing or entering trader
 * (PartyRole(452) 11, 12, 36) says it best; else OnBehalfOfSubID(116), else
 * SenderSubID(50). Replaces do not change it: an order is of whom it came from.
 */
#include "gateway/trader/inside.h"

static bool
is_trader(struct fix_span role)
{
	return fix_span_is(role, "11") || fix_span_is(role, "12") ||
	       fix_span_is(role, "36");
}

/* One pass, for every order is asked. Within an instance of the group of parties
 * 448 comes before 452; the first trader counts. */
struct fix_span
person_of(const struct fix_msg *m)
{
	struct fix_span id = { NULL, 0 }, behalf = id, sub = id;

	for (uint32_t i = 0; i < m->n; i++) {
		switch (m->fields[i].tag) {
		case 50:
			sub = fix_msg_at(m, i);
			break;
		case 116:
			behalf = fix_msg_at(m, i);
			break;
		case 448:
			id = fix_msg_at(m, i);
			break;
		case 452:
			if (id.len > 0 && is_trader(fix_msg_at(m, i)))
				return id;
			break;
		default:
			break;
		}
	}
	return behalf.len > 0 ? behalf : sub;
}
