/* What the tests of limits share: people who ask, a client that trades. */
#ifndef FIXGATE_TESTS_GATEWAY_TRADER_LIMITS_H
#define FIXGATE_TESTS_GATEWAY_TRADER_LIMITS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/gateway/trader/rig.h"

static char answer[4096];

static inline bool
says(struct rig *r, const char *who, const char *line, const char *expected)
{
	trader_operator(r->trader, who, true);
	(void)trader_command(
	    r->trader, line, answer, sizeof(answer), r->now);
	if (strstr(answer, expected) != NULL)
		return true;
	print_message("# %s: %s", line, answer);
	return false;
}

#define DOES(who, line, expected) assert_true(says(r, who, line, expected))

static inline struct rig *
started(void)
{
	struct rig *r = rig_new();

	assert_non_null(r);
	assert_int_equal(rig_start(r), 0);
	return r;
}

static inline void
restart(struct rig *r)
{
	rig_kill(r, true);
	assert_int_equal(rig_start(r), 0);
}

static inline struct rig_conn *
trading(struct rig *r, unsigned seq)
{
	struct rig_conn *c = rig_accept(r, 0);
	char text[40];

	snprintf(text, sizeof(text), "35=A|34=%u|98=0|108=30", seq);
	rig_say(r, c, text);
	return c;
}

#endif
