/*
 * fixgate top: what a gateway does right now, from the counters that its trader
 * keeps in a file. Nothing is asked of the trader, so looking costs it nothing.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/columns.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/options.h"
#include "gateway/counters.h"

static const char help[] =
    "usage: fixgate top -c FILE [--interval S] [--count N] [--json]\n"
    "Show what a running gateway does, and how long orders take in it.\n\n"
    "  -c, --config FILE   the gateway's settings file\n"
    "  -i, --interval S    seconds between two pictures [2]\n"
    "  -n, --count N       pictures, then stop [0: until interrupted]\n"
    "  -j, --json          one object a picture\n"
    "  -h, --help\n";

static const char *const heads[] = { "Stage", ">Orders", ">p50 (us)",
	">p99 (us)", ">p99.9 (us)", ">Max (us)", NULL };

struct view_top {
	const char *path;
	uint64_t interval_s, count;
	bool json;
	struct counters was; /* the picture before */
};

static volatile sig_atomic_t stopped;

static void
on_signal(int sig)
{
	(void)sig;
	stopped = 1;
}

/* Of a counter that only grows; a restart begins at 0. */
static uint64_t
grown(const struct view_top *v, const struct counters *now, enum counter c)
{
	uint64_t was = v->was.pid == now->pid ? v->was.n[c] : 0;

	return now->n[c] >= was ? now->n[c] - was : 0;
}

static void
stage_of(const struct view_top *v, const struct counters *now, int i,
    struct hist *out)
{
	static const struct hist none;

	hist_between(v->was.pid == now->pid ? &v->was.stage[i] : &none,
	    &now->stage[i], out);
}

/* [0] of a file's stages is the whole way. */
static const char *
stage_label(int i)
{
	static char text[32];

	if (i == 0)
		return "read to written";
	snprintf(text, sizeof(text), "%s",
	    counter_stage_name((enum counter_stage)i));
	return text;
}

static void
add_us(struct columns *c, int64_t ns)
{
	columns_add(c, "%" PRId64 ".%" PRId64, ns / 1000, ns % 1000 / 100);
}

static void
print_stages(const struct view_top *v, const struct counters *now)
{
	struct columns *c = columns_new(heads);
	struct hist h;

	for (int k = 1; c != NULL && k <= STAGE_N; k++) {
		int i = k % STAGE_N; /* the whole way comes last */

		stage_of(v, now, i, &h);
		columns_add(c, "%s", stage_label(i));
		columns_add(c, "%" PRIu64, h.n);
		add_us(c, hist_at(&h, 500000));
		add_us(c, hist_at(&h, 990000));
		add_us(c, hist_at(&h, 999000));
		add_us(c, hist_at(&h, 1000000));
	}
	if (c != NULL)
		columns_print(c, stdout, true);
	columns_free(c);
}

static void
print_copies(const struct counters *now)
{
	static const char *const copy_heads[] = { "Drop copy", "Of", ">Copies",
		">Last MsgSeqNum", ">Lost", NULL };
	struct columns *c = columns_new(copy_heads);

	for (uint64_t i = 0; c != NULL && i < now->n_copies; i++) {
		const struct counters_copy *r = &now->copy[i];

		columns_add(c, "%s", r->subscriber);
		columns_add(c, "%s", r->source);
		columns_add(c, "%" PRIu64, r->copies);
		columns_add(c, "%" PRIu64, r->last);
		columns_add(c, "%" PRIu64, r->lost);
	}
	if (c != NULL && now->n_copies > 0) {
		printf("\ncopies, ever\n");
		columns_print(c, stdout, true);
	}
	columns_free(c);
	if (now->unlisted > 0)
		printf("and %" PRIu64 " pairs more\n", now->unlisted);
}

static json_t *
json_copies(const struct counters *now)
{
	json_t *list = json_array();

	for (uint64_t i = 0; i < now->n_copies; i++) {
		const struct counters_copy *r = &now->copy[i];

		json_array_append_new(list,
		    json_pack("{ss ss sI sI sI}", "subscriber", r->subscriber,
			"session", r->source, "copies", (json_int_t)r->copies,
			"last", (json_int_t)r->last, "lost",
			(json_int_t)r->lost));
	}
	return list;
}

static const enum counter rates[] = { COUNT_MESSAGES_IN, COUNT_MESSAGES_OUT,
	COUNT_ORDERS, COUNT_FILLS, COUNT_REFUSED, COUNT_REPORTS, COUNT_RESENT,
	COUNT_TURNS };
#define N_RATES (sizeof(rates) / sizeof(rates[0]))

static void
print_people(const struct view_top *v, const struct counters *now, bool first)
{
	static const char *const rate_heads[] = { "", ">A second", ">In all",
		NULL };
	uint64_t lag =
	    now->n[COUNT_JOURNAL_RECORD] - now->n[COUNT_TABLES_RECORD];
	struct columns *c = columns_new(rate_heads);

	if (isatty(STDOUT_FILENO))
		printf("\033[H\033[2J");
	printf("pid %" PRIu64 ", %" PRIu64 " sessions up, %" PRIu64
	       " orders live, journal record %" PRIu64 " (tables %" PRIu64
	       " behind)\n\n",
	    now->pid, now->n[COUNT_SESSIONS_UP], now->n[COUNT_ORDERS_LIVE],
	    now->n[COUNT_JOURNAL_RECORD], lag);
	if (now->n[COUNT_HOLDINGS_DIFFER] > 0)
		printf("%" PRIu64 " holdings of venues' accounts differ: see "
		    "fixgate control holdings\n\n",
		    now->n[COUNT_HOLDINGS_DIFFER]);
	for (size_t i = 0; c != NULL && i < N_RATES; i++) {
		columns_add(c, "%s", counter_name(rates[i]));
		if (first)
			columns_add(c, "-");
		else
			columns_add(c, "%" PRIu64,
			    grown(v, now, rates[i]) / v->interval_s);
		columns_add(c, "%" PRIu64, now->n[rates[i]]);
	}
	if (c != NULL)
		columns_print(c, stdout, true);
	columns_free(c);
	printf(
	    "\none order a turn, the first, %s; time since the stage before\n",
	    first ? "since the start" : "of this interval");
	print_stages(v, now);
	print_copies(now);
	fflush(stdout);
}

static json_t *
json_stage(const struct hist *h)
{
	return json_pack("{sI sI sI sI sI}", "n", (json_int_t)h->n, "p50_ns",
	    (json_int_t)hist_at(h, 500000), "p99_ns",
	    (json_int_t)hist_at(h, 990000), "p99_9_ns",
	    (json_int_t)hist_at(h, 999000), "max_ns",
	    (json_int_t)hist_at(h, 1000000));
}

static void
print_json(const struct view_top *v, const struct counters *now, bool first)
{
	json_t *o = json_object(), *counts = json_object();
	json_t *stages = json_object();
	struct hist h;

	for (int i = 0; i < COUNT_N; i++)
		json_object_set_new(counts, counter_name((enum counter)i),
		    json_integer((json_int_t)now->n[i]));
	for (int i = 0; i < STAGE_N; i++) {
		stage_of(v, now, i, &h);
		json_object_set_new(
		    stages, i == 0 ? "all" : stage_label(i), json_stage(&h));
	}
	json_object_set_new(o, "pid", json_integer((json_int_t)now->pid));
	json_object_set_new(
	    o, "seconds", json_integer(first ? 0 : (json_int_t)v->interval_s));
	json_object_set_new(o, "counts", counts);
	json_object_set_new(o, "stages", stages);
	json_object_set_new(o, "copies", json_copies(now));
	json_object_set_new(
	    o, "unlisted", json_integer((json_int_t)now->unlisted));
	json_dumpf(o, stdout, JSON_COMPACT);
	putchar('\n');
	fflush(stdout);
	json_decref(o);
}

static bool
is_gone(uint64_t pid)
{
	return kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

/* @return CLI_OK, CLI_FAILED with a complaint */
static int
picture(struct view_top *v, bool first)
{
	static struct counters now;
	const struct counters *c = NULL;
	int rc = counters_open(&c, v->path);

	if (rc == -FIX_E_FOREIGN)
		return cli_fail(
		    "%s is of another version of the gateway", v->path);
	if (rc != 0)
		return cli_fail("%s: %s: this gateway has not run yet", v->path,
		    strerror(errno));
	counters_read(c, &now);
	counters_close(c);
	if (is_gone(now.pid))
		return cli_fail(
		    "the gateway is not running: its trader, pid %" PRIu64
		    ", is gone",
		    now.pid);
	if (v->json)
		print_json(v, &now, first);
	else
		print_people(v, &now, first);
	memcpy(&v->was, &now, sizeof(now));
	return CLI_OK;
}

static int
watch(struct view_top *v)
{
	struct timespec pause = { (time_t)v->interval_s, 0 };
	struct sigaction sa = { .sa_handler = on_signal };
	int rc = picture(v, true);

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	for (uint64_t i = 1; rc == CLI_OK && i != v->count && !stopped; i++) {
		(void)nanosleep(&pause, NULL);
		if (!stopped)
			rc = picture(v, false);
	}
	return rc;
}

static int
read_options(struct view_top *v, const char **file, int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "interval", required_argument, NULL, 'i' },
		{ "count", required_argument, NULL, 'n' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c, rc = 0;

	while (rc == 0 && (c = getopt_long(argc, argv, "+:c:i:n:jh", options,
			       NULL)) != -1) {
		if (c == 'c')
			*file = optarg;
		else if (c == 'i')
			rc = opt_number(
			    "--interval", optarg, 1, 3600, &v->interval_s);
		else if (c == 'n')
			rc = opt_number(
			    "--count", optarg, 0, UINT32_MAX, &v->count);
		else if (c == 'j')
			v->json = true;
		else if (c == 'h')
			return 1000;
		else
			return opt_unknown(argc, argv, optind);
	}
	if (rc == 0 && optind < argc)
		return cli_usage("'%s' is too much", argv[optind]);
	return rc == 0 ? 0 : CLI_USAGE;
}

int
cmd_top(int argc, char **argv)
{
	static struct view_top v = { .interval_s = 2 };
	const char *file = NULL;
	struct gateway_paths g;
	char path[4096];
	int rc = read_options(&v, &file, argc, argv);

	if (rc == 1000)
		return cli_help(help);
	if (rc != 0)
		return rc;
	if (gateway_read(&g, file) != 0)
		return CLI_USAGE;
	snprintf(path, sizeof(path), "%s/counters", g.trading);
	gateway_done(&g);
	v.path = path;
	return watch(&v);
}
