/*
 * The last look before a venue: out against in.
 *
 * Whatever went wrong before, what is sent for an order adds up to no more than
 * its client asked for and risk has reserved. It never refuses unless there is
 * a fault in this program; then an operator is told.
 */
#include "gateway/order/desk.h"

static bool
fits(int64_t qty_e8, int64_t asked_e8, int64_t held_e8, int64_t cum_e8)
{
	return qty_e8 > 0 && qty_e8 <= asked_e8 &&
	       (__int128)qty_e8 <= (__int128)held_e8 + cum_e8;
}

static bool
told(struct desk *d, const struct entry *en, bool good)
{
	if (!good)
		desk_alert(d, "order %s: more would have gone to its venue "
		    "than it is for; nothing was sent", en->o.order_id);
	return good;
}

bool
guard_new(struct desk *d, struct entry *en, int64_t qty_e8)
{
	const struct order *o = &en->o;
	__int128 all = (__int128)en->out_e8 + qty_e8;

	if (!told(d, en, qty_e8 > 0 && all <= o->qty_e8 &&
			     fits((int64_t)all, o->qty_e8, o->hold.qty_e8,
				 o->cum_e8)))
		return false;
	en->out_e8 = (int64_t)all;
	return true;
}

bool
guard_replace(struct desk *d, struct entry *en, int64_t qty_e8)
{
	const struct order *o = &en->o;

	if (!told(d, en, fits(qty_e8, o->request_qty_e8, o->hold.qty_e8,
			     o->cum_e8)))
		return false;
	if (qty_e8 > en->out_e8)
		en->out_e8 = qty_e8;
	return true;
}
