/*
 * Calling out: the connections of initiators.
 *
 * The trader says which session wants one; here it is made, name look-up, TCP
 * and TLS, without ever blocking. An attempt that fails is repeated after
 * ReconnectInterval, then twice that, up to ten times, each time a quarter more
 * or less by chance, so that a hundred gateways do not call back a venue in the
 * same second. A connection that lived longer than the interval begins anew.
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

static uint64_t
chance(struct loop *l)
{
	l->rand ^= l->rand << 13;
	l->rand ^= l->rand >> 7;
	l->rand ^= l->rand << 17;
	return l->rand;
}

static int64_t
delay(struct dialer *d)
{
	int64_t ns = d->cfg->reconnect_s * FIX_SEC;
	int64_t times = d->failures > 4
			    ? GROWTH_MAX
			    : INT64_C(1)
				  << (d->failures > 0 ? d->failures - 1 : 0);

	if (d->failures == 0)
		return 0;
	if (times > GROWTH_MAX)
		times = GROWTH_MAX;
	ns *= times;
	return ns - ns / 4 + (int64_t)(chance(d->loop) % (uint64_t)(ns / 2));
}

void
dial_want(struct loop *l, uint32_t number)
{
	struct fix_now now = loop_now(l);

	for (uint32_t i = 0; i < l->n_dialers; i++) {
		struct dialer *d = &l->dialers[i];

		if (trader_session_number(l->trader, d->index) != number)
			continue;
		d->number = number;
		if (d->up_since.ns != 0) {
			bool lived = now.mono.ns - d->up_since.ns >=
				     d->cfg->reconnect_s * FIX_SEC;

			d->failures = lived ? 1 : d->failures + 1;
			d->up_since.ns = 0;
		}
		d->next.ns = now.mono.ns + delay(d);
		return;
	}
}

static void
try_later(struct dialer *d, const char *why)
{
	d->failures++;
	d->next.ns = d->loop->now.mono.ns + delay(d);
	log_warn("can't connect to %s port %u: %s; again in %lld s",
	    d->cfg->host, d->cfg->port, why,
	    (long long)((d->next.ns - d->loop->now.mono.ns) / FIX_SEC));
}

void
dial_gone(struct link *k)
{
	struct dialer *d = k->dialer;

	d->link = NULL;
	if (!trader_may_connect(d->loop->trader, d->number)) {
		d->failures = 0;
		d->up_since.ns = 0;
		return;
	}
	if (d->next.ns == FIX_MONO_NEVER && !d->loop->draining)
		try_later(d, k->why == NULL ? "refused" : k->why);
}

static void
call(struct dialer *d, const struct addrinfo *ai)
{
	struct loop *l = d->loop;
	int fd = socket(
	    ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct link *k;
	int one = 1;

	if (fd < 0) {
		try_later(d, strerror(errno));
		return;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	if (connect(fd, ai->ai_addr, ai->ai_addrlen) != 0 &&
	    errno != EINPROGRESS) {
		try_later(d, strerror(errno));
		close(fd);
		return;
	}
	k = link_new(l, fd);
	if (k == NULL) {
		try_later(d, "out of memory");
		close(fd);
		return;
	}
	conn_name(k, ai->ai_addr, ai->ai_addrlen);
	k->state = LINK_CONNECTING;
	k->dialer = d;
	k->deadline.ns = l->now.mono.ns + CALL_NS;
	d->link = k;
	list_put(&l->calling, k);
	link_watch(k, false, true);
}

/* Addresses are tried in turn, one at each attempt. */
static void
on_address(int rc, struct evutil_addrinfo *all, void *arg)
{
	struct dialer *d = arg;
	struct evutil_addrinfo *ai = all;
	unsigned n = 0, skip;

	d->asking = NULL;
	d->loop->busy = true;
	(void)loop_now(d->loop);
	if (rc == EVUTIL_EAI_CANCEL)
		return;
	for (ai = all; ai != NULL; ai = ai->ai_next)
		n++;
	if (rc != 0 || n == 0) {
		try_later(
		    d, rc == 0 ? "it has no address" : evutil_gai_strerror(rc));
	} else {
		skip = d->failures % n;
		for (ai = all; skip > 0; skip--)
			ai = ai->ai_next;
		call(d, ai);
	}
	if (all != NULL)
		evutil_freeaddrinfo(all);
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

	d->next.ns = FIX_MONO_NEVER;
	if (!open_dns(d->loop)) {
		try_later(d, "name look-up can't be set up");
		return;
	}
	snprintf(port, sizeof(port), "%u", d->cfg->port);
	d->asking = evdns_getaddrinfo(
	    d->loop->dns, d->cfg->host, port, &hints, on_address, d);
}

void
dial_due(struct loop *l)
{
	for (uint32_t i = 0; i < l->n_dialers && !l->draining; i++) {
		struct dialer *d = &l->dialers[i];

		if (d->next.ns > l->now.mono.ns || d->link != NULL)
			continue;
		if (trader_may_connect(l->trader, d->number))
			look_up(d);
		else
			d->next.ns = FIX_MONO_NEVER;
	}
}

struct fix_mono
dial_deadline(const struct loop *l)
{
	struct fix_mono first = { FIX_MONO_NEVER };

	for (uint32_t i = 0; i < l->n_dialers && !l->draining; i++)
		if (l->dialers[i].link == NULL &&
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
		l->n_dialers++;
	}
	return true;
}

void
dial_close(struct loop *l)
{
	for (uint32_t i = 0; i < l->n_dialers; i++)
		if (l->dialers[i].asking != NULL)
			evdns_getaddrinfo_cancel(l->dialers[i].asking);
	if (l->dns != NULL)
		evdns_base_free(l->dns, 0);
	free(l->dialers);
}
