/* Names of the journal's record types. */
#include "gateway/trader/records.h"

static const char *const names[] = {
	[REC_KEEP] = "KEEP",
	[REC_IN] = "IN",
	[REC_OUT] = "OUT",
	[REC_NUMBERS] = "NUMBERS",
	[REC_NOTE] = "NOTE",
	[REC_START] = "START",
	[REC_STOP] = "STOP",
	[REC_SHOWN] = "SHOWN",
	[REC_CLOCK] = "CLOCK",
	[REC_RISK] = "RISK",
};

_Static_assert(sizeof(names) / sizeof(names[0]) == REC_N,
    "every record type has a name");

const char *
rec_type_name(unsigned type)
{
	if (type == 0 || type >= REC_N)
		return "?";
	return names[type];
}
