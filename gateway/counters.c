/*
 * The file of counters. It is made under a temporary name and moved into place,
 * so a reader of the old one goes on with the old one.
 */
#include "gateway/counters.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char *const names[] = {
	[COUNT_MESSAGES_IN] = "messages_in",
	[COUNT_MESSAGES_OUT] = "messages_out",
	[COUNT_ORDERS] = "orders",
	[COUNT_FILLS] = "fills",
	[COUNT_REFUSED] = "refused",
	[COUNT_REPORTS] = "reports",
	[COUNT_RESENT] = "resent",
	[COUNT_TURNS] = "turns",
	[COUNT_RECORDS] = "records",
	[COUNT_SESSIONS_UP] = "sessions_up",
	[COUNT_ORDERS_LIVE] = "orders_live",
	[COUNT_HOLDINGS_DIFFER] = "holdings_differ",
	[COUNT_JOURNAL_RECORD] = "journal_record",
	[COUNT_TABLES_RECORD] = "tables_record",
};
_Static_assert(sizeof(names) / sizeof(*names) == COUNT_N, "each has a name");

static const char *const stages[] = {
	[STAGE_READ] = "read",
	[STAGE_PARSED] = "parsed",
	[STAGE_DECIDED] = "decided",
	[STAGE_JOURNALED] = "journaled",
	[STAGE_WRITTEN] = "written",
};
_Static_assert(sizeof(stages) / sizeof(*stages) == STAGE_N, "each has a name");

const char *
counter_name(enum counter c)
{
	return names[c];
}

const char *
counter_stage_name(enum counter_stage s)
{
	return stages[s];
}

static int
make_file(const char *temp, struct counters **out)
{
	int fd = open(temp, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640), rc;
	void *p;

	if (fd < 0)
		return -FIX_E_IO;
	rc = posix_fallocate(fd, 0, sizeof(struct counters));
	if (rc != 0) {
		close(fd);
		errno = rc;
		return -FIX_E_IO;
	}
	p = mmap(NULL, sizeof(struct counters), PROT_READ | PROT_WRITE,
	    MAP_SHARED, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		return -FIX_E_IO;
	memset(p, 0, sizeof(struct counters));
	*out = p;
	return 0;
}

int
counters_create(struct counters **out, const char *path)
{
	struct counters *c = NULL;
	struct timespec now;
	char temp[4096];
	int rc;

	if (snprintf(temp, sizeof(temp), "%s.new", path) >= (int)sizeof(temp)) {
		errno = ENAMETOOLONG;
		return -FIX_E_IO;
	}
	rc = make_file(temp, &c);
	if (rc != 0)
		return rc;
	clock_gettime(CLOCK_REALTIME, &now);
	c->bytes = sizeof(*c);
	c->pid = (uint64_t)getpid();
	c->started_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
	c->magic = COUNTERS_MAGIC;
	if (rename(temp, path) != 0) {
		counters_close(c);
		return -FIX_E_IO;
	}
	*out = c;
	return 0;
}

int
counters_open(const struct counters **out, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	const struct counters *c;
	struct stat st;

	if (fd < 0)
		return -FIX_E_IO;
	if (fstat(fd, &st) != 0 || st.st_size != (off_t)sizeof(*c)) {
		close(fd);
		return -FIX_E_FOREIGN;
	}
	c = mmap(NULL, sizeof(*c), PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (c == MAP_FAILED)
		return -FIX_E_IO;
	if (c->magic != COUNTERS_MAGIC || c->bytes != sizeof(*c)) {
		counters_close(c);
		return -FIX_E_FOREIGN;
	}
	*out = c;
	return 0;
}

struct counters_copy *
counters_copy_row(struct counters *c, uint32_t *row, const char *subscriber,
    const char *source)
{
	struct counters_copy *r;

	if (*row == UINT32_MAX)
		return NULL;
	if (*row > 0)
		return &c->copy[*row - 1];
	if (c->n_copies >= COUNTERS_COPIES_MAX) {
		c->unlisted++;
		*row = UINT32_MAX;
		return NULL;
	}
	r = &c->copy[c->n_copies];
	snprintf(r->subscriber, sizeof(r->subscriber), "%s", subscriber);
	snprintf(r->source, sizeof(r->source), "%s", source);
	__atomic_store_n(&c->n_copies, c->n_copies + 1, __ATOMIC_RELEASE);
	*row = (uint32_t)c->n_copies;
	return r;
}

void
counters_read(const struct counters *c, struct counters *out)
{
	uint64_t n = __atomic_load_n(&c->n_copies, __ATOMIC_ACQUIRE);

	memcpy(out, c, sizeof(*out));
	out->n_copies = n < COUNTERS_COPIES_MAX ? n : COUNTERS_COPIES_MAX;
}

void
counters_close(const struct counters *c)
{
	if (c != NULL)
		(void)munmap((void *)(uintptr_t)c, sizeof(*c));
}
