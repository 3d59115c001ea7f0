/*
 * Taking a snapshot elsewhere: by a program of the operator's, which gets the
 * file's name and says with status 0 that it has it, and to S3.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fix/time.h"
#include "gateway/backup/snapshots.h"

bool
snap_told_to_stop(void)
{
	sigset_t waiting;

	return sigpending(&waiting) == 0 &&
	       sigismember(&waiting, SIGTERM) == 1;
}

static void
become(const char *command, const char *path)
{
	sigset_t none;
	char program[4096], file[4096];
	char *argv[] = { program, file, NULL };

	snprintf(program, sizeof(program), "%s", command);
	snprintf(file, sizeof(file), "%s", path);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	execv(program, argv);
	_exit(127);
}

/* @return its status, -1: it was ended, for it took too long or we end */
static int
wait_for(pid_t pid, unsigned timeout_s)
{
	struct timespec nap = { 0, 20 * FIX_MSEC };
	int status = 0;

	for (uint64_t i = 0; i < (uint64_t)timeout_s * 50; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
		if (snap_told_to_stop())
			break;
		nanosleep(&nap, NULL);
	}
	(void)kill(-pid, SIGKILL);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, &status, 0);
	return -1;
}

static int
run(const struct snap_cfg *cfg, const char *path, char *why, size_t cap)
{
	pid_t pid;
	int status;

	fflush(NULL);
	pid = fork();
	if (pid == 0)
		become(cfg->command, path);
	if (pid < 0) {
		snprintf(why, cap, "%s: %s", cfg->command, strerror(errno));
		return -FIX_E_IO;
	}
	status = wait_for(pid, cfg->timeout_s);
	if (status == 0)
		return 0;
	if (status == -1)
		snprintf(why, cap, "%s was ended: it took over %u s",
		    cfg->command, cfg->timeout_s);
	else
		snprintf(why, cap, "%s ended with status %d", cfg->command,
		    status);
	return -FIX_E_IO;
}

int
snap_send(const struct snap_cfg *cfg, const char *path, const char *name,
    char *why, size_t cap)
{
	int rc = cfg->command == NULL ? 0 : run(cfg, path, why, cap);

	if (rc == 0 && cfg->s3 != NULL)
		rc = s3_put(cfg, path, name, why, cap);
	return rc;
}
