/* See tables.h. */
#include "tests/store/tables.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

char folder[64];
static pid_t self;

int
tables_setup(void **state)
{
	(void)state;
	self = getpid();
	strcpy(folder, "/tmp/fixgate-store-XXXXXX");
	return mkdtemp(folder) != NULL ? 0 : -1;
}

int
tables_teardown(void **state)
{
	struct dirent *ent;
	DIR *d;

	(void)state;
	if (getpid() != self)
		_exit(99); /* a child whose assertion failed */
	d = opendir(folder);
	while ((ent = readdir(d)) != NULL)
		(void)unlinkat(dirfd(d), ent->d_name, 0);
	closedir(d);
	return rmdir(folder);
}

struct fix_store *
open_tables(struct fix_store_error *e)
{
	struct fix_store *s;

	if (fix_store_open(&s, folder, MAP, true, e) != 0)
		fail_msg("%s", e->text);
	return s;
}

void
put(struct fix_store *s, const char *key, const char *value, uint64_t applied)
{
	assert_int_equal(fix_store_begin(s), 0);
	assert_int_equal(fix_store_put(s, FIX_TAB_ORDERS, fix_span_of(key),
			     fix_span_of(value)),
	    0);
	assert_int_equal(fix_store_commit(s, applied), 0);
}
