/*
 * What is to be asked of Vault, and when: logging in, renewing the token before
 * it ends, reading each secret again. It blocks while Vault takes its time.
 */
#ifndef FIXGATE_GATEWAY_VAULT_CLIENT_H
#define FIXGATE_GATEWAY_VAULT_CLIENT_H

#include "gateway/vault/shared.h"

struct vault_client;

/** @param changed  called after a secret's values are new; NULL: nobody cares.
 * @return NULL: no memory */
struct vault_client *vault_client_new(
    struct vault_shared *shared, void (*changed)(void *arg), void *arg);
void vault_client_free(struct vault_client *c);
/** Read one path now, logging in if need be. @return 0; -FIX_E_IO,
 * -FIX_E_NOTFOUND, -FIX_E_STATE (not allowed), -FIX_E_FORMAT, -FIX_E_TOOBIG,
 * said in vault_get_why() */
int vault_client_read(struct vault_client *c, const char *path) FIX_MUST_CHECK;
/** Do what is due; the log tells of what went wrong and of what is well again.
 * @return when to come again, CLOCK_BOOTTIME */
int64_t vault_client_step(struct vault_client *c);
int64_t vault_now_ns(void); /* CLOCK_BOOTTIME: it counts a suspended hour */

#endif
