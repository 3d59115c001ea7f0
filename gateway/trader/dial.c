/*
 * Calling out: the connections of initiators.
 *
 * The trader says which session wants one; here it is made, name look-up, TCP
 * and TLS, without ever blocking. A session may have several hosts and a host
 * several addresses, of both families; its name is looked up anew each time its
 * turn comes. Only an answered Logon is a success: a balancer that accepts and
 * closes is a failure like any other.
 *
 * A failure goes on at the next address, then at the next host, at once. When
 * all of them have failed, that was a round, and after it comes a wait: the
 * n-th of ReconnectInterval's list, or its one number, doubled up to ten times,
 * and each time a quarter more or less by chance, so that a hundred gateways do
 * not call back a venue in the same second. MaxConnectAttempts bounds it all.
 */
#include "config.h"

#include <errno.h>
#include <event2/dns.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/trader/loop_int.h"

#define CALL_NS (10 * FIX_SEC) /* for TCP and TLS together */
#define GROWTH_MAX 10

static const struct setup_host *
host_of(const struct dialer *d)
{
	return &d->cfg->hosts[d->host];
}

static void
forget_addresses(struct dialer *d)
{
	if (d->all != NULL)
		evutil_freeaddrinfo(d->all);
	d->all = d->at = NULL;
}

static uint64_t
chance(struct loop *l)
{
	l->rand ^= l->rand << 13;
	l->rand ^= l->rand >> 7;
	l->rand ^= l->rand << 17;
	return l->rand;
}

/* The wait behind the n-th round that failed. */
static int64_t
delay(struct dialer *d)
{
	unsigned n = d->rounds > 0 ? d->rounds - 1 : 0;
	int64_t ns;

	if (d->cfg->n_waits > 1) {
		n = n < d->cfg->n_waits ? n : d->cfg->n_waits - 1;
		ns = d->cfg->waits_s[n] * FIX_SEC;
	} else {
		ns = n < 4 ? INT64_C(1) << n : GROWTH_MAX;
		ns *= d->cfg->waits_s[0] * FIX_SEC;
	}
	return ns - ns / 4 + (int64_t)(chance(d->loop) % (uint64_t)(ns / 2));
}

static void
next_host(struct dialer *d)
{
	int64_t since = d->loop->now.mono.ns - d->first_at.ns;

	forget_addresses(d);
	d->host = (d->host + 1) % d->cfg->n_hosts;
	if (d->cfg->priority && d->tried == 0 &&
	    since >= d->cfg->start_over_s * FIX_SEC)
		d->host = 0;
}

/* This address has failed. */
static void
go_on(struct dialer *d)
{
	int64_t now = d->loop->now.mono.ns;

	d->next.ns = now;
	if (d->at != NULL)
		return;
	d->tried++;
	if (d->tried >= d->cfg->n_hosts) {
		d->tried = 0;
		d->rounds++;
		d->next.ns = now + delay(d);
	}
	next_host(d);
}

static void
failed(struct dialer *d, const struct link *k, const char *why)
{
	const struct setup_host *h = host_of(d);
	int64_t wait;

	go_on(d);
	wait = (d->next.ns - d->loop->now.mono.ns) / FIX_SEC;
	if (d->next.ns > d->loop->now.mono.ns)
		log_warn("can't connect to %s port %u%s%s%s: %s; again in "
			 "%lld s",
		    h->host, h->port, k == NULL ? "" : " (",
		    k == NULL ? "" : k->peer, k == NULL ? "" : ")", why,
		    (long long)wait);
	else
		log_warn("can't connect to %s port %u%s%s%s: %s; next is %s "
			 "port %u",
		    h->host, h->port, k == NULL ? "" : " (",
		    k == NULL ? "" : k->peer, k == NULL ? "" : ")", why,
		    host_of(d)->host, host_of(d)->port);
}

/* A session that was logged on has lost its connection. One that never lasts
 * is no better than one that is refused, so the waits grow all the same. */
static void
was_up(struct dialer *d)
{
	int64_t now = d->loop->now.mono.ns;

	if (now - d->up_since.ns >= d->cfg->waits_s[0] * FIX_SEC)
		d->rounds = 0;
	d->tried = 0;
	next_host(d);
	d->next.ns = now;
	if (d->rounds > 0 || d->cfg->n_hosts == 1) {
		d->rounds++;
		d->next.ns = now + delay(d);
	} else {
		d->rounds = 1;
	}
}

/* Its hours begin, or it is released. */
static void
begin_anew(struct dialer *d)
{
	int64_t now = d->loop->now.mono.ns;

	if (d->asking != NULL)
		return;
	forget_addresses(d);
	d->rounds = d->tried = 0;
	if (d->cfg->priority &&
	    now - d->first_at.ns >= d->cfg->start_over_s * FIX_SEC)
		d->host = 0;
	d->next.ns = now;
}

static struct dialer *
dialer_of(struct loop *l, uint32_t number)
{
	for (uint32_t i = 0; i < l->n_dialers; i++) {
		struct dialer *d = &l->dialers[i];

		if (trader_session_number(l->trader, d->index) == number)
			return d;
	}
	return NULL;
}

void
dial_want(struct loop *l, uint32_t number)
{
	struct dialer *d = dialer_of(l, number);

	if (d == NULL)
		return;
	(void)loop_now(l);
	d->number = number;
	if (d->link == NULL) {
		begin_anew(d);
	} else if (d->link->conn.up) {
		was_up(d);
	} else {
		failed(d, d->link, d->link->why != NULL ? d->link->why :
		    "the Logon was not answered");
	}
}

void
dial_gone(struct link *k)
{
	struct dialer *d = k->dialer;

	d->link = NULL;
	if (!trader_may_connect(d->loop->trader, d->number)) {
		d->rounds = d->tried = 0;
		d->next.ns = FIX_MONO_NEVER;
		forget_addresses(d);
		return;
	}
	if (d->next.ns == FIX_MONO_NEVER && !d->loop->draining)
		failed(d, k, k->why == NULL ? "refused" : k->why);
}

/* @return 0; else errno says why we can't come from that address */
static int
bind_source(int fd, const struct setup_host *h, int family)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
		.sin6_port = htons((uint16_t)h->from_port) };
	struct sockaddr_in v4 = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)h->from_port) };
	int one = 1;

	if (h->from == NULL && h->from_port == 0)
		return 0;
	if (h->from != NULL) {
		(void)addr_read(h->from, &v6.sin6_addr);
		if ((family == AF_INET) !=
		    (bool)IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
			errno = EAFNOSUPPORT;
			return -1;
		}
		memcpy(&v4.sin_addr, &v6.sin6_addr.s6_addr[12], 4);
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (family == AF_INET)
		return bind(fd, (struct sockaddr *)&v4, sizeof(v4));
	return bind(fd, (struct sockaddr *)&v6, sizeof(v6));
}

/* A socket on its way to an address. @return -1: errno says why not */
static int
begin_connect(const struct dialer *d, const struct addrinfo *ai)
{
	const struct setup_socket *s = &d->cfg->sock;
	int on = s->nodelay, alive = s->keepalive, saved;
	int fd = socket(
	    ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	tuning_socket(d->loop->cfg.tuning, fd);
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &alive, sizeof(alive));
	conn_buffers(fd, s);
	if (bind_source(fd, host_of(d), ai->ai_family) == 0 &&
	    (connect(fd, ai->ai_addr, ai->ai_addrlen) == 0 ||
		errno == EINPROGRESS))
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

static void
note_begun(struct dialer *d)
{
	if (d->cfg->max_attempts == 0)
		return;
	d->begun[d->next_begun] = d->loop->now.mono.ns;
	d->next_begun = (d->next_begun + 1) % d->cfg->max_attempts;
}

static void
call(struct dialer *d)
{
	struct loop *l = d->loop;
	struct addrinfo *ai = d->at;
	struct link *k;
	int fd = begin_connect(d, ai);

	d->at = ai->ai_next;
	d->next.ns = FIX_MONO_NEVER;
	if (fd < 0) {
		failed(d, NULL, strerror(errno));
		return;
	}
	k = link_new(l, fd);
	if (k == NULL) {
		close(fd);
		failed(d, NULL, "out of memory");
		return;
	}
	note_begun(d);
	conn_name(k, ai->ai_addr, ai->ai_addrlen);
	k->state = LINK_CONNECTING;
	k->dialer = d;
	if (d->cfg->max_queued_bytes != 0)
		k->max_queued = d->cfg->max_queued_bytes;
	k->deadline.ns = l->now.mono.ns + CALL_NS;
	d->link = k;
	list_put(&l->calling, k);
	link_watch(k, false, true);
}

static void
on_address(int rc, struct evutil_addrinfo *all, void *arg)
{
	struct dialer *d = arg;

	d->asking = NULL;
	d->loop->busy = true;
	(void)loop_now(d->loop);
	if (rc == EVUTIL_EAI_CANCEL)
		return;
	if (rc != 0 || all == NULL) {
		failed(d, NULL,
		    rc == 0 ? "it has no address" : evutil_gai_strerror(rc));
		return;
	}
	d->all = d->at = all;
	d->next = d->loop->now.mono; /* dial_due() calls the first one */
}

static bool
open_dns(struct loop *l)
{
	if (l->dns != NULL)
		return true;
	l->dns = evdns_base_new(l->base, EVDNS_BASE_INITIALIZE_NAMESERVERS |
					     EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	if (l->dns != NULL)
		return true;
	l->dns = evdns_base_new(l->base, EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	if (l->dns != NULL)
		(void)evdns_base_load_hosts(l->dns, "/etc/hosts");
	return l->dns != NULL;
}

static void
look_up(struct dialer *d)
{
	struct evutil_addrinfo hints = { .ai_socktype = SOCK_STREAM };
	char port[8];

	forget_addresses(d);
	d->next.ns = FIX_MONO_NEVER;
	if (d->host == 0)
		d->first_at = d->loop->now.mono;
	if (!open_dns(d->loop)) {
		failed(d, NULL, "name look-up can't be set up");
		return;
	}
	snprintf(port, sizeof(port), "%u", host_of(d)->port);
	d->asking = evdns_getaddrinfo(
	    d->loop->dns, host_of(d)->host, port, &hints, on_address, d);
}

/* MaxConnectAttempts have begun within the window: when is the next due? */
static bool
must_wait(struct dialer *d)
{
	int64_t oldest, due;

	if (d->cfg->max_attempts == 0)
		return false;
	oldest = d->begun[d->next_begun];
	due = oldest + d->cfg->window_s * FIX_SEC;
	if (oldest == 0 || due <= d->loop->now.mono.ns)
		return false;
	d->next.ns = due;
	log_warn("%s port %u: MaxConnectAttempts are used up; again in %lld s",
	    host_of(d)->host, host_of(d)->port,
	    (long long)((due - d->loop->now.mono.ns) / FIX_SEC));
	return true;
}

static bool
may_call(const struct loop *l)
{
	return l->sessions_open && !l->draining;
}

void
dial_due(struct loop *l)
{
	for (uint32_t i = 0; i < l->n_dialers && may_call(l); i++) {
		struct dialer *d = &l->dialers[i];

		if (d->next.ns > l->now.mono.ns || d->link != NULL ||
		    d->asking != NULL)
			continue;
		if (!trader_may_connect(l->trader, d->number)) {
			d->next.ns = FIX_MONO_NEVER;
			forget_addresses(d);
		} else if (!must_wait(d)) {
			if (d->at != NULL)
				call(d);
			else
				look_up(d);
		}
	}
}

struct fix_mono
dial_deadline(const struct loop *l)
{
	struct fix_mono first = { FIX_MONO_NEVER };

	for (uint32_t i = 0; i < l->n_dialers && may_call(l); i++)
		if (l->dialers[i].link == NULL &&
		    l->dialers[i].asking == NULL &&
		    l->dialers[i].next.ns < first.ns)
			first = l->dialers[i].next;
	return first;
}

void
dial_connected(struct link *k)
{
	struct dialer *d = k->dialer;
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(k->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		error = errno;
	if (error != 0) {
		link_doom(k, false, strerror(error));
		return;
	}
	link_watch(k, true, false);
	if (certs_link(k->loop, d->index) == NULL) {
		dial_ready(k);
		return;
	}
	k->session = d->index + 1;
	if (!shake_begin(k))
		link_doom(k, false, "TLS can't be set up");
}

void
dial_ready(struct link *k)
{
	struct dialer *d = k->dialer;
	struct loop *l = k->loop;

	if (l->draining ||
	    trader_connected(l->trader, &k->conn, d->number, l->now) != 0) {
		link_doom(k, false, "its session is not ready");
		return;
	}
	d->up_since = l->now.mono;
	log_info("connected to %s", k->peer);
	link_opened(k);
	link_watch(k, true, false);
}

bool
dial_open(struct loop *l)
{
	const struct setup *s = l->cfg.setup;
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->n_sessions; i++)
		n += s->links[i].initiator;
	l->dialers = calloc(n + 1, sizeof(*l->dialers));
	if (l->dialers == NULL)
		return false;
	for (uint32_t i = 0; i < s->n_sessions; i++) {
		struct dialer *d = &l->dialers[l->n_dialers];

		if (!s->links[i].initiator)
			continue;
		d->loop = l;
		d->cfg = &s->links[i];
		d->index = i;
		d->next.ns = FIX_MONO_NEVER;
		d->begun = calloc(d->cfg->max_attempts + 1, sizeof(*d->begun));
		l->n_dialers++;
		if (d->begun == NULL)
			return false;
	}
	return true;
}

void
dial_close(struct loop *l)
{
	for (uint32_t i = 0; i < l->n_dialers; i++) {
		if (l->dialers[i].asking != NULL)
			evdns_getaddrinfo_cancel(l->dialers[i].asking);
		forget_addresses(&l->dialers[i]);
		free(l->dialers[i].begun);
	}
	if (l->dns != NULL)
		evdns_base_free(l->dns, 0);
	free(l->dialers);
}
