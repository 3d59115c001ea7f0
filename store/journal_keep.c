/*
 * What the writer does off the path of an order: segments are made ahead, the
 * pages that will be written are made ready, closed segments become settled,
 * old ones are removed.
 *
 * Settled means that a segment, its name, and the rest of the turn that its end
 * cuts are on the medium, and that its header says so: a recovery need not look
 * into it, and damage in it is damage for sure. In process mode that waits
 * until the system had its time to write, so that the sync finds little to do.
 */
#include "store/journal_writer.h"

#define WARM_BYTES (256u * 1024) /* made ready ahead of the end, at least */
#define WARM_STEP (16u * 1024)
#define WARM_DISK_STEP (1u << 20)
#define SETTLE_NS (60 * FIX_SEC) /* the system has written it by then */

/* Bytes of records that those which are ready take. */
static uint64_t
ready_bytes(const struct fix_journal *j)
{
	uint64_t n = 0;

	for (size_t i = j->n; i < j->n + j->n_ready; i++)
		n += j->segs[i].bytes - SEG_DATA;
	return n;
}

static void
warm_begin(struct fix_journal *j, const struct seg *s)
{
	if (j->disk->ops->warm != NULL)
		j->disk->ops->warm(j->disk, s->at, 0,
		    s->bytes < WARM_BYTES ? s->bytes : WARM_BYTES);
}

static int
make_ready(struct fix_journal *j)
{
	int rc = 0;

	while (rc == 0 && (j->n_ready == 0 || ready_bytes(j) < j->reserve)) {
		rc = seg_make(j);
		if (rc == 0)
			warm_begin(j, &j->segs[j->n + j->n_ready - 1]);
	}
	if (rc != 0)
		return rc;
	return j->durability == FIX_DURABLE_DISK ? journal_sync_names(j) : 0;
}

void
fix_journal_reserve(struct fix_journal *j, uint64_t bytes)
{
	j->reserve = bytes;
}

int
journal_settle(struct fix_journal *j)
{
	size_t i, first = j->turn.seg + 1;
	int rc = journal_sync_names(j);

	while (first > 0 && !j->segs[first - 1].settled)
		first--;
	for (i = first; i <= j->turn.seg && rc == 0; i++)
		rc =
		    journal_sync_seg(j, &j->segs[i], 0, committed(&j->segs[i]));
	for (i = first; i <= j->turn.seg && rc == 0; i++) {
		head_of(&j->segs[i])->synced = head_of(&j->segs[i])->mark;
		rc = journal_sync_seg(
		    j, &j->segs[i], 0, sizeof(struct seg_head));
		j->segs[i].settled = i < j->turn.seg;
	}
	return rc;
}

int
fix_journal_sync(struct fix_journal *j)
{
	return j->dead ? -FIX_E_IO : journal_settle(j);
}

/* What the turn that segment i cuts has in the segments behind. */
static int
sync_rest_of_turn(struct fix_journal *j, size_t i)
{
	uint64_t off = 0, to;
	bool ended = false;
	int rc = 0;

	while (rc == 0 && !ended && ++i <= j->turn.seg &&
	       (head_of(&j->segs[i])->flags & SEG_MID_TURN)) {
		to = committed(&j->segs[i]);
		for (off = SEG_DATA; off < to && !ended;) {
			const uint8_t *at = j->segs[i].at;

			ended = rec_ends_turn(at, off);
			off += rec_bytes(
			    ((const struct rec_head *)(at + off))->len);
		}
		rc = journal_sync_seg(j, &j->segs[i], 0, off);
	}
	return rc;
}

/* Closed segments are brought to the medium one a call. In process mode only
 * when the system has had the time to write them, so that it costs little. */
static int
settle_oldest(struct fix_journal *j)
{
	size_t i = j->turn.seg;
	struct seg *s;
	int rc = 0;

	while (i > 0 && !j->segs[i - 1].settled)
		i--;
	if (i == j->turn.seg)
		return 0;
	s = &j->segs[i];
	if (j->durability == FIX_DURABLE_PROCESS) {
		if (j->now_ns - s->closed_ns < SETTLE_NS)
			return 0;
		rc = journal_sync_names(j);
		if (rc == 0)
			rc = journal_sync_seg(j, s, 0, s->bytes);
		if (rc == 0)
			rc = journal_sync_seg(j, s + 1, 0, SEG_DATA);
		if (rc == 0)
			rc = sync_rest_of_turn(j, i);
		if (rc == 0)
			head_of(s)->synced = head_of(s)->mark;
	}
	if (rc == 0)
		rc = journal_sync_seg(j, s, 0, sizeof(struct seg_head));
	s->settled = rc == 0;
	return rc;
}

uint64_t
fix_journal_room(const struct fix_journal *j)
{
	return j->segs[j->n - 1].bytes - j->end.off + ready_bytes(j);
}

static uint64_t
files_bytes(const struct fix_journal *j)
{
	uint64_t n = 0;

	for (size_t i = 0; i < j->n + j->n_ready; i++)
		n += j->segs[i].bytes;
	return n;
}

uint64_t
fix_journal_used(const struct fix_journal *j)
{
	return files_bytes(j) - fix_journal_room(j);
}

uint64_t
fix_journal_whole(const struct fix_journal *j)
{
	uint64_t files = files_bytes(j);
	uint64_t room = j->disk->ops->room == NULL
			    ? UINT64_MAX
			    : j->disk->ops->room(j->disk);

	if (room >= UINT64_MAX - files)
		return UINT64_MAX;
	return files + room - room % j->segs[j->n - 1].bytes;
}

static int
warm(struct fix_journal *j, uint64_t from, uint64_t to)
{
	struct seg *s = current(j);
	int rc = 0;

	if (from < to)
		j->disk->ops->warm(j->disk, s->at, from, to);
	if (j->durability == FIX_DURABLE_DISK)
		rc = journal_sync_seg(j, s, from, to);
	if (rc == 0)
		j->warm = to > from ? to : from;
	return rc;
}

/* Two turns as large as the last one fit into what is ready. A step is small,
 * for whoever waits for the next turn waits for it, too; in disk mode large,
 * for each costs a sync. */
void
fix_journal_warm(struct fix_journal *j)
{
	bool disk = j->durability == FIX_DURABLE_DISK;
	uint64_t step = disk ? WARM_DISK_STEP : WARM_STEP;
	uint64_t ahead = 2 * j->used + (disk ? 2 * step : WARM_BYTES);
	uint64_t from = j->warm > j->end.off ? j->warm : j->end.off, to;
	struct seg *s = current(j);

	if (j->dead || j->disk->ops->warm == NULL || j->warm == s->bytes ||
	    from - j->end.off + step > ahead)
		return;
	to = s->bytes - j->end.off < ahead ? s->bytes : j->end.off + ahead;
	(void)warm(j, from, to);
}

int
fix_journal_ready(struct fix_journal *j, uint64_t bytes)
{
	struct seg *s = current(j);
	uint64_t room = s->bytes - j->end.off;

	if (j->dead || j->disk->ops->warm == NULL)
		return 0;
	return warm(j, j->end.off, j->end.off + (bytes < room ? bytes : room));
}

int
fix_journal_prepare(struct fix_journal *j)
{
	int rc;

	if (j->dead)
		return -FIX_E_STATE;
	rc = make_ready(j);
	if (rc != 0)
		return rc;
	fix_journal_warm(j);
	return settle_oldest(j);
}

bool
fix_journal_can_prune(const struct fix_journal *j, uint64_t number)
{
	return j->turn.seg > 0 && j->segs[1].first <= number;
}

int
fix_journal_prune(struct fix_journal *j, uint64_t number)
{
	char name[SEG_NAME_MAX];
	int n = 0;

	if (!fix_journal_can_prune(j, number))
		return 0;
	/* What takes the place of the records that go, a snapshot say, must
	 * not be lost after them. */
	if (fix_journal_sync(j) != 0)
		return -FIX_E_IO;
	while (fix_journal_can_prune(j, number)) {
		seg_name(name, j->segs[0].number);
		if (j->disk->ops->remove(j->disk, name) != 0)
			return -FIX_E_IO;
		seg_drop(j, &j->segs[0]);
		memmove(j->segs, j->segs + 1,
		    (--j->n + j->n_ready) * sizeof(*j->segs));
		j->turn.seg--;
		n++;
	}
	return n;
}
