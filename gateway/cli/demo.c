/*
 * fixgate demo: a trading day with a crash in it, and an account that adds up.
 *
 * Starts a real gateway in a folder of its own, trades with it as a FIX client,
 * kills it with SIGKILL while orders are in flight, starts it again, recovers
 * by ResendRequest in both directions, and then compares what the client saw
 * with what the gateway's journal and tables hold. Status 0 only if everything
 * agrees.
 */
#include "gateway/cli/demo.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/target.h"

static const char help[] =
    "usage: fixgate demo [--dir DIR] [--gateway PROGRAM] [--keep] [--quiet]\n"
    "Start a gateway, trade, kill it, recover, and compare the books.\n\n"
    "      --dir DIR          use this folder and leave it; default: a "
    "temporary one\n"
    "      --gateway PROGRAM  the gateway; default: fixgated beside this "
    "program\n"
    "      --example FILE     the settings to copy; default: demo.conf\n"
    "      --keep             leave the gateway running, and say how to reach "
    "it\n"
    "  -q, --quiet            only the account\n"
    "      --color, --no-color\n"
    "  -h, --help\n\n"
    "Ports are free ones, or FIX_PORT, API_PORT and METRICS_PORT.\n";

struct job {
	const char *dir, *program, *example;
	bool keep, quiet;
	int color;
};

static int
open_client(struct demo *d, const struct job *j, struct target *to)
{
	static char state[PATH_MAX];
	struct client_cfg cfg = { 0 };

	to->sender = DEMO_CLIENT;
	if (target_complete(to, d->gate.conf) != 0)
		return -FIX_E_CONFIG;
	if (snprintf(state, sizeof(state), "%s/client", d->gate.dir) >=
	    (int)sizeof(state))
		return -FIX_E_CONFIG;
	cfg.host = to->host;
	cfg.port = to->port;
	cfg.tls = to->tls;
	cfg.version = to->version;
	cfg.sender = to->sender;
	cfg.target = to->target;
	cfg.state = state;
	cfg.strict = true;
	d->t.quiet = j->quiet;
	d->t.timeout_ms = 30000;
	return trading_open(&d->t, &cfg, DEMO_ACCOUNT, j->color);
}

static void
say_how(const struct demo *d, const struct target *to)
{
	const char *me = program_invocation_name, *conf = d->gate.conf;

	printf("\nThe gateway goes on: process %d, FIX on %s port %s.\n",
	    (int)d->gate.pid, to->host, to->port);
	printf("  trade        %s send -c %s --sender CLIENT42 --account %s\n",
	    me, conf, DEMO_ACCOUNT);
	printf("  its orders   %s orders -c %s\n", me, conf);
	printf("  its journal  %s journal follow -c %s\n", me, conf);
	printf("  its state    %s control -c %s status\n", me, conf);
	printf("  the end      kill %d\n", (int)d->gate.pid);
}

static int
finish(struct demo *d, const struct job *j, const struct target *to)
{
	unsigned wrong;
	int rc = 0;

	if (!j->keep)
		rc = demo_stop(&d->gate);
	d->ended_ns = client_now().mono.ns;
	wrong = demo_account(d) + d->failed + (rc != 0);
	if (wrong > 0)
		printf("\n%sIt does not add up: %u things differ.%s The folder "
		       "%s is left.\n",
		    show_red(&d->t.sh), wrong, show_plain(&d->t.sh),
		    d->gate.dir);
	else
		printf("\n%sEverything adds up.%s\n", show_green(&d->t.sh),
		    show_plain(&d->t.sh));
	if (j->keep)
		say_how(d, to);
	return wrong > 0 ? CLI_FAILED : CLI_OK;
}

static int
play(struct demo *d, const struct job *j)
{
	struct target to = { 0 };
	int status = CLI_FAILED;

	if (gateway_read(&d->paths, d->gate.conf) == 0 &&
	    open_client(d, j, &to) == 0) {
		if (demo_day(d) == 0)
			status = finish(d, j, &to);
		if (status != CLI_OK)
			demo_kill(&d->gate);
		trading_close(&d->t);
	}
	gateway_done(&d->paths);
	target_done(&to);
	return status;
}

enum { O_DIR = 256, O_GATEWAY, O_EXAMPLE, O_KEEP, O_COLOR, O_NO_COLOR };

static const struct option options[] = {
	{ "dir", required_argument, NULL, O_DIR },
	{ "gateway", required_argument, NULL, O_GATEWAY },
	{ "example", required_argument, NULL, O_EXAMPLE },
	{ "keep", no_argument, NULL, O_KEEP },
	{ "quiet", no_argument, NULL, 'q' },
	{ "color", no_argument, NULL, O_COLOR },
	{ "no-color", no_argument, NULL, O_NO_COLOR },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* @return -1: go on; else the status to leave with */
static int
read_options(struct job *j, int argc, char **argv)
{
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "qh", options, NULL)) != -1) {
		if (c == O_DIR)
			j->dir = optarg;
		else if (c == O_GATEWAY)
			j->program = optarg;
		else if (c == O_EXAMPLE)
			j->example = optarg;
		else if (c == O_KEEP)
			j->keep = true;
		else if (c == 'q')
			j->quiet = true;
		else if (c == O_COLOR || c == O_NO_COLOR)
			j->color = c == O_COLOR;
		else if (c == 'h')
			return cli_help(help);
		else
			return opt_unknown(argc, argv, optind);
	}
	if (optind < argc)
		return cli_usage(
		    "nothing was expected after the options: %s", argv[optind]);
	return -1;
}

int
cmd_demo(int argc, char **argv)
{
	static struct demo d;
	struct job j = { .color = -1 };
	int status = read_options(&j, argc, argv);
	struct fix_now now;

	if (status >= 0)
		return status;
	signal(SIGPIPE, SIG_IGN);
	now = client_now();
	d.began_ns = now.mono.ns;
	d.began_wall_ns = now.utc.ns;
	d.quiet = j.quiet;
	d.gate.keep = j.keep;
	if (demo_prepare(&d.gate, j.dir, j.program, j.example) != 0)
		return CLI_FAILED;
	status = play(&d, &j);
	if (status == CLI_OK && !j.keep)
		demo_clean(&d.gate);
	else if (status != CLI_OK)
		cli_fail("the folder %s is left", d.gate.dir);
	return status;
}
