/*
 * What drills are played with: gateways in a scratch folder, programs that run
 * to their end, and copies that are restored, newest first.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "gateway/backup/backup.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/drill.h"

#define ARGS_MAX 40

int64_t
drill_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * FIX_SEC + t.tv_nsec;
}

void
drill_nap(unsigned ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * FIX_MSEC };

	nanosleep(&t, NULL);
}

void
drill_step(struct drill *d, const char *fmt, ...)
{
	int64_t ms = (drill_now() - d->began_ns) / FIX_MSEC;
	char text[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	printf("%6lld.%03lld s  %s\n", (long long)(ms / 1000),
	    (long long)(ms % 1000), text);
	fflush(stdout);
	json_array_append_new(
	    d->steps, json_pack("{s:I, s:s}", "at_ms", (json_int_t)ms, "what",
			  text));
}

bool
drill_check(struct drill *d, bool ok, const char *fmt, ...)
{
	char text[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	printf("  %s  %s\n", ok ? "good" : "FAILED", text);
	fflush(stdout);
	json_array_append_new(
	    d->checks, json_pack("{s:b, s:s}", "ok", ok, "what", text));
	d->failed = d->failed || !ok;
	return ok;
}

static bool
become(const char *user)
{
	const struct passwd *pw;

	if (user == NULL)
		return true;
	pw = getpwnam(user);
	return pw != NULL && setgroups(0, NULL) == 0 &&
	       setgid(pw->pw_gid) == 0 && setuid(pw->pw_uid) == 0 &&
	       chdir("/") == 0;
}

int
drill_run(struct drill *d, const char *user, const char *const *argv)
{
	char *args[ARGS_MAX + 1];
	int status = 0, fd, n = 0;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		while (argv[n] != NULL && n < ARGS_MAX) {
			args[n] = strdup(argv[n]);
			n++;
		}
		args[n] = NULL;
		fd = open(d->log, O_WRONLY | O_CREAT | O_APPEND, 0600);
		if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0 ||
		    dup2(fd, STDERR_FILENO) < 0 || !become(user))
			_exit(126);
		execvp(args[0], args);
		_exit(127);
	}
	if (pid < 0)
		return -1;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int
drill_fixgate(struct drill *d, const struct demo_gateway *g,
    const char *const *words)
{
	const char *argv[ARGS_MAX] = { d->self };
	int n = 1;

	for (; *words != NULL && n < ARGS_MAX - 3; words++)
		argv[n++] = *words;
	argv[n++] = "-c";
	argv[n++] = g->conf;
	argv[n] = NULL;
	return drill_run(d, NULL, argv);
}

/* A text's part is replaced, and sections are added behind it. */
static bool
rewrite(const char *path, const char *sections)
{
	static const char gw[] = "[GATEWAY]\n";
	char *text = NULL, *at;
	size_t n = 0;
	FILE *f = fopen(path, "re");
	bool good = f != NULL && getdelim(&text, &n, '\0', f) > 0;

	if (f != NULL)
		fclose(f);
	at = good ? strstr(text, gw) : NULL;
	f = at == NULL ? NULL : fopen(path, "we");
	good = f != NULL;
	if (good) {
		at += sizeof(gw) - 1;
		fprintf(f, "%.*sSegmentSize=1M\nTableSize=64M\n%s%s",
		    (int)(at - text), text, at, sections);
		good = fclose(f) == 0;
	}
	free(text);
	return good;
}

bool
drill_prepare(struct drill *d, struct demo_gateway *g, const char *name,
    const char *sections)
{
	char dir[PATH_MAX];

	snprintf(dir, sizeof(dir), "%.4000s/%s", d->dir, name);
	if (demo_prepare(g, dir, NULL, NULL) != 0)
		return false;
	if (rewrite(g->conf, sections))
		return true;
	cli_fail("can't write %s: %s", g->conf, strerror(errno));
	return false;
}

unsigned
drill_port(const struct demo_gateway *g)
{
	static const char key[] = "SocketAcceptPort=${FIX_PORT:-";
	FILE *f = fopen(g->conf, "re");
	char line[512];
	unsigned port = 0;

	while (f != NULL && port == 0 && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, key, sizeof(key) - 1) == 0)
			port = (unsigned)strtoul(
			    line + sizeof(key) - 1, NULL, 10);
	if (f != NULL)
		fclose(f);
	return port;
}

static bool
listens(unsigned port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool yes = fd >= 0 &&
		   connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0;

	if (fd >= 0)
		close(fd);
	return yes;
}

static bool
gone(struct demo_gateway *g)
{
	if (g->pid == 0 || waitpid(g->pid, NULL, WNOHANG) != g->pid)
		return g->pid == 0;
	g->pid = 0;
	return true;
}

static bool
said_ready(const struct demo_gateway *g)
{
	FILE *f = fopen(g->log, "re");
	char line[1024];
	bool yes = false;

	while (f != NULL && !yes && fgets(line, sizeof(line), f) != NULL)
		yes = strstr(line, "fixgated: ready:") != NULL;
	if (f != NULL)
		fclose(f);
	return yes;
}

bool
drill_start(struct drill *d, struct demo_gateway *g)
{
	int64_t end = drill_now() + DRILL_WAIT_NS;

	(void)d;
	(void)unlink(g->log);
	if (demo_start(g) != 0)
		return false;
	while (drill_now() < end && !gone(g)) {
		if (said_ready(g) && listens(drill_port(g)))
			return true;
		drill_nap(5);
	}
	demo_kill(g);
	return false;
}

static int
is_copy(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return n > 4 && strcmp(e->d_name + n - 4, ".fgb") == 0;
}

static void
free_names(struct dirent **v, int n)
{
	while (n-- > 0)
		free(v[n]);
	free(v);
}

unsigned
drill_copies(const char *folder)
{
	struct dirent **v;
	int n = scandir(folder, &v, is_copy, alphasort);

	if (n >= 0)
		free_names(v, n);
	return n < 0 ? 0 : (unsigned)n;
}

static void
flip(const char *path)
{
	struct stat st;
	uint8_t byte = 0;
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd >= 0 && fstat(fd, &st) == 0 &&
	    pread(fd, &byte, 1, st.st_size / 2) == 1) {
		byte ^= 1;
		(void)!pwrite(fd, &byte, 1, st.st_size / 2);
	}
	if (fd >= 0)
		close(fd);
}

void
drill_spoil(const char *folder, bool all)
{
	struct dirent **v;
	int n = scandir(folder, &v, is_copy, alphasort);
	char path[PATH_MAX + 300];

	for (int i = all ? 0 : n - 1; i >= 0 && i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, v[i]->d_name);
		flip(path);
	}
	if (n >= 0)
		free_names(v, n);
}

static bool
restore_one(struct drill *d, const struct demo_gateway *g, const char *path)
{
	char pub[PATH_MAX + 32];
	const char *words[] = { "restore", "--signer", pub, path, NULL };
	struct fix_store_error e = { "" };
	struct backup_list l = { 0 };

	snprintf(pub, sizeof(pub), "%s/sign.pem.pub", d->dir);
	if (drill_fixgate(d, g, words) != 0)
		return false;
	if (backup_list_load(&l, path, NULL, &e) == 0)
		d->copied_ns = l.when_ns;
	backup_list_free(&l);
	return true;
}

bool
drill_restore(
    struct drill *d, const struct demo_gateway *g, const char *folder)
{
	struct dirent **v;
	int n = scandir(folder, &v, is_copy, alphasort);
	char path[PATH_MAX + 300];
	bool good = false;

	for (int i = n - 1; i >= 0 && !good; i--) {
		snprintf(path, sizeof(path), "%s/%s", folder, v[i]->d_name);
		good = restore_one(d, g, path);
		drill_step(d, "%s %s", v[i]->d_name,
		    good ? "is restored"
			 : "is refused: it is not what was signed");
	}
	if (n >= 0)
		free_names(v, n);
	return drill_check(d, good, "a copy is restored");
}
