/*
 * Tables: LMDB and its twin in memory give the same answers, and doubtful
 * tables are dropped.
 */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/store.h"
#include "tests/lib/memdisk.h"
#include "tests/store/turns.h"

#define MAP (16u * 1024 * 1024)

static char folder[64];
static pid_t self;

static int
setup(void **state)
{
	(void)state;
	self = getpid();
	strcpy(folder, "/tmp/fixgate-store-XXXXXX");
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

static struct fix_store *
open_tables(struct fix_store_error *e)
{
	struct fix_store *s;

	if (fix_store_open(&s, folder, MAP, true, e) != 0)
		fail_msg("%s", e->text);
	return s;
}

static void
put(struct fix_store *s, const char *key, const char *value, uint64_t applied)
{
	assert_int_equal(fix_store_begin(s), 0);
	assert_int_equal(fix_store_put(s, FIX_TAB_ORDERS, fix_span_of(key),
			     fix_span_of(value)),
	    0);
	assert_int_equal(fix_store_commit(s, applied), 0);
}

static void
tables_survive_a_clean_close(void **state)
{
	struct fix_store_error e;
	struct fix_store *s = open_tables(&e);
	char buf[8];

	(void)state;
	assert_int_equal(fix_store_applied(s), 0);
	put(s, "a", "one", 7);
	fix_store_close(s);
	s = open_tables(&e);
	assert_string_equal(e.text, "");
	assert_int_equal(fix_store_applied(s), 7);
	assert_int_equal(fix_store_get(s, FIX_TAB_ORDERS, fix_span_of("a"), buf,
			     sizeof(buf)),
	    3);
	assert_memory_equal(buf, "one", 3);
	fix_store_close(s);
}

/* Both stores get the same calls and must say the same. */
struct pair {
	struct fix_store *a, *b;
	uint64_t seed;
};

static struct fix_span
draw_key(struct pair *p, uint8_t out[8])
{
	size_t i, n = draw(&p->seed) % 4 + 1;

	for (i = 0; i < n; i++)
		out[i] = (uint8_t)(draw(&p->seed) % 3 * 127);
	return (struct fix_span){ out, n };
}

static void
random_change(struct pair *p)
{
	uint8_t k[8], v[4096];
	enum fix_table t = (enum fix_table)(draw(&p->seed) % 2 + 1);
	struct fix_span key = draw_key(p, k), value = { v, 0 };

	switch (draw(&p->seed) % 8) {
	case 0:
		assert_int_equal(fix_store_del(p->a, t, key), 0);
		assert_int_equal(fix_store_del(p->b, t, key), 0);
		return;
	case 1:
		key.len = draw(&p->seed) % 8 == 0 ? 0 : key.len;
		assert_int_equal(fix_store_del_prefix(p->a, t, key), 0);
		assert_int_equal(fix_store_del_prefix(p->b, t, key), 0);
		return;
	default:
		value.len =
		    draw(&p->seed) % (draw(&p->seed) % 9 == 0 ? 4096 : 9);
		memset(v, (int)draw(&p->seed), sizeof(v));
		assert_int_equal(fix_store_put(p->a, t, key, value), 0);
		assert_int_equal(fix_store_put(p->b, t, key, value), 0);
	}
}

struct seen {
	uint64_t hash;
	unsigned n, stop;
};

static int
see(void *arg, struct fix_span key, struct fix_span value)
{
	struct seen *s = arg;
	size_t i;

	for (i = 0; i < key.len; i++)
		s->hash = s->hash * 31 + key.p[i] + 1;
	for (i = 0; i < value.len; i++)
		s->hash = s->hash * 37 + value.p[i] + 1;
	return ++s->n == s->stop ? (int)s->n : 0;
}

static void
compare_reads(struct pair *p)
{
	uint8_t k[8], f[8], x[16] = { 0 }, y[16] = { 0 };
	enum fix_table t = (enum fix_table)(draw(&p->seed) % 2 + 1);
	struct fix_span key = draw_key(p, k), from = draw_key(p, f);
	struct seen a = { 0, 0, (unsigned)(draw(&p->seed) % 20) }, b = a;

	assert_int_equal(fix_store_get(p->a, t, key, x, sizeof(x)),
	    fix_store_get(p->b, t, key, y, sizeof(y)));
	assert_memory_equal(x, y, sizeof(x));
	key.len = draw(&p->seed) % (key.len + 1);
	from.len = draw(&p->seed) % (from.len + 1);
	assert_int_equal(fix_store_each(p->a, t, key, from, see, &a),
	    fix_store_each(p->b, t, key, from, see, &b));
	assert_int_equal(a.n, b.n);
	assert_int_equal(a.hash, b.hash);
}

static void
lmdb_and_memory_give_the_same_answers(void **state)
{
	struct fix_store_error e;
	struct pair p = { open_tables(&e), NULL, 42 };
	unsigned batch, i;

	(void)state;
	assert_int_equal(fix_store_open_mem(&p.b), 0);
	for (batch = 1; batch <= 300; batch++) {
		assert_int_equal(fix_store_begin(p.a), 0);
		assert_int_equal(fix_store_begin(p.b), 0);
		for (i = 0; i < 20; i++)
			random_change(&p);
		compare_reads(&p); /* the batch is not seen yet */
		if (draw(&p.seed) % 4 == 0) {
			fix_store_abort(p.a);
			fix_store_abort(p.b);
		} else {
			assert_int_equal(fix_store_commit(p.a, batch), 0);
			assert_int_equal(fix_store_commit(p.b, batch), 0);
		}
		for (i = 0; i < 10; i++)
			compare_reads(&p);
		assert_int_equal(
		    fix_store_applied(p.a), fix_store_applied(p.b));
		assert_int_equal(fix_store_hash(p.a), fix_store_hash(p.b));
	}
	fix_store_close(p.a);
	fix_store_close(p.b);
}

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

static void
a_full_map_fails_the_batch_and_no_more(void **state)
{
	static uint8_t big[64 * 1024];
	struct fix_store_error e;
	struct fix_store *s;
	uint8_t key[4];
	uint32_t i, kept = 0;
	int rc = 0;

	(void)state;
	assert_int_equal(fix_store_open(&s, folder, 1024 * 1024, true, &e), 0);
	for (i = 0; rc == 0; i++) {
		assert_int_equal(fix_store_begin(s), 0);
		rc = fix_store_put(s, FIX_TAB_SENT,
		    (struct fix_span){ key, fix_key_u32(key, i) },
		    (struct fix_span){ big, sizeof(big) });
		if (rc == 0)
			rc = fix_store_commit(s, i + 1);
		else
			assert_int_equal(fix_store_commit(s, i + 1), rc);
		kept = rc == 0 ? i + 1 : kept;
		assert_true(i < 20);
	}
	assert_int_equal(rc, -FIX_E_FULL);
	assert_true(kept > 4);
	assert_int_equal(fix_store_applied(s), kept);
	assert_int_equal(fix_store_begin(s), 0);
	assert_int_equal(
	    fix_store_del_prefix(s, FIX_TAB_SENT, (struct fix_span){ NULL, 0 }),
	    0);
	assert_int_equal(fix_store_commit(s, kept), 0);
	put(s, "a", "there is room again", kept + 1);
	fix_store_close(s);
}

static void
wrong_calls_are_refused_alike_by_both(void **state)
{
	static uint8_t big[FIX_STORE_VALUE_MAX + 1];
	struct fix_span none = { NULL, 0 }, key = fix_span_of("k");
	struct fix_store_error e;
	struct fix_store *both[2];
	unsigned i;

	(void)state;
	both[0] = open_tables(&e);
	assert_int_equal(fix_store_open_mem(&both[1]), 0);
	for (i = 0; i < 2; i++) {
		struct fix_store *s = both[i];

		assert_int_equal(
		    fix_store_put(s, FIX_TAB_IDS, key, key), -FIX_E_STATE);
		assert_int_equal(fix_store_commit(s, 1), -FIX_E_STATE);
		assert_int_equal(fix_store_begin(s), 0);
		assert_int_equal(fix_store_begin(s), -FIX_E_STATE);
		assert_int_equal(
		    fix_store_put(s, FIX_TAB_IDS, none, key), -FIX_E_TOOBIG);
		assert_int_equal(fix_store_put(s, FIX_TAB_IDS,
				     (struct fix_span){ big, 257 }, key),
		    -FIX_E_TOOBIG);
		assert_int_equal(
		    fix_store_put(s, FIX_TAB_IDS, key,
			(struct fix_span){ big, FIX_STORE_VALUE_MAX + 1 }),
		    -FIX_E_TOOBIG);
		assert_int_equal(
		    fix_store_put(s, FIX_TAB_IDS, (struct fix_span){ big, 256 },
			(struct fix_span){ big, FIX_STORE_VALUE_MAX }),
		    0);
		assert_int_equal(fix_store_put(s, FIX_TAB_IDS, key, none), 0);
		assert_int_equal(fix_store_commit(s, 5), 0);
		assert_int_equal(fix_store_get(s, FIX_TAB_IDS, key, big, 4), 0);
		assert_int_equal(fix_store_get(s, FIX_TAB_IDS, none, big, 4),
		    -FIX_E_NOTFOUND);
		assert_int_equal(fix_store_sync(s), 0);
	}
	assert_int_equal(fix_store_hash(both[0]), fix_store_hash(both[1]));
	fix_store_close(both[0]);
	fix_store_close(both[1]);
	fix_store_close(NULL);
}

static void
value_is_cut_to_the_buffer_and_its_length_told(void **state)
{
	struct fix_store *s;
	char buf[4] = "....";

	(void)state;
	assert_int_equal(fix_store_open_mem(&s), 0);
	put(s, "k", "abcdef", 1);
	assert_int_equal(
	    fix_store_get(s, FIX_TAB_ORDERS, fix_span_of("k"), buf, 2), 6);
	assert_memory_equal(buf, "ab..", 4);
	fix_store_close(s);
}

static void
one_byte_more_or_less_gives_another_hash(void **state)
{
	struct fix_store *s;
	uint64_t empty, one, same;

	(void)state;
	assert_int_equal(fix_store_open_mem(&s), 0);
	empty = fix_store_hash(s);
	put(s, "ab", "c", 1);
	one = fix_store_hash(s);
	assert_true(one != empty && one != 0);
	put(s, "ab", "c", 2); /* the number reached is no content */
	same = fix_store_hash(s);
	assert_true(same == one);
	put(s, "ab", "d", 2);
	assert_true(fix_store_hash(s) != one);
	assert_int_equal(fix_store_clear(s), 0);
	assert_true(fix_store_hash(s) == empty);
	put(s, "a", "bc", 1);
	assert_true(fix_store_hash(s) != one);
	fix_store_close(s);
}

static void
numbers_in_keys_sort_as_numbers(void **state)
{
	static const uint64_t v[] = { 0, 1, 255, 256, 65535, 1u << 31,
		UINT32_MAX, UINT64_C(1) << 40, UINT64_MAX };
	uint8_t a[8], b[8];
	size_t i;

	(void)state;
	for (i = 1; i < sizeof(v) / sizeof(v[0]); i++) {
		assert_int_equal(fix_key_u64(a, v[i - 1]), 8);
		assert_int_equal(fix_key_u64(b, v[i]), 8);
		assert_true(memcmp(a, b, 8) < 0);
	}
	assert_int_equal(fix_key_u32(a, 0x01020304), 4);
	assert_memory_equal(a, "\1\2\3\4", 4);
}

/* The fold of a journal: what tables are. */
static void
replay(struct fix_store *s, struct fix_disk *d, unsigned batch)
{
	struct fix_journal_reader *r;
	struct fix_store_error e;
	struct fix_rec rec;
	uint8_t key[8];
	unsigned n = 0;

	assert_int_equal(
	    fix_journal_reader_open(&r, d, fix_store_applied(s) + 1, &e), 0);
	assert_int_equal(fix_store_begin(s), 0);
	while (fix_journal_next(r, &rec, &e) == 1) {
		struct fix_span k = { key, fix_key_u64(key, rec.number % 50) };
		struct fix_span v = { rec.data, rec.len };

		if (rec.number % 7 == 0)
			assert_int_equal(fix_store_del(s, FIX_TAB_IDS, k), 0);
		else
			assert_int_equal(
			    fix_store_put(s, FIX_TAB_IDS, k, v), 0);
		if (++n % batch == 0) {
			assert_int_equal(fix_store_commit(s, rec.number), 0);
			assert_int_equal(fix_store_begin(s), 0);
		}
	}
	assert_int_equal(fix_store_commit(s, rec.number), 0);
	fix_journal_reader_close(r);
}

static void
replay_from_zero_gives_the_same_hash_however_it_is_cut(void **state)
{
	struct memdisk *m = memdisk_new(1);
	struct fix_disk *d = memdisk_attach(m);
	struct fix_journal_cfg cfg = { d, 65536, FIX_DURABLE_PROCESS };
	struct fix_store *bit_by_bit, *at_once;
	struct fix_store_error e;
	struct fix_journal *j;
	unsigned i;

	(void)state;
	assert_int_equal(fix_journal_open(&j, &cfg, &e), 0);
	bit_by_bit = open_tables(&e);
	for (i = 0; i < 40; i++) {
		turn_write(j, i + 1, i);
		replay(bit_by_bit, d, 3);
		if (i % 8 == 0) {
			fix_store_close(bit_by_bit);
			bit_by_bit = open_tables(&e);
		}
	}
	assert_int_equal(fix_store_open_mem(&at_once), 0);
	replay(at_once, d, 1000000);
	assert_int_equal(fix_store_applied(at_once), fix_journal_last(j));
	assert_int_equal(fix_store_hash(bit_by_bit), fix_store_hash(at_once));
	assert_int_equal(fix_store_clear(bit_by_bit), 0);
	assert_int_not_equal(
	    fix_store_hash(bit_by_bit), fix_store_hash(at_once));
	replay(bit_by_bit, d, 17);
	assert_int_equal(fix_store_hash(bit_by_bit), fix_store_hash(at_once));
	fix_store_close(bit_by_bit);
	fix_store_close(at_once);
	fix_journal_close(j);
	d->ops->close(d);
	memdisk_free(m);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(tables_survive_a_clean_close),
		T(lmdb_and_memory_give_the_same_answers),
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
		T(a_full_map_fails_the_batch_and_no_more),
		T(wrong_calls_are_refused_alike_by_both),
		T(value_is_cut_to_the_buffer_and_its_length_told),
		T(one_byte_more_or_less_gives_another_hash),
		T(numbers_in_keys_sort_as_numbers),
		T(replay_from_zero_gives_the_same_hash_however_it_is_cut),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
