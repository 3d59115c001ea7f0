/*
 * The demo's gateway: a real fixgated, in a folder of its own.
 *
 * The settings are a copy of demo.conf in which only the defaults of ports and
 * data folder are this demo's, so that fixgate -c DIR/fixgated.conf reads the
 * same gateway afterwards. Ports that the environment does not set are free
 * ones from the kernel. What an earlier demo left in the folder is moved aside,
 * never overwritten.
 */
#include "gateway/cli/demo.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "gateway/cli/cli.h"

static const char *const port_names[] = { "FIX_PORT", "API_PORT",
	"METRICS_PORT" };
#define N_PORTS 3

/* @return 0, or -FIX_E_CONFIG: the name is too long */
static int
join(char out[PATH_MAX], const char *dir, const char *name)
{
	int n = snprintf(out, PATH_MAX, "%s/%s", dir, name);

	if (n > 0 && n < PATH_MAX)
		return 0;
	cli_fail("the path %s/%s is too long", dir, name);
	return -FIX_E_CONFIG;
}

/* Beside this program, as in a build tree and where it is installed. */
static int
beside(char out[PATH_MAX], const char *name)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (n < 0)
		return cli_fail("can't tell where this program is");
	self[n] = '\0';
	slash = strrchr(self, '/');
	if (slash != NULL)
		*slash = '\0';
	return join(out, self, name);
}

static int
find_program(struct demo_gateway *g, const char *program)
{
	if (program != NULL)
		snprintf(g->program, sizeof(g->program), "%s", program);
	else if (beside(g->program, "fixgated") != 0)
		return -FIX_E_CONFIG;
	if (access(g->program, X_OK) == 0)
		return 0;
	cli_fail("no gateway at %s: %s; name it with --gateway", g->program,
	    strerror(errno));
	return -FIX_E_CONFIG;
}

static int
find_example(struct demo_gateway *g, const char *example)
{
	const char *candidates[] = { example, DEMO_SOURCE "/demo.conf",
		DEMO_INSTALLED "/demo.conf" };
	size_t i;

	for (i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++) {
		if (candidates[i] == NULL)
			continue;
		snprintf(g->example, sizeof(g->example), "%s", candidates[i]);
		if (access(g->example, R_OK) == 0)
			return 0;
		if (i == 0)
			break;
	}
	cli_fail("can't read the example settings %s: %s", g->example,
	    strerror(errno));
	return -FIX_E_CONFIG;
}

/* Rename NAME to NAME.1, or the first number that is free. */
static int
move_aside(const char *dir, const char *name)
{
	char from[PATH_MAX], to[PATH_MAX];
	unsigned i;

	if (join(from, dir, name) != 0)
		return -FIX_E_CONFIG;
	if (access(from, F_OK) != 0)
		return 0;
	for (i = 1; i < 10000; i++) {
		if (snprintf(to, sizeof(to), "%s.%u", from, i) >= PATH_MAX)
			break;
		if (access(to, F_OK) != 0 && rename(from, to) == 0)
			return 0;
	}
	cli_fail("can't move %s aside: %s", from, strerror(errno));
	return -FIX_E_CONFIG;
}

static int
make_dir(struct demo_gateway *g, const char *dir)
{
	static const char *const old[] = { "data", "client", "fixgated.log",
		"fixgated.conf" };
	size_t i;

	if (dir == NULL) {
		if (cli_temp_dir(g->dir, sizeof(g->dir)) != 0)
			return cli_fail("can't make a temporary folder: %s",
			    strerror(errno));
		g->temporary = true;
		return 0;
	}
	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return cli_fail("can't make %s: %s", dir, strerror(errno));
	if (realpath(dir, g->dir) == NULL)
		return cli_fail("can't use %s: %s", dir, strerror(errno));
	for (i = 0; i < sizeof(old) / sizeof(old[0]); i++)
		if (move_aside(g->dir, old[i]) != 0)
			return -FIX_E_CONFIG;
	return 0;
}

/* Ports that were free a moment ago; all bound at once, so that no two are the
 * same. */
static void
free_ports(unsigned ports[N_PORTS])
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	socklen_t len;
	int fd[N_PORTS], i;

	for (i = 0; i < N_PORTS; i++) {
		ports[i] = 0;
		len = sizeof(sa);
		sa.sin_port = 0;
		sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		fd[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd[i] >= 0 &&
		    bind(fd[i], (struct sockaddr *)&sa, sizeof(sa)) == 0 &&
		    getsockname(fd[i], (struct sockaddr *)&sa, &len) == 0)
			ports[i] = ntohs(sa.sin_port);
	}
	for (i = 0; i < N_PORTS; i++)
		if (fd[i] >= 0)
			close(fd[i]);
}

/* Write a line with the default of ${NAME:-default} changed. */
static void
put_default(FILE *out, const char *line, const char *name, const char *value)
{
	char open[64];
	const char *at, *end;

	snprintf(open, sizeof(open), "${%s:-", name);
	at = strstr(line, open);
	end = at == NULL ? NULL : strchr(at, '}');
	if (end == NULL) {
		fputs(line, out);
		return;
	}
	at += strlen(open);
	fprintf(out, "%.*s%s%s", (int)(at - line), line, value, end);
}

static void
put_line(FILE *out, const char *line, const unsigned ports[N_PORTS])
{
	char text[16], name[32];
	int i;

	for (i = 0; i < N_PORTS; i++) {
		snprintf(name, sizeof(name), "${%s:-", port_names[i]);
		if (*line != '#' && strstr(line, name) != NULL) {
			snprintf(text, sizeof(text), "%u", ports[i]);
			put_default(out, line, port_names[i], text);
			return;
		}
	}
	if (*line != '#')
		put_default(out, line, "DATA_DIR", "data");
	else
		fputs(line, out);
}

static int
copy_settings(struct demo_gateway *g)
{
	unsigned ports[N_PORTS];
	FILE *in = fopen(g->example, "re"), *out = NULL;
	char *line = NULL;
	size_t cap = 0;
	int rc = -FIX_E_IO;

	if (in != NULL)
		out = fopen(g->conf, "wxe");
	free_ports(ports);
	while (out != NULL && getline(&line, &cap, in) > 0)
		put_line(out, line, ports);
	if (out != NULL)
		rc = fclose(out) == 0 ? 0 : -FIX_E_IO;
	if (rc != 0)
		cli_fail("can't write %s: %s", g->conf, strerror(errno));
	if (in != NULL)
		fclose(in);
	free(line);
	return rc;
}

int
demo_prepare(struct demo_gateway *g, const char *dir, const char *program,
    const char *example)
{
	unsetenv("DATA_DIR"); /* the demo's data stay in its folder */
	if (find_program(g, program) != 0 || find_example(g, example) != 0 ||
	    make_dir(g, dir) != 0 ||
	    join(g->conf, g->dir, "fixgated.conf") != 0 ||
	    join(g->log, g->dir, "fixgated.log") != 0 || copy_settings(g) != 0)
		return -FIX_E_CONFIG;
	return 0;
}

/* In the child, between fork and exec. */
static void
become_gateway(const struct demo_gateway *g)
{
	char dash_c[] = "-c";
	char program[PATH_MAX], conf[PATH_MAX];
	char *argv[] = { program, dash_c, conf, NULL };
	int fd = open(g->log, O_WRONLY | O_CREAT | O_APPEND, 0600);

	snprintf(program, sizeof(program), "%s", g->program);
	snprintf(conf, sizeof(conf), "%s", g->conf);
	if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0 ||
	    dup2(fd, STDERR_FILENO) < 0)
		_exit(126);
	/* A group of its own, to be killed as one. */
	if (g->keep)
		setsid(); /* it outlives this terminal */
	else if (setpgid(0, 0) == 0)
		prctl(PR_SET_PDEATHSIG, SIGTERM);
	execv(program, argv);
	_exit(127);
}

int
demo_start(struct demo_gateway *g)
{
	fflush(NULL);
	prctl(PR_SET_CHILD_SUBREAPER, 1); /* orphans of a kill come to us */
	g->pid = fork();
	if (g->pid < 0) {
		g->pid = 0;
		cli_fail("can't start a process: %s", strerror(errno));
		return -FIX_E_IO;
	}
	if (g->pid == 0)
		become_gateway(g);
	return 0;
}

static void
print_log_end(const struct demo_gateway *g)
{
	FILE *f = fopen(g->log, "re");
	char line[512];

	if (f == NULL)
		return;
	if (fseek(f, -2000, SEEK_END) == 0)
		(void)!fgets(line, sizeof(line), f); /* half a line */
	while (fgets(line, sizeof(line), f) != NULL)
		fprintf(stderr, "  %s", line);
	fclose(f);
}

bool
demo_died(struct demo_gateway *g)
{
	int status;

	if (g->pid == 0 || waitpid(g->pid, &status, WNOHANG) != g->pid)
		return g->pid == 0;
	g->pid = 0;
	cli_fail("the gateway ended by itself; the end of %s:", g->log);
	print_log_end(g);
	return true;
}

void
demo_kill(struct demo_gateway *g)
{
	pid_t group = g->pid;

	if (group == 0)
		return;
	if (kill(-group, SIGKILL) != 0)
		kill(group, SIGKILL);
	while (waitpid(-group, NULL, 0) > 0 || errno == EINTR)
		; /* its trader, too: see demo_start() */
	g->pid = 0;
}

int
demo_stop(struct demo_gateway *g)
{
	struct timespec nap = { 0, 10 * FIX_MSEC };
	int status = 0, i;

	if (g->pid == 0)
		return 0;
	kill(g->pid, SIGTERM);
	for (i = 0; i < 3000; i++) {
		if (waitpid(g->pid, &status, WNOHANG) == g->pid) {
			g->pid = 0;
			break;
		}
		nanosleep(&nap, NULL);
	}
	if (g->pid == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	cli_fail("the gateway did not end in order; the end of %s:", g->log);
	print_log_end(g);
	demo_kill(g);
	return -FIX_E_STATE;
}

void
demo_clean(struct demo_gateway *g)
{
	if (g->temporary && g->dir[0] != '\0')
		cli_remove_dir(g->dir);
}
