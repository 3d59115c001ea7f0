/*
 * Vault for the gateway: what "vault:" means in a setting, and the process that
 * keeps it fresh.
 *
 * A secret is read when a settings file is read, in a short-lived process that
 * is waited for: nothing is started without its secrets. Afterwards the vault
 * process reads them again; when one has changed, the supervisor gets SIGHUP,
 * as if an operator had asked for the settings to be read again.
 */
#ifndef FIXGATE_GATEWAY_VAULT_VAULT_H
#define FIXGATE_GATEWAY_VAULT_VAULT_H

#include "gateway/plan.h"

/** Let settings name secrets of Vault, in this process and its children. Only
 * this one asks Vault; children know what it has read. */
void vault_use(void);
void vault_done(void); /* wipe all of it */
/** Is there anything to be kept fresh? */
bool vault_wanted(const struct plan *p);
/** Run until SIGTERM, which must be blocked. @return an exit status */
int role_vault(const struct plan *p);

#endif
