/*
 * What is kept of a drop copy session, in FIX_TAB_CURSORS: its cursor under its
 * id, and under the id, a NUL and a session number (u32, big-endian) what was
 * copied of that session; number 0 is of what no client gets.
 */
#ifndef FIXGATE_GATEWAY_TRADER_COPYROW_H
#define FIXGATE_GATEWAY_TRADER_COPYROW_H

#include "store/store.h"

struct copy_cursor {
	uint64_t record; /* copied last, or passed over */
	int64_t wall_ns; /* when that was written */
};

struct copy_row {
	uint64_t copies; /* messages copied, ever */
	uint64_t last;   /* MsgSeqNum of the last one */
	uint64_t lost;   /* and those that could not be */
};

/** A cursor as it is kept, also by versions that kept the record alone.
 * @return false: there is none, *out is zero then */
bool copy_cursor_read(
    struct fix_store *s, const char *id, struct copy_cursor *out);
/** Key of what was copied of a session. @return bytes at out, or 0: too long */
size_t copy_row_key(
    uint8_t out[FIX_STORE_KEY_MAX], const char *id, uint32_t session);

#endif
