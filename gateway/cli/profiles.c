/*
 * fixgate profiles: the counterparty profiles that came with fixgate. Without
 * a name a line each; with one the file itself, comments and all, to be read or
 * to be the start of one's own.
 */
#include <getopt.h>
#include <stdio.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/options.h"
#include "gateway/settings/profile.h"

static const char help[] =
    "usage: fixgate profiles [NAME]\n"
    "List the counterparty profiles, or print one.\n\n"
    "A profile is a set of settings for a kind of counterparty; a session of\n"
    "the settings file names it as Profile=NAME. Printed into a file it is a\n"
    "start for one's own, named as Profile=./FILE.\n\n"
    "  -h, --help\n";

static int
list(void)
{
	const char *line;
	size_t len;

	for (const struct profile *p = profiles; p->name != NULL; p++) {
		line = profile_summary(p, &len);
		printf("%-22s %.*s\n", p->name, (int)len, line);
	}
	return CLI_OK;
}

static int
print(const char *name)
{
	const struct profile *p = profile_named(name);
	char names[512];

	if (p == NULL) {
		profile_names(names, sizeof(names));
		return cli_fail("no profile %s: there are %s", name, names);
	}
	fputs(p->text, stdout);
	return CLI_OK;
}

int
cmd_profiles(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h')
			return cli_help(help);
		return opt_unknown(argc, argv, optind);
	}
	if (argc - optind > 1)
		return cli_usage("one NAME was expected, then %s",
		    argv[optind + 1]);
	return optind == argc ? list() : print(argv[optind]);
}
