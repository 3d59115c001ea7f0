/*
 * Cases over TCP: sockets, the real clock, and the operator's command.
 *
 * Nothing is judged here. Bytes can be sent one at a time, and read late and
 * little at a time from a small buffer, so that an engine's reading and writing
 * are tested too. While we can't write we go on reading, so that the two never
 * wait for each other.
 */
#include "gateway/cli/conform/tcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "gateway/cli/cli.h"

#define SEND_MS 10000 /* an engine that reads nothing for so long */
#define LINGER_MS 200 /* for what it still says when we have closed */
#define BYTE_PAUSE_NS 50000
#define SLOW_PAUSE_NS 20000000
#define SLOW_BYTES 48
#define SLOW_BUFFER 4096
#define HOOK_S 30
#define EARLY_BYTES (4u << 20) /* read while we could not write */

struct way {
	struct wire *w; /* NULL: closed */
	uint8_t *early;
	size_t n_early;
	bool ended; /* the engine has closed, and that is not told yet */
};

struct cc_tcp {
	struct cc_peer peer;
	struct cc_tcp_cfg cfg;
	struct way ways[CC_LINKS];
	int listener;
	char why[256];
};

static volatile sig_atomic_t stopped;

static void
on_signal(int sig)
{
	(void)sig;
	stopped = 1;
}

void
cc_tcp_catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

bool
cc_tcp_stopped(void)
{
	return stopped != 0;
}

static int64_t
clock_ns(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * FIX_SEC + t.tv_nsec;
}

static struct fix_now
tcp_now(void *arg)
{
	(void)arg;
	return (struct fix_now){ { clock_ns(CLOCK_REALTIME) },
		{ clock_ns(CLOCK_MONOTONIC) } };
}

static void
pause_ns(long ns)
{
	struct timespec t = { 0, ns };

	(void)nanosleep(&t, NULL);
}

/* Milliseconds until a moment, rounded up; -1 never, 0 past. */
static int
ms_until(struct fix_mono until)
{
	int64_t ns = until.ns - clock_ns(CLOCK_MONOTONIC);

	if (until.ns == FIX_MONO_NEVER)
		return -1;
	if (ns <= 0)
		return 0;
	ns = (ns + FIX_MSEC - 1) / FIX_MSEC;
	return ns > 3600000 ? 3600000 : (int)ns;
}

static void
make_slow(const struct cc_tcp *t, int fd)
{
	int small = SLOW_BUFFER;

	if (t->cfg.slow)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
}

/* A call that waited while a case was busy may have been given up since. */
static bool
is_stale(int fd)
{
	struct pollfd p = { fd, POLLRDHUP, 0 };

	return poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP)) != 0;
}

static int
take_caller(struct cc_tcp *t, struct way *way, struct fix_mono until)
{
	struct pollfd p = { t->listener, POLLIN, 0 };
	int fd, rc;

	for (;;) {
		if (stopped)
			return -FIX_E_IO;
		rc = poll(&p, 1, ms_until(until));
		if (rc == 0)
			return -FIX_E_NOTFOUND;
		fd = accept4(
		    t->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0 && !is_stale(fd))
			return wire_adopt(&way->w, fd);
		if (fd >= 0)
			close(fd);
	}
}

static int
tcp_open(void *arg, unsigned i, struct fix_mono until, const char **why)
{
	struct cc_tcp *t = arg;
	struct way *way = &t->ways[i];
	short events;
	int rc;

	way->n_early = 0;
	way->ended = false;
	*why = t->why;
	if (t->cfg.listen) {
		snprintf(t->why, sizeof(t->why), "the engine did not connect");
		return take_caller(t, way, until);
	}
	rc = wire_open(&way->w, t->cfg.host, t->cfg.port, &t->cfg.tls,
	    ms_until(until), t->why);
	if (rc == 0)
		make_slow(t, wire_poll(way->w, false, &events));
	return rc;
}

/* What has come while we wait to write. */
static void
read_early(struct way *way)
{
	ssize_t n;

	if (way->early == NULL)
		way->early = malloc(EARLY_BYTES);
	if (way->early == NULL || way->n_early == EARLY_BYTES)
		return;
	n = wire_read(
	    way->w, way->early + way->n_early, EARLY_BYTES - way->n_early);
	if (n > 0)
		way->n_early += (size_t)n;
	else if (n < 0)
		way->ended = true;
}

static int
write_all(struct way *way, struct fix_span v)
{
	int64_t end = clock_ns(CLOCK_MONOTONIC) + SEND_MS * FIX_MSEC;
	struct pollfd p = { 0 };
	ssize_t n;

	while (v.len > 0 && !way->ended && !stopped) {
		n = wire_write(way->w, v.p, v.len);
		if (n < 0)
			return (int)n;
		v.p += n;
		v.len -= (size_t)n;
		if (n > 0)
			continue;
		if (clock_ns(CLOCK_MONOTONIC) > end)
			return -FIX_E_IO;
		p.fd = wire_poll(way->w, true, &p.events);
		if (poll(&p, 1, 1000) > 0 && p.revents & (POLLIN | POLLHUP))
			read_early(way);
	}
	return 0;
}

/* That the engine has closed is told by turn(), in its place. */
static int
tcp_send(void *arg, unsigned i, struct fix_span v)
{
	struct cc_tcp *t = arg;
	struct way *way = &t->ways[i];

	if (way->w == NULL)
		return -FIX_E_IO;
	if (!t->cfg.bytes) {
		(void)write_all(way, v);
		return 0;
	}
	for (size_t k = 0; k < v.len; k++) {
		struct fix_span one = { v.p + k, 1 };

		if (write_all(way, one) < 0)
			return 0;
		pause_ns(BYTE_PAUSE_NS);
	}
	return 0;
}

/* Close so that our last words arrive: bytes left unread would make the system
 * reset the connection. */
static void
tcp_close(void *arg, unsigned i)
{
	struct cc_tcp *t = arg;
	struct way *way = &t->ways[i];
	struct fix_mono end = { clock_ns(CLOCK_MONOTONIC) +
				LINGER_MS * FIX_MSEC };
	struct pollfd p = { 0 };
	uint8_t buf[4096];

	if (way->w == NULL)
		return;
	wire_half_close(way->w);
	p.fd = wire_poll(way->w, false, &p.events);
	while (!way->ended && poll(&p, 1, ms_until(end)) > 0)
		if (wire_read(way->w, buf, sizeof(buf)) < 0)
			break;
	wire_close(way->w);
	way->w = NULL;
	way->n_early = 0;
}

static ssize_t
take_early(struct way *way, uint8_t *buf, size_t cap)
{
	size_t n = way->n_early < cap ? way->n_early : cap;

	memcpy(buf, way->early, n);
	way->n_early -= n;
	memmove(way->early, way->early + n, way->n_early);
	return (ssize_t)n;
}

/* What one link has without waiting. @return bytes, 0 none, -FIX_E_STATE */
static ssize_t
take(struct cc_tcp *t, struct way *way, bool ready, uint8_t *buf, size_t cap)
{
	ssize_t n = 0;

	if (way->n_early > 0)
		return take_early(way, buf, cap);
	if (ready && t->cfg.slow) {
		pause_ns(SLOW_PAUSE_NS);
		cap = cap < SLOW_BYTES ? cap : SLOW_BYTES;
	}
	if (ready && !way->ended)
		n = wire_read(way->w, buf, cap);
	if (n >= 0 && !way->ended)
		return n;
	wire_close(way->w);
	way->w = NULL;
	return -FIX_E_STATE;
}

static ssize_t
tcp_turn(
    void *arg, struct fix_mono until, unsigned *link, uint8_t *buf, size_t cap)
{
	struct cc_tcp *t = arg;
	struct pollfd p[CC_LINKS];
	ssize_t n;
	int rc;

	for (;;) {
		bool waiting = false;

		if (stopped)
			return -FIX_E_IO;
		for (unsigned i = 0; i < CC_LINKS; i++) {
			struct way *way = &t->ways[i];

			p[i] = (struct pollfd){ .fd = -1 };
			if (way->w == NULL)
				continue;
			p[i].fd = wire_poll(way->w, false, &p[i].events);
			waiting |= way->n_early > 0 || way->ended ||
				   wire_pending(way->w);
		}
		rc = poll(p, CC_LINKS, waiting ? 0 : ms_until(until));
		for (unsigned i = 0; i < CC_LINKS; i++) {
			struct way *way = &t->ways[i];

			if (way->w == NULL)
				continue;
			n = take(t, way,
			    (rc > 0 && p[i].revents != 0) ||
				wire_pending(way->w),
			    buf, cap);
			*link = i;
			if (n != 0)
				return n;
		}
		if (rc == 0 && clock_ns(CLOCK_MONOTONIC) >= until.ns)
			return 0;
	}
}

static void
set_env(const struct cc_tcp *t, const char *verb, const char *word,
    const char *message)
{
	setenv("CONFORM_DO", verb, 1);
	setenv("CONFORM_WORD", word, 1);
	setenv("CONFORM_MESSAGE", message, 1);
	setenv("CONFORM_VERSION", t->cfg.version, 1);
	setenv("CONFORM_SENDER", t->cfg.us, 1);
	setenv("CONFORM_TARGET", t->cfg.them, 1);
}

/* @return 0; -FIX_E_IO: it failed, or took too long */
static int
wait_for(pid_t pid)
{
	int64_t end = clock_ns(CLOCK_MONOTONIC) + HOOK_S * FIX_SEC;
	int status;
	pid_t got;

	while ((got = waitpid(pid, &status, WNOHANG)) == 0 ||
	       (got < 0 && errno == EINTR)) {
		if (clock_ns(CLOCK_MONOTONIC) > end || stopped) {
			kill(-pid, SIGKILL);
			(void)waitpid(pid, &status, 0);
			return -FIX_E_IO;
		}
		pause_ns(2000000);
	}
	return got == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0
		   ? 0
		   : -FIX_E_IO;
}

static int
tcp_operate(void *arg, const char *verb, const char *word, struct fix_span body,
    const char **why)
{
	struct cc_tcp *t = arg;
	char *message = malloc(body.len + 1);
	pid_t pid;

	*why = "the command of --hook failed";
	if (t->cfg.hook == NULL || message == NULL) {
		*why = "there is no --hook";
		free(message);
		return -FIX_E_IO;
	}
	for (size_t i = 0; i < body.len; i++)
		message[i] = body.p[i] == 1 ? '|' : (char)body.p[i];
	message[body.len] = '\0';
	pid = fork();
	if (pid == 0) {
		(void)setpgid(0, 0);
		set_env(t, verb, word, message);
		execl("/bin/sh", "sh", "-c", t->cfg.hook, "hook", verb, word,
		    message, (char *)NULL);
		_exit(127);
	}
	free(message);
	return pid < 0 ? -FIX_E_IO : wait_for(pid);
}

static void
tell_port(const struct cc_tcp *t)
{
	struct sockaddr_storage sa = { 0 };
	socklen_t len = sizeof(sa);
	char host[64] = "", port[16] = "";

	if (getsockname(t->listener, (void *)&sa, &len) == 0)
		(void)getnameinfo((void *)&sa, len, host, sizeof(host), port,
		    sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV);
	printf("listening on %s port %s\n", host, port);
	fflush(stdout);
}

static int
listen_at(struct cc_tcp *t)
{
	struct addrinfo hints = { .ai_flags = AI_PASSIVE }, *list;
	int one = 1, rc;

	hints.ai_socktype = SOCK_STREAM;
	rc = getaddrinfo(t->cfg.host, t->cfg.port, &hints, &list);
	if (rc != 0) {
		cli_fail(
		    "%s:%s: %s", t->cfg.host, t->cfg.port, gai_strerror(rc));
		return -FIX_E_IO;
	}
	t->listener = socket(
	    list->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	setsockopt(t->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	make_slow(t, t->listener);
	rc = t->listener < 0 ||
	     bind(t->listener, list->ai_addr, list->ai_addrlen) < 0 ||
	     listen(t->listener, 8) < 0;
	freeaddrinfo(list);
	if (rc != 0) {
		cli_fail("can't listen on %s port %s: %s", t->cfg.host,
		    t->cfg.port, strerror(errno));
		return -FIX_E_IO;
	}
	tell_port(t);
	return 0;
}

int
cc_tcp_new(struct cc_tcp **out, const struct cc_tcp_cfg *cfg)
{
	struct cc_tcp *t = calloc(1, sizeof(*t));
	int rc;

	if (t == NULL)
		return -FIX_E_NOMEM;
	t->cfg = *cfg;
	t->listener = -1;
	t->peer = (struct cc_peer){ t, tcp_now, tcp_open, tcp_send, tcp_close,
		tcp_turn, tcp_operate };
	rc = cfg->listen ? listen_at(t) : 0;
	if (rc < 0) {
		cc_tcp_free(t);
		return rc;
	}
	*out = t;
	return 0;
}

void
cc_tcp_free(struct cc_tcp *t)
{
	if (t == NULL)
		return;
	for (unsigned i = 0; i < CC_LINKS; i++) {
		wire_close(t->ways[i].w);
		free(t->ways[i].early);
	}
	if (t->listener >= 0)
		close(t->listener);
	free(t);
}

const struct cc_peer *
cc_tcp_peer(struct cc_tcp *t)
{
	return &t->peer;
}
