/*
 * What venues in processes of their own have in common beside rest, ws, json
 * and peer.
 */
#ifndef FIXGATE_GATEWAY_VENUE_OUTSIDE_H
#define FIXGATE_GATEWAY_VENUE_OUTSIDE_H

#include "fix/err.h"
#include "fix/span.h"
#include "gateway/settings/conf.h"
#include "gateway/venue/peer.h"

#define OUTSIDE_ID 40 /* bytes of an order's id with NUL */

/** Clocks, in nanoseconds. */
int64_t outside_mono(void);
int64_t outside_utc(void);
/** An order's ids have all in common but what stands behind the last '-', which
 * counts requests. @return is it an id of the gateway? */
bool outside_family(const char *id, char out[OUTSIDE_ID]);
/** Is id of that family, and does it count further than the other one? */
bool outside_is_later(const char *family, const char *id, const char *than);
/** Tell the trader that id is refused. type: "reject", "cancel-reject" */
void outside_refuse(struct peer *p, const char *type, const char *id,
    int reason, const char *text);
/** Is why another text than what was told last? Then it is kept there, in told of
 * cap bytes; "" is told by nothing. */
bool outside_news(char *told, size_t cap, const char *why);
/** The venue can't be used: say why, to the trader and in the log, unless that
 * is what was told last. told: of cap bytes, "" while it can be used. */
void outside_down(struct peer *p, char *told, size_t cap, const char *why);
/** What to do about an answer of that HTTP status, or "". explained: the venue
 * has said why. */
const char *outside_advice(long status, bool explained);
/** The venue's clock is off_ns ahead of ours: say so, if it matters, once. */
void outside_clock(bool *told, int64_t off_ns);
/** Nanoseconds since 1970 of "2026-03-16T14:38:02.1-04:00". @return 0;
 * -FIX_E_FORMAT; -FIX_E_RANGE: before 1970 or after 2261 */
int outside_time(const char *text, int64_t *out) FIX_MUST_CHECK;
/** MaxOrderWait, checked: struct rest_cfg, order_wait_ns. */
int64_t outside_order_wait(const struct conf_section *s);
/** Check a setting that holds an address; a and z are what it may begin
 * with. */
void outside_check_url(const struct conf_section *s, const char *key,
    const char *a, const char *z, bool needed);

#endif
