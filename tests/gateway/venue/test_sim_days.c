/*
 * Random days of the simulated venue, with crashes and faults: what was told
 * adds up to what it knows, and one seed gives one day.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/gateway/venue/rig.h"

/* The random day: what was told must add up to what the venue knows. */

enum { N_IDS = 400 };

struct day {
	struct rig *g;
	uint64_t seed;
	unsigned next;
	char id[N_IDS][16]; /* in force, of order i */
	int64_t cum[N_IDS], qty[N_IDS];
	bool over[N_IDS];
	char execs[20000][24];
	size_t n_execs;
};

static struct day *today;

static uint64_t
dice(struct day *d, uint64_t n)
{
	d->seed = d->seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (d->seed >> 33) % n;
}

static bool
heard_before(struct day *d, const char *exec_id)
{
	size_t i;

	for (i = d->n_execs; i-- > 0 && i + 200 > d->n_execs;)
		if (strcmp(d->execs[i], exec_id) == 0)
			return true;
	assert_true(d->n_execs < 20000);
	strcpy(d->execs[d->n_execs++], exec_id);
	return false;
}

static unsigned
number_of(const char *id)
{
	return (unsigned)atoi(id + 1) % N_IDS;
}

static void
listen(struct rig *g, const struct venue_event *e)
{
	struct day *d = today;
	unsigned i;

	(void)g;
	if (e->cl_ord_id == NULL)
		return;
	i = number_of(e->cl_ord_id);
	if (e->exec_id != NULL && heard_before(d, e->exec_id))
		return;
	switch ((int)e->kind) {
	case VENUE_FILL:
		d->cum[i] += e->last_qty_e8;
		assert_true(d->cum[i] <= e->qty_e8);
		break;
	case VENUE_BUST:
		d->cum[i] -= e->last_qty_e8;
		break;
	case VENUE_REPLACED:
		strcpy(d->id[i], e->cl_ord_id);
		d->qty[i] = e->qty_e8;
		break;
	case VENUE_CANCELED:
	case VENUE_EXPIRED:
		d->over[i] = true;
		break;
	default:
		break;
	}
}

/* Ids are letter, order and serial: "n17", "g17.5". */
static void
act(struct day *d)
{
	unsigned i = (unsigned)dice(d, N_IDS);
	char id[16];
	struct venue_order o =
	    rig_order(id, dice(d, 2) ? '1' : '2', 1 + (int64_t)dice(d, 200),
		dice(d, 5) == 0 ? 0 : PX(9990 + dice(d, 20)));
	char kind;

	o.symbol = dice(d, 10) == 0 ? "Y" : "X";
	o.time_in_force = "013460"[dice(d, 6)];
	o.expire.ns = d->g->now.utc.ns + (int64_t)dice(d, 5) * FIX_SEC;
	if (dice(d, 6) == 0) {
		o.ord_type = o.price_e8 == 0 ? '3' : '4';
		o.stop_e8 = PX(9990 + dice(d, 20));
	}
	if (d->id[i][0] == '\0') {
		kind = 'D';
		snprintf(id, sizeof(id), "n%u", i);
		strcpy(d->id[i], id);
		d->qty[i] = o.qty_e8;
	} else {
		kind = "FGGH"[dice(d, 4)];
		snprintf(id, sizeof(id), "g%u.%u", i, d->next++ % 10000);
		o.orig_cl_ord_id = d->id[i];
		if (kind == 'H')
			o.cl_ord_id = d->id[i];
	}
	(void)rig_send(d->g, kind, &o);
}

static int
adds_up(void *arg, const struct sim_view *o)
{
	struct day *d = arg;

	assert_int_equal(o->cum_e8, d->cum[number_of(o->cl_ord_id)]);
	if (o->status == '2')
		assert_int_equal(o->cum_e8, o->qty_e8);
	if (d->over[number_of(o->cl_ord_id)])
		assert_true(o->status == '4' || o->status == 'C');
	return 0;
}

static void
not_crossed(struct rig *g, const char *symbol)
{
	int64_t bid, offer, qty;

	if (venue_sim_best(g->v, symbol, '1', &bid, &qty) &&
	    venue_sim_best(g->v, symbol, '2', &offer, &qty))
		assert_true(bid < offer);
}

static uint64_t
random_day(uint64_t seed, bool crashes, bool faults)
{
	struct day *d = calloc(1, sizeof(*d));
	struct sim_cfg cfg = { .seed = seed,
		.latency_us = seed % 3 == 0 ? 0 : 500,
		.refill_ms = 20 };
	uint64_t hash;
	unsigned i;

	assert_non_null(d);
	if (faults)
		cfg.faults = (struct sim_faults){ .late_ack_ms = 3,
			.fill_before_ack = 3,
			.dup_exec = 5,
			.reject = 20,
			.disconnect = 60,
			.down_ms = 30,
			.by_seed = seed % 2 == 0 };
	today = d;
	d->seed = seed;
	d->g = rig_unstarted(cfg);
	d->g->hook = listen;
	d->g->deaf = true;
	rig_start(d->g);
	for (i = 0; i < 3000; i++) {
		act(d);
		if (dice(d, 3) == 0)
			rig_tick(d->g, (int64_t)dice(d, 3 * FIX_MSEC));
		not_crossed(d->g, "X");
		not_crossed(d->g, "Y");
		if (crashes && dice(d, 100) == 0)
			rig_crash(d->g);
	}
	for (i = 0; i < 100; i++)
		rig_tick(d->g, 100 * FIX_MSEC);
	venue_sim_each(d->g->v, adds_up, d);
	assert_int_equal(rig_kept(d->g, 'E'), 0);
	hash = d->g->hash;
	rig_free(d->g);
	free(d);
	return hash;
}

static void
random_days_add_up(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 0; seed < 60; seed++)
		random_day(seed, seed % 4 >= 2, seed % 2 == 1);
}

static void
one_seed_gives_one_day(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 0; seed < 6; seed++)
		assert_true(random_day(seed, false, true) ==
			    random_day(seed, false, true));
	assert_false(random_day(1, false, true) == random_day(2, false, true));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_days_add_up),
		cmocka_unit_test(one_seed_gives_one_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
