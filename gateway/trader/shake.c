/*
 * TLS handshakes, so that they cost the others nothing.
 *
 * A step of a handshake is a signature, many times the work of an order. So a
 * socket that is ready only puts its link into a queue, and the queue gets what
 * is left of a turn, after all orders are done and sent: a fraction of a
 * millisecond, and while orders come only its share of the time (share.h). From
 * a fifth of HandshakeTimeout on a handshake waits no more for that share.
 *
 * One address may have so many handshakes under way (F06); further ones wait,
 * unread, and a stranger who never ends his only holds up his own address; one
 * that says nothing is not under way yet. Each has a few seconds. Failures go
 * to the journal, the peer gets TLS's alert and no more (F09).
 */
#include "config.h"

#include <stdio.h>
#include <time.h>

#include "gateway/tls/tls.h"
#include "gateway/trader/loop_int.h"

#define WORK_NS (300 * FIX_USEC)
#define PATIENCE_PART 5

static unsigned
under_way(const struct loop *l, const struct in6_addr *from)
{
	unsigned n = 0;

	for (const struct link *k = l->shaking.first; k != NULL; k = k->next)
		n += k->dialer == NULL &&
		     memcmp(&k->addr, from, sizeof(*from)) == 0;
	return n;
}

static bool
may_begin(const struct link *k)
{
	const struct loop *l = k->loop;
	unsigned max = l->cfg.max_shakes;

	return k->dialer != NULL || max == 0 || under_way(l, &k->addr) < max;
}

static bool
begin(struct link *k)
{
	struct loop *l = k->loop;
	const struct dialer *d = k->dialer;
	const char *host = NULL;
	SSL_CTX *ctx;

	if (d != NULL) {
		ctx = certs_link(l, d->index);
		host = certs_peer(l, d->index)->server;
		if (host == NULL)
			host = d->cfg->hosts[d->host].host;
	} else {
		ctx = certs_listen(l, k->listen);
	}
	if (ctx == NULL || !tls_start(k, ctx, host))
		return false;
	k->deadline.ns = l->now.mono.ns + (int64_t)l->cfg.shake_s * FIX_SEC;
	list_put(&l->shaking, k);
	shake_want(k);
	return true;
}

bool
shake_begin(struct link *k)
{
	struct loop *l = k->loop;

	k->state = LINK_SHAKING;
	if (k->dialer != NULL)
		return begin(k);
	k->deadline.ns = l->now.mono.ns + (int64_t)l->cfg.shake_s * FIX_SEC;
	list_put(&l->silent, k);
	link_watch(k, true, false);
	return true;
}

/* The first bytes of an accepted one are there. */
static void
first_bytes(struct link *k)
{
	struct loop *l = k->loop;

	if (may_begin(k)) {
		if (!begin(k))
			link_doom(k, false, "TLS can't be set up");
		return;
	}
	link_watch(k, false, false);
	k->deadline.ns = l->now.mono.ns + l->cfg.stranger_ns;
	list_put(&l->queued, k);
}

static void
begin_queued(struct loop *l)
{
	struct link *next;

	if (!l->shake_room)
		return;
	l->shake_room = false;
	for (struct link *k = l->queued.first; k != NULL; k = next) {
		next = k->next;
		if (!k->doomed && may_begin(k) && !begin(k))
			link_doom(k, false, "TLS can't be set up");
	}
}

void
shake_want(struct link *k)
{
	struct loop *l = k->loop;

	if (k->shake_since == 0)
		k->shake_since = l->now.mono.ns;
	if (k->ssl == NULL)
		first_bytes(k);
	if (k->shaking || k->doomed || k->ssl == NULL)
		return;
	link_watch(k, false, false);
	k->shaking = true;
	k->next_shake = NULL;
	if (l->shake_last != NULL)
		l->shake_last->next_shake = k;
	else
		l->shake_first = k;
	l->shake_last = k;
	l->again = true;
}

void
shake_forget(struct link *k)
{
	struct loop *l = k->loop;
	struct link *before = NULL, *at = l->shake_first;

	if (!k->shaking)
		return;
	while (at != NULL && at != k) {
		before = at;
		at = at->next_shake;
	}
	if (before != NULL)
		before->next_shake = k->next_shake;
	else
		l->shake_first = k->next_shake;
	if (l->shake_last == k)
		l->shake_last = before;
	k->shaking = false;
}

/* The peer is known: is it whom we called, and may it go on? */
static void
done(struct link *k)
{
	struct loop *l = k->loop;
	const char *wrong = NULL;

	k->want_write = false;
	l->shake_room = true;
	if (!tls_identify(k)) {
		link_doom(k, false, "out of memory");
		return;
	}
	if (k->dialer == NULL) {
		accept_first(k);
		link_watch(k, true, false);
		link_read(k); /* bytes may have come with the handshake */
		return;
	}
	(void)fix_span_copy(
	    fix_span_of(l->cfg.setup->sessions[k->dialer->index]
			    .fix.target_comp_id),
	    k->comp_id, sizeof(k->comp_id));
	wrong = tls_peer_wrong(
	    k->ssl, certs_peer(l, k->dialer->index), k->comp_id);
	if (wrong != NULL) {
		log_warn("%s: TLS refused: %s", k->peer, wrong);
		link_doom(k, true, NULL);
		return;
	}
	k->who->bound = true; /* its name was asked for */
	list_put(&l->calling, k);
	dial_ready(k);
}

static void
failed(struct link *k)
{
	char text[200] = "TLS refused: ";
	size_t n = strlen(text);

	(void)tls_why(text + n, sizeof(text) - n);
	if (k->dialer != NULL)
		log_warn("%s: %s", k->peer, text);
	else
		trader_refused(k->loop->trader, k->peer, text, k->loop->now);
	link_doom(k, true, NULL);
}

static void
step(struct link *k)
{
	int rc = k->ops->handshake(k);

	if (rc == CONN_AGAIN)
		link_watch(k, true, k->want_write);
	else if (rc == 1)
		done(k);
	else
		failed(k);
}

static int64_t
clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec * FIX_SEC + ts.tv_nsec;
}

struct fix_mono
shakes_deadline(struct loop *l)
{
	if (l->shake_first == NULL)
		return (struct fix_mono){ FIX_MONO_NEVER };
	return (struct fix_mono){ share_next(&l->shake_share, l->now.mono.ns,
	    l->ordered_ns, l->shake_first->shake_since,
	    (int64_t)l->cfg.shake_s * FIX_SEC / PATIENCE_PART) };
}

/* The first of the queue goes on. @return ns of the processor's time */
static int64_t
work(struct loop *l)
{
	struct link *k = l->shake_first;
	int64_t began = clock_ns(), took;

	l->shake_first = k->next_shake;
	if (l->shake_first == NULL)
		l->shake_last = NULL;
	k->shaking = false;
	if (!k->doomed)
		step(k);
	took = clock_ns() - began;
	share_spend(&l->shake_share, took);
	return took;
}

void
shakes_work(struct loop *l)
{
	int64_t left = WORK_NS;

	begin_queued(l);
	while (left > 0 && shakes_deadline(l).ns <= l->now.mono.ns) {
		left -= work(l);
		l->again = true; /* what it has brought, and the rest of them */
	}
}
