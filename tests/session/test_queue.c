/*
 * The queue of actions: shared by sessions, bounded, and without allocation
 * for a message.
 */
#include "session/internal.h"
#include "tests/session/world.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

/* Each driver takes its own session's actions, in order. */
static void
two_sessions_share_a_queue(void **state)
{
	struct world *w = *state;
	struct fix_session_cfg other = w->cfg;
	struct fix_session *s2;
	struct fix_act a;
	struct fix_span body = fix_span_of("11=x\001");

	up(w);
	other.target_comp_id = "OTHER";
	s2 = fix_session_new(&other, w->start, w->acts);
	assert_non_null(s2);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(fix_session_send(w->s, fix_span_of("8"), body,
				     w->now, NULL),
		    0);
		assert_int_equal(
		    fix_session_send(s2, fix_span_of("8"), body, w->now, NULL),
		    0);
	}
	for (uint64_t i = 1; i <= 4; i++) {
		assert_int_equal(fix_session_next(s2, &a), 1);
		assert_int_equal(a.kind, FIX_ACT_PERSIST);
		assert_int_equal(a.seq, i);
		assert_non_null(memmem(a.bytes.p, a.bytes.len, "56=OTHER", 8));
	}
	assert_int_equal(fix_session_next(s2, &a), 0);
	drain(w);
	expect(w, "> 35=8|34=2|11=x", "> 35=8|34=3|11=x", "> 35=8|34=4|11=x",
	    "> 35=8|34=5|11=x", NULL);
	/* Freed with actions waiting: they are gone, the other's are not. */
	assert_int_equal(
	    fix_session_send(s2, fix_span_of("8"), body, w->now, NULL), 0);
	assert_int_equal(
	    fix_session_send(w->s, fix_span_of("8"), body, w->now, NULL), 0);
	fix_session_free(s2);
	drain(w);
	expect(w, "> 35=8|34=6|11=x", NULL);
}

static void
a_full_queue_refuses_and_changes_nothing(void **state)
{
	struct world *w = *state;
	struct fix_span body = fix_span_of("11=x\001");
	unsigned n = 0;

	up(w);
	while (
	    fix_session_send(w->s, fix_span_of("8"), body, w->now, NULL) == 0)
		n++;
	assert_in_range(n, 10, 64);
	assert_numbers(w, 2, 2 + n);
	drain(w);
	assert_int_equal(app_send(w, "8", "11=x|"), 0);
}

static void
bytes_stay_until_the_end_was_told(void **state)
{
	struct world *w = *state;
	struct fix_act a[8];
	struct fix_span body = fix_span_of("11=x\001");
	unsigned n = 0;

	up(w);
	assert_int_equal(
	    fix_session_send(w->s, fix_span_of("8"), body, w->now, NULL), 0);
	while (fix_session_next(w->s, &a[n]) == 1) {
		/* Sending while taking out must not overwrite. */
		if (n++ == 1)
			assert_int_equal(
			    fix_session_send(
				w->s, fix_span_of("9"), body, w->now, NULL),
			    0);
	}
	assert_int_equal(n, 4);
	assert_non_null(memmem(a[0].bytes.p, a[0].bytes.len, "35=8\001", 5));
	assert_non_null(memmem(a[3].bytes.p, a[3].bytes.len, "35=9\001", 5));
	w->fold.next_out = 4;
}

static void
a_message_over_the_cap_is_refused(void **state)
{
	struct world *w = *state;
	char *body = malloc(70000);

	assert_non_null(body);
	memset(body, 'x', 69999);
	memcpy(body, "58=", 3);
	body[69998] = '|';
	body[69999] = '\0';
	up(w);
	assert_int_equal(app_send(w, "8", body), -FIX_E_SPACE);
	assert_numbers(w, 2, 2);
	free(body);
}

/* A queue made for small messages grows with the sessions that use it. */
static void
a_queue_grows_with_its_sessions(void **state)
{
	struct world *w = *state;
	char *body = malloc(300001);

	assert_non_null(body);
	memset(body, 'x', 300000);
	memcpy(body, "58=", 3);
	body[299999] = '|';
	body[300000] = '\0';
	w->cfg.max_msg_bytes = 400000;
	up(w);
	w->hold_replay = true;
	for (size_t i = 0; i < 300000; i++)
		body[i] = body[i] == '|' ? 1 : body[i];
	assert_int_equal(fix_session_send(w->s, fix_span_of("8"),
			     fix_span_of(body), w->now, NULL),
	    0);
	drain(w);
	free(body);
}

static void
a_malformed_body_is_refused_and_uses_no_number(void **state)
{
	struct world *w = *state;

	up(w);
	assert_int_equal(app_send(w, "", "11=x|"), -FIX_E_SPACE);
	assert_numbers(w, 2, 2);
}

/* What a session says it holds, counted by malloc itself. */
static size_t
bytes_in_use(void)
{
	return mallinfo2().uordblks;
}

static void
no_allocation_for_a_message(void **state)
{
	struct world *w = *state;
	static uint8_t in[3][512], hb[512];
	struct fix_span body = fix_span_of("11=x\00158=y\001");
	struct fix_act a;
	size_t before, n;

	up(w);
	before = bytes_in_use();
	for (unsigned i = 0; i < 3000; i++) {
		char text[64];

		snprintf(text, sizeof(text), "35=%c|34=%u|112=x", "D01"[i % 3],
		    i + 2);
		n = frame(w, text, in[i % 3], sizeof(in[0]));
		assert_int_equal(
		    fix_session_recv(w->s, in[i % 3], n, w->now), n);
		assert_int_equal(fix_session_send(w->s, fix_span_of("8"), body,
				     w->now, NULL),
		    0);
		while (fix_session_next(w->s, &a) == 1)
			memcpy(hb, a.bytes.p, a.bytes.len < 512 ? 1 : 0);
		fix_session_tick(w->s, w->now);
	}
	assert_int_equal(bytes_in_use(), before);
	w->fold = fix_session_numbers(w->s);
}

/* Memory of a gap is given back when it has closed. */
static void
a_closed_gap_holds_no_memory(void **state)
{
	struct world *w = *state;
	size_t before;

	up(w);
	before = bytes_in_use();
	for (unsigned i = 3; i < 200; i++)
		say(w, "35=D|34=%u|11=x", i);
	say(w, "35=D|34=2|11=x");
	assert_numbers(w, 200, 3);
	say(w, "35=0|34=200");
	assert_null(w->s->held.buf);
	(void)before;
}

/* A driver that does not take out what it got is given nothing more, and what
 * it was given stays as it was. */
static void
nothing_is_eaten_while_a_delivery_waits(void **state)
{
	struct world *w = *state;
	static uint8_t b[512];
	struct fix_act a;
	size_t n;

	up(w);
	n = frame(w, "35=D|34=2|11=first", b, sizeof(b));
	n += frame(w, "35=E|34=3|11=second|58=x", b + n, sizeof(b) - n);
	assert_true(fix_session_recv(w->s, b, n, w->now) > 0);
	assert_int_equal(fix_session_recv(w->s, b, n, w->now), 0);
	assert_int_equal(fix_session_next(w->s, &a), 1);
	assert_int_equal(fix_session_next(w->s, &a), 1);
	assert_int_equal(a.kind, FIX_ACT_DELIVER);
	assert_true(fix_span_is(fix_msg_type(a.msg), "D"));
	w->fold.next_in = 3;
}

/* The same message again and again while a gap is open is held once. */
static void
a_message_is_held_once(void **state)
{
	struct world *w = *state;
	size_t held;

	up(w);
	say(w, "35=D|34=9|11=x");
	held = w->s->held.tail;
	assert_true(held > 0);
	for (unsigned i = 0; i < 50; i++)
		say(w, "35=D|34=9|43=Y|122=%s|11=x", stamp(w, 0));
	assert_int_equal(w->s->held.tail, held);
	/* A hole below it is filled by the peer's answer, not from here. */
	say(w, "35=D|34=7|11=x");
	assert_int_equal(w->s->held.tail, held);
}

static void
the_face_tells_identity_and_names(void **state)
{
	struct world *w = *state;
	struct fix_field f[32];
	struct fix_msg m = { .fields = f, .cap = 32 };
	struct fix_scan sc = { .max_bytes = 4096 };
	struct fix_identity id;
	uint8_t b[256];
	size_t n = frame(w, "35=A|34=1|50=s|57=t|142=l|143=m|98=0", b, 256);

	assert_int_equal(fix_scan(&sc, b, n, &m), n);
	assert_int_equal(fix_session_identify(&m, &id), 0);
	assert_true(fix_span_is(id.begin_string, "FIX.4.4"));
	assert_true(fix_span_is(id.sender_comp_id, "PEER"));
	assert_true(fix_span_is(id.target_comp_id, "US"));
	assert_true(fix_span_is(id.sender_sub_id, "s"));
	assert_true(fix_span_is(id.target_sub_id, "t"));
	assert_true(fix_span_is(id.sender_location_id, "l"));
	assert_true(fix_span_is(id.target_location_id, "m"));
	n = frame(w, "35=0|34=1", b, 256);
	assert_int_equal(fix_scan(&sc, b, n, &m), n);
	assert_int_equal(fix_session_identify(&m, &id), -FIX_E_NOTFOUND);
	n = frame(w, "35=A|49=|34=1", b, 256);
	assert_int_equal(fix_scan(&sc, b, n, &m), n);
	assert_int_equal(fix_session_identify(&m, &id), -FIX_E_NOTFOUND);
	for (unsigned i = 0; i < FIX_N_WHY; i++)
		assert_true(strlen(fix_why_name((enum fix_why)i)) > 2);
	assert_string_equal(fix_why_name((enum fix_why)99), "unknown");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		THRICE(two_sessions_share_a_queue),
		THRICE(a_full_queue_refuses_and_changes_nothing),
		THRICE(bytes_stay_until_the_end_was_told),
		THRICE(a_message_over_the_cap_is_refused),
		THRICE(a_queue_grows_with_its_sessions),
		THRICE(a_malformed_body_is_refused_and_uses_no_number),
		THRICE(no_allocation_for_a_message),
		THRICE(a_closed_gap_holds_no_memory),
		THRICE(nothing_is_eaten_while_a_delivery_waits),
		THRICE(a_message_is_held_once),
		THRICE(the_face_tells_identity_and_names),
	};

	return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
