/* What journal.c and journal_recover.c share. Not installed. */
#ifndef FIXGATE_STORE_JOURNAL_WRITER_H
#define FIXGATE_STORE_JOURNAL_WRITER_H

#include "store/journal_format.h"

struct seg {
	uint8_t *at; /* mapped for as long as it is kept */
	size_t bytes;
	uint64_t first;
	uint64_t end; /* behind its last record; of the current one: unused */
	uint32_t number;
	bool write;   /* mapped for writing */
	bool settled; /* closed, and on the medium */
	int64_t closed_ns; /* monotonic, when it was; 0: in an earlier life */
};

struct turn { /* where the open turn began */
	size_t seg;
	struct rec_cursor at;
};

struct fix_journal {
	struct fix_disk *disk;
	size_t segment_bytes;
	enum fix_durability durability;
	uint64_t boot;
	struct seg *segs; /* oldest first; the last of n is the current one, */
	size_t n, n_ready, cap; /* behind it stand those that are ready */
	uint64_t reserve;       /* bytes that these should have */
	struct rec_cursor end; /* where the next record goes */
	uint64_t last;         /* offset of the last record, if in a turn */
	struct turn turn;
	uint64_t high;    /* as in the current segment's header */
	uint64_t used;    /* bytes of the turn before */
	uint64_t warm;    /* the current segment's pages are ready up to here */
	int64_t now_ns;   /* monotonic, of the last record */
	bool raised;      /* high was, and is not on the medium yet */
	bool new_names;   /* files were made since the names were synced */
	bool dead;        /* a sync failed */
};

static inline struct seg *
current(struct fix_journal *j)
{
	return &j->segs[j->n - 1];
}

static inline struct seg_head *
head_of(const struct seg *s)
{
	return (struct seg_head *)s->at;
}

/** Bytes of a segment that are committed. */
static inline uint64_t
committed(const struct seg *s)
{
	return mark_off(head_of(s)->mark);
}

/** Find where to go on. @return as fix_journal_open() */
int journal_recover(struct fix_journal *j, struct fix_store_error *e)
    FIX_MUST_CHECK;

/** Make one more that is ready. @return 0, -FIX_E_NOMEM, what map says */
int seg_make(struct fix_journal *j) FIX_MUST_CHECK;
/** Begin the first that is ready at j->end, as the current one. */
void seg_take(struct fix_journal *j);
void seg_drop(struct fix_journal *j, struct seg *s);
/* Both kill the journal when they fail. @return 0, -FIX_E_IO */
int journal_sync_seg(struct fix_journal *j, struct seg *s, uint64_t from,
    uint64_t to) FIX_MUST_CHECK;
/** The files that hold what is synced must be found again. */
int journal_sync_names(struct fix_journal *j) FIX_MUST_CHECK;
/** Sync all that is committed and note that it is. Kills on failure. */
int journal_settle(struct fix_journal *j);

#endif
