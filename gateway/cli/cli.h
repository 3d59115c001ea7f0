/*
 * What the commands of fixgate share: how they complain, how they are found,
 * and what they take from the gateway's settings file.
 */
#ifndef FIXGATE_GATEWAY_CLI_CLI_H
#define FIXGATE_GATEWAY_CLI_CLI_H

#include <stddef.h>
#include <stdio.h>

#include "fix/err.h"

enum cli_status {
	CLI_OK = 0,
	CLI_FAILED = 1, /* it was tried and did not work */
	CLI_USAGE = 2,  /* it was not understood; nothing was tried */
};

/* A command. run gets argv[0] = its name and returns an enum cli_status; it
 * takes --help itself. */
struct cli_command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary; /* one line, for fixgate --help */
};

/** "fixgate NAME: text" on stderr. @return CLI_FAILED, CLI_USAGE */
int cli_fail(const char *fmt, ...) FIX_PRINTF(1, 2);
int cli_usage(const char *fmt, ...) FIX_PRINTF(1, 2);
/** Whom cli_fail() speaks for: the command that runs. */
void cli_speak_as(const char *command);
/** Make a folder in $TMPDIR or /tmp. @return 0, -1 with errno */
int cli_temp_dir(char *path, size_t cap);
/** Remove a folder with all that is in it; links are not followed. */
void cli_remove_dir(const char *path);
/** Print a command's --help. @return CLI_OK */
int cli_help(const char *text);

/**
 * The name most like a word that was mistyped.
 *
 * @param name  called with 0, 1, ... until it returns NULL
 * @return      NULL when nothing is near enough to be meant
 */
const char *cli_nearest(const char *word,
    const char *(*name)(const void *arg, size_t i), const void *arg);

#endif
