/*
 * OANDA's log of transactions, whole and in order whatever the stream and the
 * list do, and where the next process goes on (oanda-v20: 7 streams, 10
 * recovery).
 */
#include "tests/gateway/venue/oanda_rig.h"

static struct oorder *
the_order(struct oanda *b)
{
	struct oorder *o = oanda_book_find(b, ID);

	assert_non_null(o);
	return o;
}

/* ----- whole and in order ----- */

static void
a_list_that_fails_is_asked_for_again(void **state)
{
	struct oanda *b = *state;
	static const int64_t pauses[] = { 250, 500, 1000, 2000, 4000, 8000,
		8000 };

	rig_line(LOG, BEAT("6367"));
	for (unsigned i = 0; i < 7; i++) {
		assert_string_equal(rig_asked(), SINCE LAST);
		if (i == 0)
			rig_no_answer(SINCE, REST_UNKNOWN);
		else if (i == 1)
			rig_answer(SINCE, 200, "{\"lastTr");
		else if (i == 2) /* it does not say where it ends */
			rig_answer(SINCE, 200, "{\"transactions\":[]}");
		else if (i == 3) /* ... nor what it holds */
			rig_answer(SINCE, 200, "{\"lastTransactionID\":\"" LAST
			    "\"}");
		else
			rig_answer(SINCE, 503, "");
		rig_wait_ms(pauses[i] - 50);
		assert_string_equal(rig_asked(), "");
		rig_wait_ms(50);
	}
	assert_string_equal(rig_asked(), SINCE LAST);
	rig_answer(SINCE, 200, LIST(FUNDS("6367"), "6367"));
	assert_int_equal(b->last, 6367);
	rig_wait_ms(20000);
	assert_string_equal(rig_asked(), "");
	rig_line(LOG, BEAT("6368"));
	(void)rig_asked();
	rig_answer(SINCE, 503, "");
	rig_wait_ms(250); /* the first pause again */
	assert_string_equal(rig_asked(), SINCE "6367");
	rig_answer(SINCE, 200, LIST(FUNDS("6368"), "6368"));
	rig.full = true; /* and when it can't even be asked for */
	rig_line(LOG, BEAT("6369"));
	rig.full = false;
	rig_wait_ms(950);
	assert_string_equal(rig_asked(), "");
	rig_wait_ms(50);
	assert_string_equal(rig_asked(), SINCE "6368");
}

/* Lists lag, and are as long as the venue likes; they may have gaps. */
static void
a_list_is_read_to_the_end_that_it_names(void **state)
{
	struct oanda *b = *state;

	rig_line(LOG, BEAT("6400"));
	(void)rig_asked();
	rig_answer(SINCE, 200, LIST("", "6400"));
	assert_string_equal(rig_asked(), ""); /* not at once */
	rig_wait_ms(250);
	assert_string_equal(rig_asked(), SINCE LAST);
	rig_answer(SINCE, 200, LIST(FUNDS("6360"), "6400")); /* nothing new */
	assert_string_equal(rig_asked(), "");
	assert_int_equal(b->last, 6366);
	rig_wait_ms(500);
	assert_string_equal(rig_asked(), SINCE LAST);
	rig_answer(SINCE, 200, LIST(FUNDS("6365") "," FUNDS("6367") ","
	    FUNDS("6390"), "6400"));
	assert_string_equal(rig_asked(), SINCE "6390");
	rig_line(LOG, BEAT("6401")); /* meanwhile */
	assert_string_equal(rig_asked(), "");
	rig_answer(SINCE, 200, LIST(FUNDS("6400"), "6400"));
	assert_string_equal(rig_asked(), SINCE "6400"); /* once more */
	rig_answer(SINCE, 200, LIST(FUNDS("6401"), "6401"));
	assert_string_equal(rig_asked(), "");
	assert_int_equal(b->last, 6401);
}

static void
an_answer_is_taken_in_the_order_of_its_ids(void **state)
{
	(void)state;
	oanda_rig_new(ID);
	(void)rig_asked();
	rig_answer("POST", 201, "{\"orderReissueTransaction\":" REISSUE ","
	    "\"orderFillTransaction\":"
	    FILL("6368", "6368", "6367", "-4000", "")
	    ",\"orderCreateTransaction\":" LIMIT("CLIENT_ORDER")
	    ",\"orderCancelTransaction\":"
	    CANCEL("6370", "6368", "6369", "CLIENT_REQUEST")
	    ",\"lastTransactionID\":\"6370\"}");
	assert_string_equal(rig_asked(), "");
	assert_non_null(strstr(rig_told(), "ack id=" ID " order=6367 cum=0; "
	    "fill "));
	assert_non_null(strstr(rig.told, "; canceled id=" ID " order=6369 "
	    "cum=4000"));
}

/* A transaction without an id, or whose id no number holds. */
static void
ids_that_are_none_change_nothing(void **state)
{
	struct oanda *b = *state;

	rig_line(LOG, "{\"type\":\"TRANSFER_FUNDS\"}");
	rig_line(LOG, "{\"id\":\"18446744073709557983\"}");
	rig_line(LOG, "{\"id\":\"-6367\"}");
	rig_line(LOG, "{\"id\":\"6367x\"}");
	rig_line(LOG, "{\"id\":-5}");
	rig_line(LOG, "[]");
	rig_line(LOG, "{\"type\":\"HEARTBEAT\"}");
	assert_string_equal(rig_asked(), "");
	assert_int_equal(b->last, 6366);
	assert_null(rig.streams[LOG].again);
	rig_line(LOG, "{\"id\":6367,\"type\":\"TRANSFER_FUNDS\"}");
	assert_int_equal(b->last, 6367);
	rig_line(LOG, "{\"id\":\"63");
	assert_non_null(rig.streams[LOG].again);
}

/* ----- batches ----- */

/* What the rest of a batch decides is not said before it has come, and a crash
 * in its middle reads it again. */
static void
a_batch_is_whole_before_it_counts(void **state)
{
	struct oanda *b = *state;

	oanda_rig_resting();
	b->keep_due_ns = 0;
	rig_wait_ms(50);
	assert_string_equal(rig_told(), "keep key=told value=6367");
	b->keep_due_ns = 0;
	rig_line(LOG, FILL("6368", "6368", "6367", "-4000", ""));
	rig_wait_ms(50);
	assert_null(strstr(rig_told(), "keep"));
	assert_null(strstr(rig.told, "canceled"));
	assert_string_equal(rig_asked(), "");
	rig_wait_ms(150); /* the rest has not come: is there one? */
	assert_string_equal(rig_asked(), SINCE "6368");
	rig_wait_ms(100);
	assert_string_equal(rig_told(), "");
	rig_answer(SINCE, 200, LIST(REISSUE, "6369"));
	assert_string_equal(rig_told(), "");
	assert_false(the_order(b)->ended);
	rig_wait_ms(50);
	assert_string_equal(rig_told(), "keep key=told value=6369");
	/* Another batch, or a heartbeat, ends one, too. */
	rig_line(LOG, FILL("6370", "6370", "6369", "-1000", ""));
	(void)rig_told();
	rig_line(LOG, FUNDS("6371"));
	assert_string_equal(rig_told(), "canceled id=" ID " order=6369 cum=5000 "
	    "text=remainder canceled");
	assert_true(the_order(b)->ended);
	/* It has ended: what is said of it behind that is not told. */
	rig_line(LOG, CANCEL("6372", "6372", "6369", "MIGRATION"));
	rig_line(LOG, BEAT("6372"));
	assert_string_equal(rig_told(), "");
}

/* What is left of it is canceled by the batch itself: that is said once. */
static void
a_batch_may_end_an_order(void **state)
{
	(void)state;
	oanda_rig_resting();
	rig_line(LOG, FILL("6368", "6368", "6367", "-4000", ""));
	(void)rig_told();
	rig_line(LOG, CANCEL("6369", "6368", "6367",
	    "INSUFFICIENT_LIQUIDITY"));
	rig_line(LOG, BEAT("6369"));
	assert_string_equal(rig_told(), "canceled id=" ID " order=6367 cum=4000 "
	    "text=INSUFFICIENT_LIQUIDITY");
}

/* It was told that it is there: whatever ends it, it is not refused. */
static void
an_order_that_is_there_is_canceled_not_refused(void **state)
{
	(void)state;
	oanda_rig_resting();
	rig_line(LOG, CANCEL("6368", "6368", "6367", "MARKET_HALTED"));
	assert_string_equal(rig_told(), "canceled id=" ID " order=6367 cum=0 "
	    "text=MARKET_HALTED");
}

/* ----- where to go on from ----- */

/* From before the first of an order that is open; told: fills up to there. */
static void
what_is_open_is_read_again_by_the_next_process(void **state)
{
	struct oanda *b = *state;

	oanda_rig_resting();
	oanda_log_keep(b);
	assert_string_equal(rig_told(), "keep key=told value=6367");
	oanda_log_keep(b);
	assert_string_equal(rig_told(), ""); /* nothing new */
	rig_line(LOG, FUNDS("6368"));
	oanda_log_keep(b);
	assert_string_equal(rig_told(), "keep key=told value=6368");
	rig_line(LOG, FILL("6369", "6369", "6367", "-10000", ""));
	(void)rig_told();
	oanda_log_keep(b); /* it is not open any more */
	assert_string_equal(rig_told(), "keep key=from value=6369; "
	    "keep key=told value=6369");
	/* A replaced order begins where the first of its chain did. */
	oanda_rig_new("1-7-2-0");
	(void)rig_asked();
	b->told = 0;
	oanda_log_keep(b); /* nor one that is not there yet */
	assert_string_equal(rig_told(), "keep key=told value=6369");
	rig_answer("POST", 201, CREATED "{\"id\":\"6370\",\"type\":"
	    "\"LIMIT_ORDER\",\"batchID\":\"6370\",\"instrument\":\"EUR_USD\","
	    "\"units\":\"-10000\",\"price\":\"1.2\",\"clientExtensions\":"
	    "{\"id\":\"1-7-2-0\"}},\"lastTransactionID\":\"6370\"}");
	rig_line(LOG, "{\"id\":\"6371\",\"type\":\"LIMIT_ORDER\","
	    "\"batchID\":\"6371\",\"instrument\":\"EUR_USD\",\"units\":"
	    "\"-9000\",\"price\":\"1.2\",\"replacesOrderID\":\"6370\","
	    "\"clientExtensions\":{\"id\":\"1-7-2-1\"}}");
	rig_line(LOG, FUNDS("6372"));
	(void)rig_told();
	b->from = 0;
	oanda_log_keep(b);
	assert_string_equal(rig_told(), "keep key=from value=6369; "
	    "keep key=told value=6372");
}

/* It costs the trader a write to disk. */
static void
it_is_kept_twice_a_second(void **state)
{
	struct oanda *b = *state;

	b->keep_due_ns = 0;
	rig_line(LOG, FUNDS("6367"));
	rig_line(LOG, BEAT("6367"));
	rig_wait_ms(50);
	assert_non_null(strstr(rig_told(), "keep key=told value=6367"));
	rig_line(LOG, FUNDS("6368"));
	rig_line(LOG, BEAT("6368"));
	rig_wait_ms(450);
	assert_string_equal(rig_told(), "");
	rig_wait_ms(50);
	assert_non_null(strstr(rig_told(), "keep key=told value=6368"));
}

static void
a_process_goes_on_where_the_last_one_was(void **state)
{
	struct oanda *b = *state;

	rig_trader("kept", "key", "from", "value", "6359", NULL);
	rig_trader("kept", "key", "told", "value", "6362", NULL);
	rig_trader("kept", "key", "told", "value", "-1", NULL);
	oanda_rig_to_stream();
	assert_string_equal(rig_asked(), ""); /* the stream comes first */
	rig_open(LOG);
	assert_string_equal(rig_asked(), SINCE "6359");
	rig_answer(SINCE, 200, LIST("{\"id\":\"6360\",\"type\":"
	    "\"LIMIT_ORDER\"," COMMON "\"batchID\":\"6360\",\"instrument\":"
	    "\"EUR_USD\",\"units\":\"-10000\",\"price\":\"1.2\","
	    "\"timeInForce\":\"GTC\",\"clientExtensions\":{\"id\":\"" ID "\"}},"
	    FILL("6362", "6362", "6360", "-1000", "") ","
	    FILL("6364", "6364", "6360", "-2000", ""), "6364"));
	/* 6362 was told by the other, but counts; states wait for a question. */
	assert_non_null(strstr(rig_told(), "fill exec=101-001-1234567-001-6364 "
	    "id=" ID " order=6360 last_qty=2000 last_px=1.10004 cum=3000 "));
	assert_null(strstr(rig.told, "-6362"));
	assert_null(strstr(rig.told, "ack"));
	assert_non_null(strstr(rig.told, "; up"));
	assert_int_equal(the_order(b)->wish.qty, E8(10000));
	assert_int_equal(the_order(b)->wish.price, 120000000);
	assert_int_equal(the_order(b)->wish.side, '2');
}

/* Behind what was told there is nothing to be read twice. */
static void
nothing_is_read_that_nobody_needs(void **state)
{
	(void)state;
	rig_trader("kept", "key", "from", "value", "6365", NULL);
	rig_trader("kept", "key", "told", "value", "6362", NULL);
	oanda_rig_to_stream();
	rig_open(LOG);
	assert_string_equal(rig_asked(), SINCE "6362");
}

/* 10: no id is kept: a day is read. */
static void
the_first_process_reads_a_day(void **state)
{
	struct oanda *b = *state;

	oanda_rig_to_stream();
	rig_line(LOG, FUNDS("6367")); /* before the log is known */
	rig_line(LOG, BEAT("6367"));
	assert_string_equal(rig_asked(), "");
	rig_open(LOG);
	assert_string_equal(rig_asked(), "GET /transactions?from="
	    "2026-03-15T18%3A38%3A01Z&pageSize=1000");
	rig_line(LOG, FUNDS("6367"));
	rig_line(LOG, "{}");
	assert_string_equal(rig_asked(), "");
	rig_answer("GET /transactions", 200, "{\"pages\":[\"https://x/v3/"
	    "accounts/1/transactions/idrange?from=6300&to=6366\"],"
	    "\"lastTransactionID\":\"6366\"}");
	assert_string_equal(rig_asked(), SINCE "6299");
	assert_int_equal(b->last, 6299);
	rig_answer(SINCE, 200, LIST(FUNDS("6367"), "6367"));
	assert_non_null(strstr(rig_told(), "up"));
}

static void
a_day_without_transactions_begins_at_the_end(void **state)
{
	(void)state;
	oanda_rig_to_stream();
	rig_open(LOG);
	(void)rig_asked();
	rig_answer("GET /transactions", 200,
	    "{\"pages\":[],\"lastTransactionID\":-5}");
	assert_non_null(strstr(rig_told(), "down text=transactions: its answer "
	    "has no lastTransactionID"));
	rig_wait_ms(500);
	assert_string_equal(rig_asked(), "GET /summary");
	oanda_rig_account(LAST);
	(void)rig_asked();
	rig_answer("GET /instruments", 200, INSTRUMENTS);
	(void)rig_asked();
	rig_answer("GET /transactions", 200,
	    "{\"pages\":[],\"lastTransactionID\":\"" LAST "\"}");
	assert_string_equal(rig_asked(), SINCE LAST);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, oanda_warm, oanda_end)
#define COLD(f) cmocka_unit_test_setup_teardown(f, oanda_cold, oanda_end)
	const struct CMUnitTest tests[] = {
		T(a_list_that_fails_is_asked_for_again),
		T(a_list_is_read_to_the_end_that_it_names),
		T(an_answer_is_taken_in_the_order_of_its_ids),
		T(ids_that_are_none_change_nothing),
		T(a_batch_is_whole_before_it_counts),
		T(a_batch_may_end_an_order),
		T(an_order_that_is_there_is_canceled_not_refused),
		T(what_is_open_is_read_again_by_the_next_process),
		T(it_is_kept_twice_a_second),
		COLD(a_process_goes_on_where_the_last_one_was),
		COLD(nothing_is_read_that_nobody_needs),
		COLD(the_first_process_reads_a_day),
		COLD(a_day_without_transactions_begins_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
