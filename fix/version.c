/*
 * Versions of FIX, one row each.
 *
 * From 5.0 on the session has its own version, FIXT.1.1, and ApplVerID(1128)
 * or DefaultApplVerID(1137) names the application's: "2" is FIX.4.0, "10" the
 * latest. "FIX.5.0" is never a BeginString.
 */
#include "fix/version.h"

struct row {
	const char *name;
	const char *begin;
	const char *appl;
	const char *file;
};

static const struct row rows[] = {
	[FIX_V_NONE] = { "none", "", NULL, "" },
	[FIX_V_40] = { "FIX.4.0", "FIX.4.0", "2", "FIX40" },
	[FIX_V_41] = { "FIX.4.1", "FIX.4.1", "3", "FIX41" },
	[FIX_V_42] = { "FIX.4.2", "FIX.4.2", "4", "FIX42" },
	[FIX_V_43] = { "FIX.4.3", "FIX.4.3", "5", "FIX43" },
	[FIX_V_44] = { "FIX.4.4", "FIX.4.4", "6", "FIX44" },
	[FIX_V_50] = { "FIX.5.0", "FIXT.1.1", "7", "FIX50" },
	[FIX_V_50SP1] = { "FIX.5.0SP1", "FIXT.1.1", "8", "FIX50SP1" },
	[FIX_V_50SP2] = { "FIX.5.0SP2", "FIXT.1.1", "9", "FIX50SP2" },
	[FIX_V_LATEST] = { "FIX.Latest", "FIXT.1.1", "10", "FIXLatest" },
};

_Static_assert(
    sizeof(rows) / sizeof(rows[0]) == FIX_N_VERSION, "every version has a row");

static const struct row *
row_of(enum fix_version v)
{
	return &rows[(unsigned)v < FIX_N_VERSION ? v : FIX_V_NONE];
}

enum fix_version
fix_version_of_begin(struct fix_span begin_string)
{
	unsigned v;

	for (v = FIX_V_40; v <= FIX_V_44; v++)
		if (fix_span_is(begin_string, rows[v].begin))
			return (enum fix_version)v;
	return FIX_V_NONE;
}

enum fix_version
fix_version_of_appl(struct fix_span text)
{
	unsigned v;

	for (v = FIX_V_40; v < FIX_N_VERSION; v++)
		if (fix_span_is(text, rows[v].appl) ||
		    fix_span_is(text, rows[v].name))
			return (enum fix_version)v;
	return FIX_V_NONE;
}

const char *
fix_version_begin(enum fix_version v)
{
	return row_of(v)->begin;
}

const char *
fix_version_appl(enum fix_version v)
{
	return row_of(v)->appl;
}

const char *
fix_version_name(enum fix_version v)
{
	return row_of(v)->name;
}

const char *
fix_version_file(enum fix_version v)
{
	return row_of(v)->file;
}
