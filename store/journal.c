/*
 * The writer. A record is copied straight into the mapped segment: no buffer,
 * no system call. Its checksum goes over the record before, see
 * journal_format.h. A commit seals the turn's last record and then stores the
 * marks, those of later segments first, so that a reader who sees a turn's
 * beginning sees all of it.
 *
 * Disk mode syncs the turn's bytes before the marks are stored. The marks
 * themselves need no flush of their own, which would double the time of a
 * commit: recovery trusts checksums and seals. They reach the medium with a
 * turn in each HIGH_STEP bytes, or when the system writes them.
 *
 * A sync that failed is never repeated: the kernel may have dropped the pages
 * and would report success the second time. The journal is dead from then on.
 */
#include <stdlib.h>

#include "store/crc32c.h"
#include "store/fail.h"
#include "store/journal_writer.h"

#define HIGH_STEP (256u * 1024)
#define SETTLE_NS (60 * FIX_SEC) /* the system has written it by then */

static uint64_t
turn_records(const struct fix_journal *j)
{
	return j->end.number - j->turn.at.number;
}

static void
begin_turn(struct fix_journal *j)
{
	j->turn.seg = j->n - 1;
	j->turn.at = j->end;
}

int
journal_sync_seg(
    struct fix_journal *j, struct seg *s, uint64_t from, uint64_t to)
{
	int rc;

	if (from >= to)
		return 0;
	rc = j->disk->ops->sync(j->disk, s->at, from, to);
	if (rc == 0)
		return 0;
	j->dead = true;
	return -FIX_E_IO;
}

int
journal_sync_names(struct fix_journal *j)
{
	if (!j->new_names || j->disk->ops->sync_names == NULL)
		return 0;
	if (j->disk->ops->sync_names(j->disk) != 0) {
		j->dead = true;
		return -FIX_E_IO;
	}
	j->new_names = false;
	return 0;
}

/* Recovery need not look for leftovers beyond. */
static void
raise_high(struct fix_journal *j, uint64_t end)
{
	uint64_t to = current(j)->bytes - end < HIGH_STEP ? current(j)->bytes
							  : end + HIGH_STEP;

	head_of(current(j))->high = j->high = to;
	j->raised = true;
}

static void
set_mark(struct fix_journal *j, struct seg *s, uint64_t mark)
{
	struct seg_head *h = head_of(s);

	if (j->durability == FIX_DURABLE_DISK)
		h->synced = mark;
	__atomic_store_n(&h->mark, mark, __ATOMIC_RELEASE);
}

/* Segments. */

static int
room_for_one(struct fix_journal *j)
{
	struct seg *more;

	if (j->n + j->n_ready < j->cap)
		return 0;
	more = realloc(j->segs, (j->cap + 16) * sizeof(*more));
	if (more == NULL)
		return -FIX_E_NOMEM;
	j->segs = more;
	j->cap += 16;
	return 0;
}

int
seg_make(struct fix_journal *j)
{
	const struct fix_disk_ops *ops = j->disk->ops;
	size_t n = j->n + j->n_ready;
	uint32_t number = n == 0 ? 1 : j->segs[n - 1].number + 1;
	struct seg s = {
		.bytes = j->segment_bytes, .number = number, .write = true
	};
	char name[SEG_NAME_MAX];
	const char *what;
	int rc = room_for_one(j);

	if (rc != 0)
		return rc;
	if (number == 0)
		return -FIX_E_FULL; /* 2^32 segments */
	seg_name(name, number);
	rc = ops->map(j->disk, name, s.bytes, true, true, &s.at);
	if (rc == -FIX_E_EXISTS) {
		/* One that an aborted turn could not remove. */
		rc = ops->map(j->disk, name, s.bytes, false, true, &s.at);
		if (rc == 0 && seg_check(s.at, s.bytes, number, &what) != 1) {
			ops->unmap(j->disk, s.at, s.bytes);
			rc = -FIX_E_IO;
		}
	}
	if (rc == 0) {
		j->segs[n] = s;
		j->n_ready++;
		j->new_names = true;
	}
	return rc == -FIX_E_FULL || rc == -FIX_E_NOMEM || rc == 0 ? rc
								  : -FIX_E_IO;
}

void
seg_take(struct fix_journal *j)
{
	struct seg *s = &j->segs[j->n];
	struct seg_head h = {
		.number = s->number,
		.bytes = s->bytes,
		.first = j->end.number,
		.chain = j->end.chain,
		.flags = turn_records(j) > 0 ? SEG_MID_TURN : 0,
		.mark = SEG_DATA,
		.synced = SEG_DATA,
		.boot = j->boot,
		.high = SEG_DATA,
	};

	s->first = h.first;
	seg_bear(s->at, &h);
	j->n++;
	j->n_ready--;
	j->end.segment = s->number;
	j->end.off = SEG_DATA;
	j->high = SEG_DATA;
	j->warm = 0;
}

void
seg_drop(struct fix_journal *j, struct seg *s)
{
	if (s->at != NULL)
		j->disk->ops->unmap(j->disk, s->at, s->bytes);
	s->at = NULL;
}

/* The current segment is full: go on in the next. */
static int
roll(struct fix_journal *j)
{
	int rc = j->n_ready > 0 ? 0 : seg_make(j);

	if (rc != 0)
		return rc;
	current(j)->end = j->end.off;
	seg_take(j);
	return 0;
}

/* A turn that is dropped began before this segment. */
static void
unroll(struct fix_journal *j)
{
	seg_unbear(current(j)->at);
	j->n--;
	j->n_ready++;
}

/* Open and close. */

static int
refuse_cfg(const struct fix_journal_cfg *cfg, struct fix_store_error *e)
{
	if (cfg->segment_bytes >= SEG_MIN && cfg->segment_bytes <= SEG_MAX &&
	    cfg->segment_bytes % 4096 == 0)
		return 0;
	return fix_store_fail(e, -FIX_E_RANGE,
	    "a journal segment has 64 KiB to 1 GiB, a multiple of 4096 bytes, "
	    "and not %zu",
	    cfg->segment_bytes);
}

static int
take_lock(struct fix_disk *d, struct fix_store_error *e)
{
	const char *where = d->where != NULL ? d->where : "the journal";
	int rc = d->ops->lock(d);
	long pid;

	if (rc == 0)
		return 0;
	if (rc != -FIX_E_LOCKED)
		return fix_store_fail(e, rc, "%s: can't take the lock", where);
	pid = d->ops->owner != NULL ? d->ops->owner(d) : 0;
	if (pid == 0)
		return fix_store_fail(
		    e, rc, "%s: another gateway owns it", where);
	return fix_store_fail(e, rc,
	    "%s: another gateway owns it, process %ld. Stop that one first, "
	    "or give this one a folder of its own",
	    where, pid);
}

static void
let_go(struct fix_journal *j)
{
	for (size_t i = 0; i < j->n + j->n_ready; i++)
		seg_drop(j, &j->segs[i]);
	free(j->segs);
	free(j);
}

int
fix_journal_open(struct fix_journal **out, const struct fix_journal_cfg *cfg,
    struct fix_store_error *e)
{
	struct fix_journal *j;
	int rc;

	fix_store_fine(e);
	rc = refuse_cfg(cfg, e);
	if (rc == 0)
		rc = take_lock(cfg->disk, e);
	if (rc != 0)
		return rc;
	j = calloc(1, sizeof(*j));
	if (j == NULL)
		return fix_store_fail(e, -FIX_E_NOMEM, "out of memory");
	j->disk = cfg->disk;
	j->segment_bytes = cfg->segment_bytes;
	j->durability = cfg->durability;
	if (j->disk->ops->boot != NULL)
		j->boot = j->disk->ops->boot(j->disk);
	rc = journal_recover(j, e);
	if (rc != 0) {
		let_go(j);
		return rc;
	}
	begin_turn(j);
	*out = j;
	return 0;
}

void
fix_journal_close(struct fix_journal *j)
{
	if (j == NULL)
		return;
	fix_journal_abort(j);
	if (!j->dead)
		(void)journal_settle(j);
	let_go(j);
}

/* A turn. */

/* Write them, of len bytes together, and zeros up to whole words. */
static uint64_t
put_parts(
    uint8_t *to, const struct fix_span *parts, unsigned n_parts, size_t len)
{
	uint64_t bytes = rec_bytes(len) - sizeof(struct rec_head);
	unsigned i;

	if (bytes > 0)
		memset(to + bytes - 8, 0, 8);
	for (i = 0; i < n_parts; i++) {
		if (parts[i].len > 0)
			memcpy(to, parts[i].p, parts[i].len);
		to += parts[i].len;
	}
	return bytes;
}

/* Length of all parts, or more than any record may have. */
static size_t
parts_len(const struct fix_span *parts, unsigned n_parts)
{
	size_t len = 0;
	unsigned i;

	for (i = 0; i < n_parts; i++) {
		if (parts[i].len > FIX_JOURNAL_DATA_MAX - len)
			return FIX_JOURNAL_DATA_MAX + 1;
		len += parts[i].len;
	}
	return len;
}

int
fix_journal_append(struct fix_journal *j, uint16_t type, uint32_t session,
    uint64_t order, struct fix_now now, const struct fix_span *parts,
    unsigned n_parts, uint64_t *pos)
{
	size_t len = parts_len(parts, n_parts);
	struct rec_head *h;
	uint64_t data;
	int rc;

	if (j->dead)
		return -FIX_E_STATE;
	if (len > FIX_JOURNAL_DATA_MAX ||
	    rec_bytes(len) > j->segment_bytes - SEG_DATA)
		return -FIX_E_TOOBIG;
	if (rec_bytes(len) > current(j)->bytes - j->end.off) {
		rc = roll(j);
		if (rc != 0)
			return rc;
	}
	if (j->end.off + rec_bytes(len) > j->high)
		raise_high(j, j->end.off + rec_bytes(len));
	h = (struct rec_head *)(current(j)->at + j->end.off);
	h->chain = j->end.chain;
	h->len = (uint32_t)len;
	h->number = j->end.number;
	h->wall_ns = now.utc.ns;
	h->mono_ns = now.mono.ns;
	h->order = order;
	h->session = session;
	h->type = type;
	h->zero = 0;
	data = put_parts((uint8_t *)(h + 1), parts, n_parts, len);
	h->crc = fix_crc32c(
	    0, &h->chain, sizeof(*h) - offsetof(struct rec_head, chain) + data);
	h->seal = h->crc ^ REC_OPEN;
	if (pos != NULL)
		*pos = pos_of(j->end.segment, j->end.off);
	j->last = j->end.off;
	j->now_ns = now.mono.ns;
	j->end.chain = h->crc;
	j->end.number++;
	j->end.off += sizeof(*h) + data;
	return 0;
}

static int
sync_turn(struct fix_journal *j)
{
	uint64_t from, to;
	size_t i;
	int rc = journal_sync_names(j);

	for (i = j->turn.seg; i < j->n && rc == 0; i++) {
		from = i == j->turn.seg && !j->raised ? j->turn.at.off : 0;
		to = i == j->n - 1 ? j->end.off : j->segs[i].end;
		rc = journal_sync_seg(j, &j->segs[i], from, to);
	}
	j->raised = false;
	return rc;
}

/* Later segments first: a reader goes on to one only from the one before. */
static void
publish(struct fix_journal *j)
{
	size_t i = j->n - 1;

	set_mark(j, &j->segs[i], j->end.off);
	while (i-- > j->turn.seg) {
		set_mark(j, &j->segs[i], j->segs[i].end | SEG_CLOSED);
		j->segs[i].closed_ns = j->now_ns;
	}
}

ssize_t
fix_journal_commit(struct fix_journal *j)
{
	uint64_t n = turn_records(j);
	struct rec_head *h;
	int rc;

	if (j->dead)
		return -FIX_E_IO;
	if (n == 0)
		return 0;
	h = (struct rec_head *)(current(j)->at + j->last);
	h->seal = h->crc ^ REC_SEALED;
	if (j->durability == FIX_DURABLE_DISK) {
		rc = sync_turn(j);
		if (rc != 0)
			return rc;
	}
	publish(j);
	j->used = j->turn.seg == j->n - 1 ? j->end.off - j->turn.at.off
					  : j->end.off;
	begin_turn(j);
	return (ssize_t)n;
}

void
fix_journal_abort(struct fix_journal *j)
{
	uint64_t room;

	if (turn_records(j) == 0 && j->n - 1 == j->turn.seg)
		return;
	while (j->n - 1 > j->turn.seg)
		unroll(j);
	j->end = j->turn.at;
	j->high = head_of(current(j))->high;
	j->warm = 0;
	/* What is left of the turn does not begin with a record any more. */
	room = current(j)->bytes - j->end.off;
	memset(current(j)->at + j->end.off, 0,
	    room < sizeof(struct rec_head) ? room : sizeof(struct rec_head));
}

uint64_t
fix_journal_last(const struct fix_journal *j)
{
	return j->turn.at.number - 1;
}

uint64_t
fix_journal_first(const struct fix_journal *j)
{
	return j->segs[0].first;
}

int
fix_journal_at(const struct fix_journal *j, uint64_t pos, struct fix_rec *out)
{
	uint32_t number = (uint32_t)(pos >> 32), first = j->segs[0].number;
	uint64_t off = pos & UINT32_MAX, end;
	const struct seg *s;
	const char *what;
	int rc;

	if (number < first || number - first >= j->n)
		return -FIX_E_NOTFOUND;
	s = &j->segs[number - first];
	end = committed(s);
	if (off >= end)
		return -FIX_E_NOTFOUND;
	if (off < SEG_DATA)
		return -FIX_E_CORRUPT;
	rc = rec_sound(s->at, off, end, &what);
	if (rc == 0)
		rec_show(s->at, number, off, out);
	return rc;
}
