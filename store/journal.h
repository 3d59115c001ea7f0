/*
 * The trading journal: a row of preallocated, append-only segment files, and
 * the only truth. One writer appends records during a loop turn and commits
 * them together; only then may bytes leave.
 *
 * A turn is all or nothing: the last record of a turn carries FIX_REC_END, and
 * recovery goes back to the last whole turn whose checksums hold. A committed
 * mark in the segment's header tells readers in other processes how far they
 * may read. Positions are (segment number, offset) in one uint64_t and stay
 * valid until the segment is pruned.
 */
#ifndef FIXGATE_STORE_JOURNAL_H
#define FIXGATE_STORE_JOURNAL_H

#include <sys/types.h>

#include "fix/time.h"
#include "store/disk.h"

struct fix_journal;        /* the writer */
struct fix_journal_reader; /* any process */

enum fix_durability {
	FIX_DURABLE_PROCESS, /* survives kill -9: in the page cache */
	FIX_DURABLE_DISK,    /* survives power loss: synced at each commit */
};

enum fix_rec_flag {
	FIX_REC_END = 1 << 0, /* last record of its turn */
};

/* What a reader gets; data is borrowed until the next call on the reader or,
 * from the writer, until its segment is pruned. */
struct fix_rec {
	uint64_t number;      /* 1, 2, 3 ... without gaps over all segments */
	uint64_t pos;         /* where it stands */
	struct fix_utc wall;
	struct fix_mono mono;
	uint16_t type;        /* meaning: gateway/trader/records.h */
	uint16_t flags;       /* enum fix_rec_flag */
	uint32_t session;     /* 0 if none */
	uint64_t order;       /* internal order number, 0 if none */
	const uint8_t *data;
	size_t len;
};

struct fix_journal_cfg {
	struct fix_disk *disk;         /* not owned */
	size_t segment_bytes;          /* 64 KiB to 1 GiB, multiple of 4096 */
	enum fix_durability durability;
};

struct fix_store_error {
	char text[512]; /* what is wrong and what to do, NUL-terminated; after
	                   success empty, or a notice worth a log line */
};

#define FIX_JOURNAL_DATA_MAX (1024 * 1024) /* bytes of data of a record */

/**
 * Open for writing; makes the first segment in an empty place.
 *
 * Cuts what a crash left behind the last whole turn. Damage before that point
 * is refused: nothing is repaired silently. What is known to be committed: up
 * to the mark if the machine has not booted since, else up to the last sync.
 * With FIX_DURABLE_PROCESS a power loss may so cost turns, always the youngest;
 * *e says how many bytes were cut.
 * @return 0, -FIX_E_LOCKED (another gateway owns it), -FIX_E_CORRUPT,
 *         -FIX_E_FOREIGN, -FIX_E_FULL, -FIX_E_IO, -FIX_E_NOMEM; *e says it in
 *         a sentence
 */
FIX_API int fix_journal_open(struct fix_journal **out,
    const struct fix_journal_cfg *cfg, struct fix_store_error *e)
    FIX_MUST_CHECK;
FIX_API void fix_journal_close(struct fix_journal *j);

/**
 * Append a record to the open turn. Not visible, not durable yet.
 *
 * @param parts  data, put together from n_parts spans; FIX_JOURNAL_DATA_MAX
 *               in all at most, and it must fit in one segment
 * @param pos    where it stands; may be NULL
 * @return 0; -FIX_E_FULL no room on the disk for a next segment, -FIX_E_TOOBIG,
 *         -FIX_E_STATE after a failed sync, -FIX_E_IO, -FIX_E_NOMEM. After an
 *         error the turn must be dropped with fix_journal_abort().
 */
FIX_API int fix_journal_append(struct fix_journal *j, uint16_t type,
    uint32_t session, uint64_t order, struct fix_now now,
    const struct fix_span *parts, unsigned n_parts, uint64_t *pos)
    FIX_MUST_CHECK;
/**
 * End the turn: visible to readers and as durable as the setting says.
 *
 * @return number of records in the turn (0: there was none); -FIX_E_IO: the
 *         sync failed; it is never tried again, the journal stays closed for
 *         writing
 */
FIX_API ssize_t fix_journal_commit(struct fix_journal *j) FIX_MUST_CHECK;
/** Drop the open turn as if it had never begun. */
FIX_API void fix_journal_abort(struct fix_journal *j);
/** Sync everything committed, whatever the durability. @return 0, -FIX_E_IO */
FIX_API int fix_journal_sync(struct fix_journal *j) FIX_MUST_CHECK;
/** Make the pages that the next turns will write ready, as many as the turn
 * before has used, so that appending meets no page fault. Call after a commit,
 * when what it made durable has left. Disk mode also writes them once: a sync
 * of new blocks needs a second journey to the medium. A sync that fails is told
 * by the next commit. */
FIX_API void fix_journal_warm(struct fix_journal *j);
/** Make pages for so many bytes more ready, as fix_journal_warm() does, at most
 * to the end of the segment. @return 0, -FIX_E_IO */
FIX_API int fix_journal_ready(struct fix_journal *j, uint64_t bytes)
    FIX_MUST_CHECK;
/** From now on fix_journal_prepare() makes segments ready that take so many
 * bytes of records behind the current one, in whole segments and one at least:
 * what they hold can be written on a disk that is full. At first 0. */
FIX_API void fix_journal_reserve(struct fix_journal *j, uint64_t bytes);
/** Make the next segments ready now, off the path of an order. Call when idle;
 * a call with nothing to do costs nothing. Also brings closed segments to the
 * medium when the system has had its time to write them. What could be made
 * before there was no room for more is kept.
 * @return 0, -FIX_E_FULL, -FIX_E_IO, -FIX_E_STATE after a failed sync */
FIX_API int fix_journal_prepare(struct fix_journal *j) FIX_MUST_CHECK;
/** @return bytes of records that fit before a segment must be made that is not
 * there */
FIX_API uint64_t fix_journal_room(const struct fix_journal *j);
/** @return bytes used of the files that the journal has; costs no call to the
 * system */
FIX_API uint64_t fix_journal_used(const struct fix_journal *j);
/** Ask the disk how large the journal's place is: its files, and as many more as
 * there is room for. @return bytes; UINT64_MAX: the disk does not say */
FIX_API uint64_t fix_journal_whole(const struct fix_journal *j);
/** @return number of the last committed record, 0 if none */
FIX_API uint64_t fix_journal_last(const struct fix_journal *j);
/** @return number of the first record still kept; 1 if there never was any */
FIX_API uint64_t fix_journal_first(const struct fix_journal *j);
/** Committed record at a position. @return 0, -FIX_E_NOTFOUND (pruned),
 * -FIX_E_CORRUPT */
FIX_API int fix_journal_at(const struct fix_journal *j, uint64_t pos,
    struct fix_rec *out) FIX_MUST_CHECK;
/** Would fix_journal_prune() remove anything? */
FIX_API bool fix_journal_can_prune(const struct fix_journal *j,
    uint64_t number);
/** Remove whole segments that hold only records before `number`, oldest first.
 * The caller decides the number: nothing that it may still ask for. The oldest
 * record kept may stand in the middle of its turn. All that is committed is
 * synced first, so that no power loss takes both old and new.
 * @return segments removed, -FIX_E_IO */
FIX_API int fix_journal_prune(struct fix_journal *j, uint64_t number)
    FIX_MUST_CHECK;

/**
 * Places to begin at, found by the segments' headers and first records alone.
 *
 * _since: *number of the first record of the last segment that begins at or
 * before a moment, of the oldest if none does. _before: of the last segment
 * that begins before record `number`; *bytes, unless NULL: of its file.
 * @return 0, -FIX_E_NOTFOUND (nothing is written; before: there is none),
 *         -FIX_E_CORRUPT, -FIX_E_FOREIGN, -FIX_E_IO, -FIX_E_NOMEM, with *e
 */
FIX_API int fix_journal_since(struct fix_disk *disk, struct fix_utc since,
    uint64_t *number, struct fix_store_error *e) FIX_MUST_CHECK;
FIX_API int fix_journal_before(struct fix_disk *disk, uint64_t number,
    uint64_t *first, uint64_t *bytes, struct fix_store_error *e) FIX_MUST_CHECK;

/**
 * Read from another process, or the writer's own journal.
 *
 * @param from  number of the first record wanted; 0: the oldest kept
 * @return 0, -FIX_E_NOTFOUND (no journal there, or pruned beyond from),
 *         -FIX_E_FOREIGN, -FIX_E_IO, -FIX_E_NOMEM
 */
FIX_API int fix_journal_reader_open(struct fix_journal_reader **out,
    struct fix_disk *disk, uint64_t from, struct fix_store_error *e)
    FIX_MUST_CHECK;
/** @return 1 a record, 0 nothing committed beyond; with *e: -FIX_E_CORRUPT,
 * -FIX_E_NOTFOUND (pruned before it was read), -FIX_E_IO */
FIX_API int fix_journal_next(struct fix_journal_reader *r, struct fix_rec *out,
    struct fix_store_error *e) FIX_MUST_CHECK;
FIX_API void fix_journal_reader_close(struct fix_journal_reader *r);

#endif
