/* The cases of a run: the program's own, or those of a folder. */
#ifndef FIXGATE_GATEWAY_CLI_CONFORM_SUITE_H
#define FIXGATE_GATEWAY_CLI_CONFORM_SUITE_H

#include "gateway/cli/conform/case.h"

struct cc_suite {
	struct cc_case **cases; /* in the order in which they are run */
	unsigned n;
	char **names, **texts; /* of files; the program's own are static */
	unsigned n_files;
	unsigned n_others; /* cases that cc_suite_limit() took out */
};

/**
 * Read the cases.
 *
 * @param dir    folder of *.case files, or NULL: the program's own
 * @param globs  of ids or file names; n_globs 0: all
 * @return 0; with complaints on stderr: -FIX_E_CONFIG (a fault in a case, none
 *         that fits), -FIX_E_IO, -FIX_E_NOMEM
 */
int cc_suite_read(struct cc_suite *out, const char *dir,
    const char *const *globs, unsigned n_globs) FIX_MUST_CHECK;
/** Take out the cases of other versions and of engines in the other role. */
void cc_suite_limit(struct cc_suite *s, const struct cc_setup *to);
void cc_suite_clear(struct cc_suite *s);

#endif
