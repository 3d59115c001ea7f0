/*
 * The desk object: sessions, venues, and everything that must be found by
 * number, by the client's id, by the venue's id or by an execution's id.
 *
 * The memory of an order comes from pools, see table.c; an order stays known
 * after its end until desk_forget(), so that a late fill, a bust or a repeated
 * ClOrdID still finds it.
 */
#include "gateway/order/desk.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>


static void
init_lists(struct desk *d)
{
	unsigned i;

	TAILQ_INIT(&d->all);
	TAILQ_INIT(&d->live);
	for (i = 0; i < DESK_ROUNDS; i++)
		TAILQ_INIT(&d->wait[i]);
	d->expiry_due_ns = INT64_MAX;
	STAILQ_INIT(&d->unkept);
	pool_init(&d->entries, sizeof(struct entry));
	pool_init(&d->parties, sizeof(struct parties));
	pool_init(&d->uses, sizeof(struct use));
	pool_init(&d->wishes, sizeof(struct order_wish));
	pool_init(&d->execs, sizeof(struct exec));
}

struct desk *
desk_new(const struct desk_cfg *cfg, const struct desk_ops *ops)
{
	struct desk *d = calloc(1, sizeof(*d));

	assert(cfg->node <= 255 && cfg->incarnation < IDS_INCARNATIONS);
	if (d == NULL)
		return NULL;
	d->cfg = *cfg;
	d->ops = *ops;
	if (d->cfg.ack_timeout_ns == 0)
		d->cfg.ack_timeout_ns = 5 * FIX_SEC;
	d->seed = hash_bytes(
	    cfg->node, &cfg->incarnation, sizeof(cfg->incarnation));
	init_lists(d);
	if (hmap_init(&d->by_number) && hmap_init(&d->by_venue_id) &&
	    hmap_init(&d->by_use) && hmap_init(&d->by_exec))
		return d;
	desk_free(d);
	return NULL;
}

int
desk_prepare(struct desk *d, size_t orders, size_t ids, size_t execs)
{
	bool done = pool_prepare(&d->entries, orders) &&
		    pool_prepare(&d->uses, ids) &&
		    pool_prepare(&d->execs, execs) &&
		    hmap_prepare(&d->by_number, orders) &&
		    hmap_prepare(&d->by_venue_id, orders) &&
		    hmap_prepare(&d->by_use, ids) &&
		    hmap_prepare(&d->by_exec, execs);

	return done ? 0 : -FIX_E_NOMEM;
}

void
desk_free(struct desk *d)
{
	if (d == NULL)
		return;
	hmap_fini(&d->by_number);
	hmap_fini(&d->by_venue_id);
	hmap_fini(&d->by_use);
	hmap_fini(&d->by_exec);
	pool_fini(&d->entries);
	pool_fini(&d->parties);
	pool_fini(&d->uses);
	pool_fini(&d->wishes);
	pool_fini(&d->execs);
	free(d->sessions);
	free(d->venues);
	free(d->unproven);
	free(d->routes);
	free(d);
}

struct desk_session *
desk_session_of(const struct desk *d, uint32_t number)
{
	unsigned i;

	/* Numbers are 1, 2, 3 ...: as a rule it is where it belongs */
	if (number >= 1 && number <= d->n_sessions &&
	    d->sessions[number - 1].number == number)
		return &d->sessions[number - 1];
	for (i = 0; i < d->n_sessions; i++) {
		if (d->sessions[i].number == number)
			return &d->sessions[i];
	}
	return NULL;
}

int
desk_add_session(struct desk *d, const struct desk_session *s)
{
	struct desk_session *old = desk_session_of(d, s->number);
	struct desk_session *all;

	if (old != NULL) {
		*old = *s;
		return 0;
	}
	all = realloc(d->sessions, (d->n_sessions + 1) * sizeof(*all));
	if (all == NULL)
		return -FIX_E_NOMEM;
	d->sessions = all;
	d->sessions[d->n_sessions++] = *s;
	return 0;
}

int
desk_add_venue(struct desk *d, struct venue *v)
{
	struct venue **all;
	unsigned *unproven;

	unproven = realloc(d->unproven, (d->n_venues + 1) * sizeof(*unproven));
	if (unproven == NULL)
		return -FIX_E_NOMEM;
	d->unproven = unproven;
	all = realloc(d->venues, (d->n_venues + 1) * sizeof(*all));
	if (all == NULL)
		return -FIX_E_NOMEM;
	d->venues = all;
	d->unproven[d->n_venues] = 0;
	d->venues[d->n_venues++] = v;
	return 0;
}

struct venue *
desk_venue_of(const struct desk *d, uint32_t number)
{
	unsigned i;

	for (i = 0; i < d->n_venues; i++) {
		if (d->venues[i]->number == number)
			return d->venues[i];
	}
	return NULL;
}

void
desk_alert(struct desk *d, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	d->ops.alert(d->ops.arg, text);
}

#define OWNER(n, type, member)                                                 \
	((type *)(void *)((char *)(n)-offsetof(type, member)))
#define COWNER(n, type, member)                                                \
	((const type *)(const void *)((const char *)(n)-offsetof(type, member)))

struct key { /* of a thing of a session or venue */
	uint32_t number;
	struct fix_span id;
};

static uint64_t
hash_key(const struct desk *d, const struct key *k)
{
	return hash_bytes(d->seed + k->number, k->id.p, k->id.len);
}

/* Four neighbours in time are neighbours in the table, one line of the cache; the
 * fours are scattered, since those of each start count from 1. */
static uint64_t
hash_number(uint64_t number)
{
	uint64_t four = number >> 2;

	return hash_bytes(0, &four, sizeof(four)) << 2 | (number & 3);
}

static bool
eq_number(const struct node *n, const void *key)
{
	return COWNER(n, struct entry, by_number)->o.number ==
	       *(const uint64_t *)key;
}

struct entry *
entry_find(const struct desk *d, uint64_t number)
{
	struct node *n = hmap_find(
	    &d->by_number, hash_number(number), eq_number, &number);

	return n == NULL ? NULL : OWNER(n, struct entry, by_number);
}

static bool
eq_venue_id(const struct node *n, const void *key)
{
	const struct entry *en = COWNER(n, struct entry, by_venue_id);
	const struct key *k = key;

	return en->o.venue == k->number &&
	       fix_span_is(k->id, en->o.venue_order_id);
}

struct entry *
entry_find_venue(
    const struct desk *d, uint32_t venue, const char *venue_order_id)
{
	struct key k = { venue, fix_span_of(venue_order_id) };
	struct node *n;

	if (k.id.len == 0)
		return NULL;
	n = hmap_find(&d->by_venue_id, hash_key(d, &k), eq_venue_id, &k);
	return n == NULL ? NULL : OWNER(n, struct entry, by_venue_id);
}

bool
entry_set_parties(struct desk *d, struct entry *en, struct fix_span parties)
{
	if (parties.len == 0)
		return true;
	assert(parties.len <= FIX_PARTIES_MAX);
	en->parties = pool_get(&d->parties);
	if (en->parties == NULL)
		return false;
	memcpy(en->parties->fields, parties.p, parties.len);
	en->parties->len = (uint16_t)parties.len;
	return true;
}

struct fix_span
entry_parties(const struct entry *en)
{
	struct fix_span v = { NULL, 0 };

	if (en != NULL && en->parties != NULL)
		v = (struct fix_span){ en->parties->fields, en->parties->len };
	return v;
}

struct fix_span
desk_parties(const struct desk *d, uint64_t number)
{
	return entry_parties(entry_find(d, number));
}

struct entry *
entry_new(struct desk *d, uint64_t number)
{
	struct entry *en = pool_get(&d->entries);

	if (en == NULL)
		return NULL;
	en->o.number = number;
	hmap_put(&d->by_number, &en->by_number, hash_number(number));
	TAILQ_INSERT_TAIL(&d->all, en, all);
	d->n_orders++;
	return en;
}

void
entry_index(struct desk *d, struct entry *en)
{
	struct key k = { en->o.venue, fix_span_of(en->o.venue_order_id) };

	if (k.id.len == 0)
		return;
	hmap_put(&d->by_venue_id, &en->by_venue_id, hash_key(d, &k));
	en->has_venue_id = true;
}

void
entry_set_venue_id(struct desk *d, struct entry *en, const char *id)
{
	if (id == NULL || id[0] == '\0' ||
	    strcmp(en->o.venue_order_id, id) == 0)
		return;
	if (strlen(id) > VENUE_ID_MAX) {
		desk_alert(d, "order %s: OrderID of the venue is too long",
		    en->o.order_id);
		return;
	}
	if (en->has_venue_id)
		hmap_del(&d->by_venue_id, &en->by_venue_id);
	memset(en->o.venue_order_id, 0, sizeof(en->o.venue_order_id));
	memcpy(en->o.venue_order_id, id, strlen(id));
	entry_index(d, en);
	en->dirty = true;
}

static bool
eq_use(const struct node *n, const void *key)
{
	const struct use *u = COWNER(n, struct use, node);
	const struct key *k = key;

	return u->session == k->number && fix_span_is(k->id, u->id);
}

struct use *
use_find(const struct desk *d, uint32_t session, struct fix_span id)
{
	struct key k = { session, id };
	struct node *n;

	if (id.len == 0 || id.len > ORDER_CLORDID_MAX)
		return NULL;
	n = hmap_find(&d->by_use, hash_key(d, &k), eq_use, &k);
	return n == NULL ? NULL : OWNER(n, struct use, node);
}

struct use *
use_new(struct desk *d, uint32_t session, struct fix_span id)
{
	struct use *u = pool_get(&d->uses);
	struct key k = { session, id };

	if (u == NULL)
		return NULL;
	u->session = session;
	fix_span_copy(id, u->id, sizeof(u->id));
	hmap_put(&d->by_use, &u->node, hash_key(d, &k));
	return u;
}

void
use_link(struct use *u, struct entry *en)
{
	u->en = en;
	u->kept.order = en->o.number;
	u->sibling = en->uses;
	en->uses = u;
}

static bool
eq_exec(const struct node *n, const void *key)
{
	const struct exec *x = COWNER(n, struct exec, node);
	const struct key *k = key;

	return x->venue == k->number && fix_span_is(k->id, x->venue_exec_id);
}

/* Never two executions under one key, however long the venue's id is. */
static struct fix_span
exec_key(const char *id, char buf[VENUE_ID_MAX + 1])
{
	size_t len = strlen(id);

	if (len <= VENUE_ID_MAX)
		return fix_span_of(id);
	snprintf(buf, VENUE_ID_MAX + 1, "%.22s~%016llx", id,
	    (unsigned long long)hash_bytes(0, id, len));
	return fix_span_of(buf);
}

struct exec *
exec_find(const struct desk *d, uint32_t venue, const char *id)
{
	char buf[VENUE_ID_MAX + 1];
	struct key k = { venue, { NULL, 0 } };
	struct node *n;

	if (id == NULL || id[0] == '\0')
		return NULL;
	k.id = exec_key(id, buf);
	n = hmap_find(&d->by_exec, hash_key(d, &k), eq_exec, &k);
	return n == NULL ? NULL : OWNER(n, struct exec, node);
}

struct exec *
exec_new(struct desk *d, uint32_t venue, const char *id)
{
	struct exec *x = pool_get(&d->execs);
	char buf[VENUE_ID_MAX + 1];
	struct key k = { venue, exec_key(id, buf) };

	if (x == NULL)
		return NULL;
	x->venue = venue;
	fix_span_copy(k.id, x->venue_exec_id, sizeof(x->venue_exec_id));
	hmap_put(&d->by_exec, &x->node, hash_key(d, &k));
	d->renamed = d->renamed || strchr(x->venue_exec_id, '@') != NULL;
	return x;
}

const struct order *
desk_find(const struct desk *d, uint64_t number)
{
	struct entry *en = entry_find(d, number);

	return en == NULL ? NULL : &en->o;
}

const struct order *
desk_find_client(
    const struct desk *d, uint32_t session, struct fix_span cl_ord_id)
{
	struct use *u = use_find(d, session, cl_ord_id);

	return u == NULL || u->en == NULL ? NULL : &u->en->o;
}

int
desk_each(const struct desk *d, int (*fn)(void *arg, const struct order *o),
    void *arg)
{
	struct entry *en;
	int rc = 0;

	TAILQ_FOREACH(en, &d->all, all)
	{
		rc = fn(arg, &en->o);
		if (rc != 0)
			break;
	}
	return rc;
}

unsigned
desk_live(const struct desk *d)
{
	return d->n_live;
}
