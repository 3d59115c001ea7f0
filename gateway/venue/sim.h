/*
 * The simulated venue: a price-time-priority book for each symbol, seeded
 * liquidity round a reference price, and faults on demand.
 */
#ifndef FIXGATE_GATEWAY_VENUE_SIM_H
#define FIXGATE_GATEWAY_VENUE_SIM_H

#include "gateway/venue/venue.h"

struct sim_symbol {
	char symbol[33];
	int64_t ref_e8;   /* reference price */
	int64_t tick_e8;  /* distance of levels */
	int64_t size_e8;  /* seeded quantity of each level */
	unsigned levels;  /* seeded levels on each side; 0: an empty book */
};

/* Faults strike the n-th thing of their kind, or one in n from the seed. */
struct sim_faults {
	unsigned late_ack_ms;       /* acks come so late */
	unsigned fill_before_ack;   /* one in n */
	unsigned no_ack;            /* one in n: neither ack nor reject */
	unsigned dup_exec;          /* one in n executions is told twice */
	unsigned reject;            /* one in n new orders */
	unsigned disconnect;        /* one in n orders takes the venue down */
	unsigned down_ms;           /* and so long it stays down */
};

struct sim_cfg {
	const char *name;
	const struct sim_symbol *symbols; /* copied */
	unsigned n_symbols;
	unsigned latency_us;     /* request to answer */
	unsigned refill_ms;      /* seeded liquidity is back after so long */
	uint64_t seed;
	struct sim_faults faults;
};

/** @return a venue, to be freed with its ops->free(); NULL: out of memory */
struct venue *venue_sim_new(const struct sim_cfg *cfg, struct venue_sink sink);

/**
 * Read reference prices: "SYMBOL PRICE [TICK [SIZE [LEVELS]]]" a line, '#'
 * comments. @param err  512 bytes for "FILE:LINE: what is wrong"
 * @return symbols read (*out to be freed with free()), -FIX_E_IO,
 *         -FIX_E_CONFIG
 */
int venue_sim_read_prices(const char *path, struct sim_symbol **out,
    char *err) FIX_MUST_CHECK;

#endif
