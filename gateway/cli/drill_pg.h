/* PostgreSQL of a drill's own: a primary, 0, and its standby, 1. */
#ifndef FIXGATE_GATEWAY_CLI_DRILL_PG_H
#define FIXGATE_GATEWAY_CLI_DRILL_PG_H

#include "gateway/cli/drill.h"

struct drill_pg {
	char bin[PATH_MAX], dir[PATH_MAX], sql[PATH_MAX];
	const char *user; /* to run as; NULL: as we are */
	unsigned port[2];
};

/** Make and start both, with the trail's schema.
 * @return false with a complaint; drill_pg_end() all the same */
bool drill_pg_start(struct drill *d, struct drill_pg *p);
void drill_pg_end(struct drill *d, const struct drill_pg *p);
/** SIGKILL to the primary, and its disk is gone. @return false: it is not */
bool drill_pg_destroy(const struct drill_pg *p);
/** A check: the standby takes over. */
bool drill_pg_promote(struct drill *d, const struct drill_pg *p);
/** Does a question have the answer "t"? */
bool drill_pg_asks(struct drill *d, const struct drill_pg *p, int which,
    const char *sql);
/** Wait until the newest order that was answered by now is there. */
bool drill_pg_caught_up(struct drill *d, const struct drill_pg *p, int which);
/** A check, when the gateway has stopped: it has the chain, event by event. */
bool drill_pg_same(struct drill *d, const struct drill_pg *p, int which);

/** /bin/sh takes the words; none comes from outside. @return status 0 */
bool drill_sh(struct drill *d, const char *user, const char *fmt, ...)
    FIX_PRINTF(3, 4);

#endif
