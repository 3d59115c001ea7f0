/*
 * fixgated's command line: what is asked for, and whether the settings are good.
 * Then the supervisor takes over.
 */
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "gateway/auth/worker.h"
#include "gateway/backup/snapshots.h"
#include "gateway/bus/bus.h"
#include "gateway/crypt/keys.h"
#include "gateway/fixgated.h"
#include "gateway/vault/vault.h"
#include "gateway/venue/role.h"

/* Before anything runs complaints go to whoever started us. */
static void
tell(void *arg, bool error, const char *file, unsigned line, const char *text)
{
	char number[16] = "";

	(void)arg;
	if (line > 0)
		snprintf(number, sizeof(number), ":%u", line);
	fprintf(stderr, "fixgated: %s%s: %s%s\n", file, number,
	    error ? "" : "notice: ", text);
}

static int
usage(FILE *to)
{
	fputs(
	    "usage: fixgated -c FILE [--check-config | --print-config | "
	    "--venue NAME]\n"
	    "       fixgated --help | --keys | --version\n\n"
	    "Runs the gateway that FILE describes, in the foreground.\n\n"
	    "  -c, --config FILE  settings; fixgated.conf(5) explains them\n"
	    "  --check-config     say what is wrong with FILE, start nothing\n"
	    "  --print-config     the same, and print what was read\n"
	    "  --venue NAME       only that venue's process, its link on\n"
	    "                     descriptor 3: fixgate-venue-link(7)\n"
	    "  --keys             every setting, with its type and meaning\n"
	    "  --help, --version\n\n"
	    "SIGTERM logs all sessions out and ends; SIGHUP reads limits and\n"
	    "the level of the log again. See fixgated(8).\n",
	    to);
	return to == stdout ? 0 : 2;
}

enum what { SERVE, CHECK, PRINT, VENUE };

static int
run(const char *file, enum what what, const char *venue)
{
	struct conf_sink sink = { NULL, tell };
	struct plan *p;
	int rc;

	if (file == NULL) {
		fprintf(stderr, "fixgated: which settings? Say -c FILE\n");
		return 2;
	}
	fixgated_allow_dumps(false); /* secrets are about to be read */
	vault_use();
	rc = plan_read(&p, file, &sink);
	if (rc == 0 && (!venue_check(p) || !bus_check(p) || !keys_check(p->conf) ||
			  !snap_check(p))) {
		plan_free(p);
		rc = -FIX_E_CONFIG;
	}
	if (rc != 0) {
		if (rc == -FIX_E_NOMEM)
			fprintf(stderr, "fixgated: out of memory\n");
		return 1;
	}
	if (what == SERVE) {
		rc = fixgated_serve(p);
		vault_done();
		return rc;
	}
	if (what == VENUE) {
		log_open(venue, p->log_to, p->log_level);
		rc = role_venue(p, venue, VENUE_LINK_FD);
		plan_free(p);
		return rc;
	}
	if (what == PRINT)
		conf_print(p->conf, stdout);
	else
		printf(
		    "%s: %u sessions, no fault\n", file, p->setup->n_sessions);
	plan_free(p);
	return 0;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check-config", no_argument, NULL, 'C' },
		{ "print-config", no_argument, NULL, 'P' },
		{ "keys", no_argument, NULL, 'K' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ "venue", required_argument, NULL, 'N' },
		{ "worker", no_argument, NULL, 'W' },
		{ NULL, 0, NULL, 0 },
	};
	const char *file = NULL, *venue = NULL;
	enum what what = SERVE;
	int ch;

	while ((ch = getopt_long(argc, argv, "c:hV", options, NULL)) != -1) {
		if (ch == 'h')
			return usage(stdout);
		if (ch == 'W') /* the trader starts itself so */
			return worker_main(STDIN_FILENO);
		if (ch == 'K')
			return conf_list(stdout);
		if (ch == 'V')
			return printf("fixgated %s\n", PACKAGE_VERSION) < 0;
		if (ch == 'c')
			file = optarg;
		else if (ch == 'N')
			venue = optarg;
		else if (ch == 'C')
			what = CHECK;
		else if (ch == 'P')
			what = PRINT;
		else
			return usage(stderr);
	}
	if (optind < argc)
		return usage(stderr);
	if (venue != NULL)
		what = VENUE;
	return run(file, what, venue);
}
