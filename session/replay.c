/*
 * Sending again what the peer missed.
 *
 * A ResendRequest becomes a REPLAY action; the driver reads kept messages back
 * and hands them in, ascending, in its own time. Numbers it leaves out and
 * session messages become gap fills, as few as possible (FIX volume 2, "Message
 * Recovery"; test case 8). One replay is open at a time: a request that comes
 * meanwhile widens it, or is remembered as one range for afterwards, however
 * many come, so a flood of them queues nothing.
 */
#include <inttypes.h>

#include "fix/scan.h"
#include "session/internal.h"

#define REPLAY_ACTS 8u

static bool
too_many(const struct fix_session *s, uint64_t from, uint64_t to)
{
	return s->cfg.resend_max > 0 && to - from >= s->cfg.resend_max;
}

static void
open_replay(struct fix_session *s, uint64_t from, uint64_t to)
{
	s->replaying = true;
	s->surplus_end =
	    too_many(s, from, to) && !s->cfg.resend_refuse ?
	    to - s->cfg.resend_max : 0;
	s->replay_next = s->fill_from = from;
	s->replay_end = to;
	fs_acts_push(
	    s, (struct fix_act){
		   .kind = FIX_ACT_REPLAY, .seq = from, .seq_end = to });
}

/* Numbers from..to are wanted; to is at most our last one. */
void
fs_start_replay(struct fix_session *s, uint64_t from, uint64_t to)
{
	if (s->cfg.no_persist) {
		fs_send_gap_fill(s, from, to + 1);
		return;
	}
	if (!s->replaying) {
		open_replay(s, from, to);
		return;
	}
	/* The driver was told an end: what is beyond it waits as well. */
	if (from >= s->replay_next && to <= s->replay_end)
		return;
	if (s->again_from == 0 || from < s->again_from)
		s->again_from = from;
	if (to > s->again_to)
		s->again_to = to;
}

/* Asked for the same again and again: not a peer that gets anywhere. */
static bool
flooded(struct fix_session *s, uint64_t from)
{
	if (from != s->last_resend)
		s->same_resend = 0;
	s->last_resend = from;
	return ++s->same_resend > SAME_RESEND_MAX;
}

/*
 * Read BeginSeqNo and EndSeqNo and begin the answer.
 *
 * @return 0; -FIX_E_RANGE: the range makes no sense, *bad is its tag;
 *         -FIX_E_SPACE: it is longer than we serve;
 *         -FIX_E_FULL: the peer asks for the same without end
 */
int
fs_answer_resend(struct fix_session *s, const struct event *e, uint32_t *bad)
{
	uint64_t last = s->next_out - 1;
	int64_t from, to;

	*bad = 7;
	if (fix_msg_int(e->m, 7, &from) < 0 || from < 0)
		return -FIX_E_RANGE;
	from = (int64_t)fs_seq_near(s, from, s->next_out);
	if (from < 1 || (uint64_t)from > last)
		return -FIX_E_RANGE;
	*bad = 16;
	if (fix_msg_int(e->m, 16, &to) < 0 || to < 0)
		return -FIX_E_RANGE;
	if (to > 0)
		to = (int64_t)fs_seq_near(s, to, (uint64_t)from);
	if (to > 0 && to < from)
		return -FIX_E_RANGE;
	/* 0, and 999999 before 4.2, mean all; more than all is all too. */
	if (to == 0 || (uint64_t)to > last ||
	    (s->version < FIX_V_42 && to == 999999))
		to = (int64_t)last;
	if (flooded(s, (uint64_t)from))
		return -FIX_E_FULL;
	if (s->cfg.resend_refuse && too_many(s, (uint64_t)from, (uint64_t)to))
		return -FIX_E_SPACE;
	fs_start_replay(s, (uint64_t)from, (uint64_t)to);
	return 0;
}

int
fix_session_replay(struct fix_session *s, uint64_t seq, struct fix_span bytes,
    struct fix_now now)
{
	struct fix_msg *m = &s->acts->kept;
	int64_t own;

	s->now = now;
	if (!s->replaying || seq < s->replay_next || seq > s->replay_end)
		return -FIX_E_STATE;
	if (!fs_acts_room(s->acts, REPLAY_ACTS, bytes.len + BYTES_PER_STEP))
		return -FIX_E_SPACE;
	s->replay_waits = s->cfg.pace_resends && fs_wire(s) &&
	    fix_pace_when(&s->pace, now.mono).ns > now.mono.ns;
	if (s->replay_waits)
		return -FIX_E_FULL;
	s->replay_next = seq + 1;
	/* A kept message that does not read, or is another, is not sent. */
	if (fix_split(bytes.p, bytes.len, m) < 0 || m->n < 4 ||
	    fix_msg_int(m, 34, &own) < 0 ||
	    (uint64_t)own != wire_seq(s, seq)) {
		fs_report(s, FIX_WHY_REPLAY_BAD,
		    "kept message %" PRIu64 " is damaged: gap-filled", seq);
		return 0;
	}
	if (!fs_may_resend(s, m) || fs_withhold(s, m, seq))
		return 0;
	if (s->fill_from < seq)
		fs_send_gap_fill(s, s->fill_from, seq);
	if (fs_send_again(s, seq, m) < 0) {
		fs_report(s, FIX_WHY_REPLAY_BAD,
		    "kept message %" PRIu64 " cannot be sent again", seq);
		s->fill_from = seq;
		return 0;
	}
	if (s->cfg.pace_resends)
		fix_pace_take(&s->pace, now.mono);
	s->fill_from = seq + 1;
	return 0;
}

int
fix_session_replay_done(struct fix_session *s, struct fix_now now)
{
	s->now = now;
	if (!s->replaying)
		return -FIX_E_STATE;
	if (!fs_acts_room(s->acts, REPLAY_ACTS, BYTES_PER_STEP))
		return -FIX_E_SPACE;
	s->replaying = false;
	if (s->fill_from <= s->replay_end)
		fs_send_gap_fill(s, s->fill_from, s->replay_end + 1);
	if (s->again_from != 0) {
		open_replay(s, s->again_from, s->again_to);
		s->again_from = s->again_to = 0;
	}
	/* Answered first, asked afterwards (test case 20). */
	if (s->ask_after_replay && s->state == S_GAP)
		fs_ask(s);
	return 0;
}
