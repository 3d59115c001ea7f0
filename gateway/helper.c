/*
 * Starting, restarting and stopping one process. In: what the supervisor's loop
 * sees, ends and the time. Out: fork and signals. It comes back ever later
 * while it dies young, up to ten seconds, and at once after a life of a minute.
 */
#include "gateway/helper.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fix/time.h"
#include "gateway/log.h"

#define PAUSE_FIRST_NS (100 * FIX_MSEC)
#define PAUSE_MAX_NS (10 * FIX_SEC)
#define STEADY_NS (60 * FIX_SEC)
#define KILL_AFTER_NS (10 * FIX_SEC)

void
helper_init(struct helper *h, const char *name)
{
	*h = (struct helper){ name, 0, 0, INT64_MAX, INT64_MAX,
		PAUSE_FIRST_NS, false };
}

bool
helper_start(struct helper *h, int64_t now_ns)
{
	pid_t pid;

	h->started_ns = now_ns;
	h->restart_ns = INT64_MAX;
	log_flush();
	fflush(NULL);
	pid = fork();
	if (pid < 0) {
		log_error("can't start the %s: %s", h->name, strerror(errno));
		h->restart_ns = now_ns + PAUSE_MAX_NS;
	}
	if (pid > 0)
		h->pid = pid;
	return pid == 0;
}

void
helper_ended(struct helper *h, int status, int64_t now_ns)
{
	bool asked = h->kill_ns != INT64_MAX;

	h->pid = 0;
	if (h->renew) {
		h->renew = false;
		h->kill_ns = INT64_MAX;
		h->restart_ns = now_ns;
		return;
	}
	if (asked && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return;
	if (WIFSIGNALED(status))
		log_error("the %s was killed by signal %d", h->name,
		    WTERMSIG(status));
	else
		log_error("the %s ended with status %d", h->name,
		    WEXITSTATUS(status));
	if (asked)
		return;
	if (now_ns - h->started_ns > STEADY_NS)
		h->pause_ns = PAUSE_FIRST_NS;
	log_error("trading goes on without the %s; it is started again in "
		  "%lld ms", h->name, (long long)(h->pause_ns / FIX_MSEC));
	h->restart_ns = now_ns + h->pause_ns;
	h->pause_ns *= 2;
	if (h->pause_ns > PAUSE_MAX_NS)
		h->pause_ns = PAUSE_MAX_NS;
}

void
helper_renew(struct helper *h, int64_t now_ns)
{
	if (h->pid == 0 || h->kill_ns != INT64_MAX)
		return;
	helper_stop(h, now_ns);
	h->renew = true;
}

void
helper_stop(struct helper *h, int64_t now_ns)
{
	h->renew = false;
	h->restart_ns = INT64_MAX;
	if (h->kill_ns != INT64_MAX)
		return;
	h->kill_ns = now_ns + KILL_AFTER_NS;
	if (h->pid > 0)
		(void)kill(h->pid, SIGTERM);
}

bool
helper_due(struct helper *h, int64_t now_ns)
{
	if (h->pid > 0 && now_ns >= h->kill_ns)
		(void)kill(h->pid, SIGKILL);
	return h->pid == 0 && now_ns >= h->restart_ns;
}

int64_t
helper_deadline(const struct helper *h)
{
	return h->pid > 0 ? h->kill_ns : h->restart_ns;
}
