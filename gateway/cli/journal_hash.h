/* The state hash, two ways: of the tables as they stand, and of a replay of the
 * journal from its beginning. */
#ifndef FIXGATE_GATEWAY_CLI_JOURNAL_HASH_H
#define FIXGATE_GATEWAY_CLI_JOURNAL_HASH_H

#include "gateway/cli/options.h"

/** Print "replay HASH at N" and "tables HASH at N".
 * @return CLI_OK; CLI_FAILED with a complaint, or when both are at the same
 *         record and differ */
int journal_hash(const struct gateway_paths *g);

#endif
