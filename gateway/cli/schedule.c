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
#include "gateway/setup.h"

#define ID_MAX 512

static const char help[] =
    "usage: fixgate schedule -c FILE [--session NAME] [--count N]\n"
    "                        [--at TIME]\n"
    "Show when a gateway's sessions are open next.\n\n"
    "  -c, --config FILE    the gateway's settings file\n"
    "  -s, --session NAME   only this one: its TargetCompID or whole name\n"
    "  -n, --count N        so many intervals [7]\n"
    "  -a, --at TIME        as of YYYYMMDD-HH:MM:SS UTC [now]\n"
    "  -h, --help\n";

/* "Sun 2026-03-08 17:00:00 -04:00" */
static void
put_local(const struct fix_tz *z, struct fix_utc t)
{
	static const char *const days[] = { "Thu", "Fri", "Sat", "Sun", "Mon",
		"Tue", "Wed" };
	int64_t s = t.ns / FIX_SEC, day;
	int32_t off = fix_tz_offset(z, s), west = off < 0 ? -off : off;
	int y, m, d;

	s += off;
	day = (s - (s % 86400 + 86400) % 86400) / 86400;
	s -= day * 86400;
	fix_civil_of(day, &y, &m, &d);
	printf("%s %04d-%02d-%02d %02d:%02d:%02d %c%02d:%02d",
	    days[(day % 7 + 7) % 7], y, m, d, (int)(s / 3600),
	    (int)(s / 60 % 60), (int)(s % 60), off < 0 ? '-' : '+', west / 3600,
	    west / 60 % 60);
}

static void
put_utc(struct fix_utc t)
{
	uint8_t text[FIX_STAMP_MAX];
	size_t n = fix_utc_format(text, t, 0);

	printf("%.*s", (int)n, (const char *)text);
}

static void
put_interval(const struct fix_schedule *s, const struct fix_interval *v,
    struct fix_utc now)
{
	printf("  ");
	put_local(s->hours.start_tz, v->start);
	printf("  to  ");
	put_local(s->hours.end_tz, v->end);
	printf("  UTC ");
	put_utc(v->start);
	printf(" to ");
	put_utc(v->end);
	printf("%s\n", v->start.ns <= now.ns ? "  now" : "");
}

static void
show(const struct trader_session_cfg *cfg, uint64_t count, struct fix_utc now)
{
	const struct fix_schedule *s = &cfg->schedule;
	const char *zone = s->hours.start_zone == NULL ? "UTC" : s->hours.start_zone;
	const char *other = s->hours.end_zone == NULL ? "UTC" : s->hours.end_zone;
	struct fix_utc t = now;
	struct fix_interval v;
	char id[ID_MAX];

	setup_session_id(cfg, id, sizeof(id));
	if (fix_schedule_is_plain(s)) {
		printf("%s: always open\n", id);
		return;
	}
	printf("%s: %s", id, zone);
	printf(strcmp(zone, other) == 0 ? "\n" : " to %s\n", other);
	for (; count > 0 && fix_schedule_at(s, t, &v); count--) {
		put_interval(s, &v, now);
		t = v.end;
	}
}

static void
tell(void *arg, bool error, const char *file, unsigned line, const char *text)
{
	(void)arg;
	if (error)
		fprintf(stderr, "%s:%u: %s\n", file, line, text);
}

static int
show_all(
    const struct conf *c, const char *name, uint64_t count, struct fix_utc now)
{
	struct setup *set = NULL;
	uint32_t only;

	if (setup_read(&set, c) != 0)
		return cli_usage("the settings have faults");
	only = name == NULL ? 0 : setup_session_named(set, name);
	if (name != NULL && only == 0) {
		setup_free(set);
		return cli_fail("no session %s, or several", name);
	}
	for (uint32_t i = 0; i < set->n_sessions; i++)
		if (only == 0 || only == i + 1)
			show(&set->sessions[i], count, now);
	setup_free(set);
	return CLI_OK;
}

static int
run(const char *file, const char *name, uint64_t count, struct fix_utc now)
{
	struct conf_sink sink = { NULL, tell };
	struct conf *c = NULL;
	int rc;

	if (file == NULL)
		return cli_usage("-c FILE is missing: whose sessions?");
	if (conf_read(&c, file, &sink) != 0)
		return cli_usage("%s can't be used", file);
	rc = show_all(c, name, count, now);
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
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *file = NULL, *name = NULL;
	struct fix_stamp at = { .utc = { time(NULL) * FIX_SEC } };
	uint64_t count = 7;
	int c;

	opterr = 0;
	while (
	    (c = getopt_long(argc, argv, "c:s:n:a:h", options, NULL)) != -1) {
		if (c == 'c')
			file = optarg;
		else if (c == 's')
			name = optarg;
		else if (c == 'n') {
			if (opt_number("--count", optarg, 1, 10000, &count) !=
			    0)
				return CLI_USAGE;
		} else if (c == 'a') {
			if (fix_stamp_parse(fix_span_of(optarg), &at) != 0)
				return cli_usage("--at expects "
						 "YYYYMMDD-HH:MM:SS, not '%s'",
				    optarg);
		} else if (c == 'h')
			return cli_help(help);
		else
			return opt_unknown(argc, argv, optind);
	}
	if (optind < argc)
		return cli_usage(
		    "nothing was expected after the options: %s", argv[optind]);
	return run(file, name, count, at.utc);
}
