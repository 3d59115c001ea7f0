/*
 * The demo's trading day.
 *
 * Each step states what its order must come to, so that a demo that runs but
 * shows nothing fails. The crash is made so that both sides lose something for
 * certain: reports that the gateway has written to its journal and to the
 * socket, but that the client has not read when it closes; orders that were in
 * flight when SIGKILL struck; and orders entered while there was no gateway.
 * Both sides then find the gap in each other's MsgSeqNum and ask.
 */
#include "gateway/cli/demo.h"

#include <stdarg.h>
#include <time.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/view.h"

#define WAIT_MS 30000 /* for anything; a loaded machine is no failure */
#define QUIET_MS 60   /* nothing came for so long: the step is over */

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

struct step {
	const char *title;
	const char *line;
	const char *id; /* order that the step is about, by its first id */
	char status;    /* what it must come to */
};

static const struct step morning[] = {
	{ "A market order: filled at the best price",
	    "new AAPL buy 100 id day-1", "day-1", '2' },
	{ "A limit order that crosses the spread: filled",
	    "new MSFT sell 50 @ 409.50 id day-2", "day-2", '2' },
	{ "A limit order below the market: it rests in the book",
	    "new ETHUSDT buy 10 @ 2950 gtc id day-3", "day-3", '0' },
	{ "Immediate or cancel: what is not there is cancelled",
	    "new BTCUSDT buy 150 @ 60000.01 ioc id day-4", "day-4", '4' },
	{ "Fill or kill: too much to fill, so nothing is",
	    "new ETHUSDT buy 5000 @ 3000.10 fok id day-5", "day-5", '4' },
	{ "More than the best level holds: a partial fill",
	    "new MSFT buy 2050 @ 410.01 id day-6", "day-6", '1' },
	{ "Replace it: less, and lower", "replace day-6 1500 400 id day-7",
	    "day-6", '1' },
	{ "Cancel what is left of it", "cancel day-6 id day-8", "day-6", '4' },
	{ "Too large: pre-trade risk refuses",
	    "new AAPL buy 5000000 @ 187.25 id day-9", "day-9", '8' },
	{ "A symbol that nobody knows: refused",
	    "new NOPE buy 10 @ 1 id day-10", "day-10", '8' },
};

/* Carried out by the gateway; the client never reads the reports. */
static const char *const handled[] = {
	"new AAPL buy 10 id crash-1",
	"new AAPL sell 10 @ 187.10 id crash-2",
	"new MSFT buy 20 @ 410.10 id crash-3",
	"new ETHUSDT sell 5 id crash-4",
	"new EUR_USD buy 30 id crash-5",
	"new BTCUSDT sell 2 @ 59900 ioc id crash-6",
};

/* Each of them is accepted, and filled at once. */
#define HANDLED_REPORTS (2 * N_OF(handled))

/* Sent, and SIGKILL at once. */
static const char *const in_flight[] = {
	"new AAPL buy 40 id crash-7",
	"new MSFT sell 20 @ 409.90 id crash-8",
	"new ETHUSDT buy 15 @ 3000.10 fok id crash-9",
	"new EUR_USD sell 30 id crash-10",
};

/* Entered while there is no gateway. */
static const char *const while_down[] = {
	"new AAPL sell 60 id down-1",
	"new MSFT buy 25 @ 405 gtc id down-2",
	"cancel day-3 id down-3",
};

void
demo_title(struct demo *d, const char *fmt, ...)
{
	va_list ap;

	if (d->quiet)
		return;
	printf("\n%s== ", show_bold(&d->t.sh));
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("%s\n", show_plain(&d->t.sh));
	fflush(stdout);
}

static void
nap(void)
{
	struct timespec t = { 0, 10 * FIX_MSEC };

	nanosleep(&t, NULL);
}

/* The gateway may still be starting: try until it listens. */
static int
log_on(struct demo *d)
{
	int64_t end = client_now().mono.ns + WAIT_MS * FIX_MSEC;
	int rc;

	do {
		rc = trading_logon(&d->t, true);
		if (rc == 0)
			return 0;
		if (demo_died(&d->gate))
			return -FIX_E_STATE;
		nap();
	} while (client_now().mono.ns < end);
	cli_fail("no Logon with the gateway in %d s: %s", WAIT_MS / 1000,
	    fix_strerror(rc));
	return rc;
}

static int
settle(struct demo *d)
{
	int rc = trading_settle(&d->t, QUIET_MS, WAIT_MS);

	if (rc == -FIX_E_NOTFOUND)
		cli_fail("an order has no answer after %d s", WAIT_MS / 1000);
	if (rc == -FIX_E_STATE && !demo_died(&d->gate))
		cli_fail("the gateway closed the connection");
	return rc;
}

static void
expect(struct demo *d, const char *id, char status)
{
	const struct ledger_order *o = ledger_find(d->t.ledger, id);

	if (o != NULL && o->status == status)
		return;
	d->failed++;
	cli_fail("%s should have come to OrdStatus %c, not %c", id, status,
	    o == NULL || o->status == '\0' ? '-' : o->status);
}

static int
do_step(struct demo *d, const struct step *s)
{
	int rc;

	demo_title(d, "%s", s->title);
	rc = trading_line(&d->t, s->line);
	if (rc == 0)
		rc = settle(d);
	if (rc == 0)
		expect(d, s->id, s->status);
	return rc;
}

static int
send_all(struct demo *d, const char *const *lines, size_t n)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < n && rc == 0; i++)
		rc = trading_line(&d->t, lines[i]);
	return rc;
}

/* Read the journal, as any process may, until it holds n reports of the
 * gateway: then they are on their way to a client that does not read. */
static int
watch_reports(struct demo *d, struct fix_journal_reader *r, size_t n)
{
	int64_t end = client_now().mono.ns + WAIT_MS * FIX_MSEC;
	struct fix_store_error e = { "" };
	struct fix_rec rec;
	size_t seen = 0;
	int rc = 0;

	while (seen < n && client_now().mono.ns < end) {
		rc = fix_journal_next(r, &rec, &e);
		if (rc < 0)
			break;
		if (rc == 1)
			seen += rec.type == REC_OUT;
		else if (demo_died(&d->gate))
			return -FIX_E_STATE;
		else
			nap();
	}
	if (seen >= n)
		return 0;
	cli_fail("no reports in the journal: %s", e.text);
	return -FIX_E_NOTFOUND;
}

/* Number of the record behind the last one. */
static int
journal_end(struct fix_disk *disk, uint64_t *end)
{
	struct fix_journal_reader *r;
	struct fix_store_error e;
	struct fix_rec rec;
	int rc = fix_journal_reader_open(&r, disk, 0, &e);

	*end = 1;
	if (rc != 0)
		return rc;
	while ((rc = fix_journal_next(r, &rec, &e)) == 1)
		*end = rec.number + 1;
	fix_journal_reader_close(r);
	return rc;
}

static int
send_and_watch(struct demo *d)
{
	struct fix_journal_reader *r = NULL;
	struct fix_store_error e = { "it can't be read" };
	struct fix_disk *disk;
	uint64_t end = 1;
	int rc = fix_disk_dir(&disk, d->paths.journal, false);

	if (rc != 0)
		return cli_fail("no journal in %s", d->paths.journal);
	rc = journal_end(disk, &end);
	if (rc == 0)
		rc = fix_journal_reader_open(&r, disk, end, &e);
	if (rc != 0)
		cli_fail("the journal: %s", e.text);
	if (rc == 0)
		rc = send_all(d, handled, N_OF(handled));
	if (rc == 0)
		rc = watch_reports(d, r, HANDLED_REPORTS);
	if (r != NULL)
		fix_journal_reader_close(r);
	disk->ops->close(disk);
	return rc;
}

static int
crash(struct demo *d)
{
	int rc;

	demo_title(d, "Six orders; the client does not read the reports yet");
	rc = send_and_watch(d);
	if (rc != 0)
		return rc;
	demo_title(d, "Four more, and SIGKILL while they are in flight");
	rc = send_all(d, in_flight, N_OF(in_flight));
	if (rc != 0)
		return rc;
	d->down_ns = client_now().mono.ns;
	demo_kill(&d->gate);
	d->lost_from = client_numbers(d->t.client).next_in;
	client_drop(d->t.client);
	trading_say(&d->t, "the gateway is dead; what was in the socket is "
			   "lost");
	demo_title(d, "While it is down: orders are kept by the client");
	return send_all(d, while_down, N_OF(while_down));
}

static int
recover(struct demo *d)
{
	struct client_counts c;
	int rc;

	demo_title(d, "The gateway starts again; each side asks for what it "
		      "missed");
	rc = demo_start(&d->gate);
	if (rc == 0)
		rc = log_on(d);
	d->up_ns = client_now().mono.ns;
	if (rc == 0)
		rc = settle(d);
	client_counts(d->t.client, &c);
	d->lost_to = c.logon_seq - 1;
	if (rc == 0 && (c.gaps_asked == 0 || c.gaps_told == 0)) {
		d->failed++;
		cli_fail("%s never asked for what it missed",
		    c.gaps_asked == 0 ? "the client" : "the gateway");
	}
	return rc;
}

int
demo_day(struct demo *d)
{
	size_t i;
	int rc;

	demo_title(d, "The gateway starts, and %s logs on", DEMO_CLIENT);
	rc = demo_start(&d->gate);
	if (rc == 0)
		rc = log_on(d);
	for (i = 0; rc == 0 && i < N_OF(morning); i++)
		rc = do_step(d, &morning[i]);
	if (rc == 0)
		rc = crash(d);
	if (rc == 0)
		rc = recover(d);
	if (rc != 0)
		return rc;
	expect(d, "day-3", '4');
	expect(d, "down-2", '0');
	demo_title(d, "The day ends");
	rc = client_logout(d->t.client, WAIT_MS);
	if (rc != 0)
		cli_fail("no answer to the Logout");
	return rc;
}
