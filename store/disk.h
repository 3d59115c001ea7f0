/*
 * The disk as the journal sees it: fixed-size files mapped into memory.
 *
 * fix_disk_dir() is the real one. tests/lib/memdisk.h has one in memory that
 * forgets what was not synced.
 */
#ifndef FIXGATE_STORE_DISK_H
#define FIXGATE_STORE_DISK_H

#include "fix/err.h"
#include "fix/span.h"

struct fix_disk; /* what the implementation needs */

struct fix_disk_ops {
	/* Map file name, `bytes` long. create: it must not exist yet; every
	 * byte is allocated and zero. @return 0, -FIX_E_FULL, -FIX_E_EXISTS,
	 * -FIX_E_NOTFOUND, -FIX_E_FOREIGN (another size), -FIX_E_IO */
	int (*map)(struct fix_disk *d, const char *name, size_t bytes,
	    bool create, bool write, uint8_t **out);
	void (*unmap)(struct fix_disk *d, uint8_t *at, size_t bytes);
	/* Bytes [from, to) of the mapping, if not more, are on the medium
	 * when it returns. @return 0, -FIX_E_IO: then nothing may be trusted any more */
	int (*sync)(struct fix_disk *d, uint8_t *at, size_t from, size_t to);
	/* Gone for good when it returns. */
	int (*remove)(struct fix_disk *d, const char *name);
	/* Names of all files, in any order; stops when fn returns non-zero. */
	int (*list)(struct fix_disk *d, int (*fn)(void *arg, const char *name,
	    size_t bytes), void *arg);
	/* One owner at a time, as long as the process lives.
	 * @return 0, -FIX_E_LOCKED, -FIX_E_IO */
	int (*lock)(struct fix_disk *d);
	void (*close)(struct fix_disk *d);

	/* The rest may be NULL. */

	/* Number that changes when unsynced writes may have been lost: one for
	 * each boot of the machine; 0: not known. */
	uint64_t (*boot)(struct fix_disk *d);
	/* Process that holds the lock, for messages; 0: not known. */
	long (*owner)(struct fix_disk *d);
	/* Files that were made are found again after a power loss; without
	 * this a few of them, the youngest, may be gone. NULL: they always
	 * are. @return 0, -FIX_E_IO */
	int (*sync_names)(struct fix_disk *d);
	/* Bytes that new files may take. NULL: no bound.
	 * @return UINT64_MAX: not known */
	uint64_t (*room)(struct fix_disk *d);
	/* [from, to) will be written soon: have its pages ready. */
	void (*warm)(struct fix_disk *d, uint8_t *at, size_t from, size_t to);
};

struct fix_disk {
	const struct fix_disk_ops *ops;
	const char *where; /* folder, for messages; may be NULL */
};

/** Files of a folder, which is made with mode 0700 if it is missing (write only).
 * @return 0, -FIX_E_IO, -FIX_E_NOMEM, -FIX_E_NOTFOUND (read only) */
FIX_API int fix_disk_dir(struct fix_disk **out, const char *path, bool write)
    FIX_MUST_CHECK;

#endif
