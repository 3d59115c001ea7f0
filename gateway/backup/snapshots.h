/*
 * Snapshots: a backup each Interval, the first of a day (UTC) a full one, the
 * others what it does not have. Each needs its day's full one only.
 */
#ifndef FIXGATE_GATEWAY_BACKUP_SNAPSHOTS_H
#define FIXGATE_GATEWAY_BACKUP_SNAPSHOTS_H

#include "gateway/backup/backup.h"
#include "gateway/plan.h"

/* Settings of [BACKUP]. Strings are the conf's. */
struct snap_cfg {
	const char *folder, *sign, *key;
	const char *command; /* or NULL */
	const char *s3, *region, *access, *secret, *ca_file; /* s3 or NULL */
	unsigned interval_s, keep_days, keep_daily_days, rate, lock_days,
	    timeout_s;
};

#define SNAP_NAME 32 /* "20261126T141530Z-full.fgb", with NUL */

struct snap {
	char name[SNAP_NAME];
	int64_t when_s; /* UTC */
	bool full;
	bool sent; /* somewhere else it is, too */
};

struct snaps {
	struct snap *v; /* oldest first; freed by the caller */
	size_t n;
};

/** Read [BACKUP]. @return false: there is none */
bool snap_read(const struct conf *c, struct snap_cfg *out);
/** Check it, faults to the sink. @return false: there was one */
bool snap_check(const struct plan *p);
bool snap_wanted(const struct plan *p);
/** Write snapshots and take them away until SIGTERM, which must be blocked.
 * @return an exit status, enum role_end */
int role_backup(const struct plan *p);

/** A snapshot's name. */
void snap_name(char out[SNAP_NAME], int64_t when_s, bool full);
/** @return false: no snapshot has such a name */
bool snap_parse(struct snap *out, const char *name);
/** What is in a folder. @return 0, -FIX_E_IO, -FIX_E_NOMEM */
int snap_list(struct snaps *out, const char *folder) FIX_MUST_CHECK;
/** The full one that a snapshot of now can stand on, or NULL. */
const struct snap *snap_base(const struct snaps *s, int64_t now_s);
/** May it go? Not the newest full one and what stands on it, and not one that
 * is to be taken elsewhere and was not yet: *waits then, if its days are over. */
bool snap_old(const struct snaps *s, size_t i, const struct snap_cfg *cfg,
    int64_t now_s, bool *waits);

/** Take one file elsewhere. @return 0, or an error said in why */
int snap_send(const struct snap_cfg *cfg, const char *path, const char *name,
    char *why, size_t cap) FIX_MUST_CHECK;
/** Put it in S3. @return as above */
int s3_put(const struct snap_cfg *cfg, const char *path, const char *name,
    char *why, size_t cap) FIX_MUST_CHECK;
bool s3_works(void); /* is libcurl new enough? */
/** SIGTERM waits. */
bool snap_told_to_stop(void);

#endif
