/*
 * What the records of the trading journal mean.
 *
 * KEEP records say "under this key of this table stands this value now": the
 * tables are the fold of them. IN and OUT hold FIX messages as they were on the
 * wire. The rest are notes for people and for the audit trail.
 */
#ifndef FIXGATE_GATEWAY_TRADER_RECORDS_H
#define FIXGATE_GATEWAY_TRADER_RECORDS_H

#include <stddef.h>

#include "store/journal.h"
#include "store/store.h"

enum rec_type {
	REC_KEEP = 1, /* struct rec_keep, key, value; empty value: forget */
	REC_IN = 2,   /* uint64_t MsgSeqNum, message: number used up */
	REC_OUT = 3,  /* uint64_t MsgSeqNum, message: may be resent. IN and OUT
			 have the generation of the numbers in rec.order:
			 rec_generation() */
	REC_NUMBERS = 4, /* struct rec_numbers */
	REC_NOTE = 5,    /* text: connection, logon, refusal, alert */
	REC_START = 6,   /* struct rec_start: a trader begins */
	REC_STOP = 7,    /* orderly end */
	REC_SHOWN = 8, /* uint64_t 0, message: an execution of no client's, for
			  drop copies; the venue as in OUT */
	REC_CLOCK = 9, /* struct rec_clock: how good the time of records is */
	REC_RISK = 10, /* entries of risk/tape.h: what risk was told and decided
			 in this turn */
	REC_N
};

/* In rec.order of OUT and SHOWN stands, above the generation of the numbers,
 * the venue of the order that the message is about; 0: none, or not noted. */
#define REC_VENUE_SHIFT 48

static inline uint64_t
rec_generation(const struct fix_rec *r)
{
	return r->order & ((UINT64_C(1) << REC_VENUE_SHIFT) - 1);
}

static inline uint32_t
rec_venue(const struct fix_rec *r)
{
	return (uint32_t)(r->order >> REC_VENUE_SHIFT);
}

struct rec_keep {
	uint16_t table; /* enum fix_table */
	uint16_t key_len;
};

struct rec_numbers { /* of rec.session */
	uint64_t next_in, next_out;
	uint64_t generation; /* one more at each reset */
	uint64_t owed;       /* first application message made while logged
	                        off and not yet asked for; 0: none */
	uint32_t flags;      /* REC_NUM_* */
	uint32_t unused;
};

#define REC_NUM_UP 1u    /* logged on */

struct rec_start {
	uint64_t incarnation;
	uint32_t version; /* of these records: REC_VERSION */
	uint32_t pid;
	uint32_t node; /* whose orders these are; older records end before it */
	uint32_t unused;
};
#define REC_START_LEAST offsetof(struct rec_start, node)

#define REC_VERSION 3

/* What the kernel says of its clock, adjtimex(2), every ten seconds and when
 * the clock was set: RTS 25's "traceability to UTC". */
struct rec_clock {
	int64_t offset_ns;    /* that is being slewed away */
	int64_t error_ns;     /* estimated */
	int64_t max_error_ns; /* at most */
	int64_t step_ns;      /* set forward by so much since the last record,
	                         against the monotonic clock; 0: was not set */
	uint32_t synchronised; /* 1: by a daemon as chrony or ptp4l */
	uint32_t leap;        /* 0 none is near; 1 a second is added at the end
	                         of this day, 2 one is taken out, 3 it is now */
	uint32_t bad;         /* 1: over MaxClockError */
	uint32_t unused;
};

/* Value in FIX_TAB_SESSIONS under the session's number (key: u32). */
struct rec_session {
	struct rec_numbers numbers;
	int64_t changed_ns;
	char id[200]; /* "FIX.4.4:FIXGATE->CLIENT44", NUL-terminated */
};

const char *rec_type_name(unsigned type);

#endif
