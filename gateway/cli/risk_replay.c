/*
 * fixgate risk replay: each decision of the trading journal once more, by the same
 * controls, from what the journal holds and nothing else.
 */
#include <getopt.h>
#include <inttypes.h>
#include <unistd.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/options.h"
#include "gateway/cli/record.h"
#include "gateway/trader/retrace.h"

static const char help[] =
    "usage: fixgate risk replay -c FILE [--from N] [--to N]\n"
    "Make every decision of pre-trade risk again, from the journal alone, and\n"
    "compare: code, scope, decision number, reservation, and the sums that each\n"
    "turn has kept. The gateway may run or not.\n\n"
    "  -c, --config FILE   the gateway's settings file\n"
    "      --dir DIR       a journal's folder instead of -c\n"
    "  -f, --from N        count and compare from record N on\n"
    "  -t, --to N          up to record N\n"
    "  -h, --help\n\n"
    "Exit status 1: a decision comes out otherwise; its record and both results\n"
    "are told.\n";

struct job {
	const char *file, *dir;
	uint64_t from, to;
	struct gateway_paths paths;
	struct fix_disk *disk;
	struct fix_journal_reader *reader;
	struct retrace *t;
};

static void
progress(const struct job *j, uint64_t record, bool end)
{
	if (isatty(STDERR_FILENO) == 1 && (end || record % 65536 == 0))
		fprintf(stderr, "\rrecord %" PRIu64 ", %" PRIu64 " decisions%s",
		    record, retrace_counts(j->t)->decisions,
		    end ? "\r\033[K" : "");
}

static int
fold(struct job *j)
{
	struct fix_store_error e = { "it can't be read" };
	struct fix_rec r = { .number = 0 };
	int rc;

	while ((rc = fix_journal_next(j->reader, &r, &e)) == 1) {
		progress(j, r.number, false);
		if (j->to != 0 && r.number > j->to)
			break;
		rc = retrace_record(j->t, &r);
		if (rc != 0)
			return cli_fail("%s", retrace_text(j->t)[0] != '\0' ?
			    retrace_text(j->t) : fix_strerror(rc));
	}
	progress(j, r.number, true);
	return rc < 0 ? cli_fail("%s", e.text) : CLI_OK;
}

static void
print(const struct job *j)
{
	const struct retrace_counts *n = retrace_counts(j->t);

	printf("%" PRIu64 " decisions, %" PRIu64 " same: %" PRIu64
	    " accepted, %" PRIu64 " refused; %" PRIu64
	    " kept sums and positions the same; %" PRIu64 " starts\n",
	    n->decisions, n->same, n->accepted, n->refused, n->rows, n->runs);
	if (n->before > 0)
		printf("%" PRIu64 " decisions can't be made again: the journal "
		    "begins after the start of the run that made them, or an "
		    "earlier version did\n", n->before);
}

static int
replay(struct job *j)
{
	struct fix_store_error e = { "it can't be read" };
	int rc = fix_disk_dir(&j->disk, j->paths.journal, false);
	int status;

	if (rc != 0)
		return cli_fail("no journal in %s: this gateway has not run "
		    "yet", j->paths.journal);
	if (fix_journal_reader_open(&j->reader, j->disk, 0, &e) != 0)
		return cli_fail("%s", e.text);
	j->t = retrace_new(j->from, j->to);
	if (j->t == NULL)
		return cli_fail("out of memory");
	status = fold(j);
	print(j);
	return status;
}

enum { O_DIR = 256 };

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "dir", required_argument, NULL, O_DIR },
	{ "from", required_argument, NULL, 'f' },
	{ "to", required_argument, NULL, 't' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static int
number(const char *option, uint64_t *out)
{
	return opt_number(option, optarg, 1, UINT64_MAX, out) == 0 ? -1
								   : CLI_USAGE;
}

/* @return -1: go on; else the status to leave with */
static int
read_options(struct job *j, int argc, char **argv)
{
	int c, rc = -1;

	opterr = 0;
	while (rc == -1 && (c = getopt_long(argc, argv, "c:f:t:h", options,
				NULL)) != -1) {
		if (c == 'c')
			j->file = optarg;
		else if (c == O_DIR)
			j->dir = optarg;
		else if (c == 'f')
			rc = number("--from", &j->from);
		else if (c == 't')
			rc = number("--to", &j->to);
		else
			rc = c == 'h' ? cli_help(help)
				      : opt_unknown(argc, argv, optind);
	}
	if (rc == -1 && optind + 1 != argc)
		rc = cli_usage("fixgate risk replay takes no more words");
	return rc;
}

int
cmd_risk_replay(int argc, char **argv)
{
	struct job j = { 0 };
	int status = read_options(&j, argc, argv);

	if (status >= 0)
		return status;
	if (j.dir != NULL && gateway_at(&j.paths, j.dir) != 0)
		return CLI_FAILED;
	if (j.dir == NULL && gateway_read(&j.paths, j.file) != 0)
		return CLI_USAGE;
	status = replay(&j);
	retrace_free(j.t);
	if (j.reader != NULL)
		fix_journal_reader_close(j.reader);
	if (j.disk != NULL)
		j.disk->ops->close(j.disk);
	gateway_done(&j.paths);
	return status;
}
