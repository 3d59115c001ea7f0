/* A settings file against what is in force: when it is read again, at a start. */
#include "risk/known.h"
#include "tests/gateway/trader/limits.h"

static const struct trader_scope demo = { RISK_OWNER_FIRM, RISK_SCOPE_ACCOUNT,
	"DEMO", "a.conf:7" };
static const struct trader_scope aapl = { RISK_OWNER_FIRM, RISK_SCOPE_SYMBOL,
	"AAPL", "a.conf:9" };

/* As SIGHUP does it, with another file each time. */
static void
reads_again(struct rig *r, int64_t qty, int64_t open_orders, unsigned waits)
{
	struct risk *k = r->trader->risk;
	struct limit_set s;

	assert_int_equal(trader_limits_hold(r->trader, &demo), 0);
	s = limit_set_of(k, RISK_SCOPE_ACCOUNT, "DEMO");
	s.limits.max_order_qty_e8 = qty * FIX_E8;
	s.limits.max_open_orders = open_orders;
	assert_int_equal(limit_set_use(&s, k, RISK_SCOPE_ACCOUNT, "DEMO"), 0);
	assert_int_equal(trader_limits_again(r->trader), 0);
	assert_int_equal(trader_limits_tighter(r->trader), waits);
	assert_int_equal(rig_turn(r), 0);
}

static void
a_file_tightens_at_once_and_loosens_by_a_person(void **state)
{
	struct rig *r = started();

	(void)state;
	reads_again(r, 100, 50, 0);
	reads_again(r, 200, 40, 1); /* looser here, tighter there */
	DOES("ann", "risk get account DEMO", "MaxOrderQty=100\n");
	DOES("ann", "risk get account DEMO", "MaxOpenOrders=40\n");
	DOES("ann", "risk history", "of settings for account DEMO waits");
	reads_again(r, 300, 40, 1); /* instead of the one before */
	DOES("ann", "risk approve 1", "error: there is no such proposal");
	DOES("ann", "risk approve 2", "ok: version");
	DOES("ann", "risk get account DEMO", "MaxOrderQty=300\n");
	DOES("ann", "risk get account DEMO", "MaxOpenOrders=40\n");
	assert_int_equal(rig_turn(r), 0);
	restart(r);
	DOES("ann", "risk get account DEMO", "MaxOrderQty=300\n");
	rig_free(r);
}

/* A start with a file that says so of account DEMO, and of symbol AAPL (0: nothing).
 * Tables are made anew from the journal. */
static void
starts_with(struct rig *r, int64_t qty, int64_t of_symbol, unsigned waits)
{
	struct limit_set s;
	struct risk *k;

	if (r->trader != NULL)
		rig_kill(r, true);
	assert_int_equal(rig_start(r), 0);
	k = r->trader->risk;
	s = limit_set_of(k, RISK_SCOPE_ACCOUNT, "DEMO");
	s.limits.max_order_qty_e8 = qty * FIX_E8;
	assert_int_equal(limit_set_use(&s, k, RISK_SCOPE_ACCOUNT, "DEMO"), 0);
	s.limits.max_order_qty_e8 = of_symbol * FIX_E8;
	if (of_symbol != 0)
		assert_int_equal(
		    limit_set_use(&s, k, RISK_SCOPE_SYMBOL, "AAPL"), 0);
	assert_int_equal(trader_limits_again(r->trader), 0);
	assert_int_equal(trader_limits_hold_last(r->trader, &demo), 0);
	if (of_symbol != 0)
		assert_int_equal(trader_limits_hold_last(r->trader, &aapl), 0);
	assert_int_equal(trader_limits_hold_gone(r->trader), 0);
	assert_int_equal(trader_limits_start(r->trader), waits);
	assert_int_equal(rig_turn(r), 0);
}

static void
a_start_takes_a_tighter_file_and_lets_a_looser_one_wait(void **state)
{
	struct rig *r = rig_new();

	(void)state;
	starts_with(r, 100, 0, 0); /* the first: as it stands */
	DOES("ann", "risk get account DEMO", "version=1\nMaxOrderQty=100\n");
	starts_with(r, 200, 0, 1);
	DOES("ann", "risk get account DEMO", "MaxOrderQty=100\n");
	assert_non_null(strstr(r->log, "a.conf:7: account DEMO: MaxOrderQty is "
	    "200 in the settings, which is looser, and stays 100 until "
	    "somebody says 'fixgate risk approve 1'"));
	starts_with(r, 300, 0, 1); /* not by starting twice either */
	DOES("ann", "risk get account DEMO", "MaxOrderQty=100\n");
	DOES("ann", "risk approve 1", "error: there is no such proposal");
	DOES("ann", "risk approve 2", "ok: version 2");
	assert_int_equal(rig_turn(r), 0);
	starts_with(r, 300, 0, 0);
	DOES("ann", "risk get account DEMO", "version=2\nMaxOrderQty=300\n");
	rig_free(r);
}

static void
a_start_makes_a_version_of_what_the_file_tightens(void **state)
{
	struct rig *r = rig_new();

	(void)state;
	starts_with(r, 100, 0, 0);
	starts_with(r, 50, 0, 0);
	DOES("ann", "risk get account DEMO", "version=2\nMaxOrderQty=50\n");
	(void)trader_idle(r->trader);
	DOES("ann", "risk history", "2 set account DEMO by settings");
	starts_with(r, 100, 0, 1); /* and back is looser */
	DOES("ann", "risk get account DEMO", "version=2\nMaxOrderQty=50\n");
	DOES("ann", "risk put account DEMO if=2 MaxOrderQty=40", "ok");
	assert_int_equal(rig_turn(r), 0);
	starts_with(r, 50, 0, 0); /* what a person said stands above */
	DOES("ann", "risk get account DEMO", "version=3\nMaxOrderQty=40\n");
	rig_free(r);
}

static unsigned
client_says(struct rig *r, int64_t qty)
{
	static const struct trader_scope at = { RISK_OWNER_CLIENT,
		RISK_SCOPE_ACCOUNT, "DEMO", "a.conf:8" };
	struct limit_set s = limit_set_none();

	rig_kill(r, true);
	assert_int_equal(rig_start(r), 0);
	s.limited = true;
	s.limits.max_order_qty_e8 = qty * FIX_E8;
	assert_int_equal(limit_set_use_owned(&s, r->trader->risk, at.owner,
	    at.kind, at.id), 0);
	assert_int_equal(trader_limits_hold_last(r->trader, &at), 0);
	assert_int_equal(trader_limits_hold_gone(r->trader), 0);
	qty = trader_limits_start(r->trader);
	assert_int_equal(rig_turn(r), 0);
	return (unsigned)qty;
}

static void
limits_of_others_wait_as_the_firms(void **state)
{
	struct rig *r = started();

	(void)state;
	assert_int_equal(client_says(r, 10), 0);
	assert_int_equal(client_says(r, 20), 1);
	DOES("ann", "risk get client account DEMO", "MaxOrderQty=10\n");
	assert_non_null(strstr(r->log, "a.conf:8: client account DEMO: "));
	DOES("ann", "risk approve 1", "ok: version");
	assert_int_equal(rig_turn(r), 0);
	assert_int_equal(client_says(r, 20), 0);
	rig_free(r);
}

static void
what_a_start_does_not_find_in_the_file_stays(void **state)
{
	struct rig *r = rig_new();

	(void)state;
	starts_with(r, 100, 10, 0);
	starts_with(r, 100, 0, 1);
	DOES("ann", "risk get symbol AAPL", "version=1\nMaxOrderQty=10\n");
	starts_with(r, 100, 5, 0);
	DOES("ann", "risk get symbol AAPL", "version=2\nMaxOrderQty=5\n");
	starts_with(r, 100, 0, 1);
	DOES("ann", "risk history", "of settings for symbol AAPL waits");
	DOES("ann", "risk approve 2", "ok: version 3");
	assert_int_equal(rig_turn(r), 0);
	DOES("ann", "risk get symbol AAPL", "MaxOrderQty=unlimited\n");
	starts_with(r, 100, 0, 0);
	rig_free(r);
}

/* The file grants T1 these symbols and so many a day; "" nothing at all. */
static void
file_grants(struct rig *r, const char *symbols, int64_t most)
{
	struct risk_grant g = RISK_GRANT_INIT;
	char text[64], *save = NULL;
	struct risk *k = r->trader->risk;

	risk_grants_clear(k);
	if (symbols[0] == '\0')
		return;
	g.max_symbols = most;
	assert_int_equal(risk_grant(k, "T1", &g), 0);
	snprintf(text, sizeof(text), "%s", symbols);
	for (char *p = strtok_r(text, " ", &save); p != NULL;
	     p = strtok_r(NULL, " ", &save))
		assert_int_equal(
		    risk_grant_to(k, "T1", RISK_SCOPE_SYMBOL, p), 0);
}

static void
reads_grant(struct rig *r, const char *symbols, int64_t most, unsigned waits)
{
	trader_grants_hold(r->trader);
	file_grants(r, symbols, most);
	assert_int_equal(trader_limits_tighter(r->trader), waits);
	assert_int_equal(rig_turn(r), 0);
}

static void
starts_with_grant(
    struct rig *r, const char *symbols, int64_t most, unsigned waits)
{
	if (r->trader != NULL)
		rig_kill(r, true);
	assert_int_equal(rig_start(r), 0);
	file_grants(r, symbols, most);
	assert_int_equal(trader_limits_hold_last(r->trader, &demo), 0);
	assert_int_equal(trader_limits_hold_gone(r->trader), 0);
	assert_int_equal(trader_grants_hold_last(r->trader), 0);
	assert_int_equal(trader_limits_start(r->trader), waits);
	assert_int_equal(rig_turn(r), 0);
}

#define T1_HAS(symbols, most)                                                  \
	DOES("ann", "risk get trader T1",                                      \
	    "\nSymbols=" symbols "\nClasses=\nVenues=\nMaxSymbols=" most "\n")

static void
a_file_takes_grants_at_once_and_adds_by_a_person(void **state)
{
	struct rig *r = rig_new();

	(void)state;
	starts_with_grant(r, "AAPL MSFT", 5, 0); /* the first */
	reads_grant(r, "AAPL", 3, 0);
	T1_HAS("AAPL", "3");
	reads_grant(r, "AAPL MSFT", 2, 1); /* more here, less there */
	T1_HAS("AAPL", "2");
	assert_non_null(strstr(r->log, "trader T1: the settings grant him "
	    "more, which is looser, and waits until somebody says 'fixgate "
	    "risk approve 1'"));
	DOES("ann", "risk status", "proposal 1 of settings for trader T1 waits");
	reads_grant(r, "AAPL MSFT", 2, 1); /* instead of the one before */
	DOES("ann", "risk approve 1", "error: there is no such proposal");
	DOES("ann", "risk approve 2", "ok: version");
	T1_HAS("AAPL,MSFT", "2");
	reads_grant(r, "AAPL MSFT", 2, 0);
	reads_grant(r, "AAPL MSFT IBM", 2, 1);
	DOES("ann", "risk reject 3", "ok: rejected");
	T1_HAS("AAPL,MSFT", "2");
	reads_grant(r, "IBM", 2, 1); /* nothing in common */
	T1_HAS("AAPL,MSFT", "2");
	reads_grant(r, "AAPL MSFT IBM", RISK_UNLIMITED, 1);
	T1_HAS("AAPL,MSFT", "2");
	rig_pass(r, 3601);
	DOES("ann", "risk approve 5", "error: there is no such proposal");
	rig_free(r);
}

static void
a_start_adds_no_grant_by_itself(void **state)
{
	struct rig *r = rig_new();

	(void)state;
	starts_with_grant(r, "AAPL", 5, 0);
	starts_with_grant(r, "AAPL MSFT", 5, 1);
	T1_HAS("AAPL", "5");
	rig_kill(r, true); /* the proposal waits over a restart */
	assert_int_equal(rig_start(r), 0);
	DOES("ann", "risk status", "proposal 1 of settings for trader T1 waits");
	starts_with_grant(r, "AAPL MSFT", 5, 1);
	DOES("ann", "risk approve 2", "ok: version");
	T1_HAS("AAPL,MSFT", "5");
	assert_int_equal(rig_turn(r), 0);
	starts_with_grant(r, "AAPL MSFT", 5, 0);
	T1_HAS("AAPL,MSFT", "5");
	starts_with_grant(r, "MSFT", 5, 0);
	T1_HAS("MSFT", "5");
	rig_free(r);
}

/* Without a grant one may all, or nothing: as the firm's Traders has it. */
static void
who_has_no_grant_any_more_or_not_yet_is_looser_or_tighter(void **state)
{
	struct rig *r = rig_new();

	(void)state;
	starts_with_grant(r, "AAPL", 5, 0);
	reads_grant(r, "", 0, 1);
	T1_HAS("AAPL", "5");
	DOES("ann", "risk put firm if=1 Traders=known", "ok");
	reads_grant(r, "", 0, 0);
	assert_false(risk_get_grant(
	    r->trader->risk, "T1", &(struct risk_grant){ 0 }));
	reads_grant(r, "AAPL", 5, 1);
	assert_false(risk_get_grant(
	    r->trader->risk, "T1", &(struct risk_grant){ 0 }));
	DOES("ann", "risk approve 2", "ok: version");
	T1_HAS("AAPL", "5");
	rig_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_tightens_at_once_and_loosens_by_a_person),
		cmocka_unit_test(a_start_takes_a_tighter_file_and_lets_a_looser_one_wait),
		cmocka_unit_test(a_start_makes_a_version_of_what_the_file_tightens),
		cmocka_unit_test(limits_of_others_wait_as_the_firms),
		cmocka_unit_test(what_a_start_does_not_find_in_the_file_stays),
		cmocka_unit_test(
		    a_file_takes_grants_at_once_and_adds_by_a_person),
		cmocka_unit_test(a_start_adds_no_grant_by_itself),
		cmocka_unit_test(
		    who_has_no_grant_any_more_or_not_yet_is_looser_or_tighter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
