/*
 * region_outage: a gateway under load that ships its trail into a PostgreSQL of
 * its region, copies and a standby in another one. The region is gone: gateway,
 * disks, copies, primary. The other one starts from what it has.
 *
 * The standby knows more of the old trail than the last copy: what was lost of
 * orders stands there. So that trail stays as it is, as evidence, and the
 * gateway of the other region begins one of another name.
 */
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/drill_pg.h"

#define WRITER                                                                 \
	"postgresql://audit_writer@127.0.0.1:%u/trading?connect_timeout=2"

struct region {
	struct drill_pg pg;
	struct demo_gateway other;
	char copies[PATH_MAX + 16], far[PATH_MAX + 16];
};

/* The other region's copies come by a program, as those of a bucket would. */
static bool
write_taker(const char *path, const char *to)
{
	FILE *f = fopen(path, "we");

	if (f == NULL)
		return false;
	fprintf(f,
	    "#!/bin/sh\nset -e\nn='%s'/\"${1##*/}\"\n"
	    "cp \"$1\" \"$n.part\"\nmv \"$n.part\" \"$n\"\n",
	    to);
	return fclose(f) == 0 && chmod(path, 0700) == 0;
}

static bool
prepare(struct drill *d, struct region *r)
{
	char sections[5 * PATH_MAX], sign[PATH_MAX + 16], take[PATH_MAX + 16];
	char url[200];
	size_t n;

	snprintf(r->copies, sizeof(r->copies), "%s/a-copies", d->dir);
	snprintf(r->far, sizeof(r->far), "%s/b-copies", d->dir);
	snprintf(take, sizeof(take), "%s/take", d->dir);
	snprintf(sign, sizeof(sign), "%s/sign.pem", d->dir);
	snprintf(url, sizeof(url), WRITER, r->pg.port[0]);
	n = drill_sections(sections, sizeof(sections), url, r->copies, sign,
	    d->brief ? 1 : 10);
	snprintf(sections + n, sizeof(sections) - n, "Command=%s\n", take);
	if (mkdir(r->far, 0700) != 0 || !write_taker(take, r->far) ||
	    !drill_prepare(d, &d->gate, "a", sections))
		return false;
	snprintf(sections, sizeof(sections),
	    "\n[AUDIT]\nName=drill.fixgate.b\nDatabase=" WRITER "\n",
	    r->pg.port[1]);
	return drill_prepare(d, &r->other, "b", sections);
}

static bool
answers(struct drill *d, const struct demo_gateway *g)
{
	const char *words[] = { "control", "status", NULL };

	return drill_fixgate(d, g, words) == 0;
}

static bool
lose_region(struct drill *d, struct region *r)
{
	char data[PATH_MAX + 16];

	drill_fault(d, "the region is gone: its gateway, its disks, its copies, "
		       "its database");
	drill_stop_gate(d);
	if (!drill_pg_destroy(&r->pg))
		return false;
	cli_remove_dir(r->copies);
	snprintf(data, sizeof(data), "%s/data", d->gate.dir);
	cli_remove_dir(data);
	return drill_detect(d, answers);
}

/* The old trail, and what it tells of orders that no copy has. */
static bool
set_aside(struct drill *d, struct region *r)
{
	char from[PATH_MAX + 32], to[PATH_MAX + 64], sql[300];

	snprintf(from, sizeof(from), "%s/data/audit", r->other.dir);
	snprintf(to, sizeof(to), "%s.evidence", from);
	if (rename(from, to) != 0)
		return false;
	drill_step(d, "the old trail is kept as evidence, a new one begins");
	snprintf(sql, sizeof(sql),
	    "SELECT EXISTS (SELECT 1 FROM audit.audit_events WHERE "
	    "chain = 'drill.fixgate' AND details->>'cl_ord_id' = 'drill-%"
	    PRIu64 "')",
	    d->first_lost);
	if (d->lost > 0)
		drill_step(d, "the other region's database %s the first order "
			      "that is not in the copy",
		    drill_pg_asks(d, &r->pg, 1, sql) ? "has"
						     : "has not got");
	return true;
}

static bool
play(struct drill *d, struct region *r)
{
	if (!drill_trade(d, r->far))
		return false;
	/* As much as two databases on this machine keep up with. */
	atomic_store(&d->load->pause_ms, 20);
	if (!drill_check(d, drill_pg_caught_up(d, &r->pg, 1),
		"the trail reaches the other region") ||
	    !drill_load_more(d, 20) || !lose_region(d, r) ||
	    !drill_pg_promote(d, &r->pg))
		return false;
	if (d->sabotage)
		drill_spoil(r->far, true);
	if (!drill_restore(d, &r->other, r->far))
		return false;
	d->gate = r->other;
	if (!drill_restored(d, &d->gate) || !set_aside(d, r) ||
	    !drill_trade_again(d, &d->gate) ||
	    !drill_check(d, drill_pg_caught_up(d, &r->pg, 1),
		"what is traded now comes to the new primary"))
		return false;
	d->trail_ns = drill_now();
	drill_step(d, "the audit trail has caught up");
	return drill_end_well(d, &d->gate) && drill_pg_same(d, &r->pg, 1);
}

bool
drill_region(struct drill *d)
{
	static struct region r;
	bool good =
	    drill_pg_start(d, &r.pg) && prepare(d, &r) && play(d, &r);

	drill_pg_end(d, &r.pg);
	return good;
}
