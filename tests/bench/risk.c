/*
 * What a decision costs beside how many orders are live: an account with 1, 100
 * and 10,000 of them, with self-trade prevention, so that they lie in a book.
 * Each order that passes is released at once, so that the number stays.
 *
 *	risk [N TIMES]	all of them, or TIMES decisions beside N, for who counts
 *			instructions
 */
#include <string.h>

#include "risk/risk.h"
#include "risk/tape.h"
#include "tests/bench/measure.h"

#define BATCHES 31
#define PER_BATCH 20000
#define LIVE_MAX 10000

static struct risk_rest rests[LIVE_MAX];
static int64_t per[BATCHES];

static void
must(int rc)
{
	if (rc != 0)
		abort();
}

static struct risk_order
order(int64_t cents)
{
	struct risk_order o = { .account = fix_span_of("A"),
		.symbol = fix_span_of("X"), .session = 1, .side = '1',
		.ord_type = '2', .qty_e8 = 10 * FIX_E8, .has_price = true,
		.price_e8 = cents * (FIX_E8 / 100) };

	return o;
}

static struct risk *
firm(void)
{
	struct risk_symbol x = { "X", "EQ", 0, 0, FIX_E8 };
	struct risk_limits l = { RISK_UNLIMITED, RISK_UNLIMITED, RISK_UNLIMITED,
		RISK_UNLIMITED, RISK_UNLIMITED, RISK_UNLIMITED, RISK_UNLIMITED,
		RISK_UNLIMITED, RISK_UNLIMITED, RISK_UNLIMITED };
	struct risk_rules rules = RISK_RULES_INIT;
	struct risk *r = risk_new(0);

	must(r == NULL);
	must(risk_add_account(r, "A", ""));
	must(risk_add_symbol(r, &x));
	must(risk_permit(r, 1, "A"));
	must(risk_set_limits(r, RISK_SCOPE_FIRM, "", &l));
	must(risk_set_limits(r, RISK_SCOPE_ACCOUNT, "A", &l));
	rules.self_trade = true;
	must(risk_set_rules(r, RISK_SCOPE_ACCOUNT, "A", &rules));
	must(risk_set_ref(r, fix_span_of("X"), 100 * FIX_E8,
	    (struct fix_mono){ 1 }));
	must(risk_tape_begin(r));
	risk_set_ready(r);
	return r;
}

static void
one(struct risk *r, struct risk_rest *rest, int64_t cents, bool stays)
{
	struct fix_now now = { { 1000 * FIX_SEC }, { FIX_SEC } };
	const struct risk_hold none = { 0, 0 };
	struct risk_order o = order(cents);
	struct risk_verdict v;

	o.rest = rest;
	must(risk_check_new(r, &o, now, &v));
	risk_tape_clear(r);
	if (stays)
		return;
	risk_rest_drop(rest);
	risk_rehold(r, o.account, o.symbol, o.side, v.hold, none, -1);
	risk_tape_clear(r);
}

/* Prices of the live ones differ, within a dollar. */
static void
decide(unsigned live, int batches, int times)
{
	struct risk *r = firm();
	struct risk_rest rest = { 0 };
	char name[64];

	memset(rests, 0, sizeof(rests));
	for (unsigned i = 0; i < live; i++)
		one(r, &rests[i], 9900 + i % 100, true);
	for (int b = 0; b < batches; b++) {
		int64_t from = measure_cpu();

		for (int k = 0; k < times; k++)
			one(r, &rest, 9900 + k % 100, false);
		per[b] = (measure_cpu() - from) * 1000 / times;
	}
	snprintf(name, sizeof(name), "risk: decision beside %u live orders",
	    live);
	measure_print(name, "ps", per, (size_t)batches);
	risk_free(r);
}

int
main(int argc, char **argv)
{
	if (argc == 3) {
		decide((unsigned)atoi(argv[1]), 1, atoi(argv[2]));
		return 0;
	}
	decide(1, BATCHES, PER_BATCH);
	decide(100, BATCHES, PER_BATCH);
	decide(LIVE_MAX, BATCHES, PER_BATCH);
	return 0;
}
