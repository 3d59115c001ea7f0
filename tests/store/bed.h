/* A journal on a disk in memory, for tests: made by bed_setup(). */
#ifndef FIXGATE_TESTS_STORE_BED_H
#define FIXGATE_TESTS_STORE_BED_H

#include "tests/lib/memdisk.h"
#include "tests/store/turns.h"

#define SEG (64 * 1024)

struct bed {
	struct memdisk *m;
	struct fix_disk *d;
	struct fix_journal *j;
	struct fix_journal_cfg cfg;
	struct fix_store_error e;
};

int bed_setup(void **state);
int bed_teardown(void **state);
/** Attach and open. @return what fix_journal_open() says */
int up(struct bed *b);
void down(struct bed *b);
/** down() and up(), which must work. */
void reopen(struct bed *b);
/** Append one record: type 3, session 4, order 5, times 11 and 22. */
int append(struct bed *b, const char *text, uint64_t *pos);

#endif
