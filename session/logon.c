/*
 * Logging on, in both roles, and starting again at 1.
 *
 * FIX volume 2, "Logon"; test cases 1B, 1S, 17. Everything about a Logon is
 * judged before anything is changed: identity, dictionary, time, then its
 * fields, and only then may ResetSeqNumFlag(141) touch a number. Whoever begins
 * a reset says 141=Y first; an answer to it is never answered.
 */
#include <inttypes.h>
#include <stdio.h>

#include "session/actions.h"

/* What the Logon says, once it has been judged. */
struct logon {
	int64_t heart_s;
	int64_t next_expected; /* 789, 0: not told */
	bool reset;
};

void
fs_reset_numbers(struct fix_session *s)
{
	s->next_in = s->next_out = 1;
	s->processed = 0;
	fs_held_clear(s);
	s->gap_top = 0;
	s->replaying = false;
	s->again_from = s->again_to = 0;
	fs_tell_numbers(s, true);
	fs_report(s, FIX_WHY_RESET, "numbers begin at 1");
}

static bool
resets_at_all(const struct fix_session *s)
{
	const struct fix_session_cfg *c = &s->cfg;

	return c->reset_on_logon || c->reset_on_logout ||
	       c->reset_on_disconnect;
}

/* Will our next Logon void what is said now? Before the peer has said anything
 * in this row of numbers (its next is 1), it is where a reset has left it. */
bool
fs_would_void(const struct fix_session *s)
{
	const struct fix_session_cfg *c = &s->cfg;

	if (c->role != FIX_INITIATOR || c->sends_void_anew ||
	    fix_session_up(s))
		return false;
	if (c->reset_on_logon || c->reset_on_disconnect || s->owes_reset ||
	    s->say_reset || s->reset_asked || s->reset_due != RESET_NO)
		return true;
	return c->reset_on_logout && (s->state != S_DOWN || s->next_in == 1);
}

enum state
fs_connect(struct fix_session *s, struct event *e)
{
	bool anew = s->cfg.reset_on_logon || s->owes_reset ||
		    (resets_at_all(s) && s->next_in == 1);

	(void)e;
	s->last_in = s->last_out = s->now.mono;
	if ((s->cut_off || (anew && s->cfg.role == FIX_INITIATOR)) &&
	    (s->next_in != 1 || s->next_out != 1))
		fs_reset_numbers(s);
	s->cut_off = false;
	if (s->cfg.role == FIX_ACCEPTOR)
		return S_WAIT_LOGON;
	s->heart_ns = (int64_t)s->cfg.heart_bt_int_s * FIX_SEC;
	s->reset_asked = (resets_at_all(s) || s->say_reset || s->owes_reset) &&
			 s->version >= FIX_V_41 && s->next_in == 1 &&
			 s->next_out == 1;
	s->logon_seq = s->next_out;
	fs_send_logon(s, s->reset_asked);
	return S_LOGON_SENT;
}

/* A Logon that won't do: say why, and end. */
static enum state
turn_away(struct fix_session *s, const char *text)
{
	fs_report(s, FIX_WHY_LOGON_REFUSED, "%s", text);
	fs_send_logout(s, text);
	s->why = FIX_WHY_LOGON_REFUSED;
	return S_CLOSED;
}

enum state
fs_refuse_logon(struct fix_session *s, struct event *e)
{
	return turn_away(s, e->text);
}

/* Test case 17b: an EncryptMethod that we don't have. */
static enum state
turn_away_encryption(struct fix_session *s, struct event *e)
{
	struct fix_fault f = { .reason = 7, .field = FIX_MSG_NONE, .tag = 98 };

	fs_consume_if(s, e);
	fs_send_reject(s, e, &f, "EncryptMethod is not supported");
	return turn_away(s, "EncryptMethod (98) is not supported");
}

/* Wrong in a way that the state table names: dictionary, time, order. */
enum state
fs_bad_logon(struct fix_session *s, struct event *e)
{
	const char *text =
	    fix_reject_text(e->fault.reason < 0 ? 11 : e->fault.reason);
	char say[160];

	s->why = FIX_WHY_LOGON_REFUSED;
	if (e->fault.tag != 0 && deviates(s, FIX_DEV_TEXTS_QFJ))
		(void)snprintf(say, sizeof(say),
		    "Invalid Logon message: %s, field=%u", text, e->fault.tag);
	else if (e->fault.tag != 0)
		(void)snprintf(say, sizeof(say), "%s (%u)", text, e->fault.tag);
	else
		(void)snprintf(say, sizeof(say), "%s", text);
	if (!deviates(s, FIX_DEV_LOGON_SILENT))
		return turn_away(s, say);
	fs_report(s, FIX_WHY_LOGON_REFUSED, "%s", say);
	return S_CLOSED;
}

/* HeartBtIntMin and HeartBtIntMax: a peer must not bind us with a heartbeat
 * each second, nor hide its death for a day. */
static const char *
bound_heartbeat(const struct fix_session *s, int64_t heart_s)
{
	const struct fix_session_cfg *c = &s->cfg;

	if (c->role != FIX_ACCEPTOR)
		return NULL;
	if (c->heart_min_s != 0 && heart_s < (int64_t)c->heart_min_s)
		return "HeartBtInt (108) is less than is accepted";
	if (c->heart_max_s != 0 &&
	    (heart_s > (int64_t)c->heart_max_s || heart_s == 0))
		return "HeartBtInt (108) is more than is accepted";
	return NULL;
}

static const char *
read_heartbeat(
    const struct fix_session *s, const struct fix_msg *m, struct logon *l)
{
	if (fix_msg_int(m, 108, &l->heart_s) < 0)
		return "HeartBtInt (108) is missing or no number";
	if (l->heart_s < 0)
		return "HeartBtInt must not be negative";
	if (l->heart_s > HEART_MAX_S)
		return "HeartBtInt is out of range";
	return bound_heartbeat(s, l->heart_s);
}

static const char *
read_appl(struct fix_session *s, const struct fix_msg *m, char *say, size_t cap)
{
	struct fix_span v;

	if (!s->fixt)
		return NULL;
	if (!fix_msg_get(m, 1137, &v))
		return "DefaultApplVerID (1137) is missing";
	s->peer_appl = fix_version_of_appl(v);
	if (s->peer_appl == FIX_V_NONE) {
		(void)snprintf(say, cap, "Invalid DefaultApplVerID=%.*s",
		    (int)(v.len > QUOTE_MAX ? QUOTE_MAX : v.len),
		    (const char *)v.p);
		return say;
	}
	/* Every message would be refused one by one. */
	if (fs_checks(s) && fs_appl_dict(s, s->peer_appl) == NULL) {
		(void)snprintf(say, cap,
		    "DefaultApplVerID (1137) %s is not served here",
		    fix_version_name(s->peer_appl));
		return say;
	}
	return fs_read_types(s, m) ? NULL : "out of memory";
}

static const char *
read_reset(const struct fix_session *s, const struct event *e, struct logon *l)
{
	l->reset = fs_flag_set(e->m, 141);
	if (!l->reset)
		return NULL;
	if (s->cfg.refuse_reset_flag || s->no_reset)
		return "ResetSeqNumFlag (141) is not accepted";
	if (e->seq != 1)
		return "ResetSeqNumFlag (141) needs MsgSeqNum (34) 1";
	return NULL;
}

static const char *
read_next_expected(const struct fix_session *s, const struct fix_msg *m,
    struct logon *l, char *say, size_t cap)
{
	struct fix_span v;

	l->next_expected = 0;
	if (!s->cfg.next_expected || !fix_msg_get(m, 789, &v))
		return NULL;
	if (fix_msg_int(m, 789, &l->next_expected) < 0 || l->next_expected < 0)
		return "NextExpectedMsgSeqNum (789) is no number";
	l->next_expected =
	    (int64_t)fs_seq_near(s, l->next_expected, s->next_out);
	if (l->next_expected < 1)
		return "NextExpectedMsgSeqNum (789) is no number";
	if (l->reset || (uint64_t)l->next_expected <= s->next_out)
		return NULL;
	(void)snprintf(say, cap,
	    "Tag 789 (NextExpectedMsgSeqNum) is higher than expected. "
	    "Expected %" PRIu64 ", Received %" PRIu64,
	    wire_seq(s, s->next_out),
	    wire_seq(s, (uint64_t)l->next_expected));
	return say;
}

static void
read_max_size(struct fix_session *s, const struct fix_msg *m)
{
	int64_t v;

	s->peer_max = 0;
	if (fix_msg_int(m, 383, &v) == 0 && v > 0)
		s->peer_max = (size_t)v;
}

/* @return NULL, or why the Logon won't do */
static const char *
read_logon(struct fix_session *s, const struct event *e, struct logon *l,
    char *say, size_t cap)
{
	const char *wrong = read_heartbeat(s, e->m, l);

	if (wrong == NULL)
		wrong = read_appl(s, e->m, say, cap);
	if (wrong == NULL)
		wrong = read_reset(s, e, l);
	if (wrong == NULL)
		wrong = read_next_expected(s, e->m, l, say, cap);
	read_max_size(s, e->m);
	return wrong;
}

static bool
encrypted(const struct fix_msg *m)
{
	int64_t method;

	return fix_msg_int(m, 98, &method) == 0 && method != 0;
}

/* Open the gap before a Logon that came too high. With 789 the peer sends what
 * is missing of its own accord; told to reset, it has nothing to send. */
static enum state
count_logon(struct fix_session *s, const struct event *e, const struct logon *l,
    bool was_high)
{
	s->say_reset = false;
	if (!was_high || s->reset_asked)
		return S_UP;
	if (deviates(s, FIX_DEV_GAP_LOGOUT))
		return fs_end_at_gap(s, e);
	(void)fs_hold(s, e, true);
	fs_open_gap(s, e->seq);
	if (l->next_expected == 0)
		fs_ask(s);
	return S_GAP;
}

/* R10: own is the number that the peer, if it lacks nothing, names: the one of
 * our Logon, or the one behind it if the peer has that already. */
static void
serve_next_expected(struct fix_session *s, const struct logon *l, uint64_t own)
{
	uint64_t from = (uint64_t)l->next_expected;

	if (l->next_expected > 0 && !l->reset && from < own)
		fs_start_replay(s, from, s->next_out - 1);
}

static bool
reset_at_logon(struct fix_session *s, const struct logon *l)
{
	bool moved = s->next_in != 1 || s->next_out != 1;

	if (l->reset)
		s->owes_reset = false;
	else if (s->owes_reset && moved)
		fs_reset_numbers(s);
	if ((s->say_reset || s->owes_reset) && !l->reset) {
		s->reset_asked = true;
		return true;
	}
	if (!l->reset && !s->cfg.reset_on_logon)
		return false;
	if (moved || l->reset)
		fs_reset_numbers(s);
	/* The peer learns of it, unless it plays by QuickFIX's book. */
	s->reset_asked =
	    !l->reset && moved && !deviates(s, FIX_DEV_RESET_UNTOLD) && s->version >= FIX_V_41;
	return l->reset || s->reset_asked;
}

enum state
fs_first_logon(struct fix_session *s, struct event *e)
{
	struct logon l;
	char say[128];
	const char *wrong;
	bool reset, high;
	uint64_t own;

	if (s->shut) {
		fs_report(s, FIX_WHY_OUT_OF_SCHEDULE, "Logon outside of hours");
		s->why = FIX_WHY_OUT_OF_SCHEDULE;
		return S_CLOSED;
	}
	if (encrypted(e->m))
		return turn_away_encryption(s, e);
	wrong = read_logon(s, e, &l, say, sizeof(say));
	if (wrong != NULL)
		return turn_away(s, wrong);
	if (!l.reset && !s->cfg.reset_on_logon && !s->owes_reset &&
	    e->seq < s->next_in) {
		fs_tell_too_low(s, e);
		return S_CLOSED;
	}
	reset = reset_at_logon(s, &l);
	s->heart_ns = l.heart_s * FIX_SEC;
	high = e->seq > s->next_in;
	fs_consume_if(s, e);
	own = s->next_out;
	fs_send_logon(s, reset);
	serve_next_expected(s, &l, own);
	return count_logon(s, e, &l, high);
}

/* The acceptor began anew without being asked: obey, and say so (R8). */
static enum state
obey_reset(struct fix_session *s, const struct event *e)
{
	fs_reset_numbers(s);
	fs_consume(s, e);
	s->say_reset = s->owes_reset = false;
	s->reset_due = RESET_NO;
	fs_send_logon(s, true);
	return S_UP;
}

/* Messages queued since our Logon went out: let the peer see the gap. */
static void
show_number(struct fix_session *s, uint64_t logon_seq)
{
	if (s->next_out > logon_seq + 1)
		fs_send_heartbeat(s, (struct fix_span){ NULL, 0 });
}

enum state
fs_logon_reply(struct fix_session *s, struct event *e)
{
	struct logon l;
	char say[128];
	const char *wrong;
	bool high, asked = s->reset_asked;

	if (encrypted(e->m))
		return turn_away_encryption(s, e);
	wrong = read_logon(s, e, &l, say, sizeof(say));
	if (wrong != NULL)
		return turn_away(s, wrong);
	s->reset_asked = false;
	s->heart_ns = l.heart_s * FIX_SEC;
	if (l.reset && !asked)
		return obey_reset(s, e);
	/* R8: its old messages must not come again as if they were new. */
	if (asked && !l.reset && e->seq != 1)
		return turn_away(s, "ResetSeqNumFlag (141) was not obeyed");
	if (asked)
		s->owes_reset = false;
	if (e->seq < s->next_in) {
		fs_tell_too_low(s, e);
		return S_CLOSED;
	}
	high = e->seq > s->next_in;
	fs_consume_if(s, e);
	if (l.reset && deviates(s, FIX_DEV_RESET_REPLY)) {
		s->next_out = 1;
		fs_tell_numbers(s, true);
		return count_logon(s, e, &l, high);
	}
	show_number(s, s->logon_seq);
	serve_next_expected(s, &l, s->next_out);
	return count_logon(s, e, &l, high);
}

/* We begin a reset inside the session: our numbers at once, the peer's when it
 * answers, since messages of its old row may still be under way. */
void
fs_begin_reset(struct fix_session *s)
{
	s->reset_due = RESET_NO;
	s->reset_at = s->now.mono;
	s->next_out = 1;
	s->processed = 0;
	fs_tell_numbers(s, true);
	fs_report(s, FIX_WHY_RESET, "we begin at 1");
	s->reset_asked = true;
	fs_send_logon(s, true);
}

/* Logon with 141=Y while logged on. */
enum state
fs_relogon(struct fix_session *s, struct event *e)
{
	struct logon l;
	char say[128];
	const char *wrong = NULL;
	bool asked = s->reset_asked;

	if (++s->logons > LOGONS_MAX)
		wrong = "too many Logons";
	if (wrong == NULL)
		wrong = read_logon(s, e, &l, say, sizeof(say));
	if (wrong != NULL)
		return turn_away(s, wrong);
	s->reset_asked = s->say_reset = s->owes_reset = false;
	s->reset_due = RESET_NO;
	s->reset_at.ns = FIX_MONO_NEVER;
	if (asked) {
		s->next_in = 1;
		s->gap_top = 0;
		fs_held_clear(s);
		fs_tell_numbers(s, false);
		fs_consume(s, e);
		return S_UP;
	}
	fs_reset_numbers(s);
	fs_consume(s, e);
	s->heart_ns = l.heart_s * FIX_SEC;
	fs_send_logon(s, true);
	return S_UP;
}
