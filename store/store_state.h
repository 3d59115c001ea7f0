/* May the tables of a folder be trusted? Not installed. */
#ifndef FIXGATE_STORE_STORE_STATE_H
#define FIXGATE_STORE_STORE_STATE_H

#include "store/journal.h"

/**
 * For the owner.
 *
 * @param drop  set: what is there is worth nothing and must be removed
 * @return 0, -FIX_E_FOREIGN: nothing of it is ours; *e says it
 */
int fix_tables_judge(int dir, const char *path, bool *drop,
    struct fix_store_error *e);
/** For readers. @return 0, -FIX_E_NOTFOUND, -FIX_E_FOREIGN; *e says it */
int fix_tables_may_read(int dir, const char *path, struct fix_store_error *e);
/** Note them as open in this boot. @return 0, -FIX_E_FULL, -FIX_E_IO */
int fix_tables_note_open(int dir);
/** Note them as closed, with a checksum over that many bytes of data.mdb. */
int fix_tables_note_clean(int dir, uint64_t bytes);
/** Remove LMDB's files. @return 0, -FIX_E_IO */
int fix_tables_remove(int dir);

#endif
