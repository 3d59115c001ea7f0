/*
 * Links to venues' processes: the supervisor starts such a process and sends
 * our end of its link over the courier, a socket that both keep, in one message
 * with the venue's name. A venue whose process hangs is named back to it.
 *
 * Reading a link only fills the venue's buffer; the turn hands records over,
 * and its end writes. So an event that says "there is room to write" need do
 * nothing but cause a turn.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/trader/loop_int.h"
#include "gateway/venue/process.h"

#define NEWS 16 /* messages of the courier in a turn */

struct line { /* to one venue's process */
	struct loop *loop;
	struct venue *venue;
	struct event in, out;
	int fd; /* that the events are of; -1: none */
};

struct courier {
	struct event ev;
	unsigned n;
	struct line lines[];
};

static void
on_in(evutil_socket_t fd, short what, void *arg)
{
	struct line *l = arg;

	(void)fd;
	(void)what;
	l->loop->busy = true;
	venue_process_read(l->venue);
}

static void
on_out(evutil_socket_t fd, short what, void *arg)
{
	struct line *l = arg;

	(void)fd;
	(void)what;
	l->loop->busy = true;
}

static void
line_off(struct line *l)
{
	if (l->fd < 0)
		return;
	(void)event_del(&l->in);
	(void)event_del(&l->out);
	l->fd = -1;
}

static void
line_on(struct line *l, int fd)
{
	line_off(l);
	venue_process_attach(l->venue, fd, loop_now(l->loop));
	l->fd = fd;
	(void)event_assign(
	    &l->in, l->loop->base, fd, EV_READ | EV_PERSIST, on_in, l);
	(void)event_assign(&l->out, l->loop->base, fd, EV_WRITE, on_out, l);
	(void)event_add(&l->in, NULL);
}

static struct line *
find(struct loop *l, const char *name)
{
	for (unsigned i = 0; i < l->courier->n; i++)
		if (strcmp(l->courier->lines[i].venue->name, name) == 0)
			return &l->courier->lines[i];
	return NULL;
}

/* @return descriptor that came with the message, -1: none */
static int
descriptor_of(struct msghdr *m)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	int fd = -1;

	if (c != NULL && c->cmsg_level == SOL_SOCKET &&
	    c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

static bool
receive(struct loop *l, int courier)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	char name[VENUE_NAME_MAX + 1];
	struct iovec iov = { name, VENUE_NAME_MAX };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(courier, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct line *line;
	int fd;

	if (n <= 0)
		return false;
	name[n] = '\0';
	fd = descriptor_of(&m);
	line = find(l, name);
	if (fd >= 0 && line != NULL)
		line_on(line, fd);
	else if (fd >= 0)
		close(fd); /* of a venue that this trader has not: its process
			    * sees the end */
	return true;
}

static void
on_courier(evutil_socket_t fd, short what, void *arg)
{
	struct loop *l = arg;

	(void)what;
	l->busy = true;
	for (int i = 0; i < NEWS && receive(l, fd); i++)
		;
}

void
courier_turn(struct loop *l)
{
	for (unsigned i = 0; l->courier != NULL && i < l->courier->n; i++) {
		struct line *line = &l->courier->lines[i];
		struct venue *v = line->venue;

		if (venue_process_fd(v) < 0)
			line_off(line);
		else if (venue_process_waits(v))
			(void)event_add(&line->out, NULL);
		if (venue_process_hangs(v))
			(void)send(l->cfg.courier_fd, v->name,
			    strlen(v->name), MSG_DONTWAIT | MSG_NOSIGNAL);
	}
}

bool
courier_open(struct loop *l)
{
	unsigned n = 0;
	struct courier *c;
	struct venue *v;

	if (l->cfg.courier_fd < 0)
		return true;
	while (trader_venue_at(l->trader, n) != NULL)
		n++;
	c = l->courier = calloc(1, sizeof(*c) + n * sizeof(c->lines[0]));
	if (c == NULL)
		return false;
	for (unsigned i = 0; i < n; i++) {
		v = trader_venue_at(l->trader, i);
		if (venue_is_process(v))
			c->lines[c->n++] = (struct line){ .loop = l,
				.venue = v,
				.fd = -1 };
	}
	(void)event_assign(&c->ev, l->base, l->cfg.courier_fd,
	    EV_READ | EV_PERSIST, on_courier, l);
	return event_add(&c->ev, NULL) == 0;
}

void
courier_close(struct loop *l)
{
	if (l->courier == NULL)
		return;
	(void)event_del(&l->courier->ev);
	for (unsigned i = 0; i < l->courier->n; i++)
		line_off(&l->courier->lines[i]);
	free(l->courier);
	l->courier = NULL;
}
