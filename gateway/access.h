/*
 * Who may do what: the permissions, and the roles that bundle them.
 *
 * Names are those of the operators' guide and stand in settings, refusals and
 * the audit trail.
 */
#ifndef FIXGATE_GATEWAY_ACCESS_H
#define FIXGATE_GATEWAY_ACCESS_H

#include "fix/span.h"

enum access {
	ACCESS_TRADING_VIEW, ACCESS_TRADING_EXECUTE, ACCESS_TRADING_ADMIN,
	ACCESS_STRATEGY_VIEW, ACCESS_STRATEGY_CREATE, ACCESS_STRATEGY_MODIFY,
	ACCESS_STRATEGY_DELETE, ACCESS_RISK_VIEW, ACCESS_RISK_MODIFY,
	ACCESS_RISK_OVERRIDE, ACCESS_KILL_SWITCH, ACCESS_SYSTEM_VIEW,
	ACCESS_SYSTEM_CONFIG, ACCESS_SYSTEM_ADMIN, ACCESS_AUDIT_VIEW,
	ACCESS_AUDIT_EXPORT,
	ACCESS_N
};

#define ACCESS_ALL ((1u << ACCESS_N) - 1)

static inline bool
access_has(uint32_t may, enum access a)
{
	return (may >> a & 1) != 0;
}

const char *access_name(enum access a);
/** Permissions of a role, in any case; 0: there is no such role. */
uint32_t access_of_role(struct fix_span role);
/** One permission as a bit; 0: there is no such permission. */
uint32_t access_of_name(struct fix_span name);

#endif
