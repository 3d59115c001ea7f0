/*
 * Records from and to the trader over a buffered socket. What comes is read as
 * records and handed on at once; what goes is written when there is room.
 */
#include "gateway/venue/peer.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <stdlib.h>

#include "gateway/log.h"

struct peer {
	struct peer_ops ops;
	struct bufferevent *bev;
	struct record_out out;
	bool over; /* ops.ended() was called */
	uint8_t buf[RECORD_HEAD + RECORD_MAX];
};

static void
end(struct peer *p, const char *why)
{
	if (p->over)
		return;
	p->over = true;
	p->ops.ended(p->ops.arg, why);
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	struct peer *p = arg;
	struct record r;
	ssize_t n = 0;

	while (!p->over && evbuffer_get_length(in) > 0) {
		size_t len = evbuffer_get_length(in);
		uint8_t *bytes;

		if (len > RECORD_HEAD + RECORD_MAX)
			len = RECORD_HEAD + RECORD_MAX;
		bytes = evbuffer_pullup(in, (ssize_t)len);
		n = bytes == NULL ? -FIX_E_NOMEM : record_read(&r, bytes, len);
		if (n <= 0)
			break;
		p->ops.record(p->ops.arg, &r);
		evbuffer_drain(in, (size_t)n);
	}
	if (n < 0)
		end(p, "the trader says what is no record");
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
		end(arg, NULL);
}

struct peer *
peer_new(struct event_base *base, int fd, const struct peer_ops *ops)
{
	struct peer *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->ops = *ops;
	(void)evutil_make_socket_nonblocking(fd);
	p->bev = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (p->bev == NULL) {
		free(p);
		return NULL;
	}
	bufferevent_setcb(p->bev, on_read, NULL, on_event, p);
	(void)bufferevent_enable(p->bev, EV_READ | EV_WRITE);
	return p;
}

void
peer_free(struct peer *p)
{
	if (p == NULL)
		return;
	bufferevent_free(p->bev);
	free(p);
}

struct record_out *
peer_begin(struct peer *p, const char *type)
{
	record_begin(&p->out, p->buf, sizeof(p->buf), type);
	return &p->out;
}

void
peer_send(struct peer *p)
{
	struct evbuffer *out = bufferevent_get_output(p->bev);
	ssize_t n = record_end(&p->out);

	if (n < 0)
		log_error("a record is too long to be sent");
	else if (evbuffer_get_length(out) > PEER_QUEUE)
		end(p, "the trader does not read");
	else if (bufferevent_write(p->bev, p->buf, (size_t)n) != 0)
		end(p, "out of memory");
}
