/*
 * The bytes of a segment file. Not installed.
 *
 * A header page, then records, eight bytes aligned, each beginning where the
 * one before ended. Numbers are in the machine's order; on a machine of the
 * other order the magic does not read, and the file is foreign.
 *
 * A record's CRC covers the CRC of the record before it (its chain), so a
 * record can't be left over from a life that was cut off, and none can be
 * missing between two that hold. Whether it ends its turn is known only when
 * the turn is committed: that is the seal, which is no part of the CRC but made
 * from it, so that a flip in it is seen as well.
 */
#ifndef FIXGATE_STORE_JOURNAL_FORMAT_H
#define FIXGATE_STORE_JOURNAL_FORMAT_H

#include "store/journal.h"

#define SEG_MAGIC UINT64_C(0x4a45544147584946) /* "FIXGATEJ" */
#define SEG_VERSION 1u
#define SEG_DATA 4096u /* offset of the first record */
#define SEG_MIN (64u * 1024)
#define SEG_MAX (1024u * 1024 * 1024)
#define SEG_CLOSED 1u /* in a mark: no more here, go on in the next segment */
#define SEG_NAME_MAX 24

#define SEG_MID_TURN 1u /* flag: its first record goes on with a turn */

struct seg_head {
	uint64_t magic; /* stored last; 0: not born, whatever else stands here */
	uint32_t version;
	uint32_t number; /* of the segment: 1, 2, 3 ... */
	uint64_t bytes;  /* of the file */
	uint64_t first;  /* number of its first record */
	uint32_t chain;  /* crc of the record before that */
	uint32_t flags;
	uint32_t crc; /* of all above, magic included */
	uint32_t unused[5];

	/* Changes; in a cache line of its own. */
	uint64_t mark;   /* committed up to this offset; SEG_CLOSED */
	uint64_t synced; /* on the medium up to here, with the rest of the turn
	                    that it cuts; SEG_CLOSED */
	uint64_t boot;   /* disk's boot number of the last writer */
	uint64_t high;   /* nothing was ever written at or behind this offset */
	uint64_t unused2[4];
};

#define REC_OPEN 0x0f1e2d3cu /* seal: crc ^ one of these */
#define REC_SEALED 0xc3d2e1f0u

struct rec_head {
	uint32_t crc;  /* of the record from `chain` on, padding included */
	uint32_t seal; /* crc ^ REC_OPEN, or crc ^ REC_SEALED: ends its turn */
	uint32_t chain;
	uint32_t len; /* of data, which follows this header */
	uint64_t number;
	int64_t wall_ns;
	int64_t mono_ns;
	uint64_t order;
	uint32_t session;
	uint16_t type;
	uint16_t zero;
};

_Static_assert(sizeof(struct seg_head) == 128, "layout");
_Static_assert(sizeof(struct rec_head) == 56, "layout");

/* Where a walk over records stands. */
struct rec_cursor {
	uint32_t segment;
	uint32_t chain; /* crc of the record before */
	uint64_t off;
	uint64_t number; /* of the record expected at off */
};

static inline uint64_t
pos_of(uint32_t segment, uint64_t off)
{
	return (uint64_t)segment << 32 | off;
}

/** Bytes that a record takes in the file. */
static inline uint64_t
rec_bytes(uint64_t len)
{
	return (sizeof(struct rec_head) + len + 7) & ~UINT64_C(7);
}

static inline uint64_t
mark_off(uint64_t mark)
{
	return mark & ~UINT64_C(7);
}

/** Name of a segment's file, and back. */
void seg_name(char out[SEG_NAME_MAX], uint32_t number);
bool seg_number(const char *name, uint32_t *number);

/** Give an unborn segment its header; the magic comes last. */
void seg_bear(uint8_t *at, const struct seg_head *h);
/** Take a header back: the file is unborn again. */
void seg_unbear(uint8_t *at);
/**
 * Is this the header of segment `number`, and its mark possible?
 *
 * @param what  why not, for a sentence
 * @return 0, 1 (unborn), -FIX_E_FOREIGN, -FIX_E_CORRUPT
 */
int seg_check(const uint8_t *at, uint64_t bytes, uint32_t number,
    const char **what);

/**
 * The record at c in a segment, if it is whole, sound and the one expected.
 *
 * @param limit  offset that it must not pass
 * @param what   why not
 * @return 0, -FIX_E_CORRUPT
 */
int rec_check(const uint8_t *at, uint64_t limit, const struct rec_cursor *c,
    const char **what);
/** A record by itself: its checksum holds. @return 0, -FIX_E_CORRUPT */
int rec_sound(const uint8_t *at, uint64_t off, uint64_t limit,
    const char **what);
/** Step over a record that was checked. */
void rec_step(const uint8_t *at, struct rec_cursor *c);
bool rec_ends_turn(const uint8_t *at, uint64_t off);
/** A record that was checked, as readers get it. */
void rec_show(const uint8_t *at, uint32_t segment, uint64_t off,
    struct fix_rec *out);

/* Files of a journal. */
struct seg_file {
	uint32_t number;
	size_t bytes;
};

struct seg_list {
	struct seg_file *v; /* ascending; freed by the caller */
	size_t n;
};

/** All segment files. Other files are none of ours.
 * @return 0, -FIX_E_NOMEM, -FIX_E_IO, -FIX_E_CORRUPT (one is missing), -FIX_E_FOREIGN
 * (a size that no segment has); *e says it */
int seg_files(struct fix_disk *d, struct seg_list *out,
    struct fix_store_error *e) FIX_MUST_CHECK;

/** "folder/name" for a sentence. */
struct seg_path {
	char text[256];
};
struct seg_path seg_path(const struct fix_disk *d, uint32_t number);

/** Sentences that several files say. */
int seg_say_bad(struct fix_store_error *e, const struct fix_disk *d,
    uint32_t number, int rc, const char *what);
int rec_say_bad(struct fix_store_error *e, const struct fix_disk *d,
    const struct rec_cursor *c, const char *what);

#endif
