/*
 * Letting peers in.
 *
 * Listening sockets come from the supervisor. What a stranger may cost is
 * bounded before anything is done for it: the limits of its address (addrs.c)
 * and the lists of the sessions that this port has decide as soon as its
 * address is known, before TLS and before a byte is read; behind TLS it has
 * StrangerTimeout for a whole Logon of at most StrangerMaxBytes. A
 * trusted proxy's connection is only known by its PROXY header, which is read
 * first, and not a byte more, for TLS begins behind it.
 *
 * A Logon whose session belongs to another port, may not come from this
 * address, or whose certificate is another party's, is closed without a word
 * (FIX session test case 1S b: an answer would use up a number). What is no
 * Logon at all goes to the trader, which refuses it and notes so. Who has to
 * prove himself is held by the gate (gate.c), before the trader knows of him.
 */
#include "config.h"

#include <assert.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/proxy.h"
#include "gateway/tls/tls.h"
#include "gateway/trader/loop_int.h"

void
accept_forget(struct link *k)
{
	gate_forget(k);
	k->loop->accepted--;
	addrs_drop(k);
}

/* @return NULL, or why no session of this port could take this address */
static const char *
not_listed(const struct link *k)
{
	const struct listener *at = &k->loop->listeners[k->listen];

	if (at->open_to_all || addr_list_has(&at->allowed, &k->addr))
		return NULL;
	return "no session of this port has its address in "
	       "AllowedRemoteAddresses";
}

void
accept_first(struct link *k)
{
	k->state = LINK_FIRST;
	k->deadline.ns = k->loop->now.mono.ns + k->loop->cfg.stranger_ns;
	list_put(&k->loop->first, k);
}

/* Its address is known: TLS, or the Logon, may come. */
static void
begin(struct link *k)
{
	const char *why = not_listed(k);

	if (why == NULL)
		why = addrs_take(k);
	if (why != NULL) {
		link_refuse(k, why);
		return;
	}
	if (certs_listen(k->loop, k->listen) == NULL)
		accept_first(k);
	else if (!shake_begin(k))
		link_doom(k, false, "TLS can't be set up");
}

void
accept_proxied(struct link *k)
{
	uint8_t buf[PROXY_HEAD_MAX];
	size_t had = k->tail_len, use;
	struct proxy_head head;
	const char *why;
	ssize_t n, got;

	if (had > 0)
		memcpy(buf, k->tail, had);
	n = recv(k->fd, buf + had, sizeof(buf) - had, MSG_PEEK);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		link_doom(k, false, "the proxy closed");
		return;
	}
	got = proxy_read(buf, had + (size_t)n, &head, &why);
	if (got < 0) {
		link_refuse(k, why);
		return;
	}
	/* Take the header out of the socket, and nothing behind it. */
	assert(got == 0 || (size_t)got > had);
	use = got == 0 ? (size_t)n : (size_t)got - had;
	if (recv(k->fd, buf + had, use, 0) != (ssize_t)use ||
	    !conn_keep_tail(k, buf, got == 0 ? had + use : 0)) {
		link_doom(k, false, "the connection broke");
		return;
	}
	if (got == 0)
		return;
	if (head.named)
		conn_named(k, &head);
	begin(k);
}

static void
set_options(const struct loop *l, int fd, uint32_t listen)
{
	const struct setup_socket *s = &l->cfg.setup->listens[listen].sock;
	int on = s->nodelay, alive = s->keepalive;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	tuning_socket(l->cfg.tuning, fd);
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &alive, sizeof(alive));
}

static void
take_in(struct listener *at, int fd, const struct sockaddr *sa, socklen_t len)
{
	struct loop *l = at->loop;
	struct link *k = NULL;

	if (l->accepted < l->cfg.max_conns)
		k = link_new(l, fd);
	if (k == NULL) {
		trader_refused(
		    l->trader, "a peer", "MaxConnections are there", l->now);
		close(fd);
		return;
	}
	l->accepted++;
	k->listen = at->index;
	conn_name(k, sa, len);
	set_options(l, fd, at->index);
	k->proxied = addr_list_has(
	    &l->cfg.setup->listens[at->index].proxies, &k->addr);
	if (k->proxied) {
		accept_first(k);
		k->state = LINK_PROXY;
	} else {
		begin(k);
	}
	if (!k->doomed)
		link_watch(k, true, false);
}

/* No descriptor, no memory: the connection stays in the queue and the socket
 * stays ready, so look away for a while. */
static void
rest(struct loop *l)
{
	log_error("can't accept a connection: %s", strerror(errno));
	accept_stop(l);
	l->accept_again.ns = l->now.mono.ns + FIX_SEC;
}

static void
on_accept(evutil_socket_t fd, short what, void *arg)
{
	struct listener *at = arg;
	struct sockaddr_storage sa;

	(void)what;
	at->loop->busy = true;
	(void)loop_now(at->loop);
	for (int i = 0; i < LOOP_ACCEPTS; i++) {
		socklen_t len = sizeof(sa);
		int got = accept4(fd, (struct sockaddr *)&sa, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (got >= 0) {
			take_in(at, got, (struct sockaddr *)&sa, len);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		    errno == ENOMEM)
			rest(at->loop);
		if (errno != EINTR && errno != ECONNABORTED)
			return;
	}
}

static bool
same(const char *ours, struct fix_span theirs)
{
	return ours == NULL || fix_span_is(theirs, ours);
}

/* Index of the session, or else of the template, that a Logon is for;
 * setup_all(): none. The peer's sender is our target. */
static uint32_t
session_of(const struct setup *s, const struct fix_identity *id)
{
	uint32_t i;

	for (i = 0; i < s->n_sessions; i++) {
		const struct fix_session_cfg *f = &s->sessions[i].fix;

		if (f->role == FIX_ACCEPTOR &&
		    fix_span_is(id->sender_comp_id, f->target_comp_id) &&
		    fix_span_is(id->target_comp_id, f->sender_comp_id) &&
		    fix_span_is(id->begin_string, f->begin_string) &&
		    same(f->target_sub_id, id->sender_sub_id) &&
		    same(f->target_location_id, id->sender_location_id) &&
		    same(f->sender_sub_id, id->target_sub_id) &&
		    same(f->sender_location_id, id->target_location_id))
			return i;
	}
	while (i < setup_all(s) &&
	       !trader_template_fits(&s->sessions[i].fix, id))
		i++;
	return i;
}

static const char *
why_not(struct link *k, uint32_t session, const struct fix_identity *id)
{
	const struct setup_link *cfg = &k->loop->cfg.setup->links[session];

	if (cfg->listen != k->listen)
		return "its session belongs to another port";
	if (cfg->allowed.n > 0 && !addr_list_has(&cfg->allowed, &k->addr))
		return "AllowedRemoteAddresses of its session lacks this "
		       "address";
	if (!fix_span_copy(id->sender_comp_id, k->comp_id, sizeof(k->comp_id)))
		return "its CompID has more than 64 bytes";
	return tls_peer_wrong(
	    k->ssl, certs_peer(k->loop, session), k->comp_id);
}

static bool
is_bound(const struct setup_peer *peer)
{
	return peer->name != NULL || peer->n_pins > 0;
}

int
accept_check(struct link *k, const uint8_t *p, size_t len)
{
	struct loop *l = k->loop;
	struct fix_scan scan = { .max_bytes = l->cfg.stranger_bytes };
	struct fix_msg m = { .fields = l->fields, .cap = FIX_FIELDS_MAX };
	ssize_t n = fix_scan(&scan, p, len, &m);
	struct fix_identity id;
	const char *why;
	uint32_t i;

	if (n == 0 && len < l->cfg.stranger_bytes)
		return 0;
	if (n <= 0 || proxy_is(p, len)) {
		link_refuse(k, n <= 0 ? "no Logon within StrangerMaxBytes" :
		    "a PROXY header from an address that is not in "
		    "TrustedProxies");
		return -1;
	}
	if (scan.why != FIX_G_NONE || fix_session_identify(&m, &id) != 0)
		return 1;
	i = session_of(l->cfg.setup, &id);
	if (i == setup_all(l->cfg.setup))
		return 1;
	why = why_not(k, i, &id);
	if (why != NULL) {
		link_refuse(k, why);
		return -1;
	}
	k->session = i + 1;
	if (k->who != NULL)
		k->who->bound = is_bound(certs_peer(l, i));
	if (l->cfg.setup->links[i].max_queued_bytes != 0)
		k->max_queued = l->cfg.setup->links[i].max_queued_bytes;
	return gate_first(k, i, &m, &id);
}

/* Whom a port lets in: any, if one of its sessions has no list. */
static bool
read_allowed(struct listener *at)
{
	const struct setup *s = at->loop->cfg.setup;

	for (uint32_t i = 0; i < setup_all(s); i++) {
		const struct setup_link *k = &s->links[i];

		if (k->initiator || k->listen != at->index)
			continue;
		if (k->allowed.n == 0)
			at->open_to_all = true;
		if (addr_list_add(&at->allowed, &k->allowed) != 0)
			return false;
	}
	return true;
}

bool
accept_open(struct loop *l)
{
	uint32_t n = l->cfg.setup->n_listens;

	l->listeners = calloc(n + 1, sizeof(*l->listeners));
	if (l->listeners == NULL || !addrs_open(l))
		return false;
	for (uint32_t i = 0; i < n; i++) {
		struct listener *at = &l->listeners[i];

		at->loop = l;
		at->index = i;
		at->fd = l->cfg.listen_fds[i];
		if (!read_allowed(at))
			return false;
		(void)event_assign(&at->ev, l->base, at->fd,
		    EV_READ | EV_PERSIST, on_accept, at);
	}
	return true;
}

void
accept_stop(struct loop *l)
{
	l->accept_again.ns = FIX_MONO_NEVER;
	for (uint32_t i = 0; i < l->cfg.setup->n_listens; i++) {
		if (l->listeners[i].on)
			(void)event_del(&l->listeners[i].ev);
		l->listeners[i].on = false;
	}
}

void
accept_resume(struct loop *l)
{
	l->accept_again.ns = FIX_MONO_NEVER;
	for (uint32_t i = 0; i < l->cfg.setup->n_listens && !l->draining; i++) {
		if (!l->listeners[i].on)
			(void)event_add(&l->listeners[i].ev, NULL);
		l->listeners[i].on = true;
	}
}

void
accept_close(struct loop *l)
{
	uint32_t n = l->cfg.setup->n_listens;

	if (l->listeners != NULL)
		accept_stop(l);
	for (uint32_t i = 0; i < n && l->listeners != NULL; i++)
		addr_list_free(&l->listeners[i].allowed);
	free(l->listeners);
	addrs_close(l);
}
