/* What a backup says of itself: the signed list. */
#ifndef FIXGATE_GATEWAY_BACKUP_LIST_H
#define FIXGATE_GATEWAY_BACKUP_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fix/err.h"
#include "fix/span.h"

#define BK_NAME_MAX 128 /* with NUL */
#define BK_ID 33        /* 32 hex digits, with NUL */
#define BK_SUM 32       /* SHA-256 */
#define BK_TABLES "trading/tables/data.mdb"

struct backup_file {
	char name[BK_NAME_MAX]; /* below DataDir */
	uint64_t bytes, size;   /* that are kept, of the file */
	uint8_t sum[BK_SUM];    /* of the bytes that are kept */
	char holder[BK_ID];     /* backup that they are in */
	bool closed;            /* a segment that can't change any more */
};

struct backup_list {
	char id[BK_ID];
	char base[BK_ID], base_file[256]; /* empty: a full backup */
	int64_t when_ns;                  /* when it was begun, UTC */
	uint64_t first, last;             /* records of the journal */
	int64_t last_ns;                  /* when the last one was written */
	uint64_t tables; /* record that its tables hold, if it has them */
	uint64_t sealed;                  /* bytes before the list */
	uint8_t sealed_sum[BK_SUM];
	struct backup_file *v; /* in the order of the backup */
	size_t n, cap;
};

void backup_list_free(struct backup_list *l); /* its parts; zeroes them */
/** A new last file, zeroed. @return NULL: no memory */
struct backup_file *backup_list_add(struct backup_list *l);
/** @return NULL: it has none of that name */
const struct backup_file *backup_list_find(const struct backup_list *l,
    const char *name);
/** As JSON. @return text to be freed; NULL: no memory */
char *backup_list_text(const struct backup_list *l);
/** From JSON; whatever can't be one of ours is refused: a name that leaves
 * DataDir, one that is there twice, a file longer than its size.
 * @return 0, -FIX_E_FORMAT, -FIX_E_NOMEM: *l is empty */
int backup_list_parse(struct backup_list *l, struct fix_span text)
    FIX_MUST_CHECK;
/** A name that a backup may hold. */
bool backup_name_ok(const char *name);
void backup_hex(char *out, const uint8_t *p, size_t n); /* with NUL */

#endif
