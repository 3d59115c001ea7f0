/*
 * fixgate conform: conformance cases against a FIX engine, as acceptor or as
 * initiator, over TCP.
 *
 * Status 0 means that every case that could be run has passed, and that at
 * least one could; what was not run is told and counted apart.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/conform/run.h"
#include "gateway/cli/conform/tcp.h"
#include "gateway/cli/options.h"
#include "gateway/cli/target.h"

#define LIST_MAX 64u

static const char help[] =
    "usage: fixgate conform --target HOST:PORT | --listen [HOST:]PORT "
    "[OPTION...]\n"
    "       fixgate conform --list [--cases DIR] [--case GLOB] "
    "[--version V]\n"
    "Play conformance cases against a FIX engine.\n\n"
    "the engine:\n"
    "      --target HOST:PORT    it accepts: connect to it\n"
    "      --listen [HOST:]PORT  it connects: wait for it; 127.0.0.1\n"
    "      --version V           FIX.4.4 (default), 4.2, 5.0SP2, ...\n"
    "      --sender ID           our CompID\n"
    "      --target-comp-id ID   the engine's CompID\n"
    "      --setting NAME=VALUE  what it is set to, QuickFIX's names\n"
    "      --can WORD[,WORD]     echo: it answers orders; orders:\n"
    "                        it works them at a venue; operator\n"
    "      --hook CMD            command for what its operator does\n"
    "      --username NAME       with --password-file FILE\n"
    "      --tls                 with --ca FILE, --tls-name NAME, --cert "
    "FILE,\n"
    "                            --key FILE\n"
    "      --symbol S            of orders: SYM\n"
    "      --name TEXT           what it is called in reports\n"
    "cases:\n"
    "      --list                print them, without running\n"
    "      --cases DIR           files *.case of a folder, not the program's "
    "own\n"
    "      --case GLOB           only those whose id or file name fits\n"
    "manner:\n"
    "      --heartbeat S         HeartBtInt: 30\n"
    "      --bytes               send byte by byte\n"
    "      --slow                read late, with a small buffer\n"
    "      --strict              check its messages against the dictionary\n"
    "      --slack MS            how late timed messages may be: 1000\n"
    "  -t, --timeout S           for a message: 10\n"
    "      --connect-timeout S   for the engine to connect: 60\n"
    "reports:\n"
    "      --junit FILE          XML for build servers\n"
    "      --html FILE           a page for people\n"
    "  -v, --verbose             what crossed the wire, of every case\n"
    "      --color, --no-color\n"
    "  -h, --help\n";

enum {
	O_TARGET = 256,
	O_LISTEN,
	O_VERSION,
	O_SENDER,
	O_TARGET_ID,
	O_SETTING,
	O_CAN,
	O_HOOK,
	O_USERNAME,
	O_PASSWORD_FILE,
	O_SYMBOL,
	O_NAME,
	O_LIST,
	O_CASES,
	O_CASE,
	O_HEARTBEAT,
	O_BYTES,
	O_SLOW,
	O_STRICT,
	O_SLACK,
	O_CONNECT,
	O_JUNIT,
	O_HTML,
	O_COLOR,
	O_NO_COLOR
};

static const struct option options[] = {
	{ "target", required_argument, NULL, O_TARGET },
	{ "listen", required_argument, NULL, O_LISTEN },
	{ "version", required_argument, NULL, O_VERSION },
	{ "sender", required_argument, NULL, O_SENDER },
	{ "target-comp-id", required_argument, NULL, O_TARGET_ID },
	{ "setting", required_argument, NULL, O_SETTING },
	{ "can", required_argument, NULL, O_CAN },
	{ "hook", required_argument, NULL, O_HOOK },
	{ "username", required_argument, NULL, O_USERNAME },
	{ "password-file", required_argument, NULL, O_PASSWORD_FILE },
	OPT_TLS_ROWS,
	{ "symbol", required_argument, NULL, O_SYMBOL },
	{ "name", required_argument, NULL, O_NAME },
	{ "list", no_argument, NULL, O_LIST },
	{ "cases", required_argument, NULL, O_CASES },
	{ "case", required_argument, NULL, O_CASE },
	{ "heartbeat", required_argument, NULL, O_HEARTBEAT },
	{ "bytes", no_argument, NULL, O_BYTES },
	{ "slow", no_argument, NULL, O_SLOW },
	{ "strict", no_argument, NULL, O_STRICT },
	{ "slack", required_argument, NULL, O_SLACK },
	{ "timeout", required_argument, NULL, 't' },
	{ "connect-timeout", required_argument, NULL, O_CONNECT },
	{ "junit", required_argument, NULL, O_JUNIT },
	{ "html", required_argument, NULL, O_HTML },
	{ "verbose", no_argument, NULL, 'v' },
	{ "color", no_argument, NULL, O_COLOR },
	{ "no-color", no_argument, NULL, O_NO_COLOR },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

struct job {
	struct cc_tcp_cfg tcp;
	struct cc_play_cfg play;
	struct target to; /* for the password */
	struct place where;
	const char *at;   /* the same, as given */
	const char *version, *name, *dir, *junit, *html;
	const char *settings[LIST_MAX], *globs[LIST_MAX];
	unsigned n_globs;
	uint64_t heartbeat, timeout, connect, slack;
	bool list, strict, verbose, heart_told;
	int color;
};

static int
add_to(const char **list, unsigned *n, const char *what, const char *v)
{
	if (*n == LIST_MAX)
		return cli_usage("too many %s", what);
	list[(*n)++] = v;
	return 0;
}

static int
read_can(struct job *j, const char *text)
{
	char copy[128], *rest = copy, *w;

	snprintf(copy, sizeof(copy), "%s", text);
	while ((w = strsep(&rest, ",")) != NULL)
		if (strcmp(w, "echo") == 0)
			j->play.setup.abilities |= CC_CAN_ECHO;
		else if (strcmp(w, "orders") == 0)
			j->play.setup.abilities |= CC_CAN_ORDERS;
		else if (strcmp(w, "operator") == 0)
			j->play.setup.abilities |= CC_CAN_OPERATOR;
		else
			return cli_usage(
			    "--can '%s': expected echo, orders or operator", w);
	return 0;
}

static int
read_place(struct job *j, bool listens, const char *text)
{
	if (j->at != NULL)
		return cli_usage("one --target or --listen, not two");
	j->at = text;
	j->tcp.listen = listens;
	j->play.setup.role = listens ? CC_ROLE_INITIATOR : CC_ROLE_ACCEPTOR;
	if (opt_place(&j->where, text) != 0 ||
	    (!listens && strchr(text, ':') == NULL))
		return cli_usage("'%s': expected HOST:PORT", text);
	j->tcp.host = j->where.host;
	j->tcp.port = j->where.port;
	return 0;
}

/* @return 0, CLI_USAGE; 1000: none of them */
static int
engine_option(struct job *j, int c)
{
	struct cc_setup *s = &j->play.setup;

	switch (c) {
	case O_TARGET:
	case O_LISTEN:
		return read_place(j, c == O_LISTEN, optarg);
	case O_VERSION:
		j->version = optarg;
		return 0;
	case O_SENDER:
		j->play.us = optarg;
		return 0;
	case O_TARGET_ID:
		j->play.them = optarg;
		return 0;
	case O_SETTING:
		if (strchr(optarg, '=') == NULL)
			return cli_usage(
			    "--setting '%s': expected NAME=VALUE", optarg);
		return add_to(j->settings, &s->n_settings, "settings", optarg);
	case O_CAN:
		return read_can(j, optarg);
	case O_HOOK:
		j->tcp.hook = optarg;
		s->abilities |= CC_CAN_OPERATOR;
		return 0;
	case O_USERNAME:
		j->play.username = optarg;
		return 0;
	case O_PASSWORD_FILE:
		return target_password(&j->to, optarg) == 0 ? 0 : CLI_USAGE;
	case O_SYMBOL:
		j->play.symbol = optarg;
		return 0;
	case O_NAME:
		j->name = optarg;
		return 0;
	default:
		return 1000;
	}
}

static int
number(const char *option, uint64_t lo, uint64_t hi, uint64_t *out)
{
	return opt_number(option, optarg, lo, hi, out) == 0 ? 0 : CLI_USAGE;
}

static int
manner_option(struct job *j, int c)
{
	switch (c) {
	case O_HEARTBEAT:
		j->heart_told = true;
		return number("--heartbeat", 1, 3600, &j->heartbeat);
	case O_SLACK:
		return number("--slack", 0, 60000, &j->slack);
	case 't':
		return number("--timeout", 1, 3600, &j->timeout);
	case O_CONNECT:
		return number("--connect-timeout", 1, 86400, &j->connect);
	case O_BYTES:
		j->tcp.bytes = true;
		return 0;
	case O_SLOW:
		j->tcp.slow = true;
		return 0;
	case O_STRICT:
		j->strict = true;
		return 0;
	default:
		return 1000;
	}
}

static int
other_option(struct job *j, int c, int argc, char **argv)
{
	switch (c) {
	case O_LIST:
		j->list = true;
		return 0;
	case O_CASES:
		j->dir = optarg;
		return 0;
	case O_CASE:
		return add_to(j->globs, &j->n_globs, "--case", optarg);
	case O_JUNIT:
		j->junit = optarg;
		return 0;
	case O_HTML:
		j->html = optarg;
		return 0;
	case 'v':
		j->verbose = true;
		return 0;
	case O_COLOR:
	case O_NO_COLOR:
		j->color = c == O_COLOR;
		return 0;
	default:
		return opt_unknown(argc, argv, optind);
	}
}

static int
read_version(struct job *j)
{
	uint32_t v = cc_versions(j->version);

	for (int i = FIX_V_40; i <= FIX_V_50SP2; i++)
		if (v == 1u << i) {
			j->play.setup.version = (enum fix_version)i;
			return 0;
		}
	return cli_usage("no FIX version '%s'; expected FIX.4.0 to FIX.4.4, "
			 "FIX.5.0, FIX.5.0SP1 or FIX.5.0SP2",
	    j->version);
}

static int
check(struct job *j)
{
	if (read_version(j) != 0)
		return CLI_USAGE;
	if (j->list)
		return 0;
	if (j->at == NULL)
		return cli_usage("where is the engine? Expected --target or "
				 "--listen");
	if (j->play.us == NULL || j->play.them == NULL)
		return cli_usage("expected --sender and --target-comp-id");
	if (j->tcp.listen && j->tcp.tls.use)
		return cli_usage("--listen speaks no TLS");
	if (j->play.setup.abilities & CC_CAN_OPERATOR && j->tcp.hook == NULL)
		return cli_usage("an operator needs --hook");
	return 0;
}

/* @return -1: go on; else the status to leave with */
static int
read_options(struct job *j, int argc, char **argv)
{
	int c, rc = 0;

	opterr = 0;
	while (rc == 0 &&
	       (c = getopt_long(argc, argv, "t:vh", options, NULL)) != -1) {
		if (c == 'h')
			return cli_help(help);
		rc = engine_option(j, c);
		if (rc == 1000 && opt_tls(&j->tcp.tls, c))
			rc = 0;
		if (rc == 1000)
			rc = manner_option(j, c);
		if (rc == 1000)
			rc = other_option(j, c, argc, argv);
	}
	if (rc == 0 && optind < argc)
		rc = cli_usage(
		    "nothing was expected after the options: %s", argv[optind]);
	if (rc == 0)
		rc = check(j);
	return rc == 0 ? -1 : CLI_USAGE;
}

static void
list_case(const struct cc_case *c)
{
	printf("%-10s %-9s %s%s%s", c->id,
	    c->mandatory ? "mandatory" : "optional", c->title,
	    c->roles == CC_ROLE_ACCEPTOR    ? " [acceptor]"
	    : c->roles == CC_ROLE_INITIATOR ? " [initiator]"
					    : "",
	    c->abilities & CC_CAN_OPERATOR ? " [operator]" : "");
	if (c->abilities & CC_CAN_ECHO)
		printf(" [echo]");
	if (c->abilities & CC_CAN_ORDERS)
		printf(" [orders]");
	for (unsigned i = 0; i < c->n_settings; i++)
		printf(" [%s]", c->settings[i]);
	putchar('\n');
}

static int
reports(const struct job *j, const struct cc_run *r)
{
	int rc = 0;

	if (j->junit != NULL)
		rc = cc_junit(r, j->junit);
	if (j->html != NULL && cc_html(r, j->html) < 0)
		rc = -FIX_E_IO;
	return rc;
}

static int
conclude(const struct job *j, const struct cc_run *r, int rc)
{
	if (r->outcomes == NULL)
		return cli_fail("out of memory");
	printf("%u passed, %u failed, %u not run\n", r->count[CC_PASSED],
	    r->count[CC_FAILED], r->count[CC_NOT_RUN]);
	if (reports(j, r) < 0)
		return CLI_FAILED;
	if (rc == -FIX_E_IO)
		return cli_fail("the run was stopped");
	if (rc < 0)
		return cli_fail("out of memory");
	if (r->count[CC_PASSED] + r->count[CC_FAILED] == 0)
		return cli_fail("no case could be run");
	return r->count[CC_FAILED] > 0 ? CLI_FAILED : CLI_OK;
}

/* Begins the ClOrdIDs of this run, as no other run's. */
static void
make_run(char *out, size_t cap)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	snprintf(out, cap, "C%llx%03lx",
	    (unsigned long long)t.tv_sec & 0xffffffffu,
	    (unsigned long)t.tv_nsec / 1000000u);
}

static void
finish_cfg(struct job *j, struct cc_numbers *numbers, char *run, size_t cap)
{
	struct cc_play_cfg *p = &j->play;

	make_run(run, cap);
	p->run = run;
	p->numbers = numbers;
	p->password = j->to.password;
	p->setup.settings = j->settings;
	p->heart_s = (unsigned)j->heartbeat;
	/* Whoever dials names the interval. */
	if (j->tcp.listen)
		p->setup.heartbeat = (unsigned)j->heartbeat;
	p->timeout_ns = (int64_t)j->timeout * FIX_SEC;
	p->open_ns =
	    (int64_t)(j->tcp.listen ? j->connect : j->timeout) * FIX_SEC;
	p->slack_ns = (int64_t)j->slack * FIX_MSEC;
	j->tcp.us = p->us;
	j->tcp.them = p->them;
	j->tcp.version = cc_version_text(p->setup.version);
}

static int
run_suite(struct job *j, const struct cc_suite *s)
{
	struct cc_run r = { .suite = s,
		.cfg = &j->play,
		.engine = j->name == NULL ? j->play.them : j->name,
		.where = j->at,
		.bytes = j->tcp.bytes,
		.slow = j->tcp.slow };
	struct cc_numbers numbers = { 1, 1, 0 };
	struct fix_dict_error why;
	struct dict_pair dicts;
	struct cc_tcp *tcp;
	char run[32];
	int rc, status;

	finish_cfg(j, &numbers, run, sizeof(run));
	r.dicts = dicts_new(NULL, &why);
	if (r.dicts == NULL)
		return cli_fail("out of memory");
	dicts = dicts_of_version(r.dicts, j->play.setup.version);
	if (j->strict) {
		j->play.transport = dicts.transport;
		j->play.app = dicts.app;
	}
	cc_tcp_catch_signals();
	rc = cc_tcp_new(&tcp, &j->tcp);
	if (rc < 0) {
		dicts_free(r.dicts);
		return CLI_FAILED;
	}
	j->play.peer = cc_tcp_peer(tcp);
	rc = cc_run_all(&r, j->verbose, j->color);
	status = conclude(j, &r, rc);
	cc_run_clear(&r);
	cc_tcp_free(tcp);
	dicts_free(r.dicts);
	return status;
}

int
cmd_conform(int argc, char **argv)
{
	static struct job j = { .version = "FIX.4.4",
		.heartbeat = 30,
		.timeout = 10,
		.connect = 60,
		.slack = 1000,
		.color = -1,
		.play = { .symbol = "SYM" } };
	struct cc_suite s;
	int rc, status = read_options(&j, argc, argv);

	if (status < 0) {
		rc = cc_suite_read(&s, j.dir, j.globs, j.n_globs);
		if (rc < 0) {
			status = rc == -FIX_E_NOMEM ? cli_fail("out of memory")
						    : CLI_USAGE;
		} else {
			if (!j.list)
				cc_suite_limit(&s, &j.play.setup);
			for (unsigned i = 0; j.list && i < s.n; i++)
				list_case(s.cases[i]);
			status = j.list ? CLI_OK : run_suite(&j, &s);
			cc_suite_clear(&s);
		}
	}
	target_done(&j.to);
	return status;
}
