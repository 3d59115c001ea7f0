/*
 * fixgate schedule: the next hours of a gateway's sessions, as the gateway
 * itself will reckon them: in the zone of the session and in UTC. Nothing is
 * asked of a running gateway; the settings file says it all.
 */
#include <getopt.h>
#include <stdio.h>
#include <time.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/options.h"
#include "gateway/cli/preview.h"
#include "gateway/settings/setup.h"

#define ID_MAX 512

static const char help[] =
    "usage: fixgate schedule -c FILE [--count N] [--at TIME] [--json]\n"
    "                        [SESSION]\n"
    "Show when a gateway's sessions are open next, with their logons, resets,\n"
    "holidays and changes of the clocks.\n\n"
    "  -c, --config FILE    the gateway's settings file\n"
    "  SESSION              only this one: its TargetCompID or whole name;\n"
    "  -s, --session NAME   the same\n"
    "  -n, --count N        so many intervals [7]\n"
    "  -a, --at TIME        as of YYYYMMDD-HH:MM:SS UTC [now]\n"
    "  -j, --json           an array of objects\n"
    "  -h, --help\n";

/* What is asked for. */
struct wish {
	const char *name; /* NULL: every session */
	unsigned count;
	struct fix_utc now;
	json_t *json; /* NULL: lines */
};

static const char *
zone_name(const char *name)
{
	return name == NULL ? "UTC" : name;
}

static void
put_calendars(const struct fix_calendar *c)
{
	const char *file;
	int32_t last;
	int y, m, d;

	for (size_t i = 0; (file = fix_calendar_file(c, i, &last)) != NULL;
	     i++) {
		fix_civil_of(last, &y, &m, &d);
		printf("  calendar %s until %04d-%02d-%02d\n", file, y, m, d);
	}
}

static void
show_lines(const struct fix_schedule *s, const char *id, const struct wish *w)
{
	const char *zone = zone_name(s->hours.start_zone);
	const char *other = zone_name(s->hours.end_zone);
	struct fix_utc t = w->now;
	struct preview p;

	if (s->hours.kind == FIX_SCHED_ALWAYS) {
		printf("%s: always open\n", id);
	} else {
		printf("%s: %s", id, zone);
		printf(strcmp(zone, other) == 0 ? "\n" : " to %s\n", other);
	}
	put_calendars(s->calendar);
	for (unsigned i = 0; i < w->count; i++) {
		if (!preview_next(&p, s, t, w->now, w->count)) {
			printf("  nothing within a hundred days\n");
			return;
		}
		preview_print(&p);
		if (p.always)
			return;
		t = p.v.end;
	}
}

static void
show_json(const struct fix_schedule *s, const char *id, const struct wish *w)
{
	json_t *list = json_array(), *next = NULL;
	struct fix_utc t = w->now;
	struct preview p;

	for (unsigned i = 0; i < w->count; i++) {
		if (!preview_next(&p, s, t, w->now, w->count))
			break;
		if (p.always) {
			next = preview_json(&p);
			break;
		}
		json_array_append_new(list, preview_json(&p));
		t = p.v.end;
	}
	json_array_append_new(w->json,
	    json_pack("{ss ss ss sb so so*}", "session", id, "start_zone",
		zone_name(s->hours.start_zone), "end_zone",
		zone_name(s->hours.end_zone), "always_open",
		(int)(s->hours.kind == FIX_SCHED_ALWAYS), "intervals", list,
		"next", next));
}

static void
show(const struct trader_session_cfg *cfg, const struct wish *w)
{
	char id[ID_MAX];

	setup_session_id(cfg, id, sizeof(id));
	if (w->json != NULL)
		show_json(&cfg->schedule, id, w);
	else
		show_lines(&cfg->schedule, id, w);
}

static void
tell(void *arg, bool error, const char *file, unsigned line, const char *text)
{
	(void)arg;
	if (error)
		fprintf(stderr, "%s:%u: %s\n", file, line, text);
}

static int
show_all(const struct conf *c, const struct wish *w)
{
	struct setup *set = NULL;
	uint32_t only;

	if (setup_read(&set, c) != 0)
		return cli_usage("the settings have faults");
	only = w->name == NULL ? 0 : setup_session_named(set, w->name);
	if (w->name != NULL && only == 0) {
		setup_free(set);
		return cli_fail("no session %s, or several", w->name);
	}
	for (uint32_t i = 0; i < set->n_sessions; i++)
		if (only == 0 || only == i + 1)
			show(&set->sessions[i], w);
	setup_free(set);
	if (w->json != NULL) {
		json_dumpf(w->json, stdout, JSON_INDENT(2));
		putchar('\n');
	}
	return CLI_OK;
}

static int
run(const char *file, const struct wish *w)
{
	struct conf_sink sink = { NULL, tell };
	struct conf *c = NULL;
	int rc;

	if (file == NULL)
		return cli_usage("-c FILE is missing: whose sessions?");
	if (conf_read(&c, file, &sink) != 0)
		return cli_usage("%s can't be used", file);
	rc = show_all(c, w);
	conf_free(c);
	return rc;
}

int
cmd_schedule(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "session", required_argument, NULL, 's' },
		{ "count", required_argument, NULL, 'n' },
		{ "at", required_argument, NULL, 'a' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *file = NULL;
	struct wish w = { NULL, 0, { 0 }, NULL };
	struct fix_stamp at = { .utc = { time(NULL) * FIX_SEC } };
	uint64_t count = 7;
	bool json = false;
	int c;

	opterr = 0;
	while (
	    (c = getopt_long(argc, argv, "c:s:n:a:jh", options, NULL)) != -1) {
		if (c == 'c')
			file = optarg;
		else if (c == 's')
			w.name = optarg;
		else if (c == 'n') {
			if (opt_number("--count", optarg, 1, 10000, &count) !=
			    0)
				return CLI_USAGE;
		} else if (c == 'a') {
			if (fix_stamp_parse(fix_span_of(optarg), &at) != 0)
				return cli_usage("--at expects "
						 "YYYYMMDD-HH:MM:SS, not '%s'",
				    optarg);
		} else if (c == 'j')
			json = true;
		else if (c == 'h')
			return cli_help(help);
		else
			return opt_unknown(argc, argv, optind);
	}
	if (optind < argc && w.name == NULL)
		w.name = argv[optind++];
	if (optind < argc)
		return cli_usage(
		    "one session, or all, was expected: %s", argv[optind]);
	w.count = (unsigned)count;
	w.now = at.utc;
	w.json = json ? json_array() : NULL;
	c = run(file, &w);
	json_decref(w.json);
	return c;
}
