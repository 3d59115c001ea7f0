/*
 * What a session needs kept, as a face: whoever drives a session calls it,
 * whoever stores implements it. store/kept.h has one on a journal.
 *
 * FIX volume 2, "Message recovery": what was sent can be asked for again, and
 * numbers go on over connections. Nothing may leave before it is committed.
 */
#ifndef FIXGATE_FIX_KEEP_H
#define FIXGATE_FIX_KEEP_H

#include "fix/err.h"
#include "fix/span.h"
#include "fix/time.h"

/* Every function gets `of`. Those that return int: 0, or an error, after which
 * nothing of this turn may be sent. */
struct fix_keep {
	void *of;
	/* Inbound number seq was used up by msg, borrowed for the call. */
	int (*received)(void *of, uint64_t seq, struct fix_span msg,
	    struct fix_now now);
	/* Outbound message seq, borrowed for the call. */
	int (*sent)(void *of, uint64_t seq, struct fix_span msg,
	    struct fix_now now);
	/* The next numbers, both ways. reset: messages sent before are void. */
	int (*numbers)(void *of, uint64_t next_in, uint64_t next_out,
	    bool reset, struct fix_now now);
	/* All of the above is durable when it returns. */
	int (*commit)(void *of);
	/* Message sent with a number, borrowed until the next call of any of
	 * these. @return 0, -FIX_E_NOTFOUND, or another error */
	int (*message)(void *of, uint64_t seq, struct fix_span *out);
};

#endif
