/*
 * What time and prices do in the simulated venue: stops, expiries, the end of
 * the day, latency, and liquidity that comes back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/gateway/venue/rig.h"

static struct venue_order
stop(const char *id, char side, int64_t qty, int64_t stop_e8, int64_t px_e8)
{
	struct venue_order o = rig_order(id, side, qty, px_e8);

	o.ord_type = px_e8 == 0 ? '3' : '4';
	o.stop_e8 = stop_e8;
	return o;
}

static void
send(struct rig *g, struct venue_order o)
{
	assert_int_equal(rig_send(g, 'D', &o), 0);
	rig_tick(g, 0);
}

static void
a_stop_waits_for_its_price(void **state)
{
	struct rig *g = rig_new();

	(void)state;
	send(g, stop("s", '1', 30, PX(10002), 0));
	rig_next(g, VENUE_ACK, "s");
	rig_new_order(g, "a", '1', 100, 0, '0'); /* last 100.01 */
	rig_next(g, VENUE_ACK, "a");
	rig_fill(g, "a", 100, PX(10001), 100);
	rig_silent(g);
	rig_new_order(g, "b", '1', 10, 0, '0'); /* last 100.02 */
	rig_next(g, VENUE_ACK, "b");
	rig_fill(g, "b", 10, PX(10002), 10);
	rig_next(g, VENUE_TRIGGERED, "s");
	rig_fill(g, "s", 30, PX(10002), 30);
	rig_silent(g);
	rig_free(g);
}

static void
a_sell_stop_falls_and_a_stop_limit_rests(void **state)
{
	struct rig *g = rig_new();
	int64_t px, qty;

	(void)state;
	send(g, stop("s", '2', 200, PX(9999), PX(9999)));
	rig_next(g, VENUE_ACK, "s");
	rig_new_order(g, "a", '2', 50, 0, '0');
	rig_next(g, VENUE_ACK, "a");
	rig_fill(g, "a", 50, PX(9999), 50);
	rig_next(g, VENUE_TRIGGERED, "s");
	rig_fill(g, "s", 50, PX(9999), 50);
	rig_silent(g);
	assert_true(venue_sim_best(g->v, "X", '2', &px, &qty));
	assert_int_equal(px, PX(9999));
	assert_int_equal(qty, 150 * E8);
	rig_free(g);
}

static void
a_stop_that_is_reached_already_goes_at_once(void **state)
{
	struct rig *g = rig_new();

	(void)state;
	send(g, stop("s", '1', 30, PX(10000), 0));
	rig_next(g, VENUE_ACK, "s");
	rig_next(g, VENUE_TRIGGERED, "s");
	rig_fill(g, "s", 30, PX(10001), 30);
	rig_silent(g);
	rig_free(g);
}

static void
stops_set_each_other_off_by_price_and_time(void **state)
{
	struct rig *g = rig_new();

	(void)state;
	send(g, stop("s3", '1', 100, PX(10002), 0));
	send(g, stop("s2", '1', 50, PX(10001), 0));
	send(g, stop("s1", '1', 49, PX(10001), 0));
	rig_forget(g);
	rig_new_order(g, "a", '1', 1, 0, '0');
	rig_next(g, VENUE_ACK, "a");
	rig_fill(g, "a", 1, PX(10001), 1);
	rig_next(g, VENUE_TRIGGERED, "s2");
	rig_fill(g, "s2", 50, PX(10001), 50);
	rig_next(g, VENUE_TRIGGERED, "s1");
	rig_fill(g, "s1", 49, PX(10001), 49);
	rig_silent(g);
	rig_new_order(g, "b", '1', 1, 0, '0');
	rig_next(g, VENUE_ACK, "b");
	rig_fill(g, "b", 1, PX(10002), 1);
	rig_next(g, VENUE_TRIGGERED, "s3");
	rig_fill(g, "s3", 99, PX(10002), 99);
	rig_fill(g, "s3", 1, PX(10003), 100);
	rig_silent(g);
	rig_free(g);
}

static void
a_waiting_stop_can_be_canceled_and_moved(void **state)
{
	struct rig *g = rig_new();
	struct venue_order o = stop("s2", '1', 30, PX(10001), 0);

	(void)state;
	send(g, stop("s", '1', 30, PX(10005), 0));
	send(g, stop("t", '1', 30, PX(10001), 0));
	rig_forget(g);
	o.orig_cl_ord_id = "s";
	assert_int_equal(rig_send(g, 'G', &o), 0);
	rig_cancel(g, "c", "t");
	rig_next(g, VENUE_REPLACED, "s2");
	rig_next(g, VENUE_CANCELED, "c");
	rig_new_order(g, "a", '1', 1, 0, '0');
	rig_next(g, VENUE_ACK, "a");
	rig_fill(g, "a", 1, PX(10001), 1);
	rig_next(g, VENUE_TRIGGERED, "s2");
	rig_fill(g, "s2", 30, PX(10001), 30);
	rig_silent(g);
	rig_free(g);
}

static void
a_gtd_order_expires_at_its_time(void **state)
{
	struct rig *g = rig_new();
	struct venue_order o = rig_order("a", '1', 10, PX(9990));
	const struct venue_event *e;

	(void)state;
	o.time_in_force = '6';
	o.expire.ns = g->now.utc.ns;
	send(g, o); /* past */
	rig_next(g, VENUE_REJECT, "a");
	o.expire.ns += FIX_SEC;
	send(g, o);
	rig_next(g, VENUE_ACK, "a");
	assert_int_equal(
	    g->v->ops->deadline(g->v).ns, g->now.mono.ns + FIX_SEC);
	rig_tick(g, FIX_SEC - 1);
	rig_silent(g);
	rig_tick(g, 1);
	e = rig_next(g, VENUE_EXPIRED, "a");
	assert_int_equal(e->when.ns, o.expire.ns);
	rig_silent(g);
	rig_cancel(g, "c", "a");
	rig_next(g, VENUE_CXL_REJECT, "c");
	rig_free(g);
}

static void
orders_expire_each_at_its_time_whatever_the_order(void **state)
{
	struct rig *g = rig_new();
	char id[4] = "e00";
	unsigned i, k;

	(void)state;
	for (i = 0; i < 50; i++) {
		struct venue_order o;

		k = i * 37 % 50;
		id[1] = (char)('0' + k / 10);
		id[2] = (char)('0' + k % 10);
		o = rig_order(id, '1', 10, PX(9000 + i));
		o.time_in_force = '6';
		o.expire.ns = g->now.utc.ns + (1 + (int64_t)k) * FIX_SEC;
		send(g, o);
	}
	rig_cancel(g, "c", "e00");
	rig_cancel(g, "d", "e25");
	rig_forget(g);
	rig_tick(g, 60 * FIX_SEC);
	for (k = 1; k < 50; k++) {
		id[1] = (char)('0' + k / 10);
		id[2] = (char)('0' + k % 10);
		if (k != 25)
			rig_next(g, VENUE_EXPIRED, id);
	}
	rig_silent(g);
	rig_free(g);
}

static void
gtd(struct rig *g, const char *id, int64_t seconds)
{
	struct venue_order o = rig_order(id, '1', 1, PX(9000));

	o.time_in_force = '6';
	o.expire.ns = g->now.utc.ns + seconds * FIX_SEC;
	send(g, o);
}

static void
any_of_many_may_be_canceled_and_the_rest_expire_in_time(void **state)
{
	struct rig *g = rig_new();
	int64_t at[300], start = g->now.utc.ns;
	uint64_t x = 5;
	char id[16], c[16];
	int i, left = 300;
	size_t k;

	(void)state;
	for (i = 0; i < 300; i++) {
		x = x * UINT64_C(6364136223846793005) + 1;
		at[i] = 1 + (int64_t)(x >> 40) % 1000;
		snprintf(id, sizeof(id), "%d", i);
		gtd(g, id, at[i]);
	}
	for (i = 0; i < 300; i += 1 + i % 3, left--) {
		snprintf(id, sizeof(id), "%d", i * 7 % 300);
		snprintf(c, sizeof(c), "c%d", i);
		rig_cancel(g, c, id);
	}
	rig_forget(g);
	for (i = 0; i < 1000; i++)
		rig_tick(g, FIX_SEC);
	assert_int_equal(g->n, left);
	for (k = 0; k < g->n; k++) {
		assert_int_equal(g->told[k].e.kind, VENUE_EXPIRED);
		assert_int_equal(g->told[k].e.when.ns - start,
		    at[atoi(g->told[k].text[0])] * FIX_SEC);
	}
	rig_free(g);
}

/* 31 orders, a full heap: early ones only along its right edge. When one of
 * the left's leaves goes, the last one, early too, must rise from there. */
static void
a_cancel_among_late_ones_delays_no_early_one(void **state)
{
	struct rig *g = rig_new();
	int i, t, edge = 0;
	char id[16];

	(void)state;
	for (i = 0; i < 31; i++) {
		snprintf(id, sizeof(id), "%d", i);
		if (i == 0 || i == 2 || i == 6 || i == 14 || i == 30)
			gtd(g, id, ++edge);
		else
			gtd(g, id, 100 + i);
	}
	rig_cancel(g, "c", "15");
	rig_forget(g);
	for (t = 1; t <= 5; t++) {
		snprintf(id, sizeof(id), "%d", (1 << t) - 2);
		rig_tick(g, FIX_SEC);
		rig_next(g, VENUE_EXPIRED, id);
		rig_silent(g);
	}
	rig_free(g);
}

static void
a_replace_may_move_the_time_at_which_it_expires(void **state)
{
	struct rig *g = rig_new();
	struct venue_order o = rig_order("a2", '1', 1, PX(9000));

	(void)state;
	gtd(g, "a", 1);
	gtd(g, "b", 2);
	gtd(g, "c", 3);
	o.orig_cl_ord_id = "a";
	o.time_in_force = '6';
	o.expire.ns = g->now.utc.ns + 10 * FIX_SEC;
	assert_int_equal(rig_send(g, 'G', &o), 0);
	rig_tick(g, 0);
	o.cl_ord_id = "c2";
	o.orig_cl_ord_id = "c";
	o.time_in_force = '1'; /* never */
	assert_int_equal(rig_send(g, 'G', &o), 0);
	rig_tick(g, 0);
	rig_forget(g);
	rig_tick(g, 9 * FIX_SEC);
	rig_next(g, VENUE_EXPIRED, "b");
	rig_silent(g);
	rig_tick(g, 100 * FIX_SEC);
	rig_next(g, VENUE_EXPIRED, "a2");
	rig_silent(g);
	rig_free(g);
}

static void
day_orders_expire_at_the_end_of_the_day_if_it_has_one(void **state)
{
	struct sim_cfg cfg = { .day_end_s = 23 * 3600 };
	struct rig *g = rig_with(cfg);
	int64_t left = 23 * 3600 * FIX_SEC - g->now.utc.ns % FIX_DAY;

	(void)state;
	rig_new_order(g, "day", '1', 10, PX(9990), '0');
	rig_new_order(g, "gtc", '1', 10, PX(9990), '1');
	rig_forget(g);
	rig_tick(g, left - 1);
	rig_silent(g);
	rig_tick(g, 1);
	rig_next(g, VENUE_EXPIRED, "day");
	rig_new_order(g, "next", '1', 10, PX(9990), '0');
	rig_next(g, VENUE_ACK, "next");
	rig_tick(g, FIX_DAY - 1);
	rig_silent(g);
	rig_tick(g, 1);
	rig_next(g, VENUE_EXPIRED, "next");
	rig_silent(g);
	rig_free(g);
	g = rig_new();
	rig_new_order(g, "day", '1', 10, PX(9990), '0');
	rig_forget(g);
	rig_tick(g, 30 * FIX_DAY);
	rig_silent(g);
	rig_free(g);
}

static void
answers_come_after_the_latency_and_only_from_tick(void **state)
{
	struct sim_cfg cfg = { .latency_us = 700 };
	struct rig *g = rig_with(cfg);
	int64_t sent = g->now.utc.ns;

	(void)state;
	rig_new_order(g, "a", '1', 10, PX(10001), '0');
	rig_silent(g);
	assert_int_equal(
	    g->v->ops->deadline(g->v).ns, g->now.mono.ns + 700 * FIX_USEC);
	rig_tick(g, 700 * FIX_USEC - 1);
	rig_silent(g);
	rig_tick(g, FIX_MSEC); /* later than due: the time is the due one */
	assert_int_equal(
	    rig_next(g, VENUE_ACK, "a")->when.ns, sent + 700 * FIX_USEC);
	rig_fill(g, "a", 10, PX(10001), 10);
	rig_free(g);
}

static void
liquidity_comes_back_and_trades_with_what_crossed(void **state)
{
	struct sim_cfg cfg = { .refill_ms = 500 };
	struct rig *g = rig_with(cfg);
	int64_t px, qty;

	(void)state;
	rig_new_order(g, "a", '1', 420, PX(10003), '0');
	rig_next(g, VENUE_ACK, "a");
	rig_fill(g, "a", 100, PX(10001), 100);
	rig_fill(g, "a", 100, PX(10002), 200);
	rig_fill(g, "a", 100, PX(10003), 300);
	rig_silent(g);
	assert_int_equal(
	    g->v->ops->deadline(g->v).ns, g->now.mono.ns + 500 * FIX_MSEC);
	rig_tick(g, 500 * FIX_MSEC - 1);
	rig_silent(g);
	rig_tick(g, 1);
	rig_fill(g, "a", 100, PX(10003), 400);
	rig_fill(g, "a", 20, PX(10003), 420);
	rig_silent(g);
	assert_true(venue_sim_best(g->v, "X", '2', &px, &qty));
	assert_int_equal(px, PX(10002));
	assert_int_equal(qty, 80 * E8);
	rig_tick(g, 500 * FIX_MSEC);
	assert_true(venue_sim_best(g->v, "X", '2', &px, &qty));
	assert_int_equal(px, PX(10001));
	assert_int_equal(qty, 100 * E8);
	rig_silent(g);
	assert_int_equal(g->v->ops->deadline(g->v).ns, FIX_MONO_NEVER);
	rig_free(g);
}

static void
liquidity_that_is_back_at_once_can_not_hold_the_loop(void **state)
{
	struct sim_symbol s = { "X", PX(10000), PX(1), 1, 1 };
	struct sim_cfg cfg = { .symbols = &s, .n_symbols = 1, .refill_ms = 1 };
	struct rig *g = rig_with(cfg);

	(void)state;
	g->deaf = true;
	rig_new_order(g, "a", '1', 1000000, PX(20000), '0');
	g->n = 0;
	rig_tick(g, FIX_DAY); /* one round a tick, however late it is */
	assert_true(g->n <= 4);
	rig_free(g);
}

static void
low_references_have_no_bids_at_or_below_nothing(void **state)
{
	struct sim_symbol s = { "X", 2, 1, E8, 5 };
	struct sim_cfg cfg = { .symbols = &s, .n_symbols = 1 };
	struct rig *g = rig_with(cfg);

	(void)state;
	rig_new_order(g, "a", '2', 5, 0, '0');
	rig_next(g, VENUE_ACK, "a");
	rig_fill(g, "a", 1, 1, 1);
	rig_next(g, VENUE_CANCELED, "a");
	rig_silent(g);
	rig_free(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stop_waits_for_its_price),
		cmocka_unit_test(a_sell_stop_falls_and_a_stop_limit_rests),
		cmocka_unit_test(a_stop_that_is_reached_already_goes_at_once),
		cmocka_unit_test(stops_set_each_other_off_by_price_and_time),
		cmocka_unit_test(a_waiting_stop_can_be_canceled_and_moved),
		cmocka_unit_test(a_gtd_order_expires_at_its_time),
		cmocka_unit_test(
		    orders_expire_each_at_its_time_whatever_the_order),
		cmocka_unit_test(
		    any_of_many_may_be_canceled_and_the_rest_expire_in_time),
		cmocka_unit_test(a_cancel_among_late_ones_delays_no_early_one),
		cmocka_unit_test(
		    a_replace_may_move_the_time_at_which_it_expires),
		cmocka_unit_test(
		    day_orders_expire_at_the_end_of_the_day_if_it_has_one),
		cmocka_unit_test(
		    answers_come_after_the_latency_and_only_from_tick),
		cmocka_unit_test(
		    liquidity_comes_back_and_trades_with_what_crossed),
		cmocka_unit_test(
		    liquidity_that_is_back_at_once_can_not_hold_the_loop),
		cmocka_unit_test(
		    low_references_have_no_bids_at_or_below_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
