/*
 * A lock for each pair of address and user, never for a user alone: who can
 * fail in another's name must not be able to lock him out. Beside it one for
 * each address, which is cheap and stops guessing over many users.
 *
 * A table of fixed size: sets of a few rows, found by a hash; a full set gives
 * up the row that failed longest ago. So a flood forgets, and never grows.
 */
#include "gateway/auth/lockout.h"

#include <stdlib.h>

#define SETS 1024u
#define WAYS 8u

struct row {
	uint8_t addr[16];
	uint64_t user; /* hash; 0: the address itself */
	unsigned failures;
	struct fix_mono last;
};

struct lockout {
	struct row rows[SETS][WAYS];
};

static uint64_t
mix(uint64_t h, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * UINT64_C(1099511628211);
	return h;
}

struct lockout *
lockout_new(void)
{
	return calloc(1, sizeof(struct lockout));
}

static uint64_t
user_hash(struct fix_span user)
{
	return mix(UINT64_C(14695981039346656037), user.p, user.len) | 1;
}

static struct row *
set_of(struct lockout *l, const uint8_t *addr, uint64_t user)
{
	uint64_t h = mix(user + 7, addr, 16);

	return l->rows[(h ^ h >> 29) % SETS];
}

static struct row *
find(struct lockout *l, const uint8_t *addr, uint64_t user)
{
	struct row *set = set_of(l, addr, user);

	for (unsigned i = 0; i < WAYS; i++)
		if (set[i].failures > 0 && set[i].user == user &&
		    memcmp(set[i].addr, addr, 16) == 0)
			return &set[i];
	return NULL;
}

static int64_t
wait_of(const struct row *r, unsigned allowed, struct fix_mono now)
{
	int64_t wait = LOCKOUT_FIRST_NS, gone = now.ns - r->last.ns;

	if (r->failures < allowed || gone >= LOCKOUT_FORGET_NS)
		return 0;
	for (unsigned n = r->failures; n > allowed && wait < LOCKOUT_MAX_NS;
	     n--)
		wait *= 2;
	if (wait > LOCKOUT_MAX_NS)
		wait = LOCKOUT_MAX_NS;
	return gone >= wait ? 0 : wait - gone;
}

int64_t
lockout_wait(struct lockout *l, const uint8_t *addr, struct fix_span user,
    struct fix_mono now)
{
	const struct row *a = find(l, addr, 0);
	const struct row *u = find(l, addr, user_hash(user));
	int64_t wait = a == NULL ? 0 : wait_of(a, LOCKOUT_ADDR_FREE, now);
	int64_t more = u == NULL ? 0 : wait_of(u, LOCKOUT_FREE, now);

	return more > wait ? more : wait;
}

static void
count(struct lockout *l, const uint8_t *addr, uint64_t user,
    struct fix_mono now)
{
	struct row *r = find(l, addr, user);
	struct row *set = set_of(l, addr, user);

	if (r == NULL) {
		r = &set[0];
		for (unsigned i = 1; i < WAYS && r->failures > 0; i++)
			if (set[i].failures == 0 || set[i].last.ns < r->last.ns)
				r = &set[i];
		r->failures = 0;
		r->user = user;
		memcpy(r->addr, addr, 16);
	}
	if (now.ns - r->last.ns >= LOCKOUT_FORGET_NS)
		r->failures = 0;
	r->failures++;
	r->last = now;
}

void
lockout_failed(struct lockout *l, const uint8_t *addr, struct fix_span user,
    struct fix_mono now)
{
	count(l, addr, 0, now);
	count(l, addr, user_hash(user), now);
}

void
lockout_passed(struct lockout *l, const uint8_t *addr, struct fix_span user)
{
	struct row *r = find(l, addr, user_hash(user));

	if (r != NULL)
		r->failures = 0;
}
