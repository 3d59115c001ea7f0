/* A disk that fills up, and a client with two orders on it. */
#ifndef FIXGATE_TESTS_GATEWAY_TRADER_FULL_H
#define FIXGATE_TESTS_GATEWAY_TRADER_FULL_H

#include "tests/gateway/trader/switches.h"

static inline unsigned
next(struct rig *r)
{
	return (unsigned)fix_session_numbers(r->trader->clients[0].fix).next_in;
}

static inline void
full_disk(struct rig *r)
{
	memdisk_limit(r->disk, 1);
	(void)trader_idle(r->trader);
	for (unsigned i = 0; i < 400 && !r->trader->short_of_space; i++) {
		trader_note(r->trader, LOG_L_INFO, 0, "%0900u", i);
		(void)rig_turn(r);
		(void)trader_idle(r->trader);
	}
	assert_true(r->trader->short_of_space);
}

static inline void
fill_until_tight(struct rig *r)
{
	full_disk(r);
	while (!space_tight(r->trader)) {
		trader_note(r->trader, LOG_L_INFO, 0, "%0400u", 1);
		assert_int_equal(rig_turn(r), 0);
		r->log_len = 0;
	}
}

static inline struct rig_conn *
two_orders(struct rig *r)
{
	struct rig_conn *c = logged_on(r, 1);

	rig_say(r, c, rig_order(2, "A1", 10, "90"));
	rig_say(r, c, rig_order(3, "A2", 10, "90"));
	rig_clear(c);
	deaf(r); /* a kill's own cancels are not answered */
	return c;
}

#endif
