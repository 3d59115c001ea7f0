/*
 * Tables that follow the journal: keys and values by table, written in batches
 * that note the journal number they have reached. Never the truth: lost or
 * doubtful tables are thrown away and made again from the journal.
 *
 * On LMDB (store_lmdb.c), readable by other processes while the owner writes;
 * in memory (store_mem.c) for tests.
 */
#ifndef FIXGATE_STORE_STORE_H
#define FIXGATE_STORE_STORE_H

#include "fix/span.h"
#include "store/journal.h"

struct fix_store;

enum fix_table {
	FIX_TAB_META,      /* what store.c itself notes */
	FIX_TAB_SESSIONS,  /* session number -> its state */
	FIX_TAB_SENT,      /* session, generation, MsgSeqNum -> journal position */
	FIX_TAB_ORDERS,    /* order number -> order */
	FIX_TAB_IDS,       /* session, ClOrdID -> order number and use */
	FIX_TAB_EXECS,     /* venue, its ExecID -> execution */
	FIX_TAB_POSITIONS, /* account, symbol -> position */
	FIX_TAB_VENUES,    /* venue, key -> what the venue keeps (sim's book) */
	FIX_TAB_CONTROL,   /* kill switches, marks, counters */
	FIX_TAB_CURSORS,   /* subscriber -> journal number */
	FIX_TAB_SUMS,      /* account, symbol -> what is held and reserved */
	FIX_N_TABLE
};

#define FIX_STORE_KEY_MAX 256 /* bytes; an empty key is no key */
#define FIX_STORE_VALUE_MAX (1024 * 1024)

/**
 * Open the tables of a folder.
 *
 * Tables written before the machine last booted without a clean close, or by
 * another version, are dropped: fix_store_applied() is then 0, and *e tells.
 * @param path       folder; made if missing
 * @param map_bytes  upper bound on the size, preallocated sparsely
 * @param write      one writer at a time; false: reader
 * @return 0, -FIX_E_LOCKED, -FIX_E_IO, -FIX_E_FOREIGN, -FIX_E_NOMEM,
 *         -FIX_E_NOTFOUND (reader, nothing there); *e says it in a sentence
 */
FIX_API int fix_store_open(struct fix_store **out, const char *path,
    size_t map_bytes, bool write, struct fix_store_error *e) FIX_MUST_CHECK;
/** The twin in memory. @return 0, -FIX_E_NOMEM */
FIX_API int fix_store_open_mem(struct fix_store **out) FIX_MUST_CHECK;
/** Clean close: tables are synced and marked as good. NULL is fine. */
FIX_API void fix_store_close(struct fix_store *s);

/**
 * Copy the tables of a folder as they stand at one moment, whoever writes them
 * meanwhile. Until it is done LMDB can't use pages again that were freed since.
 *
 * @param path     folder; may be open in other processes, not in this one
 * @param fd       an empty file, read and write: data.mdb of other tables
 * @param applied  journal number that the copy holds; 0: it is empty
 * @return 0; -FIX_E_NOTFOUND there are none, or none that may be trusted;
 *         -FIX_E_CORRUPT a value fails its checksum, or LMDB's pages don't hang
 *         together: LMDB may also die of that; -FIX_E_FOREIGN, -FIX_E_FULL,
 *         -FIX_E_IO, with *e
 */
FIX_API int fix_store_copy(const char *path, int fd, uint64_t *applied,
    struct fix_store_error *e) FIX_MUST_CHECK;
/** A copy was put there as data.mdb, and nothing else is: note it as tables
 * that were closed in order. Its writer is to come. @return 0, -FIX_E_NOTFOUND,
 * -FIX_E_IO, with *e */
FIX_API int fix_store_adopt(const char *path, struct fix_store_error *e)
    FIX_MUST_CHECK;

/** @return journal number that the tables hold, 0 if they are empty */
FIX_API uint64_t fix_store_applied(const struct fix_store *s);
/** Its folder, and bytes that it may have there. @return the store's; NULL: it is
 * in memory, *most stays */
FIX_API const char *fix_store_place(const struct fix_store *s, uint64_t *most);
/** Forget everything. @return 0, -FIX_E_IO */
FIX_API int fix_store_clear(struct fix_store *s) FIX_MUST_CHECK;

/** Open a batch; one at a time. @return 0, -FIX_E_IO */
FIX_API int fix_store_begin(struct fix_store *s) FIX_MUST_CHECK;
/** @return 0, -FIX_E_FULL, -FIX_E_IO, -FIX_E_NOMEM: the batch is lost and must
 * be aborted; -FIX_E_TOOBIG: key or value over its cap, nothing has changed;
 * -FIX_E_STATE: no batch is open */
FIX_API int fix_store_put(struct fix_store *s, enum fix_table t,
    struct fix_span key, struct fix_span value) FIX_MUST_CHECK;
/** @return 0 also if it was not there, -FIX_E_IO */
FIX_API int fix_store_del(struct fix_store *s, enum fix_table t,
    struct fix_span key) FIX_MUST_CHECK;
/** Remove every key that begins with prefix. @return 0, -FIX_E_IO */
FIX_API int fix_store_del_prefix(struct fix_store *s, enum fix_table t,
    struct fix_span prefix) FIX_MUST_CHECK;
/** Write the batch and end it; `applied` is the journal number it brings us to.
 * On error nothing of it was written, and it is ended all the same.
 * @return 0, -FIX_E_FULL, -FIX_E_IO, -FIX_E_NOMEM */
FIX_API int fix_store_commit(struct fix_store *s, uint64_t applied)
    FIX_MUST_CHECK;
FIX_API void fix_store_abort(struct fix_store *s);
/** Sync to the medium. @return 0, -FIX_E_IO */
FIX_API int fix_store_sync(struct fix_store *s) FIX_MUST_CHECK;

/** Committed value, copied. @return bytes of the value, copied up to cap;
 * -FIX_E_NOTFOUND, -FIX_E_IO, -FIX_E_CORRUPT (fails its checksum: clear the
 * tables and replay) */
FIX_API ssize_t fix_store_get(struct fix_store *s, enum fix_table t,
    struct fix_span key, void *buf, size_t cap) FIX_MUST_CHECK;
/** @return committed pairs of a table; 0 also if they can't be counted */
FIX_API size_t fix_store_count(struct fix_store *s, enum fix_table t);
/** Each committed pair whose key begins with prefix, in key order, from key
 * `from` on (empty: the first). Spans are borrowed for the call; fn returns
 * non-zero to stop; it may put, but not commit.
 * @return what fn returned last, 0, -FIX_E_IO, -FIX_E_CORRUPT */
FIX_API int fix_store_each(struct fix_store *s, enum fix_table t,
    struct fix_span prefix, struct fix_span from,
    int (*fn)(void *arg, struct fix_span key, struct fix_span value),
    void *arg);

/** Fingerprint of every pair of every table but META, the state hash: equal
 * contents, equal number, whatever the order in which they came, on LMDB as in
 * memory. @return 0 if the tables can't be read */
FIX_API uint64_t fix_store_hash(struct fix_store *s);

/** A key that sorts as the number does: big-endian. @return bytes written, 4 */
FIX_API size_t fix_key_u32(uint8_t *out, uint32_t v);
/** @return bytes written, 8 */
FIX_API size_t fix_key_u64(uint8_t *out, uint64_t v);

#endif
