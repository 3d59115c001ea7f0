/*
 * The worker's process: jobs in, answers out, until the trader's end of the
 * socket closes. It may hold a password for the time of a check: no core file,
 * no debugger, and everything is wiped. Signals that stop or reload the gateway
 * are the trader's business.
 */
#include "config.h"

#include "gateway/auth/worker.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

void
worker_do(const struct worker_job *job, struct worker_answer *out)
{
	struct fix_span text = { job->text, job->text_len };
	struct fix_span proof = { job->proof, job->proof_len };
	struct fix_span fresh = { job->fresh, job->fresh_len };

	memset(out, 0, sizeof(*out));
	out->id = job->id;
	if (text.len > sizeof(job->text) || proof.len > sizeof(job->proof) ||
	    fresh.len > sizeof(job->fresh))
		return;
	out->fits = verifier_check(&job->v, text, proof);
	if (out->fits != 0 && fresh.len > 0)
		out->has_fresh =
		    verifier_of_password(&out->fresh, fresh, 0, 0) == 0;
}

static void
keep_to_ourselves(void)
{
	static const struct rlimit none = { 0, 0 };

	(void)prctl(PR_SET_NAME, "fixgate-worker");
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
}

int
worker_main(int fd)
{
	struct worker_job job;
	struct worker_answer answer;
	ssize_t n;

	keep_to_ourselves();
	while ((n = recv(fd, &job, sizeof(job), 0)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n != (ssize_t)sizeof(job))
			return 1;
		worker_do(&job, &answer);
		proof_wipe(&job, sizeof(job));
		if (send(fd, &answer, sizeof(answer), 0) !=
		    (ssize_t)sizeof(answer))
			return 1;
		proof_wipe(&answer, sizeof(answer));
	}
	return 0;
}
