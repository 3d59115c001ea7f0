/*
 * The state table, cell by cell: whatever comes in whatever state, nothing
 * crashes, nothing is sent that was not kept, and the session is where the
 * table says it may be.
 */
#include "session/internal.h"
#include "tests/session/world.h"

#include <stdio.h>
#include <stdlib.h>

/* A message that gives each input when it is its turn; NULL: no message. */
static const char *const sample[N_INPUTS] = {
	[I_LOGON] = "35=A|34=N|98=0|108=30",
	[I_HEARTBEAT] = "35=0|34=N",
	[I_TEST] = "35=1|34=N|112=x",
	[I_RESEND] = "35=2|34=N|7=1|16=0",
	[I_REJECT] = "35=3|34=N|45=1",
	[I_FILL] = "35=4|34=N|36=M|123=Y",
	[I_LOGOUT] = "35=5|34=N",
	[I_APP] = "35=D|34=N|11=x",
	[I_STALE] = "35=1|34=N|43=Y|122=20260101-00:00:00|112=x",
	[I_RELOGON] = "35=A|34=1|98=0|108=30|141=Y",
	[I_RESET] = "35=4|34=0|36=M",
	[I_HIGH] = "35=D|34=H|11=x",
	[I_HIGH_RESEND] = "35=2|34=H|7=1|16=0",
	[I_HIGH_LOGOUT] = "35=5|34=H",
	[I_LOW] = "35=0|34=1",
	[I_DUP] = "35=0|34=1|43=Y|122=20260101-00:00:00",
	[I_DUP_BAD] = "35=0|34=1|43=Y",
	[I_NOT_LOGON] = "35=0|34=N",
	[I_FAULT] = "35=D|34=N|43=Y|11=x",
	[I_BAD_TIME] = "35=0|34=N|52=20010101-00:00:00",
	[I_BAD_ID] = "35=0|34=N|49=THIEF",
	[I_BAD_BEGIN] = "35=0|34=N", /* after changing 8 */
	[I_NO_SEQ] = "35=0",
};

/* Where a session may be after an input, by state; bit per state. */
#define B(s) (1u << (s))
#define ENDED (B(S_CLOSED) | B(S_ENDING) | B(S_BYE))

static unsigned
allowed(enum state from)
{
	switch (from) {
	case S_DOWN:
		return B(S_DOWN);
	case S_WAIT_LOGON:
		return B(S_WAIT_LOGON) | B(S_UP) | B(S_GAP) | B(S_CLOSED) |
		       B(S_DOWN);
	case S_LOGON_SENT:
		return B(S_LOGON_SENT) | B(S_UP) | B(S_GAP) | ENDED |
		       B(S_DOWN) | B(S_LOGOUT_SENT);
	case S_UP:
	case S_GAP:
		return B(S_UP) | B(S_GAP) | B(S_LOGOUT_SENT) | ENDED |
		       B(S_DOWN);
	case S_LOGOUT_SENT:
		return B(S_LOGOUT_SENT) | B(S_CLOSED) | B(S_ENDING) | B(S_DOWN);
	case S_ENDING:
		return B(S_ENDING) | B(S_CLOSED) | B(S_DOWN);
	case S_BYE:
		return B(S_BYE) | B(S_CLOSED) | B(S_ENDING) | B(S_DOWN);
	case S_CLOSED:
		return B(S_CLOSED) | B(S_DOWN);
	case N_STATES:
		break;
	}
	return 0;
}

/* Bring a session into a state. */
static void
into(struct world *w, enum state to)
{
	w->start.next_in = 2;
	if (to == S_LOGON_SENT)
		w->cfg.role = FIX_INITIATOR;
	if (to == S_DOWN) {
		start(w);
		return;
	}
	if (to == S_WAIT_LOGON || to == S_LOGON_SENT)
		connected(w);
	else
		up(w);
	if (to == S_GAP)
		say(w, "35=0|34=9");
	if (to == S_LOGOUT_SENT) {
		fix_session_logout(w->s, NULL, w->now);
		drain(w);
	}
	if (to == S_ENDING || to == S_CLOSED)
		say(w, "35=0|34=1");
	if (to == S_CLOSED)
		say(w, "35=5|34=3");
	if (to == S_BYE)
		say(w, "35=5|34=3");
	forget(w);
	assert_int_equal(w->s->state, to);
}

static void
fill_in(struct world *w, const char *text, char *out, size_t cap)
{
	unsigned long long n = fix_session_numbers(w->s).next_in;
	size_t len = 0;

	for (; *text != '\0'; text++) {
		if (*text == 'N' || *text == 'M' || *text == 'H')
			len += (size_t)snprintf(out + len, cap - len, "%llu",
			    *text == 'N'   ? n
			    : *text == 'M' ? n + 3
					   : n + 20);
		else
			out[len++] = *text;
	}
	out[len] = '\0';
}

static void
give(struct world *w, enum input in)
{
	struct event e = { .m = NULL };
	char text[128];

	if (in == I_BAD_BEGIN)
		w->cfg.begin_string = "FIX.4.1";
	if (sample[in] != NULL) {
		fill_in(w, sample[in], text, sizeof(text));
		say(w, "%s", text);
	} else if (in == I_GARBLED) {
		say_raw(w, "8=FIX.4.4|9=5|35=0|10=000|");
	} else if (in == I_LOST) {
		lost(w);
	} else if (in == I_WANT_LOGOUT) {
		fix_session_logout(w->s, NULL, w->now);
		drain(w);
	} else if (w->s->state != S_DOWN && w->s->state != S_CLOSED &&
		   in != I_CONNECT) {
		/* Timers and size: straight through the gate. */
		fs_step(w->s, in, &e);
		drain(w);
	}
}

/* Timers and the like exist in some states only: timer.c, rules.c. */
static bool
exists(enum state st, enum input in)
{
	if (in == I_FILLED || in == I_STALL)
		return st == S_GAP;
	if (in == I_IDLE || in == I_SILENCE || in == I_DEAD)
		return st == S_UP || st == S_GAP;
	if (in == I_TIMEOUT)
		return st != S_UP;
	return true;
}

static void
every_cell_ends_in_a_state_that_it_may(void **state)
{
	enum feed feed = ((struct world *)*state)->feed;

	for (unsigned st = 0; st < N_STATES; st++) {
		for (unsigned in = 0; in < N_INPUTS; in++) {
			void *one = (void *)(intptr_t)feed;
			struct world *w;

			if (!exists((enum state)st, (enum input)in))
				continue;
			assert_int_equal(world_setup(&one), 0);
			w = one;
			into(w, (enum state)st);
			give(w, (enum input)in);
			if (!(allowed((enum state)st) & B(w->s->state)))
				fail_msg("state %u, input %u: now %s", st, in,
				    fix_session_state_name(w->s));
			lost(w);
			assert_string_equal(
			    fix_session_state_name(w->s), "down");
			world_teardown(&one);
		}
	}
}

/* All pairs of inputs, from UP: no order of things breaks a promise. */
static void
any_two_inputs_in_a_row_keep_the_promises(void **state)
{
	enum feed feed = ((struct world *)*state)->feed;

	for (unsigned a = 0; a < N_INPUTS; a++) {
		for (unsigned b = 0; b < N_INPUTS; b++) {
			void *one = (void *)(intptr_t)feed;
			struct world *w;

			if (a >= I_CONNECT || b >= I_CONNECT)
				continue;
			assert_int_equal(world_setup(&one), 0);
			w = one;
			into(w, S_UP);
			give(w, (enum input)a);
			give(w, (enum input)b);
			pass(w, 200000);
			lost(w);
			world_teardown(&one);
		}
	}
}

/* A session that is idle is small: thousands of them are. */
static void
an_idle_session_is_small(void **state)
{
	(void)state;
	assert_true(sizeof(struct fix_session) <= 2048);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		THRICE(every_cell_ends_in_a_state_that_it_may),
		THRICE(any_two_inputs_in_a_row_keep_the_promises),
		cmocka_unit_test(an_idle_session_is_small),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
