/*
 * What messages do: the actions of the state table for those that belong to a
 * session's everyday life, gaps and duplicates included.
 *
 * Each uses the message's number up first, if it is its turn, and answers then,
 * so that RECEIVED stands before the SEND it brings about. How sessions end is
 * in ending.c, how they begin in logon.c.
 */
#include <inttypes.h>
#include <stdio.h>

#include "session/actions.h"

enum state
fs_ignore(struct fix_session *s, struct event *e)
{
	(void)s;
	(void)e;
	return S_TABLE;
}

enum state
fs_count_only(struct fix_session *s, struct event *e)
{
	fs_consume_if(s, e);
	return S_TABLE;
}

enum state
fs_deliver(struct fix_session *s, struct event *e)
{
	s->logons = 0;
	fs_consume(s, e);
	fs_acts_push(s, (struct fix_act){ .kind = FIX_ACT_DELIVER,
			    .seq = e->seq,
			    .msg = e->m,
			    .bytes = { e->m->bytes, e->m->len },
			    .flag = e->dup || fs_flag_set(e->m, 97) });
	return S_TABLE;
}

/* Test case 4b. A dictionary asks for 112; without one it may be missing, and
 * where values are not asked for it goes back as empty as it came. */
enum state
fs_answer_test(struct fix_session *s, struct event *e)
{
	struct fix_span id = { NULL, 0 };

	fs_consume(s, e);
	(void)fix_msg_get(e->m, 112, &id);
	fs_send_heartbeat(s, id);
	return S_TABLE;
}

/* Test cases 5, 6. A reset of ours waits for the answer to its TestRequest. */
enum state
fs_heartbeat(struct fix_session *s, struct event *e)
{
	struct fix_span id;

	s->logons = 0;
	fs_consume(s, e);
	if (s->reset_due == RESET_TESTED && s->state == S_UP &&
	    fix_msg_get(e->m, 112, &id) && fix_span_is(id, RESET_TEST_ID))
		fs_begin_reset(s);
	return S_TABLE;
}

/* Test case 7: counted, never answered. */
enum state
fs_note_reject(struct fix_session *s, struct event *e)
{
	struct fix_span text = { NULL, 0 };
	int64_t ref = 0;

	fs_consume_if(s, e);
	(void)fix_msg_get(e->m, 58, &text);
	if (text.len > QUOTE_MAX * 2)
		text.len = QUOTE_MAX * 2;
	if (fix_msg_int(e->m, 45, &ref) < 0 || ref < 0)
		ref = 0;
	fs_report_times(s, FIX_WHY_PEER_REJECTED,
	    ref == 0 ? 0 : fs_seq_near(s, ref, s->next_out), "%.*s",
	    (int)text.len, text.p != NULL ? (const char *)text.p : "");
	return S_TABLE;
}

/* Test case 8. Also out of turn: answered at once, counted in its turn. */
enum state
fs_resend(struct fix_session *s, struct event *e)
{
	struct fix_fault f = { .reason = 5, .field = FIX_MSG_NONE };
	char say[64];
	int rc;

	fs_consume_if(s, e);
	rc = fs_answer_resend(s, e, &f.tag);
	if (rc == -FIX_E_FULL)
		return fs_end_with(s, FIX_WHY_RESEND_FLOOD,
		    "too many ResendRequests for the same messages");
	if (rc == -FIX_E_SPACE) {
		(void)snprintf(say, sizeof(say),
		    "at most %u messages a ResendRequest", s->cfg.resend_max);
		fs_report(s, FIX_WHY_REJECTED, "%s", say);
		fs_send_reject(s, e, &f, say);
	} else if (rc < 0) {
		fs_report(s, FIX_WHY_REJECTED, "ResendRequest out of range");
		fs_send_reject(s, e, &f, NULL);
	}
	/* Test case 20: once answered, our own request goes out again; but not
	 * twice for the same, or two sides with gaps would never rest. */
	if (s->state == S_GAP && s->asked_again != s->next_in &&
	    !deviates(s, FIX_DEV_ASK_ONCE)) {
		s->asked_again = s->next_in;
		s->ask_after_replay = s->replaying;
		if (!s->replaying)
			fs_ask(s);
	}
	return S_TABLE;
}

/* A peer that sends nothing again need not be asked. */
enum state
fs_end_at_gap(struct fix_session *s, const struct event *e)
{
	char say[96];

	(void)snprintf(say, sizeof(say),
	    "MsgSeqNum too high, expecting %" PRIu64 " but received %" PRIu64,
	    wire_seq(s, s->next_in), wire_seq(s, e->seq));
	return fs_end_with(s, FIX_WHY_SEQ_HIGH, say);
}

/* A gap shows: keep the message, ask for what is missing. */
enum state
fs_gap(struct fix_session *s, struct event *e)
{
	if (deviates(s, FIX_DEV_GAP_LOGOUT))
		return fs_end_at_gap(s, e);
	fs_open_gap(s, e->seq);
	if (e->m != NULL)
		(void)fs_hold(s, e, false);
	fs_ask(s);
	return S_TABLE;
}

enum state
fs_gap_again(struct fix_session *s, struct event *e)
{
	(void)fs_hold(s, e, false);
	if (s->cfg.redundant_resend)
		fs_ask(s);
	return S_TABLE;
}

enum state
fs_gap_resend(struct fix_session *s, struct event *e)
{
	enum state next;

	if (deviates(s, FIX_DEV_GAP_LOGOUT))
		return fs_end_at_gap(s, e);
	(void)fs_hold(s, e, true);
	if (s->state == S_GAP)
		return fs_resend(s, e);
	fs_open_gap(s, e->seq);
	next = fs_resend(s, e);
	if (next != S_TABLE)
		return next;
	/* Answer first, then ask: the other way round both would wait. */
	if (s->replaying)
		s->ask_after_replay = true;
	else
		fs_ask(s);
	return S_TABLE;
}

/* Logout too high: what is missing first, but not for ever. */
enum state
fs_gap_logout(struct fix_session *s, struct event *e)
{
	if (deviates(s, FIX_DEV_GAP_LOGOUT))
		return fs_say_bye(s, e);
	s->logout_at =
	    mono_after(s->now.mono, (int64_t)s->cfg.logout_timeout_s * FIX_SEC);
	return s->state == S_GAP ? fs_gap_again(s, e) : fs_gap(s, e);
}

enum state
fs_filled(struct fix_session *s, struct event *e)
{
	(void)e;
	s->gap_top = 0;
	s->ask_after_replay = false;
	if (s->reset_due == RESET_TESTED)
		s->reset_due = RESET_WAITS; /* the answer may be in the gap */
	return S_TABLE;
}

enum state
fs_ask_again(struct fix_session *s, struct event *e)
{
	(void)e;
	if (!s->replaying)
		fs_ask(s);
	s->gap_at = s->now.mono;
	return S_TABLE;
}

static bool
new_seq_no(struct fix_session *s, struct event *e, uint64_t *to)
{
	struct fix_fault f = { .reason = 1, .field = FIX_MSG_NONE, .tag = 36 };
	int64_t v;

	if (fix_msg_int(e->m, 36, &v) == 0 && v >= 0) {
		*to = fs_seq_near(s, v, e->seq);
		if (*to > 0)
			return true;
	}
	if (!fs_is_seq_reset(e->m))
		fs_consume_if(s, e);
	fs_report(s, FIX_WHY_REJECTED, "NewSeqNo is missing or no number");
	fs_send_reject(s, e, &f, NULL);
	return false;
}

/* Test case 10b, 10e. */
enum state
fs_gap_fill(struct fix_session *s, struct event *e)
{
	struct fix_fault f = { .reason = 5, .field = FIX_MSG_NONE, .tag = 36 };
	char say[96];
	uint64_t to;

	if (!new_seq_no(s, e, &to))
		return S_TABLE;
	if (to > e->seq) {
		fs_consume(s, e);
		if (to > s->next_in) {
			s->next_in = to;
			fs_tell_numbers(s, false);
		}
		if (deviates(s, FIX_DEV_CHUNKS_OPEN) && s->state == S_GAP &&
		    s->next_in == s->asked_to)
			fs_ask(s);
		return S_TABLE;
	}
	/* Equal: the sender's next number is this one again. */
	if (to < e->seq)
		fs_consume(s, e);
	(void)snprintf(say, sizeof(say),
	    "attempt to lower sequence number, invalid value NewSeqNo=%" PRIu64,
	    to);
	fs_report(s, FIX_WHY_REJECTED, "%s", say);
	fs_send_reject(s, e, &f, say);
	return S_TABLE;
}

/* Test case 11: never lower, and no number of its own. */
enum state
fs_reset_to(struct fix_session *s, struct event *e)
{
	struct fix_fault f = { .reason = 5, .field = FIX_MSG_NONE, .tag = 36 };
	uint64_t to;

	if (!new_seq_no(s, e, &to))
		return S_TABLE;
	if (to < s->next_in) {
		fs_report(s, FIX_WHY_REJECTED, "SequenceReset would lower it");
		if (deviates(s, FIX_DEV_NO_REF_NEW_SEQ))
			f.tag = 0;
		fs_send_reject(s, e, &f, NULL);
		return S_TABLE;
	}
	fs_report(s, FIX_WHY_RESET, "peer goes on at %" PRIu64, to);
	if (to > s->next_in) {
		s->next_in = to;
		s->gap_at = s->now.mono;
		fs_tell_numbers(s, false);
	}
	return S_TABLE;
}

/* Test case 2e: seen before. */
enum state
fs_duplicate(struct fix_session *s, struct event *e)
{
	fs_report(s, FIX_WHY_DUPLICATE, "%" PRIu64 " again, ignored", e->seq);
	return S_TABLE;
}

/* Test cases 2f, 2g for a number that was used already. */
enum state
fs_bad_duplicate(struct fix_session *s, struct event *e)
{
	fs_report(s, FIX_WHY_REJECTED, "possible duplicate without a good 122");
	fs_send_reject(s, e, &e->fault, NULL);
	if (e->fault.reason != 10 || !deviates(s, FIX_DEV_ORIG_LOGOUT))
		return S_TABLE;
	fs_send_logout_after(s, &e->fault);
	s->why = FIX_WHY_SENDING_TIME;
	return S_ENDING;
}

/* Test case 14, and 2f, 2g in their turn: the number is used up. */
enum state
fs_reject(struct fix_session *s, struct event *e)
{
	fs_consume_if(s, e);
	fs_report(s, FIX_WHY_REJECTED, "%s (tag %u)",
	    fix_reject_text(e->fault.reason < 0 ? 11 : e->fault.reason),
	    e->fault.tag);
	fs_send_reject(s, e, &e->fault, NULL);
	return S_TABLE;
}
