/*
 * Letting peers in.
 *
 * Listening sockets come from the supervisor. A connection costs nothing but
 * memory until its Logon is there: ten seconds, TLS included, and a cap on all
 * connections and on those of one address keep strangers from filling the
 * table. A Logon whose session belongs to another port, may not come from this
 * address, or whose certificate is another party's, is closed without a word
 * (FIX session test case 1S b: an answer would use up a number). What is no
 * Logon at all goes to the trader, which refuses it and notes so.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/tls.h"
#include "gateway/trader/loop_int.h"

#define BUCKETS 1024u

struct addr_count {
	struct addr_count *next;
	struct in6_addr addr;
	unsigned n;
};

struct addrs {
	struct addr_count *at[BUCKETS];
};

static struct addr_count **
addr_find(struct addrs *a, const struct in6_addr *addr)
{
	uint32_t h = 2166136261u;
	struct addr_count **p;

	for (unsigned i = 0; i < 16; i++)
		h = (h ^ addr->s6_addr[i]) * 16777619u;
	p = &a->at[h % BUCKETS];
	while (*p != NULL && memcmp(&(*p)->addr, addr, sizeof(*addr)) != 0)
		p = &(*p)->next;
	return p;
}

/* One more from there; false: too many, or no memory. */
static bool
addr_take(struct loop *l, const struct in6_addr *addr)
{
	struct addr_count **p = addr_find(l->addrs, addr);
	unsigned max = l->cfg.max_per_addr;

	if (*p == NULL) {
		*p = calloc(1, sizeof(**p));
		if (*p == NULL)
			return false;
		(*p)->addr = *addr;
	}
	if (max != 0 && (*p)->n >= max)
		return false;
	(*p)->n++;
	return true;
}

void
accept_forget(struct link *k)
{
	struct addr_count **p = addr_find(k->loop->addrs, &k->addr), *gone;

	k->loop->accepted--;
	if (*p == NULL || --(*p)->n > 0)
		return;
	gone = *p;
	*p = gone->next;
	free(gone);
}

static bool
start(struct link *k)
{
	if (certs_listen(k->loop, k->listen) != NULL)
		return shake_begin(k);
	accept_first(k);
	link_watch(k, true, false);
	return true;
}

void
accept_first(struct link *k)
{
	k->state = LINK_FIRST;
	k->deadline.ns = k->loop->now.mono.ns + LOOP_FIRST_NS;
	list_put(&k->loop->first, k);
}

static void
take_in(struct listener *at, int fd, const struct sockaddr *sa, socklen_t len)
{
	struct loop *l = at->loop;
	struct link *k = NULL;
	int one = 1;

	if (l->accepted < l->cfg.max_conns)
		k = link_new(l, fd);
	if (k == NULL) {
		log_warn("connection closed at once: MaxConnections are there");
		close(fd);
		return;
	}
	k->listen = at->index;
	conn_name(k, sa, len);
	if (!addr_take(l, &k->addr)) {
		log_warn("connection closed at once: its address has "
			 "MaxConnectionsPerAddress");
		conn_free(k);
		return;
	}
	l->accepted++;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	if (!start(k))
		link_doom(k, false, "TLS can't be set up");
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

/* Is the address in a list of addresses, "10.0.0.7, 2001:db8::1"? */
static bool
in_list(const struct in6_addr *addr, const char *list)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr a;

	while (*(list += strspn(list, ", \t")) != '\0') {
		size_t n = strcspn(list, ", \t");

		if (n < sizeof(text)) {
			memcpy(text, list, n);
			text[n] = '\0';
			if (conn_address(text, &a) &&
			    memcmp(&a, addr, sizeof(a)) == 0)
				return true;
		}
		list += n;
	}
	return false;
}

static bool
same(const char *ours, struct fix_span theirs)
{
	return ours == NULL || fix_span_is(theirs, ours);
}

/* Index of the session that a Logon is for, n_sessions: none. The peer's
 * sender is our target. */
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
			break;
	}
	return i;
}

static const char *
why_not(const struct link *k, uint32_t session)
{
	const struct setup_link *cfg = &k->loop->cfg.setup->links[session];

	if (cfg->listen != k->listen)
		return "its session belongs to another port";
	if (cfg->allowed != NULL && !in_list(&k->addr, cfg->allowed))
		return "AllowedRemoteAddresses of its session lacks this "
		       "address";
	return tls_peer_wrong(k->ssl, certs_peer(k->loop, session));
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
	struct fix_scan scan = { .max_bytes = LOOP_FIRST_MAX };
	struct fix_msg m = { .fields = l->fields, .cap = FIX_FIELDS_MAX };
	ssize_t n = fix_scan(&scan, p, len, &m);
	struct fix_identity id;
	const char *why;
	uint32_t i;

	if (n == 0)
		return 0;
	if (n < 0 || scan.why != FIX_G_NONE ||
	    fix_session_identify(&m, &id) != 0)
		return 1;
	i = session_of(l->cfg.setup, &id);
	if (i == l->cfg.setup->n_sessions)
		return 1;
	why = why_not(k, i);
	if (why != NULL) {
		link_refuse(k, why);
		return -1;
	}
	k->session = i + 1;
	if (k->who != NULL)
		k->who->bound = is_bound(certs_peer(l, i));
	return 1;
}

bool
accept_open(struct loop *l)
{
	uint32_t n = l->cfg.setup->n_listens;

	l->addrs = calloc(1, sizeof(*l->addrs));
	l->listeners = calloc(n + 1, sizeof(*l->listeners));
	if (l->addrs == NULL || l->listeners == NULL)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		struct listener *at = &l->listeners[i];

		at->loop = l;
		at->index = i;
		at->fd = l->cfg.listen_fds[i];
		(void)event_assign(&at->ev, l->base, at->fd,
		    EV_READ | EV_PERSIST, on_accept, at);
	}
	accept_resume(l);
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
	struct addr_count *a, *next;

	if (l->listeners != NULL)
		accept_stop(l);
	free(l->listeners);
	for (unsigned i = 0; l->addrs != NULL && i < BUCKETS; i++)
		for (a = l->addrs->at[i]; a != NULL; a = next) {
			next = a->next;
			free(a);
		}
	free(l->addrs);
}
