/*
 * The way of every drill that loses a gateway: trade until there are copies,
 * the fault, the check that sees it, and a gateway that was restored: verified,
 * started, traded with.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/drill.h"

size_t
drill_sections(char *to, size_t cap, const char *database, const char *folder,
    const char *sign, unsigned interval_s)
{
	return (size_t)snprintf(to, cap,
	    "\n[AUDIT]\nName=drill.fixgate\n%s%s\n"
	    "\n[BACKUP]\nFolder=%s\nSigningKey=%s\nInterval=%u\n"
	    "Rate=1000\n",
	    database[0] == '\0' ? "" : "Database=", database, folder, sign, interval_s);
}

bool
drill_trade(struct drill *d, const char *folder)
{
	int64_t end = drill_now() + 2 * DRILL_WAIT_NS;

	if (!drill_start(d, &d->gate)) {
		cli_fail("the gateway does not start; see %s", d->gate.log);
		return false;
	}
	if (!drill_load_start(d, 4) || !drill_load_more(d, 50))
		return false;
	drill_step(d, "the gateway trades");
	while (drill_now() < end && drill_copies(folder) < 3)
		drill_nap(10);
	if (!d->brief)
		drill_nap(30000);
	if (!drill_load_more(d, 20))
		return false;
	drill_step(d, "%u copies are there", drill_copies(folder));
	return drill_copies(folder) >= 3;
}

void
drill_fault(struct drill *d, const char *what)
{
	d->fault_ns = drill_now();
	drill_step(d, "fault: %s", what);
}

bool
drill_journal_good(struct drill *d, const struct demo_gateway *g)
{
	const char *words[] = { "journal", "verify", NULL };

	return drill_fixgate(d, g, words) == 0;
}

bool
drill_detect(struct drill *d, bool (*good)(struct drill *, const struct demo_gateway *))
{
	int64_t end = drill_now() + DRILL_WAIT_NS;

	while (drill_now() < end && good(d, &d->gate))
		drill_nap(50);
	d->found_ns = drill_now();
	drill_step(d, "detected");
	return drill_check(d, d->found_ns < end, "a check tells the fault");
}

void
drill_stop_gate(struct drill *d)
{
	demo_kill(&d->gate);
	d->gone_ns = drill_now();
}

bool
drill_restored(struct drill *d, struct demo_gateway *g)
{
	const char *audit[] = { "audit", "verify", NULL };
	char data[PATH_MAX + 8];

	snprintf(data, sizeof(data), "%s/data", g->dir);
	if (!drill_check(d, drill_journal_good(d, g), "the journal verifies") ||
	    !drill_check(d, drill_fixgate(d, g, audit) == 0,
		"the audit trail verifies") ||
	    !drill_count_lost(d, data))
		return false;
	d->trail_ns = drill_now();
	if (d->lost > 0)
		drill_step(d,
		    "%" PRIu64 " orders are not in it, the first drill-%" PRIu64
		    ": to be learned from peers and venues",
		    d->lost, d->first_lost);
	return true;
}

bool
drill_trade_again(struct drill *d, struct demo_gateway *g)
{
	int64_t end;

	if (!drill_check(d, drill_start(d, g), "the gateway starts on it"))
		return false;
	atomic_store(&d->load->port, drill_port(g));
	end = drill_now() + DRILL_WAIT_NS;
	while (drill_now() < end && d->back_ns == 0) {
		drill_nap(5);
		d->back_ns = drill_answered_after(d, d->gone_ns);
	}
	if (!drill_check(d, d->back_ns != 0, "new orders are answered"))
		return false;
	drill_step(d, "orders are accepted again");
	return true;
}

bool
drill_end_well(struct drill *d, struct demo_gateway *g)
{
	const char *audit[] = { "audit", "verify", NULL };

	drill_load_stop(d);
	return drill_check(d, demo_stop(g) == 0, "it stops in order") &&
	       drill_check(d, drill_journal_good(d, g),
		   "its journal verifies") &&
	       drill_check(d, drill_fixgate(d, g, audit) == 0,
		   "its audit trail verifies");
}

bool
drill_come_back(struct drill *d, struct demo_gateway *g)
{
	return drill_restored(d, g) && drill_trade_again(d, g) &&
	       drill_end_well(d, g);
}
