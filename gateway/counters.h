/*
 * What the trader counts, in a file that other processes map: numbers, and how
 * long orders took from stage to stage.
 *
 * The trader writes with plain stores of aligned words and never waits; whoever
 * reads sees each word whole, and words of one moment a little apart.
 */
#ifndef FIXGATE_GATEWAY_COUNTERS_H
#define FIXGATE_GATEWAY_COUNTERS_H

#include "fix/err.h"
#include "gateway/hist.h"

/* The way of an order through the gateway; a time is from one to the next. */
enum counter_stage {
	STAGE_READ,      /* its bytes were read from the socket */
	STAGE_PARSED,    /* it is valid, in sequence and taken apart */
	STAGE_DECIDED,   /* risk has said yes or no, the venue has the order */
	STAGE_JOURNALED, /* what its turn did is in the journal, and synced with
	                    Durability=disk */
	STAGE_WRITTEN,   /* reports of its turn were given to the sockets */
	STAGE_N
};

enum counter {
	COUNT_MESSAGES_IN,
	COUNT_MESSAGES_OUT,
	COUNT_ORDERS,
	COUNT_FILLS,
	COUNT_REFUSED,
	COUNT_REPORTS,
	COUNT_RESENT,
	COUNT_TURNS,
	COUNT_RECORDS,
	COUNT_SESSIONS_UP,
	COUNT_ORDERS_LIVE,
	COUNT_HOLDINGS_DIFFER, /* of venues' accounts, from our own sums */
	COUNT_JOURNAL_RECORD, /* the last one committed */
	COUNT_TABLES_RECORD,  /* up to which tables have followed */
	COUNT_N
};

#define COUNTERS_MAGIC UINT64_C(0x32544e5543584946) /* "FIXCUNT2" */
#define COUNTERS_NAME_MAX 63
#define COUNTERS_COPIES_MAX 4096u

/* What a drop copy session has got of one source: the same as its periodic
 * message says. Names stand before the row is counted, and stay. */
struct counters_copy {
	char subscriber[COUNTERS_NAME_MAX + 1]; /* its CompID */
	char source[COUNTERS_NAME_MAX + 1];     /* the client's */
	uint64_t copies, last, lost; /* last: MsgSeqNum */
};

struct counters {
	uint64_t magic;
	uint64_t bytes;      /* of this struct */
	uint64_t pid;        /* of the trader */
	int64_t started_ns;  /* by the wall clock */
	uint64_t n[COUNT_N];
	struct hist stage[STAGE_N]; /* [i]: from stage i - 1 to i; [0]: from
	                               the first to the last */
	uint64_t n_copies;  /* rows below */
	uint64_t unlisted;  /* pairs of subscriber and source for which there
	                       is no row */
	struct counters_copy copy[COUNTERS_COPIES_MAX];
};

/** Names for people and programs: "orders", "journaled". Never NULL. */
const char *counter_name(enum counter c);
const char *counter_stage_name(enum counter_stage s);

/**
 * Make the file anew and map it, for the one writer.
 * @return 0, -FIX_E_IO with errno
 */
int counters_create(struct counters **out, const char *path) FIX_MUST_CHECK;
/**
 * Map it to read.
 * @return 0, -FIX_E_IO with errno, -FIX_E_FOREIGN: another version's or no such
 *         file
 */
int counters_open(const struct counters **out, const char *path)
    FIX_MUST_CHECK;
/**
 * The row of a subscriber and a source, made if it is 0; for the one writer.
 * @param row  which it is, counted from 1; UINT32_MAX: there is none left
 * @return NULL: none
 */
struct counters_copy *counters_copy_row(struct counters *c, uint32_t *row,
    const char *subscriber, const char *source);
/** All of it as it is now, with rows that are whole. */
void counters_read(const struct counters *c, struct counters *out);
void counters_close(const struct counters *c); /* NULL is fine */

#endif
