/*
 * The state table: what each input means in each state, and the one gate
 * through which a session changes its state.
 *
 * A cell names an action and where the session goes after it; an action that
 * must decide for itself says another state. A cell left empty is a violation
 * of the protocol: the peer is told by Logout and the session ends. FIX volume
 * 2, session protocol; the test cases are named at the actions. Where a peer
 * wants something else than the text, deviates() says so in the actions and in
 * check.c, and tests/conformance/README.md lists it.
 */
#include <assert.h>

#include "session/actions.h"

struct rule {
	enum state (*act)(struct fix_session *s, struct event *e);
	enum state next;
};

/* What every logged-on state does alike. */
#define LOGGED_ON(here)                                                        \
	[I_LOGON] = { fs_count_only, here },                                   \
	[I_HEARTBEAT] = { fs_heartbeat, here },                                \
	[I_TEST] = { fs_answer_test, here }, [I_RESEND] = { fs_resend, here }, \
	[I_REJECT] = { fs_note_reject, here },                                 \
	[I_FILL] = { fs_gap_fill, here }, [I_LOGOUT] = { fs_say_bye, S_BYE },  \
	[I_APP] = { fs_deliver, here }, [I_STALE] = { fs_count_only, here },   \
	[I_RELOGON] = { fs_relogon, S_UP }, [I_RESET] = { fs_reset_to, here }, \
	[I_LOW] = { fs_too_low, S_ENDING }, [I_DUP] = { fs_duplicate, here },  \
	[I_DUP_BAD] = { fs_bad_duplicate, here },                              \
	[I_FAULT] = { fs_reject, here },                                       \
	[I_BAD_TIME] = { fs_bad_time, S_ENDING },                              \
	[I_BAD_ID] = { fs_bad_id, S_ENDING },                                  \
	[I_BAD_BEGIN] = { fs_bad_begin, S_ENDING },                            \
	[I_NO_SEQ] = { fs_no_number, S_CLOSED },                               \
	[I_GARBLED] = { fs_garbled, here },                                    \
	[I_TOOBIG] = { fs_too_big, S_CLOSED }, [I_LOST] = { fs_gone, S_DOWN }, \
	[I_IDLE] = { fs_idle, here }, [I_SILENCE] = { fs_probe, here },        \
	[I_DEAD] = { fs_dead, S_CLOSED },                                      \
	[I_WANT_LOGOUT] = { fs_log_out, S_LOGOUT_SENT }

/* A cell left empty is a violation, or our own fault: see fs_step(). */
static const struct rule rules[N_STATES][N_INPUTS] = {
	[S_DOWN] = {
		[I_CONNECT] = { fs_connect, S_WAIT_LOGON },
	},
	[S_WAIT_LOGON] = {
		[I_LOGON] = { fs_first_logon, S_UP },
		[I_NOT_LOGON] = { fs_not_logon, S_CLOSED },
		[I_FAULT] = { fs_bad_logon, S_CLOSED },
		[I_BAD_TIME] = { fs_bad_logon, S_CLOSED },
		[I_BAD_ID] = { fs_stranger, S_CLOSED },
		[I_BAD_BEGIN] = { fs_stranger, S_CLOSED },
		[I_NO_SEQ] = { fs_no_number, S_CLOSED },
		[I_GARBLED] = { fs_noise, S_CLOSED },
		[I_TOOBIG] = { fs_hang_up_big, S_CLOSED },
		[I_LOST] = { fs_gone, S_DOWN },
		[I_TIMEOUT] = { fs_timed_out, S_CLOSED },
		[I_WANT_LOGOUT] = { fs_close_early, S_CLOSED },
	},
	[S_LOGON_SENT] = {
		[I_LOGON] = { fs_logon_reply, S_UP },
		[I_HEARTBEAT] = { fs_no_reply, S_CLOSED },
		[I_TEST] = { fs_no_reply, S_CLOSED },
		[I_RESEND] = { fs_no_reply, S_CLOSED },
		[I_REJECT] = { fs_note_reject, S_LOGON_SENT },
		[I_FILL] = { fs_no_reply, S_CLOSED },
		[I_LOGOUT] = { fs_turned_away, S_CLOSED },
		[I_APP] = { fs_no_reply, S_CLOSED },
		[I_STALE] = { fs_no_reply, S_CLOSED },
		[I_RESET] = { fs_no_reply, S_CLOSED },
		[I_HIGH] = { fs_no_reply, S_CLOSED },
		[I_HIGH_RESEND] = { fs_no_reply, S_CLOSED },
		[I_HIGH_LOGOUT] = { fs_turned_away, S_CLOSED },
		[I_LOW] = { fs_too_low, S_ENDING },
		[I_DUP] = { fs_no_reply, S_CLOSED },
		[I_DUP_BAD] = { fs_no_reply, S_CLOSED },
		[I_FAULT] = { fs_bad_logon, S_CLOSED },
		[I_BAD_TIME] = { fs_bad_time, S_ENDING },
		[I_BAD_ID] = { fs_bad_id, S_ENDING },
		[I_BAD_BEGIN] = { fs_bad_begin, S_ENDING },
		[I_NO_SEQ] = { fs_no_number, S_CLOSED },
		[I_GARBLED] = { fs_garbled, S_LOGON_SENT },
		[I_TOOBIG] = { fs_too_big, S_CLOSED },
		[I_LOST] = { fs_gone, S_DOWN },
		[I_TIMEOUT] = { fs_timed_out, S_CLOSED },
		[I_WANT_LOGOUT] = { fs_log_out, S_LOGOUT_SENT },
	},
	[S_UP] = {
		LOGGED_ON(S_UP),
		[I_HIGH] = { fs_gap, S_GAP },
		[I_HIGH_RESEND] = { fs_gap_resend, S_GAP },
		[I_HIGH_LOGOUT] = { fs_gap_logout, S_GAP },
	},
	[S_GAP] = {
		LOGGED_ON(S_GAP),
		[I_HIGH] = { fs_gap_again, S_GAP },
		[I_HIGH_RESEND] = { fs_gap_resend, S_GAP },
		[I_HIGH_LOGOUT] = { fs_gap_logout, S_GAP },
		[I_FILLED] = { fs_filled, S_UP },
		[I_STALL] = { fs_ask_again, S_GAP },
		[I_TIMEOUT] = { fs_say_bye_late, S_BYE },
	},
	/* Nothing more is sent but what the peer asks to have again. */
	[S_LOGOUT_SENT] = {
		[I_LOGON] = { fs_count_only, S_LOGOUT_SENT },
		[I_HEARTBEAT] = { fs_count_only, S_LOGOUT_SENT },
		[I_TEST] = { fs_count_only, S_LOGOUT_SENT },
		[I_RESEND] = { fs_resend, S_LOGOUT_SENT },
		[I_REJECT] = { fs_note_reject, S_LOGOUT_SENT },
		[I_FILL] = { fs_gap_fill, S_LOGOUT_SENT },
		[I_LOGOUT] = { fs_bye, S_CLOSED },
		[I_APP] = { fs_deliver, S_LOGOUT_SENT },
		[I_STALE] = { fs_count_only, S_LOGOUT_SENT },
		[I_RELOGON] = { fs_ignore, S_LOGOUT_SENT },
		[I_RESET] = { fs_reset_to, S_LOGOUT_SENT },
		[I_HIGH] = { fs_ignore, S_LOGOUT_SENT },
		[I_HIGH_RESEND] = { fs_resend, S_LOGOUT_SENT },
		[I_HIGH_LOGOUT] = { fs_bye, S_CLOSED },
		[I_LOW] = { fs_bye_at_last, S_CLOSED },
		[I_DUP] = { fs_duplicate, S_LOGOUT_SENT },
		[I_DUP_BAD] = { fs_duplicate, S_LOGOUT_SENT },
		[I_FAULT] = { fs_count_only, S_LOGOUT_SENT },
		[I_BAD_TIME] = { fs_count_only, S_LOGOUT_SENT },
		[I_BAD_ID] = { fs_bye_at_last, S_CLOSED },
		[I_BAD_BEGIN] = { fs_bye_at_last, S_CLOSED },
		[I_NO_SEQ] = { fs_bye_at_last, S_CLOSED },
		[I_GARBLED] = { fs_garbled, S_LOGOUT_SENT },
		[I_TOOBIG] = { fs_bye_at_last, S_CLOSED },
		[I_LOST] = { fs_gone, S_DOWN },
		[I_TIMEOUT] = { fs_timed_out, S_CLOSED },
		[I_WANT_LOGOUT] = { fs_ignore, S_LOGOUT_SENT },
	},
	/* The peer broke a rule: only its Logout is of interest. */
	[S_ENDING] = {
		[I_LOGON] = { fs_ignore, S_ENDING },
		[I_HEARTBEAT] = { fs_ignore, S_ENDING },
		[I_TEST] = { fs_ignore, S_ENDING },
		[I_RESEND] = { fs_ignore, S_ENDING },
		[I_REJECT] = { fs_ignore, S_ENDING },
		[I_FILL] = { fs_ignore, S_ENDING },
		[I_LOGOUT] = { fs_bye_at_last, S_CLOSED },
		[I_APP] = { fs_ignore, S_ENDING },
		[I_STALE] = { fs_ignore, S_ENDING },
		[I_RELOGON] = { fs_ignore, S_ENDING },
		[I_RESET] = { fs_ignore, S_ENDING },
		[I_HIGH] = { fs_ignore, S_ENDING },
		[I_HIGH_RESEND] = { fs_ignore, S_ENDING },
		[I_HIGH_LOGOUT] = { fs_bye_at_last, S_CLOSED },
		[I_LOW] = { fs_ignore, S_ENDING },
		[I_DUP] = { fs_ignore, S_ENDING },
		[I_DUP_BAD] = { fs_ignore, S_ENDING },
		[I_FAULT] = { fs_ignore, S_ENDING },
		[I_BAD_TIME] = { fs_ignore, S_ENDING },
		[I_BAD_ID] = { fs_ignore, S_ENDING },
		[I_BAD_BEGIN] = { fs_ignore, S_ENDING },
		[I_NO_SEQ] = { fs_ignore, S_ENDING },
		[I_GARBLED] = { fs_garbled, S_ENDING },
		[I_TOOBIG] = { fs_bye_at_last, S_CLOSED },
		[I_LOST] = { fs_gone, S_DOWN },
		[I_TIMEOUT] = { fs_timed_out, S_CLOSED },
		[I_WANT_LOGOUT] = { fs_ignore, S_ENDING },
	},
	/* The peer has said goodbye; it may still ask for what it missed. */
	[S_BYE] = {
		[I_LOGON] = { fs_ignore, S_BYE },
		[I_HEARTBEAT] = { fs_ignore, S_BYE },
		[I_TEST] = { fs_ignore, S_BYE },
		[I_RESEND] = { fs_resend, S_BYE },
		[I_REJECT] = { fs_ignore, S_BYE },
		[I_FILL] = { fs_ignore, S_BYE },
		[I_LOGOUT] = { fs_bye_at_last, S_CLOSED },
		[I_APP] = { fs_ignore, S_BYE },
		[I_STALE] = { fs_ignore, S_BYE },
		[I_RELOGON] = { fs_ignore, S_BYE },
		[I_RESET] = { fs_ignore, S_BYE },
		[I_HIGH] = { fs_ignore, S_BYE },
		[I_HIGH_RESEND] = { fs_resend, S_BYE },
		[I_HIGH_LOGOUT] = { fs_bye_at_last, S_CLOSED },
		[I_LOW] = { fs_ignore, S_BYE },
		[I_DUP] = { fs_ignore, S_BYE },
		[I_DUP_BAD] = { fs_ignore, S_BYE },
		[I_FAULT] = { fs_ignore, S_BYE },
		[I_BAD_TIME] = { fs_ignore, S_BYE },
		[I_BAD_ID] = { fs_ignore, S_BYE },
		[I_BAD_BEGIN] = { fs_ignore, S_BYE },
		[I_NO_SEQ] = { fs_ignore, S_BYE },
		[I_GARBLED] = { fs_garbled, S_BYE },
		[I_TOOBIG] = { fs_bye_at_last, S_CLOSED },
		[I_LOST] = { fs_gone, S_DOWN },
		[I_TIMEOUT] = { fs_timed_out, S_CLOSED },
		[I_WANT_LOGOUT] = { fs_ignore, S_BYE },
	},
	[S_CLOSED] = {
		[I_LOST] = { fs_gone, S_DOWN },
		[I_WANT_LOGOUT] = { fs_ignore, S_CLOSED },
	},
};

static const struct rule violation = { fs_violation, S_ENDING };

/* Everything that follows from where the session now is. */
static void
set_state(struct fix_session *s, enum state next)
{
	bool up = next == S_UP || next == S_GAP;

	if (next == s->state)
		return;
	s->state = next;
	s->since = s->now.mono;
	if (up && !s->was_up)
		fs_acts_push(s, (struct fix_act){ .kind = FIX_ACT_UP });
	if (up)
		s->was_up = true;
	if (!up && next != S_LOGOUT_SENT && s->was_up) {
		fs_acts_push(
		    s, (struct fix_act){ .kind = FIX_ACT_DOWN,
			   .flag = s->logged_out,
			   .why = s->why });
		s->was_up = false;
	}
	if (next == S_CLOSED)
		fs_acts_push(s,
		    (struct fix_act){ .kind = FIX_ACT_CLOSE, .why = s->why });
}

void
fs_step(struct fix_session *s, enum input in, struct event *e)
{
	const struct rule *r = &rules[s->state][in];
	enum state next;

	if (r->act == NULL)
		r = &violation;
	next = r->act(s, e);
	set_state(s, next == S_TABLE ? r->next : next);
}

/* After a step: has a gap closed, or does what was held show another? */
void
fs_settle(struct fix_session *s)
{
	struct event e = { .m = NULL };

	fs_held_drop_old(s);
	if (s->state == S_GAP && s->next_in > s->gap_top)
		fs_step(s, I_FILLED, &e);
	else if (s->state == S_GAP && s->asked_to != 0 &&
		 s->next_in > s->asked_to)
		fs_ask(s);
	if (s->state == S_UP && fs_held_peek(s, &e.seq) && e.seq > s->next_in)
		fs_step(s, I_HIGH, &e);
}
