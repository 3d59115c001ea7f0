/* Names of errors. */
#include "fix/err.h"

static const char *const names[] = {
	[0] = "no error",
	[FIX_E_GARBLED] = "garbled",
	[FIX_E_TOOBIG] = "too big",
	[FIX_E_SPACE] = "buffer too small",
	[FIX_E_FORMAT] = "wrong format",
	[FIX_E_RANGE] = "out of range",
	[FIX_E_NOTFOUND] = "not found",
	[FIX_E_STATE] = "wrong state",
	[FIX_E_IO] = "input or output failed",
	[FIX_E_NOMEM] = "out of memory",
	[FIX_E_CORRUPT] = "corrupt",
	[FIX_E_FOREIGN] = "foreign",
	[FIX_E_LOCKED] = "locked by another process",
	[FIX_E_EXISTS] = "exists already",
	[FIX_E_FULL] = "full",
	[FIX_E_CONFIG] = "unusable setting",
};

_Static_assert(sizeof(names) / sizeof(names[0]) == FIX_N_ERR,
    "every error has a name");

const char *
fix_strerror(long rc)
{
	if (rc > 0 || rc <= -(long)FIX_N_ERR)
		return "unknown error";
	return names[-rc];
}
