/*
 * The operator's socket, DATA_DIR/trading/control.sock or ControlSocket: a line
 * in, text out, closed. The owner of the process may open it, and who is in
 * ControlGroup; the kernel sees to that, and says who has called. A command is
 * part of a turn like a message: it is journaled before its answer leaves.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "gateway/trader/loop_int.h"

#define CALLERS 8
#define LINE_BYTES 4096
#define ANSWER_BYTES (1u << 20)

struct caller {
	struct loop *loop;
	int fd; /* -1: free */
	struct event ev;
	char line[LINE_BYTES];
	size_t len;
	char *answer; /* NULL: the line is not whole yet */
	size_t off, answer_len;
};

struct control {
	int fd;
	struct event ev;
	struct caller callers[CALLERS];
	bool to_answer;
};

static void on_caller(evutil_socket_t fd, short what, void *arg);

static const struct timeval patience = { 10, 0 };

static void
hang_up(struct caller *c)
{
	(void)event_del(&c->ev);
	close(c->fd);
	free(c->answer);
	c->answer = NULL;
	c->fd = -1;
}

/* The kernel says who has called. */
static void
name_caller(struct loop *l, int fd)
{
	char buf[4096], name[40];
	struct passwd pw, *found = NULL;
	struct ucred u;
	socklen_t len = sizeof(u);
	bool owner = false;

	name[0] = '\0';
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &u, &len) == 0) {
		if (getpwuid_r(u.uid, &pw, buf, sizeof(buf), &found) == 0 &&
		    found != NULL && strlen(pw.pw_name) < sizeof(name))
			snprintf(name, sizeof(name), "%s", pw.pw_name);
		else
			snprintf(name, sizeof(name), "uid %u", (unsigned)u.uid);
		owner = u.uid == 0 || u.uid == geteuid();
	}
	trader_operator(l->trader, name, owner);
}

static void
carry_out(struct caller *c)
{
	struct loop *l = c->loop;

	c->line[strcspn(c->line, "\r\n")] = '\0';
	c->answer = malloc(ANSWER_BYTES);
	if (c->answer == NULL) {
		hang_up(c);
		return;
	}
	log_info("operator: %s", c->line);
	name_caller(l, c->fd);
	c->off = 0;
	if (strcmp(c->line, "certificates") == 0)
		c->answer_len = certs_say(l, c->answer, ANSWER_BYTES);
	else
		c->answer_len = trader_command(l->trader, c->line, c->answer,
		    ANSWER_BYTES, loop_now(l));
	l->control->to_answer = true;
}

static void
tell(struct caller *c)
{
	ssize_t n;

	while (c->off < c->answer_len) {
		n = send(c->fd, c->answer + c->off, c->answer_len - c->off,
		    MSG_NOSIGNAL);
		if (n <= 0)
			break;
		c->off += (size_t)n;
	}
	if (c->off < c->answer_len && (errno == EAGAIN || errno == EINTR))
		(void)event_add(&c->ev, &patience);
	else
		hang_up(c);
}

static void
hear(struct caller *c)
{
	ssize_t n = recv(c->fd, c->line + c->len, LINE_BYTES - 1 - c->len, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0 || (n == 0 && c->len == 0)) {
		hang_up(c);
		return;
	}
	c->len += (size_t)n;
	c->line[c->len] = '\0';
	if (n > 0 && memchr(c->line, '\n', c->len) == NULL &&
	    c->len < LINE_BYTES - 1)
		return;
	(void)event_del(&c->ev);
	(void)event_assign(
	    &c->ev, c->loop->base, c->fd, EV_WRITE, on_caller, c);
	carry_out(c);
}

static void
on_caller(evutil_socket_t fd, short what, void *arg)
{
	struct caller *c = arg;

	(void)fd;
	c->loop->busy = true;
	if ((what & EV_TIMEOUT) != 0)
		hang_up(c);
	else if (c->answer != NULL)
		tell(c);
	else
		hear(c);
}

static void
on_call(evutil_socket_t fd, short what, void *arg)
{
	struct loop *l = arg;
	int got = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)what;
	l->busy = true;
	if (got < 0)
		return;
	for (unsigned i = 0; i < CALLERS; i++) {
		struct caller *c = &l->control->callers[i];

		if (c->fd >= 0)
			continue;
		c->loop = l;
		c->fd = got;
		c->len = 0;
		(void)event_assign(
		    &c->ev, l->base, got, EV_READ | EV_PERSIST, on_caller, c);
		(void)event_add(&c->ev, &patience);
		return;
	}
	close(got);
}

void
control_answer(struct loop *l)
{
	struct control *ctl = l->control;

	if (ctl == NULL || !ctl->to_answer)
		return;
	ctl->to_answer = false;
	for (unsigned i = 0; i < CALLERS; i++)
		if (ctl->callers[i].fd >= 0 && ctl->callers[i].answer != NULL)
			tell(&ctl->callers[i]);
}

/* A path may be longer than an address holds: then by way of its folder. */
static bool
address_of(const char *path, struct sockaddr_un *sa, int *dir)
{
	char folder[4096];
	const char *slash = strrchr(path, '/');

	*dir = -1;
	sa->sun_family = AF_UNIX;
	if (strlen(path) < sizeof(sa->sun_path)) {
		strcpy(sa->sun_path, path);
		return true;
	}
	if (slash == NULL || (size_t)(slash - path) >= sizeof(folder))
		return false;
	memcpy(folder, path, (size_t)(slash - path));
	folder[slash - path] = '\0';
	*dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return *dir >= 0 &&
	       (size_t)snprintf(sa->sun_path, sizeof(sa->sun_path),
		   "/proc/self/fd/%d%s", *dir, slash) < sizeof(sa->sun_path);
}

/* Through the socket's folder the group must come by itself. */
static bool
open_to(const char *group, const char *path)
{
	char buf[16384];
	struct group g, *found = NULL;

	if (getgrnam_r(group, &g, buf, sizeof(buf), &found) != 0 ||
	    found == NULL) {
		log_error("ControlGroup: there is no group %s here", group);
		return false;
	}
	if (chown(path, (uid_t)-1, g.gr_gid) == 0 && chmod(path, 0660) == 0)
		return true;
	log_error("ControlGroup: can't give %s to the group %s: %s; is the "
	    "gateway's account one of its members?", path, group,
	    strerror(errno));
	return false;
}

static int
listen_at(const char *path)
{
	struct sockaddr_un sa = { 0 };
	mode_t old = umask(0177);
	int dir, fd = -1;

	if (address_of(path, &sa, &dir)) {
		fd = socket(
		    AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		(void)unlink(path); /* of an earlier trader: the store's lock
				       says that it is gone */
		if (fd >= 0 &&
		    (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0 ||
			listen(fd, CALLERS) != 0)) {
			close(fd);
			fd = -1;
		}
	}
	if (dir >= 0)
		close(dir);
	umask(old);
	return fd;
}

bool
control_open(struct loop *l)
{
	struct control *ctl;

	if (l->cfg.control_path == NULL)
		return true;
	ctl = calloc(1, sizeof(*ctl));
	if (ctl == NULL)
		return false;
	for (unsigned i = 0; i < CALLERS; i++)
		ctl->callers[i].fd = -1;
	ctl->fd = listen_at(l->cfg.control_path);
	if (ctl->fd < 0)
		log_error("control socket %s: %s", l->cfg.control_path,
		    strerror(errno));
	else if (l->cfg.control_group != NULL &&
	    !open_to(l->cfg.control_group, l->cfg.control_path)) {
		close(ctl->fd);
		(void)unlink(l->cfg.control_path);
		ctl->fd = -1;
	}
	if (ctl->fd < 0) {
		free(ctl);
		return false;
	}
	l->control = ctl;
	(void)event_assign(
	    &ctl->ev, l->base, ctl->fd, EV_READ | EV_PERSIST, on_call, l);
	return event_add(&ctl->ev, NULL) == 0;
}

void
control_close(struct loop *l)
{
	struct control *ctl = l->control;

	if (ctl == NULL)
		return;
	for (unsigned i = 0; i < CALLERS; i++)
		if (ctl->callers[i].fd >= 0)
			hang_up(&ctl->callers[i]);
	(void)event_del(&ctl->ev);
	close(ctl->fd);
	(void)unlink(l->cfg.control_path);
	free(ctl);
}
