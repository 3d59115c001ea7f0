/*
 * How much one address may have at a time: connections, connections that have
 * not logged on, and new ones in a second. All three are decided when a
 * connection comes in, before a byte of it is read.
 *
 * An IPv6 peer has a whole /64 to choose from, so that is what counts as one
 * address. What an address has used of its second outlives its connections,
 * for a second; the table is bounded by that and by MaxConnections.
 */
#include "config.h"

#include <stdlib.h>

#include "gateway/trader/loop_int.h"

#define BUCKETS 4096u
#define ADDRS_MAX 262144u

struct addr_count {
	struct addr_count *next;
	struct in6_addr addr;
	unsigned open, strangers;
	int64_t due_ns; /* when its rate is used up no more */
};

struct addrs {
	struct addr_count *at[BUCKETS];
	unsigned n;
};

static struct in6_addr
counted_as(const struct in6_addr *addr)
{
	struct in6_addr a = *addr;

	if (!IN6_IS_ADDR_V4MAPPED(addr))
		memset(&a.s6_addr[8], 0, 8);
	return a;
}

static bool
is_idle(const struct addr_count *c, int64_t now_ns)
{
	return c->open == 0 && c->due_ns <= now_ns;
}

/* The place of an address; others of its bucket that are idle go. */
static struct addr_count **
find(struct loop *l, const struct in6_addr *addr)
{
	struct addrs *a = l->addrs;
	struct addr_count **p, *gone;
	uint64_t h = l->seed;

	for (unsigned i = 0; i < 16; i++)
		h = (h ^ addr->s6_addr[i]) * UINT64_C(1099511628211);
	p = &a->at[(h >> 32) % BUCKETS];
	while (*p != NULL && memcmp(&(*p)->addr, addr, sizeof(*addr)) != 0) {
		if (!is_idle(*p, l->now.mono.ns)) {
			p = &(*p)->next;
			continue;
		}
		gone = *p;
		*p = gone->next;
		a->n--;
		free(gone);
	}
	return p;
}

static struct addr_count *
find_or_add(struct loop *l, const struct in6_addr *addr)
{
	struct addr_count **p = find(l, addr);

	if (*p == NULL && l->addrs->n < ADDRS_MAX) {
		*p = calloc(1, sizeof(**p));
		if (*p != NULL) {
			(*p)->addr = *addr;
			l->addrs->n++;
		}
	}
	return *p;
}

/* One more in this second? Each takes its share of the second, and as many
 * may come at once as fit into one. */
static bool
in_rate(const struct loop *l, struct addr_count *c)
{
	int64_t now = l->now.mono.ns, due = c->due_ns;
	int64_t share;

	if (l->cfg.max_rate_per_addr == 0)
		return true;
	share = FIX_SEC / (int64_t)l->cfg.max_rate_per_addr;
	due = (due < now ? now : due) + share;
	if (due - now > FIX_SEC)
		return false;
	c->due_ns = due;
	return true;
}

const char *
addrs_take(struct link *k)
{
	const struct loop_cfg *cfg = &k->loop->cfg;
	struct in6_addr addr = counted_as(&k->addr);
	struct addr_count *c = find_or_add(k->loop, &addr);

	if (c == NULL)
		return "too many addresses at once";
	if (!in_rate(k->loop, c))
		return "its address has used up "
		       "ConnectionsPerSecondPerAddress";
	if (cfg->max_per_addr != 0 && c->open >= cfg->max_per_addr)
		return "its address has MaxConnectionsPerAddress";
	if (cfg->max_strangers != 0 && c->strangers >= cfg->max_strangers)
		return "its address has MaxStrangersPerAddress";
	c->open++;
	c->strangers++;
	k->counted = k->stranger = true;
	return NULL;
}

static struct addr_count *
of_link(struct link *k)
{
	struct in6_addr addr = counted_as(&k->addr);

	return *find(k->loop, &addr);
}

void
addrs_known(struct link *k)
{
	if (k->stranger)
		of_link(k)->strangers--;
	k->stranger = false;
}

void
addrs_drop(struct link *k)
{
	addrs_known(k);
	if (k->counted)
		of_link(k)->open--;
	k->counted = false;
}

bool
addrs_open(struct loop *l)
{
	l->addrs = calloc(1, sizeof(*l->addrs));
	l->seed = UINT64_C(14695981039346656037) ^ l->rand;
	return l->addrs != NULL;
}

void
addrs_close(struct loop *l)
{
	struct addr_count *a, *next;

	for (unsigned i = 0; l->addrs != NULL && i < BUCKETS; i++)
		for (a = l->addrs->at[i]; a != NULL; a = next) {
			next = a->next;
			free(a);
		}
	free(l->addrs);
	l->addrs = NULL;
}
