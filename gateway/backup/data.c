/*
 * What is copied out of DataDir. The audit trail, the publishers' cursors and
 * the tables (tables.c) are read before the journal, so that the journal has all
 * that they tell of. Only what is committed is taken, by the mark in each
 * segment's header, so the writer is neither asked nor stopped, and every
 * record's checksum is checked.
 *
 * With a base, a file that the base has byte for byte is only named. A closed
 * segment never changes: one that differs from the base was damaged, or
 * changed by hand, and ends the backup.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gateway/backup/stream.h"
#include "store/journal_format.h"

#define STEP (256u * 1024) /* bytes between two looks at the rate */

/* In steps, each paced. */
static void
add_sum(struct bk_out *o, const uint8_t *p, uint64_t n)
{
	for (uint64_t at = 0, k; at < n && o->rc == 0; at += k) {
		k = n - at < STEP ? n - at : STEP;
		if (EVP_DigestUpdate(o->file_sum, p + at, k) != 1)
			bk_bad(o, -FIX_E_NOMEM, "out of memory");
		bk_pace(o, k);
	}
}

static void
take_sum(struct bk_out *o, const struct bk_source *s, uint8_t out[BK_SUM])
{
	if (EVP_DigestInit_ex(o->file_sum, EVP_sha256(), NULL) != 1)
		bk_bad(o, -FIX_E_NOMEM, "out of memory");
	add_sum(o, s->head, s->n_head);
	add_sum(o, s->data, s->n_data);
	if (o->rc == 0 && EVP_DigestFinal_ex(o->file_sum, out, NULL) != 1)
		bk_bad(o, -FIX_E_NOMEM, "out of memory");
}

static void
put_bytes(struct bk_out *o, const struct bk_source *s)
{
	struct bk_entry e = { (uint32_t)strlen(s->name), 0,
		s->n_head + s->n_data, s->size };

	bk_put(o, &e, sizeof(e));
	bk_put(o, s->name, e.name);
	bk_put(o, s->head, s->n_head);
	bk_put(o, s->data, s->n_data);
}

void
bk_put_source(struct bk_out *o, const struct bk_source *s)
{
	const struct backup_file *was = backup_list_find(&o->base, s->name);
	struct backup_file *f = backup_list_add(&o->list);

	if (f == NULL) {
		bk_bad(o, -FIX_E_NOMEM, "out of memory");
		return;
	}
	memcpy(f->name, s->name, strlen(s->name) + 1);
	memcpy(f->holder, o->list.id, BK_ID);
	f->bytes = s->n_head + s->n_data;
	f->size = s->size;
	f->closed = s->closed;
	take_sum(o, s, f->sum);
	if (o->rc != 0)
		return;
	if (was != NULL && was->size == f->size && was->bytes == f->bytes &&
	    memcmp(was->sum, f->sum, BK_SUM) == 0) {
		memcpy(f->holder, was->holder, BK_ID);
		return;
	}
	if (was != NULL && was->closed)
		bk_bad(o, -FIX_E_CORRUPT,
		    "%s/%s was closed when %s was made, and has changed since: "
		    "damaged, or by hand. See 'fixgate journal verify' and "
		    "'fixgate audit verify'; that backup has what it was",
		    o->j->data, s->name, o->j->since);
	else
		put_bytes(o, s);
}

/* Where the copy of a journal stands. */
struct walk {
	struct rec_cursor c; /* number 0: nothing yet */
	bool whole;          /* the last turn that was copied is */
	bool finish;         /* copy on only until it is */
	bool closed;         /* the last file was, so there is one behind it */
	int fd;              /* the last file, -1: none */
};

/* There is a file behind one that was still open when it was copied. Is that
 * one closed since? Then the copy ends with it: what is behind is of a later
 * moment. It may take the writer a turn. */
static bool
closed_since(const struct walk *w)
{
	const struct timespec step = { 0, 10 * FIX_MSEC };
	uint64_t mark;

	for (int i = 0; !w->closed && w->fd >= 0 && i < 100; i++) {
		if (pread(w->fd, &mark, sizeof(mark),
			offsetof(struct seg_head, mark)) ==
			(ssize_t)sizeof(mark) && (mark & SEG_CLOSED) != 0)
			return true;
		(void)nanosleep(&step, NULL);
	}
	return false;
}

/* Every record up to the mark, and that it follows what came before. */
static void
check_records(struct bk_out *o, const uint8_t *map, uint64_t end,
    struct walk *w, const char *name, bool trading)
{
	const struct seg_head *h = (const struct seg_head *)map;
	struct rec_cursor *c = &w->c;
	const struct rec_head *r;
	const char *what;

	if (c->number != 0 && (c->number != h->first || c->chain != h->chain))
		bk_bad(o, -FIX_E_CORRUPT,
		    "%s/%s does not follow the file before it: see 'fixgate "
		    "journal verify'",
		    o->j->data, name);
	if (c->number == 0 && trading)
		o->list.first = h->first;
	*c = (struct rec_cursor){ h->number, h->chain, SEG_DATA, h->first };
	while (c->off < end && o->rc == 0 && !(w->finish && w->whole)) {
		r = (const struct rec_head *)(map + c->off);
		if (rec_check(map, end, c, &what) != 0) {
			bk_bad(o, -FIX_E_CORRUPT,
			    "%s/%s: record %" PRIu64 " %s: a damaged journal "
			    "is not copied; restore the last good backup",
			    o->j->data, name, c->number, what);
			break;
		}
		if (trading)
			o->list.last_ns = r->wall_ns;
		w->whole = rec_ends_turn(map, c->off);
		rec_step(map, c);
	}
	if (trading && o->rc == 0)
		o->list.last = c->number - 1;
}

/* A segment up to its mark, as if its writer had closed and synced there. */
static void
put_segment(struct bk_out *o, const uint8_t *map, struct walk *w,
    const char *name, bool trading)
{
	union {
		uint8_t bytes[SEG_DATA];
		struct seg_head h;
	} u;
	struct bk_source s = { name, u.bytes, map + SEG_DATA, SEG_DATA, 0, 0,
		false };
	uint64_t end;

	memcpy(u.bytes, map, SEG_DATA);
	u.h.mark = __atomic_load_n(
	    &((const struct seg_head *)map)->mark, __ATOMIC_ACQUIRE);
	end = mark_off(u.h.mark);
	w->closed = (u.h.mark & SEG_CLOSED) != 0;
	check_records(o, map, end, w, name, trading);
	if (w->c.off < end)
		u.h.mark = end = w->c.off;
	u.h.synced = u.h.mark;
	u.h.high = end;
	s.size = u.h.bytes;
	s.n_data = end - SEG_DATA;
	s.closed = (u.h.mark & SEG_CLOSED) != 0;
	if (o->rc == 0)
		bk_put_source(o, &s);
}

/* @return false: it is not born, or later than the copy; so are all behind */
static bool
map_segment(struct bk_out *o, int fd, uint32_t n, struct walk *w,
    const char *name, bool trading)
{
	struct stat st;
	const char *what;
	void *map;
	int rc;

	if (fstat(fd, &st) != 0 || st.st_size < (off_t)SEG_MIN) {
		bk_bad(o, -FIX_E_CORRUPT, "%s/%s is no journal file",
		    o->j->data, name);
		return false;
	}
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		bk_bad(o, -FIX_E_IO, "%s/%s: %s", o->j->data, name,
		    strerror(errno));
		return false;
	}
	rc = seg_check(map, (uint64_t)st.st_size, n, &what);
	if (rc == 0 && closed_since(w))
		rc = 1;
	if (rc < 0)
		bk_bad(o, -FIX_E_CORRUPT, "%s/%s %s", o->j->data, name, what);
	else if (rc == 0)
		put_segment(o, map, w, name, trading);
	else if (w->closed)
		bk_bad(o, -FIX_E_CORRUPT, "%s/%s has lost its header",
		    o->j->data, name);
	munmap(map, (size_t)st.st_size);
	return rc == 0;
}

/* The first and the last one that there are; 0: none. @return 0 or errno */
static int
segments(const char *dir, uint32_t *first, uint32_t *last)
{
	DIR *d = opendir(dir);
	const struct dirent *e;
	uint32_t n;
	int rc;

	*first = *last = 0;
	if (d == NULL)
		return errno == ENOENT ? 0 : errno;
	for (errno = 0; (e = readdir(d)) != NULL; errno = 0) {
		if (!seg_number(e->d_name, &n))
			continue;
		if (*first == 0 || n < *first)
			*first = n;
		if (n > *last)
			*last = n;
	}
	rc = errno;
	closedir(d);
	return rc;
}

/* The segments that a journal has when its turn comes, or the copy would never
 * catch up with a busy one; and those that their last turn goes on in. One that
 * was there at the beginning and is not there now was pruned: the copy would
 * have a hole, and is given up. The last ones may be not born yet. */
static void
put_journal(struct bk_out *o, const char *sub, bool trading)
{
	char path[4096], name[BK_NAME_MAX], file[SEG_NAME_MAX];
	struct walk w = { .whole = true, .fd = -1 };
	uint32_t n = 0, last = 0;
	bool more = true;
	int fd, rc;

	snprintf(path, sizeof(path), "%.3900s/%s", o->j->data, sub);
	rc = o->rc == 0 ? segments(path, &n, &last) : 0;
	if (rc != 0)
		bk_bad(o, -FIX_E_IO, "%s: %s", path, strerror(rc));
	if (o->rc == 0 && n == 0 && trading)
		bk_bad(o, -FIX_E_NOTFOUND,
		    "%s holds no journal: has this gateway ever run?", path);
	for (; o->rc == 0 && n != 0 && more; n++) {
		seg_name(file, n);
		snprintf(name, sizeof(name), "%.90s/%s", sub, file);
		snprintf(path, sizeof(path), "%.3900s/%s", o->j->data, name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 && errno != ENOENT)
			bk_bad(o, -FIX_E_IO, "%s: %s", path, strerror(errno));
		else if (fd < 0 && n <= last)
			bk_bad(o, -FIX_E_STATE,
			    "%s was pruned while the journal was copied: "
			    "nothing is kept; try again",
			    path);
		more = fd >= 0 && map_segment(o, fd, n, &w, name, trading);
		if (w.fd >= 0)
			close(w.fd);
		w.fd = fd;
		w.finish = n >= last;
		more = more && (!w.finish || !w.whole);
	}
	if (w.fd >= 0)
		close(w.fd);
	if (o->rc == 0 && n != 0 && w.c.number == 0)
		bk_bad(o, -FIX_E_CORRUPT, "%s/%s has no file with a header",
		    o->j->data, sub);
}

#define SMALL_MAX (16u * 1024 * 1024)

static void
put_small(struct bk_out *o, const char *sub, const char *file)
{
	char path[4096], name[BK_NAME_MAX];
	struct bk_source s = { .name = name };
	struct stat st;
	uint8_t *all;
	int fd;

	if (snprintf(name, sizeof(name), "%.60s/%s", sub, file) >=
		(int)sizeof(name) ||
	    !backup_name_ok(name))
		return; /* no file of ours has such a name */
	snprintf(path, sizeof(path), "%.3900s/%s", o->j->data, name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size <= (off_t)SMALL_MAX) {
		all = malloc((size_t)st.st_size + 1);
		s.n_data = s.size = (uint64_t)st.st_size;
		s.data = all;
		if (all == NULL || pread(fd, all, s.n_data, 0) != st.st_size)
			bk_bad(o, -FIX_E_IO, "%s can't be read", path);
		else
			bk_put_source(o, &s);
		if (all != NULL)
			crypt_wipe(all, s.n_data);
		free(all);
	} else if (fd < 0 && errno != ENOENT && errno != ENXIO &&
		   errno != ELOOP) {
		bk_bad(o, -FIX_E_IO, "%s: %s", path, strerror(errno));
	}
	if (fd >= 0)
		close(fd);
}

/* Plain files of a folder, those below it not. */
static void
put_folder(struct bk_out *o, const char *sub)
{
	char path[4096];
	const struct dirent *e;
	DIR *d;

	snprintf(path, sizeof(path), "%.3900s/%s", o->j->data, sub);
	d = opendir(path);
	if (d == NULL && errno != ENOENT)
		bk_bad(o, -FIX_E_IO, "%s: %s", path, strerror(errno));
	while (d != NULL && o->rc == 0 && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' && strcmp(e->d_name, "lock") != 0)
			put_small(o, sub, e->d_name);
	if (d != NULL)
		closedir(d);
}

void
bk_put_data(struct bk_out *o)
{
	put_folder(o, "bus");
	put_folder(o, "audit");
	put_folder(o, "keys");
	put_journal(o, "audit/chain", false);
	bk_put_tables(o);
	put_journal(o, "trading/journal", true);
}
