/* What goes out again and what does not: burns 5 to 8 and 11,
 * rules R33 and R34. */
#include "tests/session/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define T0 "20260101-00:00:00.000"
#define DUP "43=Y|122=" T0

static void
age(struct world *w, int64_t s)
{
	w->now.utc.ns += s * FIX_SEC;
}

/* Burn 11: an order that lay too long is not sent again, and that is told. */
static void
aged_orders_of_an_initiator_are_filled_and_told(void **state)
{
	static const char *const types[] = { "D", "F", "G", "E", "AB", "AC" };
	struct world *w = *state;
	char want[64];

	w->cfg.role = FIX_INITIATOR;
	up(w);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(app_send(w, types[i], "11=a|"), 0);
	age(w, 61);
	forget(w);
	say(w, "35=2|34=2|7=2|16=0");
	for (unsigned i = 0; i < 6; i++) {
		snprintf(want, sizeof(want),
		    "not resent %u 35=%s ClOrdID a: too old\n", i + 2,
		    types[i]);
		assert_memory_equal(w->log, want, strlen(want));
		w->log_len -= strlen(want);
		memmove(w->log, w->log + strlen(want), w->log_len);
	}
	expect(w,
	    "> 35=4|34=2|43=Y|122=20260101-00:01:01.000|36=8|123=Y", NULL);
}

static void
young_orders_are_sent_again(void **state)
{
	struct world *w = *state;

	w->cfg.role = FIX_INITIATOR;
	up(w);
	assert_int_equal(app_send(w, "D", "11=a|"), 0);
	age(w, 60);
	forget(w);
	say(w, "35=2|34=2|7=2|16=0");
	expect(w, "> 35=D|34=2|" DUP "|11=a", NULL);
}

/* A clock that was set back says nothing about an age: no order goes out on
 * the strength of that. */
static void
orders_from_the_future_are_filled(void **state)
{
	struct world *w = *state;

	w->cfg.role = FIX_INITIATOR;
	up(w);
	assert_int_equal(app_send(w, "D", "11=a|"), 0);
	age(w, -61);
	forget(w);
	say(w, "35=2|34=2|7=2|16=2");
	expect(w, "not resent 2 35=D ClOrdID a: too old",
	    "> 35=4|34=2|43=Y|122=20251231-23:58:59.000|36=3|123=Y", NULL);
}

/* Executions go out again whatever the settings say, as do other types. */
static void
executions_are_always_sent_again(void **state)
{
	struct world *w = *state;

	w->cfg.resend_aged = "8 9 AE";
	w->cfg.resend_never = "8,9,AE";
	w->cfg.resend_max = 1;
	up(w);
	assert_int_equal(app_send(w, "8", "11=a|"), 0);
	assert_int_equal(app_send(w, "9", "11=b|"), 0);
	assert_int_equal(app_send(w, "AE", "11=c|"), 0);
	age(w, 86400);
	forget(w);
	say(w, "35=2|34=2|7=2|16=0");
	expect(w, "> 35=8|34=2|" DUP "|11=a", "> 35=9|34=3|" DUP "|11=b",
	    "> 35=AE|34=4|" DUP "|11=c", NULL);
}

/* So does a time that cannot be read. */
static void
orders_without_a_readable_time_are_filled(void **state)
{
	struct world *w = *state;
	uint8_t *at;

	w->cfg.role = FIX_INITIATOR;
	up(w);
	assert_int_equal(app_send(w, "D", "11=a|"), 0);
	at = memmem(w->kept[2], w->kept_len[2], "\00152=2026", 8);
	assert_non_null(at);
	memcpy(at + 4, "noon", 4);
	forget(w);
	say(w, "35=2|34=2|7=2|16=2");
	expect(w, "not resent 2 35=D ClOrdID a: too old",
	    "> 35=4|34=2|" DUP "|36=3|123=Y", NULL);
}

static void
an_acceptor_sends_its_orders_again_unless_told(void **state)
{
	struct world *w = *state;

	up(w);
	assert_int_equal(app_send(w, "D", "11=a|"), 0);
	age(w, 3600);
	forget(w);
	say(w, "35=2|34=2|7=2|16=0");
	expect(w, "> 35=D|34=2|" DUP "|11=a", NULL);
}

static void
any_age_is_a_setting(void **state)
{
	struct world *w = *state;

	w->cfg.role = FIX_INITIATOR;
	w->cfg.resend_max_age_s = FIX_ANY_AGE;
	up(w);
	assert_int_equal(app_send(w, "D", "11=a|"), 0);
	age(w, 3600);
	forget(w);
	say(w, "35=2|34=2|7=2|16=0");
	expect(w, "> 35=D|34=2|" DUP "|11=a", NULL);
}

/* Types are compared whole: B is not in "AB", nor WX in "W". */
static void
types_never_sent_again_are_filled(void **state)
{
	struct world *w = *state;

	w->cfg.resend_never = "AB, W";
	up(w);
	assert_int_equal(app_send(w, "B", "148=a|"), 0);
	assert_int_equal(app_send(w, "W", "55=a|"), 0);
	assert_int_equal(app_send(w, "WX", "55=a|"), 0);
	assert_int_equal(app_send(w, "AB", "11=c|"), 0);
	forget(w);
	say(w, "35=2|34=2|7=2|16=0");
	expect(w, "> 35=B|34=2|" DUP "|148=a",
	    "not resent 3 35=W ClOrdID : never sent again",
	    "> 35=4|34=3|" DUP "|36=4|123=Y", "> 35=WX|34=4|" DUP "|55=a",
	    "not resent 5 35=AB ClOrdID c: never sent again",
	    "> 35=4|34=5|" DUP "|36=6|123=Y", NULL);
}

/* --- burn 5: any mixture, any range --------------------------------------- */

#define MIX 24u

enum kind { K_EXEC, K_AGED, K_YOUNG, K_NEVER, K_ADMIN, K_REJECT, K_LOST,
	K_DAMAGED, N_KINDS };

static uint64_t
chance(uint64_t *x, uint64_t n)
{
	*x = *x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (*x >> 33) % n;
}

static unsigned in_seq;

/* Send one of a kind as number seq. */
static void
send_kind(struct world *w, enum kind k, unsigned seq)
{
	switch (k) {
	case K_AGED:
	case K_YOUNG:
		assert_int_equal(app_send(w, "D", "11=o|"), 0);
		break;
	case K_NEVER:
		assert_int_equal(app_send(w, "B", "148=news|"), 0);
		break;
	case K_ADMIN:
		say(w, "35=1|34=%u|112=x", in_seq++);
		break;
	case K_REJECT:
		say(w, "35=D|34=%u|43=Y|11=a", in_seq++);
		break;
	case K_EXEC:
	case K_LOST:
	case K_DAMAGED:
	case N_KINDS:
		assert_int_equal(app_send(w, "8", "11=e|"), 0);
		break;
	}
	assert_non_null(w->kept[seq]);
	if (k == K_LOST) {
		free(w->kept[seq]);
		w->kept[seq] = NULL;
	} else if (k == K_DAMAGED) {
		w->kept[seq][w->kept_len[seq] / 2] = '\001';
	}
}

static bool
goes_out(enum kind k)
{
	return k == K_EXEC || k == K_YOUNG || k == K_REJECT;
}

/* Every number once, in order; a gap fill covers nothing that goes out, and
 * ends at the number that follows it. */
static void
check_answer(struct world *w, const enum kind *kinds, unsigned from,
    unsigned to)
{
	unsigned at = from, seq, next;
	bool filled = false;

	for (char *l = strtok(w->log, "\n"); l != NULL;
	     l = strtok(NULL, "\n")) {
		if (l[0] != '>')
			continue;
		assert_non_null(strstr(l, "|34="));
		seq = (unsigned)strtoul(strstr(l, "|34=") + 4, NULL, 10);
		assert_int_equal(seq, at);
		if (strncmp(l, "> 35=4|", 7) != 0) {
			assert_true(goes_out(kinds[seq]));
			filled = false;
			at++;
			continue;
		}
		assert_false(filled); /* one fill, not two in a row */
		assert_non_null(strstr(l, "|36="));
		next = (unsigned)strtoul(strstr(l, "|36=") + 4, NULL, 10);
		assert_true(next > at);
		for (; at < next; at++)
			assert_false(goes_out(kinds[at]));
		filled = true;
	}
	assert_int_equal(at, to + 1);
	forget(w);
}

static void
one_mixture(struct world *w, uint64_t seed)
{
	enum kind kinds[MIX + 2] = { [1] = K_ADMIN };
	uint64_t x = seed;
	unsigned last = MIX + 1;

	up(w);
	in_seq = 2;
	for (unsigned seq = 2; seq <= last; seq++) {
		kinds[seq] = (enum kind)chance(&x, N_KINDS);
		/* Orders of the first half will be too old. */
		if (kinds[seq] == K_AGED || kinds[seq] == K_YOUNG)
			kinds[seq] = seq <= last / 2 ? K_AGED : K_YOUNG;
		if (seq == last / 2 + 1)
			age(w, 100);
		send_kind(w, kinds[seq], seq);
	}
	forget(w);
	/* Begin varies fastest: the same one again and again would be cut. */
	for (unsigned to = 0; to <= last + 2; to++)
		for (unsigned from = 1; from <= last; from++) {
			if (to != 0 && to < from)
				continue;
			say(w, "35=2|34=%u|7=%u|16=%u", in_seq++, from, to);
			check_answer(w, kinds, from,
			    to == 0 || to > last ? last : to);
		}
}

static void
any_mixture_and_range_is_filled_without_hole_or_overlap(void **state)
{
	struct world *w = *state;

	for (uint64_t seed = 1; seed <= 8; seed++) {
		void *fresh = (void *)(intptr_t)w->feed;

		assert_int_equal(world_setup(&fresh), 0);
		((struct world *)fresh)->cfg.resend_aged = "D";
		((struct world *)fresh)->cfg.resend_never = "B";
		one_mixture(fresh, seed);
		assert_int_equal(world_teardown(&fresh), 0);
	}
}

/* --- how much is served ---------------------------------------------------- */

static void
orders_to(struct world *w, unsigned last)
{
	up(w);
	for (unsigned i = 2; i <= last; i++)
		assert_int_equal(app_send(w, i == 3 ? "8" : "B", "58=x|"), 0);
	forget(w);
}

/* Burn 7: too much asked for; the youngest and every execution are served. */
static void
of_too_many_the_oldest_are_filled(void **state)
{
	struct world *w = *state;

	w->cfg.resend_max = 3;
	orders_to(w, 8);
	say(w, "35=2|34=2|7=2|16=0");
	expect(w, "not resent 2 35=B ClOrdID : too much was asked for",
	    "> 35=4|34=2|" DUP "|36=3|123=Y", "> 35=8|34=3|" DUP "|58=x",
	    "not resent 4 35=B ClOrdID : too much was asked for",
	    "not resent 5 35=B ClOrdID : too much was asked for",
	    "> 35=4|34=4|" DUP "|36=6|123=Y",
	    "> 35=B|34=6|" DUP "|58=x", "> 35=B|34=7|" DUP "|58=x",
	    "> 35=B|34=8|" DUP "|58=x", NULL);
	/* In pieces it gets all. */
	say(w, "35=2|34=3|7=4|16=5");
	expect(w, "> 35=B|34=4|" DUP "|58=x", "> 35=B|34=5|" DUP "|58=x",
	    NULL);
}

static void
too_many_are_refused_if_so_set(void **state)
{
	struct world *w = *state;

	w->cfg.resend_max = 3;
	w->cfg.resend_refuse = true;
	orders_to(w, 6);
	say(w, "35=2|34=2|7=2|16=5");
	expect(w,
	    "> 35=3|34=7|45=2|58=at most 3 messages a ResendRequest|371=16|"
	    "372=2|373=5",
	    NULL);
	say(w, "35=2|34=3|7=4|16=6");
	expect(w, "> 35=B|34=4|" DUP "|58=x", "> 35=B|34=5|" DUP "|58=x",
	    "> 35=B|34=6|" DUP "|58=x", NULL);
	assert_numbers(w, 4, 8);
}

/* --- what we ask for ------------------------------------------------------- */

static void
a_closed_interval_names_the_last_missing_number(void **state)
{
	struct world *w = *state;

	w->cfg.closed_resend = true;
	up(w);
	say(w, "35=D|34=5|11=a");
	expect(w, "> 35=2|34=2|7=2|16=4", NULL);
	/* The next one waits for the first: no second request. */
	say(w, "35=D|34=7|11=b");
	expect_nothing(w);
	say(w, "35=4|34=2|43=Y|122=%s|36=5|123=Y", stamp(w, 0));
	expect(w, "app D 5", "> 35=2|34=3|7=6|16=6", NULL);
}

/* Burns 2, 3: the next chunk is computed from NewSeqNo, one at a time. */
static void
a_fill_beyond_the_chunk_moves_the_next_one(void **state)
{
	struct world *w = *state;

	w->cfg.resend_chunk = 3;
	up(w);
	say(w, "35=D|34=12|11=a");
	expect(w, "> 35=2|34=2|7=2|16=4", NULL);
	say(w, "35=4|34=2|43=Y|122=%s|36=4|123=Y", stamp(w, 0));
	expect_nothing(w);
	say(w, "35=4|34=4|43=Y|122=%s|36=8|123=Y", stamp(w, 0));
	expect(w, "> 35=2|34=3|7=8|16=10", NULL);
	say(w, "35=4|34=8|43=Y|122=%s|36=30|123=Y", stamp(w, 0));
	expect_nothing(w);
	assert_numbers(w, 30, 4);
	assert_string_equal(fix_session_state_name(w->s), "active");
}

/* Burn 4: what was asked for over a dead connection is asked for anew. */
static void
a_request_dies_with_its_connection(void **state)
{
	struct world *w = *state;

	w->cfg.resend_chunk = 3;
	up(w);
	say(w, "35=D|34=9|11=a");
	expect(w, "> 35=2|34=2|7=2|16=4", NULL);
	lost(w);
	forget(w);
	connected(w);
	say(w, "35=A|34=10|98=0|108=30");
	expect(w, "> 35=A|34=3|98=0|108=30", "> 35=2|34=4|7=2|16=4", "up",
	    NULL);
}

/* --- what is kept meanwhile ------------------------------------------------ */

/* Burn 8: so many and no more; the rest is asked for again. */
static void
held_messages_are_counted(void **state)
{
	struct world *w = *state;

	w->cfg.max_held_msgs = 2;
	up(w);
	for (unsigned i = 4; i <= 7; i++)
		say(w, "35=D|34=%u|11=a", i);
	assert_noted(w, FIX_WHY_QUEUE_FULL);
	expect(w, "> 35=2|34=2|7=2|16=0", NULL);
	say(w, "35=4|34=2|43=Y|122=%s|36=4|123=Y", stamp(w, 0));
	expect(w, "app D 4", "app D 5", NULL);
	/* Those dropped show at the next message; the place is free again. */
	say(w, "35=D|34=8|11=a");
	expect(w, "> 35=2|34=3|7=6|16=0", NULL);
	say(w, "35=D|34=6|43=Y|122=%s|11=a", stamp(w, 0));
	say(w, "35=D|34=7|43=Y|122=%s|11=a", stamp(w, 0));
	expect(w, "app D 6 dup", "app D 7 dup", "app D 8", NULL);
	assert_numbers(w, 9, 4);
}

/* A place is free again when its message was taken up, gap or not. */
static void
held_messages_that_are_taken_up_make_room(void **state)
{
	struct world *w = *state;

	w->cfg.max_held_msgs = 2;
	up(w);
	say(w, "35=D|34=4|11=a");
	say(w, "35=D|34=6|11=b");
	say(w, "35=4|34=2|43=Y|122=%s|36=4|123=Y", stamp(w, 0));
	expect(w, "> 35=2|34=2|7=2|16=0", "app D 4", "> 35=2|34=3|7=5|16=0",
	    NULL);
	say(w, "35=D|34=7|11=c");
	assert_false(w->noted[FIX_WHY_QUEUE_FULL]);
	say(w, "35=4|34=5|43=Y|122=%s|36=6|123=Y", stamp(w, 0));
	expect(w, "app D 6", "app D 7", NULL);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		THRICE(aged_orders_of_an_initiator_are_filled_and_told),
		THRICE(young_orders_are_sent_again),
		THRICE(orders_from_the_future_are_filled),
		THRICE(orders_without_a_readable_time_are_filled),
		THRICE(executions_are_always_sent_again),
		THRICE(an_acceptor_sends_its_orders_again_unless_told),
		THRICE(any_age_is_a_setting),
		THRICE(types_never_sent_again_are_filled),
		{ "any mixture and range",
		    any_mixture_and_range_is_filled_without_hole_or_overlap,
		    world_setup, world_teardown, NULL },
		THRICE(of_too_many_the_oldest_are_filled),
		THRICE(too_many_are_refused_if_so_set),
		THRICE(a_closed_interval_names_the_last_missing_number),
		THRICE(a_fill_beyond_the_chunk_moves_the_next_one),
		THRICE(a_request_dies_with_its_connection),
		THRICE(held_messages_are_counted),
		THRICE(held_messages_that_are_taken_up_make_room),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
