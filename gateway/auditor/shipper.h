/*
 * The shipper: sends the chain to PostgreSQL. The chain is the store and the
 * database says how far it is, so whatever is away, and for how long, nothing
 * is lost: what is missing there is sent.
 */
#ifndef FIXGATE_GATEWAY_AUDITOR_SHIPPER_H
#define FIXGATE_GATEWAY_AUDITOR_SHIPPER_H

#include "store/audit_pg.h"

struct shipper;

/** @param folder  of the audit trail; both borrowed, url too
 * @return NULL: no memory */
struct shipper *shipper_new(const char *folder, const char *name,
    const char *url);
void shipper_free(struct shipper *s);
/**
 * Connect if need be, then send what is there and take what is answered; waits
 * at most some seconds for a server that does not answer.
 *
 * @return 1: there may be more to do at once; 0: the database has all there
 *         is; an error told in *e, after which the connection is closed: see
 *         audit_pg_take(); -FIX_E_CORRUPT also: the database has what the
 *         chain has not
 */
int shipper_work(struct shipper *s, struct fix_store_error *e) FIX_MUST_CHECK;
/** Something that an operator should know, once; NULL: nothing. */
const char *shipper_notice(struct shipper *s);
/** Events that are in the database, as far as is known. */
uint64_t shipper_at(const struct shipper *s);

/** How far the shipper of this folder is, by its own note.
 * @param record  of that event in the chain's journal, 0: not known */
uint64_t shipper_cursor(const char *folder, uint64_t *record);

#endif
