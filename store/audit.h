/*
 * The audit chain: events, each with the hash of the one before, in a journal
 * of their own that nobody ever prunes.
 *
 * The writer is the auditor. A turn holds events, the small state they were
 * derived with, perhaps a checkpoint, and last a STATE record: how far the
 * source was read and where the chain stands. So cursor and chain advance
 * together, whenever the process dies. Readers follow the committed mark as
 * those of any journal: a shipper is one of them.
 */
#ifndef FIXGATE_STORE_AUDIT_H
#define FIXGATE_STORE_AUDIT_H

#include "store/audit_note.h"

enum audit_rec { /* types in the audit journal */
	AUDIT_REC_EVENT = 0x41,      /* event_hash, canonical JSON; .order is the
	                                event's number: 1, 2, 3 ... */
	AUDIT_REC_CHECKPOINT = 0x42, /* a signed note */
	AUDIT_REC_KEEP = 0x43,       /* uint16_t bytes of key, key, value */
	AUDIT_REC_STATE = 0x44,      /* struct audit_state, edge of the tree */
	AUDIT_REC_RAW = 0x45,        /* bytes behind event .order, whose details
	                                have their message_sha256 */
};

#define AUDIT_VERSION 1u
#define AUDIT_TURN_EVENTS 1000u

/* The last record of each turn. The tree's parts follow, for the bits that
 * are set in events, lowest first. */
struct audit_state {
	uint32_t version;
	uint32_t n_parts;
	uint64_t events;      /* in the chain */
	uint64_t cursor;      /* last record of the source that was read */
	uint8_t source[8];    /* fingerprint of that record */
	uint64_t checkpoint;  /* events at the last checkpoint */
	int64_t checkpoint_ns;
	uint64_t snapshot;    /* number of the audit record from which on KEEPs
	                         give the whole state */
	int64_t day;          /* of the last event, since 1970 */
	uint64_t day_first;   /* its first event */
	uint8_t head[AUDIT_HASH]; /* event_hash of the last event; zeros: none */
};

struct audit; /* the writer */

struct audit_cfg {
	struct fix_disk *disk;     /* not owned */
	size_t segment_bytes;
	const struct audit_key *key; /* not owned; with its secret half */
	/* One pair of the state, borrowed for the call: at open what was kept,
	 * and at a snapshot the caller is asked to keep all again. */
	void *arg;
	int (*kept)(void *arg, struct fix_span key, struct fix_span value);
	int (*keep_all)(void *arg, struct audit *a);
};

/** @return 0, or the journal's errors; -FIX_E_CORRUPT: what is there is no
 * audit chain of ours; *e says it in a sentence */
int audit_open(struct audit **out, const struct audit_cfg *cfg,
    struct fix_store_error *e) FIX_MUST_CHECK;
void audit_close(struct audit *a);
/** What was committed last; events 0, cursor 0: nothing yet. */
const struct audit_state *audit_at(const struct audit *a);

/** Append an event to the turn, and before the first one of a new day one that
 * closes the day before. @return 0, the journal's errors */
int audit_add(struct audit *a, struct audit_event *e) FIX_MUST_CHECK;
/** The bytes that the last event was made from. @return as audit_add() */
int audit_raw(struct audit *a, struct fix_span bytes) FIX_MUST_CHECK;
/** Append a pair of the state: what the next start gets back. An empty value
 * forgets it. @return as audit_add() */
int audit_keep(struct audit *a, struct fix_span key, struct fix_span value)
    FIX_MUST_CHECK;
/** Events of the open turn. */
unsigned audit_turn_events(const struct audit *a);
/**
 * End the turn: the source was read up to cursor, whose fingerprint is source.
 * A checkpoint goes with it when one is due: after 1,000 events, after a second
 * in which there was one, or, with seal, if there is any event since the last.
 *
 * @return 1 with the note in *note (NUL-terminated, borrowed until the next
 *         call), 0 without, or the journal's errors
 */
int audit_commit(struct audit *a, uint64_t cursor, const uint8_t source[8],
    struct fix_utc now, bool seal, const char **note) FIX_MUST_CHECK;

/*
 * The key changes. An event of this type names both in its details old_key and
 * new_key; the checkpoint right behind it is signed by both, and what follows by
 * the new one alone. Who trusts either so learns that the other is good.
 */
#define AUDIT_KEY_ROTATED "AUDIT_KEY_ROTATED"
/** From the next checkpoint on this key signs. @param both  that one is signed by
 * the one before, too; it must come with the event  @param next  not owned */
void audit_rotate(struct audit *a, const struct audit_key *next, bool both);

/** event_id of an event's number, a UUID of version 8 that is the same whenever
 * it is made. */
#define AUDIT_ID_MAX 37
void audit_id(char out[AUDIT_ID_MAX], const char *name, uint64_t number);
/** Hash and JSON of an EVENT record. @return false: it is none */
bool audit_event_of(const struct fix_rec *r, uint8_t hash[AUDIT_HASH],
    struct fix_span *json);

#endif
