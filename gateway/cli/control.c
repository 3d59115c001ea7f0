/*
 * fixgate control: one line to the running gateway, its answer to the screen.
 *
 * The line is the gateway's to understand and to authorise; here it is only
 * carried. An answer that begins with "error:" makes the status 1.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/view.h"

#define LINE_MAX_BYTES 4096

static const char help[] =
    "usage: fixgate control -c FILE COMMAND [WORD...]\n"
    "Give the running gateway a command and print its answer.\n\n"
    "  -c, --config FILE   the gateway's settings file\n"
    "  -h, --help\n\n"
    "commands of the gateway:\n"
    "  status                       what is up, and how much went through\n"
    "  sessions                     each peer's clock, count and state\n"
    "  kill SCOPE [ID] STATE        SCOPE firm, group, account, class, symbol "
    "or\n"
    "                               session; STATE halted, reducing or active\n"
    "  cancel SCOPE [ID]            cancel every live order of a scope\n"
    "  rearm SCOPE [ID]             let it trade again after repeated "
    "executions\n"
    "                               or losses\n"
    "  logout SESSION               end a session in order\n"
    "  disable SESSION              end it, and refuse it until enabled\n"
    "  enable SESSION               let it come back, within its hours\n"
    "  hours SESSION                open, out of its hours or disabled?\n"
    "  release SESSION              let a held initiator connect again\n"
    "  certificates                 what TLS uses, and until when\n";

static int
send_line(int fd, int argc, char **argv)
{
	char line[LINE_MAX_BYTES];
	size_t len = 0, n;
	int i;

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

static int
print_answer(int fd)
{
	char buf[4096], first[6] = "";
	size_t kept = 0, take;
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		take = (size_t)n < sizeof(first) - kept ? (size_t)n
							: sizeof(first) - kept;
		memcpy(first + kept, buf, take);
		kept += take;
		fwrite(buf, 1, (size_t)n, stdout);
	}
	if (n < 0)
		return cli_fail("no answer: %s", strerror(errno));
	if (kept == 0)
		return cli_fail("the gateway closed without an answer");
	return memcmp(first, "error:", 6) == 0 ? CLI_FAILED : CLI_OK;
}

static int
talk(const char *file, int argc, char **argv)
{
	struct gateway_paths g;
	int fd, status;

	if (gateway_read(&g, file) != 0)
		return CLI_USAGE;
	fd = view_dial(&g);
	if (fd < 0)
		status = cli_fail(
		    "no gateway answers on %s: is it running?", g.control);
	else
		status = send_line(fd, argc, argv);
	if (fd >= 0 && status == CLI_OK)
		status = print_answer(fd);
	if (fd >= 0)
		close(fd);
	gateway_done(&g);
	return status;
}

static const char risk_help[] =
    "usage: fixgate risk -c FILE COMMAND [WORD...]\n"
    "Limits of a running gateway.\n\n"
    "  -c, --config FILE   the gateway's settings file\n"
    "  -h, --help\n\n"
    "  get SCOPE [ID]                          version and limits\n"
    "  put SCOPE [ID] if=VERSION KEY=VALUE...  tighten, at once\n"
    "  propose SCOPE [ID] if=VERSION KEY=VALUE...\n"
    "                                          loosen, once another "
    "approves\n"
    "  approve NUMBER                          by another person\n"
    "  reject NUMBER\n"
    "  history                                 versions, newest last\n\n"
    "for=SECONDS makes a change revert by itself.\n";

static int
carry_command(int argc, char **argv, const char *text, bool with_name)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *file = NULL;
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "+c:h", options, NULL)) != -1) {
		if (c == 'c')
			file = optarg;
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
	return talk(file, argc - optind, argv + optind);
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

	argv[0] = name;
	return carry_command(argc, argv, risk_help, true);
}
