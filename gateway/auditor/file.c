/*
 * Small files: written beside, then renamed. Those of the auditor hold nothing
 * that could not be found again in the chain, and so are not synced; a witness's
 * are.
 */
#include "gateway/auditor/file.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

char *
audit_path(const char *dir, const char *name)
{
	char *s = NULL;

	return asprintf(&s, "%s/%s", dir, name) < 0 ? NULL : s;
}

static int
sync_folder(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	if (fd < 0)
		return -FIX_E_IO;
	rc = fsync(fd) == 0 ? 0 : -FIX_E_IO;
	(void)close(fd);
	return rc;
}

static int
write_file(const char *path, const char *text, bool sync)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	size_t len = strlen(text);
	int rc = -FIX_E_IO;

	if (fd < 0)
		return rc;
	if (write(fd, text, len) == (ssize_t)len && (!sync || fsync(fd) == 0))
		rc = 0;
	return close(fd) == 0 ? rc : -FIX_E_IO;
}

static int
put(const char *folder, const char *name, const char *text, bool sync)
{
	char *path = audit_path(folder, name), *fresh = NULL;
	int rc;

	if (path == NULL || asprintf(&fresh, "%s~", path) < 0) {
		free(path);
		return -FIX_E_NOMEM;
	}
	rc = write_file(fresh, text, sync);
	if (rc == 0 && rename(fresh, path) != 0)
		rc = -FIX_E_IO;
	if (rc == 0 && sync)
		rc = sync_folder(folder);
	free(fresh);
	free(path);
	return rc;
}

int
audit_put_file(const char *folder, const char *name, const char *text)
{
	return put(folder, name, text, false);
}

int
audit_put_synced(const char *folder, const char *name, const char *text)
{
	return put(folder, name, text, true);
}
