/*
 * fixgate bench: load for any acceptor of orders, ours or another's, and what
 * it makes of it.
 */
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fix/time.h"
#include "gateway/cli/bench.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/options.h"
#include "gateway/cli/target.h"

#define CONNECT_MS 10000
#define WINDOW_MAX 1000000u

static const char help[] =
    "usage: fixgate bench --target HOST:PORT --sender ID --target-comp-id ID\n"
    "                     [OPTION...]\n"
    "       fixgate bench -c FILE [OPTION...]\n"
    "Send orders to an acceptor and say how fast it answers. The orders are "
    "real:\n"
    "point it at a test system.\n\n"
    "where and as whom\n"
    "      --target HOST:PORT    the acceptor\n"
    "  -c, --config FILE         or its settings file, ours or QuickFIX's\n"
    "      --sender ID           our CompID\n"
    "      --target-comp-id ID   its CompID\n"
    "      --begin VERSION       FIX.4.2, FIX.4.4, FIX.5.0SP2 [FIX.4.4]\n"
    "      --username NAME       for the Logon\n"
    "      --password-file FILE  its password, one line\n"
    "      --tls                 over TLS; each of the next four implies it\n"
    "      --ca FILE             whose certificates to believe\n"
    "      --tls-name NAME       its name there [HOST]\n"
    "      --cert FILE           our certificate\n"
    "      --key FILE            and its key\n"
    "how much\n"
    "      --count N             orders that are measured [10000]\n"
    "      --warm N              orders before them [1000]\n"
    "      --window N            orders without their report at most [1; with\n"
    "                            --rate 100000]\n"
    "      --rate N              orders a second, whatever the acceptor does: "
    "what\n"
    "                            it holds up counts with its wait [as many as "
    "the\n"
    "                            window allows]\n"
    "      --until TYPE          report that ends an order: new, fill or any "
    "[any]\n"
    "the order\n"
    "      --symbol S            [AAPL]\n"
    "      --side 1|2            buy or sell [1]\n"
    "      --qty N               [1]\n"
    "      --price P             [a market order]\n"
    "      --tif C               TimeInForce(59) [0]\n"
    "      --account A\n"
    "what comes out\n"
    "      --hdr FILE            every latency, as HdrHistogram's percentiles\n"
    "  -j, --json                one object\n"
    "  -q, --quiet               no progress\n"
    "  -h, --help\n";

enum {
	O_TARGET = 256,
	O_SENDER,
	O_TARGET_ID,
	O_BEGIN,
	O_USERNAME,
	O_PASSWORD_FILE,
	O_COUNT,
	O_WARM,
	O_WINDOW,
	O_RATE,
	O_UNTIL,
	O_SYMBOL,
	O_SIDE,
	O_QTY,
	O_PRICE,
	O_TIF,
	O_ACCOUNT,
	O_HDR
};

static const struct option options[] = {
	{ "target", required_argument, NULL, O_TARGET },
	{ "config", required_argument, NULL, 'c' },
	{ "sender", required_argument, NULL, O_SENDER },
	{ "target-comp-id", required_argument, NULL, O_TARGET_ID },
	{ "begin", required_argument, NULL, O_BEGIN },
	{ "username", required_argument, NULL, O_USERNAME },
	{ "password-file", required_argument, NULL, O_PASSWORD_FILE },
	OPT_TLS_ROWS,
	{ "count", required_argument, NULL, O_COUNT },
	{ "warm", required_argument, NULL, O_WARM },
	{ "window", required_argument, NULL, O_WINDOW },
	{ "rate", required_argument, NULL, O_RATE },
	{ "until", required_argument, NULL, O_UNTIL },
	{ "symbol", required_argument, NULL, O_SYMBOL },
	{ "side", required_argument, NULL, O_SIDE },
	{ "qty", required_argument, NULL, O_QTY },
	{ "price", required_argument, NULL, O_PRICE },
	{ "tif", required_argument, NULL, O_TIF },
	{ "account", required_argument, NULL, O_ACCOUNT },
	{ "hdr", required_argument, NULL, O_HDR },
	{ "json", no_argument, NULL, 'j' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

struct job {
	struct bench_cfg cfg;
	struct target to;
	struct place place;
	const char *config, *hdr;
	bool json, quiet;
};

static int
until_option(struct job *j, const char *text)
{
	if (strcmp(text, "new") == 0)
		j->cfg.until = '0';
	else if (strcmp(text, "fill") == 0)
		j->cfg.until = 'F';
	else if (strcmp(text, "any") == 0)
		j->cfg.until = '\0';
	else
		return cli_usage(
		    "--until '%s': expected new, fill or any", text);
	return 0;
}

static int
number(const char *name, uint64_t lo, uint64_t hi, uint64_t *out)
{
	return opt_number(name, optarg, lo, hi, out) == 0 ? 0 : CLI_USAGE;
}

/* @return 0, CLI_USAGE; 1000: none of them */
static int
much_option(struct job *j, int c)
{
	switch (c) {
	case O_COUNT:
		return number("--count", 1, 100000000, &j->cfg.count);
	case O_WARM:
		return number("--warm", 0, 100000000, &j->cfg.warm);
	case O_WINDOW:
		return number("--window", 1, WINDOW_MAX, &j->cfg.window);
	case O_RATE:
		return number("--rate", 1, 100000000, &j->cfg.rate);
	case O_UNTIL:
		return until_option(j, optarg);
	default:
		return 1000;
	}
}

static int
order_option(struct job *j, int c)
{
	switch (c) {
	case O_SYMBOL:
		j->cfg.symbol = optarg;
		return 0;
	case O_SIDE:
		j->cfg.side = optarg;
		return 0;
	case O_QTY:
		j->cfg.qty = optarg;
		return 0;
	case O_PRICE:
		j->cfg.price = optarg;
		return 0;
	case O_TIF:
		j->cfg.tif = optarg;
		return 0;
	case O_ACCOUNT:
		j->cfg.account = optarg;
		return 0;
	default:
		return 1000;
	}
}

static int
where_option(struct job *j, int c)
{
	switch (c) {
	case O_TARGET:
		if (opt_place(&j->place, optarg) != 0)
			return cli_usage("'%s': expected HOST:PORT", optarg);
		j->to.host = j->place.host;
		j->to.port = j->place.port;
		return 0;
	case 'c':
		j->config = optarg;
		return 0;
	case O_SENDER:
		j->to.sender = optarg;
		return 0;
	case O_TARGET_ID:
		j->to.target = optarg;
		return 0;
	case O_BEGIN:
		j->to.begin = optarg;
		return 0;
	case O_USERNAME:
		j->to.username = optarg;
		return 0;
	case O_PASSWORD_FILE:
		return target_password(&j->to, optarg) == 0 ? 0 : CLI_USAGE;
	default:
		return opt_tls(&j->to.tls, c) ? 0 : 1000;
	}
}

/* @return 0, CLI_USAGE; 1001: --help */
static int
read_options(struct job *j, int argc, char **argv)
{
	int c, rc = 0;

	opterr = 0;
	while (rc == 0 &&
	       (c = getopt_long(argc, argv, "c:jqh", options, NULL)) != -1) {
		if (c == 'h')
			return 1001;
		rc = where_option(j, c);
		if (rc == 1000)
			rc = much_option(j, c);
		if (rc == 1000)
			rc = order_option(j, c);
		if (rc != 1000)
			continue;
		rc = 0;
		if (c == 'j')
			j->json = true;
		else if (c == 'q')
			j->quiet = true;
		else if (c == O_HDR)
			j->hdr = optarg;
		else
			return opt_unknown(argc, argv, optind);
	}
	if (rc == 0 && optind < argc)
		return cli_usage(
		    "nothing was expected after the options: %s", argv[optind]);
	return rc;
}

static int
write_hdr(const struct job *j, const struct bench_result *r)
{
	FILE *f = fopen(j->hdr, "w");
	bool good = f != NULL && hist_write(&r->latency, f);

	if (f != NULL && fclose(f) != 0)
		good = false;
	return good ? CLI_OK : cli_fail("%s can't be written", j->hdr);
}

static uint64_t
per_second(const struct bench_result *r)
{
	if (r->took_ns <= 0)
		return 0;
	return (uint64_t)((unsigned __int128)r->answered * FIX_SEC /
			  (uint64_t)r->took_ns);
}

static void
print_json(const struct job *j, const struct bench_result *r)
{
	const struct hist *h = &r->latency;
	json_t *o = json_pack("{ss ss sI sI sI sI sI sI sI sI sI}", "name",
	    j->cfg.rate > 0 ? "open loop" : "closed loop", "unit", "ns", "p50",
	    (json_int_t)hist_at(h, 500000), "p99",
	    (json_int_t)hist_at(h, 990000), "p99.9",
	    (json_int_t)hist_at(h, 999000), "max",
	    (json_int_t)hist_at(h, 1000000), "n", (json_int_t)r->answered,
	    "refused", (json_int_t)r->refused, "orders_per_s",
	    (json_int_t)per_second(r), "rate", (json_int_t)j->cfg.rate,
	    "window", (json_int_t)j->cfg.window);

	json_dumpf(o, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(o);
}

static void
print_us(const char *name, int64_t ns)
{
	printf("  %-8s %" PRId64 ".%03" PRId64 " us\n", name, ns / 1000,
	    ns % 1000);
}

static void
print_people(const struct job *j, const struct bench_result *r)
{
	printf("%" PRIu64 " orders answered, %" PRIu64 " refused, %" PRIu64
	       " a second\n",
	    r->answered, r->refused, per_second(r));
	if (r->first_refusal[0] != '\0')
		printf("first refusal: %s\n", r->first_refusal);
	if (r->answered == 0)
		return;
	if (j->cfg.rate > 0)
		printf("from when each was due, at %" PRIu64 " a second:\n",
		    j->cfg.rate);
	else
		printf("from when each was written, at most %" PRIu64
		       " under way:\n",
		    j->cfg.window);
	print_us("p50", hist_at(&r->latency, 500000));
	print_us("p90", hist_at(&r->latency, 900000));
	print_us("p99", hist_at(&r->latency, 990000));
	print_us("p99.9", hist_at(&r->latency, 999000));
	print_us("p99.99", hist_at(&r->latency, 999900));
	print_us("max", hist_at(&r->latency, 1000000));
}

static int
run(struct job *j)
{
	static struct bench_result r;
	struct wire *w = NULL;
	char why[256];
	int rc;

	signal(SIGPIPE, SIG_IGN);
	rc = wire_open(&w, j->to.host, j->to.port, &j->to.tls, CONNECT_MS, why);

	if (rc != 0)
		return cli_fail("%s port %s: %s", j->to.host, j->to.port, why);
	rc = bench_run(&j->cfg, w, &r, why);
	wire_close(w);
	if (rc != 0)
		return cli_fail(
		    "%s, after %" PRIu64 " orders", why, r.answered);
	if (j->json)
		print_json(j, &r);
	else
		print_people(j, &r);
	rc = j->hdr != NULL ? write_hdr(j, &r) : CLI_OK;
	return rc == CLI_OK && r.answered == 0 ? CLI_FAILED : rc;
}

static void
complete(struct job *j)
{
	struct bench_cfg *c = &j->cfg;

	c->sender = j->to.sender;
	c->target = j->to.target;
	c->username = j->to.username;
	c->password = j->to.password;
	c->version = j->to.version;
	if (c->window == 0)
		c->window = c->rate > 0 ? 100000 : 1;
	c->progress = !j->quiet && isatty(STDERR_FILENO);
}

int
cmd_bench(int argc, char **argv)
{
	static struct job j = { .cfg = { .symbol = "AAPL",
				    .side = "1",
				    .qty = "1",
				    .tif = "0",
				    .count = 10000,
				    .warm = 1000 } };
	int rc = read_options(&j, argc, argv);

	if (rc == 1001)
		return cli_help(help);
	if (rc != 0)
		return rc;
	if (j.config == NULL && j.to.host == NULL)
		return cli_usage(
		    "which acceptor? Name it with --target HOST:PORT, "
		    "or its settings file with -c");
	if (j.config == NULL && (j.to.sender == NULL || j.to.target == NULL))
		return cli_usage("as whom? Expected --sender and "
				 "--target-comp-id, or -c FILE");
	if (target_complete(&j.to, j.config) != 0)
		rc = CLI_USAGE;
	if (rc == 0) {
		complete(&j);
		rc = run(&j);
	}
	target_done(&j.to);
	return rc;
}
