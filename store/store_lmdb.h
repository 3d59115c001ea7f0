/* What the files on LMDB share. Not installed. */
#ifndef FIXGATE_STORE_STORE_LMDB_H
#define FIXGATE_STORE_STORE_LMDB_H

#include <lmdb.h>

#include "store/store.h"

#define FIX_LMDB_SUM 4 /* bytes of the checksum behind a value */

extern const char *const fix_lmdb_tables[FIX_N_TABLE]; /* databases' names */

/** What LMDB returned, as one of ours. */
int fix_lmdb_error(int rc);
/** Borrowed, as the value is. */
struct fix_span fix_lmdb_span(MDB_val v);
/** Over key and value. */
uint32_t fix_lmdb_sum(struct fix_span key, struct fix_span value);
/** Take the checksum off a value. @return 0, -FIX_E_CORRUPT */
int fix_lmdb_unseal(struct fix_span key, struct fix_span *v) FIX_MUST_CHECK;

#endif
