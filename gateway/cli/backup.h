/*
 * A backup: one file, a stream in sealed pieces with a signed note behind it.
 *
 *     FIXGBAK1, 16 random bytes: which backup
 *     pieces    length (4 bytes, little-endian), then what crypt_seal() wrote;
 *               its aad is the 24 bytes above, the piece's place (8 bytes) and
 *               whether it is the last one (1 byte)
 *     note      audit_note.h: size is the bytes above, root their SHA-256
 *
 * Inside are entries: struct bk_entry, the name, the bytes. Of a journal's
 * segment stand only what was committed, and its file's size.
 */
#ifndef FIXGATE_GATEWAY_CLI_BACKUP_H
#define FIXGATE_GATEWAY_CLI_BACKUP_H

#include "gateway/cli/options.h"
#include "gateway/crypt/crypt.h"
#include "store/audit_note.h"

#define BK_MAGIC "FIXGBAK1"
#define BK_HEAD 24
#define BK_AAD (BK_HEAD + 9)
#define BK_PIECE (256u * 1024) /* plain bytes of a piece */
#define BK_NAME_MAX 128        /* with NUL */

/* In the machine's order, as the journal is. */
struct bk_entry {
	uint32_t name; /* bytes of the name; 0: the end */
	uint32_t zero;
	uint64_t bytes; /* that follow */
	uint64_t size;  /* of the file; more than bytes: zeros */
};

struct bk_job {
	const char *conf, *file, *key_file, *sign, *signer, *at;
	uint64_t to, rate; /* record; MB a second */
	uint8_t key[CRYPT_KEY];
	struct gateway_paths paths;
};

/** The key of --key, or of ENCRYPTION_KEY. @return an enum cli_status */
int bk_key(struct bk_job *j) FIX_MUST_CHECK;
/** Additional data of a piece. */
void bk_aad(uint8_t out[BK_AAD], const uint8_t head[BK_HEAD], uint64_t place,
    bool last);
/** Sync the folder that a path is in. @return 0, -1 with errno */
int bk_sync_folder(const char *path);

/**
 * Check a whole backup and, with dir, write what is in it there.
 *
 * @param signer  the public half; NULL: the note is not looked at
 * @param dir     a folder that is there; NULL: check only
 * @return an enum cli_status; what is wrong was said
 */
int bk_read(struct bk_job *j, const char *path, const struct audit_key *signer,
    const char *dir) FIX_MUST_CHECK;

#endif
