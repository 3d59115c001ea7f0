/*
 * The driver of one session: kept before it is sent, a resend out of memory in
 * rounds, and nothing at all once the memory has failed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fix/scan.h"
#include "session/drive.h"

#define MANY 3000 /* messages: more than the queue of actions holds */

struct side {
	struct fix_acts *acts;
	struct fix_session *s;
	struct fix_drive *d;
	char *kept[MANY + 10];
	size_t kept_len[MANY + 10];
	uint64_t sent_seq;      /* highest that was kept */
	uint64_t committed_seq; /* and committed */
	int fail;               /* what commit returns */
	uint8_t wire[1 << 20];  /* what was sent and not taken yet */
	size_t wire_len;
	unsigned delivered, ups, downs, closes;
};

static struct fix_now now = { { INT64_C(1767225600000000000) }, { FIX_SEC } };

static int
received(void *of, uint64_t seq, struct fix_span m, struct fix_now at)
{
	(void)of, (void)seq, (void)m, (void)at;
	return 0;
}

static int
sent(void *of, uint64_t seq, struct fix_span m, struct fix_now at)
{
	struct side *x = of;

	(void)at;
	assert_true(seq < MANY + 10);
	x->kept[seq] = malloc(m.len);
	memcpy(x->kept[seq], m.p, m.len);
	x->kept_len[seq] = m.len;
	x->sent_seq = seq;
	return 0;
}

static int
numbers(void *of, uint64_t in, uint64_t out, bool reset, struct fix_now at)
{
	(void)of, (void)in, (void)out, (void)reset, (void)at;
	return 0;
}

static int
commit(void *of)
{
	struct side *x = of;

	if (x->fail == 0)
		x->committed_seq = x->sent_seq;
	return x->fail;
}

static int
message(void *of, uint64_t seq, struct fix_span *out)
{
	struct side *x = of;

	if (seq >= MANY + 10 || x->kept[seq] == NULL)
		return -FIX_E_NOTFOUND;
	*out = (struct fix_span){ (uint8_t *)x->kept[seq], x->kept_len[seq] };
	return 0;
}

/* The promise: whatever number leaves was committed. */
static int
put(void *arg, struct fix_span b)
{
	static struct fix_field fields[256];
	struct side *x = arg;
	size_t at = 0;

	while (at < b.len) {
		struct fix_scan sc = { .max_bytes = 65536 };
		struct fix_msg m = { .fields = fields, .cap = 256 };
		ssize_t n = fix_scan(&sc, b.p + at, b.len - at, &m);
		int64_t seq;

		assert_true(n > 0 && sc.why == FIX_G_NONE);
		assert_int_equal(fix_msg_int(&m, 34, &seq), 0);
		assert_true((uint64_t)seq <= x->committed_seq);
		at += (size_t)n;
	}
	assert_true(x->wire_len + b.len <= sizeof(x->wire));
	memcpy(x->wire + x->wire_len, b.p, b.len);
	x->wire_len += b.len;
	return 0;
}

static void
deliver(void *arg, const struct fix_msg *m, bool again)
{
	(void)m, (void)again;
	((struct side *)arg)->delivered++;
}

static void
up(void *arg)
{
	((struct side *)arg)->ups++;
}

static void
down(void *arg)
{
	((struct side *)arg)->downs++;
}

static void
end(void *arg, enum fix_why why)
{
	struct side *x = arg;

	(void)why;
	x->closes++;
	fix_session_lost(x->s, now);
}

static struct side *
side(enum fix_role role)
{
	struct fix_session_cfg cfg = { .role = role,
		.begin_string = "FIX.4.4",
		.sender_comp_id = role == FIX_ACCEPTOR ? "A" : "I",
		.target_comp_id = role == FIX_ACCEPTOR ? "I" : "A" };
	struct fix_session_numbers start = { 1, 1 };
	struct side *x = calloc(1, sizeof(*x));
	const struct fix_keep keep = { x, received, sent, numbers, commit,
		message };
	const struct fix_drive_ops ops = { x, put, deliver, up, down, NULL,
		end };

	x->acts = fix_acts_new(0, 0);
	x->s = fix_session_new(&cfg, start, x->acts);
	x->d = fix_drive_new(x->s, &keep, &ops);
	assert_non_null(x->d);
	return x;
}

static void
side_free(struct side *x)
{
	fix_drive_free(x->d);
	fix_session_free(x->s);
	fix_acts_free(x->acts);
	for (size_t i = 0; i < MANY + 10; i++)
		free(x->kept[i]);
	free(x);
}

/* What one has sent, in pieces, to the other. */
static void
carry(struct side *from, struct side *to, size_t piece)
{
	size_t at = 0, n, len = from->wire_len;
	uint8_t *copy = malloc(len + 1);

	memcpy(copy, from->wire, len);
	from->wire_len = 0;
	for (; at < len; at += n) {
		n = len - at < piece ? len - at : piece;
		assert_int_equal(fix_drive_feed(to->d, copy + at, n, now), 0);
	}
	free(copy);
}

static void
exchange(struct side *a, struct side *b, size_t piece)
{
	while (a->wire_len > 0 || b->wire_len > 0) {
		carry(a, b, piece);
		carry(b, a, piece);
	}
}

static void
connect_both(struct side *a, struct side *b)
{
	assert_int_equal(fix_session_connected(a->s, now), 0);
	assert_int_equal(fix_session_connected(b->s, now), 0);
	assert_int_equal(fix_drive_run(a->d, now), 0);
	assert_int_equal(fix_drive_run(b->d, now), 0);
}

static int
say(struct side *x)
{
	int rc = fix_session_send(x->s, fix_span_of("B"),
	    fix_span_of("148=news\001"), now, NULL);

	return rc != 0 ? rc : fix_drive_run(x->d, now);
}

static void
two_sides_talk_in_any_pieces(void **state)
{
	struct side *a = side(FIX_INITIATOR), *b = side(FIX_ACCEPTOR);

	(void)state;
	connect_both(a, b);
	exchange(a, b, 7);
	assert_int_equal(a->ups + b->ups, 2);
	for (int i = 0; i < 5; i++)
		assert_int_equal(say(a), 0);
	exchange(a, b, 1);
	assert_int_equal(b->delivered, 5);
	fix_session_logout(b->s, NULL, now);
	assert_int_equal(fix_drive_run(b->d, now), 0);
	exchange(a, b, 100000);
	assert_int_equal(fix_drive_lost(a->d, now), 0);
	assert_int_equal(a->downs + b->downs, 2);
	side_free(a);
	side_free(b);
}

/* What was said while nobody listened is asked for, and comes in rounds. */
static void
a_long_resend_comes_out_of_memory(void **state)
{
	struct side *a = side(FIX_INITIATOR), *b = side(FIX_ACCEPTOR);

	(void)state;
	for (int i = 0; i < MANY; i++)
		assert_int_equal(say(a), 0);
	assert_int_equal(a->wire_len, 0);
	connect_both(a, b);
	exchange(a, b, 4096);
	assert_int_equal(b->delivered, MANY);
	assert_int_equal(fix_session_numbers(b->s).next_in, MANY + 2);
	side_free(a);
	side_free(b);
}

static void
nothing_leaves_once_the_memory_has_failed(void **state)
{
	struct side *a = side(FIX_INITIATOR), *b = side(FIX_ACCEPTOR);

	(void)state;
	connect_both(a, b);
	exchange(a, b, 4096);
	a->fail = -FIX_E_IO;
	assert_int_equal(say(a), -FIX_E_IO);
	assert_int_equal(a->wire_len, 0);
	assert_int_equal(b->delivered, 0);
	side_free(a);
	side_free(b);
}

static void
it_says_how_long_to_wait(void **state)
{
	struct side *a = side(FIX_INITIATOR), *b = side(FIX_ACCEPTOR);
	struct fix_now later = now;

	(void)state;
	assert_int_equal(fix_drive_wait_ms(a->d, now), -1);
	connect_both(a, b);
	exchange(a, b, 4096);
	assert_int_equal(fix_drive_wait_ms(a->d, now), 30000);
	later.mono.ns += 30 * FIX_SEC;
	later.utc.ns += 30 * FIX_SEC;
	assert_int_equal(fix_drive_wait_ms(a->d, later), 0);
	assert_int_equal(fix_drive_tick(a->d, later), 0);
	assert_true(a->wire_len > 0); /* a heartbeat */
	side_free(a);
	side_free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_sides_talk_in_any_pieces),
		cmocka_unit_test(a_long_resend_comes_out_of_memory),
		cmocka_unit_test(nothing_leaves_once_the_memory_has_failed),
		cmocka_unit_test(it_says_how_long_to_wait),
	};

	return cmocka_run_group_tests_name("drive", tests, NULL, NULL);
}
