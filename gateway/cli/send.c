/*
 * fixgate send: a FIX client. One order from options, a script, or lines typed
 * by hand.
 *
 * Status 0 means that it worked: logged on, every line understood, every wait
 * met, nothing rejected by the session; and for a single order, that it was not
 * refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/options.h"
#include "gateway/cli/prompt.h"
#include "gateway/cli/target.h"
#include "gateway/cli/trading.h"

#define LINE_BYTES 65536 /* of a script */
#define QUIET_MS 300     /* an order rests when nothing came for so long */

static const char help[] =
    "usage: fixgate send [WHERE...] --symbol S --side SIDE --qty N [ORDER...]\n"
    "       fixgate send [WHERE...] --script FILE\n"
    "       fixgate send [WHERE...]\n"
    "Log on as a FIX client and send one order, a script, or what is typed.\n\n"
    "where:\n"
    "  -c, --config FILE    settings of the gateway, or of an initiator\n"
    "      --host HOST      127.0.0.1\n"
    "      --port PORT\n"
    "      --sender ID      our CompID: which session of -c, too\n"
    "      --target ID      the gateway's CompID\n"
    "      --begin VERSION  FIX.4.4 (default), FIX.4.2, FIX.5.0SP2, ...\n"
    "      --username NAME  with --password-file FILE\n"
    "      --tls            with --ca FILE, --tls-name NAME, --cert FILE, "
    "--key FILE\n"
    "      --heartbeat S    30\n"
    "      --state DIR      keep the session there; without it, it begins "
    "anew\n"
    "                       and both sides reset to 1\n"
    "      --reset          begin anew in DIR\n"
    "order:\n"
    "      --symbol S  --side buy|sell|short  --qty N\n"
    "      --price P  --stop P  --type market|limit|stop|stoplimit\n"
    "      --tif day|gtc|ioc|fok|opg|gtd  --account A  --id ID\n"
    "      --field TAG=VALUE\n"
    "script, or typed: a line each, '#' for comments\n"
    "  new SYMBOL SIDE QTY [@ PRICE] [stop P] [ioc|fok|gtc] [account A] [id "
    "ID]\n"
    "  cancel ID | replace ID QTY [PRICE] | status ID | 35=D|11=a|55=AAPL|...\n"
    "  wait TYPE [TAG=VALUE...] [within S] | sleep S | drop | connect | "
    "logout\n"
    "others:\n"
    "  -t, --timeout S      for the logon, answers and waits: 10\n"
    "  -j, --json           a message is an object on a line\n"
    "  -q, --quiet          no messages, only the status\n"
    "  -v, --verbose        heartbeats too\n"
    "      --color, --no-color\n"
    "  -h, --help\n";

struct job {
	struct target to;
	const char *config, *script, *account, *state;
	char order[4096]; /* line of a single order, "" if none */
	char must[3];     /* which of symbol, side, qty were given */
	const char *symbol, *side, *qty;
	uint64_t heartbeat, timeout;
	bool reset, json, quiet, verbose;
	int color;
};

/* Append a word to the order's line. @return 0, CLI_USAGE */
static int
word(struct job *j, const char *before, const char *text)
{
	size_t n = strlen(j->order);

	if (strpbrk(text, " \t\r\n\x01") != NULL || *text == '\0')
		return cli_usage("'%s' is empty or holds a blank", text);
	if (n + strlen(before) + strlen(text) + 1 > sizeof(j->order))
		return cli_usage("too much for one order");
	snprintf(j->order + n, sizeof(j->order) - n, "%s%s", before, text);
	return 0;
}

enum {
	O_HOST = 256,
	O_PORT,
	O_SENDER,
	O_TARGET,
	O_BEGIN,
	O_USERNAME,
	O_PASSWORD_FILE,
	O_HEARTBEAT,
	O_STATE,
	O_RESET,
	O_SYMBOL,
	O_SIDE,
	O_QTY,
	O_PRICE,
	O_STOP,
	O_TYPE,
	O_TIF,
	O_ACCOUNT,
	O_ID,
	O_FIELD,
	O_SCRIPT,
	O_COLOR,
	O_NO_COLOR
};

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "host", required_argument, NULL, O_HOST },
	{ "port", required_argument, NULL, O_PORT },
	{ "sender", required_argument, NULL, O_SENDER },
	{ "target", required_argument, NULL, O_TARGET },
	{ "begin", required_argument, NULL, O_BEGIN },
	{ "username", required_argument, NULL, O_USERNAME },
	{ "password-file", required_argument, NULL, O_PASSWORD_FILE },
	OPT_TLS_ROWS,
	{ "heartbeat", required_argument, NULL, O_HEARTBEAT },
	{ "state", required_argument, NULL, O_STATE },
	{ "reset", no_argument, NULL, O_RESET },
	{ "symbol", required_argument, NULL, O_SYMBOL },
	{ "side", required_argument, NULL, O_SIDE },
	{ "qty", required_argument, NULL, O_QTY },
	{ "price", required_argument, NULL, O_PRICE },
	{ "stop", required_argument, NULL, O_STOP },
	{ "type", required_argument, NULL, O_TYPE },
	{ "tif", required_argument, NULL, O_TIF },
	{ "account", required_argument, NULL, O_ACCOUNT },
	{ "id", required_argument, NULL, O_ID },
	{ "field", required_argument, NULL, O_FIELD },
	{ "script", required_argument, NULL, O_SCRIPT },
	{ "timeout", required_argument, NULL, 't' },
	{ "json", no_argument, NULL, 'j' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "color", no_argument, NULL, O_COLOR },
	{ "no-color", no_argument, NULL, O_NO_COLOR },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* Options of the order. @return 0, CLI_USAGE; 1000: none of them */
static int
order_option(struct job *j, int c)
{
	switch (c) {
	case O_SYMBOL:
		j->symbol = optarg;
		return 0;
	case O_SIDE:
		j->side = optarg;
		return 0;
	case O_QTY:
		j->qty = optarg;
		return 0;
	case O_PRICE:
		return word(j, " @ ", optarg);
	case O_STOP:
		return word(j, " stop ", optarg);
	case O_TYPE:
		return word(j, " type ", optarg);
	case O_TIF:
		return word(j, " ", optarg);
	case O_ID:
		return word(j, " id ", optarg);
	case O_FIELD:
		return word(j, " ", optarg);
	default:
		return 1000;
	}
}

/* Options of the session. @return as order_option() */
static int
where_option(struct job *j, int c)
{
	switch (c) {
	case 'c':
		j->config = optarg;
		return 0;
	case O_HOST:
		j->to.host = optarg;
		return 0;
	case O_PORT:
		j->to.port = optarg;
		return 0;
	case O_SENDER:
		j->to.sender = optarg;
		return 0;
	case O_TARGET:
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
	case O_HEARTBEAT:
		return opt_number(
			   "--heartbeat", optarg, 1, 3600, &j->heartbeat) == 0
			   ? 0
			   : CLI_USAGE;
	case O_STATE:
		j->state = optarg;
		return 0;
	case O_RESET:
		j->reset = true;
		return 0;
	default:
		return 1000;
	}
}

static int
other_option(struct job *j, int c, int argc, char **argv)
{
	switch (c) {
	case O_ACCOUNT:
		j->account = optarg;
		return 0;
	case O_SCRIPT:
		j->script = optarg;
		return 0;
	case 't':
		return opt_number("--timeout", optarg, 1, 86400, &j->timeout) ==
			       0
			   ? 0
			   : CLI_USAGE;
	case 'j':
		j->json = true;
		return 0;
	case 'q':
		j->quiet = true;
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

/* The line of a single order from its options. */
static int
finish_order(struct job *j)
{
	char rest[sizeof(j->order)];

	if (j->symbol == NULL && j->side == NULL && j->qty == NULL &&
	    j->order[0] == '\0')
		return 0;
	if (j->symbol == NULL || j->side == NULL || j->qty == NULL)
		return cli_usage("an order needs --symbol, --side and --qty");
	if (j->script != NULL)
		return cli_usage("one order or --script, not both");
	memcpy(rest, j->order, sizeof(rest));
	memcpy(j->order, "new", sizeof("new"));
	if (word(j, " ", j->symbol) != 0 || word(j, " ", j->side) != 0 ||
	    word(j, " ", j->qty) != 0)
		return CLI_USAGE;
	if (strlen(j->order) + strlen(rest) + 1 > sizeof(j->order))
		return cli_usage("too much for one order");
	strcat(j->order, rest);
	return 0;
}

/* @return -1: go on; else the status to leave with */
static int
read_options(struct job *j, int argc, char **argv)
{
	int c, rc = 0;

	opterr = 0;
	while (rc == 0 &&
	       (c = getopt_long(argc, argv, "c:t:jqvh", options, NULL)) != -1) {
		if (c == 'h') {
			cli_help(help);
			return CLI_OK;
		}
		rc = order_option(j, c);
		if (rc == 1000)
			rc = where_option(j, c);
		if (rc == 1000 && opt_tls(&j->to.tls, c))
			rc = 0;
		if (rc == 1000)
			rc = other_option(j, c, argc, argv);
	}
	if (rc == 0 && optind < argc)
		rc = cli_usage(
		    "nothing was expected after the options: %s", argv[optind]);
	if (rc == 0)
		rc = finish_order(j);
	if (rc == 0 && j->reset && j->state == NULL)
		rc = cli_usage("--reset needs --state: without it a session "
			       "begins anew anyway");
	return rc == 0 ? -1 : CLI_USAGE;
}

/* One order: it worked when it was taken and not refused. */
static int
send_order(struct job *j, struct trading *t)
{
	const struct ledger_order *o;
	int rc = trading_line(t, j->order);

	if (rc != 0)
		return rc == -FIX_E_FORMAT ? CLI_USAGE : CLI_FAILED;
	rc = trading_settle(t, QUIET_MS, t->timeout_ms);
	o = ledger_order_at(t->ledger, ledger_n_orders(t->ledger) - 1);
	if (rc == -FIX_E_STATE)
		return cli_fail("the connection was lost before the answer");
	if (rc != 0)
		return cli_fail("no answer in %d s", t->timeout_ms / 1000);
	if (o->status == '\0')
		return cli_fail("the order was rejected");
	return o->status == '8' ? cli_fail("the order was refused") : CLI_OK;
}

/* Lines of a file or pipe, read while the session lives. */
struct lines {
	int fd;
	char buf[LINE_BYTES];
	size_t at, len;
	bool ended;
};

/* @return the next line, or NULL: no whole line is there yet, or no more */
static char *
take_line(struct lines *l)
{
	char *line = l->buf + l->at, *nl = memchr(line, '\n', l->len - l->at);

	if (nl == NULL && !(l->ended && l->at < l->len))
		return NULL;
	if (nl == NULL)
		nl = l->buf + l->len; /* the last one, without a line end */
	*nl = '\0';
	l->at = (size_t)(nl - l->buf) + (nl < l->buf + l->len);
	return line;
}

/* @return 0, -FIX_E_IO, -FIX_E_TOOBIG: a line that does not fit */
static int
fill_lines(struct lines *l)
{
	ssize_t n;

	l->len -= l->at;
	memmove(l->buf, l->buf + l->at, l->len);
	l->at = 0;
	if (l->len == sizeof(l->buf) - 1)
		return -FIX_E_TOOBIG;
	n = read(l->fd, l->buf + l->len, sizeof(l->buf) - 1 - l->len);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -FIX_E_IO;
	l->ended = n == 0;
	l->len += (size_t)n;
	return 0;
}

static int
run_lines(struct trading *t, struct lines *l, unsigned *number)
{
	char *line;
	int rc = 0;

	while (rc == 0) {
		line = take_line(l);
		if (line != NULL) {
			++*number;
			rc = trading_line(t, line);
		} else if (l->ended) {
			return 0;
		} else {
			rc = client_turn(t->client, -1, l->fd);
			rc = rc == 1 ? fill_lines(l) : rc;
		}
	}
	return rc;
}

static int
run_script(struct job *j, struct trading *t)
{
	static struct lines l;
	unsigned n = 0;
	int rc;

	l.fd = strcmp(j->script, "-") == 0
		   ? STDIN_FILENO
		   : open(j->script, O_RDONLY | O_CLOEXEC);
	if (l.fd < 0)
		return cli_fail(
		    "can't open %s: %s", j->script, strerror(errno));
	rc = run_lines(t, &l, &n);
	if (l.fd != STDIN_FILENO)
		close(l.fd);
	if (rc != 0)
		return cli_fail("stopped at line %u of %s", n, j->script);
	if (client_connected(t->client))
		rc = trading_settle(t, QUIET_MS, t->timeout_ms);
	return rc == 0 ? CLI_OK : cli_fail("some orders have no answer");
}

static int
run(struct job *j, struct trading *t)
{
	struct ledger_counts c;
	int status;

	client_catch_signals();
	if (trading_logon(t, false) != 0)
		return CLI_FAILED;
	if (j->order[0] != '\0')
		status = send_order(j, t);
	else if (j->script != NULL)
		status = run_script(j, t);
	else
		status = prompt_run(t);
	if (client_connected(t->client) &&
	    client_logout(t->client, t->timeout_ms) != 0 && status == CLI_OK)
		status = cli_fail("no answer to the Logout");
	ledger_counts(t->ledger, &c);
	if (status == CLI_OK && c.rejects > 0)
		status = cli_fail("%llu messages were rejected",
		    (unsigned long long)c.rejects);
	return status;
}

static int
open_and_run(struct job *j)
{
	struct trading t = {
		.json = j->json, .quiet = j->quiet, .verbose = j->verbose
	};
	struct client_cfg cfg = { 0 };
	int status;

	cfg.host = j->to.host;
	cfg.port = j->to.port;
	cfg.tls = j->to.tls;
	cfg.version = j->to.version;
	cfg.sender = j->to.sender;
	cfg.target = j->to.target;
	cfg.username = j->to.username;
	cfg.password = j->to.password;
	cfg.heart_bt_s = (unsigned)j->heartbeat;
	cfg.state = j->state;
	cfg.reset = j->reset;
	t.timeout_ms = (int)j->timeout * 1000;
	if (trading_open(&t, &cfg, j->account, j->color) != 0)
		return CLI_FAILED;
	status = run(j, &t);
	trading_close(&t);
	return status;
}

int
cmd_send(int argc, char **argv)
{
	struct job j = { .heartbeat = 30, .timeout = 10, .color = -1 };
	int status = read_options(&j, argc, argv);

	signal(SIGPIPE, SIG_IGN); /* a connection that is gone is no signal */
	if (status < 0 && j.order[0] == '\0' && j.script == NULL &&
	    !isatty(STDIN_FILENO))
		j.script = "-";
	if (status < 0)
		status = target_complete(&j.to, j.config) != 0
			     ? CLI_USAGE
			     : open_and_run(&j);
	target_done(&j.to);
	return status;
}
