/*
 * database_failure: the audit trail ships into a PostgreSQL of the drill's own,
 * which has a standby. It is killed and its data are removed, the standby takes
 * over, the gateway finds it by the addresses that it has, and brings what the
 * standby never got. Orders are to notice nothing.
 */
#include <stdio.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/drill_pg.h"

static bool
ready(struct drill *d, struct drill_pg *p)
{
	char sections[600];

	if (!drill_pg_start(d, p))
		return false;
	snprintf(sections, sizeof(sections),
	    "\n[AUDIT]\nName=drill.fixgate\nDatabase=postgresql://"
	    "audit_writer@127.0.0.1:%u,127.0.0.1:%u/trading?"
	    "target_session_attrs=read-write&connect_timeout=2\n",
	    p->port[0], p->port[1]);
	return drill_prepare(d, &d->gate, "a", sections);
}

static bool
fail_over(struct drill *d, const struct drill_pg *p)
{
	int64_t end;

	d->fault_ns = drill_now();
	drill_step(d, "fault: the primary is killed, its data are removed");
	if (!drill_pg_destroy(p))
		return false;
	end = drill_now() + DRILL_WAIT_NS;
	while (drill_now() < end && drill_pg_asks(d, p, 0, "SELECT true"))
		drill_nap(20);
	d->found_ns = drill_now();
	drill_step(d, "detected");
	return drill_check(d, drill_load_more(d, 20),
		   "orders are answered while there is no database") &&
	       drill_pg_promote(d, p);
}

static bool
play(struct drill *d, struct drill_pg *p)
{
	char data[PATH_MAX + 8];
	int64_t gap;

	if (!drill_start(d, &d->gate) || !drill_load_start(d, 10) ||
	    !drill_load_more(d, 50))
		return false;
	drill_step(d, "the gateway trades");
	if (!d->brief)
		drill_nap(30000);
	if (!drill_pg_caught_up(d, p, 1) || !fail_over(d, p) ||
	    !drill_load_more(d, 50))
		return false;
	d->back_ns = drill_answered_after(d, d->fault_ns);
	if (!drill_check(d, drill_pg_caught_up(d, p, 1),
		"what was traded meanwhile comes to the new primary"))
		return false;
	d->trail_ns = drill_now();
	drill_step(d, "the audit trail has caught up");
	gap = drill_longest_gap(d, d->fault_ns);
	drill_step(d, "the longest time without an answer was %lld ms",
	    (long long)(gap / FIX_MSEC));
	drill_load_stop(d);
	if (!drill_check(d, demo_stop(&d->gate) == 0, "it stops in order"))
		return false;
	if (d->sabotage)
		(void)drill_sh(d, p->user,
		    "'%s/psql' -Xq postgresql://postgres@127.0.0.1:%u/trading "
		    "-c 'SET session_replication_role = replica; DELETE FROM "
		    "audit.audit_events WHERE seq = 30'",
		    p->bin, p->port[1]);
	(void)drill_pg_same(d, p, 1);
	snprintf(data, sizeof(data), "%s/data", d->gate.dir);
	return drill_count_lost(d, data);
}

bool
drill_database(struct drill *d)
{
	struct drill_pg p = { .user = NULL };
	bool good = ready(d, &p) && play(d, &p);

	drill_pg_end(d, &p);
	return good;
}
