/*
 * The journal's contract on a disk that does as it is told: what is committed
 * is read back by anybody, what is not is seen by nobody.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/store/bed.h"

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

static void
what_a_crash_left_is_cut_and_told(void **state)
{
	struct bed *b = *state;
	const uint8_t *file;
	size_t bytes, i;

	turn_write(b->j, 3, 1);
	assert_int_equal(turn_append(b->j, 50, 2), 0);
	memdisk_crash(b->m, MEMDISK_KILL);
	reopen(b);
	assert_non_null(strstr(b->e.text, "cut "));
	assert_non_null(strstr(b->e.text, "behind record 3"));
	file = memdisk_file(b->m, "0000000001.journal", &bytes);
	turn_write(b->j, 1, 3);
	for (i = bytes; file[i - 1] == 0; i--)
		;
	assert_true(i < 4096 + 5 * TURNS_DATA_MAX); /* no 50 records */
	reopen(b);
	assert_string_equal(b->e.text, "");
	assert_int_equal(turns_read(b->d), 4);
}

static void
a_record_over_the_cap_is_refused_and_changes_nothing(void **state)
{
	struct bed *b = *state;
	uint8_t *big = calloc(1, FIX_JOURNAL_DATA_MAX + 1);
	struct fix_span part[2] = { { big, FIX_JOURNAL_DATA_MAX + 1 },
		{ big, SIZE_MAX } };
	struct fix_now now = { { 1 }, { 1 } };

	turn_write(b->j, 1, 1);
	assert_int_equal(fix_journal_append(b->j, 1, 0, 0, now, part, 1, NULL),
	    -FIX_E_TOOBIG);
	part[0].len = 10;
	assert_int_equal(fix_journal_append(b->j, 1, 0, 0, now, part, 2, NULL),
	    -FIX_E_TOOBIG);
	part[0].len = SEG - 4096 - 56 + 1; /* more than a segment holds */
	assert_int_equal(fix_journal_append(b->j, 1, 0, 0, now, part, 1, NULL),
	    -FIX_E_TOOBIG);
	part[0].len--;
	assert_int_equal(
	    fix_journal_append(b->j, 1, 0, 0, now, part, 1, NULL), 0);
	fix_journal_abort(b->j);
	assert_int_equal(turns_read(b->d), 1);
	free(big);
}

static void
a_segment_size_that_cannot_be_is_refused(void **state)
{
	static const size_t sizes[] = { 0, 4096, SEG - 4096, SEG + 1,
		(size_t)2 << 30 };
	struct bed *b = *state;
	struct fix_journal *j;
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		b->cfg.segment_bytes = sizes[i];
		assert_int_equal(
		    fix_journal_open(&j, &b->cfg, &b->e), -FIX_E_RANGE);
		assert_non_null(strstr(b->e.text, "64 KiB"));
	}
	b->cfg.segment_bytes = SEG;
}

static void
a_new_segment_size_holds_from_the_next_segment_on(void **state)
{
	struct bed *b = *state;
	struct fix_journal_reader *r;
	struct fix_rec rec;
	unsigned n = 0;

	turn_write(b->j, 400, 1);
	b->cfg.segment_bytes = 2 * SEG;
	reopen(b);
	turn_write(b->j, 900, 2);
	b->cfg.segment_bytes = SEG;
	reopen(b);
	turn_write(b->j, 900, 3);
	assert_int_equal(turns_read(b->d), 2200);
	assert_int_equal(fix_journal_reader_open(&r, b->d, 401, &b->e), 0);
	while (fix_journal_next(r, &rec, &b->e) == 1)
		n++;
	assert_int_equal(n, 1800);
	fix_journal_reader_close(r);
}

static void
an_empty_segment_too_small_for_a_record_is_passed_over(void **state)
{
	struct bed *b = *state;
	uint8_t *big = calloc(1, 4 * SEG);
	struct fix_span part = { big, 4 * SEG };
	struct fix_now now = { { 1 }, { 1 } };
	struct fix_journal_reader *r;
	struct fix_rec rec;

	b->cfg.segment_bytes = 8 * SEG;
	reopen(b);
	assert_int_equal(
	    fix_journal_append(b->j, 1, 0, 0, now, &part, 1, NULL), 0);
	assert_int_equal(fix_journal_commit(b->j), 1);
	reopen(b);
	assert_int_equal(fix_journal_reader_open(&r, b->d, 0, &b->e), 0);
	assert_int_equal(fix_journal_next(r, &rec, &b->e), 1);
	assert_int_equal(rec.number, 1);
	assert_int_equal(rec.len, 4 * SEG);
	assert_int_equal(fix_journal_next(r, &rec, &b->e), 0);
	fix_journal_reader_close(r);
	free(big);
}

static void
a_second_gateway_is_told_which_process_owns_it(void **state)
{
	struct bed *b = *state;
	struct fix_journal_cfg cfg = b->cfg;
	struct fix_journal *j;

	cfg.disk = memdisk_attach(b->m);
	assert_int_equal(fix_journal_open(&j, &cfg, &b->e), -FIX_E_LOCKED);
	assert_non_null(strstr(b->e.text, "process 4711"));
	cfg.disk->ops->close(cfg.disk);
}

static void
a_full_disk_shows_before_a_turn_is_committed(void **state)
{
	struct bed *b = *state;
	uint64_t last;

	memdisk_limit(b->m, 2 * SEG);
	while (turn_append(b->j, 10, 5) == 0)
		assert_int_equal(fix_journal_commit(b->j), 10);
	fix_journal_abort(b->j);
	last = fix_journal_last(b->j);
	assert_int_equal(turns_read(b->d), last);
	assert_int_equal(fix_journal_prepare(b->j), -FIX_E_FULL);
	turn_write(b->j, 1, 6); /* there is room for small things yet */
	memdisk_limit(b->m, 0);
	assert_int_equal(fix_journal_prepare(b->j), 0);
	turn_write(b->j, 50, 7);
	reopen(b);
	assert_int_equal(turns_read(b->d), last + 51);
}

static unsigned
made(struct bed *b)
{
	return memdisk_calls(b->m, MEMDISK_CREATE);
}

/* Whatever happens to the disk, what was asked for can be written; a turn that
 * was dropped over several files gives all of them back. */
static void
a_reserve_is_written_on_a_disk_that_is_full(void **state)
{
	struct bed *b = *state;
	unsigned n;
	uint64_t room, last;

	fix_journal_reserve(b->j, 3 * SEG);
	assert_int_equal(fix_journal_prepare(b->j), 0);
	n = made(b);
	assert_int_equal(n, 5); /* a head page of each is not for records */
	assert_int_equal(fix_journal_prepare(b->j), 0);
	assert_int_equal(made(b), n);
	memdisk_limit(b->m, 1);
	room = fix_journal_room(b->j);
	assert_true(room > 3 * SEG);
	while (turn_append(b->j, 10, 5) == 0)
		;
	fix_journal_abort(b->j);
	assert_int_equal(fix_journal_room(b->j), room);
	while (turn_append(b->j, 10, 5) == 0)
		assert_int_equal(fix_journal_commit(b->j), 10);
	fix_journal_abort(b->j);
	last = fix_journal_last(b->j);
	assert_true(room - fix_journal_room(b->j) > 3 * SEG);
	assert_int_equal(turns_read(b->d), last);
	reopen(b);
	assert_int_equal(turns_read(b->d), last);
}

static void
part_of_a_reserve_is_kept_and_the_rest_asked_for_again(void **state)
{
	struct bed *b = *state;

	fix_journal_reserve(b->j, 4 * SEG);
	memdisk_limit(b->m, 3 * SEG);
	assert_int_equal(fix_journal_prepare(b->j), -FIX_E_FULL);
	assert_in_range(fix_journal_room(b->j), 2 * SEG, 3 * SEG);
	memdisk_limit(b->m, 0);
	assert_int_equal(fix_journal_prepare(b->j), 0);
	assert_true(fix_journal_room(b->j) > 4 * SEG);
	reopen(b); /* none of them has a header yet */
	turn_write(b->j, 250, 1);
	assert_int_equal(turns_read(b->d), 250);
}

/* The last record stands in the second segment. */
static bool
rolled(struct bed *b)
{
	struct fix_journal_reader *r;
	struct fix_rec rec;
	uint64_t last = fix_journal_last(b->j);

	assert_int_equal(fix_journal_reader_open(&r, b->d, last, &b->e), 0);
	assert_int_equal(fix_journal_next(r, &rec, &b->e), 1);
	fix_journal_reader_close(r);
	return rec.pos >> 32 == 2;
}

static void
a_prepared_segment_spares_the_turn_from_making_one(void **state)
{
	struct bed *b = *state;
	unsigned made;

	assert_int_equal(fix_journal_prepare(b->j), 0);
	assert_int_equal(fix_journal_prepare(b->j), 0);
	made = memdisk_calls(b->m, MEMDISK_CREATE);
	assert_int_equal(made, 2);
	turn_write(b->j, 250, 1);
	assert_true(rolled(b));
	assert_int_equal(memdisk_calls(b->m, MEMDISK_CREATE), made);
	reopen(b);
	assert_int_equal(turns_read(b->d), 250);
}

static void
disk_mode_syncs_once_a_commit_and_process_mode_never(void **state)
{
	struct bed *b = *state;
	unsigned before = memdisk_calls(b->m, MEMDISK_SYNC), i;

	for (i = 0; i < 20; i++)
		turn_write(b->j, 3, i);
	assert_int_equal(memdisk_calls(b->m, MEMDISK_SYNC), before);
	b->cfg.durability = FIX_DURABLE_DISK;
	reopen(b);
	before = memdisk_calls(b->m, MEMDISK_SYNC);
	for (i = 0; i < 20; i++)
		turn_write(b->j, 3, i);
	assert_int_equal(memdisk_calls(b->m, MEMDISK_SYNC), before + 20);
}

static void
a_failed_sync_ends_writing_for_ever_and_shows_nothing(void **state)
{
	struct bed *b = *state;
	unsigned syncs;

	b->cfg.durability = FIX_DURABLE_DISK;
	reopen(b);
	turn_write(b->j, 2, 1);
	memdisk_fail(b->m, MEMDISK_SYNC, 1, -FIX_E_IO, false);
	assert_int_equal(turn_append(b->j, 2, 2), 0);
	assert_int_equal(fix_journal_commit(b->j), -FIX_E_IO);
	assert_int_equal(turns_read(b->d), 2);
	syncs = memdisk_calls(b->m, MEMDISK_SYNC);
	assert_int_equal(fix_journal_commit(b->j), -FIX_E_IO);
	fix_journal_abort(b->j);
	assert_int_equal(turn_append(b->j, 1, 3), -FIX_E_STATE);
	assert_int_equal(fix_journal_sync(b->j), -FIX_E_IO);
	assert_int_equal(fix_journal_prepare(b->j), -FIX_E_STATE);
	assert_int_equal(fix_journal_last(b->j), 2);
	reopen(b);
	assert_int_equal(memdisk_calls(b->m, MEMDISK_SYNC) > syncs, 1);
	assert_int_equal(turns_read(b->d), 2);
	turn_write(b->j, 2, 4);
}

/* @return number of the last record that was committed */
static uint64_t
busy_life(struct bed *b, uint64_t last)
{
	unsigned salt, errors = 0;

	for (salt = 0; salt < 9; salt++) {
		if (turn_append(b->j, 80, salt) == 0 &&
		    fix_journal_commit(b->j) == 80)
			last += 80;
		else
			fix_journal_abort(b->j);
		errors += fix_journal_prepare(b->j) != 0;
		assert_int_equal(fix_journal_last(b->j), last);
	}
	errors += fix_journal_prune(b->j, last / 2) < 0;
	(void)errors; /* each may fail; what counts is what is left */
	return last;
}

/* Each call to the disk fails once, in every place of a busy life. */
static void
a_failing_disk_never_costs_a_committed_turn(void **state)
{
	struct bed *b = *state;
	enum memdisk_op op;
	uint64_t last;
	unsigned n;

	for (op = 0; op < MEMDISK_N_OP; op++) {
		for (n = 1; n <= 12; n++) {
			b->cfg.durability =
			    n % 2 ? FIX_DURABLE_DISK : FIX_DURABLE_PROCESS;
			reopen(b);
			last = fix_journal_last(b->j);
			memdisk_fail(b->m, op, n, -FIX_E_IO, false);
			last = busy_life(b, last);
			down(b);
			if (up(b) != 0) { /* it failed in the recovery */
				memdisk_fail(b->m, op, 1, 0, false);
				b->d->ops->close(b->d);
				if (up(b) != 0)
					fail_msg("%s", b->e.text);
			}
			memdisk_fail(b->m, op, 1, 0, false);
			assert_true(fix_journal_last(b->j) >= last);
		}
	}
}

/* Its end says "go on in the next": that one must be found, too. */
static void
a_settled_segment_is_never_without_its_successor(void **state)
{
	struct bed *b = *state;
	uint64_t seed, i;

	for (seed = 1; seed <= 20; seed++) {
		down(b);
		memdisk_free(b->m);
		b->m = memdisk_new(seed);
		assert_int_equal(up(b), 0);
		for (i = 1; i <= 600; i++) /* more than a minute after 200 */
			turn_write(b->j, 1, i);
		assert_int_equal(fix_journal_prepare(b->j), 0);
		memdisk_crash(b->m, MEMDISK_POWER);
		down(b);
		if (up(b) != 0)
			fail_msg("seed %u: %s", (unsigned)seed, b->e.text);
		assert_true(fix_journal_last(b->j) > 100);
		assert_int_equal(turns_read(b->d), fix_journal_last(b->j));
	}
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)
	const struct CMUnitTest tests[] = {
		T(a_committed_record_is_read_back_with_every_field),
		T(an_open_turn_is_seen_by_nobody),
		T(a_commit_without_records_writes_nothing),
		T(turns_go_over_segments_and_are_read_whole),
		T(a_turn_larger_than_a_segment_is_one_turn),
		T(an_aborted_turn_never_was_also_over_segments),
		T(what_a_crash_left_is_cut_and_told),
		T(a_record_over_the_cap_is_refused_and_changes_nothing),
		T(a_segment_size_that_cannot_be_is_refused),
		T(a_new_segment_size_holds_from_the_next_segment_on),
		T(an_empty_segment_too_small_for_a_record_is_passed_over),
		T(a_second_gateway_is_told_which_process_owns_it),
		T(a_full_disk_shows_before_a_turn_is_committed),
		T(a_reserve_is_written_on_a_disk_that_is_full),
		T(part_of_a_reserve_is_kept_and_the_rest_asked_for_again),
		T(a_prepared_segment_spares_the_turn_from_making_one),
		T(disk_mode_syncs_once_a_commit_and_process_mode_never),
		T(a_failed_sync_ends_writing_for_ever_and_shows_nothing),
		T(a_failing_disk_never_costs_a_committed_turn),
		T(a_settled_segment_is_never_without_its_successor),
	};

	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
