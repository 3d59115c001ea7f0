/* The auditor, and what carries its chain away, as processes of their own. */
#ifndef FIXGATE_GATEWAY_AUDITOR_ROLE_H
#define FIXGATE_GATEWAY_AUDITOR_ROLE_H

#include "gateway/plan.h"

/** Run until SIGTERM, which must be blocked: then read to the journal's end,
 * sign, and return. @return an exit status, enum role_end */
int role_auditor(const struct plan *p);
/** Send the chain to PostgreSQL until SIGTERM; then what is there still, for
 * some seconds at most. @return as above */
int role_shipper(const struct plan *p);
bool shipper_wanted(const struct plan *p);
/** Send checkpoints to each [WITNESS] until SIGTERM; then once more. @return as
 * above */
int role_witness(const struct plan *p);
bool witness_wanted(const struct plan *p);

#endif
