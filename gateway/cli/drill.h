/*
 * Recovery drills: a gateway of their own under load, something that is broken
 * for real, the way back, and what it took.
 */
#ifndef FIXGATE_GATEWAY_CLI_DRILL_H
#define FIXGATE_GATEWAY_CLI_DRILL_H

#include <jansson.h>
#include <stdatomic.h>

#include "gateway/cli/demo.h"
#include "gateway/cli/options.h"

#define DRILL_ORDERS 1000000u
#define DRILL_WAIT_NS (120 * FIX_SEC) /* for anything */

/* Orders, in memory that the client's process shares. */
struct drill_load {
	atomic_uint port;  /* of the gateway to talk to */
	atomic_uint sent;  /* orders 1 to that */
	atomic_uint pause_ms; /* between two of them */
	atomic_bool stop;
	struct drill_order {
		int64_t sent_ns;
		_Atomic int64_t acked_ns; /* UTC; 0: no answer yet */
	} v[DRILL_ORDERS];
};

struct drill {
	const char *name;
	bool brief, sabotage;
	char dir[PATH_MAX]; /* scratch */
	char self[PATH_MAX], log[PATH_MAX];
	struct demo_gateway gate; /* that has the load */
	pid_t client;
	struct drill_load *load;
	int64_t began_ns, fault_ns, found_ns, back_ns, trail_ns; /* UTC */
	int64_t gone_ns; /* when the gateway with the load was stopped; 0: never */
	int64_t copied_ns; /* when the copy was begun that came back; 0: none */
	int64_t rto_target_s, rpo_target_s; /* -1: what the copy has */
	uint64_t acked, lost, first_lost;
	int64_t lost_ns; /* time up to drill_end_of_load() whose orders are lost */
	json_t *steps, *checks;
	bool failed;
};

/* The four. Each says what it does and checks; @return false: it could not be
 * carried out, which was told */
bool drill_database(struct drill *d);
bool drill_corruption(struct drill *d);
bool drill_ransomware(struct drill *d);
bool drill_region(struct drill *d);

/** Settings of a gateway with a trail, perhaps in a database ("": none), that
 * makes copies. @return bytes of the text */
size_t drill_sections(char *to, size_t cap, const char *database,
    const char *folder, const char *sign, unsigned interval_s);
/** Start d->gate and its load, and wait until a folder has copies.
 * @return false with a complaint */
bool drill_trade(struct drill *d, const char *folder);
void drill_fault(struct drill *d, const char *what);
bool drill_journal_good(struct drill *d, const struct demo_gateway *g);
/** A check that runs all the time sees that d->gate is not good any more. */
bool drill_detect(struct drill *d,
    bool (*good)(struct drill *, const struct demo_gateway *));
/** It is no more. */
void drill_stop_gate(struct drill *d);
/** On a gateway that was restored: it verifies, and what it lacks is counted;
 * it starts and answers; it stops and verifies. Or all three. */
bool drill_restored(struct drill *d, struct demo_gateway *g);
bool drill_trade_again(struct drill *d, struct demo_gateway *g);
bool drill_end_well(struct drill *d, struct demo_gateway *g);
bool drill_come_back(struct drill *d, struct demo_gateway *g);

int64_t drill_now(void); /* UTC, ns */
/** What happened, for the report and the screen. */
void drill_step(struct drill *d, const char *fmt, ...) FIX_PRINTF(2, 3);
/** What must hold. @return ok */
bool drill_check(struct drill *d, bool ok, const char *fmt, ...)
    FIX_PRINTF(3, 4);
void drill_nap(unsigned ms);

/** A gateway in DIR/NAME, with sections added to its settings, not started.
 * @return false with a complaint */
bool drill_prepare(struct drill *d, struct demo_gateway *g, const char *name,
    const char *sections);
/** Start it, and wait until it takes connections. @return false: it does not */
bool drill_start(struct drill *d, struct demo_gateway *g);
unsigned drill_port(const struct demo_gateway *g);
/** Run a program, by PATH, to its end; what it says goes to the drill's log.
 * @param dir   to be in; NULL: as we are
 * @return its status, -1 */
int drill_run(struct drill *d, const char *user, const char *const *argv);
/** fixgate WORDS -c the gateway's settings. @return its status */
int drill_fixgate(struct drill *d, const struct demo_gateway *g,
    const char *const *words);

/** Start the client's process: an order every so many milliseconds to the
 * gateway of d->gate. @return false with a complaint */
bool drill_load_start(struct drill *d, unsigned pause_ms);
void drill_load_stop(struct drill *d);
/** Wait until so many more orders are answered. @return false: they are not */
bool drill_load_more(struct drill *d, unsigned n);
/** When the first answer came to an order sent after a moment; 0: none yet. */
int64_t drill_answered_after(const struct drill *d, int64_t ns);
/** Up to when orders count that were answered before: the gateway that took
 * them may have gone on after the fault. */
int64_t drill_end_of_load(const struct drill *d);
/** The longest time without an answer from a moment on. */
int64_t drill_longest_gap(const struct drill *d, int64_t from_ns);
/** Which orders that were answered before drill_end_of_load() are not in a
 * journal: into d->acked, lost, first_lost, lost_ns. @return false with a complaint */
bool drill_count_lost(struct drill *d, const char *data);

/** Tell a gateway that runs what came out, and wait until its audit trail has
 * it. @param sum  SHA-256 of the report @return enum cli_status */
int drill_announce(const struct drill *d, const struct gateway_paths *to,
    int64_t rto_ns, const uint8_t sum[32]);

/** Try the copies of a folder, newest first, until one is restored.
 * @return false: none is */
bool drill_restore(struct drill *d, const struct demo_gateway *g,
    const char *folder);
/** Copies that are whole, in a folder. */
unsigned drill_copies(const char *folder);
/** Flip a bit in the middle of each copy (all), or of the newest one. */
void drill_spoil(const char *folder, bool all);

#endif
