/*
 * Is the chain whole? Records in, one at a time, and the first fault in words.
 */
#ifndef FIXGATE_STORE_AUDIT_CHECK_H
#define FIXGATE_STORE_AUDIT_CHECK_H

#include "store/audit.h"

#define AUDIT_HELD_MAX 64 /* checkpoints from outside */

struct audit_held { /* a checkpoint that somebody kept elsewhere */
	struct audit_note note;
	const char *from; /* for messages */
	bool met;
};

struct audit_check { /* zeroed, with keys and held set */
	struct audit_keys keys; /* not owned */
	struct audit_key *signer; /* that the chain named last; owned; NULL: the
	                             first one of keys */
	struct audit_key *next;   /* that the last event names; owned */
	bool met;                 /* the trusted one signs, or one after it */
	struct audit_held held[AUDIT_HELD_MAX];
	unsigned n_held;
	uint64_t events;      /* good ones */
	uint64_t checkpoints;
	uint64_t signed_to;   /* events that a good checkpoint covers */
	uint64_t raw;         /* messages whose hash was compared */
	uint8_t head[AUDIT_HASH];
	uint8_t message[AUDIT_HASH]; /* of the last event; raw follows it */
	bool wants_raw;
	struct audit_tree tree;
	struct audit_seen last; /* the last event; valid until the next record */
	uint64_t bad;           /* after a fault: number of the first bad event */
	char why[400];
};

/** Add a checkpoint of a file. @return 0; -FIX_E_FULL, or as
 * audit_note_of_any() */
int audit_check_hold(struct audit_check *c, struct fix_span note,
    const char *from) FIX_MUST_CHECK;
/** Frees what it owns. */
void audit_check_fini(struct audit_check *c);
/** @return 0, -FIX_E_CORRUPT: c->why and c->bad say it */
int audit_check_rec(struct audit_check *c, const struct fix_rec *r)
    FIX_MUST_CHECK;
/** All were seen: is anything missing at the end? @return as above */
int audit_check_end(struct audit_check *c) FIX_MUST_CHECK;

#endif
