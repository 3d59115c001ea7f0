/*
 * The memory of one session, in a folder: its numbers and the messages it sent,
 * on a journal (store/journal.h). For programs that are no gateway.
 *
 * What was committed survives kill -9 or, as asked for, a power cut. A folder
 * has one owner at a time and is never made smaller.
 */
#ifndef FIXGATE_STORE_KEPT_H
#define FIXGATE_STORE_KEPT_H

#include "fix/keep.h"
#include "store/journal.h"

struct fix_kept; /* opaque: laid out in kept.c */

/**
 * Open a folder and read what is in it.
 *
 * @param dir  made with mode 0700 if it is missing
 * @param d    what fix_keep.commit is to survive
 * @param out  to be closed with fix_kept_close(); not touched on error
 * @return 0; fix_journal_open()'s and fix_disk_dir()'s errors; -FIX_E_FOREIGN
 *         if its records are not a session's; *e says it in a sentence
 */
FIX_API int fix_kept_open(struct fix_kept **out, const char *dir,
    enum fix_durability d, struct fix_store_error *e) FIX_MUST_CHECK;
/** Close it; what was not committed is lost. NULL is fine. @return nothing */
FIX_API void fix_kept_close(struct fix_kept *k);

/** Make pages ready that the next commits write, and the next file if asked: call
 * when what was committed has left. Never needed, and a fault of it is told by the
 * next commit. @return nothing */
FIX_API void fix_kept_ready(struct fix_kept *k, bool next_file);

/** Numbers to go on with. @return nothing; *next_in and *next_out are 1 in a
 * new folder */
FIX_API void fix_kept_numbers(const struct fix_kept *k, uint64_t *next_in,
    uint64_t *next_out);
/** The face that a driver wants. @return a value that is good until
 * fix_kept_close(); its functions return fix_journal_append()'s and
 * fix_journal_commit()'s errors, its message() fix_journal_at()'s, and
 * -FIX_E_TOOBIG beyond message number 100,000,000 */
FIX_API struct fix_keep fix_kept_face(struct fix_kept *k);

#endif
