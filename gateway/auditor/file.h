/* The small files beside the chain, for whoever looks: cursor, checkpoint, how
 * far its copies are. */
#ifndef FIXGATE_GATEWAY_AUDITOR_FILE_H
#define FIXGATE_GATEWAY_AUDITOR_FILE_H

#include "fix/err.h"

/** DIR/NAME. @return NULL: no memory; free() it */
char *audit_path(const char *dir, const char *name);
/** Write a file anew, there whole or as it was. @return 0, -FIX_E_IO,
 * -FIX_E_NOMEM */
int audit_put_file(const char *folder, const char *name, const char *text)
    FIX_MUST_CHECK;
/** The same, and it survives power loss. */
int audit_put_synced(const char *folder, const char *name, const char *text)
    FIX_MUST_CHECK;

#endif
