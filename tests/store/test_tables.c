/*
 * The life of tables in a folder: killed processes, other boots, versions and
 * programs, damage, two owners, readers beside the owner.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/store/tables.h"
#include "tests/store/turns.h"

static void
write_file(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void
change_file(const char *name, size_t at, char to)
{
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, &to, 1, (off_t)at), 1);
	close(fd);
}

static bool
has_file(const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return access(path, F_OK) == 0;
}

static void
must_exit_well(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* A child that writes one batch and dies without closing. */
static void
killed_writer(uint64_t applied)
{
	pid_t child = fork();

	if (child == 0) {
		struct fix_store_error e;

		put(open_tables(&e), "a", "one", applied);
		_exit(0);
	}
	must_exit_well(child);
}

static void
tables_survive_a_killed_process(void **state)
{
	struct fix_store_error e;
	struct fix_store *s;

	(void)state;
	killed_writer(7);
	s = open_tables(&e);
	assert_string_equal(e.text, "");
	assert_int_equal(fix_store_applied(s), 7);
	fix_store_close(s);
}

static void
tables_that_were_open_in_another_boot_are_dropped(void **state)
{
	struct fix_store_error e;
	struct fix_store *s;
	char buf[8];

	(void)state;
	killed_writer(7);
	write_file("tables.state",
	    "fixgate tables 1 open 00000000-0000-0000-0000-000000000000\n");
	assert_int_equal(fix_store_open(&s, folder, MAP, false, &e),
	    -FIX_E_NOTFOUND); /* not even a reader touches them */
	s = open_tables(&e);
	assert_non_null(strstr(e.text, "machine went down"));
	assert_int_equal(fix_store_applied(s), 0);
	assert_int_equal(fix_store_get(s, FIX_TAB_ORDERS, fix_span_of("a"), buf,
			     sizeof(buf)),
	    -FIX_E_NOTFOUND);
	fix_store_close(s);
}

static void
tables_closed_before_another_boot_are_kept(void **state)
{
	struct fix_store_error e;
	struct fix_store *s = open_tables(&e);

	(void)state;
	put(s, "a", "one", 9);
	fix_store_close(s);
	change_file("tables.state", strlen("fixgate tables 1 clean "), 'x');
	s = open_tables(&e);
	assert_int_equal(fix_store_applied(s), 9);
	fix_store_close(s);
}

static void
tables_of_another_version_are_dropped_by_the_owner_only(void **state)
{
	struct fix_store_error e;
	struct fix_store *s;

	(void)state;
	killed_writer(7);
	write_file("tables.state", "fixgate tables 99 clean x 1 1\n");
	assert_int_equal(
	    fix_store_open(&s, folder, MAP, false, &e), -FIX_E_FOREIGN);
	assert_non_null(strstr(e.text, "another version"));
	s = open_tables(&e);
	assert_non_null(strstr(e.text, "another version"));
	assert_int_equal(fix_store_applied(s), 0);
	fix_store_close(s);
}

static void
data_of_another_program_are_refused_and_left_alone(void **state)
{
	struct fix_store_error e;
	struct fix_store *s;

	(void)state;
	write_file("data.mdb", "somebody's own");
	assert_int_equal(
	    fix_store_open(&s, folder, MAP, true, &e), -FIX_E_FOREIGN);
	assert_non_null(strstr(e.text, folder));
	assert_non_null(strstr(e.text, "move what is there away"));
	assert_true(has_file("data.mdb"));
	write_file("tables.state", "shopping list\n");
	assert_int_equal(
	    fix_store_open(&s, folder, MAP, true, &e), -FIX_E_FOREIGN);
	assert_true(has_file("data.mdb"));
}

static void
tables_that_lmdb_cannot_read_are_made_again(void **state)
{
	struct fix_store_error e;
	struct fix_store *s;

	(void)state;
	killed_writer(7);
	write_file("data.mdb", "not what it was");
	s = open_tables(&e);
	assert_non_null(strstr(e.text, "damaged"));
	assert_int_equal(fix_store_applied(s), 0);
	put(s, "a", "two", 1);
	fix_store_close(s);
}

/* Flips the last byte of a value on the disk. */
static void
damage_value(const char *value)
{
	static uint8_t page[256 * 1024];
	char path[128];
	size_t n = strlen(value);
	ssize_t got, at;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/data.mdb", folder);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	got = pread(fd, page, sizeof(page), 0);
	for (at = 0; at + (ssize_t)n <= got; at++)
		if (memcmp(page + at, value, n) == 0)
			assert_int_equal(pwrite(fd, "X", 1, at), 1);
	close(fd);
}

static int
count(void *arg, struct fix_span key, struct fix_span value)
{
	(void)key;
	(void)value;
	++*(unsigned *)arg;
	return 0;
}

static void
a_damaged_value_is_told_and_clear_mends_it(void **state)
{
	struct fix_span all = { NULL, 0 };
	struct fix_store_error e;
	struct fix_store *s;
	unsigned n = 0;
	char buf[32];
	pid_t child = fork();

	(void)state;
	if (child == 0) { /* killed: no clean close */
		s = open_tables(&e);
		put(s, "a", "a value that is easily found", 7);
		put(s, "b", "sound", 8);
		_exit(0);
	}
	must_exit_well(child);
	damage_value("a value that is easily found");
	s = open_tables(&e);
	assert_int_equal(fix_store_get(s, FIX_TAB_ORDERS, fix_span_of("a"), buf,
			     sizeof(buf)),
	    -FIX_E_CORRUPT);
	assert_int_equal(fix_store_get(s, FIX_TAB_ORDERS, fix_span_of("b"), buf,
			     sizeof(buf)),
	    5);
	assert_int_equal(fix_store_each(s, FIX_TAB_ORDERS, all, all, count, &n),
	    -FIX_E_CORRUPT);
	assert_int_equal(fix_store_hash(s), 0);
	assert_int_equal(fix_store_clear(s), 0);
	assert_int_equal(fix_store_applied(s), 0);
	put(s, "a", "sound", 1);
	assert_int_equal(
	    fix_store_each(s, FIX_TAB_ORDERS, all, all, count, &n), 0);
	assert_int_equal(n, 1);
	fix_store_close(s);
}

static void
fill(uint64_t seed)
{
	struct fix_store_error e;
	struct fix_store *s = open_tables(&e);
	uint8_t key[4], value[600];
	uint32_t i;

	assert_int_equal(fix_store_begin(s), 0);
	for (i = 0; i < 300; i++) {
		memset(value, (int)draw(&seed), sizeof(value));
		assert_int_equal(
		    fix_store_put(s, FIX_TAB_SENT,
			(struct fix_span){ key, fix_key_u32(key, i) },
			(struct fix_span){ value, draw(&seed) % 600 }),
		    0);
	}
	assert_int_equal(fix_store_commit(s, 300), 0);
	fix_store_close(s);
}

static void
any_damage_to_closed_tables_drops_them(void **state)
{
	struct fix_store_error e;
	struct fix_store *s;
	uint64_t seed = 7;
	unsigned i;

	(void)state;
	for (i = 0; i < 40; i++) {
		fill(i);
		/* '\x5a' is no byte of the pages' own, mostly. */
		change_file("data.mdb", draw(&seed) % 100000, '\x5a');
		s = open_tables(&e);
		if (strstr(e.text, "damaged") != NULL)
			assert_int_equal(fix_store_applied(s), 0);
		else /* it was that byte already */
			assert_int_equal(fix_store_applied(s), 300);
		fix_store_close(s);
	}
}

static void
a_second_owner_is_told_the_pid_of_the_first(void **state)
{
	struct fix_store_error e;
	struct fix_store *s = open_tables(&e), *other;
	char pid[32];
	pid_t child;

	(void)state;
	(void)snprintf(pid, sizeof(pid), "process %ld", (long)getpid());
	child = fork();
	if (child == 0)
		_exit(fix_store_open(&other, folder, MAP, true, &e) ==
				  -FIX_E_LOCKED &&
			      strstr(e.text, pid) != NULL
			  ? 0
			  : 1);
	must_exit_well(child);
	fix_store_close(s);
}

/* In a child: what a reader sees while the owner goes on writing. */
static int
read_beside(int from_parent, int to_parent)
{
	struct fix_store_error e;
	struct fix_store *s;
	char go, buf[8];

	if (fix_store_open(&s, folder, 0, false, &e) != 0 ||
	    fix_store_applied(s) != 1)
		return 1;
	if (fix_store_begin(s) != -FIX_E_STATE)
		return 2;
	if (write(to_parent, "r", 1) != 1 || read(from_parent, &go, 1) != 1)
		return 3;
	if (fix_store_applied(s) != 2 ||
	    fix_store_get(s, FIX_TAB_ORDERS, fix_span_of("b"), buf, 8) != 3)
		return 4;
	fix_store_close(s);
	return 0;
}

static void
a_reader_of_another_process_sees_each_commit(void **state)
{
	struct fix_store_error e;
	struct fix_store *s, *none;
	int down[2], up[2];
	pid_t child;
	char ready;

	(void)state;
	assert_int_equal(
	    fix_store_open(&none, folder, 0, false, &e), -FIX_E_NOTFOUND);
	assert_int_equal(pipe(down) | pipe(up), 0);
	child = fork(); /* before LMDB is opened here: it must not be shared */
	if (child == 0) {
		if (read(down[0], &ready, 1) != 1)
			_exit(9);
		_exit(read_beside(down[0], up[1]));
	}
	s = open_tables(&e);
	put(s, "a", "one", 1);
	assert_int_equal(write(down[1], "g", 1), 1);
	assert_int_equal(read(up[0], &ready, 1), 1);
	put(s, "b", "two", 2);
	assert_int_equal(write(down[1], "g", 1), 1);
	must_exit_well(child);
	fix_store_close(s);
	close(up[0]);
	close(up[1]);
	close(down[0]);
	close(down[1]);
}

/* Batches of pairs that all say which batch they are of, until killed or alone. */
static void
write_batches(int ready, pid_t parent)
{
	struct fix_store_error e;
	struct fix_store *s = open_tables(&e);

	for (uint64_t n = 1; getppid() == parent; n++) {
		if (fix_store_begin(s) != 0)
			_exit(1);
		for (uint32_t i = 0; i < 300; i++) {
			uint8_t key[4];
			struct fix_span k = { key, fix_key_u32(key, i) };
			struct fix_span v = { (uint8_t *)&n, sizeof(n) };

			if (fix_store_put(s, FIX_TAB_ORDERS, k, v) != 0)
				_exit(2);
		}
		if (fix_store_commit(s, n) != 0)
			_exit(3);
		if (n == 20 && write(ready, "g", 1) != 1)
			_exit(4);
	}
	_exit(5);
}

struct moment {
	uint64_t applied;
	unsigned n;
};

static int
is_of_moment(void *arg, struct fix_span key, struct fix_span value)
{
	struct moment *m = arg;
	uint64_t n = 0;

	(void)key;
	memcpy(&n, value.p, sizeof(n));
	m->n++;
	return n == m->applied ? 0 : 1;
}

/* Closed tables in a folder of their own. */
static void
copy_holds(uint64_t *applied)
{
	const struct fix_span all = { NULL, 0 };
	char dir[] = "/tmp/fixgate-copy-XXXXXX", path[64], *was;
	struct fix_store_error e;
	struct moment m = { 0, 0 };
	struct fix_store *s;
	int fd;

	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/data.mdb", dir);
	fd = open(path, O_RDWR | O_CREAT, 0600);
	if (fix_store_copy(folder, fd, &m.applied, &e) != 0)
		fail_msg("%s", e.text);
	close(fd);
	assert_true(m.applied >= *applied);
	*applied = m.applied;
	assert_int_equal(fix_store_adopt(dir, &e), 0);
	assert_int_equal(fix_store_open(&s, dir, MAP, true, &e), 0);
	assert_string_equal(e.text, ""); /* nothing was dropped */
	assert_int_equal(fix_store_applied(s), m.applied);
	assert_int_equal(
	    fix_store_each(s, FIX_TAB_ORDERS, all, all, is_of_moment, &m), 0);
	assert_int_equal(m.n, 300);
	fix_store_close(s);
	was = strdup(folder);
	strcpy(folder, dir);
	assert_int_equal(tables_teardown(NULL), 0);
	strcpy(folder, was);
	free(was);
}

static void
a_copy_holds_one_moment_while_the_owner_writes(void **state)
{
	uint64_t applied = 0, was = 0;
	pid_t child, me = getpid();
	int ready[2], moments = 0;
	char c;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0)
		write_batches(ready[1], me);
	assert_int_equal(read(ready[0], &c, 1), 1);
	while (moments < 10) { /* the writer may not have had its turn */
		copy_holds(&applied);
		moments += applied > was;
		was = applied;
	}
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	close(ready[0]);
	close(ready[1]);
}

static void
damaged_or_missing_tables_are_not_copied(void **state)
{
	struct fix_store_error e;
	struct fix_store *s;
	uint64_t applied;
	FILE *f = tmpfile();

	(void)state;
	assert_int_equal(fix_store_copy(folder, fileno(f), &applied, &e),
	    -FIX_E_NOTFOUND);
	s = open_tables(&e);
	put(s, "a", "a value that is easily found", 7);
	fix_store_close(s);
	damage_value("a value that is easily found");
	assert_int_equal(fix_store_copy(folder, fileno(f), &applied, &e),
	    -FIX_E_CORRUPT);
	assert_non_null(strstr(e.text, "damaged"));
	fclose(f);
}

int
main(void)
{
#define T(name)                                                                \
	cmocka_unit_test_setup_teardown(name, tables_setup, tables_teardown)
	const struct CMUnitTest tests[] = {
		T(tables_survive_a_killed_process),
		T(tables_that_were_open_in_another_boot_are_dropped),
		T(tables_closed_before_another_boot_are_kept),
		T(tables_of_another_version_are_dropped_by_the_owner_only),
		T(data_of_another_program_are_refused_and_left_alone),
		T(tables_that_lmdb_cannot_read_are_made_again),
		T(a_damaged_value_is_told_and_clear_mends_it),
		T(any_damage_to_closed_tables_drops_them),
		T(a_second_owner_is_told_the_pid_of_the_first),
		T(a_reader_of_another_process_sees_each_commit),
		T(a_copy_holds_one_moment_while_the_owner_writes),
		T(damaged_or_missing_tables_are_not_copied),
	};

	return cmocka_run_group_tests_name("tables", tests, NULL, NULL);
}
