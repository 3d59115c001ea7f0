/* Lines typed at a terminal, with editing and history, while messages come. */
#ifndef FIXGATE_GATEWAY_CLI_PROMPT_H
#define FIXGATE_GATEWAY_CLI_PROMPT_H

#include "gateway/cli/trading.h"

/** Until the end of the input, quit, or the connection is gone and nobody
 * wants it back. @return enum cli_status */
int prompt_run(struct trading *t);

#endif
