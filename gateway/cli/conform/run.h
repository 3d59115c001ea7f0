/*
 * A run of the suite against one engine, and what is told of it.
 */
#ifndef FIXGATE_GATEWAY_CLI_CONFORM_RUN_H
#define FIXGATE_GATEWAY_CLI_CONFORM_RUN_H

#include <stdio.h>

#include "gateway/cli/conform/play.h"
#include "gateway/cli/conform/suite.h"
#include "gateway/cli/dicts.h"

enum cc_verdict { CC_PASSED, CC_FAILED, CC_NOT_RUN, CC_N_VERDICTS };

struct cc_outcome { /* of the case with the same index */
	enum cc_verdict verdict;
	char reason[160];      /* not run: why */
	struct cc_result result; /* unless not run; said only if it failed */
};

struct cc_run {
	const struct cc_suite *suite;
	const struct cc_play_cfg *cfg;
	struct cc_outcome *outcomes;
	unsigned count[CC_N_VERDICTS];
	unsigned mandatory[CC_N_VERDICTS]; /* of those */
	const char *engine;   /* what is tested, for people */
	const char *where;    /* "127.0.0.1:9878", or where we listened */
	bool bytes, slow;
	struct fix_utc began;
	int64_t took_ns;
	bool interrupted;
	unsigned unreached;   /* cases in a row that got no connection */
	struct dicts *dicts;  /* to name fields */
};

/** Words for a verdict: "passed", "failed", "not run". */
const char *cc_verdict_name(enum cc_verdict v);
/** "FIX.4.4", "FIXT.1.1/FIX.5.0SP2"; static */
const char *cc_version_text(enum fix_version v);

/**
 * Play every case that the engine is for, telling each on stdout as it ends.
 * @return 0; -FIX_E_IO: told to stop, the rest is not run; -FIX_E_NOMEM
 */
int cc_run_all(struct cc_run *r, bool verbose, int color) FIX_MUST_CHECK;
void cc_run_clear(struct cc_run *r);

/* Reports; @return 0, -FIX_E_IO with a complaint. */
int cc_junit(const struct cc_run *r, const char *path) FIX_MUST_CHECK;
int cc_html(const struct cc_run *r, const char *path) FIX_MUST_CHECK;

/* For reports: text for XML and HTML, what they can't hold replaced. */
void cc_escape(FILE *f, const char *text);
/** The same of bytes of the wire: SOH as '|', secrets masked. */
void cc_escape_wire(FILE *f, struct fix_span bytes);
/** One line of a transcript as plain text, secrets masked. */
void cc_said_line(FILE *f, const struct cc_said *s);

#endif
