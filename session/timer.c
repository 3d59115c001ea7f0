/*
 * What time brings about: heartbeats, TestRequests, and the ends of waits.
 *
 * One function says what is due next and when; tick carries out all that is due
 * and deadline tells the caller when that will be. FIX volume 2, "Heartbeats",
 * "Test Request"; test cases 4a, 6. TestRequest goes out after HeartBtInt and
 * a fifth without any message that is not garbled; the same again without
 * one, and the peer is lost. One that talks, but does not send the Heartbeat
 * that was asked for, is asked again, and lost the third time.
 */
#include "session/internal.h"

#define STALL_S 30 /* a gap without progress is asked for again */

struct due {
	struct fix_mono at;
	enum input in;
};

static void
sooner(struct due *d, struct fix_mono from, int64_t ns, enum input in)
{
	struct fix_mono at = mono_after(from, ns);

	if (at.ns < d->at.ns) {
		d->at = at;
		d->in = in;
	}
}

static void
due_silence(const struct fix_session *s, struct due *d)
{
	int64_t ns = s->heart_ns / 5 * 6;

	if (!s->test_open)
		sooner(d, s->last_in, ns, I_SILENCE);
	else if (s->last_in.ns > s->test_at.ns)
		sooner(d, s->test_at, ns, I_SILENCE);
	else
		sooner(d, s->test_at, ns, I_DEAD);
}

static void
due_logged_on(const struct fix_session *s, struct due *d)
{
	int64_t stall = 2 * s->heart_ns;

	if (stall < STALL_S * FIX_SEC)
		stall = STALL_S * FIX_SEC;
	if (s->heart_ns > 0) {
		due_silence(s, d);
		/* QuickFIX sends none meanwhile. */
		if (!s->test_open || !deviates(s, FIX_DEV_TEST_NO_BEATS))
			sooner(d, s->last_out, s->heart_ns, I_IDLE);
	}
	if (s->reset_at.ns != FIX_MONO_NEVER &&
	    (s->state == S_UP || s->reset_asked))
		sooner(d, s->reset_at,
		    (int64_t)s->cfg.logon_timeout_s * FIX_SEC, I_DEAD);
	if (s->state != S_GAP)
		return;
	sooner(d, s->gap_at, stall, I_STALL);
	sooner(d, s->logout_at, 0, I_TIMEOUT);
}

static struct due
next_due(const struct fix_session *s)
{
	struct due d = { { FIX_MONO_NEVER }, I_TIMEOUT };

	switch (s->state) {
	case S_WAIT_LOGON:
	case S_LOGON_SENT:
		sooner(&d, s->since, (int64_t)s->cfg.logon_timeout_s * FIX_SEC,
		    I_TIMEOUT);
		break;
	case S_UP:
	case S_GAP:
		due_logged_on(s, &d);
		break;
	case S_LOGOUT_SENT:
	case S_ENDING:
	case S_BYE:
		sooner(&d, s->since, (int64_t)s->cfg.logout_timeout_s * FIX_SEC,
		    I_TIMEOUT);
		break;
	case S_DOWN:
	case S_CLOSED:
	case N_STATES:
		break;
	}
	return d;
}

/* Work that waited for room in the queue, or for the right moment. */
static bool
has_chores(const struct fix_session *s)
{
	return s->want_logout || fs_held_ready(s) ||
	       (s->reset_due == RESET_WAITS && s->state == S_UP);
}

static void
do_chores(struct fix_session *s)
{
	struct event e = { .m = NULL };

	if (s->want_logout) {
		s->want_logout = false;
		fs_step(s, I_WANT_LOGOUT, &e);
	}
	if (fs_held_ready(s) && !fs_acts_deliver_waits(s->acts))
		fs_take_up(s);
	if (s->reset_due == RESET_WAITS && s->state == S_UP) {
		s->reset_due = RESET_TESTED;
		s->reset_at = s->now.mono;
		fs_send_test(s, RESET_TEST_ID);
	}
}

void
fix_session_tick(struct fix_session *s, struct fix_now now)
{
	struct event e = { .m = NULL };
	struct due d;

	s->now = now;
	if (fix_pace_when(&s->pace, now.mono).ns <= now.mono.ns)
		s->replay_waits = false; /* its driver may go on */
	/* One step each of the few that can be due together. */
	for (int i = 0; i < 4; i++) {
		if (!fs_acts_room(s->acts, ACTS_PER_STEP,
			s->cfg.max_msg_bytes + BYTES_PER_STEP))
			return;
		if (has_chores(s))
			do_chores(s);
		d = next_due(s);
		if (d.at.ns > now.mono.ns)
			return;
		fs_step(s, d.in, &e);
	}
}

struct fix_mono
fix_session_deadline(const struct fix_session *s)
{
	struct fix_mono at = next_due(s).at, room;

	if (has_chores(s) || fs_waiting_ready(s))
		return s->now.mono;
	if (!fs_waiting_any(s) && !s->replay_waits)
		return at;
	room = fix_pace_when(&s->pace, s->now.mono);
	return room.ns < at.ns ? room : at;
}
