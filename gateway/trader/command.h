/* What the operator's commands share. */
#ifndef FIXGATE_GATEWAY_TRADER_COMMAND_H
#define FIXGATE_GATEWAY_TRADER_COMMAND_H

#include "gateway/trader/inside.h"

#define COMMAND_WORDS 20

struct answer {
	char *out;
	size_t cap, len;
};

struct words {
	char line[1024];
	char *w[COMMAND_WORDS];
	unsigned n;
};

/** Add to the answer; what does not fit is left out. */
void command_say(struct answer *a, const char *fmt, ...) FIX_PRINTF(2, 3);
/** Scope and id of "firm", "account DEMO", "session CLIENT44", in the words
 * from the second on. @return words eaten, 0 after a complaint */
unsigned command_scope(struct trader *t, struct answer *a,
    const struct words *w, enum risk_scope *scope, char *id, size_t cap);
/** "risk get|put|propose|approve|reject|history ..." */
void limits_command(struct trader *t, struct answer *a, const struct words *w);

#endif
