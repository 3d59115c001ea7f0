/* fixgate audit: what its parts share. */
#ifndef FIXGATE_GATEWAY_CLI_AUDIT_H
#define FIXGATE_GATEWAY_CLI_AUDIT_H

#include "gateway/cli/cli.h"
#include "store/audit_check.h"

enum audit_mode {
	AUDIT_VERIFY, AUDIT_TAIL, AUDIT_SEARCH, AUDIT_SHOW, AUDIT_EXPORT,
	AUDIT_STATUS, AUDIT_SHIP, AUDIT_BUNDLE, AUDIT_ROTATE, AUDIT_ORDER,
	AUDIT_BOOK, AUDIT_CORRECTIONS, AUDIT_N_MODE
};

struct audit_job {
	enum audit_mode mode;
	const char *file, *dir, *key, *format, *id;
	const char *type, *actor, *by, *order, *account, *since, *until;
	uint64_t first, last; /* events by number; 0: not said */
	const char *held[AUDIT_HELD_MAX - 1];
	unsigned n_held;
	uint64_t count; /* 0: not said */
	bool json, follow, raw;
	const char *database; /* its URL */
	bool with_database;   /* verify it, too */
	char *folder;   /* of the audit trail */
	struct fix_disk *disk;
	struct fix_journal_reader *reader;
};

#define AUDIT_TEXT (AUDIT_VALUE_MAX * 6 + 1) /* any value, with NUL */

/** The next event, whatever it is. @return 1, 0 at the end, -1 told */
int audit_next(struct audit_job *j, struct fix_rec *r, struct audit_seen *e,
    uint8_t hash[AUDIT_HASH]);
/** A detail without its escapes. @return false: there is none, *out is empty */
bool audit_detail_text(const struct audit_seen *e, const char *key,
    char out[AUDIT_TEXT]);
/** Does the gateway itself say it of an order of a client's? Neither a copy nor
 * what a peer reports. */
bool audit_is_ours(const struct audit_seen *e);
/** Is it wanted by type, actor, order, account, number and time? */
bool audit_wanted(const struct audit_job *j, const struct audit_seen *e);
/** One line for people. */
void audit_print(const struct audit_seen *e);
/** One line of JSON with exactly the twelve fields. */
void audit_print_json(const struct audit_seen *e, const uint8_t *hash);
void audit_print_csv_head(void);
void audit_print_csv(const struct audit_seen *e, const uint8_t *hash);
/** All of an event, field by field, and the message behind it. */
void audit_print_full(const struct audit_seen *e, const uint8_t *hash,
    struct fix_span message);

/** The key beside the chain, or the one that was named. @return NULL with a
 * complaint */
struct audit_key *audit_read_key(const struct audit_job *j);
/** That one, and those beside the chain that signed before. @return false with a
 * complaint */
bool audit_read_keys(const struct audit_job *j, struct audit_keys *k);
void audit_free_keys(struct audit_keys *k);
/** Make a key that is to sign from the next start on. @return enum cli_status */
int audit_new_key(struct audit_job *j);
/** How far chain and copies are; send what PostgreSQL has not; compare what it
 * has with the chain. @return enum cli_status */
int audit_status(struct audit_job *j);
/** A proof of events that needs no gateway. @return enum cli_status */
int audit_bundle(struct audit_job *j);
/** An order's life; an account's book; what was before each correction.
 * @return enum cli_status */
int audit_order(struct audit_job *j);
int audit_book(struct audit_job *j);
int audit_corrections(struct audit_job *j);
int audit_ship(struct audit_job *j);
int audit_compare(struct audit_job *j);
/** Begin at the chain's first event again. @return enum cli_status */
int audit_reopen(struct audit_job *j);
/** Read a small file. @return NULL with a complaint; free() it */
char *audit_slurp(const char *path, size_t *len);
/** The reader stands at the beginning. @return enum cli_status */
int audit_verify(struct audit_job *j);

#endif
