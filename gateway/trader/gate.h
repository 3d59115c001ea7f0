/*
 * The gate: a first Logon is held here until it has proven who sent it. Neither
 * trader nor session know of a connection before that, so no stranger changes
 * anything of theirs.
 *
 * Order of checks: CompIDs, address, TLS identity (accept.c), then here waits
 * and credentials, then the session's own.
 */
#ifndef FIXGATE_GATEWAY_TRADER_GATE_H
#define FIXGATE_GATEWAY_TRADER_GATE_H

#include "fix/msg.h"
#include "gateway/auth/credentials.h"
#include "session/session.h"

struct link;
struct loop;
struct pass; /* who is on a link, and what it has proven */

/** If a session asks for proof: make the gate, start the worker.
 * @return false: no memory */
bool gate_open(struct loop *l);
void gate_close(struct loop *l);
/** The trader has recovered: take up what it remembers. */
void gate_start(struct loop *l);
/** A first Logon for session index, or for one that template index would
 * make; id: the Logon's.
 * @return 1 no proof is asked for; 0 it is held, its bytes stay the link's
 *         tail; -1 refused, the link is doomed */
int gate_first(struct link *k, uint32_t index, const struct fix_msg *m,
    const struct fix_identity *id);
/** The link is gone. */
void gate_forget(struct link *k);
/** Timers: a worker that died is started again, one that hangs is ended. */
void gate_due(struct loop *l);
struct fix_mono gate_deadline(const struct loop *l);
/** Other credentials, borrowed; NULL: nobody has any. Who has lost his is logged
 * out. */
void gate_credentials(struct loop *l, struct credentials *c);

#endif
