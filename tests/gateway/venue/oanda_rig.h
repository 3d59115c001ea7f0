/*
 * OANDA's adapter in a rig, and what the venue says, in shapes of its
 * specification and of recorded answers (oanda-v20).
 */
#ifndef FIXGATE_TESTS_GATEWAY_VENUE_OANDA_RIG_H
#define FIXGATE_TESTS_GATEWAY_VENUE_OANDA_RIG_H

#include "gateway/venue/oanda_int.h"
#include "tests/gateway/venue/outside_rig.h"

#define E8(x) ((int64_t)(x) * FIX_E8)
#define ID "1-7-1-0"
#define NEXT "1-7-1-1"
#define LAST "6366" /* the transaction that is done when a test begins */

/* The streams, of transactions and of prices. */
#define LOG 0
#define PRICES 1

#define COMMON \
	"\"time\":\"2026-03-16T18:38:01.942282123Z\",\"userID\":1234567," \
	"\"accountID\":\"101-001-1234567-001\"," \
	"\"requestID\":\"42381345678901234\","
#define MARKET \
	"{\"id\":\"6367\",\"type\":\"MARKET_ORDER\"," COMMON \
	"\"batchID\":\"6367\",\"instrument\":\"EUR_USD\",\"units\":\"10000\"," \
	"\"timeInForce\":\"FOK\",\"positionFill\":\"DEFAULT\"," \
	"\"reason\":\"CLIENT_ORDER\",\"clientExtensions\":{\"id\":\"" ID "\"}}"
#define LIMIT(reason) \
	"{\"id\":\"6367\",\"type\":\"LIMIT_ORDER\"," COMMON \
	"\"batchID\":\"6367\",\"instrument\":\"EUR_USD\",\"units\":\"-10000\"," \
	"\"price\":\"1.20000\",\"timeInForce\":\"GTC\"," \
	"\"positionFill\":\"POSITION_DEFAULT\"," \
	"\"triggerCondition\":\"TRIGGER_DEFAULT\",\"reason\":\"" reason "\"," \
	"\"clientExtensions\":{\"id\":\"" ID "\"}}"
#define FILL(id, batch, order, units, more) \
	"{\"id\":\"" id "\",\"type\":\"ORDER_FILL\"," COMMON \
	"\"batchID\":\"" batch "\",\"orderID\":\"" order "\"," \
	"\"clientOrderID\":\"" ID "\",\"instrument\":\"EUR_USD\"," \
	"\"units\":\"" units "\",\"gainQuoteHomeConversionFactor\":\"1\"," \
	"\"price\":\"1.10004\",\"fullVWAP\":\"1.10004\"," \
	"\"reason\":\"MARKET_ORDER\",\"pl\":\"0.0000\"," \
	"\"commission\":\"0.0000\",\"accountBalance\":\"100000.0000\"" more "}"
#define OPENED(units, px) \
	",\"tradeOpened\":{\"tradeID\":\"6368\",\"units\":\"" units \
	"\",\"price\":\"" px "\",\"halfSpreadCost\":\"0.7000\"}"
#define CANCEL(id, batch, order, why) \
	"{\"id\":\"" id "\",\"type\":\"ORDER_CANCEL\"," COMMON \
	"\"batchID\":\"" batch "\",\"orderID\":\"" order "\"," \
	"\"clientOrderID\":\"" ID "\",\"reason\":\"" why "\"}"
#define CREATED "{\"orderCreateTransaction\":"
#define RESTING \
	CREATED LIMIT("CLIENT_ORDER") ",\"relatedTransactionIDs\":[\"6367\"]," \
	"\"lastTransactionID\":\"6367\"}"

#define INSTRUMENTS \
	"{\"instruments\":[{\"name\":\"EUR_USD\",\"displayPrecision\":5," \
	"\"tradeUnitsPrecision\":0,\"minimumTradeSize\":\"1\"," \
	"\"maximumOrderUnits\":\"100000000\"}]," \
	"\"lastTransactionID\":\"" LAST "\"}"
#define LIST(list, last) \
	"{\"transactions\":[" list "],\"lastTransactionID\":\"" last "\"}"
#define BEAT(last) \
	"{\"type\":\"HEARTBEAT\",\"lastTransactionID\":\"" last "\"," \
	"\"time\":\"2026-03-16T18:38:05.000000000Z\"}"
#define ASK "GET /orders/@" ID
#define SINCE "GET /transactions/sinceid?id="
#define FOUND(id, last) \
	"{\"order\":{\"id\":\"" id "\",\"state\":\"PENDING\"}," \
	"\"lastTransactionID\":\"" last "\"}"
#define FUNDS(id) \
	"{\"id\":\"" id "\",\"type\":\"TRANSFER_FUNDS\"," COMMON \
	"\"batchID\":\"" id "\"}"
#define REISSUE \
	"{\"id\":\"6369\",\"type\":\"LIMIT_ORDER\"," COMMON \
	"\"batchID\":\"6368\",\"instrument\":\"EUR_USD\",\"units\":\"-6000\"," \
	"\"price\":\"1.20000\",\"reason\":\"CLIENT_ORDER\"," \
	"\"clientExtensions\":{\"id\":\"" ID "\"}}"
#define NO_SUCH_ORDER(last) \
	"{\"lastTransactionID\":\"" last "\",\"errorMessage\":" \
	"\"The order ID specified does not exist\"," \
	"\"errorCode\":\"NO_SUCH_ORDER\"}"

/** For cmocka: *state is the adapter; cold: not started; warm: up, nothing
 * under way, LAST done, and nothing that is done from time to time is due. */
int oanda_cold(void **state);
int oanda_warm(void **state);
int oanda_end(void **state);
/** From "start" to the answer of instruments. */
void oanda_rig_to_stream(void);
/** Answer the account's and the positions' questions. */
void oanda_rig_account(const char *last);
/** The trader sends an order: LIMIT, sell 10000 at 1.2, GTC. */
void oanda_rig_new(const char *id);
/** ... which is there: 6367. */
void oanda_rig_resting(void);
void oanda_rig_cancel(const char *id, const char *orig);
void oanda_rig_replace(const char *id, const char *qty, const char *px);
void oanda_rig_ask(const char *id);
/** The list since then, which is asked for, is read, and it ends there. */
void oanda_rig_nothing_new(const char *since);

#endif
