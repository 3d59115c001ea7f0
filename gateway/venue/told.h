/*
 * The venue that does what it is told: it takes every request, answers none,
 * and an operator's command says what it says (gateway/trader/told.c). With it
 * each event of an order's life, each race and each mistake of a venue can be
 * had on demand, over a real gateway. It keeps nothing.
 */
#ifndef FIXGATE_GATEWAY_VENUE_TOLD_H
#define FIXGATE_GATEWAY_VENUE_TOLD_H

#include "gateway/venue/sim.h"

/** @param symbols  copied; only their names and reference prices count
 * @return a venue, to be freed with its ops->free(); NULL: out of memory */
struct venue *venue_told_new(const char *name, const struct sim_symbol *symbols,
    unsigned n_symbols, struct venue_sink sink);
/** Is it one? */
bool venue_is_told(const struct venue *v);

#endif
