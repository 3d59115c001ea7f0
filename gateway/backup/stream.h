/*
 * The sealed part of a backup as it is written, and what the writer's files
 * share. The first failure is kept; after it nothing more is done.
 */
#ifndef FIXGATE_GATEWAY_BACKUP_STREAM_H
#define FIXGATE_GATEWAY_BACKUP_STREAM_H

#include <openssl/evp.h>
#include <time.h>

#include "gateway/backup/backup.h"

struct bk_out {
	const struct backup_job *j;
	struct fix_store_error *e;
	int rc; /* of the first failure */
	int fd;
	uint8_t head[BK_HEAD];
	uint64_t place, bytes, moved; /* moved: bytes read, for the rate */
	struct timespec began;
	EVP_MD_CTX *sum, *file_sum;
	uint8_t plain[BK_PIECE], sealed[BK_PIECE + CRYPT_OVERHEAD];
	size_t fill;
	struct backup_list list, base;
	char notice[512]; /* of a backup that is good all the same */
};

/* The bytes that a file gives to the backup, in two parts. */
struct bk_source {
	const char *name;
	const uint8_t *head, *data;
	uint64_t n_head, n_data, size;
	bool closed;
};

/** Keep the first failure. @return rc */
int bk_bad(struct bk_out *o, int rc, const char *fmt, ...) FIX_PRINTF(3, 4);
/** Bytes into the sealed part. */
void bk_put(struct bk_out *o, const void *at, size_t len);
/** The last piece, and the end of the sealed part. */
void bk_end(struct bk_out *o);
/** Bytes as they are, counted and summed. */
void bk_write(struct bk_out *o, const void *at, size_t len);
/** So many bytes were read: not faster than the rate, and stop if told. */
void bk_pace(struct bk_out *o, uint64_t bytes);
/** Additional data of a piece. */
void bk_aad(uint8_t out[BK_AAD], const uint8_t head[BK_HEAD], uint64_t place,
    bool last);

/** All of DataDir that a backup holds, in an order that keeps it consistent:
 * whatever tells of the journal comes before the journal. */
void bk_put_data(struct bk_out *o);
/** One file; with a base that has it byte for byte it is only named. */
void bk_put_source(struct bk_out *o, const struct bk_source *s);
/** The tables: before the journal. */
void bk_put_tables(struct bk_out *o);

/* A stream to read, checked against a signed list. */
struct bk_reader;
/** @param each  called for each entry: where its bytes are to go, an open file
 *               that is closed by the reader; -1 nowhere; -2 an error, said in
 *               *e
 * @return 0, or the errors of backup_restore() */
int bk_read(FILE *f, const struct backup_list *l, const uint8_t *key,
    int (*each)(void *arg, const struct backup_file *file,
	struct fix_store_error *e),
    void *arg, struct fix_store_error *e) FIX_MUST_CHECK;
/** The list of an open file. @return as backup_list_load() */
int bk_read_list(struct backup_list *out, FILE *f,
    const struct audit_key *signer, struct fix_store_error *e) FIX_MUST_CHECK;

/** Cut a restored journal; the audit trail is put aside.
 * @return as backup_restore() */
int bk_cut(struct backup_restore *r, const char *dir,
    struct fix_store_error *e) FIX_MUST_CHECK;

/** What a restored folder has of tables is made ready for a start, or left out
 * when the journal does not lead on from it: into r->tables.
 * @return as backup_restore() */
int bk_settle_tables(struct backup_restore *r, const char *dir,
    const struct backup_list *l, struct fix_store_error *e) FIX_MUST_CHECK;

/** Sync the folder that a path is in. @return 0, -1 with errno */
int bk_sync_folder(const char *path);

#endif
