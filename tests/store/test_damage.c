/*
 * Files that are not as they were: a bit flipped, another size, another
 * program's, another version's, one missing. The answer is always a refusal
 * that names file and place, or all committed records as they were written.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "store/journal_format.h"
#include "tests/lib/memdisk.h"
#include "tests/store/turns.h"

#define SEG (64 * 1024)
#define RECORDS 450

enum variant { KILLED, CLOSED, CLOSED_AND_BOOTED };

static struct fix_store_error err;

static struct fix_journal *
open_on(struct fix_disk *d, enum fix_durability durability)
{
	struct fix_journal_cfg cfg = { d, SEG, durability };
	struct fix_journal *j;

	if (fix_journal_open(&j, &cfg, &err) != 0)
		fail_msg("%s", err.text);
	return j;
}

/* A journal of three segments with a prepared fourth. */
static struct memdisk *
built(enum variant v, enum fix_durability durability)
{
	struct memdisk *m = memdisk_new(3);
	struct fix_disk *d = memdisk_attach(m);
	struct fix_journal *j = open_on(d, durability);
	unsigned i;

	for (i = 0; i < RECORDS / 5; i++)
		turn_write(j, 5, i);
	assert_int_equal(fix_journal_prepare(j), 0);
	assert_non_null(memdisk_name(m, 3));
	if (v == KILLED)
		memdisk_crash(m, MEMDISK_KILL);
	fix_journal_close(j);
	d->ops->close(d);
	if (v == CLOSED_AND_BOOTED)
		memdisk_crash(m, MEMDISK_POWER);
	return m;
}

/* Reads until the end or damage. @return records seen, all of them good */
static uint64_t
read_all(struct fix_disk *d, bool *refused)
{
	struct fix_journal_reader *r;
	struct turn_check c = { .next = 1 };
	struct fix_rec rec;
	const char *bad;
	int rc;

	*refused = true;
	rc = fix_journal_reader_open(&r, d, 0, &err);
	if (rc != 0) {
		assert_true(err.text[0] != '\0');
		return 0;
	}
	while ((rc = fix_journal_next(r, &rec, &err)) == 1) {
		bad = turn_see(&c, &rec);
		if (bad != NULL)
			fail_msg("record %llu: %s",
			    (unsigned long long)rec.number, bad);
		if (rec.order != (rec.number - 1) / 5)
			fail_msg("another turn");
	}
	*refused = rc != 0;
	assert_int_equal(rc != 0, err.text[0] != '\0');
	fix_journal_reader_close(r);
	return c.next - 1;
}

/* One damaged copy: reader first, then the writer, then what it left. */
static void
try_copy(struct memdisk *m, const char *file, size_t byte, uint8_t mask,
    enum fix_durability durability)
{
	struct memdisk *copy = memdisk_copy(m, 5);
	struct fix_disk *d = memdisk_attach(copy);
	struct fix_journal_cfg cfg = { d, SEG, durability };
	struct fix_journal *j;
	bool refused;
	int rc;

	memdisk_file(copy, file, NULL)[byte] ^= mask;
	memdisk_settle(copy);
	read_all(d, &refused);
	rc = fix_journal_open(&j, &cfg, &err);
	if (rc == 0) {
		if (fix_journal_last(j) != RECORDS)
			fail_msg("%s byte %zu mask %02x: opened with %llu",
			    file, byte, mask,
			    (unsigned long long)fix_journal_last(j));
		if (read_all(d, &refused) < RECORDS && !refused)
			fail_msg("%s byte %zu mask %02x: lost records", file,
			    byte, mask);
		fix_journal_close(j);
	} else if (rc != -FIX_E_CORRUPT && rc != -FIX_E_FOREIGN) {
		fail_msg("%s byte %zu mask %02x: %d", file, byte, mask, rc);
	} else if (strstr(err.text, ".journal") == NULL) {
		fail_msg("no file is named: %s", err.text);
	}
	d->ops->close(d);
	memdisk_free(copy);
}

static void
flip_bits(enum variant v, enum fix_durability durability, uint64_t seed)
{
	struct memdisk *m = built(v, durability);
	const char *file;
	size_t byte;
	unsigned i, bit;

	/* Every bit of the headers; the second segment is as the first. */
	for (i = 0; (file = memdisk_name(m, i)) != NULL; i += i == 0 ? 2 : 1)
		for (byte = 0; byte < offsetof(struct seg_head, unused2);
		     byte++)
			for (bit = 0; bit < 8; bit++)
				try_copy(m, file, byte, (uint8_t)(1 << bit),
				    durability);
	/* Every bit of a record's header, and many anywhere. */
	for (byte = SEG_DATA; byte < SEG_DATA + sizeof(struct rec_head); byte++)
		for (bit = 0; bit < 8; bit++)
			try_copy(m, memdisk_name(m, 2), byte,
			    (uint8_t)(1 << bit), durability);
	for (i = 0; i < 700; i++)
		try_copy(m, memdisk_name(m, (unsigned)(draw(&seed) % 4)),
		    draw(&seed) % SEG, (uint8_t)(1 << draw(&seed) % 8),
		    durability);
	memdisk_free(m);
}

static void
a_flipped_bit_is_refused_or_harmless_after_kill(void **state)
{
	(void)state;
	flip_bits(KILLED, FIX_DURABLE_PROCESS, 1);
	flip_bits(KILLED, FIX_DURABLE_DISK, 2);
}

static void
a_flipped_bit_is_refused_or_harmless_after_close(void **state)
{
	(void)state;
	flip_bits(CLOSED, FIX_DURABLE_PROCESS, 3);
	flip_bits(CLOSED_AND_BOOTED, FIX_DURABLE_PROCESS, 4);
}

/* In the middle of what is committed: the message says where. */
static void
damage_is_told_with_file_offset_record_and_what_to_do(void **state)
{
	struct memdisk *m = built(KILLED, FIX_DURABLE_PROCESS);
	struct fix_disk *d = memdisk_attach(m);
	struct fix_journal_cfg cfg = { d, SEG, FIX_DURABLE_PROCESS };
	struct fix_journal *j;

	(void)state;
	memdisk_file(m, "0000000003.journal", NULL)[SEG_DATA + 8] ^= 1;
	assert_int_equal(fix_journal_open(&j, &cfg, &err), -FIX_E_CORRUPT);
	assert_non_null(strstr(err.text, "memdisk/0000000003.journal"));
	assert_non_null(strstr(err.text, "offset 4096"));
	assert_non_null(strstr(err.text, "record "));
	assert_non_null(strstr(err.text, "Nothing was changed"));
	assert_non_null(strstr(err.text, "copy"));
	d->ops->close(d);
	memdisk_free(m);
}

/* What a boot lost is cut, once; from then on what is committed must hold. */
static void
after_another_boot_damage_is_refused_again(void **state)
{
	struct memdisk *m = built(CLOSED_AND_BOOTED, FIX_DURABLE_PROCESS);
	struct fix_disk *d = memdisk_attach(m);
	struct fix_journal_cfg cfg = { d, SEG, FIX_DURABLE_PROCESS };
	struct fix_journal *j = open_on(d, FIX_DURABLE_PROCESS);
	struct fix_span part = fix_span_of("not synced");
	struct fix_now now = { { 1 }, { 1 } };
	uint64_t pos;

	(void)state;
	assert_int_equal(
	    fix_journal_append(j, 1, 1, 1, now, &part, 1, &pos), 0);
	assert_int_equal(fix_journal_commit(j), 1);
	memdisk_crash(m, MEMDISK_KILL);
	fix_journal_close(j);
	d->ops->close(d);
	memdisk_file(m, "0000000003.journal", NULL)[pos & UINT32_MAX] ^= 1;
	cfg.disk = d = memdisk_attach(m);
	assert_int_equal(fix_journal_open(&j, &cfg, &err), -FIX_E_CORRUPT);
	d->ops->close(d);
	memdisk_free(m);
}

/* Damage in an older segment costs no time at open; the reader finds it. */
static void
damage_in_an_older_segment_is_told_when_it_is_read(void **state)
{
	struct memdisk *m = built(CLOSED, FIX_DURABLE_PROCESS);
	struct fix_disk *d = memdisk_attach(m);
	struct fix_journal *j;
	bool refused;

	(void)state;
	memdisk_file(m, "0000000001.journal", NULL)[SEG_DATA + 8] ^= 1;
	j = open_on(d, FIX_DURABLE_PROCESS);
	assert_int_equal(read_all(d, &refused), 0);
	assert_true(refused);
	assert_non_null(strstr(err.text, "0000000001.journal"));
	fix_journal_close(j);
	d->ops->close(d);
	memdisk_free(m);
}

static void
every_bit_of_a_header_is_under_its_checksum(void **state)
{
	struct memdisk *m = built(CLOSED, FIX_DURABLE_PROCESS);
	struct fix_disk *d = memdisk_attach(m);
	struct fix_journal_cfg cfg = { d, SEG, FIX_DURABLE_PROCESS };
	uint8_t *at = memdisk_file(m, "0000000003.journal", NULL);
	struct fix_journal *j;
	size_t bit, end = 8 * offsetof(struct seg_head, unused);

	(void)state;
	for (bit = 0; bit < end; bit++) {
		at[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_true(fix_journal_open(&j, &cfg, &err) < 0);
		assert_non_null(strstr(err.text, "0000000003.journal"));
		at[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	fix_journal_close(open_on(d, FIX_DURABLE_PROCESS));
	d->ops->close(d);
	memdisk_free(m);
}

static void
expect_refusal(struct memdisk *m, int rc, const char *text)
{
	struct fix_disk *d = memdisk_attach(m);
	struct fix_journal_cfg cfg = { d, SEG, FIX_DURABLE_PROCESS };
	struct fix_journal *j;

	assert_int_equal(fix_journal_open(&j, &cfg, &err), rc);
	if (strstr(err.text, text) == NULL)
		fail_msg("%s", err.text);
	d->ops->close(d);
	memdisk_free(m);
}

static void
a_foreign_file_is_refused(void **state)
{
	struct memdisk *m = memdisk_new(1);
	uint8_t *junk = malloc(SEG);

	(void)state;
	memset(junk, 'x', SEG);
	assert_int_equal(memdisk_put(m, "0000000001.journal", junk, SEG), 0);
	expect_refusal(m, -FIX_E_FOREIGN, "not a journal file");
	m = memdisk_new(1);
	assert_int_equal(memdisk_put(m, "0000000001.journal", junk, 100), 0);
	expect_refusal(m, -FIX_E_FOREIGN, "size");
	m = memdisk_new(1);
	assert_int_equal(memdisk_put(m, "0000000001.journal", junk, 0), 0);
	expect_refusal(m, -FIX_E_FOREIGN, "size");
	free(junk);
}

static void
a_file_of_another_version_is_refused(void **state)
{
	struct memdisk *m = built(CLOSED, FIX_DURABLE_PROCESS);

	(void)state;
	memdisk_file(m, "0000000003.journal", NULL)[8]++;
	expect_refusal(m, -FIX_E_FOREIGN, "another version");
}

static void
a_missing_file_is_refused_wherever_it_is_missing(void **state)
{
	struct memdisk *m = built(CLOSED, FIX_DURABLE_PROCESS);

	(void)state;
	memdisk_remove(m, "0000000002.journal");
	expect_refusal(m, -FIX_E_CORRUPT, "0000000002.journal is missing");
	m = built(KILLED, FIX_DURABLE_PROCESS);
	memdisk_remove(m, "0000000003.journal");
	memdisk_remove(m, "0000000004.journal");
	expect_refusal(m, -FIX_E_CORRUPT, "0000000003.journal is missing");
}

static void
a_header_that_became_zeros_is_refused(void **state)
{
	static const uint8_t zeros[SEG];
	struct memdisk *m = built(KILLED, FIX_DURABLE_PROCESS);

	(void)state;
	memset(memdisk_file(m, "0000000003.journal", NULL), 0, SEG_DATA);
	expect_refusal(m, -FIX_E_CORRUPT, "lost its header");
	m = memdisk_new(1);
	assert_int_equal(memdisk_put(m, "0000000001.journal", zeros, SEG), 0);
	memdisk_file(m, "0000000001.journal", NULL)[SEG_DATA] = 1;
	expect_refusal(m, -FIX_E_CORRUPT, "lost its header");
}

static void
a_file_cut_short_is_refused(void **state)
{
	struct memdisk *m = built(CLOSED, FIX_DURABLE_PROCESS), *n;
	uint8_t *bytes = memdisk_file(m, "0000000003.journal", NULL);

	(void)state;
	n = memdisk_copy(m, 1);
	assert_int_equal(
	    memdisk_put(n, "0000000003.journal", bytes, SEG - 4096), 0);
	memdisk_free(m);
	expect_refusal(n, -FIX_E_FOREIGN, "size");
}

static void
other_files_in_the_folder_are_left_alone(void **state)
{
	static const char *const names[] = { "notes", "1.journal",
		"00000000x1.journal", "0000000000.journal",
		"9999999999.journal", "0000000001.journal.bak" };
	struct memdisk *m = built(CLOSED, FIX_DURABLE_PROCESS);
	struct fix_disk *d = memdisk_attach(m);
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(memdisk_put(m, names[i], "hello", 5), 0);
	fix_journal_close(open_on(d, FIX_DURABLE_PROCESS));
	assert_int_equal(turns_read(d), RECORDS);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_memory_equal(
		    memdisk_file(m, names[i], NULL), "hello", 5);
	d->ops->close(d);
	memdisk_free(m);
}

/* A record whose number and checksums are right but that stood elsewhere. */
static void
a_record_from_another_journal_does_not_pass(void **state)
{
	struct memdisk *a = built(CLOSED, FIX_DURABLE_PROCESS);
	struct memdisk *b = memdisk_new(1);
	struct fix_disk *d = memdisk_attach(b);
	struct fix_journal *j = open_on(d, FIX_DURABLE_PROCESS);
	unsigned i;

	(void)state;
	for (i = 0; i < RECORDS / 5; i++)
		turn_write(j, 5, i + (i == 0)); /* the first one differs */
	fix_journal_close(j);
	d->ops->close(d);
	memcpy(memdisk_file(a, "0000000003.journal", NULL),
	    memdisk_file(b, "0000000003.journal", NULL), SEG);
	d = memdisk_attach(a);
	j = open_on(d, FIX_DURABLE_PROCESS);
	assert_true(read_all(d, &(bool){ false }) < RECORDS);
	assert_non_null(strstr(err.text, "0000000003.journal"));
	fix_journal_close(j);
	d->ops->close(d);
	memdisk_free(a);
	memdisk_free(b);
}

static void
append_three(struct fix_journal *j, const char *text)
{
	struct fix_span part = fix_span_of(text);
	struct fix_now now = { { 1 }, { 1 } };
	unsigned i;

	for (i = 0; i < 3; i++)
		assert_int_equal(
		    fix_journal_append(j, 1, 1, 1, now, &part, 1, NULL), 0);
}

/*
 * A turn is dropped, another takes its place, and a power loss keeps the old
 * bytes of its second record: number and checksum are right, but it chains to
 * a record that never was.
 */
static void
a_record_of_a_dropped_turn_does_not_fill_a_hole(void **state)
{
	const size_t len = rec_bytes(8), second = SEG_DATA + len;
	struct memdisk *m = memdisk_new(1);
	struct fix_disk *d = memdisk_attach(m);
	struct fix_journal *j = open_on(d, FIX_DURABLE_PROCESS);
	uint8_t *file = memdisk_file(m, "0000000001.journal", NULL), old[128];

	(void)state;
	append_three(j, "dropped!");
	memcpy(old, file + second, len);
	fix_journal_abort(j);
	append_three(j, "the next");
	assert_int_equal(fix_journal_commit(j), 3);
	memcpy(file + second, old, len);
	memdisk_settle(m);
	memdisk_crash(m, MEMDISK_POWER);
	fix_journal_close(j);
	d->ops->close(d);
	d = memdisk_attach(m);
	j = open_on(d, FIX_DURABLE_PROCESS);
	assert_int_equal(fix_journal_last(j), 0);
	fix_journal_close(j);
	d->ops->close(d);
	memdisk_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_flipped_bit_is_refused_or_harmless_after_kill),
		cmocka_unit_test(
		    a_flipped_bit_is_refused_or_harmless_after_close),
		cmocka_unit_test(
		    damage_is_told_with_file_offset_record_and_what_to_do),
		cmocka_unit_test(after_another_boot_damage_is_refused_again),
		cmocka_unit_test(
		    damage_in_an_older_segment_is_told_when_it_is_read),
		cmocka_unit_test(every_bit_of_a_header_is_under_its_checksum),
		cmocka_unit_test(a_foreign_file_is_refused),
		cmocka_unit_test(a_file_of_another_version_is_refused),
		cmocka_unit_test(
		    a_missing_file_is_refused_wherever_it_is_missing),
		cmocka_unit_test(a_header_that_became_zeros_is_refused),
		cmocka_unit_test(a_file_cut_short_is_refused),
		cmocka_unit_test(other_files_in_the_folder_are_left_alone),
		cmocka_unit_test(a_record_from_another_journal_does_not_pass),
		cmocka_unit_test(
		    a_record_of_a_dropped_turn_does_not_fill_a_hole),
	};

	return cmocka_run_group_tests_name("damage", tests, NULL, NULL);
}
