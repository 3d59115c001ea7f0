/*
 * Whose limits people may ask for and change: every scope, of every owner, and
 * no names that nothing has; and which ones somebody should look through.
 */
#include "tests/gateway/trader/limits.h"

/* limits of others than the firm, by the same rules. */
static void
limits_of_other_owners_are_changed_too(void **state)
{
	struct rig *r = started();
	struct rig_conn *c = trading(r, 1);

	(void)state;
	DOES("ann", "risk get client account DEMO", "version=1\nno limits\n");
	DOES("ann", "risk put client account DEMO if=1 MaxOrderQty=9",
	    "ok: version 2");
	DOES("ann", "risk get client account DEMO",
	    "MaxOrderQty=9\nMaxOrderNotional=unlimited\n");
	DOES("ann", "risk get account DEMO", "MaxOrderQty=unlimited\n");
	rig_say(r, c, rig_order(2, "A1", 10, "90"));
	assert_true(rig_sent(c, "scope=ACCOUNT:DEMO owner=client lim=9 val=10"));
	DOES("ann", "risk put client account DEMO if=2 MaxOrderQty=10",
	    "error: this loosens MaxOrderQty");
	DOES("ann", "risk propose client account DEMO if=2 MaxOrderQty=10",
	    "ok: proposal 1");
	DOES("bob", "risk history", "1 of ann for client account DEMO waits");
	DOES("bob", "risk approve 1", "ok: version 3");
	/* for a while, where there was none: then there is none */
	DOES("ann", "risk put exchange symbol AAPL if=3 MaxOrderQty=8 for=30",
	    "ok: version 4");
	DOES("ann", "risk put CLEARING firm if=4 MaxOpenOrders=0", "ok");
	assert_int_equal(rig_turn(r), 0);
	restart(r);
	c = trading(r, 3);
	rig_say(r, c, rig_order(4, "A2", 9, "90"));
	assert_true(rig_sent(c, "scope=SYMBOL:AAPL owner=exchange lim=8 val=9"));
	rig_pass(r, 31);
	DOES("ann", "risk get exchange symbol AAPL", "version=6\nno limits");
	rig_clear(c);
	rig_say(r, c, rig_order(5, "A3", 9, "90"));
	assert_true(rig_sent(c, "RISK OPEN_ORDERS scope=FIRM"));
	DOES("ann", "risk history", "5 set clearing firm by ann\n");
	DOES("ann", "risk put client account DEMO if=6 MaxNet=1",
	    "error: MaxNet is the firm's alone; client has MaxOrderQty to "
	    "CancelsPerSecond");
	DOES("ann", "risk put client session CLIENTA if=6 MaxOrderQty=1",
	    "error: only the firm limits a session");
	DOES("ann", "risk get clearing", "error: expected firm, group");
	/* Where orders are blocked without them, the first ones open */
	risk_must_state(r->trader->risk, RISK_OWNER_EXCHANGE, true);
	DOES("ann", "risk put exchange symbol AAPL if=6 MaxOrderQty=8",
	    "error: this loosens a scope without limits");
	rig_free(r);
}

static void
names_that_nobody_has_are_told(void **state)
{
	struct rig *r = started();
	struct risk *k = r->trader->risk;
	const struct risk_grant g = { .sides = 1u << 1 | 1u << 6,
		.max_symbols = 3, .max_venues = RISK_UNLIMITED };

	(void)state;
	DOES("ann", "risk get account NONE", "error: there is no account NONE");
	DOES("ann", "risk put account NONE if=1 MaxLong=1", "no account NONE");
	DOES("ann", "risk propose group G if=1 MaxLong=1", "no group G");
	DOES("ann", "risk get client class C", "error: there is no class C");
	DOES("ann", "risk get symbol NONE", "error: there is no symbol NONE");
	DOES("ann", "risk get session NONE", "error: no session NONE");
	DOES("ann", "risk get venue SIM", "error: a venue has no limits");
	DOES("ann", "risk get trader T1", "error: there is no trader T1");
	assert_int_equal(risk_grant(k, "T1", &g), 0);
	assert_int_equal(risk_grant_to(k, "T1", RISK_SCOPE_SYMBOL, "AAPL"), 0);
	assert_int_equal(risk_grant_to(k, "T1", RISK_SCOPE_SYMBOL, "MSFT"), 0);
	assert_int_equal(risk_grant_to(k, "T1", RISK_SCOPE_VENUE, "1"), 0);
	DOES("ann", "risk get trader T1", "Sides=buy,exempt\nSymbols=AAPL,MSFT\n"
	    "Classes=\nVenues=SIM\nMaxSymbols=3\nMaxVenues=unlimited\n");
	DOES("ann", "risk put trader T1 if=1 MaxSymbols=1",
	    "error: what a trader may trade is changed in [RISK trader T1]");
	rig_free(r);
}

static void
days(struct rig *r, int n)
{
	for (; n > 0; n--)
		rig_pass(r, 86400);
}

/* As a process does when it has read its settings. */
static void
settled(struct rig *r)
{
	r->trader->cfg.limit_max_days = 40;
	r->trader->cfg.limit_idle_days = 30;
	assert_int_equal(trader_limits_start(r->trader), 0);
}

static void
r33_limits_nobody_sets_or_uses_are_told(void **state)
{
	struct rig *r = started();
	struct rig_conn *c;

	(void)state;
	settled(r);
	DOES("ann", "risk put account DEMO if=1 MaxOrderQty=1000 MaxLong=1000 "
		    "MaxOpenOrders=100", "ok");
	DOES("ann", "risk stale", "no stale limits\n");
	days(r, 29);
	DOES("ann", "risk stale", "no stale limits\n");
	assert_null(strstr(r->log, "limits are stale"));
	/* 1 % of the quantity, one order of a hundred, less than 1 % long */
	c = trading(r, 1);
	rig_say(r, c, rig_order(2, "A1", 9, "90"));
	assert_int_equal(rig_turn(r), 0);
	days(r, 1);
	assert_non_null(strstr(r->log, "2 limits are stale, too old or hardly"));
	DOES("ann", "risk stale", "account DEMO: less than 1 % of MaxLong=1000 was "
	    "used for 30 days\naccount DEMO: less than 1 % of MaxOrderQty=1000 was "
	    "used for 30 days\n");
	restart(r); /* what was used is kept, as what was not is */
	settled(r);
	DOES("ann", "risk stale", "MaxLong=1000 was used for 30 days\naccount");
	c = trading(r, 3);
	rig_say(r, c, rig_order(4, "A2", 10, "90"));
	assert_true(rig_sent(c, "|150=0|"));
	DOES("ann", "risk stale", "no stale limits\n");
	/* Twice: what a start does is kept, too */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(rig_turn(r), 0);
		restart(r);
		assert_int_equal(rig_turn(r), 0);
		settled(r);
		DOES("ann", "risk stale", "no stale limits\n");
	}
	/* What rests is used each day, an order on its own.
	 * Another limit of the scope makes this one no younger. */
	days(r, 20);
	DOES("ann", "risk put account DEMO if=2 MaxShort=1000", "ok");
	days(r, 10);
	DOES("ann", "json risk stale", "{\"stale\":[{\"scope\":\"firm\","
	    "\"id\":\"\",\"days\":60},{\"scope\":\"account\",\"id\":\"DEMO\","
	    "\"days\":30,\"limit\":\"MaxOrderQty\",\"value\":\"1000\"}]}");
	/* Nothing is refused for it */
	c = trading(r, 5);
	rig_say(r, c, rig_order(6, "A3", 1, "90"));
	assert_true(rig_sent(c, "|150=0|"));
	r->trader->cfg.limit_max_days = r->trader->cfg.limit_idle_days = 0;
	DOES("ann", "risk stale", "no stale limits\n");
	rig_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_of_other_owners_are_changed_too),
		cmocka_unit_test(names_that_nobody_has_are_told),
		cmocka_unit_test(r33_limits_nobody_sets_or_uses_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
