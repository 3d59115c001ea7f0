/*
 * Settings of snapshots. Rows as in conf_keys.c.
 */
#include <stddef.h>

#include "gateway/settings/conf_keys.h"

const struct conf_key conf_backup[] = {
	{ "Folder", CONF_T_PATH, NULL,
	    "where snapshots are written; on another disk than DataDir" },
	{ "SigningKey", CONF_T_PATH, NULL,
	    "file of the key that signs them, PEM, made if missing; its "
	    "public half goes beside it, as .pub" },
	{ "EncryptionKey", CONF_T_SECRET, NULL,
	    "key that seals them: 64 hex digits, base64 or 32 bytes "
	    "[$ENCRYPTION_KEY]" },
	{ "Interval", CONF_T_INT, NULL,
	    "seconds between two snapshots [3600]" },
	{ "KeepDays", CONF_T_INT, NULL,
	    "days for which every snapshot is kept [30]" },
	{ "KeepDailyDays", CONF_T_INT, NULL,
	    "days for which the full one of each day is kept [365]" },
	{ "Rate", CONF_T_INT, NULL, "megabytes read a second at most [50]" },
	{ "Command", CONF_T_PATH, NULL,
	    "program that takes a snapshot elsewhere: it gets the file's name, "
	    "and ends with 0 when it has it" },
	{ "S3", CONF_T_TEXT, NULL,
	    "where snapshots are put: https://HOST/BUCKET[/PREFIX], a bucket "
	    "with object lock" },
	{ "S3Region", CONF_T_TEXT, NULL, "its region [us-east-1]" },
	{ "S3AccessKey", CONF_T_SECRET, NULL,
	    "who we are there [$AWS_ACCESS_KEY_ID]" },
	{ "S3SecretKey", CONF_T_SECRET, NULL,
	    "what signs the requests [$AWS_SECRET_ACCESS_KEY]" },
	{ "S3CAFile", CONF_T_PATH, NULL,
	    "certificates that may vouch for it, PEM [the system's]" },
	{ "S3LockDays", CONF_T_INT, NULL,
	    "days for which nobody can delete a snapshot there; 0: no lock "
	    "[30]" },
	{ "Timeout", CONF_T_INT, NULL,
	    "seconds for taking one snapshot away [3600]" },
	{ NULL, CONF_T_TEXT, NULL, NULL },
};
