/*
 * Opening for writing: find the last whole turn, cut what is behind it, refuse
 * what is broken before it.
 *
 * What must hold. If the machine has not booted since the last writer, the page
 * cache is what that writer left, and everything up to the marks must be sound.
 * Otherwise what was not synced may be lost, torn or out of order; then up to
 * the `synced` notes. Beyond, a turn counts if it is whole: all its records
 * sound, chained and sealed. It was not told to anybody yet, which harms
 * nobody: persist comes before send.
 *
 * How far back. Segments that are closed, and on the medium or of this boot,
 * hold by that rule and are checked when they are read; the walk begins at the
 * first other one, which is nearly always the last. A turn may begin in one
 * segment and end in another: nothing of it counts before its seal is found.
 *
 * A writer can die in here, too. Marks are set back before anything is removed,
 * so the next one comes to the same end.
 */
#include <stdlib.h>

#include "store/fail.h"
#include "store/journal_writer.h"

#define PAGE 4096

struct walk {
	size_t from;            /* segment it begins in */
	struct rec_cursor at;   /* where it stopped */
	struct rec_cursor good; /* behind the last whole turn */
	size_t seg, good_seg;   /* indexes of those segments */
	bool good_known;        /* false: in the middle of a turn so far */
	bool same_boot;
	const char *what; /* why it stopped */
};

static bool
born(const struct seg *s)
{
	return s->first != 0;
}

static bool
is_settled(const struct seg_head *h)
{
	return (h->mark & SEG_CLOSED) && h->synced == h->mark;
}

static int
map_seg(
    struct fix_journal *j, struct seg *s, bool write, struct fix_store_error *e)
{
	char name[SEG_NAME_MAX];
	int rc;

	seg_name(name, s->number);
	rc = j->disk->ops->map(j->disk, name, s->bytes, false, write, &s->at);
	if (rc != 0)
		return fix_store_fail(e, rc, "%s can't be opened",
		    seg_path(j->disk, s->number).text);
	s->write = write;
	return 0;
}

/* Read only if nothing in it may ever change again. */
static int
load_seg(struct fix_journal *j, struct seg *s, struct fix_store_error *e)
{
	const char *what = NULL;
	int rc = map_seg(j, s, false, e);

	if (rc != 0)
		return rc;
	rc = seg_check(s->at, s->bytes, s->number, &what);
	if (rc < 0)
		return seg_say_bad(e, j->disk, s->number, rc, what);
	if (rc == 0)
		s->first = head_of(s)->first;
	s->settled = rc == 0 && is_settled(head_of(s));
	s->end = rc == 0 ? mark_off(head_of(s)->mark) : 0;
	if (s->settled)
		return 0;
	seg_drop(j, s);
	return map_seg(j, s, true, e);
}

static int
load(struct fix_journal *j, struct fix_store_error *e)
{
	struct seg_list files;
	size_t i;
	int rc = seg_files(j->disk, &files, e);

	if (rc != 0)
		return rc;
	j->cap = files.n + 16;
	j->segs = calloc(j->cap, sizeof(*j->segs));
	if (j->segs == NULL)
		rc = fix_store_fail(e, -FIX_E_NOMEM, "out of memory");
	for (i = 0; i < files.n && rc == 0; i++) {
		j->segs[i].number = files.v[i].number;
		j->segs[i].bytes = files.v[i].bytes;
		j->n = i + 1;
		rc = load_seg(j, &j->segs[i], e);
	}
	free(files.v);
	return rc;
}

static int
remove_last(struct fix_journal *j, struct fix_store_error *e)
{
	char name[SEG_NAME_MAX];
	uint32_t number = current(j)->number;

	seg_name(name, number);
	seg_drop(j, current(j));
	j->n--;
	if (j->disk->ops->remove(j->disk, name) != 0)
		return fix_store_fail(e, -FIX_E_IO, "%s can't be removed",
		    seg_path(j->disk, number).text);
	return 0;
}

/* A new journal. Its header is synced whatever the durability: a first file
 * without one then tells of damage. */
static int
begin_journal(struct fix_journal *j, struct fix_store_error *e)
{
	int rc;

	while (j->n > 0) {
		rc = remove_last(j, e);
		if (rc != 0)
			return rc;
	}
	rc = seg_make(j);
	if (rc != 0)
		return fix_store_fail(e, rc, "%s can't be made: %s",
		    seg_path(j->disk, 1).text,
		    rc == -FIX_E_FULL ? "no room on the disk"
				      : fix_strerror(rc));
	j->end = (struct rec_cursor){ .number = 1 };
	j->turn.at = j->end;
	seg_take(j);
	rc = j->disk->ops->sync(j->disk, current(j)->at, 0, SEG_DATA);
	if (rc == 0 && j->disk->ops->sync_names != NULL)
		rc = j->disk->ops->sync_names(j->disk);
	return rc == 0 ? 0
		       : fix_store_fail(e, -FIX_E_IO, "%s can't be synced",
			     seg_path(j->disk, 1).text);
}

/* Files without a header only: is this a beginning, or was there something? */
static int
only_unborn(struct fix_journal *j, struct fix_store_error *e)
{
	static const struct rec_head none;
	size_t i;

	for (i = 0; i < j->n; i++)
		if (memcmp(j->segs[i].at + SEG_DATA, &none, sizeof(none)) != 0)
			break;
	if (i == j->n && (j->n == 0 || j->segs[0].number == 1))
		return begin_journal(j, e);
	return seg_say_bad(e, j->disk, j->segs[i == j->n ? 0 : i].number,
	    -FIX_E_CORRUPT, "has lost its header");
}

/* From here on marks may be set anew. */
static int
make_writable(struct fix_journal *j, size_t i, struct fix_store_error *e)
{
	int rc = 0;

	for (; i < j->n && rc == 0; i++) {
		j->segs[i].settled = false;
		if (j->segs[i].write)
			continue;
		seg_drop(j, &j->segs[i]);
		rc = map_seg(j, &j->segs[i], true, e);
	}
	return rc;
}

/* Closed, and on the medium or of this boot: not looked into now. */
static bool
holds(const struct fix_journal *j, const struct walk *w, size_t i)
{
	const struct seg *s = &j->segs[i];

	return born(s) && (s->settled || (w->same_boot &&
					     (head_of(s)->mark & SEG_CLOSED)));
}

static int
start_in(
    struct fix_journal *j, struct walk *w, size_t i, struct fix_store_error *e)
{
	const struct seg_head *h;

	if (!born(&j->segs[i]))
		return seg_say_bad(e, j->disk, j->segs[i].number,
		    -FIX_E_CORRUPT, "has lost its header");
	h = head_of(&j->segs[i]);
	w->from = w->seg = w->good_seg = i;
	w->at = (struct rec_cursor){ h->number, h->chain, SEG_DATA, h->first };
	w->good = w->at;
	w->good_known = !(h->flags & SEG_MID_TURN);
	return make_writable(j, i, e);
}

/* A segment without records is left when the next record wants more room. */
static bool
in_row(const struct seg *s, const struct seg *next)
{
	bool some = mark_off(head_of(s)->mark) > SEG_DATA;

	return !born(next) || next->first >= s->first + some;
}

/* Where the walk begins. */
static int
walk_start(struct fix_journal *j, struct walk *w, struct fix_store_error *e)
{
	size_t i;

	for (i = 0; i < j->n && holds(j, w, i); i++)
		if (i + 1 < j->n && !in_row(&j->segs[i], &j->segs[i + 1]))
			return seg_say_bad(e, j->disk, j->segs[i + 1].number,
			    -FIX_E_CORRUPT, "does not follow the one before");
	if (i == j->n)
		return seg_say_bad(e, j->disk, j->segs[i - 1].number + 1,
		    -FIX_E_CORRUPT, "is missing");
	return start_in(j, w, i, e);
}

static bool
goes_on(const struct fix_journal *j, const struct walk *w)
{
	const struct seg *s = &j->segs[w->seg + 1];

	return w->seg + 1 < j->n && born(s) && s->first == w->at.number &&
	       head_of(s)->chain == w->at.chain;
}

static void
walk(struct fix_journal *j, struct walk *w)
{
	struct seg *s = &j->segs[w->seg];
	bool ends;

	for (;;) {
		while (rec_check(s->at, s->bytes, &w->at, &w->what) == 0) {
			ends = rec_ends_turn(s->at, w->at.off);
			rec_step(s->at, &w->at);
			if (!ends)
				continue;
			w->good = w->at;
			w->good_seg = w->seg;
			w->good_known = true;
		}
		s->end = w->at.off;
		if (!goes_on(j, w))
			return;
		s = &j->segs[++w->seg];
		w->at.segment = s->number;
		w->at.off = SEG_DATA;
	}
}

/* All that is known to be committed lies before the end of a whole turn. */
static bool
reaches(const struct fix_journal *j, const struct walk *w)
{
	const struct seg_head *h;
	uint64_t must;
	size_t i;

	if (!w->good_known)
		return false;
	for (i = w->from; i < j->n; i++) {
		if (!born(&j->segs[i]))
			continue;
		h = head_of(&j->segs[i]);
		must = w->same_boot ? h->mark : h->synced;
		if (must == SEG_DATA || w->good_seg > i)
			continue;
		if (w->good_seg < i || (must & SEG_CLOSED) ||
		    w->good.off < mark_off(must))
			return false;
	}
	return true;
}

/* Marks as they shall be, later segments first, for readers' sake. */
static void
set_marks(struct fix_journal *j, const struct walk *w)
{
	size_t i = w->good_seg;
	struct seg_head *h = head_of(&j->segs[i]);

	__atomic_store_n(&h->mark, w->good.off, __ATOMIC_RELEASE);
	while (i-- > w->from) {
		h = head_of(&j->segs[i]);
		__atomic_store_n(
		    &h->mark, j->segs[i].end | SEG_CLOSED, __ATOMIC_RELEASE);
	}
}

/* What was written behind `from`. A note of that which a power loss left
 * behind leaves bytes behind as well; they chain to nothing. @return bytes cut
 */
static uint64_t
clear_tail(struct seg *s, uint64_t from)
{
	static const uint8_t zeros[PAGE];
	uint64_t at, n, cut = 0, high = head_of(s)->high;

	if (high > s->bytes)
		high = s->bytes;
	for (at = from; at < high; at += n) {
		n = PAGE - at % PAGE;
		if (n > high - at)
			n = high - at;
		if (memcmp(s->at + at, zeros, n) == 0)
			continue;
		memset(s->at + at, 0, n);
		cut = at + n - from;
	}
	return cut;
}

/*
 * Pages that an earlier life wrote and did not get synced. If its sync failed,
 * the system may hold them for clean: written again, they are synced for sure.
 */
static void
touch(struct seg *s, uint64_t from, uint64_t to)
{
	uint64_t at;

	for (at = from - from % PAGE; at < to; at += PAGE) {
		volatile uint8_t *p = s->at + at;

		*p = *p;
	}
}

static int
cut(struct fix_journal *j, const struct walk *w, struct fix_store_error *e)
{
	uint64_t bytes, lost = w->at.number - w->good.number;
	size_t i;
	int rc = 0;

	set_marks(j, w);
	bytes = clear_tail(&j->segs[w->good_seg], w->good.off);
	for (i = w->from; w->same_boot && i <= w->good_seg; i++)
		touch(&j->segs[i], mark_off(head_of(&j->segs[i])->synced),
		    i == w->good_seg ? w->good.off : j->segs[i].end);
	for (i = j->n; i > w->good_seg + 1 && rc == 0; i--)
		rc = remove_last(j, e);
	if (rc == 0 && bytes > 0)
		fix_store_fail(e, 0,
		    "%s: cut %llu bytes that were no whole turn, with %llu "
		    "whole records, behind record %llu",
		    seg_path(j->disk, w->good.segment).text,
		    (unsigned long long)bytes, (unsigned long long)lost,
		    (unsigned long long)w->good.number - 1);
	return rc;
}

/* The last one with a header tells in which boot it was written. */
static bool
same_boot(const struct fix_journal *j, bool *any)
{
	size_t i = j->n;

	while (i > 0 && !born(&j->segs[i - 1]))
		i--;
	*any = i > 0;
	return i > 0 && j->boot != 0 &&
	       head_of(&j->segs[i - 1])->boot == j->boot;
}

int
journal_recover(struct fix_journal *j, struct fix_store_error *e)
{
	struct walk w = { 0 };
	bool any;
	int rc = load(j, e);

	if (rc != 0)
		return rc;
	j->new_names = true; /* the one before us may not have synced them */
	w.same_boot = same_boot(j, &any);
	if (!any)
		return only_unborn(j, e);
	rc = walk_start(j, &w, e);
	if (rc != 0)
		return rc;
	walk(j, &w);
	if (!reaches(j, &w))
		return rec_say_bad(e, j->disk, &w.at, w.what);
	rc = cut(j, &w, e);
	if (rc != 0)
		return rc;
	j->end = w.good;
	j->turn.seg = w.good_seg;
	j->turn.at = w.good;
	j->high = head_of(current(j))->high;
	head_of(current(j))->boot = j->boot;
	if (w.same_boot && j->durability == FIX_DURABLE_PROCESS)
		return 0;
	rc = journal_settle(j);
	return rc == 0 ? 0
		       : fix_store_fail(e, rc, "%s can't be synced",
			     seg_path(j->disk, j->end.segment).text);
}
