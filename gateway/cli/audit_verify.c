/*
 * fixgate audit verify: the whole chain, record by record, with what is needed
 * of it in memory: the last hash and the edge of the Merkle tree.
 *
 * The key is the one that lies beside the chain, unless one is named that was
 * kept elsewhere; the same with checkpoints. Whoever can write the folder can
 * make a new chain with a new key: only what was kept elsewhere shows that.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/auditor/auditor.h"
#include "gateway/cli/audit.h"

char *
audit_slurp(const char *path, size_t *len)
{
	FILE *f = fopen(path, "re");
	char *text = f == NULL ? NULL : calloc(1, AUDIT_NOTE_MAX * 4);

	if (text == NULL) {
		cli_fail("can't read %s: %s", path, strerror(errno));
		if (f != NULL)
			fclose(f);
		return NULL;
	}
	*len = fread(text, 1, AUDIT_NOTE_MAX * 4 - 1, f);
	fclose(f);
	return text;
}

struct audit_key *
audit_read_key(const struct audit_job *j)
{
	struct audit_key *k = NULL;
	char *path = NULL, *text;
	size_t len;

	if (j->key == NULL && asprintf(&path, "%s/key.pub", j->folder) < 0)
		return NULL;
	text = audit_slurp(j->key != NULL ? j->key : path, &len);
	if (text != NULL &&
	    audit_key_read(&k, (struct fix_span){ (uint8_t *)text, len }) != 0)
		cli_fail("%s holds no public key: expected NAME+HEX+BASE64",
		    j->key != NULL ? j->key : path);
	free(text);
	free(path);
	return k;
}

static bool
read_old(const char *path, struct audit_keys *k)
{
	FILE *f = fopen(path, "re");
	char line[AUDIT_VKEY_MAX + 1];
	bool good = true;

	if (f == NULL)
		return errno == ENOENT ||
		       cli_fail("can't read %s: %s", path, strerror(errno)) ==
			   CLI_OK;
	while (good && fgets(line, sizeof(line), f) != NULL) {
		good = k->n < AUDIT_KEYS_MAX - 1 &&
		       audit_key_read(&k->v[k->n], fix_span_of(line)) == 0;
		k->n += good;
	}
	fclose(f);
	if (!good)
		cli_fail("%s: line %u is no public key: expected "
			 "NAME+HEX+BASE64, in %d lines at most",
		    path, k->n, AUDIT_KEYS_MAX - 2);
	return good;
}

bool
audit_read_keys(const struct audit_job *j, struct audit_keys *k)
{
	struct audit_job own = *j;
	char *path;
	bool good;

	own.key = NULL; /* it signs now, whichever is trusted */
	k->n = 0;
	k->v[0] = audit_read_key(j);
	if (k->v[0] == NULL ||
	    asprintf(&path, "%s/" AUDITOR_OLD_KEYS, j->folder) < 0)
		return false;
	k->n = 1;
	good = read_old(path, k);
	k->first = k->n > 1;
	free(path);
	if (!good || j->key == NULL || k->first == 0)
		return good;
	k->v[k->n] = audit_read_key(&own);
	k->n += k->v[k->n] != NULL;
	return k->v[k->n - 1] != NULL;
}

void
audit_free_keys(struct audit_keys *k)
{
	for (unsigned i = 0; i < k->n; i++)
		audit_key_free(k->v[i]);
}

/* To whom key.pem belongs, whoever makes the new one. */
static bool
give_away(const char *folder, const char *path)
{
	struct stat st;
	char *old;
	bool good;

	if (asprintf(&old, "%s/key.pem", folder) < 0)
		return false;
	good = stat(old, &st) == 0 && chown(path, st.st_uid, st.st_gid) == 0;
	free(old);
	return good;
}

int
audit_new_key(struct audit_job *j)
{
	struct audit_key *was = audit_read_key(j), *is = NULL;
	struct fix_store_error e = { "" };
	char *path, text[AUDIT_VKEY_MAX];

	if (was == NULL ||
	    asprintf(&path, "%s/" AUDITOR_NEXT_KEY, j->folder) < 0) {
		audit_key_free(was);
		return CLI_FAILED;
	}
	if (audit_key_open(&is, path, audit_key_name(was), &e) != 0) {
		cli_fail("%s", e.text);
	} else if (!give_away(j->folder, path)) {
		cli_fail("%s can't be given to whom key.pem belongs: %s", path,
		    strerror(errno));
		audit_key_free(is);
		is = NULL;
	} else {
		audit_key_text(is, text);
		printf("from the gateway's next start on the trail is signed "
		       "by\n%s\nWitnesses need it beside the old one.\n",
		    text);
	}
	audit_key_free(was);
	free(path);
	if (is == NULL)
		return CLI_FAILED;
	audit_key_free(is);
	return CLI_OK;
}

static int
hold(struct audit_check *c, const char *path)
{
	size_t len;
	char *text = audit_slurp(path, &len);
	int rc;

	if (text == NULL)
		return CLI_FAILED;
	rc = audit_check_hold(c, (struct fix_span){ (uint8_t *)text, len },
	    path);
	free(text);
	if (rc == 0)
		return CLI_OK;
	return cli_fail("%s %s %s", path, rc == -FIX_E_FORMAT
	    ? "is no checkpoint of" : "is not signed by the key of",
	    audit_key_name(c->keys.v[0]));
}

/* Those that were named, and the one beside the chain. */
static int
hold_all(struct audit_job *j, struct audit_check *c, char **own)
{
	int status = CLI_OK;

	for (unsigned i = 0; i < j->n_held && status == CLI_OK; i++)
		status = hold(c, j->held[i]);
	if (asprintf(own, "%s/checkpoint", j->folder) < 0)
		return CLI_FAILED;
	if (status == CLI_OK && access(*own, F_OK) == 0)
		status = hold(c, *own);
	return status;
}

static void
progress(const struct audit_check *c, bool end)
{
	if (isatty(STDERR_FILENO) == 1 && (end || c->events % 16384 == 0))
		fprintf(stderr, "\r%llu events%s",
		    (unsigned long long)c->events, end ? "\r\033[K" : "");
}

static bool
walk(struct audit_job *j, struct audit_check *c)
{
	struct fix_store_error e;
	struct fix_rec r;
	int rc;

	while ((rc = fix_journal_next(j->reader, &r, &e)) == 1) {
		if (audit_check_rec(c, &r) != 0)
			break;
		if (r.type == AUDIT_REC_EVENT)
			progress(c, false);
	}
	progress(c, true);
	if (rc < 0) {
		c->bad = c->events + 1;
		snprintf(c->why, sizeof(c->why), "%.390s", e.text);
	}
	return rc == 0 && audit_check_end(c) == 0;
}

static void
print_why_json(const char *why)
{
	printf(", \"why\": \"");
	for (; *why != '\0'; why++)
		printf(*why == '"' || *why == '\\' ? "\\%c" : "%c", *why);
	putchar('"');
}

static void
report_json(const struct audit_check *c, bool good)
{
	printf("{\"good\": %s, \"events\": %llu, \"checkpoints\": %llu, "
	       "\"signed\": %llu, \"messages\": %llu",
	    good ? "true" : "false", (unsigned long long)c->events,
	    (unsigned long long)c->checkpoints,
	    (unsigned long long)c->signed_to, (unsigned long long)c->raw);
	if (!good) {
		printf(", \"first_bad\": %llu", (unsigned long long)c->bad);
		print_why_json(c->why);
	}
	puts("}");
}

static int
report(const struct audit_job *j, const struct audit_check *c, bool good)
{
	unsigned long long trusted = c->bad == 0 ? 0 : c->bad - 1;

	if (j->json)
		report_json(c, good);
	if (!good)
		return cli_fail("event %llu of %s is bad: %s\n"
		    "trusted are events 1 to %llu; signed are 1 to %llu",
		    (unsigned long long)c->bad, j->folder, c->why, trusted,
		    (unsigned long long)c->signed_to);
	if (!j->json)
		printf("%llu events, %llu messages, %llu checkpoints: all good\n"
		       "signed up to event %llu by %s\n",
		    (unsigned long long)c->events, (unsigned long long)c->raw,
		    (unsigned long long)c->checkpoints,
		    (unsigned long long)c->signed_to,
		    audit_key_name(c->keys.v[0]));
	return CLI_OK;
}

int
audit_verify(struct audit_job *j)
{
	struct audit_check *c = calloc(1, sizeof(*c));
	char *own = NULL;
	int status = CLI_FAILED;

	if (c != NULL && audit_read_keys(j, &c->keys))
		status = hold_all(j, c, &own);
	if (status == CLI_OK)
		status = report(j, c, walk(j, c));
	if (status == CLI_OK && j->with_database)
		status = audit_compare(j);
	if (c != NULL) {
		audit_free_keys(&c->keys);
		audit_check_fini(c);
	}
	free(own);
	free(c);
	return status;
}
