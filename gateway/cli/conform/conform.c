/*
 * fixgate conform: conformance cases against a FIX engine.
 */
#include <getopt.h>
#include <stdio.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/conform/suite.h"
#include "gateway/cli/options.h"

#define GLOBS_MAX 64u

static const char help[] =
    "usage: fixgate conform --list [--cases DIR] [--case GLOB]\n"
    "Conformance cases for FIX engines.\n\n"
    "      --list        print the cases, without running them\n"
    "      --cases DIR   files *.case of a folder, not the program's own\n"
    "      --case GLOB   only cases whose id or file name fits\n"
    "  -h, --help\n";

enum { O_LIST = 256, O_CASES, O_CASE };

static const struct option options[] = {
	{ "list", no_argument, NULL, O_LIST },
	{ "cases", required_argument, NULL, O_CASES },
	{ "case", required_argument, NULL, O_CASE },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

struct job {
	bool list;
	const char *dir;
	const char *globs[GLOBS_MAX];
	unsigned n_globs;
};

/* @return -1: go on; else the status to leave with */
static int
read_options(struct job *j, int argc, char **argv)
{
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1)
		switch (c) {
		case 'h':
			return cli_help(help);
		case O_LIST:
			j->list = true;
			break;
		case O_CASES:
			j->dir = optarg;
			break;
		case O_CASE:
			if (j->n_globs == GLOBS_MAX)
				return cli_usage("too many --case");
			j->globs[j->n_globs++] = optarg;
			break;
		default:
			return opt_unknown(argc, argv, optind);
		}
	if (optind < argc)
		return cli_usage(
		    "nothing was expected after the options: %s", argv[optind]);
	return j->list ? -1 : cli_usage("expected --list");
}

static void
list_case(const struct cc_case *c)
{
	printf("%-10s %-9s %s\n", c->id,
	    c->mandatory ? "mandatory" : "optional", c->title);
}

int
cmd_conform(int argc, char **argv)
{
	struct job j = { 0 };
	struct cc_suite s;
	int rc, status = read_options(&j, argc, argv);

	if (status >= 0)
		return status;
	rc = cc_suite_read(&s, j.dir, j.globs, j.n_globs);
	if (rc < 0)
		return rc == -FIX_E_CONFIG || rc == -FIX_E_IO
			   ? CLI_USAGE
			   : cli_fail("out of memory");
	for (unsigned i = 0; i < s.n; i++)
		list_case(s.cases[i]);
	cc_suite_clear(&s);
	return CLI_OK;
}
