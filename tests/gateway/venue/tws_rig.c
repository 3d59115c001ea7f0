/*
 * See tws_rig.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/gateway/venue/tws_rig.h"

struct rig rig;

static void add(char *log, const char *fmt, ...) FIX_PRINTF(2, 3);

static void
add(char *log, const char *fmt, ...)
{
	size_t n = strlen(log);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(log + n, RIG_LOG - n, fmt, ap);
	va_end(ap);
}

static void
on_send(void *arg, const uint8_t *p, size_t len)
{
	size_t n = strlen(rig.sent);

	(void)arg;
	rig.n_sent++;
	for (size_t i = 4; i < len && n + 2 < RIG_LOG; i++)
		rig.sent[n++] = p[i] == 0 ? '|' : (char)p[i];
	if (n + 1 < RIG_LOG)
		rig.sent[n++] = '\n';
	rig.sent[n] = '\0';
}

static const char *
or_none(const char *s)
{
	return s == NULL || s[0] == '\0' ? "-" : s;
}

static void
on_event(void *arg, const struct venue_event *e)
{
	(void)arg;
	add(rig.events, "%s", venue_event_name(e->kind));
	if (e->cl_ord_id != NULL)
		add(rig.events, " %s", e->cl_ord_id);
	if (e->kind == VENUE_FILL || e->kind == VENUE_CORRECT)
		add(rig.events, " %lld@%lld %s %s",
		    (long long)(e->last_qty_e8 / E8),
		    (long long)(e->last_px_e8 / (E8 / 100)), e->exec_id,
		    or_none(e->ref_exec_id));
	if (e->kind == VENUE_CANCELED || e->kind == VENUE_REPLACED)
		add(rig.events, " %s", or_none(e->orig_cl_ord_id));
	if (e->kind == VENUE_REJECT || e->kind == VENUE_CXL_REJECT)
		add(rig.events, " %d", e->reason);
	if (e->kind == VENUE_FEE)
		add(rig.events, " %s %lld %s", e->ref_exec_id,
		    (long long)(e->fee_e8 / (E8 / 100)), e->fee_currency);
	if (e->kind == VENUE_STATUS)
		add(rig.events, " %c %lld", e->status,
		    (long long)(e->cum_qty_e8 / E8));
	add(rig.events, "\n");
}

static void
on_account(void *arg, const struct venue_account *a)
{
	(void)arg;
	if (a->kind == VENUE_ACCOUNT_PAIR)
		add(rig.account, "%s is %s for %s\n", a->symbol, a->base,
		    or_none(a->quote));
	else if (a->kind == VENUE_ACCOUNT_HOLDS)
		add(rig.account, "%s: %s\n", a->asset, or_none(a->free));
	else
		add(rig.account, "counted\n");
}

static void
on_keep(void *arg, const char *key, const char *value)
{
	(void)arg;
	snprintf(rig.kept, sizeof(rig.kept), "%s=%s", key, value);
}

static void
on_say(void *arg, bool alert, const char *text)
{
	(void)arg;
	add(rig.said, "%s%s\n", alert ? "! " : "", text);
}

static void
on_drop(void *arg, const char *why)
{
	(void)arg;
	fix_span_copy(fix_span_of(why), rig.dropped, sizeof(rig.dropped));
}

void
rig_sent_are(const char *lines)
{
	assert_string_equal(rig.sent, lines);
	rig.sent[0] = '\0';
	rig.n_sent = 0;
}

void
rig_told(const char *lines)
{
	assert_string_equal(rig.events, lines);
	rig.events[0] = '\0';
}

void
rig_forget(void)
{
	rig.sent[0] = rig.events[0] = rig.said[0] = rig.account[0] = '\0';
	rig.n_sent = 0;
}

void
rig_wait_ms(int64_t ms)
{
	int64_t end = rig.now.mono.ns + ms * FIX_MSEC;

	while (tws_deadline(rig.t).ns <= end) {
		if (tws_deadline(rig.t).ns > rig.now.mono.ns) {
			rig.now.utc.ns += tws_deadline(rig.t).ns - rig.now.mono.ns;
			rig.now.mono = tws_deadline(rig.t);
		}
		tws_tick(rig.t, rig.now);
		if (rig.dropped[0] != '\0')
			return;
	}
	rig.now.utc.ns += end - rig.now.mono.ns;
	rig.now.mono.ns = end;
	tws_tick(rig.t, rig.now);
}

void
rig_tws_says(const char *text)
{
	uint8_t b[4096];
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++)
		b[4 + i] = text[i] == '|' ? 0 : (uint8_t)text[i];
	b[0] = b[1] = 0;
	b[2] = (uint8_t)(n >> 8);
	b[3] = (uint8_t)n;
	assert_int_equal(tws_received(rig.t, b, n + 4, rig.now), n + 4);
}

void
rig_open_order(int id, const char *ref, const char *qty, const char *px,
    const char *status)
{
	uint8_t b[4096];
	struct tws_msg m;
	ssize_t n;

	tws_begin(&m, TWS_OPEN_ORDER, 193);
	tws_set_int(&m, TWS_OO_ORDER_ID, id);
	tws_set_str(&m, TWS_OO_CON_ID, "265598");
	tws_set_str(&m, TWS_OO_ACTION, "BUY");
	tws_set_str(&m, TWS_OO_TOTAL_QUANTITY, qty);
	tws_set_str(&m, TWS_OO_ORDER_TYPE, "LMT");
	tws_set_str(&m, TWS_OO_LMT_PRICE, px);
	tws_set_str(&m, TWS_OO_TIF, "DAY");
	tws_set_str(&m, TWS_OO_ACCOUNT, "DU1");
	tws_set_str(&m, TWS_OO_ORDER_REF, ref);
	tws_set_str(&m, TWS_OO_CLIENT_ID, "7");
	tws_set_str(&m, TWS_OO_PERM_ID, "9000000001");
	tws_set_str(&m, TWS_OO_DN_ORDER_TYPE, "None");
	tws_set_str(&m, TWS_OO_STATUS, status);
	n = tws_encode(b, sizeof(b), &m, NULL);
	assert_true(n > 0);
	assert_int_equal(tws_received(rig.t, b, (size_t)n, rig.now), n);
}

void
rig_status(int id, const char *word, int filled, const char *held)
{
	char text[256];

	snprintf(text, sizeof(text), "3|%d|%s|%d|0|0|9000000001|0|0|7|%s|0|",
	    id, word, filled, held);
	rig_tws_says(text);
}

void
rig_execution(int id, const char *ref, const char *exec, int qty, const char *px,
    int cum)
{
	char text[512];

	snprintf(text, sizeof(text), "11|-1|%d|265598|AAPL|STK||0.0|||ISLAND|"
	    "USD|AAPL|NMS|%s|20260413 15:27:04 US/Eastern|DU1|ISLAND|BOT|%d|"
	    "%s|9000000001|7|0|%d|%s|%s||||2|0|", id, exec, qty, px, cum, px,
	    ref);
	rig_tws_says(text);
}

void
rig_error(int id, int code, const char *text)
{
	char line[512];

	snprintf(line, sizeof(line), "4|2|%d|%d|%s||", id, code, text);
	rig_tws_says(line);
}

static const struct tws_symbol symbols[] = {
	{ "AAPL", "AAPL", "STK", "SMART", "NASDAQ", "USD", "", 0 },
	{ "ES", "", "", "CME", "", "", "", 495512563 },
};

void
rig_fresh(void)
{
	rig_fresh_for(TWS_EITHER);
}

void
rig_fresh_for(enum tws_paper paper)
{
	struct tws_cfg cfg = { .client_id = 7, .account = "", .symbols = symbols,
		.n_symbols = 2, .rate = 45, .max_orders = 1000,
		.zone_name = "", .paper = paper,
		.marks = true, .count_every_ns = 200 * FIX_SEC };
	struct tws_out out = { NULL, on_send, on_event, on_account, on_keep, on_say,
		on_drop };

	if (rig.t != NULL)
		tws_free(rig.t);
	memset(&rig, 0, sizeof(rig));
	rig.now.utc.ns = 1795000000 * FIX_SEC;
	rig.now.mono.ns = 1000 * FIX_SEC;
	rig.t = tws_new(&cfg, out);
	assert_non_null(rig.t);
}

void
rig_to_logon(void)
{
	tws_connected(rig.t, rig.now);
	assert_true(strstr(rig.sent, "v176..193") != NULL);
	rig_forget();
	rig_tws_says("193|20260413 15:26:58 US/Eastern|");
	rig_sent_are("71|2|7||\n");
}

void
rig_contracts(void)
{
	rig_tws_says(CONTRACT("1000000000", "265598", "LMT,MKT,STP,STPLMT,MOC,TRAIL"));
	rig_tws_says("52|1|1000000000|");
	rig_tws_says(CONTRACT("1000000001", "495512563", "LMT"));
	rig_tws_says("52|1|1000000001|");
}

void
rig_round_of_questions(void)
{
	assert_true(strstr(rig.sent, "5|1|\n") != NULL);
	rig.sent[0] = '\0';
	rig_tws_says("53|1|");
	rig_sent_are("7|3|999999999|7|||||||\n");
	rig_tws_says("55|1|999999999|");
	rig_sent_are("99|1|\n");
	rig_tws_says("102|");
}

void
rig_up(void)
{
	rig_fresh();
	rig_to_logon();
	rig_tws_says("15|1|DU1|");
	rig_tws_says("9|1|5|");
	rig_contracts();
	rig_round_of_questions();
	rig_told("up\n");
	rig_count("");
	rig_forget();
}

void
rig_count(const char *positions)
{
	rig_forget();
	rig_wait_ms(1);
	rig_sent_are("61|1|\n");
	if (positions[0] != '\0')
		rig_tws_says(positions);
	rig_tws_says("62|1|");
	rig_sent_are("64|1|\n62|1|999999998|All|$LEDGER:ALL|\n");
	rig_tws_says("63|1|999999998|DU1|CashBalance|1000.25|USD|");
	rig_tws_says("63|1|999999998|DU1|CashBalance|1000.25|BASE|");
	rig_tws_says("63|1|999999998|DU1|AccruedCash|3|USD|");
	rig_tws_says("63|1|999999998|DU2|CashBalance|7|USD|");
	rig_tws_says("64|1|999999998|");
	rig_sent_are("63|1|999999998|\n");
}

struct venue_order
rig_an_order(const char *id, int qty, int cents)
{
	struct venue_order o = { .cl_ord_id = id, .orig_cl_ord_id = "",
		.venue_order_id = "", .account = "CLIENT", .symbol = "AAPL",
		.side = '1', .ord_type = '2', .time_in_force = '0',
		.qty_e8 = qty * E8, .price_e8 = cents * (E8 / 100) };

	return o;
}

void
rig_send_order(const char *id, int qty, int cents)
{
	struct venue_order o = rig_an_order(id, qty, cents);

	assert_int_equal(tws_send_new(rig.t, &o, rig.now), 0);
}

int
rig_change(char kind, const char *id, const char *orig, int qty, int cents)
{
	struct venue_order o = rig_an_order(id, qty, cents);

	o.orig_cl_ord_id = orig;
	return kind == 'F' ? tws_send_cancel(rig.t, &o, rig.now)
			   : tws_send_replace(rig.t, &o, rig.now);
}

void
rig_ask(const char *id)
{
	struct venue_order o = rig_an_order(id, 100, 18550);

	assert_int_equal(tws_send_status(rig.t, &o, rig.now), 0);
}

void
rig_working(void)
{
	rig_up();
	rig_send_order("A-1", 100, 18550);
	assert_int_equal(rig.n_sent, 1);
	assert_true(strncmp(rig.sent, "3|5|265598|AAPL|STK||0.0|||SMART|NASDAQ|"
	    "USD|||||BUY|100|LMT|185.5||DAY||DU1||0|A-1|1|0|", 80) == 0);
	assert_string_equal(rig.kept, "next-id=105");
	rig_told("");
	rig_open_order(5, "A-1", "100", "185.5", "PreSubmitted");
	rig_told("ack A-1\n");
	rig_forget();
}

bool
rig_placed_any(void)
{
	return strncmp(rig.sent, "3|", 2) == 0 || strstr(rig.sent, "\n3|") != NULL;
}

void
rig_again(void)
{
	tws_closed(rig.t, "gone", rig.now);
	rig_told("down\n");
	rig_forget();
	rig_wait_ms(1250); /* what left before counts for the rate, too */
	rig_to_logon();
	rig_tws_says("15|1|DU1|");
	rig_tws_says("9|1|6|");
}
