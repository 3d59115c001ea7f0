/*
 * One session over one TCP connection, for programs that are no gateway:
 * dictionary, memory, session, driver and a poll(2) loop put together. The
 * caller brings a connected socket and says what to do with messages.
 *
 * What is sent was kept before (session/drive.h); what the peer does not take
 * at once waits in memory, up to FIX_LINE_QUEUE_MAX, while reading goes on, so
 * that two programs never wait for each other.
 */
#ifndef FIXGATE_LINE_LINE_H
#define FIXGATE_LINE_LINE_H

#include "session/drive.h"
#include "store/kept.h"

#define FIX_LINE_QUEUE_MAX (16u << 20) /* bytes */

struct fix_line; /* opaque: laid out in line.c; one thread at a time */

struct fix_line_error {
	char text[512]; /* what is wrong, NUL-terminated */
};

/**
 * A session with its memory.
 *
 * @param cfg     as for fix_session_new(): strings are borrowed until
 *                fix_line_close(). transport NULL: the dictionaries that come
 *                with fixgate, for begin_string and default_appl
 * @param folder  of fix_kept_open(); survives kill -9, not a power cut
 * @param ops     copied; send and close are the line's own, and ignored
 * @return 0; -FIX_E_CONFIG cfg can't be used, or a dictionary; fix_kept_open()'s
 *         errors; -FIX_E_NOMEM. *e says it in a sentence
 */
FIX_API int fix_line_open(struct fix_line **out,
    const struct fix_session_cfg *cfg, const char *folder,
    const struct fix_drive_ops *ops, struct fix_line_error *e) FIX_MUST_CHECK;
/** Close it. NULL is fine. @return nothing */
FIX_API void fix_line_close(struct fix_line *l);

/** To send with, and to log out: within a callback, or before fix_line_run(),
 * never beside it. @return the line's session, never NULL */
FIX_API struct fix_session *fix_line_session(struct fix_line *l);

/** The clocks as they were read last, for what a callback stamps: cheaper than
 * reading them for each message. @return good within a callback */
FIX_API struct fix_now fix_line_now(const struct fix_line *l);

/**
 * Speak over a connection until it ends; an initiator logs on at once.
 *
 * May be called again with the next connection: numbers go on.
 * @param fd  connected stream socket, made non-blocking, never closed here
 * @return 0 it has ended, in order or not (ops.report says which);
 *         fix_drive_run()'s errors: the line must be closed;
 *         -FIX_E_FULL the peer reads too slowly; -FIX_E_STATE out of schedule;
 *         -FIX_E_IO poll(2) or fcntl(2) failed, errno says why
 */
FIX_API int fix_line_run(struct fix_line *l, int fd) FIX_MUST_CHECK;

#endif
