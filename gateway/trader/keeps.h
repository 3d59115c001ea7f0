/*
 * What a turn keeps, each key once: the last value counts.
 *
 * An order that is taken, sent, acknowledged and filled within a turn has one
 * KEEP record, not four. A turn is in the journal as a whole or not at all, so
 * nobody can see the values in between.
 */
#ifndef FIXGATE_GATEWAY_TRADER_KEEPS_H
#define FIXGATE_GATEWAY_TRADER_KEEPS_H

#include "store/store.h"

struct keep {
	uint64_t hash;
	uint32_t off;       /* of the key in the bytes; its value is at value */
	uint32_t value, value_len, value_cap;
	uint32_t session;
	uint16_t table, key_len;
};

struct keeps { /* zeroed: empty */
	struct keep *list;  /* in the order in which keys came */
	uint32_t n, cap;
	uint32_t *slots;    /* by hash: place in the list + 1, 0 none */
	uint32_t mask;
	uint8_t *bytes;
	size_t len, bytes_cap;
};

/** The value of a key at the end of this turn; both are copied.
 * @return 0, -FIX_E_NOMEM; -FIX_E_TOOBIG (4 GiB in a turn) */
int keeps_put(struct keeps *k, enum fix_table table, uint32_t session,
    struct fix_span key, struct fix_span value) FIX_MUST_CHECK;
/** Borrowed until the next put or clear. */
struct fix_span keeps_key(const struct keeps *k, const struct keep *e);
struct fix_span keeps_value(const struct keeps *k, const struct keep *e);
/** Forget all, keep the memory. */
void keeps_clear(struct keeps *k);
void keeps_fini(struct keeps *k);

#endif
