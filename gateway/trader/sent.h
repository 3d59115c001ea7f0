/*
 * Where sent messages stand in the journal, by MsgSeqNum: those that the
 * tables do not hold yet. Older ones are looked up there.
 */
#ifndef FIXGATE_GATEWAY_TRADER_SENT_H
#define FIXGATE_GATEWAY_TRADER_SENT_H

#include <stdint.h>

#include "fix/err.h"

struct sent {
	uint64_t base;  /* MsgSeqNum of pos[0] */
	uint64_t *pos;  /* 0: not kept */
	uint32_t n, cap;
};

/** Note a message; numbers ascend. @return 0, -FIX_E_NOMEM */
int sent_add(struct sent *s, uint64_t seq, uint64_t pos) FIX_MUST_CHECK;
/** @return its position, 0 if not here */
uint64_t sent_find(const struct sent *s, uint64_t seq);
/** The tables hold everything before seq. */
void sent_drop(struct sent *s, uint64_t before_seq);
void sent_reset(struct sent *s); /* forget all */
void sent_fini(struct sent *s);

#endif
