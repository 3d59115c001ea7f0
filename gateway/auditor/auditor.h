/*
 * The auditor: follows the trading journal and writes the audit chain. It reads
 * what is committed and nothing else, so it may be slow, away or dead, and no
 * order notices.
 */
#ifndef FIXGATE_GATEWAY_AUDITOR_AUDITOR_H
#define FIXGATE_GATEWAY_AUDITOR_AUDITOR_H

#include "store/audit.h"

/* Beside the chain. The key that is to sign from the next start on, as fixgate
 * audit rotate makes it; and the public halves of those that signed before, a line
 * each, the first one first. */
#define AUDITOR_NEXT_KEY "key.next.pem"
#define AUDITOR_OLD_KEYS "key.old.pub"

struct auditor;
struct keyring;

struct auditor_cfg {
	const char *journal; /* folder of the trading journal */
	const char *folder;  /* of the audit trail, DataDir/audit */
	const char *name;    /* of the chain and its key */
	size_t segment_bytes;
	struct keyring *ring; /* not owned; NULL: nothing is sealed */
};

/** Make what is missing: folder, key, chain.
 * @return 0, or an error told in *e: -FIX_E_CORRUPT and -FIX_E_FOREIGN need a
 *         person */
int auditor_open(struct auditor **out, const struct auditor_cfg *cfg,
    struct fix_store_error *e) FIX_MUST_CHECK;
void auditor_close(struct auditor *a);
/**
 * Read what is there, up to about a thousand events, and write it.
 *
 * @param seal  sign what is written, due or not: before an end
 * @return records read; 0: there was nothing; or an error told in *e
 */
ssize_t auditor_work(struct auditor *a, struct fix_utc now, bool seal,
    struct fix_store_error *e) FIX_MUST_CHECK;
/** Where it stands. */
const struct audit_state *auditor_at(const struct auditor *a);

/** Number of the first trading record that the auditor of this folder has not
 * read, by its own note, which may lag behind but never runs ahead. 1 if it has
 * never been there. */
uint64_t auditor_cursor(const char *folder);

#endif
