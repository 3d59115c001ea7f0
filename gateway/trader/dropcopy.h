/*
 * Drop copies within the trader: what its files share.
 *
 * A copier reads the committed journal behind a cursor of its own, a bounded
 * piece a turn. Cursor and counts are kept in the same turn as the copies, so
 * that each execution is copied once, whatever dies when.
 */
#ifndef FIXGATE_GATEWAY_TRADER_DROPCOPY_H
#define FIXGATE_GATEWAY_TRADER_DROPCOPY_H

#include "gateway/trader/copyrow.h"
#include "gateway/trader/inside.h"

/* What a turn may spend on copies, for one subscriber: a record that is read
 * costs one, a message that is made COPY_COST more. A turn that has served
 * others spends nothing, up to COPY_PATIENCE of them in a row and unless a
 * subscriber is COPY_MANY records behind. */
#define COPY_TURN 96u
#define COPY_COST 12u
#define COPY_MANY 5000u
#define COPY_PATIENCE 8u
#define COPY_PIECE (COPY_TURN / (COPY_COST + 1) + 1) /* messages of a turn */

struct copy_count { /* of one source, by its session number; 0: none's */
	struct copy_row row;
	bool dirty;  /* changed in this turn */
	bool untold; /* changed since the subscriber was told the count */
	uint32_t shown; /* its row in the file of counters; 0: none yet */
};

struct copies {                            /* of a drop copy session */
	struct fix_journal_reader *reader; /* NULL: not at work */
	struct copy_cursor at;
	uint64_t kept;     /* of at.record, what is kept */
	int64_t later;     /* monotonic: not before, after a fault */
	int64_t counts_at; /* monotonic: counts are told, if any is untold */
	struct copy_count *counts;
	uint32_t n_counts;
	uint32_t
	    dirty[COPY_PIECE]; /* sessions whose count changed in this turn */
	unsigned n_dirty;
	bool untold;         /* some count is */
	bool unshown;        /* some count differs from the file of counters */
	int64_t level_at;    /* monotonic: nothing waited then */
	bool late;           /* the alarm stands */
	struct again *again; /* executions asked for again; NULL: none */
};

enum copy_sent {
	COPY_SENT,
	COPY_LATER, /* can't be sent now: nothing has changed */
	COPY_NEVER, /* can't be made */
};

/** Send a message whose body stands in b from `at` on. */
enum copy_sent copy_send(struct trader *t, struct client *c, const char *type,
    const struct fix_build *b, size_t at);
/** Is the record one that this session may see? m has room for its fields. */
bool copy_takes(struct trader *t, const struct client *c,
    const struct fix_rec *r, struct fix_msg *m);
/** Is it sent once more under another number, with PossResend(97)? */
bool copy_again(const struct fix_msg *m);

/* dropcopy_face.c */
/** An execution, or a reject of a request, in the face of version to.
 * @return false: there is none such */
bool copy_exec(const struct fix_msg *m, enum fix_version to,
    struct fix_exec *e) FIX_MUST_CHECK;
/** The parties that a message names, as a subscriber's version has them. */
void copy_parties(struct fix_build *b, const struct fix_msg *m,
    enum fix_version to);
/** Where it came from: 115, and the original's number and time. */
void copy_origin(struct fix_build *b, struct trader *t, const struct fix_rec *r,
    const struct fix_msg *m, const struct client *c);

/* dropcopy_counts.c */
void counts_load(struct trader *t, struct client *c);
void counts_up(struct trader *t, struct client *c);
/** A message of source is copied, or can't be. */
void counts_add(
    struct trader *t, struct client *c, const struct fix_rec *r, bool lost);
/** At the end of a piece: those that changed. */
void counts_keep(struct trader *t, struct client *c);
bool counts_due(const struct trader *t, const struct client *c);
/** Tell what is untold, or some of it. @return what it cost */
unsigned counts_tell(struct trader *t, struct client *c);

/* dropcopy_lag.c */
/** Raise or take back alarms, at most once a second. */
void lag_watch(struct trader *t);
/** When to look again; FIX_MONO_NEVER. */
int64_t lag_due(const struct trader *t);

/* dropcopy_again.c */
bool again_due(const struct client *c);
/** @param most  what it may cost @return what it did */
unsigned again_work(struct trader *t, struct client *c, unsigned most);
void again_close(struct client *c);

#endif
