/*
 * fixgate sessions: every session that the gateway has ever known, with its
 * numbers, read from its store; it need not run.
 */
#include <getopt.h>
#include <jansson.h>
#include <stdlib.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/columns.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/view.h"

static const char help[] =
    "usage: fixgate sessions -c FILE [--json]\n"
    "List a gateway's sessions with state and sequence numbers.\n\n"
    "  -c, --config FILE   the gateway's settings file\n"
    "  -j, --json          an array of objects\n"
    "  -h, --help\n";

static const char *const heads[] = { ">No", "Session", "State", ">Next in",
	">Next out", ">Generation", "Changed (UTC)", NULL };

struct list {
	const struct view *view;
	struct columns *columns; /* one of these two */
	json_t *array;
};

static void
add_row(const struct list *l, uint32_t number, const struct rec_session *s)
{
	uint8_t when[FIX_STAMP_MAX];
	struct fix_utc t = { s->changed_ns };
	size_t n = fix_utc_format(when, t, 3);
	bool up = l->view->running && (s->numbers.flags & REC_NUM_UP) != 0;

	if (l->columns == NULL) {
		json_array_append_new(l->array,
		    json_pack("{si ss sb sI sI sI ss%}", "number", (int)number,
			"session", s->id, "up", (int)up, "next_in",
			(json_int_t)s->numbers.next_in, "next_out",
			(json_int_t)s->numbers.next_out, "generation",
			(json_int_t)s->numbers.generation, "changed", when, n));
		return;
	}
	columns_add(l->columns, "%u", number);
	columns_add(l->columns, "%s", s->id);
	columns_add(l->columns, "%s", up ? "up" : "down");
	columns_add(l->columns, "%llu", (unsigned long long)s->numbers.next_in);
	columns_add(
	    l->columns, "%llu", (unsigned long long)s->numbers.next_out);
	columns_add(
	    l->columns, "%llu", (unsigned long long)s->numbers.generation);
	columns_add(l->columns, "%.*s", s->changed_ns == 0 ? 0 : (int)n, when);
}

static int
add_session(void *arg, struct fix_span key, struct fix_span value)
{
	struct rec_session s;
	uint32_t number;

	if (key.len != 4 || value.len != sizeof(s))
		return -FIX_E_FOREIGN;
	memcpy(&s, value.p, sizeof(s));
	s.id[sizeof(s.id) - 1] = '\0';
	number = (uint32_t)key.p[0] << 24 | (uint32_t)key.p[1] << 16 |
		 (uint32_t)key.p[2] << 8 | key.p[3];
	add_row(arg, number, &s);
	return 0;
}

static int
list_sessions(const char *file, bool json)
{
	const struct fix_span all = { NULL, 0 };
	struct gateway_paths g;
	struct view v;
	struct list l = { &v, NULL, NULL };
	int rc;

	if (gateway_read(&g, file) != 0)
		return CLI_USAGE;
	rc = view_open(&v, &g);
	gateway_done(&g);
	if (rc != 0)
		return CLI_FAILED;
	if (json)
		l.array = json_array();
	else
		l.columns = columns_new(heads);
	rc = fix_store_each(
	    v.store, FIX_TAB_SESSIONS, all, all, add_session, &l);
	if (json)
		json_dumpf(l.array, stdout, JSON_INDENT(2));
	else
		columns_print(l.columns, stdout, true);
	if (json)
		putchar('\n');
	else if (!v.running)
		fputs("the gateway is not running\n", stderr);
	json_decref(l.array);
	columns_free(l.columns);
	view_close(&v);
	return rc == 0 ? CLI_OK : cli_fail("the tables are of another version");
}

int
cmd_sessions(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *file = NULL;
	bool json = false;
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "c:jh", options, NULL)) != -1) {
		if (c == 'c')
			file = optarg;
		else if (c == 'j')
			json = true;
		else if (c == 'h')
			return cli_help(help);
		else
			return opt_unknown(argc, argv, optind);
	}
	if (optind < argc)
		return cli_usage(
		    "nothing was expected after the options: %s", argv[optind]);
	return list_sessions(file, json);
}
