/*
 * P3 to P9 of section 14 of the pre-trade controls, whatever happens.
 *
 * Events are drawn at random and played against the real library. A case that
 * breaks a promise is made smaller, by leaving events out, before it is printed.
 * Each promise has its control: the same events with one protection taken away
 * must break it, and come down to a handful.
 */
#include "risk/tape.h"
#include "tests/risk/promises.h"

struct live {
	struct risk_order o;
	struct risk_hold hold;
	int64_t leaves;
	bool is;
};

struct world {
	struct risk *r;
	struct live live[SLOTS];
	struct fix_now now;
};

static const char *const accounts[] = { "A", "B" }, *const symbols[] = { "X",
	"Y" };

static struct risk_order
order_of(const struct event *e)
{
	struct risk_order o = limit_order(accounts[e->account],
	    symbols[e->symbol], e->side, e->n, PX(9000 + e->n % 20 * 100));

	if (e->n % 8 == 0)
		o.kind = RISK_KIND_LIMIT_CLOSE; /* which many_rules() refuse */
	return o;
}

static bool
enter(struct world *w, const struct event *e, struct risk_verdict *v)
{
	struct live *l = &w->live[e->slot];
	struct risk_order o = order_of(e);
	struct risk_hold none = { 0, 0 };

	if (l->is) {
		risk_rehold(w->r, l->o.account, l->o.symbol, l->o.side, l->hold,
		    none, -1);
		l->is = false;
	}
	if (risk_check_new(w->r, &o, w->now, v) != 0)
		return false;
	*l = (struct live){ o, v->hold, e->n, true };
	return true;
}

/* The venue fills some of it, or ends it. */
static void
shrink_order(struct world *w, const struct event *e)
{
	struct live *l = &w->live[e->slot];
	int64_t fill = e->kind == FILL ? e->n : 0;
	struct risk_hold is = { 0, 0 };

	if (!l->is)
		return;
	if (fill > l->leaves)
		fill = l->leaves;
	if (fill > 0)
		risk_fill(w->r, l->o.account, l->o.symbol, l->o.side, fill * E8,
		    l->o.price_e8);
	l->leaves -= fill;
	l->is = e->kind == FILL && l->leaves > 0;
	if (l->is)
		is = risk_hold_of(w->r, &l->o, l->leaves * E8);
	if (l->is && is.notional_e8 > l->hold.notional_e8)
		is.notional_e8 = l->hold.notional_e8;
	risk_rehold(w->r, l->o.account, l->o.symbol, l->o.side, l->hold, is,
	    l->is ? 0 : -1);
	l->hold = is;
}

static struct risk_limits
some_limits(int64_t n)
{
	struct risk_limits l = unlimited();

	l.max_order_qty_e8 = n * E8;
	l.max_long_e8 = l.max_short_e8 = n * 3 * E8;
	l.max_open_orders = n / 20;
	l.max_open_notional_e8 = n * 500 * E8;
	return l;
}

static void
begin(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->r = bare_firm();
	w->now = at_ns(0);
	limit(w->r, RISK_SCOPE_FIRM, "", unlimited());
}

static void
later(struct world *w, int64_t ns)
{
	w->now.mono.ns += ns;
	w->now.utc.ns += ns;
}

static void
mark(struct world *w, const struct event *e)
{
	assert_int_equal(risk_set_ref(w->r, fix_span_of(symbols[e->symbol]),
	    PX(9500 + e->n * 3), w->now.mono), 0);
}

/* ----- P3: a fill leaves the worst case of its side as it was ----- */

static const char *
fills_leave_the_worst_case(const struct event *e, unsigned n, bool broken)
{
	struct risk_sums was, is;
	struct risk_verdict v;
	const char *why = NULL;
	struct world w;

	begin(&w);
	for (unsigned i = 0; i < n && why == NULL; i++) {
		struct live *l = &w.live[e[i].slot];
		bool fills = e[i].kind == FILL && l->is;
		char side = l->o.side;

		if (fills)
			was = risk_get_sums(w.r, l->o.account, l->o.symbol);
		if (e[i].kind == NEW)
			(void)enter(&w, &e[i], &v);
		else
			shrink_order(&w, &e[i]);
		if (!fills)
			continue;
		if (broken) /* it counts twice */
			risk_fill(w.r, l->o.account, l->o.symbol, side, E8,
			    E8);
		is = risk_get_sums(w.r, l->o.account, l->o.symbol);
		if (side == '1' ? was.position_e8 + was.buys_e8 !=
			    is.position_e8 + is.buys_e8
				: was.sells_e8 - was.position_e8 !=
			    is.sells_e8 - is.position_e8)
			why = "P3: a fill has moved the worst case";
	}
	risk_free(w.r);
	return why;
}

/* ----- P4: cancels are never refused, and cost orders nothing ----- */

static const char *
cancels_cost_orders_nothing(const struct event *e, unsigned n, bool broken)
{
	struct risk_verdict with, without;
	struct risk_limits l = unlimited();
	const char *why = NULL;
	struct world a, b;

	begin(&a);
	begin(&b);
	l.orders_per_s = l.order_burst = 5;
	l.cancels_per_s = 1;
	limit(a.r, RISK_SCOPE_SESSION, "1", l);
	limit(b.r, RISK_SCOPE_SESSION, "1", l);
	for (unsigned i = 0; i < n && why == NULL; i++) {
		later(&a, e[i].n * FIX_MSEC);
		later(&b, e[i].n * FIX_MSEC);
		if (e[i].kind == NEW) {
			if (enter(&a, &e[i], &with) !=
				enter(&b, &e[i], &without) ||
			    with.code != without.code)
				why = "P4: an order was refused for a cancel";
		} else if (broken) {
			struct risk_order o = order_of(&e[i]);
			int rc = risk_check_new(a.r, &o, a.now, &with);

			if (rc == 0)
				risk_rehold(a.r, o.account, o.symbol, o.side,
				    with.hold, (struct risk_hold){ 0, 0 }, -1);
		} else {
			risk_count_cancel(a.r, 1, a.now);
		}
	}
	risk_free(a.r);
	risk_free(b.r);
	return why;
}

/* ----- everything, for P5, P7 and P9 ----- */

/* The client limits its account, or does no more. */
static void
own(struct world *w, const struct event *e)
{
	struct risk_limits l = some_limits(e->n);
	const char *id = accounts[e->account];

	if (e->n % 3 == 0)
		risk_unset_limits(
		    w->r, RISK_OWNER_CLIENT, RISK_SCOPE_ACCOUNT, id);
	else
		assert_int_equal(risk_set_owned(w->r, RISK_OWNER_CLIENT,
		    RISK_SCOPE_ACCOUNT, id, &l), 0);
}

static bool
anything(struct world *w, const struct event *e, struct risk_verdict *v)
{
	struct live *l = &w->live[e->slot];
	struct risk_order o;

	later(w, e->n * FIX_MSEC);
	v->code = RISK_N_CODE;
	switch (e->kind) {
	case NEW:
		(void)enter(w, e, v);
		break;
	case FILL:
		if (l->is)
			risk_executed(w->r, 1, l->o.account, l->o.symbol);
		shrink_order(w, e);
		break;
	case END:
		shrink_order(w, e);
		break;
	case CHANGE:
		if (!l->is)
			break;
		o = l->o;
		o.qty_e8 = e->n * E8;
		if (risk_check_replace(w->r, &o, l->hold, w->now, v) == 0) {
			l->o = o;
			l->hold = v->hold;
			l->leaves = e->n;
		}
		break;
	case CANCEL:
		risk_count_cancel(w->r, 1, w->now);
		break;
	case MARK:
		mark(w, e);
		break;
	case LIMIT:
		limit(w->r, RISK_SCOPE_ACCOUNT, accounts[e->account],
		    some_limits(e->n));
		break;
	case NEXT_DAY:
		if (e->n % 10 == 0)
			later(w, FIX_DAY);
		break;
	case RESTART:
		risk_restarted(w->r, w->now);
		break;
	case STRAY: /* a fill of no order; whoever asks changes nothing */
		risk_fill(w->r, fix_span_of(accounts[e->account]),
		    fix_span_of(symbols[e->symbol]), e->side, e->n * E8,
		    PX(10000));
		if (e->slot % 2 == 0)
			(void)risk_breach_next(w->r, &(struct risk_breach){ 0 });
		break;
	case OWNED:
		own(w, e);
		break;
	case N_KIND:
		break;
	}
	return v->code != RISK_N_CODE;
}

static void
many_rules(struct risk *r, int64_t max_executed, int64_t max_loss)
{
	struct risk_rules l = RISK_RULES_INIT;

	l.ord_types = ~(1u << RISK_KIND_LIMIT_CLOSE);
	l.max_gross_e8 = 200000 * E8;
	l.max_turnover_e8 = 400000 * E8;
	l.dup_max = 2;
	l.dup_window_ns = FIX_SEC;
	l.max_executed = max_executed;
	l.max_loss_e8 = max_loss;
	assert_int_equal(risk_set_rules(r, RISK_SCOPE_ACCOUNT, "A", &l), 0);
	assert_int_equal(risk_set_rules(r, RISK_SCOPE_ACCOUNT, "B", &l), 0);
}

/* ----- P5: the tape gives the same decisions ----- */

static const char *
the_tape_gives_the_same(const struct event *e, unsigned n, bool broken)
{
	struct risk_player *p = risk_player_new();
	struct risk_played played;
	struct risk_verdict v;
	struct fix_span tape;
	const char *why = NULL;
	unsigned skip = 0;
	struct world w;
	int rc;

	assert_non_null(p);
	memset(&w, 0, sizeof(w));
	w.now = at_ns(0);
	w.r = risk_new(5 * FIX_SEC);
	assert_int_equal(risk_tape_begin(w.r), 0);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(risk_add_account(w.r, accounts[i], "G"), 0);
		add_symbol(w.r, symbols[i], "EQ", 0, 0, E8);
		(void)risk_set_ref(w.r, fix_span_of(symbols[i]), PX(10000),
		    w.now.mono);
	}
	limit(w.r, RISK_SCOPE_FIRM, "", unlimited());
	many_rules(w.r, 5, RISK_UNLIMITED);
	for (unsigned i = 0; i < n; i++)
		(void)anything(&w, &e[i], &v);
	assert_false(risk_tape_torn(w.r));
	tape = risk_tape(w.r);
	for (;;) {
		struct fix_span ahead = tape;

		rc = risk_tape_read(&ahead, &played);
		if (broken && rc == 1 && played.call == RISK_CALL_HOLD &&
		    skip++ == 0) { /* one entry is lost */
			tape = ahead;
			continue;
		}
		rc = risk_play(p, &tape, &played);
		if (rc != 1)
			break;
		if ((played.call == RISK_CALL_CHECK ||
			played.call == RISK_CALL_REPLACE) &&
		    !risk_verdict_same(&played.was, &played.is))
			why = "P5: a decision comes out otherwise";
	}
	if (rc != 0)
		why = "P5: the tape does not play";
	for (unsigned i = 0; i < 4 && why == NULL; i++) {
		struct fix_span a = fix_span_of(accounts[i / 2]);
		struct fix_span s = fix_span_of(symbols[i % 2]);
		struct risk_sums was = risk_get_sums(w.r, a, s);
		struct risk_sums is =
		    risk_get_sums(risk_player_risk(p), a, s);

		if (memcmp(&was, &is, sizeof(is)) != 0)
			why = "P5: the sums come out otherwise";
	}
	risk_player_free(p);
	risk_free(w.r);
	return why;
}

/* ----- P6: tighter limits never let pass what wider ones refused ----- */

static const char *
tighter_never_lets_pass(const struct event *e, unsigned n, bool broken)
{
	struct risk_verdict wide, tight;
	const char *why = NULL;
	struct world a, b;
	int64_t at = 1;

	begin(&a);
	begin(&b);
	for (unsigned i = 0; i < n && why == NULL; i++) {
		const struct event *x = &e[i];
		struct risk_order o = order_of(x);

		if (x->kind == LIMIT)
			at = x->n;
		if (x->kind == NEW)
			(void)enter(&a, x, &wide), (void)enter(&b, x, &tight);
		else
			shrink_order(&a, x), shrink_order(&b, x);
		/* Both hold the same: now one is tighter. */
		limit(a.r, RISK_SCOPE_ACCOUNT, "A", some_limits(at + 20));
		limit(b.r, RISK_SCOPE_ACCOUNT, "A",
		    some_limits(broken ? at + 40 : at + x->n % 20));
		o.account = fix_span_of("A");
		if (risk_check_new(a.r, &o, a.now, &wide) == 0)
			risk_rehold(a.r, o.account, o.symbol, o.side, wide.hold,
			    (struct risk_hold){ 0, 0 }, -1);
		if (risk_check_new(b.r, &o, b.now, &tight) == 0)
			risk_rehold(b.r, o.account, o.symbol, o.side,
			    tight.hold, (struct risk_hold){ 0, 0 }, -1);
		if (wide.code != RISK_OK && tight.code == RISK_OK)
			why = "P6: tighter limits let it pass";
		limit(a.r, RISK_SCOPE_ACCOUNT, "A", unlimited());
		limit(b.r, RISK_SCOPE_ACCOUNT, "A", unlimited());
	}
	risk_free(a.r);
	risk_free(b.r);
	return why;
}

/* ----- P7: in which order things were set up does not matter ----- */

static struct risk *
other_way_round(bool broken)
{
	struct risk *r = risk_new(5 * FIX_SEC);
	char name[8];

	assert_non_null(r);
	for (unsigned i = 0; i < 40; i++) { /* other numbers, fuller maps */
		snprintf(name, sizeof(name), "Q%u", i);
		assert_int_equal(risk_add_account(r, name, "H"), 0);
	}
	add_symbol(r, "Y", "EQ", 0, 0, E8);
	assert_int_equal(risk_add_account(r, "C", ""), 0);
	assert_int_equal(risk_add_account(r, "B", broken ? "" : "G"), 0);
	add_symbol(r, "X", "EQ", 0, 0, E8);
	assert_int_equal(risk_add_account(r, "A", "G"), 0);
	for (unsigned i = 2; i-- > 0;)
		assert_int_equal(risk_set_ref(r, fix_span_of(symbols[i]),
		    PX(10000), (struct fix_mono){ 0 }), 0);
	return r;
}

static const char *
the_order_of_maps_does_not_matter(
    const struct event *e, unsigned n, bool broken)
{
	struct risk_verdict one, two;
	const char *why = NULL;
	struct world a, b;

	begin(&a);
	begin(&b);
	risk_free(b.r);
	b.r = other_way_round(broken);
	limit(b.r, RISK_SCOPE_FIRM, "", unlimited());
	limit(a.r, RISK_SCOPE_GROUP, "G", some_limits(200));
	limit(b.r, RISK_SCOPE_GROUP, "G", some_limits(200));
	many_rules(a.r, RISK_UNLIMITED, RISK_UNLIMITED);
	many_rules(b.r, RISK_UNLIMITED, RISK_UNLIMITED);
	for (unsigned i = 0; i < n && why == NULL; i++) {
		bool asked = anything(&a, &e[i], &one);

		if (anything(&b, &e[i], &two) != asked)
			why = "P7: another order is live";
		else if (asked && !risk_verdict_same(&one, &two))
			why = "P7: another order of set-up, another decision";
	}
	risk_free(a.r);
	risk_free(b.r);
	return why;
}

/* ----- P8: no number is too great ----- */

static int64_t
great(int64_t n)
{
	static const int64_t some[] = { INT64_MAX, INT64_MIN, INT64_MAX / 2, 1,
		-1, INT64_MAX - E8, 3037000500, 100 * E8 };

	return some[n % 8];
}

static const char *
no_number_is_too_great(const struct event *e, unsigned n, bool broken)
{
	const char *why = NULL;
	struct risk_verdict v;
	struct world w;

	begin(&w);
	for (unsigned i = 0; i < n && why == NULL; i++) {
		struct risk_order o = order_of(&e[i]);
		__int128 exact;

		o.qty_e8 = great(e[i].n);
		o.price_e8 = great(e[i].n / 8);
		if (e[i].kind == FILL)
			risk_fill(w.r, o.account, o.symbol, o.side, o.qty_e8,
			    o.price_e8);
		if (e[i].kind != NEW ||
		    risk_check_new(w.r, &o, w.now, &v) != 0)
			continue;
		exact = (__int128)o.qty_e8 * o.price_e8;
		exact = ((exact < 0 ? -exact : exact) + E8 - 1) / E8;
		if (broken) /* as 64 bits would have it */
			v.hold.notional_e8 = (int64_t)((uint64_t)o.qty_e8 *
			    (uint64_t)o.price_e8) / E8;
		if (v.hold.qty_e8 != o.qty_e8 || v.hold.notional_e8 < exact)
			why = "P8: less is reserved than the order can cost";
	}
	risk_free(w.r);
	return why;
}

/* ----- P9: a latch is cleared by a person alone ----- */

static struct risk *
remembered(struct risk *old)
{
	struct risk *r = bare_firm();
	uint8_t key[RISK_MEMORY_KEY];
	const struct risk_memory *m;
	size_t n;

	limit(r, RISK_SCOPE_FIRM, "", unlimited());
	many_rules(r, 3, 500 * E8);
	while (risk_changed(old, key, &n, &m)) {
		struct fix_span k = { key, n };
		struct fix_span v = { (const uint8_t *)m, sizeof(*m) };

		assert_int_equal(risk_remember(r, k, v), 0);
	}
	risk_free(old);
	return r;
}

static void
rearm(struct risk *r, unsigned account)
{
	int rc = risk_rearm(r, RISK_SCOPE_ACCOUNT, accounts[account]);

	assert_true(rc == 0 || rc == -FIX_E_NOTFOUND);
}

static const char *
only_a_person_clears_a_latch(const struct event *e, unsigned n, bool broken)
{
	bool latched[2] = { false, false };
	const char *why = NULL;
	struct risk_verdict v;
	struct world w;

	begin(&w);
	many_rules(w.r, 3, 500 * E8);
	for (unsigned i = 0; i < n && why == NULL; i++) {
		unsigned a = e[i].account;

		if (e[i].kind == RESTART && i + 1 == n) {
			w.r = remembered(w.r);
			memset(w.live, 0, sizeof(w.live));
			continue;
		}
		if (e[i].kind == CANCEL && e[i].n % 20 == 0) {
			latched[a] = false; /* a person */
			rearm(w.r, a);
			continue;
		}
		if (broken && e[i].kind == NEXT_DAY) /* nobody */
			rearm(w.r, a);
		if (!anything(&w, &e[i], &v) || e[i].kind != NEW)
			continue;
		if (v.code == RISK_OK && latched[a])
			why = "P9: a latch was cleared by nobody";
		latched[a] = latched[a] || v.code == RISK_REPEAT_EXEC ||
			     v.code == RISK_LOSS_HALT;
	}
	risk_free(w.r);
	return why;
}

#define P(name)                                                                \
	static void p_##name(void **state)                                     \
	{                                                                      \
		(void)state;                                                   \
		holds(name);                                                   \
	}
P(fills_leave_the_worst_case)
P(cancels_cost_orders_nothing)
P(the_tape_gives_the_same)
P(tighter_never_lets_pass)
P(the_order_of_maps_does_not_matter)
P(no_number_is_too_great)
P(only_a_person_clears_a_latch)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(p_fills_leave_the_worst_case),
		cmocka_unit_test(p_cancels_cost_orders_nothing),
		cmocka_unit_test(p_the_tape_gives_the_same),
		cmocka_unit_test(p_tighter_never_lets_pass),
		cmocka_unit_test(p_the_order_of_maps_does_not_matter),
		cmocka_unit_test(p_no_number_is_too_great),
		cmocka_unit_test(p_only_a_person_clears_a_latch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
