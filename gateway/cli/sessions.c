/*
 * fixgate sessions: every session that the gateway has ever known, with its
 * numbers, read from its store; it need not run. If it does, it is asked for
 * what is nowhere but in its memory: the peers' clocks and counts.
 */
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/columns.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/copylag.h"
#include "gateway/cli/view.h"

static const char help[] =
    "usage: fixgate sessions -c FILE [--json]\n"
    "List a gateway's sessions with state and sequence numbers.\n\n"
    "  -c, --config FILE   the gateway's settings file\n"
    "  -j, --json          an array of objects\n"
    "  -h, --help\n";

static const char *const heads[] = { ">No", "Session", "State", ">Next in",
	">Next out", ">Generation", ">Clock (ms)", ">Processed", ">In (%)",
	">Over", ">Out (%)", ">Waiting", "On disconnect", ">Behind",
	">Behind (s)", "Changed (UTC)", "From", NULL };

#define NUMBER_MAX 1000000u
#define NOTE_MAX 600

/* What a running gateway knows of a session's peer. */
struct live {
	bool clock_known;
	int64_t clock_ns;
	uint64_t processed;
	char in_use[8], out_use[8]; /* of its limits in %, "-": it has none */
	uint64_t over;     /* messages over InboundLimit */
	uint64_t waiting;  /* bytes, for OutboundLimit */
	char cod[32];      /* cancel on disconnect: see cod_say() */
	char state[32];
};

struct list {
	const struct view *view;
	const struct gateway_paths *paths;
	struct live *live; /* by session number, NULL: nothing is known */
	uint32_t n_live;
	struct columns *columns; /* one of these two */
	json_t *array;
};

/* What the trader noted about a session: "held" why, "peer" where from.
 * @return false: nothing */
static bool
noted(const struct list *l, const char *what, uint32_t number, char *out)
{
	char key[32];
	struct fix_span k = { (const uint8_t *)key,
		(size_t)snprintf(key, sizeof(key), "%s %u", what, number) };
	ssize_t n = fix_store_get(
	    l->view->store, FIX_TAB_CONTROL, k, out, NOTE_MAX - 1);

	out[n > 0 ? n : 0] = '\0';
	return n > 0;
}

static void
add_live(struct list *l, const char *line)
{
	struct live v = { 0 };
	char clock[24];
	unsigned number;

	if (strchr(line, '\n') == NULL ||
	    sscanf(line, "%u %23s %" SCNu64 " %7s %" SCNu64 " %7s %" SCNu64
		" %31s %31[^\n]", &number, clock, &v.processed, v.in_use,
		&v.over, v.out_use, &v.waiting, v.cod, v.state) != 9 ||
	    number > NUMBER_MAX)
		return;
	v.clock_known = strcmp(clock, "-") != 0;
	v.clock_ns = v.clock_known ? strtoll(clock, NULL, 10) : 0;
	if (number >= l->n_live) {
		uint32_t n = number < 64 ? 64 : 2 * number;
		struct live *more = realloc(l->live, n * sizeof(*more));

		if (more == NULL)
			return;
		memset(more + l->n_live, 0, (n - l->n_live) * sizeof(*more));
		l->live = more;
		l->n_live = n;
	}
	l->live[number] = v;
}

static void
ask_gateway(struct list *l, const struct gateway_paths *g)
{
	static const char command[] = "sessions\n";
	int fd = view_dial(g);
	FILE *in = fd < 0 ? NULL : fdopen(fd, "r");
	char line[256];

	if (in == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	if (send(fd, command, strlen(command), MSG_NOSIGNAL) > 0)
		while (fgets(line, sizeof(line), in) != NULL)
			add_live(l, line);
	fclose(in);
}

static const struct live *
live_of(const struct list *l, uint32_t number)
{
	static const struct live unknown;

	return number < l->n_live ? &l->live[number] : &unknown;
}

static json_t *
json_use(const char *percent)
{
	return percent[0] >= '0' && percent[0] <= '9' ?
	    json_integer(strtol(percent, NULL, 10)) : json_null();
}

static void
json_flow(json_t *o, const struct live *v)
{
	if (v->state[0] == '\0')
		return;
	json_object_set_new(o, "inbound_use", json_use(v->in_use));
	json_object_set_new(o, "inbound_over",
	    json_integer((json_int_t)v->over));
	json_object_set_new(o, "outbound_use", json_use(v->out_use));
	json_object_set_new(o, "outbound_waiting",
	    json_integer((json_int_t)v->waiting));
	json_object_set_new(o, "cancel_on_disconnect", json_string(v->cod));
}

static json_t *
json_live(const struct live *v)
{
	json_t *o = json_object();

	if (v->state[0] != '\0')
		json_object_set_new(o, "state", json_string(v->state));
	json_object_set_new(o, "clock_offset_ns", v->clock_known ?
	    json_integer(v->clock_ns) : json_null());
	json_flow(o, v);
	json_object_set_new(o, "peer_processed", v->processed > 0 ?
	    json_integer((json_int_t)v->processed) : json_null());
	return o;
}

static void
add_flow_cells(const struct list *l, const struct live *v)
{
	if (v->state[0] == '\0') {
		for (int i = 0; i < 5; i++)
			columns_add(l->columns, "-");
		return;
	}
	columns_add(l->columns, "%s", v->in_use);
	columns_add(l->columns, "%" PRIu64, v->over);
	columns_add(l->columns, "%s", v->out_use);
	columns_add(l->columns, "%" PRIu64, v->waiting);
	columns_add(l->columns, "%s", v->cod);
}

/* Milliseconds with three places, "-" where nothing is known. */
static void
add_live_cells(const struct list *l, const struct live *v)
{
	uint64_t us = (uint64_t)(v->clock_ns < 0 ? -(v->clock_ns / 1000) :
	    v->clock_ns / 1000);

	if (v->clock_known)
		columns_add(l->columns, "%s%" PRIu64 ".%03u",
		    v->clock_ns < 0 ? "-" : "+", us / 1000,
		    (unsigned)(us % 1000));
	else
		columns_add(l->columns, "-");
	if (v->processed > 0)
		columns_add(l->columns, "%" PRIu64, v->processed);
	else
		columns_add(l->columns, "-");
	add_flow_cells(l, v);
}

static void
json_lag(const struct list *l, json_t *o, uint32_t number,
    const struct rec_session *s)
{
	struct copy_lag lag;

	if (!copy_lag(l->view, l->paths, number, s->id, &lag))
		return;
	json_object_set_new(
	    o, "behind_records", json_integer((json_int_t)lag.records));
	json_object_set_new(
	    o, "behind_ns", json_integer((json_int_t)lag.behind_ns));
}

/* Of a drop copy session: journal records that it has not read, and the age of
 * the first of them. */
static void
add_lag_cells(
    const struct list *l, uint32_t number, const struct rec_session *s)
{
	struct copy_lag lag;

	if (!copy_lag(l->view, l->paths, number, s->id, &lag)) {
		columns_add(l->columns, "-");
		columns_add(l->columns, "-");
		return;
	}
	columns_add(l->columns, "%" PRIu64, lag.records);
	columns_add(l->columns, "%" PRId64 ".%03d", lag.behind_ns / FIX_SEC,
	    (int)(lag.behind_ns % FIX_SEC / FIX_MSEC));
}

static void
add_object(
    const struct list *l, uint32_t number, const struct rec_session *s, bool up)
{
	uint8_t when[FIX_STAMP_MAX];
	struct fix_utc t = { s->changed_ns };
	size_t n = fix_utc_format(when, t, 3);
	char held[NOTE_MAX], from[NOTE_MAX];
	json_t *o = json_live(live_of(l, number));

	json_lag(l, o, number, s);
	json_object_update_new(
	    o, json_pack("{si ss sb sI sI sI ss%}", "number", (int)number,
		   "session", s->id, "up", (int)up, "next_in",
		   (json_int_t)s->numbers.next_in, "next_out",
		   (json_int_t)s->numbers.next_out, "generation",
		   (json_int_t)s->numbers.generation, "changed", when, n));
	if (noted(l, "held", number, held))
		json_object_set_new(o, "held", json_string(held));
	if (noted(l, "peer", number, from))
		json_object_set_new(o, "from", json_string(from));
	if (noted(l, "dynamic", number, from))
		json_object_set_new(o, "dynamic", json_true());
	json_array_append_new(l->array, o);
}

static void
add_row(const struct list *l, uint32_t number, const struct rec_session *s)
{
	const struct live *v = live_of(l, number);
	uint8_t when[FIX_STAMP_MAX];
	struct fix_utc t = { s->changed_ns };
	size_t n = fix_utc_format(when, t, 3);
	bool up = l->view->running && (s->numbers.flags & REC_NUM_UP) != 0;
	char note[NOTE_MAX];
	bool held;

	if (l->columns == NULL) {
		add_object(l, number, s, up);
		return;
	}
	held = !up && noted(l, "held", number, note);
	columns_add(l->columns, "%u", number);
	columns_add(l->columns, "%s", s->id);
	columns_add(l->columns, "%s", up ? "up" : held ? "held" : "down");
	columns_add(l->columns, "%llu", (unsigned long long)s->numbers.next_in);
	columns_add(
	    l->columns, "%llu", (unsigned long long)s->numbers.next_out);
	columns_add(
	    l->columns, "%llu", (unsigned long long)s->numbers.generation);
	add_live_cells(l, v);
	add_lag_cells(l, number, s);
	columns_add(l->columns, "%.*s", s->changed_ns == 0 ? 0 : (int)n, when);
	columns_add(l->columns, "%s", noted(l, "peer", number, note) ? note :
	    "");
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
	struct list l = { .view = &v, .paths = &g };
	int rc;

	if (gateway_read(&g, file) != 0)
		return CLI_USAGE;
	rc = view_open(&v, &g);
	if (rc == 0 && v.running)
		ask_gateway(&l, &g);
	if (rc != 0) {
		gateway_done(&g);
		return CLI_FAILED;
	}
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
	free(l.live);
	view_close(&v);
	gateway_done(&g);
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
