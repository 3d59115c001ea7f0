/* How full the journal's place is, and what is kept of it for cancels. */
#ifndef FIXGATE_GATEWAY_TRADER_SPACE_H
#define FIXGATE_GATEWAY_TRADER_SPACE_H

#include <stdbool.h>
#include <stdint.h>

struct trader;

enum space { SPACE_AMPLE, SPACE_ALARM, SPACE_REDUCING, SPACE_HALT };

/* Bytes of a cancel with all that follows: F, 39=6, 39=4, the order's images, the
 * venue's event. tests/gateway/trader/test_cancels.c has the largest. */
#define SPACE_CANCEL 6144u
#define SPACE_HEARTBEATS 1000u /* whose numbers are noted at once, then */
#define SPACE_LOGONS 4u /* of a session while it is tight; then they are rare */

/** The next segments are made ready, and how full the journal is looked at. */
void space_prepare(struct trader *t);
/** Must it be called before the next turn? */
bool space_due(struct trader *t);
/** There is no room for new orders: only cancels are taken. */
bool space_ended(const struct trader *t);
/** The disk is full, and half of what is not for cancels is used up. */
bool space_tight(const struct trader *t);
/** How long to wait then for what takes room and is no cancel: the longer, the
 * less is left for such things. @param ns  at first */
int64_t space_slow(const struct trader *t, int64_t ns);

#endif
