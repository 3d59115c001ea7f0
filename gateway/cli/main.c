/*
 * fixgate, the command line of operators and developers: finds the command
 * and lets it run.
 *
 * One table names every command. fixgate --help prints it, the completions and
 * man pages are tested against it, and a word that is not in it is answered
 * with the nearest that is. Each command lives in a file of its own and reads
 * its own options.
 */
#include "config.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/echo.h"

static int cmd_help(int argc, char **argv);
static int cmd_version(int argc, char **argv);

static const struct cli_command commands[] = {
	{ "send", cmd_send, "send orders as a FIX client" },
	{ "decode", cmd_decode, "make FIX messages readable" },
	{ "journal", cmd_journal, "read and verify a gateway's journal" },
	{ "audit", cmd_audit, "verify, search and export the audit trail" },
	{ "sessions", cmd_sessions, "list a gateway's sessions" },
	{ "top", cmd_top, "show what a gateway does, and how fast" },
	{ "schedule", cmd_schedule, "show when sessions are open next" },
	{ "profiles", cmd_profiles, "list counterparty profiles, or print one" },
	{ "dictionary", cmd_dictionary, "compare two dictionaries, or show one" },
	{ "orders", cmd_orders, "list a gateway's orders" },
	{ "dropcopy", cmd_dropcopy, "executions of a drop copy session" },
	{ "control", cmd_control, "give a running gateway a command" },
	{ "risk", cmd_risk, "kill switches and limits of a running gateway" },
	{ "credential", cmd_credential,
	    "make a line for the credentials file" },
	{ "keys", cmd_keys, "keys of data at rest, and what they seal" },
	{ "backup", cmd_backup, "copy a gateway's data, sealed and signed" },
	{ "restore", cmd_restore, "make a gateway's data anew from a backup" },
	{ "drill", cmd_drill, "break something, recover, and say what it took" },
	{ "witness", cmd_witness, "cosign checkpoints of audit trails" },
	{ "echo", cmd_echo, "run sessions that send messages back" },
	{ "conform", cmd_conform, "test whether an engine keeps the rules" },
	{ "bench", cmd_bench, "send orders and say how fast they are answered" },
	{ "demo", cmd_demo, "a trading day with a crash in it" },
	{ "help", cmd_help, "say how a command is used" },
	{ "version", cmd_version, "print the version" },
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const char help_text[] = "usage: fixgate help [COMMAND]\n"
				"Say how a command is used.\n";

static const char version_text[] = "usage: fixgate version\n"
				   "Print the version.\n";

static int
print_commands(void)
{
	size_t i;

	printf("usage: fixgate COMMAND [OPTIONS]\n"
	       "The command line of the fixgate FIX gateway.\n\n"
	       "commands:\n");
	for (i = 0; i < N_COMMANDS; i++)
		printf("  %-11s %s\n", commands[i].name, commands[i].summary);
	printf("\n"
	       "'fixgate COMMAND --help' or 'fixgate help COMMAND' says more;\n"
	       "'man fixgate-COMMAND' says it all.\n");
	return CLI_OK;
}

static const struct cli_command *
find(const char *name)
{
	size_t i;

	for (i = 0; i < N_COMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static const char *
command_name(const void *arg, size_t i)
{
	(void)arg;
	return i < N_COMMANDS ? commands[i].name : NULL;
}

static int
unknown(const char *name)
{
	const char *near = cli_nearest(name, command_name, NULL);

	if (near != NULL)
		return cli_usage(
		    "no command '%s'; did you mean '%s'?", name, near);
	return cli_usage("no command '%s'", name);
}

static int
run(const struct cli_command *c, int argc, char **argv)
{
	cli_speak_as(c->name);
	return c->run(argc, argv);
}

static int
cmd_help(int argc, char **argv)
{
	const struct cli_command *c;
	char name[32], option[] = "--help";
	char *sub[] = { name, option, NULL };

	if (argc < 2)
		return print_commands();
	if (strcmp(argv[1], "--help") == 0)
		return cli_help(help_text);
	c = find(argv[1]);
	cli_speak_as("");
	if (c == NULL)
		return unknown(argv[1]);
	snprintf(name, sizeof(name), "%s", c->name);
	return run(c, 2, sub);
}

static int
cmd_version(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--help") == 0)
		return cli_help(version_text);
	printf("fixgate %s\n", PACKAGE_VERSION);
	return CLI_OK;
}

/* A command that printed half of its answer has not worked. */
static int
flushed(int status)
{
	if (fflush(stdout) != 0 || ferror(stdout))
		return status == CLI_OK ? cli_fail("can't write the output")
					: status;
	return status;
}

int
main(int argc, char **argv)
{
	const struct cli_command *c;

	setlocale(LC_CTYPE, "");
	if (argc < 2) {
		print_commands();
		return CLI_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return flushed(print_commands());
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
		return flushed(cmd_version(1, argv));
	c = find(argv[1]);
	if (c == NULL)
		return unknown(argv[1]);
	return flushed(run(c, argc - 1, argv + 1));
}
