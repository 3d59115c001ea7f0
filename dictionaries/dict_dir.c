/*
 * Where the dictionaries that come with fixgate are.
 *
 * In: the environment's FIXGATE_DICTIONARIES and two folders known at compile
 * time; out: the first that is there. A build tree is served by its own source
 * folder, so that nothing needs to be installed to run or test.
 */
#include "dictionaries/dict_impl.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const char *
fix_dict_default_dir(void)
{
	const char *env = getenv("FIXGATE_DICTIONARIES");

	if (env != NULL && env[0] != '\0')
		return env;
	if (access(FIX_DICT_SOURCE "/FIX44.xml", R_OK) == 0)
		return FIX_DICT_SOURCE;
	return FIX_DICT_INSTALLED;
}

int
fix_dict_load_version(
    struct fix_dict **out, enum fix_version v, struct fix_dict_error *e)
{
	char path[PATH_MAX];
	int n;

	*out = NULL;
	if (v == FIX_V_LATEST || v >= FIX_N_VERSION) {
		(void)snprintf(e->text, sizeof(e->text),
		    "there is no dictionary of %s", fix_version_name(v));
		return -FIX_E_CONFIG;
	}
	n = snprintf(path, sizeof(path), "%s/%s.xml", fix_dict_default_dir(),
	    v == FIX_V_NONE ? "FIXT11" : fix_version_file(v));
	if (n < 0 || (size_t)n >= sizeof(path)) {
		(void)snprintf(e->text, sizeof(e->text),
		    "the dictionaries' folder has too long a name");
		return -FIX_E_CONFIG;
	}
	return fix_dict_load(out, path, e);
}
