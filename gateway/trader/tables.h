/*
 * Tables follow the journal: the fold of its records into a store.
 *
 * The trader runs it when it is idle and at start; tools run it over a copy in
 * memory to see what the tables do not hold yet.
 */
#ifndef FIXGATE_GATEWAY_TRADER_TABLES_H
#define FIXGATE_GATEWAY_TRADER_TABLES_H

#include "gateway/trader/records.h"

struct tables;

/** @param s  not owned; @return NULL when out of memory or s can't be read */
struct tables *tables_new(struct fix_store *s);
void tables_free(struct tables *t);

/** Apply one record to the open batch (fix_store_begin() is done when needed).
 * @return 0, -FIX_E_CORRUPT (a record that is not ours), or the store's */
int tables_apply(struct tables *t, const struct fix_rec *r) FIX_MUST_CHECK;
/** Write the batch. @return 0 or the store's error: the batch is dropped, and
 * the tables are to be followed again from fix_store_applied() */
int tables_commit(struct tables *t) FIX_MUST_CHECK;
/** Follow the journal from what the tables hold, at most max records.
 * @return records applied, 0 at the end, or an error with *e */
ssize_t tables_follow(struct tables *t, struct fix_disk *disk, uint64_t max,
    struct fix_store_error *e) FIX_MUST_CHECK;

/** Numbers of a session as the committed tables have them; NULL: unknown. */
const struct rec_session *tables_session(const struct tables *t,
    uint32_t session);
/** Sessions whose rows the last tables_follow() wrote, one after the other.
 * @param after  0: the first @return session number, 0: no more */
uint32_t tables_moved(const struct tables *t, uint32_t after);
uint32_t tables_n_sessions(const struct tables *t); /* highest number */

/** Key in FIX_TAB_SENT. @return bytes at out, 12 */
size_t tables_sent_key(uint8_t out[12], uint32_t session, uint64_t seq);

#endif
