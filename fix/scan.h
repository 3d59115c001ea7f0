/*
 * Framing: from a stream of bytes to messages, in one pass.
 *
 * FIX volume 2, "Garbled message" and "CheckSum": 8, 9 and 35 come first,
 * BodyLength counts to the SOH before 10=, CheckSum is the sum of every byte
 * before 10= modulo 256, three digits. The end of a message is found by
 * BodyLength, never by looking for 10=. SOH is found with SIMD where the
 * processor has it; fix_scan_use() chooses by hand, for tests.
 */
#ifndef FIXGATE_FIX_SCAN_H
#define FIXGATE_FIX_SCAN_H

#include <sys/types.h>

#include "fix/msg.h"

enum fix_garbled {
	FIX_G_NONE,
	FIX_G_NO_BEGIN,    /* bytes before a BeginString */
	FIX_G_BEGIN,       /* 8= is not FIX.n.m or FIXT.n.m */
	FIX_G_LENGTH,      /* 9= is not second, no number, or wrong */
	FIX_G_TYPE,        /* 35= is not third */
	FIX_G_CHECKSUM,    /* 10= is wrong or not three digits */
	FIX_G_TAG,         /* a field without = or with a tag that is no number */
	FIX_G_DATA,        /* a data field's length does not end at a SOH */
	FIX_G_FIELDS,      /* more fields than the array holds */
	FIX_N_GARBLED
};

struct fix_scan {
	size_t max_bytes;       /* in: cap on a whole message */
	enum fix_garbled why;   /* out: FIX_G_NONE, or why bytes are skipped */
	bool sum_unchecked;     /* in: ValidateLengthAndChecksum=N: take any 10= */
};

/**
 * Take the next message from in.
 *
 * Stateless: give the same bytes again with more behind them until it eats
 * some. Eats one message or one stretch of garbage a call; garbage that comes
 * in pieces is told in pieces. A message whose BodyLength leads to a 10= is
 * garbage to the end of its trailer. Where it does not, the stretch ends at
 * the first "8=FIX" that opens a field at or behind the declared end: a
 * BodyLength that is too long costs the next message as well (QuickFIX case
 * 2m), and is not known as wrong until the declared end has come.
 *
 * @param s    limits in, reason out
 * @param in   untrusted bytes, borrowed by m
 * @param len  bytes at in
 * @param m    fields and cap set by the caller; filled when s->why is none
 * @return     >0  bytes to drop from the stream: s->why FIX_G_NONE and m holds
 *                 them as a message, or s->why says why they are garbage
 *             0   need more bytes
 *             -FIX_E_TOOBIG  BodyLength over max_bytes, or no end in max_bytes
 */
FIX_API ssize_t fix_scan(struct fix_scan *s, const uint8_t *in, size_t len,
    struct fix_msg *m) FIX_MUST_CHECK;

/**
 * Split a message that is known to be whole (read back from a store).
 *
 * No checksum, no BodyLength. @return 0, -FIX_E_GARBLED, -FIX_E_SPACE
 */
FIX_API int fix_split(const uint8_t *bytes, size_t len, struct fix_msg *m)
    FIX_MUST_CHECK;

/** @return data tag that a length tag announces (95 gives 96), 0 if none; FIX
 * 4.0 to 5.0 SP2, the tables of fields */
FIX_API uint32_t fix_data_tag_of(uint32_t length_tag);

/** Name for logs, never NULL. */
FIX_API const char *fix_garbled_name(enum fix_garbled why);

enum fix_simd { FIX_SIMD_AUTO, FIX_SIMD_NONE, FIX_SIMD_SSE2, FIX_SIMD_AVX2 };
/** Choose the scanner. @return 0, -FIX_E_STATE if this processor lacks it */
FIX_API int fix_scan_use(enum fix_simd which);

#endif
