/* The file of a keyring: lines of text, one a key. */
#ifndef FIXGATE_GATEWAY_CRYPT_KEYRING_FILE_H
#define FIXGATE_GATEWAY_CRYPT_KEYRING_FILE_H

#include "gateway/crypt/keyring.h"

#define KEYRING_CHECK 7 /* "fixgate" */

struct keyring {
	char *dir, *path, *fresh, *lock;
	uint8_t *master; /* CRYPT_KEY bytes of crypt_alloc() */
	uint8_t check[KEYRING_CHECK + CRYPT_OVERHEAD]; /* by the master key */
	struct keyring_key *keys;                      /* ids rise */
	unsigned n, cap;
	int64_t stamp_ns, size; /* of the file when it was read */
};

/** Read a text; r->keys and r->check are replaced, or stay as they were.
 * @return 0, -FIX_E_FORMAT, -FIX_E_NOMEM */
int keyring_parse(struct keyring *r, struct fix_span text) FIX_MUST_CHECK;
/** Read the file if it has changed. @return 0, 1 there is none, -FIX_E_IO,
 * -FIX_E_FORMAT, -FIX_E_NOMEM */
int keyring_load(struct keyring *r) FIX_MUST_CHECK;
/** Replace the file, synced. @return 0, -FIX_E_IO */
int keyring_save(struct keyring *r) FIX_MUST_CHECK;
/** Room for one more. @return 0, -FIX_E_NOMEM, -FIX_E_FULL */
int keyring_grow(struct keyring *r) FIX_MUST_CHECK;

#endif
