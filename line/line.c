/*
 * One session over one socket.
 *
 * A turn: wait for bytes, room or a deadline; read, feed, tick; write what is
 * queued. The driver keeps before it sends, and its send only queues here, so
 * a turn never waits for the peer. When the session asks for the end, what is
 * queued may take LINGER_MS to leave.
 */
#include "line/line.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "store/clock.h"

#define READY_TURNS 32 /* between makings of the next file */
#define LINGER_MS 2000

struct fix_line {
	struct fix_acts *acts;
	struct fix_session *session;
	struct fix_drive *drive;
	struct fix_kept *kept;
	uint8_t *out; /* bytes [out_at, out_len) wait for room */
	size_t out_at, out_len, out_cap;
	bool closing;
	struct fix_now now;
	unsigned turns;
};

static struct fix_now
clock_of(struct fix_line *l)
{
	return l->now = fix_clock_now();
}

static int
queue(void *arg, struct fix_span bytes)
{
	struct fix_line *l = arg;
	size_t cap = l->out_cap == 0 ? 65536 : l->out_cap;
	uint8_t *p;

	if (bytes.len > FIX_LINE_QUEUE_MAX - (l->out_len - l->out_at))
		return -FIX_E_FULL;
	if (l->out_at > 0) {
		l->out_len -= l->out_at;
		memmove(l->out, l->out + l->out_at, l->out_len);
		l->out_at = 0;
	}
	while (cap - l->out_len < bytes.len)
		cap *= 2;
	if (cap != l->out_cap) {
		p = realloc(l->out, cap);
		if (p == NULL)
			return -FIX_E_NOMEM;
		l->out = p;
		l->out_cap = cap;
	}
	memcpy(l->out + l->out_len, bytes.p, bytes.len);
	l->out_len += bytes.len;
	return 0;
}

static void
on_close(void *arg, enum fix_why why)
{
	struct fix_line *l = arg;

	(void)why;
	l->closing = true;
}

/* Those that the caller did not bring. @return 0, or why there is none */
static int
load_dicts(struct fix_session_cfg *cfg, struct fix_dict *own[2],
    struct fix_line_error *e)
{
	struct fix_dict_error de = { "" };
	enum fix_version v =
	    fix_version_of_begin(fix_span_of(cfg->begin_string));
	int rc = 0;

	if (cfg->transport != NULL)
		return 0;
	rc = fix_dict_load_version(&own[0], v, &de);
	if (rc == 0 && v == FIX_V_NONE)
		rc = fix_dict_load_version(&own[1], cfg->default_appl, &de);
	if (rc != 0)
		snprintf(e->text, sizeof(e->text), "%s", de.text);
	cfg->transport = own[0];
	cfg->app = own[1] != NULL ? own[1] : own[0];
	return rc;
}

static int
make_session(struct fix_line *l, struct fix_session_cfg *cfg,
    const struct fix_drive_ops *ops, struct fix_line_error *e)
{
	const struct fix_keep keep = fix_kept_face(l->kept);
	struct fix_session_numbers n;
	struct fix_drive_ops own = *ops;

	fix_kept_numbers(l->kept, &n.next_in, &n.next_out);
	l->session = fix_session_new(cfg, n, l->acts);
	if (l->session == NULL) {
		snprintf(e->text, sizeof(e->text),
		    "a session needs a BeginString and both CompIDs, and "
		    "FIXT.1.1 a DefaultApplVerID");
		return -FIX_E_CONFIG;
	}
	/* The caller's callbacks get his argument, ours get the line. */
	own.send = NULL;
	own.close = NULL;
	l->drive = fix_drive_new(l->session, &keep, &own);
	return l->drive == NULL ? -FIX_E_NOMEM : 0;
}

int
fix_line_open(struct fix_line **out, const struct fix_session_cfg *cfg,
    const char *folder, const struct fix_drive_ops *ops,
    struct fix_line_error *e)
{
	struct fix_line *l = calloc(1, sizeof(*l));
	struct fix_session_cfg own = *cfg;
	struct fix_dict *dicts[2] = { NULL, NULL };
	struct fix_store_error se = { "" };
	int rc = -FIX_E_NOMEM;

	snprintf(e->text, sizeof(e->text), "out of memory");
	if (l != NULL)
		l->acts = fix_acts_new(0, 0);
	if (l != NULL && l->acts != NULL) {
		rc = fix_kept_open(&l->kept, folder, FIX_DURABLE_PROCESS, &se);
		if (rc != 0)
			snprintf(e->text, sizeof(e->text), "%.90s: %.400s", folder,
			    se.text);
	}
	if (rc == 0)
		rc = load_dicts(&own, dicts, e);
	if (rc == 0)
		rc = make_session(l, &own, ops, e);
	fix_dict_free(dicts[0]); /* the session has them */
	fix_dict_free(dicts[1]);
	if (rc != 0) {
		fix_line_close(l);
		return rc;
	}
	fix_drive_take(l->drive, l, queue, on_close);
	e->text[0] = '\0';
	*out = l;
	return 0;
}

void
fix_line_close(struct fix_line *l)
{
	if (l == NULL)
		return;
	fix_drive_free(l->drive);
	fix_session_free(l->session);
	fix_acts_free(l->acts);
	fix_kept_close(l->kept);
	free(l->out);
	free(l);
}

struct fix_session *
fix_line_session(struct fix_line *l)
{
	return l->session;
}

/* @return 1 go on, 0 the connection has ended */
static int
write_some(struct fix_line *l, int fd)
{
	ssize_t n;

	while (l->out_at < l->out_len) {
		n = send(fd, l->out + l->out_at, l->out_len - l->out_at,
		    MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK;
		l->out_at += (size_t)n;
	}
	return 1;
}

/* @return 1 go on, 0 the connection has ended, or the driver's error */
static int
read_some(struct fix_line *l, int fd)
{
	uint8_t in[65536];
	ssize_t n = recv(fd, in, sizeof(in), 0);
	int rc;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 1;
	if (n <= 0)
		return 0;
	rc = fix_drive_feed(l->drive, in, (size_t)n, clock_of(l));
	/* Too big a message ends the connection, not the line. */
	return rc == 0 ? 1 : rc == -FIX_E_TOOBIG ? 0 : rc;
}

/* For the turns to come: when there is nothing else to do, and now and then. A
 * fault in it is told by the next commit. */
static void
make_ready(struct fix_line *l, bool idle)
{
	if (l->kept != NULL)
		fix_kept_ready(l->kept, idle || ++l->turns % READY_TURNS == 0);
}

/* @return 1 go on, 0 it has ended, or an error */
static int
turn(struct fix_line *l, int fd)
{
	struct pollfd p = { fd, POLLIN, 0 };
	int n, rc = 1;

	if (l->out_at < l->out_len)
		p.events |= POLLOUT;
	n = poll(&p, 1, fix_drive_wait_ms(l->drive, clock_of(l)));
	if (n < 0 && errno != EINTR)
		return -FIX_E_IO;
	if (n > 0 && (p.revents & ~POLLOUT) != 0)
		rc = read_some(l, fd);
	else
		(void)clock_of(l);
	if (rc != 1)
		return rc;
	rc = fix_drive_tick(l->drive, l->now);
	if (rc == 0)
		rc = write_some(l, fd);
	make_ready(l, n == 0);
	return rc;
}

/* The rest may leave; what comes is of no interest. */
static void
linger(struct fix_line *l, int fd)
{
	int64_t end = clock_of(l).mono.ns + LINGER_MS * FIX_MSEC, left;
	struct pollfd p = { fd, POLLOUT, 0 };

	while (write_some(l, fd) && l->out_at < l->out_len) {
		left = (end - clock_of(l).mono.ns) / FIX_MSEC;
		if (left <= 0 || poll(&p, 1, (int)left) <= 0)
			return;
	}
	(void)shutdown(fd, SHUT_WR);
}

struct fix_now
fix_line_now(const struct fix_line *l)
{
	return l->now;
}

int
fix_line_run(struct fix_line *l, int fd)
{
	int flags = fcntl(fd, F_GETFL), rc, end;

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return -FIX_E_IO;
	l->closing = false;
	l->out_at = l->out_len = 0;
	rc = fix_session_connected(l->session, clock_of(l));
	if (rc == 0)
		rc = fix_drive_run(l->drive, clock_of(l));
	if (rc == 0)
		rc = write_some(l, fd);
	while (rc == 1 && !l->closing)
		rc = turn(l, fd);
	if (l->closing)
		linger(l, fd);
	end = fix_drive_lost(l->drive, clock_of(l));
	l->out_at = l->out_len = 0;
	return rc < 0 ? rc : end;
}
