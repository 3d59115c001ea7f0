/*
 * An engine under test in this process, in virtual time: struct fix_session on
 * its public header with the application of `fixgate echo`, behind the player's
 * struct cc_peer.
 */
#ifndef FIXGATE_TESTS_CONFORMANCE_ENGINE_H
#define FIXGATE_TESTS_CONFORMANCE_ENGINE_H

#include "gateway/cli/conform/play.h"
#include "gateway/cli/echo.h"

/* How bytes cross between the two. */
enum carriage {
	BY_WHOLE, /* all at once */
	BY_BYTE,  /* what the engine reads comes byte by byte */
	BY_BITS,  /* the transport refuses what the engine writes: it waits, and
	             leaves in bits */
	N_CARRIAGE
};

struct engine;

struct engine *engine_new(const struct fix_session_cfg *cfg,
    enum carriage how);
void engine_free(struct engine *e);
/** What the player plays against; lives as long as e. */
const struct cc_peer *engine_peer(struct engine *e);
/** Did it break a promise of its own? NULL: no */
const char *engine_fault(const struct engine *e);

#endif
