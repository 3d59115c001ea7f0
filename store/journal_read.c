/*
 * The reader: any process, read-only maps, no lock. It goes on as far as a
 * segment's mark allows and follows a closed one to its successor. A mark is
 * loaded with acquire, so everything before it is there; a checksum that fails
 * before a mark is damage, not a record half written.
 *
 * The segment it stands in stays mapped even if it is pruned meanwhile. When
 * the next one is gone as well, the reader has been overtaken and says so.
 */
#include <stdlib.h>

#include "store/fail.h"
#include "store/journal_format.h"

struct fix_journal_reader {
	struct fix_disk *disk;
	const uint8_t *at; /* mapped segment */
	uint8_t *map;
	size_t bytes;
	struct rec_cursor c;
	uint64_t from; /* records before it are passed over */
	uint64_t mark; /* as last seen */
};

static void
let_go(struct fix_journal_reader *r)
{
	if (r->map != NULL)
		r->disk->ops->unmap(r->disk, r->map, r->bytes);
	r->map = NULL;
}

static int
map_file(struct fix_disk *d, const struct seg_file *f, uint8_t **out)
{
	char name[SEG_NAME_MAX];

	seg_name(name, f->number);
	return d->ops->map(d, name, f->bytes, false, false, out);
}

static uint64_t
mark_of(const uint8_t *at)
{
	return __atomic_load_n(
	    &((const struct seg_head *)at)->mark, __ATOMIC_ACQUIRE);
}

/* Stand at the beginning of a mapped segment. */
static void
enter(struct fix_journal_reader *r, uint8_t *map, const struct seg_file *f)
{
	const struct seg_head *h = (const struct seg_head *)map;

	let_go(r);
	r->map = map;
	r->at = map;
	r->bytes = f->bytes;
	r->c = (struct rec_cursor){ f->number, h->chain, SEG_DATA, h->first };
	r->mark = mark_of(map);
}

/*
 * Try to begin in this file.
 *
 * @return 1 begun, 0 it begins too late or holds nothing, or an error
 */
static int
try_file(struct fix_journal_reader *r, const struct seg_file *f, bool oldest,
    struct fix_store_error *e)
{
	const char *what;
	uint8_t *map;
	int rc = map_file(r->disk, f, &map);

	if (rc == -FIX_E_NOTFOUND)
		return 0; /* pruned meanwhile */
	if (rc != 0)
		return fix_store_fail(e, rc, "%s can't be opened",
		    seg_path(r->disk, f->number).text);
	rc = seg_check(map, f->bytes, f->number, &what);
	if (rc < 0)
		seg_say_bad(e, r->disk, f->number, rc, what);
	if (rc == 0) {
		const struct seg_head *h = (const struct seg_head *)map;

		rc =
		    h->first <= r->from && (mark_of(map) != SEG_DATA || oldest);
		if (rc == 1) {
			enter(r, map, f);
			return 1;
		}
	} else if (rc == 1) {
		rc = 0; /* unborn */
	}
	r->disk->ops->unmap(r->disk, map, f->bytes);
	return rc;
}

/* The first file that holds anything: where a reader from 0 begins. */
static int
begin_oldest(struct fix_journal_reader *r, const struct seg_list *files,
    struct fix_store_error *e)
{
	size_t i;
	int rc = 0;

	r->from = UINT64_MAX;
	for (i = 0; i < files->n && rc == 0; i++)
		rc = try_file(r, &files->v[i], i == 0, e);
	r->from = 0;
	return rc;
}

/* The last file that begins at or before r->from: headers are few, and read
 * from the end, since most readers want the youngest. */
static int
begin_at(struct fix_journal_reader *r, const struct seg_list *files,
    struct fix_store_error *e)
{
	size_t i = files->n;
	int rc = 0;

	while (i-- > 0 && rc == 0)
		rc = try_file(r, &files->v[i], i == 0, e);
	return rc;
}

static int
begin(struct fix_journal_reader *r, struct fix_store_error *e)
{
	const char *where = r->disk->where != NULL ? r->disk->where : ".";
	struct seg_list files;
	int rc = seg_files(r->disk, &files, e);

	if (rc != 0)
		return rc;
	rc = r->from == 0 ? begin_oldest(r, &files, e) : begin_at(r, &files, e);
	if (rc == 0 && files.n == 0)
		fix_store_fail(e, 0, "%s: there is no journal", where);
	else if (rc == 0)
		fix_store_fail(e, 0,
		    "%s: record %llu is not kept any more, or nothing is "
		    "written yet",
		    where, (unsigned long long)r->from);
	free(files.v);
	return rc == 0 ? -FIX_E_NOTFOUND : rc < 0 ? rc : 0;
}

int
fix_journal_reader_open(struct fix_journal_reader **out, struct fix_disk *disk,
    uint64_t from, struct fix_store_error *e)
{
	struct fix_journal_reader *r = calloc(1, sizeof(*r));
	int rc;

	if (r == NULL)
		return fix_store_fail(e, -FIX_E_NOMEM, "out of memory");
	r->disk = disk;
	r->from = from;
	rc = begin(r, e);
	if (rc != 0) {
		fix_journal_reader_close(r);
		return rc;
	}
	*out = r;
	return 0;
}

struct find_size {
	uint32_t number;
	size_t bytes;
};

static int
find_size(void *arg, const char *name, size_t bytes)
{
	struct find_size *f = arg;
	uint32_t number;

	if (!seg_number(name, &number) || number != f->number)
		return 0;
	f->bytes = bytes;
	return 1;
}

/* Sizes may differ: try ours first, it saves listing the folder. */
static int
map_next(struct fix_journal_reader *r, struct seg_file *f, uint8_t **map)
{
	struct find_size look = { r->c.segment + 1, 0 };
	int rc;

	*f = (struct seg_file){ look.number, r->bytes };
	rc = map_file(r->disk, f, map);
	if (rc != -FIX_E_FOREIGN)
		return rc;
	rc = r->disk->ops->list(r->disk, find_size, &look);
	if (rc <= 0)
		return rc == 0 ? -FIX_E_NOTFOUND : rc;
	if (look.bytes < SEG_MIN || look.bytes > SEG_MAX)
		return -FIX_E_CORRUPT;
	f->bytes = look.bytes;
	return map_file(r->disk, f, map);
}

static int
say_gone(const struct fix_journal_reader *r, int rc, struct fix_store_error *e)
{
	if (rc != -FIX_E_NOTFOUND)
		return fix_store_fail(e, rc == -FIX_E_CORRUPT ? rc : -FIX_E_IO,
		    "%s can't be opened",
		    seg_path(r->disk, r->c.segment + 1).text);
	return fix_store_fail(e, rc,
	    "%s was pruned before record %llu was read: read on from the "
	    "oldest record that is kept",
	    seg_path(r->disk, r->c.segment + 1).text,
	    (unsigned long long)r->c.number);
}

/* From a closed segment to the next. */
static int
follow(struct fix_journal_reader *r, struct fix_store_error *e)
{
	const struct seg_head *h;
	const char *what = "does not follow the one before";
	struct seg_file f;
	uint8_t *map;
	int rc = map_next(r, &f, &map);

	if (rc != 0)
		return say_gone(r, rc, e);
	rc = seg_check(map, f.bytes, f.number, &what);
	h = (const struct seg_head *)map;
	if (rc == 0 && h->first == r->c.number && h->chain == r->c.chain) {
		enter(r, map, &f);
		return 0;
	}
	if (rc >= 0)
		rc = -FIX_E_CORRUPT;
	seg_say_bad(e, r->disk, f.number, rc, what);
	r->disk->ops->unmap(r->disk, map, f.bytes);
	return rc;
}

/* Is there a committed record at the cursor? @return 1, 0, or an error */
static int
ready(struct fix_journal_reader *r, struct fix_store_error *e)
{
	int rc;

	while (r->c.off >= mark_off(r->mark)) {
		r->mark = mark_of(r->at);
		if (r->c.off < mark_off(r->mark))
			break;
		if (!(r->mark & SEG_CLOSED))
			return 0;
		rc = follow(r, e);
		if (rc != 0)
			return rc;
	}
	if ((r->mark & 6) == 0 && mark_off(r->mark) <= r->bytes)
		return 1;
	return rec_say_bad(e, r->disk, &r->c, "impossible mark");
}

/* Damage, or what a power loss leaves until a gateway starts again? */
static int
say_bad(const struct fix_journal_reader *r, const char *what,
    struct fix_store_error *e)
{
	const struct seg_head *h = (const struct seg_head *)r->at;
	struct fix_disk *d = r->disk;

	if (d->ops->boot == NULL || h->boot == d->ops->boot(d) ||
	    r->c.off < mark_off(h->synced))
		return rec_say_bad(e, d, &r->c, what);
	return fix_store_fail(e, -FIX_E_CORRUPT,
	    "%s: the machine went down before record %llu, at offset %llu, was "
	    "on the disk; the gateway cuts it off when it starts",
	    seg_path(d, r->c.segment).text, (unsigned long long)r->c.number,
	    (unsigned long long)r->c.off);
}

int
fix_journal_next(struct fix_journal_reader *r, struct fix_rec *out,
    struct fix_store_error *e)
{
	const char *what;
	uint64_t off;
	int rc;

	do {
		rc = ready(r, e);
		if (rc <= 0)
			return rc;
		if (rec_check(r->at, mark_off(r->mark), &r->c, &what) != 0)
			return say_bad(r, what, e);
		off = r->c.off;
		rec_step(r->at, &r->c);
	} while (r->c.number <= r->from);
	rec_show(r->at, r->c.segment, off, out);
	return 1;
}

void
fix_journal_reader_close(struct fix_journal_reader *r)
{
	if (r == NULL)
		return;
	let_go(r);
	free(r);
}
