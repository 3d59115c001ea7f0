/*
 * fixgate audit: the chain of events, verified, listed, searched and exported.
 *
 * It reads as any other process does, through the committed mark of the audit
 * journal, and needs neither a gateway that runs nor the trading journal: the
 * messages stand in the chain behind their events.
 */
#include <ctype.h>
#include <getopt.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "gateway/cli/audit.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/options.h"

#define NUMBER_MAX UINT64_C(1000000000000)

static const char help[] =
    "usage: fixgate audit verify -c FILE [--key KEY] [--checkpoint NOTE...]\n"
    "       fixgate audit tail   -c FILE [--follow] [FILTER...]\n"
    "       fixgate audit search -c FILE [FILTER...]\n"
    "       fixgate audit show   -c FILE [--raw] ID\n"
    "       fixgate audit order  -c FILE [--actor A] [--raw] ID\n"
    "       fixgate audit book   -c FILE --account A [--until TIME]\n"
    "       fixgate audit corrections -c FILE [FILTER...]\n"
    "       fixgate audit export -c FILE [--format jsonl|csv] [FILTER...]\n"
    "       fixgate audit bundle -c FILE [FILTER...]\n"
    "       fixgate audit status -c FILE\n"
    "       fixgate audit ship   -c FILE [--database URL]\n"
    "       fixgate audit rotate -c FILE\n"
    "       fixgate audit witness ..., which is fixgate witness\n"
    "Read a gateway's audit trail.\n\n"
    "  verify   check hashes, order, messages and signatures; name the first\n"
    "           bad event\n"
    "  tail     the last events, 10 unless --count says otherwise\n"
    "  search   those that the filters let through\n"
    "  show     one event, by event_id or number, with its FIX message\n"
    "  order    an order's life: requests, decisions of risk, reports, venue\n"
    "  book     live orders and positions of an account, at a time\n"
    "  corrections  replaced orders and corrected trades, before and after\n"
    "  export   all, or what the filters let through, with all fields\n"
    "  status   how far the chain is, and its copies behind it\n"
    "  bundle   a proof of events, for whoever has the key and no gateway\n"
    "  ship     send what PostgreSQL has not, and end\n"
    "  rotate   make a new key that signs from the next start on\n\n"
    "  -c, --config FILE   the gateway's settings file\n"
    "      --dir DIR       an audit trail's folder instead of -c\n"
    "      --key KEY       public key kept elsewhere, instead of key.pub\n"
    "      --checkpoint N  a checkpoint kept elsewhere; may be repeated\n"
    "      --database [URL] of verify: compare the copy in PostgreSQL, too\n"
    "                      [Database of the settings, or DATABASE_URL]\n"
    "      --raw           of show: the FIX message alone, byte for byte; of\n"
    "                      order: each message under its event\n"
    "  -t, --type T        events of one type, as ORDER_FILLED\n"
    "  -a, --actor A       of an actor, peer or session\n"
    "      --by A          what A did, and not what it was told\n"
    "  -i, --order ID      of an order: OrderID, ClOrdID or ExecID\n"
    "      --account A     of an account\n"
    "      --since TIME    from 2026-11-25 or 2026-11-25T10:15 on, UTC\n"
    "      --until TIME    up to and with that day, minute or second\n"
    "      --first N, --last N  from event N on, up to event N\n"
    "  -n, --count N       stop after N events\n"
    "  -f, --follow        go on with what comes, until interrupted\n"
    "  -F, --format F      of an export: jsonl or csv [jsonl]\n"
    "  -j, --json          events as JSON, one a line\n"
    "  -h, --help\n";

enum { O_DIR = 256, O_KEY, O_CHECKPOINT, O_ACCOUNT, O_SINCE, O_UNTIL,
	O_DATABASE, O_RAW, O_BY, O_FIRST, O_LAST };

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "dir", required_argument, NULL, O_DIR },
	{ "key", required_argument, NULL, O_KEY },
	{ "checkpoint", required_argument, NULL, O_CHECKPOINT },
	{ "database", optional_argument, NULL, O_DATABASE },
	{ "raw", no_argument, NULL, O_RAW },
	{ "type", required_argument, NULL, 't' },
	{ "actor", required_argument, NULL, 'a' },
	{ "by", required_argument, NULL, O_BY },
	{ "first", required_argument, NULL, O_FIRST },
	{ "last", required_argument, NULL, O_LAST },
	{ "order", required_argument, NULL, 'i' },
	{ "account", required_argument, NULL, O_ACCOUNT },
	{ "since", required_argument, NULL, O_SINCE },
	{ "until", required_argument, NULL, O_UNTIL },
	{ "count", required_argument, NULL, 'n' },
	{ "follow", no_argument, NULL, 'f' },
	{ "format", required_argument, NULL, 'F' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static void
nap(void)
{
	struct timespec t = { 0, 50 * FIX_MSEC };

	fflush(stdout);
	nanosleep(&t, NULL);
}

static void
print_one(const struct audit_job *j, const struct audit_seen *e,
    const uint8_t *hash)
{
	if (j->mode == AUDIT_EXPORT && strcmp(j->format, "csv") == 0)
		audit_print_csv(e, hash);
	else if (j->mode == AUDIT_EXPORT || j->json)
		audit_print_json(e, hash);
	else
		audit_print(e);
}

int
audit_next(struct audit_job *j, struct fix_rec *r, struct audit_seen *e,
    uint8_t hash[AUDIT_HASH])
{
	struct fix_store_error err;
	struct fix_span json;
	int rc;

	while ((rc = fix_journal_next(j->reader, r, &err)) == 1) {
		if (!audit_event_of(r, hash, &json))
			continue;
		if (audit_event_read(e, json) == 0)
			return 1;
		cli_fail("event %llu can't be read: 'fixgate audit verify' says "
		    "more", (unsigned long long)r->order);
		return -1;
	}
	if (rc < 0)
		cli_fail("%s", err.text);
	return rc < 0 ? -1 : 0;
}

/* The next event that is wanted. @return as audit_next() */
static int
next(struct audit_job *j, struct fix_rec *r, struct audit_seen *e,
    uint8_t hash[AUDIT_HASH])
{
	int rc;

	do {
		rc = audit_next(j, r, e, hash);
	} while (rc == 1 && !audit_wanted(j, e));
	return rc;
}

static int
print_events(struct audit_job *j)
{
	uint8_t hash[AUDIT_HASH];
	struct audit_seen e;
	struct fix_rec r;
	uint64_t n = 0;
	int rc;

	if (j->mode == AUDIT_EXPORT && strcmp(j->format, "csv") == 0)
		audit_print_csv_head();
	for (;;) {
		rc = next(j, &r, &e, hash);
		if (rc == 0 && j->follow && !ferror(stdout)) {
			nap();
			continue;
		}
		if (rc <= 0)
			break;
		print_one(j, &e, hash);
		if (j->mode != AUDIT_TAIL && j->count != 0 && ++n == j->count)
			break;
	}
	return rc < 0 ? CLI_FAILED : CLI_OK;
}

static int
open_reader(struct audit_job *j, uint64_t from)
{
	struct fix_store_error e = { "it can't be read" };

	if (j->reader != NULL)
		fix_journal_reader_close(j->reader);
	j->reader = NULL;
	if (fix_journal_reader_open(&j->reader, j->disk, from, &e) != 0)
		return cli_fail("%s", e.text);
	return CLI_OK;
}

int
audit_reopen(struct audit_job *j)
{
	return open_reader(j, 0);
}

/* Where the last count events begin, then from there. */
static int
tail(struct audit_job *j)
{
	uint64_t count = j->count == 0 ? 10 : j->count, n = 0;
	uint64_t *last = calloc((size_t)count, sizeof(*last));
	uint8_t hash[AUDIT_HASH];
	struct audit_seen e;
	struct fix_rec r;
	int rc, status;

	if (last == NULL)
		return cli_fail("out of memory");
	while ((rc = next(j, &r, &e, hash)) == 1)
		last[n++ % count] = r.number;
	status = rc < 0 ? CLI_FAILED
			: open_reader(j, n == 0 ? 0 : n < count ? last[0]
							       : last[n % count]);
	free(last);
	return status == CLI_OK ? print_events(j) : status;
}

static bool
is_called(const struct audit_job *j, const struct fix_rec *r,
    const struct audit_seen *e)
{
	char number[24];

	snprintf(number, sizeof(number), "%llu", (unsigned long long)r->order);
	return strcmp(number, j->id) == 0 ||
	    fix_span_is(e->field[AUDIT_EVENT_ID], j->id);
}

static int
show(struct audit_job *j)
{
	struct fix_span message = { NULL, 0 };
	struct fix_store_error err;
	uint8_t hash[AUDIT_HASH];
	struct audit_seen e;
	struct fix_rec r;
	char *copy;
	int rc;

	while ((rc = next(j, &r, &e, hash)) == 1 && !is_called(j, &r, &e))
		;
	if (rc != 1)
		return rc < 0 ? CLI_FAILED : cli_fail("no event '%s'", j->id);
	copy = malloc(e.json.len);
	if (copy == NULL)
		return cli_fail("out of memory");
	memcpy(copy, e.json.p, e.json.len);
	rc = audit_event_read(&e, (struct fix_span){ (uint8_t *)copy,
	    e.json.len });
	if (rc == 0 && fix_journal_next(j->reader, &r, &err) == 1 &&
	    r.type == AUDIT_REC_RAW)
		message = (struct fix_span){ r.data, r.len };
	if (rc == 0 && j->raw)
		(void)fwrite(message.p, 1, message.len, stdout);
	else if (rc == 0 && j->json)
		audit_print_json(&e, hash);
	else if (rc == 0)
		audit_print_full(&e, hash, message);
	free(copy);
	return rc == 0 ? CLI_OK : CLI_FAILED;
}

static bool
is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* DIR itself, or DIR/audit. */
static int
set_folder(struct audit_job *j, const char *dir)
{
	char *chain = NULL;
	int rc = asprintf(&j->folder, "%s/audit", dir);

	if (rc >= 0 && !is_dir(j->folder)) {
		free(j->folder);
		j->folder = strdup(dir);
	}
	if (rc < 0 || j->folder == NULL ||
	    asprintf(&chain, "%s/chain", j->folder) < 0)
		return cli_fail("out of memory");
	rc = fix_disk_dir(&j->disk, chain, false);
	free(chain);
	if (rc != 0)
		return cli_fail("no audit trail in %s: is there an [AUDIT] "
				"section in the settings?", j->folder);
	return CLI_OK;
}

static int
run(struct audit_job *j)
{
	int status;

	if (j->mode == AUDIT_STATUS)
		return audit_status(j);
	if (j->mode == AUDIT_SHIP)
		return audit_ship(j);
	if (j->mode == AUDIT_ROTATE)
		return audit_new_key(j);
	status = open_reader(j, 0);
	if (status != CLI_OK)
		return status;
	switch (j->mode) {
	case AUDIT_VERIFY:
		return audit_verify(j);
	case AUDIT_TAIL:
		return tail(j);
	case AUDIT_SHOW:
		return show(j);
	case AUDIT_BUNDLE:
		return audit_bundle(j);
	case AUDIT_ORDER:
		return audit_order(j);
	case AUDIT_BOOK:
		return audit_book(j);
	case AUDIT_CORRECTIONS:
		return audit_corrections(j);
	case AUDIT_SEARCH:
	case AUDIT_STATUS:
	case AUDIT_SHIP:
	case AUDIT_ROTATE:
	case AUDIT_EXPORT:
	case AUDIT_N_MODE:
		break;
	}
	return print_events(j);
}

#define WHICH                                                                  \
	"verify, tail, search, show, order, book, corrections, export, "       \
	"bundle, status, ship, rotate or witness"

static int
take_mode(struct audit_job *j, int argc, char **argv)
{
	static const char *const modes[] = { "verify", "tail", "search",
		"show", "export", "status", "ship", "bundle", "rotate", "order",
		"book", "corrections" };
	int i = 0, rest;
	bool one;

	if (optind == argc)
		return cli_usage(WHICH "?");
	while (i < AUDIT_N_MODE && strcmp(argv[optind], modes[i]) != 0)
		i++;
	if (i == AUDIT_N_MODE)
		return cli_usage(WHICH "? Not '%s'", argv[optind]);
	j->mode = (enum audit_mode)i;
	rest = argc - optind - 1;
	one = j->mode == AUDIT_SHOW || j->mode == AUDIT_ORDER;
	if (rest != one)
		return cli_usage(!one ? "%s takes options only" :
		    j->mode == AUDIT_SHOW ?
		    "which event? Give its event_id or number" :
		    "which order? Give its OrderID or a ClOrdID", modes[i]);
	j->id = one ? argv[optind + 1] : NULL;
	return -1;
}

static int
take_time(const char *option, const char **out)
{
	for (const char *c = optarg; *c != '\0'; c++)
		if (!isdigit((unsigned char)*c) && strchr("-:T.+", *c) == NULL)
			return cli_usage("%s takes a time as 2026-11-25T10:15, "
			    "not '%s'", option, optarg);
	*out = optarg;
	return -1;
}

static int
take_number(const char *option, uint64_t *out)
{
	return opt_number(option, optarg, 1, NUMBER_MAX, out) == 0 ? -1 :
								     CLI_USAGE;
}

/* @return -1: go on; else the status to leave with */
static int
take_option(struct audit_job *j, int c)
{
	switch (c) {
	case 'c': j->file = optarg; return -1;
	case O_DIR: j->dir = optarg; return -1;
	case O_KEY: j->key = optarg; return -1;
	case 't': j->type = optarg; return -1;
	case 'a': j->actor = optarg; return -1;
	case O_BY: j->by = optarg; return -1;
	case O_FIRST: return take_number("--first", &j->first);
	case O_LAST: return take_number("--last", &j->last);
	case 'i': j->order = optarg; return -1;
	case O_ACCOUNT: j->account = optarg; return -1;
	case O_SINCE: return take_time("--since", &j->since);
	case O_UNTIL: return take_time("--until", &j->until);
	case O_RAW: j->raw = true; return -1;
	case O_DATABASE:
		j->with_database = true;
		j->database = optarg;
		return -1;
	case 'f': j->follow = true; return -1;
	case 'F': j->format = optarg; return -1;
	case 'j': j->json = true; return -1;
	case 'n':
		return take_number("--count", &j->count);
	case O_CHECKPOINT:
		if (j->n_held == AUDIT_HELD_MAX - 1)
			return cli_usage("too many checkpoints");
		j->held[j->n_held++] = optarg;
		return -1;
	default: return CLI_USAGE;
	}
}

static int
read_options(struct audit_job *j, int argc, char **argv)
{
	int c, rc = -1;

	opterr = 0;
	j->format = "jsonl";
	while (rc == -1 && (c = getopt_long(argc, argv, "c:t:a:i:n:fF:jh",
				options, NULL)) != -1) {
		if (c == 'h')
			return cli_help(help);
		rc = c == '?' ? opt_unknown(argc, argv, optind)
			      : take_option(j, c);
	}
	if (rc == -1 && strcmp(j->format, "jsonl") != 0 &&
	    strcmp(j->format, "csv") != 0)
		rc = cli_usage("--format takes jsonl or csv, not '%s'",
		    j->format);
	return rc == -1 ? take_mode(j, argc, argv) : rc;
}

static const struct conf_section *
audit_section(const struct gateway_paths *g)
{
	return g->conf == NULL ? NULL : conf_next(g->conf, "AUDIT", NULL);
}

int
cmd_audit(int argc, char **argv)
{
	struct gateway_paths paths = { 0 };
	struct audit_job j = { 0 };
	int status;

	if (argc > 1 && strcmp(argv[1], "witness") == 0)
		return cmd_witness(argc - 1, argv + 1);
	status = read_options(&j, argc, argv);
	if (status >= 0)
		return status;
	if (j.dir == NULL && gateway_read(&paths, j.file) != 0)
		return CLI_USAGE;
	if (j.database == NULL)
		j.database = conf_secret(audit_section(&paths), "Database",
		    getenv("DATABASE_URL"));
	status = set_folder(&j, j.dir != NULL ? j.dir : paths.data);
	if (status == CLI_OK)
		status = run(&j);
	if (j.reader != NULL)
		fix_journal_reader_close(j.reader);
	if (j.disk != NULL)
		j.disk->ops->close(j.disk);
	free(j.folder);
	gateway_done(&paths);
	return status;
}
