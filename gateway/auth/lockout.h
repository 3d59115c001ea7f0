/* Who has failed how often, and how long the next try must wait: rule L09. Time
 * and addresses come in, nothing else goes out; memory is fixed. */
#ifndef FIXGATE_GATEWAY_AUTH_LOCKOUT_H
#define FIXGATE_GATEWAY_AUTH_LOCKOUT_H

#include "fix/span.h"
#include "fix/time.h"

#define LOCKOUT_FREE 3u         /* failures of a user from an address before
                                   the first wait, */
#define LOCKOUT_FIRST_NS FIX_SEC /* which doubles with each further one, */
#define LOCKOUT_MAX_NS (300 * FIX_SEC) /* up to this */
#define LOCKOUT_ADDR_FREE 40u   /* failures of one address, whatever users */
#define LOCKOUT_FORGET_NS (900 * FIX_SEC)

struct lockout;

/** @return NULL: no memory. Freed with free(). */
struct lockout *lockout_new(void);
/** How long must a try of this user from this address wait?
 * @param addr  16 bytes
 * @return 0: it may be checked; else ns still to wait */
int64_t lockout_wait(struct lockout *l, const uint8_t *addr,
    struct fix_span user, struct fix_mono now);
void lockout_failed(struct lockout *l, const uint8_t *addr,
    struct fix_span user, struct fix_mono now);
/** It proved itself: what this user failed from there is forgotten. */
void lockout_passed(struct lockout *l, const uint8_t *addr,
    struct fix_span user);

#endif
