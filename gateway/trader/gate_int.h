/* What the files of the gate share: gate.c decides, gate_worker.c has the
 * worker and its queue, gate_memory.c what outlives a restart. */
#ifndef FIXGATE_GATEWAY_TRADER_GATE_INT_H
#define FIXGATE_GATEWAY_TRADER_GATE_INT_H

#include "gateway/auth/lockout.h"
#include "gateway/auth/worker.h"
#include "gateway/trader/gate.h"
#include "gateway/trader/loop_int.h"

#define GATE_QUEUE_MAX 256u      /* Logons that wait for the worker, */
#define GATE_QUEUE_PER_ADDR 128u /* of one address */
#define GATE_HOLD_NS (10 * FIX_SEC)  /* then a held Logon is refused */
#define GATE_HANG_NS (5 * FIX_SEC)   /* then the worker is ended */
#define GATE_PROOFS 2u           /* a signature and a password */
#define GATE_SEEN_MAX 65536u     /* signed Logons remembered */

struct proof { /* one of what a session asks for */
	struct worker_job *job;      /* NULL: checked */
	bool no_such;                /* the job is for show: the answer is no */
	uint8_t fitted[32];          /* hash of the verifier that it fitted */
};

struct pass {
	struct gate *gate;
	struct link *link;
	struct pass *next, *prev;    /* all of them */
	struct pass *next_waiting;
	struct proof proofs[GATE_PROOFS];
	unsigned n_proofs, at;       /* at n_proofs: proven */
	uint32_t index;              /* of the session, or the template */
	char id[256];                /* of the session, be it there or not */
	char comp_id[65];            /* its TargetCompID */
	bool waiting;
	bool refused;
	bool known;                  /* the user is in the credentials */
	bool may_reset;              /* by all that it showed */
	bool signed_;                /* seen[] is of its signed text */
	uint8_t seen[32];
	struct fix_utc seen_until;
	char user[CRED_USER_MAX + 1];
};

struct changed { /* a password that its user has changed */
	struct changed *next;
	char user[CRED_USER_MAX + 1];
	uint8_t instead_of[32];      /* hash of the file's verifier */
	struct verifier v;
};

struct seen {
	struct seen *next;
	uint8_t what[32];
	struct fix_utc until;
};

#define GATE_BUCKETS 1024u

struct gate {
	struct loop *loop;
	struct credentials *creds;   /* borrowed, or */
	struct credentials *none;    /* ours: nobody has any */
	struct lockout *lockout;
	struct pass *passes;
	struct pass *first, *last;   /* signatures that wait */
	struct pass *slow, *slow_last; /* passwords that wait */
	unsigned n_waiting;
	struct pass *sent;           /* the worker is at it */
	uint64_t id, last_id;        /* id of that job, 0: none */
	bool broken;                 /* it took no job */
	int fd;                      /* the worker's socket, -1: it is down */
	int pid;
	struct event ev;
	struct fix_mono sent_at, restart_at;
	int64_t pause_ns;
	struct changed *changed;
	struct seen *seen[GATE_BUCKETS];
	unsigned n_seen, sweep;
};

/* gate.c */
/** The worker has an answer; fits false also where it could not say. */
void gate_answer(struct gate *g, struct pass *p, bool fits,
    const struct verifier *fresh);
/** Not let in: a Logout goes to a peer that TLS has proven to be the one, any
 * other is closed without a word. @return as gate_first() */
int gate_refuse(struct gate *g, struct pass *p, const char *why);

/* gate_worker.c */
bool worker_start(struct gate *g);
void worker_stop(struct gate *g);
/** Put a pass in the queue. @return false: it is full, or the worker is down */
bool worker_queue(struct gate *g, struct pass *p);
void worker_unqueue(struct gate *g, struct pass *p);

/* gate_memory.c */
/** Load what the trader remembers. */
void memory_load(struct gate *g);
void memory_free(struct gate *g);
/** Hash of a verifier. */
void memory_hash(const struct verifier *v, uint8_t out[32]);
/** Passwords that their users have changed replace the file's. */
void memory_apply(struct gate *g);
/** A user has a new password: durable before its Logon is answered. */
bool memory_change(struct gate *g, struct credential *cred,
    const struct verifier *fresh);
/** Was this signed text used before? If not, it is remembered, durably.
 * @return NULL, or why it is refused */
const char *memory_seen(struct gate *g, const struct pass *p);

#endif
