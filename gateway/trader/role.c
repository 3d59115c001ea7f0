/*
 * The trader's process: opens journal and tables, recovers, lets peers in, and
 * ends in order. What it can't open it says in one sentence, and whether
 * another start could help: a damaged or foreign store needs a person, a crash
 * does not.
 */
#include "config.h"

#include "gateway/trader/role.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gateway/auditor/auditor.h"
#include "gateway/trader/reload.h"

#define LOCK_TRIES 30 /* a predecessor may be dying */
#define LOCK_PAUSE_NS (100 * FIX_MSEC)

struct role {
	struct plan *plan;
	struct fix_disk *disk;
	struct fix_journal *journal;
	struct fix_store *store;
	struct risk *risk; /* the trader's, once there is one */
	struct trader *trader;
	struct loop *loop;
	struct reload reload;
};

static bool
make_dir(const char *path)
{
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return true;
	log_error("can't make folder %s: %s", path, strerror(errno));
	return false;
}

/* Only a lock is worth waiting for. */
static int
open_journal(struct role *r, struct fix_store_error *e)
{
	struct fix_journal_cfg cfg = { r->disk, r->plan->segment_bytes,
		r->plan->durability };
	struct timespec pause = { 0, LOCK_PAUSE_NS };
	int rc = fix_journal_open(&r->journal, &cfg, e);

	for (int i = 0; rc == -FIX_E_LOCKED && i < LOCK_TRIES; i++) {
		nanosleep(&pause, NULL);
		rc = fix_journal_open(&r->journal, &cfg, e);
	}
	return rc;
}

static bool
open_store(struct role *r)
{
	const struct plan *p = r->plan;
	struct fix_store_error e = { "" };
	int rc;

	if (!make_dir(p->data_dir) || !make_dir(p->trading))
		return false;
	rc = fix_disk_dir(&r->disk, p->journal, true);
	if (rc != 0) {
		log_error("journal folder %s: %s", p->journal,
		    rc == -FIX_E_IO ? strerror(errno) : fix_strerror(rc));
		return false;
	}
	rc = open_journal(r, &e);
	if (rc == 0 && e.text[0] != '\0')
		log_warn("%s", e.text);
	if (rc == 0)
		rc = fix_store_open(
		    &r->store, p->tables, p->table_bytes, true, &e);
	if (rc == 0 && e.text[0] != '\0')
		log_warn("%s", e.text);
	if (rc != 0)
		log_error("%s", e.text[0] != '\0' ? e.text : fix_strerror(rc));
	return rc == 0;
}

/* SIGHUP, between two turns. */
static void
reload(void *arg)
{
	struct role *r = arg;

	reload_settings(&r->reload);
}

static uint64_t
unread(const void *audit)
{
	return auditor_cursor(audit);
}

static bool
make_trader(struct role *r)
{
	struct plan *p = r->plan;
	struct trader_cfg cfg = {
		.sessions = p->setup->sessions,
		.n_sessions = p->setup->n_sessions,
		.n_templates = p->setup->n_templates,
		.max_dynamic = p->max_dynamic,
		.ready_orders = p->ready_orders,
		.users = p->setup->users,
		.n_users = p->setup->n_users,
		.node = p->node,
		.journal = r->journal,
		.store = r->store,
		.disk = r->disk,
		.keep_days = p->keep_days,
		.limit_max_days = setup_limit_days(p->setup, true),
		.limit_idle_days = setup_limit_days(p->setup, false),
		.space = p->space,
		.unread = p->auditor ? unread : NULL,
		.unread_arg = p->audit,
		.unread_days = p->unread_days,
	};
	struct trader_io io = loop_io(r->loop);

	r->risk = cfg.risk = plan_risk(p);
	if (r->risk == NULL)
		return false;
	r->trader = trader_new(&cfg, &io);
	if (r->trader == NULL) {
		risk_free(r->risk);
		return false;
	}
	loop_use(r->loop, r->trader);
	r->reload = (struct reload){ p, r->risk, r->trader, r->loop, NULL, 0 };
	return setup_venues(p->setup, r->trader) == 0;
}

static bool
make_loop(struct role *r)
{
	const struct plan *p = r->plan;
	struct loop_cfg cfg = {
		.setup = p->setup,
		.listen_fds = p->listen_fds,
		.plan = p,
		.credentials = p->credentials,
		.courier_fd = p->courier_fd,
		.control_path = p->control,
		.counters_path = p->counters,
		.tuning = &p->tuning,
		.control_group = p->control_group,
		.max_conns = p->max_conns,
		.max_per_addr = p->max_per_addr,
		.shake_s = p->shake_s,
		.max_shakes = p->max_shakes,
		.max_strangers = p->max_strangers,
		.max_rate_per_addr = p->max_rate_per_addr,
		.stranger_ns = (int64_t)p->stranger_s * FIX_SEC,
		.stranger_bytes = p->stranger_bytes,
		.max_queued_bytes = p->max_queued_bytes,
		.drain_s = p->drain_s,
		.max_clock_error_ns = (int64_t)p->max_clock_error_us * FIX_USEC,
		.arg = r,
		.reload = reload,
	};

	r->loop = loop_new(&cfg);
	return r->loop != NULL;
}

static void
close_all(struct role *r)
{
	trader_free(r->trader);
	loop_free(r->loop);
	reload_free(&r->reload);
	fix_store_close(r->store);
	fix_journal_close(r->journal);
	if (r->disk != NULL)
		r->disk->ops->close(r->disk);
}

static enum role_end
run(struct role *r, int ready_fd)
{
	struct fix_now now = loop_now(r->loop);
	int rc;

	if (trader_recover(r->trader, now) != 0)
		return ROLE_GIVE_UP;
	if (setup_risk_sessions(r->plan->setup, r->risk, r->trader) != 0 ||
	    setup_traders(r->plan->setup, r->trader, r->risk) != 0 ||
	    setup_markets(r->plan->setup, r->trader) != 0 ||
	    trader_limits_again(r->trader) != 0 ||
	    !reload_compare(r->trader, r->plan))
		return ROLE_GIVE_UP;
	if (write(ready_fd, "R", 1) != 1)
		log_warn("nobody waits for this trader: %s", strerror(errno));
	rc = loop_run(r->loop);
	if (rc == 0)
		rc = trader_stop(r->trader, loop_now(r->loop));
	if (rc == 0)
		log_info("stopped in order");
	return rc == 0 ? ROLE_DONE : ROLE_AGAIN;
}

enum role_end
role_trader(struct plan *p, int ready_fd)
{
	struct role r = { .plan = p };
	enum role_end end = ROLE_GIVE_UP;
	sigset_t none;

	log_open("trader", p->log_to, p->log_level);
	sigemptyset(&none);
	tuning_apply(&p->tuning);
	if (open_store(&r) && make_loop(&r) && make_trader(&r)) {
		/* From here on signals are events of the loop. */
		sigprocmask(SIG_SETMASK, &none, NULL);
		end = run(&r, ready_fd);
	}
	close_all(&r);
	log_flush();
	return end;
}
