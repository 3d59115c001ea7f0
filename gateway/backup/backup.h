/*
 * Backups: copies of a gateway's data taken while it trades, each one file,
 * sealed and signed, and their way back.
 *
 *     FIXGBAK2, 16 random bytes: which backup
 *     pieces    length (4 bytes, little-endian), then what crypt_seal() wrote;
 *               its aad is the 24 bytes above, the piece's place (8 bytes) and
 *               whether it is the last one (1 byte)
 *     a length of 0
 *     list      length (4 bytes), then JSON: backup_list.h
 *     note      audit_note.h: size is the bytes before the list, root the
 *               SHA-256 of the list
 *
 * Inside the pieces are entries: struct bk_entry, the name, the bytes. Of a
 * journal's segment stand only what was committed, and its file's size. An
 * increment leaves out the files that its base has, byte for byte; its list
 * names them all the same, and says which backup holds each.
 */
#ifndef FIXGATE_GATEWAY_BACKUP_BACKUP_H
#define FIXGATE_GATEWAY_BACKUP_BACKUP_H

#include "gateway/backup/list.h"
#include "gateway/crypt/crypt.h"
#include "store/audit_note.h"

#define BK_MAGIC "FIXGBAK2"
#define BK_HEAD 24
#define BK_AAD (BK_HEAD + 9)
#define BK_PIECE (256u * 1024)       /* plain bytes of a piece */
#define BK_LIST_MAX (64u * 1024 * 1024) /* bytes of a list */

/* In the machine's order, as the journal is. */
struct bk_entry {
	uint32_t name; /* bytes of the name; 0: the end */
	uint32_t zero;
	uint64_t bytes; /* that follow */
	uint64_t size;  /* of the file; more than bytes: zeros */
};

struct backup_job {
	const char *data;             /* DataDir */
	const char *file;             /* to write */
	const char *since;            /* backup that the increment adds to, or
	                                 NULL: a full one */
	uint64_t rate;                /* MB read a second at most */
	const uint8_t *key;           /* CRYPT_KEY bytes */
	const struct audit_key *sign; /* with its secret half */
	bool (*stop)(void *arg);      /* asked at each piece; or NULL */
	void *arg;
};

/**
 * Write a backup, read it back, and only then give it its name.
 *
 * The writer is neither asked nor stopped. Tables that can't be copied are left
 * out, and *e tells. Every committed record's checksum
 * is checked on the way: a damaged journal is not copied.
 * @return 0; -FIX_E_EXISTS there is a file of that name, or another backup
 *         writes it; -FIX_E_STATE told to stop, or a segment was pruned
 *         meanwhile: try again; -FIX_E_CORRUPT the journal is damaged, or not
 *         what the base has; -FIX_E_NOTFOUND, -FIX_E_IO, -FIX_E_NOMEM; *e says
 *         it, and nothing of it is left
 */
int backup_make(const struct backup_job *j, struct fix_store_error *e)
    FIX_MUST_CHECK;

/* What a restore is asked for. */
struct backup_restore {
	const char *data;               /* DataDir, which must not be there */
	const char *file;               /* its bases are in the same folder */
	const uint8_t *key;
	const struct audit_key *signer; /* the public half */
	uint64_t to;                    /* last record; UINT64_MAX: all */
	int64_t at_ns;                  /* last moment; INT64_MAX: all */
	uid_t uid;                      /* whose the files are to be; */
	gid_t gid;                      /* -1: who runs this */
	uint64_t last, newest;          /* out: record that stays, there is; */
	uint64_t tables;                /* that the tables hold; 0: none are */
};

/** Make DataDir, by one rename when all of it is written, checked, cut and
 * synced. @return 0; -FIX_E_CORRUPT it is not what was signed, or doesn't open;
 * -FIX_E_NOTFOUND a base is missing, or nothing is that old; -FIX_E_IO,
 * -FIX_E_NOMEM; *e says it, and there is no DataDir */
int backup_restore(struct backup_restore *r, struct fix_store_error *e)
    FIX_MUST_CHECK;

/**
 * The list of a backup.
 *
 * @param signer  NULL: whoever signed it
 * @param out     to be freed with backup_list_free(), whatever is returned
 * @return 0, -FIX_E_FORMAT, -FIX_E_CORRUPT, -FIX_E_IO, -FIX_E_NOMEM, with *e
 */
int backup_list_load(struct backup_list *out, const char *file,
    const struct audit_key *signer, struct fix_store_error *e) FIX_MUST_CHECK;

#endif
