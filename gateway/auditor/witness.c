/*
 * The witness's folder: one file, the newest checkpoint that it was given. Whose
 * signature it has is asked by whoever verifies; here only its first three lines
 * are compared: name, size, root.
 */
#include "gateway/auditor/witness.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/auditor/file.h"
#include "store/audit_note.h"

struct seen {
	char name[AUDIT_NAME_MAX + 1], root[65];
	uint64_t size;
};

static bool
read_seen(struct seen *s, const char *text)
{
	return sscanf(text, "%100[^\n]\n%" SCNu64 "\n%64[^\n]\n", s->name,
		   &s->size, s->root) == 3;
}

/* @return 0; 1: it has none yet; -FIX_E_IO; -FIX_E_CORRUPT: what it has can't be
 * read */
static int
what_it_has(const char *path, struct seen *s)
{
	char text[AUDIT_NOTE_MAX + 1];
	FILE *f = fopen(path, "re");
	size_t n;

	if (f == NULL)
		return errno == ENOENT ? 1 : -FIX_E_IO;
	n = fread(text, 1, AUDIT_NOTE_MAX, f);
	fclose(f);
	text[n] = '\0';
	return read_seen(s, text) ? 0 : -FIX_E_CORRUPT;
}

static bool
contradicts(const struct seen *has, const struct seen *now)
{
	return strcmp(has->name, now->name) != 0 || has->size > now->size ||
	       (has->size == now->size && strcmp(has->root, now->root) != 0);
}

int
witness_put(const char *folder, const char *text)
{
	char *path = audit_path(folder, "checkpoint");
	struct seen has, now;
	int rc;

	if (path == NULL)
		return -FIX_E_NOMEM;
	rc = read_seen(&now, text) ? what_it_has(path, &has) : -FIX_E_FORMAT;
	if (rc == 0 && contradicts(&has, &now))
		rc = -FIX_E_CORRUPT;
	if (rc >= 0)
		rc = audit_put_synced(folder, "checkpoint", text);
	free(path);
	return rc;
}
