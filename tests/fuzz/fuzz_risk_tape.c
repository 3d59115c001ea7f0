/*
 * Any bytes as a tape of risk (risk/tape.h), played as fixgate risk replay does.
 *
 * Input: the tape. Entries are played until one is bad; then reading goes on at
 * the next byte, so that what stands behind it is tried, too. What is never
 * true: that reading and playing disagree where an entry ends.
 */
#include <assert.h>
#include <stdlib.h>

#include "risk/tape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct risk_player *p = risk_player_new();
	struct fix_span tape = { data, size }, ahead;
	struct risk_played played;
	unsigned begun = 0;
	int rc, read;

	if (p == NULL)
		return 0;
	while (tape.len > 0 && begun < 8) {
		ahead = tape;
		read = risk_tape_read(&ahead, &played);
		begun += read == 1 && played.call == RISK_CALL_BEGIN;
		data = tape.p;
		rc = risk_play(p, &tape, &played);
		assert(rc != 0 && rc <= 1 && rc != -FIX_E_NOMEM);
		if (rc == 1) {
			assert(read == 1 && tape.p == ahead.p);
			assert(tape.p > data);
			continue;
		}
		tape.len = tape.len + (size_t)(tape.p - data) - 1;
		tape.p = data + 1;
	}
	risk_player_free(p);
	return 0;
}
