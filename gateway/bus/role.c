/*
 * A publisher's process: read a batch, publish it, keep the cursor; when the
 * broker is away, try again ever later, up to 30 seconds. The log says once
 * that it is away and once that it is back, and every minute how far behind
 * the publisher is.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "gateway/bus/feed.h"
#include "gateway/trader/role.h"

#define IDLE_NS (20 * FIX_MSEC)
#define PAUSE_FIRST_NS (200 * FIX_MSEC)
#define PAUSE_MAX_NS (30 * FIX_SEC)
#define STATUS_NS FIX_SEC
#define TELL_NS (60 * FIX_SEC)
#define LATE_NS (10 * FIX_SEC) /* behind by so much: worth a line */

struct publisher {
	struct bus_cfg cfg;
	const struct bus_ops *ops;
	struct feed *feed;
	void *bus;        /* NULL: not connected */
	int64_t pause_ns; /* 0: all is well */
	int64_t lag_ns, status_ns, told_ns;
};

static int64_t
clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * FIX_SEC + t.tv_nsec;
}

/* @return true: SIGTERM came */
static bool
told_to_stop(int64_t wait_ns)
{
	struct timespec t = { wait_ns / FIX_SEC, wait_ns % FIX_SEC };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	return sigtimedwait(&set, NULL, &t) == SIGTERM;
}

static void
report(struct publisher *p, bool now)
{
	int64_t at = clock_ns(CLOCK_MONOTONIC);
	struct fix_utc utc = { clock_ns(CLOCK_REALTIME) };
	uint64_t behind;

	if (!now && at - p->status_ns < STATUS_NS)
		return;
	p->status_ns = at;
	feed_status(p->feed, utc, p->lag_ns, p->pause_ns == 0);
	if (p->lag_ns < LATE_NS || at - p->told_ns < TELL_NS)
		return;
	p->told_ns = at;
	behind = feed_there(p->feed) - feed_at(p->feed);
	log_warn("%s is %" PRIu64 " events and %lld s behind",
	    bus_kind_name(p->cfg.kind), behind,
	    (long long)(p->lag_ns / FIX_SEC));
}

static void
down(struct publisher *p, const char *why)
{
	p->ops->close(p->bus);
	p->bus = NULL;
	if (p->pause_ns == 0)
		log_warn("%s can't be published to: %s; events wait in the "
			 "audit trail, the last that it has is %" PRIu64,
		    bus_kind_name(p->cfg.kind), why, feed_at(p->feed));
	else
		log_debug("%s: %s", bus_kind_name(p->cfg.kind), why);
	p->pause_ns = p->pause_ns == 0 ? PAUSE_FIRST_NS : p->pause_ns * 2;
	if (p->pause_ns > PAUSE_MAX_NS)
		p->pause_ns = PAUSE_MAX_NS;
}

static void
well(struct publisher *p)
{
	if (p->pause_ns != 0)
		log_info("%s takes events again, from %" PRIu64 " on",
		    bus_kind_name(p->cfg.kind), feed_at(p->feed) + 1);
	p->pause_ns = 0;
}

/* @return true: the batch is confirmed */
static bool
publish(struct publisher *p, const struct feed_batch *b)
{
	char why[300] = "";

	if (p->bus == NULL)
		p->bus = p->ops->open(&p->cfg, why, sizeof(why));
	if (p->bus != NULL && (b->n == 0 || p->ops->send(p->bus, b->messages,
						b->n, why, sizeof(why)) == 0)) {
		well(p);
		return true;
	}
	down(p, why);
	return false;
}

/* @return what to wait, or an error */
static int64_t
turn(struct publisher *p)
{
	struct fix_store_error e;
	struct feed_batch b;
	int rc = feed_read(p->feed, &b, &e);

	if (rc < 0) {
		log_error("%s", e.text[0] != '\0' ? e.text : fix_strerror(rc));
		return rc;
	}
	p->lag_ns = rc == 0 ? 0 : clock_ns(CLOCK_REALTIME) - b.oldest.ns;
	report(p, false);
	if (rc == 0)
		return IDLE_NS;
	if (!publish(p, &b))
		return p->pause_ns;
	if (feed_keep(p->feed) != 0)
		log_warn("the cursor of %s can't be written: after a start "
			 "events come again",
		    bus_kind_name(p->cfg.kind));
	return 0;
}

static enum role_end
run(struct publisher *p)
{
	int64_t wait = 0;

	while (!told_to_stop(wait)) {
		wait = turn(p);
		if (wait < 0)
			return wait == -FIX_E_CORRUPT ? ROLE_GIVE_UP
						      : ROLE_AGAIN;
	}
	report(p, true);
	log_info("stopped in order at event %" PRIu64, feed_at(p->feed));
	return ROLE_DONE;
}

static int
role(const struct plan *plan, enum bus_kind kind)
{
	struct publisher p = { .ops = bus_ops_of(kind) };
	struct fix_store_error e;
	enum role_end end = ROLE_GIVE_UP;
	char folder[4096];

	for (uint32_t i = 0; i < plan->setup->n_listens; i++)
		close(plan->listen_fds[i]);
	snprintf(folder, sizeof(folder), "%s/bus", plan->data_dir);
	if (p.ops == NULL || !bus_read(plan->conf, kind, &p.cfg)) {
		log_error("[BUS %s] can't be used", bus_kind_name(kind));
	} else if (feed_open(&p.feed, plan->audit, folder, plan->audit_name,
		       &p.cfg, &e) != 0) {
		log_error("%s", e.text);
	} else {
		log_info("publishes behind event %" PRIu64, feed_at(p.feed));
		end = run(&p);
		p.ops->close(p.bus);
	}
	feed_close(p.feed);
	log_flush();
	return end;
}

int
role_bus_redis(const struct plan *p)
{
	return role(p, BUS_REDIS);
}

int
role_bus_rabbitmq(const struct plan *p)
{
	return role(p, BUS_RABBITMQ);
}

int
role_bus_kafka(const struct plan *p)
{
	return role(p, BUS_KAFKA);
}
