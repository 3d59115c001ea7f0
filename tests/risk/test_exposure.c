/*
 * Reservations and positions, E1 to E7 of the pre-trade controls (limit long
 * 1000), the properties P1 to P3 and P10, and no allocation on the way.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "risk/inside.h"
#include "tests/risk/help.h"
#include "tests/risk/wrap.h"

static struct risk *
e_firm(void)
{
	struct risk *r = bare_firm();
	struct risk_limits l = unlimited();

	l.max_long_e8 = 1000 * E8;
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	return r;
}

static struct risk_hold
shares(int64_t n)
{
	struct risk_hold h = { n * E8, n * 100 * E8 };

	return h;
}

static struct risk_hold
new_order(struct risk *r, int64_t qty)
{
	struct risk_verdict v;

	assert_int_equal(
	    check(r, limit_order("A", "X", '1', qty, PX(10000)), &v), RISK_OK);
	assert_int_equal(v.hold.qty_e8, qty * E8);
	assert_int_equal(v.hold.notional_e8, qty * 100 * E8);
	return v.hold;
}

static struct risk_hold
replace(struct risk *r, struct risk_hold held, int64_t qty)
{
	struct risk_order o = limit_order("A", "X", '1', qty, PX(10000));
	struct risk_verdict v;

	assert_int_equal(risk_check_replace(r, &o, held, at_ns(0), &v), 0);
	return v.hold;
}

static void
rehold(struct risk *r, struct risk_hold was, struct risk_hold is, int opened)
{
	risk_rehold(
	    r, fix_span_of("A"), fix_span_of("X"), '1', was, is, opened);
}

static struct holding *
holding(struct risk *r, const char *account, const char *symbol)
{
	return holding_find(r,
	    scope_find(r, RISK_SCOPE_ACCOUNT, fix_span_of(account)),
	    scope_find(r, RISK_SCOPE_SYMBOL, fix_span_of(symbol)));
}

static int64_t
open_buys(struct risk *r)
{
	return (int64_t)holding(r, "A", "X")->buys_e8 / E8;
}

static void
e1_a_pending_raise_is_reserved(void **state)
{
	struct risk *r = e_firm();
	struct risk_hold h = new_order(r, 600);

	(void)state;
	h = replace(r, h, 900);
	assert_int_equal(h.qty_e8, 900 * E8);
	assert_int_equal(open_buys(r), 900);
	assert_int_equal(buy(r, "A", "X", 200), RISK_POS_LONG);
	assert_int_equal(buy(r, "A", "X", 100), RISK_OK);
	risk_free(r);
}

static void
e2_a_pending_cut_frees_nothing_before_its_ack(void **state)
{
	struct risk *r = e_firm();
	struct risk_hold h = new_order(r, 900);

	(void)state;
	h = replace(r, h, 500);
	assert_int_equal(open_buys(r), 900);
	assert_int_equal(buy(r, "A", "X", 200), RISK_POS_LONG);
	rehold(r, h, shares(500), 0);
	assert_int_equal(buy(r, "A", "X", 200), RISK_OK);
	risk_free(r);
}

static void
e3_a_fill_while_a_replace_is_pending(void **state)
{
	struct risk *r = e_firm();
	struct risk_hold h = new_order(r, 600);
	const struct risk_position *p;

	(void)state;
	h = replace(r, h, 900);
	p = risk_fill(
	    r, fix_span_of("A"), fix_span_of("X"), '1', 250 * E8, PX(10000));
	rehold(r, h, shares(650), 0);
	assert_int_equal(p->qty_e8, 250 * E8);
	assert_int_equal(open_buys(r), 650);
	assert_int_equal(buy(r, "A", "X", 101), RISK_POS_LONG); /* WCL 900 */
	assert_int_equal(buy(r, "A", "X", 100), RISK_OK);
	risk_free(r);
}

/* E4: a time-out says nothing to risk, so the reservation stays. */
static void
e4_an_order_in_doubt_stays_reserved(void **state)
{
	struct risk *r = e_firm();
	struct risk_hold h = new_order(r, 600), none = { 0, 0 };

	(void)state;
	assert_int_equal(open_buys(r), 600);
	assert_int_equal(buy(r, "A", "X", 401), RISK_POS_LONG);
	rehold(r, h, none, -1);
	assert_int_equal(open_buys(r), 0);
	risk_free(r);
}

static void
e5_two_pending_replaces_and_both_refused(void **state)
{
	struct risk *r = e_firm();
	struct risk_hold h = new_order(r, 600);

	(void)state;
	h = replace(r, h, 700);
	h = replace(r, h, 800);
	assert_int_equal(open_buys(r), 800);
	rehold(r, h, shares(600), 0);
	assert_int_equal(open_buys(r), 600);
	risk_free(r);
}

static void
e6_a_bust_after_the_cancel_reserves_nothing(void **state)
{
	struct risk *r = e_firm();
	struct risk_hold h = new_order(r, 600), none = { 0, 0 };
	const struct risk_position *p;

	(void)state;
	risk_fill(
	    r, fix_span_of("A"), fix_span_of("X"), '1', 200 * E8, PX(10000));
	rehold(r, h, shares(400), 0);
	rehold(r, shares(400), none, -1); /* canceled */
	p = risk_fill(
	    r, fix_span_of("A"), fix_span_of("X"), '1', -200 * E8, PX(10000));
	assert_int_equal(p->qty_e8, 0);
	assert_int_equal(p->bought_e8, 0);
	assert_int_equal(p->cash_e8, 0);
	assert_int_equal(p->fills, 0);
	assert_int_equal(open_buys(r), 0);
	risk_free(r);
}

static void
a_refused_replace_changes_no_reservation(void **state)
{
	struct risk *r = e_firm();
	struct risk_hold h = new_order(r, 600);
	struct risk_order o = limit_order("A", "X", '1', 1001, PX(10000));
	struct risk_verdict v;

	(void)state;
	assert_int_equal(risk_check_replace(r, &o, h, at_ns(0), &v), 1);
	assert_int_equal(v.code, RISK_POS_LONG);
	assert_int_equal(open_buys(r), 600);
	risk_free(r);
}

static void
a_replace_reserves_the_dearer_of_old_and_new(void **state)
{
	struct risk *r = wide_firm();
	struct risk_hold held = { 10 * E8, 1000 * E8 };
	struct risk_order o = limit_order("A", "X", '1', 5, PX(30000));
	struct risk_verdict v;

	(void)state;
	assert_int_equal(risk_check_replace(r, &o, held, at_ns(0), &v), 0);
	assert_int_equal(v.hold.qty_e8, 10 * E8);        /* the old */
	assert_int_equal(v.hold.notional_e8, 1500 * E8); /* the new */
	o.cum_e8 = 7 * E8; /* filled over the new quantity */
	assert_int_equal(risk_check_replace(r, &o, held, at_ns(0), &v), 0);
	assert_int_equal(v.hold.notional_e8, 1000 * E8);
	risk_free(r);
}

static void
an_overfill_is_never_refused(void **state)
{
	struct risk *r = e_firm();
	struct risk_hold h = new_order(r, 600), none = { 0, 0 };
	const struct risk_position *p;

	(void)state;
	p = risk_fill(
	    r, fix_span_of("A"), fix_span_of("X"), '1', 5000 * E8, PX(10000));
	rehold(r, h, none, -1);
	assert_int_equal(p->qty_e8, 5000 * E8);
	assert_int_equal(buy(r, "A", "X", 1), RISK_POS_LONG);
	assert_int_equal(sell(r, "A", "X", 5000), RISK_OK);
	risk_free(r);
}

/* E7, P1 to P3: many accounts, random events, against sums made anew. */

enum { N_ORDER = 64, N_ACCOUNT = 3, N_SYMBOL = 3 };

static const char *const accounts[] = { "A", "B", "C" };
static const char *const symbols[] = { "X", "Y", "Z" };

struct live {
	bool live, pending;
	unsigned account, symbol;
	char side;
	int64_t qty, cum, new_qty; /* shares */
	struct risk_hold hold;
};

struct model {
	struct risk *r;
	uint64_t seed;
	struct live order[N_ORDER];
	int64_t pos[N_ACCOUNT][N_SYMBOL];
};

static uint64_t
dice(struct model *m, uint64_t n)
{
	m->seed = m->seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (m->seed >> 33) % n;
}

static void
model_hold(struct model *m, struct live *o, int64_t leaves, int opened)
{
	struct risk_hold is = shares(leaves < 0 ? 0 : leaves);

	risk_rehold(m->r, fix_span_of(accounts[o->account]),
	    fix_span_of(symbols[o->symbol]), o->side, o->hold, is, opened);
	o->hold = is;
	if (opened < 0)
		o->live = false;
}

static void
model_new(struct model *m, struct live *o)
{
	struct risk_verdict v;
	struct risk_order ro;

	o->account = (unsigned)dice(m, N_ACCOUNT);
	o->symbol = (unsigned)dice(m, N_SYMBOL);
	o->side = dice(m, 2) == 0 ? '1' : '2';
	o->qty = 1 + (int64_t)dice(m, 400);
	o->cum = 0;
	o->pending = false;
	ro = limit_order(accounts[o->account], symbols[o->symbol], o->side,
	    o->qty, PX(10000));
	if (risk_check_new(m->r, &ro, at_ns(0), &v) != 0)
		return;
	o->live = true;
	o->hold = v.hold;
}

static void
model_replace(struct model *m, struct live *o)
{
	struct risk_verdict v;
	struct risk_order ro;

	o->new_qty = o->cum + (int64_t)dice(m, 500);
	ro = limit_order(accounts[o->account], symbols[o->symbol], o->side,
	    o->new_qty, PX(10000));
	ro.cum_e8 = o->cum * E8;
	if (risk_check_replace(m->r, &ro, o->hold, at_ns(0), &v) != 0)
		return;
	o->pending = true;
	o->hold = v.hold;
}

static int64_t
larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void
model_fill(struct model *m, struct live *o)
{
	int64_t leaves = o->qty - o->cum, x;
	wide before, after;
	struct holding *h =
	    holding(m->r, accounts[o->account], symbols[o->symbol]);

	if (leaves == 0)
		return;
	x = 1 + (int64_t)dice(m, (uint64_t)leaves);
	before = o->side == '1' ? h->pos.qty_e8 + h->buys_e8
				: h->sells_e8 - h->pos.qty_e8;
	o->cum += x;
	m->pos[o->account][o->symbol] += o->side == '1' ? x : -x;
	risk_fill(m->r, fix_span_of(accounts[o->account]),
	    fix_span_of(symbols[o->symbol]), o->side, x * E8, PX(10000));
	leaves = o->qty - o->cum;
	if (o->pending)
		leaves = larger(leaves, o->new_qty - o->cum);
	if (leaves == 0)
		model_hold(m, o, 0, -1);
	else if (leaves * E8 < o->hold.qty_e8)
		model_hold(m, o, leaves, 0);
	after = o->side == '1' ? h->pos.qty_e8 + h->buys_e8
			       : h->sells_e8 - h->pos.qty_e8;
	assert_true(after == before); /* P3 */
}

static void
model_answer(struct model *m, struct live *o)
{
	if (dice(m, 2) == 0)
		o->qty = larger(o->new_qty, o->cum);
	o->pending = false;
	if (o->qty == o->cum)
		model_hold(m, o, 0, -1);
	else
		model_hold(m, o, o->qty - o->cum, 0);
}

static void
model_bust(struct model *m, struct live *o)
{
	if (o->cum == 0)
		return;
	o->cum--;
	m->pos[o->account][o->symbol] -= o->side == '1' ? 1 : -1;
	risk_fill(m->r, fix_span_of(accounts[o->account]),
	    fix_span_of(symbols[o->symbol]), o->side, -E8, PX(10000));
	if (o->live)
		model_hold(m, o, o->hold.qty_e8 / E8 + 1, 0);
}

static void
model_step(struct model *m)
{
	struct live *o = &m->order[dice(m, N_ORDER)];

	if (!o->live) {
		if (dice(m, 20) == 0)
			model_bust(m, o);
		else
			model_new(m, o);
		return;
	}
	switch (dice(m, 6)) {
	case 0:
		model_hold(m, o, 0, -1); /* canceled */
		break;
	case 1:
		model_bust(m, o);
		break;
	case 2:
		if (o->pending)
			model_answer(m, o);
		else
			model_replace(m, o);
		break;
	default:
		model_fill(m, o);
	}
}

struct sums {
	wide buys, sells, buy_notional, sell_notional;
	int64_t open;
};

static struct sums
sums_of(const struct model *m, unsigned a, unsigned s)
{
	struct sums t = { 0 };
	unsigned i;

	for (i = 0; i < N_ORDER; i++) {
		const struct live *o = &m->order[i];

		if (!o->live || o->account != a || o->symbol != s)
			continue;
		t.open++;
		if (o->side == '1') {
			t.buys += o->hold.qty_e8;
			t.buy_notional += o->hold.notional_e8;
		} else {
			t.sells += o->hold.qty_e8;
			t.sell_notional += o->hold.notional_e8;
		}
	}
	return t;
}

static void
compare_holdings(const struct model *m)
{
	unsigned a, s;

	for (a = 0; a < N_ACCOUNT; a++)
		for (s = 0; s < N_SYMBOL; s++) {
			struct sums t = sums_of(m, a, s);
			struct holding *h =
			    holding(m->r, accounts[a], symbols[s]);

			assert_int_equal(h->pos.qty_e8, m->pos[a][s] * E8);
			assert_true(h->buys_e8 == t.buys);
			assert_true(h->sells_e8 == t.sells);
			assert_true(h->buy_notional_e8 == t.buy_notional);
			assert_true(h->sell_notional_e8 == t.sell_notional);
			assert_int_equal(h->open, t.open);
		}
}

static wide
above(wide v)
{
	return v > 0 ? v : 0;
}

/* What a use must be: all holdings that count in it, added up. */
static void
compare_use(const struct model *m, const struct use *u)
{
	struct use sum = { .open = 0 };
	const struct holding *h;
	unsigned i;

	for (h = m->r->first_holding; h != NULL; h = h->next)
		for (i = 0; i < h->n_all; i++) {
			if (h->all[i] != u)
				continue;
			sum.long_e8 += above(h->pos.qty_e8 + h->buys_e8);
			sum.short_e8 += above(h->sells_e8 - h->pos.qty_e8);
			sum.buy_e8 += h->buy_notional_e8;
			sum.sell_e8 += h->sell_notional_e8;
			sum.open += h->open;
		}
	assert_true(sum.long_e8 == u->long_e8);
	assert_true(sum.short_e8 == u->short_e8);
	assert_true(sum.buy_e8 == u->buy_e8);
	assert_true(sum.sell_e8 == u->sell_e8);
	assert_int_equal(sum.open, u->open);
}

static void
compare(const struct model *m)
{
	const struct link *l;
	size_t i;

	compare_holdings(m);
	for (i = 0; i < m->r->uses.n_bucket; i++)
		for (l = m->r->uses.bucket[i]; l != NULL; l = l->next)
			compare_use(m, (const struct use *)l);
}

static void
e7_sums_kept_equal_sums_made_anew(void **state)
{
	struct model m = { .r = wide_firm(), .seed = 1 };
	struct risk_limits l = unlimited();
	long i;

	(void)state;
	l.max_long_e8 = l.max_short_e8 = 3000 * E8;
	l.max_open_notional_e8 = 200000 * E8;
	limit(m.r, RISK_SCOPE_ACCOUNT, "A", l);
	limit(m.r, RISK_SCOPE_GROUP, "G", l);
	for (i = 0; i < 1000000; i++) {
		model_step(&m);
		if (i % 1000 == 0)
			compare(&m);
		if (i % 100000 == 50000)
			assert_int_equal(
			    risk_add_account(m.r, "C", dice(&m, 2) ? "G" : ""),
			    0);
	}
	compare(&m);
	risk_free(m.r);
}

/* P2: without busts and cuts, all that was accepted may fill. */
static void
p2_no_sequence_of_accepted_orders_breaks_a_limit(void **state)
{
	struct model m = { .r = wide_firm(), .seed = 7 };
	struct risk_limits l = unlimited();
	unsigned s, n;
	long i;

	(void)state;
	l.max_long_e8 = l.max_short_e8 = 1000 * E8;
	limit(m.r, RISK_SCOPE_FIRM, "", l);
	for (i = 0; i < 100000; i++) {
		struct live *o = &m.order[dice(&m, N_ORDER)];

		if (!o->live)
			model_new(&m, o);
		else if (dice(&m, 4) == 0)
			model_hold(&m, o, 0, -1);
		else
			model_fill(&m, o);
		for (s = 0; s < N_SYMBOL; s++) {
			int64_t sum = 0;

			for (n = 0; n < N_ACCOUNT; n++)
				sum += larger(m.pos[n][s], 0);
			assert_true(sum <= 1000);
		}
	}
	risk_free(m.r);
}

static void
checks_fills_and_holds_allocate_nothing(void **state)
{
	struct model m = { .r = wide_firm(), .seed = 3 };
	struct risk_limits l = unlimited();
	struct risk_verdict v;
	struct risk_order o = limit_order("NOBODY", "NOTHING", '1', 1, E8);
	unsigned long before;
	long i;

	(void)state;
	l.orders_per_s = 1000000;
	limit(m.r, RISK_SCOPE_SESSION, "1", l);
	limit(m.r, RISK_SCOPE_CLASS, "EQ", l);
	before = allocations;
	for (i = 0; i < 20000; i++) {
		model_step(&m);
		(void)!risk_check_new(m.r, &o, at_ns(i), &v);
		risk_count_cancel(m.r, 1, at_ns(i));
	}
	assert_int_equal(allocations, before);
	risk_free(m.r);
	assert_true(allocations > 0); /* the counter does count */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(e1_a_pending_raise_is_reserved),
		cmocka_unit_test(e2_a_pending_cut_frees_nothing_before_its_ack),
		cmocka_unit_test(e3_a_fill_while_a_replace_is_pending),
		cmocka_unit_test(e4_an_order_in_doubt_stays_reserved),
		cmocka_unit_test(e5_two_pending_replaces_and_both_refused),
		cmocka_unit_test(e6_a_bust_after_the_cancel_reserves_nothing),
		cmocka_unit_test(a_refused_replace_changes_no_reservation),
		cmocka_unit_test(a_replace_reserves_the_dearer_of_old_and_new),
		cmocka_unit_test(an_overfill_is_never_refused),
		cmocka_unit_test(e7_sums_kept_equal_sums_made_anew),
		cmocka_unit_test(
		    p2_no_sequence_of_accepted_orders_breaks_a_limit),
		cmocka_unit_test(checks_fills_and_holds_allocate_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
