/*
 * A rig round the simulated venue: a clock, an ear that writes down what it
 * says, and a store that outlives it.
 */
#ifndef FIXGATE_TESTS_GATEWAY_VENUE_RIG_H
#define FIXGATE_TESTS_GATEWAY_VENUE_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fix/decimal.h"
#include "gateway/venue/sim.h"

#define E8 FIX_E8
#define PX(cents) ((int64_t)(cents) * (FIX_E8 / 100))

#define RIG_BUCKETS 16384

struct told { /* an event, copied */
	struct venue_event e;
	char text[7][64];
};

struct kept {
	struct kept *next;
	size_t key_len, len;
	uint8_t key[64];
	uint8_t value[600];
};

struct rig {
	struct venue *v;
	struct sim_cfg cfg;
	struct fix_now now;
	struct told *told;
	size_t n, cap, seen;
	struct kept *store[RIG_BUCKETS];
	size_t n_kept, keeps;
	bool deaf;      /* events are counted only */
	bool no_event;  /* one now would come from inside a send */
	uint64_t hash;  /* of all that was said */
	void (*hook)(struct rig *g, const struct venue_event *e);
};

/* Symbol X at 100.00, 3 levels of 100 shares at each side, 0.01 apart, that
 * come back after an hour; Y the same without liquidity. Started and up. */
struct rig *rig_new(void);
/* The same by settings; symbols NULL: those of rig_new(). */
struct rig *rig_with(struct sim_cfg cfg);
struct rig *rig_unstarted(struct sim_cfg cfg);
void rig_free(struct rig *g);
void rig_start(struct rig *g);
/* The process dies; another finds what was kept. */
void rig_crash(struct rig *g);
void rig_tick(struct rig *g, int64_t ns);
size_t rig_kept(const struct rig *g, char kind); /* values of a kind */

/* What the desk sends: 'D', 'F', 'G' or 'H'. qty in shares. */
struct venue_order rig_order(const char *id, char side, int64_t qty,
    int64_t px_e8);
int rig_send(struct rig *g, char kind, const struct venue_order *o);
void rig_new_order(struct rig *g, const char *id, char side, int64_t qty,
    int64_t px_e8, char tif);
void rig_cancel(struct rig *g, const char *id, const char *orig);
void rig_replace(struct rig *g, const char *id, const char *orig, char side,
    int64_t qty, int64_t px_e8);
void rig_status(struct rig *g, const char *id);

/* The next event that is no mark must be this. */
const struct venue_event *rig_next(struct rig *g, enum venue_event_kind k,
    const char *cl_ord_id);
void rig_fill(struct rig *g, const char *cl_ord_id, int64_t qty,
    int64_t px_e8, int64_t cum);
void rig_silent(struct rig *g); /* nothing but marks was said */
void rig_forget(struct rig *g); /* what was said so far */
const struct venue_event *rig_last_mark(const struct rig *g,
    const char *symbol);
/* Every order and the best prices as text, sorted; to be freed. */
char *rig_picture(struct rig *g);

#endif
