/*
 * fixgate dropcopy: the executions that a drop copy session is entitled to,
 * from the journal: as a file for the end of the day, held against what the
 * subscriber has in its own log, or as counts.
 *
 * Entitlements are read from the settings and asked for each message by the
 * gateway's own rule (copyrule.c). Nothing is asked of a running gateway.
 */
#include <getopt.h>
#include <jansson.h>
#include <stdlib.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/copyfile.h"
#include "gateway/cli/copylag.h"
#include "gateway/cli/record.h"
#include "gateway/cli/trace.h"
#include "gateway/settings/setup.h"
#include "gateway/trader/dropcopy.h"
#include "store/clock.h"

static const char help[] =
    "usage: fixgate dropcopy file NAME -c FILE [--day DAY] [--json]\n"
    "       fixgate dropcopy reconcile NAME LOG -c FILE [--day DAY] [--json]\n"
    "       fixgate dropcopy counts NAME -c FILE [--json]\n"
    "Executions that the drop copy session [DROPCOPY NAME] may see.\n\n"
    "  file        print them all, with a checksum behind them\n"
    "  reconcile   print those that LOG, a log of the subscriber's, misses, "
    "has\n"
    "              twice, tells differently, or has and we have not\n"
    "  counts      print how many messages of each client were copied\n\n"
    "  -c, --config FILE   the gateway's settings file\n"
    "  -d, --day DAY       only those of a day (UTC), 20261126 or today\n"
    "  -j, --json          an object a line\n"
    "  -h, --help\n";

struct count { /* of one client */
	uint64_t told, last_seq;
	char name[64];
};

struct job {
	struct trace t; /* journal, tables and settings */
	struct view view;
	struct copy_rule rule;
	const char *name, *log, *day;
	bool json;
	int64_t from_ns, to_ns; /* of the day, by the time of the record */
	struct copy_list list;
	struct copy_list others; /* of the log, which the list has not */
	struct count *counts;    /* by session number */
	uint32_t n_counts;
	uint64_t outside; /* executions of other days */
};

static struct fix_field fields[FIX_FIELDS_MAX];

static struct count *
count_of(struct job *j, uint32_t session)
{
	uint32_t n = j->n_counts == 0 ? 16 : j->n_counts;
	struct count *more;

	if (session > 1000000)
		return NULL;
	while (n <= session)
		n *= 2;
	if (n > j->n_counts) {
		more = realloc(j->counts, n * sizeof(*more));
		if (more == NULL)
			return NULL;
		memset(
		    more + j->n_counts, 0, (n - j->n_counts) * sizeof(*more));
		j->counts = more;
		j->n_counts = n;
	}
	if (j->counts[session].name[0] == '\0' && session > 0)
		view_session_name(&j->view, session, j->counts[session].name,
		    sizeof(j->counts[session].name));
	return &j->counts[session];
}

static const char *
client_of(struct job *j, uint32_t session)
{
	const struct count *c = count_of(j, session);

	return c == NULL ? "?" : c->name;
}

/* Copies for subscribers are no client's messages. */
static bool
is_copy(struct job *j, uint32_t session)
{
	struct rec_session row;
	struct copy_cursor at;

	return session != 0 && view_session_row(&j->view, session, &row) &&
	       copy_cursor_read(j->view.store, row.id, &at);
}

struct venue_name {
	uint32_t number;
	char text[VENUE_NAME_MAX + 1];
};

static int
see_venue(void *arg, struct fix_span key, struct fix_span value)
{
	struct venue_name *v = arg;
	uint32_t number;

	if (value.len != sizeof(number) || key.len < 6)
		return 0;
	memcpy(&number, value.p, sizeof(number));
	if (number != v->number)
		return 0;
	(void)fix_span_copy((struct fix_span){ key.p + 6, key.len - 6 },
	    v->text, sizeof(v->text));
	return 1;
}

static const char *
venue_name(struct job *j, uint32_t number)
{
	static struct venue_name last;
	const struct fix_span all = { NULL, 0 };

	if (number == 0)
		return NULL;
	if (number != last.number) {
		last = (struct venue_name){ .number = number };
		(void)fix_store_each(j->view.store, FIX_TAB_CONTROL,
		    fix_span_of("venue "), all, see_venue, &last);
	}
	return last.text;
}

/* The order that a report is about, with its parties; NULL: forgotten. */
static const struct order *
order_of(
    const struct job *j, const struct fix_msg *m, struct fix_span *parties)
{
	static struct order o;
	static uint8_t value[ORDER_KEPT_MAX];
	uint8_t key[8];
	struct fix_span id, k = { key, 0 }, v = { value, 0 };
	ssize_t len;

	if (!fix_msg_get(m, 37, &id))
		return NULL;
	k.len = fix_key_u64(key, order_number(id));
	len = fix_store_get(
	    j->view.store, FIX_TAB_ORDERS, k, value, sizeof(value));
	v.len = len < 0 ? 0 : (size_t)len;
	if (!order_of_kept(&o, v))
		return NULL;
	*parties = order_parties_of_kept(v);
	return &o;
}

static bool
is_wanted(struct job *j, const struct fix_rec *r, const struct fix_msg *m)
{
	struct copy_about a = { .sent = true };
	const struct order *o = NULL;
	uint32_t venue = rec_venue(r);

	if (copy_asks_order(&j->rule, m, venue))
		o = order_of(j, m, &a.parties);
	(void)fix_msg_get(m, 56, &a.client);
	a.account = o == NULL ? NULL : o->account;
	a.symbol = o == NULL ? NULL : o->symbol;
	a.venue = venue_name(j, venue != 0 ? venue : o == NULL ? 0 : o->venue);
	return copy_wanted(&j->rule, m, &a);
}

static int
take(void *arg, const struct fix_rec *r)
{
	struct job *j = arg;
	struct fix_msg m = { 0 };
	struct copy_item i;
	struct fix_exec e;
	struct count *c;
	uint64_t seq;

	if ((r->type != REC_OUT && r->type != REC_SHOWN) ||
	    !record_message(r, fields, &seq, &m) ||
	    copy_class_of(&m, true) != COPY_TRADES || copy_again(&m) ||
	    is_copy(j, r->session) || !is_wanted(j, r, &m) ||
	    !copy_exec(&m, FIX_V_44, &e))
		return 0;
	c = count_of(j, r->session);
	if (c == NULL)
		return -FIX_E_NOMEM;
	copy_item_of(&i, &e);
	i.record = r->number;
	i.session = r->session;
	i.seq = seq;
	if (r->wall.ns < j->from_ns || r->wall.ns >= j->to_ns) {
		i.session = UINT32_MAX; /* known, but not asked for */
		j->outside++;
	} else {
		c->told++;
		c->last_seq = seq;
	}
	return copy_list_add(&j->list, &i);
}

static void
print_object(struct job *j, const struct copy_item *i, const char *problem)
{
	static const struct {
		const char *name;
		size_t at;
	} texts[] = {
		{ "ExecID", offsetof(struct copy_item, exec_id) },
		{ "ExecRefID", offsetof(struct copy_item, ref_id) },
		{ "OrderID", offsetof(struct copy_item, order_id) },
		{ "ClOrdID", offsetof(struct copy_item, cl_ord_id) },
		{ "Account", offsetof(struct copy_item, account) },
		{ "Symbol", offsetof(struct copy_item, symbol) },
	};
	json_t *o = json_object();
	uint8_t s[FIX_DEC_MAX];

	if (problem != NULL)
		json_object_set_new(o, "problem", json_string(problem));
	for (size_t k = 0; k < sizeof(texts) / sizeof(texts[0]); k++)
		if (((const char *)i)[texts[k].at] != '\0')
			json_object_set_new(o, texts[k].name,
			    json_string((const char *)i + texts[k].at));
	json_object_set_new(o, "ExecType", json_stringn(&i->kind, 1));
	json_object_set_new(o, "Side", json_stringn(&i->side, i->side != '\0'));
	json_object_set_new(o, "LastQty",
	    json_stringn((const char *)s, fix_e8_format(s, i->qty_e8)));
	json_object_set_new(o, "LastPx",
	    json_stringn((const char *)s, fix_e8_format(s, i->px_e8)));
	if (i->record != 0) {
		json_object_set_new(
		    o, "record", json_integer((json_int_t)i->record));
		json_object_set_new(
		    o, "session", json_string(client_of(j, i->session)));
		json_object_set_new(
		    o, "MsgSeqNum", json_integer((json_int_t)i->seq));
	}
	json_dumpf(o, stdout, JSON_COMPACT);
	json_decref(o);
	putchar('\n');
}

/* ----- file ----- */

static void
write_rows(struct job *j, FILE *out)
{
	uint64_t n = 0;

	fprintf(out, COPY_FILE_HEAD "%s,%s\n", j->name,
	    j->day == NULL ? "all" : j->day);
	copy_file_names(out);
	for (size_t i = 0; i < j->list.n; i++)
		if (j->list.v[i].session != UINT32_MAX)
			copy_file_row(out, &j->list.v[i],
			    client_of(j, j->list.v[i].session));
	for (uint32_t i = 0; i < j->n_counts; i++) {
		n += j->counts[i].told;
		if (j->counts[i].told > 0)
			fprintf(out, "#session,%s,%llu,%llu\n",
			    j->counts[i].name,
			    (unsigned long long)j->counts[i].told,
			    (unsigned long long)j->counts[i].last_seq);
	}
	fprintf(out, "#end,%llu,", (unsigned long long)n);
}

static int
write_file(struct job *j)
{
	char *text = NULL, sum[COPY_SUM_MAX], *end;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return cli_fail("%s", fix_strerror(-FIX_E_NOMEM));
	write_rows(j, out);
	if (fclose(out) != 0 || (end = memrchr(text, '#', len)) == NULL) {
		free(text);
		return cli_fail("%s", fix_strerror(-FIX_E_NOMEM));
	}
	copy_file_sum((const uint8_t *)text, (size_t)(end - text), sum);
	printf("%s%s\n", text, sum);
	free(text);
	return CLI_OK;
}

static int
write_objects(struct job *j)
{
	for (size_t i = 0; i < j->list.n; i++)
		if (j->list.v[i].session != UINT32_MAX)
			print_object(j, &j->list.v[i], NULL);
	return CLI_OK;
}

/* ----- reconcile ----- */

struct check {
	struct job *j;
	uint64_t missing, doubled, different, unknown;
};

static void
complain(struct check *c, const char *problem, const char *detail,
    const struct copy_item *i)
{
	char text[96];

	(void)snprintf(text, sizeof(text), "%s%s%s", problem,
	    detail[0] != '\0' ? ": " : "", detail);
	if (c->j->json) {
		print_object(c->j, i, text);
		return;
	}
	printf("%s,", text);
	copy_file_row(
	    stdout, i, i->record == 0 ? "" : client_of(c->j, i->session));
}

static const char *
difference(const struct copy_item *a, const struct copy_item *b)
{
	if (a->kind != b->kind)
		return "ExecType";
	if (a->side != b->side)
		return "Side";
	if (strcmp(a->symbol, b->symbol) != 0)
		return "Symbol";
	if (strcmp(a->order_id, b->order_id) != 0)
		return "OrderID";
	if (a->qty_e8 != b->qty_e8)
		return "LastQty";
	if (a->px_e8 != b->px_e8)
		return "LastPx";
	return strcmp(a->ref_id, b->ref_id) != 0 ? "ExecRefID" : NULL;
}

static int
held_against(void *arg, const struct copy_item *i, bool again)
{
	struct check *c = arg;
	struct copy_item *ours = copy_list_find(&c->j->list, i->exec_id);
	const char *what;

	if (ours == NULL) {
		c->unknown++;
		complain(c, "unknown", "", i);
		return 0;
	}
	ours->seen += !again;
	ours->again += again;
	what = difference(ours, i);
	if (what != NULL) {
		c->different++;
		complain(c, "different", what, ours);
	}
	return 0;
}

static int
read_log(struct check *c, const char *path)
{
	struct copy_log log = { .fn = held_against, .arg = c };
	FILE *f = fopen(path, "rb");
	char *text = NULL, piece[65536];
	size_t len = 0, n;
	FILE *all = open_memstream(&text, &len);
	int rc = -FIX_E_NOMEM;

	if (f == NULL || all == NULL) {
		if (f != NULL)
			fclose(f);
		return cli_fail("%s can't be read", path);
	}
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		(void)fwrite(piece, 1, n, all);
	fclose(f);
	if (fclose(all) == 0)
		rc = copy_log_read(&log, (const uint8_t *)text, len);
	free(text);
	if (rc != 0)
		return cli_fail("%s: %s", path, fix_strerror(rc));
	if (log.bad_sum)
		return cli_fail("%s is no whole end-of-day file: its SHA-256 "
				"is not the one behind #end",
		    path);
	if (log.messages + log.rows == 0)
		return cli_fail("%s has no FIX messages, and is no end-of-day "
				"file",
		    path);
	return CLI_OK;
}

static int
reconcile(struct job *j)
{
	struct check c = { .j = j };
	int status;

	copy_list_sort(&j->list);
	if (!j->json) {
		fputs("Problem,", stdout);
		copy_file_names(stdout);
	}
	status = read_log(&c, j->log);
	if (status != CLI_OK)
		return status;
	for (size_t i = 0; i < j->list.n; i++) {
		const struct copy_item *x = &j->list.v[i];

		if (x->session == UINT32_MAX)
			continue;
		if (x->seen + x->again == 0) {
			c.missing++;
			complain(&c, "missing", "", x);
		} else if (x->seen > 1) {
			c.doubled++;
			complain(&c, "doubled", "", x);
		}
	}
	fprintf(stderr,
	    "%llu executions: %llu missing, %llu doubled, %llu "
	    "different, %llu unknown\n",
	    (unsigned long long)(j->list.n - j->outside),
	    (unsigned long long)c.missing, (unsigned long long)c.doubled,
	    (unsigned long long)c.different, (unsigned long long)c.unknown);
	return c.missing + c.doubled + c.different + c.unknown > 0 ? CLI_FAILED
								   : CLI_OK;
}

/* Count and last number of each client: the account that goes with it. */
static void
sum_up(struct job *j)
{
	for (uint32_t i = 0; i < j->n_counts; i++)
		if (j->counts[i].told > 0)
			fprintf(stderr,
			    "%s: %llu executions, the last in its "
			    "message %llu\n",
			    i == 0 ? "(no client)" : j->counts[i].name,
			    (unsigned long long)j->counts[i].told,
			    (unsigned long long)j->counts[i].last_seq);
}

static int
tell(struct job *j)
{
	if ((j->rule.classes & COPY_TRADES) == 0)
		return cli_fail("[DROPCOPY %s] may not see trades", j->name);
	if (trace_walk(&j->t, take, j) != 0)
		return CLI_FAILED;
	sum_up(j);
	if (j->log != NULL)
		return reconcile(j);
	return j->json ? write_objects(j) : write_file(j);
}

/* ----- settings ----- */

static const struct conf_section *
find_rule(struct job *j)
{
	struct trader_session_cfg cfg = { .is_drop_copy = true };
	const struct conf_section *s = NULL;

	while ((s = conf_next(j->t.conf, "DROPCOPY", s)) != NULL)
		if (strcmp(conf_name(s), j->name) == 0)
			break;
	if (s == NULL) {
		cli_fail("the settings have no [DROPCOPY %s]", j->name);
		return NULL;
	}
	setup_copy(s, &cfg);
	j->rule = cfg.copy;
	return s;
}

static int
open_and(struct job *j, const struct gateway_paths *g, int (*fn)(struct job *j))
{
	int status = CLI_FAILED;

	if (view_open(&j->view, g) == 0 &&
	    fix_disk_dir(&j->t.disk, g->journal, false) == 0) {
		status = fn(j);
		j->t.disk->ops->close(j->t.disk);
	}
	view_close(&j->view);
	return status;
}

static int
work(struct job *j, const char *file, bool counts)
{
	struct gateway_paths g;
	const struct conf_section *s;
	int status = CLI_FAILED;

	if (gateway_read(&g, file) != 0)
		return CLI_USAGE;
	j->t.conf = g.conf;
	j->t.view = &j->view;
	s = find_rule(j);
	if (s != NULL && counts)
		status = copy_counts(&g, s, j->json);
	else if (s != NULL)
		status = open_and(j, &g, tell);
	copy_list_free(&j->list);
	free(j->counts);
	gateway_done(&g);
	return status;
}

/* "20261126" or "today" to its beginning and end. */
static int
read_day(struct job *j, const char *text)
{
	static char today[9];
	uint8_t stamp[FIX_STAMP_MAX];
	struct fix_span when = { stamp, 17 };
	struct fix_stamp s;

	if (strcmp(text, "today") == 0) {
		(void)fix_utc_format(stamp, fix_clock_now().utc, 0);
		memcpy(today, stamp, 8);
		text = today;
	}
	memcpy(stamp, "xxxxxxxx-00:00:00", 17);
	if (strlen(text) == 8)
		memcpy(stamp, text, 8);
	if (fix_stamp_parse(when, &s) != 0)
		return cli_usage("--day: expected a day as 20261126, or today: "
				 "%s",
		    text);
	j->day = text;
	j->from_ns = s.utc.ns;
	j->to_ns = s.utc.ns + FIX_DAY;
	return CLI_OK;
}

static int
run(struct job *j, const char *file, int n, char **words)
{
	if (n >= 2)
		j->name = words[1];
	if (n == 2 && strcmp(words[0], "file") == 0)
		return work(j, file, false);
	if (n == 2 && strcmp(words[0], "counts") == 0)
		return work(j, file, true);
	if (n == 3 && strcmp(words[0], "reconcile") == 0) {
		j->log = words[2];
		return work(j, file, false);
	}
	return cli_usage("'file NAME', 'reconcile NAME LOG' or 'counts NAME' "
			 "is expected");
}

int
cmd_dropcopy(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "day", required_argument, NULL, 'd' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	static struct job j = { .to_ns = INT64_MAX };
	const char *file = NULL;
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "c:d:jh", options, NULL)) != -1) {
		if (c == 'c')
			file = optarg;
		else if (c == 'd' && read_day(&j, optarg) != CLI_OK)
			return CLI_USAGE;
		else if (c == 'j')
			j.json = true;
		else if (c == 'h')
			return cli_help(help);
		else if (c == '?')
			return opt_unknown(argc, argv, optind);
	}
	return run(&j, file, argc - optind, argv + optind);
}
