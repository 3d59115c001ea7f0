/*
 * Trading hours of symbols (R-06): the clocks of the exchange decide, to the
 * nanosecond, over holidays, the change to summer time, and a reload.
 */
#include "tests/gateway/trader/hours.h"
#include "tests/session/zone.h"

#define MARCH (INT64_C(1772323200) * FIX_SEC) /* 2026-03-01 00:00 UTC */
#define AT(day, h, m) (MARCH + ((day) - 1) * FIX_DAY + \
	(INT64_C(3600) * (h) + 60 * (m)) * FIX_SEC)
#define US (FIX_SEC / 1000000)

struct shop {
	struct rig *r;
	struct rig_conn *c;
	unsigned seq;
};

static void
give(struct rig *r, struct fix_calendar *k, uint64_t queued)
{
	struct fix_tz *york = zone(YORK);
	struct trader_market m = { RISK_SCOPE_SYMBOL, "AAPL",
		{ .hours = { FIX_SCHED_DAILY, 0x3e, 0, 0, 9 * HOUR,
		      17 * HOUR + 1800, york, york, NULL, NULL },
		    .calendar = k },
		queued };

	assert_int_equal(trader_set_markets(r->trader, &m, 1), 0);
	fix_tz_free(york);
}

/* New York, Monday to Friday, 9:00 to 17:30. */
static struct shop
open_shop(void **state, struct fix_calendar *k, uint64_t queued)
{
	struct shop s = { *state, NULL, 2 };

	assert_int_equal(rig_start(s.r), 0);
	give(s.r, k, queued);
	s.c = logged_on(s.r, 0, "35=A|34=1|98=0|108=0");
	return s;
}

/* "A", accepted; "R", refused for its hours. */
static const char *
order_at(struct shop *s, int64_t ns, char tif)
{
	char text[600], id[8];

	s->r->now.utc.ns = ns;
	snprintf(id, sizeof(id), "A%u", s->seq);
	snprintf(text, sizeof(text), "%s", rig_order(s->seq++, id, 1, "90"));
	strstr(text, "|59=")[4] = tif;
	rig_clear(s->c);
	rig_say(s->r, s->c, text);
	if (rig_sent(s->c, "|150=0|"))
		return "A";
	assert_true(rig_sent(s->c, "|150=8|"));
	assert_true(rig_sent(s->c, "|103=2|"));
	assert_true(rig_sent(s->c, "|58=RISK HOURS scope=SYMBOL:AAPL dec="));
	return "R";
}

#define IS(at, tif, what) assert_string_equal(order_at(&s, at, tif), what)

static void
r06_it_closes_to_the_nanosecond(void **state)
{
	struct shop s = open_shop(state, NULL, 0);

	IS(AT(2, 12, 0), '0', "R");
	IS(AT(2, 14, 0) - 1, '0', "R");
	IS(AT(2, 14, 0), '0', "A");
	IS(AT(2, 22, 30) - US, '0', "A");
	IS(AT(2, 22, 30) - 1, '0', "A");
	IS(AT(2, 22, 30), '0', "R");
	/* Set back, the clock finds it open again */
	IS(AT(2, 22, 29), '0', "A");
	IS(AT(7, 15, 0), '0', "R"); /* Saturday */
}

static void
r06_the_exchange_has_summer_time(void **state)
{
	struct shop s = open_shop(state, NULL, 0);

	IS(AT(6, 22, 29), '0', "A");
	IS(AT(9, 12, 59), '0', "R");
	IS(AT(9, 13, 0), '0', "A");
	IS(AT(9, 21, 30) - 1, '0', "A");
	IS(AT(9, 21, 30), '0', "R");
}

static void
r06_gtc_while_it_is_closed_only_where_it_is_queued(void **state)
{
	struct shop s = open_shop(state, NULL, 0);

	IS(AT(2, 23, 0), '1', "R");
	give(s.r, NULL, 1u << 1);
	IS(AT(2, 23, 1), '1', "A");
	IS(AT(2, 23, 1), '0', "R");
}

static void
r06_a_holiday_is_closed_and_a_half_day_ends_early(void **state)
{
	static const char days[] = "2026-03-03 closed A Feast\n"
				   "2026-03-04 open 09:00-13:00\n";
	struct fix_calendar *k = fix_calendar_new();
	struct fix_calendar_error e;
	struct shop s;

	assert_int_equal(fix_calendar_add(k, "our.cal", (const uint8_t *)days,
	    strlen(days), &e), 0);
	s = open_shop(state, k, 0);
	fix_calendar_free(k);
	IS(AT(2, 15, 0), '0', "A");
	IS(AT(3, 15, 0), '0', "R");
	IS(AT(4, 18, 0) - 1, '0', "A");
	IS(AT(4, 18, 0), '0', "R");
	IS(AT(5, 18, 0), '0', "A");
}

static void
r06_cancels_pass_and_replaces_do_not(void **state)
{
	struct shop s = open_shop(state, NULL, 0);

	IS(AT(2, 22, 0), '0', "A");
	s.r->now.utc.ns = AT(2, 22, 30);
	rig_clear(s.c);
	rig_say(s.r, s.c, "35=G|34=3|41=A2|11=G3|1=DEMO|21=1|55=AAPL|54=1|"
			  "60=20260302-12:00:00|38=2|40=2|44=90|59=0");
	assert_true(rig_sent(s.c, "|35=9|"));
	assert_true(rig_sent(s.c, "|102=0|"));
	assert_true(rig_sent(s.c, "|58=RISK HOURS scope=SYMBOL:AAPL dec="));
	rig_clear(s.c);
	rig_say(s.r, s.c, "35=F|34=4|41=A2|11=F4|55=AAPL|54=1|"
			  "60=20260302-12:00:00");
	assert_true(rig_sent(s.c, "|150=4|"));
}

static void
r06_hours_that_are_gone_from_the_settings_bind_nobody(void **state)
{
	struct shop s = open_shop(state, NULL, 0);

	IS(AT(2, 12, 0), '0', "R");
	assert_int_equal(trader_set_markets(s.r->trader, NULL, 0), 0);
	IS(AT(2, 12, 0), '0', "A");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(r06_it_closes_to_the_nanosecond),
		T(r06_the_exchange_has_summer_time),
		T(r06_gtc_while_it_is_closed_only_where_it_is_queued),
		T(r06_a_holiday_is_closed_and_a_half_day_ends_early),
		T(r06_cancels_pass_and_replaces_do_not),
		T(r06_hours_that_are_gone_from_the_settings_bind_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
