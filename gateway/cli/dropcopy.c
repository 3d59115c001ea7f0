/*
 * fixgate dropcopy: the executions that a drop copy session is entitled to, from
 * the journal: as a file for the end of the day, or held against what the
 * subscriber has in its own log.
 *
 * Entitlements are read from the settings and asked for each message by the
 * gateway's own rule (copyrule.c). The subscriber's log may be anything that has
 * FIX messages in it, with SOH or '|' between the fields: only its ExecIDs(17)
 * are looked at.
 */
#include <getopt.h>
#include <jansson.h>
#include <stdlib.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/record.h"
#include "gateway/cli/trace.h"
#include "gateway/settings/setup.h"

static const char help[] =
    "usage: fixgate dropcopy file NAME -c FILE [--json]\n"
    "       fixgate dropcopy reconcile NAME LOG -c FILE [--json]\n"
    "Executions that the drop copy session [DROPCOPY NAME] may see.\n\n"
    "  file        print them all\n"
    "  reconcile   print those that are not in LOG, a file with the FIX\n"
    "              messages that the subscriber has\n\n"
    "  -c, --config FILE   the gateway's settings file\n"
    "  -j, --json          an object a line\n"
    "  -h, --help\n";

struct count { /* of one client */
	uint32_t session;
	uint64_t told, missing, last_seq;
};

#define CLIENTS_MAX 10000

struct job {
	struct trace t; /* journal, tables and settings */
	struct view view;
	struct copy_rule rule;
	json_t *have; /* ExecIDs of the log, NULL: print all */
	bool json;
	struct count *counts;
	size_t n_counts;
};

static struct fix_field fields[FIX_FIELDS_MAX];

static struct count *
count_of(struct job *j, uint32_t session)
{
	struct count *more;

	for (size_t i = 0; i < j->n_counts; i++)
		if (j->counts[i].session == session)
			return &j->counts[i];
	if (j->n_counts == CLIENTS_MAX)
		return NULL;
	more = realloc(j->counts, (j->n_counts + 1) * sizeof(*more));
	if (more == NULL)
		return NULL;
	j->counts = more;
	more[j->n_counts] = (struct count){ .session = session };
	return &more[j->n_counts++];
}

static bool
is_drop_copy(const struct job *j, const char *name)
{
	const struct conf_section *s = NULL;

	while ((s = conf_next(j->t.conf, "DROPCOPY", s)) != NULL)
		if (strcmp(conf_str(s, "TargetCompID", conf_name(s)), name) ==
		    0)
			return true;
	return false;
}

/* The order that a report is about, and where it is; NULL: forgotten. */
static const struct order *
order_of(const struct job *j, const struct fix_msg *m, const char **venue)
{
	static struct order o;
	const struct conf_section *s = NULL;
	uint8_t key[8], value[sizeof(o)];
	struct fix_span id, k = { key, 0 }, v = { value, 0 };
	uint32_t n = 0;
	ssize_t len;

	*venue = NULL;
	if (!fix_msg_get(m, 37, &id))
		return NULL;
	k.len = fix_key_u64(key, order_number(id));
	len = fix_store_get(j->view.store, FIX_TAB_ORDERS, k, value,
	    sizeof(value));
	v.len = len < 0 ? 0 : (size_t)len;
	if (!order_of_kept(&o, v))
		return NULL;
	while ((s = conf_next(j->t.conf, "VENUE", s)) != NULL)
		if (++n == o.venue)
			*venue = conf_name(s);
	return &o;
}

static const uint32_t tags[] = { 17, 150, 37, 11, 1, 55, 54, 32, 31, 14, 6,
	19, 60 };
static const char *const names[] = { "ExecID", "ExecType", "OrderID", "ClOrdID",
	"Account", "Symbol", "Side", "LastQty", "LastPx", "CumQty", "AvgPx",
	"ExecRefID", "TransactTime" };

/* Values are of messages that the gateway made; a ClOrdID may hold a comma. */
static void
print_csv(struct fix_span v)
{
	bool quote = v.len > 0 && (memchr(v.p, ',', v.len) != NULL ||
	    memchr(v.p, '"', v.len) != NULL);

	putchar(',');
	if (quote)
		putchar('"');
	for (size_t i = 0; i < v.len; i++) {
		if (v.p[i] == '"')
			putchar('"');
		putchar(v.p[i]);
	}
	if (quote)
		putchar('"');
}

static void
print_execution(const struct job *j, const struct fix_rec *r,
    const struct fix_msg *m, const char *client)
{
	json_t *o = j->json ? json_object() : NULL;

	if (o == NULL)
		printf("%llu,%s", (unsigned long long)r->number, client);
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		struct fix_span v = { NULL, 0 };

		(void)fix_msg_get(m, tags[i], &v);
		if (o == NULL)
			print_csv(v);
		else if (v.len > 0)
			json_object_set_new(o, names[i],
			    json_stringn((const char *)v.p, v.len));
	}
	if (o != NULL) {
		json_object_set_new(o, "record",
		    json_integer((json_int_t)r->number));
		json_object_set_new(o, "session", json_string(client));
		json_dumpf(o, stdout, JSON_COMPACT);
		json_decref(o);
	}
	putchar('\n');
}

static bool
has(const struct job *j, const struct fix_msg *m)
{
	char id[128];
	struct fix_span v;

	return fix_msg_get(m, 17, &v) && fix_span_copy(v, id, sizeof(id)) &&
	    json_object_get(j->have, id) != NULL;
}

static int
take(void *arg, const struct fix_rec *r)
{
	struct job *j = arg;
	struct fix_msg m = { 0 };
	const struct order *o;
	const char *venue;
	struct count *c;
	char client[64];
	uint64_t seq;

	if (r->type != REC_OUT || !record_message(r, fields, &seq, &m) ||
	    copy_class_of(&m, true) != COPY_TRADES)
		return 0;
	view_session_name(&j->view, r->session, client, sizeof(client));
	o = order_of(j, &m, &venue);
	if (is_drop_copy(j, client) ||
	    !copy_wanted(&j->rule, &m, true, client, o, venue))
		return 0;
	c = count_of(j, r->session);
	if (c == NULL)
		return -FIX_E_NOMEM;
	c->told++;
	c->last_seq = seq;
	if (j->have != NULL && has(j, &m))
		return 0;
	c->missing++;
	print_execution(j, r, &m, client);
	return 0;
}

/* Every 17= that begins a field. */
static int
read_log(struct job *j, const char *path)
{
	FILE *f = fopen(path, "r");
	char field[256];
	size_t n = 0;
	int c = 0;

	if (f == NULL)
		return cli_fail("%s can't be read", path);
	j->have = json_object();
	while (j->have != NULL && c != EOF) {
		c = getc(f);
		if (c != '\001' && c != '|' && c != '\n' && c != EOF) {
			if (n < sizeof(field) - 1)
				field[n++] = (char)c;
			continue;
		}
		field[n] = '\0';
		if (n > 3 && memcmp(field, "17=", 3) == 0)
			json_object_set_new_nocheck(j->have, field + 3,
			    json_true());
		n = 0;
	}
	fclose(f);
	return j->have == NULL ? cli_fail("%s", fix_strerror(-FIX_E_NOMEM)) :
	    CLI_OK;
}

/* What proves that nothing is left out: each client's count and last number. */
static int
sum_up(const struct job *j)
{
	uint64_t missing = 0;

	for (size_t i = 0; i < j->n_counts; i++) {
		const struct count *c = &j->counts[i];
		char client[64];

		view_session_name(&j->view, c->session, client,
		    sizeof(client));
		fprintf(stderr, "%s: %llu executions, the last in its message "
		    "%llu", client, (unsigned long long)c->told,
		    (unsigned long long)c->last_seq);
		if (j->have != NULL)
			fprintf(stderr, ", %llu missing",
			    (unsigned long long)c->missing);
		fputc('\n', stderr);
		missing += c->missing;
	}
	return j->have != NULL && missing > 0 ? CLI_FAILED : CLI_OK;
}

static int
tell(struct job *j)
{
	if (!j->json) {
		fputs("Record,Session", stdout);
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			printf(",%s", names[i]);
		putchar('\n');
	}
	return trace_walk(&j->t, take, j) == 0 ? sum_up(j) : CLI_FAILED;
}

static int
find_rule(struct job *j, const char *name)
{
	struct trader_session_cfg cfg = { .is_drop_copy = true };
	const struct conf_section *s = NULL;

	while ((s = conf_next(j->t.conf, "DROPCOPY", s)) != NULL)
		if (strcmp(conf_name(s), name) == 0)
			break;
	if (s == NULL)
		return cli_fail("the settings have no [DROPCOPY %s]", name);
	setup_copy(s, &cfg);
	j->rule = cfg.copy;
	if ((j->rule.classes & COPY_TRADES) == 0)
		return cli_fail("[DROPCOPY %s] may not see trades", name);
	return CLI_OK;
}

static int
work(struct job *j, const char *file, const char *name, const char *log)
{
	struct gateway_paths g;
	int status;

	if (gateway_read(&g, file) != 0)
		return CLI_USAGE;
	j->t.conf = g.conf;
	j->t.view = &j->view;
	status = find_rule(j, name);
	if (status == CLI_OK && log != NULL)
		status = read_log(j, log);
	if (status == CLI_OK && view_open(&j->view, &g) != 0)
		status = CLI_FAILED;
	if (status == CLI_OK &&
	    fix_disk_dir(&j->t.disk, g.journal, false) == 0) {
		status = tell(j);
		j->t.disk->ops->close(j->t.disk);
	}
	view_close(&j->view);
	json_decref(j->have);
	free(j->counts);
	gateway_done(&g);
	return status;
}

int
cmd_dropcopy(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	static struct job j;
	const char *file = NULL;
	int c, left;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "c:jh", options, NULL)) != -1) {
		if (c == 'c')
			file = optarg;
		else if (c == 'j')
			j.json = true;
		else if (c == 'h')
			return cli_help(help);
		else
			return opt_unknown(argc, argv, optind);
	}
	left = argc - optind;
	if (left == 2 && strcmp(argv[optind], "file") == 0)
		return work(&j, file, argv[optind + 1], NULL);
	if (left == 3 && strcmp(argv[optind], "reconcile") == 0)
		return work(&j, file, argv[optind + 1], argv[optind + 2]);
	return cli_usage("'file NAME' or 'reconcile NAME LOG' is expected");
}
