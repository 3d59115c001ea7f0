/*
 * Binance's adapter and a venue that does what each case says.
 */
#ifndef FIXGATE_TESTS_GATEWAY_VENUE_BINANCE_RIG_H
#define FIXGATE_TESTS_GATEWAY_VENUE_BINANCE_RIG_H

#include "gateway/venue/binance_int.h"
#include "tests/gateway/venue/outside_rig.h"

#define ID "1-7-1-0"
#define NEXT "1-7-1-1"
#define QUESTION "GET /api/v3/order?symbol=BTCUSDT&"
#define BY_ID QUESTION "origClientOrderId="
#define NOT_THERE "{\"code\":-2013,\"msg\":\"Order does not exist.\"}"

#define INFO \
	"{\"symbols\":[{\"symbol\":\"BTCUSDT\",\"status\":\"TRADING\"," \
	"\"orderTypes\":[\"LIMIT\",\"MARKET\"],\"amendAllowed\":true," \
	"\"cancelReplaceAllowed\":true,\"filters\":[{\"filterType\":" \
	"\"PRICE_FILTER\",\"minPrice\":\"0.01\",\"maxPrice\":\"1000000.00\"," \
	"\"tickSize\":\"0.01\"},{\"filterType\":\"LOT_SIZE\",\"minQty\":" \
	"\"0.00001\",\"maxQty\":\"9000\",\"stepSize\":\"0.00001\"}]}]}"
#define ORDER(n, id, status, cum) \
	"{\"symbol\":\"BTCUSDT\",\"orderId\":" n ",\"clientOrderId\":\"" id \
	"\",\"price\":\"60000\",\"origQty\":\"10\",\"executedQty\":\"" cum \
	"\",\"status\":\"" status "\"}"
#define REPORT(x, status, n, id, last, cum, trade) \
	"{\"e\":\"executionReport\",\"s\":\"BTCUSDT\",\"c\":\"" id "\",\"C\":" \
	"\"\",\"S\":\"SELL\",\"q\":\"10\",\"x\":\"" x "\",\"X\":\"" status \
	"\",\"i\":" n ",\"l\":\"" last "\",\"z\":\"" cum "\",\"L\":\"60000\"," \
	"\"n\":\"0\",\"N\":null,\"T\":1773686281000,\"t\":" trade "}"
#define TRADE(id, qty) \
	"{\"id\":" id ",\"orderId\":28,\"qty\":\"" qty "\",\"price\":\"60000\"," \
	"\"isBuyer\":false,\"time\":1773686281000}"

static inline void
event(const char *text)
{
	rig_ws_say(rig.n_sockets - 1, text);
}

static inline void
to_up(void)
{
	rig_ws_open(rig.n_sockets - 1);
	event("{\"id\":\"user\",\"status\":200,\"result\":{}}");
}

static inline int
cold(void **state)
{
	const struct conf_section *s;
	int fd = rig_begin("Type=binance\nRestUrl=http://127.0.0.1:1\n"
	    "StreamUrl=ws://127.0.0.1:1\nApiKey=K\nApiSecret=S\n"
	    "Symbols=BTCUSDT\nUnknownAfter=20000", &s);
	struct binance *b = binance_new(s, fd);

	assert_non_null(b);
	rig.tick = b->tick;
	(void)rig_told();
	*state = b;
	return 0;
}

static inline int
warm(void **state)
{
	struct binance *b;

	(void)cold(state);
	b = *state;
	rig_trader("start", NULL);
	assert_string_equal(rig_asked(), "GET /api/v3/time");
	rig_answer("GET", 200, "{\"serverTime\":1773686281000}");
	(void)rig_asked();
	rig_answer("GET /api/v3/exchangeInfo", 200, INFO);
	(void)rig_asked();
	rig_answer("GET /api/v3/account", 200, "{\"canTrade\":true}");
	to_up();
	assert_non_null(strstr(rig_told(), "; up"));
	b->reconcile_due_ns = b->info_due_ns = b->time_due_ns = INT64_MAX;
	return 0;
}

static inline int
end(void **state)
{
	binance_free(*state);
	rig_end();
	return 0;
}

static inline void
send_new(const char *id)
{
	rig_trader("new", "id", id, "symbol", "BTCUSDT", "side", "2", "type",
	    "2", "tif", "1", "qty", "10", "price", "60000", NULL);
}

static inline void
change(const char *kind, const char *id, const char *orig, const char *px)
{
	rig_trader(kind, "id", id, "orig", orig, "symbol", "BTCUSDT", "side",
	    "2", "type", "2", "tif", "1", "qty", "10", "price", px, NULL);
}

static inline void
resting(void)
{
	send_new(ID);
	assert_string_equal(rig_asked(), "POST /api/v3/order");
	rig_answer("POST", 200, ORDER("28", ID, "NEW", "0"));
	assert_string_equal(rig_told(), "ack id=" ID " order=BTCUSDT-28");
}

static inline bool
asks(const char *call)
{
	return strncmp(rig_asked(), call, strlen(call)) == 0;
}

#endif
