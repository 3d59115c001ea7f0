/*
 * fixgate orders: the orders that the gateway knows, read from its store; it
 * need not run.
 *
 * Words for side, type and status are the dictionary's of FIX.4.4. Quantities
 * and prices are exact; the average is what was paid, divided and cut at eight
 * decimals.
 */
#include <getopt.h>
#include <jansson.h>
#include <stdlib.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/columns.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/dicts.h"
#include "gateway/cli/trace.h"
#include "gateway/cli/view.h"

static const char help[] =
    "usage: fixgate orders -c FILE [--session S] [--live] [--symbol SYMBOL] "
    "[--json]\n"
    "       fixgate orders trace ID -c FILE [--json]\n"
    "List a gateway's orders, or follow one through the gateway. ID is any of\n"
    "its ids: ClOrdID, OrderID, ExecID, or the venue's.\n\n"
    "  -c, --config FILE   the gateway's settings file\n"
    "  -s, --session S     of one session: number, CompID or whole name\n"
    "  -l, --live          that may still trade\n"
    "  -y, --symbol SYMBOL of one symbol\n"
    "  -j, --json          an array of objects\n"
    "  -h, --help\n";

static const char *const heads[] = { "OrderID", "ClOrdID", "Session", "Account",
	"Symbol", "Side", "Type", ">Qty", ">Price", ">Filled", ">Average",
	"Status", "Entered (UTC)", NULL };

struct query {
	const char *file, *session, *symbol;
	const char *trace; /* id of the order to follow, NULL: list */
	bool live, json;
	uint32_t number; /* of the session, 0: all */
	struct view view;
	struct dict_pair words;
	struct columns *columns;
	json_t *array;
};

struct amount { /* 10^-8 as text */
	char text[FIX_DEC_MAX + 1];
};

static struct amount
amount_of(int64_t e8)
{
	struct amount a;
	size_t n = fix_dec_format((uint8_t *)a.text, fix_dec_of_e8(e8));

	a.text[n] = '\0';
	return a;
}

static int64_t
average(const struct order *o)
{
	unsigned __int128 paid;

	if (o->cum_e8 <= 0)
		return 0;
	paid = (unsigned __int128)(uint64_t)o->paid_hi << 64 |
	       (uint64_t)o->paid_lo;
	return (int64_t)((__int128)paid / o->cum_e8);
}

/* Price of a limit, stop of a stop, nothing of a market order. */
static struct amount
price_of(const struct order *o)
{
	struct amount none = { "" };

	if (o->price_e8 != 0)
		return amount_of(o->price_e8);
	return o->stop_e8 != 0 ? amount_of(o->stop_e8) : none;
}

/* The dictionary's word for a value, or the value. */
static const char *
word(const struct query *q, uint32_t tag, char value, char spare[2])
{
	struct fix_span v = { (const uint8_t *)&value, 1 };
	const char *name = dicts_value_name(q->words, tag, v);

	spare[0] = value;
	spare[1] = '\0';
	return name != NULL ? name : spare;
}

static const char *
status_word(const struct query *q, const struct order *o, char spare[2])
{
	char s = order_status(o, FIX_V_44);

	return s == 'U' ? "UNKNOWN" : word(q, 39, s, spare);
}

static void
set_time(json_t *row, const char *key, int64_t ns)
{
	uint8_t when[FIX_STAMP_MAX];
	struct fix_utc t = { ns };
	size_t n = fix_utc_format(when, t, 6);

	json_object_set_new(row, key, json_stringn((char *)when, n));
}

static void
add_json(struct query *q, const struct order *o, const char *session)
{
	char a[2], b[2], c[2], d[2];
	json_t *row = json_pack("{sI ss ss ss ss ss ss ss ss ss ss}", "number",
	    (json_int_t)o->number, "order_id", o->order_id, "cl_ord_id",
	    o->cl_ord_id, "session", session, "account", o->account, "symbol",
	    o->symbol, "side", word(q, 54, o->side, a), "type",
	    word(q, 40, o->ord_type, b), "time_in_force",
	    word(q, 59, o->time_in_force == '\0' ? '0' : o->time_in_force, c),
	    "status", status_word(q, o, d), "venue_order_id",
	    o->venue_order_id);

	if (row == NULL)
		return;
	json_object_set_new(row, "live", json_boolean(order_is_live(o)));
	json_object_set_new(row, "qty", json_string(amount_of(o->qty_e8).text));
	if (o->price_e8 != 0)
		json_object_set_new(
		    row, "price", json_string(amount_of(o->price_e8).text));
	if (o->stop_e8 != 0)
		json_object_set_new(
		    row, "stop", json_string(amount_of(o->stop_e8).text));
	json_object_set_new(
	    row, "filled", json_string(amount_of(o->cum_e8).text));
	json_object_set_new(
	    row, "leaves", json_string(amount_of(o->leaves_e8).text));
	json_object_set_new(
	    row, "average", json_string(amount_of(average(o)).text));
	set_time(row, "entered", o->entered_ns);
	set_time(row, "changed", o->changed_ns);
	json_array_append_new(q->array, row);
}

static void
add_columns(struct query *q, const struct order *o, const char *session)
{
	struct columns *c = q->columns;
	struct fix_utc t = { o->entered_ns };
	uint8_t when[FIX_STAMP_MAX];
	size_t n = fix_utc_format(when, t, 3);
	char spare[2];

	columns_add(c, "%s", o->order_id);
	columns_add(c, "%s", o->cl_ord_id);
	columns_add(c, "%s", session);
	columns_add(c, "%s", o->account);
	columns_add(c, "%s", o->symbol);
	columns_add(c, "%s", word(q, 54, o->side, spare));
	columns_add(c, "%s", word(q, 40, o->ord_type, spare));
	columns_add(c, "%s", amount_of(o->qty_e8).text);
	columns_add(c, "%s", price_of(o).text);
	columns_add(c, "%s", amount_of(o->cum_e8).text);
	columns_add(c, "%s", amount_of(average(o)).text);
	columns_add(c, "%s", status_word(q, o, spare));
	columns_add(c, "%.*s", (int)n, when);
}

static int
add_order(void *arg, const struct order *o)
{
	struct query *q = arg;
	char session[64];

	if ((q->number != 0 && o->session != q->number) ||
	    (q->live && !order_is_live(o)) ||
	    (q->symbol != NULL && strcmp(q->symbol, o->symbol) != 0))
		return 0;
	view_session_name(&q->view, o->session, session, sizeof(session));
	if (q->json)
		add_json(q, o, session);
	else
		add_columns(q, o, session);
	return 0;
}

static int
print_orders(struct query *q)
{
	int rc;

	if (q->session != NULL) {
		q->number = view_session(&q->view, q->session);
		if (q->number == 0)
			return cli_fail("no session '%s'; 'fixgate sessions' "
					"lists them",
			    q->session);
	}
	if (q->json)
		q->array = json_array();
	else
		q->columns = columns_new(heads);
	rc = view_orders(&q->view, add_order, q);
	if (rc != 0)
		cli_fail("the tables are of another version");
	else if (q->json)
		json_dumpf(q->array, stdout, JSON_INDENT(2));
	else if (columns_rows(q->columns) > 0)
		columns_print(q->columns, stdout, true);
	else
		fputs("no orders\n", stderr);
	if (q->json)
		putchar('\n');
	json_decref(q->array);
	columns_free(q->columns);
	return rc == 0 ? CLI_OK : CLI_FAILED;
}

static int
list_orders(struct query *q)
{
	struct gateway_paths g;
	struct fix_dict_error e;
	struct dicts *dicts;
	int rc, status;

	if (gateway_read(&g, q->file) != 0)
		return CLI_USAGE;
	rc = view_open(&q->view, &g);
	gateway_done(&g);
	if (rc != 0)
		return CLI_FAILED;
	dicts = dicts_new(NULL, &e);
	if (dicts != NULL)
		q->words = dicts_of_version(dicts, FIX_V_44);
	status = print_orders(q);
	dicts_free(dicts);
	view_close(&q->view);
	return status;
}

static int
print_order(struct trace *t, const struct trace_order *o, json_t *all)
{
	json_t *ids, *steps = NULL;
	char session[64];
	size_t i;

	view_session_name(t->view, o->session, session, sizeof(session));
	if (all != NULL) {
		ids = json_array();
		steps = json_array();
		for (i = 0; i < o->n_ids; i++)
			json_array_append_new(ids, json_string(o->ids[i].text));
		json_array_append_new(all, json_pack("{sI ss ss so so}",
		    "number", (json_int_t)o->number, "order_id", o->order_id,
		    "session", session, "cl_ord_ids", ids, "steps", steps));
	} else {
		printf("%s%s%s of %s\n", show_bold(&t->sh), o->order_id,
		    show_plain(&t->sh), session);
	}
	return trace_print(t, o, steps);
}

static int
print_trace(struct trace *t, bool as_json)
{
	json_t *all = as_json ? json_array() : NULL;
	int rc = trace_find(t);

	for (unsigned i = 0; rc == 0 && i < t->n_orders; i++)
		rc = print_order(t, &t->orders[i], all);
	if (rc == 0 && t->n_orders == 0)
		rc = cli_fail("no order has the id '%s'; the journal begins at "
		    "record %llu", t->id, (unsigned long long)t->first);
	if (rc == 0 && as_json) {
		json_dumpf(all, stdout, JSON_INDENT(2));
		putchar('\n');
	}
	if (rc == 0 && t->first > 1)
		fprintf(stderr, "the journal begins at record %llu: what came "
		    "before it is not told\n", (unsigned long long)t->first);
	if (t->more)
		fprintf(stderr, "more orders than %d have this id\n",
		    TRACE_ORDERS_MAX);
	json_decref(all);
	return rc == 0 ? CLI_OK : CLI_FAILED;
}

static int
trace_order(struct query *q)
{
	struct trace *t = calloc(1, sizeof(*t));
	struct gateway_paths g;
	struct fix_dict_error e;
	int status = CLI_FAILED;

	if (t == NULL)
		return cli_fail("%s", fix_strerror(-FIX_E_NOMEM));
	if (gateway_read(&g, q->file) != 0) {
		free(t);
		return CLI_USAGE;
	}
	t->id = q->trace;
	t->view = &q->view;
	t->conf = g.conf;
	show_init(&t->sh, stdout, dicts_new(NULL, &e), -1);
	if (view_open(&q->view, &g) == 0) {
		if (fix_disk_dir(&t->disk, g.journal, false) == 0) {
			status = print_trace(t, q->json);
			t->disk->ops->close(t->disk);
		}
		view_close(&q->view);
	}
	dicts_free(t->sh.dicts);
	trace_done(t);
	gateway_done(&g);
	free(t);
	return status;
}

/* "trace ID" behind the options. @return -1: go on */
static int
read_words(struct query *q, int argc, char **argv)
{
	if (optind == argc)
		return -1;
	if (strcmp(argv[optind], "trace") != 0)
		return cli_usage("'trace ID', or nothing after the options: "
		    "%s", argv[optind]);
	if (optind + 2 != argc)
		return cli_usage("trace: the id of an order is expected");
	q->trace = argv[optind + 1];
	if (q->live || q->session != NULL || q->symbol != NULL)
		return cli_usage("trace takes no --live, --session or "
		    "--symbol");
	return -1;
}

int
cmd_orders(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "session", required_argument, NULL, 's' },
		{ "live", no_argument, NULL, 'l' },
		{ "symbol", required_argument, NULL, 'y' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct query q = { 0 };
	int c;

	opterr = 0;
	while (
	    (c = getopt_long(argc, argv, "c:s:ly:jh", options, NULL)) != -1) {
		if (c == 'c')
			q.file = optarg;
		else if (c == 's')
			q.session = optarg;
		else if (c == 'l')
			q.live = true;
		else if (c == 'y')
			q.symbol = optarg;
		else if (c == 'j')
			q.json = true;
		else if (c == 'h')
			return cli_help(help);
		else
			return opt_unknown(argc, argv, optind);
	}
	c = read_words(&q, argc, argv);
	if (c >= 0)
		return c;
	return q.trace != NULL ? trace_order(&q) : list_orders(&q);
}
