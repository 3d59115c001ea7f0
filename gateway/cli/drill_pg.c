/*
 * PostgreSQL of a drill's own, a primary and its standby, for the copy of the
 * audit trail: made, asked, killed with its data, and taken over from.
 */
#include "gateway/cli/drill_pg.h"

#include <glob.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/cli/cli.h"

static bool
find_programs(struct drill_pg *p)
{
	glob_t g = { 0 };
	char *slash;

	if (glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &g) != 0)
		(void)glob("/usr/pgsql-*/bin/initdb", 0, NULL, &g);
	if (g.gl_pathc > 0)
		snprintf(p->bin, sizeof(p->bin), "%s",
		    g.gl_pathv[g.gl_pathc - 1]);
	else
		snprintf(p->bin, sizeof(p->bin), "/usr/bin/initdb");
	globfree(&g);
	slash = strrchr(p->bin, '/');
	*slash = '\0';
	snprintf(p->sql, sizeof(p->sql), "%s/../deploy/postgresql",
	    DEMO_SOURCE);
	if (access(p->sql, R_OK) != 0)
		snprintf(p->sql, sizeof(p->sql), "%s/postgresql",
		    DEMO_INSTALLED);
	slash[0] = '/';
	if (access(p->bin, X_OK) != 0) {
		cli_fail("no PostgreSQL server here: install postgresql");
		return false;
	}
	*slash = '\0';
	return true;
}

/* PostgreSQL refuses root. */
static bool
make_place(struct drill_pg *p)
{
	const struct passwd *pw = getpwnam("nobody");

	if (cli_temp_dir(p->dir, sizeof(p->dir)) != 0)
		return false;
	if (geteuid() != 0)
		return true;
	p->user = "nobody";
	return pw != NULL && chmod(p->dir, 0755) == 0 &&
	       chown(p->dir, pw->pw_uid, pw->pw_gid) == 0;
}

bool
drill_sh(struct drill *d, const char *user, const char *fmt, ...)
{
	char line[3 * PATH_MAX];
	const char *argv[] = { "/bin/sh", "-c", line, NULL };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	return drill_run(d, user, argv) == 0;
}

static bool
start_pg(struct drill *d, const struct drill_pg *p, int which)
{
	return drill_sh(d, p->user,
	    "LC_ALL=C '%s/pg_ctl' -D '%s/%d' -w -l '%s/%d.log' -o '-p %u -k %s "
	    "-c listen_addresses=127.0.0.1 -c shared_buffers=16MB "
	    "-c max_connections=20 -c wal_level=replica -c fsync=%s' start",
	    p->bin, p->dir, which, p->dir, which, p->port[which], p->dir,
	    d->brief ? "off" : "on");
}

static bool
make_pg(struct drill *d, const struct drill_pg *p)
{
	return drill_sh(d, p->user,
		   "LC_ALL=C '%s/initdb' -D '%s/0' -A trust -N -U postgres "
		   "--encoding=UTF8 --no-locale",
		   p->bin, p->dir) &&
	       start_pg(d, p, 0) &&
	       drill_sh(d, NULL, /* who runs this may read the schema */
		   "u=postgresql://postgres@127.0.0.1:%u; "
		   "'%s/psql' -Xq -v ON_ERROR_STOP=1 $u/postgres "
		   "-c 'CREATE DATABASE trading' && "
		   "'%s/psql' -Xq -v ON_ERROR_STOP=1 $u/trading "
		   "-f '%s/roles.sql' -f '%s/schema.sql'",
		   p->port[0], p->bin, p->bin, p->sql, p->sql) &&
	       drill_sh(d, p->user,
		   "'%s/pg_basebackup' -h '%s' -p %u -U postgres -D '%s/1' -R "
		   "-X stream -c fast --no-sync",
		   p->bin, p->dir, p->port[0], p->dir) &&
	       start_pg(d, p, 1);
}

bool
drill_pg_asks(struct drill *d, const struct drill_pg *p, int which, const char *sql)
{
	return drill_sh(d, p->user,
	    "[ \"$('%s/psql' -XAtq 'postgresql://postgres@127.0.0.1:%u/trading?"
	    "connect_timeout=2' -c \"%s\")\" = t ]",
	    p->bin, p->port[which], sql);
}

bool
drill_pg_destroy(const struct drill_pg *p)
{
	char path[PATH_MAX + 32];
	FILE *f;
	int pid = 0;

	snprintf(path, sizeof(path), "%s/0/postmaster.pid", p->dir);
	f = fopen(path, "re");
	if (f == NULL || fscanf(f, "%d", &pid) != 1 || pid <= 1)
		pid = 0;
	if (f != NULL)
		fclose(f);
	if (pid == 0 || kill(pid, SIGKILL) != 0)
		return false;
	snprintf(path, sizeof(path), "%s/0", p->dir);
	cli_remove_dir(path);
	return true;
}

static unsigned
newest_answered(const struct drill *d)
{
	unsigned n = atomic_load(&d->load->sent);

	while (n > 0 && atomic_load(&d->load->v[n].acked_ns) == 0)
		n--;
	return n;
}

bool
drill_pg_caught_up(struct drill *d, const struct drill_pg *p, int which)
{
	unsigned order = newest_answered(d);
	int64_t end = drill_now() + DRILL_WAIT_NS;
	char sql[200];

	snprintf(sql, sizeof(sql),
	    "SELECT EXISTS (SELECT 1 FROM audit.audit_events "
	    "WHERE details ? 'cl_ord_id' AND details->>'cl_ord_id' = "
	    "'drill-%u')",
	    order);
	while (drill_now() < end) {
		if (drill_pg_asks(d, p, which, sql))
			return true;
		drill_nap(50);
	}
	return false;
}

/* Two ports that are free: those of settings that nothing is started with. */
static bool
take_ports(struct drill *d, struct drill_pg *p)
{
	static struct demo_gateway spare;

	for (int i = 0; i < 2; i++) {
		if (!drill_prepare(d, &spare, i == 0 ? "p" : "q", ""))
			return false;
		p->port[i] = drill_port(&spare);
	}
	return true;
}

bool
drill_pg_start(struct drill *d, struct drill_pg *p)
{
	if (!find_programs(p) || !make_place(p) || !take_ports(d, p))
		return false;
	if (!make_pg(d, p)) {
		cli_fail("PostgreSQL can't be started; see %s", d->log);
		return false;
	}
	drill_step(d, "PostgreSQL and its standby run");
	return true;
}

bool
drill_pg_promote(struct drill *d, const struct drill_pg *p)
{
	if (!drill_check(d,
		drill_sh(d, p->user, "LC_ALL=C '%s/pg_ctl' -D '%s/1' -w promote",
		    p->bin, p->dir) &&
		    drill_pg_asks(d, p, 1, "SELECT NOT pg_is_in_recovery()"),
		"the standby takes over"))
		return false;
	drill_step(d, "the standby is the primary");
	return true;
}

bool
drill_pg_same(struct drill *d, const struct drill_pg *p, int which)
{
	char url[200];
	const char *ship[] = { "audit", "ship", NULL };
	const char *verify[] = { "audit", "verify", url, NULL };

	(void)drill_fixgate(d, &d->gate, ship);
	snprintf(url, sizeof(url),
	    "--database=postgresql://audit_inspector@127.0.0.1:%u/trading",
	    p->port[which]);
	return drill_check(d, drill_fixgate(d, &d->gate, verify) == 0,
	    "every event is in the new primary, and is the same");
}

void
drill_pg_end(struct drill *d, const struct drill_pg *p)
{
	if (p->dir[0] == '\0')
		return;
	for (int i = 0; i < 2; i++)
		(void)drill_sh(d, p->user,
		    "[ ! -e '%s/%d/postmaster.pid' ] || LC_ALL=C "
		    "'%s/pg_ctl' -D '%s/%d' -w -m immediate stop",
		    p->dir, i, p->bin, p->dir, i);
	cli_remove_dir(p->dir);
}
