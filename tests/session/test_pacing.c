/* Messages of ours that wait because the peer takes so many in so much time:
 * out_pace, line.c. */
#include "tests/session/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
paced(struct world *w, const char *windows)
{
	assert_int_equal(fix_pace_read(&w->cfg.out_pace, windows), 0);
	up(w);
}

static void
ok(struct world *w, const char *type, const char *body)
{
	assert_int_equal(app_send(w, type, body), 0);
}

static void
what_is_over_the_limit_waits_and_goes_in_order(void **state)
{
	struct world *w = *state;

	paced(w, "2/1");
	ok(w, "D", "11=a|");
	ok(w, "D", "11=b|");
	expect(w, "> 35=D|34=2|11=a", "> 35=D|34=3|11=b", NULL);
	ok(w, "D", "11=c|");
	ok(w, "D", "11=d|");
	ok(w, "D", "11=e|");
	expect(w, "queued 1", "queued 2", "queued 3", NULL);
	assert_numbers(w, 2, 4);
	pass(w, 999);
	expect_nothing(w);
	pass(w, 1);
	expect(w, "unqueued 1", "> 35=D|34=4|11=c", "unqueued 2",
	    "> 35=D|34=5|11=d", NULL);
	pass(w, 1000);
	expect(w, "unqueued 3", "> 35=D|34=6|11=e", NULL);
	ok(w, "D", "11=f|");
	expect(w, "> 35=D|34=7|11=f", NULL);
}

/* Numbers come as it leaves: what overtakes has the lower one. */
static void
a_cancel_goes_first_and_session_messages_at_once(void **state)
{
	struct world *w = *state;

	paced(w, "1/1");
	ok(w, "D", "11=a|");
	ok(w, "D", "11=b|");
	ok(w, "8", "37=x|");
	ok(w, "F", "11=c|41=a|");
	forget(w);
	say(w, "35=1|34=2|112=T");
	expect(w, "> 35=0|34=3|112=T", NULL);
	pass(w, 1000);
	expect(w, "unqueued 3", "> 35=F|34=4|11=c|41=a", NULL);
	pass(w, 1000);
	expect(w, "unqueued 1", "> 35=D|34=5|11=b", NULL);
	pass(w, 1000);
	expect(w, "unqueued 2", "> 35=8|34=6|37=x", NULL);
}

static void
a_cancel_does_not_overtake_the_order_it_is_for(void **state)
{
	struct world *w = *state;

	paced(w, "1/1");
	ok(w, "D", "11=a|");
	ok(w, "D", "11=b|");
	ok(w, "F", "11=c|41=b|");
	ok(w, "q", "11=d|");
	forget(w);
	pass(w, 1000);
	expect(w, "unqueued 1", "> 35=D|34=3|11=b", NULL);
	pass(w, 1000);
	expect(w, "unqueued 2", "> 35=F|34=4|11=c|41=b", NULL);
	pass(w, 1000);
	expect(w, "unqueued 3", "> 35=q|34=5|11=d", NULL);
	/* No order waits any more. */
	ok(w, "8", "37=x|");
	ok(w, "8", "37=y|");
	ok(w, "q", "11=e|");
	forget(w);
	pass(w, 1000);
	expect(w, "unqueued 6", "> 35=q|34=6|11=e", NULL);
}

static void
the_line_is_bounded_and_cancels_have_room_of_their_own(void **state)
{
	struct world *w = *state;
	unsigned n = 0;
	struct fix_session_paced p;
	char gone[32];

	w->cfg.max_paced_bytes = 1000;
	paced(w, "1/1");
	ok(w, "D", "11=a|");
	while (app_send(w, "D", "11=b|55=AAPL|54=1|38=100|40=1|") == 0)
		n++;
	assert_true(n > 5 && n < 40);
	assert_int_equal(app_send(w, "D", "11=b|55=AAPL|54=1|38=100|40=1|"),
	    -FIX_E_FULL);
	ok(w, "F", "11=c|41=a|");
	drain(w);
	fix_session_paced(w->s, w->now, &p);
	assert_int_equal(p.messages, n + 1);
	assert_true(p.bytes > 500 && p.bytes < 1100);
	assert_int_equal(p.use, 100);
	forget(w);
	pass(w, 1000);
	snprintf(gone, sizeof(gone), "unqueued %u", n + 1);
	expect(w, gone, "> 35=F|34=3|11=c|41=a", NULL);
	for (unsigned i = 0; i < n; i++)
		pass(w, 1000);
	fix_session_paced(w->s, w->now, &p);
	assert_int_equal(p.messages, 0);
	assert_int_equal(p.bytes, 0);
	assert_numbers(w, 2, 4 + n);
}

/* Numbered and kept as what is sent while down: the peer asks for it. */
static void
what_waits_at_the_end_of_the_session_is_not_lost(void **state)
{
	struct world *w = *state;

	paced(w, "1/10");
	ok(w, "8", "37=a|");
	ok(w, "8", "37=b|");
	ok(w, "8", "37=c|");
	forget(w);
	assert_numbers(w, 2, 3);
	lost(w);
	drain(w);
	assert_numbers(w, 2, 5);
	forget(w);
	assert_int_equal(fix_session_connected(w->s, w->now), 0);
	say(w, "35=A|34=2|98=0|108=30");
	forget(w);
	say(w, "35=2|34=3|7=3|16=4");
	assert_non_null(strstr(w->log, "> 35=8|34=3|43=Y|122="));
	assert_non_null(strstr(w->log, "|37=b\n"));
	assert_non_null(strstr(w->log, "> 35=8|34=4|43=Y|122="));
	forget(w);
}

/* The numbers that it would get are void with the next Logon: told, not lost
 * without a word. */
static void
what_the_next_logon_would_void_is_told(void **state)
{
	struct world *w = *state;
	struct fix_session_paced p;

	w->cfg.role = FIX_INITIATOR;
	w->cfg.reset_on_logon = true;
	paced(w, "1/10");
	ok(w, "D", "11=a|");
	ok(w, "D", "11=b|");
	drain(w);
	lost(w);
	drain(w);
	forget(w);
	assert_noted(w, FIX_WHY_NOT_RESENT);
	assert_non_null(strstr(w->note[FIX_WHY_NOT_RESENT], "35=D ClOrdID b "));
	fix_session_paced(w->s, w->now, &p);
	assert_int_equal(p.messages, 0);
	assert_numbers(w, 2, 3);
}

static void
resends_keep_the_pace_if_they_are_to(void **state)
{
	struct world *w = *state;

	w->cfg.pace_resends = true;
	w->hold_replay = true;
	assert_int_equal(fix_pace_read(&w->cfg.out_pace, "2/1"), 0);
	up(w);
	ok(w, "8", "37=a|");
	ok(w, "8", "37=b|");
	pass(w, 1000);
	ok(w, "8", "37=c|");
	forget(w);
	say(w, "35=2|34=2|7=2|16=4");
	forget(w);
#define AGAIN(n)                                                               \
	fix_session_replay(w->s, n,                                            \
	    (struct fix_span){ w->kept[n], w->kept_len[n] }, w->now)
	assert_int_equal(AGAIN(2), 0);
	assert_int_equal(AGAIN(3), -FIX_E_FULL);
	assert_int_equal(
	    fix_session_deadline(w->s).ns, w->now.mono.ns + FIX_SEC);
	pass(w, 1000);
	assert_int_equal(AGAIN(3), 0);
	assert_int_equal(AGAIN(4), 0);
	assert_int_equal(fix_session_replay_done(w->s, w->now), 0);
	drain(w);
	forget(w);
}

/* Note what went out, each once and in the order of its kind. */
static unsigned
sent(struct world *w, int64_t at[1500], unsigned n, unsigned told[2])
{
	const char *p;

	drain(w);
	for (p = w->log; (p = strstr(p, "|11=")) != NULL; p++) {
		assert_int_equal(strtoul(p + 5, NULL, 10), told[p[4] == 'f']++);
		assert_true(n < 1500);
		at[n++] = w->now.mono.ns;
	}
	forget(w);
	return n;
}

/* No stretch of a second holds more than the limit, whatever is sent when, and
 * all of it comes out once, in the order of its kind. */
static void
any_mixture_keeps_the_limit_and_order(void **state)
{
	struct world *w = *state;
	unsigned seed = 7, next_d = 0, next_f = 0, told[2] = { 0, 0 };
	int64_t sent_at[1500];
	unsigned n = 0;
	char body[64];

	paced(w, "5/1");
	for (unsigned i = 0; i < 900 || told[0] + told[1] < next_d + next_f;
	    i++) {
		seed = seed * 1103515245u + 12345u;
		if (i < 900 && (seed >> 16) % 3 != 0) {
			bool f = (seed >> 18) % 4 == 0;

			snprintf(body, sizeof(body), "11=%c%u|41=gone|",
			    f ? 'f' : 'd', f ? next_f++ : next_d++);
			ok(w, f ? "F" : "8", body);
			n = sent(w, sent_at, n, told);
		}
		for (unsigned ms = 1 + (seed >> 20) % 40; ms > 0; ms--) {
			pass(w, 1);
			n = sent(w, sent_at, n, told);
		}
		if (i % 20 == 0) { /* it lives */
			snprintf(body, sizeof(body), "35=0|34=%u",
			    2 + i / 20);
			say(w, "%s", body);
			forget(w);
		}
		assert_true(i < 20000);
	}
	assert_true(n > 400);
	for (unsigned i = 5; i < n; i++)
		assert_true(sent_at[i] - sent_at[i - 5] >= FIX_SEC);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		THRICE(what_is_over_the_limit_waits_and_goes_in_order),
		THRICE(a_cancel_goes_first_and_session_messages_at_once),
		THRICE(a_cancel_does_not_overtake_the_order_it_is_for),
		THRICE(the_line_is_bounded_and_cancels_have_room_of_their_own),
		THRICE(what_waits_at_the_end_of_the_session_is_not_lost),
		THRICE(what_the_next_logon_would_void_is_told),
		THRICE(resends_keep_the_pace_if_they_are_to),
		THRICE(any_mixture_keeps_the_limit_and_order),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
