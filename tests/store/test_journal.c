/*
 * The journal's contract on a disk that does as it is told: what is committed
 * is read back by anybody, what is not is seen by nobody.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

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

static int
up(struct bed *b)
{
	b->cfg.disk = b->d = memdisk_attach(b->m);
	assert_non_null(b->d);
	return fix_journal_open(&b->j, &b->cfg, &b->e);
}

static void
down(struct bed *b)
{
	fix_journal_close(b->j);
	b->d->ops->close(b->d);
}

static int
setup(void **state)
{
	struct bed *b = calloc(1, sizeof(*b));

	b->m = memdisk_new(1);
	b->cfg.segment_bytes = SEG;
	*state = b;
	return up(b);
}

static int
teardown(void **state)
{
	struct bed *b = *state;

	down(b);
	memdisk_free(b->m);
	free(b);
	return 0;
}

static void
reopen(struct bed *b)
{
	down(b);
	if (up(b) != 0)
		fail_msg("%s", b->e.text);
}

static int
append(struct bed *b, const char *text, uint64_t *pos)
{
	struct fix_span part = fix_span_of(text);
	struct fix_now now = { { 11 }, { 22 } };

	return fix_journal_append(b->j, 3, 4, 5, now, &part, 1, pos);
}

static void
a_committed_record_is_read_back_with_every_field(void **state)
{
	struct bed *b = *state;
	struct fix_journal_reader *r;
	struct fix_rec rec, at;
	uint64_t pos;

	assert_int_equal(append(b, "8=FIX.4.4", &pos), 0);
	assert_int_equal(fix_journal_commit(b->j), 1);
	assert_int_equal(fix_journal_reader_open(&r, b->d, 0, &b->e), 0);
	assert_int_equal(fix_journal_next(r, &rec, &b->e), 1);
	assert_int_equal(rec.number, 1);
	assert_int_equal(rec.pos, pos);
	assert_int_equal(rec.wall.ns, 11);
	assert_int_equal(rec.mono.ns, 22);
	assert_int_equal(rec.type, 3);
	assert_int_equal(rec.session, 4);
	assert_int_equal(rec.order, 5);
	assert_int_equal(rec.flags, FIX_REC_END);
	assert_true(
	    fix_span_is((struct fix_span){ rec.data, rec.len }, "8=FIX.4.4"));
	assert_int_equal(fix_journal_at(b->j, pos, &at), 0);
	assert_memory_equal(at.data, "8=FIX.4.4", 9);
	assert_int_equal(fix_journal_next(r, &rec, &b->e), 0);
	fix_journal_reader_close(r);
}

static void
an_open_turn_is_seen_by_nobody(void **state)
{
	struct bed *b = *state;
	struct fix_journal_reader *r;
	struct fix_rec rec;
	uint64_t pos;

	turn_write(b->j, 2, 1);
	assert_int_equal(append(b, "x", &pos), 0);
	assert_int_equal(fix_journal_last(b->j), 2);
	assert_int_equal(fix_journal_at(b->j, pos, &rec), -FIX_E_NOTFOUND);
	assert_int_equal(fix_journal_reader_open(&r, b->d, 3, &b->e), 0);
	assert_int_equal(fix_journal_next(r, &rec, &b->e), 0);
	assert_int_equal(fix_journal_commit(b->j), 1);
	assert_int_equal(fix_journal_next(r, &rec, &b->e), 1);
	assert_int_equal(rec.pos, pos);
	fix_journal_reader_close(r);
}

static void
a_commit_without_records_writes_nothing(void **state)
{
	struct bed *b = *state;

	assert_int_equal(fix_journal_commit(b->j), 0);
	assert_int_equal(fix_journal_last(b->j), 0);
	assert_int_equal(fix_journal_first(b->j), 1);
	reopen(b);
	assert_int_equal(fix_journal_last(b->j), 0);
}

static void
turns_go_over_segments_and_are_read_whole(void **state)
{
	struct bed *b = *state;
	uint64_t salt;

	for (salt = 1; salt <= 300; salt++)
		turn_write(b->j, (unsigned)(salt % 7) + 1, salt);
	assert_non_null(memdisk_name(b->m, 3)); /* it did go over some */
	assert_int_equal(turns_read(b->d), fix_journal_last(b->j));
	reopen(b);
	assert_int_equal(turns_read(b->d), fix_journal_last(b->j));
	turn_write(b->j, 5, salt);
	assert_int_equal(turns_read(b->d), fix_journal_last(b->j));
}

static void
a_turn_larger_than_a_segment_is_one_turn(void **state)
{
	struct bed *b = *state;

	turn_write(b->j, 3, 1);
	turn_write(b->j, 1500, 2);
	assert_non_null(memdisk_name(b->m, 3));
	turn_write(b->j, 3, 3);
	assert_int_equal(turns_read(b->d), 1506);
	reopen(b);
	assert_int_equal(turns_read(b->d), 1506);
}

static void
an_aborted_turn_never_was_also_over_segments(void **state)
{
	struct bed *b = *state;

	turn_write(b->j, 3, 1);
	assert_int_equal(turn_append(b->j, 1500, 2), 0);
	fix_journal_abort(b->j);
	assert_int_equal(fix_journal_last(b->j), 3);
	assert_int_equal(turns_read(b->d), 3);
	turn_write(b->j, 700, 4);
	assert_int_equal(turn_append(b->j, 1500, 2), 0);
	fix_journal_abort(b->j);
	assert_int_equal(turns_read(b->d), 703);
	reopen(b);
	assert_int_equal(turns_read(b->d), 703);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_committed_record_is_read_back_with_every_field),
		T(an_open_turn_is_seen_by_nobody),
		T(a_commit_without_records_writes_nothing),
		T(turns_go_over_segments_and_are_read_whole),
		T(a_turn_larger_than_a_segment_is_one_turn),
		T(an_aborted_turn_never_was_also_over_segments),
	};

	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
