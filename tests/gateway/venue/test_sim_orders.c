/*
 * What the simulated venue does with orders: types, time in force, priority,
 * replace, cancel, status, and its refusals.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/gateway/venue/rig.h"

static void
it_starts_with_marks_and_up(void **state)
{
	struct sim_cfg cfg = { .seed = 1 };
	struct rig *g = rig_unstarted(cfg);
	struct venue_order o = rig_order("a", '1', 1, PX(1));
	int64_t px, qty;

	(void)state;
	assert_int_equal(rig_send(g, 'D', &o), -FIX_E_STATE);
	assert_int_equal(g->v->ops->deadline(g->v).ns, FIX_MONO_NEVER);
	g->v->ops->tick(g->v, g->now);
	assert_int_equal(g->n, 0);
	g->v->ops->start(g->v, g->now);
	assert_int_equal(rig_send(g, 'D', &o), -FIX_E_STATE);
	assert_int_equal(g->v->ops->deadline(g->v).ns, g->now.mono.ns);
	rig_tick(g, 0);
	assert_int_equal(rig_last_mark(g, "X")->last_px_e8, PX(10000));
	assert_int_equal(rig_last_mark(g, "Y")->last_px_e8, PX(10000));
	rig_next(g, VENUE_UP, NULL);
	rig_silent(g);
	assert_true(g->v->up);
	assert_true(venue_sim_best(g->v, "X", '1', &px, &qty));
	assert_int_equal(px, PX(9999));
	assert_int_equal(qty, 100 * E8);
	assert_true(venue_sim_best(g->v, "X", '2', &px, &qty));
	assert_int_equal(px, PX(10001));
	assert_false(venue_sim_best(g->v, "Y", '1', &px, &qty));
	assert_false(venue_sim_best(g->v, "NONE", '1', &px, &qty));
	rig_free(g);
}

static void
a_limit_order_away_from_the_market_rests(void **state)
{
	struct rig *g = rig_new();
	const struct venue_event *e;
	int64_t px, qty;

	(void)state;
	rig_new_order(g, "a", '1', 50, PX(9999), '0');
	e = rig_next(g, VENUE_ACK, "a");
	assert_int_equal(e->qty_e8, 50 * E8);
	assert_int_equal(e->price_e8, PX(9999));
	assert_int_equal(e->cum_qty_e8, 0);
	assert_non_null(e->venue_order_id);
	assert_non_null(e->exec_id);
	rig_silent(g);
	assert_true(venue_sim_best(g->v, "X", '1', &px, &qty));
	assert_int_equal(qty, 150 * E8);
	rig_free(g);
}

static void
a_market_order_eats_its_way_up_and_the_rest_is_canceled(void **state)
{
	struct rig *g = rig_new();
	const struct venue_event *e;

	(void)state;
	rig_new_order(g, "a", '1', 350, 0, '0');
	rig_next(g, VENUE_ACK, "a");
	rig_fill(g, "a", 100, PX(10001), 100);
	rig_fill(g, "a", 100, PX(10002), 200);
	rig_fill(g, "a", 100, PX(10003), 300);
	e = rig_next(g, VENUE_CANCELED, "a");
	assert_int_equal(e->cum_qty_e8, 300 * E8);
	assert_null(e->orig_cl_ord_id);
	rig_silent(g);
	assert_int_equal(rig_last_mark(g, "X")->last_px_e8, PX(10003));
	rig_free(g);
}

static void
a_market_order_in_an_empty_book_is_canceled(void **state)
{
	struct rig *g = rig_new();
	struct venue_order o = rig_order("a", '2', 1, 0);

	(void)state;
	o.symbol = "Y";
	assert_int_equal(rig_send(g, 'D', &o), 0);
	rig_tick(g, 0);
	rig_next(g, VENUE_ACK, "a");
	rig_next(g, VENUE_CANCELED, "a");
	rig_silent(g);
	rig_free(g);
}

static void
a_limit_order_is_filled_in_part_and_rests(void **state)
{
	struct rig *g = rig_new();
	int64_t px, qty;

	(void)state;
	rig_new_order(g, "a", '1', 150, PX(10001), '1');
	rig_next(g, VENUE_ACK, "a");
	rig_fill(g, "a", 100, PX(10001), 100);
	rig_silent(g);
	assert_true(venue_sim_best(g->v, "X", '1', &px, &qty));
	assert_int_equal(px, PX(10001));
	assert_int_equal(qty, 50 * E8);
	rig_new_order(g, "b", '2', 20, PX(9999), '0');
	rig_next(g, VENUE_ACK, "b");
	rig_fill(g, "a", 20, PX(10001), 120); /* at the resting price */
	rig_fill(g, "b", 20, PX(10001), 20);
	rig_silent(g);
	rig_free(g);
}

static void
what_is_left_of_an_ioc_order_is_canceled(void **state)
{
	struct rig *g = rig_new();

	(void)state;
	rig_new_order(g, "a", '2', 150, PX(9999), '3');
	rig_next(g, VENUE_ACK, "a");
	rig_fill(g, "a", 100, PX(9999), 100);
	assert_int_equal(
	    rig_next(g, VENUE_CANCELED, "a")->cum_qty_e8, 100 * E8);
	rig_silent(g);
	rig_new_order(g, "b", '2', 50, PX(9998), '3');
	rig_next(g, VENUE_ACK, "b");
	rig_fill(g, "b", 50, PX(9998), 50);
	rig_silent(g);
	rig_free(g);
}

static void
a_fok_order_is_filled_whole_or_not_at_all(void **state)
{
	struct rig *g = rig_new();

	(void)state;
	rig_new_order(g, "a", '1', 201, PX(10002), '4');
	rig_next(g, VENUE_ACK, "a");
	assert_int_equal(rig_next(g, VENUE_CANCELED, "a")->cum_qty_e8, 0);
	rig_silent(g);
	rig_new_order(g, "b", '1', 200, PX(10002), '4');
	rig_next(g, VENUE_ACK, "b");
	rig_fill(g, "b", 100, PX(10001), 100);
	rig_fill(g, "b", 100, PX(10002), 200);
	rig_silent(g);
	rig_new_order(g, "c", '1', 101, 0, '4'); /* at market */
	rig_next(g, VENUE_ACK, "c");
	rig_next(g, VENUE_CANCELED, "c");
	rig_new_order(g, "d", '1', 100, 0, '4');
	rig_next(g, VENUE_ACK, "d");
	rig_fill(g, "d", 100, PX(10003), 100);
	rig_silent(g);
	rig_free(g);
}

static void
what_is_eaten_of_a_level_is_not_there_for_the_next(void **state)
{
	struct rig *g = rig_new();
	int64_t px, qty;

	(void)state;
	rig_new_order(g, "a", '1', 60, PX(10001), '0');
	assert_true(venue_sim_best(g->v, "X", '2', &px, &qty));
	assert_int_equal(qty, 40 * E8);
	rig_forget(g);
	rig_new_order(g, "b", '1', 41, PX(10001), '4');
	rig_next(g, VENUE_ACK, "b");
	rig_next(g, VENUE_CANCELED, "b");
	rig_new_order(g, "c", '1', 40, PX(10001), '4');
	rig_next(g, VENUE_ACK, "c");
	rig_fill(g, "c", 40, PX(10001), 40);
	rig_free(g);
}

static void
price_comes_before_time_and_time_before_size(void **state)
{
	struct rig *g = rig_new();

	(void)state;
	rig_new_order(g, "late", '1', 10, PX(9999), '0'); /* after the house */
	rig_new_order(g, "first", '1', 10, PX(10000), '0');
	rig_new_order(g, "second", '1', 90, PX(10000), '0');
	rig_forget(g);
	rig_new_order(g, "s", '2', 215, PX(9999), '0');
	rig_next(g, VENUE_ACK, "s");
	rig_fill(g, "first", 10, PX(10000), 10);
	rig_fill(g, "s", 10, PX(10000), 10);
	rig_fill(g, "second", 90, PX(10000), 90);
	rig_fill(g, "s", 90, PX(10000), 100);
	rig_fill(g, "s", 100, PX(9999), 200); /* the house */
	rig_fill(g, "late", 10, PX(9999), 10);
	rig_fill(g, "s", 10, PX(9999), 210);
	rig_silent(g);
	rig_free(g);
}

static void
a_replace_of_price_goes_to_the_end_and_may_trade(void **state)
{
	struct rig *g = rig_new();
	const struct venue_event *e;

	(void)state;
	rig_new_order(g, "a", '1', 10, PX(10000), '0');
	rig_new_order(g, "b", '1', 10, PX(10000), '0');
	rig_replace(g, "a2", "a", '1', 10, PX(9990));
	rig_replace(g, "a3", "a2", '1', 10, PX(10000));
	rig_forget(g);
	rig_new_order(g, "s", '2', 10, PX(10000), '0');
	rig_next(g, VENUE_ACK, "s");
	rig_fill(g, "b", 10, PX(10000), 10);
	rig_forget(g);
	rig_replace(g, "a4", "a3", '1', 60, PX(10001));
	e = rig_next(g, VENUE_REPLACED, "a4");
	assert_string_equal(e->orig_cl_ord_id, "a3");
	assert_int_equal(e->qty_e8, 60 * E8);
	assert_int_equal(e->price_e8, PX(10001));
	rig_fill(g, "a4", 60, PX(10001), 60);
	rig_silent(g);
	rig_free(g);
}

static void
less_quantity_keeps_the_place_and_more_loses_it(void **state)
{
	struct rig *g = rig_new();
	int64_t px, qty;

	(void)state;
	rig_new_order(g, "a", '1', 30, PX(10000), '0');
	rig_new_order(g, "b", '1', 10, PX(10000), '0');
	rig_replace(g, "a2", "a", '1', 10, PX(10000));
	rig_forget(g);
	assert_true(venue_sim_best(g->v, "X", '1', &px, &qty));
	assert_int_equal(qty, 20 * E8);
	rig_new_order(g, "s", '2', 5, PX(10000), '0');
	rig_next(g, VENUE_ACK, "s");
	rig_fill(g, "a2", 5, PX(10000), 5);
	rig_replace(g, "a3", "a2", '1', 20, PX(10000));
	rig_forget(g);
	rig_new_order(g, "t", '2', 15, PX(10000), '0');
	rig_next(g, VENUE_ACK, "t");
	rig_fill(g, "b", 10, PX(10000), 10);
	rig_fill(g, "t", 10, PX(10000), 10);
	rig_fill(g, "a3", 5, PX(10000), 10);
	rig_free(g);
}

static void
a_replace_down_to_what_is_filled_ends_the_order(void **state)
{
	struct rig *g = rig_new();
	const struct venue_event *e;

	(void)state;
	rig_new_order(g, "a", '1', 150, PX(10001), '0');
	rig_forget(g);
	rig_replace(g, "a2", "a", '1', 99, PX(10001));
	e = rig_next(g, VENUE_CXL_REJECT, "a2");
	assert_int_equal(e->reason, 2);
	assert_string_equal(e->orig_cl_ord_id, "a");
	rig_replace(g, "a3", "a", '1', 100, PX(10001));
	rig_next(g, VENUE_REPLACED, "a3");
	rig_silent(g);
	rig_status(g, "a3");
	assert_int_equal(rig_next(g, VENUE_STATUS, "a3")->status, '2');
	rig_free(g);
}

static void
a_replace_may_make_it_another_type(void **state)
{
	struct rig *g = rig_new();
	struct venue_order o = rig_order("a2", '1', 50, 0);

	(void)state;
	rig_new_order(g, "a", '1', 50, PX(9990), '0');
	rig_forget(g);
	o.orig_cl_ord_id = "a"; /* now at market */
	assert_int_equal(rig_send(g, 'G', &o), 0);
	rig_tick(g, 0);
	rig_next(g, VENUE_REPLACED, "a2");
	rig_fill(g, "a2", 50, PX(10001), 50);
	rig_silent(g);
	rig_free(g);
}

static void
a_cancel_is_answered_by_its_own_id(void **state)
{
	struct rig *g = rig_new();
	const struct venue_event *e;

	(void)state;
	rig_new_order(g, "a", '1', 50, PX(9990), '0');
	rig_forget(g);
	rig_cancel(g, "c", "a");
	e = rig_next(g, VENUE_CANCELED, "c");
	assert_string_equal(e->orig_cl_ord_id, "a");
	rig_cancel(g, "d", "a");
	e = rig_next(g, VENUE_CXL_REJECT, "d");
	assert_int_equal(e->reason, 0); /* too late */
	rig_cancel(g, "e", "nothing");
	assert_int_equal(rig_next(g, VENUE_CXL_REJECT, "e")->reason, 1);
	rig_replace(g, "f", "a", '1', 10, PX(9990));
	assert_int_equal(rig_next(g, VENUE_CXL_REJECT, "f")->reason, 0);
	rig_silent(g);
	rig_free(g);
}

static void
status_is_told_and_unknown_is_said_to_be_unknown(void **state)
{
	struct rig *g = rig_new();
	const struct venue_event *e;

	(void)state;
	rig_new_order(g, "a", '1', 150, PX(10001), '0');
	rig_forget(g);
	rig_status(g, "a");
	e = rig_next(g, VENUE_STATUS, "a");
	assert_int_equal(e->status, '1');
	assert_int_equal(e->cum_qty_e8, 100 * E8);
	assert_int_equal(e->qty_e8, 150 * E8);
	rig_replace(g, "a2", "a", '1', 160, PX(10001));
	rig_replace(g, "a3", "a2", '1', 170, PX(10001));
	rig_forget(g);
	rig_status(g, "a"); /* by an older id */
	assert_int_equal(rig_next(g, VENUE_STATUS, "a")->qty_e8, 170 * E8);
	rig_status(g, "a2");
	assert_int_equal(rig_next(g, VENUE_STATUS, "a2")->qty_e8, 170 * E8);
	rig_status(g, "b");
	assert_int_equal(rig_next(g, VENUE_UNKNOWN, "b")->cum_qty_e8, -1);
	rig_silent(g);
	rig_free(g);
}

static void
an_id_is_taken_once(void **state)
{
	struct rig *g = rig_new();
	int i;
	char id[8], orig[8];

	(void)state;
	rig_new_order(g, "a", '1', 50, PX(9990), '0');
	rig_forget(g);
	rig_new_order(g, "a", '1', 50, PX(9990), '0');
	assert_int_equal(rig_next(g, VENUE_REJECT, "a")->reason, 6);
	rig_new_order(g, "b", '1', 50, PX(9990), '0');
	rig_forget(g);
	rig_replace(g, "b", "a", '1', 40, PX(9990));
	assert_int_equal(rig_next(g, VENUE_CXL_REJECT, "b")->reason, 6);
	for (i = 0; i < 5; i++) {
		strcpy(orig, i == 0 ? "a" : "r0");
		if (i > 0)
			orig[1] = (char)('0' + i - 1);
		strcpy(id, "r0");
		id[1] = (char)('0' + i);
		rig_replace(g, id, orig, '1', 40, PX(9990));
		rig_next(g, VENUE_REPLACED, id);
	}
	rig_new_order(g, "r3", '1', 50, PX(9990), '0'); /* the one before */
	assert_int_equal(rig_next(g, VENUE_REJECT, "r3")->reason, 6);
	rig_new_order(g, "a", '1', 50, PX(9990), '0'); /* the first */
	assert_int_equal(rig_next(g, VENUE_REJECT, "a")->reason, 6);
	rig_cancel(g, "c", "r4");
	rig_next(g, VENUE_CANCELED, "c");
	rig_new_order(g, "r4", '1', 50, PX(9990), '0'); /* an ended one */
	assert_int_equal(rig_next(g, VENUE_REJECT, "r4")->reason, 6);
	rig_silent(g);
	rig_free(g);
}

static void
terms_that_it_does_not_trade_are_refused(void **state)
{
	struct rig *g = rig_new();
	struct venue_order good = rig_order("a", '1', 1, PX(1)), o;
	int i;

	(void)state;
	for (i = 0; i < 9; i++) {
		o = good;
		if (i == 0)
			o.symbol = "NONE";
		else if (i == 1)
			o.side = '8';
		else if (i == 2)
			o.ord_type = 'P';
		else if (i == 3)
			o.time_in_force = '7';
		else if (i == 4)
			o.qty_e8 = 0;
		else if (i == 5)
			o.price_e8 = 0;
		else if (i == 6)
			o.ord_type = '3'; /* without a stop */
		else if (i == 7)
			o.time_in_force = '6'; /* until when? */
		else
			o.qty_e8 = INT64_MIN;
		assert_int_equal(rig_send(g, 'D', &o), 0);
		rig_tick(g, 0);
		assert_int_equal(
		    rig_next(g, VENUE_REJECT, "a")->reason, i == 0 ? 1 : 11);
		rig_silent(g);
	}
	assert_int_equal(rig_kept(g, 'D') + rig_kept(g, 'O'), 0);
	o = good; /* and the id is still free */
	assert_int_equal(rig_send(g, 'D', &o), 0);
	rig_tick(g, 0);
	rig_next(g, VENUE_ACK, "a");
	rig_free(g);
}

static void
ids_of_any_length_are_taken_or_refused_at_once(void **state)
{
	struct rig *g = rig_new();
	char id[60];
	struct venue_order o = rig_order(id, '1', 1, PX(1));

	(void)state;
	memset(id, 'i', sizeof(id));
	id[VENUE_ID_MAX + 1] = '\0';
	assert_int_equal(rig_send(g, 'D', &o), -FIX_E_TOOBIG);
	id[VENUE_ID_MAX] = '\0';
	assert_int_equal(rig_send(g, 'D', &o), 0);
	rig_tick(g, 0);
	rig_next(g, VENUE_ACK, id);
	o.symbol = "a symbol of more than 32 characters";
	assert_int_equal(rig_send(g, 'D', &o), -FIX_E_TOOBIG);
	rig_free(g);
}

static void
every_event_has_a_name(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < VENUE_N_EVENT; i++)
		assert_true(
		    strlen(venue_event_name((enum venue_event_kind)i)) > 1);
	assert_string_equal(venue_event_name(VENUE_N_EVENT), "?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_starts_with_marks_and_up),
		cmocka_unit_test(a_limit_order_away_from_the_market_rests),
		cmocka_unit_test(
		    a_market_order_eats_its_way_up_and_the_rest_is_canceled),
		cmocka_unit_test(a_market_order_in_an_empty_book_is_canceled),
		cmocka_unit_test(a_limit_order_is_filled_in_part_and_rests),
		cmocka_unit_test(what_is_left_of_an_ioc_order_is_canceled),
		cmocka_unit_test(a_fok_order_is_filled_whole_or_not_at_all),
		cmocka_unit_test(
		    what_is_eaten_of_a_level_is_not_there_for_the_next),
		cmocka_unit_test(price_comes_before_time_and_time_before_size),
		cmocka_unit_test(
		    a_replace_of_price_goes_to_the_end_and_may_trade),
		cmocka_unit_test(
		    less_quantity_keeps_the_place_and_more_loses_it),
		cmocka_unit_test(
		    a_replace_down_to_what_is_filled_ends_the_order),
		cmocka_unit_test(a_replace_may_make_it_another_type),
		cmocka_unit_test(a_cancel_is_answered_by_its_own_id),
		cmocka_unit_test(
		    status_is_told_and_unknown_is_said_to_be_unknown),
		cmocka_unit_test(an_id_is_taken_once),
		cmocka_unit_test(terms_that_it_does_not_trade_are_refused),
		cmocka_unit_test(
		    ids_of_any_length_are_taken_or_refused_at_once),
		cmocka_unit_test(every_event_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
