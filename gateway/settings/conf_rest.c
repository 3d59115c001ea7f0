/*
 * Settings of data at rest. Rows as in conf_keys.c.
 */
#include <stddef.h>

#include "gateway/settings/conf_keys.h"

const struct conf_key conf_rest[] = {
	{ "EncryptionKey", CONF_T_SECRET, NULL,
	    "the master key: 32 bytes as 64 hex digits, as base64, or as they "
	    "are [$ENCRYPTION_KEY]" },
	{ "EncryptionPassphrase", CONF_T_SECRET, NULL,
	    "instead of it: the key is made of this, by PBKDF2" },
	{ "PersonalData", CONF_T_WORD, "plain|sealed",
	    "how personal fields and messages stand in the audit trail "
	    "[plain]" },
	{ "RetentionDays", CONF_T_INT, NULL,
	    "days behind the end of a year for which its keys can't be "
	    "destroyed [1826]" },
	{ NULL, CONF_T_TEXT, NULL, NULL },
};
