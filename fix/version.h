/* The versions of FIX: begin strings, ApplVerID(1128), and which came later. */
#ifndef FIXGATE_FIX_VERSION_H
#define FIXGATE_FIX_VERSION_H

#include "fix/err.h"
#include "fix/span.h"

enum fix_version {
	FIX_V_NONE,
	FIX_V_40,
	FIX_V_41,
	FIX_V_42,
	FIX_V_43,
	FIX_V_44,
	FIX_V_50,
	FIX_V_50SP1,
	FIX_V_50SP2,
	FIX_V_LATEST, /* ApplVerID 10 */
	FIX_N_VERSION
};

/** @return version that BeginString(8) names; FIX_V_NONE for FIXT.1.1 and
 * unknown ones */
FIX_API enum fix_version fix_version_of_begin(struct fix_span begin_string);
/** @return BeginString of a session that carries v: FIX.4.4, or FIXT.1.1 from
 * 5.0 on; static, never NULL */
FIX_API const char *fix_version_begin(enum fix_version v);
/** Version of an ApplVerID(1128): "2" to "10", or "FIX.4.2", "FIX.5.0SP2".
 * @return FIX_V_NONE if it is none of them */
FIX_API enum fix_version fix_version_of_appl(struct fix_span text);
/** ApplVerID value of v, "2" for FIX.4.0 to "10"; NULL for FIX_V_NONE. */
FIX_API const char *fix_version_appl(enum fix_version v);
/** "FIX.4.2", "FIX.5.0SP2"; never NULL. */
FIX_API const char *fix_version_name(enum fix_version v);
/** Base of the dictionary's file name: "FIX42", "FIX50SP2"; never NULL. */
FIX_API const char *fix_version_file(enum fix_version v);

#endif
