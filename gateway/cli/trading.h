/* A client's desk: the FIX client, its books, what it shows, and the lines that
 * it carries out. */
#ifndef FIXGATE_GATEWAY_CLI_TRADING_H
#define FIXGATE_GATEWAY_CLI_TRADING_H

#include "gateway/cli/client.h"
#include "gateway/cli/compose.h"
#include "gateway/cli/ledger.h"
#include "gateway/cli/show.h"

struct inbox; /* messages received, for wait */

struct trading {
	struct show sh;
	struct client *client;
	struct ledger *ledger;
	struct composer composer;
	struct inbox *inbox;
	struct dict_pair dicts;
	bool json, quiet, verbose;
	bool prompting;    /* a prompt stands on the terminal */
	void (*before)(void); /* a message is about to be printed; may be NULL */
	void (*after)(void);
	int timeout_ms;    /* of logon, waits and answers */
	uint64_t faults;   /* lines that did not work, messages rejected */
	int64_t last_in_ns; /* monotonic: a message came */
};

/** @param cfg  dicts are set here. @return 0, or an error with a complaint */
int trading_open(struct trading *t, struct client_cfg *cfg, const char *account,
    int color) FIX_MUST_CHECK;
void trading_close(struct trading *t);

/** Connect and log on. @return 0; -FIX_E_*, with a complaint unless quiet */
int trading_logon(struct trading *t, bool quiet) FIX_MUST_CHECK;
/** Carry out one line; see the manual for what it may say.
 * @return 0; -FIX_E_FORMAT not understood, -FIX_E_NOTFOUND a wait was in vain,
 * -FIX_E_STATE no connection, each with a complaint */
int trading_line(struct trading *t, const char *line) FIX_MUST_CHECK;
/** Turns until every request is answered, and nothing came for quiet_ms.
 * @return 0, -FIX_E_NOTFOUND, -FIX_E_STATE */
int trading_settle(struct trading *t, int quiet_ms, int timeout_ms)
    FIX_MUST_CHECK;
/** Say something between messages, unless they are quiet or for a program. */
void trading_say(struct trading *t, const char *fmt, ...) FIX_PRINTF(2, 3);

#endif
