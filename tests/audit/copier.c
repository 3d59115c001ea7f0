/*
 * Backup and restore with places to die at, failpoint.h.
 *
 *     copier make DATA FILE SIGN [BASE]
 *     copier restore DATA FILE PUB
 *
 * The key is of zeros. @return 0, 1 with what was said
 */
#include <stdio.h>
#include <string.h>

#include "gateway/backup/backup.h"

static const uint8_t key[CRYPT_KEY];

static int
make(char **v, const char *base, struct fix_store_error *e)
{
	struct backup_job j = { .data = v[2],
		.file = v[3],
		.since = base,
		.rate = 100000,
		.key = key };
	struct audit_key *sign;
	int rc = audit_key_open(&sign, v[4], "fixgate-backup", e);

	if (rc != 0)
		return rc;
	j.sign = sign;
	rc = backup_make(&j, e);
	audit_key_free(sign);
	return rc;
}

static int
restore(char **v, struct fix_store_error *e)
{
	struct backup_restore r = { .data = v[2],
		.file = v[3],
		.key = key,
		.to = UINT64_MAX,
		.at_ns = INT64_MAX,
		.uid = (uid_t)-1,
		.gid = (gid_t)-1 };
	char text[AUDIT_VKEY_MAX] = "";
	struct audit_key *signer;
	FILE *f = fopen(v[4], "re");
	int rc;

	if (f == NULL || fgets(text, sizeof(text), f) == NULL)
		return -FIX_E_IO;
	fclose(f);
	text[strcspn(text, "\n")] = '\0';
	rc = audit_key_read(&signer, fix_span_of(text));
	if (rc != 0)
		return rc;
	r.signer = signer;
	rc = backup_restore(&r, e);
	audit_key_free(signer);
	return rc;
}

int
main(int argc, char **argv)
{
	struct fix_store_error e = { "" };
	int rc = -FIX_E_RANGE;

	if (argc >= 5 && strcmp(argv[1], "make") == 0)
		rc = make(argv, argc > 5 ? argv[5] : NULL, &e);
	else if (argc == 5 && strcmp(argv[1], "restore") == 0)
		rc = restore(argv, &e);
	if (rc != 0)
		fprintf(stderr, "%s\n",
		    e.text[0] != '\0' ? e.text : fix_strerror(rc));
	return rc != 0;
}
