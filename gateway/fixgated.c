/*
 * The supervisor: opens the listening sockets, starts the trader with them, and
 * starts it again when it dies.
 *
 * It does no trading and holds nothing that a crash could lose. All is checked
 * before anything is started; a fault is one sentence and a status that is not
 * zero. A trader that says that it can't run (damaged store, no room) ends the
 * gateway; one that crashes comes back, at once and then ever later. Sockets
 * stay open meanwhile, so that clients wait in the queue instead of being
 * refused. If the supervisor is killed the kernel takes the trader down, too.
 */
#include "gateway/fixgated.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "gateway/beside.h"
#include "gateway/notify.h"
#include "gateway/plan.h"
#include "gateway/trader/role.h"

#define PAUSE_FIRST_NS (100 * FIX_MSEC)
#define PAUSE_MAX_NS (10 * FIX_SEC)
#define STEADY_NS (60 * FIX_SEC)     /* so long up: its past is forgotten */
#define NEVER_READY_MAX 5            /* deaths in a row before it was ready */
#define KILL_AFTER_NS (10 * FIX_SEC) /* beyond DrainTimeout */

struct super {
	struct plan *plan;
	sigset_t signals;
	int signal_fd;
	int ready_fd; /* of the trader that starts, -1: it has said so */
	pid_t pid, trader; /* ours; its, 0: none */
	int64_t started_ns, restart_ns, kill_ns;
	int64_t pause_ns;
	unsigned never_ready;
	bool stopping;
	bool told_ready;
	int status; /* to exit with */
	struct beside *beside;
};

static int64_t
mono_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * FIX_SEC + ts.tv_nsec;
}

static void
tell_log(
    void *arg, bool error, const char *file, unsigned line, const char *text)
{
	(void)arg;
	log_at(
	    error ? LOG_L_ERROR : LOG_L_DEBUG, "%s:%u: %s", file, line, text);
}

/* Memory holds secrets. A sanitizer must look into it when a process ends. */
void
fixgated_allow_dumps(bool yes)
{
#ifndef SANITIZED
	(void)prctl(PR_SET_DUMPABLE, yes);
#else
	(void)yes;
#endif
}

/* The kernel forgets the parent-death signal when rights change: set it after.
 */
static bool
become_user(const struct plan *p)
{
	if (!p->change_user ||
	    (initgroups(p->user, p->gid) == 0 && setgid(p->gid) == 0 &&
		setuid(p->uid) == 0)) {
		fixgated_allow_dumps(p->core_dumps);
		return true;
	}
	log_error("can't become user %s: %s", p->user, strerror(errno));
	return false;
}

static void
trader_process(struct super *s, pid_t parent, int ready_fd)
{
	enum role_end end = ROLE_GIVE_UP;

	close(s->signal_fd);
	log_open("trader", s->plan->log_to, s->plan->log_level);
	if (become_user(s->plan) && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 &&
	    getppid() == parent)
		end = role_trader(s->plan, ready_fd);
	plan_free(s->plan);
	exit(end);
}

static void
start_trader(struct super *s)
{
	pid_t parent = getpid(), pid;
	int fds[2];

	s->restart_ns = INT64_MAX;
	s->started_ns = mono_ns();
	if (pipe(fds) != 0) {
		log_error("can't start the trader: %s", strerror(errno));
		s->restart_ns = s->started_ns + PAUSE_MAX_NS;
		return;
	}
	log_flush();
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		trader_process(s, parent, fds[1]);
	}
	close(fds[1]);
	if (pid < 0) {
		log_error("can't start the trader: %s", strerror(errno));
		s->restart_ns = s->started_ns + PAUSE_MAX_NS;
		close(fds[0]);
		return;
	}
	s->trader = pid;
	s->ready_fd = fds[0];
}

/* In the process of a role or venue, before it is one. */
static bool
helper_begins(void *arg, const char *name)
{
	const struct super *s = arg;

	close(s->signal_fd);
	if (s->ready_fd >= 0)
		close(s->ready_fd);
	log_open(name, s->plan->log_to, s->plan->log_level);
	return become_user(s->plan) &&
	       prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == s->pid;
}

static void
trader_ready(struct super *s)
{
	char what[1024], byte;
	bool ready = read(s->ready_fd, &byte, 1) == 1;

	close(s->ready_fd);
	s->ready_fd = -1;
	if (!ready)
		return; /* it has died: SIGCHLD tells how */
	s->never_ready = 0;
	plan_describe(s->plan, what, sizeof(what));
	if (!s->told_ready)
		fprintf(stderr, "fixgated: ready: %s\n", what);
	if (s->told_ready || strcmp(s->plan->log_to, "stderr") != 0)
		log_info("ready: %s", what);
	s->told_ready = true;
	notify_state("READY=1");
}

static void
describe_death(int status, char *out, size_t cap)
{
	if (WIFSIGNALED(status))
		snprintf(out, cap, "was killed by signal %d (%s)",
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(out, cap, "ended with status %d", WEXITSTATUS(status));
}

static void
plan_restart(struct super *s, int status)
{
	int64_t now = mono_ns();
	char how[128];

	describe_death(status, how, sizeof(how));
	if (WIFEXITED(status) && WEXITSTATUS(status) == ROLE_GIVE_UP) {
		log_error("the trader can't run: see the line before");
		s->stopping = true;
		s->status = 1;
		return;
	}
	if (s->never_ready >= NEVER_READY_MAX) {
		log_error("the trader %s; it never became ready in %d "
			  "attempts: giving up",
		    how, NEVER_READY_MAX);
		s->stopping = true;
		s->status = 1;
		return;
	}
	if (now - s->started_ns > STEADY_NS)
		s->pause_ns = PAUSE_FIRST_NS;
	log_error("the trader %s; it is started again in %lld ms", how,
	    (long long)(s->pause_ns / FIX_MSEC));
	s->restart_ns = now + s->pause_ns;
	s->pause_ns *= 2;
	if (s->pause_ns > PAUSE_MAX_NS)
		s->pause_ns = PAUSE_MAX_NS;
}

static void
trader_ended(struct super *s, int status)
{
	char how[128];

	s->trader = 0;
	if (s->ready_fd >= 0) {
		trader_ready(s); /* it may have said so before it died */
	}
	if (!s->stopping) {
		plan_restart(s, status);
	} else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		describe_death(status, how, sizeof(how));
		log_error("the trader %s while stopping", how);
		s->status = 1;
	}
}

static void
stop(struct super *s)
{
	notify_state("STOPPING=1");
	s->stopping = true;
	s->kill_ns =
	    mono_ns() + (int64_t)s->plan->drain_s * FIX_SEC + KILL_AFTER_NS;
	if (s->trader > 0)
		(void)kill(s->trader, SIGTERM);
}

/* A bad file changes nothing, a good one is also what the next start uses. */
static void
reload(struct super *s)
{
	struct conf_sink sink = { NULL, tell_log };
	struct plan *fresh;

	if (plan_read_after(&fresh, s->plan->file, &sink, s->plan) != 0) {
		log_error("settings not reloaded: nothing has changed");
		return;
	}
	if (!plan_inherit(fresh, s->plan) || plan_listen(fresh) != 0) {
		log_error("settings not reloaded: other ports need a restart");
		(void)plan_inherit(s->plan, fresh);
		plan_free(fresh);
		return;
	}
	fresh->courier_fd = s->plan->courier_fd;
	beside_renew(s->beside, fresh, mono_ns());
	plan_free(s->plan);
	s->plan = fresh;
	log_open("fixgated", fresh->log_to, fresh->log_level);
	if (s->trader > 0)
		(void)kill(s->trader, SIGHUP);
}

static void
reap(struct super *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == s->trader)
			trader_ended(s, status);
		beside_ended(s->beside, pid, status, s->stopping, mono_ns());
	}
}

static void
take_signal(struct super *s)
{
	struct signalfd_siginfo si;

	if (read(s->signal_fd, &si, sizeof(si)) != (ssize_t)sizeof(si))
		return;
	if (si.ssi_signo == SIGCHLD)
		reap(s);
	else if (si.ssi_signo == SIGHUP)
		reload(s);
	else
		stop(s);
}

static int
wait_ms(const struct super *s)
{
	int64_t at = s->stopping ? s->kill_ns : s->restart_ns;
	int64_t left, other = beside_deadline(s->beside);

	if (other < at || (s->stopping && s->trader == 0))
		at = other;

	if (at == INT64_MAX)
		return -1;
	left = (at - mono_ns()) / FIX_MSEC + 1;
	return left < 0 ? 0 : left > 60000 ? 60000 : (int)left;
}

static int
supervise(struct super *s)
{
	start_trader(s);
	beside_start(s->beside, s->plan, mono_ns());
	while (s->trader > 0 || !s->stopping || beside_runs(s->beside)) {
		struct pollfd p[3] = {
			{ .fd = s->signal_fd, .events = POLLIN },
			{ .fd = s->ready_fd, .events = POLLIN },
			{ .fd = beside_fd(s->beside), .events = POLLIN },
		};

		if (poll(p, 3, wait_ms(s)) < 0 && errno != EINTR)
			return 1;
		if (p[1].revents != 0 && s->ready_fd >= 0)
			trader_ready(s);
		if (p[0].revents != 0)
			take_signal(s);
		if (p[2].revents != 0)
			beside_news(s->beside);
		if (s->stopping && s->trader > 0 && mono_ns() >= s->kill_ns)
			(void)kill(s->trader, SIGKILL);
		if (!s->stopping && s->trader == 0 &&
		    mono_ns() >= s->restart_ns) {
			s->never_ready++;
			start_trader(s);
		}
		beside_work(s->beside, s->plan, s->stopping, s->trader > 0,
		    mono_ns());
	}
	return s->status;
}

/* As many descriptors as we may have: one for each connection. */
static void
raise_limits(const struct plan *p)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return;
	r.rlim_cur = r.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &r);
	if (r.rlim_max != RLIM_INFINITY && r.rlim_max < p->max_conns + 64)
		log_warn("only %llu descriptors: MaxConnections=%u can't be "
			 "reached",
		    (unsigned long long)r.rlim_max, p->max_conns);
}

static bool
open_signals(struct super *s)
{
	sigemptyset(&s->signals);
	sigaddset(&s->signals, SIGCHLD);
	sigaddset(&s->signals, SIGTERM);
	sigaddset(&s->signals, SIGINT);
	sigaddset(&s->signals, SIGHUP);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN); /* a write that fails says more */
	if (sigprocmask(SIG_BLOCK, &s->signals, NULL) != 0)
		return false;
	s->signal_fd = signalfd(-1, &s->signals, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->signal_fd >= 0;
}

/* The data folder belongs to whom the trader will be. */
static bool
make_data_dir(const struct plan *p)
{
	if (mkdir(p->data_dir, 0700) == 0) {
		if (p->change_user && chown(p->data_dir, p->uid, p->gid) != 0) {
			fprintf(stderr, "fixgated: can't give %s to %s: %s\n",
			    p->data_dir, p->user, strerror(errno));
			return false;
		}
		return true;
	}
	if (errno == EEXIST)
		return true;
	fprintf(stderr, "fixgated: can't make DataDir %s: %s\n", p->data_dir,
	    strerror(errno));
	return false;
}

int
fixgated_serve(struct plan *p)
{
	struct super s = { .plan = p,
		.ready_fd = -1,
		.restart_ns = INT64_MAX,
		.kill_ns = INT64_MAX,
		.pause_ns = PAUSE_FIRST_NS };
	struct beside_ops ops = { &s, helper_begins };
	int status = 1;

	s.pid = getpid();
	(void)umask(0077);
	log_open("fixgated", p->log_to, p->log_level);
	raise_limits(p);
	s.beside = beside_new(p, &ops);
	if (s.beside != NULL && plan_listen(p) == 0 && make_data_dir(p)) {
		p->courier_fd = beside_courier(s.beside);
		if (open_signals(&s))
			status = supervise(&s);
		else
			log_error("signals: %s", strerror(errno));
	}
	log_flush();
	beside_free(s.beside);
	plan_free(s.plan);
	return status;
}
