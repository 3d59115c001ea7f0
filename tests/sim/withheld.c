/*
 * Orders that were lost with a connection, of a client whose session does not
 * send them again, and says so. The order then never was, unless the
 * gateway has it from the first time; its reports are still checked.
 */
#include "fix/scan.h"
#include "tests/sim/world.h"

void
client_not_resent(struct client_node *c, struct fix_span bytes)
{
	static struct fix_field fields[FIX_FIELDS_MAX];
	struct fix_msg m = { .fields = fields, .cap = FIX_FIELDS_MAX };
	struct fix_span id = { NULL, 0 };
	struct mine *o = NULL;

	if (fix_split(bytes.p, bytes.len, &m) == 0 &&
	    fix_msg_get(&m, 11, &id))
		o = client_order(c, id);
	if (o == NULL) {
		world_fault(c->w, "client %d: what is not sent again?",
		    c->index);
		return;
	}
	world_trace(c->w, "client %d: does not send %.*s again", c->index,
	    (int)id.len, (const char *)id.p);
	c->w->seen.withheld++;
	if (fix_span_is(fix_msg_type(&m), "D"))
		o->gave_up = true;
	else
		o->answered++;
}
