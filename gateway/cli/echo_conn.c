/*
 * Connections of fixgate echo: bytes from libevent to a session and back.
 *
 * An inbound connection has no session until its first message, a Logon, names
 * one that is free; anything else is closed without a word. A connection is
 * closed in two steps, our half first and the rest when the peer has read it
 * or a second has passed, so that a reset never overtakes a Logout.
 *
 * With TLS a peer that is not the session's is closed, too, and an initiator's
 * session hears of its connection when the handshake is done.
 */
#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
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
	SSL *ssl;        /* the bufferevent's; NULL: plain */
	uint32_t listen; /* accepted: index of its listener */
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

	if (c->ssl != NULL && SSL_is_init_finished(c->ssl))
		(void)SSL_shutdown(c->ssl);
	ERR_clear_error();
	(void)shutdown(bufferevent_getfd(c->bev), SHUT_WR);
	(void)bufferevent_set_timeouts(c->bev, &second, NULL);
}

static void
redial_later(struct echo_session *es)
{
	struct timeval wait = { (time_t)es->link->waits_s[0], 0 };

	if (es->link->initiator && !es->echo->stopping)
		(void)evtimer_add(es->dial, &wait);
}

void
echo_conn_close(struct echo_conn *c)
{
	if (c->of != NULL) {
		c->of->conn = NULL;
		redial_later(c->of);
	}
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

/* Has it another certificate than the session's peer must have? */
static bool
is_wrong(const struct echo_conn *c, const struct echo_session *es)
{
	const char *why = tls_peer_wrong(
	    c->ssl, &es->link->peer, es->cfg->target_comp_id);

	if (why != NULL)
		log_warn("%s: refused: %s", es->cfg->target_comp_id, why);
	return why != NULL;
}

/* The session that this Logon opens; NULL: none, or it is taken. */
static struct echo_session *
session_for(const struct echo_conn *c, const struct fix_msg *m)
{
	struct fix_identity id;
	struct echo_session *es;

	if (fix_session_identify(m, &id) < 0)
		return NULL;
	es = find_session(c->echo, &id);
	if (es == NULL || es->conn != NULL || es->link->listen != c->listen ||
	    is_wrong(c, es))
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
		es = session_for(c, &e->first);
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
lost(struct echo_conn *c)
{
	struct echo_session *es = c->of;

	conn_free(c);
	if (es == NULL)
		return;
	es->conn = NULL;
	fix_session_lost(es->s, echo_now());
	echo_run(es);
	redial_later(es);
}

static void
on_connected(struct echo_conn *c)
{
	struct echo_session *es = c->of;

	if (es == NULL)
		return;
	if (is_wrong(c, es))
		lost(c);
	else if (fix_session_connected(es->s, echo_now()) == 0)
		echo_run(es);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct echo_conn *c = arg;
	unsigned long e;

	if (what & BEV_EVENT_CONNECTED) {
		on_connected(c);
		return;
	}
	e = c->ssl == NULL ? 0 : bufferevent_get_openssl_error(bev);
	if (e != 0)
		log_warn("TLS: %s", ERR_reason_error_string(e));
	lost(c);
}

static struct bufferevent *
bev_new(struct echo_conn *c, evutil_socket_t fd, SSL_CTX *tls, const char *host)
{
	struct bufferevent *bev;

	if (tls == NULL)
		return bufferevent_socket_new(
		    c->echo->base, fd, BEV_OPT_CLOSE_ON_FREE);
	c->ssl = SSL_new(tls);
	if (c->ssl == NULL || (host != NULL && !tls_expect(c->ssl, host))) {
		SSL_free(c->ssl);
		return NULL;
	}
	bev = bufferevent_openssl_socket_new(c->echo->base, fd, c->ssl,
	    host != NULL ? BUFFEREVENT_SSL_CONNECTING
			 : BUFFEREVENT_SSL_ACCEPTING,
	    BEV_OPT_CLOSE_ON_FREE);
	if (bev == NULL)
		SSL_free(c->ssl);
	else
		bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
	return bev;
}

/* host: whom an initiator calls, NULL for an accepted one. */
static struct echo_conn *
conn_new(struct echo *e, evutil_socket_t fd, SSL_CTX *tls, const char *host)
{
	struct echo_conn *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->echo = e;
	c->bev = bev_new(c, fd, tls, host);
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
echo_accepted(const struct echo_listen *at, evutil_socket_t fd)
{
	struct echo_conn *c = conn_new(at->echo, fd, at->tls, NULL);

	if (c == NULL)
		(void)evutil_closesocket(fd);
	else
		c->listen = at->index;
}

void
echo_dial(struct echo_session *es)
{
	const struct setup_link *to = es->link;
	struct echo_conn *c = conn_new(es->echo, -1, es->tls,
	    to->peer.server != NULL ? to->peer.server : to->hosts[0].host);

	if (c == NULL) {
		redial_later(es);
		return;
	}
	c->of = es;
	es->conn = c;
	/* A failure comes back as an event. */
	(void)bufferevent_socket_connect_hostname(
	    c->bev, NULL, AF_UNSPEC, to->hosts[0].host,
	    (int)to->hosts[0].port);
}
