/* What the tests of a session's hours share: the rig, and its hours. The rig's
 * first moment is Monday, 2026-03-02 12:00 UTC. */
#ifndef FIXGATE_TESTS_GATEWAY_TRADER_HOURS_H
#define FIXGATE_TESTS_GATEWAY_TRADER_HOURS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/gateway/trader/rig.h"

#define HOUR 3600

static inline struct rig *
with_hours(void **state, int from_h, int to_h)
{
	struct rig *r = *state;

	for (int i = 0; i < 2; i++)
		r->sessions[i].schedule.hours =
		    (struct fix_hours){ .kind = FIX_SCHED_DAILY,
			    .start_s = from_h * HOUR,
			    .end_s = to_h * HOUR };
	assert_int_equal(rig_start(r), 0);
	return r;
}

static inline int
setup(void **state)
{
	*state = rig_new();
	return 0;
}

static inline int
teardown(void **state)
{
	rig_free(*state);
	return 0;
}

static inline struct rig_conn *
logged_on(struct rig *r, int i, const char *logon)
{
	struct rig_conn *c = rig_accept(r, i);

	rig_say(r, c, logon);
	assert_true(rig_sent(c, "|35=A|"));
	rig_clear(c);
	return c;
}

static inline void
refused(struct rig *r, int i, const char *logon)
{
	struct rig_conn *c = rig_accept(r, i);

	rig_feed(r, c, logon);
	assert_int_equal(rig_turn(r), 0);
	assert_true(c->closed);
	assert_int_equal(c->out_len, 0);
}

static inline struct fix_session_numbers
numbers(struct rig *r)
{
	return fix_session_numbers(r->trader->clients[0].fix);
}

static inline bool
told(const struct rig *r, const char *part)
{
	return strstr(r->log, part) != NULL;
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
