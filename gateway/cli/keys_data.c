/*
 * fixgate keys encrypt, decrypt and message: the data itself. In: text with
 * tokens, or the audit trail. Out: what they say, as far as their keys are
 * still there; a token whose key is destroyed is copied as it stands.
 */
#include <ctype.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/keys.h"
#include "gateway/log.h"
#include "store/audit.h"

#define LINE_BYTES 65536

int
keys_read_file(const char *path, uint8_t key[CRYPT_KEY])
{
	const char *why = conf_private(path);
	char text[256] = "";
	FILE *f;
	int rc;

	if (why != NULL)
		return cli_fail("%s: %s", path, why);
	f = fopen(path, "re");
	if (f == NULL || fgets(text, sizeof(text), f) == NULL)
		text[0] = '\0';
	if (f != NULL)
		fclose(f);
	text[strcspn(text, "\r\n")] = '\0';
	rc = crypt_key_read(key, fix_span_of(text));
	crypt_wipe(text, sizeof(text));
	return rc == 0 ? CLI_OK
		       : cli_fail("%s holds no key of 32 bytes; 'fixgate keys "
				  "new' makes one",
			     path);
}

int
keys_of_backup(const char *file, uint8_t key[CRYPT_KEY])
{
	const char *env = getenv("ENCRYPTION_KEY");

	if (file != NULL)
		return keys_read_file(file, key);
	if (env == NULL)
		return cli_usage(
		    "no key: give --key FILE or set "
		    "ENCRYPTION_KEY ('fixgate keys new' makes one)");
	if (crypt_key_read(key, fix_span_of(env)) != 0)
		return cli_usage("ENCRYPTION_KEY is no key of 32 bytes");
	return CLI_OK;
}

static unsigned
this_year(void)
{
	time_t t = time(NULL);
	struct tm tm;

	return gmtime_r(&t, &tm) == NULL ? 1970u : (unsigned)tm.tm_year + 1900;
}

int
keys_encrypt(struct keys_job *j)
{
	char line[CRYPT_FIELD_MAX + 2], token[CRYPT_TOKEN_MAX(CRYPT_FIELD_MAX)];
	struct fix_utc now = { time(NULL) * FIX_SEC };
	uint8_t key[CRYPT_KEY];
	uint64_t id;
	ssize_t n = keyring_for(j->ring, fix_span_of(j->subject),
	    j->year != 0 ? (unsigned)j->year : this_year(), time(NULL), key,
	    &id);

	if (n != 0)
		return cli_fail(
		    "no key for %s: %s", j->subject, fix_strerror(n));
	while (n >= 0 && fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		n = crypt_field_seal(
		    token, sizeof(token), key, fix_span_of(line), now);
		if (n >= 0)
			puts(token);
	}
	crypt_wipe(key, sizeof(key));
	crypt_wipe(line, sizeof(line));
	return n < 0 ? cli_fail("%s", fix_strerror(n)) : CLI_OK;
}

/* @return bytes of the value, -1: no key that is left opens it */
static ssize_t
open_token(
    const struct keys_job *j, uint8_t *out, size_t cap, struct fix_span token)
{
	const struct keyring_key *k;
	uint8_t key[CRYPT_KEY];
	ssize_t n = -1;

	for (unsigned i = 0; n < 0 && (k = keyring_nth(j->ring, i)) != NULL;
	     i++)
		if (keyring_get(j->ring, k->id, key) == 0)
			n = crypt_field_open(out, cap, key, token);
	crypt_wipe(key, sizeof(key));
	return n < 0 ? -1 : n;
}

static bool
is_token_char(unsigned char c)
{
	return isalnum(c) || c == '-' || c == '_' || c == '=';
}

/* As it may stand in JSON, and in a terminal. */
static void
print_value(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '"' || p[i] == '\\')
			printf("\\%c", p[i]);
		else if (p[i] < 0x20 || p[i] >= 0x7f)
			printf("\\u%04x", p[i]);
		else
			putchar(p[i]);
	}
}

static void
copy_line(const struct keys_job *j, const char *p, const char *end)
{
	uint8_t value[CRYPT_FIELD_MAX];
	const char *q;
	ssize_t n;

	while (p < end) {
		if (!is_token_char((unsigned char)*p)) {
			putchar(*p++);
			continue;
		}
		for (q = p; q < end && is_token_char((unsigned char)*q);)
			q++;
		n = q - p < 100 || memcmp(p, "gAAAAA", 6) != 0
			? -1
			: open_token(j, value, sizeof(value),
			      (struct fix_span){
				  (const uint8_t *)p, (size_t)(q - p) });
		if (n >= 0)
			print_value(value, (size_t)n);
		else
			fwrite(p, 1, (size_t)(q - p), stdout);
		p = q;
	}
	crypt_wipe(value, sizeof(value));
}

int
keys_decrypt(struct keys_job *j)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	while ((n = getline(&line, &cap, stdin)) > 0)
		copy_line(j, line, line + n);
	free(line);
	return CLI_OK;
}

/* The message as it was, with SOH as '|'. */
static int
print_message(const struct keys_job *j, uint64_t id, const struct fix_rec *r)
{
	uint8_t key[CRYPT_KEY], *out = malloc(r->len + 1);
	int rc = out == NULL ? -FIX_E_NOMEM : keyring_get(j->ring, id, key);
	ssize_t n = rc;

	if (rc == 0)
		n = crypt_open(out, r->len, key, (struct fix_span){ NULL, 0 },
		    (struct fix_span){ r->data, r->len });
	for (ssize_t i = 0; i < n; i++)
		putchar(out[i] == 1                      ? '|'
			: out[i] < 0x20 || out[i] > 0x7e ? '?'
							 : out[i]);
	if (n > 0)
		putchar('\n');
	crypt_wipe(key, sizeof(key));
	free(out);
	if (n == -FIX_E_STATE)
		return cli_fail(
		    "its key, %llu, is destroyed", (unsigned long long)id);
	return n < 0 ? cli_fail("it does not open: %s", fix_strerror(n))
		     : CLI_OK;
}

static int
find_message(const struct keys_job *j, struct fix_journal_reader *reader,
    uint64_t number)
{
	struct fix_store_error e = { "" };
	uint8_t hash[AUDIT_HASH];
	struct audit_seen seen;
	struct fix_span json;
	struct fix_rec r;
	int64_t id = 0;
	int rc;

	while ((rc = fix_journal_next(reader, &r, &e)) == 1) {
		if (r.order != number)
			continue;
		if (r.type == AUDIT_REC_RAW)
			return id == 0 ? cli_fail("event %llu is not sealed: "
						  "'fixgate audit show'",
					     (unsigned long long)number)
				       : print_message(j, (uint64_t)id, &r);
		if (audit_event_of(&r, hash, &json) &&
		    audit_event_read(&seen, json) == 0)
			(void)audit_detail_number(&seen, "personal_key", &id);
	}
	return rc < 0 ? cli_fail("%s", e.text)
		      : cli_fail("event %llu has no message",
			    (unsigned long long)number);
}

int
keys_message(struct keys_job *j)
{
	struct fix_journal_reader *reader = NULL;
	struct fix_store_error e = { "" };
	struct fix_disk *disk = NULL;
	char path[4096];
	uint64_t number;
	int rc = CLI_FAILED;

	if (opt_number("message", j->subject, 1, UINT64_MAX, &number) != 0)
		return CLI_USAGE;
	snprintf(path, sizeof(path), "%s/audit/chain", j->paths.data);
	if (fix_disk_dir(&disk, path, false) != 0)
		return cli_fail("no audit trail in %s", path);
	if (fix_journal_reader_open(&reader, disk, 1, &e) != 0)
		(void)cli_fail("%s", e.text);
	else
		rc = find_message(j, reader, number);
	if (reader != NULL)
		fix_journal_reader_close(reader);
	disk->ops->close(disk);
	return rc;
}
