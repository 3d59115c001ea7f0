/*
 * The real disk: files of one folder, mapped shared.
 *
 * A file is made under a temporary name, given its blocks by fallocate(2), and
 * renamed: a full disk shows there and then, never as SIGBUS at a store, and a
 * file is there whole or not at all. Mapped stores are in the page cache at
 * once, which is what surviving kill -9 needs; sync is msync(2) from the file's
 * beginning, so that the header's mark rides along in the same flush. Making a
 * file waits for no disk: whoever needs its name there syncs the names.
 *
 * What it does not do: read or write by system calls, resize, or retry a sync.
 */
#include "store/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "store/host.h"

#define LOCK_NAME "lock"
#define NEW_NAME ".new" /* one at a time: the folder has one writer */

struct dir {
	struct fix_disk disk;
	int fd;
	int lock_fd; /* -1: not ours */
	uint64_t boot;
	char where[]; /* path */
};

static struct dir *
dir_of(struct fix_disk *d)
{
	return (struct dir *)d;
}

/* File systems without fallocate get their blocks by writing zeros. */
static int
write_zeros(int fd, size_t bytes)
{
	static const uint8_t zeros[65536];
	size_t at, n;
	ssize_t got;

	for (at = 0; at < bytes; at += (size_t)got) {
		n = bytes - at < sizeof(zeros) ? bytes - at : sizeof(zeros);
		got = pwrite(fd, zeros, n, (off_t)at);
		if (got < 0 && errno == EINTR)
			got = 0;
		else if (got < 0)
			return fix_host_errno();
	}
	return 0;
}

static int
allocate(int fd, size_t bytes)
{
	int rc;

	do {
		rc = fallocate(fd, 0, 0, (off_t)bytes);
	} while (rc != 0 && errno == EINTR);
	if (rc == 0)
		return 0;
	if (errno == EOPNOTSUPP || errno == ENOSYS)
		return write_zeros(fd, bytes);
	return fix_host_errno();
}

static int
map_fd(int fd, size_t bytes, bool write, uint8_t **out)
{
	void *at = mmap(NULL, bytes, PROT_READ | (write ? PROT_WRITE : 0),
	    MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		return fix_host_errno();
	*out = at;
	return 0;
}

/* Under its name only when all is there. */
static int
name_it(struct dir *v, const char *name)
{
	if (linkat(v->fd, NEW_NAME, v->fd, name, 0) != 0)
		return errno == EEXIST ? -FIX_E_EXISTS : fix_host_errno();
	return unlinkat(v->fd, NEW_NAME, 0) == 0 ? 0 : -FIX_E_IO;
}

static int
create(struct dir *v, const char *name, size_t bytes, uint8_t **out)
{
	int fd, rc, saved;

	(void)unlinkat(v->fd, NEW_NAME, 0); /* of one that died here */
	fd = openat(
	    v->fd, NEW_NAME, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return fix_host_errno();
	rc = allocate(fd, bytes);
	if (rc == 0)
		rc = map_fd(fd, bytes, true, out);
	if (rc != 0)
		goto fail;
	rc = name_it(v, name);
	if (rc != 0) {
		munmap(*out, bytes);
		goto fail;
	}
	close(fd);
	return 0;
fail:
	saved = errno;
	close(fd);
	(void)unlinkat(v->fd, NEW_NAME, 0);
	errno = saved;
	return rc;
}

static int
dir_map(struct fix_disk *d, const char *name, size_t bytes, bool create_it,
    bool write, uint8_t **out)
{
	struct dir *v = dir_of(d);
	struct stat st;
	int fd, rc;

	if (create_it)
		return create(v, name, bytes, out);
	fd = openat(
	    v->fd, name, (write ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? -FIX_E_NOTFOUND : -FIX_E_IO;
	if (fstat(fd, &st) != 0)
		rc = -FIX_E_IO;
	else if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != bytes)
		rc = -FIX_E_FOREIGN;
	else
		rc = map_fd(fd, bytes, write, out);
	close(fd);
	return rc;
}

static void
dir_unmap(struct fix_disk *d, uint8_t *at, size_t bytes)
{
	(void)d;
	munmap(at, bytes);
}

static int
dir_sync(struct fix_disk *d, uint8_t *at, size_t from, size_t to)
{
	(void)d;
	from -= from % 4096;
	return msync(at + from, to - from, MS_SYNC) == 0 ? 0 : -FIX_E_IO;
}

static int
dir_remove(struct fix_disk *d, const char *name)
{
	struct dir *v = dir_of(d);

	if (unlinkat(v->fd, name, 0) != 0)
		return errno == ENOENT ? -FIX_E_NOTFOUND : -FIX_E_IO;
	return fsync(v->fd) == 0 ? 0 : -FIX_E_IO;
}

static int
list_one(struct dir *v, const char *name,
    int (*fn)(void *arg, const char *name, size_t bytes), void *arg)
{
	struct stat st;

	if (name[0] == '.' || strcmp(name, LOCK_NAME) == 0)
		return 0;
	if (fstatat(v->fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : -FIX_E_IO; /* pruned meanwhile */
	if (!S_ISREG(st.st_mode))
		return 0;
	return fn(arg, name, (size_t)st.st_size);
}

static int
dir_list(struct fix_disk *d,
    int (*fn)(void *arg, const char *name, size_t bytes), void *arg)
{
	struct dir *v = dir_of(d);
	struct dirent *ent;
	DIR *dir;
	int fd, rc = 0;

	fd = openat(v->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd >= 0 ? fdopendir(fd) : NULL;
	if (dir == NULL) {
		if (fd >= 0)
			close(fd);
		return -FIX_E_IO;
	}
	while (rc == 0) {
		errno = 0;
		ent = readdir(dir);
		if (ent == NULL) {
			rc = errno != 0 ? -FIX_E_IO : 0;
			break;
		}
		rc = list_one(v, ent->d_name, fn, arg);
	}
	closedir(dir);
	return rc;
}

static int
dir_lock(struct fix_disk *d)
{
	struct dir *v = dir_of(d);
	int fd;

	if (v->lock_fd >= 0)
		return 0;
	fd = fix_host_lock(v->fd, LOCK_NAME);
	if (fd < 0)
		return fd;
	v->lock_fd = fd;
	return 0;
}

static void
dir_close(struct fix_disk *d)
{
	struct dir *v = dir_of(d);

	if (v->lock_fd >= 0)
		close(v->lock_fd);
	close(v->fd);
	free(v);
}

static uint64_t
dir_boot(struct fix_disk *d)
{
	return dir_of(d)->boot;
}

static long
dir_owner(struct fix_disk *d)
{
	return fix_host_owner(dir_of(d)->fd, LOCK_NAME);
}

static int
dir_sync_names(struct fix_disk *d)
{
	return fsync(dir_of(d)->fd) == 0 ? 0 : -FIX_E_IO;
}

/* The reserve of root is not ours, even where we are root. */
static uint64_t
dir_room(struct fix_disk *d)
{
	struct statvfs st;

	if (fstatvfs(dir_of(d)->fd, &st) != 0)
		return UINT64_MAX;
	return (uint64_t)st.f_bavail * st.f_frsize;
}

static void
dir_warm(struct fix_disk *d, uint8_t *at, size_t from, size_t to)
{
	(void)d;
	from -= from % 4096;
#ifdef MADV_POPULATE_WRITE
	(void)madvise(at + from, to - from, MADV_POPULATE_WRITE);
#else
	(void)at;
	(void)to;
#endif
}

static const struct fix_disk_ops dir_ops = {
	.map = dir_map,
	.unmap = dir_unmap,
	.sync = dir_sync,
	.remove = dir_remove,
	.list = dir_list,
	.lock = dir_lock,
	.close = dir_close,
	.boot = dir_boot,
	.owner = dir_owner,
	.sync_names = dir_sync_names,
	.room = dir_room,
	.warm = dir_warm,
};

/* FNV-1a: only equality matters. */
static uint64_t
boot_number(void)
{
	char id[FIX_BOOT_ID_MAX];
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	const char *c;

	fix_host_boot(id);
	if (id[0] == '\0')
		return 0;
	for (c = id; *c != '\0'; c++)
		h = (h ^ (uint8_t)*c) * UINT64_C(0x100000001b3);
	return h != 0 ? h : 1;
}

int
fix_disk_dir(struct fix_disk **out, const char *path, bool write)
{
	size_t n = strlen(path) + 1;
	struct dir *v = calloc(1, sizeof(*v) + n);

	if (v == NULL)
		return -FIX_E_NOMEM;
	v->fd = fix_host_folder(path, write);
	if (v->fd < 0) {
		int rc = v->fd;

		free(v);
		return rc;
	}
	memcpy(v->where, path, n);
	v->disk.ops = &dir_ops;
	v->disk.where = v->where;
	v->lock_fd = -1;
	v->boot = boot_number();
	*out = &v->disk;
	return 0;
}
