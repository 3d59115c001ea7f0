/*
 * Alpaca's adapter in a rig, and what the venue says (alpaca.md 5, 8, 9).
 */
#ifndef FIXGATE_TESTS_GATEWAY_VENUE_ALPACA_RIG_H
#define FIXGATE_TESTS_GATEWAY_VENUE_ALPACA_RIG_H

#include "gateway/venue/alpaca_int.h"
#include "tests/gateway/venue/outside_rig.h"

#define ID "1-7-1-0"
#define NEXT "1-7-1-1"
#define V1 "61e69015-8549-4bfd-b9c3-01e75843f47d"
#define V2 "61e69015-8549-4bfd-b9c3-01e75843f47e"
#define BY_ID "GET /v2/orders:by_client_order_id?client_order_id="
#define FILLS "GET /v2/account/activities/FILL?direction=asc&page_size=100&after="

#define ORDER(venue, id, status, filled) \
	"{\"id\":\"" venue "\",\"client_order_id\":\"" id "\",\"symbol\":" \
	"\"AAPL\",\"side\":\"sell\",\"qty\":\"100\",\"filled_qty\":\"" filled \
	"\",\"filled_avg_price\":\"180\",\"limit_price\":\"180\",\"status\":\"" \
	status "\",\"created_at\":\"2026-03-16T18:38:01Z\"," \
	"\"updated_at\":\"2026-03-16T18:38:01Z\"}"
#define EVENT(event, order, more) \
	"{\"stream\":\"trade_updates\",\"data\":{\"event\":\"" event "\"" more \
	",\"order\":" order "}}"
#define TRADE(venue, id, status, qty, cum) \
	EVENT("partial_fill", ORDER(venue, id, status, cum), ",\"qty\":\"" qty \
	"\",\"price\":\"180\",\"timestamp\":\"2026-03-16T18:38:01Z\"")
#define ACTIVITY(id, venue, qty, cum) \
	"{\"id\":\"" id "\",\"order_id\":\"" venue "\",\"symbol\":\"AAPL\"," \
	"\"side\":\"sell\",\"qty\":\"" qty "\",\"cum_qty\":\"" cum "\"," \
	"\"price\":\"180\",\"transaction_time\":\"2026-03-16T18:38:01Z\"}"

/** For cmocka: *state is the adapter; cold: not started; warm: up, and nothing
 * that is done from time to time is due. */
int alpaca_cold(void **state);
int alpaca_warm(void **state);
int alpaca_end(void **state);
/** The stream that is open says so. */
void alpaca_event(const char *text);
/** The stream opens, and all is as at the end of the steps. */
void alpaca_to_up(void);
/** The account is counted: its fees, nothing but cash. */
void alpaca_holds(const char *fees, const char *cash);
void alpaca_lose_stream(const char *why);
/** The trader sends an order: sell 100 AAPL at 180, day. */
void alpaca_send(const char *id);
/** "cancel" or "replace" of ID. */
void alpaca_change(const char *kind, const char *id, const char *qty);
/** The order ID is there, as V1. */
void alpaca_resting(void);

#endif
