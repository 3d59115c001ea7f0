/*
 * The desk and the controls that look at live orders and at executions: R-14
 * with cancels and replaces under way, R-17 over a restart.
 */
#include <stdio.h>

#include "risk/alert.h"
#include "tests/gateway/order/rig.h"

static void
rules_of(struct rig *r, enum risk_scope kind, const char *id,
    struct risk_rules rules)
{
	assert_int_equal(risk_set_rules(r->risk, kind, id, &rules), 0);
}

static struct rig *
self_trade_rig(void)
{
	struct rig *r = rig_new(FIX_V_44);
	struct risk_rules rules = RISK_RULES_INIT;

	rules.self_trade = true;
	rules_of(r, RISK_SCOPE_FIRM, "", rules);
	return r;
}

static void
request(struct rig *r, char kind, const char *id, const char *orig, char side,
    int64_t px)
{
	struct fix_order o = { .kind = kind,
		.has = FIX_OH_ORDER_QTY | FIX_OH_PRICE,
		.cl_ord_id = fix_span_of(id),
		.orig_cl_ord_id = fix_span_of(orig),
		.symbol = fix_span_of("ABC"),
		.side = side,
		.ord_type = px == 0 ? '1' : '2',
		.order_qty = rig_dec(10 * FIX_E8),
		.price = rig_dec(px * FIX_E8) };

	rig_request(r, 1, &o, false);
}

static const struct order *
order_of(const struct rig *r, const char *id)
{
	return desk_find_client(r->desk, 1, fix_span_of(id));
}

static char
enter(struct rig *r, const char *id, char side, int64_t px)
{
	request(r, 'D', id, "", side, px);
	return order_status(order_of(r, id), FIX_V_44);
}

static void
venue(struct rig *r, const char *id, enum venue_event_kind kind, int64_t qty)
{
	const struct order *o = order_of(r, id);
	static unsigned n;
	char exec[16];
	struct venue_event e = { .kind = kind,
		.cl_ord_id = o->pending != '\0' && kind != VENUE_FILL ?
		    o->venue_request_id : o->venue_cl_ord_id,
		.exec_id = exec,
		.last_qty_e8 = qty * FIX_E8,
		.last_px_e8 = 100 * FIX_E8,
		.cum_qty_e8 = -1 };

	snprintf(exec, sizeof(exec), "E%u", ++n);
	rig_event(r, &e);
}

static void
r14_an_order_counts_until_its_cancel_is_done(void **state)
{
	struct rig *r = self_trade_rig();

	(void)state;
	assert_int_equal(enter(r, "S", '2', 100), 'A');
	venue(r, "S", VENUE_ACK, 0);
	assert_int_equal(enter(r, "B1", '1', 100), '8');
	assert_int_equal(enter(r, "B2", '1', 0), '8');
	request(r, 'F', "C", "S", '2', 0);
	assert_int_equal(enter(r, "B3", '1', 100), '8'); /* pending cancel */
	venue(r, "S", VENUE_CANCELED, 0);
	assert_int_equal(enter(r, "B4", '1', 100), 'A');
	rig_free(r);
}

static void
r14_both_prices_count_while_a_replace_is_pending(void **state)
{
	struct rig *r = self_trade_rig();

	(void)state;
	assert_int_equal(enter(r, "S", '2', 100), 'A');
	venue(r, "S", VENUE_ACK, 0);
	request(r, 'G', "S2", "S", '2', 105);
	assert_int_equal(enter(r, "B1", '1', 100), '8'); /* the old one */
	venue(r, "S", VENUE_REPLACED, 0);
	assert_int_equal(enter(r, "B2", '1', 104), 'A');
	request(r, 'G', "S3", "S", '2', 104); /* would meet B2 */
	assert_int_equal(order_of(r, "S")->price_e8, 105 * FIX_E8);
	assert_int_equal(order_of(r, "S")->pending, 0);
	request(r, 'G', "S4", "S", '2', 110);
	venue(r, "S", VENUE_CXL_REJECT, 0);
	assert_int_equal(enter(r, "B3", '1', 105), '8'); /* still there */
	venue(r, "S", VENUE_FILL, 10);
	assert_int_equal(enter(r, "B4", '1', 105), 'A');
	rig_free(r);
}

static void
r14_a_restart_finds_the_live_orders_again(void **state)
{
	struct rig *r = self_trade_rig();
	struct risk_rules rules = RISK_RULES_INIT;

	(void)state;
	assert_int_equal(enter(r, "S", '2', 100), 'A');
	venue(r, "S", VENUE_ACK, 0);
	rig_before_start(r);
	rules.self_trade = true;
	rules_of(r, RISK_SCOPE_FIRM, "", rules);
	desk_start(r->desk, r->now);
	r->venue.up = true;
	assert_int_equal(enter(r, "B1", '1', 100), '8');
	assert_int_equal(enter(r, "B2", '1', 99), 'A');
	rig_free(r);
}

/* N=3: fills of one order count once; the latch outlives the restart, and
 * the counter in its middle. */
static void
r17_three_orders_executed_and_no_more(void **state)
{
	struct rig *r = rig_new(FIX_V_44);
	struct risk_rules rules = RISK_RULES_INIT;

	(void)state;
	rules.max_executed = 3;
	rules_of(r, RISK_SCOPE_ACCOUNT, "ACC", rules);
	assert_int_equal(enter(r, "A", '1', 100), 'A');
	venue(r, "A", VENUE_FILL, 4);
	venue(r, "A", VENUE_FILL, 4);
	assert_int_equal(enter(r, "B", '1', 100), 'A');
	venue(r, "B", VENUE_FILL, 10);
	rig_before_start(r);
	rules_of(r, RISK_SCOPE_ACCOUNT, "ACC", rules);
	desk_start(r->desk, r->now);
	r->venue.up = true;
	assert_int_equal(enter(r, "C", '1', 100), 'A');
	venue(r, "C", VENUE_FILL, 1);
	assert_int_equal(enter(r, "D", '1', 100), '8');
	rig_restart(r);
	r->venue.up = true;
	assert_int_equal(enter(r, "E", '1', 100), '8');
	assert_int_equal(risk_rearm(r->risk, RISK_SCOPE_ACCOUNT, "ACC"), 0);
	desk_keep_risk(r->desk);
	rig_restart(r);
	r->venue.up = true;
	assert_int_equal(enter(r, "F", '1', 100), 'A');
	rig_free(r);
}

/* A price makes the loss; what is live is canceled, and the halt is kept. */
static void
r31_a_halt_by_losses_cancels_and_is_kept(void **state)
{
	struct rig *r = rig_new(FIX_V_44);
	struct risk_rules rules = RISK_RULES_INIT;
	struct venue_event mark = { .kind = VENUE_MARK,
		.symbol = "ABC",
		.last_px_e8 = 90 * FIX_E8,
		.cum_qty_e8 = -1 };
	unsigned sent;

	(void)state;
	rules.max_loss_e8 = 99 * FIX_E8;
	rules_of(r, RISK_SCOPE_ACCOUNT, "ACC", rules);
	assert_int_equal(enter(r, "A", '1', 100), 'A');
	venue(r, "A", VENUE_FILL, 10);
	assert_int_equal(enter(r, "B", '1', 99), 'A');
	venue(r, "B", VENUE_ACK, 0);
	sent = r->n_sent;
	rig_event(r, &mark); /* -100 */
	assert_int_equal(r->n_sent, sent + 1);
	assert_int_equal(r->sent[sent].kind, 'F');
	assert_true(r->n_alerts > 0);
	assert_int_equal(enter(r, "C", '1', 90), '8');
	rig_restart(r);
	r->venue.up = true;
	assert_int_equal(enter(r, "D", '1', 90), '8');
	assert_int_equal(risk_rearm(r->risk, RISK_SCOPE_ACCOUNT, "ACC"), 0);
	assert_int_equal(enter(r, "E", '1', 90), 'A');
	rig_free(r);
}

static void
alerts_reach_the_operator(void **state)
{
	struct rig *r = rig_new(FIX_V_44);
	struct risk_limits l;

	(void)state;
	assert_true(
	    risk_get_limits(r->risk, RISK_SCOPE_ACCOUNT, "ACC", &l));
	l.max_open_orders = 1;
	assert_int_equal(
	    risk_set_limits(r->risk, RISK_SCOPE_ACCOUNT, "ACC", &l), 0);
	risk_watch(r->risk);
	assert_int_equal(enter(r, "A", '1', 100), 'A');
	assert_int_equal(r->n_alerts, 1);
	assert_non_null(strstr(r->alerts[0], "open orders account ACC is at "
	    "100 % of its limit: 1 of 1 (orders)"));
	venue(r, "A", VENUE_FILL, 10);
	assert_int_equal(r->n_alerts, 2);
	assert_non_null(strstr(r->alerts[1], "is below"));
	rig_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(r14_an_order_counts_until_its_cancel_is_done),
		cmocka_unit_test(
		    r14_both_prices_count_while_a_replace_is_pending),
		cmocka_unit_test(r14_a_restart_finds_the_live_orders_again),
		cmocka_unit_test(r17_three_orders_executed_and_no_more),
		cmocka_unit_test(alerts_reach_the_operator),
		cmocka_unit_test(r31_a_halt_by_losses_cancels_and_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
