/*
 * Binance's pure parts: signatures by the documentation's own vectors, filters,
 * and exact numbers out of JSON; and the handshake of a WebSocket.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fix/decimal.h"
#include "gateway/venue/binance_rules.h"
#include "gateway/venue/binance_sign.h"
#include "gateway/venue/json.h"
#include "gateway/venue/rest.h"
#include "gateway/venue/ws.h"

#define KEY "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
#define SECRET                                                                 \
	"NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"

static const struct {
	const char *text, *signature;
} vectors[] = {
	{ "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price="
	  "0.1&recvWindow=5000&timestamp=1499827319559",
	    "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71" },
	{ "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTCquantity=1&price="
	  "0.1&recvWindow=5000&timestamp=1499827319559",
	    "0fd168b8ddb4876a0358a8d14d0c9f3da0e9b20c5d52b2a00fcf7d1c602f9a77" },
	{ "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity="
	  "0.00100000&price=60000.00&newClientOrderId=GW1-20260316-000001&"
	  "newOrderRespType=RESULT&recvWindow=5000&timestamp=1773686281942",
	    "2d6c840d99d25f59a2327ed50764a1cbf9ef86ad59e003585a38700574c46b3f" },
	{ "symbol=BTCUSDT&origClientOrderId=GW1-20260316-000001&timestamp="
	  "1773686282100",
	    "5b34a72557fd95d9c655d3b38d5d6929ac3d9864ad69fd2f31efb63308e4212e" },
	{ "symbol=BTCUSDT&origClientOrderId=GW1-20260316-000001&"
	  "newClientOrderId=GW1-20260316-000002&recvWindow=5000&timestamp="
	  "1773686283000",
	    "5119a569da3e7430bc0c3ac2295ab1a3468d232c1f751441a2d47818a3368772" },
	{ "timestamp=1773686280000",
	    "f914bcbbe54a52ebd678c045c01f26dfc256fded72385f788ea59bf79bf83a76" },
	{ "apiKey=" KEY "&price=52000.00&quantity=0.01000000&recvWindow=100&"
	  "side=SELL&symbol=BTCUSDT&timeInForce=GTC&timestamp=1645423376532&"
	  "type=LIMIT",
	    "aa1b5712c094bc4e57c05a1a5c1fd8d88dcd628338ea863fec7b88e59fe2db24" },
	{ "apiKey=" KEY "&timestamp=1773686280000",
	    "72b5b440466019e89873424c99ae58d0295c637b301b72f18f92e84b118d2c14" },
	{ "apiKey=" KEY "&recvWindow=5000&timestamp=1773686280000",
	    "7eeaca5663016c4565f0a7a3c57f902aa8025475a5bd8b9fa9b2726fbdf27c17" },
};

static void
signatures_are_those_of_the_documentation(void **state)
{
	struct binance_key k = { KEY, SECRET, NULL };
	char out[BINANCE_SIGNATURE_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		assert_int_equal(binance_sign(&k, fix_span_of(vectors[i].text),
				     true, out), 0);
		assert_string_equal(out, vectors[i].signature);
	}
}

/* RFC 8032, 7.1, test 2: the byte 0x72. */
static void
ed25519_is_base64_and_percent_encoded(void **state)
{
	static const char pem[] =
	    "-----BEGIN PRIVATE KEY-----\n"
	    "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n"
	    "-----END PRIVATE KEY-----\n";
	struct binance_key k = { KEY, NULL, pem };
	char out[BINANCE_SIGNATURE_MAX];
	struct fix_span text = { (const uint8_t *)"\x72", 1 };

	(void)state;
	assert_int_equal(binance_sign(&k, text, false, out), 0);
	assert_string_equal(out, "kqAJqfDUyrhyDoILX2QlQKKye1QWUD+Ps3YiI+vbadoI"
				 "WsHkPhWZbkWPNhPQ8R2MOHsurrQwKu6wDSkWErsMAA==");
	assert_int_equal(binance_sign(&k, text, true, out), 0);
	assert_null(strpbrk(out, "+/="));
	k.pem = "no key";
	assert_int_equal(binance_sign(&k, text, true, out), -FIX_E_FORMAT);
}

static const char info[] =
    "{\"symbol\":\"BTCUSDT\",\"status\":\"TRADING\",\"orderTypes\":[\"LIMIT\","
    "\"MARKET\"],\"amendAllowed\":true,\"cancelReplaceAllowed\":true,"
    "\"filters\":[{\"filterType\":\"PRICE_FILTER\",\"minPrice\":\"0.01\","
    "\"maxPrice\":\"1000000.00\",\"tickSize\":\"0.01\"},{\"filterType\":"
    "\"LOT_SIZE\",\"minQty\":\"0.00001\",\"maxQty\":\"9000\",\"stepSize\":"
    "\"0.00001\"},{\"filterType\":\"MARKET_LOT_SIZE\",\"minQty\":\"0\","
    "\"maxQty\":\"75\",\"stepSize\":\"0\"},{\"filterType\":"
    "\"PERCENT_PRICE_BY_SIDE\",\"bidMultiplierUp\":\"5\","
    "\"bidMultiplierDown\":\"0.2\",\"askMultiplierUp\":\"5\","
    "\"askMultiplierDown\":\"0.2\"},{\"filterType\":\"NOTIONAL\","
    "\"minNotional\":\"5\",\"applyMinToMarket\":true,\"maxNotional\":"
    "\"9000000\",\"applyMaxToMarket\":false},{\"filterType\":\"OF_TOMORROW\"}"
    "]}";

static struct binance_rules
rules(void)
{
	json_t *j = json_read(fix_span_of(info));
	struct binance_rules r;

	assert_int_equal(binance_rules_read(&r, j), 0);
	json_decref(j);
	return r;
}

static int
check(int64_t qty, int64_t price, char type, const char *what)
{
	struct binance_rules r = rules();
	struct binance_wish w = { '1', type, '1', qty, price, 0,
		60000 * FIX_E8, { 0 } };
	char text[200] = "";
	int reason = binance_rules_check(&r, &w, text, sizeof(text));

	assert_non_null(strstr(text, what));
	return reason;
}

static void
each_filter_refuses_with_its_name(void **state)
{
	const int64_t px = 60000 * FIX_E8;

	(void)state;
	assert_int_equal(check(100000, px, '2', ""), 0);
	assert_int_equal(check(100000, 0, '1', ""), 0);
	assert_int_equal(check(100001, px, '2', "LOT_SIZE"), 13);
	assert_int_equal(check(999, px, '2', "LOT_SIZE"), 13);
	assert_int_equal(check(9001 * FIX_E8, px, '2', "LOT_SIZE"), 13);
	assert_int_equal(check(76 * FIX_E8, 0, '1', "MARKET_LOT_SIZE"), 13);
	assert_int_equal(check(100000, px + 1, '2', "PRICE_FILTER"), 99);
	assert_int_equal(check(100000, px * 6, '2', "PERCENT_PRICE"), 99);
	assert_int_equal(check(100000, px / 6 / FIX_E8 * FIX_E8, '2',
			     "PERCENT_PRICE"), 99);
	assert_int_equal(check(1000, px, '2', "NOTIONAL"), 13);
	assert_int_equal(check(1000, 0, '1', "NOTIONAL"), 13);
	assert_int_equal(check(1000 * FIX_E8, px, '2', "NOTIONAL"), 3);
	assert_int_equal(check(100000, px, '4', "OrdType"), 11);
}

/* One case for each row of the mapping table: the venue's type, or the words of
 * the refusal. */
static void
each_kind_has_its_type_or_its_refusal(void **state)
{
	static const struct {
		char type, tif;
		struct venue_rare rare;
		const char *is, *fault;
	} cases[] = {
		{ '1', '0', { 0 }, "MARKET", NULL },
		{ '1', '3', { 0 }, "MARKET", NULL },
		{ '1', '1', { 0 }, "MARKET", "market orders" },
		{ '2', '1', { 0 }, "LIMIT", NULL },
		{ '2', '3', { 0 }, "LIMIT", NULL },
		{ '2', '4', { 0 }, "LIMIT", NULL },
		{ '2', '0', { 0 }, "LIMIT", "Day" },
		{ '2', '6', { 0 }, "LIMIT", "TimeInForce" },
		{ '2', '1', { .inst = "6" }, "LIMIT_MAKER", NULL },
		{ '2', '3', { .inst = "6" }, "LIMIT_MAKER", "ExecInst 6" },
		{ '3', '1', { 0 }, "STOP_LOSS", NULL },
		{ '3', '0', { 0 }, "STOP_LOSS", "stop orders" },
		{ '4', '1', { 0 }, "STOP_LOSS_LIMIT", NULL },
		{ 'J', '1', { 0 }, "TAKE_PROFIT", NULL },
		{ 'J', '3', { 0 }, "TAKE_PROFIT", "stop orders" },
		{ 'P', '1', { .peg = 'R' }, "LIMIT", NULL },
		{ 'P', '1', { .peg = 'P', .offset_e8 = 101 * FIX_E8 }, "LIMIT",
		    "PegOffsetValue" },
		{ '2', '1', { .max_floor_e8 = 10000 }, "LIMIT", NULL },
		{ '2', '3', { .max_floor_e8 = 10000 }, "LIMIT",
		    "MaxFloor requires" },
		{ '2', '1', { .max_floor_e8 = 10001 }, "LIMIT", "LOT_SIZE" },
		{ '2', '1', { .max_floor_e8 = 1000 }, "LIMIT",
		    "ICEBERG_PARTS" },
		{ '1', '0', { .cash_e8 = 10 * FIX_E8 }, "MARKET", NULL },
		{ '1', '0', { .cash_e8 = 4 * FIX_E8 }, "MARKET", "NOTIONAL" },
		{ 'K', '1', { 0 }, "", "OrdType" },
	};
	struct binance_rules r = rules();

	(void)state;
	r.types = ~0u;
	r.iceberg = r.by_amount = r.pegs = true;
	r.parts = 10;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool limit = strchr("24P", cases[i].type) != NULL;
		bool stop = strchr("34J", cases[i].type) != NULL;
		struct binance_wish w = { '1', cases[i].type, cases[i].tif,
			100000, limit ? 60000 * FIX_E8 : 0,
			stop ? 59000 * FIX_E8 : 0, 60000 * FIX_E8,
			cases[i].rare };
		const char *fault = binance_kind_fault(&w);
		char text[200] = "";

		assert_string_equal(
		    binance_type_name(binance_type_of(&w)), cases[i].is);
		if (fault == NULL && binance_rules_check(
					 &r, &w, text, sizeof(text)) != 0)
			fault = text;
		if (cases[i].fault == NULL && fault != NULL)
			fail_msg("%zu: %s", i, fault);
		if (cases[i].fault != NULL &&
		    (fault == NULL || strstr(fault, cases[i].fault) == NULL))
			fail_msg("%zu: %s", i, fault);
	}
}

static void
a_symbol_that_does_not_trade_refuses(void **state)
{
	struct binance_rules r = rules();
	struct binance_wish w = { '1', '2', '1', 100000, 60000 * FIX_E8, 0, 0,
		{ 0 } };
	char text[200];

	(void)state;
	snprintf(r.status, sizeof(r.status), "HALT");
	assert_int_equal(binance_rules_check(&r, &w, text, sizeof(text)), 2);
	assert_non_null(strstr(text, "HALT"));
}

static void
decimals_are_exact_or_refused(void **state)
{
	json_t *j = json_read(fix_span_of("{\"a\":\"0.00100000\",\"b\":0.1,"
	    "\"c\":5,\"d\":\"1e3\",\"e\":\"0.123456789\",\"f\":null,"
	    "\"g\":\"99999999999999999999\"}"));
	int64_t v = 7;

	(void)state;
	assert_int_equal(json_e8(j, "a", &v), 0);
	assert_int_equal(v, 100000);
	assert_int_equal(json_e8(j, "c", &v), 0);
	assert_int_equal(v, 5 * FIX_E8);
	assert_int_equal(json_e8(j, "b", &v), -FIX_E_FORMAT);
	assert_int_equal(json_e8(j, "d", &v), -FIX_E_FORMAT);
	assert_int_equal(json_e8(j, "e", &v), -FIX_E_RANGE);
	assert_int_equal(json_e8(j, "f", &v), -FIX_E_NOTFOUND);
	assert_int_equal(json_e8(j, "g", &v), -FIX_E_RANGE);
	assert_int_equal(v, 5 * FIX_E8);
	json_decref(j);
	assert_null(json_read(fix_span_of("{\"a\":999999999999999999999}")));
	assert_null(json_read(fix_span_of("{\"a\":1,\"a\":2}")));
}

/* RFC 6455, 1.3. */
static void
an_upgrade_is_taken_only_with_our_key(void **state)
{
	static const char good[] =
	    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
	    "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\nrest";
	char accept[29];

	(void)state;
	ws_accept_of("dGhlIHNhbXBsZSBub25jZQ==", accept);
	assert_string_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
	assert_int_equal(
	    ws_answer(fix_span_of(good), accept), sizeof(good) - 1 - 4);
	assert_int_equal(ws_answer(fix_span_of(good), "another"),
	    -FIX_E_FORMAT);
	assert_int_equal(ws_answer((struct fix_span){ (const uint8_t *)good,
				       40 }, accept), 0);
	assert_int_equal(ws_answer(
	    fix_span_of("HTTP/1.1 200 OK\r\n\r\n"), accept), -FIX_E_FORMAT);
}

static void
plain_addresses_are_for_loopback(void **state)
{
	(void)state;
	assert_null(rest_url_fault("https://api.binance.com"));
	assert_null(rest_url_fault("wss://ws-api.binance.com:443/ws-api/v3"));
	assert_null(rest_url_fault("http://127.0.0.1:8080"));
	assert_null(rest_url_fault("ws://localhost:8080/x"));
	assert_non_null(rest_url_fault("http://api.binance.com"));
	assert_non_null(rest_url_fault("ws://10.0.0.1/x"));
	assert_non_null(rest_url_fault("https://user@api.binance.com"));
	assert_non_null(rest_url_fault("nonsense"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signatures_are_those_of_the_documentation),
		cmocka_unit_test(ed25519_is_base64_and_percent_encoded),
		cmocka_unit_test(each_filter_refuses_with_its_name),
		cmocka_unit_test(each_kind_has_its_type_or_its_refusal),
		cmocka_unit_test(a_symbol_that_does_not_trade_refuses),
		cmocka_unit_test(decimals_are_exact_or_refused),
		cmocka_unit_test(an_upgrade_is_taken_only_with_our_key),
		cmocka_unit_test(plain_addresses_are_for_loopback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
