/* What the tests of kill switches share: people, a venue that says nothing. */
#ifndef FIXGATE_TESTS_GATEWAY_TRADER_SWITCHES_H
#define FIXGATE_TESTS_GATEWAY_TRADER_SWITCHES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gateway/access.h"
#include "tests/gateway/trader/rig.h"

static char answer[1 << 16];

static inline void
does(struct rig *r, const char *who, const char *line, const char *expected)
{
	trader_operator(r->trader, who, false);
	(void)trader_command(r->trader, line, answer, sizeof(answer), r->now);
	if (strstr(answer, expected) == NULL)
		fail_msg("%s: %s", line, answer);
}

static const struct trader_user people[] = {
	{ "ann", ACCESS_ALL, NULL },
	{ "bob", ACCESS_ALL, NULL },
	{ "tim", 1u << ACCESS_TRADING_EXECUTE | 1u << ACCESS_RISK_VIEW,
	    "account DEMO, trader T1" },
	{ "eve", 1u << ACCESS_RISK_VIEW, NULL },
};

static inline void
start(struct rig *r)
{
	assert_int_equal(rig_start(r), 0);
	r->trader->cfg.users = people;
	r->trader->cfg.n_users = sizeof(people) / sizeof(people[0]);
}

static inline int
set_up(void **state)
{
	struct rig *r = rig_new();

	start(r);
	*state = r;
	return 0;
}

static inline int
tear_down(void **state)
{
	rig_free(*state);
	return 0;
}

static inline struct rig_conn *
logged_on(struct rig *r, unsigned seq)
{
	struct rig_conn *c = rig_accept(r, 0);
	char text[64];

	snprintf(text, sizeof(text), "35=A|34=%u|98=0|108=30", seq);
	rig_say(r, c, text);
	return c;
}

/* The venue takes cancels and says nothing: the test does. */
static struct venue_ops deaf_ops;
static unsigned n_canceled;

static inline int
swallow(struct venue *v, const struct venue_order *o, struct fix_now now)
{
	(void)v;
	(void)o;
	(void)now;
	n_canceled++;
	return 0;
}

static inline void
no_tick(struct venue *v, struct fix_now now)
{
	(void)v;
	(void)now;
}

static inline struct fix_mono
never(const struct venue *v)
{
	(void)v;
	return (struct fix_mono){ FIX_MONO_NEVER };
}

static inline void
deaf(struct rig *r)
{
	struct venue *v = r->trader->venues[0];

	deaf_ops = *v->ops;
	deaf_ops.send_cancel = swallow;
	deaf_ops.tick = no_tick;
	deaf_ops.deadline = never;
	v->ops = &deaf_ops;
	n_canceled = 0;
}

static inline void
venue_says(struct rig *r, enum venue_event_kind kind, const char *cl_ord_id)
{
	const struct order *o =
	    desk_find_client(r->trader->desk, 1, fix_span_of(cl_ord_id));
	struct venue_event e = { .kind = kind, .cum_qty_e8 = -1, .reason = 99 };
	struct venue_sink sink = trader_sink(r->trader);

	if (o != NULL)
		e.cl_ord_id = o->venue_request_id[0] != '\0'
				  ? o->venue_request_id
				  : o->venue_cl_ord_id;
	sink.event(sink.arg, r->trader->venues[0], &e);
	assert_int_equal(rig_turn(r), 0);
}

static inline void
venue_goes(struct rig *r, bool up)
{
	r->trader->venues[0]->up = up;
	venue_says(r, up ? VENUE_UP : VENUE_DOWN, "");
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
