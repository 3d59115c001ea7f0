/*
 * What tables answer: LMDB and its twin in memory the same, whatever is asked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/lib/memdisk.h"
#include "tests/store/tables.h"
#include "tests/store/turns.h"

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
	a = (struct seen){ 0, 0, 0 };
	key.len = from.len = 0;
	assert_int_equal(fix_store_each(p->a, t, key, from, see, &a), 0);
	assert_int_equal(fix_store_count(p->a, t), a.n);
	assert_int_equal(fix_store_count(p->b, t), a.n);
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
#define T(name)                                                                \
	cmocka_unit_test_setup_teardown(name, tables_setup, tables_teardown)
	const struct CMUnitTest tests[] = {
		T(tables_survive_a_clean_close),
		T(lmdb_and_memory_give_the_same_answers),
		T(a_full_map_fails_the_batch_and_no_more),
		T(wrong_calls_are_refused_alike_by_both),
		T(value_is_cut_to_the_buffer_and_its_length_told),
		T(one_byte_more_or_less_gives_another_hash),
		T(numbers_in_keys_sort_as_numbers),
		T(replay_from_zero_gives_the_same_hash_however_it_is_cut),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
