/*
 * K16: the auditor dies at any operation on its disk: while a file of the chain
 * is made for the next ones, mapped or synced, with a checkpoint in the turn or
 * without. The process dies, or the machine. What must hold: the chain opens
 * again, has what was committed before the process died, goes on with the next
 * event, and in the end is the chain of an auditor that never died.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/audit_check.h"
#include "tests/lib/memdisk.h"

#define TURNS 60
#define EVENTS 7 /* a turn */
#define TOTAL ((uint64_t)TURNS * EVENTS)
#define NOON INT64_C(1790000000000000000)

static struct audit_key *key;
static char *dir;

static int
nothing_kept(void *arg, struct fix_span k, struct fix_span value)
{
	(void)arg;
	(void)k;
	(void)value;
	return 0;
}

static int
keep_nothing(void *arg, struct audit *a)
{
	(void)arg;
	(void)a;
	return 0;
}

static int
open_chain(struct audit **a, struct fix_disk *d)
{
	struct audit_cfg cfg = { d, 64u << 10, key, NULL, nothing_kept,
		keep_nothing };
	struct fix_store_error e = { "" };

	return audit_open(a, &cfg, &e);
}

static int
one_event(struct audit *a, uint64_t i)
{
	char text[700];
	struct audit_event e = { .type = "MESSAGE_RECEIVED", .action = "receive",
		.resource_type = "message", .actor = fix_span_of("crash"),
		.when = { NOON + (int64_t)i * FIX_MSEC } };

	memset(text, 'a' + (int)(i % 26), sizeof(text));
	audit_number(&e, "n", (int64_t)i);
	audit_text(&e, "text", (struct fix_span){ (uint8_t *)text,
	    100 + i % 600 });
	return audit_add(a, &e);
}

/* Whole turns up to the end, or to the first failure. A checkpoint is due in
 * every third. @return events that are committed */
static uint64_t
feed(struct audit *a)
{
	uint8_t source[8] = { 0 };
	const char *note;
	uint64_t n = audit_at(a)->events;
	int rc = 0;

	while (n < TOTAL) {
		for (unsigned i = 0; i < EVENTS && rc == 0; i++)
			rc = one_event(a, n + 1 + i);
		if (rc == 0)
			rc = audit_commit(a, n + EVENTS, source, (struct fix_utc){
			    NOON + (int64_t)(n / EVENTS) * 400 * FIX_MSEC },
			    n + EVENTS == TOTAL, &note);
		if (rc < 0)
			break;
		rc = 0;
		n += EVENTS;
	}
	return n;
}

static void
check(struct memdisk *m, uint8_t head[AUDIT_HASH])
{
	static struct audit_check c;
	struct fix_journal_reader *r;
	struct fix_store_error e;
	struct fix_rec rec;
	struct fix_disk *d = memdisk_attach(m);
	int rc;

	memset(&c, 0, sizeof(c));
	c.keys = (struct audit_keys){ { key }, 1, 0 };
	assert_int_equal(fix_journal_reader_open(&r, d, 0, &e), 0);
	while ((rc = fix_journal_next(r, &rec, &e)) == 1)
		if (audit_check_rec(&c, &rec) != 0)
			fail_msg("%s", c.why);
	assert_int_equal(rc, 0);
	assert_int_equal(audit_check_end(&c), 0);
	assert_int_equal(c.events, TOTAL);
	assert_int_equal(c.signed_to, TOTAL);
	assert_true(c.checkpoints > TURNS / 4);
	memcpy(head, c.head, AUDIT_HASH);
	fix_journal_reader_close(r);
	d->ops->close(d);
}

/* Die at the n-th call of op; then live on to the end. @return false: there are
 * not so many calls */
static bool
die_at(enum memdisk_op op, unsigned n, enum memdisk_end end,
    const uint8_t want[AUDIT_HASH])
{
	struct memdisk *m = memdisk_new(n * 7 + op);
	struct fix_disk *d = memdisk_attach(m);
	uint8_t head[AUDIT_HASH];
	struct audit *a;
	uint64_t before = 0;
	bool died;

	memdisk_fail(m, op, n, -FIX_E_IO, true);
	if (open_chain(&a, d) == 0) {
		before = feed(a);
		died = before < TOTAL || memdisk_calls(m, op) >= n;
		memdisk_crash(m, end);
		audit_close(a);
	} else {
		died = true;
		memdisk_crash(m, end);
	}
	d->ops->close(d);
	memdisk_fail(m, op, 0, 0, false);
	d = memdisk_attach(m);
	assert_int_equal(open_chain(&a, d), 0);
	assert_true(audit_at(a)->events % EVENTS == 0);
	assert_true(end == MEMDISK_POWER || audit_at(a)->events >= before);
	assert_int_equal(audit_at(a)->cursor, audit_at(a)->events);
	assert_int_equal(feed(a), TOTAL);
	audit_close(a);
	d->ops->close(d);
	check(m, head);
	assert_memory_equal(head, want, AUDIT_HASH);
	memdisk_free(m);
	return died;
}

static void
it_is_the_same_chain_wherever_it_dies(void **state)
{
	static const enum memdisk_end ends[] = { MEMDISK_KILL, MEMDISK_POWER };
	struct memdisk *m = memdisk_new(1);
	struct fix_disk *d = memdisk_attach(m);
	uint8_t want[AUDIT_HASH];
	unsigned calls[MEMDISK_N_OP], deaths = 0;
	struct audit *a;

	(void)state;
	assert_int_equal(open_chain(&a, d), 0);
	assert_int_equal(feed(a), TOTAL);
	audit_close(a);
	for (int op = 0; op < MEMDISK_N_OP; op++)
		calls[op] = memdisk_calls(m, (enum memdisk_op)op);
	d->ops->close(d);
	check(m, want);
	memdisk_free(m);
	assert_true(calls[MEMDISK_CREATE] > 3); /* files of the chain */
	for (int op = 0; op < MEMDISK_N_OP; op++)
		for (unsigned n = 1; n <= calls[op]; n++)
			for (unsigned end = 0; end < 2; end++)
				deaths += die_at((enum memdisk_op)op, n,
				    ends[end], want);
	print_message("# %u deaths\n", deaths);
	assert_true(deaths > 40);
}

/* Between any two turns, with what the system wrote out by itself. */
static void
it_is_the_same_chain_whenever_it_dies(void **state)
{
	uint8_t head[AUDIT_HASH];

	(void)state;
	for (unsigned seed = 1; seed <= 50; seed++) {
		struct memdisk *m = memdisk_new(seed);
		uint64_t at = 0;

		for (unsigned life = 0; at < TOTAL; life++) {
			struct fix_disk *d = memdisk_attach(m);
			unsigned calls = memdisk_calls(m, MEMDISK_MAP);
			struct audit *a;

			assert_true(life < 1000);
			assert_int_equal(open_chain(&a, d), 0);
			if (life < 5)
				memdisk_fail(m, (enum memdisk_op)(seed % 3),
				    1 + (seed + life + calls) % 4, -FIX_E_FULL, true);
			at = feed(a);
			memdisk_writeback(m, seed % 100);
			memdisk_crash(m, life % 2 == 0 ? MEMDISK_POWER
						       : MEMDISK_KILL);
			audit_close(a);
			d->ops->close(d);
			for (int op = 0; op < MEMDISK_N_OP; op++)
				memdisk_fail(m, (enum memdisk_op)op, 0, 0, false);
		}
		/* The last death may have taken the end: once more. */
		struct fix_disk *d = memdisk_attach(m);
		struct audit *a;

		assert_int_equal(open_chain(&a, d), 0);
		assert_int_equal(feed(a), TOTAL);
		audit_close(a);
		d->ops->close(d);
		check(m, head);
		memdisk_free(m);
	}
}

/* An event and its checkpoint, by whom a case says. */
static void
change_key(struct audit *a, const struct audit_key *from,
    const struct audit_key *to, bool old_signs, bool new_signs)
{
	char was[AUDIT_VKEY_MAX], is[AUDIT_VKEY_MAX];
	struct audit_event e = { .type = AUDIT_KEY_ROTATED,
		.action = "rotate_key", .resource_type = "key",
		.actor = fix_span_of("crash"), .when = { NOON } };
	uint8_t source[8] = { 0 };
	const char *note;

	(void)audit_key_text(from, was);
	(void)audit_key_text(to, is);
	audit_text(&e, "old_key", fix_span_of(was));
	audit_text(&e, "new_key", fix_span_of(is));
	assert_int_equal(audit_add(a, &e), 0);
	if (new_signs)
		audit_rotate(a, to, old_signs);
	assert_int_equal(audit_commit(a, 1, source,
	    (struct fix_utc){ NOON }, true, &note), 1);
}

static struct {
	const char *what;
	unsigned from; /* 0: the key that signs, 1: another one */
	bool old_signs, new_signs;
	unsigned trusted; /* 0: the old one, 1: the new one, 2: neither */
	const char *why;  /* NULL: it is good */
} const changes[] = {
	{ "both sign", 0, true, true, 0, NULL },
	{ "both sign", 0, true, true, 1, NULL },
	{ "trusted is neither", 0, true, true, 2, "that is trusted" },
	{ "the new one has not signed", 0, true, false, 0,
	    "the new one has not signed" },
	{ "the old one has not signed", 0, false, true, 0, "not signed by" },
	{ "it is not from the one that signs", 1, true, true, 0,
	    "not from the one that signs" },
};

/* T24: who trusts a key trusts the one that it was changed to, and no other. */
static void
a_key_is_followed_by_whom_it_names(void **state)
{
	struct fix_store_error e = { "" };
	struct audit_key *other[2];
	char path[64];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/other", dir);
		assert_int_equal(
		    audit_key_open(&other[i], path, "crash", &e), 0);
		assert_int_equal(unlink(path), 0);
	}
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct audit_key *const keys[] = { key, other[0], other[1] };
		struct audit_check c = { .keys = { { keys[changes[i].trusted],
		    key }, 2, 1 } };
		struct memdisk *m = memdisk_new(i);
		struct fix_disk *d = memdisk_attach(m);
		uint8_t source[8] = { 0 };
		struct fix_journal_reader *r;
		struct fix_rec rec;
		struct audit *a;
		const char *note;
		int rc = 0;

		assert_int_equal(open_chain(&a, d), 0);
		change_key(a, keys[changes[i].from * 2], other[0],
		    changes[i].old_signs, changes[i].new_signs);
		assert_int_equal(one_event(a, 2), 0);
		assert_int_equal(audit_commit(a, 2, source,
		    (struct fix_utc){ NOON }, true, &note), 1);
		audit_close(a);
		assert_int_equal(fix_journal_reader_open(&r, d, 0, &e), 0);
		while (rc == 0 && fix_journal_next(r, &rec, &e) == 1)
			rc = audit_check_rec(&c, &rec);
		if (rc == 0)
			rc = audit_check_end(&c);
		if ((rc != 0) != (changes[i].why != NULL) ||
		    (rc != 0 && strstr(c.why, changes[i].why) == NULL))
			fail_msg("%s: %s", changes[i].what, c.why);
		assert_int_equal(c.signed_to, rc == 0 ? 2 : c.signed_to);
		audit_check_fini(&c);
		fix_journal_reader_close(r);
		d->ops->close(d);
		memdisk_free(m);
	}
	audit_key_free(other[0]);
	audit_key_free(other[1]);
}

static int
make_key(void **state)
{
	static char name[] = "/tmp/fixgate-audit-XXXXXX", path[64];
	struct fix_store_error e;

	(void)state;
	dir = mkdtemp(name);
	snprintf(path, sizeof(path), "%s/k", dir);
	return dir == NULL ? -1 : audit_key_open(&key, path, "crash", &e);
}

static int
drop_key(void **state)
{
	char path[64];

	(void)state;
	audit_key_free(key);
	snprintf(path, sizeof(path), "%s/k", dir);
	return unlink(path) == 0 && rmdir(dir) == 0 ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_the_same_chain_wherever_it_dies),
		cmocka_unit_test(it_is_the_same_chain_whenever_it_dies),
		cmocka_unit_test(a_key_is_followed_by_whom_it_names),
	};

	return cmocka_run_group_tests(tests, make_key, drop_key);
}
