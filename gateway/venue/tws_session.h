/*
 * A session with TWS or IB Gateway as pure logic: bytes, requests and time in;
 * bytes, events and things to be kept out.
 *
 * The caller owns the socket and the clocks. After tws_connected() it hands
 * over what it reads and calls tws_tick() at tws_deadline(); what is to be done
 * comes through struct tws_out during those calls, in the order in which it
 * must be done. Nothing there may call back into the session.
 *
 * Ids: an order goes out under the next order id of our client id, which is
 * never used twice, with the gateway's id as orderRef. TWS keeps that pair and
 * tells it with each open order, execution and completed order, so that a new
 * process learns the orders of its predecessor from TWS itself. Only the next
 * order id is kept here, lest a TWS whose sequence was reset gives one again.
 *
 * Source: issue 7, reference venues/tws-protocol.md 4 to 18, order-state.md N1
 * to N15. Not thread safe.
 */
#ifndef FIXGATE_GATEWAY_VENUE_TWS_SESSION_H
#define FIXGATE_GATEWAY_VENUE_TWS_SESSION_H

#include "gateway/venue/tws_codec.h"
#include "gateway/venue/venue.h"

#define TWS_RATE_MAX 50u /* messages a second that TWS takes from all clients */
#define TWS_NAME_MAX 31

struct tws_symbol { /* what the gateway calls it, and what IB does */
	char name[TWS_NAME_MAX + 1];
	char symbol[TWS_NAME_MAX + 1]; /* "" where con_id says it all */
	char sec_type[8], exchange[16], primary[16], currency[8], expiry[16];
	int64_t con_id; /* 0: to be looked up */
};

/* What the accounts of a port must be: DU* and DF* are those of paper. */
enum tws_paper { TWS_EITHER, TWS_PAPER, TWS_LIVE };

/* Beyond plain orders: see venue_refuses(). */
#define TWS_TAKES                                                              \
	"1:27 2:27 5:07 B:07 J:01346 K:01346 Pa:01346 110:124BK 111:24B "     \
	"168:12345BJKP 18=G:1234BJKP 15:12345BJKP 336:234JP"

struct tws_cfg {
	int client_id;       /* 1 to 2147483647: 0 would bind a person's orders */
	const char *account; /* "": the only one of the login */
	const struct tws_symbol *symbols; /* copied */
	unsigned n_symbols;
	unsigned rate;       /* messages a second, 1 to TWS_RATE_MAX */
	unsigned max_orders; /* live ones; as many ended ones are remembered */
	const struct fix_tz *zone; /* of TWS's clock; borrowed; NULL: UTC */
	const char *zone_name;     /* "US/Eastern", as TWS writes it */
	enum tws_paper paper;
	bool marks; /* ask for prices: VENUE_MARK of each symbol */
	int64_t count_every_ns; /* what the account holds */
};

struct tws_out {
	void *arg;
	/* To TWS. Borrowed for the call. */
	void (*send)(void *arg, const uint8_t *p, size_t len);
	void (*event)(void *arg, const struct venue_event *e);
	/* What the account holds, and what executions move there. */
	void (*account)(void *arg, const struct venue_account *a);
	/* Keep over restarts, given back by tws_load(). */
	void (*keep)(void *arg, const char *key, const char *value);
	/* Text for an operator: alert, or only for the log. */
	void (*say)(void *arg, bool alert, const char *text);
	/* Drop the connection, for a reason; tws_closed() follows. */
	void (*drop)(void *arg, const char *why);
};

struct tws;

/** @return a session that is not connected; NULL: out of memory, or a rate, a
 *     client id or a number of orders that is out of range */
struct tws *tws_new(const struct tws_cfg *cfg, struct tws_out out);
void tws_free(struct tws *t);
/** A thing that was kept. Before tws_connected(). */
void tws_load(struct tws *t, struct fix_span key, struct fix_span value);

/** The socket is connected, and nothing was read or written yet. */
void tws_connected(struct tws *t, struct fix_now now);
/** @param in  untrusted bytes @return bytes eaten, the rest is half a frame */
size_t tws_received(
    struct tws *t, const uint8_t *in, size_t len, struct fix_now now);
/** The socket is gone, or could not be had. Live orders are in doubt. */
void tws_closed(struct tws *t, const char *why, struct fix_now now);
/** Timers and the queue of what TWS may be sent. */
void tws_tick(struct tws *t, struct fix_now now);
struct fix_mono tws_deadline(const struct tws *t);

/** Requests of the trader: what struct venue_order says. What TWS can't do is
 * refused by an event, never sent.
 * @return 0 taken: an event will follow; -FIX_E_STATE not up; -FIX_E_FULL */
int tws_send_new(
    struct tws *t, const struct venue_order *o, struct fix_now now);
int tws_send_cancel(
    struct tws *t, const struct venue_order *o, struct fix_now now);
int tws_send_replace(
    struct tws *t, const struct venue_order *o, struct fix_now now);
int tws_send_status(
    struct tws *t, const struct venue_order *o, struct fix_now now);

/** Is it ready for orders? */
bool tws_up(const struct tws *t);
/** Server version agreed on; 0: none yet. */
unsigned tws_version(const struct tws *t);

#endif
