/*
 * Connections of fixgate echo: bytes from libevent to a session and back.
 *
 * An inbound connection has no session until its first message, a Logon, names
 * one that is free; anything else is closed without a word. A connection is
 * closed in two steps, our half first and the rest when the peer has read it
 * or a second has passed, so that a reset never overtakes a Logout.
 */
#include <event2/buffer.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "fix/scan.h"
#include "gateway/cli/echo.h"
#include "gateway/log.h"

struct echo_conn {
	struct echo *echo;
	struct echo_conn *next, *prev;
	struct echo_session *of; /* NULL: none yet, or no longer */
	struct bufferevent *bev;
	bool closing;
};

static void
conn_free(struct echo_conn *c)
{
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		c->echo->conns = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	c->echo->n_conns--;
	bufferevent_free(c->bev);
	free(c);
}

void
echo_drop_all(struct echo *e)
{
	while (e->conns != NULL)
		conn_free(e->conns);
}

/* Our half is said and done; wait a little for the peer's. */
static void
half_close(struct echo_conn *c)
{
	struct timeval second = { 1, 0 };

	(void)shutdown(bufferevent_getfd(c->bev), SHUT_WR);
	(void)bufferevent_set_timeouts(c->bev, &second, NULL);
}

void
echo_conn_close(struct echo_conn *c)
{
	if (c->of != NULL)
		c->of->conn = NULL;
	c->of = NULL;
	if (c->closing)
		return;
	c->closing = true;
	if (evbuffer_get_length(bufferevent_get_output(c->bev)) == 0)
		half_close(c);
}

void
echo_conn_write(struct echo_conn *c, struct fix_span bytes)
{
	if (bufferevent_write(c->bev, bytes.p, bytes.len) < 0)
		log_warn("no memory for output");
}

static struct echo_session *
find_session(struct echo *e, const struct fix_identity *id)
{
	for (uint32_t i = 0; i < e->n_sessions; i++) {
		struct echo_session *es = &e->sessions[i];

		if (es->link->initiator ||
		    !fix_span_is(id->begin_string, es->cfg->begin_string) ||
		    !fix_span_is(id->sender_comp_id, es->cfg->target_comp_id) ||
		    !fix_span_is(id->target_comp_id, es->cfg->sender_comp_id))
			continue;
		return es;
	}
	return NULL;
}

/* The session that this Logon opens; NULL: none, or it is taken. */
static struct echo_session *
session_for(struct echo *e, const struct fix_msg *m)
{
	struct fix_identity id;
	struct echo_session *es;

	if (fix_session_identify(m, &id) < 0)
		return NULL;
	es = find_session(e, &id);
	if (es == NULL || es->conn != NULL)
		return NULL;
	return es;
}

/* The first message of a connection. @return bytes eaten, 0: more to come */
static size_t
first_message(struct echo_conn *c, const uint8_t *in, size_t len)
{
	struct fix_scan scan = { .max_bytes = 65536 };
	struct echo *e = c->echo;
	struct echo_session *es = NULL;
	ssize_t n = fix_scan(&scan, in, len, &e->first);

	if (n == 0)
		return 0;
	if (n > 0 && scan.why == FIX_G_NONE && !e->stopping)
		es = session_for(e, &e->first);
	if (es == NULL || fix_session_connected(es->s, echo_now()) < 0) {
		log_info("a connection without a good Logon is closed");
		echo_conn_close(c);
		return len;
	}
	c->of = es;
	es->conn = c;
	fix_session_recv_msg(es->s, &e->first, echo_now());
	echo_run(es);
	return (size_t)n;
}

static size_t
next_message(struct echo_conn *c, const uint8_t *in, size_t len)
{
	struct echo_session *es = c->of;
	ssize_t n = fix_session_recv(es->s, in, len, echo_now());

	echo_run(es);
	return n < 0 ? len : (size_t)n;
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct echo_conn *c = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	size_t len, n;

	while ((len = evbuffer_get_length(in)) > 0) {
		const uint8_t *p = evbuffer_pullup(in, -1);

		if (c->closing || p == NULL)
			n = len;
		else if (c->of == NULL)
			n = first_message(c, p, len);
		else
			n = next_message(c, p, len);
		if (n == 0)
			break;
		(void)evbuffer_drain(in, n);
	}
}

static void
on_written(struct bufferevent *bev, void *arg)
{
	struct echo_conn *c = arg;

	(void)bev;
	if (c->closing)
		half_close(c);
}

static void
redial_later(struct echo_session *es)
{
	struct timeval wait = { (time_t)es->link->waits_s[0], 0 };

	if (es->link->initiator && !es->echo->stopping)
		(void)evtimer_add(es->dial, &wait);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct echo_conn *c = arg;
	struct echo_session *es = c->of;

	(void)bev;
	if (what & BEV_EVENT_CONNECTED) {
		if (es != NULL && fix_session_connected(es->s, echo_now()) == 0)
			echo_run(es);
		return;
	}
	conn_free(c);
	if (es == NULL)
		return;
	es->conn = NULL;
	fix_session_lost(es->s, echo_now());
	echo_run(es);
	redial_later(es);
}

static struct echo_conn *
conn_new(struct echo *e, evutil_socket_t fd)
{
	struct echo_conn *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->echo = e;
	c->bev = bufferevent_socket_new(e->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (c->bev == NULL) {
		free(c);
		return NULL;
	}
	c->next = e->conns;
	if (e->conns != NULL)
		e->conns->prev = c;
	e->conns = c;
	e->n_conns++;
	bufferevent_setcb(c->bev, on_read, on_written, on_event, c);
	(void)bufferevent_enable(c->bev, EV_READ | EV_WRITE);
	return c;
}

void
echo_accepted(struct echo *e, evutil_socket_t fd)
{
	if (conn_new(e, fd) == NULL)
		(void)evutil_closesocket(fd);
}

void
echo_dial(struct echo_session *es)
{
	struct echo_conn *c = conn_new(es->echo, -1);

	if (c == NULL) {
		redial_later(es);
		return;
	}
	c->of = es;
	es->conn = c;
	/* A failure comes back as an event. */
	(void)bufferevent_socket_connect_hostname(
	    c->bev, NULL, AF_UNSPEC, es->link->hosts[0].host,
	    (int)es->link->hosts[0].port);
}
