/* Saying in one sentence what is wrong. Not installed. */
#ifndef FIXGATE_STORE_FAIL_H
#define FIXGATE_STORE_FAIL_H

#include "store/journal.h"

/** Write the sentence, if e is not NULL. @return rc */
int fix_store_fail(struct fix_store_error *e, int rc, const char *fmt, ...)
    FIX_PRINTF(3, 4);
/** No sentence. */
void fix_store_fine(struct fix_store_error *e);

#endif
