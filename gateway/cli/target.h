/* Where a client logs on, and as whom: from options, or from a settings file
 * of the gateway or of a QuickFIX initiator. */
#ifndef FIXGATE_GATEWAY_CLI_TARGET_H
#define FIXGATE_GATEWAY_CLI_TARGET_H

#include "fix/version.h"
#include "gateway/cli/wire.h"
#include "gateway/settings/conf.h"

struct target { /* strings are the options' or the conf's */
	struct conf *conf; /* NULL: no settings file */
	const char *host, *port;
	const char *sender, *target;
	const char *begin; /* "FIX.4.4", "FIX.5.0SP2", "FIXT.1.1" */
	const char *username, *password;
	struct wire_tls tls;
	enum fix_version version;
	char port_text[8];
	char secret[256]; /* of a password file */
};

/**
 * Complete what the options left open from the settings file, and check it.
 *
 * In a gateway's file the session of t->sender is taken, or the first one that
 * clients may send orders to. @return 0, -FIX_E_CONFIG with a complaint
 */
int target_complete(struct target *t, const char *file) FIX_MUST_CHECK;
/** Password of a file, one line; others must not be able to read it.
 * @return 0, -FIX_E_CONFIG with a complaint */
int target_password(struct target *t, const char *file) FIX_MUST_CHECK;
void target_done(struct target *t);

#endif
