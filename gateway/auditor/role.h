/* The auditor as a process of its own. */
#ifndef FIXGATE_GATEWAY_AUDITOR_ROLE_H
#define FIXGATE_GATEWAY_AUDITOR_ROLE_H

#include "gateway/plan.h"

/** Run until SIGTERM, which must be blocked: then read to the journal's end,
 * sign, and return. @return an exit status, enum role_end */
int role_auditor(const struct plan *p);

#endif
