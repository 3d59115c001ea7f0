/*
 * Small files: written beside, then renamed. They hold nothing that could not
 * be found again in the chain, and so are not synced.
 */
#include "gateway/auditor/file.h"

#include <fcntl.h>
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

int
audit_put_file(const char *folder, const char *name, const char *text)
{
	char *path = audit_path(folder, name), *fresh = NULL;
	int fd, rc = -FIX_E_IO;

	if (path == NULL || asprintf(&fresh, "%s~", path) < 0) {
		free(path);
		return -FIX_E_NOMEM;
	}
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd >= 0) {
		if (write(fd, text, strlen(text)) == (ssize_t)strlen(text))
			rc = 0;
		if (close(fd) != 0)
			rc = -FIX_E_IO;
	}
	if (rc == 0 && rename(fresh, path) != 0)
		rc = -FIX_E_IO;
	free(fresh);
	free(path);
	return rc;
}
