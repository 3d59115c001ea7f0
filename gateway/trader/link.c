/*
 * The life of a connection in the loop: ready, read, given to the trader,
 * ended.
 *
 * A link is never freed where it breaks: it is put in a list and ends at one
 * place of the turn, for the trader may be in the middle of it. One that ends
 * in order lingers: its last bytes are with the kernel, and closing while the
 * peer's are unread would throw them away.
 */
#include "config.h"

#include <stdlib.h>

#include "gateway/trader/loop_int.h"

static void
on_event(evutil_socket_t fd, short what, void *arg)
{
	struct link *k = arg;
	struct loop *l = k->loop;

	(void)fd;
	l->busy = true;
	(void)loop_now(l);
	if (k->doomed)
		return;
	if (k->state == LINK_CONNECTING) {
		dial_connected(k);
		return;
	}
	if (k->state == LINK_PROXY) {
		accept_proxied(k);
		return;
	}
	if (k->state == LINK_SHAKING) {
		shake_want(k);
		return;
	}
	if ((what & EV_WRITE) != 0 && k->out_len > 0) {
		int rc = conn_flush(k);

		if (rc == CONN_BROKEN)
			link_doom(k, false, "the connection broke");
		else if (rc == 1 && k->closing)
			link_doom(k, true, NULL);
		conn_weigh(k, k->max_queued);
	}
	if ((what & EV_READ) != 0 || k->want_write)
		link_read(k);
	if (!k->doomed)
		link_watch(k, !k->paused, k->out_len > 0 || k->want_write);
}

void
link_watch(struct link *k, bool read, bool write)
{
	if (read != k->reading) {
		k->reading = read;
		if (read)
			(void)event_add(&k->ev_read, NULL);
		else
			(void)event_del(&k->ev_read);
	}
	if (write != k->writing) {
		k->writing = write;
		if (write)
			(void)event_add(&k->ev_write, NULL);
		else
			(void)event_del(&k->ev_write);
	}
}

struct link *
link_new(struct loop *l, int fd)
{
	struct link *k = calloc(1, sizeof(*k));

	if (k == NULL)
		return NULL;
	k->loop = l;
	k->fd = fd;
	k->ops = &conn_plain;
	k->max_queued = l->cfg.max_queued_bytes;
	(void)event_assign(
	    &k->ev_read, l->base, fd, EV_READ | EV_PERSIST, on_event, k);
	(void)event_assign(
	    &k->ev_write, l->base, fd, EV_WRITE | EV_PERSIST, on_event, k);
	return k;
}

void
link_doom(struct link *k, bool orderly, const char *why)
{
	struct loop *l = k->loop;

	if (k->doomed || k->state == LINK_DEAD)
		return;
	k->doomed = true;
	k->orderly = orderly;
	k->why = why;
	k->next_doomed = l->doomed;
	l->doomed = k;
	l->again = true;
	link_watch(k, false, false);
}

void
link_refuse(struct link *k, const char *why)
{
	struct loop *l = k->loop;

	trader_refused(l->trader, k->peer, why, l->now);
	link_doom(k, false, NULL);
}

void
link_opened(struct link *k)
{
	k->state = LINK_OPEN;
	k->known = true;
	k->named_at = k->loop->now.mono;
	list_put(&k->loop->open, k);
}

/* Links that have bytes although their socket is silent. After its Logon a peer
 * may have to wait for the end of its old connection, and what it sent behind
 * the Logon waits here; and TLS may hold more than one read took. */
static void
may_be_restless(struct link *k)
{
	struct loop *l = k->loop;
	bool later = k->conn.later.ns > l->now.mono.ns;
	bool more = k->ops->pending(k);
	bool is = more || later || (k->tail_len > 0 && l->now.mono.ns - k->named_at.ns <
						  LOOP_RESTLESS_NS);

	if (k->closing)
		return;
	if (more && !later)
		l->again = true;

	if (is && k->in != &l->restless)
		list_put(&l->restless, k);
	else if (!is && k->in == &l->restless)
		list_put(&l->open, k);
}

void
link_offer(struct link *k, const uint8_t *p, size_t len)
{
	struct loop *l = k->loop;
	size_t eaten = trader_received(l->trader, &k->conn, p, len, l->now);

	if (!conn_keep_tail(k, p + eaten, len - eaten)) {
		link_doom(k, false, "out of memory");
		return;
	}
	if (k->conn.later.ns > l->now.mono.ns)
		k->paused = true; /* too fast: nothing more is read */
	else if (k->tail_len > l->tail_max)
		k->paused = k->in == &l->restless;
	if (k->tail_len > l->tail_max && !k->paused)
		link_doom(k, false, "a message without end");
	may_be_restless(k);
}

static bool
enter(struct link *k)
{
	struct loop *l = k->loop;

	if (trader_accepted(l->trader, &k->conn, k->peer, l->now) != 0) {
		link_doom(k, false, "the trader takes no connection");
		return false;
	}
	addrs_known(k);
	link_opened(k);
	return true;
}

void
link_admit(struct link *k)
{
	struct loop *l = k->loop;
	size_t len = k->tail_len;

	if (!enter(k))
		return;
	memcpy(l->buf, k->tail, len);
	link_watch(k, true, k->writing);
	link_offer(k, l->buf, len);
}

static void
take(struct link *k, const uint8_t *p, size_t len)
{
	int rc;

	if (k->state == LINK_FIRST) {
		rc = accept_check(k, p, len);
		if (rc < 0)
			return;
		if (rc == 0) {
			if (!conn_keep_tail(k, p, len))
				link_doom(k, false, "out of memory");
			return;
		}
		if (!enter(k))
			return;
	}
	link_offer(k, p, len);
}

void
link_read(struct link *k)
{
	struct loop *l = k->loop;
	ssize_t n;

	if (k->tail_len > l->tail_max) {
		k->paused = true; /* restless, and it waits for the trader */
		return;
	}
	if (k->conn.later.ns > l->now.mono.ns)
		return;
	if (k->tail_len > 0)
		memcpy(l->buf, k->tail, k->tail_len);
	k->want_write = false;
	n = k->ops->read(k, l->buf + k->tail_len, LOOP_CHUNK);
	if (n == CONN_AGAIN)
		return;
	stages_read(l);
	if (k->state == LINK_LINGER) {
		if (n <= 0)
			link_doom(k, false, NULL);
		return; /* it is over: what it says is not heard */
	}
	if (n > 0)
		take(k, l->buf, k->tail_len + (size_t)n);
	else
		link_doom(k, n == 0,
		    n == 0 ? "the peer closed" : "the connection broke");
}

void
links_offer_again(struct loop *l)
{
	struct link *next;

	for (struct link *k = l->restless.first; k != NULL; k = next) {
		next = k->next;
		if (k->doomed || k->conn.later.ns > l->now.mono.ns)
			continue;
		if (k->ops->pending(k) && !k->paused) {
			link_read(k);
			continue;
		}
		memcpy(l->buf, k->tail, k->tail_len);
		link_offer(k, l->buf, k->tail_len);
		if (!k->doomed && k->paused && k->tail_len <= l->tail_max &&
		    k->conn.later.ns <= l->now.mono.ns) {
			k->paused = false;
			link_watch(k, true, k->writing);
		}
	}
}

static void
bury(struct link *k)
{
	link_watch(k, false, false);
	if (k->dialer == NULL)
		accept_forget(k);
	k->state = LINK_DEAD;
	list_put(&k->loop->dead, k);
}

/* Its last bytes are with the kernel: wait until the peer ends, too, so that
 * closing does not throw them away. */
static void
begin_linger(struct link *k)
{
	struct loop *l = k->loop;

	k->ops->end(k);
	k->state = LINK_LINGER;
	k->tail_len = 0;
	k->doomed = k->paused = false;
	k->deadline.ns = l->now.mono.ns + LOOP_LINGER_NS;
	list_put(&l->linger, k);
	link_watch(k, true, false);
}

static void
end_link(struct link *k)
{
	struct loop *l = k->loop;
	bool linger = k->orderly && k->state != LINK_LINGER;

	if (k->in == &l->shaking)
		l->shake_room = true;
	shake_forget(k);
	if (k->why != NULL)
		log_info("%s: %s", k->peer, k->why);
	if (k->known) {
		k->known = false;
		trader_closed(l->trader, &k->conn, l->now);
	}
	if (k->dialer != NULL)
		dial_gone(k);
	if (linger && k->out_len == 0)
		begin_linger(k);
	else
		bury(k);
}

void
links_end(struct loop *l)
{
	struct link *k;

	while ((k = l->doomed) != NULL) {
		l->doomed = k->next_doomed;
		end_link(k);
	}
}
