/*
 * Files are two buffers: `now`, which mappings point to and every process
 * sees, and `kept`, the medium. sync copies a range from one to the other. A
 * power loss makes a new `now` out of `kept`, taking over a random part of the
 * sectors that differ; a death leaves it. Either way the buffers that the dead
 * had mapped become ghosts that their handles own, so a late write of the dead
 * is seen by nobody and, under ASan, a use after close is caught.
 *
 * Old versions of a sector that was written twice reach the medium only by
 * memdisk_writeback(), which tests call at random moments.
 */
#include "tests/lib/memdisk.h"

#include <assert.h>
#include <stdlib.h>

#define SECTOR 512
#define NAME_MAX_ 63

struct file {
	struct file *next; /* in order of creation */
	char name[NAME_MAX_ + 1];
	size_t bytes;
	bool named; /* found again after a power loss */
	uint8_t *now, *kept;
};

struct ghost { /* a buffer that outlived its file or its process */
	struct ghost *next;
	uint8_t *buf;
};

struct fault {
	unsigned countdown; /* 0: none */
	int rc;
	bool on;
};

struct memdisk {
	struct file *files;
	struct handle *handles;
	struct handle *owner;
	struct ghost *ghosts;
	struct fault faults[MEMDISK_N_OP];
	unsigned calls[MEMDISK_N_OP];
	uint64_t rand, boot;
	size_t limit, used;
};

struct handle {
	struct fix_disk disk;
	struct memdisk *m;
	struct handle *next;
	bool dead;
};

static uint64_t
draw(struct memdisk *m)
{
	uint64_t x = (m->rand += UINT64_C(0x9e3779b97f4a7c15));

	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

/* Counts a call; what it must fail with, or 0. */
static int
fault(struct memdisk *m, enum memdisk_op op)
{
	struct fault *f = &m->faults[op];

	m->calls[op]++;
	if (f->countdown == 0)
		return 0;
	if (f->countdown > 1) {
		f->countdown--;
		return 0;
	}
	if (!f->on)
		f->countdown = 0;
	return f->rc;
}

static struct file **
find(struct memdisk *m, const char *name)
{
	struct file **at = &m->files;

	while (*at != NULL && strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	return at;
}

/* Mappings of the file may live on: its buffer is freed with the disk. */
static void
bury(struct memdisk *m, uint8_t *buf)
{
	struct ghost *g = malloc(sizeof(*g));

	assert(g != NULL);
	g->buf = buf;
	g->next = m->ghosts;
	m->ghosts = g;
}

static void
free_ghosts(struct memdisk *m)
{
	struct ghost *g;

	while ((g = m->ghosts) != NULL) {
		m->ghosts = g->next;
		free(g->buf);
		free(g);
	}
}

static struct file *
add(struct memdisk *m, const char *name, size_t bytes)
{
	struct file **end = &m->files, *f;

	assert(strlen(name) <= NAME_MAX_);
	while (*end != NULL)
		end = &(*end)->next;
	f = calloc(1, sizeof(*f));
	if (f == NULL)
		return NULL;
	strcpy(f->name, name);
	f->bytes = bytes;
	f->now = calloc(1, bytes + 1); /* + 1: an empty file has a buffer */
	f->kept = calloc(1, bytes + 1);
	if (f->now == NULL || f->kept == NULL) {
		free(f->now);
		free(f->kept);
		free(f);
		return NULL;
	}
	m->used += bytes;
	*end = f;
	return f;
}

static void
drop(struct memdisk *m, struct file **at)
{
	struct file *f = *at;

	*at = f->next;
	m->used -= f->bytes;
	bury(m, f->now);
	free(f->kept);
	free(f);
}

static int
create(struct memdisk *m, const char *name, size_t bytes, uint8_t **out)
{
	struct file *f;
	int rc = fault(m, MEMDISK_CREATE);

	if (rc != 0)
		return rc;
	if (*find(m, name) != NULL)
		return -FIX_E_EXISTS;
	if (m->limit != 0 && m->used + bytes > m->limit)
		return -FIX_E_FULL;
	f = add(m, name, bytes);
	if (f == NULL)
		return -FIX_E_NOMEM;
	*out = f->now;
	return 0;
}

static int
mem_map(struct fix_disk *d, const char *name, size_t bytes, bool create_it,
    bool write, uint8_t **out)
{
	struct handle *h = (struct handle *)d;
	struct file *f;
	int rc;

	(void)write;
	if (h->dead)
		return -FIX_E_IO;
	if (create_it)
		return create(h->m, name, bytes, out);
	rc = fault(h->m, MEMDISK_MAP);
	if (rc != 0)
		return rc;
	f = *find(h->m, name);
	if (f == NULL)
		return -FIX_E_NOTFOUND;
	if (f->bytes != bytes)
		return -FIX_E_FOREIGN;
	*out = f->now;
	return 0;
}

static void
mem_unmap(struct fix_disk *d, uint8_t *at, size_t bytes)
{
	(void)d;
	(void)at;
	(void)bytes;
}

static int
mem_sync(struct fix_disk *d, uint8_t *at, size_t from, size_t to)
{
	struct handle *h = (struct handle *)d;
	struct file *f;
	int rc;

	if (h->dead)
		return -FIX_E_IO;
	rc = fault(h->m, MEMDISK_SYNC);
	if (rc != 0)
		return rc;
	for (f = h->m->files; f != NULL && f->now != at; f = f->next)
		;
	if (f == NULL)
		return 0; /* removed meanwhile */
	assert(from <= to && to <= f->bytes);
	from -= from % SECTOR;
	to += (SECTOR - to % SECTOR) % SECTOR;
	if (to > f->bytes)
		to = f->bytes;
	memcpy(f->kept + from, f->now + from, to - from);
	return 0;
}

static int
mem_remove(struct fix_disk *d, const char *name)
{
	struct handle *h = (struct handle *)d;
	int rc;

	if (h->dead)
		return -FIX_E_IO;
	rc = fault(h->m, MEMDISK_REMOVE);
	return rc != 0 ? rc : memdisk_remove(h->m, name);
}

static int
mem_list(struct fix_disk *d,
    int (*fn)(void *arg, const char *name, size_t bytes), void *arg)
{
	struct handle *h = (struct handle *)d;
	struct file *f;
	int rc;

	if (h->dead)
		return -FIX_E_IO;
	rc = fault(h->m, MEMDISK_LIST);
	for (f = h->m->files; f != NULL && rc == 0; f = f->next)
		rc = fn(arg, f->name, f->bytes);
	return rc;
}

static int
mem_lock(struct fix_disk *d)
{
	struct handle *h = (struct handle *)d;

	if (h->dead)
		return -FIX_E_IO;
	if (h->m->owner != NULL && h->m->owner != h)
		return -FIX_E_LOCKED;
	h->m->owner = h;
	return 0;
}

static void
mem_close(struct fix_disk *d)
{
	struct handle *h = (struct handle *)d, **at = &h->m->handles;

	while (*at != h)
		at = &(*at)->next;
	*at = h->next;
	if (h->m->owner == h)
		h->m->owner = NULL;
	if (h->m->handles == NULL)
		free_ghosts(h->m);
	free(h);
}

static int
mem_sync_names(struct fix_disk *d)
{
	struct handle *h = (struct handle *)d;
	struct file *f;
	int rc;

	if (h->dead)
		return -FIX_E_IO;
	rc = fault(h->m, MEMDISK_SYNC_NAMES);
	for (f = h->m->files; f != NULL && rc == 0; f = f->next)
		f->named = true;
	return rc;
}

static uint64_t
mem_boot(struct fix_disk *d)
{
	return ((struct handle *)d)->m->boot;
}

static long
mem_owner(struct fix_disk *d)
{
	return ((struct handle *)d)->m->owner != NULL ? 4711 : 0;
}

static uint64_t
mem_room(struct fix_disk *d)
{
	const struct memdisk *m = ((struct handle *)d)->m;

	if (m->limit == 0)
		return UINT64_MAX;
	return m->used < m->limit ? m->limit - m->used : 0;
}

static const struct fix_disk_ops mem_ops = {
	.map = mem_map,
	.unmap = mem_unmap,
	.sync = mem_sync,
	.remove = mem_remove,
	.list = mem_list,
	.lock = mem_lock,
	.close = mem_close,
	.boot = mem_boot,
	.room = mem_room,
	.owner = mem_owner,
	.sync_names = mem_sync_names,
};

struct memdisk *
memdisk_new(uint64_t seed)
{
	struct memdisk *m = calloc(1, sizeof(*m));

	if (m != NULL) {
		m->rand = seed;
		m->boot = 1;
	}
	return m;
}

void
memdisk_free(struct memdisk *m)
{
	if (m == NULL)
		return;
	assert(m->handles == NULL);
	while (m->files != NULL)
		drop(m, &m->files);
	free_ghosts(m);
	free(m);
}

struct fix_disk *
memdisk_attach(struct memdisk *m)
{
	struct handle *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	h->disk.ops = &mem_ops;
	h->disk.where = "memdisk";
	h->m = m;
	h->next = m->handles;
	m->handles = h;
	return &h->disk;
}

/* Each sector that differs is written with this probability. */
static void
write_some(struct memdisk *m, struct file *f, unsigned percent)
{
	size_t at, n;

	for (at = 0; at < f->bytes; at += n) {
		n = f->bytes - at < SECTOR ? f->bytes - at : SECTOR;
		if (memcmp(f->kept + at, f->now + at, n) != 0 &&
		    draw(m) % 100 < percent)
			memcpy(f->kept + at, f->now + at, n);
	}
}

void
memdisk_writeback(struct memdisk *m, unsigned percent)
{
	struct file *f;

	for (f = m->files; f != NULL; f = f->next)
		write_some(m, f, percent);
}

/* The youngest names that were not synced, or a part of them. */
static void
forget_names(struct memdisk *m)
{
	struct file **at = &m->files;

	while (*at != NULL && ((*at)->named || draw(m) % 2 == 0)) {
		(*at)->named = true;
		at = &(*at)->next;
	}
	while (*at != NULL)
		drop(m, at);
}

void
memdisk_crash(struct memdisk *m, enum memdisk_end end)
{
	static const unsigned shares[] = { 0, 10, 50, 90, 100 };
	unsigned percent = shares[draw(m) % 5];
	struct handle *h;
	struct file *f;
	uint8_t *fresh;

	for (h = m->handles; h != NULL; h = h->next)
		h->dead = true;
	m->owner = NULL;
	if (end == MEMDISK_POWER) {
		m->boot++;
		forget_names(m);
	}
	for (f = m->files; f != NULL; f = f->next) {
		if (end == MEMDISK_POWER)
			write_some(m, f, percent);
		fresh = malloc(f->bytes + 1);
		assert(fresh != NULL);
		memcpy(
		    fresh, end == MEMDISK_POWER ? f->kept : f->now, f->bytes);
		bury(m, f->now);
		f->now = fresh;
	}
	if (m->handles == NULL)
		free_ghosts(m);
}

void
memdisk_fail(struct memdisk *m, enum memdisk_op op, unsigned n, int rc, bool on)
{
	m->faults[op] = (struct fault){ rc == 0 ? 0 : n, rc, on };
}

unsigned
memdisk_calls(const struct memdisk *m, enum memdisk_op op)
{
	return m->calls[op];
}

void
memdisk_limit(struct memdisk *m, size_t bytes)
{
	m->limit = bytes;
}

uint8_t *
memdisk_file(struct memdisk *m, const char *name, size_t *bytes)
{
	struct file *f = *find(m, name);

	if (f == NULL)
		return NULL;
	if (bytes != NULL)
		*bytes = f->bytes;
	return f->now;
}

int
memdisk_put(struct memdisk *m, const char *name, const void *data, size_t bytes)
{
	struct file *f;

	(void)memdisk_remove(m, name);
	f = add(m, name, bytes);
	if (f == NULL)
		return -FIX_E_NOMEM;
	f->named = true;
	if (bytes > 0) {
		memcpy(f->now, data, bytes);
		memcpy(f->kept, data, bytes);
	}
	return 0;
}

int
memdisk_remove(struct memdisk *m, const char *name)
{
	struct file **at = find(m, name);

	if (*at == NULL)
		return -FIX_E_NOTFOUND;
	drop(m, at);
	return 0;
}

const char *
memdisk_name(const struct memdisk *m, unsigned i)
{
	const struct file *f = m->files;

	while (f != NULL && i-- > 0)
		f = f->next;
	return f == NULL ? NULL : f->name;
}

void
memdisk_settle(struct memdisk *m)
{
	struct file *f;

	for (f = m->files; f != NULL; f = f->next) {
		memcpy(f->kept, f->now, f->bytes);
		f->named = true;
	}
}

struct memdisk *
memdisk_copy(const struct memdisk *m, uint64_t seed)
{
	struct memdisk *c = memdisk_new(seed);
	const struct file *f;

	if (c == NULL)
		return NULL;
	c->boot = m->boot;
	for (f = m->files; f != NULL; f = f->next) {
		if (memdisk_put(c, f->name, f->now, f->bytes) != 0) {
			memdisk_free(c);
			return NULL;
		}
	}
	return c;
}
