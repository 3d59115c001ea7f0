/* Reading [KEYS]. */
#include "gateway/crypt/keys.h"

#include <stdio.h>
#include <stdlib.h>

static const struct conf_section *
section(const struct conf *c)
{
	return conf_next(c, "KEYS", NULL);
}

static const char *
key_text(const struct conf *c)
{
	const char *env = getenv("ENCRYPTION_KEY");

	return conf_secret(section(c), "EncryptionKey",
	    env != NULL && *env != '\0' ? env : NULL);
}

static int
read_key(const struct conf *c, const char *text, uint8_t key[CRYPT_KEY])
{
	int rc = crypt_key_read(key, fix_span_of(text));

	if (rc != 0)
		conf_fault(section(c), "EncryptionKey",
		    "EncryptionKey is no key of 32 bytes, as 64 hex digits or "
		    "base64; 'fixgate keys new' makes one");
	return rc == 0 ? 0 : -FIX_E_CONFIG;
}

int
keys_master(const struct conf *c, const char *data_dir, uint8_t key[CRYPT_KEY])
{
	const struct conf_section *s = section(c);
	const char *phrase;
	uint8_t salt[CRYPT_SALT_MIN];
	char dir[4096];
	int rc;

	if (s == NULL)
		return 1;
	phrase = conf_secret(s, "EncryptionPassphrase", NULL);
	if (phrase == NULL) {
		const char *text = key_text(c);

		return text == NULL ? 1 : read_key(c, text, key);
	}
	snprintf(dir, sizeof(dir), "%s/keys", data_dir);
	rc = keyring_salt(salt, dir);
	if (rc != 0)
		return rc;
	return crypt_derive(
	    key, fix_span_of(phrase), (struct fix_span){ salt, sizeof(salt) });
}

bool
keys_seal_personal(const struct conf *c)
{
	return conf_word(section(c), "PersonalData", "plain|sealed", 0) == 1;
}

unsigned
keys_retention_days(const struct conf *c)
{
	return (unsigned)conf_int(section(c), "RetentionDays", 0, 36500, 1826);
}

bool
keys_check(const struct conf *c)
{
	const struct conf_section *s = section(c);
	uint8_t key[CRYPT_KEY];
	const char *phrase, *text;

	if (s == NULL)
		return true;
	phrase = conf_secret(s, "EncryptionPassphrase", NULL);
	text = key_text(c);
	if (phrase != NULL && conf_has(s, "EncryptionKey", NULL))
		conf_fault(s, "EncryptionPassphrase",
		    "EncryptionKey and EncryptionPassphrase: one of them");
	else if (phrase == NULL && text != NULL)
		(void)read_key(c, text, key);
	else if (phrase != NULL && strlen(phrase) < 15)
		conf_fault(s, "EncryptionPassphrase",
		    "EncryptionPassphrase must have 15 characters or more");
	crypt_wipe(key, sizeof(key));
	if (keys_seal_personal(c) && phrase == NULL && text == NULL)
		conf_fault(s, "PersonalData",
		    "PersonalData=sealed needs EncryptionKey, "
		    "EncryptionPassphrase or ENCRYPTION_KEY in the "
		    "environment");
	(void)keys_retention_days(c);
	return conf_faults(c) == 0;
}

int
keys_ring(struct keyring **out, const struct conf *c, const char *data_dir,
    char why[KEYRING_WHY])
{
	uint8_t master[CRYPT_KEY];
	char dir[4096];
	int rc = keys_master(c, data_dir, master);

	if (rc == 1)
		snprintf(why, KEYRING_WHY, "no EncryptionKey is set in [KEYS]");
	else if (rc != 0)
		snprintf(why, KEYRING_WHY, "the key of [KEYS] can't be used");
	if (rc != 0)
		return rc;
	snprintf(dir, sizeof(dir), "%s/keys", data_dir);
	rc = keyring_open(out, dir, master, why);
	crypt_wipe(master, sizeof(master));
	return rc;
}
