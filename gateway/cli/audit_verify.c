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
#include <unistd.h>

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
	    audit_key_name(c->key));
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
		    (unsigned long long)c->signed_to, audit_key_name(c->key));
	return CLI_OK;
}

int
audit_verify(struct audit_job *j)
{
	struct audit_check *c = calloc(1, sizeof(*c));
	struct audit_key *key = c == NULL ? NULL : audit_read_key(j);
	char *own = NULL;
	int status = CLI_FAILED;

	if (key != NULL) {
		c->key = key;
		status = hold_all(j, c, &own);
	}
	if (status == CLI_OK)
		status = report(j, c, walk(j, c));
	if (status == CLI_OK && j->with_database)
		status = audit_compare(j);
	audit_key_free(key);
	free(own);
	free(c);
	return status;
}
