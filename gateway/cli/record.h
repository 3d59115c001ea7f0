/* Records of the trading journal, for people and for programs. */
#ifndef FIXGATE_GATEWAY_CLI_RECORD_H
#define FIXGATE_GATEWAY_CLI_RECORD_H

#include "gateway/cli/show.h"
#include "gateway/cli/view.h"

struct record_show {
	struct show sh;
	const struct view *view; /* names of sessions; NULL: numbers */
	bool json;
};

struct record_filter {
	uint32_t session; /* 0: all */
	const char *id;   /* ClOrdID, OrigClOrdID or OrderID, NULL: all */
	const char *type; /* record's or message's, NULL: all */
};

bool record_wanted(const struct record_filter *f, const struct fix_rec *r,
    const struct record_show *rs);
/** @param full  messages field by field */
void record_print(const struct record_show *rs, const struct fix_rec *r,
    bool full);

/** MsgSeqNum and message of an IN or OUT record. fields: FIX_FIELDS_MAX of
 * them. @return false: it is none, or does not split */
bool record_message(const struct fix_rec *r, struct fix_field *fields,
    uint64_t *seq, struct fix_msg *m);

#endif
