/*
 * What is known of Vault, in memory that all processes of a gateway share: how
 * to reach it, the token, and each secret that a setting has named with its
 * values as they were last read. It is never written to a disk, nor into a core
 * dump.
 *
 * Any process of the gateway may read; writing is the business of those that
 * talk to Vault, one at a time.
 */
#ifndef FIXGATE_GATEWAY_VAULT_SHARED_H
#define FIXGATE_GATEWAY_VAULT_SHARED_H

#include "gateway/vault/answer.h"

#define VAULT_PATHS_MAX 64
#define VAULT_PATH_MAX 200
#define VAULT_NAME_MAX 256

enum vault_auth { VAULT_TOKEN, VAULT_APPROLE, VAULT_KUBERNETES, VAULT_N_AUTH };

struct vault_cfg { /* plain text with NUL; "" for what is not set */
	char address[VAULT_NAME_MAX], ns[VAULT_NAME_MAX];
	char ca_file[1024], jwt_file[1024];
	char mount[VAULT_NAME_MAX], auth_path[VAULT_NAME_MAX];
	char role[VAULT_NAME_MAX], role_id[VAULT_NAME_MAX];
	char secret_id[VAULT_TOKEN_MAX], token[VAULT_TOKEN_MAX];
	enum vault_auth auth;
	unsigned refresh_s, timeout_s;
};

/* Times are CLOCK_BOOTTIME, nanoseconds. */
struct vault_item {
	char path[VAULT_PATH_MAX]; /* below the mount */
	int64_t read_ns;           /* 0: never yet */
	struct vault_values values;
};

struct vault_lease {
	struct vault_login login; /* .token "": none */
	int64_t got_ns, first_s;  /* lease_s when it was new */
};

struct vault_shared;

/** @return NULL: no memory */
struct vault_shared *vault_shared_new(void);
void vault_shared_free(struct vault_shared *s);

/* Each of these is whole or not at all, and takes about a microsecond. */
void vault_put_cfg(struct vault_shared *s, const struct vault_cfg *cfg);
void vault_get_cfg(struct vault_shared *s, struct vault_cfg *out);
void vault_put_lease(struct vault_shared *s, const struct vault_lease *l);
void vault_get_lease(struct vault_shared *s, struct vault_lease *out);
/** Add a path or put its new values. @return false: there are too many */
bool vault_put_item(struct vault_shared *s, const struct vault_item *it);
/** @return false: no such path */
bool vault_get_item(
    struct vault_shared *s, const char *path, struct vault_item *out);
/** The i-th path. @return false: there are no more */
bool vault_nth_item(struct vault_shared *s, unsigned i, struct vault_item *out);
/** Why the last fetch failed, for who waits for it. */
void vault_put_why(struct vault_shared *s, const char *why);
void vault_get_why(struct vault_shared *s, char *out, size_t cap);

#endif
