/* fixgate keys: what its parts share. */
#ifndef FIXGATE_GATEWAY_CLI_KEYS_H
#define FIXGATE_GATEWAY_CLI_KEYS_H

#include "gateway/cli/options.h"
#include "gateway/crypt/keys.h"
#include "store/audit_note.h"

struct keys_job {
	const char *file, *subject, *reason, *master;
	uint64_t year; /* 0: any */
	bool json;
	struct gateway_paths paths;
	struct keyring *ring;
};

/* Each with the job opened; @return an enum cli_status */
int keys_open(struct keys_job *j);
int keys_encrypt(struct keys_job *j);
int keys_decrypt(struct keys_job *j);
int keys_message(struct keys_job *j);
/** A master key from a file that is its owner's alone. */
int keys_read_file(const char *path, uint8_t key[CRYPT_KEY]);
/** The key of backups: of a file, or with NULL of ENCRYPTION_KEY. */
int keys_of_backup(const char *file, uint8_t key[CRYPT_KEY]);
/** The public key of a file, to be freed. */
int keys_signer(const char *path, struct audit_key **out);

#endif
