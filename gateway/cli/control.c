/*
 * fixgate control and fixgate risk: one line to the running gateway, its answer to the screen.
 *
 * The line is the gateway's to understand and to authorise; here it is only
 * carried. An answer that begins with "error:" makes the status 1.
 */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/view.h"

#define LINE_MAX_BYTES 4096

static const char help[] =
    "usage: fixgate control {-c FILE | --socket PATH} COMMAND [WORD...]\n"
    "Give the running gateway a command and print its answer.\n\n"
    "  -c, --config FILE   the gateway's settings file\n"
    "      --socket PATH   its control socket, where the file can't be read\n"
    "  -h, --help\n\n"
    "commands of the gateway:\n"
    "  status                       what is up, and how much went through\n"
    "  sessions                     each peer's clock, count and state\n"
    "  copies                       how far each drop copy session has read\n"
    "  cancel SCOPE [ID]            cancel every live order of a scope, once\n"
    "  rearm SCOPE [ID]             let it trade again after repeated "
    "executions\n"
    "                               or losses\n"
    "  logout SESSION               end a session in order\n"
    "  disable SESSION              end it, and refuse it until enabled\n"
    "  enable SESSION               let it come back, within its hours\n"
    "  hours SESSION                open, out of its hours or disabled?\n"
    "  venue NAME EVENT [ORDER] [WORD...]\n"
    "                               what a venue of Type=told says next\n"
    "  holdings [VENUE]             what venues' accounts hold, and what our\n"
    "                               executions make of it\n"
    "  accept VENUE ASSET           take the account's number for ours\n"
    "  release SESSION              let a held initiator connect again\n"
    "  certificates                 what TLS uses, and until when\n\n"
    "Kill switches and limits: see fixgate risk.\n";

struct talk {
	const char *file, *socket;
	bool json;
};

static int
send_line(int fd, const struct talk *how, int argc, char **argv)
{
	char line[LINE_MAX_BYTES];
	size_t len = 0, n;
	int i;

	if (how->json)
		len = (size_t)snprintf(line, sizeof(line), "json ");
	for (i = 0; i < argc; i++) {
		n = strlen(argv[i]);
		if (len + n + 2 > sizeof(line) || strchr(argv[i], '\n') != NULL)
			return cli_usage("that command is too long or holds a "
					 "line end");
		memcpy(line + len, argv[i], n);
		len += n;
		line[len++] = i + 1 < argc ? ' ' : '\n';
	}
	if (send(fd, line, len, MSG_NOSIGNAL) != (ssize_t)len)
		return cli_fail("can't send: %s", strerror(errno));
	return CLI_OK;
}

/* @return all of it, to be freed; NULL after a complaint */
static char *
read_answer(int fd)
{
	size_t len = 0, cap = 65536;
	char *all = malloc(cap), *more;
	ssize_t n = 0;

	while (all != NULL && (n = read(fd, all + len, cap - len - 1)) > 0) {
		len += (size_t)n;
		if (cap - len > 1)
			continue;
		cap *= 2;
		more = realloc(all, cap);
		if (more == NULL)
			free(all);
		all = more;
	}
	if (all == NULL)
		cli_fail("out of memory");
	else if (n < 0)
		cli_fail("no answer: %s", strerror(errno));
	else if (len == 0)
		cli_fail("the gateway closed without an answer");
	if (all != NULL && n == 0 && len > 0) {
		all[len] = '\0';
		return all;
	}
	free(all);
	return NULL;
}

/* What is no JSON yet: "ok: ...", "error: ...", lines. */
static void
print_wrapped(const char *text)
{
	size_t len = strcspn(text, ":");
	json_t *j;

	if (text[len] == '\0' || memchr(text, '\n', len) != NULL)
		len = 0;
	j = json_pack("{s:s%,s:s%}", "status", len > 0 ? text : "ok",
	    len > 0 ? len : (size_t)2, "text", text,
	    strlen(text) - (strlen(text) > 0 && text[strlen(text) - 1] == '\n'));
	if (j == NULL)
		return;
	(void)json_dumpf(j, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(j);
}

static int
print_answer(int fd, const struct talk *how)
{
	char *text = read_answer(fd);
	bool failed;

	if (text == NULL)
		return CLI_FAILED;
	failed = strncmp(text, "error:", 6) == 0;
	if (how->json && text[0] != '{' && text[0] != '[')
		print_wrapped(text);
	else
		fputs(text, stdout);
	free(text);
	return failed ? CLI_FAILED : CLI_OK;
}

static int
speak(const char *path, const struct talk *how, int argc, char **argv)
{
	struct gateway_paths g = { .control = strdup(path) };
	int fd = g.control == NULL ? -1 : view_dial(&g), status;

	free(g.control);
	if (fd < 0)
		return cli_fail("no gateway answers on %s: %s", path,
		    errno == EACCES || errno == EPERM ?
			"that socket is not for you (ControlGroup)" :
			"is it running?");
	status = send_line(fd, how, argc, argv);
	if (status == CLI_OK)
		status = print_answer(fd, how);
	close(fd);
	return status;
}

static int
talk(const struct talk *how, int argc, char **argv)
{
	struct gateway_paths g;
	int status;

	if (how->socket != NULL)
		return speak(how->socket, how, argc, argv);
	if (gateway_read(&g, how->file) != 0)
		return CLI_USAGE;
	status = speak(g.control, how, argc, argv);
	gateway_done(&g);
	return status;
}

static const char risk_help[] =
    "usage: fixgate risk {-c FILE | --socket PATH} [--json] COMMAND [WORD...]\n"
    "Kill switches and limits of a running gateway.\n\n"
    "  -c, --config FILE   the gateway's settings file\n"
    "      --socket PATH   its control socket, where the file can't be read\n"
    "      --json          answer as JSON\n"
    "  -h, --help\n\n"
    "  kill SCOPE [ID] [SCOPE ID]... [reason=TEXT]\n"
    "                    refuse new orders and replaces, cancel live orders;\n"
    "                    several scopes: where they meet\n"
    "  reduce SCOPE [ID] [SCOPE ID]... [reason=TEXT]\n"
    "                    let only pass what reduces a position\n"
    "  release NUMBER [reason=TEXT]\n"
    "                    of firm and group: by two people\n"
    "  release venue NAME [reason=TEXT]\n"
    "                    take a venue as reconciled that has not answered\n"
    "                    for all orders since it came up\n"
    "  status            what stands, what waits, what will revert\n"
    "  report [NUMBER]   what became of the orders of kill switches\n\n"
    "  get [OWNER] SCOPE [ID]                  version and limits\n"
    "  put [OWNER] SCOPE [ID] if=VERSION KEY=VALUE...\n"
    "                                          tighten, at once\n"
    "  propose [OWNER] SCOPE [ID] if=VERSION KEY=VALUE...\n"
    "                                          loosen, once another "
    "approves\n"
    "  approve NUMBER                          by another person\n"
    "  reject NUMBER\n"
    "  history                                 versions, newest last\n"
    "  stale                                   old, or hardly used\n"
    "  replay [--from N] [--to N]              every decision again, from the\n"
    "                                          journal; see replay --help\n\n"
    "  token account NAME symbol NAME side SIDE qty NUMBER price NUMBER\n"
    "        [for SECONDS] reason=TEXT\n"
    "                    leave for one order beyond soft limits, which names\n"
    "                    it in ComplianceID(376)\n"
    "  tokens            those that are open\n"
    "  revoke TOKEN      take one back\n\n"
    "SCOPE is firm, group, account, class, symbol or session; for kill and\n"
    "reduce also trader and venue, for get also trader: what it was granted.\n"
    "OWNER is exchange, clearing or client; else limits are the firm's.\n"
    "for=SECONDS makes a change of limits revert\n"
    "by itself; excess=cancel cancels orders that put makes too much, newest "
    "first.\n";

enum { OPT_SOCKET = 512, OPT_JSON };

static int
carry_command(int argc, char **argv, const char *text, bool with_name)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "socket", required_argument, NULL, OPT_SOCKET },
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, OPT_JSON },
		{ NULL, 0, NULL, 0 },
	};
	struct talk how = { NULL, NULL, false };
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "+c:h", options, NULL)) != -1) {
		if (c == 'c')
			how.file = optarg;
		else if (c == OPT_SOCKET)
			how.socket = optarg;
		else if (c == OPT_JSON && with_name)
			how.json = true;
		else if (c == 'h')
			return cli_help(text);
		else
			return opt_unknown(argc, argv, optind);
	}
	if (optind == argc)
		return cli_usage("which command? '%s', for one",
		    with_name ? "get" : "status");
	if (with_name) /* the gateway's word, before the first of ours */
		argv[--optind] = argv[0];
	return talk(&how, argc - optind, argv + optind);
}

int
cmd_control(int argc, char **argv)
{
	return carry_command(argc, argv, help, false);
}

int
cmd_risk(int argc, char **argv)
{
	static char name[] = "risk";

	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "replay") == 0)
			return cmd_risk_replay(argc, argv);
	argv[0] = name;
	return carry_command(argc, argv, risk_help, true);
}
