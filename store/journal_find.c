/*
 * Where in a journal to begin, without reading it: segments are looked at from
 * the youngest back, since most ask for the youngest, and only their header and
 * first record.
 */
#include <stdlib.h>

#include "store/fail.h"
#include "store/journal_format.h"

struct begin { /* of a segment */
	uint64_t number;
	int64_t wall_ns;
	bool empty; /* nothing is committed in it */
};

/* @return 1 read, 0 unborn or pruned meanwhile, or an error */
static int
look(struct fix_disk *d, const struct seg_file *f, struct begin *b,
    struct fix_store_error *e)
{
	const struct seg_head *h;
	const char *what = "";
	char name[SEG_NAME_MAX];
	struct fix_rec rec;
	uint8_t *map;
	int rc;

	seg_name(name, f->number);
	rc = d->ops->map(d, name, f->bytes, false, false, &map);
	if (rc != 0)
		return rc == -FIX_E_NOTFOUND
			   ? 0
			   : fix_store_fail(e, rc, "%s can't be opened",
				 seg_path(d, f->number).text);
	rc = seg_check(map, f->bytes, f->number, &what);
	h = (const struct seg_head *)map;
	if (rc == 0) {
		uint64_t mark = __atomic_load_n(&h->mark, __ATOMIC_ACQUIRE);

		b->number = h->first;
		b->empty = mark_off(mark) <= SEG_DATA;
		if (!b->empty)
			rec_show(map, f->number, SEG_DATA, &rec);
		b->wall_ns = b->empty ? INT64_MAX : rec.wall.ns;
	} else if (rc < 0) {
		seg_say_bad(e, d, f->number, rc, what);
	}
	d->ops->unmap(d, map, f->bytes);
	return rc == 0 ? 1 : rc == 1 ? 0 : rc;
}

/* The youngest segment that begins at or before a moment and before a number.
 * oldest: if none does, the oldest of all */
static int
find(struct fix_disk *d, int64_t at_ns, uint64_t before, bool oldest,
    struct begin *b, struct seg_file *f, struct fix_store_error *e)
{
	struct seg_list files;
	struct begin x;
	int rc = seg_files(d, &files, e), found = 0;

	if (rc != 0)
		return rc;
	for (size_t i = files.n; i-- > 0 && rc >= 0;) {
		rc = look(d, &files.v[i], &x, e);
		if (rc != 1 || x.empty || x.number >= before)
			continue;
		if (!oldest && x.wall_ns > at_ns)
			continue;
		*b = x;
		*f = files.v[i];
		found = 1;
		if (x.wall_ns <= at_ns)
			break;
	}
	free(files.v);
	if (rc < 0)
		return rc;
	return found ? 0
		     : fix_store_fail(
			   e, -FIX_E_NOTFOUND, "the journal has nothing there");
}

int
fix_journal_since(struct fix_disk *disk, struct fix_utc since, uint64_t *number,
    struct fix_store_error *e)
{
	struct begin b;
	struct seg_file f;
	int rc = find(disk, since.ns, UINT64_MAX, true, &b, &f, e);

	if (rc == 0)
		*number = b.number;
	return rc;
}

int
fix_journal_before(struct fix_disk *disk, uint64_t number, uint64_t *first,
    uint64_t *bytes, struct fix_store_error *e)
{
	struct begin b;
	struct seg_file f;
	int rc = find(disk, INT64_MAX - 1, number, false, &b, &f, e);

	if (rc != 0)
		return rc;
	*first = b.number;
	if (bytes != NULL)
		*bytes = f.bytes;
	return 0;
}
