/*
 * Cutting a restored journal at a record or a moment, between two turns. The
 * audit trail and the publishers' cursors tell of what was cut, so they are
 * put aside: the trail as evidence, and a new one begins.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/backup/stream.h"
#include "store/fail.h"
#include "store/journal_format.h"

/* Where a journal is cut. */
struct cut {
	uint32_t segment;
	uint64_t off;
};

static int
find_cut(struct backup_restore *b, const char *dir, struct cut *c,
    struct fix_store_error *e)
{
	struct fix_journal_reader *r = NULL;
	struct fix_disk *d;
	struct fix_rec rec;
	bool past = false;
	int rc = fix_disk_dir(&d, dir, false);

	if (rc != 0)
		return fix_store_fail(e, rc, "the backup holds no journal");
	rc = fix_journal_reader_open(&r, d, 0, e);
	while (rc == 0 && (rc = fix_journal_next(r, &rec, e)) == 1) {
		rc = 0;
		b->newest = rec.number;
		past = past || rec.number > b->to || rec.wall.ns > b->at_ns;
		if (past || !(rec.flags & FIX_REC_END))
			continue;
		b->last = rec.number;
		c->segment = (uint32_t)(rec.pos >> 32);
		c->off = (rec.pos & UINT32_MAX) + rec_bytes(rec.len);
	}
	if (r != NULL)
		fix_journal_reader_close(r);
	d->ops->close(d);
	return rc;
}

/* Nothing behind the cut may be found again: zeros, and no later file. */
static int
cut_at(const char *dir, const struct cut *c, struct fix_store_error *e)
{
	char path[4096], name[SEG_NAME_MAX];
	struct seg_head h;
	int fd, rc = 0;

	seg_name(name, c->segment);
	snprintf(path, sizeof(path), "%.4000s/%s", dir, name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || pread(fd, &h, sizeof(h), 0) != sizeof(h)) {
		rc = -1;
	} else {
		h.mark = h.synced = h.high = c->off;
		rc = ftruncate(fd, (off_t)c->off) != 0 ||
			     posix_fallocate(fd, 0, (off_t)h.bytes) != 0 ||
			     pwrite(fd, &h, sizeof(h), 0) != sizeof(h) ||
			     fsync(fd) != 0
			 ? -1
			 : 0;
	}
	if (fd >= 0)
		close(fd);
	for (uint32_t n = c->segment + 1; rc == 0; n++) {
		seg_name(name, n);
		snprintf(path, sizeof(path), "%.4000s/%s", dir, name);
		if (unlink(path) != 0)
			break;
	}
	return rc == 0 ? 0
		       : fix_store_fail(
			     e, -FIX_E_IO, "%s: %s", path, strerror(errno));
}

static int
put_aside(const char *dir, const char *name, struct fix_store_error *e)
{
	char from[4096], to[4096];

	snprintf(from, sizeof(from), "%.4000s/%s", dir, name);
	snprintf(to, sizeof(to), "%.4000s/%s.evidence", dir, name);
	if (rename(from, to) == 0 || errno == ENOENT)
		return 0;
	return fix_store_fail(e, -FIX_E_IO, "%s: %s", to, strerror(errno));
}

int
bk_cut(struct backup_restore *r, const char *dir, struct fix_store_error *e)
{
	char journal[4096];
	struct cut c = { 0, 0 };
	int rc;

	snprintf(journal, sizeof(journal), "%.4000s/trading/journal", dir);
	rc = find_cut(r, journal, &c, e);
	if (rc != 0 || r->last == r->newest)
		return rc;
	if (r->last == 0)
		return fix_store_fail(
		    e, -FIX_E_NOTFOUND, "the backup has nothing that old");
	rc = cut_at(journal, &c, e);
	if (rc == 0)
		rc = put_aside(dir, "audit", e);
	if (rc == 0)
		rc = put_aside(dir, "bus", e);
	return rc;
}
