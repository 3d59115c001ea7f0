/*
 * The line beside the tables, `tables.state`: version, whether they are open or
 * closed, and the boot that wrote them. It is synced, name and all, before the
 * first write to tables that were clean and after the last sync of tables that
 * become so; hence "open" in another boot means that they may be torn, and a
 * missing line that they are not ours.
 */
#include "store/store_state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/fail.h"
#include "store/host.h"

#define VERSION 1
#define STATE_NAME "tables.state"
#define STATE_NEW "tables.state.new"
#define STATE_MAX 128

enum state {
	TABLES_NONE,    /* nothing is noted */
	TABLES_FOREIGN, /* what is noted is not ours, or can't be read */
	TABLES_VERSION, /* of another version */
	TABLES_LOST,    /* the machine went down while they were open */
	TABLES_GOOD,
};

static enum state
read_state(int dir)
{
	char text[STATE_MAX], word[8] = "", boot[FIX_BOOT_ID_MAX] = "";
	char now[FIX_BOOT_ID_MAX];
	unsigned version;
	int fd = openat(dir, STATE_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n;

	if (fd < 0)
		return errno == ENOENT ? TABLES_NONE : TABLES_FOREIGN;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	if (sscanf(text, "fixgate tables %u %7s %39s", &version, word, boot) <
	    2)
		return TABLES_FOREIGN;
	if (version != VERSION)
		return TABLES_VERSION;
	if (strcmp(word, "clean") == 0)
		return TABLES_GOOD;
	fix_host_boot(now);
	return now[0] != '\0' && strcmp(boot, now) == 0 ? TABLES_GOOD
							: TABLES_LOST;
}

int
fix_tables_note(int dir, bool clean)
{
	char text[STATE_MAX], boot[FIX_BOOT_ID_MAX];
	int fd, n, rc = 0;

	fix_host_boot(boot);
	n = snprintf(text, sizeof(text), "fixgate tables %d %s %s\n", VERSION,
	    clean ? "clean" : "open", boot[0] != '\0' ? boot : "unknown");
	fd = openat(dir, STATE_NEW,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fix_host_errno();
	if (write(fd, text, (size_t)n) != n || fsync(fd) != 0)
		rc = fix_host_errno();
	close(fd);
	if (rc == 0 &&
	    (renameat(dir, STATE_NEW, dir, STATE_NAME) != 0 || fsync(dir) != 0))
		rc = fix_host_errno();
	return rc;
}

static bool
data_exists(int dir)
{
	struct stat st;

	return fstatat(dir, "data.mdb", &st, AT_SYMLINK_NOFOLLOW) == 0;
}

int
fix_tables_remove(int dir)
{
	if ((unlinkat(dir, "data.mdb", 0) != 0 && errno != ENOENT) ||
	    (unlinkat(dir, "lock.mdb", 0) != 0 && errno != ENOENT))
		return -FIX_E_IO;
	return fsync(dir) == 0 ? 0 : -FIX_E_IO;
}

static int
say_foreign(const char *path, struct fix_store_error *e)
{
	return fix_store_fail(e, -FIX_E_FOREIGN,
	    "%s holds data that are no tables of fixgate. Nothing was "
	    "changed: give another folder, or move what is there away",
	    path);
}

int
fix_tables_judge(
    int dir, const char *path, bool *drop, struct fix_store_error *e)
{
	*drop = false;
	switch (read_state(dir)) {
	case TABLES_GOOD:
		return 0;
	case TABLES_NONE:
		return data_exists(dir) ? say_foreign(path, e) : 0;
	case TABLES_VERSION:
		fix_store_fail(e, 0,
		    "%s: tables of another version are dropped and made "
		    "again from the journal",
		    path);
		break;
	case TABLES_LOST:
		fix_store_fail(e, 0,
		    "%s: the machine went down while the tables were open; "
		    "they are dropped and made again from the journal",
		    path);
		break;
	case TABLES_FOREIGN:
		return say_foreign(path, e);
	}
	*drop = true;
	return 0;
}

int
fix_tables_may_read(int dir, const char *path, struct fix_store_error *e)
{
	switch (read_state(dir)) {
	case TABLES_GOOD:
		if (data_exists(dir))
			return 0;
		break;
	case TABLES_VERSION:
		return fix_store_fail(e, -FIX_E_FOREIGN,
		    "%s: the tables are of another version of fixgate", path);
	case TABLES_FOREIGN:
		return say_foreign(path, e);
	case TABLES_LOST:
	case TABLES_NONE:
		break;
	}
	return fix_store_fail(e, -FIX_E_NOTFOUND,
	    "%s: there are no tables yet; the gateway makes them when it "
	    "starts",
	    path);
}
