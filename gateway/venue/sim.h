/*
 * The simulated venue: a price-time-priority book for each symbol, seeded
 * liquidity round a reference price, and faults on demand.
 *
 * Takes market (by quantity or amount), limit, stop, stop-limit and market-if-
 * touched orders, TimeInForce day, GTC, IOC, FOK and GTD, MinQty of IOC, MaxFloor
 * and ExecInst 6 (participate, don't initiate) of limit orders. A request is
 * worked latency_us after it was sent; its events come from that tick().
 * Resting orders are filled at their own price; a
 * replace that changes a price or raises the quantity goes to the end of the
 * queue. What is left of a market, IOC or FOK order is canceled. Liquidity of
 * the venue's own that comes back trades with orders that crossed meanwhile.
 *
 * Everything that clients did outlives the process through sink.keep: orders,
 * requests on their way, events not told yet, last prices, and the count of
 * starts, which is part of every id, so that no id comes twice. The seeded
 * liquidity is whole again after a start. An order that ended is forgotten once
 * SIM_ENDED_MAX others have ended after it; until then its ids (the first, the
 * last and the one before it) are refused for another order.
 */
#ifndef FIXGATE_GATEWAY_VENUE_SIM_H
#define FIXGATE_GATEWAY_VENUE_SIM_H

#include "gateway/venue/venue.h"

#define SIM_ENDED_MAX 10000
#define SIM_LEVELS_MAX 1000  /* seeded, on each side */
#define SIM_SYMBOLS_MAX 100000

struct sim_symbol {
	char symbol[33];
	int64_t ref_e8;   /* reference price, over 0 */
	int64_t tick_e8;  /* distance of levels, over 0 if there are any */
	int64_t size_e8;  /* seeded quantity of each level, over 0 likewise */
	unsigned levels;  /* seeded levels on each side; 0: an empty book */
};

/* Faults strike every n-th thing of their kind, or one in n from the seed. */
struct sim_faults {
	unsigned late_ack_ms;       /* acks come so late, and what follows */
	unsigned fill_before_ack;   /* one in n new orders: not what it fills */
	unsigned no_ack;            /* one in n: neither ack nor reject */
	unsigned dup_exec;          /* one in n executions is told twice */
	unsigned reject;            /* one in n new orders */
	unsigned disconnect;        /* one in n orders takes the venue down, and
	                               is lost or not, as are requests under
	                               way: the seed says which */
	unsigned down_ms;           /* and so long it stays down; events wait */
	unsigned bust;              /* one in n executions is busted at once */
	bool by_seed;               /* false: every n-th */
};

struct sim_cfg {
	const char *name;
	const struct sim_symbol *symbols; /* copied */
	unsigned n_symbols;
	unsigned latency_us;     /* request to answer */
	unsigned refill_ms;      /* seeded liquidity is back after so long */
	unsigned day_end_s;      /* day orders expire so many seconds after
	                            00:00 UTC; 0: they do not */
	const char *currency;    /* of all symbols; NULL, "": not said */
	uint64_t seed;
	struct sim_faults faults;
};

/** @return a venue, to be freed with its ops->free(); NULL: out of memory */
struct venue *venue_sim_new(const struct sim_cfg *cfg, struct venue_sink sink);

/**
 * Read reference prices: "SYMBOL PRICE [TICK [SIZE [LEVELS]]]" a line, '#'
 * comments. Left out: TICK 0.01, SIZE 100, LEVELS 10.
 * @param err  512 bytes for "FILE:LINE: what is wrong"
 * @return symbols read (*out to be freed with free()), -FIX_E_IO,
 *         -FIX_E_CONFIG
 */
int venue_sim_read_prices(const char *path, struct sim_symbol **out,
    char *err) FIX_MUST_CHECK;
/** The same from memory; name stands for FILE. */
int venue_sim_parse_prices(const char *name, struct fix_span text,
    struct sim_symbol **out, char *err) FIX_MUST_CHECK;

/* What the venue knows, for tests that compare accounts. */
struct sim_view {
	const char *cl_ord_id, *symbol;
	uint64_t number;  /* by age */
	char side, status; /* as OrdStatus: 0 1 2 4 C */
	int64_t qty_e8, cum_e8, price_e8, stop_e8;
};

/** Every order it remembers, in no order; fn returns non-zero to stop. */
int venue_sim_each(struct venue *v,
    int (*fn)(void *arg, const struct sim_view *o), void *arg);
/** Best price of a side ('1' bids, '2' offers) and the quantity there, the
 * venue's own included. @return false: nothing there, or no such symbol */
bool venue_sim_best(const struct venue *v, const char *symbol, char side,
    int64_t *px_e8, int64_t *qty_e8);

#endif
