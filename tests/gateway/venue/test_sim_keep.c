/*
 * The simulated venue outlives its process: round trips, ids that never come
 * twice, crashes at random, and its size and pace.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/gateway/venue/rig.h"

static void
busy_day(struct rig *g)
{
	struct venue_order o = rig_order("s", '1', 30, 0);

	rig_new_order(g, "a", '1', 150, PX(10001), '0'); /* in part */
	rig_new_order(g, "b", '1', 10, PX(10001), '1');
	rig_new_order(g, "c", '2', 40, PX(10005), '0');
	rig_replace(g, "c2", "c", '2', 30, PX(10004));
	rig_replace(g, "c3", "c2", '2', 20, PX(10004));
	rig_new_order(g, "d", '1', 10, PX(9990), '0');
	rig_cancel(g, "e", "d");
	o.ord_type = '3';
	o.stop_e8 = PX(10010);
	assert_int_equal(rig_send(g, 'D', &o), 0);
	o = rig_order("gtd", '1', 10, PX(9990));
	o.time_in_force = '6';
	o.expire.ns = g->now.utc.ns + 60 * FIX_SEC;
	assert_int_equal(rig_send(g, 'D', &o), 0);
	rig_tick(g, 0);
}

static void
a_crash_leaves_the_venue_as_it_was(void **state)
{
	struct rig *g = rig_new();
	char *before, *after;
	size_t kept;

	(void)state;
	busy_day(g);
	before = rig_picture(g);
	kept = g->n_kept;
	rig_forget(g);
	rig_crash(g);
	/* the house is back and sells to who still bids 100.01 */
	rig_next(g, VENUE_UP, NULL);
	rig_fill(g, "a", 50, PX(10001), 150);
	rig_fill(g, "b", 10, PX(10001), 10);
	rig_silent(g);
	rig_free(g);
	/* once more with an empty book, so that nothing trades at the start */
	g = rig_new();
	free(before);
	g->cfg.symbols++;
	g->cfg.n_symbols = 1;
	rig_crash(g);
	for (int i = 0; i < 10; i++) {
		struct venue_order o =
		    rig_order((const char *[]){ "0", "1", "2", "3", "4", "5",
				  "6", "7", "8", "9" }[i],
			i % 3 == 0 ? '2' : '1', 10 + i,
			i % 3 == 0 ? PX(10000 + i) : PX(9990 - i));

		o.symbol = "Y";
		assert_int_equal(rig_send(g, 'D', &o), 0);
	}
	rig_tick(g, 0);
	before = rig_picture(g);
	kept = g->n_kept;
	rig_crash(g);
	after = rig_picture(g);
	assert_string_equal(before, after);
	assert_int_equal(g->n_kept, kept);
	free(before);
	free(after);
	rig_free(g);
}

static void
priority_survives_a_crash(void **state)
{
	struct rig *g = rig_new();

	(void)state;
	rig_new_order(g, "a", '1', 10, PX(10000), '0');
	rig_new_order(g, "b", '1', 10, PX(10000), '0');
	rig_replace(g, "a2", "a", '1', 20, PX(10000)); /* now behind b */
	rig_new_order(g, "c", '1', 10, PX(10000), '0');
	rig_crash(g);
	rig_forget(g);
	rig_new_order(g, "s", '2', 40, PX(10000), '0');
	rig_next(g, VENUE_ACK, "s");
	rig_fill(g, "b", 10, PX(10000), 10);
	rig_fill(g, "s", 10, PX(10000), 10);
	rig_fill(g, "a2", 20, PX(10000), 20);
	rig_fill(g, "s", 20, PX(10000), 30);
	rig_fill(g, "c", 10, PX(10000), 10);
	rig_fill(g, "s", 10, PX(10000), 40);
	rig_silent(g);
	rig_free(g);
}

static void
stops_expiries_ids_and_the_last_price_survive_a_crash(void **state)
{
	struct rig *g = rig_new();

	(void)state;
	busy_day(g);
	rig_crash(g);
	rig_forget(g);
	rig_new_order(g, "d", '1', 10, PX(9990), '0'); /* ended: remembered */
	assert_int_equal(rig_next(g, VENUE_REJECT, "d")->reason, 6);
	rig_new_order(g, "c", '1', 10, PX(9990), '0'); /* the first of c3 */
	assert_int_equal(rig_next(g, VENUE_REJECT, "c")->reason, 6);
	rig_status(g, "s");
	assert_int_equal(rig_next(g, VENUE_STATUS, "s")->stop_e8, PX(10010));
	rig_tick(g, 60 * FIX_SEC);
	rig_next(g, VENUE_EXPIRED, "gtd");
	rig_new_order(g, "p", '2', 10, PX(10008), '0');
	rig_new_order(g, "q", '1', 1000, PX(10008), '3'); /* last 100.08 */
	rig_forget(g);
	rig_crash(g);
	assert_int_equal(rig_last_mark(g, "X")->last_px_e8, PX(10008));
	rig_free(g);
}

static void
a_request_under_way_survives_a_crash(void **state)
{
	struct sim_cfg cfg = { .seed = 1, .latency_us = 1000 };
	struct rig *g = rig_with(cfg);
	struct venue_order o = rig_order("x", '1', 1, PX(1));

	(void)state;
	rig_new_order(g, "a", '1', 10, PX(10001), '0');
	o.orig_cl_ord_id = "b";
	rig_new_order(g, "b", '1', 10, PX(9990), '0');
	assert_int_equal(rig_send(g, 'F', &o), 0);
	rig_silent(g);
	assert_int_equal(rig_kept(g, 'D'), 2);
	rig_crash(g);
	rig_next(g, VENUE_UP, NULL);
	rig_next(g, VENUE_ACK, "a");
	rig_fill(g, "a", 10, PX(10001), 10);
	rig_next(g, VENUE_ACK, "b");
	rig_next(g, VENUE_CANCELED, "x");
	rig_silent(g);
	assert_int_equal(rig_kept(g, 'D') + rig_kept(g, 'F'), 0);
	rig_free(g);
}

static void
ids_never_come_twice_over_crashes(void **state)
{
	struct rig *g = rig_new();
	char(*seen)[64] = calloc(2000, 64), id[16];
	size_t n = 0, i, k;
	unsigned run, j;

	(void)state;
	assert_non_null(seen);
	for (run = 0; run < 20; run++) {
		for (j = 0; j < 10; j++) {
			snprintf(id, sizeof(id), "r%u.%u", run, j);
			rig_new_order(g, id, '1', 1, PX(10001), '0');
		}
		for (i = 0; i < g->n; i++)
			if (g->told[i].e.exec_id != NULL)
				strcpy(seen[n++], g->told[i].text[3]);
		rig_forget(g);
		rig_crash(g);
		rig_forget(g);
	}
	assert_int_equal(n, 20 * 10 * 2);
	for (i = 0; i < n; i++)
		for (k = 0; k < i; k++)
			assert_string_not_equal(seen[i], seen[k]);
	free(seen);
	rig_free(g);
}

static void
ids_do_not_come_twice_where_the_count_of_starts_is_lost(void **state)
{
	struct sim_cfg cfg = { .seed = 1 };
	struct rig *g = rig_new(), *h = rig_unstarted(cfg);
	const struct kept *k;
	char id[64];
	size_t i;

	(void)state;
	rig_new_order(g, "a", '1', 1, PX(9990), '0');
	rig_next(g, VENUE_ACK, "a");
	strcpy(id, g->told[0].text[2]);
	for (i = 0; i < RIG_BUCKETS; i++)
		for (k = g->store[i]; k != NULL; k = k->next)
			if (k->key[0] == 'k')
				h->v->ops->load(h->v,
				    (struct fix_span){ k->key, k->key_len },
				    (struct fix_span){ k->value, k->len });
	rig_start(h);
	rig_forget(h);
	rig_new_order(h, "b", '1', 1, PX(9990), '0');
	rig_next(h, VENUE_ACK, "b");
	assert_string_not_equal(h->told[0].text[2], id);
	rig_new_order(h, "a", '1', 1, PX(9990), '0');
	assert_int_equal(rig_next(h, VENUE_REJECT, "a")->reason, 6);
	rig_free(g);
	rig_free(h);
}

static void
orders_of_a_symbol_that_is_gone_are_canceled(void **state)
{
	struct rig *g = rig_new();

	(void)state;
	rig_new_order(g, "a", '1', 10, PX(9990), '0');
	rig_forget(g);
	g->cfg.symbols++; /* only Y is left */
	g->cfg.n_symbols = 1;
	rig_crash(g);
	rig_next(g, VENUE_UP, NULL);
	assert_null(rig_next(g, VENUE_CANCELED, "a")->symbol);
	rig_silent(g);
	rig_crash(g); /* and only once */
	rig_next(g, VENUE_UP, NULL);
	rig_silent(g);
	rig_free(g);
}

static void
ended_orders_are_forgotten_after_so_many_others(void **state)
{
	struct rig *g = rig_new();
	char id[16], c[16];
	unsigned i;

	(void)state;
	g->deaf = true;
	for (i = 0; i < SIM_ENDED_MAX + 50; i++) {
		snprintf(id, sizeof(id), "o%u", i);
		snprintf(c, sizeof(c), "c%u", i);
		rig_new_order(g, id, '1', 1, PX(9990), '0');
		rig_cancel(g, c, id);
	}
	assert_int_equal(rig_kept(g, 'O'), SIM_ENDED_MAX);
	rig_crash(g);
	g->deaf = false;
	rig_forget(g);
	rig_status(g, "o49");
	rig_next(g, VENUE_UNKNOWN, "o49");
	rig_status(g, "o50");
	rig_next(g, VENUE_STATUS, "o50");
	rig_new_order(g, "o49", '1', 1, PX(9990), '0'); /* a new one */
	rig_next(g, VENUE_ACK, "o49");
	rig_cancel(g, "z", "o49");
	assert_int_equal(rig_kept(g, 'O'), SIM_ENDED_MAX);
	rig_free(g);
}

/* Every kept value cut short, lengthened, and with each byte changed. */
static void
values_that_do_not_read_are_left_out_and_told(void **state)
{
	struct sim_cfg cfg = {
		.seed = 1, .latency_us = 10, .faults = { .late_ack_ms = 10 }
	};
	struct rig *g = rig_with(cfg), *h;
	const struct kept *k;
	uint8_t value[601];
	size_t i, n, b;

	(void)state;
	busy_day(g);
	rig_tick(g, FIX_MSEC); /* late acks wait by now */
	rig_new_order(g, "way", '1', 10, PX(9990), '0');
	assert_true(rig_kept(g, 'E') > 0 && rig_kept(g, 'D') > 0);
	for (i = 0; i < RIG_BUCKETS; i++)
		for (k = g->store[i]; k != NULL; k = k->next)
			for (n = 0; n <= 2 * k->len + 1; n++) {
				h = rig_unstarted(cfg);
				memcpy(value, k->value, k->len);
				b = n <= k->len ? n : k->len;
				if (n == k->len)
					value[b++] = 0;
				else if (n > k->len)
					value[n - k->len - 1] ^= 0xff;
				h->v->ops->load(h->v,
				    (struct fix_span){ k->key, k->key_len },
				    (struct fix_span){ value, b });
				rig_start(h);
				rig_tick(h, FIX_SEC);
				rig_next(h, VENUE_UP, NULL);
				if (n <= k->len)
					assert_non_null(
					    h->told[h->seen - 1].e.text);
				rig_free(h);
			}
	rig_free(g);
}

static void
keys_that_are_not_its_own_are_told(void **state)
{
	static const char *const keys[] = { "", "i2", "x", "k123", "l", "m" };
	struct sim_cfg cfg = { .seed = 1 };
	struct rig *g = rig_unstarted(cfg);
	size_t i;

	(void)state;
	for (i = 0; i < 6; i++)
		g->v->ops->load(g->v, fix_span_of(keys[i]), fix_span_of("v"));
	rig_start(g);
	assert_string_equal(rig_next(g, VENUE_UP, NULL)->text,
	    "6 kept things could not be read");
	rig_free(g);
}

static void
a_hundred_thousand_live_orders_are_no_trouble(void **state)
{
	struct rig *g = rig_new();
	char id[16], c[16];
	unsigned i;
	int64_t px, qty;
	struct venue_order o;

	(void)state;
	g->deaf = true;
	for (i = 0; i < 100000; i++) {
		snprintf(id, sizeof(id), "o%u", i);
		o = rig_order(id, i % 2 == 0 ? '1' : '2', 1,
		    i % 2 == 0 ? PX(100 + i * 31 % 9800)
			       : PX(10010 + i * 37 % 50000));
		assert_int_equal(rig_send(g, 'D', &o), 0);
		if (i % 1000 == 999)
			rig_tick(g, 0); /* a burst */
	}
	assert_int_equal(rig_kept(g, 'O'), 100000);
	rig_crash(g);
	for (i = 0; i < 100000; i += 2) { /* all buys are canceled */
		snprintf(id, sizeof(id), "o%u", i);
		snprintf(c, sizeof(c), "c%u", i);
		o = rig_order(c, '1', 0, 0);
		o.orig_cl_ord_id = id;
		assert_int_equal(rig_send(g, 'F', &o), 0);
		if (i % 1000 == 998)
			rig_tick(g, 0);
	}
	rig_tick(g, 0);
	assert_int_equal(rig_kept(g, 'O'), 50000 + SIM_ENDED_MAX);
	assert_true(venue_sim_best(g->v, "X", '1', &px, &qty));
	assert_int_equal(qty, 100 * E8); /* only the house */
	rig_new_order(g, "sweep", '1', 50300, 0, '0');
	assert_false(venue_sim_best(g->v, "X", '2', &px, &qty));
	assert_int_equal(rig_kept(g, 'O'), SIM_ENDED_MAX);
	rig_free(g);
}

/* A desk that answers events from inside them can not hold the tick. */
static void
nag(struct rig *g, const struct venue_event *e)
{
	struct venue_order o = rig_order("nag", '1', 1, PX(1));

	if (e->kind == VENUE_UNKNOWN)
		assert_int_equal(rig_send(g, 'H', &o), 0);
}

static void
a_request_from_inside_an_event_waits_for_the_next_tick(void **state)
{
	struct rig *g = rig_new();

	(void)state;
	g->hook = nag;
	rig_status(g, "nag");
	rig_next(g, VENUE_UNKNOWN, "nag");
	rig_silent(g);
	assert_true(g->v->ops->deadline(g->v).ns <= g->now.mono.ns);
	rig_tick(g, 0);
	rig_next(g, VENUE_UNKNOWN, "nag");
	rig_silent(g);
	rig_free(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_crash_leaves_the_venue_as_it_was),
		cmocka_unit_test(priority_survives_a_crash),
		cmocka_unit_test(
		    stops_expiries_ids_and_the_last_price_survive_a_crash),
		cmocka_unit_test(a_request_under_way_survives_a_crash),
		cmocka_unit_test(ids_never_come_twice_over_crashes),
		cmocka_unit_test(
		    ids_do_not_come_twice_where_the_count_of_starts_is_lost),
		cmocka_unit_test(orders_of_a_symbol_that_is_gone_are_canceled),
		cmocka_unit_test(
		    ended_orders_are_forgotten_after_so_many_others),
		cmocka_unit_test(values_that_do_not_read_are_left_out_and_told),
		cmocka_unit_test(keys_that_are_not_its_own_are_told),
		cmocka_unit_test(a_hundred_thousand_live_orders_are_no_trouble),
		cmocka_unit_test(
		    a_request_from_inside_an_event_waits_for_the_next_tick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
