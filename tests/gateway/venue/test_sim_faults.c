/*
 * The faults of the simulated venue, one by one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/gateway/venue/rig.h"

static struct rig *
faulty(struct sim_faults f)
{
	struct sim_cfg cfg = { .seed = 42, .faults = f };

	return rig_with(cfg);
}

static void
an_ack_comes_late_and_nothing_overtakes_it(void **state)
{
	struct rig *g = faulty((struct sim_faults){ .late_ack_ms = 100 });

	(void)state;
	rig_new_order(g, "a", '1', 10, PX(10001), '0');
	rig_tick(g, 50 * FIX_MSEC);
	rig_new_order(g, "b", '1', 10, PX(9990), '0');
	rig_cancel(g, "c", "b");
	rig_tick(g, 50 * FIX_MSEC - 1);
	rig_silent(g);
	assert_int_equal(g->v->ops->deadline(g->v).ns, g->now.mono.ns + 1);
	rig_tick(g, 1);
	rig_next(g, VENUE_ACK, "a");
	rig_fill(g, "a", 10, PX(10001), 10);
	rig_silent(g);
	rig_tick(g, 50 * FIX_MSEC);
	rig_next(g, VENUE_ACK, "b");
	rig_next(g, VENUE_CANCELED, "c");
	rig_silent(g);
	rig_free(g);
}

static void
a_late_ack_s_order_is_in_the_book_at_once(void **state)
{
	struct rig *g = faulty((struct sim_faults){ .late_ack_ms = 100 });
	int64_t px, qty;

	(void)state;
	rig_new_order(g, "a", '1', 10, PX(10000), '0');
	assert_true(venue_sim_best(g->v, "X", '1', &px, &qty));
	assert_int_equal(px, PX(10000));
	rig_free(g);
}

static void
what_waits_is_kept_and_told_after_a_crash(void **state)
{
	struct rig *g = faulty((struct sim_faults){ .late_ack_ms = 100 });

	(void)state;
	rig_new_order(g, "a", '1', 10, PX(10001), '0');
	assert_int_equal(rig_kept(g, 'E'), 2);
	rig_crash(g);
	rig_next(g, VENUE_UP, NULL);
	rig_next(g, VENUE_ACK, "a");
	rig_fill(g, "a", 10, PX(10001), 10);
	rig_silent(g);
	assert_int_equal(rig_kept(g, 'E'), 0);
	rig_free(g);
}

static void
every_second_order_is_filled_before_its_ack(void **state)
{
	struct rig *g = faulty((struct sim_faults){ .fill_before_ack = 2 });

	(void)state;
	rig_new_order(g, "a", '1', 10, PX(10001), '0');
	rig_next(g, VENUE_ACK, "a");
	rig_fill(g, "a", 10, PX(10001), 10);
	rig_new_order(g, "b", '1', 120, PX(10001), '3');
	rig_fill(g, "b", 90, PX(10001), 90);
	rig_next(g, VENUE_ACK, "b");
	rig_next(g, VENUE_CANCELED, "b");
	rig_silent(g);
	rig_free(g);
}

static void
every_third_answer_is_swallowed(void **state)
{
	struct rig *g = faulty((struct sim_faults){ .no_ack = 3 });
	struct venue_order o = rig_order("c", '1', 1, PX(9990));

	(void)state;
	rig_new_order(g, "a", '1', 1, PX(9990), '0');
	rig_next(g, VENUE_ACK, "a");
	rig_new_order(g, "b", '1', 1, PX(9990), '0');
	rig_next(g, VENUE_ACK, "b");
	o.symbol = "NONE"; /* a reject is an answer too */
	assert_int_equal(rig_send(g, 'D', &o), 0);
	rig_tick(g, 0);
	rig_silent(g);
	rig_new_order(g, "d", '1', 1, PX(9990), '0');
	rig_new_order(g, "e", '1', 1, PX(9990), '0');
	rig_next(g, VENUE_ACK, "d");
	rig_next(g, VENUE_ACK, "e");
	rig_new_order(g, "f", '1', 1, PX(9990), '0');
	rig_silent(g);
	rig_status(g, "f"); /* but it is there */
	assert_int_equal(rig_next(g, VENUE_STATUS, "f")->status, '0');
	rig_free(g);
}

static void
every_second_execution_is_told_twice_with_one_id(void **state)
{
	struct rig *g = faulty((struct sim_faults){ .dup_exec = 2 });
	char id[64];

	(void)state;
	rig_new_order(g, "a", '1', 200, PX(10002), '0');
	rig_next(g, VENUE_ACK, "a");
	rig_fill(g, "a", 100, PX(10001), 100);
	rig_fill(g, "a", 100, PX(10002), 200);
	strcpy(id, g->told[g->seen - 1].text[3]);
	rig_fill(g, "a", 100, PX(10002), 200);
	assert_string_equal(g->told[g->seen - 1].text[3], id);
	rig_silent(g);
	rig_free(g);
}

static void
every_second_new_order_is_refused(void **state)
{
	struct rig *g = faulty((struct sim_faults){ .reject = 2 });

	(void)state;
	rig_new_order(g, "a", '1', 1, PX(9990), '0');
	rig_next(g, VENUE_ACK, "a");
	rig_new_order(g, "b", '1', 1, PX(9990), '0');
	assert_int_equal(rig_next(g, VENUE_REJECT, "b")->reason, 0);
	rig_status(g, "b");
	rig_next(g, VENUE_UNKNOWN, "b");
	rig_silent(g);
	rig_free(g);
}

static void
a_busted_execution_is_taken_back_by_its_id(void **state)
{
	struct rig *g = faulty((struct sim_faults){ .bust = 2 });
	const struct venue_event *e;
	char id[64];

	(void)state;
	rig_new_order(g, "a", '1', 200, PX(10002), '0');
	rig_next(g, VENUE_ACK, "a");
	rig_fill(g, "a", 100, PX(10001), 100);
	rig_fill(g, "a", 100, PX(10002), 200);
	strcpy(id, g->told[g->seen - 1].text[3]);
	e = rig_next(g, VENUE_BUST, "a");
	assert_string_equal(e->ref_exec_id, id);
	assert_string_not_equal(e->exec_id, id);
	assert_int_equal(e->cum_qty_e8, 100 * E8);
	rig_silent(g);
	rig_status(g, "a"); /* and the order goes on */
	assert_int_equal(rig_next(g, VENUE_STATUS, "a")->cum_qty_e8, 100 * E8);
	rig_free(g);
}

static void
a_busted_fill_of_every_kind_ends(void **state)
{
	struct rig *g = faulty((struct sim_faults){ .bust = 1 });

	(void)state;
	rig_new_order(g, "a", '1', 300, 0, '0');
	rig_forget(g);
	rig_status(g, "a");
	assert_int_equal(rig_next(g, VENUE_STATUS, "a")->cum_qty_e8, 0);
	rig_free(g);
}

static void
a_disconnect_holds_events_back_until_it_is_up(void **state)
{
	struct sim_faults f = { .disconnect = 2, .down_ms = 1000 };
	struct rig *g = faulty(f);
	struct venue_order o = rig_order("c", '1', 1, PX(1));
	unsigned kept = 0, lost = 0, i;
	char id[4] = "x00";

	(void)state;
	rig_new_order(g, "a", '1', 10, PX(9990), '0');
	rig_forget(g);
	for (i = 0; i < 40; i++) {
		id[1] = (char)('0' + i / 10);
		id[2] = (char)('0' + i % 10);
		rig_new_order(g, id, '1', 10, PX(9990), '0');
		if (i % 2 == 1) {
			rig_next(g, VENUE_ACK, id);
			continue;
		}
		rig_next(g, VENUE_DOWN, NULL);
		rig_silent(g);
		assert_false(g->v->up);
		assert_int_equal(rig_send(g, 'D', &o), -FIX_E_STATE);
		assert_int_equal(rig_send(g, 'H', &o), -FIX_E_STATE);
		rig_tick(g, 1000 * FIX_MSEC - 1);
		rig_silent(g);
		rig_tick(g, 1);
		rig_next(g, VENUE_UP, NULL);
		assert_true(g->v->up);
		rig_status(g, id);
		if (g->told[g->seen].e.kind == VENUE_UNKNOWN) {
			rig_next(g, VENUE_UNKNOWN, id);
			lost++;
		} else {
			rig_next(g, VENUE_ACK, id);
			rig_next(g, VENUE_STATUS, id);
			kept++;
		}
		rig_silent(g);
	}
	assert_true(kept > 0 && lost > 0);
	rig_free(g);
}

static void
requests_under_way_may_be_lost_at_a_disconnect(void **state)
{
	struct sim_cfg cfg = { .seed = 9,
		.latency_us = 1000,
		.faults = { .disconnect = 1, .down_ms = 10 } };
	struct rig *g = rig_with(cfg);
	struct venue_order o = rig_order("c", '1', 1, PX(1));
	char id[4] = "x00";
	unsigned i;
	size_t left;

	(void)state;
	for (i = 0; i < 40; i++) {
		o.cl_ord_id = id;
		id[1] = (char)('0' + i / 10);
		id[2] = (char)('0' + i % 10);
		assert_int_equal(rig_send(g, i == 0 ? 'D' : 'H', &o), 0);
		if (i == 0)
			g->now.mono.ns++;
	}
	rig_tick(g, FIX_MSEC - 1); /* the first one cuts the line */
	rig_next(g, VENUE_DOWN, NULL);
	left = rig_kept(g, 'H');
	assert_true(left > 0 && left < 39);
	rig_tick(g, FIX_SEC);
	rig_next(g, VENUE_UP, NULL);
	assert_int_equal(rig_kept(g, 'H'), 0);
	rig_free(g);
}

static unsigned
strikes(uint64_t seed, unsigned orders)
{
	struct sim_cfg cfg = { .seed = seed,
		.faults = { .reject = 4, .by_seed = true } };
	struct rig *g = rig_with(cfg);
	char id[16];
	unsigned i, n = 0;

	for (i = 0; i < orders; i++) {
		snprintf(id, sizeof(id), "o%u", i);
		rig_new_order(g, id, '1', 1, PX(9990), '0');
		n += g->told[i].e.kind == VENUE_REJECT;
	}
	rig_free(g);
	return n;
}

static void
faults_by_seed_are_about_one_in_n_and_the_same_for_one_seed(void **state)
{
	unsigned n = strikes(3, 1000);

	(void)state;
	assert_in_range(n, 180, 320);
	assert_int_equal(strikes(3, 1000), n);
	assert_int_not_equal(
	    strikes(3, 50) * 100 + strikes(4, 50) * 10 + strikes(5, 50),
	    strikes(3, 50) * 111);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ack_comes_late_and_nothing_overtakes_it),
		cmocka_unit_test(a_late_ack_s_order_is_in_the_book_at_once),
		cmocka_unit_test(what_waits_is_kept_and_told_after_a_crash),
		cmocka_unit_test(every_second_order_is_filled_before_its_ack),
		cmocka_unit_test(every_third_answer_is_swallowed),
		cmocka_unit_test(
		    every_second_execution_is_told_twice_with_one_id),
		cmocka_unit_test(every_second_new_order_is_refused),
		cmocka_unit_test(a_busted_execution_is_taken_back_by_its_id),
		cmocka_unit_test(a_busted_fill_of_every_kind_ends),
		cmocka_unit_test(a_disconnect_holds_events_back_until_it_is_up),
		cmocka_unit_test(
		    requests_under_way_may_be_lost_at_a_disconnect),
		cmocka_unit_test(
		    faults_by_seed_are_about_one_in_n_and_the_same_for_one_seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
