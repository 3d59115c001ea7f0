/*
 * Every decision of risk, made again from the journal alone.
 *
 * Fed with all records in order. What RISK records say is told to a risk object
 * of its own; each check must come out as it was written down. At the end of
 * each turn the rows that the turn kept (sums of reservations, positions, risk's
 * counters and latches) must be what the object has now, and after a restart
 * it must have what it had before.
 */
#ifndef FIXGATE_GATEWAY_TRADER_RETRACE_H
#define FIXGATE_GATEWAY_TRADER_RETRACE_H

#include "gateway/trader/records.h"

struct retrace;

#define RETRACE_TEXT 1000

struct retrace_counts {
	uint64_t decisions, same; /* of the records that were asked for */
	uint64_t accepted, refused;
	uint64_t rows;            /* of the turns' ends, compared */
	uint64_t runs;            /* starts of the trader */
	uint64_t before;          /* decisions before the first start */
};

/** Compare what records from..to decided and kept; to 0: all.
 * @return NULL: out of memory */
struct retrace *retrace_new(uint64_t from, uint64_t to);
void retrace_free(struct retrace *t);
/**
 * The next record of the journal, from its first one on.
 *
 * @return 0; 1: it differs, and text says how; -FIX_E_CORRUPT, -FIX_E_FOREIGN
 *         (written by another version), -FIX_E_NOMEM: it can't be played, and
 *         text says what. After 1 or an error no more may be fed.
 */
int retrace_record(struct retrace *t, const struct fix_rec *r) FIX_MUST_CHECK;
const char *retrace_text(const struct retrace *t);
const struct retrace_counts *retrace_counts(const struct retrace *t);

#endif
