/* The table of permissions and roles; see access.h. */
#include "gateway/access.h"

#include <strings.h>

static const char *const names[] = {
	[ACCESS_TRADING_VIEW] = "trading:view",
	[ACCESS_TRADING_EXECUTE] = "trading:execute",
	[ACCESS_TRADING_ADMIN] = "trading:admin",
	[ACCESS_STRATEGY_VIEW] = "strategy:view",
	[ACCESS_STRATEGY_CREATE] = "strategy:create",
	[ACCESS_STRATEGY_MODIFY] = "strategy:modify",
	[ACCESS_STRATEGY_DELETE] = "strategy:delete",
	[ACCESS_RISK_VIEW] = "risk:view",
	[ACCESS_RISK_MODIFY] = "risk:modify",
	[ACCESS_RISK_OVERRIDE] = "risk:override",
	[ACCESS_KILL_SWITCH] = "risk:kill_switch",
	[ACCESS_SYSTEM_VIEW] = "system:view",
	[ACCESS_SYSTEM_CONFIG] = "system:config",
	[ACCESS_SYSTEM_ADMIN] = "system:admin",
	[ACCESS_AUDIT_VIEW] = "audit:view",
	[ACCESS_AUDIT_EXPORT] = "audit:export",
};

_Static_assert(sizeof(names) / sizeof(names[0]) == ACCESS_N,
    "every permission has a name");

#define B(a) (1u << ACCESS_##a)
#define VIEW                                                                   \
	(B(TRADING_VIEW) | B(STRATEGY_VIEW) | B(RISK_VIEW) | B(SYSTEM_VIEW))

static const struct {
	const char *name;
	uint32_t may;
} roles[] = {
	{ "viewer", VIEW },
	{ "trader", VIEW | B(TRADING_EXECUTE) },
	{ "risk_manager", B(TRADING_VIEW) | B(RISK_VIEW) | B(RISK_MODIFY) |
			      B(RISK_OVERRIDE) | B(KILL_SWITCH) |
			      B(SYSTEM_VIEW) | B(AUDIT_VIEW) },
	{ "strategy_developer", VIEW | B(STRATEGY_CREATE) | B(STRATEGY_MODIFY) |
				    B(STRATEGY_DELETE) },
	{ "administrator", VIEW | B(TRADING_EXECUTE) | B(TRADING_ADMIN) |
			       B(STRATEGY_CREATE) | B(STRATEGY_MODIFY) |
			       B(RISK_MODIFY) | B(SYSTEM_CONFIG) |
			       B(AUDIT_VIEW) | B(AUDIT_EXPORT) },
	{ "super_admin", ACCESS_ALL },
};

#undef B
#undef VIEW

const char *
access_name(enum access a)
{
	return names[a];
}

static bool
is(struct fix_span s, const char *name)
{
	return s.len == strlen(name) &&
	       strncasecmp((const char *)s.p, name, s.len) == 0;
}

uint32_t
access_of_role(struct fix_span role)
{
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (is(role, roles[i].name))
			return roles[i].may;
	return 0;
}

uint32_t
access_of_name(struct fix_span name)
{
	for (unsigned i = 0; i < ACCESS_N; i++)
		if (is(name, names[i]))
			return 1u << i;
	return 0;
}
