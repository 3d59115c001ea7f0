/*
 * A disk in memory for tests: it forgets what was not synced, on request.
 *
 * The medium (struct memdisk) outlives processes. A process gets a handle, a
 * struct fix_disk, by memdisk_attach(). memdisk_crash() ends every process:
 * handles are dead from then on, their calls fail and their mappings lead
 * nowhere, so the dead process's objects can be closed in the usual way without
 * touching what the next process finds:
 *
 *	struct memdisk *m = memdisk_new(seed);
 *	struct fix_disk *d = memdisk_attach(m);
 *	... fix_journal_open() on d, work ...
 *	memdisk_crash(m, MEMDISK_POWER);
 *	fix_journal_close(j);            goes nowhere
 *	d->ops->close(d);
 *	d = memdisk_attach(m);           the next life
 *	...
 *	memdisk_free(m);
 *
 * Removing a file is durable at once, making one when the names are synced; the
 * youngest may be gone before that. Mapped bytes are durable when synced;
 * others reach the medium in sectors of 512 bytes, in any order or not at all,
 * drawn from the seed.
 */
#ifndef FIXGATE_TESTS_LIB_MEMDISK_H
#define FIXGATE_TESTS_LIB_MEMDISK_H

#include "store/disk.h"

struct memdisk;

enum memdisk_end {
	MEMDISK_KILL,  /* the process dies: every byte written is kept */
	MEMDISK_POWER, /* the machine dies: synced sectors, and some others */
};

enum memdisk_op {
	MEMDISK_MAP,
	MEMDISK_CREATE, /* map with create */
	MEMDISK_SYNC,
	MEMDISK_REMOVE,
	MEMDISK_LIST,
	MEMDISK_SYNC_NAMES,
	MEMDISK_N_OP
};

/** NULL when out of memory. */
struct memdisk *memdisk_new(uint64_t seed);
/** All handles must be closed. */
void memdisk_free(struct memdisk *m);
/** A new process's handle; closed with d->ops->close(d), which releases the
 * lock. NULL when out of memory. */
struct fix_disk *memdisk_attach(struct memdisk *m);

void memdisk_crash(struct memdisk *m, enum memdisk_end end);
/** The system writes some unsynced sectors by itself, as it does at any time. */
void memdisk_writeback(struct memdisk *m, unsigned percent);

/** From now on the n-th call of op (1: the next) fails with rc, for instance
 * -FIX_E_IO or -FIX_E_FULL; and every later one too if `on` is set. rc 0: none
 * fails any more. */
void memdisk_fail(struct memdisk *m, enum memdisk_op op, unsigned n, int rc,
    bool on);
/** Calls of op since the disk was made. */
unsigned memdisk_calls(const struct memdisk *m, enum memdisk_op op);
/** Room for files, in bytes; 0: no bound. Beyond: -FIX_E_FULL. */
void memdisk_limit(struct memdisk *m, size_t bytes);

/** A file's bytes as a process sees them, to look at or to damage (the change
 * counts as synced only after memdisk_settle()). NULL if there is none. */
uint8_t *memdisk_file(struct memdisk *m, const char *name, size_t *bytes);
/** Plant a file; replaces. @return 0, -FIX_E_NOMEM */
int memdisk_put(struct memdisk *m, const char *name, const void *data,
    size_t bytes) FIX_MUST_CHECK;
int memdisk_remove(struct memdisk *m, const char *name);
/** Name of the i-th file in order of creation, NULL beyond. */
const char *memdisk_name(const struct memdisk *m, unsigned i);
/** All that was written is on the medium. */
void memdisk_settle(struct memdisk *m);
/** A disk with the same files, all settled, and another seed. */
struct memdisk *memdisk_copy(const struct memdisk *m, uint64_t seed);

#endif
