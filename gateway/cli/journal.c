/*
 * fixgate journal: the records of the trading journal, as a list, in full, as
 * they come, or only checked.
 *
 * It reads as any other process does, through the committed mark, and needs no
 * running gateway. verify walks every record of every segment, so that each
 * checksum is computed, and names the first record that is bad.
 */
#include <getopt.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/journal_hash.h"
#include "gateway/cli/record.h"
#include "gateway/cli/view.h"

static const char help[] =
    "usage: fixgate journal list   -c FILE [FILTER...] [--json]\n"
    "       fixgate journal show   -c FILE [FILTER...] [--json]\n"
    "       fixgate journal follow -c FILE [FILTER...] [--json]\n"
    "       fixgate journal verify -c FILE [--json]\n"
    "       fixgate journal hash -c FILE\n"
    "Read a gateway's trading journal.\n\n"
    "  list     a line for each record\n"
    "  show     the same, and messages in full\n"
    "  follow   list, then go on with what comes, until interrupted\n"
    "  verify   check every record, and name the first bad one\n"
    "  hash     the state: of a replay from zero, and of the tables\n\n"
    "  -c, --config FILE   the gateway's settings file\n"
    "      --dir DIR       a journal's folder instead of -c\n"
    "  -s, --session S     of one session: number, CompID or whole name\n"
    "  -t, --type T        of one kind: IN, OUT, RISK, KEEP, NUMBERS, NOTE,\n"
    "                      START, STOP, or a message by MsgType or name\n"
    "  -i, --id ID         messages that name a ClOrdID or OrderID\n"
    "  -f, --from N        begin at record N\n"
    "  -n, --count N       stop after N records\n"
    "  -j, --json          one object a line\n"
    "  -h, --help\n";

enum mode { M_LIST, M_SHOW, M_FOLLOW, M_VERIFY, M_HASH };

struct job {
	enum mode mode;
	const char *file, *dir, *session, *type, *id;
	uint64_t from, count;
	bool json;
	struct gateway_paths paths;
	struct view view; /* for names of sessions; may be empty */
	struct record_show rs;
	struct record_filter filter;
	struct fix_disk *disk;
	struct fix_journal_reader *reader;
};

static void
nap(void)
{
	struct timespec t = { 0, 50 * FIX_MSEC };

	fflush(stdout);
	nanosleep(&t, NULL);
}

static int
print_records(struct job *j)
{
	struct fix_store_error e;
	struct fix_rec r;
	uint64_t n = 0;
	int rc;

	for (;;) {
		rc = fix_journal_next(j->reader, &r, &e);
		if (rc == 0 && j->mode == M_FOLLOW && !ferror(stdout)) {
			nap();
			continue;
		}
		if (rc <= 0)
			break;
		if (!record_wanted(&j->filter, &r, &j->rs))
			continue;
		record_print(&j->rs, &r, j->mode == M_SHOW);
		if (j->count != 0 && ++n == j->count)
			break;
	}
	return rc < 0 ? cli_fail("%s", e.text) : CLI_OK;
}

struct walk {
	uint64_t first, last, turns;
	uint64_t bytes;
	bool open; /* the last record did not end its turn */
	char why[600];
};

static int
step(struct walk *w, const struct fix_rec *r)
{
	if (w->last != 0 && r->number != w->last + 1) {
		snprintf(w->why, sizeof(w->why),
		    "record %llu follows record %llu",
		    (unsigned long long)r->number, (unsigned long long)w->last);
		return -1;
	}
	if (w->first == 0)
		w->first = r->number;
	w->last = r->number;
	w->bytes += r->len;
	w->open = (r->flags & FIX_REC_END) == 0;
	w->turns += !w->open;
	return 0;
}

static void
progress(const struct walk *w, bool end)
{
	if (isatty(STDERR_FILENO) == 1 && (end || w->last % 65536 == 0))
		fprintf(stderr, "\r%llu records%s",
		    (unsigned long long)(w->last - w->first + 1),
		    end ? "\r\033[K" : "");
}

static bool
walk_all(struct job *j, struct walk *w)
{
	struct fix_store_error e;
	struct fix_rec r;
	int rc;

	while ((rc = fix_journal_next(j->reader, &r, &e)) == 1) {
		if (step(w, &r) != 0)
			return false;
		progress(w, false);
	}
	progress(w, true);
	if (rc < 0)
		snprintf(w->why, sizeof(w->why), "%s", e.text);
	else if (w->open)
		snprintf(w->why, sizeof(w->why), "its turn has no end");
	return rc == 0 && !w->open;
}

static int
verify(struct job *j)
{
	struct walk w = { 0 };
	bool good = walk_all(j, &w);
	unsigned long long first = w.first, last = w.last, turns = w.turns;

	if (j->json) {
		printf("{\"good\": %s, \"first\": %llu, \"last\": %llu, "
		       "\"turns\": %llu}\n",
		    good ? "true" : "false", first, last, turns);
		if (good)
			return CLI_OK;
	}
	if (!good)
		return cli_fail("record %llu of %s is bad: %s\n"
				"%llu records before it are good",
		    last + (w.open ? 0 : 1), j->paths.journal, w.why,
		    first == 0 ? 0 : last - first + (w.open ? 0 : 1));
	if (last == 0)
		printf("the journal is empty\n");
	else
		printf("%llu records (%llu to %llu) in %llu turns, %llu bytes: "
		       "all good\n",
		    last - first + 1, first, last, turns,
		    (unsigned long long)w.bytes);
	return CLI_OK;
}

static int
set_filter(struct job *j)
{
	j->filter.id = j->id;
	j->filter.type = j->type;
	if (j->session == NULL)
		return CLI_OK;
	if (j->view.store != NULL)
		j->filter.session = view_session(&j->view, j->session);
	else
		j->filter.session = (uint32_t)strtoul(j->session, NULL, 10);
	if (j->filter.session == 0)
		return cli_fail("no session '%s'; 'fixgate sessions' lists "
				"them",
		    j->session);
	return CLI_OK;
}

static int
open_reader(struct job *j)
{
	struct fix_store_error e = { "it can't be read" };
	int rc = fix_disk_dir(&j->disk, j->paths.journal, false);

	if (rc != 0)
		return cli_fail("no journal in %s: this gateway has not run "
				"yet",
		    j->paths.journal);
	rc = fix_journal_reader_open(&j->reader, j->disk, j->from, &e);
	return rc == 0 ? CLI_OK : cli_fail("%s", e.text);
}

static int
read_journal(struct job *j)
{
	struct fix_dict_error e;
	int status;

	if (j->mode != M_VERIFY && j->paths.tables != NULL &&
	    view_open(&j->view, &j->paths) == 0)
		j->rs.view = &j->view;
	show_init(&j->rs.sh, stdout, dicts_new(NULL, &e), -1);
	j->rs.json = j->json;
	status = set_filter(j);
	if (status == CLI_OK)
		status = open_reader(j);
	if (status == CLI_OK)
		status = j->mode == M_VERIFY ? verify(j) : print_records(j);
	if (j->reader != NULL)
		fix_journal_reader_close(j->reader);
	if (j->disk != NULL)
		j->disk->ops->close(j->disk);
	dicts_free(j->rs.sh.dicts);
	view_close(&j->view);
	return status;
}

static int
read_mode(struct job *j, const char *word)
{
	static const char *const modes[] = { "list", "show", "follow",
		"verify", "hash" };
	int i;

	for (i = 0; i < 5; i++)
		if (strcmp(word, modes[i]) == 0) {
			j->mode = (enum mode)i;
			return 0;
		}
	cli_usage("list, show, follow, verify or hash? Not '%s'", word);
	return -1;
}

enum { O_DIR = 256 };

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "dir", required_argument, NULL, O_DIR },
	{ "session", required_argument, NULL, 's' },
	{ "type", required_argument, NULL, 't' },
	{ "id", required_argument, NULL, 'i' },
	{ "from", required_argument, NULL, 'f' },
	{ "count", required_argument, NULL, 'n' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static int
number_option(const char *option, uint64_t *out)
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
	while (rc == -1 && (c = getopt_long(argc, argv, "c:s:t:i:f:n:jh",
				options, NULL)) != -1) {
		if (c == 'c')
			j->file = optarg;
		else if (c == O_DIR)
			j->dir = optarg;
		else if (c == 's')
			j->session = optarg;
		else if (c == 't')
			j->type = optarg;
		else if (c == 'i')
			j->id = optarg;
		else if (c == 'f')
			rc = number_option("--from", &j->from);
		else if (c == 'n')
			rc = number_option("--count", &j->count);
		else if (c == 'j')
			j->json = true;
		else
			rc = c == 'h' ? cli_help(help)
				      : opt_unknown(argc, argv, optind);
	}
	if (rc == -1 && optind + 1 != argc)
		rc = cli_usage("list, show, follow, verify or hash?");
	if (rc == -1 && read_mode(j, argv[optind]) != 0)
		rc = CLI_USAGE;
	return rc;
}

int
cmd_journal(int argc, char **argv)
{
	struct job j = { 0 };
	int status = read_options(&j, argc, argv);

	if (status >= 0)
		return status;
	if (j.dir != NULL && gateway_at(&j.paths, j.dir) != 0)
		return CLI_FAILED;
	if (j.dir == NULL && gateway_read(&j.paths, j.file) != 0)
		return CLI_USAGE;
	status = j.mode == M_HASH ? journal_hash(&j.paths) : read_journal(&j);
	gateway_done(&j.paths);
	return status;
}
