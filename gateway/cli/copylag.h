/* How far a drop copy session is behind, and what it has got. */
#ifndef FIXGATE_GATEWAY_CLI_COPYLAG_H
#define FIXGATE_GATEWAY_CLI_COPYLAG_H

#include "gateway/cli/view.h"

struct copy_lag {
	uint64_t record;   /* of the journal, read last */
	uint64_t records;  /* behind the journal's end */
	int64_t behind_ns; /* since the first of those was written; 0: none */
};

/** @return false: session `number`, called id, gets no copies */
bool copy_lag(const struct view *v, const struct gateway_paths *g,
    uint32_t number, const char *id, struct copy_lag *out);
/** fixgate dropcopy counts. @return enum cli_status */
int copy_counts(
    const struct gateway_paths *g, const struct conf_section *s, bool json);

#endif
