/*
 * A driver for one session: carries its actions out in the one order that is
 * safe, kept first and sent then, against functions of the caller's.
 *
 * For programs whose sends may wait, or queue what they are given. It knows no
 * socket and no clock. What waits for its turn (out_pace) is not kept before it
 * gets a number. A gateway of many sessions, which commits once for all
 * of them, carries actions out by itself (session/session.h).
 */
#ifndef FIXGATE_SESSION_DRIVE_H
#define FIXGATE_SESSION_DRIVE_H

#include "fix/keep.h"
#include "session/session.h"

struct fix_drive; /* opaque: laid out in drive.c */

/* Each gets `arg`; those that are NULL are left out. Within any of them the
 * session may be given more to do (fix_session_send(), fix_session_logout(),
 * fix_session_lost()); fix_drive_run() may not be called. */
struct fix_drive_ops {
	void *arg;
	/* Bytes for the peer, all of them, in order; borrowed for the call.
	 * @return 0, or an error: the connection is of no use any more */
	int (*send)(void *arg, struct fix_span bytes);
	/* An application message, good and in sequence; borrowed for the call.
	 * again: PossDupFlag or PossResend is set. */
	void (*deliver)(void *arg, const struct fix_msg *m, bool again);
	void (*up)(void *arg);   /* logged on */
	void (*down)(void *arg); /* logged off or lost */
	/* Something that a person may want to read. */
	void (*report)(void *arg, enum fix_why why, const char *text);
	/* All is sent: close the connection, then fix_session_lost(). */
	void (*close)(void *arg, enum fix_why why);
};

/**
 * A driver.
 *
 * @param s     the session, and
 * @param keep  its memory: both outlive the driver, which owns neither; *keep
 *              and *ops are copied
 * @return NULL when out of memory; to be freed with fix_drive_free()
 */
FIX_API struct fix_drive *fix_drive_new(struct fix_session *s,
    const struct fix_keep *keep, const struct fix_drive_ops *ops);
/** Send and close by these, which get an argument of their own, in place of
 * ops->send and ops->close: for who wraps a driver. @return nothing */
FIX_API void fix_drive_take(struct fix_drive *d, void *arg,
    int (*send_to)(void *arg, struct fix_span bytes),
    void (*close_it)(void *arg, enum fix_why why));
/** Free it; what was queued is forgotten. NULL is fine. @return nothing */
FIX_API void fix_drive_free(struct fix_drive *d);

/**
 * Carry out all that the session wants done. Call after anything that was asked
 * of the session: connected, send, logout, tick, lost.
 *
 * @return 0; the first error of keep or of ops->send: nothing that was queued
 *         is carried out any more. After one of keep the session must not go
 *         on: what it believes is not what is kept. -FIX_E_NOMEM counts as one
 */
FIX_API int fix_drive_run(struct fix_drive *d, struct fix_now now)
    FIX_MUST_CHECK;
/**
 * Bytes from the peer, in any pieces: the driver keeps the beginning of a
 * message until its end has come. Runs what they bring about.
 *
 * @param in   len bytes, untrusted, borrowed for this call
 * @param now  clocks read after the bytes were
 * @return 0; as fix_drive_run(); -FIX_E_TOOBIG: ops->close() was called
 */
FIX_API int fix_drive_feed(struct fix_drive *d, const uint8_t *in, size_t len,
    struct fix_now now) FIX_MUST_CHECK;
/** Time has passed: fix_session_tick() if it is due, and run. @return as
 * fix_drive_run() */
FIX_API int fix_drive_tick(struct fix_drive *d, struct fix_now now)
    FIX_MUST_CHECK;
/** The connection is gone: fix_session_lost(), forget what has come of a
 * message, and run. @return as fix_drive_run() */
FIX_API int fix_drive_lost(struct fix_drive *d, struct fix_now now)
    FIX_MUST_CHECK;
/** How long poll(2) may wait. @return milliseconds until fix_drive_tick() is
 * due, 0 to 60000; -1: nothing is due */
FIX_API int fix_drive_wait_ms(const struct fix_drive *d, struct fix_now now);

#endif
