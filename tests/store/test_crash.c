/*
 * Lives and deaths of a journal, one seed a history: random turns, large and
 * small, aborted ones, syncs, prunes, failing disks, then the process or the
 * machine dies, perhaps in the middle of a call or of the recovery itself.
 *
 * What must hold each time it opens again: it opens; every turn that was told
 * to be durable is there, with its own bytes; none is there by half; none that
 * was dropped has come back. FIXGATE_SEED=n repeats one history,
 * FIXGATE_SEEDS=n runs so many.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/lib/memdisk.h"
#include "tests/store/turns.h"

#define MAX_RECORDS 60000

struct world {
	struct memdisk *m;
	struct fix_disk *d;
	struct fix_journal *j;
	struct fix_journal_cfg cfg;
	struct fix_store_error e;
	uint64_t seed, rand;
	uint64_t committed;          /* commit said so */
	uint64_t durable;            /* survives power loss */
	uint64_t salt;               /* of the youngest turn */
	bool in_flight;              /* a commit failed or did not return ... */
	uint64_t flight;             /* ... of this turn: it may be there */
	uint64_t pruned;             /* prune was asked for records before */
	uint64_t salts[MAX_RECORDS]; /* by number, of committed records */
};

static struct world w;

static void
wrong(const char *what)
{
	fail_msg("%s (committed %llu, durable %llu, %s): "
		 "FIXGATE_SEED=%llu tests/store/test_crash",
	    what, (unsigned long long)w.committed,
	    (unsigned long long)w.durable, w.e.text,
	    (unsigned long long)w.seed);
}

static uint64_t
dice(uint64_t sides)
{
	return draw(&w.rand) % sides;
}

static bool
disk_mode(void)
{
	return w.cfg.durability == FIX_DURABLE_DISK;
}

/* Any number of records, rarely more than a segment holds. */
static unsigned
dice_records(void)
{
	switch (dice(40)) {
	case 0:
		return (unsigned)dice(900) + 1;
	case 1:
	case 2:
		return (unsigned)dice(100) + 1;
	default:
		return (unsigned)dice(5) + 1;
	}
}

static void
note_committed(unsigned n)
{
	while (n-- > 0)
		w.salts[++w.committed] = w.salt;
	if (disk_mode())
		w.durable = w.committed;
	w.in_flight = false;
}

/* @return false when the disk failed */
static bool
write_turn(void)
{
	unsigned n = dice_records();
	ssize_t got;

	w.salt++;
	if (turn_append(w.j, n, w.salt) != 0) {
		fix_journal_abort(w.j);
		return false;
	}
	w.in_flight = true;
	w.flight = w.salt;
	got = fix_journal_commit(w.j);
	if (got < 0)
		return false;
	if (got != (ssize_t)n)
		wrong("commit counts other records");
	note_committed(n);
	return true;
}

static bool
drop_turn(void)
{
	int rc;

	w.salt++;
	rc = turn_append(w.j, dice_records(), w.salt);
	fix_journal_abort(w.j);
	return rc == 0;
}

static bool
prune(void)
{
	uint64_t before = dice(w.committed + 1);
	int n;

	if (before > w.pruned)
		w.pruned = before;
	n = fix_journal_prune(w.j, before);
	if (n < 0)
		return false;
	if (n > 0)
		w.durable = w.committed;
	return true;
}

static bool
step(void)
{
	switch (dice(16)) {
	case 0:
		return drop_turn();
	case 1:
		return fix_journal_prepare(w.j) == 0;
	case 2:
		if (dice(4) != 0 || fix_journal_sync(w.j) != 0)
			return true;
		w.durable = w.committed;
		return true;
	case 3:
		memdisk_writeback(w.m, (unsigned)dice(100));
		return true;
	case 4:
		return dice(8) != 0 || prune();
	default:
		return write_turn();
	}
}

static void
check_record(const struct fix_rec *r, struct turn_check *c)
{
	const char *bad = turn_see(c, r);

	if (bad != NULL)
		wrong(bad);
	if (r->number <= w.committed && r->order != w.salts[r->number])
		wrong("another turn than the committed one");
	if (r->number > w.committed && (!w.in_flight || r->order != w.flight))
		wrong("a turn that was dropped");
}

/* The oldest kept record may stand in the middle of its turn. */
static void
check_all(uint64_t last)
{
	struct fix_journal_reader *r;
	struct turn_check c = { 0 };
	struct fix_rec rec, at;
	bool first = true;

	if (fix_journal_reader_open(&r, w.d, 0, &w.e) != 0)
		wrong("no reader");
	while (fix_journal_next(r, &rec, &w.e) == 1) {
		if (first && rec.number > 1 && rec.number > w.pruned)
			wrong("records that were not pruned are gone");
		if (first)
			c.index = rec.session;
		first = false;
		c.next = rec.number;
		check_record(&rec, &c);
		if (fix_journal_at(w.j, rec.pos, &at) != 0 ||
		    at.number != rec.number)
			wrong("a position does not lead to its record");
	}
	if (w.e.text[0] != '\0')
		wrong("the reader stopped");
	if (c.index != 0)
		wrong("half a turn");
	if (last != (first ? 0 : c.next - 1))
		wrong("reader and writer disagree on the last record");
	fix_journal_reader_close(r);
}

static void
open_again(bool power, bool clean)
{
	uint64_t last, i;

	w.cfg.disk = w.d = memdisk_attach(w.m);
	if (fix_journal_open(&w.j, &w.cfg, &w.e) != 0)
		wrong("refused to open");
	w.e.text[0] = '\0';
	last = fix_journal_last(w.j);
	if (last < (power ? w.durable : w.committed))
		wrong("a turn is lost");
	if (clean && last != w.committed)
		wrong("a turn came or went over a clean close");
	check_all(last);
	for (i = w.committed + 1; i <= last; i++)
		w.salts[i] = w.flight;
	w.committed = last;
	w.in_flight = false;
	if (power || disk_mode())
		w.durable = last;
}

static void
no_faults(void)
{
	unsigned op;

	for (op = 0; op < MEMDISK_N_OP; op++)
		memdisk_fail(w.m, (enum memdisk_op)op, 1, 0, false);
}

static void
fault_soon(unsigned n)
{
	memdisk_fail(w.m, (enum memdisk_op)dice(MEMDISK_N_OP),
	    (unsigned)dice(n) + 1, dice(2) ? -FIX_E_IO : -FIX_E_FULL, true);
}

static bool
die(void)
{
	bool power = dice(2) != 0;

	memdisk_crash(w.m, power ? MEMDISK_POWER : MEMDISK_KILL);
	fix_journal_close(w.j);
	w.d->ops->close(w.d);
	no_faults();
	return power;
}

/* The recovery dies as well, perhaps several times. */
static bool
die_in_recovery(bool power)
{
	while (dice(3) == 0) {
		w.cfg.disk = w.d = memdisk_attach(w.m);
		fault_soon(6);
		if (fix_journal_open(&w.j, &w.cfg, &w.e) == 0) {
			/* What it showed, it must go on to show; whoever opened
			 * without an error may count on what is there. */
			no_faults();
			check_all(fix_journal_last(w.j));
			fix_journal_abort(w.j);
			if (die())
				power = true;
			continue;
		}
		if (dice(2) != 0)
			power = true;
		memdisk_crash(w.m, power ? MEMDISK_POWER : MEMDISK_KILL);
		w.d->ops->close(w.d);
		no_faults();
	}
	return power;
}

/* Until something fails, or time is up; perhaps in the middle of a turn. */
static void
live(void)
{
	uint64_t steps = dice(60);

	if (dice(3) == 0)
		fault_soon(30);
	while (steps-- > 0 && w.committed < MAX_RECORDS - 2000)
		if (!step() && dice(2) == 0)
			return;
	w.salt++;
	if (dice(2) == 0 && turn_append(w.j, dice_records(), w.salt) != 0)
		fix_journal_abort(w.j);
}

static void
history(uint64_t seed)
{
	unsigned lives;
	bool clean, power;

	memset(&w, 0, offsetof(struct world, salts));
	w.seed = w.rand = seed;
	w.m = memdisk_new(seed);
	w.cfg.segment_bytes = 64 * 1024;
	w.cfg.durability = dice(2) ? FIX_DURABLE_DISK : FIX_DURABLE_PROCESS;
	open_again(false, true);
	for (lives = (unsigned)dice(5) + 1; lives > 0; lives--) {
		live();
		clean = dice(4) == 0;
		power = false;
		if (clean) {
			no_faults();
			fix_journal_close(w.j);
			w.d->ops->close(w.d);
		} else {
			power = die_in_recovery(die());
		}
		open_again(power, false);
	}
	fix_journal_close(w.j);
	w.d->ops->close(w.d);
	memdisk_free(w.m);
}

static uint64_t
number_of(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text != NULL ? strtoull(text, NULL, 10) : otherwise;
}

static void
whatever_dies_committed_turns_are_whole_and_dropped_ones_gone(void **state)
{
	uint64_t seed = number_of("FIXGATE_SEED", 0), n;

	(void)state;
	if (seed != 0) {
		history(seed);
		return;
	}
	n = number_of("FIXGATE_SEEDS", 2000);
	for (seed = 1; seed <= n; seed++)
		history(seed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    whatever_dies_committed_turns_are_whole_and_dropped_ones_gone),
	};

	return cmocka_run_group_tests_name("crash", tests, NULL, NULL);
}
