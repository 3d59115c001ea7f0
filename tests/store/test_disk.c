/*
 * The real folder: processes that are killed, two at once, readers in other
 * processes, and a file system without room.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/journal_format.h"
#include "tests/store/turns.h"

#define SEG (64 * 1024)
#define PATIENCE_MS 60000

static char folder[64];
static struct fix_store_error err;
static pid_t self;
#define KILLS 60
static struct fix_journal *abandoned[KILLS]; /* never closed, on purpose */

static int
setup(void **state)
{
	(void)state;
	self = getpid();
	strcpy(folder, "/tmp/fixgate-disk-XXXXXX");
	return mkdtemp(folder) != NULL ? 0 : -1;
}

static int
teardown(void **state)
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

static struct fix_disk *
disk(bool write)
{
	struct fix_disk *d;

	assert_int_equal(fix_disk_dir(&d, folder, write), 0);
	return d;
}

static int
open_on(struct fix_journal **j, struct fix_disk *d)
{
	struct fix_journal_cfg cfg = { d, SEG, FIX_DURABLE_PROCESS };

	return fix_journal_open(j, &cfg, &err);
}

static struct fix_journal *
journal(struct fix_disk *d)
{
	struct fix_journal *j;

	if (open_on(&j, d) != 0)
		fail_msg("%s", err.text);
	return j;
}

/* Memory that a child shares with us. */
static uint64_t *
shared(void)
{
	uint64_t *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(p, MAP_FAILED);
	return p;
}

static void
must_exit_well(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void
a_folder_is_made_for_its_owner_only(void **state)
{
	char path[128];
	struct fix_disk *d;
	struct stat st;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/a", folder);
	assert_int_equal(fix_disk_dir(&d, path, false), -FIX_E_NOTFOUND);
	(void)snprintf(path, sizeof(path), "%s/a/b", folder);
	assert_int_equal(fix_disk_dir(&d, path, true), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	d->ops->close(d);
	assert_int_equal(rmdir(path), 0);
	(void)snprintf(path, sizeof(path), "%s/a", folder);
	assert_int_equal(rmdir(path), 0);
}

static void
a_new_file_has_its_blocks_and_is_private(void **state)
{
	struct fix_disk *d = disk(true);
	char path[128];
	struct stat st;
	uint8_t *at;

	(void)state;
	assert_int_equal(d->ops->map(d, "x", SEG, true, true, &at), 0);
	(void)snprintf(path, sizeof(path), "%s/x", folder);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, SEG);
	assert_true(st.st_blocks * 512 >= SEG);
	assert_int_equal(st.st_mode & 0777, 0600);
	d->ops->unmap(d, at, SEG);
	assert_int_equal(
	    d->ops->map(d, "x", SEG, true, true, &at), -FIX_E_EXISTS);
	assert_int_equal(
	    d->ops->map(d, "x", 2 * SEG, false, true, &at), -FIX_E_FOREIGN);
	assert_int_equal(
	    d->ops->map(d, "y", SEG, false, true, &at), -FIX_E_NOTFOUND);
	assert_int_equal(d->ops->remove(d, "x"), 0);
	assert_int_equal(d->ops->remove(d, "x"), -FIX_E_NOTFOUND);
	d->ops->close(d);
}

static void
a_second_process_is_told_the_pid_of_the_first(void **state)
{
	struct fix_disk *d = disk(true);
	struct fix_journal *j = journal(d), *other;
	char pid[32];
	pid_t child;

	(void)state;
	(void)snprintf(pid, sizeof(pid), "process %ld", (long)getpid());
	child = fork();
	if (child == 0) {
		struct fix_disk *d2 = disk(true);

		_exit(open_on(&other, d2) == -FIX_E_LOCKED &&
			      strstr(err.text, pid) != NULL &&
			      strstr(err.text, folder) != NULL
			  ? 0
			  : 1);
	}
	must_exit_well(child);
	fix_journal_close(j);
	d->ops->close(d);
	d = disk(true);
	j = journal(d); /* the lock has gone with its owner */
	fix_journal_close(j);
	d->ops->close(d);
}

static void
no_room_is_told_when_a_segment_is_made_and_never_later(void **state)
{
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		struct rlimit small = { SEG / 2, SEG / 2 };
		struct fix_disk *d = disk(true);
		struct fix_journal *j = journal(d);

		signal(SIGXFSZ, SIG_IGN);
		turn_write(j, 3, 1);
		setrlimit(RLIMIT_FSIZE, &small);
		if (fix_journal_prepare(j) != -FIX_E_FULL)
			_exit(1);
		while (turn_append(j, 3, 2) == 0)
			if (fix_journal_commit(j) != 3)
				_exit(2);
		if (turn_append(j, 3, 2) != -FIX_E_FULL)
			_exit(3);
		fix_journal_abort(j);
		_exit(turns_read(d) == fix_journal_last(j) ? 0 : 4);
	}
	must_exit_well(child);
}

/* Writes turns until it is killed; tells what it has committed. */
static void
write_for_ever(uint64_t *committed, uint64_t seed)
{
	struct fix_disk *d = disk(true);
	struct fix_journal *j = journal(d);

	__atomic_store_n(committed, fix_journal_last(j), __ATOMIC_RELEASE);
	for (;;) {
		unsigned n = draw(&seed) % 50 == 0
				 ? 400
				 : (unsigned)(draw(&seed) % 6) + 1;

		if (turn_append(j, n, draw(&seed)) != 0)
			_exit(1);
		if (draw(&seed) % 8 == 0) {
			fix_journal_abort(j);
		} else {
			if (fix_journal_commit(j) != (ssize_t)n)
				_exit(2);
			__atomic_store_n(
			    committed, fix_journal_last(j), __ATOMIC_RELEASE);
		}
		if (draw(&seed) % 16 == 0 && fix_journal_prepare(j) != 0)
			_exit(3);
		if (draw(&seed) % 200 == 0 &&
		    fix_journal_prune(j, fix_journal_last(j) / 2) < 0)
			_exit(4);
	}
}

static void
pause_us(uint64_t us)
{
	struct timespec t = { 0, (long)us * 1000 };

	nanosleep(&t, NULL);
}

/* At any time, or some time after it has committed something. */
static void
kill_some_time(pid_t child, const uint64_t *committed, uint64_t *seed)
{
	uint64_t before = *committed;
	unsigned left = PATIENCE_MS;
	int status;

	if (draw(seed) % 2 == 0) {
		while (__atomic_load_n(committed, __ATOMIC_ACQUIRE) == before &&
		       left-- > 0)
			pause_us(1000);
		assert_true(left > 0);
	}
	pause_us(draw(seed) % 10000);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status)); /* it did not end by itself */
}

/* Whole turns only, from the first whole one on. @return the last number */
static uint64_t
read_whole(struct fix_disk *d)
{
	struct fix_journal_reader *r;
	struct turn_check c = { 0 };
	struct fix_rec rec;
	const char *bad;

	assert_int_equal(fix_journal_reader_open(&r, d, 0, &err), 0);
	while (fix_journal_next(r, &rec, &err) == 1) {
		if (c.next == 0) {
			c.index = rec.session;
			c.next = rec.number;
		}
		bad = turn_see(&c, &rec);
		if (bad != NULL)
			fail_msg("record %llu: %s",
			    (unsigned long long)rec.number, bad);
	}
	assert_string_equal(err.text, "");
	assert_int_equal(c.index, 0);
	fix_journal_reader_close(r);
	return c.next == 0 ? 0 : c.next - 1;
}

static void
kill_9_loses_no_committed_turn_and_leaves_no_half_one(void **state)
{
	uint64_t *committed = shared(), seed = (uint64_t)getpid();
	struct fix_journal *j;
	struct fix_disk *d;
	unsigned i;
	pid_t child;

	(void)state;
	for (i = 0; i < KILLS; i++) {
		child = fork();
		if (child == 0)
			write_for_ever(committed, draw(&seed) + i);
		kill_some_time(child, committed, &seed);
		d = disk(true);
		j = journal(d);
		assert_true(fix_journal_last(j) >= *committed);
		assert_int_equal(read_whole(d), fix_journal_last(j));
		/* No clean close for the next one to lean on. */
		abandoned[i] = j;
		d->ops->close(d);
		*committed = fix_journal_last(j);
	}
	assert_true(*committed > 0);
	munmap(committed, 4096);
}

/* A reader of its own process: from 1 to `until`, then well. */
static int
follow(uint64_t until)
{
	struct fix_disk *d = disk(false);
	struct fix_journal_reader *r;
	struct turn_check c = { .next = 1 };
	struct fix_rec rec;
	int rc, left = PATIENCE_MS;

	while (
	    (rc = fix_journal_reader_open(&r, d, 1, &err)) == -FIX_E_NOTFOUND &&
	    left-- > 0)
		poll(NULL, 0, 1);
	if (rc != 0)
		return 1;
	while (c.next <= until) {
		rc = fix_journal_next(r, &rec, &err);
		if (rc < 0 || (rc == 0 && left-- == 0))
			return 2;
		if (rc == 0 && c.index != 0)
			return 5; /* a turn that shows by half */
		if (rc == 0)
			poll(NULL, 0, 1);
		else if (turn_see(&c, &rec) != NULL)
			return 3;
	}
	return c.index == 0 ? 0 : 4;
}

static void
readers_of_other_processes_see_every_turn_once(void **state)
{
	uint64_t until = 20000, seed = 1;
	struct fix_journal *j;
	struct fix_disk *d;
	pid_t child[2];
	unsigned i, n;

	(void)state;
	for (i = 0; i < 2; i++) {
		child[i] = fork();
		if (child[i] == 0)
			_exit(follow(until));
	}
	d = disk(true);
	j = journal(d);
	while (fix_journal_last(j) < until) {
		n = (unsigned)(draw(&seed) % 9) + 1;
		if (n > until - fix_journal_last(j))
			n = (unsigned)(until - fix_journal_last(j));
		assert_int_equal(turn_append(j, n, draw(&seed)), 0);
		if (draw(&seed) % 8 == 0)
			fix_journal_abort(j);
		else
			assert_int_equal(fix_journal_commit(j), n);
		if (draw(&seed) % 64 == 0)
			assert_int_equal(fix_journal_prepare(j), 0);
	}
	for (i = 0; i < 2; i++)
		must_exit_well(child[i]);
	fix_journal_close(j);
	d->ops->close(d);
}

/* Pruned files stay mapped; then the reader is told. */
static void
a_reader_of_another_process_is_told_when_it_is_overtaken(void **state)
{
	struct fix_disk *d = disk(true), *d2 = disk(false);
	struct fix_journal *j = journal(d);
	struct fix_journal_reader *r;
	struct fix_rec rec;
	unsigned i;
	int rc;

	(void)state;
	for (i = 0; i < 200; i++)
		turn_write(j, 10, i);
	assert_int_equal(fix_journal_reader_open(&r, d2, 0, &err), 0);
	assert_int_equal(fix_journal_next(r, &rec, &err), 1);
	assert_true(fix_journal_prune(j, UINT64_MAX) > 2);
	while ((rc = fix_journal_next(r, &rec, &err)) == 1)
		;
	assert_int_equal(rc, -FIX_E_NOTFOUND);
	assert_non_null(strstr(err.text, "pruned"));
	fix_journal_reader_close(r);
	fix_journal_close(j);
	d->ops->close(d);
	d2->ops->close(d2);
}

/* A process that died while it made a file leaves a nameless part of it. */
static void
a_file_that_was_never_finished_is_no_obstacle(void **state)
{
	struct fix_disk *d = disk(true);
	struct fix_journal *j = journal(d);
	char path[128];
	int fd;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/.new", folder);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, "half", 4), 4);
	close(fd);
	assert_int_equal(fix_journal_prepare(j), 0);
	turn_write(j, 500, 1);
	fix_journal_close(j);
	d->ops->close(d);
	d = disk(true);
	j = journal(d);
	assert_int_equal(turns_read(d), 500);
	fix_journal_close(j);
	d->ops->close(d);
}

static uint64_t
other_boot(struct fix_disk *d)
{
	(void)d;
	return 4711;
}

/* Files that are settled behind one that is not: all are written again. */
static void
recovery_may_write_to_every_file_it_walks(void **state)
{
	struct fix_disk *d = disk(true);
	struct fix_disk_ops ops = *d->ops;
	struct fix_journal *j = journal(d);
	uint64_t none = SEG_DATA;
	char path[128];
	int fd;

	(void)state;
	turn_write(j, 900, 1);
	fix_journal_close(j);
	(void)snprintf(path, sizeof(path), "%s/0000000001.journal", folder);
	fd = open(path, O_WRONLY);
	assert_int_equal(
	    pwrite(fd, &none, sizeof(none), offsetof(struct seg_head, synced)),
	    sizeof(none));
	close(fd);
	ops.boot = other_boot;
	d->ops = &ops;
	j = journal(d);
	assert_int_equal(turns_read(d), 900);
	turn_write(j, 9, 2);
	fix_journal_close(j);
	d->ops->close(d);
}

static void
disk_mode_works_on_the_real_folder(void **state)
{
	struct fix_disk *d = disk(true);
	struct fix_journal_cfg cfg = { d, SEG, FIX_DURABLE_DISK };
	struct fix_journal *j;
	unsigned i;

	(void)state;
	assert_int_equal(fix_journal_open(&j, &cfg, &err), 0);
	for (i = 0; i < 20; i++)
		turn_write(j, 30, i);
	assert_int_equal(fix_journal_sync(j), 0);
	assert_int_equal(turns_read(d), 600);
	fix_journal_close(j);
	d->ops->close(d);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_folder_is_made_for_its_owner_only),
		T(a_new_file_has_its_blocks_and_is_private),
		T(a_second_process_is_told_the_pid_of_the_first),
		T(no_room_is_told_when_a_segment_is_made_and_never_later),
		T(kill_9_loses_no_committed_turn_and_leaves_no_half_one),
		T(readers_of_other_processes_see_every_turn_once),
		T(a_reader_of_another_process_is_told_when_it_is_overtaken),
		T(a_file_that_was_never_finished_is_no_obstacle),
		T(recovery_may_write_to_every_file_it_walks),
		T(disk_mode_works_on_the_real_folder),
	};

	return cmocka_run_group_tests_name("disk", tests, NULL, NULL);
}
