/* [KEYS]: the master key of this gateway, and what is sealed by it. */
#ifndef FIXGATE_GATEWAY_CRYPT_KEYS_H
#define FIXGATE_GATEWAY_CRYPT_KEYS_H

#include "gateway/crypt/keyring.h"
#include "gateway/settings/conf.h"

/**
 * The master key of EncryptionKey or EncryptionPassphrase, which takes a
 * quarter of a second. Faults go to the conf's sink.
 *
 * @param data_dir  DataDir; the salt of a passphrase is made in it
 * @return 0; 1 there is none; -FIX_E_CONFIG, -FIX_E_IO, -FIX_E_NOMEM
 */
int keys_master(const struct conf *c, const char *data_dir,
    uint8_t key[CRYPT_KEY]) FIX_MUST_CHECK;
/** Is what is personal in the audit trail to be sealed? */
bool keys_seal_personal(const struct conf *c);
unsigned keys_retention_days(const struct conf *c);
/** Check the section without deriving anything, faults to the sink.
 * @return false: there was one */
bool keys_check(const struct conf *c);
/** Open the ring of DataDir/keys. @return 0; 1 no key is set; an error said in
 * why */
int keys_ring(struct keyring **out, const struct conf *c, const char *data_dir,
    char why[KEYRING_WHY]) FIX_MUST_CHECK;

#endif
