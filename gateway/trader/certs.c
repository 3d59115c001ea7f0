/*
 * The TLS contexts in use: taken from a plan at the start and at SIGHUP, and
 * watched while they serve.
 *
 * A reload swaps all of them at once, or none. Connections that are there keep
 * theirs, but are held against the new ones: one whose certificate was revoked,
 * whose authority is gone or whose name or pin is no longer its session's, ends.
 * Every few seconds the revocation lists' files are looked at and read when they
 * have changed (F04); every hour the dates of all that is in use (F07).
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "gateway/tls/tls.h"
#include "gateway/trader/loop_int.h"

#define WATCH_NS (2 * FIX_SEC)
#define DATES_NS (3600 * FIX_SEC)
#define AGAIN_NS (6 * 3600 * FIX_SEC) /* what is over is told again */
#define TOLD_MAX 4096

struct use {
	SSL_CTX *ctx;   /* NULL: plain */
	uint32_t at;    /* index in certs.setup, NOWHERE: not there any more */
	uint64_t stamp; /* of the revocation lists when they were read */
};

#define NOWHERE UINT32_MAX

struct told { /* about something with a date */
	uint64_t hash;
	int level;
	int64_t at_ns;
};

struct set {
	const struct setup *setup;
	struct use *listens, *links;
	struct setup_peer *peers; /* by session; strings are ours */
	uint32_t n_listens, n_links;
};

struct certs {
	struct set set;
	struct told *told;
	size_t n_told, cap_told;
	struct fix_mono watch, dates; /* when to look next */
	bool any;                     /* there is something to look at */
};

static void
set_free(struct set *s)
{
	for (uint32_t i = 0; s->listens != NULL && i < s->n_listens; i++)
		tls_context_free(s->listens[i].ctx);
	for (uint32_t i = 0; s->links != NULL && i < s->n_links; i++)
		tls_context_free(s->links[i].ctx);
	for (uint32_t i = 0; s->peers != NULL && i < s->n_links; i++) {
		free((void *)(uintptr_t)s->peers[i].name);
		free((void *)(uintptr_t)s->peers[i].server);
	}
	free(s->listens);
	free(s->links);
	free(s->peers);
}

static bool
set_alloc(struct set *s, const struct setup *first)
{
	s->n_listens = first->n_listens;
	s->n_links = setup_all(first);
	s->listens = calloc(s->n_listens + 1, sizeof(*s->listens));
	s->links = calloc(s->n_links + 1, sizeof(*s->links));
	s->peers = calloc(s->n_links + 1, sizeof(*s->peers));
	return s->listens != NULL && s->links != NULL && s->peers != NULL;
}

static bool
copy_peer(struct setup_peer *to, const struct setup_peer *from)
{
	*to = *from;
	to->server = NULL;
	if (from->name != NULL && (to->name = strdup(from->name)) == NULL)
		return false;
	return from->server == NULL ||
	       (to->server = strdup(from->server)) != NULL;
}

static bool
set_use(struct use *u, SSL_CTX *ctx, const struct setup_tls *cfg, uint32_t at)
{
	u->ctx = tls_context_share(ctx);
	u->at = at;
	if (ctx != NULL && at != NOWHERE)
		u->stamp = tls_crl_stamp(cfg);
	return ctx == NULL || u->ctx != NULL;
}

/* The listener of the start in another plan: by its address and port. */
static uint32_t
listen_of(const struct setup *s, const struct setup_listen *want)
{
	for (uint32_t j = 0; j < s->n_listens; j++)
		if (s->listens[j].port == want->port &&
		    strcmp(s->listens[j].address, want->address) == 0)
			return j;
	return NOWHERE;
}

/* A listener or session that the fresh plan lacks keeps what it had. */
static bool
take_listen(struct loop *l, struct set *s, const struct plan *p, uint32_t i)
{
	uint32_t j = listen_of(p->setup, &l->cfg.setup->listens[i]);

	if (j == NOWHERE)
		return set_use(&s->listens[i], certs_listen(l, i), NULL, j);
	return set_use(&s->listens[i], p->listen_tls[j],
	    &p->setup->listens[j].tls_cfg, j);
}

static bool
take_link(struct loop *l, struct set *s, const struct plan *p, uint32_t i,
    uint32_t j)
{
	if (j == setup_all(p->setup))
		return set_use(&s->links[i], certs_link(l, i), NULL, NOWHERE) &&
		       copy_peer(&s->peers[i], certs_peer(l, i));
	return set_use(&s->links[i], p->link_tls[j],
		   &p->setup->links[j].tls_cfg, j) &&
	       copy_peer(&s->peers[i], &p->setup->links[j].peer);
}

static bool
has_any(const struct set *s)
{
	for (uint32_t i = 0; i < s->n_listens; i++)
		if (s->listens[i].ctx != NULL)
			return true;
	for (uint32_t i = 0; i < s->n_links; i++)
		if (s->links[i].ctx != NULL)
			return true;
	return false;
}

static bool
take(struct loop *l, const struct plan *p,
    uint32_t (*session)(const void *arg, uint32_t i), const void *arg)
{
	struct set s = { .setup = p->setup };
	bool ok = set_alloc(&s, l->cfg.setup);

	for (uint32_t i = 0; ok && i < s.n_listens; i++)
		ok = take_listen(l, &s, p, i);
	for (uint32_t i = 0; ok && i < s.n_links; i++)
		ok = take_link(l, &s, p, i, session(arg, i));
	if (!ok) {
		set_free(&s);
		return false;
	}
	set_free(&l->certs->set);
	l->certs->set = s;
	l->certs->any = has_any(&s);
	return true;
}

static uint32_t
itself(const void *arg, uint32_t i)
{
	(void)arg;
	return i;
}

bool
certs_open(struct loop *l)
{
	l->certs = calloc(1, sizeof(*l->certs));
	if (l->certs == NULL || !take(l, l->cfg.plan, itself, NULL))
		return false;
	return true;
}

void
certs_close(struct loop *l)
{
	if (l->certs == NULL)
		return;
	set_free(&l->certs->set);
	free(l->certs->told);
	free(l->certs);
	l->certs = NULL;
}

SSL_CTX *
certs_listen(const struct loop *l, uint32_t listen)
{
	return l->certs->set.listens[listen].ctx;
}

SSL_CTX *
certs_link(const struct loop *l, uint32_t session)
{
	return l->certs->set.links[session].ctx;
}

const struct setup_peer *
certs_peer(const struct loop *l, uint32_t session)
{
	return &l->certs->set.peers[session];
}

static void
check_link(struct link *k)
{
	struct loop *l = k->loop;
	const char *wrong = NULL;
	SSL_CTX *ctx;

	if (k->ssl == NULL || k->who == NULL || k->doomed)
		return;
	ctx = k->dialer != NULL ? certs_link(l, k->dialer->index)
				: certs_listen(l, k->listen);
	if (ctx != NULL && !tls_still_good(k->ssl, ctx))
		wrong = "its certificate passes no more";
	else if (k->session != 0)
		wrong = tls_peer_wrong(
		    k->ssl, certs_peer(l, k->session - 1), k->comp_id);
	if (wrong == NULL)
		return;
	log_warn("%s: disconnected: %s", k->peer, wrong);
	link_doom(k, false, wrong);
}

static void
check_list(struct link_list *list)
{
	for (struct link *k = list->first; k != NULL; k = k->next)
		check_link(k);
}

static void
check_links(struct loop *l)
{
	check_list(&l->first);
	check_list(&l->checking);
	check_list(&l->open);
	check_list(&l->restless);
}

bool
loop_certs(struct loop *l, const struct plan *fresh,
    uint32_t (*session)(const void *arg, uint32_t i), const void *arg)
{
	if (!take(l, fresh, session, arg)) {
		/* What is in use may not point into a plan that goes. */
		for (uint32_t i = 0; i < l->certs->set.n_listens; i++)
			l->certs->set.listens[i].at = NOWHERE;
		for (uint32_t i = 0; i < l->certs->set.n_links; i++)
			l->certs->set.links[i].at = NOWHERE;
		log_error("certificates: out of memory");
		return false;
	}
	l->certs->dates.ns = 0;
	check_links(l);
	return true;
}

/* What the neighbour had and has now: hundreds of sessions that share a context
 * look at its files once, and share the next one. */
struct fresh {
	const struct setup_tls *cfg;
	uint64_t stamp;
	SSL_CTX *was, *is; /* borrowed */
};

static bool
same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
same_lists(const struct setup_tls *a, const struct setup_tls *b)
{
	return same(a->crl, b->crl) && same(a->crl_dir, b->crl_dir);
}

/* A file that can't be used is told once, and the lists that are in use stay. */
static SSL_CTX *
make_again(const struct setup *s, const struct use *u, bool server)
{
	struct tls_fault f = { NULL, "" };
	SSL_CTX *ctx = server ? tls_of_listen(s, u->at, &f)
			      : tls_of_link(s, u->at, &f);

	if (ctx == NULL)
		log_error("revocation lists not read again, the old ones stay: "
			  "%s", f.text);
	return ctx;
}

/* @return true: another context serves */
static bool
refresh(struct loop *l, struct use *u, bool server, struct fresh *last)
{
	const struct setup *s = l->certs->set.setup;
	const struct setup_tls *cfg;
	SSL_CTX *ctx, *old = u->ctx;

	if (old == NULL || u->at == NOWHERE)
		return false;
	cfg = server ? &s->listens[u->at].tls_cfg : &s->links[u->at].tls_cfg;
	if (last->cfg == NULL || !same_lists(cfg, last->cfg)) {
		last->cfg = cfg;
		last->stamp = tls_crl_stamp(cfg);
	}
	if (last->stamp == u->stamp)
		return false;
	u->stamp = last->stamp;
	ctx = old == last->was ? tls_context_share(last->is)
			       : make_again(s, u, server);
	if (ctx == NULL)
		return false;
	last->was = old;
	last->is = u->ctx = ctx;
	tls_context_free(old);
	return true;
}

static void
refresh_all(struct loop *l)
{
	struct set *s = &l->certs->set;
	struct fresh last = { NULL, 0, NULL, NULL };
	unsigned n = 0;

	for (uint32_t i = 0; i < s->n_listens; i++)
		n += refresh(l, &s->listens[i], true, &last);
	for (uint32_t i = 0; i < s->n_links; i++)
		n += refresh(l, &s->links[i], false, &last);
	if (n == 0)
		return;
	log_info("revocation lists read again");
	l->certs->dates.ns = 0;
	check_links(l);
}

/* Each context once: neighbours share theirs. */
static void
each_date(const struct loop *l, void (*tell)(void *, const struct tls_date *),
    void *arg)
{
	const struct set *s = &l->certs->set;
	SSL_CTX *last = NULL;

	for (uint32_t i = 0; i < s->n_listens + s->n_links; i++) {
		const struct use *u = i < s->n_listens
					  ? &s->listens[i]
					  : &s->links[i - s->n_listens];

		if (u->ctx != NULL && u->ctx != last)
			tls_each_date(u->ctx, tell, arg);
		if (u->ctx != NULL)
			last = u->ctx;
	}
}

static uint64_t
hash_of(const struct tls_date *d)
{
	uint64_t h = UINT64_C(14695981039346656037) ^ (uint64_t)d->until_s;

	h = (h ^ (uint64_t)d->what) * UINT64_C(1099511628211);
	for (const char *p = d->name; *p != '\0'; p++)
		h = (h ^ (uint8_t)*p) * UINT64_C(1099511628211);
	return h;
}

static struct told *
told_of(struct certs *c, uint64_t hash)
{
	struct told *more;
	size_t cap = c->cap_told == 0 ? 16 : c->cap_told * 2;

	for (size_t i = 0; i < c->n_told; i++)
		if (c->told[i].hash == hash)
			return &c->told[i];
	if (c->n_told == TOLD_MAX)
		c->n_told = 0; /* many reloads: say it all again */
	if (c->n_told == c->cap_told) {
		more = realloc(c->told, cap * sizeof(*more));
		if (more == NULL)
			return NULL;
		c->told = more;
		c->cap_told = cap;
	}
	c->told[c->n_told] = (struct told){ .hash = hash };
	return &c->told[c->n_told++];
}

static void
warn_date(void *arg, const struct tls_date *d)
{
	struct loop *l = arg;
	int64_t now_s = l->now.utc.ns / FIX_SEC;
	int level = tls_date_level(d, now_s);
	struct told *t = level == 0 ? NULL : told_of(l->certs, hash_of(d));
	char when[64];

	if (t == NULL ||
	    (level <= t->level && (level < 4 ||
				      l->now.mono.ns - t->at_ns < AGAIN_NS)))
		return;
	t->level = level;
	t->at_ns = l->now.mono.ns;
	tls_date_say(d, now_s, when, sizeof(when));
	log_at(level >= 3 ? LOG_L_ERROR : LOG_L_WARN, "%s %s: %s%s",
	    tls_dated_name(d->what), d->name, when,
	    d->what == TLS_D_CRL ? ": get a newer one" : "");
}

void
certs_watch(struct loop *l)
{
	struct certs *c = l->certs;
	int64_t now = l->now.mono.ns;

	if (c->watch.ns <= now) {
		c->watch.ns = now + WATCH_NS;
		refresh_all(l);
	}
	if (c->dates.ns <= now) {
		c->dates.ns = now + DATES_NS;
		each_date(l, warn_date, l);
	}
}

/* Without TLS nothing wakes the loop. */
struct fix_mono
certs_deadline(const struct loop *l)
{
	return l->certs->any ? l->certs->watch
			     : (struct fix_mono){ FIX_MONO_NEVER };
}

struct text {
	char *out;
	size_t cap, len;
	int64_t now_s;
};

static void
say_date(void *arg, const struct tls_date *d)
{
	struct text *t = arg;
	char when[64];
	int n;

	tls_date_say(d, t->now_s, when, sizeof(when));
	n = snprintf(t->out + t->len, t->cap - t->len, "%s %s: %s\n",
	    tls_dated_name(d->what), d->name, when);
	if (n > 0 && (size_t)n < t->cap - t->len)
		t->len += (size_t)n;
}

size_t
certs_say(const struct loop *l, char *out, size_t cap)
{
	struct text t = { out, cap, 0, l->now.utc.ns / FIX_SEC };

	out[0] = '\0';
	each_date(l, say_date, &t);
	out[t.len] = '\0';
	if (t.len == 0)
		t.len = (size_t)snprintf(out, cap, "no certificates\n");
	return t.len;
}
