/*
 * From a message to an input of the state table: is it what it should be, and
 * is it its turn?
 *
 * The order of the checks is the one the acceptance suites rely on: first
 * message, BeginString, MsgSeqNum, what the dictionary says, SendingTime,
 * CompIDs, number. Nothing is changed here and nothing is sent.
 */
#include <assert.h>
#include <string.h>

#include "session/internal.h"

bool
fs_type_is(const struct fix_msg *m, char type)
{
	struct fix_span t = fix_msg_type(m);

	return t.len == 1 && t.p[0] == (uint8_t)type;
}

/* Heartbeat to SequenceReset, Logout, Logon. */
bool
fs_is_admin(struct fix_span type)
{
	return type.len == 1 &&
	       ((type.p[0] >= '0' && type.p[0] <= '5') || type.p[0] == 'A');
}

bool
fs_flag_set(const struct fix_msg *m, uint32_t tag)
{
	bool v = false;

	return fix_msg_bool(m, tag, &v) == 0 && v;
}

static bool
field_is(const struct fix_msg *m, uint32_t tag, const char *want)
{
	struct fix_span v;

	return fix_msg_get(m, tag, &v) && fix_span_is(v, want);
}

static bool
ids_match(const struct fix_session *s, const struct fix_msg *m)
{
	return field_is(m, 49, s->cfg.target_comp_id) &&
	       field_is(m, 56, s->cfg.sender_comp_id);
}

/* SequenceReset-Reset: its own number means nothing, and may be 0. */
bool
fs_is_seq_reset(const struct fix_msg *m)
{
	return fs_type_is(m, '4') && !fs_flag_set(m, 123);
}

/* MsgSeqNum: without a usable one a message has no place (R22). */
static bool
read_seq(const struct fix_session *s, struct event *e)
{
	int64_t seq;

	if (fix_msg_int(e->m, 34, &seq) < 0 || seq < 0)
		return false;
	e->seq = fs_seq_near(s, seq, s->next_in);
	return e->seq > 0 || fs_is_seq_reset(e->m);
}

uint64_t
fs_apart(int64_t a, int64_t b)
{
	return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

/* Resent messages are judged by their number, held ones were judged. */
static bool
time_ok(const struct fix_session *s, struct event *e)
{
	struct fix_stamp t;

	if (e->held)
		return true;
	e->sent_known = fix_msg_stamp(e->m, 52, &t) == 0;
	if (e->sent_known)
		e->sent_ns = t.utc.ns;
	if (s->cfg.no_check_latency || !e->sent_known)
		return s->cfg.no_check_latency;
	return e->dup || fs_apart(t.utc.ns, s->now.utc.ns) <=
			     (uint64_t)s->cfg.max_latency_s * (uint64_t)FIX_SEC;
}

/* Rejects and Logouts are never turned away for a field of theirs: that would
 * make two engines reject each other without end. */
static bool
is_refusal(const struct fix_session *s, const struct fix_msg *m)
{
	if (fs_type_is(m, '3') || fs_type_is(m, '5'))
		return true;
	return !deviates(s, FIX_DEV_REJECT_EXEC) &&
	       (fs_type_is(m, '9') || fs_type_is(m, 'j'));
}

/* An execution has happened, whatever is wrong with the message. */
static bool
is_execution(const struct fix_session *s, const struct fix_msg *m)
{
	return !deviates(s, FIX_DEV_REJECT_EXEC) &&
	       (fs_type_is(m, '8') || fix_span_is(fix_msg_type(m), "AE"));
}

static enum fix_level
level_of(const struct fix_session *s, const struct fix_msg *m)
{
	enum fix_level level = s->cfg.level;
	struct fix_span t = fix_msg_type(m);
	bool named = false;

	for (uint32_t i = 0; i < s->cfg.n_levels && !named; i++) {
		named = fix_span_is(t, s->cfg.levels[i].type);
		if (named)
			level = s->cfg.levels[i].level;
	}
	if (level == FIX_LEVEL_REJECT &&
	    (is_refusal(s, m) || (!named && is_execution(s, m))))
		return FIX_LEVEL_REPORT;
	return level;
}

static struct tolerated *
tolerated_as(struct fix_session *s, const struct event *e)
{
	struct tolerated *t = s->tolerated;
	char type[sizeof(t->type)];
	uint32_t i;

	fix_span_copy(fix_msg_type(e->m), type, sizeof(type));
	for (i = 0; i < TOLERATED_MAX - 1 && t[i].n > 0; i++)
		if (t[i].tag == e->fault.tag && t[i].reason == e->fault.reason &&
		    strcmp(t[i].type, type) == 0)
			return &t[i];
	memcpy(t[i].type, type, sizeof(type));
	t[i].tag = e->fault.tag;
	t[i].reason = e->fault.reason;
	return &t[i];
}

static void
tell_tolerated(struct fix_session *s, const struct event *e)
{
	struct tolerated *t = tolerated_as(s, e);

	t->n++;
	s->n_tolerated++;
	fs_report_times(s, FIX_WHY_TOLERATED, t->n,
	    "35=%s: %s (tag %u), taken all the same", t->type,
	    fix_reject_text(e->fault.reason), e->fault.tag);
}

/* Can its header be trusted so far that its number and sender are known? */
static bool
header_fault(const struct fix_session *s, const struct fix_fault *f)
{
	return f->tag == 49 || f->tag == 56 || f->tag == 52 || f->tag == 34 ||
	       (s->cfg.transport != NULL && f->reason == 14);
}

static void
blame(struct event *e, int reason, uint32_t tag)
{
	e->fault.reason = reason;
	e->fault.field = FIX_MSG_NONE;
	e->fault.tag = tag;
}

/* @return true if the dictionary allows it */
static bool
as_it_should_be(const struct fix_session *s, struct event *e)
{
	const struct fix_dict *app = fix_session_dict(s, e->m);

	if (app == NULL && fs_checks(s)) {
		blame(e, 18, 1128);
		return false;
	}
	if (app == NULL)
		app = s->cfg.app != NULL ? s->cfg.app : s->cfg.transport;
	return fix_dict_check(s->cfg.transport, app, e->m, &s->cfg.check,
		   &e->fault) == 0;
}

static bool
faulty(struct fix_session *s, struct event *e)
{
	enum fix_level level = level_of(s, e->m);

	if (s->cfg.transport == NULL || level == FIX_LEVEL_OFF ||
	    as_it_should_be(s, e))
		return false;
	if (level == FIX_LEVEL_REJECT || header_fault(s, &e->fault))
		return true;
	if (!e->held)
		tell_tolerated(s, e);
	return false;
}

/* OrigSendingTime of a possible duplicate. @return 0 good, or the reason */
static int
orig_time_fault(const struct fix_msg *m)
{
	struct fix_stamp sent, orig;
	struct fix_span v;

	if (!fix_msg_get(m, 122, &v))
		return 1;
	if (fix_msg_stamp(m, 122, &orig) < 0)
		return 6;
	if (fix_msg_stamp(m, 52, &sent) == 0 && orig.utc.ns > sent.utc.ns)
		return 10;
	return 0;
}

static bool
orig_time_optional(const struct fix_session *s, const struct fix_msg *m)
{
	return deviates(s, FIX_DEV_ORIG_OPTIONAL) ||
	       (deviates(s, FIX_DEV_ORIG_ADMIN) &&
		   fs_is_admin(fix_msg_type(m)));
}

static bool
bad_orig_time(const struct fix_session *s, struct event *e)
{
	int reason = orig_time_fault(e->m);

	if (reason == 0 || (reason == 1 && orig_time_optional(s, e->m)))
		return false;
	e->fault.reason = reason;
	e->fault.field = FIX_MSG_NONE;
	e->fault.tag = 122;
	return true;
}

static enum input
when_low(const struct fix_session *s, struct event *e)
{
	/* QuickFIX answers these two whatever their number. */
	if (deviates(s, FIX_DEV_LOW_LOGOUT) && fs_type_is(e->m, '5'))
		return I_LOGOUT;
	if (deviates(s, FIX_DEV_LOW_RESEND) && fs_type_is(e->m, '2'))
		return I_RESEND;
	if (!e->dup)
		return I_LOW;
	if (!fs_type_is(e->m, '4') && bad_orig_time(s, e))
		return I_DUP_BAD;
	return I_DUP;
}

static enum input
when_high(const struct fix_session *s, const struct event *e, bool bad)
{
	if (bad)
		return I_HIGH;
	if (fs_type_is(e->m, '5'))
		return deviates(s, FIX_DEV_HIGH_LOGOUT) ? I_LOGOUT
							: I_HIGH_LOGOUT;
	if (fs_type_is(e->m, '2'))
		return I_HIGH_RESEND;
	return I_HIGH;
}

static enum input
by_type(const struct fix_msg *m)
{
	struct fix_span t = fix_msg_type(m);

	if (!fs_is_admin(t))
		return I_APP;
	switch (t.p[0]) {
	case '0':
		return I_HEARTBEAT;
	case '1':
		return I_TEST;
	case '2':
		return I_RESEND;
	case '3':
		return I_REJECT;
	case '4':
		return I_FILL;
	case '5':
		return I_LOGOUT;
	default:
		return I_LOGON;
	}
}

static enum input
when_equal(const struct fix_session *s, struct event *e, bool bad)
{
	if (bad)
		return I_FAULT;
	if (!e->dup || fs_type_is(e->m, '4'))
		return by_type(e->m);
	if (!deviates(s, FIX_DEV_ORIG_OLD_ONLY) && bad_orig_time(s, e))
		return I_FAULT;
	/* An old session message asks for nothing any more (R35). */
	if (!deviates(s, FIX_DEV_DUP_ADMIN) && fs_is_admin(fix_msg_type(e->m)))
		return I_STALE;
	return by_type(e->m);
}

static enum input
by_number(const struct fix_session *s, struct event *e, bool bad)
{
	if (fs_is_seq_reset(e->m))
		return bad ? I_FAULT : I_RESET;
	if (fs_type_is(e->m, 'A') && !bad && !e->dup && fs_flag_set(e->m, 141))
		return I_RELOGON;
	if (e->seq < s->next_in)
		return when_low(s, e);
	if (e->seq > s->next_in)
		return when_high(s, e, bad);
	return when_equal(s, e, bad);
}

/* The Logon that opens a connection: its number is for logon.c. */
static enum input
first_logon(struct fix_session *s, struct event *e)
{
	if (!field_is(e->m, 8, s->cfg.begin_string))
		return I_BAD_BEGIN;
	/* A stranger learns nothing, not even what is wrong with his Logon. */
	if (s->state == S_WAIT_LOGON && !ids_match(s, e->m))
		return I_BAD_ID;
	if (!read_seq(s, e))
		return I_NO_SEQ;
	e->dup = fs_flag_set(e->m, 43);
	if (faulty(s, e))
		return I_FAULT;
	if (!time_ok(s, e)) {
		blame(e, 10, 52);
		return I_BAD_TIME;
	}
	return ids_match(s, e->m) ? I_LOGON : I_BAD_ID;
}

enum input
fs_classify(struct fix_session *s, struct event *e)
{
	bool bad;

	if (s->state == S_WAIT_LOGON || s->state == S_LOGON_SENT) {
		if (fs_type_is(e->m, 'A'))
			return first_logon(s, e);
		if (s->state == S_WAIT_LOGON)
			return I_NOT_LOGON;
	}
	if (!field_is(e->m, 8, s->cfg.begin_string))
		return I_BAD_BEGIN;
	if (!read_seq(s, e))
		return I_NO_SEQ;
	e->dup = fs_flag_set(e->m, 43);
	bad = faulty(s, e);
	if (!bad && !time_ok(s, e)) {
		blame(e, 10, 52);
		return I_BAD_TIME;
	}
	if (!bad && !s->cfg.no_check_comp_id && !ids_match(s, e->m)) {
		blame(
		    e, 9, field_is(e->m, 49, s->cfg.target_comp_id) ? 56 : 49);
		return I_BAD_ID;
	}
	return by_number(s, e, bad);
}
