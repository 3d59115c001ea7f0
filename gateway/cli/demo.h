/* What the files of the demo share. */
#ifndef FIXGATE_GATEWAY_CLI_DEMO_H
#define FIXGATE_GATEWAY_CLI_DEMO_H

#include <limits.h>
#include <sys/types.h>

#include "gateway/cli/options.h"
#include "gateway/cli/trading.h"

#define DEMO_CLIENT "CLIENT44"
#define DEMO_ACCOUNT "DEMO"

/* The gateway as a process. */
struct demo_gateway {
	char dir[PATH_MAX];
	char program[PATH_MAX];
	char example[PATH_MAX]; /* the settings that are copied */
	char conf[PATH_MAX];    /* DIR/fixgated.conf */
	char log[PATH_MAX];     /* DIR/fixgated.log */
	bool temporary;         /* the folder goes when all is well */
	bool keep;              /* the process stays */
	pid_t pid;              /* 0: not running */
};

/** Find program and settings, make the folder; what an earlier demo left there
 * is moved aside. Each is NULL or "" for the default.
 * @return 0, -FIX_E_CONFIG with a complaint */
int demo_prepare(struct demo_gateway *g, const char *dir, const char *program,
    const char *example) FIX_MUST_CHECK;
/** @return 0, -FIX_E_IO with a complaint */
int demo_start(struct demo_gateway *g) FIX_MUST_CHECK;
/** Has it ended by itself? Complains with the end of its log. */
bool demo_died(struct demo_gateway *g);
void demo_kill(struct demo_gateway *g);
/** SIGTERM, and wait. @return 0, -FIX_E_STATE: it did not end well */
int demo_stop(struct demo_gateway *g) FIX_MUST_CHECK;
/** Remove a temporary folder. */
void demo_clean(struct demo_gateway *g);

struct demo {
	struct demo_gateway gate;
	struct gateway_paths paths;
	struct trading t;
	bool quiet;
	unsigned failed;       /* expectations that were not met */
	uint64_t lost_from;    /* first MsgSeqNum of the gateway that the client
	                          did not see before the crash */
	uint64_t lost_to;      /* last one before the Logon that showed it */
	int64_t began_ns, down_ns, up_ns, ended_ns; /* monotonic */
	int64_t began_wall_ns;
};

/** The day: before the crash, the crash, after it. @return 0, or an error with
 * a complaint */
int demo_day(struct demo *d) FIX_MUST_CHECK;
/** Compare what the client saw with journal and tables, and print it.
 * @return lines that do not add up */
unsigned demo_account(struct demo *d);
/** A heading between messages. */
void demo_title(struct demo *d, const char *fmt, ...) FIX_PRINTF(2, 3);

#endif
