/*
 * Shared memory with a lock that outlives its holder: each access copies some
 * kilobytes, so whoever holds it for a whole second has been killed.
 */
#include "gateway/vault/shared.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "fix/time.h"
#include "gateway/crypt/crypt.h"

struct vault_shared {
	atomic_flag held;
	struct vault_cfg cfg;
	struct vault_lease lease;
	unsigned n;
	struct vault_item items[VAULT_PATHS_MAX];
	char why[512];
};

struct vault_shared *
vault_shared_new(void)
{
	struct vault_shared *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (s == MAP_FAILED)
		return NULL;
	(void)madvise(s, sizeof(*s), MADV_DONTDUMP);
	(void)mlock(s, sizeof(*s));
	return s;
}

void
vault_shared_free(struct vault_shared *s)
{
	if (s == NULL)
		return;
	crypt_wipe(s, sizeof(*s));
	(void)munmap(s, sizeof(*s));
}

static int64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * FIX_SEC + t.tv_nsec;
}

static void
hold(struct vault_shared *s)
{
	int64_t until = now_ns() + FIX_SEC;

	while (
	    atomic_flag_test_and_set_explicit(&s->held, memory_order_acquire) &&
	    now_ns() < until)
		(void)sched_yield();
}

static void
release(struct vault_shared *s)
{
	atomic_flag_clear_explicit(&s->held, memory_order_release);
}

static void
copy(struct vault_shared *s, void *to, const void *from, size_t len)
{
	hold(s);
	memcpy(to, from, len);
	release(s);
}

void
vault_put_cfg(struct vault_shared *s, const struct vault_cfg *cfg)
{
	copy(s, &s->cfg, cfg, sizeof(*cfg));
}

void
vault_get_cfg(struct vault_shared *s, struct vault_cfg *out)
{
	copy(s, out, &s->cfg, sizeof(*out));
}

void
vault_put_lease(struct vault_shared *s, const struct vault_lease *l)
{
	copy(s, &s->lease, l, sizeof(*l));
}

void
vault_get_lease(struct vault_shared *s, struct vault_lease *out)
{
	copy(s, out, &s->lease, sizeof(*out));
}

/* @return its index, s->n: none */
static unsigned
find(const struct vault_shared *s, const char *path)
{
	unsigned i = 0;

	while (i < s->n && strcmp(s->items[i].path, path) != 0)
		i++;
	return i;
}

bool
vault_put_item(struct vault_shared *s, const struct vault_item *it)
{
	unsigned i;
	bool room;

	hold(s);
	i = find(s, it->path);
	room = i < VAULT_PATHS_MAX;
	if (room) {
		s->items[i] = *it;
		s->n += i == s->n;
	}
	release(s);
	return room;
}

bool
vault_nth_item(struct vault_shared *s, unsigned i, struct vault_item *out)
{
	bool there;

	hold(s);
	there = i < s->n;
	if (there)
		*out = s->items[i];
	release(s);
	return there;
}

bool
vault_get_item(struct vault_shared *s, const char *path, struct vault_item *out)
{
	unsigned i;
	bool there;

	hold(s);
	i = find(s, path);
	there = i < s->n;
	if (there)
		*out = s->items[i];
	release(s);
	return there;
}

void
vault_put_why(struct vault_shared *s, const char *why)
{
	hold(s);
	snprintf(s->why, sizeof(s->why), "%s", why);
	release(s);
}

void
vault_get_why(struct vault_shared *s, char *out, size_t cap)
{
	hold(s);
	snprintf(out, cap, "%s", s->why);
	release(s);
}
