/*
 * The demo's account: three who know, side by side.
 *
 * The client knows what it sent and read. The journal holds the messages as
 * the gateway took and gave them, read from disk. The tables hold what the
 * gateway made of them. Each was written by another hand; each line compares at
 * least two of them, and the demo has worked when all lines add up.
 */
#include "gateway/cli/demo.h"

#include <inttypes.h>
#include <stdlib.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/record.h"
#include "gateway/cli/view.h"

/* What the journal says. */
struct journal_sum {
	struct ledger *ledger;
	uint64_t records, turns, first, last;
	uint64_t resent_in;    /* requests with PossDupFlag */
	uint64_t lost_reports; /* application messages in the client's gap */
	uint64_t starts;       /* of the gateway */
	int64_t from_ns, to_ns;
};

/* What the tables say. */
struct table_sum {
	uint64_t orders, acked, filled, canceled, refused, live, fills;
	int64_t filled_qty_e8;
	uint64_t applied;
	struct rec_session session;
};

struct account {
	struct demo *d;
	struct ledger_counts client;
	struct client_counts wire;
	struct journal_sum j;
	struct ledger_counts journal;
	struct table_sum t;
	struct view view;
	uint32_t session;
	unsigned wrong;
};

static bool
is_app(const struct fix_msg *m)
{
	struct fix_span t = fix_msg_type(m);

	return t.len != 1 || memchr("012345A", t.p[0], 7) == NULL;
}

static void
sum_message(struct account *a, const struct fix_rec *r, uint64_t seq,
    const struct fix_msg *m)
{
	bool dup = false;

	if (r->session != a->session)
		return;
	if (r->type == REC_IN) {
		if (is_app(m) && fix_msg_bool(m, 43, &dup) == 0 && dup)
			a->j.resent_in++;
		ledger_request(a->j.ledger, m);
		return;
	}
	if (is_app(m) && seq >= a->d->lost_from && seq <= a->d->lost_to)
		a->j.lost_reports++;
	ledger_report(a->j.ledger, m);
}

static void
sum_record(struct account *a, const struct fix_rec *r)
{
	static struct fix_field fields[FIX_FIELDS_MAX];
	struct fix_msg m;
	uint64_t seq;

	if (a->j.first == 0) {
		a->j.first = r->number;
		a->j.from_ns = r->wall.ns;
	}
	a->j.last = r->number;
	a->j.to_ns = r->wall.ns;
	a->j.records++;
	a->j.turns += (r->flags & FIX_REC_END) != 0;
	a->j.starts += r->type == REC_START;
	if (record_message(r, fields, &seq, &m))
		sum_message(a, r, seq, &m);
}

static int
sum_journal(struct account *a)
{
	struct fix_journal_reader *r = NULL;
	struct fix_store_error e = { "it can't be read" };
	struct fix_disk *disk = NULL;
	struct fix_rec rec;
	int rc = fix_disk_dir(&disk, a->d->paths.journal, false);

	if (rc == 0)
		rc = fix_journal_reader_open(&r, disk, 0, &e);
	while (rc >= 0 && (rc = fix_journal_next(r, &rec, &e)) == 1)
		sum_record(a, &rec);
	if (rc < 0)
		cli_fail("the journal: %s", e.text);
	if (r != NULL)
		fix_journal_reader_close(r);
	if (disk != NULL)
		disk->ops->close(disk);
	ledger_counts(a->j.ledger, &a->journal);
	return rc;
}

static int
sum_order(void *arg, const struct order *o)
{
	struct account *a = arg;

	if (o->session != a->session)
		return 0;
	a->t.orders++;
	a->t.acked += o->acked != 0;
	a->t.filled += o->status == '2';
	a->t.canceled += o->status == '4';
	a->t.refused += o->status == '8';
	a->t.live += order_is_live(o);
	a->t.filled_qty_e8 += o->cum_e8;
	return 0;
}

static int
sum_exec(void *arg, struct fix_span key, struct fix_span value)
{
	struct account *a = arg;
	struct order_exec x;

	(void)key;
	if (value.len != sizeof(x))
		return -FIX_E_FOREIGN;
	memcpy(&x, value.p, sizeof(x));
	a->t.fills += x.live != 0;
	return 0;
}

static int
sum_tables(struct account *a)
{
	const struct fix_span all = { NULL, 0 };
	int rc = view_open(&a->view, &a->d->paths);

	if (rc != 0)
		return rc;
	a->session = view_session(&a->view, DEMO_CLIENT);
	if (a->session == 0 ||
	    !view_session_row(&a->view, a->session, &a->t.session))
		return cli_fail("the tables know no %s", DEMO_CLIENT);
	a->t.applied = a->view.journal_at;
	rc = view_orders(&a->view, sum_order, a);
	if (rc == 0)
		rc = fix_store_each(
		    a->view.store, FIX_TAB_EXECS, all, all, sum_exec, a);
	if (rc != 0)
		cli_fail("the tables are of another version");
	return rc;
}

struct cell {
	char text[FIX_DEC_MAX + 1]; /* "": this one does not know */
};

static struct cell
count(uint64_t n)
{
	struct cell c;

	snprintf(c.text, sizeof(c.text), "%" PRIu64, n);
	return c;
}

static struct cell
amount(int64_t e8)
{
	struct cell c;

	c.text[fix_dec_format((uint8_t *)c.text, fix_dec_of_e8(e8))] = '\0';
	return c;
}

static const struct cell unknown = { "" };

static bool
agree(struct cell a, struct cell b)
{
	return a.text[0] == '\0' || b.text[0] == '\0' ||
	       strcmp(a.text, b.text) == 0;
}

static const char *
shown(const struct cell *c)
{
	return c->text[0] == '\0' ? "-" : c->text;
}

static void
line(struct account *a, const char *what, struct cell client,
    struct cell journal, struct cell tables)
{
	const struct show *sh = &a->d->t.sh;
	bool good = agree(client, journal) && agree(client, tables) &&
		    agree(journal, tables);

	a->wrong += !good;
	printf("  %-32s %13s %13s %13s   %s%s%s\n", what, shown(&client),
	    shown(&journal), shown(&tables),
	    good ? show_green(sh) : show_red(sh), good ? "ok" : "DIFFERS",
	    show_plain(sh));
}

static void
order_lines(struct account *a)
{
	const struct ledger_counts *c = &a->client, *j = &a->journal;
	const struct table_sum *t = &a->t;
	uint64_t live = 0;
	size_t i;

	for (i = 0; i < ledger_n_orders(a->d->t.ledger); i++)
		live += !ledger_ended(ledger_order_at(a->d->t.ledger, i));
	line(a, "orders sent", count(c->orders), count(j->orders),
	    count(t->orders));
	line(a, "cancels and replaces sent", count(c->cancels + c->replaces),
	    count(j->cancels + j->replaces), unknown);
	line(a, "orders acknowledged", count(c->acked), count(j->acked),
	    count(t->acked));
	line(a, "orders filled", count(c->filled), count(j->filled),
	    count(t->filled));
	line(a, "orders cancelled", count(c->canceled), count(j->canceled),
	    count(t->canceled));
	line(
	    a, "orders refused", count(c->refused), count(j->refused), unknown);
	line(a, "orders still in the book", count(live), unknown,
	    count(t->live));
	line(
	    a, "executions", count(c->fills), count(j->fills), count(t->fills));
	line(a, "quantity executed", amount(c->filled_qty_e8),
	    amount(j->filled_qty_e8), amount(t->filled_qty_e8));
}

static void
session_lines(struct account *a)
{
	const struct ledger_counts *c = &a->client, *j = &a->journal;
	struct fix_session_numbers n = client_numbers(a->d->t.client);

	line(a, "reports, each told once", count(c->reports), count(j->reports),
	    unknown);
	line(a, "ExecIDs, no two the same", count(c->exec_ids),
	    count(j->exec_ids), unknown);
	line(a, "ExecIDs seen twice", count(c->exec_ids_twice),
	    count(j->exec_ids_twice), unknown);
	line(a, "messages rejected", count(c->rejects), count(j->rejects),
	    unknown);
	line(a, "resent by the gateway", count(a->wire.received_dup),
	    count(a->j.lost_reports), unknown);
	line(a, "resent by the client", count(a->wire.resent),
	    count(a->j.resent_in), unknown);
	line(a, "next MsgSeqNum to the gateway", count(n.next_out), unknown,
	    count(a->t.session.numbers.next_in));
	line(a, "next MsgSeqNum to the client", count(n.next_in), unknown,
	    count(a->t.session.numbers.next_out));
}

static bool
find_position(
    const struct account *a, const char *symbol, struct risk_position *p)
{
	char key[2 * RISK_ID_MAX + 2];
	int n =
	    snprintf(key, sizeof(key), "%s%c%s", DEMO_ACCOUNT, '\0', symbol);
	struct fix_span k = { (const uint8_t *)key, (size_t)n };

	return n > 0 && n < (int)sizeof(key) &&
	       fix_store_get(a->view.store, FIX_TAB_POSITIONS, k, p,
		   sizeof(*p)) == (ssize_t)sizeof(*p);
}

static const struct ledger_position *
position_in(const struct ledger *l, const char *symbol)
{
	const struct ledger_position *list;
	size_t n = ledger_positions(l, &list), i;

	for (i = 0; i < n; i++)
		if (strcmp(list[i].symbol, symbol) == 0)
			return &list[i];
	return NULL;
}

static void
position_lines(struct account *a)
{
	const struct ledger_position *list, *j;
	size_t n = ledger_positions(a->d->t.ledger, &list), i;
	struct risk_position p;
	char what[128];
	bool known;

	for (i = 0; i < n; i++) {
		j = position_in(a->j.ledger, list[i].symbol);
		known = find_position(a, list[i].symbol, &p);
		snprintf(what, sizeof(what), "position in %s", list[i].symbol);
		line(a, what, amount(list[i].qty_e8),
		    amount(j == NULL ? 0 : j->qty_e8),
		    amount(known ? p.qty_e8 : 0));
		line(a, "  paid (-) and got for it", amount(list[i].cash_e8),
		    amount(j == NULL ? 0 : j->cash_e8),
		    amount(known ? p.cash_e8 : 0));
	}
}

/* Seconds with three decimals, of nanoseconds. */
static struct cell
seconds(int64_t ns)
{
	struct cell c;

	snprintf(c.text, sizeof(c.text), "%" PRId64 ".%03" PRId64, ns / FIX_SEC,
	    ns % FIX_SEC / FIX_MSEC);
	return c;
}

static void
rest_lines(struct account *a)
{
	struct demo *d = a->d;
	int64_t mine = d->ended_ns - d->began_ns;
	int64_t theirs = a->j.to_ns - a->j.from_ns;
	bool inside = a->j.from_ns >= d->began_wall_ns - FIX_SEC &&
		      theirs <= mine + FIX_SEC;
	struct cell a_ = seconds(mine), b_ = seconds(theirs);
	struct cell down = seconds(d->up_ns - d->down_ns);

	line(a, "starts of the gateway", count(2), count(a->j.starts), unknown);
	line(a, "journal records", unknown, count(a->j.records),
	    count(a->t.applied));
	printf("  %-32s %13s %13s %13s   %s\n", "time, seconds", a_.text,
	    b_.text, "-", inside ? "ok" : "DIFFERS");
	a->wrong += !inside;
	printf("\n  %s s without a gateway; %" PRIu64
	       " journal records in %" PRIu64 " turns.\n",
	    down.text, a->j.records, a->j.turns);
}

static void
print_all(struct account *a)
{
	const struct show *sh = &a->d->t.sh;

	printf("\n%s== The account%s\n\n  %-32s %13s %13s %13s\n",
	    show_bold(sh), show_plain(sh), "", "client", "journal", "tables");
	order_lines(a);
	session_lines(a);
	position_lines(a);
	rest_lines(a);
}

unsigned
demo_account(struct demo *d)
{
	struct account a = { .d = d };
	int rc = -FIX_E_NOMEM;

	a.j.ledger = ledger_new();
	ledger_counts(d->t.ledger, &a.client);
	client_counts(d->t.client, &a.wire);
	if (a.j.ledger != NULL)
		rc = sum_tables(&a);
	if (rc == 0)
		rc = sum_journal(&a);
	if (rc == 0)
		print_all(&a);
	view_close(&a.view);
	ledger_free(a.j.ledger);
	return rc == 0 ? a.wrong : 1;
}
