/*
 * The few things that journal and tables both ask of the machine.
 *
 * The boot id tells whether the page cache that held unsynced writes is still
 * the one we wrote to. The lock is flock(2): it ends with the process however
 * that dies, and the descriptor is closed on exec, so no child can hold it. The
 * pid in the file is for the message only and decides nothing.
 */
#include "store/host.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static size_t
slurp(int fd, char *out, size_t cap)
{
	ssize_t n;

	do {
		n = pread(fd, out, cap - 1, 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		n = 0;
	out[n] = '\0';
	return (size_t)n;
}

void
fix_host_boot(char out[FIX_BOOT_ID_MAX])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	out[0] = '\0';
	if (fd < 0)
		return;
	slurp(fd, out, FIX_BOOT_ID_MAX);
	close(fd);
	out[strcspn(out, "\n")] = '\0';
}

int
fix_host_lock(int dirfd, const char *name)
{
	char text[24];
	int fd, n, saved;

	fd = openat(
	    dirfd, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -FIX_E_IO;
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		saved = errno;
		close(fd);
		errno = saved;
		return saved == EWOULDBLOCK ? -FIX_E_LOCKED : -FIX_E_IO;
	}
	n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	/* A full disk must not keep us from opening: it is only a note, and
	 * one that does not read as a number is none. */
	if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)n, 0) != n)
		errno = 0;
	return fd;
}

long
fix_host_owner(int dirfd, const char *name)
{
	char text[24];
	int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return 0;
	slurp(fd, text, sizeof(text));
	close(fd);
	return strtol(text, NULL, 10);
}

static int
make_all(char *path)
{
	char *at = path;

	for (;;) {
		at = strchr(at + 1, '/');
		if (at != NULL)
			*at = '\0';
		if (mkdir(path, 0700) != 0 && errno != EEXIST)
			return fix_host_errno();
		if (at == NULL)
			return 0;
		*at = '/';
	}
}

int
fix_host_folder(const char *path, bool make)
{
	char copy[PATH_MAX];
	size_t n = strlen(path);
	int fd, rc;

	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	if (errno != ENOENT)
		return -FIX_E_IO;
	if (!make)
		return -FIX_E_NOTFOUND;
	if (n == 0 || n >= sizeof(copy)) {
		errno = ENAMETOOLONG;
		return -FIX_E_IO;
	}
	memcpy(copy, path, n + 1);
	rc = make_all(copy);
	if (rc != 0)
		return rc;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 ? fd : -FIX_E_IO;
}

int
fix_host_errno(void)
{
	switch (errno) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return -FIX_E_FULL;
	case ENOMEM:
		return -FIX_E_NOMEM;
	default:
		return -FIX_E_IO;
	}
}
