/*
 * See alpaca_rig.h.
 */
#include "tests/gateway/venue/alpaca_rig.h"

static unsigned
stream(void)
{
	for (unsigned i = rig.n_sockets; i > 0; i--)
		if (!rig.sockets[i - 1].freed)
			return i - 1;
	fail_msg("no stream is open");
	return 0;
}

void
alpaca_event(const char *text)
{
	rig_ws_say(stream(), text);
}

void
alpaca_to_up(void)
{
	rig_ws_open(stream());
	alpaca_event("{\"stream\":\"authorization\",\"data\":{\"status\":"
	      "\"authorized\"}}");
	alpaca_event("{\"stream\":\"listening\",\"data\":{\"streams\":"
	      "[\"trade_updates\"]}}");
	alpaca_holds("[]", "0");
	assert_non_null(strstr(rig_told(), "up; "));
}

void
alpaca_holds(const char *fees, const char *cash)
{
	char account[80];

	assert_memory_equal(rig_asked(), "GET /v2/account/activities?", 27);
	rig_answer("GET /v2/account/activities", 200, fees);
	assert_string_equal(rig_asked(), "GET /v2/account");
	snprintf(account, sizeof(account), "{\"status\":\"ACTIVE\","
	    "\"cash\":\"%s\"}", cash);
	rig_answer("GET /v2/account", 200, account);
	assert_string_equal(rig_asked(), "GET /v2/positions");
	rig_answer("GET /v2/positions", 200, "[]");
}

int
alpaca_cold(void **state)
{
	const struct conf_section *s;
	int fd = rig_begin("Type=alpaca\nRestUrl=http://127.0.0.1:1\n"
	    "StreamUrl=ws://127.0.0.1:1\nApiKey=K\nApiSecret=S\n"
	    "Symbols=AAPL", &s);
	struct alpaca *v = alpaca_new(s, fd);

	assert_non_null(v);
	rig.tick = v->tick;
	(void)rig_told();
	*state = v;
	return 0;
}

int
alpaca_warm(void **state)
{
	struct alpaca *v;

	(void)alpaca_cold(state);
	v = *state;
	rig_trader("start", NULL);
	assert_string_equal(rig_asked(), "GET /v2/clock");
	rig_answer("GET", 200, "{\"timestamp\":\"2026-03-16T18:38:01Z\"}");
	assert_string_equal(rig_asked(), "GET /v2/account");
	rig_answer("GET", 200, "{\"status\":\"ACTIVE\"}");
	assert_string_equal(rig_asked(), "GET /v2/assets/AAPL");
	rig_answer("GET", 200, "{\"class\":\"us_equity\",\"symbol\":\"AAPL\","
	    "\"status\":\"active\",\"tradable\":true,\"shortable\":true,"
	    "\"fractionable\":true}");
	alpaca_to_up();
	v->reconcile_due_ns = v->info_due_ns = INT64_MAX;
	return 0;
}

int
alpaca_end(void **state)
{
	alpaca_free(*state);
	rig_end();
	return 0;
}

void
alpaca_send(const char *id)
{
	rig_trader("new", "id", id, "symbol", "AAPL", "side", "2", "type", "2",
	    "tif", "0", "qty", "100", "price", "180", NULL);
}

void
alpaca_change(const char *kind, const char *id, const char *qty)
{
	rig_trader(kind, "id", id, "orig", ID, "symbol", "AAPL", "side", "2",
	    "type", "2", "tif", "0", "qty", qty, "price", "180", NULL);
}

void
alpaca_resting(void)
{
	alpaca_send(ID);
	assert_string_equal(rig_asked(), "POST /v2/orders");
	rig_answer("POST", 200, ORDER(V1, ID, "new", "0"));
	assert_string_equal(rig_told(), "ack id=" ID " order=" V1);
}

void
alpaca_lose_stream(const char *why)
{
	rig_ws_close(stream(), why);
}
