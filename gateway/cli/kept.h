/* What a client keeps: its numbers and the messages it sent, in a journal. */
#ifndef FIXGATE_GATEWAY_CLI_KEPT_H
#define FIXGATE_GATEWAY_CLI_KEPT_H

#include "session/session.h"

struct kept;

/** @param dir  folder, made if missing; NULL: a temporary one
 * @return 0, or the journal's error with a complaint on stderr */
int kept_open(struct kept **out, const char *dir) FIX_MUST_CHECK;
void kept_close(struct kept *k); /* NULL is fine */
struct fix_session_numbers kept_numbers(const struct kept *k);
/** Take a RECEIVED, PERSIST or NUMBERS action. @return 0, -FIX_E_* */
int kept_note(struct kept *k, const struct fix_act *act,
    struct fix_now now) FIX_MUST_CHECK;
/** All that was noted is kept from here on. @return 0, -FIX_E_IO */
int kept_commit(struct kept *k) FIX_MUST_CHECK;
/** Message sent with a number. @return 0, -FIX_E_NOTFOUND, -FIX_E_CORRUPT */
int kept_message(
    const struct kept *k, uint64_t seq, struct fix_span *out) FIX_MUST_CHECK;

#endif
