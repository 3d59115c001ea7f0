/*
 * The client of a drill: a process of its own that sends an order every few
 * milliseconds and notes, in memory that the drill shares, when each was
 * answered. When its gateway is gone it tries again, with a new session, until
 * one answers: so does a counterparty after the numbers were agreed anew.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/drill.h"
#include "store/journal.h"

static void
deliver(void *arg, const struct fix_msg *m, bool dup)
{
	struct drill_load *l = arg;
	struct fix_span id, status;
	char text[32], *end;
	unsigned long n;
	int64_t none = 0;

	(void)dup;
	if (!fix_msg_get(m, 11, &id) || id.len < 7 ||
	    !fix_msg_get(m, 39, &status) || fix_span_is(status, "8"))
		return;
	(void)fix_span_copy(id, text, sizeof(text));
	n = strtoul(text + 6, &end, 10);
	if (*end == '\0' && n > 0 && n < DRILL_ORDERS)
		atomic_compare_exchange_strong(
		    &l->v[n].acked_ns, &none, drill_now());
}

static void
send_one(struct client *c, struct drill_load *l)
{
	unsigned n = atomic_load(&l->sent) + 1;
	char body[200];

	if (n >= DRILL_ORDERS)
		return;
	snprintf(body, sizeof(body),
	    "11=drill-%u\0011=DEMO\00155=AAPL\00154=%d\00138=1\00140=2\001"
	    "44=187.25\00160=20260101-00:00:00\001",
	    n, n % 2 + 1);
	l->v[n].sent_ns = drill_now();
	if (client_send(c, fix_span_of("D"), fix_span_of(body)) == 0)
		atomic_store(&l->sent, n);
}

static bool
is_up(void *arg)
{
	return client_up(arg);
}

/* One session, until it ends. */
static void
talk(struct drill_load *l, struct client_cfg *cfg)
{
	const struct client_ops ops = { .arg = l, .deliver = deliver };
	int64_t due = 0;
	struct client *c;
	char port[8];

	snprintf(port, sizeof(port), "%u", atomic_load(&l->port));
	cfg->port = port;
	if (client_new(&c, cfg, &ops) != 0)
		return;
	if (client_connect(c, 1000, true) == 0 &&
	    client_until(c, is_up, c, 2000) == 0)
		while (client_up(c) && !atomic_load(&l->stop)) {
			if (drill_now() >= due) {
				send_one(c, l);
				due = drill_now() +
				      atomic_load(&l->pause_ms) * FIX_MSEC;
			}
			if (client_turn(c, 1, -1) != 0)
				break;
		}
	client_free(c);
}

static void
client_process(struct drill_load *l)
{
	struct fix_dict_error e;
	struct dicts *dicts = dicts_new(NULL, &e);
	struct client_cfg cfg = { .host = "127.0.0.1",
		.version = FIX_V_44,
		.sender = DEMO_CLIENT,
		.target = "FIXGATE" };

	if (dicts == NULL)
		_exit(1);
	cfg.dicts = dicts_of_version(dicts, cfg.version);
	while (!atomic_load(&l->stop)) {
		talk(l, &cfg);
		drill_nap(20);
	}
	_exit(0);
}

bool
drill_load_start(struct drill *d, unsigned pause_ms)
{
	d->load = mmap(NULL, sizeof(*d->load), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (d->load == MAP_FAILED) {
		d->load = NULL;
		cli_fail("out of memory");
		return false;
	}
	atomic_store(&d->load->port, drill_port(&d->gate));
	atomic_store(&d->load->pause_ms, pause_ms);
	fflush(NULL);
	d->client = fork();
	if (d->client == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		client_process(d->load);
	}
	if (d->client < 0)
		cli_fail("can't start a process: %s", strerror(errno));
	return d->client > 0;
}

void
drill_load_stop(struct drill *d)
{
	if (d->client <= 0)
		return;
	atomic_store(&d->load->stop, true);
	while (waitpid(d->client, NULL, 0) < 0 && errno == EINTR)
		;
	d->client = 0;
}

static unsigned
answered(const struct drill_load *l)
{
	unsigned n = 0;

	for (unsigned i = 1; i <= atomic_load(&l->sent); i++)
		n += atomic_load(&l->v[i].acked_ns) != 0;
	return n;
}

bool
drill_load_more(struct drill *d, unsigned n)
{
	int64_t end = drill_now() + DRILL_WAIT_NS;
	unsigned want = answered(d->load) + n;

	while (drill_now() < end) {
		if (answered(d->load) >= want)
			return true;
		drill_nap(5);
	}
	cli_fail("orders have no answer; see %s", d->log);
	return false;
}

int64_t
drill_answered_after(const struct drill *d, int64_t ns)
{
	for (unsigned i = 1; i <= atomic_load(&d->load->sent); i++)
		if (d->load->v[i].sent_ns > ns &&
		    atomic_load(&d->load->v[i].acked_ns) != 0)
			return atomic_load(&d->load->v[i].acked_ns);
	return 0;
}

int64_t
drill_end_of_load(const struct drill *d)
{
	return d->gone_ns != 0 ? d->gone_ns : d->fault_ns;
}

int64_t
drill_longest_gap(const struct drill *d, int64_t from_ns)
{
	int64_t last = from_ns, longest = 0, at;

	for (unsigned i = 1; i <= atomic_load(&d->load->sent); i++) {
		at = atomic_load(&d->load->v[i].acked_ns);
		if (at <= last)
			continue;
		if (at - last > longest)
			longest = at - last;
		last = at;
	}
	return longest;
}

/* The order that a report is about; 0: none of ours. */
static unsigned
order_of(const struct fix_rec *r)
{
	static const char report[] = "\00135=8\001", id[] = "\00111=drill-";
	const uint8_t *p, *end = r->data + r->len;
	unsigned n = 0;

	if (memmem(r->data, r->len, report, sizeof(report) - 1) == NULL)
		return 0;
	p = memmem(r->data, r->len, id, sizeof(id) - 1);
	for (p = p == NULL ? end : p + sizeof(id) - 1;
	     p < end && *p >= '0' && *p <= '9' && n < DRILL_ORDERS; p++)
		n = n * 10 + (unsigned)(*p - '0');
	return n < DRILL_ORDERS ? n : 0;
}

static int
mark_present(const char *journal, uint8_t *there)
{
	struct fix_journal_reader *r = NULL;
	struct fix_store_error e = { "" };
	struct fix_disk *disk;
	struct fix_rec rec;
	int rc = fix_disk_dir(&disk, journal, false);

	if (rc != 0)
		return rc;
	rc = fix_journal_reader_open(&r, disk, 0, &e);
	while (rc == 0 && (rc = fix_journal_next(r, &rec, &e)) == 1) {
		there[order_of(&rec)] = 1;
		rc = 0;
	}
	if (r != NULL)
		fix_journal_reader_close(r);
	disk->ops->close(disk);
	if (rc != 0)
		cli_fail("%s", e.text);
	return rc;
}

bool
drill_count_lost(struct drill *d, const char *data)
{
	uint8_t *there = calloc(DRILL_ORDERS, 1);
	char journal[PATH_MAX + 32];
	int64_t at;
	int rc = -FIX_E_NOMEM;

	snprintf(journal, sizeof(journal), "%s/trading/journal", data);
	if (there != NULL)
		rc = mark_present(journal, there);
	d->acked = d->lost = d->first_lost = 0;
	for (unsigned i = 1; rc == 0 && i <= atomic_load(&d->load->sent);
	     i++) {
		at = atomic_load(&d->load->v[i].acked_ns);
		if (at == 0 || at >= drill_end_of_load(d))
			continue;
		d->acked++;
		if (there[i])
			continue;
		if (d->lost++ == 0) {
			d->first_lost = i;
			d->lost_ns = drill_end_of_load(d) - at;
		}
		if (d->copied_ns != 0 && at < d->copied_ns)
			drill_check(d, false,
			    "order %u was answered before the copy was begun, "
			    "and is not in it",
			    i);
	}
	free(there);
	return rc == 0;
}
