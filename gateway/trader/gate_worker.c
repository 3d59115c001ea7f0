/*
 * The worker's keeper: starts it, gives it one job at a time, and starts it
 * again, ever later, when it dies.
 *
 * The worker is this same program, run anew with the other end of a socket pair
 * as its standard input, so nothing of the trader's memory is in it. While it
 * is down nobody is let in who has to prove himself: Logons that wait are
 * refused, and refused is also who comes meanwhile. Signatures are cheap and go
 * before passwords. The queue is bounded, in all and for one address.
 */
#include "config.h"

#include "gateway/trader/gate_int.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAUSE_FIRST_NS (100 * FIX_MSEC)
#define PAUSE_MAX_NS (10 * FIX_SEC)

extern char **environ;

static void feed(struct gate *g);

static struct pass *
next_waiting(struct gate *g)
{
	struct pass **first = g->first != NULL ? &g->first : &g->slow;
	struct pass *p = *first;

	if (p != NULL) {
		*first = p->next_waiting;
		p->waiting = false;
		g->n_waiting--;
	}
	return p;
}

static bool
remove_from(struct pass **first, struct pass **last, struct pass *p)
{
	struct pass *before = NULL;

	for (struct pass *q = *first; q != NULL; before = q, q = q->next_waiting)
		if (q == p) {
			if (before != NULL)
				before->next_waiting = p->next_waiting;
			else
				*first = p->next_waiting;
			if (*last == p)
				*last = before;
			return true;
		}
	return false;
}

void
worker_unqueue(struct gate *g, struct pass *p)
{
	if (!p->waiting)
		return;
	if (!remove_from(&g->first, &g->last, p))
		(void)remove_from(&g->slow, &g->slow_last, p);
	p->waiting = false;
	g->n_waiting--;
}

static unsigned
waiting_from(const struct gate *g, const struct in6_addr *addr)
{
	unsigned n = 0;

	for (const struct pass *p = g->passes; p != NULL; p = p->next)
		n += p->waiting &&
		     memcmp(&p->link->addr, addr, sizeof(*addr)) == 0;
	return n;
}

bool
worker_queue(struct gate *g, struct pass *p)
{
	bool slow = p->proofs[p->at].job->v.method == PROOF_PASSWORD;
	struct pass **first = slow ? &g->slow : &g->first;
	struct pass **last = slow ? &g->slow_last : &g->last;

	if (g->fd < 0 || g->n_waiting >= GATE_QUEUE_MAX ||
	    waiting_from(g, &p->link->addr) >= GATE_QUEUE_PER_ADDR)
		return false;
	p->next_waiting = NULL;
	if (*first == NULL)
		*first = p;
	else
		(*last)->next_waiting = p;
	*last = p;
	p->waiting = true;
	g->n_waiting++;
	feed(g);
	return true;
}

/* Whoever waits is refused: nobody can say who he is. */
static void
gone(struct gate *g)
{
	struct loop *l = g->loop;
	struct pass *p;

	(void)event_del(&g->ev);
	close(g->fd);
	g->fd = -1;
	(void)kill(g->pid, SIGKILL);
	(void)waitpid(g->pid, NULL, 0);
	g->restart_at.ns = loop_now(l).mono.ns + g->pause_ns;
	log_error("the worker that checks logons has ended; it is started "
		  "again in %lld ms",
	    (long long)(g->pause_ns / FIX_MSEC));
	g->pause_ns *= 2;
	if (g->pause_ns > PAUSE_MAX_NS)
		g->pause_ns = PAUSE_MAX_NS;
	p = g->sent;
	g->sent = NULL;
	if (p != NULL)
		(void)gate_refuse(g, p, "it could not be checked");
	while ((p = next_waiting(g)) != NULL)
		(void)gate_refuse(g, p, "it could not be checked");
}

static void
feed(struct gate *g)
{
	struct pass *p;

	if (g->fd < 0 || g->sent != NULL || g->id != 0)
		return;
	p = next_waiting(g);
	if (p == NULL)
		return;
	g->sent = p;
	g->id = p->proofs[p->at].job->id = ++g->last_id;
	g->sent_at = loop_now(g->loop).mono;
	if (send(g->fd, p->proofs[p->at].job, sizeof(struct worker_job),
		MSG_NOSIGNAL) != (ssize_t)sizeof(struct worker_job))
		g->broken = true;
}

static void
on_worker(evutil_socket_t fd, short what, void *arg)
{
	struct gate *g = arg;
	struct worker_answer a;
	struct pass *p = g->sent;
	ssize_t n = recv(fd, &a, sizeof(a), MSG_DONTWAIT);

	(void)what;
	g->loop->busy = true;
	(void)loop_now(g->loop);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n != (ssize_t)sizeof(a) || a.id != g->id) {
		gone(g);
		return;
	}
	g->sent = NULL;
	g->id = 0;
	g->pause_ns = PAUSE_FIRST_NS;
	if (p != NULL && !p->link->doomed && !p->refused)
		gate_answer(g, p, a.fits != 0, a.has_fresh != 0 ? &a.fresh
								 : NULL);
	proof_wipe(&a, sizeof(a));
	feed(g);
}

static int
spawn(int fd, pid_t *pid)
{
	char name[] = "fixgated", option[] = "--worker";
	char *argv[] = { name, option, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none;
	int rc;

	sigemptyset(&none);
	rc = posix_spawn_file_actions_init(&files);
	if (rc != 0)
		return rc;
	rc = posix_spawnattr_init(&attr);
	if (rc == 0) {
		(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
		(void)posix_spawnattr_setsigmask(&attr, &none);
		rc = posix_spawn_file_actions_adddup2(&files, fd, 0);
		if (rc == 0)
			rc = posix_spawn(pid, "/proc/self/exe", &files, &attr,
			    argv, environ);
		(void)posix_spawnattr_destroy(&attr);
	}
	(void)posix_spawn_file_actions_destroy(&files);
	return rc;
}

/* false: only out of memory is for ever. */
bool
worker_start(struct gate *g)
{
	int fds[2], rc;
	pid_t pid = -1;

	if (g->pause_ns == 0)
		g->pause_ns = PAUSE_FIRST_NS;
	g->restart_at.ns = FIX_MONO_NEVER;
	g->id = 0;
	g->broken = false;
	rc = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0
		 ? 0
		 : errno;
	if (rc == 0) {
		rc = spawn(fds[1], &pid);
		close(fds[1]);
		if (rc != 0)
			close(fds[0]);
	}
	if (rc != 0) {
		log_error("the worker that checks logons can't be started: %s",
		    strerror(rc));
		g->restart_at.ns = loop_now(g->loop).mono.ns + PAUSE_MAX_NS;
		return true;
	}
	g->fd = fds[0];
	g->pid = pid;
	(void)event_assign(&g->ev, g->loop->base, g->fd, EV_READ | EV_PERSIST,
	    on_worker, g);
	return event_add(&g->ev, NULL) == 0;
}

void
worker_stop(struct gate *g)
{
	if (g->fd < 0)
		return;
	(void)event_del(&g->ev);
	close(g->fd);
	(void)kill(g->pid, SIGKILL);
	(void)waitpid(g->pid, NULL, 0);
	g->fd = -1;
}

void
gate_due(struct loop *l)
{
	struct gate *g = l->gate;

	if (g == NULL)
		return;
	if (g->fd >= 0 &&
	    (g->broken || (g->id != 0 && l->now.mono.ns - g->sent_at.ns >=
						 GATE_HANG_NS)))
		gone(g);
	if (g->fd < 0 && g->restart_at.ns <= l->now.mono.ns)
		(void)worker_start(g);
}

struct fix_mono
gate_deadline(const struct loop *l)
{
	struct fix_mono at = { FIX_MONO_NEVER };
	const struct gate *g = l->gate;

	if (g == NULL)
		return at;
	if (g->fd < 0)
		return g->restart_at;
	if (g->broken)
		return l->now.mono;
	if (g->id != 0)
		at.ns = g->sent_at.ns + GATE_HANG_NS;
	return at;
}
