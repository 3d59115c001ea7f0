/*
 * The drills of what is broken on one host, for real, in a scratch folder: bits
 * of files that are in use, or all of its files.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/drill.h"
#include "gateway/crypt/crypt.h"

#define VAULT_MAX 64

/* One bit of a record that was written long ago, under the running gateway. */
static bool
flip_journal(const struct demo_gateway *g)
{
	char path[PATH_MAX + 64];
	uint8_t byte;
	bool good;
	int fd;

	snprintf(path, sizeof(path), "%s/data/trading/journal/%010u.journal",
	    g->dir, 1);
	fd = open(path, O_RDWR | O_CLOEXEC);
	good = fd >= 0 && pread(fd, &byte, 1, 6000) == 1;
	byte = good ? byte ^ 0x10 : 0;
	good = good && pwrite(fd, &byte, 1, 6000) == 1;
	if (fd >= 0)
		close(fd);
	return good;
}

bool
drill_corruption(struct drill *d)
{
	char sections[4 * PATH_MAX], folder[PATH_MAX + 16],
	    sign[PATH_MAX + 16], data[PATH_MAX + 16], aside[PATH_MAX + 32];

	snprintf(folder, sizeof(folder), "%s/copies", d->dir);
	snprintf(sign, sizeof(sign), "%s/sign.pem", d->dir);
	drill_sections(sections, sizeof(sections), "", folder, sign,
	    d->brief ? 1 : 10);
	if (!drill_prepare(d, &d->gate, "a", sections) ||
	    !drill_trade(d, folder))
		return false;
	drill_fault(d, "a bit of the journal and one of the newest copy flip");
	if (!flip_journal(&d->gate))
		return false;
	if (!drill_detect(d, drill_journal_good))
		return false;
	drill_stop_gate(d);
	drill_spoil(folder, d->sabotage);
	snprintf(data, sizeof(data), "%s/data", d->gate.dir);
	snprintf(aside, sizeof(aside), "%s.evidence", data);
	if (rename(data, aside) != 0)
		return false;
	drill_step(d, "stopped; what is damaged is kept as evidence");
	return drill_restore(d, &d->gate, folder) && drill_come_back(d, &d->gate);
}

/* Copies where nobody can change them: memory that the kernel has sealed, which
 * stands for a bucket with object lock. */
struct vault {
	struct {
		char name[64];
		int fd;
	} v[VAULT_MAX];
	unsigned n;
};

static bool
copy_bytes(int from, int to)
{
	char buf[65536];
	ssize_t n;

	while ((n = read(from, buf, sizeof(buf))) > 0)
		if (write(to, buf, (size_t)n) != n)
			return false;
	return n == 0;
}

static bool
lock_one(struct vault *v, const char *folder, const char *name)
{
	char path[PATH_MAX + 80], *own = v->v[v->n].name;
	int from, to;
	bool good;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >=
		sizeof(path) ||
	    (size_t)snprintf(own, sizeof(v->v[0].name), "%s", name) >=
		sizeof(v->v[0].name))
		return false;
	from = open(path, O_RDONLY | O_CLOEXEC);
	to = memfd_create(own, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	good = from >= 0 && to >= 0 && copy_bytes(from, to) &&
	       fcntl(to, F_ADD_SEALS,
		   F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) ==
		   0;
	if (from >= 0)
		close(from);
	if (to >= 0)
		v->v[v->n++].fd = to;
	return good;
}

static bool
lock_copies(struct vault *v, const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *e;
	bool good = dir != NULL;

	while (good && v->n < VAULT_MAX && (e = readdir(dir)) != NULL) {
		size_t n = strlen(e->d_name);

		if (n > 4 && n < 60 && strcmp(e->d_name + n - 4, ".fgb") == 0)
			good = lock_one(v, folder, e->d_name);
	}
	if (dir != NULL)
		closedir(dir);
	return good && v->n > 0;
}

static bool
locked_copies_hold(const struct vault *v)
{
	for (unsigned i = 0; i < v->n; i++)
		if (pwrite(v->v[i].fd, "x", 1, 0) == 1 ||
		    ftruncate(v->v[i].fd, 0) == 0)
			return false;
	return true;
}

static bool
fetch_copies(const struct vault *v, const char *folder)
{
	char path[PATH_MAX + 80];
	bool good = mkdir(folder, 0700) == 0;
	int to;

	for (unsigned i = 0; i < v->n && good; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, v->v[i].name);
		to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		good = to >= 0 && lseek(v->v[i].fd, 0, SEEK_SET) == 0 &&
		       copy_bytes(v->v[i].fd, to);
		if (to >= 0)
			close(to);
	}
	return good;
}

/* What the attacker does to each file: it is as long as before, and noise. */
static int
overwrite(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	uint8_t noise[4096];
	char to[PATH_MAX + 16];
	int fd;

	(void)f;
	if (flag != FTW_F)
		return 0;
	fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	for (off_t at = 0; fd >= 0 && at < st->st_size;
	     at += (off_t)sizeof(noise)) {
		if (getentropy(noise, 256) != 0 ||
		    pwrite(fd, noise, sizeof(noise), at) < 0)
			break;
		if (at > (1 << 20))
			at += 1 << 20; /* enough of a large one */
	}
	if (fd >= 0)
		close(fd);
	snprintf(to, sizeof(to), "%s.locked", path);
	(void)!rename(path, to);
	return 0;
}

bool
drill_ransomware(struct drill *d)
{
	char sections[4 * PATH_MAX], folder[PATH_MAX + 16],
	    sign[PATH_MAX + 32], fresh[PATH_MAX + 16];
	static struct demo_gateway clean;
	struct vault v = { .n = 0 };
	uint8_t key[CRYPT_KEY];
	char text[CRYPT_KEY_TEXT];

	snprintf(folder, sizeof(folder), "%s/a-copies", d->dir);
	snprintf(sign, sizeof(sign), "%s/sign.pem", d->dir);
	drill_sections(sections, sizeof(sections), "", folder, sign,
	    d->brief ? 1 : 10);
	if (!drill_prepare(d, &d->gate, "a", sections) ||
	    !drill_trade(d, folder))
		return false;
	if (d->sabotage)
		drill_spoil(folder, true);
	if (!lock_copies(&v, folder))
		return false;
	drill_step(d, "%u copies are locked elsewhere", v.n);
	if (!drill_load_more(d, 20))
		return false;
	drill_fault(d, "every file of the host and of its copies is overwritten");
	(void)nftw(d->gate.dir, overwrite, 16, FTW_PHYS);
	(void)nftw(folder, overwrite, 16, FTW_PHYS);
	drill_check(d, locked_copies_hold(&v),
	    "locked copies can't be changed or cut");
	if (!drill_detect(d, drill_journal_good))
		return false;
	drill_stop_gate(d);
	drill_step(d, "the host is off the network; a new one is built");
	snprintf(fresh, sizeof(fresh), "%s/b-copies", d->dir);
	snprintf(sign, sizeof(sign), "%s/new-sign.pem", d->dir);
	drill_sections(sections, sizeof(sections), "", fresh, sign, 3600);
	snprintf(folder, sizeof(folder), "%s/fetched", d->dir);
	if (!drill_prepare(d, &clean, "b", sections) ||
	    !fetch_copies(&v, folder) || !drill_restore(d, &clean, folder))
		return false;
	if (crypt_new(key) != 0)
		return false;
	crypt_key_text(text, key);
	setenv("ENCRYPTION_KEY", text, 1);
	drill_step(d, "new keys for what comes from now on");
	d->gate = clean;
	return drill_come_back(d, &d->gate);
}
