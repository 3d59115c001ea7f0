/*
 * Executions that no client gets, in the journal as messages without a session:
 * those of orders that we do not know (gateway/order/shown.c), and reports for
 * a session that the settings do not have any more. Drop copies and the audit
 * trail read them there.
 */
#include "gateway/trader/inside.h"

#define MESSAGE_MAX 8192u

void
shown_keep(
    struct trader *t, uint32_t session, uint32_t venue, struct fix_span body)
{
	uint8_t buf[MESSAGE_MAX];
	uint64_t seq = 0;
	struct fix_build b;
	struct fix_span parts[2] = {
		{ (const uint8_t *)&seq, sizeof(seq) },
		{ NULL, 0 },
	};
	ssize_t n;

	fix_build_start(&b, buf, sizeof(buf), fix_span_of("8"));
	fix_build_raw(&b, body);
	n = fix_build_end(&b, fix_span_of("FIX.4.4"));
	if (n < 0) {
		trader_note(t, LOG_L_ERROR, session,
		    "alert: an execution is in "
		    "no drop copy: %s",
		    fix_strerror((int)n));
		return;
	}
	parts[1] = (struct fix_span){ buf + b.begin, (size_t)n };
	(void)trader_append(t, REC_SHOWN, session,
	    (uint64_t)venue << REC_VENUE_SHIFT, parts, 2, NULL);
}
