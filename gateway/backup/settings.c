/* Reading [BACKUP]. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway/backup/snapshots.h"

static const char *
secret(const struct conf_section *s, const char *key, const char *env)
{
	const char *text = conf_secret(s, key, getenv(env));

	return text != NULL && *text != '\0' ? text : NULL;
}

bool
snap_read(const struct conf *c, struct snap_cfg *out)
{
	const struct conf_section *s = conf_next(c, "BACKUP", NULL);

	*out = (struct snap_cfg){ 0 };
	if (s == NULL)
		return false;
	out->folder = conf_path(s, "Folder", NULL);
	out->sign = conf_path(s, "SigningKey", NULL);
	out->key = secret(s, "EncryptionKey", "ENCRYPTION_KEY");
	out->command = conf_path(s, "Command", NULL);
	out->s3 = conf_str(s, "S3", NULL);
	out->region = conf_str(s, "S3Region", "us-east-1");
	out->access = secret(s, "S3AccessKey", "AWS_ACCESS_KEY_ID");
	out->secret = secret(s, "S3SecretKey", "AWS_SECRET_ACCESS_KEY");
	out->ca_file = conf_path(s, "S3CAFile", NULL);
	out->interval_s =
	    (unsigned)conf_int(s, "Interval", 1, 604800, 3600);
	out->keep_days = (unsigned)conf_int(s, "KeepDays", 0, 36500, 30);
	out->keep_daily_days =
	    (unsigned)conf_int(s, "KeepDailyDays", 0, 36500, 365);
	out->rate = (unsigned)conf_int(s, "Rate", 1, 100000, 50);
	out->lock_days = (unsigned)conf_int(s, "S3LockDays", 0, 36500, 30);
	out->timeout_s = (unsigned)conf_int(s, "Timeout", 1, 86400, 3600);
	return true;
}

/* Letters that no signature and no path turns into others. */
static bool
plain(const char *url)
{
	static const char good[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	    "-._:/[]";
	size_t n = strlen(url);

	return n < 1024 && strspn(url, good) == n && url[n - 1] != '/';
}

static bool
loopback(const char *url)
{
	return strncmp(url, "http://127.0.0.1", 16) == 0 ||
	       strncmp(url, "http://[::1]", 12) == 0;
}

static void
check_s3(const struct conf_section *s, const struct snap_cfg *cfg)
{
	if (!plain(cfg->s3) ||
	    (strncmp(cfg->s3, "https://", 8) != 0 && !loopback(cfg->s3)))
		conf_fault(s, "S3",
		    "S3 must be https://HOST/BUCKET[/PREFIX], of letters, "
		    "digits and -._, without a slash at the end; http:// goes "
		    "to this machine only");
	if (cfg->access == NULL || cfg->secret == NULL)
		conf_fault(s, "S3",
		    "S3 needs S3AccessKey and S3SecretKey, or "
		    "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the "
		    "environment");
	if (!s3_works())
		conf_fault(s, "S3",
		    "S3 needs libcurl 7.87 or newer; with this one use Command");
}

bool
snap_check(const struct plan *p)
{
	const struct conf_section *s = conf_next(p->conf, "BACKUP", NULL);
	unsigned before = conf_faults(p->conf);
	struct snap_cfg cfg;
	uint8_t key[CRYPT_KEY];
	size_t n = strlen(p->data_dir);

	if (!snap_read(p->conf, &cfg))
		return true;
	if (cfg.folder == NULL)
		conf_fault(s, NULL, "[BACKUP] sets no Folder");
	else if (strncmp(cfg.folder, p->data_dir, n) == 0 &&
		 (cfg.folder[n] == '/' || cfg.folder[n] == '\0'))
		conf_fault(s, "Folder",
		    "Folder is in DataDir, and would be lost with it");
	if (cfg.sign == NULL)
		conf_fault(s, NULL,
		    "[BACKUP] sets no SigningKey: a file that is made if it is "
		    "missing");
	if (cfg.key == NULL)
		conf_fault(s, NULL,
		    "[BACKUP] has no EncryptionKey, and ENCRYPTION_KEY is not "
		    "set; 'fixgate keys new' makes one");
	else if (crypt_key_read(key, fix_span_of(cfg.key)) != 0)
		conf_fault(s, "EncryptionKey",
		    "EncryptionKey is no key of 32 bytes, as 64 hex digits or "
		    "base64");
	crypt_wipe(key, sizeof(key));
	if (cfg.s3 != NULL)
		check_s3(s, &cfg);
	return conf_faults(p->conf) == before;
}

bool
snap_wanted(const struct plan *p)
{
	return conf_next(p->conf, "BACKUP", NULL) != NULL;
}
