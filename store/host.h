/* What the machine knows: this boot, and who owns a folder. Not installed. */
#ifndef FIXGATE_STORE_HOST_H
#define FIXGATE_STORE_HOST_H

#include <sys/types.h>

#include "fix/err.h"
#include "fix/span.h"

#define FIX_BOOT_ID_MAX 40 /* bytes with NUL */

/** Text that names this boot of the machine; "" if the system does not say. */
void fix_host_boot(char out[FIX_BOOT_ID_MAX]);

/**
 * Take the lock file `name` of a folder and note our pid in it. It is held
 * until the descriptor is closed, or the process is gone.
 *
 * @return a descriptor, -FIX_E_LOCKED, -FIX_E_IO (errno says why)
 */
int fix_host_lock(int dirfd, const char *name) FIX_MUST_CHECK;
/** Pid that the lock file tells; 0: none. */
long fix_host_owner(int dirfd, const char *name);

/** Make a folder with mode 0700, parents too, if missing, and open it.
 * @return a descriptor, -FIX_E_NOTFOUND (not there, and make is false),
 *         -FIX_E_IO */
int fix_host_folder(const char *path, bool make) FIX_MUST_CHECK;

/** errno as one of ours: no room is -FIX_E_FULL, the rest -FIX_E_IO. */
int fix_host_errno(void);

#endif
