/*
 * What the simulated venue does with orders that are not plain: market if
 * touched, participate don't initiate, MinQty, amounts, MaxFloor.
 */
#include <string.h>

#include "tests/gateway/venue/rig.h"

static void
send_rare(struct rig *g, struct venue_order o, struct venue_rare rare)
{
	o.rare = rare;
	assert_int_equal(rig_send(g, 'D', &o), 0);
	rig_tick(g, 0);
}

/* Liquidity is 100 at 100.01, 100.02, 100.03 and 99.99, 99.98, 99.97. */
static void
market_if_touched_waits_on_its_side_of_the_market(void **state)
{
	struct rig *g = rig_new();
	struct venue_order o = rig_order("mit", '1', 10, 0);

	(void)state;
	o.ord_type = 'J';
	o.stop_e8 = PX(9998);
	assert_int_equal(rig_send(g, 'D', &o), 0);
	rig_tick(g, 0);
	rig_next(g, VENUE_ACK, "mit");
	rig_new_order(g, "a", '2', 50, 0, '0'); /* trades at 99.99 */
	rig_next(g, VENUE_ACK, "a");
	rig_fill(g, "a", 50, PX(9999), 50);
	rig_silent(g);
	rig_new_order(g, "b", '2', 60, 0, '0'); /* and at 99.98 */
	rig_next(g, VENUE_ACK, "b");
	rig_fill(g, "b", 50, PX(9999), 50);
	rig_fill(g, "b", 10, PX(9998), 60);
	rig_next(g, VENUE_TRIGGERED, "mit");
	rig_fill(g, "mit", 10, PX(10001), 10);
	rig_free(g);
}

/* One that it does not know is refused, and so is any where it knows none. */
static void
a_currency_must_be_that_of_the_symbols(void **state)
{
	struct sim_cfg cfg = { .seed = 1, .currency = "USD" };
	struct rig *g = rig_with(cfg);
	struct venue_order o = rig_order("a", '1', 10, PX(9990));

	(void)state;
	o.currency = "EUR";
	assert_int_equal(rig_send(g, 'D', &o), -FIX_E_RANGE);
	assert_non_null(strstr(g->v->refused, "trades in USD"));
	o.currency = "USD";
	assert_int_equal(rig_send(g, 'D', &o), 0);
	rig_tick(g, 0);
	rig_next(g, VENUE_ACK, "a");
	rig_free(g);
	g = rig_new();
	assert_int_equal(rig_send(g, 'D', &o), -FIX_E_RANGE);
	assert_non_null(strstr(g->v->refused, "is not known"));
	rig_free(g);
}

static void
what_must_not_initiate_is_refused_where_it_would(void **state)
{
	struct rig *g = rig_new();
	struct venue_rare post = { .inst = "6" };
	struct venue_order o = rig_order("r", '1', 10, PX(10001));

	(void)state;
	send_rare(g, rig_order("a", '1', 10, PX(10001)), post);
	rig_next(g, VENUE_REJECT, "a");
	send_rare(g, rig_order("b", '1', 10, PX(10000)), post);
	rig_next(g, VENUE_ACK, "b");
	o.orig_cl_ord_id = "b";
	o.rare = post;
	assert_int_equal(rig_send(g, 'G', &o), 0);
	rig_tick(g, 0);
	rig_next(g, VENUE_CXL_REJECT, "r");
	send_rare(g, rig_order("a", '1', 10, PX(10000)), post);
	rig_next(g, VENUE_ACK, "a"); /* its id was not used up */
	rig_free(g);
}

static void
min_qty_is_there_at_once_or_nothing_trades(void **state)
{
	struct rig *g = rig_new();
	struct venue_order o = rig_order("a", '1', 150, PX(10001));

	(void)state;
	o.time_in_force = '3';
	send_rare(g, o, (struct venue_rare){ .min_qty_e8 = 101 * E8 });
	rig_next(g, VENUE_REJECT, "a");
	o.cl_ord_id = "b";
	send_rare(g, o, (struct venue_rare){ .min_qty_e8 = 100 * E8 });
	rig_next(g, VENUE_ACK, "b");
	rig_fill(g, "b", 100, PX(10001), 100);
	rig_next(g, VENUE_CANCELED, "b");
	o.cl_ord_id = "c";
	o.time_in_force = '0';
	send_rare(g, o, (struct venue_rare){ .min_qty_e8 = E8 });
	assert_non_null(strstr(rig_next(g, VENUE_REJECT, "c")->text, "MinQty"));
	rig_free(g);
}

static void
an_order_by_amount_buys_what_it_pays_for(void **state)
{
	struct rig *g = rig_new();
	struct venue_order o = rig_order("a", '1', 500, 0);
	const struct venue_event *e;

	(void)state;
	o.ord_type = '1';
	/* 100 at 100.01, and 49.99 of what is at 100.02 */
	send_rare(g, o, (struct venue_rare){ .cash_e8 = 15001 * E8 });
	e = rig_next(g, VENUE_ACK, "a");
	assert_int_equal(e->qty_e8, INT64_C(14999000199));
	rig_fill(g, "a", 100, PX(10001), 100);
	e = rig_next(g, VENUE_FILL, "a");
	assert_int_equal(e->qty_e8, e->cum_qty_e8);
	rig_silent(g);
	rig_free(g);
}

static void
of_an_order_with_max_floor_only_that_is_seen(void **state)
{
	struct rig *g = rig_new();
	int64_t px, qty;

	(void)state;
	send_rare(g, rig_order("ice", '1', 50, PX(10000)),
	    (struct venue_rare){ .max_floor_e8 = 10 * E8 });
	rig_next(g, VENUE_ACK, "ice");
	rig_new_order(g, "other", '1', 5, PX(10000), '0');
	rig_next(g, VENUE_ACK, "other");
	rig_crash(g); /* what is shown outlives it */
	rig_forget(g);
	assert_true(venue_sim_best(g->v, "X", '1', &px, &qty));
	assert_int_equal(px, PX(10000));
	assert_int_equal(qty, 15 * E8);
	rig_new_order(g, "s", '2', 22, PX(10000), '0');
	rig_next(g, VENUE_ACK, "s");
	rig_fill(g, "ice", 10, PX(10000), 10);
	rig_fill(g, "s", 10, PX(10000), 10);
	rig_fill(g, "other", 5, PX(10000), 5); /* before its next part */
	rig_fill(g, "s", 5, PX(10000), 15);
	rig_fill(g, "ice", 7, PX(10000), 17);
	rig_fill(g, "s", 7, PX(10000), 22);
	assert_true(venue_sim_best(g->v, "X", '1', &px, &qty));
	assert_int_equal(qty, 3 * E8);
	rig_free(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_currency_must_be_that_of_the_symbols),
		cmocka_unit_test(
		    market_if_touched_waits_on_its_side_of_the_market),
		cmocka_unit_test(
		    what_must_not_initiate_is_refused_where_it_would),
		cmocka_unit_test(min_qty_is_there_at_once_or_nothing_trades),
		cmocka_unit_test(an_order_by_amount_buys_what_it_pays_for),
		cmocka_unit_test(of_an_order_with_max_floor_only_that_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
