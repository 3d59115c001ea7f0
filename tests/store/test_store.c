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
#include <unistd.h>

#include <cmocka.h>

#include "store/store.h"
#include "tests/store/turns.h"

#define MAP (16u * 1024 * 1024)

static char folder[64];

static int
setup(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/fixgate-store-XXXXXX");
	return mkdtemp(folder) != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	struct dirent *ent;
	DIR *d = opendir(folder);

	(void)state;
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

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(tables_survive_a_clean_close),
		T(lmdb_and_memory_give_the_same_answers),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
