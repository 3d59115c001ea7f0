/*
 * Reading a journal: from any number, beside the writer, after a prune, by
 * position.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/store/bed.h"

static void
readers_follow_from_any_number_over_segments(void **state)
{
	struct bed *b = *state;
	struct fix_journal_reader *r;
	struct fix_rec rec;
	uint64_t from, expect;

	for (from = 1; from <= 200; from++)
		turn_write(b->j, 10, from);
	for (from = 1; from <= 2001; from += 37) {
		assert_int_equal(
		    fix_journal_reader_open(&r, b->d, from, &b->e), 0);
		expect = from;
		while (fix_journal_next(r, &rec, &b->e) == 1)
			assert_int_equal(rec.number, expect++);
		assert_int_equal(expect, 2001);
		fix_journal_reader_close(r);
	}
}

static void
a_reader_keeps_up_with_a_writer_turn_by_turn(void **state)
{
	struct bed *b = *state;
	struct fix_journal_reader *r;
	struct turn_check c = { .next = 1 };
	struct fix_rec rec;
	uint64_t salt;

	assert_int_equal(fix_journal_reader_open(&r, b->d, 1, &b->e), 0);
	for (salt = 1; salt <= 400; salt++) {
		if (salt % 5 == 0) {
			assert_int_equal(turn_append(b->j, 90, salt), 0);
			assert_int_equal(fix_journal_next(r, &rec, &b->e), 0);
			fix_journal_abort(b->j);
		}
		turn_write(b->j, (unsigned)(salt % 9) + 1, salt + 1000);
		while (fix_journal_next(r, &rec, &b->e) == 1)
			assert_null(turn_see(&c, &rec));
		assert_string_equal(b->e.text, "");
		assert_int_equal(c.turns, salt);
	}
	fix_journal_reader_close(r);
}

static void
prune_takes_whole_segments_before_the_number_only(void **state)
{
	struct bed *b = *state;
	uint64_t salt, first, pos = 0;
	struct fix_rec rec;

	assert_int_equal(append(b, "first", &pos), 0);
	assert_int_equal(fix_journal_commit(b->j), 1);
	for (salt = 1; salt <= 200; salt++)
		turn_write(b->j, 10, salt);
	assert_false(fix_journal_can_prune(b->j, 1));
	assert_int_equal(fix_journal_prune(b->j, 1), 0);
	assert_int_equal(fix_journal_at(b->j, pos, &rec), 0);
	assert_true(fix_journal_can_prune(b->j, 1000));
	assert_true(fix_journal_prune(b->j, 1000) > 0);
	first = fix_journal_first(b->j);
	assert_in_range(first, 2, 1000);
	assert_int_equal(fix_journal_at(b->j, pos, &rec), -FIX_E_NOTFOUND);
	assert_int_equal(fix_journal_prune(b->j, 1000), 0);
	reopen(b);
	assert_int_equal(fix_journal_first(b->j), first);
	assert_true(fix_journal_prune(b->j, UINT64_MAX) > 0);
	assert_in_range(
	    fix_journal_first(b->j), first + 1, fix_journal_last(b->j));
	turn_write(b->j, 3, 1);
}

static void
a_reader_that_is_overtaken_by_prune_says_so(void **state)
{
	struct bed *b = *state;
	struct fix_journal_reader *r, *late;
	struct fix_rec rec;
	uint64_t salt, seen = 0;
	int rc;

	for (salt = 1; salt <= 200; salt++)
		turn_write(b->j, 10, salt);
	assert_int_equal(fix_journal_reader_open(&r, b->d, 1, &b->e), 0);
	assert_int_equal(fix_journal_next(r, &rec, &b->e), 1);
	assert_true(fix_journal_prune(b->j, UINT64_MAX) > 2);
	while ((rc = fix_journal_next(r, &rec, &b->e)) == 1)
		seen = rec.number;
	assert_int_equal(rc, -FIX_E_NOTFOUND);
	assert_non_null(strstr(b->e.text, "pruned"));
	assert_in_range(seen, 2, fix_journal_first(b->j));
	assert_int_equal(
	    fix_journal_reader_open(&late, b->d, 1, &b->e), -FIX_E_NOTFOUND);
	assert_non_null(strstr(b->e.text, "record 1 "));
	fix_journal_reader_close(r);
}

static void
a_reader_where_there_is_no_journal_is_told(void **state)
{
	struct bed *b = *state;
	struct memdisk *m = memdisk_new(1);
	struct fix_disk *d = memdisk_attach(m);
	struct fix_journal_reader *r;

	assert_int_equal(
	    fix_journal_reader_open(&r, d, 0, &b->e), -FIX_E_NOTFOUND);
	assert_non_null(strstr(b->e.text, "no journal"));
	d->ops->close(d);
	memdisk_free(m);
}

static void
a_position_that_is_no_record_is_never_a_record(void **state)
{
	struct bed *b = *state;
	struct fix_rec rec;
	uint64_t pos, real, found = 0;

	turn_write(b->j, 20, 1);
	assert_int_equal(append(b, "end", &real), 0);
	assert_int_equal(fix_journal_commit(b->j), 1);
	for (pos = real & ~UINT64_C(0xffffffff); pos < real + 300; pos++)
		found += fix_journal_at(b->j, pos, &rec) == 0;
	assert_int_equal(found, 21);
	assert_int_equal(fix_journal_at(b->j, 0, &rec), -FIX_E_NOTFOUND);
	assert_int_equal(
	    fix_journal_at(b->j, UINT64_MAX, &rec), -FIX_E_NOTFOUND);
}

/* Between a power loss and the next start of the gateway. */
static void
what_a_power_loss_left_is_not_told_as_damage(void **state)
{
	struct bed *b = *state;
	struct fix_journal_reader *r;
	struct fix_rec rec;
	uint64_t pos;
	uint8_t *file;

	turn_write(b->j, 3, 1);
	assert_int_equal(fix_journal_sync(b->j), 0);
	assert_int_equal(append(b, "not on the disk yet", &pos), 0);
	assert_int_equal(fix_journal_commit(b->j), 1);
	file = memdisk_file(b->m, "0000000001.journal", NULL);
	memset(file + (pos & UINT32_MAX), 0, 64);
	memdisk_settle(b->m);
	memdisk_crash(b->m, MEMDISK_POWER);
	down(b);
	b->d = memdisk_attach(b->m);
	assert_int_equal(fix_journal_reader_open(&r, b->d, 0, &b->e), 0);
	while (fix_journal_next(r, &rec, &b->e) == 1)
		;
	assert_non_null(strstr(b->e.text, "the machine went down"));
	fix_journal_reader_close(r);
	b->d->ops->close(b->d);
	assert_int_equal(up(b), 0);
	assert_int_equal(turns_read(b->d), 3);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)
	const struct CMUnitTest tests[] = {
		T(readers_follow_from_any_number_over_segments),
		T(a_reader_keeps_up_with_a_writer_turn_by_turn),
		T(prune_takes_whole_segments_before_the_number_only),
		T(a_reader_that_is_overtaken_by_prune_says_so),
		T(a_reader_where_there_is_no_journal_is_told),
		T(a_position_that_is_no_record_is_never_a_record),
		T(what_a_power_loss_left_is_not_told_as_damage),
	};

	return cmocka_run_group_tests_name("reader", tests, NULL, NULL);
}
