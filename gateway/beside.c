/*
 * Roles and venues beside the trader.
 *
 * A venue's process gets one end of a fresh socket pair each time it starts;
 * the other goes to the trader over the courier, a socket that outlives both.
 * If the trader has no use for it, or is just dying, it is closed, the process
 * sees the end, ends as well, and is started again with another.
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/auditor/role.h"
#include "gateway/beside.h"
#include "gateway/backup/snapshots.h"
#include "gateway/bus/bus.h"
#include "gateway/helper.h"
#include "gateway/memory.h"
#include "gateway/trader/role.h"
#include "gateway/vault/vault.h"
#include "gateway/venue/role.h"

#define LIVED_NS FIX_SEC /* an orderly end after so long: again at once */

static bool
auditor_wanted(const struct plan *p)
{
	return p->auditor;
}

/* A late one stops after the trader, having read what it has written. */
static const struct {
	const char *name;
	int (*run)(const struct plan *p); /* @return an exit status */
	bool (*wanted)(const struct plan *p);
	bool late;
	bool renewed; /* after SIGHUP: it has settings of its own */
} roles[] = {
	{ "auditor", role_auditor, auditor_wanted, true, false },
	{ "shipper", role_shipper, shipper_wanted, true, true },
	{ "witness pusher", role_witness, witness_wanted, true, true },
	{ "vault", role_vault, vault_wanted, false, false },
	{ "backup", role_backup, snap_wanted, false, true },
	{ "redis publisher", role_bus_redis, bus_wanted_redis, true, true },
	{ "rabbitmq publisher", role_bus_rabbitmq, bus_wanted_rabbitmq, true,
	    true },
	{ "kafka publisher", role_bus_kafka, bus_wanted_kafka, true, true },
};

#define N_ROLES (sizeof(roles) / sizeof(roles[0]))

struct outside { /* a venue's process */
	struct helper helper;
	uint64_t settings; /* a hash of those that it was started with */
	char venue[VENUE_NAME_MAX + 1];
	char name[VENUE_NAME_MAX + 8];
};

struct beside {
	struct beside_ops ops;
	int courier[2]; /* ours, the trader's */
	struct helper roles[N_ROLES];
	unsigned n;
	struct outside venues[];
};

struct beside *
beside_new(const struct plan *p, const struct beside_ops *ops)
{
	const struct conf_section *s = NULL;
	struct beside *b;
	unsigned n = 0;

	while ((s = conf_next(p->conf, "VENUE", s)) != NULL)
		n++;
	b = calloc(1, sizeof(*b) + n * sizeof(b->venues[0]));
	if (b == NULL ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
		0, b->courier) != 0) {
		log_error("links to venues: %s", strerror(errno));
		free(b);
		return NULL;
	}
	b->ops = *ops;
	for (size_t i = 0; i < N_ROLES; i++)
		helper_init(&b->roles[i], roles[i].name);
	while ((s = conf_next(p->conf, "VENUE", s)) != NULL) {
		struct outside *o = &b->venues[b->n];

		if (!venue_outside(s))
			continue;
		b->n++;
		fix_span_copy(fix_span_of(conf_name(s)), o->venue,
		    sizeof(o->venue));
		snprintf(o->name, sizeof(o->name), "venue %s", conf_name(s));
		helper_init(&o->helper, o->name);
	}
	return b;
}

void
beside_free(struct beside *b)
{
	if (b == NULL)
		return;
	close(b->courier[0]);
	close(b->courier[1]);
	free(b);
}

int
beside_courier(const struct beside *b)
{
	return b->courier[1];
}

int
beside_fd(const struct beside *b)
{
	return b->courier[0];
}

void
beside_news(struct beside *b)
{
	char name[VENUE_NAME_MAX + 1];
	ssize_t n = recv(b->courier[0], name, VENUE_NAME_MAX, MSG_DONTWAIT);

	if (n <= 0)
		return;
	name[n] = '\0';
	for (unsigned i = 0; i < b->n; i++) {
		struct outside *o = &b->venues[i];

		if (strcmp(o->venue, name) != 0 || o->helper.pid == 0)
			continue;
		log_error("the %s does not answer: it is killed", o->name);
		(void)kill(o->helper.pid, SIGKILL);
	}
}

static void
start_role(struct beside *b, size_t i, struct plan *p, int64_t now_ns)
{
	int status = ROLE_GIVE_UP;

	if (!helper_start(&b->roles[i], now_ns))
		return;
	close(b->courier[0]);
	close(b->courier[1]);
	if (b->ops.begins(b->ops.arg, roles[i].name))
		status = roles[i].run(p);
	plan_free(p);
	exit(status);
}

/* Our end of its link goes to the trader. */
static void
hand_over(struct beside *b, struct outside *o, int fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { o->venue, strlen(o->venue) };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };
	struct cmsghdr *c;

	memset(&control, 0, sizeof(control));
	c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	if (sendmsg(b->courier[0], &m, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		log_warn("the trader does not take the link of the %s: %s",
		    o->name, strerror(errno));
	close(fd);
}

/* Of all its settings, a secret's content included. */
static uint64_t
settings_of(const struct plan *p, const char *name)
{
	const struct conf_section *s = NULL;
	uint64_t h = 0;
	const char *key, *value;

	while ((s = conf_next(p->conf, "VENUE", s)) != NULL)
		for (unsigned i = 0; strcmp(conf_name(s), name) == 0 &&
				     (key = conf_known("VENUE", i)) != NULL;
		     i++) {
			value = conf_has(s, key, NULL) ?
			    conf_secret(s, key, "") : "";
			h = hash_bytes(h, value, strlen(value) + 1);
		}
	return h;
}

static void
start_venue(
    struct beside *b, struct outside *o, struct plan *p, int64_t now_ns)
{
	int status = ROLE_GIVE_UP, fds[2];

	o->settings = settings_of(p, o->venue);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
		log_error("can't start the %s: %s", o->name, strerror(errno));
		o->helper.restart_ns = now_ns + 10 * FIX_SEC;
		return;
	}
	if (!helper_start(&o->helper, now_ns)) {
		close(fds[1]);
		venue_settings(p, o->venue, fds[0]);
		hand_over(b, o, fds[0]);
		return;
	}
	close(fds[0]);
	close(b->courier[0]);
	close(b->courier[1]);
	if (b->ops.begins(b->ops.arg, o->name))
		status = role_venue(p, o->venue, fds[1]);
	plan_free(p);
	exit(status);
}

void
beside_start(struct beside *b, struct plan *p, int64_t now_ns)
{
	for (size_t i = 0; i < N_ROLES; i++)
		if (roles[i].wanted(p))
			start_role(b, i, p, now_ns);
	for (unsigned i = 0; i < b->n; i++)
		start_venue(b, &b->venues[i], p, now_ns);
}

void
beside_work(struct beside *b, struct plan *p, bool stopping, bool trader_runs,
    int64_t now_ns)
{
	for (size_t i = 0; i < N_ROLES; i++) {
		if (stopping && (!trader_runs || !roles[i].late))
			helper_stop(&b->roles[i], now_ns);
		if (!helper_due(&b->roles[i], now_ns))
			continue;
		if (roles[i].wanted(p))
			start_role(b, i, p, now_ns);
		else /* gone from the settings that were read again */
			b->roles[i].restart_ns = INT64_MAX;
	}
	for (unsigned i = 0; i < b->n; i++) {
		struct outside *o = &b->venues[i];

		if (stopping && !trader_runs)
			helper_stop(&o->helper, now_ns);
		if (helper_due(&o->helper, now_ns))
			start_venue(b, o, p, now_ns);
	}
}

/* One that ends in order has lost its trader, which has another by now. */
static void
venue_ended(struct outside *o, int status, bool stopping, int64_t now_ns)
{
	struct helper *h = &o->helper;

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		if (stopping)
			helper_stop(h, now_ns);
		else if (now_ns - h->started_ns > LIVED_NS)
			h->renew = true;
	}
	helper_ended(h, status, now_ns);
}

void
beside_ended(
    struct beside *b, pid_t pid, int status, bool stopping, int64_t now_ns)
{
	for (size_t i = 0; i < N_ROLES; i++)
		if (pid == b->roles[i].pid)
			helper_ended(&b->roles[i], status, now_ns);
	for (unsigned i = 0; i < b->n; i++)
		if (pid == b->venues[i].helper.pid)
			venue_ended(&b->venues[i], status, stopping, now_ns);
}

void
beside_renew(struct beside *b, const struct plan *now, int64_t now_ns)
{
	for (size_t i = 0; i < N_ROLES; i++)
		if (roles[i].renewed)
			helper_renew(&b->roles[i], now_ns);
	for (unsigned i = 0; i < b->n; i++)
		if (settings_of(now, b->venues[i].venue) !=
		    b->venues[i].settings)
			helper_renew(&b->venues[i].helper, now_ns);
}

bool
beside_runs(const struct beside *b)
{
	for (size_t i = 0; i < N_ROLES; i++)
		if (b->roles[i].pid > 0)
			return true;
	for (unsigned i = 0; i < b->n; i++)
		if (b->venues[i].helper.pid > 0)
			return true;
	return false;
}

int64_t
beside_deadline(const struct beside *b)
{
	int64_t first = INT64_MAX, one;

	for (size_t i = 0; i < N_ROLES; i++) {
		one = helper_deadline(&b->roles[i]);
		first = one < first ? one : first;
	}
	for (unsigned i = 0; i < b->n; i++) {
		one = helper_deadline(&b->venues[i].helper);
		first = one < first ? one : first;
	}
	return first;
}
