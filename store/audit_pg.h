/*
 * The chain's copy in PostgreSQL: batches of events into audit.append(), in
 * libpq's pipeline mode, so that the next batches are on their way while one is
 * committed. It is at least once: the function there knows what it has, and
 * tells a repeated event from a forged one.
 */
#ifndef FIXGATE_STORE_AUDIT_PG_H
#define FIXGATE_STORE_AUDIT_PG_H

#include "store/audit.h"

#define AUDIT_PG_EVENTS 1000u            /* of a batch */
#define AUDIT_PG_BYTES (4u * 1024 * 1024) /* of a batch, about */
#define AUDIT_PG_DEPTH 4u                /* batches under way */

struct audit_pg;

struct audit_pg_stand { /* where the database is */
	uint64_t events;
	uint8_t head[AUDIT_HASH]; /* zeros: it has none */
	uint64_t checkpoint;      /* size of the last one */
	int64_t last_day;         /* with a partition, since 1970; INT64_MAX:
	                             it makes them itself */
};

/**
 * Connect and ask where the chain stands there; blocks, at most about
 * timeout_s.
 *
 * @param url  a connection string or postgresql:// URL, as libpq takes it
 * @return 0; -FIX_E_IO not reachable, -FIX_E_STATE reached, but not usable
 *         (schema, rights); *e says it, without the password
 */
int audit_pg_open(struct audit_pg **out, const char *url, const char *chain,
    unsigned timeout_s, struct audit_pg_stand *stand,
    struct fix_store_error *e) FIX_MUST_CHECK;
void audit_pg_close(struct audit_pg *p);

/** Put an event into the open batch. It is copied. @return 0, -FIX_E_NOMEM */
int audit_pg_add(struct audit_pg *p, uint64_t seq, struct fix_span json,
    const uint8_t hash[AUDIT_HASH]) FIX_MUST_CHECK;
/** The message behind the event that was put last. @return as above */
int audit_pg_raw(struct audit_pg *p, struct fix_span raw) FIX_MUST_CHECK;
/** Is the open batch as big as it gets? */
bool audit_pg_full(const struct audit_pg *p);
/** Events of the open batch. */
unsigned audit_pg_open_events(const struct audit_pg *p);
/** Send the open batch, if there is anything in it.
 * @return 0, -FIX_E_IO */
int audit_pg_send(struct audit_pg *p, struct fix_store_error *e)
    FIX_MUST_CHECK;
/** Send a checkpoint, behind the batches that were sent.
 * @return 0, -FIX_E_IO */
int audit_pg_note(struct audit_pg *p, uint64_t size, struct fix_span note,
    struct fix_store_error *e) FIX_MUST_CHECK;
/** Answers that are awaited. */
unsigned audit_pg_pending(const struct audit_pg *p);
/**
 * Take the next answer.
 *
 * @param wait_ms  how long to wait for it; 0: not at all
 * @param seq      last event that is committed now; 0: of a checkpoint
 * @return 1 an answer; 0 none yet; -FIX_E_IO the connection is gone, or
 *         nothing came for wait_ms; -FIX_E_CORRUPT: the database refuses the
 *         events as another history (FORK, BADHASH, BADLINK); -FIX_E_STATE it
 *         refuses them for another reason (GAP, no partition, no room). After
 *         an error the connection is to be closed. *e says it
 */
int audit_pg_take(struct audit_pg *p, int wait_ms, uint64_t *seq,
    struct fix_store_error *e) FIX_MUST_CHECK;

/** For a verifier: events after `after`, up to about 1,000, in order. Blocks.
 * @return events given to fn, -FIX_E_IO or what fn returned if not 0 */
ssize_t audit_pg_read(struct audit_pg *p, const char *chain, uint64_t after,
    int (*fn)(void *arg, uint64_t seq, struct fix_span json,
	const uint8_t hash[AUDIT_HASH], struct fix_span raw, bool columns),
    void *arg, struct fix_store_error *e) FIX_MUST_CHECK;
/* Events that were retired: exported, approved by two and detached. */
struct audit_pg_retired {
	uint64_t last;            /* its last event */
	uint8_t hash[AUDIT_HASH]; /* event_hash of that one */
	char day[16];             /* 2026-11-25 */
};
/** Are events from `first` on retired? @return 1 they are, 0, -FIX_E_IO */
int audit_pg_retired(struct audit_pg *p, const char *chain, uint64_t first,
    struct audit_pg_retired *out, struct fix_store_error *e) FIX_MUST_CHECK;
/** The checkpoints over more than `after` events, up to 1,000, by size.
 * @return how many were given to fn, or as audit_pg_read() */
ssize_t audit_pg_read_notes(struct audit_pg *p, const char *chain,
    uint64_t after, int (*fn)(void *arg, uint64_t size, struct fix_span note),
    void *arg, struct fix_store_error *e) FIX_MUST_CHECK;

#endif
