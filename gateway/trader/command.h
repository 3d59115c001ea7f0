/* What the operator's commands share. */
#ifndef FIXGATE_GATEWAY_TRADER_COMMAND_H
#define FIXGATE_GATEWAY_TRADER_COMMAND_H

#include "gateway/trader/inside.h"

#define COMMAND_WORDS 80

struct answer {
	char *out;
	size_t cap, len;
	bool json; /* asked for */
};

struct words {
	char line[4096];
	char *w[COMMAND_WORDS];
	unsigned n;
	const char *reason; /* what stood behind reason=, or "" */
};

/** Add to the answer; what does not fit is left out. */
void command_say(struct answer *a, const char *fmt, ...) FIX_PRINTF(2, 3);
/** A text in quotes, as JSON has it. */
void command_json(struct answer *a, const char *text);
/** Scope and id of "firm", "account DEMO", "session CLIENT44", "venue SIM" in
 * the words from `at` on. @return words eaten, 0 after a complaint */
unsigned command_scope(const struct trader *t, struct answer *a,
    const struct words *w, unsigned at, enum risk_scope *scope, char *id,
    size_t cap);
/** Is it the name of a kind of scope? */
bool command_is_scope(const char *word);
/** "risk get|put|propose SCOPE [ID] ..." */
void limits_scope(struct trader *t, struct answer *a, const struct words *w);
/** "risk approve|reject NUMBER" */
void limits_decide(struct trader *t, struct answer *a, const struct words *w);
/** "risk history" */
void limits_history(struct trader *t, struct answer *a, const struct words *w);
void limits_stale(struct trader *t, struct answer *a, const struct words *w);
/** What waits, and what will revert. */
void limits_status(struct trader *t, struct answer *a);
/** "holdings [VENUE]", "accept VENUE ASSET" */
void holdings_command(
    struct trader *t, struct answer *a, const struct words *w);
/** "venue NAME EVENT ...": a venue of Type=told says it. */
void told_command(struct trader *t, struct answer *a, const struct words *w);

#endif
