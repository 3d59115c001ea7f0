/*
 * Who of a client's people, or which of its algorithms, gave an order: what
 * kill switches and grants call its trader; and what the order asks of risk:
 * to pass over its client's own limits (ValueCheckAction(1870)), or to take a
 * token of leave (ComplianceID(376)).
 *
 * A party that is an order origination, executing or entering trader
 * (PartyRole(452) 11, 12, 36) says it best; else OnBehalfOfSubID(116), else
 * SenderSubID(50). Replaces do not change it: an order is of whom it came from.
 * So are its parties, of which a new order alone is asked.
 */
#include "gateway/trader/inside.h"

static bool
is_trader(struct fix_span role)
{
	return fix_span_is(role, "11") || fix_span_is(role, "12") ||
	       fix_span_is(role, "36");
}

/* The group NoValueChecks(1868): a check that is not to be done. */
static void
read_check(struct fix_order *o, struct fix_span type, struct fix_span action)
{
	if (type.len == 1 && type.p[0] >= '1' && type.p[0] <= '3' &&
	    fix_span_is(action, "0"))
		o->skip |= (uint8_t)(1u << (type.p[0] - '0'));
}

_Static_assert(FIX_PARTIES_MAX == 400, "a text says so");

static void
read_token(struct fix_order *o, struct fix_span v)
{
	static const char head[] = "RISK-";
	const size_t len = sizeof(head) - 1;
	int64_t n;

	if (v.len <= len || memcmp(v.p, head, len) != 0)
		return;
	v.p += len;
	v.len -= len;
	if (fix_int_parse(v, &n) == 0 && n > 0 && n <= UINT32_MAX)
		o->token = (uint32_t)n;
}

/* One pass, for every order is asked. Within an instance of the group of parties
 * 448 comes before 452, of the group of checks 1869 before 1870; the first
 * trader counts. */
const char *
person_read(const struct fix_msg *m, struct fix_order *o, uint8_t *parties)
{
	struct fix_span id = { NULL, 0 }, behalf = id, sub = id, type = id;
	bool any = false;
	int n = 0;

	o->trader = id;
	o->skip = 0;
	o->token = 0;
	for (uint32_t i = 0; i < m->n; i++) {
		switch (m->fields[i].tag) {
		case 50:
			sub = fix_msg_at(m, i);
			break;
		case 116:
			behalf = fix_msg_at(m, i);
			break;
		case 76:
		case 109:
		case 439:
		case 453:
			any = true;
			break;
		case 448:
			id = fix_msg_at(m, i);
			break;
		case 452:
			if (id.len > 0 && o->trader.len == 0 &&
			    is_trader(fix_msg_at(m, i)))
				o->trader = id;
			break;
		case 1869:
			type = fix_msg_at(m, i);
			break;
		case 1870:
			read_check(o, type, fix_msg_at(m, i));
			break;
		case 376:
			read_token(o, fix_msg_at(m, i));
			break;
		default:
			break;
		}
	}
	if (o->trader.len == 0)
		o->trader = behalf.len > 0 ? behalf : sub;
	if (any && o->kind == 'D')
		n = fix_parties_read(m, parties);
	o->parties = (struct fix_span){ parties, n > 0 ? (size_t)n : 0 };
	if (n == -FIX_E_TOOBIG)
		return "parties of more than 400 bytes are not taken";
	return n < 0 ? "NoPartyIDs(453) does not fit its entries, each of which "
		       "begins with PartyID(448)"
		     : NULL;
}
