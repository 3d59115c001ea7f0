/*
 * The line beside the tables, `tables.state`: version, whether they are open or
 * closed, and the boot that wrote them. It is synced, name and all, before the
 * first write to tables that were clean and after the last sync of tables that
 * become so; hence "open" in another boot means that they may be torn, and a
 * missing line that they are not ours. "clean" comes with a checksum over all
 * pages in use: LMDB would follow a damaged page into nowhere.
 */
#include "store/store_state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/crc32c.h"
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

struct note {
	char word[8], boot[FIX_BOOT_ID_MAX];
	uint64_t bytes; /* clean: of data.mdb, so many are in use ... */
	uint32_t sum;   /* ... and have this checksum */
};

static enum state
read_state(int dir, struct note *out)
{
	char text[STATE_MAX], now[FIX_BOOT_ID_MAX];
	unsigned version;
	int fd = openat(dir, STATE_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n;

	if (fd < 0)
		return errno == ENOENT ? TABLES_NONE : TABLES_FOREIGN;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	*out = (struct note){ .bytes = 0 };
	if (sscanf(text, "fixgate tables %u %7s %39s %" SCNu64 " %" SCNx32,
		&version, out->word, out->boot, &out->bytes, &out->sum) < 3)
		return TABLES_FOREIGN;
	if (version != VERSION)
		return TABLES_VERSION;
	if (strcmp(out->word, "clean") == 0)
		return TABLES_GOOD;
	fix_host_boot(now);
	return now[0] != '\0' && strcmp(out->boot, now) == 0 ? TABLES_GOOD
							     : TABLES_LOST;
}

/* @return 0, -FIX_E_IO (also when there are not so many bytes) */
static int
sum_data(int dir, uint64_t bytes, uint32_t *sum)
{
	static uint8_t buf[65536];
	int fd = openat(dir, "data.mdb", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	uint64_t left = bytes;
	ssize_t n = 1;

	*sum = 0;
	if (fd < 0)
		return -FIX_E_IO;
	while (left > 0 && n > 0) {
		n = read(fd, buf, left < sizeof(buf) ? left : sizeof(buf));
		if (n > 0) {
			*sum = fix_crc32c(*sum, buf, (size_t)n);
			left -= (uint64_t)n;
		}
	}
	close(fd);
	return left == 0 ? 0 : -FIX_E_IO;
}

static int
write_note(int dir, const char *text)
{
	ssize_t n = (ssize_t)strlen(text);
	int fd, rc = 0;

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

static const char *
this_boot(char boot[FIX_BOOT_ID_MAX])
{
	fix_host_boot(boot);
	return boot[0] != '\0' ? boot : "unknown";
}

int
fix_tables_note_open(int dir)
{
	char text[STATE_MAX], boot[FIX_BOOT_ID_MAX];

	(void)snprintf(text, sizeof(text), "fixgate tables %d open %s\n",
	    VERSION, this_boot(boot));
	return write_note(dir, text);
}

int
fix_tables_note_clean(int dir, uint64_t bytes)
{
	char text[STATE_MAX], boot[FIX_BOOT_ID_MAX];
	uint32_t sum;
	int rc = sum_data(dir, bytes, &sum);

	if (rc != 0)
		return rc;
	(void)snprintf(text, sizeof(text),
	    "fixgate tables %d clean %s %" PRIu64 " %08" PRIx32 "\n", VERSION,
	    this_boot(boot), bytes, sum);
	return write_note(dir, text);
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

static bool
sum_holds(int dir, const struct note *note)
{
	uint32_t sum;

	return sum_data(dir, note->bytes, &sum) == 0 && sum == note->sum;
}

int
fix_tables_judge(
    int dir, const char *path, bool *drop, struct fix_store_error *e)
{
	struct note note;

	*drop = false;
	switch (read_state(dir, &note)) {
	case TABLES_GOOD:
		if (!data_exists(dir) || strcmp(note.word, "clean") != 0 ||
		    sum_holds(dir, &note))
			return 0;
		fix_store_fail(e, 0,
		    "%s: damaged tables are dropped and made again from the "
		    "journal",
		    path);
		break;
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
	struct note note;

	switch (read_state(dir, &note)) {
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
