/*
 * See oanda_rig.h.
 */
#include "tests/gateway/venue/oanda_rig.h"

int
oanda_cold(void **state)
{
	const struct conf_section *s;
	int fd = rig_begin("Type=oanda\nRestUrl=http://127.0.0.1:1\n"
	    "StreamUrl=http://127.0.0.1:1\nApiKey=T\n"
	    "AccountId=101-001-1234567-001\nSymbols=EUR/USD", &s);
	struct oanda *b = oanda_new(s, fd);

	assert_non_null(b);
	rig.prefix = "/v3/accounts/101-001-1234567-001";
	rig.tick = b->tick;
	(void)rig_told(); /* hello */
	*state = b;
	return 0;
}

void
oanda_rig_account(const char *last)
{
	char text[300];

	snprintf(text, sizeof(text), "{\"account\":{\"currency\":\"EUR\","
	    "\"balance\":\"100000.0000\",\"marginAvailable\":\"99000\","
	    "\"marginUsed\":\"1000\"},\"lastTransactionID\":\"%s\"}", last);
	rig_answer("GET /summary", 200, text);
}

void
oanda_rig_to_stream(void)
{
	rig_trader("start", NULL);
	assert_string_equal(rig_asked(), "GET /summary");
	oanda_rig_account(LAST);
	assert_string_equal(rig_asked(), "GET /instruments");
	rig_answer("GET /instruments", 200, INSTRUMENTS);
	assert_string_equal(rig_asked(), "");
}

int
oanda_warm(void **state)
{
	struct oanda *b;

	(void)oanda_cold(state);
	rig_trader("kept", "key", "from", "value", LAST, NULL);
	rig_trader("kept", "key", "told", "value", LAST, NULL);
	oanda_rig_to_stream();
	rig_open(LOG);
	assert_string_equal(rig_asked(), "GET /transactions/sinceid?id=" LAST);
	rig_answer("GET /transactions", 200, LIST("", LAST));
	assert_non_null(strstr(rig_told(), "up"));
	assert_string_equal(rig_asked(), "GET /summary; GET /openPositions");
	oanda_rig_account(LAST);
	rig_answer("GET /openPositions", 200,
	    "{\"positions\":[],\"lastTransactionID\":\"" LAST "\"}");
	(void)rig_told();
	b = *state;
	b->keep_due_ns = b->reconcile_due_ns = b->instruments_due_ns =
	    INT64_MAX;
	return 0;
}

int
oanda_end(void **state)
{
	oanda_free(*state);
	rig_end();
	return 0;
}

void
oanda_rig_new(const char *id)
{
	rig_trader("new", "id", id, "symbol", "EUR/USD", "side", "2", "type",
	    "2", "tif", "1", "qty", "10000", "price", "1.2", NULL);
}

void
oanda_rig_resting(void)
{
	oanda_rig_new(ID);
	assert_string_equal(rig_asked(), "POST /orders");
	rig_answer("POST /orders", 201, RESTING);
	assert_string_equal(rig_told(), "ack id=" ID " order=6367 cum=0");
}

void
oanda_rig_cancel(const char *id, const char *orig)
{
	rig_trader("cancel", "id", id, "orig", orig, "symbol", "EUR/USD",
	    "side", "2", "type", "2", "tif", "1", "qty", "10000", "price",
	    "1.2", NULL);
}

void
oanda_rig_replace(const char *id, const char *qty, const char *px)
{
	rig_trader("replace", "id", id, "orig", ID, "symbol", "EUR/USD",
	    "side", "2", "type", "2", "tif", "1", "qty", qty, "price", px,
	    NULL);
}

void
oanda_rig_ask(const char *id)
{
	rig_trader("status", "id", id, "symbol", "EUR/USD", NULL);
}

void
oanda_rig_nothing_new(const char *since)
{
	char call[64], body[100];

	snprintf(call, sizeof(call), SINCE "%s", since);
	snprintf(body, sizeof(body), LIST("", "%s"), since);
	rig_answer(call, 200, body);
}
